-- Databases that are healthy as production is: no finding and no drift above severity 0, no fix,
-- and the schema is still exactly that of its revision.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT plan(28);

CREATE ROLE mighead_silent_reader;
CREATE ROLE mighead_silent_owner;

SELECT mighead_add_revision('a1');
SELECT mighead_ensure_version();
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE account (id bigint PRIMARY KEY, name text, note text);
CREATE INDEX account_name ON account (name);
GRANT SELECT ON account TO mighead_silent_reader;
CREATE TABLE event (at date NOT NULL, n integer) PARTITION BY RANGE (at);
CREATE INDEX ON event (n);
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
    PARTITION BY RANGE (n);
CREATE TABLE event_2026_a PARTITION OF event_2026 FOR VALUES FROM (1) TO (10);
SELECT mighead_capture();

CREATE FUNCTION pg_temp.noise() RETURNS SETOF text LANGUAGE sql AS $$
SELECT concat_ws(' ', 'drift', object_type, object, kind, attribute, severity) FROM mighead_drift()
UNION ALL SELECT concat_ws(' ', 'fix', fix) FROM mighead_drift(min_severity => 0) WHERE fix IS NOT NULL
UNION ALL SELECT concat_ws(' ', 'finding', severity, code, detail) FROM mighead_findings()
UNION ALL SELECT concat_ws(' ', 'state', state, detail) FROM mighead_status() WHERE severity > 0
UNION ALL SELECT concat_ws(' ', 'located', revision) FROM mighead_locate() WHERE rank = 1 AND NOT is_exact
UNION ALL SELECT 'not verified' WHERE mighead_verify('a1') IS DISTINCT FROM true
$$;
CREATE FUNCTION pg_temp.seen() RETURNS bigint LANGUAGE sql AS
'SELECT count(*) FROM mighead_drift(min_severity => 0)';
-- Silent above severity 0, but seen.
CREATE FUNCTION pg_temp.is_silent(ddl text, label text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    before bigint := pg_temp.seen();
BEGIN
    EXECUTE ddl;
    RETURN NEXT is_empty('SELECT pg_temp.noise()', label);
    RETURN NEXT cmp_ok(pg_temp.seen(), '<>', before, label || ', seen');
END
$$;

SELECT is_empty('SELECT pg_temp.noise()', 'as captured');
SELECT pg_temp.is_silent('GRANT INSERT, UPDATE ON account TO mighead_silent_reader;
    GRANT ALL ON SCHEMA public TO mighead_silent_owner;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO mighead_silent_reader', 'grants');
SELECT pg_temp.is_silent('ALTER TABLE account REPLICA IDENTITY FULL,
    SET (autovacuum_vacuum_scale_factor = 0.01, fillfactor = 70, toast.autovacuum_enabled = off);
    ALTER TABLE account ALTER name SET STATISTICS 500, ALTER note SET STORAGE EXTERNAL, CLUSTER ON account_name;
    ALTER INDEX account_name SET (fillfactor = 60)', 'storage');
SELECT pg_temp.is_silent('COMMENT ON TABLE account IS ''of the team''', 'comments');
SELECT pg_temp.is_silent('ALTER TABLE account OWNER TO mighead_silent_owner', 'owners');
SELECT pg_temp.is_silent('CREATE PUBLICATION mighead_silent FOR TABLE account', 'replication');
SELECT pg_temp.is_silent('CREATE EXTENSION hstore', 'an extension');
SELECT pg_temp.is_silent('CREATE TABLE event_2027 PARTITION OF event
    FOR VALUES FROM (''2027-01-01'') TO (''2028-01-01'')', 'a new partition');
DROP TABLE event_2025;
SELECT is_empty('SELECT pg_temp.noise()', 'a dropped partition');
SELECT pg_temp.is_silent('ALTER TABLE event DETACH PARTITION event_2026;
    ALTER TABLE event DETACH PARTITION event_2027', 'detached partitions');

-- What harms is heard all the same.
REVOKE SELECT ON account FROM mighead_silent_reader;
SELECT results_eq($$SELECT object, attribute, severity, fix FROM mighead_drift()$$,
    $$VALUES ('public.account', 'privileges', 1, NULL::text)$$, 'an expected grant that is gone');
ALTER TABLE account OWNER TO CURRENT_USER;
SELECT matches((SELECT fix FROM mighead_drift() WHERE attribute = 'privileges'),
    '^GRANT SELECT ON TABLE public\.account TO mighead_silent_reader$', 'is granted again, and nothing is revoked');
GRANT SELECT ON account TO mighead_silent_reader;

-- A project that manages them.
SELECT mighead_project('default', manages => '{privileges,owners,storage}');
SELECT results_eq($$SELECT DISTINCT severity FROM mighead_drift() WHERE attribute IN
    ('privileges', 'owner', 'options', 'replica_identity', 'statistics')$$, 'VALUES (1)', 'what migrations manage counts');
SELECT is_empty($$SELECT fix FROM mighead_drift() WHERE fix ~ 'REVOKE'$$, 'no fix revokes');
SELECT mighead_project('default');
SELECT is((SELECT manages FROM mighead.project WHERE name = 'default'), '{owners,privileges,storage}', 'NULL leaves it');
SELECT throws_ok($$SELECT mighead_project('default', manages => '{rows}')$$, '22023', NULL, 'an unknown word');

-- Default privileges that a migration set are granted again, those that it took away are not.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, UPDATE ON TABLES TO mighead_silent_reader WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO mighead_silent_reader;
SELECT mighead_capture(replace => true);
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM mighead_silent_reader;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON SEQUENCES FROM mighead_silent_reader;
CREATE FUNCTION pg_temp.defaults() RETURNS text LANGUAGE sql AS $$
SELECT string_agg(replace(concat_ws('|', object, severity, fix), CURRENT_USER, 'me'), '; ' ORDER BY object)
FROM mighead_drift() WHERE object_type = 'default privileges'$$;
SELECT is(pg_temp.defaults(), 'me in public: tables|1|ALTER DEFAULT PRIVILEGES FOR ROLE me IN SCHEMA public GRANT SELECT ON TABLES TO mighead_silent_reader WITH GRANT OPTION; '
    'me: functions|1; me: sequences|1|ALTER DEFAULT PRIVILEGES FOR ROLE me GRANT USAGE ON SEQUENCES TO mighead_silent_reader', 'default privileges that are missing');
SELECT lives_ok(fix, fix) FROM mighead_drift() WHERE object_type = 'default privileges' AND fix IS NOT NULL;
SELECT is(pg_temp.defaults(), 'me: functions|1', 'are there again');
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

SELECT * FROM finish();
ROLLBACK;
