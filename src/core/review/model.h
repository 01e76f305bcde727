/*-------------------------------------------------------------------------
 *
 * model.h
 *	  The schema as a reviewed script sees it.
 *
 * It begins as the live schema, which the server supplies relation by relation when a statement
 * names one, and changes with each statement.  All text is UTF-8; names have no quotes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_REVIEW_MODEL_H
#define MIGHEAD_CORE_REVIEW_MODEL_H

#include "core/base/base.h"
#include "core/review/lookup.h"

/* Numbered as the server numbers its lock modes. */
typedef enum MhLockMode
{
	MH_LOCK_NONE = 0,
	MH_LOCK_ACCESS_SHARE = 1,
	MH_LOCK_ROW_SHARE = 2,
	MH_LOCK_ROW_EXCLUSIVE = 3,
	MH_LOCK_SHARE_UPDATE_EXCLUSIVE = 4,
	MH_LOCK_SHARE = 5,
	MH_LOCK_SHARE_ROW_EXCLUSIVE = 6,
	MH_LOCK_EXCLUSIVE = 7,
	MH_LOCK_ACCESS_EXCLUSIVE = 8
} MhLockMode;

/* The name of a relation or type as a script writes it.  schema NULL: found by search_path. */
typedef struct MhReviewName
{
	const char *schema;
	const char *name;
} MhReviewName;

/* A type as a script writes it.  tree: the server's parse tree of it. */
typedef struct MhReviewType
{
	MhReviewName name;
	const char *text;
	const void *tree;
	const void *collation; /* the names of COLLATE; NULL: there is none */
	bool is_array;
	bool is_serial;
} MhReviewType;

/*
 * An expression of the script, which only the server can judge.  tree: its parse tree.  columns:
 * the columns that it names; is_whole: it may depend on others too.
 */
typedef struct MhReviewExpression
{
	const void *tree;
	MhStrings columns;
	bool is_whole;
	bool is_null;         /* the constant NULL */
	const char *constant; /* a string literal; NULL: it is none */
	MhStrings code;       /* names of functions and types in it, without schemas */
	MhStrings texts;      /* string literals in it */
} MhReviewExpression;

/* A value of a column, as the server analysed it. */
typedef struct MhReviewValue
{
	const void *node; /* may name columns of the row as it was; NULL: there is none */
	bool is_unknown;
	bool is_asked;    /* the rows say whether it can be computed */
	bool is_constant; /* and then: */
	bool is_null;
	const char *text; /* the same for equal values; NULL: a null, or nobody knows */
} MhReviewValue;

/* What a column gets that nobody gives a value. */
typedef struct MhReviewDefault
{
	MhReviewValue value; /* node NULL: none that can be told */
	bool is_counted;     /* by a sequence */
	bool is_never_null;
	bool can_fail; /* to be computed, or to be accepted by its type */
} MhReviewDefault;

typedef struct MhModelColumn
{
	const char *name;
	const char *live_name; /* NULL: the script made it */
	const char *type_name; /* for messages */
	uint32 type;           /* 0: not known */
	int32 typmod;
	uint32 collation;
	bool not_null;
	bool is_own_not_null; /* with a constraint that is NO INHERIT or not valid */
	bool has_default;
	char generated; /* 's', 'v', or '\0' */
	char identity;  /* 'a', 'd', or '\0' */
	char storage;   /* as pg_attribute.attstorage; '\0': that of its type */
	int made_round; /* of the statement that adds it */
	bool is_local;
	int parents; /* tables from which it is inherited */
	bool is_gone;
	bool is_converted; /* the last change of type rewrites its values */
	bool is_retyped;   /* the script changed the type */
	bool is_filled;    /* a new column whose rows all have a value that is not NULL */
	bool is_touched;   /* the script may have changed values */
	bool is_key;       /* of the partition key */
	int key_place;     /* in it, from 1 on */
	bool is_in_key;    /* an expression of the partition key uses it */
	bool has_live_default;
	bool is_domain;   /* of a domain with constraints or a default; of what the script made */
	bool is_counted;  /* by a sequence that the script made */
	bool is_distinct; /* a new column whose rows all got different values */
	const char *computation; /* of a generated column elsewhere, as a text; NULL: it is not known */
	const MhReviewExpression *made_default;
	MhReviewDefault *known_default; /* once it was asked for */
	bool has_given_values;          /* the script inserted some that are no default */
	bool is_next_asked;
	bool is_next_free;  /* what its sequence gives next, and after that */
	MhReviewValue fill; /* of a new column: what the rows got */
	bool has_fill;      /* all rows have this value, */
	int fill_inserts;   /* if none was inserted since then */
	int fill_round;
	MhReviewValue converted; /* the last change of type: from the value before */
	const MhReviewExpression
		*made_generated; /* the expression of a generated column of the script */
	bool is_lost;        /* the layers of its table do not say its values */
} MhModelColumn;

