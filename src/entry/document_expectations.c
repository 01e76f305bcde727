/*-------------------------------------------------------------------------
 *
 * document_expectations.c
 *	  Writes and reads the expectations in the document of mighead_export.
 *
 *-------------------------------------------------------------------------
 */
#include "core/schema/schema.h"
#include "entry/document.h"

#include "miscadmin.h"
#include "utils/json.h"

/* ---------- writing ---------- */

static void
begin_element(StringInfo json)
{
	if (json->data[json->len - 1] != '[')
		appendStringInfoChar(json, ',');
	appendStringInfoChar(json, '{');
}

static void
put_definition(StringInfo json, const MhDefinition *definition)
{
	begin_element(json);
	mh_json_text(json, "type", definition->type);
	mh_json_text(json, "object", definition->name);
	mh_json_text(json, "parent", definition->parent);
	mh_json_text(json, "checksum", definition->checksum);
	mh_json_key(json, "attributes");
	appendStringInfoChar(json, '{');
	for (int i = 0; i < definition->n; i++)
		mh_json_text(json, definition->attributes[i].name, definition->attributes[i].value);
	appendStringInfoString(json, "}}");
}

static const char *
checksum_of(const MhExpectations *expectations, int form)
{
	return form == MH_NO_FORM ? NULL : expectations->forms[form].checksum;
}

static void
put_set(StringInfo json, const MhExpectations *expectations, const MhExpectedSet *set)
{
	begin_element(json);
	mh_json_strings(json, "rows", &set->rows);
	if (set->has_previous)
		mh_json_strings(json, "previous_rows", &set->previous_rows);
	mh_json_text(json, "revision", set->revision);
	mh_json_strings(json, "schemas", &set->schemas);
	mh_json_number(json, "format", set->format, false);
	mh_json_number(json, "deparser", set->deparser, false);
	mh_json_number(json, "server_version_num", set->server_version_num, false);
	mh_json_text(json, "checksum", set->checksum);
	mh_json_key(json, "changes");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < set->n; i++)
	{
		const MhObject *object = &expectations->objects[set->deltas[i].object];

		begin_element(json);
		mh_json_text(json, "type", object->type);
		mh_json_text(json, "object", object->name);
		mh_json_text(json, "before", checksum_of(expectations, set->deltas[i].before));
		mh_json_text(json, "checksum", checksum_of(expectations, set->deltas[i].after));
		appendStringInfoChar(json, '}');
	}
	appendStringInfoString(json, "]}");
}

void
mh_document_write_expectations(StringInfo json, const MhExpectations *expectations)
{
	mh_json_key(json, "expectations");
	appendStringInfoChar(json, '{');
	mh_json_key(json, "definitions");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < expectations->n_forms; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_definition(json, expectations->forms[i].definition);
	}
	appendStringInfoChar(json, ']');
	mh_json_key(json, "sets");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < expectations->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_set(json, expectations, &expectations->sets[expectations->by_rows[i]]);
	}
	appendStringInfoString(json, "]}");
}

/* ---------- reading ---------- */

static void
read_attributes(MhDefinition *definition, const MhJsonObject *element)
{
	MhJsonObject attributes = mh_json_get_object(element, "attributes");
	JsonbIterator *iterator = JsonbIteratorInit(attributes.members);
	JsonbIteratorToken token;
	JsonbValue value;
	char *name = NULL;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = mh_json_string(&value);
		else if (token == WJB_VALUE && name != NULL)
		{
			if (value.type != jbvString)
				mh_json_refuse(&attributes, name, "is not a string");
			mh_attribute_add(definition, name, mh_json_string(&value));
		}
	}
}

static MhDefinition *
read_definition(const MhJsonObject *element)
{
	MhDefinition *definition = palloc0(sizeof(MhDefinition));
	char *checksum = mh_json_get_name(element, "checksum");
	const char *problem;

	definition->type = mh_json_get_name(element, "type");
	definition->name = mh_json_get_name(element, "object");
	definition->parent = mh_json_get_text_or_null(element, "parent");
	read_attributes(definition, element);
	if (!mh_definition_finish(definition))
		elog(ERROR, "could not compute a SHA-256 checksum");
	if (strcmp(definition->checksum, checksum) != 0)
		mh_json_refuse(element, "checksum", "does not fit the definition");
	problem = mh_definition_problem(definition);
	if (problem != NULL)
		mh_json_refuse(element, problem, "is not what mighead_export() writes");
	return definition;
}

static int
compare_forms(const void *left, const void *right)
{
	const MhDefinition *a = *(MhDefinition *const *) left;
	const MhDefinition *b = *(MhDefinition *const *) right;
	int order = mh_definition_compare(a, b);

	return order != 0 ? order : strcmp(a->checksum, b->checksum);
}

static void
read_definitions(MhExpectations *expectations, const MhJsonObject *member)
{
	int n;
	JsonbContainer *array = mh_json_get_array(member, "definitions", &n);
	MhDefinition **definitions = palloc(Max(n, 1) * sizeof(MhDefinition *));

	for (int i = 0; i < n; i++)
	{
		MhJsonObject element = mh_json_element(array, "expectations.definitions", i);

		CHECK_FOR_INTERRUPTS();
		definitions[i] = read_definition(&element);
	}
	qsort(definitions, n, sizeof(MhDefinition *), compare_forms);
	for (int i = 0; i < n; i++)
	{
		const MhDefinition *definition = definitions[i];

		if (i > 0 && strcmp(definition->checksum, definitions[i - 1]->checksum) == 0)
			continue;
		mh_form_add(expectations, definition->type, definition->name, definition->checksum,
					definition->structure, definition);
	}
	mh_forms_index(expectations);
	pfree(definitions);
}

