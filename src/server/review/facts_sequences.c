/*-------------------------------------------------------------------------
 *
 * facts_sequences.c
 *	  Facts of the options of sequences and identity columns.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "commands/defrem.h"

typedef struct Number
{
	DefElem *option;
	int64 value;
} Number;

static void
read_number(void *arg)
{
	Number *number = arg;

	number->value = defGetInt64(number->option);
}

static MhReviewOption *
option_of(MhReviewSequence *sequence, const char *name)
{
	const struct
	{
		const char *name;
		MhReviewOption *option;
	} options[] = {{MH_ATTR_INCREMENT, &sequence->increment},
				   {"minvalue", &sequence->min},
				   {"maxvalue", &sequence->max},
				   {MH_ATTR_START, &sequence->start},
				   {"restart", &sequence->restart},
				   {MH_ATTR_CACHE, &sequence->cache}};

	for (int i = 0; i < (int) lengthof(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return options[i].option;
	return NULL;
}

static void
refuse(MhReviewSequence *sequence, const char *sqlstate, const char *message)
{
	if (sequence->sqlstate != NULL)
		return;
	sequence->sqlstate = sqlstate;
	sequence->message = message;
}

static void
read_value(MhReviewSequence *sequence, MhReviewOption *read, DefElem *option)
{
	Number number = {option};
	ErrorData *error;

	if (read->state != MH_OPTION_ABSENT)
	{
		refuse(sequence, "42601", "an option of a sequence is given twice");
		return;
	}
	read->state = option->arg == NULL ? MH_OPTION_EMPTY : MH_OPTION_GIVEN;
	if (option->arg == NULL)
		return;
	error = mh_try(read_number, &number);
	if (error != NULL)
		refuse(sequence, pstrdup(unpack_sql_state(error->sqlerrcode)),
			   mh_to_utf8(pstrdup(error->message)));
	read->value = number.value;
}

MhReviewSequence *
mh_fact_sequence(List *options)
{
	MhReviewSequence *sequence = palloc0(sizeof(MhReviewSequence));
	bool has_cycle = false;
	bool has_owner = false;
	ListCell *cell;

	foreach (cell, options)
	{
		DefElem *option = lfirst_node(DefElem, cell);
		MhReviewOption *read = option_of(sequence, option->defname);
		bool is_twice = false;

		if (read != NULL)
			read_value(sequence, read, option);
		else if (strcmp(option->defname, MH_ATTR_CYCLE) == 0)
		{
			is_twice = has_cycle;
			has_cycle = true;
		}
		else if (strcmp(option->defname, MH_ATTR_OWNED_BY) == 0)
		{
			is_twice = has_owner;
			has_owner = true;
		}
		else if (strcmp(option->defname, "as") == 0 && IsA(option->arg, TypeName))
		{
			is_twice = sequence->type != NULL;
			sequence->type = mh_fact_type((TypeName *) option->arg);
		}
		else
			sequence->has_more = true;
		if (is_twice)
			refuse(sequence, "42601", "an option of a sequence is given twice");
	}
	return sequence;
}
