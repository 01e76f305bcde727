/*-------------------------------------------------------------------------
 *
 * keys.c
 *	  Unique keys of rows that INSERT and UPDATE write.
 *
 * Keys that the script itself wrote are remembered with their index.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Rows that are looked for by their keys in what the script changes, all in all. */
#define MOST_KEYS_ASKED 1000

bool
mh_is_decided(const MhReview *review)
{
	return review->late_sqlstate != NULL || review->late_not_known != NULL ||
		   review->not_known != NULL || mh_has_failed(review);
}

void
mh_doubt_constraint(MhReview *review, const MhModelRelation *relation, const char *name)
{
	mh_not_known_late(review, relation, "the rows decide whether %s is satisfied",
					  mh_review_quote(review, name));
}

const MhReviewValue *
mh_value_of(const MhReviewWritten *row, const char *column)
{
	const MhModelColumn *found = mh_model_column(row->relation, column);

	return found == NULL ? NULL : &row->values[found - row->relation->columns];
}

/* ---------- keys ---------- */

bool
mh_is_late_key(const MhModelRelation *index)
{
	return !index->is_immediate && index->constraint != NULL;
}

/* The key as a text; NULL: a value is not known, or *has_null. */
char *
mh_key_text(const MhReviewWritten *row, const MhStrings *columns, bool *has_null)
{
	StringInfoData text;
	bool is_known = true;

	initStringInfo(&text);
	*has_null = false;
	for (int i = 0; i < columns->n; i++)
	{
		const MhReviewValue *value = mh_value_of(row, columns->v[i]);

		if (value == NULL || (!value->is_null && value->text == NULL))
			is_known = false;
		else if (value->is_null)
			*has_null = true;
		else
			appendStringInfo(&text, "%zu:%s", strlen(value->text), value->text);
	}
	return is_known && !*has_null && columns->n > 0 ? text.data : NULL;
}

bool
mh_has_touched_column(const MhModelRelation *relation, const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, columns->v[i]);

		if (column == NULL || column->is_touched)
			return true;
	}
	return false;
}

const MhReviewValue *
mh_values_of(const MhReviewWritten *row, const MhStrings *columns)
{
	MhReviewValue *values = palloc(columns->n * sizeof(MhReviewValue));

	for (int i = 0; i < columns->n; i++)
		values[i] = *mh_value_of(row, columns->v[i]);
	return values;
}

/* Whether a row has the key already. */
static MhReviewTruth
find_key(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index,
		 const char *key)
{
	const MhModelRelation *relation = row->relation;

	if (mh_has_touched_column(relation, &index->index_columns))
		return MH_TRUTH_UNKNOWN;
	if (mh_names_have(&index->written, key))
		return relation->has_deleted ? MH_TRUTH_UNKNOWN : MH_TRUTH_YES;
	if (index->has_unseen_written)
		return mh_find_key(review, relation, &index->index_columns,
						   mh_values_of(row, &index->index_columns)) == MH_TRUTH_YES
				   ? MH_TRUTH_YES
				   : MH_TRUTH_UNKNOWN;
	return mh_find_key(review, relation, &index->index_columns,
					   mh_values_of(row, &index->index_columns));
}

/* The same, of the rows as the script leaves them. */
MhReviewTruth
mh_find_key_after(MhReview *review, const MhReviewWritten *row, const MhModelRelation *relation,
				  const MhStrings *columns, const MhStrings *own)
{
	MhReviewQuestion question = {MH_ASK_KEY, relation};
	MhReviewValue *values = palloc(Max(columns->n, 1) * sizeof(MhReviewValue));
	MhReviewAnswer answer;

	for (int i = 0; i < columns->n; i++)
	{
		const MhReviewValue *value = mh_value_of(row, own->v[i]);

		if (value == NULL || value->is_unknown || value->node == NULL || value->is_null)
			return MH_TRUTH_UNKNOWN;
		values[i] = *value;
		mh_strings_push(&question.columns, columns->v[i]);
	}
	question.values = values;
	if (columns->n == 0 || row->is_update || review->keys_asked++ >= MOST_KEYS_ASKED)
		return MH_TRUTH_UNKNOWN;
	answer = mh_ask_after(review, &question);
	return answer.passes == MH_TRUTH_YES  ? MH_TRUTH_NO
		   : answer.passes == MH_TRUTH_NO ? MH_TRUTH_YES
										  : MH_TRUTH_UNKNOWN;
}

