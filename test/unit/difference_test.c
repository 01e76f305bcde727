/* Unit tests of src/core/difference*.c. */
#include "core/difference/difference.h"

#include "definitions.h"
#include "tap.h"

/* of AddressSanitizer, whose header not every compiler brings */
extern size_t __sanitizer_get_current_allocated_bytes(void);

/* One line for each difference. */
static char *
compare(const MhDefinitions *expected, const MhDefinitions *actual)
{
	MhDifferences *differences = mh_compare(expected, actual);
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < differences->n; i++)
	{
		MhDifference *one = &differences->v[i];

		appendStringInfo(&out, "%d %s %s %s", one->severity, mh_difference_kind_name(one->kind),
						 one->type, one->name);
		if (one->attribute != NULL)
			appendStringInfo(&out, " %s", one->attribute);
		appendStringInfo(&out, ": %s > %s\n", one->expected ? one->expected : "-",
						 one->actual ? one->actual : "-");
	}
	return out.data;
}

static char *
compare_lines(const char *expected, const char *actual)
{
	return compare(make_set(expected), make_set(actual));
}

#define TABLE \
	"table|$home.t||column_order=a, b\n" \
	"column|$home.t.a|$home.t|type=integer|not_null=true\n" \
	"column|$home.t.b|$home.t|type=text\n" \
	"constraint|$home.t.t_pkey|$home.t|kind=primary key|definition=PRIMARY KEY (a)\n" \
	"constraint|$home.t.t_b|$home.t|kind=check|definition=CHECK ((b <> ''::text))\n" \
	"index|$home.t_b_idx|$home.t|table=$home.t|method=btree|columns=b\n"
#define USERS \
	"table|$home.u||column_order=t_a\n" \
	"column|$home.u.t_a|$home.u|type=integer\n" \
	"constraint|$home.u.fk|$home.u|kind=foreign key|definition=FOREIGN KEY (t_a) REFERENCES " \
	"$home.t(a)\n" \
	"view|$home.v||definition=SELECT t.a, t.b AS c FROM $home.t|columns=a integer, c text\n"

static char *
replace(const char *text, const char *from, const char *to)
{
	StringInfoData out;
	const char *at;

	initStringInfo(&out);
	while ((at = strstr(text, from)) != NULL)
	{
		appendBinaryStringInfo(&out, text, at - text);
		appendStringInfoString(&out, to);
		text = at + strlen(from);
	}
	appendStringInfoString(&out, text);
	return out.data;
}

static void
test_simple(void)
{
	is(compare_lines("", ""), "", "nothing and nothing are the same");
	is(compare_lines(TABLE, TABLE), "", "a schema is the same as itself");
	is(compare_lines(TABLE, ""), "2 missing table $home.t: a, b > -\n",
	   "a missing table is all that is said of it");
	is(compare_lines("", TABLE), "2 extra table $home.t: - > a, b\n", "an extra one too");
	is(compare_lines(TABLE, replace(TABLE, "|type=text", "|type=integer")),
	   "2 changed column $home.t.b type: text > integer\n", "a changed attribute");
	is(compare_lines(TABLE, replace(TABLE, "|not_null=true", "|comment=x|owner=y")),
	   "2 changed column $home.t.a not_null: true > -\n"
	   "1 changed column $home.t.a owner: - > y\n"
	   "0 changed column $home.t.a comment: - > x\n",
	   "worst first, each attribute on its own");
	is(compare_lines("table|$home.t||\n", "view|$home.t||definition=SELECT 1\n"
										  "column|$home.t.c|$home.t|comment=x\n"),
	   "2 missing table $home.t: $home.t > -\n2 extra view $home.t: - > SELECT 1\n",
	   "one type instead of another");
}

static void
test_columns(void)
{
	char *without = replace(TABLE, "column|$home.t.b|$home.t|type=text\n", "");

	is(compare_lines(TABLE, replace(without, "a, b", "a")),
	   "2 missing column $home.t.b: text > -\n", "a missing column does not change the order");
	is(compare_lines(replace(without, "a, b", "a"), TABLE), "2 extra column $home.t.b: - > text\n",
	   "an extra one neither");
	is(compare_lines(TABLE, replace(TABLE, "=a, b", "=b, a")),
	   "0 changed table $home.t column_order: a, b > b, a\n", "another order");
	is(compare_lines("table|$home.t||column_order=a, \"x, y\", c\n",
					 "table|$home.t||column_order=\"x, y\", n, c\n"),
	   "", "the order of those in common, quoted ones too");
}

