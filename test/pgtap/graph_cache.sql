-- A session keeps the graphs that it has read.  The oracle is mighead_heads() of the rows as a
-- query sees them: after each thing that can happen to the rows, both agree.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

-- The heads as the rows have them that the session sees now.
CREATE FUNCTION pg_temp.heads_of_rows(of_project text) RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(r.revision ORDER BY r.revision) FROM mighead.revision r
    WHERE r.project = of_project AND r.last_release IS NULL AND r.first_release IS NOT NULL
    AND NOT EXISTS (SELECT FROM mighead.revision c WHERE c.project = of_project AND r.revision = ANY (c.down_revision))
$$;
CREATE FUNCTION pg_temp.heads(of_project text) RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(revision ORDER BY revision) FROM mighead_heads(of_project)
$$;
CREATE FUNCTION pg_temp.agrees(what text, of_project text DEFAULT 'default') RETURNS text LANGUAGE sql AS $$
    SELECT is(pg_temp.heads(of_project), pg_temp.heads_of_rows(of_project), what)
$$;
CREATE FUNCTION pg_temp.put(of_project text, revision text, down text[], place int) RETURNS void LANGUAGE sql AS $$
    INSERT INTO mighead.revision (project, revision, load_order, down_revision, file_name, first_release)
    VALUES (of_project, revision, place, down, revision || '.py', 1)
$$;
-- How many graphs this session holds.
CREATE FUNCTION pg_temp.kept() RETURNS bigint LANGUAGE sql AS
    $$SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'mighead graph'$$;

-- 1. Rows that come, change and go.
SELECT is(pg_temp.heads('default'), NULL, 'nothing is loaded');
INSERT INTO mighead.project (name) VALUES ('default');
INSERT INTO mighead.release (project, release, heads, loaded_by) VALUES ('default', 1, '{}', 'test');
SELECT pg_temp.put('default', 'a', '{}', 0);
SELECT pg_temp.agrees('a row that is inserted');
SELECT is(pg_temp.heads('default'), '{a}', 'which is the head');
SELECT pg_temp.put('default', 'b', '{a}', 1);
SELECT pg_temp.agrees('another one');
UPDATE mighead.revision SET down_revision = '{}' WHERE revision = 'b';
SELECT pg_temp.agrees('one that is updated');
SELECT is(pg_temp.heads('default'), '{a,b}', 'which is a second head');
UPDATE mighead.revision SET revision = 'c' WHERE revision = 'b';
SELECT pg_temp.agrees('one that is renamed');
DELETE FROM mighead.revision WHERE revision = 'c';
SELECT pg_temp.agrees('one that is deleted');
SELECT mighead_add_revision('d', down_revision => '{a}', message => 'by hand');
SELECT is(pg_temp.heads('default'), '{d}', 'one that mighead itself adds');

-- What one call works out for itself is not there for the next.
SELECT mighead_add_revision('prefixed', down_revision => '{d}', message => 'by hand');
SELECT is(mighead_resolve('pref'), '{prefixed}', 'a prefix, round ' || n)
FROM generate_series(1, 3) n;
SELECT mighead_remove_revision('prefixed');

-- 2. What is undone.
SAVEPOINT before;
SELECT pg_temp.put('default', 'e', '{d}', 5);
SELECT is(pg_temp.heads('default'), '{e}', 'within a subtransaction');
ROLLBACK TO before;
SELECT is(pg_temp.heads('default'), '{d}', 'after its rollback');
SELECT pg_temp.put('default', 'f', '{d}', 5);
SELECT is(pg_temp.heads('default'), '{f}', 'and another row in the place of the one that was rolled back');

