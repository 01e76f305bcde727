# A whole history: captured while real Alembic upgrades a scratch database, shipped as a
# document, and then every revision that Alembic brings a schema to is found again, and nothing
# differs there.  With MIGHEAD_LONG every revision, and a longer history.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program interpreter_of url_of);
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic;

my $long = $ENV{MIGHEAD_LONG};
my $revisions = $long ? 200 : 64;
my $seed = $ENV{MIGHEAD_SEED} // 20260115;
my $directory = PostgreSQL::Test::Utils::tempdir . '/history';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'max_locks_per_transaction = 256');
$node->start;

sub history
{
	my ($out, $err) = ('', '');

	local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
	run [ interpreter_of($alembic), "$FindBin::RealBin/lib/alembic_history.py", @_ ], '<', \undef, '>', \$out, '2>',
	  \$err
	  or die "alembic_history.py @_: $err";
	return $out;
}

my %down = map { my ($id, $down) = split / /, $_, 2; ($id => [ split /,/, $down // '' ]) }
  split /\n/, history('generate', $directory, $revisions, $seed);
my @ids = sort keys %down;
note "seed $seed, " . (grep { @$_ == 0 } values %down) . ' bases, ' . (grep { @$_ > 1 } values %down) . ' merges';

# 1. The scratch database of a CI job.
$node->safe_psql('postgres', 'CREATE DATABASE scratch');
$node->safe_psql('scratch', 'CREATE EXTENSION mighead');
$node->safe_psql('scratch', "SELECT mighead_load_scripts('$directory/versions')");
$node->safe_psql('scratch',
	q{SELECT mighead_ensure_version(); SELECT mighead_watch('alembic_version', capture => true)});
history('upgrade', $directory, url_of($node, 'scratch'));
is($node->safe_psql('scratch', 'SELECT count(*) FROM mighead.expected_set'), $revisions + 1, 'every step was captured');
is($node->safe_psql('scratch', 'SELECT count(*) FROM mighead.expected_set WHERE revision IS NULL'), 1,
	'as the step of its revision');
is($node->safe_psql('scratch', 'SELECT count(*) FROM mighead_drift(min_severity => 0)'), 0, 'no drift at the end');
my $document = $node->safe_psql('scratch', 'SELECT mighead_export()');

# 2. Elsewhere, each revision in a schema of its own.
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$node->safe_psql('elsewhere', 'CREATE EXTENSION mighead; CREATE TABLE public.document (d jsonb)');
my $file = PostgreSQL::Test::Utils::tempdir . '/document';
append_to_file($file, $document =~ s/\\/\\\\/gr);
$node->safe_psql('elsewhere', "COPY public.document FROM '$file'");
is($node->safe_psql('elsewhere', 'SELECT scripts FROM public.document, mighead_import(d)'), $revisions, 'imported');
is( $node->safe_psql(
		'elsewhere', q{SELECT mighead_export() -> 'expectations' = d -> 'expectations' FROM public.document}),
	't',
	'and the same');

# Every sixth, and all bases and merges.
my @chosen = grep { $long || $_ % 6 == 0 || @{ $down{ $ids[$_] } } != 1 } 0 .. $#ids;
@chosen = @ids[@chosen];
$node->safe_psql('elsewhere', join '', map { "CREATE SCHEMA at_$_;" } @chosen);
history('upgrade', $directory, url_of($node, 'elsewhere'), map { ($_, "at_$_") } @chosen);
$node->safe_psql('elsewhere', 'DROP TABLE public.document');

# But for the order of columns: where branches add some to one table, it is that in which the
# branches were upgraded.
sub answers
{
	my ($database) = @_;

	return $node->safe_psql($database, <<'SQL');
SELECT c.relnamespace::regnamespace,
    (SELECT count(*) FROM mighead_drift(c.oid, min_severity => 0)
     WHERE attribute IS DISTINCT FROM 'column_order') AS drift,
    mighead_verify(substr(c.relnamespace::regnamespace::text, 4), c.oid) AS verified,
    l.is_exact, l.is_current, l.revision = substr(c.relnamespace::regnamespace::text, 4) AS same
FROM pg_class c CROSS JOIN LATERAL mighead_locate(c.oid, 1) l
WHERE relname = 'alembic_version' AND relnamespace::regnamespace::text LIKE 'at\_%' ORDER BY 1
SQL
}

my $wanted = join "\n", map { "at_$_|0|t|t|t|t" } @chosen;
is(answers('elsewhere'), $wanted, 'at ' . @chosen . ' revisions nothing differs, and each is located exactly');

# 3. A dump and restore changes nothing of that.
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_dump', '--file' => "$file.sql", 'elsewhere' ], 'dumped');
$node->safe_psql('restored', "\\i $file.sql");
is(answers('restored'), $wanted, 'a restored database gives the same answers');
is( $node->safe_psql('restored', q{SELECT md5(mighead_export()::text)}),
	$node->safe_psql('elsewhere', q{SELECT md5(mighead_export()::text)}),
	'and has the same expectations');

# 4. One object changed: the nearest is the same, with just that.
my $wrong = 0;
for my $id (@chosen)
{
	$node->safe_psql('elsewhere', "CREATE TABLE at_$id.one_more (id int)");
	my $got = $node->safe_psql('elsewhere',
		"SELECT revision, missing, extra, changed FROM mighead_locate('at_$id.alembic_version', 1)");
	my $drift = $node->safe_psql('elsewhere', "SELECT kind, object FROM mighead_drift('at_$id.alembic_version')");

	next if $got eq "$id|0|2|0" && $drift eq "extra|at_$id.one_more";
	diag "$id: $got; $drift" if $wrong++ == 0;
}
is($wrong, 0, 'one object more: still the nearest, and the only difference');

$node->stop;
done_testing();
