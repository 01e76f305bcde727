/*-------------------------------------------------------------------------
 *
 * trust.c
 *	  Whose code may run: what an expression, a type or a relation can reach.
 *
 * Expressions are taken from the catalogs as they are stored.  The relation cache would fold
 * their constants, which is to run them.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/trust.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/index.h"
#include "catalog/indexing.h"
#include "catalog/partition.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_database.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_range.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "server/base/expression_size.h"
#include "server/base/inheritors.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

/* What is let pass, and what was found so far. */
typedef struct Search
{
	bool with_harmless; /* volatile functions such as nextval() */
	bool with_built_in; /* every built-in function, whatever it is given */
	bool with_roles;    /* code of trusted roles */
	bool with_queries;  /* queries without tables */
	List *types;        /* that were looked at */
	List *tables;       /* likewise */
	char *found;        /* what is not trusted; NULL: nothing yet */
	bool with_tables;   /* what queries read is looked at, too */
	List *relations;    /* that were looked at for that */
} Search;

static bool look_at_type(Oid type, Search *search);
static bool look_at_expression(Node *node, void *context);
static bool look_at_used(Oid relation, Search *search);

/* ---------- roles ---------- */

bool
mh_may_use(Oid relation, Oid role, AclMode mode)
{
	bool is_missing = false;

	return pg_class_aclcheck_ext(relation, role, mode, &is_missing) == ACLCHECK_OK;
}

bool
mh_may_use_schema(Oid schema, Oid role, AclMode mode)
{
	/* what is in the cache now is what the check looks at */
	return SearchSysCacheExists1(NAMESPACEOID, ObjectIdGetDatum(schema)) &&
		   object_aclcheck(NamespaceRelationId, schema, role, mode) == ACLCHECK_OK;
}

Oid
mh_database_owner(void)
{
	HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	Oid owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_database) GETSTRUCT(tuple))->datdba;
		ReleaseSysCache(tuple);
	}
	return owner;
}

bool
mh_is_trusted_role(Oid role)
{
	return role == GetUserId() || superuser_arg(role) || role == ROLE_PG_DATABASE_OWNER ||
		   role == mh_database_owner() || is_member_of_role_nosuper(GetUserId(), role);
}

/* True, so that a walker ends. */
static bool
distrust(Search *search, const char *what, Oid owner)
{
	char *role = OidIsValid(owner) ? GetUserNameFromId(owner, true) : NULL;

	search->found = mh_to_utf8(
		role == NULL ? pstrdup(what) : psprintf("%s of role %s", what, mh_quote_identifier(role)));
	return true;
}

/* ---------- functions ---------- */

static bool
is_among(const char *name, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Built in, not volatile, and yet they run a query or a type's input that they are given. */
static bool
runs_its_argument(const char *name)
{
	static const char *const names[] = {"pg_input_is_valid", "pg_input_error_info", "ts_debug",
										"ts_rewrite", "ts_stat"};

	return strstr(name, "_to_xml") != NULL || is_among(name, names, lengthof(names));
}

/* Built in and volatile, and harmless whatever they are given. */
static bool
is_harmless(const char *name)
{
	static const char *const names[] = {"nextval",         "random",    "random_normal",
										"clock_timestamp", "timeofday", "gen_random_uuid",
										"uuidv4",          "uuidv7"};

	return is_among(name, names, lengthof(names));
}

static bool
is_built_in_trusted(Form_pg_proc function, const Search *search)
{
	const char *name = NameStr(function->proname);

	if (search->with_built_in)
		return true;
	if (function->provolatile == PROVOLATILE_VOLATILE)
		return search->with_harmless && is_harmless(name);
	return !runs_its_argument(name);
}

static bool
is_function_trusted(Form_pg_proc function, const Search *search)
{
	if (function->oid < FirstGenbkiObjectId)
		return is_built_in_trusted(function, search);
	if (search->with_roles && mh_is_trusted_role(function->proowner))
		return true;
	/* one that returns rows may be given a query, as crosstab() is */
	return (function->prolang == ClanguageId || function->prolang == INTERNALlanguageId) &&
		   superuser_arg(function->proowner) && !function->proretset &&
		   function->provolatile != PROVOLATILE_VOLATILE;
}

static bool
look_at_function(Oid oid, void *context)
{
	Search *search = context;
	HeapTuple tuple;
	bool is_distrusted = false;

	if (!OidIsValid(oid))
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return distrust(search, "a function that was dropped", InvalidOid);
	if (!is_function_trusted((Form_pg_proc) GETSTRUCT(tuple), search))
		is_distrusted = distrust(search, psprintf("function %s", format_procedure_qualified(oid)),
								 ((Form_pg_proc) GETSTRUCT(tuple))->proowner);
	ReleaseSysCache(tuple);
	return is_distrusted;
}

/* ---------- expressions ---------- */

/* The types of these decide which functions are called: of I/O, comparison, domains. */
static bool
has_type(Node *node)
{
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Const:
		case T_Param:
		case T_FuncExpr:
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
		case T_SubscriptingRef:
		case T_FieldSelect:
		case T_FieldStore:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_ConvertRowtypeExpr:
		case T_CaseExpr:
		case T_ArrayExpr:
		case T_RowExpr:
		case T_CoalesceExpr:
		case T_MinMaxExpr:
		case T_XmlExpr:
		case T_CoerceToDomain:
		case T_CoerceToDomainValue:
		case T_Aggref:
		case T_WindowFunc:
			return true;
		default:
			return false;
	}
}

