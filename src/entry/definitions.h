/*-------------------------------------------------------------------------
 *
 * definitions.h
 *	  Rows of the functions that show a schema as mighead reads it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_DEFINITIONS_H
#define MIGHEAD_ENTRY_DEFINITIONS_H

#include "entry/result.h"
#include "server/definitions/definitions.h"

/* Puts a row for each attribute, and one for each object that could not be read. */
extern void mh_definitions_put(MhResult *result, const MhDefinitions *set);

#endif /* MIGHEAD_ENTRY_DEFINITIONS_H */
