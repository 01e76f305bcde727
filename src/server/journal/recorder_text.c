/*-------------------------------------------------------------------------
 *
 * recorder_text.c
 *	  What is recorded of a statement: its text, and what it is to a review.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/detoast.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "common/keywords.h"
#include "core/base/secrets.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* ---------- parameters ---------- */

static void
append_literal(StringInfo text, const ParamExternData *param)
{
	Oid output;
	bool is_varlena;
	char *type = format_type_extended(param->ptype, -1, FORMAT_TYPE_FORCE_QUALIFY);

	if (param->isnull)
	{
		appendStringInfo(text, "NULL::%s", type);
		return;
	}
	getTypeOutputInfo(param->ptype, &output, &is_varlena);
	appendStringInfo(text, "%s::%s",
					 quote_literal_cstr(OidOutputFunctionCall(output, param->value)), type);
}

/* Literals mean the same wherever they are read: as pg_dump writes them. */
static int
pin_output(void)
{
	static const char *const settings[][2] = {
		{"datestyle", "ISO"}, {"intervalstyle", "postgres"}, {"extra_float_digits", "3"}};
	int level = NewGUCNestLevel();

	for (size_t i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return level;
}

/* The scanner knows which "$1" is a parameter, and which is in a literal or a comment. */
static char *
put_in(char *text, ParamListInfo params)
{
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE at;
	core_yyscan_t scanner = scanner_init(text, &extra, &ScanKeywords, ScanKeywordTokens);
	int level = pin_output();
	StringInfoData result;
	int done = 0;

	initStringInfo(&result);
	while (core_yylex(&value, &at, scanner) != 0)
	{
		if (text[at] != '$' || text[at + 1] < '0' || text[at + 1] > '9' || value.ival < 1 ||
			value.ival > params->numParams)
			continue;
		appendBinaryStringInfo(&result, text + done, at - done);
		append_literal(&result, &params->params[value.ival - 1]);
		done = at + 1 + (int) strspn(text + at + 1, "0123456789");
	}
	scanner_finish(scanner);
	appendStringInfoString(&result, text + done);
	AtEOXact_GUC(false, level);
	return result.data;
}

/* ---------- the text ---------- */

#define BLANKS " \t\r\n\f\v"

/*
 * Returns where the text of a statement begins, with the comments before it: they may accept what a
 * review finds.  Before 18 the server itself counts them to the statement.
 */
static int
begin_of(const char *source, int location)
{
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE at;
	core_yyscan_t scanner;
	int before = location;
	int begin = 0;

	while (before > 0 && strchr(BLANKS, source[before - 1]) != NULL)
		before--;
	if (before == 0 || source[before - 1] == ';')
		return before;
	scanner = scanner_init(pnstrdup(source, before), &extra, &ScanKeywords, ScanKeywordTokens);
	for (int token = core_yylex(&value, &at, scanner); token != 0;
		 token = core_yylex(&value, &at, scanner))
		begin = token == ';' ? at + 1 : location;
	scanner_finish(scanner);
	return begin;
}

/* One statement of a string, without the blanks around it. */
static char *
own_part(const PlannedStmt *statement, const char *source)
{
	int location = Max(statement->stmt_location, 0);
	const char *begin = source + begin_of(source, location);
	const char *end = statement->stmt_location >= 0 && statement->stmt_len > 0
						  ? source + location + statement->stmt_len
						  : source + strlen(source);

	while (begin < end && strchr(BLANKS, *begin) != NULL)
		begin++;
	while (begin < end && strchr(BLANKS ";", end[-1]) != NULL)
		end--;
	return pnstrdup(begin, end - begin);
}

static Size
size_of_values(ParamListInfo params)
{
	Size size = 0;

	for (int i = 0; i < params->numParams; i++)
	{
		const ParamExternData *param = &params->params[i];

		if (!param->isnull && OidIsValid(param->ptype) && get_typlen(param->ptype) == -1)
			size += toast_raw_datum_size(param->value);
	}
	return size;
}

char *
mh_recorded_text(const PlannedStmt *statement, const char *source, ParamListInfo params,
				 bool *is_cut)
{
	char *text = own_part(statement, source);
	bool has_values = params != NULL && params->numParams > 0 && strchr(text, '$') != NULL;

	*is_cut = has_values && size_of_values(params) > MH_STATEMENT_BYTES;
	if (has_values && !*is_cut)
		text = put_in(text, params);
	*is_cut = *is_cut || strlen(text) > MH_STATEMENT_BYTES;
	if (strlen(text) > MH_STATEMENT_BYTES)
		text[pg_mbcliplen(text, (int) strlen(text), MH_STATEMENT_BYTES)] = '\0';
	return mh_blank_secrets(mh_to_utf8(text));
}

/* ---------- reads ---------- */

static bool
is_of_system(Oid relation)
{
	Oid schema = get_rel_namespace(relation);
	char *name = get_namespace_name(schema);

	return IsCatalogNamespace(schema) || (name != NULL && strcmp(name, "information_schema") == 0);
}

static bool
is_version_table(Oid relation)
{
	char *schema = get_namespace_name(get_rel_namespace(relation));
	char *name = get_rel_name(relation);

	return schema != NULL && name != NULL &&
		   mh_watch_find(mh_to_utf8(schema), mh_to_utf8(name)) != NULL;
}

static bool
reads_tables(const PlannedStmt *statement)
{
	ListCell *cell;

	foreach (cell, statement->rtable)
	{
		const RangeTblEntry *entry = lfirst(cell);

		if (entry->rtekind == RTE_RELATION && !is_of_system(entry->relid) &&
			!is_version_table(entry->relid))
			return true;
	}
	return false;
}

/* These are volatile and change nothing. */
static bool
is_harmless(const char *name)
{
	return strcmp(name, "pg_is_in_recovery") == 0 || strcmp(name, "clock_timestamp") == 0;
}

/* Returns whether a call may change something: of a volatile function, or one of somebody. */
static bool
may_change(const List *name)
{
	const char *last = strVal(llast(name));
	bool in_catalog = list_length(name) > 1 && strcmp(strVal(linitial(name)), "pg_catalog") == 0;
	CatCList *found;
	bool result = false;

	if (list_length(name) > 1 && !in_catalog)
		return true;
	found = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(last));
	for (int i = 0; i < found->n_members && !result; i++)
	{
		Form_pg_proc function = (Form_pg_proc) GETSTRUCT(&found->members[i]->tuple);

		if (function->pronamespace == PG_CATALOG_NAMESPACE)
			result = function->provolatile == PROVOLATILE_VOLATILE && !is_harmless(last);
		else
			result = !in_catalog;
	}
	ReleaseSysCacheList(found);
	return result;
}

