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
	MhCatalogOid object;
	int subobject;
} CommentKey;

typedef struct Comment
{
	CommentKey key;
	char *text;
} Comment;

/* An object that has comments, or whose columns have. */
typedef struct Commented
{
	Oid class;
	MhCatalogOid object;
} Commented;

/* A scan of all comments takes as long as looking for those of so many objects. */
#define MOST_SINGLE_COMMENTS 256

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
mh_is_in_schemas(const MhReading *reading, MhCatalogOid schema)
{
	ArrayType *schemas = DatumGetArrayTypeP(reading->schemas);
	const Oid *oids = (const Oid *) ARR_DATA_PTR(schemas);
	int n = ArrayGetNItems(ARR_NDIM(schemas), ARR_DIMS(schemas));

	for (int i = 0; i < n; i++)
		if (oids[i] == schema.value)
			return true;
	return false;
}

bool
mh_is_listed(const List *oids, MhCatalogOid oid)
{
	return list_member_oid(oids, oid.value);
}

int
mh_version_read(const MhReading *reading)
{
	return reading->source != NULL ? reading->source->version : PG_VERSION_NUM;
}

Oid
mh_local_oid(const MhReading *reading, MhCatalogOid oid)
{
	if (reading->source != NULL)
		elog(ERROR, "an OID from elsewhere cannot be used here");
	return oid.value;
}

/* ---------- queries ---------- */

/* Where rows of elsewhere go. */
typedef struct TextRows
{
	MhReading *reading;
	MhRowReader read;
	void *state;
} TextRows;

static void
read_text_row(int n, const char *const *values, void *state)
{
	const TextRows *rows = state;
	MemoryContext caller = MemoryContextSwitchTo(rows->reading->context);
	MhCatalogRow row = {0};

	if (n > MH_ROW_COLUMNS)
		elog(ERROR, "a query on the catalogs has %d columns", n);
	row.reading = rows->reading;
	row.n = n;
	row.texts = values;
	/* a row that is too short lacks the rest */
	for (int i = 0; i < MH_ROW_COLUMNS; i++)
		row.nulls[i] = i >= n || values[i] == NULL;
	rows->read(rows->reading, &row, rows->state);
	MemoryContextSwitchTo(caller);
}

static void
query_elsewhere(MhReading *reading, const char *query, Datum oids, MhRowReader read, void *state)
{
	TextRows rows = {reading, read, state};
	char *text = mh_query_there(query, reading->source->version, oids);

	reading->source->query(reading->source, text, NULL, read_text_row, &rows);
	pfree(text);
}

static void
query_here(MhReading *reading, const char *query, Datum oids, MhRowReader read, void *state)
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
mh_query_catalogs(MhReading *reading, const char *query, Datum oids, MhRowReader read, void *state)
{
	if (reading->source != NULL)
		query_elsewhere(reading, query, oids, read, state);
	else
		query_here(reading, query, oids, read, state);
}

void
mh_definition_end(MhDefinition *definition)
{
	if (!mh_definition_finish(definition))
		elog(ERROR, "could not compute a SHA-256 checksum");
}

/* ---------- columns ---------- */

bool
mh_row_is_null(const MhCatalogRow *row, int column)
{
	Assert(column < MH_ROW_COLUMNS);
	return row->nulls[column];
}

static char *
text_there(const MhCatalogRow *row, int column)
{
	return pstrdup(row->texts[column]);
}

char *
mh_row_text(const MhCatalogRow *row, int column)
{
	char *stored;
	char *converted;

	Assert(column < MH_ROW_COLUMNS);
	if (row->nulls[column])
		return NULL;
	if (row->texts != NULL)
		return text_there(row, column);
	stored = TextDatumGetCString(row->values[column]);
	converted = mh_to_utf8(stored);
	if (converted != stored)
		pfree(stored);
	return converted;
}

char *
mh_row_name(const MhCatalogRow *row, int column)
{
	Assert(column < MH_ROW_COLUMNS);
	if (row->nulls[column])
		return NULL;
	if (row->texts != NULL)
		return text_there(row, column);
	return mh_to_utf8(pstrdup(NameStr(*DatumGetName(row->values[column]))));
}

