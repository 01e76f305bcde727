/*-------------------------------------------------------------------------
 *
 * parser.c
 *	  Static parser for the header of an Alembic migration file.
 *
 * Alembic runs a script as a Python module and looks at four of the module's
 * variables.  This follows every way in which Python source can bind a
 * module-level name ("Naming and binding" in the language reference): a plain
 * assignment of a literal at the top level is known, the last one wins, and
 * whatever else binds one of the four names after it makes the value unknown,
 * which is refused rather than guessed.  All other statements are skipped.
 * Code that reaches the variable through another module's attribute, or out of
 * a function that the script calls without "global", cannot be seen here.
 *
 * Statements are read token by token and never stored, so memory goes with the
 * header's values and time with the length of the file.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/script.h"

#include "common/unicode_norm.h"
#include "core/script/python_literal.h"
#include "mb/pg_wchar.h"

/* Words that mean something here; the variables come first. */
typedef enum Word
{
	WORD_REVISION,
	WORD_DOWN_REVISION,
	WORD_BRANCH_LABELS,
	WORD_DEPENDS_ON,
	WORD_OTHER,
	WORD_AS,
	WORD_ASYNC,
	WORD_BLOCK, /* begins a compound statement that the others do not cover */
	WORD_CASE,
	WORD_DEF, /* and class */
	WORD_DEL,
	WORD_DYNAMIC, /* a builtin function through which names can be bound */
	WORD_FOR,
	WORD_FROM,
	WORD_GLOBAL,
	WORD_IF,
	WORD_IMPORT,
	WORD_IN,
	WORD_LAMBDA,
	WORD_TYPE
} Word;

#define VARIABLES WORD_OTHER
#define ALL_VARIABLES ((1U << VARIABLES) - 1)

static const struct
{
	const char *text;
	size_t length;
	Word word;
} words[] = {
	{"revision", 8, WORD_REVISION},
	{"down_revision", 13, WORD_DOWN_REVISION},
	{"branch_labels", 13, WORD_BRANCH_LABELS},
	{"depends_on", 10, WORD_DEPENDS_ON},
	{"as", 2, WORD_AS},
	{"async", 5, WORD_ASYNC},
	{"case", 4, WORD_CASE},
	{"class", 5, WORD_DEF},
	{"def", 3, WORD_DEF},
	{"del", 3, WORD_DEL},
	{"elif", 4, WORD_BLOCK},
	{"else", 4, WORD_BLOCK},
	{"except", 6, WORD_BLOCK},
	{"exec", 4, WORD_DYNAMIC},
	{"finally", 7, WORD_BLOCK},
	{"for", 3, WORD_FOR},
	{"from", 4, WORD_FROM},
	{"global", 6, WORD_GLOBAL},
	{"globals", 7, WORD_DYNAMIC},
	{"if", 2, WORD_IF},
	{"import", 6, WORD_IMPORT},
	{"in", 2, WORD_IN},
	{"lambda", 6, WORD_LAMBDA},
	{"locals", 6, WORD_DYNAMIC},
	{"try", 3, WORD_BLOCK},
	{"type", 4, WORD_TYPE},
	{"while", 5, WORD_BLOCK},
	{"with", 4, WORD_BLOCK},
};

/* A piece of the source, for quoting it. */
typedef struct Quote
{
	const char *text;
	size_t length;
} Quote;

/* Bytes of source that an error quotes at most. */
#define QUOTE_LIMIT 60

/* Why the value of a variable cannot be known. */
typedef enum Obstacle
{
	OBSTACLE_VALUE,
	OBSTACLE_BLOCK,
	OBSTACLE_UNPACKED,
	OBSTACLE_AUGMENTED,
	OBSTACLE_WALRUS,
	OBSTACLE_DELETED,
	OBSTACLE_GLOBAL,
	OBSTACLE_IMPORT,
	OBSTACLE_STAR,
	OBSTACLE_FOR,
	OBSTACLE_AS,
	OBSTACLE_DEFINED,
	OBSTACLE_PATTERN,
	OBSTACLE_LIST,
	OBSTACLE_ALIAS,
	OBSTACLE_DYNAMIC
} Obstacle;

