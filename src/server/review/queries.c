/*-------------------------------------------------------------------------
 *
 * queries.c
 *	  Queries of a script: whether the server would accept them, and what columns they have.
 *
 * A query is analysed over the model: each relation in it is replaced by a query without tables,
 * whose columns have the names and types of the model's.  So the analysis opens no relation and
 * takes no lock, whatever the script did before.  Nothing is planned or run.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/transam.h"
#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "server/base/trust.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* The analysis compares the names of all tables with each other, and cannot be interrupted. */
#define MOST_READS 1000

/* Columns of all that is read, with those of a table that is read twice counted twice. */
#define MOST_COLUMNS 20000

typedef struct Analysis
{
	const MhReviewServer *server;
	const MhReviewQuery *query;
	MhReviewQueryAnswer *answer;
	List *aliases;   /* of what stands for relations, */
	List *sources;   /* and for which, int */
	List *names;     /* of columns that the query names, ColumnRef * */
	const char *why; /* it cannot be analysed; NULL: it can */
	bool has_star;
	int n_columns;
	Query *result;
	List *values;        /* of the result, before they were converted for their targets */
	MhReviewQuery found; /* where relations are looked up as they are met */
	List *names_of_with;
} Analysis;

static void
give_up(Analysis *analysis, const char *why)
{
	if (analysis->why == NULL)
		analysis->why = why;
}

/* Those of one WITH are compared with each other, too. */
static bool
has_many_queries(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, WithClause) && list_length(((WithClause *) node)->ctes) > MOST_READS)
		return true;
	return raw_expression_tree_walker(node, has_many_queries, unused);
}

/* ---------- what stands for a relation ---------- */

static bool
collect_names_of_with(Node *node, void *arg)
{
	Analysis *analysis = arg;

	if (node == NULL)
		return false;
	if (IsA(node, CommonTableExpr))
		analysis->names_of_with =
			lappend(analysis->names_of_with, ((CommonTableExpr *) node)->ctename);
	return raw_expression_tree_walker(node, collect_names_of_with, arg);
}

static bool
is_name_of_with(Analysis *analysis, const char *name)
{
	ListCell *cell;

	foreach (cell, analysis->names_of_with)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

static ResTarget *
typed_null(const char *name, Oid type, int32 typmod)
{
	ResTarget *target = makeNode(ResTarget);
	TypeCast *cast = makeNode(TypeCast);
	A_Const *null = makeNode(A_Const);

	null->isnull = true;
	null->location = -1;
	cast->arg = (Node *) null;
	cast->typeName = makeTypeNameFromOid(type, typmod);
	cast->location = -1;
	target->name = mh_from_utf8(pstrdup(name));
	target->val = (Node *) cast;
	target->location = -1;
	return target;
}

static void
add_column(Analysis *analysis, List **columns, const MhModelColumn *column)
{
	if (column->type == 0 || column->type >= MH_FIRST_MODEL_ID)
		give_up(analysis, "the type of a column is not known");
	else if (mh_distrust_type(column->type) != NULL)
		give_up(analysis, "the query may name code that is not built in");
	else if (get_typtype(column->type) == TYPTYPE_PSEUDO ||
			 column->collation != get_typcollation(column->type))
		give_up(analysis, "a column has a type or collation that is not followed");
	else
		*columns = lappend(*columns, typed_null(column->name, column->type, column->typmod));
}

/* Columns of a system catalog, which the model does not have. */
static void
add_columns_of_catalog(Analysis *analysis, List **columns, Oid relation)
{
	HeapTuple tuple;

	for (int i = 1;
		 (tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(i))) != NULL;
		 i++)
	{
		Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
		MhModelColumn column = {.name = mh_to_utf8(pstrdup(NameStr(form->attname))),
								.type = form->atttypid,
								.typmod = form->atttypmod,
								.collation = form->attcollation};

		ReleaseSysCache(tuple);
		add_column(analysis, columns, &column);
	}
}

static bool
names_column(const Analysis *analysis, const char *name)
{
	ListCell *cell;

	foreach (cell, analysis->names)
	{
		Node *last = llast(((ColumnRef *) lfirst(cell))->fields);

		if (IsA(last, String) && strcmp(strVal(last), name) == 0)
			return true;
	}
	return false;
}

