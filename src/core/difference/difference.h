/*-------------------------------------------------------------------------
 *
 * difference.h
 *	  Compares the expected schema with the live one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_H
#define MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_H

#include "core/schema/schema.h"

typedef enum MhDifferenceKind
{
	MH_MISSING,
	MH_EXTRA,
	MH_CHANGED,
	MH_RENAMED,
	MH_INVALID,
	MH_BUSY,
	MH_UNREADABLE,
	MH_UNMODELLED,
	MH_NOT_COMPARABLE
} MhDifferenceKind;

typedef struct MhDifference
{
	MhDifferenceKind kind;
	int severity;
	const char *type;
	const char *name;      /* relative; of the expected object if there is one */
	const char *attribute; /* NULL: the object as a whole */
	const char *expected;  /* relative text; NULL: absent */
	const char *actual;
	const MhDefinition *expected_object; /* NULL: extra */
	const MhDefinition *actual_object;   /* NULL: missing */
	/*
	 * the fix, relative SQL; several statements have ";\n" between them (mh_one_statement joins
	 * them); NULL: none is safe
	 */
	char *fix;
	/*
	 * a sentence, relative: what the fix demands of the rows, else it raises an error; NULL:
	 * nothing
	 */
	char *rows_reason;
	/* a sentence, relative: why there is no fix, or what prevents comparing; NULL: none */
	char *reason;
} MhDifference;

typedef struct MhDifferences
{
	int n;
	/*
	 * ordered by severity (2, 3, 1, 0), type (those that others depend on first), name and
	 * attribute
	 */
	MhDifference *v;
} MhDifferences;

/*
 * Compares two sets of definitions.  Each difference is listed once.  The parts of a missing, extra
 * or renamed relation are not listed beside it, and a missing column does not change the order of
 * the others.  Objects that differ only in their name are MH_RENAMED.  An object that is unread on
 * the actual side is listed only as unread.
 */
extern MhDifferences *mh_compare(const MhDefinitions *expected, const MhDefinitions *actual);

/* Orders the differences again after severities or names have changed. */
extern void mh_differences_order(MhDifferences *differences);

/*
 * Sets the severity of each difference by the harm that it does.  manages: the areas (MhManages)
 * that the project's migrations manage.  Unless manages has MH_MANAGES_PARTITIONS, partitions that
 * were made or dropped at run time become one difference of their parent: their number.
 */
extern void mh_judge(MhDifferences *differences, const MhDefinitions *expected,
					 const MhDefinitions *actual, int manages);

/* satisfied.c: whether a schema satisfies its expectation, as far as one difference tells. */
typedef enum MhHindrance
{
	MH_HINDRANCE_NONE,
	MH_HINDRANCE_MISSING,
	MH_HINDRANCE_DIFFERENT, /* changed, renamed or invalid */
	MH_HINDRANCE_EXTRA,     /* satisfied, but not exactly the expected schema */
	MH_HINDRANCE_UNREAD     /* not known: it could not be read or compared */
} MhHindrance;

/*
 * Returns how a difference hinders.  Differences below severity 2 and objects of kinds that are not
 * compared do not.
 */
extern MhHindrance mh_hindrance_of(const MhDifference *difference);

/*
 * Returns whether nothing is missing or different.  Extra objects do not matter.  *known is false
 * if unread objects leave the answer open.
 */
extern bool mh_are_satisfied(const MhDifferences *differences, bool *known);

/* of_relation.c */

/*
 * Returns whether a difference of a relation can be told from the relation alone.  If not, other objects
 * count: what a partition has from its parent, the table that an index or a sequence comes from, what
 * a renamed table, type or function is called in a text, whether the schema is newer.
 */
extern bool mh_is_local(const MhDifference *difference);

/* Returns the name that the live relation has in the expectation. */
extern const char *mh_expected_name(const MhDifferences *differences, const char *name);

/* Returns whether a difference is one of the relation, which has these two names, or of its parts. */
extern bool mh_is_of_relation(const MhDifference *difference, const char *expected,
							  const char *actual);

extern const char *mh_difference_kind_name(MhDifferenceKind kind);

#endif /* MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_H */
