/*-------------------------------------------------------------------------
 *
 * bulk_insert.c
 *	  Inserts many revisions at once, as COPY FROM does, but from what is in memory.
 *
 * INSERT ... SELECT FROM unnest(...) takes ten times as long: it builds arrays, takes them apart
 * again, and writes one row after the other.  COPY takes twice as long: it would have to read texts.
 *
 *-------------------------------------------------------------------------
 */
#include "server/scripts/bulk_insert.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

/* How much is kept until it is written. */
#define PART_ROWS 256
#define PART_BYTES (1024 * 1024)

static const struct
{
	const char *name;
	Oid type;
} columns[] = {
	{"project", TEXTOID},
	{"revision", TEXTOID},
	{"load_order", INT4OID},
	{"down_revision", TEXTARRAYOID},
	{"depends_on", TEXTARRAYOID},
	{"branch_labels", TEXTARRAYOID},
	{"message", TEXTOID},
	{"create_date", TIMESTAMPOID},
	{"file_name", TEXTOID},
	{"checksum", TEXTOID},
	{"first_checksum", TEXTOID},
	{"body_checksum", TEXTOID},
	{"by_hand", BOOLOID},
	{"first_release", INT8OID},
	{"last_release", INT8OID},
	{"code_checksum", TEXTOID},
	{"first_code_checksum", TEXTOID},
	{"first_down_revision", TEXTARRAYOID},
	{"first_depends_on", TEXTARRAYOID},
	{"first_branch_labels", TEXTARRAYOID},
	{"first_message", TEXTOID},
};

/* Rows on their way into the table. */
typedef struct Writer
{
	Relation table;
	EState *estate;
	ResultRelInfo *target;
	BulkInsertState bulk;
	TupleTableSlot *slots[PART_ROWS];
	int n;        /* rows that wait in the slots */
	size_t bytes; /* approximate size of them */
	MemoryContext values;
	Datum project;
	Datum no_strings;
} Writer;

/* ---------- a row ---------- */

/* The values of one row, from left to right. */
typedef struct Row
{
	Writer *writer;
	Datum *values;
	bool *nulls;
	int n;
} Row;

static void
put_value(Row *row, Datum value, bool is_null)
{
	row->values[row->n] = value;
	row->nulls[row->n++] = is_null;
}

static void
put_text(Row *row, const char *text)
{
	bool is_null;
	Datum value = mh_text_datum_or_null(text, &is_null);

	put_value(row, value, is_null);
	row->writer->bytes += is_null ? 0 : VARSIZE_ANY(DatumGetPointer(value));
}

static void
put_strings(Row *row, const MhStrings *strings)
{
	if (strings == NULL || strings->n == 0)
	{
		put_value(row, strings == NULL ? (Datum) 0 : row->writer->no_strings, strings == NULL);
		return;
	}
	put_value(row, mh_strings_datum(strings), false);
	row->writer->bytes += VARSIZE_ANY(DatumGetPointer(row->values[row->n - 1]));
}

static void
put_release(Row *row, int64 release)
{
	put_value(row, Int64GetDatum(release), release == 0);
}

static void
put_row(Row *row, const MhScript *script, const MhRevisionFacts *facts)
{
	put_value(row, row->writer->project, false);
	put_text(row, script->revision);
	put_value(row, Int32GetDatum(facts->load_order), false);
	put_strings(row, &script->down_revision);
	put_strings(row, &script->depends_on);
	put_strings(row, &script->branch_labels);
	put_text(row, script->message);
	put_value(row, TimestampGetDatum(facts->create_date), !facts->has_create_date);
	put_text(row, script->file_name);
	put_text(row, facts->checksum);
	put_text(row, facts->first_checksum);
	put_text(row, facts->body_checksum);
	put_value(row, BoolGetDatum(facts->by_hand), false);
	put_release(row, facts->first_release);
	put_release(row, facts->last_release);
	put_text(row, facts->code_checksum);
	put_text(row, facts->first_code_checksum);
	put_strings(row, facts->first_down_revision);
	put_strings(row, facts->first_depends_on);
	put_strings(row, facts->first_branch_labels);
	put_text(row, facts->first_message);
}

/* ---------- writing ---------- */

