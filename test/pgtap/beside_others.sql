-- What others have in the same database: another project in the same schema, and extensions that
-- put triggers on tables.  And foreign keys that do not act.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT plan(21);

CREATE FUNCTION pg_temp.drift(home regclass) RETURNS SETOF text LANGUAGE sql AS $$
SELECT concat_ws('|', object_type, object, kind, attribute, severity, fix) FROM mighead_drift(home, min_severity => 0)$$;

-- 1. Two projects, a version table each, in one schema.
CREATE SCHEMA shared;
CREATE TABLE shared.version_a (version_num varchar(32) PRIMARY KEY);
CREATE TABLE shared.version_b (version_num varchar(32) PRIMARY KEY);
SELECT mighead_project('a', version_table_name => 'version_a', version_table_schema => 'shared');
SELECT mighead_project('b', version_table_name => 'version_b', version_table_schema => 'shared');
SELECT mighead_add_revision('a1', project => 'a');
SELECT mighead_add_revision('b1', project => 'b');
INSERT INTO shared.version_a VALUES ('a1');
INSERT INTO shared.version_b VALUES ('b1');
CREATE TABLE shared.orders (id int PRIMARY KEY, note text);
SELECT mighead_capture('a1', 'shared.version_a');
CREATE TABLE shared.posts (id int PRIMARY KEY, body text CHECK (body <> ''));
CREATE INDEX posts_body ON shared.posts (body);
SELECT is((SELECT count(*) FROM pg_temp.drift('shared.version_a')), 1::bigint, 'extra while nobody expects it');
SELECT mighead_capture('b1', 'shared.version_b');
SELECT is_empty($$SELECT pg_temp.drift('shared.version_a')$$, 'what another project expects is not extra');
SELECT is_empty($$SELECT pg_temp.drift('shared.version_b')$$, 'nor is what was there before');
SELECT is_empty($$SELECT definition.object FROM mighead.definition JOIN mighead.expected e USING (checksum) WHERE e.project = 'b' AND definition.object LIKE '%orders%'$$,
    'and it is not captured twice');
SELECT is((SELECT array_agg(is_exact) FROM mighead_locate('shared.version_a') WHERE rank = 1), '{true}', 'located exactly');
SELECT is_empty($$SELECT code FROM mighead_findings() WHERE severity > 0 AND code = 'drift'$$, 'no finding');
ALTER TABLE shared.posts ADD extra int;
SELECT is_empty($$SELECT pg_temp.drift('shared.version_a')$$, 'a change of the other''s is not ours');
SELECT results_eq($$SELECT pg_temp.drift('shared.version_b')$$, ARRAY['column|shared.posts.extra|extra|2'], 'but the other''s');
DROP TABLE shared.orders;
SELECT matches((SELECT string_agg(d, ';') FROM pg_temp.drift('shared.version_a') d),
    '^table\|shared\.orders\|missing\|2', 'what is ours and gone is missing');
CREATE TABLE shared.neither (a int);
SELECT ok('table|shared.neither|extra|2' IN (SELECT pg_temp.drift('shared.version_a')), 'what nobody expects is extra for one');
SELECT ok('table|shared.neither|extra|2' IN (SELECT pg_temp.drift('shared.version_b')), 'and for the other');

-- 2. A trigger whose function belongs to an extension: as on hypertables, or while pg_repack works.
CREATE SCHEMA home;
CREATE TABLE home.alembic_version (version_num varchar(32) PRIMARY KEY);
SELECT mighead_add_revision('h1');
INSERT INTO home.alembic_version VALUES ('h1');
CREATE TABLE home.parent (id int PRIMARY KEY);
CREATE TABLE home.child (id int PRIMARY KEY, parent int REFERENCES home.parent);
CREATE FUNCTION home.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
SELECT mighead_capture('h1', 'home.alembic_version');
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE FUNCTION public.engine_blocks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
ALTER EXTENSION hstore ADD FUNCTION public.engine_blocks();
CREATE TRIGGER engine_blocks BEFORE INSERT ON home.parent FOR EACH ROW EXECUTE FUNCTION public.engine_blocks();
SELECT is_empty($$SELECT * FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE 'trigger%'$$,
    'a trigger of an extension is not compared');
CREATE TRIGGER ours BEFORE INSERT ON home.parent FOR EACH ROW EXECUTE FUNCTION home.touch();
SELECT results_eq($$SELECT * FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE 'trigger%'$$,
    ARRAY['trigger|home.parent.ours|extra|2'], 'one of ours is');
DROP TRIGGER ours ON home.parent;

-- 3. Foreign keys whose triggers are switched off.
CREATE FUNCTION pg_temp.keys() RETURNS SETOF text LANGUAGE sql AS
$$SELECT * FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE '%constraint_triggers%'$$;
ALTER TABLE home.child DISABLE TRIGGER ALL;
SELECT results_eq('SELECT pg_temp.keys()',
    ARRAY['table|home.child|changed|constraint_triggers|2|ALTER TABLE home.child ENABLE TRIGGER ALL'], 'a foreign key that does not act');
ALTER TABLE home.child ENABLE TRIGGER ALL;
SELECT is_empty('SELECT pg_temp.keys()', 'the fix ends it');
SET LOCAL session_replication_role = replica;
SELECT is_empty('SELECT pg_temp.keys()', 'a setting of the session is no drift');
SET LOCAL session_replication_role = origin;
CREATE TRIGGER quiet BEFORE INSERT ON home.child FOR EACH ROW EXECUTE FUNCTION home.touch();
ALTER TABLE home.child DISABLE TRIGGER ALL;
SELECT results_eq('SELECT pg_temp.keys()', ARRAY['table|home.child|changed|constraint_triggers|2'],
    'no fix that would switch on what somebody switched off');
ALTER TABLE home.child ENABLE TRIGGER ALL;
SELECT lives_ok($$SELECT * FROM mighead_status('home.alembic_version')$$, 'status');

-- 4. Citus keeps the rows elsewhere: the heap here is empty, and the table is read by SQL when it is named.
SELECT isnt((SELECT state FROM mighead_status() WHERE version_table = 'home.alembic_version'::regclass), 'unreadable', 'read');
SET LOCAL allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char");
SET LOCAL allow_system_table_mods = off;
INSERT INTO pg_catalog.pg_dist_partition VALUES ('home.alembic_version', 'n');
SELECT is((SELECT state FROM mighead_status() WHERE version_table = 'home.alembic_version'::regclass), 'unreadable', 'not read unasked');
SELECT isnt((SELECT state FROM mighead_status('home.alembic_version')), 'unreadable', 'read when it is named');

SELECT * FROM finish();
ROLLBACK;
