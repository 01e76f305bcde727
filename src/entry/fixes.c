/*-------------------------------------------------------------------------
 *
 * fixes.c
 *	  Decides which fixes may be offered to the caller.
 *
 * core/fix writes DDL that leads from the live schema to the expectation.  This file decides what
 * the definitions do not tell: whose code it would run, whether the caller may run it, whether the
 * rows let it pass, and whether another way is better.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/fixes.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "commands/proclang.h"
#include "core/base/sql_names.h"
#include "core/fix/fix.h"
#include "miscadmin.h"
#include "server/base/trust.h"
#include "server/preflight/preflight.h"
#include "utils/acl.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

static bool
has_fix(const MhComparison *comparison)
{
	for (int i = 0; comparison->expectation == MH_EXPECTED && i < comparison->differences->n; i++)
		if (comparison->differences->v[i].fix != NULL)
			return true;
	return false;
}

/*
 * Returns whether the schema is that of other rows, or nearer to them.  Then the better way is to
 * stamp there and to upgrade, because a migration may also change data.
 */
static bool
is_elsewhere(const MhVersionTable *table, MhScripts *scripts, const MhStrings *rows,
			 const MhComparison *comparison)
{
	MhLocations *locations;

	/* no other set, and none to compose others from: nothing that the whole schema could be nearer to */
	if (comparison->expectations->n == 1 && comparison->composed->set >= 0)
		return false;
	locations = mh_locate_schema(table, scripts, rows, comparison);
	return locations != NULL && locations->n > 0 && !locations->v[0].is_current &&
		   locations->v[0].matching > 0;
}

static void
withdraw_fixes(const MhComparison *comparison)
{
	for (int i = 0; i < comparison->differences->n; i++)
		comparison->differences->v[i].fix = NULL;
}

/*
 * Returns the owner of a fix's object as SQL.  For a missing object it is the version table's
 * owner; for a missing materialized view, whose query runs when it is created, the expected owner;
 * for default privileges, the role of which they are.
 */
static const char *
owner_of(const MhComparison *comparison, const MhDifference *difference)
{
	static const char *const types[] = {MH_TYPE_TABLE, MH_TYPE_VIEW, MH_TYPE_MATERIALIZED_VIEW,
										MH_TYPE_FOREIGN_TABLE, MH_TYPE_DOMAIN};
	const MhDefinition *object =
		difference->actual_object ? difference->actual_object : difference->expected_object;
	const char *owner = NULL;

	/* "role in schema: tables" */
	if (strcmp(object->type, MH_TYPE_DEFAULT_PRIVILEGES) == 0)
	{
		const char *name = mh_shown(comparison, object->name);

		return pnstrdup(name, mh_end_of_identifier(name) - name);
	}
	if (difference->actual_object != NULL || strcmp(object->type, MH_TYPE_MATERIALIZED_VIEW) == 0)
		owner = mh_attribute(object, MH_ATTR_OWNER);
	for (size_t i = 0; i < lengthof(types) && owner == NULL && object->parent != NULL; i++)
	{
		const MhDefinition *parent =
			mh_definitions_find(comparison->live, types[i], object->parent);

		if (parent != NULL)
			owner = mh_attribute(parent, MH_ATTR_OWNER);
	}
	return owner == NULL ? comparison->owner : mh_shown(comparison, owner);
}

/*
 * Returns the text that running the fix evaluates: the fix and, for a constraint, its definition.
 */
static char *
evaluated_by(const MhComparison *comparison, const MhDifference *difference)
{
	const MhDefinition *object = difference->expected_object;
	const char *text = object == NULL ? NULL : mh_attribute(object, MH_ATTR_DEFINITION);

	if (strcmp(difference->type, MH_TYPE_CONSTRAINT) != 0 || text == NULL)
		return pstrdup(mh_shown(comparison, difference->fix));
	return psprintf("%s\n%s", mh_shown(comparison, difference->fix), mh_shown(comparison, text));
}

static bool
is_of(const MhDifference *difference, const char *type, const char *attribute)
{
	if (strcmp(difference->type, type) != 0)
		return false;
	if (attribute == NULL || difference->attribute == NULL)
		return attribute == NULL && difference->attribute == NULL;
	return strcmp(difference->attribute, attribute) == 0;
}

static bool
is_kind(const MhDefinition *constraint, const char *kind)
{
	const char *found = mh_attribute(constraint, MH_ATTR_KIND);

	return found != NULL && strcmp(found, kind) == 0;
}

