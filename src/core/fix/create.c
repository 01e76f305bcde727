/*-------------------------------------------------------------------------
 *
 * create.c
 *	  Creates a missing object and all that belongs to it.
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
	const char *identity = mh_attribute(column, MH_ATTR_IDENTITY);

	if (identity == NULL)
		return;
	appendStringInfo(out, " GENERATED %s AS IDENTITY",
					 strcmp(identity, "always") == 0 ? "ALWAYS" : "BY DEFAULT");
	append_if(out, " (%s)", mh_attribute(column, MH_ATTR_IDENTITY_OPTIONS));
}

static void
append_column(MhRepair *repair, StringInfo out, const MhDefinition *column)
{
	const char *generated = mh_attribute(column, MH_ATTR_GENERATED);
	const char *value = mh_attribute(column, MH_ATTR_DEFAULT);

	appendStringInfo(out, "%s %s", mh_local_name(column->name),
					 mh_needed(repair, column, MH_ATTR_TYPE));
	append_if(out, " COMPRESSION %s", mh_attribute(column, MH_ATTR_COMPRESSION));
	append_if(out, " COLLATE %s", mh_attribute(column, MH_ATTR_COLLATION));
	if (generated != NULL && value != NULL)
		appendStringInfo(out, " GENERATED ALWAYS AS (%s) %s", value,
						 strcmp(generated, "stored") == 0 ? "STORED" : "VIRTUAL");
	else
		append_if(out, " DEFAULT %s", value);
	append_identity(out, column);
	if (mh_attribute(column, MH_ATTR_NOT_NULL) != NULL)
		appendStringInfoString(out, " NOT NULL");
}

static bool
is_own_column(const MhDefinition *column)
{
	return column != NULL && !mh_has(column, MH_ATTR_INHERITED, "true");
}

static void
append_columns(MhRepair *repair, StringInfo out, const MhDefinition *table)
{
	MhStrings names = mh_split_list(mh_attribute(table, MH_ATTR_COLUMN_ORDER));
	int n = 0;

	appendStringInfoString(out, " (");
	for (int i = 0; i < names.n; i++)
	{
		const MhDefinition *column = mh_definitions_find(
			repair->expected_set, MH_TYPE_COLUMN, psprintf("%s.%s", table->name, names.v[i]));

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
	mh_append_options(&options, mh_attribute(table, MH_ATTR_OPTIONS), "");
	mh_append_options(&options, mh_attribute(table, MH_ATTR_TOAST_OPTIONS), "toast.");
	if (options.len > 0)
		appendStringInfo(out, " WITH (%s)", options.data);
}

static void
append_table(MhRepair *repair, const MhDefinition *table)
{
	const char *parent = mh_attribute(table, MH_ATTR_PARTITION_OF);
	const char *space = mh_attribute(table, MH_ATTR_TABLESPACE);
	const char *method = mh_attribute(table, MH_ATTR_ACCESS_METHOD);
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "CREATE %sTABLE %s",
					 mh_has(table, MH_ATTR_PERSISTENCE, "unlogged") ? "UNLOGGED " : "",
					 table->name);
	if (parent != NULL)
		appendStringInfo(out, " PARTITION OF %s %s", parent,
						 mh_needed(repair, table, MH_ATTR_PARTITION_BOUND));
	else
		append_columns(repair, out, table);
	append_if(out, " INHERITS (%s)", mh_attribute(table, MH_ATTR_INHERITS));
	append_if(out, " PARTITION BY %s", mh_attribute(table, MH_ATTR_PARTITION_KEY));
	append_if(out, " USING %s", method == NULL ? NULL : mh_quoted(method));
	append_table_options(out, table);
	append_if(out, " TABLESPACE %s", space == NULL ? NULL : mh_quoted(space));
}

/* Returns the table to which a foreign key refers; NULL: it is no foreign key. */
static char *
referenced_table(const MhDefinition *constraint)
{
	const char *text = mh_attribute(constraint, MH_ATTR_DEFINITION);
	const char *from = text == NULL ? NULL : strstr(text, " REFERENCES ");

	if (from == NULL)
		return NULL;
	from += strlen(" REFERENCES ");
	return pnstrdup(from, strcspn(from, "("));
}

