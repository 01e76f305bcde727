/*-------------------------------------------------------------------------
 *
 * bounds.c
 *	  Bounds of the partitions of a table, and to which of them a row belongs.
 *
 * Only where the key has columns of types whose comparison is built in, with the default operator
 * classes and the columns' collations.  The bounds are kept in order with the partitioned table of
 * the model.  Those of live partitions are read from the catalogs, without a lock.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/bounds.h"

#include "access/hash.h"
#include "access/nbtree.h"
#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parser.h"
#include "server/base/expression_size.h"
#include "server/base/trust.h"
#include "utils/lsyscache.h"

/* ---------- the key ---------- */

void
mh_bounds_refuse(const char *why)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("%s", why)));
}

static void
find_support(MhBoundKey *key, char strategy)
{
	Oid opclass = GetDefaultOpClass(key->type, strategy == PARTITION_STRATEGY_HASH ? HASH_AM_OID
																				   : BTREE_AM_OID);
	Oid function;

	if (!OidIsValid(opclass) || opclass >= FirstNormalObjectId)
		mh_bounds_refuse("the key is not compared as usual");
	key->family = get_opclass_family(opclass);
	key->input = get_opclass_input_type(opclass);
	function =
		get_opfamily_proc(key->family, key->input, key->input,
						  strategy == PARTITION_STRATEGY_HASH ? HASHEXTENDED_PROC : BTORDER_PROC);
	if (!OidIsValid(function) || mh_distrust_function(function) != NULL)
		mh_bounds_refuse("the key is not compared as usual");
	fmgr_info(function, &key->function);
}

static void
read_key(MhBoundKey *key, const MhModelRelation *parent, int column, char strategy)
{
	const MhModelColumn *from = &parent->columns[column];

	if (!mh_is_known_type(from->type) || from->is_retyped || from->generated != '\0' ||
		get_typtype(from->type) != TYPTYPE_BASE || mh_distrust_type(from->type) != NULL)
		mh_bounds_refuse("the type of the key is not followed");
	if (OidIsValid(key->type))
		mh_bounds_refuse("the key has a column twice");
	key->column = column;
	key->type = from->type;
	key->typmod = from->typmod;
	key->collation = from->collation;
	find_support(key, strategy);
}

typedef struct Beginning
{
	MhBounds *bounds;
	const MhModelRelation *parent;
} Beginning;

static void
read_keys(void *arg)
{
	const Beginning *beginning = arg;
	MhBounds *bounds = beginning->bounds;
	const MhModelRelation *parent = beginning->parent;
	int found = 0;

	for (int i = 0; i < parent->n_columns; i++)
	{
		int place = parent->columns[i].key_place;

		if (parent->columns[i].is_gone || place <= 0 || place > bounds->n_keys)
			continue;
		read_key(&bounds->keys[place - 1], parent, i, bounds->strategy);
		found++;
	}
	if (found != bounds->n_keys)
		mh_bounds_refuse("the key has other columns");
}

/* An order of texts elsewhere may be another one than here. */
static bool
is_ordered_elsewhere(const MhReviewServer *server, const MhBounds *bounds)
{
	if (server->there == NULL)
		return false;
	if (server->there->has_casts || server->there->has_operator_classes ||
		bounds->strategy == PARTITION_STRATEGY_HASH)
		return true;
	for (int i = 0; bounds->strategy == PARTITION_STRATEGY_RANGE && i < bounds->n_keys; i++)
		if (OidIsValid(bounds->keys[i].collation))
			return true;
	return false;
}

/* ---------- values ---------- */

/* As the server does with a value that is written.  Raises 42501 where nobody can tell. */
static Const *
evaluated(const MhBoundKey *key, Node *raw)
{
	ParseState *state = make_parsestate(NULL);
	Node *value;

	if (mh_names_untrusted(raw, false))
		mh_bounds_refuse("a bound may run code that is not built in");
	value = transformExpr(state, copyObject(raw), EXPR_KIND_PARTITION_BOUND);
	value = coerce_to_target_type(state, value, exprType(value), key->type, key->typmod,
								  COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("specified value cannot be cast to type %s", format_type_be(key->type))));
	if (mh_distrust_expression(value) != NULL || contain_mutable_functions(value))
		mh_bounds_refuse("a bound may be another one when the script runs");
	if (!IsA(value, Const))
	{
		assign_expr_collations(state, value);
		value = (Node *) expression_planner((Expr *) value);
		value = (Node *) evaluate_expr((Expr *) value, key->type, key->typmod, key->collation);
	}
	if (!IsA(value, Const))
		mh_bounds_refuse("a bound cannot be evaluated");
	((Const *) value)->constcollid = key->collation;
	return (Const *) value;
}

