/*-------------------------------------------------------------------------
 *
 * world.c
 *	  Live relations as the model of a review begins with them.
 *
 * Reads catalogs only, so it waits for nobody.  The size of a table needs AccessShareLock, which is
 * taken without waiting and given back.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xlog.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/plancat.h"
#include "server/base/expression_size.h"
#include "server/base/trust.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* ---------- columns ---------- */

static const char *const columns_query = MH_COLUMNS_QUERY(", a.attstorage", "");

void
mh_world_read_column(int n, const char *const *row, void *into)
{
	MhModelRelation *relation = into;
	MhModelColumn *column;

	relation->columns = mh_with_room(relation->columns, relation->n_columns, sizeof(MhModelColumn));
	column = &relation->columns[relation->n_columns++];
	memset(column, 0, sizeof(MhModelColumn));
	column->name = column->live_name = mh_name_at(row, 1);
	column->type = (uint32) mh_int_at(row, 2);
	column->typmod = mh_int_at(row, 3);
	column->collation = (uint32) mh_int_at(row, 4);
	column->not_null = mh_bool_at(row, 5);
	column->has_default = mh_bool_at(row, 6);
	column->has_live_default = column->has_default;
	column->generated = mh_char_at(row, 7);
	column->identity = mh_char_at(row, 8);
	column->is_local = mh_bool_at(row, 9);
	column->parents = mh_int_at(row, 10);
	column->type_name = mh_name_at(row, 11);
	column->key_place = mh_int_at(row, 12);
	column->is_key = column->key_place > 0;
	column->is_own_not_null = mh_bool_at(row, 13);
}

static void
read_column_here(int n, const char *const *row, void *into)
{
	MhModelRelation *relation = into;

	mh_world_read_column(n, row, relation);
	relation->columns[relation->n_columns - 1].storage = mh_char_at(row, 14);
}

/* ---------- constraints ---------- */

/* clang-format off */
#define CONSTRAINTS_QUERY(condition) \
	"SELECT c.conname, c.contype," \
	" ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY k (n, i)" \
	"  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.i)," \
	" c.confrelid::int4," \
	" ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY k (n, i)" \
	"  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.i)," \
	" c.conindid::int4, c.convalidated, c.conislocal, c.coninhcount::int4, c.connoinherit," \
	" c.condeferrable, c.condeferred, " condition ", c.confdeltype, c.confupdtype," \
	" 0 = ANY (c.conkey), c.contype = 'f' AND EXISTS (SELECT FROM pg_catalog.pg_constraint o" \
	"  WHERE o.oid = c.conparentid AND o.conrelid = c.conrelid)" \
	" FROM pg_catalog.pg_constraint c WHERE c.conrelid = $1 AND c.contype <> 'n'" \
	" AND c.contype <> 't' ORDER BY c.conname"
/* clang-format on */

static const char *const constraints_here = CONSTRAINTS_QUERY(
	"CASE WHEN " MH_SQL_EXPRESSION_FITS("c.conbin") " THEN c.conbin::pg_catalog.text END");

/* Deparsing would wait for a lock that keeps readers out. */
static const char *const constraints_there = CONSTRAINTS_QUERY(
	"CASE WHEN c.contype = 'c' AND pg_catalog.length(c.conbin::pg_catalog.text) < 100000"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l"
	"  WHERE l.locktype = 'relation' AND l.relation = c.conrelid"
	"  AND l.mode = 'AccessExclusiveLock')"
	" THEN pg_catalog.pg_get_expr(c.conbin, c.conrelid) END");

static void
collect_proofs(Node *node, Oid relation, MhStrings *proves)
{
	ListCell *cell;

	if (node == NULL)
		return;
	if (IsA(node, List))
		foreach (cell, (List *) node)
			collect_proofs(lfirst(cell), relation, proves);
	else if (IsA(node, BoolExpr) && ((BoolExpr *) node)->boolop == AND_EXPR)
		collect_proofs((Node *) ((BoolExpr *) node)->args, relation, proves);
	else if (IsA(node, NullTest) && ((NullTest *) node)->nulltesttype == IS_NOT_NULL &&
			 IsA(((NullTest *) node)->arg, Var))
	{
		char *name = get_attname(relation, ((Var *) ((NullTest *) node)->arg)->varattno, true);

		if (name != NULL)
			mh_strings_push(proves, mh_to_utf8(name));
	}
}

/*
 * Comparisons of integers with integers, which have operators for each two widths.  NOT, AND and OR
 * join them.
 */
