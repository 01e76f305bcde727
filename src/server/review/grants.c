/*-------------------------------------------------------------------------
 *
 * grants.c
 *	  Roles, and the rights that a script grants them.
 *
 * The core knows which relations, schemas and roles there are.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "commands/dbcommands.h"
#include "commands/proclang.h"
#include "commands/user.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "parser/parse_type.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* ---------- what there is ---------- */

static bool
has_role(const MhReviewServer *server, const char *name)
{
	const char *utf8 = mh_to_utf8(pstrdup(name));
	MhReviewTruth made = mh_review_made(server->review, "role", utf8);

	if (made != MH_TRUTH_UNKNOWN)
		return made == MH_TRUTH_YES;
	return mh_is_elsewhere(server) ? mh_there_role(unconstify(MhReviewServer *, server), utf8) != 0
								   : OidIsValid(get_role_oid(name, true));
}

typedef struct Finding
{
	ObjectType type;
	const ObjectWithArgs *named;
	Oid function;
} Finding;

static void
find_function(void *arg)
{
	Finding *finding = arg;

	finding->function =
		LookupFuncWithArgs(finding->type, unconstify(ObjectWithArgs *, finding->named), false);
}

ErrorData *
mh_find_function(ObjectType type, const ObjectWithArgs *named, Oid *function)
{
	Finding finding = {type, named};
	ErrorData *error = mh_try(find_function, &finding);

	*function = finding.function;
	return error;
}

/* ---------- GRANT and REVOKE ---------- */

/* What can be granted of an object, with a blank around each. */
static const char *
rights_of(ObjectType type)
{
	switch (type)
	{
		case OBJECT_TABLE:
			return " select insert update delete truncate references trigger " MH_MAINTAIN;
		case OBJECT_COLUMN:
			return " select insert update references ";
		case OBJECT_SEQUENCE:
			return " usage select update ";
		case OBJECT_SCHEMA:
			return " usage create ";
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
			return " execute ";
		case OBJECT_DATABASE:
			return " create temporary temp connect ";
		case OBJECT_LANGUAGE:
		case OBJECT_TYPE:
		case OBJECT_DOMAIN:
			return " usage ";
		default:
			return NULL;
	}
}

/* Words of GRANT that are no right of anything. */
static bool
is_right(const char *name)
{
	/* a quoted name may have blanks */
	return strchr(name, ' ') == NULL &&
		   strstr(" select insert update delete truncate references trigger usage create temporary"
				  " temp connect execute " MH_MAINTAIN,
				  psprintf(" %s ", name)) != NULL;
}

static MhReviewAnswer
judge_right(ObjectType type, const AccessPriv *privilege)
{
	const char *rights = rights_of(privilege->cols == NIL ? type : OBJECT_COLUMN);
	const char *name = privilege->priv_name;

	if (privilege->cols != NIL && type != OBJECT_TABLE)
		return mh_answer_no("0LP01", "only relations have rights of columns");
	if (name == NULL)
		return mh_answer_yes();
	/* the parser takes more words than there are rights */
	if (!is_right(name))
		return mh_answer_unknown(NULL);
	if (strstr(rights, psprintf(" %s ", name)) != NULL)
		return mh_answer_yes();
	/* it is one of sequences, which may be named as tables */
	return strcmp(name, "usage") == 0 && type == OBJECT_TABLE
			   ? mh_answer_unknown(NULL)
			   : mh_answer_no("0LP01", psprintf("there is no right %s of it", name));
}

static bool
names_public(const List *roles)
{
	ListCell *cell;

	foreach (cell, roles)
		if (lfirst_node(RoleSpec, cell)->roletype == ROLESPEC_PUBLIC)
			return true;
	return false;
}

static MhReviewAnswer
find_functions(const MhReviewServer *server, const GrantStmt *stmt)
{
	ListCell *cell;

	if (mh_is_elsewhere(server))
		return mh_answer_unknown(NULL);
	foreach (cell, stmt->objects)
	{
		Oid function;
		ErrorData *error =
			mh_find_function(stmt->objtype, lfirst_node(ObjectWithArgs, cell), &function);

		if (error != NULL)
			return mh_refusal(error);
	}
	return mh_answer_yes();
}

