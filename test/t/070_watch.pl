# The watch beside real Alembic: the journal must be what happened, and nothing that
# befalls the journal may keep a migration from going on.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(url_of);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $project = AlembicProject->with_server('alembic', ['alembic']);
my ($node, $directory, $versions) = @$project{qw(node directory versions)};

sub write_file
{
	my ($file, $text) = @_;

	unlink $file;
	append_to_file($file, $text);
	return;
}

# body: what upgrade() does.
sub revision
{
	my ($id, $down, $body, %more) = @_;
	my $down_text = ref $down ? '(' . join(', ', map { "'$_'" } @$down) . ')' : defined $down ? "'$down'" : 'None';
	my $depends = $more{depends_on} ? "'$more{depends_on}'" : 'None';
	my $undo = $more{undo} // "op.execute('DROP TABLE IF EXISTS made_by_$id')";

	$body //= "op.execute('CREATE TABLE made_by_$id (id int)')";
	write_file("$versions/$id.py", <<"PY");
"""$id"""
from alembic import op

revision = '$id'
down_revision = $down_text
branch_labels = None
depends_on = $depends


def upgrade():
    $body


def downgrade():
    $undo
PY
	return;
}

sub set_url
{
	my ($user) = @_;
	my $ini = slurp_file("$directory/alembic.ini");
	my $url = url_of($node, 'postgres') . ($user ? "&user=$user" : '') . '&application_name=deploy';

	$url =~ s/%/%%/g;
	$ini =~ s/^sqlalchemy\.url = .*/sqlalchemy.url = $url/m or die 'no URL in alembic.ini';
	write_file("$directory/alembic.ini", $ini);
	return;
}

sub one_transaction_each
{
	my ($each) = @_;
	my $env = slurp_file("$directory/migrations/env.py");

	$env =~ s/(connection=connection, target_metadata=target_metadata)[^\n]*/"$1" . ($each ? ', transaction_per_migration=True' : '')/e
	  or die 'no configure() in env.py';
	write_file("$directory/migrations/env.py", $env);
	return;
}

my $seen = 0;

# The entries since the last call, oldest first: "action old -> new ddl".
sub entries
{
	my @lines = $project->query(<<"SQL");
SELECT concat_ws(' ', action, old_rows, '->', new_rows, CASE WHEN ran_ddl THEN 'ddl' WHEN NOT ran_ddl THEN 'no ddl' ELSE 'unknown' END)
FROM (SELECT id, action, (SELECT array_agg(r ORDER BY r) FROM unnest(old_rows || '{}'::text[]) r) AS old_rows,
        (SELECT array_agg(r ORDER BY r) FROM unnest(new_rows || '{}'::text[]) r) AS new_rows, ran_ddl FROM mighead.journal) j
WHERE id > $seen ORDER BY id
SQL
	$seen = $project->value('SELECT coalesce(max(id), 0) FROM mighead.journal');
	return @lines;
}

sub rows
{
	return $project->value('SELECT string_agg(version_num, \',\' ORDER BY version_num) FROM alembic_version');
}

# Whatever happened: each entry goes on where the one before it ended, and the last one
# ends with the rows that there are.
sub replays
{
	my ($when) = @_;

	is( $project->value(<<'SQL'), '', "$when: the journal replayed gives the rows");
WITH j AS (
    SELECT id, (SELECT array_agg(r ORDER BY r) FROM unnest(old_rows) r) AS before,
        (SELECT array_agg(r ORDER BY r) FROM unnest(new_rows) r) AS after FROM mighead.journal),
steps AS (SELECT id, before, lag(after) OVER (ORDER BY id) AS last_after, lag(id) OVER (ORDER BY id) AS last_id FROM j)
SELECT 'gap before ' || id FROM steps WHERE last_id IS NOT NULL AND before IS DISTINCT FROM last_after
UNION ALL
SELECT 'end differs' WHERE (SELECT after FROM j ORDER BY id DESC LIMIT 1)
    IS DISTINCT FROM (SELECT array_agg(version_num::text ORDER BY version_num::text) FROM alembic_version)
SQL
	return;
}

$project->output('init', 'migrations');
set_url();
$project->query('SELECT mighead_ensure_version()');
$project->query(q{SELECT mighead_watch('alembic_version')});

