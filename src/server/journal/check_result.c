/*-------------------------------------------------------------------------
 *
 * check_result.c
 *	  Reads and writes mighead.check_result and mighead.check_finding, and the same for fleets.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "server/base/origin.h"
#include "server/base/query.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* Where the results of one kind of check are stored. */
typedef struct Ring
{
	const char *result;
	const char *finding;
	const char *argument; /* column of the result: what the caller asked for */
	const char *key;      /* columns that say what a finding is about */
	const char *seen_key;
	const char *found_key;
	const char *more_values; /* of the finding, as a column and as a parameter */
	const char *more_names;
	const char *covers; /* whether a check, "last", looked at what a finding, "seen", is about */
} Ring;

static const Ring of_database = {
	"check_result",
	"check_finding",
	"version_table",
	"version_table",
	"seen.version_table",
	"found.version_table",
	"",
	"",
	"last.argument IS NULL OR last.argument = seen.version_table",
};

static const Ring of_fleet = {
	"fleet_result",
	"fleet_finding",
	"servers",
	"server, version_table",
	"seen.server, seen.version_table",
	"found.server, found.version_table",
	", $6",
	", server",
	"seen.server LIKE last.argument",
};

/* Each own is mh_own_rows: a subscription may bring the checks of another database. */

static char *
lock_statement(const Ring *ring)
{
	return psprintf("LOCK TABLE mighead.%s IN SHARE ROW EXCLUSIVE MODE", ring->result);
}

static char *
last_query(const Ring *ring, const char *own)
{
	return psprintf("SELECT state, not_ok = jsonb_object($2, $3) AND state = $4"
					" FROM mighead.%s WHERE %s IS NOT DISTINCT FROM $1 AND %s"
					" ORDER BY id DESC LIMIT 1",
					ring->result, ring->argument, own);
}

/*
 * Runs before the result is stored.  A finding that the previous check did not see begins again.  A
 * row that was seen in the database from which this one was restored continues here.
 */
static char *
finding_statement(const Ring *ring, const char *own_results, const char *own_findings)
{
	const char *key = ring->key;

	return psprintf(
		"WITH found AS (SELECT DISTINCT ON (%s, code, object) %s, code, object, severity, detail"
		" FROM unnest($1, $2, $3, $4, $5%s) AS f (version_table, code, object, severity, detail%s)),"
		" last AS (SELECT %s AS argument, max(at) AS at FROM mighead.%s WHERE %s GROUP BY 1),"
		" kept AS (UPDATE mighead.%s seen SET"
		" first_seen = CASE WHEN seen.last_seen < (SELECT max(at) FROM last WHERE %s)"
		" THEN statement_timestamp() ELSE seen.first_seen END,"
		" last_seen = statement_timestamp(), severity = found.severity, detail = found.detail"
		" FROM found WHERE (%s, seen.code, seen.object) = (%s, found.code, found.object) AND %s"
		" RETURNING %s, seen.code, seen.object)"
		" INSERT INTO mighead.%s (%s, code, object, severity, detail, first_seen, last_seen)"
		" SELECT %s, code, object, severity, detail, statement_timestamp(),"
		" statement_timestamp() FROM found WHERE (%s, code, object) NOT IN"
		" (SELECT %s, code, object FROM kept)",
		key, key, ring->more_values, ring->more_names, ring->argument, ring->result, own_results,
		ring->finding, ring->covers, ring->seen_key, ring->found_key, own_findings, ring->seen_key,
		ring->finding, key, key, key, key);
}

static char *
result_statement(const Ring *ring)
{
	return psprintf("INSERT INTO mighead.%s (at, %s, state, severity, sqlstate, detail,"
					" hint, version_tables, not_ok, changed) VALUES (statement_timestamp(), $1, $4,"
					" $5, $6, $7, $8, $9, jsonb_object($2, $3), $10)",
					ring->result, ring->argument);
}

static char *
ring_statement(const Ring *ring, const char *own)
{
	return psprintf("DELETE FROM mighead.%s WHERE %s AND id <="
					" (SELECT id FROM mighead.%s WHERE %s ORDER BY id DESC OFFSET $1 LIMIT 1)",
					ring->result, own, ring->result, own);
}

