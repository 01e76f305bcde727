/*-------------------------------------------------------------------------
 *
 * read.c
 *	  Reads mighead.definition, mighead.expected_set and mighead.expected.
 *
 * Reads everything of a project at once except the definitions: sets, and the form of each object
 * in them, are small compared with those.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/read_private.h"

#include "catalog/pg_type.h"
#include "server/base/extension_scan.h"
#include "server/base/own_table.h"
#include "server/base/query.h"
#include "core/base/relative_names.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/snapmgr.h"

static const char *const forms_query =
	"SELECT object_type, object, checksum, structure FROM mighead.definition"
	" WHERE checksum IN (SELECT unnest(ARRAY[before, checksum]) FROM mighead.expected"
	" WHERE project = $1)";

#define FORM_COLUMNS 4

static const char *const sets_query =
	"SELECT s.rows, s.previous_rows, s.revision, s.schemas, s.format, s.deparser,"
	" s.server_version_num, s.checksum, e.before, e.after"
	" FROM mighead.expected_set s CROSS JOIN LATERAL"
	" (SELECT array_agg(coalesce(before, '')) AS before, array_agg(coalesce(checksum, '')) AS after"
	" FROM mighead.expected e WHERE e.project = s.project AND e.rows = s.rows) e"
	" WHERE s.project = $1";

#define SET_COLUMNS 10

static const char *const definitions_query =
	"SELECT checksum, parent, attributes FROM mighead.definition WHERE checksum = ANY ($1)";

#define DEFINITION_COLUMNS 3

static char *
text_of(Datum value)
{
	return mh_to_utf8(TextDatumGetCString(value));
}

static void
run_query(const char *query, Oid type, Datum value)
{
	int result = SPI_execute_with_args(query, 1, &type, &value, NULL, true, 0);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read the tables of mighead: %s", SPI_result_code_string(result));
}

/* ---------- forms ---------- */

static int
compare_form_rows(const void *left, const void *right)
{
	const MhFormRow *a = left;
	const MhFormRow *b = right;
	/* most are the same text in memory */
	int order = a->type == b->type ? 0 : strcmp(a->type, b->type);

	if (order == 0)
		order = strcmp(a->name, b->name);
	return order != 0 ? order : strcmp(a->checksum, b->checksum);
}

/* Sorted here, because the order is that of UTF-8 in every database encoding. */
void
mh_forms_take(MhExpectations *expectations, MhFormRow *rows, int n)
{
	qsort(rows, n, sizeof(MhFormRow), compare_form_rows);
	for (int i = 0; i < n; i++)
		mh_form_add(expectations, rows[i].type, rows[i].name, rows[i].checksum, rows[i].structure,
					NULL);
	mh_forms_index(expectations);
	pfree(rows);
}

static void
take_forms(MhExpectations *expectations, MemoryContext caller)
{
	int n = (int) SPI_processed;
	MhFormRow *rows = MemoryContextAllocHuge(caller, Max(n, 1) * sizeof(MhFormRow));

	for (int i = 0; i < n; i++)
	{
		Datum values[FORM_COLUMNS];
		bool nulls[FORM_COLUMNS];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		rows[i].type = text_of(values[0]);
		rows[i].name = text_of(values[1]);
		rows[i].checksum = text_of(values[2]);
		rows[i].structure = text_of(values[3]);
	}
	mh_forms_take(expectations, rows, n);
}

/* ---------- sets ---------- */

static MhStrings
strings_of(Datum array)
{
	return mh_strings_stored(array, NULL);
}

/* Reports the first damage only. */
static void
note_damage(MhExpectations *expectations, char *damage)
{
	if (expectations->damage == NULL)
		expectations->damage = damage;
}

static int
form_of(MhExpectations *expectations, const char *checksum)
{
	int form = checksum[0] == '\0' ? MH_NO_FORM : mh_form_find(expectations, checksum);

	if (form == MH_NO_FORM && checksum[0] != '\0')
		note_damage(
			expectations,
			psprintf("The definition with checksum %s is not in mighead.definition.", checksum));
	return form;
}

void
mh_delta_take(MhExpectations *expectations, MhExpectedSet *set, const char *before,
			  const char *after)
{
	MhDelta *delta = &set->deltas[set->n];

	delta->before = form_of(expectations, before);
	delta->after = form_of(expectations, after);
	if (delta->before == MH_NO_FORM && delta->after == MH_NO_FORM)
		return;
	delta->object =
		expectations->forms[delta->after != MH_NO_FORM ? delta->after : delta->before].object;
	set->n++;
}

