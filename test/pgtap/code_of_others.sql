-- Nothing of what an unprivileged role makes runs as the superuser who looks: each set-up has
-- a canary that writes down who ran it.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

CREATE ROLE mighead_eve;
CREATE ROLE mighead_app;
CREATE TABLE public.canary (who name, what text);
GRANT INSERT ON public.canary TO PUBLIC;
CREATE SCHEMA eve AUTHORIZATION mighead_eve;
CREATE SCHEMA app AUTHORIZATION mighead_app;
GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC;

SET LOCAL ROLE mighead_eve;
CREATE FUNCTION eve.trap(anyelement) RETURNS anyelement LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        INSERT INTO public.canary VALUES (current_user, 'function');
        RETURN $1;
    END $$;
-- it pretends to be immutable, and is not while the superuser plans
CREATE FUNCTION eve.fold(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        IF current_user <> 'mighead_eve' THEN
            RAISE EXCEPTION 'canary: % runs the function of eve', current_user USING ERRCODE = 'ZZ001';
        END IF;
        RETURN $1;
    END $$;
RESET ROLE;

-- Fails with 42501 of ours, and not by the canary.
CREATE FUNCTION pg_temp.refusal(command text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
        said text;
    BEGIN
        EXECUTE command;
        RETURN 'done';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS said = MESSAGE_TEXT;
        RETURN SQLSTATE || ' ' || said;
    END $$;

-- ---------- castable and orphans: planning alone must not run it ----------
SET LOCAL ROLE mighead_eve;
CREATE TABLE eve.plain (a integer, b text);
CREATE TABLE eve.expression (a integer, b text);
CREATE INDEX ON eve.expression ((a + eve.fold(1)));
CREATE TABLE eve.predicate (a integer, b text);
CREATE INDEX ON eve.predicate (a) WHERE a > eve.fold(1);
CREATE TABLE eve.statistic (a integer, b text);
CREATE STATISTICS eve.s ON (a + eve.fold(1)), b FROM eve.statistic;
CREATE TABLE eve.checked (a integer CHECK (a > eve.fold(1)), b text);
CREATE TABLE eve.parted (a integer, b text) PARTITION BY RANGE ((a + eve.fold(1)));
CREATE TABLE eve.part PARTITION OF eve.parted FOR VALUES FROM (0) TO (10);
CREATE TABLE eve.root (a integer, b text);
CREATE TABLE eve.heir () INHERITS (eve.root);
CREATE INDEX ON eve.heir (a) WHERE a > eve.fold(1);
CREATE DOMAIN eve.trapped AS integer CHECK (VALUE > eve.fold(0));
CREATE TYPE eve.pair AS (x integer, y eve.trapped);
CREATE FUNCTION eve.xml(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT eve.fold($1) > 0';
CREATE TABLE eve.built_in (a integer CHECK (query_to_xml('SELECT eve.fold(1)', true, true, '') IS NOT NULL), b text);
CREATE TABLE eve.stable (a integer CHECK (table_to_xml('eve.plain', true, true, '') IS NOT NULL), b text);
CREATE TABLE eve.guarded (a integer, b text);
ALTER TABLE eve.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON eve.guarded USING (a > eve.fold(1));
RESET ROLE;

SELECT is(pg_temp.refusal(format('SELECT * FROM mighead_castable(%L, ''a'', ''bigint'')', 'eve.' || t)),
        '42501 the check would run code that is not built in', 'castable, ' || t)
    FROM unnest('{expression,predicate,statistic,checked,parted,root,built_in,stable}'::text[]) AS t;
SELECT is(pg_temp.refusal(format('SELECT * FROM mighead_orphans(%L, ''{a}'', ''eve.plain'', ''{a}'')', 'eve.' || t)),
        '42501 the check would run code that is not built in', 'orphans of ' || t)
    FROM unnest('{expression,predicate,statistic,checked,parted,part,root,built_in,stable}'::text[]) AS t;
SELECT is(pg_temp.refusal(format('SELECT * FROM mighead_orphans(''eve.plain'', ''{a}'', %L, ''{a}'')', 'eve.' || t)),
        '42501 the check would run code that is not built in', 'orphans beside ' || t)
    FROM unnest('{expression,predicate,statistic,checked,parted,part,root,built_in,stable}'::text[]) AS t;
SELECT is(pg_temp.refusal(format('SELECT * FROM mighead_castable(''eve.plain'', ''a'', %L)', t)),
        '42501 the check would run code that is not built in', 'castable to ' || t)
    FROM unnest('{eve.trapped,eve.trapped[],eve.pair}'::text[]) AS t;
SELECT is(pg_temp.refusal($$SELECT * FROM mighead_castable('eve.plain', 'a', 'bigint')$$), 'done', 'a plain table is read');
SELECT is(pg_temp.refusal($$SELECT * FROM mighead_castable('eve.plain', 'b', 'integer')$$), 'done', 'and cast from text');
SELECT is(pg_temp.refusal($$SELECT * FROM mighead_castable('eve.guarded', 'a', 'bigint')$$), 'done',
    'policies that do not apply are no matter');
GRANT USAGE ON SCHEMA eve TO mighead_app;
GRANT SELECT ON eve.guarded TO mighead_app;
SET LOCAL ROLE mighead_app;
SELECT is(pg_temp.refusal($$SELECT * FROM mighead_castable('eve.guarded', 'a', 'bigint')$$),
    '42501 the check would run code that is not built in', 'those that apply are');
RESET ROLE;

-- ---------- writers ----------
CREATE FUNCTION pg_temp.make_version_table(schema text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format('CREATE TABLE %I.alembic_version (version_num varchar(32) PRIMARY KEY)', schema);
    END $$;
SELECT mighead_add_revision('a1');
SELECT mighead_add_revision('a2', '{a1}');
SELECT pg_temp.make_version_table('app');
ALTER TABLE app.alembic_version OWNER TO mighead_app;
SET LOCAL ROLE mighead_app;
CREATE FUNCTION app.trap() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.canary VALUES (current_user, 'trigger');
        RETURN NULL;
    END $$;
RESET ROLE;
SELECT lives_ok($$SELECT mighead_stamp('a1', '{}', 'why', 'app.alembic_version', skip_guards => '{schema}')$$,
    'the table of another role without code of its own is written');
SELECT mighead_watch('app.alembic_version');
SELECT mighead_stamp('a2', 'a1', 'why', 'app.alembic_version', skip_guards => '{schema}');
SET LOCAL ROLE mighead_app;
CREATE TRIGGER trap AFTER INSERT OR UPDATE OR DELETE ON app.alembic_version FOR EACH STATEMENT EXECUTE FUNCTION app.trap();
RESET ROLE;
SELECT is(pg_temp.refusal(command), '42501 a write to version table app.alembic_version would run code of others as you', command)
    FROM (VALUES ($$SELECT mighead_stamp('a1', 'a2', 'why', 'app.alembic_version', skip_guards => '{schema}')$$),
        ($$SELECT mighead_reset('a2', 'why', 'app.alembic_version', skip_guards => '{schema}')$$),
        ($$SELECT mighead_undo((SELECT max(id) FROM mighead_log()), 'a2', 'why', skip_guards => '{schema}')$$)) AS c (command);
SELECT is((SELECT array_agg(version_num::text) FROM app.alembic_version), '{a2}', 'and nothing is written');
SET LOCAL ROLE mighead_app;
DROP TRIGGER trap ON app.alembic_version;
RESET ROLE;
SELECT is(pg_temp.refusal($$SELECT mighead_undo((SELECT max(id) FROM mighead_log()), 'a2', 'why', skip_guards => '{schema}')$$),
    'done', 'without the trigger it is');

-- ---------- capture at each step ----------
GRANT EXECUTE ON FUNCTION mighead_watch(regclass, boolean) TO mighead_app;
GRANT TRIGGER ON app.alembic_version TO mighead_app;
SET LOCAL ROLE mighead_app;
SELECT throws_ok($$SELECT mighead_watch('app.alembic_version', capture => true)$$, '42501',
    'permission denied for function mighead_capture', 'who may not capture may not watch with capture');
RESET ROLE;
SELECT mighead_watch('app.alembic_version', capture => true);
SELECT count(*) AS captured FROM mighead.expected \gset
SET LOCAL ROLE mighead_app;
CREATE TABLE app.planted (a integer DEFAULT 666);
UPDATE app.alembic_version SET version_num = 'a2';
RESET ROLE;
SELECT is((SELECT count(*) FROM mighead.expected), :captured::bigint, 'a step of one who may not capture is not captured');
SELECT is((SELECT action FROM mighead_log() LIMIT 1), 'upgrade', 'and is in the journal');
UPDATE app.alembic_version SET version_num = 'a1';
GRANT EXECUTE ON FUNCTION mighead_capture(text, regclass, text[], boolean) TO mighead_app;
SET LOCAL ROLE mighead_app;
CREATE TABLE app.meant (a integer);
UPDATE app.alembic_version SET version_num = 'a2';
RESET ROLE;
SELECT cmp_ok((SELECT count(*) FROM mighead.expected), '>', :captured::bigint, 'that of one who may is');
DROP TABLE app.planted, app.meant;
DELETE FROM mighead.expected;

-- ---------- version tables of strangers ----------
SELECT is(mighead_at_head('a2'), true, 'one trusted version table');
SELECT mighead_unwatch('app.alembic_version');
SELECT mighead_project('default', version_table_schema => NULL);
SELECT pg_temp.make_version_table('public');
INSERT INTO public.alembic_version VALUES ('a1');
DROP TABLE app.alembic_version;
SET LOCAL ROLE mighead_eve;
CREATE TABLE eve.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO eve.alembic_version VALUES ('stranger');
RESET ROLE;
SELECT is(mighead_at_head('a1'), true, 'the gate looks at the trusted one');
SELECT lives_ok($$SELECT mighead_require_head('a1')$$, 'and lets pass');
SELECT lives_ok($$SELECT * FROM mighead_pending()$$, 'pending is that of the trusted one');
SELECT results_eq($$SELECT version_table::text, state = 'untrusted_table', severity = 0, current FROM mighead_status()$$,
    $$VALUES ('eve.alembic_version', true, true, '{stranger}'::text[]), ('alembic_version', false, false, '{a1}')$$,
    'the stranger''s is listed and not judged');
SELECT is((SELECT string_agg(code || ' ' || severity, ', ') FROM mighead_findings('eve.alembic_version', 2)), 'unknown_revision 2',
    'and judged where it is named');
SELECT is((SELECT count(*) FROM mighead_findings(NULL, 0) WHERE version_table = 'eve.alembic_version'::regclass), 1::bigint,
    'as one finding');
SELECT is((SELECT count(*) FROM mighead_metrics()), 1::bigint, 'and not among the metrics');
SELECT is((SELECT count(*) FROM mighead_findings('eve.alembic_version', 0) WHERE fix IS NOT NULL), 0::bigint, 'no fix for it');
SELECT mighead_project('eves', 'alembic_version', 'eve');
SELECT is((SELECT count(*) FROM mighead_status() WHERE state = 'untrusted_table'), 0::bigint, 'registered with its schema it is trusted');
SELECT is((SELECT count(*) FROM mighead_metrics()), 2::bigint, 'and counts');
DELETE FROM mighead.project WHERE name = 'eves';
SELECT mighead_watch('eve.alembic_version');
SELECT is((SELECT count(*) FROM mighead_status() WHERE state = 'untrusted_table'), 0::bigint, 'watched it is trusted');
SELECT mighead_unwatch('eve.alembic_version');

-- What belongs to the database as a whole is judged whatever else sorts first.
CREATE SCHEMA a_first AUTHORIZATION mighead_eve;
CREATE EXTENSION citext SCHEMA public;
SELECT mighead_capture(NULL, 'public.alembic_version', '{public}', true);
DROP EXTENSION citext;
SELECT is((SELECT bool_or(object ~ 'citext') FROM mighead_drift()), true, 'drift of an extension');
SELECT drift AS drift FROM mighead_status('public.alembic_version') \gset
SET LOCAL ROLE mighead_eve;
CREATE TABLE a_first.alembic_version (version_num varchar(32));
RESET ROLE;
SELECT is((SELECT drift FROM mighead_status() WHERE version_table = 'public.alembic_version'::regclass), :drift,
    'is seen beside a stranger''s version table');
ALTER TABLE a_first.alembic_version OWNER TO CURRENT_USER;
SELECT is((SELECT drift FROM mighead_status() WHERE version_table = 'public.alembic_version'::regclass), :drift,
    'and beside one of ours that has no rows');
SELECT is((SELECT bool_or(object ~ 'citext') FROM mighead_drift()), true, 'in the drift too');
DROP SCHEMA a_first CASCADE;

-- ---------- functions under our names ----------
SELECT is((SELECT count(*) FROM mighead_findings() WHERE code = 'planted_function'), 0::bigint, 'nothing is planted');
SELECT is((SELECT string_agg(format('%s %s', hint, fix), ' ') FROM mighead_findings(NULL, 0)) ~ 'public\.mighead_', true,
    'what is printed is qualified');
SET LOCAL ROLE mighead_eve;
CREATE FUNCTION public.mighead_status(text) RETURNS text LANGUAGE sql AS $$INSERT INTO public.canary VALUES (current_user, 'status') RETURNING 'x'$$;
CREATE FUNCTION public.mighead_locate(text) RETURNS text LANGUAGE sql AS $$INSERT INTO public.canary VALUES (current_user, 'locate') RETURNING 'x'$$;
CREATE FUNCTION public.mighead_pending(text) RETURNS text LANGUAGE sql AS $$INSERT INTO public.canary VALUES (current_user, 'pending') RETURNING 'x'$$;
CREATE FUNCTION public.mighead_drift(text) RETURNS text LANGUAGE sql AS $$INSERT INTO public.canary VALUES (current_user, 'drift') RETURNING 'x'$$;
CREATE FUNCTION public.mighead_show(unknown_text name) RETURNS text LANGUAGE sql AS $$INSERT INTO public.canary VALUES (current_user, 'show') RETURNING 'x'$$;
CREATE FUNCTION public.mighead_stamp(text, text, text, text) RETURNS text LANGUAGE sql AS $$INSERT INTO public.canary VALUES (current_user, 'stamp') RETURNING 'x'$$;
CREATE FUNCTION public.mighead_stamp(target text, expect text, reason text, purge boolean, skip_guards text[]) RETURNS text
    LANGUAGE sql AS $$INSERT INTO public.canary VALUES (current_user, 'stamp') RETURNING 'x'$$;
RESET ROLE;
-- Each statement that is printed, as it is; what fails has run nothing.
CREATE FUNCTION pg_temp.paste(printed text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE split_part(printed, ' -- ', 1);
    EXCEPTION WHEN OTHERS THEN
        NULL;
    END $$;
UPDATE public.alembic_version SET version_num = 'nobody';
SELECT pg_temp.paste(f.hint), pg_temp.paste(f.fix) FROM mighead_findings(NULL::regclass, 0) f;
DELETE FROM public.alembic_version;
INSERT INTO public.alembic_version VALUES ('a1'), ('a2');
SELECT pg_temp.paste(f.hint), pg_temp.paste(f.fix) FROM mighead_findings(NULL::regclass, 0) f;
DELETE FROM public.alembic_version;
SELECT pg_temp.paste(f.hint), pg_temp.paste(f.fix) FROM mighead_findings(NULL::regclass, 0) f;
SELECT pg_temp.paste(fix) FROM mighead_drift();
SELECT results_eq($$SELECT severity, sqlstate FROM mighead_findings(NULL::regclass) WHERE code = 'planted_function'$$,
    $$VALUES (2, 'MH010')$$, 'what is planted is a finding');
SELECT alike((SELECT hint FROM mighead_findings(NULL::regclass) WHERE code = 'planted_function'),
    'DROP ROUTINE public.mighead\_%(%); -- decide first: find out who made it, and why', 'and can be dropped as it is printed');
SET LOCAL ROLE mighead_eve;
DO $$
    DECLARE
        planted regprocedure;
    BEGIN
        FOR planted IN SELECT oid FROM pg_proc WHERE proowner = 'mighead_eve'::regrole AND proname LIKE 'mighead\_%' LOOP
            EXECUTE format('DROP FUNCTION %s', planted);
        END LOOP;
    END $$;
RESET ROLE;
CREATE SCHEMA eve_path AUTHORIZATION mighead_eve;
SET LOCAL ROLE mighead_eve;
CREATE VIEW eve_path.mighead_versions AS SELECT 1 AS version_table;
CREATE DOMAIN eve_path.mighead_locate AS text CHECK (VALUE <> '');
RESET ROLE;
SELECT is((SELECT evidence -> 'objects' FROM mighead_findings(NULL::regclass) WHERE code = 'planted_function'),
    '["eve_path.mighead_locate", "eve_path.mighead_versions"]', 'so is a type, and a relation under the name of the view');
SELECT is((SELECT hint FROM mighead_findings(NULL::regclass) WHERE code = 'planted_function'),
    'DROP DOMAIN eve_path.mighead_locate; -- decide first: find out who made it, and why', 'with what drops the first one');
DROP VIEW eve_path.mighead_versions;
DROP DOMAIN eve_path.mighead_locate;
SELECT is((SELECT count(*) FROM mighead_findings(NULL::regclass) WHERE code = 'planted_function'), 0::bigint, 'gone');

-- ---------- what is printed about tables that somebody vouched for ----------
CREATE SCHEMA vouched AUTHORIZATION mighead_eve;
SET LOCAL ROLE mighead_eve;
CREATE TABLE vouched.alembic_version (version_num text);
INSERT INTO vouched.alembic_version VALUES (' a1');
RESET ROLE;
SELECT mighead_project('vouched', 'alembic_version', 'vouched');
SELECT alike((SELECT string_agg(hint, ' ') FROM mighead_findings('vouched.alembic_version', 0)), '%SELECT ctid, * FROM vouched.alembic_version;%',
    'a query of it may be pasted');
SET LOCAL ROLE mighead_eve;
CREATE INDEX ON vouched.alembic_version (version_num) WHERE length(version_num) > eve.fold(1);
RESET ROLE;
SELECT unalike((SELECT string_agg(hint, ' ') FROM mighead_findings('vouched.alembic_version', 0)), '%FROM vouched.alembic_version%',
    'but not where the plan would run the code of its owner');

-- ---------- leftovers of trusted owners that use code of others ----------
CREATE TABLE app.begun (a int, b int);
ALTER TABLE app.begun ADD CONSTRAINT plain CHECK (a > 0) NOT VALID;
SELECT is((SELECT fix FROM mighead_leftovers() WHERE object LIKE '%app.begun'), 'ALTER TABLE app.begun VALIDATE CONSTRAINT plain', 'a fix');
ALTER TABLE app.begun ADD CONSTRAINT theirs CHECK (a > eve.trap(0)) NOT VALID;
SELECT is((SELECT string_agg(fix, ' ') FROM mighead_leftovers() WHERE object LIKE '%app.begun'), NULL, 'no fix where it runs the code of another');
DROP TABLE app.begun;


SELECT is((SELECT string_agg(DISTINCT format('%s ran %s', who, what), ', ') FROM public.canary
    WHERE who NOT IN ('mighead_eve', 'mighead_app')), NULL, 'no canary');
SELECT * FROM finish();
ROLLBACK;
