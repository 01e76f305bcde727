/*-------------------------------------------------------------------------
 *
 * row_version.h
 *	  Tells whether a row is still the same version as at an earlier look.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_ROW_VERSION_H
#define MIGHEAD_SERVER_BASE_ROW_VERSION_H

#include "access/htup_details.h"
#include "common/hashfn.h"

/*
 * Returns a hash that identifies a version of a row: its table, the transaction and command that
 * wrote it, and its place.  The command is needed because a table that is truncated and filled
 * again in one transaction may use the same place.  (A deletion changes the field of the command,
 * so the row then looks changed, which does no harm.)
 */
static inline uint64
mh_row_version(HeapTuple tuple)
{
	uint32 version[5] = {tuple->t_tableOid, HeapTupleHeaderGetRawXmin(tuple->t_data),
						 HeapTupleHeaderGetRawCommandId(tuple->t_data),
						 ItemPointerGetBlockNumber(&tuple->t_self),
						 ItemPointerGetOffsetNumber(&tuple->t_self)};

	return hash_bytes_extended((const unsigned char *) version, sizeof(version), 0);
}

#endif /* MIGHEAD_SERVER_BASE_ROW_VERSION_H */
