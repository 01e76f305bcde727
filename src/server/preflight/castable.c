/*-------------------------------------------------------------------------
 *
 * castable.c
 *	  Finds what a change of a column's type would do to its values.
 *
 * The cast, and whether it rewrites the table, are determined as tablecmds.c does for ALTER TABLE
 * ... ALTER COLUMN ... TYPE.
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/cast.h"

#include "server/base/progress.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/heap.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "executor/spi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_type.h"
#include "rewrite/rewriteHandler.h"
#include "server/base/code_guard.h"
#include "server/base/expression_size.h"
#include "server/base/trust.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#define ROWS_AT_ONCE 1000

/* A column and its new type. */
typedef struct Change
{
	Relation table;
	AttrNumber number;
	Form_pg_attribute column;
	Oid type;
	int32 typmod;
	MhCastableRows rows;
	MhCast cast;
} Change;

static void
open_change(Change *change, Oid table, const char *column, const char *new_type)
{
	change->table = mh_preflight_open(table);
	change->number = mh_preflight_column(change->table, column);
	change->column = TupleDescAttr(RelationGetDescr(change->table), change->number - 1);
	if (change->column->attinhcount > 0 && change->rows != MH_CASTABLE_OWN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("cannot alter inherited column \"%s\"", NameStr(change->column->attname)),
				 errhint("Ask about the table that it is inherited from.")));
	parseTypeString(mh_from_utf8(new_type), &change->type, &change->typmod, NULL);
	mh_preflight_refuse_type(change->column->atttypid);
	mh_preflight_refuse_type(change->type);
	CheckAttributeType(NameStr(change->column->attname), change->type,
					   get_typcollation(change->type),
					   list_make1_oid(change->table->rd_rel->reltype), 0);
}

/*
 * Returns the expression that converts the column's value by an assignment or explicit cast; NULL:
 * there is no such cast.
 */
static Node *
coerce_value(const Change *change, bool is_explicit)
{
	CaseTestExpr *value = makeNode(CaseTestExpr);

	value->typeId = change->column->atttypid;
	value->typeMod = change->column->atttypmod;
	value->collation = change->column->attcollation;
	return coerce_to_target_type(NULL, (Node *) value, value->typeId, change->type, change->typmod,
								 is_explicit ? COERCION_EXPLICIT : COERCION_ASSIGNMENT,
								 is_explicit ? COERCE_EXPLICIT_CAST : COERCE_IMPLICIT_CAST, -1);
}

static void
find_cast(Change *change)
{
	MhCast *cast = &change->cast;
	Node *expression = coerce_value(change, false);

	cast->source = change->column->atttypid;
	cast->target = change->type;
	cast->needs_using = expression == NULL;
	if (expression == NULL)
		expression = coerce_value(change, true);
	if (expression == NULL)
		ereport(ERROR, (errcode(ERRCODE_CANNOT_COERCE),
						errmsg("cannot cast type %s to %s", format_type_be(cast->source),
							   format_type_be(cast->target))));
	assign_expr_collations(NULL, expression);
	mh_refuse_code(mh_distrust_expression(expression));
	cast->expression = expression_planner((Expr *) expression);
}

/* As ATColumnChangeRequiresRewrite(). */
static bool
rewrites_table(Node *node)
{
	while (!IsA(node, CaseTestExpr))
	{
		FuncExpr *call = (FuncExpr *) node;

		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, CoerceToDomain))
		{
			if (mh_domain_has_checks(((CoerceToDomain *) node)->resulttype))
				return true;
			node = (Node *) ((CoerceToDomain *) node)->arg;
		}
		else if (IsA(node, FuncExpr) && !TimestampTimestampTzRequiresRewrite() &&
				 (call->funcid == F_TIMESTAMPTZ_TIMESTAMP ||
				  call->funcid == F_TIMESTAMP_TIMESTAMPTZ))
			node = linitial(call->args);
		else
			return true;
	}
	return false;
}

/* Returns whether the default cannot be converted: that needs an assignment cast. */
static bool
has_stubborn_default(const Change *change)
{
	Node *expression;

	if (!change->column->atthasdef || change->column->attgenerated != '\0')
		return false;
	expression = build_column_default(change->table, change->number);
	if (expression == NULL)
		return false;
	expression = strip_implicit_coercions(expression);
	return coerce_to_target_type(NULL, expression, exprType(expression), change->type,
								 change->typmod, COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST,
								 -1) == NULL;
}

