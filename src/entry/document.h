/*-------------------------------------------------------------------------
 *
 * document.h
 *	  The document that mighead_export writes and mighead_import reads.
 *
 *	{
 *	  "mighead": 1,
 *	  "project": {"name": text, "version_table_name": text, "version_table_schema": text?,
 *	              "manages": [text]?},
 *	  "releases": [
 *	    {"release": integer, "label": text?, "heads": [text], "loaded_at": time,
 *	     "loaded_by": text, "source": text?}, ...],
 *	  "revisions": [
 *	    {"revision": text, "load_order": integer, "down_revision": [text],
 *	     "depends_on": [text], "branch_labels": [text], "message": text,
 *	     "create_date": time?, "file_name": text?, "checksum": text?,
 *	     "first_checksum": text?, "body_checksum": text?, "code_checksum": text?, "by_hand": boolean,
 *	     "first_release": integer?, "last_release": integer?}, ...],
 *	  "expectations": {
 *	    "definitions": [
 *	      {"type": text, "object": text, "parent": text?, "checksum": text,
 *	       "attributes": {text: text, ...}}, ...],
 *	    "sets": [
 *	      {"rows": [text], "previous_rows": [text]?, "revision": text?, "schemas": [text],
 *	       "format": integer, "deparser": integer, "server_version_num": integer,
 *	       "checksum": text,
 *	       "changes": [{"before": text?, "checksum": text?, "object": text, "type": text},
 *	                   ...]}, ...]
 *	  }?,
 *	  "statements": [
 *	    {"revision": text, "checksum": text?,
 *	     "step": [{"ordinal": integer, "statement": text?, "in_transaction": boolean, "role": text,
 *	               "search_path": text, "state": text}, ...]}, ...]?
 *	}
 *
 * "?" marks what may be null or absent.  The members have the meaning of the tables' columns.
 * Times are ISO 8601; those of releases are in UTC.  Releases are ordered by number; the highest is
 * current.  Revisions are in load order, then the retired ones, then those that wait for a load.
 * The environment and its protection are not in the document, because they belong to a database and
 * not to the scripts.
 *
 * "mighead" is the version of the format.  It is raised if a reader of the previous version would
 * misread a document.  Other members may be added without that; readers ignore unknown members.
 * The format of a set is that of its definitions.  A format newer than this version compares is
 * refused.
 *
 * Statements are there if the caller of mighead_export() may read mighead.statement.  They are
 * ordered by revision and ordinal.
 *
 * Definitions are ordered by type, object and checksum, sets by rows, changes by type and object.
 * So capturing one more revision adds lines and moves none.  The document does not say who captured
 * a set and when, because then every set of a rebuilt document would differ.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_DOCUMENT_H
#define MIGHEAD_ENTRY_DOCUMENT_H

#include "server/journal/journal.h"
#include "server/scripts/scripts.h"
#include "core/expectation/expectation.h"
#include "entry/json.h"

#define MH_DOCUMENT_VERSION 1

typedef struct MhDocument
{
	char *project;
	char *version_table_name;
	MhStrings manages;
	char *version_table_schema; /* NULL: any */
	int n_releases;
	MhRelease *releases;          /* ordered by number */
	MhScripts scripts;            /* ordered as from mh_scripts_read; no project, no graph */
	MhExpectations *expectations; /* with all definitions; NULL: none in the document */
	List *statements;             /* MhRecorded *, ordered by revision and ordinal */
	MhStrings unknown;            /* members that this version ignored */
} MhDocument;

/*
 * Returns the project's document as JSON in the database's encoding.  expectations may be NULL;
 * otherwise their definitions must be loaded.  statements: as from mh_statements_read.
 */
extern char *mh_document_write(const MhProject *project, const MhScripts *scripts,
							   const List *releases, MhExpectations *expectations,
							   const List *statements);

/* Write and read the member "statements" (document_statements.c). */
extern void mh_document_write_statements(StringInfo json, const List *statements);
extern List *mh_document_read_statements(const MhJsonObject *root);

/* Write and read the member "expectations" (document_expectations.c). */
extern void mh_document_write_expectations(StringInfo json, const MhExpectations *expectations);
extern MhExpectations *mh_document_read_expectations(const MhJsonObject *root);

/* Reads and checks a document.  Raises MH222, naming the member, for any error in it. */
extern MhDocument *mh_document_read(Jsonb *json);

#endif /* MIGHEAD_ENTRY_DOCUMENT_H */
