/*
 * Unit tests of src/core/review: what follows from statements, without a server.  That it is what
 * the server does is for the tests with a server.
 */
#include "core/review/review.h"
#include "tap.h"

#define SUPERUSER 10
#define PLAIN 20

/* ---------- a world with the table public.t (a integer, b integer) ---------- */

static bool has_row_for_b;

static const char *
quote(void *arg, const char *name)
{
	return name;
}

static MhModelRelation *
table_t(void *arg, const char *schema, const char *name)
{
	static const char *const columns[] = {"a", "b"};
	MhModelRelation *table;

	if (strcmp(schema, "public") != 0 || strcmp(name, "t") != 0)
		return NULL;
	table = palloc0(sizeof(MhModelRelation));
	table->id = 1;
	table->kind = 'r';
	table->persistence = 'p';
	table->schema = table->live_schema = "public";
	table->name = table->live_name = "t";
	table->owner = SUPERUSER;
	table->rows = table->bytes = 100;
	table->n_columns = 2;
	table->columns = palloc0(2 * sizeof(MhModelColumn));
	for (int i = 0; i < 2; i++)
		table->columns[i] = (MhModelColumn){.name = columns[i],
											.live_name = columns[i],
											.type_name = "integer",
											.type = 23,
											.typmod = -1,
											.is_local = true};
	return table;
}

static MhModelRelation *
relation_by_id(void *arg, uint32 id)
{
	return id == 1 ? table_t(arg, "public", "t") : NULL;
}

static MhModelType *
no_type(void *arg, const char *schema, const char *name)
{
	return NULL;
}

static bool
has_schema(void *arg, const char *schema)
{
	return strcmp(schema, "public") == 0 || strcmp(schema, "other") == 0;
}

static uint32
role(void *arg, const char *name)
{
	return name == NULL ? SUPERUSER : strcmp(name, "plain") == 0 ? PLAIN : 0;
}

static bool
is_superuser(void *arg, uint32 one, uint32 other)
{
	return one == SUPERUSER || one == other;
}

static MhReviewTruth
may_not(void *arg, uint32 one, uint32 relation, MhReviewRight right)
{
	return MH_TRUTH_NO;
}

static bool
may_create(void *arg, uint32 one, const char *schema)
{
	return one == SUPERUSER;
}

static MhReviewAnswer
no_answer(void *arg, const MhReviewStatement *statement)
{
	return (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL, NULL};
}

static MhReviewAnswer
ask_rows(void *arg, const MhReviewQuestion *question)
{
	bool is_b = question->columns.n > 0 && strcmp(question->columns.v[0], "b") == 0;

	return (MhReviewAnswer){is_b && has_row_for_b ? MH_TRUTH_NO : MH_TRUTH_YES, NULL, NULL};
}

static void
no_default(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
		   MhReviewDefault *answer)
{
	answer->value.is_constant = answer->value.is_null = true;
}

static void
resolve(void *arg, const MhReviewType *type, MhReviewTypeAnswer *answer)
{
	answer->id = 23;
	answer->name = "integer";
}

static char *
nobody(void *arg, const MhModelRelation *relation, MhLockMode mode)
{
	return NULL;
}

static MhReviewWorld *
make_world(void)
{
	MhReviewWorld *world = palloc0(sizeof(MhReviewWorld));

	*world = (MhReviewWorld){.quote = quote,
							 .relation = table_t,
							 .relation_by_id = relation_by_id,
							 .type = no_type,
							 .has_schema = has_schema,
							 .role = role,
							 .may_become = is_superuser,
							 .has_rights_of = is_superuser,
							 .may = may_not,
							 .may_create = may_create,
							 .other = no_answer,
							 .resolve = resolve,
							 .rows = ask_rows,
							 .live_default = no_default,
							 .holders = nobody,
							 .large_rows = 50,
							 .large_bytes = 1e9,
							 .check_data = true};
	mh_strings_add(&world->search_path, "public");
	return world;
}

/* ---------- statements ---------- */

static MhReviewType integer_type = {.name = {"pg_catalog", "int4"}, .text = "integer"};

static MhReviewStatement *
statement(MhReviewKind kind)
{
	static int number = 0;
	MhReviewStatement *made = palloc0(sizeof(MhReviewStatement));

	made->kind = kind;
	made->number = ++number;
	made->command = "";
	return made;
}

static MhReviewStatement *
named(MhReviewKind kind, const char *part)
{
	MhReviewStatement *made = statement(kind);

	made->part = part;
	return made;
}

static MhReviewStatement *
setting(const char *name, const char *value, bool is_local)
{
	MhReviewStatement *made = statement(MH_REVIEW_SET);

	made->setting = name;
	made->value = value;
	made->is_local = is_local;
	if (strcmp(name, "search_path") == 0)
		mh_strings_add(&made->values, value);
	return made;
}

static MhReviewStatement *
alter(MhReviewActionKind kind, const char *table, const char *column)
{
	MhReviewStatement *made = statement(MH_REVIEW_ALTER_TABLE);

	made->object = MH_OBJECT_TABLE;
	made->name.name = table;
	made->n_actions = 1;
	made->actions = palloc0(sizeof(MhReviewAction));
	made->actions[0] = (MhReviewAction){.kind = kind,
										.lock = MH_LOCK_ACCESS_EXCLUSIVE,
										.name = column,
										.text = "",
										.type = &integer_type};
	return made;
}

