/*-------------------------------------------------------------------------
 *
 * read_whole.c
 *	  Reading everything that a project expects but the definitions, by scans where that shows what
 *	  a query of the caller would show.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/read_private.h"

#include "common/string.h"
#include "miscadmin.h"
#include "server/base/extension_scan.h"
#include "server/base/own_table.h"
#include "server/base/query.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/snapmgr.h"

/* A row of mighead.expected. */
typedef struct Change
{
	int set;            /* -1: without its set it says nothing */
	const char *before; /* '' where it is NULL */
	const char *after;
} Change;

typedef struct Whole
{
	MhExpectations *expectations;
	HTAB *checksums; /* of the definitions that the project has; the texts are in their forms too */
	int n_changes;
	int room;
	Change *changes;
	int n_forms;
	MhFormRow *forms;
	char *type;      /* of the form before, which is that of most that follow */
	ArrayType *rows; /* of the change before, whose set is that of most that follow */
	int set;
} Whole;

/* A stored checksum; '' for what can be none. */
typedef struct Checksum
{
	char text[MH_CHECKSUM_SIZE];
} Checksum;

static Checksum
checksum_of(Datum value, bool is_null)
{
	Checksum checksum = {""};
	const text *stored;
	int length;

	if (is_null)
		return checksum;
	stored = DatumGetTextPP(value);
	length = VARSIZE_ANY_EXHDR(stored);
	if (length < MH_CHECKSUM_SIZE)
		memcpy(checksum.text, VARDATA_ANY(stored), length);
	/* in every encoding of a database */
	if (!pg_is_ascii(checksum.text))
		checksum.text[0] = '\0';
	return checksum;
}

/* Each is kept once, as a key. */
static const char *
note_checksum(Whole *whole, Datum value, bool is_null)
{
	Checksum checksum = checksum_of(value, is_null);

	if (is_null)
		return "";
	/* damaged: no definition has it */
	if (checksum.text[0] == '\0')
		return mh_text_or_null(value, false);
	return hash_search(whole->checksums, checksum.text, HASH_ENTER, NULL);
}

