# A large fleet: every database of three clusters at once, of which some are stopped, locked, silent, hostile, or tell the
# role nothing. Each has its row, in the time that the answering ones take and the time limit once.
#
# A new database takes a tenth of a second and 8 MB: MIGHEAD_LONG=1 makes 200, otherwise there are 60.
use strict;
use warnings;

use FindBin;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $n = $ENV{MIGHEAD_LONG} ? 200 : 60;
my $time_limit = 4;
my $most_logged_in = 32;

# ---------- three clusters ----------

my %nodes;
my @templates = ([ 'ok', q{INSERT INTO alembic_version VALUES ('a2')} ], [ 'pending', q{INSERT INTO alembic_version VALUES ('a1')} ], [ 'unstamped', 'DROP TABLE alembic_version' ]);
my %expected;
my %share = (one => 0.5, two => 0.4, three => 0.1);
foreach my $name (sort keys %share)
{
	my $node = $nodes{$name} = PostgreSQL::Test::Cluster->new($name);
	$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
	$node->append_conf('postgresql.conf', "autovacuum = off\nmax_connections = 60\nwal_level = minimal\nmax_wal_senders = 0\nmax_locks_per_transaction = 128");
	$node->start;
	$node->safe_psql('postgres', 'CREATE ROLE watcher LOGIN IN ROLE pg_monitor; CREATE ROLE nobody LOGIN');
	foreach (@templates)
	{
		my ($state, $sql) = @$_;
		$node->safe_psql('postgres', "CREATE DATABASE of_$state");
		$node->safe_psql("of_$state", "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY); GRANT SELECT ON alembic_version TO watcher; CREATE TABLE orders (id int); $sql");
	}
	my $copy = $node->config_data('--version') =~ /(\d+)/ && $1 >= 15 ? 'STRATEGY wal_log' : '';
	my $sql = '';
	foreach my $i (1 .. $n * $share{$name})
	{
		my $state = $templates[ $i % @templates ][0];
		$sql .= "CREATE DATABASE db$i TEMPLATE of_$state $copy;\n";
		$expected{"$name/db$i"} = $name eq 'three' ? 'unreachable' : $state;
	}
	$node->safe_psql('postgres', $sql);
}

my $hub = $nodes{one};
my $folder = PostgreSQL::Test::Utils::tempdir_short();
$hub->safe_psql('postgres', 'CREATE EXTENSION mighead; CREATE EXTENSION postgres_fdw; SELECT FROM mighead_add_revision($$a1$$); SELECT FROM mighead_add_revision($$a2$$, $${a1}$$)');
foreach my $name (sort keys %nodes)
{
	my ($host, $port) = ($nodes{$name}->host, $nodes{$name}->port);
	$hub->safe_psql('postgres', "CREATE SERVER $name FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'of_ok'); CREATE USER MAPPING FOR postgres SERVER $name OPTIONS (user 'watcher')");
	# the lines for each database of a cluster, which are run
	my $lines = $hub->safe_psql('postgres', "SELECT l FROM mighead_fleet_servers('$name') l WHERE l LIKE '%\"$name/db%'");
	$hub->safe_psql('postgres', $lines);
}
is($hub->safe_psql('postgres', q{SELECT count(*) FROM pg_foreign_server WHERE srvname LIKE '%/db%'}), scalar(keys %expected), "$n databases");

sub states_of
{
	my ($pattern) = @_;

	return { map { split /\|/, $_, 2 } split /\n/, $hub->safe_psql('postgres', "SELECT server, state FROM mighead_fleet('$pattern', '$time_limit s')") };
}

# ---------- all answer ----------

# A backend that waits for a lock of a catalog, since 18 with its name, notices the end of the connection when it has it.
sub logged_in
{
	my $sum = 0;

	$sum += $_->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mighead' AND wait_event_type IS DISTINCT FROM 'Lock'}) foreach grep { $_->{_pid} } values %nodes;
	return $sum;
}

sub none_is_left
{
	my ($after) = @_;

	# a backend may need a moment to end after its connection did
	for (1 .. 100)
	{
		last unless logged_in();
		usleep(50_000);
	}
	is(logged_in(), 0, "$after: no connection is left");
	return;
}

$nodes{three}->stop;
states_of('%/db1');
my $began = time;
my $answers = states_of('one/db%');
$answers = { %$answers, %{ states_of('two/db%') } };
my $answering = time - $began;
my %answering = map { $_ => $expected{$_} } grep { !/^three/ } keys %expected;
is_deeply($answers, \%answering, 'those that answer');
note(sprintf '%d databases in %.2f s', scalar(keys %answering), $answering);

