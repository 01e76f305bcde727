/*-------------------------------------------------------------------------
 *
 * review.c
 *	  Reviews a script: cuts it, reads the facts, and lets the core judge them.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "server/base/cluster_key.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/varlena.h"

static int review_time = 30000;
static double large_rows = 1000000;
static int large_bytes = 1024 * 1024;

void
mh_review_define_settings(void)
{
	DefineCustomIntVariable(
		"mighead.review_time", "Sets the time that a review may spend on reading rows.", NULL,
		&review_time, 30000, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomRealVariable("mighead.large_rows",
							 "Sets the number of rows from which on a review calls a table large.",
							 NULL, &large_rows, 1000000, 0, 1e15, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"mighead.large_bytes", "Sets the size from which on a review calls a table large.", NULL,
		&large_bytes, 1024 * 1024, 0, INT_MAX, PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
}

/* ---------- parsing ---------- */

typedef struct Parsing
{
	const char *text;
	bool is_conforming;
	List *trees;
} Parsing;

static void
parse(Parsing *parsing, MhReviewStatement *statement)
{
	MemoryContext caller = CurrentMemoryContext;
	bool before = standard_conforming_strings;
	bool warning = escape_string_warning;

	/* they read only their text and their memory: there is nothing to roll back */
	PG_TRY();
	{
		standard_conforming_strings = parsing->is_conforming;
		escape_string_warning = false;
		parsing->trees = raw_parser(parsing->text, RAW_PARSE_DEFAULT);
		if (parsing->trees != NIL)
			mh_facts_read(statement, linitial_node(RawStmt, parsing->trees)->stmt);
		standard_conforming_strings = before;
		escape_string_warning = warning;
	}
	PG_CATCH();
	{
		ErrorData *error;

		standard_conforming_strings = before;
		escape_string_warning = warning;
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
			error->sqlerrcode == ERRCODE_OUT_OF_MEMORY ||
			error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
			PG_RE_THROW();
		FlushErrorState();
		parsing->trees = NIL;
		statement->kind = MH_REVIEW_SYNTAX;
		statement->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
		statement->message = mh_to_utf8(pstrdup(error->message));
	}
	PG_END_TRY();
}

/* What psql would do with it is not known. */
static void
make_unknown(MhReviewStatement *statement)
{
	statement->kind = MH_REVIEW_PSQL;
	statement->command = "psql";
	statement->sqlstate = statement->message = NULL;
}

typedef struct Reading
{
	MhReviewServer *server;
	MhReview *review;
	MhCutter *cutter;
	const MhReviewPiece *piece;
	int *number;
	bool is_conforming;
	const char *path; /* that is set now; NULL: the caller's */
} Reading;

static MhReviewStatement *
new_statement(Reading *reading, const MhCut *cut)
{
	MhReviewStatement *statement = palloc0(sizeof(MhReviewStatement));

	statement->number = ++*reading->number;
	statement->line = reading->piece->has_lines ? cut->line : 0;
	statement->revision = cut->revision != NULL ? cut->revision : reading->piece->revision;
	statement->command = "";
	statement->allowed = cut->allowed;
	statement->reasons = cut->reasons;
	return statement;
}

static void
read_statement(Reading *reading, MhReviewStatement *statement, const MhCut *cut)
{
	Parsing parsing = {cut->text, reading->is_conforming};

	if (cut->kind == MH_CUT_PSQL)
	{
		make_unknown(statement);
		return;
	}
	if (cut->kind == MH_CUT_ERROR)
	{
		statement->kind = MH_REVIEW_SYNTAX;
		statement->sqlstate = pstrdup(cut->sqlstate);
		statement->message = cut->message;
		return;
	}
	parse(&parsing, statement);
	if (statement->kind == MH_REVIEW_SYNTAX && reading->server->there != NULL &&
		reading->server->there->is_other_major)
	{
		/* that server has another syntax */
		statement->kind = MH_REVIEW_OTHER;
		statement->sqlstate = statement->message = NULL;
	}
	if (reading->server->there != NULL)
		mh_there_doubt_equality(reading->server, statement);
	if (statement->sqlstate != NULL && cut->has_variable)
		make_unknown(statement);
	if (parsing.trees == NIL)
		return;
	if (statement->kind == MH_REVIEW_COPY &&
		((CopyStmt *) linitial_node(RawStmt, parsing.trees)->stmt)->filename == NULL)
		mh_cutter_skip_data(reading->cutter);
}

