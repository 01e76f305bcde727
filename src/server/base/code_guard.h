/*-------------------------------------------------------------------------
 *
 * code_guard.h
 *	  Plans and runs a query without starting a stranger's code.
 *
 * trust.h says before a query whether it would run somebody's code.  After the answer, and before
 * the planner evaluates what is constant, the owner of the table may add an index, extended
 * statistics or a partition.  No lock that a reader takes prevents that.  So every function that is
 * not compiled into the server is checked again when it is about to be called.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_CODE_GUARD_H
#define MIGHEAD_SERVER_BASE_CODE_GUARD_H

#include "mighead.h"

/* Raises 42501 for what mh_distrust_...() returned; does nothing if that is NULL. */
extern void mh_refuse_code(const char *found);

/*
 * Calls run(arg).  Raises 42501 before a function starts that mh_distrust_function() does not
 * trust.
 */
extern void mh_guard_code(void (*run)(void *arg), void *arg);

#endif /* MIGHEAD_SERVER_BASE_CODE_GUARD_H */
