/*-------------------------------------------------------------------------
 *
 * renames.c
 *	  Rewrites texts that mention renamed objects.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference/difference_private.h"
#include "core/base/sql_names.h"

typedef struct RenameContext
{
	const MhRenames *renames;
	const char *table;
	const MhRename *self; /* rename of the object whose text begins with its own name */
} RenameContext;

static void
add(MhRenames *renames, const char *from, const char *to, const char *table)
{
	if (renames->n == renames->allocated)
	{
		renames->allocated = renames->n == 0 ? 8 : renames->n * 2;
		if (renames->n == 0)
			renames->v = palloc(renames->allocated * sizeof(MhRename));
		else
			renames->v = repalloc(renames->v, renames->allocated * sizeof(MhRename));
	}
	renames->v[renames->n].from = from;
	renames->v[renames->n].to = to;
	renames->v[renames->n++].table = table;
}

/* Returns a function's name without its arguments, as texts that call it have it. */
static const char *
without_arguments(const char *name)
{
	const char *local = mh_local_name(name);
	const char *end = mh_end_of_identifier(local);

	return *end == '\0' ? name : pnstrdup(name, end - name);
}

void
mh_renames_add(MhPairing *pairing, const MhItem *expected, const MhItem *actual)
{
	const char *from = actual->definition->name;
	const char *to = expected->name;
	const char *table = NULL;

	if (strcmp(expected->definition->type, MH_TYPE_COLUMN) == 0)
	{
		from = mh_local_name(from);
		to = mh_local_name(to);
		table = expected->parent;
	}
	else
	{
		from = without_arguments(from);
		to = without_arguments(to);
	}
	add(&pairing->renames, from, to, table);
	add(&pairing->reverse, to, from, table);
	if (table == NULL)
	{
		/* column names are qualified with the relation's name alone */
		add(&pairing->renames, mh_local_name(from), mh_local_name(to), NULL);
		add(&pairing->reverse, mh_local_name(to), mh_local_name(from), NULL);
	}
}

static int
compare_renames(const void *left, const void *right)
{
	const MhRename *a = left;
	const MhRename *b = right;
	int order = strcmp(a->from, b->from);

	if (order == 0)
		order = strcmp(a->to, b->to);
	if (order == 0 && a->table != NULL && b->table != NULL)
		return strcmp(a->table, b->table);
	return order != 0 ? order : (a->table != NULL) - (b->table != NULL);
}

void
mh_renames_order(MhPairing *pairing)
{
	if (pairing->renames.n < 2)
		return;
	qsort(pairing->renames.v, pairing->renames.n, sizeof(MhRename), compare_renames);
	qsort(pairing->reverse.v, pairing->reverse.n, sizeof(MhRename), compare_renames);
}

