/*
 * mighead 0.1.0 to 0.2.0: the tables.  What the functions need is found by sql/update.awk, which
 * puts it behind this when the project is built.
 *
 * test/pgtap/update.sql compares the outcome with what sql/mighead--0.2.0.sql makes.  Whoever
 * adds a column there puts it to the end of its table and adds it here.
 */

\echo Use "ALTER EXTENSION mighead UPDATE" to load this file. \quit

/* With an older library this ends here. */
SELECT CASE WHEN pg_catalog.string_to_array(mighead_version(), '.')::integer[] < '{0,2,0}'
    THEN ('The library of mighead is ' || mighead_version()
        || ' and older than this script. Install the new one and connect again.')::integer END;

/* No foreign keys: a parallel pg_restore fills tables in any order. */
ALTER TABLE mighead.project ADD COLUMN manages text[] NOT NULL DEFAULT '{}';
ALTER TABLE mighead.project ADD CONSTRAINT project_manages_check
    CHECK (manages <@ '{privileges,owners,storage,extensions,partitions,publications,comments}');
COMMENT ON COLUMN mighead.project.manages IS 'what the migrations answer for beyond the structure; a difference in anything else that operators set has severity 0';
ALTER TABLE mighead.release DROP CONSTRAINT release_project_fkey;
ALTER TABLE mighead.revision DROP CONSTRAINT revision_project_fkey;
ALTER TABLE mighead.expected DROP CONSTRAINT expected_expected_set_fkey;
ALTER TABLE mighead.expected DROP CONSTRAINT expected_before_fkey;
ALTER TABLE mighead.expected DROP CONSTRAINT expected_checksum_fkey;
ALTER TABLE mighead.expected_set DROP CONSTRAINT expected_set_project_fkey;
ALTER TABLE mighead.ignored DROP CONSTRAINT ignored_project_fkey;

/* A primary key: without one a publication of all tables forbids deletes. */
DELETE FROM mighead.ignored i WHERE attribute IS NULL AND EXISTS
    (SELECT FROM mighead.ignored o WHERE o.project = i.project AND o.object = i.object AND o.attribute = '');
UPDATE mighead.ignored SET attribute = '' WHERE attribute IS NULL;
ALTER TABLE mighead.ignored DROP CONSTRAINT ignored_key;
ALTER TABLE mighead.ignored ALTER COLUMN attribute SET DEFAULT '';
ALTER TABLE mighead.ignored ADD CONSTRAINT ignored_pkey PRIMARY KEY (project, object, attribute);
COMMENT ON COLUMN mighead.ignored.attribute IS 'empty: every one';

/* What a script was when it was loaded first; of those that are there it is not known any more. */
ALTER TABLE mighead.revision ADD COLUMN code_checksum text;
ALTER TABLE mighead.revision ADD COLUMN first_code_checksum text;
ALTER TABLE mighead.revision ADD COLUMN first_down_revision text[];
ALTER TABLE mighead.revision ADD COLUMN first_depends_on text[];
ALTER TABLE mighead.revision ADD COLUMN first_branch_labels text[];
ALTER TABLE mighead.revision ADD COLUMN first_message text;
COMMENT ON COLUMN mighead.revision.code_checksum IS 'SHA-256 of the source without comments, docstring, blank lines and what the other columns hold; NULL if registered by hand, or loaded by 0.1.0';
COMMENT ON COLUMN mighead.revision.first_code_checksum IS 'code_checksum when the revision was first loaded; NULL: the same, or not known';
COMMENT ON COLUMN mighead.revision.first_down_revision IS 'down_revision when the revision was first loaded; NULL: the same';
COMMENT ON COLUMN mighead.revision.first_depends_on IS 'depends_on when the revision was first loaded; NULL: the same';
COMMENT ON COLUMN mighead.revision.first_branch_labels IS 'branch_labels when the revision was first loaded; NULL: the same';
COMMENT ON COLUMN mighead.revision.first_message IS 'message when the revision was first loaded; NULL: the same';

/* Whose numbers they are: a subscription brings rows of another database. */
ALTER TABLE mighead.journal ADD COLUMN origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
    (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database());
ALTER TABLE mighead.journal DROP CONSTRAINT journal_pkey;
ALTER TABLE mighead.journal ADD CONSTRAINT journal_pkey PRIMARY KEY (id, origin);
COMMENT ON COLUMN mighead.journal.origin IS 'cluster and database that wrote it, because a subscription brings those of another one, with ids of their own';

ALTER TABLE mighead.ddl_log ADD COLUMN origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
    (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database());
ALTER TABLE mighead.ddl_log DROP CONSTRAINT ddl_log_pkey;
ALTER TABLE mighead.ddl_log ADD CONSTRAINT ddl_log_pkey PRIMARY KEY (id, origin);
COMMENT ON COLUMN mighead.ddl_log.origin IS 'cluster and database that wrote it, because a subscription brings those of another one, with ids of their own';