static int
read_form(const MhExpectations *expectations, const MhJsonObject *change, const char *key,
		  int object)
{
	char *checksum = mh_json_get_text_or_null(change, key);
	int form;

	if (checksum == NULL)
		return MH_NO_FORM;
	form = mh_form_find(expectations, checksum);
	if (form == MH_NO_FORM || expectations->forms[form].object != object)
		mh_json_refuse(change, key, "is of no definition of this object");
	return form;
}

static void
read_changes(MhExpectedSet *set, const MhExpectations *expectations, const MhJsonObject *element)
{
	int n;
	JsonbContainer *array = mh_json_get_array(element, "changes", &n);
	char *path = psprintf("%schanges", element->path);

	set->deltas = palloc(Max(n, 1) * sizeof(MhDelta));
	for (int i = 0; i < n; i++)
	{
		MhJsonObject change = mh_json_element(array, path, i);
		MhDelta *delta = &set->deltas[i];

		delta->object = mh_object_find(expectations, mh_json_get_name(&change, "type"),
									   mh_json_get_name(&change, "object"));
		if (delta->object < 0)
			mh_json_refuse(&change, "object", "has no definition");
		delta->before = read_form(expectations, &change, "before", delta->object);
		delta->after = read_form(expectations, &change, "checksum", delta->object);
		set->n++;
	}
}

/* Reads rows, sorted and without duplicates, because they are the key of a set. */
static MhStrings
read_rows(const MhJsonObject *element, const char *key)
{
	MhStrings rows = mh_json_get_strings(element, key);
	MhStrings sorted = mh_rows_key(NULL, &rows);

	if (mh_rows_compare(&rows, &sorted) != 0)
		mh_json_refuse(element, key, "is not in order");
	return rows;
}

static int
read_format(const MhJsonObject *element)
{
	int64 format = mh_json_get_number(element, "format", 1, PG_INT32_MAX);

	if (format > MH_CANONICAL_FORMAT)
		ereport(ERROR, (errcode(mh_sqlstate(MHERR_DOCUMENT)),
						errmsg("mighead document has a newer format"),
						errdetail("Its expectations are of format " INT64_FORMAT
								  ", this mighead compares up to %d.",
								  format, MH_CANONICAL_FORMAT)));
	return (int) format;
}

static void
read_set(MhExpectedSet *set, const MhExpectations *expectations, const MhJsonObject *element)
{
	set->format = read_format(element);
	set->rows = read_rows(element, "rows");
	set->has_previous = mh_json_member(element, "previous_rows") != NULL;
	if (set->has_previous)
		set->previous_rows = read_rows(element, "previous_rows");
	set->revision = mh_json_get_text_or_null(element, "revision");
	set->schemas = mh_json_get_strings(element, "schemas");
	mh_strings_make_set(&set->schemas);
	set->deparser = (MhDeparser) mh_json_get_number(element, "deparser", MH_DEPARSER_15, 999);
	set->server_version_num =
		(int) mh_json_get_number(element, "server_version_num", 150000, PG_INT32_MAX);
	set->checksum = mh_json_get_name(element, "checksum");
	read_changes(set, expectations, element);
}

/* Checks that the differences add up to the captured checksum. */
static void
check_set(const MhExpectations *expectations, int set, const MhJsonObject *sets)
{
	int *forms = mh_expected_forms(expectations, set);
	char *rows = psprintf("{%s}", mh_strings_join(&expectations->sets[set].rows, ","));
	char checksum[MH_CHECKSUM_SIZE];
	MhDefinitions *definitions;

	if (forms == NULL)
		mh_json_refuse(sets, rows, "has changes that do not fit the rows before");
	definitions = mh_expected_definitions(expectations, forms);
	if (!mh_definitions_checksum(definitions, checksum))
		elog(ERROR, "could not compute a SHA-256 checksum");
	if (strcmp(checksum, expectations->sets[set].checksum) != 0)
		mh_json_refuse(sets, rows, "does not come to its checksum");
	pfree(definitions->v);
	pfree(definitions);
	pfree(forms);
	pfree(rows);
}

MhExpectations *
mh_document_read_expectations(const MhJsonObject *root)
{
	MhExpectations *expectations = palloc0(sizeof(MhExpectations));
	MhJsonObject member = mh_json_get_object(root, "expectations");
	MhJsonObject sets = {NULL, "expectations.sets "};
	JsonbContainer *array = mh_json_get_array(&member, "sets", &expectations->n);
	char *reason;

	/* first the format: definitions of a newer one would not have our checksums */
	for (int i = 0; i < expectations->n; i++)
	{
		MhJsonObject element = mh_json_element(array, "expectations.sets", i);

		(void) read_format(&element);
	}
	read_definitions(expectations, &member);
	expectations->sets = palloc0(Max(expectations->n, 1) * sizeof(MhExpectedSet));
	for (int i = 0; i < expectations->n; i++)
	{
		MhJsonObject element = mh_json_element(array, "expectations.sets", i);

		CHECK_FOR_INTERRUPTS();
		read_set(&expectations->sets[i], expectations, &element);
	}
	if (!mh_expectations_link(expectations, &reason))
		ereport(ERROR, (errcode(mh_sqlstate(MHERR_DOCUMENT)), errmsg("not a mighead document"),
						errdetail_internal("%s", mh_from_utf8(reason))));
	for (int i = 0; i < expectations->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		check_set(expectations, i, &sets);
	}
	return expectations;
}
