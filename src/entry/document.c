/*-------------------------------------------------------------------------
 *
 * document.c
 *	  The document that mighead_export writes and mighead_import reads.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/document.h"

#include "catalog/pg_type.h"
#include "entry/json.h"

/* ---------- writing ---------- */

static void
put_release(StringInfo json, const MhRelease *release)
{
	appendStringInfoChar(json, '{');
	mh_json_number(json, "release", release->release, false);
	mh_json_text(json, "label", release->label);
	mh_json_strings(json, "heads", &release->heads);
	mh_json_time(json, "loaded_at", true, release->loaded_at, TIMESTAMPTZOID);
	mh_json_text(json, "loaded_by", release->loaded_by);
	mh_json_text(json, "source", release->source);
	appendStringInfoChar(json, '}');
}

static void
put_revision(StringInfo json, const MhScript *script, const MhRevisionFacts *facts)
{
	appendStringInfoChar(json, '{');
	mh_json_text(json, "revision", script->revision);
	mh_json_number(json, "load_order", facts->load_order, false);
	mh_json_strings(json, "down_revision", &script->down_revision);
	mh_json_strings(json, "depends_on", &script->depends_on);
	mh_json_strings(json, "branch_labels", &script->branch_labels);
	mh_json_text(json, "message", script->message);
	mh_json_time(json, "create_date", facts->has_create_date, facts->create_date, TIMESTAMPOID);
	mh_json_text(json, "file_name", script->file_name);
	mh_json_text(json, "checksum", facts->checksum);
	mh_json_text(json, "first_checksum", facts->first_checksum);
	mh_json_text(json, "body_checksum", facts->body_checksum);
	mh_json_text(json, "code_checksum", facts->code_checksum);
	mh_json_bool(json, "by_hand", facts->by_hand);
	mh_json_number(json, "first_release", facts->first_release, true);
	mh_json_number(json, "last_release", facts->last_release, true);
	appendStringInfoChar(json, '}');
}

char *
mh_document_write(const MhProject *project, const MhScripts *scripts, const List *releases,
				  MhExpectations *expectations, const List *statements)
{
	StringInfoData json;
	ListCell *cell;
	bool first = true;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	mh_json_number(&json, "mighead", MH_DOCUMENT_VERSION, false);
	mh_json_key(&json, "project");
	appendStringInfoChar(&json, '{');
	mh_json_text(&json, "name", project->name);
	mh_json_text(&json, "version_table_name", project->version_table_name);
	mh_json_text(&json, "version_table_schema", project->version_table_schema);
	if (project->manages_words.n > 0)
		mh_json_strings(&json, "manages", &project->manages_words);
	appendStringInfoChar(&json, '}');
	mh_json_key(&json, "releases");
	appendStringInfoChar(&json, '[');
	foreach (cell, releases)
	{
		if (!first)
			appendStringInfoChar(&json, ',');
		put_release(&json, lfirst(cell));
		first = false;
	}
	appendStringInfoChar(&json, ']');
	mh_json_key(&json, "revisions");
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < scripts->n + scripts->retired + scripts->waiting; i++)
	{
		if (i > 0)
			appendStringInfoChar(&json, ',');
		put_revision(&json, &scripts->scripts[i], &scripts->facts[i]);
	}
	appendStringInfoChar(&json, ']');
	if (expectations != NULL && expectations->n > 0)
		mh_document_write_expectations(&json, expectations);
	if (statements != NIL)
		mh_document_write_statements(&json, statements);
	appendStringInfoChar(&json, '}');
	return json.data;
}

/* ---------- reading ---------- */

static void
read_project(MhDocument *document, const MhJsonObject *root)
{
	MhJsonObject project = mh_json_get_object(root, "project");

	document->project = mh_json_get_name(&project, "name");
	document->version_table_name = mh_json_get_name(&project, "version_table_name");
	document->version_table_schema = mh_json_get_text_or_null(&project, "version_table_schema");
	if (document->version_table_schema != NULL && document->version_table_schema[0] == '\0')
		mh_json_refuse(&project, "version_table_schema", "is empty");
	if (mh_json_member(&project, "manages") != NULL)
		document->manages = mh_json_get_strings(&project, "manages");
	for (int i = 0; i < document->manages.n; i++)
		if (mh_area_of_word(document->manages.v[i]) == 0)
			mh_json_refuse(&project, "manages", "has an unknown word");
}

