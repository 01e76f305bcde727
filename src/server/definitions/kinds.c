/*-------------------------------------------------------------------------
 *
 * kinds.c
 *	  Definitions that are read from a row of a query, column by column.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"

#include "utils/builtins.h"

enum
{
	COLUMN_SCHEMA,
	COLUMN_NAME,
	COLUMN_SUFFIX,
	COLUMN_OWNER,
	COLUMN_PRIVILEGES,
	COLUMN_COMMENT,
	FIRST_ATTRIBUTE
};

char *
mh_kind_name(const MhCatalogRow *row)
{
	char *schema = mh_row_text(row, COLUMN_SCHEMA);
	char *name = mh_row_text(row, COLUMN_NAME);
	char *suffix = mh_row_canonical(row, COLUMN_SUFFIX);

	if (name == NULL)
		return mh_required(suffix);
	name = schema == NULL ? pstrdup(mh_quote_identifier(name))
						  : mh_relative_name(row->reading, schema, name);
	return suffix == NULL ? name : psprintf("%s%s", name, suffix);
}

MhDefinition *
mh_kind_definition(const MhKind *kind, const MhCatalogRow *row, char *name, char *parent)
{
	MhDefinition *definition = mh_definition_add(row->reading->set, kind->type, name, parent);

	mh_attribute_add(definition, MH_ATTR_OWNER, mh_row_role(row, COLUMN_OWNER));
	mh_attribute_add(definition, MH_ATTR_COMMENT, mh_row_text(row, COLUMN_COMMENT));
	if (kind->privileges_of != MH_NO_PRIVILEGES)
		mh_attribute_add(
			definition, MH_ATTR_PRIVILEGES,
			mh_row_privileges(row, COLUMN_PRIVILEGES, kind->privileges_of, COLUMN_OWNER));
	for (int i = 0; kind->attributes[i].name != NULL; i++)
		mh_attribute_add(definition, kind->attributes[i].name,
						 kind->attributes[i].read(row, FIRST_ATTRIBUTE + i));
	return definition;
}

static void
read_row(MhReading *reading, const MhCatalogRow *row, void *state)
{
	mh_definition_finish(mh_kind_definition(state, row, mh_kind_name(row), NULL));
}

void
mh_read_kind(MhReading *reading, const MhKind *kind)
{
	mh_read_kind_of(reading, kind, reading->schemas);
}

void
mh_read_kind_of(MhReading *reading, const MhKind *kind, Datum oids)
{
	mh_query_catalogs(reading, kind->query, oids, read_row, unconstify(MhKind *, kind));
}

static void
note_large(MhReading *reading, const MhCatalogRow *row, void *state)
{
	mh_unread_large(reading, state, mh_kind_name(row));
}

void
mh_read_large(MhReading *reading, const char *type, const char *query, Datum oids)
{
	mh_query_catalogs(reading, query, oids, note_large, unconstify(char *, type));
}

void
mh_batch_items_add(MhBatchItems *items, MhCatalogOid oid, const char *type, char *name)
{
	MhBatchItem *item;

	if (items->n == items->allocated)
	{
		items->allocated = Max(16, items->allocated * 2);
		items->v = items->v == NULL ? palloc(items->allocated * sizeof(MhBatchItem))
									: repalloc(items->v, items->allocated * sizeof(MhBatchItem));
	}
	item = &items->v[items->n++];
	item->oid = oid;
	item->type = type;
	item->name = name;
	item->is_left = false;
}

/* What people keep out of sight, and what therefore is not compared. */
static bool
is_secret(const char *option)
{
	return strstr(option, "pass") != NULL || strstr(option, "secret") != NULL ||
		   strstr(option, "token") != NULL || strstr(option, "key") != NULL;
}

static char *
foreign_option(const char *element)
{
	char *option = pstrdup(element);
	char *value = strchr(option, '=');

	if (value == NULL)
		return pstrdup(mh_quote_identifier(option));
	*value++ = '\0';
	if (is_secret(option))
		return pstrdup(mh_quote_identifier(option));
	return psprintf("%s %s", mh_quote_identifier(option), quote_literal_cstr(value));
}

char *
mh_row_foreign_options(const MhCatalogRow *row, int column)
{
	return mh_row_sorted(row, column, foreign_option);
}
