/*-------------------------------------------------------------------------
 *
 * orphans.c
 *	  Finds rows because of which a foreign key would be refused.
 *
 * Operators, casts and collations are those that ALTER TABLE ... ADD FOREIGN KEY chooses and uses
 * for its first check of the data (tablecmds.c, ri_triggers.c).
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/preflight.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "server/base/code_guard.h"
#include "server/base/trust.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"

/* Both tables, opened, and the columns to be compared. */
typedef struct ForeignKey
{
	Relation child;
	Relation parent;
	int n;
	AttrNumber child_columns[INDEX_MAX_KEYS];
	AttrNumber parent_columns[INDEX_MAX_KEYS];
	Oid opclasses[INDEX_MAX_KEYS];
	Oid operators[INDEX_MAX_KEYS];
} ForeignKey;

static void
find_columns(ForeignKey *key, const MhKeyEnds *ends)
{
	if (ends->child_columns.n != ends->parent_columns.n)
		ereport(ERROR, (errcode(ERRCODE_INVALID_FOREIGN_KEY),
						errmsg("number of referencing and referenced columns for foreign key "
							   "disagree")));
	if (ends->child_columns.n == 0 || ends->child_columns.n > INDEX_MAX_KEYS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_FOREIGN_KEY),
						errmsg("a foreign key has between 1 and %d columns", INDEX_MAX_KEYS)));
	key->n = ends->child_columns.n;
	for (int i = 0; i < key->n; i++)
	{
		key->child_columns[i] = mh_preflight_column(key->child, ends->child_columns.v[i]);
		key->parent_columns[i] = mh_preflight_column(key->parent, ends->parent_columns.v[i]);
	}
}

/* Takes the operator classes of an index that has exactly the columns as its key, in any order. */
static bool
take_opclasses(ForeignKey *key, HeapTuple tuple)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	bool is_null;
	oidvector *classes = (oidvector *) DatumGetPointer(
		SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indclass, &is_null));

	for (int i = 0; i < key->n; i++)
	{
		int position = 0;

		while (position < key->n && index->indkey.values[position] != key->parent_columns[i])
			position++;
		if (position == key->n)
			return false;
		key->opclasses[i] = classes->values[position];
	}
	return true;
}

static bool
is_btree(Oid index)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	bool found = false;

	if (HeapTupleIsValid(tuple))
	{
		found = ((Form_pg_class) GETSTRUCT(tuple))->relam == BTREE_AM_OID;
		ReleaseSysCache(tuple);
	}
	return found;
}

static bool
is_key_of_references(HeapTuple tuple, int n)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);

	return index->indnkeyatts == n && index->indisunique && index->indisvalid &&
		   is_btree(index->indexrelid) && heap_attisnull(tuple, Anum_pg_index_indpred, NULL) &&
		   heap_attisnull(tuple, Anum_pg_index_indexprs, NULL);
}

/*
 * Finds the operator classes of the unique key to which the foreign key would refer.  If it does
 * not exist yet, those that it will have.
 */
static void
find_opclasses(ForeignKey *key)
{
	ListCell *cell;
	bool found = false;

	foreach (cell, RelationGetIndexList(key->parent))
	{
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));

		if (!HeapTupleIsValid(tuple))
			continue;
		if (!found && is_key_of_references(tuple, key->n))
			found = take_opclasses(key, tuple);
		ReleaseSysCache(tuple);
	}
	for (int i = 0; i < key->n && !found; i++)
	{
		Oid type =
			TupleDescAttr(RelationGetDescr(key->parent), key->parent_columns[i] - 1)->atttypid;

		key->opclasses[i] = GetDefaultOpClass(type, BTREE_AM_OID);
		if (!OidIsValid(key->opclasses[i]))
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
							errmsg("data type %s has no default operator class for access method "
								   "\"btree\"",
								   format_type_be(type))));
	}
}

/*
 * Returns the operator "parent = child" of an operator class: for exactly these types, or else its
 * own if an implicit cast converts the child's value.  InvalidOid: none.
 */