static bool
look_at_expression(Node *node, void *context)
{
	Search *search = context;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		if (!search->with_built_in && !search->with_queries)
			return distrust(search, "a query within an expression", InvalidOid);
		if (search->with_queries)
			return query_tree_walker((Query *) node, look_at_expression, context,
									 QTW_EXAMINE_RTES_BEFORE | QTW_EXAMINE_SORTGROUP);
		return query_tree_walker((Query *) node, look_at_expression, context,
								 search->with_tables ? QTW_EXAMINE_RTES_BEFORE : 0);
	}
	if (IsA(node, RangeTblEntry) && search->with_queries)
		return ((RangeTblEntry *) node)->rtekind == RTE_RELATION &&
			   distrust(search, "a table within a query", InvalidOid);
	if (IsA(node, SortGroupClause))
		return look_at_function(get_opcode(((SortGroupClause *) node)->sortop), context) ||
			   look_at_function(get_opcode(((SortGroupClause *) node)->eqop), context);
	if (IsA(node, RangeTblEntry))
		return OidIsValid(((RangeTblEntry *) node)->relid) &&
			   look_at_used(((RangeTblEntry *) node)->relid, search);
	if (check_functions_in_node(node, look_at_function, context))
		return true;
	if (has_type(node) && look_at_type(exprType(node), search))
		return true;
	return expression_tree_walker(node, look_at_expression, context);
}

/* A column of type pg_node_tree, as a catalog's row has it. */
static bool
look_at_column(Relation catalog, HeapTuple tuple, AttrNumber column, Search *search)
{
	bool is_null;
	Datum value = heap_getattr(tuple, column, RelationGetDescr(catalog), &is_null);

	if (is_null)
		return false;
	if (mh_expression_is_large(value))
		return distrust(search, MH_LARGE_EXPRESSION, InvalidOid);
	return look_at_expression(stringToNode(TextDatumGetCString(value)), search);
}

/* ---------- rows of catalogs ---------- */

typedef bool (*RowCheck)(Relation catalog, HeapTuple tuple, Search *search);

