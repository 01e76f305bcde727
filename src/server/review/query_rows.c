/*-------------------------------------------------------------------------
 *
 * query_rows.c
 *	  The rows of a query of the script, as a query that can be run.
 *
 * An analysed query has queries without tables in the place of what it reads (queries.c).  Here these become
 * names of WITH, which stand for the rows as the script leaves them (after.c).  What may give other
 * rows each time, runs code that is not built in, or depends on who runs it, has no rows here.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "server/base/query.h"
#include "server/base/trust.h"
#include "server/preflight/preflight.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

/* What a query that is read is called in WITH. */
#define NAME_OF_ROWS "mighead_rows_"

/* The rows of the target, with their numbers. */
#define ROWS_BEFORE "mighead_before"
#define NAME_OF_NUMBER "mighead_row"

/* Bytes of the query. */
#define MOST_TEXT 100000

/* Of all, so that what is kept grows with the script. */
#define MOST_TEXTS 5000000

typedef struct Making
{
	MhAnalysedQuery *analysed;
	const MhModelRelation *target; /* of UPDATE or DELETE; NULL: it is INSERT, or makes a table */
	int target_source;
	bool is_update;
	bool may_repeat;
	MhReviewValue *values; /* of the query */
	int n_values;
	const char *repeated; /* a query for rows that meet several others */
	const MhReviewQueryAnswer *answer;
	MhModelRows *rows;
} Making;

static void
refuse(const char *why)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("%s", why)));
}

/* ---------- what has the same rows each time ---------- */

/* Of the stable functions, what depends on nothing but its arguments, the time and settings. */
static bool
is_same_for_all(Oid function)
{
	static const char *const prefixes[] = {
		"pg_",    "has_",        "current_",      "session_", "inet_",    "txid_",
		"row_",   "getdatabase", "getpgusername", "to_reg",   "col_",     "obj_",
		"shobj_", "query_",      "table_",        "cursor_",  "database_"};
	const char *name = get_func_name(function);

	if (name == NULL || func_volatile(function) == PROVOLATILE_VOLATILE)
		return false;
	if (func_volatile(function) == PROVOLATILE_IMMUTABLE)
		return true;
	for (int i = 0; i < (int) lengthof(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return false;
	return true;
}

/* Functions that return rows, and no more than their arguments have. */
static bool
is_known_series(Oid function)
{
	static const char *const names[] = {"generate_series",       "unnest",
										"regexp_split_to_table", "string_to_table",
										"jsonb_array_elements",  "jsonb_array_elements_text",
										"json_array_elements",   "json_array_elements_text",
										"jsonb_each_text",       "jsonb_object_keys"};

	return mh_is_built_in_function(function, names, lengthof(names));
}

/* Window functions that give the same numbers to the rows, whatever order they come in. */
static bool
is_known_window(Oid function)
{
	static const char *const names[] = {"row_number", "rank", "dense_rank", "count",
										"sum",        "min",  "max"};

	return mh_is_built_in_function(function, names, lengthof(names));
}

static bool
differs(Oid function, void *unused)
{
	return !is_same_for_all(function);
}

static bool
names_role(const SQLValueFunction *value)
{
	return value->op == SVFOP_CURRENT_ROLE || value->op == SVFOP_CURRENT_USER ||
		   value->op == SVFOP_USER || value->op == SVFOP_SESSION_USER ||
		   value->op == SVFOP_CURRENT_SCHEMA;
}

static bool
has_reserved_name(const Query *query)
{
	ListCell *cell;

	foreach (cell, query->cteList)
		if (strncmp(lfirst_node(CommonTableExpr, cell)->ctename, "mighead_", 8) == 0)
			return true;
	return false;
}

/* Which rows LIMIT and DISTINCT ON leave is up to ORDER BY. */
static bool
chooses_rows(const Query *query)
{
	return (query->limitCount != NULL || query->limitOffset != NULL || query->hasDistinctOn) &&
		   query->sortClause == NIL;
}

static bool
is_plain(const Query *query)
{
	return query->commandType == CMD_SELECT && query->utilityStmt == NULL &&
		   !query->hasModifyingCTE && !query->hasRecursive && query->rowMarks == NIL &&
		   !chooses_rows(query) && !has_reserved_name(query);
}

static bool
may_differ(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return !is_plain((Query *) node) || query_tree_walker((Query *) node, may_differ, arg, 0);
	if (IsA(node, SQLValueFunction) && names_role((SQLValueFunction *) node))
		return true;
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcretset &&
		!is_known_series(((FuncExpr *) node)->funcid))
		return true;
	if (IsA(node, WindowFunc) && !is_known_window(((WindowFunc *) node)->winfnoid))
		return true;
	return check_functions_in_node(node, differs, arg) ||
		   expression_tree_walker(node, may_differ, arg);
}

/* ---------- what is read ---------- */

static int
source_with(const Making *making, const Alias *alias)
{
	ListCell *cell;
	int i = 0;

	foreach (cell, making->analysed->aliases)
	{
		if (lfirst(cell) == alias)
			return list_nth_int(making->analysed->sources, i);
		i++;
	}
	return -1;
}

/* Puts the name of WITH in the place of what stands for a relation. */
static bool
use_names(Node *node, void *arg)
{
	const Making *making = arg;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, use_names, arg, QTW_EXAMINE_RTES_BEFORE);
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *entry = (RangeTblEntry *) node;
		int source = entry->rtekind == RTE_SUBQUERY ? source_with(making, entry->alias) : -1;

		if (source >= 0)
		{
			entry->rtekind = RTE_CTE;
			entry->subquery = NULL;
			entry->ctename = psprintf(NAME_OF_ROWS "%d", source);
		}
		return false;
	}
	return expression_tree_walker(node, use_names, arg);
}

