/*-------------------------------------------------------------------------
 *
 * catalog_versions.c
 *	  Which rows of the system catalogs are still the ones of an earlier look.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/catalog_versions.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_description.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_type.h"
#include "server/base/dependencies.h"
#include "server/base/row_version.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* What is made of rows that name their relation, and whether they are objects of their own. */
static const struct
{
	Oid catalog;
	AttrNumber relation;
	bool are_parts;
} owned_catalogs[] = {
	{AttributeRelationId, Anum_pg_attribute_attrelid, false},
	{InheritsRelationId, Anum_pg_inherits_inhrelid, false},
	{ForeignTableRelationId, Anum_pg_foreign_table_ftrelid, false},
	{PartitionedRelationId, Anum_pg_partitioned_table_partrelid, false},
	{AttrDefaultRelationId, Anum_pg_attrdef_adrelid, true},
	{ConstraintRelationId, Anum_pg_constraint_conrelid, true},
	{TriggerRelationId, Anum_pg_trigger_tgrelid, true},
	{PolicyRelationId, Anum_pg_policy_polrelid, true},
	{RewriteRelationId, Anum_pg_rewrite_ev_class, true},
};

/* The first column of each is the OID, but of pg_sequence the sequence's. */
static const Oid named_catalogs[] = {
	NamespaceRelationId,    TypeRelationId,          AuthIdRelationId,   TableSpaceRelationId,
	AccessMethodRelationId, ForeignServerRelationId, TSConfigRelationId, TSDictionaryRelationId,
	EnumRelationId,         SequenceRelationId,
};

/*
 * What is new or gone there can change how texts are written that do not refer to it: a default
 * operator class is left out, a name that is taken twice is qualified.
 */
static const Oid resolving_catalogs[] = {
	ProcedureRelationId,
	OperatorRelationId,
	OperatorClassRelationId,
	OperatorFamilyRelationId,
	CastRelationId,
	CollationRelationId,
	AccessMethodOperatorRelationId,
};

typedef struct ObjectKey
{
	Oid class;
	Oid object;
} ObjectKey;

/* Of relations. */
typedef struct RelationVersion
{
	Oid oid;
	char kind; /* relkind; '\0': pg_class has not been read yet */
	Oid toast;
	bool is_unsettled; /* has an index that is not valid */
	uint64 sum;        /* of its rows in all catalogs, in whatever order */
} RelationVersion;

/* Of named. */
typedef struct NamedVersion
{
	ObjectKey key;
	uint64 version;
} NamedVersion;

/* Of parts. */
typedef struct Part
{
	ObjectKey key;
	Oid relation;
} Part;

