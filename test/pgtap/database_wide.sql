-- What belongs to the database, or to a role, in what status says of drift: no revision is told by it.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

CREATE ROLE mighead_owner;
CREATE ROLE mighead_reader;
CREATE SCHEMA home AUTHORIZATION mighead_owner;
CREATE TABLE home.alembic_version (version_num varchar(32) PRIMARY KEY);
ALTER TABLE home.alembic_version OWNER TO mighead_owner;
SELECT mighead_add_revision('w1');
SELECT mighead_add_revision('w2', '{w1}');
INSERT INTO home.alembic_version VALUES ('w1');
CREATE TYPE home.state AS ENUM ('new');
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR mighead_owner SERVER s OPTIONS ("user" 'x');
ALTER DEFAULT PRIVILEGES FOR ROLE mighead_owner IN SCHEMA home GRANT SELECT ON TABLES TO mighead_reader;
SELECT mighead_capture('w1', 'home.alembic_version');
CREATE TABLE home.t (id int);
SELECT mighead_capture('w2', 'home.alembic_version');
DROP TABLE home.t;

CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
SELECT detail FROM mighead_findings('home.alembic_version', 1) WHERE code = 'drift'$$;
SELECT is(pg_temp.told(), NULL, 'nothing differs');

CREATE CAST (home.state AS int) WITH INOUT;
SELECT is(pg_temp.told(), 'The schema is not what w1 says: cast (home.state AS integer) is extra. No fix for cast (home.state AS integer): '
    'Somebody made it, perhaps for a purpose: a person has to decide whether to drop it.', 'a schema that is not what the row says is not exactly that either');
DROP CAST (home.state AS int);

CREATE TABLE home.t (id int);
SELECT is(pg_temp.told(), 'The schema is not what w1 says: table home.t is extra. The schema is exactly that of w2.', 'exactly that of another revision is told');
DROP TABLE home.t;

ALTER DEFAULT PRIVILEGES FOR ROLE mighead_owner IN SCHEMA home REVOKE SELECT ON TABLES FROM mighead_reader;
SELECT matches(pg_temp.told(), '^The schema is not what w1 says: default privileges mighead_owner in home: tables is missing\.',
    'the role is named');
ALTER DEFAULT PRIVILEGES FOR ROLE mighead_owner IN SCHEMA home GRANT SELECT ON TABLES TO mighead_reader;

DROP USER MAPPING FOR mighead_owner SERVER s;
SELECT matches(pg_temp.told(), '^The schema is not what w1 says: user mapping s for mighead_owner is missing\.', 'of a user mapping too');
UPDATE home.alembic_version SET version_num = 'w2';
CREATE FUNCTION pg_temp.refusal() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM mighead_stamp('w1', expect => 'w2', reason => 'test', version_table => 'home.alembic_version');
    RETURN 'stamped';
EXCEPTION
    WHEN SQLSTATE 'MH103' THEN
        GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL;
        RETURN told;
END$$;
SELECT matches(pg_temp.refusal(), 'user mapping s for mighead_owner', 'and by the guard of a stamp');
SELECT * FROM finish();
ROLLBACK;
