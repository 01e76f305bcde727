-- An update of an installation of 0.1.0 that has data leaves what a fresh installation has, and
-- what users granted.
BEGIN;
SELECT no_plan();
\set VERBOSITY terse
SET client_min_messages = warning;

-- Every fact about every member of the extension, one line each, without OIDs.
CREATE FUNCTION pg_temp.facts() RETURNS SETOF text LANGUAGE sql SET search_path = pg_catalog AS $$
WITH member AS (SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS name
    FROM pg_depend d JOIN pg_extension e ON d.refobjid = e.oid AND d.refclassid = 'pg_extension'::regclass
    WHERE e.extname = 'mighead' AND d.deptype = 'e'),
relation AS (SELECT c.*, m.name FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid)
SELECT format('member %s', name) FROM member
UNION ALL SELECT format('%s commented %s', name, d.description) FROM member m
    LEFT JOIN pg_description d ON d.classoid = m.classid AND d.objoid = m.objid AND d.objsubid = 0
UNION ALL SELECT format('%s: %s', name, to_jsonb(p) - '{oid,proname,pronamespace,proowner,proacl,proargdefaults,proallargtypes,proargtypes,prorettype}'::text[])
    || pg_get_functiondef(p.oid) || coalesce(pg_get_function_result(p.oid), '')
    FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
UNION ALL SELECT format('%s granted %s', name, p.proacl) FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
UNION ALL SELECT format('%s: kind %s, owner %s, persistence %s, options %s, row security %s %s, replica identity %s, granted %s',
    name, relkind, relowner::regrole, relpersistence, reloptions, relrowsecurity, relforcerowsecurity, relreplident, relacl) FROM relation
UNION ALL SELECT format('%s column %s %s: %s, not null %s, default %s, identity "%s", generated "%s", collation %s, storage %s, statistics %s, granted %s, commented %s',
    r.name, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity,
    a.attgenerated, a.attcollation, a.attstorage, a.attstattarget, a.attacl, col_description(a.attrelid, a.attnum))
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL SELECT format('%s constraint %s: %s', r.name, conname, pg_get_constraintdef(k.oid)) FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid
UNION ALL SELECT format('%s index %s', r.name, pg_get_indexdef(i.indexrelid)) FROM relation r JOIN pg_index i ON i.indrelid = r.oid
UNION ALL SELECT format('%s trigger %s', r.name, pg_get_triggerdef(t.oid)) FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid
UNION ALL SELECT format('%s sequence %s of %s', r.name, to_jsonb(s) - 'seqrelid', pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid))
    FROM relation r JOIN pg_sequence s ON s.seqrelid = r.oid
    LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i')
UNION ALL SELECT format('%s view %s', r.name, pg_get_viewdef(r.oid)) FROM relation r WHERE relkind = 'v'
UNION ALL SELECT format('schema granted %s', nspacl) FROM pg_namespace WHERE nspname = 'mighead'
UNION ALL SELECT format('%s dumped where "%s"', c.oid::regclass, c.condition)
    FROM pg_extension e, unnest(e.extconfig, e.extcondition) c (oid, condition) WHERE extname = 'mighead'
UNION ALL SELECT format('%s labelled %s %s', m.name, provider, label) FROM pg_seclabel s JOIN member m ON m.classid = s.classoid AND m.objid = s.objoid
UNION ALL SELECT format('%s of the extension itself granted %s', m.name, i.initprivs)
    FROM pg_init_privs i JOIN member m ON m.classid = i.classoid AND m.objid = i.objoid
UNION ALL SELECT format('extension %s %s', extversion, extrelocatable) FROM pg_extension WHERE extname = 'mighead'
$$;

DROP EXTENSION IF EXISTS mighead;
CREATE EXTENSION mighead;
CREATE TEMP TABLE fresh AS SELECT facts FROM pg_temp.facts();
DROP EXTENSION mighead;

CREATE EXTENSION mighead VERSION '0.1.0';
CREATE TEMP TABLE updated AS SELECT facts FROM pg_temp.facts();
SELECT cmp_ok(count(*), '>', 100::bigint, 'a version is more than a few facts') FROM updated;
SELECT isnt_empty('SELECT facts FROM fresh EXCEPT SELECT facts FROM updated', 'so that there is something to do');
DROP TABLE updated;
ALTER EXTENSION mighead UPDATE;
CREATE TEMP TABLE updated AS SELECT facts FROM pg_temp.facts();
SELECT results_eq('SELECT facts COLLATE "C" FROM updated EXCEPT SELECT facts FROM fresh ORDER BY 1', ARRAY[]::text[], 'an update has nothing that a fresh installation has not');
SELECT results_eq('SELECT facts COLLATE "C" FROM fresh EXCEPT SELECT facts FROM updated ORDER BY 1', ARRAY[]::text[], 'and all that it has');
SELECT is((SELECT count(*) FROM updated), (SELECT count(*) FROM fresh), 'as many of each');