static const char *
infinity_of(Node *raw)
{
	const ColumnRef *reference = (const ColumnRef *) raw;

	return IsA(raw, ColumnRef) && list_length(reference->fields) == 1 &&
				   IsA(linitial(reference->fields), String)
			   ? strVal(linitial(reference->fields))
			   : "";
}

static PartitionRangeDatum *
evaluated_edge(const MhBoundKey *key, Node *raw)
{
	PartitionRangeDatum *edge = makeNode(PartitionRangeDatum);
	const char *infinity = infinity_of(raw);

	edge->location = -1;
	if (strcmp(infinity, "minvalue") == 0)
		edge->kind = PARTITION_RANGE_DATUM_MINVALUE;
	else if (strcmp(infinity, "maxvalue") == 0)
		edge->kind = PARTITION_RANGE_DATUM_MAXVALUE;
	else
	{
		edge->kind = PARTITION_RANGE_DATUM_VALUE;
		edge->value = (Node *) evaluated(key, raw);
		if (((Const *) edge->value)->constisnull)
			ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
							errmsg("cannot specify NULL in range bound")));
	}
	return edge;
}

static List *
evaluated_edges(const MhBounds *bounds, List *raw)
{
	PartitionRangeDatumKind kind = PARTITION_RANGE_DATUM_VALUE;
	List *edges = NIL;
	ListCell *cell;

	foreach (cell, raw)
		edges = lappend(edges, evaluated_edge(&bounds->keys[list_length(edges)], lfirst(cell)));
	foreach (cell, edges)
	{
		PartitionRangeDatum *edge = lfirst(cell);

		if (kind != PARTITION_RANGE_DATUM_VALUE && edge->kind != kind)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("every bound following MINVALUE or MAXVALUE must be the same")));
		kind = edge->kind;
	}
	return edges;
}

static void
refuse_spec(const char *message)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION), errmsg("%s", message)));
}

/* As transformPartitionBound(). */
PartitionBoundSpec *
mh_bounds_analysed(const MhBounds *bounds, const PartitionBoundSpec *raw)
{
	PartitionBoundSpec *spec = makeNode(PartitionBoundSpec);
	ListCell *cell;

	*spec = *raw;
	if (raw->strategy != bounds->strategy)
		refuse_spec("the bounds are of another kind of partition");
	if (raw->strategy == PARTITION_STRATEGY_HASH && raw->modulus <= 0)
		refuse_spec("modulus for hash partition must be an integer value greater than zero");
	if (raw->strategy == PARTITION_STRATEGY_HASH && raw->remainder >= raw->modulus)
		refuse_spec("remainder for hash partition must be less than modulus");
	if (raw->strategy == PARTITION_STRATEGY_RANGE &&
		(list_length(raw->lowerdatums) != bounds->n_keys ||
		 list_length(raw->upperdatums) != bounds->n_keys))
		refuse_spec("FROM and TO must specify exactly one value per partitioning column");
	spec->listdatums = NIL;
	foreach (cell, raw->listdatums)
		spec->listdatums = lappend(spec->listdatums, evaluated(&bounds->keys[0], lfirst(cell)));
	spec->lowerdatums = evaluated_edges(bounds, raw->lowerdatums);
	spec->upperdatums = evaluated_edges(bounds, raw->upperdatums);
	return spec;
}

/* ---------- order ---------- */

int
mh_bounds_compare(const MhBoundKey *key, Datum one, Datum other)
{
	return DatumGetInt32(
		FunctionCall2Coll(unconstify(FmgrInfo *, &key->function), key->collation, one, other));
}

