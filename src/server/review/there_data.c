/*-------------------------------------------------------------------------
 *
 * there_data.c
 *	  What the rows of tables elsewhere decide.
 *
 * The server there plans and runs a query, as the role of the user mapping.  So it is asked only
 * where that runs no code but what is built in: the table and its schema belong to roles that this
 * one trusts, who could change the table after it was looked at; nothing that planning evaluates
 * depends on code that is not built in; and the columns have built-in types.  Of the script
 * only names and built-in types are sent there, so its expressions are not evaluated.
 * Locks: there AccessShareLock, not waited for longer than the session there waits for any.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/there_table.h"

#include "catalog/pg_type.h"
#include "server/base/trust.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* Shown of the rows that are in the way. */
#define MOST_SAMPLES 3

/* A longer text is none that was asked for. */
#define MOST_BYTES 1000

/* ---------- queries ---------- */

typedef struct Asking
{
	const MhReviewServer *server;
	const MhReviewQuestion *question;
	Node *where;  /* a condition, analysed; NULL: it is true */
	List *values; /* analysed expressions */
	MhTableThere table;
	MhReviewAnswer answer;
} Asking;

typedef struct Found
{
	int n;
	double count;
	StringInfoData texts;
} Found;

static void
read_found(int n, const char *const *row, void *into)
{
	Found *found = into;

	found->count = mh_number_at(row, 1);
	if (found->n < MOST_SAMPLES && row[n - 1] != NULL && strlen(row[n - 1]) <= MOST_BYTES)
		appendStringInfo(&found->texts, "%s%s", found->texts.len > 0 ? ", " : "", row[n - 1]);
	found->n++;
}

static Found
run_query(const Asking *asking, int columns, const char *query)
{
	Found found = {0};

	initStringInfo(&found.texts);
	mh_review_ask_there(asking->server, query, NULL, columns, read_found, &found);
	return found;
}

static char *
column_name(const char *name)
{
	return pstrdup(mh_quote_identifier(mh_from_utf8(pstrdup(name))));
}

static char *
column_list(const MhStrings *names)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < names->n; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", column_name(names->v[i]));
	return list.data;
}

static void
say_no(Asking *asking, const char *detail)
{
	asking->answer.passes = MH_TRUTH_NO;
	asking->answer.detail = detail;
}

/* Answers by whether there is a row. */
static Found
expect_none(Asking *asking, int columns, const char *query)
{
	Found found = run_query(asking, columns, query);

	asking->answer.passes = found.n == 0 ? MH_TRUTH_YES : MH_TRUTH_NO;
	return found;
}

static void
ask_empty(Asking *asking)
{
	(void) expect_none(asking, 1, psprintf("SELECT 1 FROM %s LIMIT 1", asking->table.source));
}

static void
ask_single(Asking *asking)
{
	(void) expect_none(asking, 1,
					   psprintf("SELECT 1 FROM %s OFFSET 1 LIMIT 1", asking->table.source));
}

static void
ask_no_value(Asking *asking)
{
	(void) expect_none(asking, 1,
					   psprintf("SELECT 1 FROM %s WHERE %s IS NOT NULL LIMIT 1",
								asking->table.source, column_name(asking->question->columns.v[0])));
}

/* Answers by the first value of the only row: how many rows are in the way. */
static bool
expect_no_rows(Asking *asking, const Found *found)
{
	if (found->n != 1 || found->count < 0)
		return false;
	asking->answer.passes = found->count == 0 ? MH_TRUTH_YES : MH_TRUTH_NO;
	return found->count > 0;
}

static void
ask_not_null(Asking *asking)
{
	Found found =
		run_query(asking, 1,
				  psprintf("SELECT pg_catalog.count(*) FROM %s WHERE %s IS NULL",
						   asking->table.source, column_name(asking->question->columns.v[0])));

	if (expect_no_rows(asking, &found))
		say_no(asking, psprintf("%.0f of its rows", found.count));
}

static void
find_equal(Asking *asking, const char *keys, const char *where)
{
	Found found =
		expect_none(asking, 1,
					psprintf("SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s%s"
							 " GROUP BY %s HAVING pg_catalog.count(*) > 1 LIMIT %d",
							 keys, asking->table.source, where, keys, MOST_SAMPLES));

	if (found.n > 0)
		say_no(asking, psprintf("values such as %s", found.texts.data));
}

