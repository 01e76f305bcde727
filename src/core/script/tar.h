/*-------------------------------------------------------------------------
 *
 * tar.h
 *	  Reads tar archives in memory.
 *
 * Understands what tar programs and "git archive" write: the old V7 format, ustar, GNU's long names
 * and pax headers.  Only names are copied.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_TAR_H
#define MIGHEAD_CORE_SCRIPT_TAR_H

#include "core/base/base.h"

typedef enum MhTarKind
{
	MH_TAR_FILE,
	MH_TAR_HARD_LINK,
	MH_TAR_SYMBOLIC_LINK,
	MH_TAR_DIRECTORY,
	MH_TAR_SPARSE, /* a file without its holes: data is not its content */
	MH_TAR_OTHER   /* device, pipe, ... */
} MhTarKind;

typedef struct MhTarMember
{
	MhTarKind kind;
	const char *path;   /* below the archive's root, without "." and doubled slashes;
						 * "" for the root itself */
	const char *target; /* of links, as stored; else NULL */
	const char *data;   /* in the archive */
	size_t size;        /* bytes of data */
} MhTarMember;

typedef enum MhTarStatus
{
	MH_TAR_MEMBER, /* *member is filled; its names are good until the next call */
	MH_TAR_END,    /* the end-of-archive mark was reached */
	MH_TAR_REFUSED /* MH221 */
} MhTarStatus;

typedef struct MhTar
{
	const char *data;
	size_t size;
	size_t at; /* offset of the next header */
	StringInfoData path;
	StringInfoData target;
} MhTar;

extern void mh_tar_begin(MhTar *tar, const char *data, size_t size);

/*
 * Reads the next member.  Refuses with MH221, naming the offset in bytes, what is no tar archive
 * (with a hint if it is compressed) and what is damaged or ends too early.  Members with an
 * absolute name, or with ".." in it, are refused too, because no directory has such files.
 */
extern MhTarStatus mh_tar_next(MhTar *tar, MhTarMember *member, MhError *err);

extern void mh_tar_end(MhTar *tar);

#endif /* MIGHEAD_CORE_SCRIPT_TAR_H */
