-- The journal: what mighead_log() and the columns drawn from it say, whom it is shown to,
-- the watch that keeps it, and the names and the lock of an environment.
BEGIN;
SET LOCAL client_min_messages = error; -- a failed capture is a WARNING
SELECT no_plan();

CREATE ROLE regress_mighead_deployer;
CREATE ROLE regress_mighead_reader;
SELECT mighead_add_revision('a1', message => 'one');
SELECT mighead_add_revision('a2', ARRAY['a1'], message => 'two');
SELECT mighead_add_revision('a3', ARRAY['a2'], message => 'three');
SELECT mighead_ensure_version('alembic_version');
GRANT SELECT, INSERT, UPDATE, DELETE ON alembic_version TO regress_mighead_deployer, regress_mighead_reader;
SELECT mighead_watch('alembic_version');

CREATE FUNCTION pg_temp.codes() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(code, ' ' ORDER BY code), '') FROM mighead_findings()
    WHERE code IN ('stamped_blindly', 'changed_by_hand', 'watch_lost') $$;

-- 1. What is written, by whom, and who reads it.
SELECT is_empty('SELECT * FROM mighead_log()', 'nothing yet');
SELECT is((SELECT changed_at FROM mighead_status()), NULL, 'and nothing is known of the last change');
SET LOCAL application_name = 'deploy';
SET LOCAL ROLE regress_mighead_deployer;
INSERT INTO alembic_version VALUES ('a1');
RESET ROLE;
SELECT row_eq(
    $$SELECT version_table, action, old_rows, new_rows, session_user_name, current_user_name, application_name,
        backend_pid, transaction_id, reason, skipped_guards FROM mighead_log()$$,
    ROW ('public.alembic_version'::text, 'upgrade'::text, '{}'::text[], '{a1}'::text[], current_setting('session_authorization'),
         'regress_mighead_deployer'::text, 'deploy'::text, pg_backend_pid(), pg_current_xact_id(), NULL::text, '{}'::text[]),
    'one entry');
SELECT is((SELECT client_addr FROM mighead_log()), inet_client_addr(), 'from where');
SELECT ok((SELECT at BETWEEN now() AND clock_timestamp() FROM mighead_log()), 'when');
SELECT isnt((SELECT at FROM mighead_log()), now(), 'not when the transaction began');
UPDATE alembic_version SET version_num = 'a2';
SELECT is((SELECT array_agg(l.new_rows::text) FROM mighead_log() l), ARRAY['{a2}', '{a1}'], 'newest first');
SELECT is((SELECT ran_ddl FROM mighead_log() LIMIT 1), false, 'no DDL since the entry before');
CREATE FUNCTION made() RETURNS int LANGUAGE sql AS 'SELECT 1';
UPDATE alembic_version SET version_num = 'a3';
SELECT is((SELECT ran_ddl FROM mighead_log() LIMIT 1), true, 'DDL since the entry before, and be it without a lock');
UPDATE alembic_version SET version_num = 'a2';
UPDATE alembic_version SET version_num = 'a3';
SELECT is((SELECT string_agg(action, ' ' ORDER BY id) FROM mighead_log()),
    'upgrade upgrade upgrade downgrade upgrade', 'up and down without DDL are not joined');

UPDATE mighead.journal SET at = at - interval '1 day' WHERE new_rows = '{a1}';
SELECT is((SELECT count(*) FROM mighead_log('1 hour')), 4::bigint, 'since');
SELECT is((SELECT count(*) FROM mighead_log('2 days')), 5::bigint, 'since, further back');
SELECT is((SELECT count(*) FROM mighead_log(version_table => 'alembic_version')), 5::bigint, 'of a table');
SELECT is_empty($$SELECT * FROM mighead_log(version_table => 'mighead.project')$$, 'of another');
SELECT throws_ok('SELECT mighead_log(version_table => 4711)', '42P01');

SELECT row_eq('SELECT changed_at, changed_by FROM mighead_status()',
    (SELECT ROW (at, session_user_name) FROM mighead_log() LIMIT 1), 'status: who and when');
