/*-------------------------------------------------------------------------
 *
 * rename_detection.c
 *	  Finds renamed objects: those that differ only in their name.
 *
 * The signature of an object is a text with everything that distinguishes it except its name.  If
 * exactly one missing and one extra object have the same signature, type and place, the object was
 * renamed.  If a side has several, nobody knows which is which, so all of them stay missing and
 * extra.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference/difference_private.h"
#include "core/base/sql_names.h"
#include "core/base/wording.h"

/* Types that ALTER ... RENAME supports and whose signature is specific enough. */
static const char *const renamed_types[] = {
	MH_TYPE_AGGREGATE,      MH_TYPE_COLLATION,  MH_TYPE_EVENT_TRIGGER, MH_TYPE_COLUMN,
	MH_TYPE_COMPOSITE_TYPE, MH_TYPE_CONSTRAINT, MH_TYPE_DOMAIN,        MH_TYPE_ENUM,
	MH_TYPE_FOREIGN_TABLE,  MH_TYPE_FUNCTION,   MH_TYPE_INDEX,         MH_TYPE_MATERIALIZED_VIEW,
	MH_TYPE_POLICY,         MH_TYPE_PROCEDURE,  MH_TYPE_RANGE_TYPE,    MH_TYPE_RULE,
	MH_TYPE_SEQUENCE,       MH_TYPE_STATISTICS, MH_TYPE_TABLE,         MH_TYPE_TRIGGER,
	MH_TYPE_VIEW,
};

typedef struct Signature
{
	char *text;
	MhItem *item;
	bool is_expected;
} Signature;

typedef struct SignatureWriter
{
	const MhRenames *renames; /* renames of the actual side; NULL: the expected side */
	const MhDefinition *self;
	MhChildren children; /* children of this side */
} SignatureWriter;

static bool
can_be_renamed(const char *type)
{
	for (size_t i = 0; i < lengthof(renamed_types); i++)
		if (strcmp(renamed_types[i], type) == 0)
			return true;
	return false;
}

static bool
is_kind_of_table(const char *type)
{
	return strcmp(type, MH_TYPE_TABLE) == 0 || strcmp(type, MH_TYPE_FOREIGN_TABLE) == 0;
}

/* Erases the object's own name from its signature. */
static bool
erase_self(void *arg, const MhSqlName *name, StringInfo out)
{
	const char *self = arg;
	size_t length = strlen(self);
	int parts = name->n == 1 ? 1 : 2;
	const char *end = name->to[parts - 1];

	if ((size_t) (end - name->from[0]) != length || strncmp(name->from[0], self, length) != 0)
		return false;
	appendStringInfoString(out, "$self");
	appendBinaryStringInfo(out, end, name->to[name->n - 1] - end);
	return true;
}

static void
write_value(const SignatureWriter *writer, const char *value, const char *table, StringInfo out)
{
	const char *type = writer->self->type;
	const char *self = writer->self->name;
	char *renamed = NULL;
	char *erased;

	if (writer->renames != NULL)
		renamed = mh_renames_apply(writer->renames, value, table);
	if (strcmp(type, MH_TYPE_TRIGGER) == 0 || strcmp(type, MH_TYPE_RULE) == 0)
		self = mh_local_name(self);
	erased = mh_map_names(renamed != NULL ? renamed : value, erase_self, unconstify(char *, self));
	appendStringInfoString(out, erased);
	pfree(erased);
	if (renamed != NULL)
		pfree(renamed);
}

/*
 * Returns whether a name is a serial column's own sequence.  It has the table's name in it, so it
 * is not part of the signature.
 */
static bool
is_own_sequence(const SignatureWriter *writer, const char *value)
{
	MhChildren sequences = mh_children_of(&writer->children, writer->self->name, MH_TYPE_SEQUENCE);

	for (int i = 0; i < sequences.n; i++)
	{
		const char *name = sequences.v[i]->name;
		const char *found = strstr(value, name);

		if (strncmp(value, "nextval('", 9) == 0 && found == value + 9 &&
			strcmp(found + strlen(name), "'::regclass)") == 0)
			return true;
	}
	return false;
}

static void
write_attributes(const SignatureWriter *writer, const MhDefinition *definition, const char *table,
				 StringInfo out)
{
	for (int i = 0; i < definition->n; i++)
	{
		const MhAttribute *attribute = &definition->attributes[i];

		if (mh_attribute_severity(definition->type, attribute->name) < MH_CRITICAL)
			continue;
		appendStringInfo(out, "\n%s=", attribute->name);
		if (is_kind_of_table(writer->self->type) && is_own_sequence(writer, attribute->value))
			appendStringInfoString(out, "its sequence");
		else
			write_value(writer, attribute->value, table, out);
	}
}

static int
compare_texts(const void *left, const void *right)
{
	return strcmp(*(char *const *) left, *(char *const *) right);
}

