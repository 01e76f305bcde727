-- States whose way out, or whose words, are not those of the other files; test/t/101_way_out.pl follows hints.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

CREATE FUNCTION pg_temp.codes() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(code || CASE WHEN object IS NULL THEN '' ELSE '(' || object || ')' END, ' '), '')
    FROM mighead_findings() WHERE code <> 'not_compared' $$;

-- 0. A worker of Citus, to which CREATE EXTENSION was sent: its tables are the coordinator's.
CREATE TABLE shard (id int);
SET LOCAL allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_local_group (groupid int NOT NULL PRIMARY KEY);
SET LOCAL allow_system_table_mods = off;
INSERT INTO pg_catalog.pg_dist_local_group VALUES (0);
SELECT is((SELECT state || ' ' || severity FROM mighead_status()), 'unstamped 2', 'of the coordinator it is one');
UPDATE pg_catalog.pg_dist_local_group SET groupid = 3;
SELECT is((SELECT state || ' ' || severity FROM mighead_status()), 'worker 0', 'of a worker it is no fault');
SELECT is((SELECT string_agg(code, ' ') FROM mighead_findings(NULL, 0)), 'worker', 'which is said');
UPDATE pg_catalog.pg_dist_local_group SET groupid = 0;
DROP TABLE shard;

-- 1. An id that the version table of Alembic will be too narrow for.
SELECT mighead_add_revision('an_identifier_that_has_more_than_32_characters');
SELECT is((SELECT state || ' ' || detail FROM mighead_status()), 'narrow_column Revision an_identifier_that_has_more_than_32_characters'
    ' has 46 characters, and the version table that Alembic makes takes 32: its upgrade will fail.', 'said before there is a version table');
SELECT is((SELECT fix FROM mighead_findings() WHERE code = 'narrow_column'), 'SELECT public.mighead_ensure_version()', 'and how to make it');
CREATE TABLE alembic_version_config (version_num varchar(32) PRIMARY KEY);
SELECT is((SELECT string_agg(code, ' ') FROM mighead_findings()), 'unregistered_table', 'but none beside what may be the version table');
DROP TABLE alembic_version_config;
SELECT lives_ok((SELECT fix FROM mighead_findings() WHERE code = 'narrow_column'), 'which works');
SELECT is((SELECT state FROM mighead_status()), 'empty_database', 'and ends it');
SELECT lives_ok($$INSERT INTO alembic_version VALUES ('an_identifier_that_has_more_than_32_characters')$$, 'it is wide enough');
DROP TABLE alembic_version;
SELECT mighead_remove_project('default');
SELECT mighead_add_revision('short');
SELECT is(pg_temp.codes(), '', 'an id that fits');

-- 2. A step that was made before its script was loaded.
SELECT mighead_ensure_version();
SELECT mighead_watch('alembic_version');
INSERT INTO alembic_version VALUES ('short');
UPDATE alembic_version SET version_num = 'later';
-- as the trigger writes it where only data was changed; here all is one transaction, which did DDL
UPDATE mighead.journal SET action = 'manual', ran_ddl = false WHERE id = (SELECT max(id) FROM mighead.journal);
SELECT mighead_add_revision('later', ARRAY['short']);
SELECT is((SELECT applied_at IS NULL FROM mighead_history() WHERE revision = 'later'), false, 'and the other, once its script is there');
SELECT is((SELECT action FROM mighead_log() LIMIT 1), 'upgrade', 'as the log has it');
SELECT is(pg_temp.codes(), '', 'and nobody changed anything by hand');

-- 3. A name with a line feed would end the comment of a hint that is pasted.
CREATE SCHEMA "odd
SELECT 1/0; --";
CREATE TABLE "odd
SELECT 1/0; --".alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
SELECT mighead_watch(c.oid::regclass) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname ~ '^odd' AND relkind = 'r';
DROP TABLE "odd
SELECT 1/0; --".alembic_version;
SELECT isnt_empty($$SELECT FROM mighead_findings() WHERE code = 'missing_table' AND hint ~ '-- decide by hand'$$, 'a name with a line feed: nothing to paste');
SELECT is_empty($$SELECT hint FROM mighead_findings(NULL, 0) WHERE hint ~ ' (--|#) .*\n'$$, 'nor anywhere else');

SELECT * FROM finish();
ROLLBACK;
