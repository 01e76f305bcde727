# Databases elsewhere: PostgreSQL's foreign servers, the rules for those who may use them, and what
# a server that is down, slow or hostile does to the caller.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('hub');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = 'all'\nlog_connections = on\nlog_disconnections = on");
# mighead connects as watcher with a password, everybody else is trusted
$node->append_conf('pg_hba.conf', '');
my $hba = $node->data_dir . '/pg_hba.conf';
my $trust = slurp_file($hba);
unlink $hba;
append_to_file($hba, "local all watcher scram-sha-256\n$trust");
$node->start;

my ($host, $port) = ($node->host, $node->port);
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION mighead;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION dblink;
CREATE ROLE watcher LOGIN PASSWORD 'sesame' IN ROLE pg_monitor;
CREATE ROLE plain LOGIN;
CREATE ROLE stranger LOGIN;
CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres', fetch_size '7');
CREATE USER MAPPING FOR postgres SERVER there OPTIONS (user 'watcher', password 'sesame');
GRANT USAGE ON FOREIGN SERVER there TO plain;
SQL
$node->safe_psql('postgres', $_)
  foreach ('CREATE DATABASE shop', q{CREATE DATABASE "it's"}, 'CREATE DATABASE closed ALLOW_CONNECTIONS false',
	'CREATE DATABASE ' . ('x' x 62));

