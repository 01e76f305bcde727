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

#include "access/detoast.h"
#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_range.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "server/base/row_version.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Bytes of a value, as it is stored. */
#define LARGEST_VALUE (8 * 1024 * 1024)

/* Of whatever class: a relation, a type, a constraint ... */
typedef struct ObjectKey
{
	Oid class;
	Oid object;
} ObjectKey;

typedef struct Part
{
	ObjectKey key;
	Oid relation;
} Part;

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
	HTAB *parts;     /* of Part: indexes, constraints ..., and the relation to which each belongs */
	HTAB *transient; /* of ObjectKey: what is temporary, and what holds TOAST */
	List *parents;   /* of Parent * */
	StringInfoData row;
	bool is_too_large; /* the row has a value that is not looked at */
} Look;

/* The columns of one catalog, while it is scanned. */
typedef struct Columns
{
	TupleDesc descriptor;
	bool *own;       /* by column: hashed for the relation */
	bool *naming;    /* hashed for the epoch */
	HeapTuple tuple; /* the row at which the scan is, with its values */
	Datum *values;
	bool *nulls;
} Columns;

struct Catalog;
typedef void (*RowSink)(Look *look, const struct Catalog *catalog, const Columns *columns);

/* left_out: names of columns, separated by spaces; NULL: the row is not hashed there at all. */
typedef struct Catalog
{
	Oid oid;
	RowSink sink;
	AttrNumber relation; /* the column with the relation; 0: none */
	const char *own_left_out;
	const char *naming_left_out;
} Catalog;

/* ---------- hashing ---------- */

bool
mh_fingerprint_equal(const MhFingerprint *left, const MhFingerprint *right)
{
	return left->high == right->high && left->low == right->low;
}

static void
add(MhFingerprint *sum, MhFingerprint addend)
{
	sum->high += addend.high;
	sum->low += addend.low;
}

/* Two hashes of 64 bits with unrelated seeds. */
static MhFingerprint
hash_of(const char *bytes, int n, Oid salt)
{
	const unsigned char *from = (const unsigned char *) bytes;
	MhFingerprint hash;

	hash.high = hash_bytes_extended(from, n, UINT64CONST(0x6d69676865616400) + salt);
	hash.low = hash_bytes_extended(from, n, UINT64CONST(0x9e3779b97f4a7c15) - salt);
	return hash;
}

/* A tree that large is not deparsed either: see expression_size.h. */
static void
append_fetched(Look *look, struct varlena *value)
{
	struct varlena *fetched;

	look->is_too_large |= toast_datum_size(PointerGetDatum(value)) > LARGEST_VALUE;
	if (look->is_too_large)
		return;
	fetched = detoast_external_attr(value);
	appendBinaryStringInfo(&look->row, (const char *) fetched, VARSIZE_ANY(fetched));
	pfree(fetched);
}

/* So that no two different values, one after another, have the same bytes. */
static void
append_value(Look *look, const FormData_pg_attribute *column, Datum value)
{
	StringInfo row = &look->row;

	if (column->attbyval)
		appendBinaryStringInfo(row, (const char *) &value, sizeof(Datum));
	else if (column->attlen > 0 && column->atttypid != NAMEOID)
		appendBinaryStringInfo(row, DatumGetPointer(value), column->attlen);
	else if (column->attlen != -1)
		appendBinaryStringInfo(row, DatumGetPointer(value), strlen(DatumGetPointer(value)) + 1);
	else if (VARATT_IS_EXTERNAL(DatumGetPointer(value)))
		append_fetched(look, (struct varlena *) DatumGetPointer(value));
	else
		appendBinaryStringInfo(row, DatumGetPointer(value), VARSIZE_ANY(DatumGetPointer(value)));
}

static MhFingerprint
hash_row(Look *look, const Catalog *catalog, const Columns *columns, const bool *chosen)
{
	look->prints->versions += mh_row_version(columns->tuple);
	resetStringInfo(&look->row);
	look->is_too_large = false;
	for (int i = 0; i < columns->descriptor->natts; i++)
	{
		if (!chosen[i])
			continue;
		appendStringInfoChar(&look->row, columns->nulls[i] ? 'n' : 'v');
		if (!columns->nulls[i])
			append_value(look, TupleDescAttr(columns->descriptor, i), columns->values[i]);
	}
	return hash_of(look->row.data, look->row.len, catalog->oid);
}

/* ---------- what belongs to what ---------- */

static bool
is_transient(const Look *look, Oid class, Oid object)
{
	ObjectKey key = {class, object};

	return object >= FirstNormalObjectId &&
		   hash_search(look->transient, &key, HASH_FIND, NULL) != NULL;
}