typedef struct MhModelConstraint
{
	const char *name;
	const char *live_name; /* NULL: the script made it */
	char type;             /* as pg_constraint.contype */
	MhStrings columns;
	uint32 partner; /* the relation to which a foreign key refers */
	MhStrings partner_columns;
	uint32 index; /* of the key, and of the key that a foreign key uses */
	bool is_valid;
	bool is_local;
	bool no_inherit;
	int parents;
	bool is_live;
	bool is_gone;
	uint32 user;      /* a view that groups by the key; 0: none */
	MhStrings proves; /* columns that are not NULL where this check is satisfied */
	bool is_of_whole_row;
	bool compares_integers; /* and does nothing else: their width does not matter */
	bool is_deferrable;
	bool is_deferred;
	char on_delete; /* as pg_constraint.confdeltype */
	char on_update;
	bool is_for_partition; /* of the table that it refers to: checks no row of its own table */
	const struct MhReviewConstraint *made; /* by the script; NULL: it is live */
	const char *condition; /* of a check elsewhere, as its server writes it; NULL: not known */
} MhModelConstraint;

/*
 * Returns an array with room for one more element than n.  All arrays of a relation are made with
 * it: the room doubles where n is a power of two.
 */
static inline void *
mh_with_room(void *array, int n, size_t size)
{
	if (n == 0)
		return palloc(size);
	return (n & (n - 1)) == 0 ? repalloc(array, 2 * n * size) : array;
}

/* Adds a number, also if it is there already; mh_ids_add: if it is not. */
static inline void
mh_ids_push(uint32 **ids, int *n, uint32 id)
{
	*ids = mh_with_room(*ids, *n, sizeof(uint32));
	(*ids)[(*n)++] = id;
}

extern void mh_ids_add(uint32 **ids, int *n, uint32 id);

/* What depends on a relation or one of its columns, apart from its constraints and indexes. */
typedef struct MhModelDependent
{
	const char *column; /* NULL: on the relation as a whole */
	uint32 relation;    /* 0: it is no relation, and no part of one */
	const char *description;
	bool is_view;      /* dropping it drops the relation */
	bool blocks_type;  /* the column's type cannot be changed */
	bool is_own;       /* a part of the relation itself, which goes with it */
	bool is_row_type;  /* a column that has the row type of the relation */
	bool is_automatic; /* goes with the column, without CASCADE */
	bool goes_along;   /* with the relation, without CASCADE */
	int version;       /* of the query of the view */
} MhModelDependent;

/* What a sequence counts. */
typedef struct MhModelCount
{
	bool is_known;
	uint32 type;
	int64 increment;
	int64 min;
	int64 max;
	int64 start;
} MhModelCount;

/* The rows of a query, as SQL of the server. */
typedef struct MhModelRows
{
	const char *sql;      /* its columns are called c1, c2 and so on */
	const char *sources;  /* a query that fails if what it reads cannot be computed */
	const char *changed;  /* like sql: only the rows that UPDATE changes */
	bool is_whole;        /* with the rows that were there: its columns are those of the table */
	bool fails_surely;    /* an error is one that the statement gets, too */
	const uint32 *tables; /* live ones that it reads */
	int n_tables;
	MhReviewValue *values; /* what it gives for each column; names of columns are those of sql */
	int n_values;
} MhModelRows;

