/*-------------------------------------------------------------------------
 *
 * others.c
 *	  Statements that the other files do not judge.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* PostgreSQL refuses more. */
#define MOST_STATISTICS_COLUMNS 8

/* Code of which nobody sees what it does. */
static void
judge_unseen(MhReview *review, const MhReviewStatement *statement)
{
	if (statement->is_block && mh_changed_code(review, &statement->code, &statement->texts) == NULL)
		(void) mh_ask_other(review, statement);
	mh_not_known(review, NULL, "%s may do anything, and what follows may meet another schema",
				 statement->command);
	mh_taint(review);
}

static void
judge_schema(MhReview *review, const MhReviewStatement *statement)
{
	if (mh_model_has_schema(&review->model, statement->name.name))
	{
		if (!statement->exists_ok)
			mh_fails(review, NULL, MH_PG_DUPLICATE_SCHEMA, "schema %s exists already",
					 mh_review_quote(review, statement->name.name));
	}
	else
		(void) mh_ask_other(review, statement);
	mh_model_put_schema(&review->model, statement->name.name, true);
}

/* A query is planned, which computes what is constant, or only analysed. */
static void
judge_planning(MhReview *review, const MhReviewStatement *statement,
			   const MhReviewQueryAnswer *answer)
{
	const char *name = statement->makes.n > 0 ? statement->makes.v[0] : NULL;

	if (statement->planning == MH_PLAN_CURSOR && !review->in_transaction)
		mh_fails(review, NULL, MH_PG_NO_TRANSACTION,
				 "DECLARE CURSOR works only inside a transaction");
	/* what is prepared stays after a rollback */
	if (name != NULL &&
		(mh_names_have(&review->model.made_objects, name) || review->has_rolled_back))
		mh_not_known(review, NULL, "whether there is one with this name");
	if (statement->planning != MH_PLAN_PREPARED && !answer->cannot_fail)
		mh_not_known_late(review, NULL, "what the query computes decides");
}

static void
judge_select(MhReview *review, const MhReviewStatement *statement)
{
	MhReviewQueryAnswer answer;

	mh_judge_query(review, statement, &answer);
	if (statement->planning != MH_PLAN_NONE)
	{
		judge_planning(review, statement, &answer);
		return;
	}
	if (mh_strings_contain(&statement->code, "setval"))
		review->model.has_new_sequences = true;
	if (statement->has_code && (!answer.answer.changes_nothing || statement->is_creating))
		judge_unseen(review, statement);
	else if (!answer.cannot_fail)
		mh_not_known_late(review, NULL, "what the query computes decides");
}

/* A role that may only read may take the weakest lock, and the others need a right that writes. */
static bool
can_lock(MhReview *review, const MhModelRelation *relation, MhLockMode lock)
{
	MhReviewRight right = lock == MH_LOCK_ACCESS_SHARE ? MH_RIGHT_SELECT : MH_RIGHT_OWNER;

	if (relation->owner == review->model.role)
		return true;
	return review->world->has_rights_of(review->world->arg, review->model.role, relation->owner) ||
		   (relation->live_name != NULL &&
			review->world->may(review->world->arg, review->model.role, relation->id, right) ==
				MH_TRUTH_YES);
}

static void
judge_lock(MhReview *review, const MhReviewStatement *statement)
{
	if (!review->in_transaction)
		mh_fails(review, NULL, MH_PG_NO_TRANSACTION, "LOCK TABLE works only inside a transaction");
	for (int i = 0; i < statement->n_names; i++)
	{
		MhModelRelation *relation = mh_named(review, &statement->names[i], false);

		if (relation == NULL)
			continue;
		if (strchr("rpv", relation->kind) == NULL)
			mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s cannot be locked",
					 mh_model_name(review, relation));
		if (!can_lock(review, relation, statement->lock) || relation->kind == 'v')
			mh_not_known(review, relation, "whether the role may lock %s",
						 mh_model_name(review, relation));
		mh_touch(review, relation, statement->lock);
		if (!statement->is_only)
			mh_lock_children(review, relation, statement->lock);
	}
}

static bool
has_whole_unique_index(MhReview *review, const MhModelRelation *view)
{
	for (int i = 0; i < view->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, view->indexes[i]);

		if (index != NULL && index->is_unique && !index->is_partial)
			return true;
	}
	return false;
}

