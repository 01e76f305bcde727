/*-------------------------------------------------------------------------
 *
 * relations.h
 *	  Declarations that the files that read relations and their parts share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_RELATIONS_H
#define MIGHEAD_SERVER_DEFINITIONS_RELATIONS_H

#include "server/definitions/definitions_private.h"

#include "utils/hsearch.h"

/* A column that is not dropped.  Columns of indexes are named after it. */
typedef struct MhColumn
{
	int attnum;
	char *plain_name;
	char *name; /* quoted */
	MhCatalogOid type;
	MhCatalogOid collation;
} MhColumn;

/* A relation of the current batch, in reading->relations by OID. */
typedef struct MhRelation
{
	MhCatalogOid oid;
	char kind;        /* relkind */
	const char *type; /* type of its definition */
	char *schema;     /* relative: $home, or quoted */
	char *name;       /* relative */
	int n_columns;
	MhColumn *columns;    /* ordered by attnum */
	StringInfo signature; /* of a view: its columns and their types */
	Oid direct_view;      /* of a continuous aggregate here: the view that its user wrote */
} MhRelation;

/* Returns a column by its number; NULL: it was dropped. */
static inline const MhColumn *
mh_find_column(const MhRelation *relation, int attnum)
{
	for (int i = 0; i < relation->n_columns; i++)
		if (relation->columns[i].attnum == attnum)
			return &relation->columns[i];
	return NULL;
}

/* Returns the relation; NULL: it is not in scope. */
extern MhRelation *mh_relation_find(const MhReading *reading, MhCatalogOid oid);

/* Returns the relation of a row.  Raises 08P01 if it was not asked for: see mh_required. */
extern MhRelation *mh_relation_of_row(const MhCatalogRow *row, int column);

extern bool mh_relation_is_view(const MhRelation *relation);

/* Returns a name without its schema if that is pg_catalog, otherwise relative. */
extern char *mh_visible_name(const MhReading *reading, Oid schema, const char *name);
/* For this session only. */
extern char *mh_collation_name(const MhReading *reading, MhCatalogOid collation);

/* State of a constraint's index that belongs to the constraint's definition. */
typedef struct MhIndexState
{
	MhCatalogOid oid;
	char *options;
	char *tablespace;
	bool is_valid;
	bool is_clustered;
} MhIndexState;

/* The name of a tablespace; NULL: the database's default. */
#define MH_SQL_TABLESPACE(oid) \
	"CASE WHEN " oid " <> 0 THEN (SELECT ts.spcname FROM pg_catalog.pg_tablespace ts" \
	" WHERE ts.oid = " oid ") END"

/*
 * The parts, one file each.  They read what belongs to the relations in the array of OIDs.  These
 * must be locked.  Columns come first.  Indexes come before constraints, whose definitions include
 * the states of their indexes.
 */
extern void mh_read_columns(MhReading *reading, Datum oids);
extern List *mh_read_indexes(MhReading *reading, Datum oids); /* of MhIndexState */
extern void mh_read_constraints(MhReading *reading, Datum oids, List *index_states);
extern void mh_read_rules(MhReading *reading, Datum oids); /* triggers and policies too */
extern void mh_read_sequences(MhReading *reading);

/*
 * citus.c: adds to the tables of the ordered set how they are distributed.  That is not cached,
 * because a table may be distributed without a change of its catalog rows.
 */
extern void mh_read_distribution(MhReading *reading);

/* What it has of one table. */
typedef struct MhDistribution
{
	char method;
	char replication;
	char *key; /* as SQL; NULL: not known */
	int colocation;
} MhDistribution;

extern void mh_distribution_add(MhReading *reading, MhCatalogOid table,
								const MhDistribution *distribution);

/* Returns whether a relation has the name of a shard of the table.  length: of its name before the number. */
extern bool mh_is_called_after(const char *name, const char *table, size_t length);

/* citus_there.c: the same for a database elsewhere. */
extern void mh_read_distribution_there(MhReading *reading);

/*
 * SQL: the options of the sequence s that differ from those of a new one with its type and
 * direction.
 */
#define MH_SEQUENCE_HIGH \
	"CASE s.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647" \
	" ELSE 9223372036854775807 END"
#define MH_SEQUENCE_START \
	"NULLIF(s.seqstart, CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END)"
#define MH_SEQUENCE_MINIMUM \
	"NULLIF(s.seqmin, CASE WHEN s.seqincrement > 0 THEN 1 ELSE - " MH_SEQUENCE_HIGH " - 1 END)"
#define MH_SEQUENCE_MAXIMUM \
	"NULLIF(s.seqmax, CASE WHEN s.seqincrement > 0 THEN " MH_SEQUENCE_HIGH " ELSE -1 END)"
#define MH_SEQUENCE_INCREMENT "NULLIF(s.seqincrement, 1)"
#define MH_SEQUENCE_CACHE "NULLIF(s.seqcache, 1)"

#endif /* MIGHEAD_SERVER_DEFINITIONS_RELATIONS_H */
