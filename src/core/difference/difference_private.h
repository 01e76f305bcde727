/*-------------------------------------------------------------------------
 *
 * difference_private.h
 *	  Declarations that the parts of the comparison share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_PRIVATE_H
#define MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_PRIVATE_H

#include "core/difference/difference.h"

/* An object of one side.  name and parent are the names that the expected side uses. */
typedef struct MhItem
{
	const MhDefinition *definition;
	const char *name;
	const char *parent;
	struct MhItem *mate; /* the same object on the other side; NULL: none */
	bool is_renamed;     /* renamed itself, not just its parent */
	bool follows;        /* moved with its table: not reported */
	bool is_suppressed;  /* without a mate, for a reason that is reported elsewhere */
} MhItem;

typedef struct MhItems
{
	int n;
	MhItem *v; /* ordered by type and name */
} MhItems;

/* A name that was replaced by another. */
typedef struct MhRename
{
	const char *from;
	const char *to;
	const char *table; /* expected table of a renamed column; NULL: a qualified name, or an alias */
} MhRename;

typedef struct MhRenames
{
	int n;
	int allocated;
	MhRename *v; /* ordered by from once mh_renames_order has been called */
} MhRenames;

typedef struct MhPairing
{
	const MhDefinitions *expected_set;
	const MhDefinitions *actual_set;
	MhItems expected;
	MhItems actual;
	MhRenames renames; /* from actual names to expected ones */
	MhRenames reverse; /* the way back */
} MhPairing;

/* pairs.c: pairs each object with that of the other side, renamed ones too. */
extern void mh_pair(MhPairing *pairing, const MhDefinitions *expected, const MhDefinitions *actual);

/* rename_detection.c: runs one round of looking for renamed objects.  Returns the number found. */
extern int mh_detect_renames(MhPairing *pairing);

/*
 * moves.c: the same for objects that were moved to another schema, or renamed and changed; call it
 * when no other renames are left.
 */
extern int mh_detect_moves(MhPairing *pairing);

/* renames.c */
extern void mh_renames_add(MhPairing *pairing, const MhItem *expected, const MhItem *actual);
extern void mh_renames_order(MhPairing *pairing);

/* Returns the qualified name to which name (NUL-terminated) was renamed; NULL: it was not. */
extern const char *mh_renames_find(const MhRenames *renames, const char *name);

/* Returns whether the column of an expected table was renamed in just this way. */
extern bool mh_renames_have_column(const MhRenames *renames, const char *from, const char *to,
								   const char *table);

/* Returns the name of a column of table (as mh_renames_apply has it) before it was renamed. */
extern const char *mh_renames_column(const MhRenames *renames, const char *name, const char *table);

/* Returns a text of the actual side in expected names.  table: to which it belongs, or NULL. */
extern char *mh_renames_apply(const MhRenames *renames, const char *text, const char *table);

/* Returns whether the values of two mates differ only in names of renamed objects. */
extern bool mh_same_value(const MhPairing *pairing, const MhItem *expected,
						  const char *expected_value, const char *actual_value);

#endif /* MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_PRIVATE_H */