/* Returns whether missing tables refer, one to the next, from the first of the list to this one. */
static bool
refers_to(MhRepair *repair, const char *first, const char *table)
{
	MhStrings found = {0, NULL};

	mh_strings_add(&found, first);
	for (int i = 0; i < found.n; i++)
	{
		MhChildren constraints = mh_children_of(repair->children, found.v[i], MH_TYPE_CONSTRAINT);

		MH_CHECK_INTERRUPTS();
		if (strcmp(found.v[i], table) == 0)
			return true;
		if (mh_definitions_find(repair->actual_set, MH_TYPE_TABLE, found.v[i]) != NULL)
			continue;
		for (int j = 0; j < constraints.n; j++)
		{
			char *next = referenced_table(constraints.v[j]);

			if (next != NULL && !mh_strings_contain(&found, next))
				mh_strings_add(&found, next);
		}
	}
	return false;
}

/*
 * Returns whether the table to which a foreign key refers exists, or is created before by this
 * statement or an earlier one.  If tables refer to each other it cannot be.
 */
static bool
has_referenced_table(MhRepair *repair, const MhDefinition *constraint)
{
	const char *name = referenced_table(constraint);

	return name == NULL || strcmp(name, constraint->parent) == 0 ||
		   mh_definitions_find(repair->actual_set, MH_TYPE_TABLE, name) != NULL ||
		   !refers_to(repair, name, constraint->parent);
}

static void
append_constraint_options(StringInfo out, const MhDefinition *constraint)
{
	const char *space = mh_attribute(constraint, MH_ATTR_INDEX_TABLESPACE);
	const char *deferrable = mh_attribute(constraint, MH_ATTR_DEFERRABLE);
	StringInfoData options;

	initStringInfo(&options);
	mh_append_options(&options, mh_attribute(constraint, MH_ATTR_INDEX_OPTIONS), "");
	append_if(out, " WITH (%s)", options.len > 0 ? options.data : NULL);
	append_if(out, " USING INDEX TABLESPACE %s", space == NULL ? NULL : mh_quoted(space));
	if (mh_has(constraint, MH_ATTR_NO_INHERIT, "true"))
		appendStringInfoString(out, " NO INHERIT");
	if (deferrable != NULL)
		appendStringInfoString(out, " DEFERRABLE");
	if (deferrable != NULL && strcmp(deferrable, "true") != 0)
		appendStringInfoString(out, " INITIALLY DEFERRED");
	if (mh_has(constraint, MH_ATTR_ENFORCED, "false"))
		appendStringInfoString(out, " NOT ENFORCED");
	else if (mh_has(constraint, MH_ATTR_VALIDATED, "false"))
		appendStringInfoString(out, " NOT VALID");
}

void
mh_append_constraint(MhRepair *repair, StringInfo out, const MhDefinition *constraint)
{
	appendStringInfo(out, "ADD CONSTRAINT %s %s", mh_local_name(constraint->name),
					 mh_needed(repair, constraint, MH_ATTR_DEFINITION));
	append_constraint_options(out, constraint);
}

static void
create_constraint(MhRepair *repair, const MhDefinition *constraint)
{
	bool is_of_domain =
		mh_definitions_find(repair->expected_set, MH_TYPE_DOMAIN, constraint->parent) != NULL;
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "ALTER %s %s ", is_of_domain ? "DOMAIN" : "TABLE", constraint->parent);
	mh_append_constraint(repair, out, constraint);
	mh_append_clustered(repair, constraint);
	mh_append_comment(repair, constraint);
}

/* Adds a constraint.  The rows of an existing table may be in the way. */
static void
add_constraint(MhRepair *repair, const MhDefinition *constraint)
{
	create_constraint(repair, constraint);
	if (!mh_has(constraint, MH_ATTR_VALIDATED, "false") &&
		!mh_has(constraint, MH_ATTR_ENFORCED, "false"))
		repair->rows_reason =
			"Rows may violate the constraint: a person has to look at them first.";
}

void
mh_append_clustered(MhRepair *repair, const MhDefinition *definition)
{
	if (mh_has(definition, MH_ATTR_CLUSTERED, "true"))
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s CLUSTER ON %s", definition->parent,
						 mh_local_name(definition->name));
}

