/*-------------------------------------------------------------------------
 *
 * fingerprints.c
 *	  Fingerprints of relations: sums over the rows of the catalogs that make them up.
 *
 * Every column of every catalog here is hashed as it is, OIDs and trees of expressions too, unless it
 * is on a list of what is left out.  A column of a later release is therefore hashed.  That may cost a
 * reading, but no difference is missed.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/fingerprints.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_init_privs.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_range.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "server/base/row_version.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Of whatever class: a relation, a type, a constraint ...; and the relation to which it belongs. */
typedef struct Part
{
	uint64 key;
	Oid relation;
	char status; /* for the table */
} Part;

static inline uint64
part_key(Oid class, Oid object)
{
	return (uint64) class << 32 | object;
}

static inline uint32
part_hash(uint64 key)
{
	key *= UINT64CONST(0x9e3779b97f4a7c15);
	return (uint32) (key >> 32);
}

#define SH_PREFIX parts
#define SH_ELEMENT_TYPE Part
#define SH_KEY_TYPE uint64
#define SH_KEY key
#define SH_HASH_KEY(table, key) part_hash(key)
#define SH_EQUAL(table, left, right) ((left) == (right))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* A row of pg_inherits: a partition's columns are compared with the parent's. */
typedef struct Parent
{
	Oid child;
	Oid parent;
	int32 place;
} Parent;

typedef struct Look
{
	MhFingerprints *prints;
	parts_hash *parts;     /* indexes, constraints ... */
	parts_hash *transient; /* what is temporary, and what holds TOAST */
	List *parents;         /* of Parent * */
	Oid information;       /* the schema information_schema */
	MhRowHasher hasher;
	bool with_versions;
	MhRelationPrint *last; /* most rows of a relation follow one another; NULL: none yet */
} Look;

/* The row at which the scan of a catalog is. */
typedef struct Row
{
	HeapTuple tuple;
	TupleDesc descriptor;
	const int *offsets; /* see mh_row_offsets */
	MhRowMask *own;     /* what is hashed for the relation; NULL: nothing */
	MhRowMask *naming;  /* for the epoch */
	MhRowMask *rest;    /* for the whole database */
} Row;

struct Catalog;
typedef void (*RowSink)(Look *look, const struct Catalog *catalog, const Row *row);

/* left_out: names of columns, separated by spaces; NULL: the row is not hashed there at all. */
typedef struct Catalog
{
	Oid oid;
	RowSink sink;
	AttrNumber relation; /* the column with the relation; 0: none */
	const char *own_left_out;
	const char *naming_left_out;
	const char *rest_left_out;
} Catalog;

/* ---------- hashing ---------- */

static MhFingerprint
hash_row(Look *look, const Catalog *catalog, const Row *row, const MhRowMask *mask)
{
	if (look->with_versions)
		look->prints->versions += mh_row_version(row->tuple);
	return mh_row_hash(&look->hasher, row->tuple, mask, catalog->oid);
}

/* ---------- what belongs to what ---------- */

static bool
is_transient(const Look *look, Oid class, Oid object)
{
	return object >= FirstNormalObjectId &&
		   parts_lookup(look->transient, part_key(class, object)) != NULL;
}

static void
note_transient(const Look *look, Oid class, Oid object)
{
	bool found;

	(void) parts_insert(look->transient, part_key(class, object), &found);
}

static void
note_part(const Look *look, Oid class, Oid object, Oid relation)
{
	bool found;

	parts_insert(look->parts, part_key(class, object), &found)->relation = relation;
	if (is_transient(look, RelationRelationId, relation))
		note_transient(look, class, object);
}

/* InvalidOid: it belongs to no relation.  Of an index it is the table. */
static Oid
relation_of(const Look *look, Oid class, Oid object)
{
	const Part *part =
		object < FirstNormalObjectId ? NULL : parts_lookup(look->parts, part_key(class, object));

	if (part != NULL)
		return part->relation;
	return class == RelationRelationId ? object : InvalidOid;
}

