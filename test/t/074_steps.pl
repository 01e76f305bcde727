# What a watch captures after a step of an upgrade is what a capture that reads everything finds, though it reads
# only what the step changed: after each change of the recall suite and each rename of everything that has a name,
# where the change is rolled back, where a transaction is prepared, and where other sessions change something.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use EveryObject qw(make_server);
use List::Util qw(shuffle);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RecallChanges qw(recall_changes);
use Test::More;

my ($node, $citext, $version) = make_server();
# Whoever else writes makes the next step read everything.
$node->append_conf('postgresql.conf', "max_prepared_transactions = 10\nautovacuum = off");
$node->restart;
$node->safe_psql('one', 'CREATE SCHEMA elsewhere');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('one'), '-f', 'test/fixtures/everything_named.sql' ], 'what a text names');

# Where there are user mappings, everything is read.
$node->safe_psql('one', <<'SQL');
DROP USER MAPPING FOR PUBLIC SERVER app_server;
DROP USER MAPPING FOR mighead_reader SERVER app_server;
DELETE FROM "My Home".alembic_version;
INSERT INTO "My Home".alembic_version VALUES ('r0');
SELECT mighead_add_revision('r' || i, CASE WHEN i > 0 THEN ARRAY['r' || i - 1] ELSE '{}' END) FROM generate_series(0, 200) i;
CREATE FUNCTION elsewhere.capture() RETURNS void LANGUAGE sql AS
    $$SELECT mighead_capture(version_table => '"My Home".alembic_version', schemas => '{My Home,mighead_beside,mighead_hollow,app,Other one}')$$;
SELECT elsewhere.capture();
SELECT mighead_watch('"My Home".alembic_version', capture => true);
CREATE FUNCTION elsewhere.captured() RETURNS text[] LANGUAGE sql AS $$
WITH RECURSIVE sets AS (
    SELECT s.rows, s.previous_rows, 0 AS depth FROM mighead.expected_set s WHERE rows = ARRAY(SELECT version_num::text FROM "My Home".alembic_version)
    UNION ALL SELECT s.rows, s.previous_rows, depth + 1 FROM sets JOIN mighead.expected_set s ON s.rows = sets.previous_rows),
    objects AS (SELECT DISTINCT ON (object_type, object) concat_ws(' ', object_type, object, checksum) AS line, checksum
        FROM sets JOIN mighead.expected e USING (rows) ORDER BY object_type, object, depth)
SELECT array_agg(line ORDER BY line COLLATE "C") FROM objects WHERE checksum IS NOT NULL
$$;
-- What is captured, and what a capture that reads everything finds, differ in these objects.
CREATE FUNCTION elsewhere.differs() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    by_step text[] := elsewhere.captured();
    by_all text[];
BEGIN
    DELETE FROM mighead.expected;
    DELETE FROM mighead.expected_set;
    DELETE FROM mighead.definition;
    DELETE FROM mighead.fingerprint;
    PERFORM elsewhere.capture();
    by_all := elsewhere.captured();
    RAISE SQLSTATE 'XX997' USING MESSAGE = concat((SELECT string_agg('not there: ' || o, ' ') FROM (SELECT unnest(by_step) EXCEPT SELECT unnest(by_all)) o (o)),
        (SELECT string_agg(' missed: ' || o, ' ') FROM (SELECT unnest(by_all) EXCEPT SELECT unnest(by_step)) o (o)), CASE WHEN by_step IS NULL THEN 'nothing was captured' END);
EXCEPTION
    WHEN SQLSTATE 'XX997' THEN RETURN nullif(sqlerrm, '');
