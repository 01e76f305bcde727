/*
 * Fuzzes the walk over names: any text, made relative to a home and absolute again for it, has
 * to mean the same; and what is relative has nothing more to be made so.
 */
#include "core/base/relative_names.h"

#include "../unit/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A literal right behind another, which no deparser writes, is one with it or is not. */
static bool
has_joined_literals(const char *text)
{
	return strstr(text, "'E'") != NULL || strstr(text, "'e'") != NULL;
}

/* The same of a quoted home that is written in behind another quoted name. */
static bool
has_joined_names(const char *relative)
{
	return strstr(relative, "\"" MH_HOME) != NULL || strstr(relative, "'''") != NULL;
}

static void
check(const char *text, const char *home)
{
	char *relative = mh_relative(text, home);
	char *again = mh_relative(relative, home);
	char *absolute = mh_absolute(relative, home);

	if (strcmp(relative, again) != 0)
		abort();
	/* what was a placeholder before is a name now, so that there may be more of them */
	if (strchr(text, '$') == NULL && !has_joined_names(relative) &&
		strcmp(mh_relative(absolute, home), relative) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const homes[] = {"a",       "\"a\"",      "\"A b\"",
										"\"a'b\"", "\"a\"\"b\"", "\"a\\b\""};
	char *text;

	if (size == 0)
		return 0;
	text = pnstrdup((const char *) data + 1, size - 1);
	if (!has_joined_literals(text))
		check(text, homes[data[0] % lengthof(homes)]);
	arena_reset();
	return 0;
}
