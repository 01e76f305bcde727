/*-------------------------------------------------------------------------
 *
 * guard.h
 *	  The guards that keep a guarded writer from changing a version table, and their refusals.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GUARD_GUARD_H
#define MIGHEAD_CORE_GUARD_GUARD_H

#include "core/base/session.h"
#include "core/difference/difference.h"
#include "core/plan/plan.h"

/* The guards that a caller may skip. */
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

/* Rows as a multiset of texts; NULL rows are only counted. */
typedef struct MhRowSet
{
	MhStrings texts;
	int nulls;
} MhRowSet;

/* Names of what is about to be written, for the texts of a refusal. */
typedef struct MhWriting
{
	const char *prefix;   /* the extension's schema and a dot, or "" */
	const char *table;    /* SQL name of the version table */
	const char *project;  /* the project of the version table */
	const char *database; /* name of this database */
} MhWriting;

/*
 * Finds the guards that skip_guards names.  Fails with 22023 for a guard that cannot be skipped and
 * for one that does not exist.
 */
extern bool mh_guards_skip(const MhStrings *names, MhSkippedGuards *skipped, MhError *err);

extern bool mh_row_sets_equal(const MhRowSet *a, const MhRowSet *b);

/*
 * Returns whether confirm is the name of this database: the name that the server knows, or the
 * label that mighead_environment gave it (NULL: none).
 */
extern bool mh_confirms(const char *confirm, const char *database, const char *environment);

/* The guards.  Each returns true, or false with a refusal in err. */

/* MH108: requires a reason.  NULL or only blanks is none. */
extern bool mh_guard_reason(const char *reason, MhError *err);

/* MH104: refuses unless confirm names this database.  Call it for a protected database. */
extern bool mh_guard_environment(const MhWriting *writing, const char *environment,
								 const char *environment_database, const char *confirm,
								 MhError *err);

/* MH105: always refuses.  sessions: those that hold the lock, if known. */
extern bool mh_guard_busy(const MhWriting *writing, bool is_migration_lock,
						  const MhSession *const *sessions, int n, MhError *err);

/* MH101: requires the actual rows to be the expected ones. */
extern bool mh_guard_expect(const MhWriting *writing, const MhRowSet *expected,
							const MhRowSet *actual, MhError *err);

/*
 * MH102: requires the targets to be in the scripts.  retired: revisions that only other releases
 * have.
 */
extern bool mh_guard_registered(const MhWriting *writing, const MhGraph *graph,
								const MhStrings *targets, const MhStrings *retired, MhError *err);

/* MH109: refuses several targets for which Alembic would not leave the planned rows. */
extern bool mh_guard_targets(const MhStampPlan *plan, MhError *err);

/*
 * MH106: refuses ids that are too long for the column.  max_length: in characters; -1: unlimited.
 */
extern bool mh_guard_width(const MhWriting *writing, const MhStampPlan *plan, int max_length,
						   MhError *err);

/* MH107: refuses rows that contain each other. */
extern bool mh_guard_overlap(const MhStampPlan *plan, MhError *err);

/* MH008: refuses other targets than "base" and full ids if there are no scripts. */
extern bool mh_guard_scripts(const MhWriting *writing, const MhGraph *graph,
							 const MhStrings *targets, MhError *err);

/*
 * MH103: refuses if the schema does not satisfy the expectation.  The refusal names the objects
 * that are missing, changed, renamed or invalid at severity 2, the extra ones too if with_extra,
 * and those that could not be read.  version_schema, owner: for mh_shown_text.
 */
extern bool mh_guard_schema(const MhWriting *writing, const MhStrings *rows,
							const MhDifferences *differences, const char *version_schema,
							const char *owner, bool with_extra, MhError *err);

/* MH103: always refuses, because there is no comparable expectation.  reason: a sentence. */
extern bool mh_guard_blind(const MhWriting *writing, const MhStrings *rows, const char *reason,
						   MhError *err);

/* MH103: refuses to leave no row while tables exist that the first upgrade would create. */
extern bool mh_guard_collision(const MhWriting *writing, const MhStrings *tables, MhError *err);

#endif /* MIGHEAD_CORE_GUARD_GUARD_H */
