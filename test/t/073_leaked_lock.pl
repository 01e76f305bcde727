# A session that went back to a pool with the migration lock, and a migration that waits for it: both are
# shown, and the statement of the hint, run as it stands, lets the migration go on.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION mighead; CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)');
$node->safe_psql('postgres', q{SELECT mighead_add_revision('a1'); INSERT INTO alembic_version VALUES ('a1')});

my $pool = $node->background_psql('postgres', on_error_stop => 0);
$pool->query_safe(q{SET application_name = 'pool'});
$pool->query_safe('SELECT pg_advisory_lock(mighead_lock_key())');
my $upgrade = $node->background_psql('postgres');
$upgrade->query_safe(q{SET application_name = 'alembic'});
$upgrade->query_until(qr/^waits$/m, "\\echo waits\nSELECT pg_advisory_lock(mighead_lock_key());\n\\echo goes on\n");
$node->poll_query_until('postgres', q{SELECT bool_or(application_name = 'alembic' AND wait_event = 'advisory') FROM pg_stat_activity});
# a session that has been idle for as long does not migrate
$node->poll_query_until('postgres', q{SELECT bool_or(application_name = 'pool' AND state_change < clock_timestamp() - interval '31 s') FROM pg_stat_activity});

is($node->safe_psql('postgres', q{SELECT l.role, l.application_name, coalesce((SELECT string_agg(application_name, ',') FROM pg_stat_activity
	WHERE pid = ANY (l.blocked_by)), '-') FROM mighead_locks() l ORDER BY 2}),
	"migrating|alembic|pool\nblocking|pool|-", 'who waits, and for whom');
my ($code, $hint) = split /\|/, $node->safe_psql('postgres', q{SELECT code, hint FROM mighead_findings() WHERE code IN ('leaked_lock', 'blocked')}), 2;
is($code, 'blocked', 'the worst finding');
like($hint, qr/SELECT pg_catalog\.pg_terminate_backend\(\d+\);/, 'its hint names the session');
$node->safe_psql('postgres', $1) if $hint =~ /(SELECT pg_catalog\.pg_terminate_backend\(\d+\));/;
$upgrade->query_until(qr/^goes on$/m, '');
is($node->safe_psql('postgres', q{SELECT count(*) FROM mighead_findings() WHERE code IN ('leaked_lock', 'blocked')}), '0', 'and it is gone');
$upgrade->quit;

done_testing();
