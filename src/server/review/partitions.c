/*-------------------------------------------------------------------------
 *
 * partitions.c
 *	  New partitions, rows that go into partitions, and rows that are in the way of them.
 *
 * No lock is taken, and nothing is read but bounds in the catalogs.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/bounds.h"

#include "access/stratnum.h"
#include "catalog/partition.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "common/hashfn.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "partitioning/partbounds.h"
#include "utils/lsyscache.h"

/* Remainders that are looked at, and values that a condition names, at most. */
#define MOST_REMAINDERS 1000
#define MOST_VALUES 1000

/* ---------- a new partition ---------- */

typedef struct Placing
{
	MhBounds *bounds;
	const PartitionBoundSpec *raw;
	PartitionBoundSpec *spec;
	uint32 overlaps; /* 0: none */
	int place;       /* of the entry that it overlaps; < 0: that of NULL */
} Placing;

static void
analyse_spec(void *arg)
{
	Placing *placing = arg;

	placing->spec = mh_bounds_analysed(placing->bounds, placing->raw);
	if (placing->bounds->strategy == PARTITION_STRATEGY_RANGE &&
		mh_bounds_compare_edges(placing->bounds, placing->spec->lowerdatums, true,
								placing->spec->upperdatums, false) > 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
						errmsg("empty range bound specified for the partition")));
}

static void
overlaps_at(Placing *placing, int place)
{
	placing->place = place;
	placing->overlaps = placing->bounds->entries[place].partition;
}

static void
look_at_ranges(Placing *placing)
{
	const MhBounds *bounds = placing->bounds;
	MhBoundEntry entry = {0, placing->spec};
	int place = mh_bounds_place(bounds, &entry);

	if (place > 0 &&
		mh_bounds_compare_edges(bounds, placing->spec->lowerdatums, true,
								bounds->entries[place - 1].spec->upperdatums, false) < 0)
		overlaps_at(placing, place - 1);
	else if (place < bounds->n &&
			 mh_bounds_compare_edges(bounds, bounds->entries[place].spec->lowerdatums, true,
									 placing->spec->upperdatums, false) < 0)
		overlaps_at(placing, place);
}

static void
look_at_values(Placing *placing)
{
	const MhBounds *bounds = placing->bounds;
	ListCell *cell;

	foreach (cell, placing->spec->listdatums)
	{
		const Const *value = lfirst_node(Const, cell);
		MhBoundEntry entry = {0, NULL, value->constvalue};
		int place;

		if (value->constisnull && bounds->of_nulls != 0)
		{
			placing->place = -1;
			placing->overlaps = bounds->of_nulls;
			return;
		}
		if (value->constisnull)
			continue;
		place = mh_bounds_place(bounds, &entry);
		if (place > 0 && mh_bounds_compare_entries(&bounds->entries[place - 1], &entry,
												   unconstify(MhBounds *, bounds)) == 0)
		{
			overlaps_at(placing, place - 1);
			return;
		}
	}
}

/* The entry of a remainder; < 0: there is none. */
static int
find_remainder(const MhBounds *bounds, int modulus, int remainder)
{
	PartitionBoundSpec spec = {.type = T_PartitionBoundSpec};
	MhBoundEntry entry = {0, &spec};
	int place;

	spec.modulus = modulus;
	spec.remainder = remainder;
	place = mh_bounds_place(bounds, &entry) - 1;
	return place >= 0 && bounds->entries[place].spec->modulus == modulus &&
				   bounds->entries[place].spec->remainder == remainder
			   ? place
			   : -1;
}

/* Where the entries with the next larger modulus begin. */
static int
next_modulus(const MhBounds *bounds, int modulus)
{
	PartitionBoundSpec spec = {.type = T_PartitionBoundSpec};
	MhBoundEntry entry = {0, &spec};

	spec.modulus = modulus;
	spec.remainder = modulus;
	return mh_bounds_place(bounds, &entry);
}

