/*-------------------------------------------------------------------------
 *
 * preflight.c
 *	  Functions that the checks of data before a migration share.
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/preflight.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "core/base/call.h"
#include "miscadmin.h"
#include "server/base/code_guard.h"
#include "server/base/expression_size.h"
#include "server/base/trust.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

MhIdentity
mh_preflight_begin(bool pinned)
{
	MhIdentity identity;

	if (pinned)
		identity = mh_begin_reading();
	else
	{
		GetUserIdAndSecContext(&identity.user, &identity.security_context);
		identity.guc_level = NewGUCNestLevel();
	}
	/*
	 * A query also locks partitions and indexes while it is planned.  This is the smallest timeout;
	 * a free lock never takes that long.
	 */
	set_config_option("lock_timeout", "1ms", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
					  false);
	return identity;
}

Relation
mh_preflight_open(Oid table)
{
	char *name = get_rel_name(table);
	Relation relation;

	if (name != NULL && !ConditionalLockRelationOid(table, AccessShareLock))
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("could not obtain lock on relation \"%s\"", name),
				 errhint("SELECT * FROM %s; tells who holds it.",
						 mh_from_utf8(mh_call(mh_extension_prefix(), "mighead_locks", NULL)))));
	/* opening it would parse its policies and rules */
	if (mh_expressions_are_large(table))
		mh_refuse_code(MH_LARGE_EXPRESSION);
	relation = try_relation_open(table, NoLock);
	if (relation == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", table)));
	if (relation->rd_rel->relkind != RELKIND_RELATION &&
		relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is not a table", RelationGetRelationName(relation))));
	return relation;
}

void
mh_preflight_refuse_code(Relation table)
{
	mh_refuse_code(mh_distrust_reading(RelationGetRelid(table)));
}

void
mh_preflight_refuse_type(Oid type)
{
	mh_refuse_code(mh_distrust_type(type));
}

AttrNumber
mh_preflight_column(Relation table, const char *name)
{
	AttrNumber column = get_attnum(RelationGetRelid(table), mh_from_utf8(name));

	if (column == InvalidAttrNumber)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("column \"%s\" of relation \"%s\" does not exist",
							   mh_from_utf8(name), RelationGetRelationName(table))));
	if (column < 0)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("\"%s\" is a system column, which no migration changes or refers to",
							   mh_from_utf8(name))));
	return column;
}

void
mh_preflight_notice_hidden(Relation table)
{
	if (check_enable_rls(RelationGetRelid(table), InvalidOid, true) != RLS_ENABLED)
		return;
	ereport(NOTICE, (errmsg("row security of \"%s\" applies to role \"%s\"",
							RelationGetRelationName(table), GetUserNameFromId(GetUserId(), false)),
					 errdetail("Rows that it hides are not looked at.")));
}
