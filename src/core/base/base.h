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

#ifdef FRONTEND
#include "postgres_fe.h"
#else
#include "postgres.h"
#endif

#include "lib/stringinfo.h"

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

#define MHERR_CANNOT_LOCATE "MH201"
#define MHERR_MULTIPLE_HEADS "MH202"
#define MHERR_OVERLAP "MH203"
#define MHERR_RANGE "MH204"
#define MHERR_RELATIVE "MH205"
#define MHERR_SELF_LOOP "MH210"
#define MHERR_CYCLE "MH211"
#define MHERR_DEPENDENCY_CYCLE "MH212"
#define MHERR_DANGLING "MH213"
#define MHERR_DUPLICATE "MH214"
#define MHERR_CHARACTER "MH215"
#define MHERR_SCRIPT "MH220"
#define MHERR_ARCHIVE "MH221"
#define MHERR_DOCUMENT "MH222"

/* A list of strings.  v is NULL or has room for n; elements are never NULL. */
typedef struct MhStrings
{
	int n;
	char **v;
} MhStrings;

/* A list of nodes of a graph: indexes into MhGraph.nodes. */
typedef struct MhNodes
{
	int n;
	int *v;
} MhNodes;

/*
 * The values of one migration script, as written (names not resolved, order
 * kept), with None, () and [] as empty lists.
 */
typedef struct MhScript
{
	char *revision;
	MhStrings down_revision;
	MhStrings depends_on;
	MhStrings branch_labels;
	char *message;     /* docstring, stripped; "" when there is none */
	char *create_date; /* text after "Create Date:", NULL if none */
	char *file_name;   /* as shown to a person; NULL if by hand */
} MhScript;

/* Fills err (formatting message) and returns false, so that one can return it. */
extern bool mh_fail(MhError *err, const char *sqlstate, const char *fmt, ...)
	pg_attribute_printf(3, 4);

/* Formatted detail and hint for an error that mh_fail has set. */
extern void mh_fail_detail(MhError *err, const char *fmt, ...) pg_attribute_printf(2, 3);
extern void mh_fail_hint(MhError *err, const char *fmt, ...) pg_attribute_printf(2, 3);

/* Appends a copy of value. */
extern void mh_strings_add(MhStrings *list, const char *value);
extern bool mh_strings_contain(const MhStrings *list, const char *value);

/* By strcmp. */
extern void mh_strings_sort(MhStrings *list);

/* The same without duplicates: a set. */
extern void mh_strings_make_set(MhStrings *list);

/* "a, b, c"; the caller frees. */
extern char *mh_strings_join(const MhStrings *list, const char *separator);

extern void mh_nodes_add(MhNodes *list, int node);

#endif /* MIGHEAD_CORE_BASE_BASE_H */