static void
take_deltas(MhExpectedSet *set, MhExpectations *expectations, Datum before, Datum after)
{
	MhStrings old = strings_of(before);
	MhStrings new = strings_of(after);

	set->deltas = palloc(Max(old.n, 1) * sizeof(MhDelta));
	/* a damaged row may have fewer elements */
	for (int i = 0; i < Min(old.n, new.n); i++)
		mh_delta_take(expectations, set, old.v[i], new.v[i]);
}

const char *const mh_set_columns[] =
	MH_NAMES("rows", "previous_rows", "revision", "schemas", "format", "deparser",
			 "server_version_num", "checksum");

void
mh_set_take(MhExpectedSet *set, const Datum *values, const bool *nulls)
{
	memset(set, 0, sizeof(MhExpectedSet));
	set->rows = strings_of(values[0]);
	set->has_previous = !nulls[1];
	if (set->has_previous)
		set->previous_rows = strings_of(values[1]);
	set->revision = mh_text_or_null(values[2], nulls[2]);
	set->schemas = strings_of(values[3]);
	set->format = DatumGetInt32(values[4]);
	set->deparser = DatumGetInt32(values[5]);
	set->server_version_num = DatumGetInt32(values[6]);
	set->checksum = text_of(values[7]);
}

static void
take_set(MhExpectedSet *set, MhExpectations *expectations, HeapTuple tuple, TupleDesc descriptor)
{
	Datum values[SET_COLUMNS];
	bool nulls[SET_COLUMNS];

	heap_deform_tuple(tuple, descriptor, values, nulls);
	mh_set_take(set, values, nulls);
	if (!nulls[8])
		take_deltas(set, expectations, values[8], values[9]);
}

void
mh_expectations_query(MhExpectations *expectations, const char *project)
{
	MemoryContext caller = CurrentMemoryContext;
	MhIdentity identity = mh_begin_reading();

	SPI_connect();
	run_query(forms_query, TEXTOID, mh_text_datum(project));
	MemoryContextSwitchTo(caller);
	take_forms(expectations, caller);
	run_query(sets_query, TEXTOID, mh_text_datum(project));
	MemoryContextSwitchTo(caller);
	expectations->n = (int) SPI_processed;
	expectations->sets = palloc(Max(expectations->n, 1) * sizeof(MhExpectedSet));
	for (int i = 0; i < expectations->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		take_set(&expectations->sets[i], expectations, SPI_tuptable->vals[i],
				 SPI_tuptable->tupdesc);
	}
	SPI_finish();
	mh_end(&identity);
}

void
mh_expectations_finish(MhExpectations *expectations)
{
	char *reason = NULL;

	if (expectations->damage == NULL && !mh_expectations_link(expectations, &reason))
		note_damage(expectations, reason);
	if (expectations->damage != NULL)
		expectations->n = 0;
}

/* ---------- definitions ---------- */

static int
compare_attributes(const void *left, const void *right)
{
	return strcmp(((const MhAttribute *) left)->name, ((const MhAttribute *) right)->name);
}

static char *
json_text(const JsonbValue *value)
{
	return mh_to_utf8(pnstrdup(value->val.string.val, value->val.string.len));
}

static void
take_attributes(MhDefinition *definition, Jsonb *attributes)
{
	JsonbIterator *iterator = JsonbIteratorInit(&attributes->root);
	JsonbIteratorToken token;
	JsonbValue value;
	char *name = NULL;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = json_text(&value);
		else if (token == WJB_VALUE && name != NULL && value.type == jbvString)
			mh_attribute_add(definition, name, json_text(&value));
	}
	if (definition->n > 1)
		qsort(definition->attributes, definition->n, sizeof(MhAttribute), compare_attributes);
}