/*
 * Writes the children: columns with their names, constraints without, because their names often
 * contain that of the table.  Foreign keys are left out, because the table to which they refer may
 * be renamed too.
 */
static void
write_children(const SignatureWriter *writer, StringInfo out)
{
	MhChildren columns = mh_children_of(&writer->children, writer->self->name, MH_TYPE_COLUMN);
	MhChildren constraints =
		mh_children_of(&writer->children, writer->self->name, MH_TYPE_CONSTRAINT);
	MhStrings texts = {0, NULL};

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < columns.n; i++)
	{
		appendStringInfo(out, "\ncolumn %s", mh_local_name(columns.v[i]->name));
		write_attributes(writer, columns.v[i], writer->self->name, out);
	}
	for (int i = 0; i < constraints.n; i++)
	{
		const char *kind = mh_attribute(constraints.v[i], MH_ATTR_KIND);
		StringInfoData text;

		if (kind != NULL && strcmp(kind, MH_CONSTRAINT_FOREIGN_KEY) == 0)
			continue;
		initStringInfo(&text);
		write_attributes(writer, constraints.v[i], writer->self->name, &text);
		mh_strings_add(&texts, text.data);
		pfree(text.data);
	}
	if (texts.n > 1)
		qsort(texts.v, texts.n, sizeof(char *), compare_texts);
	for (int i = 0; i < texts.n; i++)
		appendStringInfo(out, "\nconstraint%s", texts.v[i]);
}

/*
 * Writes the signature, beginning with type and place, because an object elsewhere is another one.
 */
static char *
write_signature(SignatureWriter *writer, const MhItem *item)
{
	const MhDefinition *definition = item->definition;
	const char *local = mh_local_name(item->name);
	StringInfoData out;

	initStringInfo(&out);
	writer->self = definition;
	appendStringInfo(&out, "%s in ", definition->type);
	appendBinaryStringInfo(&out, item->name, local - item->name);
	appendStringInfo(&out, " of %s", item->parent == NULL ? "" : item->parent);
	write_attributes(writer, definition, item->parent, &out);
	if (is_kind_of_table(definition->type))
		write_children(writer, &out);
	return out.data;
}

/*
 * Returns whether the signature is specific enough.  All empty tables, views and schemas are alike.
 */
static bool
says_enough(const SignatureWriter *writer, const MhDefinition *definition)
{
	if (is_kind_of_table(definition->type))
		return mh_children_of(&writer->children, definition->name, MH_TYPE_COLUMN).n > 0;
	return true;
}

static bool
is_candidate(const MhItem *item)
{
	return item->mate == NULL && !item->is_suppressed && can_be_renamed(item->definition->type);
}

static int
write_side(Signature *signatures, SignatureWriter *writer, MhItems *items, bool is_expected)
{
	int n = 0;

	for (int i = 0; i < items->n; i++)
	{
		MhItem *item = &items->v[i];

		if (!is_candidate(item) || !says_enough(writer, item->definition))
			continue;
		signatures[n].text = write_signature(writer, item);
		signatures[n].item = item;
		signatures[n++].is_expected = is_expected;
	}
	return n;
}

static int
count_candidates(const MhItems *items)
{
	int n = 0;

	for (int i = 0; i < items->n; i++)
		n += is_candidate(&items->v[i]);
	return n;
}

static int
compare_signatures(const void *left, const void *right)
{
	const Signature *a = left;
	const Signature *b = right;
	int order = strcmp(a->text, b->text);

	return order != 0 ? order : b->is_expected - a->is_expected;
}

/* A column of a table, by the name that the expected side uses. */
typedef struct Column
{
	const char *name;
	int place;
	bool is_common; /* both sides have it */
} Column;

/* The columns of one side of a table. */
typedef struct Columns
{
	MhStrings names; /* as this side has them, in order */
	Column *v;       /* in order */
	Column *by_name; /* the same by own name, for bsearch */
} Columns;

/*
 * Renames that were found in earlier rounds, and the table whose columns were looked at last.
 * Signatures of the columns of a table follow each other.
 */
typedef struct Places
{
	MhRenames known;
	const char *left_table; /* NULL: none yet */
	const char *right_table;
	Columns left;
	Columns right;
} Places;

static int
compare_columns(const void *left, const void *right)
{
	return strcmp(((const Column *) left)->name, ((const Column *) right)->name);
}

/* Returns the column, or the place behind the last one. */
static int
find_column(const Columns *columns, const char *name)
{
	Column key = {name, 0, false};
	const Column *found = NULL;

	if (columns->names.n > 0)
		found = bsearch(&key, columns->by_name, columns->names.n, sizeof(Column), compare_columns);
	return found == NULL ? columns->names.n : found->place;
}

