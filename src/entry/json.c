/*-------------------------------------------------------------------------
 *
 * json.c
 *	  Writes the members of JSON documents, and reads them with checks.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/json.h"

#include "catalog/pg_type.h"
#include "core/base/iso_time.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/numeric.h"

/* ---------- writing ---------- */

void
mh_json_key(StringInfo json, const char *key)
{
	if (json->data[json->len - 1] != '{')
		appendStringInfoChar(json, ',');
	appendStringInfo(json, "\"%s\":", key);
}

void
mh_json_text(StringInfo json, const char *key, const char *value)
{
	mh_json_key(json, key);
	if (value == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, mh_from_utf8(value));
}

void
mh_json_number(StringInfo json, const char *key, int64 value, bool or_null)
{
	mh_json_key(json, key);
	if (or_null && value == 0)
		appendStringInfoString(json, "null");
	else
		appendStringInfo(json, INT64_FORMAT, value);
}

void
mh_json_bool(StringInfo json, const char *key, bool value)
{
	mh_json_key(json, key);
	appendStringInfoString(json, value ? "true" : "false");
}

void
mh_json_strings(StringInfo json, const char *key, const MhStrings *value)
{
	mh_json_key(json, key);
	appendStringInfoChar(json, '[');
	for (int i = 0; i < value->n; i++)
	{
		if (i > 0)
			appendStringInfoChar(json, ',');
		escape_json(json, mh_from_utf8(value->v[i]));
	}
	appendStringInfoChar(json, ']');
}

void
mh_json_time(StringInfo json, const char *key, bool known, int64 value, Oid type)
{
	char text[MAXDATELEN + 1];
	int utc = 0;

	mh_json_key(json, key);
	if (!known)
	{
		appendStringInfoString(json, "null");
		return;
	}
	JsonEncodeDateTime(text, TimestampGetDatum(value), type, type == TIMESTAMPTZOID ? &utc : NULL);
	escape_json(json, text);
}

/* ---------- reading ---------- */

void
mh_json_refuse(const MhJsonObject *object, const char *key, const char *what)
{
	ereport(ERROR, (errcode(mh_sqlstate(MHERR_DOCUMENT)), errmsg("not a mighead document"),
					errdetail("\"%s%s\" %s.", object->path, key, what),
					errhint("Documents come from mighead_export().")));
}

JsonbValue *
mh_json_member(const MhJsonObject *object, const char *key)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object->members, key, (int) strlen(key), NULL);

	return value == NULL || value->type == jbvNull ? NULL : value;
}

char *
mh_json_string(const JsonbValue *value)
{
	return mh_to_utf8(pnstrdup(value->val.string.val, value->val.string.len));
}

char *
mh_json_get_text_or_null(const MhJsonObject *object, const char *key)
{
	JsonbValue *value = mh_json_member(object, key);

	if (value == NULL)
		return NULL;
	if (value->type != jbvString)
		mh_json_refuse(object, key, "is not a string");
	return mh_json_string(value);
}

char *
mh_json_get_text(const MhJsonObject *object, const char *key)
{
	char *text = mh_json_get_text_or_null(object, key);

	if (text == NULL)
		mh_json_refuse(object, key, "is missing");
	return text;
}

char *
mh_json_get_name(const MhJsonObject *object, const char *key)
{
	char *text = mh_json_get_text(object, key);

	if (text[0] == '\0')
		mh_json_refuse(object, key, "is empty");
	return text;
}

/* Returns 0 if the member is absent; otherwise it must be between low and high. */
int64
mh_json_get_number_or_zero(const MhJsonObject *object, const char *key, int64 low, int64 high)
{
	JsonbValue *value = mh_json_member(object, key);
	char *text;
	char *end;
	int64 number;

	if (value == NULL)
		return 0;
	if (value->type != jbvNumeric)
		mh_json_refuse(object, key, "is not a number");
	text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	errno = 0;
	number = strtoi64(text, &end, 10);
	if (errno != 0 || *end != '\0' || number < low || number > high)
		mh_json_refuse(object, key, "is out of range");
	return number;
}

int64
mh_json_get_number(const MhJsonObject *object, const char *key, int64 low, int64 high)
{
	if (mh_json_member(object, key) == NULL)
		mh_json_refuse(object, key, "is missing");
	return mh_json_get_number_or_zero(object, key, low, high);
}

bool
mh_json_get_bool(const MhJsonObject *object, const char *key)
{
	JsonbValue *value = mh_json_member(object, key);

	if (value == NULL || value->type != jbvBool)
		mh_json_refuse(object, key, "is not a boolean");
	return value->val.boolean;
}

JsonbContainer *
mh_json_get_array(const MhJsonObject *object, const char *key, int *n)
{
	JsonbValue *value = mh_json_member(object, key);

	if (value == NULL || value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		mh_json_refuse(object, key, "is not an array");
	*n = JsonContainerSize(value->val.binary.data);
	return value->val.binary.data;
}

MhStrings
mh_json_get_strings(const MhJsonObject *object, const char *key)
{
	MhStrings strings = {0, NULL};
	int n;
	JsonbContainer *array = mh_json_get_array(object, key, &n);

	for (int i = 0; i < n; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(array, i);

		if (element->type != jbvString || element->val.string.len == 0)
			mh_json_refuse(object, key, "has an element that is not a string, or is empty");
		mh_strings_add(&strings, mh_json_string(element));
	}
	return strings;
}

bool
mh_json_get_time(const MhJsonObject *object, const char *key, bool with_zone, int64 *time)
{
	char *text = mh_json_get_text_or_null(object, key);
	MhIsoTime parsed;

	*time = 0;
	if (text == NULL)
		return false;
	if (!mh_iso_time_parse(text, &parsed) || parsed.has_zone != with_zone)
		mh_json_refuse(object, key, "is not a time");
	*time = parsed.local - parsed.offset * USECS_PER_SEC;
	return true;
}

MhJsonObject
mh_json_element(JsonbContainer *array, const char *key, int i)
{
	JsonbValue *value = getIthJsonbValueFromContainer(array, i);
	MhJsonObject element = {NULL, psprintf("%s[%d]", key, i)};

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		mh_json_refuse(&element, "", "is not an object");
	element.members = value->val.binary.data;
	element.path = psprintf("%s[%d].", key, i);
	return element;
}

MhJsonObject
mh_json_get_object(const MhJsonObject *object, const char *key)
{
	JsonbValue *value = mh_json_member(object, key);
	MhJsonObject member = {NULL, psprintf("%s%s.", object->path, key)};

	if (value == NULL || value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		mh_json_refuse(object, key, "is not an object");
	member.members = value->val.binary.data;
	return member;
}
