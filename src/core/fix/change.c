/*-------------------------------------------------------------------------
 *
 * change.c
 *	  Attributes of objects that both sides have.
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

static char *
alter_command(const Change *change)
{
	return psprintf("ALTER %s %s", mh_type_keyword(change->object->type), change->object->name);
}

static void
change_row_security(const Change *change)
{
	bool is_force = is_about(change, "force_row_security");

	if (change->expected == NULL)
		refuse(change, "Switching row security off would show rows to those who may not see them "
					   "now: a person has to decide that.");
	else
		appendStringInfo(alter(change), "%s ROW LEVEL SECURITY", is_force ? "FORCE" : "ENABLE");
}

/* A table that stands alone may be made a partition again; nothing else is safe. */
static void
change_partition(const Change *change)
{
	const char *parent = mh_attribute(change->object, "partition_of");
	const char *bound = mh_attribute(change->object, "partition_bound");

	if (parent == NULL || bound == NULL ||
		mh_attribute(change->repair->actual, "partition_of") != NULL)
		refuse(change, "Attaching and detaching a partition moves its rows out of and into what "
					   "queries of the parent see.");
	else
		appendStringInfo(mh_statement(change->repair), "ALTER TABLE %s ATTACH PARTITION %s %s",
						 parent, change->object->name, bound);
}

static void
change_inheritance(const Change *change)
{
	if (change->actual != NULL || strchr(change->expected, ',') != NULL)
		refuse(change, "Another parent moves the rows out of and into what queries of it see.");
	else
		appendStringInfo(alter(change), "INHERIT %s", change->expected);
}

static void
change_table_storage(const Change *change)
{
	if (is_about(change, "options"))
		mh_repair_options(change->repair, alter_command(change), "", change->expected,
						  change->actual);
	else if (is_about(change, "toast_options"))
		mh_repair_options(change->repair, alter_command(change), "toast.", change->expected,
						  change->actual);
	else if (is_about(change, "access_method"))
		appendStringInfo(alter(change), "SET ACCESS METHOD %s",
						 mh_quoted(change->expected == NULL ? "heap" : change->expected));
	else if (is_about(change, "tablespace") && change->expected != NULL)
		appendStringInfo(alter(change), "SET TABLESPACE %s", mh_quoted(change->expected));
	else if (is_about(change, "tablespace"))
		refuse(change, "It belongs into the default tablespace of the database, whose name is not "
					   "a part of what is expected.");
}

static void
change_table(const Change *change)
{
	if (is_about(change, "persistence") && change->expected == NULL)
		appendStringInfoString(alter(change), "SET LOGGED");
	else if (is_about(change, "persistence"))
		refuse(change, "An unlogged table is emptied by a crash.");
	else if (is_about(change, "replica_identity"))
		mh_append_replica_identity(change->repair, change->object);
	else if (is_about(change, "row_security") || is_about(change, "force_row_security"))
		change_row_security(change);
	else if (is_about(change, "partition_of") || is_about(change, "partition_bound"))
		change_partition(change);
	else if (is_about(change, "inherits"))
		change_inheritance(change);
	else if (is_about(change, "column_order"))
		refuse(change, "The order of columns changes only by writing the table anew.");
	else if (!is_about(change, "foreign_options"))
		change_table_storage(change);
}

static void
change_clustered(const Change *change)
{
	MhChildren all = mh_children_of(change->repair->children, change->object->parent, NULL);

	for (int i = 0; i < all.n; i++)
		if (mh_has(all.v[i], "clustered", "true"))
		{
			mh_append_clustered(change->repair, all.v[i]);
			return;
		}
	appendStringInfo(mh_statement(change->repair), "ALTER TABLE %s SET WITHOUT CLUSTER",
					 change->object->parent);
}

/* In one command, so that there is no moment without a constraint. */
static void
replace_constraint(const Change *change)
{
	const MhDefinition *object = change->object;
	const char *name = mh_local_name(object->name);
	bool is_of_domain =
		mh_definitions_find(change->repair->expected_set, "domain", object->parent) != NULL;
	const char *keyword = is_of_domain ? "DOMAIN" : "TABLE";
	StringInfo out = mh_statement(change->repair);

	appendStringInfo(out, "ALTER %s %s DROP CONSTRAINT %s", keyword, object->parent, name);
	if (is_of_domain)
	{
		out = mh_statement(change->repair);
		appendStringInfo(out, "ALTER DOMAIN %s ", object->parent);
	}
	else
		appendStringInfoString(out, ", ");
	mh_append_constraint(change->repair, out, object);
	mh_append_clustered(change->repair, object);
	mh_append_comment(change->repair, object);
}

