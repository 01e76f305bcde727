/*-------------------------------------------------------------------------
 *
 * change.c
 *	  Changes attributes of objects that both sides have.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"
#include "core/base/sql_names.h"
#include "core/base/wording.h"

typedef struct Change
{
	MhRepair *repair;
	const MhDefinition *object; /* the expected one */
	const char *attribute;
	const char *expected;
	const char *actual;
} Change;

static bool
is_about(const Change *change, const char *attribute)
{
	return strcmp(change->attribute, attribute) == 0;
}

static StringInfo
alter(const Change *change)
{
	StringInfo out = mh_statement(change->repair);

	appendStringInfo(out, "ALTER %s %s ", mh_type_keyword(change->object->type),
					 change->object->name);
	return out;
}

static void
refuse(const Change *change, const char *reason)
{
	change->repair->reason = reason;
}

static bool
differs(const Change *change, const char *attribute)
{
	const char *left = mh_attribute(change->object, attribute);
	const char *right = mh_attribute(change->repair->actual, attribute);

	return left == NULL || right == NULL ? left != right : strcmp(left, right) != 0;
}

static char *
alter_command(const Change *change)
{
	return psprintf("ALTER %s %s", mh_type_keyword(change->object->type), change->object->name);
}

static void
change_row_security(const Change *change)
{
	bool is_force = is_about(change, MH_ATTR_FORCE_ROW_SECURITY);

	if (change->expected == NULL)
		refuse(change, "Switching row security off would show rows to those who may not see them "
					   "now: a person has to decide that.");
	else
		appendStringInfo(alter(change), "%s ROW LEVEL SECURITY", is_force ? "FORCE" : "ENABLE");
}

/* Sets storage that a migration asked for.  Never resets what operators have set. */
static void
change_table_storage(const Change *change)
{
	if (change->expected == NULL)
		refuse(change, "It was set here on purpose, perhaps: a person has to decide.");
	else if (is_about(change, MH_ATTR_ACCESS_METHOD) || is_about(change, MH_ATTR_TABLESPACE))
		refuse(change, "The table would be written anew, and nobody could use it meanwhile.");
	else if (is_about(change, MH_ATTR_OPTIONS))
		mh_repair_options(change->repair, alter_command(change), "", change->expected,
						  change->actual);
	else if (is_about(change, MH_ATTR_TOAST_OPTIONS))
		mh_repair_options(change->repair, alter_command(change), "toast.", change->expected,
						  change->actual);
}

/*
 * Enables constraint triggers.  ENABLE TRIGGER ALL also enables users' triggers, so it is used only
 * if these are expected to be enabled.
 */
static void
enable_constraints(const Change *change)
{
	const MhDefinitions *actual = change->repair->actual_set;

	if (change->expected != NULL)
	{
		refuse(change, "The foreign keys act, which is more than was expected.");
		return;
	}
	for (int i = 0; i < actual->n; i++)
	{
		const MhDefinition *trigger = &actual->v[i];
		const MhDefinition *wanted;

		if (!mh_is_type(trigger, MH_TYPE_TRIGGER) ||
			strcmp(trigger->parent, change->object->name) != 0 ||
			mh_attribute(trigger, MH_ATTR_ENABLED) == NULL)
			continue;
		wanted = mh_definitions_find(change->repair->expected_set, MH_TYPE_TRIGGER, trigger->name);
		if (wanted == NULL || mh_attribute(wanted, MH_ATTR_ENABLED) != NULL)
		{
			refuse(change,
				   "ALTER TABLE ... ENABLE TRIGGER ALL lets the foreign keys act again, and "
				   "switches on other triggers too: a person has to decide.");
			return;
		}
	}
	appendStringInfoString(alter(change), "ENABLE TRIGGER ALL");
}

