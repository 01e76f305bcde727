-- Tenants: one version table per schema, and one sentence for all of them.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(6);
SELECT mighead_add_revision('a1');
SELECT mighead_add_revision('a2', '{a1}');
DO $$
BEGIN
    FOR i IN 1..10 LOOP
        EXECUTE format('CREATE SCHEMA tenant_%s', i);
        EXECUTE format('CREATE TABLE tenant_%s.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)', i);
        EXECUTE format('INSERT INTO tenant_%s.alembic_version VALUES (%L)', i, 'a2');
    END LOOP;
END $$;
SELECT is_empty('SELECT * FROM mighead_findings()', 'ten healthy tenants: nothing found');
SELECT results_eq($$SELECT severity, code, detail FROM mighead_findings(min_severity => 0)
    WHERE code <> 'not_compared'$$, $$VALUES (0, 'tenants', '10 version tables: 10 ok.')$$, 'asked for everything: the summary');
UPDATE tenant_3.alembic_version SET version_num = 'a1';
UPDATE tenant_7.alembic_version SET version_num = 'a1';
UPDATE tenant_9.alembic_version SET version_num = 'gone';
SELECT results_eq($$SELECT severity, code, sqlstate, version_table::text, detail FROM mighead_findings() LIMIT 1$$,
    $$VALUES (2, 'tenants', 'MH002', NULL, '10 version tables: 7 ok, 2 pending, 1 unknown_revision.')$$,
    'the summary goes first and is as bad as the worst');
SELECT is((SELECT evidence FROM mighead_findings() WHERE code = 'tenants'),
    '{"ok": 7, "pending": 2, "unknown_revision": 1}'::jsonb, 'with its figures');
SELECT is((SELECT count(*) FROM mighead_findings() WHERE code <> 'tenants'), 3::bigint, 'each is listed by itself too');
SELECT is_empty($$SELECT * FROM mighead_findings('tenant_3.alembic_version') WHERE code = 'tenants'$$,
    'a table that is asked for by name is not summarised');
SELECT * FROM finish();
ROLLBACK;
