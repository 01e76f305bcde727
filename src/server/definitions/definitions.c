/*-------------------------------------------------------------------------
 *
 * definitions.c
 *	  Reading the definitions of the live schema: settings, snapshot, queries, and
 *	  the values that every kind of object has.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/definitions_private.h"

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

/* 16384: below it are objects of the system. */
static const char *const comments_query =
	"SELECT classoid, objoid, objsubid, description FROM pg_catalog.pg_description"
	" WHERE objoid >= 16384 AND $1 IS NOT NULL";

typedef struct CommentKey
{
	Oid class;
	Oid object;
	int subobject;
} CommentKey;

typedef struct Comment
{
	CommentKey key;
	char *text;
} Comment;

MhDeparser
mh_deparser(void)
{
	return PG_VERSION_NUM >= 160000 ? MH_DEPARSER_16 : MH_DEPARSER_15;
}

static void
pin_settings(void)
{
	for (int i = 0; i < (int) lengthof(pinned_settings); i++)
		(void) set_config_option(pinned_settings[i].name, pinned_settings[i].value, PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

Datum
mh_oids(const Oid *oids, int n)
{
	Datum *elements = palloc(Max(n, 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
		elements[i] = ObjectIdGetDatum(oids[i]);
	return PointerGetDatum(construct_array(elements, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

Datum
mh_oids_of_list(List *oids)
{
	Oid *elements = palloc(Max(list_length(oids), 1) * sizeof(Oid));
	ListCell *cell;
	int n = 0;

	foreach (cell, oids)
		elements[n++] = lfirst_oid(cell);
	return mh_oids(elements, n);
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
		if (OidIsValid(schema))
			schemas = list_append_unique_oid(schemas, schema);
	}
	return mh_oids_of_list(schemas);
}

MhDefinitions *
mh_definitions_read(const MhScope *scope)
{
	MhReading reading = {0};
	MhIdentity identity = mh_begin_reading();

	pin_settings();
	reading.scope = scope;
	reading.context = CurrentMemoryContext;
	reading.set = palloc0(sizeof(MhDefinitions));
	reading.set->deparser = mh_deparser();
	if (scope->home != NULL)
		reading.home = pstrdup(quote_identifier(scope->home));
	reading.schemas = schemas_in_scope(scope);

	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());
	MemoryContextSwitchTo(reading.context);
	mh_read_relations(&reading);
	mh_read_objects(&reading);
	PopActiveSnapshot();
	SPI_finish();
	MemoryContextSwitchTo(reading.context);
	mh_end(&identity);
	mh_definitions_sort(reading.set);
	return reading.set;
}

void
mh_query(MhReading *reading, const char *query, Datum oids, MhRowReader read, void *state)
{
	static const Oid types[1] = {OIDARRAYOID};
	MemoryContext old = MemoryContextSwitchTo(reading->context);
	int result = SPI_execute_plan(mh_kept_plan(query, 1, types), &oids, NULL, true, 0);
	SPITupleTable *table = SPI_tuptable;
	uint64 n = SPI_processed;
	MhRow row = {0};

	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read the catalogs: %s", SPI_result_code_string(result));
	MemoryContextSwitchTo(reading->context);
	row.reading = reading;
	row.n = table->tupdesc->natts;
	if (row.n > MH_ROW_COLUMNS)
		elog(ERROR, "a query on the catalogs has %d columns", row.n);
	for (uint64 i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(table->vals[i], table->tupdesc, row.values, row.nulls);
		read(reading, &row, state);
	}
	SPI_freetuptable(table);
	MemoryContextSwitchTo(old);
}

void
mh_definition_end(MhDefinition *definition)
{
	if (!mh_definition_finish(definition))
		elog(ERROR, "could not compute a SHA-256 checksum");
}

char *
mh_row_text(const MhRow *row, int column)
{
	Assert(column < row->n);
	if (row->nulls[column])
		return NULL;
	return mh_to_utf8(TextDatumGetCString(row->values[column]));
}

char *
mh_row_name(const MhRow *row, int column)
{
	Assert(column < row->n);
	if (row->nulls[column])
		return NULL;
	return mh_to_utf8(pstrdup(NameStr(*DatumGetName(row->values[column]))));
}

Oid
mh_row_oid(const MhRow *row, int column)
{
	Assert(column < row->n);
	return row->nulls[column] ? InvalidOid : DatumGetObjectId(row->values[column]);
}

char
mh_row_char(const MhRow *row, int column)
{
	Assert(column < row->n);
	return row->nulls[column] ? '\0' : DatumGetChar(row->values[column]);
}

bool
mh_row_bool(const MhRow *row, int column)
{
	Assert(column < row->n);
	return !row->nulls[column] && DatumGetBool(row->values[column]);
}

int
mh_row_int(const MhRow *row, int column)
{
	Assert(column < row->n);
	return row->nulls[column] ? 0 : DatumGetInt32(row->values[column]);
}

char *
mh_row_canonical(const MhRow *row, int column)
{
	return mh_canonical(row->reading, mh_row_text(row, column));
}

char *
mh_row_role(const MhRow *row, int column)
{
	return row->nulls[column] ? NULL : mh_role(row->reading, mh_row_oid(row, column));
}

static int
compare_strings(const void *left, const void *right)
{
	return strcmp(*(char *const *) left, *(char *const *) right);
}

char *
mh_row_roles(const MhRow *row, int column)
{
	MhStrings roles = {0, NULL};
	Datum *elements;
	int n;

	if (row->nulls[column])
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(row->values[column]), OIDOID, sizeof(Oid), true,
					  TYPALIGN_INT, &elements, NULL, &n);
	for (int i = 0; i < n; i++)
		mh_strings_add(&roles, mh_role(row->reading, DatumGetObjectId(elements[i])));
	if (n > 1)
		qsort(roles.v, n, sizeof(char *), compare_strings);
	return mh_strings_join(&roles, ", ");
}

char *
mh_row_options(const MhRow *row, int column)
{
	MhStrings options;

	if (row->nulls[column])
		return NULL;
	options = mh_strings_from_array(row->values[column], "options");
	if (options.n == 0)
		return NULL;
	qsort(options.v, options.n, sizeof(char *), compare_strings);
	return mh_strings_join(&options, ", ");
}

char *
mh_row_flag(const MhRow *row, int column)
{
	return mh_row_bool(row, column) ? pstrdup("true") : NULL;
}

static void
note_comment(MhReading *reading, const MhRow *row, void *state)
{
	CommentKey key = {mh_row_oid(row, 0), mh_row_oid(row, 1), mh_row_int(row, 2)};
	Comment *comment = hash_search(reading->comments, &key, HASH_ENTER, NULL);

	comment->text = mh_row_text(row, 3);
}

static void
read_comments(MhReading *reading)
{
	HASHCTL control = {0};

	control.keysize = sizeof(CommentKey);
	control.entrysize = sizeof(Comment);
	control.hcxt = reading->context;
	reading->comments =
		hash_create("mighead comments", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	mh_query(reading, comments_query, mh_oids(NULL, 0), note_comment, NULL);
}

char *
mh_comment(MhReading *reading, Oid class, Oid object, int subobject)
{
	CommentKey key = {class, object, subobject};
	Comment *comment;

	if (reading->comments == NULL)
		read_comments(reading);
	comment = hash_search(reading->comments, &key, HASH_FIND, NULL);
	return comment == NULL ? NULL : comment->text;
}

char *
mh_canonical(const MhReading *reading, const char *text)
{
	/* without a dot nothing is qualified, which saves looking at most names of types */
	if (text == NULL || strchr(text, '.') == NULL)
		return text == NULL ? NULL : pstrdup(mh_fold_array_coercions(text));
	return mh_relative(mh_fold_array_coercions(text), reading->home);
}

char *
mh_schema_name(const MhReading *reading, const char *schema)
{
	const char *home = reading->scope->home;

	if (home != NULL && strcmp(schema, home) == 0)
		return pstrdup(MH_HOME);
	return pstrdup(quote_identifier(schema));
}

char *
mh_name(const MhReading *reading, const char *schema, const char *name)
{
	return mh_member_name(mh_schema_name(reading, schema), name);
}

char *
mh_member_name(const char *relation, const char *member)
{
	return psprintf("%s.%s", relation, quote_identifier(member));
}

char *
mh_role(const MhReading *reading, Oid role)
{
	const char *owner = reading->scope->owner;
	char *name;

	if (!OidIsValid(role))
		return pstrdup("PUBLIC");
	name = GetUserNameFromId(role, true);
	if (name == NULL)
		return pstrdup("unknown");
	name = mh_to_utf8(name);
	if (owner != NULL && strcmp(name, owner) == 0)
		return pstrdup(MH_OWNER);
	return pstrdup(quote_identifier(name));
}

/* "role=rw*" and the grantor; NULL where nothing is left once MAINTAIN is gone. */
static char *
one_grant(const MhReading *reading, const AclItem *item)
{
	StringInfoData text;
	int length;

	initStringInfo(&text);
	appendStringInfo(&text, "%s=", mh_role(reading, item->ai_grantee));
	length = text.len;
	for (int i = 0; i < N_ACL_RIGHTS; i++)
	{
		AclMode right = (AclMode) 1 << i;

		if ((ACLITEM_GET_PRIVS(*item) & right) == 0 || ACL_ALL_RIGHTS_STR[i] == 'm')
			continue;
		appendStringInfoChar(&text, ACL_ALL_RIGHTS_STR[i]);
		if (ACLITEM_GET_GOPTIONS(*item) & right)
			appendStringInfoChar(&text, '*');
	}
	if (text.len == length)
		return NULL;
	appendStringInfo(&text, "/%s", mh_role(reading, item->ai_grantor));
	return text.data;
}

static char *
privileges_text(const MhReading *reading, const Acl *acl)
{
	MhStrings grants = {0, NULL};

	for (int i = 0; i < ACL_NUM(acl); i++)
	{
		char *grant = one_grant(reading, &ACL_DAT(acl)[i]);

		if (grant != NULL)
			mh_strings_add(&grants, grant);
	}
	if (grants.n > 1)
		qsort(grants.v, grants.n, sizeof(char *), compare_strings);
	return grants.n == 0 ? pstrdup("none") : mh_strings_join(&grants, ", ");
}

char *
mh_row_privileges(const MhRow *row, int column, ObjectType type, Oid owner)
{
	char *live;
	char *usual;

	if (row->nulls[column])
		return NULL;
	live = privileges_text(row->reading, DatumGetAclP(row->values[column]));
	usual = privileges_text(row->reading, acldefault(type, owner));
	return strcmp(live, usual) == 0 ? NULL : live;
}
