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
CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
CREATE DOMAIN positive AS int CONSTRAINT is_positive CHECK (value > 0);
CREATE TYPE pair AS (x int, y mood);
CREATE COLLATION ordered (LOCALE = 'C');
CREATE TEXT SEARCH CONFIGURATION searched_by (COPY = simple);
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple);
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE AGGREGATE together (int) (SFUNC = int4pl, STYPE = int);
SET LOCAL client_min_messages = error;
CREATE PUBLICATION printed_tables FOR TABLE u;
CREATE FOREIGN DATA WRAPPER printed_wrapper;
CREATE SERVER printed_server FOREIGN DATA WRAPPER printed_wrapper;
CREATE CAST (mood AS int) WITH INOUT;
CREATE FUNCTION fires() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER printed_fires ON sql_drop EXECUTE FUNCTION fires();
ALTER EVENT TRIGGER printed_fires DISABLE;
CREATE ROLE regress_mighead_owner;
CREATE FUNCTION pg_temp.told() RETURNS jsonb LANGUAGE sql AS
    $$SELECT coalesce(jsonb_agg(d ORDER BY d::text), '[]') FROM mighead_drift('printed.alembic_version', min_severity => 0) d WHERE kind <> 'unmodelled'$$;
-- Whether it is a foreign table is asked where a table is read, and nowhere else.
CREATE FUNCTION pg_temp.read() RETURNS bigint LANGUAGE sql AS
    $$SELECT pg_stat_get_xact_numscans('pg_foreign_table_relid_index'::regclass)$$;
-- Where a seal holds, what is expected is not read either.
CREATE FUNCTION pg_temp.looked_up() RETURNS bigint LANGUAGE sql AS
    $$SELECT pg_stat_get_xact_numscans('mighead.expected_pkey'::regclass)$$;
