/*-------------------------------------------------------------------------
 *
 * databases.c
 *	  The databases of a server, as statements that make a foreign server for each.
 *
 *-------------------------------------------------------------------------
 */
#include "server/remote/remote_private.h"

#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "common/hashfn.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "server/base/query.h"
#include "utils/builtins.h"

static const char *const databases_query =
	"SELECT d.datname::pg_catalog.text FROM pg_catalog.pg_database d"
	" WHERE d.datallowconn AND NOT d.datistemplate"
	" AND d.datname OPERATOR(pg_catalog.<>) pg_catalog.current_database()"
	" AND pg_catalog.has_database_privilege(d.oid, 'CONNECT')"
	" ORDER BY d.datname";

/* The view shows the options, and so the password, only to whom they belong. */
static const char *const mapping_query =
	"SELECT o.option_name, o.option_value FROM pg_catalog.pg_user_mappings m"
	" CROSS JOIN LATERAL pg_catalog.pg_options_to_table(m.umoptions) o"
	" WHERE m.srvname = $1::pg_catalog.name AND m.umuser = (SELECT pg_catalog.max(n.umuser)"
	"  FROM pg_catalog.pg_user_mappings n WHERE n.srvname = $1::pg_catalog.name"
	"  AND n.usename IN ('public', current_user))";

typedef struct OptionList
{
	StringInfoData text;
	int n;
} OptionList;

static void
begin_options(OptionList *list)
{
	list->n = 0;
	initStringInfo(&list->text);
}

static void
add_option(OptionList *list, const char *name, const char *value)
{
	appendStringInfo(&list->text, "%s%s %s", list->n++ == 0 ? "" : ", ", quote_identifier(name),
					 quote_literal_cstr(value));
}

static char *
options_clause(const OptionList *list)
{
	return list->n == 0 ? pstrdup("") : psprintf(" OPTIONS (%s)", list->text.data);
}

static void
add_mapping_option(HeapTuple tuple, TupleDesc descriptor, void *into)
{
	add_option(into, SPI_getvalue(tuple, descriptor, 1), SPI_getvalue(tuple, descriptor, 2));
}

/* If the name would be too long, a hash keeps what is left of it distinct. */
static char *
name_server(const char *server, const char *database)
{
	char *name = psprintf("%s/%s", server, database);
	int length = strlen(name);

	if (length < NAMEDATALEN)
		return name;
	return psprintf("%.*s~%08x", pg_mbcliplen(name, length, NAMEDATALEN - 10), name,
					hash_bytes((const unsigned char *) name, length));
}

static char *
server_options(const ForeignServer *foreign, const char *database)
{
	OptionList list;
	ListCell *cell;

	begin_options(&list);
	foreach (cell, foreign->options)
	{
		DefElem *option = lfirst(cell);

		if (strcmp(option->defname, "dbname") != 0)
			add_option(&list, option->defname, defGetString(option));
	}
	add_option(&list, "dbname", database);
	return options_clause(&list);
}

static char *
mapping_options(const char *server)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {CStringGetTextDatum(server)};
	OptionList list;

	begin_options(&list);
	mh_query_each(mapping_query, 1, types, values, NULL, add_mapping_option, &list);
	return options_clause(&list);
}

static void
add_database(const char *const *values, void *into)
{
	if (values[0] != NULL)
		mh_strings_add(into, values[0]);
}

static MhStrings
statements_for(const char *server, const MhStrings *databases)
{
	ForeignServer *foreign = GetForeignServerByName(server, false);
	const char *wrapper = quote_identifier(GetForeignDataWrapper(foreign->fdwid)->fdwname);
	const char *owner = quote_identifier(GetUserNameFromId(foreign->owner, false));
	char *mapping = mapping_options(server);
	MhStrings statements = {0, NULL};

	for (int i = 0; i < databases->n; i++)
	{
		const char *database = mh_from_utf8(databases->v[i]);
		const char *name = quote_identifier(name_server(server, database));

		mh_strings_push(&statements,
						mh_to_utf8(psprintf("CREATE SERVER IF NOT EXISTS %s FOREIGN DATA WRAPPER "
											"%s%s;",
											name, wrapper, server_options(foreign, database))));
		/* else it would be lent what is lent to servers of superusers only */
		if (superuser() && !superuser_arg(foreign->owner))
			mh_strings_push(&statements,
							mh_to_utf8(psprintf("ALTER SERVER %s OWNER TO %s;", name, owner)));
		mh_strings_push(&statements,
						mh_to_utf8(psprintf("CREATE USER MAPPING IF NOT EXISTS FOR CURRENT_USER "
											"SERVER %s%s;",
											name, mapping)));
	}
	return statements;
}

bool
mh_remote_database_servers(const char *server, MhRemoteLimits limits, MhStrings *statements,
						   MhError *err)
{
	MhStrings databases = {0, NULL};
	MhRemoteQuery query = {
		.text = databases_query, .columns = 1, .sink = add_database, .into = &databases};
	MhRemote *remote = mh_remote_open(mh_remote_server(server), limits, err);
	bool is_read = remote != NULL && mh_remote_query(remote, &query, err);

	if (remote != NULL)
		mh_remote_close(remote);
	if (is_read)
		*statements = statements_for(mh_from_utf8(server), &databases);
	return is_read;
}
