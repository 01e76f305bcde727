/*-------------------------------------------------------------------------
 *
 * tables.c
 *	  Tables, views and sequences that a script creates.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* ---------- inheritance ---------- */

/* A partition gets the keys and foreign keys of its parent. */
static void
inherit_keys(MhReview *review, MhModelRelation *relation, const MhModelRelation *parent)
{
	for (int i = 0; i < parent->n_constraints; i++)
	{
		const MhModelConstraint *from = &parent->constraints[i];
		MhModelRelation *partner;
		MhModelConstraint *key;

		if (from->is_gone || from->type != 'f' || from->is_for_partition)
			continue;
		partner = mh_model_by_id(&review->model, from->partner);
		mh_touch(review, partner, MH_LOCK_SHARE_ROW_EXCLUSIVE);
		key = mh_model_add_constraint(relation, from->name, 'f');
		key->columns = from->columns;
		key->partner = from->partner;
		key->partner_columns = from->partner_columns;
		key->index = from->index;
		key->parents = 1;
		key->is_local = false;
		if (partner != NULL)
			mh_model_refer(partner, relation->id);
	}
}

void
mh_inherit_index(MhReview *review, MhModelRelation *relation, const MhModelRelation *from)
{
	MhModelConstraint *key;
	const char *name = mh_model_choose_name(
		&review->model, relation,
		from->is_primary
			? NULL
			: mh_strings_join(from->names.n > 0 ? &from->names : &from->index_columns, "_"),
		from->is_primary           ? "pkey"
		: from->constraint != NULL ? "key"
								   : "idx",
		true);
	MhModelRelation *index = mh_make_index(review, relation, name);

	index->index_columns = from->index_columns;
	index->is_unique = from->is_unique;
	index->is_primary = from->is_primary;
	index->is_partial = from->is_partial;
	index->is_usual = from->is_usual;
	index->nulls_not_distinct = from->nulls_not_distinct;
	index->is_immediate = from->is_immediate;
	index->parent_index = from->id;
	if (from->constraint == NULL)
		return;
	key = mh_model_add_constraint(relation, name, from->is_primary ? 'p' : 'u');
	key->columns = from->index_columns;
	key->index = index->id;
	key->parents = 1;
	key->is_local = false;
	index->constraint = key->name;
}

static void
inherit_indexes(MhReview *review, MhModelRelation *relation, const MhModelRelation *parent)
{
	for (int i = 0; i < parent->n_indexes; i++)
	{
		const MhModelRelation *from = mh_model_by_id(&review->model, parent->indexes[i]);

		if (from != NULL)
			mh_inherit_index(review, relation, from);
	}
}

static bool
may_inherit(MhReview *review, MhModelRelation *parent, const MhReviewStatement *statement)
{
	if (!mh_may(review, parent, MH_RIGHT_OWNER))
		return false;
	if (statement->is_partition && parent->kind != 'p')
		mh_fails(review, parent, "42P17", "%s is not partitioned", mh_model_name(review, parent));
	else if (!statement->is_partition && strchr("rf", parent->kind) == NULL)
		mh_fails(review, parent, MH_PG_WRONG_TYPE, "%s cannot be inherited from",
				 mh_model_name(review, parent));
	else if (!statement->is_partition && parent->is_partition)
		mh_fails(review, parent, MH_PG_WRONG_TYPE, "%s is a partition",
				 mh_model_name(review, parent));
	else if (parent->persistence == 't' ? !statement->is_temporary
										: statement->is_temporary && statement->is_partition)
		mh_fails(review, parent, MH_PG_WRONG_TYPE, "only one of the tables is temporary");
	return !mh_has_failed(review);
}

static void
inherit(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_parents; i++)
	{
		MhModelRelation *parent = mh_named(review, &statement->parents[i], false);

		if (parent == NULL)
			continue;
		if (mh_has_id(relation->parents, relation->n_parents, parent->id))
			mh_fails(review, parent, MH_PG_DUPLICATE_TABLE, "%s is a parent twice",
					 mh_model_name(review, parent));
		mh_touch(review, parent,
				 statement->is_partition ? MH_LOCK_ACCESS_EXCLUSIVE
										 : MH_LOCK_SHARE_UPDATE_EXCLUSIVE);
		if (!may_inherit(review, parent, statement))
			continue;
		mh_take_from_parent(review, relation, parent);
		if (statement->is_partition)
		{
			inherit_keys(review, relation, parent);
			inherit_indexes(review, relation, parent);
			mh_touch(review, mh_model_by_id(&review->model, parent->default_partition),
					 MH_LOCK_ACCESS_EXCLUSIVE);
		}
		mh_ids_add(&relation->parents, &relation->n_parents, parent->id);
		/* it is new: only a parent that is named twice has it already */
		if (parent->n_children == 0 || parent->children[parent->n_children - 1] != relation->id)
			mh_ids_push(&parent->children, &parent->n_children, relation->id);
	}
	if (!statement->is_partition)
		mh_order_columns(review, relation);
}

