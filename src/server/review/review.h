/*-------------------------------------------------------------------------
 *
 * review.h
 *	  Reads a migration script and judges it against this database.
 *
 * The text is cut with the server's scanner and parsed with its raw parser.  Nothing of it is
 * analysed as a statement, planned or run; a single expression is analysed where all that it names
 * is built in.  Locks: AccessShareLock on tables whose size or rows are looked at, without waiting.
 *
 *	  cut.c            statements of a text
 *	  facts*.c         parse trees to plain facts
 *	  world.c          live relations and types, as the model begins
 *	  expressions.c    expressions, casts, index keys, over the columns of the model
 *	  queries.c        queries, over the relations of the model
 *	  cannot_fail.c    expressions and queries that fail for no value
 *	  values.c         values that are written, defaults, checks; constants.c: constants
 *	  rows.c           what the rows decide
 *	  holders.c        who holds locks now
 *	  recorded.c       statements that were recorded in CI
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_REVIEW_REVIEW_H
#define MIGHEAD_SERVER_REVIEW_REVIEW_H

#include "mighead.h"
#include "core/review/review.h"
#include "server/definitions/definitions.h"
#include "server/version_table/version_table.h"

#include "nodes/pg_list.h"

/* A text to review.  text is in the server's encoding. */
typedef struct MhReviewPiece
{
	const char *revision; /* UTF-8; NULL: as the markers in the text say */
	const char *text;
	const char
		*search_path; /* that is set when it runs, in the server's encoding; NULL: as it is */
	bool has_lines;   /* lines of it mean something to the caller */
} MhReviewPiece;

/* What is not known of a revision. */
typedef struct MhReviewNote
{
	const char *revision;
	const char *detail;
	int after; /* number of the statement after which it stands */
} MhReviewNote;

typedef struct MhReviewOptions
{
	const MhVersionTable *table; /* NULL: there is none */
	const char *version_name;    /* of a version table that the script makes; UTF-8 */
	bool check_data;
	Oid role; /* that will run the script */
	/* a database elsewhere, whose OIDs role and version_oid are; NULL: this one */
	MhSource *source;
	const char *role_name; /* UTF-8 */
	uint32 version_oid;    /* 0: there is no version table */
	int most_statements;   /* those after it are not looked at; 0: all are */
} MhReviewOptions;

/*
 * Reviews the pieces (List of MhReviewPiece *) one after the other, as one script.  Returns the
 * effects in the script's order.  Raises no error because of what the script says.
 */
extern MhReviewEffect **mh_review_pieces(List *pieces, const MhReviewOptions *options, int *n);

/*
 * recorded.c: reviews what was recorded of revisions (List of MhRecorded *, from mh_statements_of), as
 * one script.  What comes after a revision that is not known is not judged, since it may rest on
 * what that makes: notes (List of MhReviewNote *) say so.
 */
extern MhReviewEffect **mh_review_recorded(const List *recorded, const MhReviewOptions *options,
										   int *n, List **notes);

/*
 * Returns whether the statements, as they were recorded, find the tables beside a version table of
 * this schema (UTF-8): those of another tenant do not.
 */
extern bool mh_recorded_fits(const List *recorded, const char *version_schema);

/* The role that will run a migration: the caller if he may write the version table, else its owner. */
extern Oid mh_review_role(const MhVersionTable *table);

/*
 * there.c: sets the role that will run a script elsewhere: the one with this name (UTF-8), or as
 * mh_review_role.  Also sets the OID of the version table.  options: with the source and the table.
 * Returns false if there is no such role.
 */
extern bool mh_review_role_there(MhReviewOptions *options, const char *name);

/* Defines mighead.review_time, mighead.large_rows and mighead.large_bytes. */
extern void mh_review_define_settings(void);

#endif /* MIGHEAD_SERVER_REVIEW_REVIEW_H */
