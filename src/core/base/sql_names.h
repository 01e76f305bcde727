/*-------------------------------------------------------------------------
 *
 * sql_names.h
 *	  Finds and replaces names in deparsed SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_SQL_NAMES_H
#define MIGHEAD_CORE_BASE_SQL_NAMES_H

#include "core/base/base.h"

/* The most parts of a name.  Deparsed SQL has at most three (schema, table, column). */
#define MH_NAME_PARTS 4

/*
 * A name in a text: identifiers with dots between them.  Each part is a word, a quoted identifier
 * or a placeholder such as $home, from from[i] to before to[i].
 */
typedef struct MhSqlName
{
	int n;
	const char *from[MH_NAME_PARTS];
	const char *to[MH_NAME_PARTS];
	bool is_schema; /* the name is a schema: 's'::regnamespace, OPERATOR(s.+) */
} MhSqlName;

/* Appends a replacement of the name to out and returns true, or returns false to keep the name. */
typedef bool (*MhNameMapper)(void *arg, const MhSqlName *name, StringInfo out);

/*
 * Returns text with its names replaced by mapper.  Names outside literals and dollar quotes are
 * mapped, and names in a literal that is cast to a reg* type.
 */
extern char *mh_map_names(const char *text, MhNameMapper mapper, void *arg);

/*
 * As mh_map_names, but also maps the names inside dollar quotes (not inside dollar quotes nested
 * there).
 */
extern char *mh_map_names_of_bodies(const char *text, MhNameMapper mapper, void *arg);

/* Returns whether a part of the name is plain, a name without quotes. */
extern bool mh_name_part_is(const MhSqlName *name, int part, const char *plain);

/* Returns an SQL identifier without its quotes. */
extern char *mh_unquote_identifier(const char *identifier);

/* Returns the position behind the identifier at text, or text itself if there is none. */
extern const char *mh_end_of_identifier(const char *text);

#endif /* MIGHEAD_CORE_BASE_SQL_NAMES_H */
