/*-------------------------------------------------------------------------
 *
 * scripts.h
 *	  Access to mighead.project, mighead.release and mighead.revision.
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
	char *version_table_schema; /* NULL: every schema that has one */
	char *environment;          /* NULL: not labelled */
	char *environment_database; /* NULL: not labelled */
	bool is_protected;
	MhStrings manages_words; /* what its migrations answer for beyond the structure */
	int manages;             /* the same as MhManages */
	bool is_stored;          /* false: the implicit "default" */
	int64 release;           /* current release; 0: nothing loaded */
	char *release_label;     /* NULL: none given */
	TimestampTz loaded_at;   /* of the current release */
} MhProject;

/* What is stored of a revision beside what its script says. */
typedef struct MhRevisionFacts
{
	int load_order;
	bool has_create_date;
	Timestamp create_date; /* MhScript.create_date is NULL when read from here */
	char *checksum;        /* NULL: registered by hand */
	char *first_checksum;  /* NULL: registered by hand */
	char *body_checksum;   /* NULL: registered by hand */
	char *code_checksum;   /* NULL: registered by hand, or loaded by 0.1.0 */
	bool by_hand;

	/* what was loaded first, where it was another; NULL: the same */
	char *first_code_checksum;
	const MhStrings *first_down_revision;
	const MhStrings *first_depends_on;
	const MhStrings *first_branch_labels;
	char *first_message;

	int64 first_release; /* 0: registered by hand, waits for a load */
	int64 last_release;  /* 0: the current one */
} MhRevisionFacts;

/*
 * The scripts of a project.  Current ones come first, in load order, and are
 * the graph's nodes by index; then the retired ones, then those that wait for
 * a load.  Strings are in UTF-8.
 */
typedef struct MhScripts
{
	MhProject *project;
	int n;       /* current */
	int retired; /* retired: scripts[n] ... scripts[n + retired - 1] */
	int waiting; /* the rest */
	const MhScript *scripts;
	const MhRevisionFacts *facts;
	const MhGraph *graph;   /* of the current ones; never NULL but from mh_scripts_read_rows */
	const MhError *refusal; /* what is damaged in the stored rows; NULL: nothing */
	struct MhExpectations *expectations; /* NULL until mh_compare_schema reads them */
} MhScripts;

/*
 * All projects, ordered by name; the implicit "default" is among them unless it is
 * stored.  As the caller; AccessShareLock on the two tables.
 */
extern List *mh_projects_read(void); /* of MhProject * */

/*
 * The project that a project argument (may be NULL) and the one of a version
 * table (may be NULL) name: the argument, else the version table's, else the
 * only project with scripts, else "default".  42704 for an argument that names
 * no project (except "default").
 */
extern MhProject *mh_project_choose(List *projects, const char *argument, const char *of_table);

/* The project that a version table belongs to, or NULL. */
extern MhProject *mh_project_of_table(List *projects, const char *schema, const char *name);

/*
 * The scripts of a project, with their graph.  As the caller; AccessShareLock.
 * A stored graph that is refused (rows written past the loading functions)
 * raises MH21x.
 */
extern MhScripts *mh_scripts_read(MhProject *project);

/*
 * The same for whoever reports on several projects: what is refused is no error but their
 * refusal, and then there are no scripts.
 */
extern MhScripts *mh_scripts_read_any(MhProject *project);

/*
 * The same without the graph (which is NULL), so that nothing stored is refused: a NULL element of
 * an array is an empty string, which no script has, and the refusal says so.
 */
extern MhScripts *mh_scripts_read_rows(MhProject *project);

/*
 * For the trigger of a watched version table, without queries, and whoever asks: the
 * project of a version table, as mh_project_choose has it where it is none's, and those of its current
 * scripts that have one of these ids, in any order (ids and references only).
 */
extern MhProject *mh_project_find_of_table(const char *schema, const char *name);
extern MhScript *mh_scripts_find_some(const MhProject *project, const MhStrings *revisions, int *n);

/* Have our tables what a script was at first?  Those of 0.1.0 have not. */
extern bool mh_knows_first_scripts(void);

/* Has a table of ours this column?  One that an older script made lacks those of later ones. */
extern bool mh_has_column(const char *table, const char *column);

/* The release's label, or its number as text where it has none. */
extern char *mh_release_name(const char *project, int64 release);

/*
 * write.c: writing mighead.project, mighead.release and mighead.revision.
 *
 * Everything between mh_store_open and mh_store_close runs as the owner of the
 * tables, with search_path pinned, and under a lock on the project's row: whoever
 * else loads the project waits, and then sees what was stored.  Readers are not
 * held up.
 */

