-- Guarded writers: every guard refuses, with facts and a next step; skipped by name it lets
-- through, and the journal says so; whatever the version table is like, all or nothing.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

-- What a call is refused with, "SQLSTATE: message", or "done".
CREATE FUNCTION pg_temp.outcome(call text, OUT outcome text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
DECLARE
    state text;
    message text;
BEGIN
    EXECUTE call;
    outcome := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    outcome := state || ': ' || message;
END $$;
CREATE FUNCTION pg_temp.refuses(call text, sqlstate text, description text) RETURNS text LANGUAGE sql AS $$
    SELECT is(split_part(outcome, ':', 1), sqlstate, description || coalesce(nullif(' (' || outcome || ')', ' (done)'), ''))
    FROM pg_temp.outcome(call) $$;
CREATE FUNCTION pg_temp.refuses_with(call text, outcome text, detail text, hint text, description text) RETURNS text LANGUAGE sql AS $$
    SELECT is(pg_temp.outcome(call)::text, ROW (outcome, detail, hint)::text, description) $$;
CREATE FUNCTION pg_temp.rows_of(version_table text DEFAULT 'alembic_version') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    rows text;
BEGIN
    EXECUTE format('SELECT array_agg(version_num::text ORDER BY version_num::text COLLATE "C")::text FROM %s',
        version_table) INTO rows;
    RETURN coalesce(rows, '{}');
END $$;
-- The newest entry of the journal.
CREATE FUNCTION pg_temp.newest() RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s -> %s, %s, skipped %s', action, old_rows, new_rows, reason, skipped_guards)
    FROM mighead.journal ORDER BY id DESC LIMIT 1 $$;
-- Rows as they shall be before a test, whatever they were.
CREATE FUNCTION pg_temp.given(VARIADIC rows text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM alembic_version;
    INSERT INTO alembic_version SELECT unnest(rows);
END $$;

-- a1 - a2 - a3, b1 - b2, c1 depends on a1, and a long id
SELECT mighead_add_revision('a1'), mighead_add_revision('a2', ARRAY['a1']), mighead_add_revision('a3', ARRAY['a2']),
    mighead_add_revision('b1', branch_labels => ARRAY['side']), mighead_add_revision('b2', ARRAY['b1']),
    mighead_add_revision('c1', depends_on => ARRAY['a1']), mighead_add_revision(repeat('x', 40));

-- 1. No version table, several, and what is none.
SELECT row_eq($$SELECT * FROM pg_temp.outcome('SELECT mighead_stamp(''a1'', ''{}'', ''why'')')$$,
    ROW ('MH302: there is no version table'::text, ''::text, 'SELECT public.mighead_ensure_version(); creates it as Alembic does.'::text),
    'no version table');
SELECT pg_temp.refuses($$SELECT mighead_reset('{}', 'why')$$, 'MH302', 'reset: no version table');
SELECT hasnt_table('alembic_version', 'and none was made');
SELECT mighead_ensure_version();
CREATE SCHEMA tenant;
CREATE TABLE tenant.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
SELECT pg_temp.refuses($$SELECT mighead_stamp('a1', '{}', 'why')$$, 'MH301', 'several version tables');
SELECT lives_ok($$SELECT mighead_stamp('a1', '{}', 'why', 'tenant.alembic_version', skip_guards => '{schema}')$$,
    'one of several, by name');
SELECT is(pg_temp.rows_of('tenant.alembic_version') || pg_temp.rows_of(), '{a1}{}', 'and only that one');
DROP SCHEMA tenant CASCADE;
CREATE VIEW looks_like AS SELECT version_num FROM alembic_version;
SELECT pg_temp.refuses($$SELECT mighead_stamp('a1', '{}', 'why', 'looks_like')$$, '42809', 'a view');
DROP VIEW looks_like;
CREATE TABLE other_table (id int);
SELECT pg_temp.refuses($$SELECT mighead_stamp('a1', '{}', 'why', 'other_table')$$, '42809', 'a table without version_num');
DROP TABLE other_table;

-- 2. Arguments.
SELECT pg_temp.refuses(format('SELECT mighead_stamp(%s)', arguments), '22004', 'stamp: NULL: ' || arguments)
FROM unnest(ARRAY[$$NULL, '{}', 'why'$$, $$'a1', NULL, 'why'$$, $$'a1', '{}', 'why', purge => NULL$$,
    $$'a1', '{}', 'why', skip_guards => NULL$$, $$'{a1,NULL}', '{}', 'why'$$, $$'a1', '{}', 'why', skip_guards => '{NULL}'$$]) arguments;
SELECT pg_temp.refuses($$SELECT mighead_reset(NULL, 'why')$$, '22004', 'reset: expect is NULL');
SELECT pg_temp.refuses($$SELECT mighead_undo(NULL, '{}', 'why')$$, '22004', 'undo: journal_id is NULL');
SELECT pg_temp.refuses($$SELECT mighead_undo(1, NULL, 'why')$$, '22004', 'undo: expect is NULL');
SELECT pg_temp.refuses($$SELECT mighead_stamp('{a1', '{}', 'why')$$, '22P02', 'a malformed array');
SELECT pg_temp.refuses($$SELECT mighead_stamp('a1', '{}', 'why', project => 'none')$$, '42704', 'no such project');
SELECT pg_temp.refuses(format('SELECT mighead_stamp(''a1'', ''{}'', ''why'', skip_guards => ARRAY[%L])', guard), '22023',
    'cannot be skipped: ' || guard)
FROM unnest('{expect,environment,busy,width,writable,reason,none,Schema,""}'::text[]) guard;
SELECT pg_temp.refuses_with($$SELECT mighead_reset('{}', 'why', skip_guards => '{schema,busy}')$$,
    '22023: guard "busy" cannot be skipped'::text, ''::text,
        'Guards that can be skipped are registered, schema, overlap and targets.'::text, 'which ones can');

-- 3. writable: before anything else is looked at.
SELECT pg_temp.refuses('SET LOCAL transaction_read_only = on; SELECT ' || call, '25006', 'read-only: ' || call)
FROM unnest(ARRAY['mighead_stamp(NULL, NULL, NULL)', 'mighead_reset(NULL, NULL)', 'mighead_undo(NULL, NULL, NULL)']) call;

-- 4. reason
SELECT pg_temp.refuses(format('SELECT mighead_stamp(''a1'', ''{}'', %L)', reason), 'MH108', 'reason: ' || coalesce(reason, 'NULL'))
FROM unnest(ARRAY[NULL, '', E' \t\n']) reason;
SELECT pg_temp.refuses($$SELECT mighead_reset('{}', '')$$, 'MH108', 'reset: reason');
SELECT pg_temp.refuses($$SELECT mighead_undo(1, '{}', '')$$, 'MH108', 'undo: reason');

-- 5. registered
SELECT pg_temp.refuses_with($$SELECT mighead_stamp('nope', '{}', 'why', skip_guards => '{schema}')$$,
    'MH102: Can''t locate revision identified by ''nope'''::text,
        'No loaded script of project "default" has this revision.'::text,
        'in a shell: mighead load . # loads the scripts -- decide: to stamp to what they do not have, add skip_guards => ''{registered}''::pg_catalog.text[]'::text,
    'registered');
SELECT results_eq($$SELECT * FROM mighead_stamp('nope', '{}', 'why', skip_guards => '{schema,registered}')$$,
    $$VALUES (1, 'insert', NULL, 'nope', '{nope}'::text[])$$, 'registered, skipped');
SELECT is(pg_temp.newest(), 'mighead_stamp {} -> {nope}, why, skipped {registered,schema}', 'registered: journal');
SELECT pg_temp.refuses($$SELECT mighead_stamp('nope@head', 'nope', 'why', skip_guards => '{schema,registered}')$$, 'MH201',
    'registered, skipped: no id at all');
-- an unknown row is Alembic's to complain of
SELECT pg_temp.refuses_with($$SELECT mighead_stamp('a1', 'nope', 'why', skip_guards => '{schema,registered}')$$,
    'MH201: Can''t locate revision identified by ''nope'''::text,
        'No such revision or branch ''nope'''::text,
        'It is a row of public.alembic_version. To drop every row first, whatever it is, add purge => true.'::text,
    'an unknown row');
SELECT results_eq($$SELECT * FROM mighead_stamp('a1', 'nope', 'why', purge => true, skip_guards => '{schema}')$$,
    $$VALUES (1, 'delete', 'nope', NULL, '{}'::text[]), (2, 'insert', NULL, 'a1', '{a1}')$$, 'an unknown row, purged');
SELECT pg_temp.refuses($$SELECT mighead_stamp('heads@', '{a1}', 'why', skip_guards => '{schema}')$$, 'MH201', 'no identifier');
SELECT pg_temp.refuses($$SELECT mighead_stamp('head', '{a1}', 'why', skip_guards => '{schema}')$$, 'MH202', 'several heads');

-- 6. expect: a multiset of exact texts.
SELECT pg_temp.refuses_with($$SELECT mighead_stamp('a2', '{}', 'why', skip_guards => '{schema}')$$,
    'MH101: the rows of public.alembic_version are not those expected'::text, 'They are {a1}; expected were {}.'::text,
        'SELECT * FROM public.mighead_status(''public.alembic_version''::pg_catalog.regclass); -- says what they mean; somebody changed them since you looked, or "expect" is wrong'::text,
    'expect');
SELECT pg_temp.refuses(format('SELECT mighead_stamp(''a2'', %L, ''why'', skip_guards => ''{schema}'')', expect), 'MH101', 'expect: ' || expect)
FROM unnest(ARRAY['', 'A1', 'a1 ', ' a1', 'a', 'a2', '{a1,a1}', '{a1,NULL}', '{NULL}', '{a1,""}', '{a1,a2}']) expect;
SELECT pg_temp.refuses($$SELECT mighead_reset('a2', 'why', skip_guards => '{schema}')$$, 'MH101', 'reset: expect');
SELECT is(pg_temp.rows_of(), '{a1}', 'nothing was done');
SELECT results_eq($$SELECT * FROM mighead_stamp('a2', '{a1}', 'why', skip_guards => '{schema}')$$,
    $$VALUES (1, 'update', 'a1', 'a2', '{a2}'::text[])$$, 'expect met');
SELECT pg_temp.given('a1', 'b1');
SELECT lives_ok($$SELECT mighead_stamp('b2', ARRAY['b1', 'a1']::text, 'why', skip_guards => '{schema}')$$, 'in any order, as an array');
SELECT is(pg_temp.rows_of(), '{a1,b2}', 'only the branch was moved');
SELECT is(pg_temp.newest(), 'mighead_stamp {a1,b1} -> {a1,b2}, why, skipped {schema}', 'both rows are in the journal');

-- 7. schema: nothing expected, and tables in the way of the first upgrade.
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('a2', '{a1,b2}', 'why')$$)).outcome,
    'MH103: no comparable expectation is stored for {a2,b2}, so the schema cannot be checked', 'a blind stamp has to be asked for by name');