/* Of the smaller and the larger of two moduli one has to be a factor of the other. */
static void
look_at_modulus(Placing *placing, int modulus)
{
	const PartitionBoundSpec *spec = placing->spec;
	int place = -1;

	if (Max(modulus, spec->modulus) % Min(modulus, spec->modulus) != 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
			 errmsg("every hash partition modulus must be a factor of the next larger modulus")));
	if (modulus <= spec->modulus)
		place = find_remainder(placing->bounds, modulus, spec->remainder % modulus);
	else if (modulus / spec->modulus > MOST_REMAINDERS)
		mh_bounds_refuse("there are too many remainders");
	for (int i = spec->remainder; modulus > spec->modulus && place < 0 && i < modulus;
		 i += spec->modulus)
		place = find_remainder(placing->bounds, modulus, i);
	if (place >= 0)
		overlaps_at(placing, place);
}

static void
look_for_overlap(void *arg)
{
	Placing *placing = arg;
	const MhBounds *bounds = placing->bounds;

	placing->overlaps = 0;
	if (bounds->strategy == PARTITION_STRATEGY_RANGE)
		look_at_ranges(placing);
	else if (bounds->strategy == PARTITION_STRATEGY_LIST)
		look_at_values(placing);
	else
		for (int i = 0; i < bounds->n && placing->overlaps == 0;
			 i = next_modulus(bounds, bounds->entries[i].spec->modulus))
			look_at_modulus(placing, bounds->entries[i].spec->modulus);
}

static void
put_spec(void *arg)
{
	const Placing *placing = arg;

	mh_bounds_add(placing->bounds, placing->overlaps, placing->spec, true);
}

/* Looks until what it overlaps is a partition still. */
static ErrorData *
find_overlap(const MhReviewServer *server, const MhModelRelation *parent, Placing *placing)
{
	ErrorData *error = mh_try(look_for_overlap, placing);

	while (error == NULL && placing->overlaps != 0 &&
		   !mh_review_has_partition(server->review, parent, placing->overlaps))
	{
		mh_bounds_forget(placing->bounds, placing->overlaps, placing->place);
		error = mh_try(look_for_overlap, placing);
	}
	return error;
}

static bool
may_mean_other(const MhReviewServer *server, const PartitionBoundSpec *raw)
{
	return server->there != NULL && (mh_there_names_other(server, raw->listdatums) ||
									 mh_there_names_other(server, raw->lowerdatums) ||
									 mh_there_names_other(server, raw->upperdatums));
}

MhReviewAnswer
mh_world_place(void *arg, MhModelRelation *parent, uint32 partition, const void *bound,
			   const void **placed)
{
	const MhReviewServer *server = arg;
	MhBounds *bounds = mh_bounds_of(server, parent);
	Placing placing = {bounds, bound};
	ErrorData *error;

	*placed = NULL;
	if (bound == NULL || bounds->is_unknown || may_mean_other(server, bound))
	{
		bounds->has_others = true;
		return mh_answer_unknown("the bounds of the partition cannot be told");
	}
	error = mh_try(analyse_spec, &placing);
	if (error == NULL)
		error = find_overlap(server, parent, &placing);
	if (error != NULL)
	{
		MhReviewAnswer answer = mh_refusal(error);

		bounds->has_others |= answer.passes == MH_TRUTH_UNKNOWN;
		return answer;
	}
	if (placing.overlaps != 0)
		return mh_answer_no("42P17", "it would overlap another partition");
	placing.overlaps = partition;
	bounds->is_unknown |= mh_try(put_spec, &placing) != NULL;
	*placed = placing.spec;
	return bounds->has_others || bounds->is_unknown
			   ? mh_answer_unknown("some bounds of other partitions are not known")
			   : (MhReviewAnswer){MH_TRUTH_YES};
}

/* ---------- to which partition a row belongs ---------- */

typedef struct Routing
{
	const MhBounds *bounds;
	const MhReviewValue *values;
	uint32 partition; /* 0: none */
	int place;
} Routing;

static bool
is_null(const Routing *routing, int key)
{
	return routing->values[routing->bounds->keys[key].column].is_null;
}

