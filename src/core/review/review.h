/*-------------------------------------------------------------------------
 *
 * review.h
 *	  Judges the statements of a migration script before it runs.
 *
 * Statements are plain facts (MhReviewStatement), which the server reads from parse trees.  They
 * are judged one after the other against a model of the schema (model.h) that begins as the live
 * one.  What only the server can tell is asked through MhReviewWorld.  Nothing of the script is
 * run.
 *
 *	  lookup.c         what is found by name or number
 *	  series.c, free_names.c
 *	                   names that the script leaves to the server
 *	  model.c          relations and types of the model, by name and number
 *	  effects.c        effects and what is found about them
 *	  judge.c          the statements in their order, and transactions
 *	  tables.c, alter.c, columns.c, constraints.c, indexes.c, drop.c, names.c, types.c, rows.c,
 *	  parents.c, partitions.c, routing.c, truncate.c, converted.c, labels.c, domains.c,
 *	  routines.c, referrers.c, others.c
 *	                   statements by their subject
 *	  layers.c         the rows as the script leaves them
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_REVIEW_REVIEW_H
#define MIGHEAD_CORE_REVIEW_REVIEW_H

#include "core/review/model.h"

/* ---------- statements ---------- */

typedef enum MhReviewTruth
{
	MH_TRUTH_UNKNOWN,
	MH_TRUTH_YES,
	MH_TRUTH_NO
} MhReviewTruth;

typedef enum MhReviewKind
{
	MH_REVIEW_OTHER,    /* not modelled: what it does is not known */
	MH_REVIEW_HARMLESS, /* touches no table, and passes if its objects are there */
	MH_REVIEW_SYNTAX,   /* cannot be parsed */
	MH_REVIEW_PSQL,     /* a command of psql, or a variable */
	MH_REVIEW_BEGIN,
	MH_REVIEW_COMMIT,
	MH_REVIEW_ROLLBACK,
	MH_REVIEW_SAVEPOINT,
	MH_REVIEW_RELEASE,
	MH_REVIEW_ROLLBACK_TO,
	MH_REVIEW_SET,
	MH_REVIEW_CREATE_TABLE,
	MH_REVIEW_CREATE_TABLE_AS,
	MH_REVIEW_CREATE_VIEW,
	MH_REVIEW_CREATE_SEQUENCE,
	MH_REVIEW_CREATE_SCHEMA,
	MH_REVIEW_CREATE_ENUM,
	MH_REVIEW_CREATE_DOMAIN,
	MH_REVIEW_CREATE_COMPOSITE,
	MH_REVIEW_CREATE_RANGE, /* type: of its bounds; part: the multirange type, or NULL */
	MH_REVIEW_CREATE_INDEX,
	MH_REVIEW_CREATE_TRIGGER,
	MH_REVIEW_CREATE_POLICY,
	MH_REVIEW_CREATE_RULE,
	MH_REVIEW_CREATE_STATISTICS,
	MH_REVIEW_ALTER_TABLE,
	MH_REVIEW_ALTER_SEQUENCE,
	MH_REVIEW_ADD_LABEL,
	MH_REVIEW_RENAME_LABEL,
	MH_REVIEW_RENAME,
	MH_REVIEW_SET_SCHEMA,
	MH_REVIEW_OWNER,
	MH_REVIEW_COMMENT,
	MH_REVIEW_GRANT,
	MH_REVIEW_DROP,
	MH_REVIEW_TRUNCATE,
	MH_REVIEW_LOCK,
	MH_REVIEW_INSERT,
	MH_REVIEW_UPDATE,
	MH_REVIEW_DELETE,
	MH_REVIEW_SELECT,
	MH_REVIEW_COPY,
	MH_REVIEW_REFRESH,
	MH_REVIEW_REINDEX,
	MH_REVIEW_CLUSTER,
	MH_REVIEW_VACUUM
} MhReviewKind;

