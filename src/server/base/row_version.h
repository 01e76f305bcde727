/*-------------------------------------------------------------------------
 *
 * row_version.h
 *	  Telling whether a row that was looked at before is still the same one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_ROW_VERSION_H
#define MIGHEAD_SERVER_BASE_ROW_VERSION_H

#include "access/htup_details.h"
#include "common/hashfn.h"

/*
 * A version of a row is told from every other by who wrote it, with which command, and where:
 * within one transaction a truncated table may begin again at the same place.  (What a
 * deletion puts in the field of the command makes the row look changed, no more.)
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
