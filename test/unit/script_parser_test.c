/* Unit tests of src/core/script_parser.c: what a header may hold, item by item. */
#include "core/script/script.h"
#include "tap.h"

/* "revision < down_revision / branch_labels / depends_on", or the whole error. */
static char *
parse_as(const char *source, size_t length, const char *file_name)
{
	MhScript script;
	MhError err = MH_NO_ERROR;
	char *exact = malloc(length > 0 ? length : 1); /* so that reading behind it shows */
	char *result;

	memcpy(exact, source, length);
	if (mh_script_parse(exact, length, file_name, &script, &err))
		result = psprintf(
			"%s < %s / %s / %s", script.revision, mh_strings_join(&script.down_revision, ","),
			mh_strings_join(&script.branch_labels, ","), mh_strings_join(&script.depends_on, ","));
	else
		result = psprintf("%s %s|%s", err.sqlstate, err.message, err.detail ? err.detail : "");
	free(exact);
	return result;
}

static char *
parse(const char *source)
{
	return parse_as(source, strlen(source), "dir/m.py");
}

/* What the source gives when it only has to say what it assigns to one variable. */
static char *
value(const char *text)
{
	return parse(psprintf("revision = 'a'\ndown_revision = %s\n", text));
}

/* The name of a test has to stay on its line. */
static const char *
one_line(const char *name)
{
	char *copy = pstrdup(name);

	for (char *c = copy; *c != '\0'; c++)
		if (*c == '\n' || *c == '\r' || *c == '#')
			*c = ' ';
	return copy;
}

static void
accepts(const char *source, const char *expected, const char *name)
{
	is(parse(source), expected, one_line(name));
}

/* down_revision written as text is understood as expected. */
static void
reads(const char *text, const char *expected)
{
	is(value(text), psprintf("a < %s /  / ", expected), one_line(psprintf("value %s", text)));
}

static void
refuses_with(const char *source, const char *error, const char *name)
{
	char *got = parse(source);
	bool found = strstr(got, error) != NULL && strncmp(got, "MH220 ", 6) == 0;

	ok(found, one_line(name));
	if (!found)
		printf("#   got:      %s\n#   expected: %s\n", got, error);
}

/* The value is refused, for this reason, naming file, line and variable. */
static void
refuses_value(const char *text, const char *reason)
{
	char *expected =
		psprintf("MH220 script \"dir/m.py\", line 2: \"down_revision\" is not assigned a "
				 "literal|%s",
				 reason);

	is(value(text), expected, psprintf("refuses value %s", text));
}

#define HEADER "revision = 'a'\ndown_revision = 'b'\n"
#define VALUES "a < b /  / "

/* Behind a complete header, this makes a variable unknown. */
static void
refuses(const char *statement, const char *error)
{
	refuses_with(psprintf(HEADER "%s\n", statement), error,
				 psprintf("refuses %s behind the header", statement));
	accepts(psprintf("branch_labels = None\ndepends_on = None\n%s\nrevision = 'a'\ndown_revision = "
					 "'b'\nbranch_labels = None\ndepends_on = None",
					 statement),
			VALUES, psprintf("a later assignment overrides %s", statement));
}

static void
ignores(const char *statement)
{
	accepts(psprintf(HEADER "%s\n", statement), VALUES, psprintf("ignores %s", statement));
}

