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

/* Room for what stands before the text of a token. */
#define HEAD_ROOM 24

/* Beside the kind of a token: it begins a logical line, so its column follows. */
#define AT_LINE_START 0x10

/* Seven bits in a byte, the lowest first; returns where it ends. */
static char *
write_number(char *text, uint64 number)
{
	for (; number >= 0x80; number >>= 7)
		*text++ = (char) (number | 0x80);
	*text++ = (char) number;
	return text;
}

/*
 * Kind, column, length and text of a token, from which it could be told again: so no two codes are
 * written alike.  An operator is its text; a new line has none.
 */
static void
put_token(MhCodeWriter *writer, const MhToken *token, int64 column)
{
	size_t length = token->kind == MH_TOKEN_NEWLINE ? 0 : token->length;
	char *end;

	if (sizeof(writer->bytes) - writer->n < HEAD_ROOM)
		send_pieces(writer);
	end = writer->bytes + writer->n;
	*end++ = (char) (token->kind | (writer->is_line_start ? AT_LINE_START : 0));
	if (writer->is_line_start)
		end = write_number(end, (uint64) column);
	end = write_number(end, length);
	writer->n = end - writer->bytes;
	if (length > 0)
		put_bytes(writer, token->text, length);
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
		put_token(writer, token, scanner->column);
	writer->is_line_start = token->kind == MH_TOKEN_NEWLINE;
	writer->is_first_line &= !writer->is_line_start;
}
