/*-------------------------------------------------------------------------
 *
 * known.c
 *	  What a reading need not read: relations whose fingerprint was stored with their definitions.
 *
 * Fingerprints are distrusted here, and nowhere else: see begin_unit.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/known.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "server/base/extension_scan.h"
#include "server/base/query.h"
#include "server/definitions/relations.h"
#include "server/definitions/seal.h"
#include "server/definitions/stored.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* $1 scope, $2 epoch, $3 fingerprints, $4 origin: what is not true any more. */
static const char *const delete_statement =
	"DELETE FROM mighead.fingerprint WHERE origin <> $4"
	" OR scope = $1 AND (epoch <> $2 OR fingerprint <> ALL ($3))";

static const char *const insert_statement =
	"INSERT INTO mighead.fingerprint (scope, fingerprint, epoch, checksums, origin)"
	" SELECT $1, u.fingerprint, $2, u.checksums, $4"
	" FROM ROWS FROM (pg_catalog.unnest($3), pg_catalog.unnest($5)) AS u (fingerprint, checksums)"
	" ON CONFLICT DO NOTHING";

/* A row of mighead.fingerprint, by its fingerprint. */
typedef struct Stored
{
	MhFingerprint fingerprint;
	MhFingerprint epoch;
	bytea *checksums; /* of 32 bytes each */
} Stored;

/* A relation in scope. */
typedef struct Unit
{
	const MhRelationPrint *print;
	char *name;           /* relative; NULL until it is needed */
	const Stored *stored; /* NULL: none */
	bool is_known;        /* it need not be read */
	bool is_foreign;      /* what it is depends on more than its rows and the epoch */
	int n_unread;         /* it, as often as it could not be read */
	int n;
	const char **checksums; /* if it was read */
} Unit;

struct MhKnown
{
	MhReading *reading;
	MhFingerprints *prints;
	char *scope;
	char *origin;
	HTAB *stored; /* of Stored */
	int n;
	Unit *units; /* by OID */
	bool has_sequences;
	bool is_all;
	bool is_doubtful; /* a part could not be read, and nobody says of which relation */
};

/* ---------- what is stored ---------- */

static void
add_stored(MhKnown *known, const MhExtensionScan *scan)
{
	bool is_null;
	MhFingerprint key;
	MhFingerprint epoch;
	Stored *stored;
	bytea *checksums;

	/* no column can be NULL */
	if (!mh_stored_fingerprint(mh_extension_value(scan, "fingerprint", &is_null), &key) ||
		!mh_stored_fingerprint(mh_extension_value(scan, "epoch", &is_null), &epoch))
		return;
	checksums = DatumGetByteaPCopy(mh_extension_value(scan, "checksums", &is_null));
	if (VARSIZE_ANY_EXHDR(checksums) % MH_CHECKSUM_BYTES != 0)
		return;
	stored = hash_search(known->stored, &key, HASH_ENTER, NULL);
	stored->epoch = epoch;
	stored->checksums = checksums;
}

