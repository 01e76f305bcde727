/*-------------------------------------------------------------------------
 *
 * support.c
 *	  Errors, arguments, encodings and identity for the server side.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

int
mh_sqlstate(const char *code)
{
	return MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4]);
}

void
mh_raise(const MhError *err)
{
	ereport(ERROR,
			(errcode(mh_sqlstate(err->sqlstate)), errmsg_internal("%s", mh_from_utf8(err->message)),
			 err->detail ? errdetail_internal("%s", mh_from_utf8(err->detail)) : 0,
			 err->hint ? errhint("%s", mh_from_utf8(err->hint)) : 0));
	pg_unreachable();
}

void
mh_require_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	if (argno >= PG_NARGS())
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("function %s is that of an older mighead",
							   get_func_name(fcinfo->flinfo->fn_oid)),
						errhint("ALTER EXTENSION mighead UPDATE;")));
	if (PG_ARGISNULL(argno))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" of function %s must not be null", name,
							   get_func_name(fcinfo->flinfo->fn_oid))));
}

void
mh_require_samples(int max_samples)
{
	if (max_samples < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"max_samples\" must not be negative")));
}

static bool
needs_conversion(void)
{
	int encoding = GetDatabaseEncoding();

	return encoding != PG_UTF8 && encoding != PG_SQL_ASCII;
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if (IS_HIGHBIT_SET(*text))
			return false;
	return true;
}

/* Appends one character of an encoding that includes ASCII; its bytes in hex if it has others. */
static int
append_escaped(StringInfo out, const char *text, int length, int encoding)
{
	int width = Min(pg_encoding_mblen(encoding, text), length);

	if (!IS_HIGHBIT_SET(*text))
		appendStringInfoChar(out, *text);
	else
		for (int i = 0; i < width; i++)
			appendStringInfo(out, "\\x%02x", (unsigned char) text[i]);
	return width;
}

/*
 * Converts to UTF-8 and writes what cannot be converted as \x81.  A stranger's table or type with
 * such a name must not make every call fail.
 */
static char *
to_utf8_escaped(const char *text)
{
	int encoding = GetDatabaseEncoding();
	Oid conversion = FindDefaultConversionProc(encoding, PG_UTF8);
	int length = strlen(text);
	Size room = (Size) length * MAX_CONVERSION_GROWTH + 1;
	char *piece = palloc_extended(room, MCXT_ALLOC_HUGE);
	StringInfoData out;

	initStringInfo(&out);
	while (length > 0)
	{
		int taken = 0;

		CHECK_FOR_INTERRUPTS();
		if (OidIsValid(conversion) && IS_HIGHBIT_SET(*text))
		{
			taken = pg_do_encoding_conversion_buf(
				conversion, encoding, PG_UTF8, (unsigned char *) unconstify(char *, text), length,
				(unsigned char *) piece, Min(room, MaxAllocSize), true);
			appendStringInfoString(&out, piece);
		}
		if (taken == 0)
			taken = append_escaped(&out, text, length, encoding);
		text += taken;
		length -= taken;
	}
	pfree(piece);
	return out.data;
}

char *
mh_to_utf8(const char *text)
{
	if (!needs_conversion() || is_ascii(text))
		return unconstify(char *, text);
	return to_utf8_escaped(text);
}

char *
mh_from_utf8(const char *text)
{
	if (!needs_conversion() || is_ascii(text))
		return unconstify(char *, text);
	return pg_any_to_server(text, strlen(text), PG_UTF8);
}

bool
mh_client_differs(void)
{
	int client = pg_get_client_encoding();

	return client != GetDatabaseEncoding() && client != PG_SQL_ASCII;
}

/* Returns how many bytes of a text of the database the client can have, up to the first that it cannot. */
static int
length_for_client(const char *text, int length)
{
	int encoding = GetDatabaseEncoding();
	int client = pg_get_client_encoding();
	Size room = (Size) length * MAX_CONVERSION_GROWTH + 1;
	Oid conversion;
	char *converted;
	int taken;

	/* the server only looks whether it is valid there */
	if (encoding == PG_SQL_ASCII)
		return pg_encoding_verifymbstr(client, text, length);
	conversion = FindDefaultConversionProc(encoding, client);
	if (!OidIsValid(conversion))
		return length;
	converted = palloc_extended(room, MCXT_ALLOC_HUGE);
	taken = pg_do_encoding_conversion_buf(
		conversion, encoding, client, (unsigned char *) unconstify(char *, text), length,
		(unsigned char *) converted, Min(room, MaxAllocSize), true);
	pfree(converted);
	return taken;
}

char *
mh_for_client(const char *text)
{
	char *own = mh_from_utf8(text);
	StringInfoData out;
	int length;

	if (!mh_client_differs() || is_ascii(own))
		return own;
	length = strlen(own);
	initStringInfo(&out);
	while (length > 0)
	{
		int taken = length_for_client(own, length);

		CHECK_FOR_INTERRUPTS();
		appendBinaryStringInfo(&out, own, taken);
		if (taken < length)
			taken += append_escaped(&out, own + taken, length - taken, GetDatabaseEncoding());
		own += taken;
		length -= taken;
	}
	return out.data;
}

bool
mh_client_can_have(const char *name)
{
	int length = strlen(name);

	return !mh_client_differs() || is_ascii(name) || length_for_client(name, length) == length;
}

char *
mh_text_argument(FunctionCallInfo fcinfo, int argno)
{
	/* an older install script may declare fewer arguments */
	if (argno >= PG_NARGS() || PG_ARGISNULL(argno))
		return NULL;
	return mh_to_utf8(text_to_cstring(PG_GETARG_TEXT_PP(argno)));
}

