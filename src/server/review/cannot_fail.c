/*-------------------------------------------------------------------------
 *
 * cannot_fail.c
 *	  Expressions and queries that fail for no value that the columns may have.
 *
 * What is listed here is listed because PostgreSQL's code of it raises no error.  Everything else is
 * taken to fail for some value.  Nothing is evaluated.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/relation.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/prs2lock.h"
#include "server/base/expression_size.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/typcache.h"

typedef struct Judging
{
	const List *safe; /* aliases that stand for relations */
	int depth;        /* of views in views */
	Oid role;         /* that reads the relations of a view */
} Judging;

#define MOST_VIEWS 32

static bool can_fail(Node *node, void *arg);
static bool query_can_fail(const Query *query, Judging *judging);

/* ---------- operators and functions ---------- */

/* Types whose comparisons raise no error.  Those of arrays, records and ranges may. */
static bool
is_comparable_type(Oid type)
{
	static const Oid types[] = {
		BOOLOID, BYTEAOID,  CHAROID, NAMEOID,  INT8OID,      INT2OID,        INT4OID,
		TEXTOID, OIDOID,    INETOID, CIDROID,  MACADDROID,   FLOAT4OID,      FLOAT8OID,
		CASHOID, BPCHAROID, DATEOID, TIMEOID,  TIMESTAMPOID, TIMESTAMPTZOID, INTERVALOID,
		BITOID,  VARBITOID, UUIDOID, JSONBOID, NUMERICOID,   TIMETZOID,      VARCHAROID};

	for (int i = 0; i < (int) lengthof(types); i++)
		if (types[i] == type)
			return true;
	return get_typtype(type) == TYPTYPE_ENUM;
}

static bool
are_comparable(Oid operator)
{
	Oid left;
	Oid right;

	op_input_types(operator, & left, &right);
	/* enums are compared as any enum */
	return (is_comparable_type(left) || left == ANYENUMOID) &&
		   (is_comparable_type(right) || right == ANYENUMOID);
}

/* A pattern of LIKE without escapes. */
static bool
is_plain_pattern(Node *node)
{
	return IsA(node, Const) && ((Const *) node)->consttype == TEXTOID &&
		   (((Const *) node)->constisnull ||
			strchr(TextDatumGetCString(((Const *) node)->constvalue), '\\') == NULL);
}

static bool
is_like(Oid function)
{
	return function == F_TEXTLIKE || function == F_TEXTNLIKE || function == F_BPCHARLIKE ||
		   function == F_BPCHARNLIKE || function == F_NAMELIKE || function == F_NAMENLIKE ||
		   function == F_TEXTICLIKE || function == F_TEXTICNLIKE || function == F_BPCHARICLIKE ||
		   function == F_BPCHARICNLIKE || function == F_NAMEICLIKE || function == F_NAMEICNLIKE;
}

static bool
can_operator_fail(Oid operator, List * args)
{
	Oid function = get_opcode(operator);

	if (operator>= FirstNormalObjectId || function == InvalidOid)
		return true;
	if (function == F_TEXTCAT)
		return false;
	if (is_like(function))
		return list_length(args) != 2 || !is_plain_pattern(lsecond(args));
	/* =, <, and the like: what sorts and joins */
	return !(MH_SORTS(operator) && are_comparable(operator));
}

static bool
is_harmless_function(Oid function)
{
	static const Oid functions[] = {
		/* wider numbers */
		F_INT4_INT2, F_INT8_INT2, F_INT8_INT4, F_NUMERIC_INT2, F_NUMERIC_INT4, F_NUMERIC_INT8,
		F_FLOAT8_INT2, F_FLOAT8_INT4, F_FLOAT8_INT8, F_FLOAT4_INT2, F_FLOAT4_INT4, F_FLOAT4_INT8,
		F_FLOAT8_FLOAT4,
		/* locks that stand for nothing, and the time */
		F_PG_ADVISORY_LOCK_INT8, F_PG_ADVISORY_XACT_LOCK_INT8, F_PG_TRY_ADVISORY_LOCK_INT8,
		F_PG_TRY_ADVISORY_XACT_LOCK_INT8, F_PG_ADVISORY_UNLOCK_INT8, F_PG_ADVISORY_UNLOCK_ALL,
		F_CLOCK_TIMESTAMP, F_GEN_RANDOM_UUID, F_NOW,
		/* texts */
		F_TEXT_NAME, F_TEXT_BPCHAR, F_TEXT_CHAR, F_TEXT_BOOL, F_LOWER_TEXT, F_UPPER_TEXT, F_INITCAP,
		F_LENGTH_TEXT, F_CHAR_LENGTH_TEXT, F_CHARACTER_LENGTH_TEXT, F_OCTET_LENGTH_TEXT,
		F_BTRIM_TEXT, F_LTRIM_TEXT, F_RTRIM_TEXT, F_BTRIM_TEXT_TEXT, F_LTRIM_TEXT_TEXT,
		F_RTRIM_TEXT_TEXT, F_LEFT, F_RIGHT, F_MD5_TEXT, F_STRPOS, F_REPLACE};

	for (int i = 0; i < (int) lengthof(functions); i++)
		if (functions[i] == function)
			return true;
	return false;
}

