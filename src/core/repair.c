/*-------------------------------------------------------------------------
 *
 * repair.c
 *	  What DDL ends a difference.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference.h"

void
mh_repair(MhDifferences *differences, const MhDefinitions *expected, const MhDefinitions *actual)
{
}
