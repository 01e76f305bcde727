/*-------------------------------------------------------------------------
 *
 * reading.c
 *	  One reading of the schema: queries on the catalogs, and the values that
 *	  every kind of object has.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/definitions_private.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_description.h"
#include "catalog/pg_type.h"
#include "core/base/array_coercion.h"
#include "core/base/relative_names.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "server/base/expression_size.h"
#include "server/base/query.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

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

/* The subobject of the entry that says that an object's comments were read. */
#define WERE_READ (-1)

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

bool
mh_is_in_schemas(const MhReading *reading, Oid schema)
{
	ArrayType *schemas = DatumGetArrayTypeP(reading->schemas);
	const Oid *oids = (const Oid *) ARR_DATA_PTR(schemas);
	int n = ArrayGetNItems(ARR_NDIM(schemas), ARR_DIMS(schemas));

	for (int i = 0; i < n; i++)
		if (oids[i] == schema)
			return true;
	return false;
}

void
mh_query_catalogs(MhReading *reading, const char *query, Datum oids, MhRowReader read, void *state)
{
	static const Oid types[1] = {OIDARRAYOID};
	MemoryContext old = MemoryContextSwitchTo(reading->context);
	int result = SPI_execute_plan(mh_cached_plan(query, 1, types), &oids, NULL, true, 0);
	SPITupleTable *table = SPI_tuptable;
	uint64 n = SPI_processed;
	MhCatalogRow row = {0};

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
mh_row_text(const MhCatalogRow *row, int column)
{
	char *stored;
	char *converted;

	Assert(column < row->n);
	if (row->nulls[column])
		return NULL;
	stored = TextDatumGetCString(row->values[column]);
	converted = mh_to_utf8(stored);
	if (converted != stored)
		pfree(stored);
	return converted;
}

char *
mh_row_name(const MhCatalogRow *row, int column)
{
	Assert(column < row->n);
	if (row->nulls[column])
		return NULL;
	return mh_to_utf8(pstrdup(NameStr(*DatumGetName(row->values[column]))));
}

Oid
mh_row_oid(const MhCatalogRow *row, int column)
{
	Assert(column < row->n);
	return row->nulls[column] ? InvalidOid : DatumGetObjectId(row->values[column]);
}

char
mh_row_char(const MhCatalogRow *row, int column)
{
	Assert(column < row->n);
	return row->nulls[column] ? '\0' : DatumGetChar(row->values[column]);
}

bool
mh_row_bool(const MhCatalogRow *row, int column)
{
	Assert(column < row->n);
	return !row->nulls[column] && DatumGetBool(row->values[column]);
}

int
mh_row_int(const MhCatalogRow *row, int column)
{
	Assert(column < row->n);
	return row->nulls[column] ? 0 : DatumGetInt32(row->values[column]);
}

char *
mh_row_canonical(const MhCatalogRow *row, int column)
{
	char *text = mh_row_text(row, column);
	const char *folded = text == NULL ? NULL : mh_fold_array_coercions(text);

	if (folded != text)
		pfree(text);
	return mh_relative_text(row->reading, unconstify(char *, folded));
}

static char *
role_name(const MhReading *reading, Oid role)
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
	return pstrdup(mh_quote_identifier(name));
}

char *
mh_row_role(const MhCatalogRow *row, int column)
{
	return row->nulls[column] ? NULL : role_name(row->reading, mh_row_oid(row, column));
}

char *
mh_row_roles(const MhCatalogRow *row, int column)
{
	MhStrings roles = {0, NULL};
	Datum *elements;
	int n;

	if (row->nulls[column])
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(row->values[column]), OIDOID, sizeof(Oid), true,
					  TYPALIGN_INT, &elements, NULL, &n);
	for (int i = 0; i < n; i++)
		mh_strings_add(&roles, role_name(row->reading, DatumGetObjectId(elements[i])));
	mh_strings_sort(&roles);
	return mh_strings_join(&roles, ", ");
}

char *
mh_row_sorted(const MhCatalogRow *row, int column, char *(*change)(const char *element))
{
	MhStrings options;

	if (row->nulls[column])
		return NULL;
	options = mh_strings_from_array(row->values[column], "options");
	if (options.n == 0)
		return NULL;
	for (int i = 0; i < options.n; i++)
		options.v[i] = change(options.v[i]);
	mh_strings_sort(&options);
	return mh_strings_join(&options, ", ");
}

char *
mh_row_options(const MhCatalogRow *row, int column)
{
	return mh_row_sorted(row, column, pstrdup);
}

char *
mh_row_flag(const MhCatalogRow *row, int column)
{
	return mh_row_bool(row, column) ? pstrdup("true") : NULL;
}

