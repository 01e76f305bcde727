-- Healthy databases of each kind have no finding at all, with and without expectations.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(8);

CREATE FUNCTION pg_temp.findings() RETURNS SETOF text LANGUAGE sql AS
$$SELECT code || coalesce(' ' || object, '') || ': ' || detail FROM mighead_findings()$$;

-- One head, partitions, and whatever extensions are at hand.
SELECT mighead_add_revision('a1');
SELECT mighead_add_revision('a2', '{a1}');
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('a2');
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['citext', 'hstore', 'pg_stat_statements', 'pg_trgm', 'btree_gist', 'postgis'] LOOP
        IF EXISTS (SELECT FROM pg_available_extensions WHERE name = wanted) THEN
            EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I', wanted);
        END IF;
    END LOOP;
END $$;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE event (at date NOT NULL, mood mood, CHECK (mood IS NOT NULL)) PARTITION BY RANGE (at);
CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON event (mood);
CREATE VIEW happy AS SELECT * FROM event WHERE mood = 'happy';
SELECT is_empty('SELECT pg_temp.findings()', 'one head, partitions, extensions');
SELECT is((SELECT state FROM mighead_status()), 'ok', 'its state');
SELECT lives_ok('SELECT * FROM mighead_capture()', 'captured');
SELECT is_empty('SELECT pg_temp.findings()', 'the same with expectations');
SELECT is((SELECT drift FROM mighead_status()), 0, 'nothing differs');

-- Two labelled branches with roots of their own, as Neutron has them.
SELECT mighead_project('neutron', 'neutron_version');
SELECT mighead_add_revision('e1', branch_labels => '{expand}', project => 'neutron');
SELECT mighead_add_revision('c1', branch_labels => '{contract}', project => 'neutron');
SELECT mighead_add_revision('e2', '{e1}', project => 'neutron');
CREATE TABLE neutron_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO neutron_version VALUES ('e2'), ('c1');
SELECT is_empty('SELECT pg_temp.findings()', 'two labelled branches beside it');

-- A schema for each tenant, one of which has just been made.
SELECT mighead_project('tenants', 'tenant_version');
SELECT mighead_add_revision('t1', project => 'tenants');
DO $$
BEGIN
    FOR i IN 1..5 LOOP
        EXECUTE format('CREATE SCHEMA tenant_%s', i);
        EXECUTE format('CREATE TABLE tenant_%s.tenant_version (version_num varchar(32) NOT NULL PRIMARY KEY)', i);
        EXECUTE format('INSERT INTO tenant_%s.tenant_version VALUES (''t1'')', i);
        EXECUTE format('CREATE TABLE tenant_%s.orders (id bigint PRIMARY KEY)', i);
    END LOOP;
END $$;
SELECT mighead_capture(version_table => 'tenant_1.tenant_version');
SELECT is_empty('SELECT pg_temp.findings()', 'a schema per tenant, captured once');
SELECT is((SELECT count(*) FROM mighead_status() WHERE state = 'ok'), 7::bigint, 'all of them are ok');

SELECT * FROM finish();
ROLLBACK;