static void
take_definition(MhExpectations *expectations, HeapTuple tuple, TupleDesc descriptor)
{
	Datum values[DEFINITION_COLUMNS];
	bool nulls[DEFINITION_COLUMNS];
	MhDefinition *definition;
	MhForm *form;
	int found;

	heap_deform_tuple(tuple, descriptor, values, nulls);
	found = mh_form_find(expectations, text_of(values[0]));
	if (found == MH_NO_FORM)
		return;
	form = &expectations->forms[found];
	definition = palloc0(sizeof(MhDefinition));
	definition->type = expectations->objects[form->object].type;
	definition->name = unconstify(char *, expectations->objects[form->object].name);
	definition->parent = mh_text_or_null(values[1], nulls[1]);
	take_attributes(definition, DatumGetJsonbP(values[2]));
	/* computes the structure again, because 0.1.0 included storage parameters */
	if (!mh_definition_finish(definition))
		elog(ERROR, "could not compute a SHA-256 checksum");
	if (strcmp(definition->checksum, form->checksum) != 0)
		note_damage(
			expectations,
			psprintf("The definition of %s %s in mighead.definition is not the one that its "
					 "checksum %s is of.",
					 definition->type, definition->name, form->checksum));
	strlcpy(definition->checksum, form->checksum, MH_CHECKSUM_SIZE);
	form->structure = definition->structure;
	form->definition = definition;
}

/* Returns the checksums of definitions that are not loaded. */
static MhStrings
missing_definitions(const MhExpectations *expectations, const int *forms)
{
	int n = forms == NULL ? expectations->n_forms : expectations->n_objects;
	MhStrings missing = mh_strings_with_room(n);

	for (int i = 0; i < n; i++)
	{
		int form = forms == NULL ? i : forms[i];

		if (form != MH_NO_FORM && expectations->forms[form].definition == NULL)
			mh_strings_push(&missing, expectations->forms[form].checksum);
	}
	return missing;
}

static void
load(MhExpectations *expectations, const MhStrings *checksums)
{
	MemoryContext caller = CurrentMemoryContext;
	MhIdentity identity;
	Datum array;

	if (checksums->n == 0)
		return;
	identity = mh_begin_reading();
	array = mh_strings_datum(checksums);
	SPI_connect();
	run_query(definitions_query, TEXTARRAYOID, array);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		CHECK_FOR_INTERRUPTS();
		take_definition(expectations, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
	}
	SPI_finish();
	mh_end(&identity);
	pfree(checksums->v);
}

void
mh_expectations_load(MhExpectations *expectations, const int *forms)
{
	MhStrings missing = missing_definitions(expectations, forms);

	load(expectations, &missing);
}

void
mh_expectations_load_objects(MhExpectations *expectations, const bool *objects)
{
	MhStrings missing = mh_strings_with_room(expectations->n_forms);

	for (int i = 0; i < expectations->n_forms; i++)
		if (objects[expectations->forms[i].object] && expectations->forms[i].definition == NULL)
			mh_strings_push(&missing, expectations->forms[i].checksum);
	load(expectations, &missing);
}

void
mh_expected_check(MhExpectations *expectations, int set, const MhDefinitions *definitions)
{
	MhDefinitions *composed = NULL;
	char checksum[MH_CHECKSUM_SIZE] = "";

	if (definitions == NULL)
	{
		int *forms = mh_expected_forms(expectations, set);

		if (forms != NULL)
		{
			definitions = composed = mh_expected_definitions(expectations, forms);
			pfree(forms);
		}
	}
	if (definitions != NULL && !mh_definitions_checksum(definitions, checksum))
		elog(ERROR, "could not compute a SHA-256 checksum");
	if (strcmp(checksum, expectations->sets[set].checksum) != 0)
		note_damage(
			expectations,
			psprintf("What mighead.expected has for the rows {%s} is not what its checksum is of.",
					 mh_strings_join(&expectations->sets[set].rows, ",")));
	if (composed != NULL)
	{
		pfree(composed->v);
		pfree(composed);
	}
}

bool
mh_expected_at(MhExpectations *expectations, const MhGraph *graph, const MhStrings *rows,
			   MhComposed *composed)
{
	MhStrings key = mh_rows_key(graph, rows);

	if (expectations->n > 0 && mh_expected_find(expectations, &key) < 0)
		mh_expectations_load(expectations, NULL);
	if (expectations->damage != NULL)
	{
		composed->reason = expectations->damage;
		return false;
	}
	return mh_compose(expectations, graph, &key, composed);
}

MhStrings
mh_expected_schemas(const MhExpectations *expectations)
{
	MhStrings schemas = {0, NULL};

	mh_strings_add(&schemas, MH_HOME);
	for (int i = 0; i < expectations->n; i++)
	{
		const MhStrings *named = &expectations->sets[i].schemas;

		for (int j = 0; j < named->n; j++)
			if (!mh_strings_contain(&schemas, named->v[j]))
				mh_strings_add(&schemas, named->v[j]);
	}
	mh_strings_sort(&schemas);
	return schemas;
}
