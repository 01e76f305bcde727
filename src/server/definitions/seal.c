/*-------------------------------------------------------------------------
 *
 * seal.c
 *	  Of which set of definitions the schema is, known from the catalogs as a whole.
 *
 * Seals are distrusted in mh_seal_holds, and given in known.c, nowhere else.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/seal.h"

#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "server/base/extension_scan.h"
#include "server/base/own_table.h"
#include "server/base/query.h"
#include "server/definitions/stored.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

/* $1 scope, $2 fingerprint, $3 epoch, $4 what is sealed, $5 origin. */
static const char *const insert_statement =
	"INSERT INTO mighead.fingerprint (scope, fingerprint, epoch, checksums, origin)"
	" VALUES ($1, $2, $3, $4, $5) ON CONFLICT (scope, fingerprint)"
	" DO UPDATE SET epoch = excluded.epoch, checksums = excluded.checksums, origin = excluded.origin";
static const char *const delete_statement =
	"DELETE FROM mighead.fingerprint WHERE scope = $1 AND fingerprint <> $2";

/* What is sealed, as it is stored: as long as two checksums. */
typedef struct Sealed
{
	unsigned char checksum[MH_CHECKSUM_BYTES];
	uint64 n_relations; /* that were read: whether it is worth while to look */
	unsigned char unused[MH_CHECKSUM_BYTES - sizeof(uint64)];
} Sealed;

/* Database-wide objects are read or not. */
static char *
scope_of(const MhScope *scope, const char *origin)
{
	return psprintf("seal/%s/%s", mh_stored_scope(scope, origin),
					scope->with_global ? "all" : "own");
}

static MhFingerprint
key_of(MhFingerprint whole, uint64 beside)
{
	uint64 parts[3] = {whole.high, whole.low, beside};

	return mh_bytes_hash(parts, sizeof(parts), 0);
}

/* ---------- rows ---------- */

/* A row under way. */
typedef struct Found
{
	MhFingerprint key;
	MhFingerprint epoch;
	Sealed sealed;
} Found;

static bool
take_row(const MhExtensionScan *scan, Found *found)
{
	bool is_null;
	bytea *sealed;

	/* no column can be NULL */
	if (!mh_stored_fingerprint(mh_extension_value(scan, "fingerprint", &is_null), &found->key) ||
		!mh_stored_fingerprint(mh_extension_value(scan, "epoch", &is_null), &found->epoch))
		return false;
	sealed = DatumGetByteaPP(mh_extension_value(scan, "checksums", &is_null));
	if (VARSIZE_ANY_EXHDR(sealed) != sizeof(Sealed))
		return false;
	memcpy(&found->sealed, VARDATA_ANY(sealed), sizeof(Sealed));
	return true;
}

static bool
find_row(const char *scope, Found *found)
{
	MhExtensionScan scan;
	bool is_found;

	mh_extension_scan_begin_at(&scan, GetActiveSnapshot(), "fingerprint", "fingerprint_pkey", 1,
							   &scope);
	is_found = mh_extension_scan_next(&scan) && take_row(&scan, found);
	mh_extension_scan_end(&scan);
	return is_found;
}

/* ---------- making ---------- */

void
mh_seal_make(const MhScope *scope, const MhFingerprints *prints, int n_relations)
{
	MhSeal *seal = scope->seal;

	seal->origin = mh_stored_origin();
	seal->scope = scope_of(scope, seal->origin);
	seal->whole = prints->whole;
	seal->epoch = prints->epoch;
	seal->n_relations = n_relations;
	seal->is_made = true;
}

static void
write_row(const MhSeal *seal, MhFingerprint key, const Sealed *sealed)
{
	Oid types[5] = {TEXTOID, BYTEAOID, BYTEAOID, BYTEAOID, TEXTOID};
	Datum values[5];
	MhIdentity identity;

	values[0] = mh_text_datum(seal->scope);
	values[1] = mh_bytes_datum(&key, sizeof(key));
	values[2] = mh_bytes_datum(&seal->epoch, sizeof(seal->epoch));
	values[3] = mh_bytes_datum(sealed, sizeof(Sealed));
	values[4] = mh_text_datum(seal->origin);
	identity = mh_begin_writing();
	SPI_connect();
	mh_write(delete_statement, 2, types, values, NULL, SPI_OK_DELETE);
	mh_write(insert_statement, 5, types, values, NULL, SPI_OK_INSERT);
	SPI_finish();
	mh_end(&identity);
}

/* Where it is there, nothing is written. */
static bool
is_there(const MhSeal *seal, MhFingerprint key, const Sealed *sealed)
{
	Found found;

	return mh_own_table_may_scan("fingerprint") && find_row(seal->scope, &found) &&
		   mh_fingerprint_equal(&key, &found.key) &&
		   mh_fingerprint_equal(&seal->epoch, &found.epoch) &&
		   memcmp(sealed, &found.sealed, sizeof(Sealed)) == 0;
}

void
mh_seal_store(const MhSeal *seal, const char *checksum, uint64 beside)
{
	MhFingerprint key = key_of(seal->whole, beside);
	Sealed sealed = {.n_relations = seal->n_relations};

	if (!seal->is_made)
		return;
	mh_checksum_bytes(checksum, sealed.checksum);
	if (!is_there(seal, key, &sealed) && mh_stored_lock())
		write_row(seal, key, &sealed);
}

/* ---------- looking ---------- */

/* A busy relation is told, and the state of an index may change without its row. */
static bool
is_any_doubtful(const MhReading *reading, const MhFingerprints *prints)
{
	HASH_SEQ_STATUS status;
	const MhRelationPrint *print;
	bool is_doubtful = false;

	hash_seq_init(&status, prints->relations);
	while ((print = hash_seq_search(&status)) != NULL)
		if (!is_doubtful && mh_print_is_in_scope(reading, print))
			is_doubtful = print->is_unsettled || mh_print_is_locked(print);
	return is_doubtful;
}

/* False too if the catalogs cannot be looked at. */
static bool
are_catalogs_as(const MhReading *reading, const Found *found, uint64 beside)
{
	const MhFingerprints *prints;
	MhFingerprint key;
	bool are_same = false;

	PushActiveSnapshot(GetLatestSnapshot());
	prints = mh_fingerprints_take(false);
	if (prints != NULL && !prints->is_murky && !prints->is_partial)
	{
		key = key_of(prints->whole, beside);
		are_same = mh_fingerprint_equal(&key, &found->key) &&
				   mh_fingerprint_equal(&prints->epoch, &found->epoch) &&
				   !is_any_doubtful(reading, prints);
	}
	PopActiveSnapshot();
	return are_same;
}

bool
mh_seal_holds(const MhReading *reading, const char *checksum, MhBeside beside)
{
	unsigned char wanted[MH_CHECKSUM_BYTES];
	uint64 hash;
	Found found;

	mh_checksum_bytes(checksum, wanted);
	if (!mh_stored_may_use(reading->scope) || OidIsValid(get_extension_oid(MH_REPACK, true)) ||
		!find_row(scope_of(reading->scope, mh_stored_origin()), &found) ||
		memcmp(wanted, found.sealed.checksum, MH_CHECKSUM_BYTES) != 0 ||
		!mh_stored_is_worth_looking((long) found.sealed.n_relations))
		return false;
	return beside(&hash) && are_catalogs_as(reading, &found, hash);
}
