# mighead offline: what dumps say of a database is what mighead says in the database itself; and of a dump nothing is run
# that reaches beyond the scratch database.
use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use IPC::Run qw(run start timeout);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $top = abs_path(PostgreSQL::Test::Utils::tempdir);
my $node = PostgreSQL::Test::Cluster->new('main');
my $bin = $node->config_data('--bindir');
my $program = "$bin/mighead";
my $tests = abs_path("$FindBin::RealBin/..");

$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "max_locks_per_transaction = 256\nwal_level = logical");
$node->start;
delete $ENV{$_} foreach grep { /^PG(?!_)/ } keys %ENV;
# whoever runs this in the background may have them ignored
$SIG{$_} = 'DEFAULT' foreach qw(HUP INT QUIT TERM);
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

sub mighead
{
	my (@arguments) = @_;
	my ($out, $err) = ('', '');
	run [ $program, @arguments ], '<', \undef, '>', \$out, '2>', \$err, timeout(300);
	return ($? & 127 ? 'signal ' . ($? & 127) : $? >> 8, $out, $err);
}

sub databases
{
	return $node->safe_psql('postgres', q{SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname ~ 'scratch|planted'});
}

sub dump_of
{
	my ($database, $file, @options) = @_;
	system_or_bail("$bin/pg_dump", '-f', $file, @options, $database);
	return $file;
}

sub write_file
{
	my ($file, $text) = @_;
	unlink $file;
	append_to_file($file, $text);
	return $file;
}

# ---------- the same answers as in the database ----------

$node->safe_psql('postgres', 'CREATE DATABASE live');
$node->safe_psql('live', slurp_file("$tests/demo/history.sql"));
$node->safe_psql('postgres', 'CREATE DATABASE judged TEMPLATE live');
$node->safe_psql('judged', 'CREATE EXTENSION mighead');
is((mighead('load', '-d', 'judged', "$tests/demo/versions"))[0], 0, 'scripts');
$node->safe_psql('judged', 'SELECT mighead_capture()');
my $document = write_file("$top/document", $node->safe_psql('judged', 'SELECT mighead_export()'));

# What both say, without hints, which name what is there.
my $say = q{SELECT jsonb_build_object('findings', (SELECT jsonb_agg(jsonb_build_array(severity, code, object, detail) ORDER BY severity, code, object) FROM mighead_findings()),
    'drift', (SELECT jsonb_agg(jsonb_build_array(object_type, object, kind, attribute, expected, actual, severity) ORDER BY object, attribute) FROM mighead_drift()))};

