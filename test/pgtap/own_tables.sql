-- Readers scan mighead's own tables where that shows what a query of the caller would show, and run
-- the query where it does not.  The oracle is the query: row security that shows every row makes each
-- reader take it, and the answers have to be the same.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

CREATE ROLE regress_mighead_own;
CREATE SCHEMA one;
CREATE SCHEMA two;
CREATE TABLE one.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE two.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE one.t (i int, j int);
INSERT INTO mighead.project (name, version_table_schema, environment, manages) VALUES ('one', 'one', 'live', '{extensions}'), ('two', 'two', NULL, '{}');
INSERT INTO mighead.release (project, release, label, heads, loaded_by)
SELECT p, n, 'r' || n, '{b}', 'test' FROM unnest('{one,two}'::text[]) AS p, generate_series(1, 12) AS n;
INSERT INTO mighead.revision (project, revision, load_order, down_revision, branch_labels, message, file_name, first_release)
SELECT p, r, n, CASE WHEN n > 0 THEN '{a}' ELSE '{}' END::text[], CASE WHEN n > 0 THEN '{main}' ELSE '{}' END::text[], 'message of ' || r, r || '.py', 1
FROM unnest('{one,two}'::text[]) AS p, unnest('{a,b}'::text[], '{0,1}'::int[]) AS r (r, n);
SELECT mighead_watch('one.alembic_version') \g /dev/null
INSERT INTO one.alembic_version VALUES ('a');
UPDATE one.alembic_version SET version_num = 'b';
INSERT INTO two.alembic_version VALUES ('x');
SELECT count(*) FROM mighead_capture(version_table => 'one.alembic_version') \g /dev/null
ALTER TABLE one.t DROP j, ADD k int, ADD l int;
INSERT INTO mighead.ignored (project, object, reason, until, ignored_by) VALUES ('one', 'one.t.k', 'because', NULL, 'test'), ('one', 'one.t.l', 'because', now(), 'test'), ('two', '%', 'because', NULL, 'test');
GRANT USAGE ON SCHEMA one, two TO regress_mighead_own;
GRANT SELECT ON one.alembic_version, two.alembic_version, mighead.journal TO regress_mighead_own;

CREATE TEMP TABLE question (n serial, text text);
INSERT INTO question (text) VALUES
    ('SELECT * FROM mighead_status()'), ('SELECT * FROM mighead_findings(min_severity => 0)'),
    ('SELECT * FROM mighead_versions'), ('SELECT * FROM mighead_current()'),
    ($$SELECT * FROM mighead_heads('one')$$), ($$SELECT * FROM mighead_history(project => 'two')$$),
    ($$SELECT * FROM mighead_drift('one.alembic_version')$$), ($$SELECT mighead_export('one') - 'exported_at'$$);
GRANT SELECT ON question TO regress_mighead_own;
CREATE TEMP TABLE answer (way text, n int, line text);
GRANT INSERT ON answer TO regress_mighead_own;
CREATE FUNCTION pg_temp.ask(way text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    q record;
BEGIN
    FOR q IN SELECT * FROM question LOOP
        EXECUTE format('INSERT INTO pg_temp.answer SELECT %L, %s, a::text FROM (%s) AS a', way, q.n, q.text);
    END LOOP;
END $$;

SET ROLE regress_mighead_own;
SELECT pg_temp.ask('by scans');
RESET ROLE;
SELECT cmp_ok((SELECT count(DISTINCT n) FROM answer WHERE way = 'by scans'), '=', (SELECT count(*) FROM question), 'every question has an answer');

SELECT format('ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY; CREATE POLICY everything ON %1$s FOR SELECT USING (true)', c.oid::regclass)
FROM pg_class c WHERE relnamespace = 'mighead'::regnamespace AND relkind = 'r' \gexec
SET ROLE regress_mighead_own;
SELECT pg_temp.ask('by queries');
RESET ROLE;
SELECT set_eq(format($$SELECT line FROM answer WHERE way = 'by queries' AND n = %s$$, n),
    format($$SELECT line FROM answer WHERE way = 'by scans' AND n = %s$$, n), text || ': a scan and a query tell the same')
FROM question ORDER BY n;

-- Row security hides what it hides.
DROP POLICY everything ON mighead.project;
CREATE POLICY only_two ON mighead.project FOR SELECT USING (name = 'two');
DROP POLICY everything ON mighead.watch;
SET ROLE regress_mighead_own;
SELECT set_eq('SELECT DISTINCT project FROM mighead_status()', '{default,two}'::text[], 'a project that is hidden is not there');
RESET ROLE;

-- Without the privilege a scan says what the query says.
SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::regclass)
FROM pg_class c WHERE relnamespace = 'mighead'::regnamespace AND relkind = 'r' \gexec
CREATE FUNCTION pg_temp.refuses(what text) RETURNS text LANGUAGE sql AS $$
    SELECT throws_ok('SELECT * FROM mighead_status()', '42501', 'permission denied for table ' || what, 'without SELECT on ' || what)
$$;
REVOKE SELECT ON mighead.release FROM PUBLIC;
SET ROLE regress_mighead_own;
SELECT pg_temp.refuses('release');
RESET ROLE;
GRANT SELECT ON mighead.release TO PUBLIC;
REVOKE SELECT ON mighead.watch FROM PUBLIC;
SET ROLE regress_mighead_own;
SELECT pg_temp.refuses('watch');
RESET ROLE;
GRANT SELECT ON mighead.watch TO PUBLIC;
REVOKE SELECT ON mighead.journal FROM regress_mighead_own;
SET ROLE regress_mighead_own;
SELECT is((SELECT changed_by FROM mighead_status('one.alembic_version')), NULL, 'without SELECT on the journal nobody changed the rows');
RESET ROLE;

-- A table that has a child is what a query makes of both.
CREATE SCHEMA three;
CREATE TABLE mighead.more () INHERITS (mighead.watch);
INSERT INTO mighead.more VALUES ('three', 'alembic_version', false, now(), 'test');
SELECT isnt_empty($$SELECT FROM mighead_findings() WHERE object ~ 'three' OR detail ~ 'three'$$, 'a row of a child counts');

SELECT * FROM finish();
ROLLBACK;
