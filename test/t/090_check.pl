# mighead_check as schedulers call it: psql, a cron line, pg_cron; what it stores,
# notifies, logs and raises.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
my $has_cron = -e $node->config_data('--pkglibdir') . '/pg_cron.so';

$node->init;
$node->append_conf('postgresql.conf', <<"CONF");
log_min_messages = log
log_statement = none
CONF
$node->append_conf('postgresql.conf', <<"CONF") if $has_cron;
shared_preload_libraries = 'pg_cron'
cron.use_background_workers = on
cron.database_name = 'postgres'
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE app');
$node->safe_psql('app', <<'SQL');
CREATE EXTENSION mighead;
SELECT mighead_add_revision('a1');
SELECT mighead_add_revision('a2', '{a1}');
SELECT mighead_add_revision('a3', '{a2}');
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a3');
SQL

my $listener = $node->background_psql('app', on_error_stop => 0);
$listener->query_safe('LISTEN mighead');

sub set_row
{
	my ($row) = @_;

	$node->safe_psql('app', "UPDATE alembic_version SET version_num = '$row'");
	return;
}

sub check
{
	my ($arguments) = @_;
	my ($status, $out, $err) =
	  $node->psql('app', "CALL mighead_check($arguments)", on_error_stop => 1);

	return ($status, $err);
}

sub notifications
{
	my $out = $listener->query('SELECT 1');

	return scalar(() = $out =~ /Asynchronous notification "mighead"/g);
}

sub logged
{
	my ($offset) = @_;

	return scalar(() = slurp_file($node->logfile, $offset) =~ /LOG:  migration state of database/g);
}

my $offset = -s $node->logfile;
my ($status, $err) = check('');
is($status, 0, 'ok: no error');
is($node->safe_psql('app', 'SELECT state, severity, sqlstate, version_tables, not_ok, changed FROM mighead.check_result'),
	'ok|0|00000|1|{}|f', 'ok: stored');
is(logged($offset), 0, 'ok at the first check is no news');

