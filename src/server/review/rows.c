/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  What the rows decide.
 *
 * Rows are read as the caller, and only where that runs no code but what the strict rule trusts.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "server/base/expression_size.h"
#include "server/base/query.h"
#include "server/base/trust.h"
#include "server/preflight/preflight.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

/* Shown of the rows that are in the way. */
#define MOST_SAMPLES 3

typedef struct Asking
{
	const MhReviewQuestion *question;
	Oid table;
	char *source; /* the table as it is written after FROM */
	Node *node;   /* the expression, analysed; NULL: there is none, or answer says why not */
	List *keys;   /* analysed expressions of an index */
	bool is_analysed;
	MhReviewTypeAnswer type;
	MhReviewAnswer answer;
} Asking;

/* ---------- queries ---------- */

/* The columns as SQL; NULL: one of them has a type that may run code. */
static char *
column_list(const Asking *asking, const MhStrings *names)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < names->n; i++)
	{
		char *name = mh_from_utf8(names->v[i]);
		AttrNumber number = get_attnum(asking->table, name);

		if (number <= 0 || mh_distrust_type(get_atttype(asking->table, number)) != NULL)
			return NULL;
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", mh_quote_identifier(name));
	}
	return list.data;
}

static void
say_no(Asking *asking, const char *samples, const char *text)
{
	asking->answer.passes = MH_TRUTH_NO;
	asking->answer.detail = samples == NULL ? NULL : mh_to_utf8(psprintf("%s %s", text, samples));
}

static void
find_rows(Asking *asking, const char *condition)
{
	char *columns = column_list(asking, &asking->question->columns);
	char *found;

	if (columns == NULL || *columns == '\0')
		columns = "ctid";
	found =
		mh_rows_of_query(psprintf("SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s"
								  " WHERE %s LIMIT %d",
								  columns, asking->source, condition, MOST_SAMPLES));
	if (found == NULL)
		asking->answer.passes = MH_TRUTH_YES;
	else
		say_no(asking, found, "rows such as");
}

/* ---------- kinds of questions ---------- */

static void
ask_empty(Asking *asking)
{
	if (mh_rows_of_query(psprintf("SELECT 1 FROM %s LIMIT 1", asking->source)) == NULL)
		asking->answer.passes = MH_TRUTH_YES;
	else
		asking->answer.passes = MH_TRUTH_NO;
}

static void
ask_column(Asking *asking, bool wants_null)
{
	char *name = mh_from_utf8(asking->question->columns.v[0]);
	char *found;

	found = mh_rows_of_query(psprintf("SELECT 1 FROM %s WHERE %s IS %sNULL LIMIT 1", asking->source,
									  mh_quote_identifier(name), wants_null ? "" : "NOT "));
	asking->answer.passes = found == NULL ? MH_TRUTH_YES : MH_TRUTH_NO;
	if (found != NULL && wants_null)
		asking->answer.detail = mh_to_utf8(psprintf(
			"%s of its rows",
			mh_rows_of_query(psprintf("SELECT pg_catalog.count(*) FROM %s WHERE %s IS NULL",
									  asking->source, mh_quote_identifier(name)))));
}

static void
ask_unique(Asking *asking)
{
	char *columns = column_list(asking, &asking->question->columns);
	StringInfoData where;
	char *found;

	if (columns == NULL)
	{
		asking->answer =
			mh_answer_unknown("comparing the values may run code that is not built in");
		return;
	}
	initStringInfo(&where);
	for (int i = 0; !asking->question->nulls_not_distinct && i < asking->question->columns.n; i++)
		appendStringInfo(&where, "%s%s IS NOT NULL", i == 0 ? " WHERE " : " AND ",
						 mh_quote_identifier(mh_from_utf8(asking->question->columns.v[i])));
	found =
		mh_rows_of_query(psprintf("SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s%s"
								  " GROUP BY %s HAVING pg_catalog.count(*)"
								  " OPERATOR(pg_catalog.>) 1 LIMIT %d",
								  columns, asking->source, where.data, columns, MOST_SAMPLES));
	if (found == NULL)
		asking->answer.passes = MH_TRUTH_YES;
	else
		say_no(asking, found, "values such as");
}