static void
test_unread(void)
{
	is(compare_lines(TABLE, "!busy|table|$home.t\n"), "1 busy table $home.t: - > -\n",
	   "a busy table is that, and nothing is said of its columns");
	is(compare_lines(TABLE, "!unreadable|table|$home.t\n"), "3 unreadable table $home.t: - > -\n",
	   "an unreadable one");
	is(compare_lines(TABLE, TABLE "!unmodelled|operator|$home.+\n"),
	   "0 unmodelled operator $home.+: - > -\n", "what is not modelled is information");
	is(compare_lines("table|$home.t||\n", "!unmodelled|operator|$home.t\n"),
	   "2 missing table $home.t: $home.t > -\n0 unmodelled operator $home.t: - > -\n",
	   "and hides nothing of another type");
	is(compare_lines("!busy|table|$home.t\n", TABLE), "",
	   "what could not be read at the capture is not extra");
	is(compare_lines("table|$home.z||\nview|$home.y||definition=S\n",
					 "!unreadable|table|$home.z\n!busy|table|$home.a\n"),
	   "2 missing view $home.y: S > -\n"
	   "3 unreadable table $home.z: - > -\n"
	   "1 busy table $home.a: - > -\n",
	   "unknown stands between wrong and doubtful");
}

static void
test_validity(void)
{
	const char *invalid = replace(TABLE, "|columns=b", "|columns=b|valid=false");

	is(compare_lines(TABLE, invalid), "2 invalid index $home.t_b_idx valid: - > false\n",
	   "an invalid index");
	is(compare_lines(invalid, invalid), "", "on both sides");
	is(compare_lines(invalid, TABLE), "0 changed index $home.t_b_idx valid: false > -\n",
	   "one that has become valid is information");
	is(compare_lines(TABLE, replace(TABLE, "KEY (a)", "KEY (a)|index_valid=false")),
	   "2 invalid constraint $home.t.t_pkey index_valid: - > false\n", "a constraint's index");
	is(compare_lines(TABLE, replace(TABLE, "::text))", "::text))|validated=false")),
	   "2 changed constraint $home.t.t_b validated: - > false\n", "a constraint NOT VALID");
}

static void
test_deparser(void)
{
	MhDefinitions *expected = make_set("view|$home.v||definition=SELECT t.a|options=x\n");
	MhDefinitions *actual = make_set("view|$home.v||definition=SELECT a|options=y\n");

	expected->deparser = MH_DEPARSER_15;
	is(compare(expected, actual),
	   "2 changed view $home.v options: x > y\n"
	   "0 not_comparable view $home.v definition: SELECT t.a > SELECT a\n",
	   "only texts of the other deparser are not comparable");
	actual = make_set("view|$home.v||definition=SELECT t.a|options=x\n");
	is(compare(expected, actual), "", "the same text is the same");
}

static void
test_renamed_children(void)
{
	is(compare_lines(TABLE, replace(TABLE, "t_b_idx", "other")),
	   "1 renamed index $home.t_b_idx: $home.t_b_idx > $home.other\n", "a renamed index");
	is(compare_lines(TABLE, replace(TABLE, ".t_pkey", ".pk")),
	   "1 renamed constraint $home.t.t_pkey: $home.t.t_pkey > $home.t.pk\n",
	   "a renamed constraint");
	is(compare_lines(
		   "trigger|$home.t.x|$home.t|definition=CREATE TRIGGER x BEFORE INSERT ON $home.t "
		   "FOR EACH ROW EXECUTE FUNCTION $home.x()\n",
		   "trigger|$home.t.y|$home.t|definition=CREATE TRIGGER y BEFORE INSERT ON $home.t "
		   "FOR EACH ROW EXECUTE FUNCTION $home.x()\n"),
	   "1 renamed trigger $home.t.x: $home.t.x > $home.t.y\n",
	   "a renamed trigger, in whose text its name is");
	is(compare_lines("index|$home.a|$home.t|columns=b\nindex|$home.b|$home.t|columns=b\n",
					 "index|$home.c|$home.t|columns=b\n"),
	   "2 missing index $home.a: b > -\n2 missing index $home.b: b > -\n2 extra index $home.c: - > b\n",
	   "which of two it was is not known");
	is(compare_lines("index|$home.a|$home.t|columns=b\n", "index|$home.b|$home.u|columns=b\n"),
	   "2 missing index $home.a: b > -\n2 extra index $home.b: - > b\n",
	   "one of another table is another");
}