static void
ask_unique(Asking *asking)
{
	const MhStrings *names = &asking->question->columns;
	char *columns = column_list(names);
	StringInfoData where;

	initStringInfo(&where);
	for (int i = 0; !asking->question->nulls_not_distinct && i < names->n; i++)
		appendStringInfo(&where, "%s%s IS NOT NULL", i == 0 ? " WHERE " : " AND ",
						 column_name(names->v[i]));
	find_equal(asking, columns, where.data);
}

/* ---------- foreign keys ---------- */

static bool
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID;
}

/* Whether = of pg_catalog is the operator that the foreign key uses, with the same collation. */
static bool
are_compared_alike(const MhTableThere *child, const MhTableThere *parent)
{
	if (child->types.n != parent->types.n)
		return false;
	for (int i = 0; i < child->types.n; i++)
	{
		Oid left = mh_there_type_of(child, i);
		Oid right = mh_there_type_of(parent, i);

		if (strcmp(child->collations.v[i], parent->collations.v[i]) != 0 ||
			!(left == right || (is_integer(left) && is_integer(right)) ||
			  (is_text(left) && is_text(right))))
			return false;
	}
	return true;
}

/* The values that tell which row it is, as mighead_orphans() shows them. */
static void
append_sample(StringInfo inner, StringInfo outer, const Asking *asking)
{
	MhStrings names = {0, NULL};

	for (int i = 0; i < asking->table.key.n; i++)
		mh_strings_add(&names, asking->table.key.v[i]);
	for (int i = 0; i < asking->question->columns.n; i++)
		if (!mh_strings_contain(&names, asking->question->columns.v[i]))
			mh_strings_add(&names, asking->question->columns.v[i]);
	for (int i = 0; i < names.n; i++)
	{
		char *name = column_name(names.v[i]);

		appendStringInfo(inner, "c.%s AS k%d, ", name, i);
		appendStringInfo(outer, "%so.k%d AS %s", i > 0 ? ", " : "", i, name);
	}
}

static char *
orphans_query(const Asking *asking, const MhTableThere *parent)
{
	const MhReviewQuestion *question = asking->question;
	StringInfoData inner;
	StringInfoData outer;
	StringInfoData not_null;
	StringInfoData equal;

	initStringInfo(&inner);
	initStringInfo(&outer);
	initStringInfo(&not_null);
	initStringInfo(&equal);
	append_sample(&inner, &outer, asking);
	for (int i = 0; i < question->columns.n; i++)
	{
		char *name = column_name(question->columns.v[i]);

		appendStringInfo(&not_null, "c.%s IS NOT NULL AND ", name);
		appendStringInfo(&equal, "%sp.%s OPERATOR(pg_catalog.=) c.%s", i > 0 ? " AND " : "",
						 column_name(question->partner_columns.v[i]), name);
	}
	return psprintf(
		"SELECT pg_catalog.count(*), COALESCE(pg_catalog.jsonb_agg("
		"(SELECT pg_catalog.to_jsonb(r) FROM (SELECT %s) AS r)) FILTER (WHERE o.number <= 1), '[]')"
		" FROM (SELECT %spg_catalog.row_number() OVER () AS number FROM %s AS c WHERE %s"
		"NOT EXISTS (SELECT FROM %s AS p WHERE %s)) AS o",
		outer.data, inner.data, asking->table.source, not_null.data, parent->source, equal.data);
}

/* For MATCH FULL a row has all values or none. */
static bool
has_half_keys(Asking *asking)
{
	const MhStrings *names = &asking->question->columns;
	Found found = run_query(asking, 1,
							psprintf("SELECT pg_catalog.count(*) FROM %s"
									 " WHERE pg_catalog.num_nulls(%s) BETWEEN 1 AND %d",
									 asking->table.source, column_list(names), names->n - 1));

	if (!expect_no_rows(asking, &found))
		return asking->answer.passes == MH_TRUTH_UNKNOWN;
	say_no(asking, psprintf("%.0f rows with some of the values", found.count));
	return true;
}

