/*-------------------------------------------------------------------------
 *
 * scripts.h
 *	  Reads and writes mighead.project, mighead.release and mighead.revision, and merges
 *	  loads.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_SCRIPTS_SCRIPTS_H
#define MIGHEAD_SERVER_SCRIPTS_SCRIPTS_H

#include "mighead.h"
#include "core/graph/graph.h"

#include "utils/timestamp.h"

#define MH_DEFAULT_PROJECT "default"
#define MH_DEFAULT_VERSION_TABLE "alembic_version"

typedef struct MhProject
{
	char *name;
	char *version_table_name;
	char *version_table_schema; /* NULL: any schema */
	char *environment;          /* NULL: not labelled */
	char *environment_database; /* NULL: not labelled */
	bool is_protected;
	MhStrings manages_words; /* areas that its migrations manage beyond the structure */
	int manages;             /* the same as MhManages */
	bool is_stored;          /* false: the implicit "default" */
	int64 release;           /* current release; 0: nothing loaded */
	char *release_label;     /* NULL: none given */
	TimestampTz loaded_at;   /* of the current release */
	int siblings;            /* number of stored projects, if they were all read */
} MhProject;

/* What is stored of a revision in addition to its script. */
typedef struct MhRevisionFacts
{
	int load_order;
	bool has_create_date;
	Timestamp create_date; /* MhScript.create_date is NULL when read from here */
	char *checksum;        /* NULL: registered manually */
	char *first_checksum;  /* NULL: registered manually */
	char *body_checksum;   /* NULL: registered manually */
	char *code_checksum;   /* NULL: registered manually, or loaded by 0.1.0 */
	bool by_hand;

	/* the first loaded version, if it was different; NULL: the same */
	char *first_code_checksum;
	const MhStrings *first_down_revision;
	const MhStrings *first_depends_on;
	const MhStrings *first_branch_labels;
	char *first_message;

	int64 first_release; /* 0: registered manually, waits for a load */
	int64 last_release;  /* 0: the current one */
} MhRevisionFacts;

/*
 * The scripts of a project.  Current ones come first, in load order, and have the same indexes as
 * the graph's nodes.  Then come the retired ones, then those that wait for a load.  Strings are in
 * UTF-8.
 */
typedef struct MhScripts
{
	MhProject *project;
	int n;       /* current */
	int retired; /* retired: scripts[n] ... scripts[n + retired - 1] */
	int waiting; /* the rest */
	const MhScript *scripts;
	const MhRevisionFacts *facts;
	const MhGraph *graph;   /* of the current ones; NULL only from mh_scripts_read_rows */
	const MhError *refusal; /* why the stored rows cannot be used; NULL: they can */
	struct MhExpectations *expectations; /* NULL until mh_compare_schema reads them */
} MhScripts;

/*
 * Returns all projects, ordered by name.  The implicit "default" is among them if it is not stored.
 * Reads as the caller; AccessShareLock on the two tables.
 */
extern List *mh_projects_read(void); /* of MhProject * */

/* As mh_projects_read, but without their releases, as if nothing was loaded. */
extern List *mh_projects_list(void); /* of MhProject * */

/*
 * Chooses a project: the one that the argument names, or else of_table (the project of a version
 * table), or else the only project with scripts, or else "default".  argument and of_table may be
 * NULL.  Raises 42704 if argument names no project (except "default").
 */
extern MhProject *mh_project_choose(List *projects, const char *argument, const char *of_table);

/* Returns the project to which a version table belongs, or NULL. */
extern MhProject *mh_project_of_table(List *projects, const char *schema, const char *name);

/*
 * Returns the scripts of a project with their graph.  Reads as the caller; AccessShareLock.  Raises
 * MH21x if the stored graph is refused (rows written without mighead's functions).
 */
extern MhScripts *mh_scripts_read(MhProject *project);

/*
 * As mh_scripts_read, for functions that report on several projects: if the graph is refused there
 * is no error, but refusal is set and there are no scripts.
 */
extern MhScripts *mh_scripts_read_any(MhProject *project);

/*
 * As mh_scripts_read, but without the graph (it is NULL), so that nothing stored is refused.  A
 * NULL element of an array is read as an empty string, which no script has, and refusal says so.
 */
extern MhScripts *mh_scripts_read_rows(MhProject *project);

/*
 * Two functions for the trigger of a watched version table.  They run no queries and check no
 * privileges; AccessShareLock.
 *
 * mh_project_find_of_table returns the project of a version table, or else the one that
 * mh_project_choose chooses without arguments.  mh_scripts_find_some returns those of the project's
 * current scripts that have one of these ids, in any order, with ids and references only.
 */
extern MhProject *mh_project_find_of_table(const char *schema, const char *name);
extern MhScript *mh_scripts_find_some(const MhProject *project, const MhStrings *revisions, int *n);

/*
 * Returns whether mighead's tables have columns for the first version of a script.  Those of 0.1.0
 * do not.
 */
extern bool mh_knows_first_scripts(void);

/*
 * Returns whether a table of mighead has this column.  Tables that an older install script made
 * lack newer columns.
 */
extern bool mh_has_column(const char *table, const char *column);

/* Returns the release's label, or its number as text if it has none. */
extern char *mh_release_name(const char *project, int64 release);

/*
 * write.c: writes mighead.project, mighead.release and mighead.revision.
 *
 * Everything between mh_store_open and mh_store_close runs as the owner of the tables, with
 * search_path pinned and with a lock on the project's row.  Another load of the project waits, and
 * then sees what was stored.  Readers do not wait.
 */