/* As partition_rbound_cmp(): where they are equal, an upper edge comes before a lower one. */
int
mh_bounds_compare_edges(const MhBounds *bounds, const List *one, bool is_lower, const List *other,
						bool is_other_lower)
{
	for (int i = 0; i < bounds->n_keys; i++)
	{
		const PartitionRangeDatum *left = list_nth_node(PartitionRangeDatum, one, i);
		const PartitionRangeDatum *right = list_nth_node(PartitionRangeDatum, other, i);
		int order;

		if (left->kind != right->kind)
			return left->kind < right->kind ? -1 : 1;
		if (left->kind != PARTITION_RANGE_DATUM_VALUE)
			break;
		order = mh_bounds_compare(&bounds->keys[i], ((const Const *) left->value)->constvalue,
								  ((const Const *) right->value)->constvalue);
		if (order != 0)
			return order;
	}
	return is_lower == is_other_lower ? 0 : is_lower ? 1 : -1;
}

static int
compared_numbers(int one, int other)
{
	return one < other ? -1 : one > other;
}

int
mh_bounds_compare_entries(const void *one, const void *other, void *arg)
{
	const MhBounds *bounds = arg;
	const MhBoundEntry *left = one;
	const MhBoundEntry *right = other;

	if (bounds->strategy == PARTITION_STRATEGY_LIST)
		return mh_bounds_compare(&bounds->keys[0], left->value, right->value);
	if (bounds->strategy == PARTITION_STRATEGY_RANGE)
		return mh_bounds_compare_edges(bounds, left->spec->lowerdatums, true,
									   right->spec->lowerdatums, true);
	if (left->spec->modulus != right->spec->modulus)
		return compared_numbers(left->spec->modulus, right->spec->modulus);
	return compared_numbers(left->spec->remainder, right->spec->remainder);
}

