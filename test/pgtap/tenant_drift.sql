-- Schema per tenant: one set of expectations serves two hundred schemas, and just those that
-- differ are told.  And branches with roots of their own, captured in either order.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

SELECT mighead_add_revision('a1');
SELECT mighead_add_revision('a2', '{a1}');
CREATE FUNCTION pg_temp.open_schema(name text, current text[] DEFAULT '{}') RETURNS regclass LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', name);
    PERFORM mighead_ensure_version(quote_ident(name) || '.alembic_version');
    EXECUTE format('INSERT INTO %I.alembic_version SELECT unnest($1)', name) USING current;
    RETURN (quote_ident(name) || '.alembic_version')::regclass;
END$$;
DO $$
BEGIN
    FOR i IN 1 .. 200 LOOP
        PERFORM pg_temp.open_schema('tenant_' || i, '{a2}');
        EXECUTE format('CREATE TABLE tenant_%s.customer (id int, status varchar(10) CHECK (status IN (''a'', ''b'')))', i);
        EXECUTE format('CREATE INDEX ON tenant_%s.customer (status)', i);
    END LOOP;
END$$;
SELECT mighead_capture(version_table => 'tenant_1.alembic_version');
SELECT is((SELECT count(*) FROM mighead.expected_set), 1::bigint, 'one set of expectations');
SELECT results_eq($$SELECT state, count(*) FROM mighead_status() GROUP BY state$$, $$VALUES ('ok', 200::bigint)$$,
    'two hundred tenants fit it');

ALTER TABLE tenant_7.customer ADD extra int;
DROP INDEX tenant_99.customer_status_idx;
ALTER TABLE tenant_150.customer ALTER status SET DEFAULT 'a';
SELECT results_eq(
    $$SELECT version_table::text, state, drift FROM mighead_status() WHERE state <> 'ok' ORDER BY 1$$,
    $$VALUES ('tenant_150.alembic_version', 'drift', 1), ('tenant_7.alembic_version', 'drift', 1),
             ('tenant_99.alembic_version', 'drift', 1)$$, 'three of them drifted, and just those are told');
SELECT results_eq(
    $$SELECT kind, object FROM mighead_drift(min_severity => 0) ORDER BY object$$,
    $$VALUES ('changed', 'tenant_150.customer.status'), ('extra', 'tenant_7.customer.extra'),
             ('missing', 'tenant_99.customer_status_idx')$$, 'with what differs');

-- Plans of the queries on the catalogs serve all tenants of a call, and are given back after it.
CREATE FUNCTION pg_temp.kept_plans() RETURNS bigint LANGUAGE sql AS
    $$SELECT count(*) FROM pg_backend_memory_contexts WHERE name LIKE 'CachedPlan%'$$;
CREATE TEMPORARY TABLE kept (n bigint);
-- the first call of pgTAP's function has plans of its own
SELECT throws_ok($$SELECT 1 / (count(*) - count(*)) FROM mighead_findings()$$, '22012', NULL, 'a call that fails');
INSERT INTO kept SELECT pg_temp.kept_plans();
SELECT throws_ok($$SELECT 1 / (count(*) - count(*)) FROM mighead_findings()$$, '22012', NULL, 'once more');
SELECT count(*) FROM mighead_findings();
INSERT INTO kept SELECT pg_temp.kept_plans();
SELECT is((SELECT count(DISTINCT n) FROM kept), 1::bigint, 'no plan is left behind');

-- Two branches, each captured before the other in one project.
CREATE FUNCTION pg_temp.run(schema text, which text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(CASE which
        WHEN 'left' THEN 'CREATE TABLE %1$I.l (id int PRIMARY KEY); CREATE VIEW %1$I.lv AS SELECT id FROM %1$I.l'
        ELSE 'CREATE TYPE %1$I.mood AS ENUM (''x''); CREATE TABLE %1$I.r (m %1$I.mood)' END, schema);
    EXECUTE format('INSERT INTO %I.alembic_version VALUES (%L)', schema, which);
END$$;
CREATE TEMPORARY TABLE answer (first text, at text, drift bigint, located text);
DO $$
DECLARE
    first text;
    second text;
    at text;
    home text;
BEGIN
    FOREACH first IN ARRAY '{left,right}'::text[] LOOP
        second := CASE first WHEN 'left' THEN 'right' ELSE 'left' END;
        home := 'first_' || first;
        PERFORM pg_temp.open_schema(home);
        PERFORM mighead_project(home, 'alembic_version', home);
        PERFORM mighead_add_revision('left', project => home), mighead_add_revision('right', project => home);
        PERFORM mighead_capture(version_table => (home || '.alembic_version')::regclass);
        PERFORM pg_temp.run(home, first);
        PERFORM mighead_capture(version_table => (home || '.alembic_version')::regclass);
        PERFORM pg_temp.run(home, second);
        PERFORM mighead_capture(version_table => (home || '.alembic_version')::regclass);
        INSERT INTO answer SELECT first, 'both', count(*) FROM mighead_drift((home || '.alembic_version')::regclass, min_severity => 0);
        -- each branch alone, of which the second was never captured so
        FOREACH at IN ARRAY ARRAY[first, second] LOOP
            EXECUTE format('DROP SCHEMA %I CASCADE', home);
            PERFORM pg_temp.open_schema(home);
            PERFORM pg_temp.run(home, at);
            INSERT INTO answer SELECT first, at,
                (SELECT count(*) FROM mighead_drift((home || '.alembic_version')::regclass, min_severity => 0)),
                (SELECT revision || is_exact FROM mighead_locate((home || '.alembic_version')::regclass, 1));
        END LOOP;
    END LOOP;
END$$;
SELECT results_eq('SELECT * FROM answer ORDER BY first, at', $$VALUES
    ('left', 'both', 0::bigint, NULL), ('left', 'left', 0, 'lefttrue'), ('left', 'right', 0, 'righttrue'),
    ('right', 'both', 0, NULL), ('right', 'left', 0, 'lefttrue'), ('right', 'right', 0, 'righttrue')$$,
    'branches captured in either order: together and each alone');

SELECT * FROM finish();
ROLLBACK;
