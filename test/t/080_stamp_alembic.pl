# The same rows as "alembic stamp": random graphs, rows and single targets, put to Alembic and to
# mighead_stamp in one database (test/t/lib/stamp_alembic.py says what is compared).
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program url_of);
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cases = $ENV{MIGHEAD_LONG} ? 2000 : 150;
my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic;
my ($python) = slurp_file($alembic) =~ /\A#!\s*(\S+)/;

my $node = PostgreSQL::Test::Cluster->new('main');
# the fixtures and Alembic's texts are not of one language
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
# which would now and then hold the version table just when it is to be stamped
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION mighead');

# Alembic's order of several dependencies changes with the seed of Python's hashes.
local $ENV{PYTHONHASHSEED} = 0;
local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
my $out = '';
my $ok = run [
	$python, "$FindBin::RealBin/lib/stamp_alembic.py", url_of($node, 'postgres'),
	"$FindBin::RealBin/../unit", $cases, $ENV{MIGHEAD_SEED} // 1
  ],
  '<', \undef, '>&', \$out;
note $out;
ok($ok, "$cases graphs: as Alembic") or diag $out;

done_testing();
