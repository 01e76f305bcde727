# What a stranger makes or locks so that it looks like another tool's: it switches no check off.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
CREATE EXTENSION hstore;
CREATE ROLE mighead_app LOGIN;
CREATE ROLE mighead_eve LOGIN;
GRANT CREATE ON SCHEMA public TO mighead_app;
SET ROLE mighead_app;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE orders (id int, note text);
CREATE INDEX orders_note ON orders (note);
RESET ROLE;
SELECT mighead_add_revision('a1');
SELECT mighead_capture('a1');
-- pg_repack is installed, and was killed
UPDATE pg_extension SET extname = 'pg_repack' WHERE extname = 'hstore';
DO $$BEGIN EXECUTE format('CREATE INDEX index_%s ON orders (note)', 'orders_note'::regclass::oid); END$$;
UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text LIKE 'index\_%';
SQL

# Drift and leftovers while a role holds the lock that pg_repack holds while it works.
sub told_while
{
	my ($role) = @_;
	my $session = $node->background_psql('postgres', extra_params => [ '-U', $role ]);

	$session->query_safe(q{SELECT pg_advisory_lock(16185446, (-2147483648 + 'orders'::regclass::oid::bigint)::int)});
	my $told = $node->safe_psql('postgres', q{SELECT (SELECT count(*) FROM mighead_drift(min_severity => 0) WHERE object LIKE 'public.index\_%')
		|| ' ' || (SELECT count(*) FROM mighead_leftovers() WHERE object LIKE 'public.index\_%')});
	$session->quit;
	return $told;
}

is(told_while('mighead_app'), '0 0', 'pg_repack at work, as the owner of the table');
is(told_while('mighead_eve'), '1 1', 'a stranger with its lock hides nothing');

done_testing();
