/*-------------------------------------------------------------------------
 *
 * model.c
 *	  Relations, types and schemas as a reviewed script sees them.
 *
 * Each name that was looked up has a slot, also if nothing has that name, so that the live schema
 * is asked once and a dropped relation is not found again.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Numbers of what the script makes: no live object has one of them in practice. */
#define FIRST_ID 0xF0000000U

void
mh_model_begin(MhModel *model, const MhReviewWorld *world)
{
	mh_index_use_key(world->hash_key);
	model->world = world;
	model->next_id = FIRST_ID;
}

/* ---------- slots ---------- */

/* More constraints than that are found by an index. */
#define MOST_UNINDEXED 16

static void
remember_id(MhModel *model, MhModelRelation *relation)
{
	mh_index_put(&model->relations, mh_index_hash_id(relation->id), relation, 0);
}

static MhModelRelation *
with_id(const MhModel *model, uint32 id)
{
	const MhModelEntry *entry = mh_index_first(&model->relations, mh_index_hash_id(id));

	for (; entry != NULL; entry = entry->next)
		if (((MhModelRelation *) entry->thing)->id == id)
			return entry->thing;
	return NULL;
}

static MhModelSlot *
slot_of(const MhModel *model, const char *schema, const char *name)
{
	uint64 hash = mh_index_hash_in(schema, name);

	for (const MhModelEntry *entry = mh_index_first(&model->slots, hash); entry != NULL;
		 entry = entry->next)
	{
		MhModelSlot *slot = entry->thing;

		if (entry->hash == hash && strcmp(slot->name, name) == 0 &&
			strcmp(slot->schema, schema) == 0)
			return slot;
	}
	return NULL;
}

static MhModelSlot *
put_slot(MhModel *model, const char *schema, const char *name, MhModelRelation *relation)
{
	MhModelSlot *slot = slot_of(model, schema, name);

	if (slot == NULL)
	{
		slot = palloc0(sizeof(MhModelSlot));
		slot->schema = pstrdup(schema);
		slot->name = pstrdup(name);
		mh_index_put(&model->slots, mh_index_hash_in(schema, name), slot, 0);
	}
	slot->relation = relation;
	return slot;
}

MhModelRelation *
mh_model_identity(MhModel *model, const MhModelRelation *relation, const char *column)
{
	for (int i = 0; i < relation->n_sequences; i++)
	{
		MhModelRelation *sequence = mh_model_by_id(model, relation->sequences[i]);

		if (sequence != NULL && sequence->is_internal && sequence->owned_by == relation->id &&
			sequence->owned_by_column != NULL && strcmp(sequence->owned_by_column, column) == 0)
			return sequence;
	}
	return NULL;
}

void
mh_model_own_sequence(MhModelRelation *table, const MhModelRelation *sequence)
{
	if (table != NULL)
		mh_ids_push(&table->sequences, &table->n_sequences, sequence->id);
}

/* A relation may have been loaded by its number before somebody asks for its name. */
static MhModelRelation *
adopt(MhModel *model, MhModelRelation *loaded)
{
	MhModelRelation *known;

	if (loaded == NULL)
		return NULL;
	known = with_id(model, loaded->id);
	if (known != NULL)
		return known->is_gone ? NULL : known;
	remember_id(model, loaded);
	if (loaded->owned_by != 0)
		mh_model_own_sequence(mh_model_by_id(model, loaded->owned_by), loaded);
	return loaded;
}

static bool
has_name(const MhModelRelation *relation, const char *schema, const char *name)
{
	return strcmp(relation->schema, schema) == 0 && strcmp(relation->name, name) == 0;
}

/* An index goes with its table, and a sequence with the column that owns it. */
static bool
went_with_owner(const MhModel *model, const MhModelRelation *relation)
{
	const MhModelRelation *owner =
		with_id(model, relation->table != 0 ? relation->table : relation->owned_by);

	if (owner == NULL)
		return false;
	return owner->is_gone || (relation->owned_by_column != NULL &&
							  mh_model_column(owner, relation->owned_by_column) == NULL);
}

MhModelRelation *
mh_model_in(MhModel *model, const char *schema, const char *name)
{
	MhModelSlot *slot = slot_of(model, schema, name);
	MhModelRelation *relation;

	if (slot != NULL && slot->relation != NULL && went_with_owner(model, slot->relation))
		slot->relation = NULL;
	if (slot != NULL)
		return slot->relation;
	relation = adopt(model, model->world->relation(model->world->arg, schema, name));
	if (relation != NULL && (!has_name(relation, schema, name) || went_with_owner(model, relation)))
		relation = NULL; /* renamed by the script */
	return put_slot(model, schema, name, relation)->relation;
}

