/*-------------------------------------------------------------------------
 *
 * series.c
 *	  How far series of names were looked through: t_a_key, t_a_key1, t_a_key2 ...
 *
 * What a series met on its way is remembered with its number, which the series looks at again if that
 * name becomes free.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

struct MhSeries
{
	const char *key;
	int end;    /* all names before it were taken */
	int *freed; /* a heap of numbers whose names may be free again, the lowest first */
	int n_freed;
};

/* A name that was taken when its series came by. */
typedef struct Taken
{
	const char *name;
	MhSeries *series;
	int number;
} Taken;

/* ---------- numbers that are free again ---------- */

static void
swap(int *a, int *b)
{
	int before = *a;

	*a = *b;
	*b = before;
}

static void
put_freed(MhSeries *series, int number)
{
	int at = series->n_freed;

	series->freed = mh_with_room(series->freed, series->n_freed, sizeof(int));
	series->freed[series->n_freed++] = number;
	for (; at > 0 && series->freed[at] < series->freed[(at - 1) / 2]; at = (at - 1) / 2)
		swap(&series->freed[at], &series->freed[(at - 1) / 2]);
}

static void
drop_lowest(MhSeries *series)
{
	int at = 0;

	series->freed[0] = series->freed[--series->n_freed];
	for (;;)
	{
		int lower = 2 * at + 1;

		if (lower >= series->n_freed)
			return;
		if (lower + 1 < series->n_freed && series->freed[lower + 1] < series->freed[lower])
			lower++;
		if (series->freed[at] <= series->freed[lower])
			return;
		swap(&series->freed[at], &series->freed[lower]);
		at = lower;
	}
}

void
mh_model_name_is_free(MhModel *model, const char *name)
{
	uint64 hash;

	if (model->taken.n == 0)
		return;
	hash = mh_index_hash(name);
	for (const MhModelEntry *entry = mh_index_first(&model->taken, hash); entry != NULL;
		 entry = entry->next)
	{
		const Taken *taken = entry->thing;

		if (entry->hash == hash && strcmp(taken->name, name) == 0)
			put_freed(taken->series, taken->number);
	}
}

/* ---------- series ---------- */

MhSeries *
mh_series_of(MhModel *model, const MhModelRelation *relation, const char *column,
			 const char *suffix, bool is_relation)
{
	char *key = psprintf("%u %d %d %zu %s %s %s", relation->id, is_relation, column != NULL,
						 column == NULL ? 0 : strlen(column), column == NULL ? "" : column, suffix,
						 relation->name);
	uint64 hash = mh_index_hash(key);
	MhSeries *series;

	for (const MhModelEntry *entry = mh_index_first(&model->series, hash); entry != NULL;
		 entry = entry->next)
		if (entry->hash == hash && strcmp(((MhSeries *) entry->thing)->key, key) == 0)
			return entry->thing;
	series = palloc0(sizeof(MhSeries));
	series->key = key;
	mh_index_put(&model->series, hash, series, 0);
	return series;
}

int
mh_series_next(const MhSeries *series)
{
	return series->n_freed > 0 ? series->freed[0] : series->end;
}

void
mh_series_pass(MhModel *model, MhSeries *series, const char *name)
{
	Taken *taken;

	if (series->n_freed > 0)
	{
		drop_lowest(series);
		return;
	}
	taken = palloc(sizeof(Taken));
	*taken = (Taken){name, series, series->end++};
	mh_index_put(&model->taken, mh_index_hash(name), taken, 0);
}
