/*-------------------------------------------------------------------------
 *
 * array_coercion.c
 *	  Where deparsed SQL writes the coercion of an array.
 *
 * One pass finds what belongs together (brackets, quotes), a second notes for each
 * array what to insert and leave out, a third writes.  So the time is linear however
 * deep the text nests, and nothing recurses.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/array_coercion.h"

#define START "(ARRAY["
#define START_LENGTH 7
#define ARRAY "ARRAY["
#define ARRAY_LENGTH 6

/* What to do at one position of the text. */
typedef struct Edit
{
	int partner;     /* of an opening bracket or quote: the closing one; else -1 */
	int skip_to;     /* leave out up to here; 0: nothing */
	int type_start;  /* insert ")::" and the type that stands there ... */
	int type_length; /* ... and is so long; 0: nothing */
	bool opens;      /* insert "(", after that */
} Edit;

typedef struct Fold
{
	const char *text;
	int length;
	Edit *edits; /* length + 1 */
	int *stack;  /* of positions; room for length */
} Fold;

static bool
is_identifier_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		   c == '$' || (unsigned char) c >= 0x80;
}

/* Position of the quote that ends what begins at i; doubled ones belong to it. */
static int
end_of_quoted(const Fold *fold, int i)
{
	char quote = fold->text[i];
	bool escapes = quote == '\'' && i > 0 && fold->text[i - 1] == 'E' &&
				   (i == 1 || !is_identifier_character(fold->text[i - 2]));

	for (i++; i < fold->length; i++)
	{
		if ((escapes && fold->text[i] == '\\') ||
			(fold->text[i] == quote && fold->text[i + 1] == quote))
			i++;
		else if (fold->text[i] == quote)
			return i;
	}
	return fold->length - 1;
}

static void
find_partners(Fold *fold)
{
	int depth = 0;

	for (int i = 0; i < fold->length; i++)
	{
		char c = fold->text[i];

		MH_CHECK_INTERRUPTS();
		if (c == '\'' || c == '"')
			i = fold->edits[i].partner = end_of_quoted(fold, i);
		else if (c == '(' || c == '[')
			fold->stack[depth++] = i;
		else if ((c == ')' || c == ']') && depth > 0)
			fold->edits[fold->stack[--depth]].partner = i;
	}
}

/* Does a word stand here that a type's name may have after a space? */
static bool
continues_type(const char *text)
{
	static const char *const words[] = {"varying", "precision", "with", "without", "time", "zone"};

	for (int i = 0; i < (int) lengthof(words); i++)
	{
		int length = strlen(words[i]);

		if (strncmp(text, words[i], length) == 0 && !is_identifier_character(text[length]))
			return true;
	}
	return false;
}

/* Position of the "[]" at the end of the type that begins at i; -1: no array type. */
static int
end_of_element_type(const Fold *fold, int i)
{
	while (i < fold->length)
	{
		char c = fold->text[i];

		if (c == '[')
			return fold->text[i + 1] == ']' ? i : -1;
		if ((c == '"' || c == '(') && fold->edits[i].partner > i)
			i = fold->edits[i].partner + 1;
		else if (is_identifier_character(c) || c == '.' ||
				 (c == ' ' && continues_type(fold->text + i + 1)))
			i++;
		else
			return -1;
	}
	return -1;
}

static int
skip_spaces(const Fold *fold, int i)
{
	while (fold->text[i] == ' ' || fold->text[i] == '\n')
		i++;
	return i;
}

/* An element, from start to before end; returns its bracket if it is an array itself. */
static int
coerce_element(Fold *fold, int start, int end, int type_start, int type_length)
{
	int bracket = start + ARRAY_LENGTH - 1;

	if (strncmp(fold->text + start, ARRAY, ARRAY_LENGTH) == 0 &&
		fold->edits[bracket].partner == end - 1 && end - 1 > bracket + 1)
		return bracket;
	fold->edits[start].opens = true;
	fold->edits[end].type_start = type_start;
	fold->edits[end].type_length = type_length;
	return -1;
}

/* Coerces every element of the array with this bracket, of arrays in it their elements. */
static void
coerce_elements(Fold *fold, int bracket, int type_start, int type_length)
{
	int waiting = 0;

	fold->stack[waiting++] = bracket;
	while (waiting > 0)
	{
		int open = fold->stack[--waiting];
		int close = fold->edits[open].partner;
		int start = skip_spaces(fold, open + 1);

		MH_CHECK_INTERRUPTS();
		for (int i = start; i <= close; i++)
		{
			int inner;

			if (i < close && fold->edits[i].partner > i)
				i = fold->edits[i].partner;
			else if (i == close || fold->text[i] == ',')
			{
				inner = coerce_element(fold, start, i, type_start, type_length);
				if (inner >= 0)
					fold->stack[waiting++] = inner;
				start = skip_spaces(fold, i + 1);
			}
		}
	}
}

/* If an array that is coerced as a whole begins at i, notes what to do with it. */
static void
fold_array(Fold *fold, int i)
{
	int bracket = i + START_LENGTH - 1;
	int close = fold->edits[bracket].partner;
	int type_end;

	if ((i > 0 && is_identifier_character(fold->text[i - 1])) || close <= bracket + 1 ||
		fold->edits[i].partner != close + 1 || strncmp(fold->text + close + 2, "::", 2) != 0)
		return;
	type_end = end_of_element_type(fold, close + 4);
	if (type_end < 0)
		return;
	fold->edits[i].skip_to = i + 1;
	fold->edits[close + 1].skip_to = type_end + 2;
	coerce_elements(fold, bracket, close + 4, type_end - close - 4);
}

static char *
write_folded(const Fold *fold)
{
	StringInfoData result;
	int i = 0;

	initStringInfo(&result);
	while (i < fold->length)
	{
		const Edit *edit = &fold->edits[i];

		MH_CHECK_INTERRUPTS();
		if (edit->type_length > 0)
			appendStringInfo(&result, ")::%.*s", edit->type_length, fold->text + edit->type_start);
		if (edit->opens)
			appendStringInfoChar(&result, '(');
		if (edit->skip_to > 0)
			i = edit->skip_to;
		else
			appendStringInfoChar(&result, fold->text[i++]);
	}
	return result.data;
}

const char *
mh_fold_array_coercions(const char *text)
{
	Fold fold;
	char *result;

	if (strstr(text, START) == NULL)
		return text;
	fold.text = text;
	fold.length = strlen(text);
	fold.edits = palloc0((fold.length + 1) * sizeof(Edit));
	fold.stack = palloc(fold.length * sizeof(int));
	for (int i = 0; i <= fold.length; i++)
		fold.edits[i].partner = -1;
	find_partners(&fold);
	for (int i = 0; i < fold.length; i++)
	{
		char c = text[i];

		MH_CHECK_INTERRUPTS();
		if ((c == '\'' || c == '"') && fold.edits[i].partner > i)
			i = fold.edits[i].partner;
		else if (strncmp(text + i, START, START_LENGTH) == 0)
			fold_array(&fold, i);
	}
	result = write_folded(&fold);
	pfree(fold.edits);
	pfree(fold.stack);
	return result;
}