SELECT matches((pg_temp.outcome($$SELECT mighead_stamp('a2', '{a1,b2}', 'why')$$)).hint, 'mighead_import.*skip_guards => ''{schema}''::pg_catalog.text\[\]', 'and how');
CREATE TABLE one (id int);
CREATE TABLE "Two" (id int);
SELECT pg_temp.refuses_with($$SELECT mighead_reset('{a1,b2}', 'start again')$$,
    'MH103: tables exist that the first upgrade would collide with'::text,
        'Without rows, every migration runs again from the first one. There are public."Two" and public.one.'::text,
        'SELECT * FROM public.mighead_locate(''public.alembic_version''::pg_catalog.regclass); -- shows which revision the schema is; to empty the version table anyway, add skip_guards => ''{schema}''::pg_catalog.text[]'::text,
    'reset beside tables');
SELECT pg_temp.refuses($$SELECT mighead_stamp('base', '{a1,b2}', 'why')$$, 'MH103', 'stamp to base beside tables');
SELECT pg_temp.refuses($$SELECT mighead_stamp('{}', '{a1,b2}', 'why')$$, 'MH103', 'stamp to {} beside tables');
DROP TABLE one, "Two";
-- the project's tables may be in another schema than its version table
CREATE SCHEMA app;
CREATE TABLE app.orders (id int);
SELECT is((pg_temp.outcome($$SELECT mighead_reset('{a1,b2}', 'start again', 'alembic_version')$$)).detail,
    'Without rows, every migration runs again from the first one. There is app.orders.', 'reset beside tables in another schema');
