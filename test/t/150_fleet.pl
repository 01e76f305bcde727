# Databases elsewhere: PostgreSQL's foreign servers, the rules for those who may use them, and what
# a server that is down, slow or hostile does to the caller.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use FindBin;

my $node = PostgreSQL::Test::Cluster->new('hub');
$node->init(extra => [ "--encoding=UTF8", "--locale=C.UTF-8" ]);
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
# Nor do they count for a superuser at a stranger's server, which may be anywhere.
$node->safe_psql('postgres', <<"SQL");
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO stranger;
SET ROLE stranger;
CREATE SERVER trap FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
CREATE USER MAPPING FOR PUBLIC SERVER trap OPTIONS (user 'watcher');
SQL
my $trap = q{SELECT mighead_fleet_servers('trap')};
like(error_of($trap), qr/2F003: .*"trap"\nDETAIL:  The user mapping has no password\.\nHINT:  The server's owner is no superuser/, "a superuser needs a password for a stranger's server");
$node->safe_psql('postgres', q{SET ROLE stranger; ALTER USER MAPPING FOR PUBLIC SERVER trap OPTIONS (ADD password 'sesame')});
is(error_of($trap), '', 'with a password of his it works, without the environment');
$node->safe_psql('postgres', "$trap \\gexec");
is($node->safe_psql('postgres', q{SELECT DISTINCT srvowner::regrole FROM pg_foreign_server WHERE srvname LIKE 'trap/%'}), 'stranger', 'and \gexec makes servers that are his');
$node->safe_psql('postgres', q{SELECT format('DROP SERVER %I CASCADE', srvname) FROM pg_foreign_server WHERE srvname LIKE 'trap/%' \gexec});
$node->safe_psql('postgres', q{SET ROLE stranger; ALTER USER MAPPING FOR PUBLIC SERVER trap OPTIONS (SET user 'stranger')});
like(error_of($trap), qr/2F003: server "trap" is unreachable\nDETAIL:  It did not ask for a password\. It has to where the server's owner is no superuser\./, 'and that server has to ask for it');
$node->safe_psql('postgres', "SET ROLE stranger; ALTER SERVER trap OPTIONS (ADD passfile '$passfile')");
like(error_of($trap), qr/42501: .*"trap"\nDETAIL:  Option "passfile" works only where a superuser owns the server\./, 'a stranger names no file');
$node->safe_psql('postgres', 'DROP SERVER trap CASCADE');
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

# The problems of one.
is($node->safe_psql('postgres', q{SELECT severity, code, version_table, fix IS NULL FROM mighead_remote_findings('there/shop', 'public.alembic_version')}),
	'1|pending|public.alembic_version|t', 'a finding');
like($node->safe_psql('postgres', q{SELECT detail FROM mighead_remote_findings('there/shop', 'public.alembic_version', 0) WHERE code = 'not_compared'}),
	qr/^The schema was not compared: nothing was ever captured for project default\.$/, 'and nobody is told that the schema was compared');
like($node->safe_psql('postgres', q{SELECT hint FROM mighead_remote_findings('there/shop') WHERE code = 'unreadable'}),
	qr/GRANT USAGE ON SCHEMA "Sp""ecial" TO watcher/, 'a grant that is missing there');
like(error_of(q{SELECT * FROM mighead_remote_status('there/shop', 'nothing')}), qr/42P01: relation nothing does not exist on server "there\/shop"/, 'no such version table there');
like(error_of(q{SELECT * FROM mighead_remote_status('there/shop', 'a.b.c')}), qr/42601: improper qualified name/, 'no name');
like(error_of(q{SELECT * FROM mighead_remote_status('there/shop', '"')}), qr/42602/, 'no name either');
like(error_of(q{SELECT * FROM mighead_remote_findings('there/shop', NULL, 4)}), qr/22023: "min_severity" must be between 0 and 3/, 'no severity');
like(error_of(q{SELECT * FROM mighead_fleet('%', '-1 s')}), qr/22023: "timeout" must be between 1 ms and 1 day/, 'no time');
like(error_of(q{SELECT * FROM mighead_fleet('\\')}), qr/22025/, 'no pattern');
is($node->safe_psql('postgres', q{SELECT count(*) FROM mighead_fleet('unmapped')}), '0', 'a server without a user mapping is left out');
like($node->safe_psql('postgres', q{SELECT state, severity, reachable, detail FROM mighead_fleet('dead')}),
	qr{^unreachable\|3\|f\|Server dead could not be asked: connection to server on socket "/nowhere/\S+" failed: No such file or directory\.$},
	'a server that is down');

# In numbers, and on the command line.
is($node->safe_psql('postgres', q{SELECT server, version_table, project, database, reachable, severity, rows, heads, pending, compared, took_seconds >= 0
	FROM mighead_fleet_metrics() WHERE server IN ('dead', 'there/shop') AND version_table !~ 'Sp' ORDER BY server}), <<'ROWS' =~ s/\n\z//r, 'metrics');
dead|||gone|0|3|NaN|NaN|NaN|0|t
there/shop|public.alembic_version|default|shop|1|1|1|1|1|0|t
ROWS
is($node->safe_psql('postgres', 'SELECT count(*) FROM mighead_fleet_metrics() m WHERE to_jsonb(m) @? \'$.* ? (@ == null)\''), '0', 'none is NULL');
my $program = $node->config_data('--bindir') . '/mighead';
SKIP:
{
	skip 'the program is not installed', 8 unless -x $program;
	my $run = sub {
		my (@arguments) = @_;
		my ($printed, $complaint) = ('', '');
		IPC::Run::run([ $program, 'fleet', '-h', $host, '-p', $port, '-U', 'postgres', '-d', 'postgres', @arguments ],
			'<', \undef, '>', \$printed, '2>', \$complaint);
		return ($? >> 8, $printed, $complaint);
	};
	my ($status, $printed) = $run->('there/%');
	is($status, 2, 'mighead fleet: the worst severity is the exit status');
	like($printed, qr/^server +version table +state .*\nthere\/it's +unstamped .*^there\/shop +public\.alembic_version +pending +a1 +1 /ms, 'worst first');
	like($printed, qr/^1 empty_database, 1 pending, 1 unreadable, 1 unstamped$/m, 'and a summary');
	($status, $printed) = $run->('--json', 'there/shop');
	like($printed, qr/^\[\n  \{.*"server": "there\/shop".*\}\n\]$/ms, 'as JSON');
	($status, $printed) = $run->('none');
	is("$status $printed", "0 There is no foreign server that you may use.\n", 'none');
	($status, $printed, my $complaint) = $run->('--watch', '0');
	is("$status $complaint", qq{3 mighead: --watch needs a number of seconds between 1 and 86400, not "0"\n}, 'no time to wait');
	my ($watched, $warned) = ('', '');
	my $watch = IPC::Run::start([ $program, 'fleet', '-h', $host, '-p', $port, '-U', 'postgres', '-d', 'postgres', '--watch', '1', 'dead' ],
		'<', \undef, '>', \$watched, '2>', \$warned);
	pump $watch until $watched =~ /(?:1 unreachable\n.*){2}/s;
	pass('--watch asks again');
	kill_kill $watch;
}

# ---------- scheduled checks ----------

my $listener = $node->background_psql('postgres', on_error_stop => 0);
$listener->query('LISTEN mighead');
like(error_of(q{CALL mighead_fleet_check(servers => 'there/shop')}),
	qr/^ERROR:  MH010: unreadable: there\/shop: "Sp""ecial"\.alembic_version: .*\nDETAIL:  1 other version table is not ok either\.\nHINT:  .*GRANT USAGE/, 'a check raises the state');
like($listener->query('SELECT 1'), qr/"mighead" with payload "\{"database": "postgres", "state": "unreadable", "was": null, "severity": 3, "version_tables": 2, "server": "there\/shop", "version_table": "\\"Sp/, 'it notifies');
$listener->quit;
error_of(q{CALL mighead_fleet_check(servers => 'there/shop')});
is(error_of(q{CALL mighead_fleet_check(servers => 'there')}), '', 'nothing is wrong with one that has no tables');
like(error_of(q{CALL mighead_fleet_check(servers => 'dead')}), qr/^ERROR:  MH010: unreachable: dead: /, 'one that is down');
is($node->safe_psql('postgres', q{SELECT servers, state, severity, version_tables, not_ok, changed FROM mighead.fleet_result ORDER BY id}), <<'ROWS' =~ s/\n\z//r, 'results are stored');
there/shop|unreadable|3|2|{"there/shop: public.alembic_version": "pending", "there/shop: \"Sp\"\"ecial\".alembic_version": "unreadable"}|t
there/shop|unreadable|3|2|{"there/shop: public.alembic_version": "pending", "there/shop: \"Sp\"\"ecial\".alembic_version": "unreadable"}|f
there|empty_database|0|1|{"there": "empty_database"}|f
dead|unreachable|3|1|{"dead": "unreachable"}|t
ROWS
is($node->safe_psql('postgres', q{SELECT server, version_table, code, last_seen > first_seen FROM mighead.fleet_finding ORDER BY server, version_table COLLATE "C"}), <<'ROWS' =~ s/\n\z//r, 'and findings');
dead||unreachable|f
there/shop|"Sp""ecial".alembic_version|unreadable|t
there/shop|public.alembic_version|pending|t
ROWS
like(error_of(q{CALL mighead_fleet_check(servers => 'none')}), qr/^ERROR:  42704: there is no foreign server like "none" that you may use/, 'no server');
like(error_of(q{BEGIN; CALL mighead_fleet_check()}), qr/2D000: mighead_fleet_check\(\) cannot run inside a transaction block/, 'it commits');
like(error_of(q{CALL mighead_fleet_check()}, role => 'plain'), qr/42501/, 'it needs EXECUTE');
is($node->safe_psql('postgres', q{SELECT checks FROM mighead_prune('0')}), '7', 'old results can be removed');

# ---------- whose code runs there ----------

# An index may be made between a question about the table and its reading. So tables of roles that are
# not trusted are read without planning a query on them, whatever indexes they have.
$node->safe_psql('shop', <<'SQL');
CREATE SCHEMA lair AUTHORIZATION stranger;
GRANT USAGE ON SCHEMA lair TO watcher;
SET ROLE stranger;
CREATE TABLE lair.alembic_version (version_num text, other int);
INSERT INTO lair.alembic_version VALUES ('a1', 1), (NULL, 2), (E'b\t\n\\', 3), (repeat('x', 1001), 4);
GRANT SELECT (version_num) ON lair.alembic_version TO watcher;
CREATE FUNCTION lair.run(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RAISE LOG 'run by %', current_user; RETURN $1; END$$;
CREATE INDEX ON lair.alembic_version ((version_num || lair.run('x')));
CREATE STATISTICS lair.s ON (version_num || lair.run('y')), other FROM lair.alembic_version;
RESET ROLE;
CREATE SCHEMA swapped AUTHORIZATION stranger;
GRANT USAGE ON SCHEMA swapped TO watcher;
CREATE TABLE swapped.alembic_version (version_num varchar(32));
GRANT SELECT ON swapped.alembic_version TO watcher;
SQL
$from = -s $node->logfile;
is($node->safe_psql('postgres', q{SELECT current, findings FROM mighead_fleet('there/shop') WHERE version_table = 'lair.alembic_version'}),
	qq({a1,"b\t\n\\\\"}|0), 'rows of a table with expressions of a role that is not trusted');
$log = slurp_file($node->logfile, $from);
unlike($log, qr/run by/, 'its code has not run');
like($log, qr/statement: COPY lair\.alembic_version \(version_num\) TO STDOUT|execute <unnamed>: COPY lair\.alembic_version/, 'it was copied');
like($log, qr/COPY swapped\.alembic_version/, 'and so is a table in a schema whose owner could put another one in its place');
$from = -s $node->logfile;
$node->safe_psql('shop', 'SELECT version_num FROM lair.alembic_version', extra_params => [ '-U', 'stranger' ]);
like(slurp_file($node->logfile, $from), qr/run by stranger/, 'a query would run it');
$node->safe_psql('shop', 'DROP SCHEMA lair, swapped CASCADE');

# ---------- locks there ----------

my $holder = $node->background_psql('shop', on_error_stop => 0);
$holder->query(q{BEGIN; LOCK alembic_version, "Sp""ecial".alembic_version, pg_class IN ACCESS EXCLUSIVE MODE});
my $began = time;
# nobody can even log in
like($node->safe_psql('postgres', q{SELECT state, severity, detail FROM mighead_fleet('there/shop', '2 s')}),
	qr/^unreachable\|3\|.*It did not answer within 2 s\.$/, 'ACCESS EXCLUSIVE everywhere, catalogs too');
cmp_ok(time - $began, '<', 5, 'it was not waited for');
$holder->query('ROLLBACK');
$holder->query('BEGIN; LOCK alembic_version IN ACCESS EXCLUSIVE MODE');
like($node->safe_psql('postgres', q{SELECT state, severity, current IS NULL, detail FROM mighead_remote_status('there/shop', 'alembic_version') WHERE version_table = 'public.alembic_version'}),
	qr/^busy\|1\|t\|.*public\.alembic_version/, 'ACCESS EXCLUSIVE on the version table');
$holder->query('ROLLBACK');
$holder->quit;

# ---------- inheritance in a circle ----------

$node->safe_psql('shop', <<'SQL');
CREATE SCHEMA circle;
CREATE TABLE circle.a (id int);
CREATE TABLE circle.b () INHERITS (circle.a);
CREATE TABLE circle.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO circle.alembic_version VALUES ('a1');
SET allow_system_table_mods = on;
INSERT INTO pg_inherits VALUES ('circle.a'::regclass, 'circle.b'::regclass, 1, false), ('circle.alembic_version'::regclass, 'circle.alembic_version'::regclass, 1, false);
UPDATE pg_class SET relhassubclass = true WHERE relnamespace = 'circle'::regnamespace AND relkind = 'r';
SQL
foreach my $call (
	q{mighead_remote_status('there/shop')}, q{mighead_remote_status('there/shop', 'circle.alembic_version')},
	q{mighead_remote_findings('there/shop', 'circle.alembic_version')}, q{mighead_remote_definitions('there/shop', 'circle.alembic_version')},
	q{mighead_remote_locate('there/shop', 'circle.alembic_version')}, q{mighead_remote_review('there/shop', 'ALTER TABLE circle.a ADD c int; ALTER TABLE circle.b ALTER id TYPE bigint; DROP TABLE circle.a CASCADE')})
{
	$began = time;
	my $failed = error_of("SET statement_timeout = '20s'; SELECT count(*) FROM $call;");
	unlike($failed, qr/57014|54001|XX\d\d\d|connection to server/, "a circle: $call") or note $failed;
	cmp_ok(time - $began, '<', 15, "a circle ends: $call");
}
$node->safe_psql('shop', q{SET allow_system_table_mods = on; DELETE FROM pg_inherits WHERE inhrelid = 'circle.alembic_version'::regclass OR (inhrelid = 'circle.a'::regclass); UPDATE pg_class SET relhassubclass = false WHERE oid = 'circle.alembic_version'::regclass; DROP SCHEMA circle CASCADE});

# ---------- hostile servers ----------

my $folder = PostgreSQL::Test::Utils::tempdir_short();
my ($in, $out) = ('', '');
my $fake = IPC::Run::start([ $^X, "$FindBin::RealBin/lib/fake_server.pl", $folder ], '<', \$in, '>', \$out);
pump $fake until $out =~ /ready/;

my %expected = (
	silent => [ 'unreachable', qr/It did not answer within 2 s\./ ],
	columns => [ 'unreachable', qr/It sent 3 columns instead of 15\./ ],
	encoding => [ 'unreachable', qr/It sent a text that is not valid in encoding UTF8\./ ],
	nul => [ 'unreachable', qr/It sent a text that is not valid in encoding UTF8\./ ],
	values => [ 'values', qr// ],
	closes => [ 'unreachable', qr/server closed the connection unexpectedly/ ],
	huge => [ 'unreachable', qr/cannot allocate memory/ ],
	login => [ 'unreachable', qr/cannot allocate memory/ ],
	begin => [ 'unreachable', qr/It sent what nobody asked for\./ ],
	notifications => [ 'unreachable', qr/It did not answer within 2 s\./ ],
	errors => [ 'unreachable', qr/It sent what nobody asked for\./ ],
	flood => [ 'unreachable', qr/It sent more than 16 MB\.|It did not answer within 2 s\./ ],
	notices => [ 'unreachable', qr/It did not answer within 2 s\./ ],
	copy => [ 'unreachable', qr/It sent what nobody asked for\.|unexpected response/ ],
	commits => [ 'unreachable', qr/It left the transaction\./ ],
	garbage => [ 'unreachable', qr/./ ],
	commands => [ 'unreachable', qr/It did not answer within 2 s\./ ],
	parameters => [ 'unreachable', qr/It did not answer within 2 s\./ ],
	results => [ 'unreachable', qr/It sent more than 16 MB\.|It did not answer within 2 s\./ ],
	wide => [ 'unreachable', qr/It sent 65535 columns instead of 15\./ ],
	names => [ 'unreachable', qr/./ ],
	out => [ 'unreachable', qr/It sent what nobody asked for\.|unexpected response/ ],
	both => [ 'unreachable', qr/It sent what nobody asked for\.|unexpected response/ ],
	function => [ 'unreachable', qr/./ ],
	nothing => [ 'unreachable', qr/./ ],
	lengths => [ 'unreachable', qr/./ ],
	values_too_long => [ 'unreachable', qr/insufficient data in "D" message/ ],
	ready => [ 'unreachable', qr/./ ],
	version99 => [ 'values', qr// ],
	klingon => [ 'values', qr// ],
	cleartext => [ 'unreachable', qr/It did not answer within 2 s\./ ],
	md5 => [ 'unreachable', qr/It did not answer within 2 s\./ ],
	md5_short => [ 'unreachable', qr/./ ],
	gss => [ 'unreachable', qr/./ ],
	sspi => [ 'unreachable', qr/./ ],
	kerberos => [ 'unreachable', qr/./ ],
	method99 => [ 'unreachable', qr/authentication method 99 not supported/ ],
	sasl_unknown => [ 'unreachable', qr/none of the server's SASL authentication mechanisms are supported/ ],
	sasl_none => [ 'unreachable', qr/none of the server's SASL authentication mechanisms are supported/ ],
	sasl_open => [ 'unreachable', qr/./ ],
	scram_early => [ 'unreachable', qr/./ ],
	scram_nonce => [ 'unreachable', qr/nonce mismatch/ ],
	scram_again => [ 'unreachable', qr/./ ],
	scram_final => [ 'unreachable', qr/incorrect server signature/ ],
	scram_silent => [ 'unreachable', qr/It did not answer within 2 s\./ ],
	scram_trusts => [ 'unreachable', qr/./ ],
	negotiates => [ 'unreachable', qr/./ ],
	refuses => [ 'unreachable', qr/no  ?\[31mway/ ],
	old_error => [ 'unreachable', qr/./ ],
	http => [ 'unreachable', qr/./ ],
	version91 => [ 'unreachable', qr/It has PostgreSQL 9, which is older than 13\./ ],
	no_version => [ 'unreachable', qr/It did not say which version it has\./ ],
	in_transaction => [ 'unreachable', qr/./ ],
	key => [ 'unreachable', qr/./ ],
	million => [ 'unreachable', qr/It sent more than 16 MB\.|It did not answer within 2 s\./ ],
	tables => [ 'values', qr// ],
	counts => [ 'values', qr// ],
	error => [ 'unreachable', qr/It refused a query: no  ?\[31mway SELECT 1\.$/ ],
);
my @names = sort keys %expected;
foreach my $name (@names)
{
	$node->safe_psql('postgres', <<"SQL");
CREATE SERVER "bad $name" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$folder', port '5432', dbname '$name');
CREATE USER MAPPING FOR postgres SERVER "bad $name" OPTIONS (user 'x', password 'y');
SQL
}
$from = -s $node->logfile;
$began = time;
my $answer = $node->safe_psql('postgres', q{SELECT server, state, detail FROM mighead_fleet('bad %', '2 s') UNION ALL SELECT server, state, detail FROM mighead_fleet('there/shop')});
my $took = time - $began;
foreach my $name (@names)
{
	my ($state, $detail) = @{ $expected{$name} };
	my ($line) = $answer =~ /^bad $name\|(.*)$/m;
	# On a busy machine some answers of many at once are late: some times more, alone.
	foreach (1 .. 4)
	{
		last if $line !~ /did not answer within/ || 'It did not answer within 2 s.' =~ $detail;
		$line = $node->safe_psql('postgres', "SELECT state, detail FROM mighead_fleet('bad $name', '2 s')");
	}
	note("$name: $line");

	if ($state eq 'values')
	{
		unlike($line, qr/\e/, 'nonsense: no escape sequence comes through');
		next;
	}
	like($line, qr/^$state\|Server bad $name could not be asked: .*$detail/, "a server that is hostile: $name");
}
is(scalar(() = $answer =~ /^bad tables\|unreadable\|s\d+\.alembic_version cannot be read: It did not answer within 2 s\.$/mg), 10_000, 'many tables: a row for each');
like($answer, qr/^there\/shop\|pending/m, 'and the others answer');
cmp_ok($took, '<', 20, 'all of them within the time limit of one, about');
$log = slurp_file($node->logfile, $from);
unlike($log, qr/spam|\e|ERROR|WARNING|NOTICE/, 'nothing of it is in the log');

# Neither one large message nor many small ones fill the memory here, however long they are waited for.
SKIP:
{
	skip 'no /proc', scalar @names if !-e '/proc/self/status';
	skip 'sanitizers take memory', scalar @names if $ENV{MIGHEAD_SANITIZED};
	foreach my $name (@names)
	{
		my $most = $node->safe_psql('postgres', <<"SQL");
SET client_min_messages = error;
SELECT FROM mighead_fleet('bad $name', '3 s');
SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\\s*(\\d+) kB'))[1];
SQL
		cmp_ok($most =~ s/^\s+//r, '<', 200_000, "a server that is hostile takes no memory: $name");
	}
}

# ---------- TLS that is none ----------

my @tls = qw(garbage record flood silent early error text open letter refuses closes);
my %port_of = map { $_ => PostgreSQL::Test::Cluster::get_free_port() } @tls;
my ($tls_in, $tls_out) = ('', '');
my $tls = IPC::Run::start([ $^X, "$FindBin::RealBin/lib/tls_server.pl", map { ($_, $port_of{$_}) } @tls ], '<', \$tls_in, '>', \$tls_out);
pump $tls until $tls_out =~ /ready/;
$node->safe_psql('postgres', <<"SQL") foreach @tls;
CREATE SERVER "tls $_" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (hostaddr '127.0.0.1', port '$port_of{$_}', dbname 'x', sslmode 'require');
CREATE USER MAPPING FOR postgres SERVER "tls $_" OPTIONS (user 'x', password 'y');
SQL
$from = -s $node->logfile;
$began = time;
my $tls_answer = $node->safe_psql('postgres', q{SELECT server, state, detail FROM mighead_fleet('tls %', '2 s')});
like($tls_answer, qr/^tls $_\|unreachable\|Server tls $_ could not be asked: .*\S/m, "TLS that is none: $_") foreach @tls;
unlike($tls_answer, qr/^tls early\|(?!unreachable)/m, 'what is not encrypted is not read');
unlike($tls_answer . slurp_file($node->logfile, $from), qr/\e/, 'no escape sequence comes through');
cmp_ok(time - $began, '<', 20, 'within the time limit, about');
kill_kill $tls;

# ---------- interrupted ----------

foreach my $end ('pg_cancel_backend', 'pg_terminate_backend')
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$node->safe_psql('shop', 'ALTER ROLE watcher SET search_path = pg_catalog');
	$session->query("SET application_name = 'asker'");
	$session->query_until(qr/asked/, "\\echo asked\nSELECT * FROM mighead_fleet('%', '1 min');\n");
	$node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'asker' AND state = 'active' AND query_start < clock_timestamp() - interval '1 s'})
	  or die 'nobody asks';
	$began = time;
	$node->safe_psql('postgres', "SELECT $end(pid) FROM pg_stat_activity WHERE application_name = 'asker'");
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'asker' AND state = 'active'})
	  or die "$end did nothing";
	cmp_ok(time - $began, '<', 15, "$end: long before the time limit");
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'mighead'})
	  or die 'connections are left';
	pass("$end: no connection is left");
	eval { $session->quit };
}
$node->psql('postgres', q{SET statement_timeout = '1s'; SELECT * FROM mighead_fleet('%', '1 min')});
is(connections_there(), '0', 'statement_timeout: no connection is left');
$node->psql('postgres', q{SELECT 1 / (count(*) - count(*)) FROM mighead_fleet('there%')});
is(connections_there(), '0', 'after an error no connection is left');

# Connections count as open files of the backend, and are given back.
is($node->safe_psql('postgres', q{SELECT count(*) FROM generate_series(1, 400) i, LATERAL (SELECT i, state FROM mighead_remote_status('bad error')) s}),
	'400', 'external files are given back');

kill_kill $fake;
done_testing();
