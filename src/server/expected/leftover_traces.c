/*-------------------------------------------------------------------------
 *
 * leftover_traces.c
 *	  Looks for anything that a migration could have left.
 *
 * Most databases have nothing of the kind.  In a new session, planning the query for leftovers
 * takes longer than the rest of mighead_status(); these scans take a twentieth of that.  Each finds
 * more than its part of the query (leftovers.c), which then decides.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/leftovers_private.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "server/base/dependencies.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#define BATCH_PREFIX "_alembic_tmp_"

static bool
is_invalid_index(HeapTuple tuple)
{
	return !((Form_pg_index) GETSTRUCT(tuple))->indisvalid;
}

static bool
is_not_validated(HeapTuple tuple)
{
	return !((Form_pg_constraint) GETSTRUCT(tuple))->convalidated;
}

static bool
is_batch_table(HeapTuple tuple)
{
	const char *name = NameStr(((Form_pg_class) GETSTRUCT(tuple))->relname);

	return strncmp(name, BATCH_PREFIX, strlen(BATCH_PREFIX)) == 0;
}

/*
 * Returns whether nothing uses an enum type.  Its array type uses it, so nothing else may use that
 * either.
 */
static bool
is_unused_enum(HeapTuple tuple)
{
	Form_pg_type type = (Form_pg_type) GETSTRUCT(tuple);

	return type->typtype == TYPTYPE_ENUM && !mh_is_used(TypeRelationId, type->oid) &&
		   !mh_is_used(TypeRelationId, type->typarray) &&
		   !OidIsValid(getExtensionOfObject(TypeRelationId, type->oid));
}

static bool
has_row(Oid catalog, bool (*is_wanted)(HeapTuple tuple))
{
	Relation relation = table_open(catalog, AccessShareLock);
	SysScanDesc scan =
		systable_beginscan(relation, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	bool found = false;
	HeapTuple tuple;

	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		found = is_wanted(tuple);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

bool
mh_has_traces(void)
{
	return has_row(IndexRelationId, is_invalid_index) ||
		   has_row(ConstraintRelationId, is_not_validated) ||
		   has_row(RelationRelationId, is_batch_table) || has_row(TypeRelationId, is_unused_enum);
}
