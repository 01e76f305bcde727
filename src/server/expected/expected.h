/*-------------------------------------------------------------------------
 *
 * expected.h
 *	  Reads, writes and compares expectations: access to mighead.definition,
 *	  mighead.expected_set, mighead.expected and mighead.ignored.
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
 * Returns the stored expectations of a project, without the definitions.  Reads as the caller;
 * AccessShareLock on the three tables.  Raises XX001 if the rows are inconsistent (written without
 * mighead's functions).
 */
extern MhExpectations *mh_expectations_read(const char *project);

/*
 * As mh_expectations_read, for functions that report: if the rows are inconsistent there is no
 * error, but damage is set and there are no sets.
 */
extern MhExpectations *mh_expectations_read_any(const char *project);

/*
 * Loads the definitions of these forms (NULL: of all) that are not loaded yet, as the caller.  If a
 * text does not have its checksum, damage is set.
 */
extern void mh_expectations_load(MhExpectations *expectations, const int *forms);

/* Loads the definitions of all forms of these objects (bool[n_objects]). */
extern void mh_expectations_load_objects(MhExpectations *expectations, const bool *objects);

/*
 * Sets damage if what is stored for a set does not have its checksum: rows of mighead.expected may
 * have been lost or added.  definitions: those of the set (NULL: composed here; all are loaded).
 */
extern void mh_expected_check(MhExpectations *expectations, int set,
							  const MhDefinitions *definitions);

/*
 * Finds or composes the expectation at rows, which may be in any order and include implied ones.
 * Loads the definitions that this needs.  Returns false, with composed->reason, if there is none.
 * Call mh_expectations_load for the forms found.
 */
extern bool mh_expected_at(MhExpectations *expectations, const MhGraph *graph,
						   const MhStrings *rows, MhComposed *composed);

/* Returns the schemas that the project's captures named, and MH_HOME, sorted. */
extern MhStrings mh_expected_schemas(const MhExpectations *expectations);

/* A set to be stored.  mh_expected_write computes its differences. */
typedef struct MhNewSet
{
	MhStrings rows;       /* mh_rows_key */
	const char *revision; /* NULL: not a step of one revision */
	int previous;         /* index of a set in the expectations; -1: none */
	MhStrings schemas;    /* sorted; MH_HOME for the version schema */
	const MhDefinitions *definitions;
	int server_version_num; /* of the server that they were read from */
} MhNewSet;

/*
 * Writes a set.  A set at these rows is replaced, but keeps its previous set, and the sets that
 * follow it keep their contents.  Returns the number of definitions that were not stored before.
 * Call it under mh_store_open, with expectations that were read under it.  Raises XX001 if the
 * expectations are inconsistent.
 */
extern int mh_expected_write(MhStore *store, const MhExpectations *expectations,
							 const MhNewSet *set);

/* An entry of an ordered list of definitions, which are compared by checksum. */
typedef struct MhManifestEntry
{
	const char *type;
	const char *name;
	const char *checksum;
} MhManifestEntry;

typedef struct MhManifest
{
	int n;
	MhManifestEntry *v; /* ordered by type and name */
} MhManifest;

/*
 * Lower-level functions, for documents and for pruning.
 *
 * mh_expected_store_set writes the row of a set, and its differences from before to after.  It
 * takes rows, previous_rows, revision, schemas and the server's data from set.
 */
extern MhManifest mh_manifest_of_forms(const MhExpectations *expectations, const int *forms);
extern void mh_expected_store_set(MhStore *store, const MhExpectedSet *set,
								  const MhManifest *before, const MhManifest *after);
extern void mh_expected_delete(MhStore *store, const MhStrings *rows);

/*
 * Stores expectations that were read from a document, with all their definitions, in place of those
 * at the same rows.  Expectations at other rows stay.  Call it under mh_store_open.
 */
extern void mh_expectations_import(MhStore *store, const MhExpectations *imported);

/*
 * prune.c: deletes the sets at rows that no script, retired or not, has.  Deletes nothing if the
 * project has no scripts.  Call it under mh_store_open.  Returns the number of sets deleted.
 */
extern int64 mh_expectations_prune(MhStore *store);

/* Deletes definitions that no set of any project uses.  Returns their number. */
extern int mh_definitions_sweep(void);

/* capture.c: records the live schema as the expectation at some rows. */

typedef struct MhCaptured
{
	int tables;
	int objects;
	int stored;            /* definitions that were not stored before */
	bool was_not_replaced; /* a different expectation at these rows was not replaced */
	int differing;         /* if was_not_replaced: number of objects that differ from it */
	MhStrings unread;      /* objects that could not be read; if there are any, nothing is stored */
} MhCaptured;

/*
 * Records the live schema of a version table as the expectation at rows (full ids).  rows NULL: at
 * those of the table, which must not change meanwhile.  schemas NULL: the schemas of earlier captures
 * and the version schema.  A different expectation at these rows is replaced only if replace.
 *
 * Runs as the owner of mighead's tables, with search_path pinned, so that the caller needs no
 * privilege on them.  Locks the project's row, as a load does, and what it reads as
 * mh_definitions_read does.  Raises 25006 in a read-only transaction, and with rows NULL 40001 or
 * 55P03 if the table no longer has the rows that it was read with, or is busy.
 */
