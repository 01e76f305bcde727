/*-------------------------------------------------------------------------
 *
 * create.c
 *	  Creating what is missing, with all that belongs to it.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"
#include "core/base/wording.h"

static void
append_if(StringInfo out, const char *format, const char *value)
{
	const char *at = strstr(format, "%s");

	if (value == NULL)
		return;
	appendBinaryStringInfo(out, format, at - format);
	appendStringInfoString(out, value);
	appendStringInfoString(out, at + 2);
}

static void
append_identity(StringInfo out, const MhDefinition *column)
{
	const char *identity = mh_attribute(column, "identity");

	if (identity == NULL)
		return;
	appendStringInfo(out, " GENERATED %s AS IDENTITY",
					 strcmp(identity, "always") == 0 ? "ALWAYS" : "BY DEFAULT");
	append_if(out, " (%s)", mh_attribute(column, "identity_options"));
}

static void
append_column(MhRepair *repair, StringInfo out, const MhDefinition *column)
{
	const char *generated = mh_attribute(column, "generated");
	const char *value = mh_attribute(column, "default");

	appendStringInfo(out, "%s %s", mh_local_name(column->name), mh_needed(repair, column, "type"));
	append_if(out, " COMPRESSION %s", mh_attribute(column, "compression"));
	append_if(out, " COLLATE %s", mh_attribute(column, "collation"));
	if (generated != NULL && value != NULL)
		appendStringInfo(out, " GENERATED ALWAYS AS (%s) %s", value,
						 strcmp(generated, "stored") == 0 ? "STORED" : "VIRTUAL");
	else
		append_if(out, " DEFAULT %s", value);
	append_identity(out, column);
	if (mh_attribute(column, "not_null") != NULL)
		appendStringInfoString(out, " NOT NULL");
}

static bool
is_own_column(const MhDefinition *column)
{
	return column != NULL && !mh_has(column, "inherited", "true");
}

static void
append_columns(MhRepair *repair, StringInfo out, const MhDefinition *table)
{
	MhStrings names = mh_split_list(mh_attribute(table, "column_order"));
	int n = 0;

	appendStringInfoString(out, " (");
	for (int i = 0; i < names.n; i++)
	{
		const MhDefinition *column = mh_definitions_find(
			repair->expected_set, "column", psprintf("%s.%s", table->name, names.v[i]));

		if (!is_own_column(column))
			continue;
		appendStringInfoString(out, n++ > 0 ? ",\n    " : "\n    ");
		append_column(repair, out, column);
	}
	appendStringInfoString(out, n > 0 ? "\n)" : ")");
}

static void
append_table_options(StringInfo out, const MhDefinition *table)
{
	StringInfoData options;

	initStringInfo(&options);
	mh_append_options(&options, mh_attribute(table, "options"), "");
	mh_append_options(&options, mh_attribute(table, "toast_options"), "toast.");
	if (options.len > 0)
		appendStringInfo(out, " WITH (%s)", options.data);
}

static void
append_table(MhRepair *repair, const MhDefinition *table)
{
	const char *parent = mh_attribute(table, "partition_of");
	const char *space = mh_attribute(table, "tablespace");
	const char *method = mh_attribute(table, "access_method");
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "CREATE %sTABLE %s",
					 mh_has(table, "persistence", "unlogged") ? "UNLOGGED " : "", table->name);
	if (parent != NULL)
		appendStringInfo(out, " PARTITION OF %s %s", parent,
						 mh_needed(repair, table, "partition_bound"));
	else
		append_columns(repair, out, table);
	append_if(out, " INHERITS (%s)", mh_attribute(table, "inherits"));
	append_if(out, " PARTITION BY %s", mh_attribute(table, "partition_key"));
	append_if(out, " USING %s", method == NULL ? NULL : mh_quoted(method));
	append_table_options(out, table);
	append_if(out, " TABLESPACE %s", space == NULL ? NULL : mh_quoted(space));
}

/* Is what a foreign key refers to there, or does the same statement create it? */
static bool
has_referenced_table(MhRepair *repair, const MhDefinition *constraint)
{
	const char *text = mh_attribute(constraint, "definition");
	const char *from = text == NULL ? NULL : strstr(text, " REFERENCES ");
	const char *name;

	if (from == NULL)
		return true;
	from += strlen(" REFERENCES ");
	name = pnstrdup(from, strcspn(from, "("));
	return strcmp(name, constraint->parent) == 0 ||
		   mh_definitions_find(repair->actual_set, "table", name) != NULL ||
		   mh_definitions_find(repair->expected_set, "table", name) == NULL;
}

