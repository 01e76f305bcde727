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
#include "utils/hsearch.h"

#include "core/schema/schema.h"
#include "server/definitions/fingerprints.h"
#include "server/definitions/source.h"

/*
 * The definitions that the caller expects, so that those that are known to be so need not be read:
 * see known.h.  find returns the number of the form with this checksum; -1: it is not expected.
 */
typedef struct MhForms
{
	int (*find)(const void *state, const char *checksum);
	const void *state;
	MhNodes known; /* the forms that were not read */
} MhForms;

/*
 * What mh_seal_store needs of a reading.  is_made is false where the catalogs do not tell everything
 * that was read, or changed meanwhile.
 */
typedef struct MhSeal
{
	bool is_made;

	/* private */
	char *scope;
	char *origin;
	MhFingerprint whole;
	MhFingerprint epoch;
	int n_relations;
} MhSeal;

/* Returns how a server of this server_version_num writes views and rules. */
extern MhDeparser mh_deparser_of(int version);

/* What to read, and to which names it is made relative. */
typedef struct MhScope
{
	MhStrings schemas; /* names in UTF-8, not quoted; those that do not exist are skipped */
	const char *version_schema; /* name of the version schema, not quoted; NULL: none */
	const char *owner;          /* name of the role that $owner stands for; NULL: none */
	bool with_global;           /* database-wide objects too */
	List *relations;            /* OIDs: only these relations and their parts; NIL: all */
	List *version_tables;       /* OIDs of version tables, which are not part of the schema */
	MhForms *forms;             /* NULL: everything is read */
	bool stores;                /* stores the fingerprints of what is read */
	MhSeal *seal;               /* with stores: made for the caller; NULL: nobody wants it */
	/*
	 * A database elsewhere.  Then the OIDs above mean nothing, and it is told by names which are the
	 * version tables (the name at the same place in version_table_names), and which relation is
	 * wanted (NULL: all).  Names are in UTF-8, not quoted.
	 */
	MhSource *source;
	MhStrings version_table_schemas;
	MhStrings version_table_names;
	const char *relation_schema;
	const char *relation_name;
} MhScope;

/* The schema of a version table that is in a database elsewhere. */
typedef struct MhElsewhere
{
	MhSource *source;
	const char *owner;           /* name of the version table's owner; NULL: not known */
	const char *relation_schema; /* only this relation; NULL: all */
	const char *relation_name;
} MhElsewhere;

/*
 * Returns the definitions of all objects in scope, finished and ordered, in one snapshot.
 *
 * Left out are members of extensions, inherited parts of partitions, internal objects (constraint
 * triggers, toast tables, owned sequences of identity columns), the version tables and the schema
 * mighead.  Never evaluates an expression and never waits.  A relation that is locked ACCESS
 * EXCLUSIVE is listed as busy.  One that is dropped while being read is left out.  If a system
 * catalog is locked, the schemas are listed as busy, and nothing else.
 *
 * Reads as the caller, and only the system catalogs, so that no privilege on the objects is needed.
 * From a source it reads as the role there, in one snapshot.  Raises what the source raises, and
 * 42P01 if the wanted relation does not exist there.
 *
 * With forms the set lacks what is known to be as expected.  With stores it writes
 * mighead.fingerprint, as the owner of mighead's tables, unless somebody else does.
 * Locks: AccessShareLock, conditionally, on each relation that the deparser opens, given back at
 * once.
 */
extern MhDefinitions *mh_definitions_read(const MhScope *scope);

/*
 * The same, for steps that follow one another in a session.  From the third step on only those relations
 * are read that the catalogs show to have changed.  One that has not is not busy, whoever locks it.  The
 * definitions belong to the session: the caller may leave some out, but change none.  Gives the
 * transaction an ID.
 */
extern MhDefinitions *mh_definitions_read_step(const MhScope *scope);

/* Hashes what else has to be as it was when a seal was stored.  False: it is not known. */
typedef bool (*MhBeside)(uint64 *hash);

/*
 * Returns whether mh_definitions_read would return the set with this checksum
 * (mh_definitions_checksum), and nothing unread, as a seal says.  False: it is not known without
 * reading.  beside is called only if there is such a seal.  Locks as mh_definitions_read.
 */
extern bool mh_definitions_are_sealed(const MhScope *scope, const char *checksum, MhBeside beside);

/*
 * Stores a seal, if it is made and nobody else stores: the set that was read has this checksum, and
 * beside is that hash.  Writes as the owner of mighead's tables.
 */
extern void mh_seal_store(const MhSeal *seal, const char *checksum, uint64 beside);

/*
 * citus.c: reads the shards that Citus lists in its catalog, and tells whether a relation is one of
 * them: it has the table's name with the number, schema and owner.  If that catalog does not exist, or
 * is locked, there are none.
 */
typedef struct MhShards MhShards;
extern MhShards *mh_shards_read(void);

/* Returns whether the catalogs of Citus, or what is called so, tell more than those of PostgreSQL. */
extern bool mh_has_citus(void);
extern bool mh_is_shard(const MhShards *shards, Oid relation);

/* citus_there.c: the OIDs there of the shards of a database elsewhere; NULL: it has none. */
extern HTAB *mh_shards_there(MhSource *source);

/*
 * An SQL query: the OIDs of the indexes that pg_repack is building beside others.  pg_repack holds
 * an advisory lock for the table meanwhile and names each new index after the OID of the old one.
 * Anybody can take the lock, but pg_repack's role is a superuser, or acts for the table's owner.
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
	" AND EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = '" MH_REPACK "')" \
	" AND EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(l.pid) s" \
	"  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid" \
	"  WHERE pg_catalog.pg_has_role(s.usesysid, t.relowner, 'USAGE'))"

#endif /* MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_H */