/* What an object of a statement is. */
typedef enum MhReviewObject
{
	MH_OBJECT_NONE,
	MH_OBJECT_TABLE,
	MH_OBJECT_FOREIGN_TABLE,
	MH_OBJECT_VIEW,
	MH_OBJECT_MATERIALIZED_VIEW,
	MH_OBJECT_SEQUENCE,
	MH_OBJECT_INDEX,
	MH_OBJECT_COLUMN,
	MH_OBJECT_CONSTRAINT,
	MH_OBJECT_TYPE,
	MH_OBJECT_DOMAIN,
	MH_OBJECT_SCHEMA,
	MH_OBJECT_TRIGGER,
	MH_OBJECT_POLICY,
	MH_OBJECT_RULE,
	MH_OBJECT_OTHER
} MhReviewObject;

typedef enum MhReviewActionKind
{
	MH_ACT_OTHER,   /* nothing that the model has to know */
	MH_ACT_UNKNOWN, /* not modelled */
	MH_ACT_ADD_COLUMN,
	MH_ACT_LIKE,
	MH_ACT_DROP_COLUMN,
	MH_ACT_TYPE,
	MH_ACT_SET_DEFAULT, /* expression NULL: DROP DEFAULT */
	MH_ACT_SET_NOT_NULL,
	MH_ACT_DROP_NOT_NULL,
	MH_ACT_ADD_IDENTITY,
	MH_ACT_SET_IDENTITY,
	MH_ACT_DROP_IDENTITY,
	MH_ACT_DROP_EXPRESSION,
	MH_ACT_COLUMN_OTHER, /* statistics of a column */
	MH_ACT_STORAGE,      /* how a column is stored or compressed */
	MH_ACT_ADD_CONSTRAINT,
	MH_ACT_DROP_CONSTRAINT,
	MH_ACT_VALIDATE,
	MH_ACT_ALTER_CONSTRAINT,
	MH_ACT_TRIGGER, /* enable or disable; name NULL: all */
	MH_ACT_SECURITY,
	MH_ACT_PERSISTENCE,
	MH_ACT_TABLESPACE,
	MH_ACT_OPTIONS,
	MH_ACT_CLUSTER_ON,
	MH_ACT_REPLICA_IDENTITY,
	MH_ACT_INHERIT,
	MH_ACT_NO_INHERIT,
	MH_ACT_ATTACH,
	MH_ACT_DETACH
} MhReviewActionKind;

typedef struct MhReviewConstraint
{
	const char *name; /* NULL: the server chooses one */
	char type;        /* as pg_constraint.contype */
	MhStrings columns;
	MhReviewName partner;
	MhStrings partner_columns;
	MhStrings delete_columns; /* ON DELETE SET NULL or DEFAULT of these only */
	const MhReviewExpression *expression;
	bool is_not_valid;
	bool no_inherit;
	bool nulls_not_distinct;
	bool is_covering; /* with INCLUDE */
	bool is_deferrable;
	bool is_deferred;
	bool is_equality;  /* EXCLUDE that refuses equal values only */
	bool is_of_column; /* written at a new column */
	bool is_full;      /* MATCH FULL */
	char on_delete;    /* as pg_constraint.confdeltype */
	char on_update;
	const char *index; /* USING INDEX */
	MhStrings proves;  /* as in MhModelConstraint */
	const void *tree;
} MhReviewConstraint;

/* The bounds of a partition.  tree: the server's parse tree. */
typedef struct MhReviewBound
{
	const void *tree;
	bool is_default;
	MhStrings code; /* as in MhReviewExpression */
	MhStrings texts;
} MhReviewBound;

/* What LIKE copies besides columns. */
#define MH_COPY_DEFAULTS 1
#define MH_COPY_GENERATED 2
#define MH_COPY_IDENTITY 4
#define MH_COPY_CHECKS 8
#define MH_COPY_INDEXES 16
#define MH_COPY_STATISTICS 32

typedef enum MhReviewOptionState
{
	MH_OPTION_ABSENT,
	MH_OPTION_EMPTY, /* RESTART without a number, NO MINVALUE */
	MH_OPTION_GIVEN
} MhReviewOptionState;

typedef struct MhReviewOption
{
	MhReviewOptionState state;
	int64 value;
} MhReviewOption;

/* The options of a sequence. */
typedef struct MhReviewSequence
{
	MhReviewType *type; /* AS; NULL: it is not given */
	MhReviewOption increment;
	MhReviewOption min;
	MhReviewOption max;
	MhReviewOption start;
	MhReviewOption restart;
	MhReviewOption cache;
	bool has_more;        /* options that are not judged */
	const char *sqlstate; /* with which they are refused as they are written */
	const char *message;
} MhReviewSequence;

