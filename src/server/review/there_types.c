/*-------------------------------------------------------------------------
 *
 * there_types.c
 *	  Types of a database elsewhere.
 *
 * What is built in is found here by its name.  Everything else is a number above those of this
 * server and of what the script makes: its values are not judged here.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"

/* Types of one review that are not built in. */
#define MOST_TYPES 10000

static Oid
built_in(const char *name)
{
	Oid type =
		GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(mh_from_utf8(pstrdup(name))),
						ObjectIdGetDatum(PG_CATALOG_NAMESPACE));

	return type < FirstNormalObjectId ? type : InvalidOid;
}

uint32
mh_there_type_number(const MhReviewServer *server, uint32 oid, const char *schema, const char *name)
{
	MhThere *there = server->there;

	if (oid == 0)
		return 0;
	if (strcmp(schema, "pg_catalog") == 0)
		return built_in(name);
	for (int i = 0; i < there->n_types; i++)
		if (there->types[i] == oid)
			return MH_FIRST_TYPE_THERE + i;
	if (there->n_types == MOST_TYPES)
		return 0;
	there->types = there->types == NULL
					   ? palloc(sizeof(uint32))
					   : repalloc(there->types, (there->n_types + 1) * sizeof(uint32));
	there->types[there->n_types] = oid;
	return MH_FIRST_TYPE_THERE + there->n_types++;
}

/* Collations of the operating system may be others there, though they have the same name. */
uint32
mh_there_collation(uint32 oid)
{
	/* the same everywhere */
	if (oid == 0 || oid == DEFAULT_COLLATION_OID || oid == C_COLLATION_OID)
		return oid;
	return Max(oid, MH_FIRST_TYPE_THERE);
}

static int
precision_of(int32 typmod)
{
	return ((typmod - (int32) VARHDRSZ) >> 16) & 0xffff;
}

/* A server may send any number: functions of this one are called with it. */
bool
mh_there_is_plausible(uint32 type, int32 typmod)
{
	Oid element;

	if (typmod == -1 || type == 0 || type >= MH_FIRST_TYPE_THERE)
		return true;
	element = get_element_type(type);
	switch (OidIsValid(element) ? element : type)
	{
		case VARCHAROID:
		case BPCHAROID:
			return typmod > (int32) VARHDRSZ && typmod <= (int32) (MaxAttrSize + VARHDRSZ);
		case BITOID:
		case VARBITOID:
			return typmod > 0 && typmod <= (int32) (MaxAttrSize * BITS_PER_BYTE);
		case NUMERICOID:
			return typmod >= (int32) VARHDRSZ && precision_of(typmod) > 0 &&
				   precision_of(typmod) <= NUMERIC_MAX_PRECISION;
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return typmod >= 0 && typmod <= 6;
		case INTERVALOID:
			return typmod >= 0;
		default:
			return false;
	}
}

/* ---------- types of the script ---------- */

static const char *const type_query =
	"WITH RECURSIVE s AS (SELECT n.oid, n.nspname, o.i"
	"  FROM pg_catalog.unnest(($1::pg_catalog.text[])[3:]) WITH ORDINALITY o (name, i)"
	"  JOIN pg_catalog.pg_namespace n ON n.nspname = o.name),"
	" t AS (SELECT t.*, s.nspname FROM pg_catalog.pg_type t JOIN s ON s.oid = t.typnamespace"
	"  WHERE t.typname = ($1::pg_catalog.text[])[1] ORDER BY s.i LIMIT 1),"
	" base (oid, is_checked) AS (SELECT t.oid, false FROM t WHERE t.typtype = 'd'"
	"  UNION ALL SELECT d.typbasetype, d.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint c"
	"    WHERE c.contypid = d.oid) FROM base JOIN pg_catalog.pg_type d ON d.oid = base.oid"
	"   WHERE d.typtype = 'd'),"
	" parts (oid) AS (SELECT y.oid FROM t JOIN pg_catalog.pg_type y ON y.oid IN (t.oid, t.typarray)"
	"  UNION SELECT x.oid FROM parts JOIN pg_catalog.pg_type y ON y.oid = parts.oid"
	"   CROSS JOIN LATERAL (SELECT y.typelem WHERE y.typelem >= 16384"
	"    UNION ALL SELECT y.typbasetype WHERE y.typbasetype >= 16384"
	"    UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = y.oid"
	"    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE y.typrelid <> 0"
	"     AND a.attrelid = y.typrelid AND a.attnum > 0 AND a.atttypid >= 16384) AS x (oid))"
	" SELECT r.oid::int4, t.nspname, r.typname, r.typtype, t.typisdefined, r.typrelid::int4,"
	"  t.typname, CASE WHEN ($1::pg_catalog.text[])[2] = 'array' THEN false"
	"   ELSE EXISTS (SELECT FROM base WHERE base.is_checked) END,"
	"  r.typcollation::int4, r.typtype = 'd' AND r.typdefault IS NOT NULL,"
	"  ARRAY(SELECT y.typrelid::int4 FROM parts JOIN pg_catalog.pg_type y ON y.oid = parts.oid"
	"   WHERE y.typrelid <> 0 LIMIT 1000)"
	" FROM t JOIN pg_catalog.pg_type r"
	"  ON r.oid = CASE WHEN ($1::pg_catalog.text[])[2] = 'array' THEN t.typarray ELSE t.oid END";

