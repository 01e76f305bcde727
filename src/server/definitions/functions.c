/*-------------------------------------------------------------------------
 *
 * functions.c
 *	  Definitions of functions, procedures and aggregates.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"

#include "core/base/relative_names.h"
#include "utils/builtins.h"

/* clang-format off */
/* An aggregate over nothing is written with an asterisk. */
#define FUNCTION_COLUMNS \
	"SELECT n.nspname::text, p.proname::text," \
	" CASE WHEN p.prokind = 'a' AND p.pronargs = 0 THEN '(*)'" \
	"  ELSE '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' END," \
	" " MH_SQL_ROLE("p.proowner") ", " \
	MH_SQL_PRIVILEGES("p.proacl", "'f'", "p.proowner") "," MH_SQL_COMMENT("pg_proc", "p.oid") ","

#define FROM_FUNCTIONS \
	" FROM pg_catalog.pg_proc p" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace" \
	" JOIN pg_catalog.pg_language l ON l.oid = p.prolang"

/* The constructors that come with a range type are part of it. */
#define NOT_A_CONSTRUCTOR \
	" AND p.oid NOT IN (SELECT d.objid FROM pg_catalog.pg_range r JOIN pg_catalog.pg_depend d" \
	"  ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass" \
	"  AND d.refobjid IN (r.rngtypid, r.rngmultitypid)" \
	"  WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'i')"

#define FITS \
	MH_SQL_EXPRESSION_FITS("p.prosqlbody") \
	" AND " MH_SQL_EXPRESSION_FITS("p.proargdefaults")

/* Functions whose body is a string, and those whose body is a parsed query. */
#define WITH_STRING(kinds) \
	" WHERE p.prokind IN (" kinds \
	") AND p.prosqlbody IS NULL AND p.oid = ANY ($1) AND " FITS
#define WITH_QUERY(kinds) \
	" WHERE p.prokind IN (" kinds \
	") AND p.oid = ANY ($1)"

/* The planner's guesses where nothing is said of them. */
#define USUAL_COST \
	"CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END"
#define USUAL_ROWS \
	"CASE WHEN p.proretset THEN 1000 ELSE 0 END"

/* In these languages a qualified name is one of SQL. */
#define IS_SQL \
	"l.lanname IN ('sql', 'plpgsql')"

#define FUNCTION_ATTRIBUTES \
	" pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.pg_get_function_result(p.oid)," \
	" l.lanname::text," \
	" CASE WHEN p.prosqlbody IS NULL AND " IS_SQL \
	" THEN p.prosrc END," \
	" CASE WHEN p.prosqlbody IS NULL AND NOT " IS_SQL \
	" THEN p.prosrc END," \
	" pg_catalog.pg_get_function_sqlbody(p.oid), p.probin," \
	" CASE p.provolatile WHEN 's' THEN 'stable' WHEN 'i' THEN 'immutable' END," \
	" p.proisstrict, CASE WHEN p.prosecdef THEN 'definer' END, p.proleakproof," \
	" CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END," \
	" CASE WHEN p.procost <> " USUAL_COST \
	" THEN p.procost::text END," \
	" CASE WHEN p.prorows <> " USUAL_ROWS \
	" THEN p.prorows::text END," MH_SQL_FUNCTION("p.prosupport") \
	", p.proconfig, p.prokind = 'w'," \
	" (SELECT pg_catalog.string_agg(pg_catalog.format_type(r.oid, NULL), ', '" \
	"   ORDER BY r.position)" \
	"  FROM pg_catalog.unnest(p.protrftypes) WITH ORDINALITY r (oid, position))"
/* clang-format on */

/* Source text, in which nothing but the version schema is another one elsewhere. */
static char *
row_source(const MhCatalogRow *row, int column)
{
	return mh_relative_text(row->reading, mh_row_text(row, column));
}

/* The elements of a search_path, with the version schema made relative. */
static char *
relative_search_path(const MhReading *reading, const char *value)
{
	MhStrings path = {0, NULL};
	const char *start = value;

	while (*start != '\0')
	{
		int length = strcspn(start, ",");
		char *element = pnstrdup(start, length);

		if (reading->version_schema != NULL && strcmp(element, reading->version_schema) == 0)
			element = pstrdup(MH_HOME);
		mh_strings_add(&path, element);
		start += length;
		start += strspn(start, ", ");
	}
	return mh_strings_join(&path, ", ");
}

