# The states that a database gets into: each is made with real Alembic and real
# SQL, has to be recognised, by itself, and what mighead says to do about it has to end in
# "ok".  Numbers are of this file only.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program);
use File::Path qw(make_path);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use States;
use Test::More;

my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic;

$node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "deadlock_timeout = 100ms\n");
$node->start;

sub codes
{
	return sql(q{SELECT coalesce(string_agg(code || coalesce('(' || object || ')', ''), ' '), '') FROM mighead_findings()});
}

# Statements that the findings offer are run as \gexec does: once, then again while there are any.
sub carry_out_fixes
{
	foreach (1 .. 3)
	{
		my $fixes = sql('SELECT count(*) FROM mighead_findings() WHERE fix IS NOT NULL');

		last if $fixes == 0;
		my ($status, $out, $err) =
		  $node->psql($database, "SELECT fix FROM mighead_findings() WHERE fix IS NOT NULL \\gexec\n");
		diag($err) if $err;
	}
	return;
}

# What a hint tells to run: SQL as it stands, "alembic ..." with the scripts of a release.
sub carry_out_hint
{
	my ($release) = @_;
	my ($command) = sql('SELECT hint FROM mighead_status()') =~ /.*in a shell: alembic ([^#;]*)/;

	alembic_ok($release, split(/ /, $command));
	return;
}

my %seen;

# A screen of psql with 24 lines of 80 columns, whose last line is a command.
sub check_report
{
	my ($name) = @_;
	my @lines = split /\n/, sql(q{SELECT mighead_report()}), -1;
	my ($severity, $state) = split /\|/,
	  sql(q{SELECT severity, state FROM mighead_status() ORDER BY array_position('{2,3,1,0}', severity) LIMIT 1});
	my $word = (qw(ok warning critical unknown))[$severity];

	cmp_ok(scalar @lines, '<=', 20, "$name: the report has the lines of a screen");
	ok(!(grep { length > 78 } @lines), "$name: and its columns") or diag(join "\n", @lines);
	like($lines[0], qr/^$word(?::|$)/, "$name: it begins with the severity");
	like($lines[0], qr/\b$state$/, "$name: and the state") if sql('SELECT count(*) FROM mighead_status()') eq '1';
	my @hints = split /\n/, sql('SELECT hint FROM mighead_status()');
	# all of a hint that fits; else the command that it begins with, if that does
	ok( (grep { $_ eq $lines[-1] || length > 78 && /^\Q$lines[-1]\E (?:#|--) / } @hints)
		  || $lines[-1] eq 'SELECT hint FROM public.mighead_findings();'
		  && (grep { length s/ (?:#|--) .*//r > 78 } @hints)
		  || $lines[-1] eq 'SELECT * FROM public.mighead_graph();' && !@hints,
		"$name: it ends with what to do") or diag($lines[-1]);
	is($lines[-2], '', "$name: by itself");
	return;
}

# number, name of what happened, state, findings, what is done about it
sub check_case
{
	my ($number, $name, $state, $codes, $repair) = @_;

	happen($name);
	is(state(), $state, "$number $name: state");
	is(codes(), $codes, "$number $name: findings");
	check_report("$number $name");
	return unless $repair;
	$repair->();
	is(state(), 'ok', "$number $name: repaired") or diag(sql('SELECT * FROM mighead_findings()'));
	$seen{$number} = 1;
	return;
}


prepare_states($node, $alembic);
$database = 'scratch';
is(state(), 'ok', 'scratch database');
is(sql('SELECT count(*) FROM mighead.expected_set'), '5', 'every step was captured, and what was before');
$database = 'at_4d';
is(codes(), '', 'a healthy database has no finding');

check_case(1, 'stamped at head, objects missing',
	'drift', 'drift', sub { carry_out_fixes(); alembic_ok('release', 'upgrade', 'head') });
check_case(1, 'a column was dropped by hand',
	'drift', 'drift', sub {
		$node->psql($database, "SELECT fix FROM mighead_drift() WHERE fix IS NOT NULL \\gexec\n");
	});
check_case(3, 'a lost revision, which may be newer than the scripts',
	'unknown_revision', 'unknown_revision(lost)', undef);
is(sql(q{SELECT count(*) FROM mighead_findings() WHERE fix IS NOT NULL OR hint !~ 'mighead load'}), '0',
	'3 a lost revision, which may be newer than the scripts: nothing leads back');
check_case(3, 'a lost revision, older than the scripts',
	'unknown_revision', 'unknown_revision(lost)', \&carry_out_fixes);
# 54: a step that adds a column and fills it was stamped: the way is to stamp back and run it.
check_case(54, 'a data step was skipped by a stamp',
	'drift', 'drift edited_script(4d)', sub {
		like(sql('SELECT hint FROM mighead_status()'), qr/mighead_stamp\('3c'.*; -- then, in a shell: alembic upgrade heads$/, '54: the way is printed');
		carry_out_fixes();
		carry_out_hint('filled');
		is(sql('SELECT total FROM orders'), '7.00', '54: the rows were filled');
	});
# 45: the image was rolled back over a merge.
check_case(45, 'rolled back over a merge',
	'ahead', 'ahead(5m)', sub { load('joined') });
# 44: a revision was deleted in a newer release.
check_case(44, 'a revision was deleted',
	'deleted_revision', 'deleted_revision(4d)', sub {
		alembic_ok('release', 'downgrade', '3c');
		sql('ALTER TABLE orders DROP COLUMN total');
		alembic_ok('rewired', 'upgrade', 'head');
	});
check_case(44, 'a revision was deleted, and nothing is new',
	'deleted_revision', 'deleted_revision(3c)', sub { load('release'); alembic_ok('release', 'upgrade', 'head') });
# 43: a revision was put beneath the row.
check_case(43, 'a revision was inserted beneath the row',
	'inserted_revision', 'inserted_revision(2n) changed_parent(3c)', sub {
		sql(q{SELECT mighead_ignore('2n', 'done by hand', attribute => 'inserted_revision')});
		sql(q{SELECT mighead_ignore('3c', '2n is done', attribute => 'changed_parent')});
	});
# 47: a stamp that was told not to look.
check_case(47, 'a stamp that skipped the schema',
	'stamped_blindly', 'stamped_blindly', sub {
		sql(q{SELECT mighead_ignore('public.alembic_version', 'I looked', attribute => 'stamped_blindly')});
	});
# 48: a version table by another name.
check_case(48, 'a version table by another name',
	'unregistered_table', 'unregistered_table(public.alembic_version_config)', sub {
		sql(sql('SELECT hint FROM mighead_status()'));
	});
# 51: row security, which whoever it does not apply to has to be told.
check_case(51, 'row security that is forced',
	'row_security', 'row_security', sub {
		sql('ALTER TABLE alembic_version DISABLE ROW LEVEL SECURITY');
	});
# 52: a watched version table is gone.
check_case(52, 'a watched version table was dropped',
	'missing_table', 'missing_table(public.alembic_version) unstamped', sub {
		sql(sql(q{SELECT regexp_replace(hint, '^.*on purpose: ', '') FROM mighead_status()}));
		carry_out_fixes();
	});
check_case(4, 'ahead: the image was rolled back',
	'ahead', 'ahead(4d)', sub { load('release') });
check_case(6, 'pending',
	'pending', 'pending', sub { carry_out_hint('release') });
check_case(7, 'never stamped, no version table',
	'unstamped', 'unstamped', \&carry_out_fixes);
check_case(7, 'never stamped, no row',
	'unstamped', 'unstamped', \&carry_out_fixes);
check_case(9, 'a row and its ancestor',
	'redundant_row', 'redundant_row(2b)', \&carry_out_fixes);
# 2: a stamp in the place of the migration, on a watched database.
check_case(2, 'stamped over several revisions',
	'drift', 'drift stamped_blindly', sub { carry_out_fixes(); alembic_ok('release', 'upgrade', 'head') });

check_case(5, 'multiple heads',
	'multiple_heads', 'multiple_heads pending', sub {
		write_file('heads/versions/merge.py', sql(q{SELECT mighead_merge_script(revision => '5m')}) . "\n");
		load('heads');
		alembic_ok('heads', 'upgrade', 'head');
	});
check_case(8, 'several rows, and a merge that waits',
	'multiple_rows', 'multiple_rows pending', sub { carry_out_hint('merged') });

# 10 and 28: the upgrade hangs behind a session that does nothing.
clone('at_3c');
my $holder = hold('SELECT * FROM orders');
my $migration = start_alembic('release', 'upgrade', 'head');
$node->poll_query_until($database, q{SELECT count(*) > 0 FROM pg_stat_activity
	WHERE application_name = 'alembic' AND wait_event_type = 'Lock' AND datname = current_database()});
is(state(), 'blocked', '10 blocked: state');
is(codes(), 'blocked pending', '10 blocked: findings');
is(sql(q{SELECT string_agg(role || ' ' || application_name || ' ' || coalesce(state, ''), ', ' ORDER BY role) FROM mighead_locks()}),
	'blocking holder idle in transaction, migrating alembic active', '10 blocked: who holds whom');
sql(q{SELECT pg_terminate_backend(pid) FROM mighead_locks() WHERE role = 'blocking'});
$migration->finish;
is(state(), 'ok', '10 blocked: ended by ending the named session');
$seen{10} = 1;
eval { $holder->quit };

clone('at_3c');
$migration = start_alembic('slow', 'upgrade', 'head');
$node->poll_query_until($database, q{SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()});
# of what is equally bad the state is what waits for it
is(state(), 'pending', '28 migrating: state');
is(codes(), 'pending migrating', '28 migrating: findings');
$migration->kill_kill;
is(sql(q{SELECT count(*) FROM mighead_locks() WHERE role = 'migrating'}), '1', '28 the statement of a killed client still runs');
sql(q{SELECT pg_cancel_backend(pid) FROM mighead_locks() WHERE role = 'migrating'});
$node->poll_query_until($database, q{SELECT count(*) = 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()});
alembic_ok('release', 'upgrade', 'head');
is(state(), 'ok', '28 migrating: ended');
$seen{28} = 1;

# 11: two upgraders, and the lock that keeps one of them out.
clone('at_3c');
$holder = hold('SELECT pg_advisory_xact_lock(mighead_lock_key())');
like(alembic_or_stamp(), qr/MH105/, '11 a second migrator is told who has the lock');
$holder->query('ROLLBACK');
$holder->quit;
$seen{11} = 1;

sub alembic_or_stamp
{
	my ($status, $out, $err) = $node->psql($database,
		"\\set VERBOSITY sqlstate\nSELECT * FROM mighead_stamp('2b', expect => '3c', reason => 'test', skip_guards => '{schema}')");

	return $err;
}

check_case(12, 'a copy under another name',
	'wrong_environment', 'wrong_environment', sub { sql("SELECT mighead_environment('staging', false, confirm => current_database())") });

# 13, 14: the statements of an autocommit block are done, the row is not.
check_case(13, 'half applied',
	'partial', 'partial(3c) pending', sub { sql('ALTER TABLE customers DROP COLUMN email'); alembic_ok('release', 'upgrade', 'head') });
clone('at_2b');
sql('ALTER TABLE customers ADD COLUMN email text; ALTER TABLE orders ADD COLUMN by_hand int');
is(sql('SELECT detail FROM mighead_status()'),
	'Revision 3c is half applied: 1 of the 2 objects that it makes or changes is done. Done: column public.customers.email. '
	  . 'Not done: index public.customers_email_idx.', '13 what is done and what is not, of that revision only');
like(sql('SELECT hint FROM mighead_status()'), qr/^SELECT \* FROM public\.mighead_drift\(revision => '3c'/, '13 and the call that shows it');
sql('ALTER TABLE orders DROP COLUMN by_hand; CREATE INDEX customers_email_idx ON customers (email)');
like(sql('SELECT hint FROM mighead_status()'), qr/mighead_stamp\('3c'/, '13 once it is complete: the stamp');
check_case(13, 'a downgrade left something',
	'drift', 'drift pending', sub { sql('ALTER TABLE customers DROP COLUMN email'); alembic_ok('release', 'upgrade', 'head') });
check_case(14, 'CREATE INDEX CONCURRENTLY failed',
	'partial', 'partial(3c) leftovers(public.customers_email_idx) pending', sub {
		carry_out_fixes();
		sql('ALTER TABLE customers DROP COLUMN email');
		alembic_ok('release', 'upgrade', 'head');
	});

# The schema is as the revision was when it was applied, so nothing is wrong.
check_case(15, 'a script was edited after it was applied',
	'ok', '', sub { load('release') });

check_case(16, 'a script was removed after it was applied',
	'drift', 'drift', sub { load('release'); carry_out_fixes() });

check_case(17, 'a column was added by hand',
	'drift', 'drift', sub { sql(q{SELECT mighead_ignore('public.customers.nickname', reason => 'until the next release')}) });

check_case(18, 'an id longer than the column',
	'narrow_column', 'narrow_column(version_num) pending', sub { carry_out_fixes(); alembic_ok('long', 'upgrade', 'head') });

# 19: refused when it is loaded.
clone('at_4d');
my $script = slurp_file("$directory/release/versions/4d.py");
make_path("$directory/twice/versions");
append_to_file("$directory/twice/versions/one.py", $script);
append_to_file("$directory/twice/versions/two.py", $script);
my ($status, $out, $err) = $node->psql($database, "\\set VERBOSITY sqlstate\nSELECT * FROM mighead_load_scripts('$directory/twice/versions')");
like($err, qr/MH214/, '19 a duplicate id is refused');
is(state(), 'ok', '19 and what was loaded stays');
$seen{19} = 1;

check_case(20, 'squashed history',
	'unknown_revision', 'squashed_history(4d)', sub {
		sql(q{SELECT * FROM mighead_stamp('9z', expect => '4d', reason => 'squashed', purge => true, skip_guards => '{schema}')});
		is(state(), 'stamped_blindly', '20 until somebody vouches for it');
		sql('SELECT FROM mighead_capture()');
	});

check_case(21, 'a renamed id',
	'unknown_revision', 'renamed_revision(4d)', sub {
		carry_out_fixes();
		is(codes(), '', '21 and nothing is said of the stamp, which only told the new name');
	});

check_case(22, 'everything was rolled back',
	'empty_database', '', sub { carry_out_hint('release') });

check_case(26, 'a type that nobody uses',
	'drift', 'drift leftovers(public.mood)', sub { sql('DROP TYPE mood') });
check_case(26, 'labels of an enum differ',
	'drift', 'drift', sub { sql(q{SELECT mighead_ignore('public.order_state', reason => 'accepted')}) });
check_case(27, 'a constraint has another name',
	'drift', 'drift', sub { $node->psql($database, "SELECT fix FROM mighead_drift() WHERE fix IS NOT NULL \\gexec\n") });
is(sql('SELECT severity FROM mighead_status()'), '0', '27 put right by a rename');

check_case(30, 'two version tables, one before the other on the search_path',
	"empty_database\nshadowed_table", 'shadowed_table', sub { sql('DROP SCHEMA other CASCADE') });

# 31: another service's row in the same table.
check_case(31, 'two services share one version table',
	"unknown_revision\nmissing_table", 'foreign_revision(b1) missing_table(billing_version)', sub { sql(q{DELETE FROM alembic_version WHERE version_num = 'b1'; SELECT mighead_remove_project('billing')}) });

# 33: no right to look.
clone('at_4d');
sql('CREATE ROLE nobody_in_particular') if sql(q{SELECT count(*) FROM pg_roles WHERE rolname = 'nobody_in_particular'}) eq '0';
is(sql(q{SET ROLE nobody_in_particular; SELECT state FROM mighead_status()}), 'unreadable', '33 no right: state');
my $grant = sql(q{SET ROLE nobody_in_particular; SELECT hint FROM mighead_status()});
sql($grant);
is(sql(q{SET ROLE nobody_in_particular; SELECT state FROM mighead_status()}), 'ok', '33 granted as the hint says');
$seen{33} = 1;

check_case(34, 'repeated rows',
	'invalid_rows', 'invalid_rows(4d)', \&carry_out_fixes);
check_case(34, 'a row that is NULL',
	'invalid_rows', 'invalid_rows', \&carry_out_fixes);
happen('the row is older than the schema, and only the head was captured');
is(state(), 'pending', '29 an older row, and only the head was captured: state');
like(sql('SELECT detail FROM mighead_status()'), qr/; the schema is exactly that of 4d\.$/, '29 and what the schema is');
check_case(35, 'not up to date',
	'pending', 'pending', sub { carry_out_hint('release') });

# 42: the scripts that are loaded are older than the row.
check_case(42, 'scripts are older than the row',
	'stale_scripts', 'stale_scripts(4d)', sub { load('release') });

# 23: a migration that printed success and never committed leaves the row as it was.
clone('at_3c');
my $written = sql(q{SELECT mighead_watch('alembic_version'); SELECT count(*) FROM mighead_log()});
$node->psql($database, q{BEGIN; ALTER TABLE orders ADD COLUMN total numeric(12,2); UPDATE alembic_version SET version_num = '4d'; ROLLBACK});
is(state(), 'pending', '23 never committed: state');
is(sql('SELECT count(*) FROM mighead_log()'), $written =~ s/\A\s+//r, '23 and the journal has nothing of it');
alembic_ok('release', 'upgrade', 'head');
is(sql('SELECT action, new_rows FROM mighead_log()'), 'upgrade|{4d}', '23 until it is');
is(state(), 'ok', '23 ended');
$seen{23} = 1;

# 24: a foreign key that rows stand in the way of.
clone('at_4d');
sql('CREATE TABLE payments (order_id bigint); INSERT INTO payments VALUES (1), (2)');
load('foreign_key');
like((alembic('foreign_key', 'upgrade', 'head'))[1], qr/ForeignKeyViolation/, '24 the upgrade fails');
is(sql(q{SELECT orphan_rows FROM mighead_orphans('payments', '{order_id}', 'orders', '{id}')}), '2', '24 and these are the rows');
sql(sql(q{SELECT delete_sql FROM mighead_orphans('payments', '{order_id}', 'orders', '{id}')}));
alembic_ok('foreign_key', 'upgrade', 'head');
is(sql('SELECT version_num FROM alembic_version'), '5e', '24 ended');
$seen{24} = 1;

# 25: a type that values do not fit.
clone('at_4d');
sql(q{INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bartholomew')});
load('cast');
like((alembic('cast', 'upgrade', 'head'))[1], qr/StringDataRightTruncation/, '25 the upgrade fails');
is(sql(q{SELECT failing_rows FROM mighead_castable('customers', 'name', 'varchar(3)')}), '1', '25 and this is the row');
sql(q{UPDATE customers SET name = 'Bar' WHERE id = 2});
alembic_ok('cast', 'upgrade', 'head');
is(sql('SELECT version_num FROM alembic_version'), '5t', '25 ended');
$seen{25} = 1;

# 29: a restore brings another revision, and says so at once.
clone('at_2b');
my $dump = "$directory/restored.sql";
$node->command_ok([ 'pg_dump', '-d', $node->connstr($database), '-f', $dump ], '29 dumped');
$database = 'restored';
$node->safe_psql('postgres', "CREATE DATABASE $database");
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', $dump ], '29 restored');
is(state(), 'pending', '29 restored from an older backup: state');
is(sql('SELECT rows, is_exact FROM mighead_locate() LIMIT 1'), '{2b}|t', '29 the expectations came with it');
carry_out_hint('release');
is(state(), 'ok', '29 ended');
$seen{29} = 1;

# 36: what a downgrade would undo is seen before.
clone('at_4d');
is(sql(q{SELECT string_agg(revision, ' ' ORDER BY step) FROM mighead_downgrade_plan('1a')}), '4d 3c 2b', '36 a downgrade is seen before');
$seen{36} = 1;

# 37, 38: what is equal, and what belongs to an extension or is a partition, is no drift.
check_case(37, 'equal in another way',
	'ok', '', sub { });
clone('at_4d');
sql(q{CREATE EXTENSION hstore; CREATE TABLE events (at date) PARTITION BY RANGE (at); SELECT mighead_capture(replace => true)});
is(codes(), '', '38 captured with a partitioned table and an extension');
sql(q{CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')});
is(sql(q{SELECT count(*) FROM mighead_drift() WHERE object ~ 'hstore|each|akeys'}), '0', '38 members of an extension are no drift');
$seen{38} = 1;

cmp_ok(scalar(keys %seen), '>=', 35, 'states that were made, recognised and ended: ' . join(' ', sort { $a <=> $b } keys %seen));

$node->stop;
done_testing();
