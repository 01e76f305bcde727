/*-------------------------------------------------------------------------
 *
 * cache.c
 *	  Caches the graphs that the session read last.
 *
 * Building the structures of 10,000 rows takes twenty times as long as checking that they have not
 * changed.  No load, rollback, restore or manual statement has to invalidate this cache, because
 * the versions of the visible rows are checked each time.  Its invariants: doc/internals/caches.md.
 *
 *-------------------------------------------------------------------------
 */
#include "server/scripts/cache.h"

#include "access/table.h"
#include "server/base/own_table.h"
#include "server/base/row_version.h"
#include "server/base/table_versions.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* What the rows of a project are told by. */
typedef struct Versions
{
	uint64 file;
	bool is_of_project; /* those of one project; false: all */
	MhTableVersions rows;
} Versions;

/* A cached result, which callers' memory contexts hold. */
typedef struct CachedScripts
{
	MemoryContext context; /* context of everything cached here */
	Versions versions;
	MhScripts *scripts;
	int users;
	bool is_stored; /* it can still be found */
} CachedScripts;

/*
 * Number of cached projects.  Most sessions use one, and several if one server has several
 * services.
 */
#define MAX_CACHED 4

/* Small, because the session also retains allocated but unused memory. */
#define MAX_BLOCK_SIZE (256 * 1024)

/* The most recently used one is first. */
static CachedScripts *slots[MAX_CACHED];

static MhSeenTable *seen_revisions;

static MhTableVersions
versions_of_project(Relation table, const MhProject *project)
{
	MhTableVersions versions = {0, 0};
	SysScanDesc scan = mh_own_scan_begin(table, "project", project->name);
	HeapTuple tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		versions.n++;
		versions.sum += mh_row_version(tuple);
	}
	systable_endscan(scan);
	return versions;
}

/*
 * Among few projects the rows of all are looked at in order, which is quicker than their index.
 * Among many that would be done for each of them.
 */
static Versions
find_versions(Relation table, const MhProject *project)
{
	Versions versions = {mh_file_version(table), project->siblings > MAX_CACHED, {0, 0}};

	versions.rows = versions.is_of_project ? versions_of_project(table, project)
										   : mh_table_versions(table, &seen_revisions);
	return versions;
}

static bool
is_of(const CachedScripts *cached, const MhProject *project)
{
	return strcmp(cached->scripts->project->name, project->name) == 0;
}

static bool
is_same(const Versions *left, const Versions *right)
{
	return left->file == right->file && left->is_of_project == right->is_of_project &&
		   left->rows.n == right->rows.n && left->rows.sum == right->rows.sum;
}

static void
forget_if_unused(CachedScripts *cached)
{
	if (!cached->is_stored && cached->users == 0)
		MemoryContextDelete(cached->context);
}

static void
release(void *arg)
{
	CachedScripts *cached = arg;

	cached->users--;
	forget_if_unused(cached);
}

/* Holds the result as long as the current memory context lives. */
static void
hold(CachedScripts *cached)
{
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	callback->func = release;
	callback->arg = cached;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	cached->users++;
}

/*
 * Returns the project's slot, or else an empty one, or else that of the least recently used
 * project.
 */
static int
find_place(const MhProject *project)
{
	int place = 0;

	while (place < MAX_CACHED - 1 && slots[place] != NULL && !is_of(slots[place], project))
		place++;
	return place;
}

static void
move_to_front(CachedScripts *cached, int place)
{
	for (; place > 0; place--)
		slots[place] = slots[place - 1];
	slots[0] = cached;
}

static void
store(CachedScripts *cached)
{
	int place = find_place(cached->scripts->project);
	CachedScripts *before = slots[place];

	MemoryContextSetParent(cached->context, CacheMemoryContext);
	cached->is_stored = true;
	move_to_front(cached, place);
	if (before != NULL)
	{
		before->is_stored = false;
		forget_if_unused(before);
	}
}

/*
 * Reads a project.  Its context belongs to the caller's until it is complete, so that an error
 * frees it.
 */
static CachedScripts *
read_all(MhProject *project, const Versions *versions, MhScriptsReader read)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mighead graph", ALLOCSET_DEFAULT_MINSIZE,
							  ALLOCSET_DEFAULT_INITSIZE, MAX_BLOCK_SIZE);
	MemoryContext caller = MemoryContextSwitchTo(context);
	CachedScripts *cached = palloc0(sizeof(CachedScripts));
	MhProject *name_only = palloc0(sizeof(MhProject));

	name_only->name = pstrdup(project->name);
	cached->context = context;
	cached->versions = *versions;
	cached->scripts = read(name_only);
	MemoryContextSwitchTo(caller);
	return cached;
}

static CachedScripts *
find_or_read(MhProject *project, const Versions *versions, MhScriptsReader read)
{
	int place = find_place(project);
	CachedScripts *cached = slots[place];

	if (cached != NULL && is_of(cached, project) && is_same(&cached->versions, versions))
		move_to_front(cached, place);
	else
	{
		cached = read_all(project, versions, read);
		store(cached);
	}
	return cached;
}

MhScripts *
mh_scripts_cached(MhProject *project, MhScriptsReader read)
{
	Relation table = mh_own_table_open("revision");
	CachedScripts *cached;
	MhScripts *scripts;
	Versions versions;

	if (table == NULL)
		return read(project);
	versions = find_versions(table, project);
	table_close(table, NoLock);
	cached = find_or_read(project, &versions, read);
	hold(cached);
	scripts = palloc(sizeof(MhScripts));
	*scripts = *cached->scripts;
	scripts->project = project;
	return scripts;
}
