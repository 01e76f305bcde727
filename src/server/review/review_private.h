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
#include "parser/scanner.h"
#include "server/definitions/definitions.h"

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
/* The server's scanner, for which each word is an identifier. */
extern core_yyscan_t mh_scan_without_keywords(const char *text, core_yy_extra_type *extra);

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
extern bool mh_facts_of_rights(MhReviewStatement *statement, Node *tree);
extern bool mh_facts_of_rows(MhReviewStatement *statement, Node *tree);
extern void mh_facts_add_reads(MhReviewStatement *statement, Node *tree);

extern MhReviewObject mh_fact_object(ObjectType type);
extern void mh_fact_add_name(MhReviewStatement *statement, MhReviewName name);
extern MhReviewName mh_fact_name_of_object(Node *object);
/* Adds the name of a function, if the object is one. */
extern void mh_fact_add_code(MhReviewStatement *statement, Node *object);

/* facts_sequences.c */
extern MhReviewSequence *mh_fact_sequence(List *options);

/* facts_rights.c */
extern void mh_fact_roles(MhReviewStatement *statement, List *roles);
extern void mh_fact_owner(MhReviewStatement *statement, RoleSpec *role);

/*
 * The queries of BEGIN ATOMIC, or that of RETURN; none if there are other statements.  A copy of
 * their lists.
 */
extern List *mh_fact_body(Node *body, bool *is_value);

/* Options of a view that change nothing that is followed, with values that are accepted. */
extern bool mh_fact_are_view_options(List *options);

/* Adds the columns that a condition proves to be not NULL. */
extern void mh_fact_proofs(Node *condition, MhStrings *proves);

/* ---------- the world ---------- */

struct MhThere;

typedef struct MhReviewServer
{
	const MhReviewOptions *options;
	struct MhThere *there; /* what is known of the database elsewhere; NULL: this one is reviewed */
	MhReview *review;
	size_t rows_text; /* bytes of queries for rows of the script */
	List *locks;      /* of MhHeldLock *; read at the first use */
	bool locks_read;
	TimestampTz deadline;
	MemoryContext context;
} MhReviewServer;

/* ask.c */

/*
 * Runs a query that only reads, a literal, with search_path pinned.  object: $1, an OID; 0: it has none.
 * Gives each row to read, in the caller's memory context.  Raises what the query raises.
 */
extern void mh_review_ask(const MhReviewServer *server, const char *query, uint32 object,
						  int columns, MhTextRowReader read, void *into);

/* The same in the database elsewhere only, with $1 as the query says. */
extern void mh_review_ask_there(const MhReviewServer *server, const char *query,
								const char *parameter, int columns, MhTextRowReader read,
								void *into);

/* Values of a row, whose columns count from 1.  NULL is NULL, false, 0, -1 (numbers), or none. */
extern char *mh_text_at(const char *const *row, int column);
extern char *mh_name_at(const char *const *row, int column); /* never NULL */
extern bool mh_bool_at(const char *const *row, int column);
extern int mh_int_at(const char *const *row, int column);
extern double mh_number_at(const char *const *row, int column);
extern char mh_char_at(const char *const *row, int column);
extern MhStrings mh_names_at(const char *const *row, int column);

/* world.c */

/* clang-format off */
/* The columns of a relation, for mh_world_read_column, and more. */
#define MH_COLUMNS_QUERY(more, joins) \
	"SELECT a.attname, a.atttypid::int4, a.atttypmod, a.attcollation::int4, a.attnotnull," \
	" a.atthasdef, a.attgenerated, a.attidentity, a.attislocal, a.attinhcount::int4," \
	" pg_catalog.format_type(a.atttypid, a.atttypmod)," \
	" COALESCE(pg_catalog.array_position(p.partattrs::int2[], a.attnum) + 1, 0)," \
	" EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid" \
	"  AND k.contype = 'n' AND k.conkey[1] = a.attnum" \
	"  AND (k.connoinherit OR NOT k.convalidated))" more \
	" FROM pg_catalog.pg_attribute a" \
	" LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = a.attrelid" joins \
	" WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