sub said
{
	my ($json) = @_;
	my $all = decode_json($json);
	my $rows = sub {
		my ($list, @columns) = @_;
		return join "\n", sort map { my $row = $_; join '|', map { $row->{$_} // '' } @columns } @$list;
	};
	return $rows->($all->{findings}, qw(severity code object detail)) . "\n--\n"
	  . $rows->($all->{drift}, qw(object_type object kind attribute expected actual severity));
}

sub check_same
{
	my ($name, $change) = @_;
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS changed');
	$node->safe_psql('postgres', 'CREATE DATABASE changed TEMPLATE live');
	$node->safe_psql('changed', $change);
	my @dumps = (dump_of('changed', "$top/schema", '-s'), dump_of('changed', "$top/rows", '-a', '-t', 'alembic_version'));
	my ($status, $out, $err) = mighead('offline', '--json', '--expect', $document, @dumps);
	is($err, '', "$name: no complaint");
	my ($whole_status, $whole) = mighead('offline', '--json', '--expect', $document, dump_of('changed', "$top/whole"));
	is(said($whole), said($out), "$name: a whole dump says the same");
	$node->safe_psql('changed', 'CREATE EXTENSION mighead');
	mighead('load', '-d', 'changed', '--expect', $document);
	my ($of_findings, $findings) = mighead('findings', '-d', 'changed', '--json');
	my ($of_drift, $drift) = mighead('drift', '-d', 'changed', '--json');
	is(said($out), said("{\"findings\": $findings, \"drift\": $drift}"), "$name: as in the database");
	is($status, (mighead('status', '-d', 'changed'))[0], "$name: and the exit status");
	is($whole_status, $status, "$name: of both dumps");
	return;
}

check_same('nothing', 'SELECT');
check_same('a column less', 'ALTER TABLE customers DROP COLUMN email');
check_same('another type, a table more', 'ALTER TABLE orders ALTER COLUMN status TYPE varchar(3); CREATE TABLE more (id int)');
check_same('an unknown row', q{UPDATE alembic_version SET version_num = 'nowhere'});
check_same('two rows', q{INSERT INTO alembic_version VALUES ('3f1a9c0b7d21')});
check_same('no row', 'DELETE FROM alembic_version');
is(databases(), '', 'nothing is left');

# ---------- whatever a schema has ----------

$node->safe_psql('postgres', "CREATE ROLE $_") foreach 'mighead_app', 'mighead_reader', '"mighead Quoted"', '"Mighead other"', 'visitor LOGIN';

my @fixtures = map { "$tests/fixtures/everything_$_.sql" } qw(relations objects);
$node->safe_psql('postgres', 'CREATE DATABASE everything TEMPLATE template0');
my $ran = 1;
foreach my $fixture (@fixtures)
{
	$ran &&= run [ "$bin/psql", '-Xqd', 'everything', '-v', 'ON_ERROR_STOP=1', '-f', $fixture ], '>', \my $ignored, '2>', \my $err;
	diag($err) unless $ran;
}
SKIP:
{
	skip 'fixtures need something that is not here', 6 unless $ran;
	$node->safe_psql('everything', <<'SQL');
CREATE TABLE IF NOT EXISTS public.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO public.alembic_version VALUES ('a1');
CREATE FUNCTION public.standard(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END; SELECT a; END;
CREATE FUNCTION public.quoted() RETURNS text LANGUAGE sql AS $x$SELECT '; -- '::text || $$;$$ /* ; /* ' */ */ || E'\';' || '\' || ';'$x$;
COMMENT ON FUNCTION public.quoted() IS E'it''s; \\'' \n\\connect postgres\nCREATE TABLE planted();';
CREATE TABLE public."a;b""c" ("x;" int, "COPY x FROM stdin;" text DEFAULT '\.');
CREATE RULE two AS ON UPDATE TO public."a;b""c" DO ALSO (SELECT 1; SELECT 2);
SQL
	# a restore straightens out what views say, so what it makes is judged
	dump_of('everything', "$top/first");
	$node->safe_psql('postgres', 'ALTER DATABASE everything RENAME TO first; CREATE DATABASE everything TEMPLATE template0');
	run [ "$bin/psql", '-Xqd', 'everything', '-f', "$top/first" ], '>', \my $restored, '2>', \my $complaints;
	is($complaints, '', 'psql restores it');
	my @schema = (dump_of('everything', "$top/schema", '-s'), dump_of('everything', "$top/rows", '-a', '-t', 'alembic_version'));
	$node->safe_psql('everything', q{CREATE EXTENSION mighead; SELECT mighead_add_revision('a1');
		SELECT mighead_capture(version_table => 'public.alembic_version', schemas => (SELECT array_agg(nspname::text) FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$|^mighead$'))});
	my $all = write_file("$top/all", $node->safe_psql('everything', 'SELECT mighead_export()'));
	my ($status, $out, $err) = mighead('offline', '-t', 'public.alembic_version', '--json', '--expect', $all, @schema);
	is($err, '', 'everything is restored');
	is_deeply([ map { "$_->{object} $_->{kind}" } @{ decode_json($out)->{drift} } ], [], 'and is as it was');
	is(decode_json($out)->{status}[0]{compared}, JSON::PP::true, 'as was compared');
	like((mighead('offline', '-t', 'public.alembic_version', '--expect', $all, @schema))[1],
		qr/^dumps      \Q$top\E\/schema, \Q$top\E\/rows\n/m, 'which is told of the dumps');
	is(databases(), '', 'nothing is left');
}

# ---------- dumps of strangers ----------

my $evil = write_file("$top/evil", <<"SQL");
\\! touch $top/planted
\\connect postgres
CREATE DATABASE planted;
CREATE ROLE planted SUPERUSER;
CREATE USER planted4 SUPERUSER;
GRANT pg_execute_server_program TO visitor;
GRANT CREATE ON DATABASE postgres TO visitor;
ALTER SYSTEM SET work_mem = '64kB';
/* a comment; CREATE DATABASE planted2; */ CREATE  -- more
  ROLE planted2;
CREATE TABLE public.alembic_version (version_num text);
ALTER TABLE public.alembic_version OWNER TO nobody_here;
GRANT SELECT ON public.alembic_version TO nobody_here;
BEGIN;
CREATE TABLE public.big (x text);
COPY public.big (x) FROM stdin;
CREATE ROLE planted3;
\\! touch $top/planted
\\.
COPY public.alembic_version (version_num) FROM stdin;
a1
\\.
CREATE TABLE public.broken (x no_such_type);
CREATE FUNCTION public.f() RETURNS no_such_type LANGUAGE sql AS 'SELECT 1';
SQL

# Each would touch a file, by itself or behind something harmless that the scanner takes for the same statement.
my $harm = "COPY public.alembic_version TO PROGRAM 'touch $top/planted'";
my @harmful = (
	"$harm;",
	"COPY public.alembic_version TO '$top/planted';",
	"COPY public.alembic_version (version_num) TO PROGRAM 'touch $top/planted';",
	"COPY public.alembic_version TO PROGRAM 'touch $top/planted' -- (version_num) FROM stdin;\n;",
	"COPY (SELECT 1) TO PROGRAM 'touch $top/planted';",
	"DO \$x\$BEGIN $harm; END\$x\$;",
	"SELECT public.harm();",
	"SELECT pg_catalog.set_config('search_path', '', false), public.harm();",
	"CREATE TABLE public.made AS SELECT public.harm();",
	"CREATE TABLE public.made (a) WITH (fillfactor = 50) AS SELECT public.harm();",
	"CREATE MATERIALIZED VIEW public.made AS SELECT public.harm();",
	"CREATE MATERIALIZED VIEW public.made AS SELECT public.harm() -- WITH NO DATA\n;",
	"CREATE UNLOGGED TABLE public.made AS SELECT public.harm();",
	"CREATE SCHEMA s -- \r; $harm; --\n;",
	"CREATE FUNCTION public.begin() RETURNS int LANGUAGE sql AS 'SELECT 1'; $harm; SELECT 1 end;",
	"INSERT INTO public.alembic_version VALUES ('a'); $harm;",
	"INSERT INTO public.alembic_version SELECT public.harm()::text;",
	"VALUES (public.harm());",
	"INSERT INTO public.alembic_version VALUES ('a'), (public.harm()::text);",
	"INSERT INTO public.alembic_version VALUES ('a') ON CONFLICT DO NOTHING RETURNING public.harm();",
	"EXPLAIN ANALYZE SELECT public.harm();");
# Each harms only where strings are taken to end elsewhere than PostgreSQL takes them to.
my @odd = (
	"CREATE TABLE public.made WITH (fillfactor = E'5\\\\'0') AS SELECT public.harm();",
	"SET standard_conforming_strings = off;\nCOMMENT ON SCHEMA public IS '\\'; $harm; --';");
my ($status, $out, $err) = mighead('offline', '-C', "$tests/demo/versions", $evil);
is($status, 2, 'a row that no script has');
like($out, qr/^rows       a1$/m, 'which was restored');
is(() = $err =~ /^mighead: not restored: /mg, 2, 'two statements could not be run');
like($err, qr/^mighead: not restored: CREATE TABLE public\.broken: type "no_such_type" does not exist$/m, 'which are told');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_roles WHERE rolname ~ 'planted'}), '0', 'no role was made');
is(databases(), '', 'and no database');
ok(!-e "$top/planted", 'and no command was run');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_auth_members WHERE member = 'visitor'::regrole}), '0', 'nobody became a member');
is($node->safe_psql('postgres', q{SELECT has_database_privilege('visitor', 'postgres', 'CREATE')}), 'f', 'nor was given another database');
foreach my $statement (@harmful, @odd)
{
	my $dump = write_file("$top/harm", <<"SQL");
CREATE TABLE public.alembic_version (version_num text);
CREATE FUNCTION public.harm() RETURNS int LANGUAGE plpgsql AS \$\$BEGIN EXECUTE \$x\$$harm\$x\$; RETURN 1; END\$\$;
$statement
SQL
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS harmed; CREATE DATABASE harmed');
	run [ "$bin/psql", '-Xqd', 'harmed', '-f', $dump ], '>', \my $ignored, '2>', \my $refused;
	is(-e "$top/planted" ? 1 : 0, (grep { $_ eq $statement } @odd) ? 0 : 1, "psql writes a file for: $statement") or diag($refused);
	unlink "$top/planted";
	my ($status) = mighead('offline', '-C', "$tests/demo/versions", $dump);
	ok(!-e "$top/planted", "no file is written by: $statement");
	like($status, qr/^[123]$/, 'which is no success');
	unlink "$top/planted";
}
is(databases(), '', 'nothing is left of them');

# What a dump defines runs while it is restored; a role without privileges can do no harm with it.
$node->safe_psql('postgres', 'CREATE ROLE plain LOGIN CREATEDB; CREATE DATABASE prepared IS_TEMPLATE true');
$node->safe_psql('prepared', 'CREATE EXTENSION mighead; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO plain');
my $defined = write_file("$top/defined", <<"SQL");
CREATE TABLE public.alembic_version (version_num text);
CREATE TABLE public.p (a int) PARTITION BY LIST (a);
CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES IN (pg_catalog.lo_export(pg_catalog.lo_from_bytea(0, 'x'), '$top/planted'));
CREATE FUNCTION public.harm() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN EXECUTE \$x\$$harm\$x\$; RETURN NEW; END\$\$;
CREATE TRIGGER harm BEFORE INSERT ON public.alembic_version FOR EACH ROW EXECUTE FUNCTION public.harm();
COPY public.alembic_version (version_num) FROM stdin;
a1
\\.
SQL
my $ordinary = dump_of('live', "$top/ordinary");
{
	local $ENV{PGUSER} = 'plain';
	($status, $out, $err) = mighead('offline', '--template', 'prepared', '-C', "$tests/demo/versions", $defined);
	is(() = $err =~ /^mighead: not restored: .*(?:permission denied|must be superuser|permission)/mg, 2, 'both are forbidden') or diag($err);
	ok(!-e "$top/planted", 'and touch no file');
	is((mighead('offline', '--template', 'prepared', '--expect', $document, $ordinary))[0], 1, 'such a role judges an ordinary dump');
	is(databases(), '', 'and leaves nothing');
}

# ---------- dumps that leave something out, or are written otherwise ----------

$node->safe_psql('postgres', 'CREATE DATABASE plain TEMPLATE template0');
$node->safe_psql('plain', q{CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('a1');
	CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE MATERIALIZED VIEW m AS SELECT 1 / 1 AS x;
	CREATE SEQUENCE s; CREATE VIEW v AS SELECT id FROM t});
my $plain = slurp_file(dump_of('plain', "$top/plain", '-s'));
my $plain_rows = dump_of('plain', "$top/plain.rows", '-a', '-t', 'alembic_version');
my @ways = map { dump_of('plain', "$top/plain.$_->[0]", @{ $_->[1] }) } [ 'whole', [] ], [ 'inserts', ['--inserts'] ], [ 'columns', ['--column-inserts'] ],
  [ 'triggers', ['--disable-triggers'] ], [ 'clean', ['-c'] ], [ 'create', [ '-c', '-C' ] ], [ 'session', ['--use-set-session-authorization'] ],
  [ 'several_rows', ['--rows-per-insert=2'] ], [ 'conflict', [ '--column-inserts', '--on-conflict-do-nothing' ] ];
$node->safe_psql('plain', 'SELECT lo_create(4711); COMMENT ON LARGE OBJECT 4711 IS $$x$$');
push @ways, dump_of('plain', "$top/plain.large");
$node->safe_psql('plain', q{SELECT lo_unlink(4711); CREATE EXTENSION mighead; SELECT mighead_add_revision('a1'); SELECT mighead_capture()});
my $expected = write_file("$top/plain.json", $node->safe_psql('plain', 'SELECT mighead_export()'));
$node->safe_psql('plain', q{SELECT mighead_project('default', manages => '{privileges,owners}')});
my $managed = write_file("$top/managed.json", $node->safe_psql('plain', 'SELECT mighead_export()'));

# The whole dump of the schema with something before its end.
sub plain_with
{
	my ($more) = @_;
	(my $text = $plain) =~ s/^--\n(-- PostgreSQL database dump complete)/$more\n--\n$1/m;
	return write_file("$top/plain.with", $text);
}

sub judge
{
	my ($name, $dumps, $status, $out, $err, @options) = @_;
	my @said = mighead('offline', @options ? @options : ('--expect', $expected), @$dumps);
	is($said[0], $status, "$name: exit status");
	like($said[1], $out, "$name: standard output");
	like($said[2], $err, "$name: standard error");
	return;
}

judge("a dump $_", [$_], 0, qr/^ok\n.*^rows       a1\n.*^schema     as expected\n/ms, qr/\A\z/) foreach @ways;
judge('a byte order mark', [ write_file("$top/plain.bom", "\xef\xbb\xbf$plain"), $plain_rows ], 0, qr/^ok$/m, qr/\A\z/);
(my $newer = $plain) =~ s/^SET lock_timeout = 0;/$&\nSET transaction_timeout = 0;/m;
judge('a setting of a newer release', [ write_file("$top/plain.newer", $newer), $plain_rows ], 0, qr/^ok$/m, qr/\A\z/);

# Roles are those of another server.
judge('a policy for a role that is not here', [ plain_with('CREATE POLICY everything ON public.t TO absent USING (true);'), $plain_rows ],
	1, qr/^ok$/m, qr/^mighead: not restored: CREATE POLICY everything ON public\.t TO absent USING: role "absent" does not exist$/m);
my $grants = plain_with("GRANT SELECT ON TABLE public.t TO absent;\nALTER TABLE public.t OWNER TO \"other absent\";");
my $roles = qr/\Amighead: 2 owners and privileges were not restored, of roles that this server does not have: absent, other absent\n\z/;
judge('owners and privileges', [ $grants, $plain_rows ], 0, qr/^ok$/m, $roles);
judge('the same where the migrations have to do with them', [ $grants, $plain_rows ], 1, qr/^ok$/m, $roles, '--expect', $managed);
my $json = decode_json((mighead('offline', '--json', '--expect', $expected, $grants, $plain_rows))[1]);
is_deeply([ @$json{qw(not_restored missing_roles)} ], [ [], [ 'absent', 'other absent' ] ], 'which JSON tells');
judge('grants of the server', [ plain_with("GRANT pg_monitor TO visitor;\nREVOKE CONNECT ON DATABASE live FROM PUBLIC;\nCREATE USER planted_user;"), $plain_rows ],
	0, qr/^ok$/m, qr/\A\z/);
is($node->safe_psql('postgres', q{SELECT pg_has_role('visitor', 'pg_monitor', 'MEMBER') OR (SELECT datacl IS NOT NULL FROM pg_database WHERE datname = 'live')
	OR EXISTS (SELECT FROM pg_roles WHERE rolname = 'planted_user')}), 'f', 'which are left out');

# The rows of the version table.
(my $odd = slurp_file($plain_rows)) =~ s/Owner: \w+/Owner: svc (prod)/;
judge('a parenthesis in a comment', [ "$top/plain", write_file("$top/odd", $odd) ], 0, qr/^rows       a1$/m, qr/\A\z/);
judge('no rows', ["$top/plain"], 3, qr/\A\z/, qr/the dumps have no rows of version table public\.alembic_version\nhint: pg_dump -a -t public\.alembic_version DB/);
$node->safe_psql('plain', 'DROP EXTENSION mighead CASCADE; DELETE FROM alembic_version');
judge('an empty table', [ "$top/plain", dump_of('plain', "$top/empty", '-a', '-t', 'alembic_version') ], 2, qr/^critical: unstamped$/m, qr/\A\z/);

# Rows in statements of several, with a quote in one.
$node->safe_psql('plain', q{INSERT INTO alembic_version SELECT CASE i WHEN 7 THEN 'a''7' ELSE 'a' || i END FROM generate_series(2, 9) AS i});
my @several = split /\n/, $node->safe_psql('plain', 'SELECT version_num FROM alembic_version ORDER BY 1');
is(scalar @several, 8, 'rows');
foreach my $option ('--inserts', '--rows-per-insert=2', '--rows-per-insert=100')
{
	my $judged = decode_json((mighead('offline', '--json', '--expect', $expected, dump_of('plain', "$top/several", $option)))[1]);
	is_deeply([ sort @{ $judged->{status}[0]{current} } ], [ sort @several ], "several rows, $option");
}

# What is data for psql is no SQL here, and the other way round.
my $planting = 'DO $$BEGIN CREATE ROLE planted_role; END$$;';
judge('a function of the name begin', [ plain_with(<<"SQL"), $plain_rows ], 2, qr/extra/, qr/\A\z/);
CREATE FUNCTION public.begin() RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION public.begin() IS 'x';
CREATE TABLE public.u (x text);
COPY public.u (x) FROM stdin;
END; END;
$planting
\\.
SQL
judge('a COPY behind a carriage return', [ plain_with("-- \rCOPY public.t FROM stdin;\nCOPY public.alembic_version (version_num) FROM stdin;\n\\.\n") ],
	2, qr/unstamped/, qr/not restored: COPY public\.t FROM stdin: pg_dump writes no such/);
judge('a role behind a carriage return', [ plain_with("-- \rCREATE ROLE planted_role;\nSET row_security = off;"), $plain_rows ], 0, qr/^ok$/m, qr/\A\z/);
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_roles WHERE rolname ~ 'planted'}), '0', 'none makes a role');
judge('rows, and what would run', [ plain_with(<<'SQL'), $plain_rows ], 2, qr/extra/, qr/\A\z/);
CREATE FUNCTION public.fails() RETURNS int LANGUAGE plpgsql AS $$BEGIN RAISE 'it runs'; END$$;
CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'it runs'; END$$;
CREATE EVENT TRIGGER on_ddl ON ddl_command_end EXECUTE FUNCTION public.on_ddl();
CREATE TABLE public.behind (x int DEFAULT public.fails());
INSERT INTO public.behind DEFAULT VALUES;
CREATE MATERIALIZED VIEW public.later AS SELECT public.fails() AS x WITH NO DATA;
REFRESH MATERIALIZED VIEW public.later;
SQL

