/*-------------------------------------------------------------------------
 *
 * base.h
 *	  What the pure cores of mighead share.
 *
 * A pure core (script parser, revision graph, plans, drawing) knows nothing
 * of SPI, fmgr or any server state.  It compiles in the server and, with
 * FRONTEND defined, against libpgcommon, which is how it is unit-tested and
 * fuzzed.  Memory comes from palloc and is given back by whoever owns the
 * memory context; nothing here calls ereport.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_BASE_H
#define MIGHEAD_CORE_BASE_BASE_H

#include "core/base/lists.h"
#include "core/base/words.h"

/*
 * Why a core refused.  sqlstate is one of the codes of class MH (five
 * characters, never NULL once set).  message is Alembic's own first line where
 * Alembic has one; detail is its low-level text, or facts of our own.
 */
typedef struct MhError
{
	const char *sqlstate;
	char *message;
	char *detail; /* NULL when there is nothing to add */
	char *hint;   /* NULL when there is nothing to add */
} MhError;

#define MH_NO_ERROR \
	{ \
		NULL, NULL, NULL, NULL \
	}

/* Fills err (formatting message) and returns false, so that one can return it. */
extern bool mh_fail(MhError *err, const char *sqlstate, const char *fmt, ...)
	pg_attribute_printf(3, 4);

/* Formatted detail and hint for an error that mh_fail has set. */
extern void mh_fail_detail(MhError *err, const char *fmt, ...) pg_attribute_printf(2, 3);
extern void mh_fail_hint(MhError *err, const char *fmt, ...) pg_attribute_printf(2, 3);

#endif /* MIGHEAD_CORE_BASE_BASE_H */