typedef struct Resolving
{
	const MhReviewServer *server;
	const MhReviewType *type;
	MhReviewTypeAnswer *answer;
} Resolving;

static void
read_type(int n, const char *const *row, void *into)
{
	const Resolving *resolving = into;
	MhReviewTypeAnswer *answer = resolving->answer;
	char kind = mh_char_at(row, 4);
	MhStrings rows;

	/* a pseudo-type is no type of a column, and what is not defined yet is none at all */
	if (kind == TYPTYPE_PSEUDO || !mh_bool_at(row, 5))
	{
		answer->sqlstate = kind == TYPTYPE_PSEUDO ? "42P16" : "42704";
		answer->message = psprintf("type %s cannot be used here", resolving->type->text);
		return;
	}
	answer->id = mh_there_type_number(resolving->server, (uint32) mh_int_at(row, 1),
									  mh_name_at(row, 2), mh_name_at(row, 3));
	answer->typmod = -1;
	answer->row_of = (uint32) mh_int_at(row, 6);
	answer->is_domain_with_constraints = mh_bool_at(row, 8);
	answer->has_default = mh_bool_at(row, 10);
	answer->collation = mh_there_collation((uint32) mh_int_at(row, 9));
	answer->name = resolving->type->text;
	rows = mh_names_at(row, 11);
	for (int i = 0; i < rows.n; i++)
		mh_ids_push(&answer->rows, &answer->n_rows, (uint32) strtol(rows.v[i], NULL, 10));
}

static void
resolve_there(const MhReviewServer *server, const MhReviewType *type, MhReviewTypeAnswer *answer)
{
	const MhStrings *path = mh_review_path(server->review);
	Resolving resolving = {server, type, answer};
	MhStrings parameters = {0, NULL};

	mh_strings_add(&parameters, type->name.name);
	mh_strings_add(&parameters, type->is_array ? "array" : "");
	if (type->name.schema != NULL)
		mh_strings_add(&parameters, type->name.schema);
	else
		mh_strings_add(&parameters, "pg_catalog");
	for (int i = 0; type->name.schema == NULL && i < path->n; i++)
		mh_strings_add(&parameters, path->v[i]);
	mh_review_ask_there(server, type_query, mh_array_text(&parameters), 11, read_type, &resolving);
}

static bool
is_built_in(const MhReviewType *type)
{
	return (type->name.schema == NULL || strcmp(type->name.schema, "pg_catalog") == 0) &&
		   OidIsValid(built_in(type->name.name));
}

static const char *const collation_query =
	"SELECT 1 FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace"
	" WHERE c.collname = ($1::pg_catalog.text[])[1]"
	" AND (($1::pg_catalog.text[])[2] = '' OR n.nspname = ($1::pg_catalog.text[])[2])"
	" AND c.collencoding IN (-1, (SELECT d.encoding FROM pg_catalog.pg_database d"
	"  WHERE d.datname = pg_catalog.current_database()))";

/* A collation may be another one there.  Returns whether the type is judged no further. */
static bool
judge_collation(const MhReviewServer *server, const MhReviewType *type, MhReviewTypeAnswer *answer)
{
	const List *names = type->collation;
	const char *name = names == NIL ? "C" : mh_to_utf8(pstrdup(strVal(llast(names))));
	const char *schema =
		list_length(names) < 2 ? "" : mh_to_utf8(pstrdup(strVal(list_nth(names, 0))));

	if (strcmp(name, "C") == 0)
		return false;
	if (mh_there_value(server, collation_query, name, schema) == NULL)
	{
		answer->sqlstate = "42704";
		answer->message = psprintf("collation \"%s\" for encoding \"%s\" does not exist", name,
								   GetDatabaseEncodingName());
	}
	return true;
}

void
mh_there_resolve(void *arg, const MhReviewType *type, MhReviewTypeAnswer *answer)
{
	const TypeName *name = type->tree;

	if (judge_collation(arg, type, answer))
		return;
	if (is_built_in(type))
		mh_world_resolve(arg, type, answer);
	else if (name->typmods == NIL && type->collation == NULL && !name->pct_type && !name->setof)
		resolve_there(arg, type, answer);
}