/* what follows the variable's name in the message; why is the detail. */
static const struct
{
	const char *what;
	const char *why;
} obstacles[] = {
	[OBSTACLE_VALUE] = {"is not assigned a literal", NULL},
	[OBSTACLE_BLOCK] = {"is assigned in a block",
						"Only running the script could tell whether the code under \"%s\" is "
						"reached."},
	[OBSTACLE_UNPACKED] = {"is assigned by unpacking",
						   "Which value belongs to which variable is not read from a common "
						   "assignment."},
	[OBSTACLE_AUGMENTED] = {"is changed by an augmented assignment",
							"The new value is computed from the old one."},
	[OBSTACLE_WALRUS] = {"is assigned inside an expression",
						 "Only running the script could tell whether and how often it is "
						 "evaluated."},
	[OBSTACLE_DELETED] = {"is deleted", "The script has a \"del\" statement for it."},
	[OBSTACLE_GLOBAL] = {"is declared global in a function or class",
						 "Only running the script could tell what is assigned to it there."},
	[OBSTACLE_IMPORT] = {"is imported", "The value is in another module."},
	[OBSTACLE_STAR] = {"may come from a star import",
					   "Which names \"import *\" binds is in another module."},
	[OBSTACLE_FOR] = {"is the target of a for loop", "The value depends on the loop."},
	[OBSTACLE_AS] = {"is bound by \"as\"", "The value is computed when the script runs."},
	[OBSTACLE_DEFINED] = {"is defined as something else",
						  "A function, class or type alias has this name."},
	[OBSTACLE_PATTERN] = {"is bound by a case pattern", "The value depends on what is matched."},
	[OBSTACLE_LIST] = {"is a list that is used again",
					   "Code that uses a list may change it; a tuple cannot change."},
	[OBSTACLE_ALIAS] = {"is a list with several names",
						"The list may be changed under another name; a tuple cannot change."},
	[OBSTACLE_DYNAMIC] = {"may be bound by a function",
						  "The script calls \"%s\", which can bind any name."},
};

typedef struct Variable
{
	enum
	{
		VARIABLE_ABSENT,
		VARIABLE_KNOWN,
		VARIABLE_UNKNOWN
	} state;
	bool pinned; /* unknown whatever is assigned later */
	int64 line;
	MhLiteralKind kind; /* what is known */
	MhStrings items;
	const char *what; /* why it is unknown */
	const char *why;
	Quote quote;
} Variable;

typedef enum StatementKind
{
	STATEMENT_EXPRESSION, /* or assignment */
	STATEMENT_BLOCK,      /* header of a compound statement */
	STATEMENT_FOR,
	STATEMENT_DEF,
	STATEMENT_IMPORT,
	STATEMENT_FROM,
	STATEMENT_DEL
} StatementKind;

/* The part of an assignment between two equals signs. */
typedef struct Segment
{
	enum
	{
		SEGMENT_START,
		SEGMENT_NAME, /* one name and parentheses */
		SEGMENT_OTHER
	} shape;
	Word name;      /* of SEGMENT_NAME */
	unsigned bound; /* variables that it binds if it is a target */
} Segment;

typedef struct Statement
{
	bool begun;
	StatementKind kind;
	Word first;
	int64 line;
	int targets;       /* equals signs read */
	bool annotating;   /* between the colon and the equals sign */
	bool past_keyword; /* behind the "in" of for, the "import" of from, the guard of case */
	int as_depth;      /* depth of the bracket behind "as", or 0 */
	Segment segment;

	/* Variables that it concerns; acted on when it ends. */
	unsigned plain;
	unsigned unpacked;
	unsigned augmented;
	unsigned walrus;
	unsigned patterns;
	unsigned loaded;
	Quote dynamic; /* the builtin called, if any */
} Statement;

/* What is known about one depth of brackets. */
typedef struct Level
{
	bool opaque;    /* names in it are no targets of an assignment around it */
	bool in_body;   /* in the body of a lambda expression... */
	int base;       /* ... which had so many unfinished ones around it */
	int unfinished; /* lambda expressions whose colon is still to come */
} Level;

/* A name stays here until the next token tells what it is. */
typedef struct PendingName
{
	bool is_set;
	Word word;
	Word before; /* the token before it */
	int op_before;
	bool grouped; /* all brackets around it group targets */
	Quote quote;
	Level *level;
	int depth;
} PendingName;

typedef struct Parser
{
	const char *file_name;
	MhError *err;
	MhScanner scanner;
	MhLiteral literal;
	bool feeding; /* tokens go to literal */
	Variable variables[VARIABLES];
	char *docstring;
	bool docstring_possible; /* no statement has ended yet */
	bool failed;             /* err is set */

	/* The logical line. */
	bool at_line_start;
	bool in_scope;      /* of a function or class */
	int64 scope_column; /* of its header; -1 outside */
	bool in_global;     /* in its "global" statement */
	bool in_block;      /* at module level, but not unconditionally */
	Quote block_keyword;

	/* The statement at module level. */
	Statement statement;
	PendingName pending;
	Word word_before;
	int op_before;
	bool operand_before;
	int depth;
	int opaque_levels;
	int lambda_bodies;
	Level levels[MH_PYTHON_DEPTH + 1];
} Parser;

/* ---------- errors ---------- */

static char *
quote_text(Quote quote)
{
	size_t length = quote.length;

	if (length > QUOTE_LIMIT)
	{
		length = QUOTE_LIMIT;
		while (length > 0 && ((unsigned char) quote.text[length] & 0xC0) == 0x80)
			length--;
	}
	return pnstrdup(quote.text, length);
}

