-- Status and findings: one situation after the other, each made with plain SQL,
-- and what mighead_status(), mighead_findings() and the views say of it.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

-- Codes of a version table's findings, worst first.
CREATE FUNCTION pg_temp.codes(version_table regclass DEFAULT NULL, min_severity int DEFAULT 1) RETURNS text
LANGUAGE sql AS $$
    SELECT coalesce(string_agg(code || CASE WHEN object IS NULL THEN '' ELSE '(' || object || ')' END, ' '), '')
    FROM mighead_findings($1, $2) $$;
CREATE FUNCTION pg_temp.states(version_table regclass DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
    SELECT string_agg(coalesce(s.version_table::text || ' ', '') || state || ' ' || severity, ', ')
    FROM mighead_status($1) AS s $$;
-- What holds for every answer, whatever the state.
CREATE FUNCTION pg_temp.coherence() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT 'status without a sentence: ' || s.state FROM mighead_status() s
    WHERE s.detail !~ '^\S.*\.$' OR (s.hint IS NULL) <> (s.state = 'ok')
    UNION ALL
    SELECT 'finding without a sentence: ' || f.code FROM mighead_findings(NULL, 0) f
    WHERE f.detail !~ '^\S.*\.$' OR f.hint IS NULL OR jsonb_typeof(f.evidence) IS DISTINCT FROM 'object'
        OR f.sqlstate !~ '^MH0\d\d$' AND f.severity > 0
    UNION ALL
    SELECT 'status is not its worst finding: ' || coalesce(s.version_table::text, 'none')
    FROM mighead_status() s
        LEFT JOIN LATERAL (SELECT f.severity, f.detail, f.hint FROM mighead_findings(NULL, 1) WITH ORDINALITY f
            WHERE f.version_table IS NOT DISTINCT FROM s.version_table ORDER BY f.ordinality LIMIT 1) f ON true
    WHERE s.severity <> coalesce(f.severity, 0) OR s.detail <> coalesce(f.detail, s.detail)
        OR s.hint <> coalesce(f.hint, s.hint)
    UNION ALL
    SELECT 'findings are not worst first' FROM (
        SELECT f.severity, lag(f.severity) OVER (ORDER BY f.ordinality) AS before
        FROM mighead_findings(NULL, 0) WITH ORDINALITY f) AS f
    WHERE array_position(ARRAY[2, 3, 1, 0], severity) < array_position(ARRAY[2, 3, 1, 0], before)
    UNION ALL
    SELECT 'count of findings is wrong: ' || coalesce(s.version_table::text, 'none') FROM mighead_status() s
    WHERE findings <> (SELECT count(*) FROM mighead_findings() f WHERE f.version_table IS NOT DISTINCT FROM s.version_table)
$$;

-- 1. Nothing at all, and tables without a version table.
SELECT is(pg_temp.states(), 'empty_database 0', 'nothing: one row all the same');
SELECT is(pg_temp.codes(), '', 'nothing: no finding');
SELECT is(pg_temp.codes(NULL, 0), 'empty_database', 'nothing: a fact of severity 0');
SELECT is_empty('SELECT pg_temp.coherence()', 'nothing: coherent');
SELECT row_eq($$SELECT version_table, project, current, heads, unknown, applied, pending, drift FROM mighead_status()$$,
    ROW (NULL::regclass, 'default'::text, '{}'::text[], NULL::text[], NULL::text[], NULL::int, NULL::int, NULL::int),
    'nothing: what is not known is NULL');
SELECT is_empty('SELECT * FROM mighead_current()', 'nothing: no current');
SELECT is_empty('SELECT * FROM mighead_versions', 'nothing: no versions');
CREATE TABLE app_table (id int);
SELECT is(pg_temp.states(), 'unstamped 2', 'tables, but no version table');
SELECT is((SELECT sqlstate FROM mighead_findings()), 'MH005', 'its SQLSTATE');
SELECT is_empty('SELECT pg_temp.coherence()', 'unstamped: coherent');

-- 2. A version table as Alembic makes it, no scripts.
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY);
SELECT is(pg_temp.codes(), 'unstamped no_scripts', 'tables, and an empty version table');
DROP TABLE app_table;
SELECT is(pg_temp.codes(NULL, 0), 'no_scripts empty_database', 'an empty version table only');
INSERT INTO alembic_version VALUES ('a1');
SELECT is(pg_temp.states(), 'alembic_version no_scripts 3', 'no scripts are loaded');
SELECT is((SELECT current FROM mighead_status()), '{a1}', 'rows are shown without scripts');
INSERT INTO alembic_version VALUES ('a2');
SELECT is(pg_temp.codes(), 'no_scripts multiple_rows', 'two rows, no scripts');
DELETE FROM alembic_version;
SELECT is_empty('SELECT pg_temp.coherence()', 'no scripts: coherent');


