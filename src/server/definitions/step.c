/*-------------------------------------------------------------------------
 *
 * step.c
 *	  Reads the schema after each step of an upgrade: only what the step changed.
 *
 * The invariants: doc/internals/caches.md.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/definitions_private.h"

#include "commands/extension.h"
#include "miscadmin.h"
#include "server/definitions/catalog_changes.h"
#include "server/definitions/stored.h"
#include "utils/memutils.h"

/* What the steps of this session have left. */
typedef struct Left
{
	MemoryContext context; /* of all of this */
	char *scope;
	Oid user;
	MemoryContext set_context;
	MhDefinitions set;   /* in order */
	MhCatalogRows *rows; /* what was seen before the set was read; NULL: this is the first step */
	int n_replaced;      /* definitions in the set's context that are not in the set */
} Left;

static Left *left_behind = NULL;

/* ---------- when ---------- */

/* These extensions tell more than the catalogs do, or something that they do not tell. */
static bool
is_told_by_catalogs(const MhScope *scope)
{
	return scope->relations == NIL && scope->source == NULL && !scope->stores &&
		   scope->forms == NULL && !mh_has_citus() &&
		   !OidIsValid(get_extension_oid(MH_REPACK, true)) &&
		   !OidIsValid(get_extension_oid("timescaledb", true));
}

/* What was not compared stays so; what was busy, or failed, has to be told again. */
static bool
is_complete(const MhDefinitions *set)
{
	for (int i = 0; i < set->n_unread; i++)
		if (strcmp(set->unread[i].kind, MH_DRIFT_UNMODELLED) != 0)
			return false;
	return !set->is_busy;
}

/* ---------- what is left ---------- */

/* Until all of it is right again it belongs to the caller, and goes away where that fails. */
static Left *
take(const char *scope)
{
	Left *left = left_behind;

	left_behind = NULL;
	if (left == NULL)
		return NULL;
	MemoryContextSetParent(left->context, CurrentMemoryContext);
	if (strcmp(left->scope, scope) == 0 && left->user == GetUserId())
		return left;
	MemoryContextDelete(left->context);
	return NULL;
}

static void
leave(Left *left)
{
	MemoryContextSetParent(left->context, CacheMemoryContext);
	left_behind = left;
}

static Left *
start_over(const char *scope)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mighead steps", ALLOCSET_SMALL_SIZES);
	Left *left = MemoryContextAllocZero(context, sizeof(Left));

	left->context = context;
	left->scope = MemoryContextStrdup(context, scope);
	left->user = GetUserId();
	return left;
}

static void
forget_rows(Left *left)
{
	if (left->rows != NULL)
		MemoryContextDelete(mh_catalog_rows_context(left->rows));
	left->rows = NULL;
}

static void
copy_set(Left *left, const MhDefinitions *set)
{
	MemoryContext before = left->set_context;
	MemoryContext caller;
	MhDefinitions copy = {.deparser = set->deparser};

	left->set_context =
		AllocSetContextCreate(left->context, "mighead definitions", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(left->set_context);
	for (int i = 0; i < set->n; i++)
		mh_definition_copy(&copy, &set->v[i]);
	MemoryContextSwitchTo(caller);
	left->set = copy;
	left->n_replaced = 0;
	if (before != NULL)
		MemoryContextDelete(before);
}

/* The caller may leave out some of it, but does not change any. */
static MhDefinitions *
lend_set(const Left *left)
{
	MhDefinitions *set = palloc0(sizeof(MhDefinitions));
	Size size = (Size) Max(left->set.n, 1) * sizeof(MhDefinition);

	*set = left->set;
	set->v = palloc_extended(size, MCXT_ALLOC_HUGE);
	memcpy(set->v, left->set.v, left->set.n * sizeof(MhDefinition));
	set->allocated = Max(left->set.n, 1);
	return set;
}

/* ---------- putting together ---------- */

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *) left, *(char *const *) right);
}

