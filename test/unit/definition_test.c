/* Unit tests of src/core/schema. */
#include "core/schema/schema.h"
#include "tap.h"

static MhDefinition *
add_column(MhDefinitions *set, const char *name, const char *type)
{
	MhDefinition *column = mh_definition_add(set, "column", pstrdup(name), pstrdup("$home.t"));

	mh_attribute_add(column, "type", pstrdup(type));
	return column;
}

static void
test_attributes(void)
{
	MhDefinitions set = {0};
	MhDefinition *column = add_column(&set, "$home.t.a", "integer");
	char name[] = "a0";
	bool ordered = true;

	mh_attribute_add(column, "default", NULL);
	ok(column->n == 1, "an attribute without a value is left out");
	for (int i = 0; i < 40; i++)
	{
		name[1] = '0' + (i * 7) % 40;
		mh_attribute_add(column, pstrdup(name), psprintf("%d", i));
	}
	is(mh_attribute(column, "a0"), "0", "an attribute is found before the object is finished");
	ok(mh_definition_finish(column), "an object is finished");
	for (int i = 1; i < column->n; i++)
		ordered &= strcmp(column->attributes[i - 1].name, column->attributes[i].name) < 0;
	ok(ordered && column->n == 41, "attributes are ordered");
	is(mh_attribute(column, "type"), "integer", "an attribute is found afterwards");
	is(mh_attribute(column, "default"), NULL, "what was not added is not found");
}

static void
test_checksums(void)
{
	MhDefinitions set = {0};
	MhDefinitions other = {0};
	MhDefinition *column = add_column(&set, "$home.t.a", "integer");
	MhDefinition *twin = add_column(&other, "$home.t.a", "integer");
	char plain[MH_CHECKSUM_SIZE];
	char first[MH_CHECKSUM_SIZE];
	char second[MH_CHECKSUM_SIZE];

	mh_definition_finish(column);
	/* printf 'column\0$home.t.a\0type\0integer\0' | sha256sum */
	is(column->checksum, "064c3b1c5b0f6032c40b7d2a5e0b453f1d70f9b6863e008d70be0d3d330e7a30",
	   "SHA-256 over the texts, each with a NUL");
	is(column->structure, column->checksum, "a column of structure only has one checksum");
	memcpy(plain, column->checksum, sizeof(plain));
	mh_attribute_add(twin, "comment", pstrdup("the first"));
	mh_definition_finish(twin);
	is(twin->structure, plain, "a comment is no part of the structure");
	ok(strcmp(twin->checksum, plain) != 0, "a comment is part of the checksum");
	mh_attribute_add(twin, "not_null", pstrdup("true"));
	mh_definition_finish(twin);
	ok(strcmp(twin->structure, plain) != 0, "NOT NULL is part of the structure");

	mh_definitions_sort(&set);
	ok(mh_definitions_checksum(&set, first), "a set has a checksum");
	mh_definition_finish(mh_definition_add(&set, "extension", pstrdup("hstore"), NULL));
	mh_definition_finish(mh_definition_add(&set, "publication", pstrdup("p"), NULL));
	mh_definition_finish(mh_definition_add(&set, "default privileges", pstrdup("r: t"), NULL));
	mh_definitions_sort(&set);
	mh_definitions_checksum(&set, second);
	is(second, first, "what belongs to the database or weighs less is no part of it");
	mh_definition_finish(mh_definition_add(&set, "schema", pstrdup("s"), NULL));
	mh_definitions_sort(&set);
	mh_definitions_checksum(&set, second);
	ok(strcmp(second, first) != 0, "the presence of a schema is");
}