static bool
compares_integers(Node *node)
{
	ListCell *cell;

	if (node == NULL)
		return false;
	if (IsA(node, BoolExpr))
	{
		foreach (cell, ((BoolExpr *) node)->args)
			if (!compares_integers(lfirst(cell)))
				return false;
		return true;
	}
	if (IsA(node, NullTest))
		return IsA(((NullTest *) node)->arg, Var);
	if (!IsA(node, OpExpr) || !op_in_opfamily(((OpExpr *) node)->opno, INTEGER_BTREE_FAM_OID))
		return false;
	foreach (cell, ((OpExpr *) node)->args)
		if (!IsA(lfirst(cell), Var) && !IsA(lfirst(cell), Const))
			return false;
	return true;
}

static void
read_constraint(int n, const char *const *row, void *into)
{
	MhModelRelation *relation = into;
	MhModelConstraint *constraint;

	relation->constraints =
		mh_with_room(relation->constraints, relation->n_constraints, sizeof(MhModelConstraint));
	constraint = &relation->constraints[relation->n_constraints++];
	memset(constraint, 0, sizeof(MhModelConstraint));
	constraint->name = constraint->live_name = mh_name_at(row, 1);
	constraint->type = mh_char_at(row, 2);
	constraint->columns = mh_names_at(row, 3);
	constraint->partner = (uint32) mh_int_at(row, 4);
	constraint->partner_columns = mh_names_at(row, 5);
	constraint->index = (uint32) mh_int_at(row, 6);
	constraint->is_valid = mh_bool_at(row, 7);
	constraint->is_local = mh_bool_at(row, 8);
	constraint->parents = mh_int_at(row, 9);
	constraint->no_inherit = mh_bool_at(row, 10);
	constraint->is_deferrable = mh_bool_at(row, 11);
	constraint->is_deferred = mh_bool_at(row, 12);
	relation->has_deferrable |= constraint->is_deferrable || constraint->is_deferred;
	constraint->on_delete = mh_char_at(row, 14);
	constraint->on_update = mh_char_at(row, 15);
	constraint->is_of_whole_row = mh_bool_at(row, 16);
	constraint->is_for_partition = mh_bool_at(row, 17);
	constraint->is_live = true;
}

static void
read_constraint_here(int n, const char *const *row, void *into)
{
	MhModelRelation *relation = into;

	MhModelConstraint *constraint;
	Node *condition;

	read_constraint(n, row, relation);
	if (row[12] == NULL)
		return;
	constraint = &relation->constraints[relation->n_constraints - 1];
	condition = stringToNode(mh_from_utf8(pstrdup(row[12])));
	collect_proofs(condition, relation->id, &constraint->proves);
	constraint->compares_integers = compares_integers(condition);
}

/* Longer ones elsewhere are not evaluated here. */
#define LONGEST_CONDITION 2000

/* The condition is a text of a stranger's. */
static void
read_constraint_there(int n, const char *const *row, void *into)
{
	MhModelRelation *relation = into;
	MhModelConstraint *constraint;

	read_constraint(n, row, relation);
	if (row[12] == NULL)
		return;
	constraint = &relation->constraints[relation->n_constraints - 1];
	mh_there_proofs(row[12], &constraint->proves);
	if (strlen(row[12]) <= LONGEST_CONDITION)
		constraint->condition = mh_text_at(row, 13);
}

/* ---------- relations around ---------- */

/* clang-format off */
/* Through which publications the table, or one that it is a partition of, is published. */
#define PUBLICATIONS \
	"WITH RECURSIVE tree AS (SELECT c.oid AS oid UNION SELECT h.inhparent FROM tree" \
	"  JOIN pg_catalog.pg_inherits h ON h.inhrelid = tree.oid" \
	"  JOIN pg_catalog.pg_class k ON k.oid = tree.oid AND k.relispartition)" \
	" SELECT p.oid, false FROM pg_catalog.pg_publication p WHERE p.puballtables" \
	" UNION ALL SELECT r.prpubid, r.prqual IS NOT NULL OR r.prattrs IS NOT NULL" \
	"  FROM tree JOIN pg_catalog.pg_publication_rel r ON r.prrelid = tree.oid" \
	" UNION ALL SELECT n.pnpubid, false FROM tree JOIN pg_catalog.pg_class s ON s.oid = tree.oid" \
	"  JOIN pg_catalog.pg_publication_namespace n ON n.pnnspid = s.relnamespace"