static bool
is_trusted_language(Oid language)
{
	HeapTuple tuple = SearchSysCache1(LANGOID, ObjectIdGetDatum(language));
	bool is_trusted =
		!HeapTupleIsValid(tuple) || ((Form_pg_language) GETSTRUCT(tuple))->lanpltrusted;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return is_trusted;
}

/* Objects that have a name, and neither schema nor rows. */
static MhReviewAnswer
find_names(const MhReviewServer *server, const GrantStmt *stmt)
{
	bool is_database = stmt->objtype == OBJECT_DATABASE;
	ListCell *cell;

	if (mh_is_elsewhere(server))
		return mh_answer_unknown(NULL);
	foreach (cell, stmt->objects)
	{
		const char *name = strVal(lfirst(cell));
		Oid found = is_database ? get_database_oid(name, true) : get_language_oid(name, true);

		if (!OidIsValid(found))
			return mh_answer_no(is_database ? "3D000" : "42704",
								psprintf("%s does not exist", mh_to_utf8(pstrdup(name))));
		if (!is_database && !is_trusted_language(found))
			return mh_answer_no("42809",
								psprintf("language %s is not trusted", mh_to_utf8(pstrdup(name))));
	}
	return mh_answer_yes();
}

/* Arrays have the rights of their elements. */
static MhReviewAnswer
find_types(const MhReviewServer *server, const GrantStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->objects)
	{
		List *names = lfirst_node(List, cell);
		Oid type = mh_is_elsewhere(server)
					   ? InvalidOid
					   : LookupTypeNameOid(NULL, makeTypeNameFromNameList(names), true);

		if (OidIsValid(type) && OidIsValid(get_element_type(type)) &&
			get_array_type(get_element_type(type)) == type)
			return mh_answer_no("0LP01", "arrays have no rights of their own");
	}
	return mh_answer_yes();
}

static MhReviewAnswer
find_objects(const MhReviewServer *server, const GrantStmt *stmt)
{
	if (stmt->targtype != ACL_TARGET_OBJECT)
		return mh_answer_yes();
	switch (stmt->objtype)
	{
		case OBJECT_TABLE:
		case OBJECT_SEQUENCE:
		case OBJECT_SCHEMA:
			return mh_answer_yes();
		case OBJECT_TYPE:
		case OBJECT_DOMAIN:
			return find_types(server, stmt);
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
			return find_functions(server, stmt);
		case OBJECT_DATABASE:
		case OBJECT_LANGUAGE:
			return find_names(server, stmt);
		default:
			return mh_answer_unknown(NULL);
	}
}

/* USAGE of what are no sequences. */
static bool
names_tables(const MhReviewServer *server, const GrantStmt *stmt)
{
	ListCell *cell;

	if (stmt->targtype != ACL_TARGET_OBJECT || stmt->objtype != OBJECT_TABLE ||
		list_length(stmt->privileges) != 1 || mh_is_elsewhere(server) ||
		linitial_node(AccessPriv, stmt->privileges)->cols != NIL ||
		linitial_node(AccessPriv, stmt->privileges)->priv_name == NULL ||
		strcmp(linitial_node(AccessPriv, stmt->privileges)->priv_name, "usage") != 0)
		return false;
	foreach (cell, stmt->objects)
	{
		MhReviewName name = mh_fact_name(lfirst_node(RangeVar, cell));
		const MhModelRelation *relation = mh_review_find_relation(server->review, &name);

		if (relation == NULL || strchr("rpvmf", relation->kind) == NULL)
			return false;
	}
	return true;
}