static void
enter_comment(MhReading *reading, Oid class, Oid object, int subobject, char *text)
{
	CommentKey key = {class, object, subobject};
	Comment *comment = hash_search(reading->comments, &key, HASH_ENTER, NULL);

	comment->text = text;
}

/* Reads the comments on an object and its columns: no others, which a stranger may have made large. */
static void
read_comments(MhReading *reading, Oid class, Oid object)
{
	Relation catalog = table_open(DescriptionRelationId, AccessShareLock);
	MemoryContext old = MemoryContextSwitchTo(reading->context);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_description_objoid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object));
	ScanKeyInit(&keys[1], Anum_pg_description_classoid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(class));
	scan = systable_beginscan(catalog, DescriptionObjIndexId, true, GetActiveSnapshot(), 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		int subobject = ((Form_pg_description) GETSTRUCT(tuple))->objsubid;
		bool is_null;
		Datum value = heap_getattr(tuple, Anum_pg_description_description,
								   RelationGetDescr(catalog), &is_null);

		CHECK_FOR_INTERRUPTS();
		if (!is_null)
			enter_comment(reading, class, object, subobject,
						  mh_to_utf8(TextDatumGetCString(value)));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	enter_comment(reading, class, object, WERE_READ, NULL);
	MemoryContextSwitchTo(old);
}

static void
make_comments(MhReading *reading)
{
	HASHCTL control = {0};

	control.keysize = sizeof(CommentKey);
	control.entrysize = sizeof(Comment);
	control.hcxt = reading->context;
	reading->comments =
		hash_create("mighead comments", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

char *
mh_comment(MhReading *reading, Oid class, Oid object, int subobject)
{
	CommentKey key = {class, object, WERE_READ};
	Comment *comment;

	/* comments on the server's own objects are the server's */
	if (object < FirstNormalObjectId)
		return NULL;
	if (reading->comments == NULL)
		make_comments(reading);
	if (hash_search(reading->comments, &key, HASH_FIND, NULL) == NULL)
		read_comments(reading, class, object);
	key.subobject = subobject;
	comment = hash_search(reading->comments, &key, HASH_FIND, NULL);
	return comment == NULL ? NULL : comment->text;
}

void
mh_unread_large(MhReading *reading, const char *type, char *name)
{
	mh_unread_add(reading->set, MH_DRIFT_UNREADABLE, type, name,
				  pstrdup("It depends on " MH_LARGE_EXPRESSION ", whose reading could not "
						  "be cancelled."));
}

char *
mh_canonical(const MhReading *reading, const char *text)
{
	return text == NULL ? NULL
						: mh_relative(mh_fold_array_coercions(text), reading->version_schema);
}

char *
mh_relative_text(const MhReading *reading, char *text)
{
	/* without a dot nothing is qualified, which saves looking at most names of types */
	char *relative = text == NULL || strchr(text, '.') == NULL
						 ? text
						 : mh_relative(text, reading->version_schema);

	if (relative != text)
		pfree(text);
	return relative;
}

char *
mh_schema_name(const MhReading *reading, const char *schema)
{
	const char *version_schema = reading->scope->version_schema;

	if (version_schema != NULL && strcmp(schema, version_schema) == 0)
		return pstrdup(MH_HOME);
	return pstrdup(mh_quote_identifier(schema));
}

char *
mh_relative_name(const MhReading *reading, const char *schema, const char *name)
{
	return mh_member_name(mh_schema_name(reading, schema), name);
}

char *
mh_member_name(const char *relation, const char *member)
{
	return psprintf("%s.%s", relation, mh_quote_identifier(member));
}

/* "role=rw*" and the grantor; NULL where nothing is left once MAINTAIN is gone. */
static char *
one_grant(const MhReading *reading, const AclItem *item)
{
	StringInfoData text;
	int length;

	initStringInfo(&text);
	appendStringInfo(&text, "%s=", role_name(reading, item->ai_grantee));
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
	appendStringInfo(&text, "/%s", role_name(reading, item->ai_grantor));
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
	mh_strings_sort(&grants);
	return grants.n == 0 ? pstrdup("none") : mh_strings_join(&grants, ", ");
}

char *
mh_row_privileges(const MhCatalogRow *row, int column, ObjectType type, Oid owner)
{
	char *live;
	char *usual;

	if (row->nulls[column])
		return NULL;
	live = privileges_text(row->reading, DatumGetAclP(row->values[column]));
	usual = privileges_text(row->reading, acldefault(type, owner));
	return strcmp(live, usual) == 0 ? NULL : live;
}