-- The library serves the script of 0.1.0.
DROP EXTENSION mighead;
CREATE EXTENSION mighead VERSION '0.1.0';
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY);
SELECT lives_ok('SELECT count(*) FROM ' || call, 'with the script of 0.1.0: ' || call) FROM unnest(ARRAY[
    $$mighead_version()$$, $$mighead_project('default')$$, $$mighead_add_revision('a')$$, $$mighead_add_revision('b', '{a}')$$, $$mighead_add_revision('c', '{b}')$$,
    $$mighead_remove_revision('c')$$, $$mighead_ensure_version('other_version')$$, $$mighead_watch('alembic_version', true)$$,
    $$mighead_stamp('a', '{}', 'why', skip_guards => '{schema}')$$, $$mighead_capture()$$, $$mighead_watch_ddl()$$, $$mighead_status()$$, $$mighead_versions$$,
    $$mighead_findings(min_severity => 0)$$, $$mighead_current()$$, $$mighead_heads()$$, $$mighead_branches()$$, $$mighead_history()$$, $$mighead_show('heads')$$,
    $$mighead_resolve('heads')$$, $$mighead_upgrade_plan()$$, $$mighead_downgrade_plan('base')$$, $$mighead_pending()$$, $$mighead_stamp_plan('heads')$$,
    $$mighead_graph()$$, $$mighead_at_head()$$, $$mighead_require_head('a')$$, $$mighead_drift()$$, $$mighead_verify('a')$$, $$mighead_locate()$$,
    $$mighead_definitions()$$, $$mighead_log()$$, $$mighead_ddl()$$, $$mighead_lock_key()$$, $$mighead_locks()$$, $$mighead_leftovers()$$, $$mighead_metrics()$$,
    $$mighead_orphans('alembic_version', '{version_num}', 'alembic_version', '{version_num}')$$, $$mighead_castable('alembic_version', 'version_num', 'integer')$$,
    $$mighead_ignore('x', 'why')$$, $$mighead_ignore('x', 'again')$$, $$mighead_ignore('x', 'one of them', 'owner')$$, $$mighead_unignore('x')$$,
    $$mighead_environment('e')$$, $$mighead_import(mighead_export())$$, $$mighead_reset('a', 'why', skip_guards => '{schema}')$$,
    $$mighead_undo((SELECT max(id) FROM mighead.journal), '{}', 'why', skip_guards => '{schema}')$$, $$mighead_prune('0')$$, $$mighead_unwatch_ddl()$$,
    $$mighead_unwatch('alembic_version')$$, $$mighead_parse_script(E'revision = "a"\ndown_revision = None')$$]) call;
SELECT results_eq('SELECT reason, attribute FROM mighead.ignored', $$VALUES ('one of them'::text, 'owner'::text)$$, 'what it wrote it finds');
INSERT INTO mighead.ignored (project, object, reason, ignored_by) VALUES ('default', 'y', 'in the way of 0.1.0', 'me');
SELECT lives_ok($$SELECT mighead_ignore('y', 'again')$$, 'what 0.1.0 wrote is written again');
SELECT results_eq($$SELECT reason FROM mighead.ignored WHERE object = 'y'$$, ARRAY['again'], 'and not beside it');
SELECT is((SELECT origin FROM (SELECT to_jsonb(j) ->> 'origin' AS origin FROM mighead.journal j) o WHERE origin IS NOT NULL), NULL, 'in the tables of 0.1.0');
ALTER EXTENSION mighead UPDATE;
SELECT lives_ok('SELECT count(*) FROM ' || call, 'updated in the same session: ' || call)
    FROM unnest(ARRAY[$$mighead_status()$$, $$mighead_findings()$$, $$mighead_log()$$, $$mighead_ddl()$$, $$mighead_ignore('x', 'why')$$, $$mighead_export()$$]) call;

-- An older library does not serve this script.
CREATE TEMP TABLE script AS SELECT v.name, pg_read_file(setting || '/extension/mighead--' || v.name || '.sql') AS text
    FROM pg_config, unnest('{0.2.0,0.1.0--0.2.0}'::text[]) v (name) WHERE pg_config.name = 'SHAREDIR';
SELECT lives_ok(substring(text FROM 'SELECT CASE WHEN [^;]*;'), name || ': this library') FROM script;
SELECT throws_like(replace(substring(text FROM 'SELECT CASE WHEN [^;]*;'), 'mighead_version()', quote_literal('0.1.9') || '::text'),
    '%The library of mighead is 0.1.9 and older than this script. Install the new one and connect again.%', name || ': an older library') FROM script;
DROP TABLE alembic_version, other_version;

