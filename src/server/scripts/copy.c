/*-------------------------------------------------------------------------
 *
 * copy.c
 *	  Inserts many revisions at once, as COPY FROM does.
 *
 * INSERT ... SELECT FROM unnest(...) takes six times as long: it builds arrays, takes them apart
 * again, and writes one row after the other.
 *
 *-------------------------------------------------------------------------
 */
#include "server/scripts/copy.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/copy.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

static const char *const column_names[] = {"project",
										   "revision",
										   "load_order",
										   "down_revision",
										   "depends_on",
										   "branch_labels",
										   "message",
										   "create_date",
										   "file_name",
										   "checksum",
										   "first_checksum",
										   "body_checksum",
										   "by_hand",
										   "first_release",
										   "last_release",
										   "code_checksum",
										   "first_code_checksum",
										   "first_down_revision",
										   "first_depends_on",
										   "first_branch_labels",
										   "first_message"};

/* The tables of 0.1.0 do not have the others. */
#define COLUMNS_0_1 15

/* What is still to be read by COPY. */
typedef struct Source
{
	const char *project;
	const MhScript *const *scripts;
	const MhRevisionFacts *const *facts;
	int n;
	int next;
	bool knows_first_scripts;
	StringInfoData line;
	int sent; /* bytes of the line */
} Source;

/* COPY hands no argument to its source.  A trigger may load another project meanwhile. */
static Source *source_of_copy = NULL;

/* ---------- a line of COPY's text format ---------- */

static void
append_tab(StringInfo line)
{
	if (line->len > 0)
		appendStringInfoCharMacro(line, '\t');
}

/* A character that ends a field or a line, or begins an escape. */
static char
escape_of(char c)
{
	switch (c)
	{
		case '\\':
			return '\\';
		case '\t':
			return 't';
		case '\n':
			return 'n';
		case '\r':
			return 'r';
		default:
			return '\0';
	}
}

static void
append_escaped(StringInfo line, const char *text)
{
	while (*text != '\0')
	{
		size_t plain = strcspn(text, "\\\t\n\r");

		appendBinaryStringInfo(line, text, (int) plain);
		text += plain;
		if (*text == '\0')
			break;
		appendStringInfoCharMacro(line, '\\');
		appendStringInfoCharMacro(line, escape_of(*text));
		text++;
	}
}

static void
append_null(StringInfo line)
{
	append_tab(line);
	appendBinaryStringInfo(line, "\\N", 2);
}

static void
append_text(StringInfo line, const char *text)
{
	if (text == NULL)
	{
		append_null(line);
		return;
	}
	append_tab(line);
	append_escaped(line, mh_from_utf8(text));
}

static void
append_number(StringInfo line, int64 number, bool is_null)
{
	char digits[MAXINT8LEN + 1];

	pg_lltoa(number, digits);
	append_text(line, is_null ? NULL : digits);
}

/* Quoted, so that no string is taken for NULL or for two. */
static void
append_element(StringInfo array, const char *text)
{
	appendStringInfoCharMacro(array, '"');
	for (; *text != '\0'; text++)
	{
		if (*text == '"' || *text == '\\')
			appendStringInfoCharMacro(array, '\\');
		appendStringInfoCharMacro(array, *text);
	}
	appendStringInfoCharMacro(array, '"');
}

static void
append_strings(StringInfo line, const MhStrings *strings)
{
	StringInfoData array;

	if (strings == NULL || strings->n == 0)
	{
		append_text(line, strings == NULL ? NULL : "{}");
		return;
	}
	initStringInfo(&array);
	for (int i = 0; i < strings->n; i++)
	{
		appendStringInfoCharMacro(&array, i == 0 ? '{' : ',');
		append_element(&array, strings->v[i]);
	}
	appendStringInfoCharMacro(&array, '}');
	append_text(line, array.data);
	pfree(array.data);
}

/* Dates are read as they are written, whatever DateStyle is. */
static void
append_date(StringInfo line, const MhRevisionFacts *facts)
{
	Datum date = TimestampGetDatum(facts->create_date);

	append_text(line, facts->has_create_date
						  ? DatumGetCString(DirectFunctionCall1(timestamp_out, date))
						  : NULL);
}