/* column::between::type; between NULL: there is no cast between. */
typedef struct MhReviewConversion
{
	const char *column;
	MhReviewType *between;
	MhReviewType *type;
} MhReviewConversion;

/* One element of ALTER TABLE or CREATE TABLE. */
typedef struct MhReviewAction
{
	MhReviewActionKind kind;
	MhLockMode lock; /* the server's own answer for ALTER TABLE */
	const char *name;
	const char *text; /* the words of the action, for messages */
	MhReviewType *type;
	const MhReviewExpression *expression;
	const MhReviewConversion *conversion; /* what the expression is; NULL: something else */
	MhReviewConstraint *constraint;
	MhReviewName other;
	bool not_null;
	bool nullable; /* NULL was written */
	char generated;
	char identity;
	const MhReviewSequence *sequence; /* of the identity; NULL: nothing is given */
	bool missing_ok;
	bool cascade;
	bool concurrently;
	bool is_plain; /* options that a view can have */
	bool flag;
	int copies;                 /* LIKE: of MH_COPY_DEFAULTS and others */
	const MhReviewBound *bound; /* of a partition */
	const char *storage;        /* of a column, or NULL */
	const char *compression;    /* of a column, or NULL */
	const char *sqlstate;       /* with which the server refuses the options; text: its message */
} MhReviewAction;

/* What is done with a query that does not run. */
typedef enum MhReviewPlanning
{
	MH_PLAN_NONE,
	MH_PLAN_EXPLAINED,
	MH_PLAN_PREPARED,
	MH_PLAN_CURSOR
} MhReviewPlanning;

/* A function or procedure that a statement makes or drops. */
typedef struct MhReviewRoutine
{
	MhReviewName name;
	char kind;       /* 'f', 'p', or 'r': any */
	bool has_types;  /* of its parameters */
	const char *key; /* these types; NULL: they are not compared */
	int n_types;
	MhStrings types; /* their names, without schemas */
	bool has_users;  /* its definition may use code that is not followed */
} MhReviewRoutine;

