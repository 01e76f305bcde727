/*-------------------------------------------------------------------------
 *
 * write.c
 *	  Writes mighead.definition, mighead.expected_set and mighead.expected.
 *
 * Runs as the owner of the tables, under the lock on the project's row.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"

#include "server/base/query.h"
#include "server/definitions/definitions.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/snapmgr.h"

/* Definitions or differences per statement. */
#define BATCH_ROWS 2000

static const char *const definitions_statement =
	"INSERT INTO mighead.definition (checksum, structure, object_type, object, parent, attributes)"
	" SELECT u.checksum, u.structure, u.object_type, u.object, u.parent, u.attributes::jsonb"
	" FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])"
	" AS u (checksum, structure, object_type, object, parent, attributes)"
	" ON CONFLICT (checksum) DO UPDATE SET structure = excluded.structure,"
	" object_type = excluded.object_type, object = excluded.object, parent = excluded.parent,"
	" attributes = excluded.attributes"
	/* replaces only damaged rows: a checksum identifies one definition */
	" WHERE (definition.object_type, definition.object, definition.parent, definition.attributes)"
	" IS DISTINCT FROM"
	" (excluded.object_type, excluded.object, excluded.parent, excluded.attributes)";

#define DEFINITION_ARRAYS 6

static const char *const set_statement =
	"INSERT INTO mighead.expected_set (project, rows, previous_rows, revision, schemas, format,"
	" deparser, server_version_num, checksum, captured_by)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, session_user)"
	" ON CONFLICT (project, rows) DO UPDATE SET (previous_rows, revision, schemas, format,"
	" deparser, server_version_num, checksum, captured_at, captured_by) ="
	" (excluded.previous_rows, excluded.revision, excluded.schemas, excluded.format,"
	" excluded.deparser, excluded.server_version_num, excluded.checksum, excluded.captured_at,"
	" excluded.captured_by)";

#define SET_COLUMNS 9

static const char *const clear_statement =
	"DELETE FROM mighead.expected WHERE project = $1 AND rows = $2";

static const char *const delete_statement =
	"DELETE FROM mighead.expected_set WHERE project = $1 AND rows = $2";

static const char *const deltas_statement =
	"INSERT INTO mighead.expected (project, rows, object_type, object, before, checksum)"
	" SELECT $1, $2, u.object_type, u.object, u.before, u.checksum"
	" FROM unnest($3::text[], $4::text[], $5::text[], $6::text[])"
	" AS u (object_type, object, before, checksum)";

#define DELTA_ARRAYS 4

/* Prevents that another transaction refers to a definition that is being deleted. */
static const char *const sweep_lock_statement =
	"LOCK TABLE mighead.definition IN SHARE ROW EXCLUSIVE MODE";

static const char *const sweep_statement =
	"DELETE FROM mighead.definition d WHERE NOT EXISTS"
	" (SELECT FROM mighead.expected e WHERE e.checksum = d.checksum)"
	" AND NOT EXISTS (SELECT FROM mighead.expected e WHERE e.before = d.checksum)";

static void
execute(const char *statement, int n, Oid *types, Datum *values, const bool *nulls, int expected)
{
	SPI_connect();
	mh_write(statement, n, types, values, nulls, expected);
	SPI_finish();
}

/* Returns one column of a batch: a text[] in which NULL stands for NULL. */
static Datum
column_datum(const char *const *texts, int n)
{
	Datum *elements = palloc(n * sizeof(Datum));
	bool *nulls = palloc(n * sizeof(bool));
	int dims[1] = {n};
	int lower_bounds[1] = {1};

	for (int i = 0; i < n; i++)
		elements[i] = mh_text_datum_or_null(texts[i], &nulls[i]);
	return PointerGetDatum(construct_md_array(elements, nulls, 1, dims, lower_bounds, TEXTOID, -1,
											  false, TYPALIGN_INT));
}

/* ---------- definitions ---------- */

static char *
attributes_json(const MhDefinition *definition)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = 0; i < definition->n; i++)
	{
		if (i > 0)
			appendStringInfoChar(&json, ',');
		escape_json(&json, mh_from_utf8(definition->attributes[i].name));
		appendStringInfoChar(&json, ':');
		escape_json(&json, mh_from_utf8(definition->attributes[i].value));
	}
	appendStringInfoChar(&json, '}');
	/* the elements were converted one by one */
	return mh_to_utf8(json.data);
}

