-- The SQL interface as a contract, and the readers of the graph against
-- independent implementations in SQL.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

-- 1. Names, arguments, defaults, columns and types, in order.  A function that is
--    not listed here fails, so that none comes without a decision.
CREATE TEMPORARY TABLE contract (
    name text NOT NULL,
    arguments text NOT NULL,
    returns text NOT NULL,
    volatility text NOT NULL, -- as pg_proc.provolatile
    callers text NOT NULL,    -- public, or nobody until granted
    overload integer NOT NULL DEFAULT 1, -- of several of a name, in the order of their arguments
    PRIMARY KEY (name, overload)
);
INSERT INTO contract VALUES
('mighead_version', '', 'text', 'i', 'public'),
('mighead_remote_drift',
 'server text, version_table text DEFAULT NULL::text, relation text DEFAULT NULL::text, revision text DEFAULT NULL::text, min_severity integer DEFAULT 1, OUT object_type text, OUT object text, OUT kind text, OUT attribute text, OUT expected text, OUT actual text, OUT severity integer, OUT since_revision text, OUT changed_at timestamp with time zone, OUT changed_by text, OUT fix text',
 'SETOF record', 'v', 'public'),
('mighead_remote_locate',
 'server text, version_table text DEFAULT NULL::text, max_results integer DEFAULT 5, OUT rank integer, OUT rows text[], OUT revision text, OUT same_as text[], OUT matching integer, OUT missing integer, OUT extra integer, OUT changed integer, OUT is_exact boolean, OUT is_current boolean, OUT message text',
 'SETOF record', 'v', 'public'),
('mighead_remote_capture',
 'server text, target text DEFAULT NULL::text, version_table text DEFAULT NULL::text, schemas text[] DEFAULT NULL::text[], replace boolean DEFAULT false, OUT tables integer, OUT objects integer, OUT stored integer',
 'record', 'v', 'nobody'),
('mighead_remote_review',
 'server text, sql text DEFAULT NULL::text, version_table text DEFAULT NULL::text, target text DEFAULT ''heads''::text, check_data boolean DEFAULT true, role_name text DEFAULT NULL::text, OUT statement integer, OUT line integer, OUT revision text, OUT command text, OUT object text, OUT lock_mode text, OUT blocks text, OUT rewrites boolean, OUT scans boolean, OUT table_rows bigint, OUT table_bytes bigint, OUT severity integer, OUT code text, OUT sqlstate text, OUT detail text, OUT hint text',
 'SETOF record', 'v', 'public'),
('mighead_remote_definitions',
 'server text, version_table text DEFAULT NULL::text, schemas text[] DEFAULT NULL::text[], OUT object_type text, OUT object text, OUT parent text, OUT attribute text, OUT value text',
 'SETOF record', 'v', 'public'),
('mighead_remote_findings',
 'server text, version_table text DEFAULT NULL::text, min_severity integer DEFAULT 1, OUT severity integer, OUT code text, OUT sqlstate text, OUT version_table text, OUT object text, OUT detail text, OUT evidence jsonb, OUT hint text, OUT fix text',
 'SETOF record', 'v', 'public'),
('mighead_fleet_metrics',
 'OUT server text, OUT version_table text, OUT project text, OUT database text, OUT reachable double precision, OUT took_seconds double precision, OUT severity double precision, OUT rows double precision, OUT heads double precision, OUT unknown double precision, OUT applied double precision, OUT pending double precision, OUT drift double precision, OUT findings double precision, OUT critical_findings double precision, OUT sessions double precision, OUT compared double precision',
 'SETOF record', 'v', 'public'),
('mighead_fleet_servers', 'server text', 'SETOF text', 'v', 'public'),
('mighead_fleet',
 'servers text DEFAULT ''%''::text, timeout interval DEFAULT ''00:00:10''::interval, OUT server text, OUT database text, OUT server_version text, OUT reachable boolean, OUT took interval, OUT version_table text, OUT project text, OUT state text, OUT severity integer, OUT current text[], OUT heads text[], OUT unknown text[], OUT applied integer, OUT pending integer, OUT drift integer, OUT findings integer, OUT changed_at timestamp with time zone, OUT changed_by text, OUT detail text, OUT hint text, OUT compared boolean',
 'SETOF record', 'v', 'public'),
('mighead_remote_status',
 'server text, version_table text DEFAULT NULL::text, OUT server text, OUT database text, OUT server_version text, OUT reachable boolean, OUT took interval, OUT version_table text, OUT project text, OUT state text, OUT severity integer, OUT current text[], OUT heads text[], OUT unknown text[], OUT applied integer, OUT pending integer, OUT drift integer, OUT findings integer, OUT changed_at timestamp with time zone, OUT changed_by text, OUT detail text, OUT hint text, OUT compared boolean',
 'SETOF record', 'v', 'public'),
('mighead_parse_script',
 'source text, OUT revision text, OUT down_revision text[], OUT depends_on text[], OUT branch_labels text[], OUT message text, OUT create_date timestamp without time zone',
 'record', 'i', 'public'),
('mighead_version_rows',
 'OUT version_table regclass, OUT project text, OUT revision text, OUT known boolean, OUT is_head boolean, OUT implied_by text, OUT message text, OUT changed_at timestamp with time zone, OUT changed_by text',
 'SETOF record', 's', 'public'),
('mighead_status',
 'version_table regclass DEFAULT NULL::regclass, OUT version_table regclass, OUT project text, OUT state text, OUT severity integer, OUT current text[], OUT heads text[], OUT unknown text[], OUT applied integer, OUT pending integer, OUT drift integer, OUT findings integer, OUT changed_at timestamp with time zone, OUT changed_by text, OUT detail text, OUT hint text, OUT compared boolean',
 'SETOF record', 's', 'public'),
