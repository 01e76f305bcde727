/*-------------------------------------------------------------------------
 *
 * expectation.h
 *	  What is known of the schemas that a project expects, and the expectation at any set of rows.
 *
 * An expectation is stored as what differs from the set of rows before.  Where that
 * is the step of one revision, the difference is the revision's: the schema at rows at
 * which nothing was captured is that of a captured set below, and the differences of the
 * other applied revisions in topological order.  So of two branches that were
 * captured one on top of the other each is known alone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_EXPECTATION_EXPECTATION_H
#define MIGHEAD_CORE_EXPECTATION_EXPECTATION_H

#include "core/schema/schema.h"
#include "core/graph/graph.h"

#define MH_NO_FORM (-1)

/* One form that an object has had. */
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

/* One object in which a set differs from the one before; forms or MH_NO_FORM. */
typedef struct MhDelta
{
	int object;
	int before;
	int after;
} MhDelta;

/* A set of rows at which the schema was captured. */
typedef struct MhExpectedSet
{
	MhStrings rows; /* as mh_rows_key gives them */
	bool has_previous;
	MhStrings previous_rows;
	int previous;         /* index of that set; -1: it is told from nothing */
	const char *revision; /* whose step it is; NULL: not that of one */
	MhStrings schemas;    /* not quoted, sorted; MH_HOME for the version schema */
	int format;
	MhDeparser deparser;
	int server_version_num;
	const char *checksum; /* as mh_definitions_checksum has it */
	int n;
	MhDelta *deltas; /* by object */
	int depth;       /* sets before it; private */
	int applied;     /* revisions that the rows stand for, -1: not all in the graph; private */
} MhExpectedSet;

typedef struct MhExpectations
{
	int n_objects;
	MhObject *objects; /* ordered by type and name (strcmp) */
	int n_forms;
	MhForm *forms;
	int n;
	MhExpectedSet *sets; /* a set comes after its previous one */
	char *damage; /* what does not fit together in what is stored, a sentence; NULL: nothing */

	/* private */
	int objects_allocated;
	int forms_allocated;
	int n_indexed;    /* forms in by_checksum; those that composing added are not */
	int *by_checksum; /* forms */
	int *by_rows;     /* sets */
	MhNodes steps;    /* sets that are the step of a revision, by revision */
	bool is_measured;
} MhExpectations;

/* The expectation at some rows. */
typedef struct MhComposed
{
	int set;      /* of these very rows; -1: put together from others */
	int *forms;   /* of each object, or MH_NO_FORM */
	MhNodes path; /* the sets whose differences led here, first to last */
	MhStrings schemas;
	int format;          /* 0: of several */
	MhDeparser deparser; /* 0: of several */
	char *reason;        /* where there is no expectation: a sentence */
} MhComposed;

/*
 * The rows as sets are stored under: those that others imply and duplicates are left
 * out, full ids, sorted with strcmp.  graph NULL: as they are, sorted, without duplicates.
 */
extern MhStrings mh_rows_key(const MhGraph *graph, const MhStrings *rows);

/* By row, as strcmp. */
extern int mh_rows_compare(const MhStrings *left, const MhStrings *right);

/*
 * Building: first the forms, ordered by type and name, then the sets in whatever order,
 * then linked.  The strings are shared.
 */
extern int mh_form_add(MhExpectations *expectations, const char *type, const char *name,
					   const char *checksum, const char *structure, const MhDefinition *definition);

/* The form of this checksum, or MH_NO_FORM; mh_forms_index makes it findable. */
extern int mh_form_find(const MhExpectations *expectations, const char *checksum);
extern void mh_forms_index(MhExpectations *expectations);

/*
 * Finishes: works out previous and orders the sets and their deltas.  False, with *reason, where a
 * set has a previous one that is not there or follows itself, or there are two of the same rows.
 */
extern bool mh_expectations_link(MhExpectations *expectations, char **reason);

/* Index of the set captured at these rows (mh_rows_key), or -1. */
extern int mh_expected_find(const MhExpectations *expectations, const MhStrings *rows);

/* The sets from the first one told from nothing to this one. */
extern MhNodes mh_expected_path(const MhExpectations *expectations, int set);

/*
 * Forms of all objects in a set, in a new array; NULL where the differences that lead there do not
 * fit one another.
 */
extern int *mh_expected_forms(const MhExpectations *expectations, int set);

/* The sets that are captured steps of a revision, as indexes of expectations->sets. */
extern MhNodes mh_steps_of(const MhExpectations *expectations, const char *revision);

