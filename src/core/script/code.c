/*-------------------------------------------------------------------------
 *
 * code.c
 *	  Extracts the code of a script: what Python runs, without header and layout.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/script.h"

#include "core/script/python_scanner.h"

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

/* Collects pieces: a call for each of them would cost more than the scanner does. */
typedef struct Writer
{
	MhCodeTaker take;
	void *taker;
	size_t n;
	char bytes[4096];
} Writer;

static void
send_pieces(Writer *writer)
{
	if (writer->n > 0)
		writer->take(writer->taker, writer->bytes, writer->n);
	writer->n = 0;
}

static void
put_bytes(Writer *writer, const char *data, size_t size)
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
put_token(Writer *writer, const MhToken *token, int64 column)
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

bool
mh_script_code(const char *source, size_t length, MhCodeTaker take, void *taker)
{
	bool has_mark = length >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0;
	bool is_first_line = true;
	bool is_line_start = true;
	bool is_left_out = false;
	Writer writer = {.take = take, .taker = taker};
	MhScanner scanner;
	MhToken token;

	mh_scan_init(&scanner, source + (has_mark ? 3 : 0), length - (has_mark ? 3 : 0));
	while (mh_scan_next(&scanner, &token))
	{
		MH_CHECK_INTERRUPTS();
		if (token.kind == MH_TOKEN_END)
		{
			send_pieces(&writer);
			return true;
		}
		if (is_line_start)
			is_left_out =
				is_header(&token, &scanner) || (is_first_line && token.kind == MH_TOKEN_STRING);
		if (!is_left_out)
			put_token(&writer, &token, is_line_start ? scanner.column : 0);
		is_line_start = token.kind == MH_TOKEN_NEWLINE;
		is_first_line &= !is_line_start;
	}
	return false;
}