static void
change_table(const Change *change)
{
	if (is_about(change, MH_ATTR_PERSISTENCE) && change->expected == NULL)
	{
		appendStringInfoString(alter(change), "SET LOGGED");
		change->repair->rows_reason = "A large table would be written anew, and nobody could use "
									  "it meanwhile: ALTER TABLE ... SET LOGGED.";
	}
	else if (is_about(change, MH_ATTR_PERSISTENCE))
		refuse(change, "An unlogged table is emptied by a crash.");
	else if (is_about(change, MH_ATTR_REPLICA_IDENTITY))
		refuse(change, "What is replicated is what those decide who run the server.");
	else if (is_about(change, MH_ATTR_ROW_SECURITY) || is_about(change, MH_ATTR_FORCE_ROW_SECURITY))
		change_row_security(change);
	else if (is_about(change, MH_ATTR_CONSTRAINT_TRIGGERS))
		enable_constraints(change);
	else if (is_about(change, MH_ATTR_PARTITION_OF) || is_about(change, MH_ATTR_PARTITION_BOUND))
		refuse(change, "Attaching and detaching a partition moves its rows into and out of what "
					   "queries of the parent see.");
	else if (is_about(change, MH_ATTR_DISTRIBUTION))
		refuse(change, "Citus distributes tables with functions of its own, and moves their rows.");
	else if (is_about(change, MH_ATTR_INHERITS))
		refuse(change, "Another parent moves the rows into and out of what queries of it see.");
	else if (is_about(change, MH_ATTR_COLUMN_ORDER))
		refuse(change, "The order of columns changes only by writing the table anew.");
	else if (!is_about(change, MH_ATTR_FOREIGN_OPTIONS))
		change_table_storage(change);
}

/* Replaces a constraint in one command, so that it is never absent. */
static void
replace_constraint(const Change *change)
{
	const MhDefinition *object = change->object;
	StringInfo out = mh_statement(change->repair);

	appendStringInfo(out, "ALTER TABLE %s DROP CONSTRAINT %s, ", object->parent,
					 mh_local_name(object->name));
	mh_append_constraint(change->repair, out, object);
	change->repair->rows_reason = "Rows may violate the constraint as it is expected.";
	mh_append_clustered(change->repair, object);
	mh_append_comment(change->repair, object);
}

static bool
is_of_domain(const Change *change)
{
	return mh_definitions_find(change->repair->expected_set, MH_TYPE_DOMAIN,
							   change->object->parent) != NULL;
}

/* Returns whether the constraint differs only in that attribute. */
static bool
differs_in_nothing_else(const Change *change)
{
	static const char *const compared[] = {MH_ATTR_DEFINITION, MH_ATTR_DEFERRABLE,
										   MH_ATTR_NO_INHERIT, MH_ATTR_VALIDATED,
										   MH_ATTR_ENFORCED,   MH_ATTR_KIND};

	for (size_t i = 0; i < lengthof(compared); i++)
	{
		const char *left = mh_attribute(change->object, compared[i]);
		const char *right = mh_attribute(change->repair->actual, compared[i]);

		if (!is_about(change, compared[i]) &&
			(left == NULL || right == NULL ? left != right : strcmp(left, right) != 0))
			return false;
	}
	return true;
}

/* Returns whether the expected constraint is stricter, so that nothing is weaker afterwards. */
static bool
is_stricter(const Change *change)
{
	if (is_about(change, MH_ATTR_NO_INHERIT) || is_about(change, MH_ATTR_ENFORCED))
		return change->expected == NULL;
	if (is_about(change, MH_ATTR_DEFERRABLE))
		return change->expected == NULL && mh_attribute(change->object, MH_ATTR_KIND) != NULL &&
			   mh_has(change->object, MH_ATTR_KIND, MH_ATTR_UNIQUE);
	return false;
}

