-- Status and findings: one situation after the other, each made with plain SQL,
-- and what mighead_status(), mighead_findings() and the views say of it.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

-- Codes of a version table's findings, worst first.
CREATE FUNCTION pg_temp.codes(version_table regclass DEFAULT NULL, min_severity int DEFAULT 1) RETURNS text
LANGUAGE sql AS $$
    SELECT coalesce(string_agg(code || CASE WHEN object IS NULL THEN '' ELSE '(' || object || ')' END, ' '), '')
    FROM mighead_findings($1, $2) WHERE code <> 'not_compared' $$;
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
ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc;
INSERT INTO alembic_version VALUES ('a1'), ('a1');
SELECT is(pg_temp.codes(), 'invalid_rows(a1) no_scripts', 'a repeated row is no second head');
INSERT INTO alembic_version VALUES (' b');
SELECT ok(EXISTS (SELECT FROM mighead_findings() WHERE code = 'no_scripts' AND detail LIKE '%has 3 rows: a1, a1 and " b";%'),
    'blanks are seen in a sentence');
DELETE FROM alembic_version;
ALTER TABLE alembic_version ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


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
SELECT is((SELECT string_agg(code || ' ' || severity || ': ' || detail, ', ') FROM mighead_findings(NULL, 0)),
    'not_compared 0: The schema was not compared: nothing was ever captured for project default.', 'at head: only that nobody looked');
SELECT is((SELECT detail || ' ' || compared FROM mighead_status()),
    'At head: a3; 3 revisions applied, none pending; the schema was not compared. false', 'at head: and the sentence says so');
SELECT is((SELECT compared FROM mighead_metrics()), 0::float8, 'at head: and the metrics');
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
SELECT is(pg_temp.listed_and_named(
    $$CREATE TABLE odd.alembic_version (version_num text);
      ALTER TABLE odd.alembic_version ALTER version_num SET STORAGE EXTERNAL;
      INSERT INTO odd.alembic_version VALUES (repeat('x', 3000))$$),
    'odd.alembic_version invalid_rows 2, named: odd.alembic_version invalid_rows 2 {}',
    'a value stored out of line is longer than any revision: told, not read');
SELECT is(pg_temp.at_head($$CREATE SEQUENCE alembic_version$$), 'unstamped 2 {}', 'a sequence is no version table');
SELECT row_eq($$SELECT state, severity FROM mighead_status('pg_class_oid_index')$$, ROW ('unreadable'::text, 3),
    'an index that is named is unreadable');
SELECT throws_ok($$SELECT * FROM mighead_status(2147483647::regclass)$$, '42P01', NULL, 'an OID that is nothing');
SELECT throws_ok($$SELECT * FROM mighead_findings(2147483647::regclass)$$, '42P01', NULL, 'findings: an OID that is nothing');
SELECT throws_ok($$SELECT * FROM mighead_findings(min_severity => NULL)$$, '22004', NULL, 'min_severity may not be NULL');
SELECT throws_ok(format('SELECT * FROM mighead_findings(NULL, %s)', severity), '22023', NULL, 'min_severity may not be ' || severity)
FROM unnest(ARRAY[-1, 4]) AS severity;

-- 6. Where it is: names that need quotes, shadows, tenants, projects.
CREATE SCHEMA "Weird ""Schema""";
SELECT mighead_project('weird', 'Weird "Table"', 'Weird "Schema"');
CREATE TABLE "Weird ""Schema"""."Weird ""Table""" (version_num varchar(2));
CREATE TABLE public."Weird ""Table""" (version_num varchar(32)); -- not in the project's schema
SELECT row_eq('SELECT version_table::oid, project, state FROM mighead_status() WHERE version_table IS NOT NULL',
    ROW ('"Weird ""Schema"""."Weird ""Table"""'::regclass::oid, 'weird'::text, 'unstamped'::text), 'a name that needs quotes');
SELECT mighead_add_revision('w1', project => 'weird');
SELECT mighead_add_revision('it''s long', ARRAY['w1'], project => 'weird');
INSERT INTO "Weird ""Schema"""."Weird ""Table""" VALUES ('w1'), ('zz');
SELECT is(pg_temp.codes(), 'unknown_revision(zz) narrow_column(version_num) missing_table(alembic_version)',
    'a name that needs quotes: findings, and that the other project has no table');
