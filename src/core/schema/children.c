/*-------------------------------------------------------------------------
 *
 * children.c
 *	  Finds the objects that belong to another object: names and parents.
 *
 *-------------------------------------------------------------------------
 */
#include "core/schema/schema.h"
#include "core/base/sql_names.h"

const char *
mh_local_name(const char *name)
{
	for (;;)
	{
		const char *end = mh_end_of_identifier(name);

		if (end == name || *end != '.')
			return name;
		name = end + 1;
	}
}

static int
compare_children(const void *left, const void *right)
{
	const MhDefinition *a = *(const MhDefinition *const *) left;
	const MhDefinition *b = *(const MhDefinition *const *) right;
	int order = strcmp(a->parent, b->parent);

	return order != 0 ? order : mh_definition_compare(a, b);
}

void
mh_children_order(MhChildren *children, const MhDefinitions *set)
{
	children->n = 0;
	children->v = palloc((set->n + 1) * sizeof(MhDefinition *));
	for (int i = 0; i < set->n; i++)
		if (set->v[i].parent != NULL)
			children->v[children->n++] = &set->v[i];
	if (children->n > 1)
		qsort(children->v, children->n, sizeof(MhDefinition *), compare_children);
}

/* Returns where the children of this parent and type begin, or (after) end. */
static int
find_edge(const MhChildren *children, const char *parent, const char *type, bool after)
{
	int low = 0;
	int high = children->n;

	MH_CHECK_INTERRUPTS();
	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int order = strcmp(children->v[middle]->parent, parent);

		if (order == 0 && type != NULL)
			order = strcmp(children->v[middle]->type, type);
		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

MhChildren
mh_children_of(const MhChildren *children, const char *parent, const char *type)
{
	int first = find_edge(children, parent, type, false);
	MhChildren part;

	part.v = children->v + first;
	part.n = find_edge(children, parent, type, true) - first;
	return part;
}
