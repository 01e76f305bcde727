/*-------------------------------------------------------------------------
 *
 * after.c
 *	  What the rows decide, as the script leaves them.
 *
 * The layers of a table (core/review/layers.c) become a query over its live rows, which has the columns
 * of the model under the names c1, c2 and so on.  Each layer is a query of its own, so that
 * neither its text nor its plan grows with those around it.  What is asked of live rows (rows.c) is
 * then asked of that query, with the same rule: nothing is evaluated but what is trusted.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "server/base/expression_size.h"
#include "server/base/query.h"
#include "server/base/trust.h"
#include "server/preflight/preflight.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/ruleutils.h"

#define MOST_SAMPLES 3

/* Bytes of a query for rows; a text in it is there once for each table that reads it. */
#define MOST_TEXT 1000000

/* What a question may put into temporary files, in kB. */
#define MOST_TEMPORARY 1048576

/* Stands for the values of columns that are not followed; nothing reads it. */
#define NO_VALUE "NULL::pg_catalog.int4"

typedef struct Asking
{
	const MhReviewQuestion *question;
	Node *node; /* analysed; NULL: there is none */
	List *keys; /* of an index */
	char *source;
	char *partner;
	MhReviewAnswer answer;
} Asking;

static void
refuse(const char *why)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("%s", why)));
}

/* ---------- expressions ---------- */

bool
mh_is_usable_column(const MhModelColumn *column)
{
	return mh_is_known_type(column->type) && !column->is_retyped && column->generated != 'v' &&
		   mh_distrust_type(column->type) == NULL &&
		   column->collation == get_typcollation(column->type);
}

static bool
names_unusable(Node *node, void *arg)
{
	const MhModelRelation *relation = arg;

	if (node == NULL)
		return false;
	if (IsA(node, Param))
	{
		const Param *column = (const Param *) node;

		return column->paramkind != PARAM_EXTERN || column->paramid <= 0 ||
			   column->paramid > relation->n_columns ||
			   !mh_is_usable_column(&relation->columns[column->paramid - 1]) ||
			   relation->columns[column->paramid - 1].type != column->paramtype;
	}
	return expression_tree_walker(node, names_unusable, arg);
}

/* Replaces $1 by c1, outside of literals and names. */
static char *
with_column_names(const char *text, const char *alias)
{
	StringInfoData named;
	char quote = '\0';

	initStringInfo(&named);
	for (const char *at = text; *at != '\0'; at++)
	{
		if (quote != '\0')
			quote = *at == quote ? '\0' : quote;
		else if (*at == '\'' || *at == '"')
			quote = *at;
		if (quote == '\0' && *at == '$' && at[1] >= '0' && at[1] <= '9')
			appendStringInfo(&named, "%s.c", alias);
		else
			appendStringInfoChar(&named, *at);
	}
	return named.data;
}

char *
mh_sql_of_value(const void *node, const char *alias)
{
	Node *copy = copyObject(unconstify(Node *, (const Node *) node));

	if (mh_distrust_expression(copy) != NULL)
		refuse("an expression may run code that is not built in");
	return with_column_names(deparse_expression(mh_with_casts(copy), NIL, false, false), alias);
}

/* An expression over the columns of a relation as SQL. */
static char *
sql_of(const MhModelRelation *relation, const void *node, const char *alias)
{
	char *text = mh_sql_of_value(node, alias);

	if (names_unusable(unconstify(Node *, (const Node *) node),
					   unconstify(MhModelRelation *, relation)))
		refuse("the script changes them");
	return text;
}

static char *
null_of(const MhModelColumn *column)
{
	return mh_is_usable_column(column)
			   ? psprintf("NULL::%s", format_type_with_typemod(column->type, column->typmod))
			   : NO_VALUE;
}

static char *
sql_of_value(const MhModelRelation *relation, int column, const MhReviewValue *value)
{
	if (value->node == NULL || value->is_unknown ||
		!mh_is_usable_column(&relation->columns[column]))
		return null_of(&relation->columns[column]);
	return sql_of(relation, value->node, "t");
}

/* ---------- the rows ---------- */

