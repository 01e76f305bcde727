/*-------------------------------------------------------------------------
 *
 * merge_script.c
 *	  Python source: repr(), and the migration file that merges heads.
 *
 * The text is that of Alembic's template "generic" (alembic/templates/generic/
 * script.py.mako) as of 1.16.2, which is how "alembic merge" still writes it.
 *
 *-------------------------------------------------------------------------
 */
#include "core/draw/draw_private.h"

typedef struct CodeRange
{
	uint32 first;
	uint32 last;
} CodeRange;

/*
 * What str.isprintable() denies: the characters of Unicode's categories Cc,
 * Cf, Cs, Co, Zl, Zp and Zs, but for the blank.  Python denies unassigned code
 * points too; which those are differs between its releases, and written as
 * they are they mean the same, so they are not listed.
 */
static const CodeRange unprintable[] = {
	{0x0, 0x1f},        {0x7f, 0xa0},       {0xad, 0xad},        {0x600, 0x605},
	{0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},      {0x890, 0x891},
	{0x8e2, 0x8e2},     {0x1680, 0x1680},   {0x180e, 0x180e},    {0x2000, 0x200f},
	{0x2028, 0x202f},   {0x205f, 0x206f},   {0x3000, 0x3000},    {0xd800, 0xf8ff},
	{0xfeff, 0xfeff},   {0xfff9, 0xfffb},   {0xfffe, 0xffff},    {0x110bd, 0x110bd},
	{0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},  {0x1d173, 0x1d17a},
	{0xe0000, 0xe00ff}, {0xe01f0, 0xe0fff}, {0xf0000, 0x10ffff},
};

static bool
is_printable(uint32 code)
{
	for (int i = 0; i < (int) lengthof(unprintable) && unprintable[i].first <= code; i++)
		if (code <= unprintable[i].last)
			return false;
	return true;
}

static void
append_escaped(StringInfo buf, uint32 code)
{
	if (code == '\t')
		appendStringInfoString(buf, "\\t");
	else if (code == '\n')
		appendStringInfoString(buf, "\\n");
	else if (code == '\r')
		appendStringInfoString(buf, "\\r");
	else if (code <= 0xff)
		appendStringInfo(buf, "\\x%02x", code);
	else if (code <= 0xffff)
		appendStringInfo(buf, "\\u%04x", code);
	else
		appendStringInfo(buf, "\\U%08x", code);
}

/*
 * Appends Python's repr().  A byte that is no UTF-8 becomes \xNN, as if it were Latin-1: Python has
 * no str for it, and the file must be UTF-8.
 */
static void
append_repr(StringInfo buf, const char *value)
{
	const char *end = value + strlen(value);
	char quote = strchr(value, '\'') != NULL && strchr(value, '"') == NULL ? '"' : '\'';

	appendStringInfoChar(buf, quote);
	while (value < end)
	{
		uint32 code;
		int length = mh_decode_char(value, end, &code);

		if (code == MH_INVALID_BYTE)
			append_escaped(buf, (unsigned char) *value);
		else if (!is_printable(code))
			append_escaped(buf, code);
		else
		{
			if (code == (uint32) quote || code == '\\')
				appendStringInfoChar(buf, '\\');
			appendBinaryStringInfo(buf, value, length);
		}
		value += length;
	}
	appendStringInfoChar(buf, quote);
}

char *
mh_python_repr(const char *value)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_repr(&buf, value);
	return buf.data;
}

/*
 * Alembic writes the docstring's values as they are, and so makes a file that
 * does not compile, or runs what the message says.  Here what Python would read
 * differently is escaped, as are characters that hide text from a reviewer; an
 * ordinary message, of several lines even, looks as Alembic writes it.
 */
static void
append_docstring(StringInfo buf, const char *value)
{
	const char *end = value + strlen(value);
	int quotes = 0;

	while (value < end)
	{
		uint32 code;
		int length = mh_decode_char(value, end, &code);

		quotes = code == '"' ? quotes + 1 : 0;
		if (code == MH_INVALID_BYTE)
			append_escaped(buf, (unsigned char) *value);
		else if (mh_is_unsafe_char(code) && code != '\n' && code != '\t')
			append_escaped(buf, code);
		else
		{
			/* Only a third quote in a row could end the docstring. */
			if (code == '\\' || quotes == 3)
			{
				appendStringInfoChar(buf, '\\');
				quotes = 0;
			}
			appendBinaryStringInfo(buf, value, length);
		}
		value += length;
	}
}

/* Appends revisions as Alembic's tuple_rev_as_scalar does: None, a string, or a tuple. */
static void
append_revisions(StringInfo buf, const MhStrings *ids)
{
	if (ids->n == 0)
		appendStringInfoString(buf, "None");
	else if (ids->n == 1)
		append_repr(buf, ids->v[0]);
	else
	{
		for (int i = 0; i < ids->n; i++)
		{
			appendStringInfoString(buf, i == 0 ? "(" : ", ");
			append_repr(buf, ids->v[i]);
		}
		appendStringInfoChar(buf, ')');
	}
}

char *
mh_merge_script(const MhStrings *parents, const char *revision, const char *message,
				const char *create_date)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "\"\"\"");
	append_docstring(&buf, message != NULL ? message : "empty message");
	appendStringInfoString(&buf, "\n\nRevision ID: ");
	append_docstring(&buf, revision);
	appendStringInfoString(&buf, "\nRevises: ");
	append_docstring(&buf, mh_strings_join(parents, ", "));
	appendStringInfoString(&buf, "\nCreate Date: ");
	append_docstring(&buf, create_date);
	appendStringInfoString(&buf, "\n\n\"\"\"\n"
								 "from typing import Sequence, Union\n"
								 "\n"
								 "from alembic import op\n"
								 "import sqlalchemy as sa\n"
								 "\n"
								 "\n"
								 "# revision identifiers, used by Alembic.\n"
								 "revision: str = ");
	append_repr(&buf, revision);
	appendStringInfoString(&buf, "\ndown_revision: Union[str, Sequence[str], None] = ");
	append_revisions(&buf, parents);
	appendStringInfoString(&buf, "\nbranch_labels: Union[str, Sequence[str], None] = None\n"
								 "depends_on: Union[str, Sequence[str], None] = None\n"
								 "\n"
								 "\n"
								 "def upgrade() -> None:\n"
								 "    \"\"\"Upgrade schema.\"\"\"\n"
								 "    pass\n"
								 "\n"
								 "\n"
								 "def downgrade() -> None:\n"
								 "    \"\"\"Downgrade schema.\"\"\"\n"
								 "    pass\n");
	return buf.data;
}