SELECT pg_temp.refuses($$SELECT mighead_stamp('base', '{a1,b2}', 'why')$$, 'MH103', 'stamp to base beside tables in another schema');
DROP SCHEMA app CASCADE;
-- none of these is an application's table there
CREATE TEMPORARY TABLE passing (id int);
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.table_of_another_schema (id int);
CREATE TABLE elsewhere.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
CREATE VIEW a_view AS SELECT 1 AS id;
SELECT results_eq($$SELECT * FROM mighead_reset('{a1,b2}', 'start again', 'alembic_version')$$,
    $$VALUES (1, 'delete', 'a1', NULL, '{b2}'::text[]), (2, 'delete', 'b2', NULL, '{}')$$, 'reset where nothing is in the way');
SELECT is(pg_temp.newest(), 'mighead_reset {a1,b2} -> {}, start again, skipped {}', 'reset: journal');
SELECT is(pg_temp.rows_of(), '{}', 'reset: rows');
SELECT has_table('alembic_version', 'reset does not drop the version table');
DROP SCHEMA elsewhere CASCADE;
DROP VIEW a_view;

-- 8. width: always.
SELECT is((SELECT atttypmod - 4 FROM pg_attribute WHERE attrelid = 'alembic_version'::regclass AND attname = 'version_num'), 255,
    'a version table that is made where an id is longer than 32 is wide enough');
ALTER TABLE alembic_version ALTER COLUMN version_num TYPE varchar(32);
SELECT pg_temp.refuses_with(format($$SELECT mighead_stamp(%L, '{}', 'why', skip_guards => '{schema,registered,overlap,targets}')$$, repeat('x', 40)),
    format('MH106: revision ''%s'' is too long for public.alembic_version', repeat('x', 40)),
        'It has 40 characters; column version_num takes 32.'::text,
        'ALTER TABLE public.alembic_version ALTER COLUMN version_num TYPE varchar(255);'::text, 'width');
ALTER TABLE alembic_version ALTER COLUMN version_num TYPE varchar(255);
SELECT lives_ok(format($$SELECT mighead_stamp(%L, '{}', 'why', skip_guards => '{schema}')$$, repeat('x', 40)), 'and after the hint');
ALTER TABLE alembic_version ALTER COLUMN version_num TYPE text;
SELECT lives_ok(format($$SELECT mighead_stamp('a1', %L, 'why', purge => true, skip_guards => '{schema}')$$, repeat('x', 40)), 'text has no limit');
CREATE DOMAIN revision_id AS varchar(8);
DELETE FROM alembic_version;
ALTER TABLE alembic_version ALTER COLUMN version_num TYPE revision_id;
SELECT pg_temp.refuses(format($$SELECT mighead_stamp(%L, '{}', 'why', skip_guards => '{schema}')$$, repeat('x', 40)), 'MH106', 'a domain has the width of its type');
SELECT lives_ok($$SELECT mighead_stamp('a1', '{}', 'why', skip_guards => '{schema}')$$, 'a domain');
ALTER TABLE alembic_version ALTER COLUMN version_num TYPE varchar(32);

-- 9. overlap
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('{a3,a1}', 'a1', 'why', purge => true, skip_guards => '{schema}')$$)).outcome,
    'MH107: the result would hold a row and its ancestor', 'overlap');
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('{a3,a1}', 'a1', 'why', purge => true, skip_guards => '{schema}')$$)).detail,
    'Revision a3 already contains revision a1.', 'overlap: which');
SELECT pg_temp.refuses($$SELECT mighead_stamp('{c1,a1}', 'a1', 'why', purge => true, skip_guards => '{schema}')$$, 'MH107', 'overlap by a dependency');
SELECT lives_ok($$SELECT mighead_stamp('{a3,a1}', 'a1', 'why', purge => true, skip_guards => '{overlap,schema}')$$, 'overlap, skipped');
SELECT is(pg_temp.newest(), 'mighead_stamp {a1} -> {a1,a3}, why, skipped {schema,overlap}', 'overlap: journal');
SELECT is(pg_temp.rows_of(), '{a1,a3}', 'overlap: rows');

-- 10. targets: Alembic would lose the row of one branch (defect B1).
SELECT pg_temp.given('a3', 'b1');
SELECT pg_temp.refuses_with($$SELECT mighead_stamp('{a3,b2}', '{a3,b1}', 'why', skip_guards => '{schema}')$$,
    'MH109: "alembic stamp" would leave other rows'::text, 'It would leave {b2} instead of {a3,b2}.'::text,
        'Stamp the targets one after the other, or to get {a3,b2} at once, add skip_guards => ''{targets}''::pg_catalog.text[].'::text, 'targets');