('mighead_report', 'version_table regclass DEFAULT NULL::regclass', 'SETOF text', 's', 'public'),
('mighead_findings',
 'version_table regclass DEFAULT NULL::regclass, min_severity integer DEFAULT 1, OUT severity integer, OUT code text, OUT sqlstate text, OUT version_table regclass, OUT object text, OUT detail text, OUT evidence jsonb, OUT hint text, OUT fix text',
 'SETOF record', 's', 'public'),
('mighead_current',
 'version_table regclass DEFAULT NULL::regclass, OUT version_table regclass, OUT revision text, OUT is_head boolean, OUT message text',
 'SETOF record', 's', 'public'),
('mighead_log',
 'since interval DEFAULT NULL::interval, version_table regclass DEFAULT NULL::regclass, OUT id bigint, OUT at timestamp with time zone, OUT version_table text, OUT action text, OUT old_rows text[], OUT new_rows text[], OUT session_user_name text, OUT current_user_name text, OUT application_name text, OUT client_addr inet, OUT backend_pid integer, OUT transaction_id xid8, OUT ran_ddl boolean, OUT reason text, OUT skipped_guards text[]',
 'SETOF record', 's', 'public'),
('mighead_lock_key', 'project text DEFAULT NULL::text', 'bigint', 's', 'public'),
('mighead_environment',
 'label text, protected boolean DEFAULT false, confirm text DEFAULT NULL::text, project text DEFAULT NULL::text',
 'void', 'v', 'nobody'),
('mighead_ddl',
 'since interval DEFAULT NULL::interval, OUT object text, OUT object_type text, OUT command_tag text, OUT is_drop boolean, OUT at timestamp with time zone, OUT in_migration boolean, OUT session_user_name text, OUT current_user_name text, OUT application_name text, OUT client_addr inet, OUT backend_pid integer, OUT transaction_id xid8, OUT statement text',
 'SETOF record', 's', 'public'),
('mighead_watch_ddl', 'statements boolean DEFAULT false', 'void', 'v', 'nobody'),
('mighead_unwatch_ddl', '', 'void', 'v', 'nobody'),
('mighead_log_ddl', '', 'event_trigger', 'v', 'nobody'),
('mighead_log_ddl_statement', '', 'event_trigger', 'v', 'nobody'),
('mighead_watch', 'version_table regclass, capture boolean DEFAULT false', 'void', 'v', 'nobody'),
('mighead_unwatch', 'version_table regclass', 'void', 'v', 'nobody'),
('mighead_watch_trigger', '', 'trigger', 'v', 'nobody'),
('mighead_incoming_trigger', '', 'trigger', 'v', 'nobody'),
('mighead_heads',
 'project text DEFAULT NULL::text, OUT revision text, OUT branch_labels text[], OUT message text, OUT is_effective boolean, OUT applied boolean',
 'SETOF record', 's', 'public'),
('mighead_branches',
 'project text DEFAULT NULL::text, OUT revision text, OUT children text[], OUT message text',
 'SETOF record', 's', 'public'),
('mighead_history',
 'range text DEFAULT NULL::text, project text DEFAULT NULL::text, version_table regclass DEFAULT NULL::regclass, OUT revision text, OUT down_revision text[], OUT depends_on text[], OUT branch_labels text[], OUT message text, OUT is_head boolean, OUT is_base boolean, OUT is_branch_point boolean, OUT is_merge_point boolean, OUT is_current boolean, OUT applied boolean, OUT create_date timestamp without time zone, OUT applied_at timestamp with time zone',
 'SETOF record', 's', 'public'),
('mighead_show',
 'identifier text, project text DEFAULT NULL::text, OUT revision text, OUT down_revision text[], OUT depends_on text[], OUT branch_labels text[], OUT message text, OUT is_head boolean, OUT is_base boolean, OUT is_branch_point boolean, OUT is_merge_point boolean, OUT is_current boolean, OUT applied boolean, OUT create_date timestamp without time zone, OUT applied_at timestamp with time zone, OUT branches_into text[], OUT file_name text, OUT checksum text, OUT first_release text, OUT last_release text',
 'SETOF record', 's', 'public'),
('mighead_resolve', 'identifier text, project text DEFAULT NULL::text', 'text[]', 's', 'public'),
('mighead_upgrade_plan',
 'target text DEFAULT ''heads''::text, version_table regclass DEFAULT NULL::regclass, current text DEFAULT NULL::text, project text DEFAULT NULL::text, OUT step integer, OUT revision text, OUT down_revision text[], OUT message text, OUT rows_after text[]',
 'SETOF record', 's', 'public'),
('mighead_downgrade_plan',
 'target text, version_table regclass DEFAULT NULL::regclass, current text DEFAULT NULL::text, project text DEFAULT NULL::text, OUT step integer, OUT revision text, OUT down_revision text[], OUT message text, OUT rows_after text[]',
 'SETOF record', 's', 'public'),
('mighead_pending',
 'version_table regclass DEFAULT NULL::regclass, OUT step integer, OUT revision text, OUT down_revision text[], OUT message text, OUT rows_after text[]',
 'SETOF record', 's', 'public'),
('mighead_stamp_plan',
 'target text, version_table regclass DEFAULT NULL::regclass, current text DEFAULT NULL::text, purge boolean DEFAULT false, project text DEFAULT NULL::text, OUT step integer, OUT action text, OUT from_revision text, OUT to_revision text, OUT rows_after text[]',
 'SETOF record', 's', 'public'),
('mighead_graph',
 'format text DEFAULT ''text''::text, range text DEFAULT NULL::text, version_table regclass DEFAULT NULL::regclass, project text DEFAULT NULL::text, around integer DEFAULT NULL::integer',
 'SETOF text', 's', 'public'),
('mighead_merge_script',
 'revisions text DEFAULT ''heads''::text, message text DEFAULT NULL::text, revision text DEFAULT NULL::text, project text DEFAULT NULL::text',
 'text', 'v', 'public'),