static MhReviewStatement *
create(const char *name)
{
	MhReviewStatement *made = statement(MH_REVIEW_CREATE_TABLE);

	made->object = MH_OBJECT_TABLE;
	made->name.name = name;
	return made;
}

/* The codes of the last statement that say how it ends, and their SQLSTATE. */
static char *
outcome(MhReviewStatement **statements, int n)
{
	MhReview *review = mh_review_begin(make_world());
	MhReviewEffect **effects;
	StringInfoData out;
	int n_effects;

	for (int i = 0; i < n; i++)
		mh_review_statement(review, statements[i]);
	effects = mh_review_end(review, &n_effects);
	initStringInfo(&out);
	for (int i = 0; i < n_effects; i++)
		for (int k = 0; effects[i]->statement == statements[n - 1] && k < effects[i]->n_findings;
			 k++)
		{
			const MhReviewFinding *finding = &effects[i]->findings[k];

			if (strcmp(finding->code, "will_fail") == 0 || strcmp(finding->code, "not_known") == 0)
				appendStringInfo(&out, "%s%s%s", finding->code,
								 finding->sqlstate == NULL ? "" : " ",
								 finding->sqlstate == NULL ? "" : finding->sqlstate);
		}
	return out.data;
}

#define OUTCOME(...) \
	outcome((MhReviewStatement *[]){__VA_ARGS__}, \
			(int) (sizeof((MhReviewStatement *[]){__VA_ARGS__}) / sizeof(MhReviewStatement *)))

#define BEGIN statement(MH_REVIEW_BEGIN)
#define COMMIT statement(MH_REVIEW_COMMIT)
#define ROLLBACK statement(MH_REVIEW_ROLLBACK)
#define ADD(table, column) alter(MH_ACT_ADD_COLUMN, table, column)
#define DROP(table, column) alter(MH_ACT_DROP_COLUMN, table, column)

static void
test_transactions(void)
{
	is(OUTCOME(ADD("t", "c"), ADD("t", "c")), "will_fail 42701", "the model follows the script");
	is(OUTCOME(BEGIN, ADD("t", "c"), ROLLBACK, ADD("t", "c")), "", "a rollback takes it back");
	is(OUTCOME(BEGIN, ADD("t", "c"), COMMIT, BEGIN, DROP("t", "c"), ROLLBACK, ADD("t", "c")),
	   "will_fail 42701", "and leaves what was committed");
	is(OUTCOME(BEGIN, named(MH_REVIEW_SAVEPOINT, "s"), ADD("t", "c"),
			   named(MH_REVIEW_ROLLBACK_TO, "s"), DROP("t", "c")),
	   "will_fail 42703", "so does one to a savepoint");
	is(OUTCOME(BEGIN, create("n"), named(MH_REVIEW_SAVEPOINT, "s"), ADD("n", "c"),
			   named(MH_REVIEW_ROLLBACK_TO, "s"), ADD("n", "c"), named(MH_REVIEW_ROLLBACK_TO, "s"),
			   ADD("n", "c")),
	   "", "which stays");
	is(OUTCOME(BEGIN, named(MH_REVIEW_SAVEPOINT, "s"), named(MH_REVIEW_RELEASE, "s"),
			   named(MH_REVIEW_ROLLBACK_TO, "s")),
	   "will_fail 3B001", "until it is released");
	is(OUTCOME(named(MH_REVIEW_SAVEPOINT, "s")), "will_fail 25P01",
	   "savepoints need a transaction");
}

static void
test_settings(void)
{
	is(OUTCOME(setting("search_path", "other", false), ADD("t", "c")), "will_fail 42P01",
	   "search_path");
	is(OUTCOME(BEGIN, setting("search_path", "other", true), COMMIT, ADD("t", "a")),
	   "will_fail 42701", "SET LOCAL ends with the transaction");
	is(OUTCOME(BEGIN, setting("search_path", "other", false), ROLLBACK, ADD("t", "a")),
	   "will_fail 42701", "a rollback takes a setting back");
	is(OUTCOME(setting("role", "plain", false), ADD("t", "c")), "will_fail 42501", "another role");
	is(OUTCOME(setting("role", "plain", false), create("n")), "will_fail 42501",
	   "may not create objects");
	is(OUTCOME(setting("role", "plain", false), setting("role", NULL, false), ADD("t", "c")), "",
	   "RESET ROLE");
	is(OUTCOME(setting("role", "nobody", false)), "will_fail 22023", "no such role");
	is(OUTCOME(setting("default_transaction_read_only", "on", false), ADD("t", "c")),
	   "will_fail 25006", "read-only transactions");
}

static void
test_doubts(void)
{
	has_row_for_b = true;
	is(OUTCOME(alter(MH_ACT_SET_NOT_NULL, "t", "a")), "", "the rows decide");
	is(OUTCOME(alter(MH_ACT_SET_NOT_NULL, "t", "b")), "will_fail 23502", "the rows refuse");
	is(OUTCOME(statement(MH_REVIEW_OTHER), alter(MH_ACT_SET_NOT_NULL, "t", "b")), "not_known",
	   "code of which nobody knows may change rows");
	is(OUTCOME(statement(MH_REVIEW_OTHER), ADD("t", "a")), "not_known", "and the schema");
	is(OUTCOME(statement(MH_REVIEW_OTHER), ADD("nothing", "a")), "not_known",
	   "and make what is missing");
}

int
main(void)
{
	test_transactions();
	test_settings();
	test_doubts();
	return done_testing();
}