static bool
may_read(Oid table)
{
	return mh_may_use(table, GetUserId(), ACL_SELECT) &&
		   check_enable_rls(table, InvalidOid, true) != RLS_ENABLED;
}

/* The live rows; those of a table that the script made or emptied are none. */
static char *
live_rows(const MhModelRelation *relation)
{
	bool is_empty = relation->is_empty || relation->live_name == NULL;
	StringInfoData rows;

	initStringInfo(&rows);
	appendStringInfoString(&rows, "(SELECT 1 AS c0");
	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhModelColumn *column = &relation->columns[i];

		if (is_empty || column->live_name == NULL || !mh_is_usable_column(column))
			appendStringInfo(&rows, ", %s AS c%d", null_of(column), i + 1);
		else
			appendStringInfo(&rows, ", t.%s AS c%d",
							 mh_quote_identifier(mh_from_utf8(pstrdup(column->live_name))), i + 1);
	}
	if (is_empty)
		appendStringInfoString(&rows, " WHERE false OFFSET 0)");
	else
		appendStringInfo(
			&rows, " FROM ONLY %s AS t OFFSET 0)",
			mh_quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation->id)),
										  get_rel_name(relation->id)));
	return rows.data;
}

static char *
rows_updated(const MhModelRelation *relation, const MhModelLayer *layer, const char *before)
{
	StringInfoData rows;

	initStringInfo(&rows);
	appendStringInfoString(&rows, "(SELECT 1 AS c0");
	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhReviewValue *value = i < layer->n_columns ? &layer->rows[0][i] : NULL;

		if (value == NULL || (value->node == NULL && !value->is_null))
			appendStringInfo(&rows, ", t.c%d AS c%d", i + 1, i + 1);
		else
			appendStringInfo(&rows, ", CASE WHEN t.w THEN %s ELSE t.c%d END AS c%d",
							 sql_of_value(relation, i, value), i + 1, i + 1);
	}
	appendStringInfo(&rows,
					 " FROM (SELECT t.*, COALESCE((%s), false) AS w FROM %s AS t OFFSET 0) AS t"
					 " OFFSET 0)",
					 layer->where == NULL ? "true" : sql_of(relation, layer->where, "t"), before);
	return rows.data;
}

static char *
rows_inserted(const MhModelRelation *relation, const MhModelLayer *layer, const char *before)
{
	StringInfoData rows;

	initStringInfo(&rows);
	appendStringInfo(&rows, "(SELECT t.* FROM %s AS t UNION ALL VALUES", before);
	for (int row = 0; row < layer->n_rows; row++)
	{
		appendStringInfo(&rows, "%s (1", row > 0 ? "," : "");
		for (int i = 0; i < relation->n_columns; i++)
			appendStringInfo(&rows, ", %s",
							 i < layer->n_columns ? sql_of_value(relation, i, &layer->rows[row][i])
												  : null_of(&relation->columns[i]));
		appendStringInfoChar(&rows, ')');
	}
	appendStringInfoChar(&rows, ')');
	return rows.data;
}

static char *
rows_left(const MhModelRelation *relation, const MhModelLayer *layer, const char *before)
{
	return psprintf("(SELECT t.* FROM %s AS t WHERE (%s) IS NOT TRUE OFFSET 0)", before,
					layer->where == NULL ? "true" : sql_of(relation, layer->where, "t"));
}

/* Its columns, and defaults of the others, which name none. */
static char *
rows_of_layer(const MhModelRelation *relation, const MhModelLayer *layer)
{
	StringInfoData rows;

	initStringInfo(&rows);
	appendStringInfoString(&rows, "SELECT 1 AS c0");
	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhReviewValue *value = i < layer->n_columns ? &layer->rows[0][i] : NULL;

		if (value == NULL || value->node == NULL || value->is_unknown ||
			!mh_is_usable_column(&relation->columns[i]))
			appendStringInfo(&rows, ", %s AS c%d", null_of(&relation->columns[i]), i + 1);
		else
			appendStringInfo(&rows, ", %s AS c%d", mh_sql_of_value(value->node, "q"), i + 1);
	}
	appendStringInfo(&rows, " FROM %s AS q", layer->query->sql);
	return rows.data;
}

