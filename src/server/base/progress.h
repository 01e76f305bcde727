/*-------------------------------------------------------------------------
 *
 * progress.h
 *	  How far a long call is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_PROGRESS_H
#define MIGHEAD_SERVER_BASE_PROGRESS_H

/*
 * Tells whoever sets client_min_messages to debug1, at most once a second.  total: 0 where it is not
 * known.  No locks, no privileges.
 */
extern void mh_progress(const char *things, int64 done, int64 total);

#endif /* MIGHEAD_SERVER_BASE_PROGRESS_H */
