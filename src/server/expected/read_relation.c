/*-------------------------------------------------------------------------
 *
 * read_relation.c
 *	  Reading what is expected of one relation, without what is expected of all others.
 *
 * The definitions that name the relation lead, through the indexes on their checksums, to the
 * sets in which they came and went.  What an object of the same name was while it belonged to
 * another relation is followed too: the differences of each object are all there, or none.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/read_private.h"

#include "server/base/extension_scan.h"
#include "server/base/own_table.h"
#include "catalog/namespace.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/* A row of mighead.expected, under way. */
typedef struct Change
{
	MhStrings rows;
	char *before; /* '' where it is NULL */
	char *after;
} Change;

typedef struct Trail
{
	const char *project;
	List *forms;    /* of MhFormRow * */
	List *changes;  /* of Change * */
	HTAB *followed; /* checksums that were looked up */
	HTAB *seen;     /* places of rows of mighead.expected */
} Trail;

static HTAB *
make_table(const char *name, Size key_size, int flags)
{
	HASHCTL control = {.keysize = key_size, .entrysize = key_size, .hcxt = CurrentMemoryContext};

	return hash_create(name, 256, &control, HASH_ELEM | HASH_CONTEXT | flags);
}

/* False: it was there before. */
static bool
is_new(HTAB *table, const void *key)
{
	bool is_known;

	(void) hash_search(table, key, HASH_ENTER, &is_known);
	return !is_known;
}

/* ---------- definitions ---------- */

static void
add_form(Trail *trail, const MhExtensionScan *scan)
{
	MhFormRow *form = palloc(sizeof(MhFormRow));

	form->checksum = mh_extension_text(scan, "checksum");
	if (strlen(form->checksum) >= MH_CHECKSUM_SIZE || !is_new(trail->followed, form->checksum))
		return;
	form->type = mh_extension_text(scan, "object_type");
	form->name = mh_extension_text(scan, "object");
	form->structure = mh_extension_text(scan, "structure");
	trail->forms = lappend(trail->forms, form);
}

static void
add_forms(Trail *trail, const char *index, const char *key)
{
	MhExtensionScan scan;

	mh_extension_scan_begin_at(&scan, GetActiveSnapshot(), "definition", index, 1, &key);
	while (mh_extension_scan_next(&scan))
		add_form(trail, &scan);
	mh_extension_scan_end(&scan);
}

/* ---------- differences ---------- */

static char *
text_or_empty(const MhExtensionScan *scan, const char *column)
{
	char *text = mh_extension_text(scan, column);

	return text == NULL ? pstrdup("") : text;
}

static void
add_change(Trail *trail, const MhExtensionScan *scan)
{
	Change *change;

	if (strcmp(mh_extension_text(scan, "project"), trail->project) != 0 ||
		!is_new(trail->seen, &scan->tuple->t_self))
		return;
	change = palloc(sizeof(Change));
	change->rows = mh_extension_strings(scan, "rows");
	change->before = text_or_empty(scan, "before");
	change->after = text_or_empty(scan, "checksum");
	trail->changes = lappend(trail->changes, change);
	add_forms(trail, "definition_pkey", change->before);
	add_forms(trail, "definition_pkey", change->after);
}

static void
add_changes(Trail *trail, const char *index, const char *checksum)
{
	MhExtensionScan scan;

	mh_extension_scan_begin_at(&scan, GetActiveSnapshot(), "expected", index, 1, &checksum);
	while (mh_extension_scan_next(&scan))
	{
		CHECK_FOR_INTERRUPTS();
		add_change(trail, &scan);
	}
	mh_extension_scan_end(&scan);
}

static void
follow(Trail *trail, const char *relation)
{
	ListCell *cell;

	add_forms(trail, "definition_object_idx", relation);
	add_forms(trail, "definition_parent_idx", relation);
	/* grows while it is walked over */
	foreach (cell, trail->forms)
	{
		const MhFormRow *form = lfirst(cell);

		add_forms(trail, "definition_object_idx", form->name);
		add_changes(trail, "expected_before_idx", form->checksum);
		add_changes(trail, "expected_checksum_idx", form->checksum);
	}
}

