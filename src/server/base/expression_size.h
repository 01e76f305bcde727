/*-------------------------------------------------------------------------
 *
 * expression_size.h
 *	  The limit on stored expressions that mighead lets PostgreSQL parse.
 *
 * A catalog stores an expression as text (pg_node_tree), which PostgreSQL parses in one piece and
 * cannot interrupt.  A literal of megabytes compresses well, so anybody can store one.  Ask here
 * before an expression is deparsed or parsed, and before a relation is opened that others own: the
 * relation cache parses its rules and policies, and copies its checks and defaults.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_EXPRESSION_SIZE_H
#define MIGHEAD_SERVER_BASE_EXPRESSION_SIZE_H

#include "mighead.h"
#include "nodes/nodes.h"

/*
 * In megabytes of the stored form, which has 4 bytes for each byte of a literal.  As much takes up
 * to 0.1 s.  Real views have less: one of 200 kB of SQL has 2.4 MB, and a join of 36 tables with 60
 * columns each has 5.8 MB.
 */
#define MH_EXPRESSION_LIMIT_MB 8

/* The stored sizes below are read without unpacking what is stored. */
#define MH_EXPRESSION_LIMIT (MH_EXPRESSION_LIMIT_MB * 1024 * 1024)

/* Condition for a query: the expression, a column of type pg_node_tree, is not too large. */
#define MH_SQL_EXPRESSION_FITS(column) \
	"COALESCE(pg_catalog.octet_length(" column \
	"::pg_catalog.text), 0) <= " CppAsString2(MH_EXPRESSION_LIMIT_MB) " * 1024 * 1024"

/* Returns whether a value of type pg_node_tree is too large. */
extern bool mh_expression_is_large(Datum expression);

/* Returns a value of type pg_node_tree as a tree; NULL: it is too large. */
extern Node *mh_expression_parse(Datum expression);

/*
 * Returns whether a domain has checks, or one below it.  They are not parsed if they are too large:
 * it has some, then.
 */
extern bool mh_domain_has_checks(Oid domain);

/*
 * Returns whether the expressions that belong to a relation (defaults, checks, indexes, rules,
 * triggers, policies, partition key) are too large, taken together.  Needs no privilege, and locks
 * only catalogs.
 */
extern bool mh_expressions_are_large(Oid relation);

/* What is too large, for a sentence. */
#define MH_LARGE_EXPRESSION \
	"an expression of more than " CppAsString2(MH_EXPRESSION_LIMIT_MB) " MB in its stored form"

#endif /* MIGHEAD_SERVER_BASE_EXPRESSION_SIZE_H */