MhCatalogOid
mh_row_oid(const MhCatalogRow *row, int column)
{
	MhCatalogOid oid = MH_NO_CATALOG_OID;

	Assert(column < MH_ROW_COLUMNS);
	if (!row->nulls[column] && row->texts != NULL)
		oid.value = (Oid) strtoul(row->texts[column], NULL, 10);
	else if (!row->nulls[column])
		oid.value = DatumGetObjectId(row->values[column]);
	return oid;
}

Oid
mh_row_class(const MhCatalogRow *row, int column)
{
	return mh_row_oid(row, column).value;
}

char
mh_row_char(const MhCatalogRow *row, int column)
{
	Assert(column < MH_ROW_COLUMNS);
	if (row->nulls[column])
		return '\0';
	return row->texts != NULL ? row->texts[column][0] : DatumGetChar(row->values[column]);
}

bool
mh_row_bool(const MhCatalogRow *row, int column)
{
	Assert(column < MH_ROW_COLUMNS);
	if (row->nulls[column])
		return false;
	return row->texts != NULL ? row->texts[column][0] == 't' : DatumGetBool(row->values[column]);
}

int
mh_row_int(const MhCatalogRow *row, int column)
{
	Assert(column < MH_ROW_COLUMNS);
	if (row->nulls[column])
		return 0;
	return row->texts != NULL ? atoi(row->texts[column]) : DatumGetInt32(row->values[column]);
}

void
mh_raise_wrong_row(void)
{
	ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
					errmsg("the server sent a row that its catalogs cannot have")));
}

char *
mh_required(char *text)
{
	if (text == NULL)
		mh_raise_wrong_row();
	return text;
}

