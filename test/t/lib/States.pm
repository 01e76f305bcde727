# The states that a database can get into, made with the real Alembic and real SQL. Several tests
# ask what mighead reports about them.
package States;

use strict;
use warnings;

use AlembicProject qw(interpreter_of url_of);
use AlembicServer  qw(run_alembic);
use Exporter       qw(import);
use File::Path     qw(make_path);
use IPC::Run       qw(run);
use PostgreSQL::Test::Utils;

our @EXPORT = qw(%happenings $database $node $directory alembic alembic_ok clone happen hold leave load
  prepare_states sql start_alembic state write_file write_script write_environment write_history);

our ($node, $database, $directory, $alembic);
my $databases = 0;
my @sessions;
my @migrations;
my $asking;

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

if context.is_offline_mode():
    context.configure(url="postgresql://", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
PYTHON
	# the folder of a release is a project of its own, too
	write_file("$_.ini", "[alembic]\nscript_location = $directory/$release\n") foreach ($release, "$release/alembic");
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
	local $ENV{DATABASE_URL} = url_of($node, $database);
	my ($ok, $out, $err) = run_alembic(interpreter_of($alembic), undef, '-c', "$directory/$release.ini", @arguments);

	return ($ok, "$out$err");
}

sub alembic_ok
{
	my ($ok, $output) = alembic(@_);

	die "alembic @_: $output" unless $ok;
	return $output;
}

# Asks in one session, since a psql for each question is half of a test's time. What sets something
# for a session has one of its own.
sub sql
{
	my ($sql) = @_;

	return $node->safe_psql($database, $sql) if $sql =~ /(?:^|;)\s*SET\b/;
	stop_asking() if $asking && $asking->{database} ne $database;
	$asking //= { database => $database, session => $node->background_psql($database, on_error_stop => 0) };
	my $session = $asking->{session};
	$session->{stderr} = '';
	my $answer = $session->query($sql);
	die "$sql: $session->{stderr}" if $session->{stderr} =~ /^(?:psql:\S*: )?(?:ERROR|FATAL|PANIC|error):/m;
	return $answer;
}

# A database that is copied or dropped may have no sessions.
sub stop_asking
{
	$asking->{session}->quit if $asking;
	$asking = undef;
	return;
}

sub load
{
	my ($release, @more) = @_;

	return sql("SELECT * FROM mighead_load_scripts('$directory/$release/versions'" . join('', map { ", $_" } @more) . ')');
}

sub clone
{
	my ($template) = @_;

	stop_asking();
	$database = 'case_' . ++$databases;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE $template STRATEGY file_copy");
	return;
}

sub state { return sql('SELECT state FROM mighead_status()') }

sub hold
{
	my ($statement) = @_;
	my $session = $node->background_psql($database, on_error_stop => 0);

	$session->query("SET application_name = 'holder'; BEGIN");
	$session->query($statement);
	return $session;
}

# Starts a migration in the background and waits until its session waits or sleeps.
sub start_alembic
{
	my ($release, @arguments) = @_;
	my $output = '';
	local $ENV{DATABASE_URL} = url_of($node, $database) . '&application_name=alembic';

	return IPC::Run::start([ $alembic, '-c', "$directory/$release.ini", @arguments ], '<', \undef, '>&', \$output);
}