/* before NULL: there are none */
static char *
rows_selected(const MhModelRelation *relation, const MhModelLayer *layer, const char *before)
{
	if (before == NULL)
		return psprintf("(%s OFFSET 0)", rows_of_layer(relation, layer));
	return psprintf("(SELECT t.* FROM %s AS t UNION ALL %s)", before,
					rows_of_layer(relation, layer));
}

static void
require_readable(Oid table)
{
	if (!ConditionalLockRelationOid(table, AccessShareLock))
		refuse("the table is locked");
	if (get_rel_name(table) == NULL || !may_read(table) || mh_expressions_are_large(table) ||
		mh_distrust_reading(table) != NULL)
		refuse("reading the table may run code that is not built in");
}

static bool
has_live_rows(const MhModelRelation *relation)
{
	return !relation->is_empty && relation->live_name != NULL;
}

/* A layer that has all rows needs none of those before it. */
static int
first_layer(const MhModelRelation *relation)
{
	for (int i = relation->n_layers - 1; i > 0; i--)
		if (relation->layers[i].query != NULL && relation->layers[i].query->is_whole)
			return i;
	return 0;
}

static bool
is_replaced(const MhModelRelation *relation)
{
	const MhModelLayer *layer =
		relation->n_layers == 0 ? NULL : &relation->layers[first_layer(relation)];

	return layer != NULL && layer->query != NULL && layer->query->is_whole;
}

void
mh_tables_of(const MhModelRelation *relation, List **tables)
{
	if (has_live_rows(relation) && !is_replaced(relation))
		*tables = list_append_unique_oid(*tables, relation->id);
	for (int i = first_layer(relation); i < relation->n_layers; i++)
		for (int k = 0;
			 relation->layers[i].query != NULL && k < relation->layers[i].query->n_tables; k++)
			*tables = list_append_unique_oid(*tables, relation->layers[i].query->tables[k]);
}

char *
mh_source_of(const MhModelRelation *relation)
{
	List *tables = NIL;
	ListCell *cell;
	char *rows;

	mh_tables_of(relation, &tables);
	foreach (cell, tables)
		require_readable(lfirst_oid(cell));
	rows = is_replaced(relation) || (relation->n_layers > 0 && !has_live_rows(relation) &&
									 relation->layers[0].kind == 'q')
			   ? NULL
			   : live_rows(relation);
	for (int i = first_layer(relation); i < relation->n_layers; i++)
	{
		const MhModelLayer *layer = &relation->layers[i];

		if (layer->kind == 'q')
			rows = rows_selected(relation, layer, rows);
		else
			rows = layer->kind == 'u'   ? rows_updated(relation, layer, rows)
				   : layer->kind == 'i' ? rows_inserted(relation, layer, rows)
										: rows_left(relation, layer, rows);
		if (strlen(rows) > MOST_TEXT)
			refuse("the script changes them in too many ways");
	}
	return rows;
}

/* ---------- queries ---------- */

char *
mh_rows_of_query(const char *query)
{
	MemoryContext caller = CurrentMemoryContext;
	StringInfoData found;

	initStringInfo(&found);
	SPI_connect();
	if (SPI_execute(query, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read rows");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *value = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

		appendStringInfo(&found, "%s%s", i > 0 ? ", " : "", value == NULL ? "NULL" : value);
	}
	MemoryContextSwitchTo(caller);
	SPI_finish();
	return found.len == 0 ? NULL : found.data;
}

char *
mh_sql_of_other_labels(const char *text, const MhStrings *labels)
{
	return psprintf("(%s) COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.<>)"
					" ALL (%s::pg_catalog.text[])",
					text, quote_literal_cstr(mh_from_utf8(mh_array_text(labels))));
}

static char *
column_of(const MhModelRelation *relation, const char *name, const char *alias)
{
	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && strcmp(relation->columns[i].name, name) == 0)
		{
			if (!mh_is_usable_column(&relation->columns[i]) || relation->columns[i].is_lost)
				break;
			return psprintf("%s.c%d", alias, i + 1);
		}
	refuse("the script changes them");
	return NULL;
}