-- What is told, and what is told where nothing is stored.  The functions are in the epoch, and so made before.
CREATE FUNCTION pg_temp.check(change text, differs boolean, reads boolean, looks_up boolean DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    stored bigint;
    before bigint;
    after bigint;
    looked_up bigint;
    told jsonb;
    anew jsonb;
BEGIN
    BEGIN
        EXECUTE change;
        stored := (SELECT sum(hashtext(f::text)) FROM mighead.fingerprint f);
        before := pg_temp.read();
        looked_up := pg_temp.looked_up();
        told := pg_temp.told();
        after := pg_temp.read();
        looked_up := pg_temp.looked_up() - looked_up;
        RETURN NEXT is((SELECT sum(hashtext(f::text)) FROM mighead.fingerprint f), stored, 'a reader stores nothing: ' || change);
        TRUNCATE mighead.fingerprint;
        anew := pg_temp.told();
        RAISE SQLSTATE 'XX999';
    EXCEPTION WHEN SQLSTATE 'XX999' THEN NULL;
    END;
    RETURN NEXT is(told, anew, 'the same is told where nothing is stored: ' || change);
    RETURN NEXT is(told <> '[]', differs, change);
    IF reads IS NOT NULL THEN
        RETURN NEXT is(after > before, reads, CASE WHEN reads THEN 'it is read: ' ELSE 'nothing is read: ' END || change);
    END IF;
    IF looks_up IS NOT NULL THEN
        RETURN NEXT is(looked_up > 0, looks_up, CASE WHEN looks_up THEN 'no seal holds: ' ELSE 'a seal holds: ' END || change);
    END IF;
END $$;

SELECT mighead_add_revision('one') \g /dev/null
SELECT is((SELECT count(*) FROM mighead.fingerprint), 0::bigint, 'nothing is stored yet');
SELECT mighead_capture(version_table => 'alembic_version') \g /dev/null
SELECT is((SELECT count(*) FROM mighead.fingerprint), 7::bigint, 'a capture stores tables, views and sequences, and a seal of all');
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

-- The seal of everything: what it rests on, and what it does not.
SELECT pg_temp.check(change, differs, NULL, looks_up) FROM (VALUES
    ('SELECT 1', false, false),
    ('CREATE TEMP TABLE passing (id serial PRIMARY KEY, note text)', false, false),
    ('ANALYZE t; SELECT nextval(''t_id_seq''); TRUNCATE u; ALTER ROLE regress_mighead_owner PASSWORD ''x''', false, false),
    ('ALTER FUNCTION f() COST 7', true, true), ('CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 2''', true, true),
    ('ALTER FUNCTION f() OWNER TO regress_mighead_owner', true, true), ('REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC', true, true),
    ('COMMENT ON FUNCTION f() IS ''told''', true, true), ('ALTER PROCEDURE p() SECURITY DEFINER', true, true), ('DROP FUNCTION f()', true, true),
    ('ALTER DOMAIN positive DROP CONSTRAINT is_positive', true, true), ('ALTER DOMAIN positive SET DEFAULT 1', true, true),
    ('ALTER DOMAIN positive RENAME CONSTRAINT is_positive TO is_more', true, true), ('COMMENT ON CONSTRAINT is_positive ON DOMAIN positive IS ''told''', true, true),
    ('ALTER TYPE pair ADD ATTRIBUTE z int', true, true), ('ALTER TYPE pair OWNER TO regress_mighead_owner', true, true), ('COMMENT ON TYPE mood IS ''told''', true, true),
    ('REVOKE USAGE ON TYPE mood FROM PUBLIC', true, true), ('ALTER COLLATION ordered OWNER TO regress_mighead_owner', true, true),
    ('GRANT USAGE ON SCHEMA printed TO PUBLIC', true, true), ('COMMENT ON SCHEMA printed IS ''told''', true, true),
    ('ALTER TEXT SEARCH CONFIGURATION searched_by DROP MAPPING FOR word', true, true), ('ALTER TEXT SEARCH DICTIONARY words (stopwords = english)', true, true),
    ('ALTER OPERATOR === (int, int) SET (RESTRICT = eqsel)', true, true), ('ALTER AGGREGATE together (int) OWNER TO regress_mighead_owner', true, true),
    ('ALTER PUBLICATION printed_tables ADD TABLE t', true, true), ('ALTER PUBLICATION printed_tables SET (publish = ''insert'')', true, true),
    ('ALTER PUBLICATION printed_tables SET TABLE u WHERE (t > 1)', true, true), ('CREATE PUBLICATION printed_schema FOR TABLES IN SCHEMA printed', true, true),
    ('ALTER SERVER printed_server VERSION ''7''', true, true), ('ALTER SERVER printed_server OPTIONS (host ''there'')', true, true),
    ('ALTER FOREIGN DATA WRAPPER printed_wrapper OPTIONS (host ''there'')', true, true), ('DROP CAST (mood AS int)', true, true),
    ('ALTER EVENT TRIGGER printed_fires ENABLE ALWAYS', true, true), ('ALTER STATISTICS t_both SET STATISTICS 7', true, true), ('DROP STATISTICS t_both', true, true),
    ('ALTER DEFAULT PRIVILEGES IN SCHEMA printed GRANT SELECT ON TABLES TO PUBLIC', true, true), ('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC', true, true),
    ('REVOKE EXECUTE ON FUNCTION public.pg_version() FROM PUBLIC', true, true),
    ('CREATE USER MAPPING FOR PUBLIC SERVER printed_server', true, true),
    ('ALTER TABLE t RENAME note TO remark', true, true), ('ALTER TABLE t ADD extra int', true, true), ('ALTER TABLE t SET (toast.autovacuum_enabled = off)', true, true),
    ('ALTER TABLE t OWNER TO regress_mighead_owner', true, true), ('GRANT SELECT (note) ON t TO PUBLIC', true, true), ('ALTER TABLE u ALTER id RESTART SET INCREMENT 5', true, true),
    ('ALTER TABLE printed.t ALTER COLUMN note SET STATISTICS 7; ALTER TABLE printed.t ALTER COLUMN note SET STATISTICS -1', false, false),
    -- what is expected is there no more, or is another
    ('DELETE FROM mighead.expected WHERE checksum = (SELECT max(checksum) FROM mighead.expected)', true, true),
    ('DELETE FROM mighead.definition WHERE checksum = (SELECT max(checksum) FROM mighead.expected)', true, true),
    ('UPDATE mighead.definition SET object = object || ''x'' WHERE object_type = ''table''', true, true),
    ('DELETE FROM mighead.expected_set', true, true),
    ('UPDATE mighead.expected_set SET format = 0', true, true),
    ('UPDATE mighead.expected_set SET checksum = reverse(checksum)', true, true),
    -- a seal that is none
    ('UPDATE mighead.fingerprint SET checksums = sha256(''other'') || sha256(''other'') WHERE scope LIKE ''seal/%''', false, true),
    ('UPDATE mighead.fingerprint SET checksums = '''' WHERE scope LIKE ''seal/%''', false, true),
    ('UPDATE mighead.fingerprint SET epoch = sha256(''x'') WHERE scope LIKE ''seal/%''', false, true),
    ('UPDATE mighead.fingerprint SET scope = ''another'' WHERE scope LIKE ''seal/%''', false, true)
) AS x (change, differs, looks_up);
CREATE TEMP TABLE looked_up AS SELECT pg_temp.looked_up() AS before, s.* FROM mighead_status('alembic_version') s;
SELECT is(pg_temp.looked_up(), (SELECT before FROM looked_up), 'a status does not read what is expected either where a seal holds');

-- A capture where a seal holds: what is written and said is what a capture writes and says where nothing is stored.
CREATE FUNCTION pg_temp.captured(change text, forgets boolean, OUT said text, OUT reads boolean) LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
BEGIN
    EXECUTE change;
    IF forgets THEN TRUNCATE mighead.fingerprint; END IF;
    before := pg_temp.read();
    said := (SELECT c::text FROM mighead_capture(version_table => 'printed.alembic_version', replace => true) c);
    reads := pg_temp.read() > before;
    said := concat(said, (SELECT md5(string_agg(e::text, E'\n' ORDER BY e::text)) FROM mighead.expected e),
        (SELECT string_agg((s.schemas, s.format, s.deparser, s.checksum)::text, E'\n') FROM mighead.expected_set s));
    RAISE SQLSTATE 'XX999';
EXCEPTION
    WHEN SQLSTATE 'XX999' THEN NULL;
    WHEN OTHERS THEN said := sqlerrm;
END $$;
CREATE FUNCTION pg_temp.check_capture(change text, reads boolean) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    kept record := pg_temp.captured(change, false);
    anew record := pg_temp.captured(change, true);
BEGIN
    RETURN NEXT is(kept.said, anew.said, 'a capture says and writes the same where nothing is stored: ' || change);
    IF reads IS NOT NULL THEN
        RETURN NEXT is(kept.reads, reads, 'it reads the schema: ' || change);
    END IF;
END $$;
-- the functions are new, so that the seal before does not hold
SELECT mighead_capture(version_table => 'alembic_version') \g /dev/null
SELECT pg_temp.check_capture(change, reads) FROM (VALUES ('SELECT 1', false), ('CREATE TEMP TABLE passing (id int)', false), ('ALTER TABLE t ALTER note SET DEFAULT ''old''', true),
        ('COMMENT ON COLUMN t.note IS ''told''', true), ('CREATE TABLE w (id int)', true), ('DROP VIEW v', true), ('ALTER FUNCTION f() COST 7', true),
        ('CREATE SCHEMA another; CREATE TABLE another.w (id int); UPDATE mighead.expected_set SET schemas = schemas || ''another''::text', true),
        ('UPDATE mighead.expected_set SET format = 0', true), ('UPDATE mighead.expected_set SET deparser = 31 - deparser', true),
        ('UPDATE mighead.expected_set SET checksum = reverse(checksum)', true),
        ('DELETE FROM mighead.expected WHERE checksum = (SELECT max(checksum) FROM mighead.expected)', true),
        ('DELETE FROM mighead.definition WHERE checksum = (SELECT max(checksum) FROM mighead.expected)', NULL),
        ('DELETE FROM mighead.expected_set', true),
        ('UPDATE mighead.fingerprint SET checksums = sha256(''other'') || sha256(''other'') WHERE scope LIKE ''seal/%''', true)) AS x (change, reads);

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
SELECT is((SELECT count(*) FROM mighead.fingerprint), 7::bigint, 'what it was is gone');

-- One of the server's own relations, where it is compared: no fingerprint has its rows.
ALTER TABLE information_schema.sql_features SET SCHEMA printed;
SELECT mighead_capture(version_table => 'alembic_version', replace => true) \g /dev/null
SELECT pg_temp.check(change, differs, NULL) FROM (VALUES ('SELECT 1', false), ('ALTER TABLE printed.sql_features ALTER feature_id SET NOT NULL', true),
    ('GRANT INSERT ON printed.sql_features TO PUBLIC', true)) AS x (change, differs);

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