static void
ask_foreign_key(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	const char *obstacle;
	MhTableThere parent;
	Found found;

	obstacle =
		mh_there_find_table(asking->server, question->partner, &question->partner_columns, &parent);
	if (obstacle == NULL && !are_compared_alike(&asking->table, &parent))
		obstacle = "the columns are not compared elsewhere";
	if (obstacle != NULL)
	{
		asking->answer = mh_answer_unknown(obstacle);
		return;
	}
	if (question->is_full && question->columns.n > 1 && has_half_keys(asking))
		return;
	asking->answer.passes = MH_TRUTH_UNKNOWN;
	found = run_query(asking, 2, orphans_query(asking, &parent));
	if (expect_no_rows(asking, &found))
		say_no(asking, psprintf("%.0f rows, such as %s", found.count, found.texts.data));
}

/* ---------- types ---------- */

/* Types for which a cast refuses the values that ALTER TABLE refuses. */
static bool
is_cast_alike(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
		case TEXTOID:
			return true;
		default:
			return false;
	}
}

/* The rows with values that are refused, where one condition says which; NULL: none does. */
static char *
refused_values(Oid from, const MhReviewTypeAnswer *to, const char *column, MhReviewAnswer *answer)
{
	answer->sqlstate = "22003";
	if (from == INT8OID && to->id == INT4OID)
	{
		answer->detail = "integer out of range";
		return psprintf("%s NOT BETWEEN -2147483648 AND 2147483647", column);
	}
	if (is_integer(from) && to->id == INT2OID)
	{
		answer->detail = "smallint out of range";
		return psprintf("%s NOT BETWEEN -32768 AND 32767", column);
	}
	if ((to->id == VARCHAROID || to->id == BPCHAROID) && to->typmod > VARHDRSZ)
	{
		answer->sqlstate = "22001";
		answer->detail = psprintf("value too long for type %s(%d)",
								  to->id == VARCHAROID ? "character varying" : "character",
								  to->typmod - VARHDRSZ);
		/* blanks that are too many are cut */
		return psprintf("pg_catalog.length(pg_catalog.rtrim(%s::pg_catalog.text, ' ')) > %d",
						column, to->typmod - VARHDRSZ);
	}
	return NULL;
}

static void
count_refused(Asking *asking, const char *condition, const MhReviewAnswer *refusal)
{
	Found found = run_query(
		asking, 1,
		psprintf("SELECT pg_catalog.count(*) FROM %s WHERE %s", asking->table.source, condition));

	if (!expect_no_rows(asking, &found))
		return;
	say_no(asking, psprintf("%.0f rows: %s", found.count, refusal->detail));
	asking->answer.sqlstate = refusal->sqlstate;
}

static char *
type_name(const MhReviewTypeAnswer *type)
{
	MhIdentity identity = mh_begin_reading();
	char *name = format_type_with_typemod(type->id, type->typmod);

	mh_end(&identity);
	return name;
}

static void
ask_type(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	char *column = column_name(question->columns.v[0]);
	MhReviewTypeAnswer type = {0};
	MhReviewAnswer refusal = {MH_TRUTH_UNKNOWN, NULL, NULL};
	char *condition;

	mh_there_resolve(unconstify(MhReviewServer *, asking->server), question->type, &type);
	if (type.sqlstate != NULL || !mh_there_is_built_in(type.id))
		return;
	condition = refused_values(mh_there_type_of(&asking->table, 0), &type, column, &refusal);
	if (condition != NULL)
		count_refused(asking, condition, &refusal);
	else if (is_cast_alike(type.id))
	{
		(void) run_query(asking, 1,
						 psprintf("SELECT pg_catalog.count(%s::%s) FROM %s", column,
								  type_name(&type), asking->table.source));
		asking->answer.passes = MH_TRUTH_YES;
	}
}

/* ---------- checks that are there ---------- */

static const MhModelConstraint *
find_check(const MhReviewQuestion *question)
{
	for (int i = 0; i < question->relation->n_constraints; i++)
	{
		const MhModelConstraint *constraint = &question->relation->constraints[i];

		if (constraint->type == 'c' && constraint->made == NULL && constraint->condition != NULL &&
			constraint->live_name != NULL && strcmp(constraint->live_name, question->name) == 0)
			return constraint;
	}
	return NULL;
}

static void
find_rows(Asking *asking, const char *condition)
{
	char *columns = column_list(&asking->question->columns);
	Found found =
		expect_none(asking, 1,
					psprintf("SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s"
							 " WHERE %s LIMIT %d",
							 *columns == '\0' ? "ctid" : columns, asking->table.source, condition,
							 MOST_SAMPLES));

	if (found.n > 0)
		say_no(asking, psprintf("rows such as %s", found.texts.data));
}