static void
test_statistics(void)
{
	is(compare_lines("statistics|$home.s||definition=(mcv) ON b, a, lower(a, b) FROM $home.t\n",
					 "statistics|$home.s||definition=(mcv) ON a, b, lower(a, b) FROM $home.t\n"),
	   "", "statistics have no order of columns");
	is(compare_lines("statistics|$home.s||definition=ON b, a FROM $home.t\n",
					 "statistics|$home.s||definition=ON a, c FROM $home.t\n"),
	   "2 changed statistics $home.s definition: ON b, a FROM $home.t > ON a, c FROM $home.t\n",
	   "but columns");
	is(compare_lines(
		   "table|$home.t||x=y\nstatistics|$home.s|$home.t|definition=ON a, b FROM $home.t\n",
		   "table|$home.t||x=y\nstatistics|o.s|$home.t|definition=ON a, b FROM $home.t\n"),
	   "1 renamed statistics $home.s: $home.s > o.s\n", "and a schema of their own");
}

static void
test_renamed_column(void)
{
	char *renamed = replace(TABLE, "a, b", "a, n");

	renamed = replace(renamed, "$home.t.b|", "$home.t.n|");
	renamed = replace(renamed, "columns=b", "columns=n");
	renamed = replace(renamed, "((b <>", "((n <>");
	is(compare_lines(TABLE, renamed), "2 renamed column $home.t.b: $home.t.b > $home.t.n\n",
	   "a renamed column once, not at index, constraint and order");
	is(compare_lines(TABLE, replace(renamed, "columns=n", "columns=lower(n)")),
	   "2 renamed column $home.t.b: $home.t.b > $home.t.n\n"
	   "2 changed index $home.t_b_idx columns: b > lower(n)\n",
	   "what else has changed is told");
	is(compare_lines(TABLE, replace(renamed, "type=text", "type=text|not_null=true")),
	   "2 missing column $home.t.b: text > -\n2 extra column $home.t.n: - > text\n"
	   "2 changed constraint $home.t.t_b definition: CHECK ((b <> ''::text)) > CHECK ((n <> "
	   "''::text))\n2 changed index $home.t_b_idx columns: b > n\n",
	   "a column of another kind is another");

	renamed = replace(psprintf("%s%s", renamed, USERS), "t.b AS c", "t.n AS c");
	is(compare_lines(TABLE USERS, renamed), "2 renamed column $home.t.b: $home.t.b > $home.t.n\n",
	   "nor at a view");
	renamed = replace(replace(TABLE USERS, "=a, b", "=k, b"), "$home.t.a|", "$home.t.k|");
	renamed = replace(replace(renamed, "KEY (a)", "KEY (k)"), "$home.t(a)", "$home.t(k)");
	renamed = replace(renamed, "SELECT t.a,", "SELECT t.k AS a,");
	is(compare_lines(TABLE USERS, renamed), "2 renamed column $home.t.a: $home.t.a > $home.t.k\n",
	   "nor at a foreign key, nor at a view that keeps the old name");
	is(compare_lines(renamed, TABLE USERS), "2 renamed column $home.t.k: $home.t.k > $home.t.a\n",
	   "nor on the way back");
	is(compare_lines("table|$home.p||column_order=a\ncolumn|$home.p.a|$home.p|type=integer\n"
					 "table|$home.c||column_order=a, d|inherits=$home.p\n"
					 "column|$home.c.a|$home.c|type=integer|default=1\n"
					 "column|$home.c.d|$home.c|type=text\n",
					 "table|$home.p||column_order=z\ncolumn|$home.p.z|$home.p|type=integer\n"
					 "table|$home.c||column_order=z, y|inherits=$home.p\n"
					 "column|$home.c.z|$home.c|type=integer|default=1\n"
					 "column|$home.c.y|$home.c|type=text\n"),
	   "2 renamed column $home.c.d: $home.c.d > $home.c.y\n"
	   "2 renamed column $home.p.a: $home.p.a > $home.p.z\n",
	   "a column is renamed with that of a parent, even if it has a definition of its own");
}

