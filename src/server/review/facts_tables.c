/*-------------------------------------------------------------------------
 *
 * facts_tables.c
 *	  Facts of CREATE TABLE and ALTER TABLE.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/reloptions.h"
#include "access/transam.h"
#include "commands/defrem.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "nodes/nodeFuncs.h"

/* More elements than a table can have columns and constraints at them. */
#define MOST_ELEMENTS 20000

/* ---------- constraints ---------- */

void
mh_fact_proofs(Node *node, MhStrings *proves)
{
	if (node == NULL)
		return;
	if (IsA(node, BoolExpr) && ((BoolExpr *) node)->boolop == AND_EXPR)
	{
		ListCell *cell;

		foreach (cell, ((BoolExpr *) node)->args)
			mh_fact_proofs(lfirst(cell), proves);
	}
	else if (IsA(node, NullTest) && ((NullTest *) node)->nulltesttype == IS_NOT_NULL)
	{
		Node *arg = (Node *) ((NullTest *) node)->arg;

		if (IsA(arg, ColumnRef) && list_length(((ColumnRef *) arg)->fields) == 1 &&
			IsA(linitial(((ColumnRef *) arg)->fields), String))
			mh_strings_push(proves, mh_fact_text(strVal(linitial(((ColumnRef *) arg)->fields))));
	}
}

static char
type_of(const Constraint *constraint)
{
	switch (constraint->contype)
	{
		case CONSTR_CHECK:
			return 'c';
		case CONSTR_PRIMARY:
			return 'p';
		case CONSTR_UNIQUE:
			return 'u';
		case CONSTR_EXCLUSION:
			return 'x';
		case CONSTR_FOREIGN:
			return 'f';
		default:
			return '?';
	}
}

static MhStrings
columns_of(const Constraint *constraint)
{
	MhStrings columns = {0, NULL};
	ListCell *cell;

	if (constraint->contype == CONSTR_FOREIGN)
		return mh_fact_strings(constraint->fk_attrs);
	if (constraint->contype != CONSTR_EXCLUSION)
		return mh_fact_strings(constraint->keys);
	foreach (cell, constraint->exclusions)
	{
		IndexElem *element = linitial_node(IndexElem, lfirst_node(List, cell));

		if (element->name != NULL)
			mh_strings_push(&columns, mh_fact_text(element->name));
	}
	return columns;
}

/* The operator that every index has, found in pg_catalog. */
static bool
is_plain_equality(const IndexElem *element, List *operator)
{
	if (element->name == NULL || element->opclass != NIL || element->collation != NIL ||
		list_length(operator) != 1 || strcmp(strVal(linitial(operator)), "=") != 0)
		return false;
	for (FuncCandidateList found = OpernameGetCandidates(operator, '\0', true); found != NULL;
		 found = found->next)
		if (found->oid >= FirstNormalObjectId)
			return false;
	return true;
}

static bool
is_equality(const Constraint *constraint)
{
	ListCell *cell;

	if (constraint->contype != CONSTR_EXCLUSION || constraint->access_method == NULL ||
		strcmp(constraint->access_method, "btree") != 0 || constraint->where_clause != NULL)
		return false;
	foreach (cell, constraint->exclusions)
	{
		List *pair = lfirst_node(List, cell);

		if (!is_plain_equality(linitial_node(IndexElem, pair), (List *) lsecond(pair)))
			return false;
	}
	return true;
}

/* column: of a constraint that is written at a column; NULL: it is one of the table. */
static MhReviewConstraint *
read_constraint(Constraint *constraint, const char *column)
{
	MhReviewConstraint *made = palloc0(sizeof(MhReviewConstraint));

	made->name = mh_fact_text(constraint->conname);
	made->type = type_of(constraint);
	made->columns = columns_of(constraint);
	if (column != NULL && made->columns.n == 0 && made->type != 'c')
		mh_strings_add(&made->columns, column);
	made->partner = mh_fact_name(constraint->pktable);
	made->partner_columns = mh_fact_strings(constraint->pk_attrs);
	made->delete_columns = mh_fact_strings(constraint->fk_del_set_cols);
	made->expression = mh_fact_new_expression(constraint->raw_expr);
	if (made->type == 'c' && made->expression != NULL)
	{
		made->columns = made->expression->columns;
		mh_fact_proofs(constraint->raw_expr, &made->proves);
	}
	made->is_not_valid = constraint->skip_validation;
	made->is_covering = constraint->including != NIL;
	made->no_inherit = constraint->is_no_inherit;
	made->nulls_not_distinct = constraint->nulls_not_distinct;
	made->is_deferrable = constraint->deferrable;
	made->is_deferred = constraint->initdeferred;
	made->on_delete = constraint->fk_del_action;
	made->on_update = constraint->fk_upd_action;
	made->is_equality = is_equality(constraint);
	made->is_of_column = column != NULL;
	made->is_full = constraint->fk_matchtype == FKCONSTR_MATCH_FULL;
	made->index = mh_fact_text(constraint->indexname);
	made->tree = constraint;
	return made;
}

