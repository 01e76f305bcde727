/*-------------------------------------------------------------------------
 *
 * there_data.c
 *	  What the rows of tables elsewhere decide.
 *
 * The server there plans and runs a query, as the role of the user mapping.  So it is asked only
 * where that runs no code but what is built in: the table and its schema belong to roles that this
 * one trusts, who could change the table after it was looked at; nothing that planning evaluates
 * depends on code that is not built in; and the columns have built-in types.  Of the script
 * only names and built-in types are sent there, so its expressions are not evaluated.
 * Locks: there AccessShareLock, not waited for longer than the session there waits for any.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "server/base/trust.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* Shown of the rows that are in the way. */
#define MOST_SAMPLES 3

/* A longer text is none that was asked for. */
#define MOST_BYTES 1000

/* ---------- may they be read? ---------- */

/* Columns of the query. */
enum
{
	SCHEMA = 1,
	NAME,
	MAY_READ,
	IS_LOCKED,
	IS_SAFE,
	TYPES,
	COLLATIONS,
	KEY,
	TABLE_COLUMNS = KEY
};

#define CLASS_OF(name) "'pg_catalog." name "'::pg_catalog.regclass"

#define IS_TRUSTED(role) \
	"(" role ".rolsuper OR " role ".oid = (SELECT datdba FROM d) OR " role ".oid = 6171 OR " role \
	".oid IN (SELECT oid FROM me))"

/*
 * $1: the OID of a table, and names of columns.  Names of a key whose values can be shown are added.
 * What is built in has no entry in pg_depend; 6171 is pg_database_owner.
 */
/* clang-format off */
static const char *const table_query =
	"WITH RECURSIVE d AS MATERIALIZED (SELECT oid, datdba FROM pg_catalog.pg_database"
	"  WHERE datname = pg_catalog.current_database()),"
	" me (oid) AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user"
	"  UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN me ON me.oid = m.member),"
	" c AS MATERIALIZED (SELECT * FROM pg_catalog.pg_class"
	"  WHERE oid = ($1::pg_catalog.text[])[1]::pg_catalog.oid),"
	" parts (classid, objid) AS ("
	"  SELECT " CLASS_OF("pg_class") ", i.indexrelid FROM pg_catalog.pg_index i JOIN c ON c.oid = i.indrelid"
	"  UNION ALL SELECT " CLASS_OF("pg_constraint") ", k.oid FROM pg_catalog.pg_constraint k"
	"   JOIN c ON c.oid = k.conrelid WHERE k.contype <> 'f'"
	"  UNION ALL SELECT " CLASS_OF("pg_statistic_ext") ", s.oid FROM pg_catalog.pg_statistic_ext s"
	"   JOIN c ON c.oid = s.stxrelid),"
	" a AS MATERIALIZED (SELECT u.i, a.atttypid, a.attcollation FROM c"
	"  CROSS JOIN pg_catalog.unnest(($1::pg_catalog.text[])[2:]) WITH ORDINALITY u (name, i)"
	"  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = u.name"
	"   AND a.attnum > 0 AND NOT a.attisdropped)"
	" SELECT n.nspname, c.relname,"
	"  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')"
	"   AND NOT pg_catalog.row_security_active(c.oid),"
	"  EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation = c.oid"
	"   AND l.mode = 'AccessExclusiveLock' AND l.database = (SELECT oid FROM d)),"
	"  c.relkind = 'r' AND " IS_TRUSTED("r") " AND " IS_TRUSTED("o")
	"   AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())"
	"   AND NOT EXISTS (SELECT FROM parts JOIN pg_catalog.pg_depend x"
	"    ON x.classid = parts.classid AND x.objid = parts.objid"
	"    WHERE x.refclassid NOT IN (" CLASS_OF("pg_class") ", " CLASS_OF("pg_constraint") ","
	"     " CLASS_OF("pg_namespace") ", " CLASS_OF("pg_collation") ", " CLASS_OF("pg_extension") "))"
	"   AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute v WHERE v.attrelid = c.oid AND v.attgenerated = 'v')"
	"   AND NOT EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) q (oid)"
	"    JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = q.oid"
	"    WHERE p.partexprs IS NOT NULL OR 16384 <= ANY (p.partclass)),"
	"  ARRAY(SELECT a.atttypid FROM a ORDER BY a.i), ARRAY(SELECT a.attcollation FROM a ORDER BY a.i),"
	"  ARRAY(SELECT k.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute k"
	"   ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)"
	"   JOIN pg_catalog.pg_type t ON t.oid = k.atttypid AND t.oid < 10000 AND t.typtype IN ('b', 'r', 'm')"
	"   WHERE i.indrelid = c.oid AND i.indisprimary)"
	" FROM c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" JOIN pg_catalog.pg_roles r ON r.oid = c.relowner JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner";
