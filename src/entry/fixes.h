/*-------------------------------------------------------------------------
 *
 * fixes.h
 *	  Which fixes may be offered to whoever asks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_FIXES_H
#define MIGHEAD_ENTRY_FIXES_H

#include "server/expected/expected.h"

/*
 * Of the fixes that a comparison with what is expected at rows has written: takes away those
 * that the caller cannot or should not run, those that may raise an error, and those that need
 * one of these; makes each of the others one statement with absolute names.
 *
 * As the caller.  AccessShareLock on the relations, never waited for.
 */
extern void mh_judge_fixes(const MhVersionTable *table, MhScripts *scripts, const MhStrings *rows,
						   const MhComparison *comparison);

/*
 * fixes_extensions.c, a part of that: what became a member of an extension leaves it again instead of
 * being made anew; missing extensions come in the order in which one requires the other, and none that
 * is not installed on the server.
 */
extern void mh_judge_extension_fixes(const MhComparison *comparison);

/* The same of what is left over: what the rows decide becomes a hint where they do not let it pass. */
extern void mh_judge_leftover_fixes(List *leftovers);

/* Takes away the fixes of findings that the caller has no right to run; the hints stay. */
extern void mh_judge_finding_fixes(const MhVersionTable *table, MhDiagnosis *diagnosis);

#endif /* MIGHEAD_ENTRY_FIXES_H */
