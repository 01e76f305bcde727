/*
 * hash_template.h
 *	  What the cores use of PostgreSQL's simplehash: a table that only grows.
 *
 * Included once for each table, as that is, with the same macros defined; so there is no
 * guard.  Elements have a member "status"; keys are pointers.
 */

#define SH_JOIN_(a, b) a##_##b
#define SH_JOIN(a, b) SH_JOIN_(a, b)
#define SH_TABLE SH_JOIN(SH_PREFIX, hash)

typedef struct SH_TABLE
{
	uint32 size; /* a power of two */
	uint32 members;
	SH_ELEMENT_TYPE *data;
} SH_TABLE;

/* The element of the key, or the empty one where it would go. */
SH_SCOPE SH_ELEMENT_TYPE *
SH_JOIN(SH_PREFIX, place)(SH_TABLE *table, SH_KEY_TYPE key)
{
	uint32 at = SH_HASH_KEY(table, key) & (table->size - 1);

	while (table->data[at].status != 0 && !SH_EQUAL(table, table->data[at].SH_KEY, key))
		at = (at + 1) & (table->size - 1);
	return &table->data[at];
}

SH_SCOPE SH_TABLE *
SH_JOIN(SH_PREFIX, create)(uint32 expected, void *private_data)
{
	SH_TABLE *table = SH_RAW_ALLOCATOR(sizeof(SH_TABLE));

	(void) private_data;
	table->size = 16;
	while (table->size / 2 < expected)
		table->size *= 2;
	table->data = SH_RAW_ALLOCATOR(table->size * sizeof(SH_ELEMENT_TYPE));
	return table;
}

SH_SCOPE SH_ELEMENT_TYPE *
SH_JOIN(SH_PREFIX, lookup)(SH_TABLE *table, SH_KEY_TYPE key)
{
	SH_ELEMENT_TYPE *element = SH_JOIN(SH_PREFIX, place)(table, key);

	return element->status == 0 ? NULL : element;
}

SH_SCOPE void
SH_JOIN(SH_PREFIX, grow)(SH_TABLE *table)
{
	SH_ELEMENT_TYPE *old = table->data;
	uint32 old_size = table->size;

	table->size *= 2;
	table->data = SH_RAW_ALLOCATOR(table->size * sizeof(SH_ELEMENT_TYPE));
	for (uint32 i = 0; i < old_size; i++)
		if (old[i].status != 0)
			*SH_JOIN(SH_PREFIX, place)(table, old[i].SH_KEY) = old[i];
	pfree(old);
}

SH_SCOPE SH_ELEMENT_TYPE *
SH_JOIN(SH_PREFIX, insert)(SH_TABLE *table, SH_KEY_TYPE key, bool *found)
{
	SH_ELEMENT_TYPE *element;

	if (table->members >= table->size / 2)
		SH_JOIN(SH_PREFIX, grow)(table);
	element = SH_JOIN(SH_PREFIX, place)(table, key);
	*found = element->status != 0;
	if (!*found)
	{
		element->SH_KEY = key;
		element->status = 1;
		table->members++;
	}
	return element;
}

#undef SH_JOIN_
#undef SH_JOIN
#undef SH_TABLE
#undef SH_PREFIX
#undef SH_ELEMENT_TYPE
#undef SH_KEY_TYPE
#undef SH_KEY
#undef SH_HASH_KEY
#undef SH_EQUAL
#undef SH_SCOPE
#undef SH_RAW_ALLOCATOR
#undef SH_DECLARE
#undef SH_DEFINE
