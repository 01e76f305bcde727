/*-------------------------------------------------------------------------
 *
 * call.h
 *	  Builds calls of the extension's functions as SQL text that a person can paste.
 *
 * Anybody who may create objects can create functions, types and operators with mighead's names.  A
 * printed call must still reach the extension's function.  So the function name is qualified, and
 * each argument is cast to the exact type of the parameter.  An overload can then make the call
 * ambiguous, which is an error, but it cannot be called.  Every printed call is built here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_CALL_H
#define MIGHEAD_CORE_BASE_CALL_H

#include "core/base/base.h"

/* Return an SQL literal with its cast. */
extern char *mh_text_value(const char *text);
extern char *mh_regclass_value(const char *name); /* name: SQL name of a relation */
extern char *mh_text_array_value(const MhStrings *list);
/*
 * Returns a set of rows as text with its cast: one id, or an array literal with that many NULLs at
 * its end.  This is the form in which mighead's functions take rows.
 */
extern char *mh_row_set_value(const MhStrings *rows, int nulls);

/* A call under construction. */
typedef struct MhCall
{
	StringInfoData text;
	bool has_arguments;
} MhCall;

/* Begins a call of function.  prefix: the schema of the extension and a dot, as SQL. */
extern MhCall mh_call_begin(const char *prefix, const char *function);

/*
 * Adds an argument.  value: a result of the functions above, or a keyword; NULL or "" adds nothing,
 * so that the parameter keeps its default.  parameter: its name; NULL passes the value by position.
 */
extern void mh_call_add(MhCall *call, const char *parameter, const char *value);

/* Ends the call and returns it: "schema.function(arguments)". */
extern char *mh_call_end(MhCall *call);

/*
 * Returns the shell command that loads the scripts of a project.  It has to be run in the directory
 * of alembic.ini.
 */
extern char *mh_load_command(const char *project);

/* Returns a complete call with one argument, or with none (value NULL or ""). */
extern char *mh_call(const char *prefix, const char *function, const char *value);

#endif /* MIGHEAD_CORE_BASE_CALL_H */