MhModelRelation *
mh_model_find(MhModel *model, const MhReviewName *name)
{
	MhModelRelation *found;

	if (name->schema != NULL)
		return mh_model_in(model, name->schema, name->name);
	found = mh_model_in(model, MH_TEMPORARY, name->name);
	if (found == NULL)
		found = mh_model_in(model, "pg_catalog", name->name);
	for (int i = 0; found == NULL && i < model->search_path.n; i++)
		found = mh_model_in(model, model->search_path.v[i], name->name);
	return found;
}

MhModelRelation *
mh_model_by_id(MhModel *model, uint32 id)
{
	MhModelRelation *relation = with_id(model, id);

	if (relation == NULL && id < FIRST_ID && id != 0)
	{
		relation = adopt(model, model->world->relation_by_id(model->world->arg, id));
		if (relation != NULL && slot_of(model, relation->schema, relation->name) == NULL)
			put_slot(model, relation->schema, relation->name, relation);
	}
	return relation == NULL || relation->is_gone ? NULL : relation;
}

/* ---------- schemas ---------- */

static MhModelSchema *
schema_of(MhModel *model, const char *name)
{
	uint64 hash = mh_index_hash(name);
	MhModelSchema *schema;

	for (const MhModelEntry *entry = mh_index_first(&model->schemas, hash); entry != NULL;
		 entry = entry->next)
		if (strcmp(((MhModelSchema *) entry->thing)->name, name) == 0)
			return entry->thing;
	schema = palloc0(sizeof(MhModelSchema));
	schema->name = pstrdup(name);
	schema->exists = model->world->has_schema(model->world->arg, name);
	mh_index_put(&model->schemas, hash, schema, 0);
	return schema;
}

bool
mh_model_has_schema(MhModel *model, const char *name)
{
	return schema_of(model, name)->exists;
}

void
mh_model_put_schema(MhModel *model, const char *name, bool exists)
{
	MhModelSchema *schema = schema_of(model, name);

	if (!schema->exists)
	{
		schema->owner = model->role;
		schema->others.n = 0;
	}
	schema->is_new = exists && (schema->is_new || !schema->exists);
	schema->exists = exists;
}

MhModelSchema *
mh_model_schema(MhModel *model, const char *name)
{
	MhModelSchema *schema = schema_of(model, name);
	MhReviewContents contents = {0};

	if (schema->is_new || schema->is_read || !schema->exists)
		return schema;
	schema->is_read = true;
	model->world->contents(model->world->arg, name, &contents);
	schema->owner = contents.owner;
	schema->others = contents.others;
	for (int i = 0; i < contents.n_relations; i++)
		mh_ids_push(&schema->relations, &schema->n_relations, contents.relations[i]);
	for (int i = 0; i < contents.types.n; i++)
		mh_strings_push(&schema->types, contents.types.v[i]);
	return schema;
}

/* An index comes and goes with its table. */
static void
put_into_schema(MhModel *model, const MhModelRelation *relation)
{
	MhModelSchema *schema;

	if (strchr("iI", relation->kind) != NULL)
		return;
	schema = schema_of(model, relation->schema);
	mh_ids_push(&schema->relations, &schema->n_relations, relation->id);
}

bool
mh_model_has_new_schema(MhModel *model, const char *name)
{
	return schema_of(model, name)->is_new;
}

const char *
mh_model_creation_schema(MhModel *model)
{
	for (int i = 0; i < model->search_path.n; i++)
		if (mh_model_has_schema(model, model->search_path.v[i]) &&
			!mh_begins_with(model->search_path.v[i], "pg_"))
			return model->search_path.v[i];
	return NULL;
}

/* ---------- relations ---------- */

/* A literal may name it, such as that of nextval(). */
static void
note_made(MhModel *model, const MhModelRelation *relation)
{
	if (strchr("iI", relation->kind) == NULL)
		mh_needles_add(&model->made, relation->name);
}

MhModelRelation *
mh_model_create(MhModel *model, const char *schema, const char *name, char kind)
{
	MhModelRelation *relation = palloc0(sizeof(MhModelRelation));

	relation->id = model->next_id++;
	relation->kind = kind;
	relation->schema = pstrdup(schema);
	relation->name = pstrdup(name);
	relation->persistence = 'p';
	relation->owner = model->role;
	relation->is_empty = true;
	relation->doubts = model->doubts;
	remember_id(model, relation);
	put_slot(model, schema, name, relation);
	put_into_schema(model, relation);
	note_made(model, relation);
	return relation;
}

