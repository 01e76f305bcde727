/*-------------------------------------------------------------------------
 *
 * merge_script.c
 *	  SQL function that writes the script of "alembic merge".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/draw/draw.h"
#include "entry/context.h"
#include "pgtime.h"
#include "port.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(mighead_merge_script);

/* Bytes of an id, as in Alembic's util.rev_id(): the last group of a random UUID. */
#define REVISION_ID_BYTES 6

/* Returns the session's local time as str(datetime.now()) prints it. */
static char *
local_time(void)
{
	struct pg_tm tm;
	fsec_t microseconds;
	int zone;

	if (timestamp2tm(GetCurrentTimestamp(), &zone, &tm, &microseconds, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	return psprintf("%04d-%02d-%02d %02d:%02d:%02d.%06d", tm.tm_year, tm.tm_mon, tm.tm_mday,
					tm.tm_hour, tm.tm_min, tm.tm_sec, (int) microseconds);
}

static char *
random_revision_id(void)
{
	uint8 bytes[REVISION_ID_BYTES];
	char *id = palloc(2 * REVISION_ID_BYTES + 1);

	if (!pg_strong_random(bytes, sizeof(bytes)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	for (int i = 0; i < REVISION_ID_BYTES; i++)
		sprintf(id + 2 * i, "%02x", bytes[i]);
	return id;
}

/*
 * Refuses fewer than two heads.  Alembic would write a script, but the caller wants to end multiple
 * heads and has to learn that there is nothing to merge.
 */
static void
require_several(const MhGraph *graph, const MhNodes *parents)
{
	MhNodes heads = mh_graph_heads(graph);
	MhStrings ids = mh_graph_ids(graph, &heads);

	if (parents->n > 1)
		return;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("nothing to merge: fewer than two heads are given"),
					heads.n > 1 ? errhint("Name them, as in '{%s}'.",
										  mh_from_utf8(mh_strings_join(&ids, ",")))
								: 0));
}

/*
 * mighead_merge_script(revisions text, message text, revision text, project text) returns text
 *		The source of the migration file that "alembic merge" would write for these heads.
 *		revisions is one identifier or an array literal of several; message NULL is Alembic's
 *		"empty message", revision NULL or '' a random id.  VOLATILE for the random id and the
 *		time, which is the session's local one.  Errors: MH201, MH202, MH214 (the id is taken),
 *		MH215 (forbidden character), 22023 for what Alembic's merge refuses and for fewer than two
 *		heads.
 */
Datum
mighead_merge_script(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {MH_NO_ARGUMENT, MH_NO_ARGUMENT, 3};
	char *message = mh_text_argument(fcinfo, 1);
	char *revision = mh_text_argument(fcinfo, 2);
	MhContext context;
	MhScripts *scripts;
	MhStrings identifiers;
	MhStrings ids;
	MhNodes parents;
	MhError err = MH_NO_ERROR;
	char *source;

	mh_require_argument(fcinfo, 0, "revisions");
	identifiers = mh_row_set(mh_text_argument(fcinfo, 0), "revisions");
	context = mh_context_open(fcinfo, arguments, MH_ROWS_UNUSED);
	scripts = mh_scripts_read(context.project);
	if (!mh_merge_parents(scripts->graph, &identifiers, &parents, &err))
		mh_raise(&err);
	require_several(scripts->graph, &parents);
	ids = mh_graph_ids(scripts->graph, &parents);
	if (revision == NULL || revision[0] == '\0')
		revision = random_revision_id();
	if (!mh_check_new_id(scripts->scripts, scripts->n, revision, &err))
		mh_raise(&err);
	source = mh_merge_script(&ids, revision, message, local_time());
	/* psql, which writes the file, adds the last line feed itself */
	source[strlen(source) - 1] = '\0';
	PG_RETURN_DATUM(mh_text_datum(source));
}
