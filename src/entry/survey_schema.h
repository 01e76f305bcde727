/*-------------------------------------------------------------------------
 *
 * survey_schema.h
 *	  Finds facts about the schema of a version table for the diagnosis.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_SURVEY_SCHEMA_H
#define MIGHEAD_ENTRY_SURVEY_SCHEMA_H

#include "server/version_table/version_table.h"
#include "core/diagnosis/diagnosis.h"

/*
 * Compares the schema with the expectation at the rows of a version table that could be read (NULL:
 * there is none).  Locates the schema if the rows do not tell its revision or contradict it.
 * has_user_tables: there are tables to be located.  Marks inserted revisions whose objects are
 * missing or present.  Returns NULL if the project has no expectations.
 *
 * Reads as the caller.  Locks as mh_compare_schema; never waits.
 */
extern const MhSchemaFacts *mh_survey_schema(const MhVersionTable *table, MhScripts *scripts,
											 bool has_user_tables, bool with_global, bool stores,
											 MhInserted *inserted, int inserted_n);

#endif /* MIGHEAD_ENTRY_SURVEY_SCHEMA_H */
