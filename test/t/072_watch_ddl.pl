# Watching DDL beside what a single session cannot show: commands that cannot be in a
# transaction block, other sessions, real Alembic, a dump; and that DDL never waits or fails.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program url_of);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
SELECT mighead_watch_ddl();
CREATE SCHEMA app;
CREATE TABLE app.t (id integer PRIMARY KEY, a text);
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
SELECT mighead_watch('alembic_version');
SQL

sub recorded
{
	my ($object) = @_;

	return $node->safe_psql('postgres', <<"SQL");
SELECT string_agg(command_tag || CASE WHEN is_drop THEN ' -' ELSE '' END, ', ' ORDER BY id)
FROM mighead.ddl_log WHERE object = '$object'
SQL
}

# What a statement says, and that it does what it is to do.
sub ddl_says
{
	my ($statement, $name) = @_;
	my $started = time;
	my ($status, $out, $err) = $node->psql('postgres', $statement);

	is($status, 0, "$name: done");
	cmp_ok(time - $started, '<', 10, "$name: at once");
	return $err;
}

# Outside of transaction blocks.
is(ddl_says('CREATE INDEX CONCURRENTLY i ON app.t (a)', 'CREATE INDEX CONCURRENTLY'), '', 'nothing to say');
is(ddl_says('DROP INDEX CONCURRENTLY app.i', 'DROP INDEX CONCURRENTLY'), '', 'nothing to say');
is(recorded('app.i'), 'CREATE INDEX, DROP INDEX -', 'both are recorded');
is(ddl_says('REINDEX TABLE CONCURRENTLY app.t', 'REINDEX CONCURRENTLY'), '', 'nothing to say');
is(ddl_says('CREATE INDEX i ON app.t (a); CLUSTER app.t USING i', 'CLUSTER'), '', 'nothing to say');

# The log is held by somebody.
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE mighead.ddl_log IN ACCESS EXCLUSIVE MODE');
like(
	ddl_says('CREATE TABLE app.while_held ()', 'the log is held'),
	qr/WARNING:  DDL was not recorded by mighead\nDETAIL:  canceling statement due to lock timeout\nHINT:  SELECT public\.mighead_unwatch_ddl\(\); ends the recording\./,
	'a warning that says what happened');
like(ddl_says('DROP TABLE app.while_held', 'and for what is dropped'), qr/WARNING:  DDL was not recorded/, 'likewise');
like(
	ddl_says('BEGIN; CREATE TABLE app.first (); CREATE TABLE app.second (); COMMIT', 'in a transaction'),
	qr/WARNING.*WARNING/s, 'once for each');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relname IN ('first', 'second')"), '2',
	'all of it is done');
$holder->query_safe('COMMIT; BEGIN; LOCK TABLE mighead.ddl_log IN SHARE MODE');
like(ddl_says('CREATE TABLE app.while_shared ()', 'the log is being indexed'), qr/WARNING/, 'likewise');
$holder->query_safe('COMMIT');
is(ddl_says('SET lock_timeout = 0; CREATE TABLE app.after ()', 'the log is free'), '', 'nothing to say');
is(recorded('app.after'), 'CREATE TABLE', 'recorded again');
is($node->safe_psql('postgres', 'SET lock_timeout = 77; CREATE TABLE app.setting (); SHOW lock_timeout'),
	'77ms', 'the author keeps the settings');

# A cancel is meant for the command.
$node->safe_psql('postgres', <<'SQL');
SET session_replication_role = replica;
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
CREATE TRIGGER slow BEFORE INSERT ON mighead.ddl_log FOR EACH ROW EXECUTE FUNCTION slow();
ALTER TABLE mighead.ddl_log ENABLE ALWAYS TRIGGER slow;
SQL
my ($status, $out, $err) =
  $node->psql('postgres', 'SET statement_timeout = 200; CREATE TABLE app.cancelled ()', on_error_stop => 1);
like($err, qr/ERROR:  canceling statement due to statement timeout/, 'a timeout still ends the command');
is($node->safe_psql('postgres', "SELECT to_regclass('app.cancelled') IS NULL"), 't', 'which is then not done');
$node->safe_psql('postgres', 'SET session_replication_role = replica; DROP FUNCTION slow() CASCADE');

