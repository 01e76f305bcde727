# A transaction with an old snapshot sees objects in the catalogs that are gone, renamed or made again, and functions of
# the server that read the newest catalogs know nothing of them.  The same happens for a moment to each call beside DDL of
# others.  Every reader must bear it: no crash, and no internal error, raised or told.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "fsync = off\nmax_locks_per_transaction = 512\n");
$node->start;
my $make_roles = join ';', map { "CREATE ROLE $_" } qw(mighead_app mighead_reader), '"mighead Quoted"', '"Mighead other"';
$node->safe_psql('postgres', $make_roles);
my $fixtures = join "\n", "SET client_min_messages = error;", map { slurp_file("test/fixtures/everything_$_.sql") . "\nRESET search_path;" } qw(relations objects);

$node->safe_psql('postgres', 'CREATE DATABASE zoo');
$node->safe_psql('zoo', <<"SQL");
CREATE EXTENSION mighead;
SELECT mighead_add_revision('a1'), mighead_add_revision('a2', '{a1}');
$fixtures
SET search_path = "My Home", public;
INSERT INTO alembic_version VALUES ('a1');
CREATE SCHEMA tenant;
CREATE TABLE tenant.alembic_version (version_num varchar(32) PRIMARY KEY);
-- what a table and its columns can be used by
CREATE FUNCTION reader() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(a) FROM plain; END;
CREATE VIEW of_target AS SELECT a, b FROM target;
CREATE VIEW of_view AS SELECT a FROM of_target;
CREATE POLICY of_column ON target USING (b > 0);
CREATE TRIGGER of_column BEFORE UPDATE OF b ON target FOR EACH ROW WHEN (NEW.b > 0) EXECUTE FUNCTION touch();
CREATE RULE of_column AS ON DELETE TO target WHERE OLD.b = 1 DO INSTEAD NOTHING;
CREATE TABLE rows_of (t target, s shape, m mood);
CREATE FUNCTION shapes(shape, mood) RETURNS target LANGUAGE sql AS 'SELECT NULL::"My Home".target';
CREATE STATISTICS of_columns ON a, b FROM target;
INSERT INTO target SELECT i, i FROM generate_series(1, 5) i;
INSERT INTO plain SELECT i FROM generate_series(1, 5) i;
SELECT count(*) FROM public.mighead_capture('a1', schemas => '{My Home,app,Other one}');
SQL

# ---------- what is asked ----------

my @relations = map { [ split /\t/ ] } split /\n/, $node->safe_psql('zoo', <<'SQL', extra_params => [ '-F', "\t" ]);
SELECT c.oid, c.oid::regclass, c.relkind, (SELECT quote_ident(min(attname)) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attname IN ('a', 'b', 'n', 'needed', 't', 'id')),
 array_to_string(ARRAY(SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = c.oid ORDER BY conname), ';')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname IN ('My Home', 'app', 'Other one') AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'i', 'c') AND relname <> 'alembic_version' ORDER BY c.oid
SQL
my @types = split /\n/, $node->safe_psql('zoo', q{SELECT t.oid::regtype FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname IN ('My Home', 'app', 'Other one') AND typrelid = 0 AND typelem = 0 AND typisdefined});
my @functions = split /\n/, $node->safe_psql('zoo', q{SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname IN ('My Home', 'app', 'Other one') AND prokind = 'f'});

my @calls = (
	(map { "SELECT * FROM public.mighead_$_" } 'status()', 'findings(min_severity => 0)', 'drift(min_severity => 0)', 'locate()', 'leftovers()', 'locks()', 'metrics()', 'report()', 'current()', 'pending()', q{definitions('"My Home".alembic_version')},
		q{definitions(schemas => '{My Home,app,Other one}')}, q{verify('a1')}, 'export()', 'version_rows()', 'at_head()', 'log()', 'ddl()', q{stamp_plan('a2')}, 'upgrade_plan()'),
	q{SELECT * FROM public.mighead_capture('a2', schemas => '{My Home,app,Other one}')});
