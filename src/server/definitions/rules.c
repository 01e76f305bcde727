/*-------------------------------------------------------------------------
 *
 * rules.c
 *	  Definitions of triggers, rules and policies.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/relations.h"

#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/array.h"
#include "utils/builtins.h"

/*
 * $1: relations.  A partition's trigger is its parent's, unless it was switched off or on
 * there alone.  One whose function an extension brings is of a type by itself: TimescaleDB makes
 * and drops some on hypertables, and a migration may make one too.  mighead's own is there to look,
 * and pg_repack's while it is at work.
 */
static const char *const triggers_query =
	"SELECT t.oid, t.tgrelid, t.tgname, pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled,"
	" x.extname IS NOT NULL"
	" FROM pg_catalog.pg_trigger t"
	" LEFT JOIN pg_catalog.pg_trigger p ON p.oid = t.tgparentid"
	" LEFT JOIN pg_catalog.pg_depend m"
	"  ON m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = t.tgfoid"
	"  AND m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND m.deptype = 'e'"
	" LEFT JOIN pg_catalog.pg_extension x ON x.oid = m.refobjid"
	" WHERE t.tgrelid = ANY ($1) AND NOT t.tgisinternal"
	" AND (t.tgparentid = 0 OR t.tgenabled <> p.tgenabled)"
	" AND COALESCE(x.extname NOT IN ('mighead', '" MH_REPACK "'), true)";

/* $1: relations; what makes a view is the view's. */
static const char *const rules_query =
	"SELECT r.oid, r.ev_class, r.rulename, pg_catalog.pg_get_ruledef(r.oid), r.ev_enabled"
	" FROM pg_catalog.pg_rewrite r"
	" WHERE r.ev_class = ANY ($1) AND r.rulename <> '_RETURN'";

/* clang-format off */
/* $1: relations */
static const char *const policies_query =
	"SELECT p.oid, p.polrelid, p.polname, p.polcmd, p.polpermissive, " MH_SQL_ROLES("p.polroles") ","
	" pg_catalog.pg_get_expr(p.polqual, p.polrelid),"
	" pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)"
	" FROM pg_catalog.pg_policy p"
	" WHERE p.polrelid = ANY ($1)";
/* clang-format on */

static char *
enabled_name(char enabled)
{
	switch (enabled)
	{
		case TRIGGER_DISABLED:
			return pstrdup("disabled");
		case TRIGGER_FIRES_ON_REPLICA:
			return pstrdup("replica");
		case TRIGGER_FIRES_ALWAYS:
			return pstrdup("always");
		default:
			return NULL;
	}
}

/* An object that is called after its relation: its OID, the relation's and its name. */
static MhDefinition *
begin_member(MhReading *reading, const MhCatalogRow *row, const char *type)
{
	MhRelation *relation = mh_relation_of_row(row, 1);

	return mh_definition_add(reading->set, type,
							 mh_member_name(relation->name, mh_row_name(row, 2)),
							 pstrdup(relation->name));
}

static void
end_member(MhDefinition *definition, const MhCatalogRow *row, Oid class)
{
	mh_attribute_add(definition, MH_ATTR_COMMENT,
					 mh_comment(row->reading, class, mh_row_oid(row, 0), 0));
	mh_definition_end(definition);
}

static void
add_text(MhDefinition *definition, const MhCatalogRow *row)
{
	char *text = mh_row_canonical(row, 3);
	int length = text == NULL ? 0 : strlen(text);

	if (length > 0 && text[length - 1] == ';')
		text[length - 1] = '\0';
	mh_attribute_add(definition, MH_ATTR_DEFINITION, text);
	mh_attribute_add(definition, MH_ATTR_ENABLED, enabled_name(mh_row_char(row, 4)));
}

static void
add_trigger(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhDefinition *definition = begin_member(
		reading, row, mh_row_bool(row, 5) ? MH_TYPE_EXTENSION_TRIGGER : MH_TYPE_TRIGGER);

	add_text(definition, row);
	end_member(definition, row, TriggerRelationId);
}

static void
add_rule(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhDefinition *definition = begin_member(reading, row, MH_TYPE_RULE);

	add_text(definition, row);
	end_member(definition, row, RewriteRelationId);
}

static char *
command_name(char command)
{
	switch (command)
	{
		case ACL_SELECT_CHR:
			return pstrdup("select");
		case ACL_INSERT_CHR:
			return pstrdup("insert");
		case ACL_UPDATE_CHR:
			return pstrdup("update");
		case ACL_DELETE_CHR:
			return pstrdup("delete");
		default:
			return pstrdup("all");
	}
}

static void
add_policy(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhDefinition *definition = begin_member(reading, row, MH_TYPE_POLICY);

	mh_attribute_add(definition, MH_ATTR_COMMAND, command_name(mh_row_char(row, 3)));
	if (!mh_row_bool(row, 4))
		mh_attribute_add(definition, MH_ATTR_PERMISSIVE, pstrdup("false"));
	mh_attribute_add(definition, MH_ATTR_ROLES, mh_row_roles(row, 5));
	mh_attribute_add(definition, MH_ATTR_USING, mh_row_canonical(row, 6));
	mh_attribute_add(definition, MH_ATTR_WITH_CHECK, mh_row_canonical(row, 7));
	end_member(definition, row, PolicyRelationId);
}

void
mh_read_rules(MhReading *reading, Datum oids)
{
	mh_query_catalogs(reading, triggers_query, oids, add_trigger, NULL);
	mh_query_catalogs(reading, rules_query, oids, add_rule, NULL);
	mh_query_catalogs(reading, policies_query, oids, add_policy, NULL);
}