static void
append_constraint_options(StringInfo out, const MhDefinition *constraint)
{
	const char *space = mh_attribute(constraint, "index_tablespace");
	const char *deferrable = mh_attribute(constraint, "deferrable");
	StringInfoData options;

	initStringInfo(&options);
	mh_append_options(&options, mh_attribute(constraint, "index_options"), "");
	append_if(out, " WITH (%s)", options.len > 0 ? options.data : NULL);
	append_if(out, " USING INDEX TABLESPACE %s", space == NULL ? NULL : mh_quoted(space));
	if (mh_has(constraint, "no_inherit", "true"))
		appendStringInfoString(out, " NO INHERIT");
	if (deferrable != NULL)
		appendStringInfoString(out, " DEFERRABLE");
	if (deferrable != NULL && strcmp(deferrable, "true") != 0)
		appendStringInfoString(out, " INITIALLY DEFERRED");
	if (mh_has(constraint, "enforced", "false"))
		appendStringInfoString(out, " NOT ENFORCED");
	else if (mh_has(constraint, "validated", "false"))
		appendStringInfoString(out, " NOT VALID");
}

void
mh_append_constraint(MhRepair *repair, StringInfo out, const MhDefinition *constraint)
{
	appendStringInfo(out, "ADD CONSTRAINT %s %s", mh_local_name(constraint->name),
					 mh_needed(repair, constraint, "definition"));
	append_constraint_options(out, constraint);
}

static void
create_constraint(MhRepair *repair, const MhDefinition *constraint)
{
	bool is_of_domain =
		mh_definitions_find(repair->expected_set, "domain", constraint->parent) != NULL;
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "ALTER %s %s ", is_of_domain ? "DOMAIN" : "TABLE", constraint->parent);
	mh_append_constraint(repair, out, constraint);
	mh_append_clustered(repair, constraint);
	mh_append_comment(repair, constraint);
}

void
mh_append_clustered(MhRepair *repair, const MhDefinition *definition)
{
	if (mh_has(definition, "clustered", "true"))
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s CLUSTER ON %s", definition->parent,
						 mh_local_name(definition->name));
}

static void
append_index_targets(MhRepair *repair, const MhDefinition *index)
{
	MhStrings targets = mh_split_list(mh_attribute(index, "statistics"));

	for (int i = 0; i < targets.n; i++)
	{
		int column;
		int target;

		if (sscanf(targets.v[i], "column %d: %d", &column, &target) == 2)
			appendStringInfo(mh_statement(repair),
							 "ALTER INDEX %s ALTER COLUMN %d SET STATISTICS %d", index->name,
							 column, target);
	}
}

static void
append_index(MhRepair *repair, const MhDefinition *index)
{
	const char *space = mh_attribute(index, "tablespace");
	StringInfo out = mh_statement(repair);
	StringInfoData options;

	initStringInfo(&options);
	mh_append_options(&options, mh_attribute(index, "options"), "");
	appendStringInfo(
		out, "CREATE %sINDEX %s ON %s%s USING %s (%s)",
		mh_has(index, "unique", "true") ? "UNIQUE " : "", mh_local_name(index->name),
		mh_has(index, "incomplete", "true") ? "ONLY " : "", mh_needed(repair, index, "table"),
		mh_quoted(mh_needed(repair, index, "method")), mh_needed(repair, index, "columns"));
	append_if(out, " INCLUDE (%s)", mh_attribute(index, "include"));
	if (mh_has(index, "nulls_not_distinct", "true"))
		appendStringInfoString(out, " NULLS NOT DISTINCT");
	append_if(out, " WITH (%s)", options.len > 0 ? options.data : NULL);
	append_if(out, " TABLESPACE %s", space == NULL ? NULL : mh_quoted(space));
	append_if(out, " WHERE %s", mh_attribute(index, "predicate"));
	append_index_targets(repair, index);
	mh_append_clustered(repair, index);
	mh_append_comment(repair, index);
}

