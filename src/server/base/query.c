/*-------------------------------------------------------------------------
 *
 * query.c
 *	  Runs queries of mighead that read, and statements that write its tables.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/query.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

typedef struct KeptPlan
{
	const char *query; /* a literal, compared by its address */
	SPIPlanPtr plan;
} KeptPlan;

static List *kept_plans = NIL;

static void
keep_plan(const char *query, SPIPlanPtr plan)
{
	MemoryContext caller = MemoryContextSwitchTo(CacheMemoryContext);
	KeptPlan *kept = palloc(sizeof(KeptPlan));

	kept->query = query;
	kept->plan = plan;
	(void) SPI_keepplan(plan);
	kept_plans = lappend(kept_plans, kept);
	MemoryContextSwitchTo(caller);
}

/* Returns the plan of a literal, made at its first use.  options: of the planner, see spi.h. */
static SPIPlanPtr
kept_plan(const char *query, int n, const Oid *types, int options)
{
	SPIPlanPtr plan;
	ListCell *cell;

	foreach (cell, kept_plans)
	{
		const KeptPlan *kept = lfirst(cell);

		if (kept->query == query)
			return kept->plan;
	}
	plan = SPI_prepare_cursor(query, n, unconstify(Oid *, types), options);
	if (plan == NULL)
		elog(ERROR, "could not prepare a query: %s", SPI_result_code_string(SPI_result));
	keep_plan(query, plan);
	return plan;
}

SPIPlanPtr
mh_cached_plan(const char *query, int n, const Oid *types)
{
	return kept_plan(query, n, types, CURSOR_OPT_GENERIC_PLAN);
}

/*
 * Executes a query.  Plans are cached only for queries without parameters: planning the longest
 * takes longer than running them, but a generic plan for parameters is bad with a thousand tenants.
 */
static int
execute(const char *query, int n, Oid *types, Datum *values, const char *nulls)
{
	if (n == 0)
		return SPI_execute_plan(mh_cached_plan(query, 0, NULL), NULL, NULL, true, 0);
	return SPI_execute_with_args(query, n, types, values, nulls, true, 0);
}

void
mh_query_each(const char *query, int n, Oid *types, Datum *values, const char *nulls,
			  MhTupleSink read, void *into)
{
	MemoryContext caller = CurrentMemoryContext;
	MhIdentity identity = mh_begin_reading();
	int result;

	SPI_connect();
	result = execute(query, n, types, values, nulls);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read: %s", SPI_result_code_string(result));
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		CHECK_FOR_INTERRUPTS();
		read(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, into);
	}
	SPI_finish();
	mh_end(&identity);
}

typedef struct ListOfRows
{
	MhTupleReader read;
	List *list;
} ListOfRows;

static void
add_row(HeapTuple tuple, TupleDesc descriptor, void *into)
{
	ListOfRows *rows = into;

	rows->list = lappend(rows->list, rows->read(tuple, descriptor));
}

List *
mh_query_list(const char *query, int n, Oid *types, Datum *values, const char *nulls,
			  MhTupleReader read)
{
	ListOfRows rows = {read, NIL};

	mh_query_each(query, n, types, values, nulls, add_row, &rows);
	return rows.list;
}

static void
add_string(HeapTuple tuple, TupleDesc descriptor, void *into)
{
	char *value = SPI_getvalue(tuple, descriptor, 1);

	/* what describes an object returns NULL for one that was dropped since the snapshot */
	if (value != NULL)
		mh_strings_add(into, mh_to_utf8(value));
}

MhStrings
mh_query_strings(const char *query, int n, Oid *types, Datum *values, const char *nulls)
{
	MhStrings strings = {0, NULL};

	mh_query_each(query, n, types, values, nulls, add_string, &strings);
	return strings;
}

uint64
mh_write(const char *statement, int n, Oid *types, Datum *values, const bool *nulls, int expected)
{
	char *flags = palloc(n + 1);
	int result;

	for (int i = 0; i < n; i++)
		flags[i] = nulls != NULL && nulls[i] ? 'n' : ' ';
	/* a watch runs the same few statements at each step; the server decides when a plan is generic */
	result = SPI_execute_plan(kept_plan(statement, n, types, 0), values, flags, false, 0);
	if (result != expected)
		elog(ERROR, "could not write the tables of mighead: %s", SPI_result_code_string(result));
	return SPI_processed;
}

char *
mh_text_or_null(Datum value, bool is_null)
{
	return is_null ? NULL : mh_to_utf8(TextDatumGetCString(value));
}

bool
mh_may_read(const char *table)
{
	Oid schema = get_namespace_oid("mighead", false);

	return object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK &&
		   pg_class_aclcheck(get_relname_relid(table, schema), GetUserId(), ACL_SELECT) ==
			   ACLCHECK_OK;
}

void
mh_refuse_reading(const char *table)
{
	const char *role = mh_quote_identifier(GetUserNameFromId(GetUserId(), false));
	bool has_usage = object_aclcheck(NamespaceRelationId, get_namespace_oid("mighead", false),
									 GetUserId(), ACL_USAGE) == ACLCHECK_OK;

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for table mighead.%s", table),
			 errhint("%sGRANT SELECT ON mighead.%s TO %s; -- as the owner of the extension",
					 has_usage ? "" : psprintf("GRANT USAGE ON SCHEMA mighead TO %s; ", role),
					 table, role)));
}
