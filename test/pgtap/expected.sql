-- Expectations: captured, told as differences, put together for branches, compared, located,
-- accepted, exported and pruned.  What composing and locating must come to is told by
-- schemas in which just the revisions in question were run.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

-- 1. A history with two bases, a merge, and a part that depends on nothing.  $s is the schema.
CREATE TEMPORARY TABLE script (
    n int PRIMARY KEY, revision text UNIQUE, down text[] NOT NULL, upgrade text[] NOT NULL
);
INSERT INTO script VALUES
(1, 'a1', '{}', ARRAY['CREATE TABLE $s.customer (id serial PRIMARY KEY, name text)']),
(2, 'b1', '{}', ARRAY['CREATE TYPE $s.mood AS ENUM (''sad'', ''happy'')',
                      'CREATE TABLE $s.pet (id int PRIMARY KEY, mood $s.mood)']),
(3, 'a2', '{a1}', ARRAY['ALTER TABLE $s.customer ADD email text, ALTER name SET NOT NULL',
                        'CREATE UNIQUE INDEX customer_email ON $s.customer (lower(email))']),
(4, 'b2', '{b1}', ARRAY['ALTER TABLE $s.pet ADD owner int']),
(5, 'a3', '{a2}', ARRAY['CREATE VIEW $s.names AS SELECT name FROM $s.customer']),
-- a step without DDL, and one that takes something away
(6, 'a4', '{a3}', ARRAY['UPDATE $s.customer SET name = ''x''']),
(7, 'b3', '{b2}', ARRAY['ALTER TABLE $s.pet DROP mood', 'DROP TYPE $s.mood']),
(8, 'm1', '{a4,b3}', ARRAY['ALTER TABLE $s.pet ADD FOREIGN KEY (owner) REFERENCES $s.customer']),
(9, 'c1', '{m1}', ARRAY['CREATE TABLE $s."Odd "" name" ("a.b" int)']),
(10, 'd1', '{a2}', ARRAY['ALTER TABLE $s.customer ADD phone text']);
SELECT lives_ok($$SELECT mighead_add_revision(revision, down) FROM script ORDER BY n$$, 'scripts');

