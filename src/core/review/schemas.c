/*-------------------------------------------------------------------------
 *
 * schemas.c
 *	  Schemas that a script drops or renames, with what is in them.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* What is in a schema with more is not followed where it gets another name. */
#define MOST_RENAMED 200

static bool
owns_schema(MhReview *review, const MhModelSchema *schema)
{
	uint32 role = review->model.role;

	if (role == 0 || schema->owner == 0)
		mh_not_known(review, NULL, "whether the role owns schema %s",
					 mh_review_quote(review, schema->name));
	else if (role != schema->owner &&
			 !review->world->has_rights_of(review->world->arg, role, schema->owner))
		mh_fails(review, NULL, MH_PG_PRIVILEGE, "the role does not own schema %s",
				 mh_review_quote(review, schema->name));
	return !mh_has_failed(review);
}

/* The list has what was there once, too. */
static MhModelRelation *
relation_in(MhReview *review, const MhModelSchema *schema, int i)
{
	MhModelRelation *relation = mh_model_by_id(&review->model, schema->relations[i]);

	if (relation == NULL || strcmp(relation->schema, schema->name) != 0 ||
		mh_model_in(&review->model, schema->name, relation->name) != relation)
		return NULL;
	return relation;
}

static MhModelType *
type_in(MhReview *review, const MhModelSchema *schema, int i)
{
	MhReviewName name = {schema->name, schema->types.v[i]};

	return mh_model_find_type(&review->model, &name);
}

/* ---------- DROP SCHEMA ---------- */

/* A description of something in the schema; NULL: the model has nothing. */
static const char *
something_in(MhReview *review, const MhModelSchema *schema)
{
	for (int i = 0; i < schema->n_relations; i++)
	{
		const MhModelRelation *relation = relation_in(review, schema, i);

		MH_CHECK_INTERRUPTS();
		if (relation != NULL)
			return mh_model_name(review, relation);
	}
	for (int i = 0; i < schema->types.n; i++)
		if (type_in(review, schema, i) != NULL)
			return psprintf("type %s", mh_review_quote(review, schema->types.v[i]));
	return NULL;
}

static void
require_empty(MhReview *review, const MhModelSchema *schema)
{
	const char *found = something_in(review, schema);

	if (found == NULL && review->model.has_other_objects)
	{
		mh_not_known(review, NULL, "what is in schema %s at that time",
					 mh_review_quote(review, schema->name));
		return;
	}
	if (found == NULL && schema->others.n > 0)
		found = schema->others.v[0];
	if (found != NULL)
		mh_fails(review, NULL, MH_PG_DEPENDENTS, "%s is in it", found);
}

/* Sequences that a column owns go with their tables. */
static void
drop_contents(MhReview *review, const MhModelSchema *schema, const MhReviewStatement *statement)
{
	for (int i = 0; i < schema->n_relations; i++)
	{
		MhModelRelation *relation = relation_in(review, schema, i);

		MH_CHECK_INTERRUPTS();
		if (relation != NULL && relation->owned_by == 0)
			mh_drop_found(review, relation, statement);
	}
	for (int i = 0; i < schema->types.n; i++)
	{
		MhModelType *type = type_in(review, schema, i);

		if (type != NULL)
			mh_drop_found_type(review, type, statement);
	}
	if (schema->others.n == 0 && !review->model.has_other_objects)
		return;
	mh_not_known(review, NULL, "what uses %s goes too",
				 schema->others.n > 0 ? schema->others.v[0] : "other objects of the schema");
	mh_taint(review);
}

static void
drop_schema(MhReview *review, const char *name, const MhReviewStatement *statement)
{
	MhModelSchema *schema;

	if (!mh_model_has_schema(&review->model, name))
	{
		if (!statement->missing_ok)
			mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
							mh_review_quote(review, name));
		return;
	}
	if (mh_begins_with(name, "pg_"))
	{
		mh_not_known(review, NULL, "whether a schema of the system can be dropped");
		return;
	}
	schema = mh_model_schema(&review->model, name);
	if (owns_schema(review, schema) && !statement->cascade)
		require_empty(review, schema);
	else if (statement->cascade)
		drop_contents(review, schema, statement);
	/* what could not be dropped is not in the way of what follows */
	schema->n_relations = schema->types.n = 0;
	mh_model_put_schema(&review->model, name, false);
}

void
mh_drop_schemas(MhReview *review, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_names; i++)
		drop_schema(review, statement->names[i].name, statement);
}

/* ---------- ALTER SCHEMA ... RENAME ---------- */

/* Indexes have the schema of their table. */
static void
move_relation(MhReview *review, MhModelRelation *relation, const char *name)
{
	for (int i = 0; i < relation->n_indexes; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index != NULL)
			mh_model_rename(&review->model, index, name, index->name);
	}
	mh_model_rename(&review->model, relation, name, relation->name);
}

static void
move_contents(MhReview *review, MhModelSchema *schema, const char *name)
{
	int n = schema->n_relations;

	/* functions and types are looked up under the old name */
	if (n > MOST_RENAMED || schema->types.n > 0 || schema->others.n > 0 ||
		review->model.has_other_objects)
	{
		mh_taint(review);
		return;
	}
	for (int i = 0; i < n; i++)
	{
		MhModelRelation *relation = relation_in(review, schema, i);

		if (relation == NULL)
			continue;
		if (relation->live_name != NULL && mh_is_table(relation))
			mh_find(review, relation, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS, NULL,
					"code that uses %s fails", mh_model_name(review, relation));
		move_relation(review, relation, name);
	}
	schema->n_relations = 0;
}

void
mh_rename_schema(MhReview *review, const MhReviewStatement *statement)
{
	const char *name = statement->name.name;
	MhModelSchema *schema;
	MhReviewAnswer answer;

	if (!mh_model_has_schema(&review->model, name))
	{
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
						mh_review_quote(review, name));
		return;
	}
	if (mh_model_has_schema(&review->model, statement->new_name))
	{
		mh_fails(review, NULL, MH_PG_DUPLICATE_SCHEMA, "schema %s exists already",
				 mh_review_quote(review, statement->new_name));
		return;
	}
	schema = mh_model_schema(&review->model, name);
	if (!owns_schema(review, schema))
		return;
	answer = review->world->other(review->world->arg, statement);
	if (answer.passes == MH_TRUTH_NO)
	{
		mh_fails(review, NULL, answer.sqlstate, "%s", answer.detail);
		return;
	}
	if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, NULL, "whether the role may create schemas");
	mh_model_put_schema(&review->model, name, false);
	mh_model_put_schema(&review->model, statement->new_name, true);
	mh_model_schema(&review->model, statement->new_name)->owner = schema->owner;
	move_contents(review, schema, statement->new_name);
}
