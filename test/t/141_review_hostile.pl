# mighead_review() runs no code of a role, whatever a script names: each statement by itself, with
# functions that raise a warning in defaults, checks, casts, types and indexes.  It takes no lock
# above ACCESS SHARE, waits for nobody, and bears hostile and huge scripts.
use strict;
use warnings;

use List::Util qw(max min);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
CREATE TABLE customers (id integer PRIMARY KEY, name text, age integer);
INSERT INTO customers SELECT i, 'n', i FROM generate_series(1, 10) AS i;
CREATE TYPE mood AS ENUM ('ok');
CREATE ROLE eve;
CREATE SCHEMA eve AUTHORIZATION eve;
SET ROLE eve;
SET client_min_messages = error;
CREATE FUNCTION eve.f(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE WARNING ''it ran''; RETURN $1; END';
CREATE FUNCTION eve.g(integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE WARNING ''it ran''; RETURN true; END';
CREATE FUNCTION eve.length(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE WARNING ''it ran''; RETURN $1; END';
CREATE FUNCTION eve.plus(integer, text) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE WARNING ''it ran''; RETURN $1; END';
CREATE OPERATOR eve.+ (FUNCTION = eve.plus, LEFTARG = integer, RIGHTARG = text);
CREATE DOMAIN eve.d AS integer CHECK (eve.g(VALUE));
CREATE TYPE eve.comp AS (x eve.d);
CREATE TABLE eve.t (a integer, b eve.d, c integer DEFAULT eve.f(1), CHECK (eve.g(a)));
INSERT INTO eve.t (a) SELECT i FROM generate_series(1, 3) AS i;
CREATE INDEX ON eve.t (eve.f(a));
CREATE INDEX ON eve.t (a) WHERE eve.g(1);
CREATE STATISTICS eve.s ON eve.f(a), b FROM eve.t;
SQL

my @statements = split /;\n/, <<'SQL';
ALTER TABLE eve.t ADD COLUMN n integer DEFAULT eve.f(1);
ALTER TABLE customers ADD COLUMN n integer DEFAULT eve.f(1);
ALTER TABLE customers ADD COLUMN n eve.d DEFAULT 1;
ALTER TABLE customers ADD COLUMN n eve.comp DEFAULT '(1)';
ALTER TABLE customers ADD COLUMN n eve.d[] DEFAULT '{1}';
ALTER TABLE customers ADD COLUMN n integer GENERATED ALWAYS AS (eve.f(age)) STORED;
ALTER TABLE customers ADD CHECK (eve.g(age));
ALTER TABLE customers ADD CHECK (age OPERATOR(eve.+) 'x' > 1);
ALTER TABLE customers ADD CHECK (age::eve.d > 1);
ALTER TABLE customers ADD CHECK ('1'::eve.d > 1);
ALTER TABLE customers ADD CHECK ('{1}'::eve.d[] IS NOT NULL);
ALTER TABLE customers ADD CHECK ('(1)'::eve.comp IS NOT NULL);
ALTER TABLE customers ALTER age TYPE bigint USING eve.f(age);
ALTER TABLE customers ALTER age TYPE eve.d;
ALTER TABLE customers ALTER name TYPE eve.comp USING '(1)';
CREATE INDEX ON customers (eve.f(age));
CREATE INDEX ON customers (age) WHERE eve.g(age);
CREATE INDEX ON eve.t (a);
CREATE UNIQUE INDEX ON eve.t (a);
ALTER TABLE eve.t ALTER a SET NOT NULL;
ALTER TABLE eve.t ADD UNIQUE (b);
ALTER TABLE eve.t ADD PRIMARY KEY (a);
ALTER TABLE eve.t ADD CHECK (a > 1);
ALTER TABLE eve.t ALTER b TYPE bigint;
ALTER TABLE eve.t ALTER a TYPE bigint;
ALTER TABLE eve.t DROP COLUMN b;
ALTER TABLE eve.t ADD FOREIGN KEY (a) REFERENCES customers;
ALTER TABLE customers ADD FOREIGN KEY (age) REFERENCES eve.t (a);
CREATE POLICY p ON customers USING (eve.g(age));
CREATE POLICY p ON customers USING ('1'::eve.d > 0) WITH CHECK (eve.g(1));
CREATE POLICY p ON eve.t WITH CHECK (b > 1);
CREATE TRIGGER r BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION eve.f();
CREATE TRIGGER r BEFORE INSERT ON eve.t FOR EACH ROW WHEN (eve.g(1)) EXECUTE FUNCTION eve.f();
CREATE STATISTICS q ON a, b FROM eve.t;
ALTER TABLE eve.t ADD EXCLUDE USING btree (b WITH =);
ALTER TABLE customers ADD CHECK ((SELECT eve.g(1)));
CREATE VIEW w AS SELECT eve.f(age) FROM customers;
CREATE VIEW w AS SELECT * FROM customers WHERE '1'::eve.d = age;
CREATE VIEW w AS SELECT * FROM eve.t WHERE b = '1';
CREATE TABLE w AS SELECT eve.f(1);
INSERT INTO eve.t VALUES (1, 1);
INSERT INTO customers VALUES (eve.f(1));
UPDATE eve.t SET b = 1;
UPDATE eve.t SET a = 1 WHERE b = '5';
UPDATE customers SET age = eve.f(1);
DELETE FROM customers WHERE eve.g(age);
SELECT eve.f(1);
DO $$BEGIN PERFORM eve.f(1); END$$;
CREATE TABLE z (a integer DEFAULT eve.f(1), b eve.d DEFAULT 1, c eve.comp DEFAULT ROW(1), e integer CHECK (eve.g(e)));
TRUNCATE eve.t;
DROP TABLE eve.t;
DROP TYPE eve.d CASCADE;
SET search_path = eve, public; ALTER TABLE customers ADD CHECK (length(age) > 1);
SET search_path = eve, public; ALTER TABLE customers ADD CHECK (age + 'x' > 1);
SET search_path = eve, public; CREATE TABLE z (a integer DEFAULT f(1), b d DEFAULT 1)
SQL

sub literal
{
	my ($text) = @_;
	return q{'} . ($text =~ s/'/''/gr) . q{'};
}

foreach my $statement (@statements)
{
	my ($out, $err) = ('', '');
	$node->psql('postgres', 'SELECT count(*) FROM mighead_review(' . literal($statement) . ')', stdout => \$out, stderr => \$err);
	ok($out > 0 && $err eq '', $statement) or diag($err);
}

# Locks and waiting.
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE customers');
my $found = $node->safe_psql('postgres', <<'SQL');
SET statement_timeout = '20s';
SELECT code, coalesce(table_rows::text, 'NULL'), lock_mode FROM mighead_review('ALTER TABLE customers ALTER name SET NOT NULL') ORDER BY code;
SQL
is($found, "blocked_now|NULL|AccessExclusiveLock\nlong_lock|NULL|AccessExclusiveLock\nno_lock_timeout|NULL|AccessExclusiveLock\nnot_known|NULL|AccessExclusiveLock",
	'a locked table: nobody waits, and the holder is found') or diag($found);
$holder->query_safe('ROLLBACK');
$holder->quit;
is( $node->safe_psql('postgres', <<'SQL'), '', 'no lock above ACCESS SHARE is taken, and nothing is written');
BEGIN;
SELECT FROM mighead_review('ALTER TABLE customers ADD CHECK (age > 0); CREATE VIEW v AS SELECT * FROM customers; DROP TABLE eve.t; TRUNCATE customers') WHERE false;
SELECT relation::regclass, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation::regclass::text ~ '^(customers|eve)' AND mode <> 'AccessShareLock'
UNION ALL SELECT NULL, pg_current_xact_id_if_assigned()::text WHERE pg_current_xact_id_if_assigned() IS NOT NULL;
COMMIT;
SQL
is($node->safe_psql('postgres', q{BEGIN READ ONLY; SELECT count(*) > 0 FROM mighead_review('DROP TABLE customers')}), 't', 'in a read-only transaction');

# Hostile and huge texts.
my %hostile = (
	'deep parentheses' => 'ALTER TABLE customers ADD CHECK (' . '(' x 3000 . 'age > 1' . ')' x 3000 . ')',
	'a deep expression' => 'ALTER TABLE customers ADD CHECK (age > ' . '1+' x 20000 . '1)',
	'open parentheses' => 'SELECT ' . '(' x 200000,
	'an open quote' => q{SELECT 'abc; SELECT 1;},
	'an open comment' => 'SELECT 1; /* abc',
	'an open dollar quote' => 'DO $$ BEGIN',
	'control characters' => "SELECT \x01\x02; SELECT 1",
	'semicolons' => ';' x 100000,
	'backslashes' => "\\\n" x 1000,
	'COPY without an end' => "CREATE TABLE x (a int); COPY x FROM stdin;\n1\n2\n",
	'a long name' => 'ALTER TABLE ' . 'a' x 100000 . ' ADD b integer',
	'many columns' => 'CREATE TABLE x (' . join(', ', map { "c$_ integer" } 1 .. 2000) . ')',
);
foreach my $name (sort keys %hostile)
{
	my $file = PostgreSQL::Test::Utils::tempdir() . '/hostile.sql';
	my ($out, $err) = ('', '');
	append_to_file($file, 'SELECT count(*) >= 0 FROM mighead_review(' . literal($hostile{$name}) . ');');
	IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $file ], '>', \$out, '2>', \$err);
	is("$out$err", "t\n", $name);
}

# A query in a query, each with WITH, is read once.
like($node->safe_psql('postgres', q{SET statement_timeout = '20s'; SELECT count(*) FROM mighead_review(repeat('WITH a AS (', 200) || 'SELECT 1' || repeat(') SELECT 1', 200))}),
	qr/^\d+$/, 'WITH in WITH');

# Objects that hang together in a long chain: where the stack does not suffice, what follows is not known.
my %chains = (
	'views' => [ 'CREATE VIEW v@ AS SELECT * FROM v#', 'DROP VIEW v1 CASCADE' ],
	'tables that are emptied' => [ 'CREATE TABLE v@ (a integer PRIMARY KEY REFERENCES v#)', 'TRUNCATE v0 CASCADE' ],
	'rows that are deleted' => [ 'CREATE TABLE v@ (a integer PRIMARY KEY REFERENCES v# ON DELETE CASCADE)', 'DELETE FROM v0' ],
	map { $_ => [ 'CREATE TABLE v@ () INHERITS (v#)', $_ ] } 'ALTER TABLE v0 ADD COLUMN c integer',
	'ALTER TABLE v0 DROP COLUMN b', 'ALTER TABLE v0 RENAME b TO c', 'ALTER TABLE v0 ALTER b TYPE bigint',
	'ALTER TABLE v0 ALTER b SET NOT NULL', 'ALTER TABLE v0 ADD CHECK (b > 0)', 'ALTER TABLE v0 DROP CONSTRAINT k',
	'UPDATE v0 SET b = 1', 'LOCK TABLE v0', 'DROP TABLE v0 CASCADE'
);
foreach my $name (sort keys %chains)
{
	my ($link, $last) = @{ $chains{$name} };
	my $script = join ';', 'BEGIN', 'CREATE TABLE v0 (a integer PRIMARY KEY, b integer, CONSTRAINT k CHECK (b > 0))',
		(map { my $before = $_ - 1; $link =~ s/@/$_/r =~ s/#/$before/r } 1 .. 3000), $last, 'DROP TABLE nothing';
	my $found = $node->safe_psql('postgres',
		q{SET max_stack_depth = '100kB'; SELECT count(*) FROM mighead_review(} . literal($script) . q{) WHERE statement = 3004 AND code = 'not_known'});
	is($found, 1, "a long chain: $name");
}

my $big = join "\n", 'BEGIN;', (map { "CREATE TABLE t$_ (id serial PRIMARY KEY, a integer NOT NULL, b text);\nALTER TABLE t$_ ADD COLUMN c integer DEFAULT 1;\nCREATE INDEX ix$_ ON t$_ (a);" } 1 .. 3333), 'COMMIT;';
my $file = PostgreSQL::Test::Utils::tempdir() . '/big.sql';
append_to_file($file, 'SELECT count(DISTINCT statement), count(*) FILTER (WHERE severity > 0) FROM mighead_review(' . literal($big) . ');');
my $out = '';
my $began = time;
IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $file ], '>', \$out);
is($out, "10001|0\n", '10,001 statements');
note(sprintf '%.1f s', time - $began);

# CPU time, in seconds, that the server takes for what comes between.
my $ticks = q{SELECT (f[12]::bigint + f[13]::bigint) / 100.0 FROM string_to_array(regexp_replace(pg_read_file('/proc/self/stat'), '^.*\) ', ''), ' ') AS f};

sub cpu_time
{
	my ($statement, $before) = @_;
	my ($first, $second) = split /\n/, $node->safe_psql('postgres', ($before // '') . "$ticks;\nDO \$do\$ BEGIN PERFORM $statement; END \$do\$;\n$ticks;");
	return $second - $first;
}

# Time grows with the size of a script, not with its square.
my %many = (
	'CREATE SCHEMA' => 'CREATE SCHEMA s@',
	'CREATE TABLE' => 'CREATE TABLE x@ (id integer)',
	'ADD CONSTRAINT' => 'ALTER TABLE customers ADD CONSTRAINT c@ CHECK (age > 0) NOT VALID',
	'CREATE INDEX' => 'CREATE INDEX i@ ON customers (age)',
	'CREATE TYPE' => q{CREATE TYPE y@ AS ENUM ('a')},
	'transactions' => 'BEGIN; CREATE TABLE x@ (id integer); COMMIT',
	'DROP of what it made' => 'CREATE TABLE x@ (id integer); DROP TABLE x@',
	'INSERT' => 'INSERT INTO customers VALUES (@)',
	'COMMENT' => q{COMMENT ON TABLE customers IS '@'},
	'GRANT' => 'GRANT SELECT ON customers TO PUBLIC',
	'ADD COLUMN' => 'ALTER TABLE customers ADD COLUMN c@ integer',
	'ADD COLUMN with a default' => 'ALTER TABLE customers ADD COLUMN c@ serial',
	'columns that come and go' => 'ALTER TABLE customers ADD COLUMN c@ integer; ALTER TABLE customers DROP COLUMN c@',
	'CREATE TRIGGER' => 'CREATE TRIGGER t@ BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION f()',
	'CREATE POLICY' => 'CREATE POLICY p@ ON customers USING (true)',
	'CREATE RULE' => 'CREATE RULE r@ AS ON INSERT TO customers DO INSTEAD NOTHING',
	'a CHECK without a name' => 'ALTER TABLE customers ADD CHECK (age > 0) NOT VALID',
	'UNIQUE without a name' => 'ALTER TABLE customers ADD UNIQUE (age)',
	'an index without a name' => 'CREATE INDEX ON customers (age)',
	'names that are free again' => 'ALTER TABLE customers ADD CHECK (age > 0) NOT VALID; ALTER TABLE customers ADD CHECK (age > 0) NOT VALID; ALTER TABLE customers DROP CONSTRAINT customers_age_check',
	'tables of the same name' => 'CREATE TABLE x (id integer PRIMARY KEY)',
	'schemas with tables of the same name' => 'CREATE SCHEMA s@; CREATE TABLE s@.x (id integer); CREATE TYPE s@.y AS ENUM (\'a\'); DROP SCHEMA s@ CASCADE',
	'INSERT with many constraints' => 'ALTER TABLE customers ADD CONSTRAINT c@ CHECK (age > 0) NOT VALID; INSERT INTO customers VALUES (1)',
	'rows of a table that it made' => 'CREATE TABLE IF NOT EXISTS x (id serial PRIMARY KEY, a integer UNIQUE CHECK (a > 0), b text); INSERT INTO x (a) VALUES (@); UPDATE x SET b = 1',
	'queries' => 'SELECT count(*) FROM customers WHERE age > @; INSERT INTO customers SELECT id + 1000 FROM customers',
	'values of all rows' => 'ALTER TABLE customers ADD COLUMN IF NOT EXISTS z integer; UPDATE customers SET z = @; ALTER TABLE customers ALTER COLUMN z TYPE integer',
	'DO that does nothing' => 'DO \$\$BEGIN NULL; END\$\$; DROP FUNCTION IF EXISTS n@()',
	'tables of queries' => 'CREATE TABLE x@ AS SELECT id, name FROM customers',
	'views' => 'CREATE VIEW x@ AS SELECT id FROM customers',
	'a view that is replaced' => 'CREATE OR REPLACE VIEW x AS SELECT id AS a FROM customers',
	'foreign keys to one table' => 'CREATE TABLE x@ (id integer REFERENCES customers)',
	'children of one table' => 'CREATE TABLE x@ () INHERITS (customers)',
	'columns of one type' => q{CREATE TYPE y@ AS ENUM ('a'); CREATE TABLE x@ (id y@ DEFAULT 'a')},
	'labels' => q{ALTER TYPE mood ADD VALUE 'l@'},
	'labels and literals' => q{ALTER TYPE mood ADD VALUE 'l@'; ALTER TABLE customers ALTER name SET DEFAULT 'text @'},
	'functions that it makes' => q{CREATE FUNCTION f@() RETURNS integer LANGUAGE sql AS 'SELECT 1'; ALTER TABLE customers ALTER age SET DEFAULT abs(1)},
	'what a literal may name' => q{CREATE TABLE x@ (name text DEFAULT lower('text @'))},
	'RENAME' => 'CREATE TABLE x (id integer); ALTER TABLE x RENAME TO x@',
	'RENAME COLUMN' => 'ALTER TABLE customers RENAME name TO other; ALTER TABLE customers RENAME other TO name',
	'savepoints' => 'BEGIN; SAVEPOINT s@; RELEASE r@',
	'locks' => 'BEGIN; LOCK TABLE customers',
	'schemas with a table' => 'CREATE SCHEMA s@; CREATE TABLE s@.t (a integer); DROP SCHEMA s@ CASCADE',
	'schemas that are made again' => 'CREATE SCHEMA s; CREATE TABLE s.t@ (a integer); DROP SCHEMA s CASCADE',
	'a schema that gets more' => 'CREATE SCHEMA IF NOT EXISTS s; CREATE TABLE s.t@ (a integer); DROP SCHEMA s',
	'renamed schemas' => 'CREATE SCHEMA s@; CREATE TABLE s@.t (a integer); ALTER SCHEMA s@ RENAME TO r@',
	'tables like others' => 'CREATE TABLE x@ (LIKE customers INCLUDING ALL)',
	'children that leave' => 'CREATE TABLE c@ () INHERITS (customers); ALTER TABLE c@ NO INHERIT customers',
	'partitions that leave' => 'CREATE TABLE IF NOT EXISTS p (a integer) PARTITION BY RANGE (a); CREATE TABLE p@ PARTITION OF p FOR VALUES FROM (@) TO (@); ALTER TABLE p DETACH PARTITION p@',
	'partitions that go' => 'CREATE TABLE IF NOT EXISTS p (a integer) PARTITION BY RANGE (a); CREATE TABLE p@ PARTITION OF p FOR VALUES FROM (@) TO (@); DROP TABLE p@',
	'partitions of one table' => 'CREATE TABLE IF NOT EXISTS p (a integer) PARTITION BY RANGE (a); CREATE TABLE p@ PARTITION OF p FOR VALUES FROM (@) TO (@ + 1); INSERT INTO p VALUES (@)',
	'partitions by lists' => 'CREATE TABLE IF NOT EXISTS p (a integer) PARTITION BY LIST (a); CREATE TABLE p@ PARTITION OF p FOR VALUES IN (@, -@); INSERT INTO p@ VALUES (@)',
	'partitions by hash' => 'CREATE TABLE IF NOT EXISTS p (a integer) PARTITION BY HASH (a); CREATE TABLE p@ PARTITION OF p FOR VALUES WITH (MODULUS 20000, REMAINDER @); INSERT INTO p VALUES (@)',
	'many schemas' => 'SET search_path = s@, public; CREATE TABLE x@ (id integer)',
	'versions' => q{INSERT INTO alembic_version VALUES ('v@'); UPDATE alembic_version SET version_num = 'z' WHERE version_num = 'y'},
);

# The same for one statement with many parts: what comes before them, a part, and what is between two of them.
my %parts = (
	'actions' => [ 'ALTER TABLE customers', 'ADD CONSTRAINT c@ CHECK (age > 0) NOT VALID' ],
	'actions without names' => [ 'ALTER TABLE customers', 'ADD CHECK (age > 0) NOT VALID' ],
	'foreign keys' => [ 'ALTER TABLE customers', 'ADD CONSTRAINT c@ FOREIGN KEY (age) REFERENCES customers' ],
	'new columns' => [ 'ALTER TABLE customers', 'ADD c@ integer DEFAULT 1' ],
	'names' => [ 'DROP TABLE IF EXISTS', 'x@' ],
	'emptied tables' => [ 'TRUNCATE', 'customers' ],
	'tables that it made' => [ 'CREATE TABLE x (id integer);', 'DROP TABLE x; CREATE TABLE x@ (id integer)', ';', '; DROP TABLE ', 'x@' ],
	'members of IN' => [ 'ALTER TABLE customers ADD CHECK (age IN (0,', '@', ',', '))' ],
	'parts of OR' => [ 'ALTER TABLE customers ADD CHECK (', 'age = @', ' OR ', ')' ],
	'columns of a key' => [ 'ALTER TABLE customers ADD UNIQUE (', 'age', ',', ')' ],
	'columns of statistics' => [ 'CREATE STATISTICS z ON', 'age', ',', ' FROM customers' ],
	'columns of INSERT' => [ 'INSERT INTO customers (', 'age', ',', ') VALUES (1)' ],
	'tables of a query' => [ 'SELECT 1 FROM', 'customers c@' ],
	'queries of WITH' => [ 'WITH', 'w@ AS (SELECT 1)', ',', ' SELECT 1' ],
	'rows of INSERT' => [ 'CREATE TABLE x (id integer PRIMARY KEY, a integer CHECK (a > 0)); INSERT INTO x VALUES', '(@, @)' ],
	'schemas of a path' => [ 'SET search_path =', 's@' ],
	'roles' => [ 'GRANT SELECT ON customers TO', 'r@' ],
	'labels of an enum' => [ 'CREATE TYPE y AS ENUM (', q{'l@'}, ',', ')' ],
	'columns of a table' => [ 'CREATE TABLE x (', 'c@ integer', ',', ')' ],
	'constraints of a table' => [ 'CREATE TABLE x (a integer,', 'CHECK (a > @)', ',', ')' ],
);
$node->safe_psql('postgres', q{CREATE FUNCTION many(one text, n integer) RETURNS text LANGUAGE sql AS $$SELECT string_agg(replace(one, '@', i::text), ';') FROM generate_series(1, n) AS i$$});

# Takes the least of three, for what else the machine does costs CPU time, too.
sub grows_with_number
{
	my ($name, $measure) = @_;
	my ($few, $most);

	foreach (1 .. 3)
	{
		my @now = map { $measure->($_) } 4000, 16000;
		($few, $most) = defined $few ? (min($few, $now[0]), min($most, $now[1])) : @now;
		last if $most < 6 * max($few, 0.05) || $ENV{MIGHEAD_SANITIZED};
	}
	# the allocator of sanitizers takes longer for more
	return note("$name: not bounded with sanitizers: $few s, $most s") if $ENV{MIGHEAD_SANITIZED};
	cmp_ok($most, '<', 6 * max($few, 0.05), "the time of $name grows with the number") or diag("$few $most");
	note("$name: $few s, $most s");
	return;
}

foreach my $name (sort keys %many)
{
	grows_with_number($name, sub { cpu_time("count(*) FROM mighead_review(many(\$s\$$many{$name}\$s\$, $_[0]), check_data => false)") });
}

sub parts
{
	my ($n, $begin, $part, $between, $end, $other) = @_;
	my $all = join $between // ',', map { $part =~ s/\@/$_/gr } 1 .. $n;
	$all .= $end // '';
	$all .= join ',', map { $other =~ s/\@/$_/gr } 1 .. $n if defined $other;
	return "$begin $all";
}

foreach my $name (sort keys %parts)
{
	grows_with_number("many $name", sub {
		$node->safe_psql('postgres', 'CREATE TABLE script AS SELECT ' . literal(parts($_[0], @{ $parts{$name} })) . '::text AS sql');
		my $time = cpu_time('count(*) FROM mighead_review((SELECT sql FROM script), check_data => false)');
		$node->safe_psql('postgres', 'DROP TABLE script');
		return $time;
	});
}

# A status looks at no more than a part of what was recorded.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
SELECT mighead_add_revision('a1'); SELECT mighead_add_revision('b2', '{a1}');
SQL
my $without = cpu_time('FROM mighead_status()');
foreach my $recorded ('CREATE SCHEMA s@', 'ALTER TABLE customers ADD CONSTRAINT c@ CHECK (age > 0)', 'SELECT 1')
{
	$node->safe_psql('postgres', <<"SQL");
DELETE FROM mighead.statement;
INSERT INTO mighead.statement SELECT 'default', 'b2', 1, many('$recorded', 20000), true, 'postgres', '"\$user", public', 'recorded', checksum FROM mighead.revision WHERE revision = 'b2';
SQL
	my $with = cpu_time('FROM mighead_status()');
	cmp_ok($with, '<', $without + 1, "a status with 20,000 recorded: $recorded");
	note("$recorded: $without s, $with s");
}
my $foretold = q{SELECT count(*) FROM mighead_findings() WHERE code = 'pending_will_fail'};
# BEGIN and the failing one count, too
foreach ([ 998, 1 ], [ 999, 0 ])
{
	my ($n, $expected) = @$_;
	$node->safe_psql('postgres', "UPDATE mighead.statement SET statement = many('SELECT 1', $n) || '; CREATE TABLE customers ()'");
	is($node->safe_psql('postgres', $foretold), $expected, "a failure after $n statements of a text");
}
$node->safe_psql('postgres', q{UPDATE mighead.statement SET statement = 'CREATE TABLE customers (); --' || repeat('x', 300000)});
is($node->safe_psql('postgres', $foretold), 0, 'a failure in a text over the limit of bytes');

done_testing();
