# Engines that spread one database over machines, read from elsewhere: catalogs that look like those of Citus and
# TimescaleDB are read through a foreign server as they are in the database.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "autovacuum = off\nallow_system_table_mods = on");
$node->start;
plan skip_all => 'hstore is not installed' unless $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'hstore'});

$node->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(there hub);
my ($host, $port) = ($node->host, $node->port);
$node->safe_psql('there', <<'SQL');
CREATE EXTENSION mighead;
SELECT FROM mighead_ensure_version();
CREATE TABLE spread (id int, gone int, "Tenant" int, a_column_that_makes_names_long int);
ALTER TABLE spread DROP gone;
CREATE INDEX spread_tenant ON spread ("Tenant");
CREATE TABLE a_table_whose_name_is_so_long_that_a_shard_of_it_is_shortened (id int);
CREATE TABLE events (id int, at timestamptz);
INSERT INTO alembic_version VALUES ('a1');
SQL
$node->safe_psql('hub', <<"SQL");
CREATE EXTENSION mighead;
CREATE EXTENSION postgres_fdw;
CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'there');
CREATE USER MAPPING FOR CURRENT_USER SERVER there;
SQL
$node->safe_psql($_, q{SELECT FROM mighead_add_revision('a1')}) foreach qw(there hub);

my $table = q{'public.alembic_version'};
my $some = 'object_type, object, kind, attribute, expected, actual, severity';

sub capture
{
	$node->safe_psql('there', "SELECT FROM mighead_capture('a1', $table, replace => true)");
	$node->safe_psql('hub', "SELECT FROM mighead_remote_capture('there', 'a1', $table, replace => true)");
	is($node->safe_psql('hub', 'SELECT object_type, object, checksum FROM mighead.definition ORDER BY 1, 2'),
		$node->safe_psql('there', 'SELECT object_type, object, checksum FROM mighead.definition ORDER BY 1, 2'), 'captured both ways');
	return;
}

# What is said both ways; nothing else may be.
sub compare
{
	my ($name, $expected) = @_;
	my $here = $node->safe_psql('there', "SELECT * FROM mighead_definitions($table)");
	my $there = $node->safe_psql('hub', "SELECT * FROM mighead_remote_definitions('there', $table)");
	is($there, $here, "$name: the same definitions");
	my $drift = $node->safe_psql('hub', "SELECT $some FROM mighead_remote_drift('there', $table, min_severity => 0)");
	is($drift, $node->safe_psql('there', "SELECT $some FROM mighead_drift($table, min_severity => 0)"), "$name: the same drift");
	like($drift, $expected, "$name: what differs");
	is($node->safe_psql('hub', q{SELECT code, object, detail FROM mighead_remote_findings('there', 'public.alembic_version', 0) WHERE code IN ('leftovers', 'drift') ORDER BY 1, 2}),
		$node->safe_psql('there', "SELECT code, object, detail FROM mighead_findings($table, 0) WHERE code IN ('leftovers', 'drift') ORDER BY 1, 2"), "$name: the same findings");
	return;
}

# ---------- Citus ----------

capture();
compare('without Citus', qr/^$/);
$node->safe_psql('there', <<'SQL');
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char", partkey text, colocationid int, repmodel "char");
CREATE TABLE pg_catalog.pg_dist_shard (logicalrelid regclass, shardid bigint, shardstorage "char");
INSERT INTO pg_catalog.pg_dist_shard SELECT 'spread', shard, 't' FROM generate_series(102008, 102011) AS shard;
INSERT INTO pg_catalog.pg_dist_shard VALUES ('a_table_whose_name_is_so_long_that_a_shard_of_it_is_shortened', 102012, 't');
CREATE TABLE a_table_whose_name_is_so_long_that_a_shard_o_1f2e3d4c_102012 (id int);
DO $$BEGIN
    FOR shard IN 102008 .. 102011 LOOP
        EXECUTE format('CREATE TABLE spread_%s (id int, "Tenant" int, CHECK (id > 0) NOT VALID)', shard);
        EXECUTE format('CREATE INDEX spread_tenant_%s ON spread_%1$s ("Tenant")', shard);
    END LOOP;