/* Returns whether the object belongs to a table, so that owning the table is enough. */
static bool
is_of_table(const MhDifference *difference, const MhDefinition *object)
{
	static const char *const types[] = {MH_TYPE_COLUMN, MH_TYPE_POLICY, MH_TYPE_RULE,
										MH_TYPE_TRIGGER};

	for (size_t i = 0; i < lengthof(types); i++)
		if (strcmp(object->type, types[i]) == 0)
			return mh_attribute(object, MH_ATTR_DEFAULT) == NULL || difference->kind != MH_MISSING;
	if (strcmp(object->type, MH_TYPE_CONSTRAINT) != 0)
		return false;
	return is_kind(object, MH_CONSTRAINT_CHECK) || is_kind(object, MH_CONSTRAINT_FOREIGN_KEY) ||
		   is_of(difference, MH_TYPE_CONSTRAINT, MH_ATTR_VALIDATED);
}

/*
 * Returns whether the fix creates something in the schema, under a new name or in place of the old
 * one.
 */
static bool
makes_in_schema(const MhDifference *difference)
{
	const MhDefinition *object = difference->expected_object;

	if (is_of_table(difference, object) || strcmp(object->type, MH_TYPE_DEFAULT_PRIVILEGES) == 0)
		return false;
	return difference->kind != MH_CHANGED || strcmp(object->type, MH_TYPE_VIEW) == 0 ||
		   strcmp(object->type, MH_TYPE_FUNCTION) == 0 ||
		   strcmp(object->type, MH_TYPE_PROCEDURE) == 0 ||
		   strcmp(object->type, MH_TYPE_AGGREGATE) == 0 ||
		   strcmp(object->type, MH_TYPE_CONSTRAINT) == 0;
}

static bool
may_make_in_schema(const MhComparison *comparison, const MhDefinition *object)
{
	const char *name = mh_shown(comparison, object->parent != NULL ? object->parent : object->name);
	Oid schema = get_namespace_oid(
		mh_from_utf8(mh_unquote_identifier(pnstrdup(name, mh_end_of_identifier(name) - name))),
		true);

	return OidIsValid(schema) && mh_may_use_schema(schema, GetUserId(), ACL_CREATE);
}

/*
 * Returns whether the caller may refer to the foreign key's table, which may belong to somebody
 * else.
 */
static bool
may_refer(const MhComparison *comparison, const MhDefinition *object)
{
	const char *text = mh_shown(comparison, mh_attribute(object, MH_ATTR_DEFINITION));
	const char *from = text == NULL ? NULL : strstr(text, " REFERENCES ");
	List *names;
	Oid parent;

	if (strcmp(object->type, MH_TYPE_CONSTRAINT) != 0 ||
		!is_kind(object, MH_CONSTRAINT_FOREIGN_KEY) || from == NULL)
		return true;
	from += strlen(" REFERENCES ");
	names = stringToQualifiedNameList(mh_from_utf8(pnstrdup(from, strcspn(from, "("))), NULL);
	parent =
		get_relname_relid(strVal(llast(names)), get_namespace_oid(strVal(linitial(names)), true));
	return OidIsValid(parent) && mh_may_use(parent, GetUserId(), ACL_REFERENCES);
}

/*
 * Returns whether the caller, who is no superuser but has the privileges of the owner, has all
 * other privileges that the fix needs.  It is better to lose a fix than to offer one that fails.
 */
static bool
has_privileges(const MhComparison *comparison, const MhDifference *difference)
{
	const MhDefinition *object = difference->expected_object;
	const char *owner = mh_shown(comparison, mh_attribute(object, MH_ATTR_OWNER));

	if (mh_type_is_global(object->type) ||
		is_of(difference, MH_TYPE_TABLE, MH_ATTR_CONSTRAINT_TRIGGERS))
		return false;
	if (difference->kind == MH_MISSING && owner != NULL &&
		get_role_oid(mh_from_utf8(mh_unquote_identifier(owner)), true) != GetUserId())
		return false;
	return (!makes_in_schema(difference) || may_make_in_schema(comparison, object)) &&
		   may_refer(comparison, object);
}

/*
 * Returns whether the caller may run the fix.  The object must belong to a superuser, the caller,
 * or the trusted owner of the version table.
 */
static bool
may_be_run(const MhVersionTable *table, const MhComparison *comparison,
		   const MhDifference *difference)
{
	const char *owner = owner_of(comparison, difference);
	Oid role =
		owner == NULL ? InvalidOid : get_role_oid(mh_from_utf8(mh_unquote_identifier(owner)), true);

	if (!OidIsValid(role) || !has_privs_of_role(GetUserId(), role))
		return false;
	if (role != GetUserId() && role != table->owner && !superuser_arg(role) &&
		role != ROLE_PG_DATABASE_OWNER)
		return false;
	if (!superuser() && !has_privileges(comparison, difference))
		return false;
	return mh_is_fix_trusted(evaluated_by(comparison, difference),
							 strcmp(difference->type, MH_TYPE_SEQUENCE) == 0);
}