-- 3. Scripts: one line of three, by hand.
SELECT mighead_add_revision('a1', message => 'one');
SELECT mighead_add_revision('a2', ARRAY['a1'], message => 'two');
SELECT mighead_add_revision('a3', ARRAY['a2'], message => 'three');
CREATE TABLE app_table (id int);
INSERT INTO alembic_version VALUES ('a3');
SELECT row_eq(
    $$SELECT version_table, project, state, severity, current, heads, unknown, applied, pending, findings, hint
      FROM mighead_status()$$,
    ROW ('alembic_version'::regclass, 'default'::text, 'ok'::text, 0, '{a3}'::text[], '{a3}'::text[], '{}'::text[], 3, 0, 0,
         NULL::text),
    'at head: ok');
SELECT is_empty('SELECT * FROM mighead_findings(NULL, 0)', 'at head: no finding of any severity');
SELECT is_empty('SELECT pg_temp.coherence()', 'at head: coherent');
UPDATE alembic_version SET version_num = 'a1';
SELECT row_eq('SELECT state, severity, applied, pending FROM mighead_status()', ROW ('pending'::text, 1, 1, 2), 'pending');
SELECT is((SELECT evidence -> 'revisions' FROM mighead_findings()), '["a2", "a3"]', 'pending: which, in their order');
SELECT is_empty('SELECT pg_temp.coherence()', 'pending: coherent');
DELETE FROM alembic_version;
SELECT is(pg_temp.states(), 'alembic_version unstamped 2', 'no row, but tables');
SELECT is(pg_temp.codes(), 'unstamped', 'no row, but tables: an upgrade would fail, so none is advised');
SELECT is((SELECT pending FROM mighead_status()), 3, 'no row, but tables: pending is counted');
DROP TABLE app_table;
SELECT is(pg_temp.states(), 'alembic_version empty_database 0', 'no row and no tables');
SELECT row_eq('SELECT current, heads, unknown, applied, pending, findings FROM mighead_status()',
    ROW ('{}'::text[], '{a3}'::text[], '{}'::text[], 0, 3, 0), 'no row and no tables: everything is pending');
SELECT is_empty('SELECT pg_temp.coherence()', 'no row and no tables: coherent');
DROP TABLE alembic_version;
SELECT is(pg_temp.states(), 'empty_database 0', 'neither version table nor tables');
SELECT row_eq('SELECT current, heads, unknown, applied, pending, findings FROM mighead_status()',
    ROW ('{}'::text[], '{a3}'::text[], '{}'::text[], 0, 3, 0), 'no version table: the same');

-- 4. Rows that no migration wrote.  Alembic's table, but for what it would not allow.
CREATE TABLE app_table (id int);
CREATE TABLE alembic_version (version_num varchar(32));
INSERT INTO alembic_version VALUES ('a3');
SELECT is(pg_temp.codes(), '', 'no primary key: nothing is wrong yet');
SELECT is(pg_temp.codes(NULL, 0), 'no_primary_key', 'no primary key: said at severity 0');
SELECT is(pg_temp.states(), 'alembic_version ok 0', 'no primary key: ok');
CREATE UNIQUE INDEX partial ON alembic_version (version_num) WHERE version_num <> 'x';
SELECT is(pg_temp.codes(NULL, 0), 'no_primary_key', 'a partial index is no key');
CREATE UNIQUE INDEX expression ON alembic_version (lower(version_num));
SELECT is(pg_temp.codes(NULL, 0), 'no_primary_key', 'an index on an expression is no key');
CREATE UNIQUE INDEX whole ON alembic_version (version_num);
SELECT is(pg_temp.codes(NULL, 0), '', 'a unique index is as good as a primary key');
DROP INDEX partial, expression, whole;

