# Harm: an operator who runs every fix.  In the database of 061_recall.pl, with rows in every table
# that can have some, each change is made, all fixes of drift and of findings are run in their
# order, and nothing may be lost or weaker; no fix raises, and a second look offers nothing new.  By
# default every third change; with MIGHEAD_LONG all of them.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use EveryObject qw(make_server);
use Harm qw(harm_functions);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RecallChanges qw(recall_changes);
use Test::More;

my ($node, $citext, $version) = make_server();
$node->safe_psql('postgres', 'CREATE ROLE mighead_part');
$node->safe_psql('one', <<'SQL');
ALTER DATABASE one OWNER TO mighead_app;
-- who owns a part only, and may make nothing in its schema
GRANT USAGE ON SCHEMA "My Home", app, "Other one", mighead TO mighead_part;
ALTER TABLE "My Home".orders OWNER TO mighead_part;
ALTER TABLE "My Home".one_more OWNER TO mighead_part;
ALTER TABLE "My Home".constraints OWNER TO mighead_part;
ALTER TABLE app.published OWNER TO mighead_part;
-- a row of defaults wherever one is allowed
DO $$
DECLARE
    of_table regclass;
BEGIN
    FOR of_table IN SELECT c.oid FROM pg_class c JOIN pg_namespace s ON s.oid = relnamespace
        WHERE relkind IN ('r', 'p') AND nspname IN ('My Home', 'app', 'Other one') AND relname <> 'alembic_version' LOOP
        BEGIN
            EXECUTE format('INSERT INTO %s DEFAULT VALUES', of_table);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END$$;
SELECT mighead_capture(NULL, '"My Home".alembic_version', '{My Home,mighead_beside,mighead_hollow,app,Other one}');
GRANT SELECT ON ALL TABLES IN SCHEMA mighead TO mighead_part;
GRANT SELECT ON "My Home".alembic_version TO mighead_part;
SQL