/* "script "x.py", line 3: "; without line where it is 0. */
static char *
location(const Parser *p, int64 line)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "script");
	if (p->file_name != NULL)
		appendStringInfo(&buf, " \"%s\"", p->file_name);
	if (line > 0)
		appendStringInfo(&buf, ", line " INT64_FORMAT, line);
	return buf.data;
}

static bool
fail_source(Parser *p, int64 line, const char *reason)
{
	mh_fail(p->err, MHERR_SCRIPT, "%s: %s", location(p, line), reason);
	mh_fail_hint(p->err, "The file must be Python source, in UTF-8 or in the encoding that its "
						 "coding comment names.");
	return false;
}

static bool
fail_variable(Parser *p, Word name, int64 line, const char *what)
{
	mh_fail(p->err, MHERR_SCRIPT, "%s: \"%s\" %s", location(p, line), words[name].text, what);
	mh_fail_hint(p->err, "Assign a literal to it at the top level of the script, or register the "
						 "revision with mighead_add_revision().");
	return false;
}

/* ---------- words ---------- */

/*
 * Python compares identifiers after NFKC normalisation (PEP 3131), so a name in
 * fullwidth or mathematical letters can be one of the variables.  To compare
 * with ASCII, decomposing is enough; composing is what takes long.
 */
static Word
fold_word(const char *text, size_t length)
{
	pg_wchar wide[4 * 13 + 1];
	pg_wchar *folded;
	const char *end = text + length;
	int n = 0;
	Word word = WORD_OTHER;

	if (length >= lengthof(wide))
		return WORD_OTHER;
	for (; text < end; text += pg_utf_mblen((const unsigned char *) text))
		wide[n++] = utf8_to_unicode((const unsigned char *) text);
	wide[n] = 0;
	folded = unicode_normalize(UNICODE_NFKD, wide);
	if (folded == NULL)
		return WORD_OTHER; /* only libpgcommon returns so, out of memory */
	for (int i = 0; i < VARIABLES; i++)
	{
		size_t at = 0;

		while (at < words[i].length && folded[at] == (pg_wchar) words[i].text[at])
			at++;
		if (at == words[i].length && folded[at] == 0)
			word = words[i].word;
	}
#ifdef FRONTEND
	free(folded); /* libpgcommon takes it from malloc */
#else
	pfree(folded);
#endif
	return word;
}

static Word
find_word(const MhToken *token)
{
	if (token->kind != MH_TOKEN_NAME)
		return WORD_OTHER;
	for (size_t i = 0; i < lengthof(words); i++)
		if (words[i].length == token->length && words[i].text[0] == token->text[0] &&
			memcmp(words[i].text, token->text, token->length) == 0)
			return words[i].word;
	for (size_t i = 0; i < token->length; i++)
		if (IS_HIGHBIT_SET(token->text[i]))
			return fold_word(token->text, token->length);
	return WORD_OTHER;
}

static bool
is_variable(Word word)
{
	return word < VARIABLES;
}

static unsigned
bit(Word variable)
{
	return 1U << variable;
}

/* ---------- what is known of the variables ---------- */

static void
set_value(Parser *p, Word name, const MhLiteral *literal)
{
	Variable *variable = &p->variables[name];

	if (variable->pinned)
		return;
	mh_strings_free(&variable->items);
	variable->state = VARIABLE_KNOWN;
	variable->line = p->statement.line;
	variable->kind = literal->kind;
	for (int i = 0; i < literal->items.n; i++)
		mh_strings_add(&variable->items, literal->items.v[i]);
}

static void
obstruct(Parser *p, unsigned mask, Obstacle obstacle, Quote quote)
{
	for (int i = 0; i < VARIABLES; i++)
	{
		Variable *variable = &p->variables[i];

		if (!(mask & bit(i)) || variable->pinned)
			continue;
		mh_strings_free(&variable->items);
		variable->state = VARIABLE_UNKNOWN;
		variable->pinned = obstacle == OBSTACLE_GLOBAL;
		variable->line = p->statement.line;
		variable->what = obstacles[obstacle].what;
		variable->why = obstacles[obstacle].why;
		variable->quote = quote;
	}
}

static void
obstruct_now(Parser *p, Word name, Obstacle obstacle)
{
	obstruct(p, bit(name), obstacle, (Quote){"", 0});
}

/* ---------- brackets and lambda expressions ---------- */

static void
leave_body(Parser *p, Level *level)
{
	if (level->in_body)
		p->lambda_bodies--;
	level->in_body = false;
}

static void
enter_body(Parser *p, Level *level)
{
	level->unfinished--;
	level->in_body = true;
	level->base = level->unfinished;
	p->lambda_bodies++;
}

/* Is this between "lambda" and its colon? */
static bool
in_parameters(const Level *level)
{
	return level->unfinished > (level->in_body ? level->base : 0);
}

static void
clear_level(Parser *p, Level *level)
{
	leave_body(p, level);
	if (level->opaque)
		p->opaque_levels--;
	memset(level, 0, sizeof(*level));
}

