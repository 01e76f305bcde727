/*
 * Fuzzes definitions as documents bring them: what is not refused is compared, and what
 * is printed as a fix has to be the statements that were meant, whatever the texts hold.
 *
 * An input is lines, each "type|object|parent|attribute=value|...".  "!" before a type: the
 * definition is there; "=": it is there and expected; neither: it is expected.  A backslash
 * takes the meaning from the next byte.
 */
#include "core/base/relative_names.h"
#include "core/fix/fix_private.h"
#include "mb/pg_wchar.h"

#include "../unit/arena.h"

#include <ctype.h>

#define MAX_DEFINITIONS 48
#define MAX_FIELDS 24

/* A schema and a role as nobody should call them. */
static const char home[] = "\"a\"\"'; $x$ -- (\"";
static const char owner[] = "\"o\"\"'; /* $o$ )\"";

typedef struct Line
{
	int n;
	char *fields[MAX_FIELDS];
} Line;

static void
check(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s: %s\n", what, text);
	abort();
}

/* Documents are valid in their encoding: bytes that are not become ASCII. */
static char *
make_text(const unsigned char *data, size_t size)
{
	char *text = pnstrdup((const char *) data, size);
	int length = (int) strlen(text);

	if (pg_encoding_verifymbstr(PG_UTF8, text, length) != length)
		for (int i = 0; i < length; i++)
			text[i] = (char) ((text[i] & 0x7F) == 0 ? ' ' : text[i] & 0x7F);
	return text;
}

/* One line into its fields; the text after it. */
static const char *
read_line(const char *text, Line *line)
{
	StringInfoData field;

	line->n = 0;
	initStringInfo(&field);
	for (;; text++)
	{
		if (*text == '\0' || *text == '\n' || *text == '|')
		{
			if (line->n < MAX_FIELDS)
				line->fields[line->n++] = pstrdup(field.data);
			resetStringInfo(&field);
			if (*text != '|')
				return *text == '\0' ? text : text + 1;
			continue;
		}
		if (*text == '\\' && text[1] != '\0')
			text++;
		appendStringInfoChar(&field, *text);
	}
}

/* As the one who refuses a document says what is wrong with it. */
static bool
is_accepted(const MhDefinition *definition)
{
	const char *problem = mh_definition_problem(definition);

	if (problem == NULL)
		return true;
	if (strcmp(problem, "type") != 0 && strcmp(problem, "object") != 0 &&
		strcmp(problem, "parent") != 0 && strcmp(problem, "attributes") != 0)
		check(mh_attribute(definition, problem) != NULL, "a refusal names what it is about",
			  problem);
	return false;
}

/* Attributes have unique names, as the members of a JSON object do. */
static MhDefinition *
make_definition(const Line *line, const char *type)
{
	MhDefinition *definition = palloc0(sizeof(MhDefinition));

	definition->type = type;
	definition->name = line->fields[1];
	if (line->n > 2 && line->fields[2][0] != '\0')
		definition->parent = line->fields[2];
	for (int i = 3; i < line->n; i++)
	{
		char *equals = strchr(line->fields[i], '=');

		if (equals == NULL)
			continue;
		*equals = '\0';
		if (mh_attribute(definition, line->fields[i]) == NULL)
			mh_attribute_add(definition, line->fields[i], equals + 1);
	}
	check(mh_definition_finish(definition), "checksums are computed", type);
	return definition;
}

/* The sets are ordered only when all are there. */
static void
add_once(MhDefinitions *set, const MhDefinition *definition)
{
	if (set->n == MAX_DEFINITIONS)
		return;
	for (int i = 0; i < set->n; i++)
		if (mh_definition_compare(&set->v[i], definition) == 0)
			return;
	mh_definition_copy(set, definition);
}

static void
read_sets(const char *text, MhDefinitions *expected, MhDefinitions *actual)
{
	while (*text != '\0')
	{
		const MhDefinition *definition;
		const char *type;
		char side;
		Line line;

		text = read_line(text, &line);
		if (line.n < 2)
			continue;
		type = line.fields[0];
		side = *type;
		definition = make_definition(&line, side == '!' || side == '=' ? type + 1 : type);
		if (!is_accepted(definition))
			continue;
		if (side != '!')
			add_once(expected, definition);
		if (side == '!' || side == '=')
			add_once(actual, definition);
	}
	mh_definitions_sort(expected);
	mh_definitions_sort(actual);
}

/* Each statement that is printed begins with one of these. */
static bool
begins_statement(const char *text)
{
	static const char *const verbs[] = {"ALTER ", "CREATE ", "COMMENT ", "DROP ",
										"GRANT ", "REVOKE ", "REINDEX ", "SELECT "};

	for (size_t i = 0; i < lengthof(verbs); i++)
		if (strncmp(text, verbs[i], strlen(verbs[i])) == 0)
			return true;
	return false;
}