ALTER TABLE mighead.check_result ADD COLUMN origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
    (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database());
ALTER TABLE mighead.check_result DROP CONSTRAINT check_result_pkey;
ALTER TABLE mighead.check_result ADD CONSTRAINT check_result_pkey PRIMARY KEY (id, origin);
COMMENT ON COLUMN mighead.check_result.origin IS 'cluster and database that wrote it, because a subscription brings those of another one, with ids of their own';

ALTER TABLE mighead.check_finding ADD COLUMN origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
    (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database());
ALTER TABLE mighead.check_finding DROP CONSTRAINT check_finding_pkey;
ALTER TABLE mighead.check_finding
    ADD CONSTRAINT check_finding_pkey PRIMARY KEY (version_table, code, object, origin);
COMMENT ON COLUMN mighead.check_finding.origin IS 'cluster and database that wrote it, because a subscription brings those of another one, with ids of their own';

/*
 * The owner of the database backs it up.  What the extension grants of its own is put down
 * without what users have granted until now, or no dump would have that any more.
 */
GRANT SELECT ON mighead.journal, mighead.journal_id_seq, mighead.ddl_log, mighead.ddl_log_id_seq,
    mighead.check_result, mighead.check_result_id_seq, mighead.check_finding TO pg_database_owner;
SET LOCAL allow_system_table_mods = on;
UPDATE pg_catalog.pg_init_privs i SET initprivs =
    pg_catalog.acldefault(CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner) ||
    pg_catalog.makeaclitem('pg_database_owner'::pg_catalog.regrole, c.relowner, 'SELECT', false)
    FROM pg_catalog.pg_class c
    WHERE i.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.objoid = c.oid AND c.oid IN
    ('mighead.journal'::regclass, 'mighead.journal_id_seq'::regclass, 'mighead.ddl_log'::regclass,
    'mighead.ddl_log_id_seq'::regclass, 'mighead.check_result'::regclass,
    'mighead.check_result_id_seq'::regclass, 'mighead.check_finding'::regclass);
DELETE FROM pg_catalog.pg_shdepend d WHERE d.deptype = 'i'
    AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    AND d.objid IN (SELECT oid FROM pg_catalog.pg_class WHERE relnamespace = 'mighead'::pg_catalog.regnamespace);
SET LOCAL allow_system_table_mods = off;

/* Functions and views, as sql/update.awk finds them changed. */
CREATE TABLE mighead.update_privilege AS SELECT v.kind, v.signature, v.is_private,
    a.grantee, a.is_grantable
    FROM (VALUES
        ('FUNCTION', 'mighead_status(regclass)', 'mighead_status(regclass)', false),
        ('FUNCTION', 'mighead_castable(regclass, text, text, integer)', 'mighead_castable(regclass, text, text, integer, boolean)', false),
        ('FUNCTION', 'mighead_project(text, text, text)', 'mighead_project(text, text, text, text[])', true),
        ('FUNCTION', 'mighead_load_scripts(text, text, text, boolean)', 'mighead_load_scripts(text, text, text, boolean, boolean)', true),
        ('FUNCTION', 'mighead_load_archive(bytea, text, text)', 'mighead_load_archive(bytea, text, text, boolean)', true),
        ('FUNCTION', 'mighead_metrics()', 'mighead_metrics()', false)) AS v (kind, was, signature, is_private)
    JOIN pg_catalog.pg_proc p ON p.oid = v.was::pg_catalog.regprocedure
    LEFT JOIN pg_catalog.pg_init_privs i ON i.objoid = p.oid
        AND i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    CROSS JOIN LATERAL (SELECT x.grantee, x.is_grantable FROM pg_catalog.aclexplode(p.proacl) x
        WHERE x.grantee <> p.proowner UNION ALL SELECT NULL, NULL) a
    WHERE p.proacl IS DISTINCT FROM i.initprivs;
DROP FUNCTION mighead_status(regclass);
DROP FUNCTION mighead_castable(regclass, text, text, integer);
DROP FUNCTION mighead_project(text, text, text);
DROP FUNCTION mighead_load_scripts(text, text, text, boolean);
DROP FUNCTION mighead_load_archive(bytea, text, text);
DROP FUNCTION mighead_metrics();
CREATE FUNCTION mighead_status(version_table regclass DEFAULT NULL,
    OUT version_table regclass, OUT project text, OUT state text, OUT severity integer,
    OUT current text[], OUT heads text[], OUT unknown text[],
    OUT applied integer, OUT pending integer, OUT drift integer, OUT findings integer,
    OUT changed_at timestamptz, OUT changed_by text, OUT detail text, OUT hint text, OUT compared boolean)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION mighead_status(regclass) IS 'migration state, one row per version table';
