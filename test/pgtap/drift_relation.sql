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

SELECT * FROM finish();
ROLLBACK;
