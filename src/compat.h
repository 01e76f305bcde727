/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Differences between PostgreSQL 15 and 19. No other file may depend on the version.
 *
 * Code is written to the newest API.  Each shim names what it emulates, and is removed when the
 * oldest supported server has it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_COMPAT_H
#define MIGHEAD_COMPAT_H

#include "fmgr.h"
#include "utils/acl.h"
#include "utils/guc.h"

#if PG_VERSION_NUM < 150000
#error "mighead requires PostgreSQL 15 or later"
#endif

/* 16 moved the VARATT macros out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 lets a module say its name and version. */
#if PG_VERSION_NUM >= 180000
#define MIGHEAD_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "mighead", .version = MIGHEAD_VERSION)
#else
#define MIGHEAD_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 18 has pg_noreturn, which stands before the declaration. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* Columns of the catalogs, as SQL: 17 renamed one, 16 and 18 added some. */
#if PG_VERSION_NUM >= 170000
#define MH_COLLATION_LOCALE "colllocale"
#else
#define MH_COLLATION_LOCALE "colliculocale"
#endif
#if PG_VERSION_NUM >= 160000
#define MH_COLLATION_RULES "c.collicurules::text"
#else
#define MH_COLLATION_RULES "NULL::text"
#endif
#if PG_VERSION_NUM >= 180000
#define MH_PUBLICATION_GENERATED "NULLIF(p.pubgencols::text, 'n')"
#else
#define MH_PUBLICATION_GENERATED "NULL::text"
#endif

/* 16 distinguishes the right to become a role from membership. */
#if PG_VERSION_NUM >= 160000
#define MH_SET_ROLE "SET"
#else
#define MH_SET_ROLE "MEMBER"
#endif

#if PG_VERSION_NUM >= 160000
#define MH_CAN_SET_ROLE(role, other) member_can_set_role(role, other)
#else
#define MH_CAN_SET_ROLE(role, other) is_member_of_role(role, other)
#endif

/* 17 has the privilege MAINTAIN. */
#if PG_VERSION_NUM >= 170000
#define MH_ACL_MAINTAIN ACL_MAINTAIN
#define MH_MAINTAIN "maintain "
#else
#define MH_ACL_MAINTAIN ACL_NO_RIGHTS
#define MH_MAINTAIN ""
#endif

/* The file of a table: 16 renamed it. */
#if PG_VERSION_NUM >= 160000
#define MH_FILE_NUMBER(relation) ((relation)->rd_locator.relNumber)
#else
#define MH_FILE_NUMBER(relation) ((relation)->rd_node.relNode)
#define RelFileLocator RelFileNode
#endif

/* 18 returns the path of a file by value. */
#if PG_VERSION_NUM >= 180000
#define MH_FILE_PATH(file) pstrdup(relpathperm(file, MAIN_FORKNUM).str)
#else
#define MH_FILE_PATH(file) relpathperm(file, MAIN_FORKNUM)
#endif

/* 17 has no old_snapshot_threshold, with which rows may be gone that a snapshot should see. */
#if PG_VERSION_NUM >= 170000
#define MH_SNAPSHOTS_LAST true
#else
#define MH_SNAPSHOTS_LAST (old_snapshot_threshold < 0)
#endif

/* 17 has RestrictSearchPath(). */
#if PG_VERSION_NUM < 170000
static inline void
RestrictSearchPath(void)
{
	set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
					  GUC_ACTION_SAVE, true, 0, false);
}
#endif

/* 16 replaced pg_foo_ownercheck and pg_foo_aclcheck by generic functions. */
#if PG_VERSION_NUM < 160000
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
static inline AclResult
object_aclcheck(Oid classid, Oid objectid, Oid roleid, AclMode mode)
{
	if (classid == ProcedureRelationId)
		return pg_proc_aclcheck(objectid, roleid, mode);
	if (classid == LanguageRelationId)
		return pg_language_aclcheck(objectid, roleid, mode);
	if (classid == TypeRelationId)
		return pg_type_aclcheck(objectid, roleid, mode);
	if (classid == ForeignServerRelationId)
		return pg_foreign_server_aclcheck(objectid, roleid, mode);
	Assert(classid == NamespaceRelationId);
	return pg_namespace_aclcheck(objectid, roleid, mode);
}
#endif

/* 17 frees a set of events with a resource owner. */
#if PG_VERSION_NUM < 170000
#include "storage/latch.h"
#define CreateWaitEventSet(owner, n) CreateWaitEventSet(CurrentMemoryContext, n)
#endif