/* Whether GROUP BY of the view makes the keys of an index different. */
static bool
is_grouped_by(const MhModelRelation *view, const MhModelRelation *index)
{
	for (int i = 0; i < view->groups.n; i++)
	{
		bool is_key = false;

		for (int k = 0; k < index->index_columns.n; k++)
		{
			const MhModelColumn *column = mh_model_column(view, index->index_columns.v[k]);

			is_key |= column != NULL &&
					  strcmp(column->live_name != NULL ? column->live_name : column->name,
							 view->groups.v[i]) == 0;
		}
		if (!is_key)
			return false;
	}
	return view->has_groups && index->is_usual;
}

/* The rows come from the query, and go into the indexes. */
static void
judge_refreshed_rows(MhReview *review, MhModelRelation *view)
{
	if (view->live_name != NULL)
	{
		MhReviewViewAnswer answer = {false};

		review->world->view(review->world->arg, view, &answer);
		view->cannot_fail = answer.cannot_fail && !review->model.has_new_rights;
		view->groups = answer.groups;
		view->has_groups = answer.has_groups;
	}
	if (!view->cannot_fail)
		mh_not_known_late(review, view, "whether the query of the view succeeds");
	for (int i = 0; i < view->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, view->indexes[i]);

		if (index != NULL && (index->is_partial || index->is_unique) &&
			(index->is_partial || !is_grouped_by(view, index)))
			mh_not_known_late(review, view, "the rows decide whether %s is satisfied",
							  mh_review_quote(review, index->name));
	}
}

static void
judge_refresh(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *view = mh_named(review, &statement->name, false);

	if (view == NULL)
		return;
	mh_may(review, view, MH_RIGHT_MAINTAIN);
	mh_touch(review, view, statement->concurrently ? MH_LOCK_EXCLUSIVE : MH_LOCK_ACCESS_EXCLUSIVE);
	if (view->kind != 'm')
	{
		mh_fails(review, view,
				 strchr("iISv", view->kind) != NULL ? MH_PG_WRONG_TYPE : MH_PG_NOT_SUPPORTED,
				 "%s is no materialized view", mh_model_name(review, view));
		return;
	}
	if (!statement->concurrently)
		mh_note_rewrite(review, view);
	else
		mh_note_planned(review, view);
	if (statement->concurrently && statement->has_no_data)
		mh_fails(review, view, MH_PG_SYNTAX, "CONCURRENTLY needs the data");
	else if (statement->concurrently && !has_whole_unique_index(review, view))
		mh_fails(review, view, MH_PG_PREREQUISITE,
				 "a unique index without condition is needed for CONCURRENTLY");
	else if (statement->concurrently && view->is_unpopulated)
		mh_fails(review, view, MH_PG_NOT_SUPPORTED, "%s has no data yet",
				 mh_model_name(review, view));
	if (!statement->has_no_data)
		judge_refreshed_rows(review, view);
	view->is_unpopulated = statement->has_no_data;
	view->has_inserted = view->has_deleted = true;
	mh_layers_lose(view);
}

static void
check_policy(MhReview *review, MhModelRelation *table, const MhReviewStatement *statement)
{
	MhReviewExpressionAnswer answer;

	if (!mh_may(review, table, MH_RIGHT_OWNER))
		return;
	if (strchr("rp", table->kind) == NULL)
		mh_fails(review, table, MH_PG_WRONG_TYPE, "%s is no table", mh_model_name(review, table));
	if (statement->condition != NULL)
		mh_check_expression(review, table, NULL, statement->condition, MH_USE_POLICY, &answer);
	if (statement->n_expressions > 0)
		mh_check_expression(review, table, NULL, &statement->expressions[0], MH_USE_POLICY,
							&answer);
}

/* UPDATE OF */
static void
check_trigger_columns(MhReview *review, MhModelRelation *table, const MhReviewStatement *statement)
{
	/* of names that are there, and different, there are few */
	for (int i = 0; i < statement->columns.n && !mh_has_failed(review); i++)
	{
		const char *name = statement->columns.v[i];

		if (mh_model_column(table, name) == NULL)
			mh_fails_absent(review, table, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
							mh_review_quote(review, name), mh_model_name(review, table));
		for (int k = 0; k < i; k++)
			if (strcmp(statement->columns.v[k], name) == 0)
				mh_fails(review, table, MH_PG_DUPLICATE_COLUMN, "column %s is named twice",
						 mh_review_quote(review, name));
	}
}