/* ---------- rows ---------- */

/*
 * Returns whether the index has only plain columns, so that a constraint would have the same index.
 */
static bool
has_plain_columns(const MhDefinition *index)
{
	const char *at = mh_attribute(index, MH_ATTR_COLUMNS);

	if (at == NULL || mh_attribute(index, MH_ATTR_PREDICATE) != NULL)
		return false;
	while (*at != '\0')
	{
		const char *end = mh_end_of_identifier(at);

		if (end == at || (*end != '\0' && *end != ','))
			return false;
		at = end + strspn(end, ", ");
	}
	return true;
}

static void
demand_of_index(MhRowDemand *demand, const MhDefinition *index)
{
	if (!has_plain_columns(index))
		return;
	if (mh_attribute(index, MH_ATTR_UNIQUE) == NULL)
	{
		demand->kind = MH_DEMAND_SMALL;
		return;
	}
	demand->kind = MH_DEMAND_DEFINITION;
	demand->definition = psprintf(
		"UNIQUE%s (%s)",
		mh_attribute(index, MH_ATTR_NULLS_NOT_DISTINCT) != NULL ? " NULLS NOT DISTINCT" : "",
		mh_attribute(index, MH_ATTR_COLUMNS));
}

static MhRowDemand
demand_of(const MhComparison *comparison, const MhDifference *difference)
{
	const MhDefinition *object = difference->expected_object;
	const char *parent = mh_shown(comparison, object->parent);
	MhRowDemand demand = {MH_DEMAND_NO_ROWS, parent, mh_local_name(object->name), NULL,
						  InvalidOid,        NULL};

	if (is_of(difference, MH_TYPE_TABLE, MH_ATTR_PERSISTENCE))
	{
		demand.kind = MH_DEMAND_SMALL;
		demand.table = mh_shown(comparison, object->name);
	}
	else if (is_of(difference, MH_TYPE_COLUMN, MH_ATTR_NOT_NULL))
		demand.kind = MH_DEMAND_NOT_NULL;
	else if (is_of(difference, MH_TYPE_COLUMN, MH_ATTR_TYPE) ||
			 is_of(difference, MH_TYPE_COLUMN, MH_ATTR_COLLATION))
		demand.kind = MH_DEMAND_TYPE;
	else if (is_of(difference, MH_TYPE_CONSTRAINT, MH_ATTR_VALIDATED) ||
			 is_of(difference, MH_TYPE_CONSTRAINT, MH_ATTR_ENFORCED))
		demand.kind = MH_DEMAND_CONSTRAINT;
	else if (is_of(difference, MH_TYPE_CONSTRAINT, MH_ATTR_INDEX_VALID))
	{
		demand.kind = MH_DEMAND_INDEX;
		demand.name =
			psprintf("%.*s%s", (int) (mh_local_name(parent) - parent), parent, demand.name);
	}
	else if (strcmp(difference->type, MH_TYPE_CONSTRAINT) == 0)
	{
		demand.kind = MH_DEMAND_DEFINITION;
		demand.definition = mh_shown(comparison, mh_attribute(object, MH_ATTR_DEFINITION));
	}
	else if (is_of(difference, MH_TYPE_INDEX, MH_ATTR_VALID))
	{
		demand.kind = MH_DEMAND_INDEX;
		demand.name = mh_shown(comparison, object->name);
	}
	else if (is_of(difference, MH_TYPE_INDEX, NULL))
		demand_of_index(&demand, object);
	return demand;
}

/*
 * Returns whether the collation is a user's.  With the system's collations, values are equal if
 * their bytes are.
 */
static bool
is_of_users(const char *collation)
{
	return collation != NULL && strchr(collation, '.') != NULL;
}

static bool
lets_pass(const MhComparison *comparison, const MhDifference *difference, int64 *blocks_left)
{
	MhRowDemand demand = demand_of(comparison, difference);

	demand.blocks_left = blocks_left;
	if (!mh_rows_check(&demand).passes)
		return false;
	if (!is_of(difference, MH_TYPE_COLUMN, MH_ATTR_COLLATION) || !is_of_users(difference->expected))
		return true;
	demand.kind = MH_DEMAND_NO_ROWS;
	return mh_rows_check(&demand).passes;
}