/* 16 lets CREATE TABLE and ADD COLUMN say how a column is stored. */
#if PG_VERSION_NUM >= 160000
#define MH_HAS_COLUMN_STORAGE(column) ((column)->storage_name != NULL)
#else
#define MH_HAS_COLUMN_STORAGE(column) false
#endif

/* 16 has soft errors and lets parseTypeString() return them. */
#if PG_VERSION_NUM < 160000
#include "parser/parse_type.h"
#include "utils/regproc.h"
#define parseTypeString(text, type, typmod, escontext) parseTypeString(text, type, typmod, false)
#define stringToQualifiedNameList(text, escontext) stringToQualifiedNameList(text)
#endif

/*
 * 16 has soft errors of input functions.  Before 16 all input passes here, and invalid input raises
 * an error when it is read.
 */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define MH_HAS_SOFT_INPUT true
static inline bool
mh_input_is_valid(FmgrInfo *input, char *text, Oid parameter, ErrorData **error)
{
	ErrorSaveContext context = {T_ErrorSaveContext};
	Datum result;

	context.details_wanted = true;
	if (InputFunctionCallSafe(input, text, parameter, -1, (struct Node *) &context, &result))
		return true;
	*error = context.error_data;
	return false;
}
#else
#define MH_HAS_SOFT_INPUT false
static inline bool
mh_input_is_valid(FmgrInfo *input, char *text, Oid parameter, ErrorData **error)
{
	return true;
}
#endif

/* Parameters of hooks: 18 removed one of ExecutorRun, 19 added one to the planner and a const. */
#if PG_VERSION_NUM >= 180000
#define MH_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count
#define MH_RUN_ARGUMENTS query, direction, count
#else
#define MH_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define MH_RUN_ARGUMENTS query, direction, count, execute_once
#endif
#if PG_VERSION_NUM >= 190000
#define MH_PLANNER_PARAMETERS \
	Query *parse, const char *query_string, int options, ParamListInfo params, ExplainState *explain
#define MH_PLANNER_ARGUMENTS parse, query_string, options, params, explain
#else
#define MH_PLANNER_PARAMETERS \
	Query *parse, const char *query_string, int options, ParamListInfo params
#define MH_PLANNER_ARGUMENTS parse, query_string, options, params
#endif

/* 17 lets a partitioned table have EXCLUDE. */
#if PG_VERSION_NUM >= 170000
#define MH_EXCLUDES_PARTITIONED true
#else
#define MH_EXCLUDES_PARTITIONED false
#endif

/* 18 locks the children of a table to which a constraint is added as the table itself. */
#if PG_VERSION_NUM >= 180000
#define MH_CONSTRAINTS_LOCK_CHILDREN true
#else
#define MH_CONSTRAINTS_LOCK_CHILDREN false
#endif

/* 18 keeps RETURNING with its options. */
#if PG_VERSION_NUM >= 180000
#define MH_HAS_RETURNING(stmt) ((stmt)->returningClause != NULL)
#define MH_RETURNING(stmt) ((stmt)->returningClause != NULL ? (stmt)->returningClause->exprs : NIL)
#else
#define MH_HAS_RETURNING(stmt) ((stmt)->returningList != NIL)
#define MH_RETURNING(stmt) ((stmt)->returningList)
#endif

/* 18 lets a foreign key of a partitioned table be NOT VALID. */
#if PG_VERSION_NUM >= 180000
#define MH_HAS_NOT_VALID_KEYS_OF_PARTITIONED true
#else
#define MH_HAS_NOT_VALID_KEYS_OF_PARTITIONED false
#endif

/* A child may compute a column anew that is generated in its parent. */
#if PG_VERSION_NUM >= 160000
#define MH_CHILDREN_COMPUTE_ANEW true
#else
#define MH_CHILDREN_COMPUTE_ANEW false
#endif

/* 18 refuses ATTACH and DETACH of what is no partitioned table as other actions. */
#if PG_VERSION_NUM >= 180000
#define MH_REFUSES_UNPARTITIONED_EARLY true
#else
#define MH_REFUSES_UNPARTITIONED_EARLY false
#endif

/* 16 has a character for the kind of partitions; before it is a word. */
#if PG_VERSION_NUM >= 160000
#define MH_PARTITION_STRATEGY(spec) ((char) (spec)->strategy)
#else
static inline char
mh_partition_strategy(const char *word)
{
	return pg_strcasecmp(word, "list") == 0    ? 'l'
		   : pg_strcasecmp(word, "range") == 0 ? 'r'
		   : pg_strcasecmp(word, "hash") == 0  ? 'h'
											   : '\0';
}
#define MH_PARTITION_STRATEGY(spec) mh_partition_strategy((spec)->strategy)
#endif