('mighead_at_head', 'heads text DEFAULT NULL::text, version_table regclass DEFAULT NULL::regclass', 'boolean', 's', 'public'),
('mighead_require_head', 'heads text DEFAULT NULL::text, version_table regclass DEFAULT NULL::regclass', 'void', 's', 'public'),
('mighead_locks',
 'OUT pid integer, OUT role text, OUT state text, OUT application_name text, OUT user_name text, OUT since timestamp with time zone, OUT lock_mode text, OUT relation text, OUT blocked_by integer[], OUT query text',
 'SETOF record', 's', 'public'),
('mighead_definitions',
 'version_table regclass DEFAULT NULL::regclass, schemas text[] DEFAULT NULL::text[], relation regclass DEFAULT NULL::regclass, OUT object_type text, OUT object text, OUT parent text, OUT attribute text, OUT value text',
 'SETOF record', 's', 'public'),
('mighead_check', 'IN min_severity integer DEFAULT 2, IN version_table regclass DEFAULT NULL::regclass', '', 'v', 'nobody'),
('mighead_fleet_check', 'IN min_severity integer DEFAULT 2, IN servers text DEFAULT ''%''::text', '', 'v', 'nobody'),
('mighead_metrics',
 'OUT version_table text, OUT project text, OUT database text, OUT severity double precision, OUT rows double precision, OUT heads double precision, OUT unknown double precision, OUT applied double precision, OUT pending double precision, OUT drift double precision, OUT findings double precision, OUT critical_findings double precision, OUT sessions double precision, OUT change_age_seconds double precision, OUT check_age_seconds double precision, OUT compared double precision',
 'SETOF record', 's', 'public'),
('mighead_review',
 'sql text DEFAULT NULL::text, version_table regclass DEFAULT NULL::regclass, target text DEFAULT ''heads''::text, check_data boolean DEFAULT true, role_name name DEFAULT NULL::name, OUT statement integer, OUT line integer, OUT revision text, OUT command text, OUT object text, OUT lock_mode text, OUT blocks text, OUT rewrites boolean, OUT scans boolean, OUT table_rows bigint, OUT table_bytes bigint, OUT severity integer, OUT code text, OUT sqlstate text, OUT detail text, OUT hint text',
 'SETOF record', 's', 'public'),
('mighead_leftovers', 'OUT kind text, OUT object text, OUT detail text, OUT fix text', 'SETOF record', 's', 'public'),
('mighead_orphans',
 'child regclass, child_columns text, parent regclass, parent_columns text, max_samples integer DEFAULT 10, OUT orphan_rows bigint, OUT sample jsonb, OUT delete_sql text',
 'record', 's', 'public'),
('mighead_castable',
 'relation regclass, column_name text, new_type text, max_samples integer DEFAULT 10, whole_table boolean DEFAULT false, OUT total_rows bigint, OUT failing_rows bigint, OUT null_rows bigint, OUT sample jsonb, OUT rewrites_table boolean, OUT dependents text[], OUT is_sample boolean',
 'record', 's', 'public'),
('mighead_export', 'project text DEFAULT NULL::text, expectations boolean DEFAULT true', 'jsonb', 's', 'public'),
('mighead_drift',
 'version_table regclass DEFAULT NULL::regclass, relation regclass DEFAULT NULL::regclass, revision text DEFAULT NULL::text, min_severity integer DEFAULT 1, OUT object_type text, OUT object text, OUT kind text, OUT attribute text, OUT expected text, OUT actual text, OUT severity integer, OUT since_revision text, OUT changed_at timestamp with time zone, OUT changed_by text, OUT fix text',
 'SETOF record', 's', 'public'),
('mighead_verify', 'target text, version_table regclass DEFAULT NULL::regclass', 'boolean', 's', 'public'),
('mighead_locate',
 'version_table regclass DEFAULT NULL::regclass, max_results integer DEFAULT 5, OUT rank integer, OUT rows text[], OUT revision text, OUT same_as text[], OUT matching integer, OUT missing integer, OUT extra integer, OUT changed integer, OUT is_exact boolean, OUT is_current boolean, OUT message text',
 'SETOF record', 's', 'public'),
('mighead_capture',
 'target text DEFAULT NULL::text, version_table regclass DEFAULT NULL::regclass, schemas text[] DEFAULT NULL::text[], replace boolean DEFAULT false, OUT tables integer, OUT objects integer, OUT stored integer',
 'record', 'v', 'nobody'),
('mighead_ignore',
 'object text, reason text, attribute text DEFAULT NULL::text, until timestamp with time zone DEFAULT NULL::timestamp with time zone, project text DEFAULT NULL::text',
 'void', 'v', 'nobody'),
('mighead_unignore', 'object text, attribute text DEFAULT NULL::text, project text DEFAULT NULL::text', 'void', 'v', 'nobody'),
('mighead_prune',
 'keep interval, project text DEFAULT NULL::text, OUT journal bigint, OUT ddl_log bigint, OUT checks bigint, OUT releases bigint, OUT revisions bigint, OUT expectations bigint, OUT definitions bigint',
 'record', 'v', 'nobody'),
('mighead_project',
 'name text, version_table_name text DEFAULT ''alembic_version''::text, version_table_schema text DEFAULT NULL::text, manages text[] DEFAULT NULL::text[]',
 'void', 'v', 'nobody'),
('mighead_load_scripts',
 'directory text, project text DEFAULT ''default''::text, release text DEFAULT NULL::text, recursive boolean DEFAULT true, allow_empty boolean DEFAULT false, OUT scripts integer, OUT added integer, OUT changed integer, OUT retired integer, OUT heads text[], OUT warnings text[]',
 'record', 'v', 'nobody'),
('mighead_load_archive',
 'archive bytea, project text DEFAULT ''default''::text, release text DEFAULT NULL::text, allow_empty boolean DEFAULT false, OUT scripts integer, OUT added integer, OUT changed integer, OUT retired integer, OUT heads text[], OUT warnings text[]',
 'record', 'v', 'nobody'),
('mighead_add_revision',
 'revision text, down_revision text[] DEFAULT NULL::text[], depends_on text[] DEFAULT NULL::text[], branch_labels text[] DEFAULT NULL::text[], message text DEFAULT NULL::text, project text DEFAULT ''default''::text',
 'void', 'v', 'nobody'),