extern MhCaptured mh_capture_rows(const MhVersionTable *table, const char *project,
								  const MhStrings *rows, const MhStrings *schemas, bool replace);

/*
 * Records the live schema as the step of one revision (a full id): its differences from the
 * expectation at old_rows, if there is one, belong to the revision.  For the trigger of
 * mighead_watch(capture => true), after the row has changed, and for single upgrade steps only.
 * When a watch begins, call mh_capture_rows for the current rows (none: {}), because the first step
 * needs an expectation to differ from.  An expectation that was not replaced, and objects that
 * could not be read, are a WARNING.
 */
extern void mh_capture_step(const MhVersionTable *table, const char *project,
							const MhStrings *old_rows, const MhStrings *new_rows,
							const char *revision);

/* Raises a WARNING if an expectation was not replaced, or if objects could not be read. */
extern void mh_capture_report(const MhVersionTable *table, const MhStrings *rows,
							  const MhCaptured *captured);

/*
 * Returns whether the role may EXECUTE mighead_capture().  False too if the extension has no such
 * function.
 */
extern bool mh_may_capture(Oid role);

/* compare.c: compares the live schema with its expectation. */

typedef enum MhExpectation
{
	MH_EXPECTED,         /* there is one that this server can compare */
	MH_NOTHING_EXPECTED, /* there is none at these rows, and none can be composed */
	MH_OTHER_FORMAT      /* there is one that this server or version cannot compare */
} MhExpectation;

typedef struct MhComparison
{
	MhExpectation expectation;
	char *reason; /* if not MH_EXPECTED: a sentence */
	/* without accepted ones (mighead.ignored); NULL unless MH_EXPECTED */
	MhDifferences *differences;
	int objects;                /* number of differing objects of severity 1 and up */
	const char *version_schema; /* name of the version schema, for mh_absolute; SQL identifier */
	const char *owner;          /* name of the owner, for mh_with_owner; SQL identifier */
	const MhComposed *composed; /* for mh_introduced_by; NULL unless MH_EXPECTED */
	MhExpectations *expectations;
	const MhDefinitions *live; /* the live definitions; NULL unless MH_EXPECTED */
	bool is_of_relation;       /* live has one relation only */
	bool is_outline;           /* nothing differs, and live has types and names only, or nothing */
	bool is_whole;             /* the expectations are complete */
	bool is_elsewhere;         /* live is of another database */
} MhComparison;

/*
 * Returns whether anything was captured for the project.  Reads as the caller, who must be able to
 * read expectations.
 */
extern bool mh_has_expectations(MhScripts *scripts);

/*
 * Returns what is damaged in the project's expectations, as far as they have been read: a sentence,
 * or NULL.
 */
extern const char *mh_expectations_damage(MhScripts *scripts);

/*
 * Compares the schema of a version table with the expectation at rows, which may be others than its
 * own.  relation: only what is said of this relation and its parts; InvalidOid: all.  Where other
 * objects count (mh_is_local), all are compared: one drift does not contradict the other.  with_global: also the objects
 * that belong to the database, not to one tenant.  stores: for functions that write anyway; the
 * next comparison, in whatever session, then reads only what has changed.
 *
 * Reads as the caller, who must be able to read expectations.  Locks as mh_definitions_read; never
 * waits.  A bad state is no error.  Raises 42P01 if the relation is gone.
 */
extern MhComparison *mh_compare_schema(const MhVersionTable *table, MhScripts *scripts,
									   const MhStrings *rows, Oid relation, bool with_global,
									   bool stores);

/*
 * sealed.c: stores that the live schema is this set, after a reading of all of it that made a seal,
 * so that the next comparison needs no reading while nothing changes.  Only for a stored set that has
 * the same definitions, attribute by attribute: its checksum does not cover all of them.
 */
extern void mh_seal_definitions(const MhSeal *seal, const MhDefinitions *live);

/*
 * sealed.c: returns whether the schema of a version table is known to be as expected at its rows,
 * without reading either.  False: it has to be compared, or that was done in this call already.
 */
extern bool mh_is_schema_sealed(const MhVersionTable *table, const MhScripts *scripts);

/*
 * Finds the expectations that fit the live schema best.  Returns NULL if there is no comparable
 * expectation at any rows, or if the expectations are damaged.  current NULL: the rows are not
 * known.  comparison: one that has just read the schema, which is then not read again; or NULL.
 * Privileges and locks as mh_compare_schema.
 */
extern MhLocations *mh_locate_schema(const MhVersionTable *table, MhScripts *scripts,
									 const MhStrings *current, const MhComparison *comparison);

/*
 * scope.c: returns the version table that a project without one would have: no rows, in the project's schema
 * or else in "public", owned by the owner of the database.
 */
extern MhVersionTable *mh_version_table_default(const MhProject *project);