/* Whether a column of the key gets numbers of a sequence, and never got others. */
static bool
is_counted(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index)
{
	for (int i = 0; i < index->index_columns.n; i++)
	{
		MhModelColumn *column = mh_model_column(row->relation, index->index_columns.v[i]);
		const MhReviewValue *value = mh_value_of(row, index->index_columns.v[i]);

		if (column != NULL && value->is_unknown && column->known_default != NULL &&
			column->known_default->is_counted && !column->has_given_values && !column->is_touched &&
			mh_counts_past(review, row->relation, column))
			return true;
	}
	return false;
}

bool
mh_is_harmless_index(MhReview *review, const MhModelRelation *index)
{
	if (index->live_name != NULL)
		return review->world->index_cannot_fail(review->world->arg, index);
	return index->cannot_fail;
}

static bool
is_arbiter(const MhReviewArbiters *arbiters, const MhModelRelation *index)
{
	for (int i = 0; i < arbiters->n; i++)
		if (arbiters->indexes[i] == index->id)
			return true;
	return false;
}

/* Whether the key keeps the row from being written. */
static MhReviewTruth
is_key_taken(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index)
{
	bool has_null;
	const char *key = mh_key_text(row, &index->index_columns, &has_null);
	MhReviewTruth found = MH_TRUTH_UNKNOWN;

	if (index->is_partial && !index->is_unique && mh_is_harmless_index(review, index))
		return MH_TRUTH_NO;
	if (index->is_partial || !index->is_usual || index->is_invalid ||
		(has_null && index->nulls_not_distinct))
		return index->is_partial || index->is_unique ? MH_TRUTH_UNKNOWN : MH_TRUTH_NO;
	if (!index->is_unique || has_null || is_counted(review, row, index))
		return MH_TRUTH_NO;
	if (key != NULL)
		found = find_key(review, row, index, key);
	if (found == MH_TRUTH_UNKNOWN)
		found = mh_find_key_after(review, row, row->relation, &index->index_columns,
								  &index->index_columns);
	return found;
}

static void
judge_key(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index)
{
	MhReviewTruth found = is_key_taken(review, row, index);

	if (found == MH_TRUTH_YES && !row->may_be_left)
		mh_fails_late(review, row->relation, MH_PG_UNIQUE, "a row has this key of %s already",
					  mh_review_quote(review, index->name));
	else if (found != MH_TRUTH_NO)
		mh_doubt_constraint(review, row->relation, index->name);
}

/* arbiters NULL: there is no ON CONFLICT */
static void
judge_other_keys(MhReview *review, const MhReviewWritten *row, const MhReviewArbiters *arbiters)
{
	int looked_at = 0;

	for (int i = 0; i < row->relation->n_indexes && !mh_is_decided(review); i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, row->relation->indexes[i]);

		if (index == NULL || mh_is_late_key(index) ||
			(arbiters != NULL && is_arbiter(arbiters, index)))
			continue;
		if (++looked_at > MH_MOST_LOOKED_AT)
			mh_doubt_constraint(review, row->relation, index->name);
		else
			judge_key(review, row, index);
	}
	for (int i = 0; i < row->relation->n_constraints && !mh_is_decided(review); i++)
		if (row->relation->constraints[i].type == 'x' && !row->relation->constraints[i].is_gone &&
			!mh_is_empty(review, row->relation))
			mh_doubt_constraint(review, row->relation, row->relation->constraints[i].name);
}

void
mh_judge_keys(MhReview *review, const MhReviewWritten *row)
{
	judge_other_keys(review, row, NULL);
}

/* ---------- ON CONFLICT ---------- */

static bool
has_columns(const MhModelRelation *index, const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
		if (!mh_strings_contain(&index->index_columns, columns->v[i]))
			return false;
	for (int i = 0; i < index->index_columns.n; i++)
		if (!mh_strings_contain(columns, index->index_columns.v[i]))
			return false;
	return true;
}

static bool
is_meant(const MhReviewStatement *statement, const MhModelRelation *index)
{
	if (statement->arbiter_name != NULL)
		return index->constraint != NULL && strcmp(index->constraint, statement->arbiter_name) == 0;
	if (!index->is_unique || index->is_invalid || index->is_partial)
		return false;
	return statement->arbiter.n == 0 || has_columns(index, &statement->arbiter);
}

