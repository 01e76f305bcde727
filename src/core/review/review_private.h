/*-------------------------------------------------------------------------
 *
 * review_private.h
 *	  What the files of core/review share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_REVIEW_REVIEW_PRIVATE_H
#define MIGHEAD_CORE_REVIEW_REVIEW_PRIVATE_H

#include "core/review/review.h"

/* PostgreSQL's own limit. */
#define MH_MOST_COLUMNS 1600

/* Numbers of types, which are the same in every database. */
#define MH_TYPE_INT8 20
#define MH_TYPE_INT2 21
#define MH_TYPE_INT4 23

/* The role that made the cluster, which is a superuser. */
#define MH_FIRST_ROLE 10

/* Types below are no domains, and the same in every database. */
#define MH_FIRST_OTHER_TYPE 10000

#define MH_RULE_OF_VIEW "_RETURN"

/* The schema of temporary tables, as a script may write it. */
#define MH_TEMPORARY "pg_temp"

/* SQLSTATEs with which PostgreSQL refuses statements. */
#define MH_PG_SYNTAX "42601"
#define MH_PG_UNDEFINED_TABLE "42P01"
#define MH_PG_UNDEFINED_COLUMN "42703"
#define MH_PG_UNDEFINED_OBJECT "42704"
#define MH_PG_UNDEFINED_SCHEMA "3F000"
#define MH_PG_DUPLICATE_TABLE "42P07"
#define MH_PG_DUPLICATE_COLUMN "42701"
#define MH_PG_DUPLICATE_OBJECT "42710"
#define MH_PG_DUPLICATE_SCHEMA "42P06"
#define MH_PG_WRONG_TYPE "42809"
#define MH_PG_DEPENDENTS "2BP01"
#define MH_PG_INVALID_TABLE "42P16"
#define MH_PG_INVALID_FOREIGN_KEY "42830"
#define MH_PG_DATATYPE_MISMATCH "42804"
#define MH_PG_NOT_SUPPORTED "0A000"
#define MH_PG_PREREQUISITE "55000"
#define MH_PG_IN_TRANSACTION "25001"
#define MH_PG_NO_TRANSACTION "25P01"
#define MH_PG_INVALID_SAVEPOINT "3B001"
#define MH_PG_UNSAFE_LABEL "55P04"
#define MH_PG_PRIVILEGE "42501"
#define MH_PG_NOT_NULL "23502"
#define MH_PG_FOREIGN_KEY "23503"
#define MH_PG_UNIQUE "23505"
#define MH_PG_CHECK "23514"
#define MH_PG_INVALID_OBJECT "42P17"
#define MH_PG_TOO_MANY_COLUMNS "54011"
#define MH_PG_READ_ONLY "25006"
#define MH_PG_INVALID_VALUE "22023"
#define MH_PG_SYNTAX_OF_COLUMN "42611"
#define MH_PG_GENERATED "428C9"
#define MH_PG_UNDEFINED_FUNCTION "42883"

/* A name and the relation that has it now; relation NULL: nothing has it. */
typedef struct MhModelSlot
{
	const char *schema;
	const char *name;
	MhModelRelation *relation;
} MhModelSlot;

typedef struct MhModelSchema
{
	const char *name;
	bool exists;
	bool is_new;
	uint32 owner; /* 0: not known */
	/* what is or was in it: all that the script put there, and all else once it was read */
	bool is_read;
	uint32 *relations;
	int n_relations;
	MhStrings types;
	MhStrings others; /* descriptions of what the model does not have */
} MhModelSchema;

/* A function or procedure that the script makes. */
typedef struct MhModelRoutine
{
	const MhReviewRoutine *made;
	const char *schema; /* in which names without one are made; NULL: there was none */
	bool may_be_live;   /* it may replace one */
	bool is_gone;
} MhModelRoutine;

