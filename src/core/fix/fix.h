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
 * Fills fix and reason.  A fix never drops or rewrites data: a
 * column that is extra, a type that may not convert, a NOT NULL that rows may
 * violate have none but a reason.
 */
extern void mh_repair(MhDifferences *differences, const MhDefinitions *expected,
					  const MhDefinitions *actual);

#endif /* MIGHEAD_CORE_FIX_FIX_H */