SELECT results_eq($$SELECT * FROM mighead_stamp('{a3,b2}', '{a3,b1}', 'why', skip_guards => '{schema,targets}')$$,
    $$VALUES (1, 'update', 'b1', 'b2', '{a3,b2}'::text[])$$, 'targets, skipped: the set algebra');
SELECT is(pg_temp.newest(), 'mighead_stamp {a3,b1} -> {a3,b2}, why, skipped {schema,targets}', 'targets: journal');
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('{a1,b1}', '{a3,b2}', 'why', skip_guards => '{schema}')$$)).outcome,
    'MH109: "alembic stamp" would fail on these targets', 'targets on which Alembic crashes');

-- 11. environment
SELECT mighead_environment('production', true);
SELECT pg_temp.refuses_with($$SELECT mighead_stamp('a1', '{a3,b2}', 'why', confirm => 'staging', skip_guards => '{schema}')$$,
    format('MH104: database "%s" is protected', current_database()),
        'It is labelled "production". The argument "confirm" names "staging".'::text,
        'If it is the database that you mean, give its name in the argument "confirm".'::text, 'environment');
SELECT pg_temp.refuses($$SELECT mighead_reset('{a3,b2}', 'why', skip_guards => '{schema}')$$, 'MH104', 'environment: reset');
SELECT pg_temp.refuses($$SELECT mighead_undo((SELECT max(id) FROM mighead.journal), '{a3,b2}', 'why', skip_guards => '{schema}')$$, 'MH104', 'environment: undo');
SELECT mighead_project('another');
SELECT pg_temp.refuses($$SELECT mighead_stamp('a1', '{a3,b2}', 'why', 'alembic_version', project => 'another', skip_guards => '{schema}')$$, 'MH104', 'whichever project is named');
SELECT lives_ok(format($$SELECT mighead_stamp('a1', '{a3,b2}', 'why', confirm => %L, project => 'default', skip_guards => '{schema}')$$, current_database()), 'confirmed by the name');
SELECT lives_ok($$SELECT mighead_stamp('a2', '{a1,b2}', 'why', confirm => 'production', project => 'default', skip_guards => '{schema}')$$, 'confirmed by the label');
SELECT mighead_environment('production', false, 'production');
SELECT lives_ok($$SELECT mighead_stamp('a1', '{a2,b2}', 'why', project => 'default', skip_guards => '{schema}')$$, 'no longer protected');
SELECT mighead_remove_project('another');

-- 12. What was written, by whom.
SET LOCAL application_name = 'a test';
SELECT lives_ok($$SELECT mighead_stamp('a1', '{a1,b2}', 'nothing to do', skip_guards => '{schema,schema,targets}')$$, 'to where it is');
SELECT is(pg_temp.newest(), 'mighead_stamp {a1,b2} -> {a1,b2}, nothing to do, skipped {schema,targets}', 'is an entry all the same');
SELECT results_eq($$SELECT version_table_schema, version_table_name, project, session_user_name COLLATE "C", current_user_name COLLATE "C", application_name,
        backend_pid = pg_backend_pid(), transaction_id = pg_current_xact_id(), undoes FROM mighead.journal ORDER BY id DESC LIMIT 1$$,
    $$SELECT 'public', 'alembic_version', 'default', session_user::text COLLATE "C", current_user::text COLLATE "C", 'a test', true, true, NULL::bigint$$,
    'who, from where, in which transaction');
SELECT is((SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND granted
        AND (relation = 'alembic_version'::regclass AND mode = 'AccessExclusiveLock'
            OR locktype = 'advisory' AND (classid::bigint << 32) + objid::bigint = mighead_lock_key('default') AND objsubid = 1)),
    2, 'both locks are held to the end of the transaction');
CREATE TEMPORARY TABLE plan AS SELECT * FROM mighead_stamp_plan('{c1,b1}', purge => true);
SELECT results_eq($$SELECT * FROM mighead_stamp('{c1,b1}', '{b2,a1}', 'as planned', purge => true, skip_guards => '{schema}')$$, 'TABLE plan',
    'the steps are those of mighead_stamp_plan');

-- 13. Undo.
SELECT pg_temp.given('a1', 'b1');
CREATE FUNCTION pg_temp.newest_id() RETURNS bigint LANGUAGE sql AS 'SELECT max(id) FROM mighead.journal';
SELECT pg_temp.refuses('SELECT mighead_undo(0, ''{}'', ''why'')', '42704', 'no such entry');
SELECT lives_ok($$SELECT mighead_reset('{b1,a1}', 'oops', skip_guards => '{schema}')$$, 'a mistake');
SELECT pg_temp.refuses($$SELECT mighead_undo(pg_temp.newest_id(), '{a1}', 'why', skip_guards => '{schema}')$$, 'MH101', 'undo: expect');
SELECT pg_temp.refuses($$SELECT mighead_undo(pg_temp.newest_id(), '{}', 'why')$$, 'MH103', 'undo: schema');
SELECT results_eq($$SELECT * FROM mighead_undo(pg_temp.newest_id(), '{}', 'taken back', skip_guards => '{schema}')$$,
    $$VALUES (1, 'insert', NULL, 'a1', '{a1}'::text[]), (2, 'insert', NULL, 'b1', '{a1,b1}')$$, 'undo');
SELECT is(pg_temp.newest(), 'mighead_undo {} -> {a1,b1}, taken back, skipped {schema}', 'undo: journal');
SELECT is((SELECT undoes FROM mighead.journal ORDER BY id DESC LIMIT 1), (SELECT id FROM mighead.journal ORDER BY id DESC OFFSET 1 LIMIT 1),
    'undo: which entry');
