-- A session that reads a schema for the third time reads only what may have changed.  The oracle is the
-- same reading by a session that has forgotten all, because another home was read meanwhile:
-- after each change, of which most are made to something that another relation's text names.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

CREATE SCHEMA kept;
CREATE SCHEMA beside;
CREATE SCHEMA elsewhere;
CREATE TABLE kept.alembic_version (version_num varchar(32));
CREATE TABLE elsewhere.alembic_version (version_num varchar(32));
CREATE ROLE kept_role;
SET LOCAL search_path = kept, public;

CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (x int, y int);
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE COLLATION german (LOCALE = 'C');
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
CREATE SEQUENCE s;
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE TABLE t (id int PRIMARY KEY, a int, b text COLLATE german, feels mood DEFAULT 'sad', size positive,
    p pair CHECK ((p).x > 0), CHECK (twice(a) > 0), n int DEFAULT nextval('s'), UNIQUE (a));
CREATE INDEX t_twice ON t (twice(a), b);
CREATE INDEX t_words ON t USING gin (to_tsvector('plain', b));
CREATE TABLE pieces (a int, b text);
CREATE TABLE whole (id int GENERATED ALWAYS AS IDENTITY, whole pieces DEFAULT ROW(1, 'x'), CHECK ((whole).a > 0));
CREATE TABLE u (id int REFERENCES t, t_a int CONSTRAINT u_t_a REFERENCES t (a), c text,
    big int CHECK (big === 3));
CREATE VIEW v AS SELECT * FROM t JOIN u USING (id);
CREATE VIEW vv AS SELECT v.a, v.c FROM v WHERE v.feels = 'ok';
CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM vv;
CREATE POLICY visible ON u TO kept_role USING (EXISTS (SELECT FROM t WHERE t.a = u.big));
CREATE RULE rerouted AS ON INSERT TO u DO ALSO UPDATE t SET a = 1 WHERE t.id = new.id;
CREATE TRIGGER touched BEFORE UPDATE ON u FOR EACH ROW WHEN (old.c IS DISTINCT FROM new.c) EXECUTE FUNCTION touch();
CREATE TABLE parent (id int, at date, note text DEFAULT 'x') PARTITION BY RANGE (at);
CREATE TABLE child PARTITION OF parent FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TRIGGER touched AFTER INSERT ON parent FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE heir (extra int) INHERITS (u);
CREATE VIEW naming AS SELECT 't_twice'::regclass AS of_index, 's'::regclass AS of_sequence, 'twice'::regproc AS of_function;
CREATE RULE onto AS ON UPDATE TO u WHERE new.big = 7
    DO INSTEAD INSERT INTO t (id) VALUES (7) ON CONFLICT ON CONSTRAINT t_a_key DO NOTHING;
CREATE TABLE lone (id int);
ALTER TABLE lone OWNER TO kept_role;

-- What the session says, and what it says anew.
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(d::text, E'\n' ORDER BY d::text COLLATE "C") FROM mighead_definitions('kept.alembic_version', '{kept,beside}') d$$;
CREATE FUNCTION pg_temp.told_anew() RETURNS text LANGUAGE sql AS
    $$SELECT mighead_definitions('elsewhere.alembic_version'); SELECT pg_temp.told()$$;

-- The lines that only one of them has, which should be none; with what the change did, which should be some.
CREATE FUNCTION pg_temp.only(of_text text, beside_text text) RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(line, E'\n') FROM (SELECT unnest(string_to_array(of_text, E'\n')) EXCEPT ALL
        SELECT unnest(string_to_array(beside_text, E'\n'))) AS x (line)$$;
