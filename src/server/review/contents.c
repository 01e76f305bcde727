/*-------------------------------------------------------------------------
 *
 * contents.c
 *	  What is in a schema.
 *
 * Reads catalogs only, so it waits for nobody.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/namespace.h"

/*
 * Members of an extension are none of the model's: with them the extension goes.  Indexes, row types
 * and the like come with their relations.
 */
/* clang-format off */
#define CONTENTS_QUERY(condition) \
	"SELECT 'o', n.nspowner::int4, NULL::pg_catalog.text FROM pg_catalog.pg_namespace n" \
	" WHERE " condition \
	" UNION ALL SELECT CASE" \
	"  WHEN EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = d.classid" \
	"   AND e.objid = d.objid AND e.deptype = 'e') THEN 'x'" \
	"  WHEN d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN 'r'" \
	"  WHEN t.typtype IN ('c', 'd', 'e') THEN 't' ELSE 'x' END," \
	" d.objid::int4, CASE WHEN t.typtype IN ('c', 'd', 'e') THEN t.typname::pg_catalog.text" \
	"  ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END" \
	" FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_depend d" \
	"  ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid" \
	"  AND d.deptype = 'n'" \
	" LEFT JOIN pg_catalog.pg_type t ON t.oid = d.objid" \
	"  AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass" \
	" WHERE " condition
/* clang-format on */

static const char *const contents_here = CONTENTS_QUERY("n.oid = $1");
static const char *const contents_there = CONTENTS_QUERY("n.nspname = ($1::pg_catalog.text[])[1]");

static void
read_content(int n, const char *const *row, void *into)
{
	MhReviewContents *contents = into;

	switch (mh_char_at(row, 1))
	{
		case 'o':
			contents->owner = (uint32) mh_int_at(row, 2);
			break;
		case 'r':
			mh_ids_push(&contents->relations, &contents->n_relations, (uint32) mh_int_at(row, 2));
			break;
		case 't':
			mh_strings_push(&contents->types, mh_name_at(row, 3));
			break;
		default:
			mh_strings_push(&contents->others, mh_name_at(row, 3));
			break;
	}
}

void
mh_world_contents(void *arg, const char *schema, MhReviewContents *contents)
{
	const MhReviewServer *server = arg;
	MhStrings parameters = {0, NULL};

	if (server->options->source == NULL)
	{
		Oid oid = get_namespace_oid(mh_from_utf8(pstrdup(schema)), true);

		if (OidIsValid(oid))
			mh_review_ask(server, contents_here, oid, 3, read_content, contents);
		return;
	}
	mh_strings_add(&parameters, schema);
	mh_review_ask_there(server, contents_there, mh_array_text(&parameters), 3, read_content,
						contents);
}
