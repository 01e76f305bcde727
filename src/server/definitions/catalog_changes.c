/*-------------------------------------------------------------------------
 *
 * catalog_changes.c
 *	  Of which relations the definitions may have changed, known from rows of the catalogs.
 *
 * A list of what is understood: a row of any other kind means that everything is read.  So does a row
 * that went away of something whose relation cannot be told any more, and a changed name of a type,
 * which every table has.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/catalog_changes.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/index.h"
#include "catalog/indexing.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "server/base/dependencies.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define MOST_RELATIONS 200

/* An index is of a table; a table that holds TOAST may be of one; an index of that is of both. */
#define MOST_STEPS 3

/* What changed, in the order in which it was found. */
typedef struct Found
{
	List *relations; /* tables, views, sequences */
	List *queue;     /* the same, and indexes: whatever others may refer to */
	bool is_known;   /* no other kind of object has changed */
} Found;

/* Parts of relations that have an OID, the index by it, and the column with the relation. */
static const struct
{
	Oid catalog;
	Oid index;
	AttrNumber oid;
	AttrNumber relation;
} parts[] = {
	{ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid,
	 Anum_pg_constraint_conrelid},
	{AttrDefaultRelationId, AttrDefaultOidIndexId, Anum_pg_attrdef_oid, Anum_pg_attrdef_adrelid},
	{TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid, Anum_pg_trigger_tgrelid},
	{RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid, Anum_pg_rewrite_ev_class},
	{PolicyRelationId, PolicyOidIndexId, Anum_pg_policy_oid, Anum_pg_policy_polrelid},
};

/* ---------- whose it is ---------- */

static Oid
read_part(Oid catalog, Oid index, AttrNumber key, Oid object, AttrNumber column)
{
	Relation table = table_open(catalog, AccessShareLock);
	Oid relation = InvalidOid;
	bool is_null;
	ScanKeyData scan_key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&scan_key, key, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
	scan = systable_beginscan(table, index, true, NULL, 1, &scan_key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		relation = DatumGetObjectId(heap_getattr(tuple, column, RelationGetDescr(table), &is_null));
	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return relation;
}

/* InvalidOid: it is no part of a relation, or is not there any more. */
static Oid
owner_of_part(Oid class, Oid object)
{
	for (int i = 0; i < (int) lengthof(parts); i++)
		if (parts[i].catalog == class)
			return read_part(class, parts[i].index, parts[i].oid, object, parts[i].relation);
	return InvalidOid;
}

/* The row type of a relation, or an array of it. */
static Oid
relation_of_type(Oid type)
{
	Oid element = get_element_type(type);

	return get_typ_typrelid(OidIsValid(element) ? element : type);
}

static Oid
table_of_toast(Oid toast)
{
	Relation depend = table_open(DependRelationId, AccessShareLock);
	Oid table = InvalidOid;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(toast));
	scan = systable_beginscan(depend, DependDependerIndexId, true, NULL, 2, keys);
	while (!OidIsValid(table) && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend row = (Form_pg_depend) GETSTRUCT(tuple);

		if (row->refclassid == RelationRelationId && row->deptype == DEPENDENCY_INTERNAL)
			table = row->refobjid;
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return table;
}

/* The table, view or sequence to which it belongs; InvalidOid: none of these, or gone. */
static Oid
relation_of(Oid owner)
{
	for (int i = 0; i < MOST_STEPS; i++)
	{
		if (owner < FirstNormalObjectId)
			return InvalidOid;
		switch (get_rel_relkind(owner))
		{
			case RELKIND_RELATION:
			case RELKIND_PARTITIONED_TABLE:
			case RELKIND_FOREIGN_TABLE:
			case RELKIND_VIEW:
			case RELKIND_MATVIEW:
			case RELKIND_SEQUENCE:
				return owner;
			case RELKIND_INDEX:
			case RELKIND_PARTITIONED_INDEX:
				owner = IndexGetRelation(owner, true);
				break;
			case RELKIND_TOASTVALUE:
				owner = table_of_toast(owner);
				break;
			default:
				return InvalidOid;
		}
	}
	return InvalidOid;
}

/* Of rows that do not name a relation. */
static Oid
owner_of_added(Oid catalog, HeapTuple tuple)
{
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);
	Form_pg_description comment = (Form_pg_description) GETSTRUCT(tuple);

	if (catalog == TypeRelationId)
		return relation_of_type(((Form_pg_type) GETSTRUCT(tuple))->oid);
	if (catalog == DependRelationId && depend->classid == TypeRelationId &&
		depend->deptype == DEPENDENCY_INTERNAL)
		return relation_of_type(depend->objid);
	if (catalog == DescriptionRelationId)
		return owner_of_part(comment->classoid, comment->objoid);
	return InvalidOid;
}

/* ---------- what changed ---------- */

static void
mark(Found *found, Oid owner)
{
	Oid relation = relation_of(owner);

	found->is_known &= OidIsValid(relation) && list_length(found->queue) < MOST_RELATIONS;
	if (!found->is_known)
		return;
	found->relations = list_append_unique_oid(found->relations, relation);
	found->queue = list_append_unique_oid(found->queue, owner);
	found->queue = list_append_unique_oid(found->queue, relation);
}

static void
take_change(Found *found, const MhCatalogChange *change)
{
	Oid owner = change->owner;

	if (change->is_nobodys)
		return;
	if (!OidIsValid(owner) && change->added != NULL)
		owner = owner_of_added(change->catalog, change->added);
	/* what a sequence was called, or belonged to, is not known any more */
	if (change->added == NULL && get_rel_relkind(owner) == RELKIND_SEQUENCE)
		found->is_known = false;
	else
		mark(found, owner);
}

/* ---------- what refers to it ---------- */

/* What has a type of a table in it, such as a constant, may depend on all columns. */
static bool
note_user_of_type(Form_pg_depend row, void *into)
{
	Found *found = into;

	found->is_known = row->classid == TypeRelationId && row->deptype == DEPENDENCY_INTERNAL;
	if (found->is_known)
		mh_each_dependent(TypeRelationId, row->objid, note_user_of_type, found);
	return found->is_known;
}

static bool
note_dependent(Form_pg_depend row, void *into)
{
	Found *found = into;

	if (row->classid == RelationRelationId)
		mark(found, row->objid);
	else if (row->classid == TypeRelationId && row->deptype == DEPENDENCY_INTERNAL)
		mh_each_dependent(TypeRelationId, row->objid, note_user_of_type, found);
	else
		mark(found, owner_of_part(row->classid, row->objid));
	return found->is_known;
}

bool
mh_catalog_changes_find(List *changes, List *unsettled, List **relations)
{
	Found found = {.is_known = true};
	ListCell *cell;

	foreach (cell, changes)
	{
		CHECK_FOR_INTERRUPTS();
		take_change(&found, lfirst(cell));
		if (!found.is_known)
			return false;
	}
	foreach (cell, unsettled)
		mark(&found, lfirst_oid(cell));
	/* grows while it is walked over */
	for (int i = 0; found.is_known && i < list_length(found.queue); i++)
		mh_each_dependent(RelationRelationId, list_nth_oid(found.queue, i), note_dependent, &found);
	*relations = found.relations;
	return found.is_known;
}