# Triggers and rules that run always do so for what the database's sessions do, and not for the restore.
$node->safe_psql('postgres', 'CREATE DATABASE always TEMPLATE template0');
$node->safe_psql('always', <<'SQL');
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE seen (what text);
CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'a trigger runs'; END$$;
CREATE TRIGGER on_row BEFORE INSERT ON alembic_version FOR EACH ROW EXECUTE FUNCTION on_row();
CREATE TRIGGER on_replica BEFORE INSERT ON alembic_version FOR EACH ROW EXECUTE FUNCTION on_row();
CREATE RULE on_insert AS ON INSERT TO alembic_version DO ALSO INSERT INTO seen VALUES (1 / 0);
ALTER TABLE alembic_version ENABLE ALWAYS TRIGGER on_row, ENABLE REPLICA TRIGGER on_replica, ENABLE ALWAYS RULE on_insert;
CREATE EXTENSION mighead;
SELECT mighead_add_revision('a1');
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'an event trigger runs'; END$$;
CREATE EVENT TRIGGER on_ddl ON ddl_command_end EXECUTE FUNCTION on_ddl();
CREATE EVENT TRIGGER on_other ON ddl_command_start EXECUTE FUNCTION on_ddl();
ALTER EVENT TRIGGER on_ddl ENABLE ALWAYS;
ALTER EVENT TRIGGER on_other ENABLE REPLICA;
SELECT mighead_capture();
SQL
my $always = write_file("$top/always.json", $node->safe_psql('always', 'SELECT mighead_export()'));
$node->safe_psql('always', 'ALTER EVENT TRIGGER on_ddl DISABLE; DROP EXTENSION mighead; ALTER EVENT TRIGGER on_ddl ENABLE ALWAYS');
foreach my $option ('--column-inserts', '--no-comments')
{
	judge("triggers that run always, $option",
		[ dump_of('always', "$top/always.schema", '-s'), dump_of('always', "$top/always.rows", '-a', '-t', 'alembic_version', $option) ],
		0, qr/^ok\n.*^rows       a1\n.*^schema     as expected\n/ms, qr/\A\z/, '--expect', $always);
}
(my $disabled = slurp_file("$top/always.schema")) =~ s/^ALTER EVENT TRIGGER on_other ENABLE REPLICA;\n//m or die 'no event trigger';
judge('one of which differs', [ write_file("$top/always.other", $disabled), "$top/always.rows" ], 2, qr/^critical  changed  event trigger  on_other\n/m, qr/\A\z/,
	'--expect', $always);

