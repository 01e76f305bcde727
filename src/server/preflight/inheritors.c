/*-------------------------------------------------------------------------
 *
 * inheritors.c
 *	  Tables below a table of which a foreign key sees the rows, and those of which it does not.
 *
 * ALTER TABLE makes a foreign key of a hypertable in each of its chunks, as it does for partitions;
 * of any other table that others inherit from it sees the rows of the table alone.
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/preflight.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "server/base/timescaledb.h"
#include "utils/lsyscache.h"

char *
mh_preflight_source(Relation table)
{
	char *name = mh_quote_qualified_identifier(get_namespace_name(RelationGetNamespace(table)),
											   RelationGetRelationName(table));

	return table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ||
				   mh_is_hypertable(RelationGetRelid(table))
			   ? name
			   : psprintf("ONLY %s", name);
}

void
mh_preflight_notice_inheritors(Relation table, const char *what_of_them)
{
	int n;

	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE || !table->rd_rel->relhassubclass ||
		mh_is_hypertable(RelationGetRelid(table)))
		return;
	n = list_length(find_inheritance_children(RelationGetRelid(table), NoLock));
	if (n > 0)
		ereport(NOTICE, (errmsg_plural("rows of %d table that inherits from \"%s\" are %s",
									   "rows of %d tables that inherit from \"%s\" are %s", n, n,
									   RelationGetRelationName(table), what_of_them),
						 errdetail("A foreign key does not see them.")));
}