static char *
columns_of(const MhModelRelation *relation, const MhStrings *names, const char *alias)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < names->n; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", column_of(relation, names->v[i], alias));
	return list.len == 0 ? "s.c0" : list.data;
}

static void
find_rows(Asking *asking, const char *condition, const char *columns, const char *text)
{
	char *found = mh_rows_of_query(psprintf(
		"SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s AS s WHERE %s LIMIT %d",
		columns, asking->source, condition, MOST_SAMPLES));

	asking->answer.passes = found == NULL ? MH_TRUTH_YES : MH_TRUTH_NO;
	asking->answer.detail =
		found == NULL ? NULL
					  : mh_to_utf8(psprintf("%s %s after the script's changes", text, found));
}

static void
find_violations(Asking *asking, const char *condition)
{
	find_rows(asking, condition,
			  columns_of(asking->question->relation, &asking->question->columns, "s"),
			  "rows such as");
}

static char *
sql_of_node(const Asking *asking, const void *node)
{
	return node == NULL ? "true" : sql_of(asking->question->relation, node, "s");
}

static void
ask_groups(Asking *asking, const char *keys, const char *where)
{
	char *found = mh_rows_of_query(
		psprintf("SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s AS s"
				 " WHERE %s GROUP BY %s HAVING pg_catalog.count(*)"
				 " OPERATOR(pg_catalog.>) 1 LIMIT %d",
				 keys, asking->source, where, keys, MOST_SAMPLES));

	asking->answer.passes = found == NULL ? MH_TRUTH_YES : MH_TRUTH_NO;
	asking->answer.detail = found == NULL ? NULL : mh_to_utf8(psprintf("values such as %s", found));
}

static void
ask_unique(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	StringInfoData where;

	initStringInfo(&where);
	appendStringInfoString(&where, "true");
	for (int i = 0; !question->nulls_not_distinct && i < question->columns.n; i++)
		appendStringInfo(&where, " AND %s IS NOT NULL",
						 column_of(question->relation, question->columns.v[i], "s"));
	ask_groups(asking, columns_of(question->relation, &question->columns, "s"), where.data);
}

static void
ask_unique_keys(Asking *asking)
{
	const MhReviewStatement *index = asking->question->index;
	StringInfoData keys;
	StringInfoData where;
	int n = 0;

	initStringInfo(&keys);
	initStringInfo(&where);
	appendStringInfo(&where, "(%s)", sql_of_node(asking, asking->node));
	for (int i = 0; i < index->n_expressions; i++)
	{
		char *key = index->expressions[i].tree == NULL
						? column_of(asking->question->relation, index->columns.v[i], "s")
						: psprintf("(%s)", sql_of_node(asking, list_nth(asking->keys, n++)));

		appendStringInfo(&keys, "%s%s", i > 0 ? ", " : "", key);
		if (!asking->question->nulls_not_distinct)
			appendStringInfo(&where, " AND %s IS NOT NULL", key);
	}
	ask_groups(asking, keys.data, where.data);
}

static void
ask_key(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	StringInfoData where;

	initStringInfo(&where);
	for (int i = 0; i < question->columns.n; i++)
		appendStringInfo(&where, "%s%s OPERATOR(pg_catalog.=) (%s)", i > 0 ? " AND " : "",
						 column_of(question->relation, question->columns.v[i], "s"),
						 sql_of_node(asking, question->values[i].node));
	find_violations(asking, where.data);
}

/* The rows of one that meet those of the other. */
static char *
sql_of_join(const MhReviewQuestion *question, bool is_not_null)
{
	StringInfoData join;

	initStringInfo(&join);
	for (int i = 0; i < question->columns.n; i++)
	{
		char *own = column_of(question->relation, question->columns.v[i], "s");

		if (is_not_null)
			appendStringInfo(&join, "%s IS NOT NULL AND ", own);
		else
			appendStringInfo(&join, "%sp.%s OPERATOR(pg_catalog.=) %s", i > 0 ? " AND " : "",
							 column_of(question->partner, question->partner_columns.v[i], "p") + 2,
							 own);
	}
	return join.data;
}