MhStrings
mh_row_strings(const MhCatalogRow *row, int column)
{
	if (row->nulls[column])
		return (MhStrings){0, NULL};
	if (row->texts != NULL)
		return mh_array_elements(text_there(row, column));
	return mh_strings_from_array(row->values[column], "catalog");
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

#define PUBLIC_ROLE "PUBLIC"

/* name NULL: there is no such role any more. */
static char *
shown_role(const MhReading *reading, const char *name)
{
	const char *owner = reading->scope->owner;

	if (name == NULL)
		return pstrdup("unknown");
	if (owner != NULL && strcmp(name, owner) == 0)
		return pstrdup(MH_OWNER);
	return pstrdup(mh_quote_identifier(name));
}

static char *
role_name(const MhReading *reading, Oid role)
{
	char *name;

	if (!OidIsValid(role))
		return pstrdup(PUBLIC_ROLE);
	name = GetUserNameFromId(role, true);
	return shown_role(reading, name == NULL ? NULL : mh_to_utf8(name));
}

/* A text of MH_SQL_ROLE_THERE. */
static char *
role_there(const MhReading *reading, const char *text)
{
	if (strcmp(text, PUBLIC_ROLE) == 0)
		return pstrdup(PUBLIC_ROLE);
	return shown_role(reading, text[0] == '=' ? text + 1 : NULL);
}

char *
mh_row_role(const MhCatalogRow *row, int column)
{
	if (row->nulls[column])
		return NULL;
	if (row->texts != NULL)
		return role_there(row->reading, mh_row_text(row, column));
	return role_name(row->reading, mh_row_oid(row, column).value);
}

static MhStrings
roles_there(const MhCatalogRow *row, int column)
{
	MhStrings roles = mh_row_strings(row, column);

	for (int i = 0; i < roles.n; i++)
		roles.v[i] = role_there(row->reading, roles.v[i]);
	return roles;
}

char *
mh_row_roles(const MhCatalogRow *row, int column)
{
	MhStrings roles = {0, NULL};
	Datum *elements;
	int n = 0;

	if (row->nulls[column])
		return NULL;
	if (row->texts != NULL)
		roles = roles_there(row, column);
	else
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
	options = mh_row_strings(row, column);
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
enter_comment(MhReading *reading, Oid class, MhCatalogOid object, int subobject, char *text)
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
			enter_comment(reading, class, (MhCatalogOid){object}, subobject,
						  mh_to_utf8(TextDatumGetCString(value)));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	enter_comment(reading, class, (MhCatalogOid){object}, WERE_READ, NULL);
	MemoryContextSwitchTo(old);
}

/* Reads no text: a stranger may have made it large. */
static HTAB *
find_commented(MhReading *reading)
{
	HASHCTL control = {
		.keysize = sizeof(Commented), .entrysize = sizeof(Commented), .hcxt = reading->context};
	HTAB *commented = hash_create("mighead objects with comments", 256, &control,
								  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	Relation catalog = table_open(DescriptionRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_description row = (Form_pg_description) GETSTRUCT(tuple);
		Commented key = {row->classoid, {row->objoid}};

		CHECK_FOR_INTERRUPTS();
		if (row->objoid >= FirstNormalObjectId)
			(void) hash_search(commented, &key, HASH_ENTER, NULL);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return commented;
}

static bool
may_have_comments(MhReading *reading, Oid class, MhCatalogOid object)
{
	Commented key = {class, object};

	if (reading->commented == NULL && reading->n_single_comments++ < MOST_SINGLE_COMMENTS)
		return true;
	if (reading->commented == NULL)
		reading->commented = find_commented(reading);
	return hash_search(reading->commented, &key, HASH_FIND, NULL) != NULL;
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
mh_comment(MhReading *reading, Oid class, MhCatalogOid object, int subobject)
{
	CommentKey key = {class, object, WERE_READ};
	Comment *comment;

	/* comments on the server's own objects are the server's */
	if (object.value < FirstNormalObjectId)
		return NULL;
	if (reading->comments == NULL)
		make_comments(reading);
	if (reading->source == NULL && hash_search(reading->comments, &key, HASH_FIND, NULL) == NULL &&
		may_have_comments(reading, class, object))
		read_comments(reading, class, mh_local_oid(reading, object));
	key.subobject = subobject;
	comment = hash_search(reading->comments, &key, HASH_FIND, NULL);
	return comment == NULL ? NULL : comment->text;
}

/* $1: relations */
static const char *const comments_query =
	"SELECT d.classoid, d.objoid, d.objsubid, d.description FROM pg_catalog.pg_description d"
	" WHERE (d.classoid, d.objoid) IN ("
	"SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, o FROM pg_catalog.unnest($1) o"
	" UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid"
	"  FROM pg_catalog.pg_index i WHERE i.indrelid = ANY ($1)"
	" UNION ALL SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, c.oid"
	"  FROM pg_catalog.pg_constraint c WHERE c.conrelid = ANY ($1)"
	" UNION ALL SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid"
	"  FROM pg_catalog.pg_trigger t WHERE t.tgrelid = ANY ($1)"
	" UNION ALL SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid"
	"  FROM pg_catalog.pg_rewrite r WHERE r.ev_class = ANY ($1)"
	" UNION ALL SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid"
	"  FROM pg_catalog.pg_policy p WHERE p.polrelid = ANY ($1))";

static void
note_comment(MhReading *reading, const MhCatalogRow *row, void *state)
{
	enter_comment(reading, mh_row_class(row, 0), mh_row_oid(row, 1), mh_row_int(row, 2),
				  mh_row_text(row, 3));
}

void
mh_read_comments(MhReading *reading, Datum relations)
{
	if (reading->source == NULL)
		return;
	if (reading->comments == NULL)
		make_comments(reading);
	mh_query_catalogs(reading, comments_query, relations, note_comment, NULL);
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

	if (schema == NULL)
		mh_raise_wrong_row();
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
	if (relation == NULL || member == NULL)
		mh_raise_wrong_row();
	return psprintf("%s.%s", relation, mh_quote_identifier(member));
}

/* ---------- privileges ---------- */

/* "role=rw*" and the grantor; NULL where nothing is left once MAINTAIN is gone. */
static char *
one_grant(const char *grantee, const char *grantor, AclMode rights, AclMode options)
{
	StringInfoData text;
	int length;

	initStringInfo(&text);
	appendStringInfo(&text, "%s=", grantee);
	length = text.len;
	for (int i = 0; i < N_ACL_RIGHTS; i++)
	{
		AclMode right = (AclMode) 1 << i;

		if ((rights & right) == 0 || ACL_ALL_RIGHTS_STR[i] == 'm')
			continue;
		appendStringInfoChar(&text, ACL_ALL_RIGHTS_STR[i]);
		if (options & right)
			appendStringInfoChar(&text, '*');
	}
	if (text.len == length)
		return NULL;
	appendStringInfo(&text, "/%s", grantor);
	return text.data;
}

static char *
join_grants(MhStrings *grants)
{
	mh_strings_sort(grants);
	return grants->n == 0 ? pstrdup("none") : mh_strings_join(grants, ", ");
}

static char *
privileges_text(const MhReading *reading, const Acl *acl)
{
	MhStrings grants = {0, NULL};

	for (int i = 0; i < ACL_NUM(acl); i++)
	{
		const AclItem *item = &ACL_DAT(acl)[i];
		char *grant =
			one_grant(role_name(reading, item->ai_grantee), role_name(reading, item->ai_grantor),
					  ACLITEM_GET_PRIVS(*item), ACLITEM_GET_GOPTIONS(*item));

		if (grant != NULL)
			mh_strings_add(&grants, grant);
	}
	return join_grants(&grants);
}

/* The columns of a row of MH_SQL_GRANTS_THERE. */
enum
{
	IS_DEFAULT,
	GRANTEE,
	GRANTOR,
	PRIVILEGE,
	IS_GRANTABLE,
	GRANT_COLUMNS
};

/* Returns the bit of a privilege; 0: this server does not know it. */
static AclMode
right_of(const char *privilege)
{
	static const struct
	{
		const char *name;
		AclMode right;
	} rights[] = {
		{"INSERT", ACL_INSERT},
		{"SELECT", ACL_SELECT},
		{"UPDATE", ACL_UPDATE},
		{"DELETE", ACL_DELETE},
		{"TRUNCATE", ACL_TRUNCATE},
		{"REFERENCES", ACL_REFERENCES},
		{"TRIGGER", ACL_TRIGGER},
		{"EXECUTE", ACL_EXECUTE},
		{"USAGE", ACL_USAGE},
		{"CREATE", ACL_CREATE},
		{"TEMPORARY", ACL_CREATE_TEMP},
		{"CONNECT", ACL_CONNECT},
		{"SET", ACL_SET},
		{"ALTER SYSTEM", ACL_ALTER_SYSTEM},
	};

	for (int i = 0; i < (int) lengthof(rights); i++)
		if (strcmp(rights[i].name, privilege) == 0)
			return rights[i].right;
	return 0;
}

/* The privileges in those rows that are defaults, or those that are not. */
static char *
privileges_there(const MhReading *reading, const MhStrings *values, const char *is_default)
{
	MhStrings grants = {0, NULL};
	int n = values->n / GRANT_COLUMNS;
	AclMode rights = 0;
	AclMode options = 0;

	for (int i = 0; i < n; i++)
	{
		char **row = &values->v[i * GRANT_COLUMNS];
		char **next = i + 1 < n ? row + GRANT_COLUMNS : NULL;
		AclMode right = right_of(row[PRIVILEGE]);
		char *grant;

		if (strcmp(row[IS_DEFAULT], is_default) != 0)
			continue;
		rights |= right;
		options |= strcmp(row[IS_GRANTABLE], "true") == 0 ? right : 0;
		if (next != NULL && strcmp(row[IS_DEFAULT], next[IS_DEFAULT]) == 0 &&
			strcmp(row[GRANTEE], next[GRANTEE]) == 0 && strcmp(row[GRANTOR], next[GRANTOR]) == 0)
			continue;
		grant = one_grant(role_there(reading, row[GRANTEE]), role_there(reading, row[GRANTOR]),
						  rights, options);
		if (grant != NULL)
			mh_strings_add(&grants, grant);
		rights = options = 0;
	}
	return join_grants(&grants);
}

char *
mh_row_privileges(const MhCatalogRow *row, int column, ObjectType type, int owner_column)
{
	char *live;
	char *usual;

	if (row->nulls[column])
		return NULL;
	if (row->texts != NULL)
	{
		MhStrings values = mh_row_strings(row, column);

		live = privileges_there(row->reading, &values, "false");
		usual = privileges_there(row->reading, &values, "true");
	}
	else
	{
		Oid owner = owner_column == MH_NO_COLUMN ? InvalidOid : mh_row_oid(row, owner_column).value;

		live = privileges_text(row->reading, DatumGetAclP(row->values[column]));
		usual = privileges_text(row->reading, acldefault(type, owner));
	}
	return strcmp(live, usual) == 0 ? NULL : live;
}
