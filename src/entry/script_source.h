/*-------------------------------------------------------------------------
 *
 * script_source.h
 *	  From the bytes of a migration file to what is stored of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_SCRIPT_SOURCE_H
#define MIGHEAD_ENTRY_SCRIPT_SOURCE_H

#include "server/scripts/scripts.h"
#include "core/script/script.h"

/*
 * Decodes and parses a file's bytes and adds the script.  One that cannot be read
 * (MH220; MH215 for its id) is added with the refusal, as it may be registered by
 * hand.
 */
extern void mh_script_source_add(MhIncoming *incoming, const MhScriptFile *file, const char *data,
								 size_t size);

/* Adds a file whose bytes could not be had, for this reason. */
extern void mh_script_source_refuse(MhIncoming *incoming, const MhScriptFile *file,
									const MhError *refusal);

/* A create date as scripts have it; the offset from UTC that some write is left out. */
extern bool mh_create_date(const char *text, Timestamp *create_date);

#endif /* MIGHEAD_ENTRY_SCRIPT_SOURCE_H */