static MhRelationPrint *
print_of(Look *look, Oid relation)
{
	bool found;

	if (look->last != NULL && look->last->oid == relation)
		return look->last;
	look->last = hash_search(look->prints->relations, &relation, HASH_ENTER, &found);
	if (!found)
	{
		memset(look->last, 0, sizeof(MhRelationPrint));
		look->last->oid = relation;
	}
	return look->last;
}

static Oid
oid_value(const Row *row, AttrNumber column)
{
	Oid value;

	memcpy(&value, (const char *) GETSTRUCT(row->tuple) + row->offsets[column - 1], sizeof(Oid));
	return value;
}

static void
add_own(Look *look, const Catalog *catalog, const Row *row, Oid relation)
{
	MhRelationPrint *print;

	if (relation < FirstNormalObjectId || is_transient(look, RelationRelationId, relation))
		return;
	print = print_of(look, relation);
	mh_fingerprint_add(&print->own, hash_row(look, catalog, row, row->own));
	print->is_unsettled |= look->hasher.is_too_large;
}

static void
add_naming(Look *look, const Catalog *catalog, const Row *row)
{
	mh_fingerprint_add(&look->prints->epoch, hash_row(look, catalog, row, row->naming));
	look->prints->is_murky |= look->hasher.is_too_large;
}

/* What no relation's text depends on, but the definition of something else. */
static void
add_rest(Look *look, const Catalog *catalog, const Row *row)
{
	mh_fingerprint_add(&look->prints->whole, hash_row(look, catalog, row, row->rest));
	look->prints->is_partial |= look->hasher.is_too_large;
}

/* ---------- rows ---------- */

static void
see_schema(Look *look, const Catalog *catalog, const Row *row)
{
	const char *name = NameStr(((Form_pg_namespace) GETSTRUCT(row->tuple))->nspname);

	if (strncmp(name, "pg_temp_", 8) == 0 || strncmp(name, "pg_toast_temp_", 14) == 0)
		note_transient(look, NamespaceRelationId, oid_value(row, 1));
	else
	{
		if (strcmp(name, "information_schema") == 0)
			look->information = oid_value(row, 1);
		add_naming(look, catalog, row);
		add_rest(look, catalog, row);
	}
}

static void
see_index(Look *look, const Catalog *catalog, const Row *row)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(row->tuple);

	if (index->indrelid < FirstNormalObjectId)
		return;
	add_own(look, catalog, row, index->indrelid);
	if (!index->indisvalid || !index->indisready || !index->indislive)
		print_of(look, index->indrelid)->is_unsettled = true;
	note_part(look, RelationRelationId, index->indexrelid, index->indrelid);
}

/* The name of a TOAST table is made of an OID, and VACUUM FULL makes another one. */
static bool
is_in_transient_schema(const Look *look, Oid schema)
{
	return schema == PG_TOAST_NAMESPACE || is_transient(look, NamespaceRelationId, schema);
}

/* One of the server's own, which have no fingerprints, may be moved to where it is compared. */
static bool
is_moved(const Look *look, Form_pg_class class)
{
	return class->oid < FirstNormalObjectId && class->relnamespace != PG_CATALOG_NAMESPACE &&
		   class->relnamespace != look->information;
}

static void
note_toast_options(Look *look, const Row *row, Oid relation)
{
	bool is_null;
	Datum options = heap_getattr(row->tuple, Anum_pg_class_reloptions, row->descriptor, &is_null);

	if (is_null || VARATT_IS_EXTERNAL(DatumGetPointer(options)))
		return;
	print_of(look, relation)->options = mh_bytes_hash(
		DatumGetPointer(options), VARSIZE_ANY(DatumGetPointer(options)), RelationRelationId);
}

