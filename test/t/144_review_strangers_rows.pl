# A review computes the rows that queries of a script write: over tables, views, columns, types,
# operators and aggregates of a stranger, and into his tables, none of his code runs.  All of it
# counts how often it ran in a sequence, which no rollback takes back.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
CREATE TABLE own (a integer PRIMARY KEY, b text NOT NULL, CHECK (a > 0));
INSERT INTO own SELECT i, i FROM generate_series(1, 5) AS i;
CREATE ROLE eve;
CREATE SCHEMA eve AUTHORIZATION eve;
GRANT CREATE ON SCHEMA public TO eve;
SET ROLE eve;
CREATE SEQUENCE eve.ran;
CREATE FUNCTION eve.f(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''eve.ran''); RETURN $1; END';
CREATE FUNCTION eve.g(integer) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''eve.ran''); RETURN true; END';
CREATE FUNCTION eve.rows(integer) RETURNS SETOF integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''eve.ran''); RETURN NEXT $1; END';
CREATE FUNCTION eve.same(integer, text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''eve.ran''); RETURN true; END';
CREATE FUNCTION eve.step(integer, integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''eve.ran''); RETURN $1; END';
CREATE FUNCTION eve.in_sql(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT eve.f($1)';
CREATE FUNCTION eve.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''eve.ran''); RETURN NEW; END';
CREATE AGGREGATE eve.total(integer) (SFUNC = eve.step, STYPE = integer);
CREATE OPERATOR eve.= (FUNCTION = eve.same, LEFTARG = integer, RIGHTARG = text);
CREATE OPERATOR public.@@@ (FUNCTION = eve.same, LEFTARG = integer, RIGHTARG = text);
CREATE DOMAIN eve.d AS integer CHECK (eve.g(VALUE));
CREATE TYPE eve.comp AS (x eve.d);
CREATE TABLE eve.made (a integer, b text, c eve.d, g integer GENERATED ALWAYS AS (eve.f(a)) STORED);
INSERT INTO eve.made SELECT i, i::text, i FROM generate_series(1, 5) AS i;
CREATE TABLE eve.indexed (a integer, b text);
INSERT INTO eve.indexed SELECT i, i FROM generate_series(1, 5) AS i;
CREATE INDEX ON eve.indexed (eve.f(a));
CREATE INDEX ON eve.indexed (a) WHERE eve.g(a);
CREATE STATISTICS eve.s ON eve.f(a), b FROM eve.indexed;
CREATE VIEW eve.computed AS SELECT eve.f(a) AS a, b FROM eve.indexed;
CREATE VIEW eve.filtered AS SELECT a, b FROM eve.indexed WHERE eve.g(a);
CREATE TABLE eve.guarded (a integer, b text);
INSERT INTO eve.guarded VALUES (1, '1');
ALTER TABLE eve.guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON eve.guarded USING (eve.g(a)) WITH CHECK (eve.g(a));
CREATE TABLE eve.checked (a integer CHECK (eve.g(a)), b text DEFAULT eve.f(1)::text);
CREATE TABLE eve.triggered (a integer, b text);
CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON eve.triggered FOR EACH ROW EXECUTE FUNCTION eve.touch();
CREATE TABLE eve.ruled (a integer, b text);
CREATE RULE r AS ON INSERT TO eve.ruled DO ALSO SELECT eve.f(1);
CREATE TABLE eve.parted (a integer, b text) PARTITION BY RANGE (eve.f(a));
CREATE TABLE eve.parted_1 PARTITION OF eve.parted FOR VALUES FROM (0) TO (100);
CREATE MATERIALIZED VIEW eve.stored AS SELECT 1 AS a, '1'::text AS b;
CREATE INDEX ON eve.stored (eve.f(a));
CREATE TABLE eve.child () INHERITS (eve.indexed);
CREATE INDEX ON eve.child (eve.f(a));
CREATE TABLE eve.excluded (a integer, b text, EXCLUDE USING btree (eve.f(a) WITH =));
CREATE TABLE eve.typed (a eve.d, b text);
RESET ROLE;
SQL

