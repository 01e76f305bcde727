/*-------------------------------------------------------------------------
 *
 * guard.h
 *	  What keeps a guarded writer from changing a version table, and in which words.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GUARD_GUARD_H
#define MIGHEAD_CORE_GUARD_GUARD_H

#include "core/base/session.h"
#include "core/difference/difference.h"
#include "core/plan/plan.h"

/* Those that a caller may skip. */
typedef enum MhGuard
{
	MH_GUARD_REGISTERED,
	MH_GUARD_SCHEMA,
	MH_GUARD_OVERLAP,
	MH_GUARD_TARGETS
} MhGuard;

#define MH_SKIPPABLE_GUARDS 4

typedef struct MhSkippedGuards
{
	bool skipped[MH_SKIPPABLE_GUARDS];
	MhStrings names; /* each once, in the order of MhGuard */
} MhSkippedGuards;

/* Rows as a multiset of exact texts; NULL rows are only counted. */
typedef struct MhRowSet
{
	MhStrings texts;
	int nulls;
} MhRowSet;

/* What is about to be written, as the texts of a refusal name it. */
typedef struct MhWriting
{
	const char *prefix;   /* schema and dot before functions of ours, or "" */
	const char *table;    /* SQL name of the version table */
	const char *project;  /* whose scripts it follows */
	const char *database; /* name of this database */
} MhWriting;

/*
 * Which guards the names in skip_guards are.  22023 for one that is always on and
 * for one that does not exist.
 */
extern bool mh_guards_skip(const MhStrings *names, MhSkippedGuards *skipped, MhError *err);

extern bool mh_row_sets_equal(const MhRowSet *a, const MhRowSet *b);

/*
 * Is it the name of this database?  Both count: the one that the server knows, and the
 * label that mighead_environment gave it (NULL: none).
 */
extern bool mh_confirms(const char *confirm, const char *database, const char *environment);

/* The guards: false, with a refusal in err, or true. */

/* MH108.  A reason of blanks only is none; NULL is none. */
extern bool mh_guard_reason(const char *reason, MhError *err);

/* MH104, of a database that is protected. */
extern bool mh_guard_environment(const MhWriting *writing, const char *environment,
								 const char *environment_database, const char *confirm,
								 MhError *err);

/* MH105: refuses; sessions are those that are in the way, as far as they are known. */
extern bool mh_guard_busy(const MhWriting *writing, bool is_migration_lock,
						  const MhSession *const *sessions, int n, MhError *err);

/* MH101 */
extern bool mh_guard_expect(const MhWriting *writing, const MhRowSet *expected,
							const MhRowSet *actual, MhError *err);

/* MH102.  retired: revisions that only other releases have. */
extern bool mh_guard_registered(const MhWriting *writing, const MhGraph *graph,
								const MhStrings *targets, const MhStrings *retired, MhError *err);

/* MH109 */
extern bool mh_guard_targets(const MhStampPlan *plan, MhError *err);

/* MH106; max_length in characters, -1: unlimited. */
extern bool mh_guard_width(const MhWriting *writing, const MhStampPlan *plan, int max_length,
						   MhError *err);

/* MH107 */
extern bool mh_guard_overlap(const MhStampPlan *plan, MhError *err);

/* MH008: without scripts only "base" and full ids mean something. */
extern bool mh_guard_scripts(const MhWriting *writing, const MhGraph *graph,
							 const MhStrings *targets, MhError *err);

/*
 * MH103.  Names what is missing, changed, renamed or invalid at severity 2, with_extra what
 * is extra too, and what could not be read.  version_schema: schema, for mh_absolute.
 */
extern bool mh_guard_schema(const MhWriting *writing, const MhStrings *rows,
							const MhDifferences *differences, const char *version_schema,
							bool with_extra, MhError *err);

/* MH103: refuses, because nothing comparable is expected; reason is a sentence. */
extern bool mh_guard_blind(const MhWriting *writing, const MhStrings *rows, const char *reason,
						   MhError *err);

/* MH103 where no row remains; tables are those in the way of the first upgrade. */
extern bool mh_guard_collision(const MhWriting *writing, const MhStrings *tables, MhError *err);

#endif /* MIGHEAD_CORE_GUARD_GUARD_H */
