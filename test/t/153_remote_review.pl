# The same answer both ways: the review of a script for a database without mighead, over a foreign server, is what
# mighead_review() says in the same database with mighead, or says that it does not know.
#
# Rows elsewhere are not read, so both sides look at the catalogs only.
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
	my (@scripts) = @_;
	my @here = review_all($node, 'here', $columns, 'mighead_review(', @scripts);
	my @there = review_all($node, 'hub', $columns, q{mighead_remote_review('there', }, @scripts);
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
cmp_ok(share_of_unknown(\@wide, @scripts, make_scripts($ENV{MIGHEAD_LONG} ? 300 : 40, @scripts)), '<', $most_unknown, 'most is known');
cmp_ok(share_of_unknown(@attacks, make_scripts($ENV{MIGHEAD_LONG} ? 100 : 10, @scripts, @attacks)), '<', $most_unknown_attacks, 'of what is hard, too');
like($node->safe_psql('hub', 'SELECT string_agg(statement::text, \' \') FROM mighead_remote_review(\'there\', ' . literal(join '; ', @wide) . ") WHERE sqlstate = '54011'"), qr/^3$/, 'columns that were dropped count');
ok(!@faults, 'the same both ways') or diag(scalar(@faults) . " faults\n", map { "  $_\n" } @faults);

# Checks there are evaluated here, unless something there, or a collation, may say otherwise.
$node->safe_psql('there', <<'SQL');
CREATE TABLE check_order (v text CHECK (v < 'b'));
CREATE TABLE check_text (v text CHECK (v <> ''));
CREATE TABLE check_number (v integer CHECK (v > 0));
CREATE TABLE check_backslash (v text CHECK (v <> '\'));
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
$node->safe_psql('there', 'CREATE FUNCTION differs(text, text) RETURNS boolean LANGUAGE sql AS $$SELECT true$$; CREATE OPERATOR public.<> (FUNCTION = differs, LEFTARG = text, RIGHTARG = text)');
is(code_of_insert('check_text', q{''}), 'not_known', 'an operator may be another one');
$node->safe_psql('there', 'DROP OPERATOR public.<> (text, text); CREATE CAST (integer AS box) WITH INOUT');
is(code_of_insert('check_number', '-1'), 'not_known', 'casts there may be others');

# The text of a check is what a stranger says: it is no condition, or another one.
$node->safe_psql('there', 'DROP CAST (integer AS box)');
is(code_of_insert('check_number', '-1'), 'will_fail23514', 'without the cast it is known again');
foreach my $text ('true) UNION SELECT (true', 'true), (true', 'true); SELECT (true', ')', 'v >', '', 'SELECT true', 'v, v', '*', 'v.*', '$1', 'count(*) > 0', 'nothing > 0', 'NOT ' x 450 . 'true')
{
	$node->safe_psql('there', 'CREATE OR REPLACE FUNCTION pg_catalog.pg_get_expr(pg_node_tree, oid) RETURNS text LANGUAGE sql AS ' . literal('SELECT ' . literal($text)));
	like(code_of_insert('check_number', '-1'), $text =~ /^NOT/ ? qr/^ok$/ : qr/^not_known$/, 'the text is ' . substr $text, 0, 30);
}

done_testing();