typedef struct MhModel
{
	const MhReviewWorld *world;
	MhModelIndex slots;     /* of MhModelSlot *, by name */
	MhModelIndex relations; /* of MhModelRelation *, by number */
	MhModelIndex schemas;   /* of MhModelSchema * */
	MhModelIndex by_name;   /* of MhModelType * */
	MhModelIndex types;     /* of MhModelType *, by number */
	MhModelIndex series;    /* series.c */
	MhModelIndex taken;
	MhModelRelation *ending; /* those that have what ends with the transaction */
	MhModelType *ending_types;
	MhStrings search_path;
	uint32 next_id;
	uint32 role;    /* that runs the statements */
	MhNames code;   /* names of functions and types that the script made or changed */
	MhNeedles made; /* names of relations that it made, renamed or dropped */
	bool has_new_statistics;
	bool has_new_publications; /* it made, altered or dropped some */
	bool has_copied_code;      /* LIKE: defaults and the like of another table */
	bool has_other_objects;    /* the script made, moved or dropped some that it does not have */
	bool has_new_sequences;    /* it altered some */
	bool has_new_rights;       /* somebody may do more or less than before */
	bool are_rows_unknown;     /* rows of any table may have changed */
	int doubts;                /* counts how often that became so */
	MhNeedles labels;          /* of enums, which it added or renamed */
	MhNames made_objects; /* "kind name" of those that the model does not have, which it made, */
	MhNames gone_objects; /* and dropped or renamed */
	bool has_lost_rights; /* it revoked some of all relations of a schema */
	MhModelRoutine *routines;
	int n_routines;
	MhReviewTriggerUser *trigger_users; /* that the script made */
	int n_trigger_users;
	MhNames used_code;      /* names of functions that something stored by the script may use */
	bool has_unseen_users;  /* and it stored what nobody has looked at */
	bool has_moved_code;    /* functions have other names or schemas */
	bool has_new_extension; /* which made what nobody knows */
	bool is_changed;        /* by a statement of the script */
	bool is_tainted;        /* code ran of which nobody knows what it made or dropped */
} MhModel;

/* Settings that the script changes. */
typedef struct MhReviewSettings
{
	MhStrings path; /* replaced as a whole, so that copies may share it */
	uint32 role;
	bool has_lock_timeout;
	bool is_read_only;
	MhReviewTruth checks_bodies; /* check_function_bodies; UNKNOWN: the script does not set it */
} MhReviewSettings;

typedef struct MhSavepoint
{
	const char *name;
	int at; /* statements of the history before and with it */
} MhSavepoint;

/* What the statement being judged has led to so far. */
struct MhReview
{
	const MhReviewWorld *world;
	MhModel model;
	MhReviewEffect **effects;
	int n;
	int capacity;
	int first;       /* effect of the statement being judged */
	int nulls_round; /* has_only_nulls is of the statement with this round */
	bool has_only_nulls;
	int round; /* counts the statements, each time that one is judged */
	const MhReviewStatement *statement;

	const MhModelRelation *creating; /* the relation that the statement creates */

	/* why the statement fails; NULL: nothing found yet */
	const char *sqlstate;
	const char *reason;
	const MhModelRelation *failed_at;
	bool is_preceded; /* by something that is not known and may fail first */
	bool is_doubted;  /* it fails, unless code of which nobody knows has changed that */
	/* the same for what is found when the rows are read, after all else */
	const char *late_sqlstate;
	const char *late_reason;
	const MhModelRelation *late_at;
	const char *not_known;
	const MhModelRelation *not_known_at;
	const char *late_not_known; /* until the rows are read, after all else */
	const MhModelRelation *late_not_known_at;

	/* transactions */
	bool in_transaction;
	int begin; /* statements of the history before it */
	MhSavepoint *savepoints;
	int n_savepoints;
	MhModelIndex by_savepoint; /* places in savepoints, by name */
	bool warned_of_timeout;
	MhReviewSettings now;
	MhReviewSettings session; /* that COMMIT leaves */
	bool defers_all;          /* SET CONSTRAINTS ... DEFERRED */
	bool has_deferred;        /* a deferred check may fail at COMMIT */
	MhNames version_rows;

	/* statements that were not rolled back, to judge them again where others are */
	const MhReviewStatement **history;
	int n_history;
	int max_history;
	int replayed;
	bool has_rolled_back;
	int keys_asked;
	bool is_replaying;
	int taken_back_to;  /* statements of the history that a rollback leaves; < 0: there is none */
	bool is_taken_back; /* the statement being judged goes not into the history */
};

/* ---------- model.c ---------- */

extern void mh_model_begin(MhModel *model, const MhReviewWorld *world);

/*
 * Finds a relation as the server would: in the schema, or along the search_path.  Returns NULL if
 * there is none.
 */
extern MhModelRelation *mh_model_find(MhModel *model, const MhReviewName *name);
extern MhModelRelation *mh_model_in(MhModel *model, const char *schema, const char *name);

/* Finds a relation by its number; NULL: it is not there, or was dropped. */
extern MhModelRelation *mh_model_by_id(MhModel *model, uint32 id);

extern bool mh_model_has_schema(MhModel *model, const char *name);
extern bool mh_model_has_new_schema(MhModel *model, const char *name);
extern void mh_model_put_schema(MhModel *model, const char *name, bool exists);
/* A schema with all that is in it. */
extern MhModelSchema *mh_model_schema(MhModel *model, const char *name);

/* The schema in which an unqualified new object is made; NULL: there is none. */
extern const char *mh_model_creation_schema(MhModel *model);

