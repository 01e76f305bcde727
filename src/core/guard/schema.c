/*-------------------------------------------------------------------------
 *
 * schema.c
 *	  The guard that keeps a stamp from saying what the schema does not bear out.
 *
 *-------------------------------------------------------------------------
 */
#include "core/guard/guard.h"

#include "core/base/relative_names.h"
#include "core/base/call.h"
#include "core/base/wording.h"

/* The objects in the way, by what is wrong with them. */
typedef struct Unsatisfied
{
	MhStrings missing;
	MhStrings different;
	MhStrings unread;
} Unsatisfied;

static MhStrings *
list_for(Unsatisfied *found, const MhDifference *difference)
{
	switch (difference->kind)
	{
		case MH_MISSING:
			return difference->severity >= MH_CRITICAL ? &found->missing : NULL;
		case MH_CHANGED:
		case MH_INVALID:
			return difference->severity >= MH_CRITICAL ? &found->different : NULL;
		case MH_BUSY:
		case MH_UNREADABLE:
		case MH_NOT_COMPARABLE:
			return &found->unread;
		case MH_EXTRA:
		case MH_RENAMED:
		case MH_UNMODELLED:
			return NULL;
	}
	return NULL;
}

static Unsatisfied
find_unsatisfied(const MhDifferences *differences, const char *home)
{
	Unsatisfied found = {{0, NULL}, {0, NULL}, {0, NULL}};

	for (int i = 0; i < differences->n; i++)
	{
		const MhDifference *difference = &differences->v[i];
		MhStrings *list = list_for(&found, difference);
		char *object;

		if (list == NULL)
			continue;
		object = psprintf("%s %s", difference->type, mh_absolute(difference->name, home));
		/* an object with several changed attributes comes as often, one after the other */
		if (list->n == 0 || strcmp(list->v[list->n - 1], object) != 0)
			mh_strings_add(list, object);
	}
	return found;
}

static void
append_objects(StringInfo buf, const char *what, const MhStrings *objects)
{
	if (objects->n == 0)
		return;
	appendStringInfo(buf, "%s%s %s.", buf->len > 0 ? " " : "", what, mh_enumerate(objects));
}

bool
mh_guard_schema(const MhWriting *writing, const MhStrings *rows, const MhDifferences *differences,
				const char *home, MhError *err)
{
	Unsatisfied found = find_unsatisfied(differences, home);
	char *literal = mh_array_literal(rows, 0);
	StringInfoData detail;

	initStringInfo(&detail);
	append_objects(&detail, "Missing:", &found.missing);
	append_objects(&detail, "Different:", &found.different);
	append_objects(&detail, "Not compared:", &found.unread);
	if (found.missing.n > 0 || found.different.n > 0)
		mh_fail(err, MHERR_GUARD_SCHEMA, "the schema is not what is expected at %s", literal);
	else
		mh_fail(err, MHERR_GUARD_SCHEMA, "not all of what is expected at %s could be looked at",
				literal);
	mh_fail_detail(err, "%s", detail.data);
	mh_fail_hint(err,
				 "SELECT * FROM %s; says which revision the schema is. To stamp "
				 "all the same, add skip_guards => '{schema}'::pg_catalog.text[].",
				 mh_call(writing->prefix, "mighead_locate", mh_regclass_value(writing->table)));
	return false;
}

bool
mh_guard_blind(const MhWriting *writing, const MhStrings *rows, const char *reason, MhError *err)
{
	mh_fail(err, MHERR_GUARD_SCHEMA,
			"nothing comparable is expected at %s, so the schema cannot be checked",
			mh_array_literal(rows, 0));
	mh_fail_detail(err, "%s", reason);
	mh_fail_hint(err,
				 "Capture what is expected with %s where that schema is right, "
				 "or, to stamp without looking, add skip_guards => '{schema}'::pg_catalog.text[].",
				 mh_call(writing->prefix, "mighead_capture", NULL));
	return false;
}

bool
mh_guard_collision(const MhWriting *writing, const MhStrings *tables, MhError *err)
{
	if (tables->n == 0)
		return true;
	mh_fail(err, MHERR_GUARD_SCHEMA, "tables exist that the first upgrade would collide with");
	mh_fail_detail(err, "Without rows, every migration runs again from the first one. There %s %s.",
				   tables->n == 1 ? "is" : "are", mh_enumerate(tables));
	mh_fail_hint(
		err,
		"SELECT * FROM %s; says which revision the schema is. To empty "
		"the version table all the same, add skip_guards => '{schema}'::pg_catalog.text[].",
		mh_call(writing->prefix, "mighead_locate", mh_regclass_value(writing->table)));
	return false;
}