/* ---------- CREATE TABLE ---------- */

/* Columns of a key are looked for in the parents, too. */
static bool
has_key_column(MhReview *review, const MhModelRelation *relation,
			   const MhReviewStatement *statement, const char *name)
{
	if (mh_model_column(relation, name) != NULL || mh_is_system_column(name))
		return true;
	for (int i = 0; i < statement->n_parents; i++)
	{
		const MhModelRelation *parent = mh_named(review, &statement->parents[i], false);

		if (parent == NULL || mh_model_column(parent, name) != NULL)
			return true;
	}
	return false;
}

static void
check_keys_early(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	int primary = 0;

	for (int i = 0; i < statement->n_actions; i++)
	{
		const MhReviewConstraint *constraint = statement->actions[i].constraint;

		if (constraint == NULL || strchr("pu", constraint->type) == NULL)
			continue;
		if (constraint->type == 'p' && ++primary > 1)
			mh_fails(review, NULL, MH_PG_INVALID_TABLE, "the table would have two primary keys");
		for (int k = 0; k < constraint->columns.n; k++)
			if (!has_key_column(review, relation, statement, constraint->columns.v[k]))
				mh_fails_absent(review, relation, MH_PG_UNDEFINED_COLUMN,
								"column %s of the key does not exist",
								mh_review_quote(review, constraint->columns.v[k]));
	}
}

static void
add_elements(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_actions; i++)
		if (statement->actions[i].kind == MH_ACT_ADD_COLUMN)
			mh_add_column(review, relation, &statement->actions[i], true);
		else if (statement->actions[i].kind == MH_ACT_LIKE)
			mh_copy_columns(review, relation, &statement->actions[i]);
		else if (statement->actions[i].kind == MH_ACT_UNKNOWN)
		{
			/* it may have columns and constraints that nobody lists */
			relation->is_opaque |= statement->actions[i].flag;
			mh_not_known(review, NULL, "%s is not judged", statement->actions[i].text);
		}
}

static void
add_constraints(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement,
				const char *types)
{
	for (int i = 0; i < statement->n_actions; i++)
		if (statement->actions[i].kind == MH_ACT_ADD_CONSTRAINT &&
			strchr(types, statement->actions[i].constraint->type) != NULL)
			mh_add_constraint(review, relation, statement->actions[i].constraint, true);
}

static void
take_name(MhReview *review, MhModelRelation *relation, bool is_taken,
		  const MhReviewStatement *statement)
{
	if (is_taken)
		mh_duplicate(review, statement, relation->name);
	else
		mh_touch(review, relation, MH_LOCK_ACCESS_EXCLUSIVE);
	if (!is_taken)
		mh_refuse_type_name(review, relation, relation->name);
}

/* What only the rows that the query gives decide. */
static void
judge_rows_of_query(MhReview *review, const MhReviewStatement *statement,
					const MhReviewQueryAnswer *answer)
{
	if (answer->answer.passes == MH_TRUTH_YES && !answer->answer.changes_nothing)
		mh_not_known(review, NULL, "the query runs code that is not followed");
	else if (answer->answer.passes == MH_TRUTH_YES && !answer->cannot_fail &&
			 !statement->has_no_data)
		mh_not_known_late(review, NULL, "what the query computes decides");
}

/* They are looked at after the types of the columns, and before anything else. */
static void
refuse_options(MhReview *review, const MhReviewStatement *statement)
{
	const MhReviewAction *refused = NULL;
	MhReviewTypeAnswer type;

	for (int i = 0; i < statement->n_actions; i++)
		if (statement->actions[i].kind == MH_ACT_OPTIONS && statement->actions[i].sqlstate != NULL)
			refused = &statement->actions[i];
	for (int i = 0; refused != NULL && i < statement->n_actions; i++)
		if (statement->actions[i].kind == MH_ACT_ADD_COLUMN)
		{
			mh_resolve_type(review, statement->actions[i].type, &type);
			if (type.sqlstate != NULL)
				mh_fails_absent(review, NULL, type.sqlstate, "%s", type.message);
		}
	if (refused != NULL)
		mh_fails(review, NULL, refused->sqlstate, "%s", refused->text);
}

