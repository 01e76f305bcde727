# A real terminal, of 80 by 24 and of 200 by 50: no line of the report is cut or wrapped, the next command is its last
# line, and colours are on a terminal only. The states are those of a small history, and those that Alembic makes.
use strict;
use warnings;
use utf8;

use Cwd qw(abs_path);
use Encode qw(decode_utf8);
use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program);
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use States;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'tmux is not installed' unless run [ 'tmux', '-V' ], '>', \my $version, '2>', \my $none;

my $top = abs_path(PostgreSQL::Test::Utils::tempdir);
$node = PostgreSQL::Test::Cluster->new('main');
my $bin = $node->config_data('--bindir');
my $demo = abs_path("$FindBin::RealBin/../demo");

$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "max_locks_per_transaction = 1024\ndeadlock_timeout = 100ms\n");
$node->start;
delete $ENV{$_} foreach grep { /^(?:PG(?!_)|TMUX|COLUMNS|NO_COLOR)/ } keys %ENV;
@ENV{qw(PGHOST PGPORT HOME LC_ALL)} = ($node->host, $node->port, $top, 'C.UTF-8');
my @tmux = ('tmux', '-u', '-f', '/dev/null', '-S', PostgreSQL::Test::Utils::tempdir_short . '/t');
my $screens = 0;

sub tmux
{
	my ($text, $err) = ('', '');

	run [ @tmux, @_ ], '<', \undef, '>', \$text, '2>', \$err or die "tmux @_: $err";
	return decode_utf8($text);
}

# The server of tmux ends with its last session.
tmux('new-session', '-d', '-s', 'first', 'sleep', '3600');

# The screen that a command leaves, with what colours it on request. What a terminal shows may be late; it is
# waited for until it is what the function wants.
sub screen
{
	my ($columns, $lines, $command, $wanted, @how) = @_;
	my $session = 'screen' . ++$screens;
	my $done = "$top/done$screens";
	my $text;
	my $end = time + 60;

	tmux('new-session', '-d', '-s', $session, '-x', $columns, '-y', $lines, 'sh', '-c', "$command; touch $done; sleep 600");
	sleep 0.05 while !-e $done && time < $end;
	$end = time + 5;
	do
	{
		sleep 0.05;
		$text = tmux('capture-pane', '-p', '-t', $session, @how) =~ s/\s+\z//r;
	} until $wanted->($text) || time > $end;
	tmux('kill-session', '-t', $session);
	return $text;
}

