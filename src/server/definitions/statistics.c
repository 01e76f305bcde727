/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  Definitions of extended statistics.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"

/* clang-format off */
/* Which there are: of the relations in scope where it names some, else of its schemas. */
#define STATISTICS_QUERY(condition) \
	"SELECT n.nspname::text, s.stxname::text, NULL::text, s.oid, s.stxrelid," \
	" " MH_SQL_EXPRESSION_FITS("s.stxexprs") \
	" FROM pg_catalog.pg_statistic_ext s" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace" \
	" WHERE " condition " AND " MH_NOT_A_MEMBER("pg_statistic_ext", "s.oid")

static const char *const statistics_of_schemas_query =
	STATISTICS_QUERY("s.stxnamespace = ANY ($1)");
static const char *const statistics_of_relations_query =
	STATISTICS_QUERY("s.stxrelid = ANY ($1)");

/* Printing an expression opens its table. */
static const char *const tables_query =
	"SELECT s.oid, s.stxrelid FROM pg_catalog.pg_statistic_ext s WHERE s.oid = ANY ($1)";

#define TABLE_NAME \
	"pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.relname)"

/* The kinds that can be chosen; expressions have statistics of their own in any case. */
#define STATISTICS_KINDS \
	"(SELECT pg_catalog.string_agg(CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies'" \
	"  WHEN 'm' THEN 'mcv' ELSE k::text END, ', ' ORDER BY k)" \
	" FROM pg_catalog.unnest(s.stxkind) k WHERE k <> 'e')"

static const MhKind statistics = {
	MH_TYPE_STATISTICS,
	MH_NO_PRIVILEGES,
	"SELECT n.nspname::text, s.stxname::text, NULL::text, " MH_SQL_ROLE("s.stxowner") ", NULL,"
	MH_SQL_COMMENT("pg_statistic_ext", "s.oid") ","
	" pg_catalog.concat('(' || " STATISTICS_KINDS
	" || ') ', 'ON ',"
	"  pg_catalog.pg_get_statisticsobjdef_columns(s.oid), ' FROM ', " TABLE_NAME "),"
	" CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::text END,"
	" tn.nspname::text, t.relname::text"
	" FROM pg_catalog.pg_statistic_ext s"
	" JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace"
	" JOIN pg_catalog.pg_class t ON t.oid = s.stxrelid"
	" JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
	" WHERE s.oid = ANY ($1)",
	{{MH_ATTR_DEFINITION, mh_row_canonical}, {MH_ATTR_STATISTICS, mh_row_text}}};
/* clang-format on */

static void
read_row(MhReading *reading, const MhCatalogRow *row, void *state)
{
	char *table =
		mh_relative_name(reading, mh_row_text(row, row->n - 2), mh_row_text(row, row->n - 1));

	mh_definition_finish(mh_kind_definition(&statistics, row, mh_kind_name(row), table));
}

static void
read_statistics(MhReading *reading, Datum oids)
{
	mh_query_catalogs(reading, statistics.query, oids, read_row, NULL);
}

static void
note_statistics(MhReading *reading, const MhCatalogRow *row, void *state)
{
	if (mh_is_listed(reading->version_tables, mh_row_oid(row, 4)))
		return;
	if (!mh_row_bool(row, 5))
		mh_unread_large(reading, MH_TYPE_STATISTICS, mh_kind_name(row));
	else
		mh_batch_items_add(state, mh_row_oid(row, 3), MH_TYPE_STATISTICS, mh_kind_name(row));
}

void
mh_read_statistics(MhReading *reading)
{
	List *relations = reading->wanted;
	MhBatchItems items = {0, 0, NULL};

	if (relations != NIL)
		mh_query_catalogs(reading, statistics_of_relations_query, mh_oids_of_list(relations),
						  note_statistics, &items);
	else
		mh_query_catalogs(reading, statistics_of_schemas_query, reading->schemas, note_statistics,
						  &items);
	mh_read_items(reading, items.v, items.n, tables_query, read_statistics);
}
