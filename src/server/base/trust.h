/*-------------------------------------------------------------------------
 *
 * trust.h
 *	  Decides whose code may run: what an expression, a type or a relation can reach.
 *
 * In PostgreSQL, code hides in what looks like data.  Planning a SELECT evaluates constants in
 * index predicates, partition keys and statistics.  Writing a row, or creating a column or
 * constraint, evaluates defaults, checks and triggers.  All of it runs as the role that runs the
 * statement.  The caller of mighead is often a superuser, and the relation may belong to anybody.
 * So ask here before something is planned, evaluated or offered as a fix:
 *
 * - mh_distrust_reading(relation): before a query on a relation is planned;
 * - mh_distrust_type(type), mh_distrust_expression(node): before a value of the type is made,
 *   compared or shown, and before an expression is evaluated or folded;
 * - mh_distrust_writing(relation): before a row of it is written, and before a statement that
 *   checks, rewrites or alters it is run or offered as a fix.
 *
 * Each returns NULL if everything is trusted.  Otherwise it returns what is not, for a sentence, in
 * UTF-8, such as "function public.f(integer) of role eve".
 *
 * They read system catalogs only, need no privilege, evaluate nothing, and lock only catalogs.
 * Hold AccessShareLock on the relation.  The lock does not keep its owner from creating an index
 * meanwhile, so plan and run within mh_guard_code().
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_TRUST_H
#define MIGHEAD_SERVER_BASE_TRUST_H

#include "mighead.h"

#include "nodes/nodes.h"
#include "nodes/parsenodes.h"

/*
 * Return whether the role has the privilege.  An object that was dropped meanwhile gives none, where
 * the server's own functions would raise.
 */
extern bool mh_may_use(Oid relation, Oid role, AclMode mode);
extern bool mh_may_use_schema(Oid schema, Oid role, AclMode mode);

/* InvalidOid where the database is being dropped. */
extern Oid mh_database_owner(void);

/*
 * Returns whether the caller runs this role's code anyway: a superuser, the owner of the database,
 * the caller himself, or a role of which the caller was made a member.  (Being superuser makes
 * nobody a member.)
 */
extern bool mh_is_trusted_role(Oid role);

/*
 * Returns whether it is a function of the extension itself, not one that was planted under such a
 * name.
 */
extern bool mh_is_own_function(Oid function);

/*
 * Returns whether the relation has a trigger of mighead_watch().  Nobody else may attach its
 * function.
 */
extern bool mh_has_own_trigger(Oid relation);

/*
 * Apply the strict rule: a function must be built in, or C code of a superuser, and must not be
 * volatile.
 */
extern char *mh_distrust_function(Oid function);
extern char *mh_distrust_type(Oid type);
extern char *mh_distrust_expression(Node *expression);
/* The same of a query without tables, with the queries in it. */
extern char *mh_distrust_query(Query *query);

/*
 * Applies the strict rule to everything that planning and running a query on the relation, its
 * partitions and inheritors may evaluate, whatever columns it reads: index expressions and
 * predicates, operator classes, extended statistics, CHECK constraints, partition keys, virtual
 * columns, and policies if row security applies to the caller.  A relation is not trusted if its
 * rows, or those of a relation below it, are not in a table.  The caller must check the types of
 * the columns that the query compares or shows.
 */
extern char *mh_distrust_reading(Oid relation);

/*
 * Checks everything that writing to the relation or those below it, altering them or validating
 * their constraints may evaluate: all that mh_distrust_reading checks, and defaults, generated
 * columns, triggers, rules, policies and the columns' types.  For a relation with a trusted owner,
 * code of other trusted roles is trusted too.  For others, only the strict rule's functions,
 * functions such as nextval(), and mighead's own triggers are.
 */
extern char *mh_distrust_writing(Oid relation);

/*
 * Check what a statement names: a relation of any kind (with what a view reads), a function, or a
 * type.  They trust code of trusted roles, and the harmless ones of the built-in functions.
 */
extern char *mh_distrust_using(Oid relation);
extern char *mh_distrust_named_function(Oid function);
extern char *mh_distrust_named_type(Oid type);

/* Returns whether the function is built in and has one of the names. */
extern bool mh_is_built_in_function(Oid function, const char *const *names, int n);

#endif /* MIGHEAD_SERVER_BASE_TRUST_H */