/* Rows of a catalog that belong to an object, by the first column of one of its indexes. */
static bool
look_at_rows(Oid catalog_oid, Oid index, AttrNumber column, Oid object, RowCheck check,
			 Search *search)
{
	Relation catalog = table_open(catalog_oid, AccessShareLock);
	bool is_distrusted = false;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
	scan = systable_beginscan(catalog, index, true, NULL, 1, &key);
	while (!is_distrusted && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		is_distrusted = check(catalog, tuple, search);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return is_distrusted;
}

static bool
check_constraint(Relation catalog, HeapTuple tuple, Search *search)
{
	return look_at_column(catalog, tuple, Anum_pg_constraint_conbin, search);
}

static bool
check_support_function(Relation catalog, HeapTuple tuple, Search *search)
{
	return look_at_function(((Form_pg_amproc) GETSTRUCT(tuple))->amproc, search);
}

static bool
check_operator(Relation catalog, HeapTuple tuple, Search *search)
{
	return look_at_function(get_opcode(((Form_pg_amop) GETSTRUCT(tuple))->amopopr), search);
}

/* Only superusers make operator classes, but of whose functions is their choice. */
static bool
look_at_opclass(Oid opclass, Search *search)
{
	Oid family;

	if (!OidIsValid(opclass) || opclass < FirstNormalObjectId)
		return false;
	family = get_opclass_family(opclass);
	return look_at_rows(AccessMethodProcedureRelationId, AccessMethodProcedureIndexId,
						Anum_pg_amproc_amprocfamily, family, check_support_function, search) ||
		   look_at_rows(AccessMethodOperatorRelationId, AccessMethodStrategyIndexId,
						Anum_pg_amop_amopfamily, family, check_operator, search);
}

/* A column of type oidvector with operator classes. */
static bool
look_at_opclasses(Relation catalog, HeapTuple tuple, AttrNumber column, Search *search)
{
	bool is_null;
	Datum value = heap_getattr(tuple, column, RelationGetDescr(catalog), &is_null);
	oidvector *classes;

	if (is_null)
		return false;
	classes = (oidvector *) DatumGetPointer(value);
	for (int i = 0; i < classes->dim1; i++)
		if (look_at_opclass(classes->values[i], search))
			return true;
	return false;
}

static bool
check_index(Relation catalog, HeapTuple tuple, Search *search)
{
	return look_at_column(catalog, tuple, Anum_pg_index_indexprs, search) ||
		   look_at_column(catalog, tuple, Anum_pg_index_indpred, search) ||
		   look_at_opclasses(catalog, tuple, Anum_pg_index_indclass, search);
}

static bool
check_statistics(Relation catalog, HeapTuple tuple, Search *search)
{
	return look_at_column(catalog, tuple, Anum_pg_statistic_ext_stxexprs, search);
}

static bool
check_partition_key(Relation catalog, HeapTuple tuple, Search *search)
{
	return look_at_column(catalog, tuple, Anum_pg_partitioned_table_partexprs, search) ||
		   look_at_opclasses(catalog, tuple, Anum_pg_partitioned_table_partclass, search);
}

static bool
check_policy(Relation catalog, HeapTuple tuple, Search *search)
{
	return look_at_column(catalog, tuple, Anum_pg_policy_polqual, search) ||
		   look_at_column(catalog, tuple, Anum_pg_policy_polwithcheck, search);
}

static bool
check_default(Relation catalog, HeapTuple tuple, Search *search)
{
	return look_at_column(catalog, tuple, Anum_pg_attrdef_adbin, search);
}

/* Of a column that is computed when it is read. */
static bool
check_virtual(Relation catalog, HeapTuple tuple, Search *search)
{
	Form_pg_attrdef form = (Form_pg_attrdef) GETSTRUCT(tuple);
	char generated = get_attgenerated(form->adrelid, form->adnum);

	return generated != '\0' && generated != ATTRIBUTE_GENERATED_STORED &&
		   check_default(catalog, tuple, search);
}

bool
mh_is_own_function(Oid function)
{
	Oid extension = getExtensionOfObject(ProcedureRelationId, function);

	return OidIsValid(extension) && extension == get_extension_oid("mighead", true);
}

static bool look_at_planned(Oid relation, Search *search);
static bool look_at_written(Oid relation, Search *search);
static Oid owner_of(Oid relation);

/*
 * A foreign key reads the table at its other end, and where it cascades, writes it: what that
 * evaluates is the other owner's, and goes on from there.
 */
static bool
look_at_reference(Form_pg_trigger trigger, Search *search)
{
	Oid other = trigger->tgconstrrelid;
	bool is_trusted;
	Search here;

	if (!OidIsValid(other) || list_member_oid(search->tables, other))
		return false;
	search->tables = lappend_oid(search->tables, other);
	is_trusted = mh_is_trusted_role(owner_of(other));
	here = (Search){.with_harmless = true,
					.with_built_in = is_trusted,
					.with_roles = is_trusted,
					.types = search->types,
					.tables = search->tables};
	if (!look_at_planned(other, &here) && !look_at_written(other, &here))
		return false;
	search->found = here.found;
	return true;
}

static bool
check_trigger(Relation catalog, HeapTuple tuple, Search *search)
{
	Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);

	if (trigger->tgisinternal)
		return look_at_reference(trigger, search);
	return look_at_column(catalog, tuple, Anum_pg_trigger_tgqual, search) ||
		   (!mh_is_own_function(trigger->tgfoid) && look_at_function(trigger->tgfoid, search));
}