void
mh_append_enabled(MhRepair *repair, const MhDefinition *definition)
{
	const char *enabled = mh_attribute(definition, "enabled");
	const char *state = "ENABLE";

	if (enabled != NULL && strcmp(enabled, "disabled") == 0)
		state = "DISABLE";
	else if (enabled != NULL)
		state = strcmp(enabled, "always") == 0 ? "ENABLE ALWAYS" : "ENABLE REPLICA";
	appendStringInfo(mh_statement(repair), "ALTER TABLE %s %s %s %s", definition->parent, state,
					 mh_is_type(definition, "trigger") ? "TRIGGER" : "RULE",
					 mh_local_name(definition->name));
}

static void
create_trigger_or_rule(MhRepair *repair, const MhDefinition *definition)
{
	appendStringInfoString(mh_statement(repair), mh_needed(repair, definition, "definition"));
	if (mh_attribute(definition, "enabled") != NULL)
		mh_append_enabled(repair, definition);
	mh_append_comment(repair, definition);
}

static void
append_policy(MhRepair *repair, const MhDefinition *policy)
{
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "CREATE POLICY %s ON %s", mh_local_name(policy->name), policy->parent);
	if (mh_has(policy, "permissive", "false"))
		appendStringInfoString(out, " AS RESTRICTIVE");
	append_if(out, " FOR %s", mh_attribute(policy, "command"));
	append_if(out, " TO %s", mh_attribute(policy, "roles"));
	append_if(out, " USING (%s)", mh_attribute(policy, "using"));
	append_if(out, " WITH CHECK (%s)", mh_attribute(policy, "with_check"));
	mh_append_comment(repair, policy);
}

void
mh_append_view(MhRepair *repair, const MhDefinition *view, const char *command)
{
	const char *space = mh_attribute(view, "tablespace");
	const char *method = mh_attribute(view, "access_method");
	StringInfo out = mh_statement(repair);
	StringInfoData options;

	initStringInfo(&options);
	mh_append_options(&options, mh_attribute(view, "options"), "");
	appendStringInfo(out, "%s %s", command, view->name);
	append_if(out, " USING %s", method == NULL ? NULL : mh_quoted(method));
	append_if(out, " WITH (%s)", options.len > 0 ? options.data : NULL);
	append_if(out, " TABLESPACE %s", space == NULL ? NULL : mh_quoted(space));
	append_if(out, " AS\n%s", mh_needed(repair, view, "definition"));
}

void
mh_append_sequence_owner(MhRepair *repair, const MhDefinition *sequence)
{
	const char *owned_by = mh_attribute(sequence, "owned_by");

	appendStringInfo(mh_statement(repair), "ALTER SEQUENCE %s OWNED BY %s", sequence->name,
					 owned_by == NULL ? "NONE" : owned_by);
}

static void
append_sequence(MhRepair *repair, const MhDefinition *sequence)
{
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "CREATE %sSEQUENCE %s",
					 mh_has(sequence, "persistence", "unlogged") ? "UNLOGGED " : "",
					 sequence->name);
	append_if(out, " AS %s", mh_attribute(sequence, "data_type"));
	append_if(out, " INCREMENT %s", mh_attribute(sequence, "increment"));
	append_if(out, " MINVALUE %s", mh_attribute(sequence, "minimum"));
	append_if(out, " MAXVALUE %s", mh_attribute(sequence, "maximum"));
	append_if(out, " START %s", mh_attribute(sequence, "start"));
	append_if(out, " CACHE %s", mh_attribute(sequence, "cache"));
	if (mh_has(sequence, "cycle", "true"))
		appendStringInfoString(out, " CYCLE");
}

/* Owner, privileges and comment, where they are not as CREATE leaves them. */
static void
append_common(MhRepair *repair, const MhDefinition *definition)
{
	const char *owner = mh_attribute(definition, "owner");
	const char *keyword = mh_type_keyword(definition->type);
	const char *privileges = mh_attribute(definition, "privileges");

	if (owner != NULL && !mh_is_identifier(owner))
		repair->reason = "The owner is not written as PostgreSQL writes it.";
	else if (owner != NULL && keyword != NULL)
		appendStringInfo(mh_statement(repair), "ALTER %s %s OWNER TO %s", keyword, definition->name,
						 owner);
	if (privileges != NULL)
		mh_repair_privileges(repair, definition, privileges, NULL);
	mh_append_comment(repair, definition);
}

static void create_child(MhRepair *repair, const MhDefinition *child);

