# What an incident looks like from inside: an index that is being built and one whose build was
# interrupted, a prepared transaction that nobody remembers, a client that is gone while its
# statement runs on; and the answers while all of that is going on.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
max_prepared_transactions = 5
listen_addresses = '127.0.0.1'
CONF
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE account (id int, name text);
INSERT INTO account VALUES (1, 'one'), (1, 'two');
CREATE TABLE bill (id int);
CREATE ROLE guest LOGIN;
SQL

sub sql
{
	my ($query) = @_;

	return $node->safe_psql('postgres', $query);
}

sub wait_until
{
	my ($condition) = @_;

	$node->poll_query_until('postgres', "SELECT $condition") or die "never: $condition";
	return;
}

sub background
{
	my ($name) = @_;
	my $session = $node->background_psql('postgres', on_error_stop => 0);

	$session->query_safe("SET application_name = '$name'");
	return $session;
}

# Starts a statement that will have to wait.
sub begin_statement
{
	my ($session, $statement) = @_;

	$session->query_until(qr/begun/, "\\echo begun\n$statement;\n");
	return;
}

my $locks =
  q{SELECT string_agg(concat_ws('|', role, coalesce((SELECT a.application_name FROM pg_stat_activity a WHERE a.pid = l.pid), query),
    state, lock_mode, relation), E'\n') FROM mighead_locks() AS l};
my $leftovers = q{SELECT string_agg(kind || ' ' || object, ', ') FROM mighead_leftovers()};

# 1. An index that is being built is none that was left, whoever asks.
my $reader = background('reader');
$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
$reader->query_safe('SELECT count(*) FROM bill');
my $builder = background('builder');
begin_statement($builder, 'CREATE INDEX CONCURRENTLY account_name ON account (name)');
wait_until(q{EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('account_name') AND NOT indisvalid)});
is(sql($leftovers), '', 'an index that is being built');
is(sql("SET ROLE guest; $leftovers"), '', 'to a role that may not see whose it is too');
$reader->query_safe('ROLLBACK');
wait_until(q{EXISTS (SELECT FROM pg_index WHERE indexrelid = 'account_name'::regclass AND indisvalid)});
is(sql($leftovers), '', 'and when it is done');

# So it is where the partitions get their parts one by one: the index above them is not left over
# meanwhile, nor is it drift.
sql(<<'SQL');
CREATE TABLE parted (id int, name text) PARTITION BY RANGE (id);
CREATE TABLE parted_1 (id int, name text) PARTITION BY RANGE (id);
CREATE TABLE parted_1_1 PARTITION OF parted_1 FOR VALUES FROM (0) TO (10);
ALTER TABLE parted ATTACH PARTITION parted_1 FOR VALUES FROM (0) TO (100);
SELECT mighead_add_revision('capture1');
SELECT mighead_capture('capture1');
CREATE INDEX parted_name ON ONLY parted (name);
SQL
is(sql($leftovers), 'invalid_index public.parted_name', 'an index without its parts');
$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
$reader->query_safe('SELECT count(*) FROM parted');
begin_statement($builder, 'CREATE INDEX CONCURRENTLY parted_1_1_name ON parted_1_1 (name)');
wait_until(q{EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('parted_1_1_name') AND NOT indisvalid)});
is(sql($leftovers), '', 'while a part is being built');
is(sql("SET ROLE guest; $leftovers"), '', 'to a role that may not see whose it is too');
my $drift = q{SELECT object || ' ' || kind FROM mighead_drift(revision => 'capture1')};
is(sql($drift), "public.parted_1_1_name busy\npublic.parted_name busy", 'and both are busy, not extra');
is(sql("SET ROLE guest; $drift"), "public.parted_1_1_name busy\npublic.parted_name busy", 'to that role too');
$reader->query_safe('ROLLBACK');
wait_until(q{EXISTS (SELECT FROM pg_index WHERE indexrelid = 'parted_1_1_name'::regclass AND indisvalid)});
is(sql($leftovers), 'invalid_index public.parted_name', 'and then it is left over again');
sql('DROP TABLE parted');
sql(q{DELETE FROM mighead.revision; DELETE FROM mighead.expected});

