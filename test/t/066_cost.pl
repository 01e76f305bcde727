# What an answer costs: how many queries are planned for it, and how that grows.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION mighead; SELECT mighead_ensure_version()');

# The server says so itself each time that it plans a query.
my $plans = sub {
	my ($sql) = @_;
	local $ENV{PGOPTIONS} = '-c log_planner_stats=on -c client_min_messages=log';
	my ($status, $out, $err) = $node->psql('postgres', $sql, on_error_stop => 0);

	my @plans = $err =~ /PLANNER STATISTICS/g;
	return scalar @plans;
};

is($plans->('SELECT 1'), 1, 'a query is planned');
is($plans->('SELECT * FROM mighead_status()'), 1, 'the first status of a session plans nothing but the query that asks for it');
$node->safe_psql('postgres', <<'SQL');
SELECT mighead_add_revision('a1'), mighead_add_revision('a2', '{a1}');
SELECT mighead_watch('alembic_version');
INSERT INTO alembic_version VALUES ('a1');
CREATE TYPE mood AS ENUM ('glad');
CREATE TABLE t (id int PRIMARY KEY, mood mood);
SQL
is($plans->('SELECT * FROM mighead_status()'), 1, 'nor with scripts, a journal, tables and an enum type that is used');

$node->safe_psql('postgres', <<'SQL');
DO $$ BEGIN FOR i IN 1..50 LOOP
    EXECUTE format('CREATE SCHEMA tenant_%1$s; CREATE TABLE tenant_%1$s.alembic_version AS TABLE alembic_version; CREATE TABLE tenant_%1$s.t (id int)', i);
    PERFORM mighead_watch(format('tenant_%s.alembic_version', i)::regclass);
END LOOP; END $$;
SQL
is($plans->('SELECT * FROM mighead_status()'), 1, 'nor with many tenants');

# Rows that the drift of one relation reads, of the system catalogs and of mighead's tables.
my $rows_read = sub {
	my ($tables) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE of_$tables");
	$node->safe_psql("of_$tables", <<"SQL");
CREATE EXTENSION mighead;
SELECT mighead_ensure_version();
INSERT INTO alembic_version VALUES ('one');
DO \$\$ BEGIN FOR i IN 1..$tables LOOP
    EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, name text DEFAULT ''new'' CHECK (name <> ''''), at date); CREATE INDEX ON t%s (name); COMMENT ON TABLE t%s IS ''its comment''', i, i, i);
END LOOP; END \$\$;
SELECT mighead_capture();
ALTER TABLE t1 ALTER name SET DEFAULT 'old';
VACUUM ANALYZE;
SQL
	my $rows = $node->safe_psql("of_$tables", <<'SQL');
SELECT count(*) FROM mighead_drift(relation => 't1');
BEGIN;
SELECT count(*) FROM mighead_drift(relation => 't1');
SELECT sum(pg_stat_get_xact_tuples_returned(oid)) + sum(pg_stat_get_xact_tuples_fetched(oid)) FROM pg_class
WHERE relkind IN ('r', 'i') AND relnamespace IN ('pg_catalog'::regnamespace, 'mighead'::regnamespace);
COMMIT;
SQL
	my @lines = split /\n/, $rows;
	is("@lines[0,1]", '1 1', "the difference is found among $tables tables");
	return $lines[-1];
};

my $few = $rows_read->(10);
my $many = $rows_read->(150);
# What is left to grow are scans of small catalogs from end to end.
cmp_ok($many, '<', 2 * $few, "the drift of one relation reads $few rows among 10 tables, and $many among 150");

$node->stop;
done_testing();