/* The text of the condition is that of the server there. */
static void
ask_existing(Asking *asking)
{
	const MhModelConstraint *check = find_check(asking->question);
	Node *condition;

	if (check == NULL)
		return;
	condition =
		mh_there_condition(asking->server, asking->question->relation, check, &asking->answer);
	if (condition == NULL || mh_distrust_expression(condition) != NULL)
	{
		asking->answer = mh_answer_unknown("the condition may run code that is not built in");
		return;
	}
	find_rows(asking, psprintf("NOT (%s)", mh_from_utf8(pstrdup(check->condition))));
}

/* ---------- expressions of the script ---------- */

/* Whether the conditions and the values of a question can be analysed. */
static Node *
analyse(Asking *asking, const MhReviewExpression *expression, int use)
{
	Node *node;

	if (mh_there_names_other(asking->server, expression->tree))
	{
		asking->answer = mh_answer_unknown("an expression may run code that is not built in");
		return NULL;
	}
	node = mh_analyse_expression(expression, use, asking->question->relation, &asking->answer);
	asking->answer.passes = MH_TRUTH_UNKNOWN;
	return node;
}

static bool
add_value(Asking *asking, Node *node)
{
	if (node != NULL)
		asking->values = lappend(asking->values, node);
	return node != NULL;
}

/* With the cast to the type of the column. */
static Node *
analyse_using(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	Node *value = analyse(asking, question->expression, MH_USE_TRANSFORM);
	MhReviewTypeAnswer type = {0};

	mh_there_resolve(unconstify(MhReviewServer *, asking->server), question->type, &type);
	if (value == NULL || type.sqlstate != NULL || !mh_there_is_built_in(type.id))
		return NULL;
	return mh_there_cast_value(value, &type);
}

static bool
analyse_index(Asking *asking)
{
	const MhReviewStatement *index = asking->question->index;

	for (int i = 0; i < index->n_expressions; i++)
		if (index->expressions[i].tree != NULL &&
			!add_value(asking, analyse(asking, &index->expressions[i], MH_USE_INDEX)))
			return false;
	if (index->condition == NULL)
		return true;
	asking->where = analyse(asking, index->condition, MH_USE_PREDICATE);
	return asking->where != NULL;
}

static Node *
node_of(const void *node)
{
	return node == NULL ? NULL : copyObject(unconstify(Node *, (const Node *) node));
}

static bool
analyse_values(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;

	if (question->values == NULL)
		return add_value(asking, analyse(asking, question->expression, MH_USE_INDEX));
	return add_value(asking, node_of(question->values[0].node));
}

static bool
analyse_key(Asking *asking)
{
	for (int i = 0; i < asking->question->columns.n; i++)
		if (!add_value(asking, node_of(asking->question->values[i].node)))
			return false;
	return asking->question->columns.n > 0;
}

static bool
analyse_question(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;

	switch (question->kind)
	{
		case MH_ASK_CHECK:
			asking->where = analyse(asking, question->expression, MH_USE_CHECK);
			return asking->where != NULL;
		case MH_ASK_NO_ROW:
			asking->where = node_of(question->node);
			return asking->where != NULL;
		case MH_ASK_VALUES:
			return analyse_values(asking);
		case MH_ASK_COMPUTED:
			asking->where = node_of(question->node);
			return add_value(asking, node_of(question->values[0].node));
		case MH_ASK_KEY:
			return analyse_key(asking);
		case MH_ASK_UNIQUE_KEYS:
			return analyse_index(asking);
		case MH_ASK_TYPE:
			return question->expression == NULL || add_value(asking, analyse_using(asking));
		default:
			return true;
	}
}

/* The text; NULL: it is not sent. */
static char *
sql_of(Asking *asking, Node *node)
{
	char *text = mh_there_sql(asking->server, asking->question->relation, node);

	if (text == NULL)
		asking->answer = mh_answer_unknown("an expression may mean something else there");
	return text;
}

static void
ask_condition(Asking *asking, const char *format)
{
	char *text = sql_of(asking, asking->where);

	if (text != NULL)
		find_rows(asking, psprintf("%s(%s)", format, text));
}