static void
change_foreign_key(const Change *change)
{
	const char *state;

	if (is_about(change, MH_ATTR_DEFERRABLE))
		state = change->expected == NULL                ? "NOT DEFERRABLE"
				: strcmp(change->expected, "true") == 0 ? "DEFERRABLE INITIALLY IMMEDIATE"
														: "DEFERRABLE INITIALLY DEFERRED";
	else
	{
		state = "ENFORCED";
		change->repair->rows_reason = "Rows may violate the constraint, which was not enforced.";
	}
	appendStringInfo(mh_statement(change->repair), "ALTER TABLE %s ALTER CONSTRAINT %s %s",
					 change->object->parent, mh_local_name(change->object->name), state);
}

static void
validate_constraint(const Change *change)
{
	if (change->expected != NULL)
		refuse(change, "The constraint is valid, which is more than was expected.");
	else if (mh_has(change->repair->actual, MH_ATTR_ENFORCED, "false"))
		refuse(change, "The constraint has to be enforced first.");
	else
	{
		appendStringInfo(mh_statement(change->repair), "ALTER %s %s VALIDATE CONSTRAINT %s",
						 is_of_domain(change) ? "DOMAIN" : "TABLE", change->object->parent,
						 mh_local_name(change->object->name));
		change->repair->rows_reason = "Rows from before the constraint may violate it.";
	}
}

/*
 * Completes the index of a failed CREATE INDEX CONCURRENTLY.  Writes go on, and no index is
 * dropped.
 */
static void
rebuild_index(const Change *change, const char *name, bool may_fail)
{
	if (mh_has(change->object, MH_ATTR_KIND, MH_CONSTRAINT_EXCLUSION))
	{
		refuse(change, "PostgreSQL rebuilds the index of an exclusion constraint only while nobody "
					   "writes to the table.");
		return;
	}
	appendStringInfo(mh_statement(change->repair), "REINDEX INDEX CONCURRENTLY %s", name);
	if (may_fail)
		change->repair->rows_reason = psprintf(
			"Rows may be there twice, or raise an error: mighead_leftovers() tells which keep %s "
			"from being built.",
			name);
}

static void
change_constraint(const Change *change)
{
	const MhDefinition *object = change->object;
	bool is_foreign_key = mh_has(object, MH_ATTR_KIND, MH_CONSTRAINT_FOREIGN_KEY);

	if (is_about(change, MH_ATTR_INDEX_VALID))
		rebuild_index(change,
					  psprintf("%.*s%s", (int) (mh_local_name(object->parent) - object->parent),
							   object->parent, mh_local_name(object->name)),
					  true);
	else if (is_about(change, MH_ATTR_INDEX_OPTIONS) ||
			 is_about(change, MH_ATTR_INDEX_TABLESPACE) || is_about(change, MH_ATTR_CLUSTERED))
		refuse(change, "How an index is stored is what those decide who run the server.");
	else if (is_about(change, MH_ATTR_VALIDATED))
		validate_constraint(change);
	else if (is_foreign_key && (is_about(change, MH_ATTR_DEFERRABLE) ||
								(is_about(change, MH_ATTR_ENFORCED) && change->expected == NULL &&
								 differs_in_nothing_else(change))))
		change_foreign_key(change);
	else if (!is_of_domain(change) && is_stricter(change) && differs_in_nothing_else(change))
		replace_constraint(change);
	else
		refuse(change, "What is there may be stricter than what is expected: a person has to "
					   "decide.");
}

static bool
may_fail_on_rows(const MhDefinition *index)
{
	const char *columns = mh_attribute(index, MH_ATTR_COLUMNS);

	return mh_has(index, MH_ATTR_UNIQUE, "true") ||
		   mh_attribute(index, MH_ATTR_PREDICATE) != NULL || columns == NULL ||
		   strchr(columns, '(') != NULL;
}