/* Columns of the model are parameters; here they become those of the live table. */
static Node *
use_columns(Node *node, void *arg)
{
	const Asking *asking = arg;

	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
	{
		const MhModelColumn *column =
			&asking->question->relation->columns[((Param *) node)->paramid - 1];
		AttrNumber number =
			column->live_name == NULL
				? InvalidAttrNumber
				: get_attnum(asking->table, mh_from_utf8(pstrdup(column->live_name)));

		if (number <= 0)
			ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("a column is new")));
		return (Node *) makeVar(1, number, ((Param *) node)->paramtype,
								((Param *) node)->paramtypmod, ((Param *) node)->paramcollid, 0);
	}
	return expression_tree_mutator(node, use_columns, arg);
}

static char *
sql_of(const Asking *asking, Node *analysed)
{
	List *context = deparse_context_for(get_rel_name(asking->table), asking->table);

	return deparse_expression(mh_with_casts(use_columns(analysed, unconstify(Asking *, asking))),
							  context, false, false);
}

static void
ask_check(Asking *asking)
{
	if (asking->node == NULL)
		return;
	if (mh_distrust_expression(asking->node) != NULL)
		asking->answer = mh_answer_unknown("the condition may run code that is not built in");
	else
		find_rows(asking, psprintf("NOT (%s)", sql_of(asking, asking->node)));
}

static void
ask_values(Asking *asking)
{
	const MhReviewValue *stored = asking->question->values;

	if (asking->node == NULL)
		return;
	/* with the cast to the type of the column */
	if (stored != NULL && stored->node != NULL)
		asking->node = copyObject(unconstify(Node *, (const Node *) stored->node));
	if (mh_distrust_expression(asking->node) != NULL)
	{
		asking->answer = mh_answer_unknown("the expression may run code that is not built in");
		return;
	}
	(void) mh_rows_of_query(psprintf("SELECT pg_catalog.count((%s)) FROM %s",
									 sql_of(asking, asking->node), asking->source));
	asking->answer.passes = MH_TRUTH_YES;
}

static Node *
analyse_part(Asking *asking, const MhReviewExpression *expression, int use)
{
	Node *node =
		mh_analyse_expression(expression, use, asking->question->relation, &asking->answer);

	if (node == NULL ||
		(mh_distrust_expression(node) == NULL && mh_distrust_type(exprType(node)) == NULL))
		return node;
	asking->answer = mh_answer_unknown("the index may run code that is not built in");
	return NULL;
}

/* Names mean what they mean to the script, until search_path is pinned. */
static void
analyse_index(Asking *asking)
{
	const MhReviewStatement *index = asking->question->index;

	for (int i = 0; i < index->n_expressions; i++)
		if (index->expressions[i].tree != NULL)
		{
			Node *key = analyse_part(asking, &index->expressions[i], MH_USE_INDEX);

			if (key == NULL)
				return;
			asking->keys = lappend(asking->keys, key);
		}
	if (index->condition != NULL)
	{
		asking->node = analyse_part(asking, index->condition, MH_USE_PREDICATE);
		if (asking->node == NULL)
			return;
	}
	asking->is_analysed = true;
}

/* A column that is a key; NULL: it is not compared here. */
static char *
sql_of_column(const Asking *asking, const char *name)
{
	const MhReviewQuestion *question = asking->question;
	MhStrings names = {0, NULL};

	for (int i = 0; i < question->relation->n_columns; i++)
	{
		const MhModelColumn *column = &question->relation->columns[i];

		if (!column->is_gone && column->live_name != NULL && strcmp(column->name, name) == 0)
			mh_strings_push(&names, column->live_name);
	}
	return names.n == 0 ? NULL : column_list(asking, &names);
}

