/*-------------------------------------------------------------------------
 *
 * relative_names.h
 *	  Names relative to a version schema.
 *
 * "$home" cannot stand in deparsed SQL (an identifier does not begin with "$"), so
 * nothing is mistaken for it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_RELATIVE_NAMES_H
#define MIGHEAD_CORE_BASE_RELATIVE_NAMES_H

#include "core/base/base.h"

#define MH_HOME "$home"
#define MH_OWNER "$owner"

/*
 * SQL text with every qualification by version_schema (an SQL identifier, quoted
 * if it has to be) replaced by $home: of names, and within literals that are cast to one of
 * the reg* types, as in nextval('shop.seq'::regclass).  Other literals, and the
 * inside of quoted identifiers, stay.  The text itself where version_schema is NULL or not in it: the
 * body of a function may be megabytes.
 */
extern char *mh_relative(const char *text, const char *version_schema);

/*
 * The way back, for any version schema.  Also within dollar quotes, which hold the body of a
 * function in DDL; not within literals.
 */
extern char *mh_absolute(const char *text, const char *version_schema);

/* SQL text with the role (an SQL identifier) in place of $owner. */
extern char *mh_with_owner(const char *text, const char *owner);

#endif /* MIGHEAD_CORE_BASE_RELATIVE_NAMES_H */
