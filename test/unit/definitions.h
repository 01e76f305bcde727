/*
 * definitions.h
 *	  Sets of definitions out of lines, for the unit tests of what works on them.
 */
#ifndef MIGHEAD_TEST_DEFINITIONS_H
#define MIGHEAD_TEST_DEFINITIONS_H

#include "core/schema/schema.h"

/* Up to the next bar; NULL: the line has ended. */
static inline char *
next_field(const char **line)
{
	const char *start = *line;
	size_t length;

	if (start == NULL)
		return NULL;
	length = strcspn(start, "|");
	*line = start[length] == '\0' ? NULL : start + length + 1;
	return pnstrdup(start, length);
}

/* type|name|parent|attribute=value|...; or !kind|type|name for what is not read */
static inline void
add_line(MhDefinitions *set, const char *line)
{
	char *type = next_field(&line);
	char *name = next_field(&line);
	char *parent = next_field(&line);
	MhDefinition *definition;
	char *field;

	if (type[0] == '!')
	{
		mh_unread_add(set, type + 1, name, parent, NULL);
		return;
	}
	if (parent != NULL && parent[0] == '\0')
		parent = NULL;
	definition = mh_definition_add(set, type, name, parent);
	while ((field = next_field(&line)) != NULL)
	{
		char *equals = strchr(field, '=');

		if (equals == NULL)
			continue;
		*equals = '\0';
		mh_attribute_add(definition, field, equals + 1);
	}
	mh_definition_finish(definition);
}

/* Lines, each with a newline. */
static inline MhDefinitions *
make_set(const char *lines)
{
	MhDefinitions *set = palloc0(sizeof(MhDefinitions));

	set->deparser = MH_DEPARSER_16;
	while (*lines != '\0')
	{
		size_t length = strcspn(lines, "\n");

		add_line(set, pnstrdup(lines, length));
		lines += length + (lines[length] == '\n');
	}
	mh_definitions_sort(set);
	return set;
}

#endif /* MIGHEAD_TEST_DEFINITIONS_H */
