/*-------------------------------------------------------------------------
 *
 * fix.h
 *	  What DDL ends a difference.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_FIX_FIX_H
#define MIGHEAD_CORE_FIX_FIX_H

#include "core/difference/difference.h"

/*
 * Fills fix, reason and rows_reason; what operators answer for (severity 0) has no fix.  A fix never
 * drops data: a column that is extra or a type that may not convert has none but a reason.  One with
 * a rows_reason reads or writes all rows, and is to be offered only where they let it pass and are few.
 */
extern void mh_repair(MhDifferences *differences, const MhDefinitions *expected,
					  const MhDefinitions *actual);

/* order.c: after fixes were taken away, takes away those too that need what these would have made. */
extern void mh_withdraw_needing(MhDifferences *differences);

/*
 * whole_statements.c: the fix as one SQL statement: itself, or DO where it is several.  To be done
 * last: names within are no longer mapped.
 */
extern char *mh_one_statement(const char *fix);

#endif /* MIGHEAD_CORE_FIX_FIX_H */
