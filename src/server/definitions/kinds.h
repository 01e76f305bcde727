/*-------------------------------------------------------------------------
 *
 * kinds.h
 *	  Reads kinds of objects whose definition is one row of a query.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_KINDS_H
#define MIGHEAD_SERVER_DEFINITIONS_KINDS_H

#include "server/base/expression_size.h"
#include "server/definitions/definitions_private.h"

/* An attribute and the function that reads its column: mh_row_text, mh_row_canonical ... */
typedef struct MhKindAttribute
{
	const char *name;
	char *(*read)(const MhCatalogRow *row, int column);
} MhKindAttribute;

#define MH_KIND_ATTRIBUTES 24

/*
 * A kind of objects.  query returns the columns schema (text; NULL: none), name (text, not quoted;
 * NULL: none), the text after the name (SQL; NULL: nothing), owner (MH_SQL_ROLE), privileges
 * (MH_SQL_PRIVILEGES) and comment, then one column for each attribute.  Its $1 is the schemas in scope.
 */
typedef struct MhKind
{
	const char *type;
	ObjectType privileges_of; /* for acldefault; 0: the kind has no privileges */
	const char *query;
	MhKindAttribute attributes[MH_KIND_ATTRIBUTES]; /* ended by a NULL name */
} MhKind;

/* The value of privileges_of for a kind without privileges. */
#define MH_NO_PRIVILEGES ((ObjectType) 0)

/* Reads all objects of a kind. */
extern void mh_read_kind(MhReading *reading, const MhKind *kind);

/* Reads the objects of a batch.  $1 of the kind's query is their OIDs. */
extern void mh_read_kind_of(MhReading *reading, const MhKind *kind, Datum oids);

/*
 * Adds the object of such a row to the set, not finished yet.  Its attributes are read only if the
 * row is from kind's query.
 */
extern MhDefinition *mh_kind_definition(const MhKind *kind, const MhCatalogRow *row, char *name,
										char *parent);

/* Returns the name that the first three columns make. */
extern char *mh_kind_name(const MhCatalogRow *row);

/*
 * Adds the objects of a query to the unread ones, because they have an expression that is too large.
 * The columns are the first three of a kind's query, and $1 is oids.
 */
extern void mh_read_large(MhReading *reading, const char *type, const char *query, Datum oids);

/* Objects for mh_read_items, collected one by one. */
typedef struct MhBatchItems
{
	int n;
	int allocated;
	MhBatchItem *v;
} MhBatchItems;

extern void mh_batch_items_add(MhBatchItems *items, MhCatalogOid oid, const char *type, char *name);

/* Returns the options of a foreign object, sorted: a 'x', "B" 'y'. */
extern char *mh_row_foreign_options(const MhCatalogRow *row, int column);

/* One file each. */
extern void mh_read_types(MhReading *reading);      /* and collations */
extern void mh_read_functions(MhReading *reading);  /* and procedures, aggregates */
extern void mh_read_statistics(MhReading *reading); /* of the relations in scope */
extern void mh_read_privileges(MhReading *reading); /* default ones, those of extensions' members */
extern void mh_read_global(MhReading *reading);     /* objects that belong to no schema */
extern void mh_read_unmodelled(MhReading *reading); /* and those that are compared as a whole */

/* wholes.c: objects that are compared as a whole, by kind. */
#define MH_WHOLE_KINDS 13

typedef struct MhWholes
{
	List *oids[MH_WHOLE_KINDS];
} MhWholes;

/*
 * Notes an object for mh_read_wholes.  class: the OID of its catalog.  Returns false if objects of
 * this catalog are not compared as a whole.
 */
extern bool mh_note_whole(MhWholes *wholes, Oid class, MhCatalogOid object);

/* Reads the objects that were noted. */
extern void mh_read_wholes(MhReading *reading, const MhWholes *wholes);

/*
 * Pieces of SQL.  Their arguments are SQL too.  clang-format is off around queries, because it
 * takes macros between strings for calls.
 */
/* clang-format off */
/* The comment on an object.  It does without obj_description, which runs a query of its own. */
#define MH_SQL_COMMENT(class, oid) \
	"(SELECT de.description FROM pg_catalog.pg_description de WHERE de.objoid = " oid \
	" AND de.objsubid = 0 AND de.classoid = 'pg_catalog." class "'::pg_catalog.regclass)"
/* The prefix of a schema: nothing for pg_catalog, which need not be named. */
#define MH_SQL_SHARED(schema) \
	"CASE WHEN " schema " = 'pg_catalog' THEN '' ELSE pg_catalog.quote_ident(" schema ") || '.' END"
/* Names as SQL, with the schema unless it is pg_catalog. */
#define MH_SQL_FUNCTION(oid) \
	"(SELECT " MH_SQL_SHARED("fn.nspname") " || pg_catalog.quote_ident(f.proname)" \
	" FROM pg_catalog.pg_proc f" \
	" JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = " oid ")"
#define MH_SQL_COLLATION(oid) \
	"(SELECT " MH_SQL_SHARED("cn.nspname") " || pg_catalog.quote_ident(co.collname)" \
	" FROM pg_catalog.pg_collation co" \
	" JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = " oid ")"
/* clang-format on */

#endif /* MIGHEAD_SERVER_DEFINITIONS_KINDS_H */
