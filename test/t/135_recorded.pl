# The statements that "mighead expect" records, beside what the server logged of the same run: Alembic with psycopg2 for
# the simple protocol, pgbench for the extended one. Then the way to production: export, import, and who may read them.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program interpreter_of url_of);
use IPC::Run qw(run timeout);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic;

my $top = abs_path(PostgreSQL::Test::Utils::tempdir);
my $node = PostgreSQL::Test::Cluster->new('main');
my $program = $node->config_data('--bindir') . '/mighead';

$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "log_statement = all\nlog_line_prefix = '@@%a@@ '\nlog_error_verbosity = terse");
$node->start;
delete $ENV{$_} foreach grep { /^PG(?!_)/ } keys %ENV;
delete $ENV{DATABASE_URL};
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PYTHONDONTWRITEBYTECODE} = 1;

# ---------- a history with everything that a migration may run ----------

my $directory = "$top/history";
make_path("$directory/migrations/versions");

sub revision
{
	my ($id, $down, $body) = @_;
	$body =~ s/^/    /mg;
	append_to_file("$directory/migrations/versions/$id.py", <<"PY");
from alembic import op
import sqlalchemy as sa
revision = '$id'
down_revision = $down
def upgrade():
    bind = op.get_bind()
$body
PY
	return;
}

append_to_file("$directory/migrations/env.py", <<'PY');
import os
from alembic import context
from sqlalchemy import create_engine, text
url = "postgresql+psycopg2://?host=%s&port=%s&dbname=%s&application_name=alembic" % tuple(os.environ[n] for n in ("PGHOST", "PGPORT", "PGDATABASE"))
engine = create_engine(url, connect_args={"user": os.environ["PGUSER"]})
with engine.connect() as connection:
    connection.execute(text("SELECT count(*) FROM pg_catalog.pg_class"))
    connection.rollback() if hasattr(connection, "rollback") else None
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=os.environ.get("EACH") == "1")
    with context.begin_transaction():
        context.run_migrations()
PY
append_to_file("$directory/alembic.ini", "[alembic]\nscript_location = $directory/migrations\n");
revision('a1', 'None', <<'PY');
op.create_table('orders', sa.Column('id', sa.Integer, primary_key=True), sa.Column('note', sa.Text, server_default="it's; --not"), comment='two\n\nlines; here')
op.execute("CREATE TABLE first (x int); -- a comment; with a semicolon\nCREATE TABLE second (y text DEFAULT ';')")
orders = sa.table('orders', sa.column('id', sa.Integer), sa.column('note', sa.Text))
op.bulk_insert(orders, [{'id': 1, 'note': "o'ne \\ 100%"}, {'id': 2, 'note': None}, {'id': 3, 'note': 'ünïcode'}])
PY
revision('b2', "'a1'", 'pass');
revision('c3', "'b2'", <<'PY');
with op.get_context().autocommit_block():
    op.execute('CREATE INDEX CONCURRENTLY orders_note ON orders (note)')
op.add_column('orders', sa.Column('total', sa.Numeric))
PY
revision('d4', "'c3'", <<'PY');
rows = bind.execute(sa.text('SELECT id FROM orders WHERE note IS NULL')).fetchall()
for row in rows:
    bind.execute(sa.text('UPDATE orders SET note = :note WHERE id = :id'), {'note': 'new', 'id': row[0]})
bind.execute(sa.text("SELECT set_config('work_mem', '5MB', true)"))
bind.execute(sa.text("SELECT current_setting('work_mem'), version(), now()"))
sa.inspect(bind).get_columns('orders')
PY
revision('e5', "'d4'", <<'PY');
nested = bind.begin_nested()
op.execute("INSERT INTO first VALUES (2)")
nested.commit()
op.execute("DO $body$ BEGIN EXECUTE 'INSERT INTO first VALUES (3)'; PERFORM count(*) FROM orders; END $body$")
op.execute("CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO second VALUES (1); RETURN NEW; END'")
op.execute("CREATE CONSTRAINT TRIGGER noted AFTER INSERT ON first DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION noted()")
op.execute("INSERT INTO first VALUES (4)")
PY
revision('f6', "'d4'", q{op.execute("CREATE ROLE recorded_role PASSWORD 'geheim'"); op.execute("DROP ROLE recorded_role")});
revision('g7', "('e5', 'f6')", 'pass');
revision('h8', "'g7'", <<'PY');
nested = bind.begin_nested()
op.execute("INSERT INTO first VALUES (1)")
nested.rollback()
import io
bind.connection.cursor().copy_expert('COPY first FROM STDIN', io.StringIO('7\n8\n'))
PY
revision('i9', "'h8'", q{op.execute("INSERT INTO second VALUES ('" + 'x' * 1100000 + "')")});