extern MhModelRelation *mh_model_create(MhModel *model, const char *schema, const char *name,
										char kind);
extern void mh_model_drop(MhModel *model, MhModelRelation *relation);
/* relation: the one of the constraint. */
extern void mh_model_rename_constraint(MhModel *model, MhModelRelation *relation,
									   MhModelConstraint *constraint, const char *name);
extern void mh_model_rename(MhModel *model, MhModelRelation *relation, const char *schema,
							const char *name);

/* table NULL: nobody owns it. */
/* The sequence of an identity column; NULL: there is none. */
extern MhModelRelation *mh_model_identity(MhModel *model, const MhModelRelation *relation,
										  const char *column);
extern void mh_model_own_sequence(MhModelRelation *table, const MhModelRelation *sequence);
extern void mh_model_drop_sequences_of(MhModel *model, const MhModelRelation *table,
									   const char *column);

extern MhModelColumn *mh_model_column(const MhModelRelation *relation, const char *name);
extern MhModelColumn *mh_model_add_column(MhModelRelation *relation, const char *name);
extern MhModelConstraint *mh_model_constraint(const MhModelRelation *relation, const char *name);
extern MhModelConstraint *mh_model_add_constraint(MhModelRelation *relation, const char *name,
												  char type);
/* Notes that a table has a foreign key to the relation. */
extern void mh_model_refer(MhModelRelation *relation, uint32 table);
extern void mh_ids_remove(uint32 *ids, int *n, uint32 id);

extern MhModelType *mh_model_find_type(MhModel *model, const MhReviewName *name);
/* Puts it before those of its name that are gone. */
extern void mh_model_put_type(MhModel *model, MhModelType *type);
extern MhModelType *mh_model_type_with_id(MhModel *model, uint32 id);
extern MhModelType *mh_model_create_type(MhModel *model, const char *schema, const char *name,
										 char kind);

/* Note that something of it ends with the transaction. */
extern void mh_model_ends(MhModel *model, MhModelRelation *relation);
extern void mh_model_type_ends(MhModel *model, MhModelType *type);

/* ---------- series.c ---------- */

typedef struct MhSeries MhSeries;

/* The series of names for something of a relation that the server chooses; column may be NULL. */
extern MhSeries *mh_series_of(MhModel *model, const MhModelRelation *relation, const char *column,
							  const char *suffix, bool is_relation);

/* The first number whose name may be free; pass it where the name is taken. */
extern int mh_series_next(const MhSeries *series);
extern void mh_series_pass(MhModel *model, MhSeries *series, const char *name);

/* Tells that a relation or a constraint with this name is gone, or has another name now. */
extern void mh_model_name_is_free(MhModel *model, const char *name);

/* ---------- free_names.c ---------- */

/* Returns a name for a constraint or index that the script leaves to the server. */
extern const char *mh_model_choose_name(MhModel *model, const MhModelRelation *relation,
										const char *column, const char *suffix, bool is_relation);

/* ---------- names as SQL: model.c ---------- */

/* A name, and "schema.table", as SQL. */
extern const char *mh_review_quote(const MhReview *review, const char *name);
extern char *mh_model_name(const MhReview *review, const MhModelRelation *relation);
extern bool mh_is_table(const MhModelRelation *relation);

/* ---------- effects.c ---------- */

/*
 * Notes that the statement takes a lock on a relation, or changes it (MH_LOCK_NONE).  Returns the
 * effect, one for each relation.  Indexes, sequences and the like have none: NULL.
 */
extern MhReviewEffect *mh_touch(MhReview *review, const MhModelRelation *relation, MhLockMode lock);
extern void mh_note_scan(MhReview *review, const MhModelRelation *relation);
/* Whether all rows are read is up to the planner. */
extern void mh_note_planned(MhReview *review, const MhModelRelation *relation);
/* Fails where a column has the row type of a relation whose rows are changed. */
extern void mh_refuse_row_type(MhReview *review, const MhModelRelation *relation);
extern void mh_note_rewrite(MhReview *review, const MhModelRelation *relation);

/* Note why the statement fails.  The first one counts.  relation may be NULL. */
extern void mh_fails(MhReview *review, const MhModelRelation *relation, const char *sqlstate,
					 const char *fmt, ...) pg_attribute_printf(4, 5);
extern void mh_fails_late(MhReview *review, const MhModelRelation *relation, const char *sqlstate,
						  const char *fmt, ...) pg_attribute_printf(4, 5);
extern void mh_not_known(MhReview *review, const MhModelRelation *relation, const char *fmt, ...)
	pg_attribute_printf(3, 4);
extern void mh_not_known_late(MhReview *review, const MhModelRelation *relation, const char *fmt,
							  ...) pg_attribute_printf(3, 4);
