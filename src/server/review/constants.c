/*-------------------------------------------------------------------------
 *
 * constants.c
 *	  Constants of a script, as texts that are the same for equal values.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

/* Types of which equal values have equal texts. */
static bool
is_equal_as_text(const Const *constant)
{
	switch (constant->consttype)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case BOOLOID:
		case CHAROID:
		case NAMEOID:
		case UUIDOID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return true;
		case TEXTOID:
		case VARCHAROID:
			return !OidIsValid(constant->constcollid) ||
				   get_collation_isdeterministic(constant->constcollid);
		default:
			return get_typtype(constant->consttype) == TYPTYPE_ENUM;
	}
}

static char *
text_of_constant(const Const *constant)
{
	Oid output;
	bool is_varlena;

	if (constant->consttype == NUMERICOID)
		return numeric_normalize(DatumGetNumeric(constant->constvalue));
	if (!is_equal_as_text(constant))
		return NULL;
	getTypeOutputInfo(constant->consttype, &output, &is_varlena);
	return mh_to_utf8(OidOutputFunctionCall(output, constant->constvalue));
}

void
mh_describe_value(Node *node, MhReviewValue *value)
{
	value->node = node;
	if (!IsA(node, Const))
		return;
	value->is_constant = true;
	value->is_null = ((Const *) node)->constisnull;
	if (!value->is_null)
		value->text = text_of_constant((Const *) node);
}
