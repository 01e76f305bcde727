/*-------------------------------------------------------------------------
 *
 * origin.c
 *	  Tells which rows of mighead's tables this database wrote.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/origin.h"

#include "access/xlog.h"
#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "replication/logicalworker.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

char *
mh_origin(void)
{
	return psprintf(INT64_FORMAT "/%s", (int64) GetSystemIdentifier(),
					get_database_name(MyDatabaseId));
}

bool
mh_is_subscribed(Oid relation)
{
	CatCList *list = SearchSysCacheList1(SUBSCRIPTIONRELMAP, ObjectIdGetDatum(relation));
	bool found = list->n_members > 0;

	ReleaseSysCacheList(list);
	return found;
}

char *
mh_own_rows(const char *table)
{
	Oid relation = get_relname_relid(table, get_namespace_oid("mighead", false));

	/* the tables of 0.1.0 have no such column */
	if (!mh_is_subscribed(relation) || get_attnum(relation, "origin") == InvalidAttrNumber)
		return pstrdup("true");
	return psprintf("origin = %s", quote_literal_cstr(mh_origin()));
}

bool
mh_is_replicating(void)
{
	return IsLogicalWorker();
}
