/*-------------------------------------------------------------------------
 *
 * relative_names.h
 *	  SQL text with names relative to a version schema.
 *
 * The placeholder "$home" cannot occur in deparsed SQL, because an identifier does not begin with
 * "$".
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_RELATIVE_NAMES_H
#define MIGHEAD_CORE_BASE_RELATIVE_NAMES_H

#include "core/base/base.h"

#define MH_HOME "$home"
#define MH_OWNER "$owner"

/*
 * Returns SQL text with $home in place of each qualification by version_schema.  version_schema is
 * an SQL identifier, quoted if it has to be.  Qualified names are replaced, and so are names in a
 * literal that is cast to a reg* type, as in nextval('shop.seq'::regclass).  Other literals and the
 * inside of quoted identifiers are not changed.
 *
 * Returns text itself if version_schema is NULL or does not occur in it, because the body of a
 * function may be megabytes.
 */
extern char *mh_relative(const char *text, const char *version_schema);

/*
 * Returns text with version_schema in place of $home.  It replaces $home within dollar quotes too,
 * which hold the body of a function in DDL, but not within literals.
 */
extern char *mh_absolute(const char *text, const char *version_schema);

/* Returns SQL text with the role (an SQL identifier) in place of $owner. */
extern char *mh_with_owner(const char *text, const char *owner);

/* Returns text as a person is shown it: with both.  owner NULL: $owner stays. */
extern char *mh_shown_text(const char *text, const char *version_schema, const char *owner);

#endif /* MIGHEAD_CORE_BASE_RELATIVE_NAMES_H */