static void
change_constraint(const Change *change)
{
	const MhDefinition *object = change->object;
	const char *name = mh_local_name(object->name);
	bool is_of_domain =
		mh_definitions_find(change->repair->expected_set, "domain", object->parent) != NULL;

	if (is_about(change, "index_valid") || is_about(change, "index_options"))
	{
		char *index = psprintf("%.*s%s", (int) (mh_local_name(object->parent) - object->parent),
							   object->parent, name);

		if (is_about(change, "index_valid"))
			appendStringInfo(mh_statement(change->repair), "REINDEX INDEX %s", index);
		else
			mh_repair_options(change->repair, psprintf("ALTER INDEX %s", index), "",
							  change->expected, change->actual);
	}
	else if (is_about(change, "validated") && change->expected == NULL)
		appendStringInfo(mh_statement(change->repair), "ALTER %s %s VALIDATE CONSTRAINT %s",
						 is_of_domain ? "DOMAIN" : "TABLE", object->parent, name);
	else if (is_about(change, "validated"))
		refuse(change, "The constraint is valid, which is more than was expected.");
	else if (is_about(change, "clustered"))
		change_clustered(change);
	else if (is_about(change, "deferrable") && mh_has(object, "kind", "foreign key"))
		appendStringInfo(mh_statement(change->repair), "ALTER TABLE %s ALTER CONSTRAINT %s %s",
						 object->parent, name,
						 change->expected == NULL                ? "NOT DEFERRABLE"
						 : strcmp(change->expected, "true") == 0 ? "DEFERRABLE INITIALLY IMMEDIATE"
																 : "DEFERRABLE INITIALLY DEFERRED");
	else
		replace_constraint(change);
}

static void
change_index_targets(const Change *change)
{
	MhStrings wanted = mh_split_list(change->expected);
	MhStrings found = mh_split_list(change->actual);
	int column;
	int target;

	for (int i = 0; i < found.n; i++)
		if (sscanf(found.v[i], "column %d: %d", &column, &target) == 2)
			appendStringInfo(alter(change), "ALTER COLUMN %d SET STATISTICS -1", column);
	for (int i = 0; i < wanted.n; i++)
		if (sscanf(wanted.v[i], "column %d: %d", &column, &target) == 2)
			appendStringInfo(alter(change), "ALTER COLUMN %d SET STATISTICS %d", column, target);
}

/* What depended on the index, and DROP INDEX would have taken along. */
static void
restore_replica_identity(const Change *change)
{
	MhDefinition *table =
		mh_definitions_find(change->repair->expected_set, "table", change->object->parent);
	const char *identity = table == NULL ? NULL : mh_attribute(table, "replica_identity");
	char *wanted = psprintf("using index %s", mh_local_name(change->object->name));

	if (identity != NULL && strcmp(identity, wanted) == 0)
		mh_append_replica_identity(change->repair, table);
}

static void
change_index(const Change *change)
{
	if (is_about(change, "valid") && change->expected == NULL)
		appendStringInfo(mh_statement(change->repair), "REINDEX INDEX %s", change->object->name);
	else if (is_about(change, "valid"))
		refuse(change, "The index is valid, which is more than was expected.");
	else if (is_about(change, "incomplete"))
		refuse(change, "Indexes of partitions have to be attached, or no longer be.");
	else if (is_about(change, "options"))
		mh_repair_options(change->repair, alter_command(change), "", change->expected,
						  change->actual);
	else if (is_about(change, "tablespace"))
		change_table_storage(change);
	else if (is_about(change, "clustered"))
		change_clustered(change);
	else if (is_about(change, "statistics"))
		change_index_targets(change);
	else
	{
		appendStringInfo(mh_statement(change->repair), "DROP INDEX %s", change->object->name);
		mh_append_index(change->repair, change->object);
		restore_replica_identity(change);
	}
}

static bool
begins_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static void
change_trigger_or_rule(const Change *change)
{
	const char *text = mh_needed(change->repair, change->object, "definition");
	bool is_plain =
		text != NULL && (begins_with(text, "CREATE TRIGGER ") || begins_with(text, "CREATE RULE "));

	if (is_about(change, "enabled"))
		mh_append_enabled(change->repair, change->object);
	else if (is_plain)
		appendStringInfo(mh_statement(change->repair), "CREATE OR REPLACE %s",
						 text + strlen("CREATE "));
	else
	{
		appendStringInfo(mh_statement(change->repair), "DROP TRIGGER %s ON %s",
						 mh_local_name(change->object->name), change->object->parent);
		appendStringInfoString(mh_statement(change->repair), text);
		if (mh_attribute(change->object, "enabled") != NULL)
			mh_append_enabled(change->repair, change->object);
		mh_append_comment(change->repair, change->object);
	}
}