static Oid
find_operator(Oid opclass, Oid parent_type, Oid child_type)
{
	Oid family = get_opclass_family(opclass);
	Oid own_type = get_opclass_input_type(opclass);
	Oid base_type = getBaseType(child_type);
	Oid input[2] = {parent_type, child_type};
	Oid target[2] = {own_type, own_type};
	Oid found = get_opfamily_member(family, own_type, base_type, BTEqualStrategyNumber);

	if (OidIsValid(found) &&
		OidIsValid(get_opfamily_member(family, base_type, base_type, BTEqualStrategyNumber)))
		return found;
	if (can_coerce_type(2, input, target, COERCION_IMPLICIT))
		return get_opfamily_member(family, own_type, own_type, BTEqualStrategyNumber);
	return InvalidOid;
}

static void
find_operators(ForeignKey *key)
{
	find_opclasses(key);
	for (int i = 0; i < key->n; i++)
	{
		Form_pg_attribute parent =
			TupleDescAttr(RelationGetDescr(key->parent), key->parent_columns[i] - 1);
		Form_pg_attribute child =
			TupleDescAttr(RelationGetDescr(key->child), key->child_columns[i] - 1);

		key->operators[i] = find_operator(key->opclasses[i], parent->atttypid, child->atttypid);
		if (!OidIsValid(key->operators[i]))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("a foreign key from \"%s\" to \"%s\" cannot be implemented",
							NameStr(child->attname), NameStr(parent->attname)),
					 errdetail("The columns are of incompatible types: %s and %s.",
							   format_type_be(child->atttypid), format_type_be(parent->atttypid))));
	}
}

static char *
column_name(const char *alias, Form_pg_attribute column)
{
	return psprintf("%s.%s", alias, mh_quote_identifier(NameStr(column->attname)));
}

/* Appends the collation.  If they differ the parent's is used. */
static void
append_collation(StringInfo buf, Oid collation)
{
	HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	Form_pg_collation form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	form = (Form_pg_collation) GETSTRUCT(tuple);
	appendStringInfo(buf, " COLLATE %s",
					 mh_quote_qualified_identifier(get_namespace_name(form->collnamespace),
												   NameStr(form->collname)));
	ReleaseSysCache(tuple);
}

/* Returns the rows c of the child without a parent, as the text after FROM. */
static char *
orphans_clause(const ForeignKey *key)
{
	StringInfoData not_null;
	StringInfoData equal;

	initStringInfo(&not_null);
	initStringInfo(&equal);
	for (int i = 0; i < key->n; i++)
	{
		Form_pg_attribute parent =
			TupleDescAttr(RelationGetDescr(key->parent), key->parent_columns[i] - 1);
		Form_pg_attribute child =
			TupleDescAttr(RelationGetDescr(key->child), key->child_columns[i] - 1);

		appendStringInfo(&not_null, "%s IS NOT NULL AND ", column_name("c", child));
		appendStringInfoString(&equal, i == 0 ? "" : " AND ");
		generate_operator_clause(&equal, column_name("p", parent), parent->atttypid,
								 key->operators[i], column_name("c", child), child->atttypid);
		if (OidIsValid(parent->attcollation) && parent->attcollation != child->attcollation)
			append_collation(&equal, parent->attcollation);
	}
	return psprintf("%s AS c WHERE %sNOT EXISTS (SELECT FROM %s AS p WHERE %s)",
					mh_preflight_source(key->child), not_null.data,
					mh_preflight_source(key->parent), equal.data);
}

/* Returns the columns that identify a row of the child: its primary key and the foreign key. */
static List *
telling_columns(const ForeignKey *key)
{
	Bitmapset *primary = RelationGetIndexAttrBitmap(key->child, INDEX_ATTR_BITMAP_PRIMARY_KEY);
	List *columns = NIL;
	int member = -1;

	while ((member = bms_next_member(primary, member)) >= 0)
		columns = lappend_int(columns, member + FirstLowInvalidHeapAttributeNumber);
	for (int i = 0; i < key->n; i++)
		columns = list_append_unique_int(columns, key->child_columns[i]);
	return columns;
}

/*
 * Returns a query that counts the rows and shows the first ones in one pass.  Its own column names
 * cannot collide with those of the table.
 */