static void
see_relation(Look *look, const Catalog *catalog, const Row *row)
{
	Form_pg_class class = (Form_pg_class) GETSTRUCT(row->tuple);
	Oid relation = relation_of(look, RelationRelationId, class->oid);
	MhRelationPrint *print;

	if (is_in_transient_schema(look, class->relnamespace))
	{
		note_transient(look, RelationRelationId, class->oid);
		note_toast_options(look, row, class->oid);
		return;
	}
	add_naming(look, catalog, row);
	look->prints->is_murky |= is_moved(look, class);
	if (class->oid < FirstNormalObjectId)
		return;
	add_own(look, catalog, row, relation);
	if (relation != class->oid)
		return;
	print = print_of(look, relation);
	print->kind = class->relkind;
	print->schema = class->relnamespace;
	print->name = class->relname;
	print->toast = class->reltoastrelid;
}

/* An index's columns have no names that a text could have; the names of system columns are fixed. */
static void
see_column(Look *look, const Catalog *catalog, const Row *row)
{
	Form_pg_attribute column = (Form_pg_attribute) GETSTRUCT(row->tuple);
	Oid relation = relation_of(look, RelationRelationId, column->attrelid);

	if (column->attnum < 0)
		return;
	add_own(look, catalog, row, relation);
	if (relation == column->attrelid && !is_transient(look, RelationRelationId, relation))
		add_naming(look, catalog, row);
}

static void
see_type(Look *look, const Catalog *catalog, const Row *row)
{
	Form_pg_type type = (Form_pg_type) GETSTRUCT(row->tuple);

	if (is_in_transient_schema(look, type->typnamespace))
		note_transient(look, TypeRelationId, type->oid);
	else
	{
		add_naming(look, catalog, row);
		add_rest(look, catalog, row);
	}
}

static void
see_part(Look *look, const Catalog *catalog, const Row *row)
{
	Oid relation = oid_value(row, catalog->relation);

	/* a domain's constraint has no relation */
	if (relation < FirstNormalObjectId)
	{
		if (row->rest != NULL)
			add_rest(look, catalog, row);
		return;
	}
	relation = relation_of(look, RelationRelationId, relation);
	add_own(look, catalog, row, relation);
	note_part(look, catalog->oid, oid_value(row, 1), relation);
}

/* Rows that have no OID. */
static void
see_owned(Look *look, const Catalog *catalog, const Row *row)
{
	add_own(look, catalog, row,
			relation_of(look, RelationRelationId, oid_value(row, catalog->relation)));
}

static void
see_parent(Look *look, const Catalog *catalog, const Row *row)
{
	Form_pg_inherits inherits = (Form_pg_inherits) GETSTRUCT(row->tuple);
	Parent *parent;

	if (is_transient(look, RelationRelationId, inherits->inhrelid))
		return;
	see_owned(look, catalog, row);
	add_naming(look, catalog, row);
	parent = palloc(sizeof(Parent));
	parent->child = relation_of(look, RelationRelationId, inherits->inhrelid);
	parent->parent = relation_of(look, RelationRelationId, inherits->inhparent);
	parent->place = inherits->inhseqno;
	look->parents = lappend(look->parents, parent);
}

static void
see_comment(Look *look, const Catalog *catalog, const Row *row)
{
	Form_pg_description comment = (Form_pg_description) GETSTRUCT(row->tuple);
	Oid relation = relation_of(look, comment->classoid, comment->objoid);

	if (OidIsValid(relation))
		add_own(look, catalog, row, relation);
	else if (!is_transient(look, comment->classoid, comment->objoid))
		add_rest(look, catalog, row);
}

static void
see_sequence(Look *look, const Catalog *catalog, const Row *row)
{
	if (!is_transient(look, RelationRelationId, oid_value(row, 1)))
		add_naming(look, catalog, row);
}

/*
 * What a relation depends on is its own, so that a new default does not move the epoch.  A sequence
 * of an identity column is told as the column's.  What belongs to an extension others ask too: a view
 * may read it.
 */
