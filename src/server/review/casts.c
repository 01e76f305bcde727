/*-------------------------------------------------------------------------
 *
 * casts.c
 *	  Casts of an analysed expression that its text would not show.
 *
 * Assignment casts refuse values that are too long or too large.  Deparsed as usual they are not written
 * at all, or become casts that cut.  As calls of their functions they are what they were.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "nodes/nodeFuncs.h"

static Node *
show_casts(Node *node, void *arg)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return (Node *) query_tree_mutator((Query *) node, show_casts, arg, 0);
	node = expression_tree_mutator(node, show_casts, arg);
	switch (nodeTag(node))
	{
		case T_FuncExpr:
			if (((FuncExpr *) node)->funcformat == COERCE_IMPLICIT_CAST)
				((FuncExpr *) node)->funcformat = COERCE_EXPLICIT_CALL;
			break;
		case T_RelabelType:
			((RelabelType *) node)->relabelformat = COERCE_EXPLICIT_CAST;
			break;
		case T_CoerceViaIO:
			((CoerceViaIO *) node)->coerceformat = COERCE_EXPLICIT_CAST;
			break;
		case T_CoerceToDomain:
			((CoerceToDomain *) node)->coercionformat = COERCE_EXPLICIT_CAST;
			break;
		case T_ArrayCoerceExpr:
			/* elements that stay as they are need no cast */
			if (((ArrayCoerceExpr *) node)->coerceformat == COERCE_IMPLICIT_CAST &&
				!IsA(((ArrayCoerceExpr *) node)->elemexpr, RelabelType) &&
				!IsA(((ArrayCoerceExpr *) node)->elemexpr, CaseTestExpr))
				ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
								errmsg("the elements of an array are cast")));
			break;
		default:
			break;
	}
	return node;
}

Node *
mh_with_casts(Node *node)
{
	return show_casts(node, NULL);
}