/* One row of mighead.release. */
typedef struct MhRelease
{
	int64 release;
	const char *label; /* NULL: none given */
	MhStrings heads;
	TimestampTz loaded_at; /* 0 when written: now */
	const char *loaded_by; /* NULL when written: who is logged in */
	const char *source;
} MhRelease;

/* A project that is being written. */
typedef struct MhStore
{
	MhIdentity identity;
	bool is_new; /* the project was not stored before */
	MhProject *project;
	MhScripts *before; /* its rows under the lock; graph is NULL */
} MhStore;

/*
 * Makes the project's row if there is none, locks it (FOR NO KEY UPDATE, to the end
 * of the transaction) and reads what is stored.  22023 for an empty name, 25006 in a
 * read-only transaction, 40001 where the snapshot of a serializable transaction is too
 * old to see what another load stored.
 */
extern MhStore *mh_store_open(const char *project);

/* Gives back the caller's identity; the lock stays. */
extern void mh_store_close(MhStore *store);

extern void mh_store_project(MhStore *store, const char *version_table_name,
							 const char *version_table_schema, const MhStrings *manages);

/* label NULL: none; the database is remembered with a label. */
extern void mh_store_environment(MhStore *store, const char *label, bool is_protected);

/* Adds a release. */
extern void mh_store_release(MhStore *store, const MhRelease *release);

/* Changes the heads of a release. */
extern void mh_store_heads(MhStore *store, int64 release, const MhStrings *heads);

/*
 * Inserts these revisions, or replaces those that are there.  Strings are in UTF-8;
 * what the database's encoding has no character for raises 22P05.
 */
extern void mh_store_revisions(MhStore *store, const MhScript *const *scripts,
							   const MhRevisionFacts *const *facts, int n);

extern void mh_store_delete(MhStore *store, const char *revision);

/* The project with everything that is stored for it; definitions are swept apart. */
extern void mh_store_remove(MhStore *store);

/* The releases of a project, oldest first.  As the caller; AccessShareLock. */
extern List *mh_releases_read(const char *project); /* of MhRelease * */

/*
 * merge.c: what becomes of the stored revisions when scripts are loaded: which are current, new, changed, retired.  Works on structures only.
 */

/*
 * The scripts that a load found, in load order.  Where refusals[i].sqlstate is set, a
 * script could not be read, and only a registration by hand can stand for it; its
 * revision may be known (else NULL) or not.
 */
typedef struct MhIncoming
{
	int n;
	int room;
	MhScript *scripts;
	MhRevisionFacts *facts; /* load_order and releases are not set */
	MhError *refusals;
	MhStrings warnings;
} MhIncoming;

/* A revision of the project as it is to be stored. */
typedef struct MhMergedRow
{
	MhScript script;
	MhRevisionFacts facts;
	int before;          /* index in the stored scripts, or -1 */
	const char *missing; /* what it refers to and is left out for, or NULL */
	bool is_held;        /* by hand, and in no file */
	bool written;        /* differs from what is stored */
} MhMergedRow;

typedef struct MhMerge
{
	bool is_load; /* rather than a change of one revision */
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
 * Merges a load, which makes release number release, into what is stored.
 *
 * A registration by hand wins over a script of the same revision.  It stands for a
 * script that could not be read if that is for the same revision, or, where not even the
 * revision could be read, if its id is a word of the file's name; without a script it comes
 * last in load order, but is left out as long as something that it refers to is absent.
 * So do those of waiting (may be NULL), unless they are stored already.
 *
 * Raises what a script was refused for where nothing stands for it, and MH21x for a
 * graph that is refused.
 */
extern MhMerge *mh_merge_load(const MhScripts *before, const MhIncoming *incoming,
							  const MhIncoming *waiting, int64 release);

/*
 * Merges one revision, registered by hand, into the current release.  Where it refers to
 * what is absent it is not current, and *missing is that (else NULL); a revision that is
 * current already cannot be left out.  Raises MH21x.
 */
extern MhMerge *mh_merge_by_hand(const MhScripts *before, const MhScript *script, int64 release,
								 const char **missing);

/* Leaves out a registration by hand that has no script.  Raises MH21x. */
extern MhMerge *mh_merge_without(const MhScripts *before, const char *revision, int64 release);

/* Index of a stored revision, or -1. */
extern int mh_scripts_find(const MhScripts *scripts, const char *revision);

/*
 * write.c: deletes revisions that were retired before a moment and are not among those in use, and
 * releases that are as old, not the current one, and neither first nor last of a revision that
 * stays.  Under mh_store_open.  Each returns how many.
 */
extern int64 mh_revisions_prune(const char *project, TimestampTz before, const MhStrings *in_use);
extern int64 mh_releases_prune(const char *project, TimestampTz before);

#endif /* MIGHEAD_SERVER_SCRIPTS_SCRIPTS_H */
