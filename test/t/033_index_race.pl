# Between the look at a table and the planner its owner can make an index, for no reader's lock
# forbids that. The window is made wide by many partitions, of which the first is looked at
# first; no code of the owner's may run all the same. The rows that a fix depends on are looked at
# as well, where a table of ours has a child that is another role's.
use strict;
use warnings;

use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_locks_per_transaction = 2048\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
CREATE ROLE mallory LOGIN;
CREATE SCHEMA m AUTHORIZATION mallory;
CREATE TABLE app (id int PRIMARY KEY);
SET ROLE mallory;
CREATE FUNCTION m.trap(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RAISE LOG 'canary ran as %', current_user; RETURN $1; END$$;
CREATE FUNCTION m.definer(int) RETURNS int IMMUTABLE SECURITY DEFINER LANGUAGE plpgsql AS $$BEGIN RAISE LOG 'canary ran for %', session_user; RETURN $1; END$$;
CREATE TABLE m.t (id int) PARTITION BY LIST (id);
DO $$BEGIN FOR i IN 1 .. 400 LOOP EXECUTE format('CREATE TABLE m.t%s PARTITION OF m.t FOR VALUES IN (%1$s)', i); END LOOP; END$$;
RESET ROLE;
CREATE TABLE m.parent (id int);
DO $$BEGIN FOR i IN 1 .. 400 LOOP EXECUTE format('CREATE TABLE m.child%s () INHERITS (m.parent)', i); END LOOP; END$$;
ALTER TABLE m.child1 OWNER TO mallory;
INSERT INTO m.child1 VALUES (1);
ALTER TABLE m.parent ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
SQL

# A session that is spoken to line by line.
sub session_of
{
	my ($user) = @_;
	my $session = { in => '', out => '', err => '' };

	$session->{psql} = start [ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-U', $user ], '<', \$session->{in}, '>', \$session->{out}, '2>', \$session->{err};
	return $session;
}

sub begin_saying
{
	my ($session, $sql) = @_;
	$session->{out} = $session->{err} = '';
	$session->{in} .= "$sql;\n\\echo said\n";
	$session->{psql}->pump_nb;
	return;
}

sub end_saying
{
	my ($session) = @_;
	$session->{psql}->pump until $session->{out} =~ /^said$/m;
	return $session->{err};
}

my $mallory = session_of('mallory');
my $superuser = session_of('postgres');
my @calls = (
	q{SELECT * FROM mighead_castable('m.t', 'id', 'bigint', whole_table => true)},
	q{SELECT * FROM mighead_orphans('m.t', '{id}', 'app', '{id}')},
	q{SELECT coalesce(fix, 'withheld') FROM mighead_leftovers() WHERE object = 'positive on m.parent'});
my @tables = ('m.t1', 'm.t1', 'm.child1');
my @lasts;

# How long a call takes, when its session knows the tables.
foreach my $call (@calls, @calls)
{
	my $began = time;
	begin_saying($superuser, $call);
	is(end_saying($superuser), '', "$call answers");
	push @lasts, time - $began;
}
splice @lasts, 0, @calls;
like($superuser->{out}, qr/VALIDATE CONSTRAINT positive/, 'the rows are looked at for a fix');

my $began = time;
my %rounds = (answered => 0, refused => 0, withheld => 0, busy => 0);
foreach my $round (0 .. 89)
{
	last if time - $began > 90;
	my $function = $round % 6 < 3 ? 'trap' : 'definer';
	my $call = $round % @calls;
	# the index comes at another moment of the call in each round, and goes away before the next
	my $wait = $lasts[$call] * int($round / 3) / 30;
	begin_saying($mallory, "SELECT pg_sleep($wait); CREATE INDEX trapped ON $tables[$call] (id) WHERE id > m.$function(1)");
	begin_saying($superuser, $calls[$call]);
	my $error = end_saying($superuser);
	end_saying($mallory);
	begin_saying($mallory, 'DROP INDEX m.trapped');
	end_saying($mallory);
	# CREATE INDEX is seen a moment before its lock on the new index ends: 55P03, as documented
	my $end =
		$error =~ /would run code/ ? 'refused'
	  : $error =~ /due to lock timeout/ ? 'busy'
	  : $error ne '' ? undef
	  : $superuser->{out} =~ /withheld/ ? 'withheld'
	  : 'answered';
	defined $end ? $rounds{$end}++ : fail("round $round: $error");
}
$_->{psql}->finish foreach $mallory, $superuser;
note "$rounds{answered} calls were answered, $rounds{refused} refused, $rounds{withheld} fixes withheld, $rounds{busy} busy";
cmp_ok($rounds{answered} + $rounds{refused} + $rounds{withheld}, '>=', 10, 'there were rounds');
my @ran = grep { /canary ran (?:as|for) postgres/ } split /\n/, slurp_file($node->logfile);
is(scalar @ran, 0, 'no code of the owner ran as the caller') or diag($ran[0]);

done_testing();