static bool
has_few_columns(MhReview *review, const MhReviewStatement *statement)
{
	int n = 0;

	for (int i = 0; i < statement->n_actions; i++)
		n += statement->actions[i].kind == MH_ACT_ADD_COLUMN;
	if (n > MH_MOST_COLUMNS)
		mh_fails(review, NULL, MH_PG_TOO_MANY_COLUMNS, "a table has at most %d columns",
				 MH_MOST_COLUMNS);
	return n <= MH_MOST_COLUMNS;
}

/* What the clauses of the statement say about each other. */
static void
refuse_clauses(MhReview *review, const MhReviewStatement *statement)
{
	if (statement->n_parents > 0 && statement->is_partitioned && !statement->is_partition)
		mh_fails(review, NULL, MH_PG_INVALID_OBJECT, "a partitioned table inherits from none");
	if (statement->is_unlogged && statement->is_partitioned)
		mh_not_known(review, NULL, "whether a partitioned table can be unlogged");
}

void
mh_judge_create_table(MhReview *review, const MhReviewStatement *statement)
{
	const char *schema = mh_schema_for(review, &statement->name);
	MhModelRelation *relation;
	bool is_taken;

	if (schema == NULL || !has_few_columns(review, statement))
		return;
	if (statement->is_unlogged && strcmp(schema, MH_TEMPORARY) == 0)
		mh_fails(review, NULL, MH_PG_INVALID_TABLE, "a table of this schema is temporary");
	if (statement->exists_ok && mh_model_in(&review->model, schema, statement->name.name) != NULL)
		return;
	refuse_clauses(review, statement);
	for (int i = 0; i < statement->n_actions; i++)
		mh_check_identity(review, NULL, &statement->actions[i]);
	relation = mh_begin_relation(review, schema, statement->name.name,
								 statement->is_partitioned ? 'p' : 'r', statement, &is_taken);
	relation->is_partition = statement->is_partition;
	if (statement->kind == MH_REVIEW_CREATE_TABLE_AS)
	{
		MhReviewQueryAnswer answer;

		relation->is_empty = statement->has_no_data;
		relation->has_inserted = !statement->has_no_data;
		relation->rows = relation->bytes = statement->has_no_data ? 0 : -1;
		mh_judge_query(review, statement, &answer);
		mh_take_columns(review, relation, statement, &answer);
		if (answer.rows != NULL && mh_may_follow_rows(review, relation))
			mh_judge_rows_of_table_as(review, relation, &answer);
		else
			judge_rows_of_query(review, statement, &answer);
	}
	refuse_options(review, statement);
	add_elements(review, relation, statement);
	check_keys_early(review, relation, statement);
	if (statement->has_commit_action && !statement->is_temporary &&
		strcmp(schema, MH_TEMPORARY) != 0)
		mh_fails(review, NULL, MH_PG_INVALID_TABLE, "ON COMMIT is for temporary tables");
	inherit(review, relation, statement);
	if (relation->n_columns > MH_MOST_COLUMNS)
		mh_fails(review, NULL, MH_PG_TOO_MANY_COLUMNS, "a table has at most %d columns",
				 MH_MOST_COLUMNS);
	take_name(review, relation, is_taken, statement);
	if (is_taken)
		return;
	for (int i = 0; i < statement->n_actions; i++)
		if (statement->actions[i].kind == MH_ACT_ADD_COLUMN)
			mh_fill_new_column(review, relation, &statement->actions[i]);
	mh_judge_new_partition(review, relation, statement);
	mh_mark_partition_key(review, relation, statement);
	add_constraints(review, relation, statement, "c");
	add_constraints(review, relation, statement, "pux");
	for (int i = 0; i < statement->n_actions; i++)
		if (statement->actions[i].kind == MH_ACT_LIKE)
			mh_copy_parts(review, relation, &statement->actions[i]);
	add_constraints(review, relation, statement, "f");
}

/* ---------- views ---------- */

static void
add_dependent(MhReview *review, MhModelRelation *read, const char *column,
			  const MhModelRelation *view)
{
	MhModelDependent *dependent;

	read->dependents = mh_with_room(read->dependents, read->n_dependents, sizeof(MhModelDependent));
	dependent = &read->dependents[read->n_dependents++];
	memset(dependent, 0, sizeof(*dependent));
	dependent->column = column;
	dependent->relation = view->id;
	dependent->is_view = true;
	dependent->version = view->version;
	dependent->blocks_type = column != NULL;
	dependent->description = psprintf("%sview %s", view->kind == 'm' ? "materialized " : "",
									  mh_model_name(review, view));
}