static void
create_children(MhRepair *repair, const MhDefinition *parent, const char *type)
{
	MhChildren found = mh_children_of(repair->children, parent->name, type);

	for (int i = 0; i < found.n; i++)
		if (mh_definitions_find(repair->actual_set, type, found.v[i]->name) == NULL)
			create_child(repair, found.v[i]);
}

static void
append_replica_identity(MhRepair *repair, const MhDefinition *table)
{
	const char *identity = mh_attribute(table, "replica_identity");

	appendStringInfo(mh_statement(repair), "ALTER TABLE %s REPLICA IDENTITY %s", table->name,
					 identity == NULL ? "DEFAULT" : identity);
}

/* The foreign keys last: they may refer to a key of the same table. */
static void
create_constraints(MhRepair *repair, const MhDefinition *table, bool foreign)
{
	MhChildren found = mh_children_of(repair->children, table->name, "constraint");

	for (int i = 0; i < found.n; i++)
		if (mh_has(found.v[i], "kind", "foreign key") == foreign &&
			has_referenced_table(repair, found.v[i]))
			create_constraint(repair, found.v[i]);
}

static void
create_table(MhRepair *repair, const MhDefinition *table)
{
	static const char *const then[] = {"index", "statistics", "trigger", "rule", "policy"};

	create_children(repair, table, "sequence");
	append_table(repair, table);
	append_common(repair, table);
	for (MhChildren all = mh_children_of(repair->children, table->name, "sequence"); all.n > 0;
		 all.n--, all.v++)
		mh_append_sequence_owner(repair, all.v[0]);
	create_constraints(repair, table, false);
	create_constraints(repair, table, true);
	for (size_t i = 0; i < lengthof(then); i++)
		create_children(repair, table, then[i]);
	if (mh_attribute(table, "replica_identity") != NULL)
		append_replica_identity(repair, table);
	if (mh_has(table, "row_security", "true"))
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s ENABLE ROW LEVEL SECURITY",
						 table->name);
	if (mh_has(table, "force_row_security", "true"))
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s FORCE ROW LEVEL SECURITY",
						 table->name);
	create_children(repair, table, "column");
}

static void
create_view(MhRepair *repair, const MhDefinition *view)
{
	static const char *const then[] = {"column", "index", "statistics", "trigger", "rule"};

	mh_append_view(repair, view,
				   mh_is_type(view, "view") ? "CREATE VIEW" : "CREATE MATERIALIZED VIEW");
	append_common(repair, view);
	for (size_t i = 0; i < lengthof(then); i++)
		create_children(repair, view, then[i]);
}

static void
create_statistics(MhRepair *repair, const MhDefinition *statistics)
{
	const char *target = mh_attribute(statistics, "statistics");

	appendStringInfo(mh_statement(repair), "CREATE STATISTICS %s %s", statistics->name,
					 mh_needed(repair, statistics, "definition"));
	if (target != NULL)
		appendStringInfo(mh_statement(repair), "ALTER STATISTICS %s SET STATISTICS %s",
						 statistics->name, target);
	append_common(repair, statistics);
}

/* Of a column that its table's CREATE has not made as it is. */
static void
create_column_state(MhRepair *repair, const MhDefinition *column)
{
	const MhDefinition *table = mh_definitions_find(repair->expected_set, "table", column->parent);
	const char *value = mh_attribute(column, "default");
	bool is_made =
		table != NULL && mh_attribute(table, "partition_of") == NULL && is_own_column(column);

	if (!is_made && value != NULL && mh_attribute(column, "generated") == NULL)
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s",
						 column->parent, mh_local_name(column->name), value);
	if (!is_made && mh_attribute(column, "not_null") != NULL)
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL",
						 column->parent, mh_local_name(column->name));
	mh_append_column_state(repair, column);
}

static void
create_child(MhRepair *repair, const MhDefinition *child)
{
	if (mh_is_type(child, "sequence"))
	{
		append_sequence(repair, child);
		append_common(repair, child);
	}
	else if (mh_is_type(child, "index"))
		append_index(repair, child);
	else if (mh_is_type(child, "statistics"))
		create_statistics(repair, child);
	else if (mh_is_type(child, "trigger") || mh_is_type(child, "rule"))
		create_trigger_or_rule(repair, child);
	else if (mh_is_type(child, "policy"))
		append_policy(repair, child);
	else if (mh_is_type(child, "column"))
		create_column_state(repair, child);
}

