# Noise in schemas that other people wrote: those of Debian's packages, which test/lib/schemas.sh
# brings, and the extensions at hand.  They are captured, and whatever changes nothing must not
# be told, neither there nor from a hub elsewhere.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use Noise qw(check_noise make_hub);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = $ENV{MIGHEAD_SCHEMAS} // '';
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

sub capture
{
	my ($database, $sql) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql('postgres', "ALTER DATABASE $database SET search_path = home, public");
	$node->safe_psql($database, q{CREATE SCHEMA home; CREATE EXTENSION mighead SCHEMA public});
	# psql's commands are in some of them
	$node->psql($database, $sql, on_error_stop => 0);
	$node->safe_psql($database,
		q{SELECT mighead_ensure_version('home.alembic_version'); INSERT INTO home.alembic_version VALUES ('one')});
	my $objects = $node->safe_psql($database, q{SELECT objects FROM mighead_capture(version_table => 'home.alembic_version')});

	cmp_ok($objects, '>', 10, "$database: $objects objects");
	is(make_hub($node, $database, 'home'), $objects, "$database: as many are captured from elsewhere");
	check_noise($node, $database, 'home', "hub_$database");
	return;
}

SKIP:
{
	my @files = glob "$folder/*.sql";
	# all of them take longer
	@files = grep { /(?:bacula|kea|powerdns|roundcube)\.sql$/ } @files unless $ENV{MIGHEAD_LONG};

	skip $ENV{MIGHEAD_SCHEMAS_ABSENT} || 'MIGHEAD_SCHEMAS names no folder with schemas', 1 unless @files;
	diag $ENV{MIGHEAD_SCHEMAS_ABSENT} if $ENV{MIGHEAD_SCHEMAS_ABSENT};
	foreach my $file (@files)
	{
		my ($name) = $file =~ m{([^/]+)\.sql$};

		capture($name, slurp_file($file));
	}
}

my @extensions = split /\n/, $node->safe_psql('postgres', q{SELECT name FROM pg_available_extensions WHERE name IN
	('btree_gist', 'citext', 'hstore', 'ltree', 'pg_stat_statements', 'pg_trgm', 'pgtap', 'postgis', 'timescaledb', 'unaccent')});
capture('extended', join(';', map { "CREATE EXTENSION $_ SCHEMA home" } @extensions) . q{;
	CREATE TABLE words (word citext PRIMARY KEY, path ltree, more hstore DEFAULT 'a=>1', CHECK (word IN ('a', 'b')),
		EXCLUDE USING gist ((word::text) WITH =));
	CREATE INDEX ON words USING gist (path);
	CREATE INDEX ON words USING gin (more);
	CREATE INDEX ON words USING gin ((word::text) gin_trgm_ops) WHERE more ? 'a';
	CREATE VIEW shown AS SELECT w.word, w.more -> 'a' AS a FROM words w WHERE w.word IN ('x', 'y') OR w.path ~ 'a.*';
	REVOKE EXECUTE ON FUNCTION hstore_to_json(hstore) FROM PUBLIC}) if grep { $_ eq 'hstore' } @extensions;

$node->stop;
done_testing();