static void
see_dependency(Look *look, const Catalog *catalog, const Row *row)
{
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(row->tuple);
	Oid relation;

	if (is_transient(look, depend->classid, depend->objid))
		return;
	/* what else a temporary schema has, such as a function, is in the epoch */
	if (depend->refclassid != NamespaceRelationId &&
		is_transient(look, depend->refclassid, depend->refobjid))
		look->prints->is_murky = true;
	relation = relation_of(look, depend->classid, depend->objid);
	if (relation < FirstNormalObjectId || depend->deptype == DEPENDENCY_EXTENSION)
		add_naming(look, catalog, row);
	if (relation < FirstNormalObjectId)
		return;
	add_own(look, catalog, row, relation);
	if (depend->refclassid == RelationRelationId && depend->refobjsubid > 0)
		add_own(look, catalog, row, relation_of(look, RelationRelationId, depend->refobjid));
}

static void
see_naming(Look *look, const Catalog *catalog, const Row *row)
{
	add_naming(look, catalog, row);
	if (row->rest != NULL)
		add_rest(look, catalog, row);
}

static void
see_rest(Look *look, const Catalog *catalog, const Row *row)
{
	if (catalog->relation == 0 ||
		!is_transient(look, RelationRelationId, oid_value(row, catalog->relation)))
		add_rest(look, catalog, row);
}

/* What one sees of a user mapping another may not see. */
static void
see_mapping(Look *look, const Catalog *catalog, const Row *row)
{
	look->prints->is_partial = true;
}

/* ---------- catalogs ---------- */

/*
 * In this order: each is read after those that tell whose its rows are.  Left out is what changes
 * without a change of any definition (statistics, places of files, what VACUUM notes); what the
 * definition of another object has (owners and privileges of schemas, types and functions); and
 * what the deparser does not ask about an object that a text only names.
 */