static void
note_transient(Look *look, Oid class, Oid object)
{
	ObjectKey key = {class, object};

	hash_search(look->transient, &key, HASH_ENTER, NULL);
}

static void
note_part(Look *look, Oid class, Oid object, Oid relation)
{
	ObjectKey key = {class, object};
	Part *part = hash_search(look->parts, &key, HASH_ENTER, NULL);

	part->relation = relation;
	if (is_transient(look, RelationRelationId, relation))
		note_transient(look, class, object);
}

/* InvalidOid: it belongs to no relation.  Of an index it is the table. */
static Oid
relation_of(const Look *look, Oid class, Oid object)
{
	ObjectKey key = {class, object};
	const Part *part = hash_search(look->parts, &key, HASH_FIND, NULL);

	if (part != NULL)
		return part->relation;
	return class == RelationRelationId ? object : InvalidOid;
}

static MhRelationPrint *
print_of(const Look *look, Oid relation)
{
	bool found;
	MhRelationPrint *print = hash_search(look->prints->relations, &relation, HASH_ENTER, &found);

	if (!found)
	{
		memset(print, 0, sizeof(MhRelationPrint));
		print->oid = relation;
	}
	return print;
}

static Oid
oid_value(const Columns *columns, AttrNumber column)
{
	return DatumGetObjectId(columns->values[column - 1]);
}

static void
add_own(Look *look, const Catalog *catalog, const Columns *columns, Oid relation)
{
	MhRelationPrint *print;

	if (relation < FirstNormalObjectId || is_transient(look, RelationRelationId, relation))
		return;
	print = print_of(look, relation);
	add(&print->own, hash_row(look, catalog, columns, columns->own));
	print->is_unsettled |= look->is_too_large;
}

static void
add_naming(Look *look, const Catalog *catalog, const Columns *columns)
{
	add(&look->prints->epoch, hash_row(look, catalog, columns, columns->naming));
	look->prints->is_murky |= look->is_too_large;
}

/* ---------- rows ---------- */

static void
see_schema(Look *look, const Catalog *catalog, const Columns *columns)
{
	const char *name = NameStr(((Form_pg_namespace) GETSTRUCT(columns->tuple))->nspname);

	if (strncmp(name, "pg_temp_", 8) == 0 || strncmp(name, "pg_toast_temp_", 14) == 0)
		note_transient(look, NamespaceRelationId, oid_value(columns, 1));
	else
		add_naming(look, catalog, columns);
}

static void
see_index(Look *look, const Catalog *catalog, const Columns *columns)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(columns->tuple);

	if (index->indrelid < FirstNormalObjectId)
		return;
	add_own(look, catalog, columns, index->indrelid);
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

static void
note_toast_options(const Look *look, const Columns *columns, Oid relation)
{
	const char *options = DatumGetPointer(columns->values[Anum_pg_class_reloptions - 1]);

	if (!columns->nulls[Anum_pg_class_reloptions - 1] && !VARATT_IS_EXTERNAL(options))
		print_of(look, relation)->options =
			hash_of(options, VARSIZE_ANY(options), RelationRelationId);
}

