/*-------------------------------------------------------------------------
 *
 * mighead.h
 *	  What the server side of mighead shares: errors, arrays, arguments.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_H
#define MIGHEAD_H

#include "postgres.h"

#include "compat.h"
#include "core/base/base.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/*
 * The server's quote_identifier and quote_qualified_identifier, but for quote_all_identifiers: what
 * the session has set must not change a name that is compared.
 */
extern const char *mh_quote_identifier(const char *name);
extern char *mh_quote_qualified_identifier(const char *schema, const char *name);

/* SQLSTATE as a number, from a code of five characters. */
extern int mh_sqlstate(const char *code);

/* Raises what a core refused. */
pg_noreturn extern void mh_raise(const MhError *err);

/*
 * A NULL argument where a value is required: 22004, naming function and
 * argument.
 */
extern void mh_require_argument(FunctionCallInfo fcinfo, int argno, const char *name);

/*
 * Every string in a struct of mighead is UTF-8, because the cores are.  The
 * following convert from and to the server's encoding at the border; where that is
 * UTF-8 or SQL_ASCII there is nothing to do, and the argument itself comes back.
 */
extern char *mh_to_utf8(const char *text);
extern char *mh_from_utf8(const char *text);

/* An argument max_samples: 22023 for a negative one. */
extern void mh_require_samples(int max_samples);

/* The text argument, or NULL if it is NULL. */
extern char *mh_text_argument(FunctionCallInfo fcinfo, int argno);

/* An interval that goes back from now, as the time; 0 if it is NULL. */
extern TimestampTz mh_since_argument(FunctionCallInfo fcinfo, int argno);

/* A text Datum, or NULL's (with *is_null set) for NULL. */
extern Datum mh_text_datum(const char *text);
extern Datum mh_text_datum_or_null(const char *text, bool *is_null);

/* text[] from strings, and back; a NULL element raises 22004 naming argument. */
extern Datum mh_strings_datum(const MhStrings *strings);
extern MhStrings mh_strings_from_array(Datum array, const char *argument);

/* The same of an array that is stored: NULL elements are left out and counted (nulls may be NULL). */
extern MhStrings mh_strings_stored(Datum array, int *nulls);

/*
 * A row set argument: one id, or several as an array literal.  Text that
 * begins with "{" is an array literal (22P02 if malformed, 22004 for a NULL
 * element).
 */
extern MhStrings mh_row_set(const char *value, const char *argument);

/* The same where NULL elements count: they are left out, and *nulls is how many there are. */
extern MhStrings mh_row_set_with_nulls(const char *value, int *nulls);

/*
 * What stands before a function of ours in SQL that is printed: the schema of the function being
 * executed and a dot, quoted, in UTF-8.  Always: whatever the search_path finds first may be
 * somebody else's.
 */
extern char *mh_function_prefix(FunctionCallInfo fcinfo);

/* The schema that CREATE EXTENSION was given; InvalidOid: the extension is not there. */
extern Oid mh_extension_schema(void);

/* The same as mh_function_prefix(), where no function of ours is at hand. */
extern char *mh_extension_prefix(void);

/* Runs the following as the owner of our tables, with search_path pinned. */
typedef struct MhIdentity
{
	Oid user;
	int security_context;
	int guc_level;
} MhIdentity;

/* As the caller, search_path pinned: for reading. */
extern MhIdentity mh_begin_reading(void);

/*
 * As the owner of our tables, search_path pinned: for writing them.  A role
 * needs EXECUTE on the entry point and nothing else.  Errors restore the
 * caller's identity by themselves (transaction abort does).
 */
extern MhIdentity mh_begin_writing(void);
extern void mh_end(const MhIdentity *identity);

#endif /* MIGHEAD_H */