/* The keys of the index, and in *where the rows that it has; NULL: they are not compared here. */
static char *
sql_of_index(const Asking *asking, char **where)
{
	const MhReviewStatement *index = asking->question->index;
	StringInfoData keys;
	StringInfoData condition;
	int n = 0;

	initStringInfo(&keys);
	initStringInfo(&condition);
	appendStringInfoString(&condition,
						   asking->node == NULL ? "true" : sql_of(asking, asking->node));
	for (int i = 0; i < index->n_expressions; i++)
	{
		char *key = index->expressions[i].tree == NULL
						? sql_of_column(asking, index->columns.v[i])
						: psprintf("(%s)", sql_of(asking, list_nth(asking->keys, n++)));

		if (key == NULL)
			return NULL;
		appendStringInfo(&keys, "%s%s", i > 0 ? ", " : "", key);
		if (!asking->question->nulls_not_distinct)
			appendStringInfo(&condition, " AND %s IS NOT NULL", key);
	}
	*where = condition.data;
	return keys.data;
}

static void
ask_unique_keys(Asking *asking)
{
	char *where = NULL;
	char *keys;
	char *found;

	if (!asking->is_analysed)
		return;
	keys = sql_of_index(asking, &where);
	if (keys == NULL)
	{
		asking->answer =
			mh_answer_unknown("comparing the values may run code that is not built in");
		return;
	}
	found =
		mh_rows_of_query(psprintf("SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s"
								  " WHERE (%s) GROUP BY %s HAVING pg_catalog.count(*)"
								  " OPERATOR(pg_catalog.>) 1 LIMIT %d",
								  keys, asking->source, where, keys, MOST_SAMPLES));
	if (found == NULL)
		asking->answer.passes = MH_TRUTH_YES;
	else
		say_no(asking, found, "values such as");
}

static void
ask_existing(Asking *asking)
{
	Oid oid = get_relation_constraint_oid(asking->table,
										  mh_from_utf8(pstrdup(asking->question->name)), true);
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(oid));
	List *context = deparse_context_for(get_rel_name(asking->table), asking->table);
	bool is_null;
	Datum value;
	Node *node;

	if (!HeapTupleIsValid(tuple))
		return;
	value = SysCacheGetAttr(CONSTROID, tuple, Anum_pg_constraint_conbin, &is_null);
	node = is_null ? NULL : mh_expression_parse(value);
	ReleaseSysCache(tuple);
	if (node == NULL && !is_null)
		asking->answer = mh_answer_unknown("the condition is " MH_LARGE_EXPRESSION);
	if (node == NULL)
		return;
	if (mh_distrust_expression(node) != NULL)
		asking->answer = mh_answer_unknown("the condition may run code that is not built in");
	else
		find_rows(asking, psprintf("NOT (%s)", deparse_expression(node, context, false, false)));
}

/* For MATCH FULL a row has all values or none. */
static bool
has_half_keys(Asking *asking)
{
	char *columns = column_list(asking, &asking->question->columns);
	char *found;

	if (columns == NULL)
	{
		asking->answer = mh_answer_unknown("a type may run code that is not built in");
		return true;
	}
	found = mh_rows_of_query(psprintf("SELECT pg_catalog.count(*) FROM %s"
									  " WHERE pg_catalog.num_nulls(%s) BETWEEN 1 AND %d"
									  " HAVING pg_catalog.count(*) > 0",
									  asking->source, columns, asking->question->columns.n - 1));
	if (found == NULL)
		return false;
	asking->answer.passes = MH_TRUTH_NO;
	asking->answer.detail = psprintf("%s rows with some of the values", found);
	return true;
}

static void
ask_foreign_key(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	MhKeyEnds ends = {asking->table, question->columns, question->partner->id,
					  question->partner_columns};
	MhOrphans orphans;

	if (question->is_full && question->columns.n > 1 && has_half_keys(asking))
		return;
	orphans = mh_orphans_find(&ends, 1);
	asking->answer.passes = orphans.rows == 0 ? MH_TRUTH_YES : MH_TRUTH_NO;
	if (orphans.rows > 0)
		asking->answer.detail =
			mh_to_utf8(psprintf(INT64_FORMAT " rows, such as %s", orphans.rows,
								DatumGetCString(DirectFunctionCall1(jsonb_out, orphans.sample))));
}

