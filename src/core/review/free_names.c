/*-------------------------------------------------------------------------
 *
 * free_names.c
 *	  Names that a script leaves to the server: the first of t_a_key, t_a_key1, t_a_key2 ... that nothing has. *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

#define MAX_NAME 63

/* Shortens the longer of both names, as makeObjectName() does. */
static char *
fitting_name(const char *table, const char *column, const char *suffix)
{
	int of_table = strlen(table);
	int of_column = column == NULL ? 0 : strlen(column);
	int room = MAX_NAME - (int) strlen(suffix) - 1 - (column == NULL ? 0 : 1);

	while (of_table + of_column > room)
		if (of_table > of_column)
			of_table--;
		else
			of_column--;
	if (column == NULL)
		return psprintf("%.*s_%s", of_table, table, suffix);
	return psprintf("%.*s_%.*s_%s", of_table, table, of_column, column, suffix);
}

static bool
is_taken(MhModel *model, const MhModelRelation *relation, const char *name, bool is_relation)
{
	return (is_relation && mh_model_in(model, relation->schema, name) != NULL) ||
		   mh_model_constraint(relation, name) != NULL;
}

const char *
mh_model_choose_name(MhModel *model, const MhModelRelation *relation, const char *column,
					 const char *suffix, bool is_relation)
{
	MhSeries *series = mh_series_of(model, relation, column, suffix, is_relation);

	for (;;)
	{
		int number = mh_series_next(series);
		char *name = fitting_name(relation->name, column,
								  number == 0 ? suffix : psprintf("%s%d", suffix, number));

		MH_CHECK_INTERRUPTS();
		if (!is_taken(model, relation, name, is_relation))
			return name;
		mh_series_pass(model, series, name);
	}
}
