/*-------------------------------------------------------------------------
 *
 * fix.h
 *	  Writes the DDL that removes a difference.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_FIX_FIX_H
#define MIGHEAD_CORE_FIX_FIX_H

#include "core/difference/difference.h"

/*
 * Fills fix, reason and rows_reason of each difference.  Differences of severity 0 get no fix.  A
 * fix never drops data: an extra column, or a type that may not convert, gets only a reason.  A fix
 * with a rows_reason reads or writes all rows.  Offer it only if the rows let it pass and are few.
 */
extern void mh_repair(MhDifferences *differences, const MhDefinitions *expected,
					  const MhDefinitions *actual);

/*
 * order.c: removes the fixes that need an object that a fix would have created which has since been
 * removed, or that only a missing extension can have.  live: what is there.
 */
extern void mh_withdraw_needing(MhDifferences *differences, const MhDefinitions *live);

/*
 * whole_statements.c: returns the fix as one SQL statement: the fix itself, or DO if it has
 * several.  Call it last: names inside are no longer mapped.
 */
extern char *mh_one_statement(const char *fix);

#endif /* MIGHEAD_CORE_FIX_FIX_H */