typedef struct MhReviewStatement
{
	MhReviewKind kind;
	int number;
	int line;             /* 0: not known */
	const char *revision; /* NULL: not known */
	const char *command;
	MhReviewObject object;
	MhReviewName name;
	MhReviewName *names; /* of several objects */
	int n_names;
	MhReviewName other; /* a schema, a new name, an owner */
	const char *part;   /* a column, constraint, trigger, label */
	const char *new_name;
	MhReviewAction *actions;
	int n_actions;
	MhReviewName *parents; /* INHERITS or PARTITION OF */
	int n_parents;
	MhReviewName *reads; /* relations that a query reads */
	int n_reads;
	bool is_partition;
	bool is_partitioned;
	const MhReviewBound *bound; /* of a partition */
	bool has_key_expressions;
	bool has_usual_key; /* PARTITION BY without operator classes and collations */
	char key_strategy;
	bool missing_ok;
	bool exists_ok; /* IF NOT EXISTS */
	bool replace;
	bool cascade;
	bool concurrently;
	bool is_temporary;
	bool is_unlogged;
	bool ends_at_commit;    /* ON COMMIT DROP */
	bool has_commit_action; /* ON COMMIT, whatever it does */
	bool chain;             /* COMMIT AND CHAIN */
	bool makes_anything;    /* it may make or drop what nobody knows, such as an extension */
	bool is_read_only;      /* BEGIN READ ONLY, SET TRANSACTION READ ONLY */
	bool is_read_write;
	bool is_unique;
	bool nulls_not_distinct; /* of an index */
	bool is_only;
	bool has_where;
	bool is_full;                     /* VACUUM FULL */
	bool has_code;                    /* runs what cannot be seen: functions, DO */
	bool is_publication;              /* names: its tables */
	bool is_block;                    /* DO or CALL, which may be refused before it does anything */
	MhLockMode lock;                  /* LOCK TABLE */
	const char *needs_no_transaction; /* how the statement is called that may not run inside one */
	MhStrings columns;                /* of INSERT, UPDATE, an index, statistics */
	MhReviewExpression *expressions;  /* of an index: keys; of UPDATE and INSERT: values */
	int n_expressions;
	const MhReviewExpression *condition; /* WHERE */
	int rows;                            /* of INSERT ... VALUES; < 0: not known */
	bool is_overriding;                  /* OVERRIDING, of INSERT, */
	bool is_overriding_user;             /* USER VALUE */
	char conflict;            /* ON CONFLICT: 'n' DO NOTHING, 'u' DO UPDATE, '\0': there is none */
	MhStrings arbiter;        /* the columns that it names */
	const char *arbiter_name; /* ON CONSTRAINT */
	MhStrings updated;        /* columns that get what the row would have had */
	bool is_instead;          /* of a trigger: INSTEAD OF, */
	bool is_per_row;          /* FOR EACH ROW, */
	bool is_on_truncate;      /* of TRUNCATE, */
	bool is_of_condition;     /* with WHEN, */
	bool compares_rows;       /* which is OLD.* IS DISTINCT FROM NEW.* */
	bool names_absent_row;    /* WHEN names one that there is not */
	bool names_new_system;    /* or a system column of NEW, before there is one */
	bool has_transitions;     /* REFERENCING */
	bool is_constraint;       /* CREATE CONSTRAINT TRIGGER */
	MhReviewPlanning planning;
	bool has_select;
	const void *returning; /* a query: what RETURNING has, WHEN of a trigger; NULL: none */
	bool has_no_data;      /* WITH NO DATA */
	bool is_reading;       /* COPY TO */
	bool is_creating;      /* SELECT INTO, or rows are changed by WITH */
	bool is_covering;      /* an index with INCLUDE */
	bool is_simple_index;  /* a btree with nothing but column names */
	bool has_plain_keys;   /* no operator classes and collations are named */
	const void *tree;
	const char *method;  /* of an index */
	const char *setting; /* SET: the name */
	const char *value;   /* NULL: DEFAULT */
	bool is_local;
	MhStrings values; /* SET search_path; the labels of an enum */
	MhStrings code;   /* names of functions and types that a query has, or that are changed */
	MhStrings texts;  /* string literals of a query */
	MhStrings roles;  /* that it names */
	/* "kind name" of objects that the model does not have, which it makes, and drops or renames */
	MhStrings makes;
	MhStrings drops;
	const MhReviewRoutine *routine;
	bool is_statistics;        /* DROP STATISTICS of one */
	char domain_action;        /* ALTER DOMAIN: as in the server's parse tree */
	bool is_not_valid;         /* of its constraint */
	MhReviewTruth is_not_null; /* CREATE DOMAIN; UNKNOWN: it is not said */
	bool is_revoking;
	bool is_in_schemas; /* GRANT ... ON ALL TABLES IN SCHEMA; names: the schemas */
	bool is_for_self;   /* a new owner: the role that runs the script */
	MhReviewType *type;
	const char *sqlstate; /* found by the server: a syntax error and the like */
	const char *message;
	MhStrings allowed; /* codes of "-- mighead: allow" */
	MhStrings reasons;
	/* change of a version table: its value before and after; NULL: none */
	const char *version_before;
	const char *version_after;
	const char *index; /* CLUSTER ... USING */
	bool has_owner;    /* OWNED BY of a sequence; other, part: the column; no name: NONE */
	const MhReviewSequence *sequence; /* the options of one */
} MhReviewStatement;

/* ---------- what only the server can tell ---------- */

/* An answer.  YES: it passes.  NO: it fails with sqlstate.  detail may be NULL. */
typedef struct MhReviewAnswer
{
	MhReviewTruth passes;
	const char *sqlstate;
	const char *detail;
	bool changes_nothing; /* of a query: it runs built-in code that only reads */
} MhReviewAnswer;

/* A relation, under a name with which a query has it. */
typedef struct MhReviewSource
{
	MhReviewName name;
	MhModelRelation *relation;
	bool is_safe;     /* reading it can fail for no row */
	bool is_followed; /* its rows can be asked about as the script leaves them */
} MhReviewSource;

