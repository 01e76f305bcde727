# The states that a database gets into: each is made with real Alembic and real
# SQL, has to be recognised, by itself, and what mighead says to do about it has to end in
# "ok".  The numbers are those of doc/troubleshooting.md.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program url_of);
use File::Path qw(make_path);
use IPC::Run   qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "deadlock_timeout = 100ms\n");
$node->start;

my $directory = PostgreSQL::Test::Utils::tempdir;
my $database;
my $databases = 0;

sub write_file
{
	my ($name, $text) = @_;

	unlink "$directory/$name";
	append_to_file("$directory/$name", $text);
	return;
}

# A release of the scripts: a folder of migration files.
sub write_script
{
	my ($release, $id, $down, $upgrade, %more) = @_;
	my $python = join "\n    ", map { "op.execute('''$_''')" } @{ $more{before} // [] }, @$upgrade;

	make_path("$directory/$release/versions");
	unlink "$directory/$release/versions/$id.py";
	$python .= "\n    with op.get_context().autocommit_block():\n        "
	  . join("\n        ", map { "op.execute('''$_''')" } @{ $more{autocommit} })
	  if $more{autocommit};
	append_to_file("$directory/$release/versions/$id.py", <<"PYTHON");
"""$more{message}

Revision ID: $id
Revises: @{[ $down // '' ]}

"""
from alembic import op

revision = '$id'
down_revision = @{[ !defined $down ? 'None' : $down =~ /,/ ? "($down)" : "'$down'" ]}
branch_labels = @{[ $more{label} ? "('$more{label}',)" : 'None' ]}
depends_on = None


def upgrade():
    $python


def downgrade():
    pass
PYTHON
	return;
}

sub write_environment
{
	my ($release) = @_;

	write_file("$release/env.py", <<'PYTHON');
import os

from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
PYTHON
	write_file("$release.ini", "[alembic]\nscript_location = $directory/$release\n");
	return;
}

# The history that all the cases share: 1a - 2b - 3c - 4d.
sub write_history
{
	my ($release, $last) = @_;

	write_script($release, '1a', undef,
		[ 'CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL)',
			'CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers)' ],
		message => 'customers and orders');
	write_script($release, '2b', '1a',
		[ q{CREATE TYPE order_state AS ENUM (''new'', ''paid'')} =~ s/''/'/gr, 'ALTER TABLE orders ADD COLUMN state order_state' ],
		message => 'orders have a state');
	write_script($release, '3c', '2b', ['ALTER TABLE customers ADD COLUMN email text'],
		autocommit => ['CREATE INDEX CONCURRENTLY customers_email_idx ON customers (email)'],
		message => 'customers have an e-mail address');
	write_script($release, '4d', '3c',
		[ 'ALTER TABLE orders ADD COLUMN total numeric(12,2)', 'ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0)' ],
		message => 'orders have a total') if $last eq '4d';
	write_environment($release);
	return;
}

sub alembic
{
	my ($release, @arguments) = @_;
	my ($out, $err) = ('', '');
	local $ENV{DATABASE_URL} = url_of($node, $database);
	local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
	my $ok = run [ $alembic, '-c', "$directory/$release.ini", @arguments ], '<', \undef, '>', \$out, '2>', \$err;

	return ($ok, "$out$err");
}

sub alembic_ok
{
	my ($ok, $output) = alembic(@_);

	die "alembic @_: $output" unless $ok;
	return $output;
}

sub sql
{
	my ($sql) = @_;

	return $node->safe_psql($database, $sql);
}

sub load
{
	my ($release, @more) = @_;

	return sql("SELECT * FROM mighead_load_scripts('$directory/$release/versions'" . join('', map { ", $_" } @more) . ')');
}

sub clone
{
	my ($template) = @_;

	$database = 'case_' . ++$databases;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE $template");
	return;
}

sub state { return sql('SELECT state FROM mighead_status()') }

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
	my ($command) = sql('SELECT hint FROM mighead_status()') =~ /(?:^|: )alembic (.*)/;

	alembic_ok($release, split / /, $command);
	return;
}

my %seen;

# name => [number, template, what happens, state, findings, what is done about it]
sub check_case
{
	my ($number, $name, $template, $happens, $state, $codes, $repair) = @_;

	clone($template);
	$happens->();
	is(state(), $state, "$number $name: state");
	is(codes(), $codes, "$number $name: findings");
	return unless $repair;
	$repair->();
	is(state(), 'ok', "$number $name: repaired") or diag(sql('SELECT * FROM mighead_findings()'));
	$seen{$number} = 1;
	return;
}

write_history('release', '4d');
write_history('older', '3c');

# A scratch database in CI: every revision is captured while Alembic applies it.
$database = 'scratch';
$node->safe_psql('postgres', 'CREATE DATABASE scratch');
sql('CREATE EXTENSION mighead');
load('release');
sql(q{SELECT mighead_ensure_version(); SELECT mighead_watch('alembic_version', capture => true)});
alembic_ok('release', 'upgrade', 'head');
is(state(), 'ok', 'scratch database');
is(sql('SELECT count(*) FROM mighead.expected_set'), '5', 'every step was captured, and what was before');
my $document = sql('SELECT mighead_export()');

# Databases at each revision, that got scripts and expectations as one document.
$node->safe_psql('postgres', 'CREATE DATABASE at_0');
$database = 'at_0';
sql('CREATE EXTENSION mighead');
sql("SELECT mighead_import(\$document\$$document\$document\$)");
foreach my $revision ('1a', '2b', '3c', '4d')
{
	$database = "at_$revision";
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE at_0");
	alembic_ok('release', 'upgrade', $revision);
}
$database = 'at_4d';
is(codes(), '', 'a healthy database has no finding');

check_case(1, 'stamped at head, objects missing', 'at_2b',
	sub { alembic_ok('release', 'stamp', 'head') },
	'drift', 'drift', sub { carry_out_fixes(); alembic_ok('release', 'upgrade', 'head') });
check_case(1, 'a column was dropped by hand', 'at_4d',
	sub { sql('ALTER TABLE customers DROP COLUMN email') },
	'drift', 'drift', sub {
		$node->psql($database, "SELECT fix FROM mighead_drift() WHERE fix IS NOT NULL \\gexec\n");
	});
check_case(3, 'a lost revision, which may be newer than the scripts', 'at_4d',
	sub { sql(q{UPDATE alembic_version SET version_num = 'lost'}) },
	'unknown_revision', 'unknown_revision(lost)', undef);
is(sql(q{SELECT count(*) FROM mighead_findings() WHERE fix IS NOT NULL OR hint !~ 'mighead-load'}), '0',
	'3 a lost revision, which may be newer than the scripts: nothing leads back');
check_case(3, 'a lost revision, older than the scripts', 'at_4d',
	sub {
		sql(q{SELECT mighead_watch('alembic_version')});
		sql(q{UPDATE alembic_version SET version_num = 'lost'});
		load('release');
	},
	'unknown_revision', 'unknown_revision(lost)', \&carry_out_fixes);
# 54: a step that adds a column and fills it was stamped: the way is to stamp back and run it.
write_history('filled', '4d');
write_script('filled', '4d', '3c',
	[ 'ALTER TABLE orders ADD COLUMN total numeric(12,2)', 'ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0)',
		'UPDATE orders SET total = 7' ], message => 'orders have a total');
check_case(54, 'a data step was skipped by a stamp', 'at_3c',
	sub {
		sql(q{INSERT INTO customers VALUES (1, 'c'); INSERT INTO orders VALUES (1, 1, 'new')});
		load('filled');
		alembic_ok('filled', 'stamp', 'head');
	},
	'drift', 'drift edited_script(4d)', sub {
		like(sql('SELECT hint FROM mighead_status()'), qr/mighead_stamp\('3c'.*; -- then: alembic upgrade heads$/, '54: the way is printed');
		carry_out_fixes();
		carry_out_hint('filled');
		is(sql('SELECT total FROM orders'), '7.00', '54: the rows were filled');
	});
# 45: the image was rolled back over a merge.
write_history('forked', '4d');
write_script('forked', '4x', '3c', ['ALTER TABLE customers ADD COLUMN phone text'], message => 'customers have a phone');
write_history('joined', '4d');
write_script('joined', '4x', '3c', ['ALTER TABLE customers ADD COLUMN phone text'], message => 'customers have a phone');
write_script('joined', '5m', q{'4d', '4x'}, ['SELECT 1'], message => 'merge');
check_case(45, 'rolled back over a merge', 'at_4d',
	sub { load('joined'); alembic_ok('joined', 'upgrade', 'head'); load('forked') },
	'ahead', 'ahead(5m)', sub { load('joined') });
# 44: a revision was deleted in a newer release.
write_history('rewired', '3c');
write_script('rewired', '4n', '3c', ['ALTER TABLE customers ADD COLUMN note text'], message => 'customers have a note');
check_case(44, 'a revision was deleted', 'at_4d',
	sub { load('rewired') }, 'deleted_revision', 'deleted_revision(4d)', sub {
		alembic_ok('release', 'downgrade', '3c');
		sql('ALTER TABLE orders DROP COLUMN total');
		alembic_ok('rewired', 'upgrade', 'head');
	});
# 43: a revision was put beneath the row.
write_history('beneath', '2b');
write_script('beneath', '2n', '2b', ['ALTER TABLE customers ADD COLUMN note text'], message => 'customers have a note');
write_script('beneath', '3c', '2n', ['ALTER TABLE customers ADD COLUMN email text'],
	autocommit => ['CREATE INDEX CONCURRENTLY customers_email_idx ON customers (email)'],
	message => 'customers have an e-mail address');
check_case(43, 'a revision was inserted beneath the row', 'at_1a',
	sub {
		sql(q{SELECT mighead_watch('alembic_version')});
		load('older');
		alembic_ok('older', 'upgrade', 'head');
		load('beneath');
	},
	'inserted_revision', 'inserted_revision(2n) changed_parent(3c)', sub {
		sql(q{SELECT mighead_ignore('2n', 'done by hand', attribute => 'inserted_revision')});
		sql(q{SELECT mighead_ignore('3c', '2n is done', attribute => 'changed_parent')});
	});
# 47: a stamp that was told not to look.
check_case(47, 'a stamp that skipped the schema', 'at_2b',
	sub {
		sql('DELETE FROM mighead.expected; DELETE FROM mighead.expected_set');
		sql(q{SELECT * FROM mighead_stamp('4d', expect => '2b', reason => 'trust me', skip_guards => '{schema}')});
	},
	'stamped_blindly', 'stamped_blindly', sub {
		sql(q{SELECT mighead_ignore('public.alembic_version', 'I looked', attribute => 'stamped_blindly')});
	});
# 48: a version table by another name.
check_case(48, 'a version table by another name', 'at_4d',
	sub { sql('ALTER TABLE alembic_version RENAME TO alembic_version_config') },
	'unregistered_table', 'unregistered_table(public.alembic_version_config)', sub {
		sql(sql('SELECT hint FROM mighead_status()'));
	});
# 51: row security, which whoever it does not apply to has to be told.
check_case(51, 'row security that is forced', 'at_4d',
	sub {
		sql('CREATE ROLE app_owner; ALTER TABLE alembic_version OWNER TO app_owner');
		sql('ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
	},
	'row_security', 'row_security', sub {
		sql('ALTER TABLE alembic_version DISABLE ROW LEVEL SECURITY');
	});
# 52: a watched version table is gone.
check_case(52, 'a watched version table was dropped', 'at_4d',
	sub { sql(q{SELECT mighead_watch('alembic_version')}); sql('DROP TABLE alembic_version') },
	'missing_table', 'missing_table(public.alembic_version) unstamped', sub {
		sql(sql(q{SELECT regexp_replace(hint, '^.*on purpose: ', '') FROM mighead_status()}));
		carry_out_fixes();
	});
check_case(4, 'ahead: the image was rolled back', 'at_4d',
	sub { load('older') },
	'ahead', 'ahead(4d)', sub { load('release') });
check_case(6, 'pending', 'at_3c', sub { }, 'pending', 'pending', sub { carry_out_hint('release') });
check_case(7, 'never stamped, no version table', 'at_4d',
	sub { sql('DROP TABLE alembic_version') },
	'unstamped', 'unstamped', \&carry_out_fixes);
check_case(7, 'never stamped, no row', 'at_4d',
	sub { sql('DELETE FROM alembic_version') },
	'unstamped', 'unstamped', \&carry_out_fixes);
check_case(9, 'a row and its ancestor', 'at_4d',
	sub { sql(q{INSERT INTO alembic_version VALUES ('2b')}) },
	'redundant_row', 'redundant_row(2b)', \&carry_out_fixes);
# 2: a stamp in the place of the migration, on a watched database.
check_case(2, 'stamped over several revisions', 'at_2b',
	sub { sql(q{SELECT mighead_watch('alembic_version')}); alembic_ok('release', 'stamp', 'head') },
	'drift', 'drift stamped_blindly', sub { carry_out_fixes(); alembic_ok('release', 'upgrade', 'head') });

write_history('heads', '4d');
write_script('heads', '4x', '3c', ['ALTER TABLE customers ADD COLUMN phone text'], message => 'customers have a phone');
check_case(5, 'multiple heads', 'at_3c', sub { load('heads') },
	'multiple_heads', 'multiple_heads pending', sub {
		write_file('heads/versions/merge.py', sql(q{SELECT mighead_merge_script(revision => '5m')}) . "\n");
		load('heads');
		alembic_ok('heads', 'upgrade', 'head');
	});
write_history('merged', '4d');
write_script('merged', '4x', '3c', ['ALTER TABLE customers ADD COLUMN phone text'], message => 'customers have a phone');
write_script('merged', '5m', q{'4d', '4x'}, ['SELECT 1'], message => 'merge');
check_case(8, 'several rows, and a merge that waits', 'at_4d',
	sub { alembic_ok('merged', 'upgrade', '4x'); load('merged') },
	'multiple_rows', 'multiple_rows pending', sub { carry_out_hint('merged') });

sub hold
{
	my ($statement) = @_;
	my $session = $node->background_psql($database, on_error_stop => 0);

	$session->query("SET application_name = 'holder'; BEGIN");
	$session->query($statement);
	return $session;
}

# A migration that runs in the background, until its pid is known to wait or to sleep.
sub start_alembic
{
	my ($release, @arguments) = @_;
	my $output = '';
	local $ENV{DATABASE_URL} = url_of($node, $database) . '&application_name=alembic';

	return IPC::Run::start([ $alembic, '-c', "$directory/$release.ini", @arguments ], '<', \undef, '>&', \$output);
}

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
write_history('slow', '3c');
write_script('slow', '4d', '3c', [ 'ALTER TABLE orders ADD COLUMN total numeric(12,2)', 'SELECT pg_sleep(600)' ], message => 'slow');
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

check_case(12, 'a copy under another name', 'at_4d',
	sub {
		sql(q{SELECT mighead_environment('production', true)});
		my $copy = $database . '_copy';
		$node->safe_psql('postgres', "CREATE DATABASE $copy TEMPLATE $database");
		$database = $copy;
	},
	'wrong_environment', 'wrong_environment',
	sub { sql("SELECT mighead_environment('staging', false, confirm => current_database())") });

# 13, 14: the statements of an autocommit block are done, the row is not.
check_case(13, 'half applied', 'at_2b',
	sub {
		sql('ALTER TABLE customers ADD COLUMN email text');
	},
	'partial', 'partial(3c) pending', sub { sql('ALTER TABLE customers DROP COLUMN email'); alembic_ok('release', 'upgrade', 'head') });
check_case(14, 'CREATE INDEX CONCURRENTLY failed', 'at_2b',
	sub {
		my $holder = hold('LOCK customers IN ROW EXCLUSIVE MODE');
		local $ENV{PGOPTIONS} = '-c lock_timeout=200ms';
		alembic('release', 'upgrade', '3c');
		$holder->query('ROLLBACK');
		$holder->quit;
		sql('ALTER TABLE customers ADD COLUMN IF NOT EXISTS email text');
		if (sql(q{SELECT to_regclass('customers_email_idx') IS NULL}) eq 't')
		{
			$holder = hold('LOCK customers IN ROW EXCLUSIVE MODE');
			$node->psql($database, 'CREATE INDEX CONCURRENTLY customers_email_idx ON customers (email)');
			$holder->query('ROLLBACK');
			$holder->quit;
		}
	},
	'partial', 'partial(3c) leftovers(public.customers_email_idx) pending',
	sub {
		carry_out_fixes();
		sql('ALTER TABLE customers DROP COLUMN email');
		alembic_ok('release', 'upgrade', 'head');
	});

write_history('edited', '4d');
write_script('edited', '2b', '1a', [ q{CREATE TYPE order_state AS ENUM ('new', 'paid')}, 'ALTER TABLE orders ADD COLUMN state order_state', 'SELECT 1' ],
	message => 'orders have a state');
# The schema is as the revision was when it was applied, so nothing is wrong.
check_case(15, 'a script was edited after it was applied', 'at_4d', sub { load('edited') }, 'ok', '', sub { load('release') });

check_case(16, 'a script was removed after it was applied', 'at_4d',
	sub {
		load('older');
		alembic_ok('release', 'stamp', '3c');
	},
	'drift', 'drift', sub { load('release'); carry_out_fixes() });

check_case(17, 'a column was added by hand', 'at_4d',
	sub { sql('ALTER TABLE customers ADD COLUMN nickname text') },
	'drift', 'drift', sub { sql(q{SELECT mighead_ignore('public.customers.nickname', reason => 'until the next release')}) });

write_history('long', '4d');
write_script('long', 'a_very_long_identifier_of_a_revision_by_hand', '4d', ['SELECT 1'], message => 'long');
check_case(18, 'an id longer than the column', 'at_4d', sub { load('long') },
	'narrow_column', 'narrow_column(version_num) pending',
	sub { carry_out_fixes(); alembic_ok('long', 'upgrade', 'head') });

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

write_script('squashed', '9z', undef, [ 'CREATE TABLE customers (id bigint PRIMARY KEY)' ], message => 'everything so far');
write_environment('squashed');
check_case(20, 'squashed history', 'at_4d', sub { load('squashed') },
	'unknown_revision', 'squashed_history(4d)',
	sub {
		sql(q{SELECT * FROM mighead_stamp('9z', expect => '4d', reason => 'squashed', purge => true, skip_guards => '{schema}')});
		is(state(), 'stamped_blindly', '20 until somebody vouches for it');
		sql('SELECT FROM mighead_capture()');
	});

write_history('renamed', '3c');
write_script('renamed', '4e', '3c',
	[ 'ALTER TABLE orders ADD COLUMN total numeric(12,2)', 'ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0)' ],
	message => 'orders have a total');
check_case(21, 'a renamed id', 'at_4d', sub { load('renamed') },
	'unknown_revision', 'renamed_revision(4d)', sub { carry_out_fixes(); sql('SELECT FROM mighead_capture()') });

check_case(22, 'everything was rolled back', 'at_0', sub { }, 'empty_database', '', sub { carry_out_hint('release') });

check_case(26, 'a type that nobody uses', 'at_4d',
	sub { sql(q{CREATE TYPE mood AS ENUM ('sad')}) },
	'drift', 'drift leftovers(public.mood)', sub { sql('DROP TYPE mood') });
check_case(26, 'labels of an enum differ', 'at_4d',
	sub { sql(q{ALTER TYPE order_state ADD VALUE 'lost'}) },
	'drift', 'drift', sub { sql(q{SELECT mighead_ignore('public.order_state', reason => 'accepted')}) });
check_case(27, 'a constraint has another name', 'at_4d',
	sub { sql('ALTER TABLE orders RENAME CONSTRAINT orders_total_check TO total_check') },
	'drift', 'drift', sub { $node->psql($database, "SELECT fix FROM mighead_drift() WHERE fix IS NOT NULL \\gexec\n") });
is(sql('SELECT severity FROM mighead_status()'), '0', '27 put right by a rename');

check_case(30, 'two version tables, one before the other on the search_path', 'at_4d',
	sub {
		sql(q{CREATE SCHEMA other; SELECT mighead_ensure_version('other.alembic_version')});
		sql("ALTER DATABASE $database SET search_path = other, public");
	},
	"empty_database\nshadowed_table", 'shadowed_table', sub { sql('DROP SCHEMA other CASCADE') });

# 31: another service's row in the same table.
check_case(31, 'two services share one version table', 'at_4d',
	sub {
		sql(q{SELECT mighead_project('billing', 'billing_version'); SELECT mighead_add_revision('b1', project => 'billing');
			INSERT INTO alembic_version VALUES ('b1')});
	},
	"unknown_revision\nmissing_table", 'foreign_revision(b1) missing_table(billing_version)',
	sub { sql(q{DELETE FROM alembic_version WHERE version_num = 'b1'; SELECT mighead_remove_project('billing')}) });

# 33: no right to look.
clone('at_4d');
sql('CREATE ROLE nobody_in_particular') if sql(q{SELECT count(*) FROM pg_roles WHERE rolname = 'nobody_in_particular'}) eq '0';
is(sql(q{SET ROLE nobody_in_particular; SELECT state FROM mighead_status()}), 'unreadable', '33 no right: state');
my $grant = sql(q{SET ROLE nobody_in_particular; SELECT hint FROM mighead_status()});
sql($grant);
is(sql(q{SET ROLE nobody_in_particular; SELECT state FROM mighead_status()}), 'ok', '33 granted as the hint says');
$seen{33} = 1;

check_case(34, 'repeated rows', 'at_4d',
	sub { sql(q{ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc; INSERT INTO alembic_version VALUES ('4d')}) },
	'invalid_rows', 'invalid_rows(4d)', \&carry_out_fixes);
check_case(34, 'a row that is NULL', 'at_4d',
	sub {
		sql(q{ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc; ALTER TABLE alembic_version ALTER version_num DROP NOT NULL;
			INSERT INTO alembic_version VALUES (NULL)});
	},
	'invalid_rows', 'invalid_rows', \&carry_out_fixes);
check_case(35, 'not up to date', 'at_1a', sub { }, 'pending', 'pending', sub { carry_out_hint('release') });

# 42: the scripts that are loaded are older than the row.
check_case(42, 'scripts are older than the row', 'at_3c',
	sub {
		sql(q{DELETE FROM mighead.revision WHERE revision = '4d'; UPDATE mighead.release SET heads = '{3c}'; SELECT mighead_watch('alembic_version')});
		alembic_ok('release', 'upgrade', 'head');
	},
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
write_history('foreign_key', '4d');
write_script('foreign_key', '5e', '4d', [ 'ALTER TABLE payments ADD FOREIGN KEY (order_id) REFERENCES orders' ], message => 'payments are of orders');
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
write_history('cast', '4d');
write_script('cast', '5t', '4d', [ 'ALTER TABLE customers ALTER COLUMN name TYPE varchar(3)' ], message => 'short names');
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
$database = 'case_' . ++$databases;
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
check_case(37, 'equal in another way', 'at_4d',
	sub {
		sql(q{ALTER TABLE orders DROP CONSTRAINT orders_total_check; ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (((total) >= (0)));
			ALTER TABLE customers RENAME TO people; ALTER TABLE people RENAME TO customers; ANALYZE; REINDEX TABLE customers;
			GRANT SELECT ON orders TO PUBLIC; REVOKE SELECT ON orders FROM PUBLIC});
	},
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
