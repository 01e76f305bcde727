# The owner of a table elsewhere adds an index on a function of his while mighead reads it, between any two of its
# queries: what was known of the table a moment ago must not be what keeps his function from running as mighead's role.
use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
my ($host, $port) = ($node->host, $node->port);
$node->safe_psql('postgres', $_) foreach 'CREATE DATABASE hub', 'CREATE ROLE mallory LOGIN', 'CREATE DATABASE there', 'GRANT CREATE ON DATABASE there TO mallory', 'CREATE ROLE watcher LOGIN IN ROLE pg_monitor';
my @as_mallory = (extra_params => [ '-U', 'mallory' ]);
$node->safe_psql('there', <<'SQL', @as_mallory);
CREATE SCHEMA evil;
CREATE TABLE evil.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO evil.alembic_version VALUES ('a1');
GRANT USAGE ON SCHEMA evil TO PUBLIC;
GRANT SELECT ON evil.alembic_version TO PUBLIC;
CREATE FUNCTION evil.trap() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN IF current_user <> 'mallory' THEN RAISE LOG 'trapped %', current_user; END IF; RETURN 1; END$$;
SQL
my $folder = PostgreSQL::Test::Utils::tempdir_short();
$node->safe_psql('hub', <<"SQL");
CREATE EXTENSION mighead;
CREATE EXTENSION postgres_fdw;
CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$folder', port '5432', dbname '');
CREATE USER MAPPING FOR CURRENT_USER SERVER there OPTIONS (user 'watcher');
SELECT FROM mighead_add_revision('a1');
SQL
my $add_index = 'CREATE INDEX trap ON evil.alembic_version ((evil.trap()))';
append_to_file("$folder/hook", "psql -Xq -h '$host' -p '$port' -U mallory -d there -c '$add_index' && touch '$folder/added'\n");

my ($in, $out) = ('', '');
my $between = IPC::Run::start([ $^X, "$FindBin::RealBin/lib/lying_server.pl", $folder, "$host/.s.PGSQL.$port", 'there' ], '<', \$in, '>', \$out);
pump $between until $out =~ /ready/;

# ---------- the trap works ----------

sub trapped
{
	my ($run) = @_;
	my $from = -s $node->logfile;

	$run->();
	return slurp_file($node->logfile, $from) =~ /trapped (\w+)/ ? $1 : 'nobody';
}

$node->safe_psql('there', $add_index, @as_mallory);
is(trapped(sub { $node->safe_psql('there', 'SELECT * FROM evil.alembic_version', extra_params => [ '-U', 'watcher' ]) }), 'watcher', 'who plans a query on the table falls into the trap');
is(trapped(sub { $node->safe_psql('hub', q{ALTER SERVER there OPTIONS (SET dbname 'hook 9999'); SELECT * FROM mighead_remote_status('there')}) }), 'nobody', 'who sees the index does not');

# ---------- what a caller names, and tables below it ----------

$node->safe_psql('there', <<'SQL', @as_mallory);
CREATE TABLE evil.parted (version_num varchar(32)) PARTITION BY LIST (version_num);
CREATE TABLE evil.one PARTITION OF evil.parted FOR VALUES IN ('a1');
CREATE TABLE evil."The Rest" PARTITION OF evil.parted DEFAULT;
INSERT INTO evil.parted VALUES ('a1'), ('b2');
CREATE TABLE evil.parent (version_num varchar(32));
CREATE TABLE evil.child () INHERITS (evil.parent);
INSERT INTO evil.parent VALUES ('c3');
INSERT INTO evil.child VALUES ('d4');
CREATE TABLE evil.without (version_num varchar(32)) PARTITION BY LIST (version_num);
CREATE INDEX ON evil.parted ((evil.trap()));
CREATE INDEX ON evil.parent ((evil.trap()));
CREATE INDEX ON evil.child ((evil.trap()));
GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC;
SQL
my %named = (parted => qr/\ba1\b.*\bb2\b/, parent => qr/\bc3\b.*\bd4\b/, without => qr/,unstamped,/);
foreach my $name (sort keys %named)
{
	my $said;
	is(trapped(sub { $said = $node->safe_psql('hub', "SELECT s FROM mighead_remote_status('there', 'evil.$name') s") }), 'nobody', "$name: nobody falls into it");
	like($said, $named{$name}, "$name: the rows are read");
}
is(trapped(sub { $node->safe_psql('there', 'SELECT * FROM evil.parted', extra_params => [ '-U', 'watcher' ]) }), 'watcher', 'who asks a query does');
$node->safe_psql('there', 'DROP TABLE evil.parted, evil.parent, evil.child, evil.without', @as_mallory);

# ---------- between any two queries ----------

my %calls = (
	'status of a table with a name' => q{mighead_remote_status('there', 'evil.alembic_version')},
	status => q{mighead_remote_status('there')},
	definitions => q{mighead_remote_definitions('there')},
	review => q{mighead_remote_review('there', 'ALTER TABLE evil.alembic_version ADD COLUMN a int DEFAULT 1; UPDATE evil.alembic_version SET a = 2')});
foreach my $call (sort keys %calls)
{
	my (@fell, $added);
	foreach my $query (1 .. 80)
	{
		$node->safe_psql('there', 'DROP INDEX IF EXISTS evil.trap', @as_mallory);
		unlink "$folder/added";
		my $who = trapped(sub { $node->psql('hub', "ALTER SERVER there OPTIONS (SET dbname 'hook $query'); SELECT * FROM $calls{$call}") });
		last unless -e "$folder/added";
		$added = $query;
		push @fell, "$query: $who" if $who ne 'nobody';
	}
	is(join(', ', @fell), '', "$call: nobody falls into it");
	cmp_ok($added, '>=', $call =~ /status/ ? 2 : 10, "$call: though it was laid before each of $added queries");
}
kill_kill $between;
done_testing();