static void
require_known_columns(const Making *making)
{
	for (int i = 0; i < making->answer->n_used; i++)
	{
		const MhReviewUsedColumn *used = &making->answer->used[i];
		const MhModelColumn *column = mh_review_find_column(used->relation, used->column);

		if (column == NULL || column->is_lost || !mh_is_usable_column(column))
			refuse("the script changes a column that it reads");
	}
}

/* The columns are those of what stood for the relation; the target has one more. */
static char *
sql_of_source(const Making *making, int number)
{
	const MhModelRelation *relation = making->analysed->asked->sources[number].relation;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, NAME_OF_ROWS "%d AS (SELECT", number);
	for (int i = 0, n = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone)
			appendStringInfo(&text, "%s s.c%d AS %s", n++ > 0 ? "," : "", i + 1,
							 mh_quote_identifier(mh_from_utf8(pstrdup(relation->columns[i].name))));
	if (making->target != NULL && number == making->target_source)
		appendStringInfoString(&text, ", s.r AS " NAME_OF_NUMBER);
	appendStringInfo(&text, " FROM %s AS s)",
					 relation == making->target ? ROWS_BEFORE : mh_source_of(relation));
	return text.data;
}

/* ---------- the rows ---------- */

static void
require_short(const char *text)
{
	if (strlen(text) > MOST_TEXT)
		refuse("the query is too long");
}

/* WITH what the query reads. */
static char *
sql_of_with(const Making *making)
{
	StringInfoData text;
	List *done = NIL;
	ListCell *cell;

	initStringInfo(&text);
	if (making->target != NULL)
		appendStringInfo(&text,
						 "WITH " ROWS_BEFORE " AS MATERIALIZED (SELECT pg_catalog.row_number()"
						 " OVER () AS r, t.* FROM %s AS t)",
						 mh_source_of(making->target));
	foreach (cell, making->analysed->sources)
	{
		if (list_member_int(done, lfirst_int(cell)))
			continue;
		appendStringInfo(&text, "%s%s", text.len == 0 ? "WITH " : ", ",
						 sql_of_source(making, lfirst_int(cell)));
		done = lappend_int(done, lfirst_int(cell));
		require_short(text.data);
	}
	return text.data;
}