static void
set_deferral(MhReviewConstraint *last, const Constraint *constraint)
{
	if (last == NULL)
		return;
	if (constraint->contype == CONSTR_ATTR_DEFERRABLE)
		last->is_deferrable = true;
	else if (constraint->contype == CONSTR_ATTR_DEFERRED)
		last->is_deferrable = last->is_deferred = true;
}

/* ---------- columns ---------- */

/* What the constraints of a column say about the column itself. */
static void
read_column_properties(MhReviewAction *action, ColumnDef *column)
{
	ListCell *cell;

	action->not_null = column->is_not_null;
	foreach (cell, column->constraints)
	{
		Constraint *constraint = lfirst_node(Constraint, cell);

		switch (constraint->contype)
		{
			case CONSTR_NOTNULL:
				action->not_null = true;
				break;
			case CONSTR_NULL:
				action->nullable = true;
				break;
			case CONSTR_DEFAULT:
				action->expression = mh_fact_new_expression(constraint->raw_expr);
				break;
			case CONSTR_GENERATED:
				action->expression = mh_fact_new_expression(constraint->raw_expr);
				action->generated = 's';
				break;
			case CONSTR_IDENTITY:
				action->identity = constraint->generated_when;
				if (constraint->options != NIL)
					action->sequence = mh_fact_sequence(constraint->options);
				break;
			default:
				break;
		}
	}
}

/* Two clauses that both give a value, or NULL and NOT NULL: most of them are refused. */
static bool
is_contradictory(const ColumnDef *column, const MhReviewType *type)
{
	bool is_serial = type != NULL && type->is_serial;
	int values = is_serial ? 1 : 0;
	int nulls = 0;
	int not_nulls = values;
	ListCell *cell;

	foreach (cell, column->constraints)
	{
		ConstrType kind = lfirst_node(Constraint, cell)->contype;

		values += kind == CONSTR_DEFAULT || kind == CONSTR_GENERATED || kind == CONSTR_IDENTITY;
		nulls += kind == CONSTR_NULL;
		not_nulls += kind == CONSTR_NOTNULL || kind == CONSTR_PRIMARY || kind == CONSTR_IDENTITY;
	}
	return values > 1 || (nulls > 0 && not_nulls > 0) || nulls > 1;
}

static void
add_column(MhReviewStatement *statement, ColumnDef *column, bool missing_ok, MhLockMode lock)
{
	MhReviewAction *action = mh_fact_add_action(statement, MH_ACT_ADD_COLUMN);
	const char *name = mh_fact_text(column->colname);
	MhReviewConstraint *last = NULL;
	ListCell *cell;

	action->name = name;
	action->lock = lock;
	action->missing_ok = missing_ok;
	action->flag = statement->is_only;
	if (column->typeName == NULL)
	{
		action->kind = MH_ACT_UNKNOWN;
		action->text = "a column without a type";
	}
	else
	{
		action->type = mh_fact_type(column->typeName);
		action->type->collation = column->collClause == NULL ? NULL : column->collClause->collname;
	}
	read_column_properties(action, column);
	action->compression = mh_fact_text(column->compression);
	if (MH_HAS_COLUMN_STORAGE(column) || is_contradictory(column, action->type))
		mh_fact_add_action(statement, MH_ACT_UNKNOWN)->text =
			"this combination of clauses of a column";
	foreach (cell, column->constraints)
	{
		Constraint *constraint = lfirst_node(Constraint, cell);

		if (type_of(constraint) == '?')
		{
			set_deferral(last, constraint);
			continue;
		}
		last = read_constraint(constraint, name);
		action = mh_fact_add_action(statement, MH_ACT_ADD_CONSTRAINT);
		action->constraint = last;
		action->lock = lock;
	}
}