my @reviews;
foreach my $relation (@relations)
{
	my ($oid, $name, $kind, $column, $constraints) = @$relation;

	push @reviews, $kind eq 'v' ? ("DROP VIEW $name CASCADE", "ALTER VIEW $name RENAME TO renamed") : $kind eq 'm' ? ("DROP MATERIALIZED VIEW $name", "REFRESH MATERIALIZED VIEW $name") : $kind eq 'S' ? ("DROP SEQUENCE $name", "ALTER SEQUENCE $name AS bigint")
	  : $kind eq 'i' ? ("DROP INDEX $name", "REINDEX INDEX $name") : $kind eq 'c' ? ("DROP TYPE $name") : ("DROP TABLE $name", "DROP TABLE $name CASCADE", "TRUNCATE $name", "VACUUM FULL $name", "ALTER TABLE $name ADD z integer NOT NULL", "CREATE TABLE copied (LIKE $name INCLUDING ALL)");
	push @reviews, map { ("ALTER TABLE $name VALIDATE CONSTRAINT $_", "ALTER TABLE $name DROP CONSTRAINT $_ CASCADE") } split /;/, $constraints // '';
	next if $kind =~ /[iSc]/;
	push @reviews, "CREATE VIEW viewed AS SELECT * FROM $name", "SELECT * FROM $name", "INSERT INTO $name SELECT * FROM $name", "DELETE FROM $name";
	next unless $column;
	push @calls, "SELECT * FROM public.mighead_castable('$oid'::regclass, '$column', 'bigint')", "SELECT * FROM public.mighead_castable('$oid'::regclass, '$column', 'text')", "SELECT * FROM public.mighead_orphans('$oid'::regclass, '$column', '$oid'::regclass, '$column')";
	push @reviews, "ALTER TABLE $name ALTER $column TYPE text", "ALTER TABLE $name ALTER $column TYPE bigint USING $column\::bigint", "ALTER TABLE $name ALTER $column SET NOT NULL", "ALTER TABLE $name DROP COLUMN $column", "ALTER TABLE $name DROP COLUMN $column CASCADE",
	  "ALTER TABLE $name RENAME $column TO renamed", "UPDATE $name SET $column = NULL WHERE $column IS NULL", "CREATE INDEX ON $name ($column)", "ALTER TABLE $name ADD UNIQUE ($column)", "ALTER TABLE $name ADD CHECK ($column IS NOT NULL)",
	  qq{ALTER TABLE $name ADD FOREIGN KEY ($column) REFERENCES "My Home".target}, "ALTER TABLE $name ADD PRIMARY KEY ($column)";
}
push @reviews, map { ("DROP TYPE $_", "DROP DOMAIN $_ CASCADE", "ALTER TYPE $_ RENAME TO renamed", "ALTER TYPE $_ ADD VALUE 'zz'", "ALTER DOMAIN $_ ADD CHECK (VALUE IS NOT NULL)", "CREATE TABLE typed (a $_)") } @types;
push @reviews, map { ("DROP FUNCTION $_", "DROP FUNCTION $_ CASCADE") } @functions;
push @reviews, map { ("DROP SCHEMA $_", "DROP SCHEMA $_ CASCADE", "CREATE TABLE $_.new (a int)") } '"My Home"', 'app', '"Other one"';
push @reviews, 'DROP OWNED BY mighead_app', 'REASSIGN OWNED BY mighead_app TO mighead_reader', 'DROP ROLE mighead_reader', 'DROP EXTENSION citext CASCADE', 'DROP PUBLICATION app_some';
push @calls, map { 'SELECT * FROM public.mighead_review($review$' . "$_;" . '$review$)' } @reviews;

# ---------- what others do meanwhile ----------

