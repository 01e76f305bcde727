-- Drift where something is wrong with the question, with what is expected, or with what is
-- there: a clear answer, whatever it is.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

CREATE SCHEMA home;
SELECT lives_ok($$SELECT mighead_ensure_version('home.alembic_version')$$, 'a version table');
CREATE FUNCTION pg_temp.shown(min_severity int DEFAULT 0) RETURNS SETOF text LANGUAGE sql AS
$$SELECT concat_ws('|', object_type, object, kind, attribute, left(expected, 60), left(actual, 60))
  FROM mighead_drift('home.alembic_version', min_severity => min_severity)$$;

-- 1. Nothing is expected.
CREATE TABLE home.t (a int);
SELECT results_eq('SELECT pg_temp.shown()', ARRAY['schema|home|not_comparable|No schema was captured.'], 'nothing captured');
SELECT is(mighead_verify('base', 'home.alembic_version'), NULL, 'nobody knows');
SELECT is_empty($$SELECT * FROM mighead_locate('home.alembic_version')$$, 'nor which it is');
SELECT lives_ok($$SELECT mighead_add_revision('a1', '{}'), mighead_add_revision('a2', '{a1}')$$, 'scripts');
SELECT lives_ok($$SELECT mighead_capture('a1', 'home.alembic_version')$$, 'one is captured');
SELECT is((SELECT kind FROM mighead_drift('home.alembic_version', revision => 'a2')), 'not_comparable', 'another is not');
SELECT is((SELECT count(*) FROM mighead_drift('home.alembic_version', revision => 'a1')), 0::bigint, 'that one is');

-- 2. Questions that cannot be answered.
SELECT throws_ok(q, state, NULL, q) FROM (VALUES
($$SELECT mighead_drift('home.alembic_version', revision => 'none')$$, 'MH201'),
($$SELECT mighead_drift('home.alembic_version', revision => '')$$, 'MH201'),
($$SELECT mighead_drift('home.alembic_version', revision => repeat('x', 100000))$$, 'MH201'),
($$SELECT mighead_drift('home.alembic_version', min_severity => NULL)$$, '22004'),
($$SELECT mighead_drift('home.none')$$, '42P01'),
($$SELECT mighead_drift(4294967295::oid::regclass)$$, '42P01'),
($$SELECT mighead_drift('home.alembic_version', 4294967295::oid::regclass)$$, '42P01'),
($$SELECT mighead_drift('home.alembic_version', 4294967295::oid::regclass, 'a1')$$, '42P01'),
($$SELECT mighead_verify('none', 'home.alembic_version')$$, 'MH201'),
($$SELECT mighead_verify(NULL, 'home.alembic_version')$$, '22004'),
($$SELECT mighead_locate('home.alembic_version', -1)$$, '22023'),
($$SELECT mighead_locate('home.alembic_version', NULL)$$, '22004'),
($$SELECT mighead_capture('none', 'home.alembic_version')$$, 'MH201'),
($$SELECT mighead_capture(NULL, 'home.alembic_version', '{NULL}')$$, '22004')
) AS x (q, state);
SELECT is((SELECT kind FROM mighead_drift('home.t')), 'unreadable', 'a table that is no version table');
SELECT is_empty($$SELECT * FROM mighead_drift('home.alembic_version', 'pg_class', 'a1')$$, 'a relation of another schema');
SELECT is_empty($$SELECT * FROM mighead_drift('home.alembic_version', revision => 'a1', min_severity => 99)$$,
    'a severity that nothing has');

-- 3. The version table holds what no script knows, or too much.
INSERT INTO home.alembic_version VALUES ('lost');
SELECT is((SELECT kind FROM mighead_drift('home.alembic_version')), 'not_comparable', 'an unknown row');
SELECT is((SELECT revision FROM mighead_locate('home.alembic_version', 1)), 'a1', 'is found out all the same');
UPDATE home.alembic_version SET version_num = 'a1';

-- 4. Expectations that a later release wrote, or that somebody has spoilt.
SAVEPOINT sound;
UPDATE mighead.expected_set SET format = format + 1;
SELECT matches((SELECT kind || ': ' || expected FROM mighead_drift('home.alembic_version')),
    '^not_comparable: .*format 2', 'a newer format');
SELECT is(mighead_verify('a1', 'home.alembic_version'), NULL, 'is not compared');
SELECT is_empty($$SELECT * FROM mighead_locate('home.alembic_version')$$, 'nor located');
ROLLBACK TO sound;
CREATE TEMPORARY TABLE spoilt AS
SELECT * FROM (VALUES
    ('{}'::jsonb), ('{"type": null}'), ('{"type": 7}'), ('[]'), ('"x"'), ('{"a": {"b": []}}'), ('{"": ""}'),
    (jsonb_build_object('type', repeat('(', 100000))), (jsonb_build_object('default', repeat('a.', 50000)))) v (attributes);
