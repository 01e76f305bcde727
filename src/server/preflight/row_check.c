/*-------------------------------------------------------------------------
 *
 * row_check.c
 *	  Checks whether the existing rows satisfy a statement.
 *
 * A table without a block has no rows and needs no check.  Rows of small tables are checked, if
 * that runs no code except what mh_distrust_reading() permits.  If something is not known, not
 * permitted or locked, the answer is "no".
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/preflight.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "core/base/sql_names.h"
#include "core/base/wording.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "parser/analyze.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "server/base/code_guard.h"
#include "server/base/expression_size.h"
#include "server/base/inheritors.h"
#include "server/base/query.h"
#include "server/base/trust.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/regproc.h"
#include "utils/resowner.h"
#include "utils/rls.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

/* Limits: 4 MB of checked rows, 64 MB of rows to which they refer. */
#define MOST_BLOCKS 512
#define MOST_PARENT_BLOCKS 8192

/* Each table takes a place in the shared table of locks. */
#define MOST_TABLES 1000

typedef struct Check
{
	const MhRowDemand *demand;
	Oid table;
	char *source; /* the table as it is written after FROM */
	char *look;
	bool is_small;
	bool is_readable; /* the query may be run */
	bool passes;
} Check;

/* ---------- the table ---------- */

static Oid
find_relation(const char *name)
{
	List *names = stringToQualifiedNameList(mh_from_utf8(pstrdup(name)), NULL);

	return RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);
}

/*
 * Returns the blocks of a table and all below it, each locked until the end of the check; -1: not
 * known.  Stops counting above most.
 */
static int64
count_blocks(Oid table, int64 most)
{
	List *tables = mh_find_inheritors(table);
	int64 blocks = 0;
	ListCell *cell;

	if (list_length(tables) > MOST_TABLES)
		return -1;
	foreach (cell, tables)
	{
		Relation relation;

		CHECK_FOR_INTERRUPTS();
		if (!ConditionalLockRelationOid(lfirst_oid(cell), AccessShareLock) ||
			mh_expressions_are_large(lfirst_oid(cell)))
			return -1;
		relation = try_relation_open(lfirst_oid(cell), NoLock);
		if (relation == NULL)
			return -1;
		if (RELKIND_HAS_STORAGE(relation->rd_rel->relkind))
			blocks += RelationGetNumberOfBlocks(relation);
		else if (relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
			blocks = -1;
		relation_close(relation, NoLock);
		if (blocks < 0 || blocks > most)
			break;
	}
	return blocks;
}

/*
 * Takes blocks from those that the call may still read.  Returns false, and takes none, if there
 * are more than most or more than are left.
 */
static bool
may_look_at(const Check *check, int64 blocks, int64 most)
{
	int64 *left = check->demand->blocks_left;

	if (blocks > most || blocks > *left)
		return false;
	*left -= blocks;
	return true;
}

static bool
may_read(Oid table)
{
	return mh_may_use(table, GetUserId(), ACL_SELECT) &&
		   check_enable_rls(table, InvalidOid, true) != RLS_ENABLED &&
		   mh_distrust_reading(table) == NULL;
}

static char *
qualified_name(Oid relation)
{
	return mh_quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
										 get_rel_name(relation));
}

/* ---------- queries ---------- */

/* Returns the names in the parentheses that begin at text. */
static MhStrings
names_in(const char *text)
{
	const char *begin = strchr(text, '(');
	const char *end;
	MhStrings names = {0, NULL};

	if (begin == NULL)
		return names;
	for (end = begin + 1; *end != '\0' && *end != ')';)
	{
		const char *next = mh_end_of_identifier(end);

		if (next == end)
			end++;
		else
		{
			mh_strings_add(&names, mh_unquote_identifier(pnstrdup(end, next - end)));
			end = next;
		}
	}
	return names;
}

/* Finds the columns.  Their values are compared, so their types must run no code. */
static bool
find_columns(const Check *check, const MhStrings *names, MhStrings *quoted)
{
	for (int i = 0; i < names->n; i++)
	{
		AttrNumber column = get_attnum(check->table, mh_from_utf8(names->v[i]));

		if (column <= 0 || mh_distrust_type(get_atttype(check->table, column)) != NULL)
			return false;
		mh_strings_add(quoted, mh_to_utf8(pstrdup(mh_quote_identifier(mh_from_utf8(names->v[i])))));
	}
	return names->n > 0;
}

