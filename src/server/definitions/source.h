/*-------------------------------------------------------------------------
 *
 * source.h
 *	  Where the facts of a reading come from: this session's catalogs, or a database elsewhere.
 *
 * Both run the same queries, so that one description of every attribute serves both.  Where this
 * session has a faster way than SQL (its syscache), or a value that must not cross (aclitem, a role
 * as an OID), a query has a second text for elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_SOURCE_H
#define MIGHEAD_SERVER_DEFINITIONS_SOURCE_H

#include "mighead.h"

/*
 * An OID of the database that is read.  It is no Oid, so that none from elsewhere can be handed to a
 * cache of this server: mh_local_oid asks for it.
 */
typedef struct MhCatalogOid
{
	Oid value;
} MhCatalogOid;

#define MH_NO_CATALOG_OID ((MhCatalogOid){InvalidOid})

static inline bool
mh_is_same_oid(MhCatalogOid left, MhCatalogOid right)
{
	return left.value == right.value;
}

static inline bool
mh_is_oid(MhCatalogOid oid)
{
	return OidIsValid(oid.value);
}

/* Gets one row: n values in UTF-8, verified; NULL for NULL.  Valid until it returns. */
typedef void (*MhTextRowReader)(int n, const char *const *values, void *state);

/*
 * A database elsewhere.  Its functions raise what the server there raises, with its SQLSTATE, and
 * are in a transaction with one snapshot that only reads.
 */
typedef struct MhSource MhSource;
struct MhSource
{
	int version; /* server_version_num */
	/* Why the server there refused the last query; NULL: it did not, or the connection is lost. */
	const MhError *refusal;
	/*
	 * Runs one query, in the encoding of this database, and hands out its rows.  parameter: $1, whose type the
	 * query says; NULL: it has none.
	 */
	void (*query)(MhSource *source, const char *query, const char *parameter, MhTextRowReader read,
				  void *state);
	/* Is called when a schema has been read.  Raises if it must not be judged.  NULL: it may be. */
	void (*end)(MhSource *source);
};

/* ---------- SQL ---------- */

/* clang-format off */
/* Another text for this session, and for elsewhere.  Neither may contain one of these itself. */
#define MH_SQL_HERE_OR_THERE(here, there) "/*here*/" here "/*there " there "*/"

/* What $1 becomes there if it has no element. */
#define MH_SQL_NO_OIDS "'{}'::pg_catalog.oid[]"

/* Within the text for elsewhere: by the major there. */
#define MH_SQL_SINCE(major, newer, older) "@" major "@" newer "@" older "@"

/* A role there: "=name", "PUBLIC", or "?" where it does not exist. */
#define MH_SQL_ROLE_THERE(oid) \
	"CASE WHEN " oid " = 0 THEN 'PUBLIC' ELSE COALESCE((SELECT '=' || ro.rolname" \
	" FROM pg_catalog.pg_roles ro WHERE ro.oid = " oid "), '?') END"
#define MH_SQL_ROLE(oid) MH_SQL_HERE_OR_THERE(oid, MH_SQL_ROLE_THERE(oid))
#define MH_SQL_ROLES(oids) \
	MH_SQL_HERE_OR_THERE(oids, "ARRAY(SELECT " MH_SQL_ROLE_THERE("ro1.oid") \
						 " FROM pg_catalog.unnest(" oids ") ro1 (oid))")

/* Privileges there: rows "is it the default?", grantee, grantor, privilege, grant option. */
#define MH_SQL_GRANTS_THERE(is_default, acl) \
	"SELECT ARRAY['" is_default "', " MH_SQL_ROLE_THERE("gr.grantee") ", " \
	MH_SQL_ROLE_THERE("gr.grantor") ", gr.privilege_type, gr.is_grantable::text]" \
	" FROM pg_catalog.aclexplode(" acl ") gr"
/* type: as acldefault() takes it.  owner: an OID. */
#define MH_SQL_PRIVILEGES(acl, type, owner) \
	MH_SQL_HERE_OR_THERE(acl, "CASE WHEN " acl " IS NOT NULL THEN ARRAY(" \
						 MH_SQL_GRANTS_THERE("false", acl) " UNION ALL " \
						 MH_SQL_GRANTS_THERE("true", "pg_catalog.acldefault(" type ", " owner ")") ") END")
/* clang-format on */

/*
 * Returns the text of a query for a server of this version: the second of each pair of texts, and
 * $1 replaced by the OIDs (oid[]).
 */
extern char *mh_query_there(const char *query, int version, Datum oids);

/* Returns the elements of the text of an array of any dimensions.  NULL elements are "". */
extern MhStrings mh_array_elements(const char *array);

/* Returns the text of an array of these elements. */
extern char *mh_array_text(const MhStrings *elements);

#endif /* MIGHEAD_SERVER_DEFINITIONS_SOURCE_H */
