-- What others have in the same database: another project in the same schema, and extensions that
-- put triggers on tables.  And foreign keys that do not act.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

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
SELECT results_eq($$SELECT * FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE 'trigger%'$$,
    ARRAY['trigger of an extension|home.parent.engine_blocks|extra|0'], 'a trigger of an extension is seen, and no drift');
SELECT ok((SELECT is_exact FROM mighead_locate('home.alembic_version') WHERE rank = 1), 'and tells no revision from another');
CREATE TRIGGER ours BEFORE INSERT ON home.parent FOR EACH ROW EXECUTE FUNCTION home.touch();
SELECT results_eq($$SELECT * FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE 'trigger%'$$,
    ARRAY['trigger|home.parent.ours|extra|2', 'trigger of an extension|home.parent.engine_blocks|extra|0'], 'one of ours is drift');
DROP TRIGGER ours ON home.parent;

-- As 0.1.0 captured them: the trigger of an extension is expected, and not made.
CREATE FUNCTION public.engine_notes() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER engine_notes BEFORE INSERT ON home.child FOR EACH ROW EXECUTE FUNCTION public.engine_notes();
SELECT mighead_capture('h1', 'home.alembic_version', replace => true);
DROP TRIGGER engine_notes ON home.child;
SELECT results_eq($$SELECT split_part(d, '|', 3) FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE 'trigger%'$$, ARRAY['missing'], 'a trigger that is missing');
ALTER EXTENSION hstore ADD FUNCTION public.engine_notes();
SELECT is_empty($$SELECT * FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE 'trigger%'$$, 'and none of an extension');
-- One that a migration made, as with moddatetime, and that is gone or switched off.
ALTER TABLE home.parent DISABLE TRIGGER engine_blocks;
SELECT results_eq($$SELECT * FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE 'trigger%'$$,
    ARRAY['trigger of an extension|home.parent.engine_blocks|changed|enabled|0'], 'one that was switched off');
DROP TRIGGER engine_blocks ON home.parent;
SELECT results_eq($$SELECT * FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE 'trigger%'$$,
    ARRAY['trigger of an extension|home.parent.engine_blocks|missing|0'], 'one that is gone is not silent, and is not made');
CREATE TRIGGER engine_blocks BEFORE INSERT ON home.parent FOR EACH ROW EXECUTE FUNCTION public.engine_blocks();