/*
 * Follows the depth of brackets.  Only "(" and "[" that begin a target group
 * the targets in them; those behind an operand call or subscribe it.
 */
static void
follow_depth(Parser *p, const MhToken *token)
{
	while (p->depth > token->depth)
		clear_level(p, &p->levels[p->depth--]);
	while (p->depth < token->depth)
	{
		Level *level = &p->levels[++p->depth];

		memset(level, 0, sizeof(*level));
		level->opaque = p->operand_before || (token->op != '(' && token->op != '[');
		if (level->opaque)
			p->opaque_levels++;
	}
}

/* Does the colon belong to a lambda expression? */
static bool
take_lambda_colon(Parser *p, Level *level)
{
	if (level->in_body && level->unfinished > level->base)
	{
		level->unfinished--;
		return true;
	}
	leave_body(p, level);
	if (level->unfinished == 0)
		return false;
	enter_body(p, level);
	return true;
}

/* Returns true if the token was the punctuation of a lambda expression. */
static bool
follow_lambda(Parser *p, const MhToken *token, Word word)
{
	Level *level = &p->levels[p->depth];

	if (word == WORD_LAMBDA)
	{
		level->unfinished++;
		return true;
	}
	if (token->op == ':')
		return take_lambda_colon(p, level);
	if (in_parameters(level))
		return token->op == '=' || token->op == ',';
	if (token->op == ',' || token->op == '=' || word == WORD_FOR)
		leave_body(p, level);
	return false;
}

/* ---------- names ---------- */

static bool
is_bindable(const PendingName *name, const MhToken *next)
{
	return name->grouped && next->op != '.' && next->op != '(' && next->op != '[';
}

static bool
imports(const Parser *p, const PendingName *name, const MhToken *next)
{
	bool listed = name->before == WORD_IMPORT || name->op_before == ',' ||
				  (name->op_before == '(' && p->statement.kind == STATEMENT_FROM);

	if (p->statement.kind == STATEMENT_FROM && !p->statement.past_keyword)
		return false;
	return listed && find_word(next) != WORD_AS;
}

/* Does the statement bind the name at once, whatever follows? */
static bool
find_binding(const Parser *p, const PendingName *name, const MhToken *next, Obstacle *obstacle)
{
	const Statement *st = &p->statement;
	bool import = st->kind == STATEMENT_IMPORT || st->kind == STATEMENT_FROM;
	bool whole = next->op != '.' && next->op != '[';

	if (import && (name->before == WORD_AS || imports(p, name, next)))
		*obstacle = OBSTACLE_IMPORT;
	else if (name->before == WORD_DEF || name->before == WORD_TYPE)
		*obstacle = OBSTACLE_DEFINED;
	else if ((name->before == WORD_AS || st->as_depth > 0) && whole)
		*obstacle = OBSTACLE_AS;
	else if (st->kind == STATEMENT_FOR && !st->past_keyword && is_bindable(name, next))
		*obstacle = OBSTACLE_FOR;
	else if (st->kind == STATEMENT_DEL && is_bindable(name, next))
		*obstacle = OBSTACLE_DELETED;
	else
		return false;
	return true;
}

static void
settle_variable(Parser *p, const PendingName *name, const MhToken *next)
{
	Statement *st = &p->statement;
	Obstacle obstacle;

	if (next->op == MH_OP_WALRUS)
		st->walrus |= p->lambda_bodies == 0 ? bit(name->word) : 0;
	else if (next->op == '=' && (name->depth > 0 || in_parameters(name->level)))
		return; /* a keyword argument or a parameter */
	else if (find_binding(p, name, next, &obstacle))
		obstruct_now(p, name->word, obstacle);
	else if (st->kind == STATEMENT_EXPRESSION && !st->annotating && is_bindable(name, next))
		st->segment.bound |= bit(name->word);
	else if (st->kind != STATEMENT_DEF && st->kind != STATEMENT_IMPORT &&
			 st->kind != STATEMENT_FROM)
		st->loaded |= bit(name->word);
	if (st->first == WORD_CASE && !st->past_keyword && next->op != '.' && next->op != '(')
		st->patterns |= bit(name->word);
}

/* The next token tells what a name is. */
static void
settle_name(Parser *p, const MhToken *next)
{
	PendingName *name = &p->pending;

	if (!name->is_set)
		return;
	name->is_set = false;
	if (name->op_before == '.')
		return; /* an attribute */
	if (is_variable(name->word))
		settle_variable(p, name, next);
	else if (next->op == '(' && name->before != WORD_DEF && p->lambda_bodies == 0)
		p->statement.dynamic = name->quote;
}

static void
keep_name(Parser *p, const MhToken *token, Word word)
{
	PendingName *name = &p->pending;

	if (!is_variable(word) && word != WORD_DYNAMIC)
		return;
	name->is_set = true;
	name->word = word;
	name->before = p->word_before;
	name->op_before = p->op_before;
	name->grouped = p->opaque_levels == 0;
	name->quote = (Quote){token->text, token->length};
	name->level = &p->levels[p->depth];
	name->depth = p->depth;
}