static void
append_index_targets(MhRepair *repair, const MhDefinition *index)
{
	MhStrings targets = mh_split_list(mh_attribute(index, MH_ATTR_STATISTICS));

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
	const char *space = mh_attribute(index, MH_ATTR_TABLESPACE);
	StringInfo out = mh_statement(repair);
	StringInfoData options;

	initStringInfo(&options);
	mh_append_options(&options, mh_attribute(index, MH_ATTR_OPTIONS), "");
	appendStringInfo(out, "CREATE %sINDEX %s ON %s%s USING %s (%s)",
					 mh_has(index, MH_ATTR_UNIQUE, "true") ? "UNIQUE " : "",
					 mh_local_name(index->name),
					 mh_has(index, MH_ATTR_INCOMPLETE, "true") ? "ONLY " : "",
					 mh_needed(repair, index, MH_ATTR_TABLE),
					 mh_quoted(mh_needed(repair, index, MH_ATTR_METHOD)),
					 mh_needed(repair, index, MH_ATTR_COLUMNS));
	append_if(out, " INCLUDE (%s)", mh_attribute(index, MH_ATTR_INCLUDE));
	if (mh_has(index, MH_ATTR_NULLS_NOT_DISTINCT, "true"))
		appendStringInfoString(out, " NULLS NOT DISTINCT");
	append_if(out, " WITH (%s)", options.len > 0 ? options.data : NULL);
	append_if(out, " TABLESPACE %s", space == NULL ? NULL : mh_quoted(space));
	append_if(out, " WHERE %s", mh_attribute(index, MH_ATTR_PREDICATE));
	append_index_targets(repair, index);
	mh_append_clustered(repair, index);
	mh_append_comment(repair, index);
}

static void
add_index(MhRepair *repair, const MhDefinition *index)
{
	append_index(repair, index);
	if (mh_has(index, MH_ATTR_UNIQUE, "true"))
		repair->rows_reason = "Rows may be there twice: a person has to look at them first.";
	else if (mh_attribute(index, MH_ATTR_PREDICATE) != NULL ||
			 strchr(mh_needed(repair, index, MH_ATTR_COLUMNS), '(') != NULL)
		repair->rows_reason = "What the index evaluates may raise an error for a row.";
	else
		repair->rows_reason = "Nobody could write to a large table while it is built: CREATE INDEX "
							  "CONCURRENTLY lets them.";
}

void
mh_append_enabled(MhRepair *repair, const MhDefinition *definition)
{
	const char *enabled = mh_attribute(definition, MH_ATTR_ENABLED);
	const char *state = "ENABLE";

	if (enabled != NULL && strcmp(enabled, "disabled") == 0)
		state = "DISABLE";
	else if (enabled != NULL)
		state = strcmp(enabled, "always") == 0 ? "ENABLE ALWAYS" : "ENABLE REPLICA";
	appendStringInfo(mh_statement(repair), "ALTER TABLE %s %s %s %s", definition->parent, state,
					 mh_is_type(definition, MH_TYPE_TRIGGER) ? "TRIGGER" : "RULE",
					 mh_local_name(definition->name));
}

static void
create_trigger_or_rule(MhRepair *repair, const MhDefinition *definition)
{
	appendStringInfoString(mh_statement(repair), mh_needed(repair, definition, MH_ATTR_DEFINITION));
	if (mh_attribute(definition, MH_ATTR_ENABLED) != NULL)
		mh_append_enabled(repair, definition);
	mh_append_comment(repair, definition);
}

static void
append_policy(MhRepair *repair, const MhDefinition *policy)
{
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "CREATE POLICY %s ON %s", mh_local_name(policy->name), policy->parent);
	if (mh_has(policy, MH_ATTR_PERMISSIVE, "false"))
		appendStringInfoString(out, " AS RESTRICTIVE");
	append_if(out, " FOR %s", mh_attribute(policy, MH_ATTR_COMMAND));
	append_if(out, " TO %s", mh_attribute(policy, MH_ATTR_ROLES));
	append_if(out, " USING (%s)", mh_attribute(policy, MH_ATTR_USING));
	append_if(out, " WITH CHECK (%s)", mh_attribute(policy, MH_ATTR_WITH_CHECK));
	mh_append_comment(repair, policy);
}

