/*-------------------------------------------------------------------------
 *
 * code_guard.c
 *	  Plans and runs a query without starting a stranger's code.
 *
 * When the server looks up a function that is not compiled into it, it asks needs_fmgr_hook (not
 * for functions with SECURITY DEFINER or SET), and calls fmgr_hook before each call of the
 * function.  There is no third way to a function: one that is inlined or folded is looked up too.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/code_guard.h"

#include "server/base/trust.h"

static bool is_installed = false;
static int guarded = 0; /* number of guards around the running code */
static needs_fmgr_hook_type next_needs_hook = NULL;
static fmgr_hook_type next_hook = NULL;

void
mh_refuse_code(const char *found)
{
	if (found != NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("the check would run code that is not built in"),
			 errdetail("It would run %s.", mh_from_utf8(found)),
			 errhint("Nothing was read.  Only built-in functions, and C functions of a superuser "
					 "that are not volatile, are run.")));
}

static bool
needs_hook(Oid function)
{
	if (guarded > 0)
		mh_refuse_code(mh_distrust_function(function));
	return next_needs_hook != NULL && next_needs_hook(function);
}

static void
before_call(FmgrHookEventType event, FmgrInfo *function, Datum *private)
{
	if (guarded > 0 && event == FHET_START)
		mh_refuse_code(mh_distrust_function(function->fn_oid));
	if (next_hook != NULL)
		next_hook(event, function, private);
}

static void
install(void)
{
	if (is_installed)
		return;
	next_needs_hook = needs_fmgr_hook;
	next_hook = fmgr_hook;
	needs_fmgr_hook = needs_hook;
	fmgr_hook = before_call;
	is_installed = true;
}

void
mh_guard_code(void (*run)(void *arg), void *arg)
{
	install();
	guarded++;
	PG_TRY();
	{
		run(arg);
	}
	PG_FINALLY();
	{
		guarded--;
	}
	PG_END_TRY();
}