/* scope.c: returns the scope for reading the live schema.  schemas: as in expectations, with MH_HOME. */
extern MhScope mh_scope_of(const MhVersionTable *table, const MhStrings *schemas, bool with_global);

/*
 * Returns a text of a definition as shown to a person: with the names of version schema and owner.
 */
extern char *mh_shown(const MhComparison *comparison, const char *text);

/* others.c: returns whether another registered project has a version table in the same schema. */
extern bool mh_has_others_beside(const MhVersionTable *table, const char *project);

/*
 * others.c: removes from a live schema the objects that another registered project, with a version
 * table in the same schema, expects and that this project never expected.  Reads as the caller, who
 * must be able to read expectations.
 */
extern void mh_leave_to_others(MhDefinitions *live, const MhVersionTable *table,
							   const char *project, const MhExpectations *ours);

/*
 * of_extensions.c: removes the triggers that extensions attach from the expectation, because they
 * are not read from the live schema.
 */
extern void mh_leave_to_extensions(MhDefinitions *expected, const char *version_schema);

/*
 * Returns whether the relation is in an extension's schema but is no member of it, so that its name
 * cannot be relied on.
 */
extern bool mh_is_inside_extension(Oid relation);

/*
 * fix_trust.c: returns whether a statement that is offered as a fix would run code of trusted roles
 * only.  Names in text (UTF-8, absolute) are looked up as running it would find them: relations,
 * functions, types and operators that exist now.  text is the fix, and whatever else of the object
 * running it would evaluate.  counts: the fix may set the value of a sequence.
 *
 * Reads system catalogs only.  Takes AccessShareLock on the relations named without waiting: a
 * locked relation is not trusted.
 */
extern bool mh_is_fix_trusted(const char *text, bool counts);

/* ignored.c: reads and writes mighead.ignored, the differences that somebody accepted. */

typedef struct MhIgnored
{
	char *object;    /* a pattern of LIKE */
	char *attribute; /* NULL: all of them */
	TimestampTz at;  /* time of its entry; only set when read */
} MhIgnored;

/* Returns the entries of a project that have not expired.  Reads as the caller; AccessShareLock. */
extern List *mh_ignored_read(const char *project);

/*
 * Returns whether an entry matches an object with one of these names, and its attribute (may be
 * NULL).
 */
extern bool mh_is_ignored(const List *ignored, const char *shown, const char *relative,
						  const char *attribute);

/*
 * Returns when a finding with this code about an object was accepted; 0: it was not.  Only entries
 * with the code as their attribute match.
 */
extern TimestampTz mh_finding_accepted(const List *ignored, const char *object, const char *code);

/*
 * Stores an entry and replaces one for the same object and attribute.  until NULL: it does not
 * expire.  Call it under mh_store_open.
 */
extern void mh_ignored_write(MhStore *store, const MhIgnored *ignored, const char *reason,
							 const TimestampTz *until);

/* Deletes an entry.  Returns false if there is none.  Call it under mh_store_open. */
extern bool mh_ignored_delete(MhStore *store, const MhIgnored *ignored);

/* schema_guard.c: checks the live schema before rows are written. */

/*
 * The guard "schema".  Fails with MH103 unless the schema satisfies the expectation at rows.  Extra
 * objects count too, unless the rows before contain the same revisions.
 *
 * If no row remains, it fails if a table exists that a migration would create again: a table that
 * the project's expectations have, or, if there are none, any table of an application in the
 * version table's schema or in a schema without a version table.
 *
 * Reads as the caller.  Locks as mh_compare_schema; never waits.
 */
extern bool mh_check_schema(const MhWriting *writing, const MhVersionTable *table,
							MhScripts *scripts, List *projects, const MhStrings *before,
							const MhStrings *rows, MhError *err);

/* leftovers.c: finds what half-finished migrations left in the catalogs. */

typedef struct MhSchemaLeftover
{
	Oid schema;              /* InvalidOid: elsewhere */
	const char *schema_name; /* only elsewhere */
	MhLeftover leftover;
	bool checks_rows; /* the completing statement fails if rows are in the way */
	char *completes;  /* completing statement; NULL: a person has to decide */
	Oid index;        /* InvalidOid: a constraint, with the following names */
	char *table;      /* SQL, absolute */
	char *name;       /* SQL */
} MhSchemaLeftover;

/*
 * Returns invalid indexes that nobody builds or drops now, constraints that are NOT VALID, tables
 * of batch mode, and enum types that nothing uses and that the recorded rows do not expect, ordered
 * by kind and name.  Objects of the system and of extensions are left out.
 *
 * Reads catalogs, pg_locks and pg_stat_progress_create_index as the caller.  Locks none of the
 * objects and needs no privilege.
 */
extern List *mh_leftovers_find(void); /* of MhSchemaLeftover * */

/*
 * The same for a database elsewhere, whose version tables (MhVersionTable *) are given.  No fix is offered.  Raises what
 * the source raises.
 */
extern List *mh_leftovers_there(MhSource *source, List *projects, const List *tables);

#endif /* MIGHEAD_SERVER_EXPECTED_EXPECTED_H */