END$$;
SQL
compare('shards are no drift, nor is what they have left over', qr/^$/);
$node->safe_psql('there', 'CREATE TABLE other_102008 (id int); CREATE TABLE spread_102013 (id int); CREATE ROLE eve; GRANT CREATE ON SCHEMA public TO eve; ALTER TABLE spread_102009 RENAME TO elsewhere_102009');
$node->safe_psql('there', 'SET ROLE eve; CREATE TABLE spread_102009 (id int)');
compare('what is called like a shard is extra', qr/table\|public\.other_102008\|extra(?s:.*)table\|public\.spread_102009\|extra(?s:.*)table\|public\.spread_102013\|extra/);
$node->safe_psql('there', 'DROP TABLE other_102008, spread_102013, spread_102009; ALTER TABLE elsewhere_102009 RENAME TO spread_102009; REVOKE CREATE ON SCHEMA public FROM eve; DROP ROLE eve');
$node->safe_psql('there', q{INSERT INTO pg_catalog.pg_dist_partition VALUES ('spread', 'h', '{VAR :varno 1 :varattno 3 :vartype 23 :location -1}', 1, 's')});
compare('distributed', qr/^table\|public\.spread\|changed\|distribution\|\|hash \("Tenant"\)\|0$/);
capture();
compare('distributed as expected', qr/^$/);
foreach (
	[ q{partkey = '{VAR :varno 1 :varattno 1 :vartype 23 :location -1}'}, 'hash (id)' ], [ q{partkey = '{VAR :varno 1 :varattno 99 :vartype 23}'}, 'hash (?)' ],
	[ q{partkey = 'nonsense'}, 'hash (?)' ], [ q{partkey = NULL}, 'hash (?)' ], [ q{partmethod = 'a', partkey = '{VAR :varno 1 :varattno 1}'}, 'append (id)' ],
	[ q{partmethod = 'n', partkey = NULL, repmodel = 't'}, 'reference' ], [ q{repmodel = 's'}, 'single shard' ], [ q{colocationid = 0}, '' ], [ q{partmethod = 'x'}, '' ])
{
	my ($change, $actual) = @$_;
	$node->safe_psql('there', "UPDATE pg_catalog.pg_dist_partition SET $change");
	compare($change, qr/^table\|public\.spread\|changed\|distribution\|hash \("Tenant"\)\|\Q$actual\E\|1$/);
}
# Catalogs that only look like those of Citus are not read.
$node->safe_psql('there', 'ALTER TABLE pg_catalog.pg_dist_partition DROP COLUMN repmodel; ALTER TABLE pg_catalog.pg_dist_shard ALTER shardid TYPE text');
compare('other columns', qr/table\|public\.spread_102008\|extra/);
$node->safe_psql('there', 'DROP TABLE pg_catalog.pg_dist_partition, pg_catalog.pg_dist_shard; DROP TABLE spread_102008, spread_102009, spread_102010, spread_102011; DROP TABLE a_table_whose_name_is_so_long_that_a_shard_o_1f2e3d4c_102012');

# ---------- TimescaleDB ----------

$node->safe_psql('there', <<'SQL');
CREATE EXTENSION hstore;
CREATE SCHEMA _timescaledb_internal;
CREATE SCHEMA _timescaledb_catalog;
CREATE TABLE _timescaledb_catalog.hypertable (id int, schema_name name, table_name name);
ALTER EXTENSION hstore ADD SCHEMA _timescaledb_internal;
ALTER EXTENSION hstore ADD SCHEMA _timescaledb_catalog;
ALTER EXTENSION hstore ADD TABLE _timescaledb_catalog.hypertable;
UPDATE pg_extension SET extname = 'timescaledb' WHERE extname = 'hstore';
INSERT INTO _timescaledb_catalog.hypertable VALUES (1, 'public', 'events');
SQL
capture();
$node->safe_psql('there', 'CREATE TABLE _timescaledb_internal._hyper_1_1_chunk (CHECK (id > 0)) INHERITS (events)');
compare('chunks are no drift', qr/^$/);
$node->safe_psql('there', 'CREATE TABLE chunk () INHERITS (events)');
compare('a child beside the table is', qr/table\|public\.chunk\|extra/);

done_testing();
