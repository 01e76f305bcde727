/*-------------------------------------------------------------------------
 *
 * secrets.c
 *	  Finds passwords in the text of SQL.
 *
 * It knows literals, comments and words, and no grammar: a password may be in the option of a role,
 * of a user mapping or of a subscription, in a call of dblink, and in a string that a DO block
 * executes.  Only the inside of literals and comments is changed, so that the text has the same
 * tokens as before.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/secrets.h"

#define BLANKED "********"
#define BLANKS " \t\r\n\f\v"

/* Bodies in bodies; deeper ones are literals. */
#define DEEPEST 8

static const char *const secret_words[] = {"password", "passwd",     "pwd",
										   "secret",   "access_key", "token"};

/* What a literal means where it stands. */
typedef enum Expected
{
	PLAIN,
	SECRET,      /* behind a secret word */
	SECRET_LIST, /* in the parentheses of IN */
	SECRET_NEXT  /* behind a literal that names a setting */
} Expected;

typedef struct Blanking
{
	StringInfo result;
	Expected expected;
	bool all; /* every literal */
	bool has_set_config;
	int depth;
} Blanking;

static void blank_code(Blanking *blanking, const char *text, const char *end);

/* ---------- words ---------- */

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		   IS_HIGHBIT_SET(c);
}

static const char *
word_end(const char *text, const char *end)
{
	while (text < end && is_word_char(*text))
		text++;
	return text;
}

/* word is in lower case. */
static bool
is_same(const char *text, const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (pg_ascii_tolower((unsigned char) text[i]) != word[i])
			return false;
	return true;
}

static bool
is_word(const char *text, const char *end, const char *word)
{
	size_t length = strlen(word);

	return (size_t) (end - text) == length && is_same(text, word, length);
}

/* Whether a word ends as a secret one does. */
static bool
is_secret(const char *text, const char *end)
{
	for (size_t i = 0; i < lengthof(secret_words); i++)
	{
		size_t length = strlen(secret_words[i]);

		if ((size_t) (end - text) >= length && is_same(end - length, secret_words[i], length))
			return true;
	}
	return false;
}

/* ---------- what a statement is ---------- */

typedef struct Words
{
	bool makes;    /* CREATE or ALTER */
	bool role;     /* ROLE, USER, GROUP */
	bool password; /* a secret word */
	bool set_config;
	bool is_data;     /* it begins with INSERT, UPDATE, DELETE, MERGE or COMMENT */
	bool is_external; /* it begins as one about a server, a user mapping or a subscription */
} Words;

static bool
is_one_of(const char *text, const char *end, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_word(text, end, words[i]))
			return true;
	return false;
}

static void
see_word(Words *words, const char *text, const char *end, int n)
{
	static const char *const makers[] = {"create", "alter"};
	static const char *const roles[] = {"role", "user", "group"};
	static const char *const data[] = {"insert", "update", "delete", "merge", "comment"};
	static const char *const external[] = {"server", "mapping", "subscription"};

	words->makes = words->makes || is_one_of(text, end, makers, lengthof(makers));
	words->role = words->role || is_one_of(text, end, roles, lengthof(roles));
	words->password = words->password || is_secret(text, end);
	words->set_config = words->set_config || is_word(text, end, "set_config");
	if (n == 0)
		words->is_data = is_one_of(text, end, data, lengthof(data));
	if (n == 1 || n == 2)
		words->is_external = words->is_external ||
							 (words->makes && is_one_of(text, end, external, lengthof(external)));
}

/* Also the words in literals count: they may be run. */
static Words
words_of(const char *text)
{
	const char *end = text + strlen(text);
	Words words = {false};
	int n = 0;

	while (text < end)
	{
		const char *word = word_end(text, end);

		MH_CHECK_INTERRUPTS();
		if (word > text)
			see_word(&words, text, word, n++);
		text = word > text ? word : text + 1;
	}
	return words;
}

/* ---------- within a literal or a comment ---------- */

/* The quote of the literal in a literal, doubled, or one of JSON. */
static int
quote_length(const char *text, const char *end)
{
	if (end - text >= 2 && text[0] == '\'' && text[1] == '\'')
		return 2;
	return text < end && *text == '"' ? 1 : 0;
}