static void
test_layout(void)
{
	accepts(HEADER, VALUES, "LF");
	accepts("revision = 'a'\r\ndown_revision = 'b'\r\n", VALUES, "CRLF");
	accepts("revision = 'a'\rdown_revision = 'b'\r", VALUES, "lone CR");
	accepts("revision = 'a'\n  \fdown_revision = 'b'", VALUES, "form feed, no newline at the end");
	accepts("\xEF\xBB\xBF" HEADER, VALUES, "byte order mark");
	accepts("#!/usr/bin/python\n# -*- coding: utf-8 -*-\n" HEADER, VALUES, "#! line and cookie");
	accepts("# ünïcode \"\"\"\n'''doc ü'''\n" HEADER, VALUES, "non-ASCII docstring and comment");
	accepts("revision='a';down_revision='b'", VALUES, "semicolons");
	accepts("revision \\\n = \\\r\n 'a'; down_revision\t=\t'b'", VALUES,
			"continued lines and tabs");
	accepts("def f():\n  x\nclass C: pass\ndown_revision = 'b'\n@f\ndef g(): pass\nrevision = 'a'",
			VALUES, "any order, behind functions");
	accepts(HEADER "branch_labels = 'l'\ndepends_on = 'd', 'e'", "a < b / l / d,e", "all four");
}

static void
test_annotations(void)
{
	accepts("revision: str = 'a'\ndown_revision: Union[str, None] = 'b'", VALUES, "annotated");
	accepts("revision: 'a = 1' = 'a'\ndown_revision: Union[\n  str, # = 'z'\n  None,\n] = 'b'",
			VALUES, "annotation in a string, over lines, with comments");
	accepts("revision: str | None = 'a'\ndown_revision: dict(x=1)['b'] = 'b'", VALUES,
			"equals sign in brackets of an annotation");
	accepts("revision: lambda x='z': x = 'a'\ndown_revision: {1: 2} = 'b'", VALUES,
			"default of a lambda expression in an annotation");
	accepts(HEADER "depends_on: str | None", VALUES, "annotation only: no depends_on");
	accepts(HEADER "down_revision: str", VALUES, "annotation only: changes nothing");
	refuses_with("revision = 'a'\ndown_revision: str | None", "\"down_revision\" is not assigned",
				 "annotation only: no down_revision");
}

static void
test_strings(void)
{
	reads("'b'", "b");
	reads("\"b\"", "b");
	reads("'''b'''", "b");
	reads("\"\"\"b\"c\"\"\"", "b\"c");
	reads("r'b\\n'", "b\\n");
	reads("u'b'", "b");
	reads("R'b' U'c'", "bc");
	reads("'\\x62\\u0063\\U00000064\\145'", "bcde");
	reads("'\\xe9\\u20ac\\U0001f600'", "é€😀");
	reads("'\\'\\\"\\\\\\a\\b\\f\\t\\v\\q'", "'\"\\\a\b\f\t\v\\q");
	reads("'b\\\nc\\\r\nd'", "bcd");
	reads("'''b\r\nc\rd'''", "b\nc\nd");
	reads("'\\1013\\777'", "A3\u01FF");
	reads("'b' \"c\" '''d'''", "bcd");
	reads("('b'\n  # with\n  'c')", "bc");
	reads("f'b{{c}}'", "b{c}");
	reads("rf'b{{\\n}}' 'c'", "b{\\n}c");
	reads("'it''s'", "its");
}

static void
test_sequences(void)
{
	reads("('b')", "b");
	reads("((('b')))", "b");
	reads("('b', 'c')", "b,c");
	reads("'b', 'c'", "b,c");
	reads("'b',", "b");
	reads("('b',)", "b");
	reads("((('b'),))", "b");
	reads("['b', 'c',]", "b,c");
	reads("(\n  'b',  # one\n  ('c'),\n)", "b,c");
	reads("('b', 'b')", "b,b");
	reads("None", "");
	reads("(None)", "");
	reads("()", "");
	reads("[]", "");
	reads("( )", "");
	reads("(None,)", "");
	reads("[None]", "");
	reads("None,", "");
}