SELECT row_eq('SELECT changed_at, changed_by FROM mighead_versions',
    (SELECT ROW (at, session_user_name) FROM mighead_log() LIMIT 1), 'versions: who and when');
SELECT results_eq('SELECT revision, applied_at FROM mighead_history()',
    $$VALUES ('a3', (SELECT max(at) FROM mighead_log() WHERE new_rows = '{a3}')),
             ('a2', (SELECT min(at) FROM mighead_log() WHERE new_rows = '{a2}')),
             ('a1', (SELECT min(at) FROM mighead_log() WHERE new_rows = '{a1}'))$$,
    'history: the last upgrade, not the downgrade');
SELECT is((SELECT applied_at FROM mighead_show('a1')), (SELECT min(at) FROM mighead_log()), 'show: likewise');
SELECT is((SELECT applied_at FROM mighead_history(version_table => 'mighead.project') LIMIT 1), NULL,
    'not of another table');

GRANT SELECT ON alembic_version TO regress_mighead_reader;
SET LOCAL ROLE regress_mighead_reader;
SELECT throws_ok('SELECT * FROM mighead_log()', '42501', 'permission denied for table mighead.journal',
    'who may not read the journal is told so');
SELECT row_eq('SELECT state, changed_at, changed_by FROM mighead_status()', ROW ('ok'::text, NULL::timestamptz, NULL::text),
    'and elsewhere it is not known');
SELECT is((SELECT changed_by FROM mighead_versions), NULL, 'versions: not known');
SELECT is((SELECT count(applied_at) FROM mighead_history()), 0::bigint, 'history: not known');
RESET ROLE;
GRANT SELECT ON mighead.journal TO regress_mighead_reader;
SET LOCAL ROLE regress_mighead_reader;
SELECT is((SELECT count(*) FROM mighead_log()), 5::bigint, 'unless it was granted');
SELECT isnt((SELECT changed_by FROM mighead_status()), NULL, 'also for the columns');
SELECT throws_ok('DELETE FROM mighead.journal', '42501', NULL, 'but not to write');
RESET ROLE;

