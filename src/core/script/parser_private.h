/*-------------------------------------------------------------------------
 *
 * parser_private.h
 *	  Declarations that the parts of the header parser share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_PARSER_PRIVATE_H
#define MIGHEAD_CORE_SCRIPT_PARSER_PRIVATE_H

#include "core/script/script.h"
#include "core/script/python_literal.h"

/* Words that the parser knows; the variables come first. */
typedef enum MhScriptWord
{
	MH_WORD_REVISION,
	MH_WORD_DOWN_REVISION,
	MH_WORD_BRANCH_LABELS,
	MH_WORD_DEPENDS_ON,
	MH_WORD_OTHER,
	MH_WORD_AS,
	MH_WORD_ASYNC,
	MH_WORD_BLOCK, /* begins any other compound statement */
	MH_WORD_CASE,
	MH_WORD_DEF, /* and class */
	MH_WORD_DEL,
	MH_WORD_DYNAMIC, /* a builtin function through which names can be bound */
	MH_WORD_FOR,
	MH_WORD_FROM,
	MH_WORD_GLOBAL,
	MH_WORD_IF,
	MH_WORD_IMPORT,
	MH_WORD_IN,
	MH_WORD_LAMBDA,
	MH_WORD_TYPE
} MhScriptWord;

#define MH_VARIABLES MH_WORD_OTHER
#define MH_ALL_VARIABLES ((1U << MH_VARIABLES) - 1)

/* A piece of the source, to be quoted in an error. */
typedef struct MhQuote
{
	const char *text;
	size_t length;
} MhQuote;

typedef struct MhVariable
{
	enum
	{
		MH_VARIABLE_ABSENT,
		MH_VARIABLE_KNOWN,
		MH_VARIABLE_UNKNOWN
	} state;
	bool pinned; /* stays unknown, whatever is assigned later */
	int64 line;
	MhLiteralKind kind; /* kind of the known value */
	MhStrings items;
	const char *what; /* the construct that makes it unknown */
	const char *why;
	MhQuote quote;
} MhVariable;

typedef enum MhStatementKind
{
	MH_STATEMENT_EXPRESSION, /* or assignment */
	MH_STATEMENT_BLOCK,      /* header of a compound statement */
	MH_STATEMENT_FOR,
	MH_STATEMENT_DEF,
	MH_STATEMENT_IMPORT,
	MH_STATEMENT_FROM,
	MH_STATEMENT_DEL
} MhStatementKind;

/* A part of an assignment, between two equals signs. */
typedef struct MhSegment
{
	enum
	{
		MH_SEGMENT_START,
		MH_SEGMENT_NAME, /* one name and parentheses */
		MH_SEGMENT_OTHER
	} shape;
	MhScriptWord name; /* of MH_SEGMENT_NAME */
	unsigned bound;    /* variables that it binds if it is a target */
} MhSegment;

typedef struct MhStatement
{
	bool begun;
	MhStatementKind kind;
	MhScriptWord first;
	int64 line;
	int targets;       /* equals signs read */
	bool annotating;   /* between the colon and the equals sign */
	bool past_keyword; /* behind the "in" of for, the "import" of from, the guard of case */
	int as_depth;      /* depth of the bracket behind "as", or 0 */
	MhSegment segment;

	/* Variables that the statement affects; applied when it ends. */
	unsigned plain;
	unsigned unpacked;
	unsigned augmented;
	unsigned walrus;
	unsigned patterns;
	unsigned loaded;
	MhQuote dynamic; /* the builtin called, if any */
} MhStatement;

/* What is known about one depth of brackets. */
typedef struct MhLevel
{
	bool opaque;    /* names in it are no targets of an assignment outside */
	bool in_body;   /* in the body of a lambda expression */
	int base;       /* number of unfinished lambda expressions outside that body */
	int unfinished; /* lambda expressions whose colon is still to come */
} MhLevel;

/* A name whose meaning depends on the next token. */
typedef struct MhPendingName
{
	bool is_set;
	MhScriptWord word;
	MhScriptWord before; /* the token before it */
	int op_before;
	bool grouped; /* all brackets around it group targets */
	MhQuote quote;
	MhLevel *level;
	int depth;
} MhPendingName;

/* Collects the pieces of the code: a call for each of them would cost more than the scanner does. */
typedef struct MhCodeWriter
{
	MhCodeTaker take;
	void *taker;
	bool is_first_line;
	bool is_line_start;
	bool is_left_out; /* the logical line is no code */
	size_t n;
	char bytes[4096];
} MhCodeWriter;

typedef struct MhHeaderParser
{
	const char *file_name;
	MhError *err;
	MhCodeWriter *code; /* NULL: nobody asks for the code */
	MhScanner scanner;
	MhLiteral literal;
	bool feeding; /* tokens are added to literal */
	MhVariable variables[MH_VARIABLES];
	char *docstring;
	bool docstring_possible; /* no statement has ended yet */
	int64 too_long_at;       /* line of a docstring over MH_LITERAL_LIMIT; 0: none */

	/* The logical line. */
	bool at_line_start;
	bool in_scope;      /* inside a function or class */
	int64 scope_column; /* column of its header; -1: outside */
	bool in_global;     /* in a "global" statement inside it */
	bool in_block;      /* at module level, but run conditionally */
	MhQuote block_keyword;

	/* The statement at module level. */
	MhStatement statement;
	MhPendingName pending;
	MhScriptWord word_before;
	int op_before;
	bool operand_before;
	int depth;
	int opaque_levels;
	int lambda_bodies;
	MhLevel levels[MH_PYTHON_DEPTH + 1];
} MhHeaderParser;

/*
 * statements.c: reads all statements of the source that p->scanner has.  Returns false if the
 * scanner found a problem, or if p->too_long_at is set.
 */
extern bool mh_parser_read_statements(MhHeaderParser *p);

/* code.c: mh_code_add takes each token, up to the one that ends the source. */
extern void mh_code_begin(MhCodeWriter *writer, MhCodeTaker take, void *taker);
extern void mh_code_add(MhCodeWriter *writer, const MhToken *token, const MhScanner *scanner);

/* Returns the name of a variable as scripts spell it. */
extern const char *mh_variable_name(MhScriptWord variable);

#endif /* MIGHEAD_CORE_SCRIPT_PARSER_PRIVATE_H */