CREATE FUNCTION pg_temp.answer(spoilt jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    UPDATE mighead.definition SET attributes = spoilt;
    SELECT 'rows: ' || count(*) || coalesce(min(fix), '') INTO answer FROM mighead_drift('home.alembic_version', min_severity => 0);
    RAISE SQLSTATE 'XX999' USING MESSAGE = answer;
EXCEPTION
    WHEN SQLSTATE 'XX999' THEN RETURN sqlerrm;
    WHEN OTHERS THEN RETURN 'error ' || sqlstate;
END$$;
SELECT matches(pg_temp.answer(attributes), '^(rows: \d|error (MH|22|23))', 'spoilt: ' || left(attributes::text, 30)) FROM spoilt;

-- 5. Documents that were cut off, of any length; whole, but without a part.
CREATE TEMPORARY TABLE document AS SELECT mighead_export() AS d;
SELECT throws_ok(format('SELECT mighead_import(%L::jsonb)', left(d::text, length(d::text) * n / 17)), '22P02', NULL,
    'cut off after ' || n || ' of 17 parts') FROM document, generate_series(0, 16) n;
CREATE FUNCTION pg_temp.imported(document jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mighead_import(document);
    RETURN 'imported';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate;
END$$;
SELECT matches(pg_temp.imported(d #- path), '^(imported|MH...|22...)$', 'without ' || path::text)
FROM document, (VALUES ('{mighead}'::text[]), ('{project}'), ('{revisions}'), ('{revisions,0}'), ('{expectations}'),
    ('{expectations,definitions}'), ('{expectations,definitions,0}'), ('{expectations,sets}'), ('{expectations,sets,0}'),
    ('{expectations,sets,0,changes}'), ('{expectations,sets,0,schemas}'), ('{expectations,sets,0,deparser}')) x (path);
SELECT is(pg_temp.imported(jsonb_set(d, '{mighead}', '99')), pg_temp.imported(jsonb_set(d, '{mighead}', '2')), 'any newer format')
FROM document;
SELECT isnt(pg_temp.imported(jsonb_set(d, '{mighead}', '99')), 'imported', 'is refused') FROM document;
SELECT is((SELECT count(*) FROM mighead_drift('home.alembic_version')), 0::bigint, 'after all that: no drift');

-- 6. Names and texts as hostile as can be.  Each is told under its name, and its fix works.
CREATE TABLE home."T ""x"".y; DROP TABLE home.t; --" ("c'1" int DEFAULT 1, "SELECT" text, "a.b" int, "ü" text COLLATE "C");
DO $$BEGIN EXECUTE (SELECT format('CREATE TABLE home.wide (%s)', string_agg(format('c%s int DEFAULT %s', n, n), ', '))
    FROM generate_series(0, 1599) n); END$$;
CREATE TABLE home.long (a text);
DO $$BEGIN
    EXECUTE format('ALTER TABLE home.long ALTER a SET DEFAULT %L, ADD CONSTRAINT long CHECK (a <> %L)',
        repeat('it''s $home. ', 10000), repeat('x', 100000));
    EXECUTE 'CREATE VIEW home.sums AS SELECT ' || repeat('1 + ', 5000) || '1 AS n';
    EXECUTE format('CREATE FUNCTION home.told() RETURNS text LANGUAGE sql AS %L', 'SELECT ''' || repeat('$function$', 10000) || '''');
    EXECUTE format('COMMENT ON TABLE home.long IS %L', repeat('c', 100000));
END$$;
SELECT lives_ok($$SELECT mighead_capture('a1', 'home.alembic_version', replace => true)$$, 'captured');
SELECT is_empty('SELECT pg_temp.shown()', 'no drift');
ALTER TABLE home."T ""x"".y; DROP TABLE home.t; --" ALTER "c'1" DROP DEFAULT, DROP "a.b";
ALTER TABLE home.wide ALTER c1599 SET DEFAULT 0, ALTER c800 SET NOT NULL;
ALTER TABLE home.long ALTER a DROP DEFAULT, DROP CONSTRAINT long;
DROP VIEW home.sums;
CREATE OR REPLACE FUNCTION home.told() RETURNS text LANGUAGE sql AS $$SELECT ''$$;
COMMENT ON TABLE home.long IS NULL;
SELECT set_eq($$SELECT object_type || ' ' || object || coalesce(' ' || attribute, '') || ': ' || kind
                FROM mighead_drift('home.alembic_version', min_severity => 0)$$, ARRAY[
    'column home."T ""x"".y; DROP TABLE home.t; --"."c''1" default: changed',
    'column home."T ""x"".y; DROP TABLE home.t; --"."a.b": missing', 'column home.wide.c1599 default: changed',
    'column home.wide.c800 not_null: changed', 'column home.long.a default: changed', 'constraint home.long.long: missing',
    'view home.sums: missing', 'function home.told() body: changed', 'table home.long comment: changed'], 'each once');
DO $$
DECLARE
    fix text;
BEGIN
    FOREACH fix IN ARRAY ARRAY(SELECT d.fix FROM mighead_drift('home.alembic_version', min_severity => 0) d WHERE d.fix IS NOT NULL) LOOP
        EXECUTE fix;
    END LOOP;
END$$;
-- a NOT NULL too many is a person's to drop, and so is a comment
ALTER TABLE home.wide ALTER c800 DROP NOT NULL;
SELECT is_empty('SELECT pg_temp.shown(1)', 'and put right');

-- 7. A role that may do nothing but ask.
CREATE ROLE mighead_stranger;
SET LOCAL ROLE mighead_stranger;
SELECT throws_ok($$SELECT mighead_capture('a1', 'home.alembic_version')$$, '42501', NULL, 'it may capture nothing');
SELECT is((SELECT array_agg(DISTINCT kind) FROM mighead_drift((SELECT oid FROM pg_class WHERE relname = 'alembic_version'
    AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'home'))::regclass)), '{unreadable}', 'nor read the version table');
SELECT is_empty($$SELECT * FROM mighead_drift((SELECT oid FROM pg_class WHERE relname = 'alembic_version'
    AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'home'))::regclass, revision => 'a1')$$,
    'but compare with a revision: the catalogs are open to all');
RESET ROLE;
REVOKE SELECT ON mighead.definition FROM PUBLIC;
SET LOCAL ROLE mighead_stranger;
SELECT throws_ok($$SELECT * FROM mighead_drift((SELECT oid FROM pg_class WHERE relname = 'alembic_version'
    AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'home'))::regclass, revision => 'a1')$$, '42501', NULL,
    'if it may read what is expected');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
