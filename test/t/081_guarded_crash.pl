# A stamp that a crash interrupts between its write and its commit, or during the commit: after
# recovery both the rows and the journal have it, or neither.
use strict;
use warnings;

use IPC::Run qw(start timeout);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $rounds = $ENV{MIGHEAD_LONG} ? 200 : 6;
srand($ENV{MIGHEAD_SEED} // 1);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\nautovacuum = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
SELECT mighead_add_revision('a1'), mighead_add_revision('a2', ARRAY['a1']);
SELECT mighead_ensure_version();
SELECT mighead_watch('alembic_version');
SELECT mighead_stamp('a1', '{}', 'start', skip_guards => '{schema}');
SQL

sub state_of
{
	my $state = $node->safe_psql('postgres', <<'SQL');
SELECT (SELECT string_agg(version_num, ',') FROM alembic_version),
    (SELECT count(*) FROM mighead.journal),
    (SELECT array_to_string(new_rows, ',') FROM mighead.journal ORDER BY id DESC LIMIT 1)
SQL
	my %state;

	@state{qw(rows entries recorded)} = split(/\|/, $state);
	return \%state;
}

# A session that has stamped and not committed: the harness, and its process.
sub stamp_without_commit
{
	my ($from, $to, $in, $out) = @_;
	my $session = start([ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('postgres') ],
		'<', $in, '>', $out, '2>&1', timeout($PostgreSQL::Test::Utils::timeout_default));

	$$in = "BEGIN;\nSELECT 'pid ' || pg_backend_pid();\n"
	  . "SELECT 'wrote ' || to_revision FROM mighead_stamp('$to', '$from', 'crash', skip_guards => '{schema}');\n";
	$session->pump until $$out =~ /wrote $to/ || !$session->pumpable;
	my ($pid) = $$out =~ /pid (\d+)/ or die "no session: $$out";
	like($$out, qr/wrote $to/, 'the stamp was written');
	return ($session, $pid);
}

# How often the server has had to recover.
sub recoveries
{
	return scalar(() = slurp_file($node->logfile) =~ /automatic recovery in progress/g);
}

sub await_recovery
{
	my ($before) = @_;

	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if recoveries() > $before && ($node->psql('postgres', 'SELECT 1'))[0] == 0;
		usleep(100_000);
	}
	return 0;
}

my ($committed, $lost) = (0, 0);

foreach my $round (1 .. $rounds)
{
	my $immediate = $round % 2 == 0;
	my $race = $round % 3 == 0;
	my ($in, $out) = ('', '');
	my $before = state_of();
	my $to = $before->{rows} eq 'a1' ? 'a2' : 'a1';
	my $recoveries = recoveries();
	my ($session, $pid) = stamp_without_commit($before->{rows}, $to, \$in, \$out);

	if ($race)
	{
		$in .= "COMMIT;\n";
		$session->pump_nb;
		usleep(int(rand(1500)));
	}
	if ($immediate)
	{
		$node->stop('immediate');
		$node->start;
	}
	else
	{
		kill('KILL', $pid);
	}
	ok(await_recovery($recoveries), "round $round: the server crashed and recovered");
	$session->kill_kill;

	my $after = state_of();
	my $changed = $after->{rows} eq $to;

	is($after->{recorded}, $after->{rows}, "round $round: journal and rows agree");
	is($after->{entries}, $before->{entries} + $changed, "round $round: an entry for each change");
	is($after->{rows}, $before->{rows}, "round $round: what was not committed is gone") unless $race;
	$changed ? $committed++ : $lost++;
}
note "$committed committed, $lost lost";
cmp_ok($lost, '>', 0, 'some were lost');
is($node->safe_psql('postgres', <<'SQL'), '0', 'the journal replayed gives the rows');
SELECT count(*) FROM (SELECT old_rows, lag(new_rows, 1, '{}') OVER (ORDER BY id) AS before FROM mighead.journal) AS j
WHERE old_rows <> before
SQL

done_testing();