static bool
has_inheritors(const MhDefinitions *set, const char *table)
{
	for (int i = 0; i < set->n; i++)
	{
		const char *parents = mh_attribute(&set->v[i], "inherits");
		MhStrings list;

		if (parents == NULL)
			continue;
		list = mh_split_list(parents);
		if (mh_strings_contain(&list, table))
			return true;
	}
	return false;
}

static char *
nextval_of(const MhDefinition *sequence)
{
	return psprintf("nextval(%s::regclass)", mh_sql_literal(sequence->name));
}

/* The sequence of a serial column that went with it; NULL: there is none. */
static const MhDefinition *
find_own_sequence(MhRepair *repair, const MhDefinition *column)
{
	MhChildren all = mh_children_of(repair->children, column->parent, "sequence");
	const char *value = mh_attribute(column, "default");

	for (int i = 0; i < all.n && value != NULL; i++)
		if (mh_has(all.v[i], "owned_by", column->name) &&
			mh_definitions_find(repair->actual_set, "sequence", all.v[i]->name) == NULL &&
			strcmp(nextval_of(all.v[i]), value) == 0)
			return all.v[i];
	return NULL;
}

static void
add_column(MhRepair *repair, const MhDefinition *column)
{
	const MhDefinition *sequence = find_own_sequence(repair, column);
	StringInfo out;

	if (!is_own_column(column))
	{
		repair->reason = "The column comes with that of the table that this one inherits from.";
		return;
	}
	if (mh_attribute(column, "not_null") != NULL && mh_attribute(column, "default") == NULL &&
		mh_attribute(column, "identity") == NULL)
	{
		repair->reason = "The column is NOT NULL without a default: a person has to say what the "
						 "rows that are there shall hold.";
		return;
	}
	if (mh_attribute(column, "identity") != NULL &&
		has_inheritors(repair->actual_set, column->parent))
	{
		repair->reason = "PostgreSQL adds no identity column to a table that others inherit from.";
		return;
	}
	if (sequence != NULL)
		append_sequence(repair, sequence);
	out = mh_statement(repair);
	appendStringInfo(out, "ALTER TABLE %s ADD COLUMN ", column->parent);
	append_column(repair, out, column);
	if (sequence != NULL)
	{
		append_common(repair, sequence);
		mh_append_sequence_owner(repair, sequence);
	}
	mh_append_column_state(repair, column);
}

static void
create_domain(MhRepair *repair, const MhDefinition *domain)
{
	MhChildren constraints = mh_children_of(repair->children, domain->name, "constraint");
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "CREATE DOMAIN %s AS %s", domain->name,
					 mh_needed(repair, domain, "type"));
	append_if(out, " COLLATE %s", mh_attribute(domain, "collation"));
	append_if(out, " DEFAULT %s", mh_attribute(domain, "default"));
	if (mh_attribute(domain, "not_null") != NULL)
		appendStringInfoString(out, " NOT NULL");
	for (int i = 0; i < constraints.n; i++)
		create_constraint(repair, constraints.v[i]);
}

static void
create_range(MhRepair *repair, const MhDefinition *range)
{
	StringInfo out;

	if (mh_attribute(range, "canonical") != NULL)
	{
		repair->reason = "Its canonical function needs the type to be there first.";
		return;
	}
	out = mh_statement(repair);
	appendStringInfo(out, "CREATE TYPE %s AS RANGE (SUBTYPE = %s", range->name,
					 mh_needed(repair, range, "subtype"));
	append_if(out, ", SUBTYPE_OPCLASS = %s", mh_attribute(range, "operator_class"));
	append_if(out, ", COLLATION = %s", mh_attribute(range, "collation"));
	append_if(out, ", SUBTYPE_DIFF = %s", mh_attribute(range, "subtype_diff"));
	append_if(out, ", MULTIRANGE_TYPE_NAME = %s", mh_attribute(range, "multirange"));
	appendStringInfoChar(out, ')');
}

static void
create_composite(MhRepair *repair, const MhDefinition *type)
{
	appendStringInfo(mh_statement(repair), "CREATE TYPE %s AS (%s)", type->name,
					 mh_needed(repair, type, "columns"));
}

static void
create_enum(MhRepair *repair, const MhDefinition *type)
{
	appendStringInfo(mh_statement(repair), "CREATE TYPE %s AS ENUM (%s)", type->name,
					 mh_needed(repair, type, "labels"));
}

