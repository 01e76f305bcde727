/*-------------------------------------------------------------------------
 *
 * python_literal.h
 *	  Reads the literals that a migration header may hold: None, strings, and tuples and lists
 *	  of them.
 *
 * Literals are read token by token, so that a value is never stored as source.  Strings get the
 * value that they have in Python.  Anything but such a literal is remembered as the reason for a
 * refusal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_PYTHON_LITERAL_H
#define MIGHEAD_CORE_SCRIPT_PYTHON_LITERAL_H

#include "core/script/python_scanner.h"

/* Maximal size of one header value, in bytes of source. */
#define MH_LITERAL_LIMIT (1024 * 1024)

typedef enum MhLiteralKind
{
	MH_LITERAL_EMPTY, /* nothing read yet */
	MH_LITERAL_NONE,
	MH_LITERAL_STRING,
	MH_LITERAL_TUPLE,
	MH_LITERAL_LIST
} MhLiteralKind;

typedef struct MhLiteral
{
	/* The result, once mh_literal_end has returned true. */
	MhLiteralKind kind;
	MhStrings items; /* one for a string; None as an element leaves no item */

	/* Why it is no literal: a sentence in which %s stands for word.  NULL: it is a literal. */
	const char *problem;
	const char *word; /* in the source */
	size_t word_length;
	bool too_long; /* the problem is that the value exceeds MH_LITERAL_LIMIT */

	/* Private. */
	bool is_docstring;
	const char *start;
	MhLiteralKind current; /* kind of what was read since the last comma or bracket */
	bool joinable;         /* the last token was a string, which another one continues */
	int nones;
	StringInfoData text;
	int depth;
	struct
	{
		char opener; /* '\0' at depth 0 */
		bool comma;
	} frames[MH_PYTHON_DEPTH + 1];
} MhLiteral;

/*
 * Begins a literal.  A value is refused if it contains what no PostgreSQL text can hold ("\0", half
 * a surrogate pair), or "\N{...}", because there is no table of names.  A docstring keeps these as
 * written.  An f-string is no docstring.
 */
extern void mh_literal_begin(MhLiteral *literal, bool is_docstring);

/* Adds the next token of the value.  Cheap if there is a problem already. */
extern void mh_literal_add(MhLiteral *literal, const MhToken *token);

/* Ends the value.  Returns false, with problem set, if it is no literal. */
extern bool mh_literal_end(MhLiteral *literal);

/* Frees the memory.  The literal can then be begun again. */
extern void mh_literal_free(MhLiteral *literal);

#endif /* MIGHEAD_CORE_SCRIPT_PYTHON_LITERAL_H */