static HTAB *
make_table(const char *name, Size key, Size entry)
{
	HASHCTL control = {0};

	control.keysize = key;
	control.entrysize = entry;
	control.hcxt = CurrentMemoryContext;
	return hash_create(name, 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* ---------- looking ---------- */

typedef void (*RowSink)(MhCatalogVersions *versions, HeapTuple tuple, TupleDesc descriptor,
						int which);

static void
scan_catalog(MhCatalogVersions *versions, Oid catalog, RowSink sink, int which)
{
	Relation table = table_open(catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(table, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	HeapTuple tuple;

	CHECK_FOR_INTERRUPTS();
	versions->files_sum += mh_file_version(table);
	while ((tuple = systable_getnext(scan)) != NULL)
		sink(versions, tuple, RelationGetDescr(table), which);
	systable_endscan(scan);
	table_close(table, AccessShareLock);
}

static Oid
oid_column(HeapTuple tuple, TupleDesc descriptor, AttrNumber column)
{
	bool is_null;

	return DatumGetObjectId(heap_getattr(tuple, column, descriptor, &is_null));
}

static RelationVersion *
relation_version(MhCatalogVersions *versions, Oid oid)
{
	bool found;
	RelationVersion *relation = hash_search(versions->relations, &oid, HASH_ENTER, &found);

	if (!found)
	{
		relation->kind = '\0';
		relation->toast = InvalidOid;
		relation->is_unsettled = false;
		relation->sum = 0;
	}
	return relation;
}

static void
add_part(MhCatalogVersions *versions, Oid class, Oid object, Oid relation)
{
	ObjectKey key = {class, object};
	Part *part = hash_search(versions->parts, &key, HASH_ENTER, NULL);

	part->relation = relation;
}

/* Of an index it is its table, else the relation itself. */
static Oid
part_of(const MhCatalogVersions *versions, Oid class, Oid object)
{
	ObjectKey key = {class, object};
	const Part *part = hash_search(versions->parts, &key, HASH_FIND, NULL);

	if (part != NULL)
		return part->relation;
	return class == RelationRelationId ? object : InvalidOid;
}

static void
add_named(MhCatalogVersions *versions, Oid class, Oid object, uint64 version)
{
	ObjectKey key = {class, object};
	NamedVersion *named = hash_search(versions->named, &key, HASH_ENTER, NULL);

	named->version = version;
}

static void
see_index(MhCatalogVersions *versions, HeapTuple tuple, TupleDesc descriptor, int which)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	RelationVersion *relation;

	if (index->indrelid < FirstNormalObjectId)
		return;
	relation = relation_version(versions, index->indrelid);
	relation->sum += mh_row_version(tuple);
	if (!index->indisvalid || !index->indisready || !index->indislive)
		relation->is_unsettled = true;
	add_part(versions, RelationRelationId, index->indexrelid, index->indrelid);
}

static void
see_relation(MhCatalogVersions *versions, HeapTuple tuple, TupleDesc descriptor, int which)
{
	Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);
	RelationVersion *relation;

	if (class->oid < FirstNormalObjectId)
		return;
	relation = relation_version(versions, part_of(versions, RelationRelationId, class->oid));
	relation->sum += mh_row_version(tuple);
	if (relation->oid != class->oid)
	{
		/* an index: 'name'::regclass does not refer to its table */
		add_named(versions, RelationRelationId, class->oid, mh_row_version(tuple));
		return;
	}
	relation->kind = class->relkind;
	relation->toast = class->reltoastrelid;
}

static void
see_owned(MhCatalogVersions *versions, HeapTuple tuple, TupleDesc descriptor, int which)
{
	Oid owner = oid_column(tuple, descriptor, owned_catalogs[which].relation);

	/* a domain's constraint has no relation */
	if (owner < FirstNormalObjectId)
		return;
	owner = part_of(versions, RelationRelationId, owner);
	relation_version(versions, owner)->sum += mh_row_version(tuple);
	if (owned_catalogs[which].are_parts)
		add_part(versions, owned_catalogs[which].catalog, oid_column(tuple, descriptor, 1), owner);
}

static void
see_comment(MhCatalogVersions *versions, HeapTuple tuple, TupleDesc descriptor, int which)
{
	Form_pg_description comment = (Form_pg_description) GETSTRUCT(tuple);
	Oid owner;

	if (comment->objoid < FirstNormalObjectId)
		return;
	owner = part_of(versions, comment->classoid, comment->objoid);
	if (OidIsValid(owner))
		relation_version(versions, owner)->sum += mh_row_version(tuple);
}

static void
see_resolving(MhCatalogVersions *versions, HeapTuple tuple, TupleDesc descriptor, int which)
{
	versions->resolving_sum += mh_row_version(tuple);
	versions->n_resolving++;
}

/* Types that come with each table say nothing of others. */
static bool
is_type_of_its_own(HeapTuple tuple)
{
	Form_pg_type type = (Form_pg_type) GETSTRUCT(tuple);

	return type->typtype != TYPTYPE_COMPOSITE && !OidIsValid(type->typelem);
}

static void
see_named(MhCatalogVersions *versions, HeapTuple tuple, TupleDesc descriptor, int which)
{
	Oid object = oid_column(tuple, descriptor, 1);

	if (named_catalogs[which] == TypeRelationId && is_type_of_its_own(tuple))
		see_resolving(versions, tuple, descriptor, which);
	if (object < FirstNormalObjectId)
		versions->system_sum += mh_row_version(tuple);
	else
		add_named(versions, named_catalogs[which], object, mh_row_version(tuple));
}

/* Options of a toast table are the table's. */
static void
add_toast(MhCatalogVersions *versions)
{
	HASH_SEQ_STATUS status;
	RelationVersion *relation;

	hash_seq_init(&status, versions->relations);
	while ((relation = hash_seq_search(&status)) != NULL)
	{
		const RelationVersion *toast =
			hash_search(versions->relations, &relation->toast, HASH_FIND, NULL);

		if (toast != NULL)
			relation->sum += toast->sum;
	}
}

MhCatalogVersions *
mh_catalog_versions(void)
{
	MhCatalogVersions *versions = palloc0(sizeof(MhCatalogVersions));

	versions->relations =
		make_table("mighead relation versions", sizeof(Oid), sizeof(RelationVersion));
	versions->named = make_table("mighead named versions", sizeof(ObjectKey), sizeof(NamedVersion));
	versions->parts = make_table("mighead parts", sizeof(ObjectKey), sizeof(Part));
	/* indexes first: from here on their rows are their table's */
	scan_catalog(versions, IndexRelationId, see_index, 0);
	scan_catalog(versions, RelationRelationId, see_relation, 0);
	for (int i = 0; i < (int) lengthof(owned_catalogs); i++)
		scan_catalog(versions, owned_catalogs[i].catalog, see_owned, i);
	scan_catalog(versions, DescriptionRelationId, see_comment, 0);
	for (int i = 0; i < (int) lengthof(named_catalogs); i++)
		scan_catalog(versions, named_catalogs[i], see_named, i);
	for (int i = 0; i < (int) lengthof(resolving_catalogs); i++)
		scan_catalog(versions, resolving_catalogs[i], see_resolving, i);
	add_toast(versions);
	return versions;
}

/* ---------- comparing ---------- */

/*
 * Elsewhere than in the resolving catalogs, what is new nothing refers to that was there
 * before, and what is gone nothing that is still there.
 */
static bool
any_named_changed(const MhCatalogVersions *before, const MhCatalogVersions *now)
{
	HASH_SEQ_STATUS status;
	const NamedVersion *named;

	if (before->files_sum != now->files_sum || before->system_sum != now->system_sum ||
		before->resolving_sum != now->resolving_sum || before->n_resolving != now->n_resolving)
		return true;
	hash_seq_init(&status, now->named);
	while ((named = hash_seq_search(&status)) != NULL)
	{
		const NamedVersion *earlier = hash_search(before->named, &named->key, HASH_FIND, NULL);

		if (earlier == NULL || earlier->version == named->version)
			continue;
		hash_seq_term(&status);
		return true;
	}
	return false;
}

static List *
mark_changed(HTAB *changed, List *queue, Oid relation)
{
	bool found;

	hash_search(changed, &relation, HASH_ENTER, &found);
	return found ? queue : lappend_oid(queue, relation);
}

/* False: a type that is made of columns changed, whatever refers to it by its type. */
static bool
find_changed(const MhCatalogVersions *before, const MhCatalogVersions *now, HTAB *changed,
			 List **queue)
{
	HASH_SEQ_STATUS status;
	const RelationVersion *relation;

	hash_seq_init(&status, now->relations);
	while ((relation = hash_seq_search(&status)) != NULL)
	{
		const RelationVersion *earlier =
			hash_search(before->relations, &relation->oid, HASH_FIND, NULL);

		if (earlier == NULL || earlier->sum == relation->sum)
			continue;
		if (relation->kind == RELKIND_COMPOSITE_TYPE)
		{
			hash_seq_term(&status);
			return false;
		}
		*queue = mark_changed(changed, *queue, relation->oid);
	}
	return true;
}

/* What changed, and all that depends on it. */
typedef struct Spread
{
	const MhCatalogVersions *now;
	HTAB *changed;
	List *queue;
	bool is_everything;
} Spread;

/* What has a type of a table in it, such as ROW(...), may be written with all columns of the table. */
static bool
note_user_of_type(Form_pg_depend row, void *into)
{
	Spread *spread = into;

	if (row->classid == TypeRelationId && row->deptype == DEPENDENCY_INTERNAL)
		mh_each_dependent(TypeRelationId, row->objid, note_user_of_type, spread);
	else
		spread->is_everything = true;
	return !spread->is_everything;
}

static bool
add_dependent(Form_pg_depend row, void *into)
{
	Spread *spread = into;
	Oid dependent = part_of(spread->now, row->classid, row->objid);

	if (OidIsValid(dependent))
		spread->queue = mark_changed(spread->changed, spread->queue, dependent);
	if (row->classid == TypeRelationId && row->deptype == DEPENDENCY_INTERNAL)
		mh_each_dependent(TypeRelationId, row->objid, note_user_of_type, spread);
	return !spread->is_everything;
}

HTAB *
mh_find_changed_relations(const MhCatalogVersions *before, const MhCatalogVersions *now)
{
	Spread spread = {now, make_table("mighead changed relations", sizeof(Oid), sizeof(Oid)), NIL,
					 false};

	if (any_named_changed(before, now) || !find_changed(before, now, spread.changed, &spread.queue))
		return NULL;
	/* grows while it is walked over */
	for (int i = 0; i < list_length(spread.queue) && !spread.is_everything; i++)
		mh_each_dependent(RelationRelationId, list_nth_oid(spread.queue, i), add_dependent,
						  &spread);
	return spread.is_everything ? NULL : spread.changed;
}

bool
mh_is_same_relation(const MhCatalogVersions *before, const MhCatalogVersions *now, HTAB *changed,
					Oid relation)
{
	const RelationVersion *version = hash_search(now->relations, &relation, HASH_FIND, NULL);

	return version != NULL && !version->is_unsettled &&
		   hash_search(before->relations, &relation, HASH_FIND, NULL) != NULL &&
		   hash_search(changed, &relation, HASH_FIND, NULL) == NULL;
}
