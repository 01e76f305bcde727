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

-- A column that was renamed and changed: no fix makes an empty one beside it.
SELECT is(pg_temp.drift_after('ALTER TABLE home.users RENAME n TO m; ALTER TABLE home.users ALTER m TYPE text'),
    ARRAY['column|home.users.m|extra', 'column|home.users.n|missing'], 'a column, renamed and changed');
SELECT is(pg_temp.drift_after('ALTER TABLE home.users DROP n; ALTER TABLE home.users ADD m text'),
    ARRAY['column|home.users.m|extra', 'column|home.users.n|missing|ALTER TABLE home.users ADD COLUMN n integer'], 'one that was dropped, and another that was added');

-- A table that was renamed and changed is known by its key; one that was dropped is not.
SELECT is(pg_temp.drift_after('ALTER TABLE home.users RENAME TO people; ALTER TABLE home.people ADD extra int'),
    ARRAY['table|home.users|renamed', 'column|home.people.extra|extra'], 'a table, renamed and changed');
SELECT is(pg_temp.drift_after('DROP TABLE home.users; CREATE TABLE home.people (id int PRIMARY KEY, email text, n int, extra int)'),
    ARRAY['table|home.people|extra', 'table|home.users|missing'], 'dropped, and another made');

-- Moved to another schema: one row, with what depends on it, and no fix that makes an empty table beside the full one.
CREATE SCHEMA captured;
CREATE SCHEMA elsewhere;
CREATE TABLE home.orders (id serial PRIMARY KEY, users int REFERENCES home.users, note text);
CREATE INDEX orders_note ON home.orders (note);
CREATE STATISTICS home.orders_both ON users, note FROM home.orders;
CREATE VIEW home.noted AS SELECT id, note FROM home.orders;
CREATE TABLE home.lines (id int PRIMARY KEY, orders int REFERENCES home.orders);
CREATE TYPE home.state AS ENUM ('new');
CREATE FUNCTION home.f(home.state) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE SEQUENCE home.counter;
CREATE TYPE home.color AS ENUM ('red');
CREATE DOMAIN home.price AS numeric CHECK (VALUE > 0);
CREATE TYPE home.point AS (x int, y int);
CREATE TYPE home.span AS RANGE (subtype = int);
CREATE FUNCTION home.g(int, numeric) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE home.p() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE home.total(int) (SFUNC = int4pl, STYPE = int);
CREATE STATISTICS home.large_both ON users, id FROM home.orders;
SELECT mighead_capture('a1', 'home.alembic_version', '{home,captured}', replace => true);
SELECT is(pg_temp.drift_after('SELECT'), '{}', 'nothing was moved');
SELECT is(pg_temp.drift_after('ALTER TABLE home.orders SET SCHEMA captured'), ARRAY['table|home.orders|renamed'], 'moved to a schema that is compared');
SELECT is(pg_temp.drift_after('ALTER TABLE home.orders SET SCHEMA elsewhere'), ARRAY['table|home.orders|renamed'], 'to one that is not');
SELECT is(pg_temp.drift_after('ALTER TABLE home.orders SET SCHEMA elsewhere; ALTER TABLE elsewhere.orders ADD x int, DROP note CASCADE'),
    ARRAY['table|home.orders|renamed', 'column|home.orders.note|missing', 'column|elsewhere.orders.x|extra', 'index|home.orders_note|missing',
          'statistics|home.orders_both|missing', 'view|home.noted|missing'], 'and changed');
SELECT is(pg_temp.drift_after('ALTER VIEW home.noted SET SCHEMA elsewhere'), ARRAY['view|home.noted|renamed'], 'a view');
SELECT is(pg_temp.drift_after('ALTER TYPE home.state SET SCHEMA captured'), ARRAY['enum|home.state|renamed'], 'a type');
SELECT is(pg_temp.drift_after('ALTER FUNCTION home.f SET SCHEMA captured'), ARRAY['function|home.f(home.state)|renamed'], 'a function');
SELECT is(pg_temp.drift_after('ALTER SEQUENCE home.counter SET SCHEMA captured'), ARRAY['sequence|home.counter|renamed'], 'a sequence');
SELECT is(pg_temp.drift_after('ALTER TABLE home.lines SET SCHEMA elsewhere; ALTER TABLE home.orders SET SCHEMA captured'),
    ARRAY['table|home.lines|renamed', 'table|home.orders|renamed'], 'two tables, with a key from one to the other');
