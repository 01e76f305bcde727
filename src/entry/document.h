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
 *	  }?
 *	}
 *
 * "?" marks what may be null or absent.  The members mean what the columns of the tables
 * mean.  Times are ISO 8601, those of releases in UTC.  Releases are in the order of
 * their numbers, the highest one is current; revisions are in load order, then those that
 * are retired, then those that wait.  What belongs to a database rather than to the
 * scripts (environment, protection) is not in it.
 *
 * "mighead" is the version of the format.  It is raised when a reader of the version before
 * would get something wrong; other members may come without that, and readers leave out what they do
 * not know.  The format of a set is that of its definitions: one that is newer than what this version
 * compares is refused.
 *
 * Definitions are ordered by type, object and checksum, sets by rows, changes by type and
 * object: so capturing one more revision adds lines and moves none.  Who captured when is not
 * there, since a document that is built anew would differ in all sets.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_DOCUMENT_H
#define MIGHEAD_ENTRY_DOCUMENT_H

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
	MhRelease *releases;          /* by number */
	MhScripts scripts;            /* ordered as from mh_scripts_read; no project, no graph */
	MhExpectations *expectations; /* with all definitions; NULL: there are none in it */
	MhStrings unknown;            /* members that this version does not know */
} MhDocument;

/*
 * The project's document as JSON, in the database's encoding.  expectations may be NULL, and are
 * loaded otherwise.
 */
extern char *mh_document_write(const MhProject *project, const MhScripts *scripts,
							   const List *releases, MhExpectations *expectations);

/* The member "expectations", in a file of its own. */
extern void mh_document_write_expectations(StringInfo json, const MhExpectations *expectations);
extern MhExpectations *mh_document_read_expectations(const MhJsonObject *root);

/* Reads and checks a document; MH222, naming the member, for anything wrong in it. */
extern MhDocument *mh_document_read(Jsonb *json);

#endif /* MIGHEAD_ENTRY_DOCUMENT_H */