static void
test_sets(void)
{
	MhDefinitions set = {0};
	bool found = true;

	ok(mh_definitions_find(&set, "table", "a") == NULL, "an empty set has nothing");
	for (int i = 999; i >= 0; i--)
		mh_definition_add(&set, i % 2 ? "table" : "index", psprintf("$home.t%d", i), NULL);
	add_column(&set, "$home.t1.c", "text");
	add_column(&set, "$home.t1.c", "text");
	mh_definitions_sort(&set);
	ok(set.n == 1001, "what is there twice is kept once");
	for (int i = 0; i < 1000; i++)
	{
		MhDefinition *one =
			mh_definitions_find(&set, i % 2 ? "table" : "index", psprintf("$home.t%d", i));

		found &= one != NULL && strcmp(one->name, psprintf("$home.t%d", i)) == 0;
	}
	ok(found, "every object is found");
	ok(mh_definitions_find(&set, "table", "$home.t2") == NULL, "not one of another type");
	ok(mh_definitions_find(&set, "view", "$home.t2") == NULL, "nor after the last");
	ok(mh_definitions_find(&set, "a", "$home.t2") == NULL, "nor before the first");
}

static void
test_unread(void)
{
	MhDefinitions set = {0};

	for (int i = 9; i >= 0; i--)
		mh_unread_add(&set, "busy", "table", psprintf("$home.t%d", i), NULL);
	mh_unread_add(&set, "unmodelled", "operator", pstrdup("$home.+"), pstrdup("Why."));
	mh_definitions_sort(&set);
	is(set.unread[0].reason, "Why.", "unread objects are ordered by type");
	is(set.unread[1].name, "$home.t0", "and by name");
	is(set.unread[10].name, "$home.t9", "all of them");
}

static void
test_vocabulary(void)
{
	ok(mh_attribute_severity("column", "type") == 2, "a column's type weighs 2");
	ok(mh_attribute_severity("table", "column_order") == 0, "the order of columns 0");
	ok(mh_attribute_severity("table", "owner") == 1, "an owner 1");
	ok(mh_attribute_severity("function", "privileges") == 1, "privileges 1");
	ok(mh_attribute_severity("view", "comment") == 0, "a comment 0");
	ok(mh_attribute_severity("extension", "version") == 0, "an extension's version 0");
	ok(mh_attribute_severity("server", "version") == 2, "a server's version 2");
	ok(mh_attribute_severity("publication", "owner") == 0,
	   "no attribute weighs more than its type");
	ok(mh_type_is_whole("operator") && !mh_type_is_whole("table"), "some are compared as a whole");
	ok(mh_type_severity("operator") == 1, "and tell no revision from another");
	ok(mh_type_severity("table") == 2 && mh_type_severity("publication") == 0, "types weigh too");
	ok(mh_type_is_global("extension") && !mh_type_is_global("table"), "an extension is global");
	ok(mh_attribute_depends_on_deparser("view", "definition"), "a view depends on the deparser");
	ok(!mh_attribute_depends_on_deparser("view", "columns"), "its columns do not");
	ok(!mh_attribute_depends_on_deparser("trigger", "definition"), "a trigger does not");
	ok(!mh_attribute_depends_on_deparser("function", "body"), "a body in a string does not");
}

/* The value of search_path stands in a fix as it is: nothing but names may be in it. */
static void
test_search_path(void)
{
	static const char *const good[] = {"search_path=",
									   "search_path=\"\"",
									   "search_path=$home, pg_temp",
									   "search_path=a,\"B c\"; work_mem=1 MB or so",
									   "search_path=\"x; y\"; work_mem=1 MB",
									   "application_name=a; b; c",
									   "app.name=a;b"};
	static const char *const bad[] = {"search_path=a SECURITY DEFINER",
									  "search_path=a COST 1",
									  "work_mem=1; search_path=a, $x$",
									  "search_path=a,",
									  "search_path=a;b=c",
									  "search_path=a;DROP TABLE t",
									  "a;b",
									  "; work_mem=1"};

	for (size_t i = 0; i < lengthof(good) + lengthof(bad); i++)
	{
		bool is_good = i < lengthof(good);
		const char *value = is_good ? good[i] : bad[i - lengthof(good)];
		MhDefinitions set = {0};
		MhDefinition *function = mh_definition_add(&set, "function", pstrdup("$home.f()"), NULL);

		mh_attribute_add(function, "configuration", pstrdup(value));
		ok((mh_definition_problem(function) == NULL) == is_good, value);
	}
}

int
main(void)
{
	test_search_path();
	test_attributes();
	test_checksums();
	test_sets();
	test_unread();
	test_vocabulary();
	return done_testing();
}