('mighead_remove_revision', 'revision text, project text DEFAULT ''default''::text', 'void', 'v', 'nobody'),
('mighead_remove_project', 'project text', 'void', 'v', 'nobody'),
('mighead_import',
 'document jsonb, release text DEFAULT NULL::text, OUT scripts integer, OUT added integer, OUT changed integer, OUT retired integer, OUT heads text[], OUT warnings text[]',
 'record', 'v', 'nobody'),
('mighead_ensure_version', 'version_table text DEFAULT ''alembic_version''::text', 'void', 'v', 'nobody'),
('mighead_stamp',
 'target text, expect text, reason text, version_table regclass DEFAULT NULL::regclass, purge boolean DEFAULT false, confirm text DEFAULT NULL::text, skip_guards text[] DEFAULT ''{}''::text[], project text DEFAULT NULL::text, OUT step integer, OUT action text, OUT from_revision text, OUT to_revision text, OUT rows_after text[]',
 'SETOF record', 'v', 'nobody'),
('mighead_reset',
 'expect text, reason text, version_table regclass DEFAULT NULL::regclass, confirm text DEFAULT NULL::text, skip_guards text[] DEFAULT ''{}''::text[], project text DEFAULT NULL::text, OUT step integer, OUT action text, OUT from_revision text, OUT to_revision text, OUT rows_after text[]',
 'SETOF record', 'v', 'nobody'),
('mighead_undo',
 'journal_id bigint, expect text, reason text, confirm text DEFAULT NULL::text, skip_guards text[] DEFAULT ''{}''::text[], OUT step integer, OUT action text, OUT from_revision text, OUT to_revision text, OUT rows_after text[]',
 'SETOF record', 'v', 'nobody');
INSERT INTO contract VALUES
('mighead_orphans',
 'child regclass, child_columns text[], parent regclass, parent_columns text[], max_samples integer DEFAULT 10, OUT orphan_rows bigint, OUT sample jsonb, OUT delete_sql text',
 'record', 's', 'public', 2);

CREATE TEMPORARY VIEW member AS
SELECT p.*, row_number() OVER (PARTITION BY p.proname
    ORDER BY pg_get_function_arguments(p.oid) COLLATE "C") AS overload
FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_proc p ON p.oid = d.objid
WHERE d.classid = 'pg_catalog.pg_proc'::regclass
    AND d.refclassid = 'pg_catalog.pg_extension'::regclass
    AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'mighead')
    AND d.deptype = 'e';

SELECT set_eq('SELECT proname::text FROM member', 'SELECT name FROM contract',
    'the functions of the extension are those of the contract');
SELECT is(pg_get_function_arguments(m.oid), c.arguments, c.name || ': arguments and columns')
FROM contract c JOIN member m ON m.proname = c.name AND m.overload = c.overload ORDER BY c.name, c.overload;
SELECT is(coalesce(pg_get_function_result(m.oid), ''), c.returns, c.name || ': result')
FROM contract c JOIN member m ON m.proname = c.name AND m.overload = c.overload ORDER BY c.name, c.overload;
SELECT is(m.provolatile::text, c.volatility, c.name || ': volatility')
FROM contract c JOIN member m ON m.proname = c.name AND m.overload = c.overload ORDER BY c.name, c.overload;
SELECT is(has_function_privilege('public', m.oid, 'EXECUTE'), c.callers = 'public', c.name || ': who may call it')
FROM contract c JOIN member m ON m.proname = c.name AND m.overload = c.overload ORDER BY c.name, c.overload;
SELECT is_empty(
    $$SELECT proname FROM member WHERE proparallel <> 'u' AND provolatile <> 'i'$$,
    'what reads tables is parallel unsafe: not to wait takes a subtransaction, which a parallel query cannot start');
SELECT is_empty($$SELECT proname FROM member WHERE prosecdef$$, 'no function is SECURITY DEFINER');
SELECT is_empty(
    $$SELECT proname FROM member WHERE obj_description(oid, 'pg_proc') IS NULL$$,
    'every function has a comment');
SELECT is_empty(
    $$SELECT c.oid::regclass FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.classid = 'pg_class'::regclass
      WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'mighead') AND d.deptype = 'e'
          AND obj_description(c.oid, 'pg_class') IS NULL$$,
    'every table and view has a comment');
SELECT is_empty(
    $$SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE c.relnamespace = 'mighead'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
          AND col_description(a.attrelid, a.attnum) IS NULL$$,
    'every column of a table has a comment');
SELECT is(
    (SELECT array_agg(attname::text || ' ' || format_type(atttypid, atttypmod) ORDER BY attnum)
     FROM pg_attribute WHERE attrelid = 'mighead_versions'::regclass AND attnum > 0),
    ARRAY['version_table regclass', 'project text', 'revision text', 'known boolean', 'is_head boolean',
          'implied_by text', 'message text', 'changed_at timestamp with time zone', 'changed_by text'],
    'columns of mighead_versions');

-- Views that psql completes.
SELECT results_eq('SELECT * FROM ' || v, 'SELECT * FROM ' || f || '()', v || ' is ' || f || '()')
FROM (VALUES ('mighead_state', 'mighead_status'), ('mighead_problems', 'mighead_findings')) AS t (v, f);
SELECT is((SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = v::regclass AND attnum > 0),
    (SELECT string_agg(name, ', ' ORDER BY n) FROM pg_proc, unnest(proargnames, proargmodes::text[]) WITH ORDINALITY AS a (name, mode, n)
     WHERE proname = f AND mode = 'o'), 'with its columns')
FROM (VALUES ('mighead_state', 'mighead_status'), ('mighead_problems', 'mighead_findings')) AS t (v, f);

