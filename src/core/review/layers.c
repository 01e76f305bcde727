/*-------------------------------------------------------------------------
 *
 * layers.c
 *	  The rows of a table as the script leaves them.
 *
 * Each statement that changes rows puts a layer over those before it, so that a question about the rows
 * can be asked of what is there then.  Where a statement cannot be followed, the columns that it
 * wrote, or the rows of the table, are lost.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Each is a query in the next one. */
#define MOST_LAYERS 40

/* Rows that are added, all in all. */
#define MOST_ADDED 1000

bool
mh_are_followed(const MhReview *review, const MhModelRelation *relation)
{
	return !relation->is_lost && !relation->is_opaque && strchr("r", relation->kind) != NULL &&
		   !review->is_replaying && !review->model.is_tainted && !review->model.are_rows_unknown &&
		   relation->doubts >= review->model.doubts &&
		   (relation->live_name != NULL || relation->is_empty);
}

void
mh_layers_lose(MhModelRelation *relation)
{
	relation->is_lost = true;
}

void
mh_layers_empty(MhModelRelation *relation)
{
	relation->n_layers = relation->n_added = 0;
	relation->layers = NULL;
	relation->is_lost = false;
	for (int i = 0; i < relation->n_columns; i++)
		relation->columns[i].is_lost = false;
}

static MhModelLayer *
add_layer(MhModelRelation *relation, char kind)
{
	MhModelLayer *layer;

	if (relation->n_layers >= MOST_LAYERS)
	{
		relation->is_lost = true;
		return NULL;
	}
	relation->layers = mh_with_room(relation->layers, relation->n_layers, sizeof(MhModelLayer));
	layer = &relation->layers[relation->n_layers++];
	*layer = (MhModelLayer){.kind = kind, .n_columns = relation->n_columns};
	return layer;
}

static void
add_row(MhModelLayer *layer, const MhReviewValue *values)
{
	layer->rows = mh_with_room(layer->rows, layer->n_rows, sizeof(MhReviewValue *));
	layer->rows[layer->n_rows++] = values;
}

static bool
is_known(const MhReviewValue *value)
{
	return !value->is_unknown && (value->node != NULL || value->is_null);
}

/* Whether one of the columns has values that nobody knows. */
static bool
names_lost(const MhModelRelation *relation, const MhStrings *columns, bool is_whole)
{
	for (int i = 0; i < relation->n_columns; i++)
		if (relation->columns[i].is_lost &&
			(is_whole || mh_strings_contain(columns, relation->columns[i].name)))
			return true;
	return false;
}

/* ---------- UPDATE and DELETE ---------- */

/* Whether rows may leave the partition. */
static bool
may_move(MhReview *review, const MhModelRelation *relation, const MhReviewStatement *statement)
{
	while (relation != NULL && relation->is_partition && relation->n_parents > 0)
	{
		relation = mh_model_by_id(&review->model, relation->parents[0]);
		if (relation == NULL || relation->has_key_expressions || mh_is_too_deep(review))
			return true;
		for (int i = 0; i < relation->n_columns; i++)
			if (!relation->columns[i].is_gone && relation->columns[i].is_key &&
				mh_strings_contain(&statement->columns, relation->columns[i].name))
				return true;
	}
	return false;
}

static void
lose_written(MhModelRelation *relation, const MhReviewStatement *statement)
{
	for (int i = 0; i < relation->n_columns; i++)
		if (mh_strings_contain(&statement->columns, relation->columns[i].name) ||
			relation->columns[i].generated != '\0')
			relation->columns[i].is_lost = true;
}

static bool
is_where_lost(const MhModelRelation *relation, const MhReviewStatement *statement,
			  const MhReviewWritten *row)
{
	return row->is_where_unknown ||
		   (statement->condition != NULL &&
			names_lost(relation, &statement->condition->columns, statement->condition->is_whole));
}

