/*-------------------------------------------------------------------------
 *
 * definitions_private.h
 *	  Declarations that the files that read the live schema share.
 *
 * Queries run over batches of objects, because one query for each object would cost more than
 * everything else.  All of them use one snapshot, the newest: the deparser reads the current
 * catalogs, whatever snapshot the transaction has.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_PRIVATE_H
#define MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_PRIVATE_H

#include "server/definitions/definitions.h"
#include "server/definitions/source.h"

#include "nodes/parsenodes.h"
#include "utils/hsearch.h"

typedef struct MhKnown MhKnown;

/* The state of one reading of the schema. */
typedef struct MhReading
{
	const MhScope *scope;
	MhSource *source; /* NULL: this session */
	MhDefinitions *set;
	MemoryContext context; /* for everything that outlives a query */
	char *version_schema;  /* as an SQL identifier, UTF-8; NULL: none */
	Datum schemas;         /* oid[]: the schemas in scope that exist, without system schemas */
	List *wanted;          /* OIDs there: only these relations; NIL: all */
	List *version_tables;  /* OIDs there */
	MhShards *shards;      /* of distributed tables; NULL: none */
	HTAB *shards_there;    /* their OIDs elsewhere; NULL: none */
	HTAB *relations;       /* of MhRelation: see relations.h */
	HTAB *comments;        /* see mh_comment */
	HTAB *commented;       /* objects that have comments; NULL: not known */
	int n_single_comments; /* objects whose comments were looked for one by one */
	HTAB *types;           /* see columns.c */
	HTAB *opclasses;       /* operator classes that are a default */
	MhKnown *known;        /* see known.h; NULL: everything has to be read */
} MhReading;

#define MH_ROW_COLUMNS 40

/* A row of a query.  Its Datums, or texts, are valid until the next row. */
typedef struct MhCatalogRow
{
	MhReading *reading;
	int n;
	Datum values[MH_ROW_COLUMNS];
	const char *const *texts; /* of elsewhere, instead of values; NULL: from this session */
	bool nulls[MH_ROW_COLUMNS];
} MhCatalogRow;

typedef void (*MhRowReader)(MhReading *reading, const MhCatalogRow *row, void *state);

/*
 * Runs a query on the system catalogs as the caller, with search_path pinned to pg_catalog, and
 * calls read for each row in reading->context.  query has one parameter, $1, of type oid[].  Its
 * text must be static; it is planned once in a session.  Elsewhere it runs in the form that
 * mh_query_there gives it.
 */
extern void mh_query_catalogs(MhReading *reading, const char *query, Datum oids, MhRowReader read,
							  void *state);

/* Calls mh_definition_finish; raises an internal error if that fails. */
extern void mh_definition_end(MhDefinition *definition);

/* Return an oid[] of an array of OIDs, and of a List. */
extern Datum mh_oids(const Oid *oids, int n);

/* Returns whether the schema is one of reading->schemas. */
extern bool mh_is_in_schemas(const MhReading *reading, MhCatalogOid schema);
extern Datum mh_oids_of_list(List *oids);
extern bool mh_is_listed(const List *oids, MhCatalogOid oid);

/* Returns the version of the server that is read, as server_version_num. */
extern int mh_version_read(const MhReading *reading);

/* Returns an OID for use in this session.  Raises an internal error if it is from elsewhere. */
extern Oid mh_local_oid(const MhReading *reading, MhCatalogOid oid);

/*
 * Returns the comment on an object of a class (catalog), or on a column of it, in UTF-8; NULL:
 * none.  The first call for an object reads those of all its columns, by index.  After some hundred
 * objects it finds out which have comments at all, and looks only for those.  The text belongs to the
 * reading.
 */
extern char *mh_comment(MhReading *reading, Oid class, MhCatalogOid object, int subobject);

/* Elsewhere mh_comment reads nothing: this does, for relations and what belongs to them. */
extern void mh_read_comments(MhReading *reading, Datum relations);

/* Return a column of a row, counted from 0.  Text is copied, in UTF-8; NULL gives NULL. */
extern char *mh_row_text(const MhCatalogRow *row, int column);
extern char *mh_row_name(const MhCatalogRow *row, int column);       /* of type name */
extern MhCatalogOid mh_row_oid(const MhCatalogRow *row, int column); /* NULL gives InvalidOid */
/* The OID of a system catalog, which is the same on every server. */
extern Oid mh_row_class(const MhCatalogRow *row, int column);
extern bool mh_row_is_null(const MhCatalogRow *row, int column);
extern MhStrings mh_row_strings(const MhCatalogRow *row, int column); /* a text[]; not NULL */
extern char mh_row_char(const MhCatalogRow *row, int column); /* of type "char"; NULL gives '\0' */
extern bool mh_row_bool(const MhCatalogRow *row, int column); /* NULL gives false */
extern int mh_row_int(const MhCatalogRow *row, int column);   /* int2 or int4; NULL gives 0 */
/* Returns the text, which no catalog lacks.  NULL raises 08P01: a server elsewhere may send anything. */
extern char *mh_required(char *text);
pg_noreturn extern void mh_raise_wrong_row(void);
/* A text of the deparser, in the form of mh_canonical. */
extern char *mh_row_canonical(const MhCatalogRow *row, int column);
/* A role (MH_SQL_ROLE) as an SQL identifier, or $owner; PUBLIC for OID 0. */
extern char *mh_row_role(const MhCatalogRow *row, int column);
/* Roles (MH_SQL_ROLES), sorted by name and joined by ", ". */
extern char *mh_row_roles(const MhCatalogRow *row, int column);
/* The elements of a text[], each as change returns it, sorted and joined by ", "; NULL: none. */
extern char *mh_row_sorted(const MhCatalogRow *row, int column,
						   char *(*change)(const char *element));
