/*-------------------------------------------------------------------------
 *
 * json.h
 *	  Writing the members of JSON documents, and reading them with checks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_JSON_H
#define MIGHEAD_ENTRY_JSON_H

#include "mighead.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

/*
 * Writing: a member of the object that was begun with "{", in the database's encoding; a
 * comma comes before it where it needs one.
 */
extern void mh_json_key(StringInfo json, const char *key);
extern void mh_json_text(StringInfo json, const char *key, const char *value);
/* or_null: 0 stands for none, as for numbers of releases */
extern void mh_json_number(StringInfo json, const char *key, int64 value, bool or_null);
extern void mh_json_bool(StringInfo json, const char *key, bool value);
extern void mh_json_strings(StringInfo json, const char *key, const MhStrings *value);
/* type says whether in UTC (timestamptz) or in no zone at all (timestamp) */
extern void mh_json_time(StringInfo json, const char *key, bool known, int64 value, Oid type);

/* Reading: an object of the document, and where it is. */
typedef struct MhJsonObject
{
	JsonbContainer *members;
	const char *path; /* "revisions[3]."; "" for the document */
} MhJsonObject;

/* MH222, naming the member. */
pg_noreturn extern void mh_json_refuse(const MhJsonObject *object, const char *key,
									   const char *what);

/* NULL where the member is absent or null. */
extern JsonbValue *mh_json_member(const MhJsonObject *object, const char *key);
extern char *mh_json_string(const JsonbValue *value);

/* Members of a type; what is absent (unless NULL or 0 is said to stand for it) or of another
 * one is refused. */
extern char *mh_json_get_text_or_null(const MhJsonObject *object, const char *key);
extern char *mh_json_get_text(const MhJsonObject *object, const char *key);
extern char *mh_json_get_name(const MhJsonObject *object, const char *key); /* not empty */
extern int64 mh_json_get_number_or_zero(const MhJsonObject *object, const char *key, int64 low,
										int64 high);
extern int64 mh_json_get_number(const MhJsonObject *object, const char *key, int64 low, int64 high);
extern bool mh_json_get_bool(const MhJsonObject *object, const char *key);
extern MhStrings mh_json_get_strings(const MhJsonObject *object, const char *key);
/* A Timestamp, or with a zone a TimestampTz; false where it is absent. */
extern bool mh_json_get_time(const MhJsonObject *object, const char *key, bool with_zone,
							 int64 *time);

/* The elements of an array, by number, and one that has to be an object. */
extern JsonbContainer *mh_json_get_array(const MhJsonObject *object, const char *key, int *n);
extern MhJsonObject mh_json_element(JsonbContainer *array, const char *key, int i);

/* A member that has to be an object itself. */
extern MhJsonObject mh_json_get_object(const MhJsonObject *object, const char *key);

#endif /* MIGHEAD_ENTRY_JSON_H */
