/*-------------------------------------------------------------------------
 *
 * document.c
 *	  The document that mighead_export writes and mighead_import reads.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/document.h"

#include "catalog/pg_type.h"
#include "core/iso_time.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/numeric.h"

/* ---------- writing ---------- */

static void
put_key(StringInfo json, const char *key)
{
	if (json->data[json->len - 1] != '{')
		appendStringInfoChar(json, ',');
	appendStringInfo(json, "\"%s\":", key);
}

static void
put_text(StringInfo json, const char *key, const char *value)
{
	put_key(json, key);
	if (value == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, mh_from_utf8(value));
}

/* Numbers of releases: 0 stands for none. */
static void
put_number(StringInfo json, const char *key, int64 value, bool or_null)
{
	put_key(json, key);
	if (or_null && value == 0)
		appendStringInfoString(json, "null");
	else
		appendStringInfo(json, INT64_FORMAT, value);
}

static void
put_bool(StringInfo json, const char *key, bool value)
{
	put_key(json, key);
	appendStringInfoString(json, value ? "true" : "false");
}

static void
put_strings(StringInfo json, const char *key, const MhStrings *value)
{
	put_key(json, key);
	appendStringInfoChar(json, '[');
	for (int i = 0; i < value->n; i++)
	{
		if (i > 0)
			appendStringInfoChar(json, ',');
		escape_json(json, mh_from_utf8(value->v[i]));
	}
	appendStringInfoChar(json, ']');
}

/* type says whether in UTC (timestamptz) or in no zone at all (timestamp). */
static void
put_time(StringInfo json, const char *key, bool known, int64 value, Oid type)
{
	char text[MAXDATELEN + 1];
	int utc = 0;

	put_key(json, key);
	if (!known)
	{
		appendStringInfoString(json, "null");
		return;
	}
	JsonEncodeDateTime(text, TimestampGetDatum(value), type, type == TIMESTAMPTZOID ? &utc : NULL);
	escape_json(json, text);
}

static void
put_release(StringInfo json, const MhRelease *release)
{
	appendStringInfoChar(json, '{');
	put_number(json, "release", release->release, false);
	put_text(json, "label", release->label);
	put_strings(json, "heads", &release->heads);
	put_time(json, "loaded_at", true, release->loaded_at, TIMESTAMPTZOID);
	put_text(json, "loaded_by", release->loaded_by);
	put_text(json, "source", release->source);
	appendStringInfoChar(json, '}');
}

static void
put_revision(StringInfo json, const MhScript *script, const MhRevisionFacts *facts)
{
	appendStringInfoChar(json, '{');
	put_text(json, "revision", script->revision);
	put_number(json, "load_order", facts->load_order, false);
	put_strings(json, "down_revision", &script->down_revision);
	put_strings(json, "depends_on", &script->depends_on);
	put_strings(json, "branch_labels", &script->branch_labels);
	put_text(json, "message", script->message);
	put_time(json, "create_date", facts->has_create_date, facts->create_date, TIMESTAMPOID);
	put_text(json, "file_name", script->file_name);
	put_text(json, "checksum", facts->checksum);
	put_text(json, "first_checksum", facts->first_checksum);
	put_text(json, "body_checksum", facts->body_checksum);
	put_bool(json, "by_hand", facts->by_hand);
	put_number(json, "first_release", facts->first_release, true);
	put_number(json, "last_release", facts->last_release, true);
	appendStringInfoChar(json, '}');
}

char *
mh_document_write(const MhProject *project, const MhScripts *scripts, const List *releases)
{
	StringInfoData json;
	ListCell *cell;
	bool first = true;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put_number(&json, "mighead", MH_DOCUMENT_VERSION, false);
	put_key(&json, "project");
	appendStringInfoChar(&json, '{');
	put_text(&json, "name", project->name);
	put_text(&json, "version_table_name", project->version_table_name);
	put_text(&json, "version_table_schema", project->version_table_schema);
	appendStringInfoChar(&json, '}');
	put_key(&json, "releases");
	appendStringInfoChar(&json, '[');
	foreach (cell, releases)
	{
		if (!first)
			appendStringInfoChar(&json, ',');
		put_release(&json, lfirst(cell));
		first = false;
	}
	appendStringInfoChar(&json, ']');
	put_key(&json, "revisions");
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < scripts->n + scripts->retired + scripts->waiting; i++)
	{
		if (i > 0)
			appendStringInfoChar(&json, ',');
		put_revision(&json, &scripts->scripts[i], &scripts->facts[i]);
	}
	appendStringInfoString(&json, "]}");
	return json.data;
}

/* ---------- reading ---------- */

