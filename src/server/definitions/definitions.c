/*-------------------------------------------------------------------------
 *
 * definitions.c
 *	  Reading the definitions of the live schema: settings, scope and snapshot.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/known.h"
#include "server/definitions/relations.h"
#include "server/definitions/seal.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "server/base/query.h"
#include "core/base/array_coercion.h"
#include "core/base/relative_names.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/* Everything that the text of an expression or a constant in it depends on. */
static const struct
{
	const char *name;
	const char *value;
} pinned_settings[] = {
	{"quote_all_identifiers", "off"},
	{"standard_conforming_strings", "on"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"TimeZone", "UTC"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
	{"lc_monetary", "C"},
	/*
	 * A batch finds its rows by index, whatever statistics say of the catalogs: a plan that
	 * scans them would do so for each batch.
	 */
	{"enable_seqscan", "off"},
	{"enable_hashjoin", "off"},
	{"enable_mergejoin", "off"},
	{"jit", "off"},
	/* what was not locked beforehand is not waited for either */
	{"lock_timeout", "10ms"},
};

static const char *const schemas_left_out[] = {"pg_catalog", "information_schema", "pg_toast",
											   "mighead"};

MhDeparser
mh_deparser_of(int version)
{
	return version >= 160000 ? MH_DEPARSER_16 : MH_DEPARSER_15;
}

static void
pin_settings(void)
{
	for (int i = 0; i < (int) lengthof(pinned_settings); i++)
		(void) set_config_option(pinned_settings[i].name, pinned_settings[i].value, PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

static bool
is_left_out(const char *schema)
{
	for (int i = 0; i < (int) lengthof(schemas_left_out); i++)
		if (strcmp(schema, schemas_left_out[i]) == 0)
			return true;
	return strncmp(schema, "pg_temp_", 8) == 0 || strncmp(schema, "pg_toast_temp_", 14) == 0;
}

static Datum
schemas_in_scope(const MhScope *scope)
{
	List *schemas = NIL;

	for (int i = 0; i < scope->schemas.n; i++)
	{
		Oid schema;

		if (is_left_out(scope->schemas.v[i]))
			continue;
		schema = get_namespace_oid(mh_from_utf8(scope->schemas.v[i]), true);
		if (OidIsValid(schema) && !mh_is_schema_of_repack(schema))
			schemas = list_append_unique_oid(schemas, schema);
	}
	return mh_oids_of_list(schemas);
}

static void
find_scope(MhReading *reading)
{
	const MhScope *scope = reading->scope;

	if (reading->source != NULL)
	{
		mh_find_scope_there(reading, is_left_out);
		return;
	}
	reading->schemas = schemas_in_scope(scope);
	reading->wanted = scope->relations;
	reading->version_tables = scope->version_tables;
	reading->shards = mh_shards_read();
}

static void
read_parts(void *state)
{
	MhReading *reading = state;

	find_scope(reading);
	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());
	MemoryContextSwitchTo(reading->context);
	if (reading->source == NULL)
		reading->known = mh_known_begin(reading);
	mh_read_relations(reading);
	mh_read_objects(reading);
	mh_leave_out_repack(reading);
	PopActiveSnapshot();
	SPI_finish();
}

/*
 * A catalog is locked: by VACUUM FULL, REINDEX, or an autovacuum that truncates it.  Nothing is known
 * of the schemas, then.
 */
static void
leave_busy(MhReading *reading)
{
	const MhStrings *schemas = &reading->scope->schemas;

	reading->set->is_busy = true;
	if (reading->scope->forms != NULL)
		reading->scope->forms->known.n = 0;
	for (int i = 0; i < schemas->n; i++)
		if (!is_left_out(schemas->v[i]))
			mh_unread_add(reading->set, MH_DRIFT_BUSY, MH_TYPE_SCHEMA,
						  mh_schema_name(reading, schemas->v[i]),
						  pstrdup("Another session holds a lock on a system catalog."));
}

MhDefinitions *
mh_definitions_read(const MhScope *scope)
{
	MhReading reading = {0};
	MhIdentity identity = mh_begin_reading();
	ErrorData *error;

	pin_settings();
	reading.scope = scope;
	reading.source = scope->source;
	reading.context = CurrentMemoryContext;
	reading.set = palloc0(sizeof(MhDefinitions));
	reading.set->deparser = mh_deparser_of(mh_version_read(&reading));
	if (scope->version_schema != NULL)
		reading.version_schema = pstrdup(mh_quote_identifier(scope->version_schema));
	error = mh_try_reading(&reading, read_parts, &reading);
	if (error != NULL && error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(error);
	if (error != NULL)
		leave_busy(&reading);
	mh_end(&identity);
	if (error == NULL && reading.known != NULL)
		mh_known_end(reading.known);
	mh_definitions_sort(reading.set);
	if (error == NULL && reading.source == NULL)
		mh_read_distribution(&reading);
	if (error == NULL && reading.source != NULL)
		mh_read_distribution_there(&reading);
	if (reading.source != NULL && reading.source->end != NULL)
		reading.source->end(reading.source);
	return reading.set;
}

/* A question about a seal. */
typedef struct Asked
{
	MhReading reading;
	const char *checksum;
	MhBeside beside;
	bool holds;
} Asked;

static void
ask_seal(void *state)
{
	Asked *asked = state;

	asked->reading.schemas = schemas_in_scope(asked->reading.scope);
	asked->holds = mh_seal_holds(&asked->reading, asked->checksum, asked->beside);
}

bool
mh_definitions_are_sealed(const MhScope *scope, const char *checksum, MhBeside beside)
{
	MhDefinitions none = {0};
	Asked asked = {.checksum = checksum, .beside = beside};
	MhIdentity identity = mh_begin_reading();
	ErrorData *error;

	pin_settings();
	asked.reading.scope = scope;
	asked.reading.context = CurrentMemoryContext;
	asked.reading.set = &none;
	error = mh_try_reading(&asked.reading, ask_seal, &asked);
	if (error != NULL && error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(error);
	mh_end(&identity);
	return error == NULL && asked.holds;
}
