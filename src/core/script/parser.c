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
#include "core/script/parser_private.h"

#include "mb/pg_wchar.h"

/* Bytes of source that an error quotes at most. */
#define QUOTE_LIMIT 60

/* ---------- errors ---------- */

static char *
quote_text(MhQuote quote)
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

/* Returns the beginning of a message: "script "x.py", line 3: ", without the line if it is 0. */
static char *
location(const MhHeaderParser *p, int64 line)
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
fail_source(MhHeaderParser *p, int64 line, const char *reason)
{
	mh_fail(p->err, MHERR_SCRIPT, "%s: %s", location(p, line), reason);
	mh_fail_hint(p->err, "The file must be Python source, in UTF-8 or in the encoding that its "
						 "coding comment names.");
	return false;
}

static bool
fail_variable(MhHeaderParser *p, MhScriptWord name, int64 line, const char *what)
{
	mh_fail(p->err, MHERR_SCRIPT, "%s: \"%s\" %s", location(p, line), mh_variable_name(name), what);
	mh_fail_hint(p->err, "Assign a literal to it at the top level of the script, or register the "
						 "revision with mighead_add_revision().");
	return false;
}

static bool
fail_scan(MhHeaderParser *p)
{
	char *reason;

	if (p->too_long_at > 0)
		return fail_source(p, p->too_long_at, "docstring takes more than one megabyte");
	reason = psprintf(p->scanner.problem, p->scanner.problem_bracket);
	return fail_source(p, p->scanner.problem_line, reason);
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
fail_no_revision(MhHeaderParser *p)
{
	if (p->file_name == NULL)
		return fail_variable(p, MH_WORD_REVISION, 0, "is not assigned");
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
check_variable(MhHeaderParser *p, MhScriptWord name)
{
	const MhVariable *variable = &p->variables[name];

	if (variable->state == MH_VARIABLE_UNKNOWN)
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
finish_revision(MhHeaderParser *p, MhScript *script)
{
	MhVariable *revision = &p->variables[MH_WORD_REVISION];

	if (!check_variable(p, MH_WORD_REVISION))
		return false;
	if (revision->state == MH_VARIABLE_ABSENT)
	{
		script->revision = legacy_revision(p->file_name);
		return script->revision != NULL || fail_no_revision(p);
	}
	if (revision->kind != MH_LITERAL_STRING)
	{
		fail_variable(p, MH_WORD_REVISION, revision->line, "is not a string");
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
finish_values(MhHeaderParser *p, MhScript *script)
{
	if (!finish_revision(p, script))
		return false;
	for (int i = MH_WORD_DOWN_REVISION; i < MH_VARIABLES; i++)
		if (!check_variable(p, i))
			return false;
	if (p->variables[MH_WORD_DOWN_REVISION].state == MH_VARIABLE_ABSENT)
		return fail_variable(p, MH_WORD_DOWN_REVISION, 0, "is not assigned");
	script->down_revision = p->variables[MH_WORD_DOWN_REVISION].items;
	script->branch_labels = p->variables[MH_WORD_BRANCH_LABELS].items;
	script->depends_on = p->variables[MH_WORD_DEPENDS_ON].items;
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
		int blank;

		/* most of a text needs no look at its characters */
		if (*c > ' ' && !IS_HIGHBIT_SET(*c))
		{
			last = ++c;
			continue;
		}
		blank = blank_length(c);
		c += blank > 0 ? blank : pg_utf_mblen((const unsigned char *) c);
		if (blank == 0)
			last = c;
	}
	return pnstrdup(start, last - start);
}

/*
 * Returns the text of the last line that starts with "Create Date:".  The template writes it after
 * the message, which may have such a line of its own.
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
		if (mh_begins_with(line, label))
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
verify_text(MhHeaderParser *p, const char *source, size_t length)
{
	size_t good = 0;
	int64 line = 1;

	while (good < length)
	{
		int chunk = (int) Min(length - good, (size_t) VERIFY_CHUNK);
		int verified = pg_encoding_verifymbstr(PG_UTF8, source + good, chunk);

		MH_CHECK_INTERRUPTS();
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
init_parser(MhHeaderParser *p, const char *file_name, MhError *err)
{
	memset(p->variables, 0, sizeof(p->variables));
	memset(&p->statement, 0, sizeof(p->statement));
	memset(&p->levels[0], 0, sizeof(p->levels[0]));
	p->file_name = file_name;
	p->err = err;
	p->feeding = p->in_scope = p->in_global = p->in_block = false;
	p->too_long_at = 0;
	p->docstring = NULL;
	p->docstring_possible = p->at_line_start = true;
	p->scope_column = -1;
	p->block_keyword = (MhQuote){"", 0};
	p->pending.is_set = false;
	p->word_before = MH_WORD_OTHER;
	p->op_before = MH_OP_NONE;
	p->operand_before = false;
	p->depth = p->opaque_levels = p->lambda_bodies = 0;
}

static bool
parse(const char *source, size_t length, const char *file_name, MhCodeWriter *code,
	  MhScript *script, MhError *err)
{
	MhHeaderParser p; /* some 50 kB, and nothing below it recurses */

	memset(script, 0, sizeof(*script));
	init_parser(&p, file_name, err);
	p.code = code;
	skip_byte_order_mark(&source, &length);
	if (!verify_text(&p, source, length))
		return false;
	mh_scan_init(&p.scanner, source, length);
	script->file_name = file_name == NULL ? NULL : pstrdup(file_name);
	if (!mh_parser_read_statements(&p))
		return fail_scan(&p);
	script->message = p.docstring == NULL ? pstrdup("") : strip(p.docstring, strlen(p.docstring));
	script->create_date = find_create_date(script->message);
	return finish_values(&p, script);
}

bool
mh_script_parse(const char *source, size_t length, const char *file_name, MhScript *script,
				MhError *err)
{
	return parse(source, length, file_name, NULL, script, err);
}

bool
mh_script_parse_code(const char *source, size_t length, const char *file_name, MhCodeTaker take,
					 void *taker, MhScript *script, MhError *err)
{
	MhCodeWriter code;

	mh_code_begin(&code, take, taker);
	return parse(source, length, file_name, &code, script, err);
}
