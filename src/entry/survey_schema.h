/*-------------------------------------------------------------------------
 *
 * survey_schema.h
 *	  Facts about the schema beside a version table, for the diagnosis.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_SURVEY_SCHEMA_H
#define MIGHEAD_ENTRY_SURVEY_SCHEMA_H

#include "server/version_table/version_table.h"
#include "core/diagnosis/diagnosis.h"

/*
 * Compares the schema with what is expected at the rows of a version table that could be
 * read (NULL: there is none), and says which revision it is where the rows do not tell
 * or claim what is not so.  has_user_tables: there is something to be located.  NULL
 * where the project has no expectations.
 * Says of inserted revisions whether the objects that they make are there.
 *
 * As the caller; locks and what is never waited for as mh_compare_schema.
 */
extern const MhSchemaFacts *mh_survey_schema(const MhVersionTable *table, MhScripts *scripts,
											 bool has_user_tables, bool with_global,
											 MhInserted *inserted, int inserted_n);

#endif /* MIGHEAD_ENTRY_SURVEY_SCHEMA_H */
