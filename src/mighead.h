/*-------------------------------------------------------------------------
 *
 * mighead.h
 *	  Declarations that the server side of mighead shares: errors, arrays, arguments,
 *	  identity.
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
 * Quote as the server's quote_identifier and quote_qualified_identifier, but ignore
 * quote_all_identifiers: a setting of the session must not change a name that is compared.
 */
extern const char *mh_quote_identifier(const char *name);
extern char *mh_quote_qualified_identifier(const char *schema, const char *name);

/* Returns the SQLSTATE as a number from a code of five characters. */
extern int mh_sqlstate(const char *code);

/* Raises the error with which a core refused. */
pg_noreturn extern void mh_raise(const MhError *err);

/* Raises 22004, naming function and argument, if the argument is NULL. */
extern void mh_require_argument(FunctionCallInfo fcinfo, int argno, const char *name);

/*
 * Convert between the server's encoding and UTF-8.  Every string in a struct of mighead is UTF-8,
 * because the cores are.  If the server's encoding is UTF-8 or SQL_ASCII they return the argument
 * itself.
 */
extern char *mh_to_utf8(const char *text);
extern char *mh_from_utf8(const char *text);

/*
 * As mh_from_utf8, for what is printed: what the client's encoding lacks is written as \xe6\xbc\xa2. Of
 * what strangers wrote a reader must not raise.
 */
extern char *mh_for_client(const char *text);

/* Returns whether what the client gets is in another encoding than the database's. */
extern bool mh_client_differs(void);

/* Returns whether a name of the database has an equivalent in the client's encoding. */
extern bool mh_client_can_have(const char *name);

/* Raises 22023 for a negative argument max_samples. */
extern void mh_require_samples(int max_samples);

/* Returns the text argument in UTF-8, or NULL if it is NULL. */
extern char *mh_text_argument(FunctionCallInfo fcinfo, int argno);

/* Returns the time that an interval argument goes back from now, or 0 if it is NULL. */
extern TimestampTz mh_since_argument(FunctionCallInfo fcinfo, int argno);

/* Return a text Datum.  For NULL, the second sets *is_null. */
extern Datum mh_text_datum(const char *text);
extern Datum mh_text_datum_or_null(const char *text, bool *is_null);

/* Convert strings to text[] and back.  A NULL element raises 22004, naming the argument. */
extern Datum mh_strings_datum(const MhStrings *strings);
extern MhStrings mh_strings_from_array(Datum array, const char *argument);

/*
 * Returns the strings of a stored array.  NULL elements are left out and counted in *nulls (nulls
 * may be NULL).
 */
extern MhStrings mh_strings_stored(Datum array, int *nulls);

/*
 * Returns the rows of a row set argument: one id, or several as an array literal.  Text that begins
 * with "{" is an array literal: 22P02 if malformed, 22004 for a NULL element.
 */
extern MhStrings mh_row_set(const char *value, const char *argument);

/* As mh_row_set, but leaves NULL elements out and counts them in *nulls. */
extern MhStrings mh_row_set_with_nulls(const char *value, int *nulls);

/*
 * Returns the prefix of mighead's functions in printed SQL: the schema of the function being
 * executed and a dot, quoted, in UTF-8.  It is never empty, because the search_path may find
 * somebody else's function first.
 */
extern char *mh_function_prefix(FunctionCallInfo fcinfo);

/*
 * Returns the schema that CREATE EXTENSION was given, or InvalidOid if the extension does not
 * exist.
 */
extern Oid mh_extension_schema(void);

/* As mh_function_prefix(), but works outside of a function of mighead. */
extern char *mh_extension_prefix(void);

/* The caller's identity and settings, to be restored by mh_end. */
typedef struct MhIdentity
{
	Oid user;
	int security_context;
	int guc_level;
} MhIdentity;

/* Pins search_path and stays the caller.  For reading. */
extern MhIdentity mh_begin_reading(void);

/*
 * Pins search_path and becomes the owner of mighead's tables, for writing them.  A role needs
 * EXECUTE on the entry point and no other privilege.  After an error, transaction abort restores
 * the caller's identity.
 */
extern MhIdentity mh_begin_writing(void);
extern void mh_end(const MhIdentity *identity);

#endif /* MIGHEAD_H */