static bool
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/* Types whose values are compared as those of one of them. */
static bool
are_alike(Oid one, Oid other)
{
	return one == other || (is_integer(one) && is_integer(other)) ||
		   ((one == TEXTOID || one == VARCHAROID) && (other == TEXTOID || other == VARCHAROID));
}

static void
require_same_types(const MhReviewQuestion *question)
{
	for (int i = 0; i < question->columns.n; i++)
		for (int k = 0; k < question->relation->n_columns; k++)
			for (int n = 0; n < question->partner->n_columns; n++)
			{
				const MhModelColumn *own = &question->relation->columns[k];
				const MhModelColumn *other = &question->partner->columns[n];

				if (!own->is_gone && !other->is_gone && !are_alike(own->type, other->type) &&
					strcmp(own->name, question->columns.v[i]) == 0 &&
					strcmp(other->name, question->partner_columns.v[i]) == 0)
					refuse("the columns have different types");
			}
}

static void
ask_foreign_key(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;

	if (question->is_full)
		refuse("MATCH FULL is not counted");
	require_same_types(question);
	find_violations(asking, psprintf("%sNOT EXISTS (SELECT FROM %s AS p WHERE %s)",
									 sql_of_join(question, true), asking->partner,
									 sql_of_join(question, false)));
}

static void
ask_referred(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;

	require_same_types(question);
	find_violations(asking, psprintf("(%s) AND EXISTS (SELECT FROM %s AS p WHERE %s)",
									 sql_of_node(asking, question->node), asking->partner,
									 sql_of_join(question, false)));
}

static void
ask_not_null(Asking *asking)
{
	char *column = column_of(asking->question->relation, asking->question->columns.v[0], "s");
	char *found = mh_rows_of_query(psprintf(
		"SELECT pg_catalog.count(*) FROM %s AS s WHERE %s IS NULL", asking->source, column));

	asking->answer.passes = strcmp(found, "0") == 0 ? MH_TRUTH_YES : MH_TRUTH_NO;
	asking->answer.detail = mh_to_utf8(psprintf("%s of its rows", found));
}

static void
ask_limit(Asking *asking, const char *limit)
{
	char *found = mh_rows_of_query(psprintf("SELECT s.c0 FROM %s AS s %s", asking->source, limit));

	asking->answer.passes = found == NULL ? MH_TRUTH_YES : MH_TRUTH_NO;
}

static void
ask_values(Asking *asking, const void *value, const void *where)
{
	char *found = mh_rows_of_query(psprintf(
		"SELECT pg_catalog.count(*) OPERATOR(pg_catalog.-) pg_catalog.count((%s)) FROM %s AS s"
		" WHERE (%s)",
		sql_of_node(asking, value), asking->source, sql_of_node(asking, where)));

	asking->answer.passes = MH_TRUTH_YES;
	if (!asking->question->wants_value || found == NULL || strcmp(found, "0") == 0)
		return;
	asking->answer.passes = MH_TRUTH_NO;
	asking->answer.detail = mh_to_utf8(psprintf("rows without a value: %s", found));
	asking->answer.sqlstate = "23502";
}

static void
count_values(const Asking *asking)
{
	StringInfoData columns;

	initStringInfo(&columns);
	for (int i = 0; i < asking->question->relation->n_columns; i++)
		appendStringInfo(&columns, ", pg_catalog.count(s.c%d)", i + 1);
	(void) mh_rows_of_query(
		psprintf("SELECT pg_catalog.count(*)%s FROM %s AS s", columns.data, asking->source));
}

