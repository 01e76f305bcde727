/*-------------------------------------------------------------------------
 *
 * sql_names.h
 *	  The names in deparsed SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_SQL_NAMES_H
#define MIGHEAD_CORE_BASE_SQL_NAMES_H

#include "core/base/base.h"

/* Longer chains do not occur: schema, table, column, and one to spare. */
#define MH_NAME_PARTS 4

/* Identifiers with dots between them: words, quoted ones, placeholders such as $home. */
typedef struct MhSqlName
{
	int n;
	const char *from[MH_NAME_PARTS];
	const char *to[MH_NAME_PARTS];
	bool is_schema; /* for itself: 's'::regnamespace, OPERATOR(s.+) */
} MhSqlName;

/* Appends what takes the place of the name and returns true, or leaves it. */
typedef bool (*MhNameMapper)(void *arg, const MhSqlName *name, StringInfo out);

/*
 * The text with its names mapped: those outside of literals and dollar quotes, and
 * those within a literal that is cast to one of the reg* types.
 */
extern char *mh_map_names(const char *text, MhNameMapper mapper, void *arg);

/* The same, and the names in what dollar quotes hold (but not in further ones there). */
extern char *mh_map_names_of_bodies(const char *text, MhNameMapper mapper, void *arg);

/* Is the part this name (as it is without quotes)? */
extern bool mh_name_part_is(const MhSqlName *name, int part, const char *plain);

/* An SQL identifier without its quotes. */
extern char *mh_unquote_identifier(const char *identifier);

/* Past the identifier at text; text itself: there is none. */
extern const char *mh_end_of_identifier(const char *text);

#endif /* MIGHEAD_CORE_BASE_SQL_NAMES_H */
