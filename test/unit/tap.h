/*
 * tap.h
 *	  Just enough TAP for the unit tests of the pure cores: one program per
 *	  core, run by prove.
 */
#ifndef MIGHEAD_TEST_TAP_H
#define MIGHEAD_TEST_TAP_H

#include <stdio.h>
#include <string.h>

static int tap_count = 0;
static int tap_failed = 0;

static inline void
tap_ok(bool passed, const char *name, const char *file, int line)
{
	tap_count++;
	printf("%s %d - %s\n", passed ? "ok" : "not ok", tap_count, name);
	if (!passed)
	{
		tap_failed++;
		printf("# failed at %s line %d\n", file, line);
	}
}

static inline void
tap_is(const char *got, const char *expected, const char *name, const char *file, int line)
{
	bool passed = got == NULL ? expected == NULL : expected != NULL && strcmp(got, expected) == 0;

	tap_ok(passed, name, file, line);
	if (!passed)
		printf("#   got:      %s\n#   expected: %s\n", got ? got : "NULL",
			   expected ? expected : "NULL");
}

#define ok(passed, name) tap_ok((passed), (name), __FILE__, __LINE__)
#define is(got, expected, name) tap_is((got), (expected), (name), __FILE__, __LINE__)

static inline int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed == 0 ? 0 : 1;
}

#endif /* MIGHEAD_TEST_TAP_H */