/* A key is checked as soon as its row is written, when some others are still as they were. */
static void
ask_unique_after(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	StringInfoData rows;
	StringInfoData keys;
	StringInfoData have;
	StringInfoData meet;
	char *found;

	initStringInfo(&rows);
	initStringInfo(&keys);
	initStringInfo(&have);
	initStringInfo(&meet);
	appendStringInfo(&rows,
					 "WITH a AS MATERIALIZED (SELECT pg_catalog.row_number() OVER () AS r,"
					 " COALESCE((%s), false) AS w",
					 sql_of_node(asking, question->node));
	for (int i = 0; i < question->columns.n; i++)
	{
		char *own = column_of(question->relation, question->columns.v[i], "s");
		const void *value = question->values[i].node;

		appendStringInfo(&rows, ", %s AS o%d, ", own, i);
		if (value == NULL)
			appendStringInfo(&rows, "%s AS n%d", own, i);
		else
			appendStringInfo(&rows, "CASE WHEN (%s) THEN (%s) ELSE %s END AS n%d",
							 sql_of_node(asking, question->node), sql_of_node(asking, value), own,
							 i);
		appendStringInfo(&keys, "%sa.n%d", i > 0 ? ", " : "", i);
		appendStringInfo(&have, "%sa.n%d IS NOT NULL", i > 0 ? " AND " : "", i);
		appendStringInfo(&meet, " AND a.n%d OPERATOR(pg_catalog.=) b.o%d", i, i);
	}
	appendStringInfo(&rows, " FROM %s AS s)", asking->source);
	found =
		mh_rows_of_query(psprintf("%s SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM a"
								  " WHERE %s GROUP BY %s HAVING pg_catalog.count(*)"
								  " OPERATOR(pg_catalog.>) 1 LIMIT %d",
								  rows.data, keys.data, have.data, keys.data, MOST_SAMPLES));
	if (found != NULL)
	{
		asking->answer.passes = MH_TRUTH_NO;
		asking->answer.detail = mh_to_utf8(psprintf("values such as %s", found));
	}
	else if (mh_rows_of_query(psprintf("%s SELECT 1 FROM a, a b WHERE a.w AND"
									   " a.r OPERATOR(pg_catalog.<>) b.r%s LIMIT 1",
									   rows.data, meet.data)) != NULL)
		asking->answer = mh_answer_unknown("a row gets the key that another one has before");
	else
		asking->answer.passes = MH_TRUTH_YES;
}

/* ---------- the question ---------- */

