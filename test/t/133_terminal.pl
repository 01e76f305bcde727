# A real terminal, of 80 by 24 and of 200 by 50: no line of the report is cut or wrapped, the next command is its last
# line, and colours are on a terminal only.
use strict;
use warnings;
use utf8;

use Cwd qw(abs_path);
use Encode qw(decode_utf8);
use FindBin;
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'tmux is not installed' unless run [ 'tmux', '-V' ], '>', \my $version, '2>', \my $none;

my $top = abs_path(PostgreSQL::Test::Utils::tempdir);
my $node = PostgreSQL::Test::Cluster->new('main');
my $bin = $node->config_data('--bindir');
my $demo = abs_path("$FindBin::RealBin/../demo");

$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'max_locks_per_transaction = 1024');
$node->start;
delete $ENV{$_} foreach grep { /^(?:PG(?!_)|TMUX|COLUMNS|NO_COLOR)/ } keys %ENV;
@ENV{qw(PGHOST PGPORT PGDATABASE HOME LC_ALL)} = ($node->host, $node->port, 'shop', $top, 'C.UTF-8');
my @tmux = ('tmux', '-u', '-f', '/dev/null', '-S', PostgreSQL::Test::Utils::tempdir_short . '/t');

# The screen that a command leaves, with what colours it on request.
sub screen
{
	my ($columns, $lines, $command, @how) = @_;
	my $done = "$top/done";
	my ($text, $err) = ('', '');
	unlink $done;
	run [ @tmux, 'new-session', '-d', '-x', $columns, '-y', $lines, 'sh', '-c', "$command; touch $done; sleep 60" ], '>', \my $ignored, '2>', \$err
	  or die $err;
	my $end = time + 60;
	sleep 0.1 while !-e $done && time < $end;
	sleep 0.3;
	run [ @tmux, 'capture-pane', '-p', @how ], '>', \$text;
	run [ @tmux, 'kill-server' ], '2>', \$err;
	return decode_utf8($text) =~ s/\s+\z//r;
}

sub check
{
	my ($name) = @_;
	my $report = decode_utf8($node->safe_psql('shop', 'SELECT mighead_report()'));
	my ($next) = $report =~ /([^\n]+)\z/;
	foreach my $size ([ 80, 24 ], [ 200, 50 ])
	{
		is(screen(@$size, "$bin/mighead status"), $report, "$name: mighead at @$size is the report, unchanged");
		my $psql = screen(@$size, "$bin/psql -X -P pager=off -P footer=off -c 'SELECT * FROM mighead_report()'") =~ s/^ //mgr;
		my @rows = split /\n/, $psql;
		splice @rows, 0, 2;
		is(join("\n", map { s/ +$//r } @rows), $report, "$name: so it is in psql");
	}
	like($next, qr/^(?:SELECT|TABLE|ALTER|in a shell: |CREATE|DROP)/, "$name: the last line is a command");
	return;
}

$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('shop', 'CREATE EXTENSION mighead');
check('an empty database');
$node->safe_psql('shop', slurp_file("$demo/history.sql"));
check('no scripts');
run [ "$bin/mighead", 'load', "$demo/versions" ], '>', \my $loaded or die 'no load';
check('two heads');
$node->safe_psql('shop', 'SELECT mighead_capture(); ALTER TABLE customers DROP COLUMN email');
check('drift');
$node->safe_psql('shop', q{UPDATE alembic_version SET version_num = 'nowhere'});
check('an unknown revision');
$node->safe_psql('shop', qq{UPDATE alembic_version SET version_num = repeat('漢', 32)});
check('wide characters');
$node->safe_psql('shop', q{DELETE FROM alembic_version});
check('unstamped');
$node->safe_psql('shop', <<'SQL');
DO $$BEGIN FOR i IN 1 .. 300 LOOP
    EXECUTE format('CREATE SCHEMA %1$I; CREATE TABLE %1$I.alembic_version (version_num varchar(32) PRIMARY KEY)', 'tenant_' || i || repeat('漢', i % 15));
    EXECUTE format('INSERT INTO %I.alembic_version VALUES (%L)', 'tenant_' || i || repeat('漢', i % 15), CASE i % 3 WHEN 0 THEN 'lost' ELSE 'a91c5e7d3f08' END);
END LOOP; END$$
SQL
check('300 tenants');

like(screen(80, 24, "$bin/mighead", '-e'), qr/\e\[/, 'colours on a terminal');
unlike(screen(80, 24, "NO_COLOR=1 $bin/mighead", '-e'), qr/\e\[/, 'none with NO_COLOR');
unlike(screen(80, 24, "$bin/mighead | cat", '-e'), qr/\e\[/, 'none in a pipe');

$node->stop;
done_testing();
