/*-------------------------------------------------------------------------
 *
 * json.h
 *	  Writes the members of JSON documents, and reads them with checks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_JSON_H
#define MIGHEAD_ENTRY_JSON_H

#include "mighead.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

/*
 * Writing.  Append a member to the object that was begun with "{", in the database's encoding, with
 * a comma before it if it needs one.
 */
extern void mh_json_key(StringInfo json, const char *key);
extern void mh_json_text(StringInfo json, const char *key, const char *value);
/* or_null: 0 is written as null, as for numbers of releases */
extern void mh_json_number(StringInfo json, const char *key, int64 value, bool or_null);
extern void mh_json_bool(StringInfo json, const char *key, bool value);
extern void mh_json_strings(StringInfo json, const char *key, const MhStrings *value);
/* type: TIMESTAMPTZOID writes the time in UTC, TIMESTAMPOID without a zone */
extern void mh_json_time(StringInfo json, const char *key, bool known, int64 value, Oid type);

/* Reading.  An object of the document, and its path. */
typedef struct MhJsonObject
{
	JsonbContainer *members;
	const char *path; /* "revisions[3]."; "" for the document */
} MhJsonObject;

/* Raises MH222, naming the member. */
pg_noreturn extern void mh_json_refuse(const MhJsonObject *object, const char *key,
									   const char *what);

/* Returns the member, or NULL if it is absent or null. */
extern JsonbValue *mh_json_member(const MhJsonObject *object, const char *key);
extern char *mh_json_string(const JsonbValue *value);

/*
 * Return a member with a type.  Raise MH222 if it has another type or is absent, except for
 * "or_null" and "or_zero", which return NULL or 0 if it is absent.
 */
extern char *mh_json_get_text_or_null(const MhJsonObject *object, const char *key);
extern char *mh_json_get_text(const MhJsonObject *object, const char *key);
extern char *mh_json_get_name(const MhJsonObject *object, const char *key); /* not empty */
extern int64 mh_json_get_number_or_zero(const MhJsonObject *object, const char *key, int64 low,
										int64 high);
extern int64 mh_json_get_number(const MhJsonObject *object, const char *key, int64 low, int64 high);
extern bool mh_json_get_bool(const MhJsonObject *object, const char *key);
extern MhStrings mh_json_get_strings(const MhJsonObject *object, const char *key);
/* Reads a Timestamp, or a TimestampTz if with_zone.  Returns false if the member is absent. */
extern bool mh_json_get_time(const MhJsonObject *object, const char *key, bool with_zone,
							 int64 *time);

/*
 * Return the array of a member with its number of elements, and one element, which has to be an
 * object.  Raise MH222 otherwise.
 */
extern JsonbContainer *mh_json_get_array(const MhJsonObject *object, const char *key, int *n);
extern MhJsonObject mh_json_element(JsonbContainer *array, const char *key, int i);

/* Returns a member that has to be an object.  Raises MH222 otherwise. */
extern MhJsonObject mh_json_get_object(const MhJsonObject *object, const char *key);

#endif /* MIGHEAD_ENTRY_JSON_H */
