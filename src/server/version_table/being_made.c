/*-------------------------------------------------------------------------
 *
 * being_made.c
 *	  Who is about to make a version table: the first upgrade of a database.
 *
 * Until it commits, nobody else sees the table; a second upgrade waits for it all the same, at
 * the name in the catalog.  So the catalog is read as that one reads it.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "access/genam.h"
#include "access/subtrans.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "server/base/trust.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* The session behind a transaction; 0: it is gone, or ours. */
static int
pid_of(TransactionId xid)
{
	if (!TransactionIdIsNormal(xid) || TransactionIdIsCurrentTransactionId(xid) ||
		!TransactionIdIsInProgress(xid))
		return 0;
	return BackendXidGetPid(SubTransGetTopmostTransaction(xid));
}

/* A role can make a table of any name in a schema of its own, and it is nobody else's migration. */
static bool
is_strangers(Form_pg_class class)
{
	HeapTuple tuple;
	Oid owner = InvalidOid;

	if (mh_is_trusted_role(class->relowner))
		return false;
	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(class->relnamespace));
	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
		ReleaseSysCache(tuple);
	}
	return !OidIsValid(owner) || (owner != ROLE_PG_DATABASE_OWNER && !mh_is_trusted_role(owner));
}

static List *
add_makers(Relation classes, const char *name, List *pids)
{
	SnapshotData dirty;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	InitDirtySnapshot(dirty);
	ScanKeyInit(&key, Anum_pg_class_relname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum(name));
	scan = systable_beginscan(classes, ClassNameNspIndexId, true, &dirty, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);
		int pid = class->relkind == RELKIND_RELATION &&
						  class->relpersistence != RELPERSISTENCE_TEMP && !is_strangers(class)
					  ? pid_of(dirty.xmin)
					  : 0;

		if (pid != 0)
			pids = list_append_unique_int(pids, pid);
	}
	systable_endscan(scan);
	return pids;
}

List *
mh_table_makers(List *projects)
{
	Relation classes = table_open(RelationRelationId, AccessShareLock);
	MhStrings asked = {0, NULL};
	List *pids = NIL;
	ListCell *cell;

	foreach (cell, projects)
	{
		const char *name = mh_from_utf8(((MhProject *) lfirst(cell))->version_table_name);
		NameData padded;

		if (strlen(name) >= NAMEDATALEN || mh_strings_contain(&asked, name))
			continue;
		mh_strings_add(&asked, name);
		namestrcpy(&padded, name);
		pids = add_makers(classes, NameStr(padded), pids);
	}
	table_close(classes, AccessShareLock);
	return pids;
}
