/*
 * repair_cli.c
 *	  repair_cli EXPECTED ACTUAL HOME OWNER: the differences of two sets of definitions,
 *	  each a file with the rows of mighead_definitions() as COPY writes them.
 *
 * A line for each difference: severity, kind, type, name, attribute, expected, actual, reason and fix,
 * as COPY writes them.
 */
#include "core/fix/fix.h"
#include "core/base/relative_names.h"

#include <stdio.h>

static char *
read_file(const char *name)
{
	StringInfoData text;
	char piece[8192];
	size_t n;
	FILE *file = fopen(name, "r");

	if (file == NULL)
	{
		perror(name);
		exit(2);
	}
	initStringInfo(&text);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		appendBinaryStringInfo(&text, piece, n);
	fclose(file);
	return text.data;
}

/* The field at *text, without its escapes; NULL for \N.  Moves behind it. */
static char *
read_field(char **text)
{
	char *start = *text;
	char *to = start;
	char *from = start;
	bool is_null = strncmp(start, "\\N", 2) == 0;

	while (*from != '\0' && *from != '\t' && *from != '\n')
	{
		if (*from == '\\' && from[1] != '\0')
		{
			from++;
			*to++ = *from == 'n' ? '\n' : *from == 't' ? '\t' : *from == 'r' ? '\r' : *from;
			from++;
		}
		else
			*to++ = *from++;
	}
	*text = *from == '\0' ? from : from + 1;
	*to = '\0';
	return is_null ? NULL : start;
}

static MhDefinitions *
read_set(const char *name)
{
	MhDefinitions *set = palloc0(sizeof(MhDefinitions));
	MhDefinition *last = NULL;
	char *text = read_file(name);

	set->deparser = MH_DEPARSER_16;
	while (*text != '\0')
	{
		char *type = read_field(&text);
		char *object = read_field(&text);
		char *parent = read_field(&text);
		char *attribute = read_field(&text);
		char *value = read_field(&text);

		if (attribute != NULL &&
			(strcmp(attribute, "busy") == 0 || strcmp(attribute, "unmodelled") == 0))
		{
			mh_unread_add(set, attribute, type, object, value);
			continue;
		}
		if (last == NULL || strcmp(last->type, type) != 0 || strcmp(last->name, object) != 0)
			last = mh_definition_add(set, type, object, parent);
		mh_attribute_add(last, attribute, value);
	}
	for (int i = 0; i < set->n; i++)
		mh_definition_finish(&set->v[i]);
	mh_definitions_sort(set);
	return set;
}

static void
write_field(const char *value, char end)
{
	if (value == NULL)
		fputs("\\N", stdout);
	for (; value != NULL && *value != '\0'; value++)
	{
		if (*value == '\n')
			fputs("\\n", stdout);
		else if (*value == '\t')
			fputs("\\t", stdout);
		else if (*value == '\\')
			fputs("\\\\", stdout);
		else
			putchar(*value);
	}
	putchar(end);
}

int
main(int argc, char **argv)
{
	MhDefinitions *expected;
	MhDefinitions *actual;
	MhDifferences *differences;

	if (argc != 5)
		return 2;
	expected = read_set(argv[1]);
	actual = read_set(argv[2]);
	differences = mh_compare(expected, actual);
	mh_repair(differences, expected, actual);
	for (int i = 0; i < differences->n; i++)
	{
		MhDifference *one = &differences->v[i];
		char *fix =
			one->fix == NULL ? NULL : mh_with_owner(mh_absolute(one->fix, argv[3]), argv[4]);

		printf("%d\t", one->severity);
		write_field(mh_difference_kind_name(one->kind), '\t');
		write_field(one->type, '\t');
		write_field(one->name, '\t');
		write_field(one->attribute, '\t');
		write_field(one->expected, '\t');
		write_field(one->actual, '\t');
		write_field(one->reason, '\t');
		write_field(fix, '\n');
	}
	return 0;
}
