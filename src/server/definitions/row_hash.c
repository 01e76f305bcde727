/*-------------------------------------------------------------------------
 *
 * row_hash.c
 *	  Hashes rows of catalogs as they are stored.
 *
 * Most rows are hashed without taking them apart: those columns that always are at the same place, and the
 * rest in one piece.  A hundred thousand rows are looked at for each answer.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/row_hash.h"

#include "access/detoast.h"
#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "server/base/cluster_key.h"

/* Bytes of a value, as it is stored. */
#define LARGEST_VALUE (8 * 1024 * 1024)

/* Bytes of the fixed layout that are hashed. */
typedef struct Range
{
	int from;
	int to;
} Range;

struct MhRowMask
{
	TupleDesc descriptor;
	int end;      /* of the fixed layout */
	int n_ranges; /* in it */
	Range *ranges;
	bool *chosen;       /* by column behind the fixed layout */
	bool is_any_behind; /* of those columns, some are hashed; all */
	bool is_all_behind;
	/* a row's values, where they have to be taken apart */
	Datum *values;
	bool *nulls;
};

/* ---------- sums ---------- */

bool
mh_fingerprint_equal(const MhFingerprint *left, const MhFingerprint *right)
{
	return left->high == right->high && left->low == right->low;
}

void
mh_fingerprint_add(MhFingerprint *sum, MhFingerprint addend)
{
	sum->high += addend.high;
	sum->low += addend.low;
}

/* ---------- hashing ---------- */

/*
 * With a key, because sums are compared: whoever can compute hashes finds a comment that makes up for
 * another change.
 */
MhFingerprint
mh_bytes_hash(const void *bytes, int n, uint32 salt)
{
	uint64 hash[2];

	mh_keyed_hash(mh_cluster_key(), salt, bytes, n, hash);
	return (MhFingerprint){hash[0], hash[1]};
}

/* ---------- masks ---------- */

int *
mh_row_offsets(TupleDesc descriptor, int *end)
{
	int *offsets = palloc(descriptor->natts * sizeof(int));
	bool is_fixed = true;

	*end = 0;
	for (int i = 0; i < descriptor->natts; i++)
	{
		const FormData_pg_attribute *column = TupleDescAttr(descriptor, i);

		is_fixed = is_fixed && column->attlen > 0 && column->attnotnull;
		offsets[i] = is_fixed ? (int) att_align_nominal(*end, column->attalign) : -1;
		if (is_fixed)
			*end = offsets[i] + column->attlen;
	}
	return offsets;
}

