/*-------------------------------------------------------------------------
 *
 * expected.h
 *	  Access to mighead.definition, mighead.expected_set and mighead.expected.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_EXPECTED_EXPECTED_H
#define MIGHEAD_SERVER_EXPECTED_EXPECTED_H

#include "core/expectation/expectation.h"
#include "server/scripts/scripts.h"
#include "server/version_table/version_table.h"
#include "server/definitions/definitions.h"
#include "core/diagnosis/diagnosis.h"
#include "core/difference/difference.h"
#include "core/guard/guard.h"

/*
 * All that is stored for a project, without the definitions themselves.  As the caller;
 * AccessShareLock on the three tables.  XX001 where the rows do not fit together (written
 * past our functions).
 */
extern MhExpectations *mh_expectations_read(const char *project);

/*
 * The same for whoever reports: what does not fit together is their damage, and then there are no
 * sets.
 */
extern MhExpectations *mh_expectations_read_any(const char *project);

/*
 * Loads the definitions of these forms (NULL: of all) that are not loaded yet.  One whose text is
 * not that of its checksum is their damage.  As the caller.
 */
extern void mh_expectations_load(MhExpectations *expectations, const int *forms);

/* The same of all forms of these objects (bool[n_objects]). */
extern void mh_expectations_load_objects(MhExpectations *expectations, const bool *objects);

/*
 * What is stored for a set comes to its checksum, or that is their damage: rows of mighead.expected
 * may have been lost or added. definitions: those of the set (NULL: composed here, all are loaded).
 */
extern void mh_expected_check(MhExpectations *expectations, int set,
							  const MhDefinitions *definitions);

/*
 * The expectation at rows, in whatever order, implied ones or not, for mh_expectations_load.
 * False, with the reason, where there is none.
 */
extern bool mh_expected_at(MhExpectations *expectations, const MhGraph *graph,
						   const MhStrings *rows, MhComposed *composed);

/* The schemas that the captures of the project named, and MH_HOME: sorted. */
extern MhStrings mh_expected_schemas(const MhExpectations *expectations);

/* One set to be stored, of which mh_expected_write works out the difference. */
typedef struct MhNewSet
{
	MhStrings rows;       /* mh_rows_key */
	const char *revision; /* NULL: not the step of one */
	int previous;         /* index of a set in the expectations; -1: none */
	MhStrings schemas;    /* sorted; MH_HOME for the version schema */
	const MhDefinitions *definitions;
} MhNewSet;

/*
 * Writes a set.  Where there is one at these rows already it is replaced, but goes on to build on
 * what it built on, and those that build on it keep what they hold.  Returns the number of
 * definitions that were not stored before.  Under mh_store_open; expectations as read under it.
 */
extern int mh_expected_write(MhStore *store, const MhExpectations *expectations,
							 const MhNewSet *set);

/* The difference from one ordered list of definitions to another, told by checksums. */
typedef struct MhManifestEntry
{
	const char *type;
	const char *name;
	const char *checksum;
} MhManifestEntry;

typedef struct MhManifest
{
	int n;
	MhManifestEntry *v; /* by type and name */
} MhManifest;

/*
 * Lower pieces, for documents and for pruning.
 *
 * mh_expected_store_set writes the row of a set that tells a difference from before to
 * after; the set takes rows, previous_rows, revision, schemas and what the server is from set.
 */
extern MhManifest mh_manifest_of_forms(const MhExpectations *expectations, const int *forms);
extern void mh_expected_store_set(MhStore *store, const MhExpectedSet *set,
								  const MhManifest *before, const MhManifest *after);
extern void mh_expected_delete(MhStore *store, const MhStrings *rows);

/*
 * Takes expectations that were read from elsewhere, with all their definitions, in place of those at
 * the same rows; what is captured at other rows stays.  Under mh_store_open.
 */
extern void mh_expectations_import(MhStore *store, const MhExpectations *imported);

/*
 * prune.c: deletes the sets at rows of which no script, retired or not, is known; nothing where the
 * project has no scripts.  Under mh_store_open.  Returns how many.
 */
extern int64 mh_expectations_prune(MhStore *store);

/* Deletes definitions that no project's set holds; returns their number. */
extern int mh_definitions_sweep(void);

/* capture.c: recording the live schema as what is expected at some rows. */

