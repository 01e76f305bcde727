/*-------------------------------------------------------------------------
 *
 * moved.c
 *	  Finds missing relations that were moved to a schema that is not compared.
 *
 * ALTER TABLE ... SET SCHEMA keeps name and owner.  Without this the table would be missing, and its
 * fix would make an empty one beside the full one.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/read_private.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "commands/extension.h"
#include "catalog/dependency.h"
#include "core/base/sql_names.h"
#include "server/base/trust.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* With more missing relations than this, they were not moved one by one. */
#define MOST_MISSING 1000

/* What is looked for, and in whose name. */
typedef struct Search
{
	const MhVersionTable *table;
	const MhScope *scope;
	List *projects;
} Search;

static bool
is_of_type(char kind, const char *type)
{
	if (strcmp(type, MH_TYPE_TABLE) == 0)
		return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE;
	if (strcmp(type, MH_TYPE_FOREIGN_TABLE) == 0)
		return kind == RELKIND_FOREIGN_TABLE;
	if (strcmp(type, MH_TYPE_MATERIALIZED_VIEW) == 0)
		return kind == RELKIND_MATVIEW;
	return strcmp(type, MH_TYPE_VIEW) == 0 && kind == RELKIND_VIEW;
}

/* Returns whether the schema has a relation that is named as the version table of a project. */
static bool
has_version_table(List *projects, Oid schema)
{
	ListCell *cell;

	foreach (cell, projects)
	{
		const MhProject *project = lfirst(cell);

		if (OidIsValid(get_relname_relid(mh_from_utf8(project->version_table_name), schema)))
			return true;
	}
	return false;
}

bool
mh_may_hold_moved(const MhScope *scope, List *projects, Oid schema)
{
	const char *name = get_namespace_name(schema);

	if (name == NULL || isAnyTempNamespace(schema) || strcmp(name, "information_schema") == 0 ||
		strcmp(name, "mighead") == 0 || strncmp(name, "pg_", 3) == 0)
		return false;
	name = mh_to_utf8(unconstify(char *, name));
	for (int i = 0; i < scope->schemas.n; i++)
		if (strcmp(scope->schemas.v[i], name) == 0)
			return false;
	return !has_version_table(projects, schema);
}

/*
 * Returns whether the relation may be the missing one.  Its owner counts, because anybody who may
 * create a schema can make tables of any name: a fix must not depend on them.
 */
static bool
may_be_moved(const Search *search, Form_pg_class relation, const char *type)
{
	return is_of_type(relation->relkind, type) && !relation->relispartition &&
		   relation->relpersistence != RELPERSISTENCE_TEMP &&
		   (relation->relowner == search->table->owner || mh_is_trusted_role(relation->relowner)) &&
		   mh_may_hold_moved(search->scope, search->projects, relation->relnamespace) &&
		   !OidIsValid(getExtensionOfObject(RelationRelationId, relation->oid));
}

/* Returns the only relation elsewhere that has the name; InvalidOid: there is none, or several. */
static Oid
find_elsewhere(const Search *search, const MhDefinition *missing)
{
	char *name = mh_from_utf8(mh_unquote_identifier(mh_local_name(missing->name)));
	CatCList *list = SearchSysCacheList1(RELNAMENSP, CStringGetDatum(name));
	Oid found = InvalidOid;
	int n = 0;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_class relation = (Form_pg_class) GETSTRUCT(&list->members[i]->tuple);

		if (!may_be_moved(search, relation, missing->type))
			continue;
		found = relation->oid;
		n++;
	}
	ReleaseSysCacheList(list);
	return n == 1 ? found : InvalidOid;
}

static List *
find_moved(const Search *search, const MhDifferences *differences)
{
	List *found = NIL;
	int missing = 0;

	for (int i = 0; i < differences->n && missing < MOST_MISSING; i++)
	{
		const MhDifference *one = &differences->v[i];
		Oid relation;

		if (one->kind != MH_MISSING || one->expected_object->parent != NULL ||
			mh_is_partition(one->expected_object))
			continue;
		missing++;
		relation = find_elsewhere(search, one->expected_object);
		if (OidIsValid(relation))
			found = list_append_unique_oid(found, relation);
	}
	return found;
}

static MhDefinitions *
read_relations(const MhScope *compared, List *relations)
{
	MhScope scope = *compared;
	ListCell *cell;

	scope.relations = relations;
	scope.with_global = false;
	scope.schemas = (MhStrings){0, NULL};
	foreach (cell, relations)
	{
		const char *schema = get_namespace_name(get_rel_namespace(lfirst_oid(cell)));

		if (schema != NULL)
			mh_strings_add(&scope.schemas, mh_to_utf8(unconstify(char *, schema)));
	}
	return mh_definitions_read(&scope);
}

/* Returns both sets as one, which shares their objects. */
static MhDefinitions *
unite(const MhDefinitions *live, const MhDefinitions *moved)
{
	MhDefinitions *both = palloc(sizeof(MhDefinitions));

	*both = *live;
	both->n = both->allocated = live->n + moved->n;
	both->v = palloc((Size) Max(both->n, 1) * sizeof(MhDefinition));
	memcpy(both->v, live->v, live->n * sizeof(MhDefinition));
	memcpy(both->v + live->n, moved->v, moved->n * sizeof(MhDefinition));
	mh_definitions_sort(both);
	return both;
}

/* Returns whether the relation was paired with a missing one. */
static bool
is_mate(const MhDifferences *differences, const char *relation)
{
	for (int i = 0; i < differences->n; i++)
		if (differences->v[i].kind == MH_RENAMED &&
			strcmp(differences->v[i].actual_object->name, relation) == 0)
			return true;
	return false;
}

/* Removes what is extra only because it was read: relations that are not the missing ones after all. */
static void
drop_strangers(MhDifferences *differences, const MhDefinitions *moved)
{
	int kept = 0;

	for (int i = 0; i < differences->n; i++)
	{
		const MhDefinition *object = differences->v[i].actual_object;
		bool is_read = differences->v[i].kind == MH_EXTRA &&
					   mh_definitions_find(moved, object->type, object->name) != NULL;
		const char *relation = !is_read || object->parent == NULL ? NULL : object->parent;

		if (is_read && !is_mate(differences, relation != NULL ? relation : object->name))
			continue;
		differences->v[kept++] = differences->v[i];
	}
	differences->n = kept;
}

const MhDefinitions *
mh_compare_moved(const MhVersionTable *table, const MhScope *scope, const MhDefinitions *expected,
				 const MhDefinitions *live, MhDifferences **differences)
{
	Search search = {table, scope, NIL};
	MhDefinitions *moved;
	MhDefinitions *both;
	List *relations;

	if (scope->relations != NIL || (*differences)->n == 0)
		return live;
	search.projects = mh_projects_read();
	relations = find_moved(&search, *differences);
	if (relations == NIL)
		return live;
	moved = read_relations(scope, relations);
	both = unite(live, moved);
	*differences = mh_compare(expected, both);
	drop_strangers(*differences, moved);
	return both;
}