static void
test_renamed_table(void)
{
	char *renamed = replace(TABLE USERS, "$home.t.", "$home.new.");

	renamed = replace(replace(renamed, "$home.t|", "$home.new|"), "$home.t(", "$home.new(");
	renamed = replace(replace(renamed, "FROM $home.t", "FROM $home.new t"), "|table=$home.t",
					  "|table=$home.new");
	is(compare_lines(TABLE USERS, renamed), "2 renamed table $home.t: $home.t > $home.new\n",
	   "a renamed table once, not at its children, its foreign keys and views");
	is(compare_lines(TABLE USERS, replace(renamed, "t_pkey", "new_pkey")),
	   "2 renamed table $home.t: $home.t > $home.new\n"
	   "1 renamed constraint $home.t.t_pkey: $home.t.t_pkey > $home.new.new_pkey\n",
	   "and its constraint as well");
	is(compare_lines(TABLE USERS, replace(renamed, "columns=b", "columns=b DESC")),
	   "2 renamed table $home.t: $home.t > $home.new\n"
	   "2 changed index $home.t_b_idx columns: b > b DESC\n",
	   "what else has changed is told");
	is(compare_lines(TABLE, replace(TABLE, "$home", "s")),
	   "2 renamed table $home.t: $home.t > s.t\n", "one in another schema was moved there");
	is(compare_lines(TABLE, replace(replace(TABLE, "$home", "s"), "=a, b", "=c, d")),
	   "2 missing table $home.t: a, b > -\n2 extra table s.t: - > c, d\n",
	   "unless it has other columns");
}

#define SERIAL \
	"table|$home.t||column_order=id\n" \
	"column|$home.t.id|$home.t|type=integer|default=nextval('$home.t_id_seq'::regclass)\n" \
	"sequence|$home.t_id_seq|$home.t|data_type=integer|owned_by=$home.t.id\n"

static void
test_renamed_others(void)
{
	char *renamed = replace(replace(SERIAL, "$home.t.", "$home.n."), "$home.t|", "$home.n|");

	is(compare_lines(SERIAL, renamed), "2 renamed table $home.t: $home.t > $home.n\n",
	   "a serial column's table");
	is(compare_lines(SERIAL, replace(renamed, "t_id_seq", "n_id_seq")),
	   "2 renamed table $home.t: $home.t > $home.n\n"
	   "1 renamed sequence $home.t_id_seq: $home.t_id_seq > $home.n_id_seq\n",
	   "and its sequence");
	is(compare_lines(SERIAL, replace(SERIAL, "t_id_seq", "n_id_seq")),
	   "1 renamed sequence $home.t_id_seq: $home.t_id_seq > $home.n_id_seq\n",
	   "a sequence once, not at the default");
	is(compare_lines("enum|$home.e||labels='a'\n"
					 "table|$home.t||column_order=c\ncolumn|$home.t.c|$home.t|type=$home.e\n"
					 "function|$home.f($home.e)||arguments=$home.e|body=x\n",
					 "enum|$home.k||labels='a'\n"
					 "table|$home.u||column_order=c\ncolumn|$home.u.c|$home.u|type=$home.k\n"
					 "function|$home.f($home.k)||arguments=$home.k|body=x\n"),
	   "2 renamed enum $home.e: $home.e > $home.k\n2 renamed table $home.t: $home.t > $home.u\n",
	   "an enum, behind it a table, and a function's argument");
	is(compare_lines("function|$home.f(integer)||body=x\n"
					 "trigger|$home.t.g|$home.t|definition=CREATE TRIGGER g EXECUTE FUNCTION "
					 "$home.f()\n",
					 "function|$home.h(integer)||body=x\n"
					 "trigger|$home.t.g|$home.t|definition=CREATE TRIGGER g EXECUTE FUNCTION "
					 "$home.h()\n"),
	   "2 renamed function $home.f(integer): $home.f(integer) > $home.h(integer)\n",
	   "a function once, not at its trigger");
}

#define PARTITIONED \
	"table|$home.p||column_order=a|partition_key=RANGE (a)\n" \
	"column|$home.p.a|$home.p|type=integer|not_null=true\n" \
	"table|$home.q||column_order=a|partition_of=$home.p|partition_bound=DEFAULT|partition_key=x\n" \
	"table|$home.r||column_order=a|partition_of=$home.q|partition_bound=DEFAULT\n"
#define OWN_COLUMN "column|$home.r.a|$home.r|type=integer|not_null=true|default=1\n"

#define OF_ALL(table, more) "trigger|" table ".g|" table "|definition=D ON " table more "\n"

