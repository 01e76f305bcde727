/*
 * Unit tests of src/core/repair*.c: what is written for which difference.  That it is what the
 * server takes, and that it ends the difference, is for the tests with a server.
 */
#include "core/fix/fix.h"
#include "definitions.h"
#include "tap.h"

static MhDifferences *
repair(const char *expected, const char *actual)
{
	MhDefinitions *left = make_set(expected);
	MhDefinitions *right = make_set(actual);
	MhDifferences *differences = mh_compare(left, right);

	mh_repair(differences, left, right);
	return differences;
}

/* The fixes, and the reasons in parentheses where there is none. */
static char *
fixes(const char *expected, const char *actual)
{
	MhDifferences *differences = repair(expected, actual);
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < differences->n; i++)
	{
		MhDifference *one = &differences->v[i];

		appendStringInfo(&out, i > 0 ? "\n--\n" : "");
		if (one->fix != NULL)
			appendStringInfoString(&out, one->fix);
		else
			appendStringInfo(&out, "(%s)", one->reason ? one->reason : "");
	}
	return out.data;
}

typedef struct Case
{
	const char *expected;
	const char *actual;
	const char *fix;
} Case;

#define T "table|$home.t||column_order=a\n"
#define COLUMN(attributes) T "column|$home.t.a|$home.t|" attributes "\n"
#define ALTER_A "ALTER TABLE $home.t ALTER COLUMN a "
#define BELOW(above, below) \
	COLUMN("type=integer" above) \
	"table|$home.p||column_order=a|partition_of=$home.t|partition_bound=DEFAULT\n" \
	"column|$home.p.a|$home.p|type=integer" below "\n"
#define OBJECT(type, attributes) type "|$home.x||" attributes "\n"
#define OWNED "table|$home.t||owner=$owner"