static void
change_index(const Change *change)
{
	if (is_about(change, MH_ATTR_VALID) && change->expected == NULL)
		rebuild_index(change, change->object->name, may_fail_on_rows(change->repair->actual));
	else if (is_about(change, MH_ATTR_VALID))
		refuse(change, "The index is valid, which is more than was expected.");
	else if (is_about(change, MH_ATTR_INCOMPLETE))
		refuse(change, "Indexes of partitions have to be attached, or no longer be.");
	else if (is_about(change, MH_ATTR_OPTIONS) || is_about(change, MH_ATTR_TABLESPACE) ||
			 is_about(change, MH_ATTR_CLUSTERED) || is_about(change, MH_ATTR_STATISTICS))
		refuse(change, "How an index is stored is what those decide who run the server.");
	else
		refuse(change, "The index would have to be dropped, and queries may use it as it is.");
}

/* Enables only a trigger or rule that does not fire at all. */
static void
change_enabled(const Change *change)
{
	if (change->actual == NULL || strcmp(change->actual, "disabled") != 0)
		refuse(change, "When it fires was decided here: a person has to decide whether to change "
					   "that.");
	else
		mh_append_enabled(change->repair, change->object);
}

static void
change_trigger_or_rule(const Change *change)
{
	const char *text = mh_needed(change->repair, change->object, MH_ATTR_DEFINITION);

	if (is_about(change, MH_ATTR_ENABLED))
		change_enabled(change);
	else if (mh_begins_with(text, "CREATE TRIGGER ") || mh_begins_with(text, "CREATE RULE "))
		appendStringInfo(mh_statement(change->repair), "CREATE OR REPLACE %s",
						 text + strlen("CREATE "));
	else
		refuse(change, "The trigger would have to be dropped.");
}

static void
change_policy(const Change *change)
{
	refuse(change,
		   "The policy as it is may show less than what is expected: a person has to decide.");
}

/*
 * Returns whether CREATE OR REPLACE VIEW can change the view: it may only add columns at the end.
 */
static bool
can_replace_view(const Change *change)
{
	const char *expected = mh_attribute(change->object, MH_ATTR_COLUMNS);
	const char *actual = mh_attribute(change->repair->actual, MH_ATTR_COLUMNS);
	size_t length;

	if (expected == NULL || actual == NULL)
		return false;
	length = strlen(actual);
	return strncmp(expected, actual, length) == 0 &&
		   (expected[length] == '\0' || expected[length] == ',');
}

/* Sets the options of a view that protect.  Resets none. */
static void
change_view_options(const Change *change)
{
	MhStrings found = mh_split_list(change->actual);
	MhStrings wanted = mh_split_list(change->expected);

	for (int i = 0; i < found.n; i++)
		if (!mh_strings_contain(&wanted, found.v[i]))
		{
			refuse(change, "The view as it is may show less than what is expected.");
			return;
		}
	mh_repair_options(change->repair, alter_command(change), "", change->expected, change->actual);
}

static void
change_view(const Change *change)
{
	bool is_view = mh_is_type(change->object, MH_TYPE_VIEW);

	if (is_view && is_about(change, MH_ATTR_OPTIONS))
		change_view_options(change);
	else if (!is_about(change, MH_ATTR_DEFINITION) && !is_about(change, MH_ATTR_COLUMNS))
		change_table_storage(change);
	else if (!is_view)
		refuse(change, "A materialized view would have to be dropped, with what depends on it.");
	else if (differs(change, MH_ATTR_OPTIONS))
		refuse(change, "The options of the view have to be put right first.");
	else if (can_replace_view(change))
		mh_append_view(change->repair, change->object, "CREATE OR REPLACE VIEW");
	else
		refuse(change, "With other columns the view would have to be dropped, and with it what "
					   "depends on it.");
}

static void
change_sequence_type(const Change *change)
{
	const char *value = change->expected == NULL ? "bigint" : change->expected;
	const char *found = change->actual == NULL ? "bigint" : change->actual;

	if (mh_is_wider_type(value, found))
		appendStringInfo(alter(change), "AS %s", value);
	else
		refuse(change, "The sequence would end earlier.");
}

