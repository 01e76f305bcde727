/*-------------------------------------------------------------------------
 *
 * annotations.c
 *	  Reviews in the forms that GitHub and GitLab show beside the lines of a file.
 *
 * Where the script came from standard input, the file is that of the revision, if the database
 * knows it; its line is not known then.
 *
 *-------------------------------------------------------------------------
 */
#include "client/review.h"

static const char *
path_of(const MhReview *review, const MhEffect *effect)
{
	return review->path != NULL ? review->path : effect->file_name;
}

static int
line_of(const MhReview *review, const MhEffect *effect)
{
	return review->path != NULL && *effect->line != '\0' ? atoi(effect->line) : 1;
}

/* What happens, as one text. */
static char *
text_of(const MhEffect *effect)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, effect->code);
	if (*effect->object != '\0')
		appendStringInfo(&text, " on %s", mh_review_object(effect));
	if (*effect->sqlstate != '\0')
		appendStringInfo(&text, " (%s)", effect->sqlstate);
	if (*effect->detail != '\0')
		appendStringInfo(&text, ": %s", effect->detail);
	return text.data;
}

/* ---------- GitHub ---------- */

/* A workflow command is one line; in its properties ":" and "," end a value. */
static void
append_escaped(StringInfo line, const char *text, bool is_property)
{
	for (char *safe = mh_safe_text(text, true); *safe != '\0'; safe++)
	{
		if (*safe == '%' || *safe == '\n' || (is_property && (*safe == ':' || *safe == ',')))
			appendStringInfo(line, "%%%02X", (unsigned char) *safe);
		else
			appendStringInfoChar(line, *safe);
	}
}

static void
print_command(const MhReview *review, const MhEffect *effect)
{
	static const char *const commands[] = {"notice", "warning", "error"};
	const char *path = path_of(review, effect);
	StringInfoData line;

	initStringInfo(&line);
	appendStringInfo(&line, "::%s ", commands[effect->severity]);
	if (*path != '\0')
	{
		appendStringInfoString(&line, "file=");
		append_escaped(&line, path, true);
		appendStringInfo(&line, ",line=%d,", line_of(review, effect));
	}
	appendStringInfoString(&line, "title=mighead ");
	append_escaped(&line, effect->code, true);
	appendStringInfoString(&line, "::");
	append_escaped(&line, text_of(effect), false);
	if (*effect->hint != '\0')
		append_escaped(&line, psprintf("\nhint: %s", effect->hint), false);
	puts(line.data);
	pfree(line.data);
}

void
mh_review_print_github(const MhReview *review)
{
	for (int i = 0; i < review->n; i++)
		print_command(review, &review->effects[i]);
}

/* ---------- GitLab ---------- */

static void
put_issue(StringInfo json, const MhReview *review, const MhEffect *effect)
{
	static const char *const severities[] = {"info", "major", "critical"};
	const char *path = path_of(review, effect);

	appendStringInfoString(json, "{\"description\": ");
	mh_json_quote(json, text_of(effect));
	appendStringInfoString(json, ", \"check_name\": ");
	mh_json_quote(json, effect->code);
	appendStringInfoString(json, ", \"fingerprint\": ");
	mh_json_quote(json, effect->fingerprint);
	appendStringInfo(
		json, ", \"severity\": \"%s\", \"location\": {\"path\": ", severities[effect->severity]);
	/* the report has to name some file */
	mh_json_quote(json, *path == '\0' ? "migration.sql" : path);
	appendStringInfo(json, ", \"lines\": {\"begin\": %d}}}", line_of(review, effect));
}

void
mh_review_print_gitlab(const MhReview *review)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < review->n; i++)
	{
		appendStringInfo(&json, "%s\n  ", i > 0 ? "," : "");
		put_issue(&json, review, &review->effects[i]);
	}
	appendStringInfoString(&json, "\n]");
	mh_json_print(json.data);
}