/* Relations that were read: what else was theirs is gone. */
static MhStrings
names_read(const MhDefinitions *read)
{
	MhStrings names = {0, NULL};

	for (int i = 0; i < read->n; i++)
		if (read->v[i].parent == NULL && strcmp(read->v[i].type, MH_TYPE_SEQUENCE) != 0)
			mh_strings_push(&names, read->v[i].name);
	if (names.n > 1)
		qsort(names.v, names.n, sizeof(char *), compare_names);
	return names;
}

static bool
is_gone(const MhStrings *names, const MhDefinition *definition)
{
	return definition->parent != NULL && names->n > 0 &&
		   bsearch(&definition->parent, names->v, names->n, sizeof(char *), compare_names) != NULL;
}

/* Both are in order. */
static void
put_together(Left *left, const MhDefinitions *read)
{
	MhStrings names = names_read(read);
	MemoryContext caller = MemoryContextSwitchTo(left->set_context);
	MhDefinitions copy = {0};
	MhDefinitions set = {.deparser = read->deparser, .allocated = left->set.n + read->n};
	int i = 0;
	int j = 0;

	for (int k = 0; k < read->n; k++)
		mh_definition_copy(&copy, &read->v[k]);
	set.v = palloc_extended((Size) Max(set.allocated, 1) * sizeof(MhDefinition), MCXT_ALLOC_HUGE);
	while (i < left->set.n || j < copy.n)
	{
		int order = i == left->set.n ? 1
					: j == copy.n    ? -1
									 : mh_definition_compare(&left->set.v[i], &copy.v[j]);

		if (order >= 0)
			set.v[set.n++] = copy.v[j++];
		else if (!is_gone(&names, &left->set.v[i]))
			set.v[set.n++] = left->set.v[i];
		i += order <= 0;
	}
	left->n_replaced += left->set.n + copy.n - set.n;
	if (left->set.v != NULL)
		pfree(left->set.v);
	left->set = set;
	MemoryContextSwitchTo(caller);
	if (left->n_replaced > left->set.n + 1000)
		copy_set(left, &set);
}

/* ---------- steps ---------- */

/* False: everything has to be read. */
static bool
read_changed(Left *left, const MhScope *scope, List *changes)
{
	MhScope narrow = *scope;
	const MhDefinitions *read;

	narrow.relations = NIL;
	if (!mh_catalog_changes_find(changes, mh_catalog_rows_unsettled(left->rows), &narrow.relations))
		return false;
	if (narrow.relations == NIL)
		return true;
	read = mh_definitions_read(&narrow);
	if (read->n_unread > 0 || read->is_busy)
		return false;
	put_together(left, read);
	ereport(DEBUG1, (errmsg_internal("mighead read %d relations that changed",
									 list_length(narrow.relations))));
	return true;
}

/* What is seen now is that which is read, or older: so that what comes between is told next time. */
static MhDefinitions *
read_all(Left *left, const MhScope *scope)
{
	MhDefinitions *set;
	MemoryContext caller = MemoryContextSwitchTo(left->context);

	if (left->rows == NULL)
	{
		left->rows = mh_catalog_rows_new();
		if (!mh_catalog_rows_look(left->rows, NULL))
			forget_rows(left);
	}
	MemoryContextSwitchTo(caller);
	set = mh_definitions_read(scope);
	if (left->rows != NULL && is_complete(set))
		copy_set(left, set);
	else
		forget_rows(left);
	leave(left);
	return set;
}

static bool
look_again(Left *left, List **changes)
{
	if (left->rows == NULL)
		return false;
	if (mh_catalog_rows_look(left->rows, changes))
		return true;
	forget_rows(left);
	return false;
}

MhDefinitions *
mh_definitions_read_step(const MhScope *scope)
{
	char *name;
	Left *left;
	List *changes = NIL;

	if (!is_told_by_catalogs(scope))
		return mh_definitions_read(scope);
	name = mh_stored_scope(scope, scope->with_global ? "all" : "own");
	left = take(name);
	if (left == NULL)
	{
		leave(start_over(name));
		return mh_definitions_read(scope);
	}
	if (!look_again(left, &changes) || !read_changed(left, scope, changes))
		return read_all(left, scope);
	leave(left);
	return lend_set(left);
}
