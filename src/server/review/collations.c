/*-------------------------------------------------------------------------
 *
 * collations.c
 *	  Whether a value depends on a collation, which may be another one in a database elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/pg_collation.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* The collation of a database is one whose equal texts have equal bytes. */
static bool
compares_bytes(Node *node)
{
	Oid opno = InvalidOid;

	if (IsA(node, OpExpr) || IsA(node, DistinctExpr) || IsA(node, NullIfExpr))
		opno = ((OpExpr *) node)->opno;
	else if (IsA(node, ScalarArrayOpExpr))
		opno = ((ScalarArrayOpExpr *) node)->opno;
	switch (OidIsValid(opno) ? get_opcode(opno) : InvalidOid)
	{
		case F_TEXTEQ:
		case F_TEXTNE:
		case F_BPCHAREQ:
		case F_BPCHARNE:
			return exprInputCollation(node) == DEFAULT_COLLATION_OID;
		default:
			return false;
	}
}

static bool
find_collation(Node *node, void *unused)
{
	Oid collation;

	if (node == NULL)
		return false;
	if (IsA(node, RowCompareExpr))
		return true;
	collation = exprInputCollation(node);
	if (OidIsValid(collation) && collation != C_COLLATION_OID && !compares_bytes(node))
		return true;
	return expression_tree_walker(node, find_collation, unused);
}

bool
mh_depends_on_collation(Node *node)
{
	return find_collation(node, NULL);
}
