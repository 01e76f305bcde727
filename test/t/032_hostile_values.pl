# What anybody may write into a version table must not make others wait, keep a check from
# telling what it found, or make the readers raise: many rows at once, a row whose escaped
# form is long, and bytes that have no equivalent in UTF-8.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

my $set_up = <<'SQL';
CREATE EXTENSION mighead;
SELECT mighead_add_revision('a1');
CREATE TABLE alembic_version (version_num text NOT NULL PRIMARY KEY);
SQL

# 1. Many rows in one statement of a watched table.
$node->safe_psql('postgres', "$set_up SELECT mighead_watch('alembic_version')");

my $count = 80_000;
my $insert = "INSERT INTO alembic_version SELECT 'n' || i FROM generate_series(1, $count) i";

sub timed
{
	my ($statement, $timeout) = @_;
	my $begun = time;
	my ($status, undef, $err) =
	  $node->psql('postgres', "SET statement_timeout = '$timeout'; $statement", on_error_stop => 1);

	return (time - $begun, $status, $err);
}

foreach my $case (
	[ 'inserted', $insert, "0|$count" ],
	[ 'updated', q{UPDATE alembic_version SET version_num = 'm' || version_num}, "$count|$count" ],
	[ 'deleted', 'DELETE FROM alembic_version', "$count|0" ])
{
	my ($name, $statement, $journal) = @$case;
	my ($seconds, $status, $err) = timed($statement, '20s');

	is("$status $err", '0 ', "$count rows are $name in one statement");
	note(sprintf '%.1f seconds', $seconds);
	is($node->safe_psql('postgres',
			'SELECT cardinality(old_rows), cardinality(new_rows) FROM mighead.journal ORDER BY id DESC LIMIT 1'),
		$journal, "$name: the journal has them");
}

# Within a second; a library with sanitizers takes longer.
my $patience = $ENV{MIGHEAD_SANITIZED} ? 20 : 1;

# Wherever in the statement the timeout strikes, the trigger's part included.
my $cancelled = 0;
foreach my $timeout (100, 200, 400, 800)
{
	my $least;

	# The machine may be busy: some times more.
	foreach (1 .. 5)
	{
		my ($seconds, $status, $err) = timed("$insert; TRUNCATE alembic_version", $timeout);

		$cancelled++ if $err =~ /canceling statement due to statement timeout/;
		$node->safe_psql('postgres', 'TRUNCATE alembic_version');
		$least = $seconds if !defined $least || $seconds < $least;
		last if $least < $timeout / 1000 + $patience;
	}
	cmp_ok($least, '<', $timeout / 1000 + $patience, "a timeout of $timeout ms is heeded");
}
cmp_ok($cancelled, '>', 0, 'a statement was cancelled');

