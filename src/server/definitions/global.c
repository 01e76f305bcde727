/*-------------------------------------------------------------------------
 *
 * global.c
 *	  Definitions of what belongs to the database rather than to a schema.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"

#include "miscadmin.h"
#include "utils/builtins.h"

static char *
row_schema(const MhCatalogRow *row, int column)
{
	return mh_schema_name(row->reading, mh_row_text(row, column));
}

static char *
row_schemas(const MhCatalogRow *row, int column)
{
	MhStrings schemas;

	if (mh_row_is_null(row, column))
		return NULL;
	schemas = mh_row_strings(row, column);
	for (int i = 0; i < schemas.n; i++)
		schemas.v[i] = mh_schema_name(row->reading, schemas.v[i]);
	mh_strings_sort(&schemas);
	return mh_strings_join(&schemas, ", ");
}

/* clang-format off */
/* All but this one, which is there to look, not to be looked at. */
static const MhKind extensions = {
	MH_TYPE_EXTENSION,
	MH_NO_PRIVILEGES,
	"SELECT NULL::text, e.extname::text, NULL::text, NULL::oid, NULL, NULL::text,"
	" n.nspname::text, e.extversion"
	" FROM pg_catalog.pg_extension e"
	" JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
	" WHERE e.extname <> 'mighead' AND $1 IS NOT NULL",
	{{MH_ATTR_SCHEMA, row_schema}, {MH_ATTR_VERSION, mh_row_text}}};

/* Those of this extension are left out: they are there while somebody watches. */
static const MhKind event_triggers = {
	MH_TYPE_EVENT_TRIGGER,
	MH_NO_PRIVILEGES,
	"SELECT NULL::text, e.evtname::text, NULL::text, " MH_SQL_ROLE("e.evtowner") ", NULL,"
	MH_SQL_COMMENT("pg_event_trigger", "e.oid") ","
	" e.evtevent::text, " MH_SQL_FUNCTION("e.evtfoid")
	" || '()', e.evttags,"
	" CASE e.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica'"
	"  WHEN 'A' THEN 'always' END"
	" FROM pg_catalog.pg_event_trigger e"
	" WHERE $1 IS NOT NULL AND " MH_NOT_A_MEMBER("pg_event_trigger", "e.oid")
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m"
	"  JOIN pg_catalog.pg_extension x ON x.oid = m.refobjid AND x.extname = 'mighead'"
	"  WHERE m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass"
	"  AND m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = e.evtfoid"
	"  AND m.deptype = 'e')",
	{{MH_ATTR_EVENT, mh_row_text},
	 {MH_ATTR_FUNCTION, mh_row_canonical},
	 {MH_ATTR_TAGS, mh_row_options},
	 {MH_ATTR_ENABLED, mh_row_text}}};

static const MhKind wrappers = {
	MH_TYPE_FOREIGN_DATA_WRAPPER,
	OBJECT_FDW,
	"SELECT NULL::text, w.fdwname::text, NULL::text, " MH_SQL_ROLE("w.fdwowner") ", "
	MH_SQL_PRIVILEGES("w.fdwacl", "'F'", "w.fdwowner") ","
	MH_SQL_COMMENT("pg_foreign_data_wrapper", "w.oid") "," MH_SQL_FUNCTION("w.fdwhandler") ","
	MH_SQL_FUNCTION("w.fdwvalidator")
	", w.fdwoptions"
	" FROM pg_catalog.pg_foreign_data_wrapper w"
	" WHERE $1 IS NOT NULL AND " MH_NOT_A_MEMBER("pg_foreign_data_wrapper", "w.oid"),
	{{MH_ATTR_HANDLER, mh_row_canonical},
	 {MH_ATTR_VALIDATOR, mh_row_canonical},
	 {MH_ATTR_OPTIONS, mh_row_foreign_options}}};