/* The query, with names for its columns. */
static char *
sql_of_query(const Making *making)
{
	StringInfoData text;
	int n = list_length(making->analysed->values);

	initStringInfo(&text);
	appendStringInfo(
		&text, "(%s) AS u (",
		pg_get_querydef((Query *) mh_with_casts((Node *) making->analysed->query), false));
	for (int i = 0; i < n; i++)
		appendStringInfo(&text, "%sc%d", i > 0 ? ", " : "", i + 1);
	if (making->target != NULL)
		appendStringInfo(&text, "%sr", n > 0 ? ", " : "");
	appendStringInfoChar(&text, ')');
	if (n == 0 && making->target == NULL)
		refuse("the query has no columns");
	require_short(text.data);
	return text.data;
}

/* The value of a column after UPDATE; NULL: it is not changed. */
static const MhReviewValue *
new_value(const Making *making, int column)
{
	const MhReviewQuery *asked = making->analysed->asked;

	for (int i = 0; making->is_update && i < asked->n_targets && i < making->n_values; i++)
		if (asked->targets[i] == &making->target->columns[column])
			return &making->values[i];
	return NULL;
}

/* All columns of the rows that are left, or only of those that are changed. */
static char *
sql_of_change(const Making *making, const char *with, const char *query, bool is_changed)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "(%s SELECT ", with);
	for (int i = 0; i < making->target->n_columns; i++)
	{
		const MhReviewValue *value = new_value(making, i);

		if (value == NULL || !mh_is_usable_column(&making->target->columns[i]))
			appendStringInfo(&text, "%sb.c%d", i > 0 ? ", " : "", i + 1);
		else
			appendStringInfo(&text, "%sCASE WHEN u.r IS NULL THEN b.c%d ELSE %s END AS c%d",
							 i > 0 ? ", " : "", i + 1, mh_sql_of_value(value->node, "u"), i + 1);
	}
	appendStringInfo(&text, " FROM " ROWS_BEFORE " AS b");
	if (making->is_update)
		appendStringInfo(&text, " %s %s ON u.r OPERATOR(pg_catalog.=) b.r)",
						 is_changed ? "JOIN" : "LEFT JOIN", query);
	else
		appendStringInfo(&text,
						 " WHERE %sEXISTS (SELECT FROM %s WHERE u.r OPERATOR(pg_catalog.=) b.r))",
						 is_changed ? "" : "NOT ", query);
	require_short(text.data);
	return text.data;
}

/* Fails where a layer of what is read does. */
static char *
sql_of_sources(const Making *making)
{
	StringInfoData text;
	ListCell *cell;

	initStringInfo(&text);
	appendStringInfoString(&text, "SELECT 1");
	if (making->target != NULL)
		appendStringInfo(&text, ", (SELECT pg_catalog.count(s.*) FROM %s AS s)",
						 mh_source_of(making->target));
	foreach (cell, making->analysed->sources)
	{
		const MhModelRelation *relation =
			making->analysed->asked->sources[lfirst_int(cell)].relation;

		if (relation->n_layers == 0 || relation == making->target)
			continue;
		appendStringInfo(&text, ", (SELECT pg_catalog.count(s.*) FROM %s AS s)",
						 mh_source_of(relation));
		require_short(text.data);
	}
	return text.data;
}