static void
add_constraint(MhReviewStatement *statement, Constraint *constraint, MhLockMode lock)
{
	MhReviewAction *action = mh_fact_add_action(statement, MH_ACT_ADD_CONSTRAINT);

	action->constraint = read_constraint(constraint, NULL);
	action->lock = lock;
	if (action->constraint->type == '?')
	{
		action->kind = MH_ACT_UNKNOWN;
		action->text = "this kind of constraint";
	}
}

/* ---------- how a table is stored ---------- */

typedef struct CheckingOptions
{
	List *options;
	bool is_new;
	bool is_reset;
} CheckingOptions;

static void
check_options(void *arg)
{
	const CheckingOptions *checking = arg;
	Datum options = transformRelOptions((Datum) 0, checking->options, NULL, NULL, checking->is_new,
										checking->is_reset);

	(void) heap_reloptions(RELKIND_RELATION, options, true);
}

/* Those of the TOAST table have a namespace. */
static bool
has_namespace(List *options)
{
	ListCell *cell;

	foreach (cell, options)
		if (lfirst_node(DefElem, cell)->defnamespace != NULL)
			return true;
	return false;
}

/* Storage parameters, which the server's own table of them judges. */
static void
read_options(MhReviewAction *action, List *options, bool is_new, bool is_reset)
{
	CheckingOptions checking = {options, is_new, is_reset};
	ErrorData *error;

	if (has_namespace(options))
	{
		action->kind = MH_ACT_UNKNOWN;
		return;
	}
	error = mh_try(check_options, &checking);
	if (error == NULL)
		return;
	action->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	action->text = mh_to_utf8(pstrdup(error->message));
}

/* ---------- CREATE TABLE ---------- */

static void
read_parents(MhReviewStatement *statement, List *parents)
{
	ListCell *cell;

	statement->parents = palloc0((list_length(parents) + 1) * sizeof(MhReviewName));
	foreach (cell, parents)
		statement->parents[statement->n_parents++] = mh_fact_name(lfirst_node(RangeVar, cell));
}

static void
read_partition_key(MhReviewStatement *statement, const PartitionSpec *spec)
{
	ListCell *cell;

	statement->is_partitioned = statement->has_usual_key = true;
	statement->key_strategy = MH_PARTITION_STRATEGY(spec);
	foreach (cell, spec->partParams)
	{
		PartitionElem *element = lfirst_node(PartitionElem, cell);

		if (element->name != NULL)
			mh_strings_push(&statement->columns, mh_fact_text(element->name));
		else
			statement->has_key_expressions = true;
		if (element->opclass != NIL || element->collation != NIL)
			statement->has_usual_key = false;
	}
}

static const MhReviewBound *
read_bound(const PartitionBoundSpec *spec)
{
	MhReviewBound *bound;
	MhReviewExpression values;

	if (spec == NULL)
		return NULL;
	values = mh_fact_expression((Node *) list_concat(
		list_concat(list_copy(spec->listdatums), spec->lowerdatums), spec->upperdatums));
	bound = palloc0(sizeof(MhReviewBound));
	bound->tree = spec;
	bound->is_default = spec->is_default;
	bound->code = values.code;
	bound->texts = values.texts;
	return bound;
}

/* Something else that has the columns of the table. */
static void
add_source(MhReviewStatement *statement, const char *text)
{
	MhReviewAction *action = mh_fact_add_action(statement, MH_ACT_UNKNOWN);

	action->text = text;
	action->flag = true;
}

static void
add_like(MhReviewStatement *statement, const TableLikeClause *like)
{
	static const int bits[][2] = {{CREATE_TABLE_LIKE_DEFAULTS, MH_COPY_DEFAULTS},
								  {CREATE_TABLE_LIKE_GENERATED, MH_COPY_GENERATED},
								  {CREATE_TABLE_LIKE_IDENTITY, MH_COPY_IDENTITY},
								  {CREATE_TABLE_LIKE_CONSTRAINTS, MH_COPY_CHECKS},
								  {CREATE_TABLE_LIKE_INDEXES, MH_COPY_INDEXES},
								  {CREATE_TABLE_LIKE_STATISTICS, MH_COPY_STATISTICS}};
	MhReviewAction *action = mh_fact_add_action(statement, MH_ACT_LIKE);

	action->other = mh_fact_name(like->relation);
	for (int i = 0; i < (int) lengthof(bits); i++)
		if ((like->options & bits[i][0]) != 0)
			action->copies |= bits[i][1];
}

