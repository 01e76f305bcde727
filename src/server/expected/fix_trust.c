/*-------------------------------------------------------------------------
 *
 * fix_trust.c
 *	  Checks that a statement offered as a fix runs no code of untrusted roles.
 *
 * The objects that it creates do not exist yet, so the catalogs can only be asked for the names in
 * its text.  A name that can mean several things is looked up as each of them.  It is better to
 * lose a fix than to run a stranger's code.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"

#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/base/sql_names.h"
#include "server/base/trust.h"
#include "storage/lmgr.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#define OPERATOR_CHARACTERS "+-*/<>=~!@#%^&|`?"

typedef struct FixNames
{
	List *path;  /* schemas in which unqualified names are found */
	bool counts; /* setval() is permitted */
	bool within_body;
	bool is_distrusted;
} FixNames;

static void
judge_relation(FixNames *names, Oid relation)
{
	if (!OidIsValid(relation))
		return;
	if (!ConditionalLockRelationOid(relation, AccessShareLock))
	{
		names->is_distrusted = true;
		return;
	}
	/* it may have been dropped before it was locked */
	if (!OidIsValid(get_rel_namespace(relation)) || mh_distrust_using(relation) != NULL ||
		mh_is_inside_extension(relation))
		names->is_distrusted = true;
	UnlockRelationOid(relation, AccessShareLock);
}

/*
 * Returns whether a body may name the function: the body is checked when its function is created,
 * and run later.
 */
static bool
is_passed_over(const FixNames *names, Form_pg_proc function)
{
	if (names->within_body)
		return function->oid < FirstNormalObjectId;
	return names->counts && strcmp(NameStr(function->proname), "setval") == 0 &&
		   function->pronamespace == PG_CATALOG_NAMESPACE;
}

/*
 * Judges all functions with this name, because the types of the arguments decide which one is
 * called.
 */
static void
judge_functions(FixNames *names, Oid schema, const char *name)
{
	CatCList *all = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));

	for (int i = 0; i < all->n_members; i++)
	{
		Form_pg_proc function = (Form_pg_proc) GETSTRUCT(&all->members[i]->tuple);

		if (OidIsValid(schema) ? function->pronamespace != schema
							   : !list_member_oid(names->path, function->pronamespace))
			continue;
		if (!is_passed_over(names, function) && mh_distrust_named_function(function->oid) != NULL)
			names->is_distrusted = true;
	}
	ReleaseSysCacheList(all);
}

/*
 * Returns whether the type's owner can change what it runs before the fix is run.  This is so for
 * domains and range types; other types need a superuser.
 */
static bool
is_changeable(Oid oid)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(oid));
	Form_pg_type type;
	bool changeable;

	if (!HeapTupleIsValid(tuple))
		return true;
	type = (Form_pg_type) GETSTRUCT(tuple);
	changeable = (type->typtype == TYPTYPE_DOMAIN || type->typtype == TYPTYPE_RANGE ||
				  type->typtype == TYPTYPE_MULTIRANGE) &&
				 !mh_is_trusted_role(type->typowner);
	ReleaseSysCache(tuple);
	return changeable;
}

static void
judge_type(FixNames *names, Oid type)
{
	if (OidIsValid(type) && (mh_distrust_named_type(type) != NULL || is_changeable(type)))
		names->is_distrusted = true;
}

/* Returns a part of a name as the catalogs have it. */
static char *
plain_part(const MhSqlName *name, int part)
{
	return mh_from_utf8(
		mh_unquote_identifier(pnstrdup(name->from[part], name->to[part] - name->from[part])));
}

static bool
is_called(const char *after)
{
	after += strspn(after, " \t\r\n");
	return *after == '(';
}

/* Judges a name.  a.b can also mean b(a) if a is a row. */
static bool
judge_name(void *arg, const MhSqlName *name, StringInfo out)
{
	FixNames *names = arg;
	char *first = plain_part(name, 0);
	char *last = plain_part(name, name->n - 1);
	Oid schema = name->n == 1 ? InvalidOid : get_namespace_oid(first, true);

	if (OidIsValid(schema))
	{
		char *second = plain_part(name, 1);

		judge_relation(names, get_relname_relid(second, schema));
		judge_functions(names, schema, second);
		judge_type(names, GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(second),
										  ObjectIdGetDatum(schema)));
	}
	else if (name->n == 1)
	{
		judge_relation(names, RelnameGetRelid(first));
		judge_type(names, TypenameGetTypid(first));
	}
	if (name->n > 2 || !OidIsValid(schema))
		if (name->n > 1 || is_called(name->to[0]))
			judge_functions(names, InvalidOid, last);
	(void) out;
	return false;
}

/*
 * Judges a qualified name in a body.  Unqualified names depend on the path of its caller, which a
 * person has to check.
 */
static bool
judge_name_of_body(void *arg, const MhSqlName *name, StringInfo out)
{
	FixNames *names = arg;
	Oid schema = name->n == 1 ? InvalidOid : get_namespace_oid(plain_part(name, 0), true);

	if (OidIsValid(schema))
	{
		char *second = plain_part(name, 1);

		judge_functions(names, schema, second);
		judge_type(names, GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(second),
										  ObjectIdGetDatum(schema)));
	}
	(void) out;
	return false;
}

/* Judges operators.  One on the path may match better than the intended one. */
static void
judge_operators(FixNames *names, const char *text)
{
	while (*(text += strcspn(text, OPERATOR_CHARACTERS)) != '\0')
	{
		size_t length = strspn(text, OPERATOR_CHARACTERS);
		CatCList *all =
			length < NAMEDATALEN
				? SearchSysCacheList1(OPERNAMENSP, CStringGetDatum(pnstrdup(text, length)))
				: NULL;

		for (int i = 0; all != NULL && i < all->n_members; i++)
		{
			Form_pg_operator operator=(Form_pg_operator) GETSTRUCT(&all->members[i]->tuple);

			if (operator->oprnamespace != PG_CATALOG_NAMESPACE &&
				RegProcedureIsValid(operator->oprcode) &&
				mh_distrust_named_function(operator->oprcode) != NULL)
				names->is_distrusted = true;
		}
		if (all != NULL)
			ReleaseSysCacheList(all);
		text += length;
	}
}

bool
mh_is_fix_trusted(const char *text, bool counts)
{
	FixNames names = {fetch_search_path(true), counts, false, false};

	pfree(mh_map_names(text, judge_name, &names));
	names.within_body = true;
	pfree(mh_map_names_of_bodies(text, judge_name_of_body, &names));
	if (!names.is_distrusted)
		judge_operators(&names, text);
	list_free(names.path);
	return !names.is_distrusted;
}