SELECT lives_ok($$SELECT mighead_undo(pg_temp.newest_id(), '{a1,b1}', 'not so', skip_guards => '{schema}')$$, 'undo of an undo');
SELECT is(pg_temp.rows_of(), '{}', 'undo of an undo: rows');
SELECT lives_ok($$SELECT mighead_undo(pg_temp.newest_id(), '{}', 'but so', skip_guards => '{schema}')$$, 'and back');
-- an earlier entry takes later ones with it, where the caller knows of them
SELECT lives_ok($$SELECT mighead_stamp('a2', '{a1,b1}', 'first', skip_guards => '{schema}')$$, 'one change');
SELECT lives_ok($$SELECT mighead_stamp('b2', '{a2,b1}', 'second', skip_guards => '{schema}')$$, 'and another');
SELECT pg_temp.refuses($$SELECT mighead_undo(pg_temp.newest_id() - 1, '{a2,b1}', 'why', skip_guards => '{schema}')$$, 'MH101',
    'undo of an earlier change by somebody who does not know of the later one');
SELECT results_eq($$SELECT action, from_revision, to_revision FROM mighead_undo(pg_temp.newest_id() - 1, '{b2,a2}', 'both', skip_guards => '{schema}')$$,
    $$VALUES ('update', 'a2', 'a1'), ('update', 'b2', 'b1')$$, 'undo of an earlier change');
-- what Alembic did, where the table is watched
SELECT mighead_watch('alembic_version');
SELECT is((SELECT count(*) FROM mighead.journal WHERE action = 'mighead_undo'), 4::bigint, 'one entry for one act');
UPDATE alembic_version SET version_num = 'zzzz' WHERE version_num = 'b1';
SELECT lives_ok($$SELECT mighead_undo(pg_temp.newest_id(), '{a1,zzzz}', 'typo', skip_guards => '{schema}')$$, 'undo of a change by hand');
SELECT is(pg_temp.newest(), 'mighead_undo {a1,zzzz} -> {a1,b1}, typo, skipped {schema}', 'of a watched table: journal');
SELECT is((SELECT count(*) FROM mighead.journal WHERE transaction_id = pg_current_xact_id() AND action NOT LIKE 'mighead%'), 1::bigint,
    'the triggers leave what mighead does to mighead');
SELECT pg_temp.refuses($$SELECT mighead_undo(pg_temp.newest_id(), '{a1,b1}', 'why', skip_guards => '{schema}')$$, 'MH102', 'undo: registered');
SELECT lives_ok($$SELECT mighead_undo(pg_temp.newest_id(), '{a1,b1}', 'why', skip_guards => '{schema,registered}')$$, 'undo: registered, skipped');
SELECT is(pg_temp.rows_of(), '{a1,zzzz}', 'undo: an unknown row is back');
SELECT mighead_unwatch('alembic_version');
SELECT pg_temp.given('a1');
ALTER TABLE alembic_version RENAME TO moved;
SELECT pg_temp.refuses($$SELECT mighead_undo(pg_temp.newest_id(), 'a1', 'why', skip_guards => '{schema}')$$, 'MH302', 'undo: the version table is gone');
ALTER TABLE moved RENAME TO alembic_version;

-- 14. Nothing remains of what was rolled back.
CREATE TEMPORARY TABLE before AS SELECT count(*) FROM mighead.journal;
SAVEPOINT before_stamp;
SELECT lives_ok($$SELECT mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}')$$, 'in a savepoint');
ROLLBACK TO before_stamp;
SELECT is(pg_temp.rows_of(), '{a1}', 'rolled back: rows');
SELECT results_eq('SELECT count(*) FROM mighead.journal', 'TABLE before', 'rolled back: journal');
SELECT throws_ok($$SELECT 1 / (SELECT count(*) - 1 FROM mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}'))$$, '22012', NULL, 'a statement that fails afterwards');
SELECT is(pg_temp.rows_of(), '{a1}', 'failed: rows');
SELECT results_eq('SELECT count(*) FROM mighead.journal', 'TABLE before', 'failed: journal');

-- 15. Repeated, NULL, blank and padded rows, without a key.
ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc, ALTER COLUMN version_num DROP NOT NULL;
SELECT pg_temp.given('a1', 'a1', 'b1');
SELECT pg_temp.refuses($$SELECT mighead_stamp('a1', '{a1,b1}', 'why', skip_guards => '{schema}')$$, 'MH101', 'a repeated row counts');
SELECT results_eq($$SELECT action, from_revision, to_revision, rows_after FROM mighead_stamp('a1', '{a1,b1,a1}', 'why', skip_guards => '{schema}')$$,
    $$VALUES ('delete', 'a1', NULL, '{a1,b1}'::text[])$$, 'one of them goes');
SELECT is(pg_temp.rows_of(), '{a1,b1}', 'and just one');
SELECT lives_ok($$SELECT mighead_undo(pg_temp.newest_id(), '{a1,b1}', 'why', skip_guards => '{schema,overlap}')$$, 'it can be put back');
SELECT is(pg_temp.rows_of(), '{a1,a1,b1}', 'and is there again');
SELECT pg_temp.given('a1', NULL, NULL, '', ' a1', E'a"\\,{}');
SELECT pg_temp.refuses($$SELECT mighead_reset('{a1,NULL,""," a1","a\"\\,{}"}', 'why', skip_guards => '{schema}')$$, 'MH101', 'NULL rows count');
SELECT is((pg_temp.outcome($$SELECT mighead_reset('{}', 'why', skip_guards => '{schema}')$$)).detail,
    'They are {a1,""," a1","a\"\\,{}",NULL,NULL}; expected were {}.', 'the detail is an array literal');
SELECT lives_ok($$SELECT mighead_reset('{a1,NULL,"",NULL," a1","a\"\\,{}"}', 'why', skip_guards => '{schema}')$$, 'all of them go');
SELECT is(pg_temp.rows_of(), '{}', 'and are gone');
SELECT pg_temp.given('a1', NULL);
SELECT lives_ok($$SELECT mighead_stamp('a2', '{a1,NULL}', 'why', skip_guards => '{schema}')$$, 'a stamp without purge');
SELECT is(pg_temp.rows_of(), '{a2,NULL}', 'leaves a NULL row as it is');
SELECT lives_ok($$SELECT mighead_stamp('a2', '{a2,NULL}', 'why', purge => true, skip_guards => '{schema}')$$, 'a stamp with purge');
SELECT is(pg_temp.rows_of(), '{a2}', 'does not');

-- 16. Tables that are not as Alembic makes them.
DROP TABLE alembic_version;
CREATE TABLE alembic_version (version_num char(32) NOT NULL);
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('a1', '{}', 'why', skip_guards => '{schema}')$$)).outcome,
    '27000: the rows of version table public.alembic_version are not those that were written', 'a type that pads');