/* clang-format on */
extern void mh_world_read_column(int n, const char *const *row, void *relation);

/* Read what belongs to a relation, but its columns and its size. */
extern void mh_world_read_index(const MhReviewServer *server, MhModelRelation *index);
extern void mh_world_read_table(const MhReviewServer *server, MhModelRelation *relation);
extern void mh_world_read_sequence(const MhReviewServer *server, MhModelRelation *sequence);
extern void mh_world_read_type(const MhReviewServer *server, MhModelType *type, uint32 id);

extern MhModelRelation *mh_world_relation(void *arg, const char *schema, const char *name);
extern MhModelRelation *mh_world_relation_by_id(void *arg, uint32 id);
extern MhModelType *mh_world_type(void *arg, const char *schema, const char *name);
extern bool mh_world_has_schema(void *arg, const char *schema);
extern uint32 mh_world_role(void *arg, const char *name);
extern bool mh_world_may_use_type(void *arg, uint32 role, uint32 type);
extern bool mh_world_may_become(void *arg, uint32 role, uint32 other);
extern bool mh_world_has_rights_of(void *arg, uint32 role, uint32 other);
extern MhReviewTruth mh_world_may(void *arg, uint32 role, uint32 relation, MhReviewRight right);
extern bool mh_world_may_create(void *arg, uint32 role, const char *schema);
extern MhReviewAnswer mh_world_other(void *arg, const MhReviewStatement *statement);
/* roles.c */
extern bool mh_is_elsewhere(const MhReviewServer *server);
extern bool mh_runs_as_superuser(const MhReviewServer *server);

/* grants.c */
extern MhReviewAnswer mh_world_owner(const MhReviewServer *server,
									 const MhReviewStatement *statement);
extern MhReviewAnswer mh_world_rights(const MhReviewServer *server,
									  const MhReviewStatement *statement);

/* extensions.c: CREATE EXTENSION of one that is not there yet */
extern MhReviewAnswer mh_judge_new_extension(const MhReviewServer *server,
											 const CreateExtensionStmt *stmt);

/* functions.c */
extern void mh_world_users(void *arg, const MhReviewStatement *statement, MhReviewUsers *users);
extern MhReviewAnswer mh_world_function(const MhReviewServer *server, const Node *tree);
/* Says whether a DO can be compiled; what it does then is not known. */
extern MhReviewAnswer mh_judge_do(const MhReviewServer *server, const DoStmt *stmt);

/* Looks a function up, as a statement names it.  The error, or NULL. */
extern ErrorData *mh_find_function(ObjectType type, const ObjectWithArgs *named, Oid *function);

extern void mh_world_resolve(void *arg, const MhReviewType *type, MhReviewTypeAnswer *answer);
extern void mh_world_expression(void *arg, const MhReviewExpression *expression, MhReviewUse use,
								const MhModelRelation *relation, const MhModelColumn *target,
								MhReviewExpressionAnswer *answer);
extern MhReviewAnswer mh_world_index(void *arg, const MhModelRelation *relation,
									 const MhReviewStatement *statement);
extern void mh_world_query(void *arg, const MhReviewQuery *query, MhReviewQueryAnswer *answer);
/*
 * Calls run with a raw tree, whose relations are replaced by what stands for them in the model.  The
 * answer is the error that it raises, if any.
 */
extern MhReviewAnswer mh_analyse_over_model(const MhReviewServer *server, Node *tree,
											void (*run)(Node *tree, void *arg), void *arg);
extern void mh_world_view(void *arg, const MhModelRelation *view, MhReviewViewAnswer *answer);
extern MhReviewAnswer mh_world_place(void *arg, MhModelRelation *parent, uint32 partition,
									 const void *bound, const void **placed);
extern bool mh_world_route(void *arg, MhModelRelation *parent, const MhReviewValue *values,
						   uint32 *partition);
extern const void *mh_world_belongs(void *arg, MhModelRelation *parent, const void *placed,
									const MhModelRelation *relation, bool is_negated);
