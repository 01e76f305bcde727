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

SELECT * FROM finish();
ROLLBACK;
