-- The readers of the graph: what they show, how they read their arguments, and
-- how they refuse.  The extension lies in a schema that needs quoting, and
-- nothing is on the search path.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS mighead CASCADE;
CREATE SCHEMA "Mig Head";
CREATE EXTENSION mighead SCHEMA "Mig Head";
RESET client_min_messages;
SET search_path = '';
SET timezone = 'UTC';
\set VERBOSITY default
\pset null '-'
-- Two bases, a branch, a merge, two heads, one of them depended on.
INSERT INTO mighead.project (name) VALUES ('default');
INSERT INTO mighead.release (project, release, label, heads, loaded_by)
VALUES ('default', 1, '1.0', '{}', 'test'), ('default', 2, NULL, '{}', 'test');
INSERT INTO mighead.revision (project, revision, load_order, down_revision, depends_on, branch_labels, message,
    create_date, file_name, checksum, first_release, last_release)
VALUES
('default', '1a01accounts', 0, '{}', '{}', '{}', E'create accounts\n\nWith a unique e-mail.', '2026-01-01 10:00', '1a01_create_accounts.py', repeat('a1', 32), 1, NULL),
('default', '1a02invoices', 1, '{1a01accounts}', '{}', '{billing}', 'create invoices', '2026-01-02 10:00:00.25', '1a02_create_invoices.py', repeat('a2', 32), 1, NULL),
('default', '1a03consents', 2, '{1a01accounts}', '{}', '{}', 'add consents', NULL, '1a03_add_consents.py', repeat('a3', 32), 1, NULL),
('default', '1a04currency', 3, '{1a02invoices}', '{}', '{}', 'invoices get a currency', NULL, '1a04.py', repeat('a4', 32), 1, NULL),
('default', '1a05merge', 4, '{1a04currency,1a03consents}', '{}', '{}', 'merge billing', NULL, '1a05.py', repeat('a5', 32), 2, NULL),
('default', '2b01audit', 5, '{}', '{1a02invoices}', '{audit}', 'create audit', NULL, '2b01.py', repeat('b1', 32), 2, NULL),
('default', '2b02audit', 6, '{2b01audit}', '{}', '{}', 'audit "who"', NULL, '2b02.py', repeat('b2', 32), 2, NULL),
('default', '1a06reports', 7, '{1a05merge}', '{2b01audit}', '{}', 'create reports', NULL, '1a06.py', repeat('a6', 32), 2, NULL),
('default', '1a03bwithdrawn', 3, '{1a03consents}', '{}', '{}', 'withdrawn', NULL, '1a03b.py', repeat('cc', 32), 1, 1);
INSERT INTO mighead.revision (project, revision, load_order, down_revision, by_hand, message)
VALUES ('default', '3c01waits', 0, '{2b99absent}', true, 'waits for its parent');
-- 1. Without a version table: no rows, as to Alembic.
SELECT * FROM "Mig Head".mighead_heads();
SELECT * FROM "Mig Head".mighead_branches();
SELECT revision, down_revision, branch_labels, message FROM "Mig Head".mighead_history();
SELECT step, revision, rows_after FROM "Mig Head".mighead_pending();
SELECT "Mig Head".mighead_at_head();
SELECT * FROM "Mig Head".mighead_graph();
-- 2. With one.
CREATE TABLE public.alembic_version (version_num varchar(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO public.alembic_version VALUES ('1a03consents'), ('2b01audit');
SELECT revision, is_head, is_base, is_branch_point AS branch, is_merge_point AS merge, is_current AS current, applied
FROM "Mig Head".mighead_history();
SELECT revision, create_date, applied_at FROM "Mig Head".mighead_history('base:1a02invoices');
SELECT revision FROM "Mig Head".mighead_history('current:');
SELECT revision FROM "Mig Head".mighead_history('1a02:1a04');
SELECT * FROM "Mig Head".mighead_heads();
SELECT step, revision, rows_after FROM "Mig Head".mighead_pending();
SELECT * FROM "Mig Head".mighead_upgrade_plan('billing@head') LIMIT 1;
SELECT step, revision, down_revision, message, rows_after FROM "Mig Head".mighead_upgrade_plan('+1', current => '1a04currency');
SELECT step, revision, rows_after FROM "Mig Head".mighead_downgrade_plan('base');
SELECT step, revision, rows_after FROM "Mig Head".mighead_downgrade_plan('-1');
SELECT * FROM "Mig Head".mighead_stamp_plan('heads');
SELECT * FROM "Mig Head".mighead_stamp_plan('{1a05merge,2b02audit}', current => '{1a04currency,1a03consents}');
SELECT * FROM "Mig Head".mighead_stamp_plan('base');
SELECT * FROM "Mig Head".mighead_stamp_plan('heads', purge => true);
SELECT * FROM "Mig Head".mighead_graph();
SELECT * FROM "Mig Head".mighead_graph('dot', '1a02:1a04');
SELECT * FROM "Mig Head".mighead_graph('mermaid', '1a02:1a04');
-- 3. Identifiers.
SELECT identifier, "Mig Head".mighead_resolve(identifier)
FROM unnest(ARRAY['1a02invoices', '1a02', 'billing', 'heads', 'audit@head', 'base', 'audit@base', '-1', 'billing@1a04']) AS identifier;
\x on
SELECT * FROM "Mig Head".mighead_show('1a02');
SELECT * FROM "Mig Head".mighead_show('1a03bwithdrawn');
SELECT * FROM "Mig Head".mighead_show('3c01waits');
\x off
SELECT revision FROM "Mig Head".mighead_show('current');
SELECT count(*) FROM "Mig Head".mighead_show('base');
-- 4. The gate.
SELECT "Mig Head".mighead_at_head(), "Mig Head".mighead_at_head('{2b01audit,1a03consents}') AS these,
    "Mig Head".mighead_at_head('1a03consents') AS fewer;
SELECT "Mig Head".mighead_require_head();
SELECT "Mig Head".mighead_require_head('1a06reports');
SELECT "Mig Head".mighead_require_head('{2b01audit,1a03consents}');
INSERT INTO public.alembic_version VALUES ('1a01accounts');
SELECT "Mig Head".mighead_at_head();
SELECT "Mig Head".mighead_require_head();
DELETE FROM public.alembic_version;
SELECT "Mig Head".mighead_require_head('{}');
SELECT "Mig Head".mighead_require_head();
INSERT INTO public.alembic_version VALUES ('zzzz');
SELECT "Mig Head".mighead_at_head();
SELECT "Mig Head".mighead_require_head();
UPDATE public.alembic_version SET version_num = '1a03bwithdrawn';
SELECT "Mig Head".mighead_require_head();
SELECT revision, is_current, applied, last_release FROM "Mig Head".mighead_show('current');
UPDATE public.alembic_version SET version_num = 'head';
SELECT "Mig Head".mighead_require_head();
SELECT "Mig Head".mighead_require_head('{');
UPDATE public.alembic_version SET version_num = '1a06reports';
INSERT INTO public.alembic_version VALUES ('2b02audit');
SELECT "Mig Head".mighead_at_head();
SELECT "Mig Head".mighead_require_head();
-- 5. Rows that no script has.
DELETE FROM public.alembic_version;
INSERT INTO public.alembic_version VALUES ('1a02invoices'), ('zzzz');
SELECT * FROM "Mig Head".mighead_pending();
SELECT * FROM "Mig Head".mighead_upgrade_plan('yyyy');
SELECT * FROM "Mig Head".mighead_upgrade_plan('1a04', current => 'zzzz');
SELECT * FROM "Mig Head".mighead_stamp_plan('heads');
SELECT * FROM "Mig Head".mighead_stamp_plan('heads', purge => true);
SELECT revision, applied FROM "Mig Head".mighead_heads();
SELECT * FROM "Mig Head".mighead_graph('text', '1a02:1a04');
-- 6. Refusals.
SELECT "Mig Head".mighead_resolve('head');
SELECT "Mig Head".mighead_resolve('1a0');
SELECT "Mig Head".mighead_resolve('typo@head');
SELECT * FROM "Mig Head".mighead_history('1a02');
SELECT * FROM "Mig Head".mighead_history('2b01audit:1a04currency');
SELECT * FROM "Mig Head".mighead_upgrade_plan('head', current => '{}');
SELECT * FROM "Mig Head".mighead_upgrade_plan('+9', current => '{}');
SELECT * FROM "Mig Head".mighead_upgrade_plan('heads', current => '{1a02invoices,1a05merge}');
SELECT * FROM "Mig Head".mighead_downgrade_plan('1a04', current => '1a02invoices');
SELECT * FROM "Mig Head".mighead_graph('svg');
SELECT * FROM "Mig Head".mighead_heads('nobody');
SELECT * FROM "Mig Head".mighead_upgrade_plan(NULL);
SELECT * FROM "Mig Head".mighead_downgrade_plan(NULL);
SELECT * FROM "Mig Head".mighead_stamp_plan(NULL);
SELECT * FROM "Mig Head".mighead_stamp_plan('base', purge => NULL);
SELECT * FROM "Mig Head".mighead_stamp_plan('{base,NULL}');
SELECT * FROM "Mig Head".mighead_upgrade_plan(current => '{a');
SELECT "Mig Head".mighead_resolve(NULL);
SELECT * FROM "Mig Head".mighead_show(NULL);
SELECT * FROM "Mig Head".mighead_graph(NULL);
SELECT "Mig Head".mighead_merge_script(NULL);
-- 7. Several version tables, and projects.
CREATE SCHEMA tenant;
CREATE TABLE tenant.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO tenant.alembic_version VALUES ('1a04currency');
SELECT * FROM "Mig Head".mighead_pending();
SELECT "Mig Head".mighead_at_head();
SELECT step, revision FROM "Mig Head".mighead_pending('tenant.alembic_version');
SELECT revision, applied FROM "Mig Head".mighead_heads();
SELECT revision, is_current, applied FROM "Mig Head".mighead_history('1a02:1a04');
SELECT revision, is_current, applied FROM "Mig Head".mighead_history('1a02:1a04', version_table => 'tenant.alembic_version');
SELECT revision FROM "Mig Head".mighead_history('1a02:current');
SELECT * FROM "Mig Head".mighead_graph('text', '1a02:1a04');
SELECT revision FROM "Mig Head".mighead_show('current');
SELECT step, revision FROM "Mig Head".mighead_upgrade_plan('1a05', current => '1a04currency');
SELECT * FROM "Mig Head".mighead_pending('public.nothing');
INSERT INTO mighead.project (name, version_table_name, version_table_schema) VALUES ('shop', 'Weird "Table"', 'tenant');
INSERT INTO mighead.release (project, release, heads, loaded_by) VALUES ('shop', 1, '{}', 'test');
INSERT INTO mighead.revision (project, revision, load_order, down_revision, message, first_release)
VALUES ('shop', 's1', 0, '{}', 'open the shop', 1), ('shop', 's2', 1, '{s1}', 'close the shop', 1);
CREATE TABLE tenant."Weird ""Table""" (version_num text);
INSERT INTO tenant."Weird ""Table""" VALUES ('s1');
SELECT * FROM "Mig Head".mighead_upgrade_plan(project => 'shop');
SELECT * FROM "Mig Head".mighead_pending('tenant."Weird ""Table"""');
SELECT * FROM "Mig Head".mighead_heads('shop');
SELECT * FROM "Mig Head".mighead_heads();
SELECT "Mig Head".mighead_resolve('s2', 'shop');
DROP TABLE public.alembic_version, tenant.alembic_version;
SELECT * FROM "Mig Head".mighead_pending();
SELECT "Mig Head".mighead_resolve('head'), "Mig Head".mighead_at_head('s1');
UPDATE tenant."Weird ""Table""" SET version_num = NULL;
SELECT "Mig Head".mighead_at_head('{}');
SELECT "Mig Head".mighead_require_head('{}');
UPDATE tenant."Weird ""Table""" SET version_num = 's2';
INSERT INTO tenant."Weird ""Table""" VALUES ('s2');
SELECT "Mig Head".mighead_at_head(), "Mig Head".mighead_at_head('s2') AS one, "Mig Head".mighead_at_head('{s2,s2}') AS two;
SELECT "Mig Head".mighead_require_head();
DROP TABLE tenant."Weird ""Table""";
-- 8. Merge scripts.
SELECT "Mig Head".mighead_merge_script(revision => 'feedbeef', message => 'it''s "one"', project => 'default') AS script \gset
SELECT regexp_replace(:'script', 'Create Date: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$', 'Create Date: now', 'n');
SELECT s ~ E'\nRevision ID: [0-9a-f]{12}\nRevises: 2b02audit, 1a06reports\n' AS has_ids, s ~ '^"""empty message\n' AS has_message
FROM "Mig Head".mighead_merge_script(project => 'default') AS s;
SELECT "Mig Head".mighead_merge_script('{1a06reports,1a06}', project => 'default');
SELECT "Mig Head".mighead_merge_script('{1a05merge,1a06}', project => 'default');
SELECT "Mig Head".mighead_merge_script('head', project => 'default');
SELECT "Mig Head".mighead_merge_script('2b02audit', project => 'default');
SELECT "Mig Head".mighead_merge_script('{}', project => 'default');
SELECT "Mig Head".mighead_merge_script(project => 'shop');
SELECT "Mig Head".mighead_merge_script(revision => '1a05merge', project => 'default');
SELECT "Mig Head".mighead_merge_script(revision => 'billing', project => 'default');
SELECT "Mig Head".mighead_merge_script(revision => 'a-b@c', project => 'default');
-- 9. A role that owns nothing, in a read-only transaction.
CREATE ROLE regress_mighead_reader;
CREATE TABLE public.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
GRANT USAGE ON SCHEMA "Mig Head" TO regress_mighead_reader;
BEGIN READ ONLY;
SET LOCAL ROLE regress_mighead_reader;
SELECT count(*) FROM "Mig Head".mighead_graph(project => 'default');
SELECT revision, applied FROM "Mig Head".mighead_heads('default');
SELECT "Mig Head".mighead_at_head();
SAVEPOINT s;
SELECT * FROM "Mig Head".mighead_pending();
ROLLBACK TO s;
SELECT "Mig Head".mighead_require_head();
ROLLBACK;
GRANT SELECT ON public.alembic_version TO regress_mighead_reader;
BEGIN READ ONLY;
SET LOCAL ROLE regress_mighead_reader;
SELECT count(*) FROM "Mig Head".mighead_upgrade_plan(project => 'default');
COMMIT;
-- 10. Nothing loaded.
DO $$BEGIN PERFORM "Mig Head".mighead_remove_project(name) FROM mighead.project; END$$;
SELECT * FROM "Mig Head".mighead_heads();
SELECT * FROM "Mig Head".mighead_graph();
SELECT "Mig Head".mighead_at_head(), "Mig Head".mighead_at_head('{}') AS with_heads;
SELECT "Mig Head".mighead_require_head();
DROP TABLE public.alembic_version;
DROP OWNED BY regress_mighead_reader;
DROP ROLE regress_mighead_reader;
DROP SCHEMA tenant;
DROP EXTENSION mighead;
DROP SCHEMA "Mig Head";
RESET search_path;
