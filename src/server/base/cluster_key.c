/*-------------------------------------------------------------------------
 *
 * cluster_key.c
 *	  A key that no SQL command shows.
 *
 * It is made of the random number in pg_control by which a server pretends to know the passwords of
 * roles that do not exist.  A role that may read files of the server, and whoever has a backup, can
 * know it.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/cluster_key.h"

#include "access/xlog.h"
#include "catalog/pg_control.h"
#include "common/cryptohash.h"
#include "common/sha2.h"

#define PURPOSE "mighead: fingerprints"

static void
make_key(MhHashKey *key)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	uint8 digest[PG_SHA256_DIGEST_LENGTH];

	if (pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) PURPOSE, strlen(PURPOSE)) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) GetMockAuthenticationNonce(),
							 MOCK_AUTH_NONCE_LEN) < 0 ||
		pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not compute SHA-256: %s", pg_cryptohash_error(hash))));
	pg_cryptohash_free(hash);
	memcpy(key, digest, sizeof(MhHashKey));
}

const MhHashKey *
mh_cluster_key(void)
{
	static MhHashKey key;
	static bool is_made = false;

	if (!is_made)
		make_key(&key);
	is_made = true;
	return &key;
}
