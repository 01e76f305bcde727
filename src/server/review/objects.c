/*-------------------------------------------------------------------------
 *
 * objects.c
 *	  Statements about objects that the model does not have: functions, roles, extensions.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "commands/extension.h"
#include "utils/acl.h"

static MhReviewAnswer
no(const char *sqlstate, const char *detail)
{
	return (MhReviewAnswer){MH_TRUTH_NO, sqlstate, detail};
}

static MhReviewAnswer
unknown(void)
{
	return (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL, NULL};
}

static MhReviewAnswer
judge_role(const char *role)
{
	if (role != NULL && !OidIsValid(get_role_oid(mh_from_utf8(pstrdup(role)), true)))
		return no("42704", psprintf("role %s does not exist", role));
	return unknown();
}

static MhReviewAnswer
judge_extension(const CreateExtensionStmt *stmt)
{
	if (!OidIsValid(get_extension_oid(stmt->extname, true)))
		return unknown();
	if (stmt->if_not_exists)
		return (MhReviewAnswer){MH_TRUTH_YES};
	return no("42710", psprintf("extension %s exists already", mh_to_utf8(stmt->extname)));
}

static MhReviewAnswer
judge_grant(const GrantStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->grantees)
	{
		const RoleSpec *role = lfirst_node(RoleSpec, cell);

		if (role->roletype == ROLESPEC_CSTRING && !OidIsValid(get_role_oid(role->rolename, true)))
			return no("42704",
					  psprintf("role %s does not exist", mh_to_utf8(pstrdup(role->rolename))));
	}
	return unknown();
}

MhReviewAnswer
mh_world_other(void *arg, const MhReviewStatement *statement)
{
	const Node *tree = statement->tree;

	if (statement->kind == MH_REVIEW_OWNER)
		return judge_role(statement->new_name);
	if (tree == NULL)
		return unknown();
	switch (nodeTag(tree))
	{
		case T_CreateExtensionStmt:
			return judge_extension((const CreateExtensionStmt *) tree);
		case T_GrantStmt:
			return judge_grant((const GrantStmt *) tree);
		case T_VariableShowStmt:
		case T_ListenStmt:
		case T_UnlistenStmt:
		case T_NotifyStmt:
		case T_ConstraintsSetStmt:
			return (MhReviewAnswer){MH_TRUTH_YES};
		default:
			return unknown();
	}
}
