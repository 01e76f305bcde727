# VACUUM FULL, REINDEX and an autovacuum that truncates a system catalog lock it ACCESS EXCLUSIVE.
# PostgreSQL itself waits for most catalogs, until the caller's own timeout.  But no reader raises
# "lock timeout" because of mighead's, and what could not be read is busy: not missing, and not ok.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION mighead;
	CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
	INSERT INTO alembic_version VALUES ('a1');
	SELECT mighead_add_revision('a1');
	CREATE TYPE mood AS ENUM ('sad');
	CREATE DOMAIN positive AS int CHECK (VALUE > 0);
	CREATE TABLE t (id serial PRIMARY KEY, m mood, n positive DEFAULT 1, b text CHECK (b <> ''));
	CREATE TABLE parted (a int) PARTITION BY RANGE (a);
	CREATE TABLE part PARTITION OF parted DEFAULT;
	CREATE INDEX ON t (lower(b)) WHERE n > 1;
	CREATE STATISTICS s ON n, b FROM t;
	CREATE VIEW v AS SELECT id, m FROM t;
	CREATE POLICY p ON t USING (b <> 'x');
	CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM t; END;
	CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
	CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
	CREATE RULE r AS ON DELETE TO parted DO ALSO SELECT 1;
	ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
	COMMENT ON TABLE t IS 'a table';
	SELECT FROM mighead_capture()});

# Each prints a row.
my @calls = (
	q{SELECT 'drift ' || coalesce(string_agg(kind || ' ' || object_type || ' ' || object, ', '), 'none') FROM mighead_drift(min_severity => 0)},
	q{SELECT 'one ' || coalesce(string_agg(kind || ' ' || object_type || ' ' || object, ', '), 'none') FROM mighead_drift(relation => 't')},
	q{SELECT 'status ' || string_agg(state, ', ') FROM mighead_status()},
	q{SELECT 'locate ' || string_agg(is_exact::text, ', ') FROM mighead_locate()},
	q{SELECT 'definitions ' || count(*) FROM mighead_definitions() HAVING count(*) FILTER (WHERE attribute = 'busy') = 0},
	q{SELECT 'findings ' || count(*) FROM mighead_findings() WHERE severity > 1});

# The reader's session is there before the lock: a new one would wait to connect.
my $reader = $node->background_psql('postgres', on_error_stop => 0);
my $locker = $node->background_psql('postgres', on_error_stop => 1);

sub ask
{
	my ($timeout) = @_;

	$reader->{stderr} = '';
	return scalar $reader->query(join "\n", "SET statement_timeout = '$timeout';", (map { "$_;" } @calls), 'RESET statement_timeout;');
}

my $usual = ask('60s');
like($usual, qr/^drift none\none none\nstatus ok\nlocate true\ndefinitions \d+\nfindings 0$/, 'without a lock');

my $busy = 0;
foreach my $catalog (split /\n/, $node->safe_psql('postgres',
		q{SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' ORDER BY 1}))
{
	$locker->query_safe("BEGIN; LOCK TABLE pg_catalog.$catalog IN ACCESS EXCLUSIVE MODE");
	my $answer = ask('100ms');
	my $err = $reader->{stderr};

	$locker->query_safe('ROLLBACK');
	unlike($err, qr/ERROR:  (?!canceling statement due to statement timeout)/, "$catalog: no reader raises");
	unlike($answer, qr/missing|extra|changed|status drift|locate false.*true/, "$catalog: nothing is reported as different");
	# whoever says that all is well has read everything
	foreach my $line (split /\n/, $answer)
	{
		$busy++ if $line =~ /busy/;
		next if $line =~ /busy|^locate false|^definitions|^findings/;
		like("$usual\n", qr/^\Q$line\E$/m, "$catalog: $line");
	}
}
note("busy: $busy answers");
cmp_ok($busy, '>', 3, 'some are busy');
is(ask('60s'), $usual, 'as before, once all locks are gone');
$reader->quit;
$locker->quit;

done_testing();