static void
read_columns(const MhDefinitions *set, const char *relation, Columns *columns)
{
	const MhDefinition *table = mh_definitions_find(set, MH_TYPE_TABLE, relation);
	const char *order = table == NULL ? NULL : mh_attribute(table, MH_ATTR_COLUMN_ORDER);
	size_t size;

	columns->names = mh_split_list(order == NULL ? "" : order);
	size = Max(columns->names.n, 1) * sizeof(Column);
	columns->v = palloc(size);
	columns->by_name = palloc(size);
	for (int i = 0; i < columns->names.n; i++)
		columns->v[i] = columns->by_name[i] = (Column){columns->names.v[i], i, false};
	if (columns->names.n > 1)
		qsort(columns->by_name, columns->names.n, sizeof(Column), compare_columns);
}

static void
free_columns(Columns *columns)
{
	mh_strings_free(&columns->names);
	pfree(columns->v);
	pfree(columns->by_name);
}

static void
forget_table(Places *places)
{
	if (places->left_table == NULL)
		return;
	free_columns(&places->left);
	free_columns(&places->right);
	places->left_table = NULL;
}

static void
look_at_table(const MhPairing *pairing, Places *places, const MhItem *expected,
			  const MhItem *actual)
{
	if (places->left_table != NULL &&
		strcmp(places->left_table, expected->definition->parent) == 0 &&
		strcmp(places->right_table, actual->definition->parent) == 0)
		return;
	MH_CHECK_INTERRUPTS();
	forget_table(places);
	places->left_table = expected->definition->parent;
	places->right_table = actual->definition->parent;
	read_columns(pairing->expected_set, places->left_table, &places->left);
	read_columns(pairing->actual_set, places->right_table, &places->right);
	for (int i = 0; i < places->right.names.n; i++)
	{
		Column *column = &places->right.v[i];
		int place;

		column->name = mh_renames_column(&places->known, column->name, expected->parent);
		place = find_column(&places->left, column->name);
		if (place == places->left.names.n)
			continue;
		column->is_common = places->left.v[place].is_common = true;
	}
}

/* Of the columns before this place that both sides have, the last; NULL: none. */
static const char *
predecessor(const Columns *columns, int place)
{
	while (--place >= 0)
		if (columns->v[place].is_common)
			return columns->v[place].name;
	return NULL;
}

/* Marks a renamed column, so that those behind it have it before them. */
static void
mark_common(Columns *columns, int place, const char *name)
{
	if (place == columns->names.n)
		return;
	columns->v[place].name = name;
	columns->v[place].is_common = true;
}

/* A renamed column stays behind the same one; what is added comes last. */
static bool
keeps_place(const MhPairing *pairing, Places *places, const MhItem *expected, const MhItem *actual)
{
	const char *name = mh_local_name(expected->definition->name);
	const char *before_left;
	const char *before_right;
	int left;
	int right;

	if (strcmp(expected->definition->type, MH_TYPE_COLUMN) != 0)
		return true;
	look_at_table(pairing, places, expected, actual);
	left = find_column(&places->left, name);
	right = find_column(&places->right, mh_local_name(actual->definition->name));
	before_left = predecessor(&places->left, left);
	before_right = predecessor(&places->right, right);
	if (before_left != before_right &&
		(before_left == NULL || before_right == NULL || strcmp(before_left, before_right) != 0))
		return false;
	mark_common(&places->left, left, name);
	mark_common(&places->right, right, name);
	return true;
}

static int
match_signatures(MhPairing *pairing, Signature *signatures, int n)
{
	Places places = {pairing->renames};
	int found = 0;
	int end;

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < n; i = end)
	{
		for (end = i + 1; end < n && strcmp(signatures[end].text, signatures[i].text) == 0;)
			end++;
		if (end - i != 2 || !signatures[i].is_expected || signatures[i + 1].is_expected ||
			!keeps_place(pairing, &places, signatures[i].item, signatures[i + 1].item))
			continue;
		mh_renames_add(pairing, signatures[i].item, signatures[i + 1].item);
		signatures[i + 1].item->name = signatures[i].item->name;
		signatures[i + 1].item->is_renamed = true;
		found++;
	}
	forget_table(&places);
	return found;
}

int
mh_detect_renames(MhPairing *pairing)
{
	int expected = count_candidates(&pairing->expected);
	int actual = count_candidates(&pairing->actual);
	SignatureWriter writer = {NULL, NULL, {0, NULL}};
	Signature *signatures;
	int found;
	int n;

	if (expected == 0 || actual == 0)
		return 0;
	signatures = palloc((expected + actual) * sizeof(Signature));
	mh_children_order(&writer.children, pairing->expected_set);
	n = write_side(signatures, &writer, &pairing->expected, true);
	pfree(writer.children.v);
	mh_children_order(&writer.children, pairing->actual_set);
	writer.renames = &pairing->renames;
	n += write_side(signatures + n, &writer, &pairing->actual, false);
	pfree(writer.children.v);
	if (n > 1)
		qsort(signatures, n, sizeof(Signature), compare_signatures);
	found = match_signatures(pairing, signatures, n);
	for (int i = 0; i < n; i++)
		pfree(signatures[i].text);
	pfree(signatures);
	return found;
}
