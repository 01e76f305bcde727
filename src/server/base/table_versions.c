/*-------------------------------------------------------------------------
 *
 * table_versions.c
 *	  The versions of all rows of one of our tables, of which most pages need not be read again.
 *
 * A page that has the same LSN has the same bytes, but for hints.  Where it says that all its rows are
 * visible to everybody, no snapshot sees anything else.  doc/internals/caches.md has the proof.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/table_versions.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "server/base/own_table.h"
#include "server/base/page_rows.h"
#include "server/base/row_version.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* A page of which all rows were visible to everybody; lsn is invalid: nothing is known. */
typedef struct SeenPage
{
	XLogRecPtr lsn;
	MhTableVersions versions;
} SeenPage;

struct MhSeenTable
{
	uint64 file;
	BlockNumber n; /* pages that there is room for */
	SeenPage *pages;
};

static void
add_versions(MhTableVersions *sum, MhTableVersions versions)
{
	sum->n += versions.n;
	sum->sum += versions.sum;
}

static MhTableVersions
scan_table(Relation table)
{
	MhTableVersions versions = {0, 0};
	SysScanDesc scan = mh_own_scan_begin(table, NULL, NULL);
	HeapTuple tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
		add_versions(&versions, (MhTableVersions){1, mh_row_version(tuple)});
	systable_endscan(scan);
	return versions;
}

/* The caller has locked the buffer. */
static MhTableVersions
scan_page(Relation table, Buffer buffer, Snapshot snapshot)
{
	HeapTupleData rows[MaxHeapTuplesPerPage];
	MhTableVersions versions = {mh_page_rows(RelationGetRelid(table), buffer, snapshot, rows), 0};

	for (uint64 i = 0; i < versions.n; i++)
		versions.sum += mh_row_version(&rows[i]);
	return versions;
}

static MhTableVersions
look_at_page(Relation table, BlockNumber block, SeenPage *seen, Snapshot snapshot)
{
	Buffer buffer = ReadBuffer(table, block);
	Page page = BufferGetPage(buffer);
	MhTableVersions versions;
	bool is_all_visible;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	/* a standby may hear of that before all its snapshots agree, as heap scans know */
	is_all_visible = !PageIsNew(page) && PageIsAllVisible(page) && !snapshot->takenDuringRecovery;
	if (is_all_visible && !XLogRecPtrIsInvalid(seen->lsn) && PageGetLSN(page) == seen->lsn)
		versions = seen->versions;
	else
	{
		versions = scan_page(table, buffer, snapshot);
		seen->lsn = is_all_visible ? PageGetLSN(page) : InvalidXLogRecPtr;
		seen->versions = versions;
	}
	UnlockReleaseBuffer(buffer);
	return versions;
}

/*
 * A scan also leaves a mark for serializable transactions, finds a snapshot to be too old, and knows
 * what is no heap.  Without WAL a change leaves no LSN.
 */
static bool
may_look_at_pages(Relation table)
{
	return !IsolationIsSerializable() && MH_SNAPSHOTS_LAST &&
		   table->rd_tableam == GetHeapamTableAmRoutine() && RelationNeedsWAL(table);
}

static MhSeenTable *
make_room(MhSeenTable *seen, uint64 file, BlockNumber n)
{
	if (seen == NULL)
		seen = MemoryContextAllocZero(TopMemoryContext, sizeof(MhSeenTable));
	if (seen->file != file || seen->n < n)
	{
		seen->n = 0;
		if (seen->pages != NULL)
			pfree(seen->pages);
		seen->pages = NULL;
		seen->pages = MemoryContextAllocExtended(TopMemoryContext, (Size) n * sizeof(SeenPage),
												 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		seen->n = n;
		seen->file = file;
	}
	return seen;
}

MhTableVersions
mh_table_versions(Relation table, MhSeenTable **seen)
{
	MhTableVersions versions = {0, 0};
	Snapshot snapshot = GetActiveSnapshot();
	BlockNumber n;

	if (!may_look_at_pages(table))
		return scan_table(table);
	n = RelationGetNumberOfBlocks(table);
	*seen = make_room(*seen, mh_file_version(table), n);
	for (BlockNumber block = 0; block < n; block++)
	{
		CHECK_FOR_INTERRUPTS();
		add_versions(&versions, look_at_page(table, block, &(*seen)->pages[block], snapshot));
	}
	return versions;
}