# Who is named as the holder of what is busy is not whoever holds any lock the longest.
sql(q{CREATE TABLE unrelated (id int); CREATE VIEW on_bill AS SELECT id FROM bill});
sql(q{SELECT mighead_add_revision('a1')});
sql('SELECT mighead_capture(NULL)');
my $first = background('first');
$first->query_safe('BEGIN');
$first->query_safe('LOCK TABLE unrelated');
sleep 0.1;
$reader->query_safe('BEGIN');
$reader->query_safe('LOCK TABLE bill');
my $holder = q{SELECT evidence ->> 'application_name' FROM mighead_findings() WHERE code = 'busy'};
sql('SELECT mighead_ignore(\'public.unrelated\', \'busy\')');
is(sql($holder), 'first', 'both are busy: who has waited longest');
$first->query_safe('ROLLBACK');
is(sql($holder), 'reader', 'the holder of the table');
$first->query_safe('BEGIN');
$first->query_safe('CREATE SCHEMA elsewhere CREATE TABLE locked (id int)');
$first->query_safe('LOCK TABLE elsewhere.locked');
$first->query_safe('ROLLBACK');
sql('CREATE SCHEMA elsewhere CREATE TABLE locked (id int)');
$reader->query_safe('ROLLBACK');
$first->query_safe('BEGIN');
$first->query_safe('LOCK TABLE elsewhere.locked');
sleep 0.1;
$reader->query_safe('BEGIN');
$reader->query_safe('LOCK TABLE bill');
is(sql($holder), 'reader', 'not who holds a table that nobody looks at, though for longer');
$_->query_safe('ROLLBACK') foreach $first, $reader;
sql('DROP SCHEMA elsewhere CASCADE; DROP VIEW on_bill; DROP TABLE unrelated');

# A version table that a stranger is making in a schema of his own is none of our migrations.
sql('CREATE SCHEMA guest AUTHORIZATION guest');
sql('ALTER TABLE alembic_version RENAME TO kept_version');
my $guest = background('guest');
$guest->query_safe('SET SESSION AUTHORIZATION guest');
$guest->query_safe('BEGIN');
$guest->query_safe('CREATE TABLE guest.alembic_version (version_num varchar(32) PRIMARY KEY)');
my $migrating = q{SELECT count(*) FROM mighead_findings() WHERE code IN ('migrating', 'concurrent_migrations')};
is(sql($migrating), '0', 'a version table of a stranger, in the making');
is(sql('SELECT count(*) FROM mighead_locks()'), '0', 'is no lock of a migration');
$guest->query_safe('ROLLBACK');
sql('GRANT CREATE ON SCHEMA public TO guest');
$guest->query_safe('BEGIN');
$guest->query_safe('CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY)');
is(sql($migrating), '1', 'but one where he was allowed to make it is');
$guest->query_safe('ROLLBACK');
sql('REVOKE CREATE ON SCHEMA public FROM guest; DROP SCHEMA guest; ALTER TABLE kept_version RENAME TO alembic_version');
sql(q{SELECT mighead_remove_project('default')}) if sql(q{SELECT count(*) FROM mighead.project}) > 0;

# 2. One whose build failed is.
$node->psql('postgres', 'CREATE UNIQUE INDEX CONCURRENTLY account_id ON account (id)');
is(sql($leftovers), 'invalid_index public.account_id', 'an index whose build failed');
is(sql("SET ROLE guest; $leftovers"), 'invalid_index public.account_id', 'to every role');
is(sql(q{SELECT severity || code FROM mighead_findings() WHERE code = 'leftovers'}), '1leftovers', 'it is a finding');
$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
$reader->query_safe('SELECT count(*) FROM account');
begin_statement($builder, 'DROP INDEX CONCURRENTLY account_id');
wait_until(q{EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'builder' AND wait_event_type = 'Lock')});
is(sql($leftovers), '', 'while it is dropped it is none');
$reader->query_safe('ROLLBACK');
wait_until(q{to_regclass('account_id') IS NULL});
$node->psql('postgres', 'CREATE UNIQUE INDEX CONCURRENTLY account_id ON account (id)');
is(sql(q{SELECT fix IS NULL FROM mighead_leftovers()}), 't', 'whether it is wanted is for a person to say: nobody recorded it');
$node->safe_psql('postgres', 'DROP INDEX CONCURRENTLY account_id');
is(sql($leftovers), '', 'and then nothing is left');