typedef struct MhCaptured
{
	int tables;
	int objects;
	int stored;            /* definitions that were not stored before */
	bool was_not_replaced; /* there was another expectation at these rows */
	int differing;         /* where was_not_replaced: objects that differ from it */
	MhStrings unread; /* objects that could not be read: where there are any, nothing is stored */
} MhCaptured;

/*
 * Records the live schema of a version table as the expectation at rows (full ids).
 * schemas NULL: those of earlier captures and the version schema.  A different expectation that is there is
 * kept unless replace.
 *
 * As the owner of our tables, with search_path pinned: the caller needs no privilege on them.
 * Locks the project's row, as a load does; on what is read as mh_definitions_read.
 * 25006 in a read-only transaction.
 */
extern MhCaptured mh_capture_rows(const MhVersionTable *table, const char *project,
								  const MhStrings *rows, const MhStrings *schemas, bool replace);

/*
 * The same as the step of one revision: what differs from old_rows is what revision (a full id)
 * changed, if something is expected at old_rows.  For the trigger of mighead_watch(capture
 * => true), to be called after the row has changed, for single upgrade steps only.  Whoever starts to
 * watch calls mh_capture_rows for the rows that are there (none: {}), since the first step
 * has nothing to be told from otherwise.  What is kept or could not be read is a WARNING.
 */
extern void mh_capture_step(const MhVersionTable *table, const char *project,
							const MhStrings *old_rows, const MhStrings *new_rows,
							const char *revision);

/* The WARNING of what was kept or could not be read. */
extern void mh_capture_report(const MhVersionTable *table, const MhStrings *rows,
							  const MhCaptured *captured);

/* May the role EXECUTE mighead_capture()?  False too where the extension has no such function. */
extern bool mh_may_capture(Oid role);

/* compare.c: the live schema beside what is expected of it. */

typedef enum MhExpectation
{
	MH_EXPECTED,         /* there is one, comparable with this server */
	MH_NOTHING_EXPECTED, /* none at these rows, none can be composed */
	MH_OTHER_FORMAT      /* there is one that this server or version cannot compare */
} MhExpectation;

typedef struct MhComparison
{
	MhExpectation expectation;
	char *reason;               /* where not MH_EXPECTED: a sentence */
	MhDifferences *differences; /* accepted ones (mighead.ignored) left out; NULL unless
								 * MH_EXPECTED */
	int objects;                /* differing objects of severity 1 and up */
	const char *version_schema; /* schema, for mh_absolute; SQL identifier */
	const char *owner;          /* role, for mh_absolute; SQL identifier */
	const MhComposed *composed; /* for mh_introduced_by; NULL unless MH_EXPECTED */
	MhExpectations *expectations;
	const MhDefinitions *live; /* what was read; NULL unless MH_EXPECTED */
	bool is_of_relation;       /* that is one relation only */
	bool is_whole;             /* the expectations are those of everything */
} MhComparison;

/* Was anything captured for the project?  As the caller, who may read expectations. */
extern bool mh_has_expectations(MhScripts *scripts);

/* What is damaged in its expectations, as far as they have been read: a sentence, or NULL. */
extern const char *mh_expectations_damage(MhScripts *scripts);

/*
 * Compares the schema of a version table with what is expected at rows (not necessarily
 * those it has).  relation: only this one and what belongs to it; InvalidOid: all.
 * with_global: the objects of the database as a whole too, which are of no tenant in particular.
 *
 * As the caller, who may read expectations; locks as mh_definitions_read; never
 * waits.  No errors for a bad state.
 */
extern MhComparison *mh_compare_schema(const MhVersionTable *table, MhScripts *scripts,
									   const MhStrings *rows, Oid relation, bool with_global);

/*
 * What is expected anywhere that fits the live schema best; NULL where nothing comparable is expected
 * anywhere.  current NULL: the rows are not known.  comparison: what has just read the schema, so that
 * it is not read again; or NULL.  As above.
 */
extern MhLocations *mh_locate_schema(const MhVersionTable *table, MhScripts *scripts,
									 const MhStrings *current, const MhComparison *comparison);

/*
 * The version table that there would be, for a project of which there is none: no rows, in the
 * project's schema, else "public", owned by the owner of the database.
 */
extern MhVersionTable *mh_version_table_default(const MhProject *project);

/* What to read of the live schema; schemas as expected, with MH_HOME. */
extern MhScope mh_scope_of(const MhVersionTable *table, const MhStrings *schemas, bool with_global);

