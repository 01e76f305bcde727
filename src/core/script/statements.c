/*-------------------------------------------------------------------------
 *
 * statements.c
 *	  Finds which variables of the header the statements of a script bind.
 *
 * Follows every way in which Python source can bind a module-level name ("Naming and binding" in
 * the language reference): see parser.c.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/parser_private.h"

#include "common/unicode_norm.h"
#include "mb/pg_wchar.h"

static const struct
{
	const char *text;
	size_t length;
	MhScriptWord word;
} words[] = {
	{"revision", 8, MH_WORD_REVISION},
	{"down_revision", 13, MH_WORD_DOWN_REVISION},
	{"branch_labels", 13, MH_WORD_BRANCH_LABELS},
	{"depends_on", 10, MH_WORD_DEPENDS_ON},
	{"as", 2, MH_WORD_AS},
	{"async", 5, MH_WORD_ASYNC},
	{"case", 4, MH_WORD_CASE},
	{"class", 5, MH_WORD_DEF},
	{"def", 3, MH_WORD_DEF},
	{"del", 3, MH_WORD_DEL},
	{"elif", 4, MH_WORD_BLOCK},
	{"else", 4, MH_WORD_BLOCK},
	{"except", 6, MH_WORD_BLOCK},
	{"exec", 4, MH_WORD_DYNAMIC},
	{"finally", 7, MH_WORD_BLOCK},
	{"for", 3, MH_WORD_FOR},
	{"from", 4, MH_WORD_FROM},
	{"global", 6, MH_WORD_GLOBAL},
	{"globals", 7, MH_WORD_DYNAMIC},
	{"if", 2, MH_WORD_IF},
	{"import", 6, MH_WORD_IMPORT},
	{"in", 2, MH_WORD_IN},
	{"lambda", 6, MH_WORD_LAMBDA},
	{"locals", 6, MH_WORD_DYNAMIC},
	{"try", 3, MH_WORD_BLOCK},
	{"type", 4, MH_WORD_TYPE},
	{"while", 5, MH_WORD_BLOCK},
	{"with", 4, MH_WORD_BLOCK},
};

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

/* The text after the variable's name in the message; why: the detail. */
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

/* ---------- words ---------- */

/*
 * Python compares identifiers after NFKC normalisation (PEP 3131), so a name in
 * fullwidth or mathematical letters can be one of the variables.  To compare
 * with ASCII, decomposing is enough; composing is what takes long.
 */