void
mh_facts_of_create_table(MhReviewStatement *statement, CreateStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_CREATE_TABLE;
	statement->object = MH_OBJECT_TABLE;
	statement->name = mh_fact_name(stmt->relation);
	statement->exists_ok = stmt->if_not_exists;
	statement->is_temporary = stmt->relation->relpersistence == RELPERSISTENCE_TEMP;
	statement->is_unlogged = stmt->relation->relpersistence == RELPERSISTENCE_UNLOGGED;
	statement->ends_at_commit = stmt->oncommit == ONCOMMIT_DROP;
	statement->has_commit_action = stmt->oncommit != ONCOMMIT_NOOP;
	statement->is_partition = stmt->partbound != NULL;
	statement->bound = read_bound(stmt->partbound);
	read_parents(statement, stmt->inhRelations);
	if (stmt->partspec != NULL)
		read_partition_key(statement, stmt->partspec);
	foreach (cell, stmt->tableElts)
	{
		Node *element = lfirst(cell);

		if (statement->n_actions > MOST_ELEMENTS)
			break;
		if (IsA(element, ColumnDef))
			add_column(statement, (ColumnDef *) element, false, MH_LOCK_NONE);
		else if (IsA(element, Constraint))
			add_constraint(statement, (Constraint *) element, MH_LOCK_NONE);
		else if (IsA(element, TableLikeClause) && stmt->inhRelations == NIL)
			add_like(statement, (TableLikeClause *) element);
		else
			add_source(statement, "LIKE");
	}
	if (stmt->tablespacename != NULL ||
		(stmt->accessMethod != NULL && strcmp(stmt->accessMethod, "heap") != 0) ||
		(stmt->options != NIL && stmt->partspec != NULL))
		mh_fact_add_action(statement, MH_ACT_UNKNOWN)->text = "how the table is stored";
	else if (stmt->options != NIL)
	{
		MhReviewAction *action = mh_fact_add_action(statement, MH_ACT_OPTIONS);

		action->text = "how the table is stored";
		read_options(action, stmt->options, true, false);
	}
	if (stmt->ofTypename != NULL)
	{
		add_source(statement, "OF");
		mh_fact_add_name(statement, mh_fact_name_of_list(stmt->ofTypename->names));
	}
}

/* ---------- ALTER TABLE ---------- */

typedef struct ActionOfCommand
{
	AlterTableType command;
	MhReviewActionKind kind;
} ActionOfCommand;

static const ActionOfCommand kinds[] = {
	{AT_DropColumn, MH_ACT_DROP_COLUMN},
	{AT_AlterColumnType, MH_ACT_TYPE},
	{AT_ColumnDefault, MH_ACT_SET_DEFAULT},
	{AT_SetNotNull, MH_ACT_SET_NOT_NULL},
	{AT_DropNotNull, MH_ACT_DROP_NOT_NULL},
	{AT_AddIdentity, MH_ACT_ADD_IDENTITY},
	{AT_SetIdentity, MH_ACT_SET_IDENTITY},
	{AT_DropIdentity, MH_ACT_DROP_IDENTITY},
	{AT_DropExpression, MH_ACT_DROP_EXPRESSION},
	{AT_SetStatistics, MH_ACT_COLUMN_OTHER},
	{AT_SetOptions, MH_ACT_COLUMN_OTHER},
	{AT_ResetOptions, MH_ACT_COLUMN_OTHER},
	{AT_SetStorage, MH_ACT_STORAGE},
	{AT_SetCompression, MH_ACT_STORAGE},
	{AT_SetRelOptions, MH_ACT_OPTIONS},
	{AT_ResetRelOptions, MH_ACT_OPTIONS},
	{AT_DropConstraint, MH_ACT_DROP_CONSTRAINT},
	{AT_ValidateConstraint, MH_ACT_VALIDATE},
	{AT_AlterConstraint, MH_ACT_ALTER_CONSTRAINT},
	{AT_EnableTrig, MH_ACT_TRIGGER},
	{AT_EnableAlwaysTrig, MH_ACT_TRIGGER},
	{AT_EnableReplicaTrig, MH_ACT_TRIGGER},
	{AT_DisableTrig, MH_ACT_TRIGGER},
	{AT_EnableTrigUser, MH_ACT_SECURITY},
	{AT_DisableTrigUser, MH_ACT_SECURITY},
	{AT_EnableTrigAll, MH_ACT_SECURITY},
	{AT_DisableTrigAll, MH_ACT_SECURITY},
	{AT_EnableRowSecurity, MH_ACT_SECURITY},
	{AT_DisableRowSecurity, MH_ACT_SECURITY},
	{AT_ForceRowSecurity, MH_ACT_SECURITY},
	{AT_NoForceRowSecurity, MH_ACT_SECURITY},
	{AT_SetLogged, MH_ACT_PERSISTENCE},
	{AT_SetUnLogged, MH_ACT_PERSISTENCE},
	{AT_SetTableSpace, MH_ACT_TABLESPACE},
	{AT_ClusterOn, MH_ACT_CLUSTER_ON},
	{AT_DropCluster, MH_ACT_CLUSTER_ON},
	{AT_DropOids, MH_ACT_OTHER},
	{AT_ReplicaIdentity, MH_ACT_REPLICA_IDENTITY},
	{AT_AddInherit, MH_ACT_INHERIT},
	{AT_DropInherit, MH_ACT_NO_INHERIT},
	{AT_AttachPartition, MH_ACT_ATTACH},
	{AT_DetachPartition, MH_ACT_DETACH},
};

