/*-------------------------------------------------------------------------
 *
 * kinds.h
 *	  Kinds of objects whose definition is a row of a query, column by column.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_KINDS_H
#define MIGHEAD_SERVER_DEFINITIONS_KINDS_H

#include "server/definitions/definitions_private.h"

/* An attribute, and how its column is read: mh_row_text, mh_row_canonical ... */
typedef struct MhKindAttribute
{
	const char *name;
	char *(*read)(const MhCatalogRow *row, int column);
} MhKindAttribute;

#define MH_KIND_ATTRIBUTES 24

/*
 * query has the columns schema (text; NULL: it belongs to none), name (text, not quoted;
 * NULL: none), what follows the name (SQL; NULL: nothing), owner (oid), privileges (aclitem[]),
 * comment, then one for each attribute.  Its $1 is the schemas in scope.
 */
typedef struct MhKind
{
	const char *type;
	ObjectType privileges_of; /* for acldefault; 0: it has none */
	const char *query;
	MhKindAttribute attributes[MH_KIND_ATTRIBUTES]; /* ended by a NULL name */
} MhKind;

/* As the type of an object says which defaults its privileges have. */
#define MH_NO_PRIVILEGES ((ObjectType) 0)

extern void mh_read_kind(MhReading *reading, const MhKind *kind);

/* With another $1: the objects of a batch. */
extern void mh_read_kind_of(MhReading *reading, const MhKind *kind, Datum oids);

/* The object that such a row is, to be finished; attributes only if kind is what made it. */
extern MhDefinition *mh_kind_definition(const MhKind *kind, const MhCatalogRow *row, char *name,
										char *parent);

/* The name that the first three columns are. */
extern char *mh_kind_name(const MhCatalogRow *row);

/* Objects for mh_read_items, as they are found. */
typedef struct MhBatchItems
{
	int n;
	int allocated;
	MhBatchItem *v;
} MhBatchItems;

extern void mh_batch_items_add(MhBatchItems *items, Oid oid, const char *type, char *name);

/* Options of foreign objects and the like, sorted: a 'x', "B" 'y'. */
extern char *mh_row_foreign_options(const MhCatalogRow *row, int column);

/* One file each. */
extern void mh_read_types(MhReading *reading);      /* and collations */
extern void mh_read_functions(MhReading *reading);  /* and procedures, aggregates */
extern void mh_read_statistics(MhReading *reading); /* of the relations in scope */
extern void mh_read_privileges(MhReading *reading); /* default ones, those of extensions' members */
extern void mh_read_global(MhReading *reading);     /* what belongs to no schema */
extern void mh_read_unmodelled(MhReading *reading);

/*
 * Pieces of SQL; arguments are SQL too.  Around queries clang-format is off, because it takes
 * macros between strings for calls.
 */
/* clang-format off */
/* The comment on an object, without obj_description, which is a query by itself. */
#define MH_SQL_COMMENT(class, oid) \
	"(SELECT de.description FROM pg_catalog.pg_description de WHERE de.objoid = " oid \
	" AND de.objsubid = 0 AND de.classoid = 'pg_catalog." class "'::pg_catalog.regclass)"
/* A schema and its dot, or nothing for the one that need not be named. */
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
