/*-------------------------------------------------------------------------
 *
 * memory.c
 *	  How much memory libpq may take for one message, and what is read of a server altogether.
 *
 * libpq makes room for a message as soon as it knows its length, 2 GB at the most, then reads as much
 * as the other side sends, in one call. There is no option against it; but it copes with memory that
 * it does not get. So the limit is that of the process, for as long as libpq looks at a message. Where
 * there is no /proc, or no such limit, there is none.
 *
 *-------------------------------------------------------------------------
 */
#include "server/remote/remote_private.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* libpq doubles its buffer, and has a copy of the message. */
#define TIMES 4

/* A larger limit is one of many messages: no row that is asked for has more. */
#define MOST_BYTES (64 * 1024 * 1024)

/* Milliseconds for which a measure is good. */
#define FRESH 10

/* Returns how much data the process has; 0 if nobody knows. */
static int64
measure(void)
{
	char text[256];
	char *at = text;
	int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = file < 0 ? 0 : read(file, text, sizeof(text) - 1);

	if (file >= 0)
		close(file);
	text[Max(n, 0)] = '\0';
	/* the sixth number, in pages */
	for (int i = 0; i < 5 && at != NULL; i++)
	{
		at = strchr(at, ' ');
		at = at == NULL ? NULL : at + 1;
	}
	return at == NULL ? 0 : strtoll(at, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static int64
data_size(void)
{
	static int64 size = 0;
	static int64 measured = 0;
	int64 now = mh_remote_now();

	if (size == 0 || now >= measured + FRESH)
	{
		size = measure();
		measured = now;
	}
	return size;
}

/*
 * What rows become here may be larger than what was sent.  Where several servers are asked at the same
 * time nobody knows whose memory it is; what is kept of those is counted elsewhere.
 */
bool
mh_remote_takes_too_much(const MhRemote *remote)
{
	int64 size = remote->limits.memory > 0 ? data_size() : 0;

	return remote->size_before > 0 && size > remote->size_before + remote->limits.memory;
}

int64
mh_remote_data_size(void)
{
	return data_size();
}

MhMemoryLimit
mh_remote_limit_memory(const MhRemote *remote)
{
	MhMemoryLimit limit = {.is_set = false};
	struct rlimit lower;
	int64 size = data_size();

	if (size == 0 || getrlimit(RLIMIT_DATA, &limit.before) != 0)
		return limit;
	lower = limit.before;
	lower.rlim_cur = size + TIMES * Min(remote->limits.bytes, MOST_BYTES);
	if (lower.rlim_cur < limit.before.rlim_cur)
		limit.is_set = setrlimit(RLIMIT_DATA, &lower) == 0;
	return limit;
}

void
mh_remote_lift_limit(const MhMemoryLimit *limit)
{
	if (limit->is_set)
		(void) setrlimit(RLIMIT_DATA, &limit->before);
}