static bool
check_rule(Relation catalog, HeapTuple tuple, Search *search)
{
	/* what a rule does is queries, which only an owner who is trusted may have */
	if (!search->with_built_in)
		return distrust(search,
						psprintf("rule %s", mh_quote_identifier(NameStr(
												((Form_pg_rewrite) GETSTRUCT(tuple))->rulename))),
						InvalidOid);
	return look_at_column(catalog, tuple, Anum_pg_rewrite_ev_qual, search) ||
		   look_at_column(catalog, tuple, Anum_pg_rewrite_ev_action, search);
}

static bool
check_column_type(Relation catalog, HeapTuple tuple, Search *search)
{
	Form_pg_attribute column = (Form_pg_attribute) GETSTRUCT(tuple);

	return !column->attisdropped && look_at_type(column->atttypid, search);
}

/* ---------- types ---------- */

static bool
check_columns(Oid relation, Search *search)
{
	return look_at_rows(AttributeRelationId, AttributeRelidNumIndexId, Anum_pg_attribute_attrelid,
						relation, check_column_type, search);
}

static bool
look_at_domain(Form_pg_type type, Search *search)
{
	return look_at_type(type->typbasetype, search) ||
		   look_at_rows(ConstraintRelationId, ConstraintTypidIndexId, Anum_pg_constraint_contypid,
						type->oid, check_constraint, search);
}

static bool
look_at_range(Oid range, Search *search)
{
	HeapTuple tuple = SearchSysCache1(RANGETYPE, ObjectIdGetDatum(range));
	bool is_distrusted;
	Form_pg_range form;

	if (!HeapTupleIsValid(tuple))
		return distrust(search, "a range type that was dropped", InvalidOid);
	form = (Form_pg_range) GETSTRUCT(tuple);
	is_distrusted =
		look_at_type(form->rngsubtype, search) || look_at_opclass(form->rngsubopc, search) ||
		look_at_function(form->rngcanonical, search) || look_at_function(form->rngsubdiff, search);
	ReleaseSysCache(tuple);
	return is_distrusted;
}

static bool
look_at_base_type(Form_pg_type type, Search *search)
{
	if (IsTrueArrayType(type))
		return look_at_type(type->typelem, search);
	return look_at_function(type->typinput, search) || look_at_function(type->typoutput, search) ||
		   look_at_function(type->typreceive, search) || look_at_function(type->typsend, search) ||
		   look_at_function(type->typmodin, search) || look_at_function(type->typmodout, search) ||
		   look_at_function(type->typsubscript, search) ||
		   look_at_opclass(GetDefaultOpClass(type->oid, BTREE_AM_OID), search) ||
		   look_at_opclass(GetDefaultOpClass(type->oid, HASH_AM_OID), search);
}

/* to_jsonb() takes the cast of a type that is not built in. */
static bool
look_at_cast(Oid source, Oid target, Search *search)
{
	HeapTuple tuple =
		SearchSysCache2(CASTSOURCETARGET, ObjectIdGetDatum(source), ObjectIdGetDatum(target));
	bool is_distrusted;

	if (!HeapTupleIsValid(tuple))
		return false;
	is_distrusted = look_at_function(((Form_pg_cast) GETSTRUCT(tuple))->castfunc, search);
	ReleaseSysCache(tuple);
	return is_distrusted;
}