SELECT is_empty('SELECT pg_temp.coherence()', 'a name that needs quotes: coherent');
CREATE FUNCTION pg_temp.paste(statements text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        BEGIN
            EXECUTE regexp_replace(statement, '; --.*$', '');
        EXCEPTION WHEN OTHERS THEN
            RETURN NEXT statement || ': ' || SQLERRM;
        END;
    END LOOP;
END $$;
SELECT is_empty($$SELECT pg_temp.paste(coalesce(array_agg(hint), '{}')) FROM mighead_findings(NULL, 0) WHERE hint ~ '^(SELECT|ALTER)'$$,
    'a name that needs quotes: hints can be pasted');
CREATE SCHEMA tenant;
CREATE TABLE tenant.alembic_version (version_num varchar(32) PRIMARY KEY);
SELECT is_empty($$SELECT pg_temp.paste(coalesce(array_agg(hint), '{}')) FROM mighead_findings(NULL, 0) WHERE hint ~ '^(SELECT|ALTER)'$$,
    'with several version tables: hints can be pasted');
DROP TABLE tenant.alembic_version, "Weird ""Schema"""."Weird ""Table""", public."Weird ""Table""";
SELECT mighead_remove_project('weird');

CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO public.alembic_version VALUES ('a3');
CREATE TEMPORARY TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO pg_temp.alembic_version VALUES ('a1');
SELECT is(pg_temp.codes('public.alembic_version'), 'shadowed_table', 'a temporary table shadows the real one');
SELECT is(pg_temp.codes('pg_temp.alembic_version'), 'pending', 'and Alembic would read it');
DROP TABLE pg_temp.alembic_version;
CREATE TABLE tenant.alembic_version (version_num varchar(32) PRIMARY KEY);
SET LOCAL search_path = tenant, public;
SELECT is(pg_temp.codes('public.alembic_version'), 'shadowed_table', 'a schema earlier on the search_path shadows it');
SET LOCAL search_path = public, tenant;
SELECT is(pg_temp.codes('public.alembic_version'), '', 'not a schema later on it');
SET LOCAL search_path = public;
SELECT is(pg_temp.codes('tenant.alembic_version'), '', 'nor is one shadowed that is not on it');
DROP TABLE public.alembic_version, tenant.alembic_version;

-- A schema per tenant: each is judged by its own tables, and the worst comes first.
CREATE SCHEMA tenant_b;
CREATE SCHEMA tenant_c;
CREATE SCHEMA tenant_d;
CREATE TABLE tenant.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE tenant_b.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE tenant_c.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE tenant_d.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO tenant.alembic_version VALUES ('a3');
INSERT INTO tenant_b.alembic_version VALUES ('a2');
INSERT INTO tenant_c.alembic_version VALUES ('lost');
SELECT is(pg_temp.states(),
    'tenant.alembic_version ok 0, tenant_b.alembic_version pending 1, tenant_c.alembic_version unknown_revision 2, '
    'tenant_d.alembic_version empty_database 0', 'tenants, in the order of their names');
CREATE TABLE tenant_d.thing (id int);
SELECT is((SELECT string_agg(code || ' ' || version_table, ', ') FROM mighead_findings()),
    'unknown_revision tenant_c.alembic_version, unstamped tenant_d.alembic_version, pending tenant_b.alembic_version',
    'tenants: findings, worst first');
SELECT is_empty('SELECT pg_temp.coherence()', 'tenants: coherent');
SELECT is(pg_temp.codes(NULL, 2), 'tenants unknown_revision(lost) unstamped', 'min_severity 2');
SELECT is(pg_temp.codes(NULL, 3), '', 'min_severity 3');
SELECT is((SELECT count(*) FROM mighead_versions), 3::bigint, 'tenants: their rows');
SELECT is(pg_temp.codes('tenant_b.alembic_version'), 'pending', 'one tenant');
SELECT alike((SELECT hint FROM mighead_status() WHERE state = 'pending'),
    'SELECT * FROM public.mighead_pending(''tenant_b.alembic_version''::pg_catalog.regclass);%', 'the hint names the tenant');
SELECT is_empty($$SELECT pg_temp.paste(coalesce(array_agg(hint), '{}')) FROM mighead_findings(NULL, 0) WHERE hint ~ '^(SELECT|ALTER)'$$,
    'tenants: hints can be pasted');
SELECT is_empty(
    $$SELECT pg_temp.paste(coalesce(array_agg(hint), '{}')) FROM mighead_status('tenant_b.alembic_version') WHERE hint ~ '^(SELECT|ALTER)'$$,
    'one tenant: its hint can be pasted');
DROP SCHEMA tenant, tenant_b, tenant_c, tenant_d CASCADE;

-- Two services in one database: each has its table, or they share one.
SELECT mighead_project('billing', 'billing_version');
SELECT mighead_add_revision('b1', project => 'billing');
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE billing_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a3');
INSERT INTO billing_version VALUES ('b1');
SELECT results_eq('SELECT version_table::text, project, state, heads FROM mighead_status()',
    $$VALUES ('alembic_version', 'default', 'ok', '{a3}'::text[]), ('billing_version', 'billing', 'ok', '{b1}')$$, 'two services');
INSERT INTO alembic_version SELECT * FROM billing_version;
SELECT is(pg_temp.codes(), 'foreign_revision(b1)', 'two services that share a table');
SELECT row_eq($$SELECT state, unknown FROM mighead_status('alembic_version')$$, ROW ('unknown_revision'::text, '{b1}'::text[]),
    'two services that share a table: state');
SELECT is((SELECT evidence -> 'projects' FROM mighead_findings()), '["billing"]', 'and whose row it is');
SELECT is_empty('SELECT pg_temp.coherence()', 'two services: coherent');
SELECT mighead_remove_project('billing');
DROP TABLE billing_version, alembic_version;

-- 7. Branches.
SELECT mighead_remove_project(name) FROM mighead.project;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
SELECT mighead_add_revision('a1', branch_labels => ARRAY['left'], message => 'one');
SELECT mighead_add_revision('b1', branch_labels => ARRAY['right'], message => 'other');
INSERT INTO alembic_version VALUES ('a1'), ('b1');
SELECT is(pg_temp.codes(NULL, 0), '', 'two labelled branches, both applied: nothing is wrong');
SELECT is(pg_temp.states(), 'alembic_version ok 0', 'two labelled branches, both applied: ok');
SELECT is((SELECT heads FROM mighead_status()), '{a1,b1}', 'both are heads');
DELETE FROM alembic_version WHERE version_num = 'b1';
SELECT is(pg_temp.codes(NULL, 0), 'pending', 'two labelled branches, one applied');
SELECT mighead_add_revision('a2', ARRAY['a1']);
SELECT mighead_add_revision('a3', ARRAY['a1']);
SELECT is(pg_temp.codes(NULL, 0), 'multiple_heads pending', 'one of them forks: its heads share the label');
SELECT is((SELECT evidence ->> 'heads' FROM mighead_findings() WHERE code = 'multiple_heads'), '["b1", "a2", "a3"]', 'the heads');
SELECT is((SELECT evidence ->> 'applied' FROM mighead_findings() WHERE code = 'multiple_heads'), '[]', 'none of them is applied');
SELECT is_empty('SELECT pg_temp.coherence()', 'multiple heads: coherent');
SELECT is_empty($$SELECT pg_temp.paste(coalesce(array_agg(hint), '{}')) FROM mighead_findings(NULL, 0) WHERE hint ~ '^(SELECT|ALTER)'$$,
    'multiple heads: hints can be pasted');
TRUNCATE alembic_version;
INSERT INTO alembic_version VALUES ('a2'), ('a3'), ('b1');
SELECT is(pg_temp.codes(NULL, 0), 'multiple_heads', 'all heads applied: still to be merged');
SELECT mighead_add_revision('m1', ARRAY['a2', 'a3']);
SELECT is(pg_temp.codes(NULL, 0), 'multiple_rows pending', 'the merge is there, and not applied');
TRUNCATE alembic_version;
INSERT INTO alembic_version VALUES ('a2'), ('a3');
SELECT is((SELECT evidence ->> 'merged_by' FROM mighead_findings() WHERE code = 'multiple_rows'), 'm1', 'what merges two rows');
SELECT is((SELECT sqlstate FROM mighead_findings() WHERE code = 'multiple_rows'), 'MH003', 'its SQLSTATE');
TRUNCATE alembic_version;
INSERT INTO alembic_version VALUES ('m1'), ('a1');
SELECT is((SELECT evidence ->> 'implied_by' FROM mighead_findings() WHERE code = 'redundant_row'), 'm1', 'what implies it');
-- A dependency implies as well as a parent.
SELECT mighead_add_revision('b2', ARRAY['b1'], depends_on => ARRAY['m1']);
TRUNCATE alembic_version;
INSERT INTO alembic_version VALUES ('b2'), ('m1');
SELECT is(pg_temp.codes(NULL, 0), 'redundant_row(m1)', 'a row and its dependency');
TRUNCATE alembic_version;
INSERT INTO alembic_version VALUES ('b2');
SELECT is(pg_temp.codes(NULL, 0), '', 'a head that another depends on needs no row');
SELECT is((SELECT string_agg(revision, ' ') FROM mighead_current()), 'm1 b2', 'and is current all the same');
SELECT is_empty('SELECT pg_temp.coherence()', 'dependency: coherent');

-- 8. Releases: what the current one lacks, and what it has otherwise.
SELECT mighead_remove_project(name) FROM mighead.project;
TRUNCATE alembic_version;
CREATE FUNCTION pg_temp.octal(value int, width int) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg((value >> (3 * i) & 7)::text, '' ORDER BY i DESC) FROM generate_series(0, width - 1) AS i $$;
CREATE FUNCTION pg_temp.padded(value text, width int) RETURNS bytea LANGUAGE sql AS $$
    SELECT convert_to(value, 'UTF8') || decode(repeat('00', width - length(convert_to(value, 'UTF8'))), 'hex') $$;
CREATE FUNCTION pg_temp.tar_member(name text, content text) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    size int := length(convert_to(content, 'UTF8'));
    header bytea := pg_temp.padded(name, 100) || pg_temp.padded('0000644', 8) || pg_temp.padded('0000000', 8)
        || pg_temp.padded('0000000', 8) || pg_temp.padded(pg_temp.octal(size, 11), 12) || pg_temp.padded(pg_temp.octal(0, 11), 12)
        || pg_temp.padded('        0', 109) || pg_temp.padded('ustar', 6) || pg_temp.padded('00', 249);
    sum int := (SELECT sum(get_byte(header, i)) FROM generate_series(0, 511) AS i);
BEGIN
    RETURN overlay(header PLACING pg_temp.padded(pg_temp.octal(sum, 6), 7) FROM 149)
        || pg_temp.padded(content, (size + 511) / 512 * 512);
END $$;
-- Loads scripts given as "id < parent, parent: body of upgrade".
CREATE FUNCTION pg_temp.load(release text, VARIADIC scripts text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT diag(warning) FROM mighead_load_archive((
        SELECT string_agg(pg_temp.tar_member(m[1] || '.py', format(
            E'"\""message"\""\nrevision = "%s"\ndown_revision = (%s)\n\n\ndef upgrade():\n    %s\n',
            m[1], (SELECT string_agg('"' || parent || '",', ' ') FROM regexp_split_to_table(NULLIF(m[2], ''), ', ') AS parent), m[3])), '' ORDER BY n)
            || pg_temp.padded('', 1024)
        FROM unnest(scripts) WITH ORDINALITY AS s (script, n),
            regexp_match(script, '^([^ :]+)(?: < ([^:]+))?: (.*)$') AS m), 'default', release) AS l, unnest(l.warnings) AS warning $$;
CREATE FUNCTION pg_temp.found(row_ text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM alembic_version;
    INSERT INTO alembic_version VALUES (row_);
    IF EXISTS (SELECT FROM pg_temp.coherence()) THEN
        RETURN (SELECT string_agg(c, ', ') FROM pg_temp.coherence() AS c);
    END IF;
    RETURN coalesce((SELECT code || ' ' || severity FROM mighead_findings(NULL, 0)
        WHERE code <> 'not_compared' LIMIT 1), 'ok');
END $$;
SELECT pg_temp.load('v1', 'a1: one()', 'a2 < a1: two()', 'a3 < a2: three()', 'x3 < a2: x()');
SELECT is(pg_temp.found('a3'), 'multiple_heads 1', 'release v1');
-- v2 takes x3 back, renames a3 and adds a4, which v3 takes back again.
SELECT pg_temp.load('v2', 'a1: one()', 'a2 < a1: two()', 'b3 < a2: three()', 'a4 < b3: four()');
SELECT is(pg_temp.found('a4'), 'ok', 'release v2, at head');
SELECT is(pg_temp.found('a3'), 'renamed_revision 2', 'a renamed id');
SELECT is((SELECT evidence ->> 'renamed_to' FROM mighead_findings() WHERE object = 'a3'), 'b3', 'and its new name');
SELECT is((SELECT state FROM mighead_status()), 'unknown_revision', 'a renamed id: state');
SELECT is(pg_temp.found('x3'), 'deleted_revision 2', 'a revision that was taken back: the scripts are of a later release');
SELECT is((SELECT evidence ->> 'release' FROM mighead_findings() WHERE object = 'x3'), 'v1', 'and the release that had it');
SELECT pg_temp.load('v3', 'a1: one()', 'a2 < a1: two()', 'b3 < a2: three()');
SELECT is(pg_temp.found('a4'), 'ahead 1', 'the image was rolled back: the database is ahead of the scripts');
SELECT row_eq('SELECT state, severity, unknown, pending FROM mighead_status()', ROW ('ahead'::text, 1, '{a4}'::text[], NULL::int),
    'ahead: not an unknown revision');
SELECT alike((SELECT hint FROM mighead_status()), '%do not stamp%', 'ahead: the hint');
SELECT is((SELECT string_agg(revision, ' ') FROM mighead_history() WHERE applied), 'b3 a2 a1', 'ahead: what is below the row is applied');
SELECT is((SELECT applied FROM mighead_heads()), true, 'ahead: and so is the head');
SELECT is(mighead_at_head(), false, 'ahead: which is not to be at head');
-- A script that was edited after it had been loaded.
SELECT is(pg_temp.found('b3'), 'ok', 'nothing is edited yet');
SELECT pg_temp.load('v4', 'a1: one()', 'a2 < a1: edited()', 'b3 < a2: three()');
SELECT is(pg_temp.found('b3'), 'edited_script 1', 'a script that was edited after it was applied');
SELECT is((SELECT object || ' ' || (evidence ->> 'file_name') FROM mighead_findings()), 'a2 a2.py', 'which');
SELECT is(pg_temp.found('a1'), 'pending 1', 'a script that was edited before it was applied');
-- Squashed: the whole line is now one new root.
SELECT pg_temp.load('v5', 'root: everything()', 'r2 < root: more()');
SELECT is(pg_temp.found('b3'), 'squashed_history 2', 'squashed history');
SELECT is((SELECT evidence FROM mighead_findings() WHERE code = 'squashed_history'), '{"bases": ["root"], "release": "v4"}',
    'squashed history: evidence');
SELECT is(pg_temp.found('r2'), 'ok', 'squashed history: at head');
-- An id that another script has now, and a script in the place of another.
SELECT pg_temp.load('v6', 'root: everything()', 'r2 < root: other()');
SELECT is(pg_temp.found('r2'), 'edited_script 1', 'a reused id');
SELECT is((SELECT evidence -> 'changed' FROM mighead_findings() WHERE object = 'r2'), '["body"]', 'a reused id: what is another');
SELECT pg_temp.load('v7', 'root: everything()', 'r3 < root: third()');
SELECT is(pg_temp.found('r2'), 'deleted_revision 2', 'a script in the place of another');
SELECT is((SELECT fix FROM mighead_findings() WHERE object = 'r2'), NULL, 'which is not the same, so no stamp is offered');
SELECT pg_temp.load('v8', 'root: everything()', 'r2 < root: more()');
SELECT is(pg_temp.found('r2'), 'ok', 'and its script again');
SELECT is(pg_temp.found('never_was'), 'unknown_revision 2', 'a row that no release ever had');
-- The journal knows when the row was written, the release when it was loaded.
SELECT mighead_watch('alembic_version');
UPDATE mighead.release SET loaded_at = now() + interval '1 day' WHERE project = 'default';
SELECT is(pg_temp.found('never_was'), 'unknown_revision 2', 'a row that is older than the scripts');
UPDATE mighead.release SET loaded_at = now() - interval '1 day' WHERE project = 'default';
SELECT is(pg_temp.found('never_was'), 'stale_scripts 3', 'a row that is newer than the scripts');
SELECT mighead_unwatch('alembic_version');
DELETE FROM mighead.journal;

-- 9. A column too narrow for what is to come.
DELETE FROM alembic_version;
ALTER TABLE alembic_version ALTER version_num TYPE varchar(8);
SELECT is(pg_temp.found('r2'), 'ok', 'wide enough');
SELECT pg_temp.load('v6', 'root: everything()', 'r2 < root: more()', 'descriptive_identifier < r2: three()');
SELECT is(pg_temp.found('r2'), 'narrow_column 2', 'too narrow for the next revision');
SELECT is((SELECT evidence FROM mighead_findings() WHERE code = 'narrow_column'),
    '{"length": 22, "revision": "descriptive_identifier", "max_length": 8}', 'narrow column: evidence');
SELECT throws_ok('UPDATE alembic_version SET version_num = ''descriptive_identifier''', '22001', NULL, 'its upgrade does fail');
SELECT lives_ok((SELECT fix FROM mighead_findings() WHERE code = 'narrow_column'), 'the fix runs');
SELECT is(pg_temp.found('r2'), 'pending 1', 'and ends it');
SELECT lives_ok('UPDATE alembic_version SET version_num = ''descriptive_identifier''', 'its upgrade succeeds');
-- Length is in characters, as the column's is.
ALTER TABLE alembic_version ALTER version_num TYPE varchar(22);
SELECT pg_temp.load('v7', 'root: everything()', 'r2 < root: more()', 'descriptive_identifiér < r2: three()');
SELECT is(pg_temp.found('r2'), 'pending 1', 'a character of two bytes is one');

-- 10. A copy of another environment.
UPDATE mighead.project SET environment = 'production', environment_database = current_database();
SELECT is(pg_temp.found('descriptive_identifiér'), 'ok', 'the database that was labelled');
UPDATE mighead.project SET environment_database = 'prod';
SELECT is(pg_temp.found('descriptive_identifiér'), 'wrong_environment 2', 'another one');
SELECT is((SELECT evidence FROM mighead_findings()), '{"environment": "production", "environment_database": "prod"}',
    'wrong environment: evidence');
UPDATE mighead.project SET environment = NULL, environment_database = NULL;

-- 11. Roles.
CREATE ROLE mighead_test_reader;
CREATE ROLE "mighead ""test"" owner";
CREATE FUNCTION pg_temp.as_reader(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    SET LOCAL ROLE mighead_test_reader;
    EXECUTE query INTO answer;
    RESET ROLE;
    RETURN answer;
END $$;
CREATE SCHEMA locked;
ALTER TABLE alembic_version SET SCHEMA locked;
SELECT is(pg_temp.as_reader('SELECT state || severity || detail || hint FROM mighead_status()'),
    'unreadable3Role "mighead_test_reader" lacks USAGE on schema locked.GRANT USAGE ON SCHEMA locked TO mighead_test_reader;',
    'no USAGE on the schema');
SELECT is(pg_temp.as_reader(format('SELECT state FROM mighead_status(%s::regclass)', 'locked.alembic_version'::regclass::oid)),
    'unreadable', 'no USAGE on the schema: nor by its OID');
GRANT USAGE ON SCHEMA locked TO mighead_test_reader;
SELECT is(pg_temp.as_reader('SELECT state || severity || detail || hint FROM mighead_status()'),
    'unreadable3Role "mighead_test_reader" lacks SELECT on locked.alembic_version.'
    'GRANT SELECT ON locked.alembic_version TO mighead_test_reader;', 'no SELECT on the table');
SELECT is(pg_temp.as_reader('SELECT sqlstate FROM mighead_findings()'), 'MH010', 'its SQLSTATE');
SELECT is(pg_temp.as_reader('SELECT count(*) FROM mighead_current()'), '0', 'nothing is shown');
SELECT is(pg_temp.as_reader('SELECT count(*) FROM mighead_versions'), '0', 'nothing is shown by the view');
GRANT SELECT (version_num) ON locked.alembic_version TO mighead_test_reader;
SELECT is(pg_temp.as_reader('SELECT state FROM mighead_status()'), 'ok', 'SELECT on the column is enough');
ALTER TABLE locked.alembic_version ENABLE ROW LEVEL SECURITY;
SELECT is(pg_temp.as_reader('SELECT state || severity FROM mighead_status()'), 'row_security3',
    'row security that would hide rows is told, rather than unstamped');
SELECT is(pg_temp.as_reader($$SELECT state || severity FROM mighead_status('locked.alembic_version')$$), 'row_security3',
    'named, it is read as the role sees it, and nothing is told from that');
SELECT is(pg_temp.as_reader($$SELECT count(*) FROM mighead_findings(NULL, 0) WHERE fix IS NOT NULL OR hint ~ 'stamp'$$), '0',
    'and nothing is advised from rows that were filtered');
CREATE POLICY everything ON locked.alembic_version USING (true);
SELECT is(pg_temp.as_reader($$SELECT state FROM mighead_status('locked.alembic_version')$$), 'row_security', 'named, with a policy');
SELECT is(pg_temp.as_reader('SELECT state FROM mighead_status()'), 'row_security', 'which discovery does not run');
SELECT is(pg_temp.codes(NULL, 0), 'row_security', 'whoever is exempt learns of it');
SELECT is((SELECT severity FROM mighead_findings(NULL, 0) WHERE code = 'row_security'), 0, 'enabled only: the owner migrates all the same');
ALTER TABLE locked.alembic_version OWNER TO "mighead ""test"" owner";
ALTER TABLE locked.alembic_version FORCE ROW LEVEL SECURITY;
SELECT is(pg_temp.states(), 'locked.alembic_version row_security 1', 'forced: also the owner sees what the policies show');
DROP POLICY everything ON locked.alembic_version;
SELECT is(pg_temp.states(), 'locked.alembic_version row_security 2', 'forced, without a policy: he sees no row, and starts from nothing');
SELECT is_empty('SELECT pg_temp.coherence()', 'row security: coherent');
ALTER TABLE locked.alembic_version DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
ALTER TABLE locked.alembic_version OWNER TO CURRENT_USER;

-- A fix is offered for tables of those one trusts, and of oneself.
DELETE FROM locked.alembic_version;
ALTER TABLE locked.alembic_version ALTER version_num TYPE varchar(4);
INSERT INTO locked.alembic_version VALUES ('r2');
SELECT is((SELECT fix FROM mighead_findings() WHERE code = 'narrow_column'),
    'ALTER TABLE locked.alembic_version ALTER COLUMN version_num TYPE varchar(255)', 'owned by a superuser: a fix');
ALTER TABLE locked.alembic_version OWNER TO "mighead ""test"" owner";
SELECT is((SELECT fix FROM mighead_findings() WHERE code = 'narrow_column'), NULL, 'owned by a stranger: no fix');
SELECT is((SELECT hint FROM mighead_findings() WHERE code = 'narrow_column'),
    'As role "mighead ""test"" owner": ALTER TABLE locked.alembic_version ALTER COLUMN version_num TYPE varchar(255);',
    'owned by a stranger: the hint says who should do it');
ALTER TABLE locked.alembic_version OWNER TO mighead_test_reader;
SELECT isnt(pg_temp.as_reader($$SELECT fix FROM mighead_findings() WHERE code = 'narrow_column'$$), NULL, 'owned by the caller: a fix');
SELECT is((SELECT fix FROM mighead_findings() WHERE code = 'narrow_column'), NULL, 'but not for others');
SELECT is_empty('SELECT pg_temp.coherence()', 'roles: coherent');

-- 12. What came to be since the scripts were loaded.  Releases are loaded by the clock, not all at the test's now().
DROP SCHEMA locked CASCADE;
SELECT mighead_remove_project(name) FROM mighead.project;
DELETE FROM mighead.journal;
DROP TABLE IF EXISTS app_table, odd_rows;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE FUNCTION pg_temp.release(release text, VARIADIC scripts text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT pg_temp.load(release, VARIADIC scripts);
    UPDATE mighead.release r SET loaded_at = clock_timestamp() WHERE r.label = $1;
END $$;
CREATE FUNCTION pg_temp.rows_are(VARIADIC rows text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM alembic_version WHERE version_num <> ALL (rows);
    INSERT INTO alembic_version SELECT unnest(rows) ON CONFLICT DO NOTHING;
END $$;

-- The image was rolled back over a merge: the row is the merge.
SELECT pg_temp.release('r1', 'a1: one()', 'l < a1: left()', 'r < a1: right()', 'm < l, r: pass');
SELECT pg_temp.release('r2', 'a1: one()', 'l < a1: left()', 'r < a1: right()');
SELECT pg_temp.rows_are('m');
SELECT is(pg_temp.codes(), 'ahead(m)', 'rolled back over a merge: the heads are merged in the release of the row');
SELECT is((SELECT applied FROM mighead_status()), 3, 'and all below the row is applied');
SELECT is_empty('SELECT pg_temp.coherence()', 'rolled back over a merge: coherent');
-- A merge that was deleted: the heads are there, and are told.
SELECT pg_temp.release('r3', 'a1: one()', 'l < a1: left()', 'r < a1: right()', 'n < l: new()');
SELECT is(pg_temp.codes(), 'deleted_revision(m) multiple_heads', 'a merge that was deleted');
SELECT is((SELECT evidence -> 'below' FROM mighead_findings() WHERE code = 'deleted_revision'), '["l", "r"]', 'and what is below it');
SELECT is((SELECT sqlstate FROM mighead_findings() WHERE code = 'deleted_revision'), 'MH002', 'its SQLSTATE');

-- A rename that is rolled back is no rename.
SELECT mighead_remove_project(name) FROM mighead.project;
SELECT pg_temp.release('r1', 'a1: one()', 'old < a1: two()');
SELECT pg_temp.release('r2', 'a1: one()', 'new < a1: two()');
SELECT is(pg_temp.found('old'), 'renamed_revision 2', 'a new name');
SELECT pg_temp.release('r3', 'a1: one()', 'old < a1: two()');
SELECT is(pg_temp.found('new'), 'ahead 1', 'which the release before does not know');

-- What of a script was edited.
SELECT mighead_remove_project(name) FROM mighead.project;
SELECT pg_temp.release('r1', 'a1: one()', 'a2 < a1: two()');
SELECT pg_temp.rows_are('a2');
CREATE FUNCTION pg_temp.edit() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(code || ' ' || severity || ' ' || coalesce(evidence ->> 'changed', evidence ->> 'first'), ', ')
    FROM mighead_findings(NULL, 0) WHERE code IN ('edited_script', 'changed_parent') $$;
SELECT pg_temp.release('r2', 'a1: one()', 'a2 < a1: two() # a comment');
SELECT is(pg_temp.edit(), 'edited_script 0 []', 'a comment');
SELECT pg_temp.release('r3', 'a1: one()', 'a2 < a1: another()');
SELECT is(pg_temp.edit(), 'edited_script 1 ["body"]', 'the body');
SELECT mighead_ignore('a2', 'verified', attribute => 'edited_script');
SELECT is(pg_temp.edit(), 'edited_script 0 ["body"]', 'somebody said that it is right');
SELECT mighead_unignore('a2', attribute => 'edited_script');
SELECT mighead_ignore('a%', 'any difference');
SELECT is(pg_temp.edit(), 'edited_script 1 ["body"]', 'what is said of differences is not said of scripts');
SELECT mighead_unignore('a%');
CREATE TABLE app_table (id int PRIMARY KEY);
SELECT lives_ok('SELECT mighead_capture()', 'captured');
SELECT is(pg_temp.edit(), 'edited_script 0 ["body"]', 'the schema is as expected, whatever the script was');
SELECT is((SELECT state || ' ' || compared || ' ' || detail FROM mighead_status()),
    'ok true At head: a2; 2 revisions applied, none pending.', 'compared: nothing is added to the sentence');
SELECT is((SELECT count(*) FROM mighead_findings(NULL, 0) WHERE code = 'not_compared'), 0::bigint, 'compared: and no finding says otherwise');
SELECT is((SELECT compared FROM mighead_metrics()), 1::float8, 'compared: metrics');
-- A set of a release that writes views in another way says nothing about their texts.
CREATE VIEW shown AS SELECT id FROM app_table;
SELECT lives_ok($$SELECT mighead_capture(replace => true)$$, 'captured with a view');
UPDATE mighead.expected_set SET deparser = 31 - deparser;
SELECT is((SELECT detail FROM mighead_status()), 'At head: a2; 2 revisions applied, none pending.', 'texts that are equal need no rules');
CREATE OR REPLACE VIEW shown AS SELECT id FROM app_table WHERE id > 0;
SELECT is((SELECT state || ' ' || compared || ' ' || drift || ' ' || detail FROM mighead_status()),
    'ok false 0 At head: a2; 2 revisions applied, none pending; the texts of 1 object were not compared.', 'other texts are not taken for equal');
SELECT is((SELECT string_agg(severity || ' ' || detail || ' ' || (evidence ->> 'not_comparable'), E'\n') FROM mighead_findings(NULL, 0) WHERE code = 'not_compared'),
    '0 The texts of 1 object were not compared, because they were captured by a PostgreSQL release that writes them in another way: view public.shown. ["view public.shown"]',
    'and a finding says which');
SELECT is((SELECT compared FROM mighead_metrics()), 0::float8, 'so do metrics');
SELECT matches((SELECT string_agg(r, E'\n') FROM mighead_report() r), 'schema +compared in part', 'and the report');
CREATE TEMP TABLE hinted AS SELECT hint FROM mighead_findings(NULL, 0) WHERE code = 'not_compared';
SELECT results_eq((SELECT format($$SELECT object FROM (%s) x$$, split_part(hint, ';', 1)) FROM hinted), $$VALUES ('public.shown')$$, 'the hint shows the texts');
SELECT lives_ok((SELECT substring(hint FROM 'right: (.*?);') FROM hinted), 'and captures again');
SELECT is((SELECT compared || ' ' || detail FROM mighead_status()), 'true At head: a2; 2 revisions applied, none pending.', 'then all is compared');
DROP VIEW shown;
DELETE FROM mighead.expected;
DELETE FROM mighead.expected_set;
SELECT pg_temp.release('r4', 'a1: one()', 'a2 < a1: two()');
SELECT is(pg_temp.edit(), NULL, 'back again');
SELECT pg_temp.release('r5', 'a0: zero()', 'a1 < a0: one()', 'a2 < a1: two()');
SELECT is(pg_temp.edit(), 'changed_parent 1 []', 'a parent, and nothing else');
SELECT is((SELECT state || ' ' || severity FROM mighead_status()), 'edited_script 1', 'its state');
SELECT is_empty('SELECT pg_temp.coherence()', 'edited: coherent');
SELECT mighead_ignore('a1', 'a0 is empty', attribute => 'changed_parent');
SELECT is(pg_temp.edit(), 'changed_parent 0 []', 'somebody said that it is right');

-- A revision that was put beneath the row.
SELECT mighead_remove_project(name) FROM mighead.project;
DELETE FROM mighead.journal;
DELETE FROM alembic_version;
SELECT pg_temp.release('r1', 'p1: one()', 'p2 < p1: two()');
SELECT mighead_watch('alembic_version');
INSERT INTO alembic_version VALUES ('p1');
UPDATE alembic_version SET version_num = 'p2';
SELECT is(pg_temp.codes(), '', 'two steps on a watched table');
SELECT pg_temp.release('r2', 'p1: one()', 'n < p1: between()', 'p2 < n: two()');
SELECT is(pg_temp.codes(), 'inserted_revision(n) changed_parent(p2)', 'one came between them');
SELECT is((SELECT detail FROM mighead_status()), 'n was inserted below the row and was not applied by any recorded step.', 'in words');
SELECT is((SELECT state || ' ' || severity FROM mighead_status()), 'inserted_revision 1', 'its state');
SELECT is_empty('SELECT pg_temp.coherence()', 'inserted: coherent');
SELECT mighead_ignore('n', 'done by hand', attribute => 'inserted_revision');
SELECT is(pg_temp.codes(), 'changed_parent(p2)', 'done by hand');
SELECT mighead_unignore('n', attribute => 'inserted_revision');
UPDATE alembic_version SET version_num = 'n';
UPDATE alembic_version SET version_num = 'p1';
UPDATE alembic_version SET version_num = 'n';
UPDATE alembic_version SET version_num = 'p2';
SELECT is(pg_temp.codes(), 'changed_parent(p2)', 'gone back and up again: there is a step of it');
-- One on top is just the next.
SELECT pg_temp.release('r3', 'p1: one()', 'n < p1: between()', 'p2 < n: two()', 'p3 < p2: three()');
UPDATE alembic_version SET version_num = 'p3';
SELECT is(pg_temp.codes(), 'changed_parent(p2)', 'a later one on top is none that was inserted');
-- Objects that it should have made tell it without a journal.
SELECT mighead_unwatch('alembic_version');
DELETE FROM alembic_version;
DROP TABLE IF EXISTS app_table;
SELECT mighead_watch('alembic_version', capture => true);
CREATE TABLE made_by_p1 (id int);
INSERT INTO alembic_version VALUES ('p1');
CREATE TABLE made_by_n (id int);
UPDATE alembic_version SET version_num = 'n';
CREATE TABLE made_by_p2 (id int);
UPDATE alembic_version SET version_num = 'p2';
CREATE TABLE made_by_p3 (id int);
UPDATE alembic_version SET version_num = 'p3';
SELECT mighead_unwatch('alembic_version');
DELETE FROM mighead.journal;
SELECT is(pg_temp.codes(), 'changed_parent(p2)', 'everything is there');
DROP TABLE made_by_n;
SELECT is(pg_temp.codes(), 'inserted_revision(n) drift changed_parent(p2)', 'what it makes is missing');
SELECT is((SELECT state || ' ' || severity FROM mighead_status()), 'inserted_revision 2', 'which is critical, and explains the drift');
CREATE TABLE made_by_n (id int);

-- A row that no script has may be newer than the scripts: nothing leads back.
UPDATE alembic_version SET version_num = 'lost';
SELECT is((SELECT code || ' ' || (evidence ->> 'located') || ' ' || (fix IS NULL) || ' ' || (hint LIKE '%mighead load%')
    FROM mighead_findings() LIMIT 1), 'unknown_revision ["p3"] true true', 'not known when: no fix, load the scripts');
UPDATE alembic_version SET version_num = 'p3';
SELECT mighead_watch('alembic_version');
UPDATE alembic_version SET version_num = 'lost';
SELECT is(pg_temp.codes(), 'stale_scripts(lost)', 'known to be newer than the scripts');
SELECT pg_temp.release('r4', 'p1: one()', 'n < p1: between()', 'p2 < n: two()', 'p3 < p2: three()');
SELECT is((SELECT code || ' ' || (fix LIKE '%mighead_stamp(''p3''%') || ' ' || (hint LIKE '%mighead_stamp(''p3''%; -- then, in a shell: alembic upgrade heads')
    FROM mighead_findings() LIMIT 1), 'unknown_revision true true', 'known to be older: the way is offered');
-- A revision between with nothing but data makes it ambiguous.
SELECT mighead_unwatch('alembic_version');
DELETE FROM mighead.journal;
UPDATE alembic_version SET version_num = 'p3';
SELECT pg_temp.release('r5', 'p1: one()', 'n < p1: between()', 'p2 < n: two()', 'p3 < p2: three()', 'p4 < p3: only_data()', 'p5 < p4: five()');
SELECT mighead_watch('alembic_version', capture => true);
UPDATE alembic_version SET version_num = 'p4';
CREATE TABLE made_by_p5 (id int);
UPDATE alembic_version SET version_num = 'p5';
SELECT is(pg_temp.codes(), 'changed_parent(p2)', 'all of it');
DROP TABLE made_by_p5;
SELECT is((SELECT code || ' ' || (fix IS NULL) || ' ' || (detail LIKE '%The schema is exactly that of p4, and of p3, which only data tells apart.')
    FROM mighead_findings() LIMIT 1), 'drift true true', 'only data tells two revisions apart: no stamp is offered');
CREATE TABLE made_by_p5 (id int);

-- A stamp that did not look at the schema.
SELECT mighead_unwatch('alembic_version');
DELETE FROM mighead.journal;
DELETE FROM mighead.expected;
DELETE FROM mighead.expected_set;
SELECT lives_ok($$SELECT * FROM mighead_stamp('p2', expect => 'p5', reason => 'trust me', purge => true, skip_guards => '{schema}')$$,
    'stamped without a look at the schema');
SELECT ok(pg_temp.codes() LIKE '%stamped_blindly%', 'is a finding');
SELECT mighead_ignore('public.alembic_version', 'looked at it', attribute => 'stamped_blindly');
UPDATE mighead.ignored SET ignored_at = clock_timestamp(); -- all of this test is one transaction
SELECT ok(pg_temp.codes() NOT LIKE '%stamped_blindly%', 'until somebody vouches for it');
SELECT mighead_unignore('public.alembic_version', attribute => 'stamped_blindly');
SELECT ok(pg_temp.codes() LIKE '%stamped_blindly%', 'again');
SELECT lives_ok($$SELECT * FROM mighead_stamp('p2', expect => 'p2', reason => 'verified', purge => true, skip_guards => '{schema}')$$,
    'to the very same rows');
SELECT ok(pg_temp.codes() NOT LIKE '%stamped_blindly%', 'vouches, too');

-- What only changes data, migrated before its script is loaded.
SELECT mighead_watch('alembic_version');
UPDATE alembic_version SET version_num = 'p3';
UPDATE alembic_version SET version_num = 'q';
SELECT is((SELECT action FROM mighead_log() LIMIT 1), 'manual', 'no script, no DDL: nothing that a migration is known to do');
SELECT ok(pg_temp.codes() NOT LIKE '%changed_by_hand%', 'but the row that is not known says enough');
SELECT pg_temp.release('r6', 'p1: one()', 'n < p1: between()', 'p2 < n: two()', 'p3 < p2: three()', 'q < p3: only_data()');
SELECT is((SELECT string_agg(action, ' ') FROM (SELECT action FROM mighead_log() LIMIT 2) AS l), 'upgrade upgrade', 'told anew from the scripts');
SELECT ok(pg_temp.codes() NOT LIKE '%changed_by_hand%', 'and nothing is wrong');

-- 13. Version tables that are missing, or called otherwise.
DROP TABLE alembic_version;
SELECT ok(pg_temp.codes() LIKE 'missing_table(public.alembic_version) %', 'a watched table that is gone');
SELECT is((SELECT evidence -> 'last_rows' FROM mighead_findings() WHERE code = 'missing_table'), '["q"]', 'and its last rows');
SELECT is((SELECT state || ' ' || severity FROM mighead_status()), 'missing_table 2', 'its state');
SELECT is_empty('SELECT pg_temp.coherence()', 'a watched table that is gone: coherent');
DELETE FROM mighead.watch;
SELECT mighead_remove_project(name) FROM mighead.project;
CREATE TABLE alembic_version_config (version_num text);
INSERT INTO alembic_version_config VALUES ('q');
SELECT is(pg_temp.states() || ': ' || pg_temp.codes(), 'unregistered_table 1: unregistered_table(public.alembic_version_config)',
    'a version table by another name');
SELECT is_empty($$SELECT pg_temp.paste(array_agg(hint)) FROM mighead_findings()$$, 'its hint can be pasted');
SELECT is((SELECT version_table::text || ' ' || project FROM mighead_status()), 'alembic_version_config default', 'and then it is known');
SELECT mighead_remove_project(name) FROM mighead.project;
ALTER TABLE alembic_version_config ADD COLUMN more int;
SELECT is(pg_temp.states(), 'unstamped 2', 'with another column it is none');
ALTER TABLE alembic_version_config DROP COLUMN more;
SELECT is(pg_temp.states(), 'unregistered_table 1', 'a dropped column is none');
ALTER TABLE alembic_version_config OWNER TO mighead_test_reader;
SELECT is(pg_temp.states(), 'unstamped 2', 'a stranger''s table says nothing');
DROP TABLE alembic_version_config;

-- Tenants and projects without one.
DROP TABLE IF EXISTS app_table, made_by_p1, made_by_n, made_by_p2, made_by_p3, made_by_p5;
SELECT pg_temp.release('r1', 'a1: one()');
DO $$
BEGIN
    FOR i IN 1..3 LOOP
        EXECUTE format('CREATE SCHEMA mt_%s', i);
        EXECUTE format('CREATE TABLE mt_%s.orders (id int)', i);
        IF i < 3 THEN
            EXECUTE format('CREATE TABLE mt_%s.alembic_version (version_num varchar(32) PRIMARY KEY)', i);
            EXECUTE format('INSERT INTO mt_%s.alembic_version VALUES (''a1'')', i);
        END IF;
    END LOOP;
END $$;
CREATE SCHEMA mt_other;
CREATE TABLE mt_other.something (id int);
SELECT is(pg_temp.codes(), 'missing_table(mt_3.alembic_version)', 'a tenant without a version table');
SELECT is((SELECT string_agg(coalesce(version_table::text, '-') || ' ' || state, ', ') FROM mighead_status()),
    'mt_1.alembic_version ok, mt_2.alembic_version ok, - missing_table', 'a row of its own');
SELECT is((SELECT count(*) FROM mighead_metrics()), 3::bigint, 'also for exporters');
SELECT is_empty('SELECT pg_temp.coherence()', 'a tenant without a version table: coherent');
SELECT is(pg_temp.states('mt_1.alembic_version'), 'mt_1.alembic_version ok 0', 'nobody asked about others');
DROP TABLE mt_3.orders;
SELECT mighead_project('billing', 'billing_version');
SELECT is(pg_temp.codes(), '', 'a project without scripts needs no table');
SELECT mighead_add_revision('b1', project => 'billing');
SELECT is(pg_temp.codes(), 'missing_table(billing_version)', 'one with scripts does');
SELECT is((SELECT project || ' ' || state || ' ' || severity FROM mighead_status() WHERE version_table IS NULL),
    'billing missing_table 1', 'a row of its own');
CREATE TABLE mt_1.billing_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO mt_1.billing_version VALUES ('a1');
SELECT ok(pg_temp.codes() LIKE '%foreign_revision(a1)%', 'a table that another project has overwritten');

SELECT * FROM finish();
ROLLBACK;