-- 3. One transaction that truncates and writes again what only differs in its words.  A table that
-- was truncated in it once is emptied in place: the same file, page, line and transaction.
CREATE FUNCTION pg_temp.fill(revision text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE mighead.revision;
    PERFORM pg_temp.put('default', revision, '{}', 0);
END $$;
SELECT pg_temp.fill('g');
SELECT is(pg_temp.heads('default'), '{g}', 'truncated and filled');
SELECT ctid, xmin FROM mighead.revision \gset before_
SELECT pg_temp.fill('h');
SELECT ctid, xmin FROM mighead.revision \gset after_
SELECT is(:'after_ctid' || :'after_xmin', :'before_ctid' || :'before_xmin', 'at the same place by the same writer');
SELECT is(pg_temp.heads('default'), '{h}', 'truncated and filled again');

-- 4. A graph that is refused leaves none, and none of an earlier one.
SAVEPOINT before;
UPDATE mighead.revision SET down_revision = '{nowhere}';
SELECT throws_ok($$SELECT * FROM mighead_heads()$$, 'MH213', NULL, 'a parent that is not there');
SELECT throws_ok($$SELECT * FROM mighead_heads()$$, 'MH213', NULL, 'the same when asked again');
ROLLBACK TO before;
SELECT is(pg_temp.heads('default'), '{h}', 'without it');

-- 5. Several projects, more than are kept.
INSERT INTO mighead.project (name) SELECT 'p' || n FROM generate_series(1, 7) n;
INSERT INTO mighead.release (project, release, heads, loaded_by) SELECT 'p' || n, 1, '{}', 'test' FROM generate_series(1, 7) n;
SELECT pg_temp.put('p' || n, 'r' || n, '{}', 0) FROM generate_series(1, 7) n;
SELECT pg_temp.agrees(format('project %s, round %s', n, round), 'p' || n)
FROM generate_series(1, 2) round, generate_series(1, 7) n ORDER BY round, n;
SELECT is(pg_temp.heads('p3') || pg_temp.heads('p4') || pg_temp.heads('p3'), '{r3,r4,r3}', 'in turn, within one query');
SELECT is(pg_temp.kept(), 4::bigint, 'no more than four stay');

-- All of them in one call, which holds more than are kept to its end.
UPDATE mighead.project SET version_table_schema = 's' || substr(name, 2) WHERE name ~ '^p';
DO $$
BEGIN
    FOR n IN 1..7 LOOP
        EXECUTE format('CREATE SCHEMA s%1$s; CREATE TABLE s%1$s.alembic_version (version_num varchar(32) PRIMARY KEY);'
            'INSERT INTO s%1$s.alembic_version VALUES (%2$L)', n, 'r' || n);
    END LOOP;
END $$;
SELECT results_eq($$SELECT project, heads, pending FROM mighead_status() WHERE project ~ '^p' ORDER BY 1$$,
    $$SELECT 'p' || n, ARRAY['r' || n], 0 FROM generate_series(1, 7) n$$, 'seven in one call');
SELECT is(pg_temp.kept(), 4::bigint, 'which are let go at its end');

-- Among many projects each row is read about once to see whether it has changed and once for the
-- graph, not once for each project.
CREATE FUNCTION pg_temp.reads() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid))::bigint FROM pg_class c
    WHERE relnamespace = 'mighead'::regnamespace AND relname IN ('revision', 'release') $$;
INSERT INTO mighead.revision (project, revision, load_order, down_revision, file_name, first_release)
SELECT p.name, 'many' || n, n, '{}', 'x.py', 1 FROM mighead.project p, generate_series(1, 100) n WHERE p.name ~ '^p';
SELECT pg_temp.reads() AS before \gset
SELECT count(*) FROM mighead_status() \g /dev/null
SELECT pg_temp.reads() - :before AS reads, (SELECT count(*) FROM mighead.revision) AS rows \gset
SELECT cmp_ok(:reads, '<', 3 * :rows, format('%s reads of %s rows in one status', :reads, :rows));
SELECT pg_temp.agrees('project ' || n, 'p' || n) FROM generate_series(1, 7) n;
-- From few projects to many and back: the versions of all rows and of one project's are not mixed up.
SAVEPOINT before;
DELETE FROM mighead.project WHERE name > 'p3';
SELECT pg_temp.agrees('among four projects');
DELETE FROM mighead.revision WHERE project = 'p2';
SELECT pg_temp.agrees('without p2', 'p2');
ROLLBACK TO before;
SELECT pg_temp.agrees('among eight again', 'p' || n) FROM generate_series(1, 7) n;
DELETE FROM mighead.revision WHERE revision ~ '^many';

