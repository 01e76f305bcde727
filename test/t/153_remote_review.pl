# The same answer both ways: the review of a script for a database without mighead, over a foreign server, is what
# mighead_review() says in the same database with mighead, or says that it does not know.
#
# First both sides look at the catalogs only; then rows decide, too.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use ReviewScripts qw(literal make_scripts read_scripts review_all);
use Test::More;

# Statements about which only mighead in the database knows more; more of them fail the test.
my $most_unknown = 0.03;
my $most_unknown_attacks = 0.04;

# Of those that rows decide, some change the rows first.
my $most_unknown_rows = 0.03;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "autovacuum = off\nmax_prepared_transactions = 5");
$node->start;
$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(here there hub);
$node->safe_psql($_, 'CREATE EXTENSION mighead') for qw(here hub);
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($_), '-f', 'test/fixtures/review_database.sql' ], "$_ is made") for qw(here there);
# Columns that were dropped count, too: two more fit.
$node->safe_psql($_, <<'SQL') for qw(here there);
DO $$BEGIN
	EXECUTE format('CREATE TABLE was_wide (%s)', (SELECT string_agg(format('c%s integer', i), ', ') FROM generate_series(1, 1598) AS i));
	EXECUTE format('ALTER TABLE was_wide %s', (SELECT string_agg(format('DROP c%s', i), ', ') FROM generate_series(1, 1000) AS i));
END$$;
SQL
my ($host, $port) = ($node->host, $node->port);
$node->safe_psql('hub', <<"SQL");
CREATE EXTENSION postgres_fdw;
CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'there');
CREATE USER MAPPING FOR CURRENT_USER SERVER there;
SQL

my $columns = 'line, command, object, lock_mode, blocks, rewrites, scans, table_rows, table_bytes, severity, code, sqlstate, detail, hint';

my (%count, @faults, @unknown);

