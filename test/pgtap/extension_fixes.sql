-- Fixes about extensions: missing ones, and objects that became members of one.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

CREATE SCHEMA home;
CREATE TABLE home.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE FUNCTION pg_temp.fixes() RETURNS SETOF text LANGUAGE sql AS
$$SELECT concat_ws('|', object_type, object, kind, fix) FROM mighead_drift('home.alembic_version', min_severity => 0)$$;
-- As an operator does it with \gexec, each by itself and in their order.
CREATE FUNCTION pg_temp.run() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    fixes text[] := ARRAY(SELECT fix FROM mighead_drift('home.alembic_version') WHERE fix IS NOT NULL);
    one text;
BEGIN
    FOREACH one IN ARRAY fixes LOOP
        BEGIN
            EXECUTE one;
        EXCEPTION WHEN OTHERS THEN
            RETURN NEXT one || ': ' || SQLERRM;
        END;
    END LOOP;
END $$;

CREATE SCHEMA ext;
SELECT mighead_add_revision('a1');
INSERT INTO home.alembic_version VALUES ('a1');
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE TABLE home.t (id serial PRIMARY KEY, note text);
INSERT INTO home.t (note) VALUES ('kept');
CREATE VIEW home.v AS SELECT id FROM home.t;
CREATE MATERIALIZED VIEW home.m AS SELECT 1 AS id;
CREATE FUNCTION home.f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE home.p() LANGUAGE sql AS '';
CREATE AGGREGATE home.a(int) (sfunc = int4pl, stype = int);
CREATE TYPE home."En um" AS ENUM ('a');
CREATE DOMAIN home.d AS int;
CREATE TYPE home.c AS (a int);
CREATE SEQUENCE home.s;
CREATE COLLATION home.co FROM "C";
SELECT mighead_capture('a1', 'home.alembic_version', '{home,ext}');

-- 1. What was put into an extension is there: nothing is made anew, and it comes out again.
DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['TABLE home.t', 'VIEW home.v', 'MATERIALIZED VIEW home.m', 'FUNCTION home.f(int, text)', 'PROCEDURE home.p()',
        'AGGREGATE home.a(int)', 'TYPE home."En um"', 'DOMAIN home.d', 'TYPE home.c', 'SEQUENCE home.s', 'COLLATION home.co'] LOOP
        EXECUTE 'ALTER EXTENSION hstore ADD ' || one;
    END LOOP;
END $$;
SELECT is((SELECT count(*) FROM pg_temp.fixes() f WHERE f ~ '\|missing\|ALTER EXTENSION hstore DROP '), 11::bigint, 'each leaves the extension');
SELECT is_empty('SELECT pg_temp.run()', 'each fix can be run');
SELECT is_empty('SELECT pg_temp.fixes()', 'and then nothing differs');
SELECT is((SELECT note FROM home.t), 'kept', 'the rows are there');
ALTER EXTENSION hstore ADD TABLE home.t;
CREATE ROLE mighead_test_owner;
GRANT USAGE ON SCHEMA home, mighead TO mighead_test_owner;
GRANT SELECT ON home.alembic_version TO mighead_test_owner;
GRANT SELECT ON ALL TABLES IN SCHEMA mighead TO mighead_test_owner;
ALTER TABLE home.alembic_version OWNER TO mighead_test_owner;
SET LOCAL ROLE mighead_test_owner;
SELECT is_empty($$SELECT * FROM pg_temp.fixes() f WHERE f ~ 'EXTENSION|CREATE TABLE'$$, 'no fix for who cannot run it');
RESET ROLE;
ALTER TABLE home.alembic_version OWNER TO CURRENT_USER;
SELECT count(*) FROM pg_temp.run();

-- 2. Extensions in the order in which they require each other, and their schema before them.
CREATE EXTENSION cube SCHEMA ext;
CREATE EXTENSION earthdistance SCHEMA ext;
SELECT mighead_capture('a1', 'home.alembic_version', '{home,ext}', replace => true);
DROP SCHEMA ext CASCADE;
SELECT results_eq('SELECT split_part(f, $$|$$, 2) FROM pg_temp.fixes() f', ARRAY['ext', 'cube', 'earthdistance'], 'in order');
SELECT is_empty('SELECT pg_temp.run()', 'each fix can be run');
SELECT is_empty('SELECT pg_temp.fixes()', 'and then nothing differs');

-- 3. What is not installed on the server cannot be made.
UPDATE pg_extension SET extname = 'not_there' WHERE extname = 'hstore';
SELECT mighead_capture('a1', 'home.alembic_version', replace => true);
UPDATE pg_extension SET extname = 'hstore' WHERE extname = 'not_there';
SELECT results_eq('SELECT pg_temp.fixes()', ARRAY['extension|not_there|missing', 'extension|hstore|extra'], 'no fix without the files');

SELECT * FROM finish();
ROLLBACK;
