/*-------------------------------------------------------------------------
 *
 * copies.c
 *	  Withholds fixes that would make a copy of what was moved to a schema that is not compared.
 *
 * moved.c pairs a relation with the only one of its name elsewhere.  Types and functions are not
 * read there, and of several relations none can be chosen; but whoever makes such an object anew has
 * two, of which the applications use the other one.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/read_private.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "core/base/sql_names.h"
#include "server/base/trust.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* An object of a catalog that has the name of a missing one. */
typedef struct Namesake
{
	Oid class;
	Oid oid;
	Oid schema;
	Oid owner;
	bool is_of_kind;
} Namesake;

typedef Namesake (*ReadFunction)(HeapTuple tuple, const MhDefinition *missing);

static Namesake
read_type(HeapTuple tuple, const MhDefinition *missing)
{
	Form_pg_type type = (Form_pg_type) GETSTRUCT(tuple);
	Namesake found = {TypeRelationId, type->oid, type->typnamespace, type->typowner, false};

	if (type->typtype == TYPTYPE_COMPOSITE)
		found.is_of_kind = strcmp(missing->type, MH_TYPE_COMPOSITE_TYPE) == 0 &&
						   get_rel_relkind(type->typrelid) == RELKIND_COMPOSITE_TYPE;
	else
		found.is_of_kind =
			(type->typtype == TYPTYPE_ENUM && strcmp(missing->type, MH_TYPE_ENUM) == 0) ||
			(type->typtype == TYPTYPE_DOMAIN && strcmp(missing->type, MH_TYPE_DOMAIN) == 0) ||
			(type->typtype == TYPTYPE_RANGE && strcmp(missing->type, MH_TYPE_RANGE_TYPE) == 0);
	return found;
}

/*
 * Returns the number of arguments in "name(integer, text)".  Their types may have been moved too,
 * and then have other names.
 */
static int
count_arguments(const char *local)
{
	const char *list = local + strcspn(local, "(");
	int n = 1;

	if (list[0] == '\0' || list[1] == ')')
		return 0;
	while (*list != '\0')
	{
		const char *end = mh_end_of_identifier(list);

		n += *list == ',';
		list = end > list ? end : list + 1;
	}
	return n;
}

static Namesake
read_function(HeapTuple tuple, const MhDefinition *missing)
{
	Form_pg_proc function = (Form_pg_proc) GETSTRUCT(tuple);
	Namesake found = {ProcedureRelationId, function->oid, function->pronamespace,
					  function->proowner, false};

	found.is_of_kind = function->pronargs == count_arguments(mh_local_name(missing->name));
	return found;
}

static Namesake
read_statistics(HeapTuple tuple, const MhDefinition *missing)
{
	Form_pg_statistic_ext statistics = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	Namesake found = {StatisticExtRelationId, statistics->oid, statistics->stxnamespace,
					  statistics->stxowner, true};

	return found;
}

/* A single one is moved.c's, which knows whether it is alike. */
static Namesake
read_relation(HeapTuple tuple, const MhDefinition *missing)
{
	Form_pg_class relation = (Form_pg_class) GETSTRUCT(tuple);
	Namesake found = {RelationRelationId, relation->oid, relation->relnamespace, relation->relowner,
					  false};

	found.is_of_kind =
		(relation->relkind == RELKIND_RELATION || relation->relkind == RELKIND_PARTITIONED_TABLE) &&
		!relation->relispartition;
	return found;
}

/* The caches by name. */
static const struct
{
	const char *type;
	int cache;
	ReadFunction read;
	int few; /* so many of the name say nothing */
} caches[] = {
	{MH_TYPE_ENUM, TYPENAMENSP, read_type, 0},
	{MH_TYPE_DOMAIN, TYPENAMENSP, read_type, 0},
	{MH_TYPE_COMPOSITE_TYPE, TYPENAMENSP, read_type, 0},
	{MH_TYPE_RANGE_TYPE, TYPENAMENSP, read_type, 0},
	{MH_TYPE_FUNCTION, PROCNAMEARGSNSP, read_function, 0},
	{MH_TYPE_PROCEDURE, PROCNAMEARGSNSP, read_function, 0},
	{MH_TYPE_AGGREGATE, PROCNAMEARGSNSP, read_function, 0},
	{MH_TYPE_STATISTICS, STATEXTNAMENSP, read_statistics, 0},
	{MH_TYPE_TABLE, RELNAMENSP, read_relation, 1},
};

/* Returns the name without schema and arguments, as the catalogs have it. */
static char *
plain_name(const MhDefinition *definition)
{
	const char *local = mh_local_name(definition->name);

	return mh_from_utf8(
		mh_unquote_identifier(pnstrdup(local, mh_end_of_identifier(local) - local)));
}

/* Returns the schema of an object elsewhere that may be the missing one; InvalidOid: there is none. */
static Oid
find_namesake(const MhVersionTable *table, const MhScope *scope, List *projects,
			  const MhDefinition *missing, int i)
{
	CatCList *list = SearchSysCacheList1(caches[i].cache, CStringGetDatum(plain_name(missing)));
	Oid schema = InvalidOid;
	int n = 0;

	for (int j = 0; j < list->n_members; j++)
	{
		Namesake found = caches[i].read(&list->members[j]->tuple, missing);

		if (!found.is_of_kind ||
			(found.owner != table->owner && !mh_is_trusted_role(found.owner)) ||
			!mh_may_hold_moved(scope, projects, found.schema) ||
			OidIsValid(getExtensionOfObject(found.class, found.oid)))
			continue;
		schema = found.schema;
		n++;
	}
	ReleaseSysCacheList(list);
	return n > caches[i].few ? schema : InvalidOid;
}

static void
withhold(MhDifference *one, Oid schema)
{
	char *name = get_namespace_name(schema);

	one->fix = NULL;
	one->rows_reason = NULL;
	one->reason = psprintf("Schema %s has one of its name: it may have been moved there.",
						   name == NULL ? "?" : mh_quote_identifier(mh_to_utf8(name)));
}

void
mh_withhold_copies(const MhVersionTable *table, const MhScope *scope, MhDifferences *differences)
{
	List *projects = NIL;

	for (int i = 0; i < differences->n; i++)
	{
		MhDifference *one = &differences->v[i];

		if (one->kind != MH_MISSING || one->fix == NULL)
			continue;
		if (projects == NIL)
			projects = mh_projects_list();
		for (size_t j = 0; j < lengthof(caches); j++)
		{
			Oid schema = strcmp(one->type, caches[j].type) != 0
							 ? InvalidOid
							 : find_namesake(table, scope, projects, one->expected_object, j);

			if (OidIsValid(schema))
				withhold(one, schema);
		}
	}
}