/* An expression over all values: an error is that of the first value that fails. */
static void
ask_transform(Asking *asking)
{
	const MhReviewTypeAnswer *type = &asking->type;
	const MhReviewValue *stored = asking->question->values;
	Node *node = asking->node;

	if (node == NULL)
		return;
	/* with the cast to the type of the column */
	if (stored != NULL && stored->node != NULL)
		node = copyObject(unconstify(Node *, (const Node *) stored->node));
	if (mh_distrust_expression(node) != NULL || exprType(node) != type->id ||
		(type->typmod != -1 && exprTypmod(node) != type->typmod))
	{
		asking->answer = mh_answer_unknown("USING cannot be evaluated here");
		return;
	}
	(void) mh_rows_of_query(
		psprintf("SELECT pg_catalog.count(%s) FROM %s", sql_of(asking, node), asking->source));
	asking->answer.passes = MH_TRUTH_YES;
}

static void
ask_type(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	const MhCastable *castable;

	if (asking->type.sqlstate != NULL || asking->type.id == 0)
		return;
	if (question->expression != NULL)
	{
		ask_transform(asking);
		return;
	}
	castable = mh_castable_find(asking->table, question->columns.v[0], asking->type.name, 1,
								MH_CASTABLE_OWN);
	asking->answer.passes = castable->failing_rows == 0 ? MH_TRUTH_YES : MH_TRUTH_NO;
	if (castable->failing_rows == 0 || castable->n == 0)
		return;
	asking->answer.sqlstate = pstrdup(castable->refusals[0].sqlstate);
	asking->answer.detail =
		psprintf(INT64_FORMAT " rows: %s", castable->failing_rows, castable->refusals[0].message);
}

static bool
may_read(Oid table)
{
	return mh_may_use(table, GetUserId(), ACL_SELECT) &&
		   check_enable_rls(table, InvalidOid, true) != RLS_ENABLED;
}

/* ---------- rows that a statement meets ---------- */

static void
ask_no_row(Asking *asking)
{
	find_rows(
		asking,
		sql_of(asking, copyObject(unconstify(Node *, (const Node *) asking->question->node))));
}

/* An error is that of the first row that has no value. */
static void
ask_computed(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	Node *value = copyObject(unconstify(Node *, (const Node *) question->values[0].node));
	char *where = "true";
	char *found;

	if (mh_distrust_expression(value) != NULL)
	{
		asking->answer = mh_answer_unknown("the value may run code that is not built in");
		return;
	}
	if (question->node != NULL)
		where = sql_of(asking, copyObject(unconstify(Node *, (const Node *) question->node)));
	found = mh_rows_of_query(psprintf("SELECT pg_catalog.count(*) OPERATOR(pg_catalog.-)"
									  " pg_catalog.count((%s)) FROM %s WHERE %s",
									  sql_of(asking, value), asking->source, where));
	asking->answer.passes = MH_TRUTH_YES;
	if (!question->wants_value || found == NULL || strcmp(found, "0") == 0)
		return;
	say_no(asking, found, "rows without a value:");
	asking->answer.sqlstate = "23502";
}

/* Of each row the columns before (o0, ...) and after (n0, ...) a change; NULL: they are not compared. */
static char *
rows_changed(const Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	char *where =
		question->node == NULL
			? "true"
			: sql_of(asking, copyObject(unconstify(Node *, (const Node *) question->node)));
	StringInfoData rows;

	if (column_list(asking, &question->columns) == NULL)
		return NULL;
	initStringInfo(&rows);
	appendStringInfo(&rows, "(SELECT ctid AS c, COALESCE((%s), false) AS w", where);
	for (int i = 0; i < question->columns.n; i++)
	{
		const char *column = mh_quote_identifier(mh_from_utf8(pstrdup(question->columns.v[i])));
		Node *value = unconstify(Node *, (const Node *) question->values[i].node);

		if (value != NULL && mh_distrust_expression(value) != NULL)
			return NULL;
		appendStringInfo(&rows, ", %s AS o%d, ", column, i);
		if (value == NULL)
			appendStringInfo(&rows, "%s AS n%d", column, i);
		else
			appendStringInfo(&rows, "CASE WHEN (%s) THEN (%s) ELSE %s END AS n%d", where,
							 sql_of(asking, copyObject(value)), column, i);
	}
	appendStringInfo(&rows, " FROM %s)", asking->source);
	return rows.data;
}