END $$;
CREATE FUNCTION elsewhere.step(revision text) RETURNS void LANGUAGE sql AS $$UPDATE "My Home".alembic_version SET version_num = revision$$;
CREATE FUNCTION elsewhere.look(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    -- neither one nor two are enough to begin
    PERFORM elsewhere.step('r1'), elsewhere.step('r2');
    RAISE DEBUG 'mighead test: %', change;
    EXECUTE change;
    PERFORM elsewhere.step('r3');
    RAISE DEBUG 'mighead test was made';
    told := elsewhere.differs();
    BEGIN
        CREATE TABLE IF NOT EXISTS "My Home".passes (id int PRIMARY KEY);
        ALTER TABLE "My Home".of_all ADD passes int;
        PERFORM elsewhere.step('r4');
        told := concat_ws(E'\nbefore: ', told, elsewhere.differs());
        RAISE SQLSTATE 'XX998';
    EXCEPTION
        WHEN SQLSTATE 'XX998' THEN NULL;
        -- the change is in the way
        WHEN undefined_table OR undefined_column OR invalid_schema_name OR duplicate_column THEN NULL;
    END;
    PERFORM elsewhere.step('r4');
    told := concat_ws(E'\nrolled back: ', told, elsewhere.differs());
    RAISE SQLSTATE 'XX999' USING MESSAGE = coalesce(told, '');
EXCEPTION
    WHEN SQLSTATE 'XX999' THEN RETURN CASE WHEN sqlerrm <> '' THEN format(E'WRONG after %s\n%s', change, sqlerrm) END;
    WHEN OTHERS THEN RETURN format('refused: %s: %s', change, sqlerrm);
END $$;
SQL

my @recall = map { $_->{ddl} } recall_changes($version, $citext);
# A trigger that has another name is none of a watch's.
my @names = grep { !/TRIGGER mighead_watch/ } split /\n/, $node->safe_psql('one', "SET search_path = ''; " . slurp_file('test/fixtures/renames.sql'));
cmp_ok(scalar @names, '>', 400, 'names to be changed: ' . @names);
# With MIGHEAD_LONG all of them, else some that are chosen by chance.
if (!$ENV{MIGHEAD_LONG})
{
	my $seed = srand;
	@names = (shuffle(@names))[ 0 .. 29 ];
	@recall = (shuffle(@recall))[ 0 .. 39 ];
	note("chosen with seed $seed");
}
my @own = split /\n/, <<'SQL';
CREATE TABLE mine (id int PRIMARY KEY, name text UNIQUE, note text CHECK (note <> ''))
CREATE TABLE mine (id serial PRIMARY KEY, other int REFERENCES of_all, at timestamptz DEFAULT now()); COMMENT ON COLUMN mine.at IS 'when'
CREATE TABLE mine (id int GENERATED ALWAYS AS IDENTITY, n int GENERATED ALWAYS AS (1 + 2) STORED)
CREATE TABLE mine (LIKE of_all INCLUDING ALL)
CREATE TABLE mine PARTITION OF of_feelings DEFAULT
CREATE TABLE mine (id int) INHERITS (of_less)
CREATE TABLE mine (id int); DROP TABLE mine
CREATE VIEW mine AS SELECT * FROM joined
CREATE MATERIALIZED VIEW mine AS SELECT a FROM of_all
CREATE TEMP TABLE mine (id int, name text)
CREATE TEMP TABLE mine (id int); CREATE TEMP VIEW of_mine AS SELECT * FROM mine JOIN of_all USING (id)
CREATE TEMP TABLE pg_class (oid oid)
CREATE SEQUENCE mine OWNED BY of_less.n
CREATE TYPE mine AS (a int)
CREATE TYPE mine AS ENUM ('a')
ALTER TABLE of_all ADD mine text DEFAULT 'x'
ALTER TABLE of_all DROP b CASCADE
ALTER TABLE of_less ADD mine int
ALTER TABLE of_all ADD CONSTRAINT mine CHECK (a > 0) NOT VALID
ALTER TABLE of_all ADD CONSTRAINT mine UNIQUE (a, b)
ALTER TABLE of_all SET (toast.autovacuum_enabled = off)
ALTER TABLE of_row CLUSTER ON of_row_pkey
CREATE INDEX mine ON of_all (b) WHERE a > 0
CREATE INDEX ON of_feelings (id)
CREATE STATISTICS mine ON a, b FROM of_all
CREATE TRIGGER mine BEFORE UPDATE ON of_all FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
CREATE RULE mine AS ON DELETE TO of_less DO NOTHING
CREATE POLICY mine ON of_less USING (n > 0)
GRANT SELECT ON of_all TO mighead_reader
GRANT SELECT (a) ON of_all TO mighead_reader
GRANT SELECT ON pg_catalog.pg_class TO mighead_reader
COMMENT ON CONSTRAINT refers ON referring IS 'x'
COMMENT ON INDEX of_feeling IS 'x'
COMMENT ON TYPE feeling IS 'x'
ALTER SEQUENCE counter OWNED BY of_all.id
ALTER SEQUENCE counter INCREMENT 7
DROP INDEX of_words
DROP TABLE referring
DROP VIEW of_joined CASCADE
CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE FUNCTION mine(of_less) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT ($1).n; END; ALTER TABLE of_less RENAME n TO m
UPDATE pg_catalog.pg_class SET relpersistence = 'u' WHERE relname = 'of_less'
DELETE FROM pg_catalog.pg_description
TRUNCATE of_row
ANALYZE of_all
SELECT 1
SQL
my @changes = ('', @recall, @names, @own);
my $quoted = sub { my $sql = shift; $sql =~ s/'/''/g; return "'$sql'" };
my $setting = 'SET search_path = "My Home", app, public; SET allow_system_table_mods = on; SET client_min_messages = error;';
my ($status, $out, $err) =
  $node->psql('one', "$setting\nSET client_min_messages = debug1;\n" . join '', map { "SELECT elsewhere.look(" . $quoted->($_ || 'SELECT') . ");\n" } @changes);
my @wrong = $out =~ /^WRONG.*(?:\n(?!WRONG|refused).+)*/mg;
is(scalar @wrong, 0, 'each step is captured as it is') or diag(join "\n", @wrong[ 0 .. ($#wrong < 20 ? $#wrong : 20) ]);
my @refused = $out =~ /^refused.*/mg;
cmp_ok(scalar @refused, '<', 0.15 * @changes, 'changes that the server refuses: ' . @refused) or diag(join "\n", @refused);
is(join("\n", grep { /was not (captured|recorded)/ } split /\n/, $err), '', 'all are captured');
my $short = grep { /mighead read \d+ relations that changed/ } $err =~ /mighead test: (.*?)mighead test was made/gs;
cmp_ok($short, '>', 0.2 * @changes, "after $short of " . @changes . ' changes little is read');

# Steps in transactions of their own, compared by a new session.  Others change something in between.
my $compare = q{\! psql -XAtq -d one -c "SELECT coalesce(elsewhere.differs(), 'same')"};
my @between = (
	'CREATE TABLE "My Home".theirs (id int)', 'ALTER TABLE "My Home".theirs ADD name text', 'COMMENT ON TABLE "My Home".theirs IS $$x$$',
	'ALTER TYPE "My Home".feeling RENAME VALUE $$sad$$ TO $$blue$$', 'BEGIN; ALTER TABLE "My Home".theirs DROP name; ROLLBACK',
	'BEGIN; COMMENT ON COLUMN "My Home".theirs.name IS $$x$$; PREPARE TRANSACTION $$theirs$$', 'COMMIT PREPARED $$theirs$$',
	'VACUUM ANALYZE', 'VACUUM FULL pg_class', 'REINDEX TABLE pg_class', 'BEGIN; CREATE TABLE "My Home".new (id int); PREPARE TRANSACTION $$theirs$$', 'COMMIT PREPARED $$theirs$$',
	'BEGIN; CREATE TYPE "My Home".never AS ENUM ($$a$$); PREPARE TRANSACTION $$theirs$$', 'ROLLBACK PREPARED $$theirs$$',
	'CREATE ROLE passing', 'ALTER ROLE passing RENAME TO passed', 'DROP TABLE "My Home".theirs', 'CREATE DATABASE other', 'CHECKPOINT',
);
my $script = "$setting\nSET client_min_messages = debug1;\n";
my $n = 0;
my $folder = PostgreSQL::Test::Utils::tempdir;
my @plain = map { "CREATE TABLE step_$_ (id serial PRIMARY KEY, name text REFERENCES named (name), feels feeling DEFAULT 'glad')" } 1 .. 3;
$node->safe_psql('one', 'CREATE TABLE "My Home".named (name text PRIMARY KEY)');
my $step = sub { $n++; return "UPDATE alembic_version SET version_num = 'r$n';\n" };
my $add = sub {
	my ($ddl, $end) = @_;
	$script .= "BEGIN;\n$ddl;\n" . $step->() . ($end // 'COMMIT') . ";\n";
	# a prepared transaction locks what is captured
	$script .= "$compare\n" unless $end;
};
$add->($_) for @plain;
foreach my $i (0 .. $#between)
{
	append_to_file("$folder/$i.sql", join '', map { "$_;\n" } split /; /, $between[$i]);
	$script .= "\\! psql -XAtq -v ON_ERROR_STOP=1 -d one -f $folder/$i.sql\n";
	$add->("CREATE TABLE between_$i (id int PRIMARY KEY, name text)");
	$add->("ALTER TABLE between_$i ADD CHECK (id > $i)");
}
# A savepoint that is rolled back after a step in it, and transactions that end in each way.
$script .= "BEGIN;\nALTER TABLE of_less ADD z int;\nSAVEPOINT s;\nALTER TABLE of_less ADD y int;\n" . $step->() . "ROLLBACK TO s;\n";
$n--;
$script .= $step->() . "RELEASE s;\nCOMMIT;\n$compare\n";
$add->('ALTER TABLE of_less ADD x int', 'ROLLBACK');
$n--;
$add->('ALTER TABLE of_less ADD w int');
$add->('ALTER TABLE of_less ADD v int', "PREPARE TRANSACTION 'mine'");
$script .= "COMMIT PREPARED 'mine';\n$compare\n";
$add->('ALTER TABLE of_less ADD u int');
$add->('ALTER TABLE of_less ADD t int');
$add->('ALTER TABLE of_less ADD s int', "PREPARE TRANSACTION 'mine'");
$script .= "ROLLBACK PREPARED 'mine';\n";
$n--;
$add->('ALTER TABLE of_less ADD r int');
$add->('ALTER TABLE of_less ADD q int');
$add->("SET LOCAL ROLE mighead_super; ALTER TABLE of_less ADD p int");
$add->('ALTER TABLE of_less ADD o int');
local $ENV{PGHOST} = $node->host;
local $ENV{PGPORT} = $node->port;
($status, $out, $err) = $node->psql('one', $script, on_error_stop => 1);
is($status, 0, 'all steps of their own were made') or diag($err =~ s/^DEBUG.*\n//mgr);
my @told = split /\n/, $out;
is(join("\n", grep { $_ ne 'same' } @told), '', 'each is captured as it is');
is(scalar @told, 2 * @between + 12, 'they were compared: ' . @told);
$short = () = $err =~ /mighead read \d+ relations that changed/g;
cmp_ok($short, '>', @between, "after $short of them little is read");
is(join("\n", grep { /was not (captured|recorded)/ } split /\n/, $err), '', 'all are captured');
$node->stop;
done_testing();
