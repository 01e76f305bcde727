# A server that lies, in the middle of a conversation: whatever it says of its schema, a reader of databases
# elsewhere ends with rows or a clear error, runs nothing here, and takes no more memory than its limit.
use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $is_long = $ENV{MIGHEAD_LONG};

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "autovacuum = off\nmax_prepared_transactions = 5");
$node->start;
$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(there hub);
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('there'), '-f', 'test/fixtures/review_database.sql' ], 'a schema there');
my $folder = PostgreSQL::Test::Utils::tempdir_short();
$node->safe_psql('hub', <<"SQL");
CREATE EXTENSION mighead;
CREATE EXTENSION postgres_fdw;
CREATE SERVER truth FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '@{[$node->host]}', port '@{[$node->port]}', dbname 'there');
CREATE SERVER liar FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$folder', port '5432', dbname '');
CREATE USER MAPPING FOR CURRENT_USER SERVER truth;
CREATE USER MAPPING FOR CURRENT_USER SERVER liar;
SELECT FROM mighead_add_revision('a1');
SELECT FROM mighead_add_revision('a2', '{a1}');
SELECT FROM mighead_remote_capture('truth', 'a1', 'public.alembic_version');
CREATE SEQUENCE fallen;
CREATE FUNCTION public.evil() RETURNS boolean LANGUAGE sql VOLATILE AS \$\$SELECT nextval('public.fallen') > 0\$\$;
ALTER DATABASE hub SET search_path = public;
SQL

# One statement of each kind that the fixture has.
my %commands;
my $script = '';
for my $line (split /\n/, slurp_file('test/fixtures/review_statements.sql'))
{
	next if $line =~ /^(--.*)?$/ || $line =~ /;;|CONCURRENTLY|VACUUM/ || $line =~ /^(?:BEGIN|COMMIT|ROLLBACK|SET|RESET)/;
	my ($kind) = $line =~ /^((?:\w+\s+){1,2}|\w+).*?(?:ADD|DROP|ALTER|VALIDATE|ATTACH|DETACH|RENAME|SET|$)/;
	$script .= "$line;\n" if $commands{$kind}++ < ($is_long ? 40 : 2);
}

my ($in, $out) = ('', '');
my $liar = IPC::Run::start([ $^X, "$FindBin::RealBin/lib/lying_server.pl", $folder, $node->host . '/.s.PGSQL.' . $node->port, 'there' ], '<', \$in, '>', \$out);
pump $liar until $out =~ /ready/;

my %calls = (
	review => "SELECT count(*) FROM mighead_remote_review('liar', \$script\$$script\$script\$)",
	plan => q{SELECT count(*) FROM mighead_remote_review('liar')},
	drift => q{SELECT count(*) FROM mighead_remote_drift('liar', 'public.alembic_version')},
	locate => q{SELECT count(*) FROM mighead_remote_locate('liar', 'public.alembic_version')},
	definitions => q{SELECT count(*) FROM mighead_remote_definitions('liar', 'public.alembic_version')},
	findings => q{SELECT count(*) FROM mighead_remote_findings('liar')},
	status => q{SELECT count(*) FROM mighead_remote_status('liar')},
	capture => q{BEGIN; SELECT count(*) FROM mighead_remote_capture('liar', 'a1', 'public.alembic_version', replace => true); ROLLBACK});