/* A length that was written cuts; one of a column refuses. */
static bool
is_cutting(const FuncExpr *call)
{
	Node *is_explicit;

	if (call->funcid != F_VARCHAR_VARCHAR_INT4_BOOL && call->funcid != F_BPCHAR_BPCHAR_INT4_BOOL)
		return false;
	is_explicit = lthird(call->args);
	return IsA(is_explicit, Const) && !((Const *) is_explicit)->constisnull &&
		   DatumGetBool(((Const *) is_explicit)->constvalue);
}

/* The time of the transaction as another type. */
static bool
is_time_cast(const FuncExpr *call)
{
	Node *time = linitial(call->args);

	return list_length(call->args) == 1 &&
		   (call->funcid == F_TIMESTAMP_TIMESTAMPTZ || call->funcid == F_DATE_TIMESTAMPTZ ||
			call->funcid == F_TIME_TIMESTAMPTZ || call->funcid == F_DATE_TIMESTAMP) &&
		   (IsA(time, SQLValueFunction) ||
			(IsA(time, FuncExpr) && ((FuncExpr *) time)->args == NIL &&
			 (((FuncExpr *) time)->funcid == F_NOW ||
			  ((FuncExpr *) time)->funcid == F_CLOCK_TIMESTAMP ||
			  ((FuncExpr *) time)->funcid == F_STATEMENT_TIMESTAMP ||
			  ((FuncExpr *) time)->funcid == F_TRANSACTION_TIMESTAMP)));
}

static bool
can_function_fail(const FuncExpr *call)
{
	if (call->funcid >= FirstNormalObjectId || call->funcretset)
		return true;
	return call->args != NIL && !is_time_cast(call) && !is_harmless_function(call->funcid) &&
		   !is_cutting(call);
}

static bool
can_aggregate_fail(const Aggref *aggregate)
{
	static const Oid harmless[] = {
		F_COUNT_,          F_COUNT_ANY,      F_SUM_INT2,    F_SUM_INT4,      F_SUM_INT8,
		F_AVG_INT2,        F_AVG_INT4,       F_AVG_INT8,    F_BOOL_AND,      F_BOOL_OR,
		F_EVERY,           F_MIN_INT2,       F_MIN_INT4,    F_MIN_INT8,      F_MAX_INT2,
		F_MAX_INT4,        F_MAX_INT8,       F_MIN_TEXT,    F_MAX_TEXT,      F_MIN_DATE,
		F_MAX_DATE,        F_MIN_NUMERIC,    F_MAX_NUMERIC, F_MIN_TIMESTAMP, F_MAX_TIMESTAMP,
		F_MIN_TIMESTAMPTZ, F_MAX_TIMESTAMPTZ};

	for (int i = 0; i < (int) lengthof(harmless); i++)
		if (harmless[i] == aggregate->aggfnoid)
			return false;
	return true;
}

/* ---------- expressions ---------- */

/* A query for one value, which may find more rows than one. */
static bool
can_link_fail(const SubLink *link)
{
	const Query *query = (const Query *) link->subselect;

	if (link->subLinkType == EXPR_SUBLINK)
		return !query->hasAggs || query->groupClause != NIL || query->groupingSets != NIL ||
			   query->hasTargetSRFs;
	return link->subLinkType != EXISTS_SUBLINK && link->subLinkType != ANY_SUBLINK &&
		   link->subLinkType != ALL_SUBLINK;
}