/* Returns the index of the first rename whose from is not less than a name. */
static int
find_first(const MhRenames *renames, const char *name, size_t length)
{
	int low = 0;
	int high = renames->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strncmp(renames->v[middle].from, name, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Finds the rename of a name.  For a column name it prefers the column of table. */
static const char *
find_rename(const MhRenames *renames, const char *name, size_t length, bool is_column,
			const char *table)
{
	const char *other = NULL;

	MH_CHECK_INTERRUPTS();
	for (int i = find_first(renames, name, length); i < renames->n; i++)
	{
		const MhRename *rename = &renames->v[i];

		if (strncmp(rename->from, name, length) != 0)
			break;
		if (rename->from[length] != '\0' || is_column != (rename->table != NULL))
			continue;
		if (!is_column || (table != NULL && strcmp(rename->table, table) == 0))
			return rename->to;
		other = rename->to;
	}
	return other;
}

bool
mh_renames_have_column(const MhRenames *renames, const char *from, const char *to,
					   const char *table)
{
	MhRename wanted = {from, to, table};

	return renames->n > 0 &&
		   bsearch(&wanted, renames->v, renames->n, sizeof(MhRename), compare_renames) != NULL;
}

const char *
mh_renames_find(const MhRenames *renames, const char *name)
{
	return find_rename(renames, name, strlen(name), false, NULL);
}

const char *
mh_renames_column(const MhRenames *renames, const char *name, const char *table)
{
	const char *found = find_rename(renames, name, strlen(name), true, table);

	return found == NULL ? name : found;
}

static const char *
find_part(const RenameContext *context, const MhSqlName *name, int part)
{
	size_t length = name->to[part] - name->from[part];
	const MhRename *self = context->self;

	if (name->n == 1 && self != NULL && mh_name_part_is(name, 0, self->from))
		return self->to;
	return find_rename(context->renames, name->from[part], length, true, context->table);
}

static bool
rename_parts(void *arg, const MhSqlName *name, StringInfo out)
{
	const RenameContext *context = arg;
	const char *to = NULL;
	int done = 0;

	if (name->n > 1)
		to = find_rename(context->renames, name->from[0], name->to[1] - name->from[0], false, NULL);
	if (to != NULL)
		done = 2;
	else if (*name->to[0] == '.')
	{
		to = find_rename(context->renames, name->from[0], name->to[0] - name->from[0], false, NULL);
		done = to != NULL ? 1 : 0;
	}
	if (to != NULL)
		appendStringInfoString(out, to);
	for (int i = done; i < name->n; i++)
	{
		const char *part = i == name->n - 1 ? find_part(context, name, i) : NULL;

		if (i > 0)
			appendStringInfoChar(out, '.');
		if (part != NULL)
			appendStringInfoString(out, part);
		else
			appendBinaryStringInfo(out, name->from[i], name->to[i] - name->from[i]);
	}
	return true;
}

char *
mh_renames_apply(const MhRenames *renames, const char *text, const char *table)
{
	RenameContext context = {renames, table, NULL};

	if (renames->n == 0)
		return pstrdup(text);
	return mh_map_names(text, rename_parts, &context);
}

/* Skips the word at text if it is the last part of the name before it. */
static const char *
skip_same_word(const char *text, const char *part, size_t length)
{
	const char *end;

	if (*text++ != ' ')
		return NULL;
	end = mh_end_of_identifier(text);
	if (end - text != (ptrdiff_t) length || strncmp(text, part, length) != 0)
		return NULL;
	return end;
}

/*
 * Drops aliases that only repeat the name.  A view keeps the names of its columns and aliases when
 * their sources are renamed: "t.b AS a FROM t2 t".  With the old names such aliases are redundant.
 */
static void
drop_idle_aliases(char *text)
{
	const char *from = text;
	char *to = text;

	while (*from != '\0')
	{
		const char *end = mh_end_of_identifier(from);
		size_t length = end == from ? 1 : end - from;
		bool is_part = end != from && from > text && from[-1] == '.';
		const char *rest = NULL;

		if (is_part && strncmp(end, " AS", 3) == 0)
			rest = skip_same_word(end + 3, from, length);
		if (is_part && rest == NULL)
			rest = skip_same_word(end, from, length);
		memmove(to, from, length);
		to += length;
		from = rest != NULL ? rest : from + length;
	}
	*to = '\0';
}

static bool
same_renamed(RenameContext *context, const char *text, const char *other)
{
	char *renamed = mh_map_names(text, rename_parts, context);
	char *plain = pstrdup(other);
	bool same;

	drop_idle_aliases(renamed);
	drop_idle_aliases(plain);
	same = strcmp(renamed, plain) == 0;
	pfree(renamed);
	pfree(plain);
	return same;
}

bool
mh_same_value(const MhPairing *pairing, const MhItem *expected, const char *expected_value,
			  const char *actual_value)
{
	const MhItem *actual = expected->mate;
	MhRename self = {mh_local_name(actual->definition->name), mh_local_name(expected->name), NULL};
	MhRename back = {self.to, self.from, NULL};
	RenameContext context = {&pairing->renames, expected->parent, NULL};

	if (strcmp(expected_value, actual_value) == 0)
		return true;
	if (pairing->renames.n == 0)
		return false;
	if (actual->is_renamed)
		context.self = &self;
	if (same_renamed(&context, actual_value, expected_value))
		return true;
	context.renames = &pairing->reverse;
	if (actual->is_renamed)
		context.self = &back;
	return same_renamed(&context, expected_value, actual_value);
}