static char *
forget_statement(const Ring *ring, const char *own)
{
	return psprintf("DELETE FROM mighead.%s WHERE %s AND last_seen <"
					" (SELECT last_seen FROM mighead.%s WHERE %s"
					" ORDER BY last_seen DESC OFFSET $1 LIMIT 1)",
					ring->finding, own, ring->finding, own);
}

static const char *const last_check_query =
	"SELECT max(at) FROM mighead.check_result WHERE version_table IS NOT DISTINCT FROM $1 AND %s";

static void
run(const char *statement, int n, Oid *types, Datum *values, const char *nulls, int expected)
{
	int result = SPI_execute_with_args(statement, n, types, values, nulls, false, 0);

	if (result != expected)
		elog(ERROR, "could not store the result of a check: %s", SPI_result_code_string(result));
}

char *
mh_check_subject(const MhCheck *check, int i)
{
	if (check->servers == NULL)
		return pstrdup(check->tables[i]);
	if (check->tables[i][0] == '\0')
		return pstrdup(check->servers[i]);
	return psprintf("%s: %s", check->servers[i], check->tables[i]);
}

static const Ring *
ring_of(const MhCheck *check)
{
	return check->servers == NULL ? &of_database : &of_fleet;
}

/* Lists version tables that are not ok, and their states. */
static void
list_not_ok(const MhCheck *check, Datum *tables, Datum *states)
{
	MhStrings keys = {0, NULL};
	MhStrings values = {0, NULL};

	for (int i = 0; i < check->n; i++)
	{
		if (strcmp(check->diagnoses[i]->state, MH_STATE_OK) == 0)
			continue;
		mh_strings_add(&keys, mh_check_subject(check, i));
		mh_strings_add(&values, check->diagnoses[i]->state);
	}
	*tables = mh_strings_datum(&keys);
	*states = mh_strings_datum(&values);
}

static void
compare_with_last(const MhCheck *check, Datum *values, const char *nulls, MhCheckChange *change,
				  MemoryContext caller)
{
	Oid types[4] = {TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTOID};
	const Ring *ring = ring_of(check);
	bool is_null;

	run(last_query(ring, mh_own_rows(ring->result)), 4, types, values, nulls, SPI_OK_SELECT);
	/* a first check without findings is no change */
	change->is_changed = check->diagnoses[check->worst]->severity != MH_OK;
	change->state = NULL;
	if (SPI_processed == 0)
		return;
	change->state =
		MemoryContextStrdup(caller, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	change->is_changed =
		!DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null));
}

static void
store_findings(const MhCheck *check)
{
	Oid types[6] = {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
					INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID};
	const Ring *ring = ring_of(check);
	MhStrings servers = {0, NULL};
	MhStrings tables = {0, NULL};
	MhStrings codes = {0, NULL};
	MhStrings objects = {0, NULL};
	MhStrings details = {0, NULL};
	ArrayBuildState *severities = initArrayResult(INT4OID, CurrentMemoryContext, false);
	Datum values[6];

	for (int i = 0; i < check->n; i++)
		for (int j = 0; j < check->diagnoses[i]->n; j++)
		{
			const MhFinding *finding = &check->diagnoses[i]->findings[j];

			if (finding->severity == MH_OK)
				continue;
			mh_strings_add(&servers, check->servers ? check->servers[i] : "");
			mh_strings_add(&tables, check->tables[i]);
			mh_strings_add(&codes, finding->code);
			mh_strings_add(&objects, finding->object ? finding->object : "");
			mh_strings_add(&details, finding->detail);
			accumArrayResult(severities, Int32GetDatum(finding->severity), false, INT4OID,
							 CurrentMemoryContext);
		}
	values[0] = mh_strings_datum(&tables);
	values[1] = mh_strings_datum(&codes);
	values[2] = mh_strings_datum(&objects);
	values[3] = makeArrayResult(severities, CurrentMemoryContext);
	values[4] = mh_strings_datum(&details);
	values[5] = mh_strings_datum(&servers);
	run(finding_statement(ring, mh_own_rows(ring->result), mh_own_rows(ring->finding)),
		check->servers ? 6 : 5, types, values, NULL, SPI_OK_INSERT);
}

