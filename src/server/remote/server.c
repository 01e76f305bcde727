/*-------------------------------------------------------------------------
 *
 * server.c
 *	  Foreign servers: which there are, whether the caller may use one, and what libpq is told.
 *
 * A caller who is no superuser gets what dblink allows. The server's account must lend him nothing:
 * no password file, no certificate, no service, no environment. He needs a password in the user
 * mapping, and the server has to ask for it, or he would log in as somebody whom the other side
 * trusts for another reason.
 *
 *-------------------------------------------------------------------------
 */
#include "server/remote/remote_private.h"

#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "compat.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "server/base/query.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

/* A path that can never exist: libpq then does without the file. */
#define NO_FILE "/dev/null/none"

/* Files that libpq looks for in the home of the server's account. */
static const char *const own_files[] = {"passfile",    "sslcert", "sslkey",
										"sslrootcert", "sslcrl",  NULL};

/* Of libpq's options, those that lend a caller nothing of the server's account. */
static const char *const harmless[] = {"host",
									   "hostaddr",
									   "port",
									   "dbname",
									   "user",
									   "password",
									   "options",
									   "application_name",
									   "fallback_application_name",
									   "keepalives",
									   "keepalives_idle",
									   "keepalives_interval",
									   "keepalives_count",
									   "tcp_user_timeout",
									   "connect_timeout",
									   "sslmode",
									   "sslnegotiation",
									   "sslcompression",
									   "sslsni",
									   "sslrootcert",
									   "sslcrl",
									   "sslcrldir",
									   "sslcertmode",
									   "ssl_min_protocol_version",
									   "ssl_max_protocol_version",
									   "min_protocol_version",
									   "max_protocol_version",
									   "channel_binding",
									   "require_auth",
									   "requirepeer",
									   "gssencmode",
									   "krbsrvname",
									   "target_session_attrs",
									   "load_balance_hosts",
									   NULL};

/* Set by mighead itself. */
static const char *const left_out[] = {"client_encoding", "replication", NULL};

static bool
is_one_of(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool
is_known_to_libpq(const PQconninfoOption *known, const char *name)
{
	for (; known->keyword != NULL; known++)
		/* what is for debugging is shown as such */
		if (strcmp(known->keyword, name) == 0 && strchr(known->dispchar, 'D') == NULL)
			return true;
	return false;
}

static const char *
find_option(const List *options, const char *name)
{
	const char *value = NULL;
	ListCell *cell;

	foreach (cell, options)
		if (strcmp(((DefElem *) lfirst(cell))->defname, name) == 0)
			value = defGetString(lfirst(cell));
	return value;
}

static void
set_option(MhRemoteServer *server, const char *keyword, const char *value)
{
	for (int i = 0; i < server->n; i++)
		if (strcmp(server->keywords[i], keyword) == 0)
		{
			server->values[i] = value;
			return;
		}
	server->keywords[server->n] = keyword;
	server->values[server->n++] = value;
}

static void
refuse(MhRemoteServer *server, const char *sqlstate, char *detail, const char *hint)
{
	if (server->refusal.sqlstate != NULL)
		return;
	mh_fail(&server->refusal, sqlstate, "could not connect to server \"%s\"", server->name);
	server->refusal.detail = detail;
	if (hint != NULL)
		mh_fail_hint(&server->refusal, "%s", hint);
}

static void
take_options(MhRemoteServer *server, const List *options)
{
	/* without files and environment: it only says which options there are */
	PQconninfoOption *known = PQconninfoParse("", NULL);
	ListCell *cell;

	if (known == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	foreach (cell, options)
	{
		const DefElem *option = lfirst(cell);

		if (!is_known_to_libpq(known, option->defname) || is_one_of(left_out, option->defname))
			continue;
		if (server->uses_own_account || is_one_of(harmless, option->defname))
			set_option(server, option->defname, defGetString(lfirst(cell)));
		else
			refuse(server, "42501",
				   superuser()
					   ? psprintf("Option \"%s\" works only where a superuser owns the server.",
								  option->defname)
					   : psprintf("Option \"%s\" works for superusers only.", option->defname),
				   NULL);
	}
	PQconninfoFree(known);
}

static void
use_no_own_files(MhRemoteServer *server)
{
	for (int i = 0; own_files[i] != NULL; i++)
	{
		bool is_given = false;

		for (int j = 0; j < server->n; j++)
			is_given |= strcmp(server->keywords[j], own_files[i]) == 0;
		if (!is_given)
			set_option(server, own_files[i], NO_FILE);
	}
	set_option(server, "gssencmode", "disable");
}

/* Only a superuser may write the option into a user mapping of postgres_fdw. */
static bool
may_do_without_password(const ForeignDataWrapper *wrapper, const List *mapping)
{
	const char *required = find_option(mapping, "password_required");
	bool is_required = true;

	return strcmp(wrapper->fdwname, "postgres_fdw") == 0 && required != NULL &&
		   parse_bool(required, &is_required) && !is_required;
}

static void
apply_rules(MhRemoteServer *server, const ForeignDataWrapper *wrapper, const List *mapping)
{
	const char *password = find_option(mapping, "password");

	if (server->uses_own_account)
		return;
	use_no_own_files(server);
	if (may_do_without_password(wrapper, mapping))
		return;
	server->needs_password = true;
	if (password == NULL || password[0] == '\0')
		refuse(server, "2F003", pstrdup("The user mapping has no password."),
			   superuser()
				   ? "The server's owner is no superuser, so a password is needed: ALTER USER "
					 "MAPPING ... OPTIONS (ADD password '...')."
				   : "Roles that are not superusers need one: ALTER USER MAPPING ... OPTIONS "
					 "(ADD password '...').");
}

static MhRemoteServer *
new_server(const char *name)
{
	MhRemoteServer *server = palloc0(sizeof(MhRemoteServer));

	server->name = pstrdup(name);
	return server;
}

static bool
has_mapping(Oid server)
{
	return SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(GetUserId()),
								 ObjectIdGetDatum(server)) ||
		   SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
								 ObjectIdGetDatum(server));
}

