/*-------------------------------------------------------------------------
 *
 * definition.c
 *	  Sets of definitions: fills, orders, finds and checksums them.
 *
 *-------------------------------------------------------------------------
 */
#include "core/schema/schema.h"

#include "common/cryptohash.h"
#include "common/sha2.h"

#define FIRST_ATTRIBUTES 4
#define FIRST_DEFINITIONS 64

MhDefinition *
mh_definition_add(MhDefinitions *set, const char *type, char *name, char *parent)
{
	MhDefinition *added;

	MH_CHECK_INTERRUPTS();
	if (set->n == set->allocated)
	{
		set->allocated = set->n == 0 ? FIRST_DEFINITIONS : set->n * 2;
		if (set->n == 0)
			set->v = palloc(set->allocated * sizeof(MhDefinition));
		else
			set->v = repalloc(set->v, set->allocated * sizeof(MhDefinition));
	}
	added = &set->v[set->n++];
	memset(added, 0, sizeof(MhDefinition));
	added->type = type;
	added->name = name;
	added->parent = parent;
	return added;
}

void
mh_definition_copy(MhDefinitions *set, const MhDefinition *definition)
{
	const MhDefinition *from = definition;
	MhDefinition *copy = mh_definition_add(set, from->type, pstrdup(from->name),
										   from->parent ? pstrdup(from->parent) : NULL);

	for (int i = 0; i < from->n; i++)
		mh_attribute_add(copy, from->attributes[i].name, pstrdup(from->attributes[i].value));
	memcpy(copy->checksum, from->checksum, MH_CHECKSUM_SIZE);
	memcpy(copy->structure, from->structure, MH_CHECKSUM_SIZE);
	copy->follows_dropped = from->follows_dropped;
}

void
mh_attribute_add(MhDefinition *definition, const char *name, char *value)
{
	int n = definition->n;

	MH_CHECK_INTERRUPTS();
	if (value == NULL)
		return;
	/* The capacity is not stored: it is the next power of two. */
	if (n == 0)
		definition->attributes = palloc(FIRST_ATTRIBUTES * sizeof(MhAttribute));
	else if (n >= FIRST_ATTRIBUTES && (n & (n - 1)) == 0)
		definition->attributes = repalloc(definition->attributes, n * 2 * sizeof(MhAttribute));
	definition->attributes[n].name = name;
	definition->attributes[n].value = value;
	definition->n++;
}

const char *
mh_attribute(const MhDefinition *definition, const char *name)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < definition->n; i++)
		if (strcmp(definition->attributes[i].name, name) == 0)
			return definition->attributes[i].value;
	return NULL;
}

static int
compare_attributes(const void *left, const void *right)
{
	return strcmp(((const MhAttribute *) left)->name, ((const MhAttribute *) right)->name);
}

/* Adds a text with its NUL, so that different lists of texts never give the same bytes. */
static bool
add_text(pg_cryptohash_ctx *hash, const char *text)
{
	return pg_cryptohash_update(hash, (const uint8 *) text, strlen(text) + 1) == 0;
}

static bool
end_checksum(pg_cryptohash_ctx *hash, char *checksum)
{
	static const char digits[] = "0123456789abcdef";
	uint8 digest[PG_SHA256_DIGEST_LENGTH];

	if (pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		return false;
	for (int i = 0; i < PG_SHA256_DIGEST_LENGTH; i++)
	{
		checksum[2 * i] = digits[digest[i] >> 4];
		checksum[2 * i + 1] = digits[digest[i] & 15];
	}
	checksum[MH_CHECKSUM_SIZE - 1] = '\0';
	return true;
}

/* The attributes that a checksum includes. */
typedef enum Part
{
	ALL,
	STRUCTURE,
	RECORDED /* attributes in the checksum of a set */
} Part;

static bool
is_of_part(const MhDefinition *definition, const char *attribute, Part part)
{
	if (part == ALL || mh_attribute_severity(definition->type, attribute) == MH_CRITICAL)
		return true;
	return part == RECORDED && mh_attribute_is_recorded(definition->type, attribute);
}

static bool
hash_definition(pg_cryptohash_ctx *hash, const MhDefinition *definition, Part part, char *checksum)
{
	if (pg_cryptohash_init(hash) < 0 || !add_text(hash, definition->type) ||
		!add_text(hash, definition->name))
		return false;
	for (int i = 0; i < definition->n; i++)
	{
		const MhAttribute *attribute = &definition->attributes[i];

		if (!is_of_part(definition, attribute->name, part))
			continue;
		if (!add_text(hash, attribute->name) || !add_text(hash, attribute->value))
			return false;
	}
	return end_checksum(hash, checksum);
}

static bool
is_all_structure(const MhDefinition *definition)
{
	for (int i = 0; i < definition->n; i++)
		if (mh_attribute_severity(definition->type, definition->attributes[i].name) < MH_CRITICAL)
			return false;
	return true;
}

bool
mh_definition_finish(MhDefinition *definition)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	bool done;

	if (hash == NULL)
		return false;
	if (definition->n > 1)
		qsort(definition->attributes, definition->n, sizeof(MhAttribute), compare_attributes);
	done = hash_definition(hash, definition, ALL, definition->checksum);
	/*
	 * Most columns, constraints and indexes have only structural attributes, so this saves half of
	 * the work.
	 */
	if (done && is_all_structure(definition))
		memcpy(definition->structure, definition->checksum, MH_CHECKSUM_SIZE);
	else if (done)
		done = hash_definition(hash, definition, STRUCTURE, definition->structure);
	pg_cryptohash_free(hash);
	return done;
}

