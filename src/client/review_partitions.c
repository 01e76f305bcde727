/*-------------------------------------------------------------------------
 *
 * review_partitions.c
 *	  Partitions on which a statement has the same effect are one line of a review.
 *
 *-------------------------------------------------------------------------
 */
#include "client/review.h"

static bool
are_alike(const MhEffect *a, const MhEffect *b)
{
	return a->statement == b->statement && *a->root != '\0' && strcmp(a->root, b->root) == 0 &&
		   strcmp(a->code, b->code) == 0 && strcmp(a->sqlstate, b->sqlstate) == 0 &&
		   strcmp(a->lock_mode, b->lock_mode) == 0 && a->severity == b->severity &&
		   a->rewrites == b->rewrites && a->scans == b->scans;
}

static double
sum(double a, double b)
{
	return a < 0 || b < 0 ? -1 : a + b;
}

bool
mh_review_join(MhReview *review, const MhEffect *effect)
{
	MhEffect *all = review->effects;

	for (int i = review->n - 1; i >= 0 && all[i].statement == effect->statement; i--)
		if (are_alike(&all[i], effect))
		{
			all[i].table_rows = sum(all[i].table_rows, effect->table_rows);
			all[i].table_bytes = sum(all[i].table_bytes, effect->table_bytes);
			all[i].partitions++;
			return true;
		}
	return false;
}

char *
mh_review_object(const MhEffect *effect)
{
	if (effect->partitions == 1)
		return pstrdup(effect->object);
	return psprintf("%s and %d more partitions", effect->object, effect->partitions - 1);
}
