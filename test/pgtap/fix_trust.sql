-- A fix that would run code of a role that is not trusted is not offered, wherever that code hides:
-- in what is there, and in what is expected and not there yet.  Each fix is run, as a superuser would.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

CREATE ROLE mighead_eve;
-- counts how often the trap was run
CREATE SEQUENCE public.canary;
GRANT USAGE ON SEQUENCE public.canary TO PUBLIC;
GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC;
CREATE SCHEMA home;
GRANT USAGE, CREATE ON SCHEMA home TO mighead_eve;
SELECT lives_ok($$SELECT mighead_ensure_version('home.alembic_version')$$, 'a version table');
-- as in a search path that is left as it is
SET LOCAL search_path = public;

CREATE FUNCTION pg_temp.trap(name text, result text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE FUNCTION %s RETURNS %s LANGUAGE plpgsql IMMUTABLE AS
        ''BEGIN PERFORM nextval(''''public.canary''''); RETURN 1; END''', name, result);
    EXECUTE format('ALTER FUNCTION %s OWNER TO mighead_eve', name);
END$$;
SELECT pg_temp.trap('public.evil(integer)', 'integer');
CREATE FUNCTION home.kind(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION home.fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

CREATE TABLE home.t (a int, b int DEFAULT public.evil(1), g int GENERATED ALWAYS AS (public.evil(a)) STORED,
    ok int DEFAULT home.kind(1), CONSTRAINT checked CHECK (public.evil(a) > 0), CONSTRAINT fine CHECK (home.kind(a) > 0));
CREATE INDEX expressed ON home.t ((public.evil(a)));
CREATE INDEX partial ON home.t (a) WHERE public.evil(a) > 0;
CREATE INDEX plain ON home.t (a);
CREATE VIEW home.v AS SELECT public.evil(a) AS a FROM home.t;
CREATE VIEW home.through AS SELECT a FROM home.v;
CREATE MATERIALIZED VIEW home.m AS SELECT public.evil(1) AS a;
CREATE MATERIALIZED VIEW home.indirect AS SELECT a FROM home.v;
CREATE MATERIALIZED VIEW home.good AS SELECT home.kind(1) AS a;
CREATE TABLE home.other (id int PRIMARY KEY, a int);
CREATE TABLE home.far (id int CONSTRAINT refers REFERENCES home.other);
INSERT INTO home.t (a) VALUES (1);
INSERT INTO home.other VALUES (1, 1);
INSERT INTO home.far VALUES (1);
SELECT lives_ok($$SELECT mighead_capture(NULL, 'home.alembic_version')$$, 'captured');

-- The fixes of what the change leads to, how often any of them runs the trap, and whether all is back.
CREATE FUNCTION pg_temp.fixes(ddl text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    statements text[];
    statement text;
    ran bigint;
BEGIN
    EXECUTE ddl;
    PERFORM setval('public.canary', 1);
    statements := ARRAY(SELECT fix FROM public.mighead_drift('home.alembic_version', min_severity => 0) WHERE fix IS NOT NULL);
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    SELECT last_value - 1 INTO ran FROM public.canary;
    RAISE SQLSTATE 'XX999' USING MESSAGE = format('%s fixes, %s traps', cardinality(statements), ran);
EXCEPTION WHEN OTHERS THEN RETURN sqlerrm;
END$$;
SELECT is(pg_temp.fixes(ddl), '0 fixes, 0 traps', ddl) FROM unnest(ARRAY[
    'ALTER TABLE home.t DROP b',
    'ALTER TABLE home.t ALTER b SET DEFAULT 7',
    'ALTER TABLE home.t DROP g',
    'ALTER TABLE home.t DROP CONSTRAINT checked',
    'DROP INDEX home.expressed',
    'DROP INDEX home.partial',
    'DROP MATERIALIZED VIEW home.m',
    'DROP MATERIALIZED VIEW home.indirect',
    'DROP VIEW home.through',
    'ALTER TABLE home.far DROP CONSTRAINT refers; CREATE INDEX trapped ON home.other (id) WHERE public.evil(id) > 0',
    'ALTER TABLE home.other DROP a; CREATE INDEX trapped ON home.other (id) WHERE public.evil(id) > 0',
    'ALTER TABLE home.far DROP CONSTRAINT refers; ALTER TABLE home.far ADD CONSTRAINT refers FOREIGN KEY (id)
        REFERENCES home.other NOT VALID; CREATE INDEX trapped ON home.other (id) WHERE public.evil(id) > 0']) AS ddl;
SELECT is(pg_temp.fixes(ddl), '1 fixes, 0 traps', ddl) FROM unnest(ARRAY[
    'DROP MATERIALIZED VIEW home.good',
    'ALTER TABLE home.other DROP a']) AS ddl;

-- The same are offered where the function is one's own; where a row could make it raise, on an empty table.
ALTER FUNCTION public.evil(integer) OWNER TO CURRENT_USER;
SELECT matches(pg_temp.fixes(ddl), '^[1-9] fixes', 'trusted: ' || ddl) FROM unnest(ARRAY[
    'ALTER TABLE home.t DROP b',
    'ALTER TABLE home.t ALTER b SET DEFAULT 7',
    'TRUNCATE home.t; ALTER TABLE home.t DROP g',
    'TRUNCATE home.t; DROP INDEX home.expressed',
    'TRUNCATE home.t; DROP INDEX home.partial',
    'DROP MATERIALIZED VIEW home.m',
    'DROP MATERIALIZED VIEW home.indirect',
    'DROP VIEW home.through',
    'ALTER TABLE home.other DROP a; CREATE INDEX trapped ON home.other (id) WHERE public.evil(id) > 0']) AS ddl;

SELECT * FROM finish();
ROLLBACK;