static void
change_policy(const Change *change)
{
	const MhDefinition *policy = change->object;
	const char *name = mh_local_name(policy->name);
	StringInfo out = mh_statement(change->repair);

	if (change->expected != NULL && is_about(change, "roles"))
		appendStringInfo(out, "ALTER POLICY %s ON %s TO %s", name, policy->parent,
						 change->expected);
	else if (change->expected != NULL &&
			 (is_about(change, "using") || is_about(change, "with_check")))
		appendStringInfo(out, "ALTER POLICY %s ON %s %s (%s)", name, policy->parent,
						 is_about(change, "using") ? "USING" : "WITH CHECK", change->expected);
	else
	{
		appendStringInfo(out, "DROP POLICY %s ON %s", name, policy->parent);
		mh_append_policy(change->repair, policy);
	}
}

/* CREATE OR REPLACE VIEW may add columns at the end, and nothing else. */
static bool
can_replace_view(const Change *change)
{
	const char *expected = mh_attribute(change->object, "columns");
	const char *actual = mh_attribute(change->repair->actual, "columns");
	size_t length;

	if (expected == NULL || actual == NULL)
		return false;
	length = strlen(actual);
	return strncmp(expected, actual, length) == 0 &&
		   (expected[length] == '\0' || expected[length] == ',');
}

static void
change_view(const Change *change)
{
	bool is_view = mh_is_type(change->object, "view");

	if (is_about(change, "options"))
		mh_repair_options(change->repair, alter_command(change), "", change->expected,
						  change->actual);
	else if (!is_about(change, "definition") && !is_about(change, "columns"))
		change_table_storage(change);
	else if (!is_view)
		refuse(change, "A materialized view would have to be dropped, with what depends on it.");
	else if (can_replace_view(change))
		mh_append_view(change->repair, change->object, "CREATE OR REPLACE VIEW");
	else
		refuse(change, "With other columns the view would have to be dropped, and with it what "
					   "depends on it.");
}

/* Where a sequence of these attributes begins, if nothing else is said. */
static const char *
first_value(const MhDefinition *sequence)
{
	const char *increment = mh_attribute(sequence, "increment");
	bool is_down = increment != NULL && increment[0] == '-';
	const char *bound = mh_attribute(sequence, is_down ? "maximum" : "minimum");

	return bound != NULL ? bound : is_down ? "-1" : "1";
}

static void
change_sequence(const Change *change)
{
	const char *value = change->expected;

	if (is_about(change, "data_type"))
		appendStringInfo(alter(change), "AS %s", value == NULL ? "bigint" : value);
	else if (is_about(change, "increment"))
		appendStringInfo(alter(change), "INCREMENT %s", value == NULL ? "1" : value);
	else if (is_about(change, "minimum"))
		appendStringInfo(alter(change), value == NULL ? "NO MINVALUE" : "MINVALUE %s", value);
	else if (is_about(change, "maximum"))
		appendStringInfo(alter(change), value == NULL ? "NO MAXVALUE" : "MAXVALUE %s", value);
	else if (is_about(change, "start"))
		appendStringInfo(alter(change), "START %s",
						 value == NULL ? first_value(change->object) : value);
	else if (is_about(change, "cache"))
		appendStringInfo(alter(change), "CACHE %s", value == NULL ? "1" : value);
	else if (is_about(change, "cycle"))
		appendStringInfo(alter(change), "%sCYCLE", value == NULL ? "NO " : "");
	else if (is_about(change, "owned_by"))
		mh_append_sequence_owner(change->repair, change->object);
	else if (is_about(change, "persistence"))
		appendStringInfo(alter(change), "SET %s", value == NULL ? "LOGGED" : "UNLOGGED");
}

/*
 * No label can be taken away: of two lists of the same length that differ in one place, that
 * label was renamed.  -1: something else happened.
 */
static int
find_renamed_label(const MhStrings *wanted, const MhStrings *found)
{
	int place = -1;

	if (wanted->n != found->n)
		return -1;
	for (int i = 0; i < wanted->n; i++)
	{
		if (strcmp(wanted->v[i], found->v[i]) == 0)
			continue;
		if (place >= 0)
			return -1;
		place = i;
	}
	return place;
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

		if (out != NULL && before != NULL)
			appendStringInfo(out, "ADD VALUE %s AFTER %s", wanted->v[i], before);
		else if (out != NULL && found->n > 0)
			appendStringInfo(out, "ADD VALUE %s BEFORE %s", wanted->v[i], found->v[0]);
		else if (out != NULL)
			appendStringInfo(out, "ADD VALUE %s", wanted->v[i]);
		next += is_there;
		before = wanted->v[i];
	}
}

