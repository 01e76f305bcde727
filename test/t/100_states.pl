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
check_case(3, 'a lost revision', 'at_4d',
	sub { sql(q{UPDATE alembic_version SET version_num = 'lost'}) },
	'unknown_revision', 'unknown_revision(lost)', \&carry_out_fixes);
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
check_case(34, 'repeated rows', 'at_4d',
	sub { sql(q{ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc; INSERT INTO alembic_version VALUES ('4d')}) },
	'invalid_rows', 'invalid_rows(4d)', \&carry_out_fixes);

$node->stop;
done_testing();
