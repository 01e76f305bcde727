/*-------------------------------------------------------------------------
 *
 * repack.c
 *	  What pg_repack makes while it works.
 *
 * Its trigger is left out where triggers are read (rules.c), and its own schema is not
 * in scope.  What is left is an index beside each that it rebuilds.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/definitions_private.h"

#include "catalog/dependency.h"
#include "catalog/pg_namespace.h"
#include "commands/extension.h"
#include "utils/builtins.h"

static const char *const indexes_query =
	"SELECT n.nspname, c.relname FROM (" MH_SQL_REPACK_INDEXES ") r"
	" JOIN pg_catalog.pg_class c ON c.oid = r.oid"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE $1 IS NOT NULL";

bool
mh_is_schema_of_repack(Oid schema)
{
	Oid extension = get_extension_oid(MH_REPACK, true);

	return OidIsValid(extension) && getExtensionOfObject(NamespaceRelationId, schema) == extension;
}

static void
note_index(MhReading *reading, const MhCatalogRow *row, void *state)
{
	mh_strings_add(
		state, mh_member_name(mh_schema_name(reading, mh_row_name(row, 0)), mh_row_name(row, 1)));
}

/*
 * After the reading, not in it: the lock that tells that pg_repack is at work goes away without a
 * trace in the catalogs, which are all that the cache of relations looks at.
 */
void
mh_leave_out_repack(MhReading *reading)
{
	MhDefinitions *set = reading->set;
	MhStrings indexes = {0, NULL};
	int kept = 0;

	if (reading->source == NULL && !OidIsValid(get_extension_oid(MH_REPACK, true)))
		return;
	mh_query_catalogs(reading, indexes_query, reading->schemas, note_index, &indexes);
	for (int i = 0; indexes.n > 0 && i < set->n; i++)
		if (strcmp(set->v[i].type, MH_TYPE_INDEX) != 0 ||
			!mh_strings_contain(&indexes, set->v[i].name))
			set->v[kept++] = set->v[i];
	if (indexes.n > 0)
		set->n = kept;
	kept = 0;
	for (int i = 0; indexes.n > 0 && i < set->n_unread; i++)
		if (!mh_strings_contain(&indexes, set->unread[i].name))
			set->unread[kept++] = set->unread[i];
	if (indexes.n > 0)
		set->n_unread = kept;
}