/* The sets are in the order of their rows. */
static int
find_set(const MhExpectations *expectations, const MhStrings *rows)
{
	int low = 0;
	int high = expectations->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int order = mh_rows_compare(&expectations->sets[middle].rows, rows);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

static int
set_of(Whole *whole, Datum value)
{
	ArrayType *rows = DatumGetArrayTypeP(value);
	MhStrings names;

	if (whole->rows != NULL && VARSIZE(rows) == VARSIZE(whole->rows) &&
		memcmp(rows, whole->rows, VARSIZE(rows)) == 0)
		return whole->set;
	whole->rows = palloc(VARSIZE(rows));
	memcpy(whole->rows, rows, VARSIZE(rows));
	names = mh_strings_stored(value, NULL);
	whole->set = find_set(whole->expectations, &names);
	return whole->set;
}

static void
add_change(const Datum *values, const bool *nulls, void *into)
{
	Whole *whole = into;
	Change *change;

	if (whole->n_changes == whole->room)
	{
		whole->room *= 2;
		whole->changes = repalloc_huge(whole->changes, (Size) whole->room * sizeof(Change));
	}
	change = &whole->changes[whole->n_changes++];
	change->set = set_of(whole, values[0]);
	change->before = note_checksum(whole, values[1], nulls[1]);
	change->after = note_checksum(whole, values[2], nulls[2]);
	if (change->set >= 0)
		whole->expectations->sets[change->set].n++;
}

static char *
type_of(Whole *whole, Datum value, bool is_null)
{
	const text *stored;
	int length;

	if (is_null)
		return NULL;
	stored = DatumGetTextPP(value);
	length = VARSIZE_ANY_EXHDR(stored);
	if (whole->type == NULL || strlen(whole->type) != length ||
		memcmp(whole->type, VARDATA_ANY(stored), length) != 0)
		whole->type = mh_text_or_null(value, false);
	return whole->type;
}

static void
add_form(const Datum *values, const bool *nulls, void *into)
{
	Whole *whole = into;
	Checksum stored = checksum_of(values[0], nulls[0]);
	char *checksum = hash_search(whole->checksums, stored.text, HASH_FIND, NULL);
	Checksum structure;
	MhFormRow *form;

	/* each checksum is there once */
	if (checksum == NULL || whole->n_forms >= hash_get_num_entries(whole->checksums))
		return;
	form = &whole->forms[whole->n_forms++];
	form->checksum = checksum;
	form->type = type_of(whole, values[1], nulls[1]);
	form->name = mh_text_or_null(values[2], nulls[2]);
	/* most have nothing but structure */
	structure = checksum_of(values[3], nulls[3]);
	form->structure =
		strcmp(structure.text, checksum) == 0 ? checksum : mh_text_or_null(values[3], nulls[3]);
}

static void
read_changes(Whole *whole, const char *project)
{
	static const char *const names[] = MH_NAMES("rows", "before", "checksum");
	static const MhOwnColumns columns = MH_NAMES("expected", lengthof(names), names);

	whole->room = 256;
	whole->changes = palloc(whole->room * sizeof(Change));
	mh_own_table_each(&columns, "project", project, add_change, whole);
}

static void
read_forms(Whole *whole)
{
	static const char *const names[] = MH_NAMES("checksum", "object_type", "object", "structure");
	static const MhOwnColumns columns = MH_NAMES("definition", lengthof(names), names);

	whole->forms = palloc_extended(
		Max(hash_get_num_entries(whole->checksums), 1) * sizeof(MhFormRow), MCXT_ALLOC_HUGE);
	mh_own_table_each(&columns, NULL, NULL, add_form, whole);
	mh_forms_take(whole->expectations, whole->forms, whole->n_forms);
}

static void
take_changes(const Whole *whole)
{
	MhExpectations *expectations = whole->expectations;

	for (int i = 0; i < expectations->n; i++)
	{
		expectations->sets[i].deltas = palloc(Max(expectations->sets[i].n, 1) * sizeof(MhDelta));
		expectations->sets[i].n = 0;
	}
	for (int i = 0; i < whole->n_changes; i++)
	{
		const Change *change = &whole->changes[i];

		CHECK_FOR_INTERRUPTS();
		if (change->set >= 0)
			mh_delta_take(expectations, &expectations->sets[change->set], change->before,
						  change->after);
	}
}

/* False: only a query can tell what the caller may see. */
static bool
scan_whole(MhExpectations *expectations, const char *project)
{
	HASHCTL control = {
		.keysize = MH_CHECKSUM_SIZE, .entrysize = MH_CHECKSUM_SIZE, .hcxt = CurrentMemoryContext};
	Whole whole = {.expectations = expectations};

	if (!mh_own_table_may_scan("definition") || !mh_own_table_may_scan("expected") ||
		!mh_own_table_may_scan("expected_set"))
		return false;
	whole.checksums = hash_create("mighead checksums of a project", 1024, &control,
								  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	mh_sets_scan(expectations, project);
	read_changes(&whole, project);
	read_forms(&whole);
	take_changes(&whole);
	return true;
}

static bool
has_row(const char *table, const char *index, const char *project)
{
	MhExtensionScan scan;
	bool found;

	mh_extension_scan_begin_at(&scan, GetActiveSnapshot(), table, index, 1, &project);
	found = mh_extension_scan_next(&scan);
	mh_extension_scan_end(&scan);
	return found;
}

/* Returns whether, as a scan without a query shows, nothing is stored. */
static bool
is_nothing_stored(const char *project)
{
	return mh_own_table_may_scan("expected_set") && mh_own_table_may_scan("expected") &&
		   !has_row("expected_set", "expected_set_pkey", project) &&
		   !has_row("expected", "expected_pkey", project);
}

MhExpectations *
mh_expectations_read_any(const char *project)
{
	MhExpectations *expectations = palloc0(sizeof(MhExpectations));

	if (is_nothing_stored(project))
		mh_forms_index(expectations);
	else if (!scan_whole(expectations, project))
		mh_expectations_query(expectations, project);
	mh_expectations_finish(expectations);
	return expectations;
}

pg_noreturn static void
refuse(const char *project, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("expectations of project \"%s\" do not fit together", mh_from_utf8(project)),
			 errdetail_internal("%s", mh_from_utf8(reason))));
}

MhExpectations *
mh_expectations_read(const char *project)
{
	MhExpectations *expectations = mh_expectations_read_any(project);

	if (expectations->damage != NULL)
		refuse(project, expectations->damage);
	return expectations;
}
