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

static void
put_token(MhCodeTaker take, void *taker, const MhToken *token, int64 column)
{
	char head[64];

	snprintf(head, sizeof(head), "%d %d " INT64_FORMAT " %zu:", (int) token->kind, token->op,
			 column, token->length);
	take(taker, head, strlen(head));
	if (token->length > 0)
		take(taker, token->text, token->length);
}

bool
mh_script_code(const char *source, size_t length, MhCodeTaker take, void *taker)
{
	bool has_mark = length >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0;
	bool is_first_line = true;
	bool is_line_start = true;
	bool is_left_out = false;
	MhScanner scanner;
	MhToken token;

	mh_scan_init(&scanner, source + (has_mark ? 3 : 0), length - (has_mark ? 3 : 0));
	while (mh_scan_next(&scanner, &token))
	{
		MH_CHECK_INTERRUPTS();
		if (token.kind == MH_TOKEN_END)
			return true;
		if (is_line_start)
			is_left_out =
				is_header(&token, &scanner) || (is_first_line && token.kind == MH_TOKEN_STRING);
		if (!is_left_out)
			put_token(take, taker, &token, is_line_start ? scanner.column : 0);
		is_line_start = token.kind == MH_TOKEN_NEWLINE;
		is_first_line &= !is_line_start;
	}
	return false;
}
