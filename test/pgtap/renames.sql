-- What looks like a rename and is none, and what is one row of drift.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

CREATE SCHEMA home;
CREATE TABLE home.alembic_version (version_num varchar(32) PRIMARY KEY);
SELECT mighead_add_revision('a1');
INSERT INTO home.alembic_version VALUES ('a1');
CREATE TABLE home.users (id int PRIMARY KEY, email text, n int);
CREATE TABLE home.gone (id int CONSTRAINT of_gone PRIMARY KEY, a text);
CREATE TABLE home.keyed (id int NOT NULL, CONSTRAINT k PRIMARY KEY (id));
CREATE TABLE home.large (id int);
SELECT mighead_capture('a1', 'home.alembic_version');

-- The rows of drift after a change, which is taken back.
CREATE FUNCTION pg_temp.drift_after(change text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    found text[];
BEGIN
    BEGIN
        EXECUTE change;
        found := ARRAY(SELECT concat_ws('|', object_type, object, kind, attribute, fix) FROM mighead_drift('home.alembic_version'));
        RAISE EXCEPTION 'taken back';
    EXCEPTION WHEN raise_exception THEN
        RETURN found;
    END;
END $$;

SELECT is(pg_temp.drift_after('ALTER TABLE home.users RENAME email TO mail'),
    ARRAY['column|home.users.email|renamed|ALTER TABLE home.users RENAME COLUMN mail TO email'], 'a renamed column');
SELECT is(pg_temp.drift_after('ALTER TABLE home.users DROP email, ADD pw_hash text'),
    ARRAY['column|home.users.email|missing|ALTER TABLE home.users ADD COLUMN email text', 'column|home.users.pw_hash|extra'],
    'one that was dropped, and another that was added, behind the others');
SELECT is(pg_temp.drift_after('ALTER TABLE home.users DROP n; ALTER TABLE home.users ADD m int'),
    ARRAY['column|home.users.n|renamed'], 'in the place of the last one: no fix pours one into the other');
SELECT is(pg_temp.drift_after('ALTER TABLE home.users RENAME email TO mail; ALTER TABLE home.users RENAME n TO m'),
    ARRAY['column|home.users.email|renamed|ALTER TABLE home.users RENAME COLUMN mail TO email',
          'column|home.users.n|renamed|ALTER TABLE home.users RENAME COLUMN m TO n'], 'two renamed columns');
SELECT is(pg_temp.drift_after('ALTER TABLE home.gone RENAME TO other; ALTER TABLE home.other RENAME CONSTRAINT of_gone TO of_other'),
    ARRAY['table|home.gone|renamed', 'constraint|home.gone.of_gone|renamed'], 'a table that may be another one, and what belongs to it, has no fix');
SELECT is(pg_temp.drift_after('ALTER TABLE home.keyed DROP CONSTRAINT k, ADD CONSTRAINT k UNIQUE (id)'),
    ARRAY['constraint|home.keyed.k|changed|definition'], 'a primary key that became unique is one row');
SELECT is(pg_temp.drift_after('CREATE TEMPORARY TABLE alembic_version (version_num text)'), '{}', 'a temporary version table: that of home');
CREATE TEMPORARY TABLE alembic_version (version_num text);
SELECT is_empty('SELECT object FROM mighead_drift()', 'and it is not compared itself');
DROP TABLE pg_temp.alembic_version;

-- A large table is not written anew by a fix.
SELECT is(pg_temp.drift_after('ALTER TABLE home.large SET UNLOGGED'),
    ARRAY['table|home.large|changed|persistence|ALTER TABLE home.large SET LOGGED'], 'a small table');
SELECT is(pg_temp.drift_after('ALTER TABLE home.large SET UNLOGGED; INSERT INTO home.large SELECT generate_series(1, 200000)'),
    ARRAY['table|home.large|changed|persistence'], 'a large one');

-- The finding says why what is worst has no fix.
CREATE TABLE home.more (id int);
SELECT is((SELECT detail FROM mighead_findings('home.alembic_version') WHERE code = 'drift'),
    'The schema is not what a1 says: table home.more is extra. No fix for table home.more: Dropping it would drop what it holds: a person has to decide that.',
    'why there is no fix');
DROP TABLE home.more;

-- Who may not read the journal is told what to grant, all of it, and what undoes without.
CREATE ROLE mighead_test_operator;
GRANT EXECUTE ON FUNCTION mighead_undo TO mighead_test_operator;
CREATE FUNCTION pg_temp.refusal(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    hint text;
BEGIN
    EXECUTE sql;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RETURN message || ' / ' || hint;
END $$;
REVOKE USAGE ON SCHEMA mighead FROM PUBLIC;
SET LOCAL ROLE mighead_test_operator;
SELECT is(pg_temp.refusal('SELECT * FROM mighead_log()'),
    'permission denied for table mighead.journal / GRANT USAGE ON SCHEMA mighead TO mighead_test_operator; GRANT SELECT ON mighead.journal TO mighead_test_operator; -- as the owner of the extension', 'all that is missing');
RESET ROLE;
GRANT USAGE ON SCHEMA mighead TO PUBLIC;
SET LOCAL ROLE mighead_test_operator;
SELECT matches(pg_temp.refusal($$SELECT * FROM mighead_undo(4711, 'a1', 'why')$$), 'no journal entry 4711 / The NOTICE of the write had its number', 'no dead end');
RESET ROLE;
SELECT matches(pg_temp.refusal($$SELECT * FROM mighead_undo(4711, 'a1', 'why')$$), 'no journal entry 4711 / SELECT id, .* FROM public.mighead_log\(\)', 'who may read it is shown how');

SELECT * FROM finish();
ROLLBACK;