/* ---------- statements at module level ---------- */

static StatementKind
statement_kind(Word first)
{
	switch (first)
	{
		case WORD_IF:
		case WORD_BLOCK:
			return STATEMENT_BLOCK;
		case WORD_FOR:
			return STATEMENT_FOR;
		case WORD_DEF:
			return STATEMENT_DEF;
		case WORD_IMPORT:
			return STATEMENT_IMPORT;
		case WORD_FROM:
			return STATEMENT_FROM;
		case WORD_DEL:
			return STATEMENT_DEL;
		default:
			return STATEMENT_EXPRESSION;
	}
}

static void
begin_statement(Parser *p, const MhToken *token, Word word)
{
	Statement *st = &p->statement;

	memset(st, 0, sizeof(*st));
	st->begun = true;
	st->kind = statement_kind(word);
	/* "case" is a keyword only in the block of a match statement. */
	st->first = word == WORD_CASE && !p->in_block ? WORD_OTHER : word;
	st->line = token->line;
	p->word_before = WORD_OTHER;
	p->op_before = MH_OP_NONE;
	p->operand_before = false;
	p->feeding = p->docstring_possible;
	if (p->feeding)
		mh_literal_begin(&p->literal, true);
}

static void
take_docstring(Parser *p)
{
	if (mh_literal_end(&p->literal) && p->literal.kind == MH_LITERAL_STRING)
		p->docstring = pstrdup(p->literal.items.v[0]);
	else if (p->literal.too_long)
		p->failed = !fail_source(p, p->statement.line, "docstring takes more than one megabyte");
}

static void
obstruct_value(Parser *p, unsigned mask)
{
	obstruct(p, mask, OBSTACLE_VALUE, (Quote){p->literal.word, p->literal.word_length});
	for (int i = 0; i < VARIABLES; i++)
		if (mask & bit(i) && !p->variables[i].pinned)
			p->variables[i].why = p->literal.problem;
}

static void
assign(Parser *p)
{
	Statement *st = &p->statement;
	Quote none = {"", 0};

	if (p->in_block)
	{
		obstruct(p, st->plain | st->unpacked, OBSTACLE_BLOCK, p->block_keyword);
		return;
	}
	if (st->plain != 0 && mh_literal_end(&p->literal))
	{
		for (int i = 0; i < VARIABLES; i++)
			if (st->plain & bit(i))
				set_value(p, i, &p->literal);
		if (st->targets > 1 && p->literal.kind == MH_LITERAL_LIST)
			obstruct(p, st->plain, OBSTACLE_ALIAS, none);
	}
	else if (st->plain != 0)
		obstruct_value(p, st->plain);
	obstruct(p, st->unpacked, OBSTACLE_UNPACKED, none);
}

static unsigned
known_lists(const Parser *p)
{
	unsigned mask = 0;

	for (int i = 0; i < VARIABLES; i++)
		if (p->variables[i].state == VARIABLE_KNOWN && p->variables[i].kind == MH_LITERAL_LIST)
			mask |= bit(i);
	return mask;
}

/* What a statement reads happens before what it binds. */
static void
end_statement(Parser *p)
{
	Statement *st = &p->statement;
	Quote none = {"", 0};

	if (!st->begun)
		return;
	if (!st->annotating)
		st->loaded |= st->segment.bound;
	obstruct(p, st->loaded & known_lists(p), OBSTACLE_LIST, none);
	if (st->targets > 0)
		assign(p);
	else if (p->docstring_possible && !st->annotating)
		take_docstring(p);
	obstruct(p, st->walrus, OBSTACLE_WALRUS, none);
	obstruct(p, st->augmented, OBSTACLE_AUGMENTED, none);
	if (st->dynamic.text != NULL)
		obstruct(p, ALL_VARIABLES, OBSTACLE_DYNAMIC, st->dynamic);
	if (p->feeding)
		mh_literal_free(&p->literal);
	p->feeding = false;
	p->docstring_possible = false;
	clear_level(p, &p->levels[0]);
	st->begun = false;
}

/* The colon of a compound statement: what follows on the line belongs to it. */
static void
end_header(Parser *p)
{
	if (p->statement.first == WORD_CASE)
		obstruct(p, p->statement.patterns, OBSTACLE_PATTERN, (Quote){"", 0});
	if (p->statement.kind == STATEMENT_DEF)
	{
		p->in_scope = true;
		p->scope_column = p->scanner.column;
	}
	p->in_block = true;
	end_statement(p);
}