void
mh_append_view(MhRepair *repair, const MhDefinition *view, const char *command)
{
	const char *space = mh_attribute(view, MH_ATTR_TABLESPACE);
	const char *method = mh_attribute(view, MH_ATTR_ACCESS_METHOD);
	StringInfo out = mh_statement(repair);
	StringInfoData options;

	initStringInfo(&options);
	mh_append_options(&options, mh_attribute(view, MH_ATTR_OPTIONS), "");
	appendStringInfo(out, "%s %s", command, view->name);
	append_if(out, " USING %s", method == NULL ? NULL : mh_quoted(method));
	append_if(out, " WITH (%s)", options.len > 0 ? options.data : NULL);
	append_if(out, " TABLESPACE %s", space == NULL ? NULL : mh_quoted(space));
	append_if(out, " AS\n%s", mh_needed(repair, view, MH_ATTR_DEFINITION));
}

void
mh_append_sequence_owner(MhRepair *repair, const MhDefinition *sequence)
{
	const char *owned_by = mh_attribute(sequence, MH_ATTR_OWNED_BY);

	appendStringInfo(mh_statement(repair), "ALTER SEQUENCE %s OWNED BY %s", sequence->name,
					 owned_by == NULL ? "NONE" : owned_by);
}

static void
append_sequence(MhRepair *repair, const MhDefinition *sequence)
{
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "CREATE %sSEQUENCE %s",
					 mh_has(sequence, MH_ATTR_PERSISTENCE, "unlogged") ? "UNLOGGED " : "",
					 sequence->name);
	append_if(out, " AS %s", mh_attribute(sequence, MH_ATTR_DATA_TYPE));
	append_if(out, " INCREMENT %s", mh_attribute(sequence, MH_ATTR_INCREMENT));
	append_if(out, " MINVALUE %s", mh_attribute(sequence, MH_ATTR_MINIMUM));
	append_if(out, " MAXVALUE %s", mh_attribute(sequence, MH_ATTR_MAXIMUM));
	append_if(out, " START %s", mh_attribute(sequence, MH_ATTR_START));
	append_if(out, " CACHE %s", mh_attribute(sequence, MH_ATTR_CACHE));
	if (mh_has(sequence, MH_ATTR_CYCLE, "true"))
		appendStringInfoString(out, " CYCLE");
}

/*
 * Returns the owner that a created object gets.  A sequence that belongs to a column has that of
 * the table, whoever owns the table now.
 */
static const char *
find_owner(const MhRepair *repair, const MhDefinition *definition)
{
	const char *owner = mh_attribute(definition, MH_ATTR_OWNER);
	const MhDefinition *table = NULL;

	if (mh_attribute(definition, MH_ATTR_OWNED_BY) != NULL && definition->parent != NULL)
		table = mh_definitions_find(repair->actual_set, MH_TYPE_TABLE, definition->parent);
	if (table != NULL && mh_attribute(table, MH_ATTR_OWNER) != NULL)
		owner = mh_attribute(table, MH_ATTR_OWNER);
	return owner;
}

/* Appends owner, privileges and comment if they differ from what CREATE sets. */
static void
append_common(MhRepair *repair, const MhDefinition *definition)
{
	const char *owner = find_owner(repair, definition);
	const char *keyword = mh_type_keyword(definition->type);
	const char *privileges = mh_attribute(definition, MH_ATTR_PRIVILEGES);

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
	const char *identity = mh_attribute(table, MH_ATTR_REPLICA_IDENTITY);

	appendStringInfo(mh_statement(repair), "ALTER TABLE %s REPLICA IDENTITY %s", table->name,
					 identity == NULL ? "DEFAULT" : identity);
}

/* Creates the constraints, foreign keys last: they may refer to a key of the same table. */
static void
create_constraints(MhRepair *repair, const MhDefinition *table, bool foreign)
{
	MhChildren found = mh_children_of(repair->children, table->name, MH_TYPE_CONSTRAINT);

	for (int i = 0; i < found.n; i++)
		if (mh_has(found.v[i], MH_ATTR_KIND, MH_CONSTRAINT_FOREIGN_KEY) == foreign &&
			has_referenced_table(repair, found.v[i]))
			create_constraint(repair, found.v[i]);
}