# A dump in which each object is made by its owner.
$node->safe_psql('postgres', 'CREATE ROLE leaving; CREATE ROLE staying; CREATE DATABASE owned TEMPLATE template0');
$node->safe_psql('owned', q{CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('a1');
	ALTER TABLE alembic_version OWNER TO leaving; CREATE TABLE public.kept (id int PRIMARY KEY); ALTER TABLE kept OWNER TO staying});
my @owned = dump_of('owned', "$top/owned", '--use-set-session-authorization');
$node->safe_psql('owned', q{CREATE EXTENSION mighead; SELECT mighead_add_revision('a1'); SELECT mighead_capture()});
my $of_owned = write_file("$top/owned.json", $node->safe_psql('owned', 'SELECT mighead_export()'));
$node->safe_psql('owned', 'REASSIGN OWNED BY leaving TO CURRENT_USER; DROP ROLE leaving');
($status, $out, $err) = mighead('offline', '--expect', $of_owned, @owned);
is($status, 0, 'owners that are not here, or have no rights') or diag("$out$err");
like($out, qr/^ok\n.*^schema     as expected\n/ms, 'all objects are there');
like($err, qr/\Amighead: \d+ owners and privileges were not restored, of roles that this server does not have: leaving\n\z/, 'the owners are told of');