/*
 * What a statement did to the rows of a table, over those that the layers before it leave: it set
 * values ('u'), deleted ('d'), or added rows: given ones ('i'), or those of a query ('q').
 */
typedef struct MhModelLayer
{
	char kind;
	const void *where; /* analysed; NULL: all rows */
	int n_columns;     /* that the table had */
	const MhReviewValue *
		*rows; /* values of the columns: one row ('u', 'q'), or those that are added */
	int n_rows;
	const MhModelRows *query; /* 'q' */
} MhModelLayer;

/* What a publication needs of a table. */
#define MH_PUBLISHES_UPDATES 1
#define MH_PUBLISHES_DELETES 2
#define MH_PUBLISHES_A_PART 4 /* only some columns or rows */
#define MH_HAS_REPLICA_IDENTITY 8

/* Statements that run triggers, rules or policies. */
#define MH_ON_INSERT 1
#define MH_ON_UPDATE 2
#define MH_ON_DELETE 4
#define MH_ON_CHANGE (MH_ON_INSERT | MH_ON_UPDATE | MH_ON_DELETE)

typedef struct MhModelRelation
{
	uint32 id;
	char kind; /* as pg_class.relkind */
	const char *schema;
	const char *name;
	const char *live_schema; /* NULL: the script made it */
	const char *live_name;
	char persistence;
	bool is_gone;
	uint32 owner;
	bool has_new_rights;  /* the script granted or revoked some */
	bool is_granted_on;   /* by others than its owner */
	bool has_lost_rights; /* it revoked some */
	bool is_locked;       /* somebody holds a lock that keeps readers out */
	bool is_system;
	bool is_typed;           /* made with OF */
	bool is_opaque;          /* its columns are not known */
	bool is_altered;         /* the script changed its definition */
	bool has_code;           /* triggers, rules, policies */
	int code_events;         /* MH_ON_INSERT and others: statements that run it */
	bool has_new_dependents; /* the script made or dropped views, triggers and the like */
	bool has_new_users;      /* expressions that the script made may name it */
	bool has_deferred_code;  /* triggers that run at COMMIT */
	bool ends_at_commit;     /* a temporary table ON COMMIT DROP */
	bool has_pending_checks; /* of rows that this transaction changed */
	bool is_partition;
	uint32 default_partition; /* 0: there is none */
	bool has_key_expressions; /* of the partition key */
	char key_strategy; /* as pg_partitioned_table.partstrat; '\0': its bounds are not followed */
	int n_keys;
	struct MhBounds *bounds; /* of its partitions, once the server was asked */
	bool has_row_security;
	bool is_identity_changed; /* the script made or dropped keys or indexes, or chose another */
	int published;            /* of MH_PUBLISHES_UPDATES and others */
	bool is_unpopulated;      /* a materialized view WITH NO DATA */
	double rows;              /* the planner's estimate; < 0: not known */
	double bytes;             /* < 0: not known */

	/* what the script did to its rows */
	bool is_empty; /* there are none: it made or emptied the table */
	int doubts;    /* of the model, when that was so */
	bool has_inserted;
	int inserts; /* statements that inserted rows */
	bool has_deleted;
	bool has_updated; /* columns are marked themselves */
	MhModelLayer *layers;
	int n_layers;
	int n_added;     /* rows in the layers */
	bool is_lost;    /* the layers do not say which rows there are */
	int noted_round; /* the layers have what the statement with this round does */
	const struct MhReviewWritten *change; /* of the statement with this round: what it writes */
	int change_round;

	MhModelColumn *columns;
	int n_columns;
	MhModelConstraint *constraints;
	int n_constraints;
	MhModelIndex by_constraint; /* places in constraints, by name */
	int n_indexed;              /* of constraints */
	bool has_deferrable;        /* one of them is, or was */
	MhModelDependent *dependents;
	int n_dependents;
	uint32 *indexes;
	int n_indexes;
	uint32 *parents;
	int n_parents;
	uint32 *children;
	int n_children;
	uint32 *referrers; /* tables with foreign keys to it */
	int n_referrers;
	MhModelIndex by_referrer; /* places in referrers, by number */
	int n_indexed_referrers;
	uint32 *sequences; /* that its columns own or owned */
	int n_sequences;
	int n_dropped; /* live columns that are dropped still count */
	MhNames triggers;
	MhNames policies;
	MhNames rules;

	/* of a view, or the expressions and the condition of an index */
	int version;      /* of its query: counts CREATE OR REPLACE */
	bool is_judged;   /* what follows is known */
	bool cannot_fail; /* reading it, for any rows */
	MhStrings groups; /* columns by which its rows differ */
	bool has_groups;

	/* of an index */
	uint32 table;
	MhStrings index_columns;
	MhStrings used_columns; /* in expressions and the condition too; empty: not known */
	bool is_unique;
	bool is_primary;
	bool is_invalid;
	bool is_partial; /* or with an expression */
	bool is_usual;   /* a btree with the default operator classes and directions */
	bool is_immediate;
	MhStrings names;    /* of its own columns, as the server chose them */
	bool is_built_in;   /* a live one: it uses nothing but columns and built-in code */
	bool is_trusted;    /* a live one: its expressions and comparisons are built in */
	const char *method; /* the access method */
	bool nulls_not_distinct;
	bool is_covering;        /* with INCLUDE */
	bool has_collation;      /* other than that of its columns */
	MhNames written;         /* keys that the script inserted, */
	bool has_unseen_written; /* and others */
	const char *constraint;  /* to which it belongs */
	uint32 parent_index;

	/* of a sequence */
	uint32 owned_by;
	const char *owned_by_column;
	MhModelCount count;
	bool is_internal;        /* of an identity column */
	bool is_owned_by_script; /* OWNED BY: the column has no default that uses it */

	bool is_ending; /* it has what ends with the transaction, and is in the list of those */
	struct MhModelRelation *next_ending;

	/* of the statement that is judged, if its round is that of the review */
	struct MhReviewEffect *effect;
	int effect_round;
	int read_round;        /* its query reads it */
	const char *read_name; /* under which it was read last */
	bool is_read_qualified;
	int named_round;   /* TRUNCATE or DROP names it, or what it is a part of */
	int emptied_round; /* TRUNCATE empties it */
} MhModelRelation;

