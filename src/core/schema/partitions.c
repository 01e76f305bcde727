/*-------------------------------------------------------------------------
 *
 * partitions.c
 *	  Finds tables that are partitions, or that were.
 *
 *-------------------------------------------------------------------------
 */
#include "core/schema/schema.h"

bool
mh_is_partition(const MhDefinition *definition)
{
	return strstr(definition->type, MH_TYPE_TABLE) != NULL &&
		   mh_attribute(definition, MH_ATTR_PARTITION_OF) != NULL;
}

MhStrings
mh_partitions_of(const MhDefinitions *set)
{
	MhStrings names = {0, NULL};

	for (int i = 0; i < set->n; i++)
		if (mh_is_partition(&set->v[i]))
			mh_strings_add(&names, set->v[i].name);
	return names;
}

/* Returns the names and types of all columns as one text. */
static char *
columns_of(const MhChildren *children, const char *table)
{
	MhChildren columns = mh_children_of(children, table, MH_TYPE_COLUMN);
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < columns.n; i++)
		appendStringInfo(&text, "%s %s\n", mh_local_name(columns.v[i]->name),
						 mh_attribute(columns.v[i], MH_ATTR_TYPE));
	return text.data;
}

bool
mh_is_retired_partition(const MhDefinitions *set, const MhChildren *children,
						const MhDefinition *table)
{
	const char *name = table->name;
	char *columns;
	bool is_same = false;

	if (strcmp(table->type, MH_TYPE_TABLE) != 0 || mh_is_partition(table))
		return false;
	columns = columns_of(children, name);
	for (const char *end = strrchr(name, '_'); end != NULL && !is_same && end > name;)
	{
		char *start = pnstrdup(name, end - name);
		MhDefinition *parent = mh_definitions_find(set, MH_TYPE_TABLE, start);

		is_same = parent != NULL && mh_attribute(parent, MH_ATTR_PARTITION_KEY) != NULL &&
				  mh_texts_equal(mh_attribute(parent, MH_ATTR_OWNER),
								 mh_attribute(table, MH_ATTR_OWNER)) &&
				  columns[0] != '\0' && strcmp(columns_of(children, start), columns) == 0;
		pfree(start);
		do
			end--;
		while (end > name && *end != '_');
	}
	pfree(columns);
	return is_same;
}
