/*-------------------------------------------------------------------------
 *
 * call.h
 *	  Calls of functions of the extension, printed for a person to paste.
 *
 * Anybody may create functions, types and operators under names of ours wherever he may
 * create at all.  A printed call has to reach the extension's function all the same.  So its
 * name is qualified, and each argument is cast to the very type that the parameter has: an
 * overload can then make the call ambiguous, which is an error, but cannot be called.
 * Every call that is printed is built here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_CALL_H
#define MIGHEAD_CORE_BASE_CALL_H

#include "core/base/base.h"

/* Literals with their casts. */
extern char *mh_text_value(const char *text);
extern char *mh_regclass_value(const char *name); /* name: SQL name of a relation */
extern char *mh_text_array_value(const MhStrings *list);
/* A set of rows as functions of ours take it: one id, or an array literal, as text. */
extern char *mh_row_set_value(const MhStrings *rows, int nulls);

/* A call under construction. */
typedef struct MhCall
{
	StringInfoData text;
	bool has_arguments;
} MhCall;

/* prefix: the schema of the extension and a dot, as SQL. */
extern MhCall mh_call_begin(const char *prefix, const char *function);

/*
 * value: one of the above, or a keyword.  parameter NULL: by position.  Without a value
 * (NULL or "") the parameter keeps its default.
 */
extern void mh_call_add(MhCall *call, const char *parameter, const char *value);

/* "schema.function(arguments)" */
extern char *mh_call_end(MhCall *call);

/* What loads the scripts of a project, in a shell and from where alembic.ini is. */
extern char *mh_load_command(const char *project);

/* The whole of it for one argument or none (NULL or ""). */
extern char *mh_call(const char *prefix, const char *function, const char *value);

#endif /* MIGHEAD_CORE_BASE_CALL_H */