static void
test_partitions(void)
{
	char *detached;

	is(compare_lines(PARTITIONED, PARTITIONED OWN_COLUMN),
	   "2 changed column $home.r.a default: - > 1\n",
	   "a column that no longer is as the parent's is not extra");
	is(compare_lines(PARTITIONED OWN_COLUMN, PARTITIONED),
	   "2 changed column $home.r.a default: 1 > -\n", "one that has become so is not missing");
	is(compare_lines(PARTITIONED OF_ALL("$home.q", ""),
					 PARTITIONED OF_ALL("$home.q", "") OF_ALL("$home.r", "|enabled=disabled")),
	   "2 changed trigger $home.r.g enabled: - > disabled\n",
	   "a trigger that is off in one partition is not extra");
	is(compare_lines(PARTITIONED OF_ALL("$home.q", "") OF_ALL("$home.r", "|enabled=disabled"),
					 PARTITIONED OF_ALL("$home.q", "")),
	   "2 changed trigger $home.r.g enabled: disabled > -\n", "one that is on again not missing");
	detached = replace(replace(PARTITIONED, "|partition_of=$home.q", ""), "=DEFAULT\n", "=\n");
	detached = replace(detached, "|partition_bound=\n", "\n");
	is(compare_lines(PARTITIONED,
					 psprintf("%s%s", detached, replace(OWN_COLUMN, "|default=1", ""))),
	   "2 changed table $home.r partition_of: $home.q > -\n",
	   "a detached partition has the same columns, and its bound is not told apart");
}

static void
test_view_columns(void)
{
	const char *view = "view|$home.v||columns=a integer, ab text\n";

	is(compare_lines(view, psprintf("%scolumn|$home.v.a|$home.v|comment=x\n", view)),
	   "0 changed column $home.v.a comment: - > x\n", "a comment on a view's column");
	is(compare_lines(psprintf("%scolumn|$home.v.ab|$home.v|default=1\n", view), view),
	   "2 changed column $home.v.ab default: 1 > -\n", "a default less");
	is(compare_lines(view, psprintf("%scolumn|$home.v.b|$home.v|comment=x\n", view)),
	   "2 extra column $home.v.b: - > $home.v.b\n", "a column that the other view lacks");
}

/* What one change entails is not told beside it. */
static void
test_consequences(void)
{
	is(compare_lines(
		   "column|$home.t.a|$home.t|type=integer|identity=always|identity_options=START 5\n",
		   "column|$home.t.a|$home.t|type=integer\n"),
	   "2 changed column $home.t.a identity: always > -\n", "an identity and its options");
	is(compare_lines("column|$home.t.a|$home.t|type=integer|generated=stored|default=1\n",
					 "column|$home.t.a|$home.t|type=integer\n"),
	   "2 changed column $home.t.a generated: stored > -\n", "a generated column's expression");
	is(compare_lines("sequence|$home.s|$home.t|owned_by=$home.t.a|owner=a\n",
					 "sequence|$home.s|$home.t|owned_by=$home.t.a|owner=b\n"),
	   "", "the owner of a column's sequence");
	is(compare_lines("table|$home.c||inherits=$home.t|column_order=a\n"
					 "column|$home.c.a|$home.c|type=integer|inherited=true\n",
					 "table|$home.c||column_order=a\ncolumn|$home.c.a|$home.c|type=integer\n"),
	   "2 changed table $home.c inherits: $home.t > -\n", "the columns of a table without parent");
	is(compare_lines("table|$home.c||inherits=$home.t|column_order=a\n"
					 "column|$home.c.a|$home.c|type=integer|inherited=true\n",
					 "table|$home.c||inherits=$home.t|column_order=b\n"
					 "column|$home.c.b|$home.c|type=integer|inherited=true\n"),
	   "", "a column that was renamed with its parent's");
	is(compare_lines("enum|$home.e||owner=a|privileges=a=U/a, b=U/a\n",
					 "enum|$home.e||owner=c|privileges=b=U/c, c=U/c\n"),
	   "1 changed enum $home.e owner: a > c\n", "privileges under another owner");
	is(compare_lines("enum|$home.e||owner=a|privileges=a=U/a, b=U/a\n",
					 "enum|$home.e||owner=c|privileges=b=U*/c, c=U/c\n"),
	   "1 changed enum $home.e owner: a > c\n"
	   "1 changed enum $home.e privileges: a=U/a, b=U/a > b=U*/c, c=U/c\n",
	   "but not other privileges");
	is(compare_lines("collation|$home.c||provider=icu|locale=de\n",
					 "collation|$home.c||provider=libc|lc_collate=C|lc_ctype=C\n"),
	   "2 changed collation $home.c provider: icu > libc\n", "how a provider makes a collation");
	is(compare_lines("cast|(a AS b)||method=inout\n",
					 "cast|(a AS b)||method=function|function=f\n"),
	   "2 changed cast (a AS b) method: inout > function\n", "the function of a cast");
	is(compare_lines("view|$home.v||definition=SELECT 1 AS a|columns=a integer\n",
					 "view|$home.v||definition=SELECT 1 AS b|columns=b integer\n"),
	   "2 changed view $home.v definition: SELECT 1 AS a > SELECT 1 AS b\n", "a view's columns");
	is(compare_lines("view|$home.v||definition=SELECT t.a FROM t|columns=a integer\n",
					 "view|$home.v||definition=SELECT t.a FROM t|columns=a bigint\n"),
	   "2 changed view $home.v columns: a integer > a bigint\n", "but for those of the same text");
}