static void
create_table(MhRepair *repair, const MhDefinition *table)
{
	static const char *const then[] = {MH_TYPE_INDEX, MH_TYPE_STATISTICS, MH_TYPE_TRIGGER,
									   MH_TYPE_RULE, MH_TYPE_POLICY};

	create_children(repair, table, MH_TYPE_SEQUENCE);
	append_table(repair, table);
	append_common(repair, table);
	for (MhChildren all = mh_children_of(repair->children, table->name, MH_TYPE_SEQUENCE);
		 all.n > 0; all.n--, all.v++)
		mh_append_sequence_owner(repair, all.v[0]);
	create_constraints(repair, table, false);
	create_constraints(repair, table, true);
	for (size_t i = 0; i < lengthof(then); i++)
		create_children(repair, table, then[i]);
	if (mh_attribute(table, MH_ATTR_REPLICA_IDENTITY) != NULL)
		append_replica_identity(repair, table);
	if (mh_has(table, MH_ATTR_ROW_SECURITY, "true"))
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s ENABLE ROW LEVEL SECURITY",
						 table->name);
	if (mh_has(table, MH_ATTR_FORCE_ROW_SECURITY, "true"))
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s FORCE ROW LEVEL SECURITY",
						 table->name);
	create_children(repair, table, MH_TYPE_COLUMN);
}

static void
create_view(MhRepair *repair, const MhDefinition *view)
{
	static const char *const then[] = {MH_TYPE_COLUMN, MH_TYPE_INDEX, MH_TYPE_STATISTICS,
									   MH_TYPE_TRIGGER, MH_TYPE_RULE};

	mh_append_view(repair, view,
				   mh_is_type(view, MH_TYPE_VIEW) ? "CREATE VIEW" : "CREATE MATERIALIZED VIEW");
	append_common(repair, view);
	for (size_t i = 0; i < lengthof(then); i++)
		create_children(repair, view, then[i]);
}

static void
create_statistics(MhRepair *repair, const MhDefinition *statistics)
{
	const char *target = mh_attribute(statistics, MH_ATTR_STATISTICS);

	appendStringInfo(mh_statement(repair), "CREATE STATISTICS %s %s", statistics->name,
					 mh_needed(repair, statistics, MH_ATTR_DEFINITION));
	if (target != NULL)
		appendStringInfo(mh_statement(repair), "ALTER STATISTICS %s SET STATISTICS %s",
						 statistics->name, target);
	append_common(repair, statistics);
}

/* Sets the attributes of a column that CREATE TABLE does not set. */
static void
create_column_state(MhRepair *repair, const MhDefinition *column)
{
	const MhDefinition *table =
		mh_definitions_find(repair->expected_set, MH_TYPE_TABLE, column->parent);
	const char *value = mh_attribute(column, MH_ATTR_DEFAULT);
	bool is_made =
		table != NULL && mh_attribute(table, MH_ATTR_PARTITION_OF) == NULL && is_own_column(column);

	if (!is_made && value != NULL && mh_attribute(column, MH_ATTR_GENERATED) == NULL)
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s",
						 column->parent, mh_local_name(column->name), value);
	if (!is_made && mh_attribute(column, MH_ATTR_NOT_NULL) != NULL)
		appendStringInfo(mh_statement(repair), "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL",
						 column->parent, mh_local_name(column->name));
	mh_append_column_state(repair, column);
}

static void
create_child(MhRepair *repair, const MhDefinition *child)
{
	if (mh_is_type(child, MH_TYPE_SEQUENCE))
	{
		append_sequence(repair, child);
		append_common(repair, child);
	}
	else if (mh_is_type(child, MH_TYPE_INDEX))
		append_index(repair, child);
	else if (mh_is_type(child, MH_TYPE_STATISTICS))
		create_statistics(repair, child);
	else if (mh_is_type(child, MH_TYPE_TRIGGER) || mh_is_type(child, MH_TYPE_RULE))
		create_trigger_or_rule(repair, child);
	else if (mh_is_type(child, MH_TYPE_POLICY))
		append_policy(repair, child);
	else if (mh_is_type(child, MH_TYPE_COLUMN))
		create_column_state(repair, child);
}

