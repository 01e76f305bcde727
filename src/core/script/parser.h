/*-------------------------------------------------------------------------
 *
 * parser.h
 *	  Static parser for the header of an Alembic migration file.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_PARSER_H
#define MIGHEAD_CORE_SCRIPT_PARSER_H

#include "core/base/base.h"

/*
 * Reads the module-level values of revision, down_revision, branch_labels and
 * depends_on, and the docstring, from Python source without running it.
 *
 * source is UTF-8 (a byte order mark is skipped), length in bytes; it need not
 * be NUL-terminated.  file_name may be NULL; its last component gives the id
 * of a legacy script ([a-f0-9]+.py without a revision variable), and it is
 * named in errors.  Everything in *script is palloc'd.  On refusal returns
 * false with MH220 (what cannot be read statically: message names file, line,
 * variable and reason) or MH215 (forbidden character in the id); *script then has
 * what could be read, such as the message, for a revision that is registered by hand.
 */
extern bool mh_script_parse(const char *source, size_t length, const char *file_name,
							MhScript *script, MhError *err);

/*
 * The name of the encoding that a PEP 263 cookie in the first two lines of
 * source declares, lower-cased, or NULL where there is none.
 */
extern char *mh_script_encoding(const char *source, size_t length);

/*
 * Is this file name (without directory) one that Alembic takes for a script?
 * Ends in .py, does not start with ".#" or "__init__".
 */
extern bool mh_script_is_name(const char *name);

#endif /* MIGHEAD_CORE_SCRIPT_PARSER_H */
