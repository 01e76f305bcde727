/*-------------------------------------------------------------------------
 *
 * drop.c
 *	  DROP, with what depends on what is dropped.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* ---------- relations ---------- */

static bool
may_drop(MhReview *review, const MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (!mh_is_called(relation, statement->object))
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is of another kind",
				 mh_model_name(review, relation));
	else if (mh_may(review, relation, MH_RIGHT_OWNER))
		mh_doubt_pending(review, relation);
	return !mh_has_failed(review);
}

/* An index that is not there has another code than a table. */
static MhModelRelation *
named_to_drop(MhReview *review, const MhReviewName *name, const MhReviewStatement *statement)
{
	MhModelRelation *relation;

	if (statement->object != MH_OBJECT_INDEX ||
		(name->schema != NULL && !mh_model_has_schema(&review->model, name->schema)))
		return mh_named(review, name, statement->missing_ok);
	relation = mh_model_find(&review->model, name);
	if (relation == NULL && !statement->missing_ok)
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT, "index %s does not exist",
						mh_review_quote(review, name->name));
	return relation;
}

/* What belongs to it goes with it. */
static void
mark_named(MhReview *review, MhModelRelation *relation)
{
	relation->named_round = review->round;
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL && child->is_partition && child->named_round != review->round)
			mark_named(review, child);
	}
}

static void
drop_relations(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation **found = palloc(statement->n_names * sizeof(MhModelRelation *));

	if (statement->concurrently && (statement->n_names > 1 || statement->cascade))
		mh_fails(review, NULL, MH_PG_NOT_SUPPORTED,
				 "DROP INDEX CONCURRENTLY takes one index, and no CASCADE");
	for (int i = 0; i < statement->n_names; i++)
	{
		found[i] = named_to_drop(review, &statement->names[i], statement);
		if (found[i] != NULL && !may_drop(review, found[i], statement))
			found[i] = NULL;
	}
	/* what one of them needs of another is no obstacle */
	for (int i = 0; i < statement->n_names; i++)
		if (found[i] != NULL && strchr("iIS", found[i]->kind) == NULL)
		{
			mark_named(review, found[i]);
			found[i]->is_gone = true;
		}
	for (int i = 0; i < statement->n_names; i++)
		if (found[i] != NULL)
			mh_drop_found(review, found[i], statement);
}

/* ---------- types ---------- */

static void
drop_type(MhReview *review, const MhReviewName *name, const MhReviewStatement *statement)
{
	MhModelType *type;

	if (name->schema != NULL && !mh_model_has_schema(&review->model, name->schema))
		type = NULL;
	else
		type = mh_model_find_type(&review->model, name);
	if (type == NULL)
	{
		if (!statement->missing_ok)
			mh_fails_absent(review, NULL,
							name->schema != NULL &&
									!mh_model_has_schema(&review->model, name->schema)
								? MH_PG_UNDEFINED_SCHEMA
								: MH_PG_UNDEFINED_OBJECT,
							"type %s does not exist", mh_review_quote(review, name->name));
		return;
	}
	mh_owns_type(review, type);
	if (statement->object == MH_OBJECT_DOMAIN && type->kind != 'd')
		mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s is no domain",
				 mh_review_quote(review, type->name));
	else if (type->kind == 'm')
		mh_not_known(review, NULL, "whether the multirange type can be dropped by itself");
	mh_drop_found_type(review, type, statement);
}

/* ---------- parts of a table ---------- */

/* Triggers of rows of a partitioned table are those of its partitions, and go only with it. */
static void
doubt_clones(MhReview *review, const MhModelRelation *table, const char *name)
{
	const MhModelRelation *parent =
		table->n_parents > 0 ? mh_model_by_id(&review->model, table->parents[0]) : NULL;

	if (parent != NULL && parent->kind == 'p' && mh_names_have(&parent->triggers, name))
		mh_not_known(review, table, "whether %s has the trigger too",
					 mh_model_name(review, parent));
	for (int i = 0; table->kind == 'p' && i < table->n_children; i++)
	{
		const MhModelRelation *child = mh_model_by_id(&review->model, table->children[i]);

		if (child != NULL && mh_names_have(&child->triggers, name))
			mh_taint(review);
	}
}

static void
drop_part(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *table = mh_named(review, &statement->name, statement->missing_ok);
	MhNames *names;

	if (table == NULL)
		return;
	names = statement->object == MH_OBJECT_TRIGGER  ? &table->triggers
			: statement->object == MH_OBJECT_POLICY ? &table->policies
													: &table->rules;
	if (statement->object == MH_OBJECT_RULE && strchr("vm", table->kind) != NULL &&
		strcmp(statement->part, MH_RULE_OF_VIEW) == 0)
		mh_fails(review, table, MH_PG_DEPENDENTS, "the view needs its rule");
	if (!mh_names_have(names, statement->part))
	{
		if (!statement->missing_ok)
			mh_fails_absent(review, table, MH_PG_UNDEFINED_OBJECT, "%s of %s does not exist",
							mh_review_quote(review, statement->part), mh_model_name(review, table));
		return;
	}
	if (statement->object == MH_OBJECT_TRIGGER)
		doubt_clones(review, table, statement->part);
	mh_touch(review, table, MH_LOCK_ACCESS_EXCLUSIVE);
	mh_may(review, table, MH_RIGHT_OWNER);
	table->has_new_dependents = true;
	mh_names_remove(names, statement->part);
}

/* ---------- others ---------- */

static void
drop_other(MhReview *review, const MhReviewStatement *statement)
{
	MhReviewAnswer answer = review->world->other(review->world->arg, statement);
	bool is_absent =
		answer.passes == MH_TRUTH_NO && strcmp(answer.sqlstate, MH_PG_UNDEFINED_FUNCTION) == 0;

	/* the script may have made or dropped what depends on it, or it itself */
	if (statement->object == MH_OBJECT_OTHER &&
		((review->model.is_changed && !is_absent) ||
		 mh_changed_code(review, &statement->code, &statement->texts) != NULL))
		answer = (MhReviewAnswer){MH_TRUTH_UNKNOWN};
	if (answer.passes == MH_TRUTH_NO)
		mh_fails_absent(review, NULL, answer.sqlstate, "%s", answer.detail);
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, NULL, "%s",
					 answer.detail == NULL ? "what depends on it" : answer.detail);
}

void
mh_judge_drop(MhReview *review, const MhReviewStatement *statement)
{
	switch (statement->object)
	{
		case MH_OBJECT_TABLE:
		case MH_OBJECT_VIEW:
		case MH_OBJECT_MATERIALIZED_VIEW:
		case MH_OBJECT_SEQUENCE:
		case MH_OBJECT_INDEX:
		case MH_OBJECT_FOREIGN_TABLE:
			drop_relations(review, statement);
			break;
		case MH_OBJECT_TYPE:
		case MH_OBJECT_DOMAIN:
			for (int i = 0; i < statement->n_names; i++)
				drop_type(review, &statement->names[i], statement);
			break;
		case MH_OBJECT_TRIGGER:
		case MH_OBJECT_POLICY:
		case MH_OBJECT_RULE:
			drop_part(review, statement);
			break;
		case MH_OBJECT_SCHEMA:
			mh_drop_schemas(review, statement);
			break;
		default:
			if (statement->routine != NULL || statement->is_statistics)
			{
				mh_drop_routine(review, statement);
				break;
			}
			drop_other(review, statement);
			if (statement->cascade)
				mh_taint(review);
			break;
	}
}