my @python = (interpreter_of($alembic), '-m', 'alembic.config', '-c', "$directory/alembic.ini");

# ---------- what the server logged ----------

# The statements of a string, without the blanks around them.
sub split_string
{
	my ($string) = @_;
	my @parts = ('');
	while ($string =~ /\G('(?:[^']|'')*'|"[^"]*"|\$(\w*)\$.*?\$\2\$|--[^\n]*|;|[^'"\$;-]+|.)/gs)
	{
		if ($1 eq ';') { push @parts, ''; }
		else { $parts[-1] .= $1; }
	}
	s/\A\s+|\s+\z//g foreach @parts;
	return grep { $_ ne '' } @parts;
}

sub is_pure_read
{
	my ($statement) = @_;
	return $statement =~ /\Ashow /i
	  || ($statement =~ /\Aselect/i && $statement !~ /set_config|\bFROM orders\b/);
}

# What came to stay, in order; the log has what was rolled back, too.
sub logged
{
	my ($offset, $application) = @_;
	my $log = substr slurp_file($node->logfile), $offset;
	my (@all, @savepoints);
	my $begin;
	foreach my $line (split /^@@(?=\S*@@ )/m, $log)
	{
		next unless $line =~ s/\A\Q$application\E@@ LOG:  (?:statement|execute [^:]*): //;
		chomp $line;
		$line =~ s/\n\t/\n/g;
		foreach my $statement (grep { !is_pure_read($_) } split_string($line))
		{
			if ($statement =~ /\AROLLBACK TO SAVEPOINT (\S+)/) { my $n = { @savepoints }->{$1}; $#all = $n; next; }
			if ($statement eq 'ROLLBACK') { $#all = $begin - 1; next; }
			if ($statement eq 'COMMIT' && $begin == $#all) { pop @all; next; }
			push @all, $statement;
			$begin = $#all if $statement =~ /\ABEGIN/;
			push @savepoints, $1, $#all if $statement =~ /\ASAVEPOINT (\S+)/;
		}
	}
	s/'geheim'/'********'/ foreach @all;
	return map { length > 1024 * 1024 ? substr($_, 0, 1024 * 1024) : $_ } @all;
}

# ---------- beside what was recorded ----------

my $document;
foreach my $each (0, 1)
{
	my $when = $each ? 'a transaction for each' : 'one transaction';
	my $file = "$top/expectations$each.json";
	my $offset = -s $node->logfile;
	my ($out, $err) = ('', '');
	local $ENV{EACH} = $each;
	run [ $program, 'expect', '-o', $file, "$directory/alembic.ini", '--', @python, 'upgrade', 'heads' ], '>', \$out, '2>', \$err, timeout(120);
	is($?, 0, "$when: expectations are made") or diag $err;
	unlike($err, qr/not recorded/, "$when: nothing is left out");
	$document = decode_json(slurp_file($file));
	my %step = map { $_->{revision} => $_ } @{ $document->{statements} };
	my @order = qw(a1 b2 c3 d4 e5 f6 g7 h8 i9);
	my ($is, $should) = ([], [ logged($offset, 'alembic') ]);
	foreach my $revision ($step{f6}{step}[0]{statement} && position('e5', $should) > position('f6', $should) ? qw(a1 b2 c3 d4 f6 e5 g7 h8 i9) : @order)
	{
		push @$is, map { $_->{statement} } grep { defined $_->{statement} } @{ $step{$revision}{step} };
	}
	utf8::encode($_) foreach @$is;
	is(scalar @$is, scalar @$should, "$when: as many statements as the server logged");
	is_deeply($is, $should, "$when: they are the same") or diag join "\n", map { substr $_, 0, 100 } @$should;

	my %states = map { my $r = $_; $r => join ' ', grep { $_ ne 'recorded' } map { $_->{state} } @{ $step{$r}{step} } } @order;
	is_deeply(\%states, { a1 => '', b2 => 'empty', c3 => '', d4 => 'reads', e5 => '', f6 => '', g7 => 'empty', h8 => 'copy', i9 => 'cut' }, "$when: states");
	my ($concurrently) = grep { ($_->{statement} // '') =~ /CONCURRENTLY/ } @{ $step{c3}{step} };
	ok(!$concurrently->{in_transaction}, "$when: autocommit is seen");
	ok(!(grep { defined $_->{statement} && !$_->{in_transaction} && $_->{statement} !~ /^BEGIN|CONCURRENTLY/ } map { @{ $_->{step} } } values %step),
		"$when: so is a transaction");
	is($step{a1}{step}[0]{search_path}, '"$user", public', 'the search_path is told');
	ok(length $step{a1}{checksum} == 64, 'and the checksum of the script');
}

sub position
{
	my ($revision, $statements) = @_;
	my ($at) = grep { $statements->[$_] =~ /alembic_version.*'$revision'/ } 0 .. $#$statements;
	return $at // -1;
}

# ---------- to production ----------

$node->safe_psql('postgres', 'CREATE DATABASE production');
$node->safe_psql('production', "CREATE EXTENSION mighead");
my $recorded = q{SELECT revision, ordinal, md5(statement), in_transaction, role, search_path, state, checksum FROM mighead.statement ORDER BY 1, 2};
run [ $program, 'load', '-d', 'production', '--expect', "$top/expectations1.json" ] or die 'not loaded';
my $there = $node->safe_psql('production', $recorded);
is(scalar(split /\n/, $there), scalar(map { @{ $_->{step} } } @{ $document->{statements} }), 'each statement is loaded');
is_deeply(decode_json($node->safe_psql('production', 'SELECT mighead_export()'))->{statements}, $document->{statements}, 'and exported again');
run [ $program, 'load', '-d', 'production', '--expect', "$top/expectations1.json" ];
is($node->safe_psql('production', $recorded), $there, 'loaded twice');
$node->safe_psql('production', 'CREATE ROLE plain');
my ($status, $out, $err) = $node->psql('production', 'SET ROLE plain; SELECT * FROM mighead.statement');
like($err, qr/permission denied for table statement/, 'not everybody may read them');
is($node->safe_psql('production', q{SET ROLE plain; SELECT mighead_export() ? 'statements'}), 'f', 'nor export them');
is($node->safe_psql('production', q{SELECT mighead_export(expectations => false) ? 'statements'}), 'f', 'they go with the expectations');
foreach my $case ([ '{statements,0,step,0,state}', '"planned"', 'state' ], [ '{statements,0,step,0,ordinal}', '-1', 'ordinal' ],
	[ '{statements,1,revision}', '"a1"', 'revision' ], [ '{statements,0,step,0,statement}', 'null', 'state' ], [ '{statements}', '{}', 'statements' ])
{
	($status, $out, $err) = $node->psql('production', "SELECT mighead_import(jsonb_set(mighead_export(), '$case->[0]', '$case->[1]'))");
	like($err, qr/not a mighead document.*\n.*$case->[2]/, "a document with a bad $case->[2] is refused");
}
is($node->safe_psql('production', $recorded), $there, 'and changes nothing');
$node->safe_psql('production', q{SELECT mighead_remove_project('default')});
is($node->safe_psql('production', 'SELECT count(*) FROM mighead.statement'), '0', 'a project is removed with its statements');

# ---------- the extended protocol ----------

sub recorder_database
{
	my ($name) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql('postgres', "ALTER DATABASE $name SET session_preload_libraries = 'mighead'");
	$node->safe_psql($name, q{CREATE EXTENSION mighead; SELECT mighead_add_revision('a1', '{}'); SELECT mighead_add_revision('b2', '{a1}');
		SELECT mighead_add_revision('c3', '{b2}');
		SELECT mighead_ensure_version(); SELECT mighead_watch('alembic_version', capture => true)});
	return;
}

recorder_database('extended');
append_to_file("$top/script.sql", <<'SQL');
\set number 5
BEGIN;
CREATE TABLE t (id int, name text, at timestamptz, data bytea, amount numeric);
INSERT INTO t VALUES (:number, 'text $1' || :number::text, '2026-01-02 03:04:05+01', '\x00ff', :number / 3.0);
INSERT INTO t /* $1 */ SELECT id + :number, E'\'$1', NULL, NULL, :number::int + 1 FROM t;
INSERT INTO alembic_version VALUES ('a1');
COMMIT;
SQL
$node->safe_psql('extended', 'DELETE FROM mighead.statement');
run [ $node->config_data('--bindir') . '/pgbench', '-n', '-t', 1, '-M', 'extended', '-f', "$top/script.sql", 'extended' ], '>', \$out, '2>', \$err
  or diag $err;
my @texts = split /\x01/, $node->safe_psql('extended', q{SELECT string_agg(statement, E'\x01' ORDER BY ordinal) FROM mighead.statement WHERE revision = 'a1'});
is(scalar @texts, 6, 'statements of the extended protocol');
unlike(join(' ', @texts), qr/\$1\b(?! \*\/|'|text)/, 'their parameters are put in');
$node->safe_psql('postgres', 'CREATE DATABASE again');
$node->safe_psql('again', join ";\n", map { s/alembic_version/pg_temp.v/r } 'CREATE TEMP TABLE v (r text)', @texts);
is($node->safe_psql('again', 'TABLE t'), $node->safe_psql('extended', 'TABLE t'), 'and run again they make the same rows');

# ---------- what was not seen ----------

is($node->safe_psql('extended', q{SELECT count(*) FROM mighead.statement WHERE state = 'incomplete'}), '0', 'all was seen');
$node->safe_psql('extended', q{SET session_replication_role = origin; CREATE TABLE u (); UPDATE alembic_version SET version_num = 'b2'});
is($node->safe_psql('extended', q{SELECT string_agg(statement, '|' ORDER BY ordinal) FROM mighead.statement WHERE revision = 'b2'}),
	"SET session_replication_role = origin|CREATE TABLE u ()|UPDATE alembic_version SET version_num = 'b2'", 'parts of one string');
{
	local $ENV{PGOPTIONS} = '-c session_preload_libraries=';
	$node->safe_psql('extended', q{CREATE TABLE v (); UPDATE alembic_version SET version_num = 'c3'});
}
is($node->safe_psql('extended', q{SELECT ordinal, statement IS NULL, state FROM mighead.statement WHERE revision = 'c3'}), '0|t|incomplete',
	'a session without the library');
$node->safe_psql('extended', q{UPDATE alembic_version SET version_num = 'b2'});
$node->safe_psql('extended', q{CREATE TABLE w (); UPDATE alembic_version SET version_num = 'c3'});
is($node->safe_psql('extended', q{SELECT string_agg(statement, '|' ORDER BY ordinal) FROM mighead.statement WHERE revision = 'c3'}),
	"CREATE TABLE w ()|UPDATE alembic_version SET version_num = 'c3'", 'a step that was seen takes its place');
{
	local $ENV{PGOPTIONS} = '-c session_preload_libraries=';
	$node->safe_psql('extended', q{UPDATE alembic_version SET version_num = 'b2'; UPDATE alembic_version SET version_num = 'c3'});
	is($node->safe_psql('extended', q{SELECT count(*) FROM mighead.statement WHERE revision = 'c3'}), '2', 'but not the other way');
	($status, $out, $err) = $node->psql('extended', q{SELECT mighead_watch('alembic_version', capture => true)});
	like($err, qr/NOTICE:.*statements of migrations are not recorded.*HINT:.*ALTER DATABASE extended SET session_preload_libraries = 'mighead'/s, 'which mighead_watch() says');
}
($status, $out, $err) = $node->psql('extended', q{SELECT mighead_watch('alembic_version', capture => true)});
unlike($err, qr/not recorded/, 'and only there');
$node->safe_psql('extended', q{UPDATE alembic_version SET version_num = 'a1'});
$node->safe_psql('extended', q{DO $$ BEGIN FOR i IN 1 .. 10005 LOOP NULL; END LOOP; END $$; } . join('', map { "SET work_mem = $_;" } 1000 .. 11100)
	  . q{UPDATE alembic_version SET version_num = 'b2'});
is($node->safe_psql('extended', q{SELECT count(*), max(state) FILTER (WHERE ordinal > 10000) FROM mighead.statement WHERE revision = 'b2'}), '10001|cut',
	'more than 10,000 statements are cut');

# ---------- what rules replace, and what the recorder cannot read ----------

recorder_database('ruled');
$node->safe_psql('ruled', q{CREATE TABLE app (id int, a text); CREATE VIEW seen AS SELECT * FROM app;
	CREATE RULE r1 AS ON INSERT TO seen DO INSTEAD UPDATE app SET a = 'by rule';
	CREATE RULE r2 AS ON DELETE TO seen DO INSTEAD NOTHING;
	CREATE RULE r3 AS ON UPDATE TO app DO ALSO (INSERT INTO app VALUES (1, 'also'); NOTIFY ruled)});
my @ruled = (q{CREATE TABLE other ()}, q{INSERT INTO seen VALUES (1, 'x')}, q{DELETE FROM seen}, q{UPDATE app SET id = 3}, q{INSERT INTO alembic_version VALUES ('a1')});
$node->safe_psql('ruled', 'DELETE FROM mighead.statement');
$node->safe_psql('ruled', join ' \; ', 'BEGIN', @ruled, 'COMMIT');
is($node->safe_psql('ruled', q{SELECT string_agg(statement, '|' ORDER BY ordinal) FROM mighead.statement WHERE revision = 'a1'}),
	join('|', 'BEGIN', @ruled, 'COMMIT'), 'a statement that rules replace is recorded once');
is($node->safe_psql('ruled', q{SET standard_conforming_strings = off\; SELECT set_config('a.b', 'a\', false)\; UPDATE alembic_version SET version_num = 'b2'}), 'a\\',
	'a string that the scanner would now read in another way');
is($node->safe_psql('ruled', q{SELECT string_agg(state, ' ' ORDER BY ordinal) FROM mighead.statement WHERE revision = 'b2'}), 'recorded recorded recorded', 'is recorded');
$node->safe_psql('ruled', q{CREATE TABLE late (n int, t text); SELECT mighead_add_revision('r1', '{b2}'); SELECT mighead_add_revision('r2', '{r1}')});
append_to_file("$top/late.sql", <<'SQL');
\set n :n + 1
INSERT INTO late VALUES (:n, 'a\');
SET standard_conforming_strings = off;
UPDATE alembic_version SET version_num = 'r' || :n;
SQL
run [ $node->config_data('--bindir') . '/pgbench', '-n', '-t', 2, '-D', 'n=0', '-M', 'prepared', '-f', "$top/late.sql", 'ruled' ], '>', \$out, '2>', \$err;
like($err, qr/WARNING:  a statement of the migration could not be recorded\s+DETAIL:  unterminated quoted string/, 'what cannot be recorded is a warning');
is($node->safe_psql('ruled', 'SELECT count(*) FROM late'), '2', 'and runs');
is($node->safe_psql('ruled', q{SELECT string_agg(state, ' ' ORDER BY ordinal) FROM mighead.statement WHERE revision = 'r2'}), 'unrecordable recorded recorded', 'which is stored');
$node->safe_psql('ruled', q{DROP EXTENSION mighead CASCADE; SELECT count(*) FROM app; CREATE TABLE later (); CREATE EXTENSION mighead; TABLE later});
is($node->safe_psql('ruled', q{SELECT to_regclass('later')}), 'later', 'a session outlives the extension');

# ---------- the review of what is pending ----------

my $pending = q{SELECT string_agg(concat_ws(' ', revision, code, sqlstate, detail), '|' ORDER BY revision) FROM mighead_review() WHERE code = 'will_fail' OR command = ''};
is($node->safe_psql('extended', $pending), 'c3 will_fail 42P07 relation w exists already', 'what is recorded is reviewed');
$node->safe_psql('extended', 'DELETE FROM mighead.expected; DELETE FROM mighead.expected_set');
my $state = q{SELECT state, severity, hint FROM mighead_status()};
is($node->safe_psql('extended', q{SELECT code, severity, object, detail, sqlstate, evidence FROM mighead_findings() WHERE code ~ 'fail'}),
	'pending_will_fail|2|c3|Revision c3 will fail here with SQLSTATE 42P07, in CREATE TABLE, statement 1 of what is pending: relation w exists already|MH001|{"sqlstate": "42P07", "statement": 1}',
	'each check foretells it');
is($node->safe_psql('extended', $state),
	'pending|2|SELECT * FROM public.mighead_review(); -- decide: mend the script, or what stands in its way in this database', 'with a decision');
$node->safe_psql('extended', 'DROP TABLE w');
is($node->safe_psql('extended', $pending), '', 'and will pass where it can');
is($node->safe_psql('extended', q{SELECT severity, hint FROM mighead_findings() WHERE code = 'pending'}),
	'1|SELECT * FROM public.mighead_review(); -- then, in a shell: alembic upgrade b2:heads --sql # shows what will run -- then, in a shell: alembic upgrade heads # if it fails, look up its error in doc/troubleshooting.md', 'and the hint names the review');
$node->safe_psql('extended', q{CREATE TABLE w (); GRANT SELECT ON alembic_version TO plain});
is($node->safe_psql('extended', q{SET ROLE plain; SELECT count(*) FROM mighead_findings() WHERE code ~ 'fail'}), '0', 'who may not read them is told nothing of them');
is($node->safe_psql('extended', q{BEGIN; LOCK w IN ACCESS EXCLUSIVE MODE; SET LOCAL lock_timeout = '1s'; SELECT count(*) FROM mighead_findings() WHERE code ~ 'fail'}), '1', 'nothing is waited for');
my $holder = $node->background_psql('extended');
$holder->query('BEGIN; LOCK w IN ACCESS EXCLUSIVE MODE');
is($node->safe_psql('extended', q{SET lock_timeout = '1s'; SELECT count(*) FROM mighead_findings() WHERE code ~ 'fail'}), '1', 'nor for another session');
$holder->quit;
$node->safe_psql('extended', 'DROP TABLE w');
$node->safe_psql('extended', q{UPDATE mighead.statement SET checksum = 'other' WHERE revision = 'c3'});
is($node->safe_psql('extended', $pending), 'c3 not_known the statements were recorded from another version of the script', 'of another script');
$node->safe_psql('extended', q{DELETE FROM mighead.statement WHERE revision = 'c3'});
is($node->safe_psql('extended', $pending), 'c3 not_known the statements of the revision were not recorded', 'of none');
$node->safe_psql('extended', q{ALTER TABLE alembic_version DISABLE TRIGGER USER; UPDATE alembic_version SET version_num = 'a1'});
is($node->safe_psql('extended', $pending), 'b2 not_known the step was too long to be recorded whole'
	  . '|c3 not_known it comes after revision b2, of which too little is known', 'what comes after it is not judged');
is($node->safe_psql('extended', q{GRANT SELECT ON alembic_version TO plain; SET ROLE plain; SELECT string_agg(DISTINCT code, ' ') FROM mighead_review()}), 'not_known', 'nor for whom may not read it');

# Names are found as they were when it was recorded, whatever the reviewer's own search_path is.
recorder_database('elsewhere');
$node->safe_psql('elsewhere', q{CREATE SCHEMA app; INSERT INTO alembic_version VALUES ('a1')});
{
	local $ENV{PGOPTIONS} = '-c search_path=app';
	$node->safe_psql('elsewhere', q{CREATE TABLE t (); UPDATE public.alembic_version SET version_num = 'b2'});
}
$node->safe_psql('elsewhere', q{ALTER TABLE alembic_version DISABLE TRIGGER USER; UPDATE alembic_version SET version_num = 'a1'; CREATE TABLE t ()});
my $of_b2 = $pending =~ s/WHERE/WHERE revision = 'b2' AND/r =~ s/WHERE (.*AND) (.*)$/WHERE $1 ($2)/r;
is($node->safe_psql('elsewhere', $of_b2), 'b2 will_fail 42P07 relation t exists already', 'found in the schema of the recorded search_path');
is($node->safe_psql('elsewhere', q{SELECT count(*) FROM mighead_findings() WHERE code ~ 'fail'}), '0', 'but no check foretells what may be of another tenant');
$node->safe_psql('elsewhere', 'DROP TABLE app.t');
is($node->safe_psql('elsewhere', $of_b2), '', 'and only there');

# No hook works where nothing is recorded.
$node->safe_psql('postgres', q{CREATE DATABASE plain; ALTER DATABASE plain SET session_preload_libraries = 'mighead'});
is($node->safe_psql('plain', 'CREATE TABLE t (); SELECT count(*) FROM t'), '0', 'a database without mighead');

$node->stop;
done_testing();