static void
append_first_script(StringInfo line, const MhRevisionFacts *facts)
{
	append_text(line, facts->code_checksum);
	append_text(line, facts->first_code_checksum);
	append_strings(line, facts->first_down_revision);
	append_strings(line, facts->first_depends_on);
	append_strings(line, facts->first_branch_labels);
	append_text(line, facts->first_message);
}

static void
write_line(Source *source, const MhScript *script, const MhRevisionFacts *facts)
{
	StringInfo line = &source->line;

	resetStringInfo(line);
	append_text(line, source->project);
	append_text(line, script->revision);
	append_number(line, facts->load_order, false);
	append_strings(line, &script->down_revision);
	append_strings(line, &script->depends_on);
	append_strings(line, &script->branch_labels);
	append_text(line, script->message);
	append_date(line, facts);
	append_text(line, script->file_name);
	append_text(line, facts->checksum);
	append_text(line, facts->first_checksum);
	append_text(line, facts->body_checksum);
	append_text(line, facts->by_hand ? "t" : "f");
	append_number(line, facts->first_release, facts->first_release == 0);
	append_number(line, facts->last_release, facts->last_release == 0);
	if (source->knows_first_scripts)
		append_first_script(line, facts);
	appendStringInfoCharMacro(line, '\n');
	source->sent = 0;
}

/* Gives COPY up to most bytes; 0 is the end. */
static int
read_lines(void *into, int least, int most)
{
	Source *source = source_of_copy;
	int n = 0;

	CHECK_FOR_INTERRUPTS();
	while (n < most)
	{
		int some = Min(source->line.len - source->sent, most - n);

		if (some == 0)
		{
			if (source->next == source->n)
				break;
			write_line(source, source->scripts[source->next], source->facts[source->next]);
			source->next++;
			continue;
		}
		memcpy((char *) into + n, source->line.data + source->sent, some);
		source->sent += some;
		n += some;
	}
	return n;
}

/* ---------- copying ---------- */

static bool
may_copy_into(Relation table)
{
	Oid oid = RelationGetRelid(table);

	return table->rd_rel->relkind == RELKIND_RELATION && table->rd_rules == NULL &&
		   pg_class_aclcheck(oid, GetUserId(), ACL_INSERT) == ACLCHECK_OK &&
		   check_enable_rls(oid, InvalidOid, true) != RLS_ENABLED;
}

static List *
names_of_columns(bool knows_first_scripts)
{
	int n = knows_first_scripts ? lengthof(column_names) : COLUMNS_0_1;
	List *names = NIL;

	for (int i = 0; i < n; i++)
		names = lappend(names, makeString(pstrdup(column_names[i])));
	return names;
}

static void
copy_into(Relation table, bool knows_first_scripts)
{
	ParseState *parse = make_parsestate(NULL);
	Node *encoding = (Node *) makeString(pstrdup(GetDatabaseEncodingName()));
	List *options = list_make1(makeDefElem("encoding", encoding, -1));
	CopyFromState copy;

	(void) addRangeTableEntryForRelation(parse, table, RowExclusiveLock, NULL, false, false);
	PushCopiedSnapshot(GetActiveSnapshot());
	CommandCounterIncrement();
	UpdateActiveSnapshotCommandId();
	copy = BeginCopyFrom(parse, table, NULL, NULL, false, read_lines,
						 names_of_columns(knows_first_scripts), options);
	(void) CopyFrom(copy);
	EndCopyFrom(copy);
	PopActiveSnapshot();
	CommandCounterIncrement();
	free_parsestate(parse);
}

bool
mh_copy_revisions(const char *project, const MhScript *const *scripts,
				  const MhRevisionFacts *const *facts, int n)
{
	Oid oid = get_relname_relid("revision", get_namespace_oid("mighead", false));
	Relation table = table_open(oid, RowExclusiveLock);
	Source source = {.project = project, .scripts = scripts, .facts = facts, .n = n};
	Source *outer = source_of_copy;
	bool may_copy = may_copy_into(table);

	initStringInfo(&source.line);
	source.knows_first_scripts = mh_knows_first_scripts();
	source_of_copy = &source;
	PG_TRY();
	{
		if (may_copy)
			copy_into(table, source.knows_first_scripts);
	}
	PG_FINALLY();
	{
		source_of_copy = outer;
	}
	PG_END_TRY();
	table_close(table, NoLock);
	return may_copy;
}
