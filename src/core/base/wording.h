/*-------------------------------------------------------------------------
 *
 * wording.h
 *	  Builds pieces of sentences, and values in commands that a person pastes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_WORDING_H
#define MIGHEAD_CORE_BASE_WORDING_H

#include "core/base/base.h"

/*
 * Returns "a", "a and b" or "a, b, c and 7 more", so that lists in sentences stay short.  An
 * element that begins or ends with a blank is quoted.
 */
extern char *mh_enumerate(const MhStrings *list);

/* Returns "" for 1, otherwise "s". */
extern const char *mh_plural(int n);

/* Returns an SQL string literal.  It is right with standard_conforming_strings on and off. */
extern char *mh_sql_literal(const char *text);

/*
 * Returns an SQL array literal as array_out writes it, with that many NULLs at its end.  It is not
 * quoted.
 */
extern char *mh_array_literal(const MhStrings *list, int nulls);

/* Returns a set of rows as mighead's functions take it: one id, or an array literal. */
extern char *mh_row_set_literal(const MhStrings *rows);

/* Splits a list at ", ", but not inside parentheses or quotes. */
extern MhStrings mh_split_list(const char *list);

/* Returns text as one word of a POSIX shell, quoted if it has to be. */
extern char *mh_shell_word(const char *text);

#endif /* MIGHEAD_CORE_BASE_WORDING_H */