/* An object of the document, and where it is. */
typedef struct Object
{
	JsonbContainer *members;
	const char *path; /* "revisions[3]."; "" for the document */
} Object;

pg_noreturn static void
refuse(const Object *object, const char *key, const char *what)
{
	ereport(ERROR, (errcode(mh_sqlstate(MHERR_DOCUMENT)), errmsg("not a mighead document"),
					errdetail("\"%s%s\" %s.", object->path, key, what),
					errhint("Documents come from mighead_export().")));
}

/* NULL where the member is absent or null. */
static JsonbValue *
find_member(const Object *object, const char *key)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object->members, key, (int) strlen(key), NULL);

	return value == NULL || value->type == jbvNull ? NULL : value;
}

static char *
text_of(const JsonbValue *value)
{
	return mh_to_utf8(pnstrdup(value->val.string.val, value->val.string.len));
}

static char *
text_or_null(const Object *object, const char *key)
{
	JsonbValue *value = find_member(object, key);

	if (value == NULL)
		return NULL;
	if (value->type != jbvString)
		refuse(object, key, "is not a string");
	return text_of(value);
}

static char *
text_member(const Object *object, const char *key)
{
	char *text = text_or_null(object, key);

	if (text == NULL)
		refuse(object, key, "is missing");
	return text;
}

static char *
name_member(const Object *object, const char *key)
{
	char *text = text_member(object, key);

	if (text[0] == '\0')
		refuse(object, key, "is empty");
	return text;
}

/* 0 where it is absent; otherwise between low and high. */
static int64
number_or_zero(const Object *object, const char *key, int64 low, int64 high)
{
	JsonbValue *value = find_member(object, key);
	char *text;
	char *end;
	int64 number;

	if (value == NULL)
		return 0;
	if (value->type != jbvNumeric)
		refuse(object, key, "is not a number");
	text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	errno = 0;
	number = strtoi64(text, &end, 10);
	if (errno != 0 || *end != '\0' || number < low || number > high)
		refuse(object, key, "is out of range");
	return number;
}

static int64
number_member(const Object *object, const char *key, int64 low, int64 high)
{
	if (find_member(object, key) == NULL)
		refuse(object, key, "is missing");
	return number_or_zero(object, key, low, high);
}

static bool
bool_member(const Object *object, const char *key)
{
	JsonbValue *value = find_member(object, key);

	if (value == NULL || value->type != jbvBool)
		refuse(object, key, "is not a boolean");
	return value->val.boolean;
}