static bool
has_generated(const MhModelRelation *table)
{
	for (int i = 0; i < table->n_columns; i++)
		if (!table->columns[i].is_gone && table->columns[i].generated != '\0')
			return true;
	return false;
}

/* Each partition gets the trigger too. */
static void
add_to_partitions(MhReview *review, MhModelRelation *table, const MhReviewStatement *statement)
{
	if (mh_is_too_deep(review))
		return;
	if (statement->is_constraint || statement->columns.n > 0 || statement->is_of_condition ||
		statement->replace)
		mh_not_known(review, table, "such triggers of partitions are not judged");
	for (int i = 0; i < table->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, table->children[i]);

		if (child == NULL)
			continue;
		if (mh_names_have(&child->triggers, statement->part) || child->kind == 'f')
			mh_not_known(review, table, "whether %s can have the trigger",
						 mh_model_name(review, child));
		mh_names_add(&child->triggers, statement->part);
		child->has_code = child->has_new_dependents = true;
		child->code_events = MH_ON_CHANGE;
		add_to_partitions(review, child, statement);
	}
}

/* Which triggers a relation of its kind can have. */
static void
check_trigger_kind(MhReview *review, MhModelRelation *table, const MhReviewStatement *statement)
{
	bool is_of_table = !statement->is_instead && strchr("rp", table->kind) != NULL;
	bool is_of_view = table->kind == 'v' && (statement->is_instead || !statement->is_per_row);

	if (table->kind == 'f')
		mh_not_known(review, table, "triggers of foreign tables are not judged");
	else if (!is_of_table && !is_of_view)
		mh_fails(review, table, MH_PG_WRONG_TYPE, "%s cannot have such a trigger",
				 mh_model_name(review, table));
	else if (table->kind == 'v' && statement->is_on_truncate)
		mh_not_known(review, table, "triggers of views are not judged");
	else if ((statement->is_on_truncate && statement->is_per_row) ||
			 (statement->is_instead &&
			  (!statement->is_per_row || statement->is_of_condition || statement->columns.n > 0)))
		mh_fails(review, table, MH_PG_NOT_SUPPORTED, "there are no such triggers");
	/* rows of a partitioned table fire triggers of its partitions */
	else if (table->kind == 'p' && statement->is_per_row)
		add_to_partitions(review, table, statement);
	if (statement->is_constraint && mh_model_constraint(table, statement->part) != NULL)
		mh_not_known(review, table, "a constraint has the name of the trigger");
	if (statement->is_of_condition && has_generated(table))
		mh_not_known(review, table, "whether WHEN uses columns that are generated later");
	else if (statement->returning != NULL)
		mh_judge_trigger_condition(review, table, statement);
	if (statement->has_transitions && table->kind == 'v' && !mh_has_failed(review))
		mh_fails(review, table, MH_PG_WRONG_TYPE, "triggers of views have no transition tables");
	if (statement->names_new_system && !mh_has_failed(review))
		mh_fails(review, table, MH_PG_NOT_SUPPORTED,
				 "WHEN names a system column of a row that is not there yet");
	if (statement->names_absent_row && !mh_has_failed(review))
		mh_fails(review, table, MH_PG_INVALID_OBJECT, "WHEN names a row that there is not");
	if (statement->replace && mh_names_have(&table->triggers, statement->part) &&
		(statement->is_constraint || table->has_deferred_code || review->model.is_tainted))
		mh_not_known(review, table, "whether the trigger can be replaced");
}

