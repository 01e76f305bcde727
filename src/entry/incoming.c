/*-------------------------------------------------------------------------
 *
 * incoming.c
 *	  Takes in the scripts that the program mighead sends: trigger of the view mighead.incoming.
 *
 * COPY into a table would write each script to a page and read it once more, and as an archive all of
 * them would stand in memory twice.  Here they are parsed as they come, and of each is kept what is
 * stored of it.  They are nobody's but the transaction's that sent them, until mighead_load_archive('')
 * makes them a release.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/incoming.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "core/script/script.h"
#include "entry/script_source.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Of all bundles of a transaction: what the largest archive could have. */
#define LARGEST_LOAD MaxAllocSize

typedef struct Inserted
{
	MemoryContext context; /* everything is in it */
	MemoryContextCallback end;
	MhIncoming incoming;
	MhScriptFile last; /* its names are those of the last script */
	size_t size;       /* of the bundles */
} Inserted;

static Inserted *inserted;

PG_FUNCTION_INFO_V1(mighead_incoming_trigger);

static void
forget(void *unused)
{
	inserted = NULL;
}

static void
begin_inserting(void)
{
	MemoryContext context = AllocSetContextCreate(TopTransactionContext, "mighead scripts sent",
												  ALLOCSET_DEFAULT_SIZES);

	inserted = MemoryContextAllocZero(context, sizeof(Inserted));
	inserted->context = context;
	inserted->end.func = forget;
	MemoryContextRegisterResetCallback(context, &inserted->end);
}

const MhIncoming *
mh_inserted_scripts(void)
{
	return inserted == NULL ? NULL : &inserted->incoming;
}

void
mh_forget_inserted_scripts(void)
{
	if (inserted != NULL)
		MemoryContextDelete(inserted->context);
}

/* In load order no script comes twice, and none has to be moved. */
static void
check_order(const MhScriptFile *file)
{
	if (inserted->incoming.n == 0 || mh_script_files_compare(&inserted->last, file) < 0)
		return;
	ereport(ERROR, (errcode(mh_sqlstate(MHERR_ARCHIVE)),
					errmsg("damaged bundle of scripts: \"%s\" does not come before \"%s\"",
						   mh_from_utf8(inserted->last.shown), mh_from_utf8(file->shown))));
}

static void
take_bundle(MhBundle *bundle)
{
	MhIncoming *incoming = &inserted->incoming;
	MhScriptFile file;
	MhError err = MH_NO_ERROR;
	bool found;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (!mh_bundle_next(bundle, &file, &found, &err))
			mh_raise(&err);
		if (!found)
			break;
		check_order(&file);
		mh_script_source_add(incoming, &file, file.data, file.size);
		if (inserted->last.shown != NULL)
			pfree(inserted->last.shown);
		inserted->last = file;
	}
	mh_script_source_end(incoming);
}

/* Checks who calls; anybody may make a trigger whose function this is, if an administrator lets him. */
static TriggerData *
trigger_of(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc columns;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_INSTEAD(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || !TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("mighead_incoming_trigger() must be called instead of an insert")));
	columns = RelationGetDescr(trigger->tg_relation);
	if (columns->natts != 1 || TupleDescAttr(columns, 0)->atttypid != BYTEAOID)
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("mighead_incoming_trigger() takes one column of type bytea")));
	return trigger;
}

static void
check_size(size_t size)
{
	inserted->size += size;
	if (inserted->size > LARGEST_LOAD)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("scripts to be loaded have more than %d MB",
							   (int) (LARGEST_LOAD / (1024 * 1024)))));
}

/*
 * mighead_incoming_trigger(): parses the scripts of a bundle, after those that the transaction has
 * inserted before.
 *
 * Privileges: INSERT on the view, which PUBLIC has: it only gives work to the own session.  Errors:
 * 22004; MH221 for what is no bundle or not in load order; 54000; 25001 within a subtransaction,
 * because what that inserted would outlive it.  What is wrong with a script is told when it is
 * loaded.  No locks.
 */
Datum
mighead_incoming_trigger(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_of(fcinfo);
	MemoryContext caller = CurrentMemoryContext;
	MhIdentity identity;
	MhBundle bundle;
	bytea *bytes;
	Datum value;
	bool is_null;

	value =
		heap_getattr(trigger->tg_trigtuple, 1, RelationGetDescr(trigger->tg_relation), &is_null);
	if (is_null)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("scripts must not be null")));
	if (GetCurrentTransactionNestLevel() > 1)
		ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
						errmsg("scripts cannot be sent within a subtransaction")));
	bytes = DatumGetByteaPP(value);
	if (inserted == NULL)
		begin_inserting();
	check_size(VARSIZE_ANY_EXHDR(bytes));
	bundle.at = VARDATA_ANY(bytes);
	bundle.end = bundle.at + VARSIZE_ANY_EXHDR(bytes);
	identity = mh_begin_reading();
	MemoryContextSwitchTo(inserted->context);
	take_bundle(&bundle);
	MemoryContextSwitchTo(caller);
	mh_end(&identity);
	return PointerGetDatum(trigger->tg_trigtuple);
}