/* A query of a statement, and the columns that its values go into. */
typedef struct MhReviewQuery
{
	const void *tree;
	const MhReviewSource *sources;
	int n_sources;
	int n_reads; /* tables that it names, each time that it does */
	const MhModelColumn *const *targets;
	int n_targets;
	bool is_insert;
	bool has_list; /* INSERT names its columns */
	bool is_part;  /* of UPDATE or DELETE, which have no aggregates */
	bool is_update;
	bool is_idle; /* it is only analysed */
	bool is_creating;
	bool wants_rows;
} MhReviewQuery;

typedef struct MhReviewUsedColumn
{
	MhModelRelation *relation;
	const char *column;
} MhReviewUsedColumn;

/* What a query does.  passes: it is accepted; columns: those of its result. */
typedef struct MhReviewQueryAnswer
{
	MhReviewAnswer answer;
	bool cannot_fail; /* for any rows */
	MhModelColumn *columns;
	int n_columns;
	MhReviewUsedColumn *used;
	int n_used;
	MhStrings groups; /* columns by which its rows differ */
	bool has_groups;
	const MhModelRows *rows; /* NULL: nobody can tell, or asked for them */
} MhReviewQueryAnswer;

/* What reading a live view, or refreshing a materialized one, does. */
typedef struct MhReviewViewAnswer
{
	bool cannot_fail;
	MhStrings groups;
	bool has_groups;
} MhReviewViewAnswer;

typedef enum MhReviewQuestionKind
{
	MH_ASK_EMPTY,    /* passes: the table has no row */
	MH_ASK_NO_VALUE, /* passes: the column has no value but NULL */
	MH_ASK_NOT_NULL,
	MH_ASK_UNIQUE,
	MH_ASK_UNIQUE_KEYS, /* the same of what an index computes, in keys and node */
	MH_ASK_CHECK,
	MH_ASK_FOREIGN_KEY,
	MH_ASK_EXISTING, /* the constraint name of the live table is satisfied */
	MH_ASK_TYPE,     /* the values of the column can be converted */
	MH_ASK_VALUES,   /* the expression has a value for each row */
	MH_ASK_NO_ROW,   /* passes: node is true for no row */
	MH_ASK_KEY,      /* passes: no row has these values */
	MH_ASK_NEXT,     /* passes: the column has no value that its sequence gives next */
	MH_ASK_SINGLE,   /* passes: there is one row at most */
	MH_ASK_REFERRED, /* passes: no row of partner refers to one for which node is true */
	MH_ASK_COMPUTED, /* values[0] has a value for each row for which node is true */
	MH_ASK_UNIQUE_AFTER, /* columns are unique, where values are set for those with node, at any moment */
	MH_ASK_LABELS,       /* passes: values[0] is NULL or one of texts for each row */
	MH_ASK_LAYERS,       /* passes: the query of the last layer has values for all its rows */
	MH_ASK_OTHER         /* only the rows decide, and nobody can ask them */
} MhReviewQuestionKind;

/* A question about the rows of a live relation.  All names are live ones. */
typedef struct MhReviewQuestion
{
	MhReviewQuestionKind kind;
	const MhModelRelation *relation;
	MhStrings columns;
	const MhModelRelation *partner;
	MhStrings partner_columns;
	const char *name;
	const MhReviewExpression *expression;
	const MhReviewType *type;
	bool nulls_not_distinct;
	bool is_full;
	const void *node;                      /* an analysed condition; NULL: it is true */
	const MhReviewValue *values;           /* of columns */
	MhStrings where_columns;               /* that node names, where columns are others */
	const struct MhReviewStatement *index; /* its keys and its condition */
	MhStrings texts;
	bool wants_value; /* COMPUTED: NULL is refused */
	bool is_after; /* about the rows as the layers leave them; all names are those of the model */
} MhReviewQuestion;

/* What a type is.  sqlstate: why it cannot be used; NULL: it can. */
typedef struct MhReviewTypeAnswer
{
	uint32 id;
	int32 typmod;
	uint32 collation;
	const char *name;
	const char *sqlstate;
	const char *message;
	bool is_domain_with_constraints;
	bool has_default; /* a domain's own */
	uint32 row_of;    /* the table whose row type it is */
	uint32 *rows;     /* tables and composite types whose rows are in its values */
	int n_rows;
} MhReviewTypeAnswer;

