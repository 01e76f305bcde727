/*-------------------------------------------------------------------------
 *
 * capture.c
 *	  Records the live schema as the expectation at some rows.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/read_private.h"
#include "core/base/relative_names.h"
#include "core/base/call.h"
#include "core/base/wording.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/* A capture in progress. */
typedef struct Capture
{
	const MhVersionTable *table;
	MhStore *store;
	MhGraph *graph; /* NULL: no scripts, or refused ones */
	MhExpectations *expectations;
	MhDefinitions *live; /* NULL: it is known to be what is stored at the rows */
	MhNewSet set;
	MhSeal seal;
	int n_left_out;      /* objects of others */
	bool is_held;        /* the stored expectation is what is live, attribute by attribute */
	bool is_at_own_rows; /* the rows were read from the table before the project was locked */
} Capture;

static MhGraph *
graph_of(const MhScripts *scripts)
{
	MhError err = MH_NO_ERROR;

	return scripts->n == 0 ? NULL : mh_graph_build(scripts->scripts, scripts->n, &err);
}

/* Returns schema names as sets have them: a placeholder for the version schema. */
static MhStrings
schemas_of(const MhVersionTable *table, const MhStrings *named)
{
	MhStrings schemas = {0, NULL};

	for (int i = 0; i < named->n; i++)
		mh_strings_add(&schemas, strcmp(named->v[i], table->schema) == 0 ? MH_HOME : named->v[i]);
	mh_strings_make_set(&schemas);
	return schemas;
}

/* Raises an error unless the rows are those that the caller was given, read as the caller. */
static void
check_rows(const Capture *capture)
{
	const MhIdentity *caller = &capture->store->identity;
	Oid user;
	int security_context;

	if (!capture->is_at_own_rows || capture->table->there != NULL)
		return;
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(caller->user, caller->security_context);
	mh_version_table_recheck(capture->table);
	SetUserIdAndSecContext(user, security_context);
}

/* Returns the set that is stored at the rows in the form that a capture has now; -1: none. */
static int
comparable_set(const Capture *capture, MhDeparser deparser)
{
	int there = mh_expected_find(capture->expectations, &capture->set.rows);
	const MhExpectedSet *set;

	if (there < 0)
		return -1;
	set = &capture->expectations->sets[there];
	return set->format == MH_CANONICAL_FORMAT && set->deparser == deparser ? there : -1;
}

/* Where a seal says that the schema is what is stored at the rows, nothing has to be read or written. */
static bool
is_sealed(const Capture *capture, const MhScope *scope)
{
	const MhExpectations *expectations = capture->expectations;
	int there = capture->table->there != NULL
					? -1
					: comparable_set(capture, mh_deparser_of(PG_VERSION_NUM));

	return there >= 0 &&
		   mh_rows_compare(&expectations->sets[there].schemas, &capture->set.schemas) == 0 &&
		   mh_is_set_sealed(&expectations->sets[there], scope);
}

static void
read_live(Capture *capture, MhScope *scope, const char *project)
{
	scope->seal = &capture->seal;
	capture->live = scope->stores ? mh_definitions_read(scope) : mh_definitions_read_step(scope);
	capture->n_left_out = capture->live->n;
	mh_leave_to_others(capture->live, capture->table, project, capture->expectations);
	capture->n_left_out -= capture->live->n;
	capture->set.definitions = capture->live;
}