static Datum
value_of(const Routing *routing, int key)
{
	const MhReviewValue *value = &routing->values[routing->bounds->keys[key].column];

	return ((const Const *) value->node)->constvalue;
}

/* An edge, and the values of the row. */
static int
compared_with_row(const Routing *routing, const List *edges)
{
	for (int i = 0; i < routing->bounds->n_keys; i++)
	{
		const PartitionRangeDatum *edge = list_nth_node(PartitionRangeDatum, edges, i);
		int order;

		if (edge->kind != PARTITION_RANGE_DATUM_VALUE)
			return edge->kind == PARTITION_RANGE_DATUM_MINVALUE ? -1 : 1;
		order = mh_bounds_compare(&routing->bounds->keys[i],
								  ((const Const *) edge->value)->constvalue, value_of(routing, i));
		if (order != 0)
			return order;
	}
	return 0;
}

static void
route_by_range(Routing *routing)
{
	const MhBounds *bounds = routing->bounds;
	int low = 0;
	int high = bounds->n;

	for (int i = 0; i < bounds->n_keys; i++)
		if (is_null(routing, i))
			return;
	while (low < high)
	{
		int middle = (low + high) / 2;

		if (compared_with_row(routing, bounds->entries[middle].spec->lowerdatums) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || compared_with_row(routing, bounds->entries[low - 1].spec->upperdatums) <= 0)
		return;
	routing->place = low - 1;
	routing->partition = bounds->entries[low - 1].partition;
}

static void
route_by_value(Routing *routing)
{
	const MhBounds *bounds = routing->bounds;
	MhBoundEntry entry = {0};
	int place;

	if (is_null(routing, 0))
	{
		routing->place = -1;
		routing->partition = bounds->of_nulls;
		return;
	}
	entry.value = value_of(routing, 0);
	place = mh_bounds_place(bounds, &entry) - 1;
	if (place < 0 || mh_bounds_compare_entries(&bounds->entries[place], &entry,
											   unconstify(MhBounds *, bounds)) != 0)
		return;
	routing->place = place;
	routing->partition = bounds->entries[place].partition;
}

/* As compute_partition_hash_value(). */
static uint64
hash_of_row(const Routing *routing)
{
	uint64 all = 0;

	for (int i = 0; i < routing->bounds->n_keys; i++)
	{
		const MhBoundKey *key = &routing->bounds->keys[i];

		if (!is_null(routing, i))
			all = hash_combine64(
				all, DatumGetUInt64(FunctionCall2Coll(unconstify(FmgrInfo *, &key->function),
													  key->collation, value_of(routing, i),
													  UInt64GetDatum(HASH_PARTITION_SEED))));
	}
	return all;
}

static void
route_by_hash(Routing *routing)
{
	const MhBounds *bounds = routing->bounds;
	uint64 hash = hash_of_row(routing);

	for (int i = 0; i < bounds->n; i = next_modulus(bounds, bounds->entries[i].spec->modulus))
	{
		int modulus = bounds->entries[i].spec->modulus;
		int place = find_remainder(bounds, modulus, (int) (hash % modulus));

		if (place < 0)
			continue;
		routing->place = place;
		routing->partition = bounds->entries[place].partition;
		return;
	}
}

static void
find_partition(void *arg)
{
	Routing *routing = arg;

	routing->partition = 0;
	if (routing->bounds->strategy == PARTITION_STRATEGY_RANGE)
		route_by_range(routing);
	else if (routing->bounds->strategy == PARTITION_STRATEGY_LIST)
		route_by_value(routing);
	else
		route_by_hash(routing);
}

static bool
are_constant(const MhBounds *bounds, const MhReviewValue *values)
{
	for (int i = 0; i < bounds->n_keys; i++)
	{
		const MhReviewValue *value = &values[bounds->keys[i].column];

		if (value->is_unknown || !value->is_constant ||
			(!value->is_null && (value->node == NULL || !IsA(value->node, Const) ||
								 ((const Const *) value->node)->consttype != bounds->keys[i].type)))
			return false;
	}
	return true;
}

bool
mh_world_route(void *arg, MhModelRelation *parent, const MhReviewValue *values, uint32 *partition)
{
	const MhReviewServer *server = arg;
	MhBounds *bounds = mh_bounds_of(server, parent);
	Routing routing = {bounds, values};

	if (bounds->is_unknown || !are_constant(bounds, values) ||
		mh_try(find_partition, &routing) != NULL)
		return false;
	while (routing.partition != 0 &&
		   !mh_review_has_partition(server->review, parent, routing.partition))
	{
		mh_bounds_forget(bounds, routing.partition, routing.place);
		if (mh_try(find_partition, &routing) != NULL)
			return false;
	}
	*partition = routing.partition;
	return routing.partition != 0 || !bounds->has_others;
}

/* ---------- which rows belong there ---------- */

typedef struct Belonging
{
	const MhBounds *bounds;
	const PartitionBoundSpec *spec;
	const int *columns; /* of the relation, for each key */
	Node *condition;
} Belonging;

static Node *
key_as_parameter(const Belonging *belonging, int key)
{
	const MhBoundKey *from = &belonging->bounds->keys[key];
	Param *parameter = makeNode(Param);

	parameter->paramkind = PARAM_EXTERN;
	parameter->paramid = belonging->columns[key] + 1;
	parameter->paramtype = from->type;
	parameter->paramtypmod = from->typmod;
	parameter->paramcollid = from->collation;
	parameter->location = -1;
	return (Node *) parameter;
}

static Expr *
as_input(const MhBoundKey *key, Node *value)
{
	return key->input == key->type || IsPolymorphicType(key->input)
			   ? (Expr *) value
			   : (Expr *) makeRelabelType((Expr *) value, key->input, -1, key->collation,
										  COERCE_IMPLICIT_CAST);
}

static Node *
comparison(const Belonging *belonging, int key, const Const *value, int strategy)
{
	const MhBoundKey *from = &belonging->bounds->keys[key];
	Oid operator= get_opfamily_member(from->family, from->input, from->input, strategy);

	if (!OidIsValid(operator))
		mh_bounds_refuse("an operator is missing");
	return (
		Node *) make_opclause(operator, BOOLOID, false,
							  as_input(from, key_as_parameter(belonging, key)),
							  as_input(from, copyObject(unconstify(Node *, (const Node *) value))),
							  InvalidOid, from->collation);
}

static Node *
null_test(const Belonging *belonging, int key, NullTestType type)
{
	NullTest *test = makeNode(NullTest);

	test->arg = (Expr *) key_as_parameter(belonging, key);
	test->nulltesttype = type;
	test->location = -1;
	return (Node *) test;
}

static Node *
one_of(const Belonging *belonging)
{
	List *parts = NIL;
	bool has_null = false;
	ListCell *cell;

	if (list_length(belonging->spec->listdatums) > MOST_VALUES)
		mh_bounds_refuse("there are too many values");
	foreach (cell, belonging->spec->listdatums)
		if (lfirst_node(Const, cell)->constisnull)
			has_null = true;
		else
			parts = lappend(parts, comparison(belonging, 0, lfirst(cell), BTEqualStrategyNumber));
	parts = list_make1(makeBoolExpr(AND_EXPR,
									list_make2(null_test(belonging, 0, IS_NOT_NULL),
											   list_length(parts) == 1
												   ? linitial(parts)
												   : (void *) makeBoolExpr(OR_EXPR, parts, -1)),
									-1));
	if (has_null && belonging->spec->listdatums != NIL &&
		list_length(belonging->spec->listdatums) == 1)
		return null_test(belonging, 0, IS_NULL);
	if (has_null)
		return (Node *) makeBoolExpr(OR_EXPR, lcons(null_test(belonging, 0, IS_NULL), parts), -1);
	return linitial(parts);
}

/* Whether the row is behind a lower edge, or before an upper one, from this key on. */
static Node *
beyond(const Belonging *belonging, const List *edges, int key, bool is_lower)
{
	const PartitionRangeDatum *edge;
	int strategy = is_lower ? BTGreaterStrategyNumber : BTLessStrategyNumber;

	if (key == belonging->bounds->n_keys)
		return makeBoolConst(is_lower, false);
	edge = list_nth_node(PartitionRangeDatum, edges, key);
	if (edge->kind != PARTITION_RANGE_DATUM_VALUE)
		return makeBoolConst((edge->kind == PARTITION_RANGE_DATUM_MINVALUE) == is_lower, false);
	return (Node *) makeBoolExpr(
		OR_EXPR,
		list_make2(comparison(belonging, key, (const Const *) edge->value, strategy),
				   makeBoolExpr(AND_EXPR,
								list_make2(comparison(belonging, key, (const Const *) edge->value,
													  BTEqualStrategyNumber),
										   beyond(belonging, edges, key + 1, is_lower)),
								-1)),
		-1);
}

static void
make_condition(void *arg)
{
	Belonging *belonging = arg;
	List *parts = NIL;

	if (belonging->bounds->strategy == PARTITION_STRATEGY_LIST)
	{
		belonging->condition = one_of(belonging);
		return;
	}
	for (int i = 0; i < belonging->bounds->n_keys; i++)
		parts = lappend(parts, null_test(belonging, i, IS_NOT_NULL));
	parts = lappend(parts, beyond(belonging, belonging->spec->lowerdatums, 0, true));
	parts = lappend(parts, beyond(belonging, belonging->spec->upperdatums, 0, false));
	belonging->condition = eval_const_expressions(NULL, (Node *) makeBoolExpr(AND_EXPR, parts, -1));
}

const void *
mh_world_belongs(void *arg, MhModelRelation *parent, const void *placed,
				 const MhModelRelation *relation, bool is_negated)
{
	MhBounds *bounds = mh_bounds_of(arg, parent);
	int columns[PARTITION_MAX_KEYS];
	Belonging belonging = {bounds, placed, columns};

	if (bounds->is_unknown || placed == NULL || bounds->strategy == PARTITION_STRATEGY_HASH)
		return NULL;
	for (int i = 0; i < bounds->n_keys; i++)
	{
		const char *name = parent->columns[bounds->keys[i].column].name;

		columns[i] = -1;
		for (int k = 0; k < relation->n_columns; k++)
			if (!relation->columns[k].is_gone && strcmp(relation->columns[k].name, name) == 0)
				columns[i] = k;
		if (columns[i] < 0 || relation->columns[columns[i]].type != bounds->keys[i].type)
			return NULL;
	}
	if (mh_try(make_condition, &belonging) != NULL || belonging.condition == NULL)
		return NULL;
	return is_negated ? makeBoolExpr(NOT_EXPR, list_make1(belonging.condition), -1)
					  : (Expr *) belonging.condition;
}

/* ---------- what a table can be partitioned by ---------- */

typedef struct CheckingKey
{
	uint32 type;
	char strategy;
} CheckingKey;

static void
check_key(void *arg)
{
	const CheckingKey *checking = arg;
	Oid method = checking->strategy == PARTITION_STRATEGY_HASH ? HASH_AM_OID : BTREE_AM_OID;

	if (!OidIsValid(GetDefaultOpClass(checking->type, method)))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("data type %s has no default operator class",
							   format_type_be(checking->type))));
}

MhReviewAnswer
mh_world_partitions_by(void *arg, const MhModelColumn *column, char strategy)
{
	const MhReviewServer *server = arg;
	CheckingKey checking = {column->type, strategy};
	ErrorData *error;

	if (!mh_is_known_type(column->type))
		return (MhReviewAnswer){MH_TRUTH_YES};
	error = mh_try(check_key, &checking);
	if (error == NULL)
		return (MhReviewAnswer){MH_TRUTH_YES};
	return server->there != NULL && server->there->has_operator_classes
			   ? mh_answer_unknown("there are operator classes that are not built in")
			   : mh_refusal(error);
}
