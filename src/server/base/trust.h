/*-------------------------------------------------------------------------
 *
 * trust.h
 *	  Whose code may run: what an expression, a type or a relation can reach.
 *
 * In PostgreSQL code hides in what looks like data.  To plan a SELECT evaluates constants in
 * index predicates, partition keys and statistics; to write a row, or to make a column or
 * constraint, evaluates defaults, checks and triggers; each as whoever runs the statement.
 * Who calls us is often a superuser, and the relation may be anybody's.  So before
 * something is planned, evaluated or offered as a fix, ask here:
 *
 *	- mh_distrust_reading(relation): before a query on a relation is planned;
 *	- mh_distrust_type(type), mh_distrust_expression(node): before a value of the type is
 *	  made, compared or shown, and before an expression is evaluated or folded;
 *	- mh_distrust_writing(relation): before a row of it is written, and before a statement
 *	  that checks, rewrites or alters it is run or offered as a fix.
 *
 * Each returns NULL where all is trusted, else what is not, for a sentence, in UTF-8, such as
 * "function public.f(integer) of role eve".
 *
 * All of them read system catalogs only: they need no privilege, evaluate nothing, and take
 * locks on nothing but catalogs.  Hold AccessShareLock on the relation.  That does not keep its
 * owner from making an index meanwhile, so plan and run within mh_guard_code().
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_TRUST_H
#define MIGHEAD_SERVER_BASE_TRUST_H

#include "mighead.h"

#include "nodes/nodes.h"

/* InvalidOid where the database is being dropped. */
extern Oid mh_database_owner(void);

/*
 * Does the caller run this role's code anyway?  That of superusers, of the owner of the
 * database, the caller's own, and that of roles which the caller was made a member of (a
 * superuser is a member of no role by being one).
 */
extern bool mh_is_trusted_role(Oid role);

/* Is it a function of the extension itself, and not one that was planted under such a name? */
extern bool mh_is_own_function(Oid function);

/* Has the relation a trigger of mighead_watch()?  Nobody else may attach the function. */
extern bool mh_has_own_trigger(Oid relation);

/* The strict rule: built in, or C code of a superuser, and in any case not volatile. */
extern char *mh_distrust_function(Oid function);
extern char *mh_distrust_type(Oid type);
extern char *mh_distrust_expression(Node *expression);

/*
 * The strict rule for all that planning and running a query on the relation, its partitions
 * and heirs may evaluate, whatever columns it reads: index expressions and predicates,
 * operator classes, extended statistics, CHECK constraints, partition keys, virtual columns,
 * and policies where row security applies to the caller.  A relation, or one below it, whose
 * rows are not in a table is not trusted.  The types of the columns that the query compares or
 * shows are the caller's to ask about.
 */
extern char *mh_distrust_reading(Oid relation);

/*
 * What writing to the relation, altering it or validating its constraints may evaluate: all
 * of the above, and defaults, generated columns, triggers, rules, policies and the columns'
 * types.  Where the relation's owner is trusted, so is code of other trusted roles; where he is
 * not, nothing is but the strict rule's, functions such as nextval(), and our own triggers.
 */
extern char *mh_distrust_writing(Oid relation);

/*
 * For a statement that names them: a relation of whatever kind, with what a view reads; a function,
 * and a type.  Code of trusted roles, and of the built-in functions those that are harmless.
 */
extern char *mh_distrust_using(Oid relation);
extern char *mh_distrust_named_function(Oid function);
extern char *mh_distrust_named_type(Oid type);

#endif /* MIGHEAD_SERVER_BASE_TRUST_H */