TimestampTz
mh_since_argument(FunctionCallInfo fcinfo, int argno)
{
	if (PG_ARGISNULL(argno))
		return 0;
	return DatumGetTimestampTz(DirectFunctionCall2(
		timestamptz_mi_interval, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()),
		PG_GETARG_DATUM(argno)));
}

Datum
mh_text_datum(const char *text)
{
	return CStringGetTextDatum(mh_from_utf8(text));
}

Datum
mh_text_datum_or_null(const char *text, bool *is_null)
{
	*is_null = text == NULL;
	return text == NULL ? (Datum) 0 : mh_text_datum(text);
}

Datum
mh_strings_datum(const MhStrings *strings)
{
	Datum *elements = palloc(Max(strings->n, 1) * sizeof(Datum));

	for (int i = 0; i < strings->n; i++)
		elements[i] = mh_text_datum(strings->v[i]);
	return PointerGetDatum(construct_array(elements, strings->n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Reads an array.  nulls NULL: a NULL element raises 22004, naming argument. */
static MhStrings
strings_from_array(Datum array, const char *argument, int *nulls)
{
	MhStrings strings;
	Datum *elements;
	bool *is_null;
	int n;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &is_null, &n);
	strings = mh_strings_with_room(n);
	for (int i = 0; i < n; i++)
	{
		if (!is_null[i])
			mh_strings_push(&strings, mh_to_utf8(TextDatumGetCString(elements[i])));
		else if (nulls != NULL)
			(*nulls)++;
		else
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("\"%s\" must not contain a null element", argument)));
	}
	pfree(elements);
	pfree(is_null);
	return strings;
}

MhStrings
mh_strings_from_array(Datum array, const char *argument)
{
	return strings_from_array(array, argument, NULL);
}

MhStrings
mh_strings_stored(Datum array, int *nulls)
{
	int ignored = 0;

	return strings_from_array(array, NULL, nulls ? nulls : &ignored);
}

static MhStrings
row_set(const char *value, const char *argument, int *nulls)
{
	MhStrings strings = {0, NULL};
	FmgrInfo array_in_info;
	Datum array;

	if (value[0] != '{')
	{
		mh_strings_add(&strings, value);
		return strings;
	}
	fmgr_info(F_ARRAY_IN, &array_in_info);
	array = InputFunctionCall(&array_in_info, mh_from_utf8(value), TEXTOID, -1);
	return strings_from_array(array, argument, nulls);
}

MhStrings
mh_row_set(const char *value, const char *argument)
{
	return row_set(value, argument, NULL);
}

MhStrings
mh_row_set_with_nulls(const char *value, int *nulls)
{
	*nulls = 0;
	return row_set(value, NULL, nulls);
}

static char *
prefix_of(Oid schema)
{
	char *name = OidIsValid(schema) ? get_namespace_name(schema) : NULL;

	/* the extension may be being dropped */
	return name == NULL ? pstrdup("") : mh_to_utf8(psprintf("%s.", mh_quote_identifier(name)));
}

char *
mh_function_prefix(FunctionCallInfo fcinfo)
{
	return prefix_of(get_func_namespace(fcinfo->flinfo->fn_oid));
}

Oid
mh_extension_schema(void)
{
	Relation catalog = table_open(ExtensionRelationId, AccessShareLock);
	Oid schema = InvalidOid;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("mighead"));
	scan = systable_beginscan(catalog, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return schema;
}

char *
mh_extension_prefix(void)
{
	return prefix_of(mh_extension_schema());
}

/* Parentheses around the name, so that the macro is not expanded: see mighead.h. */
const char *
mh_quote_identifier(const char *name)
{
	const char *volatile quoted = NULL;

	if (!quote_all_identifiers)
		return quote_identifier(name);
	PG_TRY();
	{
		quote_all_identifiers = false;
		quoted = quote_identifier(name);
	}
	PG_FINALLY();
	{
		quote_all_identifiers = true;
	}
	PG_END_TRY();
	return quoted;
}

char *
mh_quote_qualified_identifier(const char *schema, const char *name)
{
	if (schema == NULL)
		return pstrdup(mh_quote_identifier(name));
	return psprintf("%s.%s", mh_quote_identifier(schema), mh_quote_identifier(name));
}

static MhIdentity
begin(void)
{
	MhIdentity identity;

	GetUserIdAndSecContext(&identity.user, &identity.security_context);
	identity.guc_level = NewGUCNestLevel();
	RestrictSearchPath();
	/* misestimates of pg_locks and WITH RECURSIVE can trigger seconds of JIT compilation */
	set_config_option("jit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	/* mighead's statements expect a plain backslash, and names quoted only if needed */
	set_config_option("standard_conforming_strings", "on", PGC_USERSET, PGC_S_SESSION,
					  GUC_ACTION_SAVE, true, 0, false);
	set_config_option("quote_all_identifiers", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
					  true, 0, false);
	return identity;
}

MhIdentity
mh_begin_reading(void)
{
	return begin();
}

static Oid
owner_of_our_tables(void)
{
	Oid relation = get_relname_relid("project", get_namespace_oid("mighead", false));
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for table mighead.project");
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

MhIdentity
mh_begin_writing(void)
{
	MhIdentity identity = begin();

	SetUserIdAndSecContext(owner_of_our_tables(),
						   identity.security_context | SECURITY_LOCAL_USERID_CHANGE);
	return identity;
}

void
mh_end(const MhIdentity *identity)
{
	AtEOXact_GUC(false, identity->guc_level);
	SetUserIdAndSecContext(identity->user, identity->security_context);
}
