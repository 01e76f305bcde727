/*
 * Driver for text_oracle.py: reads lines "codec NAME" and "time TEXT", writes what
 * mh_python_codec and mh_iso_time_parse make of them.
 */
#include "core/base/iso_time.h"
#include "core/script/script.h"
#include "mb/pg_wchar.h"

static void
answer_codec(const char *name)
{
	int encoding = mh_python_codec(name);

	if (encoding == MH_CODEC_UNKNOWN)
		puts("unknown");
	else
		puts(encoding == MH_CODEC_ASCII ? "ASCII" : pg_encoding_to_char(encoding));
}

static void
answer_time(const char *text)
{
	MhIsoTime time;

	if (!mh_iso_time_parse(text, &time))
		puts("no");
	else if (time.has_zone)
		printf(INT64_FORMAT " %d\n", time.local, time.offset);
	else
		printf(INT64_FORMAT " naive\n", time.local);
}

int
main(void)
{
	char line[1000];

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "codec ", 6) == 0)
			answer_codec(line + 6);
		else
			answer_time(line + 5);
	}
	return 0;
}