static int
store_batch(const MhDefinition *const *definitions, int n)
{
	const char **columns[DEFINITION_ARRAYS];
	Oid types[DEFINITION_ARRAYS];
	Datum values[DEFINITION_ARRAYS];
	int stored;

	for (int i = 0; i < DEFINITION_ARRAYS; i++)
		columns[i] = palloc(n * sizeof(char *));
	for (int i = 0; i < n; i++)
	{
		columns[0][i] = definitions[i]->checksum;
		columns[1][i] = definitions[i]->structure;
		columns[2][i] = definitions[i]->type;
		columns[3][i] = definitions[i]->name;
		columns[4][i] = definitions[i]->parent;
		columns[5][i] = attributes_json(definitions[i]);
	}
	for (int i = 0; i < DEFINITION_ARRAYS; i++)
	{
		types[i] = TEXTARRAYOID;
		values[i] = column_datum(columns[i], n);
	}
	SPI_connect();
	stored = (int) mh_write(definitions_statement, DEFINITION_ARRAYS, types, values, NULL,
							SPI_OK_INSERT);
	SPI_finish();
	return stored;
}

static int
store_definitions(const MhDefinition *const *definitions, int n)
{
	int stored = 0;

	for (int i = 0; i < n; i += BATCH_ROWS)
	{
		CHECK_FOR_INTERRUPTS();
		stored += store_batch(&definitions[i], Min(BATCH_ROWS, n - i));
	}
	return stored;
}

/*
 * The snapshot is taken after the lock, so that it shows references that others stored while we
 * waited, even if the transaction has an older snapshot.
 */
