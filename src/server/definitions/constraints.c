/*-------------------------------------------------------------------------
 *
 * constraints.c
 *	  Definitions of the constraints of tables.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/expression.h"

#include "catalog/pg_constraint.h"
#include "utils/builtins.h"

#define MH_SQL_CONENFORCED_ANYWHERE \
	MH_SQL_HERE_OR_THERE(MH_SQL_CONENFORCED, MH_SQL_SINCE("18", "c.conenforced", "true"))

/* $1: relations.  Constraint triggers are triggers; NOT NULL is the column's. */
static const char *const constraints_query =
	"SELECT c.oid, c.conrelid, c.conname, c.contype, c.conindid,"
	" CASE c.contype WHEN 'c' THEN " MH_SQL_HERE_OR_THERE(
		"c.conbin::text",
		"pg_catalog.pg_get_expr(c.conbin, c.conrelid)") "  ELSE pg_catalog.pg_get_constraintdef(c.oid) END,"
														" c.condeferrable, c.condeferred, c.convalidated, " MH_SQL_CONENFORCED_ANYWHERE
														", c.connoinherit,"
														" c.conislocal AND c.conparentid = 0 FROM pg_catalog.pg_constraint c"
														" WHERE c.conrelid = ANY ($1) AND c.contype IN ('c', 'p', 'u', 'f', 'x')";

enum
{
	OID,
	RELATION,
	NAME,
	TYPE,
	INDEX,
	DEFINITION,
	DEFERRABLE,
	DEFERRED,
	VALIDATED,
	ENFORCED,
	NO_INHERIT,
	IS_OWN
};

static char *
kind_name(char type)
{
	switch (type)
	{
		case CONSTRAINT_PRIMARY:
			return pstrdup(MH_CONSTRAINT_PRIMARY_KEY);
		case CONSTRAINT_UNIQUE:
			return pstrdup(MH_CONSTRAINT_UNIQUE);
		case CONSTRAINT_FOREIGN:
			return pstrdup(MH_CONSTRAINT_FOREIGN_KEY);
		case CONSTRAINT_EXCLUSION:
			return pstrdup(MH_CONSTRAINT_EXCLUSION);
		default:
			return pstrdup(MH_CONSTRAINT_CHECK);
	}
}

static bool
cut_ending(char *text, const char *ending)
{
	int length = strlen(text) - strlen(ending);

	if (length < 0 || strcmp(text + length, ending) != 0)
		return false;
	text[length] = '\0';
	return true;
}

/* What follows the body are attributes of their own. */
static char *
body(const MhRelation *relation, const MhCatalogRow *row)
{
	static const char *const endings[] = {" NOT VALID", " NOT ENFORCED", " INITIALLY DEFERRED",
										  " DEFERRABLE"};
	bool is_check = mh_row_char(row, TYPE) == CONSTRAINT_CHECK;
	char *text =
		is_check ? mh_row_expression(row, DEFINITION, relation) : mh_row_canonical(row, DEFINITION);

	if (text == NULL)
		return NULL;
	if (is_check)
		return psprintf("CHECK (%s)", text);
	for (int i = 0; i < (int) lengthof(endings); i++)
		cut_ending(text, endings[i]);
	return text;
}

static void
add_state(MhDefinition *definition, const MhCatalogRow *row)
{
	bool is_enforced = mh_row_bool(row, ENFORCED);

	if (mh_row_bool(row, DEFERRABLE))
		mh_attribute_add(definition, MH_ATTR_DEFERRABLE,
						 pstrdup(mh_row_bool(row, DEFERRED) ? "initially deferred" : "true"));
	if (!is_enforced)
		mh_attribute_add(definition, MH_ATTR_ENFORCED, pstrdup("false"));
	else if (!mh_row_bool(row, VALIDATED))
		mh_attribute_add(definition, MH_ATTR_VALIDATED, pstrdup("false"));
	/* of other kinds it depends on how a partition was made */
	if (mh_row_char(row, TYPE) == CONSTRAINT_CHECK)
		mh_attribute_add(definition, MH_ATTR_NO_INHERIT, mh_row_flag(row, NO_INHERIT));
}

static void
add_index_state(MhDefinition *definition, const MhCatalogRow *row, const List *states)
{
	char type = mh_row_char(row, TYPE);
	ListCell *cell;

	/* that of a foreign key is the referenced table's */
	if (type == CONSTRAINT_FOREIGN || type == CONSTRAINT_CHECK)
		return;
	foreach (cell, states)
	{
		MhIndexState *state = lfirst(cell);

		if (!mh_is_same_oid(state->oid, mh_row_oid(row, INDEX)))
			continue;
		/* the text of an exclusion constraint has them already */
		if (type != CONSTRAINT_EXCLUSION)
			mh_attribute_add(definition, MH_ATTR_INDEX_OPTIONS, state->options);
		mh_attribute_add(definition, MH_ATTR_INDEX_TABLESPACE, state->tablespace);
		if (!state->is_valid)
			mh_attribute_add(definition, MH_ATTR_INDEX_VALID, pstrdup("false"));
		if (state->is_clustered)
			mh_attribute_add(definition, MH_ATTR_CLUSTERED, pstrdup("true"));
	}
}

/*
 * Those of a partition that are its parent's, and those that a child only inherits, are
 * left out.
 */
static void
add_constraint(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhRelation *relation = mh_relation_of_row(row, RELATION);
	MhDefinition *definition;

	/* a condition of the query would make the planner choose the wrong index */
	if (!mh_row_bool(row, IS_OWN))
		return;
	definition = mh_definition_add(reading->set, MH_TYPE_CONSTRAINT,
								   mh_member_name(relation->name, mh_row_name(row, NAME)),
								   pstrdup(relation->name));

	mh_attribute_add(definition, MH_ATTR_KIND, kind_name(mh_row_char(row, TYPE)));
	mh_attribute_add(definition, MH_ATTR_DEFINITION, body(relation, row));
	add_state(definition, row);
	add_index_state(definition, row, state);
	mh_attribute_add(definition, MH_ATTR_COMMENT,
					 mh_comment(reading, ConstraintRelationId, mh_row_oid(row, OID), 0));
	mh_definition_end(definition);
}

void
mh_read_constraints(MhReading *reading, Datum oids, List *index_states)
{
	mh_query_catalogs(reading, constraints_query, oids, add_constraint, index_states);
}