static const Case cases[] = {
	/* types: only to what holds all values */
	{COLUMN("type=character varying(20)"), COLUMN("type=character varying(10)"),
	 ALTER_A "TYPE character varying(20)"},
	{COLUMN("type=character varying(10)"), COLUMN("type=character varying(20)"),
	 "(Values of the type character varying(20) may be lost as character varying(10): "
	 "mighead_castable tells which.)"},
	{COLUMN("type=bigint"), COLUMN("type=integer"), ALTER_A "TYPE bigint"},
	{COLUMN("type=numeric(10,2)"), COLUMN("type=numeric(8,2)"), ALTER_A "TYPE numeric(10,2)"},
	{COLUMN("type=text|collation=$home.c"), COLUMN("type=text"),
	 ALTER_A "TYPE text COLLATE $home.c"},
	{COLUMN("type=text"), COLUMN("type=text|collation=$home.c"),
	 ALTER_A "TYPE text COLLATE \"default\""},
	/* columns */
	{COLUMN("type=text"), COLUMN("type=text|not_null=true"), ALTER_A "DROP NOT NULL"},
	{COLUMN("type=text|not_null=true"), COLUMN("type=text"),
	 "(Rows may have no value there. Fill them, then ALTER TABLE $home.t ALTER COLUMN a SET NOT "
	 "NULL.)"},
	{COLUMN("type=text|default=now()"), COLUMN("type=text|default=1"), ALTER_A "SET DEFAULT now()"},
	{COLUMN("type=text"), COLUMN("type=text|default=1"), ALTER_A "DROP DEFAULT"},
	{COLUMN("type=integer|default=1"), COLUMN("type=integer|default=2|generated=stored"),
	 ALTER_A "DROP EXPRESSION;\n" ALTER_A "SET DEFAULT 1"},
	{COLUMN("type=text"), COLUMN("type=text|storage=plain"), ALTER_A "SET STORAGE extended"},
	{COLUMN("type=$home.e"), COLUMN("type=$home.e|storage=plain"),
	 "(How values of the type $home.e are stored is not known.)"},
	{COLUMN("type=integer|identity=always|identity_options=START 5 CACHE 3"),
	 COLUMN("type=integer|identity=always|identity_options=INCREMENT 2 CYCLE"),
	 ALTER_A "SET INCREMENT 1 SET CACHE 3 SET NO CYCLE SET START 5"},
	{COLUMN("type=integer|identity=always"), COLUMN("type=integer|identity=by default"),
	 ALTER_A "SET GENERATED ALWAYS"},
	{COLUMN("type=integer|identity=always"), COLUMN("type=integer"),
	 "(The new sequence would begin at its start, below values that may be there: a person has to "
	 "choose where.)"},
	{COLUMN("type=text|not_null=true|default=1|comment=it's|storage=main"), T,
	 "ALTER TABLE $home.t ADD COLUMN a text DEFAULT 1 NOT NULL;\n" ALTER_A
	 "SET STORAGE main;\nCOMMENT ON COLUMN $home.t.a IS 'it''s'"},
	{COLUMN("type=text|not_null=true"), T,
	 "(The column is NOT NULL without a default: a person has to say what the rows that are there "
	 "shall hold.)"},
	{T, COLUMN("type=text"),
	 "(Dropping it would drop what it holds: a person has to decide that.)"},
	/* tables */
	{"table|$home.t||options=a=1, b=2\n", "table|$home.t||options=a=1, b=3, c=4\n",
	 "ALTER TABLE $home.t SET (b='2');\nALTER TABLE $home.t RESET (c)"},
	{"table|$home.t||toast_options=a=1\n", T,
	 "ALTER TABLE $home.t SET (toast.a='1')\n--\n(The order of columns changes only by writing the "
	 "table anew.)"},
	{"table|$home.t||row_security=true\n", "table|$home.t||x=y\n",
	 "ALTER TABLE $home.t ENABLE ROW LEVEL SECURITY\n--\n(mighead writes no DDL for this.)"},
	{"table|$home.t\n", "table|$home.t||force_row_security=true\n",
	 "(Switching row security off would show rows to those who may not see them now: a person has "
	 "to decide that.)"},
	{"table|$home.t||partition_of=$home.p|partition_bound=DEFAULT\n", "table|$home.t\n",
	 "ALTER TABLE $home.p ATTACH PARTITION $home.t DEFAULT"},
	{"table|$home.t\n", "table|$home.t||persistence=unlogged\n", "ALTER TABLE $home.t SET LOGGED"},
	{"table|$home.t||tablespace=Fast\n", "table|$home.t\n",
	 "ALTER TABLE $home.t SET TABLESPACE \"Fast\""},
	{"table|$home.t||tablespace=user\n", "table|$home.t\n",
	 "ALTER TABLE $home.t SET TABLESPACE \"user\""},
	/* constraints */
	{T "constraint|$home.t.c|$home.t|kind=check|definition=CHECK (a)\n",
	 T "constraint|$home.t.c|$home.t|kind=check|definition=CHECK (a)|validated=false\n",
	 "ALTER TABLE $home.t VALIDATE CONSTRAINT c"},
	{T "constraint|$home.t.c|$home.t|kind=check|definition=CHECK (a)\n",
	 T "constraint|$home.t.c|$home.t|kind=check|definition=CHECK (b)\n",
	 "ALTER TABLE $home.t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a)"},
	{T "constraint|$home.t.c|$home.t|kind=foreign key|definition=F|deferrable=true\n",
	 T "constraint|$home.t.c|$home.t|kind=foreign key|definition=F\n",
	 "ALTER TABLE $home.t ALTER CONSTRAINT c DEFERRABLE INITIALLY IMMEDIATE"},
	{T "constraint|$home.t.c|$home.t|kind=check|definition=C|validated=false|no_inherit=true\n", T,
	 "ALTER TABLE $home.t ADD CONSTRAINT c C NO INHERIT NOT VALID"},
	{"domain|$home.d||type=text\nconstraint|$home.d.c|$home.d|definition=C|comment=x\n",
	 "domain|$home.d||type=text\n",
	 "ALTER DOMAIN $home.d ADD CONSTRAINT c C;\nCOMMENT ON CONSTRAINT c ON DOMAIN $home.d IS 'x'"},
	{T "constraint|$home.t.c|$home.t|kind=unique|definition=U\n",
	 T "constraint|$home.t.c|$home.t|kind=unique|definition=U|index_valid=false\n",
	 "REINDEX INDEX $home.c"},
	/* indexes */
	{T "index|$home.i|$home.t|table=$home.t|method=gin|columns=a|predicate=(a > 1)|unique=true\n",
	 T, "CREATE UNIQUE INDEX i ON $home.t USING gin (a) WHERE (a > 1)"},
	{T "index|$home.i|$home.t|table=$home.t|method=btree|columns=a\n",
	 T "index|$home.i|$home.t|table=$home.t|method=btree|columns=b\n",
	 "DROP INDEX $home.i;\nCREATE INDEX i ON $home.t USING btree (a)"},
	{T "index|$home.i|$home.t|method=btree\n", T "index|$home.i|$home.t|method=btree|valid=false\n",
	 "REINDEX INDEX $home.i"},
	{T, T "index|$home.i|$home.t|method=btree\n",
	 "(Somebody made it, perhaps for a purpose: a person has to decide whether to drop it.)"},
	/* others */
	{T "trigger|$home.t.g|$home.t|definition=CREATE TRIGGER g A\n",
	 T "trigger|$home.t.g|$home.t|definition=CREATE TRIGGER g B\n",
	 "CREATE OR REPLACE TRIGGER g A"},
	{T "trigger|$home.t.g|$home.t|definition=D\n",
	 T "trigger|$home.t.g|$home.t|definition=D|enabled=disabled\n",
	 "ALTER TABLE $home.t ENABLE TRIGGER g"},
	{T "policy|$home.t.p|$home.t|command=all|roles=a, b|using=x\n",
	 T "policy|$home.t.p|$home.t|command=all|roles=a|using=x\n",
	 "ALTER POLICY p ON $home.t TO a, b"},
	{T "policy|$home.t.p|$home.t|command=select|using=x\n",
	 T "policy|$home.t.p|$home.t|command=all|using=x\n",
	 "DROP POLICY p ON $home.t;\nCREATE POLICY p ON $home.t FOR select USING (x)"},
	{OBJECT("view", "columns=a integer, b text|definition=NEW"),
	 OBJECT("view", "columns=a integer, b text|definition=OLD"),
	 "CREATE OR REPLACE VIEW $home.x AS\nNEW"},
	{OBJECT("view", "columns=a integer|definition=N"),
	 OBJECT("view", "columns=a text|definition=N"),
	 "(With other columns the view would have to be dropped, and with it what depends on it.)"},
	{OBJECT("enum", "labels='a', 'b, c', 'd'"), OBJECT("enum", "labels='b, c'"),
	 "ALTER TYPE $home.x ADD VALUE 'a' BEFORE 'b, c';\nALTER TYPE $home.x ADD VALUE 'd' AFTER 'b, "
	 "c'"},
	{OBJECT("enum", "labels='a'"), OBJECT("enum", "labels='a', 'b'"),
	 "(Labels cannot be taken away or moved, and which of them were renamed is not known.)"},
	{OBJECT("enum", "labels='a', 'b'"), OBJECT("enum", "labels='a', 'c'"),
	 "ALTER TYPE $home.x RENAME VALUE 'c' TO 'b'"},
	{OBJECT("enum", "labels='a', 'b'"), OBJECT("enum", "labels='b', 'a'"),
	 "(Labels cannot be taken away or moved, and which of them were renamed is not known.)"},
	{OBJECT("statistics", "definition=ON a, b FROM t|statistics=7"),
	 OBJECT("statistics", "definition=ON a, c FROM t|statistics=7"),
	 "DROP STATISTICS $home.x;\nCREATE STATISTICS $home.x ON a, b FROM t;\nALTER STATISTICS $home.x "
	 "SET STATISTICS 7"},
	/* names that are taken */
	{T "constraint|$home.t.u|$home.t|kind=unique|definition=UNIQUE (a)|deferrable=true\n",
	 T "index|$home.u|$home.t|table=$home.t|method=btree|unique=true|columns=a\n",
	 "ALTER TABLE $home.t ADD CONSTRAINT u UNIQUE USING INDEX u DEFERRABLE\n--\n(Somebody made it, "
	 "perhaps for a purpose: a person has to decide whether to drop it.)"},
	{T "constraint|$home.t.u|$home.t|kind=unique|definition=UNIQUE (a)\n",
	 T "index|$home.u|$home.t|table=$home.t|method=btree|columns=a\n",
	 "(The name is taken: there is an index.)\n--\n(Somebody made it, perhaps for a purpose: a "
	 "person has to decide whether to drop it.)"},
	{OBJECT("view", "columns=a integer|definition=D"), "index|$home.x|$home.t|columns=a\n",
	 "(Somebody made it, perhaps for a purpose: a person has to decide whether to drop it.)\n--\n"
	 "(The name is taken: there is an index.)"},
	/* tables below */
	{BELOW("", "|default=1"), BELOW("|default=2", "|default=1"),
	 ALTER_A "DROP DEFAULT;\nALTER TABLE $home.p ALTER COLUMN a SET DEFAULT 1"},
	{BELOW("", "|not_null=true"), BELOW("|not_null=true", "|not_null=true"),
	 ALTER_A "DROP NOT NULL;\nALTER TABLE $home.p ALTER COLUMN a SET NOT NULL"},
	{COLUMN("type=integer"), COLUMN("type=integer|not_null=true|identity=always"),
	 "(Dropping the identity drops its sequence, and what that has counted.)\n--\n(The identity has "
	 "to go first: it needs the column to be NOT NULL.)"},
	{OBJECT("sequence", "increment=-1"), OBJECT("sequence", "increment=-1|start=-7"),
	 "ALTER SEQUENCE $home.x START -1"},
	{"function|$home.f(integer)||arguments=a integer|result=text|language=sql|body=it's "
	 "$function$|volatility=stable|configuration=search_path=$home, pg_temp; a.b=x y\n",
	 "",
	 "CREATE OR REPLACE FUNCTION $home.f(a integer)\nRETURNS text\nLANGUAGE sql\nSTABLE\nSET "
	 "search_path TO $home, pg_temp\nSET a.b TO 'x y'\nAS $function1$it's $function$$function1$"},
	{"function|$home.f()||result=text|body=x\n", "function|$home.f()||result=integer|body=x\n",
	 "(It would have to be dropped, and with it what depends on it.)"},
	/* owners, privileges, comments */
	{OWNED "\n", "table|$home.t||owner=bob\n", "ALTER TABLE $home.t OWNER TO $owner"},
	{OWNED "|privileges=$owner=arwdDxt/$owner, bob=r*w/$owner\n", OWNED "\n",
	 "GRANT SELECT ON TABLE $home.t TO bob WITH GRANT OPTION;\nGRANT UPDATE ON TABLE $home.t TO "
	 "bob"},
	{OWNED "\n", OWNED "|privileges=$owner=arwdDxt/$owner, PUBLIC=r/$owner\n",
	 "REVOKE SELECT ON TABLE $home.t FROM PUBLIC"},
	{OWNED "|privileges=$owner=arwdDxt/$owner, \"a,b\"=r/$owner\n",
	 OWNED "|privileges=$owner=arwdDxt/$owner, \"a,b\"=r*/$owner\n",
	 "REVOKE GRANT OPTION FOR SELECT ON TABLE $home.t FROM \"a,b\""},
	{OWNED "|privileges=bob=r/eve\n", OWNED "\n",
	 "(Some of the privileges were granted by others than the owner.)"},
	{OBJECT("enum", "labels='a'|comment=b"), OBJECT("enum", "labels='a'"),
	 "COMMENT ON TYPE $home.x IS 'b'"},
	{T "trigger|$home.t.g|$home.t|definition=D\n",
	 T "trigger|$home.t.g|$home.t|definition=D|comment=x\n",
	 "COMMENT ON TRIGGER g ON $home.t IS NULL"},
	/* renamed ones */
	{COLUMN("type=text"), "table|$home.t||column_order=b\ncolumn|$home.t.b|$home.t|type=text\n",
	 "ALTER TABLE $home.t RENAME COLUMN b TO a"},
	{OBJECT("function", "body=x"), "function|$home.y(integer)||body=x\n",
	 "ALTER FUNCTION $home.y(integer) RENAME TO x"},
	{T "index|$home.i|$home.t|columns=a\n", T "index|$home.j|$home.t|columns=a\n",
	 "ALTER INDEX $home.j RENAME TO i"},
	{COLUMN("type=text|comment=x"),
	 "table|$home.u||column_order=a\ncolumn|$home.u.a|$home.u|type=text\n",
	 "ALTER TABLE $home.u RENAME TO t\n--\n(Its name has to be put right first: it is $home.u.a "
	 "now.)"},
	{OBJECT("publication", "all_tables=true"), "",
	 "(mighead writes no DDL for objects of the type publication.)"},
};