/* Returns whether the caller may use PL/pgSQL, in which several statements become one. */
static bool
may_use_blocks(void)
{
	Oid language = get_language_oid("plpgsql", true);

	return OidIsValid(language) &&
		   object_aclcheck(LanguageRelationId, language, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
}

/* ---------- all of them ---------- */

static void
withdraw(MhDifference *difference, char *reason)
{
	difference->fix = NULL;
	if (reason != NULL)
		difference->reason = reason;
}

static void
judge_fix(const MhVersionTable *table, const MhComparison *comparison, MhDifference *difference,
		  int64 *blocks_left)
{
	if (!may_be_run(table, comparison, difference))
		withdraw(difference, pstrdup("You may not run it, or it would run code of roles that are "
									 "not trusted."));
	else if (difference->rows_reason != NULL && !lets_pass(comparison, difference, blocks_left))
		withdraw(difference, difference->rows_reason);
}

void
mh_judge_fixes(const MhVersionTable *table, MhScripts *scripts, const MhStrings *rows,
			   const MhComparison *comparison)
{
	bool has_blocks = may_use_blocks();
	int64 blocks_left = MH_MOST_BLOCKS_LOOKED_AT;

	if (comparison->expectation == MH_EXPECTED)
		mh_judge_extension_fixes(comparison);
	if (!has_fix(comparison))
		return;
	if (!table->is_trusted || is_elsewhere(table, scripts, rows, comparison))
	{
		withdraw_fixes(comparison);
		return;
	}
	for (int i = 0; i < comparison->differences->n; i++)
		if (comparison->differences->v[i].fix != NULL)
			judge_fix(table, comparison, &comparison->differences->v[i], &blocks_left);
	mh_withdraw_needing(comparison->differences, comparison->live);
	for (int i = 0; i < comparison->differences->n; i++)
	{
		MhDifference *difference = &comparison->differences->v[i];
		char *one = difference->fix == NULL
						? NULL
						: mh_one_statement(mh_shown(comparison, difference->fix));

		difference->fix = one;
		if (one != NULL && !has_blocks && strncmp(one, "DO ", 3) == 0)
			difference->fix = NULL;
	}
}

/* ---------- what is left over ---------- */

void
mh_judge_leftover_fixes(List *leftovers)
{
	int64 blocks_left = MH_MOST_BLOCKS_LOOKED_AT;
	ListCell *cell;

	foreach (cell, leftovers)
	{
		MhSchemaLeftover *found = lfirst(cell);
		MhLeftover *leftover = &found->leftover;
		MhRowDemand demand = {MH_DEMAND_INDEX, found->table, found->name, NULL,
							  found->index,    &blocks_left};
		MhRowAnswer answer;

		if (!found->checks_rows || found->completes == NULL)
			continue;
		if (!OidIsValid(found->index))
			demand.kind = MH_DEMAND_CONSTRAINT;
		answer = mh_rows_check(&demand);
		if (answer.passes)
			continue;
		if (answer.look != NULL)
			leftover->hint = psprintf("%s; -- rows that are in the way; without any: %s;",
									  answer.look, found->completes);
		else if (leftover->hint == NULL)
			leftover->hint = psprintf("%s; -- fails while rows are in the way", found->completes);
		leftover->fix = NULL;
	}
}

/* ---------- findings ---------- */

/* Returns whether the caller may execute the functions of mighead that the statement calls. */
static bool
may_call(const char *statement)
{
	const char *arguments = strchr(statement, '(');
	const char *name = arguments;
	Oid schema = mh_extension_schema();
	CatCList *all;
	bool may = true;

	if (!mh_begins_with(statement, "SELECT ") || arguments == NULL)
		return true;
	while (name > statement && strchr(". ", name[-1]) == NULL)
		name--;
	name = pnstrdup(name, arguments - name);
	all = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	for (int i = 0; i < all->n_members; i++)
	{
		Form_pg_proc function = (Form_pg_proc) GETSTRUCT(&all->members[i]->tuple);

		if (function->pronamespace == schema &&
			object_aclcheck(ProcedureRelationId, function->oid, GetUserId(), ACL_EXECUTE) !=
				ACLCHECK_OK)
			may = false;
	}
	ReleaseSysCacheList(all);
	return may;
}

/* Only who has the rights of its owner may alter a table. */
static bool
may_alter(const MhVersionTable *table, const char *statement)
{
	return table == NULL ||
		   !mh_begins_with(statement, psprintf("ALTER TABLE %s ", mh_version_table_name(table))) ||
		   has_privs_of_role(GetUserId(), table->owner);
}

void
mh_judge_finding_fixes(const MhVersionTable *table, MhDiagnosis *diagnosis)
{
	for (int i = 0; i < diagnosis->n; i++)
	{
		MhFinding *finding = &diagnosis->findings[i];

		if (finding->fix != NULL && (!may_call(finding->fix) || !may_alter(table, finding->fix)))
			finding->fix = NULL;
	}
}
