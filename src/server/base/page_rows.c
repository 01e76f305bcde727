/*-------------------------------------------------------------------------
 *
 * page_rows.c
 *	  The rows of a page of a heap that a snapshot sees.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/page_rows.h"

#include "access/heapam.h"
#include "storage/bufmgr.h"

int
mh_page_rows(Oid table, Buffer buffer, Snapshot snapshot, HeapTupleData *rows)
{
	Page page = BufferGetPage(buffer);
	int n = 0;

	for (OffsetNumber place = FirstOffsetNumber;
		 !PageIsNew(page) && place <= PageGetMaxOffsetNumber(page); place++)
	{
		ItemId item = PageGetItemId(page, place);
		HeapTupleData *row = &rows[n];

		if (!ItemIdIsNormal(item))
			continue;
		row->t_data = (HeapTupleHeader) PageGetItem(page, item);
		row->t_len = ItemIdGetLength(item);
		row->t_tableOid = table;
		ItemPointerSet(&row->t_self, BufferGetBlockNumber(buffer), place);
		n += HeapTupleSatisfiesVisibility(row, snapshot, buffer);
	}
	return n;
}