static bool
is_of_postgres(const ForeignDataWrapper *wrapper)
{
	return strcmp(wrapper->fdwname, "postgres_fdw") == 0 ||
		   strcmp(wrapper->fdwname, "dblink_fdw") == 0;
}

static void
fill(MhRemoteServer *server, const ForeignServer *foreign)
{
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(foreign->fdwid);
	List *mapping = GetUserMapping(GetUserId(), foreign->serverid)->options;
	int most = list_length(wrapper->options) + list_length(foreign->options) +
			   list_length(mapping) + lengthof(own_files) + 4;

	server->uses_own_account = superuser() && superuser_arg(foreign->owner);
	server->keywords = palloc0(most * sizeof(char *));
	server->values = palloc0(most * sizeof(char *));
	set_option(server, "fallback_application_name", "mighead");
	take_options(server, wrapper->options);
	take_options(server, foreign->options);
	take_options(server, mapping);
	apply_rules(server, wrapper, mapping);
	for (int i = 0; i < server->n; i++)
		if (strcmp(server->keywords[i], "dbname") == 0)
			server->database = mh_to_utf8(pstrdup(server->values[i]));
}

MhRemoteServer *
mh_remote_server(const char *name)
{
	MhRemoteServer *server = new_server(name);
	const char *local = mh_from_utf8(name);
	ForeignServer *foreign =
		strlen(local) < NAMEDATALEN ? GetForeignServerByName(local, true) : NULL;

	if (foreign == NULL)
		mh_fail(&server->refusal, "42704", "server \"%s\" does not exist", name);
	else if (!is_of_postgres(GetForeignDataWrapper(foreign->fdwid)))
		mh_fail(&server->refusal, "42809", "server \"%s\" is not a PostgreSQL server", name);
	else if (object_aclcheck(ForeignServerRelationId, foreign->serverid, GetUserId(), ACL_USAGE) !=
			 ACLCHECK_OK)
		mh_fail(&server->refusal, "42501", "permission denied for foreign server %s", name);
	else if (!has_mapping(foreign->serverid))
		mh_fail(&server->refusal, "42704", "server \"%s\" has no user mapping for \"%s\"", name,
				mh_to_utf8(GetUserNameFromId(GetUserId(), false)));
	else
		fill(server, foreign);
	return server;
}

/* Of a public mapping and his own, the caller's own counts; here it is enough that there is one. */
static const char *const servers_query =
	"SELECT s.srvname::pg_catalog.text FROM pg_catalog.pg_foreign_server s"
	" JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw"
	" WHERE w.fdwname IN ('postgres_fdw', 'dblink_fdw')"
	" AND s.srvname::pg_catalog.text OPERATOR(pg_catalog.~~) $1"
	" AND pg_catalog.has_server_privilege(s.oid, 'USAGE')"
	" AND EXISTS (SELECT FROM pg_catalog.pg_user_mappings m WHERE m.srvid = s.oid"
	"  AND (m.umuser = 0 OR m.usename = current_user))"
	" ORDER BY s.srvname::pg_catalog.text COLLATE \"C\"";

List *
mh_remote_servers(const char *pattern)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {mh_text_datum(pattern)};
	MhStrings names = mh_query_strings(servers_query, 1, types, values, NULL);
	List *servers = NIL;

	for (int i = 0; i < names.n; i++)
		servers = lappend(servers, mh_remote_server(names.v[i]));
	return servers;
}