/* What a view reads, and of that the columns, if the query could be analysed. */
static void
depend_on_reads(MhReview *review, MhModelRelation *view, const MhReviewStatement *statement,
				const MhReviewQueryAnswer *answer)
{
	mh_note_used(review, &statement->code, &statement->texts);
	for (int i = 0; i < statement->n_reads; i++)
	{
		MhModelRelation *read = mh_model_find(&review->model, &statement->reads[i]);

		if (read == NULL)
			continue;
		if (answer->answer.passes != MH_TRUTH_YES)
			read->has_new_dependents = true;
		add_dependent(review, read, NULL, view);
	}
	for (int i = 0; i < answer->n_used; i++)
		add_dependent(review, answer->used[i].relation, answer->used[i].column, view);
}

/* Returns why the columns of a view cannot become those of a query; NULL: they can. */
static const char *
find_other_column(const MhModelRelation *view, const MhReviewStatement *statement,
				  const MhReviewQueryAnswer *answer)
{
	int n = 0;

	for (int i = 0; i < view->n_columns; i++)
	{
		const MhModelColumn *before = &view->columns[i];
		const char *name = n < statement->columns.n ? statement->columns.v[n]
						   : n < answer->n_columns  ? answer->columns[n].name
													: NULL;

		if (before->is_gone)
			continue;
		if (name == NULL || strcmp(name, before->name) != 0 ||
			answer->columns[n].type != before->type ||
			answer->columns[n].typmod != before->typmod ||
			answer->columns[n].collation != before->collation)
			return before->name;
		n++;
	}
	return NULL;
}

static void
replace_columns(MhReview *review, MhModelRelation *view, const MhReviewStatement *statement,
				const MhReviewQueryAnswer *answer)
{
	const char *other;

	if (answer->answer.passes != MH_TRUTH_YES || view->is_opaque)
	{
		view->is_opaque = true;
		mh_not_known(review, view, "whether the new query keeps the columns of the view");
		return;
	}
	other = find_other_column(view, statement, answer);
	if (other != NULL)
	{
		mh_fails(review, view, MH_PG_INVALID_TABLE, "the new query does not keep column %s",
				 mh_review_quote(review, other));
		return;
	}
	view->n_columns = 0;
	view->columns = NULL;
	mh_take_columns(review, view, statement, answer);
}

static bool
replace_view(MhReview *review, MhModelRelation *view, const MhReviewStatement *statement)
{
	MhReviewQueryAnswer answer;

	if (!statement->replace)
		return false;
	if (view->kind != 'v')
	{
		mh_fails(review, view, MH_PG_WRONG_TYPE, "%s is no view", mh_model_name(review, view));
		return true;
	}
	mh_touch(review, view, MH_LOCK_ACCESS_EXCLUSIVE);
	mh_judge_query(review, statement, &answer);
	mh_may(review, view, MH_RIGHT_OWNER);
	replace_columns(review, view, statement, &answer);
	/* what depends on it because of the old query does so no more */
	view->version++;
	depend_on_reads(review, view, statement, &answer);
	return true;
}

void
mh_judge_create_view(MhReview *review, const MhReviewStatement *statement)
{
	const char *schema = mh_schema_for(review, &statement->name);
	MhModelRelation *before;
	MhModelRelation *view;
	MhReviewStatement analysed = *statement;
	MhReviewQueryAnswer answer;
	bool is_taken;

	if (schema == NULL)
		return;
	before = mh_model_in(&review->model, schema, statement->name.name);
	if (before != NULL && (statement->exists_ok || replace_view(review, before, statement)))
		return;
	/* nothing runs where the name is taken */
	analysed.has_no_data |= before != NULL;
	mh_judge_query(review, &analysed, &answer);
	if (statement->object == MH_OBJECT_MATERIALIZED_VIEW && before == NULL)
		judge_rows_of_query(review, statement, &answer);
	view = mh_begin_relation(review, schema, statement->name.name,
							 statement->object == MH_OBJECT_MATERIALIZED_VIEW ? 'm' : 'v',
							 statement, &is_taken);
	view->is_empty = view->kind == 'v';
	view->has_inserted = view->kind == 'm' && !statement->has_no_data;
	view->is_unpopulated = view->kind == 'm' && statement->has_no_data;
	mh_take_columns(review, view, statement, &answer);
	view->cannot_fail = answer.cannot_fail;
	take_name(review, view, is_taken, statement);
	depend_on_reads(review, view, statement, &answer);
}
