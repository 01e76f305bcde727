# A fleet has servers of several major releases: what is read of one of another release is what mighead in that server
# reads, both for an older and for a newer one, and no difference between the releases is drift.
#
# OTHER_PG_CONFIG is the pg_config of another PostgreSQL in which mighead is installed.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use EveryObject qw(@fixtures make_roles);
use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use ReviewScripts qw(read_scripts review_all);
use Test::More;

my $other = $ENV{OTHER_PG_CONFIG};
plan skip_all => 'OTHER_PG_CONFIG names no second PostgreSQL' unless $other;
my $other_bin = `$other --bindir`;
chomp $other_bin;
plan skip_all => "mighead is not installed beside $other" unless -e (`$other --pkglibdir` =~ s/\n//r) . '/mighead.so';

# Statements of which only mighead in the database knows more; more of them fail the test.
my $most_unknown = 0.1;

my %nodes = (own => PostgreSQL::Test::Cluster->new('own'), other => PostgreSQL::Test::Cluster->new('other', install_path => dirname($other_bin)));
my %major;
foreach my $name (sort keys %nodes)
{
	my $node = $nodes{$name};
	$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
	$node->append_conf('postgresql.conf', "autovacuum = off\nmax_prepared_transactions = 5");
	$node->start;
	$major{$name} = int($node->safe_psql('postgres', q{SELECT current_setting('server_version_num')}) / 10000);
	make_roles($node);
	$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(objects scripts plain hub);
}
$ENV{PGUSER} = 'postgres';
foreach my $name (sort keys %nodes)
{
	my $node = $nodes{$name};
	$node->safe_psql($_, 'CREATE EXTENSION mighead') for qw(objects scripts hub);
	$node->safe_psql('hub', 'CREATE EXTENSION postgres_fdw; SELECT FROM mighead_add_revision($$a1$$); SELECT FROM mighead_add_revision($$a2$$, $${a1}$$)');
	my %files = (objects => \@fixtures, map { $_ => ['test/fixtures/review_database.sql'] } qw(scripts plain));
	foreach my $database (sort keys %files)
	{
		foreach my $file (@{ $files{$database} })
		{
			command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', $file ], "$major{$name}, $database: $file");
		}
	}
}

# What only one of two answers has.
sub differences
{
	my ($here, $there) = @_;
	my %here = map { $_ => 1 } split /\n/, $here;
	my %there = map { $_ => 1 } split /\n/, $there;

	return join "\n", (map { "here: $_" } grep { !$there{$_} } sort keys %here),
	  (map { "there: $_" } grep { !$here{$_} } sort keys %there);
}

# Sizes are not those of another release.
my $columns = 'line, command, object, lock_mode, blocks, rewrites, scans, severity, code, sqlstate';

my @scripts = grep { @$_ == 1 && $_->[0] !~ /CONCURRENTLY|VACUUM/ } read_scripts('review_statements');

foreach my $pair ([ 'own', 'other' ], [ 'other', 'own' ])
{
	my ($hub, $there) = map { $nodes{$_} } @$pair;
	my $what = "$major{$pair->[0]} reads $major{$pair->[1]}";
	my ($host, $port) = ($there->host, $there->port);
	foreach my $database (qw(objects scripts plain))
	{
		$hub->safe_psql('hub', "CREATE SERVER $database FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname '$database'); CREATE USER MAPPING FOR postgres SERVER $database OPTIONS (user 'postgres')");
	}

	# ---------- definitions ----------

	my $schemas = q{'{My Home,mighead_beside,mighead_hollow,app,Other one}'};
	my $table = q{'"My Home".alembic_version'};
	my $read_there = $there->safe_psql('objects', "SELECT * FROM mighead_definitions($table, $schemas)");
	my $read_here = $hub->safe_psql('hub', "SELECT * FROM mighead_remote_definitions('objects', $table, $schemas)");
	is(differences($read_there, $read_here), '', "$what: the definitions that mighead reads there");
	cmp_ok(scalar(split /\n/, $read_here), '>', 700, "$what: and that is much");

	# ---------- no false drift ----------

	$hub->safe_psql('hub', "SELECT FROM mighead_remote_capture('plain', 'a1', 'public.alembic_version')");
	my $drift = q{SELECT object_type, object, kind, attribute, expected, actual FROM mighead_remote_drift('plain', 'public.alembic_version', min_severity => 0)};
	is($hub->safe_psql('hub', $drift), '', "$what: no drift from what was captured");
	is($hub->safe_psql('hub', q{SELECT state, current, compared FROM mighead_fleet('plain')}), 'pending|{a1}|t', "$what: its state");
	like($hub->safe_psql('hub', q{SELECT revision, is_exact FROM mighead_remote_locate('plain', 'public.alembic_version') WHERE rank = 1}), qr/^a1\|t$/, "$what: located");
	$there->safe_psql('plain', 'ALTER TABLE customer DROP COLUMN age');
	like($hub->safe_psql('hub', $drift), qr/^column\|public\.customer\.age\|missing\|/m, "$what: and drift is drift");

	# ---------- reviews ----------

	my @here = review_all($there, 'scripts', $columns, 'mighead_review(', 'false', @scripts);
	my @there = review_all($hub, 'hub', $columns, q{mighead_remote_review('scripts', }, 'false', @scripts);
	my (@faults, $statements, $unknown);
	is(scalar(grep { defined $_->[2] } @there), scalar(@scripts), "$what: each statement is reviewed");
	$unknown = 0;
	foreach my $i (0 .. $#scripts)
	{
		my ($left, $right) = ($here[$i][2] // '', $there[$i][2] // '');

		$statements++;
		next if $left eq $right;
		if ($right =~ /,not_known,/) { $unknown++ }
		else { push @faults, "$scripts[$i][0]:\nthere: ${left}here:  $right" }
	}
	is(join("\n", @faults), '', "$what: the same reviews");
	cmp_ok($unknown / $statements, '<', $most_unknown, "$what: most is known");
}
done_testing();