static MhScriptWord
fold_word(const char *text, size_t length)
{
	pg_wchar wide[4 * 13 + 1];
	pg_wchar *folded;
	const char *end = text + length;
	int n = 0;
	MhScriptWord word = MH_WORD_OTHER;

	if (length >= lengthof(wide))
		return MH_WORD_OTHER;
	for (; text < end; text += pg_utf_mblen((const unsigned char *) text))
		wide[n++] = utf8_to_unicode((const unsigned char *) text);
	wide[n] = 0;
	folded = unicode_normalize(UNICODE_NFKD, wide);
	if (folded == NULL)
		return MH_WORD_OTHER; /* only libpgcommon returns so, out of memory */
	for (int i = 0; i < MH_VARIABLES; i++)
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

static MhScriptWord
find_word(const MhToken *token)
{
	if (token->kind != MH_TOKEN_NAME)
		return MH_WORD_OTHER;
	for (size_t i = 0; i < lengthof(words); i++)
		if (words[i].length == token->length && words[i].text[0] == token->text[0] &&
			memcmp(words[i].text, token->text, token->length) == 0)
			return words[i].word;
	for (size_t i = 0; i < token->length; i++)
		if (IS_HIGHBIT_SET(token->text[i]))
			return fold_word(token->text, token->length);
	return MH_WORD_OTHER;
}

static bool
is_variable(MhScriptWord word)
{
	return word < MH_VARIABLES;
}

static unsigned
bit(MhScriptWord variable)
{
	return 1U << variable;
}

/* ---------- what is known of the variables ---------- */

static void
set_value(MhHeaderParser *p, MhScriptWord name, const MhLiteral *literal)
{
	MhVariable *variable = &p->variables[name];

	if (variable->pinned)
		return;
	mh_strings_free(&variable->items);
	variable->state = MH_VARIABLE_KNOWN;
	variable->line = p->statement.line;
	variable->kind = literal->kind;
	for (int i = 0; i < literal->items.n; i++)
		mh_strings_add(&variable->items, literal->items.v[i]);
}

static void
obstruct(MhHeaderParser *p, unsigned mask, Obstacle obstacle, MhQuote quote)
{
	for (int i = 0; mask != 0 && i < MH_VARIABLES; i++)
	{
		MhVariable *variable = &p->variables[i];

		if (!(mask & bit(i)) || variable->pinned)
			continue;
		mh_strings_free(&variable->items);
		variable->state = MH_VARIABLE_UNKNOWN;
		variable->pinned = obstacle == OBSTACLE_GLOBAL;
		variable->line = p->statement.line;
		variable->what = obstacles[obstacle].what;
		variable->why = obstacles[obstacle].why;
		variable->quote = quote;
	}
}

static void
obstruct_now(MhHeaderParser *p, MhScriptWord name, Obstacle obstacle)
{
	obstruct(p, bit(name), obstacle, (MhQuote){"", 0});
}

/* ---------- brackets and lambda expressions ---------- */

static void
leave_body(MhHeaderParser *p, MhLevel *level)
{
	if (level->in_body)
		p->lambda_bodies--;
	level->in_body = false;
}

static void
enter_body(MhHeaderParser *p, MhLevel *level)
{
	level->unfinished--;
	level->in_body = true;
	level->base = level->unfinished;
	p->lambda_bodies++;
}

/* Returns whether this is between "lambda" and its colon. */
static bool
in_parameters(const MhLevel *level)
{
	return level->unfinished > (level->in_body ? level->base : 0);
}

static void
clear_level(MhHeaderParser *p, MhLevel *level)
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
follow_depth(MhHeaderParser *p, const MhToken *token)
{
	while (p->depth > token->depth)
		clear_level(p, &p->levels[p->depth--]);
	while (p->depth < token->depth)
	{
		MhLevel *level = &p->levels[++p->depth];

		memset(level, 0, sizeof(*level));
		level->opaque = p->operand_before || (token->op != '(' && token->op != '[');
		if (level->opaque)
			p->opaque_levels++;
	}
}

/* Returns whether the colon belongs to a lambda expression, and then ends its parameters. */
static bool
take_lambda_colon(MhHeaderParser *p, MhLevel *level)
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
follow_lambda(MhHeaderParser *p, const MhToken *token, MhScriptWord word)
{
	MhLevel *level = &p->levels[p->depth];

	if (word == MH_WORD_LAMBDA)
	{
		level->unfinished++;
		return true;
	}
	if (token->op == ':')
		return take_lambda_colon(p, level);
	if (in_parameters(level))
		return token->op == '=' || token->op == ',';
	if (token->op == ',' || token->op == '=' || word == MH_WORD_FOR)
		leave_body(p, level);
	return false;
}

/* ---------- names ---------- */

static bool
is_bindable(const MhPendingName *name, const MhToken *next)
{
	return name->grouped && next->op != '.' && next->op != '(' && next->op != '[';
}

static bool
imports(const MhHeaderParser *p, const MhPendingName *name, const MhToken *next)
{
	bool listed = name->before == MH_WORD_IMPORT || name->op_before == ',' ||
				  (name->op_before == '(' && p->statement.kind == MH_STATEMENT_FROM);

	if (p->statement.kind == MH_STATEMENT_FROM && !p->statement.past_keyword)
		return false;
	return listed && find_word(next) != MH_WORD_AS;
}

/* Returns whether the statement binds the name, whatever follows. */
static bool
find_binding(const MhHeaderParser *p, const MhPendingName *name, const MhToken *next,
			 Obstacle *obstacle)
{
	const MhStatement *st = &p->statement;
	bool import = st->kind == MH_STATEMENT_IMPORT || st->kind == MH_STATEMENT_FROM;
	bool whole = next->op != '.' && next->op != '[';

	if (import && (name->before == MH_WORD_AS || imports(p, name, next)))
		*obstacle = OBSTACLE_IMPORT;
	else if (name->before == MH_WORD_DEF || name->before == MH_WORD_TYPE)
		*obstacle = OBSTACLE_DEFINED;
	else if ((name->before == MH_WORD_AS || st->as_depth > 0) && whole)
		*obstacle = OBSTACLE_AS;
	else if (st->kind == MH_STATEMENT_FOR && !st->past_keyword && is_bindable(name, next))
		*obstacle = OBSTACLE_FOR;
	else if (st->kind == MH_STATEMENT_DEL && is_bindable(name, next))
		*obstacle = OBSTACLE_DELETED;
	else
		return false;
	return true;
}

static void
settle_variable(MhHeaderParser *p, const MhPendingName *name, const MhToken *next)
{
	MhStatement *st = &p->statement;
	Obstacle obstacle;

	if (next->op == MH_OP_WALRUS)
		st->walrus |= p->lambda_bodies == 0 ? bit(name->word) : 0;
	else if (next->op == '=' && (name->depth > 0 || in_parameters(name->level)))
		return; /* a keyword argument or a parameter */
	else if (find_binding(p, name, next, &obstacle))
		obstruct_now(p, name->word, obstacle);
	else if (st->kind == MH_STATEMENT_EXPRESSION && !st->annotating && is_bindable(name, next))
		st->segment.bound |= bit(name->word);
	else if (st->kind != MH_STATEMENT_DEF && st->kind != MH_STATEMENT_IMPORT &&
			 st->kind != MH_STATEMENT_FROM)
		st->loaded |= bit(name->word);
	if (st->first == MH_WORD_CASE && !st->past_keyword && next->op != '.' && next->op != '(')
		st->patterns |= bit(name->word);
}

/* Decides what the pending name is, from the next token. */
static void
settle_name(MhHeaderParser *p, const MhToken *next)
{
	MhPendingName *name = &p->pending;

	if (!name->is_set)
		return;
	name->is_set = false;
	if (name->op_before == '.')
		return; /* an attribute */
	if (is_variable(name->word))
		settle_variable(p, name, next);
	else if (next->op == '(' && name->before != MH_WORD_DEF && p->lambda_bodies == 0)
		p->statement.dynamic = name->quote;
}

static void
keep_name(MhHeaderParser *p, const MhToken *token, MhScriptWord word)
{
	MhPendingName *name = &p->pending;

	if (!is_variable(word) && word != MH_WORD_DYNAMIC)
		return;
	name->is_set = true;
	name->word = word;
	name->before = p->word_before;
	name->op_before = p->op_before;
	name->grouped = p->opaque_levels == 0;
	name->quote = (MhQuote){token->text, token->length};
	name->level = &p->levels[p->depth];
	name->depth = p->depth;
}

/* ---------- statements at module level ---------- */

static MhStatementKind
statement_kind(MhScriptWord first)
{
	switch (first)
	{
		case MH_WORD_IF:
		case MH_WORD_BLOCK:
			return MH_STATEMENT_BLOCK;
		case MH_WORD_FOR:
			return MH_STATEMENT_FOR;
		case MH_WORD_DEF:
			return MH_STATEMENT_DEF;
		case MH_WORD_IMPORT:
			return MH_STATEMENT_IMPORT;
		case MH_WORD_FROM:
			return MH_STATEMENT_FROM;
		case MH_WORD_DEL:
			return MH_STATEMENT_DEL;
		default:
			return MH_STATEMENT_EXPRESSION;
	}
}

static void
begin_statement(MhHeaderParser *p, const MhToken *token, MhScriptWord word)
{
	MhStatement *st = &p->statement;

	memset(st, 0, sizeof(*st));
	st->begun = true;
	st->kind = statement_kind(word);
	/* "case" is a keyword only in the block of a match statement. */
	st->first = word == MH_WORD_CASE && !p->in_block ? MH_WORD_OTHER : word;
	st->line = token->line;
	p->word_before = MH_WORD_OTHER;
	p->op_before = MH_OP_NONE;
	p->operand_before = false;
	p->feeding = p->docstring_possible;
	if (p->feeding)
		mh_literal_begin(&p->literal, true);
}

static void
take_docstring(MhHeaderParser *p)
{
	if (mh_literal_end(&p->literal) && p->literal.kind == MH_LITERAL_STRING)
		p->docstring = pstrdup(p->literal.items.v[0]);
	else if (p->literal.too_long)
		p->too_long_at = p->statement.line;
}

static void
obstruct_value(MhHeaderParser *p, unsigned mask)
{
	obstruct(p, mask, OBSTACLE_VALUE, (MhQuote){p->literal.word, p->literal.word_length});
	for (int i = 0; i < MH_VARIABLES; i++)
		if (mask & bit(i) && !p->variables[i].pinned)
			p->variables[i].why = p->literal.problem;
}

static void
assign(MhHeaderParser *p)
{
	MhStatement *st = &p->statement;
	MhQuote none = {"", 0};

	if (p->in_block)
	{
		obstruct(p, st->plain | st->unpacked, OBSTACLE_BLOCK, p->block_keyword);
		return;
	}
	if (st->plain != 0 && mh_literal_end(&p->literal))
	{
		for (int i = 0; i < MH_VARIABLES; i++)
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
known_lists(const MhHeaderParser *p)
{
	unsigned mask = 0;

	for (int i = 0; i < MH_VARIABLES; i++)
		if (p->variables[i].state == MH_VARIABLE_KNOWN && p->variables[i].kind == MH_LITERAL_LIST)
			mask |= bit(i);
	return mask;
}

/* A statement reads its values before it binds names. */
static void
end_statement(MhHeaderParser *p)
{
	MhStatement *st = &p->statement;
	MhQuote none = {"", 0};

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
		obstruct(p, MH_ALL_VARIABLES, OBSTACLE_DYNAMIC, st->dynamic);
	if (p->feeding)
		mh_literal_free(&p->literal);
	p->feeding = false;
	p->docstring_possible = false;
	clear_level(p, &p->levels[0]);
	st->begun = false;
}

/* Ends the header of a compound statement at its colon.  What follows on the line belongs to it. */
static void
end_header(MhHeaderParser *p)
{
	if (p->statement.first == MH_WORD_CASE)
		obstruct(p, p->statement.patterns, OBSTACLE_PATTERN, (MhQuote){"", 0});
	if (p->statement.kind == MH_STATEMENT_DEF)
	{
		p->in_scope = true;
		p->scope_column = p->scanner.column;
	}
	p->in_block = true;
	end_statement(p);
}

static void
take_colon(MhHeaderParser *p)
{
	MhStatement *st = &p->statement;
	bool annotates = st->segment.shape == MH_SEGMENT_NAME;

	switch (st->kind)
	{
		case MH_STATEMENT_BLOCK:
		case MH_STATEMENT_FOR:
		case MH_STATEMENT_DEF:
			end_header(p);
			break;
		case MH_STATEMENT_EXPRESSION:
			if (st->first == MH_WORD_CASE && st->targets == 0 && !annotates)
				end_header(p);
			else
				st->annotating = st->targets == 0;
			break;
		default:
			break;
	}
}

/* Takes an equals sign, which makes what is before it a target. */
static void
take_equals(MhHeaderParser *p)
{
	MhStatement *st = &p->statement;
	MhSegment *segment = &st->segment;

	if (st->kind != MH_STATEMENT_EXPRESSION)
		return;
	if (segment->shape != MH_SEGMENT_NAME)
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
follow_segment(MhSegment *segment, const MhToken *token, MhScriptWord word)
{
	if (segment->shape == MH_SEGMENT_START && token->op == '(')
		return;
	if (segment->shape == MH_SEGMENT_NAME && token->op == ')')
		return;
	if (segment->shape == MH_SEGMENT_START && token->kind == MH_TOKEN_NAME)
	{
		segment->shape = MH_SEGMENT_NAME;
		segment->name = word;
		return;
	}
	segment->shape = MH_SEGMENT_OTHER;
}

/* Keywords in the middle of a statement, and the star of an import. */
static void
follow_keywords(MhHeaderParser *p, const MhToken *token, MhScriptWord word)
{
	MhStatement *st = &p->statement;

	if (st->as_depth > token->depth)
		st->as_depth = 0;
	if (p->word_before == MH_WORD_AS && (token->op == '(' || token->op == '['))
		st->as_depth = token->depth;
	if (st->kind == MH_STATEMENT_FROM && st->past_keyword && token->op == '*')
		obstruct(p, MH_ALL_VARIABLES, OBSTACLE_STAR, (MhQuote){"", 0});
	if (token->depth == 0 && ((st->kind == MH_STATEMENT_FROM && word == MH_WORD_IMPORT) ||
							  (st->kind == MH_STATEMENT_FOR && word == MH_WORD_IN) ||
							  (st->first == MH_WORD_CASE && word == MH_WORD_IF)))
		st->past_keyword = true;
	if (st->first == MH_WORD_ASYNC && p->word_before == MH_WORD_ASYNC)
		st->kind = statement_kind(word);
}

static void
remember_token(MhHeaderParser *p, const MhToken *token, MhScriptWord word)
{
	p->word_before = word;
	p->op_before = token->op;
	if (token->kind == MH_TOKEN_OPERATOR)
		p->operand_before = token->op == ')' || token->op == ']' || token->op == '}';
	else if (token->kind == MH_TOKEN_NAME)
		p->operand_before = is_variable(word) || word == MH_WORD_OTHER || word == MH_WORD_DYNAMIC ||
							word == MH_WORD_CASE || word == MH_WORD_TYPE;
	else
		p->operand_before = true;
}

/* Takes a colon, equals sign or augmented assignment outside of all brackets. */
static bool
take_operator(MhHeaderParser *p, const MhToken *token)
{
	MhSegment *segment = &p->statement.segment;

	if (token->depth > 0)
		return false;
	if (token->op == '=')
		take_equals(p);
	else if (token->op == ':')
		take_colon(p);
	else if (token->op == MH_OP_AUGMENTED && segment->shape == MH_SEGMENT_NAME &&
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
module_token(MhHeaderParser *p, const MhToken *token)
{
	MhStatement *st = &p->statement;
	MhScriptWord word = find_word(token);
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

/*
 * Begins a logical line.  A function or class ends at the first line that is not indented deeper.
 */
static void
begin_line(MhHeaderParser *p, const MhToken *token)
{
	p->at_line_start = false;
	if (p->scanner.column <= p->scope_column)
		p->scope_column = -1;
	p->in_scope = p->scope_column >= 0;
	p->in_global = false;
	p->in_block = p->scanner.column > 0;
	if (!p->in_block)
		p->block_keyword = (MhQuote){token->text, token->length};
}

/* Takes a token in a function or class, where only "global" affects the module's variables. */
static void
scope_token(MhHeaderParser *p, const MhToken *token)
{
	MhScriptWord word;

	if (token->op == ';')
		p->in_global = false;
	if (token->kind != MH_TOKEN_NAME)
		return;
	if (!p->in_global)
	{
		p->in_global = token->length == 6 && find_word(token) == MH_WORD_GLOBAL;
		return;
	}
	word = find_word(token);
	p->statement.line = token->line;
	if (is_variable(word))
		obstruct_now(p, word, OBSTACLE_GLOBAL);
}

static void
take_token(MhHeaderParser *p, const MhToken *token)
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

bool
mh_parser_read_statements(MhHeaderParser *p)
{
	MhToken token;

	while (mh_scan_next(&p->scanner, &token))
	{
		if (p->code != NULL)
			mh_code_add(p->code, &token, &p->scanner);
		if (token.kind == MH_TOKEN_END)
			return true;
		take_token(p, &token);
		if (p->too_long_at > 0)
			return false;
	}
	return false;
}

const char *
mh_variable_name(MhScriptWord variable)
{
	return words[variable].text;
}