static HTAB *
make_stored(void)
{
	HASHCTL control = {.keysize = sizeof(MhFingerprint),
					   .entrysize = sizeof(Stored),
					   .hcxt = CurrentMemoryContext};

	return hash_create("mighead stored fingerprints", 256, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
read_stored(MhKnown *known)
{
	const char *key = known->scope;
	MhExtensionScan scan;

	mh_extension_scan_begin_at(&scan, GetActiveSnapshot(), "fingerprint", "fingerprint_pkey", 1,
							   &key);
	while (mh_extension_scan_next(&scan))
	{
		CHECK_FOR_INTERRUPTS();
		add_stored(known, &scan);
	}
	mh_extension_scan_end(&scan);
}

/* ---------- units ---------- */

static void
hex_of(const unsigned char *bytes, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < MH_CHECKSUM_BYTES; i++)
	{
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * MH_CHECKSUM_BYTES] = '\0';
}

static int
count_stored(const Stored *stored)
{
	return VARSIZE_ANY_EXHDR(stored->checksums) / MH_CHECKSUM_BYTES;
}

static int
find_form(const MhForms *forms, const Stored *stored, int i)
{
	const unsigned char *bytes = (const unsigned char *) VARDATA_ANY(stored->checksums);
	char hex[MH_CHECKSUM_SIZE];

	hex_of(bytes + i * MH_CHECKSUM_BYTES, hex);
	return forms->find(forms->state, hex);
}

/* What the caller does not expect is read, so that the difference can be told. */
static bool
is_expected(const MhForms *forms, const Stored *stored)
{
	for (int i = 0; i < count_stored(stored); i++)
		if (find_form(forms, stored, i) < 0)
			return false;
	return true;
}

/* A view is as busy as what it is made of.  The reading finds out what that is. */
static void
leave_locked(MhKnown *known)
{
	bool any_locked = false;

	if (known->reading->scope->forms == NULL)
		return;
	for (int i = 0; i < known->n; i++)
		if (mh_print_is_locked(known->units[i].print))
		{
			known->units[i].is_known = false;
			any_locked = true;
		}
	for (int i = 0; i < known->n && any_locked; i++)
		if (strchr("vm", known->units[i].print->kind) != NULL)
			known->units[i].is_known = false;
}

static void
begin_unit(const MhKnown *known, Unit *unit, const MhRelationPrint *print)
{
	const MhForms *forms = known->reading->scope->forms;

	memset(unit, 0, sizeof(Unit));
	unit->print = print;
	unit->stored = hash_search(known->stored, &print->fingerprint, HASH_FIND, NULL);
	if (unit->stored != NULL && !mh_fingerprint_equal(&unit->stored->epoch, &known->prints->epoch))
		unit->stored = NULL;
	if (known->prints->is_murky || print->is_unsettled)
		return;
	unit->is_known = forms != NULL && unit->stored != NULL && is_expected(forms, unit->stored);
}

static int
compare_units(const void *left, const void *right)
{
	Oid a = ((const Unit *) left)->print->oid;
	Oid b = ((const Unit *) right)->print->oid;

	return a < b ? -1 : a > b;
}

static void
begin_units(MhKnown *known)
{
	HASH_SEQ_STATUS status;
	const MhRelationPrint *print;

	known->units = palloc(Max(hash_get_num_entries(known->prints->relations), 1) * sizeof(Unit));
	hash_seq_init(&status, known->prints->relations);
	while ((print = hash_seq_search(&status)) != NULL)
		if (mh_print_is_in_scope(known->reading, print))
			begin_unit(known, &known->units[known->n++], print);
	qsort(known->units, known->n, sizeof(Unit), compare_units);
	leave_locked(known);
}

/* Sequences are read by one query, or not at all. */
static void
settle_sequences(MhKnown *known)
{
	known->has_sequences = known->is_all = known->n > 0;
	for (int i = 0; i < known->n; i++)
	{
		if (known->units[i].is_known)
			continue;
		known->is_all = false;
		if (known->units[i].print->kind == RELKIND_SEQUENCE)
			known->has_sequences = false;
	}
	for (int i = 0; i < known->n && !known->has_sequences; i++)
		if (known->units[i].print->kind == RELKIND_SEQUENCE)
			known->units[i].is_known = false;
}

static void
take_forms(const MhKnown *known)
{
	MhForms *forms = known->reading->scope->forms;

	for (int i = 0; i < known->n; i++)
	{
		const Stored *stored = known->units[i].stored;

		for (int j = 0; known->units[i].is_known && j < count_stored(stored); j++)
			mh_nodes_add(&forms->known, find_form(forms, stored, j));
	}
}

/* ---------- beginning ---------- */

static bool
may_use(const MhScope *scope)
{
	return (scope->forms != NULL || scope->stores) && mh_stored_may_use(scope);
}

MhKnown *
mh_known_begin(MhReading *reading)
{
	const MhScope *scope = reading->scope;
	MhKnown *known;

	if (!may_use(scope))
		return NULL;
	known = palloc0(sizeof(MhKnown));
	known->reading = reading;
	known->origin = mh_stored_origin();
	known->scope = mh_stored_scope(scope, known->origin);
	known->stored = make_stored();
	read_stored(known);
	if (!scope->stores && !mh_stored_is_worth_looking(hash_get_num_entries(known->stored)))
		return NULL;
	known->prints = mh_fingerprints_take(scope->stores);
	if (known->prints == NULL)
		return NULL;
	begin_units(known);
	settle_sequences(known);
	if (scope->forms != NULL)
		take_forms(known);
	return known;
}

bool
mh_known_is_any(const MhKnown *known)
{
	for (int i = 0; i < known->n; i++)
		if (known->units[i].is_known)
			return true;
	return false;
}

bool
mh_known_is_all(const MhKnown *known)
{
	return known->is_all;
}

bool
mh_known_has_sequences(const MhKnown *known)
{
	return known->has_sequences;
}

static Unit *
find_unit(const MhKnown *known, Oid oid)
{
	MhRelationPrint print = {.oid = oid};
	Unit wanted = {.print = &print};

	return known->n == 0 ? NULL
						 : bsearch(&wanted, known->units, known->n, sizeof(Unit), compare_units);
}

int
mh_known_leave(const MhKnown *known, MhBatchItem *items, int n)
{
	int left = 0;

	for (int i = 0; i < n; i++)
	{
		const Unit *unit = find_unit(known, mh_local_oid(known->reading, items[i].oid));

		if (unit == NULL || !unit->is_known)
			items[left++] = items[i];
	}
	return left;
}

/* ---------- storing ---------- */

/* A table and a sequence cannot have the same name. */
typedef struct Named
{
	const char *name;
	const char *checksum; /* NULL: it could not be read */
} Named;

static int
compare_named(const void *left, const void *right)
{
	return strcmp(((const Named *) left)->name, ((const Named *) right)->name);
}

static const char *
relation_name(const MhDefinition *definition)
{
	if (definition->parent == NULL || strcmp(definition->type, MH_TYPE_SEQUENCE) == 0)
		return definition->name;
	return definition->parent;
}

static Named *
name_definitions(const MhDefinitions *set, int first, int *n)
{
	Named *named = palloc(Max(set->n - first + set->n_unread, 1) * sizeof(Named));

	*n = 0;
	for (int i = first; i < set->n; i++)
		named[(*n)++] = (Named){relation_name(&set->v[i]), pstrdup(set->v[i].checksum)};
	for (int i = 0; i < set->n_unread; i++)
		named[(*n)++] = (Named){set->unread[i].name, NULL};
	qsort(named, *n, sizeof(Named), compare_named);
	return named;
}

static int
first_of(const Named *named, int n, const char *name)
{
	int low = 0;
	int high = n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(named[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
note_unit(const MhReading *reading, Unit *unit, const Named *named, int n)
{
	const MhRelation *relation = mh_relation_find(reading, (MhCatalogOid){unit->print->oid});
	char *schema = get_namespace_name(unit->print->schema);
	char *name = pstrdup(NameStr(unit->print->name));
	int first;

	/* its text is that of another relation */
	unit->is_foreign = schema == NULL || (relation != NULL && OidIsValid(relation->direct_view));
	if (schema == NULL)
		return;
	unit->name = mh_relative_name(reading, mh_to_utf8(schema), mh_to_utf8(name));
	first = first_of(named, n, unit->name);
	for (int i = first; i < n && strcmp(named[i].name, unit->name) == 0; i++)
	{
		unit->n_unread += named[i].checksum == NULL;
		unit->n++;
	}
	unit->checksums = palloc(Max(unit->n, 1) * sizeof(char *));
	for (int i = 0; i < unit->n; i++)
		unit->checksums[i] = named[first + i].checksum;
}

void
mh_known_note(MhKnown *known, int first)
{
	int n;
	int n_unread = 0;
	Named *named;

	if (!known->reading->scope->stores)
		return;
	named = name_definitions(known->reading->set, first, &n);
	for (int i = 0; i < known->n; i++)
	{
		if (!known->units[i].is_known)
			note_unit(known->reading, &known->units[i], named, n);
		n_unread += known->units[i].n_unread;
	}
	known->is_doubtful = n_unread != known->reading->set->n_unread;
}

static Datum
checksums_datum(const Unit *unit)
{
	unsigned char *bytes = palloc(Max(unit->n, 1) * MH_CHECKSUM_BYTES);

	for (int i = 0; i < unit->n; i++)
		mh_checksum_bytes(unit->checksums[i], bytes + i * MH_CHECKSUM_BYTES);
	return mh_bytes_datum(bytes, unit->n * MH_CHECKSUM_BYTES);
}

static bool
is_to_be_stored(const Unit *unit)
{
	return unit->is_known ||
		   (!unit->is_foreign && unit->n_unread == 0 && !unit->print->is_unsettled);
}

/* Of what is known already the row is there. */
static void
write_units(const MhKnown *known)
{
	Oid types[5] = {TEXTOID, BYTEAOID, BYTEAARRAYOID, TEXTOID, BYTEAARRAYOID};
	Datum *fingerprints = palloc(known->n * sizeof(Datum));
	Datum *checksums = palloc(known->n * sizeof(Datum));
	Datum values[5];
	int n = 0;

	for (int i = 0; i < known->n; i++)
	{
		const Unit *unit = &known->units[i];

		if (!is_to_be_stored(unit))
			continue;
		fingerprints[n] = mh_bytes_datum(&unit->print->fingerprint, sizeof(MhFingerprint));
		checksums[n++] =
			unit->is_known ? PointerGetDatum(unit->stored->checksums) : checksums_datum(unit);
	}
	values[0] = mh_text_datum(known->scope);
	values[1] = mh_bytes_datum(&known->prints->epoch, sizeof(MhFingerprint));
	values[2] =
		PointerGetDatum(construct_array(fingerprints, n, BYTEAOID, -1, false, TYPALIGN_INT));
	values[3] = mh_text_datum(known->origin);
	values[4] = PointerGetDatum(construct_array(checksums, n, BYTEAOID, -1, false, TYPALIGN_INT));
	mh_write(delete_statement, 4, types, values, NULL, SPI_OK_DELETE);
	mh_write(insert_statement, 5, types, values, NULL, SPI_OK_INSERT);
}

/* Where nothing is new and nothing gone, nothing is written. */
static bool
is_there(const MhKnown *known)
{
	int n = 0;

	for (int i = 0; i < known->n; i++)
	{
		if (is_to_be_stored(&known->units[i]) && known->units[i].stored == NULL)
			return false;
		n += is_to_be_stored(&known->units[i]);
	}
	return n == (int) hash_get_num_entries(known->stored);
}

/* The versions of rows tell, not the sums, which a change and its opposite leave as they were. */
static bool
has_changed(const MhKnown *known)
{
	MhFingerprints *now;

	PushActiveSnapshot(GetLatestSnapshot());
	now = mh_fingerprints_take(true);
	PopActiveSnapshot();
	return now == NULL || now->versions != known->prints->versions;
}

static void
write_known(const MhKnown *known)
{
	MhIdentity identity;

	if (!mh_stored_lock())
		return;
	identity = mh_begin_writing();
	SPI_connect();
	write_units(known);
	SPI_finish();
	mh_end(&identity);
}

/* What was left out as being built, or is the text of another relation, is not in the catalogs as it is. */
static bool
is_sealable(const MhKnown *known)
{
	const MhDefinitions *set = known->reading->set;

	if (known->reading->scope->seal == NULL || known->prints->is_partial || set->n_unread > 0 ||
		OidIsValid(get_extension_oid(MH_REPACK, true)))
		return false;
	for (int i = 0; i < known->n; i++)
		if (!is_to_be_stored(&known->units[i]))
			return false;
	return true;
}

void
mh_known_end(MhKnown *known)
{
	const MhScope *scope = known->reading->scope;
	bool is_new;
	bool seals;

	if (!scope->stores || known->prints->is_murky || known->is_doubtful || known->n == 0 ||
		IsolationUsesXactSnapshot())
		return;
	is_new = !is_there(known);
	seals = is_sealable(known);
	if ((!is_new && !seals) || has_changed(known))
		return;
	if (seals)
		mh_seal_make(scope, known->prints, known->n);
	if (is_new)
		write_known(known);
}