/* The index of the replica identity has to be one that the server would use. */
#define PUBLISHED \
	"COALESCE((SELECT pg_catalog.bit_or(p.pubupdate::int4 | p.pubdelete::int4 * 2" \
	"  | CASE WHEN u.is_part AND (p.pubupdate OR p.pubdelete) THEN 4 ELSE 0 END)" \
	"  FROM (" PUBLICATIONS ") AS u (oid, is_part) JOIN pg_catalog.pg_publication p ON p.oid = u.oid), 0)" \
	" | CASE WHEN c.relreplident = 'f' OR EXISTS (SELECT FROM pg_catalog.pg_index i" \
	"  WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid" \
	"  AND i.indpred IS NULL AND CASE c.relreplident WHEN 'd' THEN i.indisprimary" \
	"   WHEN 'i' THEN i.indisreplident ELSE false END) THEN 8 ELSE 0 END"
/* clang-format on */

static const char *const around_query =
	"SELECT 1, i.indexrelid::int4 FROM pg_catalog.pg_index i WHERE i.indrelid = $1"
	" UNION ALL SELECT 2, inhparent::int4 FROM pg_catalog.pg_inherits WHERE inhrelid = $1"
	" UNION ALL SELECT 3, inhrelid::int4 FROM pg_catalog.pg_inherits WHERE inhparent = $1"
	" UNION ALL SELECT 4, conrelid::int4 FROM pg_catalog.pg_constraint"
	"  WHERE confrelid = $1 AND contype = 'f'"
	" UNION ALL SELECT 5, d.objid::int4 FROM pg_catalog.pg_depend d"
	"  JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind = 'S'"
	"  WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = $1"
	"  AND d.refobjsubid > 0 AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
	"  AND d.deptype IN ('a', 'i')"
	" UNION ALL SELECT 6, p.partdefid::int4 FROM pg_catalog.pg_partitioned_table p"
	"  WHERE p.partrelid = $1 AND p.partdefid <> 0"
	" UNION ALL SELECT 7, 0 FROM pg_catalog.pg_partitioned_table p"
	"  WHERE p.partrelid = $1 AND 0 = ANY (p.partattrs::int2[])"
	" UNION ALL SELECT 8, p.partnatts * 256 + pg_catalog.ascii(p.partstrat::pg_catalog.text)"
	"  FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = $1"
	"  AND NOT 0 = ANY (p.partattrs::int2[])"
	"  AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.partclass::oid[]) k (o)"
	"   JOIN pg_catalog.pg_opclass o ON o.oid = k.o WHERE NOT o.opcdefault OR o.oid >= 16384)"
	"  AND NOT EXISTS (SELECT FROM"
	"   ROWS FROM (pg_catalog.unnest(p.partattrs::int2[]), pg_catalog.unnest(p.partcollation::oid[])) k (n, c)"
	"   JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.n"
	"   WHERE a.attcollation <> k.c)"
	" UNION ALL SELECT 9, " PUBLISHED " FROM pg_catalog.pg_class c WHERE c.oid = $1"
	"  AND c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384"
	"  AND EXISTS (SELECT FROM pg_catalog.pg_publication)"
	" UNION ALL SELECT 10, 0 FROM pg_catalog.pg_class c WHERE c.oid = $1 AND EXISTS"
	"  (SELECT FROM pg_catalog.aclexplode(c.relacl) g WHERE g.grantor <> c.relowner"
	"   UNION ALL SELECT FROM pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) g"
	"   WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL AND g.grantor <> c.relowner)";

static void
read_neighbour(int n, const char *const *row, void *into)
{
	MhModelRelation *relation = into;
	uint32 id = (uint32) mh_int_at(row, 2);

	switch (mh_int_at(row, 1))
	{
		case 1:
			mh_ids_add(&relation->indexes, &relation->n_indexes, id);
			break;
		case 2:
			mh_ids_add(&relation->parents, &relation->n_parents, id);
			break;
		case 3:
			mh_ids_add(&relation->children, &relation->n_children, id);
			break;
		case 5:
			mh_ids_add(&relation->sequences, &relation->n_sequences, id);
			break;
		case 6:
			relation->default_partition = id;
			break;
		case 7:
			relation->has_key_expressions = true;
			break;
		case 10:
			relation->is_granted_on = true;
			break;
		case 9:
			relation->published = (int) id;
			break;
		case 8:
			relation->key_strategy = (char) (id % 256);
			relation->n_keys = id / 256;
			break;
		default:
			mh_ids_add(&relation->referrers, &relation->n_referrers, id);
			break;
	}
}