static bool
has_inheritors(const MhDefinitions *set, const char *table)
{
	for (int i = 0; i < set->n; i++)
	{
		const char *parents = mh_attribute(&set->v[i], MH_ATTR_INHERITS);
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

/* Returns the sequence of a serial column that is missing with it; NULL: there is none. */
static const MhDefinition *
find_own_sequence(MhRepair *repair, const MhDefinition *column)
{
	MhChildren all = mh_children_of(repair->children, column->parent, MH_TYPE_SEQUENCE);
	const char *value = mh_attribute(column, MH_ATTR_DEFAULT);

	for (int i = 0; i < all.n && value != NULL; i++)
		if (mh_has(all.v[i], MH_ATTR_OWNED_BY, column->name) &&
			mh_definitions_find(repair->actual_set, MH_TYPE_SEQUENCE, all.v[i]->name) == NULL &&
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
	if (mh_is_typed(repair, column->parent))
	{
		repair->reason = MH_COMES_WITH_TYPE;
		return;
	}
	if (mh_attribute(column, MH_ATTR_NOT_NULL) != NULL &&
		mh_attribute(column, MH_ATTR_DEFAULT) == NULL &&
		mh_attribute(column, MH_ATTR_IDENTITY) == NULL)
	{
		repair->reason = "The column is NOT NULL without a default: a person has to say what the "
						 "rows that are there shall hold.";
		return;
	}
	if (mh_attribute(column, MH_ATTR_IDENTITY) != NULL &&
		has_inheritors(repair->actual_set, column->parent))
	{
		repair->reason = "PostgreSQL adds no identity column to a table that others inherit from.";
		return;
	}
	if (sequence != NULL)
		append_sequence(repair, sequence);
	if (mh_attribute(column, MH_ATTR_GENERATED) != NULL ||
		mh_definitions_find(repair->expected_set, MH_TYPE_DOMAIN,
							mh_needed(repair, column, MH_ATTR_TYPE)))
		repair->rows_reason = "The value that rows would get may not be allowed.";
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
	MhChildren constraints = mh_children_of(repair->children, domain->name, MH_TYPE_CONSTRAINT);
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "CREATE DOMAIN %s AS %s", domain->name,
					 mh_needed(repair, domain, MH_ATTR_TYPE));
	append_if(out, " COLLATE %s", mh_attribute(domain, MH_ATTR_COLLATION));
	append_if(out, " DEFAULT %s", mh_attribute(domain, MH_ATTR_DEFAULT));
	if (mh_attribute(domain, MH_ATTR_NOT_NULL) != NULL)
		appendStringInfoString(out, " NOT NULL");
	for (int i = 0; i < constraints.n; i++)
		create_constraint(repair, constraints.v[i]);
}

static void
create_range(MhRepair *repair, const MhDefinition *range)
{
	StringInfo out;

	if (mh_attribute(range, MH_ATTR_CANONICAL) != NULL)
	{
		repair->reason = "Its canonical function needs the type to be there first.";
		return;
	}
	out = mh_statement(repair);
	appendStringInfo(out, "CREATE TYPE %s AS RANGE (SUBTYPE = %s", range->name,
					 mh_needed(repair, range, MH_ATTR_SUBTYPE));
	append_if(out, ", SUBTYPE_OPCLASS = %s", mh_attribute(range, MH_ATTR_OPERATOR_CLASS));
	append_if(out, ", COLLATION = %s", mh_attribute(range, MH_ATTR_COLLATION));
	append_if(out, ", SUBTYPE_DIFF = %s", mh_attribute(range, MH_ATTR_SUBTYPE_DIFF));
	append_if(out, ", MULTIRANGE_TYPE_NAME = %s", mh_attribute(range, MH_ATTR_MULTIRANGE));
	appendStringInfoChar(out, ')');
}

static void
create_composite(MhRepair *repair, const MhDefinition *type)
{
	appendStringInfo(mh_statement(repair), "CREATE TYPE %s AS (%s)", type->name,
					 mh_needed(repair, type, MH_ATTR_COLUMNS));
}

static void
create_enum(MhRepair *repair, const MhDefinition *type)
{
	appendStringInfo(mh_statement(repair), "CREATE TYPE %s AS ENUM (%s)", type->name,
					 mh_needed(repair, type, MH_ATTR_LABELS));
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
					 extension->name, mh_needed(repair, extension, MH_ATTR_SCHEMA));
}

/* Returns whether the column takes its values from the sequence. */
static bool
is_numbered_by(const MhDefinition *column, const MhDefinition *sequence)
{
	const char *value = mh_attribute(column, MH_ATTR_DEFAULT);

	return value != NULL && mh_is_type(column, MH_TYPE_COLUMN) &&
		   strcmp(value, nextval_of(sequence)) == 0;
}

/* Returns the only existing column that the sequence numbers; NULL: none, or several. */
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
		found = mh_definitions_find(repair->actual_set, MH_TYPE_COLUMN, column->name);
		if (found == NULL)
			return NULL;
	}
	return found;
}

