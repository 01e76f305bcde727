/* Unit tests of src/core/home.c. */
#include "core/base/relative_names.h"
#include "tap.h"

typedef struct Case
{
	const char *home;
	const char *text;
	const char *relative;
} Case;

static const Case cases[] = {
	{"public", "public.t", "$home.t"},
	{"public", "\"public\".t", "$home.t"},
	{"public", "a.public.t", "a.public.t"},
	{"public", "\"a\".\"public\".t", "\"a\".\"public\".t"},
	{"public", "xpublic.t + publicx.t + public", "xpublic.t + publicx.t + public"},
	{"public", "(public.f(x))::public.e", "($home.f(x))::$home.e"},
	{"public", "x OPERATOR(public.+) y", "x OPERATOR($home.+) y"},
	{"public", "x OPERATOR(public.*) public.*", "x OPERATOR($home.*) public.*"},
	{"public", "a COLLATE public.\"de\"", "a COLLATE $home.\"de\""},
	{"public", "x = 'public.t'::text", "x = 'public.t'::text"},
	{"public", "x = 'it''s public.t'", "x = 'it''s public.t'"},
	{"public", "x ~ E'\\\\d\\' public.t' || public.y", "x ~ E'\\\\d\\' public.t' || $home.y"},
	{"public", "x ~ 'a\\' || public.y", "x ~ 'a\\' || $home.y"},
	{"public", "nextval('public.s'::regclass)", "nextval('$home.s'::regclass)"},
	{"public", "nextval(('public.s'::text)::regclass)", "nextval(('$home.s'::text)::regclass)"},
	{"public", "('public.s'::text)", "('public.s'::text)"},
	{"public", "'public.f(public.e)'::regprocedure", "'$home.f($home.e)'::regprocedure"},
	{"public", "'public'::regnamespace", "'$home'::regnamespace"},
	{"public", "'public'::regrole", "'public'::regrole"},
	{"public", "'{public.a,public.b}'::regclass[]", "'{$home.a,$home.b}'::regclass[]"},
	{"public", "'public.s'::public.regish", "'public.s'::$home.regish"},
	{"public", "\"a\"\"public.b\".c", "\"a\"\"public.b\".c"},
	{"public", "\"public.t\".c", "\"public.t\".c"},
	{"public", "$$public.t$$ || public.t", "$$public.t$$ || $home.t"},
	{"public", "$a$public.t $$ $b$ $a$, public.t", "$a$public.t $$ $b$ $a$, $home.t"},
	{"public", "f($1, public.t)", "f($1, $home.t)"},
	{"public", "1.public.t", "1.public.t"},
	{"public", "x\"public\".t", "x\"public\".t"},
	{"public", "::$public.t + $\"public\".t", "::$public.t + $\"public\".t"},
	{"public", "", ""},
	{"public", "x = 'unclosed public.t", "x = 'unclosed public.t"},
	{"public", "\"unclosed public.t", "\"unclosed public.t"},
	{"public", "$a$unclosed public.t", "$a$unclosed public.t"},
	{"public", "E'", "E'"},
	{"public", "E'\\", "E'\\"},
	{"\"My \"\"S\"\"\"", "\"My \"\"S\"\"\".t", "$home.t"},
	{"\"My \"\"S\"\"\"", "'\"My \"\"S\"\"\".s'::regclass", "'$home.s'::regclass"},
	{"\"it's\"", "'\"it''s\".s'::regclass", "'$home.s'::regclass"},
	{"\"it's\"", "'\"it''s\"'::regnamespace", "'$home'::regnamespace"},
	{"\"public\"", "public.t", "$home.t"},
	{"\"a.b\"", "\"a.b\".t", "$home.t"},
	{"\"$x\"", "\"$x\".t", "$home.t"},
	{"\"\xC3\xA9\xC3\xA8\"", "\xC3\xA9\xC3\xA8.t", "$home.t"},
	{"\"back\\slash\"", "'\"back\\slash\".s'::regclass", "'$home.s'::regclass"},
};

static void
test_relative(void)
{
	for (size_t i = 0; i < lengthof(cases); i++)
		is(mh_relative(cases[i].text, cases[i].home), cases[i].relative, cases[i].text);
	is(mh_relative("public.t", NULL), "public.t", "no home: the text itself");
}

/* Another home, and that again relative. */
static void
test_round_trip(void)
{
	static const char *const homes[] = {
		"public", "\"My \"\"S\"\"\"", "\"it's\"", "\"a\\b\"", "\"a.b\"", "\"E\"", "\"$x$\""};

	for (size_t i = 0; i < lengthof(cases); i++)
		for (size_t j = 0; j < lengthof(homes); j++)
		{
			char *absolute = mh_absolute(cases[i].relative, homes[j]);
			char *again = mh_relative(absolute, homes[j]);

			if (strstr(cases[i].relative, "public") == NULL)
				is(again, cases[i].relative, absolute);
		}
}

static void
test_absolute(void)
{
	is(mh_absolute("nextval('$home.s'::regclass)", "\"it's\""), "nextval('\"it''s\".s'::regclass)",
	   "quotes are doubled within a literal");
	is(mh_absolute("'$home.s' || $home.f('$home')", "h"), "'$home.s' || h.f('$home')",
	   "other literals stay");
	is(mh_absolute("$home$ $home.x $home$ $home.t $1", "h"), "$home$ h.x $home$ h.t $1",
	   "a tag is no placeholder");
	is(mh_absolute("AS $f$ SELECT $$ $home.x $$, '$home.y' || $home.z $f$, '$f$ $home.t $f$'", "h"),
	   "AS $f$ SELECT $$ $home.x $$, '$home.y' || h.z $f$, '$f$ $home.t $f$'",
	   "the body of a function was made relative for itself");
	is(mh_absolute("$f$", "h"), "$f$", "an unclosed one");
	is(mh_absolute("$homely.t $home", "h"), "$homely.t h", "nor is a longer word");
	is(mh_absolute("\"$home\".t", "h"), "\"$home\".t", "nor a quoted name");
	is(mh_absolute("$home.t", NULL), "$home.t", "no home: the text itself");
	is(mh_with_owner("ALTER TABLE $home.t OWNER TO $owner", "\"O\""),
	   "ALTER TABLE $home.t OWNER TO \"O\"", "the owner takes the place of its placeholder");
}

int
main(void)
{
	test_relative();
	test_round_trip();
	test_absolute();
	return done_testing();
}