static const char *const code_query =
	"SELECT 1, tgname, EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e"
	"   ON e.oid = d.refobjid WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = tgfoid"
	"   AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'"
	"   AND e.extname = 'mighead'), tgdeferrable, (tgtype::int4 & 4) / 4 | (tgtype::int4 & 16) / 8"
	" | (tgtype::int4 & 8) / 2 FROM pg_catalog.pg_trigger"
	"  WHERE tgrelid = $1 AND NOT tgisinternal"
	" UNION ALL SELECT 2, polname, false, false, 7 FROM pg_catalog.pg_policy WHERE polrelid = $1"
	" UNION ALL SELECT 3, rulename, false, false,"
	"  CASE ev_type WHEN '3' THEN 1 WHEN '2' THEN 2 WHEN '4' THEN 4 ELSE 7 END FROM pg_catalog.pg_rewrite WHERE ev_class = $1"
	"  AND rulename <> '_RETURN'"
	" UNION ALL SELECT 4, a.attname, false, false, 0 FROM pg_catalog.pg_depend d"
	"  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.objid AND a.attnum = d.objsubid"
	"  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = $1 AND d.objsubid > 0"
	"  AND d.refclassid = d.classid AND d.refobjid = $1 AND d.refobjsubid = 0 AND d.deptype = 'i'"
	" UNION ALL SELECT 5, c.conname, false, false, r.ev_class::int4 FROM pg_catalog.pg_constraint c"
	"  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_constraint'::regclass"
	"  AND d.refobjid = c.oid AND d.deptype = 'n' AND d.classid = 'pg_catalog.pg_rewrite'::regclass"
	"  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid WHERE c.conrelid = $1";

/* Returns whether the row is about a column or a constraint. */
static bool
read_part(MhModelRelation *relation, int kind, const char *const *row)
{
	const char *name = mh_name_at(row, 2);

	for (int i = 0; kind == 4 && i < relation->n_columns; i++)
		if (strcmp(relation->columns[i].name, name) == 0)
			relation->columns[i].is_in_key = true;
	for (int i = 0; kind == 5 && i < relation->n_constraints; i++)
		if (strcmp(relation->constraints[i].name, name) == 0)
			relation->constraints[i].user = (uint32) mh_int_at(row, 5);
	return kind > 3;
}

static void
read_code(int n, const char *const *row, void *into)
{
	MhModelRelation *relation = into;
	int kind = mh_int_at(row, 1);

	if (read_part(relation, kind, row))
		return;
	mh_names_add(kind == 1   ? &relation->triggers
				 : kind == 2 ? &relation->policies
							 : &relation->rules,
				 mh_name_at(row, 2));
	relation->has_deferred_code |= mh_bool_at(row, 4);
	/* mighead's own triggers, of a watched version table, let every statement pass */
	if (kind == 1 && mh_bool_at(row, 3))
		return;
	relation->has_code = true;
	relation->code_events |= mh_int_at(row, 5);
}

/* ---------- dependents ---------- */

/*
 * What depends on the relation or a column.  Constraints, indexes, children and owned sequences are
 * known otherwise.  An object that depends both automatically and normally goes along.
 */
