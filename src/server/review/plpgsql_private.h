/*-------------------------------------------------------------------------
 *
 * plpgsql_private.h
 *	  What the files share that read bodies of PL/pgSQL.
 *
 * They raise what the compiler of PL/pgSQL would raise, and 42501 where they do not understand.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_REVIEW_PLPGSQL_PRIVATE_H
#define MIGHEAD_SERVER_REVIEW_PLPGSQL_PRIVATE_H

#include "server/review/review_private.h"
#include "server/review/routine.h"

#include "parser/parser.h"

/* The scanner's tokens above the characters begin here, and have this order, in every release. */
#define PL_IDENT 258
#define PL_SCONST 261
#define PL_OPERATOR 265
#define PL_ICONST 266
#define PL_PARAM 267
#define PL_DOT_DOT 269
#define PL_ASSIGN 270
#define PL_END 0
#define PL_BAD (-1) /* the scanner refuses what begins here */

typedef struct PlToken
{
	int kind;
	int at;
	int end;
	const char *text; /* of words, literals and operators */
	bool is_quoted;
} PlToken;

typedef struct PlVariable
{
	const char *name;
	bool is_record;
	bool is_constant;
	bool is_cursor;
	bool is_bound; /* a cursor with a query */
	int n_arguments;
	struct PlVariable *next;
} PlVariable;

typedef struct PlScope
{
	const char *label; /* NULL: it has none */
	bool is_loop;
	PlVariable *variables; /* the last one first */
	struct PlScope *outer;
} PlScope;

typedef struct PlBody
{
	const MhReviewServer *server;
	const MhRoutine *routine;
	const char *text;
	PlToken *tokens;
	int n;
	int now;
	int last_begin; /* where the last statement may begin: words are no variables there */
	PlScope *scope;
	int n_variables;
	bool has_old_names; /* search_path is another one when the body is compiled */
} PlBody;

/* A variable that the text names.  NULL: it is none. */
typedef struct PlTarget
{
	PlVariable *variable;
	bool is_field; /* of a record */
	int names;     /* of those that were written, that mean it */
} PlTarget;

/* plpgsql_tokens.c */
extern void mh_pl_scan(PlBody *body);
extern const PlToken *mh_pl_now(const PlBody *body);
extern const PlToken *mh_pl_ahead(const PlBody *body, int n);
extern void mh_pl_next(PlBody *body);
extern bool mh_pl_is(const PlBody *body, int kind);
/* An unquoted word. */
extern bool mh_pl_is_word(const PlToken *token, const char *word);
extern bool mh_pl_is_reserved(const PlToken *token);
/* Whether it is an unreserved word of the language. */
extern bool mh_pl_is_keyword(const PlToken *token);
extern void mh_pl_expect(PlBody *body, int kind);
extern void mh_pl_expect_word(PlBody *body, const char *word);
/* Goes past a kind or word, if it is there. */
extern bool mh_pl_skip(PlBody *body, int kind);
extern bool mh_pl_skip_word(PlBody *body, const char *word);
pg_noreturn extern void mh_pl_syntax(const char *message);
pg_noreturn extern void mh_pl_refuse(int sqlstate, const char *message);
pg_noreturn extern void mh_pl_not_understood(void);

/* plpgsql_names.c */
extern void mh_pl_push(PlBody *body, const char *label, bool is_loop);
extern void mh_pl_pop(PlBody *body);
extern PlVariable *mh_pl_declare(PlBody *body, const char *name);
extern PlVariable *mh_pl_find(const PlBody *body, const char *name, bool is_local);
/* How many tokens a name of up to three words has. */
extern int mh_pl_name_length(const PlBody *body);
extern PlTarget mh_pl_find_target(const PlBody *body);
extern void mh_pl_check_assignable(const PlTarget *target);
/* Reads what a value is put into: a record, or a list of others. */
extern void mh_pl_read_into(PlBody *body);
extern void mh_pl_read_list(PlBody *body, const PlTarget *first);

/* plpgsql_sql.c */
/* Reads up to one of the ends, words or characters; a NULL ends them.  Returns the number of the one that it met. */
extern int mh_pl_read_sql(PlBody *body, const char *const *ends, int mode, bool is_checked,
						  char **sql);
extern int mh_pl_read_expression(PlBody *body, const char *const *ends);
extern void mh_pl_read_statement(PlBody *body);
extern void mh_pl_read_command(PlBody *body);
extern void mh_pl_check_sql(const char *sql, int mode);

/* plpgsql_leaves.c: statements without others in them, behind their first word */
extern const char *mh_pl_read_identifier(PlBody *body);
/* Goes past a word that no variable hides, but that may be a part of a name. */
extern bool mh_pl_skip_free_word(PlBody *body, const char *word);
/* Goes past a word that a variable of its name hides. */
extern bool mh_pl_skip_plain_word(PlBody *body, const char *word);
extern void mh_pl_check_condition(const char *name);
extern void mh_pl_read_sqlstate(PlBody *body);
extern void mh_pl_read_execute(PlBody *body);
/* Those that begin with other words.  Returns false if none begins here. */
extern bool mh_pl_read_leaf(PlBody *body);

/* plpgsql_declare.c */
extern void mh_pl_read_declarations(PlBody *body);

#endif /* MIGHEAD_SERVER_REVIEW_PLPGSQL_PRIVATE_H */