/* The same for something that is not there, after which the statement is judged as if it were. */
extern void mh_fails_absent(MhReview *review, const MhModelRelation *relation, const char *sqlstate,
							const char *fmt, ...) pg_attribute_printf(4, 5);
extern bool mh_has_failed(const MhReview *review);
/* Note that nobody knows any more which rows there are; mh_taint: nor which objects. */
extern void mh_doubt_rows(MhReview *review);
extern void mh_taint(MhReview *review);
/*
 * Whether to go no deeper: tables, views and keys of the script hang together in so long a chain that
 * the server's stack does not suffice.  What follows is not known then.
 */
extern bool mh_is_too_deep(MhReview *review);
/* Whether it is the other one, or inherits from it. */
extern bool mh_is_below(MhReview *review, const MhModelRelation *relation,
						const MhModelRelation *other);

extern void mh_find(MhReview *review, const MhModelRelation *relation, int severity,
					const char *code, const char *hint, const char *fmt, ...)
	pg_attribute_printf(6, 7);

/* Begin and end the effects of a statement. */
extern void mh_effects_begin(MhReview *review, const MhReviewStatement *statement);
extern void mh_effects_end(MhReview *review);

/* ---------- statements ---------- */

/*
 * Finds the relation that a statement names, with the checks that come first for all statements.
 * NULL: there is none; the statement fails, or does nothing because of IF EXISTS.
 */
extern MhModelRelation *mh_named(MhReview *review, const MhReviewName *name, bool missing_ok);
/* The same for what a query reads or changes: that its schema is missing is no error by itself. */
extern MhModelRelation *mh_named_in_query(MhReview *review, const MhReviewName *name);
/* Where a new object is to be made; NULL: it cannot. */
extern const char *mh_schema_for(MhReview *review, const MhReviewName *name);
/* Fails where a type has the name that a table is to have: its row type gets the same. */
extern void mh_refuse_type_name(MhReview *review, const MhModelRelation *relation,
								const char *name);
extern void mh_duplicate(MhReview *review, const MhReviewStatement *statement, const char *name);
/* Whether what depended on a relation still does.  user: mh_model_by_id of what depends; may be NULL. */
extern bool mh_still_depends(const MhModelDependent *dependent, const MhModelRelation *user);
extern bool mh_is_system_column(const char *name);
extern bool mh_lock_children(MhReview *review, MhModelRelation *relation, MhLockMode lock);

/* rights.c: return whether the role may; otherwise the statement fails, or that is not known */
extern MhReviewTruth mh_has_right(const MhReview *review, const MhModelRelation *relation,
								  MhReviewRight right);
extern bool mh_may(MhReview *review, const MhModelRelation *relation, MhReviewRight right);
extern bool mh_owns_type(MhReview *review, const MhModelType *type);
/* Fails where it has not USAGE of a live type. */
extern void mh_may_use_type(MhReview *review, const MhModelRelation *relation, uint32 type);
/* The role with this name; 0: there is none, or the script made it. */
extern uint32 mh_role(const MhReview *review, const char *name);
/* Fails where one of the roles is not there. */
extern bool mh_has_roles(MhReview *review, const MhStrings *roles);

