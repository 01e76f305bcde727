/*
 * Unit tests of src/core/fix: what is written for which difference.  That it is what the
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
#define TYPED "table|$home.t||column_order=a|of_type=$home.y\n"
#define COLUMN_OF_TYPED(type) "column|$home.t.a|$home.t|type=" type "\n"
#define OPERATORS \
	"(Operators answer for this, unless the project's \"manages\" says that its migrations do.)"
#define NOTHING "(Nothing depends on it.)"
#define ALTER_A "ALTER TABLE $home.t ALTER COLUMN a "
#define BELOW(above, below) \
	COLUMN("type=integer" above) \
	"table|$home.p||column_order=a|partition_of=$home.t|partition_bound=DEFAULT\n" \
	"column|$home.p.a|$home.p|type=integer" below "\n"
#define CIRCLE(attributes) \
	"table|$home.t||column_order=a|partition_of=$home.p|partition_bound=DEFAULT\n" \
	"column|$home.t.a|$home.t|type=integer" attributes "\n" \
	"table|$home.p||column_order=a|partition_of=$home.t|partition_bound=DEFAULT\n" \
	"column|$home.p.a|$home.p|type=integer\n"
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
	{COLUMN("type=text"), COLUMN("type=text|not_null=true"),
	 "(The column would be weaker: a person has to decide whether rows may have no value there.)"},
	{COLUMN("type=text|not_null=true"), COLUMN("type=text"), ALTER_A "SET NOT NULL"},
	{COLUMN("type=text|default=now()"), COLUMN("type=text|default=1"), ALTER_A "SET DEFAULT now()"},
	{COLUMN("type=text"), COLUMN("type=text|default=1"),
	 "(Rows may need the default that is there: a person has to decide.)"},
	{COLUMN("type=integer|default=1"), COLUMN("type=integer|default=2|generated=stored"),
	 "(Without its expression nothing would keep the column right.)"},
	{COLUMN("type=text"), COLUMN("type=text|storage=plain"), OPERATORS},
	{COLUMN("type=$home.e"), COLUMN("type=$home.e|storage=plain"), OPERATORS},
	{COLUMN("type=integer|identity=always|identity_options=START 5 CACHE 3"),
	 COLUMN("type=integer|identity=always|identity_options=INCREMENT 2 CYCLE"),
	 "(How the identity counts was decided here: a person has to decide whether to change that.)"},
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
	/* tables of a composite type */
	{TYPED COLUMN_OF_TYPED("text"), TYPED,
	 "(The column comes with that of the composite type of its table.)"},
	{TYPED COLUMN_OF_TYPED("text"), TYPED COLUMN_OF_TYPED("character varying(5)"),
	 "(The column comes with that of the composite type of its table.)"},
	{TYPED COLUMN_OF_TYPED("text|default=1"), TYPED COLUMN_OF_TYPED("text"),
	 ALTER_A "SET DEFAULT 1"},
	{TYPED COLUMN_OF_TYPED("text"),
	 "table|$home.t||column_order=b|of_type=$home.y\ncolumn|$home.t.b|$home.t|type=text\n",
	 "(The column comes with that of the composite type of its table.)"},
	/* tables */
	{"table|$home.t||options=a=1, b=2\n", "table|$home.t||options=a=1, b=3, c=4\n", OPERATORS},
	{"table|$home.t||toast_options=a=1\n", T, NOTHING "\n--\n" OPERATORS},
	{"table|$home.t||row_security=true\n", "table|$home.t||x=y\n",
	 "ALTER TABLE $home.t ENABLE ROW LEVEL SECURITY\n--\n(It was set here on purpose, perhaps: a person has to decide.)"},
	{"table|$home.t\n", "table|$home.t||force_row_security=true\n",
	 "(Switching row security off would show rows to those who may not see them now: a person has "
	 "to decide that.)"},
	{"table|$home.t||partition_of=$home.p|partition_bound=DEFAULT\n", "table|$home.t\n",
	 "(Attaching and detaching a partition moves its rows into and out of what queries of the parent see.)"},
	{"table|$home.t\n", "table|$home.t||persistence=unlogged\n", "ALTER TABLE $home.t SET LOGGED"},
	{"table|$home.t||tablespace=Fast\n", "table|$home.t\n", OPERATORS},
	{"table|$home.t||tablespace=user\n", "table|$home.t\n", OPERATORS},
	/* constraints */
	{T "constraint|$home.t.c|$home.t|kind=check|definition=CHECK (a)\n",
	 T "constraint|$home.t.c|$home.t|kind=check|definition=CHECK (a)|validated=false\n",
	 "ALTER TABLE $home.t VALIDATE CONSTRAINT c"},
	{T "constraint|$home.t.c|$home.t|kind=check|definition=CHECK (a)\n",
	 T "constraint|$home.t.c|$home.t|kind=check|definition=CHECK (b)\n",
	 "(What is there may be stricter than what is expected: a person has to decide.)"},
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
	 "REINDEX INDEX CONCURRENTLY $home.c"},
	/* indexes */
	{T "index|$home.i|$home.t|table=$home.t|method=gin|columns=a|predicate=(a > 1)|unique=true\n",
	 T, "CREATE UNIQUE INDEX i ON $home.t USING gin (a) WHERE (a > 1)"},
	{T "index|$home.i|$home.t|table=$home.t|method=btree|columns=a\n",
	 T "index|$home.i|$home.t|table=$home.t|method=btree|columns=b\n",
	 "(The index would have to be dropped, and queries may use it as it is.)"},
	{T "index|$home.i|$home.t|method=btree\n", T "index|$home.i|$home.t|method=btree|valid=false\n",
	 "REINDEX INDEX CONCURRENTLY $home.i"},
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
	 "(The policy as it is may show less than what is expected: a person has to decide.)"},
	{T "policy|$home.t.p|$home.t|command=select|using=x\n",
	 T "policy|$home.t.p|$home.t|command=all|using=x\n",
	 "(The policy as it is may show less than what is expected: a person has to decide.)"},
	{OBJECT("view", "columns=a integer, b text|definition=NEW"),
	 OBJECT("view", "columns=a integer, b text|definition=OLD"),
	 "CREATE OR REPLACE VIEW $home.x AS\nNEW"},
	{OBJECT("view", "columns=a integer|definition=N"),
	 OBJECT("view", "columns=a text|definition=N"),
	 "(With other columns the view would have to be dropped, and with it what depends on it.)"},
	{OBJECT("enum", "labels='a', 'b, c', 'd'"), OBJECT("enum", "labels='b, c'"),
	 "ALTER TYPE $home.x ADD VALUE IF NOT EXISTS 'a' BEFORE 'b, c';\nALTER TYPE $home.x ADD VALUE IF NOT EXISTS 'd' AFTER 'b, c'"},
	{OBJECT("enum", "labels='a'"), OBJECT("enum", "labels='a', 'b'"),
	 "(Labels cannot be taken away or moved, and which of them were renamed is not known.)"},
	{OBJECT("enum", "labels='a', 'b'"), OBJECT("enum", "labels='a', 'c'"),
	 "(Labels cannot be taken away or moved, and which of them were renamed is not known.)"},
	{OBJECT("enum", "labels='a', 'b'"), OBJECT("enum", "labels='b', 'a'"),
	 "(Labels cannot be taken away or moved, and which of them were renamed is not known.)"},
	{OBJECT("statistics", "definition=ON a, b FROM t|statistics=7"),
	 OBJECT("statistics", "definition=ON a, c FROM t|statistics=7"),
	 "(What was gathered for queries would be gone: a person has to decide.)"},
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
	{CIRCLE("|default=1"), CIRCLE(""), ALTER_A "SET DEFAULT 1"},
	{BELOW("", "|default=1"), BELOW("|default=2", "|default=1"),
	 "(Rows may need the default that is there: a person has to decide.)"},
	{BELOW("", "|not_null=true"), BELOW("|not_null=true", "|not_null=true"),
	 "(The column would be weaker: a person has to decide whether rows may have no value there.)"},
	{COLUMN("type=integer"), COLUMN("type=integer|not_null=true|identity=always"),
	 "(Dropping the identity drops its sequence, and what that has counted.)\n--\n(The column would be weaker: a person has to decide whether rows may have no value there.)"},
	{OBJECT("sequence", "increment=-1"), OBJECT("sequence", "increment=-1|start=-7"),
	 "(How the sequence counts was decided here: a person has to decide whether to change that.)"},
	{"function|$home.f(integer)||arguments=a integer|result=text|language=sql|body=it's "
	 "$function$|volatility=stable|configuration=search_path=$home, pg_temp; a.b=x y\n",
	 "",
	 "CREATE OR REPLACE FUNCTION $home.f(a integer)\nRETURNS text\nLANGUAGE sql\nSTABLE\nSET "
	 "search_path TO $home, pg_temp\nSET a.b TO 'x y'\nAS $function1$it's $function$$function1$"},
	{"function|$home.f()||result=text|body=x\n", "function|$home.f()||result=integer|body=x\n",
	 "(It would have to be dropped, and with it what depends on it.)"},
	/* owners, privileges, comments */
	{OWNED "\n", "table|$home.t||owner=bob\n",
	 "(The owner that it has would lose what owners may do.)"},
	{OWNED "|privileges=$owner=arwdDxt/$owner, bob=r*w/$owner\n", OWNED "\n",
	 "GRANT SELECT ON TABLE $home.t TO bob WITH GRANT OPTION;\nGRANT UPDATE ON TABLE $home.t TO "
	 "bob"},
	{OWNED "\n", OWNED "|privileges=$owner=arwdDxt/$owner, PUBLIC=r/$owner\n",
	 "(Who may do more than expected may need to: a person has to decide.)"},
	{OWNED "|privileges=$owner=arwdDxt/$owner, \"a,b\"=r/$owner\n",
	 OWNED "|privileges=$owner=arwdDxt/$owner, \"a,b\"=r*/$owner\n",
	 "(Who may do more than expected may need to: a person has to decide.)"},
	{OWNED "|privileges=bob=r/eve\n", OWNED "\n",
	 "(Some of the privileges were granted by others than the owner.)"},
	{OBJECT("enum", "labels='a'|comment=b"), OBJECT("enum", "labels='a'"), OPERATORS},
	{T "trigger|$home.t.g|$home.t|definition=D\n",
	 T "trigger|$home.t.g|$home.t|definition=D|comment=x\n", OPERATORS},
	/* renamed ones */
	{COLUMN("type=text"), "table|$home.t||column_order=b\ncolumn|$home.t.b|$home.t|type=text\n",
	 "ALTER TABLE $home.t RENAME COLUMN b TO a"},
	{OBJECT("function", "body=x"), "function|$home.y(integer)||body=x\n",
	 "ALTER FUNCTION $home.y(integer) RENAME TO x"},
	{T "index|$home.i|$home.t|columns=a\n", T "index|$home.j|$home.t|columns=a\n",
	 "ALTER INDEX $home.j RENAME TO i"},
	{COLUMN("type=text|comment=x"),
	 "table|$home.u||column_order=a\ncolumn|$home.u.a|$home.u|type=text\n",
	 "(It may be another one, made in its place: a person has to decide.)\n--\n" OPERATORS},
	{OBJECT("publication", "all_tables=true"), "", OPERATORS},
};

