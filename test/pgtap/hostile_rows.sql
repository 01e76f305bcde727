-- Anybody may own a table called alembic_version: what it holds costs little, and is
-- told in few findings.
BEGIN;
SELECT no_plan();
SET LOCAL statement_timeout = '30s';
SELECT mighead_add_revision('r000001');
CREATE SCHEMA stranger;
CREATE TABLE stranger.alembic_version (version_num text);
ALTER TABLE stranger.alembic_version ALTER version_num SET STORAGE MAIN;

CREATE FUNCTION pg_temp.few(what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
    n integer;
BEGIN
    SELECT findings INTO n FROM mighead_status() WHERE version_table = 'stranger.alembic_version'::regclass;
    RETURN NEXT ok(n BETWEEN 1 AND 50, what || ': few findings');
    RETURN NEXT ok((SELECT sum(length(t::text)) FROM mighead_findings() t) < 5000000, what || ': which are small');
    RETURN NEXT ok(clock_timestamp() - began < interval '10 s', what || ': in a short time');
END $$;

INSERT INTO stranger.alembic_version SELECT 'r000001' FROM generate_series(1, 10000);
SELECT pg_temp.few('equal rows');
TRUNCATE stranger.alembic_version;
INSERT INTO stranger.alembic_version SELECT ' ' || i || repeat('x', 900) FROM generate_series(1, 10000) AS i;
SELECT pg_temp.few('long rows with a blank');
TRUNCATE stranger.alembic_version;
INSERT INTO stranger.alembic_version SELECT repeat(chr(97 + i % 26), 160000) FROM generate_series(1, 500) AS i;
SELECT pg_temp.few('compressed rows');
SELECT is((SELECT detail FROM mighead_findings() WHERE detail ~ 'longer'),
    '500 rows of stranger.alembic_version are longer than 1,000 bytes, which no revision id is.', 'and counted');
TRUNCATE stranger.alembic_version;
INSERT INTO stranger.alembic_version VALUES ('a'), ('b');
SELECT isnt((SELECT state FROM mighead_status()), 'ok', 'few short rows are judged one by one');
SELECT is((SELECT count(*)::int FROM mighead_findings() WHERE code = 'unknown_revision'), 2, 'each with a finding');
SELECT * FROM finish();
ROLLBACK;