sub lines_of_psql
{
	my ($screen) = @_;
	my @lines = split /\n/, $screen;

	splice @lines, 0, 2;
	pop @lines while @lines && $lines[-1] =~ /^(?:\(\d+ rows?\))?$/;
	return join "\n", map { s/^ //r =~ s/ +\z//r } @lines;
}

# How long somebody has waited grows from one look to the next.
sub ageless
{
	my ($text) = @_;

	return $text =~ s/\bfor\s+\d+\s+(?:s|min)\b/for N s/gr;
}

# In the terminals of these sizes; psql is as it is for a new user, with its pager and footer.
sub check
{
	my ($name, $base, @sizes) = @_;
	my $report = decode_utf8($node->safe_psql($base, 'SELECT mighead_report()'));
	my ($next) = $report =~ /([^\n]+)\z/;

	note Encode::encode_utf8("$name\n$report");
	$report = ageless($report);
	foreach my $size (@sizes)
	{
		my $screen = screen(@$size, "$bin/psql -X -d $base -c 'SELECT * FROM mighead_report()'",
			sub { ageless(lines_of_psql($_[0])) eq $report });
		is(ageless(lines_of_psql($screen)), $report, "$name: psql at @$size shows the report, unchanged");
		# the program has a search_path of its own
		next if $name =~ /search_path/;
		$screen = screen(@$size, "$bin/mighead status -d $base", sub { ageless($_[0]) eq $report });
		is(ageless($screen), $report, "$name: mighead at @$size is the same");
	}
	like($next, qr/^(?:SELECT|TABLE|ALTER|in a shell: |CREATE|DROP|GRANT|REINDEX|WITH)\b/, "$name: the last line is a command");
	return;
}

# ---------- a small history ----------

my @both = ([ 80, 24 ], [ 200, 50 ]);
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('shop', 'CREATE EXTENSION mighead');
check('an empty database', 'shop', @both);
$node->safe_psql('shop', slurp_file("$demo/history.sql"));
check('no scripts', 'shop', @both);
run [ "$bin/mighead", 'load', '-d', 'shop', "$demo/versions" ], '>', \my $loaded or die 'no load';
check('two heads', 'shop', @both);
$node->safe_psql('shop', 'SELECT mighead_capture(); ALTER TABLE customers DROP COLUMN email');
check('drift', 'shop', @both);
$node->safe_psql('shop', q{UPDATE alembic_version SET version_num = 'nowhere'});
check('an unknown revision', 'shop', @both);
$node->safe_psql('shop', qq{UPDATE alembic_version SET version_num = repeat('漢', 32)});
check('wide characters', 'shop', @both);
$node->safe_psql('shop', q{DELETE FROM alembic_version});
check('unstamped', 'shop', @both);
$node->safe_psql('shop', <<'SQL');
DO $$BEGIN FOR i IN 1 .. 300 LOOP
    EXECUTE format('CREATE SCHEMA %1$I; CREATE TABLE %1$I.alembic_version (version_num varchar(32) PRIMARY KEY)', 'tenant_' || i || repeat('漢', i % 15));
    EXECUTE format('INSERT INTO %I.alembic_version VALUES (%L)', 'tenant_' || i || repeat('漢', i % 15), CASE i % 3 WHEN 0 THEN 'lost' ELSE 'a91c5e7d3f08' END);
END LOOP; END$$
SQL
check('300 tenants', 'shop', @both);

# ---------- a name that needs quoting, a label, and a schema of one's own ----------

$node->safe_psql('postgres', 'CREATE DATABASE labelled');
$node->safe_psql('labelled', 'CREATE SCHEMA "漢字 of mighead"; CREATE EXTENSION mighead SCHEMA "漢字 of mighead"');
$node->safe_psql('labelled', q{SET search_path = "漢字 of mighead"; SELECT mighead_environment('生産 with a long label of its own', true);
	CREATE SCHEMA "Ünïcode"; SELECT mighead_ensure_version('"Ünïcode".alembic_version')});
$node->safe_psql('labelled', q{ALTER DATABASE labelled SET search_path = "漢字 of mighead"});
check('a label, wide names', 'labelled', @both);
like(decode_utf8($node->safe_psql('labelled', 'SELECT mighead_report()')), qr/^database   labelled \(生産 with a long label of its own, protected\)$/m,
	'the label is beside the name of the database');

# ---------- colours ----------

my $is_complete = sub { $_[0] =~ /;\S*\z/ };
like(screen(80, 24, "$bin/mighead -d shop", $is_complete, '-e'), qr/\e\[/, 'colours on a terminal');
unlike(screen(80, 24, "NO_COLOR=1 $bin/mighead -d shop", $is_complete, '-e'), qr/\e\[/, 'none with NO_COLOR');
unlike(screen(80, 24, "$bin/mighead -d shop | cat", $is_complete, '-e'), qr/\e\[/, 'none in a pipe');

# ---------- the states that Alembic makes ----------

SKIP:
{
	my ($program, $missing) = find_program('alembic', 'alembic', 'psycopg2');
	skip $missing, 1 unless $program;
	prepare_states($node, $program);
	foreach my $name (sort keys %happenings)
	{
		happen($name);
		check($name, $database, [ 80, 24 ]);
		leave();
	}
}

tmux('kill-server');
$node->stop;
done_testing();