# 1. A life: a line, a branch, a merge, a dependency; in one transaction and in many.
revision('a1', undef);
revision('a2', 'a1');
revision('b2', 'a1', 'pass', undo => 'pass');
revision('a3', 'a2', q{op.execute("CREATE FUNCTION made() RETURNS int LANGUAGE sql AS 'SELECT 1'")},
	undo => q{op.execute("DROP FUNCTION made()")});
revision('m4', [ 'a3', 'b2' ], 'pass', undo => 'pass');
revision('c1', undef, undef, depends_on => 'a2');
$project->load;

foreach my $each (0, 1)
{
	my $when = $each ? 'a transaction each' : 'one transaction';
	my @lines;

	one_transaction_each($each);
	$project->output('upgrade', 'm4');
	is_deeply([ entries() ], [ expected_upgrades() ], "$when: upgrade to the merge");
	replays("$when: upgraded");
	$project->output('upgrade', 'heads');
	is_deeply([ entries() ], ['upgrade {m4} -> {c1,m4} ddl'], "$when: the other base");
	$project->output('downgrade', 'c1@base');
	is_deeply([ entries() ], ['downgrade {c1,m4} -> {m4} ddl'], "$when: its downgrade");
	$project->output('downgrade', 'a3');
	is_deeply([ entries() ], ['downgrade {m4} -> {a3,b2} no ddl'], "$when: a merge taken back");
	$project->output('downgrade', 'base');
	@lines = entries();
	is(scalar(grep { /^downgrade/ } @lines), scalar(@lines), "$when: to base, nothing but downgrades");
	is(scalar(@lines), 4, "$when: to base, four steps");
	replays("$when: downgraded");
}

# The plan that mighead makes, as lines: an oracle of its own, checked against Alembic in 020.
sub expected_upgrades
{
	my %ddl = (a1 => 'ddl', a2 => 'ddl', a3 => 'ddl', b2 => 'no ddl', m4 => 'no ddl');
	my @plan = $project->query(
		q{SELECT revision || ' ' || (SELECT array_agg(r ORDER BY r) FROM unnest(rows_after) r)::text
		  FROM mighead_upgrade_plan('m4', current => '{}')});
	my $before = '';
	my @lines;

	foreach my $step (@plan)
	{
		my ($id, $after) = split(/ /, $step);

		push @lines, join(' ', 'upgrade', $before || (), '->', $after, $ddl{$id});
		$before = $after;
	}
	return @lines;
}

# 2. Stamps.
one_transaction_each(0);
$project->output('stamp', 'm4');
is_deeply([ entries() ], ['stamp -> {m4} no ddl'], 'stamp over several revisions');
is($project->value(q{SELECT code FROM mighead_findings() WHERE code = 'stamped_blindly'}),
	'stamped_blindly', 'which is a finding');
$project->output('stamp', 'a2');
is_deeply([ entries() ], ['stamp {m4} -> {a2} no ddl'], 'stamp down');
$project->output('stamp', 'b2');
is_deeply([ entries() ], ['upgrade {a2} -> {a2,b2} no ddl'], 'a stamp by one revision looks like an empty upgrade');
$project->output('stamp', 'm4');
is_deeply([ entries() ], ['stamp {a2,b2} -> {m4} no ddl'], 'several rows to one');
$project->output('stamp', '--purge', 'c1');
is_deeply([ entries() ], ['stamp {m4} -> {c1} no ddl'], 'purge is one entry');
one_transaction_each(1);
$project->output('stamp', '--purge', 'm4');
is_deeply(
	[ entries() ],
	[ 'stamp {c1} -> no ddl', 'stamp -> {m4} no ddl' ],
	'unless Alembic commits in between');
$project->output('stamp', 'base');
is_deeply([ entries() ], ['stamp {m4} -> no ddl'], 'to base');
replays('stamped');

# 3. What fails, and what is rolled back, leaves nothing.
revision('f2', 'a1', "op.execute('CREATE TABLE half (id int)')\n    op.execute('SELECT 1/0')");
one_transaction_each(0);
$project->refusal('upgrade', 'f2');
is_deeply([ entries() ], [], 'a failing migration leaves no entry');
one_transaction_each(1);
$project->refusal('upgrade', 'f2');
is_deeply([ entries() ], ['upgrade -> {a1} ddl'], 'what was committed before it stays');
unlink "$versions/f2.py";
$node->safe_psql('postgres', "BEGIN; UPDATE alembic_version SET version_num = 'a2'; ROLLBACK;");
$node->safe_psql('postgres',
	"BEGIN; SAVEPOINT s; UPDATE alembic_version SET version_num = 'a2'; ROLLBACK TO s; COMMIT;");