int
mh_definitions_sweep(void)
{
	SPIPlanPtr plan;
	int deleted;

	execute(sweep_lock_statement, 0, NULL, NULL, NULL, SPI_OK_UTILITY);
	SPI_connect();
	plan = SPI_prepare(sweep_statement, 0, NULL);
	if (plan == NULL || SPI_execute_snapshot(plan, NULL, NULL, GetLatestSnapshot(), InvalidSnapshot,
											 false, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not write the tables of mighead");
	deleted = (int) SPI_processed;
	SPI_finish();
	return deleted;
}

/* ---------- differences ---------- */

MhManifest
mh_manifest_of_forms(const MhExpectations *expectations, const int *forms)
{
	MhManifest manifest = {0, NULL};

	manifest.v = palloc(Max(expectations->n_objects, 1) * sizeof(MhManifestEntry));
	for (int i = 0; i < expectations->n_objects; i++)
	{
		MhManifestEntry *entry = &manifest.v[manifest.n];

		if (forms[i] == MH_NO_FORM)
			continue;
		entry->type = expectations->objects[i].type;
		entry->name = expectations->objects[i].name;
		entry->checksum = expectations->forms[forms[i]].checksum;
		manifest.n++;
	}
	return manifest;
}

static MhManifest
manifest_of(const MhDefinitions *definitions)
{
	MhManifest manifest = {definitions->n, NULL};

	manifest.v = palloc(Max(definitions->n, 1) * sizeof(MhManifestEntry));
	for (int i = 0; i < definitions->n; i++)
	{
		manifest.v[i].type = definitions->v[i].type;
		manifest.v[i].name = definitions->v[i].name;
		manifest.v[i].checksum = definitions->v[i].checksum;
	}
	return manifest;
}

static int
compare_entries(const MhManifestEntry *left, const MhManifestEntry *right)
{
	int order = strcmp(left->type, right->type);

	return order != 0 ? order : strcmp(left->name, right->name);
}

/* The columns of deltas_statement. */
typedef struct Deltas
{
	int n;
	const char **columns[DELTA_ARRAYS];
} Deltas;

static void
add_delta(Deltas *deltas, const MhManifestEntry *before, const MhManifestEntry *after)
{
	const MhManifestEntry *named = before ? before : after;

	if (before != NULL && after != NULL && strcmp(before->checksum, after->checksum) == 0)
		return;
	deltas->columns[0][deltas->n] = named->type;
	deltas->columns[1][deltas->n] = named->name;
	deltas->columns[2][deltas->n] = before ? before->checksum : NULL;
	deltas->columns[3][deltas->n] = after ? after->checksum : NULL;
	deltas->n++;
}

static Deltas
find_deltas(const MhManifest *before, const MhManifest *after)
{
	Deltas deltas = {0};
	int i = 0;
	int j = 0;

	for (int column = 0; column < DELTA_ARRAYS; column++)
		deltas.columns[column] = palloc(Max(before->n + after->n, 1) * sizeof(char *));
	while (i < before->n || j < after->n)
	{
		int order = i == before->n  ? 1
					: j == after->n ? -1
									: compare_entries(&before->v[i], &after->v[j]);

		if (order < 0)
			add_delta(&deltas, &before->v[i++], NULL);
		else if (order > 0)
			add_delta(&deltas, NULL, &after->v[j++]);
		else
			add_delta(&deltas, &before->v[i++], &after->v[j++]);
	}
	return deltas;
}

static void
store_deltas(MhStore *store, const MhStrings *rows, const Deltas *deltas)
{
	Oid types[2 + DELTA_ARRAYS] = {TEXTOID, TEXTARRAYOID};
	Datum values[2 + DELTA_ARRAYS];

	values[0] = mh_text_datum(store->project->name);
	values[1] = mh_strings_datum(rows);
	execute(clear_statement, 2, types, values, NULL, SPI_OK_DELETE);
	for (int i = 0; i < deltas->n; i += BATCH_ROWS)
	{
		for (int j = 0; j < DELTA_ARRAYS; j++)
		{
			types[2 + j] = TEXTARRAYOID;
			values[2 + j] = column_datum(&deltas->columns[j][i], Min(BATCH_ROWS, deltas->n - i));
		}
		execute(deltas_statement, 2 + DELTA_ARRAYS, types, values, NULL, SPI_OK_INSERT);
	}
}

/* ---------- sets ---------- */

void
mh_expected_store_set(MhStore *store, const MhExpectedSet *set, const MhManifest *before,
					  const MhManifest *after)
{
	Oid types[SET_COLUMNS] = {TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTOID, TEXTARRAYOID,
							  INT4OID, INT4OID,      INT4OID,      TEXTOID};
	Datum values[SET_COLUMNS];
	bool nulls[SET_COLUMNS] = {false};
	Deltas deltas = find_deltas(before, after);

	values[0] = mh_text_datum(store->project->name);
	values[1] = mh_strings_datum(&set->rows);
	values[2] = mh_strings_datum(&set->previous_rows);
	nulls[2] = !set->has_previous;
	values[3] = mh_text_datum_or_null(set->revision, &nulls[3]);
	values[4] = mh_strings_datum(&set->schemas);
	values[5] = Int32GetDatum(set->format);
	values[6] = Int32GetDatum(set->deparser);
	values[7] = Int32GetDatum(set->server_version_num);
	values[8] = mh_text_datum(set->checksum);
	execute(set_statement, SET_COLUMNS, types, values, nulls, SPI_OK_INSERT);
	store_deltas(store, &set->rows, &deltas);
}

void
mh_expected_delete(MhStore *store, const MhStrings *rows)
{
	Oid types[2] = {TEXTOID, TEXTARRAYOID};
	Datum values[2];

	values[0] = mh_text_datum(store->project->name);
	values[1] = mh_strings_datum(rows);
	execute(clear_statement, 2, types, values, NULL, SPI_OK_DELETE);
	execute(delete_statement, 2, types, values, NULL, SPI_OK_DELETE);
}

static MhManifest
manifest_at(const MhExpectations *expectations, int set)
{
	MhManifest nothing = {0, NULL};
	int *forms;

	if (set < 0)
		return nothing;
	forms = mh_expected_forms(expectations, set);
	if (forms == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("expectations do not fit together"),
						errhint("Capture with replace => true from the first revision on.")));
	return mh_manifest_of_forms(expectations, forms);
}

/* Rewrites the sets that are stored as differences from a replaced set. */
static void
rewrite_followers(MhStore *store, const MhExpectations *expectations, int replaced,
				  const MhManifest *now)
{
	for (int i = 0; i < expectations->n; i++)
	{
		MhManifest held;

		if (expectations->sets[i].previous != replaced)
			continue;
		held = manifest_at(expectations, i);
		mh_expected_store_set(store, &expectations->sets[i], now, &held);
	}
}

/* Stores definitions that the project does not have yet.  Other projects may have them. */
static int
store_new_definitions(const MhExpectations *expectations, const MhDefinitions *definitions)
{
	const MhDefinition **new = palloc(Max(definitions->n, 1) * sizeof(MhDefinition *));
	int n = 0;

	for (int i = 0; i < definitions->n; i++)
		if (mh_form_find(expectations, definitions->v[i].checksum) == MH_NO_FORM)
			new[n++] = &definitions->v[i];
	n = store_definitions(new, n);
	pfree(new);
	return n;
}

int
mh_expected_write(MhStore *store, const MhExpectations *expectations, const MhNewSet *set)
{
	MhExpectedSet row = {0};
	MhManifest before;
	MhManifest after = manifest_of(set->definitions);
	int replaced = mh_expected_find(expectations, &set->rows);
	int previous = replaced >= 0 ? expectations->sets[replaced].previous : set->previous;
	char checksum[MH_CHECKSUM_SIZE];
	int stored;

	if (!mh_definitions_checksum(set->definitions, checksum))
		elog(ERROR, "could not compute a SHA-256 checksum");
	before = manifest_at(expectations, previous);
	row.rows = set->rows;
	row.has_previous = previous >= 0;
	if (previous >= 0)
		row.previous_rows = expectations->sets[previous].rows;
	row.revision = replaced >= 0 ? expectations->sets[replaced].revision : set->revision;
	row.schemas = set->schemas;
	row.format = MH_CANONICAL_FORMAT;
	row.deparser = set->definitions->deparser;
	row.server_version_num = set->server_version_num;
	row.checksum = checksum;
	stored = store_new_definitions(expectations, set->definitions);
	mh_expected_store_set(store, &row, &before, &after);
	if (replaced >= 0)
		rewrite_followers(store, expectations, replaced, &after);
	return stored;
}

/* ---------- importing ---------- */

static bool
has_same_deltas(const MhExpectations *left, const MhExpectedSet *a, const MhExpectations *right,
				const MhExpectedSet *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
	{
		/* both are ordered by object, so equal ones have the same index */
		const MhDelta *one = &a->deltas[i];
		const MhDelta *other = &b->deltas[i];

		if ((one->before == MH_NO_FORM) != (other->before == MH_NO_FORM) ||
			(one->after == MH_NO_FORM) != (other->after == MH_NO_FORM))
			return false;
		if (one->before != MH_NO_FORM &&
			strcmp(left->forms[one->before].checksum, right->forms[other->before].checksum) != 0)
			return false;
		if (one->after != MH_NO_FORM &&
			strcmp(left->forms[one->after].checksum, right->forms[other->after].checksum) != 0)
			return false;
	}
	return true;
}

static bool
is_same_set(const MhExpectations *left, const MhExpectedSet *a, const MhExpectations *right,
			const MhExpectedSet *b)
{
	return a->has_previous == b->has_previous &&
		   mh_rows_compare(&a->previous_rows, &b->previous_rows) == 0 &&
		   mh_texts_equal(a->revision, b->revision) && a->format == b->format &&
		   a->deparser == b->deparser && strcmp(a->checksum, b->checksum) == 0 &&
		   mh_rows_compare(&a->schemas, &b->schemas) == 0 && has_same_deltas(left, a, right, b);
}

/* Stores also definitions that exist already, which repairs damaged ones. */
static void
import_definitions(const MhExpectations *imported)
{
	const MhDefinition **new = palloc(Max(imported->n_forms, 1) * sizeof(MhDefinition *));
	int n = 0;

	for (int i = 0; i < imported->n_forms; i++)
		new[n++] = imported->forms[i].definition;
	store_definitions(new, n);
	pfree(new);
}

/* Keeps the contents of the project's own sets that follow a replaced one. */
static void
rebase_own(MhStore *store, const MhExpectations *imported, const MhExpectations *stored)
{
	for (int i = 0; i < stored->n; i++)
	{
		const MhExpectedSet *set = &stored->sets[i];
		MhManifest before;
		MhManifest after;
		int base;

		if (!set->has_previous || mh_expected_find(imported, &set->rows) >= 0)
			continue;
		base = mh_expected_find(imported, &set->previous_rows);
		if (base < 0)
			continue;
		before = manifest_at(imported, base);
		after = manifest_at(stored, i);
		mh_expected_store_set(store, set, &before, &after);
	}
}

void
mh_expectations_import(MhStore *store, const MhExpectations *imported)
{
	MhExpectations *stored;

	PushActiveSnapshot(GetTransactionSnapshot());
	stored = mh_expectations_read_any(store->project->name);
	PopActiveSnapshot();
	import_definitions(imported);
	for (int i = 0; i < imported->n; i++)
	{
		const MhExpectedSet *set = &imported->sets[i];
		int there = mh_expected_find(stored, &set->rows);
		MhManifest before;
		MhManifest after;

		CHECK_FOR_INTERRUPTS();
		if (there >= 0 && is_same_set(imported, set, stored, &stored->sets[there]))
			continue;
		before = manifest_at(imported, set->previous);
		after = manifest_at(imported, i);
		mh_expected_store_set(store, set, &before, &after);
	}
	rebase_own(store, imported, stored);
}