set_row('a2');
($status, $err) = check('');
is($status, 0, 'a warning does not reach severity 2');
is(logged($offset), 1, 'a change is logged');
($status, $err) = check('1');
is($status, 3, 'but 1: psql ends with 3');
like($err, qr/ERROR:  pending: 1 revision pending: a3\./m, 'the first line says what is the matter');
like($err, qr/^HINT:  in a shell: alembic upgrade a2:heads --sql # /m, 'and the hint what to do');
is(logged($offset), 1, 'the same state again is not');

set_row('lost');
($status, $err) = check('');
is($status, 3, 'unknown_revision is raised');
is($node->safe_psql('app', q{DO $$ BEGIN CALL mighead_check(); EXCEPTION WHEN invalid_transaction_termination THEN
	RAISE NOTICE 'refused'; END $$}), '', 'not inside a transaction');
is($node->safe_psql('app', q{SELECT string_agg(state || ' ' || changed, ', ' ORDER BY id) FROM mighead.check_result}),
	'ok false, pending true, pending false, unknown_revision true', 'what is raised is stored all the same');
is(logged($offset), 2, 'two changes, two lines');
my $sqlstate = $node->psql('app', "\\set VERBOSITY sqlstate\nCALL mighead_check()", on_error_stop => 0, stderr => \$err);
like($err, qr/ERROR:  MH002/, 'with its SQLSTATE');

my ($out) = $listener->query('SELECT 1');
is(scalar(() = $out =~ /Asynchronous notification "mighead"/g), 2, 'and two notifications');
like($out, qr/"state": "pending", "was": "ok", "severity": 1/, 'that say what was and what is');

# When a finding was seen first and last.
is($node->safe_psql('app', q{SELECT code, object, last_seen > first_seen, last_seen = (SELECT max(at) FROM mighead.check_result)
	FROM mighead.check_finding ORDER BY 1}), "pending||t|f\nunknown_revision|lost|t|t", 'findings are dated');
my $first_seen = $node->safe_psql('app', q{SELECT first_seen FROM mighead.check_finding WHERE code = 'pending'});
set_row('a2');
check('');
is($node->safe_psql('app', qq{SELECT first_seen > '$first_seen' FROM mighead.check_finding WHERE code = 'pending'}),
	't', 'a finding that was gone begins anew');

# The ring.
$node->safe_psql('app', q{INSERT INTO mighead.check_result (at, state, severity, sqlstate, version_tables, not_ok, changed)
	SELECT now() - interval '1 day', 'ok', 0, '00000', 1, '{}', false FROM generate_series(1, 1500)});
check('');
is($node->safe_psql('app', 'SELECT count(*) FROM mighead.check_result'), '1000', 'a thousand results are kept');

# Two at the same time: one change is told once.
set_row('a3');
$listener->query('SELECT 1');
my @sessions = map { $node->background_psql('app', on_error_stop => 0) } 1 .. 4;
$_->{stdin} .= "CALL mighead_check();\n" foreach @sessions;
$_->quit foreach @sessions;
is(notifications(), 1, 'four checks at once notify once');

# A weak role: EXECUTE is granted, or not.
$node->safe_psql('app', 'CREATE ROLE monitor LOGIN');
($status, $out, $err) = $node->psql('app', 'CALL mighead_check()', extra_params => [ '-U', 'monitor' ]);
like($err, qr/permission denied for procedure mighead_check/, 'not for everybody');
$node->safe_psql('app', 'GRANT EXECUTE ON PROCEDURE mighead_check(integer, regclass) TO monitor; GRANT SELECT ON alembic_version TO monitor');
($status, $out, $err) = $node->psql('app', 'CALL mighead_check()', extra_params => [ '-U', 'monitor' ]);
is($status, 0, 'EXECUTE is all that it needs');
($status, $out, $err) =
  $node->psql('app', 'SET default_transaction_read_only = on; CALL mighead_check()');
like($err, qr/cannot execute CALL mighead_check\(\) in a read-only transaction/, 'it writes');
foreach my $bad ('0', '4', 'NULL')
{
	($status, $err) = check($bad);
	like($err, qr/"?min_severity"? must (be between 1 and 3|not be NULL|not be null)|min_severity/, "min_severity $bad is refused");
}

# Metrics: no NULLs, the age of the last check.
is($node->safe_psql('app', q{SELECT count(*) FROM mighead_metrics() AS m
	WHERE severity = 0 AND rows = 1 AND heads = 1 AND applied = 3 AND pending = 0 AND check_age_seconds < 600 AND m IS NOT NULL}),
	'1', 'metrics of a healthy database');
is($node->safe_psql('app', 'SET ROLE monitor; SELECT check_age_seconds FROM mighead_metrics()'), 'NaN',
	'who may not see checks does not see their age');
$node->safe_psql('app', 'TRUNCATE mighead.check_result');
is($node->safe_psql('app', 'SELECT check_age_seconds FROM mighead_metrics()'), 'Infinity', 'a scheduler that never ran alarms');
is($node->safe_psql('app', 'DROP TABLE alembic_version; SELECT count(*) FROM mighead_metrics() AS m WHERE m IS NOT NULL'), '1',
	'no NULL without a version table either');
$listener->quit;

SKIP:
{
	skip 'pg_cron is not installed', 1 unless $has_cron;
	my $version = $node->safe_psql('postgres', q{SELECT default_version FROM pg_available_extensions WHERE name = 'pg_cron'});
	# since 1.5 seconds can be said; before it is a whole minute
	my $schedule = $version >= 1.5 ? '2 seconds' : '* * * * *';
	my $wait = $version >= 1.5 ? 2 : 60;
	my $rounds = $ENV{MIGHEAD_LONG} || $wait < 60 ? 10 : 1;

	$node->safe_psql('app', q{CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
		INSERT INTO alembic_version VALUES ('lost')});
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_cron');
	$node->safe_psql('postgres', "SELECT cron.schedule_in_database('mighead', '$schedule', 'CALL mighead_check()', 'app')");
	ok($node->poll_query_until('postgres', q{SELECT count(*) >= 1 FROM cron.job_run_details WHERE status = 'failed'}),
		'pg_cron: a run has failed');
	is($node->safe_psql('postgres', q{SELECT split_part(return_message, E'\n', 1) FROM cron.job_run_details ORDER BY runid LIMIT 1}),
		q{ERROR: unknown_revision: Can't locate revision identified by 'lost': no script of project default has it.},
		'pg_cron: the first line says what is the matter');
	is($node->safe_psql('app', 'SELECT state FROM mighead.check_result ORDER BY id LIMIT 1'), 'unknown_revision',
		'pg_cron: the result is stored all the same');

	if ($rounds > 1)
	{
		# ten minutes of a clock that only knows minutes
		my $listener = $node->background_psql('app', on_error_stop => 0, timeout => 3600);
		my $offset = -s $node->logfile;
		my $runs = $node->safe_psql('postgres', 'SELECT count(*) FROM cron.job_run_details');

		$listener->query_safe('LISTEN mighead');
		foreach my $row ('a2', 'a3')
		{
			set_row($row);
			sleep $rounds / 2 * $wait;
		}
		my $notifications = $listener->query('SELECT 1');
		is(scalar(() = $notifications =~ /Asynchronous notification "mighead"/g), 2, 'pg_cron: two changes, two notifications');
		is(logged($offset), 2, 'pg_cron: and two lines in the log');
		cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM cron.job_run_details'), '>=', $runs + $rounds - 2,
			'pg_cron: it ran all the time');
		is($node->safe_psql('app', 'SELECT count(*) FROM mighead.check_result WHERE changed'), '3', 'pg_cron: the right rows');
		$listener->quit;
	}
	$node->safe_psql('postgres', q{SELECT cron.unschedule('mighead')});
}

$node->stop;
done_testing();