/* System columns are there only if something names them: a star does not mean them. */
static void
add_system_columns(Analysis *analysis, List **columns, char kind)
{
	static const struct
	{
		const char *name;
		Oid type;
	} system[] = {{"tableoid", OIDOID}, {"cmax", CIDOID}, {"xmax", XIDOID},
				  {"cmin", CIDOID},     {"xmin", XIDOID}, {"ctid", TIDOID}};

	for (int i = 0; i < (int) lengthof(system); i++)
	{
		if (kind == 'v' || !names_column(analysis, system[i].name))
			continue;
		if (analysis->has_star)
			give_up(analysis, "the query names system columns");
		*columns = lappend(*columns, typed_null(system[i].name, system[i].type, -1));
	}
}

static SelectStmt *
stand_in(Analysis *analysis, const MhModelRelation *relation)
{
	SelectStmt *select = makeNode(SelectStmt);

	analysis->n_columns += relation->n_columns;
	if (analysis->n_columns > MOST_COLUMNS)
		give_up(analysis, "the query reads so many columns that it is not analysed");
	if (relation->is_opaque)
		give_up(analysis, "the columns of what it reads are not known");
	for (int i = 0; i < relation->n_columns && analysis->why == NULL; i++)
		if (!relation->columns[i].is_gone)
			add_column(analysis, &select->targetList, &relation->columns[i]);
	if (relation->is_system)
		add_columns_of_catalog(analysis, &select->targetList, relation->id);
	add_system_columns(analysis, &select->targetList, relation->kind);
	return select;
}

static int
find_given_source(const MhReviewQuery *query, const MhReviewName name)
{
	for (int i = 0; i < query->n_sources; i++)
		if (strcmp(query->sources[i].name.name, name.name) == 0 &&
			(query->sources[i].name.schema == NULL
				 ? name.schema == NULL
				 : name.schema != NULL && strcmp(query->sources[i].name.schema, name.schema) == 0))
			return i;
	return -1;
}

/* A relation that is looked up now; one that is not there gets a name that nothing has. */
static int
look_up_source(Analysis *analysis, RangeVar *relation)
{
	MhReviewName name = mh_fact_name(relation);
	MhModelRelation *found;

	if (relation->schemaname == NULL && is_name_of_with(analysis, relation->relname))
		return -1;
	found = mh_review_find_relation(analysis->server->review, &name);
	if (found == NULL || strchr("iIS", found->kind) != NULL)
	{
		if (found != NULL || relation->catalogname != NULL)
			give_up(analysis, "the query names what is no table");
		relation->schemaname = "pg_catalog";
		relation->relname = "no such relation of mighead";
		return -1;
	}
	analysis->found.sources = mh_with_room(unconstify(MhReviewSource *, analysis->found.sources),
										   analysis->found.n_sources, sizeof(MhReviewSource));
	unconstify(MhReviewSource *, analysis->found.sources)[analysis->found.n_sources] =
		(MhReviewSource){name, found, false};
	return analysis->found.n_sources++;
}

static int
find_source(Analysis *analysis, RangeVar *relation)
{
	int found = find_given_source(analysis->query, mh_fact_name(relation));

	return found < 0 && analysis->query == &analysis->found ? look_up_source(analysis, relation)
															: found;
}

static void
replace_relation(Analysis *analysis, Node **node)
{
	RangeVar *relation = (RangeVar *) *node;
	RangeSubselect *replaced;
	int source;

	if (*node == NULL || !IsA(relation, RangeVar))
		return;
	source = find_source(analysis, relation);
	/* a name of WITH */
	if (source < 0)
		return;
	replaced = makeNode(RangeSubselect);
	replaced->subquery = (Node *) stand_in(analysis, analysis->query->sources[source].relation);
	replaced->alias =
		relation->alias != NULL ? copyObject(relation->alias) : makeAlias(relation->relname, NIL);
	analysis->aliases = lappend(analysis->aliases, replaced->alias);
	analysis->sources = lappend_int(analysis->sources, source);
	*node = (Node *) replaced;
}

/* ---------- names ---------- */

