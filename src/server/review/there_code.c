/*-------------------------------------------------------------------------
 *
 * there_code.c
 *	  Expressions, casts and index keys of a script for a database elsewhere.
 *
 * Nothing of the script is sent there.  An expression is analysed here, where search_path is
 * pg_catalog, if no name in it may mean anything there that is not built in, and the columns have
 * built-in types.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "parser/parser.h"
#include "utils/syscache.h"

/* ---------- names ---------- */

/* A name to ask for: its kind in one letter, and the name. */
typedef struct Collecting
{
	MhStrings names;
	bool is_other; /* one is not of pg_catalog as it is written */
} Collecting;

static void
add_name(Collecting *collecting, char kind, List *names)
{
	const char *name;

	if (list_length(names) > 1 &&
		(list_length(names) > 2 || strcmp(strVal(linitial(names)), "pg_catalog") != 0))
	{
		collecting->is_other = true;
		return;
	}
	name = mh_to_utf8(psprintf("%c%s", kind, strVal(llast(names))));
	if (!mh_strings_contain(&collecting->names, name))
		mh_strings_add(&collecting->names, name);
}

static bool
collect_names(Node *node, void *arg)
{
	Collecting *collecting = arg;

	if (node == NULL)
		return false;
	if (IsA(node, FuncCall))
		add_name(collecting, 'f', ((FuncCall *) node)->funcname);
	else if (IsA(node, TypeName) && ((TypeName *) node)->names != NIL)
		add_name(collecting, 't', ((TypeName *) node)->names);
	else if (IsA(node, A_Expr) && ((A_Expr *) node)->name != NIL)
	{
		add_name(collecting, 'o', ((A_Expr *) node)->name);
		if (((A_Expr *) node)->kind >= AEXPR_BETWEEN)
		{
			add_name(collecting, 'o', list_make1(makeString("<=")));
			add_name(collecting, 'o', list_make1(makeString(">=")));
			add_name(collecting, 'o', list_make1(makeString("<")));
			add_name(collecting, 'o', list_make1(makeString(">")));
		}
	}
	else if (IsA(node, SubLink) && ((SubLink *) node)->operName != NIL)
		add_name(collecting, 'o', ((SubLink *) node)->operName);
	return raw_expression_tree_walker(node, collect_names, arg);
}

static bool
is_built_in_here(const char *name)
{
	char *text = mh_from_utf8(pstrdup(name + 1));
	List *names = list_make2(makeString("pg_catalog"), makeString(text));

	switch (name[0])
	{
		case 'f':
			return FuncnameGetCandidates(names, -1, NIL, false, false, false, true) != NULL;
		case 'o':
			return OpernameGetCandidates(names, '\0', true) != NULL;
		default:
			return OidIsValid(TypenameGetTypid(text));
	}
}

static const char *const names_query =
	"SELECT u.n, CASE pg_catalog.left(u.n, 1)"
	"  WHEN 'f' THEN EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.oid >= 16384"
	"   AND p.proname = pg_catalog.substr(u.n, 2))"
	"  WHEN 'o' THEN EXISTS (SELECT FROM pg_catalog.pg_operator p WHERE p.oid >= 16384"
	"   AND p.oprname = pg_catalog.substr(u.n, 2))"
	"  ELSE EXISTS (SELECT FROM pg_catalog.pg_type p WHERE p.oid >= 16384"
	"   AND p.typname = pg_catalog.substr(u.n, 2)) END,"
	" CASE pg_catalog.left(u.n, 1)"
	"  WHEN 'f' THEN EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace = 11"
	"   AND p.proname = pg_catalog.substr(u.n, 2))"
	"  WHEN 'o' THEN EXISTS (SELECT FROM pg_catalog.pg_operator p WHERE p.oprnamespace = 11"
	"   AND p.oprname = pg_catalog.substr(u.n, 2))"
	"  ELSE EXISTS (SELECT FROM pg_catalog.pg_type p WHERE p.typnamespace = 11"
	"   AND p.typname = pg_catalog.substr(u.n, 2)) END"
	" FROM pg_catalog.unnest($1::pg_catalog.text[]) u (n)";

static void
read_name(int n, const char *const *row, void *into)
{
	MhThere *there = into;
	char *name = mh_name_at(row, 1);

	if (mh_bool_at(row, 2) ||
		(there->is_other_major && *name != '\0' && mh_bool_at(row, 3) != is_built_in_here(name)))
		mh_strings_push(&there->other_names, name);
}

/* Asks for the names that have not been asked for yet. */
static void
ask_for_names(const MhReviewServer *server, const MhStrings *names)
{
	MhThere *there = server->there;
	MhStrings missing = {0, NULL};

	for (int i = 0; i < names->n; i++)
		if (!mh_strings_contain(&there->names, names->v[i]))
			mh_strings_add(&missing, names->v[i]);
	if (missing.n == 0)
		return;
	mh_review_ask_there(server, names_query, mh_array_text(&missing), 3, read_name, there);
	for (int i = 0; i < missing.n; i++)
		mh_strings_add(&there->names, missing.v[i]);
}