CREATE FUNCTION pg_temp.check(change text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    before text := pg_temp.told_anew();
    kept text;
    anew text;
    of_before text;
BEGIN
    PERFORM pg_temp.told();
    PERFORM pg_temp.told();
    BEGIN
        EXECUTE change;
        kept := pg_temp.told();
        -- what was kept of the change has to be forgotten with it
        RAISE SQLSTATE 'XX999';
    EXCEPTION WHEN SQLSTATE 'XX999' THEN
        of_before := pg_temp.told();
    END;
    BEGIN
        EXECUTE change;
        anew := pg_temp.told_anew();
        RAISE SQLSTATE 'XX999';
    EXCEPTION WHEN SQLSTATE 'XX999' THEN
        NULL;
    END;
    RETURN NEXT is(concat_ws(' | ', pg_temp.only(kept, anew), pg_temp.only(anew, kept)), '', change);
    RETURN NEXT is(of_before = before, true, 'undone: ' || change);
    RETURN NEXT is(anew <> before, true, 'a change: ' || change);
END $$;

SELECT pg_temp.check(change) FROM (VALUES
    ('ALTER TABLE t RENAME COLUMN a TO z'), ('ALTER TABLE t RENAME TO tt'), ('ALTER TABLE t SET SCHEMA beside'),
    ('ALTER TABLE pieces RENAME a TO z'), ('ALTER TABLE pieces ADD COLUMN c int'), ('ALTER TABLE pieces RENAME TO parts'),
    ('ALTER TABLE t ADD COLUMN c text'), ('ALTER TABLE parent ALTER note TYPE varchar(9)'), ('ALTER TABLE t ALTER b SET NOT NULL'),
    ('ALTER TABLE u RENAME COLUMN c TO cc'), ('ALTER TABLE u RENAME COLUMN big TO bigger'), ('ALTER VIEW v RENAME TO w'),
    ('ALTER VIEW v RENAME COLUMN a TO aa'), ('CREATE OR REPLACE VIEW vv AS SELECT v.a, v.c FROM v'),
    ('ALTER SEQUENCE s RENAME TO ss'), ('ALTER SEQUENCE s SET SCHEMA beside'), ('ALTER SEQUENCE s INCREMENT 5'),
    ('ALTER TABLE whole ALTER id SET INCREMENT 5'), ('ALTER TABLE whole ALTER id SET GENERATED BY DEFAULT'),
    ('ALTER FUNCTION twice RENAME TO double'), ('ALTER FUNCTION touch RENAME TO feel'), ('ALTER FUNCTION twice SET SCHEMA beside'),
    ('ALTER TYPE mood RENAME TO temper'), ('ALTER TYPE mood RENAME VALUE ''sad'' TO ''glum'''), ('ALTER TYPE mood ADD VALUE ''fine'' BEFORE ''ok'''),
    ('ALTER TYPE pair RENAME ATTRIBUTE x TO xx'), ('ALTER TYPE pair RENAME TO couple'), ('ALTER DOMAIN positive RENAME TO above_zero'),
    ('ALTER COLLATION german RENAME TO deutsch'), ('ALTER TEXT SEARCH CONFIGURATION plain RENAME TO simpler'),
    ('ALTER OPERATOR === (int, int) SET SCHEMA beside'), ('ALTER ROLE kept_role RENAME TO kept_actor'), ('ALTER SCHEMA beside RENAME TO beyond'),
    ('ALTER INDEX t_twice RENAME TO t_double'), ('ALTER INDEX t_twice ALTER COLUMN 1 SET STATISTICS 7'), ('ALTER INDEX t_twice SET (fillfactor = 50)'),
    ('DROP INDEX t_words'), ('CREATE INDEX ON u (c)'), ('CLUSTER t USING t_pkey'), ('ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey'),
    ('ALTER TABLE u RENAME CONSTRAINT u_t_a TO u_a'), ('ALTER TABLE u DROP CONSTRAINT u_t_a; ALTER TABLE t RENAME CONSTRAINT t_a_key TO once'), ('ALTER TABLE u DROP CONSTRAINT u_t_a'),
    ('ALTER TABLE u ADD CONSTRAINT u_c CHECK (c <> '''') NOT VALID'), ('ALTER TABLE u ALTER CONSTRAINT u_t_a DEFERRABLE'),
    ('ALTER TABLE t ALTER n DROP DEFAULT'), ('ALTER TABLE t ALTER n SET DEFAULT 7'), ('ALTER TABLE t ALTER b SET STORAGE EXTERNAL'),
    ('ALTER TABLE t ALTER b SET STATISTICS 9'), ('ALTER TABLE t SET (toast.autovacuum_enabled = off)'), ('ALTER TABLE lone SET UNLOGGED'),
    ('ALTER TABLE t OWNER TO kept_role'), ('GRANT SELECT ON t TO kept_role'), ('GRANT UPDATE (a) ON t TO kept_role'),
    ('ALTER TABLE u ENABLE ROW LEVEL SECURITY'), ('ALTER POLICY visible ON u TO PUBLIC'), ('ALTER POLICY visible ON u RENAME TO seen'), ('DROP POLICY visible ON u'),
    ('ALTER TRIGGER touched ON u RENAME TO felt'), ('ALTER TABLE u DISABLE TRIGGER touched'), ('ALTER TABLE child DISABLE TRIGGER touched'),
    ('ALTER TABLE child DISABLE TRIGGER touched; ALTER TABLE ONLY parent ENABLE ALWAYS TRIGGER touched'),
    ('ALTER RULE rerouted ON u RENAME TO turned'), ('DROP RULE rerouted ON u'),
    ('ALTER TABLE parent DETACH PARTITION child'), ('ALTER TABLE ONLY parent ALTER note SET DEFAULT ''y'''), ('ALTER TABLE parent RENAME TO elder'),
    ('ALTER TABLE heir NO INHERIT u'), ('DROP TABLE u CASCADE'), ('DROP VIEW v CASCADE'), ('DROP TYPE pair CASCADE'),
    ('DROP TABLE lone; CREATE TABLE lone (id bigint)'), ('CREATE TABLE another (id int REFERENCES t)'), ('CREATE VIEW lone_view AS SELECT * FROM lone'),
    ('COMMENT ON TABLE t IS ''x'''), ('COMMENT ON COLUMN t.a IS ''x'''), ('COMMENT ON CONSTRAINT u_t_a ON u IS ''x'''), ('COMMENT ON INDEX t_twice IS ''x'''),
    ('COMMENT ON TRIGGER touched ON u IS ''x'''), ('COMMENT ON POLICY visible ON u IS ''x'''), ('COMMENT ON RULE rerouted ON u IS ''x'''),
    ('SET LOCAL allow_system_table_mods = on; UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''t_twice''::regclass'),
    ('SET LOCAL allow_system_table_mods = on; UPDATE pg_attribute SET attname = ''aaa'' WHERE attrelid = ''t''::regclass AND attname = ''a'''),
    ('SET LOCAL allow_system_table_mods = on; UPDATE pg_proc SET proname = ''thrice'' WHERE oid = ''twice''::regproc')
) AS x (change);

-- All of it was read for the third time: for the test above to mean anything.
SELECT is((SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'mighead relation'), 0::bigint, 'a session that has begun anew keeps nothing');
SELECT pg_temp.told() \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'mighead relation'), '=', 12::bigint, 'one that reads again does');
SELECT cmp_ok((SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name = 'mighead relation') / 12, '<', 20000::numeric, 'about 20 kB for each');

-- What was kept of a table is not told of another one that took its place in the same transaction.
CREATE TABLE place (id int, a text);
SELECT pg_temp.told(), pg_temp.told() \g /dev/null
DROP TABLE place;
CREATE TABLE place (id int, b text);
SELECT is(pg_temp.told() ~ 'place.b', true, 'a table in the place of another');

-- What changes while it is not looked at, because fewer schemas are read, is not told as it was.
CREATE TABLE beside.other (id int);
SELECT pg_temp.told(), pg_temp.told() \g /dev/null
ALTER TABLE beside.other ADD COLUMN added int;
SELECT mighead_definitions('kept.alembic_version', '{kept}') \g /dev/null
SELECT is(pg_temp.told() ~ 'other.added', true, 'a change that another reading has passed by');

SELECT * FROM finish();
ROLLBACK;