static bool
collect_names(Node *node, void *arg)
{
	Analysis *analysis = arg;

	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
	{
		analysis->names = lappend(analysis->names, node);
		if (IsA(llast(((ColumnRef *) node)->fields), A_Star))
			analysis->has_star = true;
		/* the schema of a table is not there any more */
		if (list_length(((ColumnRef *) node)->fields) > 2)
			give_up(analysis, "a column is named with its schema");
		return false;
	}
	return raw_expression_tree_walker(node, collect_names, arg);
}

static bool
replace_relations(Node *node, void *arg)
{
	Analysis *analysis = arg;
	ListCell *cell;

	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_SelectStmt:
			foreach (cell, ((SelectStmt *) node)->fromClause)
				replace_relation(analysis, (Node **) &lfirst(cell));
			break;
		case T_JoinExpr:
			replace_relation(analysis, &((JoinExpr *) node)->larg);
			replace_relation(analysis, &((JoinExpr *) node)->rarg);
			break;
		case T_RangeTableSample:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			give_up(analysis, "the query is not analysed");
			return true;
		case T_LockingClause:
		case T_ColumnRef:
			return false;
		default:
			break;
	}
	return raw_expression_tree_walker(node, replace_relations, arg);
}

static bool
finds_names_of_with(Node *node, void *arg)
{
	const Analysis *analysis = arg;
	ListCell *cell;

	if (node == NULL)
		return false;
	if (IsA(node, WithClause))
		foreach (cell, ((WithClause *) node)->ctes)
			for (int i = 0; i < analysis->query->n_sources; i++)
				if (analysis->query->sources[i].name.schema == NULL &&
					strcmp(analysis->query->sources[i].name.name,
						   mh_fact_text(lfirst_node(CommonTableExpr, cell)->ctename)) == 0)
					return true;
	return raw_expression_tree_walker(node, finds_names_of_with, arg);
}

static bool
is_alias(const Analysis *analysis, const char *name)
{
	ListCell *cell;

	foreach (cell, analysis->aliases)
		if (strcmp(lfirst_node(Alias, cell)->aliasname, name) == 0)
			return true;
	return false;
}

/* Names that mean more where the relations themselves are there: whole rows, functions of them. */
static bool
may_mean_more(const Analysis *analysis)
{
	ListCell *cell;

	foreach (cell, analysis->names)
	{
		List *fields = ((ColumnRef *) lfirst(cell))->fields;
		Node *last = llast(fields);

		if (list_length(fields) == 1 && IsA(last, String) && is_alias(analysis, strVal(last)))
			return true;
		if (list_length(fields) > 1 && IsA(last, String) &&
			FuncnameGetCandidates(list_make1(last), -1, NIL, false, false, false, true) != NULL)
			return true;
	}
	return false;
}

static bool
has_groups(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, SelectStmt) && ((SelectStmt *) node)->groupClause != NIL)
		return true;
	return raw_expression_tree_walker(node, has_groups, unused);
}

/* Columns that depend on a primary key need not be grouped, and tables of two schemas may have one name. */
static bool
may_pass_over_relations(const Analysis *analysis, int sqlerrcode)
{
	if (sqlerrcode == ERRCODE_DUPLICATE_ALIAS)
		return true;
	if (!has_groups((Node *) analysis->query->tree, NULL))
		return false;
	for (int i = 0; sqlerrcode == ERRCODE_GROUPING_ERROR && i < analysis->query->n_sources; i++)
		for (int k = 0; k < analysis->query->sources[i].relation->n_constraints; k++)
			if (analysis->query->sources[i].relation->constraints[k].type == 'p')
				return true;
	return false;
}

/* ---------- the analysed query ---------- */

/* Where the columns of relations are used. */
typedef struct Using
{
	const Analysis *analysis;
	List *queries; /* around what is looked at, the innermost first */
	bool has_whole;
} Using;

static bool find_used(Node *node, void *arg);