static Capture
begin(const MhVersionTable *table, const char *project, const MhStrings *rows,
	  const MhStrings *schemas, bool stores)
{
	Capture capture = {0};
	MhScope scope;

	capture.table = table;
	capture.is_at_own_rows = rows == NULL;
	capture.store = mh_store_open(project);
	check_rows(&capture);
	/* read what another capture stored while we waited for its lock */
	PushActiveSnapshot(GetTransactionSnapshot());
	capture.graph = graph_of(capture.store->before);
	capture.expectations = mh_expectations_read(project);
	capture.set.rows = mh_rows_key(capture.graph, rows == NULL ? &table->rows : rows);
	capture.set.schemas =
		schemas != NULL ? schemas_of(table, schemas) : mh_expected_schemas(capture.expectations);
	scope = mh_scope_of(table, &capture.set.schemas, true);
	scope.stores = stores;
	if (!stores || !is_sealed(&capture, &scope))
		read_live(&capture, &scope, project);
	check_rows(&capture);
	capture.set.server_version_num =
		table->there != NULL ? table->there->source->version : PG_VERSION_NUM;
	PopActiveSnapshot();
	return capture;
}

/* ---------- is it another one? ---------- */

static bool
is_same(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

/*
 * Returns whether two definitions differ enough for a warning.  Order of columns, comments and
 * statistics do not count.
 */
static bool
is_other(const MhDefinition *left, const MhDefinition *right)
{
	const MhDefinition *sides[2] = {left, right};

	for (int side = 0; side < 2; side++)
		for (int i = 0; i < sides[side]->n; i++)
		{
			const char *name = sides[side]->attributes[i].name;

			if (mh_attribute_severity(left->type, name) > MH_OK &&
				!is_same(mh_attribute(left, name), mh_attribute(right, name)))
				return true;
		}
	return false;
}

/* Returns the number of objects of severity 1 and up that differ in two ordered sets. */
static int
count_differing(const MhDefinitions *left, const MhDefinitions *right)
{
	int differing = 0;
	int i = 0;
	int j = 0;

	while (i < left->n || j < right->n)
	{
		int order = i == left->n    ? 1
					: j == right->n ? -1
									: mh_definition_compare(&left->v[i], &right->v[j]);

		if (order < 0)
			differing += mh_type_severity(left->v[i++].type) > MH_OK;
		else if (order > 0)
			differing += mh_type_severity(right->v[j++].type) > MH_OK;
		else
			differing += is_other(&left->v[i++], &right->v[j++]);
	}
	return differing;
}

static bool
has_same_checksums(const MhDefinitions *left, const MhDefinitions *right)
{
	if (left->n != right->n)
		return false;
	for (int i = 0; i < left->n; i++)
		if (strcmp(left->v[i].checksum, right->v[i].checksum) != 0)
			return false;
	return true;
}

/* Returns whether nothing has to be written, because of the stored expectation. */
static bool
is_settled(Capture *capture, bool replace, MhCaptured *captured)
{
	int there = comparable_set(capture, capture->live->deparser);
	int *forms = there < 0 ? NULL : mh_expected_forms(capture->expectations, there);
	MhDefinitions *held;

	if (forms == NULL)
		return false;
	mh_expected_take(capture->expectations, forms, capture->live);
	mh_expectations_load(capture->expectations, forms);
	held = mh_expected_definitions(capture->expectations, forms);
	capture->is_held = has_same_checksums(held, capture->live);
	if (capture->is_held)
		return mh_rows_compare(&capture->expectations->sets[there].schemas,
							   &capture->set.schemas) == 0;
	if (replace)
		return false;
	captured->differing = count_differing(held, capture->live);
	captured->was_not_replaced = captured->differing > 0;
	return true;
}

/* ---------- capturing ---------- */

static void
count_objects(const MhDefinitions *live, MhCaptured *captured)
{
	captured->objects = live->n;
	for (int i = 0; i < live->n; i++)
		captured->tables += strcmp(live->v[i].type, MH_TYPE_TABLE) == 0;
	for (int i = 0; i < live->n_unread; i++)
		if (strcmp(live->unread[i].kind, MH_DRIFT_UNMODELLED) != 0)
			mh_strings_add(&captured->unread, live->unread[i].name);
}

static MhCaptured
finish_sealed(Capture *capture)
{
	const MhExpectations *expectations = capture->expectations;
	MhCaptured captured = {0};
	const int *forms =
		mh_expected_forms(expectations, mh_expected_find(expectations, &capture->set.rows));

	for (int i = 0; forms != NULL && i < expectations->n_objects; i++)
	{
		captured.objects += forms[i] != MH_NO_FORM;
		captured.tables +=
			forms[i] != MH_NO_FORM && strcmp(expectations->objects[i].type, MH_TYPE_TABLE) == 0;
	}
	mh_store_close(capture->store);
	return captured;
}

static MhCaptured
finish(Capture *capture, bool replace)
{
	MhCaptured captured = {0};

	if (capture->live == NULL)
		return finish_sealed(capture);
	count_objects(capture->live, &captured);
	if (captured.unread.n == 0 && !is_settled(capture, replace, &captured))
	{
		captured.stored = mh_expected_write(capture->store, capture->expectations, &capture->set);
		capture->is_held = true;
	}
	/* an expectation that was not replaced may differ in what its checksum does not cover */
	if (capture->n_left_out == 0 && capture->is_held)
		mh_seal_definitions(&capture->seal, capture->live);
	mh_store_close(capture->store);
	return captured;
}

MhCaptured
mh_capture_rows(const MhVersionTable *table, const char *project, const MhStrings *rows,
				const MhStrings *schemas, bool replace)
{
	Capture capture = begin(table, project, rows, schemas, true);

	capture.set.previous = mh_expected_base(capture.expectations, capture.graph, &capture.set.rows,
											&capture.set.revision);
	return finish(&capture, replace);
}

void
mh_capture_step(const MhVersionTable *table, const char *project, const MhStrings *old_rows,
				const MhStrings *new_rows, const char *revision)
{
	Capture capture = begin(table, project, new_rows, NULL, false);
	MhStrings old = mh_rows_key(capture.graph, old_rows);
	MhCaptured captured;

	capture.set.previous = mh_expected_find(capture.expectations, &old);
	capture.set.revision = revision;
	if (capture.set.previous < 0)
		capture.set.previous = mh_expected_base(capture.expectations, capture.graph,
												&capture.set.rows, &capture.set.revision);
	captured = finish(&capture, false);
	mh_capture_report(table, &capture.set.rows, &captured);
}

static char *
capture_again(void)
{
	MhCall call = mh_call_begin(mh_extension_prefix(), "mighead_capture");

	mh_call_add(&call, "replace", "true");
	return mh_call_end(&call);
}

bool
mh_may_capture(Oid role)
{
	Oid types[4] = {TEXTOID, REGCLASSOID, TEXTARRAYOID, BOOLOID};
	char *schema = get_namespace_name(mh_extension_schema());
	Oid function;

	if (schema == NULL)
		return false;
	function =
		LookupFuncName(list_make2(makeString(schema), makeString(pstrdup("mighead_capture"))),
					   lengthof(types), types, true);
	return OidIsValid(function) &&
		   object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK;
}

void
mh_capture_report(const MhVersionTable *table, const MhStrings *rows, const MhCaptured *captured)
{
	char *shown = mh_from_utf8(psprintf("{%s}", mh_strings_join(rows, ",")));

	if (captured->unread.n > 0)
		ereport(WARNING, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
						  errmsg("schema at the rows %s was not captured", shown),
						  errdetail("It could not be read completely: %s.",
									mh_from_utf8(mh_enumerate(&captured->unread)))));
	else if (captured->was_not_replaced)
		ereport(
			WARNING,
			(errmsg("existing expectation for the rows %s was not replaced", shown),
			 errdetail("%d object%s of the schema of %s differ%s from it.", captured->differing,
					   mh_plural(captured->differing), mh_from_utf8(mh_version_table_name(table)),
					   captured->differing == 1 ? "s" : ""),
			 errhint("%s shows how; %s takes the schema as it is now.",
					 mh_from_utf8(mh_call(mh_extension_prefix(), "mighead_drift", NULL)),
					 mh_from_utf8(capture_again()))));
}