static MhReviewActionKind
kind_of(AlterTableType command)
{
	for (int i = 0; i < lengthof(kinds); i++)
		if (kinds[i].command == command)
			return kinds[i].kind;
	return MH_ACT_UNKNOWN;
}

static void
read_partition(MhReviewStatement *statement, MhReviewAction *action, const PartitionCmd *command)
{
	action->other = mh_fact_name(command->name);
	action->concurrently = command->concurrent;
	action->bound = read_bound(command->bound);
	if (command->concurrent)
		statement->needs_no_transaction = "ALTER TABLE ... DETACH CONCURRENTLY";
}

/* 18 has a node of its own for it. */
static void
read_constraint_change(MhReviewAction *action, Node *def)
{
	MH_CONSTRAINT_CHANGE *change = castNode(MH_CONSTRAINT_CHANGE, def);

	action->name = mh_fact_text(change->conname);
	action->constraint = palloc0(sizeof(MhReviewConstraint));
	action->constraint->type = 'f';
	action->constraint->is_deferrable = change->deferrable;
	action->constraint->is_deferred = change->initdeferred;
}

/* Apart from GENERATED they are options of the sequence. */
static void
read_identity_change(MhReviewAction *action, List *options)
{
	List *of_sequence = NIL;
	int n_generated = 0;
	ListCell *cell;

	foreach (cell, options)
		if (strcmp(lfirst_node(DefElem, cell)->defname, MH_ATTR_GENERATED) == 0)
		{
			action->identity = (char) defGetInt32(lfirst_node(DefElem, cell));
			n_generated++;
		}
		else
			of_sequence = lappend(of_sequence, lfirst(cell));
	action->flag = n_generated > 1;
	if (of_sequence != NIL)
		action->sequence = mh_fact_sequence(of_sequence);
}

/* The casts of a column, one or two; NULL: it is something else. */
static const MhReviewConversion *
read_conversion(Node *node)
{
	MhReviewConversion *conversion = palloc0(sizeof(MhReviewConversion));

	if (node == NULL || !IsA(node, TypeCast))
		return NULL;
	conversion->type = mh_fact_type(((TypeCast *) node)->typeName);
	node = ((TypeCast *) node)->arg;
	if (IsA(node, TypeCast))
	{
		conversion->between = mh_fact_type(((TypeCast *) node)->typeName);
		node = ((TypeCast *) node)->arg;
	}
	if (!IsA(node, ColumnRef) || list_length(((ColumnRef *) node)->fields) != 1 ||
		!IsA(linitial(((ColumnRef *) node)->fields), String))
		return NULL;
	conversion->column = mh_fact_text(strVal(linitial(((ColumnRef *) node)->fields)));
	return conversion;
}

