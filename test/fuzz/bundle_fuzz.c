/*
 * libFuzzer harness for mh_bundle_next.
 *
 * Beyond crashes it looks for sources that are not in the bundle, for names that lead out of the
 * location, and for refusals without a code.
 */
#include "core/script/script.h"

#include "../unit/arena.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* keeps the compiler from leaving out the reading of what was found */
static volatile unsigned used_sum;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	MhBundle bundle = {copy, copy + size};
	MhScriptFile file;
	MhError err = MH_NO_ERROR;
	unsigned sum = 0;
	bool found = true;

	memcpy(copy, data, size);
	while (found && mh_bundle_next(&bundle, &file, &found, &err))
	{
		if (!found)
			break;
		if (file.path[0] == '/' || strncmp(file.path, "../", 3) == 0 ||
			strstr(file.path, "/../") != NULL)
			abort();
		for (size_t at = 0; at < file.size; at++)
			sum += (unsigned char) file.data[at];
	}
	if (found && (err.sqlstate == NULL || err.message == NULL))
		abort();
	used_sum = sum;
	arena_reset();
	free(copy);
	return 0;
}