static void
refuse_arbiters(MhReview *review, const MhModelRelation *relation,
				const MhReviewStatement *statement)
{
	const MhModelConstraint *constraint =
		statement->arbiter_name == NULL ? NULL
										: mh_model_constraint(relation, statement->arbiter_name);

	for (int i = 0; i < statement->arbiter.n; i++)
		if (mh_model_column(relation, statement->arbiter.v[i]) == NULL)
			mh_fails_absent(review, relation, MH_PG_UNDEFINED_COLUMN, "column %s does not exist",
							mh_review_quote(review, statement->arbiter.v[i]));
	if (statement->arbiter_name != NULL && constraint == NULL)
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT, "constraint %s does not exist",
						mh_review_quote(review, statement->arbiter_name));
	else if (constraint != NULL && strchr("pu", constraint->type) == NULL)
		mh_not_known(review, relation, "whether %s can be named in ON CONFLICT",
					 mh_review_quote(review, constraint->name));
}

/* The columns of DO UPDATE SET. */
static void
refuse_updated(MhReview *review, const MhModelRelation *relation,
			   const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->updated.n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, statement->updated.v[i]);

		if (column == NULL)
			mh_fails_absent(review, relation, MH_PG_UNDEFINED_COLUMN, "column %s does not exist",
							mh_review_quote(review, statement->updated.v[i]));
		else if (column->generated != '\0' || column->identity == 'a')
			mh_fails(review, relation, MH_PG_GENERATED, "column %s gets its values from the server",
					 mh_review_quote(review, column->name));
		for (int n = 0; n < i; n++)
			if (strcmp(statement->updated.v[n], statement->updated.v[i]) == 0)
				mh_fails(review, relation, MH_PG_SYNTAX, "column %s is set twice",
						 mh_review_quote(review, statement->updated.v[i]));
	}
}

/* Whether an index that is not followed, such as a partial one, may be meant too. */
static bool
has_other_arbiters(MhReview *review, const MhModelRelation *relation)
{
	for (int i = 0; i < relation->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index != NULL && index->is_unique && index->is_partial)
			return true;
	}
	for (int i = 0; i < relation->n_constraints; i++)
		if (relation->constraints[i].type == 'x' && !relation->constraints[i].is_gone)
			return true;
	return false;
}

void
mh_find_arbiters(MhReview *review, const MhModelRelation *relation,
				 const MhReviewStatement *statement, MhReviewArbiters *arbiters)
{
	bool is_any = statement->arbiter.n == 0 && statement->arbiter_name == NULL;
	bool is_late = false;

	memset(arbiters, 0, sizeof(*arbiters));
	refuse_arbiters(review, relation, statement);
	for (int i = 0; i < relation->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index == NULL || !is_meant(statement, index))
			continue;
		is_late |= !index->is_immediate;
		if (index->is_immediate)
			mh_ids_push(&arbiters->indexes, &arbiters->n, index->id);
	}
	refuse_updated(review, relation, statement);
	arbiters->is_doubtful = is_any && has_other_arbiters(review, relation);
	arbiters->is_late = is_any && is_late;
	if (is_any || mh_is_decided(review))
		return;
	if (is_late)
		mh_fails(review, relation, MH_PG_PREREQUISITE,
				 "ON CONFLICT cannot use a key that is deferrable");
	else if (arbiters->n == 0)
		mh_fails(review, relation, "42P10", "no unique key has exactly the columns of ON CONFLICT");
}

/* The row was met before by the same statement, which cannot change it twice. */
static bool
is_met_again(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index,
			 MhReviewArbiters *arbiters)
{
	bool has_null;
	const char *key = mh_key_text(row, &index->index_columns, &has_null);

	if (has_null)
		return false;
	if (key == NULL && arbiters->met.n > 0)
		mh_doubt_constraint(review, row->relation, index->name);
	if (key != NULL && mh_names_have(&arbiters->met, key))
		return true;
	if (key != NULL)
		mh_names_add(&arbiters->met, key);
	return false;
}

MhReviewTruth
mh_judge_conflict(MhReview *review, MhReviewWritten *row, const MhReviewStatement *statement,
				  MhReviewArbiters *arbiters)
{
	MhReviewTruth is_written = arbiters->is_doubtful ? MH_TRUTH_UNKNOWN : MH_TRUTH_YES;

	if (arbiters->is_late && arbiters->n > 0)
		mh_not_known_late(review, row->relation, "whether a deferrable key is looked at");
	else if (arbiters->is_late)
		mh_fails_late(review, row->relation, MH_PG_PREREQUISITE,
					  "ON CONFLICT cannot use a key that is deferrable");
	for (int i = 0; i < arbiters->n && i < MH_MOST_LOOKED_AT && !mh_is_decided(review); i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, arbiters->indexes[i]);
		MhReviewTruth found = is_key_taken(review, row, index);

		if (statement->conflict == 'u' && is_met_again(review, row, index, arbiters))
			mh_fails_late(review, row->relation, "21000",
						  "ON CONFLICT DO UPDATE meets a row for the second time");
		if (found == MH_TRUTH_YES)
			return MH_TRUTH_NO;
		if (found == MH_TRUTH_UNKNOWN)
			is_written = MH_TRUTH_UNKNOWN;
	}
	if (arbiters->n > MH_MOST_LOOKED_AT)
		is_written = MH_TRUTH_UNKNOWN;
	row->may_be_left = is_written != MH_TRUTH_YES;
	judge_other_keys(review, row, arbiters);
	return is_written;
}

