/*-------------------------------------------------------------------------
 *
 * read_private.h
 *	  Declarations that the sources that read expectations share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_EXPECTED_READ_PRIVATE_H
#define MIGHEAD_SERVER_EXPECTED_READ_PRIVATE_H

#include "server/expected/expected.h"

/* A row of mighead.definition, without the definition. */
typedef struct MhFormRow
{
	char *type;
	char *name;
	char *checksum;
	char *structure;
} MhFormRow;

/* Adds all forms of the expectations, in any order, and indexes them. */
extern void mh_forms_take(MhExpectations *expectations, MhFormRow *rows, int n);

/* The columns of mighead.expected_set that make a set, but for its deltas, in the order in which it takes them. */
#define MH_SET_COLUMNS 8
extern const char *const mh_set_columns[MH_SET_COLUMNS];
extern void mh_set_take(MhExpectedSet *set, const Datum *values, const bool *nulls);

/* Adds a difference to a set that has room for it; '' for no form. */
extern void mh_delta_take(MhExpectations *expectations, MhExpectedSet *set, const char *before,
						  const char *after);

/*
 * read_relation.c: what is expected of one relation and of what belongs to it, as
 * mh_expectations_read_any has it of everything; relation is its name as stored.  What other objects
 * have is not there, so that a set's checksum cannot be compared.  NULL: the tables are those of 0.1.0,
 * or only a query can tell what the caller may see of them.
 */
extern MhExpectations *mh_expectations_read_relation(const char *project, const char *relation);

/*
 * moved.c: compares again together with what was moved to other schemas, if that is where missing
 * relations may be.  Returns the set that was compared: live, or a larger one.  A relation elsewhere
 * counts only if its owner is that of the version table or trusted.
 */
extern const MhDefinitions *mh_compare_moved(const MhVersionTable *table, const MhScope *scope,
											 const MhDefinitions *expected,
											 const MhDefinitions *live,
											 MhDifferences **differences);

/*
 * moved.c: returns whether somebody may have moved something to the schema: one that is not
 * compared, nor of the system, nor with a version table, which is that of another tenant or project.
 */
extern bool mh_may_hold_moved(const MhScope *scope, List *projects, Oid schema);

/*
 * copies.c: withholds the fix of what is missing, and may have been moved to such a schema: it would
 * make a copy.  An object elsewhere counts only if its owner is that of the version table or trusted.
 */
extern void mh_withhold_copies(const MhVersionTable *table, const MhScope *scope,
							   MhDifferences *differences);

/*
 * sealed.c: returns whether everything is known to be as expected at the rows, and fills in the
 * comparison, but for its version schema.  Of the expectations it has the sets without their
 * differences, and of the live schema nothing.  False: it has to be compared.
 */
extern bool mh_is_sealed(MhComparison *comparison, const MhVersionTable *table,
						 const MhScripts *scripts, const MhStrings *rows);

/*
 * sealed.c: returns whether a seal says that the schema in scope is this set, attribute by attribute,
 * and that everything stored of it is as it was then.
 */
extern bool mh_is_set_sealed(const MhExpectedSet *set, const MhScope *scope);

/* The same as mh_seal_definitions, for a set whose checksum is known. */
extern void mh_seal_set(const MhSeal *seal, const char *checksum);

/* scope.c: the scope's owner (NULL: not known), and a name in UTF-8, as SQL identifiers. */
extern char *mh_scope_owner(const MhScope *scope);
extern char *mh_scope_identifier(const char *name);

/* read_relation.c: reads the sets, without their differences, in the order of their rows. */
extern void mh_sets_scan(MhExpectations *expectations, const char *project);

/* read.c: reads sets, forms and differences of a project by queries, as the caller. */
extern void mh_expectations_query(MhExpectations *expectations, const char *project);

/* read.c: the end of each reading. */
extern void mh_expectations_finish(MhExpectations *expectations);

#endif /* MIGHEAD_SERVER_EXPECTED_READ_PRIVATE_H */
