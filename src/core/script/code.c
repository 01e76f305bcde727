/*-------------------------------------------------------------------------
 *
 * code.c
 *	  Extracts the code of a script: what Python runs, without header and layout.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/parser_private.h"

/* Returns whether the line is part of the header: "revision = ...", "revision: str = ...". */
static bool
is_header(const MhToken *token, const MhScanner *scanner)
{
	static const char *const names[] = {"revision", "down_revision", "branch_labels", "depends_on"};

	if (token->kind != MH_TOKEN_NAME || scanner->column != 0)
		return false;
	for (int i = 0; i < (int) lengthof(names); i++)
		if (token->length == strlen(names[i]) && memcmp(token->text, names[i], token->length) == 0)
			return true;
	return false;
}

static void
send_pieces(MhCodeWriter *writer)
{
	if (writer->n > 0)
		writer->take(writer->taker, writer->bytes, writer->n);
	writer->n = 0;
}

static void
put_bytes(MhCodeWriter *writer, const char *data, size_t size)
{
	if (size > sizeof(writer->bytes) - writer->n)
		send_pieces(writer);
	if (size > sizeof(writer->bytes))
	{
		writer->take(writer->taker, data, size);
		return;
	}
	memcpy(writer->bytes + writer->n, data, size);
	writer->n += size;
}

/* Room for a number in decimal and what comes behind it. */
#define NUMBER_ROOM 24

/* Writes a number in decimal, and what comes behind it, at text; returns where it ends. */
static char *
write_number(char *text, uint64 number, char end)
{
	char digits[NUMBER_ROOM];
	int n = 0;

	/* nearly every number has one digit */
	if (number < 10)
	{
		*text++ = (char) ('0' + number);
		*text++ = end;
		return text;
	}
	while (number >= 10)
	{
		digits[n++] = (char) ('0' + number % 10);
		number /= 10;
	}
	*text++ = (char) ('0' + number);
	while (n > 0)
		*text++ = digits[--n];
	*text++ = end;
	return text;
}

static void
put_token(MhCodeWriter *writer, const MhToken *token, int64 column)
{
	char *end;

	if (sizeof(writer->bytes) - writer->n < 4 * NUMBER_ROOM)
		send_pieces(writer);
	end = write_number(writer->bytes + writer->n, (uint64) token->kind, ' ');
	end = write_number(end, (uint64) token->op, ' ');
	end = write_number(end, (uint64) column, ' ');
	end = write_number(end, token->length, ':');
	writer->n = end - writer->bytes;
	if (token->length > 0)
		put_bytes(writer, token->text, token->length);
}

void
mh_code_begin(MhCodeWriter *writer, MhCodeTaker take, void *taker)
{
	writer->take = take;
	writer->taker = taker;
	writer->is_first_line = writer->is_line_start = true;
	writer->is_left_out = false;
	writer->n = 0;
}

void
mh_code_add(MhCodeWriter *writer, const MhToken *token, const MhScanner *scanner)
{
	if (token->kind == MH_TOKEN_END)
	{
		send_pieces(writer);
		return;
	}
	if (writer->is_line_start)
		writer->is_left_out =
			is_header(token, scanner) || (writer->is_first_line && token->kind == MH_TOKEN_STRING);
	if (!writer->is_left_out)
		put_token(writer, token, writer->is_line_start ? scanner->column : 0);
	writer->is_line_start = token->kind == MH_TOKEN_NEWLINE;
	writer->is_first_line &= !writer->is_line_start;
}
