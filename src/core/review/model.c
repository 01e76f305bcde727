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

#define MAX_NAME 63

void
mh_model_begin(MhModel *model, const MhReviewWorld *world)
{
	model->world = world;
	model->next_id = FIRST_ID;
}

/* ---------- indexes ---------- */

#define FIRST_BUCKETS 64

/* More constraints than that are found by an index. */
#define MOST_UNINDEXED 16

static uint32
hash_of(const char *name)
{
	uint32 hash = 5381;

	for (; *name != '\0'; name++)
		hash = hash * 33 + (unsigned char) *name;
	return hash ^ (hash >> 15);
}

static uint32
hash_of_id(uint32 id)
{
	return id * 0x9E3779B1U ^ id >> 16;
}

static MhModelEntry **
bucket_of(const MhModelIndex *index, uint32 hash)
{
	return &index->buckets[hash & (index->n_buckets - 1)];
}

static const MhModelEntry *
first_of(const MhModelIndex *index, uint32 hash)
{
	return index->n_buckets == 0 ? NULL : *bucket_of(index, hash);
}

static MhModelEntry *
reverse(MhModelEntry *entry)
{
	MhModelEntry *reversed = NULL;

	while (entry != NULL)
	{
		MhModelEntry *next = entry->next;

		entry->next = reversed;
		reversed = entry;
		entry = next;
	}
	return reversed;
}

static void
put_first(MhModelIndex *index, MhModelEntry *entry)
{
	MhModelEntry **bucket = bucket_of(index, entry->hash);

	entry->next = *bucket;
	*bucket = entry;
}

static void
make_room(MhModelIndex *index)
{
	MhModelIndex grown = *index;

	if (index->n < index->n_buckets)
		return;
	grown.n_buckets = Max(2 * index->n_buckets, FIRST_BUCKETS);
	grown.buckets = palloc0(grown.n_buckets * sizeof(MhModelEntry *));
	for (uint32 i = 0; i < index->n_buckets; i++)
	{
		/* the newest of a name stays the first */
		MhModelEntry *entry = reverse(index->buckets[i]);

		while (entry != NULL)
		{
			MhModelEntry *next = entry->next;

			put_first(&grown, entry);
			entry = next;
		}
	}
	if (index->buckets != NULL)
		pfree(index->buckets);
	*index = grown;
}

static void
put_entry(MhModelIndex *index, uint32 hash, void *thing, int at)
{
	MhModelEntry *entry = palloc(sizeof(MhModelEntry));

	make_room(index);
	*entry = (MhModelEntry){hash, thing, at};
	put_first(index, entry);
	index->n++;
}

static void
remember_id(MhModel *model, MhModelRelation *relation)
{
	put_entry(&model->relations, hash_of_id(relation->id), relation, 0);
}

static MhModelRelation *
with_id(const MhModel *model, uint32 id)
{
	const MhModelEntry *entry = first_of(&model->relations, hash_of_id(id));

	for (; entry != NULL; entry = entry->next)
		if (((MhModelRelation *) entry->thing)->id == id)
			return entry->thing;
	return NULL;
}

static MhModelSlot *
slot_of(const MhModel *model, const char *schema, const char *name)
{
	uint32 hash = hash_of(name);

	for (const MhModelEntry *entry = first_of(&model->slots, hash); entry != NULL;
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
		put_entry(&model->slots, hash_of(name), slot, 0);
	}
	slot->relation = relation;
	return slot;
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
	uint32 hash = hash_of(name);
	MhModelSchema *schema;

	for (const MhModelEntry *entry = first_of(&model->schemas, hash); entry != NULL;
		 entry = entry->next)
		if (strcmp(((MhModelSchema *) entry->thing)->name, name) == 0)
			return entry->thing;
	schema = palloc0(sizeof(MhModelSchema));
	schema->name = pstrdup(name);
	schema->exists = model->world->has_schema(model->world->arg, name);
	put_entry(&model->schemas, hash, schema, 0);
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

	schema->is_new = exists && (schema->is_new || !schema->exists);
	schema->exists = exists;
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
		mh_strings_push(&model->made, relation->name);
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
	remember_id(model, relation);
	put_slot(model, schema, name, relation);
	note_made(model, relation);
	return relation;
}