/* grants.c */
extern void mh_judge_grant(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_owner(MhReview *review, const MhReviewStatement *statement);

/* routines.c */
extern void mh_drop_routine(MhReview *review, const MhReviewStatement *statement);
/* Notes which functions a statement makes, and which it lets something stored use. */
extern void mh_note_routines(MhReview *review, const MhReviewStatement *statement);

/* objects.c: what the server says about a statement, and what it makes and drops */
extern MhReviewTruth mh_ask_other(MhReview *review, const MhReviewStatement *statement);
extern void mh_remember_objects(MhReview *review, const MhReviewStatement *statement);
extern bool mh_may_create_in(MhReview *review, const char *schema);

/* transactions.c */
extern void mh_settings_begin(MhReview *review);
extern void mh_judge_transaction(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_setting(MhReview *review, const MhReviewStatement *statement);
/* Ends the transaction, after what it did was taken back. */
extern void mh_finish_rollback(MhReview *review, const MhReviewStatement *statement);

/* Notes the checks of changed rows that wait for COMMIT. */
extern void mh_defer_checks(MhReview *review, MhModelRelation *relation,
							const MhReviewStatement *statement);
/* named.c: doubts what alters a table of which checks are pending */
extern void mh_doubt_pending(MhReview *review, const MhModelRelation *relation);

/* expressions.c: why an answer about live code and labels is none; NULL: it is one */
extern const char *mh_changed_code(const MhReview *review, const MhStrings *code,
								   const MhStrings *texts);
/* notes which relations and types something stored may depend on */
extern void mh_note_used(MhReview *review, const MhStrings *code, const MhStrings *texts);

extern void mh_judge_create_table(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_create_view(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_create_sequence(MhReview *review, const MhReviewStatement *statement);
/* Judges the options of the sequence of an identity column; relation NULL: it is to be made. */
extern void mh_check_identity(MhReview *review, const MhModelRelation *relation,
							  const MhReviewAction *action);
extern void mh_judge_alter_sequence(MhReview *review, const MhReviewStatement *statement);
/*
 * named.c: puts a new relation under its name, so that names can be looked up meanwhile.
 * *is_taken: another one has it, and keeps it.
 */
extern MhModelRelation *mh_begin_relation(MhReview *review, const char *schema, const char *name,
										  char kind, const MhReviewStatement *statement,
										  bool *is_taken);
extern void mh_judge_alter_table(MhReview *review, const MhReviewStatement *statement);
/* Whether a relation may be altered as an object of this kind. */
extern bool mh_is_of_kind(const MhModelRelation *relation, MhReviewObject object);
extern void mh_judge_index(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_drop(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_rename(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_set_schema(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_comment(MhReview *review, const MhReviewStatement *statement);
/* names.c: is it what the statement calls it?  True of objects that are no relations. */
extern bool mh_is_called(const MhModelRelation *relation, MhReviewObject object);
/* ALTER TYPE of a composite one */
extern void mh_judge_attributes(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_type(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_change(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_truncate(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_maintenance(MhReview *review, const MhReviewStatement *statement);
extern void mh_judge_others(MhReview *review, const MhReviewStatement *statement);

/* columns.c */
extern void mh_add_column(MhReview *review, MhModelRelation *relation, const MhReviewAction *action,
						  bool is_new);
/* Gives a column of a new table its default. */
extern void mh_fill_new_column(MhReview *review, MhModelRelation *relation,
							   const MhReviewAction *action);
extern void mh_drop_column(MhReview *review, MhModelRelation *relation,
						   const MhReviewAction *action);
extern void mh_change_type_first(MhReview *review, MhModelRelation *relation,
								 const MhReviewAction *action);
extern void mh_change_type(MhReview *review, MhModelRelation *relation,
						   const MhReviewAction *action);
extern void mh_alter_column(MhReview *review, MhModelRelation *relation,
							const MhReviewAction *action);
extern void mh_make_owned_sequence(MhReview *review, MhModelRelation *relation, const char *column,
								   bool is_internal);
extern void mh_note_type_user(MhReview *review, uint32 type, uint32 relation);
/* Doubts that sequences of a column, or of all (NULL), can go: defaults were copied. */
extern void mh_doubt_sequences(MhReview *review, const MhModelRelation *relation,
							   const char *column);
extern void mh_resolve_type(MhReview *review, const MhReviewType *type, MhReviewTypeAnswer *answer);
extern void mh_check_expression(MhReview *review, const MhModelRelation *relation,
								const MhModelColumn *target, const MhReviewExpression *expression,
								MhReviewUse use, MhReviewExpressionAnswer *answer);

extern bool mh_is_integer(uint32 type);

/* domains.c */
extern void mh_define_domain(MhReview *review, MhModelType *type, const MhReviewTypeAnswer *base,
							 const MhReviewStatement *statement);
extern void mh_judge_domain(MhReview *review, const MhReviewStatement *statement);

/*
 * labels.c: judges a change of type to an enum by the labels that it has.  Returns false where it is none,
 * or its values may be others than texts.
 */
extern bool mh_judge_cast_to_labels(MhReview *review, MhModelRelation *relation,
									MhModelColumn *column, const MhReviewAction *action,
									const MhReviewTypeAnswer *type);

/* constraints.c */
extern bool mh_has_primary_key(const MhModelRelation *relation);
extern void mh_add_constraint(MhReview *review, MhModelRelation *relation,
							  const MhReviewConstraint *constraint, bool is_new);
extern void mh_drop_constraint(MhReview *review, MhModelRelation *relation,
							   const MhReviewAction *action);
extern void mh_validate_constraint(MhReview *review, MhModelRelation *relation,
								   const MhReviewAction *action);
extern void mh_judge_converted_checks(MhReview *review, MhModelRelation *relation,
									  MhModelColumn *column, bool was_retyped, bool keeps_values);
extern void mh_refuse_identity_type(MhReview *review, const MhModelRelation *relation,
									const MhModelColumn *column, const MhReviewTypeAnswer *type);
/* Whether a generated column that used another is gone. */
extern bool mh_computes_no_more(MhReview *review, const MhModelRelation *relation,
								const MhModelDependent *dependent);
extern void mh_judge_converted_keys(MhReview *review, MhModelRelation *relation,
									const MhModelColumn *column, const MhReviewAction *action);
extern void mh_judge_default_of_type(MhReview *review, const MhModelRelation *relation,
									 const MhModelColumn *column, const MhReviewTypeAnswer *type);
extern void mh_refuse_other_parents(MhReview *review, const MhModelRelation *root,
									const MhModelRelation *child, const MhModelColumn *column);
extern void mh_forget_constraint(MhReview *review, MhModelConstraint *constraint);
/* referrers.c: the table that a foreign key refers to, where a query looks for the keys, */
extern void mh_note_partner(MhReview *review, const MhModelConstraint *key);
/* and where the key is made anew */
extern void mh_touch_partner(MhReview *review, const MhModelConstraint *key);
/* A unique key of a partitioned table has all columns of its partition key. */
extern void mh_refuse_without_partition_key(MhReview *review, const MhModelRelation *relation,
											const MhStrings *columns);
/* Drops the foreign keys that use the index of a key. */
extern bool mh_drop_users_of_key(MhReview *review, MhModelRelation *relation, uint32 index,
								 bool cascade);

/* keys.c: unique keys of rows that are written */

/* Checks and indexes of a table that are looked at for each row, so that time grows with the script. */
#define MH_MOST_LOOKED_AT 50

/* Whether it is clear by now how the statement ends. */
extern bool mh_is_decided(const MhReview *review);
extern void mh_doubt_constraint(MhReview *review, const MhModelRelation *relation,
								const char *name);
/* The value of a column; mh_values_of: of several. */
extern const MhReviewValue *mh_value_of(const MhReviewWritten *row, const char *column);
extern const MhReviewValue *mh_values_of(const MhReviewWritten *row, const MhStrings *columns);
/* The key as a text; NULL: a value is not known, or *has_null. */
extern char *mh_key_text(const MhReviewWritten *row, const MhStrings *columns, bool *has_null);
extern bool mh_has_touched_column(const MhModelRelation *relation, const MhStrings *columns);
/* Whether a row of relation has the key that the row has in its own columns, as the layers say. */
extern MhReviewTruth mh_find_key_after(MhReview *review, const MhReviewWritten *row,
									   const MhModelRelation *relation, const MhStrings *columns,
									   const MhStrings *own);
extern void mh_judge_keys(MhReview *review, const MhReviewWritten *row);
/* A key that is checked at the end of the statement, or later. */
extern bool mh_is_late_key(const MhModelRelation *index);

/* The unique keys that ON CONFLICT looks at. */
typedef struct MhReviewArbiters
{
	uint32 *indexes;
	int n;
	bool is_doubtful; /* and others, which are not followed */
	bool is_late;     /* and deferrable ones, which are refused once a row comes to them */
	MhNames met;      /* keys of the rows of the statement */
} MhReviewArbiters;

extern void mh_find_arbiters(MhReview *review, const MhModelRelation *relation,
							 const MhReviewStatement *statement, MhReviewArbiters *arbiters);
/* Whether the row is inserted, as no other has its keys; judges the keys that are no arbiters. */
extern MhReviewTruth mh_judge_conflict(MhReview *review, MhReviewWritten *row,
									   const MhReviewStatement *statement,
									   MhReviewArbiters *arbiters);
/* What is done to the row that is there. */
extern void mh_judge_conflicting(MhReview *review, MhModelRelation *relation,
								 const MhReviewStatement *statement,
								 const MhReviewArbiters *arbiters);
/* Remembers the keys of a row that is inserted. */
extern void mh_note_keys(MhReview *review, const MhReviewWritten *row);

/* written.c: rows that are written */
extern const MhReviewDefault *mh_default_of(MhReview *review, const MhModelRelation *relation,
											MhModelColumn *column);
/* Returns whether it noted the partitions that the rows go into. */
extern bool mh_judge_rows_inserted(MhReview *review, MhModelRelation *relation,
								   const MhReviewStatement *statement, bool runs_code);
extern void mh_judge_rows_updated(MhReview *review, const MhReviewWritten *row,
								  const MhReviewStatement *statement);
/* The value that all rows have in a column; NULL: they may have others. */
extern const MhReviewValue *mh_fill_of(const MhModelRelation *relation,
									   const MhModelColumn *column);
extern void mh_fill(const MhReview *review, const MhModelRelation *relation, MhModelColumn *column,
					const MhReviewValue *value);
/* Asks whether rows that the script may have filled pass a check. */
extern bool mh_judge_filled_check(MhReview *review, MhModelRelation *relation,
								  const MhModelConstraint *check, const MhStrings *columns);
/* Whether the expressions and the condition of an index fail for no row. */
extern bool mh_is_harmless_index(MhReview *review, const MhModelRelation *index);
/* Forgets the keys that the script inserted; are_unseen: it inserted others that nobody knows. */
extern void mh_forget_keys(MhReview *review, MhModelRelation *relation, bool are_unseen);

/* queries.c: the query of a statement, with the relations that it reads */
extern void mh_judge_query(MhReview *review, const MhReviewStatement *statement,
						   MhReviewQueryAnswer *answer);
/* The query of a statement that changes rows of target, and what it returns. */
/* WHEN of a trigger */
extern void mh_judge_trigger_condition(MhReview *review, MhModelRelation *table,
									   const MhReviewStatement *statement);
extern void mh_judge_query_of_change(MhReview *review, MhModelRelation *target,
									 const MhReviewStatement *statement, bool wants_rows,
									 MhReviewQueryAnswer *answer);
/* Gives a new relation the columns of a query. */
extern void mh_take_columns(MhReview *review, MhModelRelation *relation,
							const MhReviewStatement *statement, const MhReviewQueryAnswer *answer);

/* indexes.c */
extern MhModelRelation *mh_make_index(MhReview *review, MhModelRelation *table, const char *name);

/* remove.c */
extern void mh_drop_relation(MhReview *review, MhModelRelation *relation, bool cascade);

/* A view that groups by a key may show other columns too, and depends on the key. */
extern void mh_drop_grouping_view(MhReview *review, MhModelRelation *relation,
								  const MhModelConstraint *key, bool cascade);

/* The same for a relation of any kind, or a type, that a statement drops. */
extern void mh_drop_found(MhReview *review, MhModelRelation *relation,
						  const MhReviewStatement *statement);
extern void mh_drop_found_type(MhReview *review, MhModelType *type,
							   const MhReviewStatement *statement);

/* parents.c: what a new table has from one that it inherits from */
extern bool mh_has_id(const uint32 *ids, int n, uint32 id);
extern void mh_take_from_parent(MhReview *review, MhModelRelation *relation,
								const MhModelRelation *parent);
extern void mh_order_columns(MhReview *review, MhModelRelation *relation);
/* Whether a check is there already: it is merged with that one, or refused. */
extern bool mh_merge_check(MhReview *review, MhModelRelation *relation,
						   const MhReviewConstraint *constraint, const char *name,
						   bool is_inherited);
/* Refuses to rename a column that children have from tables outside of the tree, too. */
extern void mh_refuse_rename_below(MhReview *review, const MhModelRelation *root,
								   const MhModelRelation *relation, const char *name);
extern void mh_rename_check_below(MhReview *review, const MhModelRelation *relation,
								  const char *from, const char *to);

/* ONLY, and columns that children have, too */
extern void mh_refuse_only(MhReview *review, const MhModelRelation *relation,
						   const MhReviewAction *action);
extern void mh_refuse_identity_below(MhReview *review, const MhModelRelation *relation);
extern void mh_drop_expression(MhReview *review, MhModelRelation *relation,
							   const MhReviewAction *action);

/* published.c: whether publications let UPDATE and DELETE pass */
extern void mh_judge_replica_identity(MhReview *review, MhModelRelation *relation,
									  const MhReviewStatement *statement);

/* attach_index.c: indexes of partitions, and ALTER INDEX ... ATTACH PARTITION */
/* Returns the index of a partition that becomes that of its table; NULL: none does. */
extern MhModelRelation *mh_index_to_attach(MhReview *review, const MhModelRelation *table,
										   const MhModelRelation *of);
extern void mh_attach_index(MhReview *review, MhModelRelation *of, const MhReviewAction *action);

/* inheritance.c */
extern void mh_judge_inheritance(MhReview *review, MhModelRelation *relation,
								 const MhReviewAction *action);

/* tables.c: gives a partition an index like that of its parent */
extern void mh_inherit_index(MhReview *review, MhModelRelation *relation,
							 const MhModelRelation *from);

/* partitions.c */
extern void mh_mark_partition_key(MhReview *review, MhModelRelation *relation,
								  const MhReviewStatement *statement);
extern void mh_judge_new_partition(MhReview *review, MhModelRelation *relation,
								   const MhReviewStatement *statement);
/* Returns what describes the place of the partition; NULL: nothing does. */
extern const void *mh_place_partition(MhReview *review, MhModelRelation *parent,
									  const MhModelRelation *partition, const MhReviewBound *bound);

/* Asks whether rows belong into a partition: those of the new one, or of the default one. */
extern void mh_ask_partitions(MhReview *review, MhModelRelation *parent, MhModelRelation *relation,
							  const void *placed, bool is_attached);

/* routing.c */

/*
 * Follows a row that is inserted into a partitioned table to where it goes.  Returns false with the
 * reason noted if it goes nowhere, or nobody knows where.
 */
extern bool mh_route_row(MhReview *review, MhReviewWritten *row);
/* Judges whether a row may be in the partition that it is written to. */
extern void mh_judge_bounds(MhReview *review, const MhReviewWritten *row,
							const MhReviewStatement *statement);

/* like.c: the columns of another table, and later its constraints, indexes and defaults */
extern void mh_copy_columns(MhReview *review, MhModelRelation *relation,
							const MhReviewAction *action);
extern void mh_copy_parts(MhReview *review, MhModelRelation *relation,
						  const MhReviewAction *action);

/* schemas.c */
extern void mh_drop_schemas(MhReview *review, const MhReviewStatement *statement);
extern void mh_rename_schema(MhReview *review, const MhReviewStatement *statement);

/* referrers.c */

/* Whether the statement changes one of the columns, if it is an UPDATE. */
extern bool mh_changes_one_of(const MhReviewStatement *statement, const MhStrings *columns);

/* Whether a foreign key refers to what the statement changes. */
extern bool mh_is_referred_to(MhReview *review, const MhModelRelation *relation,
							  const MhReviewStatement *statement);
/* The rows that refer to those that are deleted. */
extern void mh_judge_referrers(MhReview *review, MhModelRelation *relation,
							   const MhReviewStatement *statement, const MhReviewWritten *row);
/* The same once they are deleted, as the layers say. */
extern void mh_judge_referrers_left(MhReview *review, MhModelRelation *relation,
									const MhModelRelation *deleted);
/* The rows that refer to those whose keys UPDATE has changed. */
extern void mh_judge_referrers_after(MhReview *review, MhModelRelation *relation,
									 const MhReviewStatement *statement);

/* layers.c: what the script does to the rows */

/* Whether the rows can be asked about as the script leaves them. */
extern bool mh_are_followed(const MhReview *review, const MhModelRelation *relation);
/* Forgets which rows there are; mh_layers_empty: there are none. */
extern void mh_layers_lose(MhModelRelation *relation);
extern void mh_layers_empty(MhModelRelation *relation);
/* Notes that UPDATE or DELETE changes rows, as relation->change says. */
extern void mh_note_layer(MhReview *review, MhModelRelation *relation,
						  const MhReviewStatement *statement);
/* Notes a row that is inserted. */
extern void mh_note_layer_row(MhModelRelation *relation, const MhReviewValue *values);
/* Notes the value that all rows get in a new column; columns: those that it names. */
extern void mh_note_layer_fill(MhModelRelation *relation, MhModelColumn *column,
							   const MhReviewValue *value, const MhStrings *columns);

/* Notes the rows of a query; values: of all columns. */
extern void mh_note_layer_query(MhModelRelation *relation, const MhModelRows *rows,
								MhReviewValue *values);
/* Notes what all rows have in a generated column. */
extern void mh_note_layer_value(MhModelRelation *relation, int column, const MhReviewValue *value);

/* selected.c: whether the rows of a query that go into a table may be followed */
extern bool mh_may_follow_rows(const MhReview *review, const MhModelRelation *relation);
extern void mh_judge_rows_selected(MhReview *review, MhModelRelation *relation,
								   const MhReviewStatement *statement,
								   const MhReviewQueryAnswer *answer);
/* The same of UPDATE and DELETE. */
extern void mh_judge_rows_changed(MhReview *review, MhModelRelation *relation,
								  const MhReviewStatement *statement,
								  const MhReviewQueryAnswer *answer);
/* The rows with which a new table is made. */
extern void mh_judge_rows_of_table_as(MhReview *review, MhModelRelation *relation,
									  const MhReviewQueryAnswer *answer);

/* data.c: what the rows say */
/* Asks about the rows as the layers leave them; UNKNOWN where these do not say it. */
extern MhReviewAnswer mh_ask_after(MhReview *review, MhReviewQuestion *question);
extern void mh_ask_rows(MhReview *review, const MhModelRelation *relation,
						MhReviewQuestion *question, const char *sqlstate, const char *what);
extern bool mh_is_empty(const MhReview *review, const MhModelRelation *relation);
/* Whether one of the rows that were there before has these values. */
extern MhReviewTruth mh_find_key(MhReview *review, const MhModelRelation *relation,
								 const MhStrings *columns, const MhReviewValue *values);
/* Whether the sequence of a column gives numbers that none of those rows has. */
extern bool mh_counts_past(MhReview *review, const MhModelRelation *relation,
						   MhModelColumn *column);
extern void mh_note_loss(MhReview *review, const MhModelRelation *relation,
						 const MhModelColumn *column);

#endif /* MIGHEAD_CORE_REVIEW_REVIEW_PRIVATE_H */