CREATE TABLE odd_rows (ordinal int PRIMARY KEY, rows text[], codes text, current text[]);
INSERT INTO odd_rows VALUES
(1, '{a3,a3}', 'invalid_rows(a3)', '{a3,a3}'),
(2, '{a3,a3,a3}', 'invalid_rows(a3) invalid_rows(a3)', '{a3,a3,a3}'),
(3, '{a3,NULL}', 'invalid_rows', '{a3}'),
(4, '{NULL,NULL}', 'invalid_rows pending', '{}'),
(5, '{""}', 'invalid_rows()', '{""}'),
(6, '{"   "}', 'invalid_rows(   )', '{"   "}'),
(7, '{" a3"}', 'invalid_rows( a3)', '{" a3"}'),
(8, E'{"a3\n"}', E'invalid_rows(a3\n)', E'{"a3\n"}'),
(9, '{a}', 'unknown_revision(a)', '{a}'),
(10, '{head}', 'invalid_rows(head)', '{head}'),
(11, '{heads}', 'invalid_rows(heads)', '{heads}'),
(12, '{base}', 'invalid_rows(base) pending', '{base}'),
(13, '{nowhere}', 'unknown_revision(nowhere)', '{nowhere}'),
(14, '{a3,nowhere}', 'unknown_revision(nowhere)', '{a3,nowhere}'),
(15, '{a3,a1}', 'redundant_row(a1)', '{a1,a3}'),
(16, '{a2,a1}', 'redundant_row(a1)', '{a1,a2}'),
(17, '{A3}', 'unknown_revision(A3)', '{A3}'),
(18, '{a3,a3,NULL,nowhere," "}',
 'invalid_rows invalid_rows( ) invalid_rows(a3) unknown_revision(nowhere)', '{a3,a3,nowhere," "}'),