/* An error is that of the first row that has no value. */
static void
ask_values(Asking *asking)
{
	char *value = sql_of(asking, linitial(asking->values));
	char *where = asking->where == NULL ? "true" : sql_of(asking, asking->where);
	Found found;

	if (value == NULL || where == NULL)
		return;
	found = run_query(asking, 1,
					  psprintf("SELECT pg_catalog.count(*) OPERATOR(pg_catalog.-)"
							   " pg_catalog.count((%s)) FROM %s WHERE %s",
							   value, asking->table.source, where));
	if (found.n != 1 || found.count < 0)
		return;
	asking->answer.passes = MH_TRUTH_YES;
	if (!asking->question->wants_value || found.count == 0)
		return;
	say_no(asking, psprintf("rows without a value: %.0f", found.count));
	asking->answer.sqlstate = "23502";
}

static void
ask_key(Asking *asking)
{
	StringInfoData condition;

	initStringInfo(&condition);
	for (int i = 0; i < asking->question->columns.n; i++)
	{
		char *value = sql_of(asking, list_nth(asking->values, i));

		if (value == NULL)
			return;
		appendStringInfo(&condition, "%s%s OPERATOR(pg_catalog.=) %s", i > 0 ? " AND " : "",
						 column_name(asking->question->columns.v[i]), value);
	}
	find_rows(asking, condition.data);
}

/* A column that is a key; NULL: it is new. */
static char *
sql_of_column(const Asking *asking, const char *name)
{
	const MhModelRelation *relation = asking->question->relation;

	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && relation->columns[i].live_name != NULL &&
			strcmp(relation->columns[i].name, name) == 0)
			return column_name(relation->columns[i].live_name);
	return NULL;
}

static void
ask_unique_keys(Asking *asking)
{
	const MhReviewStatement *index = asking->question->index;
	char *where = asking->where == NULL ? "true" : sql_of(asking, asking->where);
	StringInfoData keys;
	StringInfoData not_null;
	int n = 0;

	initStringInfo(&keys);
	initStringInfo(&not_null);
	for (int i = 0; where != NULL && i < index->n_expressions; i++)
	{
		char *key = index->expressions[i].tree == NULL
						? sql_of_column(asking, index->columns.v[i])
						: sql_of(asking, list_nth(asking->values, n++));

		if (key == NULL)
			return;
		appendStringInfo(&keys, "%s(%s)", i > 0 ? ", " : "", key);
		if (!asking->question->nulls_not_distinct)
			appendStringInfo(&not_null, " AND (%s) IS NOT NULL", key);
	}
	if (where != NULL)
		find_equal(asking, keys.data, psprintf(" WHERE (%s)%s", where, not_null.data));
}

/* ---------- the question ---------- */

static bool
is_not_counted(const MhReviewQuestion *question)
{
	switch (question->kind)
	{
		case MH_ASK_NEXT:
		case MH_ASK_REFERRED:
		case MH_ASK_UNIQUE_AFTER:
			return true;
		case MH_ASK_TYPE:
			return question->type == NULL;
		default:
			return false;
	}
}

static bool
compares(const MhReviewQuestion *question)
{
	return question->kind != MH_ASK_EMPTY && question->kind != MH_ASK_NO_VALUE &&
		   question->kind != MH_ASK_NOT_NULL && question->kind != MH_ASK_SINGLE;
}

static void
ask_by_kind(Asking *asking)
{
	switch (asking->question->kind)
	{
		case MH_ASK_EMPTY:
			ask_empty(asking);
			break;
		case MH_ASK_NO_VALUE:
			ask_no_value(asking);
			break;
		case MH_ASK_NOT_NULL:
			ask_not_null(asking);
			break;
		case MH_ASK_UNIQUE:
			ask_unique(asking);
			break;
		case MH_ASK_FOREIGN_KEY:
			ask_foreign_key(asking);
			break;
		case MH_ASK_SINGLE:
			ask_single(asking);
			break;
		case MH_ASK_EXISTING:
			ask_existing(asking);
			break;
		case MH_ASK_CHECK:
			ask_condition(asking, "NOT ");
			break;
		case MH_ASK_NO_ROW:
			ask_condition(asking, "");
			break;
		case MH_ASK_VALUES:
		case MH_ASK_COMPUTED:
			ask_values(asking);
			break;
		case MH_ASK_KEY:
			ask_key(asking);
			break;
		case MH_ASK_UNIQUE_KEYS:
			ask_unique_keys(asking);
			break;
		case MH_ASK_TYPE:
			if (asking->values != NIL)
				ask_values(asking);
			else
				ask_type(asking);
			break;
		default:
			break;
	}
}