INSERT INTO alembic_version VALUES ('a1');
SELECT lives_ok($$SELECT mighead_reset(format('{%s}', rpad('"a1', 33) || '"'), 'why', skip_guards => '{schema}')$$, 'a padded row can be removed');
DROP TABLE alembic_version;
CREATE TABLE alembic_version (id serial PRIMARY KEY, version_num varchar(32) NOT NULL, note text DEFAULT 'as is');
SELECT lives_ok($$SELECT mighead_stamp('{a1,b1}', '{}', 'why', skip_guards => '{schema}')$$, 'further columns with a default');
SELECT lives_ok($$SELECT mighead_stamp('a2', '{a1,b1}', 'why', skip_guards => '{schema}')$$, 'are left alone');
SELECT results_eq('SELECT id, version_num::text, note FROM alembic_version ORDER BY id', $$VALUES (1, 'a2', 'as is'), (2, 'b1', 'as is')$$, 'as they were');
ALTER TABLE alembic_version ALTER COLUMN note DROP DEFAULT, ALTER COLUMN note SET NOT NULL;
SELECT pg_temp.refuses($$SELECT mighead_stamp('c1', '{a2,b1}', 'why', skip_guards => '{schema,overlap,targets}', purge => true)$$, '23502', 'a further column that must be given');
SELECT is(pg_temp.rows_of(), '{a2,b1}', 'and nothing was done');
DROP TABLE alembic_version;
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL) PARTITION BY LIST (version_num);
CREATE TABLE version_a PARTITION OF alembic_version FOR VALUES IN ('a1', 'a2');
CREATE TABLE version_b PARTITION OF alembic_version DEFAULT;
SELECT lives_ok($$SELECT mighead_stamp('{a1,b1}', '{}', 'why', skip_guards => '{schema}')$$, 'partitions: insert');
SELECT lives_ok($$SELECT mighead_stamp('a3', '{a1,b1}', 'why', skip_guards => '{schema}')$$, 'partitions: to another');
SELECT is(pg_temp.rows_of() || pg_temp.rows_of('version_b'), '{a3,b1}{a3,b1}', 'partitions: rows');
SELECT is((SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock'
    AND relation IN ('version_a'::regclass, 'version_b'::regclass)), 2, 'partitions are locked, too');
SELECT lives_ok($$SELECT mighead_reset('{a3,b1}', 'why', skip_guards => '{schema}')$$, 'partitions: reset');
DROP TABLE alembic_version;
CREATE SCHEMA "odd schema";
CREATE TABLE "odd schema"."alembic_version" ("version_num" varchar(32) NOT NULL PRIMARY KEY);
SELECT lives_ok($$SELECT mighead_stamp('a1', '{}', E'it''s \\ "so"', skip_guards => '{schema}')$$, 'a schema that needs quoting');
CREATE FUNCTION pg_temp.without_path(call text, OUT outcome text, OUT detail text, OUT hint text)
    LANGUAGE sql SET search_path = '' AS 'SELECT * FROM pg_temp.outcome(call)';
SELECT is((pg_temp.without_path($$SELECT public.mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}')$$)).outcome, 'done', 'without a search_path');
SELECT is((pg_temp.without_path($$SELECT public.mighead_stamp('a1', 'a1', 'why')$$)).hint,
    $$SELECT * FROM public.mighead_status('"odd schema".alembic_version'::pg_catalog.regclass); -- says what they mean; somebody changed them since you looked, or "expect" is wrong$$,
    'a hint that can be pasted there');
SELECT lives_ok($$SELECT mighead_undo(pg_temp.newest_id(), 'a2', 'why', skip_guards => '{schema}')$$, 'undo there');
SELECT is((SELECT reason FROM mighead.journal ORDER BY id DESC OFFSET 2 LIMIT 1), E'it''s \\ "so"', 'the reason to the letter');
DROP SCHEMA "odd schema" CASCADE;

-- 17. Triggers and rules.
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
CREATE SCHEMA audit;
CREATE TABLE audit.seen (version_num text);
SET LOCAL search_path = public, audit;
CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (new.version_num); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON alembic_version FOR EACH ROW EXECUTE FUNCTION audit.note();
SELECT lives_ok($$SELECT mighead_stamp('a1', '{}', 'why', skip_guards => '{schema}')$$, 'a trigger that relies on search_path');
SELECT is((SELECT string_agg(version_num, ' ') FROM audit.seen), 'a1', 'fires');
RESET search_path;
DROP TRIGGER note ON alembic_version;
CREATE FUNCTION audit.swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER swallow BEFORE UPDATE OR DELETE ON alembic_version FOR EACH ROW EXECUTE FUNCTION audit.swallow();
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}')$$)).outcome,
    '27000: expected to write 1 row(s) of version table public.alembic_version, but wrote 0', 'a trigger that swallows an update');