(19, '{a1@head}', 'invalid_rows(a1@head)', '{a1@head}'),
(20, '{a3-1}', 'unknown_revision(a3-1)', '{a3-1}');
CREATE FUNCTION pg_temp.with_rows(rows text[], query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    DELETE FROM alembic_version;
    INSERT INTO alembic_version SELECT unnest(rows);
    EXECUTE query INTO answer;
    RETURN answer;
END $$;
SELECT is(pg_temp.with_rows(rows, 'SELECT pg_temp.codes()'), codes, 'findings of rows ' || rows::text)
FROM odd_rows ORDER BY ordinal;
SELECT is(pg_temp.with_rows(rows, 'SELECT current FROM mighead_status()'), current::text, 'current of rows ' || rows::text)
FROM odd_rows ORDER BY ordinal;
SELECT is(pg_temp.with_rows(rows, 'SELECT array_agg(c) FROM pg_temp.coherence() AS c'), NULL, 'coherence with rows ' || rows::text)
FROM odd_rows ORDER BY ordinal;
SELECT is(pg_temp.with_rows(rows, 'SELECT count(*) FROM mighead_versions'), cardinality(array_remove(rows, NULL))::text,
    'rows in mighead_versions of ' || rows::text)
FROM odd_rows ORDER BY ordinal;
SELECT is(
    pg_temp.with_rows('{a1,a3,nowhere}',
        $$SELECT string_agg(concat_ws(' ', revision, known, is_head, implied_by, message), ', ' ORDER BY revision) FROM mighead_versions$$),
    'a1 t f a3 one, a3 t t three, nowhere f f', 'mighead_versions labels each row');
SELECT is(
    pg_temp.with_rows('{a1,a3}', $$SELECT string_agg(concat_ws(' ', revision, is_head, message), ', ') FROM mighead_current()$$),
    'a3 t three', 'current leaves out what another row contains, as Alembic does');
SELECT is(
    pg_temp.with_rows('{nowhere}', $$SELECT detail FROM mighead_status()$$),
    'Can''t locate revision identified by ''nowhere'': no script of project default has it.', 'Alembic''s error text is in the detail');
-- A prefix that only one revision has is taken for it, though it is not an id.
SELECT mighead_add_revision('cafe0123', ARRAY['a3'], message => 'four');
SELECT is(pg_temp.with_rows('{cafe}', 'SELECT pg_temp.codes()'), 'invalid_rows(cafe)', 'a prefix as a row');
SELECT is(pg_temp.with_rows('{cafe}', 'SELECT unknown FROM mighead_status()'), '{}', 'a prefix is not unknown');
SELECT mighead_remove_revision('cafe0123');
SELECT is(pg_temp.with_rows(array_agg(i::text), 'SELECT state FROM mighead_status()'), 'invalid_rows', 'a table of 10,001 rows')
FROM generate_series(1, 10001) AS i;
DROP TABLE alembic_version;

-- 5. Odd tables.  All are read, and all are at head.
CREATE FUNCTION pg_temp.at_head(make text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE make;
    answer := pg_temp.states() || ' ' || (SELECT string_agg(current::text, ', ') FROM mighead_status());
    IF EXISTS (SELECT FROM pg_temp.coherence()) THEN
        answer := (SELECT string_agg(c, ', ') FROM pg_temp.coherence() AS c);
    END IF;
    RAISE EXCEPTION USING MESSAGE = answer, ERRCODE = 'ZZ001'; -- undoes what it made
EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
    RETURN answer;
END $$;
SELECT is(pg_temp.at_head(make), 'alembic_version ok 0 {a3}', make)
FROM (VALUES
    ($$CREATE TABLE alembic_version AS SELECT 'a3'::text AS version_num$$),
    ($$CREATE TABLE alembic_version AS SELECT 'a3'::varchar(255) AS version_num$$),
    ($$CREATE TABLE alembic_version AS SELECT 'a3'::varchar AS version_num$$),
    ($$CREATE TABLE alembic_version AS SELECT 'a3'::name AS version_num$$),
    ($$CREATE UNLOGGED TABLE alembic_version AS SELECT 'a3'::text AS version_num$$),
    ($$CREATE TABLE alembic_version AS SELECT 1 AS id, 'a3'::text AS version_num, now() AS applied_at$$),
    ($$CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('a2');
       UPDATE alembic_version SET version_num = 'a3'$$),
    -- a column dropped and one added since the row was written
    ($$CREATE TABLE alembic_version (junk int, version_num varchar(32)); INSERT INTO alembic_version VALUES (1, 'a3');
       ALTER TABLE alembic_version DROP junk; ALTER TABLE alembic_version ADD note text DEFAULT 'x'$$),
    ($$CREATE TABLE alembic_version (id int); INSERT INTO alembic_version VALUES (1);
       ALTER TABLE alembic_version ADD version_num text DEFAULT 'a3'$$),
    ($$CREATE TABLE alembic_version (id int, version_num text GENERATED ALWAYS AS (CASE id WHEN 1 THEN 'a3' END) STORED);
       INSERT INTO alembic_version VALUES (1)$$),
    ($$CREATE TABLE alembic_version (version_num text) PARTITION BY LIST (version_num);
       CREATE TABLE part_one PARTITION OF alembic_version FOR VALUES IN ('a1');
       CREATE TABLE part_rest PARTITION OF alembic_version DEFAULT PARTITION BY HASH (version_num);
       CREATE TABLE part_hash PARTITION OF part_rest FOR VALUES WITH (MODULUS 1, REMAINDER 0);
       INSERT INTO alembic_version VALUES ('a3')$$),
    ($$CREATE TABLE alembic_version (version_num text) PARTITION BY LIST (version_num);
       CREATE TABLE part (junk int, version_num text); ALTER TABLE part DROP junk;
       ALTER TABLE alembic_version ATTACH PARTITION part DEFAULT;
       INSERT INTO alembic_version VALUES ('a3')$$),
    ($$CREATE TABLE alembic_version (version_num text);
       CREATE TABLE child (extra int) INHERITS (alembic_version); INSERT INTO child VALUES ('a3')$$),
    ($$CREATE TABLE alembic_version AS SELECT 'a3'::text COLLATE "C" AS version_num;
       ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY$$),
    ($$CREATE TABLE alembic_version AS SELECT 'a3'::text AS version_num;
       ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY$$)
) AS v (make);
SELECT is(pg_temp.at_head($$CREATE TABLE alembic_version AS SELECT 'a3'::char(32) AS version_num$$),
    'alembic_version invalid_rows 2 {"a3' || repeat(' ', 30) || '"}', 'char(n) pads, and Alembic does not find the padded id');

-- What discovery would have to run someone's code for is listed, and read when named.
CREATE SCHEMA odd;
CREATE FUNCTION pg_temp.listed_and_named(make text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE make;
    answer := pg_temp.states() || ', named: ' || pg_temp.states('odd.alembic_version')
        || ' ' || coalesce((SELECT current::text FROM mighead_status('odd.alembic_version')), '');
    IF EXISTS (SELECT FROM pg_temp.coherence()) THEN
        answer := (SELECT string_agg(c, ', ') FROM pg_temp.coherence() AS c);
    END IF;
    RAISE EXCEPTION USING MESSAGE = answer, ERRCODE = 'ZZ001';
EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
    RETURN answer;
END $$;
SELECT is(pg_temp.listed_and_named(make), 'odd.alembic_version unreadable 3, named: odd.alembic_version ok 0 {a3}', make)
FROM (VALUES
    ($$CREATE VIEW odd.alembic_version AS SELECT 'a3'::text AS version_num$$),
    ($$CREATE MATERIALIZED VIEW odd.alembic_version AS SELECT 'a3'::text AS version_num$$),
    ($$CREATE DOMAIN odd.id AS text; CREATE TABLE odd.alembic_version AS SELECT 'a3'::odd.id AS version_num$$),
    ($$CREATE TYPE odd.id AS ENUM ('a3'); CREATE TABLE odd.alembic_version AS SELECT 'a3'::odd.id AS version_num$$)
) AS v (make);
SELECT is(pg_temp.listed_and_named(
    $$CREATE FOREIGN DATA WRAPPER mighead_test; CREATE SERVER mighead_test FOREIGN DATA WRAPPER mighead_test;
      CREATE FOREIGN TABLE odd.alembic_version (version_num text) SERVER mighead_test$$),
    'odd.alembic_version unreadable 3, named: odd.alembic_version unreadable 3 ',
    'a foreign table whose wrapper cannot read');
SELECT is(pg_temp.listed_and_named(
    $$CREATE FOREIGN DATA WRAPPER mighead_test; CREATE SERVER mighead_test FOREIGN DATA WRAPPER mighead_test;
      CREATE TABLE odd.alembic_version (version_num text) PARTITION BY LIST (version_num);
      CREATE TABLE odd.near PARTITION OF odd.alembic_version FOR VALUES IN ('a3'); INSERT INTO odd.alembic_version VALUES ('a3');
      CREATE FOREIGN TABLE odd.far PARTITION OF odd.alembic_version DEFAULT SERVER mighead_test$$),
    'odd.alembic_version unreadable 3, named: odd.alembic_version unreadable 3 ',
    'a foreign partition: not even the rows of the others are shown');
SELECT is(pg_temp.listed_and_named($$CREATE TABLE odd.alembic_version (id int)$$),
    'odd.alembic_version unreadable 3, named: odd.alembic_version unreadable 3 ', 'no column version_num');
SELECT is(pg_temp.listed_and_named($$CREATE VIEW odd.alembic_version AS SELECT (1 / 0)::text AS version_num$$),
    'odd.alembic_version unreadable 3, named: odd.alembic_version unreadable 3 ', 'a view that fails is unreadable, not an error');
SELECT is(pg_temp.listed_and_named($$CREATE TABLE odd.alembic_version ()$$),
    'odd.alembic_version unreadable 3, named: odd.alembic_version unreadable 3 ', 'a table without columns');

SELECT * FROM finish();
ROLLBACK;