static bool
look_at_kind(Form_pg_type type, Search *search)
{
	switch (type->typtype)
	{
		case TYPTYPE_DOMAIN:
			return look_at_domain(type, search);
		case TYPTYPE_COMPOSITE:
			return check_columns(type->typrelid, search);
		case TYPTYPE_RANGE:
			return look_at_range(type->oid, search);
		case TYPTYPE_MULTIRANGE:
			return look_at_type(get_multirange_range(type->oid), search);
		case TYPTYPE_BASE:
			return look_at_base_type(type, search);
		default:
			return false; /* an enum: what it needs is built in */
	}
}

static bool
look_at_type(Oid oid, Search *search)
{
	HeapTuple tuple;
	bool is_distrusted;

	check_stack_depth();
	if (!OidIsValid(oid) || oid < FirstNormalObjectId || list_member_oid(search->types, oid))
		return false;
	search->types = lappend_oid(search->types, oid);
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return distrust(search, "a type that was dropped", InvalidOid);
	is_distrusted = look_at_kind((Form_pg_type) GETSTRUCT(tuple), search) ||
					look_at_cast(oid, JSONOID, search) || look_at_cast(oid, JSONBOID, search);
	ReleaseSysCache(tuple);
	return is_distrusted;
}

/* ---------- relations ---------- */

static bool
look_at_partition_key(Oid relation, Search *search)
{
	return look_at_rows(PartitionedRelationId, PartitionedRelidIndexId,
						Anum_pg_partitioned_table_partrelid, relation, check_partition_key, search);
}

/* The bounds of a partition are told with the keys of what it is a partition of. */
static bool
look_at_partition_keys(Oid relation, Search *search)
{
	ListCell *cell;

	if (look_at_partition_key(relation, search))
		return true;
	if (!get_rel_relispartition(relation))
		return false;
	foreach (cell, get_partition_ancestors(relation))
		if (look_at_partition_key(lfirst_oid(cell), search))
			return true;
	return false;
}

static char *
relation_name(Oid relation)
{
	char *name = get_rel_name(relation);

	if (name == NULL)
		return pstrdup("a relation that was dropped");
	return psprintf("relation %s", mh_quote_qualified_identifier(
									   get_namespace_name(get_rel_namespace(relation)), name));
}

static bool
look_at_planned(Oid relation, Search *search)
{
	char relkind = get_rel_relkind(relation);

	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE &&
		relkind != RELKIND_MATVIEW)
		return distrust(search, psprintf("%s, which is no table,", relation_name(relation)),
						InvalidOid);
	return look_at_rows(IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid, relation,
						check_index, search) ||
		   look_at_rows(StatisticExtRelationId, StatisticExtRelidIndexId,
						Anum_pg_statistic_ext_stxrelid, relation, check_statistics, search) ||
		   look_at_rows(ConstraintRelationId, ConstraintRelidTypidNameIndexId,
						Anum_pg_constraint_conrelid, relation, check_constraint, search) ||
		   look_at_rows(AttrDefaultRelationId, AttrDefaultIndexId, Anum_pg_attrdef_adrelid,
						relation, check_virtual, search) ||
		   look_at_partition_keys(relation, search);
}

static bool
look_at_policies(Oid relation, Search *search)
{
	return look_at_rows(PolicyRelationId, PolicyPolrelidPolnameIndexId, Anum_pg_policy_polrelid,
						relation, check_policy, search);
}

static bool
look_at_reading(Oid relation, Search *search)
{
	ListCell *cell;

	foreach (cell, mh_find_inheritors(relation))
		if (look_at_planned(lfirst_oid(cell), search))
			return true;
	return check_enable_rls(relation, InvalidOid, true) == RLS_ENABLED &&
		   look_at_policies(relation, search);
}