static const Catalog catalogs[] = {
	{NamespaceRelationId, see_schema, 0, NULL, "nspowner nspacl", ""},
	{IndexRelationId, see_index, 0, "indcheckxmin", NULL},
	{RelationRelationId, see_relation, 0,
	 "relfilenode relpages reltuples relallvisible relallfrozen reltoastrelid relhasindex"
	 " relhasrules relhastriggers relhassubclass relispopulated relrewrite relfrozenxid relminmxid",
	 "relowner relam relfilenode reltablespace relpages reltuples relallvisible relallfrozen"
	 " reltoastrelid relhasindex relisshared relpersistence relnatts relchecks relhasrules"
	 " relhastriggers relhassubclass relrowsecurity relforcerowsecurity relispopulated relreplident"
	 " relispartition relrewrite relfrozenxid relminmxid relacl reloptions relpartbound"},
	{AttributeRelationId, see_column, 0, "attcacheoff atthasmissing attmissingval",
	 "attlen attndims attcacheoff attbyval attalign attstorage attcompression attnotnull atthasdef"
	 " atthasmissing attidentity attgenerated attislocal attinhcount attstattarget attacl"
	 " attoptions attfdwoptions attmissingval"},
	{TypeRelationId, see_type, 0, NULL, "typowner typacl", ""},
	{AttrDefaultRelationId, see_part, Anum_pg_attrdef_adrelid, "", NULL},
	{ConstraintRelationId, see_part, Anum_pg_constraint_conrelid, "", NULL, ""},
	{TriggerRelationId, see_part, Anum_pg_trigger_tgrelid, "", NULL},
	{PolicyRelationId, see_part, Anum_pg_policy_polrelid, "", NULL},
	{RewriteRelationId, see_part, Anum_pg_rewrite_ev_class, "", NULL},
	{ForeignTableRelationId, see_owned, Anum_pg_foreign_table_ftrelid, "", NULL},
	{PartitionedRelationId, see_owned, Anum_pg_partitioned_table_partrelid, "", NULL},
	{InheritsRelationId, see_parent, Anum_pg_inherits_inhrelid, "", ""},
	{DescriptionRelationId, see_comment, 0, "", NULL, ""},
	{SequenceRelationId, see_sequence, 0, NULL, ""},
	{DependRelationId, see_dependency, 0, "", ""},
	{EnumRelationId, see_naming, 0, NULL, ""},
	{RangeRelationId, see_naming, 0, NULL, ""},
	{ProcedureRelationId, see_naming, 0, NULL,
	 "proowner prolang procost prorows prosupport prosecdef proleakproof proisstrict provolatile"
	 " proparallel protrftypes prosrc probin prosqlbody proconfig proacl",
	 ""},
	{AggregateRelationId, see_naming, 0, NULL, ""},
	{OperatorRelationId, see_naming, 0, NULL, "oprowner", ""},
	{OperatorClassRelationId, see_naming, 0, NULL, "opcowner", ""},
	{OperatorFamilyRelationId, see_naming, 0, NULL, "opfowner", ""},
	{AccessMethodOperatorRelationId, see_naming, 0, NULL, ""},
	{CastRelationId, see_naming, 0, NULL, ""},
	{CollationRelationId, see_naming, 0, NULL, "collowner collversion", ""},
	{LanguageRelationId, see_naming, 0, NULL, "lanowner lanacl", ""},
	{AccessMethodRelationId, see_naming, 0, NULL, ""},
	{ForeignServerRelationId, see_naming, 0, NULL, "srvowner srvversion srvacl srvoptions", ""},
	{TSConfigRelationId, see_naming, 0, NULL, "cfgowner", ""},
	{TSDictionaryRelationId, see_naming, 0, NULL, "dictowner dictinitoption", ""},
	{AuthIdRelationId, see_naming, 0, NULL,
	 "rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication rolbypassrls"
	 " rolconnlimit rolpassword rolvaliduntil"},
	{TableSpaceRelationId, see_naming, 0, NULL, "spcowner spcacl spcoptions"},
	{StatisticExtRelationId, see_rest, Anum_pg_statistic_ext_stxrelid, NULL, NULL, ""},
	{DefaultAclRelationId, see_rest, 0, NULL, NULL, ""},
	{PublicationRelationId, see_rest, 0, NULL, NULL, ""},
	{PublicationRelRelationId, see_rest, 0, NULL, NULL, ""},
	{PublicationNamespaceRelationId, see_rest, 0, NULL, NULL, ""},
	{ExtensionRelationId, see_rest, 0, NULL, NULL, ""},
	{EventTriggerRelationId, see_rest, 0, NULL, NULL, ""},
	{ForeignDataWrapperRelationId, see_rest, 0, NULL, NULL, ""},
	{SecLabelRelationId, see_rest, 0, NULL, NULL, ""},
	{InitPrivsRelationId, see_rest, 0, NULL, NULL, ""},
	{AccessMethodProcedureRelationId, see_rest, 0, NULL, NULL, ""},
	{TSConfigMapRelationId, see_rest, 0, NULL, NULL, ""},
	{TSParserRelationId, see_rest, 0, NULL, NULL, ""},
	{TSTemplateRelationId, see_rest, 0, NULL, NULL, ""},
	{ConversionRelationId, see_rest, 0, NULL, NULL, ""},
	{TransformRelationId, see_rest, 0, NULL, NULL, ""},
	{SubscriptionRelationId, see_rest, 0, NULL, NULL, "subskiplsn subconninfo"},
	{UserMappingRelationId, see_mapping, 0, NULL, NULL, NULL},
};

Oid
mh_fingerprint_catalog(int i)
{
	return i < (int) lengthof(catalogs) ? catalogs[i].oid : InvalidOid;
}

