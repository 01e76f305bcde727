/*-------------------------------------------------------------------------
 *
 * there_conditions.c
 *	  Whether rows that a script writes elsewhere pass the checks there, and what is computed.
 *
 * The server there writes a condition as a text.  It is analysed and folded here, if all names in it
 * mean what is built in, and nothing in it depends on a collation, which may be another one there.
 * No lock is taken.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

/* ---------- conditions ---------- */

typedef struct Reading
{
	const char *text;
	const MhModelRelation *relation;
	Node *tree;
} Reading;

static void
read_text(void *arg)
{
	Reading *reading = arg;

	reading->tree = mh_parse_condition(mh_from_utf8(pstrdup(reading->text)), reading->relation);
}

/* A setting says what a backslash means. */
static const MhReviewExpression *
read_expression(const MhModelRelation *relation, const char *text)
{
	Reading reading = {text, relation};

	if (relation->live_name == NULL || text == NULL || strchr(text, '\\') != NULL ||
		mh_try(read_text, &reading) != NULL)
		return NULL;
	return mh_fact_new_expression(reading.tree);
}

static const MhReviewExpression *
read_condition(const MhModelRelation *relation, const MhModelConstraint *check)
{
	if (check->made != NULL)
		return check->made->expression;
	return check->live_name == NULL ? NULL : read_expression(relation, check->condition);
}

/* What is written depends on a setting, too. */
static bool
has_interval(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const) && get_base_element_type(((Const *) node)->consttype) == INTERVALOID)
		return true;
	return (IsA(node, Const) && ((Const *) node)->consttype == INTERVALOID) ||
		   expression_tree_walker(node, has_interval, unused);
}

/* Values that the script gives were looked at when they were analysed, before they were folded. */
static bool
has_collation(const MhReviewWritten *row, Node *condition)
{
	bool found = mh_depends_on_collation(condition);

	for (int i = 0; i < row->relation->n_columns && !found; i++)
		found = row->values[i].node != NULL &&
				mh_depends_on_collation(unconstify(Node *, (const Node *) row->values[i].node));
	return found;
}

Node *
mh_there_condition(const MhReviewServer *server, const MhModelRelation *relation,
				   const MhModelConstraint *check, MhReviewAnswer *answer)
{
	const MhReviewExpression *expression = read_condition(relation, check);
	Node *condition;

	*answer = mh_answer_unknown("the condition is not followed");
	if (expression == NULL || server->there->has_casts ||
		mh_there_names_other(server, expression->tree))
		return NULL;
	condition = mh_analyse_expression(expression, MH_USE_CHECK, relation, answer);
	/* what cannot be analysed here is what the server there has */
	if (condition == NULL && answer->passes != MH_TRUTH_UNKNOWN && check->made == NULL)
		*answer = mh_answer_unknown("the condition is not followed");
	return condition;
}

MhReviewAnswer
mh_there_passes_check(void *arg, const MhReviewWritten *row, const MhModelConstraint *check,
					  MhReviewQuestion *question)
{
	MhReviewAnswer answer;
	Node *condition = mh_there_condition(arg, row->relation, check, &answer);

	if (condition == NULL)
		return answer;
	if (has_collation(row, condition) || has_interval(condition, NULL))
		return mh_answer_unknown("the condition may mean something else there");
	return mh_row_passes(row, condition, question);
}

/* NULL: nobody can tell. */
static Node *
generated_value(const MhReviewServer *server, const MhModelRelation *relation,
				const MhModelColumn *column)
{
	const MhReviewExpression *expression = column->made_generated != NULL
											   ? column->made_generated
											   : read_expression(relation, column->computation);
	MhReviewExpressionAnswer answer = {{MH_TRUTH_UNKNOWN}};

	if (column->is_retyped || expression == NULL || server->there->has_casts)
		return NULL;
	mh_there_expression(unconstify(MhReviewServer *, server), expression, MH_USE_GENERATED,
						relation, column, &answer);
	return answer.answer.passes == MH_TRUTH_YES && !answer.value.is_unknown
			   ? copyObject(unconstify(Node *, (const Node *) answer.value.node))
			   : NULL;
}

void
mh_there_computed(void *arg, const MhReviewWritten *row, const MhModelColumn *column,
				  MhReviewComputed *computed)
{
	Node *node = generated_value(arg, row->relation, column);

	if (node != NULL && (has_collation(row, node) || has_interval(node, NULL)))
		node = NULL;
	mh_compute(row, node, computed);
}