/* regclass and the like, whose literals are looked up in a catalog. */
static bool
is_name_of_object(Oid type)
{
	switch (type)
	{
		case REGPROCOID:
		case REGPROCEDUREOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGCLASSOID:
		case REGTYPEOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
		case REGNAMESPACEOID:
		case REGROLEOID:
		case REGCOLLATIONOID:
			return true;
		default:
			return false;
	}
}

/* Whether a literal may name an object, which would be looked for here. */
static bool
names_objects(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, TypeName) && ((TypeName *) node)->names != NIL &&
		strncmp(strVal(llast(((TypeName *) node)->names)), "reg", 3) == 0)
		return true;
	if (IsA(node, FuncCall))
	{
		List *names = list_make2(makeString("pg_catalog"), llast(((FuncCall *) node)->funcname));

		for (FuncCandidateList found =
				 FuncnameGetCandidates(names, -1, NIL, false, false, false, true);
			 found != NULL; found = found->next)
			for (int i = 0; i < found->nargs; i++)
				if (is_name_of_object(found->args[i]))
					return true;
	}
	return raw_expression_tree_walker(node, names_objects, unused);
}

bool
mh_there_names_other(const MhReviewServer *server, const void *tree)
{
	Collecting collecting = {{0, NULL}};

	(void) collect_names(unconstify(Node *, (const Node *) tree), &collecting);
	if (collecting.is_other || names_objects(unconstify(Node *, (const Node *) tree), NULL))
		return true;
	ask_for_names(server, &collecting.names);
	for (int i = 0; i < collecting.names.n; i++)
		if (mh_strings_contain(&server->there->other_names, collecting.names.v[i]))
			return true;
	return false;
}

void
mh_there_doubt_equality(const MhReviewServer *server, MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_actions; i++)
	{
		MhReviewConstraint *constraint = statement->actions[i].constraint;
		MhStrings names = {0, NULL};

		if (constraint == NULL || !constraint->is_equality)
			continue;
		mh_strings_add(&names, "o=");
		ask_for_names(server, &names);
		constraint->is_equality = !mh_strings_contain(&server->there->other_names, "o=");
	}
}

/* What fails here for want of a cast or an operator class may pass there. */
static void
doubt(const MhReviewServer *server, MhReviewAnswer *answer)
{
	if (answer->passes == MH_TRUTH_NO &&
		(server->there->has_casts || server->there->has_operator_classes))
		*answer = mh_answer_unknown("there are casts or operator classes that are not built in");
}

/* ---------- expressions ---------- */

void
mh_there_expression(void *arg, const MhReviewExpression *expression, MhReviewUse use,
					const MhModelRelation *relation, const MhModelColumn *target,
					MhReviewExpressionAnswer *answer)
{
	const MhReviewServer *server = arg;

	if (mh_there_names_other(server, expression->tree))
	{
		answer->answer = mh_answer_unknown("an expression may run code that is not built in");
		return;
	}
	mh_world_expression(arg, expression, use, relation, target, answer);
	if (server->there->has_casts)
		doubt(server, &answer->answer);
}

void
mh_there_query(void *arg, const MhReviewQuery *query, MhReviewQueryAnswer *answer)
{
	for (int i = 0; i < query->n_sources; i++)
		if (query->sources[i].relation->is_system)
		{
			answer->answer = mh_answer_unknown("queries of catalogs elsewhere are not analysed");
			return;
		}
	if (mh_there_names_other(arg, query->tree))
	{
		answer->answer = mh_answer_unknown("the query may name code that is not built in");
		return;
	}
	mh_world_query(arg, query, answer);
	doubt(arg, &answer->answer);
}

void
mh_there_view(void *arg, const MhModelRelation *view, MhReviewViewAnswer *answer)
{
	answer->cannot_fail = false;
}

/* The text of a stranger's condition: parsed, and no more. */
typedef struct Proving
{
	const char *condition;
	MhStrings *proves;
} Proving;

static void
prove(void *arg)
{
	const Proving *proving = arg;
	char *query = mh_from_utf8(psprintf("SELECT %s", proving->condition));
	List *trees = raw_parser(query, RAW_PARSE_DEFAULT);
	const SelectStmt *select;

	if (list_length(trees) != 1 || !IsA(linitial_node(RawStmt, trees)->stmt, SelectStmt))
		return;
	select = (const SelectStmt *) linitial_node(RawStmt, trees)->stmt;
	if (list_length(select->targetList) == 1)
		mh_fact_proofs(linitial_node(ResTarget, select->targetList)->val, proving->proves);
}