static bool
counts_in_integers(const MhDefinition *column)
{
	return mh_has(column, MH_ATTR_TYPE, "integer") || mh_has(column, MH_ATTR_TYPE, "bigint") ||
		   mh_has(column, MH_ATTR_TYPE, "smallint");
}

/* Sets the sequence's value behind the column's values; without any it begins at its start. */
static void
append_last_value(MhRepair *repair, const MhDefinition *sequence, const MhDefinition *column)
{
	const char *name = mh_local_name(column->name);
	const char *increment = mh_attribute(sequence, MH_ATTR_INCREMENT);
	const char *bound = mh_attribute(sequence, MH_ATTR_MINIMUM);

	if (increment != NULL && *increment == '-')
		repair->reason = "Where the sequence had counted to is not known.";
	else
		appendStringInfo(mh_statement(repair),
						 "SELECT pg_catalog.setval(%s::pg_catalog.regclass, pg_catalog.max(%s)) "
						 "FROM %s HAVING pg_catalog.max(%s) >= %s",
						 mh_sql_literal(sequence->name), name, column->parent, name,
						 bound == NULL ? "1" : bound);
}

/* Returns whether the highest value that the owner of the table sees may not be the highest. */
static bool
hides_rows_from_owner(const MhRepair *repair, const char *name)
{
	const MhDefinition *table = mh_definitions_find(repair->actual_set, MH_TYPE_TABLE, name);

	return table == NULL || mh_has(table, MH_ATTR_FORCE_ROW_SECURITY, "true");
}

static void
create_sequence(MhRepair *repair, const MhDefinition *sequence)
{
	const MhDefinition *column = find_numbered(repair, sequence);

	if (column == NULL || !counts_in_integers(column) ||
		hides_rows_from_owner(repair, column->parent))
	{
		repair->reason = "Where the sequence had counted to is not known.";
		return;
	}
	append_sequence(repair, sequence);
	append_last_value(repair, sequence, column);
	/* a sequence cannot belong to a column of another owner's table, nor get an owner after that */
	append_common(repair, sequence);
	if (mh_attribute(sequence, MH_ATTR_OWNED_BY) != NULL)
		mh_append_sequence_owner(repair, sequence);
}

static void
create_default_privileges(MhRepair *repair, const MhDefinition *definition)
{
	mh_repair_default_privileges(repair, definition,
								 mh_needed(repair, definition, MH_ATTR_PRIVILEGES), NULL);
}

typedef struct Creator
{
	const char *type;
	void (*create)(MhRepair *repair, const MhDefinition *definition);
	bool with_common; /* owner, privileges and comment are to be set */
} Creator;

static const Creator creators[] = {
	{MH_TYPE_AGGREGATE, mh_append_routine, true},
	{MH_TYPE_COLUMN, add_column, false},
	{MH_TYPE_COMPOSITE_TYPE, create_composite, true},
	{MH_TYPE_CONSTRAINT, add_constraint, false},
	{MH_TYPE_DEFAULT_PRIVILEGES, create_default_privileges, false},
	{MH_TYPE_DOMAIN, create_domain, true},
	{MH_TYPE_ENUM, create_enum, true},
	{MH_TYPE_EXTENSION, create_extension, false},
	{MH_TYPE_FUNCTION, mh_append_routine, true},
	{MH_TYPE_INDEX, add_index, false},
	{MH_TYPE_MATERIALIZED_VIEW, create_view, false},
	{MH_TYPE_POLICY, append_policy, false},
	{MH_TYPE_PROCEDURE, mh_append_routine, true},
	{MH_TYPE_RANGE_TYPE, create_range, true},
	{MH_TYPE_RULE, create_trigger_or_rule, false},
	{MH_TYPE_SCHEMA, create_schema, true},
	{MH_TYPE_SEQUENCE, create_sequence, false},
	{MH_TYPE_STATISTICS, create_statistics, false},
	{MH_TYPE_TABLE, create_table, false},
	{MH_TYPE_TRIGGER, create_trigger_or_rule, false},
	{MH_TYPE_VIEW, create_view, false},
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