# 3. A prepared transaction has no session, and holds its locks all the same.
sql(q{BEGIN; INSERT INTO bill VALUES (1); PREPARE TRANSACTION 'forgotten'});
my $migration = background('migration');
$migration->query_safe('BEGIN');
$migration->query_safe('SELECT version_num FROM alembic_version');
begin_statement($migration, 'ALTER TABLE bill ADD note text');
wait_until(q{EXISTS (SELECT FROM pg_locks WHERE NOT granted)});
is( sql($locks),
	"migrating|migration|active|AccessExclusiveLock|public.bill\n"
	  . q{blocking|PREPARE TRANSACTION 'forgotten'|prepared|RowExclusiveLock|public.bill},
	'a prepared transaction in the way');
is(sql(q{SELECT pid || user_name || (since < now()) FROM mighead_locks() WHERE role = 'blocking'}),
	'0' . sql('SELECT current_user') . 'true', 'whose it is, and since when');

# 4. While a queue stands behind the migration, every reader answers in under a second.
my $application = background('application');
begin_statement($application, 'SELECT count(*) FROM bill');
wait_until(q{(SELECT count(*) = 2 FROM pg_locks WHERE NOT granted)});
foreach my $query (
	'SELECT * FROM mighead_locks()',
	'SELECT * FROM mighead_leftovers()',
	'SELECT * FROM mighead_status()',
	'SELECT * FROM mighead_findings()')
{
	my $least;

	# The machine may be busy: some times more.
	foreach (1 .. 5)
	{
		my $started = time;

		sql("SET statement_timeout = '10s'; $query");
		my $took = time - $started;
		$least = $took if !defined $least || $took < $least;
		last if $least < 1;
	}
	cmp_ok($least, '<', 1, "$query: at once");
}
like(sql($locks), qr/^waiting\|application\|active\|AccessShareLock\|public\.bill$/m, 'who waits behind it');
sql(q{ROLLBACK PREPARED 'forgotten'});
$migration->query_safe('ROLLBACK');
is(sql($locks), '', 'all is over');

# 5. A client that was killed, as a probe does it, while its statement goes on.  That can only be
#    told of a TCP connection.
SKIP:
{
	skip 'only where the kernel tells', 3 unless -r '/proc/net/tcp';

	my ($in, $output, $errors) = ('', '', '');
	my $killed = IPC::Run::start(
		[ 'psql', '-XAtq', '-h', '127.0.0.1', '-p', $node->port, '-d', 'postgres' ],
		'<', \$in, '>', \$output, '2>', \$errors);

	$in .= "SET application_name = 'killed'; BEGIN; SELECT version_num FROM alembic_version;"
	  . " ALTER TABLE bill ADD note text; SELECT pg_sleep(60);\n";
	$killed->pump_nb;
	wait_until(q{EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'killed' AND wait_event = 'PgSleep')});
	is(sql($locks), 'migrating|killed|active|AccessExclusiveLock|public.bill', 'a client that is there');
	$killed->kill_kill;
	wait_until(q{(SELECT state <> 'active' FROM mighead_locks())});
	is(sql($locks), 'migrating|killed|active (client gone)|AccessExclusiveLock|public.bill', 'and one that is gone');
	is(sql(q{SELECT severity || ' ' || (detail ~ '\(killed\), active \(client gone\)') || (hint ~ 'pg_cancel_backend\(\d+\)') FROM mighead_findings() WHERE code = 'migrating'}),
		'1 truetrue', 'and what can be done');
	sql(q{SELECT pg_terminate_backend(pid) FROM mighead_locks()});
}

# 6. A session that asks is itself in the way.
begin_statement($migration, 'BEGIN; SELECT version_num FROM alembic_version');
$reader->query_safe('BEGIN');
$reader->query_safe('SELECT count(*) FROM account');
begin_statement($migration, 'ALTER TABLE account ADD note text');
wait_until(q{EXISTS (SELECT FROM pg_locks WHERE NOT granted)});
is($reader->query_safe('SELECT pid = pg_backend_pid() FROM mighead_locks() WHERE role = $$blocking$$'), 't', 'who asks is told that it is in the way');
$reader->query_safe('ROLLBACK');

$_->quit foreach $reader, $builder, $migration, $application;
done_testing();