static bool
can_node_fail(Node *node)
{
	switch (nodeTag(node))
	{
		case T_Const:
		case T_Param:
		case T_Var:
		case T_CurrentOfExpr:
		case T_CaseTestExpr:
		case T_SQLValueFunction:
		case T_List:
		case T_TargetEntry:
		case T_FromExpr:
		case T_JoinExpr:
		case T_RangeTblRef:
		case T_RelabelType:
		case T_BoolExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_ArrayExpr:
		case T_CaseExpr:
		case T_CaseWhen:
		case T_CoalesceExpr:
		case T_CollateExpr:
		case T_SortGroupClause:
			return false;
		case T_MinMaxExpr:
			return !is_comparable_type(((MinMaxExpr *) node)->minmaxtype);
		case T_CoerceToDomain:
			return mh_domain_has_checks(((CoerceToDomain *) node)->resulttype);
		case T_CoerceViaIO:
			return ((CoerceViaIO *) node)->resulttype != TEXTOID ||
				   !is_comparable_type(exprType((Node *) ((CoerceViaIO *) node)->arg));
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			return can_operator_fail(((OpExpr *) node)->opno, ((OpExpr *) node)->args);
		case T_ScalarArrayOpExpr:
			return can_operator_fail(((ScalarArrayOpExpr *) node)->opno, NIL);
		case T_FuncExpr:
			return can_function_fail((FuncExpr *) node);
		case T_Aggref:
			return can_aggregate_fail((Aggref *) node);
		case T_SubLink:
			return can_link_fail((SubLink *) node);
		default:
			return true;
	}
}

static bool
can_fail(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_can_fail((Query *) node, arg);
	return can_node_fail(node) || expression_tree_walker(node, can_fail, arg);
}

bool
mh_cannot_fail(Node *node)
{
	Judging judging = {NIL};

	return !can_fail(node, &judging);
}

/* ---------- queries ---------- */

static bool
has_harmless_limit(const Query *query)
{
	Node *limits[] = {query->limitCount, query->limitOffset};

	for (int i = 0; i < (int) lengthof(limits); i++)
		if (limits[i] != NULL && (!IsA(limits[i], Const) || ((Const *) limits[i])->constisnull ||
								  DatumGetInt64(((Const *) limits[i])->constvalue) < 0))
			return false;
	return query->limitOption != LIMIT_OPTION_WITH_TIES;
}

/* What sorts or groups compares values. */
static bool
compares_only(const Query *query, const List *clauses)
{
	ListCell *cell;

	foreach (cell, clauses)
	{
		const SortGroupClause *clause = lfirst_node(SortGroupClause, cell);

		if (!OidIsValid(clause->eqop) || clause->eqop >= FirstNormalObjectId ||
			!are_comparable(clause->eqop))
			return false;
	}
	return true;
}

static bool
can_set_operation_fail(Node *node)
{
	const SetOperationStmt *operation = (const SetOperationStmt *) node;
	ListCell *cell;

	if (node == NULL || IsA(node, RangeTblRef))
		return false;
	foreach (cell, operation->groupClauses)
		if (!are_comparable(lfirst_node(SortGroupClause, cell)->eqop))
			return true;
	return can_set_operation_fail(operation->larg) || can_set_operation_fail(operation->rarg);
}

static bool relation_can_fail(Oid relation, Judging *judging);

static bool
is_safe_alias(const RangeTblEntry *entry, const Judging *judging)
{
	return entry->alias != NULL && list_member_ptr(judging->safe, entry->alias);
}

static bool
can_entry_fail(const RangeTblEntry *entry, Judging *judging)
{
	switch (entry->rtekind)
	{
		case RTE_RELATION:
			/* the query of a view has entries for the view itself */
			return entry->inFromCl &&
				   (entry->tablesample != NULL || relation_can_fail(entry->relid, judging));
		case RTE_SUBQUERY:
			return !is_safe_alias(entry, judging) && query_can_fail(entry->subquery, judging);
		case RTE_JOIN:
			return can_fail((Node *) entry->joinaliasvars, judging);
		case RTE_VALUES:
			return can_fail((Node *) entry->values_lists, judging);
		case RTE_CTE:
			return entry->self_reference;
		case RTE_RESULT:
			return false;
		default:
			return !MH_IS_GROUP_ENTRY(entry) ||
				   can_fail((Node *) MH_GROUP_EXPRESSIONS(entry), judging);
	}
}

