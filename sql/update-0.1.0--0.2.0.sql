/*
 * mighead 0.1.0 to 0.2.0: the tables.  sql/update.awk finds what functions, views and comments need
 * and appends it when the project is built.
 *
 * test/pgtap/update.sql compares the outcome with what sql/mighead--0.2.0.sql makes.  Whoever
 * adds a column there puts it to the end of its table and adds it here.
 */

\echo Use "ALTER EXTENSION mighead UPDATE" to load this file. \quit

/* An older library raises an error here. */
SELECT CASE WHEN pg_catalog.string_to_array(mighead_version(), '.')::integer[] < '{0,2,0}'
    THEN ('The library of mighead is ' || mighead_version()
        || ' and older than this script. Install the new one and connect again.')::integer END;

/* No foreign keys: a parallel pg_restore fills tables in any order. */
ALTER TABLE mighead.project ADD COLUMN manages text[] NOT NULL DEFAULT '{}';
ALTER TABLE mighead.project ADD CONSTRAINT project_manages_check
    CHECK (manages <@ '{privileges,owners,storage,extensions,partitions,publications,comments}');
ALTER TABLE mighead.release DROP CONSTRAINT release_project_fkey;
ALTER TABLE mighead.revision DROP CONSTRAINT revision_project_fkey;
ALTER TABLE mighead.expected DROP CONSTRAINT expected_expected_set_fkey;
ALTER TABLE mighead.expected DROP CONSTRAINT expected_before_fkey;
ALTER TABLE mighead.expected DROP CONSTRAINT expected_checksum_fkey;
ALTER TABLE mighead.expected_set DROP CONSTRAINT expected_set_project_fkey;
ALTER TABLE mighead.ignored DROP CONSTRAINT ignored_project_fkey;

/* What is expected of one relation is found without reading what is expected of all. */
CREATE INDEX definition_object_idx ON mighead.definition (object);
CREATE INDEX definition_parent_idx ON mighead.definition (parent);

/* What the definitions of relations were when somebody looked; for this database and server only, so not dumped. */
CREATE TABLE mighead.fingerprint (
    scope text NOT NULL,
    fingerprint bytea NOT NULL,
    epoch bytea NOT NULL,
    checksums bytea NOT NULL,
    origin text NOT NULL,
    CONSTRAINT fingerprint_pkey PRIMARY KEY (scope, fingerprint)
);
REVOKE ALL ON mighead.fingerprint FROM PUBLIC;
GRANT SELECT ON mighead.fingerprint TO PUBLIC;

/* A primary key: without one a publication of all tables forbids deletes. */
DELETE FROM mighead.ignored i WHERE attribute IS NULL AND EXISTS
    (SELECT FROM mighead.ignored o WHERE o.project = i.project AND o.object = i.object AND o.attribute = '');
UPDATE mighead.ignored SET attribute = '' WHERE attribute IS NULL;
ALTER TABLE mighead.ignored DROP CONSTRAINT ignored_key;
ALTER TABLE mighead.ignored ALTER COLUMN attribute SET DEFAULT '';
ALTER TABLE mighead.ignored ADD CONSTRAINT ignored_pkey PRIMARY KEY (project, object, attribute);

/* What a script was when it was loaded first; of those that are there it is not known any more. */
ALTER TABLE mighead.revision ADD COLUMN code_checksum text;
ALTER TABLE mighead.revision ADD COLUMN first_code_checksum text;
ALTER TABLE mighead.revision ADD COLUMN first_down_revision text[];
ALTER TABLE mighead.revision ADD COLUMN first_depends_on text[];
ALTER TABLE mighead.revision ADD COLUMN first_branch_labels text[];
ALTER TABLE mighead.revision ADD COLUMN first_message text;

/* Whose numbers they are: a subscription brings rows of another database. */
ALTER TABLE mighead.journal ADD COLUMN origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
    (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database());
ALTER TABLE mighead.journal DROP CONSTRAINT journal_pkey;
ALTER TABLE mighead.journal ADD CONSTRAINT journal_pkey PRIMARY KEY (id, origin);

ALTER TABLE mighead.ddl_log ADD COLUMN origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
    (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database());
ALTER TABLE mighead.ddl_log DROP CONSTRAINT ddl_log_pkey;
ALTER TABLE mighead.ddl_log ADD CONSTRAINT ddl_log_pkey PRIMARY KEY (id, origin);

ALTER TABLE mighead.check_result ADD COLUMN origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
    (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database());
ALTER TABLE mighead.check_result DROP CONSTRAINT check_result_pkey;
ALTER TABLE mighead.check_result ADD CONSTRAINT check_result_pkey PRIMARY KEY (id, origin);

ALTER TABLE mighead.check_finding ADD COLUMN origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
    (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database());
ALTER TABLE mighead.check_finding DROP CONSTRAINT check_finding_pkey;
ALTER TABLE mighead.check_finding
    ADD CONSTRAINT check_finding_pkey PRIMARY KEY (version_table, code, object, origin);

/* What each captured step ran. */
CREATE TABLE mighead.statement (
    project text NOT NULL,
    revision text NOT NULL,
    ordinal integer NOT NULL,
    statement text,
    in_transaction boolean NOT NULL,
    role text NOT NULL,
    search_path text NOT NULL,
    state text NOT NULL,
    checksum text,
    CONSTRAINT statement_pkey PRIMARY KEY (project, revision, ordinal),
    CONSTRAINT statement_state_check CHECK (state IN ('recorded', 'reads', 'copy', 'cut', 'incomplete', 'empty', 'unrecordable')),
    CONSTRAINT statement_statement_check CHECK (statement IS NOT NULL OR state IN ('cut', 'incomplete', 'empty', 'unrecordable'))
);
SELECT pg_catalog.pg_extension_config_dump('mighead.statement', '');
REVOKE ALL ON mighead.statement FROM PUBLIC;
GRANT SELECT ON mighead.statement TO pg_database_owner;

/* Results of checks of databases elsewhere. */
CREATE TABLE mighead.fleet_result (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    servers text NOT NULL,
    state text NOT NULL,
    severity integer NOT NULL,
    sqlstate text NOT NULL,
    detail text,
    hint text,
    version_tables integer NOT NULL,
    not_ok jsonb NOT NULL,
    changed boolean NOT NULL,
    origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
        (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database()),
    CONSTRAINT fleet_result_pkey PRIMARY KEY (id, origin)
);
CREATE SEQUENCE mighead.fleet_result_id_seq AS bigint OWNED BY mighead.fleet_result.id;
ALTER TABLE mighead.fleet_result ALTER COLUMN id SET DEFAULT pg_catalog.nextval('mighead.fleet_result_id_seq');
CREATE TABLE mighead.fleet_finding (
    server text NOT NULL,
    version_table text NOT NULL,
    code text NOT NULL,
    object text NOT NULL,
    severity integer NOT NULL,
    detail text,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
        (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database()),
    CONSTRAINT fleet_finding_pkey PRIMARY KEY (server, version_table, code, object, origin)
);
CREATE INDEX fleet_finding_last_seen_idx ON mighead.fleet_finding (last_seen);
SELECT pg_catalog.pg_extension_config_dump('mighead.fleet_result', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.fleet_result_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.fleet_finding', '');
REVOKE ALL ON mighead.fleet_result, mighead.fleet_result_id_seq, mighead.fleet_finding FROM PUBLIC;
GRANT SELECT ON mighead.fleet_result, mighead.fleet_result_id_seq, mighead.fleet_finding
    TO pg_database_owner;

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
