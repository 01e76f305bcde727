/*-------------------------------------------------------------------------
 *
 * planted.h
 *	  Finds other objects that have the names of mighead's functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_PLANTED_H
#define MIGHEAD_SERVER_BASE_PLANTED_H

#include "mighead.h"

/*
 * Returns functions and types with the name of a function of the extension, and relations with the
 * name of its view, that are not its members.  A call of mighead's function without schema or casts
 * may reach them, or become ambiguous.  Each is written as for DROP, "ROUTINE
 * public.mighead_status(text)"; at most a hundred.
 *
 * Reads system catalogs as the caller.  Needs no privilege.
 */
extern MhStrings mh_planted_objects(void);

/* The query behind it, for a database elsewhere.  It finds nothing where mighead is not installed. */
extern const char *const mh_planted_query;

#endif /* MIGHEAD_SERVER_BASE_PLANTED_H */