static char *
null_query(const Check *check, const MhStrings *quoted)
{
	return psprintf("SELECT * FROM %s WHERE %s IS NULL", check->source,
					mh_strings_join(quoted, " IS NULL OR "));
}

static char *
duplicates_query(const Check *check, const MhStrings *quoted, const char *where, bool with_nulls)
{
	StringInfoData buf;
	char *list = mh_strings_join(quoted, ", ");

	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT %s, pg_catalog.count(*) FROM %s", list, check->source);
	if (where != NULL || !with_nulls)
		appendStringInfoString(&buf, " WHERE ");
	if (where != NULL)
		appendStringInfo(&buf, "(%s)%s", where, with_nulls ? "" : " AND ");
	for (int i = 0; !with_nulls && i < quoted->n; i++)
		appendStringInfo(&buf, "%s%s IS NOT NULL", i > 0 ? " AND " : "", quoted->v[i]);
	appendStringInfo(&buf, " GROUP BY ");
	for (int i = 0; i < quoted->n; i++)
		appendStringInfo(&buf, "%s%d", i > 0 ? ", " : "", i + 1);
	appendStringInfoString(&buf, " HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1");
	return buf.data;
}

/* Returns whether the query finds no row. */
static bool
finds_nothing(const char *query)
{
	char *text = mh_from_utf8(psprintf("SELECT 1 FROM (%s) q LIMIT 1", query));
	bool is_empty;

	SPI_connect();
	is_empty = SPI_execute(text, true, 1) == SPI_OK_SELECT && SPI_processed == 0;
	SPI_finish();
	return is_empty;
}

static void
ask(Check *check, char *query)
{
	check->look = query;
	if (check->is_readable)
		check->passes = finds_nothing(query);
}

/* ---------- kinds of demands ---------- */

static void
check_not_null(Check *check, const MhStrings *names)
{
	MhStrings quoted = {0, NULL};

	if (find_columns(check, names, &quoted))
		ask(check, null_query(check, &quoted));
}

static void
check_unique(Check *check, const MhStrings *names, bool with_nulls)
{
	MhStrings quoted = {0, NULL};

	if (find_columns(check, names, &quoted))
		ask(check, duplicates_query(check, &quoted, NULL, with_nulls));
}

static void
check_primary_key(Check *check, const MhStrings *names)
{
	char *only = check->source;
	char *nulls;

	/* its columns must not be NULL in the tables below either */
	check->source = mh_to_utf8(qualified_name(check->table));
	check_not_null(check, names);
	check->source = only;
	if (!check->passes)
		return;
	nulls = check->look;
	check->passes = false;
	check_unique(check, names, true);
	if (check->passes)
		check->look = nulls;
}

/* Checks a foreign key.  The table to which it refers must exist and be small too. */
static void
check_foreign_key(Check *check, Oid parent, const MhStrings *child_columns,
				  const MhStrings *parent_columns)
{
	MhKeyEnds ends = {check->table, *child_columns, parent, *parent_columns};
	int64 blocks = count_blocks(parent, MOST_PARENT_BLOCKS);

	if (!check->is_readable || blocks < 0 || !may_look_at(check, blocks, MOST_PARENT_BLOCKS) ||
		!may_read(parent))
		return;
	check->passes = mh_orphans_find(&ends, 0).rows == 0;
}

static void
check_written_key(Check *check, const char *definition)
{
	const char *references = strstr(definition, " REFERENCES ");
	MhStrings child_columns = names_in(definition);
	MhStrings parent_columns;
	const char *name;

	if (references == NULL || strstr(references, " MATCH ") != NULL)
		return;
	references += strlen(" REFERENCES ");
	name = pnstrdup(references, strcspn(references, "("));
	parent_columns = names_in(references + strlen(name));
	if (OidIsValid(find_relation(name)))
		check_foreign_key(check, find_relation(name), &child_columns, &parent_columns);
}

static bool
note_qualified(void *arg, const MhSqlName *name, StringInfo out)
{
	bool *found = arg;

	if (name->n > 1)
		*found = true;
	(void) out;
	return false;
}

/*
 * Returns whether the condition of a new constraint is simple: analysed by itself, it names only
 * pg_catalog and the table, and has nothing that may not be evaluated.
 */