static char *
table_name(Relation table)
{
	return mh_quote_qualified_identifier(get_namespace_name(RelationGetNamespace(table)),
										 RelationGetRelationName(table));
}

static MhStrings
find_dependents(const Change *change)
{
	MhStrings found = mh_dependents_find(change->table, change->number);
	MhStrings all = {0, NULL};

	if (has_stubborn_default(change))
		mh_strings_add(&all,
					   mh_to_utf8(psprintf("default value for column %s of table %s",
										   mh_quote_identifier(NameStr(change->column->attname)),
										   table_name(change->table))));
	for (int i = 0; i < found.n; i++)
		mh_strings_add(&all, found.v[i]);
	return all;
}

/* Returns the planner's estimate of rows of the table and those below. */
static double
estimate_rows(Relation table)
{
	double sum = 0;
	ListCell *cell;

	foreach (cell, find_all_inheritors(RelationGetRelid(table), AccessShareLock, NULL))
	{
		Relation relation = table_open(lfirst_oid(cell), NoLock);
		BlockNumber pages;
		double rows;
		double visible;

		if (relation->rd_rel->relkind == RELKIND_RELATION)
		{
			estimate_rel_size(relation, NULL, &pages, &rows, &visible);
			sum += rows;
		}
		table_close(relation, NoLock);
	}
	return sum;
}

/*
 * Returns the query for the values.  Of large tables it reads a sample of pages, the same ones each
 * time.
 */
static char *
values_query(const Change *change, MhCastable *castable)
{
	double rows = change->rows == MH_CASTABLE_SAMPLE ? estimate_rows(change->table) : 0;
	char *query = psprintf(
		"SELECT v.%s FROM %s%s AS v", mh_quote_identifier(NameStr(change->column->attname)),
		change->rows == MH_CASTABLE_OWN ? "ONLY " : "", table_name(change->table));

	if (rows <= MH_CASTABLE_ROWS)
		return query;
	castable->estimated_rows = rows;
	return psprintf("%s TABLESAMPLE pg_catalog.system (%g) REPEATABLE (0)", query,
					100.0 * MH_CASTABLE_ROWS / rows);
}

/* Tries the values of one fetch. */
static void
try_fetched(MhCastTrial *trial)
{
	SPITupleTable *table = SPI_tuptable;
	Datum values[ROWS_AT_ONCE];
	bool nulls[ROWS_AT_ONCE];
	int n = (int) SPI_processed;

	for (int i = 0; i < n; i++)
		values[i] = SPI_getbinval(table->vals[i], table->tupdesc, 1, &nulls[i]);
	mh_cast_try(trial, values, nulls, n);
	SPI_freetuptable(table);
}

typedef struct Trying
{
	const MhCast *cast;
	int max_samples;
	MhCastTrial *trial;
	const char *query;
} Trying;

static void
try_rows(void *arg)
{
	Trying *trying = arg;
	Portal portal;
	uint64 n;
	int64 done = 0;

	trying->trial = mh_cast_trial_begin(trying->cast, trying->max_samples);
	SPI_connect();
	portal = SPI_cursor_open_with_args(NULL, trying->query, 0, NULL, NULL, NULL, true, 0);
	do
	{
		SPI_cursor_fetch(portal, true, ROWS_AT_ONCE);
		n = SPI_processed; /* a cast may run queries of its own */
		try_fetched(trying->trial);
		done += (int64) n;
		mh_progress("rows were cast", done, 0);
	} while (n > 0);
	SPI_cursor_close(portal);
	SPI_finish();
}

MhCastable *
mh_castable_find(Oid table, const char *column, const char *new_type, int max_samples,
				 MhCastableRows rows)
{
	/* not pinned: the type is looked up as ALTER TABLE would */
	MhIdentity identity = mh_preflight_begin(false);
	MhCastable *castable = palloc0(sizeof(MhCastable));
	Trying trying;
	Change change = {.rows = rows};

	open_change(&change, table, column, new_type);
	find_cast(&change);
	mh_preflight_notice_hidden(change.table);
	castable->needs_using = change.cast.needs_using;
	castable->rewrites_table = rewrites_table((Node *) change.cast.expression);
	castable->dependents = find_dependents(&change);
	mh_preflight_refuse_code(change.table);
	trying.cast = &change.cast;
	trying.max_samples = max_samples;
	trying.query = values_query(&change, castable);
	mh_guard_code(try_rows, &trying);
	mh_cast_trial_end(trying.trial, castable);
	relation_close(change.table, NoLock);
	mh_end(&identity);
	return castable;
}
