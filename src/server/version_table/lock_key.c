/*-------------------------------------------------------------------------
 *
 * lock_key.c
 *	  The advisory lock of a project.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/fmgrprotos.h"

#define KEY_PREFIX "mighead:"

static void
digest_of(const char *text, uint8 *digest)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	if (pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) text, strlen(text)) < 0 ||
		pg_cryptohash_final(hash, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not compute SHA-256: %s", pg_cryptohash_error(hash))));
	pg_cryptohash_free(hash);
}

int64
mh_lock_key(const char *project)
{
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	uint64 key = 0;

	digest_of(psprintf(KEY_PREFIX "%s", project), digest);
	for (int i = 0; i < sizeof(key); i++)
		key = key << 8 | digest[i];
	return (int64) key;
}

bool
mh_lock_migrations(const char *project)
{
	return DatumGetBool(
		DirectFunctionCall1(pg_try_advisory_xact_lock_int8, Int64GetDatum(mh_lock_key(project))));
}
