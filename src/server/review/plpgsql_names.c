/*-------------------------------------------------------------------------
 *
 * plpgsql_names.c
 *	  Blocks of PL/pgSQL, their variables, and what values are put into.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/plpgsql_private.h"

/* Each name is compared with all of them. */
#define MOST_VARIABLES 1000

/* The compiler's limit. */
#define MOST_TARGETS 1024

void
mh_pl_push(PlBody *body, const char *label, bool is_loop)
{
	PlScope *scope = palloc0(sizeof(PlScope));

	scope->label = label;
	scope->is_loop = is_loop;
	scope->outer = body->scope;
	body->scope = scope;
}

void
mh_pl_pop(PlBody *body)
{
	for (PlVariable *i = body->scope->variables; i != NULL; i = i->next)
		body->n_variables--;
	body->scope = body->scope->outer;
}

PlVariable *
mh_pl_declare(PlBody *body, const char *name)
{
	PlVariable *variable = palloc0(sizeof(PlVariable));

	if (++body->n_variables > MOST_VARIABLES)
		mh_pl_not_understood();
	variable->name = name;
	variable->next = body->scope->variables;
	body->scope->variables = variable;
	return variable;
}

static PlVariable *
find_in(const PlScope *scope, const char *name)
{
	PlVariable *variable = scope->variables;

	while (variable != NULL && strcmp(variable->name, name) != 0)
		variable = variable->next;
	return variable;
}

PlVariable *
mh_pl_find(const PlBody *body, const char *name, bool is_local)
{
	for (const PlScope *scope = body->scope; scope != NULL; scope = is_local ? NULL : scope->outer)
	{
		PlVariable *variable = find_in(scope, name);

		if (variable != NULL)
			return variable;
	}
	return NULL;
}

static bool
is_name(const PlToken *token)
{
	return token->kind == PL_IDENT && !mh_pl_is_reserved(token);
}

int
mh_pl_name_length(const PlBody *body)
{
	if (mh_pl_ahead(body, 1)->kind != '.' || !is_name(mh_pl_ahead(body, 2)))
		return 1;
	return mh_pl_ahead(body, 3)->kind == '.' && is_name(mh_pl_ahead(body, 4)) ? 5 : 3;
}

/* As the compiler looks up to three names up. */
static PlTarget
find_names(const PlBody *body, const char *first, const char *second, const char *third)
{
	for (const PlScope *scope = body->scope; scope != NULL; scope = scope->outer)
	{
		PlVariable *variable;

		for (variable = scope->variables; variable != NULL; variable = variable->next)
			if (strcmp(variable->name, first) == 0 && (second == NULL || variable->is_record))
				return (PlTarget){variable, second != NULL, second == NULL ? 1 : 2};
		if (second == NULL || scope->label == NULL || strcmp(scope->label, first) != 0)
			continue;
		for (variable = scope->variables; variable != NULL; variable = variable->next)
			if (strcmp(variable->name, second) == 0 && (third == NULL || variable->is_record))
				return (PlTarget){variable, third != NULL, third == NULL ? 2 : 3};
	}
	return (PlTarget){NULL};
}

PlTarget
mh_pl_find_target(const PlBody *body)
{
	const PlToken *token = mh_pl_now(body);
	int length;

	if ((token->kind != PL_IDENT && token->kind != PL_PARAM) || mh_pl_is_reserved(token))
		return (PlTarget){NULL};
	length = mh_pl_name_length(body);
	return find_names(body, token->text, length > 1 ? mh_pl_ahead(body, 2)->text : NULL,
					  length > 3 ? mh_pl_ahead(body, 4)->text : NULL);
}

void
mh_pl_check_assignable(const PlTarget *target)
{
	if (target->variable->is_constant)
		mh_pl_refuse(ERRCODE_ERROR_IN_ASSIGNMENT,
					 psprintf("variable \"%s\" is declared CONSTANT", target->variable->name));
}

/* first is read already. */
void
mh_pl_read_list(PlBody *body, const PlTarget *first)
{
	int n = 1;

	mh_pl_check_assignable(first);
	while (mh_pl_skip(body, ','))
	{
		PlTarget target = mh_pl_find_target(body);

		if (++n > MOST_TARGETS)
			mh_pl_refuse(ERRCODE_PROGRAM_LIMIT_EXCEEDED, "too many INTO variables specified");
		if (target.variable == NULL)
			mh_pl_syntax("what follows INTO is no known variable");
		mh_pl_check_assignable(&target);
		if (target.variable->is_record && !target.is_field)
			mh_pl_syntax("a record is no scalar variable");
		body->now += mh_pl_name_length(body);
	}
}

void
mh_pl_read_into(PlBody *body)
{
	PlTarget target = mh_pl_find_target(body);

	if (target.variable == NULL)
		mh_pl_syntax("what follows INTO is no known variable");
	body->now += mh_pl_name_length(body);
	if (!target.variable->is_record || target.is_field)
	{
		mh_pl_read_list(body, &target);
		return;
	}
	mh_pl_check_assignable(&target);
	if (mh_pl_is(body, ','))
		mh_pl_syntax("a record cannot be part of a list of INTO");
}