static bool
is_plain_condition(const Check *check, const char *condition)
{
	char *text = mh_from_utf8(psprintf("SELECT FROM %s WHERE NOT %s", check->source, condition));
	bool is_qualified = false;
	List *statements;
	Query *query;

	pfree(mh_map_names(condition, note_qualified, &is_qualified));
	if (is_qualified)
		return false;
	statements = raw_parser(text, RAW_PARSE_DEFAULT);
	if (list_length(statements) != 1)
		return false;
	query = parse_analyze_fixedparams(linitial_node(RawStmt, statements), text, NULL, 0, NULL);
	return query->commandType == CMD_SELECT && list_length(query->rtable) == 1 &&
		   query->setOperations == NULL && query->cteList == NIL && !query->hasSubLinks &&
		   query->targetList == NIL && query->limitCount == NULL && query->limitOffset == NULL &&
		   query->groupClause == NIL && query->havingQual == NULL && query->sortClause == NIL &&
		   query->windowClause == NIL && query->jointree->quals != NULL &&
		   mh_distrust_expression(query->jointree->quals) == NULL;
}

static void
check_condition(Check *check, const char *condition)
{
	char *query = psprintf("SELECT * FROM %s WHERE NOT %s", check->source, condition);

	check->look = query;
	if (check->is_readable && is_plain_condition(check, condition))
		check->passes = finds_nothing(query);
}

static void
check_definition(Check *check, const char *definition)
{
	MhStrings names = names_in(definition);

	if (mh_begins_with(definition, "PRIMARY KEY"))
		check_primary_key(check, &names);
	else if (mh_begins_with(definition, "UNIQUE"))
		check_unique(check, &names, strstr(definition, "NULLS NOT DISTINCT") != NULL);
	else if (mh_begins_with(definition, "FOREIGN KEY"))
		check_written_key(check, definition);
	else if (mh_begins_with(definition, "CHECK "))
		check_condition(check, definition + strlen("CHECK "));
}

/* Returns the names of a constraint's columns. */
static MhStrings
key_columns(HeapTuple tuple, AttrNumber attribute, Oid table)
{
	bool is_null;
	Datum value = SysCacheGetAttr(CONSTROID, tuple, attribute, &is_null);
	MhStrings names = {0, NULL};
	ArrayType *array;

	if (is_null)
		return names;
	array = DatumGetArrayTypeP(value);
	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
		mh_strings_add(&names,
					   mh_to_utf8(get_attname(table, ((int16 *) ARR_DATA_PTR(array))[i], false)));
	return names;
}

/* Checks an existing constraint that is not valid. */
static void
check_constraint_of(Check *check, HeapTuple tuple)
{
	Form_pg_constraint constraint = (Form_pg_constraint) GETSTRUCT(tuple);
	MhStrings columns = key_columns(tuple, Anum_pg_constraint_conkey, check->table);
	bool is_null;

	if (constraint->contype == CONSTRAINT_CHECK)
	{
		Node *node = stringToNode(TextDatumGetCString(
			SysCacheGetAttr(CONSTROID, tuple, Anum_pg_constraint_conbin, &is_null)));
		List *context = deparse_context_for(get_rel_name(check->table), check->table);

		check->look = psprintf("SELECT * FROM %s WHERE NOT (%s)", check->source,
							   mh_to_utf8(deparse_expression(node, context, false, false)));
		if (check->is_readable && mh_distrust_expression(node) == NULL)
			check->passes = finds_nothing(check->look);
	}
	else if (constraint->contype == CONSTRAINT_FOREIGN &&
			 (columns.n == 1 || constraint->confmatchtype == FKCONSTR_MATCH_SIMPLE))
	{
		MhStrings parent_columns =
			key_columns(tuple, Anum_pg_constraint_confkey, constraint->confrelid);

		check_foreign_key(check, constraint->confrelid, &columns, &parent_columns);
	}
}

static void
check_constraint(Check *check, const char *name)
{
	Oid constraint =
		get_relation_constraint_oid(check->table, mh_from_utf8(mh_unquote_identifier(name)), true);
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));

	if (!HeapTupleIsValid(tuple))
		return;
	check_constraint_of(check, tuple);
	ReleaseSysCache(tuple);
}

/*
 * Returns whether the index compares as usual.  One with its own idea of equality is not checked.
 */
