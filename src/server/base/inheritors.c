/*-------------------------------------------------------------------------
 *
 * inheritors.c
 *	  The tables below a table.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/inheritors.h"

#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/syscache.h"

static List *
children_of(Oid relation)
{
	/* find_inheritance_children() raises for one that is gone; one that is cached now it finds */
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
		return NIL;
	return find_inheritance_children(relation, NoLock);
}

static HTAB *
make_set(Oid first)
{
	HASHCTL control = {
		.keysize = sizeof(Oid), .entrysize = sizeof(Oid), .hcxt = CurrentMemoryContext};
	HTAB *set =
		hash_create("mighead inheritors", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	(void) hash_search(set, &first, HASH_ENTER, NULL);
	return set;
}

/* The list grows while it is read.  Most tables have nothing below them, and need no set. */
List *
mh_find_inheritors(Oid relation)
{
	List *all = list_make1_oid(relation);
	HTAB *seen = NULL;

	for (int i = 0; i < list_length(all); i++)
	{
		ListCell *cell;

		CHECK_FOR_INTERRUPTS();
		foreach (cell, children_of(list_nth_oid(all, i)))
		{
			bool is_known;

			if (seen == NULL)
				seen = make_set(relation);
			(void) hash_search(seen, &lfirst_oid(cell), HASH_ENTER, &is_known);
			if (!is_known)
				all = lappend_oid(all, lfirst_oid(cell));
		}
	}
	if (seen != NULL)
		hash_destroy(seen);
	return all;
}