/* A text of a definition as a person knows it: version schema and owner by name. */
extern char *mh_shown(const MhComparison *comparison, const char *text);

/* others.c: has another registered project a version table in the same schema? */
extern bool mh_has_others_beside(const MhVersionTable *table, const char *project);

/*
 * others.c: takes out of a live schema what another registered project, with a version table in
 * the same schema, expects and ours never did.  As the caller, who may read expectations.
 */
extern void mh_leave_to_others(MhDefinitions *live, const MhVersionTable *table,
							   const char *project, const MhExpectations *ours);

/*
 * of_extensions.c: takes out of what is expected the triggers that extensions attach, as they are
 * not read from the live schema.
 */
extern void mh_leave_to_extensions(MhDefinitions *expected, const char *version_schema);

/* Is the relation in an extension's schema, but no member of it, so that its name is not to be relied on? */
extern bool mh_is_inside_extension(Oid relation);

/*
 * fix_trust.c: would a statement that is offered as a fix run code of trusted roles only?  Names in
 * the text, in UTF-8 and absolute, are looked up as they would be found if it were run: relations,
 * functions, types and operators that are there now.  The text is the fix, and what else of the object
 * running it would evaluate.  counts: it may set where a sequence goes on.
 *
 * Reads system catalogs only.  AccessShareLock on the relations named, never waited for: what is
 * busy is not trusted.
 */
extern bool mh_is_fix_trusted(const char *text, bool counts);

/* ignored.c: access to mighead.ignored: differences that somebody accepted. */

typedef struct MhIgnored
{
	char *object;    /* a pattern of LIKE */
	char *attribute; /* NULL: all of them */
	TimestampTz at;  /* when it was entered, as read */
} MhIgnored;

/* Those of a project that have not run out.  As the caller; AccessShareLock. */
extern List *mh_ignored_read(const char *project);

/* Does one of them stand for an object of one of these names, and for its attribute (may be NULL)? */
extern bool mh_is_ignored(const List *ignored, const char *shown, const char *relative,
						  const char *attribute);

/*
 * When a finding of this code about an object was accepted; 0: it was not.  Only entries with
 * the code as their attribute stand for it.
 */
extern TimestampTz mh_finding_accepted(const List *ignored, const char *object, const char *code);

/* Enters one, in place of one for the same.  until NULL: for good.  Under mh_store_open. */
extern void mh_ignored_write(MhStore *store, const MhIgnored *ignored, const char *reason,
							 const TimestampTz *until);

/* Removes it; false where there is none.  Under mh_store_open. */
extern bool mh_ignored_delete(MhStore *store, const MhIgnored *ignored);

/* schema_guard.c: does the live schema bear out the rows that are about to be written? */

/*
 * The guard "schema": MH103 in err unless what is expected at rows is there.  Where no row
 * remains, unless no table exists that a migration would make again: those that the
 * project's expectations know, or, where it has none, any table of an application in the
 * version table's schema or in one without a version table.  What is extra counts too, unless
 * the rows before say the same.
 *
 * As the caller; locks as mh_compare_schema; never waits.
 */
extern bool mh_check_schema(const MhWriting *writing, const MhVersionTable *table,
							MhScripts *scripts, List *projects, const MhStrings *before,
							const MhStrings *rows, MhError *err);

/* leftovers.c: what half-finished migrations leave in the catalogs. */

typedef struct MhSchemaLeftover
{
	Oid schema;
	MhLeftover leftover;
	bool checks_rows; /* what completes it raises an error where rows are in the way */
	char *completes;  /* that statement; NULL: nobody can say whether to complete it */
	Oid index;        /* else it is a constraint: */
	char *table;      /* SQL, absolute */
	char *name;       /* SQL */
} MhSchemaLeftover;

/*
 * Indexes that are not valid and that nobody builds or drops now, constraints that are
 * NOT VALID, tables of batch mode, and enum types that nothing uses nor
 * recorded rows expect, by kind and name;
 * what belongs to the system or to an extension is left out.  Reads catalogs, pg_locks and
 * pg_stat_progress_create_index as the caller; locks none of the objects, and needs no
 * privilege.
 */
extern List *mh_leftovers_find(void); /* of MhSchemaLeftover * */

#endif /* MIGHEAD_SERVER_EXPECTED_EXPECTED_H */