static void
test_last_wins(void)
{
	accepts("revision = x\nrevision = 'z'\n" HEADER, VALUES, "the last assignment wins");
	accepts(HEADER "revision = down_revision = 'c'", "c < c /  / ", "chained");
	accepts("x = revision = y = 'a'\ndown_revision = x[0] = 'b'", VALUES, "chained with others");
	accepts("(revision) = 'a'\n(down_revision): str = 'b'", VALUES, "targets in parentheses");
	accepts("branch_labels = depends_on = ()\n" HEADER, VALUES, "chained tuple");
	refuses_with(HEADER "revision = x", "line 3: \"revision\" is not assigned a literal",
				 "even if it is no literal");
	accepts("\xEF\xBD\x92"
			"evision = 'a'\n\xF0\x9D\x90\x9D"
			"own_revision = 'b'",
			VALUES, "identifiers are compared in NFKC");
}

static void
test_ignored(void)
{
	ignores("'''\nrevision = 'z'\n'''");
	ignores("x = \"\"\"\nrevision = 'z'\n\"\"\"");
	ignores("x = 'a\\\nrevision = 1'");
	ignores("# revision = 'z'");
	ignores("def f():\n    revision = 'z'\n    if x:\n        down_revision = 'z'");
	ignores("def f(): revision = 'z'; x = 1");
	ignores("class C:\n\trevision = 'z'\n\tdef f(self):\n\t\tdown_revision = 1");
	ignores("async def f(revision='z', *, down_revision: str = 'y') -> {1: 2}:\n  revision = 1");
	ignores("class C(metaclass=f(revision='z')): revision = 'z'");
	ignores("f = lambda revision='z', *down_revision: revision");
	ignores("f = lambda: (revision := 1)");
	ignores("[lambda x: (revision := 1), {1: lambda: (down_revision := 1)}]");
	ignores("_depends_on = 1; my_revision = x; revisions = y; Revision = 1");
	ignores("x.revision = 'z'; revision.x = 'z'; x[revision] = 1; f(revision).x = 2");
	ignores("revision == 'z'; revision != x; revision <= y");
	ignores("f(revision='z', down_revision=x)");
	ignores("[revision for revision in x]; {down_revision: 1 for down_revision in y}");
	ignores("from revision import x; import x.revision; from x import revision as y");
	ignores("import revision as x; from down_revision.revision import (y, z)");
	ignores("for x.revision in y: pass");
	ignores("for x[revision], y in z:\n  del x.revision, x[revision]");
	ignores("with revision as x: pass");
	ignores("with f(revision='z') as x.revision, y as revision.x: pass");
	ignores("match x:\n  case C(revision=1) | revision.x | revision(): pass");
	ignores("match = revision; case = 1; type = 2; case[0] = match");
	ignores("x = f'{revision} {f(revision=1)!r:>{revision}} {x:=5} {\"revision = 1\"}'");
	ignores(
		"x = f'{d[\"a\"]}' f'{d['a']}' f\"\"\"{\n'}' # '\n}\"\"\" f'{{' rf'\\{x}' f'\\N{DASH}'");
	ignores("x = {'a': 1, **y}[1:2] if (1, [2]) else b'\\xff' + 0x1f - 1.5e-3 @ z; ...");
	ignores("if x:\n\tdef f():\n\t\trevision = 1\n\ty = revision");
	ignores("def f():\n  global x\n  revision = 1");
	ignores("global revision");
	ignores("for x in revision: pass");
	ignores("def exec(x): pass\nlambda: exec('x')");
	ignores("lambda a: lambda b=lambda c: 1, d=(revision := 2): 3");
	ignores("with x as (a, b), f(revision): pass");
	ignores("match x:\n  case y if f(revision, [y]): pass");
	ignores("x = f'{a:{b}}}}'");
	ignores("x.exec(y); x.globals(); def_ = exec; f(globals)");
}