/* The end of a value in quotes; a backslash hides what follows. */
static const char *
quoted_value_end(const char *text, const char *end, int quote, char which)
{
	while (text < end && !(*text == which && quote_length(text, end) == quote))
		text += *text == '\\' && end - text > 1 ? 1 + Max(1, quote_length(text + 1, end)) : 1;
	return Min(text, end);
}

static const char *
bare_value_end(const char *text, const char *end)
{
	while (text < end && strchr(BLANKS "\"';&()", *text) == NULL)
		text += *text == '\\' && end - text > 1 ? 1 + Max(1, quote_length(text + 1, end)) : 1;
	return Min(text, end);
}

static const char *
skip_blanks(const char *text, const char *end)
{
	while (text < end && strchr(BLANKS, *text) != NULL)
		text++;
	return text;
}

/* Behind a secret word: where its value begins (*from) and ends; NULL where there is none. */
static const char *
value_end(const char *text, const char *end, const char **from)
{
	const char *at = skip_blanks(text + quote_length(text, end), end);
	bool has_sign = at < end && (*at == '=' || *at == ':');
	int quote;

	if (has_sign)
		at = skip_blanks(at + (end - at > 1 && at[1] == '=' ? 2 : 1), end);
	quote = quote_length(at, end);
	*from = at + quote;
	if (quote > 0)
		return quoted_value_end(*from, end, quote, *at);
	return has_sign ? bare_value_end(at, end) : NULL;
}

/* Behind "://": user:password@ */
static const char *
url_end(const char *text, const char *end, const char **from)
{
	while (text < end && strchr(":@/?'\"" BLANKS, *text) == NULL)
		text++;
	if (text >= end || *text != ':')
		return NULL;
	*from = ++text;
	while (text < end && strchr("@/?'\"" BLANKS, *text) == NULL)
		text++;
	return text < end && *text == '@' ? text : NULL;
}

static void
blank_inside(StringInfo result, const char *text, const char *end)
{
	while (text < end)
	{
		const char *behind = word_end(text, end);
		const char *from = NULL;
		const char *value = NULL;

		MH_CHECK_INTERRUPTS();
		if (behind > text && is_secret(text, behind))
			value = value_end(behind, end, &from);
		else if (behind == text && end - text > 3 && strncmp(text, "://", 3) == 0)
			value = url_end(behind = text + 3, end, &from);
		behind = behind == text ? text + 1 : behind;
		if (value != NULL && value > from)
		{
			appendBinaryStringInfo(result, text, (int) (from - text));
			appendStringInfoString(result, BLANKED);
			behind = value;
		}
		else
			appendBinaryStringInfo(result, text, (int) (behind - text));
		text = behind;
	}
}

/* ---------- code ---------- */

static const char *
comment_end(const char *text, const char *end)
{
	int depth = 0;

	if (*text == '-')
	{
		while (text < end && *text != '\r' && *text != '\n')
			text++;
		return text;
	}
	for (; text < end; text++)
	{
		int step = end - text < 2 ? 0 : text[0] == '/' && text[1] == '*' ? 1 : 0;

		if (end - text >= 2 && text[0] == '*' && text[1] == '/')
			step = -1;
		depth += step;
		text += step != 0;
		if (depth == 0)
			return text + 1;
	}
	return end;
}

/* The end of the inside of a literal that begins with this quote. */
static const char *
literal_end(const char *text, const char *end, bool has_escapes)
{
	for (; text < end; text++)
	{
		if ((has_escapes && *text == '\\') ||
			(end - text > 1 && text[0] == '\'' && text[1] == '\''))
			text++;
		else if (*text == '\'')
			return text;
	}
	return end;
}

/* The length of "$tag$", or 0. */
static int
tag_length(const char *text, const char *end)
{
	const char *close = word_end(text + 1, end);

	if (close >= end || *close != '$' || (text[1] >= '0' && text[1] <= '9'))
		return 0;
	return (int) (close - text) + 1;
}

static const char *
find_tag(const char *text, const char *end, const char *tag, int length)
{
	for (; end - text >= length; text++)
		if (*text == '$' && strncmp(text, tag, length) == 0)
			return text;
	return end;
}