/* clang-format on */

typedef struct TableThere
{
	char *source; /* as it is written after FROM; NULL: there is no such table */
	bool may_read;
	bool is_locked;
	bool is_safe;
	MhStrings types; /* of the columns: OIDs */
	MhStrings collations;
	MhStrings key; /* columns */
} TableThere;

static void
read_table(int n, const char *const *row, void *into)
{
	TableThere *table = into;
	char *schema = mh_from_utf8(mh_name_at(row, SCHEMA));
	char *name = mh_from_utf8(mh_name_at(row, NAME));

	table->source = psprintf("ONLY %s", mh_quote_qualified_identifier(schema, name));
	table->may_read = mh_bool_at(row, MAY_READ);
	table->is_locked = mh_bool_at(row, IS_LOCKED);
	table->is_safe = mh_bool_at(row, IS_SAFE);
	table->types = mh_names_at(row, TYPES);
	table->collations = mh_names_at(row, COLLATIONS);
	table->key = mh_names_at(row, KEY);
}

/* Returns why the rows of the table are not read; NULL: they may be. */
static const char *
find_table(const MhReviewServer *server, const MhModelRelation *relation, const MhStrings *columns,
		   TableThere *table)
{
	MhStrings parameters = {0, NULL};

	*table = (TableThere){NULL};
	mh_strings_push(&parameters, psprintf("%u", relation->id));
	for (int i = 0; i < columns->n; i++)
		mh_strings_add(&parameters, columns->v[i]);
	mh_review_ask_there(server, table_query, mh_array_text(&parameters), TABLE_COLUMNS, read_table,
						table);
	if (table->source == NULL || !table->may_read)
		return "the table may not be read";
	if (table->is_locked)
		return "the table is locked";
	if (!table->is_safe)
		return "reading the table may run code that is not built in";
	if (table->types.n != columns->n || table->collations.n != columns->n)
		return "a column is new";
	return NULL;
}

static Oid
type_of(const TableThere *table, int column)
{
	return (Oid) strtoul(table->types.v[column], NULL, 10);
}

/* These have the same number everywhere. */
static bool
is_built_in(Oid type)
{
	return OidIsValid(type) && type < FirstGenbkiObjectId &&
		   strchr("brm", get_typtype(type)) != NULL && get_typtype(type) != '\0';
}

static bool
has_built_in_types(const TableThere *table)
{
	for (int i = 0; i < table->types.n; i++)
		if (!is_built_in(type_of(table, i)))
			return false;
	return true;
}

/* ---------- queries ---------- */

typedef struct Asking
{
	const MhReviewServer *server;
	const MhReviewQuestion *question;
	TableThere table;
	MhReviewAnswer answer;
} Asking;

typedef struct Found
{
	int n;
	double count;
	StringInfoData texts;
} Found;

static void
read_found(int n, const char *const *row, void *into)
{
	Found *found = into;

	found->count = mh_number_at(row, 1);
	if (found->n < MOST_SAMPLES && row[n - 1] != NULL && strlen(row[n - 1]) <= MOST_BYTES)
		appendStringInfo(&found->texts, "%s%s", found->texts.len > 0 ? ", " : "", row[n - 1]);
	found->n++;
}

static Found
run_query(const Asking *asking, int columns, const char *query)
{
	Found found = {0};

	initStringInfo(&found.texts);
	mh_review_ask_there(asking->server, query, NULL, columns, read_found, &found);
	return found;
}

static char *
column_name(const char *name)
{
	return pstrdup(mh_quote_identifier(mh_from_utf8(pstrdup(name))));
}

static char *
column_list(const MhStrings *names)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < names->n; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", column_name(names->v[i]));
	return list.data;
}

