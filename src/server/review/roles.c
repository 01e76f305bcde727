/*-------------------------------------------------------------------------
 *
 * roles.c
 *	  What roles may do with live objects.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "server/base/trust.h"
#include "utils/acl.h"

uint32
mh_world_role(void *arg, const char *name)
{
	const MhReviewServer *server = arg;

	return name == NULL ? server->options->role : get_role_oid(mh_from_utf8(pstrdup(name)), true);
}

bool
mh_world_may_become(void *arg, uint32 role, uint32 other)
{
	return MH_CAN_SET_ROLE(role, other);
}

bool
mh_world_has_rights_of(void *arg, uint32 role, uint32 other)
{
	return has_privs_of_role(role, other);
}

static AclMode
mode_of(MhReviewRight right)
{
	switch (right)
	{
		case MH_RIGHT_MAINTAIN:
			return MH_ACL_MAINTAIN;
		case MH_RIGHT_SELECT:
			return ACL_SELECT;
		case MH_RIGHT_INSERT:
			return ACL_INSERT;
		case MH_RIGHT_UPDATE:
			return ACL_UPDATE;
		case MH_RIGHT_DELETE:
			return ACL_DELETE;
		case MH_RIGHT_TRUNCATE:
			return ACL_TRUNCATE;
		case MH_RIGHT_REFERENCES:
			return ACL_REFERENCES;
		case MH_RIGHT_OWNER:
			break;
	}
	return ACL_NO_RIGHTS;
}

MhReviewTruth
mh_world_may(void *arg, uint32 role, uint32 relation, MhReviewRight right)
{
	AclMode mode = mode_of(right);

	if (mode == ACL_NO_RIGHTS)
		return MH_TRUTH_NO;
	if (mh_may_use(relation, role, mode))
		return MH_TRUTH_YES;
	return (mode & ACL_ALL_RIGHTS_COLUMN) != 0 &&
				   pg_attribute_aclcheck_all(relation, role, mode, ACLMASK_ANY) == ACLCHECK_OK
			   ? MH_TRUTH_UNKNOWN
			   : MH_TRUTH_NO;
}

bool
mh_world_may_create(void *arg, uint32 role, const char *schema)
{
	Oid namespace = get_namespace_oid(mh_from_utf8(pstrdup(schema)), true);

	return !OidIsValid(namespace) || mh_may_use_schema(namespace, role, ACL_CREATE);
}

bool
mh_is_elsewhere(const MhReviewServer *server)
{
	return server->options->source != NULL;
}

bool
mh_runs_as_superuser(const MhReviewServer *server)
{
	return mh_is_elsewhere(server) ? mh_there_is_superuser(server, server->options->role)
								   : superuser_arg(server->options->role);
}

bool
mh_world_may_use_type(void *arg, uint32 role, uint32 type)
{
	/* a type of the script is of its role */
	return mh_is_elsewhere(arg) || type >= MH_FIRST_MODEL_ID ||
		   object_aclcheck(TypeRelationId, type, role, ACL_USAGE) == ACLCHECK_OK;
}