static void
note_used(Using *using, const Query *query, const Var *var)
{
	const RangeTblEntry *entry = rt_fetch(var->varno, query->rtable);
	MhReviewQueryAnswer *answer = using->analysis->answer;
	MhReviewUsedColumn *used;
	ListCell *cell;
	int i = 0;

	if (var->varattno == 0)
		using->has_whole = true;
	/* a column of USING */
	if (entry->rtekind == RTE_JOIN && var->varattno > 0)
		(void) find_used(list_nth(entry->joinaliasvars, var->varattno - 1), using);
	if (entry->rtekind != RTE_SUBQUERY || var->varattno <= 0)
		return;
	foreach (cell, using->analysis->aliases)
	{
		if (lfirst(cell) == entry->alias)
			break;
		i++;
	}
	if (cell == NULL)
		return;
	answer->used = mh_with_room(answer->used, answer->n_used, sizeof(MhReviewUsedColumn));
	used = &answer->used[answer->n_used++];
	used->relation =
		using->analysis->query->sources[list_nth_int(using->analysis->sources, i)].relation;
	used->column = mh_to_utf8(pstrdup(
		list_nth_node(TargetEntry, entry->subquery->targetList, var->varattno - 1)->resname));
}

static bool
find_used(Node *node, void *arg)
{
	Using *using = arg;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		const Var *var = (const Var *) node;

		note_used(using, list_nth(using->queries, (int) var->varlevelsup), var);
		return false;
	}
	if (IsA(node, Query))
	{
		bool found;

		using->queries = lcons(node, using->queries);
		found = query_tree_walker((Query *) node, find_used, arg, QTW_IGNORE_JOINALIASES);
		using->queries = list_delete_first(using->queries);
		return found;
	}
	return expression_tree_walker(node, find_used, arg);
}

static void
describe_columns(Analysis *analysis)
{
	MhReviewQueryAnswer *answer = analysis->answer;
	ListCell *cell;

	foreach (cell, analysis->result->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, cell);
		MhModelColumn *column;

		if (entry->resjunk)
			continue;
		answer->columns = mh_with_room(answer->columns, answer->n_columns, sizeof(MhModelColumn));
		column = &answer->columns[answer->n_columns++];
		memset(column, 0, sizeof(*column));
		column->name = mh_to_utf8(pstrdup(entry->resname == NULL ? "?column?" : entry->resname));
		column->type = exprType((Node *) entry->expr);
		if (analysis->query->is_creating && get_typtype(column->type) == TYPTYPE_PSEUDO)
			give_up(analysis, "a column has a type that no table can have");
		column->typmod = exprTypmod((Node *) entry->expr);
		column->collation = exprCollation((Node *) entry->expr);
		column->type_name = mh_to_utf8(format_type_with_typemod(column->type, column->typmod));
		column->not_null = mh_is_never_null((Node *) entry->expr);
		column->is_local = true;
	}
}

/* The values go into columns, as those of INSERT. */
static void
coerce_values(Analysis *analysis)
{
	ListCell *cell;
	int i = 0;

	foreach (cell, analysis->result->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		const MhModelColumn *target;
		Node *value = (Node *) entry->expr;

		if (!entry->resjunk)
			analysis->values = lappend(analysis->values, entry->expr);
		if (entry->resjunk || i >= analysis->query->n_targets)
			continue;
		target = analysis->query->targets[i++];
		if (target->type == 0 || target->type >= MH_FIRST_MODEL_ID ||
			mh_distrust_type(target->type) != NULL)
		{
			give_up(analysis, "values of the type are not made here");
			return;
		}
		value = coerce_to_target_type(NULL, value, exprType(value), target->type, target->typmod,
									  COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
		if (value == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" is of type %s but expression is of type %s",
							mh_from_utf8(pstrdup(target->name)), format_type_be(target->type),
							format_type_be(exprType((Node *) entry->expr)))));
		assign_expr_collations(NULL, value);
		entry->expr = (Expr *) value;
	}
}

static void
check_number(const Analysis *analysis)
{
	int n = 0;
	ListCell *cell;

	foreach (cell, analysis->result->targetList)
		n += !lfirst_node(TargetEntry, cell)->resjunk;
	if (analysis->query->is_insert && n > analysis->query->n_targets)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("INSERT has more expressions than target columns")));
	if (analysis->query->is_insert && analysis->query->has_list && n < analysis->query->n_targets)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("INSERT has more target columns than expressions")));
}