/* SET clauses, in their order. */
static char *
row_configuration(const MhCatalogRow *row, int column)
{
	static const char search_path[] = "search_path=";
	MhStrings settings;

	if (mh_row_is_null(row, column))
		return NULL;
	settings = mh_row_strings(row, column);
	for (int i = 0; i < settings.n; i++)
		if (mh_begins_with(settings.v[i], search_path))
			settings.v[i] =
				psprintf("%s%s", search_path,
						 relative_search_path(row->reading, settings.v[i] + strlen(search_path)));
	return mh_strings_join(&settings, MH_SETTING_SEPARATOR);
}

/* clang-format off */
#define FUNCTION_READERS \
	{ \
		{MH_ATTR_ARGUMENTS, mh_row_canonical}, {MH_ATTR_RESULT, mh_row_canonical}, {MH_ATTR_LANGUAGE, mh_row_text}, \
			{MH_ATTR_BODY, row_source}, {MH_ATTR_BODY, mh_row_text}, {MH_ATTR_SQL_BODY, mh_row_canonical}, \
			{MH_ATTR_LIBRARY, mh_row_text}, {MH_ATTR_VOLATILITY, mh_row_text}, {MH_ATTR_STRICT, mh_row_flag}, \
			{MH_ATTR_SECURITY, mh_row_text}, {MH_ATTR_LEAKPROOF, mh_row_flag}, {MH_ATTR_PARALLEL, mh_row_text}, \
			{MH_ATTR_COST, mh_row_text}, {MH_ATTR_ROWS, mh_row_text}, {MH_ATTR_SUPPORT, mh_row_canonical}, \
			{MH_ATTR_CONFIGURATION, row_configuration}, {MH_ATTR_WINDOW, mh_row_flag}, \
			{MH_ATTR_TRANSFORMS, mh_row_canonical}, \
	}

/* With a string for a body, then with a query. */
static const MhKind functions[] = {
	{MH_TYPE_FUNCTION, OBJECT_FUNCTION,
	 FUNCTION_COLUMNS FUNCTION_ATTRIBUTES FROM_FUNCTIONS WITH_STRING("'f', 'w'"), FUNCTION_READERS},
	{MH_TYPE_FUNCTION, OBJECT_FUNCTION,
	 FUNCTION_COLUMNS FUNCTION_ATTRIBUTES FROM_FUNCTIONS WITH_QUERY("'f', 'w'"), FUNCTION_READERS}};
static const MhKind procedures[] = {
	{MH_TYPE_PROCEDURE, OBJECT_FUNCTION,
	 FUNCTION_COLUMNS FUNCTION_ATTRIBUTES FROM_FUNCTIONS WITH_STRING("'p'"), FUNCTION_READERS},
	{MH_TYPE_PROCEDURE, OBJECT_FUNCTION,
	 FUNCTION_COLUMNS FUNCTION_ATTRIBUTES FROM_FUNCTIONS WITH_QUERY("'p'"), FUNCTION_READERS}};

#define AGGREGATE_FUNCTION(option, column) \
	"'" option \
	" = ' || " MH_SQL_FUNCTION("a." column) ","
#define AGGREGATE_MODIFY(option, function, column) \
	" CASE WHEN a." function \
	" <> 0 THEN '" option \
	" = ' || CASE a." column \
	" WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,"

/* As CREATE AGGREGATE has them. */
#define AGGREGATE_OPTIONS \
	" pg_catalog.concat_ws(', '," AGGREGATE_FUNCTION("SFUNC", "aggtransfn") \
	" 'STYPE = ' || pg_catalog.format_type(a.aggtranstype, NULL)," \
	" 'SSPACE = ' || NULLIF(a.aggtransspace, 0)," AGGREGATE_FUNCTION("FINALFUNC", "aggfinalfn") \
	" CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END," \
	AGGREGATE_MODIFY("FINALFUNC_MODIFY", "aggfinalfn", "aggfinalmodify") \
	AGGREGATE_FUNCTION("COMBINEFUNC", "aggcombinefn") \
	AGGREGATE_FUNCTION("SERIALFUNC", "aggserialfn") \
	AGGREGATE_FUNCTION("DESERIALFUNC", "aggdeserialfn") \
	" 'INITCOND = ' || pg_catalog.quote_literal(a.agginitval)," \
	AGGREGATE_FUNCTION("MSFUNC", "aggmtransfn") AGGREGATE_FUNCTION("MINVFUNC", "aggminvtransfn") \
	" 'MSTYPE = ' || CASE WHEN a.aggmtranstype <> 0" \
	"  THEN pg_catalog.format_type(a.aggmtranstype, NULL) END," \
	" 'MSSPACE = ' || NULLIF(a.aggmtransspace, 0)," \
	AGGREGATE_FUNCTION("MFINALFUNC", "aggmfinalfn") \
	" CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END," \
	AGGREGATE_MODIFY("MFINALFUNC_MODIFY", "aggmfinalfn", "aggmfinalmodify") \
	" 'MINITCOND = ' || pg_catalog.quote_literal(a.aggminitval)," \
	" (SELECT 'SORTOP = OPERATOR(' || pg_catalog.quote_ident(s.nspname) || '.' || o.oprname || ')'" \
	"  FROM pg_catalog.pg_operator o" \
	"  JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace WHERE o.oid = a.aggsortop)," \
	" CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END)"