/* ---------- expectations ---------- */

static void
take_forms(MhExpectations *expectations, const List *forms)
{
	MhFormRow *rows = palloc(Max(list_length(forms), 1) * sizeof(MhFormRow));
	ListCell *cell;
	int n = 0;

	foreach (cell, forms)
		rows[n++] = *(MhFormRow *) lfirst(cell);
	mh_forms_take(expectations, rows, n);
}

static void
add_set(const Datum *values, const bool *nulls, void *into)
{
	List **sets = into;
	MhExpectedSet *set = palloc0(sizeof(MhExpectedSet));

	mh_set_take(set, values, nulls);
	*sets = lappend(*sets, set);
}

static int
compare_sets(const void *left, const void *right)
{
	return mh_rows_compare(&((const MhExpectedSet *) left)->rows,
						   &((const MhExpectedSet *) right)->rows);
}

void
mh_sets_scan(MhExpectations *expectations, const char *project)
{
	static const MhOwnColumns columns =
		MH_NAMES("expected_set", lengthof(mh_set_columns), mh_set_columns);
	List *sets = NIL;
	ListCell *cell;

	mh_own_table_each(&columns, "project", project, add_set, &sets);
	expectations->sets = palloc(Max(list_length(sets), 1) * sizeof(MhExpectedSet));
	foreach (cell, sets)
		expectations->sets[expectations->n++] = *(MhExpectedSet *) lfirst(cell);
	qsort(expectations->sets, expectations->n, sizeof(MhExpectedSet), compare_sets);
}

static int
compare_changes(const ListCell *left, const ListCell *right)
{
	return mh_rows_compare(&((const Change *) lfirst(left))->rows,
						   &((const Change *) lfirst(right))->rows);
}

/* Sets and changes are both in the order of their rows. */
static void
take_changes(MhExpectations *expectations, List *changes)
{
	int set = 0;
	ListCell *cell;

	list_sort(changes, compare_changes);
	foreach (cell, changes)
	{
		const Change *change = lfirst(cell);

		while (set < expectations->n &&
			   mh_rows_compare(&expectations->sets[set].rows, &change->rows) < 0)
			set++;
		/* without its set, a row of mighead.expected says nothing */
		if (set < expectations->n &&
			mh_rows_compare(&expectations->sets[set].rows, &change->rows) == 0)
		{
			MhExpectedSet *of = &expectations->sets[set];

			of->deltas = of->n == 0 ? palloc(sizeof(MhDelta))
									: repalloc(of->deltas, (of->n + 1) * sizeof(MhDelta));
			mh_delta_take(expectations, of, change->before, change->after);
		}
	}
}

MhExpectations *
mh_expectations_read_relation(const char *project, const char *relation)
{
	Oid schema = get_namespace_oid("mighead", false);
	MhExpectations *expectations;
	Trail trail = {0};

	if (!OidIsValid(get_relname_relid("definition_object_idx", schema)) ||
		!OidIsValid(get_relname_relid("definition_parent_idx", schema)) ||
		!mh_own_table_may_scan("definition") || !mh_own_table_may_scan("expected") ||
		!mh_own_table_may_scan("expected_set"))
		return NULL;
	trail.project = project;
	trail.followed = make_table("mighead checksums", MH_CHECKSUM_SIZE, HASH_STRINGS);
	trail.seen = make_table("mighead expected rows", sizeof(ItemPointerData), HASH_BLOBS);
	follow(&trail, relation);
	expectations = palloc0(sizeof(MhExpectations));
	take_forms(expectations, trail.forms);
	mh_sets_scan(expectations, project);
	take_changes(expectations, trail.changes);
	mh_expectations_finish(expectations);
	return expectations;
}