static void
read_details(MhReviewStatement *statement, MhReviewAction *action, AlterTableCmd *command)
{
	switch (command->subtype)
	{
		case AT_AlterColumnType:
			action->type = mh_fact_type(castNode(ColumnDef, command->def)->typeName);
			action->expression =
				mh_fact_new_expression(castNode(ColumnDef, command->def)->raw_default);
			action->conversion = read_conversion(castNode(ColumnDef, command->def)->raw_default);
			break;
		case AT_ColumnDefault:
			action->expression = mh_fact_new_expression(command->def);
			break;
		case AT_AddIdentity:
			action->identity = castNode(Constraint, command->def)->generated_when;
			if (castNode(Constraint, command->def)->options != NIL)
				action->sequence = mh_fact_sequence(castNode(Constraint, command->def)->options);
			break;
		case AT_SetIdentity:
			read_identity_change(action, castNode(List, command->def));
			break;
		case AT_AlterConstraint:
			read_constraint_change(action, command->def);
			break;
		case AT_SetLogged:
			action->flag = true;
			break;
		case AT_SetStorage:
			action->storage = mh_fact_text(strVal(command->def));
			break;
		case AT_SetCompression:
			action->compression = mh_fact_text(strVal(command->def));
			break;
		case AT_SetRelOptions:
		case AT_ResetRelOptions:
			action->is_plain = command->subtype == AT_SetRelOptions &&
							   mh_fact_are_view_options((List *) command->def);
			read_options(action, (List *) command->def, false,
						 command->subtype == AT_ResetRelOptions);
			break;
		case AT_ReplicaIdentity:
			action->name = mh_fact_text(((ReplicaIdentityStmt *) command->def)->name);
			break;
		case AT_AddInherit:
		case AT_DropInherit:
			action->other = mh_fact_name((RangeVar *) command->def);
			break;
		case AT_AttachPartition:
		case AT_DetachPartition:
			read_partition(statement, action, (PartitionCmd *) command->def);
			break;
		default:
			break;
	}
}

static void
read_command(MhReviewStatement *statement, AlterTableCmd *command)
{
	MhLockMode lock = (MhLockMode) AlterTableGetLockLevel(list_make1(command));
	MhReviewAction *action;

	if (command->subtype == AT_AddColumn)
	{
		add_column(statement, castNode(ColumnDef, command->def), command->missing_ok, lock);
		return;
	}
	if (command->subtype == AT_AddConstraint)
	{
		add_constraint(statement, castNode(Constraint, command->def), lock);
		return;
	}
	action = mh_fact_add_action(statement, kind_of(command->subtype));
	action->lock = lock;
	action->name = mh_fact_text(command->name);
	action->text = "this action of ALTER TABLE";
	action->flag = statement->is_only;
	action->missing_ok = command->missing_ok;
	action->cascade = command->behavior == DROP_CASCADE;
	read_details(statement, action, command);
}

static MhReviewObject
object_of(ObjectType type)
{
	switch (type)
	{
		case OBJECT_VIEW:
			return MH_OBJECT_VIEW;
		case OBJECT_MATVIEW:
			return MH_OBJECT_MATERIALIZED_VIEW;
		case OBJECT_INDEX:
			return MH_OBJECT_INDEX;
		case OBJECT_SEQUENCE:
			return MH_OBJECT_SEQUENCE;
		case OBJECT_FOREIGN_TABLE:
			return MH_OBJECT_FOREIGN_TABLE;
		case OBJECT_TYPE:
			return MH_OBJECT_TYPE;
		default:
			return MH_OBJECT_TABLE;
	}
}

static void
read_owner_change(MhReviewStatement *statement, const AlterTableCmd *command)
{
	statement->kind = MH_REVIEW_OWNER;
	mh_fact_owner(statement, command->newowner);
}

void
mh_facts_of_alter_table(MhReviewStatement *statement, AlterTableStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_ALTER_TABLE;
	statement->object = object_of(stmt->objtype);
	statement->name = mh_fact_name(stmt->relation);
	statement->missing_ok = stmt->missing_ok;
	statement->is_only = !stmt->relation->inh;
	statement->tree = stmt;
	if (stmt->objtype == OBJECT_TYPE)
		statement->kind = MH_REVIEW_HARMLESS;
	if (list_length(stmt->cmds) == 1 &&
		linitial_node(AlterTableCmd, stmt->cmds)->subtype == AT_ChangeOwner)
	{
		read_owner_change(statement, linitial_node(AlterTableCmd, stmt->cmds));
		return;
	}
	foreach (cell, stmt->cmds)
		read_command(statement, lfirst_node(AlterTableCmd, cell));
}