typedef enum MhReviewUse
{
	MH_USE_DEFAULT,
	MH_USE_GENERATED,
	MH_USE_CHECK,
	MH_USE_INDEX,
	MH_USE_PREDICATE,
	MH_USE_TRANSFORM, /* USING of a change of type */
	MH_USE_VALUE,     /* of INSERT or UPDATE */
	MH_USE_WHERE,
	MH_USE_POLICY
} MhReviewUse;

/* What an expression does.  passes: it can be analysed; rows may still refuse it. */
typedef struct MhReviewExpressionAnswer
{
	MhReviewAnswer answer;
	bool is_volatile;
	bool is_simple;   /* evaluates built-in code that cannot fail for a value */
	bool is_distinct; /* another one each time */
	bool is_not_null; /* its value is known not to be NULL */
	bool is_null;
	MhReviewValue value;
} MhReviewExpressionAnswer;

/* A row that a statement writes: a value for each column of the relation. */
typedef struct MhReviewWritten
{
	const MhModelRelation *relation;
	const MhReviewValue *values;
	bool is_update;    /* a column without a value keeps the one that it has */
	const void *where; /* analysed; NULL: all rows */
	bool is_where_unknown;
	bool may_be_left; /* nobody knows whether ON CONFLICT leaves it out */
} MhReviewWritten;

/* A generated column of a row that is written. */
typedef struct MhReviewComputed
{
	MhReviewAnswer answer;
	bool is_simple; /* it can be computed for any row */
	bool is_not_null;
	MhReviewValue value;
	MhStrings inputs;  /* columns that the expression names */
	MhStrings columns; /* of the row as it was, that the value names */
} MhReviewComputed;

/* What a change of type does. */
typedef struct MhReviewCastAnswer
{
	MhReviewAnswer answer;
	bool rewrites;
	bool is_known; /* whether it rewrites */
	bool is_narrower;
	bool keeps_indexes;
	bool cannot_fail; /* for no value */
	const void *node;
} MhReviewCastAnswer;

/* What is in a live schema. */
typedef struct MhReviewContents
{
	uint32 owner;
	uint32 *relations; /* apart from indexes */
	int n_relations;
	MhStrings types;  /* names of those that are no row types */
	MhStrings others; /* descriptions of what the model does not have */
} MhReviewContents;

/* A trigger that calls a function. */
typedef struct MhReviewTriggerUser
{
	uint32 relation;
	const char *trigger;
	const char *function; /* without its schema */
} MhReviewTriggerUser;

/* What a live object is to others.  found: YES, or why there is none, or not the only one. */
typedef struct MhReviewUsers
{
	MhReviewAnswer found;
	MhReviewTriggerUser *triggers; /* that call it */
	int n_triggers;
	const char *other; /* what else depends on it; NULL: nothing */
	uint32 table;      /* of statistics */
} MhReviewUsers;

typedef enum MhReviewRight
{
	MH_RIGHT_OWNER,
	MH_RIGHT_MAINTAIN,
	MH_RIGHT_SELECT,
	MH_RIGHT_INSERT,
	MH_RIGHT_UPDATE,
	MH_RIGHT_DELETE,
	MH_RIGHT_TRUNCATE,
	MH_RIGHT_REFERENCES
} MhReviewRight;