static void
test_cases(void)
{
	for (size_t i = 0; i < lengthof(cases); i++)
		is(fixes(cases[i].expected, cases[i].actual), cases[i].fix,
		   pnstrdup(cases[i].fix, strcspn(cases[i].fix, "\n")));
}

static void
test_whole_table(void)
{
	is(fixes("table|$home.t||column_order=id, b|owner=$owner|comment=c\n"
			 "column|$home.t.id|$home.t|type=integer|not_null=true|default=nextval('$home.s'::"
			 "regclass)\n"
			 "column|$home.t.b|$home.t|type=text|statistics=7\n"
			 "sequence|$home.s|$home.t|data_type=integer|owned_by=$home.t.id\n"
			 "constraint|$home.t.a_fk|$home.t|kind=foreign key|definition=FOREIGN KEY (id) "
			 "REFERENCES $home.t(id)\n"
			 "constraint|$home.t.pk|$home.t|kind=primary key|definition=PRIMARY KEY (id)\n"
			 "constraint|$home.t.z_fk|$home.t|kind=foreign key|definition=FOREIGN KEY (id) "
			 "REFERENCES $home.u(id)\n"
			 "index|$home.i|$home.t|table=$home.t|method=btree|columns=b|clustered=true\n"
			 "table|$home.u||column_order=id\ncolumn|$home.u.id|$home.u|type=integer\n",
			 ""),
	   "CREATE SEQUENCE $home.s AS integer;\n"
	   "CREATE TABLE $home.t (\n    id integer DEFAULT nextval('$home.s'::regclass) NOT NULL,\n"
	   "    b text\n);\n"
	   "ALTER TABLE $home.t OWNER TO $owner;\n"
	   "COMMENT ON TABLE $home.t IS 'c';\n"
	   "ALTER SEQUENCE $home.s OWNED BY $home.t.id;\n"
	   "ALTER TABLE $home.t ADD CONSTRAINT pk PRIMARY KEY (id);\n"
	   "ALTER TABLE $home.t ADD CONSTRAINT a_fk FOREIGN KEY (id) REFERENCES $home.t(id);\n"
	   "CREATE INDEX i ON $home.t USING btree (b);\n"
	   "ALTER TABLE $home.t CLUSTER ON i;\n"
	   "ALTER TABLE $home.t ALTER COLUMN b SET STATISTICS 7\n"
	   "--\n"
	   "CREATE TABLE $home.u (\n    id integer\n)",
	   "a table with all of its own; a foreign key to one that is not there waits for the next time");
}