sub compare
{
	my ($script, $here, $there) = @_;
	foreach my $i (0 .. @$script + 1)
	{
		my ($left, $right) = ($here->[ $i + 1 ] // '', $there->[ $i + 1 ] // '');
		$count{statements}++;
		next if $left eq $right;

		# what follows rests on it
		my $where = $i > 0 ? join ' ;; ', grep { defined } @{$script}[ 0 .. $i - 1 ] : 'BEGIN';
		if ($right =~ /,not_known,/) { $count{unknown}++; push @unknown, "$where:\n$left$right" }
		else { push @faults, "$where:\nhere:  ${left}there: $right" }
		last;
	}
	return;
}

sub share_of_unknown
{
	my ($check_data, @scripts) = @_;
	my @here = review_all($node, 'here', $columns, 'mighead_review(', $check_data, @scripts);
	my @there = review_all($node, 'hub', $columns, q{mighead_remote_review('there', }, $check_data, @scripts);
	%count = @unknown = ();
	is(scalar @there, scalar @here, 'each script is reviewed');
	compare($scripts[$_], $here[$_], $there[$_]) foreach 0 .. $#scripts;
	note("not known: $_") foreach @unknown;
	note(join ', ', map { "$_: $count{$_}" } sort keys %count);
	return ($count{unknown} // 0) / $count{statements};
}

my @scripts = read_scripts('review_statements');
my @wide = map { "ALTER TABLE was_wide ADD d$_ integer" } 1 .. 3;
my @attacks = read_scripts('review_attacks');
cmp_ok(share_of_unknown('false', \@wide, @scripts, make_scripts($ENV{MIGHEAD_LONG} ? 300 : 40, @scripts)), '<', $most_unknown, 'most is known');
cmp_ok(share_of_unknown('false', @attacks, make_scripts($ENV{MIGHEAD_LONG} ? 100 : 10, @scripts, @attacks)), '<', $most_unknown_attacks, 'of what is hard, too');
like($node->safe_psql('hub', 'SELECT string_agg(statement::text, \' \') FROM mighead_remote_review(\'there\', ' . literal(join '; ', @wide) . ") WHERE sqlstate = '54011'"), qr/^3$/, 'columns that were dropped count');
cmp_ok(share_of_unknown('true', @scripts, @attacks, make_scripts($ENV{MIGHEAD_LONG} ? 300 : 10, @scripts)), '<', $most_unknown_rows, 'of what the rows decide, too');
ok(!@faults, 'the same both ways') or diag(scalar(@faults) . " faults\n", map { "  $_\n" } @faults);

# Checks there are evaluated here, unless something there, or a collation, may say otherwise.
$node->safe_psql('there', <<'SQL');
CREATE TABLE check_order (v text CHECK (v < 'b'));
CREATE TABLE check_text (v text CHECK (v <> ''));
CREATE TABLE check_number (v integer CHECK (v > 0));
CREATE TABLE check_backslash (v text CHECK (v <> '\'));
CREATE TABLE made_number (a integer, b integer GENERATED ALWAYS AS (100 / a) STORED CHECK (b > 10));
CREATE TABLE made_text (c text, d text GENERATED ALWAYS AS (upper(c)) STORED CHECK (d <> 'Y'));
SQL

sub code_of_insert
{
	my ($table, $value) = @_;
	return $node->safe_psql('hub', q{SELECT string_agg(concat(code, sqlstate), ' ') FROM mighead_remote_review('there', } . literal("INSERT INTO $table VALUES ($value)") . ", check_data => false) WHERE code IN ('ok', 'not_known', 'will_fail')");
}

is(code_of_insert('check_number', '-1'), 'will_fail23514', 'a check there refuses a value');
is(code_of_insert('check_number', '1'), 'ok', 'or accepts it');
is(code_of_insert('check_text', q{''}), 'will_fail23514', 'equal texts are equal everywhere');
is(code_of_insert('check_text', q{upper('x')}), 'not_known', 'a value may depend on a collation');
is(code_of_insert('check_order', q{'c'}), 'not_known', 'so may a check');
is(code_of_insert('check_backslash', q{'x'}), 'not_known', 'what a backslash means is not known');
is(code_of_insert('made_number (a)', '5'), 'ok', 'a column there is computed');
is(code_of_insert('made_number (a)', '50'), 'will_fail23514', 'so that a check refuses it');
is(code_of_insert('made_number (a)', '0'), 'will_fail22012', 'or it has no value');
is(code_of_insert('made_number (a)', 'NULL'), 'ok', 'or it is NULL');
is(code_of_insert('made_text (c)', q{'x'}), 'not_known', 'it may depend on a collation');
$node->safe_psql('there', 'CREATE FUNCTION differs(text, text) RETURNS boolean LANGUAGE sql AS $$SELECT true$$; CREATE OPERATOR public.<> (FUNCTION = differs, LEFTARG = text, RIGHTARG = text)');
is(code_of_insert('check_text', q{''}), 'not_known', 'an operator may be another one');
$node->safe_psql('there', 'DROP OPERATOR public.<> (text, text); CREATE CAST (integer AS box) WITH INOUT');
is(code_of_insert('check_number', '-1'), 'not_known', 'casts there may be others');
is(code_of_insert('made_number (a)', '50'), 'not_known', 'and what they compute');

# The text of a check is what a stranger says: it is no condition, or another one.
$node->safe_psql('there', 'DROP CAST (integer AS box)');
is(code_of_insert('check_number', '-1'), 'will_fail23514', 'without the cast it is known again');
foreach my $text ('true) UNION SELECT (true', 'true), (true', 'true); SELECT (true', ')', 'v >', '', 'SELECT true', 'v, v', '*', 'v.*', '$1', 'count(*) > 0', 'nothing > 0', 'NOT ' x 450 . 'true')
{
	$node->safe_psql('there', 'CREATE OR REPLACE FUNCTION pg_catalog.pg_get_expr(pg_node_tree, oid) RETURNS text LANGUAGE sql AS ' . literal('SELECT ' . literal($text)));
	like(code_of_insert('check_number', '-1'), $text =~ /^NOT/ ? qr/^ok$/ : qr/^not_known$/, 'the text is ' . substr $text, 0, 30);
}

# ---------- rows ----------

$node->safe_psql('there', 'DROP FUNCTION pg_catalog.pg_get_expr(pg_node_tree, oid)') if $node->safe_psql('there', q{SELECT count(*) FROM pg_proc WHERE proname = 'pg_get_expr' AND oid >= 16384});
$node->safe_psql('there', $_) foreach 'CREATE ROLE mallory', 'CREATE ROLE watcher LOGIN IN ROLE pg_read_all_data', 'GRANT CREATE ON DATABASE there TO mallory', <<'SQL';
CREATE FUNCTION trap(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE LOG 'trapped'; RETURN 1; END$$;
CREATE FUNCTION trap(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE LOG 'trapped'; RETURN true; END$$;
CREATE OPERATOR === (FUNCTION = trap, LEFTARG = int, RIGHTARG = int);
CREATE DOMAIN guarded AS int CHECK (trap(VALUE) = 1);
SQL

# The codes of what is said of rows, and whether code of a role there was run.
sub judge
{
	my ($sql, $server) = @_;
	my $from = -s $node->logfile;
	my $said = $node->safe_psql('hub', q{SELECT string_agg(DISTINCT concat(code, sqlstate), ' ') FROM mighead_remote_review('} . ($server // 'there') . q{', } . literal($sql) . q{) WHERE code IN ('ok', 'not_known', 'will_fail')});
	return $said . (slurp_file($node->logfile, $from) =~ /trapped/ ? ', and it is run' : '');
}

my %tables = (
	'a plain one' => [ '(a int, b int)', 'will_fail23505' ],
	'an index on a built-in function' => [ '(a int, b int); CREATE INDEX ON rows_there (abs(a)) WHERE b > 0', 'will_fail23505' ],
	'a check with a function' => [ '(a int, b int CHECK (trap(b) = 1))', 'not_known' ],
	'an index on a function' => [ '(a int, b int); CREATE INDEX ON rows_there (trap(a))', 'not_known' ],
	'a predicate with a function' => [ '(a int, b int); CREATE INDEX ON rows_there (a) WHERE trap(1) = 1', 'not_known' ],
	'a predicate with an operator' => [ '(a int, b int); CREATE INDEX ON rows_there (a) WHERE 1 === 1', 'not_known' ],
	'statistics of a function' => [ '(a int, b int); CREATE STATISTICS rows_stat ON (trap(1)), a FROM rows_there', 'not_known' ],
	'another column with a domain' => [ '(a int, b guarded)', 'will_fail23505' ],
	'a column with a domain' => [ '(a guarded, b int)', 'not_known' ],
	'row security' => [ '(a int, b int); ALTER TABLE rows_there ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', 'will_fail23505' ],
	'a partition' => [ '(a int, b int); CREATE TABLE parted (a int, b int) PARTITION BY LIST (b); INSERT INTO parted SELECT WHERE false; ALTER TABLE parted ATTACH PARTITION rows_there DEFAULT', 'will_fail23505' ],
	'a partition by a function' => [ '(a int, b int); CREATE TABLE parted (a int, b int) PARTITION BY LIST (trap(b)); ALTER TABLE parted ATTACH PARTITION rows_there DEFAULT', 'not_known' ],
	'another owner' => [ '(a int, b int); ALTER TABLE rows_there OWNER TO mallory', 'not_known' ],
	'another owner of the schema' => [ '(a int, b int); CREATE SCHEMA of_mallory AUTHORIZATION mallory; ALTER TABLE rows_there SET SCHEMA of_mallory', 'not_known' ],
);
foreach my $name (sort keys %tables)
{
	my ($columns, $expected) = @{ $tables{$name} };
	my ($create, @more) = split /; /, $columns;

	$node->safe_psql('there', join '; ', "CREATE TABLE rows_there $create", 'INSERT INTO rows_there VALUES (1, 1), (1, 2)', @more);
	is(judge('ALTER TABLE ' . ($name =~ /schema/ ? 'of_mallory.' : '') . 'rows_there ADD UNIQUE (a)'), $expected, "rows of a table with $name");
	$node->safe_psql('there', 'DROP TABLE IF EXISTS rows_there, of_mallory.rows_there, parted; DROP SCHEMA IF EXISTS of_mallory');
}

$node->safe_psql('there', <<'SQL');
CREATE TABLE keys_there (id int PRIMARY KEY, t text);
INSERT INTO keys_there VALUES (1, 'a');
CREATE TABLE rows_there (id int PRIMARY KEY, n int, k bigint, t text, u varchar(5), b bigint, x numeric);
INSERT INTO rows_there VALUES (1, NULL, 1, 'long text  ', 'é    ', 1, 1e10), (2, 1, NULL, 'ab   ', 'é', 40000, 'NaN');
CREATE TABLE of_guarded (g guarded);
INSERT INTO of_guarded VALUES (1);
CREATE TABLE pairs_there (a int, b int, PRIMARY KEY (a, b));
INSERT INTO pairs_there VALUES (1, 1);
CREATE TABLE halves_there (a int, b int, c int);
INSERT INTO halves_there VALUES (1, 1, NULL), (NULL, NULL, NULL);
CREATE TABLE tree_there (a int, b bigint, t text);
CREATE TABLE branch_there (own bigint) INHERITS (tree_there);
INSERT INTO branch_there VALUES (1, 40000, 'long text', 40000);
CREATE TABLE parts_there (a int, b bigint) PARTITION BY LIST (a);
CREATE TABLE part_there PARTITION OF parts_there DEFAULT;
INSERT INTO parts_there VALUES (1, 40000);
CREATE TABLE odd_there (a int, b bigint) PARTITION BY LIST (a);
CREATE TABLE odd_part PARTITION OF odd_there DEFAULT;
CREATE INDEX ON odd_part (trap(a));
INSERT INTO odd_there VALUES (1, 40000);
CREATE VIEW a_view AS SELECT trap(id) FROM rows_there;
SQL
my %statements = (
	'ALTER n SET NOT NULL' => 'will_fail23502',
	'ALTER b SET NOT NULL' => 'ok',
	'ADD FOREIGN KEY (k) REFERENCES keys_there' => 'ok',
	'ADD FOREIGN KEY (id) REFERENCES keys_there' => 'will_fail23503',
	'ALTER t TYPE varchar(5)' => 'will_fail22001',
	'ALTER u TYPE varchar(1)' => 'ok',
	'ALTER u TYPE char(1)' => 'ok',
	'ALTER b TYPE smallint' => 'will_fail22003',
	'ALTER b TYPE int' => 'ok',
	'ALTER x TYPE int' => 'will_fail22003',
	'ALTER x TYPE double precision' => 'ok',
	'ALTER x TYPE numeric(5, 2)' => 'will_fail22003',
	'ADD CHECK (n > 0)' => 'ok',
	'ADD CHECK (n > 5)' => 'will_fail23514',
	'ADD CHECK (length(t) < 3)' => 'will_fail23514',
	'ADD CHECK (10 / (b - 1) > 0)' => 'will_fail22012',
	q{ADD CHECK (u LIKE 'é%')} => 'ok',
	q{ADD CHECK (t ~ '^[a-z ]+$' AND t <> 'a\b''c')} => 'ok',
	q{ADD CHECK (t COLLATE "C" < 'b')} => 'will_fail23514',
	q{ADD CHECK (b IN (1, 40000) AND x BETWEEN 1 AND 'NaN' AND COALESCE(n, 1) = 1)} => 'ok',
	q{ADD CHECK (CASE WHEN n IS NULL THEN b = 1 ELSE (b, k) IS DISTINCT FROM (1, 1) END)} => 'ok',
	q{ADD CHECK (greatest(n, b) < 5 OR NOT (ARRAY[b, 1])[1] = 1)} => 'ok',
	q{ADD CHECK (n > 0 OR now() > '2000-01-01')} => 'not_known',
	'ALTER b TYPE int USING b / 0' => 'will_fail22012',
	'ALTER b TYPE smallint USING b + 1' => 'will_fail22003',
	'ALTER b TYPE smallint USING id' => 'ok',
	'ALTER t TYPE int USING length(t)' => 'ok',
	'ALTER t TYPE varchar(2) USING trim(t)' => 'will_fail22001',
	'ADD g int GENERATED ALWAYS AS (100 / n) STORED' => 'ok',
	'ADD g int GENERATED ALWAYS AS (100 / (id - 1)) STORED' => 'will_fail22012',
);
foreach my $statement (sort keys %statements)
{
	my $failed = $node->psql('there', "BEGIN; ALTER TABLE rows_there $statement; ROLLBACK", on_error_stop => 1, stderr => \my $stderr);
	is($failed == 0 ? 'ok' : 'will_fail', $statements{$statement} =~ /not_known/ ? 'ok' : $statements{$statement} =~ s/\d.*//r, "$statement: the server itself");
	my $said = judge("ALTER TABLE rows_there $statement");
	# what is only slow is said of a statement that passes
	is($said || 'ok', $statements{$statement}, "$statement: the review");
}
# Keys of which all values or none may be there, and types that change in the tables below.
my %of_tables = (
	'ALTER TABLE halves_there ADD FOREIGN KEY (a, b) REFERENCES pairs_there MATCH FULL' => 'ok',
	'ALTER TABLE halves_there ADD FOREIGN KEY (a, c) REFERENCES pairs_there MATCH FULL' => 'will_fail23503',
	'ALTER TABLE halves_there ADD FOREIGN KEY (a, c) REFERENCES pairs_there' => 'ok',
	'ALTER TABLE tree_there ALTER b TYPE smallint' => 'will_fail22003',
	'ALTER TABLE tree_there ALTER b TYPE int' => 'ok',
	'ALTER TABLE tree_there ALTER t TYPE varchar(3)' => 'will_fail22001',
	'ALTER TABLE parts_there ALTER b TYPE smallint' => 'will_fail22003',
	'ALTER TABLE parts_there ALTER b TYPE int' => 'ok',
	'ALTER TABLE branch_there ALTER own TYPE smallint' => 'will_fail22003',
	'ALTER TABLE branch_there ALTER own TYPE int' => 'ok',
	'ALTER TABLE branch_there ALTER b TYPE int' => 'will_fail42P16',
	'DROP TABLE part_there; ALTER TABLE parts_there ALTER b TYPE smallint' => 'ok',
	'TRUNCATE part_there; ALTER TABLE parts_there ALTER b TYPE smallint' => 'ok',
	'ALTER TABLE odd_there ALTER b TYPE smallint' => 'not_known',
	'CREATE UNIQUE INDEX ON rows_there (u) WHERE id > 5' => 'ok',
	'CREATE UNIQUE INDEX ON rows_there ((b * 0)) WHERE id > 0' => 'will_fail23505',
	'CREATE INDEX ON rows_there ((10 / (id - 1)))' => 'will_fail22012',
	q{INSERT INTO keys_there VALUES (1, 'b')} => 'will_fail23505',
	q{INSERT INTO keys_there VALUES (2, 'b')} => 'ok',
	'UPDATE rows_there SET n = 1 / (id - 1)' => 'will_fail22012',
	'UPDATE rows_there SET n = 1 / (id - 1) WHERE id > 1' => 'ok',
	'UPDATE rows_there SET n = b * 100000' => 'will_fail22003',
	'ALTER TABLE parts_there ADD CHECK (b < 5)' => 'will_fail23514',
	'ALTER TABLE parts_there ADD CHECK (b > 5)' => 'ok',
);
$node->safe_psql('there', 'CREATE SCHEMA review; CREATE EXTENSION mighead SCHEMA review');
foreach my $statement (sort keys %of_tables)
{
	my $failed = $node->psql('there', "BEGIN; $statement; ROLLBACK", on_error_stop => 1, stderr => \my $stderr);
	my $expected = $of_tables{$statement};
	is($failed == 0 ? 'ok' : 'will_fail', $expected =~ s/\d.*//r, "$statement: the server itself") if $expected ne 'not_known';
	is(judge($statement) || 'ok', $expected, "$statement: the review");
	next if $expected eq 'not_known';
	my $here = $node->safe_psql('there', 'SELECT string_agg(DISTINCT concat(code, sqlstate), \' \') FROM review.mighead_review(' . literal($statement) . q{) WHERE code IN ('ok', 'not_known', 'will_fail')});
	is($here || 'ok', $expected, "$statement: the review there");
}
$node->safe_psql('there', 'DROP SCHEMA review CASCADE');
# What the script says must not become what a role there has made.
is(judge("ALTER TABLE rows_there $_"), 'not_known', "$_ is not evaluated there")
  foreach 'ADD CHECK (trap(n) = 1)', 'ADD CHECK (n === 1)', 'ADD CHECK (n::guarded > 0)', 'ALTER b TYPE int USING trap(id)',
  'ADD CHECK (pg_backend_pid() > n)', 'ADD CHECK (nextval(t) > 0)', 'ADD CHECK (t::regclass IS NOT NULL)';
$node->safe_psql('there', 'CREATE OPERATOR > (FUNCTION = trap, LEFTARG = int, RIGHTARG = int)');
is(judge('ALTER TABLE rows_there ADD CHECK (n > 0)'), 'not_known', 'nor what has a namesake there');
is(judge('ALTER TABLE rows_there ADD CHECK (n = 2)'), 'will_fail23514', 'what has none is evaluated');
is(judge('ALTER TABLE rows_there ADD CHECK (n = 1)'), '', 'and passes');
$node->safe_psql('there', 'DROP OPERATOR public.> (int, int)');
is(judge('ALTER TABLE of_guarded ALTER g SET NOT NULL'), '', 'whether a domain is NULL runs nothing');
is(judge('ALTER TABLE of_guarded ALTER g TYPE int'), 'not_known', 'a domain is not cast');

# The role there may read less, or row security applies to it.
$node->safe_psql('hub', "CREATE SERVER less FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'there'); CREATE USER MAPPING FOR CURRENT_USER SERVER less OPTIONS (user 'watcher')");
is(judge('ALTER TABLE rows_there ALTER n SET NOT NULL', 'less'), 'will_fail23502', 'who may read the rows counts them');
$node->safe_psql('there', 'ALTER TABLE rows_there ENABLE ROW LEVEL SECURITY');
like(judge('ALTER TABLE rows_there ALTER n SET NOT NULL', 'less'), qr/not_known/, 'but not where row security hides some');
$node->safe_psql('there', 'ALTER TABLE rows_there DISABLE ROW LEVEL SECURITY');

# Neither a lock nor a large table ends the review.
my ($in, $out) = ('', '');
my $locker = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('there') ], '<', \$in, '>', \$out);
$in = "BEGIN; LOCK TABLE rows_there; \\echo locked\n";
pump $locker until $out =~ /locked/;
like(judge('ALTER TABLE rows_there ALTER n SET NOT NULL; ALTER TABLE of_guarded ALTER g SET NOT NULL'), qr/^not_known$/, 'a locked table is not waited for');
$in .= "ROLLBACK; \\q\n";
$locker->finish;
$node->safe_psql('there', 'CREATE TABLE many_there AS SELECT n AS a, n % 1000 || repeat(\'x\', 20) AS b FROM generate_series(1, 300000) n; ANALYZE many_there');
like($node->safe_psql('hub', q{SET mighead.review_time = '20ms'; SELECT string_agg(concat(statement, code, sqlstate, detail), ' ') FROM mighead_remote_review('there', 'ALTER TABLE many_there ADD UNIQUE (b, a); DROP TABLE nothing') WHERE code IN ('not_known', 'will_fail')}), qr/1not_known.*mighead\.review_time did not suffice.*2will_fail42P01/, 'what takes too long is not known, and the review goes on');
like($node->safe_psql('hub', q{SELECT string_agg(concat(statement, code, sqlstate), ' ') FROM mighead_remote_review('there', 'ALTER TABLE many_there ADD UNIQUE (b)') WHERE code <> 'ok'}), qr/1will_fail23505/, 'and otherwise it is known');

done_testing();