static void
test_refused_values(void)
{
#define OTHER(word) \
	"The value contains \"" word \
	"\"; only strings, None, and tuples or lists of strings can be read."
	refuses_value("f('b')", OTHER("f"));
	refuses_value("x", OTHER("x"));
	refuses_value("'b'.strip()", OTHER("."));
	refuses_value("'b' + 'c'", OTHER("+"));
	refuses_value("'b%s' % x", OTHER("%"));
	refuses_value("'b' if x else 'c'", OTHER("if"));
	refuses_value("'b'[0]", "The value contains a call or a subscript.");
	refuses_value("'b'('c')", "The value contains a call or a subscript.");
	refuses_value("f'{x}'", "The value is an f-string with replacement fields.");
	refuses_value("'b' f'c{x!r:>{y}}'", "The value is an f-string with replacement fields.");
	refuses_value("rf'\\N{x}'", "The value is an f-string with replacement fields.");
	refuses_value("t'b'", "The value is a template string.");
	refuses_value("b'b'", "The value is a bytes literal.");
	refuses_value("rB'b'", "The value is a bytes literal.");
	refuses_value("['b' for x in y]", OTHER("for"));
	refuses_value("('b', *x)", OTHER("*"));
	refuses_value("{'b', 'c'}", "The value contains a set, a dictionary or a comprehension.");
	refuses_value("{'b': 'c'}", "The value contains a set, a dictionary or a comprehension.");
	refuses_value("12", OTHER("12"));
	refuses_value("True", OTHER("True"));
	refuses_value("...", OTHER("."));
	refuses_value("('b', ('c',))", "The value has a tuple or list inside another.");
	refuses_value("['b'],", "The value has a tuple or list inside another.");
	refuses_value("((),)", "The value has a tuple or list inside another.");
	refuses_value("[[]]", "The value has a tuple or list inside another.");
	refuses_value("('b', None)", "The value has None among other elements.");
	refuses_value("None, None", "The value has None among other elements.");
	refuses_value("", "The value is not valid Python.");
	refuses_value("('b',,)", "The value is not valid Python.");
	refuses_value("('b') 'c'", "The value is not valid Python.");
	refuses_value("'\\N{DASH}'", "The value names a character as \\N{...}.");
	refuses_value("'b\\0'", "The value has a NUL character, which no text in PostgreSQL can hold.");
	refuses_value("'\\ud83d\\ude00'",
				  "The value has half of a surrogate pair, which is no character.");
	refuses_value("'\\x6'", "The value has an escape sequence that is not valid.");
	refuses_value("'\\u00g0'", "The value has an escape sequence that is not valid.");
	refuses_value("'\\U00110000'", "The value has an escape sequence that is not valid.");
	refuses_value("(x := 'b')", OTHER("x"));
}

