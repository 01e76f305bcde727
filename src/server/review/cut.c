/*-------------------------------------------------------------------------
 *
 * cut.c
 *	  Cuts a script into statements with the server's scanner.
 *
 * The scanner gets no keywords, so that all words are identifiers: the numbers of keywords differ
 * between releases, and the cut needs few of them.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "parser/parser.h"
#include "utils/memutils.h"

/* The scanner's tokens above the characters begin here in every release. */
#define FIRST_TOKEN 258
#define TOKEN_IDENT FIRST_TOKEN

/* A statement that accepts more findings accepts only the first of them: there are fewer codes. */
#define MOST_ALLOWANCES 100

struct MhCutter
{
	const char *text;
	size_t length;
	size_t at;      /* where the next statement is looked for */
	size_t counted; /* line is right for this place */
	int line;
	bool is_conforming;
	core_yyscan_t scanner; /* NULL: not begun */
	core_yy_extra_type extra;
	size_t base; /* place of the scanner's text in text */
	const char *revision;
	MhStrings allowed;
	MhStrings reasons;
};

/* State of the statement that is being scanned. */
typedef struct Scan
{
	MhCutter *cutter;
	MhCut *cut;
	size_t from;
	size_t to;
	size_t next;
	int words;
	bool is_create;
	bool is_routine;
	int depth;
	int blocks; /* BEGIN ATOMIC ... END */
	int colon;  /* place of the last colon, or -1 */
	bool is_end;
} Scan;

static int
no_keyword(const void *key, size_t length)
{
	return 0;
}

static const uint16 no_offsets[] = {0};

static const ScanKeywordList no_keywords = {"", no_offsets, no_keyword, 0, 0};
static const uint16 no_tokens[] = {0};

core_yyscan_t
mh_scan_without_keywords(const char *text, core_yy_extra_type *extra)
{
	return scanner_init(text, extra, &no_keywords, no_tokens);
}

MhCutter *
mh_cutter_begin(const char *text)
{
	MhCutter *cutter = palloc0(sizeof(MhCutter));

	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	cutter->text = text;
	cutter->length = strlen(text);
	cutter->line = 1;
	cutter->is_conforming = standard_conforming_strings;
	return cutter;
}

void
mh_cutter_set_conforming(MhCutter *cutter, bool is_conforming)
{
	cutter->is_conforming = is_conforming;
	cutter->extra.standard_conforming_strings = is_conforming;
}

/* The scanner is begun anew where the text was left by other means than its tokens. */
static void
restart(MhCutter *cutter, size_t at)
{
	if (cutter->scanner != NULL)
		scanner_finish(cutter->scanner);
	cutter->scanner = NULL;
	cutter->at = at;
}

static void
begin_scanner(MhCutter *cutter)
{
	if (cutter->scanner != NULL)
		return;
	cutter->base = cutter->at;
	cutter->scanner = mh_scan_without_keywords(cutter->text + cutter->base, &cutter->extra);
	cutter->extra.standard_conforming_strings = cutter->is_conforming;
	cutter->extra.escape_string_warning = false;
}

static int
line_at(MhCutter *cutter, size_t at)
{
	for (; cutter->counted < at; cutter->counted++)
		if (cutter->text[cutter->counted] == '\n')
			cutter->line++;
	return cutter->line;
}

static size_t
end_of_line(const MhCutter *cutter, size_t at)
{
	const char *end = memchr(cutter->text + at, '\n', cutter->length - at);

	return end == NULL ? cutter->length : end - cutter->text;
}

/* ---------- comments ---------- */

static char *
trimmed(const char *from, const char *to)
{
	while (from < to && strchr(" \t\r", *from) != NULL)
		from++;
	while (to > from && strchr(" \t\r", to[-1]) != NULL)
		to--;
	return mh_to_utf8(pnstrdup(from, to - from));
}

/* "-- Running upgrade a -> b": the revision is b, or a where b is left out. */
static void
note_marker(MhCutter *cutter, const char *comment)
{
	static const char *const words[] = {"Running upgrade ", "Running downgrade ",
										"Running stamp_revision "};

	for (int i = 0; i < lengthof(words); i++)
	{
		const char *from = comment + strlen(words[i]);
		const char *arrow;
		char *after;

		if (!mh_begins_with(comment, words[i]) || (arrow = strstr(comment, "->")) == NULL)
			continue;
		after = trimmed(arrow + 2, comment + strlen(comment));
		if (i == 1 || *after == '\0')
			after = trimmed(from, arrow);
		cutter->revision = *after == '\0' ? NULL : after;
	}
}

static void
note_allowance(MhCutter *cutter, const char *comment)
{
	static const char word[] = "mighead: allow ";
	const char *code = comment + sizeof(word) - 1;
	size_t length;

	if (!mh_begins_with(comment, word) || cutter->allowed.n == MOST_ALLOWANCES)
		return;
	length = strcspn(code, " \t");
	mh_strings_push(&cutter->allowed, pnstrdup(code, length));
	mh_strings_push(&cutter->reasons, trimmed(code + length, code + strlen(code)));
}

static size_t
skip_block_comment(const MhCutter *cutter, size_t at)
{
	int depth = 0;

	while (at < cutter->length)
	{
		if (strncmp(cutter->text + at, "/*", 2) == 0)
		{
			depth++;
			at += 2;
		}
		else if (strncmp(cutter->text + at, "*/", 2) == 0)
		{
			at += 2;
			if (--depth == 0)
				return at;
		}
		else
			at++;
	}
	return at;
}