/* A key is checked as soon as its row is written, when some others are still as they were. */
static void
ask_unique_after(Asking *asking)
{
	char *rows = rows_changed(asking);
	StringInfoData keys;
	StringInfoData have;
	StringInfoData meet;
	char *found;

	if (rows == NULL)
	{
		asking->answer =
			mh_answer_unknown("comparing the values may run code that is not built in");
		return;
	}
	initStringInfo(&keys);
	initStringInfo(&have);
	initStringInfo(&meet);
	for (int i = 0; i < asking->question->columns.n; i++)
	{
		appendStringInfo(&keys, "%sn%d", i > 0 ? ", " : "", i);
		appendStringInfo(&have, "%sn%d IS NOT NULL", i > 0 ? " AND " : "", i);
		appendStringInfo(&meet, " AND a.n%d OPERATOR(pg_catalog.=) b.o%d", i, i);
	}
	found =
		mh_rows_of_query(psprintf("SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s s"
								  " WHERE %s GROUP BY %s HAVING pg_catalog.count(*)"
								  " OPERATOR(pg_catalog.>) 1 LIMIT %d",
								  keys.data, rows, have.data, keys.data, MOST_SAMPLES));
	if (found != NULL)
		say_no(asking, found, "values such as");
	else if (mh_rows_of_query(psprintf("SELECT 1 FROM %s a, %s b WHERE a.w AND"
									   " a.c OPERATOR(pg_catalog.<>) b.c%s LIMIT 1",
									   rows, rows, meet.data)) != NULL)
		asking->answer = mh_answer_unknown("a row gets the key that another one has before");
	else
		asking->answer.passes = MH_TRUTH_YES;
}

/* The texts of labels are compared byte by byte. */
static void
ask_labels(Asking *asking)
{
	Node *text = copyObject(unconstify(Node *, (const Node *) asking->question->values[0].node));

	if (mh_distrust_expression(text) != NULL)
		asking->answer = mh_answer_unknown("the value may run code that is not built in");
	else
		find_rows(asking, mh_sql_of_other_labels(sql_of(asking, text), &asking->question->texts));
}

static void
ask_key(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	StringInfoData condition;

	if (column_list(asking, &question->columns) == NULL)
	{
		asking->answer =
			mh_answer_unknown("comparing the values may run code that is not built in");
		return;
	}
	initStringInfo(&condition);
	for (int i = 0; i < question->columns.n; i++)
		appendStringInfo(&condition, "%s%s OPERATOR(pg_catalog.=) %s", i > 0 ? " AND " : "",
						 mh_quote_identifier(mh_from_utf8(pstrdup(question->columns.v[i]))),
						 deparse_expression(copyObject(unconstify(
												Node *, (const Node *) question->values[i].node)),
											NIL, false, false));
	find_rows(asking, condition.data);
}

static void
ask_single(Asking *asking)
{
	if (mh_rows_of_query(psprintf("SELECT 1 FROM %s OFFSET 1 LIMIT 1", asking->source)) == NULL)
		asking->answer.passes = MH_TRUTH_YES;
	else
		say_no(asking, NULL, "");
}

/* The sequence that a default or identity column takes its numbers from. */
static Oid
sequence_of(const Asking *asking, AttrNumber number)
{
	char *found = mh_rows_of_query(psprintf(
		"SELECT d.refobjid FROM pg_catalog.pg_attrdef a JOIN pg_catalog.pg_depend d"
		" ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = a.oid"
		" AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
		" JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = 'S'"
		" WHERE a.adrelid = %u AND a.adnum = %d"
		" UNION ALL SELECT d.objid FROM pg_catalog.pg_depend d"
		" JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind = 'S'"
		" WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
		" AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = %u"
		" AND d.refobjsubid = %d AND d.deptype = 'i'",
		asking->table, number, asking->table, number));

	return found == NULL || strchr(found, ',') != NULL ? InvalidOid
													   : (Oid) strtoul(found, NULL, 10);
}