my $drop_rest = <<'SQL';
DROP EVENT TRIGGER app_ddl; DROP EVENT TRIGGER app_off; DROP PUBLICATION app_everything; DROP PUBLICATION app_some; DROP PUBLICATION app_schema;
DROP FOREIGN DATA WRAPPER app_wrapper CASCADE; DROP FOREIGN DATA WRAPPER mighead_nowhere CASCADE; DROP ACCESS METHOD app_heap CASCADE;
DROP EXTENSION citext CASCADE; DROP EXTENSION hstore CASCADE; DROP EXTENSION file_fdw CASCADE;
SQL
my $move_version = 'CREATE SCHEMA aside; ALTER TABLE "My Home".alembic_version SET SCHEMA aside;';
my $move_back = 'ALTER TABLE aside.alembic_version SET SCHEMA "My Home"; DROP SCHEMA aside;';
my $drop_all = qq{$drop_rest $move_version DROP SCHEMA "My Home", app, "Other one", mighead_beside, tenant CASCADE; CREATE SCHEMA "My Home"; $move_back};
my $of_others = <<'SQL';
DO $$DECLARE r record; BEGIN
FOR r IN SELECT format('DROP %s %s CASCADE', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END, oid::regclass) AS s FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace IN ('app'::regnamespace, '"My Home"'::regnamespace)
 UNION ALL SELECT format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', conrelid::regclass, conname) FROM pg_constraint WHERE connamespace = '"My Home"'::regnamespace AND conrelid <> 0 AND coninhcount = 0 AND conrelid <> '"My Home".alembic_version'::regclass
 UNION ALL SELECT format('DROP INDEX IF EXISTS %s CASCADE', i.indexrelid::regclass) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE relnamespace = '"My Home"'::regnamespace AND NOT relispartition AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
 UNION ALL SELECT format('DROP TRIGGER IF EXISTS %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0
 UNION ALL SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy
 UNION ALL SELECT format('DROP RULE IF EXISTS %I ON %s', rulename, ev_class::regclass) FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class WHERE relkind = 'r'
 UNION ALL SELECT format('DROP STATISTICS %I.%I', n.nspname, stxname) FROM pg_statistic_ext JOIN pg_namespace n ON n.oid = stxnamespace
 UNION ALL SELECT format('DROP FUNCTION IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p WHERE pronamespace IN ('app'::regnamespace, '"My Home"'::regnamespace) AND prokind = 'f'
 UNION ALL SELECT format('ALTER TABLE %s DROP COLUMN IF EXISTS %I CASCADE', attrelid::regclass, attname) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = '"My Home"'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped AND attinhcount = 0 AND attname IN ('d', 'c', 'sorted') AND reloftype = 0
LOOP BEGIN EXECUTE r.s; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END$$;
SQL
my %meanwhile = (
	'what depends is dropped' => "SET client_min_messages = error; $of_others",
	'all is dropped' => "SET client_min_messages = error; $drop_all DROP OWNED BY mighead_app, mighead_reader;",
	'all is made again' => "SET client_min_messages = error; $drop_all ALTER TABLE \"My Home\".alembic_version SET SCHEMA public; DROP SCHEMA \"My Home\"; $fixtures DROP TABLE \"My Home\".alembic_version; ALTER TABLE public.alembic_version SET SCHEMA \"My Home\";",
	'schemas are renamed' => qq{$move_version ALTER SCHEMA "My Home" RENAME TO mine; ALTER SCHEMA app RENAME TO "My Home"; ALTER SCHEMA mine RENAME TO app; $move_back});

# ---------- the trial ----------

my $folder = PostgreSQL::Test::Utils::tempdir;
foreach my $what (sort keys %meanwhile)
{
	foreach my $is_warm (0, 1)
	{
		my $name = $what . ($is_warm ? ', to a session that has read' : ', to a new session');
		my $script = "$folder/meanwhile.sql";

		$node->safe_psql('postgres', 'CREATE DATABASE trial TEMPLATE zoo');
		unlink $script;
		append_to_file($script, $meanwhile{$what});
		unlink "$folder/calls.sql";
		append_to_file("$folder/calls.sql", join '', map { "\\echo at $_\n$_;\n" } @calls);
		my ($status, $out, $err) = $node->psql('trial', <<"SQL", on_error_stop => 0, extra_params => [ '-v', 'ON_ERROR_ROLLBACK=on', '-v', 'VERBOSITY=verbose' ]);
@{[ $is_warm ? 'SELECT count(*) FROM public.mighead_drift(); SELECT count(*) FROM public.mighead_findings(); SELECT count(*) FROM public.mighead_review($$DROP SCHEMA "My Home" CASCADE; DROP SCHEMA app CASCADE$$);' : '' ]}
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT 'seen ' || count(*) FROM pg_class;
\\! psql -Xq -v ON_ERROR_STOP=1 -h '@{[ $node->host ]}' -p @{[ $node->port ]} -d trial -f '$script' > '$folder/done' 2>&1 && echo changed meanwhile || cat '$folder/done'
\\i '$folder/calls.sql'
\\echo all asked
SELECT 'seen ' || count(*) FROM pg_class;
ROLLBACK;
SQL
		like($out, qr/^changed meanwhile$/m, "$name: the DDL ran") or diag(substr($out, 0, 2000));
		like($out, qr/^all asked\nseen \d+$/m, "$name: the server is up") or diag(substr($out, -1500));
		my %bad;
		$bad{$1}++ while $err =~ /^(?:psql:\S+ )?(?:ERROR|PANIC|FATAL): +(XX\d+: .*)/mg;
		$bad{$1}++ while $out =~ /^(.*(?:cache lookup failed|with OID \d|XX000|could not find).*)/mg;
		is(join("\n", sort keys %bad), '', "$name: no internal error");
		$node->safe_psql('postgres', 'DROP DATABASE trial');
	}
}
cmp_ok(scalar @calls, '>', 500, scalar(@calls) . ' calls each');

# ---------- beside those who make and drop schemas ----------

# One is a stranger, one the application. The schemas have a version table, and may go between any two looks of a reader: many make the time between them long.
$node->safe_psql('zoo', 'CREATE ROLE mallory LOGIN; GRANT CREATE ON DATABASE zoo TO mallory');
$node->safe_psql('zoo', q{DO $$BEGIN FOR i IN 1 .. 300 LOOP EXECUTE format('CREATE SCHEMA m%s CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)', i); END LOOP; END$$}, extra_params => [ '-U', 'mallory' ]);
my $for_a_while = "n int := 0; until timestamptz := clock_timestamp() + interval '8 s'; BEGIN WHILE clock_timestamp() < until LOOP";
my @strangers = map { [ "DO \$\$DECLARE $for_a_while EXECUTE 'CREATE SCHEMA n$_; CREATE TABLE n$_.alembic_version (version_num varchar(32) PRIMARY KEY); CREATE TABLE n$_.alike (version_num varchar(32))'; COMMIT; DROP SCHEMA n$_ CASCADE; COMMIT; n := n + 1; END LOOP; RAISE NOTICE 'dropped % times', n; END\$\$", $_ % 2 ? 'mallory' : 'postgres' ] } 1 .. 4;
my @readers = map { [ "DO \$\$DECLARE $for_a_while BEGIN PERFORM * FROM $_; n := n + 1; EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'raised % %', SQLSTATE, SQLERRM; END; COMMIT; END LOOP; RAISE NOTICE 'answered % times', n; END\$\$", 'postgres', $_ ] }
  'public.mighead_status()', 'public.mighead_findings()', 'public.mighead_versions', 'public.mighead_metrics()';
my @running = map {
	my %one = (what => $_->[2], out => '', err => '');

	$one{psql} = IPC::Run::start([ 'psql', '-Xq', '-d', $node->connstr('zoo'), '-U', $_->[1], '-c', $_->[0] ], '<', \undef, '>', \$one{out}, '2>', \$one{err});
	\%one;
} @strangers, @readers;
$_->{psql}->finish foreach @running;
like($_->{err}, qr/dropped [1-9]\d* times/, 'schemas were made and dropped') or diag($_->{err}) foreach grep { !$_->{what} } @running;
foreach my $one (grep { $_->{what} } @running)
{
	like($one->{err}, qr/answered [1-9]\d* times/, "$one->{what} answers beside him");
	is(join("\n", $one->{err} =~ /(?:raised|FATAL|ERROR|server closed).*/g), '', "$one->{what} raises nothing");
}

done_testing();
