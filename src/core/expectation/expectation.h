/*-------------------------------------------------------------------------
 *
 * expectation.h
 *	  The schemas that a project expects at sets of rows, and the expectation at any set of
 *	  rows.
 *
 * An expectation is stored as its differences from the previous set of rows.  If that is the step
 * of one revision, the differences belong to the revision.  The expectation at rows without a
 * capture is composed: a captured set below, plus the differences of the other applied revisions in
 * topological order.  So two branches that were captured one on top of the other are also known
 * separately.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_EXPECTATION_EXPECTATION_H
#define MIGHEAD_CORE_EXPECTATION_EXPECTATION_H

#include "core/schema/schema.h"
#include "core/graph/graph.h"

#define MH_NO_FORM (-1)

/* One form of an object. */
typedef struct MhForm
{
	int object;
	const char *checksum;
	const char *structure;
	const MhDefinition *definition; /* NULL until it is loaded */
} MhForm;

typedef struct MhObject
{
	const char *type;
	const char *name;
} MhObject;

/*
 * One object in which a set differs from its previous set.  before and after are forms or
 * MH_NO_FORM.
 */
typedef struct MhDelta
{
	int object;
	int before;
	int after;
} MhDelta;

/* A set of rows at which the schema was captured. */
typedef struct MhExpectedSet
{
	MhStrings rows; /* as mh_rows_key returns them */
	bool has_previous;
	MhStrings previous_rows;
	int previous;         /* index of that set; -1: the deltas start from nothing */
	const char *revision; /* the revision whose step it is; NULL: not a step of one revision */
	MhStrings schemas;    /* not quoted, sorted; MH_HOME for the version schema */
	int format;
	MhDeparser deparser;
	int server_version_num;
	const char *checksum; /* see mh_definitions_checksum */
	int n;
	MhDelta *deltas; /* by object */
	int depth;       /* number of sets before it; private */
	int applied;     /* revisions that the rows contain; -1: not all are in the graph; private */
} MhExpectedSet;

typedef struct MhExpectations
{
	int n_objects;
	MhObject *objects; /* ordered by type and name (strcmp) */
	int n_forms;
	MhForm *forms;
	int n;
	MhExpectedSet *sets; /* a set comes after its previous one */
	char *damage;        /* why the stored rows are inconsistent, a sentence; NULL: they are not */

	/* private */
	int objects_allocated;
	int forms_allocated;
	int n_indexed;     /* forms in by_checksum, without those that composing added */
	int *by_checksum;  /* forms, by a hash of their checksums, or MH_NO_FORM */
	uint32 last_place; /* of by_checksum: their number less one, a power of two less one */
	int *by_rows;      /* sets */
	MhNodes steps;     /* sets that are steps of a revision, ordered by revision */
	bool is_measured;
} MhExpectations;

/* The expectation at some rows. */
typedef struct MhComposed
{
	int set;      /* the set with exactly these rows; -1: composed */
	int *forms;   /* by object; MH_NO_FORM: not there */
	MhNodes path; /* the sets whose differences led here, from first to last */
	MhStrings schemas;
	int format;          /* 0: several */
	MhDeparser deparser; /* 0: several */
	char *reason;        /* why there is no expectation: a sentence */
	bool lacks_step;     /* the reason is that a revision was not captured, or nothing below */
} MhComposed;

/*
 * Returns the rows as the key of a set: full ids without implied and duplicate rows, sorted with
 * strcmp.  graph NULL: the rows as they are, sorted, without duplicates.
 */
extern MhStrings mh_rows_key(const MhGraph *graph, const MhStrings *rows);

/* Compares two lists of rows, row by row, as strcmp does. */
extern int mh_rows_compare(const MhStrings *left, const MhStrings *right);

/*
 * Building expectations: add the forms, ordered by type and name, then the sets in any order, then
 * link them.  Strings are shared, not copied.
 */
extern int mh_form_add(MhExpectations *expectations, const char *type, const char *name,
					   const char *checksum, const char *structure, const MhDefinition *definition);

/* mh_form_find returns the form with this checksum, or MH_NO_FORM.  Call mh_forms_index first. */
extern int mh_form_find(const MhExpectations *expectations, const char *checksum);
extern void mh_forms_index(MhExpectations *expectations);

/*
 * Finishes: fills in previous and orders the sets and their deltas.  Returns false, with *reason,
 * if a previous set is missing, if a set follows itself, or if two sets have the same rows.
 */
extern bool mh_expectations_link(MhExpectations *expectations, char **reason);

/* Returns the index of the set captured at these rows (mh_rows_key), or -1. */
extern int mh_expected_find(const MhExpectations *expectations, const MhStrings *rows);

/*
 * Returns the chain of sets that ends with this one, beginning with the one that has no previous
 * set.
 */
extern MhNodes mh_expected_path(const MhExpectations *expectations, int set);

/*
 * Returns the forms of all objects in a set, in a new array, or NULL if the differences that lead
 * there contradict each other.
 */
