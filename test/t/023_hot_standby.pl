# On a hot standby every reader answers as on the primary, and nothing can be
# written.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
CREATE EXTENSION postgres_fdw;
CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/nowhere', port '5432', dbname 'x');
CREATE USER MAPPING FOR PUBLIC SERVER away;
SELECT mighead_add_revision('a1', message => 'one');
SELECT mighead_add_revision('a2', ARRAY['a1'], message => 'two');
SELECT mighead_add_revision('b2', ARRAY['a1'], branch_labels => ARRAY['side'], message => 'other two');
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a2');
CREATE SCHEMA tenant;
CREATE TABLE tenant.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO tenant.alembic_version VALUES ('zzzz');
CREATE TABLE orders (id int PRIMARY KEY, note text);
CREATE VIEW notes AS SELECT note FROM orders;
SELECT mighead_capture('a2', 'alembic_version');
ALTER TABLE orders ALTER note SET DEFAULT 'x';
SQL

my $backup = 'backup';
$primary->backup($backup);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, $backup, has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);

foreach my $query (
	'SELECT mighead_version()',
	'SELECT version_table, project, revision, known, is_head FROM mighead_versions',
	'SELECT version_table, state, severity, current, heads, unknown, applied, pending FROM mighead_status()',
	'SELECT severity, code, sqlstate, version_table, object FROM mighead_findings()',
	'SELECT * FROM mighead_current()',
	'SELECT * FROM mighead_heads()',
	'SELECT * FROM mighead_branches()',
	q{SELECT * FROM mighead_history(version_table => 'alembic_version')},
	q{SELECT * FROM mighead_show('side')},
	q{SELECT mighead_resolve('heads')},
	q{SELECT * FROM mighead_upgrade_plan('heads', 'alembic_version')},
	q{SELECT * FROM mighead_downgrade_plan('base', 'alembic_version')},
	q{SELECT * FROM mighead_pending('alembic_version')},
	q{SELECT * FROM mighead_stamp_plan('heads', 'alembic_version')},
	q{SELECT * FROM mighead_graph(version_table => 'alembic_version')},
	q{SELECT mighead_merge_script(revision => 'c3') ~ 'c3'},
	'SELECT * FROM mighead_ddl()',
	q{SELECT mighead_at_head(version_table => 'alembic_version')},
	q{SELECT mighead_require_head('a2', 'alembic_version')},
	'SELECT * FROM mighead_locks()',
	'SELECT * FROM mighead_leftovers()',
	q{SELECT * FROM mighead_review('ALTER TABLE alembic_version ADD COLUMN x integer; UPDATE alembic_version SET x = 1')},
	q{SELECT * FROM mighead_definitions('alembic_version')},
	q{SELECT object, attribute, expected, actual, fix FROM mighead_drift('alembic_version')},
	q{SELECT * FROM mighead_verify('a2', 'alembic_version')},
	q{SELECT * FROM mighead_locate('alembic_version')},
	q{SELECT * FROM mighead_orphans('alembic_version', '{version_num}', 'tenant.alembic_version', '{version_num}')},
	q{SELECT * FROM mighead_castable('alembic_version', 'version_num', 'integer')},
	q{SELECT server, database, state, detail FROM mighead_fleet(timeout => '1 s')},
	'SELECT mighead_export()')
{
	my @expected = $primary->psql('postgres', $query);
	my @answer = $standby->psql('postgres', $query);

	is($answer[0], 0, "$query: no error");
	is_deeply(\@answer, \@expected, "$query: as on the primary");
}

# A standby has no rows of an unlogged table, and says so; named or not.
$primary->safe_psql('postgres', <<'SQL');
CREATE SCHEMA unlogged;
CREATE UNLOGGED TABLE unlogged.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO unlogged.alembic_version VALUES ('a2');
SQL
$primary->wait_for_catchup($standby);
foreach my $given ('', q{'unlogged.alembic_version'})
{
	like($standby->safe_psql('postgres', "SELECT state || ': ' || detail FROM mighead_status($given) WHERE version_table = 'unlogged.alembic_version'::regclass"),
		qr/^unreadable: unlogged\.alembic_version is unlogged, and a standby does not have its rows/, "status($given) of an unlogged version table");
}

$primary->safe_psql('postgres', 'DROP SCHEMA unlogged CASCADE');

# A session that keeps what it has read sees what is replayed.
my $told = q{SELECT string_agg(translate(concat_ws('=', object, attribute, value), E'\\n', ' '), ' ' ORDER BY object, attribute) FROM mighead_definitions('alembic_version')};
my $primary_connstr = $primary->connstr('postgres');
my @told = split /\n/, $standby->safe_psql('postgres', <<"SQL");
$told;
$told;
$told;
\\! psql -X -q -d "$primary_connstr" -c "ALTER TABLE orders RENAME COLUMN note TO remark" >&2
DO \$\$BEGIN WHILE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'remark') LOOP
    PERFORM pg_sleep(0.05); END LOOP; END\$\$;
$told;
SQL
is($told[2], $told[0], 'read again and again on the standby');
like($told[0], qr/definition=SELECT (?:orders\.)?note /, 'what was there');
like($told[3], qr/definition=SELECT (?:orders\.)?remark AS note/, 'what is there now');
unlike($told[3], qr/\bSELECT (?:orders\.)?note|orders\.note/, 'and nothing of before');
is($told[3], $primary->safe_psql('postgres', $told), 'as on the primary');

foreach my $call (
	q{mighead_add_revision('c3')},
	q{mighead_remove_revision('a2')},
	q{mighead_project('p')},
	q{mighead_ensure_version('other_version')},
	q{mighead_stamp('a1', 'a2', 'why', 'alembic_version')},
	q{mighead_reset('a2', 'why', 'alembic_version')},
	q{mighead_undo(1, 'a2', 'why')})
{
	my ($status, $out, $err) = $standby->psql('postgres', "\\set VERBOSITY sqlstate\nSELECT $call");

	like($err, qr/\b25006\b/, "$call: refused");
}

# After a promotion everything goes on.
$primary->safe_psql('postgres', q{SELECT mighead_watch('alembic_version'); UPDATE alembic_version SET version_num = 'a1'});
$primary->wait_for_catchup($standby);
$primary->stop;
$standby->promote;
$standby->safe_psql('postgres', q{UPDATE alembic_version SET version_num = 'a2'});
is($standby->safe_psql('postgres', q{SELECT string_agg(format('%s %s -> %s', action, old_rows, new_rows), ', ' ORDER BY id) FROM mighead_log()}),
	'downgrade {a2} -> {a1}, upgrade {a1} -> {a2}', 'the journal goes on after a promotion');
is($standby->safe_psql('postgres', q{SELECT code FROM mighead_findings('alembic_version') WHERE code IN ('watch_lost', 'stamped_blindly')}), '',
	'and nothing is lost');

done_testing();