/* One row of mighead.release. */
typedef struct MhRelease
{
	int64 release;
	const char *label; /* NULL: none given */
	MhStrings heads;
	TimestampTz loaded_at; /* when written, 0 stores the current time */
	const char *loaded_by; /* when written, NULL stores the session user */
	const char *source;
} MhRelease;

/* A project that is being written. */
typedef struct MhStore
{
	MhIdentity identity;
	bool is_new; /* the project was not stored before */
	MhProject *project;
	MhScripts *before; /* its rows, read under the lock; graph is NULL */
} MhStore;

/*
 * Creates the project's row if there is none, locks it (FOR NO KEY UPDATE, until the end of the
 * transaction) and reads what is stored.  Raises 22023 for an empty name, 25006 in a read-only
 * transaction, and 40001 if the snapshot of a serializable transaction is too old to see what
 * another load stored.
 */
extern MhStore *mh_store_open(const char *project);

/* Restores the caller's identity.  The lock stays. */
extern void mh_store_close(MhStore *store);

extern void mh_store_project(MhStore *store, const char *version_table_name,
							 const char *version_table_schema, const MhStrings *manages);

/*
 * Stores the environment.  label NULL: none.  With a label the name of the database is stored too.
 */
extern void mh_store_environment(MhStore *store, const char *label, bool is_protected);

extern void mh_store_release(MhStore *store, const MhRelease *release);

/* Changes the heads of a release. */
extern void mh_store_heads(MhStore *store, int64 release, const MhStrings *heads);

/*
 * Inserts these revisions, or replaces them.  Strings are in UTF-8.  Raises 22P05 for a character
 * that the database's encoding does not have.
 */
extern void mh_store_revisions(MhStore *store, const MhScript *const *scripts,
							   const MhRevisionFacts *const *facts, int n);

extern void mh_store_delete(MhStore *store, const char *revision);

/*
 * Deletes the project and everything that is stored for it, except definitions: see
 * mh_definitions_sweep.
 */
extern void mh_store_remove(MhStore *store);

/* Returns the releases of a project, oldest first.  Reads as the caller; AccessShareLock. */
extern List *mh_releases_read(const char *project); /* of MhRelease * */

/*
 * merge.c: computes which stored revisions a load makes current, new, changed or retired.  Works on
 * structures only.
 */

/*
 * The scripts that a load found, in load order.  If refusals[i].sqlstate is set, script i could not
 * be read, and only a manual registration can replace it.  Its revision is NULL if it is not known.
 */
typedef struct MhIncoming
{
	int n;
	int room;
	MhScript *scripts;
	MhRevisionFacts *facts; /* load_order and releases are not set */
	MhError *refusals;
	MhStrings warnings;
	struct pg_cryptohash_ctx *hash; /* while sources are read */
} MhIncoming;

/* A revision of the project as it will be stored. */
typedef struct MhMergedRow
{
	MhScript script;
	MhRevisionFacts facts;
	int before;          /* index in the stored scripts, or -1 */
	const char *missing; /* the absent revision because of which it is left out, or NULL */
	bool is_held;        /* registered manually, and in no file */
	bool written;        /* differs from the stored row */
} MhMergedRow;

typedef struct MhMerge
{
	bool is_load; /* a load, not a change of one revision */
	int n;
	int room;
	MhMergedRow *rows; /* current ones first, in load order */
	int current;
	int added;
	int changed;
	int retired;
	MhScript *scripts; /* of the current ones */
	MhGraph *graph;
	MhStrings warnings;
} MhMerge;

extern void mh_incoming_add(MhIncoming *incoming, const MhScript *script,
							const MhRevisionFacts *facts, const MhError *refusal);

/*
 * Merges a load, which creates this release, into what is stored.
 *
 * A manual registration has precedence over a script with the same revision.  It also replaces a
 * script that could not be read, if that has the same revision or, if its revision is not known, if
 * the id is a word of the file's name.  A manual registration without a script comes last in load
 * order.  It is left out while a revision to which it refers is absent.  The registrations in
 * waiting (may be NULL) are merged in the same way, unless they are stored already.
 *
 * Raises the refusal of a script that no registration replaces, and MH21x if the graph is refused.
 */
extern MhMerge *mh_merge_load(const MhScripts *before, const MhIncoming *incoming,
							  const MhIncoming *waiting, int64 release);

/*
 * Merges one manually registered revision into the current release.  If it refers to an absent
 * revision it does not become current, and *missing is that revision (otherwise NULL).  A revision
 * that is current already cannot be left out.  Raises MH21x.
 */
extern MhMerge *mh_merge_by_hand(const MhScripts *before, const MhScript *script, int64 release,
								 const char **missing);

/* Removes a manual registration that has no script.  Raises MH21x. */
extern MhMerge *mh_merge_without(const MhScripts *before, const char *revision, int64 release);

/* Returns the index of a stored revision, or -1. */
extern int mh_scripts_find(const MhScripts *scripts, const char *revision);

/*
 * write.c: delete old revisions and releases.  mh_revisions_prune deletes revisions that were
 * retired before this time and are not in in_use.  mh_releases_prune deletes releases loaded before
 * it, except the current one and the first and last release of a remaining revision.  Call them
 * under mh_store_open.  Each returns the number deleted.
 */
extern int64 mh_revisions_prune(const char *project, TimestampTz before, const MhStrings *in_use);
extern int64 mh_releases_prune(const char *project, TimestampTz before);

#endif /* MIGHEAD_SERVER_SCRIPTS_SCRIPTS_H */
