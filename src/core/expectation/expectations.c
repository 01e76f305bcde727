/*-------------------------------------------------------------------------
 *
 * expectations.c
 *	  The captured sets of a project and how they build on each other.
 *
 *-------------------------------------------------------------------------
 */
#include "core/expectation/expectation.h"

#include "core/graph/graph.h"

MhStrings
mh_rows_key(const MhGraph *graph, const MhStrings *rows)
{
	MhStrings key = {0, NULL};

	if (graph != NULL)
		key = mh_rows_maximal(graph, rows);
	else
		for (int i = 0; i < rows->n; i++)
			mh_strings_add(&key, rows->v[i]);
	mh_strings_make_set(&key);
	return key;
}

int
mh_rows_compare(const MhStrings *left, const MhStrings *right)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < left->n && i < right->n; i++)
	{
		int order = strcmp(left->v[i], right->v[i]);

		if (order != 0)
			return order;
	}
	return left->n - right->n;
}

/* ---------- forms and objects ---------- */

static int
add_object(MhExpectations *expectations, const char *type, const char *name)
{
	int n = expectations->n_objects;

	if (n > 0 && strcmp(expectations->objects[n - 1].name, name) == 0 &&
		strcmp(expectations->objects[n - 1].type, type) == 0)
		return n - 1;
	if (n == expectations->objects_allocated)
	{
		expectations->objects_allocated = n == 0 ? 64 : n * 2;
		expectations->objects =
			n == 0 ? palloc(expectations->objects_allocated * sizeof(MhObject))
				   : repalloc(expectations->objects,
							  (Size) expectations->objects_allocated * sizeof(MhObject));
	}
	expectations->objects[n].type = type;
	expectations->objects[n].name = name;
	return expectations->n_objects++;
}

static int
add_form(MhExpectations *expectations, int object, const char *checksum, const char *structure,
		 const MhDefinition *definition)
{
	int n = expectations->n_forms;

	if (n == expectations->forms_allocated)
	{
		expectations->forms_allocated = n == 0 ? 64 : n * 2;
		expectations->forms = n == 0
								  ? palloc(expectations->forms_allocated * sizeof(MhForm))
								  : repalloc(expectations->forms,
											 (Size) expectations->forms_allocated * sizeof(MhForm));
	}
	expectations->forms[n].object = object;
	expectations->forms[n].checksum = checksum;
	expectations->forms[n].structure = structure;
	expectations->forms[n].definition = definition;
	return expectations->n_forms++;
}

int
mh_form_add(MhExpectations *expectations, const char *type, const char *name, const char *checksum,
			const char *structure, const MhDefinition *definition)
{
	int object = expectations->n_indexed > 0 ? mh_object_find(expectations, type, name)
											 : add_object(expectations, type, name);

	return add_form(expectations, object, checksum, structure, definition);
}