/* Changes a bound of a sequence, which may only move outwards. */
static void
change_sequence_bound(const Change *change)
{
	bool is_maximum = is_about(change, MH_ATTR_MAXIMUM);
	const char *keyword = is_maximum ? "MAXVALUE" : "MINVALUE";
	int64 wanted = change->expected == NULL ? 0 : strtoll(change->expected, NULL, 10);
	int64 found = change->actual == NULL ? 0 : strtoll(change->actual, NULL, 10);

	if (differs(change, MH_ATTR_DATA_TYPE) || differs(change, MH_ATTR_INCREMENT))
		refuse(change, "Type and increment of the sequence have to be put right first.");
	else if (change->actual == NULL ||
			 (change->expected != NULL && (is_maximum ? wanted < found : wanted > found)))
		refuse(change, "The sequence would end earlier.");
	else if (change->expected == NULL)
		appendStringInfo(alter(change), "NO %s", keyword);
	else
		appendStringInfo(alter(change), "%s %s", keyword, change->expected);
}

static bool
has_same_owner(const MhRepair *repair, const MhDefinition *sequence, const char *column)
{
	char *table = pnstrdup(column, mh_local_name(column) - column - 1);
	const MhDefinition *found = mh_definitions_find(repair->actual_set, MH_TYPE_TABLE, table);
	const char *left = found == NULL ? NULL : mh_attribute(found, MH_ATTR_OWNER);
	const char *right = mh_attribute(sequence, MH_ATTR_OWNER);

	return found != NULL &&
		   mh_definitions_find(repair->actual_set, MH_TYPE_COLUMN, column) != NULL &&
		   (left == NULL || right == NULL ? left == right : strcmp(left, right) == 0);
}

static void
change_sequence(const Change *change)
{
	const char *value = change->expected;

	if (is_about(change, MH_ATTR_DATA_TYPE))
		change_sequence_type(change);
	else if (is_about(change, MH_ATTR_MINIMUM) || is_about(change, MH_ATTR_MAXIMUM))
		change_sequence_bound(change);
	else if (is_about(change, MH_ATTR_CYCLE) && value == NULL)
		appendStringInfoString(alter(change), "NO CYCLE");
	else if (is_about(change, MH_ATTR_OWNED_BY) && value != NULL && change->actual == NULL &&
			 has_same_owner(change->repair, change->repair->actual, value))
		mh_append_sequence_owner(change->repair, change->object);
	else if (is_about(change, MH_ATTR_PERSISTENCE) && value == NULL)
		appendStringInfoString(alter(change), "SET LOGGED");
	else
		refuse(change, "How the sequence counts was decided here: a person has to decide whether "
					   "to change that.");
}

static void
add_labels(const Change *change, const MhStrings *wanted, const MhStrings *found)
{
	const char *before = NULL;
	int next = 0;

	for (int i = 0; i < wanted->n; i++)
	{
		bool is_there = next < found->n && strcmp(wanted->v[i], found->v[next]) == 0;
		StringInfo out = is_there ? NULL : alter(change);

		MH_CHECK_INTERRUPTS();
		if (out != NULL && before != NULL)
			appendStringInfo(out, "ADD VALUE IF NOT EXISTS %s AFTER %s", wanted->v[i], before);
		else if (out != NULL && found->n > 0)
			appendStringInfo(out, "ADD VALUE IF NOT EXISTS %s BEFORE %s", wanted->v[i],
							 found->v[0]);
		else if (out != NULL)
			appendStringInfo(out, "ADD VALUE IF NOT EXISTS %s", wanted->v[i]);
		next += is_there;
		before = wanted->v[i];
	}
}

