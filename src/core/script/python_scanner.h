/*-------------------------------------------------------------------------
 *
 * python_scanner.h
 *	  Tokens of Python source, as far as reading a migration header needs them.
 *
 * Follows the "Lexical analysis" chapter of the Python language reference,
 * 2.x prefixes excepted.  f-strings nest as since Python 3.12, which takes in
 * everything that earlier releases allowed.  The scanner allocates nothing
 * and looks at every byte a bounded number of times.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_PYTHON_SCANNER_H
#define MIGHEAD_CORE_SCRIPT_PYTHON_SCANNER_H

#include "core/base/base.h"

/* CPython allows 200 open brackets and 150 f-strings one in another. */
#define MH_PYTHON_DEPTH 350

typedef enum MhTokenKind
{
	MH_TOKEN_NONE, /* never handed out */
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
	int depth;        /* brackets open around it; an opening one counts itself */
	int64 line;       /* where it starts, from 1 */
	const char *text; /* a string's body, without prefix and quotes */
	size_t length;    /* bytes of text */

	/* Of strings only. */
	bool raw;
	bool bytes;
	bool template;  /* t-string */
	bool formatted; /* f-string or t-string */
	bool has_field; /* replacement fields follow as tokens, text means nothing */
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
	int fstring;    /* index of the f-string frame around (or itself), or -1 */
	MhToken string; /* MH_FRAME_FSTRING: the token to hand out */
	bool triple;
} MhFrame;

typedef struct MhScanner
{
	const char *at;
	const char *end;
	int64 line;
	int64 column;      /* of the first token of the logical line */
	bool line_started; /* has the logical line a token yet? */
	int depth;
	MhFrame frames[MH_PYTHON_DEPTH];

	/* Why mh_scan_next returned false. */
	int64 problem_line;
	const char *problem;
	char problem_bracket; /* what the text's %c stands for, if it has one */
} MhScanner;

/* source is valid UTF-8 without NUL bytes and without byte order mark. */
extern void mh_scan_init(MhScanner *scanner, const char *source, size_t length);

/* Reads one token; false, with problem set, where Python could not go on. */
extern bool mh_scan_next(MhScanner *scanner, MhToken *token);

#endif /* MIGHEAD_CORE_SCRIPT_PYTHON_SCANNER_H */
