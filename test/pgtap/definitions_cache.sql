-- What is new can change how old texts are written: a session that has read the schema before answers
-- as a new one does.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE FUNCTION app.less(app.mood, app.mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::text < $2::text';
CREATE FUNCTION app.cmp(app.mood, app.mood) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE TABLE app.t (m app.mood);
CREATE INDEX ON app.t (m);
CREATE VIEW app.v AS SELECT m FROM app.t ORDER BY m;
CREATE TABLE app.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE FUNCTION pg_temp.read() RETURNS text LANGUAGE sql AS
    $$SELECT md5(string_agg(t::text, E'\n' ORDER BY t::text)) FROM mighead_definitions('app.alembic_version') t$$;
-- Another home in between: nothing of the first is kept then.
CREATE SCHEMA other;
CREATE TABLE other.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE FUNCTION pg_temp.read_anew() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count(*) FROM mighead_definitions('other.alembic_version');
    RETURN pg_temp.read();
END $$;
SELECT pg_temp.read() FROM generate_series(1, 3) \g /dev/null
SELECT pg_temp.read() AS before \gset
CREATE OPERATOR CLASS app.mine DEFAULT FOR TYPE app.mood USING btree AS
    FUNCTION 1 app.cmp(app.mood, app.mood);
SELECT pg_temp.read() AS kept \gset
SELECT pg_temp.read_anew() AS anew \gset
SELECT is(:'kept'::text, :'anew'::text, 'a new default operator class');
SELECT isnt(:'kept'::text, :'before'::text, 'which the texts tell');
SELECT pg_temp.read() FROM generate_series(1, 3) \g /dev/null
DROP OPERATOR CLASS app.mine USING btree;
SELECT pg_temp.read() AS kept \gset
SELECT pg_temp.read_anew() AS anew \gset
SELECT is(:'kept'::text, :'anew'::text, 'and one that is gone');
SELECT * FROM finish();
ROLLBACK;