static void
scan_rows(Look *look, const Catalog *catalog, Relation table)
{
	TableScanDesc scan = table_beginscan_strat(table, GetActiveSnapshot(), 0, NULL, true, false);
	Row row = {.descriptor = RelationGetDescr(table)};
	int end;

	row.offsets = mh_row_offsets(row.descriptor, &end);
	row.own = mh_row_mask(row.descriptor, catalog->own_left_out);
	row.naming = mh_row_mask(row.descriptor, catalog->naming_left_out);
	row.rest = mh_row_mask(row.descriptor, catalog->rest_left_out);
	look->prints->versions += mh_file_version(table);
	while ((row.tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		catalog->sink(look, catalog, &row);
	}
	table_endscan(scan);
}

/* False: somebody has locked the catalog, as VACUUM does for a moment. */
static bool
scan_catalog(Look *look, const Catalog *catalog)
{
	Relation table;

	if (!ConditionalLockRelationOid(catalog->oid, AccessShareLock))
		return false;
	table = table_open(catalog->oid, NoLock);
	scan_rows(look, catalog, table);
	table_close(table, AccessShareLock);
	return true;
}

/* ---------- fingerprints ---------- */

static void
add_parents(Look *look)
{
	ListCell *cell;

	foreach (cell, look->parents)
	{
		const Parent *parent = lfirst(cell);
		struct
		{
			MhFingerprint own;
			uint64 place;
		} key = {print_of(look, parent->parent)->own, (uint64) parent->place};

		mh_fingerprint_add(&print_of(look, parent->child)->fingerprint,
						   mh_bytes_hash(&key, sizeof(key), InheritsRelationId));
	}
}

/* With its number: neither options of a TOAST table nor a parent's rows say whose they are. */
static void
add_to_whole(const Look *look, const MhRelationPrint *print)
{
	uint64 key[3] = {print->oid, print->fingerprint.high, print->fingerprint.low};

	/* of a temporary table, or one that holds TOAST, only the index was seen too early */
	if (print->kind != '\0')
		mh_fingerprint_add(&look->prints->whole,
						   mh_bytes_hash(key, sizeof(key), RelationRelationId));
}

/*
 * What is stored, where everybody may read it, is a hash of the sum: of sums that are known others can
 * be put together, hash by hash.
 */
static void
hide_sum(MhFingerprint *sum, Oid salt)
{
	*sum = mh_bytes_hash(sum, sizeof(MhFingerprint), salt);
}

/* Options of a TOAST table are the table's. */
static void
add_own_sums(Look *look)
{
	HASH_SEQ_STATUS status;
	MhRelationPrint *print;

	hash_seq_init(&status, look->prints->relations);
	while ((print = hash_seq_search(&status)) != NULL)
	{
		const MhRelationPrint *toast =
			OidIsValid(print->toast)
				? hash_search(look->prints->relations, &print->toast, HASH_FIND, NULL)
				: NULL;

		mh_fingerprint_add(&print->fingerprint, print->own);
		if (toast != NULL)
			mh_fingerprint_add(&print->fingerprint, toast->options);
		hide_sum(&print->fingerprint, print->oid);
		add_to_whole(look, print);
	}
}

static HTAB *
make_relations(void)
{
	HASHCTL control = {
		.keysize = sizeof(Oid), .entrysize = sizeof(MhRelationPrint), .hcxt = CurrentMemoryContext};

	return hash_create("mighead fingerprints", 1024, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

MhFingerprints *
mh_fingerprints_take(bool with_versions)
{
	MhFingerprints *prints = palloc0(sizeof(MhFingerprints));
	MemoryContext caller = CurrentMemoryContext;
	Look look = {.prints = prints, .with_versions = with_versions};
	bool is_complete = true;

	prints->relations = make_relations();
	MemoryContextSwitchTo(
		AllocSetContextCreate(caller, "mighead look at catalogs", ALLOCSET_DEFAULT_SIZES));
	look.parts = parts_create(CurrentMemoryContext, 4096, NULL);
	look.transient = parts_create(CurrentMemoryContext, 256, NULL);
	initStringInfo(&look.hasher.bytes);
	for (int i = 0; i < (int) lengthof(catalogs) && is_complete; i++)
		is_complete = scan_catalog(&look, &catalogs[i]);
	add_parents(&look);
	add_own_sums(&look);
	mh_fingerprint_add(&prints->whole, prints->epoch);
	hide_sum(&prints->epoch, NamespaceRelationId);
	hide_sum(&prints->whole, RelationRelationId);
	MemoryContextDelete(MemoryContextSwitchTo(caller));
	return is_complete ? prints : NULL;
}
