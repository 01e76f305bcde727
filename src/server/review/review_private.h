/*-------------------------------------------------------------------------
 *
 * review_private.h
 *	  What the files of server/review share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_REVIEW_REVIEW_PRIVATE_H
#define MIGHEAD_SERVER_REVIEW_REVIEW_PRIVATE_H

#include "server/review/review.h"

#include "nodes/parsenodes.h"

/* ---------- cut.c ---------- */

typedef enum MhCutKind
{
	MH_CUT_SQL,
	MH_CUT_PSQL, /* a backslash command */
	MH_CUT_ERROR /* the scanner refuses it */
} MhCutKind;

/* A statement of a text. */
typedef struct MhCut
{
	MhCutKind kind;
	char *text; /* in the server's encoding, without the semicolon */
	int line;
	bool has_variable; /* something that may be a variable of psql */
	const char *message;
	char sqlstate[6];
	MhStrings allowed;
	MhStrings reasons;
	const char *revision; /* the last marker says so; UTF-8, NULL: there was none */
} MhCut;

typedef struct MhCutter MhCutter;

extern MhCutter *mh_cutter_begin(const char *text);

/* Returns the next statement, or NULL at the end. */
extern MhCut *mh_cut_next(MhCutter *cutter);

/* Skips the data that follow COPY ... FROM stdin. */
extern void mh_cutter_skip_data(MhCutter *cutter);
extern void mh_cutter_set_conforming(MhCutter *cutter, bool is_conforming);

/* ---------- facts.c and others ---------- */

/* Fills in the facts of a parse tree.  They point into the tree. */
extern void mh_facts_read(MhReviewStatement *statement, Node *tree);
extern MhReviewName mh_fact_name(const RangeVar *relation);
extern MhReviewName mh_fact_name_of_list(List *names);
extern const char *mh_fact_text(const char *text);
extern MhStrings mh_fact_strings(List *names);
extern MhReviewExpression mh_fact_expression(Node *node);
extern const MhReviewExpression *mh_fact_new_expression(Node *node);
extern MhReviewType *mh_fact_type(TypeName *name);
extern MhReviewAction *mh_fact_add_action(MhReviewStatement *statement, MhReviewActionKind kind);
extern void mh_facts_of_create_table(MhReviewStatement *statement, CreateStmt *stmt);
extern void mh_facts_of_alter_table(MhReviewStatement *statement, AlterTableStmt *stmt);
extern void mh_facts_of_objects(MhReviewStatement *statement, Node *tree);
extern bool mh_facts_of_rows(MhReviewStatement *statement, Node *tree);
extern void mh_facts_add_reads(MhReviewStatement *statement, Node *tree);

/* ---------- the world ---------- */

typedef struct MhReviewServer
{
	const MhReviewOptions *options;
	MhReview *review;
	List *locks; /* of MhHeldLock *; read at the first use */
	bool locks_read;
	TimestampTz deadline;
	MemoryContext context;
} MhReviewServer;

extern MhModelRelation *mh_world_relation(void *arg, const char *schema, const char *name);
extern MhModelRelation *mh_world_relation_by_id(void *arg, uint32 id);
extern MhModelType *mh_world_type(void *arg, const char *schema, const char *name);
extern bool mh_world_has_schema(void *arg, const char *schema);
extern uint32 mh_world_role(void *arg, const char *name);
extern bool mh_world_may_become(void *arg, uint32 role, uint32 other);
extern bool mh_world_has_rights_of(void *arg, uint32 role, uint32 other);
extern MhReviewTruth mh_world_may(void *arg, uint32 role, uint32 relation, MhReviewRight right);
extern bool mh_world_may_create(void *arg, uint32 role, const char *schema);
extern MhReviewAnswer mh_world_other(void *arg, const MhReviewStatement *statement);
extern void mh_world_resolve(void *arg, const MhReviewType *type, MhReviewTypeAnswer *answer);
extern void mh_world_expression(void *arg, const MhReviewExpression *expression, MhReviewUse use,
								const MhModelRelation *relation, const MhModelColumn *target,
								MhReviewExpressionAnswer *answer);
extern MhReviewAnswer mh_world_index(void *arg, const MhModelRelation *relation,
									 const MhReviewStatement *statement);
extern MhReviewAnswer mh_world_query(void *arg, const MhReviewStatement *statement,
									 const uint32 *reads, int n);
extern MhReviewTruth mh_world_comparable(void *arg, uint32 referring, uint32 referred);
extern void mh_world_cast(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
						  const MhReviewTypeAnswer *type, const MhReviewExpression *transform,
						  MhReviewCastAnswer *answer);
extern MhReviewAnswer mh_world_rows(void *arg, const MhReviewQuestion *question);
extern char *mh_world_holders(void *arg, const MhModelRelation *relation, MhLockMode mode);
extern char *mh_world_snapshots(void *arg);

/*
 * Returns whether a parse tree names functions, operators or types that the strict rule does not
 * trust.  may_query: subqueries are none of them.
 */
extern bool mh_names_untrusted(Node *tree, bool may_query);

/*
 * Analyses an expression over the columns of a relation of the model (NULL: none).  Returns NULL
 * with *answer filled in if it fails or may not be analysed.
 */
extern Node *mh_analyse_expression(const MhReviewExpression *expression, int use,
								   const MhModelRelation *relation, MhReviewAnswer *answer);

/* try.c */

/*
 * Calls run(arg) in a subtransaction, which is rolled back.  Starts no function that the strict rule
 * does not trust (42501).  Returns the error, or NULL.  Raises errors that have to end the call,
 * such as a cancel.
 */
extern ErrorData *mh_try(void (*run)(void *arg), void *arg);

/* The same, until a time.  *is_late: it was not done then. */
extern ErrorData *mh_try_until(void (*run)(void *arg), void *arg, TimestampTz until, bool *is_late);

/* An error as the answer to a question.  42501 is an answer that is not known. */
extern MhReviewAnswer mh_refusal(const ErrorData *error);

#endif /* MIGHEAD_SERVER_REVIEW_REVIEW_PRIVATE_H */