static void
take_colon(Parser *p)
{
	Statement *st = &p->statement;
	bool annotates = st->segment.shape == SEGMENT_NAME;

	switch (st->kind)
	{
		case STATEMENT_BLOCK:
		case STATEMENT_FOR:
		case STATEMENT_DEF:
			end_header(p);
			break;
		case STATEMENT_EXPRESSION:
			if (st->first == WORD_CASE && st->targets == 0 && !annotates)
				end_header(p);
			else
				st->annotating = st->targets == 0;
			break;
		default:
			break;
	}
}

/* An equals sign makes what stands before it a target. */
static void
take_equals(Parser *p)
{
	Statement *st = &p->statement;
	Segment *segment = &st->segment;

	if (st->kind != STATEMENT_EXPRESSION)
		return;
	if (segment->shape != SEGMENT_NAME)
		st->unpacked |= segment->bound;
	else if (is_variable(segment->name))
		st->plain |= bit(segment->name);
	st->targets++;
	st->annotating = false;
	memset(segment, 0, sizeof(*segment));
	if (p->feeding)
		mh_literal_free(&p->literal);
	p->feeding = st->plain != 0 && !p->in_block;
	if (p->feeding)
		mh_literal_begin(&p->literal, false);
}

static void
follow_segment(Segment *segment, const MhToken *token, Word word)
{
	if (segment->shape == SEGMENT_START && token->op == '(')
		return;
	if (segment->shape == SEGMENT_NAME && token->op == ')')
		return;
	if (segment->shape == SEGMENT_START && token->kind == MH_TOKEN_NAME)
	{
		segment->shape = SEGMENT_NAME;
		segment->name = word;
		return;
	}
	segment->shape = SEGMENT_OTHER;
}

/* Keywords in the middle of a statement, and the star of an import. */
static void
follow_keywords(Parser *p, const MhToken *token, Word word)
{
	Statement *st = &p->statement;

	if (st->as_depth > token->depth)
		st->as_depth = 0;
	if (p->word_before == WORD_AS && (token->op == '(' || token->op == '['))
		st->as_depth = token->depth;
	if (st->kind == STATEMENT_FROM && st->past_keyword && token->op == '*')
		obstruct(p, ALL_VARIABLES, OBSTACLE_STAR, (Quote){"", 0});
	if (token->depth == 0 && ((st->kind == STATEMENT_FROM && word == WORD_IMPORT) ||
							  (st->kind == STATEMENT_FOR && word == WORD_IN) ||
							  (st->first == WORD_CASE && word == WORD_IF)))
		st->past_keyword = true;
	if (st->first == WORD_ASYNC && p->word_before == WORD_ASYNC)
		st->kind = statement_kind(word);
}

static void
remember_token(Parser *p, const MhToken *token, Word word)
{
	p->word_before = word;
	p->op_before = token->op;
	if (token->kind == MH_TOKEN_OPERATOR)
		p->operand_before = token->op == ')' || token->op == ']' || token->op == '}';
	else if (token->kind == MH_TOKEN_NAME)
		p->operand_before = is_variable(word) || word == WORD_OTHER || word == WORD_DYNAMIC ||
							word == WORD_CASE || word == WORD_TYPE;
	else
		p->operand_before = true;
}

/* A colon, equals sign or augmented assignment outside of all brackets. */
static bool
take_operator(Parser *p, const MhToken *token)
{
	Segment *segment = &p->statement.segment;

	if (token->depth > 0)
		return false;
	if (token->op == '=')
		take_equals(p);
	else if (token->op == ':')
		take_colon(p);
	else if (token->op == MH_OP_AUGMENTED && segment->shape == SEGMENT_NAME &&
			 is_variable(segment->name))
	{
		p->statement.augmented |= bit(segment->name);
		return false;
	}
	else
		return false;
	return true;
}

static void
module_token(Parser *p, const MhToken *token)
{
	Statement *st = &p->statement;
	Word word = find_word(token);
	bool of_lambda;

	if (!st->begun)
		begin_statement(p, token, word);
	follow_depth(p, token);
	settle_name(p, token);
	of_lambda = follow_lambda(p, token, word);
	follow_keywords(p, token, word);
	if (of_lambda || !take_operator(p, token))
	{
		if (p->feeding)
			mh_literal_add(&p->literal, token);
		if (!st->annotating)
			follow_segment(&st->segment, token, word);
		keep_name(p, token, word);
	}
	remember_token(p, token, word);
}

/* ---------- lines ---------- */

/* A function or class ends at the first line that is not indented deeper. */
static void
begin_line(Parser *p, const MhToken *token)
{
	p->at_line_start = false;
	if (p->scanner.column <= p->scope_column)
		p->scope_column = -1;
	p->in_scope = p->scope_column >= 0;
	p->in_global = false;
	p->in_block = p->scanner.column > 0;
	if (!p->in_block)
		p->block_keyword = (Quote){token->text, token->length};
}

