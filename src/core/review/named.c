/*-------------------------------------------------------------------------
 *
 * named.c
 *	  What statements name: relations that are there, and places for new ones.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

MhModelRelation *
mh_named(MhReview *review, const MhReviewName *name, bool missing_ok)
{
	MhModelRelation *relation;

	if (name->schema != NULL && strcmp(name->schema, MH_TEMPORARY) != 0 &&
		!mh_model_has_schema(&review->model, name->schema))
	{
		if (!missing_ok)
			mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
							mh_review_quote(review, name->schema));
		return NULL;
	}
	relation = mh_model_find(&review->model, name);
	if (relation == NULL && !missing_ok)
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_TABLE, "relation %s does not exist",
						mh_review_quote(review, name->name));
	return relation;
}

MhModelRelation *
mh_named_in_query(MhReview *review, const MhReviewName *name)
{
	MhModelRelation *relation = mh_named(review, name, true);

	if (relation == NULL)
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_TABLE, "relation %s does not exist",
						mh_review_quote(review, name->name));
	return relation;
}

/* Those can be moved to the schema of the catalogs, but not be made there. */
static bool
makes_relation(const MhReviewStatement *statement)
{
	switch (statement->kind)
	{
		case MH_REVIEW_CREATE_TABLE:
		case MH_REVIEW_CREATE_TABLE_AS:
		case MH_REVIEW_CREATE_VIEW:
		case MH_REVIEW_CREATE_SEQUENCE:
		case MH_REVIEW_CREATE_COMPOSITE:
			return true;
		default:
			return false;
	}
}

const char *
mh_schema_for(MhReview *review, const MhReviewName *name)
{
	const char *schema = name->schema;

	if (schema == NULL)
		schema = mh_model_creation_schema(&review->model);
	else if (strcmp(schema, MH_TEMPORARY) == 0)
		return schema;
	if (schema == NULL)
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA,
						"no schema of the search_path exists to create objects in");
	else if (!mh_model_has_schema(&review->model, schema))
	{
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
						mh_review_quote(review, schema));
		return NULL;
	}
	if (schema != NULL && strcmp(schema, "pg_catalog") == 0 &&
		(makes_relation(review->statement) || review->model.role == 0))
		mh_fails(review, NULL, MH_PG_PRIVILEGE, "pg_catalog is a system schema");
	else if (schema != NULL)
		mh_may_create_in(review, schema);
	return schema;
}

void
mh_refuse_type_name(MhReview *review, const MhModelRelation *relation, const char *name)
{
	MhReviewName wanted = {relation->schema, name};
	const MhModelType *type;

	if (!mh_is_table(relation) || strcmp(relation->schema, MH_TEMPORARY) == 0)
		return;
	type = mh_model_find_type(&review->model, &wanted);
	/* row types come and go with their tables */
	if (type != NULL && !type->is_array && (type->kind != 'c' || type->is_new))
		mh_fails(review, relation, MH_PG_DUPLICATE_OBJECT, "type %s exists already",
				 mh_review_quote(review, name));
}

void
mh_duplicate(MhReview *review, const MhReviewStatement *statement, const char *name)
{
	if (!statement->exists_ok)
		mh_fails(review, NULL, MH_PG_DUPLICATE_TABLE, "relation %s exists already",
				 mh_review_quote(review, name));
}

bool
mh_lock_children(MhReview *review, MhModelRelation *relation, MhLockMode lock)
{
	if (mh_is_too_deep(review))
		return false;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		MH_CHECK_INTERRUPTS();
		if (child == NULL)
			continue;
		mh_touch(review, child, lock);
		mh_lock_children(review, child, lock);
	}
	return relation->n_children > 0;
}

MhModelRelation *
mh_make_index(MhReview *review, MhModelRelation *table, const char *name)
{
	MhModelRelation *index =
		mh_model_create(&review->model, table->schema, name, table->kind == 'p' ? 'I' : 'i');

	index->table = table->id;
	index->is_empty = table->is_empty;
	index->has_unseen_written = table->has_inserted;
	mh_ids_push(&table->indexes, &table->n_indexes, index->id);
	return index;
}

void
mh_doubt_pending(MhReview *review, const MhModelRelation *relation)
{
	if (relation->has_pending_checks)
		mh_not_known(
			review, relation,
			"deferred checks of %s are pending: if the script changed rows of it, this fails with 55006",
			mh_model_name(review, relation));
}

bool
mh_still_depends(const MhModelDependent *dependent, const MhModelRelation *user)
{
	if (dependent->relation == 0)
		return true;
	return user != NULL && (!dependent->is_view || dependent->version == user->version);
}

/* Integers of any width compare with each other, and are the same after they are converted. */
bool
mh_is_integer(uint32 type)
{
	return type == MH_TYPE_INT2 || type == MH_TYPE_INT4 || type == MH_TYPE_INT8;
}

bool
mh_is_system_column(const char *name)
{
	static const char *const names[] = {"tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"};

	for (size_t i = 0; i < lengthof(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The relation is put under a name that nothing has, so that names can be looked up meanwhile. */
MhModelRelation *
mh_begin_relation(MhReview *review, const char *schema, const char *name, char kind,
				  const MhReviewStatement *statement, bool *is_taken)
{
	MhModelRelation *before = mh_model_in(&review->model, schema, name);
	MhModelRelation *relation = mh_model_create(&review->model, schema, name, kind);

	*is_taken = before != NULL;
	review->creating = relation;
	relation->persistence = statement->is_temporary ? 't' : statement->is_unlogged ? 'u' : 'p';
	relation->ends_at_commit = statement->ends_at_commit;
	if (relation->ends_at_commit)
		mh_model_ends(&review->model, relation);
	if (before != NULL)
		mh_model_rename(&review->model, before, schema, name);
	return relation;
}
