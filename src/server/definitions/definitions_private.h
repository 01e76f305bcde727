/*-------------------------------------------------------------------------
 *
 * definitions_private.h
 *	  What the files that read the live schema share.
 *
 * Queries run over batches of objects, because a query for each would cost more than
 * everything else.  All of them see one snapshot, the newest: the deparser looks at
 * the catalogs as they are now, whatever snapshot the transaction has.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_PRIVATE_H
#define MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_PRIVATE_H

#include "server/definitions/definitions.h"

#include "nodes/parsenodes.h"
#include "utils/hsearch.h"

/* What one reading of the schema shares. */
typedef struct MhReading
{
	const MhScope *scope;
	MhDefinitions *set;
	MemoryContext context; /* of everything that outlives a query */
	char *version_schema;  /* as an SQL identifier, UTF-8; NULL: none */
	Datum schemas;         /* oid[]: the schemas of the scope that exist, none of the system's */
	MhShards *shards;      /* of distributed tables */
	HTAB *relations;       /* of MhRelation: see relations.h */
	HTAB *comments;        /* see mh_comment */
	HTAB *opclasses;       /* which operator classes are the default ones */
} MhReading;

#define MH_ROW_COLUMNS 40

/* A row of a query; Datums are good until the next row. */
typedef struct MhCatalogRow
{
	MhReading *reading;
	int n;
	Datum values[MH_ROW_COLUMNS];
	bool nulls[MH_ROW_COLUMNS];
} MhCatalogRow;

typedef void (*MhRowReader)(MhReading *reading, const MhCatalogRow *row, void *state);

/*
 * Runs a query on the system catalogs, as the caller, and hands over each row, in
 * reading->context.  query has a single parameter, $1, an oid[]; the text is static and
 * is planned once in a session.  The pinned search_path is pg_catalog.
 */
extern void mh_query_catalogs(MhReading *reading, const char *query, Datum oids, MhRowReader read,
							  void *state);

/* mh_definition_finish, or an internal error. */
extern void mh_definition_end(MhDefinition *definition);

/* oid[] from OIDs, and from a List of them. */
extern Datum mh_oids(const Oid *oids, int n);

/* Is it one of reading->schemas? */
extern bool mh_is_in_schemas(const MhReading *reading, Oid schema);
extern Datum mh_oids_of_list(List *oids);

/*
 * The comment on an object of a class (catalog), or on a column of it, UTF-8; NULL: none.
 * All of the database are read at the first call, which is less work than a join in each
 * query.
 */
extern char *mh_comment(MhReading *reading, Oid class, Oid object, int subobject);

/* Columns of a row, counted from 0.  Text is copied, UTF-8; NULL gives NULL. */
extern char *mh_row_text(const MhCatalogRow *row, int column);
extern char *mh_row_name(const MhCatalogRow *row, int column); /* of name */
extern Oid mh_row_oid(const MhCatalogRow *row, int column);    /* NULL gives InvalidOid */
extern char mh_row_char(const MhCatalogRow *row, int column);  /* of "char"; NULL gives '\0' */
extern bool mh_row_bool(const MhCatalogRow *row, int column);  /* NULL gives false */
extern int mh_row_int(const MhCatalogRow *row, int column);    /* int2 or int4; NULL gives 0 */
/* Text of the deparser, as mh_canonical makes it. */
extern char *mh_row_canonical(const MhCatalogRow *row, int column);
/* A role name as an SQL identifier, or $owner; PUBLIC for OID 0. */
extern char *mh_row_role(const MhCatalogRow *row, int column);
/* An oid[] of roles, sorted by name and joined by ", ". */
extern char *mh_row_roles(const MhCatalogRow *row, int column);
/* The elements of a text[] as change makes them, sorted and joined by ", "; NULL: none. */
extern char *mh_row_sorted(const MhCatalogRow *row, int column,
						   char *(*change)(const char *element));
/* A text[] of options, name=value, sorted and joined by ", "; NULL: none. */
extern char *mh_row_options(const MhCatalogRow *row, int column);
/* "true" where the column is true, else NULL. */
extern char *mh_row_flag(const MhCatalogRow *row, int column);

/*
 * Deparsed SQL in canonical form: relative, and with the coercions of arrays where a
 * dump and restore puts them.  Takes UTF-8; NULL gives NULL.
 */
extern char *mh_canonical(const MhReading *reading, const char *text);

/* mh_relative() of a text that nobody else has, which is freed; NULL gives NULL. */
extern char *mh_relative_text(const MhReading *reading, char *text);

/* Relative names, from names that are not quoted: $home or s; $home.t or s.t; $home.t.c. */
extern char *mh_schema_name(const MhReading *reading, const char *schema);
extern char *mh_relative_name(const MhReading *reading, const char *schema, const char *name);
extern char *mh_member_name(const char *relation, const char *member);

/*
 * Privileges as text, "role=rw/grantor, ...", ordered by it; NULL where they are the
 * default ones for a type of object and owner (acldefault), however that is stored.
 * MAINTAIN is left out, because only 17 and later have it.
 */
extern char *mh_row_privileges(const MhCatalogRow *row, int column, ObjectType type, Oid owner);

/* An object that is read in a batch. */
typedef struct MhBatchItem
{
	Oid oid;
	const char *type;
	char *name;   /* relative, for the list of what could not be read */
	bool is_left; /* busy, or gone: left out of the batch */
} MhBatchItem;

/* Reads the objects with these OIDs (oid[]). */
typedef void (*MhItemsReader)(MhReading *reading, Datum oids);

/*
 * Reads objects for whose text the deparser opens relations, without ever waiting.
 *
 * relations_query tells which: rows (item oid, relation oid) for $1, the items.  Each of
 * these relations is locked AccessShareLock conditionally; an item with one that is
 * refused becomes busy, one whose relation is gone is left out silently.  The others are
 * read; where that fails, one by one, to find the culprit.
 *
 * Batches run in a subtransaction that is rolled back: so every lock is given back at
 * once, also those that the deparser keeps, and the table of shared locks does not
 * overflow.
 */
extern void mh_read_items(MhReading *reading, MhBatchItem *items, int n,
						  const char *relations_query, MhItemsReader read);

/* Query texts: schemas and extension members that are not in scope. */
#define MH_NOT_A_MEMBER(classname, oid) \
	oid " NOT IN (SELECT m.objid FROM pg_catalog.pg_depend m" \
		" WHERE m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass" \
		" AND m.classid = 'pg_catalog." classname "'::pg_catalog.regclass AND m.deptype = 'e')"

/* Pieces of the reading, one file each. */

/* relations.c: tables, columns, constraints, indexes, triggers, policies, rules,
 * sequences, views */
extern void mh_read_relations(MhReading *reading);

/* objects.c: schemas, types, functions, statistics, extensions, publications ...; what
 * is not modelled */
extern void mh_read_objects(MhReading *reading);

/* repack.c: is the schema that of the extension pg_repack? */
extern bool mh_is_schema_of_repack(Oid schema);

/* Drops what pg_repack is building at this moment from what was read. */
extern void mh_leave_out_repack(MhReading *reading);

#endif /* MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_PRIVATE_H */
