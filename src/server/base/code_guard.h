/*-------------------------------------------------------------------------
 *
 * code_guard.h
 *	  Planning and running a query during which no code of others can start.
 *
 * trust.h says before a query whether it would run somebody's code.  Between the answer and the
 * planner, which evaluates what is constant, the owner of the table may make an index, extended
 * statistics or a partition: no lock that a reader takes forbids that.  So every function that is
 * not compiled into the server is looked at once more, when it is about to be called.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_CODE_GUARD_H
#define MIGHEAD_SERVER_BASE_CODE_GUARD_H

#include "mighead.h"

/* 42501 for what mh_distrust_...() found; nothing where that is NULL. */
extern void mh_refuse_code(const char *found);

/* Calls run(arg); 42501 before a function starts that mh_distrust_function() does not trust. */
extern void mh_guard_code(void (*run)(void *arg), void *arg);

#endif /* MIGHEAD_SERVER_BASE_CODE_GUARD_H */