-- 2. Privileges on the tables: everybody reads the graph, nobody writes it.
SELECT is(
    (SELECT bool_and(has_table_privilege('public', t, 'SELECT')
            AND NOT has_table_privilege('public', t, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'))
     FROM unnest(ARRAY['mighead.project', 'mighead.release', 'mighead.revision']) AS t),
    true, 'PUBLIC may read the graph and not change it');
SELECT is(has_schema_privilege('public', 'mighead', 'CREATE'), false, 'PUBLIC may not create in schema mighead');

-- 3. A random graph of 300 revisions, with a recursive query as the oracle.
SELECT setseed(0.20261121);
CREATE TEMPORARY TABLE node AS
SELECT i, pg_catalog.md5('revision ' || i) AS id,
    CASE WHEN i > 4 AND random() < 0.97 THEN
        ARRAY(SELECT DISTINCT greatest(1, i - 1 - floor(power(random(), 2) * 14)::int)
              FROM generate_series(1, CASE WHEN random() < 0.15 THEN 2 ELSE 1 END + i * 0))
    ELSE '{}' END AS down,
    CASE WHEN i > 4 AND random() < 0.08 THEN ARRAY[1 + floor(random() * (i - 1))::int] ELSE '{}' END AS depends,
    random() AS position
FROM generate_series(1, 300) AS i;
INSERT INTO mighead.project (name) VALUES ('random');
INSERT INTO mighead.release (project, release, label, heads, loaded_by) VALUES ('random', 1, 'r1', '{}', 'test');
INSERT INTO mighead.revision (project, revision, load_order, down_revision, depends_on, message, first_release)
SELECT 'random', n.id, row_number() OVER (ORDER BY n.position) - 1,
    ARRAY(SELECT p.id FROM node p WHERE p.i = ANY (n.down)), ARRAY(SELECT p.id FROM node p WHERE p.i = ANY (n.depends)),
    'step ' || n.i, 1
FROM node n;

CREATE TEMPORARY TABLE edge AS -- child, parent; versioned: not by depends_on
SELECT revision AS child, unnest(down_revision) AS parent, true AS versioned FROM mighead.revision WHERE project = 'random'
UNION ALL
SELECT revision, unnest(depends_on), false FROM mighead.revision WHERE project = 'random';
CREATE TEMPORARY TABLE below AS -- every revision, with itself and all that lies below it
WITH RECURSIVE walk(revision, ancestor) AS (
    SELECT revision, revision FROM mighead.revision WHERE project = 'random'
    UNION
    SELECT w.revision, e.parent FROM walk w JOIN edge e ON e.child = w.ancestor)
SELECT * FROM walk;
CREATE INDEX ON below (revision);
CREATE INDEX ON below (ancestor);
ANALYZE below, edge;

SELECT results_eq(
    $$SELECT revision, is_effective FROM mighead_heads('random')$$,
    $$SELECT revision, EXISTS (SELECT FROM edge WHERE parent = revision)
      FROM mighead.revision WHERE project = 'random'
          AND NOT EXISTS (SELECT FROM edge WHERE parent = revision AND versioned)
      ORDER BY load_order$$,
    'heads in load order');
SELECT cmp_ok((SELECT count(*) FROM mighead_heads('random') WHERE is_effective), '>', 0::bigint,
    'the graph has effective heads');
SELECT cmp_ok((SELECT count(*) FROM mighead_heads('random')), '>', 3::bigint, 'the graph has several heads');
SELECT set_eq(
    $$SELECT revision, children FROM mighead_branches('random')$$,
    $$SELECT e.parent, array_agg(e.child ORDER BY r.load_order)
      FROM edge e JOIN mighead.revision r ON r.revision = e.child AND r.project = 'random'
      WHERE versioned GROUP BY e.parent HAVING count(*) > 1$$,
    'branch points and their children');
SELECT set_eq(
    $$SELECT revision FROM mighead_history(project => 'random')$$,
    $$SELECT id FROM node$$, 'history holds every revision');
SELECT is_empty(
    $$WITH history AS (SELECT revision, ordinality FROM mighead_history(project => 'random') WITH ORDINALITY)
      SELECT FROM edge JOIN history c ON c.revision = child JOIN history p ON p.revision = parent
      WHERE c.ordinality > p.ordinality$$,
    'in history no revision comes after one that it stands on');

SELECT set_eq(
    format($$SELECT revision FROM mighead_upgrade_plan(%L, current => '{}', project => 'random')$$, id),
    format($$SELECT ancestor FROM below WHERE revision = %L$$, id),
    'upgrade of an empty database to ' || i || ' runs all that lies below')
FROM node WHERE i % 10 = 0 ORDER BY i;

CREATE TEMPORARY TABLE sample AS -- rows that do not overlap
SELECT s, ARRAY(
    SELECT a.id FROM node a WHERE a.i % 40 = s
        AND NOT EXISTS (SELECT FROM node b JOIN below ON below.revision = b.id AND below.ancestor = a.id
                        WHERE b.i % 40 = s AND b.i <> a.i)
    ORDER BY a.position) AS version_rows
FROM generate_series(0, 39) AS s;
SELECT set_eq(
    format($$SELECT revision FROM mighead_upgrade_plan(current => %L, project => 'random')$$, version_rows),
    format($$SELECT id FROM node EXCEPT SELECT ancestor FROM below WHERE revision = ANY (%L)$$, version_rows),
    'pending from sample ' || s)
FROM sample ORDER BY s;
SELECT is_empty(
    format($$WITH plan AS (SELECT * FROM mighead_upgrade_plan(current => %L, project => 'random'))
             SELECT FROM plan c JOIN edge ON child = c.revision
                 LEFT JOIN plan p ON p.revision = parent
             WHERE p.step > c.step
                 OR (p.step IS NULL AND parent NOT IN (SELECT ancestor FROM below WHERE revision = ANY (%L)))$$,
           version_rows, version_rows),
    'pending from sample ' || s || ' is in an order that can be run')
FROM sample ORDER BY s;
SELECT is_empty(
    format($$WITH plan AS (SELECT * FROM mighead_upgrade_plan(current => %1$L, project => 'random')),
             applied AS (SELECT step, ancestor AS revision FROM plan, below WHERE below.revision = ANY (%1$L)
                         UNION SELECT p.step, q.revision FROM plan p JOIN plan q ON q.step <= p.step),
             maximal AS (SELECT step, array_agg(a.revision ORDER BY r.load_order) AS version_rows
                 FROM applied a JOIN mighead.revision r ON r.project = 'random' AND r.revision = a.revision
                 WHERE NOT EXISTS (SELECT FROM edge e JOIN applied b ON b.revision = e.child
                                   WHERE e.parent = a.revision AND b.step = a.step)
                 GROUP BY step)
             SELECT FROM plan JOIN maximal USING (step) WHERE rows_after IS DISTINCT FROM version_rows$$,
           version_rows),
    'rows_after in sample ' || s || ' are the maximal elements of what is applied')
FROM sample WHERE s % 8 = 0 ORDER BY s;
SELECT set_eq(
    format($$SELECT revision FROM mighead_downgrade_plan('base', current => %L, project => 'random')$$, version_rows),
    format($$SELECT ancestor FROM below WHERE revision = ANY (%L)$$, version_rows),
    'downgrade to base from sample ' || s)
FROM sample ORDER BY s;
SELECT results_eq(
    format($$SELECT rows_after FROM mighead_stamp_plan(%L, current => '{}', project => 'random') ORDER BY step DESC LIMIT 1$$, id),
    format($$SELECT ARRAY[%L]$$, id), 'stamp of an empty database to ' || i)
FROM node WHERE i % 50 = 0 ORDER BY i;

-- 4. The same against a version table: applied, is_current, at_head.
CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO public.alembic_version SELECT unnest(version_rows) FROM sample WHERE s = 7;
SELECT cmp_ok((SELECT count(*) FROM public.alembic_version), '>', 1::bigint, 'the sample has several rows');
SELECT set_eq(
    $$SELECT revision FROM mighead_history(project => 'random', version_table => 'public.alembic_version') WHERE applied$$,
    $$SELECT ancestor FROM below JOIN public.alembic_version ON revision = version_num$$, 'applied in history');
SELECT set_eq(
    $$SELECT revision FROM mighead_history(project => 'random', version_table => 'public.alembic_version') WHERE is_current$$,
    $$SELECT version_num::text FROM public.alembic_version$$, 'is_current in history');
SELECT set_eq(
    $$SELECT revision FROM mighead_heads() WHERE applied$$,
    $$SELECT ancestor FROM below JOIN public.alembic_version ON revision = version_num
      WHERE NOT EXISTS (SELECT FROM edge WHERE parent = ancestor AND versioned)$$,
    'applied heads');
SELECT set_eq(
    $$SELECT revision FROM mighead_pending('public.alembic_version')$$,
    $$SELECT id FROM node EXCEPT SELECT ancestor FROM below JOIN public.alembic_version ON revision = version_num$$,
    'pending');
SELECT is(mighead_at_head(), false, 'not at head');
SELECT throws_ok('SELECT mighead_require_head()', 'MH001', 'database is not at head', 'the gate is shut');
TRUNCATE public.alembic_version;
INSERT INTO public.alembic_version SELECT revision FROM mighead_heads('random') WHERE NOT is_effective;
SELECT is(mighead_at_head(), true, 'at head, with the effective heads implied');
SELECT lives_ok('SELECT mighead_require_head()', 'the gate opens');
SELECT is_empty('SELECT * FROM mighead_pending()', 'nothing is pending');
SELECT is((SELECT bool_and(applied) FROM mighead_heads()), true, 'every head is applied');

-- A drawing around the rows: what the steps of the graph reach, with SQL as the oracle.
DELETE FROM public.alembic_version;
INSERT INTO public.alembic_version SELECT id FROM node WHERE i IN (60, 131);
SELECT set_eq(format($$SELECT substring(g from '[*]-*[.]?(?: [|])* (\w+)') FROM mighead_graph(around => %s) AS g WHERE g ~ '[*]'$$, steps),
    format($$WITH RECURSIVE edge AS (SELECT revision AS id, unnest(down_revision) AS down FROM mighead_history()),
        below AS (SELECT version_num::text AS id, 0 AS far FROM public.alembic_version
            UNION SELECT e.down, far + 1 FROM below b JOIN edge e USING (id) WHERE far < %1$s),
        above AS (SELECT version_num::text AS id, 0 AS far FROM public.alembic_version
            UNION SELECT e.id, far + 1 FROM above a JOIN edge e ON e.down = a.id WHERE far < %1$s)
        SELECT id FROM below UNION SELECT id FROM above$$, steps), 'around the rows, ' || steps)
FROM unnest('{0,1,3,8}'::int[]) AS steps;
SELECT is((SELECT array_agg(r ORDER BY r) FROM unnest(mighead_resolve('current')) r), (SELECT array_agg(version_num::text ORDER BY version_num::text) FROM public.alembic_version),
    'current is the rows');
INSERT INTO public.alembic_version VALUES ('nowhere');
SELECT ok('nowhere' = ANY (mighead_resolve('current')), 'even one that no script has');
DELETE FROM public.alembic_version;
SELECT is(mighead_resolve('current'), '{}', 'and none');
SELECT is((SELECT count(*) FROM mighead_graph(around => 0) AS g WHERE g ~ '[*]'), (SELECT count(*) FROM mighead_history() WHERE is_base), 'without rows it begins at the bases');

-- Whatever is typed, an answer or one of Alembic's refusals comes back.
CREATE FUNCTION pg_temp.refusals(calls int) RETURNS TABLE (sqlstate text, example text) LANGUAGE plpgsql AS $$
DECLARE
    pieces text[] := ARRAY['head', 'heads', 'base', 'current', '@', '+', '-', ':', '1', '2', '9999999999', ' ', '', '{', '}',
        ',', '"', '\', 'é', 'billing'] || ARRAY(SELECT id FROM node WHERE i % 60 = 0) || ARRAY(SELECT left(id, 5) FROM node WHERE i % 60 = 1);
    calls_of text[] := ARRAY[
        'SELECT mighead_resolve(%1$L)', 'SELECT * FROM mighead_show(%1$L)', 'SELECT * FROM mighead_history(%1$L)',
        'SELECT * FROM mighead_upgrade_plan(%1$L)', 'SELECT * FROM mighead_upgrade_plan(current => %1$L)',
        'SELECT * FROM mighead_downgrade_plan(%1$L)', 'SELECT * FROM mighead_downgrade_plan(''-1'', current => %1$L)',
        'SELECT * FROM mighead_stamp_plan(%1$L)', 'SELECT * FROM mighead_stamp_plan(%1$L, purge => true)',
        'SELECT * FROM mighead_graph(''dot'', %1$L)', 'SELECT mighead_merge_script(%1$L)',
        'SELECT mighead_merge_script(revision => %1$L, message => %1$L)',
        'SELECT mighead_at_head(%1$L)', 'SELECT mighead_require_head(%1$L)'];
    typed text;
BEGIN
    CREATE TEMPORARY TABLE refusal (sqlstate text PRIMARY KEY, example text);
    FOR i IN 1 .. calls LOOP
        typed := (SELECT string_agg(pieces[1 + floor(random() * cardinality(pieces))::int], '')
                  FROM generate_series(1, 1 + floor(random() * 4)::int + i * 0));
        DECLARE
            call text := format(calls_of[1 + i % cardinality(calls_of)], typed);
        BEGIN
            EXECUTE call;
        EXCEPTION WHEN OTHERS THEN
            INSERT INTO refusal VALUES (SQLSTATE, call || ': ' || SQLERRM) ON CONFLICT DO NOTHING;
        END;
    END LOOP;
    RETURN QUERY SELECT r.sqlstate, r.example FROM refusal r;
END $$;
SET LOCAL client_min_messages = error;
CREATE TEMPORARY TABLE met AS SELECT * FROM pg_temp.refusals(7000);
SET LOCAL client_min_messages = warning;
SELECT is_empty(
    $$SELECT * FROM met WHERE sqlstate NOT IN ('MH001', 'MH201', 'MH202', 'MH203', 'MH204', 'MH205', 'MH214', 'MH215', '22023', '22P02')$$,
    'nothing typed gives another kind of error');
SELECT cmp_ok((SELECT count(*) FROM met), '>', 6::bigint, 'and many kinds were met');

-- 5. Error codes.  Messages are in the regression test graph.
CREATE SCHEMA tenant;
CREATE TABLE tenant.alembic_version (version_num text);
SELECT throws_ok(sql, code, NULL, code || ': ' || sql)
FROM (VALUES
    ('MH201', $$SELECT mighead_resolve('no such id')$$),
    ('MH201', $$SELECT * FROM mighead_upgrade_plan(current => 'no such id')$$),
    ('MH202', $$SELECT mighead_resolve('head')$$),
    ('MH202', $$SELECT mighead_merge_script('head')$$),
    ('MH203', $$SELECT * FROM mighead_upgrade_plan(current => (SELECT array_agg(id)::text FROM node WHERE i <= 20))$$),
    ('MH204', $$SELECT * FROM mighead_history((SELECT min(revision) || ':' || max(down_revision[1]) FROM mighead_heads() JOIN mighead_history() USING (revision)))$$),
    ('MH204', $$SELECT * FROM mighead_downgrade_plan((SELECT revision FROM mighead_heads() LIMIT 1), current => '{}')$$),
    ('MH205', $$SELECT * FROM mighead_upgrade_plan('-1', current => '{}')$$),
    ('MH214', $$SELECT mighead_merge_script(revision => (SELECT id FROM node WHERE i = 1))$$),
    ('MH215', $$SELECT mighead_merge_script(revision => 'a@b')$$),
    ('MH301', $$SELECT * FROM mighead_pending()$$),
    ('MH301', $$SELECT mighead_at_head()$$),
    ('MH301', $$SELECT mighead_require_head('{}')$$),
    ('MH301', $$SELECT * FROM mighead_history(':current')$$),
    ('MH301', $$SELECT * FROM mighead_show('current')$$),
    ('MH301', $$SELECT mighead_resolve('current')$$),
    ('MH301', $$SELECT * FROM mighead_graph(around => 1)$$),
    ('22023', $$SELECT * FROM mighead_graph(around => -1)$$),
    ('42P01', $$SELECT * FROM mighead_pending(2147483647::regclass)$$),
    ('42809', $$SELECT * FROM mighead_pending('pg_class')$$),
    ('42809', $$SELECT * FROM mighead_pending('pg_class_oid_index')$$),
    ('MH010', $$SELECT mighead_require_head('a', 'pg_class')$$),
    ('42704', $$SELECT * FROM mighead_heads('no such project')$$),
    ('42704', $$SELECT * FROM mighead_upgrade_plan(project => 'no such project')$$),
    ('42704', $$SELECT * FROM mighead_upgrade_plan(current => '{}', project => 'no such project')$$),
    ('22023', $$SELECT * FROM mighead_graph('svg')$$),
    ('22023', $$SELECT mighead_merge_script('{}')$$),
    ('22P02', $$SELECT * FROM mighead_upgrade_plan(current => '{a')$$),
    ('22004', $$SELECT * FROM mighead_upgrade_plan(current => '{a,NULL}')$$),
    ('22004', $$SELECT * FROM mighead_upgrade_plan(NULL)$$),
    ('22004', $$SELECT * FROM mighead_downgrade_plan(NULL)$$),
    ('22004', $$SELECT * FROM mighead_stamp_plan(NULL)$$),
    ('22004', $$SELECT * FROM mighead_stamp_plan('base', purge => NULL)$$),
    ('22004', $$SELECT mighead_resolve(NULL)$$),
    ('22004', $$SELECT * FROM mighead_show(NULL)$$),
    ('22004', $$SELECT * FROM mighead_graph(NULL)$$),
    ('22004', $$SELECT mighead_merge_script(NULL)$$)) AS v (code, sql);

-- The gate tells its reasons by code; it never lets pass what it cannot judge.
DROP TABLE public.alembic_version;
SELECT is(mighead_at_head(), false, 'no rows: not at head');
SELECT throws_ok('SELECT mighead_require_head()', 'MH001', NULL, 'gate: pending');
INSERT INTO tenant.alembic_version VALUES ('unknown');
SELECT is(mighead_at_head(), false, 'unknown row: not at head');
SELECT throws_ok('SELECT mighead_require_head()', 'MH002', NULL, 'gate: unknown row');
UPDATE tenant.alembic_version SET version_num = (SELECT id FROM node WHERE i = 300);
INSERT INTO tenant.alembic_version SELECT ancestor FROM below, node WHERE i = 300 AND revision = id AND ancestor <> id LIMIT 1;
SELECT is(mighead_at_head(), false, 'a row and its ancestor: not at head');
SELECT throws_ok('SELECT mighead_require_head()', 'MH003', NULL, 'gate: overlapping rows');
TRUNCATE tenant.alembic_version;
INSERT INTO tenant.alembic_version SELECT revision FROM mighead_heads('random') WHERE NOT is_effective;
INSERT INTO tenant.alembic_version SELECT version_num FROM tenant.alembic_version LIMIT 1;
SELECT is(mighead_at_head(), false, 'a row twice: not at head');
SELECT throws_ok('SELECT mighead_require_head()', 'MH012', NULL, 'gate: a row twice');
DELETE FROM tenant.alembic_version a USING tenant.alembic_version b WHERE a.version_num = b.version_num AND a.ctid > b.ctid;
SELECT is(mighead_at_head(), true, 'at head again');
INSERT INTO tenant.alembic_version VALUES (NULL);
SELECT is(mighead_at_head(), false, 'a null row: not at head');
SELECT throws_ok('SELECT mighead_require_head()', 'MH012', NULL, 'gate: a null row');
DELETE FROM tenant.alembic_version WHERE version_num IS NULL;
UPDATE tenant.alembic_version SET version_num = left(version_num, 20) WHERE ctid = '(0,1)'
    OR ctid = (SELECT max(ctid) FROM tenant.alembic_version);
SELECT is(mighead_at_head(), false, 'a shortened id: not at head');
SELECT throws_ok('SELECT mighead_require_head()', 'MH012', NULL, 'gate: a shortened id');
UPDATE mighead.revision SET last_release = 1 WHERE project = 'random' AND revision = (SELECT revision FROM mighead_heads() LIMIT 1);
SELECT set_config('test.retired', revision, true) FROM mighead.revision WHERE last_release = 1;
TRUNCATE tenant.alembic_version;
INSERT INTO tenant.alembic_version VALUES (current_setting('test.retired'));
SELECT is(mighead_at_head(), false, 'row of another release: not at head');
SELECT throws_ok('SELECT mighead_require_head()', 'MH007', NULL, 'gate: row of another release');
SELECT row_eq($$SELECT revision, is_current, applied FROM mighead_show('current')$$,
    ROW (current_setting('test.retired'), true, true), 'a retired revision can still be shown');
SELECT results_eq($$SELECT * FROM mighead_show((SELECT array_agg(revision)::text FROM mighead_history()), 'random')$$,
    $$SELECT s.* FROM mighead_history() AS h, mighead_show(h.revision, 'random') AS s$$, 'mighead_show() of an array: each in turn');
SELECT is_empty($$SELECT * FROM mighead_show('{}')$$, 'mighead_show() of an empty array');
SELECT throws_ok($$SELECT * FROM mighead_show('{')$$, '22P02', NULL, 'mighead_show() of half an array');
SELECT throws_ok($$SELECT * FROM mighead_show('{NULL}')$$, '22004', NULL, 'mighead_show() of an array with NULL');
SELECT throws_ok($$SELECT * FROM mighead_show('{absent}')$$, 'MH201', NULL, 'mighead_show() of an array with an unknown id');
SELECT mighead_remove_project(name) FROM mighead.project;
SELECT is(mighead_at_head(), NULL, 'no scripts: not known');
SELECT throws_ok('SELECT mighead_require_head()', 'MH008', NULL, 'gate: no scripts');
SELECT is(mighead_at_head(current_setting('test.retired')), true, 'heads given: no scripts needed');
SELECT is(mighead_at_head('{other,' || current_setting('test.retired') || '}'), false, 'heads given: one is missing');
CREATE ROLE mighead_test_reader;
GRANT USAGE ON SCHEMA tenant TO mighead_test_reader;
SET LOCAL ROLE mighead_test_reader;
SELECT mighead_at_head(current_setting('test.retired')) IS NULL AS unreadable \gset
RESET ROLE;
SELECT ok(:'unreadable', 'unreadable: not known');
TRUNCATE tenant.alembic_version;
INSERT INTO tenant.alembic_version SELECT i FROM generate_series(1, 1001) AS i;
SELECT throws_ok('SELECT * FROM mighead_pending()', '54000', NULL, 'too many rows to be a version table');
SELECT is(mighead_at_head('a'), NULL, 'too many rows: not known');

-- Of many version tables an error lists ten.
DO $$BEGIN FOR i IN 1 .. 23 LOOP
    EXECUTE format('CREATE SCHEMA tenant_%s CREATE TABLE alembic_version (version_num text)', i);
END LOOP; END$$;
CREATE FUNCTION pg_temp.detail_of(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN EXECUTE call; RETURN NULL;
EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL; RETURN answer; END$$;
SELECT is((SELECT string_agg(CASE WHEN part LIKE 'and %' THEN part ELSE 'a table' END, ', ') FROM
    string_to_table(pg_temp.detail_of('SELECT mighead_at_head()'), ', ') AS part), repeat('a table, ', 10) || 'and 14 more.', 'ten of 24 tables');

SELECT * FROM finish();
ROLLBACK;
