/*-------------------------------------------------------------------------
 *
 * base.h
 *	  Types and functions that all pure cores of mighead share.
 *
 * A pure core (script parser, revision graph, plans, drawing) does not use SPI, fmgr or server
 * state.  It compiles in the server and, with FRONTEND defined, against libpgcommon, for unit tests
 * and fuzzers.  Memory comes from palloc; the owner of the memory context frees it.  A core never
 * calls ereport.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_BASE_H
#define MIGHEAD_CORE_BASE_BASE_H

#include "core/base/lists.h"
#include "core/base/words.h"

/*
 * The reason why a core refused.  sqlstate is one of the codes of class MH (five characters; NULL:
 * no error).  message is Alembic's first line if Alembic has this error.  detail is Alembic's
 * low-level text, or facts that mighead adds.
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

/* The text that fmt and args make, whatever its length. */
extern char *mh_format(const char *fmt, va_list args) pg_attribute_printf(1, 0);

/*
 * Fills err with the SQLSTATE and the formatted message.  Always returns false, so that a caller
 * can return the result.
 */
extern bool mh_fail(MhError *err, const char *sqlstate, const char *fmt, ...)
	pg_attribute_printf(3, 4);

/* Add a formatted detail or hint to an error that mh_fail has set. */
extern void mh_fail_detail(MhError *err, const char *fmt, ...) pg_attribute_printf(2, 3);
extern void mh_fail_hint(MhError *err, const char *fmt, ...) pg_attribute_printf(2, 3);

#endif /* MIGHEAD_CORE_BASE_BASE_H */