/* Whatever is the matter: nothing that people have put there goes away. */
static void
test_nothing_dropped(void)
{
	static const char *const harmless[] = {"DROP DEFAULT",    "DROP NOT NULL",  "DROP EXPRESSION",
										   "DROP CONSTRAINT", "DROP INDEX",     "DROP POLICY",
										   "DROP TRIGGER",    "DROP STATISTICS"};
	bool safe = true;

	for (size_t i = 0; i < lengthof(cases); i++)
		for (int back = 0; back < 2; back++)
		{
			const Case *one = &cases[i];
			const char *text =
				back ? fixes(one->actual, one->expected) : fixes(one->expected, one->actual);

			while ((text = strstr(text, "DROP ")) != NULL)
			{
				bool known = false;

				for (size_t j = 0; j < lengthof(harmless); j++)
					known |= strncmp(text, harmless[j], strlen(harmless[j])) == 0;
				safe &= known;
				text++;
			}
		}
	ok(safe, "nothing is dropped that could not be made again at once");
}

static void
test_retyped(void)
{
	is(fixes(
		   COLUMN(
			   "type=integer") "index|$home.i|$home.t|method=gin|table=$home.t|columns=a|predicate=(a > 1)\n",
		   COLUMN(
			   "type=text") "index|$home.i|$home.t|method=gin|table=$home.t|columns=a|predicate=((a)::integer > 1)\n"),
	   "(Values of the type text may be lost as integer: mighead_castable tells which.)\n--\n"
	   "(The type of a column of the table has to be put right first.)",
	   "what is written otherwise for another type waits for that");
}

