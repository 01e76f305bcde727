/*-------------------------------------------------------------------------
 *
 * array_coercion.h
 *	  Finds and rewrites coercions of arrays in deparsed SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_ARRAY_COERCION_H
#define MIGHEAD_CORE_BASE_ARRAY_COERCION_H

#include "core/base/base.h"

/*
 * Returns deparsed SQL with each (ARRAY[a, b])::type[] rewritten as ARRAY[(a)::type, (b)::type].
 * Returns text itself if there is nothing to rewrite.  Literals and quoted identifiers are not
 * changed.
 *
 * The server deparses an IN list in the first form if it coerced the list as a whole.  A dump and
 * restore turns that into the second form, which is stable.
 */
extern const char *mh_fold_array_coercions(const char *text);

#endif /* MIGHEAD_CORE_BASE_ARRAY_COERCION_H */
