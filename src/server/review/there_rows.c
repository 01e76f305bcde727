/*-------------------------------------------------------------------------
 *
 * there_rows.c
 *	  Sizes of tables elsewhere, and values that their defaults give.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include <math.h>

#include "access/htup_details.h"
#include "storage/bufpage.h"

/* ---------- sizes ---------- */

/* Whoever waits for a lock that keeps readers out would be waited for, too. */
static const char *const size_query =
	"SELECT l.is_locked, CASE WHEN NOT l.is_locked AND NOT (c.relpersistence = 'u'"
	"  AND pg_catalog.pg_is_in_recovery()) THEN pg_catalog.pg_relation_size(c.oid) END,"
	" c.relpages, c.reltuples, c.relhassubclass,"
	" COALESCE((SELECT o.option_value FROM pg_catalog.pg_options_to_table(c.reloptions) o"
	"  WHERE o.option_name = 'fillfactor'), '100')"
	" FROM pg_catalog.pg_class c, (SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l"
	"  WHERE l.locktype = 'relation' AND l.relation = $1 AND l.mode = 'AccessExclusiveLock'"
	"  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
	"   WHERE d.datname = pg_catalog.current_database())) AS is_locked OFFSET 0) l"
	" WHERE c.oid = $1";

typedef struct FileSize
{
	bool is_locked;
	double bytes;
	double pages;
	double tuples;
	bool has_children;
	double fill_factor;
} FileSize;

static void
read_size(int n, const char *const *row, void *into)
{
	FileSize *size = into;

	size->is_locked = mh_bool_at(row, 1);
	size->bytes = mh_number_at(row, 2);
	size->pages = mh_number_at(row, 3);
	size->tuples = mh_number_at(row, 4);
	size->has_children = mh_bool_at(row, 5);
	size->fill_factor = mh_number_at(row, 6);
}

/* Rows of a page, as the planner there assumes where nobody analyzed the table. */
static double
density_of(const MhReviewServer *server, const FileSize *size, double width)
{
	double usable = server->there->block_size - SizeOfPageHeaderData;
	double row = (int64) width + MAXALIGN(SizeofHeapTupleHeader) + sizeof(ItemIdData);

	if (server->options->source->version < 170000)
		return floor(usable / row);
	if (size->fill_factor >= 10 && size->fill_factor <= 100)
		usable = floor(usable * size->fill_factor / 100);
	return Max(floor(usable / row), 1);
}

/* As estimate_rel_size(), but a small table that nobody analyzed is not taken for one that will grow. */
static double
rows_of(const MhReviewServer *server, const FileSize *size, double width)
{
	double blocks = size->bytes / server->there->block_size;
	bool is_assumed_larger = blocks < 10 && size->tuples < 0 && !size->has_children;
	double pages = is_assumed_larger ? 10 : blocks;
	double rows;

	if (pages == 0)
		return 0;
	rows = rint(pages * (size->tuples >= 0 && size->pages > 0 ? size->tuples / size->pages
															  : density_of(server, size, width)));
	return pages > blocks ? rint(rows * blocks / pages) : rows;
}

void
mh_there_measure(const MhReviewServer *server, MhModelRelation *relation, double width)
{
	MemoryContext caller = CurrentMemoryContext;
	FileSize size = {false, -1, 0, -1};

	relation->rows = relation->bytes = -1;
	if (strchr("rm", relation->kind) == NULL || relation->kind == '\0')
		return;
	PG_TRY();
	{
		mh_review_ask(server, size_query, relation->id, 6, read_size, &size);
	}
	PG_CATCH();
	{
		/* somebody was faster with a lock: nothing of this server has to be undone */
		if (geterrcode() != ERRCODE_LOCK_NOT_AVAILABLE)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		size.is_locked = true;
	}
	PG_END_TRY();
	relation->is_locked = size.is_locked;
	if (size.is_locked || size.bytes < 0)
		return;
	relation->bytes = size.bytes;
	relation->rows = rows_of(server, &size, width);
}

/* ---------- values ---------- */

void
mh_there_default(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
				 MhReviewDefault *answer)
{
	*answer = (MhReviewDefault){.can_fail = true};
	if (!column->has_default && column->type < MH_FIRST_TYPE_THERE)
		*answer = (MhReviewDefault){.value = {.is_constant = true, .is_null = true}};
}

bool
mh_there_index_cannot_fail(void *arg, const MhModelRelation *index)
{
	return false;
}
