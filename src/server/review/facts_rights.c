/*-------------------------------------------------------------------------
 *
 * facts_rights.c
 *	  Facts of statements about roles, rights and owners.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

void
mh_fact_roles(MhReviewStatement *statement, List *roles)
{
	ListCell *cell;

	foreach (cell, roles)
		if (lfirst_node(RoleSpec, cell)->roletype == ROLESPEC_CSTRING)
			mh_strings_push(&statement->roles, mh_fact_text(lfirst_node(RoleSpec, cell)->rolename));
}

void
mh_fact_owner(MhReviewStatement *statement, RoleSpec *role)
{
	if (role == NULL)
		return;
	mh_fact_roles(statement, list_make1(role));
	if (statement->roles.n > 0)
		statement->new_name = statement->roles.v[0];
	statement->is_for_self =
		role->roletype == ROLESPEC_CURRENT_USER || role->roletype == ROLESPEC_CURRENT_ROLE;
}

static void
read_columns(MhReviewStatement *statement, List *privileges)
{
	ListCell *cell;
	ListCell *column;

	foreach (cell, privileges)
		foreach (column, lfirst_node(AccessPriv, cell)->cols)
			mh_strings_push(&statement->columns, mh_fact_text(strVal(lfirst(column))));
}

static void
read_grant(MhReviewStatement *statement, GrantStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_GRANT;
	statement->object = mh_fact_object(stmt->objtype);
	statement->is_revoking = !stmt->is_grant;
	statement->cascade = stmt->behavior == DROP_CASCADE;
	statement->is_in_schemas =
		stmt->targtype == ACL_TARGET_ALL_IN_SCHEMA || stmt->objtype == OBJECT_SCHEMA;
	mh_fact_roles(statement, stmt->grantees);
	read_columns(statement, stmt->privileges);
	foreach (cell, stmt->objects)
	{
		Node *object = lfirst(cell);

		if (IsA(object, RangeVar))
			mh_fact_add_name(statement, mh_fact_name((RangeVar *) object));
		else
			mh_fact_add_name(statement, mh_fact_name_of_object(object));
		mh_fact_add_code(statement, object);
	}
}

static void
read_owner(MhReviewStatement *statement, AlterOwnerStmt *stmt)
{
	statement->kind = MH_REVIEW_OWNER;
	statement->object = mh_fact_object(stmt->objectType);
	if (stmt->object != NULL)
		statement->name = mh_fact_name_of_object(stmt->object);
	mh_fact_add_code(statement, stmt->object);
	mh_fact_owner(statement, stmt->newowner);
}

static void
add_role(MhStrings *roles, const char *name)
{
	mh_strings_push(roles, psprintf("role %s", mh_fact_text(name)));
}

static void
read_drop_role(MhReviewStatement *statement, DropRoleStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_HARMLESS;
	if (!stmt->missing_ok)
		mh_fact_roles(statement, stmt->roles);
	foreach (cell, stmt->roles)
		if (lfirst_node(RoleSpec, cell)->roletype == ROLESPEC_CSTRING)
			add_role(&statement->drops, lfirst_node(RoleSpec, cell)->rolename);
}

static void
read_membership(MhReviewStatement *statement, GrantRoleStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_HARMLESS;
	statement->is_revoking = !stmt->is_grant;
	foreach (cell, stmt->granted_roles)
		if (lfirst_node(AccessPriv, cell)->priv_name != NULL)
			mh_strings_push(&statement->roles,
							mh_fact_text(lfirst_node(AccessPriv, cell)->priv_name));
	mh_fact_roles(statement, stmt->grantee_roles);
}

static void
read_default_rights(MhReviewStatement *statement, AlterDefaultPrivilegesStmt *stmt)
{
	ListCell *cell;

	read_grant(statement, stmt->action);
	statement->is_in_schemas = true;
	statement->is_revoking = false;
	foreach (cell, stmt->options)
	{
		DefElem *option = lfirst_node(DefElem, cell);
		ListCell *name;

		foreach (name, (List *) option->arg)
			if (IsA(lfirst(name), RoleSpec))
				mh_fact_roles(statement, list_make1(lfirst(name)));
			else
				mh_fact_add_name(statement, mh_fact_name_of_object(lfirst(name)));
	}
}

bool
mh_facts_of_rights(MhReviewStatement *statement, Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_GrantStmt:
			read_grant(statement, (GrantStmt *) tree);
			return true;
		case T_AlterOwnerStmt:
			read_owner(statement, (AlterOwnerStmt *) tree);
			return true;
		case T_CreateRoleStmt:
			statement->kind = MH_REVIEW_HARMLESS;
			add_role(&statement->makes, ((CreateRoleStmt *) tree)->role);
			return true;
		case T_AlterRoleStmt:
			statement->kind = MH_REVIEW_HARMLESS;
			mh_fact_roles(statement, list_make1(((AlterRoleStmt *) tree)->role));
			return true;
		case T_DropRoleStmt:
			read_drop_role(statement, (DropRoleStmt *) tree);
			return true;
		case T_GrantRoleStmt:
			read_membership(statement, (GrantRoleStmt *) tree);
			return true;
		case T_AlterDefaultPrivilegesStmt:
			read_default_rights(statement, (AlterDefaultPrivilegesStmt *) tree);
			return true;
		case T_RenameStmt:
			if (((RenameStmt *) tree)->renameType != OBJECT_ROLE)
				return false;
			statement->kind = MH_REVIEW_HARMLESS;
			mh_strings_push(&statement->roles, mh_fact_text(((RenameStmt *) tree)->subname));
			add_role(&statement->drops, ((RenameStmt *) tree)->subname);
			add_role(&statement->makes, ((RenameStmt *) tree)->newname);
			return true;
		default:
			return false;
	}
}