static const MhKind servers = {
	MH_TYPE_SERVER,
	OBJECT_FOREIGN_SERVER,
	"SELECT NULL::text, s.srvname::text, NULL::text, " MH_SQL_ROLE("s.srvowner") ", "
	MH_SQL_PRIVILEGES("s.srvacl", "'S'", "s.srvowner") ","
	MH_SQL_COMMENT("pg_foreign_server", "s.oid") ","
	" pg_catalog.quote_ident(w.fdwname), s.srvtype, s.srvversion, s.srvoptions"
	" FROM pg_catalog.pg_foreign_server s"
	" JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw"
	" WHERE $1 IS NOT NULL AND " MH_NOT_A_MEMBER("pg_foreign_server", "s.oid"),
	{{MH_ATTR_WRAPPER, mh_row_text},
	 {MH_ATTR_TYPE, mh_row_text},
	 {MH_ATTR_VERSION, mh_row_text},
	 {MH_ATTR_OPTIONS, mh_row_foreign_options}}};

/*
 * Casts of the server's own have OIDs below those that a database hands out, and a cast
 * from a range to its multirange is part of the range.
 */
static const MhKind casts = {
	MH_TYPE_CAST,
	MH_NO_PRIVILEGES,
	"SELECT NULL::text, NULL::text, '(' || pg_catalog.format_type(c.castsource, NULL) || ' AS ' ||"
	" pg_catalog.format_type(c.casttarget, NULL) || ')', NULL::oid, NULL,"
	MH_SQL_COMMENT("pg_cast", "c.oid") ","
	" CASE c.castmethod WHEN 'f' THEN 'function' WHEN 'i' THEN 'inout' ELSE 'binary' END,"
	MH_SQL_FUNCTION("c.castfunc")
	" || '(' || (SELECT pg_catalog.oidvectortypes(p.proargtypes)"
	"  FROM pg_catalog.pg_proc p WHERE p.oid = c.castfunc) || ')',"
	" CASE c.castcontext WHEN 'i' THEN 'implicit' WHEN 'a' THEN 'assignment' END"
	" FROM pg_catalog.pg_cast c WHERE $1 IS NOT NULL AND c.oid >= 16384" " AND "
	MH_NOT_A_MEMBER("pg_cast", "c.oid")
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
	"  WHERE d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND d.objid = c.oid"
	"  AND d.deptype = 'i')",
	{{MH_ATTR_METHOD, mh_row_text}, {MH_ATTR_FUNCTION, mh_row_canonical}, {MH_ATTR_CONTEXT, mh_row_text}}};

/*
 * Names of options only, because their values are passwords; and a role that may not see
 * them is told so, because to it they look absent.
 */
static const char *const user_mappings_query =
	"SELECT u.srvname::text, " MH_SQL_ROLE("u.umuser") ","
	" (SELECT pg_catalog.array_agg(pg_catalog.split_part(o, '=', 1)) FROM pg_catalog.unnest(u.umoptions) o),"
	" u.umoptions IS NOT NULL"
	"  OR (u.umuser <> 0 AND u.usename = CURRENT_USER"
	"   AND pg_catalog.has_server_privilege(u.srvid, 'USAGE'))"
	"  OR pg_catalog.pg_has_role(s.srvowner, 'USAGE')"
	"  OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER),"
	" CURRENT_USER"
	" FROM pg_catalog.pg_user_mappings u"
	" JOIN pg_catalog.pg_foreign_server s ON s.oid = u.srvid WHERE $1 IS NOT NULL";
/* clang-format on */

static char *
option_names(const MhCatalogRow *row, int column)
{
	MhStrings options;

	if (mh_row_is_null(row, column))
		return NULL;
	options = mh_row_strings(row, column);
	mh_strings_sort(&options);
	return options.n == 0 ? NULL : mh_strings_join(&options, ", ");
}

static void
read_user_mapping(MhReading *reading, const MhCatalogRow *row, void *state)
{
	char *server = pstrdup(mh_quote_identifier(mh_required(mh_row_text(row, 0))));
	char *name = psprintf("%s for %s", server, mh_row_role(row, 1));
	MhDefinition *definition;

	if (!mh_row_bool(row, 3))
	{
		mh_unread_add(reading->set, MH_DRIFT_UNREADABLE, MH_TYPE_USER_MAPPING, name,
					  psprintf("Role \"%s\" may not see its options.", mh_row_name(row, 4)));
		return;
	}
	definition = mh_definition_add(reading->set, MH_TYPE_USER_MAPPING, name, server);
	mh_attribute_add(definition, MH_ATTR_OPTIONS, option_names(row, 2));
	mh_definition_finish(definition);
}