static bool
is_referred_to(MhReview *review, const MhModelRelation *relation, const MhStrings *columns)
{
	for (int i = 0; i < relation->n_referrers; i++)
	{
		const MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
			for (int n = 0; n < user->constraints[k].partner_columns.n; n++)
				if (user->constraints[k].partner == relation->id &&
					mh_strings_contain(columns, user->constraints[k].partner_columns.v[n]))
					return true;
	}
	return false;
}

/* Whether what DO UPDATE writes may be refused, apart from what the row that is inserted says. */
static bool
may_refuse_update(MhReview *review, const MhModelRelation *relation,
				  const MhReviewStatement *statement, const MhReviewArbiters *arbiters)
{
	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && relation->columns[i].generated != '\0')
			return true;
	for (int i = 0; i < relation->n_constraints; i++)
		if (!relation->constraints[i].is_gone &&
			(relation->constraints[i].type == 'x' ||
			 (strchr("cf", relation->constraints[i].type) != NULL &&
			  (relation->constraints[i].columns.n != 1 ||
			   relation->constraints[i].is_of_whole_row || !relation->constraints[i].is_valid))))
			return true;
	for (int i = 0; i < relation->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index == NULL || is_arbiter(arbiters, index) ||
			!(index->is_unique || index->is_partial))
			continue;
		if (index->is_invalid)
			return true;
		if (index->is_partial && !index->is_unique && mh_is_harmless_index(review, index))
			continue;
		if (index->is_partial && index->used_columns.n == 0)
			return true;
		for (int n = 0; index->is_partial && n < statement->updated.n; n++)
			if (mh_strings_contain(&index->used_columns, statement->updated.v[n]))
				return true;
		for (int k = 0; k < statement->updated.n; k++)
			if (mh_strings_contain(&index->index_columns, statement->updated.v[k]))
				return true;
	}
	return is_referred_to(review, relation, &statement->updated);
}

void
mh_judge_conflicting(MhReview *review, MhModelRelation *relation,
					 const MhReviewStatement *statement, const MhReviewArbiters *arbiters)
{
	if (statement->conflict != 'u')
		return;
	if (may_refuse_update(review, relation, statement, arbiters))
		mh_not_known_late(review, relation,
						  "what ON CONFLICT DO UPDATE does to rows that are there");
	for (int i = 0; i < statement->updated.n; i++)
	{
		MhModelColumn *column = mh_model_column(relation, statement->updated.v[i]);

		if (column != NULL)
			column->is_lost = column->is_touched = true;
		if (column != NULL)
			column->has_fill = false;
	}
}

/* Remembers the keys of a row that is inserted. */
void
mh_note_keys(MhReview *review, const MhReviewWritten *row)
{
	for (int i = 0; i < row->relation->n_indexes && i < MH_MOST_LOOKED_AT; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, row->relation->indexes[i]);
		bool has_null;
		const char *key;

		if (index == NULL || !index->is_unique || index->is_partial)
			continue;
		key = mh_key_text(row, &index->index_columns, &has_null);
		if (key != NULL)
			mh_names_add(&index->written, key);
		else if (!has_null)
			index->has_unseen_written = true;
	}
}

void
mh_forget_keys(MhReview *review, MhModelRelation *relation, bool are_unseen)
{
	for (int i = 0; i < relation->n_indexes; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index == NULL)
			continue;
		index->has_unseen_written = are_unseen;
		if (!are_unseen)
			mh_names_clear(&index->written);
	}
	/* rows of a partitioned table are in its partitions */
	if (are_unseen && relation->kind == 'p' && relation->n_children > MH_MOST_LOOKED_AT)
	{
		mh_doubt_rows(review);
		return;
	}
	for (int i = 0; are_unseen && relation->kind == 'p' && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL && !mh_is_too_deep(review))
			mh_forget_keys(review, child, true);
	}
}