# The connections of the session are its sockets, of which one is psql's and few are its own.
sub sockets_of
{
	my ($pid) = @_;

	return scalar grep { (readlink($_) // '') =~ /^socket:/ } glob "/proc/$pid/fd/*";
}

SKIP:
{
	skip 'no /proc', 2 unless -d "/proc/$$/fd";
	my $session = $hub->background_psql('postgres');
	my $pid = $session->query('SELECT pg_backend_pid()');
	$session->query(q{SELECT count(*) FROM mighead_fleet('two/db1')});
	my ($idle, $most) = (sockets_of($pid), 0);
	my $sampler = fork // die;
	if ($sampler == 0)
	{
		my $until = time + 600;
		while (time < $until && !-e "$folder/end")
		{
			my $now = sockets_of($pid);
			$most = $now if $now > $most;
			usleep(1000);
		}
		append_to_file("$folder/most", $most);
		POSIX::_exit(0);
	}
	$session->query(q{SELECT count(*) FROM mighead_fleet('%/db%')});
	append_to_file("$folder/end", '');
	waitpid $sampler, 0;
	$most = slurp_file("$folder/most") - $idle;
	note("at most $most connections");
	cmp_ok($most, '<=', $most_logged_in, 'no more are logged in at once');
	cmp_ok($most, '>=', $most_logged_in / 4, 'but many');
	$session->quit;
}
none_is_left('after the last answer');

# ---------- some do not ----------

my ($in, $out) = ('', '');
my $fake = IPC::Run::start([ $^X, "$FindBin::RealBin/lib/fake_server.pl", $folder ], '<', \$in, '>', \$out);
pump $fake until $out =~ /ready/;
foreach my $kind (qw(silent notices))
{
	$hub->safe_psql('postgres', "CREATE SERVER \"bad/db$kind\" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$folder', port '5432', dbname '$kind'); CREATE USER MAPPING FOR postgres SERVER \"bad/db$kind\" OPTIONS (user 'x')");
	$expected{"bad/db$kind"} = 'unreachable';
}
# whose role may do nothing
$hub->safe_psql('postgres', q{ALTER USER MAPPING FOR postgres SERVER "two/db3" OPTIONS (SET user 'nobody')});
$hub->safe_psql('postgres', q{ALTER USER MAPPING FOR postgres SERVER "two/db4" OPTIONS (SET user 'nobody')});
$expected{'two/db3'} = $expected{'two/db4'} = 'unreadable';
# ACCESS EXCLUSIVE everywhere
my $holder = $nodes{two}->background_psql('db2');
my $catalogs = $holder->query(q{SELECT string_agg(format('%I.%I', nspname, relname), ', ') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname IN ('public', 'pg_catalog') AND NOT relisshared});
$holder->query("BEGIN; SET LOCAL allow_system_table_mods = on; LOCK $catalogs IN ACCESS EXCLUSIVE MODE");
$expected{'two/db2'} = 'unreachable';

my $took;
# The machine may be busier than before: some times more.
foreach (1 .. 3)
{
	$began = time;
	$answers = states_of('%/db%');
	my $now = time - $began;
	$took = $now if !defined $took || $now < $took;
	last if $took < 1.5 * $answering + $time_limit + 1;
}
is_deeply($answers, \%expected, 'each has its row');
note(sprintf 'with those that do not answer: %.2f s', $took);
cmp_ok($took, '<', 1.5 * $answering + $time_limit + 1, 'the time of those that answer, and the time limit once');
none_is_left('after those that did not answer');
is($hub->safe_psql('postgres', q{SELECT count(*) FROM mighead_fleet_metrics() WHERE server LIKE '%/db%'}), scalar(keys %expected), 'metrics of each');

# ---------- interrupted ----------

foreach my $end ('pg_cancel_backend', 'pg_terminate_backend')
{
	my $session = $hub->background_psql('postgres', on_error_stop => 0);
	$session->query("SET application_name = 'asker'");
	$session->query_until(qr/asked/, "\\echo asked\nSELECT count(*) FROM mighead_fleet('%/db%', '1 min');\n");
	$hub->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'asker' AND state = 'active' AND query_start < clock_timestamp() - interval '1.5 s'})
	  or die 'nobody asks';
	$began = time;
	$hub->safe_psql('postgres', "SELECT $end(pid) FROM pg_stat_activity WHERE application_name = 'asker'");
	$hub->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'asker' AND state = 'active'})
	  or die "$end did nothing";
	cmp_ok(time - $began, '<', 10, "$end: long before the time limit");
	$holder->query('ROLLBACK') if $end eq 'pg_terminate_backend';
	none_is_left($end) if $end eq 'pg_terminate_backend';
	eval { $session->quit };
}
$hub->psql('postgres', q{SELECT 1 / (count(*) - count(*)) FROM mighead_fleet('%/db%', '2 s')});
none_is_left('after an error');
$hub->psql('postgres', q{SET statement_timeout = '1s'; SELECT count(*) FROM mighead_fleet('%/db%', '1 min')});
none_is_left('statement_timeout');

kill_kill $fake;
$holder->quit;
done_testing();