/* Whether it reads only what cannot fail. */
static bool
has_safe_sources(const MhReviewQuery *query)
{
	for (int i = 0; i < query->n_sources; i++)
		if (!query->sources[i].is_safe)
			return false;
	return true;
}

/* Built-in functions that are volatile, and change no schema, no rows and no setting. */
static bool
is_quiet(Oid function)
{
	static const char *const names[] = {"setval",
										"pg_get_serial_sequence",
										"clock_timestamp",
										"timeofday",
										"gen_random_uuid",
										"random",
										"pg_advisory_lock",
										"pg_advisory_lock_shared",
										"pg_advisory_xact_lock",
										"pg_advisory_xact_lock_shared",
										"pg_try_advisory_lock",
										"pg_try_advisory_xact_lock",
										"pg_advisory_unlock",
										"pg_advisory_unlock_shared",
										"pg_advisory_unlock_all",
										"pg_sleep",
										"nextval"};

	return mh_is_built_in_function(function, names, lengthof(names));
}

static bool
may_change(Oid function, void *unused)
{
	return func_volatile(function) == PROVOLATILE_VOLATILE && !is_quiet(function);
}

static bool
changes_anything(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, may_change, unused) || IsA(node, NextValueExpr))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, changes_anything, unused, 0);
	return expression_tree_walker(node, changes_anything, unused);
}

/* setval() of constants: fails as it would when it runs.  Returns false if it is something else. */
static bool
check_setval(const Node *node)
{
	const FuncExpr *call = (const FuncExpr *) node;
	ListCell *cell;
	HeapTuple tuple;
	Form_pg_sequence form;
	int64 value;
	bool is_out;

	if (!IsA(node, FuncExpr) ||
		(call->funcid != F_SETVAL_REGCLASS_INT8 && call->funcid != F_SETVAL_REGCLASS_INT8_BOOL))
		return false;
	foreach (cell, call->args)
		if (!IsA(lfirst(cell), Const) || ((const Const *) lfirst(cell))->constisnull)
			return false;
	tuple = SearchSysCache1(SEQRELID, linitial_node(Const, call->args)->constvalue);
	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_sequence) GETSTRUCT(tuple);
	value = DatumGetInt64(lsecond_node(Const, call->args)->constvalue);
	is_out = value < form->seqmin || value > form->seqmax;
	ReleaseSysCache(tuple);
	if (is_out)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("the value is out of the bounds of the sequence")));
	return true;
}

static bool
only_sets_sequences(const MhReviewServer *server, const Query *query)
{
	ListCell *cell;

	if (mh_is_elsewhere(server) || !mh_runs_as_superuser(server) || query->rtable != NIL ||
		query->hasSubLinks || query->targetList == NIL)
		return false;
	foreach (cell, query->targetList)
		if (!check_setval((const Node *) lfirst_node(TargetEntry, cell)->expr))
			return false;
	return true;
}

/* Without rows the planner computes what can be: what fails there fails here. */
static void
fold_constants(Query *query)
{
	if (query->rtable == NIL && !query->hasSubLinks && !query->hasTargetSRFs &&
		query->cteList == NIL)
		query->targetList = (List *) eval_const_expressions(NULL, (Node *) query->targetList);
}

static void
judge_result(Analysis *analysis)
{
	Using using = {analysis};
	Query *query = analysis->result;

	if (analysis->query->is_part &&
		(query->hasAggs || query->hasWindowFuncs || query->hasTargetSRFs))
		give_up(analysis, "whether an aggregate may be used here");
	check_number(analysis);
	coerce_values(analysis);
	(void) find_used((Node *) query, &using);
	if (using.has_whole)
		give_up(analysis, "the query names a whole row");
	describe_columns(analysis);
	if (!analysis->query->is_idle)
		fold_constants(query);
	analysis->answer->answer.changes_nothing = !changes_anything((Node *) query, NULL);
	analysis->answer->cannot_fail =
		has_safe_sources(analysis->query) && (mh_query_cannot_fail(query, analysis->aliases) ||
											  only_sets_sequences(analysis->server, query));
	analysis->answer->has_groups = mh_query_groups(query, &analysis->answer->groups);
}