/* Past a literal or a quoted name, as the server reads it by its own settings; NULL: it is open. */
static const char *
end_of_literal(const char *at, bool has_escapes)
{
	const char *tag = at;
	size_t length;

	if (*at == '$')
	{
		length = strcspn(at + 1, "$") + 2;
		at = strstr(tag + length, pnstrdup(tag, length));
		return at == NULL ? NULL : at + length;
	}
	for (at++; *at != '\0'; at++)
	{
		if (has_escapes && *at == '\\' && at[1] != '\0')
			at++;
		else if (*at == *tag && at[1] == *tag)
			at++;
		else if (*at == *tag)
			return at + 1;
	}
	return NULL;
}

static bool
begins_dollar_quote(const char *at, char before)
{
	size_t length = 1;

	while (isalnum((unsigned char) at[length]) || at[length] == '_' || IS_HIGHBIT_SET(at[length]))
		length++;
	return *at == '$' && at[length] == '$' && !isdigit((unsigned char) at[1]) &&
		   !isalnum((unsigned char) before) && before != '_' && before != '$';
}

/*
 * Read once more, not by what the core counts with: outside of literals there are no comments
 * and no backslashes, and each semicolon is followed by a statement of ours.  The body of a
 * function has semicolons of its own.
 */
static void
check_statements(const char *fix)
{
	bool has_body = strstr(fix, "BEGIN ATOMIC") != NULL || strstr(fix, "begin atomic") != NULL;
	const char *at = fix;
	char before = ' ';
	int depth = 0;

	while (*at != '\0')
	{
		bool has_escapes = *at == '\'' && (before == 'E' || before == 'e') &&
						   (at - fix < 2 || !isalnum((unsigned char) at[-2]));

		if (*at == '\'' || *at == '"' || begins_dollar_quote(at, before))
		{
			at = end_of_literal(at, has_escapes);
			check(at != NULL, "a literal is closed", fix);
			before = at[-1];
			continue;
		}
		depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
		check(depth >= 0 && *at != '\\', "brackets match", fix);
		check(strncmp(at, "--", 2) != 0 && strncmp(at, "/*", 2) != 0, "no comment", fix);
		if (*at == ';' && depth == 0 && !has_body)
			check(at[1] == '\n' && begins_statement(at + 2), "statements of ours", fix);
		before = *at++;
	}
	check(depth == 0, "brackets match", fix);
}

/* What others write before and after it stays what it is. */
static void
check_fix(const char *fix)
{
	const char *absolute = mh_with_owner(mh_absolute(fix, home), owner);
	int n = mh_count_statements(fix);

	check(n > 0, "a fix is closed", fix);
	check(begins_statement(fix), "a fix is a statement", fix);
	check_statements(absolute);
	check(mh_count_statements(absolute) == n, "no name of a schema or role opens it", absolute);
	check(mh_count_statements(psprintf("%s;\nSELECT 1", absolute)) == n + 1,
		  "it ends before what follows", absolute);
	check(mh_count_statements(psprintf("SELECT ';';\n%s", absolute)) == n + 1,
		  "it begins after what comes before", absolute);
	check(pg_encoding_verifymbstr(PG_UTF8, fix, strlen(fix)) == (int) strlen(fix), "a fix is UTF-8",
		  fix);
}

static void
check_differences(const MhDefinitions *expected, const MhDefinitions *actual, int manages)
{
	MhDifferences *differences = mh_compare(expected, actual);

	mh_judge(differences, expected, actual, manages);
	mh_repair(differences, expected, actual);
	check(differences->n <= 64 * (expected->n + actual->n), "differences are bounded", "");
	for (int i = 0; i < differences->n; i++)
	{
		const MhDifference *one = &differences->v[i];

		check(one->severity >= 0 && one->severity <= 3, "a severity", one->name);
		check(one->kind != MH_MISSING || one->actual_object == NULL, "missing", one->name);
		check(one->kind != MH_EXTRA || one->expected_object == NULL, "extra", one->name);
		if (one->fix != NULL)
			check_fix(one->fix);
		else if (one->kind == MH_MISSING || one->kind == MH_EXTRA)
			check(one->reason != NULL && one->reason[0] != '\0', "without a fix there is a reason",
				  one->name);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	MhDefinitions expected = {.deparser = MH_DEPARSER_16};
	MhDefinitions actual = {.deparser = MH_DEPARSER_16};
	MhDefinitions none = {.deparser = MH_DEPARSER_16};
	int manages = size == 0 ? 0 : data[size - 1];

	read_sets(make_text(data, size), &expected, &actual);
	check_differences(&expected, &actual, manages);
	check_differences(&expected, &none, manages);
	check_differences(&actual, &expected, manages);
	check(mh_compare(&expected, &expected)->n == 0, "nothing differs from itself", "");
	arena_reset();
	return 0;
}