static void
say_no(Asking *asking, const char *detail)
{
	asking->answer.passes = MH_TRUTH_NO;
	asking->answer.detail = detail;
}

/* Answers by whether there is a row. */
static Found
expect_none(Asking *asking, int columns, const char *query)
{
	Found found = run_query(asking, columns, query);

	asking->answer.passes = found.n == 0 ? MH_TRUTH_YES : MH_TRUTH_NO;
	return found;
}

static void
ask_empty(Asking *asking)
{
	(void) expect_none(asking, 1, psprintf("SELECT 1 FROM %s LIMIT 1", asking->table.source));
}

static void
ask_single(Asking *asking)
{
	(void) expect_none(asking, 1,
					   psprintf("SELECT 1 FROM %s OFFSET 1 LIMIT 1", asking->table.source));
}

static void
ask_no_value(Asking *asking)
{
	(void) expect_none(asking, 1,
					   psprintf("SELECT 1 FROM %s WHERE %s IS NOT NULL LIMIT 1",
								asking->table.source, column_name(asking->question->columns.v[0])));
}

/* Answers by the first value of the only row: how many rows are in the way. */
static bool
expect_no_rows(Asking *asking, const Found *found)
{
	if (found->n != 1 || found->count < 0)
		return false;
	asking->answer.passes = found->count == 0 ? MH_TRUTH_YES : MH_TRUTH_NO;
	return found->count > 0;
}

static void
ask_not_null(Asking *asking)
{
	Found found =
		run_query(asking, 1,
				  psprintf("SELECT pg_catalog.count(*) FROM %s WHERE %s IS NULL",
						   asking->table.source, column_name(asking->question->columns.v[0])));

	if (expect_no_rows(asking, &found))
		say_no(asking, psprintf("%.0f of its rows", found.count));
}

static void
ask_unique(Asking *asking)
{
	const MhStrings *names = &asking->question->columns;
	char *columns = column_list(names);
	StringInfoData where;
	Found found;

	initStringInfo(&where);
	for (int i = 0; !asking->question->nulls_not_distinct && i < names->n; i++)
		appendStringInfo(&where, "%s%s IS NOT NULL", i == 0 ? " WHERE " : " AND ",
						 column_name(names->v[i]));
	found = expect_none(asking, 1,
						psprintf("SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s%s"
								 " GROUP BY %s HAVING pg_catalog.count(*) > 1 LIMIT %d",
								 columns, asking->table.source, where.data, columns, MOST_SAMPLES));
	if (found.n > 0)
		say_no(asking, psprintf("values such as %s", found.texts.data));
}

/* ---------- foreign keys ---------- */

static bool
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID;
}

/* Whether = of pg_catalog is the operator that the foreign key uses, with the same collation. */
static bool
are_compared_alike(const TableThere *child, const TableThere *parent)
{
	if (child->types.n != parent->types.n)
		return false;
	for (int i = 0; i < child->types.n; i++)
	{
		Oid left = type_of(child, i);
		Oid right = type_of(parent, i);

		if (strcmp(child->collations.v[i], parent->collations.v[i]) != 0 ||
			!(left == right || (is_integer(left) && is_integer(right)) ||
			  (is_text(left) && is_text(right))))
			return false;
	}
	return true;
}

/* The values that tell which row it is, as mighead_orphans() shows them. */
static void
append_sample(StringInfo inner, StringInfo outer, const Asking *asking)
{
	MhStrings names = {0, NULL};

	for (int i = 0; i < asking->table.key.n; i++)
		mh_strings_add(&names, asking->table.key.v[i]);
	for (int i = 0; i < asking->question->columns.n; i++)
		if (!mh_strings_contain(&names, asking->question->columns.v[i]))
			mh_strings_add(&names, asking->question->columns.v[i]);
	for (int i = 0; i < names.n; i++)
	{
		char *name = column_name(names.v[i]);

		appendStringInfo(inner, "c.%s AS k%d, ", name, i);
		appendStringInfo(outer, "%so.k%d AS %s", i > 0 ? ", " : "", i, name);
	}
}