static void
write_part(Writer *writer)
{
	MemoryContext caller;

	if (writer->n == 0)
		return;
	ResetPerTupleExprContext(writer->estate);
	caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(writer->estate));
	table_multi_insert(writer->table, writer->slots, writer->n, GetCurrentCommandId(true), 0,
					   writer->bulk);
	MemoryContextSwitchTo(caller);
	for (int i = 0; i < writer->n; i++)
	{
		ResetPerTupleExprContext(writer->estate);
		if (writer->target->ri_NumIndices > 0)
			(void) MH_INSERT_INDEX_TUPLES(writer->target, writer->slots[i], writer->estate);
		ExecClearTuple(writer->slots[i]);
	}
	MemoryContextReset(writer->values);
	writer->n = 0;
	writer->bytes = 0;
}

static void
add_row(Writer *writer, const MhScript *script, const MhRevisionFacts *facts)
{
	TupleTableSlot *slot = writer->slots[writer->n];
	MemoryContext caller;
	Row row = {writer, NULL, NULL, 0};

	if (slot == NULL)
		slot = writer->slots[writer->n] =
			table_slot_create(writer->table, &writer->estate->es_tupleTable);
	row.values = slot->tts_values;
	row.nulls = slot->tts_isnull;
	caller = MemoryContextSwitchTo(writer->values);
	put_row(&row, script, facts);
	MemoryContextSwitchTo(caller);
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(writer->table);
	ResetPerTupleExprContext(writer->estate);
	ExecConstraints(writer->target, slot, writer->estate);
	writer->n++;
}

static void
begin_writing(Writer *writer, Relation table, const char *project)
{
	memset(writer, 0, sizeof(*writer));
	writer->table = table;
	writer->estate = CreateExecutorState();
	writer->target = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->target, table, 0, NULL, 0);
	ExecOpenIndices(writer->target, false);
	writer->bulk = GetBulkInsertState();
	writer->values = AllocSetContextCreate(CurrentMemoryContext, "mighead revisions to be inserted",
										   ALLOCSET_DEFAULT_SIZES);
	writer->project = mh_text_datum(project);
	writer->no_strings = PointerGetDatum(construct_empty_array(TEXTOID));
}

static void
end_writing(Writer *writer)
{
	write_part(writer);
	FreeBulkInsertState(writer->bulk);
	table_finish_bulk_insert(writer->table, 0);
	ExecCloseIndices(writer->target);
	ExecResetTupleTable(writer->estate->es_tupleTable, false);
	FreeExecutorState(writer->estate);
	MemoryContextDelete(writer->values);
}

/* ---------- the table ---------- */

static bool
has_only_known_columns(TupleDesc descriptor)
{
	if (descriptor->natts != lengthof(columns))
		return false;
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);

		if (column->attisdropped || column->atttypid != columns[i].type ||
			column->attidentity != '\0' || column->attgenerated != '\0' ||
			strcmp(NameStr(column->attname), columns[i].name) != 0)
			return false;
	}
	return true;
}

/* Foreign keys and deferrable constraints have triggers. */
static bool
may_insert_into(Relation table)
{
	Oid oid = RelationGetRelid(table);

	return table->rd_rel->relkind == RELKIND_RELATION && !table->rd_rel->relispartition &&
		   table->rd_rules == NULL && table->trigdesc == NULL &&
		   has_only_known_columns(RelationGetDescr(table)) &&
		   pg_class_aclcheck(oid, GetUserId(), ACL_INSERT) == ACLCHECK_OK &&
		   check_enable_rls(oid, InvalidOid, true) != RLS_ENABLED;
}

static void
insert_into(Relation table, const char *project, const MhScript *const *scripts,
			const MhRevisionFacts *const *facts, int n)
{
	Writer *writer = palloc(sizeof(Writer));

	PushCopiedSnapshot(GetActiveSnapshot());
	CommandCounterIncrement();
	UpdateActiveSnapshotCommandId();
	begin_writing(writer, table, project);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (writer->n == PART_ROWS || writer->bytes >= PART_BYTES)
			write_part(writer);
		add_row(writer, scripts[i], facts[i]);
	}
	end_writing(writer);
	pfree(writer);
	PopActiveSnapshot();
	CommandCounterIncrement();
}

bool
mh_bulk_insert_revisions(const char *project, const MhScript *const *scripts,
						 const MhRevisionFacts *const *facts, int n)
{
	Oid oid = get_relname_relid("revision", get_namespace_oid("mighead", false));
	Relation table = table_open(oid, RowExclusiveLock);
	bool may_insert = may_insert_into(table);

	if (may_insert)
		insert_into(table, project, scripts, facts, n);
	table_close(table, NoLock);
	return may_insert;
}
