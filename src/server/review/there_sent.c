/*-------------------------------------------------------------------------
 *
 * there_sent.c
 *	  Expressions of a script as a server elsewhere is asked to evaluate them.
 *
 * No text of the script is sent.  What was analysed here is printed: columns, constants of built-in
 * types whose text means the same everywhere, and immutable functions and operators that are built
 * in here and have no namesake there.  There they are looked up in pg_catalog only.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/transam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parser.h"
#include "server/base/trust.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

/* Longer texts are not sent. */
#define MOST_BYTES_SENT 100000

/* ---------- what may be sent ---------- */

static bool
is_plain_type(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case BYTEAOID:
		case CHAROID:
		case NAMEOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case BITOID:
		case VARBITOID:
		case UUIDOID:
		case INETOID:
		case CIDROID:
		case MACADDROID:
		case JSONOID:
		case JSONBOID:
			return true;
		default:
			return false;
	}
}

static bool
is_plain_constant(const Const *constant)
{
	Oid element = get_base_element_type(constant->consttype);

	return is_plain_type(OidIsValid(element) ? element : constant->consttype);
}

static bool
is_other_function(Oid function, void *unused)
{
	return function >= FirstGenbkiObjectId;
}

static bool
is_other(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const) && !is_plain_constant((Const *) node))
		return true;
	if (IsA(node, CollateExpr) && ((CollateExpr *) node)->collOid != C_COLLATION_OID)
		return true;
	if (IsA(node, SubLink) || IsA(node, Var) ||
		(IsA(node, Param) && ((Param *) node)->paramkind != PARAM_EXTERN))
		return true;
	if (!IsA(node, List) && exprType(node) >= FirstGenbkiObjectId)
		return true;
	return check_functions_in_node(node, is_other_function, NULL) ||
		   expression_tree_walker(node, is_other, unused);
}

static bool
may_be_sent(Node *node)
{
	return !is_other(node, NULL) && !contain_mutable_functions(node) &&
		   mh_distrust_expression(node) == NULL;
}

/* ---------- columns ---------- */

static const char *
name_of_column(const MhModelRelation *relation, const Param *parameter)
{
	int number = parameter->paramid - 1;

	return number < 0 || number >= relation->n_columns ? NULL : relation->columns[number].live_name;
}

typedef struct Listing
{
	const MhModelRelation *relation;
	MhStrings *names;
	List **types;
	bool is_new; /* a column is not there */
} Listing;

static bool
list_columns(Node *node, void *arg)
{
	Listing *listing = arg;

	if (node == NULL)
		return false;
	if (IsA(node, Param))
	{
		const char *name = name_of_column(listing->relation, (Param *) node);

		if (name == NULL)
			listing->is_new = true;
		else
		{
			mh_strings_push(listing->names, name);
			*listing->types = lappend_oid(*listing->types, ((Param *) node)->paramtype);
		}
		return listing->is_new;
	}
	return expression_tree_walker(node, list_columns, arg);
}

bool
mh_there_columns(const MhModelRelation *relation, Node *node, MhStrings *names, List **types)
{
	Listing listing = {relation, names, types};

	(void) list_columns(node, &listing);
	return !listing.is_new;
}

/* ---------- printing ---------- */

typedef struct Printing
{
	const MhModelRelation *relation;
	Node *node;
	List *columns; /* of String *, in the server's encoding */
	char *text;
	Node *raw; /* of the text */
} Printing;

/* Columns of the model are parameters; here they become those of a relation that only has names. */
static Node *
use_columns(Node *node, void *arg)
{
	Printing *printing = arg;

	if (node == NULL)
		return NULL;
	if (IsA(node, Param))
	{
		const Param *parameter = (Param *) node;
		char *name = mh_from_utf8(pstrdup(name_of_column(printing->relation, parameter)));
		int number = 0;
		ListCell *cell;

		foreach (cell, printing->columns)
			if (strcmp(strVal(lfirst(cell)), name) == 0)
				number = foreach_current_index(cell) + 1;
		if (number == 0)
		{
			printing->columns = lappend(printing->columns, makeString(name));
			number = list_length(printing->columns);
		}
		return (Node *) makeVar(1, number, parameter->paramtype, parameter->paramtypmod,
								parameter->paramcollid, 0);
	}
	return expression_tree_mutator(node, use_columns, arg);
}

static List *
context_of(List *columns)
{
	PlannedStmt *plan = makeNode(PlannedStmt);
	RangeTblEntry *entry = makeNode(RangeTblEntry);

	entry->rtekind = RTE_CTE;
	entry->ctename = pstrdup("t");
	entry->eref = makeAlias("t", columns);
	plan->rtable = list_make1(entry);
	return deparse_context_for_plan_tree(plan, list_make1(pstrdup("t")));
}

/* In a subtransaction, which gives back what was set.  Raises for nodes that are no expressions. */
static void
print(void *arg)
{
	Printing *printing = arg;
	Node *node;
	List *trees;

	if (!may_be_sent(printing->node))
		return;
	node = use_columns(printing->node, printing);
	(void) mh_begin_reading();
	printing->text =
		deparse_expression(mh_with_casts(node), context_of(printing->columns), false, false);
	trees = raw_parser(psprintf("SELECT (%s)", printing->text), RAW_PARSE_DEFAULT);
	printing->raw = linitial_node(RawStmt, trees)->stmt;
}

char *
mh_there_sql(const MhReviewServer *server, const MhModelRelation *relation, Node *node)
{
	Printing printing = {relation, node};

	if (mh_try(print, &printing) != NULL || printing.text == NULL ||
		strlen(printing.text) > MOST_BYTES_SENT || mh_there_names_other(server, printing.raw))
		return NULL;
	return printing.text;
}

/* ---------- values of a new type ---------- */

typedef struct Casting
{
	Node *value;
	const MhReviewTypeAnswer *type;
} Casting;

static void
cast_value(void *arg)
{
	Casting *casting = arg;

	casting->value =
		coerce_to_target_type(NULL, casting->value, exprType(casting->value), casting->type->id,
							  casting->type->typmod, COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	assign_expr_collations(NULL, casting->value);
}

Node *
mh_there_cast_value(Node *value, const MhReviewTypeAnswer *type)
{
	Casting casting = {value, type};

	return mh_try(cast_value, &casting) == NULL ? casting.value : NULL;
}
