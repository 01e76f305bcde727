/*-------------------------------------------------------------------------
 *
 * secrets.c
 *	  Finds passwords in the text of SQL.
 *
 * It works on characters and not on a grammar: a password may be in the option of a role, of a user
 * mapping or of a subscription, in a call of dblink, and in a string that a DO block executes.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/secrets.h"

#define WORD "password"
#define BLANKED "********"
#define BLANKS " \t\r\n\f\v"

static bool
is_word_here(const char *text)
{
	for (int i = 0; i < (int) strlen(WORD); i++)
		if (pg_ascii_tolower((unsigned char) text[i]) != WORD[i])
			return false;
	return true;
}

/* Blanks and comments. */
static const char *
skip_blanks(const char *text)
{
	for (;;)
	{
		const char *end;

		text += strspn(text, BLANKS);
		if (text[0] == '-' && text[1] == '-')
			text += strcspn(text, "\r\n");
		else if (text[0] == '/' && text[1] == '*' && (end = strstr(text, "*/")) != NULL)
			text = end + 2;
		else
			return text;
	}
}

/* ---------- values: each returns the end of what is blanked, with its beginning in *from ---------- */

/* 'x', or the same in a literal: ''x'' */
static const char *
quoted_end(const char *text, bool has_escapes, const char **from)
{
	bool is_doubled = text[1] == '\'' && strchr(BLANKS ",;)", text[2]) == NULL;
	const char *at = *from = text + (is_doubled ? 2 : 1);

	for (; *at != '\0'; at++)
	{
		if (has_escapes && at[0] == '\\' && at[1] != '\0')
			at++;
		else if (at[0] == '\'' && (is_doubled ? at[1] == '\'' : at[1] != '\''))
			return at;
		else if (at[0] == '\'' && !is_doubled)
			at++;
	}
	return at;
}

/* $tag$x$tag$ */
static const char *
dollar_end(const char *text, const char **from)
{
	size_t length = strcspn(text + 1, "$" BLANKS) + 2;
	char *tag = pnstrdup(text, length);
	const char *end;

	*from = text + strlen(tag);
	end = strstr(*from, tag);
	pfree(tag);
	return end == NULL ? text + strlen(text) : end;
}

/* Returns NULL where no value follows.  has_sign: "=" stood before, with no blank around. */
static const char *
value_end(const char *text, bool has_sign, const char **from)
{
	if (text[0] == '\'')
		return quoted_end(text, false, from);
	if ((text[0] == 'E' || text[0] == 'e' || text[0] == 'N' || text[0] == 'n') && text[1] == '\'')
		return quoted_end(text + 1, text[0] == 'E' || text[0] == 'e', from);
	if ((text[0] == 'U' || text[0] == 'u') && text[1] == '&' && text[2] == '\'')
		return quoted_end(text + 2, false, from);
	if (text[0] == '$' && (text[1] < '0' || text[1] > '9'))
		return dollar_end(text, from);
	*from = text;
	return has_sign ? text + strcspn(text, BLANKS "'\";&()") : NULL;
}

/* Behind the word: the end of its value, or NULL. */
static const char *
password_end(const char *text, const char **from)
{
	const char *at = text;
	bool has_sign;

	if (*at == '"' || *at == '\'')
		at++;
	at = skip_blanks(at);
	has_sign = *at == '=' || *at == ':';
	if (has_sign)
		at = skip_blanks(at + (at[0] == ':' && at[1] == '=' ? 2 : 1));
	return value_end(at, has_sign && at == text + 1 && text[0] == '=', from);
}

/* Behind "://": user:password@ */
static const char *
url_end(const char *text, const char **from)
{
	size_t user = strcspn(text, ":@/?'\"" BLANKS);
	size_t password;

	if (text[user] != ':')
		return NULL;
	*from = text + user + 1;
	password = strcspn(*from, "@/?'\"" BLANKS);
	return (*from)[password] == '@' ? *from + password : NULL;
}

char *
mh_blank_secrets(const char *sql)
{
	StringInfoData result;

	initStringInfo(&result);
	while (*sql != '\0')
	{
		const char *behind = NULL;
		const char *from = NULL;
		const char *end = NULL;

		MH_CHECK_INTERRUPTS();
		if (is_word_here(sql))
			end = password_end(behind = sql + strlen(WORD), &from);
		else if (mh_begins_with(sql, "://"))
			end = url_end(behind = sql + 3, &from);
		if (behind == NULL)
			behind = sql + 1;
		if (end != NULL && end > from)
		{
			appendBinaryStringInfo(&result, sql, (int) (from - sql));
			appendStringInfoString(&result, BLANKED);
			behind = end;
		}
		else
			appendBinaryStringInfo(&result, sql, (int) (behind - sql));
		sql = behind;
	}
	return result.data;
}
