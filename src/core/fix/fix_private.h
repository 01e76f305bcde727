/*-------------------------------------------------------------------------
 *
 * fix_private.h
 *	  What the parts that write DDL share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_FIX_FIX_PRIVATE_H
#define MIGHEAD_CORE_FIX_FIX_PRIVATE_H

#include "core/fix/fix.h"

/* The DDL for one difference, while it is written. */
typedef struct MhRepair
{
	const MhDifference *difference;
	const MhDefinition *expected; /* NULL: extra */
	const MhDefinition *actual;   /* NULL: missing */
	const MhDefinitions *expected_set;
	const MhDefinitions *actual_set;
	const MhChildren *children;      /* of the expected side */
	const MhDefinition **inheritors; /* its tables that are partitions or inherit */
	int n_inheritors;
	bool is_newer; /* something is there that is not expected */
	int statements;
	StringInfoData fix;
	const char *rows_reason; /* a sentence: the fix raises where rows are not as it asks */
	const char *reason;      /* a sentence: then the fix is dropped */
} MhRepair;

/* statement.c */

/* A statement more: to be appended to. */
extern StringInfo mh_statement(MhRepair *repair);

/*
 * An attribute that DDL cannot be written without.  An expectation that somebody wrote by hand
 * may lack it: then there is no fix, and this is "".
 */
extern const char *mh_needed(MhRepair *repair, const MhDefinition *definition,
							 const char *attribute);

/* What the type is called in ALTER and COMMENT; NULL: it has no such commands. */
extern const char *mh_type_keyword(const char *type);

extern bool mh_is_type(const MhDefinition *definition, const char *type);

extern bool mh_has(const MhDefinition *definition, const char *attribute, const char *value);

/* An SQL identifier, quoted if it has to be. */
extern char *mh_quoted(const char *name);

/* COMMENT ON the object: this text (NULL: none), or the one that it has. */
extern void mh_append_comment_on(MhRepair *repair, const MhDefinition *definition,
								 const char *comment);
extern void mh_append_comment(MhRepair *repair, const MhDefinition *definition);

/* whole_statements.c: the statements of a text; -1: it is not whole. */
extern int mh_count_statements(const char *text);
extern bool mh_is_identifier(const char *text);

/* order.c: puts the rows into the order in which their fixes can be run, and drops those that cannot. */
extern void mh_order_fixes(MhDifferences *differences);

/* missing.c: creates what is missing, or says why it cannot be done. */
extern void mh_repair_missing(MhRepair *repair);

/* create.c: the object and all that belongs to it. */
extern void mh_create(MhRepair *repair, const MhDefinition *missing);

/* Pieces of it: statements, but for the first, which is a clause of ALTER TABLE. */
extern void mh_append_constraint(MhRepair *repair, StringInfo out, const MhDefinition *constraint);
extern void mh_append_enabled(MhRepair *repair, const MhDefinition *definition);
extern void mh_append_view(MhRepair *repair, const MhDefinition *view, const char *command);
extern void mh_append_clustered(MhRepair *repair, const MhDefinition *definition);
extern void mh_append_sequence_owner(MhRepair *repair, const MhDefinition *sequence);

/* routine.c: functions, procedures, aggregates. */
extern void mh_append_routine(MhRepair *repair, const MhDefinition *routine);

/* change.c, column.c: an attribute of an object that both sides have. */
extern void mh_repair_changed(MhRepair *repair);
extern void mh_repair_column(MhRepair *repair, const char *attribute, const char *expected,
							 const char *actual);

/* ALTER of a column for an attribute that ADD COLUMN does not set. */
extern void mh_append_column_state(MhRepair *repair, const MhDefinition *column);

/*
 * options.c: lists of storage parameters, "a=b, c=d".  (a='b', c='d') with a prefix
 * for each name; and command SET, RESET for the difference of two such lists.
 */
extern void mh_append_options(StringInfo out, const char *options, const char *prefix);
extern void mh_repair_options(MhRepair *repair, const char *command, const char *prefix,
							  const char *expected, const char *actual);

/*
 * privileges.c: GRANT and REVOKE that lead from the actual privileges to the expected
 * ones; NULL: the defaults of the type.
 */
extern void mh_repair_privileges(MhRepair *repair, const MhDefinition *definition,
								 const char *expected, const char *actual);

/* column_types.c */
extern bool mh_is_wider_type(const char *expected, const char *actual);

#endif /* MIGHEAD_CORE_FIX_FIX_PRIVATE_H */
