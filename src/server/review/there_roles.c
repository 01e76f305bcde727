/*-------------------------------------------------------------------------
 *
 * there_roles.c
 *	  What roles may do in a database elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

/* What a role may do with a relation, one letter for each right: y, n, or c (with some columns). */
typedef struct Rights
{
	uint32 role;
	uint32 relation;
	char *letters;
} Rights;

static char *
text_of(uint32 number)
{
	return psprintf("%u", number);
}

static bool
is_true(const char *value)
{
	return value != NULL && value[0] == 't';
}

uint32
mh_there_role(void *arg, const char *name)
{
	const MhReviewServer *server = arg;
	char *oid;

	if (name == NULL)
		return server->options->role;
	oid = mh_there_value(server,
						 "SELECT r.oid FROM pg_catalog.pg_roles r"
						 " WHERE r.rolname = ($1::pg_catalog.text[])[1]",
						 name, "");
	return oid == NULL ? 0 : (uint32) strtoul(oid, NULL, 10);
}

bool
mh_there_may_become(void *arg, uint32 role, uint32 other)
{
	const MhReviewServer *server = arg;

	return is_true(mh_there_value(
		server,
		server->options->source->version >= 160000
			? "SELECT pg_catalog.pg_has_role(($1::pg_catalog.oid[])[1], ($1::pg_catalog.oid[])[2], 'SET')"
			: "SELECT pg_catalog.pg_has_role(($1::pg_catalog.oid[])[1], ($1::pg_catalog.oid[])[2], 'MEMBER')",
		text_of(role), text_of(other)));
}

bool
mh_there_has_rights_of(void *arg, uint32 role, uint32 other)
{
	return is_true(mh_there_value(
		arg,
		"SELECT pg_catalog.pg_has_role(($1::pg_catalog.oid[])[1], ($1::pg_catalog.oid[])[2], 'USAGE')",
		text_of(role), text_of(other)));
}

bool
mh_there_is_superuser(const MhReviewServer *server, uint32 role)
{
	return is_true(mh_there_value(
		server,
		"SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = ($1::pg_catalog.oid[])[1]",
		text_of(role), "0"));
}

/* ---------- relations ---------- */

/* clang-format off */
#define HAS_TABLE(right) "pg_catalog.has_table_privilege(a.v[1], a.v[2], '" right "')"
#define HAS_COLUMN(right) "pg_catalog.has_any_column_privilege(a.v[1], a.v[2], '" right "')"
#define OF_TABLE(right) " CASE WHEN " HAS_TABLE(right) " THEN 'y' ELSE 'n' END"
#define OF_COLUMNS(right) \
	" CASE WHEN " HAS_TABLE(right) " THEN 'y' WHEN " HAS_COLUMN(right) " THEN 'c' ELSE 'n' END"
#define RIGHTS_QUERY(maintain) \
	"SELECT 'n' ||" maintain " ||" OF_COLUMNS("SELECT") " ||" OF_COLUMNS("INSERT") " ||" \
	OF_COLUMNS("UPDATE") " ||" OF_TABLE("DELETE") " ||" OF_TABLE("TRUNCATE") " ||" \
	OF_COLUMNS("REFERENCES") " FROM (SELECT $1::pg_catalog.oid[]) AS a (v)"
/* clang-format on */

/* In the order of MhReviewRight. */
static const char *
letters_of(const MhReviewServer *server, uint32 role, uint32 relation)
{
	MhThere *there = server->there;
	Rights *rights;
	ListCell *cell;

	foreach (cell, there->rights)
	{
		rights = lfirst(cell);
		if (rights->role == role && rights->relation == relation)
			return rights->letters;
	}
	rights = palloc(sizeof(Rights));
	rights->role = role;
	rights->relation = relation;
	rights->letters = mh_there_value(server,
									 server->options->source->version >= 170000
										 ? RIGHTS_QUERY(OF_TABLE("MAINTAIN"))
										 : RIGHTS_QUERY(" 'n'"),
									 text_of(role), text_of(relation));
	if (rights->letters == NULL || strlen(rights->letters) <= MH_RIGHT_REFERENCES)
		rights->letters = pstrdup("nnnnnnnn");
	there->rights = lcons(rights, there->rights);
	return rights->letters;
}

MhReviewTruth
mh_there_may(void *arg, uint32 role, uint32 relation, MhReviewRight right)
{
	switch (letters_of(arg, role, relation)[right])
	{
		case 'y':
			return MH_TRUTH_YES;
		case 'c':
			return MH_TRUTH_UNKNOWN;
		default:
			return MH_TRUTH_NO;
	}
}

bool
mh_there_may_create(void *arg, uint32 role, const char *schema)
{
	char *may = mh_there_value(
		arg,
		"SELECT pg_catalog.has_schema_privilege(($1::pg_catalog.text[])[1]::pg_catalog.oid, n.oid,"
		" 'CREATE') FROM pg_catalog.pg_namespace n WHERE n.nspname = ($1::pg_catalog.text[])[2]",
		text_of(role), schema);

	return may == NULL || may[0] == 't';
}