-- Runs a revision and moves the rows, as Alembic does.
CREATE FUNCTION pg_temp.run(schema text, which text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    FOR statement IN SELECT unnest(upgrade) FROM script WHERE revision = which LOOP
        EXECUTE replace(statement, '$s', quote_ident(schema));
    END LOOP;
    EXECUTE format('DELETE FROM %I.alembic_version WHERE version_num = ANY (%L)', schema,
        (SELECT down FROM script WHERE revision = which));
    EXECUTE format('INSERT INTO %I.alembic_version VALUES (%L)', schema, which);
END$$;

CREATE FUNCTION pg_temp.open_schema(name text) RETURNS regclass LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', name);
    PERFORM mighead_ensure_version(quote_ident(name) || '.alembic_version');
    RETURN (quote_ident(name) || '.alembic_version')::regclass;
END$$;

-- 2. Upgraded step by step, captured at each, one branch on top of the other.
CREATE TEMPORARY TABLE captured (n int, revision text, tables int, objects int, stored int);
DO $$
DECLARE
    home regclass := pg_temp.open_schema('scratch');
    step record;
    n int := 0;
BEGIN
    PERFORM mighead_capture(version_table => home);
    FOR step IN SELECT revision FROM script ORDER BY script.n LOOP
        PERFORM pg_temp.run('scratch', step.revision);
        n := n + 1;
        INSERT INTO captured SELECT n, step.revision, c.*
            FROM mighead_capture(version_table => home) c;
    END LOOP;
END$$;
SELECT is((SELECT count(*) FROM mighead.expected_set), 11::bigint, 'a set for each step and one before');
SELECT results_eq(
    $$SELECT rows, previous_rows, revision FROM mighead.expected_set WHERE revision IN ('b1', 'm1')
      ORDER BY revision$$,
    $$VALUES ('{a1,b1}'::text[], '{a1}'::text[], 'b1'), ('{m1}', '{a4,b3}', 'm1')$$,
    'each is the step of its revision');
SELECT is((SELECT count(*) FROM mighead.expected WHERE rows = '{a4,b2}'), 0::bigint,
    'a step without DDL stores nothing');
SELECT is((SELECT stored FROM captured WHERE revision = 'a4'), 0, 'and says so');
SELECT results_eq(
    $$SELECT object_type, object, before IS NULL, checksum IS NULL FROM mighead.expected
      WHERE rows = '{a4,b3}' ORDER BY object_type COLLATE "C", object$$,
    $$VALUES ('column', '$home.pet.mood', false, true), ('enum', '$home.mood', false, true),
             ('table', '$home.pet', false, false)$$,
    'only what differs is stored');

-- Whatever the way it is stored, the last set holds what is there now.
WITH RECURSIVE back AS (
    SELECT rows, previous_rows, 0 AS depth FROM mighead.expected_set WHERE rows = '{c1,d1}'
    UNION ALL
    SELECT s.rows, s.previous_rows, depth + 1 FROM mighead.expected_set s
    JOIN back ON s.rows = back.previous_rows
), held AS (
    SELECT DISTINCT ON (object_type, object) object_type, object, checksum
    FROM mighead.expected JOIN back USING (rows) ORDER BY object_type, object, depth
), held_attributes AS (
    SELECT h.object_type, h.object, a.key, a.value FROM held h JOIN mighead.definition d USING (checksum)
    CROSS JOIN LATERAL jsonb_each_text(d.attributes) a
), live AS (
    SELECT object_type, object, attribute, value FROM mighead_definitions('scratch.alembic_version')
    WHERE attribute IS NOT NULL
)
SELECT is((SELECT count(*) FROM ((TABLE held_attributes EXCEPT TABLE live)
    UNION ALL (TABLE live EXCEPT TABLE held_attributes)) x), 0::bigint,
    'the differences come to the live schema');

-- 3. Every revision alone, in a schema where only it and what is below it was run.
CREATE TEMPORARY TABLE answer AS
WITH RECURSIVE below AS (
    SELECT revision AS top, revision FROM script
    UNION
    SELECT top, unnest(s.down) FROM below JOIN script s USING (revision)
)
SELECT top, array_agg(revision ORDER BY n) AS run, 'only "' || top || '"' AS schema,
       NULL::bigint AS drift, NULL::boolean AS verified, NULL::text AS located, NULL::boolean AS exact
FROM below JOIN script USING (revision) GROUP BY top;
DO $$
DECLARE
    one record;
    home regclass;
BEGIN
    FOR one IN SELECT * FROM answer LOOP
        home := pg_temp.open_schema(one.schema);
        PERFORM pg_temp.run(one.schema, r) FROM unnest(one.run) r;
        UPDATE answer SET
            drift = (SELECT count(*) FROM mighead_drift(home, min_severity => 0)),
            verified = mighead_verify(one.top, home)
        WHERE top = one.top;
        UPDATE answer SET (located, exact) = (SELECT revision, is_exact AND is_current
            FROM mighead_locate(home) WHERE rank = 1)
        WHERE top = one.top;
    END LOOP;
END$$;
SELECT is(drift, 0::bigint, 'no drift at ' || top) FROM answer ORDER BY top;
SELECT is(located || exact::text || verified, top || 'truetrue', 'located at ' || top) FROM answer ORDER BY top;
SELECT is((SELECT count(*) FROM mighead.expected_set), 11::bigint, 'reading stored nothing');

-- Rows that were never captured together.
SELECT is(mighead_verify('{b1,a3}', '"only ""a1"""."alembic_version"'), false, 'not there');
SELECT results_eq(
    $$SELECT kind, object, since_revision
      FROM mighead_drift('"only ""a1"""."alembic_version"', revision => '{d1}') ORDER BY object$$,
    $$VALUES ('missing', '"only ""a1""".customer.email', 'a2'),
             ('changed', '"only ""a1""".customer.name', 'a2'),
             ('missing', '"only ""a1""".customer.phone', 'd1'),
             ('missing', '"only ""a1""".customer_email', 'a2')$$,
    'what two revisions would bring, each by its name');
SELECT results_eq(
    $$SELECT rank, revision, same_as FROM mighead_locate('"only ""a3"""."alembic_version"', 1)$$,
    $$VALUES (1, 'a3', '{a4}'::text[])$$, 'revisions with the same schema are named together');

-- 4. Without the row: false success, a schema ahead of it, and nothing that fits.
UPDATE "only ""a2""".alembic_version SET version_num = 'c1';
SELECT is((SELECT revision || is_exact || is_current FROM mighead_locate('"only ""a2"""."alembic_version"', 1)),
    'a2truefalse', 'the row says c1, the schema is a2');
DELETE FROM "only ""b3""".alembic_version;
SELECT is((SELECT revision || is_exact FROM mighead_locate('"only ""b3"""."alembic_version"', 1)),
    'b3true', 'no row at all');
ALTER TABLE "only ""b2""".pet ADD extra int;
SELECT results_eq(
    $$SELECT revision, missing, extra, changed, is_exact FROM mighead_locate('"only ""b2"""."alembic_version"', 1)$$,
    $$VALUES ('b2', 0, 1, 0, false)$$, 'the nearest, and how far away');

-- 5. Drift, tenant by tenant.
SELECT pg_temp.open_schema('t' || i) FROM generate_series(1, 12) i;
SELECT pg_temp.run('t' || i, r) FROM generate_series(1, 12) i, unnest('{a1,a2,a3}'::text[]) WITH ORDINALITY u (r, n) ORDER BY i, n;
ALTER TABLE t3.customer ALTER name DROP NOT NULL;
DROP INDEX t7.customer_email;
CREATE TABLE t11.own (id int);
COMMENT ON TABLE t5.customer IS 'a comment';
SELECT results_eq(
    $$SELECT object, kind, attribute, expected, actual, severity, since_revision
      FROM pg_class c CROSS JOIN LATERAL mighead_drift(c.oid) d
      WHERE relname = 'alembic_version' AND relnamespace::regnamespace::text ~ '^t\d+$'
      ORDER BY object$$,
    $$VALUES ('t11.own', 'extra', NULL, NULL, 'id', 2, NULL),
             ('t3.customer.name', 'changed', 'not_null', 'true', NULL, 2, 'a2'),
             ('t7.customer_email', 'missing', NULL, 'lower(email)', NULL, 2, 'a2')$$,
    'just the three that differ');
SELECT is((SELECT count(*) FROM mighead_drift('t5.alembic_version')), 0::bigint, 'a comment is no drift');
SELECT is((SELECT actual FROM mighead_drift('t5.alembic_version', min_severity => 0)), 'a comment',
    'but information');
SELECT is((SELECT count(*) FROM mighead_drift('t7.alembic_version', 't7.customer')), 1::bigint,
    'one relation, with what belongs to it');
SELECT is((SELECT count(*) FROM mighead_drift('t3.alembic_version', 't3.names')), 0::bigint,
    'and nothing else');
SELECT is(mighead_verify('a3', 't3.alembic_version'), false, 'changed: not satisfied');
SELECT is(mighead_verify('a3', 't7.alembic_version'), false, 'missing: not satisfied');
SELECT is(mighead_verify('a3', 't11.alembic_version'), true, 'extra does not matter');

-- What belongs to the database is of the project, not of each of its tenants.
CREATE FUNCTION public.nothing() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER expected_test ON sql_drop EXECUTE FUNCTION public.nothing();
SELECT is((SELECT count(*) FROM mighead_drift(min_severity => 0) WHERE object = 'expected_test'), 1::bigint,
    'an object of the database is told once for all tenants');
DROP EVENT TRIGGER expected_test;
DROP FUNCTION public.nothing();

-- 6. Accepted differences.
SELECT mighead_ignore('t11.own', 'an experiment of the tenant');
SELECT mighead_ignore('$home.customer.name', 'old names may be absent', 'not_null');
SELECT mighead_ignore('t7.%', 'whatever');
SELECT is((SELECT count(*) FROM mighead_drift('t11.alembic_version')), 0::bigint, 'by the name that is shown');
SELECT is((SELECT count(*) FROM mighead_drift('t3.alembic_version')), 0::bigint, 'in every schema, one attribute');
SELECT is((SELECT kind FROM mighead_drift('t7.alembic_version')), 'missing', 'never that an object is missing');
SELECT is((SELECT (ignored_by, reason)::text FROM mighead.ignored WHERE attribute = 'not_null'),
    format('(%s,"old names may be absent")', session_user), 'with who and why');
ALTER TABLE t3.customer ALTER name SET DEFAULT 'x';
SELECT is((SELECT attribute FROM mighead_drift('t3.alembic_version')), 'default', 'another attribute is not accepted');
ALTER TABLE t3.customer ALTER name DROP DEFAULT;
SELECT mighead_ignore('$home.customer.name', 'until yesterday', 'not_null', now() - interval '1 day');
SELECT is((SELECT count(*) FROM mighead_drift('t3.alembic_version')), 1::bigint, 'nor what has run out');
SELECT is((SELECT count(*) FROM mighead.ignored), 3::bigint, 'which took the place of the one before');
SELECT lives_ok($$SELECT mighead_unignore('t11.own')$$, 'taken back');
SELECT is((SELECT count(*) FROM mighead_drift('t11.alembic_version')), 1::bigint, 'and is there again');
SELECT throws_ok($$SELECT mighead_unignore('t11.own')$$, '42704', NULL, 'only once');
SELECT throws_ok($$SELECT mighead_unignore('$home.customer.name')$$, '42704', NULL, 'another attribute');
SELECT throws_ok($$SELECT mighead_ignore('t', ' ')$$, '22023', NULL, 'a reason has to be given');
SELECT throws_ok($$SELECT mighead_ignore('', 'x')$$, '22023', NULL, 'an object, too');
SELECT throws_ok($$SELECT mighead_ignore(NULL, 'x')$$, '22004', NULL, 'NULL is none');
SELECT throws_ok($$SELECT mighead_ignore('t', 'x', project => 'none')$$, '42704', NULL, 'an unknown project');

-- 7. Captured again.
SELECT results_eq($$SELECT stored FROM mighead_capture(version_table => 't1.alembic_version')$$, $$VALUES (0)$$,
    'the same schema: nothing to store');
CREATE TEMPORARY TABLE before_replacing AS SELECT * FROM mighead.expected;
SELECT results_eq($$SELECT stored FROM mighead_capture(version_table => 't3.alembic_version')$$, $$VALUES (0)$$,
    'another one is kept');
SELECT set_eq('TABLE mighead.expected', 'TABLE before_replacing', 'as it was');
CREATE TEMPORARY TABLE held_by_m1 AS SELECT * FROM mighead_drift('scratch.alembic_version', revision => 'm1', min_severity => 0);
SELECT lives_ok($$SELECT mighead_capture(version_table => 't3.alembic_version', target => '{a3,b2}', replace => true)$$, 'replaced');
SELECT is((SELECT count(*) FROM mighead_drift('t3.alembic_version', revision => '{a3,b2}')), 0::bigint, 'by what is there');
SELECT set_eq($$SELECT * FROM mighead_drift('scratch.alembic_version', revision => 'm1', min_severity => 0)$$, 'TABLE held_by_m1',
    'what builds on it holds what it held');
SELECT is((SELECT (rows, revision)::text FROM mighead.expected_set WHERE previous_rows = '{a3,b2}'), '("{a4,b2}",a4)',
    'and is the same step');
-- put back
SELECT mighead_capture(version_table => 'scratch.alembic_version', target => '{a3,b2}', replace => true);

-- Which schemas: remembered, and the home schema by its role.
CREATE SCHEMA "other one";
CREATE TABLE "other one".t (id int);
SELECT throws_ok($$SELECT mighead_capture('c1', 't1.alembic_version', '{}')$$, '22023', NULL, 'none is not possible');
SELECT mighead_project('elsewhere', 'alembic_version', 'home of it');
SELECT pg_temp.open_schema('home of it');
SELECT mighead_capture('{x}', '"home of it".alembic_version', ARRAY['other one', 'home of it']);
SELECT is((SELECT schemas FROM mighead.expected_set WHERE project = 'elsewhere'), ARRAY['$home', 'other one'], 'named');
SELECT mighead_capture('{y}', '"home of it".alembic_version');
SELECT is((SELECT schemas FROM mighead.expected_set WHERE project = 'elsewhere' AND rows = '{y}'),
    ARRAY['$home', 'other one'], 'and remembered');
ALTER TABLE "other one".t ADD c int;
SELECT is((SELECT (kind, object)::text FROM mighead_drift('"home of it".alembic_version', revision => 'y')),
    '(extra,"""other one"".t.c")', 'without scripts captured rows can be compared');
SELECT is((SELECT kind || expected FROM mighead_drift('"home of it".alembic_version', revision => 'z')),
    'not_comparableNo schema was captured at these rows, and no scripts are loaded.', 'and others cannot');

-- 8. What cannot be answered is said.
SELECT throws_ok($$SELECT mighead_drift('t1.alembic_version', revision => 'nope')$$, 'MH201', NULL, 'an unknown revision');
SELECT throws_ok($$SELECT mighead_verify('nope', 't1.alembic_version')$$, 'MH201', NULL, 'an unknown target');
SELECT throws_ok($$SELECT mighead_verify(NULL, 't1.alembic_version')$$, '22004', NULL, 'no target');
SELECT throws_ok($$SELECT mighead_verify('{a1', 't1.alembic_version')$$, '22P02', NULL, 'half an array');
SELECT throws_ok($$SELECT mighead_drift('t1.alembic_version', min_severity => NULL)$$, '22004', NULL, 'no severity');
SELECT throws_ok($$SELECT mighead_locate()$$, 'MH301', NULL, 'several version tables');
SELECT throws_ok($$SELECT mighead_locate('t1.alembic_version', -1)$$, '22023', NULL, 'less than nothing');
SELECT throws_ok($$SELECT mighead_capture('nope', 't1.alembic_version')$$, 'MH201', NULL, 'capturing an unknown revision');
SELECT throws_ok($$SELECT mighead_capture(version_table => 't1.alembic_version', replace => NULL)$$, '22004', NULL, 'NULL');
UPDATE mighead.expected_set SET format = 99 WHERE rows = '{a3}' OR rows = '{c1,d1}';
SELECT results_eq($$SELECT kind, severity FROM mighead_drift('scratch.alembic_version')$$, $$VALUES ('not_comparable', 3)$$,
    'expectations of another format');
SELECT is(mighead_verify('heads', 'scratch.alembic_version'), NULL, 'are no answer');
SELECT isnt((SELECT revision FROM mighead_locate('scratch.alembic_version', 1)), 'c1', 'and locate nothing');
UPDATE mighead.expected_set SET format = 1;
DELETE FROM mighead.expected WHERE rows = '{a1}' AND object_type = 'table';
SELECT is((SELECT kind || ' ' || expected FROM mighead_drift('scratch.alembic_version', revision => '{a4,b3}')),
    'not_comparable What is stored for the rows {a4,b3} does not fit together.', 'rows that somebody deleted');
INSERT INTO mighead.expected SELECT * FROM before_replacing WHERE rows = '{a1}' AND object_type = 'table';
SELECT is((SELECT count(*) FROM mighead_drift('scratch.alembic_version')), 0::bigint, 'mended');

-- Whoever may read.
CREATE ROLE mighead_nobody;
GRANT USAGE ON SCHEMA t3 TO mighead_nobody;
SET LOCAL ROLE mighead_nobody;
SELECT is((SELECT count(*) FROM mighead_drift('t3.alembic_version', revision => 'a3', min_severity => 2)), 1::bigint, 'a role without rights may compare');
SELECT throws_ok('SELECT mighead_capture()', '42501', NULL, 'but not capture');
SELECT throws_ok($$SELECT mighead_ignore('t', 'x')$$, '42501', NULL, 'nor accept');
SELECT throws_ok($$SELECT mighead_prune('1 day')$$, '42501', NULL, 'nor prune');
RESET ROLE;

-- 9. The document, into a project of another name.
CREATE TEMPORARY TABLE document AS SELECT jsonb_set(mighead_export('default'), '{project,name}', '"copy"') AS d;
CREATE FUNCTION pg_temp.refused(path text[], value jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT throws_ok(format('SELECT mighead_import(%L)',
        (SELECT CASE WHEN value IS NULL THEN d #- path ELSE jsonb_set(d, path, value) END FROM document)),
        'MH222', NULL, array_to_string(path, '.') || ': ' || coalesce(left(value::text, 20), 'absent'))
$$;
SELECT pg_temp.refused('{expectations}', '[]');
SELECT pg_temp.refused('{expectations,definitions}', NULL);
SELECT pg_temp.refused('{expectations,definitions,0}', NULL);
SELECT pg_temp.refused('{expectations,definitions,0,object}', '"x"');
SELECT pg_temp.refused('{expectations,definitions,0,type}', '7');
SELECT pg_temp.refused('{expectations,definitions,0,checksum}', '"x"');
SELECT pg_temp.refused('{expectations,definitions,3,attributes}', '{"type": "x"}');
SELECT pg_temp.refused('{expectations,definitions,3,attributes}', '{"type": 1}');
SELECT pg_temp.refused('{expectations,definitions,3,attributes}', NULL);
SELECT pg_temp.refused('{expectations,sets}', '{}');
SELECT pg_temp.refused('{expectations,sets,0}', '7');
SELECT pg_temp.refused('{expectations,sets,0}', NULL);
SELECT pg_temp.refused('{expectations,sets,1,rows}', '["z", "a"]');
SELECT pg_temp.refused('{expectations,sets,1,rows}', '[]');
SELECT pg_temp.refused('{expectations,sets,1,previous_rows}', '["zz"]');
SELECT pg_temp.refused('{expectations,sets,1,previous_rows}', NULL);
SELECT pg_temp.refused('{expectations,sets,1,format}', '2');
SELECT pg_temp.refused('{expectations,sets,1,format}', '"1"');
SELECT pg_temp.refused('{expectations,sets,1,checksum}', '"00"');
SELECT pg_temp.refused('{expectations,sets,1,changes,0}', NULL);
SELECT pg_temp.refused('{expectations,sets,1,changes,0,before}', '"00"');
SELECT pg_temp.refused('{expectations,sets,1,changes,0,object}', '"x"');
SELECT pg_temp.refused('{mighead}', '2');
SELECT is((SELECT count(*) FROM mighead.project WHERE name = 'copy'), 0::bigint, 'nothing of it was stored');
SELECT lives_ok('SELECT mighead_import(d) FROM document', 'imported');
SELECT is(jsonb_set(mighead_export('copy'), '{project,name}', '"copy"') -> 'expectations', d -> 'expectations',
    'what comes out is what went in') FROM document;
SELECT set_eq(
    $$SELECT rows, object_type, object, before, checksum FROM mighead.expected WHERE project = 'copy'$$,
    $$SELECT rows, object_type, object, before, checksum FROM mighead.expected WHERE project = 'default'$$,
    'the same differences');
SELECT ok(NOT mighead_export('copy', false) ? 'expectations', 'or without them');
-- what is expected there at other rows stays, what is at the same rows is replaced
UPDATE mighead.expected_set SET checksum = 'x' WHERE project = 'copy' AND rows = '{a1}';
INSERT INTO mighead.expected_set SELECT project, '{mine}', '{a1}', NULL, schemas, format, deparser, server_version_num, checksum, captured_at, captured_by
    FROM mighead.expected_set WHERE project = 'copy' AND rows = '{a1}';
SELECT lives_ok('SELECT mighead_import(d) FROM document', 'imported again');
SELECT is((SELECT checksum FROM mighead.expected_set WHERE project = 'copy' AND rows = '{a1}'),
    (SELECT checksum FROM mighead.expected_set WHERE project = 'default' AND rows = '{a1}'), 'mended');
SELECT is((SELECT count(*) FROM mighead.expected_set WHERE project = 'copy' AND rows = '{mine}'), 1::bigint, 'own ones stay');

-- 10. Pruning.
SELECT throws_ok($$SELECT mighead_prune(NULL)$$, '22004', NULL, 'how long has to be said');
SELECT throws_ok($$SELECT mighead_prune('-1 day')$$, '22023', NULL, 'the future cannot be pruned');
SELECT throws_ok($$SELECT mighead_prune('1 day', 'none')$$, '42704', NULL, 'an unknown project');
SELECT is((SELECT expectations FROM mighead_prune('1 day', 'copy')), 1::bigint, 'rows of which no revision is known');
SELECT is((SELECT expectations + releases + revisions FROM mighead_prune('1 day', 'default')), 0::bigint, 'what is referred to stays');
-- two revisions are retired by a release of long ago
UPDATE mighead.release SET loaded_at = now() - interval '2 years' WHERE project = 'copy';
UPDATE mighead.revision SET by_hand = false WHERE project = 'copy' AND revision IN ('m1', 'c1');
SELECT lives_ok($$SELECT mighead_import(jsonb_set(d, '{revisions}', (SELECT jsonb_agg(r) FROM jsonb_array_elements(d -> 'revisions') r
    WHERE r ->> 'revision' NOT IN ('m1', 'c1'))) - 'expectations') FROM document$$, 'a release without them');
SELECT is((SELECT revisions FROM mighead_prune('1 year', 'copy')), 0::bigint, 'retired a moment ago');
UPDATE mighead.release SET loaded_at = now() - interval '400 days' WHERE project = 'copy' AND release > 1;
SELECT is((SELECT revisions FROM mighead_prune('1 year', 'copy')), 0::bigint, 'or in a version table');
DROP SCHEMA "only ""m1""", "only ""c1""", "only ""a2""" CASCADE;
DELETE FROM scratch.alembic_version WHERE version_num = 'c1';
SELECT results_eq($$SELECT revisions, expectations > 0 FROM mighead_prune('1 year', 'copy')$$, $$VALUES (2::bigint, true)$$,
    'and longer ago, with what was expected there');
SELECT is((SELECT count(*) FROM mighead.expected_set WHERE project = 'copy' AND rows && '{m1,c1}'), 0::bigint, 'gone');
SELECT is((SELECT count(*) FROM mighead.definition d WHERE NOT EXISTS
    (SELECT FROM mighead.expected e WHERE d.checksum IN (e.before, e.checksum))), 0::bigint, 'no definition is left over');

SELECT * FROM finish();
ROLLBACK;