static void
test_refused_bindings(void)
{
	refuses(
		"if x: revision = 'c'",
		"line 3: \"revision\" is assigned in a block|Only running the script could tell whether "
		"the code under \"if\" is reached.");
	refuses("if x:\n  pass\nelse:\n  x = 1; down_revision = 'c'", "under \"else\"");
	refuses("try:\n\tdepends_on = 'c'\nexcept E: pass",
			"line 4: \"depends_on\" is assigned in a block");
	refuses("for x in y:\n  if z:\n    branch_labels = 'c'", "under \"for\"");
	refuses("while x: revision, y = 1, 2", "under \"while\"");
	refuses("with x:\n  revision: str = 'c'", "under \"with\"");
	refuses("if x:\n  def f():\n    pass\n  revision = 'c'",
			"line 6: \"revision\" is assigned in a block");
	refuses("match x:\n  case 1: revision = 'c'", "under \"match\"");
	refuses("if x:\n  def f():\n    pass\n  \\\n  revision = 'c'", "is assigned in a block");
	refuses("revision += 'c'", "is changed by an augmented assignment");
	refuses("del revision", "\"revision\" is deleted");
	refuses("del (x, [revision])", "\"revision\" is deleted");
	refuses("(revision := 'c')", "is assigned inside an expression");
	refuses("x = f(y, z=[(down_revision := q) for q in r])", "is assigned inside an expression");
	refuses("if revision := x: pass", "is assigned inside an expression");
	refuses("f = lambda x=(revision := 1): x", "is assigned inside an expression");
	refuses("[lambda: 0, (revision := 1)]", "is assigned inside an expression");
	refuses("{lambda: 0: (revision := 1)}", "is assigned inside an expression");
	refuses("x = f'{(revision := 1):>{2}}'", "is assigned inside an expression");
	refuses("[lambda: y for y in x if (revision := y)]", "is assigned inside an expression");
	refuses("x: lambda: 1 = (revision := 2)", "is assigned inside an expression");
	refuses("def f(x=(revision := 1)): pass", "is assigned inside an expression");
	refuses("x: f((revision := 1)) = 2", "is assigned inside an expression");
	refuses("from x import revision", "\"revision\" is imported");
	refuses("from x import (a,\n  b as revision,\n)", "line 3: \"revision\" is imported");
	refuses("import x, revision.y", "\"revision\" is imported");
	refuses("import x as revision", "\"revision\" is imported");
	refuses("from x import *", "line 3: \"revision\" may come from a star import");
	refuses("for revision in x: pass", "is the target of a for loop");
	refuses("for x, (y, *revision) in z: pass", "is the target of a for loop");
	refuses("with x as revision: pass", "is bound by \"as\"");
	refuses("with (f(x) as (y, [revision])): pass", "is bound by \"as\"");
	refuses("try: pass\nexcept E as revision: pass", "is bound by \"as\"");
	refuses("def revision(): pass", "is defined as something else");
	refuses("async def revision(): pass", "is defined as something else");
	refuses("class revision[T]: pass", "is defined as something else");
	refuses("type revision[T] = int", "is defined as something else");
	refuses("match x:\n  case {'y': [revision, 1]} if y: pass", "is bound by a case pattern");
	refuses("match x:\n  case (1 | 2) as revision: pass", "is bound by");
	refuses("match x:\n  case {**revision}: pass", "is bound by a case pattern");
	refuses("revision, down_revision = 'a', 'b'", "is assigned by unpacking");
	refuses("(revision,) = x", "is assigned by unpacking");
	refuses("x = [y, *revision] = z", "is assigned by unpacking");
	refuses("exec('x')", "may be bound by a function|The script calls \"exec\"");
	refuses("globals()['revision'] = 'c'", "The script calls \"globals\"");
}

static void
test_pinned(void)
{
	refuses_with(HEADER "def f():\n  if x: global x, revision\n" HEADER,
				 "line 4: \"revision\" is declared global in a function or class|",
				 "global in a function, whatever follows");
	refuses_with("class C: global revision; revision = 'z'\n" HEADER,
				 "line 1: \"revision\" is declared global", "global in a class");
	accepts(HEADER "def f(): global x; revision = 1; global y", VALUES, "global of another name");
}

static void
test_lists(void)
{
	refuses_with("revision = 'a'\ndown_revision = ['b']\ndown_revision.append('c')",
				 "line 3: \"down_revision\" is a list that is used again", "a list that is used");
	refuses_with("revision = 'a'\ndown_revision = []\ndown_revision[0:0] = x",
				 "is a list that is used", "a list that is changed");
	refuses_with("revision = 'a'\ndown_revision = []\nx = {'a': down_revision}",
				 "is a list that is used", "a list that gets a second name");
	refuses_with("revision = 'a'\nx = down_revision = []", "is a list with several names",
				 "a list that has a second name");
	accepts(
		"revision = 'a'\ndown_revision = ['b']\nf(down_revision=1)\nx = lambda down_revision='c': x\n"
		"import down_revision as x\nfrom down_revision import y\ndown_revision: list\n"
		"def g(down_revision): pass",
		VALUES, "a list that is not used");
	accepts("revision = 'a'\ndown_revision = 'b',\nf(down_revision)", VALUES,
			"a tuple cannot change");
}