SELECT pg_temp.refuses($$SELECT mighead_reset('a1', 'why', skip_guards => '{schema}')$$, '27000', 'a trigger that swallows a delete');
DROP TRIGGER swallow ON alembic_version;
CREATE FUNCTION audit.change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.version_num := upper(new.version_num); RETURN new; END $$;
CREATE TRIGGER change BEFORE UPDATE ON alembic_version FOR EACH ROW EXECUTE FUNCTION audit.change();
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}')$$)).detail,
    'They are {A2} instead of {a2}.', 'a trigger that writes something else');
DROP TRIGGER change ON alembic_version;
CREATE RULE nothing AS ON UPDATE TO alembic_version DO INSTEAD NOTHING;
SELECT pg_temp.refuses($$SELECT mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}')$$, '27000', 'a rule that does nothing');
DROP RULE nothing ON alembic_version;
SELECT is(pg_temp.rows_of(), '{a1}', 'none of them left half the work');

-- 18. Privileges and row security.
CREATE ROLE mighead_operator;
GRANT EXECUTE ON FUNCTION mighead_reset, mighead_undo, mighead_stamp TO mighead_operator;
SET LOCAL ROLE mighead_operator;
SELECT pg_temp.refuses($$SELECT mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}')$$, '42501', 'without a right on the version table');
RESET ROLE;
SELECT is((SELECT count(*)::int FROM pg_locks WHERE pid <> pg_backend_pid() AND mode = 'AccessExclusiveLock' AND relation = 'alembic_version'::regclass), 0, 'nobody else');
GRANT SELECT ON alembic_version TO mighead_operator;
SET LOCAL ROLE mighead_operator;
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}')$$)).outcome,
    '42501: permission denied for table alembic_version', 'who may only read');
RESET ROLE;
GRANT INSERT, UPDATE, DELETE ON alembic_version TO mighead_operator;
SET LOCAL ROLE mighead_operator;
SELECT lives_ok($$SELECT mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}')$$, 'EXECUTE and the rights of a migration are enough');
SELECT pg_temp.refuses('SELECT * FROM mighead.journal', '42501', 'and give no sight of the journal');
RESET ROLE;
SELECT is(pg_temp.newest(), 'mighead_stamp {a1} -> {a2}, why, skipped {schema}', 'which has it');
SELECT is((SELECT current_user_name FROM mighead.journal ORDER BY id DESC LIMIT 1), 'mighead_operator', 'and who it was');
REVOKE SELECT ON alembic_version FROM mighead_operator;
SET LOCAL ROLE mighead_operator;
SELECT pg_temp.refuses($$SELECT mighead_stamp('a1', 'a2', 'why', 'alembic_version', skip_guards => '{schema}')$$, '42501', 'without SELECT');
RESET ROLE;
GRANT SELECT ON alembic_version TO mighead_operator;
INSERT INTO alembic_version VALUES ('b1');
ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON alembic_version USING (version_num LIKE 'a%');
SET LOCAL ROLE mighead_operator;
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('a1', 'a2', 'why', 'alembic_version', skip_guards => '{schema}')$$)).outcome,
    '42501: row security hides rows of version table public.alembic_version from role "mighead_operator"', 'row security that hides a row');
SELECT pg_temp.refuses($$SELECT mighead_reset('a2', 'why', 'alembic_version', skip_guards => '{schema}')$$, '42501', 'is not half a reset');
RESET ROLE;
ALTER POLICY visible ON alembic_version USING (true) WITH CHECK (version_num LIKE 'a%');
SET LOCAL ROLE mighead_operator;
SELECT lives_ok($$SELECT mighead_stamp('a1', '{a2,b1}', 'why', 'alembic_version', skip_guards => '{schema}')$$, 'row security that hides none');
SELECT pg_temp.refuses($$SELECT mighead_stamp('b2', '{a1,b1}', 'why', 'alembic_version', skip_guards => '{schema}')$$, '42501', 'a policy that forbids the new row');
RESET ROLE;
CREATE POLICY keep ON alembic_version AS RESTRICTIVE FOR DELETE USING (version_num LIKE 'a%');
SET LOCAL ROLE mighead_operator;
SELECT pg_temp.refuses($$SELECT mighead_reset('{a1,b1}', 'why', 'alembic_version', skip_guards => '{schema}')$$, '27000', 'a policy that keeps a row');
RESET ROLE;
SELECT is(pg_temp.rows_of(), '{a1,b1}', 'nothing was done');
SELECT lives_ok($$SELECT mighead_reset('{a1,b1}', 'why', skip_guards => '{schema}')$$, 'who is above row security');
-- the triggers of a stranger's table run as the caller
ALTER TABLE alembic_version OWNER TO mighead_operator;
SELECT pg_temp.refuses_with($$SELECT mighead_stamp('a1', '{}', 'why', skip_guards => '{schema}')$$,
    '42501: version table public.alembic_version belongs to role "mighead_operator", which is not trusted'::text, ''::text,
        'If it is the one that you mean, name it: version_table => ''public.alembic_version''::pg_catalog.regclass.'::text, 'a stranger''s table, unasked');
SELECT lives_ok($$SELECT mighead_stamp('a1', '{}', 'why', 'alembic_version', skip_guards => '{schema}')$$, 'a stranger''s table, named');