-- pg_repack at work: a trigger, tables and a type in its schema, and indexes beside the others.  Its lock tells that it is.
CREATE INDEX child_parent ON home.child (parent);
UPDATE pg_extension SET extname = 'pg_repack' WHERE extname = 'hstore';
SELECT mighead_capture('h1', 'home.alembic_version', '{home,repack}', replace => true);
CREATE SCHEMA repack;
ALTER EXTENSION pg_repack ADD SCHEMA repack;
CREATE FUNCTION repack.repack_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
ALTER EXTENSION pg_repack ADD FUNCTION repack.repack_trigger();
CREATE FUNCTION pg_temp.repack(of_table regclass, of_index regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_lock(16185446, (-2147483648 + of_table::oid::bigint)::int);
    EXECUTE format('CREATE TYPE repack.pk_%s AS (id int)', of_table::oid);
    EXECUTE format('CREATE TABLE repack.log_%s (id bigserial PRIMARY KEY, pk repack.pk_%1$s, row %s)', of_table::oid, of_table);
    EXECUTE format('CREATE TABLE repack.table_%s AS SELECT FROM %s WITH NO DATA', of_table::oid, of_table);
    EXECUTE format('CREATE TRIGGER repack_trigger AFTER INSERT OR DELETE OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION repack.repack_trigger()', of_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER repack_trigger', of_table);
    EXECUTE format('CREATE INDEX index_%s ON %s (parent)', of_index::oid, of_table);
END $$;
SELECT pg_temp.repack('home.child', 'home.child_parent');
SELECT format('home.index_%s', 'home.child_parent'::regclass::oid) AS copy \gset
SELECT is_empty($$SELECT pg_temp.drift('home.alembic_version')$$, 'pg_repack at work is no drift');
UPDATE pg_index SET indisvalid = false WHERE indexrelid = :'copy'::regclass;
SELECT is_empty($$SELECT pg_temp.drift('home.alembic_version') UNION ALL SELECT object FROM mighead_leftovers()$$, 'nor what it is building left over');
CREATE INDEX index_1 ON home.child (parent);
SELECT results_eq($$SELECT pg_temp.drift('home.alembic_version')$$, ARRAY['index|home.index_1|extra|2'], 'one that is only called like that is extra');
DROP INDEX home.index_1;
SELECT pg_advisory_unlock_all();
SELECT is((SELECT count(*) FROM mighead_leftovers() WHERE object = :'copy'), 1::bigint, 'when it was killed its index is left over');
SELECT is((SELECT count(*) FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE 'index|%|extra|%'), 1::bigint, 'and extra');
UPDATE pg_extension SET extname = 'hstore' WHERE extname = 'pg_repack';
SELECT set_config('mh.copy', :'copy', true);
DO $$BEGIN EXECUTE 'DROP INDEX ' || current_setting('mh.copy'); END$$;
ALTER EXTENSION hstore DROP SCHEMA repack;
ALTER EXTENSION hstore DROP FUNCTION repack.repack_trigger();
DROP SCHEMA repack CASCADE;

-- A table whose row type is that of a column, as of pg_repack's log: no fix changes a type in it.
ALTER TABLE home.child ADD wider int DEFAULT 1;
SELECT mighead_capture('h1', 'home.alembic_version', '{home,repack}', replace => true);
ALTER TABLE home.child ALTER wider TYPE smallint;
SELECT results_eq($$SELECT pg_temp.drift('home.alembic_version')$$,
    ARRAY['column|home.child.wider|changed|type|2|ALTER TABLE home.child ALTER COLUMN wider TYPE integer'], 'a type that can be changed');
CREATE TABLE public.log_of_child (row home.child);
SELECT results_eq($$SELECT pg_temp.drift('home.alembic_version')$$, ARRAY['column|home.child.wider|changed|type|2'], 'and one that cannot');
SELECT throws_ok('ALTER TABLE home.child ALTER COLUMN wider TYPE integer', '0A000', NULL, 'as PostgreSQL says');
DROP TABLE public.log_of_child;
ALTER TABLE home.child DROP wider;
SELECT mighead_capture('h1', 'home.alembic_version', '{home,repack}', replace => true);

-- Continuous aggregates: the view reads a table whose name has another number in each database.
CREATE FUNCTION pg_temp.make_aggregate(number int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE _timescaledb_internal._materialized_hypertable_%s (id int, n bigint)', number);
    EXECUTE format('CREATE VIEW home.daily AS SELECT id, n FROM _timescaledb_internal._materialized_hypertable_%s', number);
    EXECUTE format('CREATE VIEW _timescaledb_internal._direct_view_%s AS SELECT id, count(*) AS n FROM home.parent GROUP BY id', number);
    INSERT INTO _timescaledb_catalog.continuous_agg VALUES ('home', 'daily', '_timescaledb_internal', '_direct_view_' || number);
END $$;
CREATE SCHEMA _timescaledb_internal;
CREATE SCHEMA _timescaledb_catalog;
CREATE TABLE _timescaledb_catalog.continuous_agg (user_view_schema name, user_view_name name, direct_view_schema name, direct_view_name name);
ALTER EXTENSION hstore ADD SCHEMA _timescaledb_internal;
ALTER EXTENSION hstore ADD TABLE _timescaledb_catalog.continuous_agg;
SELECT pg_temp.make_aggregate(1);
SELECT mighead_capture('h1', 'home.alembic_version', replace => true);
SELECT results_eq($$SELECT object_type || ' ' || object || ' ' || kind FROM mighead_drift('home.alembic_version', min_severity => 0)$$,
    ARRAY['view home.daily unmodelled'], 'a view of an extension''s inner tables is told by its name');
UPDATE pg_extension SET extname = 'timescaledb' WHERE extname = 'hstore';
SELECT mighead_capture('h1', 'home.alembic_version', replace => true);
DROP VIEW home.daily, _timescaledb_internal._direct_view_1;
DELETE FROM _timescaledb_catalog.continuous_agg;
SELECT results_eq($$SELECT pg_temp.drift('home.alembic_version')$$, ARRAY['view|home.daily|missing|2'], 'one that is gone is missing, without a fix');
SELECT pg_temp.make_aggregate(2);
SELECT is_empty($$SELECT pg_temp.drift('home.alembic_version')$$, 'with another number it is the same');
CREATE OR REPLACE VIEW _timescaledb_internal._direct_view_2 AS SELECT id, count(*) + 1 AS n FROM home.parent GROUP BY id;
SELECT results_eq($$SELECT pg_temp.drift('home.alembic_version')$$, ARRAY['view|home.daily|changed|definition|2'], 'another query is a change, without a fix');
DROP VIEW home.daily;
UPDATE pg_extension SET extname = 'hstore' WHERE extname = 'timescaledb';
CREATE VIEW home.daily AS SELECT id, 1::bigint AS n FROM home.parent;
SELECT mighead_capture('h1', 'home.alembic_version', replace => true);

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

-- Shards are the distributed table, and how it is distributed is compared.
CREATE TABLE home.spread (id int, gone int, tenant int, a_column_that_makes_names_long int);
ALTER TABLE home.spread DROP gone;
CREATE INDEX spread_tenant ON home.spread (tenant);
SET LOCAL allow_system_table_mods = on;
DROP TABLE pg_catalog.pg_dist_partition;
SELECT mighead_capture('h1', 'home.alembic_version', replace => true);
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char", partkey text, colocationid int, repmodel "char");
CREATE TABLE pg_catalog.pg_dist_shard (logicalrelid regclass, shardid bigint, shardstorage "char");
SET LOCAL allow_system_table_mods = off;
INSERT INTO pg_catalog.pg_dist_shard SELECT 'home.spread', shard, 't' FROM generate_series(102008, 102011) AS shard;
DO $$BEGIN
    FOR shard IN 102008 .. 102011 LOOP
        EXECUTE format('CREATE TABLE home.spread_%s (id int, tenant int, CHECK (id > 0) NOT VALID)', shard);
        EXECUTE format('CREATE INDEX spread_tenant_%s ON home.spread_%1$s (tenant)', shard);
    END LOOP;
END$$;
SELECT is_empty($$SELECT pg_temp.drift('home.alembic_version') UNION ALL SELECT object FROM mighead_leftovers()$$, 'shards are not drift, nor is what they have left over');
CREATE TABLE home.other_102008 (id int);
CREATE TABLE home.spread_102012 (id int);
SELECT results_eq($$SELECT pg_temp.drift('home.alembic_version')$$, ARRAY['table|home.other_102008|extra|2', 'table|home.spread_102012|extra|2'],
    'but what is called after no shard, or after none of its table, is extra');
DROP TABLE home.other_102008, home.spread_102012;
CREATE ROLE mighead_eve;
GRANT USAGE, CREATE ON SCHEMA home TO mighead_eve;
ALTER TABLE home.spread_102009 RENAME TO elsewhere_102009;
SET LOCAL ROLE mighead_eve;
CREATE TABLE home.spread_102009 (id int);
RESET ROLE;
SELECT ok('table|home.spread_102009|extra|2' IN (SELECT pg_temp.drift('home.alembic_version')), 'nor is what a stranger calls after a shard hidden');
DROP TABLE home.spread_102009;
ALTER TABLE home.elsewhere_102009 RENAME TO spread_102009;
REVOKE ALL ON SCHEMA home FROM mighead_eve;
INSERT INTO pg_catalog.pg_dist_partition VALUES ('home.spread', 'h', '{VAR :varno 1 :varattno 3 :vartype 23 :location -1}', 1, 's');
SELECT results_eq($$SELECT pg_temp.drift('home.alembic_version')$$, ARRAY['table|home.spread|changed|distribution|0'],
    'distributed, where it was captured without Citus: that is for the operators');
SELECT mighead_capture('h1', 'home.alembic_version', replace => true);
SELECT is_empty($$SELECT pg_temp.drift('home.alembic_version')$$, 'distributed as expected');
UPDATE pg_catalog.pg_dist_partition SET partkey = '{VAR :varno 1 :varattno 1 :vartype 23 :location -1}';
SELECT results_eq($$SELECT concat_ws('|', object, attribute, expected, actual, severity, fix) FROM mighead_drift('home.alembic_version')$$,
    ARRAY['home.spread|distribution|hash (tenant)|hash (id)|1'], 'by another column');
UPDATE pg_catalog.pg_dist_partition SET partmethod = 'n', partkey = NULL, repmodel = 't';
SELECT results_eq($$SELECT concat_ws('|', object, attribute, expected, actual, severity, fix) FROM mighead_drift('home.alembic_version')$$,
    ARRAY['home.spread|distribution|hash (tenant)|reference|1'], 'a reference table');
DELETE FROM pg_catalog.pg_dist_partition;
SELECT results_eq($$SELECT concat_ws('|', object, attribute, expected, actual, severity, fix) FROM mighead_drift('home.alembic_version')$$,
    ARRAY['home.spread|distribution|hash (tenant)|1'], 'no longer distributed');
DROP TABLE home.spread;
SELECT results_eq($$SELECT DISTINCT object_type, object, kind, severity, fix FROM mighead_drift('home.alembic_version') WHERE object = 'home.spread'$$,
    $$VALUES ('table', 'home.spread', 'missing', 2, NULL::text)$$, 'and one that is gone is not made without Citus');

-- A table that a stranger calls after a partitioned one is no partition that was detached and kept.
CREATE TABLE home.log (at int, line text) PARTITION BY RANGE (at);
SELECT mighead_capture('h1', 'home.alembic_version', replace => true);
CREATE TABLE home.log_2020 (at int, line text);
SELECT results_eq($$SELECT d FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE '%log%'$$, ARRAY['table|home.log_2020|extra|0'], 'its owner''s');
ALTER TABLE home.log_2020 OWNER TO mighead_eve;
SELECT results_eq($$SELECT d FROM pg_temp.drift('home.alembic_version') d WHERE d LIKE '%log%'$$, ARRAY['table|home.log_2020|extra|2'], 'a stranger''s');

SELECT * FROM finish();
ROLLBACK;