# Runs calls with lies in one session. Returns for each "KIND N call" what it said, and the seconds.
sub run_all
{
	my ($settings, @lies) = @_;
	my $text = "\\pset format unaligned\n\\pset tuples_only on\n\\set VERBOSITY verbose\nSET client_min_messages = error;\n$settings;\n";
	foreach my $lie (@lies)
	{
		my ($kind, $n, $call) = @$lie;
		$text .= "ALTER SERVER liar OPTIONS (SET dbname '$kind $n');\n\\echo -- $kind $n $call\n\\warn -- $kind $n $call\n$calls{$call};\nROLLBACK;\n";
	}
	$text .= "\\echo -- end\n\\warn -- end\nSELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s+(\\d+)');\n";
	my ($printed, $errors) = ('', '');
	IPC::Run::run([ 'psql', '-Xq', '-d', $node->connstr('hub'), '-f', '-' ], '<', \$text, '>', \$printed, '2>', \$errors);
	my %said;
	foreach ($printed, $errors)
	{
		my $current = '';
		foreach (split /\n/)
		{
			if (/^-- (.*)/) { $current = $1; $said{$current} //= '' }
			elsif (!/LOCATION:|WARNING:/) { $said{$current} .= "$_\n" }
		}
	}
	return %said;
}

sub check
{
	my ($what, %said) = @_;
	my @bad = grep { $_ ne 'end' && $said{$_} !~ /^(?:\d+\n|)\z/ && $said{$_} !~ /ERROR:  (?!XX)[0-9A-Z]{5}: \S/ } sort keys %said;
	# what it says of itself is handed on
	@bad = grep { $said{$_} !~ /^psql:<stdin>:\d+: ERROR:  XX000: server "liar"(?:: panic| is unreachable\nDETAIL:  It refused a query: panic\.)\n\z/ } @bad;
	push @bad, grep { $said{$_} =~ /connection to server was lost|\e/ } sort keys %said;
	is(join('', map { "$_: $said{$_}" } @bad), '', "$what: rows or a clear error");
	is($node->safe_psql('hub', 'SELECT is_called FROM fallen'), 'f', "$what: nothing of it is run here");
	like($said{end} // '', qr/^\d+$/, "$what: the session lives");
	return ($said{end} // 0) / 1024;
}

# ---------- the truth ----------

my $log_from = -s $node->logfile;
my @all_calls = sort keys %calls;
my %truth = run_all('SELECT', map { [ 'twice', 9999, $_ ] } @all_calls);
like($truth{"twice 9999 $_"}, qr/^\d+\n\z/, "$_: an answer, without a lie") foreach @all_calls;

# ---------- lies ----------

# How many different queries a call asks: a server that closes the connection at the last one is noticed.
sub queries_of
{
	my ($call) = @_;
	my ($low, $high) = (1, 255);

	while ($low < $high)
	{
		my $middle = int(($low + $high + 1) / 2);
		my %said = run_all('SELECT', [ 'closes', $middle, $call ]);
		if ($said{"closes $middle $call"} =~ /ERROR/) { $low = $middle }
		else { $high = $middle - 1 }
	}
	return $low;
}

my @kinds = qw(nulls nothing zeros negative numbers infinite true arrays code depth long encoding nul none twice many error internal odd fewer more nocolumns binary copy commits closes);
my $kinds_of_each = $is_long ? @kinds : 1;
my $next = 0;
foreach my $call (qw(review drift))
{
	my $n = queries_of($call);
	cmp_ok($n, '>', 20, "$call: $n queries");
	my @lies;
	foreach my $query (1 .. $n)
	{
		push @lies, [ $kinds[ $next++ % @kinds ], $query, $call ] foreach 1 .. $kinds_of_each;
	}
	push @lies, [ $_, 0, $call ] foreach @kinds;
	my $began = time;
	my $memory = check("$call, each query", run_all('SELECT', @lies));
	note(sprintf "%d lies, %.1f s, %.0f MB", scalar @lies, time - $began, $memory);
}
my @lies = map { my $call = $_; map { [ $_, 0, $call ] } @kinds } qw(plan locate definitions findings status capture);
check('the others', run_all('SELECT', @lies));
foreach my $call (@all_calls)
{
	my $began = time;
	my @random = map { [ 'random', $_, $call ] } 1 .. ($is_long ? 1000 : $call eq 'review' ? 12 : 6);
	my $memory = check("$call, at random", run_all('SELECT', @random));
	note(sprintf "%.1f s, %.0f MB", time - $began, $memory);
}

# ---------- without end ----------

foreach my $kind (qw(silent notices huge flood empty))
{
	my $began = time;
	my $memory = check("$kind, interrupted", run_all(q{SET statement_timeout = '2s'}, [ $kind, 12, 'review' ], [ $kind, 0, 'status' ]));
	note(sprintf "%s: %.1f s, %.0f MB", $kind, time - $began, $memory);
	# of a message as of many
	cmp_ok($memory, '<', 400, "$kind: the memory is bounded") if -e '/proc/self/statm' && !$ENV{MIGHEAD_SANITIZED};
}

# Many at once share what is kept of them.
SKIP:
{
	skip 'no memory to be read', 3 if !-e '/proc/self/statm' || $ENV{MIGHEAD_SANITIZED};
	my $servers = '';
	$servers .= "CREATE SERVER many$_ FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$folder', port '5432', dbname 'flood 6'); CREATE USER MAPPING FOR CURRENT_USER SERVER many$_;" foreach 1 .. 12;
	$node->safe_psql('hub', $servers);
	my $began = time;
	my ($states, $memory) = split /\n/, $node->safe_psql('hub', q{SELECT count(*), string_agg(DISTINCT state, ',') FROM mighead_fleet('many%', '40 s'); SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s+(\d+)')});
	note(sprintf "%s, %.1f s, %.0f MB", $states, time - $began, $memory / 1024);
	like($states, qr/^12\|unreadable$/, 'many at once: the schemas are unreadable');
	cmp_ok($memory / 1024, '<', 600, 'many at once: the memory is bounded for all of them');
	is($node->safe_psql('hub', q{SELECT state FROM mighead_remote_status('truth')}), $node->safe_psql('hub', q{SELECT state FROM mighead_fleet('truth')}), 'and the truth is as before');
}

# What rows become here is larger than they were.
SKIP:
{
	skip 'no memory to be read', 2 if !-e '/proc/self/statm' || $ENV{MIGHEAD_SANITIZED};
	my %said = run_all('SELECT', [ 'flood', 1, 'definitions' ]);
	like($said{'flood 1 definitions'}, qr/What it sent takes more than 512 MB of memory\.|It did not answer within/, 'one alone: until it takes too much memory');
	cmp_ok($said{end} / 1024, '<', 700, 'one alone: the memory is bounded');
}

# Rows without values are counted, too, and so is what the memory for each value costs.
if ($is_long)
{
	foreach my $kind (qw(flood empty))
	{
		my %said = run_all('SELECT', [ $kind, 0, 'definitions' ]);
		like($said{"$kind 0 definitions"}, qr/(?:It sent|What it sent takes) more than \d+ MB|It did not answer within/, "$kind: until the limit");
		cmp_ok($said{end} / 1024, '<', 700, "$kind: the limit is one of memory");
	}
}

# ---------- afterwards ----------

ok($node->poll_query_until('hub', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'mighead'}), 'no connection is left');
my $log = slurp_file($node->logfile, $log_from);
unlike($log, qr/spam|\e|PANIC|TRAP|terminated by signal|server process/, 'nothing of theirs is in the log, and nobody died');
my %again = run_all('SELECT', [ 'twice', 9999, 'review' ]);
is($again{'twice 9999 review'}, $truth{'twice 9999 review'}, 'and the next answer is the same as the first');

kill_kill $liar;
done_testing();