-- 19. schema, where something is expected.
ALTER TABLE alembic_version OWNER TO CURRENT_USER;
DROP TABLE alembic_version;
SELECT mighead_ensure_version();
DROP SCHEMA audit CASCADE;
CREATE TABLE one (id int PRIMARY KEY);
SELECT mighead_capture('a1');
CREATE TABLE two (id int PRIMARY KEY, name text);
CREATE TABLE "Three" (id int PRIMARY KEY);
SELECT mighead_capture('a2');
SELECT lives_ok($$SELECT mighead_stamp('a2', '{}', 'why')$$, 'what is expected is there');
SELECT is(pg_temp.newest(), 'mighead_stamp {} -> {a2}, why, skipped {}', 'and nothing was skipped');
CREATE TABLE extra (id int);
SELECT lives_ok($$SELECT mighead_stamp('a2', 'a2', 'verified')$$, 'what is extra does not matter to the same revisions');
-- the upgrade to a2 would fail on what is there already
SELECT pg_temp.refuses_with($$SELECT mighead_stamp('a1', 'a2', 'why')$$, 'MH103: the schema has more than what is expected at {a1}',
    'Extra: table public."Three", table public.extra and table public.two. If a later revision makes them, its upgrade will fail.',
    'SELECT * FROM public.mighead_drift(''public.alembic_version''::pg_catalog.regclass, revision => ''a1''::pg_catalog.text); -- shows the differences; to stamp anyway, add skip_guards => ''{schema}''::pg_catalog.text[]',
    'stamped back, where the schema is only nearly the target');
SELECT pg_temp.refuses($$SELECT mighead_stamp('a1', '{}', 'why', purge => true)$$, 'MH101', 'the rows go first');
SELECT isnt_empty($$SELECT * FROM mighead_drift('public.alembic_version'::regclass, revision => 'a1'::text) WHERE kind = 'extra'$$, 'and the hint shows them');
SELECT lives_ok($$SELECT mighead_stamp('a1', 'a2', 'why', skip_guards => '{schema}')$$, 'asked for by name');
ALTER TABLE two DROP COLUMN name;
DROP TABLE "Three";
SELECT pg_temp.refuses_with($$SELECT mighead_stamp('a2', 'a1', 'why')$$, 'MH103: the schema is not what is expected at {a2}',
    'Missing: table public."Three" and column public.two.name. Extra: table public.extra. If a later revision makes them, its upgrade will fail.',
    'SELECT * FROM public.mighead_drift(''public.alembic_version''::pg_catalog.regclass, revision => ''a2''::pg_catalog.text); -- shows the differences; to stamp anyway, add skip_guards => ''{schema}''::pg_catalog.text[]',
    'something is missing');
DROP TABLE extra;
SELECT is((SELECT rows FROM mighead_locate('public.alembic_version') LIMIT 1), '{a1}', 'and where the hint leads');
CREATE TABLE "Three" (id int PRIMARY KEY);
ALTER TABLE two ADD COLUMN name int;
SELECT is((pg_temp.outcome($$SELECT mighead_stamp('a2', 'a1', 'why')$$)).detail, 'Different: column public.two.name.', 'something is another');
SELECT lives_ok($$SELECT mighead_stamp('a2', 'a1', 'why', skip_guards => '{schema}')$$, 'skipped');
SELECT is(pg_temp.newest(), 'mighead_stamp {a1} -> {a2}, why, skipped {schema}', 'journal');
SELECT is((pg_temp.outcome($$SELECT mighead_undo(pg_temp.newest_id() - 1, 'a2', 'why')$$)).outcome, 'MH103: the schema is not what is expected at {a2}',
    'undo to what is not there');
SELECT is((pg_temp.outcome($$SELECT mighead_undo(pg_temp.newest_id(), 'a2', 'why')$$)).detail,
    'Extra: table public."Three" and table public.two. If a later revision makes them, its upgrade will fail.', 'undo to less than what is there');
SELECT lives_ok($$SELECT mighead_undo(pg_temp.newest_id(), 'a2', 'why', skip_guards => '{schema}')$$, 'asked for by name');
-- only what some migration makes is in the way of the first one
SELECT is((pg_temp.outcome($$SELECT mighead_reset('a1', 'why')$$)).detail,
    'Without rows, every migration runs again from the first one. There are public."Three", public.one and public.two.', 'reset beside expected tables');
DROP TABLE one, two, "Three";
CREATE TABLE extra (id int);
SELECT lives_ok($$SELECT mighead_reset('a1', 'why')$$, 'reset beside a table that no migration makes');
DROP TABLE extra;

-- The version table belongs to whoever has most tables of the schema, not to who makes it.
CREATE ROLE guarded_application;
CREATE SCHEMA guarded_app AUTHORIZATION guarded_application;
CREATE TABLE guarded_app.orders (id int);
CREATE TABLE guarded_app.customers (id int);
CREATE TABLE guarded_app.by_hand (id int);
ALTER TABLE guarded_app.orders OWNER TO guarded_application;
ALTER TABLE guarded_app.customers OWNER TO guarded_application;
SELECT mighead_ensure_version('guarded_app.alembic_version');
SELECT is((SELECT relowner::regrole::text FROM pg_class WHERE oid = 'guarded_app.alembic_version'::regclass), 'guarded_application', 'owner of a new version table');
DROP SCHEMA guarded_app CASCADE;

-- 20. Without scripts only a full id, or none, can be a target.
INSERT INTO alembic_version VALUES ('a2');
DELETE FROM mighead.revision;
SELECT pg_temp.refuses(format($$SELECT mighead_stamp(%L, 'a2', 'why', purge => true, skip_guards => '{registered,schema,targets}')$$, target),
    'MH008', 'without scripts: ' || target)
FROM unnest(ARRAY['head', 'heads', 'a2@head', '-1', '+1', 'a2+1', '{a2,head}']) AS target;
SELECT is(pg_temp.rows_of(), '{a2}', 'and the row is still there');
SELECT lives_ok($$SELECT mighead_stamp('a3', 'a2', 'why', purge => true, skip_guards => '{registered,schema}')$$, 'a full id');
SELECT is(pg_temp.rows_of(), '{a3}', 'is written');
SELECT lives_ok($$SELECT mighead_stamp('base', 'a3', 'why', purge => true, skip_guards => '{schema}')$$, 'no row at all');

SELECT * FROM finish();
ROLLBACK;