/* The column of the query as its target has it. */
static Node *
value_for(Node *value, int number, const MhModelColumn *target)
{
	Param *param = makeNode(Param);
	bool is_literal = IsA(value, Const) && exprType(value) == UNKNOWNOID;
	Node *node;

	param->paramkind = PARAM_EXTERN;
	param->paramid = number;
	param->paramtype = exprType(value);
	param->paramtypmod = exprTypmod(value);
	param->paramcollid = exprCollation(value);
	param->location = -1;
	node = is_literal ? copyObject(value) : (Node *) param;
	if (target == NULL)
		return is_literal ? NULL : node;
	node = coerce_to_target_type(NULL, node, exprType(node), target->type, target->typmod,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (node != NULL)
		assign_expr_collations(NULL, node);
	return node;
}

/* RETURNING is computed after UPDATE, from what the rows are then. */
static void
drop_returning(Making *making)
{
	Query *query = making->analysed->query;
	int n = making->analysed->asked->n_targets;

	if (!making->is_update)
		return;
	for (int i = n; i < list_length(making->analysed->values); i++)
		if (!mh_cannot_fail(list_nth(making->analysed->values, i)))
			refuse("RETURNING is not followed");
	making->analysed->values = list_truncate(making->analysed->values, n);
	query->targetList = list_truncate(query->targetList, n);
}

static void
find_values(Making *making)
{
	const MhReviewQuery *asked = making->analysed->asked;
	ListCell *cell;

	making->values = palloc0(Max(list_length(making->analysed->values), 1) * sizeof(MhReviewValue));
	foreach (cell, making->analysed->values)
	{
		const MhModelColumn *target =
			making->n_values < asked->n_targets ? asked->targets[making->n_values] : NULL;
		MhReviewValue *value = &making->values[making->n_values++];

		value->node = value_for(lfirst(cell), making->n_values, target);
		if (value->node == NULL && (target != NULL || making->target == NULL))
			refuse("a value is not converted here");
	}
}

/* The values of all columns, which have the numbers of the model's. */
static void
number_columns(const Making *making)
{
	MhModelRows *rows = making->rows;

	rows->n_values = making->target->n_columns;
	rows->values = palloc0(Max(rows->n_values, 1) * sizeof(MhReviewValue));
	for (int i = 0; i < rows->n_values; i++)
	{
		const MhModelColumn *column = &making->target->columns[i];
		Param *param = makeNode(Param);

		param->paramkind = PARAM_EXTERN;
		param->paramid = i + 1;
		param->paramtype = column->type;
		param->paramtypmod = column->typmod;
		param->paramcollid = column->collation;
		param->location = -1;
		rows->values[i].node =
			column->is_gone || column->is_lost || !mh_is_usable_column(column) ? NULL : param;
	}
}

/* The values are what they were before they were converted. */
static void
take_conversions_back(const Making *making)
{
	ListCell *cell;
	int i = 0;

	foreach (cell, making->analysed->query->targetList)
		if (!lfirst_node(TargetEntry, cell)->resjunk)
			lfirst_node(TargetEntry, cell)->expr = list_nth(making->analysed->values, i++);
}

static void
add_tables(const Making *making)
{
	List *tables = NIL;
	uint32 *ids;
	ListCell *cell;

	foreach (cell, making->analysed->sources)
		mh_tables_of(making->analysed->asked->sources[lfirst_int(cell)].relation, &tables);
	making->rows->tables = ids = palloc(Max(list_length(tables), 1) * sizeof(uint32));
	foreach (cell, tables)
		ids[making->rows->n_tables++] = lfirst_oid(cell);
}

/* The query of UPDATE or DELETE reads the target first; its rows get numbers. */
static void
find_target(Making *making)
{
	Query *query = making->analysed->query;
	RangeTblEntry *entry;

	if (!making->analysed->asked->is_part)
		return;
	entry = linitial_node(RangeTblEntry, query->rtable);
	making->target_source = source_with(making, entry->alias);
	if (making->target_source < 0 || query->setOperations != NULL || query->groupClause != NIL ||
		query->hasAggs || query->hasWindowFuncs || query->hasTargetSRFs)
		refuse("the query is not followed");
	making->target = making->analysed->asked->sources[making->target_source].relation;
	making->is_update =
		making->analysed->asked->n_targets > 0 && making->analysed->asked->is_update;
	making->may_repeat = making->is_update && list_length(query->jointree->fromlist) > 1;
}

static void
add_number(const Making *making)
{
	Query *query = making->analysed->query;
	RangeTblEntry *entry = linitial_node(RangeTblEntry, query->rtable);

	if (making->target == NULL)
		return;
	/* with names that are given to the first columns only */
	entry->eref->colnames = lappend(entry->eref->colnames, makeString(NAME_OF_NUMBER));
	query->targetList =
		lappend(query->targetList,
				makeTargetEntry((Expr *) makeVar(1, list_length(entry->eref->colnames), INT8OID, -1,
												 InvalidOid, 0),
								list_length(query->targetList) + 1, NAME_OF_NUMBER, false));
}

/* Whether nothing but the values can fail: then an error is the statement's, whatever its plan. */
static bool
fails_surely(const Making *making)
{
	Query *query = making->analysed->query;
	List *values = query->targetList;
	bool cannot_fail;

	query->targetList = NIL;
	cannot_fail = mh_query_cannot_fail(query, making->analysed->aliases);
	query->targetList = values;
	return cannot_fail;
}

static void
write_rows(Making *making)
{
	MhIdentity identity = mh_preflight_begin(true);
	char *with = sql_of_with(making);
	char *query = sql_of_query(making);

	making->rows->sources = sql_of_sources(making);
	if (making->target == NULL)
		making->rows->sql = psprintf("(%s SELECT u.* FROM %s)", with, query);
	else
		making->rows->sql = sql_of_change(making, with, query, false);
	if (making->target != NULL)
		making->rows->changed = sql_of_change(making, with, query, true);
	if (making->may_repeat)
		making->repeated = psprintf("%s SELECT 1 FROM %s GROUP BY u.r HAVING pg_catalog.count(*)"
									" OPERATOR(pg_catalog.>) 1 LIMIT 1",
									with, query);
	mh_end(&identity);
}

static void
make_rows(void *arg)
{
	Making *making = arg;
	ListCell *cell;

	foreach (cell, making->analysed->sources)
		if (!making->analysed->asked->sources[lfirst_int(cell)].is_followed)
			refuse("the rows of what it reads are not followed");
	require_known_columns(making);
	find_target(making);
	take_conversions_back(making);
	drop_returning(making);
	making->rows->fails_surely = fails_surely(making);
	(void) use_names((Node *) making->analysed->query, making);
	if (may_differ((Node *) making->analysed->query, NULL))
		refuse("the query may have other rows each time");
	if (mh_distrust_query(making->analysed->query) != NULL)
		refuse("the query may run code that is not built in");
	find_values(making);
	add_tables(making);
	add_number(making);
	if (making->target != NULL)
		number_columns(making);
	else
	{
		making->rows->values = making->values;
		making->rows->n_values = making->n_values;
	}
	making->rows->is_whole = making->target != NULL;
	write_rows(making);
}

/* A row that meets several others is changed by any of them. */
static void
refuse_repeated(void *arg)
{
	const Making *making = arg;
	MhIdentity identity = mh_preflight_begin(true);

	if (mh_rows_of_query(making->repeated) != NULL)
		refuse("a row is changed by several others");
	mh_end(&identity);
}

const MhModelRows *
mh_rows_of_analysed(MhReviewServer *server, MhAnalysedQuery *analysed,
					const MhReviewQueryAnswer *answer)
{
	Making making = {analysed};
	bool is_late = false;

	making.answer = answer;
	making.rows = palloc0(sizeof(MhModelRows));
	if (!server->options->check_data || server->rows_text > MOST_TEXTS ||
		mh_try(make_rows, &making) != NULL)
		return NULL;
	server->rows_text += strlen(making.rows->sql) + strlen(making.rows->sources);
	if (making.repeated != NULL &&
		(mh_try_until(refuse_repeated, &making, server->deadline, &is_late) != NULL || is_late))
		return NULL;
	return making.rows;
}