/* Reads blanks and comments before a statement.  Returns where it begins. */
static size_t
skip_gap(MhCutter *cutter, size_t at)
{
	const char *text = cutter->text;

	while (at < cutter->length)
	{
		if (strchr(" \t\r\n\f\v;", text[at]) != NULL)
			at++;
		else if (strncmp(text + at, "--", 2) == 0)
		{
			size_t end = end_of_line(cutter, at);
			char *comment = trimmed(text + at + 2, text + end);

			note_marker(cutter, comment);
			note_allowance(cutter, comment);
			at = end;
		}
		else if (strncmp(text + at, "/*", 2) == 0)
		{
			size_t end = skip_block_comment(cutter, at);

			if (end >= cutter->length)
				return at;
			at = end;
		}
		else
			break;
	}
	return at;
}

/* ---------- tokens ---------- */

static bool
is_word(const char *word, const char *wanted)
{
	return strcmp(word, wanted) == 0;
}

/* As psql does: a body with BEGIN ATOMIC has semicolons of its own. */
static void
follow_body(Scan *scan, const char *word)
{
	scan->words++;
	if (scan->words == 1)
		scan->is_create = is_word(word, "create");
	else if (scan->words <= 4 && scan->is_create &&
			 (is_word(word, "function") || is_word(word, "procedure")))
		scan->is_routine = true;
	else if (scan->is_routine && is_word(word, "begin"))
		scan->blocks++;
	else if (scan->blocks > 0 && is_word(word, "case"))
		scan->blocks++;
	else if (scan->blocks > 0 && is_word(word, "end"))
		scan->blocks--;
}

static void
take_token(Scan *scan, int token, const char *word, size_t at)
{
	if (scan->colon >= 0 && at == (size_t) scan->colon + 1 && token >= FIRST_TOKEN)
		scan->cut->has_variable = true;
	scan->colon = token == ':' ? (int) at : -1;
	if (token == TOKEN_IDENT && scan->cutter->text[at] != '"')
		follow_body(scan, word);
	else if (token == '(')
		scan->depth++;
	else if (token == ')' && scan->depth > 0)
		scan->depth--;
	else if (token == '\\')
	{
		/* a command of psql ends the statement */
		scan->cut->kind = MH_CUT_PSQL;
		scan->to = scan->next = end_of_line(scan->cutter, at);
		scan->is_end = true;
	}
	else if (token == ';' && scan->depth == 0 && scan->blocks == 0)
	{
		scan->to = at;
		scan->next = at + 1;
		scan->is_end = true;
	}
}

static void
scan_tokens(Scan *scan)
{
	MhCutter *cutter = scan->cutter;

	begin_scanner(cutter);
	while (!scan->is_end)
	{
		core_YYSTYPE value = {0};
		YYLTYPE at = 0;
		int token;

		CHECK_FOR_INTERRUPTS();
		token = core_yylex(&value, &at, cutter->scanner);
		if (token == 0)
		{
			scan->to = scan->next = cutter->length;
			return;
		}
		if (cutter->base + at >= scan->from)
			take_token(scan, token, value.str, cutter->base + at);
	}
}

/* Goes on behind the next semicolon, or at the end. */
static void
skip_statement(Scan *scan)
{
	const char *end =
		memchr(scan->cutter->text + scan->from, ';', scan->cutter->length - scan->from);

	scan->to = end == NULL ? scan->cutter->length : end - scan->cutter->text;
	scan->next = end == NULL ? scan->to : scan->to + 1;
	restart(scan->cutter, scan->next);
}

/*
 * The scanner reads only its text and its memory, so an error of it leaves nothing that would have
 * to be rolled back.
 */
static void
scan_statement(Scan *scan)
{
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		scan_tokens(scan);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
			error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
			PG_RE_THROW();
		FlushErrorState();
		scan->cut->kind = MH_CUT_ERROR;
		scan->cut->message = mh_to_utf8(error->message);
		strlcpy(scan->cut->sqlstate, unpack_sql_state(error->sqlerrcode), 6);
		skip_statement(scan);
	}
	PG_END_TRY();
}

static void
cut_command(Scan *scan)
{
	scan->cut->kind = MH_CUT_PSQL;
	scan->to = scan->next = end_of_line(scan->cutter, scan->from);
	restart(scan->cutter, scan->next);
}

MhCut *
mh_cut_next(MhCutter *cutter)
{
	Scan scan = {.cutter = cutter, .colon = -1};
	MhCut *cut;

	scan.from = skip_gap(cutter, cutter->at);
	if (scan.from >= cutter->length)
		return NULL;
	cut = scan.cut = palloc0(sizeof(MhCut));
	cut->line = line_at(cutter, scan.from);
	cut->revision = cutter->revision;
	cut->allowed = cutter->allowed;
	cut->reasons = cutter->reasons;
	memset(&cutter->allowed, 0, sizeof(MhStrings));
	memset(&cutter->reasons, 0, sizeof(MhStrings));
	if (cutter->text[scan.from] == '\\')
		cut_command(&scan);
	else
		scan_statement(&scan);
	if (cut->kind == MH_CUT_PSQL)
		restart(cutter, scan.next);
	cutter->at = scan.next;
	cut->text = pnstrdup(cutter->text + scan.from, scan.to - scan.from);
	return cut;
}

void
mh_cutter_skip_data(MhCutter *cutter)
{
	size_t at = end_of_line(cutter, cutter->at);

	while (at < cutter->length)
	{
		size_t begin = at + 1;
		size_t end = end_of_line(cutter, begin);

		at = end;
		if (strncmp(cutter->text + begin, "\\.", 2) == 0 &&
			(end - begin == 2 || (end - begin == 3 && cutter->text[end - 1] == '\r')))
			break;
	}
	restart(cutter, at);
}