static const char *const dependents_query =
	"SELECT a.attname, CASE WHEN r.rulename = '_RETURN' THEN r.ev_class"
	"  WHEN r.oid IS NOT NULL AND r.ev_class <> $1 THEN r.ev_class"
	"  WHEN f.adrelid <> $1 THEN f.adrelid WHEN t.tgrelid <> $1 THEN t.tgrelid"
	"  WHEN p.polrelid <> $1 THEN p.polrelid WHEN k.oid IS NOT NULL THEN k.conrelid"
	"  WHEN d.classid = 'pg_catalog.pg_class'::regclass THEN d.objid ELSE 0 END::int4,"
	" CASE WHEN r.rulename = '_RETURN' THEN"
	"   pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, r.ev_class, 0)"
	"  WHEN f.adrelid = $1 THEN 'a generated column'"
	"  ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END,"
	" COALESCE(r.rulename = '_RETURN', false),"
	" d.classid IN ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_attrdef'::regclass,"
	"  'pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_policy'::regclass,"
	"  'pg_catalog.pg_proc'::regclass),"
	" d.is_automatic, COALESCE(t.tgrelid = $1, p.polrelid = $1, f.adrelid = $1,"
	"  r.ev_class = $1, false), d.is_row_type, d.goes_along"
	" FROM (SELECT classid, objid, objsubid, refobjsubid, pg_catalog.bool_or(deptype IN ('a', 'i'))"
	"   AS is_automatic, false, pg_catalog.bool_or(pg_catalog.bool_or(deptype IN ('a', 'i'))"
	"   AND refobjsubid = 0) OVER (PARTITION BY classid, objid) FROM pg_catalog.pg_depend WHERE refclassid = 'pg_catalog.pg_class'::regclass"
	"   AND refobjid = $1 GROUP BY 1, 2, 3, 4"
	"  UNION ALL SELECT u.classid, u.objid, u.objsubid, 0, false, true, false FROM pg_catalog.pg_type y"
	"   JOIN pg_catalog.pg_depend u ON u.refclassid = 'pg_catalog.pg_type'::regclass"
	"   AND u.refobjid IN (y.oid, y.typarray) AND u.deptype = 'n' WHERE y.typrelid = $1"
	"  ) AS d (classid, objid, objsubid, refobjsubid, is_automatic, is_row_type, goes_along)"
	" LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = $1 AND a.attnum = d.refobjsubid"
	"  AND d.refobjsubid > 0"
	" LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass"
	"  AND r.oid = d.objid"
	" LEFT JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_catalog.pg_attrdef'::regclass"
	"  AND f.oid = d.objid"
	" LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::regclass"
	"  AND t.oid = d.objid"
	" LEFT JOIN pg_catalog.pg_policy p ON d.classid = 'pg_catalog.pg_policy'::regclass"
	"  AND p.oid = d.objid"
	" LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::regclass"
	"  AND k.oid = d.objid AND d.is_row_type"
	" WHERE (d.classid <> 'pg_catalog.pg_constraint'::regclass OR k.conrelid <> $1)"
	"  AND (d.classid <> 'pg_catalog.pg_class'::regclass OR d.objsubid > 0 AND d.objid <> $1)"
	"  AND d.classid <> 'pg_catalog.pg_type'::regclass"
	"  AND (r.oid IS NULL OR r.ev_class <> $1 OR r.rulename <> '_RETURN')"
	"  AND NOT COALESCE(t.tgisinternal, false)"
	"  AND NOT COALESCE(f.adrelid = $1 AND f.adnum = d.refobjsubid, false)"
	" ORDER BY d.classid, d.objid, d.objsubid, d.refobjsubid, d.is_row_type";

static void
read_dependent(int n, const char *const *row, void *into)
{
	MhModelRelation *relation = into;
	MhModelDependent *dependent;

	relation->dependents =
		mh_with_room(relation->dependents, relation->n_dependents, sizeof(MhModelDependent));
	dependent = &relation->dependents[relation->n_dependents++];
	memset(dependent, 0, sizeof(MhModelDependent));
	dependent->column = mh_text_at(row, 1);
	dependent->relation = (uint32) mh_int_at(row, 2);
	dependent->description = mh_name_at(row, 3);
	dependent->is_view = mh_bool_at(row, 4);
	dependent->blocks_type = mh_bool_at(row, 5);
	dependent->is_automatic = mh_bool_at(row, 6);
	dependent->is_own = mh_bool_at(row, 7);
	dependent->is_row_type = mh_bool_at(row, 8);
	dependent->goes_along = mh_bool_at(row, 9);
}

/* ---------- indexes and sequences ---------- */