void
mh_there_proofs(const char *condition, MhStrings *proves)
{
	Proving proving = {condition, proves};

	/* only what is worth it; an error means that nothing is proved */
	if (strstr(condition, "IS NOT NULL") != NULL)
		(void) mh_try(prove, &proving);
}

/* ---------- casts ---------- */

static bool
is_of_there(uint32 type)
{
	return type >= MH_FIRST_TYPE_THERE;
}

void
mh_there_cast(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
			  const MhReviewTypeAnswer *type, const MhReviewExpression *transform,
			  MhReviewCastAnswer *answer)
{
	const MhReviewServer *server = arg;

	answer->rewrites = true;
	if (transform != NULL && mh_there_names_other(server, transform->tree))
	{
		answer->answer = mh_answer_unknown("USING may run code that is not built in");
		return;
	}
	if (is_of_there(column->type) || is_of_there(type->id))
	{
		answer->answer = mh_answer_unknown("the types are not built in");
		return;
	}
	mh_world_cast(arg, relation, column, type, transform, answer);
	/* it may be folded, as a collation of here says */
	if (transform != NULL)
		answer->node = NULL;
	doubt(server, &answer->answer);
}

/* Enums can be compared and have operator classes, whatever else there is. */
static bool
is_enum(const MhReviewServer *server, uint32 type)
{
	char *kind =
		mh_there_value(server,
					   "SELECT t.typtype FROM pg_catalog.pg_type t"
					   " WHERE t.oid = ($1::pg_catalog.oid[])[1]",
					   psprintf("%u", server->there->types[type - MH_FIRST_TYPE_THERE]), "0");

	return kind != NULL && kind[0] == TYPTYPE_ENUM;
}

MhReviewTruth
mh_there_comparable(void *arg, uint32 referring, uint32 referred)
{
	const MhReviewServer *server = arg;
	MhReviewAnswer answer = {mh_world_comparable(arg, referring, referred)};

	if (referring == referred && is_of_there(referring) && is_enum(server, referring))
		return MH_TRUTH_YES;
	doubt(server, &answer);
	return answer.passes;
}

/* ---------- indexes ---------- */

static bool
is_built_in_method(const char *method)
{
	static const char *const methods[] = {"btree", "hash", "gist", "gin", "spgist", "brin"};

	for (int i = 0; i < (int) lengthof(methods); i++)
		if (strcmp(methods[i], method) == 0)
			return true;
	return false;
}

static bool
has_plain_keys(const IndexStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->indexParams)
	{
		const IndexElem *element = lfirst_node(IndexElem, cell);

		if (element->collation != NIL && strcmp(strVal(llast(element->collation)), "C") != 0)
			return false;
	}
	return true;
}

static bool
has_default_class(const MhReviewServer *server, uint32 type, const char *method)
{
	return (strcmp(method, "btree") == 0 || strcmp(method, "hash") == 0) && is_enum(server, type);
}

static bool
is_key_judged(const MhReviewServer *server, const MhModelRelation *relation, const char *name,
			  const char *method)
{
	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhModelColumn *column = &relation->columns[i];

		if (strcmp(column->name, name) == 0 && !column->is_gone)
			return !is_of_there(column->type) || has_default_class(server, column->type, method);
	}
	return true;
}

static bool
are_keys_judged(const MhReviewServer *server, const MhModelRelation *relation,
				const IndexStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->indexParams)
	{
		const IndexElem *element = lfirst_node(IndexElem, cell);

		if (element->name != NULL &&
			!is_key_judged(server, relation, mh_to_utf8(pstrdup(element->name)),
						   stmt->accessMethod))
			return false;
	}
	return true;
}

MhReviewAnswer
mh_there_index(void *arg, const MhModelRelation *relation, const MhReviewStatement *statement)
{
	const MhReviewServer *server = arg;
	const IndexStmt *stmt = statement->tree;
	MhReviewAnswer answer;

	if (!is_built_in_method(stmt->accessMethod))
	{
		if (mh_there_value(server,
						   "SELECT 1 FROM pg_catalog.pg_am a"
						   " WHERE a.amname = ($1::pg_catalog.text[])[1]",
						   mh_to_utf8(pstrdup(stmt->accessMethod)), "") != NULL)
			return mh_answer_unknown("the access method is not built in");
		answer = (MhReviewAnswer){MH_TRUTH_NO, "42704"};
		answer.detail = psprintf("access method \"%s\" does not exist",
								 mh_to_utf8(pstrdup(stmt->accessMethod)));
		return answer;
	}
	if (!has_plain_keys(stmt))
		return mh_answer_unknown("a collation may be another one there");
	if (!are_keys_judged(server, relation, stmt))
		return mh_answer_unknown("the type of a column is not built in");
	answer = mh_world_index(arg, relation, statement);
	doubt(server, &answer);
	return answer;
}