/* Adds labels to an enum type, at any place.  Labels cannot be moved or dropped. */
static void
change_enum(const Change *change)
{
	MhStrings wanted = mh_split_list(change->expected);
	MhStrings found = mh_split_list(change->actual);
	int next = 0;

	for (int i = 0; i < wanted.n; i++)
		if (next < found.n && strcmp(wanted.v[i], found.v[next]) == 0)
			next++;
	if (next < found.n)
		refuse(change, "Labels cannot be taken away or moved, and which of them were renamed is "
					   "not known.");
	else
		add_labels(change, &wanted, &found);
}

static void
change_domain(const Change *change)
{
	if (is_about(change, MH_ATTR_DEFAULT) && change->expected != NULL)
		appendStringInfo(alter(change), "SET DEFAULT %s", change->expected);
	else if (change->expected == NULL)
		refuse(change, "Without it the domain would be weaker: a person has to decide.");
	else if (is_about(change, MH_ATTR_NOT_NULL))
		refuse(change, "Rows may have no value where the domain is used.");
	else
		refuse(change, "The base type of a domain does not change.");
}

static bool
has_typed_table(const MhDefinitions *set, const char *type)
{
	for (int i = 0; i < set->n; i++)
		if (mh_has(&set->v[i], MH_ATTR_OF_TYPE, type))
			return true;
	return false;
}

static void
change_composite(const Change *change)
{
	size_t length = change->actual == NULL ? 0 : strlen(change->actual);
	MhStrings wanted = mh_split_list(change->expected);
	int known = mh_split_list(change->actual).n;

	if (!is_about(change, MH_ATTR_COLUMNS) || length == 0 || change->expected == NULL ||
		strncmp(change->expected, change->actual, length) != 0 || change->expected[length] != ',')
	{
		refuse(change, "Values of the type may be stored.");
		return;
	}
	if (has_typed_table(change->repair->actual_set, change->object->name))
	{
		refuse(change, "A table is of this type.");
		return;
	}
	for (int i = known; i < wanted.n; i++)
		appendStringInfo(alter(change), "ADD ATTRIBUTE %s", wanted.v[i]);
}

/* Returns where the default of a parameter, "a integer DEFAULT 1", begins, or its end. */
static size_t
without_default(const char *parameter)
{
	const char *found = strstr(parameter, " DEFAULT ");

	return found == NULL ? strlen(parameter) : (size_t) (found - parameter);
}

/* Returns whether CREATE OR REPLACE can change the parameters: it may only add defaults. */
static bool
can_replace_parameters(const Change *change)
{
	MhStrings wanted = mh_split_list(mh_attribute(change->object, MH_ATTR_ARGUMENTS));
	MhStrings found = mh_split_list(mh_attribute(change->repair->actual, MH_ATTR_ARGUMENTS));

	if (wanted.n != found.n)
		return false;
	for (int i = 0; i < wanted.n; i++)
	{
		size_t length = without_default(wanted.v[i]);

		if (length != without_default(found.v[i]) ||
			strncmp(wanted.v[i], found.v[i], length) != 0 ||
			(found.v[i][length] != '\0' && wanted.v[i][length] == '\0'))
			return false;
	}
	return true;
}

/* Sets all attributes of the function at once, so all of them have to be possible. */
static void
change_routine(const Change *change)
{
	static const char *const fixed[] = {MH_ATTR_RESULT, MH_ATTR_WINDOW, MH_ATTR_OPTIONS};

	for (size_t i = 0; i < lengthof(fixed); i++)
		if (differs(change, fixed[i]))
			refuse(change, "It would have to be dropped, and with it what depends on it.");
	if (!can_replace_parameters(change))
		refuse(change, "It would have to be dropped, and with it what depends on it.");
	else if (differs(change, MH_ATTR_SECURITY) || differs(change, MH_ATTR_LEAKPROOF))
		refuse(change, "With whose rights it runs was decided here: a person has to decide "
					   "whether to change that.");
	else if (change->repair->reason == NULL)
		mh_append_routine(change->repair, change->object);
}