extern int *mh_expected_forms(const MhExpectations *expectations, int set);

/* Returns the captured steps of a revision, as indexes of expectations->sets. */
extern MhNodes mh_steps_of(const MhExpectations *expectations, const char *revision);

/*
 * Finds or composes the expectation at rows (mh_rows_key).  graph NULL: nothing can be composed.
 * Returns false, with composed->reason, if there is none.  Composing compares definitions and may
 * add forms.  So load all definitions first, unless mh_expected_find finds the rows.
 */
extern bool mh_compose(MhExpectations *expectations, const MhGraph *graph, const MhStrings *rows,
					   MhComposed *composed);

/* Frees the path and the schemas of what was composed, but not its forms. */
extern void mh_composed_free_lists(MhComposed *composed);

/*
 * Returns the set that contains most of the revisions that rows (mh_rows_key) contain, and no
 * others; -1: none.  *revision is the revision that it lacks if it lacks exactly one, otherwise
 * NULL.
 */
extern int mh_expected_base(MhExpectations *expectations, const MhGraph *graph,
							const MhStrings *rows, const char **revision);

/*
 * Finds the form of an object after a step.  The step was captured from before to after, but now
 * starts from current.  Returns false if the step changes what other revisions have changed too.
 * *attribute is then the conflicting attribute, or NULL for the object as a whole.
 */
extern bool mh_form_merge(MhExpectations *expectations, int current, const MhDelta *step,
						  int *merged, const char **attribute);

/*
 * Takes the definitions of these forms from the live schema if it has them, so that they need not
 * be loaded.  live must be ordered and must outlive the use of the expectations.
 */
extern void mh_expected_take(MhExpectations *expectations, const int *forms,
							 const MhDefinitions *live);

/* Returns the definitions of forms, ordered and shared.  All of them must be loaded. */
extern MhDefinitions *mh_expected_definitions(const MhExpectations *expectations, const int *forms);

/* Returns the index of an object, or -1. */
extern int mh_object_find(const MhExpectations *expectations, const char *type, const char *name);

/*
 * Returns the revision that gave the object, or its attribute if that is not NULL, the expected
 * value; for an object that is not expected, the revision that dropped it.  NULL: before the first
 * captured step, or not known.  The object's forms must be loaded.
 */
extern const char *mh_introduced_by(const MhExpectations *expectations, const MhComposed *composed,
									const char *type, const char *name, const char *attribute);

/* locate.c: finds the rows whose expectation fits a live schema. */

/*
 * The comparison of a live schema with one expectation.  Only what tells revisions apart counts:
 * MhDefinition.structure of the objects that are mh_definition_is_structural.
 */
typedef struct MhLocation
{
	MhStrings rows;
	int node;          /* the revision, if rows is just one that is in the graph; else -1 */
	int applied;       /* revisions that the rows contain; 0 without a graph */
	MhStrings same_as; /* rows of identical expectations: an id, or {a,b} */
	MhNodes sets;      /* indexes of the captured sets among these expectations */
	int matching;
	int missing;
	int extra;
	int changed;
	int not_comparable; /* present, but with texts of another class of server */
	bool is_exact;      /* false if something could not be read */
	bool is_current;
} MhLocation;

typedef struct MhLocations
{
	int n;
	MhLocation *v; /* best first */
	/* structural objects that could not be read, as "table $home.t" */
	MhStrings busy;
	MhStrings unreadable;
} MhLocations;

/*
 * Compares the live schema with every captured set, with every revision, with the heads and with
 * the current rows (NULL: not known), if they can be composed.  Of identical expectations only one
 * is listed: the current one, otherwise the one with most revisions.  Expectations with another
 * format, or for other schemas than these, are left out.  Partitions and their parts do not count
 * unless manages (MhManages) includes them, as in mh_judge.
 */
extern MhLocations *mh_locate(MhExpectations *expectations, const MhGraph *graph,
							  const MhDefinitions *live, const MhStrings *schemas,
							  const MhStrings *current, int manages);

/* How much of the step of one revision a live schema has, compared with an expectation. */
typedef struct MhPartial
{
	int node;  /* the revision; MH_BASE: no next revision was begun */
	int done;  /* objects of its step that are in their new form */
	int open;  /* objects of its step that are not */
	int begun; /* those of open that are not in their old form either, such as an invalid index */
	MhStrings done_objects; /* "type name" of each; names are relative to the version schema */
	MhStrings open_objects;
} MhPartial;

/*
 * Returns the revision that could be applied next on top of rows and of which a part, but not all,
 * is done; if there are several, the one with most done.  node is MH_BASE if there is none.
 */
extern MhPartial mh_locate_partial(const MhExpectations *expectations, const MhGraph *graph,
								   const MhStrings *rows, const MhDefinitions *live);

#endif /* MIGHEAD_CORE_EXPECTATION_EXPECTATION_H */
