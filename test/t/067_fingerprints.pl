# Fingerprints: never equal though the text is another one.  In one database with every kind of object
# each change of the recall suite is made, and a rename and a SET SCHEMA of everything that has a name,
# found in the catalogs (of some, unless MIGHEAD_LONG is set).  Of each relation, after each change, in the same session and in a new one:
# where fingerprint and epoch are those of any other moment, so is the text that is read.  And where the sum
# over all catalogs is that of any other moment, so is all that is read of the database.
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
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('one'), '-f', 'test/fixtures/everything_named.sql' ], 'what a text names');

$node->safe_psql('one', <<'SQL');
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.alembic_version (version_num varchar(32));
CREATE FUNCTION elsewhere.prints() RETURNS TABLE (relation oid, fingerprint text, epoch text, trusted boolean, whole text)
    AS 'mighead', 'mighead_fingerprints' LANGUAGE C;
SQL

my $functions = <<'SQL';
SET client_min_messages = error;
SET search_path = "My Home", app, public;
CREATE FUNCTION pg_temp.prints() RETURNS TABLE (relation oid, fingerprint text, epoch text, trusted boolean, whole text)
    LANGUAGE sql AS 'SELECT * FROM elsewhere.prints()';
-- The other home makes the session forget what it has read.
CREATE FUNCTION pg_temp.state() RETURNS TABLE (relation oid, fingerprint text, epoch text, text text, whole text, all_text text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mighead_definitions('elsewhere.alembic_version');
    RETURN QUERY
    WITH d AS MATERIALIZED (SELECT d.object_type, CASE WHEN d.object_type = 'sequence' THEN d.object ELSE coalesce(d.parent, d.object) END AS relation, d
            FROM (SELECT min(oid) AS oid FROM pg_class WHERE relname = 'alembic_version' AND relnamespace <> 'elsewhere'::regnamespace) AS home,
                mighead_definitions(home.oid, ARRAY(SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$|^mighead$|^elsewhere$')) AS d),
        -- with user mappings there is no seal
        a AS (SELECT md5(string_agg(d.d::text, E'\n' ORDER BY d.d::text COLLATE "C")) AS text FROM d WHERE d.object_type <> 'user mapping'),
        t AS (SELECT d.relation, md5(string_agg(d.d::text, E'\n' ORDER BY d.d::text COLLATE "C")) AS text FROM d
            WHERE d.object_type NOT IN ('statistics', 'type', 'domain', 'function', 'procedure', 'aggregate', 'schema') GROUP BY 1)
    SELECT p.relation, p.fingerprint, p.epoch, coalesce(t.text, 'none'), p.whole, a.text FROM a, pg_temp.prints() p
        JOIN pg_class c ON c.oid = p.relation JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN t ON t.relation = CASE WHEN EXISTS (SELECT FROM pg_class v WHERE v.relname = 'alembic_version' AND v.relnamespace = n.oid AND n.nspname <> 'elsewhere')
            THEN '$home' ELSE quote_ident(n.nspname) END || '.' || quote_ident(c.relname)
    WHERE p.trusted AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND n.nspname NOT IN ('mighead', 'elsewhere');
END $$;
CREATE FUNCTION pg_temp.look(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen public.seen[];
BEGIN
    BEGIN
        IF change <> '' THEN EXECUTE change; END IF;
        seen := ARRAY(SELECT (change, s.*)::public.seen FROM pg_temp.state() s);
        RAISE SQLSTATE 'XX999';
    EXCEPTION
        WHEN SQLSTATE 'XX999' THEN NULL;
        WHEN OTHERS THEN RETURN format('%s: %s', change, sqlerrm);
    END;
    INSERT INTO public.seen SELECT * FROM unnest(seen);
    RETURN NULL;
END $$;
SQL
$node->safe_psql('one', 'CREATE TABLE public.seen (change text, relation oid, fingerprint text, epoch text, text text, whole text, all_text text)');

# Everything that has a name, from the catalogs.
my $generated = slurp_file('test/fixtures/renames.sql');

# What is new decides how old texts are written.
my @new = (
	'CREATE OPERATOR CLASS of_feelings DEFAULT FOR TYPE feeling USING btree AS OPERATOR 1 <(anyenum, anyenum), OPERATOR 2 <=(anyenum, anyenum), '
	  . 'OPERATOR 3 =(anyenum, anyenum), OPERATOR 4 >=(anyenum, anyenum), OPERATOR 5 >(anyenum, anyenum), FUNCTION 1 enum_cmp(anyenum, anyenum)',
	'CREATE FUNCTION pg_catalog.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$SELECT 2 * $1$$',
	'CREATE FUNCTION "My Home".twice(bigint) RETURNS int LANGUAGE sql IMMUTABLE AS $$SELECT 2$$',
	'CREATE CAST (text AS feeling) WITH INOUT AS IMPLICIT',
	'CREATE TEMP TABLE orders (id int)', 'CREATE TEMP TABLE pg_class (oid oid)',
	'ALTER TABLE of_feelings ALTER feels SET DEFAULT $$glad$$', 'COMMENT ON COLUMN of_all.a IS $$new$$', 'ALTER TABLE of_all SET (toast.autovacuum_enabled = off)',
	'ALTER SEQUENCE counter OWNED BY of_all.id', 'ALTER TABLE referring DROP CONSTRAINT refers; ALTER TABLE of_all RENAME CONSTRAINT of_all_pkey TO mh_renamed',
);

my @recall = map { $_->{ddl} } recall_changes($version, $citext);
my @names = split /\n/, $node->safe_psql('one', "SET search_path = ''; $generated");
cmp_ok(scalar @names, '>', 400, 'names to be changed: ' . @names);
# With MIGHEAD_LONG all of them, else some that are chosen by chance.
if (!$ENV{MIGHEAD_LONG})
{
	my $seed = srand;
	@names = (shuffle(@names))[ 0 .. 149 ];
	note("chosen with seed $seed");
}

my $quoted = sub { my $sql = shift; $sql =~ s/'/''/g; return "'$sql'" };
my $looks = join '', map { 'SELECT pg_temp.look(' . $quoted->($_) . ");\n" } '', @recall, @names, @new, '';
my ($status, $out, $err) = $node->psql('one', $functions . $looks);
is($err, '', 'every change was looked at');
my @failed = grep { length } split /\n/, $out;
cmp_ok(scalar @failed, '<', 0.15 * (@recall + @names + @new), 'changes that the server refuses: ' . @failed) or diag(join "\n", @failed);

# In new sessions, one change on top of another.
my $fresh = 0;
foreach my $change (@recall[ map { 7 * $_ } 0 .. @recall / 7 - 1 ], @new)
{
	my ($failed) = $node->psql('one', "SET search_path = \"My Home\", app, public; $change");
	next if $failed;
	$node->safe_psql('one', $functions . 'INSERT INTO public.seen SELECT ' . $quoted->($change) . ', s.* FROM pg_temp.state() s');
	$fresh++;
}
cmp_ok($fresh, '>', 15, "changes seen by new sessions: $fresh");

my $wrong = $node->safe_psql('one', <<'SQL');
SELECT a.relation::regclass, 'is the same after', a.change, 'as after', b.change
FROM public.seen a JOIN public.seen b USING (relation, fingerprint, epoch) WHERE a.text < b.text LIMIT 20
SQL
is($wrong, '', 'a fingerprint and an epoch that are the same have the same text');
$wrong = $node->safe_psql('one', <<'SQL');
WITH seen AS MATERIALIZED (SELECT min(change) AS change, whole, all_text FROM public.seen GROUP BY whole, all_text)
SELECT 'is the same after', a.change, 'as after', b.change FROM seen a JOIN seen b USING (whole) WHERE a.all_text < b.all_text LIMIT 20
SQL
is($wrong, '', 'a sum over all catalogs that is the same has the same definitions of everything');
cmp_ok($node->safe_psql('one', 'SELECT count(DISTINCT all_text) FROM public.seen'), '>', 300, 'there were many');
is($node->safe_psql('one', q{SELECT count(DISTINCT whole) FROM public.seen WHERE change = ''}), '1', 'what is undone has the sum that it had');
cmp_ok($node->safe_psql('one', 'SELECT count(DISTINCT (relation, text)) FROM public.seen'), '>', 300, 'there were many texts');
is($node->safe_psql('one', q{SELECT count(DISTINCT (relation, fingerprint, epoch)) - count(DISTINCT relation) FROM public.seen WHERE change = ''}),
	'0', 'what is undone has the fingerprint that it had');

# What changes no definition changes no fingerprint.  One of the changes above may have left an invalid
# index, which VACUUM FULL makes valid.
$node->safe_psql('one', 'REINDEX TABLE "My Home".orders');
my $prints = 'SELECT * FROM elsewhere.prints() ORDER BY 1';
my $before = $node->safe_psql('one', $prints);
my $held = $node->background_psql('one');
$held->query_safe('SET search_path = "My Home"; CREATE TEMP TABLE passing (id serial PRIMARY KEY, note text); CREATE TEMP VIEW seen_by AS SELECT * FROM passing');
$node->safe_psql('one', $_) for split /\n/, <<'SQL';
VACUUM ANALYZE
VACUUM FULL "My Home".orders
TRUNCATE "My Home".of_row
REFRESH MATERIALIZED VIEW "My Home".kept
SELECT nextval('"My Home".counter')
ALTER ROLE mighead_app PASSWORD 'secret'
SQL
is($node->safe_psql('one', $prints), $before, 'statistics, files, values and temporary tables do not count');
$held->quit;

# Whoever can compute the sums can also make up for a change with a comment.
sub prints_of
{
	my $of = shift;

	$of->safe_psql('postgres', $_)
	  for 'DROP EXTENSION IF EXISTS mighead CASCADE', 'CREATE EXTENSION mighead', 'CREATE TABLE public.same (id int NOT NULL)',
	  q{CREATE FUNCTION public.prints() RETURNS TABLE (relation oid, fingerprint text, epoch text, trusted boolean, whole text) AS 'mighead', 'mighead_fingerprints' LANGUAGE C};
	return $of->safe_psql('postgres', 'SELECT fingerprint, epoch, whole FROM public.prints() ORDER BY relation LIMIT 1');
}
my @others = map { PostgreSQL::Test::Cluster->new($_) } qw(other another);
my @sums;
foreach my $other (@others)
{
	$other->init(extra => [ "--encoding=UTF8", "--locale=C.UTF-8" ], allows_streaming => 1);
	$other->start;
	push @sums, prints_of($other);
}
my $catalogs = q{SELECT md5(string_agg(a::text, '' ORDER BY a.oid)) FROM pg_class a WHERE relnamespace <> 'pg_catalog'::regnamespace};
$catalogs =~ s/a::text/(a.oid, relname, relnamespace, reltype, relnatts)::text/;
is($others[0]->safe_psql('postgres', $catalogs), $others[1]->safe_psql('postgres', $catalogs), 'two clusters have the same relations');
my @left = split /\|/, $sums[0];
my @right = split /\|/, $sums[1];
isnt($left[$_], $right[$_], "but another sum: $_") for 0 .. 2;
$others[0]->restart;
my $again = 'SELECT fingerprint, epoch, whole FROM public.prints() ORDER BY relation LIMIT 1';
is($others[0]->safe_psql('postgres', $again), $sums[0], 'a restart changes no sum');
$others[0]->backup('taken');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($others[0], 'taken', has_streaming => 1);
$standby->start;
is($standby->safe_psql('postgres', $again), $sums[0], 'a standby has the same sums');
$_->stop for $standby, @others, $node;
done_testing();