static char *
count_query(const ForeignKey *key, const char *clause)
{
	StringInfoData inner;
	StringInfoData outer;
	ListCell *cell;

	initStringInfo(&inner);
	initStringInfo(&outer);
	foreach (cell, telling_columns(key))
	{
		Form_pg_attribute column =
			TupleDescAttr(RelationGetDescr(key->child), lfirst_int(cell) - 1);

		appendStringInfo(&inner, "%s AS k%d, ", column_name("c", column), lfirst_int(cell));
		appendStringInfo(&outer, "%so.k%d AS %s", outer.len == 0 ? "" : ", ", lfirst_int(cell),
						 mh_quote_identifier(NameStr(column->attname)));
	}
	return psprintf("SELECT pg_catalog.count(*), coalesce(pg_catalog.jsonb_agg("
					"(SELECT pg_catalog.to_jsonb(r) FROM (SELECT %s) AS r))"
					" FILTER (WHERE o.number <= $1), '[]')"
					" FROM (SELECT %spg_catalog.row_number() OVER () AS number FROM %s) AS o",
					outer.data, inner.data, clause);
}

typedef struct Counting
{
	MhOrphans *orphans;
	const char *query;
	int max_samples;
} Counting;

static void
count_orphans(void *arg)
{
	const Counting *counting = arg;
	MhOrphans *orphans = counting->orphans;
	MemoryContext caller = CurrentMemoryContext;
	Oid types[1] = {INT4OID};
	Datum values[1] = {Int32GetDatum(counting->max_samples)};
	bool is_null;
	int result;

	SPI_connect();
	result = SPI_execute_with_args(counting->query, 1, types, values, NULL, true, 0);
	if (result != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not count orphans: %s", SPI_result_code_string(result));
	orphans->rows =
		DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	MemoryContextSwitchTo(caller);
	orphans->sample = JsonbPGetDatum(DatumGetJsonbPCopy(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null)));
	SPI_finish();
}

/* Refuses types of compared and shown columns. */
static void
refuse_types(const ForeignKey *key)
{
	ListCell *cell;

	foreach (cell, telling_columns(key))
		mh_preflight_refuse_type(
			TupleDescAttr(RelationGetDescr(key->child), lfirst_int(cell) - 1)->atttypid);
	for (int i = 0; i < key->n; i++)
	{
		mh_preflight_refuse_type(
			TupleDescAttr(RelationGetDescr(key->parent), key->parent_columns[i] - 1)->atttypid);
		mh_refuse_code(mh_distrust_function(get_opcode(key->operators[i])));
	}
}

/* Refuses if row security hides parents: they exist although the caller does not see them. */
static void
refuse_hidden_parents(Relation parent)
{
	if (check_enable_rls(RelationGetRelid(parent), InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("row security of \"%s\" applies to role \"%s\"",
						RelationGetRelationName(parent), GetUserNameFromId(GetUserId(), false)),
				 errdetail("Rows that refer to a row which it hides would be taken for orphans."),
				 errhint("Ask as the owner of the table or as a role with BYPASSRLS.")));
}

MhOrphans
mh_orphans_find(const MhKeyEnds *ends, int max_samples)
{
	MhIdentity identity = mh_preflight_begin(true);
	ForeignKey key = {mh_preflight_open(ends->child), mh_preflight_open(ends->parent)};
	MhOrphans orphans = {0};
	Counting counting = {&orphans, NULL, max_samples};
	char *clause;

	find_columns(&key, ends);
	find_operators(&key);
	refuse_hidden_parents(key.parent);
	mh_preflight_notice_hidden(key.child);
	mh_preflight_notice_inheritors(key.child, "not counted");
	mh_preflight_notice_inheritors(key.parent, "not taken for parents");
	refuse_types(&key);
	clause = orphans_clause(&key);
	mh_preflight_refuse_code(key.child);
	mh_preflight_refuse_code(key.parent);
	counting.query = count_query(&key, clause);
	mh_guard_code(count_orphans, &counting);
	orphans.delete_sql = mh_to_utf8(psprintf("DELETE FROM %s;", clause));
	relation_close(key.child, NoLock);
	relation_close(key.parent, NoLock);
	mh_end(&identity);
	return orphans;
}
