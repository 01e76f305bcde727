/*-------------------------------------------------------------------------
 *
 * drop.c
 *	  DROP, with what depends on what is dropped.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* ---------- relations ---------- */

static void
drop_index(MhReview *review, MhModelRelation *index, const MhReviewStatement *statement)
{
	MhModelRelation *table = mh_model_by_id(&review->model, index->table);

	mh_touch(review, table,
			 statement->concurrently ? MH_LOCK_SHARE_UPDATE_EXCLUSIVE : MH_LOCK_ACCESS_EXCLUSIVE);
	if (index->constraint != NULL)
		mh_fails(review, table, MH_PG_DEPENDENTS, "constraint %s requires the index",
				 mh_review_quote(review, index->constraint));
	else if (index->parent_index != 0)
		mh_fails(review, table, MH_PG_DEPENDENTS, "the index of the partitioned table requires it");
	else if (index->kind == 'I' && statement->concurrently)
		mh_fails(review, table, MH_PG_NOT_SUPPORTED,
				 "an index of a partitioned table cannot be dropped CONCURRENTLY");
	if (table != NULL && index->is_unique)
		mh_drop_users_of_key(review, table, index->id, statement->cascade);
	if (index->kind == 'I')
		mh_lock_children(review, table, MH_LOCK_ACCESS_EXCLUSIVE);
	mh_model_drop(&review->model, index);
}

static bool
is_kind_of(const MhModelRelation *relation, MhReviewObject object)
{
	switch (object)
	{
		case MH_OBJECT_TABLE:
			return strchr("rp", relation->kind) != NULL;
		case MH_OBJECT_VIEW:
			return relation->kind == 'v';
		case MH_OBJECT_MATERIALIZED_VIEW:
			return relation->kind == 'm';
		case MH_OBJECT_SEQUENCE:
			return relation->kind == 'S';
		case MH_OBJECT_INDEX:
			return strchr("iI", relation->kind) != NULL;
		case MH_OBJECT_FOREIGN_TABLE:
			return relation->kind == 'f';
		default:
			return false;
	}
}

static bool
may_drop(MhReview *review, const MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (!is_kind_of(relation, statement->object))
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is of another kind",
				 mh_model_name(review, relation));
	else if (mh_may(review, relation, MH_RIGHT_OWNER))
		mh_doubt_pending(review, relation);
	return !mh_has_failed(review);
}

static void
drop_sequence(MhReview *review, MhModelRelation *sequence, bool cascade)
{
	MhModelRelation *table = mh_model_by_id(&review->model, sequence->owned_by);

	if (sequence->is_internal)
		mh_fails(review, NULL, MH_PG_DEPENDENTS, "an identity column requires sequence %s",
				 mh_model_name(review, sequence));
	else if (table != NULL && sequence->live_name == NULL && !cascade)
		mh_fails(review, NULL, MH_PG_DEPENDENTS, "a default of %s depends on it",
				 mh_model_name(review, table));
	sequence->is_gone = true;
	mh_drop_dependents(review, sequence, cascade);
	mh_model_drop(&review->model, sequence);
}

static void
drop_found(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (strchr("iI", relation->kind) != NULL)
		drop_index(review, relation, statement);
	else if (relation->kind == 'S')
		drop_sequence(review, relation, statement->cascade);
	else
	{
		relation->is_gone = true;
		mh_drop_relation(review, relation, statement->cascade);
		if (relation->live_name != NULL)
			mh_find(review, relation, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS,
					"Drop it in a later release than the one that stops to use it.",
					"code that uses %s fails", mh_model_name(review, relation));
	}
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

static void
drop_relations(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation **found = palloc(statement->n_names * sizeof(MhModelRelation *));

	for (int i = 0; i < statement->n_names; i++)
	{
		found[i] = named_to_drop(review, &statement->names[i], statement);
		if (found[i] != NULL && !may_drop(review, found[i], statement))
			found[i] = NULL;
	}
	if (statement->concurrently && (statement->n_names > 1 || statement->cascade))
		mh_fails(review, NULL, MH_PG_NOT_SUPPORTED,
				 "DROP INDEX CONCURRENTLY takes one index, and no CASCADE");
	/* what one of them needs of another is no obstacle */
	for (int i = 0; i < statement->n_names; i++)
		if (found[i] != NULL && strchr("iIS", found[i]->kind) == NULL)
			found[i]->is_gone = true;
	for (int i = 0; i < statement->n_names; i++)
		if (found[i] != NULL)
			drop_found(review, found[i], statement);
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
	mh_names_add(&review->model.code, type->name);
	if (statement->object == MH_OBJECT_DOMAIN && type->kind != 'd')
		mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s is no domain",
				 mh_review_quote(review, type->name));
	else if (type->kind == 'm')
		mh_not_known(review, NULL, "whether the multirange type can be dropped by itself");
	for (int i = 0; i < type->n_users; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, type->users[i]);

		for (int k = 0; user != NULL && k < user->n_columns; k++)
			if (!user->columns[k].is_gone && !statement->cascade &&
				(user->columns[k].type == type->id || user->columns[k].type == type->array_id) &&
				user->columns[k].type != 0)
				mh_fails(review, NULL, MH_PG_DEPENDENTS, "column %s of %s depends on it",
						 mh_review_quote(review, user->columns[k].name),
						 mh_model_name(review, user));
		if (user != NULL && statement->cascade)
		{
			mh_drop_column_of_type(review, user, type->id);
			mh_drop_column_of_type(review, user, type->array_id);
		}
	}
	if (type->dependents.n > 0 && !statement->cascade)
		mh_fails(review, NULL, MH_PG_DEPENDENTS, "%s depends on it", type->dependents.v[0]);
	type->is_gone = true;
}

/* ---------- parts of a table ---------- */

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
	if (!mh_names_have(names, statement->part))
	{
		if (!statement->missing_ok)
			mh_fails_absent(review, table, MH_PG_UNDEFINED_OBJECT, "%s of %s does not exist",
							mh_review_quote(review, statement->part), mh_model_name(review, table));
		return;
	}
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

	if (answer.passes == MH_TRUTH_NO)
		mh_fails_absent(review, NULL, answer.sqlstate, "%s", answer.detail);
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, NULL, "%s",
					 answer.detail == NULL ? "what depends on it" : answer.detail);
}

static void
drop_schema(MhReview *review, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_names; i++)
	{
		const char *name = statement->names[i].name;

		if (!mh_model_has_schema(&review->model, name))
		{
			if (!statement->missing_ok)
				mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
								mh_review_quote(review, name));
		}
		else if (review->model.is_changed || statement->cascade)
			mh_not_known(review, NULL, "what is in schema %s at that time",
						 mh_review_quote(review, name));
		else
			drop_other(review, statement);
		mh_model_put_schema(&review->model, name, false);
	}
	if (statement->cascade)
		review->model.is_tainted = true;
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
			drop_schema(review, statement);
			break;
		default:
			drop_other(review, statement);
			if (statement->cascade)
				review->model.is_tainted = true;
			break;
	}
}