my @changes = recall_changes($version, $citext);
if (!$ENV{MIGHEAD_LONG})
{
	@changes = @changes[ grep { $_ % 3 == 1 } 0 .. $#changes ];
}

# What is said of one that changes nothing is told once, and left out of the others.
my %always;

sub lines
{
	my ($answer) = @_;

	return grep { !$always{$_} } map { @{ $answer->{$_} } } qw(errors lost again);
}

sub check
{
	my ($who, $change, $answer) = @_;

	return note("$who: $change->{label}: not with these rows") if !$answer->{fixes} && @{ $answer->{errors} };
	is(join("\n", lines($answer)), '', "$who: $change->{label} ($answer->{fixes} fixes)");
	return;
}

sub run_as
{
	my ($who, $role) = @_;
	my ($none, @answers) = map { decode_json($_) } grep { /^\{/ } split /\n/, $node->safe_psql('one', harm_start() . join '',
		map { "SELECT pg_temp.harm('alembic_version', \$change\$$_\$change\$, $role);\n" } 'SELECT', map { $_->{ddl} } @changes);

	%always = ();
	is(join("\n", lines($none)), '', "$who: no change ($none->{fixes} fixes)");
	%always = map { $_ => 1 } lines($none);
	is(scalar @answers, scalar @changes, "$who: as many answers as changes");
	check($who, $_, shift @answers) for @changes;
	return;
}

sub harm_start
{
	return q{SET client_min_messages = error; SET search_path = "My Home", app, public;} . harm_functions();
}

run_as('superuser', 'NULL');
run_as('owner of a part', q{'mighead_part'});

# The states of a database: each is made by SQL in one with four revisions, rows in all tables, a
# partitioned one and sequences that have counted.
my $scripts = PostgreSQL::Test::Utils::tempdir;

# A release of the scripts: pairs of an id and what it revises.
sub write_release
{
	my ($release, @history) = @_;

	mkdir "$scripts/$release";
	while (my ($id, $down) = splice @history, 0, 2)
	{
		my $body = $id =~ s/:(.*)// ? $1 : 'pass';
		$down = defined $down ? $down =~ /,/ ? '(' . join(', ', map { "'$_'" } split /,/, $down) . ')' : "'$down'" : 'None';
		append_to_file("$scripts/$release/$id.py", "revision = '$id'\ndown_revision = $down\n\n\ndef upgrade():\n    $body\n");
	}
	return;
}

my @base = (a1 => undef, b2 => 'a1', c3 => 'b2', d4 => 'c3');
write_release('base', @base);
write_release('newer', @base, e5 => 'd4');
write_release('branched', @base, f5 => 'c3');
write_release('merged', @base, f5 => 'c3', m6 => 'd4,f5');
write_release('shorter', @base[ 0 .. 5 ]);
write_release('replaced', @base[ 0 .. 5 ], g5 => 'c3');
write_release('squashed', s1 => undef);
write_release('renamed', @base[ 0 .. 5 ], d5 => 'c3');
write_release('edited', @base[ 0 .. 3 ], 'c3:return' => 'b2', d4 => 'c3');
write_release('inserted', @base[ 0 .. 3 ], i9 => 'b2', c3 => 'i9', d4 => 'c3');
write_release('long', @base, ('e' x 40) => 'd4');

sub load { return "PERFORM mighead_load_scripts('$scripts/$_[0]', release => '$_[0]');" }

my @states = (
	'stamped at head, a column is missing' => 'ALTER TABLE orders DROP total',
	'stamped at head, the schema is of b2' => 'ALTER TABLE orders DROP total; ALTER TABLE customers DROP email',
	'stamped at head, the schema is of a1' => 'ALTER TABLE orders DROP total, DROP state; ALTER TABLE customers DROP email; DROP TYPE state',
	'unknown row' => q{UPDATE alembic_version SET version_num = 'zz'},
	'unknown row, an older schema' => q{UPDATE alembic_version SET version_num = 'zz'; ALTER TABLE orders DROP total},
	'ahead of the code' => load('newer') . q{UPDATE alembic_version SET version_num = 'e5';} . load('base'),
	'row behind' => q{UPDATE alembic_version SET version_num = 'b2'},
	'row behind, and so is the schema' => q{UPDATE alembic_version SET version_num = 'c3'; ALTER TABLE orders DROP total},
	'two heads' => load('branched'),
	'a row of each head' => load('branched') . q{INSERT INTO alembic_version VALUES ('f5')},
	'rolled back over a merge' => load('merged') . q{UPDATE alembic_version SET version_num = 'm6';} . load('branched'),
	'never stamped' => 'DELETE FROM alembic_version',
	'never stamped, the schema is of c3' => 'DELETE FROM alembic_version; ALTER TABLE orders DROP total',
	'no version table' => 'DROP TABLE alembic_version',
	'a row and its ancestor' => q{INSERT INTO alembic_version VALUES ('b2')},
	'half applied' => q{UPDATE alembic_version SET version_num = 'c3'; ALTER TABLE orders DROP CONSTRAINT orders_total_check},
	'invalid index' => q{UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_at'::regclass},
	'invalid unique index' => q{UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'customers_email'::regclass},
	'invalid unique index, duplicates' => q{UPDATE pg_index SET indisvalid = false, indisready = false WHERE indexrelid = 'customers_email'::regclass;
		INSERT INTO customers (name, email) SELECT name, email FROM customers},
	'invalid index of a pending revision' => q{UPDATE alembic_version SET version_num = 'b2'; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'customers_email'::regclass},
	'edited script' => load('edited'),
	'script removed' => load('shorter'),
	'script replaced' => load('replaced'),
	'squashed' => load('squashed'),
	'renamed id' => load('renamed'),
	'inserted beneath' => load('inserted'),
	'narrow column' => load('long') . 'ALTER TABLE alembic_version ALTER version_num TYPE varchar(8)',
	'nothing is there' => 'DROP VIEW open; DROP TABLE orders, customers, log, alembic_version; DROP TYPE state',
	'nothing but rows' => 'DROP VIEW open; DROP TABLE orders, customers, log; DROP TYPE state',
	'an enum type that nothing uses' => q{CREATE TYPE left_over AS ENUM ('x')},
	'a label of an enum type is missing' => q{ALTER TABLE orders ALTER state DROP DEFAULT, ALTER state TYPE text; DROP TYPE state; CREATE TYPE state AS ENUM ('new');
		UPDATE orders SET state = 'new'; ALTER TABLE orders ALTER state TYPE state USING 'new'},
	'a constraint of another name' => 'ALTER TABLE orders RENAME CONSTRAINT orders_total_check TO totals',
	'version tables in two schemas' => q{CREATE SCHEMA second; CREATE TABLE second.alembic_version AS TABLE alembic_version},
	'a stranger in the version table' => q{INSERT INTO alembic_version VALUES ('other')},
	'a tenant behind' => q{CREATE SCHEMA second; CREATE TABLE second.alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO second.alembic_version VALUES ('b2')},
	'rows twice and none' => 'ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc; ALTER TABLE alembic_version ALTER version_num DROP NOT NULL;'
	  . q{INSERT INTO alembic_version VALUES ('d4'), (NULL), ('')},
	'blind stamp' => q{PERFORM mighead_stamp('b2', expect => 'd4', reason => 'blind', skip_guards => '{schema}')},
	'blind stamp, back' => q{PERFORM mighead_stamp('b2', expect => 'd4', reason => 'blind', skip_guards => '{schema}'); ALTER TABLE orders DROP total},
	'a version table of another name' => 'ALTER TABLE alembic_version RENAME TO alembic_version_config',
	'two projects' => q{PERFORM mighead_project('other', 'other_version'); CREATE TABLE other_version (version_num varchar(32) PRIMARY KEY); CREATE TABLE theirs (id int)},
	'partitions made and dropped' => 'CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (20); DROP TABLE log_1',
	'a partition detached' => 'ALTER TABLE log DETACH PARTITION log_1',
	'row security' => 'ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
	'a project without a version table' => q{PERFORM mighead_project('other', 'other_version'); PERFORM mighead_add_revision('o1', project => 'other')},
	'a watched table dropped' => q{PERFORM mighead_watch('alembic_version'); DROP TABLE alembic_version},
	'a watched table made again' => q{PERFORM mighead_watch('alembic_version'); DROP TABLE alembic_version; PERFORM mighead_ensure_version('alembic_version'); INSERT INTO alembic_version VALUES ('d4')},
	'grants of production' => 'GRANT SELECT ON orders TO mighead_reader; GRANT ALL ON SCHEMA public TO mighead_app; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO mighead_reader',
	'a grant that is missing' => 'REVOKE SELECT ON customers FROM mighead_reader',
	'what operators set' => 'ALTER TABLE orders REPLICA IDENTITY FULL, SET (autovacuum_enabled = off, fillfactor = 50), ALTER at SET STATISTICS 500; CREATE PUBLICATION p FOR TABLE orders',
	'a sequence ends earlier' => 'ALTER SEQUENCE orders_id_seq AS bigint',
	'a sequence dropped' => 'DROP SEQUENCE orders_id_seq CASCADE',
	'an identity dropped' => 'ALTER TABLE customers ALTER id DROP IDENTITY',
	'null values where none were' => q{ALTER TABLE customers ALTER name DROP NOT NULL; INSERT INTO customers (name) VALUES (NULL)},
	'rows that violate a check' => 'ALTER TABLE orders DROP CONSTRAINT orders_total_check; UPDATE orders SET total = -1',
	'rows without a parent' => 'ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey; DELETE FROM customers',
	'foreign keys switched off' => 'ALTER TABLE orders DISABLE TRIGGER ALL',
	'a foreign key not valid' => 'ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey; ALTER TABLE orders ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer) REFERENCES customers NOT VALID',
	'columns wider, with a view on them' => 'DROP VIEW open; ALTER TABLE customers ALTER name TYPE varchar(5); CREATE VIEW open AS SELECT name FROM customers',
	'a newer schema' => 'ALTER TABLE orders RENAME total TO amount; ALTER TABLE customers ADD phone text; CREATE TABLE new (id int)',
	'a table renamed' => 'ALTER TABLE orders RENAME TO purchases',
	'a table moved' => 'CREATE SCHEMA archive; ALTER TABLE orders SET SCHEMA archive',
	'another owner' => 'ALTER TABLE orders OWNER TO mighead_app; ALTER TABLE customers OWNER TO mighead_reader',
	'an extension more' => 'CREATE EXTENSION citext',
);

$node->safe_psql('postgres', 'CREATE DATABASE states');
$node->safe_psql('states', <<"SQL");
CREATE EXTENSION mighead;
SELECT mighead_load_scripts('$scripts/base', release => 'base');
SELECT mighead_ensure_version('alembic_version');
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE customers (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id serial PRIMARY KEY, customer int NOT NULL REFERENCES customers, at date DEFAULT now());
CREATE INDEX orders_at ON orders (at);
CREATE TABLE log (at int, line text) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
CREATE VIEW open AS SELECT name FROM customers;
GRANT SELECT ON customers TO mighead_reader;
SELECT mighead_capture('a1');
UPDATE alembic_version SET version_num = 'b2';
CREATE TYPE state AS ENUM ('new', 'paid');
ALTER TABLE orders ADD state state DEFAULT 'new';
SELECT mighead_capture('b2');
UPDATE alembic_version SET version_num = 'c3';
ALTER TABLE customers ADD email text;
CREATE UNIQUE INDEX customers_email ON customers (email);
SELECT mighead_capture('c3');
UPDATE alembic_version SET version_num = 'd4';
ALTER TABLE orders ADD total numeric(12, 2), ADD CONSTRAINT orders_total_check CHECK (total >= 0);
SELECT mighead_capture('d4');
INSERT INTO customers (name, email) SELECT 'n' || n, n || '\@x' FROM generate_series(1, 20) n;
INSERT INTO orders (customer, total) SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO log SELECT n, n FROM generate_series(0, 9) n;
ALTER TABLE customers OWNER TO mighead_part;
ALTER TABLE orders OWNER TO mighead_part;
GRANT SELECT ON alembic_version TO mighead_part;
SQL

# A label and its block of PL/pgSQL.
sub run_states
{
	my ($who, $role) = @_;
	my @labels = @states[ grep { !($_ % 2) } 0 .. $#states ];
	my @blocks = map { my $block = $states[$_]; $block =~ s/;?\s*$/;/; "DO \$b\$BEGIN $block END\$b\$" } grep { $_ % 2 } 0 .. $#states;
	my ($none, @answers) = map { decode_json($_) } grep { /^\{/ } split /\n/, $node->safe_psql('states', 'SET client_min_messages = error;' . harm_functions() . join '',
		map { "SELECT pg_temp.harm('alembic_version', \$change\$$_\$change\$, $role);\n" } 'SELECT', @blocks);

	is(join("\n", map { @{ $none->{$_} } } qw(errors lost again)), '', "$who: no state ($none->{fixes} fixes)");
	is(scalar @answers, scalar @labels, "$who: as many answers as states");
	foreach my $label (@labels)
	{
		my $answer = shift @answers;

		if (!$answer->{fixes} && @{ $answer->{errors} }) { fail("$who: $label: cannot be made: @{ $answer->{errors} }"); next }
		is(join("\n", map { @{ $answer->{$_} } } qw(errors lost again)), '', "$who: $label ($answer->{fixes} fixes)");
	}
	return;
}

run_states('superuser', 'NULL');
run_states('owner of a part', q{'mighead_part'});

# And it can fail: fixes that drop rows, weaken and raise are told.
my ($told) = grep { /^\{/ } split /\n/, $node->safe_psql('one', harm_start() . <<'SQL');
CREATE TABLE "My Home".harm_check (x int PRIMARY KEY); -- deletes are published
ALTER TABLE "My Home".harm_check ENABLE ROW LEVEL SECURITY;
INSERT INTO "My Home".harm_check VALUES (1);
CREATE OR REPLACE FUNCTION pg_temp.harm_fixes(of text) RETURNS text[] LANGUAGE sql AS
$$SELECT ARRAY['DELETE FROM "My Home".harm_check', 'ALTER TABLE "My Home".harm_check DISABLE ROW LEVEL SECURITY', 'SELECT 1/0']$$;
SELECT pg_temp.harm('alembic_version', 'SELECT', NULL);
SQL
$told = decode_json($told);
is(scalar @{ $told->{errors} }, 1, 'a fix that raises is told');
is(scalar @{ $told->{lost} }, 2, 'rows that are gone and what is weaker are told') or diag(@{ $told->{lost} });
is(scalar @{ $told->{again} }, 3, 'what is offered again is told');

done_testing();
