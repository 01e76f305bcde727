# Histories that real people wrote: the scripts of OpenStack's services, as Debian packages
# them, are applied by real Alembic with the capture on, and a database at each of their
# revisions is found again.  test/lib/openstack.sh brings them; of their own modules nothing is
# installed, and none of it is needed for the schema.
use strict;
use warnings;

use File::Find qw(find);
use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program);
use History        qw(write_environment);
use Noise          qw(check_noise);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $packages = $ENV{MIGHEAD_OPENSTACK} // '';
my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic;
plan skip_all => $ENV{MIGHEAD_OPENSTACK_ABSENT} || 'MIGHEAD_OPENSTACK names no folder with packages of OpenStack'
  unless -d $packages;

# What the last revision is that runs on PostgreSQL; later ones have statements that only MySQL takes.
my %services = (ironic => 'heads', ($ENV{MIGHEAD_LONG} ? (magnum => '47380964133d') : ()));
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $directory = PostgreSQL::Test::Utils::tempdir;
write_environment($directory);

foreach my $service (sort keys %services)
{
	my @versions;

	find(sub { push @versions, $File::Find::name if $_ eq 'versions' && -d }, "$packages/python3-$service")
	  if -d "$packages/python3-$service";
	if (!@versions)
	{
		note("no package of $service");
		next;
	}
	my $history = History->new(
		node     => $node,
		alembic  => $alembic,
		scripts  => $directory,
		versions => \@versions,
		last     => $services{$service},
		stubs    => [ $service, qw(oslo_config oslo_db oslo_log oslo_serialization oslo_utils) ]);
	my $document = $history->capture("${service}_scratch");
	my @revisions = split /\n/, $node->safe_psql("${service}_scratch",
		"SELECT revision FROM mighead_upgrade_plan('$services{$service}', current => '{}') ORDER BY step");

	cmp_ok(scalar(@revisions), '>=', 10, "$service: " . @revisions . ' revisions');
	$history->check($service, $document, \@revisions, $ENV{MIGHEAD_LONG} ? () : (changes => 1));
	check_noise($node, $service, 'public');
}

$node->stop;
done_testing();
