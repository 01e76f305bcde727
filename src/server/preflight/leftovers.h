/*-------------------------------------------------------------------------
 *
 * leftovers.h
 *	  What half-finished migrations leave in the catalogs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_PREFLIGHT_LEFTOVERS_H
#define MIGHEAD_SERVER_PREFLIGHT_LEFTOVERS_H

#include "mighead.h"

#include "core/diagnosis/diagnosis.h"
#include "nodes/pg_list.h"

typedef struct MhSchemaLeftover
{
	Oid schema;
	MhLeftover leftover;
} MhSchemaLeftover;

/*
 * Indexes that are not valid and that nobody builds or drops now, constraints that are
 * NOT VALID, tables of batch mode, and enum types that nothing uses, by kind and name;
 * what belongs to the system or to an extension is left out.  Reads catalogs, pg_locks and
 * pg_stat_progress_create_index as the caller; locks none of the objects, and needs no
 * privilege.
 */
extern List *mh_leftovers_find(void); /* of MhSchemaLeftover * */

#endif /* MIGHEAD_SERVER_PREFLIGHT_LEFTOVERS_H */