/* In a second or so: what is quadratic takes minutes. */
static void
test_large(void)
{
	MhDefinitions *expected = palloc0(sizeof(MhDefinitions));
	MhDefinitions *actual = palloc0(sizeof(MhDefinitions));
	MhDefinitions *none = make_set("");
	const int tables = 10000;
	MhDifferences *differences;

	for (int i = 0; i < tables; i++)
		for (int side = 0; side < 2; side++)
		{
			MhDefinitions *set = side == 0 ? expected : actual;
			const char *table = psprintf("$home.%s%d", side == 0 ? "t" : "n", i);

			add_line(set, psprintf("table|%s||column_order=a%d", table, i));
			add_line(set, psprintf("column|%s.a%d|%s|type=integer", table, i, table));
			add_line(set, psprintf("index|$home.i%d|%s|table=%s|columns=a%d", i, table, table, i));
		}
	mh_definitions_sort(expected);
	mh_definitions_sort(actual);
	differences = mh_compare(expected, actual);
	ok(differences->n == tables && differences->v[0].kind == MH_RENAMED,
	   "all of ten thousand tables renamed");
	ok(mh_compare(expected, none)->n == tables, "or missing");
	ok(mh_compare(none, actual)->n == tables, "or extra");
	ok(mh_compare(expected, expected)->n == 0, "or the same");
}

/* A table whose columns were all renamed costs in proportion to their number. */
static void
test_renamed_columns(void)
{
	const int columns = 400;
	StringInfoData lines[2];
	MhDefinitions *sets[2];
	MhDifferences *differences;
	size_t before;
	int renamed = 0;

	for (int side = 0; side < 2; side++)
	{
		initStringInfo(&lines[side]);
		appendStringInfoString(&lines[side], "table|$home.t||column_order=");
		for (int i = 0; i < columns; i++)
			appendStringInfo(&lines[side], "%s%c%d", i == 0 ? "" : ", ", "ab"[side], i);
		for (int i = 0; i < columns; i++)
			appendStringInfo(&lines[side], "\ncolumn|$home.t.%c%d|$home.t|type=text|default=%d",
							 "ab"[side], i, i);
		appendStringInfoChar(&lines[side], '\n');
		sets[side] = make_set(lines[side].data);
	}
	before = __sanitizer_get_current_allocated_bytes();
	differences = mh_compare(sets[0], sets[1]);
	for (int i = 0; i < differences->n; i++)
		renamed += differences->v[i].kind == MH_RENAMED;
	ok(renamed == columns && differences->n == columns, "four hundred renamed columns");
	ok(__sanitizer_get_current_allocated_bytes() - before < 5 * 1000 * 1000,
	   "of which nothing large is left");
}

/* A list is split by its identifiers, whatever stands between them. */
static void
test_odd_column_order(void)
{
	StringInfoData line;

	initStringInfo(&line);
	appendStringInfoString(&line, "table|$home.t||column_order=");
	for (int i = 0; i < 20000; i++)
		appendStringInfoString(&line, "a ");
	ok(mh_compare(make_set(line.data), make_set("table|$home.t||column_order=a, b"))->n == 0,
	   "a list of columns without commas is no larger than it may be");
}

int
main(void)
{
	test_simple();
	test_columns();
	test_unread();
	test_validity();
	test_deparser();
	test_renamed_children();
	test_renamed_column();
	test_statistics();
	test_renamed_table();
	test_renamed_others();
	test_partitions();
	test_view_columns();
	test_consequences();
	test_large();
	test_renamed_columns();
	test_odd_column_order();
	return done_testing();
}
