/*-------------------------------------------------------------------------
 *
 * sealed.c
 *	  Finds that the live schema is as expected without reading either of them.
 *
 * Of what is expected, only the checksum of the set at the rows is read.  What is stored of it counts
 * all the same: a seal holds only while the rows of our own tables are those of the time when
 * somebody compared them.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/read_private.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "server/base/own_table.h"
#include "server/base/row_version.h"
#include "utils/snapmgr.h"

static bool
add_versions(const char *name, uint64 *versions)
{
	Relation table = mh_own_table_open(name);
	TableScanDesc scan;
	HeapTuple tuple;

	if (table == NULL)
		return false;
	*versions += mh_file_version(table);
	scan = table_beginscan_strat(table, GetActiveSnapshot(), 0, NULL, true, false);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		*versions += mh_row_version(tuple);
	}
	table_endscan(scan);
	table_close(table, NoLock);
	return true;
}

/* False: only a query can tell what the caller may see of them. */
static bool
versions_of_expectations(uint64 *versions)
{
	static const char *const tables[] = MH_NAMES("expected_set", "expected", "definition");

	*versions = 0;
	for (int i = 0; i < (int) lengthof(tables); i++)
		if (!add_versions(tables[i], versions))
			return false;
	return true;
}

/* ---------- asking ---------- */

static int
find_set(const MhExpectations *expectations, const MhStrings *key)
{
	for (int i = 0; i < expectations->n; i++)
		if (mh_rows_compare(&expectations->sets[i].rows, key) == 0)
			return i;
	return -1;
}

bool
mh_is_set_sealed(const MhExpectedSet *set, const MhScope *scope)
{
	return set->format == MH_CANONICAL_FORMAT && strlen(set->checksum) == MH_CHECKSUM_SIZE - 1 &&
		   mh_definitions_are_sealed(scope, set->checksum, versions_of_expectations);
}

bool
mh_is_sealed(MhComparison *comparison, const MhVersionTable *table, const MhScripts *scripts,
			 const MhStrings *rows)
{
	MhExpectations *expectations = palloc0(sizeof(MhExpectations));
	MhStrings key = mh_rows_key(scripts->graph, rows);
	const MhExpectedSet *set;
	MhComposed *composed;
	MhScope scope;
	int found;

	if (table->there != NULL || !mh_own_table_may_scan("expected_set"))
		return false;
	mh_sets_scan(expectations, scripts->project->name);
	found = find_set(expectations, &key);
	if (found < 0)
		return false;
	set = &expectations->sets[found];
	scope = mh_scope_of(table, &set->schemas, true);
	if (!mh_is_set_sealed(set, &scope))
		return false;
	composed = palloc0(sizeof(MhComposed));
	composed->set = found;
	composed->schemas = set->schemas;
	composed->format = set->format;
	composed->deparser = set->deparser;
	comparison->owner = mh_scope_owner(&scope);
	comparison->expectation = MH_EXPECTED;
	comparison->composed = composed;
	comparison->expectations = expectations;
	comparison->live = palloc0(sizeof(MhDefinitions));
	comparison->is_outline = true;
	comparison->differences = palloc0(sizeof(MhDifferences));
	return true;
}

bool
mh_is_schema_sealed(const MhVersionTable *table, const MhScripts *scripts)
{
	MhComparison comparison = {MH_NOTHING_EXPECTED};

	return scripts->expectations == NULL && mh_is_sealed(&comparison, table, scripts, &table->rows);
}

/* ---------- storing ---------- */

void
mh_seal_definitions(const MhSeal *seal, const MhDefinitions *live)
{
	char checksum[MH_CHECKSUM_SIZE];

	if (!seal->is_made)
		return;
	if (!mh_definitions_checksum(live, checksum))
		elog(ERROR, "could not compute a SHA-256 checksum");
	mh_seal_set(seal, checksum);
}

void
mh_seal_set(const MhSeal *seal, const char *checksum)
{
	uint64 versions;
	bool is_known;

	if (!seal->is_made)
		return;
	PushActiveSnapshot(GetLatestSnapshot());
	is_known = versions_of_expectations(&versions);
	PopActiveSnapshot();
	if (is_known)
		mh_seal_store(seal, checksum, versions);
}
