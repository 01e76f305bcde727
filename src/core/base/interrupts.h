/*-------------------------------------------------------------------------
 *
 * interrupts.h
 *	  For every loop of the cores over what a user can make long.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_INTERRUPTS_H
#define MIGHEAD_CORE_BASE_INTERRUPTS_H

/* Outside the server nothing interrupts. */
#ifdef FRONTEND
#define MH_CHECK_INTERRUPTS() ((void) 0)
#else
#include "miscadmin.h"
#define MH_CHECK_INTERRUPTS() CHECK_FOR_INTERRUPTS()
#endif

#endif /* MIGHEAD_CORE_BASE_INTERRUPTS_H */
