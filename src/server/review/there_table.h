/*-------------------------------------------------------------------------
 *
 * there_table.h
 *	  A table elsewhere whose rows are looked at.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_REVIEW_THERE_TABLE_H
#define MIGHEAD_SERVER_REVIEW_THERE_TABLE_H

#include "server/review/review_private.h"

typedef struct MhTableThere
{
	char *source; /* as it is written after FROM; NULL: there is no such table */
	bool may_read;
	bool is_locked;
	bool is_safe;
	MhStrings types; /* of the columns: OIDs */
	MhStrings collations;
	MhStrings key; /* columns */
} MhTableThere;

/* Returns why the rows of the table are not read; NULL: they may be. */
extern const char *mh_there_find_table(const MhReviewServer *server,
									   const MhModelRelation *relation, const MhStrings *columns,
									   MhTableThere *table);

/* The type of a column that was asked for. */
extern Oid mh_there_type_of(const MhTableThere *table, int column);

/* Built-in types have the same number everywhere. */
extern bool mh_there_is_built_in(Oid type);
extern bool mh_there_has_built_in_types(const MhTableThere *table);

#endif /* MIGHEAD_SERVER_REVIEW_THERE_TABLE_H */