-- Triggers of its name and function that do not fire.
CREATE FUNCTION pg_temp.remade(definition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    DROP TRIGGER mighead_watch_update ON alembic_version;
    EXECUTE 'CREATE TRIGGER mighead_watch_update ' || definition || ' EXECUTE FUNCTION mighead_watch_trigger()';
    found := pg_temp.codes();
    PERFORM mighead_watch('alembic_version');
    RETURN found;
END$$;
SELECT is(pg_temp.remade('AFTER UPDATE ON alembic_version REFERENCING OLD TABLE AS mighead_old NEW TABLE AS mighead_new FOR EACH STATEMENT'),
    '', 'a trigger made as the watch makes it watches');
SELECT is(pg_temp.remade(definition), 'watch_lost', definition) FROM (VALUES
    ('AFTER UPDATE ON alembic_version REFERENCING OLD TABLE AS mighead_old NEW TABLE AS mighead_new FOR EACH STATEMENT WHEN (false)'),
    ('AFTER UPDATE OF version_num ON alembic_version FOR EACH STATEMENT'),
    ('AFTER INSERT ON alembic_version REFERENCING NEW TABLE AS mighead_new FOR EACH STATEMENT'),
    ('BEFORE UPDATE ON alembic_version FOR EACH STATEMENT'),
    ('AFTER UPDATE ON alembic_version FOR EACH ROW')) AS made (definition);

-- A change past the watch: what the journal says last is not about these rows.
ALTER TABLE alembic_version DISABLE TRIGGER ALL;
UPDATE alembic_version SET version_num = 'a2';
SELECT is((SELECT changed_by FROM mighead_status()), NULL, 'a change past the watch is nobody''s');
SELECT is(pg_temp.codes(), 'changed_by_hand watch_lost', 'a watch that is switched off is found, and so are the rows');
SELECT mighead_watch('alembic_version');
SELECT is(pg_temp.codes(), 'changed_by_hand', 'the watch is mended by watching again, the rows are not');
SELECT row_eq($$SELECT severity, evidence ->> 'old_rows', evidence ->> 'new_rows', fix FROM mighead_findings() WHERE code = 'changed_by_hand'$$,
    ROW (1, '["a3"]'::text, '["a2"]'::text, NULL::text), 'with what was recorded last, and what is there');
SAVEPOINT vouching;
SELECT count(*) FROM mighead_stamp('a2', 'a2', 'looked at', skip_guards => '{schema}');
SELECT is(pg_temp.codes(), '', 'a guarded stamp vouches for them');
ROLLBACK TO vouching;
RELEASE vouching;

-- 2. Changes that no migration made.
UPDATE alembic_version SET version_num = 'a3'; -- which has the DDL that made the triggers
UPDATE alembic_version SET version_num = 'gone';
SELECT is((SELECT action FROM mighead_log() LIMIT 1), 'manual', 'to an id that no script has');
SELECT is(pg_temp.codes(), '', 'which may be a migration whose script is not loaded yet: the unknown row says enough');
UPDATE alembic_version SET version_num = 'a3';
SELECT is(pg_temp.codes(), 'changed_by_hand', 'gone from there again it is a finding');
SELECT row_eq($$SELECT severity, sqlstate, evidence ->> 'old_rows', evidence ->> 'new_rows', evidence ->> 'session_user_name',
        evidence ->> 'application_name', fix FROM mighead_findings() WHERE code = 'changed_by_hand'$$,
    ROW (1, 'MH004'::text, '["gone"]'::text, '["a3"]'::text, current_setting('session_authorization'), 'deploy'::text, NULL::text), 'with its evidence');
SELECT mighead_add_revision('gone', ARRAY['a3']);
SELECT is(pg_temp.codes(), '', 'unless its script is loaded later');
SELECT mighead_remove_revision('gone');
UPDATE alembic_version SET version_num = 'gone';
DELETE FROM alembic_version;
SELECT is(pg_temp.codes(), 'changed_by_hand', 'still the same change');
INSERT INTO alembic_version VALUES ('a3');
SELECT is((SELECT action FROM mighead_log() LIMIT 1), 'stamp', 'what "stamp --purge" writes');
SELECT mighead_reset('a3', 'test', skip_guards => '{schema}');
SELECT is(pg_temp.codes(), '', 'until somebody vouches for the rows');
SELECT is((SELECT string_agg(action, ' ' ORDER BY id) FROM mighead_log() WHERE id >
    (SELECT max(id) FROM mighead_log() WHERE action = 'stamp')), 'mighead_reset', 'an act of mighead is one entry');
UPDATE alembic_version SET version_num = 'a1';
INSERT INTO alembic_version VALUES ('a3');
SELECT is((SELECT action FROM mighead_log() LIMIT 1), 'stamp', 'from nothing to the third');
SELECT is(pg_temp.codes(), 'stamped_blindly', 'without DDL: blindly');
SELECT is((SELECT evidence ->> 'revisions' FROM mighead_findings() WHERE code = 'stamped_blindly'), '3', 'over three');
UPDATE alembic_version SET version_num = 'a2';
SELECT is(pg_temp.codes(), 'stamped_blindly', 'a step later it still is');
DELETE FROM alembic_version;
CREATE TABLE made_by_hand (id int);
INSERT INTO alembic_version VALUES ('a3');
SELECT is((SELECT action || ran_ddl::text FROM mighead_log() LIMIT 1), 'stamptrue', 'with DDL: no blind stamp');

-- 3. What can be watched.
CREATE VIEW a_view AS SELECT 'x'::text AS version_num;
CREATE TABLE numbers (version_num int);
CREATE TABLE no_column (id int);
CREATE TEMPORARY TABLE passing (version_num text);
SELECT throws_ok($$SELECT mighead_watch('a_view')$$, '42809');
SELECT throws_ok($$SELECT mighead_watch('numbers')$$, '42809');
SELECT throws_ok($$SELECT mighead_watch('no_column')$$, '42809');
SELECT throws_ok($$SELECT mighead_watch('passing')$$, '42809');
SELECT throws_ok($$SELECT mighead_watch(NULL)$$, '22004');
SELECT throws_ok($$SELECT mighead_watch('alembic_version', NULL)$$, '22004');
SELECT throws_ok($$SELECT mighead_unwatch(NULL)$$, '22004');
SELECT throws_ok($$SELECT mighead_unwatch('numbers')$$, '42704', 'public.numbers is not watched');
SELECT throws_ok($$SELECT mighead_watch(4711)$$, '42P01');
GRANT EXECUTE ON FUNCTION mighead_watch, mighead_unwatch TO regress_mighead_deployer;
SET LOCAL ROLE regress_mighead_deployer;
SELECT throws_ok($$SELECT mighead_watch('alembic_version')$$, '42501', NULL, 'to watch takes TRIGGER on the table');
SELECT throws_ok($$SELECT mighead_unwatch('alembic_version')$$, '42501', NULL, 'and so does to stop it');
RESET ROLE;
GRANT TRIGGER ON alembic_version TO regress_mighead_deployer;
GRANT EXECUTE ON FUNCTION mighead_capture TO regress_mighead_deployer;
SET LOCAL ROLE regress_mighead_deployer;
SELECT lives_ok($$SELECT mighead_unwatch('alembic_version')$$, 'with it, and EXECUTE, a role may');
SELECT lives_ok($$SELECT mighead_watch('alembic_version', capture => true)$$, 'both');
RESET ROLE;
SELECT row_eq('SELECT version_table_schema, version_table_name, capture, watched_by FROM mighead.watch',
    ROW ('public'::text, 'alembic_version'::text, true, current_setting('session_authorization')), 'what is watched is stored');
SELECT mighead_watch('alembic_version');
SELECT is((SELECT capture FROM mighead.watch), false, 'again: changes capture');
SELECT is((SELECT count(*) FROM pg_trigger WHERE tgrelid = 'alembic_version'::regclass AND tgenabled = 'A'), 4::bigint,
    'and makes no further trigger');

-- Quoted names, a partitioned table, a domain; a table of no project.
CREATE SCHEMA "We ""ird$";
CREATE DOMAIN "We ""ird$".id AS varchar(32);
CREATE TABLE "We ""ird$"."ver sion" (version_num "We ""ird$".id, tenant int) PARTITION BY LIST (tenant);
CREATE TABLE "We ""ird$".one PARTITION OF "We ""ird$"."ver sion" FOR VALUES IN (1);
SELECT mighead_project('quoted', 'ver sion', 'We "ird$');
SELECT mighead_watch('"We ""ird$"."ver sion"');
INSERT INTO "We ""ird$"."ver sion" VALUES ('Z''\z', 1);
SELECT row_eq($$SELECT version_table, action, new_rows FROM mighead_log() LIMIT 1$$,
    ROW ('"We ""ird$"."ver sion"'::text, 'upgrade'::text, ARRAY['Z''\z']), 'quoted names, a partition, a domain');
SELECT is((SELECT project FROM mighead.journal ORDER BY id DESC LIMIT 1), 'quoted', 'of its project');
UPDATE "We ""ird$"."ver sion" SET tenant = 1;
SELECT is((SELECT count(*) FROM mighead_log(version_table => '"We ""ird$"."ver sion"')), 1::bigint,
    'another column is no change');
SET LOCAL search_path = '';
DELETE FROM "We ""ird$"."ver sion";
SET LOCAL search_path = public;
SELECT is((SELECT old_rows FROM mighead_log() LIMIT 1), ARRAY['Z''\z'], 'whatever the search_path is');
CREATE TABLE loose (version_num text);
SELECT mighead_watch('loose');
INSERT INTO loose VALUES (NULL), ('a1'), ('a1');
SELECT row_eq($$SELECT action, new_rows FROM mighead_log() LIMIT 1$$, ROW ('manual'::text, '{a1,a1}'::text[]),
    'several at once, repeated and NULL');
DELETE FROM loose WHERE version_num IS NULL;
SELECT row_eq($$SELECT action, old_rows, new_rows FROM mighead_log() LIMIT 1$$,
    ROW ('manual'::text, '{a1,a1}'::text[], '{a1,a1}'::text[]), 'a NULL row that goes');

-- 4. Which database this is.
SELECT throws_ok($$SELECT mighead_environment('')$$, '22023');
SELECT throws_ok($$SELECT mighead_environment(NULL, true)$$, '22023');
SELECT throws_ok($$SELECT mighead_environment('x', NULL)$$, '22004');
SELECT mighead_environment('production', true);
SELECT row_eq($$SELECT environment, environment_database, protected FROM mighead.project WHERE name = 'default'$$,
    ROW ('production'::text, current_database()::text COLLATE "default", true), 'labelled and protected');
SELECT throws_ok($$SELECT mighead_environment('staging')$$, 'MH104', NULL, 'protected: to change it has to be confirmed');
SELECT throws_ok($$SELECT mighead_environment(NULL, confirm => 'staging')$$, 'MH104', NULL, 'with its own name');
SELECT throws_ok($$SELECT mighead_environment('production', true, 'staging')$$, 'MH104', NULL, 'also to say the same');
SELECT lives_ok($$SELECT mighead_environment('production', false, 'production')$$, 'confirmed by its label');
SELECT lives_ok($$SELECT mighead_environment('staging', true)$$, 'not protected: without');
SELECT lives_ok(format('SELECT mighead_environment(NULL, confirm => %L)', current_database()), 'confirmed by its name');
SELECT row_eq($$SELECT environment, environment_database, protected FROM mighead.project WHERE name = 'default'$$,
    ROW (NULL::text, NULL::text, false), 'the label can be taken off');
SELECT mighead_environment('other', project => 'new');
SELECT is((SELECT environment FROM mighead.project WHERE name = 'new'), 'other', 'a project that was not there before');

-- 5. The key, computed anew.
SELECT is(mighead_lock_key(p), ('x' || left(encode(sha256(convert_to('mighead:' || p, 'UTF8')), 'hex'), 16))::bit(64)::bigint,
    'key of ' || p) FROM unnest(ARRAY['default', 'shop', '', 'größer']) AS p;
SELECT is(mighead_lock_key(), mighead_lock_key('default'), 'NULL: the project that there is');

-- 6. With capture each single step of an upgrade is captured, nothing else is.
CREATE SCHEMA scratch;
SELECT mighead_project('scratch', 'scratch_version', 'scratch');
SELECT mighead_add_revision('s1', project => 'scratch');
SELECT mighead_add_revision('s2', ARRAY['s1'], project => 'scratch');
SELECT mighead_add_revision('s3', ARRAY['s2'], project => 'scratch');
SELECT mighead_add_revision('s4', ARRAY['s3'], project => 'scratch');
SELECT mighead_ensure_version('scratch.scratch_version');
SELECT mighead_watch('scratch.scratch_version', capture => true);
CREATE TABLE scratch.one (id int);
INSERT INTO scratch.scratch_version VALUES ('s1');
UPDATE scratch.scratch_version SET version_num = 's2';
UPDATE scratch.scratch_version SET version_num = 's4';
UPDATE scratch.scratch_version SET version_num = 's3';
SELECT results_eq($$SELECT rows, previous_rows, revision FROM mighead.expected_set WHERE project = 'scratch' ORDER BY rows$$,
    $$VALUES ('{}'::text[], NULL::text[], NULL), ('{s1}', '{}', 's1'), ('{s2}', '{s1}', 's2')$$,
    'the schema before, and each step; no jump and no downgrade');
ALTER TABLE mighead.expected_set ADD CONSTRAINT never CHECK (rows <> '{s4}');
UPDATE scratch.scratch_version SET version_num = 's4';
SELECT is((SELECT action FROM mighead_log() LIMIT 1), 'upgrade', 'what cannot be captured is journalled all the same');

SELECT * FROM finish();
ROLLBACK;