# 2. Rows that are six times as long in JSON: one that is too long to be read, and some that
# together are longer than what NOTIFY takes.
foreach my $case (
	[ 'one_row', q{repeat(chr(1), 30000)}, 'invalid_rows' ],
	[ 'some_rows', q{repeat(chr(1), 900) || generate_series(1, 20)}, 'unknown_revision' ])
{
	my ($database, $value, $state) = @$case;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, "$set_up INSERT INTO alembic_version SELECT $value");

	my (undef, $out, $err) =
	  $node->psql($database, "LISTEN mighead;\nCALL mighead_check();\nSELECT 1;", on_error_stop => 0);
	like($err, qr/ERROR:  $state: /, "$database: the check raises the state");
	is($node->safe_psql($database, 'SELECT state, changed FROM mighead.check_result'),
		"$state|t", "$database: it is stored");
	my ($payload) = $out =~ /"mighead" with payload "(\{.*\})" received/s;
	cmp_ok(length($payload // ''), '<', 8000, "$database: the payload is what NOTIFY takes");
	is($node->safe_psql($database, sprintf(q{SELECT '%s'::json ->> 'state'}, ($payload // '{}') =~ s/'/''/gr)),
		$state, "$database: listeners are told in JSON");
}

# 3. Bytes without an equivalent in UTF-8, in a row, in names and in an enum type.
my @readers = (
	'mighead_status()', 'mighead_report()', 'mighead_findings()', 'mighead_current()', 'mighead_versions',
	'mighead_leftovers()', 'mighead_metrics()', q{mighead_review('ALTER TABLE alembic_version ADD UNIQUE (version_num)')}, 'mighead_drift()', 'mighead_log()',
	'mighead_history()', 'mighead_graph()', q{mighead_drift('public.alembic_version')}, q{mighead_definitions('public.alembic_version', '{public}')},
	q{mighead_fleet()}, q{mighead_fleet_metrics()}, q{mighead_remote_status('itself')}, q{mighead_remote_findings('itself')},
	q{mighead_remote_definitions('itself', 'public.alembic_version', '{public}')}, q{mighead_remote_drift('itself', 'public.alembic_version')},
	q{mighead_remote_locate('itself', 'public.alembic_version')},
	q{mighead_remote_review('itself', 'ALTER TABLE alembic_version ADD UNIQUE (version_num)')});

# Hex, as the bytes are in the database's encoding, and what is shown of them.
my %odd = (
	WIN1252 => [ '81', '\x81' ],
	EUC_JP => [ 'fefe', '\xfe\xfe' ],
	MULE_INTERNAL => [ '81e9', '\x81\xe9' ]);

foreach my $encoding (sort keys %odd)
{
	my ($hex, $shown) = @{ $odd{$encoding} };
	my $database = "in_\L$encoding\E";

	$node->safe_psql('postgres',
		"CREATE DATABASE $database ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	my ($host, $port) = ($node->host, $node->port);
	$node->safe_psql($database, <<"SQL");
CREATE EXTENSION postgres_fdw;
CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname '$database');
CREATE USER MAPPING FOR CURRENT_USER SERVER itself;
SQL
	$node->safe_psql($database, $set_up . <<"SQL");
INSERT INTO alembic_version VALUES ('a1');
SELECT mighead_watch('alembic_version');
CREATE FUNCTION odd() RETURNS text IMMUTABLE LANGUAGE sql AS \$odd\$ SELECT convert_from('\\x61$hex', '$encoding') \$odd\$;
DO \$do\$
DECLARE odd text := odd();
BEGIN
    EXECUTE format('CREATE TYPE %I AS ENUM (%L)', odd, odd);
    EXECUTE format('CREATE TABLE %I (%I %I DEFAULT %L, CONSTRAINT %I CHECK (%I IS NOT NULL))', odd || 't', odd, odd, odd, odd, odd);
    EXECUTE format('CREATE TABLE %I ()', '_alembic_tmp_' || odd);
    EXECUTE format('COMMENT ON TABLE %I IS %L', odd || 't', odd);
END \$do\$;
SELECT mighead_capture();
SQL
	is($node->safe_psql($database, 'SELECT object FROM mighead_drift()'), '', "$encoding: what was captured is found again");
	$node->safe_psql($database, q{DO $$ BEGIN EXECUTE format('ALTER TABLE %I DROP COLUMN %I', odd() || 't', odd()); END $$});
	like($node->safe_psql($database, 'SELECT object, kind FROM mighead_drift()'), qr/\Qa$shown\E.*\|missing/,
		"$encoding: a column that is missing");
	$node->safe_psql($database, <<'SQL');
INSERT INTO alembic_version VALUES (odd());
DO $$ BEGIN
    EXECUTE format('CREATE SCHEMA %I CREATE TABLE alembic_version (version_num text)', odd());
    EXECUTE format('INSERT INTO %I.alembic_version VALUES (%L)', odd(), odd());
END $$;
SQL
	foreach my $reader (@readers)
	{
		my ($status, undef, $err) = $node->psql($database, "SELECT count(t) FROM $reader t");
		is("$status $err", '0 ', "$encoding: $reader");
	}
	is($node->safe_psql($database, q{SELECT string_agg(revision, ' ' ORDER BY revision) FROM mighead_current('public.alembic_version')}),
		"a1 a$shown", "$encoding: the row is shown with its bytes in hex");
	like($node->safe_psql($database, q{SELECT string_agg(object, ' ') FROM mighead_definitions('public.alembic_version', '{public}')}),
		qr/\Qa$shown\E/, "$encoding: so are names");
	my (undef, undef, $err) = $node->psql($database, 'CALL mighead_check()', on_error_stop => 1);
	like($err, qr/ERROR:  [a-z_]+: (?!.*(?:encoding|conversion))/, "$encoding: the check raises the state, not an error of conversion");
}

done_testing();