/* Finds the table with the columns that are asked about, and those of the expressions. */
static const char *
find_table(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	MhStrings columns = {0, NULL};
	List *types = NIL;
	const char *obstacle;

	for (int i = 0; i < question->columns.n; i++)
		mh_strings_push(&columns, question->columns.v[i]);
	if (asking->where != NULL &&
		!mh_there_columns(question->relation, asking->where, &columns, &types))
		return "a column is new";
	if (!mh_there_columns(question->relation, (Node *) asking->values, &columns, &types))
		return "a column is new";
	obstacle = mh_there_find_table(asking->server, question->relation, &columns, &asking->table);
	for (int i = 0; obstacle == NULL && i < list_length(types); i++)
		if (mh_there_type_of(&asking->table, question->columns.n + i) != list_nth_oid(types, i))
			return "a column has another type";
	return obstacle;
}

static const char *const limit_query =
	"SELECT pg_catalog.current_setting('statement_timeout'),"
	" pg_catalog.set_config('statement_timeout', $1::pg_catalog.text, true)";

static void
read_setting(int n, const char *const *row, void *into)
{
	*(char **) into = mh_text_at(row, 1);
}

/* Returns the limit until now. */
static char *
limit_statements(const MhReviewServer *server, const char *milliseconds)
{
	char *before = NULL;

	mh_review_ask_there(server, limit_query, milliseconds, 2, read_setting, &before);
	return before;
}

/* What a query sets is gone where a later one fails: the server rolls back. */
static void
run_question(Asking *asking)
{
	const MhReviewServer *server = asking->server;
	const char *obstacle;
	int left =
		(int) ((Min(server->deadline, server->there->rows_until) - GetCurrentTimestamp()) / 1000);
	char *limit;

	if (!analyse_question(asking))
	{
		if (asking->answer.detail == NULL)
			asking->answer = mh_answer_unknown("the expression is not followed");
		return;
	}
	obstacle = find_table(asking);
	if (obstacle == NULL && compares(asking->question) &&
		(!mh_there_has_built_in_types(&asking->table) || server->there->has_casts ||
		 server->there->has_operator_classes))
		obstacle = "comparing the values may run code that is not built in";
	if (obstacle == NULL && left <= 0)
		obstacle = "mighead.review_time did not suffice";
	if (obstacle != NULL)
	{
		asking->answer = mh_answer_unknown(obstacle);
		return;
	}
	limit = limit_statements(server, psprintf("%d", left));
	ask_by_kind(asking);
	if (limit != NULL)
		(void) limit_statements(server, limit);
}

/* Of a query that the server refused: a value that cannot be converted, or nothing about the rows. */
static MhReviewAnswer
answer_of(const MhError *refusal, const MhReviewQuestion *question)
{
	if (strcmp(refusal->sqlstate, "57014") == 0)
		return mh_answer_unknown("mighead.review_time did not suffice");
	if (strcmp(refusal->sqlstate, "55P03") == 0)
		return mh_answer_unknown("the table is locked");
	/* 22P05: a character of the question, which the encoding there has not */
	if (compares(question) && strncmp(refusal->sqlstate, "22", 2) == 0 &&
		strcmp(refusal->sqlstate, "22P05") != 0)
		return mh_answer_no(pstrdup(refusal->sqlstate), pstrdup(refusal->message));
	return mh_answer_unknown(pstrdup(refusal->message));
}

static MhReviewAnswer
ask(const MhReviewServer *server, const MhReviewQuestion *question)
{
	MemoryContext caller = CurrentMemoryContext;
	Asking asking = {server, question};

	PG_TRY();
	{
		run_question(&asking);
	}
	PG_CATCH();
	{
		/* nothing of this server has to be undone */
		if (server->options->source->refusal == NULL)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		asking.answer = answer_of(server->options->source->refusal, question);
	}
	PG_END_TRY();
	return asking.answer;
}

MhReviewAnswer
mh_there_rows(void *arg, const MhReviewQuestion *question)
{
	const MhReviewServer *server = arg;

	if (question->is_after)
		return mh_answer_unknown(server->options->check_data ? "the script changes them"
															 : "check_data is false");
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
	if (is_not_counted(question))
		return mh_answer_unknown("they are not counted elsewhere");
	return ask(server, question);
}
