-- What a capture or a check has stored of relations need not be read again.  The oracle is the same
-- question where nothing is stored.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

CREATE SCHEMA printed;
SET LOCAL search_path = printed, public;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('one');
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE t (id serial PRIMARY KEY, feels mood DEFAULT 'sad', note text DEFAULT 'new' CHECK (note <> ''));
CREATE INDEX t_feels ON t (feels);
CREATE TABLE u (id int GENERATED ALWAYS AS IDENTITY, t int REFERENCES t);
CREATE VIEW v AS SELECT * FROM t ORDER BY feels;
CREATE STATISTICS t_both ON feels, note FROM t;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION pg_temp.told() RETURNS jsonb LANGUAGE sql AS
    $$SELECT coalesce(jsonb_agg(d ORDER BY d::text), '[]') FROM mighead_drift('printed.alembic_version', min_severity => 0) d WHERE kind <> 'unmodelled'$$;
-- Whether it is a foreign table is asked where a table is read, and nowhere else.
CREATE FUNCTION pg_temp.read() RETURNS bigint LANGUAGE sql AS
    $$SELECT pg_stat_get_xact_numscans('pg_foreign_table_relid_index'::regclass)$$;
-- What is told, and what is told where nothing is stored.  The functions are in the epoch, and so made before.
CREATE FUNCTION pg_temp.check(change text, differs boolean, reads boolean) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    stored bigint;
    before bigint;
    after bigint;
    told jsonb;
    anew jsonb;
BEGIN
    BEGIN
        EXECUTE change;
        stored := (SELECT sum(hashtext(f::text)) FROM mighead.fingerprint f);
        before := pg_temp.read();
        told := pg_temp.told();
        after := pg_temp.read();
        RETURN NEXT is((SELECT sum(hashtext(f::text)) FROM mighead.fingerprint f), stored, 'a reader stores nothing: ' || change);
        TRUNCATE mighead.fingerprint;
        anew := pg_temp.told();
        RAISE SQLSTATE 'XX999';
    EXCEPTION WHEN SQLSTATE 'XX999' THEN NULL;
    END;
    RETURN NEXT is(told, anew, 'the same is told where nothing is stored: ' || change);
    RETURN NEXT is(told <> '[]', differs, change);
    RETURN NEXT is(after > before, reads, CASE WHEN reads THEN 'it is read: ' ELSE 'nothing is read: ' END || change);
END $$;

SELECT mighead_add_revision('one') \g /dev/null
SELECT is((SELECT count(*) FROM mighead.fingerprint), 0::bigint, 'nothing is stored yet');
SELECT mighead_capture(version_table => 'alembic_version') \g /dev/null
SELECT is((SELECT count(*) FROM mighead.fingerprint), 6::bigint, 'a capture stores tables, views and sequences');
SELECT is((SELECT count(*) FROM mighead.fingerprint WHERE checksums = ''), 2::bigint, 'the version table, and the sequence of an identity column, have no definition');

