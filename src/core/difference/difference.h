/*-------------------------------------------------------------------------
 *
 * difference.h
 *	  Comparing what is expected with what is there.
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
	const char *name;      /* relative; of the expected object where there is one */
	const char *attribute; /* NULL: the object as a whole */
	const char *expected;  /* relative text; NULL: absent */
	const char *actual;
	const MhDefinition *expected_object; /* NULL: extra */
	const MhDefinition *actual_object;   /* NULL: missing */
	/* relative SQL, several statements with ";\n" between them (mh_one_statement makes them one);
	 * NULL: none is safe */
	char *fix;
	/* a sentence, relative: the fix raises where rows are not as it asks; NULL: whatever they are */
	char *rows_reason;
	/* a sentence, relative: why there is no fix, or what hinders comparing; NULL: none */
	char *reason;
} MhDifference;

typedef struct MhDifferences
{
	int n;
	/* by severity (2, 3, 1, 0), type (what others are made of first), name, attribute */
	MhDifference *v;
} MhDifferences;

/*
 * Every difference once: what belongs to a missing, extra or renamed relation is not
 * listed beside it; a column that is missing does not change the order of the others.
 * Structural twins under another name are MH_RENAMED.  Where an object is unread on the
 * actual side nothing is said of it but that.
 */
extern MhDifferences *mh_compare(const MhDefinitions *expected, const MhDefinitions *actual);

/* Orders them again, after severities or names have changed. */
extern void mh_differences_order(MhDifferences *differences);

/*
 * Sets the severity of each difference by the harm that it does.  manages: MhManages that the
 * migrations of the project answer for.  Partitions that were made or dropped at run time become
 * one difference of their parent, their number, unless manages has MH_MANAGES_PARTITIONS.
 */
extern void mh_judge(MhDifferences *differences, const MhDefinitions *expected,
					 const MhDefinitions *actual, int manages);

/* satisfied.c: what a difference says about whether a schema satisfies what is expected of it. */
typedef enum MhHindrance
{
	MH_HINDRANCE_NONE,
	MH_HINDRANCE_MISSING,
	MH_HINDRANCE_DIFFERENT, /* changed, renamed or invalid */
	MH_HINDRANCE_EXTRA,     /* satisfied, but not exactly what is expected */
	MH_HINDRANCE_UNREAD     /* not known: it could not be read, or not be compared */
} MhHindrance;

/* Differences below severity 2 and objects of kinds that are not compared hinder nothing. */
extern MhHindrance mh_hindrance_of(const MhDifference *difference);

/*
 * Is nothing missing or different?  Extra objects do not matter.  *known is false where what could
 * not be read leaves it open.
 */
extern bool mh_are_satisfied(const MhDifferences *differences, bool *known);

extern const char *mh_difference_kind_name(MhDifferenceKind kind);

#endif /* MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_H */