# Dumps of which a part is missing, or that are several.
(my $cut = $plain) =~ s/^--\n-- PostgreSQL database dump complete.*//ms;
judge('a dump that is cut off', [ write_file("$top/cut", $cut), $plain_rows ], 3, qr/\A\z/, qr/it is cut off/);
judge('one of two', [ write_file("$top/cut", "$cut$plain"), $plain_rows ], 3, qr/\A\z/, qr/a dump in it is cut off/);
judge('all databases', [ write_file("$top/cut", "\\connect a\n\\connect b\n") ], 3, qr/\A\z/, qr/not a dump of one database, but of several\nhint: pg_dumpall/);
judge('UTF-16', [ write_file("$top/cut", "\xff\xfe" . join '', map { "$_\0" } split //, $plain) ], 3, qr/\A\z/, qr/UTF-16 text\nhint: .*pg_dump -f FILE/);
judge('no such severity', [ "$top/plain", $plain_rows ], 3, qr/\A\z/, qr/\Amighead: not a severity: 9\n\z/, '-s', '9');
is(databases(), '', 'nothing is left');

# ---------- settings, signals and others meanwhile ----------

my $given = slurp_file("$top/plain") . slurp_file($plain_rows);

# Runs it with standard input open until after() has run.
sub meanwhile
{
	my ($after, @options) = @_;
	my ($in, $out, $err) = ('', '', '');
	my $handle = start [ $program, 'offline', '--expect', $expected, '-' ], '<', \$in, '>', \$out, '2>', \$err, timeout(60);
	$node->poll_query_until('postgres', q{SELECT count(*) = 2 FROM pg_stat_activity WHERE application_name = 'mighead' AND state = 'idle'});
	$after->($handle);
	$in .= $given;
	$handle->pump while length $in && $handle->pumpable;
	eval { $handle->finish };
	return ($? & 127 ? 'signal ' . ($? & 127) : $? >> 8, $out, $err);
}

foreach my $setting ('idle_session_timeout=300', 'lock_timeout=1', 'statement_timeout=500')
{
	local $ENV{PGOPTIONS} = "-c $setting";
	is((meanwhile(sub { sleep 1 }))[0], 0, $setting);
	is(databases(), '', 'and nothing is left');
}
($status, $out, $err) = meanwhile(sub { $node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mighead' AND datname = 'postgres'}) });
is("$status$err", '0', 'a session that was ended');
is(databases(), '', 'and nothing is left');
my $refused;
meanwhile(sub { $refused = ($node->psql(databases(), 'SELECT 1', extra_params => [ '-U', 'visitor' ]))[2] });
like($refused, qr/permission denied for database/, 'others may not connect');
is((meanwhile(sub { $_[0]->signal('TERM'); $_[0]->finish }))[0], 'signal 15', 'a signal ends it while it waits for standard input');
is(databases(), '', 'and nothing is left');
($status, $out, $err) = meanwhile(
	sub {
		my ($handle) = @_;
		my @pids = split / /, $node->safe_psql('postgres', q{SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE application_name = 'mighead'});
		kill 'STOP', @pids;
		$handle->signal('TERM');
		sleep 1;
		$handle->signal('TERM');
		$handle->finish;
		kill 'CONT', @pids;
	});
is($status, 'signal 15', 'a second one where the server does not answer');
like($err, qr/\Amighead: the scratch database "mighead_scratch_\w+" is left on the server\n\z/, 'which tells what is left');
$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS ' . databases() . ' WITH (FORCE)');

$node->safe_psql('postgres', 'CREATE DATABASE archive');
foreach my $case (
	[ [ dump_of('archive', "$top/archive.c", '-Fc') ], qr/is not an SQL dump, but an archive.*pg_restore -f/s ],
	[ [ dump_of('archive', "$top/archive.t", '-Ft') ], qr/is not an SQL dump, but an archive/ ],
	[ [ dump_of('archive', "$top/archive.d", '-Fd') ], qr/could not read dump/ ],
	[ [ write_file("$top/cut", "CREATE TABLE t (x text DEFAULT 'no end") ], qr/ends in the middle of a statement/ ],
	[ [ write_file("$top/cut2", "CREATE TABLE t (x text);\nCOPY t (x) FROM stdin;\nrow\n") ], qr/ends in the middle of a statement/ ],
	[ [ "$top/absent" ], qr/could not read dump "\Q$top\E\/absent": No such file/ ],
	[ [], qr/no dump is named/ ],
	[ [ '--expect', "$top/absent", "$top/schema" ], qr/could not read file/ ],
	[ [ '--expect', "$top/evil", "$top/schema" ], qr/is not JSON/ ])
{
	my ($arguments, $message) = @$case;
	my ($status, $out, $err) = mighead('offline', @$arguments);
	is("$status$out", '3', "@$arguments: refused");
	like($err, $message, 'with the reason');
	is(databases(), '', 'nothing is left');
}

$node->stop;
done_testing();
