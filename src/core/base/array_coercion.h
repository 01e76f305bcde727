/*-------------------------------------------------------------------------
 *
 * array_coercion.h
 *	  Where deparsed SQL writes the coercion of an array.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_ARRAY_COERCION_H
#define MIGHEAD_CORE_BASE_ARRAY_COERCION_H

#include "core/base/base.h"

/*
 * Deparsed SQL with each (ARRAY[a, b])::type[] written as ARRAY[(a)::type, (b)::type].
 *
 * The first is how the server deparses an IN list that it coerced as a whole, the second
 * what it makes of that text: so the first turns into the second by a dump and
 * restore.  The second is stable.  Literals and quoted identifiers are left alone.
 * Returns text itself where there is nothing to do.
 */
extern const char *mh_fold_array_coercions(const char *text);

#endif /* MIGHEAD_CORE_BASE_ARRAY_COERCION_H */