static const char *const index_query =
	"SELECT i.indrelid::int4, i.indisunique, i.indisprimary, NOT i.indisvalid, i.indimmediate,"
	" i.indpred IS NOT NULL OR i.indexprs IS NOT NULL,"
	" ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k (n, o)"
	"  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n"
	"  WHERE k.o <= i.indnkeyatts ORDER BY k.o),"
	" (SELECT c.conname FROM pg_catalog.pg_constraint c WHERE c.conindid = i.indexrelid"
	"  AND c.contype IN ('p', 'u', 'x')),"
	" (SELECT h.inhparent FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid)::int4,"
	" NOT EXISTS (SELECT FROM pg_catalog.unnest(i.indclass::oid[]) k (o)"
	"  JOIN pg_catalog.pg_opclass o ON o.oid = k.o WHERE NOT o.opcdefault)"
	" AND NOT 0 <> ANY (i.indoption::int2[])"
	" AND NOT EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest(i.indkey::int2[]),"
	"   pg_catalog.unnest(i.indcollation::oid[])) k (n, c)"
	"  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n"
	"  WHERE a.attcollation <> k.c AND k.c IS NOT NULL),"
	" ARRAY(SELECT DISTINCT a.attname::pg_catalog.text FROM pg_catalog.pg_depend d"
	"  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
	"  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid"
	"  AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid"
	"  AND d.refobjsubid > 0),"
	" (SELECT m.amname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am m ON m.oid = c.relam"
	"  WHERE c.oid = i.indexrelid),"
	" NOT 16384 <= ANY (i.indclass::oid[]) AND " MH_SQL_EXPRESSION_FITS("i.indexprs") " AND " MH_SQL_EXPRESSION_FITS(
		"i.indpred") ","
					 " CASE WHEN " MH_SQL_EXPRESSION_FITS(
						 "i.indexprs") " THEN i.indexprs::pg_catalog.text END,"
									   " CASE WHEN " MH_SQL_EXPRESSION_FITS(
										   "i.indpred") " THEN i.indpred::pg_catalog.text END,"
														" ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a"
														"  WHERE a.attrelid = i.indexrelid AND a.attnum > 0 ORDER BY a.attnum),"
														" i.indnullsnotdistinct,"
														" NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
														"  WHERE d.classid = 'pg_catalog.pg_class'::regclass"
														"  AND d.objid = i.indexrelid AND d.refclassid NOT IN"
														"  ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_constraint'::regclass))"
														" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
														"  WHERE d.classid = 'pg_catalog.pg_class'::regclass"
														"  AND d.objid = i.indexrelid AND d.refclassid = d.classid"
														"  AND d.refobjid <> i.indrelid AND d.deptype = 'n')"
														" AND COALESCE(pg_catalog.strpos(i.indexprs::pg_catalog.text, ':varattno 0 '), 0) = 0"
														" AND COALESCE(pg_catalog.strpos(i.indpred::pg_catalog.text, ':varattno 0 '), 0) = 0"
														", EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest(i.indkey::int2[]),"
														" pg_catalog.unnest(i.indcollation::oid[])) k (n, c) JOIN pg_catalog.pg_attribute a"
														" ON a.attrelid = i.indrelid AND a.attnum = k.n WHERE k.c <> 0 AND k.c <> a.attcollation)"
														" FROM pg_catalog.pg_index i WHERE i.indexrelid = $1";

static void
read_index(int n, const char *const *row, void *into)
{
	MhModelRelation *index = into;

	index->table = (uint32) mh_int_at(row, 1);
	index->is_unique = mh_bool_at(row, 2);
	index->is_primary = mh_bool_at(row, 3);
	index->is_invalid = mh_bool_at(row, 4);
	index->is_immediate = mh_bool_at(row, 5);
	index->is_partial = mh_bool_at(row, 6);
	index->index_columns = mh_names_at(row, 7);
	index->constraint = mh_text_at(row, 8);
	index->parent_index = (uint32) mh_int_at(row, 9);
	index->is_usual = mh_bool_at(row, 10);
	index->used_columns = mh_names_at(row, 11);
	index->method = mh_text_at(row, 12);
	index->names = mh_names_at(row, 16);
	index->is_trusted = mh_bool_at(row, 13) && !index->is_partial;
	index->nulls_not_distinct = mh_bool_at(row, 17);
	index->is_built_in = mh_bool_at(row, 18);
	index->is_covering = index->names.n > index->index_columns.n;
	index->has_collation = mh_bool_at(row, 19);
}

static bool
is_trusted_text(const char *tree)
{
	return tree == NULL ||
		   mh_distrust_expression(stringToNode(mh_from_utf8(pstrdup(tree)))) == NULL;
}

static void
read_index_here(int n, const char *const *row, void *into)
{
	MhModelRelation *index = into;

	read_index(n, row, index);
	index->is_trusted = mh_bool_at(row, 13) && is_trusted_text(row[13]) && is_trusted_text(row[14]);
}

static const char *const owner_query =
	"SELECT d.refobjid::int4, a.attname, d.deptype = 'i' FROM pg_catalog.pg_depend d"
	" JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
	" WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = $1"
	" AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0"
	" AND d.deptype IN ('a', 'i')";

static void
read_owner(int n, const char *const *row, void *into)
{
	MhModelRelation *sequence = into;

	sequence->owned_by = (uint32) mh_int_at(row, 1);
	sequence->owned_by_column = mh_text_at(row, 2);
	sequence->is_internal = mh_bool_at(row, 3);
}

/* ---------- sizes ---------- */

