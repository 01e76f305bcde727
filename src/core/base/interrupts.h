/*-------------------------------------------------------------------------
 *
 * interrupts.h
 *	  Makes the loops of the cores interruptible.
 *
 * Every loop over something that a user can make long calls MH_CHECK_INTERRUPTS().
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_INTERRUPTS_H
#define MIGHEAD_CORE_BASE_INTERRUPTS_H

/*
 * MH_STACK_IS_DEEP: whether a recursion whose depth a user decides has to end.  Outside the server,
 * interrupts do nothing and no recursion is too deep.
 */
#ifdef FRONTEND
#define MH_CHECK_INTERRUPTS() ((void) 0)
#define MH_STACK_IS_DEEP() false
#else
#include "miscadmin.h"
#define MH_CHECK_INTERRUPTS() CHECK_FOR_INTERRUPTS()
#define MH_STACK_IS_DEEP() stack_is_too_deep()
#endif

#endif /* MIGHEAD_CORE_BASE_INTERRUPTS_H */
