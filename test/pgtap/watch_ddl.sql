-- Watching DDL: what is recorded, of whom, and what is not; that it is told from what a
-- migration did; and that nothing that may happen to the log stands in the way of DDL.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

CREATE ROLE mighead_author;
CREATE SCHEMA app AUTHORIZATION mighead_author;
GRANT CREATE, USAGE ON SCHEMA public TO mighead_author;
SET LOCAL application_name = 'psql of alice';

-- Runs commands one by one; what they left in the log, in order.
CREATE FUNCTION pg_temp.recorded(VARIADIC commands text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    last bigint := coalesce((SELECT max(id) FROM mighead.ddl_log), 0);
    command text;
BEGIN
    FOREACH command IN ARRAY commands LOOP
        EXECUTE command;
    END LOOP;
    RETURN QUERY SELECT concat_ws(' ', command_tag || CASE WHEN is_drop THEN ' -' ELSE ' +' END, object_type, object)
        FROM mighead.ddl_log WHERE id > last ORDER BY id;
END $$;

-- 1. Switching on and off.
SELECT is_empty($$SELECT pg_temp.recorded('CREATE TABLE app.before ()')$$, 'off: nothing is recorded');
SELECT lives_ok('SELECT mighead_watch_ddl()', 'on');
SELECT lives_ok('SELECT mighead_watch_ddl()', 'on again');
SELECT set_eq(
    $$SELECT evtname::text, evtevent::text, evtfoid::regproc::text, evtenabled::text FROM pg_event_trigger WHERE evtname LIKE 'mighead%'$$,
    $$VALUES ('mighead_ddl', 'ddl_command_end', 'mighead_log_ddl', 'O'), ('mighead_ddl_drop', 'sql_drop', 'mighead_log_ddl', 'O')$$,
    'the event triggers');
SELECT ok(bool_and(obj_description(oid, 'pg_event_trigger') IS NOT NULL), 'which say what they are for')
FROM pg_event_trigger WHERE evtname LIKE 'mighead%';
SELECT is_empty(
    $$SELECT * FROM mighead_definitions(NULL, '{app}') WHERE object LIKE 'mighead%'$$, 'and are no part of the schema');
SET LOCAL ROLE mighead_author;
SELECT throws_ok('SELECT mighead_watch_ddl()', '42501', NULL, 'not everybody may');
RESET ROLE;
GRANT EXECUTE ON FUNCTION mighead_watch_ddl(boolean), mighead_unwatch_ddl() TO mighead_author;
SET LOCAL ROLE mighead_author;
SELECT throws_ok('SELECT mighead_watch_ddl()', '42501', 'must be superuser to call mighead_watch_ddl()', 'nor may who was granted it');
SELECT throws_ok('SELECT mighead_unwatch_ddl()', '42501', 'must be superuser to call mighead_unwatch_ddl()', 'nor end it');
SELECT throws_ok('SELECT * FROM mighead.ddl_log', '42501', NULL, 'nor read it');
SELECT throws_ok('INSERT INTO mighead.ddl_log DEFAULT VALUES', '42501', NULL, 'nor write it');
SELECT throws_ok('SELECT * FROM mighead_ddl()', '42501', 'permission denied for table mighead.ddl_log', 'nor through its function');
RESET ROLE;
SELECT throws_ok('SELECT mighead_watch_ddl(NULL)', '22004', NULL, 'NULL');

-- 2. What is recorded.
SELECT results_eq(
    $$SELECT pg_temp.recorded('CREATE TABLE app.t (id integer PRIMARY KEY, a text, b integer)')$$,
    ARRAY['CREATE TABLE + table app.t', 'CREATE INDEX + index app.t_pkey'], 'a table and its index');
SELECT results_eq(
    $$SELECT pg_temp.recorded('ALTER TABLE app.t ADD COLUMN c integer', 'ALTER TABLE app.t DROP COLUMN b', 'ALTER TABLE app.t RENAME a TO "A b"')$$,
    ARRAY['ALTER TABLE + table app.t', 'ALTER TABLE - table column app.t.b', 'ALTER TABLE + table app.t', 'ALTER TABLE + table column app.t."A b"'],
    'columns');
SELECT results_eq(
    $$SELECT pg_temp.recorded('CREATE FUNCTION app.f(a int, b text) RETURNS int LANGUAGE sql AS ''SELECT 1''', 'COMMENT ON FUNCTION app.f IS ''x''', 'DROP FUNCTION app.f')$$,
    ARRAY['CREATE FUNCTION + function app.f(integer,pg_catalog.text)', 'COMMENT + function app.f(integer,pg_catalog.text)', 'DROP FUNCTION - function app.f(integer,pg_catalog.text)'],
    'functions');
SELECT results_eq(
    $$SELECT pg_temp.recorded('CREATE POLICY "p on t" ON app.t', 'CREATE TRIGGER tr BEFORE UPDATE ON app.t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()', 'DROP TRIGGER tr ON app.t')$$,
    ARRAY['CREATE POLICY + policy "p on t" on app.t', 'CREATE TRIGGER + trigger tr on app.t', 'DROP TRIGGER - trigger tr on app.t'],
    'what belongs to a table');
SELECT results_eq(
    $$SELECT pg_temp.recorded('CREATE VIEW app.v AS SELECT * FROM app.t', 'GRANT SELECT ON app.v TO PUBLIC', 'CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS a', 'REFRESH MATERIALIZED VIEW app.m')$$,
    ARRAY['CREATE VIEW + view app.v', 'GRANT + table', 'CREATE MATERIALIZED VIEW + materialized view app.m'],
    'views; refreshing one changes no schema');
SELECT results_eq(
    $$SELECT pg_temp.recorded('DO $do$BEGIN CREATE TYPE app.e AS ENUM (); END$do$')$$,
    ARRAY['CREATE TYPE + type app.e'], 'DDL inside of code');
SELECT results_eq(
    $$SELECT pg_temp.recorded('CREATE EXTENSION citext SCHEMA app', 'DROP EXTENSION citext')$$,
    ARRAY['CREATE EXTENSION + extension citext', 'DROP EXTENSION - extension citext'], 'an extension without its members');
SELECT set_eq(
    $$SELECT pg_temp.recorded('DROP TABLE app.t CASCADE')$$,
    ARRAY['DROP TABLE - table app.t', 'DROP TABLE - view app.v'], 'what goes along with a table, without its parts');

-- 3. Temporary objects are nobody's business.
SELECT is_empty(
    $$SELECT pg_temp.recorded('CREATE TEMPORARY TABLE tt (id serial PRIMARY KEY, a int)', 'CREATE INDEX ON tt (a)', 'ALTER TABLE tt DROP COLUMN a',
        'CREATE TEMPORARY VIEW tv AS SELECT * FROM tt', 'CREATE TEMPORARY TABLE ta AS SELECT 1 AS a', 'CREATE TEMPORARY TABLE tb (LIKE ta)',
        'CREATE TEMPORARY SEQUENCE ts', 'CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS ''SELECT 1''',
        'CREATE TRIGGER tr BEFORE UPDATE ON tt FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()', 'DROP TRIGGER tr ON tt',
        'DROP FUNCTION pg_temp.f()', 'DROP TABLE tt CASCADE', 'DROP TABLE ta, tb', 'DROP SEQUENCE ts')$$,
    'temporary objects');

-- 4. Of whom.
SET LOCAL ROLE mighead_author;
CREATE TABLE app.mine ();
RESET ROLE;
SELECT results_eq(
    $$SELECT session_user_name, current_user_name, application_name, backend_pid, client_addr IS NOT DISTINCT FROM inet_client_addr(),
        transaction_id, at BETWEEN now() AND clock_timestamp(), statement IS NULL
      FROM mighead.ddl_log WHERE object = 'app.mine'$$,
    $$SELECT session_user::text COLLATE "default", 'mighead_author', 'psql of alice', pg_backend_pid(), true, pg_current_xact_id(), true, true$$,
    'who, when, from where, in which transaction; no statement');
SAVEPOINT undone;
CREATE TABLE app.undone ();
ROLLBACK TO undone;
SELECT is_empty($$SELECT * FROM mighead.ddl_log WHERE object = 'app.undone'$$, 'what was rolled back was not done');

-- 5. Statements, on demand, and never a password.
SELECT lives_ok('SELECT mighead_watch_ddl(true)', 'with statements');
CREATE TABLE app.told (a integer DEFAULT 5);
CREATE FOREIGN DATA WRAPPER mighead_w;
CREATE SERVER mighead_s FOREIGN DATA WRAPPER mighead_w OPTIONS (password 'hidden');
CREATE USER MAPPING FOR PUBLIC SERVER mighead_s OPTIONS (password 'hidden');
ALTER USER MAPPING FOR PUBLIC SERVER mighead_s OPTIONS (SET password 'hidden');
ALTER SERVER mighead_s OPTIONS (SET password 'hidden');
CREATE FOREIGN TABLE app.far (a integer) SERVER mighead_s OPTIONS (password 'hidden');
ALTER FOREIGN TABLE app.far OPTIONS (SET password 'hidden');
ALTER FOREIGN DATA WRAPPER mighead_w OPTIONS (ADD password 'hidden');
CREATE TABLE app.two (); ALTER ROLE mighead_author PASSWORD 'hidden';
DO $$BEGIN CREATE TABLE app.inside (); PERFORM 'hidden'; END$$;
CREATE TABLE app.one ()\; ALTER ROLE mighead_author PASSWORD 'hidden';
SELECT results_eq(
    $$SELECT object, statement FROM mighead.ddl_log WHERE object IN ('app.told', 'app.one', 'app.inside') ORDER BY id$$,
    $$VALUES ('app.told', 'CREATE TABLE app.told (a integer DEFAULT 5);'), ('app.inside', NULL), ('app.one', NULL)$$,
    'the statement, where it is all that the client sent');
SELECT isnt_empty($$SELECT * FROM mighead.ddl_log WHERE object_type = 'user mapping'$$, 'a user mapping is recorded');
SELECT is_empty($$SELECT * FROM mighead.ddl_log d WHERE d::text LIKE '%hidden%'$$, 'without its password');
SELECT lives_ok('SELECT mighead_watch_ddl()', 'without statements again');
CREATE TABLE app.untold ();
SELECT is((SELECT statement FROM mighead.ddl_log WHERE object = 'app.untold'), NULL, 'none is kept any more');

-- 6. Read again: one entry for each object, under the name that mighead has for it, and told from
--    what migrations did.
CREATE TABLE app.orders (id integer PRIMARY KEY, total integer CONSTRAINT positive CHECK (total > 0));
ALTER TABLE app.orders ADD COLUMN note text;
CREATE POLICY p ON app.orders;
CREATE FUNCTION app.g(a text, b int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER TABLE app.orders DROP CONSTRAINT positive;
SELECT results_eq(
    $$SELECT object, object_type, command_tag, is_drop, in_migration FROM mighead_ddl()
      WHERE object LIKE 'app.orders%' OR object LIKE 'app.g%' ORDER BY 1$$,
    $$VALUES ('app.g(text, integer[])', 'function', 'CREATE FUNCTION', false, false),
             ('app.orders', 'table', 'ALTER TABLE', false, false),
             ('app.orders.p', 'policy', 'CREATE POLICY', false, false),
             ('app.orders.positive', 'table constraint', 'ALTER TABLE', true, false),
             ('app.orders_pkey', 'index', 'CREATE INDEX', false, false)$$,
    'the newest of each object, as SQL names it');
SELECT is((SELECT count(DISTINCT object) FROM mighead_ddl()), (SELECT count(*) FROM mighead_ddl()), 'one for each object');
SELECT is_empty($$SELECT * FROM mighead_ddl('-1 hour')$$, 'none since later');
SELECT isnt_empty($$SELECT * FROM mighead_ddl('1 hour')$$, 'some since earlier');
-- what was done before the row changed was the migration's; what somebody did by hand comes first
UPDATE mighead.ddl_log SET transaction_id = '77', at = at - interval '1 minute'
WHERE object = 'app.orders' AND command_tag = 'CREATE TABLE';
CREATE FUNCTION pg_temp.journal(transaction_id xid8, pid int) RETURNS void LANGUAGE sql AS
    $$INSERT INTO mighead.journal (id, at, version_table_schema, version_table_name, project, action, old_rows, new_rows,
        session_user_name, current_user_name, backend_pid, transaction_id)
      VALUES (-nextval('mighead.journal_id_seq'), clock_timestamp(), 'app', 'alembic_version', 'default', 'upgrade', '{}', '{a}', 'x', 'x', $2, $1)$$;
SELECT pg_temp.journal(pg_current_xact_id(), pg_backend_pid());
CREATE TABLE app.afterwards ();
SELECT results_eq(
    $$SELECT object, command_tag, in_migration FROM mighead_ddl() WHERE object IN ('app.orders', 'app.orders.p', 'app.afterwards') ORDER BY 1$$,
    $$VALUES ('app.afterwards', 'CREATE TABLE', false), ('app.orders', 'CREATE TABLE', false), ('app.orders.p', 'CREATE POLICY', true)$$,
    'a migration''s DDL is known by the row that changes after it, and yields to others''');
SELECT pg_temp.journal('77', pg_backend_pid() + 1);
SELECT is((SELECT command_tag FROM mighead_ddl() WHERE object = 'app.orders'), 'CREATE TABLE', 'not by a number of another server''s');
SELECT pg_temp.journal('77', pg_backend_pid());
SELECT is((SELECT command_tag || ' ' || in_migration FROM mighead_ddl() WHERE object = 'app.orders'), 'ALTER TABLE true', 'all by migrations: the newest');
GRANT USAGE ON SCHEMA mighead TO mighead_author;
GRANT SELECT ON mighead.ddl_log TO mighead_author;
SET LOCAL ROLE mighead_author;
SELECT is((SELECT in_migration FROM mighead_ddl() WHERE object = 'app.afterwards'), NULL, 'without the journal it is not known');
RESET ROLE;

-- In drift: who did it, with the newest DDL to the object itself or to its table.
CREATE SCHEMA home;
CREATE TABLE home.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO home.alembic_version VALUES ('a1');
SELECT mighead_project('default', 'alembic_version', 'home');
SELECT mighead_add_revision('a1');
CREATE TABLE home.kept (id integer PRIMARY KEY, a text, b text);
CREATE TABLE home.lost (id integer);
CREATE INDEX kept_a ON home.kept (a);
CREATE FUNCTION home.f(a text, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
SELECT mighead_capture(version_table => 'home.alembic_version');
GRANT USAGE, CREATE ON SCHEMA home TO mighead_author;
ALTER TABLE home.kept OWNER TO mighead_author;
TRUNCATE mighead.ddl_log;
SET LOCAL ROLE mighead_author;
ALTER TABLE home.kept ALTER COLUMN b SET NOT NULL;
RESET ROLE;
DROP TABLE home.lost;
DROP INDEX home.kept_a;
CREATE VIEW home.more AS SELECT 1 AS a;
CREATE OR REPLACE FUNCTION home.f(a text, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 2';
SELECT set_eq(
    $$SELECT object, kind, changed_by, changed_at BETWEEN now() AND clock_timestamp() FROM mighead_drift('home.alembic_version') WHERE severity = 2$$,
    format($$VALUES ('home.kept.b', 'changed', '%1$s as mighead_author: ALTER TABLE (psql of alice)', true),
        ('home.lost', 'missing', '%1$s: DROP TABLE (psql of alice)', true),
        ('home.kept_a', 'missing', '%1$s: DROP INDEX (psql of alice)', true),
        ('home.more', 'extra', '%1$s: CREATE VIEW (psql of alice)', true),
        ('home.f(text, integer)', 'changed', '%1$s: CREATE FUNCTION (psql of alice)', true)$$, session_user),
    'drift names who did it');
GRANT USAGE ON SCHEMA home TO mighead_author;
REVOKE SELECT ON mighead.ddl_log FROM mighead_author;
SET LOCAL ROLE mighead_author;
SELECT is((SELECT count(changed_by) FROM mighead_drift('home.alembic_version')), 0::bigint, 'but not to everybody');
RESET ROLE;

-- 7. Nothing of the log's troubles is the author's.
SET LOCAL ROLE mighead_author;
CREATE TABLE app.allowed ();
RESET ROLE;
SELECT isnt_empty($$SELECT * FROM mighead.ddl_log WHERE object = 'app.allowed'$$, 'nobody needs a privilege to be recorded');
ALTER TABLE mighead.ddl_log RENAME TO ddl_log_away;
SELECT lives_ok('CREATE TABLE app.no_log ()', 'the log is missing');
SELECT lives_ok('DROP TABLE app.no_log', 'and for what is dropped');
SELECT has_table('app', 'allowed', 'the transaction goes on');
ALTER TABLE mighead.ddl_log_away RENAME TO ddl_log;
ALTER TABLE mighead.ddl_log ADD CONSTRAINT never CHECK (command_tag <> 'CREATE VIEW') NOT VALID;
SELECT lives_ok('CREATE VIEW app.refused AS SELECT 1 AS a', 'the log refuses');
SELECT isnt_empty('SELECT * FROM app.refused', 'what was done is done');
CREATE FUNCTION pg_temp.full() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'no space'; END$$;
CREATE TRIGGER f BEFORE INSERT ON mighead.ddl_log EXECUTE FUNCTION pg_temp.full();
SELECT lives_ok('CREATE TABLE app.no_space ()', 'the disk is full');
DROP TRIGGER f ON mighead.ddl_log;
SELECT results_eq($$SELECT pg_temp.recorded('CREATE TABLE app.again ()')$$, ARRAY['CREATE TABLE + table app.again'], 'and all is well again');
SET LOCAL session_replication_role = replica;
SELECT is_empty($$SELECT pg_temp.recorded('CREATE TABLE app.applied ()')$$, 'a replica applies what was recorded elsewhere');
SET LOCAL session_replication_role = origin;

-- 8. Off, and gone.
SELECT lives_ok('SELECT mighead_unwatch_ddl()', 'off');
SELECT lives_ok('SELECT mighead_unwatch_ddl()', 'off already');
SELECT is_empty($$SELECT pg_temp.recorded('CREATE TABLE app.later ()')$$, 'nothing is recorded any more');
SELECT isnt_empty('SELECT * FROM mighead.ddl_log', 'what was recorded stays');
SELECT mighead_watch_ddl();
DROP EXTENSION mighead;
SELECT is_empty($$SELECT evtname FROM pg_event_trigger WHERE evtname LIKE 'mighead%'$$, 'DROP EXTENSION takes the event triggers along');
SELECT lives_ok('CREATE TABLE app.last ()', 'and DDL goes on');

SELECT * FROM finish();
ROLLBACK;