extern MhReviewAnswer mh_world_partitions_by(void *arg, const MhModelColumn *column, char strategy);
extern MhReviewTruth mh_world_comparable(void *arg, uint32 referring, uint32 referred);
extern void mh_world_cast(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
						  const MhReviewTypeAnswer *type, const MhReviewExpression *transform,
						  MhReviewCastAnswer *answer);
extern void mh_world_default(void *arg, const MhModelRelation *relation,
							 const MhModelColumn *column, MhReviewDefault *answer);
extern MhReviewAnswer mh_world_passes_check(void *arg, const MhReviewWritten *row,
											const MhModelConstraint *check,
											MhReviewQuestion *question);

/* domains.c */
extern void mh_world_domain(void *arg, MhModelType *type);
extern const void *mh_world_fails(void *arg, const MhReviewExpression *check,
								  const MhModelRelation *values, int column);
extern void mh_there_domain(void *arg, MhModelType *type);
extern const void *mh_there_fails(void *arg, const MhReviewExpression *check,
								  const MhModelRelation *values, int column);

/* Returns whether the value of an analysed expression may depend on what a collation says. */
extern bool mh_depends_on_collation(Node *node);

/* Returns the raw tree of a condition whose text names columns as they are live.  May raise. */
extern Node *mh_parse_condition(const char *text, const MhModelRelation *relation);

/* Says whether a row passes a condition, analysed over the columns of the model. */
extern MhReviewAnswer mh_row_passes(const MhReviewWritten *row, Node *condition,
									MhReviewQuestion *question);

/* Computes what a generated column gets.  expression: over columns of the model; NULL: not known. */
extern void mh_compute(const MhReviewWritten *row, const void *expression,
					   MhReviewComputed *computed);
extern void mh_world_computed(void *arg, const MhReviewWritten *row, const MhModelColumn *column,
							  MhReviewComputed *computed);

/* The condition of a check over the columns of the model; NULL: see *answer. */
extern Node *mh_condition_of(const MhModelRelation *relation, const MhModelConstraint *constraint,
							 MhReviewAnswer *answer);

extern bool mh_world_index_cannot_fail(void *arg, const MhModelRelation *index);
extern MhReviewAnswer mh_world_rows(void *arg, const MhReviewQuestion *question);
/*
 * casts.c: returns an expression whose text does what it does, casts included.  Raises 42501 where that is
 * not possible.
 */
extern Node *mh_with_casts(Node *node);

/* after.c: a condition for texts, as SQL, that are none of the labels. */
extern char *mh_sql_of_other_labels(const char *text, const MhStrings *labels);

/* after.c: the values of the first column of a query, with commas; NULL: it has no row. */
extern char *mh_rows_of_query(const char *query);

/* A query for the rows of a relation as the script leaves them.  Raises where they may not be read. */
extern char *mh_source_of(const MhModelRelation *relation);
/* A value whose columns are those of a query with this alias. */
extern char *mh_sql_of_value(const void *node, const char *alias);
/* Whether the values of a column can be asked about there. */
extern bool mh_is_usable_column(const MhModelColumn *column);
/* Adds the live tables that it reads. */
extern void mh_tables_of(const MhModelRelation *relation, List **tables);

/* query_rows.c: the rows of an analysed query; NULL: they may not be computed here */
typedef struct MhAnalysedQuery
{
	const MhReviewQuery *asked;
	Query *query;  /* is changed */
	List *aliases; /* of what stands for relations, */
	List *sources; /* and for which, int */
	List *values;  /* of its columns, before they were converted for their targets */
} MhAnalysedQuery;
extern const MhModelRows *mh_rows_of_analysed(MhReviewServer *server, MhAnalysedQuery *analysed,
											  const MhReviewQueryAnswer *answer);

/* Rows as the script leaves them. */
extern MhReviewAnswer mh_rows_after(const MhReviewServer *server, const MhReviewQuestion *question);
extern char *mh_world_holders(void *arg, const MhModelRelation *relation, MhLockMode mode);
extern char *mh_world_snapshots(void *arg);

/*
 * Returns whether a parse tree names functions, operators or types that the strict rule does not
 * trust.  may_query: subqueries are none of them.
 */