SELECT pg_temp.check(change, differs, reads) FROM (VALUES
    ('SELECT 1', false, false),
    ('ALTER FUNCTION f() COST 7', true, false),
    ('CREATE TEMP TABLE passing (id int)', false, false),
    ('SELECT nextval(''t_id_seq''); TRUNCATE u', false, false),
    ('ALTER TABLE t ALTER note SET DEFAULT ''old''', true, true),
    ('ALTER TABLE t ALTER note SET DEFAULT ''old''; ALTER TABLE t ALTER note SET DEFAULT ''new''', false, true),
    ('ALTER TYPE mood RENAME VALUE ''sad'' TO ''glum''', true, true),
    ('ALTER SEQUENCE t_id_seq INCREMENT 5', true, true),
    ('DROP INDEX t_feels', true, true), ('CREATE INDEX ON u (t)', true, true), ('DROP VIEW v', true, true), ('CREATE TABLE w (id int)', true, true),
    ('COMMENT ON INDEX t_feels IS ''its comment''', true, true), ('GRANT SELECT ON t TO PUBLIC', true, true), ('ALTER STATISTICS t_both SET STATISTICS 7', true, false),
    ('CREATE TABLE printed_by_another_session (id int); DROP TABLE printed_by_another_session', false, false),
    ('SET LOCAL allow_system_table_mods = on; UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''t_feels''::regclass', true, true),
    ('SET LOCAL allow_system_table_mods = on; UPDATE pg_class SET relname = ''tt'' WHERE oid = ''t''::regclass', true, true),
    -- the text of what is there already
    ('CREATE OPERATOR CLASS feelings DEFAULT FOR TYPE mood USING btree AS OPERATOR 1 <(anyenum, anyenum), OPERATOR 2 <=(anyenum, anyenum),'
        ' OPERATOR 3 =(anyenum, anyenum), OPERATOR 4 >=(anyenum, anyenum), OPERATOR 5 >(anyenum, anyenum), FUNCTION 1 enum_cmp(anyenum, anyenum)', true, true),
    ('CREATE TEMP TABLE lent (id int); ALTER TABLE u ADD lent lent', true, true),
    ('UPDATE mighead.fingerprint SET epoch = ''''', false, true),
    ('UPDATE mighead.fingerprint SET checksums = sha256(''other'') WHERE checksums <> ''''', false, true),
    ('UPDATE mighead.fingerprint SET scope = ''another''', false, true),
    ('DELETE FROM mighead.fingerprint', false, true)
) AS x (change, differs, reads);

-- A session that has asked before.
SELECT is(pg_temp.told(), '[]', 'nothing differs') FROM generate_series(1, 2);
CREATE OPERATOR CLASS feelings DEFAULT FOR TYPE mood USING btree AS OPERATOR 1 <(anyenum, anyenum), OPERATOR 2 <=(anyenum, anyenum),
    OPERATOR 3 =(anyenum, anyenum), OPERATOR 4 >=(anyenum, anyenum), OPERATOR 5 >(anyenum, anyenum), FUNCTION 1 enum_cmp(anyenum, anyenum);
SELECT ok(EXISTS (SELECT FROM mighead_drift('alembic_version') WHERE object = 'printed.t_feels'), 'a new default operator class changes the text of an index that was there');
DROP OPERATOR CLASS feelings USING btree;
DROP OPERATOR FAMILY IF EXISTS feelings USING btree;

-- A capture writes only where there is something new.
SELECT mighead_capture(version_table => 'alembic_version') \g /dev/null
CREATE TEMP TABLE stored AS SELECT f.ctid AS place, f.* FROM mighead.fingerprint f;
SELECT mighead_capture(version_table => 'alembic_version') \g /dev/null
SELECT set_eq('SELECT f.ctid AS place, f.* FROM mighead.fingerprint f', 'SELECT * FROM stored', 'the same is not written again');
ALTER TABLE u ALTER t SET DEFAULT 7;
SELECT mighead_capture(version_table => 'alembic_version', replace => true) \g /dev/null
SELECT is((SELECT count(*) FROM mighead.fingerprint NATURAL JOIN stored), 5::bigint, 'of one table that has changed one row changes');
SELECT is((SELECT count(*) FROM mighead.fingerprint), 6::bigint, 'what it was is gone');

-- Who may not read what is stored gets the same answer.
CREATE ROLE regress_mighead_printed;
GRANT USAGE ON SCHEMA printed TO regress_mighead_printed;
GRANT SELECT ON alembic_version TO regress_mighead_printed;
REVOKE SELECT ON mighead.fingerprint FROM PUBLIC;
SET LOCAL ROLE regress_mighead_printed;
SELECT is((SELECT count(*) FROM mighead_drift('printed.alembic_version') WHERE severity = 2), 0::bigint, 'a role that may not read it gets its answer');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
