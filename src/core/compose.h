/*-------------------------------------------------------------------------
 *
 * compose.h
 *	  What is known of the schemas that a project expects, and the expectation at
 *	  any set of rows.
 *
 * An expectation is stored as what differs from the set of rows before.  Where that
 * is the step of one revision, the difference is the revision's: the schema at rows at
 * which nothing was captured is that of a captured set below, and the differences of the
 * other applied revisions in topological order.  So of two branches that were
 * captured one on top of the other each is known alone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_COMPOSE_H
#define MIGHEAD_COMPOSE_H

#include "core/definition.h"
#include "core/graph.h"

#define MH_NO_FORM (-1)

/* One form that an object has had.  Name and type are the object's. */
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
	int previous;         /* index of that set, which comes first; -1: nothing before */
	const char *revision; /* whose step it is; NULL: not that of one */
	MhStrings schemas;    /* not quoted; MH_HOME for the home schema */
	int format;
	MhDeparser deparser;
	int server_version_num;
	const char *checksum; /* as mh_definitions_checksum has it */
	int n;
	MhDelta *deltas; /* by object */
} MhExpectedSet;

typedef struct MhExpectations
{
	int n_objects;
	MhObject *objects; /* ordered by type and name (strcmp) */
	int n_forms;
	int forms_allocated;
	MhForm *forms;
	int n;
	MhExpectedSet *sets; /* a set comes after its previous one */
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

/*
 * Finishes what was read: fills previous and orders the sets.  False, with *reason,
 * where a set has a previous one that is not there or follows itself, or tells differences to
 * what that does not hold.
 */
extern bool mh_expectations_link(MhExpectations *expectations, char **reason);

/* Index of the set captured at these rows (mh_rows_key), or -1. */
extern int mh_expected_find(const MhExpectations *expectations, const MhStrings *rows);

/* Forms of all objects in a set, in a new array. */
extern int *mh_expected_forms(const MhExpectations *expectations, int set);

/*
 * The expectation at rows (mh_rows_key).  graph NULL: nothing can be composed.
 * False, with composed->reason, where there is none.  Composing compares
 * definitions, so all have to be loaded unless mh_expected_find finds the rows; it may add forms.
 */
extern bool mh_compose(MhExpectations *expectations, const MhGraph *graph, const MhStrings *rows,
					   MhComposed *composed);

/* The definitions of a state, all of which have to be loaded; shares them. */
extern MhDefinitions *mh_expected_definitions(const MhExpectations *expectations, const int *forms);

/*
 * The revision that gave the object, or (not NULL) its attribute, the value that is
 * expected; NULL: it was there before the first captured step, or is not known.
 */
extern const char *mh_introduced_by(const MhExpectations *expectations, const MhComposed *composed,
									const char *type, const char *name, const char *attribute);

/* Number of an object, or -1. */
extern int mh_object_find(const MhExpectations *expectations, const char *type, const char *name);

#endif /* MIGHEAD_COMPOSE_H */