static void
judge_trigger(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *table = mh_named(review, &statement->name, false);
	MhNames *names;
	const char *changed;
	MhLockMode lock = statement->kind == MH_REVIEW_CREATE_TRIGGER ? MH_LOCK_SHARE_ROW_EXCLUSIVE
																  : MH_LOCK_ACCESS_EXCLUSIVE;

	if (table == NULL)
		return;
	mh_touch(review, table, lock);
	names = statement->kind == MH_REVIEW_CREATE_TRIGGER  ? &table->triggers
			: statement->kind == MH_REVIEW_CREATE_POLICY ? &table->policies
														 : &table->rules;
	if (statement->kind == MH_REVIEW_CREATE_POLICY)
		check_policy(review, table, statement);
	if (statement->kind == MH_REVIEW_CREATE_TRIGGER)
		check_trigger_kind(review, table, statement);
	changed = statement->code.n == 1 && mh_review_made(review, MH_TRIGGER_FUNCTION,
													   statement->code.v[0]) == MH_TRUTH_YES
				  ? NULL
				  : mh_changed_code(review, &statement->code, &statement->texts);
	if (changed != NULL)
		mh_not_known(review, table, "%s", changed);
	else if (mh_has_roles(review, &statement->roles))
		(void) mh_ask_other(review, statement);
	if (mh_names_have(names, statement->part) && !statement->replace)
		mh_fails(review, table, MH_PG_DUPLICATE_OBJECT, "%s of %s exists already",
				 mh_review_quote(review, statement->part), mh_model_name(review, table));
	else if (!mh_names_have(names, statement->part))
		mh_names_add(names, statement->part);
	check_trigger_columns(review, table, statement);
	if (table->kind == 'p' && statement->is_per_row)
		mh_lock_children(review, table, lock);
	table->has_code = table->has_new_dependents = true;
	table->code_events = MH_ON_CHANGE;
	table->has_deferred_code |= statement->is_constraint;
}

/* Statistics need an order of the values. */
static void
check_statistics_columns(MhReview *review, const MhModelRelation *table,
						 const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->columns.n; i++)
	{
		const MhModelColumn *column = mh_model_column(table, statement->columns.v[i]);

		if (column != NULL && (column->generated != '\0' ||
							   review->world->comparable(review->world->arg, column->type,
														 column->type) != MH_TRUTH_YES))
			mh_not_known(review, table, "whether column %s can have statistics",
						 mh_review_quote(review, column->name));
		for (int k = 0; k < i; k++)
			if (strcmp(statement->columns.v[i], statement->columns.v[k]) == 0)
				mh_not_known(review, table, "column %s is named twice",
							 mh_review_quote(review, statement->columns.v[i]));
	}
}

static void
judge_statistics(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *table = mh_named(review, &statement->name, false);

	if (table == NULL)
		return;
	if (strchr("rmpf", table->kind) == NULL)
		mh_fails(review, table, MH_PG_WRONG_TYPE, "%s cannot have statistics",
				 mh_model_name(review, table));
	mh_may(review, table, MH_RIGHT_OWNER);
	mh_touch(review, table, MH_LOCK_SHARE_UPDATE_EXCLUSIVE);
	for (int i = 0; i < statement->columns.n; i++)
		if (mh_model_column(table, statement->columns.v[i]) == NULL)
			mh_fails_absent(review, table, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
							mh_review_quote(review, statement->columns.v[i]),
							mh_model_name(review, table));
	if (statement->columns.n > MOST_STATISTICS_COLUMNS)
	{
		mh_not_known(review, table, "statistics of so many columns are not judged");
		return;
	}
	check_statistics_columns(review, table, statement);
	/* an earlier statement may have made some under the same name */
	if (strchr("rmp", table->kind) == NULL || review->model.has_new_statistics)
		mh_not_known(review, table, "this statement is not judged");
	else
		(void) mh_ask_other(review, statement);
	review->model.has_new_statistics = true;
}

static void
judge_copy(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *table = mh_named(review, &statement->name, false);

	if (table == NULL)
		return;
	if (statement->is_reading)
	{
		mh_touch(review, table, MH_LOCK_ACCESS_SHARE);
		mh_may(review, table, MH_RIGHT_SELECT);
		mh_not_known(review, NULL, "whether COPY can write its data");
		return;
	}
	mh_touch(review, table, MH_LOCK_ROW_EXCLUSIVE);
	mh_defer_checks(review, table, statement);
	mh_not_known(review, table, "the data of COPY decide");
	table->inserts++;
	mh_layers_lose(table);
	mh_forget_keys(review, table, true);
	table->has_inserted = true;
}

/* A function depends on its types, and on what a body reads that is no text. */
static void
note_users(MhReview *review, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_names; i++)
	{
		MhModelType *type = mh_model_find_type(&review->model, &statement->names[i]);
		MhModelRelation *relation = mh_model_find(&review->model, &statement->names[i]);

		if (type != NULL)
			type->has_new_users = true;
		if (relation != NULL)
			relation->has_new_users = relation->has_new_dependents = true;
	}
	for (int i = 0; i < statement->n_reads; i++)
	{
		MhModelRelation *relation = mh_model_find(&review->model, &statement->reads[i]);

		if (relation != NULL)
			relation->has_new_users = relation->has_new_dependents = true;
	}
}