static bool
find_change(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall) && may_change(((FuncCall *) node)->funcname))
		return true;
	return raw_expression_tree_walker(node, find_change, context);
}

/* Returns NIL for what cannot be parsed any more: a setting of the scanner has changed since. */
static List *
parse_again(char *text)
{
	MemoryContext caller = CurrentMemoryContext;
	List *volatile parsed = NIL;

	PG_TRY();
	{
		parsed = raw_parser(text, RAW_PARSE_DEFAULT);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		if (geterrcode() != ERRCODE_SYNTAX_ERROR)
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	return parsed;
}

/* A function hides what it does from the plan, so the text is looked at again. */
static bool
calls_change(const PlannedStmt *statement, const char *source)
{
	List *parsed = parse_again(own_part(statement, source));

	return list_length(parsed) != 1 || find_change(linitial_node(RawStmt, parsed)->stmt, NULL);
}

static const char *
state_of_select(const PlannedStmt *statement, const char *source)
{
	if (statement->hasModifyingCTE)
		return MH_STATEMENT_RECORDED;
	if (reads_tables(statement))
		return MH_STATEMENT_READS;
	if (statement->rowMarks != NIL || calls_change(statement, source))
		return MH_STATEMENT_RECORDED;
	return NULL;
}

static const char *
state_of_utility(const Node *utility)
{
	switch (nodeTag(utility))
	{
		case T_VariableShowStmt:
			return NULL;
		case T_CopyStmt:
			return ((const CopyStmt *) utility)->is_from ? MH_STATEMENT_COPY : MH_STATEMENT_READS;
		case T_DeclareCursorStmt:
			return MH_STATEMENT_READS;
		default:
			return MH_STATEMENT_RECORDED;
	}
}

const char *
mh_recorded_state(const PlannedStmt *statement, const char *source)
{
	switch (statement->commandType)
	{
		case CMD_SELECT:
			return state_of_select(statement, source);
		case CMD_UTILITY:
			return state_of_utility(statement->utilityStmt);
		default:
			return MH_STATEMENT_RECORDED;
	}
}
