/*-------------------------------------------------------------------------
 *
 * queries.c
 *	  Queries that a script runs, or makes a table or view of.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* ---------- what a query reads ---------- */

/* Whether reading it fails for no row. */
static bool
can_be_read(MhReview *review, MhModelRelation *relation)
{
	MhReviewViewAnswer answer = {false};

	if (relation->kind == 'm' && relation->is_unpopulated)
		return false;
	if (strchr("rpm", relation->kind) != NULL)
		return !relation->has_row_security;
	if (relation->kind != 'v')
		return false;
	/* who may read what a view reads is up to its owner */
	if (!relation->is_judged && relation->live_name != NULL && !review->model.has_new_rights)
	{
		review->world->view(review->world->arg, relation, &answer);
		relation->cannot_fail = answer.cannot_fail;
		relation->is_judged = true;
	}
	return relation->is_judged && relation->cannot_fail && !review->model.has_new_rights;
}

static void
add_source(MhReview *review, MhReviewQuery *query, const MhReviewName *name,
		   MhModelRelation *relation)
{
	MhReviewSource *sources = unconstify(MhReviewSource *, query->sources);

	sources = mh_with_room(sources, query->n_sources, sizeof(MhReviewSource));
	sources[query->n_sources++] = (MhReviewSource){
		*name, relation, can_be_read(review, relation),
		mh_are_followed(review, relation) && relation->n_children == 0 && !relation->is_gone};
	query->sources = sources;
}

/* Returns false if one is not there. */
static bool
add_sources(MhReview *review, MhReviewQuery *query, const MhReviewStatement *statement)
{
	query->n_reads = statement->n_reads;
	for (int i = 0; i < statement->n_reads; i++)
	{
		MhModelRelation *relation = mh_model_find(&review->model, &statement->reads[i]);

		if (relation == NULL || strchr("iIS", relation->kind) != NULL)
			return false;
		/* once for each name; a relation that has two is rare enough */
		if (relation->read_round != review->round)
			add_source(review, query, &statement->reads[i], relation);
		else if (relation->read_name == NULL ||
				 strcmp(relation->read_name, statement->reads[i].name) != 0 ||
				 relation->is_read_qualified != (statement->reads[i].schema != NULL))
			add_source(review, query, &statement->reads[i], relation);
		relation->read_round = review->round;
		relation->read_name = statement->reads[i].name;
		relation->is_read_qualified = statement->reads[i].schema != NULL;
	}
	return true;
}

static void
ask_server(MhReview *review, const MhReviewStatement *statement, const MhReviewQuery *query,
		   MhReviewQueryAnswer *answer)
{
	const char *changed = mh_changed_code(review, &statement->code, &statement->texts);

	if (changed != NULL || query->tree == NULL)
		answer->answer = (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL, changed};
	else
		review->world->query(review->world->arg, query, answer);
}

static void
tell(MhReview *review, const MhReviewQueryAnswer *answer)
{
	if (answer->answer.passes == MH_TRUTH_NO)
		mh_fails_absent(review, NULL, answer->answer.sqlstate, "%s", answer->answer.detail);
	else if (answer->answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, NULL, "%s",
					 answer->answer.detail == NULL ? "the query is not analysed"
												   : answer->answer.detail);
}

/* ---------- the query of a statement ---------- */

static void
read_relations(MhReview *review, const MhReviewStatement *statement)
{
	bool is_view = statement->kind == MH_REVIEW_CREATE_VIEW && statement->object == MH_OBJECT_VIEW;

	for (int i = 0; i < statement->n_reads; i++)
	{
		MhModelRelation *read = mh_named_in_query(review, &statement->reads[i]);

		mh_touch(review, read, MH_LOCK_ACCESS_SHARE);
		/* a view needs the right only when it is read */
		if (read != NULL && !read->is_system && !is_view)
			mh_may(review, read, MH_RIGHT_SELECT);
	}
}

void
mh_judge_query(MhReview *review, const MhReviewStatement *statement, MhReviewQueryAnswer *answer)
{
	MhReviewQuery query = {statement->tree};

	memset(answer, 0, sizeof(*answer));
	read_relations(review, statement);
	if (mh_has_failed(review))
		return;
	query.is_creating = statement->kind != MH_REVIEW_SELECT;
	query.wants_rows = statement->kind == MH_REVIEW_CREATE_TABLE_AS && !statement->has_no_data &&
					   !review->is_replaying;
	query.is_idle = statement->has_no_data || (statement->kind == MH_REVIEW_CREATE_VIEW &&
											   statement->object == MH_OBJECT_VIEW);
	if (add_sources(review, &query, statement))
		ask_server(review, statement, &query, answer);
	tell(review, answer);
}

static void
refuse_names(MhReview *review, const MhModelRelation *relation)
{
	MhStrings names = {0, NULL};

	for (int i = 0; i < relation->n_columns; i++)
	{
		mh_strings_push(&names, relation->columns[i].name);
		if (relation->kind != 'v' && mh_is_system_column(relation->columns[i].name))
			mh_fails(review, NULL, MH_PG_DUPLICATE_COLUMN, "%s is a system column",
					 mh_review_quote(review, relation->columns[i].name));
	}
	mh_strings_make_set(&names);
	if (names.n < relation->n_columns)
		mh_fails(review, NULL, MH_PG_DUPLICATE_COLUMN, "a column is there twice");
}