static void
test_missing(void)
{
	static const char no_revision[] =
		"MH220 Could not determine revision id from filename x_m.py. Be sure the 'revision' variable "
		"is declared inside the script (please see 'Upgrading from Alembic 0.1 to 0.2' in the "
		"documentation).|Nothing is assigned to \"revision\" at the top level of script "
		"\"versions/x_m.py\".";
	const char *source = "down_revision = 'b'";

	is(parse_as(source, strlen(source), "versions/x_m.py"), no_revision,
	   "no revision, as in Alembic");
	is(parse_as(source, strlen(source), "versions/1a2f.py"), "1a2f < b /  / ", "legacy file name");
	ok(strncmp(parse_as(source, strlen(source), "1a2f.pyc"), "MH220 Could", 11) == 0,
	   "legacy names end in .py");
	ok(strncmp(parse_as(source, strlen(source), "1A2F.py"), "MH220 Could", 11) == 0,
	   "legacy names are lower case");
	ok(strncmp(parse_as(source, strlen(source), "1a/.py"), "MH220 Could", 11) == 0,
	   "legacy names are not empty");
	is(parse_as(source, strlen(source), NULL), "MH220 script: \"revision\" is not assigned|",
	   "no revision, no file name");
	is(parse("revision = 'a'"), "MH220 script \"dir/m.py\": \"down_revision\" is not assigned|",
	   "no down_revision");
	ok(strncmp(parse_as("revision: str", 13, "12.py"), "MH220 script \"12.py\": \"down", 26) == 0,
	   "an annotation gives no revision, and the file name does");
	ok(strncmp(parse_as("", 0, "m.py"), "MH220 Could", 11) == 0, "an empty file");
}

static void
test_refused_contents(void)
{
	refuses_with("revision = ''\ndown_revision = None", "line 1: \"revision\" has an empty string",
				 "empty revision");
	refuses_with("revision = 'a'\ndown_revision = ''",
				 "line 2: \"down_revision\" has an empty string", "empty down_revision");
	refuses_with(HEADER "depends_on = ('x', '')", "\"depends_on\" has an empty string",
				 "empty element");
	refuses_with(HEADER "branch_labels = ['']", "\"branch_labels\" has an empty string",
				 "empty label");
	refuses_with("revision = None\ndown_revision = 'b'", "line 1: \"revision\" is not a string",
				 "revision None");
	refuses_with("revision = ('a',)\ndown_revision = 'b'", "\"revision\" is not a string",
				 "revision a tuple");
	accepts("revision = 'a@-b+:'\ndown_revision = None",
			"MH215 Character(s) '+, -, :, @' not allowed in revision identifier 'a@-b+:'|",
			"forbidden characters");
	accepts("revision = 'x-@'\ndown_revision = None",
			"MH215 Character(s) '-, @' not allowed in revision identifier 'x-@'|",
			"forbidden characters are sorted");
	accepts("revision = 'a'\ndown_revision = 'b-c'\nbranch_labels = 'x@y'\ndepends_on = '+1'",
			"a < b-c / x@y / +1", "elsewhere they are allowed");
	accepts("revision = 'a-b'\ndown_revision = 'a-b'", "a-b < a-b /  / ",
			"Alembic reports a loop before the characters");
}

static void
test_refused_text(void)
{
	refuses_with(HEADER "x = 'a\ny = 1", "line 3: unterminated string literal",
				 "unterminated string");
	refuses_with(HEADER "x = f'a{x}\ny = 1", "line 3: unterminated string literal",
				 "unterminated f-string");
	refuses_with(HEADER "\nx = \"\"\"a\n", "line 4: unterminated triple-quoted string literal",
				 "unterminated triple-quoted string");
	refuses_with(HEADER "x = (1,\n{2}\n", "line 3: \"(\" was never closed", "unterminated bracket");
	refuses_with(HEADER "x = f'{a", "line 3: \"{\" was never closed", "unterminated field");
	refuses_with(HEADER "x = f'{a:>3'", "line 3: \"{\" was never closed",
				 "unterminated specification");
	refuses_with(HEADER "x = f'a}'", "line 3: single \"}\" in an f-string",
				 "stray brace in an f-string");
	refuses_with(HEADER "x = 1)", "line 3: unmatched \")\"", "unmatched bracket");
	refuses_with(HEADER "x = (1]", "line 3: closing \"]\" does not match", "mismatched bracket");
	refuses_with(HEADER "x = \\ 1", "line 3: unexpected character after line continuation",
				 "stray backslash");
	refuses_with(HEADER "# \xFF\xFE\n", "line 3: invalid byte sequence for UTF-8",
				 "undecodable bytes");
	refuses_with(HEADER "\r\r\n\n'\xED\xA0\x80'", "line 6: invalid byte sequence",
				 "surrogates in UTF-8");
	is(parse_as(HEADER "x\0y", sizeof(HEADER) + 2, NULL), "MH220 script, line 3: null byte|",
	   "NUL byte");
}