static void
test_cases(void)
{
	for (size_t i = 0; i < lengthof(cases); i++)
		is(fixes(cases[i].expected, cases[i].actual), cases[i].fix,
		   pnstrdup(cases[i].fix, strcspn(cases[i].fix, "\n")));
}

/* Several statements as one. */
static void
test_one_statement(void)
{
	is(mh_one_statement("SELECT 1"), "SELECT 1", "one stays as it is");
	is(mh_one_statement(
		   "CREATE SEQUENCE s;\nSELECT setval('a;b', 1);\nCREATE FUNCTION f() RETURNS int "
		   "LANGUAGE sql\nBEGIN ATOMIC\n SELECT 1;\nEND;\nCOMMENT ON TABLE t IS '$fix$'"),
	   "DO $fix1$\n#variable_conflict use_column\nBEGIN\nCREATE SEQUENCE s;\nPERFORM setval('a;b', 1);\n"
	   "EXECUTE $statement$CREATE FUNCTION f() RETURNS int LANGUAGE sql\nBEGIN ATOMIC\n SELECT 1;\nEND"
	   "$statement$;\nCOMMENT ON TABLE t IS '$fix$';\nEND\n$fix1$",
	   "several become a block");
	is(mh_one_statement("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $a$ SELECT 1; $a$;\nALTER "
						"FUNCTION f() OWNER TO o"),
	   "DO $fix$\n#variable_conflict use_column\nBEGIN\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS "
	   "$a$ SELECT 1; $a$;\nALTER FUNCTION f() OWNER TO o;\nEND\n$fix$",
	   "a quoted body is left whole");
	is(mh_one_statement("CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);\n"
						"ALTER TABLE t DISABLE RULE r"),
	   "DO $fix$\n#variable_conflict use_column\nBEGIN\nEXECUTE $statement$CREATE RULE r AS ON "
	   "INSERT TO t DO ALSO (SELECT 1; SELECT 2)$statement$;\nALTER TABLE t DISABLE RULE r;\nEND\n"
	   "$fix$",
	   "so are the actions of a rule");
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
	   "CREATE TABLE $home.u (\n    id integer\n)\n"
	   "--\n"
	   "CREATE SEQUENCE $home.s AS integer;\n"
	   "CREATE TABLE $home.t (\n    id integer DEFAULT nextval('$home.s'::regclass) NOT NULL,\n"
	   "    b text\n);\n"
	   "ALTER TABLE $home.t OWNER TO $owner;\n"
	   "COMMENT ON TABLE $home.t IS 'c';\n"
	   "ALTER SEQUENCE $home.s OWNED BY $home.t.id;\n"
	   "ALTER TABLE $home.t ADD CONSTRAINT pk PRIMARY KEY (id);\n"
	   "ALTER TABLE $home.t ADD CONSTRAINT a_fk FOREIGN KEY (id) REFERENCES $home.t(id);\n"
	   "ALTER TABLE $home.t ADD CONSTRAINT z_fk FOREIGN KEY (id) REFERENCES $home.u(id);\n"
	   "CREATE INDEX i ON $home.t USING btree (b);\n"
	   "ALTER TABLE $home.t CLUSTER ON i;\n"
	   "ALTER TABLE $home.t ALTER COLUMN b SET STATISTICS 7",
	   "a table with all of its own; one that it refers to comes before it");
}