static bool
query_can_fail(const Query *query, Judging *judging)
{
	ListCell *cell;

	if (query->commandType != CMD_SELECT || query->utilityStmt != NULL || query->hasModifyingCTE ||
		query->hasRecursive || query->hasTargetSRFs || query->hasWindowFuncs ||
		query->hasForUpdate || query->groupingSets != NIL)
		return true;
	if (!has_harmless_limit(query) || !compares_only(query, query->groupClause) ||
		!compares_only(query, query->distinctClause) || !compares_only(query, query->sortClause) ||
		can_set_operation_fail(query->setOperations))
		return true;
	foreach (cell, query->cteList)
		if (can_fail(lfirst_node(CommonTableExpr, cell)->ctequery, judging))
			return true;
	foreach (cell, query->rtable)
		if (can_entry_fail(lfirst_node(RangeTblEntry, cell), judging))
			return true;
	return can_fail((Node *) query->targetList, judging) ||
		   can_fail((Node *) query->jointree, judging) || can_fail(query->havingQual, judging);
}

bool
mh_query_cannot_fail(const Query *query, const List *safe)
{
	Judging judging = {safe};

	return !query_can_fail(query, &judging);
}

/* ---------- views that are there ---------- */

static Query *
query_of_view(Relation view)
{
	for (int i = 0; view->rd_rules != NULL && i < view->rd_rules->numLocks; i++)
		if (view->rd_rules->rules[i]->event == CMD_SELECT &&
			list_length(view->rd_rules->rules[i]->actions) == 1)
			return linitial_node(Query, view->rd_rules->rules[i]->actions);
	return NULL;
}

static bool
view_can_fail(Relation view, Judging *judging)
{
	Judging below = {NIL, judging->depth + 1, view->rd_rel->relowner};
	Query *query = query_of_view(view);

	if (query == NULL || below.depth > MOST_VIEWS || RelationHasSecurityInvoker(view))
		return true;
	return query_can_fail(query, &below);
}

static bool
relation_can_fail(Oid oid, Judging *judging)
{
	Relation relation;
	bool can_fail = true;

	if (mh_expressions_are_large(oid) || !ConditionalLockRelationOid(oid, AccessShareLock))
		return true;
	relation = try_relation_open(oid, NoLock);
	if (relation == NULL)
		return true;
	if (pg_class_aclcheck(oid, judging->role, ACL_SELECT) != ACLCHECK_OK ||
		check_enable_rls(oid, judging->role, true) == RLS_ENABLED)
		can_fail = true;
	else if (relation->rd_rel->relkind == RELKIND_VIEW)
		can_fail = view_can_fail(relation, judging);
	else if (relation->rd_rel->relkind == RELKIND_MATVIEW)
		can_fail = !RelationIsPopulated(relation);
	else
		can_fail = relation->rd_rel->relkind != RELKIND_RELATION &&
				   relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE;
	relation_close(relation, NoLock);
	return can_fail;
}

/* Adds the columns by which the rows of a query are different from each other. */
bool
mh_query_groups(const Query *query, MhStrings *columns)
{
	ListCell *cell;

	if (query->groupClause == NIL || query->groupingSets != NIL || query->setOperations != NULL ||
		query->hasTargetSRFs)
		return false;
	foreach (cell, query->groupClause)
	{
		Index reference = lfirst_node(SortGroupClause, cell)->tleSortGroupRef;
		ListCell *entry;
		const char *found = NULL;

		foreach (entry, query->targetList)
			if (lfirst_node(TargetEntry, entry)->ressortgroupref == reference &&
				!lfirst_node(TargetEntry, entry)->resjunk)
				found = lfirst_node(TargetEntry, entry)->resname;
		if (found == NULL)
			return false;
		mh_strings_add(columns, mh_to_utf8(pstrdup(found)));
	}
	return true;
}

typedef struct Viewing
{
	Oid view;
	MhReviewViewAnswer *answer;
} Viewing;

static void
judge_view(void *arg)
{
	Viewing *viewing = arg;
	Judging judging = {NIL};
	Relation view;
	Query *query;

	if (mh_expressions_are_large(viewing->view) ||
		!ConditionalLockRelationOid(viewing->view, AccessShareLock))
		return;
	view = try_relation_open(viewing->view, NoLock);
	if (view == NULL)
		return;
	query = query_of_view(view);
	viewing->answer->cannot_fail = query != NULL && !view_can_fail(view, &judging);
	viewing->answer->has_groups = query != NULL && mh_query_groups(query, &viewing->answer->groups);
	relation_close(view, NoLock);
}

void
mh_world_view(void *arg, const MhModelRelation *view, MhReviewViewAnswer *answer)
{
	Viewing viewing = {view->id, answer};

	if (mh_try(judge_view, &viewing) != NULL)
		answer->cannot_fail = answer->has_groups = false;
}