static bool
is_usual_index(HeapTuple tuple)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	bool is_null;
	oidvector *classes = (oidvector *) DatumGetPointer(
		SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indclass, &is_null));
	oidvector *collations = (oidvector *) DatumGetPointer(
		SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indcollation, &is_null));

	if (index->indisexclusion)
		return false;
	for (int i = 0; i < index->indnkeyatts; i++)
	{
		HeapTuple opclass = SearchSysCache1(CLAOID, ObjectIdGetDatum(classes->values[i]));
		bool is_default =
			HeapTupleIsValid(opclass) && ((Form_pg_opclass) GETSTRUCT(opclass))->opcdefault;
		AttrNumber column = index->indkey.values[i];
		Oid type;
		int32 typmod;
		Oid collation;

		if (HeapTupleIsValid(opclass))
			ReleaseSysCache(opclass);
		if (!is_default)
			return false;
		/* the text of an expression does not name its collation */
		if (column == 0 && OidIsValid(collations->values[i]) &&
			!get_collation_isdeterministic(collations->values[i]))
			return false;
		if (column == 0)
			continue;
		get_atttypetypmodcoll(index->indrelid, column, &type, &typmod, &collation);
		if (mh_distrust_type(type) != NULL || collation != collations->values[i])
			return false;
	}
	return true;
}

static char *
index_text(Oid index, int column)
{
	return mh_to_utf8(TextDatumGetCString(DirectFunctionCall3(
		pg_get_indexdef_ext, ObjectIdGetDatum(index), Int32GetDatum(column), BoolGetDatum(false))));
}

static char *
predicate_of(HeapTuple tuple, Oid table)
{
	bool is_null;
	Datum value = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indpred, &is_null);

	if (is_null)
		return NULL;
	return mh_to_utf8(
		TextDatumGetCString(DirectFunctionCall2(pg_get_expr, value, ObjectIdGetDatum(table))));
}

/*
 * Returns a query that evaluates what a build would, for each of its rows.  No row satisfies it, so
 * it reads all of them.
 */
static char *
evaluating_query(const Check *check, const MhStrings *keys, const char *predicate)
{
	return psprintf("SELECT pg_catalog.count(*) FROM %s%s%s GROUP BY %s"
					" HAVING pg_catalog.count(*) OPERATOR(pg_catalog.<) 1",
					check->source, predicate == NULL ? "" : " WHERE ",
					predicate == NULL ? "" : predicate, mh_strings_join(keys, ", "));
}

/* Checks an index.  mh_distrust_reading() has checked its expressions and predicate. */
static void
check_index(Check *check, Oid index)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	Form_pg_index form;
	MhStrings keys = {0, NULL};
	char *predicate;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_index) GETSTRUCT(tuple);
	predicate = predicate_of(tuple, check->table);
	if (!is_usual_index(tuple))
		check->is_readable = false;
	for (int i = 0; i < form->indnkeyatts; i++)
		mh_strings_add(&keys, index_text(index, i + 1));
	check->look = duplicates_query(check, &keys, predicate, form->indnullsnotdistinct);
	if (check->is_readable && finds_nothing(evaluating_query(check, &keys, predicate)))
		check->passes = !form->indisunique || finds_nothing(check->look);
	ReleaseSysCache(tuple);
}

/* ---------- the check ---------- */

static Oid
table_of_demand(const MhRowDemand *demand)
{
	Oid relation;

	if (demand->kind != MH_DEMAND_INDEX)
		return demand->table != NULL ? find_relation(demand->table) : InvalidOid;
	relation = OidIsValid(demand->index) ? demand->index : find_relation(demand->name);
	return OidIsValid(relation) ? IndexGetRelation(relation, true) : InvalidOid;
}

static void
look_at_rows(Check *check)
{
	const MhRowDemand *demand = check->demand;
	MhStrings names = {0, NULL};

	switch (demand->kind)
	{
		case MH_DEMAND_NO_ROWS:
			break;
		case MH_DEMAND_SMALL:
			check->passes = check->is_small;
			break;
		case MH_DEMAND_TYPE:
			check->passes =
				check->is_small &&
				mh_holder_find(check->table, mh_unquote_identifier(demand->name)) == NULL;
			break;
		case MH_DEMAND_NOT_NULL:
			mh_strings_add(&names, mh_unquote_identifier(demand->name));
			check_not_null(check, &names);
			break;
		case MH_DEMAND_DEFINITION:
			check_definition(check, demand->definition);
			break;
		case MH_DEMAND_CONSTRAINT:
			check_constraint(check, demand->name);
			break;
		case MH_DEMAND_INDEX:
			check_index(check,
						OidIsValid(demand->index) ? demand->index : find_relation(demand->name));
			break;
	}
}