static char *
orphans_query(const Asking *asking, const TableThere *parent)
{
	const MhReviewQuestion *question = asking->question;
	StringInfoData inner;
	StringInfoData outer;
	StringInfoData not_null;
	StringInfoData equal;

	initStringInfo(&inner);
	initStringInfo(&outer);
	initStringInfo(&not_null);
	initStringInfo(&equal);
	append_sample(&inner, &outer, asking);
	for (int i = 0; i < question->columns.n; i++)
	{
		char *name = column_name(question->columns.v[i]);

		appendStringInfo(&not_null, "c.%s IS NOT NULL AND ", name);
		appendStringInfo(&equal, "%sp.%s OPERATOR(pg_catalog.=) c.%s", i > 0 ? " AND " : "",
						 column_name(question->partner_columns.v[i]), name);
	}
	return psprintf(
		"SELECT pg_catalog.count(*), COALESCE(pg_catalog.jsonb_agg("
		"(SELECT pg_catalog.to_jsonb(r) FROM (SELECT %s) AS r)) FILTER (WHERE o.number <= 1), '[]')"
		" FROM (SELECT %spg_catalog.row_number() OVER () AS number FROM %s AS c WHERE %s"
		"NOT EXISTS (SELECT FROM %s AS p WHERE %s)) AS o",
		outer.data, inner.data, asking->table.source, not_null.data, parent->source, equal.data);
}

/* For MATCH FULL a row has all values or none. */
static bool
has_half_keys(Asking *asking)
{
	const MhStrings *names = &asking->question->columns;
	Found found = run_query(asking, 1,
							psprintf("SELECT pg_catalog.count(*) FROM %s"
									 " WHERE pg_catalog.num_nulls(%s) BETWEEN 1 AND %d",
									 asking->table.source, column_list(names), names->n - 1));

	if (!expect_no_rows(asking, &found))
		return asking->answer.passes == MH_TRUTH_UNKNOWN;
	say_no(asking, psprintf("%.0f rows with some of the values", found.count));
	return true;
}

static void
ask_foreign_key(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	const char *obstacle;
	TableThere parent;
	Found found;

	obstacle = find_table(asking->server, question->partner, &question->partner_columns, &parent);
	if (obstacle == NULL && !are_compared_alike(&asking->table, &parent))
		obstacle = "the columns are not compared elsewhere";
	if (obstacle != NULL)
	{
		asking->answer = mh_answer_unknown(obstacle);
		return;
	}
	if (question->is_full && question->columns.n > 1 && has_half_keys(asking))
		return;
	asking->answer.passes = MH_TRUTH_UNKNOWN;
	found = run_query(asking, 2, orphans_query(asking, &parent));
	if (expect_no_rows(asking, &found))
		say_no(asking, psprintf("%.0f rows, such as %s", found.count, found.texts.data));
}

/* ---------- types ---------- */

/* Types for which a cast refuses the values that ALTER TABLE refuses. */
static bool
is_cast_alike(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
		case TEXTOID:
			return true;
		default:
			return false;
	}
}

/* The rows with values that are refused, where one condition says which; NULL: none does. */
static char *
refused_values(Oid from, const MhReviewTypeAnswer *to, const char *column, MhReviewAnswer *answer)
{
	answer->sqlstate = "22003";
	if (from == INT8OID && to->id == INT4OID)
	{
		answer->detail = "integer out of range";
		return psprintf("%s NOT BETWEEN -2147483648 AND 2147483647", column);
	}
	if (is_integer(from) && to->id == INT2OID)
	{
		answer->detail = "smallint out of range";
		return psprintf("%s NOT BETWEEN -32768 AND 32767", column);
	}
	if ((to->id == VARCHAROID || to->id == BPCHAROID) && to->typmod > VARHDRSZ)
	{
		answer->sqlstate = "22001";
		answer->detail = psprintf("value too long for type %s(%d)",
								  to->id == VARCHAROID ? "character varying" : "character",
								  to->typmod - VARHDRSZ);
		/* blanks that are too many are cut */
		return psprintf("pg_catalog.length(pg_catalog.rtrim(%s::pg_catalog.text, ' ')) > %d",
						column, to->typmod - VARHDRSZ);
	}
	return NULL;
}