/* Columns whose new values nobody knows, or that are computed from such. */
static void
lose_unknown(MhModelRelation *relation, const MhReviewStatement *statement,
			 const MhReviewWritten *row)
{
	bool has_lost = false;

	for (int i = 0; i < relation->n_columns; i++)
		has_lost |= relation->columns[i].is_lost;
	for (int i = 0; i < statement->n_expressions; i++)
	{
		MhModelColumn *column = mh_model_column(relation, statement->columns.v[i]);

		if (column != NULL && (!is_known(&row->values[column - relation->columns]) ||
							   (has_lost && names_lost(relation, &statement->expressions[i].columns,
													   statement->expressions[i].is_whole))))
			column->is_lost = true;
	}
	for (int i = 0; i < relation->n_columns; i++)
		has_lost |= relation->columns[i].is_lost;
	for (int i = 0; i < relation->n_columns; i++)
		if (relation->columns[i].generated != '\0' && (has_lost || row->values[i].is_unknown))
			relation->columns[i].is_lost = true;
}

void
mh_note_layer(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	const MhReviewWritten *row =
		relation->change_round == review->round && !statement->has_select && statement->n_reads == 0
			? relation->change
			: NULL;
	bool is_update = statement->kind == MH_REVIEW_UPDATE;
	MhModelLayer *layer;

	if (relation->is_lost)
		return;
	if (is_update && may_move(review, relation, statement))
		relation->is_lost = true;
	else if (row == NULL || is_where_lost(relation, statement, row))
	{
		if (is_update)
			lose_written(relation, statement);
		else
			relation->is_lost = true;
	}
	else
	{
		if (is_update)
			lose_unknown(relation, statement, row);
		layer = add_layer(relation, is_update ? 'u' : 'd');
		if (layer == NULL)
			return;
		layer->where = row->where;
		if (is_update)
			add_row(layer, row->values);
	}
}

/* ---------- INSERT and ADD COLUMN ---------- */

void
mh_note_layer_row(MhModelRelation *relation, const MhReviewValue *values)
{
	MhModelLayer *layer =
		relation->n_layers == 0 ? NULL : &relation->layers[relation->n_layers - 1];
	MhReviewValue *copy;

	if (relation->is_lost)
		return;
	if (++relation->n_added > MOST_ADDED)
	{
		relation->is_lost = true;
		return;
	}
	if (layer == NULL || layer->kind != 'i' || layer->n_columns != relation->n_columns)
		layer = add_layer(relation, 'i');
	if (layer == NULL)
		return;
	copy = palloc(Max(relation->n_columns, 1) * sizeof(MhReviewValue));
	memcpy(copy, values, relation->n_columns * sizeof(MhReviewValue));
	add_row(layer, copy);
	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && !is_known(&values[i]))
			relation->columns[i].is_lost = true;
}

void
mh_note_layer_fill(MhModelRelation *relation, MhModelColumn *column, const MhReviewValue *value,
				   const MhStrings *columns)
{
	MhReviewValue *values;
	MhModelLayer *layer;

	if (relation->is_lost || (relation->is_empty && relation->n_layers == 0) || value->is_null)
		return;
	if (!is_known(value) || (columns != NULL && names_lost(relation, columns, false)))
	{
		column->is_lost = true;
		return;
	}
	layer = add_layer(relation, 'u');
	if (layer == NULL)
		return;
	values = palloc0(relation->n_columns * sizeof(MhReviewValue));
	values[column - relation->columns] = *value;
	add_row(layer, values);
}

/* ---------- rows of a query ---------- */

void
mh_note_layer_query(MhModelRelation *relation, const MhModelRows *rows, MhReviewValue *values)
{
	MhModelLayer *layer = relation->is_lost ? NULL : add_layer(relation, 'q');

	if (layer == NULL)
		return;
	layer->query = rows;
	add_row(layer, values);
	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && !is_known(&values[i]))
			relation->columns[i].is_lost = true;
}

void
mh_note_layer_value(MhModelRelation *relation, int column, const MhReviewValue *value)
{
	MhReviewValue *values = palloc0(relation->n_columns * sizeof(MhReviewValue));
	MhModelLayer *layer = is_known(value) ? add_layer(relation, 'u') : NULL;

	relation->columns[column].is_lost = layer == NULL;
	if (layer == NULL)
		return;
	values[column] = *value;
	add_row(layer, values);
}