/* In functions and classes only "global" concerns the module's variables. */
static void
scope_token(Parser *p, const MhToken *token)
{
	Word word;

	if (token->op == ';')
		p->in_global = false;
	if (token->kind != MH_TOKEN_NAME)
		return;
	if (!p->in_global)
	{
		p->in_global = token->length == 6 && find_word(token) == WORD_GLOBAL;
		return;
	}
	word = find_word(token);
	p->statement.line = token->line;
	if (is_variable(word))
		obstruct_now(p, word, OBSTACLE_GLOBAL);
}

static void
take_token(Parser *p, const MhToken *token)
{
	if (token->kind == MH_TOKEN_NEWLINE || (token->op == ';' && token->depth == 0 && !p->in_scope))
	{
		follow_depth(p, token);
		settle_name(p, token);
		end_statement(p);
		p->at_line_start = token->kind == MH_TOKEN_NEWLINE;
		return;
	}
	if (p->at_line_start)
		begin_line(p, token);
	if (p->in_scope)
		scope_token(p, token);
	else
		module_token(p, token);
}

static bool
fail_scan(Parser *p)
{
	char *reason = psprintf(p->scanner.problem, p->scanner.problem_bracket);

	return fail_source(p, p->scanner.problem_line, reason);
}

static bool
read_statements(Parser *p)
{
	MhToken token;

	while (mh_scan_next(&p->scanner, &token))
	{
		if (token.kind == MH_TOKEN_END)
			return true;
		take_token(p, &token);
		if (p->failed)
			return false;
	}
	return fail_scan(p);
}

/* ---------- what Alembic makes of the values ---------- */

static const char *
base_name(const char *file_name)
{
	const char *slash = file_name == NULL ? NULL : strrchr(file_name, '/');

	return slash == NULL ? file_name : slash + 1;
}

/* [a-f0-9]+.py, from the time before scripts had a revision variable. */
static char *
legacy_revision(const char *file_name)
{
	const char *name = base_name(file_name);
	size_t length = name == NULL ? 0 : strspn(name, "abcdef0123456789");

	if (length == 0 || strcmp(name + length, ".py") != 0)
		return NULL;
	return pnstrdup(name, length);
}

static bool
fail_no_revision(Parser *p)
{
	if (p->file_name == NULL)
		return fail_variable(p, WORD_REVISION, 0, "is not assigned");
	mh_fail(p->err, MHERR_SCRIPT,
			"Could not determine revision id from filename %s. Be sure the 'revision' variable is "
			"declared inside the script (please see 'Upgrading from Alembic 0.1 to 0.2' in the "
			"documentation).",
			base_name(p->file_name));
	mh_fail_detail(p->err, "Nothing is assigned to \"revision\" at the top level of script \"%s\".",
				   p->file_name);
	return false;
}

/* Refuses a variable whose value is unknown or has an empty string in it. */
static bool
check_variable(Parser *p, Word name)
{
	const Variable *variable = &p->variables[name];

	if (variable->state == VARIABLE_UNKNOWN)
	{
		fail_variable(p, name, variable->line, variable->what);
		mh_fail_detail(p->err, variable->why, quote_text(variable->quote));
		return false;
	}
	for (int i = 0; i < variable->items.n; i++)
		if (variable->items.v[i][0] == '\0')
		{
			fail_variable(p, name, variable->line, "has an empty string");
			mh_fail_detail(p->err, "No revision or branch can have an empty name; None stands for "
								   "no value.");
			return false;
		}
	return true;
}

static bool
check_characters(const char *revision, MhError *err)
{
	static const char forbidden[] = "+-:@"; /* sorted, as the message has them */
	StringInfoData found;

	initStringInfo(&found);
	for (const char *c = forbidden; *c != '\0'; c++)
		if (strchr(revision, *c) != NULL)
			appendStringInfo(&found, "%s%c", found.len > 0 ? ", " : "", *c);
	if (found.len > 0)
		return mh_fail(err, MHERR_CHARACTER,
					   "Character(s) '%s' not allowed in revision identifier '%s'", found.data,
					   revision);
	pfree(found.data);
	return true;
}

static bool
finish_revision(Parser *p, MhScript *script)
{
	Variable *revision = &p->variables[WORD_REVISION];

	if (!check_variable(p, WORD_REVISION))
		return false;
	if (revision->state == VARIABLE_ABSENT)
	{
		script->revision = legacy_revision(p->file_name);
		return script->revision != NULL || fail_no_revision(p);
	}
	if (revision->kind != MH_LITERAL_STRING)
	{
		fail_variable(p, WORD_REVISION, revision->line, "is not a string");
		mh_fail_detail(p->err, "A revision has one identifier.");
		return false;
	}
	script->revision = revision->items.v[0];
	return true;
}

/*
 * Alembic looks for a loop before it looks at the characters of the id, so
 * that a script with both troubles goes to the graph, which reports the loop.
 */