static void
count_refused(Asking *asking, const char *condition, const MhReviewAnswer *refusal)
{
	Found found = run_query(
		asking, 1,
		psprintf("SELECT pg_catalog.count(*) FROM %s WHERE %s", asking->table.source, condition));

	if (!expect_no_rows(asking, &found))
		return;
	say_no(asking, psprintf("%.0f rows: %s", found.count, refusal->detail));
	asking->answer.sqlstate = refusal->sqlstate;
}

static char *
type_name(const MhReviewTypeAnswer *type)
{
	MhIdentity identity = mh_begin_reading();
	char *name = format_type_with_typemod(type->id, type->typmod);

	mh_end(&identity);
	return name;
}

static void
ask_type(Asking *asking)
{
	const MhReviewQuestion *question = asking->question;
	char *column = column_name(question->columns.v[0]);
	MhReviewTypeAnswer type = {0};
	MhReviewAnswer refusal = {MH_TRUTH_UNKNOWN, NULL, NULL};
	char *condition;

	mh_there_resolve(unconstify(MhReviewServer *, asking->server), question->type, &type);
	if (type.sqlstate != NULL || !is_built_in(type.id))
		return;
	condition = refused_values(type_of(&asking->table, 0), &type, column, &refusal);
	if (condition != NULL)
		count_refused(asking, condition, &refusal);
	else if (is_cast_alike(type.id))
	{
		(void) run_query(asking, 1,
						 psprintf("SELECT pg_catalog.count(%s::%s) FROM %s", column,
								  type_name(&type), asking->table.source));
		asking->answer.passes = MH_TRUTH_YES;
	}
}

/* ---------- checks that are there ---------- */

static const MhModelConstraint *
find_check(const MhReviewQuestion *question)
{
	for (int i = 0; i < question->relation->n_constraints; i++)
	{
		const MhModelConstraint *constraint = &question->relation->constraints[i];

		if (constraint->type == 'c' && constraint->made == NULL && constraint->condition != NULL &&
			constraint->live_name != NULL && strcmp(constraint->live_name, question->name) == 0)
			return constraint;
	}
	return NULL;
}

/* The text of the condition is that of the server there. */
static void
ask_existing(Asking *asking)
{
	const MhModelConstraint *check = find_check(asking->question);
	const MhModelRelation *relation = asking->question->relation;
	char *columns = column_list(&asking->question->columns);
	Node *condition;
	Found found;

	if (check == NULL)
		return;
	condition = mh_there_condition(asking->server, relation, check, &asking->answer);
	if (condition == NULL || mh_distrust_expression(condition) != NULL)
	{
		asking->answer = mh_answer_unknown("the condition may run code that is not built in");
		return;
	}
	found = expect_none(
		asking, 1,
		psprintf("SELECT pg_catalog.left(ROW(%s)::pg_catalog.text, 100) FROM %s WHERE NOT (%s)"
				 " LIMIT %d",
				 *columns == '\0' ? "ctid" : columns, asking->table.source,
				 mh_from_utf8(pstrdup(check->condition)), MOST_SAMPLES));
	if (found.n > 0)
		say_no(asking, psprintf("rows such as %s", found.texts.data));
}

/* ---------- the question ---------- */

/* Whether only expressions of the script, or a search for single values, could answer. */
static bool
is_not_counted(const MhReviewQuestion *question)
{
	switch (question->kind)
	{
		case MH_ASK_EMPTY:
		case MH_ASK_NO_VALUE:
		case MH_ASK_NOT_NULL:
		case MH_ASK_UNIQUE:
		case MH_ASK_FOREIGN_KEY:
		case MH_ASK_SINGLE:
		case MH_ASK_EXISTING:
			return false;
		case MH_ASK_TYPE:
			return question->expression != NULL || question->type == NULL;
		default:
			return true;
	}
}

static void
ask_by_kind(Asking *asking)
{
	switch (asking->question->kind)
	{
		case MH_ASK_EMPTY:
			ask_empty(asking);
			break;
		case MH_ASK_NO_VALUE:
			ask_no_value(asking);
			break;
		case MH_ASK_NOT_NULL:
			ask_not_null(asking);
			break;
		case MH_ASK_UNIQUE:
			ask_unique(asking);
			break;
		case MH_ASK_FOREIGN_KEY:
			ask_foreign_key(asking);
			break;
		case MH_ASK_SINGLE:
			ask_single(asking);
			break;
		case MH_ASK_EXISTING:
			ask_existing(asking);
			break;
		default:
			ask_type(asking);
			break;
	}
}