/* The elements of an array, by number. */
static JsonbContainer *
array_member(const Object *object, const char *key, int *n)
{
	JsonbValue *value = find_member(object, key);

	if (value == NULL || value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		refuse(object, key, "is not an array");
	*n = JsonContainerSize(value->val.binary.data);
	return value->val.binary.data;
}

static MhStrings
strings_member(const Object *object, const char *key)
{
	MhStrings strings = {0, NULL};
	int n;
	JsonbContainer *array = array_member(object, key, &n);

	for (int i = 0; i < n; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(array, i);

		if (element->type != jbvString || element->val.string.len == 0)
			refuse(object, key, "has an element that is not a string, or is empty");
		mh_strings_add(&strings, text_of(element));
	}
	return strings;
}

/* A Timestamp, or with a zone a TimestampTz; false where it is absent. */
static bool
time_member(const Object *object, const char *key, bool with_zone, int64 *time)
{
	char *text = text_or_null(object, key);
	MhIsoTime parsed;

	*time = 0;
	if (text == NULL)
		return false;
	if (!mh_iso_time_parse(text, &parsed) || parsed.has_zone != with_zone)
		refuse(object, key, "is not a time");
	*time = parsed.local - parsed.offset * USECS_PER_SEC;
	return true;
}

static Object
element_of(JsonbContainer *array, const char *key, int i)
{
	JsonbValue *value = getIthJsonbValueFromContainer(array, i);
	Object element = {NULL, psprintf("%s[%d]", key, i)};

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse(&element, "", "is not an object");
	element.members = value->val.binary.data;
	element.path = psprintf("%s[%d].", key, i);
	return element;
}

static void
read_project(MhDocument *document, const Object *root)
{
	JsonbValue *value = find_member(root, "project");
	Object project = {NULL, "project."};

	if (value == NULL || value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse(root, "project", "is not an object");
	project.members = value->val.binary.data;
	document->project = name_member(&project, "name");
	document->version_table_name = name_member(&project, "version_table_name");
	document->version_table_schema = text_or_null(&project, "version_table_schema");
	if (document->version_table_schema != NULL && document->version_table_schema[0] == '\0')
		refuse(&project, "version_table_schema", "is empty");
}

static void
read_releases(MhDocument *document, const Object *root)
{
	JsonbContainer *array = array_member(root, "releases", &document->n_releases);
	int64 last = 0;

	document->releases = palloc0(Max(document->n_releases, 1) * sizeof(MhRelease));
	for (int i = 0; i < document->n_releases; i++)
	{
		MhRelease *release = &document->releases[i];
		Object element = element_of(array, "releases", i);

		release->release = number_member(&element, "release", 1, PG_INT64_MAX - 1);
		if (release->release <= last)
			refuse(&element, "release", "does not come in order");
		last = release->release;
		release->label = text_or_null(&element, "label");
		release->heads = strings_member(&element, "heads");
		if (!time_member(&element, "loaded_at", true, &release->loaded_at))
			refuse(&element, "loaded_at", "is missing");
		release->loaded_by = text_member(&element, "loaded_by");
		release->source = text_or_null(&element, "source");
	}
}

static void
read_script(MhScript *script, const Object *element)
{
	script->revision = name_member(element, "revision");
	/* the rule for current ones is the graph's, with Alembic's own words */
	if (strpbrk(script->revision, "-@+:") != NULL && find_member(element, "last_release") != NULL)
		refuse(element, "revision", "has a character that no revision may have");
	script->down_revision = strings_member(element, "down_revision");
	script->depends_on = strings_member(element, "depends_on");
	script->branch_labels = strings_member(element, "branch_labels");
	script->message = text_member(element, "message");
	script->create_date = NULL;
	script->file_name = text_or_null(element, "file_name");
}

static void
read_facts(MhRevisionFacts *facts, const Object *element, int64 current)
{
	facts->load_order = (int) number_member(element, "load_order", 0, PG_INT32_MAX);
	facts->has_create_date = time_member(element, "create_date", false, &facts->create_date);
	facts->checksum = text_or_null(element, "checksum");
	facts->first_checksum = text_or_null(element, "first_checksum");
	facts->body_checksum = text_or_null(element, "body_checksum");
	facts->by_hand = bool_member(element, "by_hand");
	facts->first_release = number_or_zero(element, "first_release", 1, current);
	facts->last_release =
		number_or_zero(element, "last_release", Max(facts->first_release, 1), current - 1);
	if (facts->first_release == 0 && !facts->by_hand)
		refuse(element, "first_release", "is missing");
	if (facts->first_release == 0 && facts->last_release != 0)
		refuse(element, "last_release", "is there, but no first one");
}

static int
kind_of(const MhRevisionFacts *facts)
{
	return facts->first_release == 0 ? 2 : facts->last_release != 0;
}

/* Pointers to the facts tell the pairs apart: they lie in the order of the document. */
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

/* Current ones, retired ones, those that wait; each in load order. */
static void
sort_scripts(MhScripts *scripts, MhScript *unsorted, MhRevisionFacts *facts, int n)
{
	MhRevisionFacts **order = palloc(Max(n, 1) * sizeof(MhRevisionFacts *));

	for (int i = 0; i < n; i++)
		order[i] = &facts[i];
	qsort(order, n, sizeof(MhRevisionFacts *), compare_facts);
	scripts->scripts = palloc(Max(n, 1) * sizeof(MhScript));
	scripts->facts = palloc(Max(n, 1) * sizeof(MhRevisionFacts));
	for (int i = 0; i < n; i++)
	{
		int kind = kind_of(order[i]);

		scripts->scripts[i] = unsorted[order[i] - facts];
		scripts->facts[i] = *order[i];
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
read_revisions(MhDocument *document, const Object *root)
{
	int n;
	JsonbContainer *array = array_member(root, "revisions", &n);
	int64 current =
		document->n_releases == 0 ? 0 : document->releases[document->n_releases - 1].release;
	MhScript *scripts = palloc0(Max(n, 1) * sizeof(MhScript));
	MhRevisionFacts *facts = palloc0(Max(n, 1) * sizeof(MhRevisionFacts));

	for (int i = 0; i < n; i++)
	{
		Object element = element_of(array, "revisions", i);

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
	static const char *const known[] = {"mighead", "project", "releases", "revisions"};
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
			mh_strings_add(&document->unknown, text_of(&value));
	}
}

static void
check_version(const Object *root)
{
	int64 version = number_member(root, "mighead", 1, PG_INT64_MAX);

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
	Object root = {&json->root, ""};

	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR, (errcode(mh_sqlstate(MHERR_DOCUMENT)), errmsg("not a mighead document"),
						errdetail("It is not an object."),
						errhint("Documents come from mighead_export().")));
	check_version(&root);
	read_project(document, &root);
	read_releases(document, &root);
	read_revisions(document, &root);
	note_unknown(document, &json->root);
	return document;
}