static void
read_releases(MhDocument *document, const MhJsonObject *root)
{
	JsonbContainer *array = mh_json_get_array(root, "releases", &document->n_releases);
	int64 last = 0;

	document->releases = palloc0(Max(document->n_releases, 1) * sizeof(MhRelease));
	for (int i = 0; i < document->n_releases; i++)
	{
		MhRelease *release = &document->releases[i];
		MhJsonObject element = mh_json_element(array, "releases", i);

		release->release = mh_json_get_number(&element, "release", 1, PG_INT64_MAX - 1);
		if (release->release <= last)
			mh_json_refuse(&element, "release", "does not come in order");
		last = release->release;
		release->label = mh_json_get_text_or_null(&element, "label");
		release->heads = mh_json_get_strings(&element, "heads");
		if (!mh_json_get_time(&element, "loaded_at", true, &release->loaded_at))
			mh_json_refuse(&element, "loaded_at", "is missing");
		release->loaded_by = mh_json_get_text(&element, "loaded_by");
		release->source = mh_json_get_text_or_null(&element, "source");
	}
}

static void
read_script(MhScript *script, const MhJsonObject *element)
{
	script->revision = mh_json_get_name(element, "revision");
	/* the graph applies the rule for current ones, with Alembic's words */
	if (strpbrk(script->revision, "-@+:") != NULL &&
		mh_json_member(element, "last_release") != NULL)
		mh_json_refuse(element, "revision", "has a character that no revision may have");
	script->down_revision = mh_json_get_strings(element, "down_revision");
	script->depends_on = mh_json_get_strings(element, "depends_on");
	script->branch_labels = mh_json_get_strings(element, "branch_labels");
	script->message = mh_json_get_text(element, "message");
	script->create_date = NULL;
	script->file_name = mh_json_get_text_or_null(element, "file_name");
}

static void
read_facts(MhRevisionFacts *facts, const MhJsonObject *element, int64 current)
{
	facts->load_order = (int) mh_json_get_number(element, "load_order", 0, PG_INT32_MAX);
	facts->has_create_date = mh_json_get_time(element, "create_date", false, &facts->create_date);
	facts->checksum = mh_json_get_text_or_null(element, "checksum");
	facts->first_checksum = mh_json_get_text_or_null(element, "first_checksum");
	facts->body_checksum = mh_json_get_text_or_null(element, "body_checksum");
	facts->code_checksum = mh_json_get_text_or_null(element, "code_checksum");
	facts->by_hand = mh_json_get_bool(element, "by_hand");
	facts->first_release = mh_json_get_number_or_zero(element, "first_release", 1, current);
	facts->last_release = mh_json_get_number_or_zero(element, "last_release",
													 Max(facts->first_release, 1), current - 1);
	if (facts->first_release == 0 && !facts->by_hand)
		mh_json_refuse(element, "first_release", "is missing");
	if (facts->first_release == 0 && facts->last_release != 0)
		mh_json_refuse(element, "last_release", "is there, but no first one");
}

static int
kind_of(const MhRevisionFacts *facts)
{
	return facts->first_release == 0 ? 2 : facts->last_release != 0;
}

/*
 * Compares pointers to the facts, which are in the order of the document, so that they identify the
 * pairs.
 */
static int
compare_facts(const void *a, const void *b)
{
	const MhRevisionFacts *left = *(MhRevisionFacts *const *) a;
	const MhRevisionFacts *right = *(MhRevisionFacts *const *) b;

	if (kind_of(left) != kind_of(right))
		return kind_of(left) - kind_of(right);
	if (left->load_order != right->load_order)
		return left->load_order < right->load_order ? -1 : 1;
	return left < right ? -1 : left > right;
}