static const MhKind aggregates = {
	MH_TYPE_AGGREGATE,
	OBJECT_FUNCTION,
	FUNCTION_COLUMNS
	" pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.pg_get_function_result(p.oid),"
	" CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END," AGGREGATE_OPTIONS
	FROM_FUNCTIONS
	" JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid" WITH_STRING("'a'"),
	{{MH_ATTR_ARGUMENTS, mh_row_canonical},
	 {MH_ATTR_RESULT, mh_row_canonical},
	 {MH_ATTR_PARALLEL, mh_row_text},
	 {MH_ATTR_OPTIONS, mh_row_canonical}}};

/*
 * All that is read.  No index leads from a schema to its functions, so each query of its own would
 * look at all functions of the server.
 */
static const char *const functions_query =
	"SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.pronamespace = ANY ($1) AND "
	MH_NOT_A_MEMBER("pg_proc", "p.oid") NOT_A_CONSTRUCTOR;

/* The functions that are read in batches, because printing their queries opens relations. */
static const char *const parsed_query =
	"SELECT n.nspname::text, p.proname::text,"
	" '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')', p.oid, p.prokind = 'p'"
	" FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
	" WHERE p.prosqlbody IS NOT NULL AND p.oid = ANY ($1) AND " FITS;

#define LARGE(kinds) \
	"SELECT n.nspname::text, p.proname::text," \
	" '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')'" \
	" FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace" \
	" WHERE p.prokind IN (" kinds \
	") AND p.oid = ANY ($1) AND NOT (" FITS ")"

static const char *const large_functions_query = LARGE("'f', 'w'");
static const char *const large_procedures_query = LARGE("'p'");

static const char *const parsed_relations_query =
	"SELECT DISTINCT d.objid, d.refobjid FROM pg_catalog.pg_depend d"
	" WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = ANY ($1)"
	" AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass";
/* clang-format on */

static void
note_parsed(MhReading *reading, const MhCatalogRow *row, void *state)
{
	bool is_procedure = mh_row_bool(row, 4);

	mh_batch_items_add(state, mh_row_oid(row, 3),
					   is_procedure ? MH_TYPE_PROCEDURE : MH_TYPE_FUNCTION, mh_kind_name(row));
}

static void
read_parsed(MhReading *reading, Datum oids)
{
	mh_read_kind_of(reading, &functions[1], oids);
	mh_read_kind_of(reading, &procedures[1], oids);
}

static void
note_function(MhReading *reading, const MhCatalogRow *row, void *state)
{
	List **oids = state;

	*oids = lappend_oid(*oids, mh_row_oid(row, 0).value);
}

void
mh_read_functions(MhReading *reading)
{
	MhBatchItems items = {0, 0, NULL};
	List *found = NIL;
	Datum oids;

	mh_query_catalogs(reading, functions_query, reading->schemas, note_function, &found);
	if (found == NIL)
		return;
	oids = mh_oids_of_list(found);
	mh_read_kind_of(reading, &functions[0], oids);
	mh_read_kind_of(reading, &procedures[0], oids);
	mh_read_kind_of(reading, &aggregates, oids);
	mh_query_catalogs(reading, parsed_query, oids, note_parsed, &items);
	mh_read_items(reading, items.v, items.n, parsed_relations_query, read_parsed);
	mh_read_large(reading, MH_TYPE_FUNCTION, large_functions_query, oids);
	mh_read_large(reading, MH_TYPE_PROCEDURE, large_procedures_query, oids);
}