/* Numbers that are left to the sequence: more than any script takes. */
#define MANY_NUMBERS 1000000

static void
ask_next(Asking *asking)
{
	char *name = mh_from_utf8(pstrdup(asking->question->columns.v[0]));
	AttrNumber number = get_attnum(asking->table, name);
	Oid sequence = sequence_of(asking, number);
	Oid type = get_atttype(asking->table, number);
	char *next;

	asking->answer = mh_answer_unknown("what the sequence gives is not known");
	if (!OidIsValid(sequence) || (type != INT4OID && type != INT8OID) ||
		!ConditionalLockRelationOid(sequence, AccessShareLock) || get_rel_name(sequence) == NULL)
		return;
	next = mh_rows_of_query(
		psprintf("SELECT s.last_value + q.seqincrement FROM %s s, pg_catalog.pg_sequence q"
				 " WHERE q.seqrelid = %u AND q.seqincrement > 0 AND NOT q.seqcycle"
				 " AND s.last_value / q.seqincrement < least(q.seqmax, %s) / q.seqincrement - %d",
				 mh_quote_qualified_identifier(get_namespace_name(get_rel_namespace(sequence)),
											   get_rel_name(sequence)),
				 sequence, type == INT4OID ? "2147483647" : "9223372036854775807", MANY_NUMBERS));
	if (next == NULL)
		return;
	if (mh_rows_of_query(psprintf("SELECT 1 FROM %s WHERE %s OPERATOR(pg_catalog.>=) %s LIMIT 1",
								  asking->source, mh_quote_identifier(name), next)) == NULL)
		asking->answer.passes = MH_TRUTH_YES;
}

static void
ask_referred(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	Oid user = question->partner->id;
	StringInfoData join;

	if (!ConditionalLockRelationOid(user, AccessShareLock) || get_rel_name(user) == NULL ||
		!may_read(user) || mh_expressions_are_large(user) || mh_distrust_reading(user) != NULL ||
		column_list(asking, &question->columns) == NULL)
	{
		asking->answer = mh_answer_unknown("rows that refer to it may not be read");
		return;
	}
	initStringInfo(&join);
	for (int i = 0; i < question->columns.n; i++)
		appendStringInfo(&join, "%sr.%s OPERATOR(pg_catalog.=) %s.%s", i > 0 ? " AND " : "",
						 mh_quote_identifier(mh_from_utf8(pstrdup(question->partner_columns.v[i]))),
						 mh_quote_identifier(get_rel_name(asking->table)),
						 mh_quote_identifier(mh_from_utf8(pstrdup(question->columns.v[i]))));
	find_rows(asking, psprintf("EXISTS (SELECT FROM ONLY %s r WHERE %s)%s%s",
							   mh_quote_qualified_identifier(
								   get_namespace_name(get_rel_namespace(user)), get_rel_name(user)),
							   join.data, question->node == NULL ? "" : " AND ",
							   question->node == NULL
								   ? ""
								   : sql_of(asking, copyObject(unconstify(
														Node *, (const Node *) question->node)))));
}

/* ---------- the question ---------- */

static void
ask_by_kind(Asking *asking)
{
	switch (asking->question->kind)
	{
		case MH_ASK_EMPTY:
			ask_empty(asking);
			break;
		case MH_ASK_NO_VALUE:
			ask_column(asking, false);
			break;
		case MH_ASK_NOT_NULL:
			ask_column(asking, true);
			break;
		case MH_ASK_UNIQUE:
			ask_unique(asking);
			break;
		case MH_ASK_UNIQUE_KEYS:
			ask_unique_keys(asking);
			break;
		case MH_ASK_CHECK:
			ask_check(asking);
			break;
		case MH_ASK_EXISTING:
			ask_existing(asking);
			break;
		case MH_ASK_FOREIGN_KEY:
			ask_foreign_key(asking);
			break;
		case MH_ASK_TYPE:
			ask_type(asking);
			break;
		case MH_ASK_VALUES:
			ask_values(asking);
			break;
		case MH_ASK_NO_ROW:
			ask_no_row(asking);
			break;
		case MH_ASK_KEY:
			ask_key(asking);
			break;
		case MH_ASK_NEXT:
			ask_next(asking);
			break;
		case MH_ASK_SINGLE:
			ask_single(asking);
			break;
		case MH_ASK_REFERRED:
			ask_referred(asking);
			break;
		case MH_ASK_COMPUTED:
			ask_computed(asking);
			break;
		case MH_ASK_UNIQUE_AFTER:
			ask_unique_after(asking);
			break;
		case MH_ASK_LABELS:
			ask_labels(asking);
			break;
		case MH_ASK_LAYERS:
		case MH_ASK_OTHER:
			break;
	}
}

