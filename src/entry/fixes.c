/*-------------------------------------------------------------------------
 *
 * fixes.c
 *	  Which fixes may be offered to whoever asks.
 *
 * core/fix writes DDL that leads from what is there to what is expected.  Here is asked what the
 * definitions do not say: whose code it would run, whether the caller may run it, whether the
 * rows let it pass, and whether another way is the right one.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/fixes.h"

#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_language.h"
#include "commands/proclang.h"
#include "core/base/sql_names.h"
#include "core/fix/fix.h"
#include "miscadmin.h"
#include "server/base/trust.h"
#include "server/preflight/preflight.h"
#include "utils/acl.h"

static bool
has_fix(const MhComparison *comparison)
{
	for (int i = 0; comparison->expectation == MH_EXPECTED && i < comparison->differences->n; i++)
		if (comparison->differences->v[i].fix != NULL)
			return true;
	return false;
}

/*
 * Is the schema that of other rows, or nearer to them?  Then the way is to stamp there and to
 * upgrade: what a migration would do again, with the data that it brings, is no fix.
 */
static bool
is_elsewhere(const MhVersionTable *table, MhScripts *scripts, const MhStrings *rows,
			 const MhComparison *comparison)
{
	MhLocations *locations = mh_locate_schema(table, scripts, rows, comparison);

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
 * Whose the object is that a fix is about, as SQL; of what is not there, the version table's owner.
 * A materialized view runs its query when it is made, so it is his who is expected to own it.
 */
static const char *
owner_of(const MhComparison *comparison, const MhDifference *difference)
{
	static const char *const types[] = {MH_TYPE_TABLE, MH_TYPE_VIEW, MH_TYPE_MATERIALIZED_VIEW,
										MH_TYPE_FOREIGN_TABLE, MH_TYPE_DOMAIN};
	const MhDefinition *object =
		difference->actual_object ? difference->actual_object : difference->expected_object;
	const char *owner = NULL;

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

/* The fix, and what it evaluates and does not say: of a constraint, what that refers to. */
static char *
evaluated_by(const MhComparison *comparison, const MhDifference *difference)
{
	const MhDefinition *object = difference->expected_object;
	const char *text = object == NULL ? NULL : mh_attribute(object, MH_ATTR_DEFINITION);

	if (strcmp(difference->type, MH_TYPE_CONSTRAINT) != 0 || text == NULL)
		return pstrdup(mh_shown(comparison, difference->fix));
	return psprintf("%s\n%s", mh_shown(comparison, difference->fix), mh_shown(comparison, text));
}

/*
 * May the caller run it, and is the object that it is about a superuser's, the caller's or his who
 * owns the version table, and who is trusted?
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
	return mh_is_fix_trusted(evaluated_by(comparison, difference),
							 strcmp(difference->type, MH_TYPE_SEQUENCE) == 0);
}

/* ---------- rows ---------- */

static bool
is_of(const MhDifference *difference, const char *type, const char *attribute)
{
	if (strcmp(difference->type, type) != 0)
		return false;
	if (attribute == NULL || difference->attribute == NULL)
		return attribute == NULL && difference->attribute == NULL;
	return strcmp(difference->attribute, attribute) == 0;
}

/* Columns by name only, so that a constraint would have the same index. */
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
demand_of_index(MhRowDemand *demand, const MhComparison *comparison, const MhDefinition *index)
{
	if (!has_plain_columns(index))
		return;
	demand->kind = MH_DEMAND_DEFINITION;
	demand->definition = psprintf(
		"UNIQUE%s (%s)",
		mh_attribute(index, MH_ATTR_NULLS_NOT_DISTINCT) != NULL ? " NULLS NOT DISTINCT" : "",
		mh_attribute(index, MH_ATTR_COLUMNS));
	(void) comparison;
}

static MhRowDemand
demand_of(const MhComparison *comparison, const MhDifference *difference)
{
	const MhDefinition *object = difference->expected_object;
	const char *parent = mh_shown(comparison, object->parent);
	MhRowDemand demand = {MH_DEMAND_NO_ROWS, parent, mh_local_name(object->name), NULL, InvalidOid};

	if (is_of(difference, MH_TYPE_COLUMN, MH_ATTR_NOT_NULL))
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
		demand_of_index(&demand, comparison, object);
	return demand;
}

/* In a collation of the system values are equal where their bytes are. */
static bool
is_of_users(const char *collation)
{
	return collation != NULL && strchr(collation, '.') != NULL;
}

static bool
lets_pass(const MhComparison *comparison, const MhDifference *difference)
{
	MhRowDemand demand = demand_of(comparison, difference);

	if (!mh_rows_check(&demand).passes)
		return false;
	if (!is_of(difference, MH_TYPE_COLUMN, MH_ATTR_COLLATION) || !is_of_users(difference->expected))
		return true;
	demand.kind = MH_DEMAND_NO_ROWS;
	return mh_rows_check(&demand).passes;
}

/* Several statements are one where the caller may use PL/pgSQL. */
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
judge_fix(const MhVersionTable *table, const MhComparison *comparison, MhDifference *difference)
{
	if (!may_be_run(table, comparison, difference))
		withdraw(difference, pstrdup("You may not run it, or it would run code of roles that are "
									 "not trusted."));
	else if (difference->rows_reason != NULL && !lets_pass(comparison, difference))
		withdraw(difference, difference->rows_reason);
}

void
mh_judge_fixes(const MhVersionTable *table, MhScripts *scripts, const MhStrings *rows,
			   const MhComparison *comparison)
{
	bool has_blocks = may_use_blocks();

	if (!has_fix(comparison))
		return;
	if (!table->is_trusted || is_elsewhere(table, scripts, rows, comparison))
	{
		withdraw_fixes(comparison);
		return;
	}
	for (int i = 0; i < comparison->differences->n; i++)
		if (comparison->differences->v[i].fix != NULL)
			judge_fix(table, comparison, &comparison->differences->v[i]);
	mh_withdraw_needing(comparison->differences);
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
	ListCell *cell;

	foreach (cell, leftovers)
	{
		MhSchemaLeftover *found = lfirst(cell);
		MhLeftover *leftover = &found->leftover;
		MhRowDemand demand = {MH_DEMAND_INDEX, found->table, found->name, NULL, found->index};
		MhRowAnswer answer;

		if (!found->checks_rows)
			continue;
		if (!OidIsValid(found->index))
			demand.kind = MH_DEMAND_CONSTRAINT;
		answer = mh_rows_check(&demand);
		if (answer.passes)
			continue;
		if (answer.look != NULL && found->completes != NULL)
			leftover->hint = psprintf("%s; -- rows that are in the way; without any: %s;",
									  answer.look, found->completes);
		else if (leftover->hint == NULL && found->completes != NULL)
			leftover->hint = psprintf("%s; -- fails while rows are in the way", found->completes);
		leftover->fix = NULL;
	}
}
