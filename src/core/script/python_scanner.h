/*-------------------------------------------------------------------------
 *
 * python_scanner.h
 *	  Splits Python source into tokens, as far as reading a migration header needs them.
 *
 * Follows the "Lexical analysis" chapter of the Python language reference, except for the prefixes
 * of Python 2.  f-strings nest as since Python 3.12, which includes everything that earlier
 * releases allowed.  The scanner allocates nothing and looks at every byte a bounded number of
 * times.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_PYTHON_SCANNER_H
#define MIGHEAD_CORE_SCRIPT_PYTHON_SCANNER_H

#include "core/base/base.h"

/* CPython allows 200 open brackets and 150 nested f-strings. */
#define MH_PYTHON_DEPTH 350

typedef enum MhTokenKind
{
	MH_TOKEN_NONE, /* never returned */
	MH_TOKEN_END,
	MH_TOKEN_NEWLINE, /* end of a logical line */
	MH_TOKEN_NAME,    /* identifier or keyword */
	MH_TOKEN_NUMBER,
	MH_TOKEN_STRING,
	MH_TOKEN_OPERATOR
} MhTokenKind;

/* MhToken.op is the character of a one-character operator, or one of these. */
typedef enum MhOperator
{
	MH_OP_NONE = 0,
	MH_OP_WALRUS = 256, /* := */
	MH_OP_AUGMENTED,    /* += and its like */
	MH_OP_OTHER         /* any other of several characters */
} MhOperator;

typedef struct MhToken
{
	MhTokenKind kind;
	int op;           /* MH_OP_NONE unless an operator */
	int depth;        /* open brackets around it; an opening bracket counts itself */
	int64 line;       /* where it starts, from 1 */
	const char *text; /* a string's body, without prefix and quotes */
	size_t length;    /* bytes of text */

	/* Of strings only. */
	bool raw;
	bool bytes;
	bool template;  /* t-string */
	bool formatted; /* f-string or t-string */
	bool has_field; /* replacement fields follow as tokens; text means nothing */
} MhToken;

typedef enum MhFrameKind
{
	MH_FRAME_BRACKET,
	MH_FRAME_FSTRING, /* between the quotes of an f-string */
	MH_FRAME_FIELD,   /* in the expression of a replacement field */
	MH_FRAME_SPEC     /* in its format specification */
} MhFrameKind;

typedef struct MhFrame
{
	MhFrameKind kind;
	char opener; /* bracket or quote character */
	int64 line;
	int fstring;    /* index of the enclosing f-string frame (or of itself), or -1 */
	MhToken string; /* MH_FRAME_FSTRING: the token to return */
	bool triple;
} MhFrame;

typedef struct MhScanner
{
	const char *at;
	const char *end;
	int64 line;
	int64 column;      /* of the first token of the logical line */
	bool line_started; /* the logical line has a token */
	int depth;
	MhFrame frames[MH_PYTHON_DEPTH];

	/* Why mh_scan_next returned false. */
	int64 problem_line;
	const char *problem;
	char problem_bracket; /* the bracket for which %c in problem stands */
} MhScanner;

/* Begins scanning source.  It must be valid UTF-8 without NUL bytes and without byte order mark. */
extern void mh_scan_init(MhScanner *scanner, const char *source, size_t length);

/* Reads one token.  Returns false, with problem set, if the source is not valid Python. */
extern bool mh_scan_next(MhScanner *scanner, MhToken *token);

#endif /* MIGHEAD_CORE_SCRIPT_PYTHON_SCANNER_H */