# The log's own schema is gone for this session's sake only.
$node->safe_psql('postgres', 'ALTER SCHEMA mighead RENAME TO away');
like(ddl_says('CREATE TABLE app.homeless ()', 'no schema'), qr/WARNING:  DDL was not recorded/, 'a warning');
$node->safe_psql('postgres', 'ALTER SCHEMA away RENAME TO mighead');

# What a migration does, as Alembic does it, and what is done by hand.
SKIP:
{
	my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
	skip $missing, 2 unless $alembic;
	my $directory = PostgreSQL::Test::Utils::tempdir;
	my $project = AlembicProject->new(
		node => $node, database => 'postgres', directory => $directory,
		versions => "$directory/migrations/versions", command => [$alembic]);
	my $url = url_of($node, 'postgres');

	$project->output('init', 'migrations');
	my $ini = slurp_file("$directory/alembic.ini");
	$ini =~ s/^sqlalchemy\.url = .*/"sqlalchemy.url = " . $url =~ s{%}{%%}gr/me;
	unlink "$directory/alembic.ini";
	append_to_file("$directory/alembic.ini", $ini);
	append_to_file("$directory/migrations/versions/a1.py", <<'PY');
from alembic import op

revision = 'a1'
down_revision = None


def upgrade():
    op.execute('CREATE TABLE app.migrated (id integer)')
    op.execute('ALTER TABLE app.t ADD COLUMN migrated integer')


def downgrade():
    pass
PY
	$node->safe_psql('postgres', 'ALTER TABLE app.t ADD COLUMN by_hand integer');
	my ($ok, undef, $said) = $project->call('upgrade', 'head');
	ok($ok, 'alembic upgrade head') or diag($said);
	is($node->safe_psql('postgres', <<'SQL'), "app.migrated|t\napp.t|f", 'a migration is told from a person');
SELECT object, in_migration FROM mighead_ddl() WHERE object IN ('app.migrated', 'app.t') ORDER BY 1
SQL
}

# A copy goes on watching, and lets go of it.
$node->safe_psql('postgres', 'CREATE DATABASE copy');
my $dump = PostgreSQL::Test::Utils::tempdir . '/dump';
command_ok([ 'pg_dump', '--no-sync', '-Fc', '-f', $dump, $node->connstr('postgres') ], 'pg_dump');
command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('copy'), $dump ], 'pg_restore');
my $history = 'SELECT md5(string_agg(d::text, chr(10) ORDER BY id)) FROM mighead.ddl_log d';
is($node->safe_psql('copy', $history), $node->safe_psql('postgres', $history), 'the log is in a dump');
$node->safe_psql('copy', 'CREATE TABLE app.in_copy ()');
is($node->safe_psql('copy', "SELECT id = (SELECT max(id) FROM mighead.ddl_log), command_tag FROM mighead.ddl_log WHERE object = 'app.in_copy'"),
	't|CREATE TABLE', 'the copy goes on');
$node->safe_psql('copy', q{SELECT mighead_watch_ddl(); SELECT mighead_unwatch('alembic_version'); DROP EXTENSION mighead});
is($node->safe_psql('copy', "SELECT count(*) FROM pg_event_trigger"), '0', 'and the extension takes it along');

# Sessions that were there before.
my $session = $node->background_psql('postgres');
$session->query_safe('CREATE TABLE app.by_session ()');
$node->safe_psql('postgres', 'DROP EXTENSION mighead CASCADE');
is($session->query('CREATE TABLE app.by_session_later ()'), '', 'a session that saw the event triggers goes on without');
is($session->{stderr}, '', 'in silence');
$session->quit;
$holder->quit;
is($node->safe_psql('postgres', <<'SQL'), '0', 'DROP EXTENSION leaves nothing');
SELECT count(*) FROM (
	SELECT evtname::text FROM pg_event_trigger UNION ALL
	SELECT nspname FROM pg_namespace WHERE nspname = 'mighead' UNION ALL
	SELECT proname FROM pg_proc WHERE proname LIKE 'mighead%') x
SQL

$node->stop;
done_testing();
