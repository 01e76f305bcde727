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

/* Does nothing outside the server. */
#ifdef FRONTEND
#define MH_CHECK_INTERRUPTS() ((void) 0)
#else
#include "miscadmin.h"
#define MH_CHECK_INTERRUPTS() CHECK_FOR_INTERRUPTS()
#endif

#endif /* MIGHEAD_CORE_BASE_INTERRUPTS_H */