static MhReviewAnswer
judge_grant(const MhReviewServer *server, const GrantStmt *stmt)
{
	bool is_of_model = stmt->targtype == ACL_TARGET_OBJECT &&
					   (stmt->objtype == OBJECT_TABLE || stmt->objtype == OBJECT_SEQUENCE);
	MhReviewAnswer answer = find_objects(server, stmt);
	ListCell *cell;

	foreach (cell, stmt->privileges)
		if (answer.passes == MH_TRUTH_YES)
			answer = judge_right(stmt->objtype, lfirst_node(AccessPriv, cell));
	if (answer.passes == MH_TRUTH_UNKNOWN && names_tables(server, stmt))
		return mh_answer_no("0LP01", "tables have no such right");
	if (answer.passes != MH_TRUTH_YES)
		return answer;
	if (stmt->is_grant && stmt->grant_option && names_public(stmt->grantees))
		return stmt->privileges != NIL && is_of_model
				   ? mh_answer_no("0LP01", "only roles can have grant options")
				   : mh_answer_unknown(NULL);
	if (stmt->grantor != NULL || stmt->behavior == DROP_CASCADE || stmt->grant_option)
		return mh_answer_unknown(NULL);
	/* the core knows who owns relations */
	return is_of_model || mh_runs_as_superuser(server) ? mh_answer_yes() : mh_answer_unknown(NULL);
}

static MhReviewAnswer
judge_default_rights(const MhReviewServer *server, const AlterDefaultPrivilegesStmt *stmt)
{
	/* rights of schemas are of none */
	if (list_length(stmt->options) > 2 ||
		(stmt->options != NIL && stmt->action->objtype == OBJECT_SCHEMA))
		return mh_answer_unknown(NULL);
	return judge_grant(server, stmt->action);
}

/* ---------- roles ---------- */

static bool
is_plain_option(const DefElem *option)
{
	static const char *const switches[] = {"superuser", "inherit",       "createrole", "createdb",
										   "canlogin",  "isreplication", "bypassrls"};

	for (int i = 0; i < (int) lengthof(switches); i++)
		if (strcmp(option->defname, switches[i]) == 0)
			return true;
	/* a module may refuse passwords */
	return strcmp(option->defname, "password") == 0 && check_password_hook == NULL;
}

static bool
has_plain_options(const List *options)
{
	ListCell *cell;
	int n = 0;

	foreach (cell, options)
	{
		ListCell *other;

		if (++n > 10 || !is_plain_option(lfirst_node(DefElem, cell)))
			return false;
		foreach (other, options)
			if (other != cell && strcmp(lfirst_node(DefElem, cell)->defname,
										lfirst_node(DefElem, other)->defname) == 0)
				return false;
	}
	return true;
}

static MhReviewAnswer
judge_new_name(const MhReviewServer *server, const char *name)
{
	if (mh_begins_with(name, "pg_"))
		return mh_answer_no("42939", "names of roles must not begin with pg_");
	if (has_role(server, name))
		return mh_answer_no("42710", psprintf("role %s exists already", mh_to_utf8(pstrdup(name))));
	return mh_answer_yes();
}

static MhReviewAnswer
judge_rename(const MhReviewServer *server, const RenameStmt *stmt)
{
	/* those who are logged in keep their names */
	if (mh_review_made(server->review, "role", mh_to_utf8(pstrdup(stmt->subname))) !=
			MH_TRUTH_YES ||
		mh_begins_with(stmt->subname, "pg_"))
		return mh_answer_unknown(NULL);
	return judge_new_name(server, stmt->newname);
}

/* Roles that the script made are members of none. */
static bool
may_go_round(const MhReviewServer *server, const GrantRoleStmt *stmt)
{
	ListCell *cell;
	ListCell *grantee;

	if (mh_is_elsewhere(server) ||
		list_length(stmt->granted_roles) * list_length(stmt->grantee_roles) > 100)
		return true;
	foreach (cell, stmt->granted_roles)
	{
		Oid role = get_role_oid(lfirst_node(AccessPriv, cell)->priv_name, true);

		foreach (grantee, stmt->grantee_roles)
		{
			const RoleSpec *spec = lfirst_node(RoleSpec, grantee);

			if (spec->roletype != ROLESPEC_CSTRING ||
				(OidIsValid(role) &&
				 is_member_of_role_nosuper(role, get_role_oid(spec->rolename, true))))
				return true;
		}
	}
	return false;
}