void
mh_unread_add(MhDefinitions *set, const char *kind, const char *type, char *name, char *reason)
{
	int n = set->n_unread;
	MhUnread *added;

	if (n == 0)
		set->unread = palloc(FIRST_ATTRIBUTES * sizeof(MhUnread));
	else if (n >= FIRST_ATTRIBUTES && (n & (n - 1)) == 0)
		set->unread = repalloc(set->unread, n * 2 * sizeof(MhUnread));
	added = &set->unread[set->n_unread++];
	added->kind = kind;
	added->type = type;
	added->name = name;
	added->reason = reason;
}

int
mh_definition_compare(const MhDefinition *left, const MhDefinition *right)
{
	int order = strcmp(left->type, right->type);

	MH_CHECK_INTERRUPTS();
	return order != 0 ? order : strcmp(left->name, right->name);
}

/* What definitions are sorted by: they themselves are large. */
typedef struct Place
{
	const char *type;
	const char *name;
	int from;
} Place;

static int
compare_places(const void *left, const void *right)
{
	const Place *a = left;
	const Place *b = right;
	/* most types are the same constant */
	int order = a->type == b->type ? 0 : strcmp(a->type, b->type);

	MH_CHECK_INTERRUPTS();
	if (order == 0)
		order = strcmp(a->name, b->name);
	return order != 0 ? order : a->from - b->from;
}

/* Moves each definition to its place, circle by circle. */
static void
put_in_places(MhDefinition *definitions, Place *places, int n)
{
	for (int i = 0; i < n; i++)
	{
		MhDefinition first = definitions[i];
		int to = i;

		MH_CHECK_INTERRUPTS();
		if (places[i].from < 0)
			continue;
		while (places[to].from != i)
		{
			int from = places[to].from;

			definitions[to] = definitions[from];
			places[to].from = -1;
			to = from;
		}
		definitions[to] = first;
		places[to].from = -1;
	}
}

static void
sort_definitions(MhDefinition *definitions, int n)
{
	Place *places = palloc(n * sizeof(Place));

	for (int i = 0; i < n; i++)
		places[i] = (Place){definitions[i].type, definitions[i].name, i};
	qsort(places, n, sizeof(Place), compare_places);
	put_in_places(definitions, places, n);
	pfree(places);
}

static int
compare_unread(const void *left, const void *right)
{
	const MhUnread *a = left;
	const MhUnread *b = right;
	int order = strcmp(a->type, b->type);

	return order != 0 ? order : strcmp(a->name, b->name);
}

void
mh_definitions_sort(MhDefinitions *set)
{
	int kept = 0;

	if (set->n_unread > 1)
		qsort(set->unread, set->n_unread, sizeof(MhUnread), compare_unread);
	if (set->n > 1)
		sort_definitions(set->v, set->n);
	for (int i = 0; i < set->n; i++)
	{
		if (kept > 0 && mh_definition_compare(&set->v[kept - 1], &set->v[i]) == 0)
			continue;
		if (kept < i)
			set->v[kept] = set->v[i];
		kept++;
	}
	set->n = kept;
}

MhDefinition *
mh_definitions_find(const MhDefinitions *set, const char *type, const char *name)
{
	int low = 0;
	int high = name == NULL ? 0 : set->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		MhDefinition *candidate = &set->v[middle];
		int order = strcmp(type, candidate->type);

		if (order == 0)
			order = strcmp(name, candidate->name);
		if (order == 0)
			return candidate;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool
mh_definition_is_structural(const MhDefinition *definition)
{
	return mh_type_severity(definition->type) == MH_CRITICAL &&
		   !mh_type_is_global(definition->type);
}

/* Computes the structure for the checksum of a set, which includes storage. */
static bool
recorded_structure(const MhDefinition *definition, char *checksum)
{
	bool is_other = false;
	pg_cryptohash_ctx *hash;
	bool done;

	for (int i = 0; i < definition->n && !is_other; i++)
		is_other = mh_attribute_is_recorded(definition->type, definition->attributes[i].name);
	memcpy(checksum, definition->structure, MH_CHECKSUM_SIZE);
	if (!is_other)
		return true;
	hash = pg_cryptohash_create(PG_SHA256);
	if (hash == NULL)
		return false;
	done = hash_definition(hash, definition, RECORDED, checksum);
	pg_cryptohash_free(hash);
	return done;
}

static bool
hash_structure(pg_cryptohash_ctx *hash, const MhDefinitions *set, char *checksum)
{
	if (pg_cryptohash_init(hash) < 0)
		return false;
	for (int i = 0; i < set->n; i++)
	{
		const MhDefinition *definition = &set->v[i];
		char structure[MH_CHECKSUM_SIZE];

		if (!mh_definition_is_structural(definition))
			continue;
		if (!recorded_structure(definition, structure) || !add_text(hash, definition->type) ||
			!add_text(hash, definition->name) || !add_text(hash, structure))
			return false;
	}
	return end_checksum(hash, checksum);
}

bool
mh_definitions_checksum(const MhDefinitions *set, char *checksum)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	bool done;

	checksum[0] = '\0';
	if (hash == NULL)
		return false;
	done = hash_structure(hash, set, checksum);
	pg_cryptohash_free(hash);
	return done;
}
