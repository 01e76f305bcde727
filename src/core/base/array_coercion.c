/*-------------------------------------------------------------------------
 *
 * array_coercion.c
 *	  Finds and rewrites coercions of arrays in deparsed SQL.
 *
 * One pass matches brackets and quotes, a second writes.  So the time is linear however deep the
 * text nests, and nothing recurses.  The memory is an int for each byte, a frame for each open
 * array, and the result.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/array_coercion.h"

#define START "(ARRAY["
#define START_LENGTH 7
#define ARRAY "ARRAY["
#define ARRAY_LENGTH 6

#define NO_PARTNER (-1)

/* Longer texts stay as they are: nobody writes them, and palloc() has its limit. */
#define MAX_LENGTH (64 * 1024 * 1024)

/* An array whose coercion is being written into its elements. */
typedef struct Frame
{
	int close;      /* position of its closing bracket */
	int resume;     /* where the text goes on behind it */
	int type_start; /* the type of each element */
	int type_length;
	int depth;   /* of brackets that are open in the element */
	bool starts; /* the element begins at the next character that is no space */
	bool opened; /* was a "(" written before the element? */
} Frame;

typedef struct Fold
{
	const char *text;
	int length;
	int *partners; /* of an opening bracket or quote: position of the closing one */
	Frame *frames;
	int n_frames;
	int capacity;
	StringInfoData result;
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

static bool
is_opening(char c)
{
	return c == '(' || c == '[';
}

static bool
is_closing(char c)
{
	return c == ')' || c == ']';
}

/* While a bracket is open, its partner is the open one around it: this is the stack. */
static void
find_partners(Fold *fold)
{
	int *partners = fold->partners;
	int open = NO_PARTNER;
	int outer;

	for (int i = 0; i < fold->length; i++)
	{
		char c = fold->text[i];

		MH_CHECK_INTERRUPTS();
		partners[i] = NO_PARTNER;
		if (c == '\'' || c == '"')
		{
			int end = end_of_quoted(fold, i);

			partners[i] = end;
			i = end;
		}
		else if (is_opening(c))
		{
			partners[i] = open;
			open = i;
		}
		else if (is_closing(c) && open != NO_PARTNER)
		{
			outer = partners[open];
			partners[open] = i;
			open = outer;
		}
	}
	for (; open != NO_PARTNER; open = outer)
	{
		outer = partners[open];
		partners[open] = NO_PARTNER;
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
		if ((c == '"' || c == '(') && fold->partners[i] > i)
			i = fold->partners[i] + 1;
		else if (is_identifier_character(c) || c == '.' ||
				 (c == ' ' && continues_type(fold->text + i + 1)))
			i++;
		else
			return -1;
	}
	return -1;
}

/* Writes the start of an array; returns the position behind its bracket. */
static int
enter_array(Fold *fold, int bracket, int resume, int type_start, int type_length)
{
	Frame frame = {fold->partners[bracket], resume, type_start, type_length, 0, true, false};

	if (fold->frames == NULL)
	{
		fold->capacity = 8;
		fold->frames = palloc(fold->capacity * sizeof(Frame));
	}
	else if (fold->n_frames == fold->capacity)
	{
		fold->capacity *= 2;
		fold->frames = repalloc(fold->frames, fold->capacity * sizeof(Frame));
	}
	fold->frames[fold->n_frames++] = frame;
	appendStringInfoString(&fold->result, ARRAY);
	return bracket + 1;
}

/* If an array that is coerced as a whole begins at i, enters it; else returns -1. */
static int
enter_coerced(Fold *fold, int i)
{
	int bracket = i + START_LENGTH - 1;
	int close;
	int type_end;

	if (strncmp(fold->text + i, START, START_LENGTH) != 0 ||
		(i > 0 && is_identifier_character(fold->text[i - 1])))
		return -1;
	close = fold->partners[bracket];
	if (close <= bracket + 1 || fold->partners[i] != close + 1 ||
		strncmp(fold->text + close + 2, "::", 2) != 0)
		return -1;
	type_end = end_of_element_type(fold, close + 4);
	return type_end < 0 ? -1
						: enter_array(fold, bracket, type_end + 2, close + 4, type_end - close - 4);
}

/* Is the element that begins at i an array itself? Then its elements get the type. */
static bool
is_array(const Fold *fold, const Frame *frame, int i)
{
	int bracket = i + ARRAY_LENGTH - 1;
	int close;

	if (strncmp(fold->text + i, ARRAY, ARRAY_LENGTH) != 0)
		return false;
	close = fold->partners[bracket];
	return close > bracket + 1 && (close + 1 == frame->close || fold->text[close + 1] == ',');
}

/* Opens the element; returns where to go on if it is an array that was entered, else -1. */
static int
begin_element(Fold *fold, Frame *frame, int i)
{
	int bracket = i + ARRAY_LENGTH - 1;

	frame->starts = false;
	if (is_array(fold, frame, i))
		return enter_array(fold, bracket, fold->partners[bracket] + 1, frame->type_start,
						   frame->type_length);
	appendStringInfoChar(&fold->result, '(');
	frame->opened = true;
	return -1;
}

/* Ends the element at a comma or at the end of its array; returns where to go on. */
static int
end_element(Fold *fold, Frame *frame, int i)
{
	if (frame->opened)
		appendStringInfo(&fold->result, ")::%.*s", frame->type_length,
						 fold->text + frame->type_start);
	frame->opened = false;
	frame->starts = true;
	appendStringInfoChar(&fold->result, fold->text[i]);
	if (i != frame->close)
		return i + 1;
	fold->n_frames--;
	return frame->resume;
}

/* Writes what stands at i; returns where to go on. */
static int
write_next(Fold *fold, int i)
{
	char c = fold->text[i];
	Frame *frame = fold->n_frames == 0 ? NULL : &fold->frames[fold->n_frames - 1];
	int next = -1;

	if (frame != NULL && frame->starts && c != ' ' && c != '\n')
		next = begin_element(fold, frame, i);
	if (next < 0 && frame != NULL && (i == frame->close || (c == ',' && frame->depth == 0)))
		next = end_element(fold, frame, i);
	if (next < 0)
		next = enter_coerced(fold, i);
	if (next >= 0)
		return next;
	if (frame != NULL)
		frame->depth += is_opening(c) ? 1 : is_closing(c) ? -1 : 0;
	next = c == '\'' || c == '"' ? fold->partners[i] + 1 : i + 1;
	appendBinaryStringInfo(&fold->result, fold->text + i, next - i);
	return next;
}

const char *
mh_fold_array_coercions(const char *text)
{
	Fold fold = {text};
	int i = 0;

	if (strstr(text, START) == NULL || strlen(text) > MAX_LENGTH)
		return text;
	fold.length = strlen(text);
	fold.partners = palloc(fold.length * sizeof(int));
	find_partners(&fold);
	initStringInfo(&fold.result);
	while (i < fold.length)
	{
		MH_CHECK_INTERRUPTS();
		i = write_next(&fold, i);
	}
	pfree(fold.partners);
	if (fold.frames != NULL)
		pfree(fold.frames);
	return fold.result.data;
}