static void
put_literal(Blanking *blanking, const char *text, const char *end, bool is_body)
{
	bool is_blanked = blanking->expected == SECRET || blanking->expected == SECRET_LIST;

	if (is_body && !is_blanked && blanking->depth < DEEPEST)
	{
		Blanking inner = {blanking->result, PLAIN, blanking->all, blanking->has_set_config,
						  blanking->depth + 1};

		blank_code(&inner, text, end);
	}
	else if ((is_blanked || blanking->all) && end > text)
		appendStringInfoString(blanking->result, BLANKED);
	else
		blank_inside(blanking->result, text, end);
	if (!is_blanked && blanking->has_set_config && is_secret(text, end))
		blanking->expected = SECRET_NEXT;
	else if (!is_blanked)
		blanking->expected = PLAIN;
}

static const char *
put_quoted(Blanking *blanking, const char *text, const char *end, bool has_escapes)
{
	const char *close = Min(end, literal_end(text + 1, end, has_escapes));

	appendStringInfoChar(blanking->result, '\'');
	put_literal(blanking, text + 1, close, false);
	if (close < end)
		appendStringInfoChar(blanking->result, '\'');
	return close < end ? close + 1 : end;
}

static const char *
put_dollar(Blanking *blanking, const char *text, const char *end, int length)
{
	const char *close = find_tag(text + length, end, text, length);

	appendBinaryStringInfo(blanking->result, text, length);
	put_literal(blanking, text + length, close, true);
	if (close < end)
		appendBinaryStringInfo(blanking->result, text, length);
	return close < end ? close + length : end;
}

static const char *
put_comment(Blanking *blanking, const char *text, const char *end)
{
	const char *close = comment_end(text, end);

	blank_inside(blanking->result, text, close);
	return close;
}

/* A word, or a name in quotes. */
static const char *
put_word(Blanking *blanking, const char *text, const char *end, const char *behind)
{
	bool is_in = is_word(text, behind, "in") && blanking->expected == SECRET;

	appendBinaryStringInfo(blanking->result, text, (int) (behind - text));
	if (behind < end && *behind == '\'' && behind - text == 1)
		return put_quoted(blanking, behind, end, *text == 'E' || *text == 'e');
	if (is_in || (behind < end && *behind == '&' && behind - text == 1))
		return behind;
	blanking->expected = is_secret(text, behind) ? SECRET : PLAIN;
	return behind;
}

static const char *
put_name(Blanking *blanking, const char *text, const char *end)
{
	const char *close = text + 1;

	while (close < end && *close != '"')
		close++;
	appendBinaryStringInfo(blanking->result, text, (int) (Min(close + 1, end) - text));
	blanking->expected = is_secret(text + 1, close) ? SECRET : PLAIN;
	return Min(close + 1, end);
}

static const char *
put_sign(Blanking *blanking, const char *text)
{
	Expected is = blanking->expected;

	appendStringInfoChar(blanking->result, *text);
	if (*text == '(' && is == SECRET)
		blanking->expected = SECRET_LIST;
	else if (*text == ',' && is == SECRET_NEXT)
		blanking->expected = SECRET;
	else if (strchr(BLANKS "&", *text) == NULL && !(is == SECRET && strchr("=:", *text) != NULL) &&
			 !(is == SECRET_LIST && *text == ','))
		blanking->expected = PLAIN;
	return text + 1;
}

static void
blank_code(Blanking *blanking, const char *text, const char *end)
{
	while (text < end)
	{
		const char *word = word_end(text, end);
		int tag = *text == '$' ? tag_length(text, end) : 0;
		bool has_next = end - text > 1;

		MH_CHECK_INTERRUPTS();
		if (word > text)
			text = put_word(blanking, text, end, word);
		else if (*text == '\'')
			text = put_quoted(blanking, text, end, false);
		else if (*text == '"')
			text = put_name(blanking, text, end);
		else if (tag > 0)
			text = put_dollar(blanking, text, end, tag);
		else if (has_next && (strncmp(text, "--", 2) == 0 || strncmp(text, "/*", 2) == 0))
			text = put_comment(blanking, text, end);
		else
			text = put_sign(blanking, text);
	}
}

char *
mh_blank_secrets(const char *sql)
{
	Words words = words_of(sql);
	StringInfoData result;
	Blanking blanking = {.result = &result, .has_set_config = words.set_config};

	initStringInfo(&result);
	/* what is in dollars is no body there */
	blanking.depth = words.is_external ? DEEPEST : 0;
	blanking.all =
		words.is_external || (!words.is_data && words.makes && words.role && words.password);
	blank_code(&blanking, sql, sql + strlen(sql));
	return result.data;
}