static const char *const limit_query =
	"SELECT pg_catalog.current_setting('statement_timeout'),"
	" pg_catalog.set_config('statement_timeout', $1::pg_catalog.text, true)";

static void
read_setting(int n, const char *const *row, void *into)
{
	*(char **) into = mh_text_at(row, 1);
}

/* Returns the limit until now. */
static char *
limit_statements(const MhReviewServer *server, const char *milliseconds)
{
	char *before = NULL;

	mh_review_ask_there(server, limit_query, milliseconds, 2, read_setting, &before);
	return before;
}

/* What a query sets is gone where a later one fails: the server rolls back. */
static void
run_question(Asking *asking)
{
	const MhReviewServer *server = asking->server;
	const char *obstacle =
		find_table(server, asking->question->relation, &asking->question->columns, &asking->table);
	bool compares =
		asking->question->kind == MH_ASK_UNIQUE || asking->question->kind == MH_ASK_FOREIGN_KEY ||
		asking->question->kind == MH_ASK_TYPE || asking->question->kind == MH_ASK_EXISTING;
	int left =
		(int) ((Min(server->deadline, server->there->rows_until) - GetCurrentTimestamp()) / 1000);
	char *limit;

	if (obstacle == NULL && compares &&
		(!has_built_in_types(&asking->table) || server->there->has_casts ||
		 server->there->has_operator_classes))
		obstacle = "comparing the values may run code that is not built in";
	if (obstacle == NULL && left <= 0)
		obstacle = "mighead.review_time did not suffice";
	if (obstacle != NULL)
	{
		asking->answer = mh_answer_unknown(obstacle);
		return;
	}
	limit = limit_statements(server, psprintf("%d", left));
	ask_by_kind(asking);
	if (limit != NULL)
		(void) limit_statements(server, limit);
}

/* Of a query that the server refused: a value that cannot be converted, or nothing about the rows. */
static MhReviewAnswer
answer_of(const MhError *refusal, const MhReviewQuestion *question)
{
	if (strcmp(refusal->sqlstate, "57014") == 0)
		return mh_answer_unknown("mighead.review_time did not suffice");
	if (strcmp(refusal->sqlstate, "55P03") == 0)
		return mh_answer_unknown("the table is locked");
	if (question->kind == MH_ASK_TYPE && strncmp(refusal->sqlstate, "22", 2) == 0)
		return mh_answer_no(pstrdup(refusal->sqlstate), pstrdup(refusal->message));
	return mh_answer_unknown(pstrdup(refusal->message));
}

static MhReviewAnswer
ask(const MhReviewServer *server, const MhReviewQuestion *question)
{
	MemoryContext caller = CurrentMemoryContext;
	Asking asking = {server, question};

	PG_TRY();
	{
		run_question(&asking);
	}
	PG_CATCH();
	{
		/* nothing of this server has to be undone */
		if (server->options->source->refusal == NULL)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		asking.answer = answer_of(server->options->source->refusal, question);
	}
	PG_END_TRY();
	return asking.answer;
}

MhReviewAnswer
mh_there_rows(void *arg, const MhReviewQuestion *question)
{
	const MhReviewServer *server = arg;

	if (question->is_after)
		return mh_answer_unknown(server->options->check_data ? "the script changes them"
															 : "check_data is false");
	/* tables below are asked each for itself */
	if (question->relation->kind == 'p' && question->kind >= MH_ASK_NO_ROW)
		return mh_answer_unknown("rows of partitions are not looked at");
	if (question->relation->kind == 'p' && question->kind != MH_ASK_FOREIGN_KEY)
		return (MhReviewAnswer){MH_TRUTH_YES};
	if (question->relation->kind == 'r' && question->relation->bytes == 0)
		return (MhReviewAnswer){MH_TRUTH_YES};
	if (question->kind == MH_ASK_OTHER)
		return mh_answer_unknown("they are not counted here");
	if (!server->options->check_data)
		return mh_answer_unknown("check_data is false");
	if (is_not_counted(question))
		return mh_answer_unknown("they are not counted elsewhere");
	return ask(server, question);
}