static void
judge_published(MhReview *review, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_names; i++)
	{
		MhModelRelation *table = mh_named(review, &statement->names[i], false);

		if (table == NULL)
			return;
		mh_touch(review, table, MH_LOCK_SHARE_UPDATE_EXCLUSIVE);
		if (table->kind == 'r')
			mh_lock_children(review, table, MH_LOCK_SHARE_UPDATE_EXCLUSIVE);
		if (strchr("rp", table->kind) == NULL || table->persistence != 'p' || table->is_system)
			mh_not_known(review, table, "whether %s can be published",
						 mh_model_name(review, table));
	}
}

static bool
is_changed_schema(MhReview *review, const char *schema)
{
	return mh_model_has_schema(&review->model, schema) !=
		   review->world->has_schema(review->world->arg, schema);
}

/* The server knows the schemas and names that are live. */
static bool
may_make_what_is_made(MhReview *review, const MhReviewStatement *statement)
{
	const MhModel *model = &review->model;

	for (int i = 0; i < model->search_path.n; i++)
		if (is_changed_schema(review, model->search_path.v[i]))
			return true;
	return model->code.n > 0 || model->made.names.n > 0 ||
		   (statement->other.schema != NULL && is_changed_schema(review, statement->other.schema));
}

/* An object that the model does not have; of a function the schema is known. */
static void
judge_object(MhReview *review, const MhReviewStatement *statement)
{
	bool is_about_roles = statement->roles.n > 0 || statement->n_names == 0;

	if (statement->object == MH_OBJECT_DOMAIN)
	{
		mh_judge_domain(review, statement);
		return;
	}
	if (statement->object == MH_OBJECT_TYPE)
	{
		mh_judge_attributes(review, statement);
		return;
	}
	if (statement->is_publication)
		judge_published(review, statement);
	review->model.has_new_rights |= is_about_roles && !statement->is_publication;
	if (statement->name.name != NULL && mh_schema_for(review, &statement->name) == NULL)
		return;
	if (!mh_has_roles(review, &statement->roles))
		return;
	if (statement->makes_anything && may_make_what_is_made(review, statement))
	{
		mh_not_known(review, NULL, "whether the script has made what the extension makes");
		mh_taint(review);
		return;
	}
	if (statement->routine != NULL && review->model.has_new_extension)
		mh_not_known(review, NULL, "whether an extension has made such a function");
	if (!statement->is_publication)
		note_users(review, statement);
	if (mh_changed_code(review, &statement->code, &statement->texts) != NULL)
		mh_not_known(review, NULL, "it uses what the script made or changed");
	else
		(void) mh_ask_other(review, statement);
}

void
mh_judge_others(MhReview *review, const MhReviewStatement *statement)
{
	switch (statement->kind)
	{
		case MH_REVIEW_HARMLESS:
			judge_object(review, statement);
			break;
		case MH_REVIEW_CREATE_SCHEMA:
			judge_schema(review, statement);
			break;
		case MH_REVIEW_CREATE_TRIGGER:
		case MH_REVIEW_CREATE_POLICY:
		case MH_REVIEW_CREATE_RULE:
			judge_trigger(review, statement);
			break;
		case MH_REVIEW_CREATE_STATISTICS:
			judge_statistics(review, statement);
			break;
		case MH_REVIEW_ALTER_SEQUENCE:
			mh_judge_alter_sequence(review, statement);
			break;
		case MH_REVIEW_OWNER:
			mh_judge_owner(review, statement);
			break;
		case MH_REVIEW_GRANT:
			mh_judge_grant(review, statement);
			break;
		case MH_REVIEW_LOCK:
			judge_lock(review, statement);
			break;
		case MH_REVIEW_SELECT:
			judge_select(review, statement);
			break;
		case MH_REVIEW_COPY:
			judge_copy(review, statement);
			break;
		case MH_REVIEW_REFRESH:
			judge_refresh(review, statement);
			break;
		case MH_REVIEW_REINDEX:
		case MH_REVIEW_CLUSTER:
		case MH_REVIEW_VACUUM:
			mh_judge_maintenance(review, statement);
			break;
		default:
			judge_unseen(review, statement);
			break;
	}
}
