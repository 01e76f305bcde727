/*
 * captures.h
 *	  Captured schemas written as text, for the unit tests of the cores that work on
 *	  expectations.
 *
 * A schema is "name:attribute=value,attribute=value;name:..."; an object is a table, or a view where
 * its name begins with "view".
 */
#ifndef MIGHEAD_TEST_CAPTURES_H
#define MIGHEAD_TEST_CAPTURES_H

#include "core/expectation/expectation.h"

#include "graphs.h"

static MhDefinitions *
schema_of(const char *text)
{
	MhDefinitions *set = palloc0(sizeof(MhDefinitions));
	MhStrings objects = split(text, ';');

	for (int i = 0; i < objects.n; i++)
	{
		char *colon = strchr(objects.v[i], ':');
		MhStrings attributes = split(colon ? colon + 1 : "", ',');
		bool is_view = strncmp(objects.v[i], "view", 4) == 0;
		MhDefinition *added =
			mh_definition_add(set, is_view ? "view" : "table",
							  pnstrdup(objects.v[i], strcspn(objects.v[i], ":")), NULL);

		for (int j = 0; j < attributes.n; j++)
		{
			char *value = strchr(attributes.v[j], '=');

			/* lists, as of column_order, are written with "/" for ", " */
			for (char *c = value + 1; *c != '\0'; c++)
				if (*c == '/')
					*c = ',';
			mh_attribute_add(added, pnstrdup(attributes.v[j], value - attributes.v[j]), value + 1);
		}
		mh_definition_finish(added);
	}
	mh_definitions_sort(set);
	return set;
}

typedef struct Capture
{
	const char *rows;     /* "a,b" */
	const char *previous; /* NULL: told from nothing */
	const char *revision; /* NULL: no step */
	const char *schema;
} Capture;

static int
compare_forms(const void *left, const void *right)
{
	const MhDefinition *const *a = left;
	const MhDefinition *const *b = right;
	int order = mh_definition_compare(*a, *b);

	return order != 0 ? order : strcmp((*a)->checksum, (*b)->checksum);
}

static void
add_forms(MhExpectations *expectations, MhDefinitions **schemas, int n)
{
	int total = 0;
	const MhDefinition **all;
	int k = 0;

	for (int i = 0; i < n; i++)
		total += schemas[i]->n;
	all = palloc((total + 1) * sizeof(MhDefinition *));
	for (int i = 0; i < n; i++)
		for (int j = 0; j < schemas[i]->n; j++)
			all[k++] = &schemas[i]->v[j];
	qsort(all, total, sizeof(MhDefinition *), compare_forms);
	for (int i = 0; i < total; i++)
		if (i == 0 || compare_forms(&all[i - 1], &all[i]) != 0)
			mh_form_add(expectations, all[i]->type, all[i]->name, all[i]->checksum,
						all[i]->structure, all[i]);
	mh_forms_index(expectations);
}

static int
form_in(const MhExpectations *expectations, const MhDefinitions *schema, int object)
{
	const MhDefinition *found;

	if (schema == NULL)
		return MH_NO_FORM;
	found = mh_definitions_find(schema, expectations->objects[object].type,
								expectations->objects[object].name);
	return found ? mh_form_find(expectations, found->checksum) : MH_NO_FORM;
}

static MhStrings
rows_of(const char *text)
{
	MhStrings rows = split(text, ',');

	mh_strings_make_set(&rows);
	return rows;
}

/* Expectations of these captures; NULL and *reason where they do not link. */
static MhExpectations *
capture_all(const Capture *captures, int n, char **reason)
{
	MhExpectations *expectations = palloc0(sizeof(MhExpectations));
	MhDefinitions **schemas = palloc((n + 1) * sizeof(MhDefinitions *));

	for (int i = 0; i < n; i++)
		schemas[i] = schema_of(captures[i].schema);
	add_forms(expectations, schemas, n);
	expectations->n = n;
	expectations->sets = palloc0((n + 1) * sizeof(MhExpectedSet));
	for (int i = 0; i < n; i++)
	{
		MhExpectedSet *set = &expectations->sets[i];
		MhDefinitions *before = NULL;

		set->rows = rows_of(captures[i].rows);
		set->has_previous = captures[i].previous != NULL;
		set->previous_rows = rows_of(captures[i].previous ? captures[i].previous : "");
		set->revision = captures[i].revision;
		set->format = MH_CANONICAL_FORMAT;
		set->deparser = MH_DEPARSER_16;
		mh_strings_add(&set->schemas, "$home");
		for (int j = 0; j < n && set->has_previous; j++)
			if (strcmp(captures[j].rows, captures[i].previous) == 0)
				before = schemas[j];
		set->deltas = palloc((expectations->n_objects + 1) * sizeof(MhDelta));
		for (int j = 0; j < expectations->n_objects; j++)
		{
			MhDelta delta = {j, form_in(expectations, before, j),
							 form_in(expectations, schemas[i], j)};

			if (delta.before != delta.after)
				set->deltas[set->n++] = delta;
		}
	}
	return mh_expectations_link(expectations, reason) ? expectations : NULL;
}

/* The way back, and names before reasons where there is nothing. */
static inline char *
text_of(const MhDefinitions *set)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < set->n; i++)
	{
		appendStringInfo(&text, "%s%s", i > 0 ? ";" : "", set->v[i].name);
		for (int j = 0; j < set->v[i].n; j++)
			appendStringInfo(&text, "%s%s=%s", j == 0 ? ":" : ",", set->v[i].attributes[j].name,
							 set->v[i].attributes[j].value);
	}
	return text.data;
}

static inline char *
composed_text(MhExpectations *expectations, const MhGraph *graph, const char *rows)
{
	MhComposed composed;
	MhStrings list = split(rows, ',');
	MhStrings key = mh_rows_key(graph, &list);

	if (!mh_compose(expectations, graph, &key, &composed))
		return psprintf("! %s", composed.reason);
	return text_of(mh_expected_definitions(expectations, composed.forms));
}

#endif /* MIGHEAD_TEST_CAPTURES_H */
