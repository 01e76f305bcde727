-- What is expected of one relation is read without what is expected of all others.  The oracles: the same
-- call where row security (that shows every row) makes it read everything, and the drift of the whole
-- schema, of which each row belongs to some relation.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

CREATE ROLE regress_mighead_relation;
GRANT CREATE, USAGE ON SCHEMA public TO regress_mighead_relation;
SELECT mighead_add_revision('a'), mighead_add_revision('b', '{a}'), mighead_add_revision('c', '{b}'), mighead_add_revision('d', '{c}') \g /dev/null
CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a');
GRANT SELECT ON alembic_version TO regress_mighead_relation;

SET ROLE regress_mighead_relation;
CREATE TABLE one (id serial PRIMARY KEY, name text DEFAULT 'n' CHECK (name <> ''), "Odd.name" int, big bigint GENERATED ALWAYS AS IDENTITY);
CREATE TABLE "Two" (id int PRIMARY KEY, one int REFERENCES one, note text);
CREATE INDEX moves ON one (name);
CREATE STATISTICS stat ON id, name FROM one;
CREATE VIEW seen AS SELECT id, name FROM one;
CREATE SEQUENCE alone;
COMMENT ON TABLE one IS 'the first';
COMMENT ON COLUMN one.name IS 'its name';
CREATE TABLE parts (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
RESET ROLE;
SELECT count(*) FROM mighead_capture() \g /dev/null

-- An index that goes to another table and comes back, a table that goes and comes back.
SET ROLE regress_mighead_relation;
DROP INDEX moves;
CREATE INDEX moves ON "Two" (note);
ALTER TABLE one ADD COLUMN later int;
RESET ROLE;
UPDATE alembic_version SET version_num = 'b';
SELECT count(*) FROM mighead_capture() \g /dev/null
SET ROLE regress_mighead_relation;
DROP INDEX moves;
DROP VIEW seen;
DROP TABLE "Two";
CREATE TABLE three (id int);
RESET ROLE;
UPDATE alembic_version SET version_num = 'c';
SELECT count(*) FROM mighead_capture() \g /dev/null
SET ROLE regress_mighead_relation;
CREATE TABLE "Two" (id int PRIMARY KEY, one int REFERENCES one, note varchar);
CREATE INDEX moves ON one (later);
CREATE VIEW seen AS SELECT id FROM one;
RESET ROLE;
UPDATE alembic_version SET version_num = 'd';
SELECT count(*) FROM mighead_capture() \g /dev/null

-- Differences of every kind.
SET ROLE regress_mighead_relation;
ALTER TABLE one DROP COLUMN "Odd.name", ALTER name SET DEFAULT 'm', ADD COLUMN more int;
DROP INDEX moves;
CREATE INDEX moves ON "Two" (note);
ALTER TABLE three RENAME TO four;
DROP STATISTICS stat;
ALTER SEQUENCE one_id_seq INCREMENT 2;
ALTER SEQUENCE alone INCREMENT 3;
CREATE OR REPLACE VIEW seen AS SELECT id, later FROM one;
ALTER TABLE parts_1 ADD CHECK (id > 0);
CREATE TABLE extra (id int PRIMARY KEY);
COMMENT ON COLUMN one.name IS 'another name';
RESET ROLE;

CREATE TEMP TABLE asked AS SELECT c.oid::regclass::text AS relation, r.revision
FROM pg_class c, unnest('{a,b,c,d,NULL}'::text[]) AS r (revision)
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S', 'i') AND relname !~ '^(mighead|pg_)|^tap_|^_'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e');
CREATE TEMP TABLE answer (way text, relation text, revision text, line text);
GRANT SELECT ON asked TO regress_mighead_relation;
GRANT INSERT ON answer TO regress_mighead_relation;
CREATE FUNCTION pg_temp.ask(way text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_temp.answer SELECT way, a.relation, a.revision, d::text
    FROM pg_temp.asked a, mighead_drift(relation => a.relation::regclass, revision => a.revision, min_severity => 0) AS d
$$;
SET ROLE regress_mighead_relation;
SELECT pg_temp.ask('narrow');
RESET ROLE;
SELECT format('ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY; CREATE POLICY everything ON %1$s FOR SELECT USING (true)', c.oid::regclass)
FROM pg_class c WHERE relnamespace = 'mighead'::regnamespace AND relkind = 'r' \gexec
SET ROLE regress_mighead_relation;
SELECT pg_temp.ask('whole');
RESET ROLE;
SELECT format('ALTER TABLE %1$s DISABLE ROW LEVEL SECURITY; DROP POLICY everything ON %1$s', c.oid::regclass)
FROM pg_class c WHERE relnamespace = 'mighead'::regnamespace AND relkind = 'r' \gexec
SELECT cmp_ok(count(*), '>', 60::bigint, 'there are differences') FROM answer WHERE way = 'narrow';
SELECT set_eq(format($$SELECT revision, line FROM answer WHERE way = 'narrow' AND relation = %L$$, relation),
    format($$SELECT revision, line FROM answer WHERE way = 'whole' AND relation = %L$$, relation), relation || ': as with all of it read')
FROM asked GROUP BY relation ORDER BY relation;

-- Of tables and views whose names did not change, no row of the whole drift is missing.
SELECT set_has($$SELECT line FROM answer WHERE way = 'narrow' AND revision IS NULL$$,
    $$SELECT d::text FROM mighead_drift(min_severity => 0) AS d WHERE object ~ '^public\.(one|"Two"|seen|parts_1|extra)(\.|$)' AND object_type <> 'sequence'$$,
    'the drift of the whole has no more of them');

-- What a checksum is not of is damage here too, as far as it is read.
UPDATE mighead.definition SET attributes = attributes || '{"type": "\"text\""}'
WHERE object = '$home.one.name' AND object_type = 'column';
SELECT is((SELECT count(*) FROM mighead_drift(relation => 'one') WHERE kind = 'not_comparable'), 1::bigint, 'a damaged definition of the relation');
SELECT is((SELECT count(*) FROM mighead_drift(relation => '"Two"') WHERE kind = 'not_comparable'), 0::bigint, 'of another one it does not matter');

-- What is said of a relation is what is said of it in the drift of the whole schema, after changes in which other objects count.
CREATE SCHEMA home;
CREATE TABLE home.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO home.alembic_version VALUES ('a');
SELECT mighead_project('of_home', version_table_schema => 'home'), mighead_add_revision('a', project => 'of_home') \g /dev/null
CREATE TYPE home.mood AS ENUM ('ok');
CREATE TABLE home.orders (id serial PRIMARY KEY, code text DEFAULT 'c' NOT NULL, mood home.mood DEFAULT 'ok');
CREATE TABLE home.plain (a int, b int);
CREATE INDEX of_plain ON home.plain (a);
CREATE VIEW home.seen AS SELECT id, code FROM home.orders;
CREATE TABLE home.measured (n int DEFAULT 1, day date) PARTITION BY RANGE (day);
CREATE TABLE home.measured_1 PARTITION OF home.measured FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE home.measured_2 PARTITION OF home.measured FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE FUNCTION home.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON home.measured FOR EACH ROW EXECUTE FUNCTION home.touch();
SELECT count(*) FROM mighead_capture(version_table => 'home.alembic_version') \g /dev/null
CREATE FUNCTION pg_temp.told(relation regclass) RETURNS SETOF text LANGUAGE sql AS $$
SELECT concat_ws('|', object_type, object, kind, attribute, expected, actual, severity, fix)
FROM mighead_drift('home.alembic_version', relation => relation, min_severity => 0)$$;
CREATE FUNCTION pg_temp.contradictions(change text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    of_relation regclass;
    found text[] := '{}';
BEGIN
    EXECUTE change;
    IF NOT EXISTS (SELECT FROM pg_temp.told(NULL)) THEN
        RETURN NEXT 'nothing differs';
    END IF;
    FOR of_relation IN SELECT oid FROM pg_class WHERE relnamespace = 'home'::regnamespace AND relkind IN ('r', 'p', 'v')
        AND relname <> 'alembic_version' LOOP
        found := found || ARRAY(SELECT of_relation || ' alone: ' || t FROM pg_temp.told(of_relation) t
            WHERE t NOT IN (SELECT pg_temp.told(NULL)));
        found := found || ARRAY(SELECT of_relation || ' not alone: ' || t FROM pg_temp.told(NULL) t
            WHERE split_part(t, '|', 2) ~ format('^%s(\.|$)', of_relation) AND t NOT IN (SELECT pg_temp.told(of_relation)));
    END LOOP;
    RAISE SQLSTATE 'XX999';
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    RETURN QUERY SELECT unnest(found);
END $$;
SELECT is_empty(format('SELECT pg_temp.contradictions(%L)', change), change) FROM unnest(ARRAY[
    'ALTER TABLE home.measured_2 ALTER n SET NOT NULL', 'ALTER TABLE home.measured ALTER n SET DEFAULT 2',
    'DROP INDEX home.of_plain; CREATE INDEX of_plain ON home.orders (code)', 'ALTER TABLE home.orders RENAME TO purchases',
    'ALTER TYPE home.mood RENAME TO temper', 'ALTER TYPE home.mood RENAME VALUE ''ok'' TO ''fine''',
    'CREATE TABLE home.measured_3 PARTITION OF home.measured FOR VALUES FROM (''2022-01-01'') TO (''2023-01-01'')',
    'DROP TABLE home.measured_1', 'ALTER TABLE home.measured DETACH PARTITION home.measured_1', 'ALTER SEQUENCE home.orders_id_seq OWNED BY NONE',
    'ALTER SEQUENCE home.orders_id_seq OWNED BY home.plain.a', 'ALTER VIEW home.seen RENAME TO shown',
    'ALTER TABLE home.measured_2 DISABLE TRIGGER touched', 'ALTER FUNCTION home.touch RENAME TO changed',
    'ALTER TABLE home.plain RENAME a TO c; CREATE TABLE home.newer (id int)', 'ALTER TABLE home.orders RENAME TO orders_2; ALTER TABLE home.orders_2 DROP code CASCADE',
    'ALTER TABLE home.orders ALTER code SET DEFAULT ''d'', ALTER code DROP NOT NULL, ADD more int; ALTER TABLE home.plain DROP b',
    'CREATE SCHEMA beside; ALTER TABLE home.plain SET SCHEMA beside']) change;

SELECT * FROM finish();
ROLLBACK;
