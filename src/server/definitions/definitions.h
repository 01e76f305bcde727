/*-------------------------------------------------------------------------
 *
 * definitions.h
 *	  Reading the definitions of the live schema.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_H
#define MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_H

#include "mighead.h"

#include "core/schema/schema.h"

/* What to read, and relative to what. */
typedef struct MhScope
{
	MhStrings schemas;          /* names, UTF-8, not quoted; those that do not exist are skipped */
	const char *version_schema; /* name of the version schema, not quoted; NULL: none */
	const char *owner;          /* name of the role that is $owner; NULL: none */
	bool with_global;           /* database-wide objects too */
	List *relations;            /* OIDs: only these relations and what belongs to them; NIL: all */
	List *version_tables;       /* OIDs that are left out: they are not part of the schema */
} MhScope;

/*
 * The definitions of all objects in scope, finished and ordered, in one snapshot.
 *
 * Left out: members of extensions, partitions' inherited parts, internal objects
 * (constraint triggers, toast, owned sequences of identity columns), the version
 * tables, the schema mighead.  Never evaluates an expression, never waits: a relation
 * that is locked ACCESS EXCLUSIVE is listed as busy, one that is dropped while being
 * read is left out.
 *
 * As the caller; the system catalogs only, so no privilege on the objects is needed.
 * Locks: AccessShareLock, conditionally, on each relation that the deparser opens,
 * given back at once.
 */
extern MhDefinitions *mh_definitions_read(const MhScope *scope);

/*
 * citus.c: the shards that Citus notes in its catalog, and whether a relation is one of them.
 * Nothing is a shard where that catalog is not there, or is locked.
 */
typedef struct MhShards MhShards;
extern MhShards *mh_shards_read(void);
extern bool mh_is_shard(const MhShards *shards, const char *name, Oid schema);

/*
 * SQL, as a query: the oid of each index that pg_repack is building beside another.  It holds an
 * advisory lock for the table all the time; that index is called after the number of the other.
 */
#define MH_REPACK "pg_repack"
#define MH_SQL_REPACK_INDEXES \
	"SELECT i.indexrelid AS oid FROM pg_catalog.pg_locks l" \
	" JOIN pg_catalog.pg_index i ON l.objid::bigint = (i.indrelid::bigint + 2147483648) % 4294967296" \
	" JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid" \
	" JOIN pg_catalog.pg_index o ON o.indrelid = i.indrelid AND 'index_' || o.indexrelid = c.relname" \
	" WHERE l.locktype = 'advisory' AND l.classid = 16185446 AND l.objsubid = 2 AND l.granted" \
	" AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d" \
	"  WHERE d.datname = pg_catalog.current_database())" \
	" AND EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = '" MH_REPACK "')"

/* Deparser class of this server. */
extern MhDeparser mh_deparser(void);

#endif /* MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_H */