static void
drop_oldest(const char *statement, int kept)
{
	Oid types[1] = {INT4OID};
	Datum values[1] = {Int32GetDatum(kept)};

	run(statement, 1, types, values, NULL, SPI_OK_DELETE);
}

/* Stores the result.  The first three elements of values and nulls are filled already. */
static void
store_result(const MhCheck *check, Datum *values, char *nulls, bool is_changed)
{
	Oid types[10] = {TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTOID, INT4OID,
					 TEXTOID, TEXTOID,      TEXTOID,      INT4OID, BOOLOID};
	const MhDiagnosis *worst = check->diagnoses[check->worst];
	bool no_hint;

	values[4] = Int32GetDatum(worst->severity);
	values[5] = mh_text_datum(mh_state_sqlstate(worst->state));
	values[6] = mh_text_datum(worst->detail);
	values[7] = mh_text_datum_or_null(worst->hint, &no_hint);
	nulls[7] = no_hint ? 'n' : ' ';
	values[8] = Int32GetDatum(check->n);
	values[9] = BoolGetDatum(is_changed);
	run(result_statement(ring_of(check)), 10, types, values, nulls, SPI_OK_INSERT);
}

MhCheckChange
mh_check_store(const MhCheck *check)
{
	MemoryContext caller = CurrentMemoryContext;
	Datum values[10];
	char nulls[10];
	bool is_null;
	const Ring *ring = ring_of(check);
	MhCheckChange change;
	MhIdentity identity = mh_begin_writing();

	SPI_connect();
	memset(nulls, ' ', sizeof(nulls));
	values[0] = mh_text_datum_or_null(check->argument, &is_null);
	nulls[0] = is_null ? 'n' : ' ';
	list_not_ok(check, &values[1], &values[2]);
	values[3] = mh_text_datum(check->diagnoses[check->worst]->state);
	run(lock_statement(ring), 0, NULL, NULL, NULL, SPI_OK_UTILITY);
	compare_with_last(check, values, nulls, &change, caller);
	store_findings(check);
	store_result(check, values, nulls, change.is_changed);
	drop_oldest(ring_statement(ring, mh_own_rows(ring->result)), MH_KEPT_CHECKS);
	drop_oldest(forget_statement(ring, mh_own_rows(ring->finding)), MH_KEPT_FINDINGS);
	SPI_finish();
	mh_end(&identity);
	return change;
}

static void
read_last(HeapTuple tuple, TupleDesc descriptor, void *into)
{
	bool is_null;
	Datum at = SPI_getbinval(tuple, descriptor, 1, &is_null);

	*(TimestampTz *) into = is_null ? 0 : DatumGetTimestampTz(at);
}

TimestampTz
mh_check_last(bool *permitted)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {0};
	TimestampTz at = 0;

	*permitted = mh_may_read("check_result");
	if (*permitted)
		mh_query_each(psprintf(last_check_query, mh_own_rows("check_result")), 1, types, values,
					  "n", read_last, &at);
	return at;
}

static int64
prune_ring(const Ring *ring, TimestampTz before)
{
	Oid types[1] = {TIMESTAMPTZOID};
	Datum values[1] = {TimestampTzGetDatum(before)};
	int64 deleted;

	run(psprintf("DELETE FROM mighead.%s WHERE at < $1", ring->result), 1, types, values, NULL,
		SPI_OK_DELETE);
	deleted = SPI_processed;
	run(psprintf("DELETE FROM mighead.%s WHERE last_seen < $1", ring->finding), 1, types, values,
		NULL, SPI_OK_DELETE);
	return deleted + SPI_processed;
}

int64
mh_check_prune(TimestampTz before)
{
	MhIdentity identity = mh_begin_writing();
	int64 deleted;

	SPI_connect();
	deleted = prune_ring(&of_database, before);
	/* the library may be newer than the extension */
	if (mh_has_column(of_fleet.finding, "server"))
		deleted += prune_ring(&of_fleet, before);
	SPI_finish();
	mh_end(&identity);
	return deleted;
}