-- With data, and with what users granted.
DROP EXTENSION mighead;
CREATE EXTENSION mighead VERSION '0.1.0';
CREATE ROLE update_monitor;
CREATE ROLE update_loader;
GRANT SELECT ON mighead.journal, mighead.check_result, mighead.ignored TO update_monitor;
GRANT EXECUTE ON FUNCTION mighead_project(text, text, text), mighead_load_archive(bytea, text, text), mighead_load_scripts(text, text, text, boolean),
    mighead_capture(text, regclass, text[], boolean) TO update_loader WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION mighead_status(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mighead_status(regclass) TO update_monitor;
INSERT INTO mighead.project (name, environment, environment_database, protected) VALUES ('default', 'production', current_database(), true), ('other', NULL, NULL, false);
INSERT INTO mighead.release (project, release, heads, loaded_by) VALUES ('default', 1, '{b}', 'me');
INSERT INTO mighead.revision (project, revision, load_order, down_revision, first_release) VALUES ('default', 'a', 0, '{}', 1), ('default', 'b', 1, '{a}', 1);
INSERT INTO mighead.definition VALUES ('c', 'table', '$home.t', NULL, 's', '{}');
INSERT INTO mighead.expected_set (project, rows, schemas, format, deparser, server_version_num, checksum, captured_by) VALUES ('default', '{a}', '{$home}', 1, 15, 150000, 'x', 'me');
INSERT INTO mighead.expected (project, rows, object_type, object, checksum) VALUES ('default', '{a}', 'table', '$home.t', 'c');
INSERT INTO mighead.ignored (project, object, attribute, reason, ignored_by) VALUES ('default', 't', NULL, 'why', 'me'), ('default', 't', 'owner', 'why', 'me'),
    ('default', 't', '', 'both', 'me');
INSERT INTO mighead.journal (at, version_table_schema, version_table_name, project, action, old_rows, new_rows, session_user_name, current_user_name, backend_pid, transaction_id)
    SELECT now(), 'public', 'alembic_version', 'default', 'upgrade', '{}', '{a}', 'me', 'me', 1, '7' FROM generate_series(1, 3);
INSERT INTO mighead.watch VALUES ('public', 'alembic_version', false, now(), 'me');
INSERT INTO mighead.ddl_log (at, transaction_id, session_user_name, current_user_name, backend_pid, command_tag, is_drop) VALUES (now(), '7', 'me', 'me', 1, 'GRANT', false);
INSERT INTO mighead.check_result (at, state, severity, sqlstate, version_tables, not_ok, changed) VALUES (now(), 'ok', 0, '00000', 1, '{}', false);
INSERT INTO mighead.check_finding VALUES ('t', 'drift', '', 2, 'd', now(), now());
CREATE TEMP TABLE data_before AS
    SELECT 'mighead.' || name AS name, query_to_xml('SELECT * FROM mighead.' || name || ' t ORDER BY 1, 2, 3', false, true, '')::text AS rows
    FROM unnest('{project,release,revision,definition,expected_set,expected,journal,watch,ddl_log,check_result,check_finding}'::text[]) name;
ALTER EXTENSION mighead UPDATE;
SELECT is(regexp_replace(replace(query_to_xml('SELECT * FROM ' || name || ' ORDER BY 1, 2, 3', false, true, '')::text, E'  <manages></manages>\n', ''), '  <origin>[^<]*</origin>\n', '', 'g'), rows,
    'the rows of ' || name) FROM data_before;
SELECT results_eq($$SELECT object || ' ' || attribute || ' ' || reason FROM mighead.ignored ORDER BY 1$$, ARRAY['t  both', 't owner why'],
    'what was accepted of an object as a whole');
SELECT is(nextval('mighead.journal_id_seq'), 4::bigint, 'numbers go on');
SELECT is(origin, concat_ws('/', (pg_control_system()).system_identifier, current_database()), 'they are of this database') FROM mighead.journal LIMIT 1;

SELECT ok(has_table_privilege('update_monitor', table_name, 'SELECT'), table_name || ': what users granted stays')
    FROM unnest('{mighead.journal,mighead.check_result,mighead.ignored}'::text[]) table_name;
SELECT ok(has_function_privilege('update_loader', p.oid, 'EXECUTE WITH GRANT OPTION'), p.oid::regprocedure || ': too')
    FROM pg_proc p WHERE proname IN ('mighead_project', 'mighead_load_archive', 'mighead_load_scripts', 'mighead_capture');
SELECT ok(has_function_privilege('update_monitor', p.oid, 'EXECUTE') AND NOT has_function_privilege('update_loader', p.oid, 'EXECUTE'),
    p.oid::regprocedure || ': and what they took') FROM pg_proc p WHERE proname = 'mighead_status';
SELECT is_empty($$SELECT facts FROM pg_temp.facts() WHERE facts ~ 'extension itself granted' AND facts ~ 'update_'$$,
    'so that a dump has it: it is not the extension''s own');
SELECT is_empty($$SELECT facts FROM fresh WHERE facts ~ 'extension itself granted' EXCEPT SELECT facts FROM pg_temp.facts()$$, 'which is that of a fresh one');
SELECT isnt_empty($$SELECT FROM fresh WHERE facts ~ 'extension itself granted.*pg_database_owner'$$, 'and lets the owner of the database make a dump');
REVOKE ALL ON mighead.journal, mighead.check_result, mighead.ignored FROM update_monitor;
SELECT * FROM finish();
ROLLBACK;
