/*-------------------------------------------------------------------------
 *
 * wording.h
 *	  Pieces of sentences, and values in commands that a person pastes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_WORDING_H
#define MIGHEAD_CORE_BASE_WORDING_H

#include "core/base/base.h"

/* "a", "a and b" or "a, b, c and 7 more": lists in sentences stay short.  What is blank at an end is quoted. */
extern char *mh_enumerate(const MhStrings *list);

/* "" for one, else "s". */
extern const char *mh_plural(int n);

/*
 * A string literal of SQL, whatever standard_conforming_strings is where it is
 * pasted.
 */
extern char *mh_sql_literal(const char *text);

/*
 * An array literal of SQL, as array_out writes it, with so many NULLs at its end; not
 * quoted itself.
 */
extern char *mh_array_literal(const MhStrings *list, int nulls);

/* A set of rows as functions of ours take it: one id, or an array literal. */
extern char *mh_row_set_literal(const MhStrings *rows);

/* Elements of a list that has ", " between them, each with what parentheses and quotes hold. */
extern MhStrings mh_split_list(const char *list);

/* One word of a POSIX shell, quoted where it has to be. */
extern char *mh_shell_word(const char *text);

#endif /* MIGHEAD_CORE_BASE_WORDING_H */