/* A check of a domain.  expression NULL: it is live. */
typedef struct MhModelDomainCheck
{
	const char *name;
	const MhReviewExpression *expression;
	bool is_valid;
	bool is_gone;
} MhModelDomainCheck;

/* A live default that uses a type. */
typedef struct MhModelDefaultUser
{
	uint32 relation;
	const char *column; /* its live name */
	const char *description;
} MhModelDefaultUser;

typedef struct MhModelType
{
	const char *schema;
	const char *name;
	uint32 id;
	uint32 array_id;
	char kind; /* as pg_type.typtype */
	bool is_new;
	bool is_gone;
	bool has_new_users; /* expressions that the script made may name it */
	bool is_array;      /* it steps aside where its name is wanted */
	uint32 owner;
	MhNames labels;       /* of an enum */
	MhNames new_labels;   /* added in the transaction that is open */
	MhStrings dependents; /* descriptions of what is not known as a column of the model */
	MhModelDefaultUser *defaults;
	int n_defaults;
	uint32 *users; /* relations with a column of it */
	int n_users;
	MhNames attributes;             /* of a composite type that the script made */
	struct MhModelType *multirange; /* of a range that it made */
	/* of a domain */
	bool is_domain_known; /* what follows is */
	uint32 base;
	int32 base_typmod;
	uint32 base_collation;
	bool is_not_null;
	MhModelDomainCheck *checks;
	int n_checks;
	bool made_in_transaction;
	bool is_ending; /* as in relations */
	struct MhModelType *next_ending;
} MhModelType;

#endif /* MIGHEAD_CORE_REVIEW_MODEL_H */