# name => [template, what happens, release of the scripts that is deployed then]
our %happenings = (
	'stamped at head, objects missing' => ['at_2b', sub { alembic_ok('release', 'stamp', 'head') }],
	'a column was dropped by hand' => ['at_4d', sub { sql('ALTER TABLE customers DROP COLUMN email') }],
	'a lost revision, which may be newer than the scripts' => ['at_4d', sub { sql(q{UPDATE alembic_version SET version_num = 'lost'}) }],
	'a lost revision, older than the scripts' => ['at_4d', sub {
		sql(q{SELECT mighead_watch('alembic_version')});
		sql(q{UPDATE alembic_version SET version_num = 'lost'});
		load('release');
	}],
	'a data step was skipped by a stamp' => ['at_3c', sub {
		sql(q{INSERT INTO customers VALUES (1, 'c'); INSERT INTO orders VALUES (1, 1, 'new')});
		load('filled');
		alembic_ok('filled', 'stamp', 'head');
	}, 'filled'],
	'rolled back over a merge' => ['at_4d', sub { load('joined'); alembic_ok('joined', 'upgrade', 'head'); load('forked') }, 'forked'],
	'a revision was deleted' => ['at_4d', sub { load('rewired') }, 'rewired'],
	'a revision was inserted beneath the row' => ['at_1a', sub {
		sql(q{SELECT mighead_watch('alembic_version')});
		load('older');
		alembic_ok('older', 'upgrade', 'head');
		load('beneath');
	}, 'beneath'],
	'a stamp that skipped the schema' => ['at_2b', sub {
		sql('DELETE FROM mighead.expected; DELETE FROM mighead.expected_set');
		sql(q{SELECT * FROM mighead_stamp('4d', expect => '2b', reason => 'trust me', skip_guards => '{schema}')});
	}],
	'a version table by another name' => ['at_4d', sub { sql('ALTER TABLE alembic_version RENAME TO alembic_version_config') }],
	'row security that is forced' => ['at_4d', sub {
		sql('CREATE ROLE app_owner; ALTER TABLE alembic_version OWNER TO app_owner');
		sql('ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
	}],
	'a watched version table was dropped' => ['at_4d', sub { sql(q{SELECT mighead_watch('alembic_version')}); sql('DROP TABLE alembic_version') }],
	'ahead: the image was rolled back' => ['at_4d', sub { load('older') }, 'older'],
	'pending' => ['at_3c', sub { }],
	'never stamped, no version table' => ['at_4d', sub { sql('DROP TABLE alembic_version') }],
	'never stamped, no row' => ['at_4d', sub { sql('DELETE FROM alembic_version') }],
	'a row and its ancestor' => ['at_4d', sub { sql(q{INSERT INTO alembic_version VALUES ('2b')}) }],
	'stamped over several revisions' => ['at_2b', sub { sql(q{SELECT mighead_watch('alembic_version')}); alembic_ok('release', 'stamp', 'head') }],
	'multiple heads' => ['at_3c', sub { load('heads') }, 'heads'],
	'several rows, and a merge that waits' => ['at_4d', sub { alembic_ok('merged', 'upgrade', '4x'); load('merged') }, 'merged'],
	'a copy under another name' => ['at_4d', sub {
		sql(q{SELECT mighead_environment('production', true)});
		my $copy = $database . '_copy';
		stop_asking();
		$node->safe_psql('postgres', "CREATE DATABASE $copy TEMPLATE $database");
		$database = $copy;
	}],
	'half applied' => ['at_2b', sub {
		sql('ALTER TABLE customers ADD COLUMN email text');
	}],
	'CREATE INDEX CONCURRENTLY failed' => ['at_2b', sub {
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
	}],
	'a script was edited after it was applied' => ['at_4d', sub { load('edited') }, 'edited'],
	'a script was removed after it was applied' => ['at_4d', sub {
		load('older');
		alembic_ok('release', 'stamp', '3c');
	}, 'older'],
	'a column was added by hand' => ['at_4d', sub { sql('ALTER TABLE customers ADD COLUMN nickname text') }],
	'an id longer than the column' => ['at_4d', sub { load('long') }, 'long'],
	'squashed history' => ['at_4d', sub { load('squashed') }, 'squashed'],
	'a renamed id' => ['at_4d', sub { load('renamed') }, 'renamed'],
	'everything was rolled back' => ['at_0', sub { }],
	'a type that nobody uses' => ['at_4d', sub { sql(q{CREATE TYPE mood AS ENUM ('sad')}) }],
	'labels of an enum differ' => ['at_4d', sub { sql(q{ALTER TYPE order_state ADD VALUE 'lost'}) }],
	'a constraint has another name' => ['at_4d', sub { sql('ALTER TABLE orders RENAME CONSTRAINT orders_total_check TO total_check') }],
	'two version tables, one before the other on the search_path' => ['at_4d', sub {
		sql(q{CREATE SCHEMA other; SELECT mighead_ensure_version('other.alembic_version')});
		sql("ALTER DATABASE $database SET search_path = other, public");
		stop_asking();
	}],
	'two services share one version table' => ['at_4d', sub {
		sql(q{SELECT mighead_project('billing', 'billing_version'); SELECT mighead_add_revision('b1', project => 'billing');
			INSERT INTO alembic_version VALUES ('b1')});
	}],
	'repeated rows' => ['at_4d', sub { sql(q{ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc; INSERT INTO alembic_version VALUES ('4d')}) }],
	'a row that is NULL' => ['at_4d', sub {
		sql(q{ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc; ALTER TABLE alembic_version ALTER version_num DROP NOT NULL;
			INSERT INTO alembic_version VALUES (NULL)});
	}],
	'not up to date' => ['at_1a', sub { }],
	'scripts are older than the row' => ['at_3c', sub {
		sql(q{DELETE FROM mighead.revision WHERE revision = '4d'; UPDATE mighead.release SET heads = '{3c}'; SELECT mighead_watch('alembic_version')});
		alembic_ok('release', 'upgrade', 'head');
	}],
	'equal in another way' => ['at_4d', sub {
		sql(q{ALTER TABLE orders DROP CONSTRAINT orders_total_check; ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (((total) >= (0)));
			ALTER TABLE customers RENAME TO people; ALTER TABLE people RENAME TO customers; ANALYZE; REINDEX TABLE customers;
			GRANT SELECT ON orders TO PUBLIC; REVOKE SELECT ON orders FROM PUBLIC});
	}],
	'an upgrade waits for a session that does nothing' => ['at_3c', sub {
		push @sessions, hold('SELECT * FROM orders');
		push @migrations, start_alembic('release', 'upgrade', 'head');
		wait_for(q{application_name = 'alembic' AND wait_event_type = 'Lock'});
	}],
	'a migration is running' => ['at_3c', sub {
		push @migrations, start_alembic('slow', 'upgrade', 'head');
		wait_for(q{wait_event = 'PgSleep'});
	}],
	'the migration lock was leaked to a pool' => ['at_3c', sub {
		push @sessions, hold('SELECT pg_advisory_lock(mighead_lock_key())');
		$sessions[-1]->query("COMMIT; SET application_name = 'pool'");
		push @sessions, $node->background_psql($database, on_error_stop => 0);
		$sessions[-1]->query_until(qr/^waits$/m, "\\echo waits\nSELECT pg_advisory_lock(mighead_lock_key()), pg_advisory_unlock(mighead_lock_key());\n");
		wait_for(q{wait_event = 'advisory'});
		wait_for(q{application_name = 'pool' AND state = 'idle' AND state_change < clock_timestamp() - interval '31 s'});
	}],
	'rows stand in the way of a foreign key' => ['at_4d', sub {
		sql('CREATE TABLE payments (order_id bigint); INSERT INTO payments VALUES (1), (2)');
		sql('SELECT mighead_capture(replace => true)');
		load('foreign_key');
	}, 'foreign_key'],
	'values do not fit a type' => ['at_4d', sub {
		sql(q{INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bartholomew')});
		load('cast');
	}, 'cast'],
	'a revision was deleted, and nothing is new' => ['at_3c', sub { load('shorter') }, 'shorter'],
	'a downgrade left something' => ['at_3c', sub {
		sql(q{SELECT mighead_watch('alembic_version')});
		alembic_ok('release', 'downgrade', '2b');
		sql('DROP INDEX customers_email_idx');
	}],
	'no scripts are loaded' => ['at_4d', sub {
		sql('SELECT mighead_remove_project(name) FROM mighead.project');
	}],
	'a long id and no version table' => ['at_0', sub { load('long') }, 'long'],
	'the row is older than the schema, and only the head was captured' => ['at_4d', sub {
		sql(q{DELETE FROM mighead.expected; DELETE FROM mighead.expected_set; SELECT mighead_capture()});
		alembic_ok('release', 'stamp', '2b');
	}],
	'a table is locked' => ['at_4d', sub { push @sessions, hold('LOCK customers IN ACCESS EXCLUSIVE MODE') }],
	'the version table is locked' => ['at_4d', sub { push @sessions, hold('LOCK alembic_version IN ACCESS EXCLUSIVE MODE') }],
	'an invalid index at its revision' => ['at_4d', sub {
		sql(q{UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'customers_email_idx'::regclass});
	}],
	'a watch has lost its triggers' => ['at_4d', sub {
		sql(q{SELECT mighead_watch('alembic_version')});
		sql('DROP TABLE alembic_version');
		alembic_ok('release', 'stamp', 'head');
	}],
	'a tenant has no version table' => ['at_4d', sub {
		sql(qq{CREATE SCHEMA $_; CREATE TABLE $_.customers (id bigint); CREATE TABLE $_.orders (id bigint)}) foreach qw(one two three);
		sql(qq{SELECT mighead_ensure_version('$_.alembic_version'); INSERT INTO $_.alembic_version VALUES ('4d')}) foreach qw(one two);
		sql('DROP TABLE alembic_version; DELETE FROM mighead.expected; DELETE FROM mighead.expected_set');
	}],
	'a planted function' => ['at_4d', sub {
		sql('CREATE SCHEMA planted; CREATE FUNCTION planted.mighead_status() RETURNS int LANGUAGE sql AS $$SELECT 1$$');
	}],
);

sub wait_for
{
	my ($what) = @_;

	$node->poll_query_until($database,
		"SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND $what")
	  or die "nobody ever did: $what";
	return;
}

# Ends the sessions that a state has started.
sub leave
{
	stop_asking();
	$_->kill_kill foreach @migrations;
	$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$database'");
	eval { $_->{run}->kill_kill } foreach @sessions;
	@migrations = ();
	@sessions = ();
	return;
}

# Makes a database in that state.
sub happen
{
	my ($name) = @_;

	die "no such state: $name" unless $happenings{$name};
	clone($happenings{$name}[0]);
	$happenings{$name}[1]->();
	return;
}

sub write_histories
{
	write_history('release', '4d');
	write_history('older', '3c');
	write_history('filled', '4d');
	write_script('filled', '4d', '3c',
		[ 'ALTER TABLE orders ADD COLUMN total numeric(12,2)', 'ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0)',
			'UPDATE orders SET total = 7' ], message => 'orders have a total');
	write_history('forked', '4d');
	write_script('forked', '4x', '3c', ['ALTER TABLE customers ADD COLUMN phone text'], message => 'customers have a phone');
	write_history('joined', '4d');
	write_script('joined', '4x', '3c', ['ALTER TABLE customers ADD COLUMN phone text'], message => 'customers have a phone');
	write_script('joined', '5m', q{'4d', '4x'}, ['SELECT 1'], message => 'merge');
	write_history('rewired', '3c');
	write_script('rewired', '4n', '3c', ['ALTER TABLE customers ADD COLUMN note text'], message => 'customers have a note');
	write_history('beneath', '2b');
	write_script('beneath', '2n', '2b', ['ALTER TABLE customers ADD COLUMN note text'], message => 'customers have a note');
	write_script('beneath', '3c', '2n', ['ALTER TABLE customers ADD COLUMN email text'],
		autocommit => ['CREATE INDEX CONCURRENTLY customers_email_idx ON customers (email)'],
		message => 'customers have an e-mail address');
	write_history('heads', '4d');
	write_script('heads', '4x', '3c', ['ALTER TABLE customers ADD COLUMN phone text'], message => 'customers have a phone');
	write_history('merged', '4d');
	write_script('merged', '4x', '3c', ['ALTER TABLE customers ADD COLUMN phone text'], message => 'customers have a phone');
	write_script('merged', '5m', q{'4d', '4x'}, ['SELECT 1'], message => 'merge');
	write_history('slow', '3c');
	write_script('slow', '4d', '3c', [ 'ALTER TABLE orders ADD COLUMN total numeric(12,2)', 'SELECT pg_sleep(600)' ], message => 'slow');
	write_history('edited', '4d');
	write_script('edited', '2b', '1a', [ q{CREATE TYPE order_state AS ENUM ('new', 'paid')}, 'ALTER TABLE orders ADD COLUMN state order_state', 'SELECT 1' ],
		message => 'orders have a state');
	write_history('long', '4d');
	write_script('long', 'a_very_long_identifier_of_a_revision_by_hand', '4d', ['SELECT 1'], message => 'long');
	write_script('squashed', '9z', undef, [ 'CREATE TABLE customers (id bigint PRIMARY KEY)' ], message => 'everything so far');
	write_environment('squashed');
	write_history('renamed', '3c');
	write_script('renamed', '4e', '3c',
		[ 'ALTER TABLE orders ADD COLUMN total numeric(12,2)', 'ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0)' ],
		message => 'orders have a total');
	write_history('foreign_key', '4d');
	write_script('foreign_key', '5e', '4d', [ 'ALTER TABLE payments ADD FOREIGN KEY (order_id) REFERENCES orders' ], message => 'payments are of orders');
	write_history('cast', '4d');
	write_script('cast', '5t', '4d', [ 'ALTER TABLE customers ALTER COLUMN name TYPE varchar(3)' ], message => 'short names');
	write_history('shorter', '2b');
	unlink "$directory/shorter/versions/3c.py";
	write_script('shorter', '4d', '2b',
		[ 'ALTER TABLE orders ADD COLUMN total numeric(12,2)', 'ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0)' ],
		message => 'orders have a total');
	return;
}

# Releases of scripts, and databases at each revision that have scripts and expectations as one
# document: a scratch database in CI has captured every revision while Alembic applied it.
sub prepare_states
{
	($node, $alembic) = @_;

	$directory = PostgreSQL::Test::Utils::tempdir;
	write_histories();
	$database = 'scratch';
	$node->safe_psql('postgres', 'CREATE DATABASE scratch');
	sql('CREATE EXTENSION mighead');
	load('release');
	sql(q{SELECT mighead_ensure_version(); SELECT mighead_watch('alembic_version', capture => true)});
	alembic_ok('release', 'upgrade', 'head');
	my $document = sql('SELECT mighead_export()');
	stop_asking();
	$node->safe_psql('postgres', 'CREATE DATABASE at_0');
	$database = 'at_0';
	sql('CREATE EXTENSION mighead');
	sql("SELECT mighead_import(\$document\$$document\$document\$)");
	stop_asking();
	foreach my $revision ('1a', '2b', '3c', '4d')
	{
		$database = "at_$revision";
		$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE at_0");
		alembic_ok('release', 'upgrade', $revision);
	}
	return;
}

1;