/* Whatever is the matter: nothing that people have put there goes away. */
static void
test_nothing_dropped(void)
{
	static const char *const harmless[] = {"DROP CONSTRAINT"};
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
	is(fixes(COLUMN("type=integer") "trigger|$home.t.g|$home.t|definition=CREATE TRIGGER g A\n",
			 COLUMN("type=text") "trigger|$home.t.g|$home.t|definition=CREATE TRIGGER g B\n"),
	   "(Values of the type text may be lost as integer: mighead_castable tells which.)\n--\n"
	   "(The type of a column of the table has to be put right first.)",
	   "what is written otherwise for another type waits for that");
}

/* Whatever a document holds: a fix is as many statements as were meant. */
static void
test_hostile_texts(void)
{
	static const char *const endings[] = {
		"1; SELECT pwn()", "1 -- ", "1 /* ", "(1", "1)", "(1]", "[1)", "'1", "\"1", "$a$1",
		"E'\\'",           "'\\'"};

	for (size_t i = 0; i < lengthof(endings); i++)
		is(fixes(psprintf(COLUMN("type=text|default=%s"), endings[i]), COLUMN("type=text")),
		   "(What is expected is not written as PostgreSQL writes it.)", endings[i]);
	is(fixes("enum|$home.e||labels='a'|owner=postgres; SELECT pwn()\n", ""),
	   "(The owner is not written as PostgreSQL writes it.)", "an owner is one identifier");
	is(fixes(
		   "function|$home.f()||result=integer|language=sql|sql_body=BEGIN ATOMIC SELECT CASE WHEN "
		   "true THEN 1 END; END\n",
		   ""),
	   "CREATE OR REPLACE FUNCTION $home.f()\nRETURNS integer\nLANGUAGE sql\nBEGIN ATOMIC SELECT CASE "
	   "WHEN true THEN 1 END; END",
	   "a body of several statements is one of the function");
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

/* In the order of the rows; what needs something that nothing makes has no fix. */
static void
test_order(void)
{
	is(fixes(T "function|$home.f()||result=integer|language=sql|body=SELECT a FROM u\n"
			   "table|$home.u||column_order=a\ncolumn|$home.u.a|$home.u|type=integer\n",
			 T),
	   "CREATE TABLE $home.u (\n    a integer\n)\n--\n"
	   "CREATE OR REPLACE FUNCTION $home.f()\nRETURNS integer\nLANGUAGE sql\n"
	   "AS $function$SELECT a FROM u$function$",
	   "an SQL function comes after the table that it reads");
	is(fixes(T "column|$home.t.b|$home.t|type=integer|not_null=true\n"
			   "index|$home.i|$home.t|table=$home.t|method=btree|columns=b\n",
			 T),
	   "(The column is NOT NULL without a default: a person has to say what the rows that are there "
	   "shall hold.)\n--\n($home.t.b has to be put right first.)",
	   "no index on a column that stays missing");
	is(fixes(T "column|$home.t.b|$home.t|type=integer|default=nextval('$home.s'::regclass)\n"
			   "sequence|$home.s|$home.t|owned_by=$home.t.b\n",
			 T),
	   "CREATE SEQUENCE $home.s;\nALTER TABLE $home.t ADD COLUMN b integer DEFAULT "
	   "nextval('$home.s'::regclass);\nALTER SEQUENCE $home.s OWNED BY $home.t.b",
	   "a serial column comes with its sequence, in one row");
	is(fixes(T "column|$home.t.a|$home.t|type=integer|default=nextval('$home.s'::regclass)\n"
			   "sequence|$home.s||increment=2\n",
			 T "column|$home.t.a|$home.t|type=integer\n"),
	   "CREATE SEQUENCE $home.s INCREMENT 2;\nSELECT pg_catalog.setval('$home.s'::pg_catalog.regclass, "
	   "pg_catalog.max(a)) FROM $home.t HAVING pg_catalog.max(a) >= 1\n--\n" ALTER_A
	   "SET DEFAULT nextval('$home.s'::regclass)",
	   "a sequence goes on where its column ends");
	is(fixes(T "column|$home.t.a|$home.t|type=integer|default=nextval('$home.s'::regclass)\n"
			   "sequence|$home.s|$home.t|owned_by=$home.t.a|owner=$owner\n",
			 T "column|$home.t.a|$home.t|type=integer\n"),
	   "CREATE SEQUENCE $home.s;\nSELECT pg_catalog.setval('$home.s'::pg_catalog.regclass, "
	   "pg_catalog.max(a)) FROM $home.t HAVING pg_catalog.max(a) >= 1;\nALTER SEQUENCE $home.s OWNER "
	   "TO $owner;\nALTER SEQUENCE $home.s OWNED BY $home.t.a\n--\n" ALTER_A
	   "SET DEFAULT nextval('$home.s'::regclass)",
	   "a sequence has the owner of its table before it belongs to it");
	is(fixes(
		   "table|$home.t||column_order=a|force_row_security=true\n"
		   "column|$home.t.a|$home.t|type=integer|default=nextval('$home.s'::regclass)\nsequence|$home.s||\n",
		   "table|$home.t||column_order=a|force_row_security=true\n"
		   "column|$home.t.a|$home.t|type=integer\n"),
	   "(Where the sequence had counted to is not known.)\n--\n($home.s has to be put right first.)",
	   "no sequence goes on behind rows that its owner may not see");
	is(fixes(
		   T
		   "column|$home.t.a|$home.t|type=integer|not_null=true\n"
		   "view|$home.v||columns=a integer|definition=SELECT x.a FROM $home.t x\n"
		   "trigger|$home.t.g|$home.t|definition=CREATE TRIGGER g BEFORE UPDATE ON $home.t FOR EACH "
		   "ROW WHEN ((old.a > 1)) EXECUTE FUNCTION f()\n"
		   "table|$home.u||column_order=b\nconstraint|$home.u.f|$home.u|kind=foreign "
		   "key|definition=FOREIGN KEY (b) REFERENCES $home.t(a)\n",
		   "table|$home.t||column_order=\ntable|$home.u||column_order=b\n"),
	   "(The column is NOT NULL without a default: a person has to say what the rows that are there "
	   "shall hold.)\n--\n($home.t.a has to be put right first.)\n--\n($home.t.a has to be put right "
	   "first.)\n--\n($home.t.a has to be put right first.)",
	   "nothing on a column that stays missing, however it names the column");
	is(fixes("table|$home.t||column_order=a\ncolumn|$home.t.a|$home.t|type=integer\n"
			 "constraint|$home.t.k|$home.t|kind=primary key|definition=PRIMARY KEY (a)\n"
			 "table|$home.u||column_order=b\ncolumn|$home.u.b|$home.u|type=integer\n"
			 "constraint|$home.u.f|$home.u|kind=foreign key|definition=FOREIGN KEY (b) REFERENCES "
			 "$home.t(a)|validated=false\n"
			 "constraint|$home.u.g|$home.u|kind=foreign key|definition=FOREIGN KEY (b) REFERENCES "
			 "$home.t(c)|validated=false\n",
			 "table|$home.t||column_order=a\ncolumn|$home.t.a|$home.t|type=integer\n"
			 "constraint|$home.t.q|$home.t|kind=primary key|definition=PRIMARY KEY (c)\n"
			 "table|$home.u||column_order=b\ncolumn|$home.u.b|$home.u|type=integer\n"),
	   "(The table has another primary key.)\n--\n"
	   "(Somebody made it, perhaps for a purpose: a person has to decide whether to drop it.)\n--\n"
	   "($home.t.k has to be put right first.)\n--\nALTER TABLE $home.u ADD CONSTRAINT g FOREIGN KEY (b) REFERENCES $home.t(c) NOT VALID",
	   "no foreign key to a key that stays missing");
	is(fixes("view|$home.a||columns=b integer|definition=SELECT x.b FROM $home.z x\n"
			 "view|$home.z||columns=a integer, b integer|definition=SELECT 1 AS a, 2 AS b\n",
			 "view|$home.z||columns=a integer|definition=SELECT 1 AS a\n"),
	   "CREATE OR REPLACE VIEW $home.z AS\nSELECT 1 AS a, 2 AS b\n--\n"
	   "CREATE VIEW $home.a AS\nSELECT x.b FROM $home.z x",
	   "a view comes after one that lacks a column of it");
	is(fixes("table|$home.t||column_order=a, b, c\n", "table|$home.old||column_order=a, b, d\n"),
	   "(Dropping it would drop what it holds: a person has to decide that.)\n--\n"
	   "(It may be $home.old now, renamed or moved.)",
	   "no empty table beside one that may hold the rows");
	is(fixes(COLUMN("type=text"),
			 "table|$home.t||column_order=b\ncolumn|$home.t.b|$home.t|type=text\n"
			 "view|$home.v||columns=a integer|definition=D\n"),
	   "(The schema has what is not expected: it may be newer, and this its name.)\n--\n"
	   "(Somebody made it, perhaps for a purpose: a person has to decide whether to drop it.)",
	   "what may be the name of a newer schema is not taken back");
}

static void
test_extension_without_fix(void)
{
	MhDefinitions *live =
		make_set("enum|$home.mine||labels='a'\nfunction|$home.f(integer)||result=text\n");
	MhDifferences *differences = mh_compare(
		make_set(
			"extension|e||schema=$home\nenum|$home.mine||labels='a'\nfunction|$home.f(integer)||result=text\n"
			"domain|$home.a||type=$home.theirs\ndomain|$home.b||type=$home.mine\n"
			"domain|$home.c||type=text|default=($home.f(1) OPERATOR($home.+) 'x'::text)\n"
			"domain|$home.d||type=text|default=$home.f(1)\n"
			"domain|$home.g||type=$home.b\n"),
		live);
	StringInfoData out;

	mh_repair(differences, make_set("domain|$home.b||type=$home.mine\n"), live);
	initStringInfo(&out);
	for (int i = 0; i < differences->n; i++)
		if (strcmp(differences->v[i].type, "extension") == 0)
			differences->v[i].fix = NULL;
	mh_withdraw_needing(differences, live);
	for (int i = 0; i < differences->n; i++)
		appendStringInfo(&out, "%s%s ", differences->v[i].name, differences->v[i].fix ? "" : "!");
	is(out.data, "e! $home.a! $home.b $home.c! $home.d $home.g ",
	   "nothing of an extension that stays missing");
}

int
main(void)
{
	test_cases();
	test_one_statement();
	test_whole_table();
	test_nothing_dropped();
	test_retyped();
	test_hostile_texts();
	test_order();
	test_extension_without_fix();
	test_incomplete();
	return done_testing();
}