/* Labels can be added anywhere, and neither moved nor taken away. */
static void
change_enum(const Change *change)
{
	MhStrings wanted = mh_split_list(change->expected);
	MhStrings found = mh_split_list(change->actual);
	int renamed = find_renamed_label(&wanted, &found);
	int next = 0;

	for (int i = 0; i < wanted.n; i++)
		if (next < found.n && strcmp(wanted.v[i], found.v[next]) == 0)
			next++;
	if (renamed >= 0)
		appendStringInfo(alter(change), "RENAME VALUE %s TO %s", found.v[renamed],
						 wanted.v[renamed]);
	else if (next < found.n)
		refuse(change, "Labels cannot be taken away or moved, and which of them were renamed is "
					   "not known.");
	else
		add_labels(change, &wanted, &found);
}

static void
change_domain(const Change *change)
{
	if (is_about(change, "default") && change->expected == NULL)
		appendStringInfoString(alter(change), "DROP DEFAULT");
	else if (is_about(change, "default"))
		appendStringInfo(alter(change), "SET DEFAULT %s", change->expected);
	else if (is_about(change, "not_null") && change->expected == NULL)
		appendStringInfoString(alter(change), "DROP NOT NULL");
	else if (is_about(change, "not_null"))
		refuse(change, "Rows may have no value where the domain is used.");
	else
		refuse(change, "The base type of a domain does not change.");
}

static void
change_composite(const Change *change)
{
	size_t length = change->actual == NULL ? 0 : strlen(change->actual);
	MhStrings wanted = mh_split_list(change->expected);
	int known = mh_split_list(change->actual).n;

	if (!is_about(change, "columns") || length == 0 || change->expected == NULL ||
		strncmp(change->expected, change->actual, length) != 0 || change->expected[length] != ',')
	{
		refuse(change, "Values of the type may be stored.");
		return;
	}
	for (int i = known; i < wanted.n; i++)
		appendStringInfo(alter(change), "ADD ATTRIBUTE %s", wanted.v[i]);
}

static void
change_routine(const Change *change)
{
	if (is_about(change, "result") || is_about(change, "arguments") || is_about(change, "window") ||
		is_about(change, "options"))
		refuse(change, "It would have to be dropped, and with it what depends on it.");
	else
		mh_append_routine(change->repair, change->object);
}

static void
change_statistics(const Change *change)
{
	const MhDefinition *object = change->object;

	if (is_about(change, "definition"))
	{
		const char *owner = mh_attribute(object, "owner");
		const char *target = mh_attribute(object, "statistics");

		appendStringInfo(mh_statement(change->repair), "DROP STATISTICS %s", object->name);
		appendStringInfo(mh_statement(change->repair), "CREATE STATISTICS %s %s", object->name,
						 mh_needed(change->repair, object, "definition"));
		if (target != NULL)
			appendStringInfo(alter(change), "SET STATISTICS %s", target);
		if (owner != NULL)
			appendStringInfo(alter(change), "OWNER TO %s", owner);
		mh_append_comment(change->repair, object);
	}
	else if (is_about(change, "statistics"))
		appendStringInfo(alter(change), "SET STATISTICS %s",
						 change->expected == NULL ? "-1" : change->expected);
}

static void
change_extension(const Change *change)
{
	if (is_about(change, "schema") && change->expected != NULL)
		appendStringInfo(alter(change), "SET SCHEMA %s", change->expected);
	else
		refuse(change, "Which versions an extension can be brought to is its own matter.");
}

static void
change_column(const Change *change)
{
	mh_repair_column(change->repair, change->attribute, change->expected, change->actual);
}

typedef struct Changer
{
	const char *type;
	void (*apply)(const Change *change);
} Changer;

static const Changer changers[] = {
	{"aggregate", change_routine},
	{"column", change_column},
	{"composite type", change_composite},
	{"constraint", change_constraint},
	{"domain", change_domain},
	{"enum", change_enum},
	{"extension", change_extension},
	{"foreign table", change_table},
	{"function", change_routine},
	{"index", change_index},
	{"materialized view", change_view},
	{"policy", change_policy},
	{"procedure", change_routine},
	{"rule", change_trigger_or_rule},
	{"sequence", change_sequence},
	{"statistics", change_statistics},
	{"table", change_table},
	{"trigger", change_trigger_or_rule},
	{"view", change_view},
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
	if (is_about(&change, "privileges"))
		mh_repair_privileges(repair, repair->expected, change.expected, change.actual);
	else if (has_commands && is_about(&change, "owner") && change.expected != NULL)
		appendStringInfo(alter(&change), "OWNER TO %s", change.expected);
	else if (has_commands && is_about(&change, "comment"))
		mh_append_comment_on(repair, repair->expected, change.expected);
	else
		apply_changer(&change);
}