# Returns the error of a statement as "SQLSTATE: lines"; empty if there is none.
sub error_of
{
	my ($statement, %more) = @_;
	my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$statement",
		extra_params => [ '-U', $more{role} // 'postgres' ]);

	$err =~ s/^LOCATION:.*\n?//mg;
	$err =~ s/^psql:<stdin>:\d+: //mg;
	return $err;
}

sub connections_there
{
	return $node->safe_psql('postgres',
		q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mighead'});
}

# ---------- the databases of a server ----------

my $lines = $node->safe_psql('postgres', q{SELECT mighead_fleet_servers('there')});
my $mapping = q{ OPTIONS ("user" 'watcher', password 'sesame');};
my $options = "host '$host', port '$port', fetch_size '7'";
like($lines, qr/^\QCREATE SERVER IF NOT EXISTS "there\/shop" FOREIGN DATA WRAPPER postgres_fdw OPTIONS ($options, dbname 'shop');\E$/m,
	'a line for each database');
like($lines, qr/^\QCREATE USER MAPPING IF NOT EXISTS FOR CURRENT_USER SERVER "there\/shop"$mapping\E$/m, 'and one for its user mapping');
unlike($lines, qr/closed|template|dbname 'postgres'/, 'but not for those that cannot be asked, nor for its own');

$node->safe_psql('postgres', "SELECT mighead_fleet_servers('there') \\gexec");
$node->safe_psql('postgres', "SELECT mighead_fleet_servers('there') \\gexec");
is($node->safe_psql('postgres', q{SELECT string_agg(left(srvname, 20) || ' ' || length(srvname), ', ' ORDER BY srvname COLLATE "C") FROM pg_foreign_server}),
	q{there 5, there/it's 10, there/shop 10, there/xxxxxxxxxxxxxx 63}, '\gexec makes them, once');
like($node->safe_psql('postgres', q{SELECT mighead_fleet_servers('there/shop')}), qr/dbname 'it''s'/, 'and they work');

# ---------- who may use a server ----------

like(error_of(q{SELECT mighead_fleet_servers('nowhere')}), qr/42704: server "nowhere" does not exist/, 'no such server');
like(error_of('SELECT mighead_fleet_servers(NULL)'), qr/22004/, 'NULL');
like(error_of(q{SELECT mighead_fleet_servers('there')}, role => 'stranger'),
	qr/42501: permission denied for foreign server there/, 'no USAGE');
like(error_of(q{SELECT mighead_fleet_servers('there')}, role => 'plain'),
	qr/42704: server "there" has no user mapping for "plain"/, 'no user mapping');
$node->safe_psql('postgres', q{CREATE FOREIGN DATA WRAPPER other; CREATE SERVER other FOREIGN DATA WRAPPER other});
like(error_of(q{SELECT mighead_fleet_servers('other')}), qr/42809: server "other" is not a PostgreSQL server/, 'another wrapper');

# Roles that are not superusers: the rules of dblink.
$node->safe_psql('postgres', q{CREATE USER MAPPING FOR plain SERVER there OPTIONS (user 'watcher')});
like(error_of(q{SELECT mighead_fleet_servers('there')}, role => 'plain'),
	qr/2F003: could not connect to server "there"\nDETAIL:  The user mapping has no password\./, 'a password is required');
$node->safe_psql('postgres', q{ALTER USER MAPPING FOR plain SERVER there OPTIONS (ADD password 'sesame')});
is(error_of(q{SELECT mighead_fleet_servers('there')}, role => 'plain'), '', 'with a password it works');
$node->safe_psql('postgres', q{ALTER USER MAPPING FOR plain SERVER there OPTIONS (SET user 'postgres')});
like(error_of(q{SELECT mighead_fleet_servers('there')}, role => 'plain'),
	qr/2F003: server "there" is unreachable\nDETAIL:  It did not ask for a password\./, 'the server has to ask for it');
$node->safe_psql('postgres', q{ALTER USER MAPPING FOR plain SERVER there OPTIONS (DROP password, ADD password_required 'false')});
is(error_of(q{SELECT mighead_fleet_servers('there')}, role => 'plain'), '', 'unless a superuser said that it need not');
$node->safe_psql('postgres', q{DROP USER MAPPING FOR plain SERVER there});

# The files and the environment of the server's account are not for them.
my $passfile = $node->basedir . '/passfile';
append_to_file($passfile, "*:*:*:watcher:sesame\n");
chmod 0600, $passfile or die $!;
foreach my $option ("passfile '$passfile'", "service 'x'", "sslkey '/etc/passwd'", "sslcert '/etc/passwd'")
{
	my ($name) = split / /, $option;
	$node->safe_psql('postgres', <<"SQL");
CREATE SERVER lender FOREIGN DATA WRAPPER dblink_fdw OPTIONS (host '$host', port '$port', dbname 'postgres', $option);
GRANT USAGE ON FOREIGN SERVER lender TO plain;
CREATE USER MAPPING FOR plain SERVER lender OPTIONS (user 'watcher', password 'wrong');
SQL
	like(error_of(q{SELECT mighead_fleet_servers('lender')}, role => 'plain'),
		qr/42501: could not connect to server "lender"\nDETAIL:  Option "$name" works for superusers only\./, "not $name");
	$node->safe_psql('postgres', 'DROP SERVER lender CASCADE');
}
{
	local $ENV{PGPASSFILE} = $passfile;
	local $ENV{PGSERVICE} = 'nonsense';
	local $ENV{PGHOSTADDR} = '192.0.2.1';
	$node->restart;
}
$node->safe_psql('postgres', q{CREATE USER MAPPING FOR plain SERVER there OPTIONS (user 'watcher', password 'sesame')});
is(error_of(q{SELECT mighead_fleet_servers('there')}, role => 'plain'), '', 'no variable of the environment counts');
$node->safe_psql('postgres', q{ALTER USER MAPPING FOR plain SERVER there OPTIONS (DROP password, ADD password_required 'false')});
like(error_of(q{SELECT mighead_fleet_servers('there')}, role => 'plain'), qr/fe_sendauth: no password supplied/,
	'nor the password file');
like(error_of(q{SELECT mighead_fleet_servers('there')}), qr/definition of service "nonsense" not found/, 'but for superusers they do');
$node->restart;

# ---------- what is done there ----------

my $from = -s $node->logfile;
$node->safe_psql('postgres', q{SELECT mighead_fleet_servers('there')});
my $log = slurp_file($node->logfile, $from);
like($log, qr/BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL client_encoding/, 'one transaction, which only reads');
unlike($log, qr/statement: SET (?!LOCAL)/, 'nothing is set for longer than that');
is(connections_there(), '0', 'no connection is left');

# ---------- the state of a fleet ----------

$node->safe_psql('postgres', q{SELECT mighead_add_revision('a1', message => 'one'); SELECT mighead_add_revision('a2', ARRAY['a1'])});
$node->safe_psql('shop', <<'SQL');
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
GRANT SELECT ON alembic_version TO watcher;
CREATE SCHEMA "Sp""ecial";
CREATE TABLE "Sp""ecial".alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO "Sp""ecial".alembic_version VALUES ('a2');
SQL
$node->safe_psql("it's", 'CREATE TABLE orders (id int)');
$node->safe_psql('postgres', <<"SQL");
CREATE SERVER dead FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/nowhere', dbname 'gone');
CREATE USER MAPPING FOR postgres SERVER dead;
CREATE SERVER unmapped FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'shop');
SQL

my $fleet = 'SELECT server, database, version_table, reachable, state, severity, current, pending, compared FROM mighead_fleet';
is($node->safe_psql('postgres', "$fleet('there/%') WHERE server !~ '~'"), <<"ROWS" =~ s/\n\z//r, 'a row for each version table, worst first');
there/it's|it's||t|unstamped|2|{}|2|f
there/shop|shop|"Sp""ecial".alembic_version|t|unreadable|3|||f
there/shop|shop|public.alembic_version|t|pending|1|{a1}|1|f
ROWS

done_testing();