typedef struct MhReviewWorld
{
	void *arg;
	const MhHashKey *hash_key; /* NULL: there is none */
	/* a name as SQL */
	const char *(*quote)(void *arg, const char *name);
	/* the live relation with this name or number, or NULL */
	MhModelRelation *(*relation)(void *arg, const char *schema, const char *name);
	MhModelRelation *(*relation_by_id)(void *arg, uint32 id);
	MhModelType *(*type)(void *arg, const char *schema, const char *name);
	bool (*has_schema)(void *arg, const char *schema);
	void (*contents)(void *arg, const char *schema, MhReviewContents *contents);
	/* whether a column accepts a value, NULL where there is no expression, as that of each row */
	MhReviewAnswer (*accepts)(void *arg, const MhReviewExpression *expression,
							  const MhModelColumn *column);
	/* whether values of a type can be stored so; storage or compression may be NULL */
	MhReviewAnswer (*storage)(void *arg, uint32 type, const char *storage, const char *compression);
	/* the role with this name; NULL: the one that runs the script; 0: there is none */
	uint32 (*role)(void *arg, const char *name);
	/* whether the first role may SET ROLE to the second, or has its rights */
	bool (*may_become)(void *arg, uint32 role, uint32 other);
	bool (*has_rights_of)(void *arg, uint32 role, uint32 other);
	/* whether a role may use a live relation so; UNKNOWN: some of its columns */
	MhReviewTruth (*may)(void *arg, uint32 role, uint32 relation, MhReviewRight right);
	/* whether a role has USAGE of a live type; NULL: it is not asked */
	bool (*may_use_type)(void *arg, uint32 role, uint32 type);
	/* whether a role may create objects in a live schema */
	bool (*may_create)(void *arg, uint32 role, const char *schema);
	/* a statement about objects that the model does not have, such as functions */
	MhReviewAnswer (*other)(void *arg, const MhReviewStatement *statement);
	void (*resolve)(void *arg, const MhReviewType *type, MhReviewTypeAnswer *answer);
	void (*expression)(void *arg, const MhReviewExpression *expression, MhReviewUse use,
					   const MhModelRelation *relation, const MhModelColumn *target,
					   MhReviewExpressionAnswer *answer);
	/* whether an index can be made on the columns, with the method and operator classes */
	MhReviewAnswer (*index)(void *arg, const MhModelRelation *relation,
							const MhReviewStatement *statement);
	void (*query)(void *arg, const MhReviewQuery *query, MhReviewQueryAnswer *answer);
	void (*view)(void *arg, const MhModelRelation *view, MhReviewViewAnswer *answer);
	/*
	 * whether a partition with these bounds overlaps none of parent; then it is noted there, and
	 * *placed describes it.  bound NULL: nobody knows them
	 */
	MhReviewAnswer (*place)(void *arg, MhModelRelation *parent, uint32 partition, const void *bound,
							const void **placed);
	/*
	 * the partition that a row with these values of the parent's columns belongs to, apart from the
	 * default one; 0: none.  Returns false where that cannot be told
	 */
	bool (*route)(void *arg, MhModelRelation *parent, const MhReviewValue *values,
				  uint32 *partition);
	/* a condition on rows of a relation: they belong there, or do not; NULL: it cannot be told */
	const void *(*belongs)(void *arg, MhModelRelation *parent, const void *placed,
						   const MhModelRelation *relation, bool is_negated);
	MhReviewAnswer (*partitions_by)(void *arg, const MhModelColumn *column, char strategy);
	/* whether a foreign key can compare columns of these types */
	MhReviewTruth (*comparable)(void *arg, uint32 referring, uint32 referred);
	void (*cast)(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
				 const MhReviewTypeAnswer *type, const MhReviewExpression *transform,
				 MhReviewCastAnswer *answer);
	MhReviewAnswer (*rows)(void *arg, const MhReviewQuestion *question);
	/* who uses the live function, or statistics, that a statement drops */
	void (*users)(void *arg, const MhReviewStatement *statement, MhReviewUsers *users);
	/* reads what a live domain is; it stays unknown where that cannot be said */
	void (*domain)(void *arg, MhModelType *type);
	/*
	 * a condition for rows whose column with this number fails a check of the only column of values;
	 * NULL: it cannot be said
	 */
	const void *(*fails)(void *arg, const MhReviewExpression *check, const MhModelRelation *values,
						 int column);
	/* what a live default gives */
	void (*live_default)(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
						 MhReviewDefault *answer);
	/*
	 * whether a check accepts what is written.  It is not known, and question->kind is set: the rows
	 * that are there decide
	 */
	MhReviewAnswer (*passes_check)(void *arg, const MhReviewWritten *row,
								   const MhModelConstraint *check, MhReviewQuestion *question);
	/* what a generated column gets in a row that is written */
	void (*computed)(void *arg, const MhReviewWritten *row, const MhModelColumn *column,
					 MhReviewComputed *computed);
	/* whether the expressions of a live index fail for no row */
	bool (*index_cannot_fail)(void *arg, const MhModelRelation *index);
	/* who holds a lock that conflicts; NULL: nobody */
	char *(*holders)(void *arg, const MhModelRelation *relation, MhLockMode mode);
	/* whose snapshot a concurrent command has to wait for; NULL: nobody's */
	char *(*snapshots)(void *arg);
	/* whether the search_path finds these first; a list of schemas */
	MhStrings search_path;
	double large_rows;
	double large_bytes;
	bool check_data;
	/* labels added to an enum that the same transaction has made can be used in it */
	bool has_labels_of_new_types;
	/* a publication has what is made later in its schemas, or anywhere */
	bool publishes_new_tables;
	/* a partitioned table can have EXCLUDE */
	bool excludes_partitioned;
	/* ADD CONSTRAINT takes its lock on all children too */
	bool constraints_lock_children;
	bool has_not_valid_keys_of_partitioned;
	/* ATTACH and DETACH know at once that a table is not partitioned */
	bool refuses_unpartitioned_early;
	/* SET LOGGED fails where a column has the row type of the table */
	bool row_types_keep_persistence;
	/* a child may give a column that is generated in its parent another expression */
	bool children_compute_anew;
	bool (*same)(const MhReviewExpression *a, const MhReviewExpression *b);
	bool has_lock_timeout; /* the session has one */
	/* the version table, and its rows; NULL: not known */
	uint32 version_table;
	const char *version_name; /* of a version table that the script makes */
	MhStrings version_rows;
	bool version_rows_known;
} MhReviewWorld;