static bool
look_at_written(Oid relation, Search *search)
{
	return look_at_rows(AttrDefaultRelationId, AttrDefaultIndexId, Anum_pg_attrdef_adrelid,
						relation, check_default, search) ||
		   look_at_rows(TriggerRelationId, TriggerRelidNameIndexId, Anum_pg_trigger_tgrelid,
						relation, check_trigger, search) ||
		   look_at_rows(RewriteRelationId, RewriteRelRulenameIndexId, Anum_pg_rewrite_ev_class,
						relation, check_rule, search) ||
		   look_at_policies(relation, search) || check_columns(relation, search);
}

static Oid
owner_of(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/* A view's owner and rules, and so what they read; a table as for writing. */
static bool
look_at_used(Oid relation, Search *search)
{
	char relkind = get_rel_relkind(relation);

	check_stack_depth();
	if (relation < FirstNormalObjectId || list_member_oid(search->relations, relation))
		return false;
	search->relations = lappend_oid(search->relations, relation);
	if (relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE)
	{
		search->found = mh_distrust_writing(relation);
		return search->found != NULL;
	}
	if (relkind == RELKIND_INDEX || relkind == RELKIND_PARTITIONED_INDEX)
		return look_at_used(IndexGetRelation(relation, true), search);
	if (!mh_is_trusted_role(owner_of(relation)))
		return distrust(search, relation_name(relation), owner_of(relation));
	return look_at_rows(RewriteRelationId, RewriteRelRulenameIndexId, Anum_pg_rewrite_ev_class,
						relation, check_rule, search) ||
		   look_at_rows(TriggerRelationId, TriggerRelidNameIndexId, Anum_pg_trigger_tgrelid,
						relation, check_trigger, search) ||
		   look_at_rows(IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid, relation,
						check_index, search) ||
		   check_columns(relation, search);
}

static bool
is_own_trigger(Relation catalog, HeapTuple tuple, Search *search)
{
	return mh_is_own_function(((Form_pg_trigger) GETSTRUCT(tuple))->tgfoid);
}

bool
mh_has_own_trigger(Oid relation)
{
	return look_at_rows(TriggerRelationId, TriggerRelidNameIndexId, Anum_pg_trigger_tgrelid,
						relation, is_own_trigger, NULL);
}

/* ---------- what is asked ---------- */

char *
mh_distrust_function(Oid function)
{
	Search search = {0};

	look_at_function(function, &search);
	return search.found;
}

char *
mh_distrust_type(Oid type)
{
	Search search = {0};

	look_at_type(type, &search);
	return search.found;
}

char *
mh_distrust_expression(Node *expression)
{
	Search search = {0};

	look_at_expression(expression, &search);
	return search.found;
}

char *
mh_distrust_query(Query *query)
{
	Search search = {.with_queries = true};

	look_at_expression((Node *) query, &search);
	return search.found;
}

char *
mh_distrust_reading(Oid relation)
{
	Search search = {0};

	look_at_reading(relation, &search);
	return search.found;
}

char *
mh_distrust_writing(Oid relation)
{
	ListCell *cell;

	foreach (cell, mh_find_inheritors(relation))
	{
		Oid member = lfirst_oid(cell);
		bool is_trusted = mh_is_trusted_role(owner_of(member));
		Search search = {.with_harmless = true,
						 .with_built_in = is_trusted,
						 .with_roles = is_trusted,
						 .tables = list_make1_oid(member)};

		if (look_at_planned(member, &search) || look_at_written(member, &search))
			return search.found;
	}
	return NULL;
}

char *
mh_distrust_using(Oid relation)
{
	Search search = {
		.with_harmless = true, .with_built_in = true, .with_roles = true, .with_tables = true};

	look_at_used(relation, &search);
	return search.found;
}

char *
mh_distrust_named_function(Oid function)
{
	Search search = {.with_harmless = true, .with_roles = true};

	look_at_function(function, &search);
	return search.found;
}

char *
mh_distrust_named_type(Oid type)
{
	Search search = {.with_harmless = true, .with_roles = true};

	look_at_type(type, &search);
	return search.found;
}

bool
mh_is_built_in_function(Oid function, const char *const *names, int n)
{
	const char *name = function < FirstNormalObjectId ? get_func_name(function) : NULL;

	for (int i = 0; name != NULL && i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}
