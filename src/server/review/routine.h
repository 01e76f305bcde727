/*-------------------------------------------------------------------------
 *
 * routine.h
 *	  A function or procedure that a script makes: its parameters and what it returns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_REVIEW_ROUTINE_H
#define MIGHEAD_SERVER_REVIEW_ROUTINE_H

#include "server/review/review_private.h"

typedef struct MhRoutineParameter
{
	const char *name; /* "": it has none */
	Oid type;
	char mode; /* as in pg_proc.proargmodes */
	bool is_record;
} MhRoutineParameter;

typedef struct MhRoutine
{
	const CreateFunctionStmt *stmt; /* NULL: DO */
	const char *name;
	MhRoutineParameter *parameters;
	int n;
	int n_in;
	int n_out;
	int n_defaults;
	Oid returns;
	bool is_set;
	bool is_procedure;
	bool is_polymorphic; /* it has a parameter whose type is not known before it is called */
	bool has_path;       /* SET search_path */
	const char *language;
	const char *body; /* NULL: BEGIN ATOMIC, or RETURN */
} MhRoutine;

/* routine.c: fills in a routine, or raises what the server would raise. */
extern void mh_routine_read(const MhReviewServer *server, const CreateFunctionStmt *stmt,
							MhRoutine *routine);

/* sql_body.c */
extern MhReviewAnswer mh_judge_sql_body(const MhReviewServer *server, const MhRoutine *routine);

/* plpgsql.c */
extern MhReviewAnswer mh_judge_plpgsql_body(const MhReviewServer *server, const MhRoutine *routine);

#endif /* MIGHEAD_SERVER_REVIEW_ROUTINE_H */
