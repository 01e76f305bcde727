/*-------------------------------------------------------------------------
 *
 * expression_size.c
 *	  The limit on stored expressions that mighead lets PostgreSQL parse.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/expression_size.h"

#include "access/detoast.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/readfuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* A catalog of parts of relations. */
typedef struct Catalog
{
	Oid oid;
	Oid index;                 /* begins with the relation */
	AttrNumber relation;       /* to which a row belongs */
	AttrNumber expressions[2]; /* 0: none */
} Catalog;

static const Catalog catalogs[] = {
	{AttrDefaultRelationId, AttrDefaultIndexId, Anum_pg_attrdef_adrelid, {Anum_pg_attrdef_adbin}},
	{ConstraintRelationId,
	 ConstraintRelidTypidNameIndexId,
	 Anum_pg_constraint_conrelid,
	 {Anum_pg_constraint_conbin}},
	{IndexRelationId,
	 IndexIndrelidIndexId,
	 Anum_pg_index_indrelid,
	 {Anum_pg_index_indexprs, Anum_pg_index_indpred}},
	{PartitionedRelationId,
	 PartitionedRelidIndexId,
	 Anum_pg_partitioned_table_partrelid,
	 {Anum_pg_partitioned_table_partexprs}},
	{PolicyRelationId,
	 PolicyPolrelidPolnameIndexId,
	 Anum_pg_policy_polrelid,
	 {Anum_pg_policy_polqual, Anum_pg_policy_polwithcheck}},
	{RewriteRelationId,
	 RewriteRelRulenameIndexId,
	 Anum_pg_rewrite_ev_class,
	 {Anum_pg_rewrite_ev_qual, Anum_pg_rewrite_ev_action}},
	{TriggerRelationId, TriggerRelidNameIndexId, Anum_pg_trigger_tgrelid, {Anum_pg_trigger_tgqual}},
};

bool
mh_expression_is_large(Datum expression)
{
	return toast_raw_datum_size(expression) > MH_EXPRESSION_LIMIT;
}

Node *
mh_expression_parse(Datum expression)
{
	if (mh_expression_is_large(expression))
		return NULL;
	return stringToNode(TextDatumGetCString(expression));
}

static Size
size_of_row(const Catalog *catalog, HeapTuple tuple, TupleDesc descriptor)
{
	Size size = 0;

	for (int i = 0; i < (int) lengthof(catalog->expressions); i++)
	{
		AttrNumber column = catalog->expressions[i];
		bool is_null = true;
		Datum value = (Datum) 0;

		if (column != InvalidAttrNumber)
			value = heap_getattr(tuple, column, descriptor, &is_null);
		if (!is_null)
			size += toast_raw_datum_size(value);
	}
	return size;
}

static Size
size_in(const Catalog *catalog, Relation table, Oid relation)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Size size = 0;

	ScanKeyInit(&key, catalog->relation, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));
	scan = systable_beginscan(table, catalog->index, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		size += size_of_row(catalog, tuple, RelationGetDescr(table));
	}
	systable_endscan(scan);
	return size;
}

/*
 * Returns whether the catalog can have an expression of the relation.  PostgreSQL goes by the same
 * marks when it opens one.  Policies are there, and are deparsed, also where row security is off.
 */
static bool
may_have_expressions(const Catalog *catalog, Form_pg_class relation)
{
	switch (catalog->oid)
	{
		case ConstraintRelationId:
			return relation->relchecks > 0;
		case IndexRelationId:
			return relation->relhasindex;
		case PartitionedRelationId:
			return relation->relkind == RELKIND_PARTITIONED_TABLE;
		case RewriteRelationId:
			return relation->relhasrules;
		case TriggerRelationId:
			return relation->relhastriggers;
		default:
			return true;
	}
}

bool
mh_expressions_are_large(Oid relation)
{
	HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	FormData_pg_class class;
	Size size = 0;

	if (!HeapTupleIsValid(row))
		return false;
	class = *(Form_pg_class) GETSTRUCT(row);
	ReleaseSysCache(row);
	for (int i = 0; i < (int) lengthof(catalogs) && size <= MH_EXPRESSION_LIMIT; i++)
	{
		Relation table;

		if (!may_have_expressions(&catalogs[i], &class))
			continue;
		table = table_open(catalogs[i].oid, AccessShareLock);

		/* without a TOAST table a row has to fit into a page, and so is not large even unpacked */
		if (OidIsValid(table->rd_rel->reltoastrelid))
			size += size_in(&catalogs[i], table, relation);
		table_close(table, AccessShareLock);
	}
	return size > MH_EXPRESSION_LIMIT;
}

/* Of the domain itself, without those below it. */
static bool
are_checks_large(Oid domain)
{
	static const Catalog checks = {ConstraintRelationId,
								   ConstraintTypidIndexId,
								   Anum_pg_constraint_contypid,
								   {Anum_pg_constraint_conbin}};
	Relation table = table_open(ConstraintRelationId, AccessShareLock);
	Size size = size_in(&checks, table, domain);

	table_close(table, AccessShareLock);
	return size > MH_EXPRESSION_LIMIT;
}

bool
mh_domain_has_checks(Oid domain)
{
	Oid below = domain;

	while (get_typtype(below) == TYPTYPE_DOMAIN)
	{
		HeapTuple row;

		if (are_checks_large(below))
			return true;
		row = SearchSysCache1(TYPEOID, ObjectIdGetDatum(below));
		if (!HeapTupleIsValid(row))
			return false;
		below = ((Form_pg_type) GETSTRUCT(row))->typbasetype;
		ReleaseSysCache(row);
	}
	return DomainHasConstraints(domain, NULL);
}