/* A query of the script may multiply rows. */
static MhIdentity
begin(void)
{
	MhIdentity identity = mh_preflight_begin(true);

	if (temp_file_limit < 0 || temp_file_limit > MOST_TEMPORARY)
		set_config_option("temp_file_limit", psprintf("%d", MOST_TEMPORARY), PGC_SUSET,
						  PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return identity;
}

static Node *
analyse_part(Asking *asking, const MhReviewExpression *expression, int use)
{
	Node *node =
		mh_analyse_expression(expression, use, asking->question->relation, &asking->answer);

	if (node == NULL)
		refuse(asking->answer.detail == NULL ? "it cannot be analysed" : asking->answer.detail);
	return node;
}

static const MhModelConstraint *
find_check(const MhReviewQuestion *question)
{
	for (int i = 0; i < question->relation->n_constraints; i++)
		if (!question->relation->constraints[i].is_gone &&
			strcmp(question->relation->constraints[i].name, question->name) == 0)
			return &question->relation->constraints[i];
	return NULL;
}

/* Names mean what they mean to the script, until search_path is pinned. */
static void
analyse_question(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	const MhReviewStatement *index = question->index;
	const MhModelConstraint *check;

	if (question->kind == MH_ASK_UNIQUE_KEYS)
	{
		for (int i = 0; i < index->n_expressions; i++)
			if (index->expressions[i].tree != NULL)
				asking->keys = lappend(asking->keys,
									   analyse_part(asking, &index->expressions[i], MH_USE_INDEX));
		if (index->condition != NULL)
			asking->node = analyse_part(asking, index->condition, MH_USE_PREDICATE);
	}
	else if (question->kind == MH_ASK_CHECK)
		asking->node = analyse_part(asking, question->expression, MH_USE_CHECK);
	else if (question->kind == MH_ASK_VALUES)
		asking->node = analyse_part(asking, question->expression, MH_USE_INDEX);
	else if (question->kind == MH_ASK_EXISTING)
	{
		check = find_check(question);
		asking->node =
			check == NULL ? NULL : mh_condition_of(question->relation, check, &asking->answer);
		if (asking->node == NULL)
			refuse("the condition is not followed");
	}
}

static void
ask_by_kind(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;

	switch (question->kind)
	{
		case MH_ASK_EMPTY:
			ask_limit(asking, "LIMIT 1");
			break;
		case MH_ASK_SINGLE:
			ask_limit(asking, "OFFSET 1 LIMIT 1");
			break;
		case MH_ASK_NOT_NULL:
			ask_not_null(asking);
			break;
		case MH_ASK_UNIQUE:
			ask_unique(asking);
			break;
		case MH_ASK_UNIQUE_KEYS:
			ask_unique_keys(asking);
			break;
		case MH_ASK_CHECK:
		case MH_ASK_EXISTING:
			find_violations(asking, psprintf("NOT (%s)", sql_of_node(asking, asking->node)));
			break;
		case MH_ASK_NO_ROW:
			find_violations(asking, sql_of_node(asking, question->node));
			break;
		case MH_ASK_KEY:
			ask_key(asking);
			break;
		case MH_ASK_FOREIGN_KEY:
			ask_foreign_key(asking);
			break;
		case MH_ASK_REFERRED:
			ask_referred(asking);
			break;
		case MH_ASK_VALUES:
			ask_values(asking,
					   question->values != NULL && question->values[0].node != NULL
						   ? question->values[0].node
						   : asking->node,
					   NULL);
			break;
		case MH_ASK_COMPUTED:
		case MH_ASK_TYPE:
			if (question->values == NULL || question->values[0].node == NULL)
				refuse("the script changes them");
			ask_values(asking, question->values[0].node, question->node);
			break;
		case MH_ASK_UNIQUE_AFTER:
			ask_unique_after(asking);
			break;
		case MH_ASK_LABELS:
			find_violations(asking,
							mh_sql_of_other_labels(sql_of_node(asking, question->values[0].node),
												   &question->texts));
			break;
		case MH_ASK_LAYERS:
			count_values(asking);
			asking->answer.passes = MH_TRUTH_YES;
			break;
		default:
			refuse("the script changes them");
	}
}

static void
run_question(void *arg)
{
	Asking *asking = arg;
	MhIdentity identity;

	analyse_question(asking);
	identity = begin();
	asking->source = mh_source_of(asking->question->relation);
	if (asking->question->partner != NULL)
		asking->partner = mh_source_of(asking->question->partner);
	ask_by_kind(asking);
	mh_end(&identity);
}

/* Whether the layers can be computed, so that an error is that of the question. */
static void
compute_layers(void *arg)
{
	Asking *asking = arg;
	MhIdentity identity = begin();

	asking->source = mh_source_of(asking->question->relation);
	count_values(asking);
	mh_end(&identity);
}

static void
compute_sources(void *arg)
{
	const Asking *asking = arg;
	const MhModelRelation *relation = asking->question->relation;
	MhIdentity identity = begin();

	(void) mh_rows_of_query(relation->layers[relation->n_layers - 1].query->sources);
	mh_end(&identity);
}

/* What computing the rows of a query may be refused with; a domain has checks. */
static bool
is_of_values(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category == ERRCODE_DATA_EXCEPTION || category == ERRCODE_CARDINALITY_VIOLATION ||
		   category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION;
}

MhReviewAnswer
mh_rows_after(const MhReviewServer *server, const MhReviewQuestion *question)
{
	Asking asking = {question};
	ErrorData *error;
	bool is_late;

	if (!server->options->check_data)
		return mh_answer_unknown("check_data is false");
	error = mh_try_until(run_question, &asking, server->deadline, &is_late);
	if (is_late)
		return mh_answer_unknown("mighead.review_time did not suffice");
	if (error == NULL)
		return asking.answer;
	if (question->kind == MH_ASK_LAYERS && is_of_values(error) &&
		mh_try_until(compute_sources, &asking, server->deadline, &is_late) == NULL && !is_late)
		return mh_refusal(error);
	if (question->kind != MH_ASK_LAYERS &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_DATA_EXCEPTION &&
		question->partner == NULL &&
		mh_try_until(compute_layers, &asking, server->deadline, &is_late) == NULL && !is_late)
		return mh_refusal(error);
	return mh_answer_unknown(mh_to_utf8(pstrdup(error->message)));
}