/* Whether two expressions of the script are written alike. */
extern bool mh_are_same_expressions(const MhReviewExpression *a, const MhReviewExpression *b);
extern bool mh_names_untrusted(Node *tree, bool may_query);

/*
 * Analyses an expression over the columns of a relation of the model (NULL: none).  Returns NULL
 * with *answer filled in if it fails or may not be analysed.
 */
extern Node *mh_analyse_expression(const MhReviewExpression *expression, int use,
								   const MhModelRelation *relation, MhReviewAnswer *answer);

/* constants.c: says what an analysed and folded expression is. */
extern void mh_describe_value(Node *node, MhReviewValue *value);

/* Whether the value of an analysed expression is known not to be NULL. */
extern bool mh_is_never_null(Node *node);

/* Numbers of what a script makes: core/review/model.c. */
#define MH_FIRST_MODEL_ID 0xF0000000U

/* ---------- cannot_fail.c ---------- */

/* Whether an analysed expression, or query, fails for no value.  safe: aliases of what is not looked at. */
extern bool mh_cannot_fail(Node *node);
extern bool mh_query_cannot_fail(const Query *query, const List *safe);
/* Adds the columns by which the rows of a query differ; false: they need not. */
extern bool mh_query_groups(const Query *query, MhStrings *columns);

/* Whether a type of the model is one of this server. */
extern bool mh_is_known_type(uint32 type);

/* contents.c */
extern void mh_world_contents(void *arg, const char *schema, MhReviewContents *contents);

/* stored.c */
extern MhReviewAnswer mh_world_accepts(void *arg, const MhReviewExpression *expression,
									   const MhModelColumn *column);
extern MhReviewAnswer mh_world_storage(void *arg, uint32 type, const char *storage,
									   const char *compression);

/* ---------- a database elsewhere ---------- */

/* Types that are not built in have numbers from here on, which no type of this server has. */
#define MH_FIRST_TYPE_THERE 0xF8000000U

/* All that is asked there has a minute. */
#define MH_ROWS_THERE_MILLISECONDS 40000

typedef struct MhThere MhThere;
struct MhThere
{
	/* of a session there, if nothing else is set */
	char *search_path; /* UTF-8 */
	char *time_zone;
	bool has_lock_timeout;
	bool is_conforming;
	uint32 me; /* the role that asks */
	/* code that is not built in, for types that are */
	bool has_casts;
	bool has_operator_classes;
	bool is_other_major;
	int block_size;
	TimestampTz rows_until; /* when rows are no longer read, so that the catalogs can be */
	/* OIDs there of types that are not built in: the first has the first number */
	int n_types;
	uint32 *types;
	/* names that were asked for, and which of them may mean what is not built in */
	MhStrings names;
	MhStrings other_names;
	List *rights; /* of roles on relations */
};

/* there.c: the world as it is there. */
extern MhThere *mh_there_begin(const MhReviewServer *server);
extern MhModelRelation *mh_there_relation(void *arg, const char *schema, const char *name);
extern MhModelRelation *mh_there_relation_by_id(void *arg, uint32 id);
extern MhModelType *mh_there_type(void *arg, const char *schema, const char *name);
extern bool mh_there_has_schema(void *arg, const char *schema);

/* Returns a column that a query returns for one text and one number, or for two texts; NULL: no row. */
extern char *mh_there_value(const MhReviewServer *server, const char *query, const char *first,
							const char *second);

/* there_types.c */

/* Returns the number of a type; 0: not known.  oid: of there. */
extern uint32 mh_there_type_number(const MhReviewServer *server, uint32 oid, const char *schema,
								   const char *name);
extern uint32 mh_there_collation(uint32 oid);
extern bool mh_there_is_plausible(uint32 type, int32 typmod);
extern void mh_there_resolve(void *arg, const MhReviewType *type, MhReviewTypeAnswer *answer);

/* there_roles.c */
extern uint32 mh_there_role(void *arg, const char *name);
extern bool mh_there_may_become(void *arg, uint32 role, uint32 other);
extern bool mh_there_has_rights_of(void *arg, uint32 role, uint32 other);
extern MhReviewTruth mh_there_may(void *arg, uint32 role, uint32 relation, MhReviewRight right);
extern bool mh_there_may_create(void *arg, uint32 role, const char *schema);
extern bool mh_there_is_superuser(const MhReviewServer *server, uint32 role);