/*
 * The expectation at rows (mh_rows_key).  graph NULL: nothing can be composed.
 * False, with composed->reason, where there is none.  Composing compares definitions, so all have
 * to be loaded unless mh_expected_find finds the rows; it may add forms.
 */
extern bool mh_compose(MhExpectations *expectations, const MhGraph *graph, const MhStrings *rows,
					   MhComposed *composed);

/*
 * The set that stands for most of the revisions that rows (mh_rows_key) stand for, and for no
 * others; -1: none.  *revision is the one that it lacks if that is just one, else NULL.
 */
extern int mh_expected_base(MhExpectations *expectations, const MhGraph *graph,
							const MhStrings *rows, const char **revision);

/*
 * The form that an object has after a step which was captured as one from before to
 * after, but now starts from current.  False where the step changes what others have changed too,
 * with *attribute, unless it is the object as a whole (NULL).
 */
extern bool mh_form_merge(MhExpectations *expectations, int current, const MhDelta *step,
						  int *merged, const char **attribute);

/*
 * Takes the definitions of these forms that the live schema has from there: most of them, and they
 * need not be loaded.  live is ordered, and outlives the expectations' use.
 */
extern void mh_expected_take(MhExpectations *expectations, const int *forms,
							 const MhDefinitions *live);

/* The definitions of forms, all of which have to be loaded; ordered, shared. */
extern MhDefinitions *mh_expected_definitions(const MhExpectations *expectations, const int *forms);

/* Number of an object, or -1. */
extern int mh_object_find(const MhExpectations *expectations, const char *type, const char *name);

/*
 * The revision that gave the object or, if it is not NULL, its attribute the value that is
 * expected; of an object that is not expected, the one that dropped it.  NULL: before the first
 * captured step, or not known.  The object's forms have to be loaded.
 */
extern const char *mh_introduced_by(const MhExpectations *expectations, const MhComposed *composed,
									const char *type, const char *name, const char *attribute);

/* locate.c: which rows a live schema fits. */

/*
 * How a live schema compares with one expectation.  Only what tells revisions from
 * one another counts: MhDefinition.structure of the objects that
 * are mh_definition_is_structural.
 */
typedef struct MhLocation
{
	MhStrings rows;
	int node;          /* the revision, where rows are just one that is in the graph; else -1 */
	int applied;       /* revisions that the rows stand for; 0 without a graph */
	MhStrings same_as; /* rows of other expectations that are the very same: an id, or {a,b} */
	MhNodes sets;      /* the captured ones among these and the others, as indexes */
	int matching;
	int missing;
	int extra;
	int changed;
	int not_comparable; /* there, but in the texts of another class of server */
	bool is_exact;      /* never where something could not be read */
	bool is_current;
} MhLocation;

typedef struct MhLocations
{
	int n;
	MhLocation *v; /* best first */
	/* structural objects of which nothing is known, as "table $home.t" */
	MhStrings busy;
	MhStrings unreadable;
} MhLocations;

/*
 * Compares with every captured set, with every single revision, with the heads and with
 * the current rows (NULL: not known), as far as they can be composed.  Of
 * expectations that are the same one is listed: the current one, else that with the most revisions.
 * Those of another format, or with other schemas than these, are left out.  Partitions and what
 * belongs to them do not count, unless manages (MhManages) has them: as in mh_judge.
 */
extern MhLocations *mh_locate(MhExpectations *expectations, const MhGraph *graph,
							  const MhDefinitions *live, const MhStrings *schemas,
							  const MhStrings *current, int manages);

/* How far a live schema went on the step of one revision from an expectation. */
typedef struct MhPartial
{
	int node;  /* the revision; MH_BASE: none of those that could come next was begun */
	int done;  /* objects of its step that are as after it */
	int open;  /* objects of its step that are not */
	int begun; /* those of them that are not as before it either, such as an invalid index */
	MhStrings done_objects; /* "type name" of each, names relative to the home schema */
	MhStrings open_objects;
} MhPartial;

/*
 * The revision that could be applied next on top of rows and of which a part, but not all, is
 * done; of several the one with most done.  node is MH_BASE where none is.
 */
extern MhPartial mh_locate_partial(const MhExpectations *expectations, const MhGraph *graph,
								   const MhStrings *rows, const MhDefinitions *live);

#endif /* MIGHEAD_CORE_EXPECTATION_EXPECTATION_H */