static void
analyse(void *arg)
{
	Analysis *analysis = arg;
	Node *tree = copyObject(unconstify(Node *, (const Node *) analysis->query->tree));
	ParseState *state = make_parsestate(NULL);

	if (has_many_queries(tree, NULL))
		ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
						errmsg("WITH has more than %d queries", MOST_READS)));
	if (mh_names_untrusted(tree, true))
	{
		give_up(analysis, "the query may name code that is not built in");
		return;
	}
	if (finds_names_of_with(tree, analysis))
		give_up(analysis, "a query of WITH has the name of a table");
	(void) collect_names(tree, analysis);
	(void) replace_relations(tree, analysis);
	if (analysis->why != NULL)
		return;
	/* the literals of INSERT and UPDATE take the types of their columns */
	state->p_resolve_unknowns = analysis->query->n_targets == 0;
	analysis->result = transformStmt(state, tree);
	judge_result(analysis);
}

void
mh_world_query(void *arg, const MhReviewQuery *query, MhReviewQueryAnswer *answer)
{
	Analysis analysis = {arg, query, answer};
	ErrorData *error;

	if (query->n_reads > MOST_READS)
		analysis.why = "the query reads so many tables that it is not analysed";
	error = analysis.why != NULL ? NULL : mh_try(analyse, &analysis);
	if (analysis.why == NULL && error != NULL &&
		(may_mean_more(&analysis) || may_pass_over_relations(&analysis, error->sqlerrcode)))
		analysis.why = mh_to_utf8(pstrdup(error->message));
	if (analysis.why != NULL)
		answer->answer = (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL, analysis.why};
	else if (error != NULL)
		answer->answer = mh_refusal(error);
	else
		answer->answer.passes = MH_TRUTH_YES;
	if (answer->answer.passes != MH_TRUTH_YES)
		answer->cannot_fail = false;
	else if (query->wants_rows && !mh_is_elsewhere(analysis.server))
		answer->rows =
			mh_rows_of_analysed(arg,
								&(MhAnalysedQuery){query, analysis.result, analysis.aliases,
												   analysis.sources, analysis.values},
								answer);
}

/* ---------- bodies of functions ---------- */

typedef struct Running
{
	Analysis *analysis;
	Node *tree;
	void (*run)(Node *tree, void *arg);
	void *arg;
} Running;

static void
run_over_model(void *arg)
{
	Running *running = arg;
	Analysis *analysis = running->analysis;

	if (has_many_queries(running->tree, NULL))
		ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
						errmsg("WITH has more than %d queries", MOST_READS)));
	if (mh_names_untrusted(running->tree, true))
	{
		give_up(analysis, "the body may name code that is not built in");
		return;
	}
	(void) collect_names_of_with(running->tree, analysis);
	(void) collect_names(running->tree, analysis);
	(void) replace_relations(running->tree, analysis);
	/* one name of WITH may be that of a table elsewhere in the text */
	for (int i = 0; i < analysis->found.n_sources; i++)
		if (analysis->found.sources[i].name.schema == NULL &&
			is_name_of_with(analysis, analysis->found.sources[i].name.name))
			give_up(analysis, "a query of WITH has the name of a table");
	if (list_length(analysis->aliases) > MOST_READS ||
		list_length(analysis->names_of_with) > MOST_READS)
		give_up(analysis, "the body reads so many tables that it is not analysed");
	if (analysis->why == NULL)
		running->run(running->tree, running->arg);
}

MhReviewAnswer
mh_analyse_over_model(const MhReviewServer *server, Node *tree, void (*run)(Node *tree, void *arg),
					  void *arg)
{
	Analysis analysis = {server};
	MhReviewQueryAnswer answer = {{MH_TRUTH_UNKNOWN}};
	Running running = {&analysis, tree, run, arg};
	ErrorData *error;

	analysis.query = &analysis.found;
	analysis.found.tree = tree;
	analysis.answer = &answer;
	error = mh_try(run_over_model, &running);
	if (analysis.why == NULL && error != NULL &&
		(may_mean_more(&analysis) || may_pass_over_relations(&analysis, error->sqlerrcode)))
		analysis.why = mh_to_utf8(pstrdup(error->message));
	if (analysis.why != NULL)
		return mh_answer_unknown(analysis.why);
	return error == NULL ? mh_answer_yes() : mh_refusal(error);
}