/* Nothing in the parser may recurse, be quadratic, or store what does not matter. */
static void
test_large(void)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, HEADER "x = ");
	for (int i = 0; i < 10000; i++)
		appendStringInfoChar(&buf, '(');
	ok(strstr(parse(buf.data), "line 3: too many nested brackets") != NULL, "deep brackets");
	resetStringInfo(&buf);
	appendStringInfoString(&buf, "x = [\n");
	for (int i = 0; i < 100000; i++)
		appendStringInfoString(&buf, "{'revision': f'{x}', 1: lambda x: x},\n");
	appendStringInfoString(&buf, "]\nrevision = 'a'\ndown_revision = ");
	for (int i = 0; i < 50; i++)
		appendStringInfoString(&buf, "'b' \\\n");
	is(parse(buf.data), "a < bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb /  / ",
	   "a long file and a long value");
	resetStringInfo(&buf);
	appendStringInfoString(&buf, "revision = '");
	for (int i = 0; i <= 1024 * 1024; i++)
		appendStringInfoChar(&buf, 'x');
	appendStringInfoString(&buf, "'");
	ok(strstr(parse(buf.data), "The value takes more than one megabyte.") != NULL,
	   "a value may not be larger than the limit");
	buf.data[10] = ' ';
	buf.data[9] = ' ';
	memset(buf.data, ' ', 9);
	ok(strstr(parse(buf.data), "line 1: docstring takes more than one megabyte") != NULL,
	   "nor may a docstring");
}

static char *
docstring(const char *text)
{
	MhScript script;
	MhError err = MH_NO_ERROR;
	char *source = psprintf("%s\n" HEADER, text);

	if (!mh_script_parse(source, strlen(source), NULL, &script, &err))
		return err.message;
	return psprintf("%s|%s", script.message, script.create_date ? script.create_date : "NULL");
}

static void
test_docstring(void)
{
	is(docstring(
		   "\"\"\"add table\n\nRevision ID: a\nCreate Date: 2011-11-08 11:40:27.089406\n\n\"\"\""),
	   "add table\n\nRevision ID: a\nCreate Date: 2011-11-08 11:40:27.089406|2011-11-08 "
	   "11:40:27.089406",
	   "the template's docstring");
	is(docstring("# licence\n\n'''\r\n a\r\n\r\n b\t\n'''"), "a\n\n b|NULL",
	   "stripped, line ends as in Python");
	is(docstring("'a' \"b\" r'\\n' '\\x41'"), "ab\\nA|NULL", "strings side by side");
	is(docstring("('a'\n 'b'); x = 1"), "ab|NULL", "in parentheses, more on the line");
	is(docstring("'\xC2\xA0\xE2\x80\x83\x1C"
				 "a\xC2\xA0"
				 "b\xE3\x80\x80 \\n'"),
	   "a\xC2\xA0"
	   "b|NULL",
	   "stripped of what Python calls white space");
	is(docstring("'\\N{DASH}\\0\\ud800'"), "\\N{DASH}\\0\\ud800|NULL",
	   "escapes that give no text stay as written");
	is(docstring("''"), "|NULL", "an empty docstring");
	is(docstring("import x\n'''a'''"), "|NULL", "a string behind a statement is none");
	is(docstring("f'a'"), "|NULL", "an f-string is none");
	is(docstring("'a' f'b'"), "|NULL", "nor is half an f-string");
	is(docstring("b'a'"), "|NULL", "nor are bytes");
	is(docstring("'a', 'b'"), "|NULL", "nor is a tuple");
	is(docstring("'a' % x"), "|NULL", "nor is a computed string");
	is(docstring("'a\\n\\tCreate Date:  x \\nCreate Date: y\\nb'"),
	   "a\n\tCreate Date:  x \nCreate Date: y\nb|y", "the last date counts");
	is(docstring("'Not Create Date: x'"), "Not Create Date: x|NULL", "a date begins its line");
}