static void
measure(MhModelRelation *relation)
{
	Relation opened;
	BlockNumber pages;
	double visible;

	relation->rows = relation->bytes = -1;
	if (strchr("rm", relation->kind) == NULL)
		return;
	/* a standby does not have the files of an unlogged table */
	if (relation->persistence == RELPERSISTENCE_UNLOGGED && RecoveryInProgress())
		return;
	if (mh_expressions_are_large(relation->id))
		return;
	if (!ConditionalLockRelationOid(relation->id, AccessShareLock))
	{
		relation->is_locked = true;
		return;
	}
	opened = try_relation_open(relation->id, NoLock);
	if (opened != NULL)
	{
		BlockNumber blocks = RelationGetNumberOfBlocks(opened);

		estimate_rel_size(opened, NULL, &pages, &relation->rows, &visible);
		relation->bytes = (double) blocks * BLCKSZ;
		/* the planner takes a small table that nobody analyzed for one that will grow */
		if (pages > blocks)
			relation->rows = rint(relation->rows * blocks / pages);
		relation_close(opened, NoLock);
	}
	UnlockRelationOid(relation->id, AccessShareLock);
}

/* ---------- relations ---------- */

void
mh_world_read_table(const MhReviewServer *server, MhModelRelation *relation)
{
	bool is_here = server->options->source == NULL;

	mh_review_ask(server, is_here ? constraints_here : constraints_there, relation->id, 17,
				  is_here ? read_constraint_here : read_constraint_there, relation);
	mh_review_ask(server, around_query, relation->id, 2, read_neighbour, relation);
	mh_review_ask(server, dependents_query, relation->id, 9, read_dependent, relation);
	mh_review_ask(server, code_query, relation->id, 5, read_code, relation);
}

void
mh_world_read_index(const MhReviewServer *server, MhModelRelation *index)
{
	mh_review_ask(server, index_query, index->id, 19,
				  server->options->source == NULL ? read_index_here : read_index, index);
}

static const char *const count_query =
	"SELECT s.seqtypid::int4, s.seqincrement, s.seqmin, s.seqmax, s.seqstart"
	" FROM pg_catalog.pg_sequence s WHERE s.seqrelid = $1";

static int64
long_at(const char *const *row, int column)
{
	const char *text = mh_text_at(row, column);

	return text == NULL ? 0 : strtoi64(text, NULL, 10);
}

static void
read_count(int n, const char *const *row, void *into)
{
	MhModelCount *count = &((MhModelRelation *) into)->count;

	count->type = (uint32) mh_int_at(row, 1);
	count->increment = long_at(row, 2);
	count->min = long_at(row, 3);
	count->max = long_at(row, 4);
	count->start = long_at(row, 5);
	count->is_known = mh_text_at(row, 5) != NULL;
}

void
mh_world_read_sequence(const MhReviewServer *server, MhModelRelation *sequence)
{
	mh_review_ask(server, owner_query, sequence->id, 3, read_owner, sequence);
	mh_review_ask(server, count_query, sequence->id, 5, read_count, sequence);
}

static MhModelRelation *
read_relation(const MhReviewServer *server, Oid oid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(oid));
	MhModelRelation *relation;
	Form_pg_class form;
	char *schema;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_class) GETSTRUCT(tuple);
	schema = get_namespace_name(form->relnamespace);
	if (schema == NULL)
	{
		/* it was dropped with its schema at this moment */
		ReleaseSysCache(tuple);
		return NULL;
	}
	relation = palloc0(sizeof(MhModelRelation));
	relation->id = oid;
	relation->kind = form->relkind;
	relation->name = relation->live_name = mh_to_utf8(pstrdup(NameStr(form->relname)));
	relation->schema = relation->live_schema = mh_to_utf8(schema);
	relation->persistence = form->relpersistence;
	relation->owner = form->relowner;
	relation->is_system = IsSystemClass(oid, form);
	relation->is_typed = OidIsValid(form->reloftype);
	relation->is_partition = form->relispartition;
	relation->n_dropped = form->relnatts;
	relation->has_code = relation->has_row_security = form->relrowsecurity;
	relation->is_unpopulated = !form->relispopulated;
	relation->code_events = form->relrowsecurity ? MH_ON_CHANGE : 0;
	ReleaseSysCache(tuple);
	if (strchr("iI", relation->kind) != NULL)
		mh_world_read_index(server, relation);
	else if (relation->kind != 't' && !relation->is_system)
	{
		mh_review_ask(server, columns_query, oid, 14, read_column_here, relation);
		relation->n_dropped -= relation->n_columns;
		mh_world_read_table(server, relation);
		measure(relation);
	}
	if (relation->kind == 'S')
		mh_world_read_sequence(server, relation);
	return relation;
}

