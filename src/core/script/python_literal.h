/*-------------------------------------------------------------------------
 *
 * python_literal.h
 *	  The literals that a migration header may hold: None, strings, and tuples
 *	  and lists of them.
 *
 * Fed token by token, so that a value is never stored as source.  The strings
 * come out as Python would have them; anything but such a literal is remembered
 * as the reason for a refusal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_PYTHON_LITERAL_H
#define MIGHEAD_CORE_SCRIPT_PYTHON_LITERAL_H

#include "core/script/python_scanner.h"

/* Bytes of source that one header value may take. */
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

	/* Why it is no literal: a sentence, %s standing for word.  NULL if it is one. */
	const char *problem;
	const char *word; /* in the source */
	size_t word_length;
	bool too_long; /* the problem is MH_LITERAL_LIMIT */

	/* Private. */
	bool is_docstring;
	const char *start;
	MhLiteralKind current; /* what stands since the last comma or bracket */
	bool joinable;         /* the last token was a string, another continues it */
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
 * Begins a literal.  What no text in PostgreSQL can hold ("\0", half a surrogate
 * pair) and "\N{...}", there being no table of names here, are reasons to refuse
 * a value; a docstring keeps them as written.  An f-string is no docstring.
 */
extern void mh_literal_begin(MhLiteral *literal, bool is_docstring);

/* Takes the next token of the value.  Cheap once there is a problem. */
extern void mh_literal_add(MhLiteral *literal, const MhToken *token);

/* Ends the value; false, with problem set, unless it is a literal. */
extern bool mh_literal_end(MhLiteral *literal);

/* Gives memory back; the literal may be begun again. */
extern void mh_literal_free(MhLiteral *literal);

#endif /* MIGHEAD_CORE_SCRIPT_PYTHON_LITERAL_H */