/* A text[] of options, name=value, sorted and joined by ", "; NULL: none. */
extern char *mh_row_options(const MhCatalogRow *row, int column);
/* "true" where the column is true, else NULL. */
extern char *mh_row_flag(const MhCatalogRow *row, int column);

/*
 * Returns deparsed SQL in canonical form: relative, and with the coercions of arrays as a dump and
 * restore writes them.  Takes UTF-8; NULL gives NULL.
 */
extern char *mh_canonical(const MhReading *reading, const char *text);

/* Returns mh_relative() of text and frees text, which nobody else may use.  NULL gives NULL. */
extern char *mh_relative_text(const MhReading *reading, char *text);

/* Return a relative name from names that are not quoted: $home or s; $home.t or s.t; $home.t.c. */
extern char *mh_schema_name(const MhReading *reading, const char *schema);
extern char *mh_relative_name(const MhReading *reading, const char *schema, const char *name);
extern char *mh_member_name(const char *relation, const char *member);

/*
 * Returns privileges (MH_SQL_PRIVILEGES, of the same type and owner) as an ordered text,
 * "role=rw/grantor, ..."; NULL if they are the defaults of a type of object and owner (acldefault),
 * however they are stored.  MAINTAIN is left out, because only 17 and later have it.
 * owner_column: that of MH_SQL_ROLE; MH_NO_COLUMN: the type has no owner.
 */
#define MH_NO_COLUMN (-1)
extern char *mh_row_privileges(const MhCatalogRow *row, int column, ObjectType type,
							   int owner_column);

/*
 * Runs read in a subtransaction that is rolled back.  Returns NULL, or the error that was raised;
 * then the set is as it was.  Raises a cancellation.
 */
extern ErrorData *mh_try_reading(MhReading *reading, void (*read)(void *state), void *state);

/* An object that is read in a batch. */
typedef struct MhBatchItem
{
	MhCatalogOid oid;
	const char *type;
	char *name;   /* relative, for the list of unread objects */
	bool is_left; /* busy or gone, and left out of the batch */
} MhBatchItem;

/* Leave an item out of its batch, and add it to the unread ones, as busy or for an error. */
extern void mh_leave_busy(MhReading *reading, MhBatchItem *item);
extern void mh_leave_unread(MhReading *reading, MhBatchItem *item, const ErrorData *error);

/* Reads the objects with these OIDs (oid[]). */
typedef void (*MhItemsReader)(MhReading *reading, Datum oids);

/*
 * Reads objects for whose text the deparser opens relations, without ever waiting.
 *
 * relations_query returns rows (item oid, relation oid) for $1, the items.  Each of these relations
 * is locked in AccessShareLock conditionally.  If the lock is refused the item becomes busy.  If
 * the relation is gone the item is left out silently.  If the expressions of the relation are too
 * large the item becomes unreadable.  The others are read as a batch.  If that raises an error they
 * are read one by one, and the one that fails becomes unreadable.
 *
 * Batches run in a subtransaction that is rolled back.  So every lock is given back at once, also
 * those that the deparser keeps, and the table of shared locks does not overflow.
 */
extern void mh_read_items(MhReading *reading, MhBatchItem *items, int n,
						  const char *relations_query, MhItemsReader read);

/* Adds an object to the unread ones: its expressions are too large (expression_size.h). */
extern void mh_unread_large(MhReading *reading, const char *type, char *name);

/* Condition for a query: the object is no member of an extension. */
#define MH_NOT_A_MEMBER(classname, oid) \
	oid " NOT IN (SELECT m.objid FROM pg_catalog.pg_depend m" \
		" WHERE m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass" \
		" AND m.classid = 'pg_catalog." classname "'::pg_catalog.regclass AND m.deptype = 'e')"

/*
 * elsewhere.c: what a source needs instead of this session's caches and locks.
 *
 * Finds the schemas, version tables and relations of the scope.  is_left_out says which schemas are
 * not read.
 */
extern void mh_find_scope_there(MhReading *reading, bool (*is_left_out)(const char *schema));

/* mh_read_items for a source: as few queries as possible. */
extern void mh_read_items_there(MhReading *reading, MhBatchItem *items, int n,
								const char *relations_query, MhItemsReader read);

/* The parts of the reading, one file each. */

/*
 * relations.c: tables, columns, constraints, indexes, triggers, policies, rules, sequences, views.
 */
extern void mh_read_relations(MhReading *reading);

/*
 * contents.c: returns whether the schemas in scope have types or collations, and functions.  True
 * also where they have too many objects to look at each.
 */
typedef struct MhContents
{
	bool has_types;
	bool has_functions;
} MhContents;

extern MhContents mh_contents_find(const MhReading *reading);

/*
 * objects.c: schemas, types, functions, statistics, extensions, publications ..., and objects that
 * are not modelled.
 */
extern void mh_read_objects(MhReading *reading);

/* repack.c: returns whether the schema is that of the extension pg_repack. */
extern bool mh_is_schema_of_repack(Oid schema);

/* Removes what pg_repack is building at this moment from the definitions that were read. */
extern void mh_leave_out_repack(MhReading *reading);

#endif /* MIGHEAD_SERVER_DEFINITIONS_DEFINITIONS_PRIVATE_H */