/* How many entries come before, or are equal. */
int
mh_bounds_place(const MhBounds *bounds, const MhBoundEntry *entry)
{
	int low = 0;
	int high = bounds->n;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (mh_bounds_compare_entries(&bounds->entries[middle], entry,
									  unconstify(MhBounds *, bounds)) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
make_room(MhBounds *bounds)
{
	if (bounds->n < bounds->room)
		return;
	bounds->room = Max(2 * bounds->room, 8);
	bounds->entries = bounds->entries == NULL
						  ? palloc(bounds->room * sizeof(MhBoundEntry))
						  : repalloc(bounds->entries, bounds->room * sizeof(MhBoundEntry));
}

/* is_sorted: it goes where it belongs. */
static void
add_entry(MhBounds *bounds, const MhBoundEntry *entry, bool is_sorted)
{
	int place = is_sorted ? mh_bounds_place(bounds, entry) : bounds->n;

	make_room(bounds);
	memmove(&bounds->entries[place + 1], &bounds->entries[place],
			(bounds->n - place) * sizeof(MhBoundEntry));
	bounds->entries[place] = *entry;
	bounds->n++;
}

void
mh_bounds_add(MhBounds *bounds, uint32 partition, const PartitionBoundSpec *spec, bool is_sorted)
{
	MhBoundEntry entry = {partition, spec};
	ListCell *cell;

	if (spec->is_default)
		return;
	if (bounds->strategy != PARTITION_STRATEGY_LIST)
		add_entry(bounds, &entry, is_sorted);
	foreach (cell, spec->listdatums)
	{
		entry.value = lfirst_node(Const, cell)->constvalue;
		if (lfirst_node(Const, cell)->constisnull)
			bounds->of_nulls = partition;
		else
			add_entry(bounds, &entry, is_sorted);
	}
}

void
mh_bounds_forget(MhBounds *bounds, uint32 partition, int place)
{
	if (place < 0)
		bounds->of_nulls = 0;
	else
	{
		Assert(bounds->entries[place].partition == partition);
		memmove(&bounds->entries[place], &bounds->entries[place + 1],
				(bounds->n - place - 1) * sizeof(MhBoundEntry));
		bounds->n--;
	}
}

/* ---------- live partitions ---------- */

static const char *const bounds_here = "SELECT i.inhrelid::int4, CASE WHEN " MH_SQL_EXPRESSION_FITS(
	"c.relpartbound") " AND NOT i.inhdetachpending THEN c.relpartbound::pg_catalog.text END"
					  " FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid"
					  " WHERE i.inhparent = $1 AND c.relispartition";

/* Deparsing would wait for a lock that keeps readers out. */
static const char *const bounds_there =
	"SELECT i.inhrelid::int4, CASE WHEN NOT i.inhdetachpending AND NOT EXISTS ("
	"  SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation = c.oid"
	"  AND l.mode = 'AccessExclusiveLock')"
	" THEN pg_catalog.left(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 10000) END"
	" FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid"
	" WHERE i.inhparent = $1 AND c.relispartition";

typedef struct LiveBound
{
	uint32 partition;
	char *text; /* NULL: not known */
} LiveBound;

typedef struct ReadingBounds
{
	MhBounds *bounds;
	bool is_here;
	LiveBound *live;
	int n;
} ReadingBounds;

static void
read_bound(int n, const char *const *row, void *into)
{
	ReadingBounds *reading = into;

	reading->live = mh_with_room(reading->live, reading->n, sizeof(LiveBound));
	reading->live[reading->n++] = (LiveBound){(uint32) mh_int_at(row, 1), mh_text_at(row, 2)};
}

static bool
is_plain(Node *raw)
{
	const char *infinity = infinity_of(raw);

	return IsA(raw, A_Const) || strcmp(infinity, "minvalue") == 0 ||
		   strcmp(infinity, "maxvalue") == 0;
}

static bool
are_plain(List *raw)
{
	ListCell *cell;

	foreach (cell, raw)
		if (!is_plain(lfirst(cell)))
			return false;
	return true;
}

/* The text is a stranger's, and has nothing but constants in it. */
static PartitionBoundSpec *
parsed(const char *text)
{
	List *trees;
	const AlterTableStmt *alter;
	const AlterTableCmd *command;
	PartitionBoundSpec *spec;

	if (strchr(text, '\\') != NULL)
		return NULL;
	trees = raw_parser(psprintf("ALTER TABLE p ATTACH PARTITION c %s", text), RAW_PARSE_DEFAULT);
	alter = (const AlterTableStmt *) linitial_node(RawStmt, trees)->stmt;
	command = linitial_node(AlterTableCmd, alter->cmds);
	spec = castNode(PartitionCmd, command->def)->bound;
	return list_length(trees) == 1 && spec != NULL && are_plain(spec->listdatums) &&
				   are_plain(spec->lowerdatums) && are_plain(spec->upperdatums)
			   ? spec
			   : NULL;
}

static PartitionBoundSpec *
live_spec(const ReadingBounds *reading, const char *text)
{
	PartitionBoundSpec *spec;

	if (reading->is_here)
		return castNode(PartitionBoundSpec, stringToNode(mh_from_utf8(pstrdup(text))));
	spec = parsed(mh_from_utf8(pstrdup(text)));
	return spec == NULL || spec->is_default ? spec : mh_bounds_analysed(reading->bounds, spec);
}

static void
take_live(void *arg)
{
	ReadingBounds *reading = arg;
	MhBounds *bounds = reading->bounds;

	for (int i = 0; i < reading->n; i++)
	{
		const LiveBound *live = &reading->live[i];
		const PartitionBoundSpec *spec = live->text == NULL ? NULL : live_spec(reading, live->text);

		CHECK_FOR_INTERRUPTS();
		if (spec == NULL || (!spec->is_default && spec->strategy != bounds->strategy))
			bounds->has_others = true;
		else
			mh_bounds_add(bounds, live->partition, spec, false);
	}
	if (bounds->n > 1)
		qsort_arg(bounds->entries, bounds->n, sizeof(MhBoundEntry), mh_bounds_compare_entries,
				  bounds);
}

MhBounds *
mh_bounds_of(const MhReviewServer *server, MhModelRelation *parent)
{
	MhBounds *bounds = parent->bounds;
	Beginning beginning = {NULL, parent};
	ReadingBounds reading = {NULL, server->there == NULL};

	if (bounds != NULL)
		return bounds;
	bounds = parent->bounds = beginning.bounds = reading.bounds = palloc0(sizeof(MhBounds));
	bounds->strategy = parent->key_strategy;
	bounds->n_keys = parent->n_keys;
	bounds->is_unknown =
		parent->key_strategy == '\0' || strchr("rlh", parent->key_strategy) == NULL ||
		parent->is_opaque || parent->n_keys <= 0 || parent->n_keys > PARTITION_MAX_KEYS ||
		mh_try(read_keys, &beginning) != NULL || is_ordered_elsewhere(server, bounds);
	if (bounds->is_unknown || parent->live_name == NULL)
		return bounds;
	mh_review_ask(server, server->there == NULL ? bounds_here : bounds_there, parent->id, 2,
				  read_bound, &reading);
	if (mh_try(take_live, &reading) != NULL)
		bounds->is_unknown = true;
	return bounds;
}