static bool
is_listed(const char *names, const char *name)
{
	int length = strlen(name);

	for (const char *at = strstr(names, name); at != NULL; at = strstr(at + 1, name))
		if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

static void
add_range(MhRowMask *mask, int from, int length)
{
	if (mask->n_ranges > 0 && mask->ranges[mask->n_ranges - 1].to == from)
		mask->ranges[mask->n_ranges - 1].to += length;
	else
		mask->ranges[mask->n_ranges++] = (Range){from, from + length};
}

MhRowMask *
mh_row_mask(TupleDesc descriptor, const char *left_out)
{
	MhRowMask *mask;
	int *offsets;

	if (left_out == NULL)
		return NULL;
	mask = palloc0(sizeof(MhRowMask));
	mask->descriptor = descriptor;
	mask->ranges = palloc(descriptor->natts * sizeof(Range));
	mask->chosen = palloc0(descriptor->natts * sizeof(bool));
	mask->values = palloc(descriptor->natts * sizeof(Datum));
	mask->nulls = palloc(descriptor->natts * sizeof(bool));
	mask->is_all_behind = true;
	offsets = mh_row_offsets(descriptor, &mask->end);
	for (int i = 0; i < descriptor->natts; i++)
	{
		const FormData_pg_attribute *column = TupleDescAttr(descriptor, i);
		bool is_chosen = !is_listed(left_out, NameStr(column->attname));

		mask->chosen[i] = is_chosen && offsets[i] < 0;
		if (offsets[i] < 0)
		{
			mask->is_any_behind |= is_chosen;
			mask->is_all_behind &= is_chosen;
		}
		else if (is_chosen)
			add_range(mask, offsets[i], column->attlen);
	}
	pfree(offsets);
	return mask;
}

/* ---------- rows ---------- */

/* A tree that large is not deparsed either: see expression_size.h. */
static void
append_fetched(MhRowHasher *hasher, struct varlena *value)
{
	struct varlena *fetched;

	hasher->is_too_large |= toast_datum_size(PointerGetDatum(value)) > LARGEST_VALUE;
	if (hasher->is_too_large)
		return;
	fetched = detoast_external_attr(value);
	appendBinaryStringInfo(&hasher->bytes, (const char *) fetched, VARSIZE_ANY(fetched));
	pfree(fetched);
}

/* So that no two different values, one after another, have the same bytes. */
static void
append_value(MhRowHasher *hasher, const FormData_pg_attribute *column, Datum value)
{
	StringInfo bytes = &hasher->bytes;

	if (column->attbyval)
		appendBinaryStringInfo(bytes, (const char *) &value, sizeof(Datum));
	else if (column->attlen > 0)
		appendBinaryStringInfo(bytes, DatumGetPointer(value), column->attlen);
	else if (column->attlen != -1)
		appendBinaryStringInfo(bytes, DatumGetPointer(value), strlen(DatumGetPointer(value)) + 1);
	else if (VARATT_IS_EXTERNAL(DatumGetPointer(value)))
		append_fetched(hasher, (struct varlena *) DatumGetPointer(value));
	else
		appendBinaryStringInfo(bytes, DatumGetPointer(value), VARSIZE_ANY(DatumGetPointer(value)));
}

/* One that is NULL leaves nothing, so that a row without any is as one whose others are left out. */
static void
append_columns(MhRowHasher *hasher, HeapTuple tuple, const MhRowMask *mask)
{
	heap_deform_tuple(tuple, mask->descriptor, mask->values, mask->nulls);
	for (int i = 0; i < mask->descriptor->natts; i++)
	{
		if (!mask->chosen[i] || mask->nulls[i])
			continue;
		appendBinaryStringInfo(&hasher->bytes, (const char *) &i, sizeof(i));
		append_value(hasher, TupleDescAttr(mask->descriptor, i), mask->values[i]);
	}
}

static void
append_behind(MhRowHasher *hasher, HeapTuple tuple, const MhRowMask *mask)
{
	const HeapTupleHeaderData *header = tuple->t_data;
	int from = header->t_hoff + mask->end;
	int nulls = HeapTupleHasNulls(tuple) ? BITMAPLEN(HeapTupleHeaderGetNatts(header)) : 0;

	if (!mask->is_any_behind || (int) tuple->t_len <= from)
		return;
	if (!mask->is_all_behind || HeapTupleHasExternal(tuple))
	{
		append_columns(hasher, tuple, mask);
		return;
	}
	/* not a number of a column */
	appendStringInfoChar(&hasher->bytes, nulls > 0 ? 'n' : 'v');
	appendBinaryStringInfo(&hasher->bytes, (const char *) header->t_bits, nulls);
	appendBinaryStringInfo(&hasher->bytes, (const char *) header + from, tuple->t_len - from);
}

MhFingerprint
mh_row_hash(MhRowHasher *hasher, HeapTuple tuple, const MhRowMask *mask, uint32 salt)
{
	const char *fixed = (const char *) GETSTRUCT(tuple);

	resetStringInfo(&hasher->bytes);
	hasher->is_too_large = false;
	enlargeStringInfo(&hasher->bytes, mask->end);
	for (int i = 0; i < mask->n_ranges; i++)
	{
		int length = mask->ranges[i].to - mask->ranges[i].from;

		memcpy(hasher->bytes.data + hasher->bytes.len, fixed + mask->ranges[i].from, length);
		hasher->bytes.len += length;
	}
	append_behind(hasher, tuple, mask);
	return mh_bytes_hash(hasher->bytes.data, hasher->bytes.len, salt);
}