/* A role that has no members but the owner of the database. */
static bool
names_database_owner(const GrantRoleStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->granted_roles)
		if (strcmp(lfirst_node(AccessPriv, cell)->priv_name, "pg_database_owner") == 0)
			return true;
	foreach (cell, stmt->grantee_roles)
		if (lfirst_node(RoleSpec, cell)->roletype == ROLESPEC_CSTRING &&
			strcmp(lfirst_node(RoleSpec, cell)->rolename, "pg_database_owner") == 0)
			return true;
	return false;
}

static MhReviewAnswer
judge_drop(const MhReviewServer *server, const DropRoleStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->roles)
		if (lfirst_node(RoleSpec, cell)->roletype != ROLESPEC_CSTRING ||
			has_role(server, lfirst_node(RoleSpec, cell)->rolename))
			return mh_answer_unknown("what depends on the role");
	return mh_answer_yes();
}

/* Rights that a script that changed memberships gave or took are not followed. */
static MhReviewAnswer
judge_as_superuser(const MhReviewServer *server, const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_CreateRoleStmt:
			if (!has_plain_options(((const CreateRoleStmt *) tree)->options))
				return mh_answer_unknown(NULL);
			return judge_new_name(server, ((const CreateRoleStmt *) tree)->role);
		case T_AlterRoleStmt:
			return ((const AlterRoleStmt *) tree)->action == 1 &&
						   has_plain_options(((const AlterRoleStmt *) tree)->options)
					   ? mh_answer_yes()
					   : mh_answer_unknown(NULL);
		case T_RenameStmt:
			return judge_rename(server, (const RenameStmt *) tree);
		case T_DropRoleStmt:
			return judge_drop(server, (const DropRoleStmt *) tree);
		case T_GrantRoleStmt:
			return ((const GrantRoleStmt *) tree)->is_grant &&
						   !names_database_owner((const GrantRoleStmt *) tree) &&
						   !may_go_round(server, (const GrantRoleStmt *) tree) &&
						   ((const GrantRoleStmt *) tree)->grantor == NULL
					   ? mh_answer_yes()
					   : mh_answer_unknown(NULL);
		default:
			return mh_answer_unknown(NULL);
	}
}

MhReviewAnswer
mh_world_rights(const MhReviewServer *server, const MhReviewStatement *statement)
{
	const Node *tree = statement->tree;

	if (IsA(tree, GrantStmt))
		return judge_grant(server, (const GrantStmt *) tree);
	if (IsA(tree, AlterDefaultPrivilegesStmt))
		return judge_default_rights(server, (const AlterDefaultPrivilegesStmt *) tree);
	return mh_runs_as_superuser(server) ? judge_as_superuser(server, tree)
										: mh_answer_unknown(NULL);
}

/* ---------- owners ---------- */

MhReviewAnswer
mh_world_owner(const MhReviewServer *server, const MhReviewStatement *statement)
{
	const AlterOwnerStmt *stmt = (const AlterOwnerStmt *) statement->tree;

	if (!mh_runs_as_superuser(server))
		return mh_answer_unknown(NULL);
	if (statement->object != MH_OBJECT_OTHER)
		return mh_answer_yes();
	if (stmt->object == NULL || !IsA(stmt->object, ObjectWithArgs) || mh_is_elsewhere(server) ||
		(stmt->objectType != OBJECT_FUNCTION && stmt->objectType != OBJECT_PROCEDURE &&
		 stmt->objectType != OBJECT_ROUTINE))
		return mh_answer_unknown(NULL);
	else
	{
		Oid function;
		ErrorData *error =
			mh_find_function(stmt->objectType, (const ObjectWithArgs *) stmt->object, &function);

		return error == NULL ? mh_answer_yes() : mh_refusal(error);
	}
}
