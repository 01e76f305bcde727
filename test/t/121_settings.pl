# What a session has set changes no answer, and makes mighead say nothing.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
SELECT mighead_add_revision('a1', message => 'it''s one\'), mighead_add_revision('a2', '{a1}'), mighead_add_revision('a3', '{a2}', branch_labels => '{main}');
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, note text DEFAULT 'C:\new' CHECK (note ~ '^\S'), paid boolean, since timestamptz DEFAULT '2020-01-02 03:04:05+00', each interval DEFAULT '1 day 2 hours');
CREATE VIEW notes AS SELECT note, note = 'a\b' AS is_path FROM orders WHERE note LIKE 'a\_%';
CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN 'a\b';
CREATE INDEX by_note ON orders (note) WHERE note <> 'x\y';
SELECT mighead_watch('alembic_version', capture => true);
INSERT INTO alembic_version VALUES ('a1');
SELECT mighead_capture();
UPDATE alembic_version SET version_num = 'a3';
UPDATE alembic_version SET version_num = 'a1';
SELECT mighead_watch_ddl(statements => true);
ALTER TABLE orders ALTER note SET DEFAULT 'D:\new', ADD CONSTRAINT later CHECK (note <> '\') NOT VALID;
CREATE TRIGGER something BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TABLE _alembic_tmp_orders (id int);
CREATE TABLE xalembicxtmpxorders (id int);
CREATE FUNCTION g(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT 1';
SQL

my @questions = (
	'SELECT version_table, project, state, severity, current, heads, unknown, applied, pending, drift, findings, detail, hint FROM mighead_status()',
	'SELECT version_table, project, revision, known, is_head, implied_by, message FROM mighead_versions',
	'SELECT severity, code, version_table, object, detail, hint, fix FROM mighead_findings(min_severity => 0)',
	'SELECT object_type, object, kind, attribute, expected, actual, severity, changed_by, fix FROM mighead_drift(min_severity => 0)',
	q{SELECT * FROM mighead_locate()},
	q{SELECT mighead_verify('a1')},
	q{SELECT * FROM mighead_definitions()},
	q{SELECT revision, down_revision, message FROM mighead_history()},
	q{SELECT * FROM mighead_show('main')},
	q{SELECT * FROM mighead_graph()},
	q{SELECT * FROM mighead_upgrade_plan()},
	q{SELECT action, old_rows, new_rows, ran_ddl FROM mighead_log()},
	q{SELECT object, object_type, command_tag, statement FROM mighead_ddl()},
	q{SELECT * FROM mighead_locks()},
	q{SELECT * FROM mighead_leftovers()},
	q{SELECT orphan_rows, delete_sql FROM mighead_orphans('alembic_version', '{version_num}', 'orders', '{note}')},
	q{SELECT * FROM mighead_castable('alembic_version', 'version_num', 'text')},
	q{SELECT mighead_export() - 'exported_at'});
my $all = join ";\n", @questions;

my $answer = sub {
	my ($options) = @_;
	local $ENV{PGOPTIONS} = $options;
	my ($status, $out, $err) = $node->psql('postgres', $all, on_error_stop => 0);

	return ($out, $err);
};
my ($expected, $said) = $answer->('');
is($said, '', 'nothing is said');
like($expected, qr/_alembic_tmp_orders/, 'a temporary table of a batch');
unlike($expected =~ s/^.*exported.*$//mr =~ s/\|.*//gmr, qr/^xalembic/m, 'and not what only looks like one');
foreach my $options (
	'-c standard_conforming_strings=off -c backslash_quote=off',
	'-c standard_conforming_strings=off -c escape_string_warning=on',
	'-c array_nulls=off',
	'-c transform_null_equals=on',
	'-c intervalstyle=sql_standard',
	'-c xmloption=document -c default_transaction_isolation=serializable',
	'-c default_transaction_read_only=on',
	'-c work_mem=64kB -c join_collapse_limit=1 -c from_collapse_limit=1 -c geqo_threshold=2 -c plan_cache_mode=force_generic_plan',
	'-c session_replication_role=replica -c row_security=off -c check_function_bodies=off -c synchronize_seqscans=off',
	'-c extra_float_digits=-10 -c bytea_output=escape -c lc_monetary=C -c lc_numeric=C -c xmlbinary=hex -c lo_compat_privileges=on',
	'-c constraint_exclusion=on -c default_text_search_config=simple',
	'-c enable_seqscan=off -c enable_indexscan=off -c force_parallel_mode=on' =~ s/force_parallel_mode/$node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode'/er)
{
	next if $options =~ /conforming/ && $node->pg_version >= 19;
	my ($out, $err) = $answer->($options);

	is($err, '', "$options: nothing is said");
	is($out, $expected, "$options: the same answers");
}

# These change how the server prints the columns that are regclass and timestamps, and nothing else.
my @plain = (
	'SELECT project, state, severity, current, heads, unknown, applied, pending, drift, findings, detail, hint FROM mighead_status()',
	'SELECT severity, code, object, detail, hint, fix FROM mighead_findings(min_severity => 0)',
	'SELECT object_type, object, kind, attribute, expected, actual, severity, changed_at IS NULL, changed_by, fix FROM mighead_drift(min_severity => 0)',
	@questions[ 4 .. $#questions ]);
my $ask = sub {
	local $ENV{PGOPTIONS} = $_[0];
	my ($status, $out, $err) = $node->psql('postgres', join(";\n", @plain), on_error_stop => 0);

	return "$out\n$err";
};
my $plain = $ask->('');
like($plain, qr/public\.orders\.note\|changed\|default\|.*\|f\|/, 'who changed it is known');
foreach my $options ('-c quote_all_identifiers=on', '-c DateStyle=SQL,DMY -c IntervalStyle=iso_8601')
{
	is($ask->($options), $plain, "$options: the same answers");
}

# Writers, too.
{
	local $ENV{PGOPTIONS} = '-c standard_conforming_strings=off -c quote_all_identifiers=on' if $node->pg_version < 19;
	my ($status, $out, $err) = $node->psql('postgres', <<'SQL');
SELECT mighead_watch_ddl(), mighead_watch('alembic_version'), mighead_ignore('public.orders%', 'why'), mighead_environment('production');
CREATE TABLE "it's" (id int);
CREATE TRIGGER other BEFORE INSERT ON "it's" FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT rows_after FROM mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}', confirm => 'production');
SELECT count(*) FROM mighead_prune('1 day');
SELECT mighead_unignore('public.orders%');
SELECT mighead_environment('staging');
CALL mighead_check(3);
SQL
	unlike($err, qr/WARNING|ERROR/, 'writers say nothing of it');
	like($out, qr/^\|\|\|\n\{a2\}\n1\n/, 'and write') or diag $out;
	is($node->safe_psql('postgres', q{SELECT object FROM mighead_ddl() WHERE object ~ 'other'}), q{public."it's".other}, 'names are told as ever');
}
done_testing();
