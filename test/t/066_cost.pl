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

$node->stop;
done_testing();