SELECT matches(array_to_string(pg_temp.drift_after('ALTER SCHEMA captured RENAME TO hidden; ALTER TABLE home.large SET SCHEMA hidden'), ';'),
    '^schema\|captured\|missing\|.*;table\|home.large\|renamed$', 'to a schema that was renamed');

-- A table of this name elsewhere that is not the missing one.
SELECT matches(array_to_string(pg_temp.drift_after('DROP TABLE home.large; CREATE TABLE elsewhere.large (other text, columns text)'), ';'),
    '^table\|home\.large\|missing$', 'with other columns: nobody knows');
SELECT matches(array_to_string(pg_temp.drift_after('DROP TABLE home.large; CREATE SCHEMA more; CREATE TABLE elsewhere.large (id int); CREATE TABLE more.large (id int)'), ';'),
    '^table\|home\.large\|missing$', 'two of them: either may be the one that was moved');
SELECT matches(array_to_string(pg_temp.drift_after('DROP TABLE home.large; CREATE TABLE elsewhere.alembic_version (version_num text); CREATE TABLE elsewhere.large (id int)'), ';'),
    '^table\|home\.large\|missing\|.*CREATE TABLE home\.large', 'that of another tenant');
-- Types, functions and statistics in a schema that is not compared: the fix would make a copy.
SELECT is(pg_temp.drift_after(format('ALTER %s SET SCHEMA elsewhere', of)), ARRAY[told], of)
FROM (VALUES ('TYPE home.color', 'enum|home.color|missing'), ('DOMAIN home.price', 'domain|home.price|missing'),
    ('TYPE home.point', 'composite type|home.point|missing'), ('TYPE home.span', 'range type|home.span|missing'),
    ('FUNCTION home.g(int, numeric)', 'function|home.g(integer, numeric)|missing'), ('PROCEDURE home.p()', 'procedure|home.p()|missing'),
    ('AGGREGATE home.total(int)', 'aggregate|home.total(integer)|missing'), ('STATISTICS home.large_both', 'statistics|home.large_both|missing')) m (of, told);
SELECT matches(array_to_string(pg_temp.drift_after('DROP FUNCTION home.g; CREATE FUNCTION elsewhere.g(int) RETURNS int LANGUAGE sql AS ''SELECT 1'''), ';'),
    '^function\|home\.g\(integer, numeric\)\|missing\|.*CREATE OR REPLACE FUNCTION home\.g', 'one with other arguments is another');
SELECT matches(array_to_string(pg_temp.drift_after('DROP TYPE home.color; CREATE DOMAIN elsewhere.color AS int'), ';'),
    '^enum\|home\.color\|missing\|.*CREATE TYPE home\.color', 'one of another kind too');
CREATE ROLE mighead_eve;
SELECT matches(array_to_string(pg_temp.drift_after('DROP TYPE home.color; CREATE SCHEMA eves AUTHORIZATION mighead_eve; SET LOCAL ROLE mighead_eve;
    CREATE TYPE eves.color AS ENUM (); RESET ROLE'), ';'), '^enum\|home\.color\|missing\|.*CREATE TYPE home\.color', 'a stranger''s type');
SELECT matches(array_to_string(pg_temp.drift_after('DROP TABLE home.large; CREATE SCHEMA eves AUTHORIZATION mighead_eve; SET LOCAL ROLE mighead_eve;
    CREATE TABLE eves.large (id int); RESET ROLE'), ';'), '^table\|home\.large\|missing\|.*CREATE TABLE home\.large', 'a stranger''s');
SELECT mighead_capture('a1', 'home.alembic_version', replace => true);

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