/* Names mean what they mean to the script, whose search_path is not the pinned one. */
static void
analyse_question(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	int use = question->kind == MH_ASK_CHECK    ? MH_USE_CHECK
			  : question->kind == MH_ASK_VALUES ? MH_USE_INDEX
												: MH_USE_TRANSFORM;

	if (question->type != NULL)
	{
		MhIdentity identity;
		char *name;

		mh_world_resolve(NULL, question->type, &asking->type);
		if (asking->type.id == 0)
			return;
		/* with its schema */
		identity = mh_begin_reading();
		name = mh_to_utf8(format_type_with_typemod(asking->type.id, asking->type.typmod));
		mh_end(&identity);
		asking->type.name = name;
	}
	if (question->kind == MH_ASK_UNIQUE_KEYS)
		analyse_index(asking);
	if (question->expression != NULL)
		asking->node =
			mh_analyse_expression(question->expression, use, question->relation, &asking->answer);
}

static void
run_question(void *arg)
{
	Asking *asking = arg;
	MhIdentity identity;

	if (!ConditionalLockRelationOid(asking->table, AccessShareLock))
	{
		asking->answer = mh_answer_unknown("the table is locked");
		return;
	}
	if (get_rel_name(asking->table) == NULL || !may_read(asking->table))
	{
		asking->answer = mh_answer_unknown("the table may not be read");
		return;
	}
	if (mh_expressions_are_large(asking->table) || mh_distrust_reading(asking->table) != NULL)
	{
		asking->answer = mh_answer_unknown("reading the table may run code that is not built in");
		return;
	}
	analyse_question(asking);
	identity = mh_preflight_begin(true);
	asking->source =
		psprintf("%s%s", asking->question->relation->kind == 'p' ? "" : "ONLY ",
				 mh_quote_qualified_identifier(get_namespace_name(get_rel_namespace(asking->table)),
											   get_rel_name(asking->table)));
	ask_by_kind(asking);
	mh_end(&identity);
}

MhReviewAnswer
mh_world_rows(void *arg, const MhReviewQuestion *question)
{
	MhReviewServer *server = arg;
	Asking asking = {question, question->relation->id};
	ErrorData *error;
	bool is_late;

	if (question->is_after)
		return mh_rows_after(server, question);
	/* tables below are asked each for itself */
	if (question->relation->kind == 'p' && question->kind >= MH_ASK_NO_ROW)
		return mh_answer_unknown("rows of partitions are not looked at");
	if (question->relation->kind == 'p' && question->kind != MH_ASK_FOREIGN_KEY)
		return (MhReviewAnswer){MH_TRUTH_YES};
	if (question->relation->kind == 'r' && question->relation->bytes == 0)
		return (MhReviewAnswer){MH_TRUTH_YES};
	if (question->kind == MH_ASK_OTHER)
		return mh_answer_unknown("they are not counted here");
	if (!server->options->check_data)
		return mh_answer_unknown("check_data is false");
	error = mh_try_until(run_question, &asking, server->deadline, &is_late);
	if (is_late)
		return mh_answer_unknown("mighead.review_time did not suffice");
	if (error == NULL)
		return asking.answer;
	/* an expression refuses a value; other errors say nothing about the rows */
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_DATA_EXCEPTION)
		return mh_refusal(error);
	return mh_answer_unknown(mh_to_utf8(pstrdup(error->message)));
}
