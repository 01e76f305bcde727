-- mighead_report: one screen of psql with 80 columns and 24 lines, whatever there is to tell.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT plan(21);

-- Columns on a terminal, by hand: what is not ASCII in these tests is two wide.
CREATE FUNCTION pg_temp.columns_of(line text) RETURNS integer LANGUAGE sql AS
$$SELECT octet_length(regexp_replace(line, '[^ -~]', 'xx', 'g'))$$;
CREATE FUNCTION pg_temp.fits(version_table regclass DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
SELECT CASE WHEN max(pg_temp.columns_of(r)) <= 78 AND count(*) <= 20 AND (array_agg(r ORDER BY n DESC))[1] <> ''
    THEN 'fits' ELSE string_agg(r, E'\n' ORDER BY n) END
FROM mighead_report(version_table) WITH ORDINALITY AS l (r, n)$$;
CREATE FUNCTION pg_temp.line(wanted integer) RETURNS text LANGUAGE sql AS $$
SELECT r FROM mighead_report() WITH ORDINALITY AS l (r, n) ORDER BY CASE WHEN wanted < 0 THEN -n ELSE n END
LIMIT 1 OFFSET abs(wanted) - 1$$;

SELECT is(pg_temp.line(1), (SELECT CASE state WHEN 'ok' THEN 'ok' ELSE 'ok: ' || state END FROM mighead_status()), 'nothing yet');
SELECT is(pg_temp.fits(), 'fits', 'fits');
SELECT mighead_add_revision('a1', message => 'first');
SELECT mighead_add_revision('b2', '{a1}', message => 'second');
SELECT mighead_ensure_version();
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE customers (id bigint PRIMARY KEY, email text);
SELECT is(pg_temp.line(1), 'warning: pending', 'pending');
SELECT is(pg_temp.line(-1), (SELECT split_part(hint, ' # ', 1) FROM mighead_status()), 'the last line is the first command of the hint');
SELECT is((SELECT count(*) FROM mighead_report() r WHERE r = 'heads      b2; 1 pending'), 1::bigint, 'heads, and how many are pending');
SELECT is((SELECT count(*) FROM mighead_report() r WHERE r = 'schema     not compared'), 1::bigint, 'what nobody compared is said');
SELECT mighead_capture();
SELECT is((SELECT count(*) FROM mighead_report() r WHERE r = 'schema     as expected'), 1::bigint, 'what was compared');
ALTER TABLE customers DROP COLUMN email;
SELECT is(pg_temp.line(1), 'critical: drift', 'drift');
SELECT is((SELECT count(*) FROM mighead_report() r WHERE r = 'schema     1 object differs'), 1::bigint, 'and how much of it');
SELECT mighead_environment('production', true);
SELECT is(pg_temp.line(3), format('database   %s (production, protected)', current_database()), 'the label of the environment');
SELECT is(pg_temp.fits(), 'fits', 'fits');

-- nothing that is long, wide or evil leaves the screen
UPDATE alembic_version SET version_num = repeat('漢', 32);
SELECT is(pg_temp.fits(), 'fits', 'a wide row');
ALTER TABLE alembic_version ALTER COLUMN version_num TYPE text;
UPDATE alembic_version SET version_num = repeat('w', 1000);
SELECT is(pg_temp.fits(), 'fits', 'a long row');
UPDATE alembic_version SET version_num = E'x\e[2J\n\r\ty';
SELECT is(pg_temp.fits(), 'fits', 'a row that steers a terminal');
SELECT is((SELECT count(*) FROM mighead_report() r WHERE r ~ '[\x01-\x1f\x7f]'), 0::bigint, 'which it does not');
UPDATE alembic_version SET version_num = 'b2';

-- tenants, one of them with the longest and widest name
DO $$BEGIN
    FOR i IN 1 .. 60 LOOP
        EXECUTE format('CREATE SCHEMA tenant_%s', i);
        EXECUTE format('CREATE TABLE tenant_%s.alembic_version (version_num varchar(32) PRIMARY KEY)', i);
        EXECUTE format('INSERT INTO tenant_%s.alembic_version VALUES (%L)', i,
            CASE i % 5 WHEN 0 THEN 'lost' WHEN 1 THEN 'a1' ELSE 'b2' END);
    END LOOP;
    EXECUTE format('CREATE SCHEMA %I', repeat('漢', 21));
    EXECUTE format('CREATE TABLE %I.alembic_version (version_num varchar(32) PRIMARY KEY)', repeat('漢', 21));
    EXECUTE format('INSERT INTO %I.alembic_version VALUES (%L)', repeat('漢', 21), 'a' || repeat('漢', 30));
END$$;
SELECT is(pg_temp.fits(), 'fits', '62 version tables');
SELECT is((SELECT count(*) FROM mighead_report() r WHERE r = 'tables     62'), 1::bigint, 'are counted');
SELECT is((SELECT count(*) FROM mighead_report('tenant_1.alembic_version') r WHERE r LIKE 'table %tenant_1.alembic_version%'), 1::bigint,
    'one of them by name');
SELECT is(pg_temp.fits((repeat('漢', 21) || '.alembic_version')::regclass), 'fits', 'with a wide name');
SELECT is((SELECT split_part(r, ':', 1) FROM mighead_report() r LIMIT 1),
    (SELECT (ARRAY['ok', 'warning', 'critical', 'unknown'])[severity + 1] FROM mighead_status()
    ORDER BY array_position('{2,3,1,0}', severity) LIMIT 1), 'the worst goes first');
SELECT throws_ok($$SELECT mighead_report('absent')$$, '42P01', NULL, 'a relation that is not there');
SELECT * FROM finish();
ROLLBACK;