-- 6. Changes by the hundred within one statement leave nothing behind.
SELECT pg_temp.put('p1', 'r1_' || n, '{}', n) IS NULL AND cardinality(pg_temp.heads('p1')) > n FROM generate_series(1, 300) n \g /dev/null
SELECT is(cardinality(pg_temp.heads('p1')), 301, 'all of them are seen');
SELECT is(pg_temp.kept(), 4::bigint, 'and still no more than four stay');

-- As README.md says.
INSERT INTO mighead.revision (project, revision, load_order, down_revision, message, file_name, checksum, first_checksum,
    body_checksum, first_release)
SELECT 'p2', md5(n::text), n, ARRAY[CASE WHEN n = 1 THEN 'r2' ELSE md5((n - 1)::text) END], 'create table number ' || n,
    'versions/' || md5(n::text) || '_create_table_number.py', repeat('0', 64), repeat('0', 64), repeat('0', 64), 1
FROM generate_series(1, 2000) n;
SELECT is(pg_temp.heads('p2'), ARRAY[md5('2000')], 'two thousand revisions');
SELECT cmp_ok((SELECT max(total_bytes) FROM pg_backend_memory_contexts WHERE name = 'mighead graph') / 2000, '<', 2048::bigint,
    'about 2 kB for each revision');
DELETE FROM mighead.revision WHERE project = 'p2' AND revision <> 'r2';
SELECT count(*) FROM mighead_definitions('s1.alembic_version') \g /dev/null
SELECT cmp_ok((SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name ~ '^CachedPlan'), '<', 10000000::numeric,
    'about 7 MB for plans');

-- 7. What is kept is shown to nobody who may not read the rows, nor rows to whom a policy hides them.
CREATE ROLE weak;
SELECT is(pg_temp.heads('p2'), '{r2}', 'kept');
REVOKE SELECT ON mighead.revision FROM PUBLIC;
SET LOCAL ROLE weak;
SELECT throws_ok($$SELECT * FROM mighead_heads('p2')$$, '42501', NULL, 'no right to read');
RESET ROLE;
GRANT SELECT ON mighead.revision TO PUBLIC;
SET LOCAL ROLE weak;
SELECT results_eq($$SELECT revision FROM mighead_heads('p2')$$, $$VALUES ('r2'::text)$$, 'with the right');
RESET ROLE;
ALTER TABLE mighead.revision ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON mighead.revision TO weak USING (project = 'p3');
SET LOCAL ROLE weak;
SELECT is_empty($$SELECT revision FROM mighead_heads('p2')$$, 'a policy hides all rows of the project');
SELECT results_eq($$SELECT revision FROM mighead_heads('p3')$$, $$VALUES ('r3'::text)$$, 'and none of another');
RESET ROLE;
SELECT is(pg_temp.heads('p2'), '{r2}', 'who is not subject to it sees them as before');

-- 8. Without the extension, and with a new one.
SELECT extnamespace::regnamespace AS schema FROM pg_extension WHERE extname = 'mighead' \gset
SAVEPOINT before;
DROP EXTENSION mighead CASCADE;
CREATE EXTENSION mighead SCHEMA :schema;
SELECT is_empty($$SELECT revision FROM mighead_heads()$$, 'another table of the same name');
SELECT mighead_add_revision('i');
SELECT results_eq($$SELECT revision FROM mighead_heads()$$, $$VALUES ('i'::text)$$, 'with rows of its own');
ROLLBACK TO before;
SELECT is(pg_temp.heads('default'), '{h}', 'and the old one again');

SELECT * FROM finish();
ROLLBACK;
