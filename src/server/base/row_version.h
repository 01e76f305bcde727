/*-------------------------------------------------------------------------
 *
 * row_version.h
 *	  Tells whether a row is still the same version as at an earlier look.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_ROW_VERSION_H
#define MIGHEAD_SERVER_BASE_ROW_VERSION_H

#include "mighead.h"

#include "access/htup_details.h"
#include "common/hashfn.h"
#include "utils/rel.h"

/*
 * Returns a hash that identifies a version of a row: its table, the transaction and command that
 * wrote it, and its place.  The command is needed because a table that is truncated and filled
 * again in one transaction may use the same place.  (A deletion changes the field of the command,
 * so the row then looks changed, which does no harm.)
 *
 * Equal versions are the same bytes only in the same file: VACUUM FULL and CLUSTER move rows to
 * other places and leave the rest as it is.  Whoever compares versions compares mh_file_version of
 * the table too.
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

/* Returns a hash that identifies a table and the file that has its rows. */
static inline uint64
mh_file_version(Relation table)
{
	uint32 version[2] = {RelationGetRelid(table), MH_FILE_NUMBER(table)};

	return hash_bytes_extended((const unsigned char *) version, sizeof(version), 0);
}

#endif /* MIGHEAD_SERVER_BASE_ROW_VERSION_H */