/* Sorts current, retired, and waiting revisions, each in load order. */
static void
sort_scripts(MhScripts *scripts, MhScript *unsorted, MhRevisionFacts *facts, int n)
{
	MhRevisionFacts **order = palloc(Max(n, 1) * sizeof(MhRevisionFacts *));
	MhScript *sorted = palloc(Max(n, 1) * sizeof(MhScript));
	MhRevisionFacts *sorted_facts = palloc(Max(n, 1) * sizeof(MhRevisionFacts));

	for (int i = 0; i < n; i++)
		order[i] = &facts[i];
	qsort(order, n, sizeof(MhRevisionFacts *), compare_facts);
	scripts->scripts = sorted;
	scripts->facts = sorted_facts;
	for (int i = 0; i < n; i++)
	{
		int kind = kind_of(order[i]);

		sorted[i] = unsorted[order[i] - facts];
		sorted_facts[i] = *order[i];
		scripts->n += kind == 0;
		scripts->retired += kind == 1;
		scripts->waiting += kind == 2;
	}
	pfree(order);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
check_unique(const MhScript *scripts, int n)
{
	const char **names = palloc(Max(n, 1) * sizeof(char *));

	for (int i = 0; i < n; i++)
		names[i] = scripts[i].revision;
	qsort(names, n, sizeof(char *), compare_texts);
	for (int i = 1; i < n; i++)
		if (strcmp(names[i], names[i - 1]) == 0)
			ereport(ERROR,
					(errcode(mh_sqlstate(MHERR_DUPLICATE)),
					 errmsg("Revision %s is present more than once", mh_from_utf8(names[i]))));
	pfree(names);
}

static void
read_revisions(MhDocument *document, const MhJsonObject *root)
{
	int n;
	JsonbContainer *array = mh_json_get_array(root, "revisions", &n);
	int64 current =
		document->n_releases == 0 ? 0 : document->releases[document->n_releases - 1].release;
	MhScript *scripts = palloc0(Max(n, 1) * sizeof(MhScript));
	MhRevisionFacts *facts = palloc0(Max(n, 1) * sizeof(MhRevisionFacts));

	for (int i = 0; i < n; i++)
	{
		MhJsonObject element = mh_json_element(array, "revisions", i);

		read_script(&scripts[i], &element);
		read_facts(&facts[i], &element, current);
	}
	check_unique(scripts, n);
	sort_scripts(&document->scripts, scripts, facts, n);
	pfree(scripts);
	pfree(facts);
}

static void
note_unknown(MhDocument *document, JsonbContainer *members)
{
	static const char *const known[] = {"mighead",   "project",      "releases",
										"revisions", "expectations", "statements"};
	JsonbIterator *iterator = JsonbIteratorInit(members);
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		bool found = token != WJB_KEY;

		for (size_t i = 0; i < lengthof(known) && !found; i++)
			found = value.val.string.len == (int) strlen(known[i]) &&
					memcmp(value.val.string.val, known[i], strlen(known[i])) == 0;
		if (!found)
			mh_strings_add(&document->unknown, mh_json_string(&value));
	}
}

static void
check_version(const MhJsonObject *root)
{
	int64 version = mh_json_get_number(root, "mighead", 1, PG_INT64_MAX);

	if (version > MH_DOCUMENT_VERSION)
		ereport(ERROR, (errcode(mh_sqlstate(MHERR_DOCUMENT)),
						errmsg("mighead document has a newer format"),
						errdetail("Its version is " INT64_FORMAT ", this mighead reads up to %d.",
								  version, MH_DOCUMENT_VERSION)));
}

MhDocument *
mh_document_read(Jsonb *json)
{
	MhDocument *document = palloc0(sizeof(MhDocument));
	MhJsonObject root = {&json->root, ""};

	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR, (errcode(mh_sqlstate(MHERR_DOCUMENT)), errmsg("not a mighead document"),
						errdetail("It is not an object."),
						errhint("Documents come from mighead_export().")));
	check_version(&root);
	read_project(document, &root);
	read_releases(document, &root);
	read_revisions(document, &root);
	if (mh_json_member(&root, "expectations") != NULL)
		document->expectations = mh_document_read_expectations(&root);
	if (mh_json_member(&root, "statements") != NULL)
		document->statements = mh_document_read_statements(&root);
	note_unknown(document, &json->root);
	return document;
}
