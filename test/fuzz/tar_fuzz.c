/*
 * libFuzzer harness for mh_archive_list and, below it, mh_tar_next.
 *
 * Checksums would keep a fuzzer out of everything behind them, so each header
 * gets a right one first.  Beyond crashes it looks for scripts that are not in the
 * archive and for refusals without a code.
 */
#include "core/script/script.h"

#include "../unit/arena.h"

#define BLOCK 512

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* keeps the compiler from leaving out the reading of what was found */
static volatile unsigned used_sum;

static void
set_checksum(char *header)
{
	unsigned sum = 0;

	memset(header + 148, ' ', 8);
	for (int i = 0; i < BLOCK; i++)
		sum += (unsigned char) header[i];
	snprintf(header + 148, 8, "%06o", sum & 0777777);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *archive = malloc(size + 1);
	MhScriptFiles files = {0};
	MhError err = MH_NO_ERROR;
	unsigned sum = 0;

	memcpy(archive, data, size);
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK)
		if (archive[at + 148] != '\0')
			set_checksum(archive + at);
	if (mh_archive_list(archive, size, &files, &err))
	{
		for (int i = 0; i < files.n; i++)
			for (size_t at = 0; at < files.v[i].size; at++)
				sum += (unsigned char) files.v[i].data[at];
	}
	else if (err.sqlstate == NULL || err.message == NULL)
		abort();
	used_sum = sum;
	arena_reset();
	free(archive);
	return 0;
}