MhModelRelation *
mh_world_relation(void *arg, const char *schema, const char *name)
{
	Oid namespace = get_namespace_oid(mh_from_utf8(pstrdup(schema)), true);
	Oid oid = OidIsValid(namespace) ? get_relname_relid(mh_from_utf8(pstrdup(name)), namespace)
									: InvalidOid;

	return OidIsValid(oid) ? read_relation(arg, oid) : NULL;
}

MhModelRelation *
mh_world_relation_by_id(void *arg, uint32 id)
{
	return read_relation(arg, id);
}

bool
mh_world_has_schema(void *arg, const char *schema)
{
	Oid namespace = get_namespace_oid(mh_from_utf8(pstrdup(schema)), true);

	return OidIsValid(namespace);
}

/* ---------- types ---------- */

static const char *const labels_query =
	"SELECT enumlabel FROM pg_catalog.pg_enum WHERE enumtypid = $1 ORDER BY enumsortorder";

static void
read_label(int n, const char *const *row, void *into)
{
	mh_names_add(&((MhModelType *) into)->labels, mh_name_at(row, 1));
}

static const char *const users_query =
	"SELECT CASE WHEN d.classid = 'pg_catalog.pg_class'::regclass AND d.objsubid > 0"
	" AND c.relkind <> 'c' THEN c.oid ELSE 0 END::int4,"
	" pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid), f.adrelid::int4, a.attname"
	" FROM pg_catalog.pg_type t JOIN pg_catalog.pg_depend d"
	" ON d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)"
	" AND d.deptype = 'n' LEFT JOIN pg_catalog.pg_class c"
	" ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid"
	" LEFT JOIN (pg_catalog.pg_attrdef f JOIN pg_catalog.pg_attribute a"
	"  ON a.attrelid = f.adrelid AND a.attnum = f.adnum AND a.attgenerated = '')"
	" ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND f.oid = d.objid WHERE t.oid = $1"
	/* constructors of a range go with it */
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend o WHERE o.classid = d.classid"
	"  AND o.objid = d.objid AND o.refclassid = d.refclassid AND o.deptype = 'i'"
	"  AND (o.refobjid = t.oid OR o.refobjid = (SELECT r.rngmultitypid"
	"   FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid)))";

static void
read_user(int n, const char *const *row, void *into)
{
	MhModelType *type = into;
	uint32 relation = (uint32) mh_int_at(row, 1);

	if (relation != 0)
		mh_ids_add(&type->users, &type->n_users, relation);
	else if (mh_int_at(row, 3) > 0 && mh_text_at(row, 4) != NULL)
	{
		type->defaults = mh_with_room(type->defaults, type->n_defaults, sizeof(MhModelDefaultUser));
		type->defaults[type->n_defaults++] = (MhModelDefaultUser){
			(uint32) mh_int_at(row, 3), mh_name_at(row, 4), mh_name_at(row, 2)};
	}
	else
		mh_strings_push(&type->dependents, mh_name_at(row, 2));
}

void
mh_world_read_type(const MhReviewServer *server, MhModelType *type, uint32 id)
{
	if (type->kind == TYPTYPE_ENUM)
		mh_review_ask(server, labels_query, id, 1, read_label, type);
	mh_review_ask(server, users_query, id, 4, read_user, type);
}

MhModelType *
mh_world_type(void *arg, const char *schema, const char *name)
{
	Oid namespace = get_namespace_oid(mh_from_utf8(pstrdup(schema)), true);
	MhModelType *type;
	HeapTuple tuple;
	Form_pg_type form;

	if (!OidIsValid(namespace))
		return NULL;
	tuple = SearchSysCache2(TYPENAMENSP, CStringGetDatum(mh_from_utf8(pstrdup(name))),
							ObjectIdGetDatum(namespace));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_type) GETSTRUCT(tuple);
	type = palloc0(sizeof(MhModelType));
	type->schema = pstrdup(schema);
	type->name = pstrdup(name);
	type->id = form->oid;
	type->array_id = form->typarray;
	type->kind = form->typtype;
	type->owner = form->typowner;
	type->is_array = OidIsValid(form->typelem) && get_array_type(form->typelem) == form->oid;
	ReleaseSysCache(tuple);
	if (namespace == PG_CATALOG_NAMESPACE)
		return type;
	mh_world_read_type(arg, type, type->id);
	return type;
}