static void
see_relation(Look *look, const Catalog *catalog, const Columns *columns)
{
	Form_pg_class class = (Form_pg_class) GETSTRUCT(columns->tuple);
	Oid relation = relation_of(look, RelationRelationId, class->oid);
	MhRelationPrint *print;

	if (is_in_transient_schema(look, class->relnamespace))
	{
		note_transient(look, RelationRelationId, class->oid);
		note_toast_options(look, columns, class->oid);
		return;
	}
	add_naming(look, catalog, columns);
	if (class->oid < FirstNormalObjectId)
		return;
	add_own(look, catalog, columns, relation);
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
see_column(Look *look, const Catalog *catalog, const Columns *columns)
{
	Form_pg_attribute column = (Form_pg_attribute) GETSTRUCT(columns->tuple);
	Oid relation = relation_of(look, RelationRelationId, column->attrelid);

	if (column->attnum < 0)
		return;
	add_own(look, catalog, columns, relation);
	if (relation == column->attrelid && !is_transient(look, RelationRelationId, relation))
		add_naming(look, catalog, columns);
}

static void
see_type(Look *look, const Catalog *catalog, const Columns *columns)
{
	Form_pg_type type = (Form_pg_type) GETSTRUCT(columns->tuple);

	if (is_in_transient_schema(look, type->typnamespace))
		note_transient(look, TypeRelationId, type->oid);
	else
		add_naming(look, catalog, columns);
}

static void
see_part(Look *look, const Catalog *catalog, const Columns *columns)
{
	Oid relation = oid_value(columns, catalog->relation);

	/* a domain's constraint has no relation */
	if (relation < FirstNormalObjectId)
		return;
	relation = relation_of(look, RelationRelationId, relation);
	add_own(look, catalog, columns, relation);
	note_part(look, catalog->oid, oid_value(columns, 1), relation);
}

/* Rows that have no OID. */
static void
see_owned(Look *look, const Catalog *catalog, const Columns *columns)
{
	add_own(look, catalog, columns,
			relation_of(look, RelationRelationId, oid_value(columns, catalog->relation)));
}

static void
see_parent(Look *look, const Catalog *catalog, const Columns *columns)
{
	Form_pg_inherits row = (Form_pg_inherits) GETSTRUCT(columns->tuple);
	Parent *parent;

	if (is_transient(look, RelationRelationId, row->inhrelid))
		return;
	see_owned(look, catalog, columns);
	add_naming(look, catalog, columns);
	parent = palloc(sizeof(Parent));
	parent->child = relation_of(look, RelationRelationId, row->inhrelid);
	parent->parent = relation_of(look, RelationRelationId, row->inhparent);
	parent->place = row->inhseqno;
	look->parents = lappend(look->parents, parent);
}

static void
see_comment(Look *look, const Catalog *catalog, const Columns *columns)
{
	Form_pg_description comment = (Form_pg_description) GETSTRUCT(columns->tuple);

	if (comment->objoid >= FirstNormalObjectId)
		add_own(look, catalog, columns, relation_of(look, comment->classoid, comment->objoid));
}

static void
see_sequence(Look *look, const Catalog *catalog, const Columns *columns)
{
	if (!is_transient(look, RelationRelationId, oid_value(columns, 1)))
		add_naming(look, catalog, columns);
}

/*
 * What a relation depends on is its own, so that a new default does not move the epoch.  A sequence
 * of an identity column is told as the column's.  What belongs to an extension others ask too: a view
 * may read it.
 */
static void
see_dependency(Look *look, const Catalog *catalog, const Columns *columns)
{
	Form_pg_depend row = (Form_pg_depend) GETSTRUCT(columns->tuple);
	Oid relation;

	if (is_transient(look, row->classid, row->objid))
		return;
	/* what else a temporary schema has, such as a function, is in the epoch */
	if (row->refclassid != NamespaceRelationId &&
		is_transient(look, row->refclassid, row->refobjid))
		look->prints->is_murky = true;
	relation = relation_of(look, row->classid, row->objid);
	if (relation < FirstNormalObjectId || row->deptype == DEPENDENCY_EXTENSION)
		add_naming(look, catalog, columns);
	if (relation < FirstNormalObjectId)
		return;
	add_own(look, catalog, columns, relation);
	if (row->refclassid == RelationRelationId && row->refobjsubid > 0)
		add_own(look, catalog, columns, relation_of(look, RelationRelationId, row->refobjid));
}

static void
see_naming(Look *look, const Catalog *catalog, const Columns *columns)
{
	add_naming(look, catalog, columns);
}

/* ---------- catalogs ---------- */

/*
 * In this order: each is read after those that tell whose its rows are.  Left out is what changes
 * without a change of any definition (statistics, places of files, what VACUUM notes); what the
 * definition of another object has (owners and privileges of schemas, types and functions); and
 * what the deparser does not ask about an object that a text only names.
 */
static const Catalog catalogs[] = {
	{NamespaceRelationId, see_schema, 0, NULL, "nspowner nspacl"},
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
	{TypeRelationId, see_type, 0, NULL, "typowner typacl"},
	{AttrDefaultRelationId, see_part, Anum_pg_attrdef_adrelid, "", NULL},
	{ConstraintRelationId, see_part, Anum_pg_constraint_conrelid, "", NULL},
	{TriggerRelationId, see_part, Anum_pg_trigger_tgrelid, "", NULL},
	{PolicyRelationId, see_part, Anum_pg_policy_polrelid, "", NULL},
	{RewriteRelationId, see_part, Anum_pg_rewrite_ev_class, "", NULL},
	{ForeignTableRelationId, see_owned, Anum_pg_foreign_table_ftrelid, "", NULL},
	{PartitionedRelationId, see_owned, Anum_pg_partitioned_table_partrelid, "", NULL},
	{InheritsRelationId, see_parent, Anum_pg_inherits_inhrelid, "", ""},
	{DescriptionRelationId, see_comment, 0, "", NULL},
	{SequenceRelationId, see_sequence, 0, NULL, ""},
	{DependRelationId, see_dependency, 0, "", ""},
	{EnumRelationId, see_naming, 0, NULL, ""},
	{RangeRelationId, see_naming, 0, NULL, ""},
	{ProcedureRelationId, see_naming, 0, NULL,
	 "proowner prolang procost prorows prosupport prosecdef proleakproof proisstrict provolatile"
	 " proparallel protrftypes prosrc probin prosqlbody proconfig proacl"},
	{AggregateRelationId, see_naming, 0, NULL, ""},
	{OperatorRelationId, see_naming, 0, NULL, "oprowner"},
	{OperatorClassRelationId, see_naming, 0, NULL, "opcowner"},
	{OperatorFamilyRelationId, see_naming, 0, NULL, "opfowner"},
	{AccessMethodOperatorRelationId, see_naming, 0, NULL, ""},
	{CastRelationId, see_naming, 0, NULL, ""},
	{CollationRelationId, see_naming, 0, NULL, "collowner collversion"},
	{LanguageRelationId, see_naming, 0, NULL, "lanowner lanacl"},
	{AccessMethodRelationId, see_naming, 0, NULL, ""},
	{ForeignServerRelationId, see_naming, 0, NULL, "srvowner srvversion srvacl srvoptions"},
	{TSConfigRelationId, see_naming, 0, NULL, "cfgowner"},
	{TSDictionaryRelationId, see_naming, 0, NULL, "dictowner dictinitoption"},
	{AuthIdRelationId, see_naming, 0, NULL,
	 "rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication rolbypassrls"
	 " rolconnlimit rolpassword rolvaliduntil"},
	{TableSpaceRelationId, see_naming, 0, NULL, "spcowner spcacl spcoptions"},
};

static bool
is_listed(const char *names, const char *name)
{
	int length = strlen(name);

	for (const char *at = strstr(names, name); at != NULL; at = strstr(at + 1, name))
		if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

static bool *
chosen_columns(TupleDesc descriptor, const char *left_out)
{
	bool *chosen = palloc0(descriptor->natts * sizeof(bool));

	for (int i = 0; left_out != NULL && i < descriptor->natts; i++)
		chosen[i] = !is_listed(left_out, NameStr(TupleDescAttr(descriptor, i)->attname));
	return chosen;
}

static void
scan_rows(Look *look, const Catalog *catalog, Relation table)
{
	SysScanDesc scan = systable_beginscan(table, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	Columns columns;

	columns.descriptor = RelationGetDescr(table);
	columns.own = chosen_columns(columns.descriptor, catalog->own_left_out);
	columns.naming = chosen_columns(columns.descriptor, catalog->naming_left_out);
	columns.values = palloc(columns.descriptor->natts * sizeof(Datum));
	columns.nulls = palloc(columns.descriptor->natts * sizeof(bool));
	look->prints->versions += mh_file_version(table);
	while ((columns.tuple = systable_getnext(scan)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(columns.tuple, columns.descriptor, columns.values, columns.nulls);
		catalog->sink(look, catalog, &columns);
	}
	systable_endscan(scan);
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

		add(&print_of(look, parent->child)->fingerprint,
			hash_of((const char *) &key, sizeof(key), InheritsRelationId));
	}
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

		add(&print->fingerprint, print->own);
		if (toast != NULL)
			add(&print->fingerprint, toast->options);
	}
}

static HTAB *
make_table(const char *name, Size key, Size entry)
{
	HASHCTL control = {.keysize = key, .entrysize = entry, .hcxt = CurrentMemoryContext};

	return hash_create(name, 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

MhFingerprints *
mh_fingerprints_take(void)
{
	MhFingerprints *prints = palloc0(sizeof(MhFingerprints));
	MemoryContext caller = CurrentMemoryContext;
	Look look = {.prints = prints};
	bool is_complete = true;

	prints->relations = make_table("mighead fingerprints", sizeof(Oid), sizeof(MhRelationPrint));
	MemoryContextSwitchTo(
		AllocSetContextCreate(caller, "mighead look at catalogs", ALLOCSET_DEFAULT_SIZES));
	look.parts = make_table("mighead parts", sizeof(ObjectKey), sizeof(Part));
	look.transient = make_table("mighead transient objects", sizeof(ObjectKey), sizeof(ObjectKey));
	initStringInfo(&look.row);
	for (int i = 0; i < (int) lengthof(catalogs) && is_complete; i++)
		is_complete = scan_catalog(&look, &catalogs[i]);
	add_parents(&look);
	add_own_sums(&look);
	MemoryContextDelete(MemoryContextSwitchTo(caller));
	return is_complete ? prints : NULL;
}