void
mh_take_columns(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement,
				const MhReviewQueryAnswer *answer)
{
	relation->is_opaque = answer->answer.passes != MH_TRUTH_YES;
	relation->is_judged = true;
	relation->cannot_fail = answer->cannot_fail && relation->kind == 'v';
	if (relation->is_opaque)
		return;
	if (statement->columns.n > answer->n_columns)
		mh_fails(review, NULL, MH_PG_SYNTAX, "there are more names than columns");
	for (int i = 0; i < answer->n_columns; i++)
	{
		const char *name =
			i < statement->columns.n ? statement->columns.v[i] : answer->columns[i].name;
		MhModelColumn *column = mh_model_add_column(relation, name);

		name = column->name;
		*column = answer->columns[i];
		if (strchr("rm", relation->kind) != NULL)
			mh_may_use_type(review, NULL, column->type);
		column->name = name;
		column->not_null = false;
	}
	refuse_names(review, relation);
	relation->has_groups = answer->has_groups && statement->columns.n == 0;
	relation->groups = answer->groups;
}

/* ---------- changes of rows ---------- */

/* The columns that the values of INSERT or UPDATE go into. */
static void
add_targets(MhReviewQuery *query, const MhModelRelation *target, const MhReviewStatement *statement)
{
	int n = statement->columns.n > 0 ? statement->columns.n : target->n_columns;
	const MhModelColumn **targets = palloc0(Max(n, 1) * sizeof(MhModelColumn *));

	for (int i = 0; i < n; i++)
		if (statement->columns.n > 0)
			targets[i] = mh_model_column(target, statement->columns.v[i]);
		else if (!target->columns[i].is_gone)
			targets[query->n_targets++] = &target->columns[i];
	if (statement->columns.n > 0)
		query->n_targets = n;
	query->targets = targets;
}

/* Whether each value is allowed in its column, as far as the query says. */
static void
judge_targets(MhReview *review, const MhModelRelation *target, const MhReviewQuery *query,
			  const MhReviewQueryAnswer *answer)
{
	for (int i = 0; review->statement->kind != MH_REVIEW_DELETE && i < query->n_targets &&
					i < answer->n_columns;
		 i++)
	{
		const MhModelColumn *column = query->targets[i];

		if (column->generated != '\0' ||
			(column->identity == 'a' && !review->statement->is_overriding))
			mh_fails(review, target, MH_PG_GENERATED, "column %s gets its values from the server",
					 mh_review_quote(review, column->name));
		else if (column->not_null && !answer->columns[i].not_null && answer->rows == NULL)
			mh_not_known_late(review, target, "whether the value for column %s is NULL",
							  mh_review_quote(review, column->name));
	}
}

/* Nobody knows whether a column is read that needs the right. */
static void
require_reading(MhReview *review, const MhModelRelation *relation)
{
	if (mh_has_right(review, relation, MH_RIGHT_SELECT) != MH_TRUTH_YES)
		mh_not_known(review, relation, "whether the role may read %s",
					 mh_model_name(review, relation));
}

static bool
ask_part(MhReview *review, const MhReviewStatement *statement, const MhReviewQuery *query,
		 MhReviewQueryAnswer *answer)
{
	ask_server(review, statement, query, answer);
	tell(review, answer);
	if (answer->answer.passes == MH_TRUTH_YES && !answer->answer.changes_nothing)
		mh_not_known(review, NULL, "the query runs code that is not followed");
	else if (answer->answer.passes == MH_TRUTH_YES && !answer->cannot_fail && answer->rows == NULL)
		mh_not_known_late(review, NULL, "what the query computes decides");
	return answer->answer.passes == MH_TRUTH_YES;
}

void
mh_judge_query_of_change(MhReview *review, MhModelRelation *target,
						 const MhReviewStatement *statement, bool wants_rows,
						 MhReviewQueryAnswer *answer)
{
	MhReviewQuery query = {statement->tree};
	MhReviewQuery returning = {statement->returning};
	MhReviewQueryAnswer returned = {{MH_TRUTH_UNKNOWN}};
	bool is_insert = statement->kind == MH_REVIEW_INSERT;

	read_relations(review, statement);
	if (mh_has_failed(review))
		return;
	if (!is_insert || statement->returning != NULL)
		require_reading(review, target);
	if (!add_sources(review, &query, statement))
	{
		mh_not_known(review, target, "the query is not analysed");
		return;
	}
	query.is_insert = is_insert;
	query.is_part = !is_insert;
	query.is_update = statement->kind == MH_REVIEW_UPDATE;
	query.wants_rows = wants_rows && !statement->is_overriding_user;
	query.has_list = statement->columns.n > 0;
	if (!is_insert)
		add_source(review, &query, &statement->name, target);
	add_targets(&query, target, statement);
	if (statement->tree == NULL && (!is_insert || statement->returning == NULL))
		mh_not_known(review, target, "the query is not analysed");
	else if (statement->tree != NULL && ask_part(review, statement, &query, answer))
		judge_targets(review, target, &query, answer);
	if (statement->returning == NULL || mh_has_failed(review))
		return;
	returning.is_part = true;
	add_source(review, &returning, &statement->name, target);
	(void) ask_part(review, statement, &returning, &returned);
}

void
mh_judge_trigger_condition(MhReview *review, MhModelRelation *table,
						   const MhReviewStatement *statement)
{
	MhReviewQuery query = {statement->returning};
	MhReviewQueryAnswer answer = {{MH_TRUTH_UNKNOWN}};
	const MhReviewExpression *condition = &statement->expressions[0];
	const char *changed = mh_changed_code(review, &condition->code, &condition->texts);

	query.is_part = true;
	add_source(review, &query, &statement->name, table);
	if (changed != NULL)
		answer.answer.detail = changed;
	else
		review->world->query(review->world->arg, &query, &answer);
	tell(review, &answer);
}
