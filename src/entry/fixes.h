/*-------------------------------------------------------------------------
 *
 * fixes.h
 *	  Decides which fixes may be offered to the caller.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_FIXES_H
#define MIGHEAD_ENTRY_FIXES_H

#include "server/expected/expected.h"

/*
 * Filters the fixes of a comparison with the expectation at rows.  Removes those that the caller
 * cannot or should not run, those that may raise an error, and those that need one of these.  Makes
 * each of the others one statement with absolute names.
 *
 * Reads as the caller.  Takes AccessShareLock on the relations without waiting.
 */
extern void mh_judge_fixes(const MhVersionTable *table, MhScripts *scripts, const MhStrings *rows,
						   const MhComparison *comparison);

/*
 * fixes_extensions.c: a part of mh_judge_fixes.  An object that became a member of an extension is
 * removed from it instead of being created again.  Missing extensions come in the order in which
 * they require each other.  An extension that is not installed on the server gets no fix.
 */
extern void mh_judge_extension_fixes(const MhComparison *comparison);

/*
 * Filters the fixes of leftovers in the same way.  A fix that the rows do not let pass becomes a
 * hint.
 */
extern void mh_judge_leftover_fixes(List *leftovers);

/* Removes the fixes of findings that the caller has no privilege to run.  The hints stay. */
extern void mh_judge_finding_fixes(const MhVersionTable *table, MhDiagnosis *diagnosis);

#endif /* MIGHEAD_ENTRY_FIXES_H */
