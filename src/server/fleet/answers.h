/*-------------------------------------------------------------------------
 *
 * answers.h
 *	  A database elsewhere as a source of definitions, while others are asked at the same time.
 *
 * A reader of definitions asks one query after the other and waits for each answer.  Here nobody may
 * wait.  So the reader is tried: it gets the answers that have arrived, and no rows for the others,
 * which are noted.  When these have been asked the reader is tried again, until it missed nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_FLEET_ANSWERS_H
#define MIGHEAD_SERVER_FLEET_ANSWERS_H

#include "server/definitions/definitions.h"
#include "server/remote/remote.h"

typedef struct MhAnswers MhAnswers;

/*
 * Begins without any answers.  remote: a connection that is set up.  kept: the bytes that all answers
 * keep which share it; where there are too many, a long one is refused (54000).
 */
extern MhAnswers *mh_answers_begin(const MhRemote *remote, int64 *kept);

/* Returns the source for readers.  It answers only in mh_answers_try. */
extern MhSource *mh_answers_source(MhAnswers *answers);

typedef enum MhTried
{
	MH_TRIED_DONE,
	MH_TRIED_MISSING, /* ask what mh_answers_next returns, and try again */
	MH_TRIED_FAILED   /* the server refused what cannot be done without */
} MhTried;

/*
 * Runs read in a subtransaction that is rolled back, and in a memory context of its own, which is
 * deleted.  failure: why, if it failed, in the caller's memory context.  Raises what is no fault of
 * the server, such as a cancel.
 */
extern MhTried mh_answers_try(MhAnswers *answers, void (*read)(void *state), void *state,
							  char **failure);

/* Returns the next query that was missed; without text: there is none. */
extern MhRemoteQuery mh_answers_next(MhAnswers *answers);

/* Takes the end of the answer to that query.  err: why it was refused; NULL: it was not. */
extern void mh_answers_end_of(MhAnswers *answers, const MhError *err);

/* Frees the memory.  A reader that is tried afterwards finds no answer.  Harmless the second time. */
extern void mh_answers_free(MhAnswers *answers);

#endif /* MIGHEAD_SERVER_FLEET_ANSWERS_H */