/* Names of what goes with a relation. */
static void
free_names_of(MhModel *model, const uint32 *ids, int n)
{
	for (int i = 0; i < n; i++)
	{
		const MhModelRelation *relation = with_id(model, ids[i]);

		if (relation != NULL)
			mh_model_name_is_free(model, relation->name);
	}
}

void
mh_model_drop(MhModel *model, MhModelRelation *relation)
{
	MhModelRelation *table = with_id(model, relation->table);

	if (table != NULL)
		table->is_identity_changed = true;
	relation->is_gone = true;
	note_made(model, relation);
	put_slot(model, relation->schema, relation->name, NULL);
	mh_model_name_is_free(model, relation->name);
	free_names_of(model, relation->indexes, relation->n_indexes);
	free_names_of(model, relation->sequences, relation->n_sequences);
}

void
mh_model_drop_sequences_of(MhModel *model, const MhModelRelation *table, const char *column)
{
	for (int i = 0; i < table->n_sequences; i++)
	{
		MhModelRelation *sequence = with_id(model, table->sequences[i]);

		if (sequence != NULL && !sequence->is_gone && sequence->owned_by == table->id &&
			sequence->owned_by_column != NULL && strcmp(sequence->owned_by_column, column) == 0)
			mh_model_drop(model, sequence);
	}
}

void
mh_model_rename(MhModel *model, MhModelRelation *relation, const char *schema, const char *name)
{
	put_slot(model, relation->schema, relation->name, NULL);
	note_made(model, relation);
	mh_model_name_is_free(model, relation->name);
	relation->schema = pstrdup(schema);
	relation->name = pstrdup(name);
	note_made(model, relation);
	put_slot(model, schema, name, relation);
	put_into_schema(model, relation);
}

MhModelColumn *
mh_model_column(const MhModelRelation *relation, const char *name)
{
	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && strcmp(relation->columns[i].name, name) == 0)
			return &relation->columns[i];
	return NULL;
}

MhModelColumn *
mh_model_add_column(MhModelRelation *relation, const char *name)
{
	MhModelColumn *column;

	relation->columns = mh_with_room(relation->columns, relation->n_columns, sizeof(MhModelColumn));
	column = &relation->columns[relation->n_columns++];
	memset(column, 0, sizeof(MhModelColumn));
	column->name = pstrdup(name);
	column->typmod = -1;
	column->is_local = true;
	return column;
}

static bool
is_called(const MhModelConstraint *constraint, const char *name)
{
	return !constraint->is_gone && strcmp(constraint->name, name) == 0;
}

static void
index_constraints(MhModelRelation *relation)
{
	for (; relation->n_indexed < relation->n_constraints; relation->n_indexed++)
		mh_index_put(&relation->by_constraint,
					 mh_index_hash(relation->constraints[relation->n_indexed].name), NULL,
					 relation->n_indexed);
}

/* Takes out those of the same hash that are gone or renamed, so that nobody passes them again. */
static MhModelConstraint *
indexed_constraint(MhModelRelation *relation, const char *name)
{
	uint64 hash = mh_index_hash(name);
	MhModelEntry **entry;

	index_constraints(relation);
	entry = mh_index_bucket(&relation->by_constraint, hash);
	while (*entry != NULL)
	{
		MhModelConstraint *constraint = &relation->constraints[(*entry)->at];

		if ((*entry)->hash == hash && is_called(constraint, name))
			return constraint;
		if (constraint->is_gone || mh_index_hash(constraint->name) != (*entry)->hash)
		{
			*entry = (*entry)->next;
			relation->by_constraint.n--;
		}
		else
			entry = &(*entry)->next;
	}
	return NULL;
}

MhModelConstraint *
mh_model_constraint(const MhModelRelation *relation, const char *name)
{
	if (relation->n_constraints > MOST_UNINDEXED)
		return indexed_constraint(unconstify(MhModelRelation *, relation), name);
	for (int i = 0; i < relation->n_constraints; i++)
		if (is_called(&relation->constraints[i], name))
			return &relation->constraints[i];
	return NULL;
}

void
mh_model_rename_constraint(MhModel *model, MhModelRelation *relation, MhModelConstraint *constraint,
						   const char *name)
{
	int at = (int) (constraint - relation->constraints);

	mh_model_name_is_free(model, constraint->name);
	constraint->name = pstrdup(name);
	if (at < relation->n_indexed)
		mh_index_put(&relation->by_constraint, mh_index_hash(name), NULL, at);
}

MhModelConstraint *
mh_model_add_constraint(MhModelRelation *relation, const char *name, char type)
{
	MhModelConstraint *constraint;

	relation->constraints =
		mh_with_room(relation->constraints, relation->n_constraints, sizeof(MhModelConstraint));
	constraint = &relation->constraints[relation->n_constraints++];
	memset(constraint, 0, sizeof(MhModelConstraint));
	constraint->name = pstrdup(name);
	constraint->type = type;
	constraint->is_valid = true;
	constraint->is_local = true;
	return constraint;
}