int
mh_object_find(const MhExpectations *expectations, const char *type, const char *name)
{
	int low = 0;
	int high = expectations->n_objects;

	MH_CHECK_INTERRUPTS();
	while (low < high)
	{
		int middle = low + (high - low) / 2;
		const MhObject *candidate = &expectations->objects[middle];
		int order = strcmp(type, candidate->type);

		if (order == 0)
			order = strcmp(name, candidate->name);
		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

/* The first half of a checksum tells it from others; a damaged one may be shorter. */
static uint32
place_of(const MhExpectations *expectations, const char *checksum)
{
	uint64 hash = UINT64CONST(0xcbf29ce484222325);

	for (int i = 0; i < 32 && checksum[i] != '\0'; i++)
		hash = (hash ^ (unsigned char) checksum[i]) * UINT64CONST(0x100000001b3);
	return (uint32) (hash >> 32) & expectations->last_place;
}

void
mh_forms_index(MhExpectations *expectations)
{
	int n = expectations->n_forms;
	uint32 places = 16;

	while (places < 2 * (uint32) n)
		places *= 2;
	expectations->last_place = places - 1;
	expectations->by_checksum = palloc(places * sizeof(int));
	for (uint32 i = 0; i < places; i++)
		expectations->by_checksum[i] = MH_NO_FORM;
	for (int i = 0; i < n; i++)
	{
		uint32 place = place_of(expectations, expectations->forms[i].checksum);

		MH_CHECK_INTERRUPTS();
		while (expectations->by_checksum[place] != MH_NO_FORM)
			place = (place + 1) & expectations->last_place;
		expectations->by_checksum[place] = i;
	}
	expectations->n_indexed = n;
}

int
mh_form_find(const MhExpectations *expectations, const char *checksum)
{
	uint32 place = place_of(expectations, checksum);

	MH_CHECK_INTERRUPTS();
	for (; expectations->n_indexed > 0 && expectations->by_checksum[place] != MH_NO_FORM;
		 place = (place + 1) & expectations->last_place)
	{
		int form = expectations->by_checksum[place];

		if (strcmp(checksum, expectations->forms[form].checksum) == 0)
			return form;
	}
	for (int i = expectations->n_indexed; i < expectations->n_forms; i++)
		if (strcmp(checksum, expectations->forms[i].checksum) == 0)
			return i;
	return MH_NO_FORM;
}

/* ---------- sets ---------- */

static int
compare_rows(const void *left, const void *right, void *sets)
{
	return mh_rows_compare(&((const MhExpectedSet *) sets)[*(const int *) left].rows,
						   &((const MhExpectedSet *) sets)[*(const int *) right].rows);
}

static void
index_rows(MhExpectations *expectations)
{
	expectations->by_rows = palloc(Max(expectations->n, 1) * sizeof(int));
	for (int i = 0; i < expectations->n; i++)
		expectations->by_rows[i] = i;
	qsort_arg(expectations->by_rows, expectations->n, sizeof(int), compare_rows,
			  expectations->sets);
}

int
mh_expected_find(const MhExpectations *expectations, const MhStrings *rows)
{
	int low = 0;
	int high = expectations->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int set = expectations->by_rows[middle];
		int order = mh_rows_compare(rows, &expectations->sets[set].rows);

		if (order == 0)
			return set;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

static char *
shown(const MhStrings *rows)
{
	return psprintf("{%s}", mh_strings_join(rows, ","));
}

static bool
find_previous(MhExpectations *expectations, char **reason)
{
	for (int i = 1; i < expectations->n; i++)
	{
		const MhStrings *rows = &expectations->sets[expectations->by_rows[i]].rows;

		MH_CHECK_INTERRUPTS();
		if (mh_rows_compare(rows, &expectations->sets[expectations->by_rows[i - 1]].rows) != 0)
			continue;
		*reason = psprintf("The rows %s are there twice.", shown(rows));
		return false;
	}
	for (int i = 0; i < expectations->n; i++)
	{
		MhExpectedSet *set = &expectations->sets[i];

		MH_CHECK_INTERRUPTS();
		set->previous = -1;
		if (!set->has_previous)
			continue;
		set->previous = mh_expected_find(expectations, &set->previous_rows);
		if (set->previous >= 0)
			continue;
		*reason = psprintf("The rows %s build on %s, which are not there.", shown(&set->rows),
						   shown(&set->previous_rows));
		return false;
	}
	return true;
}

/* Computes the depth of a set: goes up to one whose depth is known, and back down. */
static bool
find_depth(MhExpectations *expectations, int start, int *stack)
{
	int n = 0;
	int depth;

	MH_CHECK_INTERRUPTS();
	for (int i = start; i >= 0 && expectations->sets[i].depth < 0;
		 i = expectations->sets[i].previous)
	{
		if (n == expectations->n)
			return false;
		stack[n++] = i;
	}
	if (n == 0)
		return true;
	depth = expectations->sets[stack[n - 1]].previous;
	depth = depth < 0 ? 0 : expectations->sets[depth].depth + 1;
	while (n > 0)
		expectations->sets[stack[--n]].depth = depth++;
	return true;
}

static bool
find_depths(MhExpectations *expectations, char **reason)
{
	int *stack = palloc(Max(expectations->n, 1) * sizeof(int));

	for (int i = 0; i < expectations->n; i++)
		expectations->sets[i].depth = -1;
	for (int i = 0; i < expectations->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		if (find_depth(expectations, i, stack))
			continue;
		*reason = psprintf("The rows %s build on themselves.", shown(&expectations->sets[i].rows));
		return false;
	}
	pfree(stack);
	return true;
}

static int
compare_sets(const void *left, const void *right)
{
	const MhExpectedSet *a = left;
	const MhExpectedSet *b = right;

	return a->depth != b->depth ? a->depth - b->depth : mh_rows_compare(&a->rows, &b->rows);
}

static int
compare_deltas(const void *left, const void *right)
{
	return ((const MhDelta *) left)->object - ((const MhDelta *) right)->object;
}

static int
compare_steps(const void *left, const void *right, void *sets)
{
	int a = *(const int *) left;
	int b = *(const int *) right;
	int order = strcmp(((const MhExpectedSet *) sets)[a].revision,
					   ((const MhExpectedSet *) sets)[b].revision);

	return order != 0 ? order : a - b;
}

static void
index_steps(MhExpectations *expectations)
{
	MhNodes steps = {0, NULL};

	for (int i = 0; i < expectations->n; i++)
		if (expectations->sets[i].revision != NULL && expectations->sets[i].previous >= 0)
			mh_nodes_add(&steps, i);
	if (steps.n > 1)
		qsort_arg(steps.v, steps.n, sizeof(int), compare_steps, expectations->sets);
	expectations->steps = steps;
}

bool
mh_expectations_link(MhExpectations *expectations, char **reason)
{
	*reason = NULL;
	index_rows(expectations);
	if (!find_previous(expectations, reason) || !find_depths(expectations, reason))
		return false;
	if (expectations->n > 1)
		qsort(expectations->sets, expectations->n, sizeof(MhExpectedSet), compare_sets);
	for (int i = 0; i < expectations->n; i++)
		if (expectations->sets[i].n > 1)
			qsort(expectations->sets[i].deltas, expectations->sets[i].n, sizeof(MhDelta),
				  compare_deltas);
	/* the order has changed */
	index_rows(expectations);
	if (!find_previous(expectations, reason))
		return false;
	index_steps(expectations);
	return true;
}

MhNodes
mh_expected_path(const MhExpectations *expectations, int set)
{
	int n = expectations->sets[set].depth + 1;
	MhNodes path = mh_nodes_with_room(n);

	path.n = n;
	for (int i = n - 1; i >= 0; i--)
	{
		path.v[i] = set;
		set = expectations->sets[set].previous;
	}
	return path;
}

int *
mh_expected_forms(const MhExpectations *expectations, int set)
{
	int *forms = palloc(Max(expectations->n_objects, 1) * sizeof(int));
	MhNodes path = mh_expected_path(expectations, set);

	for (int i = 0; i < expectations->n_objects; i++)
		forms[i] = MH_NO_FORM;
	for (int i = 0; i < path.n; i++)
	{
		const MhExpectedSet *step = &expectations->sets[path.v[i]];

		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < step->n; j++)
		{
			if (forms[step->deltas[j].object] != step->deltas[j].before)
				return NULL;
			forms[step->deltas[j].object] = step->deltas[j].after;
		}
	}
	return forms;
}

MhNodes
mh_steps_of(const MhExpectations *expectations, const char *revision)
{
	MhNodes found = {0, NULL};
	int low = 0;
	int high = expectations->steps.n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(expectations->sets[expectations->steps.v[middle]].revision, revision) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < expectations->steps.n; low++)
	{
		int set = expectations->steps.v[low];

		if (strcmp(expectations->sets[set].revision, revision) != 0)
			break;
		mh_nodes_add(&found, set);
	}
	return found;
}

static int
compare_with_object(const MhDefinition *definition, const MhObject *object)
{
	int order = strcmp(definition->type, object->type);

	return order != 0 ? order : strcmp(definition->name, object->name);
}

void
mh_expected_take(MhExpectations *expectations, const int *forms, const MhDefinitions *live)
{
	int at = 0;

	for (int i = 0; i < expectations->n_objects && at < live->n; i++)
	{
		const MhObject *object = &expectations->objects[i];
		int order = -1;

		while (at < live->n && (order = compare_with_object(&live->v[at], object)) < 0)
			at++;
		if (order == 0 && forms[i] != MH_NO_FORM &&
			expectations->forms[forms[i]].definition == NULL &&
			strcmp(expectations->forms[forms[i]].checksum, live->v[at].checksum) == 0)
		{
			expectations->forms[forms[i]].definition = &live->v[at];
			expectations->forms[forms[i]].structure = live->v[at].structure;
		}
	}
}

MhDefinitions *
mh_expected_definitions(const MhExpectations *expectations, const int *forms)
{
	MhDefinitions *set = palloc0(sizeof(MhDefinitions));

	for (int i = 0; i < expectations->n_objects; i++)
		set->allocated += forms[i] != MH_NO_FORM;
	set->v = palloc(Max(set->allocated, 1) * sizeof(MhDefinition));
	for (int i = 0; i < expectations->n_objects; i++)
		if (forms[i] != MH_NO_FORM)
			set->v[set->n++] = *expectations->forms[forms[i]].definition;
	return set;
}

/* ---------- since when ---------- */

static const MhDelta *
delta_of(const MhExpectedSet *set, int object)
{
	MhDelta key = {object, 0, 0};

	if (set->n == 0)
		return NULL;
	return bsearch(&key, set->deltas, set->n, sizeof(MhDelta), compare_deltas);
}

static bool
is_same_value(const MhForm *before, const MhForm *after, const char *attribute)
{
	const char *old;
	const char *new;

	if (before->definition == NULL || after->definition == NULL)
		return false;
	old = mh_attribute(before->definition, attribute);
	new = mh_attribute(after->definition, attribute);
	return old == NULL || new == NULL ? old == new : strcmp(old, new) == 0;
}

const char *
mh_introduced_by(const MhExpectations *expectations, const MhComposed *composed, const char *type,
				 const char *name, const char *attribute)
{
	int object = mh_object_find(expectations, type, name);

	for (int i = composed->path.n - 1; i >= 0 && object >= 0; i--)
	{
		const MhExpectedSet *set = &expectations->sets[composed->path.v[i]];
		const MhDelta *delta = delta_of(set, object);

		if (delta == NULL)
			continue;
		if (delta->before == MH_NO_FORM || delta->after == MH_NO_FORM)
			return set->revision;
		if (attribute != NULL && !is_same_value(&expectations->forms[delta->before],
												&expectations->forms[delta->after], attribute))
			return set->revision;
	}
	return NULL;
}
