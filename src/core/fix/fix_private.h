/*-------------------------------------------------------------------------
 *
 * fix_private.h
 *	  Declarations that the parts that write DDL share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_FIX_FIX_PRIVATE_H
#define MIGHEAD_CORE_FIX_FIX_PRIVATE_H

#include "core/fix/fix.h"

/* The DDL for one difference while it is being written. */
typedef struct MhRepair
{
	const MhDifference *difference;
	const MhDefinition *expected; /* NULL: extra */
	const MhDefinition *actual;   /* NULL: missing */
	const MhDefinitions *expected_set;
	const MhDefinitions *actual_set;
	const MhChildren *children;      /* children of the expected side */
	const MhDefinition **inheritors; /* expected tables that are partitions or inherit */
	int n_inheritors;
	bool is_newer; /* the schema has an extra object of severity 2, so that it may be newer */
	int statements;
	StringInfoData fix;
	const char *rows_reason; /* a sentence: what the fix demands of the rows */
	const char *reason;      /* a sentence: why there is no fix; the fix is then dropped */
} MhRepair;

/* statement.c */

/* Begins another statement of the fix.  Append its text to the result. */
extern StringInfo mh_statement(MhRepair *repair);

/*
 * Returns an attribute without which the DDL cannot be written.  If the expectation has no such
 * attribute (somebody wrote it manually), sets the reason, so that there is no fix, and returns "".
 */
extern const char *mh_needed(MhRepair *repair, const MhDefinition *definition,
							 const char *attribute);

/* Returns the keyword of the type in ALTER and COMMENT; NULL: it has no such commands. */
extern const char *mh_type_keyword(const char *type);

extern bool mh_is_type(const MhDefinition *definition, const char *type);

/*
 * Returns whether the table has its columns from a composite type.  PostgreSQL refuses to add,
 * rename or change them by themselves.
 */
extern bool mh_is_typed(const MhRepair *repair, const char *table);

#define MH_COMES_WITH_TYPE "The column comes with that of the composite type of its table."

extern bool mh_has(const MhDefinition *definition, const char *attribute, const char *value);

/* Returns an SQL identifier, quoted if it has to be. */
extern char *mh_quoted(const char *name);

/*
 * Append a COMMENT ON the object: with comment (NULL: none), or with the comment that the
 * definition has.
 */
extern void mh_append_comment_on(MhRepair *repair, const MhDefinition *definition,
								 const char *comment);
extern void mh_append_comment(MhRepair *repair, const MhDefinition *definition);

/* whole_statements.c: returns the number of statements of a text; -1: it is incomplete. */
extern int mh_count_statements(const char *text);
extern bool mh_is_identifier(const char *text);

/*
 * order.c: sorts the differences into an order in which their fixes can be run, and drops the fixes
 * that cannot be run.
 */
extern void mh_order_fixes(MhDifferences *differences);

/* missing.c: creates a missing object, or says why it cannot be created. */
extern void mh_repair_missing(MhRepair *repair);

/* create.c: creates the object and all that belongs to it. */
extern void mh_create(MhRepair *repair, const MhDefinition *missing);

/*
 * Append parts of it.  mh_append_constraint appends a clause of ALTER TABLE, the others append
 * statements.
 */
extern void mh_append_constraint(MhRepair *repair, StringInfo out, const MhDefinition *constraint);
extern void mh_append_enabled(MhRepair *repair, const MhDefinition *definition);
extern void mh_append_view(MhRepair *repair, const MhDefinition *view, const char *command);
extern void mh_append_clustered(MhRepair *repair, const MhDefinition *definition);
extern void mh_append_sequence_owner(MhRepair *repair, const MhDefinition *sequence);

/* routine.c: creates a function, procedure or aggregate. */
extern void mh_append_routine(MhRepair *repair, const MhDefinition *routine);

/* change.c, column.c: change an attribute of an object that both sides have. */
extern void mh_repair_changed(MhRepair *repair);
extern void mh_repair_column(MhRepair *repair, const char *attribute, const char *expected,
							 const char *actual);

/* Appends ALTER of a column for the attributes that ADD COLUMN does not set. */
extern void mh_append_column_state(MhRepair *repair, const MhDefinition *column);

/*
 * options.c: lists of storage parameters, "a=b, c=d".  mh_append_options appends (a='b', c='d'),
 * with prefix before each name.  mh_repair_options appends command with SET and RESET for the
 * difference of two such lists.
 */
extern void mh_append_options(StringInfo out, const char *options, const char *prefix);
extern void mh_repair_options(MhRepair *repair, const char *command, const char *prefix,
							  const char *expected, const char *actual);

/*
 * privileges.c: appends the GRANT and REVOKE that lead from the actual privileges to the expected
 * ones; NULL: the defaults of the type.
 */
extern void mh_repair_privileges(MhRepair *repair, const MhDefinition *definition,
								 const char *expected, const char *actual);

/* privileges.c: the same for ALTER DEFAULT PRIVILEGES; NULL: there are none. */
extern void mh_repair_default_privileges(MhRepair *repair, const MhDefinition *definition,
										 const char *expected, const char *actual);

/* column_types.c */
extern bool mh_is_wider_type(const char *expected, const char *actual);

#endif /* MIGHEAD_CORE_FIX_FIX_PRIVATE_H */
