/*-------------------------------------------------------------------------
 *
 * review.h
 *	  What "mighead review" shows, and the forms that it has for machines.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CLIENT_REVIEW_H
#define MIGHEAD_CLIENT_REVIEW_H

#include "client/client.h"

/* A row of mighead_review(); texts are "" for NULL, sizes -1. */
typedef struct MhEffect
{
	int statement;
	const char *line;
	const char *revision;
	const char *command;
	const char *object;
	const char *lock_mode;
	const char *blocks;
	bool rewrites;
	bool scans;
	double table_rows;
	double table_bytes;
	int severity;
	const char *code;
	const char *sqlstate;
	const char *detail;
	const char *hint;
	const char *root;        /* the partitioned table of which the object is a partition */
	const char *file_name;   /* of the revision's script, where the database knows it */
	const char *fingerprint; /* the same for the same effect of the same statement */
	const char *json;        /* the whole row */
	int partitions;          /* how many effects of partitions this one stands for */
} MhEffect;

typedef struct MhReview
{
	const char *path; /* the file; NULL: standard input, or recorded statements */
	int statements;   /* how many the script has */
	int n;
	MhEffect *effects; /* in the order of the script */
} MhReview;

/*
 * review_partitions.c.  Adds an effect to that of another partition by the same statement, if it is
 * the same; returns false where there is none.
 */
extern bool mh_review_join(MhReview *review, const MhEffect *effect);

/* The object, and how many partitions more. */
extern char *mh_review_object(const MhEffect *effect);

/* review_print.c: a table of 80 columns, or of the terminal's. */
extern void mh_review_print(const MhReview *review);

/* The line that says how many there are of each severity. */
extern void mh_review_print_sum(const MhReview *review);

/* annotations.c: workflow commands of GitHub Actions, and a Code Quality report of GitLab. */
extern void mh_review_print_github(const MhReview *review);
extern void mh_review_print_gitlab(const MhReview *review);

#endif /* MIGHEAD_CLIENT_REVIEW_H */