static bool
finish_values(Parser *p, MhScript *script)
{
	if (!finish_revision(p, script))
		return false;
	for (int i = WORD_DOWN_REVISION; i < VARIABLES; i++)
		if (!check_variable(p, i))
			return false;
	if (p->variables[WORD_DOWN_REVISION].state == VARIABLE_ABSENT)
		return fail_variable(p, WORD_DOWN_REVISION, 0, "is not assigned");
	script->down_revision = p->variables[WORD_DOWN_REVISION].items;
	script->branch_labels = p->variables[WORD_BRANCH_LABELS].items;
	script->depends_on = p->variables[WORD_DEPENDS_ON].items;
	return mh_strings_contain(&script->down_revision, script->revision) ||
		   mh_strings_contain(&script->depends_on, script->revision) ||
		   check_characters(script->revision, p->err);
}

/* ---------- docstring ---------- */

/* Bytes of the character at text if str.strip() of Python takes it off, else 0. */
static int
blank_length(const char *text)
{
	const unsigned char *c = (const unsigned char *) text;
	pg_wchar code;

	if (!IS_HIGHBIT_SET(*c))
		return (*c >= '\t' && *c <= '\r') || (*c >= 0x1C && *c <= ' ') ? 1 : 0;
	code = utf8_to_unicode(c);
	if (code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
		code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000)
		return pg_utf_mblen(c);
	return 0;
}

/* str.strip() */
static char *
strip(const char *text, size_t length)
{
	const char *end = text + length;
	const char *start = text;
	const char *last; /* behind the last character that stays */

	while (start < end && blank_length(start) > 0)
		start += blank_length(start);
	last = start;
	for (const char *c = start; c < end;)
	{
		int blank = blank_length(c);

		c += blank > 0 ? blank : pg_utf_mblen((const unsigned char *) c);
		if (blank == 0)
			last = c;
	}
	return pnstrdup(start, last - start);
}

/*
 * The text of the last line that starts with "Create Date:".  The template has
 * it behind the message, which could have such a line of its own.
 */
static char *
find_create_date(const char *message)
{
	static const char label[] = "Create Date:";
	const char *found = NULL;
	const char *line = message;

	for (;;)
	{
		line += strspn(line, " \t");
		if (strncmp(line, label, strlen(label)) == 0)
			found = line + strlen(label);
		line = strchr(line, '\n');
		if (line == NULL)
			break;
		line++;
	}
	return found == NULL ? NULL : strip(found, strcspn(found, "\n"));
}

/* ---------- entry points ---------- */

/* Bytes of UTF-8 that one call checks; the function's length is an int. */
#define VERIFY_CHUNK (1 << 30)

static bool
verify_text(Parser *p, const char *source, size_t length)
{
	size_t good = 0;
	int64 line = 1;

	while (good < length)
	{
		int chunk = (int) Min(length - good, (size_t) VERIFY_CHUNK);
		int verified = pg_encoding_verifymbstr(PG_UTF8, source + good, chunk);

		if (verified == 0)
			break;
		good += verified;
	}
	if (good == length)
		return true;
	for (size_t i = 0; i < good; i++)
		if (source[i] == '\n' || (source[i] == '\r' && source[i + 1] != '\n'))
			line++;
	return fail_source(p, line,
					   source[good] == '\0' ? "null byte" : "invalid byte sequence for UTF-8");
}

static void
skip_byte_order_mark(const char **source, size_t *length)
{
	if (*length >= 3 && memcmp(*source, "\xEF\xBB\xBF", 3) == 0)
	{
		*source += 3;
		*length -= 3;
	}
}

static void
init_parser(Parser *p, const char *file_name, MhError *err)
{
	memset(p->variables, 0, sizeof(p->variables));
	memset(&p->statement, 0, sizeof(p->statement));
	memset(&p->levels[0], 0, sizeof(p->levels[0]));
	p->file_name = file_name;
	p->err = err;
	p->feeding = p->failed = p->in_scope = p->in_global = p->in_block = false;
	p->docstring = NULL;
	p->docstring_possible = p->at_line_start = true;
	p->scope_column = -1;
	p->block_keyword = (Quote){"", 0};
	p->pending.is_set = false;
	p->word_before = WORD_OTHER;
	p->op_before = MH_OP_NONE;
	p->operand_before = false;
	p->depth = p->opaque_levels = p->lambda_bodies = 0;
}

bool
mh_script_parse(const char *source, size_t length, const char *file_name, MhScript *script,
				MhError *err)
{
	Parser p; /* some 50 kB, and nothing below it recurses */

	memset(script, 0, sizeof(*script));
	init_parser(&p, file_name, err);
	skip_byte_order_mark(&source, &length);
	if (!verify_text(&p, source, length))
		return false;
	mh_scan_init(&p.scanner, source, length);
	script->file_name = file_name == NULL ? NULL : pstrdup(file_name);
	if (!read_statements(&p))
		return false;
	script->message = p.docstring == NULL ? pstrdup("") : strip(p.docstring, strlen(p.docstring));
	script->create_date = find_create_date(script->message);
	return finish_values(&p, script);
}
