/*
 * libFuzzer harness for mh_script_parse and mh_script_encoding.
 *
 *	make build/fuzz/script_parser_fuzz
 *	build/fuzz/script_parser_fuzz -dict=test/fuzz/script_parser_fuzz.dict \
 *		FOLDER_OF_THE_UNPACKED_CORPUS
 *
 * Beyond crashes it looks for results that cannot be right: text that is not
 * UTF-8, empty identifiers, errors without a code, and answers that change when
 * a comment or a plain assignment is put behind the script.
 */
#include "core/script/script.h"
#include "mb/pg_wchar.h"

#include "../unit/arena.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "wrong result: %s\n", what);
	abort();
}

static void
expect_text(const char *value)
{
	int length = (int) strlen(value);

	expect(pg_encoding_verifymbstr(PG_UTF8, value, length) == length, "text is not UTF-8");
}

static void
expect_names(const MhStrings *list)
{
	for (int i = 0; i < list->n; i++)
	{
		expect(list->v[i][0] != '\0', "empty element");
		expect_text(list->v[i]);
	}
}

static bool
same_names(const MhStrings *a, const MhStrings *b)
{
	bool same = a->n == b->n;

	for (int i = 0; same && i < a->n; i++)
		same = strcmp(a->v[i], b->v[i]) == 0;
	return same;
}

/*
 * Tails begin with two line ends: one to end the last line even where it ends
 * in a backslash and a CR, which make one line end with a LF.
 */
static bool
parse_followed_by(const uint8_t *data, size_t size, const char *tail, MhScript *script)
{
	char *longer = palloc(size + strlen(tail));
	MhError err = MH_NO_ERROR;
	bool parsed;

	memcpy(longer, data, size);
	memcpy(longer + size, tail, strlen(tail));
	parsed = mh_script_parse(longer, size + strlen(tail), "abc123.py", script, &err);
	pfree(longer);
	return parsed;
}

static void
check_script(const uint8_t *data, size_t size, const MhScript *script)
{
	MhScript other;

	expect(script->revision[0] != '\0', "empty revision");
	expect_text(script->revision);
	expect_names(&script->down_revision);
	expect_names(&script->depends_on);
	expect_names(&script->branch_labels);
	expect_text(script->message);
	if (script->create_date != NULL)
		expect_text(script->create_date);

	expect(parse_followed_by(data, size, "\n\n# revision = 'no'\n", &other),
		   "a comment at the end makes it unreadable");
	expect(strcmp(other.revision, script->revision) == 0 &&
			   same_names(&other.down_revision, &script->down_revision) &&
			   same_names(&other.branch_labels, &script->branch_labels) &&
			   same_names(&other.depends_on, &script->depends_on) &&
			   strcmp(other.message, script->message) == 0,
		   "a comment at the end changes the values");
	expect(parse_followed_by(data, size, "\n\nrevision = 'zz'; depends_on = 'q', 'r'", &other),
		   "an assignment at the end makes it unreadable");
	expect(strcmp(other.revision, "zz") == 0 && other.depends_on.n == 2,
		   "the last assignment does not win");
	expect(!parse_followed_by(data, size, "\n\nif x: revision = 'zz'", &other),
		   "a conditional assignment is taken");
}

static void
check_error(const MhError *err)
{
	expect(err->sqlstate != NULL && (strcmp(err->sqlstate, MHERR_SCRIPT) == 0 ||
									 strcmp(err->sqlstate, MHERR_CHARACTER) == 0),
		   "error without its code");
	expect(err->message != NULL && err->message[0] != '\0', "error without message");
	expect_text(err->message);
	if (err->detail != NULL)
		expect_text(err->detail);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MhScript script;
	MhError err = MH_NO_ERROR;
	char *encoding;

	encoding = mh_script_encoding((const char *) data, size);
	expect(encoding == NULL || encoding[0] != '\0', "encoding without a name");
	if (mh_script_parse((const char *) data, size, "abc123.py", &script, &err))
		check_script(data, size, &script);
	else
		check_error(&err);
	arena_reset();
	return 0;
}
