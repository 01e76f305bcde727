/*-------------------------------------------------------------------------
 *
 * severity.h
 *	  How bad something is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_SEVERITY_H
#define MIGHEAD_CORE_BASE_SEVERITY_H

#include "core/base/base.h"

/* As Nagios counts them. */
typedef enum MhSeverity
{
	MH_OK = 0,
	MH_WARNING = 1,
	MH_CRITICAL = 2,
	MH_UNKNOWN = 3
} MhSeverity;

#endif /* MIGHEAD_CORE_BASE_SEVERITY_H */
