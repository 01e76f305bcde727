/*-------------------------------------------------------------------------
 *
 * draw.c
 *	  The words of a drawing, shared by the terminal, dot and Mermaid.
 *
 * All text is UTF-8; the entry points convert from the server's encoding.
 * Ids, labels and messages come from files and tables that anybody may have
 * written, so whatever reaches a terminal goes through mh_draw_safe or
 * mh_short_message first.
 *
 *-------------------------------------------------------------------------
 */
#include "core/draw/draw_private.h"

#include "mb/pg_wchar.h"

#define REPLACEMENT '?'
#define ELLIPSIS "..."

/* Nearly every text is printable ASCII from its first character to its last. */
static const char *
skip_plain(const char *string, const char *end)
{
	while (string < end && *string >= ' ' && *string <= '~')
		string++;
	return string;
}

/* Invalid bytes are kept: they are text in a database without an encoding. */
static void
append_safe(StringInfo buf, const char *string, const char *end)
{
	while (string < end)
	{
		const char *next = skip_plain(string, end);
		uint32 code = ' ';

		if (next == string)
			next += mh_decode_char(string, end, &code);
		if (mh_is_unsafe_char(code))
			appendStringInfoChar(buf, REPLACEMENT);
		else
			appendBinaryStringInfo(buf, string, next - string);
		string = next;
	}
}

char *
mh_draw_safe(const char *string)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_safe(&buf, string, string + strlen(string));
	return buf.data;
}

char *
mh_short_message(const char *message)
{
	const char *blank_line = strstr(message, "\n\n");
	const char *end = blank_line ? blank_line : message + strlen(message);
	StringInfoData buf;

	if (skip_plain(message, end) == end && (end == message || end[-1] != ' '))
		return pnstrdup(message, end - message);
	initStringInfo(&buf);
	while (message < end)
	{
		size_t plain = strcspn(message, "\t\n\v\f\r");

		plain = Min(plain, (size_t) (end - message));
		append_safe(&buf, message, message + plain);
		message += plain;
		if (message == end)
			break;
		/* The two characters of one line end make one blank. */
		message += (message[0] == '\r' && message[1] == '\n') ? 2 : 1;
		appendStringInfoChar(&buf, ' ');
	}
	while (buf.len > 0 && buf.data[buf.len - 1] == ' ')
		buf.data[--buf.len] = '\0';
	return buf.data;
}

const MhMarks *
mh_draw_given(const MhMarks *marks)
{
	static const MhMarks none = {NULL, NULL, {0, NULL}};

	return marks != NULL ? marks : &none;
}

static void
draw_marks(StringInfo buf, const MhGraph *graph, int node, const MhMarks *marks)
{
	const MhNode *revision = &graph->nodes[node];

	if (revision->labels.n > 0)
		appendStringInfo(buf, " (%s)", mh_draw_safe(mh_strings_join(&revision->labels, ", ")));
	if (revision->is_real_head)
		appendStringInfoString(buf, " (head)");
	else if (revision->is_head)
		appendStringInfoString(buf, " (effective head)");

	/* A current revision is applied: saying both would only fill the line. */
	if (marks->is_current != NULL && marks->is_current[node])
		appendStringInfoString(buf, " (current)");
	else if (marks->applied != NULL)
		appendStringInfoString(buf, marks->applied[node] ? " (applied)" : " (pending)");

	if (revision->is_branch_point)
		appendStringInfoString(buf, " (branchpoint)");
	if (revision->is_merge_point)
		appendStringInfoString(buf, " (mergepoint)");
}

char *
mh_draw_title(const MhGraph *graph, int node, const MhMarks *marks)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, mh_draw_safe(graph->nodes[node].id));
	draw_marks(&buf, graph, node, marks);
	return buf.data;
}

/* Appends what fits of a string that does not fit as a whole. */
static void
append_start(StringInfo buf, const char *string, int room)
{
	const char *end = string + strlen(string);

	MH_CHECK_INTERRUPTS();
	while (string < end)
	{
		uint32 code;
		int length = mh_decode_char(string, end, &code);

		room -= mh_char_width(string, code);
		if (room < 0)
			break;
		appendBinaryStringInfo(buf, string, length);
		string += length;
	}
}

char *
mh_draw_message(const MhGraph *graph, int node, int room)
{
	char *message = mh_short_message(graph->nodes[node].script->message);
	StringInfoData buf;

	if (mh_display_width(message) <= room)
		return message;
	initStringInfo(&buf);
	if (room > (int) strlen(ELLIPSIS))
	{
		append_start(&buf, message, room - strlen(ELLIPSIS));
		appendStringInfoString(&buf, ELLIPSIS);
	}
	return buf.data;
}

bool *
mh_draw_members(const MhGraph *graph, const MhNodes *nodes)
{
	bool *members = palloc0(Max(graph->n, 1) * sizeof(bool));

	for (int i = 0; i < nodes->n; i++)
		members[nodes->v[i]] = true;
	return members;
}

bool
mh_draw_repeats(const MhNodes *list, int i)
{
	for (int j = 0; j < i; j++)
		if (list->v[j] == list->v[i])
			return true;
	return false;
}

bool
mh_draw_leaves(const MhNodes *list, const bool *members)
{
	for (int i = 0; i < list->n; i++)
		if (!members[list->v[i]])
			return true;
	return false;
}