is_deeply([ entries() ], [], 'a rollback, and one to a savepoint, leave none');

# 4. DDL outside of the transaction is not seen, and DDL in a released savepoint is.
revision('d2', 'a1', "with op.get_context().autocommit_block():\n        op.execute('CREATE TABLE made_by_d2 (id int)')");
$project->load;
$project->output('upgrade', 'd2');
is_deeply([ entries() ], ['upgrade {a1} -> {d2} no ddl'], 'autocommit_block: another transaction');
$project->output('downgrade', 'a1');
entries();
$node->safe_psql('postgres', <<'SQL');
BEGIN;
SAVEPOINT s;
CREATE TABLE in_savepoint ();
RELEASE s;
UPDATE alembic_version SET version_num = 'a2';
COMMIT;
BEGIN;
DROP TABLE in_savepoint;
SAVEPOINT s;
UPDATE alembic_version SET version_num = 'a1';
COMMIT;
SQL
is_deeply(
	[ entries() ],
	[ 'upgrade {a1} -> {a2} ddl', 'downgrade {a2} -> {a1} unknown' ],
	'DDL and savepoints');

# 5. By hand: every kind of statement.
$node->safe_psql('postgres', <<'SQL');
INSERT INTO alembic_version VALUES ('a3');
DELETE FROM alembic_version WHERE version_num = 'a1';
UPDATE alembic_version SET version_num = 'nowhere';
UPDATE alembic_version SET version_num = version_num;
UPDATE alembic_version SET version_num = 'x' WHERE false;
TRUNCATE alembic_version;
COPY alembic_version FROM stdin;
a1
c1
\.
WITH gone AS (DELETE FROM alembic_version WHERE version_num = 'c1' RETURNING 1) SELECT count(*) FROM gone;
SQL
is_deeply(
	[ entries() ],
	[
		'manual {a1} -> {a1,a3} no ddl', 'stamp {a1,a3} -> {a3} no ddl',
		'manual {a3} -> {nowhere} no ddl', 'manual {nowhere} -> no ddl',
		'manual -> {a1,c1} no ddl', 'stamp {a1,c1} -> {a1} no ddl'
	],
	'by hand');
replays('by hand');

# A revision whose scripts are not loaded yet: with DDL it was a step.
revision('e2', 'a1');
$project->output('upgrade', 'e2');
is_deeply([ entries() ], ['upgrade {a1} -> {e2} ddl'], 'migrated before the scripts are loaded');
$project->output('downgrade', 'a1');
is_deeply([ entries() ], ['downgrade {e2} -> {a1} ddl'], 'and back');
$node->safe_psql('postgres', "SET session_replication_role = replica; UPDATE alembic_version SET version_num = 'a2'");
is_deeply([ entries() ], ['upgrade {a1} -> {a2} no ddl'], 'session_replication_role does not switch it off');

# 6. A role that may write the version table, and nothing of mighead.
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE deployer LOGIN;
GRANT CREATE, USAGE ON SCHEMA public TO deployer;
GRANT SELECT, INSERT, UPDATE, DELETE ON alembic_version TO deployer;
REVOKE ALL ON SCHEMA mighead FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA mighead FROM PUBLIC;
ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON alembic_version USING (true);
SQL
revision('g3', 'a2');
$project->load;
set_url('deployer');
$project->output('upgrade', 'g3');
is( $project->value('SELECT concat_ws(\' \', action, session_user_name, current_user_name, application_name, transaction_id > \'0\') FROM mighead.journal ORDER BY id DESC LIMIT 1'),
	'upgrade deployer deployer deploy t',
	'who may nothing is journalled');
entries();

sub fails_with
{
	my ($sql, $pattern, $name) = @_;
	my ($status, $out, $err) =
	  $node->psql('postgres', $sql, extra_params => [ '-U', 'deployer', '-v', 'VERBOSITY=sqlstate' ]);

	like($err, $pattern, $name);
	return;
}

fails_with("INSERT INTO mighead.journal (id) VALUES (1)", qr/42501/, 'may not insert');
fails_with("SELECT nextval('mighead.journal_id_seq')", qr/42501/, 'may not use its sequence');
fails_with("SELECT mighead_watch('alembic_version')", qr/42501/, 'may not watch');
fails_with("SELECT mighead_unwatch('alembic_version')", qr/42501/, 'may not unwatch');
fails_with("SELECT mighead_watch_trigger()", qr/42501/, 'may not call the trigger function');
fails_with(
	"CREATE TABLE mine (version_num text); CREATE TRIGGER mighead_watch_insert AFTER INSERT ON mine REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION mighead_watch_trigger()",
	qr/42501/, 'may not attach it');