void
mh_model_drop(MhModel *model, MhModelRelation *relation)
{
	relation->is_gone = true;
	note_made(model, relation);
	put_slot(model, relation->schema, relation->name, NULL);
}

void
mh_model_rename(MhModel *model, MhModelRelation *relation, const char *schema, const char *name)
{
	put_slot(model, relation->schema, relation->name, NULL);
	note_made(model, relation);
	relation->schema = pstrdup(schema);
	relation->name = pstrdup(name);
	note_made(model, relation);
	put_slot(model, schema, name, relation);
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
		put_entry(&relation->by_constraint,
				  hash_of(relation->constraints[relation->n_indexed].name), NULL,
				  relation->n_indexed);
}

/* Takes out those of the same hash that are gone or renamed, so that nobody passes them again. */
static MhModelConstraint *
indexed_constraint(MhModelRelation *relation, const char *name)
{
	uint32 hash = hash_of(name);
	MhModelEntry **entry;

	index_constraints(relation);
	entry = bucket_of(&relation->by_constraint, hash);
	while (*entry != NULL)
	{
		MhModelConstraint *constraint = &relation->constraints[(*entry)->at];

		if ((*entry)->hash == hash && is_called(constraint, name))
			return constraint;
		if (constraint->is_gone || hash_of(constraint->name) != (*entry)->hash)
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
mh_model_rename_constraint(MhModelRelation *relation, MhModelConstraint *constraint,
						   const char *name)
{
	int at = (int) (constraint - relation->constraints);

	constraint->name = pstrdup(name);
	if (at < relation->n_indexed)
		put_entry(&relation->by_constraint, hash_of(name), NULL, at);
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
	uint32 hash = hash_of(name);
	MhModelType *type;

	for (const MhModelEntry *entry = first_of(&model->by_name, hash); entry != NULL;
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
	type->next = model->types;
	model->types = type;
	put_entry(&model->by_name, hash_of(type->name), type, 0);
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
	mh_strings_add(&model->code, name);
	mh_model_put_type(model, type);
	return type;
}

MhModelType *
mh_model_type_with_id(MhModel *model, uint32 id)
{
	for (MhModelType *type = model->types; type != NULL; type = type->next)
		if (type->id == id && !type->is_gone)
			return type;
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

static bool
is_taken(MhModel *model, const MhModelRelation *relation, const char *name, bool is_relation)
{
	return is_relation ? mh_model_in(model, relation->schema, name) != NULL
					   : mh_model_constraint(relation, name) != NULL;
}

/* Shortens the longer of both names, as makeObjectName() does. */
static char *
fitting_name(const char *table, const char *column, const char *suffix)
{
	int of_table = strlen(table);
	int of_column = column == NULL ? 0 : strlen(column);
	int room = MAX_NAME - (int) strlen(suffix) - 1 - (column == NULL ? 0 : 1);

	while (of_table + of_column > room)
		if (of_table > of_column)
			of_table--;
		else
			of_column--;
	if (column == NULL)
		return psprintf("%.*s_%s", of_table, table, suffix);
	return psprintf("%.*s_%.*s_%s", of_table, table, of_column, column, suffix);
}

const char *
mh_model_choose_name(MhModel *model, const MhModelRelation *relation, const char *column,
					 const char *suffix, bool is_relation)
{
	char *name = fitting_name(relation->name, column, suffix);

	for (int i = 1; is_taken(model, relation, name, is_relation) ||
					mh_model_constraint(relation, name) != NULL;
		 i++)
	{
		MH_CHECK_INTERRUPTS();
		name = fitting_name(relation->name, column, psprintf("%s%d", suffix, i));
	}
	return name;
}

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
