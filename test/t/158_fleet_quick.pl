# An ordinary version table elsewhere is found by a query that costs little. What is said of it is what the query for
# all tables says, which is asked as soon as there is a table that is not ordinary.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "log_statement = all\n");
$node->start;
my ($host, $port) = ($node->host, $node->port);
$node->safe_psql('postgres', $_) foreach 'CREATE DATABASE hub', 'CREATE ROLE app', 'CREATE ROLE watcher LOGIN', 'CREATE DATABASE there', 'ALTER DATABASE there OWNER TO app';
$node->safe_psql('hub', <<"SQL");
CREATE EXTENSION mighead;
CREATE EXTENSION postgres_fdw;
CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'there');
CREATE USER MAPPING FOR CURRENT_USER SERVER there OPTIONS (user 'watcher');
SELECT FROM mighead_add_revision('a1');
SELECT FROM mighead_add_revision('b2', '{a1}');
SQL

# What is said of public.alembic_version, and whether all was asked.
sub ask
{
	my ($arguments) = @_;
	my $from = -s $node->logfile;
	my $said = $node->safe_psql('hub', "SELECT to_jsonb(f) FROM mighead_remote_findings($arguments) f WHERE version_table = 'public.alembic_version' ORDER BY f::text;"
			. "SELECT to_jsonb(s) - 'took' FROM mighead_remote_status($arguments) s WHERE version_table = 'public.alembic_version'");
	return ($said, slurp_file($node->logfile, $from) =~ /tree \(root, oid\)/ ? 'all' : 'quick');
}

sub compare
{
	my ($name, $statements, $expected) = @_;

	$node->safe_psql('there', "SET ROLE app; CREATE TABLE public.alembic_version ($statements; GRANT SELECT ON public.alembic_version TO watcher");
	foreach my $arguments (q{'there'}, q{'there', 'public.alembic_version'})
	{
		my ($quick, $way) = ask($arguments);

		is($way, $expected, "$name, $arguments: the way");
		isnt($quick, '', "$name, $arguments: it says something");
		$node->safe_psql('there', 'CREATE VIEW information_schema.alembic_version AS SELECT 1 AS version_num');
		my ($all, $long_way) = ask($arguments);
		is($long_way, 'all', "$name, $arguments: the other way");
		is($quick, $all, "$name, $arguments: both say the same");
		$node->safe_psql('there', 'DROP VIEW information_schema.alembic_version');
	}
	$node->safe_psql('there', 'DROP TABLE public.alembic_version CASCADE');
	return;
}

$node->safe_psql('there', 'GRANT CREATE ON SCHEMA public TO app');
my $rows = "; INSERT INTO public.alembic_version VALUES ('a1')";
my $plain = "version_num varchar(32) NOT NULL PRIMARY KEY)";
compare('as Alembic makes it', "$plain$rows", 'quick');
compare('without rows', $plain, 'quick');
compare('without a key', "version_num varchar(32))$rows", 'quick');
compare('with a key over two columns', "version_num varchar(32), a int DEFAULT 1, UNIQUE (version_num, a))$rows", 'quick');
compare('with a partial key', "version_num varchar(32)); CREATE UNIQUE INDEX ON public.alembic_version (version_num) WHERE version_num <> ''$rows", 'quick');
compare('narrow', "version_num varchar(2) PRIMARY KEY)$rows", 'quick');
compare('varchar', "version_num varchar PRIMARY KEY)$rows", 'quick');
compare('text', "version_num text PRIMARY KEY)$rows", 'quick');
compare('char', "version_num char(5) PRIMARY KEY)$rows", 'quick');
compare('name', "version_num name PRIMARY KEY)$rows", 'quick');
compare('strange rows', q{version_num text); INSERT INTO public.alembic_version VALUES ('b2'), (NULL), (E'a\\\\b\tc\nd'), ('\N'), (''), (repeat('x', 2000)), ('a1'), ('é')}, 'quick');
compare('many rows', "version_num text); INSERT INTO public.alembic_version SELECT 'r' || n FROM generate_series(1, 2000) n", 'quick');
compare('large', "version_num text); INSERT INTO public.alembic_version SELECT repeat('x', 900) || n FROM generate_series(1, 20000) n", 'all');
compare('large values', "version_num text); ALTER TABLE public.alembic_version ALTER version_num SET STORAGE EXTERNAL; INSERT INTO public.alembic_version SELECT repeat('x', 9000000)", 'all');
compare('no column', "id int)", 'all');
compare('of another type', "version_num int); INSERT INTO public.alembic_version VALUES (1)", 'all');
compare('of a domain', "version_num information_schema.sql_identifier)$rows", 'all');
compare('a generated column', "a text, version_num text GENERATED ALWAYS AS (a || '') STORED); INSERT INTO public.alembic_version VALUES ('a1')", 'all');
compare('with row security', "$plain$rows; ALTER TABLE public.alembic_version ENABLE ROW LEVEL SECURITY", 'all');
compare('with a child', "$plain$rows; CREATE TABLE public.child () INHERITS (public.alembic_version)", 'all');
compare('partitioned', "version_num text) PARTITION BY LIST (version_num)", 'all');
compare('with a rule', "$plain$rows; CREATE RULE r AS ON UPDATE TO public.alembic_version DO INSTEAD NOTHING", 'all');

# ---------- locks ----------

foreach my $mode ('ACCESS SHARE', 'ROW EXCLUSIVE', 'ACCESS EXCLUSIVE')
{
	my ($in, $out, $session) = ('', '');
	$node->safe_psql('there', "SET ROLE app; CREATE TABLE public.alembic_version ($plain; GRANT SELECT ON public.alembic_version TO watcher");
	$node->safe_psql('there', "INSERT INTO public.alembic_version VALUES ('a1')");
	$session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('there') ], '<', \$in, '>', \$out);
	$in = "BEGIN; LOCK TABLE public.alembic_version IN $mode MODE; \\echo locked\n";
	pump $session until $out =~ /locked/;
	my ($quick, $way) = ask(q{'there'});
	is($way, $mode eq 'ACCESS EXCLUSIVE' ? 'all' : 'quick', "$mode: the way");
	like($quick, $mode eq 'ACCESS EXCLUSIVE' ? qr/"busy"/ : qr/"b2"/, "$mode: the state");
	$in .= "ROLLBACK; \\q\n";
	$session->finish;
	$node->safe_psql('there', 'DROP TABLE public.alembic_version');
}

# ---------- roles and places ----------

$node->safe_psql('there', "CREATE TABLE public.alembic_version ($plain$rows");
my ($said, $way) = ask(q{'there'});
is($way, 'all', 'a table that may not be read, of a role that does not own the database: all is asked');
like($said, qr/"unreadable"/, 'and it is unreadable');
$node->safe_psql('there', 'GRANT SELECT ON public.alembic_version TO watcher');
($said, $way) = ask(q{'there'});
is($way, 'all', 'a superuser who does not own the database: all is asked');
unlike($said, qr/"unreadable"/, 'and it is read');
$node->safe_psql('there', 'ALTER TABLE public.alembic_version OWNER TO watcher');
($said, $way) = ask(q{'there'});
is($way, 'quick', 'a table of the role that asks');
$node->safe_psql('there', 'DROP TABLE public.alembic_version');
is($node->safe_psql('hub', q{SELECT state FROM mighead_remote_status('there')}), 'empty_database', 'none');
is(($node->psql('hub', q{SELECT FROM mighead_remote_status('there', 'nowhere.alembic_version')}))[0], 3, 'none of a name');

done_testing();
