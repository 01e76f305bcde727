/*-------------------------------------------------------------------------
 *
 * script_source.h
 *	  Turns the bytes of a migration file into what is stored of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_SCRIPT_SOURCE_H
#define MIGHEAD_ENTRY_SCRIPT_SOURCE_H

#include "server/scripts/scripts.h"
#include "core/script/script.h"

/*
 * Decodes and parses a file's bytes and adds the script.  A script that cannot be read (MH220;
 * MH215 for its id) is added with the refusal, because a manual registration may replace it.
 * mh_script_source_end follows the last one.
 */
extern void mh_script_source_add(MhIncoming *incoming, const MhScriptFile *file, const char *data,
								 size_t size);
extern void mh_script_source_end(MhIncoming *incoming);

/* Adds a file whose bytes could not be read, with the reason. */
extern void mh_script_source_refuse(MhIncoming *incoming, const MhScriptFile *file,
									const MhError *refusal);

/*
 * Reads a create date as scripts have it.  An offset from UTC is ignored.  Returns false if it is
 * no date.
 */
extern bool mh_create_date(const char *text, Timestamp *create_date);

#endif /* MIGHEAD_ENTRY_SCRIPT_SOURCE_H */
