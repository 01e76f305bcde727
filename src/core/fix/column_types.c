/*-------------------------------------------------------------------------
 *
 * column_types.c
 *	  Compares types of columns: which of two holds all values of the other.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"

/* "character varying(20)": a name, and up to two numbers. */
typedef struct TypeName
{
	char *name; /* includes the text after the numbers: "timestamp without time zone" */
	int n;
	int numbers[2];
} TypeName;

static TypeName
parse_type(const char *text)
{
	TypeName type = {NULL, 0, {0, 0}};
	const char *open = strchr(text, '(');
	const char *close = open == NULL ? NULL : strchr(open, ')');

	if (close == NULL)
	{
		type.name = pstrdup(text);
		return type;
	}
	type.n = sscanf(open, "(%d,%d)", &type.numbers[0], &type.numbers[1]);
	type.name = psprintf("%.*s%s", (int) (open - text), text, close + 1);
	return type;
}

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool
is_wider_integer(const char *expected, const char *actual)
{
	static const char *const ranks[] = {"smallint", "integer", "bigint", "numeric"};
	int wide = -1;
	int narrow = -1;

	for (int i = 0; i < (int) lengthof(ranks); i++)
	{
		if (strcmp(ranks[i], expected) == 0)
			wide = i;
		if (strcmp(ranks[i], actual) == 0)
			narrow = i;
	}
	return narrow >= 0 && narrow < 3 && wide > narrow;
}

static bool
has_more_room(const TypeName *expected, const TypeName *actual)
{
	static const char *const by_length[] = {"character varying",
											"bit varying",
											"time without time zone",
											"time with time zone",
											"timestamp without time zone",
											"timestamp with time zone",
											NULL};

	if (strcmp(expected->name, "numeric") == 0)
	{
		int scale = expected->n < 2 ? 0 : expected->numbers[1];
		int less = actual->n < 2 ? 0 : actual->numbers[1];

		if (expected->n == 0)
			return true;
		return actual->n > 0 && scale >= less &&
			   expected->numbers[0] - scale >= actual->numbers[0] - less;
	}
	if (!is_one_of(expected->name, by_length))
		return false;
	return expected->n == 0 || (actual->n > 0 && expected->numbers[0] >= actual->numbers[0]);
}

bool
mh_is_wider_type(const char *expected_text, const char *actual_text)
{
	TypeName expected = parse_type(expected_text);
	TypeName actual = parse_type(actual_text);
	bool is_unlimited = expected.n == 0;

	if (strcmp(expected.name, actual.name) == 0)
		return has_more_room(&expected, &actual);
	if (is_unlimited && strcmp(actual.name, "character varying") == 0)
		return strcmp(expected.name, "text") == 0;
	if (is_unlimited && strcmp(actual.name, "text") == 0)
		return strcmp(expected.name, "character varying") == 0;
	if (strcmp(actual.name, "cidr") == 0)
		return strcmp(expected.name, "inet") == 0;
	return is_unlimited && is_wider_integer(expected.name, actual.name);
}