/* 18 has a node for ALTER CONSTRAINT. */
#if PG_VERSION_NUM >= 180000
#define MH_CONSTRAINT_CHANGE ATAlterConstraint
#else
#define MH_CONSTRAINT_CHANGE Constraint
#endif

/* 18 refuses SET LOGGED and SET UNLOGGED where a column has the row type of the table. */
#if PG_VERSION_NUM >= 180000
#define MH_ROW_TYPES_KEEP_PERSISTENCE true
#else
#define MH_ROW_TYPES_KEEP_PERSISTENCE false
#endif

#if PG_VERSION_NUM >= 190000
#define MH_ANALYZE_PARAMETERS ParseState *parse, Query *query, const JumbleState *jumble
#else
#define MH_ANALYZE_PARAMETERS ParseState *parse, Query *query, JumbleState *jumble
#endif
#define MH_ANALYZE_ARGUMENTS parse, query, jumble

/* 17 lets a label be used in the transaction that has made both the enum and the label. */
#if PG_VERSION_NUM >= 170000
#define MH_HAS_LABELS_OF_NEW_TYPES true
#else
#define MH_HAS_LABELS_OF_NEW_TYPES false
#endif

/* 18 has constraints that are NOT ENFORCED. */
#if PG_VERSION_NUM >= 180000
#define MH_CONSTRAINT_IS_ENFORCED(constraint) constraint ".conenforced"
#else
#define MH_CONSTRAINT_IS_ENFORCED(constraint) "true"
#endif

/* The same column in queries. */
#if PG_VERSION_NUM >= 180000
#define MH_SQL_CONENFORCED "conenforced"
#else
#define MH_SQL_CONENFORCED "true"
#endif

/* 19 has JsonbInState, which holds the state and the value. */
#if PG_VERSION_NUM < 190000
#include "utils/jsonb.h"
typedef struct JsonbInState
{
	JsonbValue *result;
	JsonbParseState *parseState;
} JsonbInState;
static inline void
mh_push_jsonb_value(JsonbInState *state, JsonbIteratorToken token, JsonbValue *value)
{
	state->result = pushJsonbValue(&state->parseState, token, value);
}
#define pushJsonbValue mh_push_jsonb_value
#endif

/* 19 has another argument, which tells whether a constraint is volatile. */
#if PG_VERSION_NUM < 190000
#include "utils/typcache.h"
#define DomainHasConstraints(type, has_volatile) DomainHasConstraints(type)
#endif

/* 18 has the expressions of GROUP BY in an entry of their own, and orders other than those of btree. */
#if PG_VERSION_NUM >= 180000
#define MH_SORTS(operator) (get_op_index_interpretation(operator) != NIL)
#define MH_IS_GROUP_ENTRY(entry) ((entry)->rtekind == RTE_GROUP)
#define MH_GROUP_EXPRESSIONS(entry) ((entry)->groupexprs)
#else
#define MH_SORTS(operator) (get_op_btree_interpretation(operator) != NIL)
#define MH_IS_GROUP_ENTRY(entry) false
#define MH_GROUP_EXPRESSIONS(entry) NIL
#endif

/* Adds a new row to the indexes of its table: 19 has flags where older releases have arguments. */
#if PG_VERSION_NUM >= 190000
#define MH_INSERT_INDEX_TUPLES(target, slot, estate) \
	ExecInsertIndexTuples(target, estate, 0, slot, NIL, NULL)
#elif PG_VERSION_NUM >= 160000
#define MH_INSERT_INDEX_TUPLES(target, slot, estate) \
	ExecInsertIndexTuples(target, slot, estate, false, false, NULL, NIL, false)
#else
#define MH_INSERT_INDEX_TUPLES(target, slot, estate) \
	ExecInsertIndexTuples(target, slot, estate, false, false, NULL, NIL)
#endif

/* Whether the last query of a body returns what the function does. */
#if PG_VERSION_NUM >= 180000
#define MH_CHECK_SQL_RETURN(queries, type, row) \
	(void) check_sql_fn_retval(queries, type, row, PROKIND_FUNCTION, false)
#elif PG_VERSION_NUM >= 170000
#define MH_CHECK_SQL_RETURN(queries, type, row) \
	(void) check_sql_fn_retval(queries, type, row, PROKIND_FUNCTION, false, NULL)
#else
#define MH_CHECK_SQL_RETURN(queries, type, row) \
	(void) check_sql_fn_retval(queries, type, row, false, NULL)
#endif

#endif /* MIGHEAD_COMPAT_H */
