/*-------------------------------------------------------------------------
 *
 * stored.c
 *	  What the rows of mighead.fingerprint have in common: whose they are, and when they are looked at.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/stored.h"

#include "access/table.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "server/base/own_table.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* ---------- whose they are ---------- */

/* The server and the library that wrote a text, and the database whose OIDs are in the sums. */
char *
mh_stored_origin(void)
{
	return psprintf(UINT64_FORMAT "/%u/%d/%d/%s", GetSystemIdentifier(), MyDatabaseId,
					PG_VERSION_NUM, MH_CANONICAL_FORMAT, MIGHEAD_VERSION);
}

static int
compare_oids(const ListCell *left, const ListCell *right)
{
	return lfirst_oid(left) < lfirst_oid(right) ? -1 : lfirst_oid(left) > lfirst_oid(right);
}

/* With its length: a name may have any character in it. */
static void
append_name(StringInfo text, const char *name)
{
	appendStringInfo(text, "\n%zu %s", strlen(name), name);
}

/* Names are relative to the version schema and its owner, and version tables are left out. */
char *
mh_stored_scope(const MhScope *scope, const char *origin)
{
	StringInfoData text;
	MhStrings schemas = {0, NULL};
	List *tables = list_copy(scope->version_tables);
	ListCell *cell;
	MhFingerprint hash;

	initStringInfo(&text);
	append_name(&text, origin);
	append_name(&text, scope->version_schema ? scope->version_schema : "");
	append_name(&text, scope->owner ? scope->owner : "");
	for (int i = 0; i < scope->schemas.n; i++)
		mh_strings_add(&schemas, scope->schemas.v[i]);
	mh_strings_sort(&schemas);
	for (int i = 0; i < schemas.n; i++)
		append_name(&text, schemas.v[i]);
	list_sort(tables, compare_oids);
	foreach (cell, tables)
		appendStringInfo(&text, "\n%u", lfirst_oid(cell));
	hash = mh_bytes_hash(text.data, text.len, 0);
	return psprintf("%016llx%016llx", (unsigned long long) hash.high,
					(unsigned long long) hash.low);
}

/* ---------- rows ---------- */

bool
mh_stored_fingerprint(Datum value, MhFingerprint *into)
{
	bytea *bytes = DatumGetByteaPP(value);

	if (VARSIZE_ANY_EXHDR(bytes) != sizeof(MhFingerprint))
		return false;
	memcpy(into, VARDATA_ANY(bytes), sizeof(MhFingerprint));
	return true;
}

Datum
mh_bytes_datum(const void *bytes, int n)
{
	bytea *value = palloc(VARHDRSZ + n);

	SET_VARSIZE(value, VARHDRSZ + n);
	memcpy(VARDATA(value), bytes, n);
	return PointerGetDatum(value);
}

static int
digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

void
mh_checksum_bytes(const char *checksum, unsigned char *bytes)
{
	for (int i = 0; i < MH_CHECKSUM_BYTES; i++)
		bytes[i] = digit(checksum[2 * i]) << 4 | digit(checksum[2 * i + 1]);
}

bool
mh_stored_lock(void)
{
	Oid table = get_relname_relid("fingerprint", get_namespace_oid("mighead", false));

	return ConditionalLockRelationOid(table, ShareRowExclusiveLock);
}

/* ---------- relations ---------- */

bool
mh_print_is_locked(const MhRelationPrint *print)
{
	/* a sequence is read without opening it */
	if (print->kind == RELKIND_SEQUENCE)
		return false;
	if (!ConditionalLockRelationOid(print->oid, AccessShareLock))
		return true;
	UnlockRelationOid(print->oid, AccessShareLock);
	return false;
}

bool
mh_print_is_in_scope(const MhReading *reading, const MhRelationPrint *print)
{
	static const char kinds[] = {RELKIND_RELATION,
								 RELKIND_PARTITIONED_TABLE,
								 RELKIND_FOREIGN_TABLE,
								 RELKIND_VIEW,
								 RELKIND_MATVIEW,
								 RELKIND_SEQUENCE,
								 '\0'};

	return print->kind != '\0' && strchr(kinds, print->kind) != NULL &&
		   mh_is_in_schemas(reading, (MhCatalogOid){print->schema});
}

/* ---------- when to look ---------- */

/*
 * To look at a block of pg_attribute, and what goes with it in other catalogs, takes a fifth of the
 * time of reading a table.  Among a thousand tenants each is read faster than that is done.
 */
bool
mh_stored_is_worth_looking(long n)
{
	Relation attributes = table_open(AttributeRelationId, AccessShareLock);
	BlockNumber blocks = RelationGetNumberOfBlocks(attributes);

	table_close(attributes, AccessShareLock);
	return n > 0 && blocks < 500 + 5 * n;
}

bool
mh_stored_may_use(const MhScope *scope)
{
	return scope->relations == NIL && scope->source == NULL && !mh_has_citus() &&
		   mh_own_table_may_scan("fingerprint");
}