/* clang-format off */
#define PUBLICATION_COLUMNS \
	"' (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', '" \
	"  ORDER BY a.attnum) FROM pg_catalog.pg_attribute a" \
	"  WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')'"

#define PUBLICATION_TABLES \
	"(SELECT pg_catalog.string_agg(pg_catalog.concat(" \
	"  pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(t.relname)," \
	PUBLICATION_COLUMNS \
	", ' WHERE (' || pg_catalog.pg_get_expr(r.prqual, r.prrelid) || ')'), ', '" \
	"  ORDER BY n.nspname, t.relname)" \
	" FROM pg_catalog.pg_publication_rel r" \
	" JOIN pg_catalog.pg_class t ON t.oid = r.prrelid" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE r.prpubid = p.oid)"

#define PUBLICATION_SCHEMAS \
	"(SELECT pg_catalog.array_agg(n.nspname::text)" \
	" FROM pg_catalog.pg_publication_namespace s" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid)"

#define PUBLICATION_OPERATIONS \
	"CASE WHEN NOT (p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate) THEN" \
	" pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END," \
	" CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END," \
	" CASE WHEN p.pubtruncate THEN 'truncate' END) END"

static const MhKind publications = {
	MH_TYPE_PUBLICATION,
	MH_NO_PRIVILEGES,
	"SELECT NULL::text, p.pubname::text, NULL::text, " MH_SQL_ROLE("p.pubowner") ", NULL,"
	MH_SQL_COMMENT("pg_publication", "p.oid") ","
	" p.puballtables, " PUBLICATION_TABLES ", " PUBLICATION_SCHEMAS ", " PUBLICATION_OPERATIONS
	","
	" p.pubviaroot, " MH_SQL_HERE_OR_THERE(
		MH_PUBLICATION_GENERATED,
		MH_SQL_SINCE("18", "NULLIF(p.pubgencols::text, 'n')", "NULL::text"))
	" FROM pg_catalog.pg_publication p WHERE p.oid = ANY ($1)",
	{{MH_ATTR_ALL_TABLES, mh_row_flag},
	 {MH_ATTR_TABLES, mh_row_canonical},
	 {MH_ATTR_SCHEMAS, row_schemas},
	 {MH_ATTR_OPERATIONS, mh_row_text},
	 {MH_ATTR_VIA_ROOT, mh_row_flag},
	 {MH_ATTR_GENERATED_COLUMNS, mh_row_text}}};

static const char *const publications_query =
	"SELECT NULL::text, p.pubname::text, NULL::text, p.oid,"
	" NOT EXISTS (SELECT FROM pg_catalog.pg_publication_rel r"
	"  WHERE r.prpubid = p.oid AND NOT (" MH_SQL_EXPRESSION_FITS("r.prqual") "))"
	" FROM pg_catalog.pg_publication p"
	" WHERE $1 IS NOT NULL AND " MH_NOT_A_MEMBER("pg_publication", "p.oid");

/* Printing a row filter opens its table. */
static const char *const filtered_tables_query =
	"SELECT r.prpubid, r.prrelid FROM pg_catalog.pg_publication_rel r"
	" WHERE r.prpubid = ANY ($1) AND r.prqual IS NOT NULL";
/* clang-format on */

static void
note_publication(MhReading *reading, const MhCatalogRow *row, void *state)
{
	if (!mh_row_bool(row, 4))
		mh_unread_large(reading, MH_TYPE_PUBLICATION, mh_kind_name(row));
	else
		mh_batch_items_add(state, mh_row_oid(row, 3), MH_TYPE_PUBLICATION, mh_kind_name(row));
}

static void
read_publications(MhReading *reading, Datum oids)
{
	mh_read_kind_of(reading, &publications, oids);
}

void
mh_read_global(MhReading *reading)
{
	MhBatchItems items = {0, 0, NULL};

	mh_read_kind(reading, &extensions);
	mh_read_kind(reading, &event_triggers);
	mh_read_kind(reading, &wrappers);
	mh_read_kind(reading, &servers);
	mh_query_catalogs(reading, user_mappings_query, reading->schemas, read_user_mapping, NULL);
	mh_read_kind(reading, &casts);
	mh_query_catalogs(reading, publications_query, reading->schemas, note_publication, &items);
	mh_read_items(reading, items.v, items.n, filtered_tables_query, read_publications);
}