my @tables = map { "eve.$_" } qw(made indexed computed filtered guarded checked triggered parted stored child typed);
my @sources = (@tables, 'own', '(SELECT a, b FROM eve.computed) AS q', q{eve.rows(1) AS q (a) CROSS JOIN (SELECT '1'::text AS b) AS r}, q{(VALUES (1, '1')) AS q (a, b)});
my @values = ('a', 'eve.f(a)', 'a::eve.d::integer', '(SELECT eve.f(1))', 'eve.in_sql(a)', 'CASE WHEN a @@@ b THEN 1 ELSE 2 END', '(SELECT max(a) FROM eve.computed)', 'a + (SELECT eve.total(a) FROM own)', '(ROW(a)::eve.comp).x::integer');
my @conditions = ('WHERE eve.g(a)', 'WHERE a @@@ b', 'WHERE a IN (SELECT a FROM eve.filtered)', 'WHERE a OPERATOR(eve.=) b', 'GROUP BY a, b HAVING eve.g(a)', 'ORDER BY eve.f(a)', 'LIMIT eve.f(1)');
my @statements;

for my $target ('own', map { "eve.$_" } qw(checked triggered guarded indexed parted ruled excluded typed))
{
	for my $source (@sources)
	{
		push @statements, map { "INSERT INTO $target (a, b) SELECT $_, b FROM $source" } $target eq 'own' ? @values : @values[ 0, 1 ];
		push @statements, map { "INSERT INTO $target (a, b) SELECT a, b FROM $source $_" } $target eq 'own' ? @conditions : $conditions[0];
		push @statements, "INSERT INTO $target (a, b) SELECT a, b FROM $source ON CONFLICT DO NOTHING", "UPDATE $target SET a = (SELECT max(a) FROM $source)",
			"CREATE TABLE n AS SELECT a, b FROM $source; ALTER TABLE n ADD PRIMARY KEY (a); INSERT INTO $target (a, b) SELECT a, b FROM n",
			"CREATE MATERIALIZED VIEW n AS SELECT a, b FROM $source; CREATE UNIQUE INDEX ON n (a)";
	}
	push @statements, map { ("UPDATE $target AS t SET b = s.b FROM $_ AS s WHERE t.a = s.a", "DELETE FROM $target AS t USING $_ AS s WHERE t.a = s.a") } @tables, 'own';
	push @statements, "INSERT INTO $target (a, b) VALUES (1, '1') ON CONFLICT (a) DO UPDATE SET b = excluded.b",
		"ALTER TABLE $target ADD CONSTRAINT q CHECK (a > 0), ALTER COLUMN a TYPE bigint USING a::bigint + 1";
}

my $before = $node->safe_psql('postgres', 'SELECT last_value, is_called FROM eve.ran');
my $script = "SET client_min_messages = error;\n" . join('', map { 'SELECT count(*) > 0 FROM mighead_review(' . (q{'} . s/'/''/gr . q{'}) . ");\n" } @statements);
my ($out, $err) = ('', '');
IPC::Run::run([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', '-' ], '<', \$script, '>', \$out, '2>', \$err);
is($err, '', 'no review raises');
is(() = $out =~ /^t$/mg, scalar @statements, 'each statement is reviewed');
is($node->safe_psql('postgres', 'SELECT last_value, is_called FROM eve.ran'), $before, 'no code of the stranger ran');
is($node->safe_psql('postgres', q{SELECT sqlstate FROM mighead_review('INSERT INTO own (a, b) SELECT a, b FROM own') WHERE sqlstate IS NOT NULL}), '23505', 'while rows of nobody else are computed');
is($node->safe_psql('postgres', q{SELECT detail FROM mighead_review('INSERT INTO own (a, b) SELECT a - 1, b FROM own WHERE a = 1; INSERT INTO own (a, b) SELECT 9, NULL') WHERE sqlstate IS NOT NULL}),
	"check constraint own_a_check is violated: rows such as (0) after the script's changes\ncolumn b gets NULL: 1 of its rows", 'and what they break is said');

# Names that are no columns, as many as fit: each is looked at once.
my $start = time;
my $wide = join ', ', map { "c$_ = 1" } 1 .. 100_000;
is($node->safe_psql('postgres', "SELECT sqlstate FROM mighead_review('UPDATE own SET (a, b) = (1, ''x''), $wide')"), '', 'what is refused first is not known');
cmp_ok(time - $start, '<', 8, 'in a time that grows with the text');
$node->safe_psql('postgres', 'SELECT eve.in_sql(1)');
isnt($node->safe_psql('postgres', 'SELECT last_value, is_called FROM eve.ran'), $before, 'it would have been counted');

$node->stop;
done_testing();