/* ---------- results ---------- */

/* Something that is found about an effect. */
typedef struct MhReviewFinding
{
	int severity;
	const char *code;
	const char *sqlstate;
	const char *detail;
	const char *hint;
} MhReviewFinding;

typedef struct MhReviewEffect
{
	const MhReviewStatement *statement;
	const MhModelRelation *relation; /* NULL: the statement touches none */
	const char *object;              /* its name before the statement, quoted; NULL: none */
	MhLockMode lock;
	bool rewrites;
	bool scans;
	bool scans_known;
	bool is_new; /* the script made the relation */
	double rows; /* < 0: not known */
	double bytes;
	MhReviewFinding *findings;
	int n_findings;
} MhReviewEffect;

typedef struct MhReview MhReview;

extern MhReview *mh_review_begin(const MhReviewWorld *world);

/* Judges the next statement, which has to stay allocated. */
extern void mh_review_statement(MhReview *review, const MhReviewStatement *statement);

/* Ends the script.  Returns all effects, in the script's order. */
extern MhReviewEffect **mh_review_end(MhReview *review, int *n);

/* A kind of such objects. */
#define MH_TRIGGER_FUNCTION "trigger function"

/* Whether the script made an object that the model does not have (YES), dropped it (NO), or neither. */
extern MhReviewTruth mh_review_made(const MhReview *review, const char *kind, const char *name);

/* A relation, a column or a type, as the script has it now.  NULL: there is none. */
extern MhModelRelation *mh_review_find_relation(MhReview *review, const MhReviewName *name);
extern MhModelRelation *mh_review_find_relation_by_id(MhReview *review, uint32 id);
extern const MhModelColumn *mh_review_find_column(const MhModelRelation *relation,
												  const char *name);
extern void mh_review_resolve_type(MhReview *review, const MhReviewType *type,
								   MhReviewTypeAnswer *answer);
/* As pg_type.typtype; '\0': the script did not make it. */
extern char mh_review_kind_of_new_type(MhReview *review, uint32 id);

/* Whether bodies of functions are checked; UNKNOWN: the script does not say. */
extern MhReviewTruth mh_review_checks_bodies(const MhReview *review);

/* The search_path as the script has it now. */
extern const MhStrings *mh_review_path(const MhReview *review);

/* Whether a relation with this number is a partition of parent now. */
extern bool mh_review_has_partition(MhReview *review, const MhModelRelation *parent, uint32 id);

/* A lock mode as pg_locks prints it, and what it blocks (NULL: nothing that matters). */
extern const char *mh_lock_mode_name(MhLockMode mode);
extern const char *mh_lock_blocks(MhLockMode mode);

#endif /* MIGHEAD_CORE_REVIEW_REVIEW_H */