void
mh_ids_add(uint32 **ids, int *n, uint32 id)
{
	for (int i = 0; i < *n; i++)
		if ((*ids)[i] == id)
			return;
	mh_ids_push(ids, n, id);
}

void
mh_model_refer(MhModelRelation *relation, uint32 table)
{
	uint64 hash = mh_index_hash_id(table);

	if (relation->n_referrers <= MOST_UNINDEXED)
	{
		mh_ids_add(&relation->referrers, &relation->n_referrers, table);
		return;
	}
	for (; relation->n_indexed_referrers < relation->n_referrers; relation->n_indexed_referrers++)
		mh_index_put(&relation->by_referrer,
					 mh_index_hash_id(relation->referrers[relation->n_indexed_referrers]), NULL,
					 relation->n_indexed_referrers);
	for (const MhModelEntry *entry = mh_index_first(&relation->by_referrer, hash); entry != NULL;
		 entry = entry->next)
		if (relation->referrers[entry->at] == table)
			return;
	mh_ids_push(&relation->referrers, &relation->n_referrers, table);
}

void
mh_ids_remove(uint32 *ids, int *n, uint32 id)
{
	int kept = 0;

	for (int i = 0; i < *n; i++)
		if (ids[i] != id)
			ids[kept++] = ids[i];
	*n = kept;
}

/* ---------- types ---------- */

static MhModelType *
type_in(MhModel *model, const char *schema, const char *name)
{
	uint64 hash = mh_index_hash_in(schema, name);
	MhModelType *type;

	for (const MhModelEntry *entry = mh_index_first(&model->by_name, hash); entry != NULL;
		 entry = entry->next)
	{
		type = entry->thing;
		if (strcmp(type->name, name) == 0 && strcmp(type->schema, schema) == 0)
			return type->is_gone ? NULL : type;
	}
	type = model->world->type(model->world->arg, schema, name);
	if (type != NULL)
		mh_model_put_type(model, type);
	return type;
}

void
mh_model_put_type(MhModel *model, MhModelType *type)
{
	mh_index_put(&model->types, mh_index_hash_id(type->id), type, 0);
	mh_index_put(&model->by_name, mh_index_hash_in(type->schema, type->name), type, 0);
}

MhModelType *
mh_model_find_type(MhModel *model, const MhReviewName *name)
{
	MhModelType *found;

	if (name->schema != NULL)
		return type_in(model, name->schema, name->name);
	found = type_in(model, "pg_catalog", name->name);
	for (int i = 0; found == NULL && i < model->search_path.n; i++)
		found = type_in(model, model->search_path.v[i], name->name);
	return found;
}

MhModelType *
mh_model_create_type(MhModel *model, const char *schema, const char *name, char kind)
{
	MhModelType *type = palloc0(sizeof(MhModelType));

	type->schema = pstrdup(schema);
	type->name = pstrdup(name);
	type->id = model->next_id++;
	type->kind = kind;
	type->is_new = true;
	type->owner = model->role;
	mh_names_add(&model->code, name);
	mh_model_put_type(model, type);
	mh_strings_push(&schema_of(model, schema)->types, type->name);
	return type;
}

MhModelType *
mh_model_type_with_id(MhModel *model, uint32 id)
{
	for (const MhModelEntry *entry = mh_index_first(&model->types, mh_index_hash_id(id));
		 entry != NULL; entry = entry->next)
	{
		MhModelType *type = entry->thing;

		if (type->id == id && !type->is_gone)
			return type;
	}
	return NULL;
}

/* ---------- what ends with the transaction ---------- */

void
mh_model_ends(MhModel *model, MhModelRelation *relation)
{
	if (relation->is_ending)
		return;
	relation->is_ending = true;
	relation->next_ending = model->ending;
	model->ending = relation;
}

void
mh_model_type_ends(MhModel *model, MhModelType *type)
{
	if (type->is_ending)
		return;
	type->is_ending = true;
	type->next_ending = model->ending_types;
	model->ending_types = type;
}

/* ---------- names ---------- */

const char *
mh_review_quote(const MhReview *review, const char *name)
{
	return review->world->quote(review->world->arg, name);
}

char *
mh_model_name(const MhReview *review, const MhModelRelation *relation)
{
	return psprintf("%s.%s", mh_review_quote(review, relation->schema),
					mh_review_quote(review, relation->name));
}

bool
mh_is_table(const MhModelRelation *relation)
{
	return strchr("rpvmf", relation->kind) != NULL;
}