static void
create_schema(MhRepair *repair, const MhDefinition *schema)
{
	appendStringInfo(mh_statement(repair), "CREATE SCHEMA IF NOT EXISTS %s", schema->name);
}

static void
create_extension(MhRepair *repair, const MhDefinition *extension)
{
	appendStringInfo(mh_statement(repair), "CREATE EXTENSION IF NOT EXISTS %s SCHEMA %s",
					 extension->name, mh_needed(repair, extension, "schema"));
}

/* Does the column take its values from the sequence? */
static bool
is_numbered_by(const MhDefinition *column, const MhDefinition *sequence)
{
	const char *value = mh_attribute(column, "default");

	return value != NULL && mh_is_type(column, "column") &&
		   strcmp(value, nextval_of(sequence)) == 0;
}

/* The one column that is there and that the sequence numbers; NULL: none, or several. */
static const MhDefinition *
find_numbered(const MhRepair *repair, const MhDefinition *sequence)
{
	const MhDefinition *found = NULL;

	for (int i = 0; i < repair->expected_set->n; i++)
	{
		const MhDefinition *column = &repair->expected_set->v[i];

		if (!is_numbered_by(column, sequence))
			continue;
		if (found != NULL)
			return NULL;
		found = mh_definitions_find(repair->actual_set, "column", column->name);
		if (found == NULL)
			return NULL;
	}
	return found;
}

static bool
counts_in_integers(const MhDefinition *column)
{
	return mh_has(column, "type", "integer") || mh_has(column, "type", "bigint") ||
		   mh_has(column, "type", "smallint");
}

/* It goes on where the column's values end; without any it begins at its start. */
static void
append_last_value(MhRepair *repair, const MhDefinition *sequence, const MhDefinition *column)
{
	const char *name = mh_local_name(column->name);
	const char *increment = mh_attribute(sequence, "increment");
	const char *bound = mh_attribute(sequence, "minimum");

	if (increment != NULL && *increment == '-')
		repair->reason = "Where the sequence had counted to is not known.";
	else
		appendStringInfo(mh_statement(repair),
						 "SELECT pg_catalog.setval(%s::pg_catalog.regclass, pg_catalog.max(%s)) "
						 "FROM %s HAVING pg_catalog.max(%s) >= %s",
						 mh_sql_literal(sequence->name), name, column->parent, name,
						 bound == NULL ? "1" : bound);
}

static void
create_sequence(MhRepair *repair, const MhDefinition *sequence)
{
	const MhDefinition *column = find_numbered(repair, sequence);

	if (column == NULL || !counts_in_integers(column))
	{
		repair->reason = "Where the sequence had counted to is not known.";
		return;
	}
	append_sequence(repair, sequence);
	append_last_value(repair, sequence, column);
	if (mh_attribute(sequence, "owned_by") != NULL)
		mh_append_sequence_owner(repair, sequence);
}

typedef struct Creator
{
	const char *type;
	void (*create)(MhRepair *repair, const MhDefinition *definition);
	bool with_common; /* owner, privileges and comment are to be set */
} Creator;

static const Creator creators[] = {
	{"aggregate", mh_append_routine, true},
	{"column", add_column, false},
	{"composite type", create_composite, true},
	{"constraint", create_constraint, false},
	{"domain", create_domain, true},
	{"enum", create_enum, true},
	{"extension", create_extension, false},
	{"function", mh_append_routine, true},
	{"index", append_index, false},
	{"materialized view", create_view, false},
	{"policy", append_policy, false},
	{"procedure", mh_append_routine, true},
	{"range type", create_range, true},
	{"rule", create_trigger_or_rule, false},
	{"schema", create_schema, true},
	{"sequence", create_sequence, true},
	{"statistics", create_statistics, false},
	{"table", create_table, false},
	{"trigger", create_trigger_or_rule, false},
	{"view", create_view, false},
};

void
mh_create(MhRepair *repair, const MhDefinition *missing)
{
	for (size_t i = 0; i < lengthof(creators); i++)
	{
		if (!mh_is_type(missing, creators[i].type))
			continue;
		creators[i].create(repair, missing);
		if (creators[i].with_common)
			append_common(repair, missing);
		return;
	}
	repair->reason = psprintf("mighead writes no DDL for objects of the type %s.", missing->type);
}