CREATE FUNCTION mighead_orphans(child regclass, child_columns text, parent regclass,
    parent_columns text, max_samples integer DEFAULT 10,
    OUT orphan_rows bigint, OUT sample jsonb, OUT delete_sql text)
    RETURNS record
    AS 'MODULE_PATHNAME', 'mighead_orphans_text' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_orphans(regclass, text, regclass, text, integer) IS 'the same for one column, or several as an array literal';
CREATE FUNCTION mighead_castable(relation regclass, column_name text, new_type text,
    max_samples integer DEFAULT 10, whole_table boolean DEFAULT false,
    OUT total_rows bigint, OUT failing_rows bigint, OUT null_rows bigint, OUT sample jsonb,
    OUT rewrites_table boolean, OUT dependents text[], OUT is_sample boolean)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_castable(regclass, text, text, integer, boolean) IS 'values that would refuse a change of type; is_sample: not all rows were looked at';
CREATE FUNCTION mighead_project(name text, version_table_name text DEFAULT 'alembic_version',
    version_table_schema text DEFAULT NULL, manages text[] DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_project(text, text, text, text[]) IS 'registers or changes an Alembic environment';
REVOKE ALL ON FUNCTION mighead_project(text, text, text, text[]) FROM PUBLIC;
CREATE FUNCTION mighead_load_scripts(directory text, project text DEFAULT 'default',
    release text DEFAULT NULL, recursive boolean DEFAULT true,
    allow_empty boolean DEFAULT false,
    OUT scripts integer, OUT added integer, OUT changed integer, OUT retired integer,
    OUT heads text[], OUT warnings text[])
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_load_scripts(text, text, text, boolean, boolean) IS 'reads migration files on the server and makes them the current release';
REVOKE ALL ON FUNCTION mighead_load_scripts(text, text, text, boolean, boolean) FROM PUBLIC;
CREATE FUNCTION mighead_load_archive(archive bytea, project text DEFAULT 'default',
    release text DEFAULT NULL, allow_empty boolean DEFAULT false,
    OUT scripts integer, OUT added integer, OUT changed integer, OUT retired integer,
    OUT heads text[], OUT warnings text[])
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_load_archive(bytea, text, text, boolean) IS 'the same from a tar archive; mighead-load calls it';
REVOKE ALL ON FUNCTION mighead_load_archive(bytea, text, text, boolean) FROM PUBLIC;
CREATE FUNCTION mighead_remove_project(project text) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_remove_project(text) IS 'forgets a project with its scripts, expectations and accepted differences';
REVOKE ALL ON FUNCTION mighead_remove_project(text) FROM PUBLIC;
CREATE FUNCTION mighead_metrics(
    OUT version_table text, OUT project text, OUT database text,
    OUT severity float8, OUT rows float8, OUT heads float8, OUT unknown float8,
    OUT applied float8, OUT pending float8, OUT drift float8,
    OUT findings float8, OUT critical_findings float8, OUT sessions float8,
    OUT change_age_seconds float8, OUT check_age_seconds float8, OUT compared float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION mighead_metrics() IS 'migration state in numbers, one row per version table, for exporters';
DO $update$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT DISTINCT kind, signature FROM mighead.update_privilege LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON %s %s FROM PUBLIC', one.kind, one.signature);
    END LOOP;
    FOR one IN SELECT p.*, r.rolname FROM mighead.update_privilege p
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = p.grantee WHERE p.grantee IS NOT NULL LOOP
        EXECUTE pg_catalog.format('GRANT EXECUTE ON %s %s TO %s %s', one.kind, one.signature,
            CASE WHEN one.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(one.rolname) END,
            CASE WHEN one.is_grantable THEN 'WITH GRANT OPTION' END);
    END LOOP;
END
$update$ LANGUAGE plpgsql;
-- what users granted is not the extension's own
SET LOCAL allow_system_table_mods = on;
DELETE FROM pg_catalog.pg_init_privs i USING mighead.update_privilege p
    WHERE i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND NOT p.is_private
    AND i.objoid = p.signature::pg_catalog.regprocedure;
UPDATE pg_catalog.pg_init_privs i SET initprivs = ARRAY[pg_catalog.makeaclitem(f.proowner, f.proowner, 'EXECUTE', false)]
    FROM mighead.update_privilege p, pg_catalog.pg_proc f
    WHERE i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.is_private
    AND i.objoid = p.signature::pg_catalog.regprocedure AND f.oid = i.objoid;
DELETE FROM pg_catalog.pg_shdepend d USING mighead.update_privilege p
    WHERE d.deptype = 'i' AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    AND d.objid = p.signature::pg_catalog.regprocedure
    AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database());
SET LOCAL allow_system_table_mods = off;
DROP TABLE mighead.update_privilege;
