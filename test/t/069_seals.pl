# A seal never says that a schema is as expected where anything differs, however little: neither a check nor a capture
# that replaces nothing seals what it found to differ.  The oracle is the same question where nothing is stored.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ "--encoding=UTF8", "--locale=C.UTF-8" ]);
$node->append_conf('postgresql.conf', 'max_prepared_transactions = 10');
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE somebody; CREATE DATABASE shop');
$node->safe_psql('shop', <<'SQL');
CREATE EXTENSION mighead;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('one');
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE t (id serial PRIMARY KEY, feels mood DEFAULT 'sad', note text DEFAULT 'new' CHECK (note <> ''));
CREATE TABLE u (id int GENERATED ALWAYS AS IDENTITY, t int REFERENCES t);
CREATE VIEW v AS SELECT * FROM t ORDER BY feels;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER fires BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fires();
CREATE STATISTICS both_ ON feels, note FROM t;
CREATE POLICY seen ON u USING (true);
SELECT mighead_add_revision('one');
SELECT mighead_capture(version_table => 'alembic_version');
SQL

my $drift = q{SELECT coalesce(jsonb_agg(d ORDER BY d::text), '[]') FROM mighead_drift('alembic_version', min_severity => 0) d WHERE kind <> 'unmodelled'};

# Returns what is told in a new session, and what is told there where nothing is stored.
sub told
{
	my $database = shift // 'shop';

	return ($node->safe_psql($database, $drift),
		$node->safe_psql($database, "BEGIN; DELETE FROM mighead.fingerprint; $drift; ROLLBACK"));
}

sub seals { return $node->safe_psql('shop', q{SELECT count(*) FROM mighead.fingerprint WHERE scope LIKE 'seal/%'}) }

is((told())[0], '[]', 'as captured');
is(seals(), '1', 'a seal is there');

my @changes = split /\n/, <<'SQL';
COMMENT ON COLUMN t.note IS 'x'
COMMENT ON TABLE u IS 'x'
COMMENT ON FUNCTION f() IS 'x'
COMMENT ON SCHEMA public IS 'x'
GRANT SELECT ON u TO somebody
GRANT EXECUTE ON FUNCTION f() TO somebody
GRANT UPDATE (id) ON t TO somebody
GRANT USAGE ON TYPE mood TO somebody
ALTER TABLE u OWNER TO somebody
ALTER FUNCTION f() OWNER TO somebody
ALTER FUNCTION f() STRICT
CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'
ALTER FUNCTION f() SECURITY DEFINER
ALTER TABLE t DISABLE TRIGGER fires
ALTER TABLE u ENABLE ROW LEVEL SECURITY
ALTER POLICY seen ON u TO somebody
ALTER STATISTICS both_ RENAME TO neither
ALTER TABLE t SET (fillfactor = 50)
ALTER TABLE t ALTER note SET STORAGE main
ALTER TABLE t ALTER note SET STATISTICS 7
ALTER SEQUENCE t_id_seq CYCLE
ALTER VIEW v SET (security_barrier = true)
ALTER TABLE t REPLICA IDENTITY FULL
ALTER TABLE u SET UNLOGGED
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO somebody
CREATE PUBLICATION everything FOR ALL TABLES
CREATE CAST (mood AS int) WITH INOUT
CREATE FOREIGN DATA WRAPPER wrapper
CREATE INDEX other ON t (note)
ALTER TYPE mood ADD VALUE 'bad'
ALTER TABLE t ADD other int
SQL
my $seals = 0;
foreach my $change (@changes)
{
	$node->safe_psql('postgres', 'CREATE DATABASE spare TEMPLATE shop STRATEGY ' . ($seals++ % 2 ? 'wal_log' : 'file_copy'));
	$node->safe_psql('shop', $change);
	$node->psql('shop', 'CALL mighead_check(); CALL mighead_check();');
	my ($told, $anew) = told();
	isnt($anew, '[]', "it differs: $change");
	is($told, $anew, "and is told after a check: $change");
	$node->safe_psql('shop', q{SELECT mighead_capture(version_table => 'alembic_version')});
	($told) = told();
	is($told, $anew, "and after a capture that replaces nothing: $change");
	$node->safe_psql('postgres', $_) for 'DROP DATABASE shop', 'ALTER DATABASE spare RENAME TO shop';
	($told, $anew) = told();
	is("$told $anew", '[] []', "a copy of the database is as it was captured: $change");
	# what the first check read seals the copy anew
	$node->psql('shop', 'CALL mighead_check()');
	is(seals(), '1', 'and a check seals it') if $seals == 1;
}
$node->stop;
done_testing();