/* there_objects.c.  names: as written; code that is not built in is only looked at. */
extern MhReviewAnswer mh_there_trigger_function(const MhReviewServer *server, const List *names);
extern bool mh_there_has_statistics(const MhReviewServer *server, const List *names);

/* there_code.c */

/* Forgets that EXCLUDE refuses equal values only, if = may be an operator that is not built in. */
extern void mh_there_doubt_equality(const MhReviewServer *server, MhReviewStatement *statement);

/* Returns whether something in a parse tree may mean there what is not built in. */
extern bool mh_there_names_other(const MhReviewServer *server, const void *tree);

extern void mh_there_expression(void *arg, const MhReviewExpression *expression, MhReviewUse use,
								const MhModelRelation *relation, const MhModelColumn *target,
								MhReviewExpressionAnswer *answer);
extern MhReviewAnswer mh_there_index(void *arg, const MhModelRelation *relation,
									 const MhReviewStatement *statement);
extern void mh_there_query(void *arg, const MhReviewQuery *query, MhReviewQueryAnswer *answer);
extern void mh_there_view(void *arg, const MhModelRelation *view, MhReviewViewAnswer *answer);
extern MhReviewTruth mh_there_comparable(void *arg, uint32 referring, uint32 referred);
extern void mh_there_cast(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
						  const MhReviewTypeAnswer *type, const MhReviewExpression *transform,
						  MhReviewCastAnswer *answer);

/* Adds the columns that a condition, as text, proves to be not NULL. */
extern void mh_there_proofs(const char *condition, MhStrings *proves);

/* there_conditions.c */

/*
 * Returns the condition of a check, analysed over the columns of the model.  NULL: *answer says why
 * not.
 */
extern Node *mh_there_condition(const MhReviewServer *server, const MhModelRelation *relation,
								const MhModelConstraint *check, MhReviewAnswer *answer);
extern MhReviewAnswer mh_there_passes_check(void *arg, const MhReviewWritten *row,
											const MhModelConstraint *check,
											MhReviewQuestion *question);

extern void mh_there_computed(void *arg, const MhReviewWritten *row, const MhModelColumn *column,
							  MhReviewComputed *computed);

/* there_rows.c */

/* Fills in the size.  width: of the data of a row that nobody analyzed. */
extern void mh_there_measure(const MhReviewServer *server, MhModelRelation *relation, double width);
extern void mh_there_default(void *arg, const MhModelRelation *relation,
							 const MhModelColumn *column, MhReviewDefault *answer);
extern bool mh_there_index_cannot_fail(void *arg, const MhModelRelation *index);

/* there_sent.c */

/*
 * Adds the live names and the types of the columns that an analysed expression, or a list of them,
 * uses.  false: one is not there.
 */
extern bool mh_there_columns(const MhModelRelation *relation, Node *node, MhStrings *names,
							 List **types);
/* Returns the text to be evaluated there, in the server's encoding; NULL: it may mean something else. */
extern char *mh_there_sql(const MhReviewServer *server, const MhModelRelation *relation,
						  Node *node);
/* Returns a value, cast as ALTER TABLE does it for USING; NULL: there is no such cast. */
extern Node *mh_there_cast_value(Node *value, const MhReviewTypeAnswer *type);

/* there_data.c */
extern MhReviewAnswer mh_there_rows(void *arg, const MhReviewQuestion *question);

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

static inline MhReviewAnswer
mh_answer_yes(void)
{
	return (MhReviewAnswer){MH_TRUTH_YES};
}

static inline MhReviewAnswer
mh_answer_no(const char *sqlstate, const char *detail)
{
	return (MhReviewAnswer){MH_TRUTH_NO, sqlstate, detail};
}

static inline MhReviewAnswer
mh_answer_unknown(const char *why)
{
	return (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL, why};
}

#endif /* MIGHEAD_SERVER_REVIEW_REVIEW_PRIVATE_H */
