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
	bool is_stored;        /* false: the implicit "default" */
	int64 release;         /* current release; 0: nothing loaded */
	char *release_label;   /* NULL: none given */
	TimestampTz loaded_at; /* of the current release */
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
	bool by_hand;
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
	const MhGraph *graph; /* of the current ones; never NULL but from mh_scripts_read_rows */
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

/* The same without the graph (which is NULL), so that nothing stored is refused. */
extern MhScripts *mh_scripts_read_rows(MhProject *project);

/*
 * For the trigger of a watched version table, without queries, and whoever asks: the
 * project of a version table, as mh_project_choose has it where it is none's, and those of its current
 * scripts that have one of these ids, in any order (ids and references only).
 */
extern MhProject *mh_project_find_of_table(const char *schema, const char *name);
extern MhScript *mh_scripts_find_some(const MhProject *project, const MhStrings *revisions, int *n);

/* The release's label, or its number as text where it has none. */
extern char *mh_release_name(const char *project, int64 release);

#endif /* MIGHEAD_SERVER_SCRIPTS_SCRIPTS_H */