/*
 * $1: a domain.  Returns relations with a column of it or of its arrays; 0: another type is based
 * on it.
 */
static const char *const users_query =
	"SELECT DISTINCT CASE WHEN d.classid = 'pg_catalog.pg_class'::regclass AND c.relkind <> 'c'"
	"  THEN c.oid ELSE 0 END"
	" FROM pg_catalog.pg_type t JOIN pg_catalog.pg_depend d"
	"  ON d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)"
	" LEFT JOIN pg_catalog.pg_class c"
	"  ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid"
	" WHERE t.oid = $1 AND t.typtype = 'd' AND (d.classid = 'pg_catalog.pg_class'::regclass"
	"  OR d.classid = 'pg_catalog.pg_type'::regclass AND d.objid <> t.typarray)";

static void *
user_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	bool is_null;
	Oid *user = palloc(sizeof(Oid));

	*user = DatumGetObjectId(SPI_getbinval(tuple, descriptor, 1, &is_null));
	return user;
}

/* Returns whether no table uses the domain, so that it has no values. */
static bool
is_without_values(const char *name)
{
	List *names = stringToQualifiedNameList(mh_from_utf8(pstrdup(name)), NULL);
	Oid types[1] = {OIDOID};
	Oid domain = typenameTypeId(NULL, makeTypeNameFromNameList(names));
	Datum values[1] = {ObjectIdGetDatum(domain)};
	ListCell *cell;

	if (get_typtype(domain) != TYPTYPE_DOMAIN)
		return false;
	foreach (cell, mh_query_list(users_query, 1, types, values, NULL, user_from_tuple))
	{
		Oid user = *(Oid *) lfirst(cell);

		if (!OidIsValid(user) ||
			(get_rel_relkind(user) != RELKIND_VIEW && count_blocks(user, 0) != 0))
			return false;
	}
	return true;
}

/*
 * Returns the table as written after FROM.  A unique key applies to one table, other constraints
 * also to the tables below.
 */
static char *
source_of(const Check *check)
{
	const MhRowDemand *demand = check->demand;
	char *name = qualified_name(check->table);
	bool is_key =
		demand->kind == MH_DEMAND_INDEX ||
		(demand->kind == MH_DEMAND_DEFINITION && !mh_begins_with(demand->definition, "CHECK "));

	return mh_to_utf8(is_key && get_rel_relkind(check->table) == RELKIND_RELATION
						  ? psprintf("ONLY %s", name)
						  : name);
}

/* Runs the check; arg: the Check. */
static void
run_check(void *arg)
{
	Check *check = arg;
	MhIdentity identity;
	int64 blocks;

	check->table = table_of_demand(check->demand);
	identity = mh_preflight_begin(true);
	if (!OidIsValid(check->table))
	{
		check->passes = check->demand->table != NULL && is_without_values(check->demand->table);
		mh_end(&identity);
		return;
	}
	blocks = count_blocks(check->table, MOST_BLOCKS);
	if (blocks == 0 && check->demand->kind != MH_DEMAND_TYPE)
		check->passes = true;
	else if (blocks >= 0)
	{
		check->source = source_of(check);
		check->is_small = blocks <= MOST_BLOCKS;
		check->is_readable = may_look_at(check, blocks, MOST_BLOCKS) && may_read(check->table);
		look_at_rows(check);
	}
	mh_end(&identity);
}

/* Returns whether the error has to be raised (cancel, shutdown).  Any other error means "no". */
static bool
must_be_raised(const ErrorData *error)
{
	int class = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
		   class == ERRCODE_TO_CATEGORY(ERRCODE_ADMIN_SHUTDOWN) ||
		   class == ERRCODE_TO_CATEGORY(ERRCODE_OUT_OF_MEMORY);
}

MhRowAnswer
mh_rows_check(const MhRowDemand *demand)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Check check = {.demand = demand};
	MhRowAnswer answer = {false, NULL};
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		/* the objects may have changed since mh_distrust_reading() checked them */
		mh_guard_code(run_check, &check);
		answer.passes = check.passes;
		answer.look = check.look;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		answer.look = check.look;
	}
	PG_END_TRY();
	/* this gives back the locks too */
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	if (error != NULL && must_be_raised(error))
		ReThrowError(error);
	return answer;
}
