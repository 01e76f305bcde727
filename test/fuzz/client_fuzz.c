/*
 * Fuzzes what the program "mighead" reads of others: an alembic.ini, and the JSON of a server. The same bytes are
 * taken for either. What is quoted for JSON has to be JSON, whatever it is.
 */
#include "client/config.c"
#include "client/json.c"

#include "../unit/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_config(const char *text, size_t size)
{
	MhConfig config = {0};
	MhError err = MH_NO_ERROR;

	if (!mh_config_parse(text, size, "alembic.ini", "/here", "alembic", &config, &err))
	{
		if (err.message == NULL)
			abort();
		return;
	}
	if (config.version_locations.n == 0 && config.script_location == NULL)
		abort();
	for (int i = 0; i < config.version_locations.n; i++)
		if (config.version_locations.v[i] == NULL)
			abort();
}

static void
check_json(const char *text)
{
	StringInfoData json;

	(void) mh_json_is_valid(text);
	if (pg_encoding_verifymbstr(PG_UTF8, text, (int) strlen(text)) != (int) strlen(text))
		return;
	initStringInfo(&json);
	mh_json_quote(&json, text);
	if (!mh_json_is_valid(json.data))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = palloc0(size + 1);

	/* a file may have zero bytes */
	memcpy(text, data, size);

	check_config(text, size);
	check_json(text);
	arena_reset();
	return 0;
}
