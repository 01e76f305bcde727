/*
 * Parses the files whose names it reads from its input, one a line, and prints
 * one line of JSON for each: the values, or the error.  For comparing the parser
 * with other readers of Python; see script_parser_oracle.py.
 */
#include "core/script/script.h"

#include <stdio.h>
#include <sys/stat.h>

static void
print_string(const char *value)
{
	if (value == NULL)
	{
		fputs("null", stdout);
		return;
	}
	putchar('"');
	for (const unsigned char *c = (const unsigned char *) value; *c != '\0'; c++)
	{
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < ' ')
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
	putchar('"');
}

static void
print_list(const char *name, const MhStrings *list)
{
	printf(", \"%s\": [", name);
	for (int i = 0; i < list->n; i++)
	{
		fputs(i > 0 ? ", " : "", stdout);
		print_string(list->v[i]);
	}
	putchar(']');
}

static void
print_member(const char *name, const char *value)
{
	printf(", \"%s\": ", name);
	print_string(value);
}

static void
print_result(bool parsed, const MhScript *script, const MhError *err, const char *encoding)
{
	printf("{\"ok\": %s", parsed ? "true" : "false");
	print_member("encoding", encoding);
	if (parsed)
	{
		print_member("revision", script->revision);
		print_list("down_revision", &script->down_revision);
		print_list("depends_on", &script->depends_on);
		print_list("branch_labels", &script->branch_labels);
		print_member("message", script->message);
		print_member("create_date", script->create_date);
	}
	else
	{
		print_member("sqlstate", err->sqlstate);
		print_member("error", err->message);
		print_member("detail", err->detail);
		print_member("hint", err->hint);
	}
	puts("}");
}

static char *
read_file(const char *name, size_t *length)
{
	FILE *file = fopen(name, "rb");
	struct stat info;
	char *content;

	if (file == NULL || fstat(fileno(file), &info) != 0)
	{
		perror(name);
		exit(2);
	}
	/* Exactly as large as the file, so that a sanitizer sees reads behind it. */
	content = malloc(info.st_size > 0 ? info.st_size : 1);
	*length = fread(content, 1, info.st_size, file);
	fclose(file);
	return content;
}

int
main(void)
{
	char name[4096];

	while (fgets(name, sizeof(name), stdin) != NULL)
	{
		MhError err = MH_NO_ERROR;
		MhScript script;
		size_t length;
		char *content;
		bool parsed;

		name[strcspn(name, "\n")] = '\0';
		content = read_file(name, &length);
		parsed = mh_script_parse(content, length, name, &script, &err);
		print_result(parsed, &script, &err, mh_script_encoding(content, length));
		free(content);
	}
	return 0;
}