/* ---------- settings of the script ---------- */

/* Names that the server looks up are to be found as the script would find them at that time. */
static void
use_path(Reading *reading)
{
	const MhStrings *path = mh_review_path(reading->review);
	StringInfoData list;

	/* schemas of this database have nothing to do with a script for another */
	if (reading->server->there != NULL)
		return;
	initStringInfo(&list);
	for (int i = 0; i < path->n; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "",
						 mh_quote_identifier(mh_from_utf8(pstrdup(path->v[i]))));
	if (path->n == 0)
		appendStringInfoString(&list, "\"\"");
	if (reading->path != NULL && strcmp(reading->path, list.data) == 0)
		return;
	reading->path = list.data;
	(void) set_config_option("search_path", list.data, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
}

static void
follow_setting(Reading *reading, const MhReviewStatement *statement)
{
	if (statement->kind != MH_REVIEW_SET || statement->sqlstate != NULL)
		return;
	if (strcmp(statement->setting, "standard_conforming_strings") == 0)
	{
		bool value = true;

		if (statement->value != NULL)
			(void) parse_bool(statement->value, &value);
		reading->is_conforming = value;
		mh_cutter_set_conforming(reading->cutter, value);
	}
}

static char *
role_name(const MhReviewOptions *options)
{
	return options->role_name != NULL ? pstrdup(options->role_name)
									  : mh_to_utf8(GetUserNameFromId(options->role, false));
}

/* Returns the names of a search_path as the setting has them, for the role that runs the script. */
static bool
read_names(const MhReviewOptions *options, const char *path, MhStrings *names)
{
	List *list = NIL;
	ListCell *cell;

	if (!SplitIdentifierString(pstrdup(path), ',', &list))
		return false;
	foreach (cell, list)
	{
		char *name = lfirst(cell);

		if (strcmp(name, "$user") == 0)
			mh_strings_push(names, role_name(options));
		else
			mh_strings_push(names, mh_to_utf8(pstrdup(name)));
	}
	return true;
}

/* As if the script had set what was set where the piece was recorded. */
static void
follow_recorded_path(Reading *reading)
{
	MhReviewStatement *statement;
	MhStrings names = {0, NULL};

	if (reading->piece->search_path == NULL ||
		!read_names(reading->server->options, reading->piece->search_path, &names) ||
		mh_strings_equal(&names, mh_review_path(reading->review)))
		return;
	statement = palloc0(sizeof(MhReviewStatement));
	statement->kind = MH_REVIEW_SET;
	statement->number = *reading->number;
	statement->revision = reading->piece->revision;
	statement->command = "SET";
	statement->setting = "search_path";
	statement->values = names;
	mh_review_statement(reading->review, statement);
	use_path(reading);
}

static bool
is_at_limit(const Reading *reading)
{
	int most = reading->server->options->most_statements;

	return most > 0 && *reading->number >= most;
}

static void
review_piece(Reading *reading)
{
	MhCut *cut;

	follow_recorded_path(reading);
	reading->cutter = mh_cutter_begin(reading->piece->text);
	mh_cutter_set_conforming(reading->cutter, reading->is_conforming);
	while (!is_at_limit(reading) && (cut = mh_cut_next(reading->cutter)) != NULL)
	{
		MhReviewStatement *statement = new_statement(reading, cut);

		CHECK_FOR_INTERRUPTS();
		read_statement(reading, statement, cut);
		mh_review_statement(reading->review, statement);
		use_path(reading);
		follow_setting(reading, statement);
	}
}

/* ---------- the world ---------- */

static const char *
quote(void *arg, const char *name)
{
	return mh_to_utf8(pstrdup(mh_quote_identifier(mh_from_utf8(pstrdup(name)))));
}

static MhStrings
current_path(void)
{
	MhStrings path = {0, NULL};
	ListCell *cell;

	foreach (cell, fetch_search_path(false))
	{
		char *name = get_namespace_name(lfirst_oid(cell));

		if (name != NULL)
			mh_strings_add(&path, mh_to_utf8(name));
	}
	return path;
}

/* Of a session there, of the role that will run the script. */
static MhStrings
path_there(MhReviewServer *server)
{
	MhStrings names = {0, NULL};
	MhStrings path = {0, NULL};

	(void) read_names(server->options, mh_from_utf8(pstrdup(server->there->search_path)), &names);
	for (int i = 0; i < names.n; i++)
		if (mh_there_has_schema(server, names.v[i]))
			mh_strings_add(&path, names.v[i]);
	return path;
}

static void
fill_version(MhReviewWorld *world, const MhReviewOptions *options)
{
	const MhVersionTable *table = options->table;

	world->version_name = options->version_name;
	if (table == NULL)
		return;
	world->version_table = options->source == NULL ? table->oid : options->version_oid;
	world->version_rows_known = table->access == MH_ACCESS_READ && !table->is_cut;
	for (int i = 0; world->version_rows_known && i < table->rows.n; i++)
		mh_strings_add(&world->version_rows, table->rows.v[i]);
}

/* What depends on the server elsewhere, and the settings that the script begins with there. */
static void
use_there(MhReviewServer *server, MhReviewWorld *world)
{
	int version = server->options->source->version;

	world->relation = mh_there_relation;
	world->relation_by_id = mh_there_relation_by_id;
	world->type = mh_there_type;
	world->has_schema = mh_there_has_schema;
	world->role = mh_there_role;
	world->may_become = mh_there_may_become;
	world->has_rights_of = mh_there_has_rights_of;
	world->may = mh_there_may;
	world->may_create = mh_there_may_create;
	world->resolve = mh_there_resolve;
	world->expression = mh_there_expression;
	world->index = mh_there_index;
	world->query = mh_there_query;
	world->view = mh_there_view;
	world->comparable = mh_there_comparable;
	world->cast = mh_there_cast;
	world->domain = mh_there_domain;
	world->fails = mh_there_fails;
	world->rows = mh_there_rows;
	world->live_default = mh_there_default;
	world->computed = mh_there_computed;
	world->passes_check = mh_there_passes_check;
	world->index_cannot_fail = mh_there_index_cannot_fail;
	world->search_path = path_there(server);
	world->has_labels_of_new_types = version >= 170000;
	world->excludes_partitioned = version >= 170000;
	world->constraints_lock_children = version >= 180000;
	world->has_not_valid_keys_of_partitioned = version >= 180000;
	world->refuses_unpartitioned_early = version >= 180000;
	world->row_types_keep_persistence = version >= 180000;
	world->children_compute_anew = version >= 160000;
	world->has_lock_timeout = server->there->has_lock_timeout;
}

static void
read_publishes_new(int n, const char *const *row, void *world)
{
	((MhReviewWorld *) world)->publishes_new_tables = mh_bool_at(row, 1);
}

static const char *const publishes_new_query =
	"SELECT EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.puballtables)"
	" OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace)";

static MhReviewWorld *
make_world(MhReviewServer *server)
{
	MhReviewWorld *world = palloc0(sizeof(MhReviewWorld));

	*world = (MhReviewWorld){.arg = server,
							 .hash_key = mh_cluster_key(),
							 .quote = quote,
							 .relation = mh_world_relation,
							 .relation_by_id = mh_world_relation_by_id,
							 .type = mh_world_type,
							 .has_schema = mh_world_has_schema,
							 .contents = mh_world_contents,
							 .accepts = mh_world_accepts,
							 .storage = mh_world_storage,
							 .role = mh_world_role,
							 .may_become = mh_world_may_become,
							 .has_rights_of = mh_world_has_rights_of,
							 .may = mh_world_may,
							 .may_create = mh_world_may_create,
							 .other = mh_world_other,
							 .resolve = mh_world_resolve,
							 .expression = mh_world_expression,
							 .index = mh_world_index,
							 .query = mh_world_query,
							 .view = mh_world_view,
							 .place = mh_world_place,
							 .route = mh_world_route,
							 .belongs = mh_world_belongs,
							 .partitions_by = mh_world_partitions_by,
							 .comparable = mh_world_comparable,
							 .may_use_type = mh_world_may_use_type,
							 .cast = mh_world_cast,
							 .users = mh_world_users,
							 .domain = mh_world_domain,
							 .fails = mh_world_fails,
							 .rows = mh_world_rows,
							 .computed = mh_world_computed,
							 .live_default = mh_world_default,
							 .passes_check = mh_world_passes_check,
							 .index_cannot_fail = mh_world_index_cannot_fail,
							 .holders = mh_world_holders,
							 .snapshots = mh_world_snapshots};
	world->search_path = current_path();
	world->large_rows = large_rows;
	world->large_bytes = (double) large_bytes * 1024;
	world->check_data = server->options->check_data;
	world->has_labels_of_new_types = MH_HAS_LABELS_OF_NEW_TYPES;
	world->excludes_partitioned = MH_EXCLUDES_PARTITIONED;
	world->constraints_lock_children = MH_CONSTRAINTS_LOCK_CHILDREN;
	world->has_not_valid_keys_of_partitioned = MH_HAS_NOT_VALID_KEYS_OF_PARTITIONED;
	world->refuses_unpartitioned_early = MH_REFUSES_UNPARTITIONED_EARLY;
	world->row_types_keep_persistence = MH_ROW_TYPES_KEEP_PERSISTENCE;
	world->children_compute_anew = MH_CHILDREN_COMPUTE_ANEW;
	world->same = mh_are_same_expressions;
	world->has_lock_timeout = LockTimeout > 0;
	if (server->there != NULL)
		use_there(server, world);
	mh_review_ask(server, publishes_new_query, 0, 1, read_publishes_new, world);
	fill_version(world, server->options);
	return world;
}

static void
set_for_review(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, DEBUG5,
							 false);
}

/* Values are judged here as the time zone there has them, if that is a usual one. */
static void
use_settings_there(const MhThere *there)
{
	const char *zone = there->time_zone;

	set_for_review("search_path", "pg_catalog, pg_temp");
	if (*zone != '\0' &&
		strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
			strlen(zone))
		set_for_review("TimeZone", zone);
}

MhReviewEffect **
mh_review_pieces(List *pieces, const MhReviewOptions *options, int *n)
{
	MhReviewServer server = {options};
	Reading reading = {&server};
	int level = NewGUCNestLevel();
	int number = 0;
	ListCell *cell;

	/* the scanner tells of each long name */
	(void) set_config_option("client_min_messages", "warning", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (options->source != NULL)
	{
		server.there = mh_there_begin(&server);
		use_settings_there(server.there);
	}
	server.deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), review_time);
	reading.review = server.review = mh_review_begin(make_world(&server));
	reading.number = &number;
	reading.is_conforming =
		server.there != NULL ? server.there->is_conforming : standard_conforming_strings;
	foreach (cell, pieces)
	{
		reading.piece = lfirst(cell);
		review_piece(&reading);
	}
	AtEOXact_GUC(true, level);
	return mh_review_end(reading.review, n);
}
