/*-------------------------------------------------------------------------
 *
 * of_extensions.c
 *	  What is expected of objects that extensions make by themselves.
 *
 * The live schema is read without them.  Expectations that an earlier release captured may have
 * them still, and are compared as if they had not.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"

#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "core/base/relative_names.h"
#include "core/base/sql_names.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

/* Returns the function that the trigger calls, as "schema.function"; NULL: the text has none. */
static char *
called_function(const char *trigger)
{
	static const char command[] = " EXECUTE FUNCTION ";
	const char *found = NULL;
	const char *next = trigger;
	const char *end;

	while ((next = strstr(next, command)) != NULL)
		found = next = next + strlen(command);
	if (found == NULL)
		return NULL;
	end = mh_end_of_identifier(found);
	if (end > found && *end == '.')
		end = mh_end_of_identifier(end + 1);
	return end > found && *end == '(' ? pnstrdup(found, end - found) : NULL;
}

static bool
is_of_extension(const MhDefinition *trigger, const char *version_schema)
{
	const char *text = mh_attribute(trigger, MH_ATTR_DEFINITION);
	char *name = text == NULL ? NULL : called_function(mh_absolute(text, version_schema));
	Oid function =
		name == NULL ? InvalidOid
					 : LookupFuncName(textToQualifiedNameList(cstring_to_text(mh_from_utf8(name))),
									  0, NULL, true);

	return OidIsValid(function) && OidIsValid(getExtensionOfObject(ProcedureRelationId, function));
}

void
mh_leave_to_extensions(MhDefinitions *expected, const char *version_schema)
{
	int kept = 0;

	for (int i = 0; i < expected->n; i++)
		if (strcmp(expected->v[i].type, MH_TYPE_TRIGGER) != 0 ||
			!is_of_extension(&expected->v[i], version_schema))
			expected->v[kept++] = expected->v[i];
	expected->n = kept;
}

bool
mh_is_inside_extension(Oid relation)
{
	return OidIsValid(getExtensionOfObject(NamespaceRelationId, get_rel_namespace(relation))) &&
		   !OidIsValid(getExtensionOfObject(RelationRelationId, relation));
}