static void
test_encoding(void)
{
#define ENCODING(text) mh_script_encoding(text, strlen(text))
	is(ENCODING("# -*- coding: UTF-8 -*-\n"), "utf-8", "Emacs style");
	is(ENCODING("#!/usr/bin/python\n# vim: set fileencoding=latin-1 :"), "latin-1",
	   "Vim style, second line");
	is(ENCODING("\xEF\xBB\xBF \t\f# coding=cp1252"), "cp1252", "blanks and byte order mark");
	is(ENCODING("\r\n#coding: iso-8859-15\r\n"), "iso-8859-15", "CRLF counts as one line end");
	is(ENCODING("\r#coding:\tkoi8_r x"), "koi8_r", "lone CR");
	is(ENCODING("# coding encoding: x"), "x", "a word before it");
	is(ENCODING("# coding:\n# coding: y"), "y", "no name on the first line");
	is(ENCODING("\n\n# coding: x"), NULL, "third line");
	is(ENCODING("'''doc'''\n# coding: x"), NULL, "behind a statement");
	is(ENCODING("x = 1 # coding: x"), NULL, "not a comment line");
	is(ENCODING("# coding : x"), NULL, "a blank before the colon");
	is(ENCODING("# coding"), NULL, "nothing behind it");
	is(ENCODING(""), NULL, "an empty file");
}

static void
test_names(void)
{
	ok(mh_script_is_name("1975ea83b712_x.py"), "a script");
	ok(mh_script_is_name(".py") && mh_script_is_name(".hidden.py"), "other dot files are scripts");
	ok(!mh_script_is_name("__init__.py") && !mh_script_is_name("__init__2.py"), "__init__");
	ok(!mh_script_is_name(".#x.py"), "Emacs lock file");
	ok(!mh_script_is_name("x.pyc") && !mh_script_is_name("x.PY") && !mh_script_is_name("py"),
	   "not .py");
}

static void
test_error(void)
{
	MhScript script;
	MhError err = MH_NO_ERROR;
	const char *source = "'message'\nrevision = 'a'\ndown_revision = "
						 "a23456789_123456789_123456789_123456789_123456789_123456789ü()";

	ok(!mh_script_parse(source, strlen(source), NULL, &script, &err), "refused");
	is(script.message, "message", "its message can be read all the same");
	is(err.message, "script, line 3: \"down_revision\" is not assigned a literal",
	   "without a file name");
	is(err.detail,
	   "The value contains \"a23456789_123456789_123456789_123456789_123456789_123456789\"; only "
	   "strings, None, and tuples or lists of strings can be read.",
	   "long words are cut between characters");
	is(err.hint,
	   "Assign a literal to it at the top level of the script, or register the revision with "
	   "mighead_add_revision().",
	   "the way out");
}

int
main(void)
{
	test_layout();
	test_annotations();
	test_strings();
	test_sequences();
	test_last_wins();
	test_ignored();
	test_refused_values();
	test_refused_bindings();
	test_pinned();
	test_lists();
	test_missing();
	test_refused_contents();
	test_refused_text();
	test_large();
	test_docstring();
	test_encoding();
	test_names();
	test_error();
	return done_testing();
}