fails_with("ALTER TABLE alembic_version DISABLE TRIGGER ALL", qr/42501/, 'may not switch it off');
is_deeply([ entries() ], [], 'and nothing of that was written');

# Attached elsewhere by somebody who may: it does nothing.
my ($status, $out, $err) = $node->psql('postgres', <<'SQL');
CREATE SCHEMA other;
CREATE TABLE other.alembic_version (version_num text);
CREATE TRIGGER mighead_watch_insert AFTER INSERT ON other.alembic_version REFERENCING NEW TABLE AS n
    FOR EACH STATEMENT EXECUTE FUNCTION mighead_watch_trigger();
CREATE TRIGGER other BEFORE INSERT ON other.alembic_version FOR EACH ROW EXECUTE FUNCTION mighead_watch_trigger();
INSERT INTO other.alembic_version VALUES ('forged');
CREATE TRIGGER other BEFORE UPDATE OR DELETE ON alembic_version FOR EACH ROW EXECUTE FUNCTION mighead_watch_trigger();
UPDATE alembic_version SET version_num = version_num;
DROP TRIGGER other ON alembic_version;
SQL
is($err =~ s/WARNING//g, 3, 'attached elsewhere or otherwise it warns');
is($node->safe_psql('postgres', 'SELECT * FROM other.alembic_version'), 'forged', 'and lets the row through');
is_deeply([ entries() ], [], 'but writes nothing');
$node->safe_psql('postgres', 'DROP SCHEMA other CASCADE');

# 7. Whatever is wrong with the journal, the migration goes on.
sub goes_on
{
	my ($break, $mend, $name) = @_;
	my ($ok, $warnings);

	$node->safe_psql('postgres', $break);
	($status, $out, $err) = $node->psql('postgres',
		"UPDATE alembic_version SET version_num = 'a2'; UPDATE alembic_version SET version_num = 'g3'");
	is($status, 0, "$name: goes on");
	is($err =~ s/WARNING:  change of version table "alembic_version" was not recorded by mighead//g, 2, "$name: with a warning");
	$node->safe_psql('postgres', $mend);
	is_deeply([ entries() ], [], "$name: nothing was written");
	return;
}
goes_on('ALTER TABLE mighead.journal ADD CONSTRAINT never CHECK (false) NOT VALID',
	'ALTER TABLE mighead.journal DROP CONSTRAINT never', 'a constraint');
goes_on('ALTER TABLE mighead.journal RENAME TO gone', 'ALTER TABLE mighead.gone RENAME TO journal', 'no journal');
goes_on('ALTER TABLE mighead.journal RENAME COLUMN reason TO because',
	'ALTER TABLE mighead.journal RENAME COLUMN because TO reason', 'another column');
goes_on(
	q{CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$; CREATE TRIGGER never BEFORE INSERT ON mighead.journal FOR EACH ROW EXECUTE FUNCTION never()},
	'DROP FUNCTION never() CASCADE', 'a trigger on it');
goes_on('ALTER SEQUENCE mighead.journal_id_seq MAXVALUE 1000 RESTART 1000; SELECT nextval(\'mighead.journal_id_seq\')',
	"ALTER SEQUENCE mighead.journal_id_seq NO MAXVALUE; SELECT setval('mighead.journal_id_seq', $seen + 1)", 'an exhausted sequence');
goes_on("UPDATE mighead.watch SET version_table_name = 'x'", "UPDATE mighead.watch SET version_table_name = 'alembic_version'", 'a watch that is not stored');

my $blocker = $node->background_psql('postgres');
$blocker->query_safe('BEGIN; LOCK TABLE mighead.journal IN ACCESS EXCLUSIVE MODE');
($status, $out, $err) = $node->psql('postgres', "UPDATE alembic_version SET version_num = 'a2'");
is($status, 0, 'a locked journal: goes on');
like($err, qr/WARNING:.*\n.*lock timeout/, 'a locked journal: with a warning, soon');
$blocker->query_safe('ROLLBACK');
$blocker->quit;
$node->safe_psql('postgres', "UPDATE alembic_version SET version_num = 'g3'");
entries();

# A cancelled statement stays cancelled.
$blocker = $node->background_psql('postgres');
$blocker->query_safe('BEGIN; LOCK TABLE mighead.journal IN ACCESS EXCLUSIVE MODE');
($status, $out, $err) = $node->psql('postgres', "SET statement_timeout = '20ms'; UPDATE alembic_version SET version_num = 'a2'");
like($err, qr/canceling statement due to statement timeout/, 'a cancelled statement stays cancelled');
$blocker->query_safe('ROLLBACK');
$blocker->quit;
is(rows(), 'g3', 'and its change is not there');

# 8. Dump and restore: entries, watch, triggers and the sequence.
$node->safe_psql('postgres', "GRANT USAGE ON SCHEMA mighead TO PUBLIC; DROP POLICY visible ON alembic_version; ALTER TABLE alembic_version DISABLE ROW LEVEL SECURITY");
my $dump = PostgreSQL::Test::Utils::tempdir . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('postgres') ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('copy'), $dump ], 'restore');
my $all = 'SELECT string_agg(j::text, E\'\n\' ORDER BY id) FROM mighead.journal j';
is($node->safe_psql('copy', $all), $node->safe_psql('postgres', $all), 'the journal is restored');
$node->safe_psql('copy', "UPDATE alembic_version SET version_num = 'a2'");
is($node->safe_psql('copy', 'SELECT action FROM mighead.journal ORDER BY id DESC LIMIT 1'), 'downgrade', 'and goes on');
is($node->safe_psql('copy', 'SELECT count(*) - count(DISTINCT id) FROM mighead.journal'), '0', 'with new numbers');

