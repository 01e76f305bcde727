# The same answer both ways: what is read of a database through a foreign server equals what mighead
# in that database reads, for every kind of object and after every change of the recall test, in a
# random order, each over what others have left.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use EveryObject qw(make_server);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RecallChanges qw(recall_changes);
use Test::More;

my ($node, $citext, $version) = make_server();
$node->safe_psql('postgres', $_) for 'CREATE DATABASE hub', q{CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0};
$node->safe_psql('one', 'ALTER DATABASE one OWNER TO mighead_app');

my ($host, $port) = ($node->host, $node->port);
sub make_hub
{
	my ($database) = @_;

	$node->safe_psql($database, <<"SQL");
CREATE EXTENSION mighead;
CREATE EXTENSION postgres_fdw;
CREATE SERVER one FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'one');
CREATE USER MAPPING FOR postgres SERVER one OPTIONS (user 'postgres');
CREATE SERVER poor FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'one');
CREATE USER MAPPING FOR postgres SERVER poor OPTIONS (user 'mighead_reader');
SQL
	return;
}
make_hub($_) for qw(hub latin);

my $schemas = q{'{My Home,mighead_beside,mighead_hollow,app,Other one}'};
my $table = q{'"My Home".alembic_version'};

sub read_here { return $node->safe_psql('one', "SELECT * FROM mighead_definitions($table, $schemas)", @_) }
sub read_there
{
	my ($server, $hub) = @_;

	return $node->safe_psql($hub // 'hub', "SELECT * FROM mighead_remote_definitions('$server', $table, $schemas)");
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

sub check
{
	my ($after) = @_;
	my ($here, $there) = (read_here(), read_there('one'));

	is(differences($here, $there), '', "the same both ways: $after");
	is($there, $here, "and in the same order: $after");
	return;
}

my @columns = qw(object_type object kind attribute expected actual severity since_revision);
sub drift_here { return $node->safe_psql('one', "SELECT @{[ join ', ', @columns ]} FROM mighead_drift($table, min_severity => 0)") }
sub drift_there
{
	return $node->safe_psql('hub', "SELECT @{[ join ', ', @columns ]} FROM mighead_remote_drift('one', $table, min_severity => 0)");
}

check('everything');
cmp_ok(scalar(split /\n/, read_there('one')), '>', 700, 'and that is much');

# ---------- expectations ----------

my $here = $node->safe_psql('one', "SELECT mighead_capture(NULL, $table, $schemas)");
is($node->safe_psql('hub', "SELECT mighead_remote_capture('one', NULL, $table, $schemas)"), $here, 'captured both ways');
my $stored = 'SELECT object_type, object, checksum, structure FROM mighead.definition ORDER BY 1, 2, 3';
is($node->safe_psql('hub', $stored), $node->safe_psql('one', $stored), 'the same expectations');
is(drift_there(), '', 'no drift from what was captured');
is($node->safe_psql('hub', "SELECT * FROM mighead_remote_locate('one', $table)"),
	$node->safe_psql('one', "SELECT * FROM mighead_locate($table)"), 'located both ways');

# ---------- other roles, other encodings ----------

# which may not name it
my $oid = $node->safe_psql('one', qq{SELECT $table\::regclass::oid});
my $by_reader = $node->safe_psql('one', "SELECT * FROM mighead_definitions('$oid', $schemas)",
	extra_params => [ '-U', 'mighead_reader' ]);
is(differences($by_reader, read_there('poor')), '', 'a role without privileges reads the same both ways');
is(read_there('one', 'latin'), read_there('one'), 'a database in LATIN1 reads one in UTF8');

# ---------- what is locked ----------

my $locker = $node->background_psql('one');
$locker->query_safe('BEGIN; LOCK TABLE "My Home".orders IN ACCESS EXCLUSIVE MODE');
my $busy = join "\n", grep { /\|busy\|/ } split /\n/, read_there('one');
is(differences(join("\n", grep { /\|busy\|/ } split /\n/, read_here()), $busy), '', 'what is locked is busy both ways');
like($busy, qr/^table\|\$home\.orders\|\|busy\|/m, 'the table is');
like($busy, qr/^view\|\$home\.v_orders\|\|busy\|/m, 'and a view of it');
is(drift_there(), drift_here(), 'and in drift');
$locker->query_safe('ROLLBACK');
$locker->quit;

# ---------- one relation ----------

$node->safe_psql('one', 'ALTER TABLE "My Home".two_columns ADD added int; ALTER TABLE "My Home".orders ALTER at SET NOT NULL');
my $some = 'object_type, object, kind, attribute, expected, actual, severity';
my $of_one = $node->safe_psql('hub', "SELECT $some FROM mighead_remote_drift('one', $table, relation => 'two_columns', min_severity => 0)");
is($of_one, 'column|"My Home".two_columns.added|extra|||integer|2', 'drift of one relation');
is($node->safe_psql('one', qq{SELECT $some FROM mighead_drift($table, relation => '"My Home".two_columns', min_severity => 0)}),
	$of_one, 'the same both ways');

# ---------- after changes ----------

my $seed = $ENV{MIGHEAD_SEED} // time;
note("MIGHEAD_SEED=$seed");
srand $seed;

my @ddl = map { $_->{ddl} } recall_changes($version, $citext);
@ddl = map { splice @ddl, int rand @ddl, 1 } 1 .. @ddl;
my $done = 0;
while (my @some = splice @ddl, 0, 80)
{
	# some cannot be done after others
	$done += grep { $node->psql('one', qq{SET search_path = "My Home", app, public; $_}) == 0 } @some;
	check("$done changes");
	is(drift_there(), drift_here(), "the same drift: $done changes");
}
cmp_ok($done, '>', 150, "$done changes were made");

my (undef, undef, $err) = $node->psql('hub', "SELECT * FROM mighead_remote_drift('one', relation => 'app.absent')");
like($err, qr/relation "app.absent" does not exist on the server/, 'of one that is not there');
(undef, undef, $err) = $node->psql('hub', "SELECT * FROM mighead_remote_drift('one', 'absent')");
like($err, qr/relation absent does not exist on server "one"/, 'a version table that is not there');
is($node->safe_psql('one', q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mighead'}),
	0, 'no connection is left');

done_testing();