static void
change_statistics(const Change *change)
{
	refuse(change, "What was gathered for queries would be gone: a person has to decide.");
}

static void
change_extension(const Change *change)
{
	refuse(change, is_about(change, MH_ATTR_SCHEMA)
					   ? "Those who use the extension may name the schema that it is in."
					   : "Which versions an extension can be brought to is its own matter.");
}

static void
change_column(const Change *change)
{
	mh_repair_column(change->repair, change->attribute, change->expected, change->actual);
}

static void
change_event_trigger(const Change *change)
{
	if (!is_about(change, MH_ATTR_ENABLED))
		refuse(change, "The event trigger would have to be dropped.");
	else if (change->actual == NULL || strcmp(change->actual, "disabled") != 0)
		refuse(change, "When it fires was decided here: a person has to decide whether to change "
					   "that.");
	else
		appendStringInfo(alter(change), "ENABLE%s",
						 change->expected == NULL                  ? ""
						 : strcmp(change->expected, "always") == 0 ? " ALWAYS"
																   : " REPLICA");
}

typedef struct Changer
{
	const char *type;
	void (*apply)(const Change *change);
} Changer;

static const Changer changers[] = {
	{MH_TYPE_AGGREGATE, change_routine},
	{MH_TYPE_COLUMN, change_column},
	{MH_TYPE_COMPOSITE_TYPE, change_composite},
	{MH_TYPE_CONSTRAINT, change_constraint},
	{MH_TYPE_DOMAIN, change_domain},
	{MH_TYPE_ENUM, change_enum},
	{MH_TYPE_EVENT_TRIGGER, change_event_trigger},
	{MH_TYPE_EXTENSION, change_extension},
	{MH_TYPE_FOREIGN_TABLE, change_table},
	{MH_TYPE_FUNCTION, change_routine},
	{MH_TYPE_INDEX, change_index},
	{MH_TYPE_MATERIALIZED_VIEW, change_view},
	{MH_TYPE_POLICY, change_policy},
	{MH_TYPE_PROCEDURE, change_routine},
	{MH_TYPE_RULE, change_trigger_or_rule},
	{MH_TYPE_SEQUENCE, change_sequence},
	{MH_TYPE_STATISTICS, change_statistics},
	{MH_TYPE_TABLE, change_table},
	{MH_TYPE_TRIGGER, change_trigger_or_rule},
	{MH_TYPE_VIEW, change_view},
};

static void
apply_changer(const Change *change)
{
	for (size_t i = 0; i < lengthof(changers); i++)
		if (mh_is_type(change->object, changers[i].type))
			changers[i].apply(change);
}

void
mh_repair_changed(MhRepair *repair)
{
	const MhDifference *difference = repair->difference;
	Change change = {repair, repair->expected, difference->attribute, difference->expected,
					 difference->actual};
	bool has_commands = mh_type_keyword(repair->expected->type) != NULL;

	if (strcmp(repair->expected->name, repair->actual->name) != 0)
	{
		refuse(&change,
			   psprintf("Its name has to be put right first: it is %s now.", repair->actual->name));
		return;
	}
	if (mh_is_type(repair->expected, MH_TYPE_DEFAULT_PRIVILEGES))
		mh_repair_default_privileges(repair, repair->expected, change.expected, change.actual);
	else if (is_about(&change, MH_ATTR_PRIVILEGES))
		mh_repair_privileges(repair, repair->expected, change.expected, change.actual);
	else if (is_about(&change, MH_ATTR_OWNER))
		refuse(&change, "The owner that it has would lose what owners may do.");
	else if (has_commands && is_about(&change, MH_ATTR_COMMENT) && change.actual == NULL)
		mh_append_comment_on(repair, repair->expected, change.expected);
	else if (is_about(&change, MH_ATTR_COMMENT))
		refuse(&change, "The comment that somebody wrote would be lost.");
	else
		apply_changer(&change);
}