/* A document that somebody wrote may leave out anything. */
static void
test_incomplete(void)
{
	static const char *const types[] = {
		"aggregate",  "column",   "composite type", "constraint",        "domain",     "enum",
		"extension",  "function", "index",          "materialized view", "policy",     "procedure",
		"range type", "rule",     "schema",         "sequence",          "statistics", "table",
		"trigger",    "view",     "no such type"};
	bool alive = true;

	for (size_t i = 0; i < 2 * lengthof(types); i++)
		for (size_t j = 0; j < lengthof(cases); j++)
		{
			char *bare = psprintf(T "%s|$home.t.a%s\n", types[i / 2], i % 2 ? "" : "|$home.t");

			alive &= fixes(bare, T) != NULL && fixes(T, bare) != NULL;
			alive &= fixes(bare, cases[j].actual) != NULL && fixes(cases[j].expected, bare) != NULL;
		}
	ok(alive, "definitions without attributes have no fix, and do no harm");
	is(fixes(T "index|$home.i|$home.t|table=$home.t|method=btree\n", T),
	   "(What is expected does not say the columns of $home.i.)", "what is missing is named");
}

int
main(void)
{
	test_cases();
	test_whole_table();
	test_nothing_dropped();
	test_retyped();
	test_incomplete();
	return done_testing();
}