# 9. DROP EXTENSION leaves nothing, and goes only with CASCADE.
isnt($node->psql('copy', 'DROP EXTENSION mighead'), 0, 'DROP EXTENSION without CASCADE');
$node->safe_psql('copy', 'DROP EXTENSION mighead CASCADE');
is($node->safe_psql('copy', "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'mighead%'"), '0', 'no trigger is left');
is($node->safe_psql('copy', "SELECT count(*) FROM pg_namespace WHERE nspname = 'mighead'"), '0', 'no schema is left');
$node->safe_psql('copy', "UPDATE alembic_version SET version_num = 'a3'");

# 10. A table that was made again has lost its watch; the fix brings it back.
# Its owner is that of the schema's tables: a stranger's table has no fix.
$node->safe_psql('postgres', 'DROP TABLE alembic_version; SELECT mighead_ensure_version(); ALTER TABLE alembic_version OWNER TO CURRENT_USER');
is($project->value(q{SELECT code FROM mighead_findings() WHERE code = 'watch_lost'}), 'watch_lost', 'a lost watch is found');
$project->query($project->value(q{SELECT fix FROM mighead_findings() WHERE code = 'watch_lost'}));
is($project->value(q{SELECT count(*) FROM mighead_findings() WHERE code = 'watch_lost'}), '0', 'and its fix mends it');
$node->safe_psql('postgres', "SELECT mighead_unwatch('alembic_version')");
$node->safe_psql('postgres', "INSERT INTO alembic_version VALUES ('a1')");
is_deeply([ entries() ], [], 'not watched any more');

# 11. What names a partition or child fires no trigger of the table above it, which is said.
foreach my $kind ([ 'PARTITION BY LIST (version_num)', 'PARTITION OF apart.alembic_version DEFAULT' ], [ '', '() INHERITS (apart.alembic_version)' ])
{
	$node->safe_psql('postgres', "CREATE SCHEMA apart; CREATE TABLE apart.alembic_version (version_num text) $kind->[0]");
	($status, $out, $err) = $node->psql('postgres', "SELECT mighead_watch('apart.alembic_version')");
	is($err, '', 'a table with nothing below it is watched');
	$node->safe_psql('postgres', "CREATE TABLE apart.below $kind->[1]");
	($status, $out, $err) = $node->psql('postgres', "SELECT mighead_watch('apart.alembic_version')");
	is($status, 0, 'so is one with a table below it');
	like($err, qr/WARNING:  what is written to a partition or child of apart\.alembic_version itself is not recorded/, 'with a warning');
	$node->safe_psql('postgres', "SELECT mighead_unwatch('apart.alembic_version')");
	$node->safe_psql('postgres', 'SET client_min_messages = warning; DROP SCHEMA apart CASCADE');
}

$node->stop;
done_testing();
