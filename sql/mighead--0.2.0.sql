/* mighead 0.2.0: interface and policy only; every algorithm is in C. */

\echo Use "CREATE EXTENSION mighead" to load this file. \quit

/*
 * Tables.  They have a schema of their own, so that Alembic's autogenerate does not take
 * them for tables of the application.  They store names, never OIDs.
 *
 * Every kind of dump restores them, and they can be replicated.  They have no foreign keys,
 * because a parallel pg_restore fills tables in any order; all writers are in C.  Each has a
 * primary key.  The owner of the database, who may not be a superuser, can read all of them
 * for pg_dump.  New columns go to the end, where sql/update-0.1.0--0.2.0.sql adds them.
 */
CREATE SCHEMA mighead;
COMMENT ON SCHEMA mighead IS 'tables of the extension mighead';

CREATE TABLE mighead.project (
    name text NOT NULL,
    version_table_name text NOT NULL DEFAULT 'alembic_version',
    version_table_schema text,
    environment text,
    environment_database text,
    protected boolean NOT NULL DEFAULT false,
    manages text[] NOT NULL DEFAULT '{}',
    CONSTRAINT project_pkey PRIMARY KEY (name),
    CONSTRAINT project_name_check CHECK (name <> ''),
    CONSTRAINT project_version_table_check
        CHECK (version_table_name <> '' AND version_table_schema <> ''),
    CONSTRAINT project_manages_check
        CHECK (manages <@ '{privileges,owners,storage,extensions,partitions,publications,comments}')
);
COMMENT ON TABLE mighead.project IS 'one row per Alembic environment. The project "default" exists without a row';
COMMENT ON COLUMN mighead.project.name IS 'name of the project';
COMMENT ON COLUMN mighead.project.version_table_name IS 'value of Alembic''s option version_table';
COMMENT ON COLUMN mighead.project.version_table_schema IS 'value of Alembic''s option version_table_schema. NULL: every schema that has such a table';
COMMENT ON COLUMN mighead.project.environment IS 'label of this database, such as "production"';
COMMENT ON COLUMN mighead.project.environment_database IS 'name of the database when it was labelled';
COMMENT ON COLUMN mighead.project.protected IS 'true: guarded writers require the argument confirm';
COMMENT ON COLUMN mighead.project.manages IS 'what the migrations are responsible for beyond the structure. Other differences that operators cause have severity 0';

CREATE TABLE mighead.release (
    project text NOT NULL,
    release bigint NOT NULL,
    label text,
    heads text[] NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    loaded_by text NOT NULL,
    source text,
    CONSTRAINT release_pkey PRIMARY KEY (project, release),
    CONSTRAINT release_release_check CHECK (release > 0)
);
COMMENT ON TABLE mighead.release IS 'one row per load of a project''s scripts. The highest number is the current release';
COMMENT ON COLUMN mighead.release.project IS 'project whose scripts were loaded';
COMMENT ON COLUMN mighead.release.release IS 'number of the load, from 1';
COMMENT ON COLUMN mighead.release.label IS 'argument release of the load';
COMMENT ON COLUMN mighead.release.heads IS 'heads of the scripts, in load order';
COMMENT ON COLUMN mighead.release.loaded_at IS 'when the scripts were loaded';
COMMENT ON COLUMN mighead.release.loaded_by IS 'session user who loaded them';
COMMENT ON COLUMN mighead.release.source IS 'where the scripts came from: directory, archive, document or "by hand"';

CREATE TABLE mighead.revision (
    project text NOT NULL,
    revision text NOT NULL,
    load_order integer NOT NULL,
    down_revision text[] NOT NULL DEFAULT '{}',
    depends_on text[] NOT NULL DEFAULT '{}',
    branch_labels text[] NOT NULL DEFAULT '{}',
    message text NOT NULL DEFAULT '',
    create_date timestamp,
    file_name text,
    checksum text,
    first_checksum text,
    body_checksum text,
    by_hand boolean NOT NULL DEFAULT false,
    first_release bigint,
    last_release bigint,
    code_checksum text,
    first_code_checksum text,
    first_down_revision text[],
    first_depends_on text[],
    first_branch_labels text[],
    first_message text,
    CONSTRAINT revision_pkey PRIMARY KEY (project, revision),
    CONSTRAINT revision_revision_check CHECK (revision <> '' AND revision !~ '[-@+:]'),
    CONSTRAINT revision_by_hand_check CHECK (by_hand OR first_release IS NOT NULL),
    CONSTRAINT revision_release_check CHECK (last_release >= first_release)
);
COMMENT ON TABLE mighead.revision IS 'the graph of the loaded migration scripts. Retired revisions stay';
COMMENT ON COLUMN mighead.revision.project IS 'project that has the revision';
COMMENT ON COLUMN mighead.revision.revision IS 'full id';
COMMENT ON COLUMN mighead.revision.load_order IS 'position in the order in which Alembic reads the scripts, from 0. It orders heads and breaks ties in plans';
COMMENT ON COLUMN mighead.revision.down_revision IS 'down_revision as the script has it';
COMMENT ON COLUMN mighead.revision.depends_on IS 'depends_on as the script has it: ids or branch labels';
COMMENT ON COLUMN mighead.revision.branch_labels IS 'branch_labels of this script only';
COMMENT ON COLUMN mighead.revision.message IS 'docstring of the script, without blanks around it';
COMMENT ON COLUMN mighead.revision.create_date IS 'date in the docstring. NULL: it has none';
COMMENT ON COLUMN mighead.revision.file_name IS 'name of the script file. NULL if registered by mighead_add_revision()';
COMMENT ON COLUMN mighead.revision.checksum IS 'SHA-256 of the source, in hex. NULL if registered by mighead_add_revision()';
COMMENT ON COLUMN mighead.revision.first_checksum IS 'checksum when the revision was first loaded';
COMMENT ON COLUMN mighead.revision.body_checksum IS 'SHA-256 of the source without its own id. It finds a script whose id was changed';
COMMENT ON COLUMN mighead.revision.by_hand IS 'true: registered by mighead_add_revision(), which takes precedence over a script';
COMMENT ON COLUMN mighead.revision.first_release IS 'first release that contained the revision. NULL: registered by mighead_add_revision() before the revisions that it names were loaded';
COMMENT ON COLUMN mighead.revision.last_release IS 'last release that contained the revision, which is retired. NULL: the current release contains it';
COMMENT ON COLUMN mighead.revision.code_checksum IS 'SHA-256 of the source without comments, docstring, blank lines and what other columns hold. NULL if registered by mighead_add_revision() or loaded by 0.1.0';
COMMENT ON COLUMN mighead.revision.first_code_checksum IS 'code_checksum when the revision was first loaded. NULL: the same, or not known';
COMMENT ON COLUMN mighead.revision.first_down_revision IS 'down_revision when the revision was first loaded. NULL: the same';
COMMENT ON COLUMN mighead.revision.first_depends_on IS 'depends_on when the revision was first loaded. NULL: the same';
COMMENT ON COLUMN mighead.revision.first_branch_labels IS 'branch_labels when the revision was first loaded. NULL: the same';
COMMENT ON COLUMN mighead.revision.first_message IS 'message when the revision was first loaded. NULL: the same';

SELECT pg_catalog.pg_extension_config_dump('mighead.project', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.release', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.revision', '');

REVOKE ALL ON SCHEMA mighead FROM PUBLIC;
GRANT USAGE ON SCHEMA mighead TO PUBLIC;
REVOKE ALL ON mighead.project, mighead.release, mighead.revision FROM PUBLIC;
GRANT SELECT ON mighead.project, mighead.release, mighead.revision TO PUBLIC;

/*
 * Expectations: one row for each distinct definition of an object, one for each captured set
 * of rows, and one for each object that differs between a set and its previous set.
 */
CREATE TABLE mighead.definition (
    checksum text NOT NULL,
    object_type text NOT NULL,
    object text NOT NULL,
    parent text,
    structure text NOT NULL,
    attributes jsonb NOT NULL,
    CONSTRAINT definition_pkey PRIMARY KEY (checksum)
);
CREATE INDEX definition_object_idx ON mighead.definition (object);
CREATE INDEX definition_parent_idx ON mighead.definition (parent);
COMMENT ON TABLE mighead.definition IS 'definitions of schema objects. Each distinct definition is stored once';
COMMENT ON COLUMN mighead.definition.checksum IS 'SHA-256 of type, name and all attributes, in hex';
COMMENT ON COLUMN mighead.definition.object_type IS 'type of the object, such as table';
COMMENT ON COLUMN mighead.definition.object IS 'name as SQL. $home is the schema of the version table';
COMMENT ON COLUMN mighead.definition.parent IS 'relation that the object belongs to';
COMMENT ON COLUMN mighead.definition.structure IS 'SHA-256 of type, name and the attributes of severity 2, in hex. It tells the schemas of revisions apart';
COMMENT ON COLUMN mighead.definition.attributes IS 'attributes by name. An attribute at its default is left out';

CREATE TABLE mighead.expected_set (
    project text NOT NULL,
    rows text[] NOT NULL,
    previous_rows text[],
    revision text,
    schemas text[] NOT NULL,
    format integer NOT NULL,
    deparser integer NOT NULL,
    server_version_num integer NOT NULL,
    checksum text NOT NULL,
    captured_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    captured_by text NOT NULL,
    CONSTRAINT expected_set_pkey PRIMARY KEY (project, rows)
);
CREATE INDEX expected_set_checksum_idx ON mighead.expected_set (project, checksum);
COMMENT ON TABLE mighead.expected_set IS 'one row per set of version table rows at which the schema was captured';
COMMENT ON COLUMN mighead.expected_set.project IS 'project that has these rows';
COMMENT ON COLUMN mighead.expected_set.rows IS 'rows of the version table: full ids, sorted in C order';
COMMENT ON COLUMN mighead.expected_set.previous_rows IS 'rows of the set against which mighead.expected stores the differences. NULL: all objects are stored';
COMMENT ON COLUMN mighead.expected_set.revision IS 'the one revision whose upgrade leads from previous_rows to rows. NULL: not known';
COMMENT ON COLUMN mighead.expected_set.schemas IS 'schemas that were captured. $home is the schema of the version table';
COMMENT ON COLUMN mighead.expected_set.format IS 'version of the canonical form of definitions';
COMMENT ON COLUMN mighead.expected_set.deparser IS 'how the server writes views and rules: 15 as PostgreSQL 15, 16 as PostgreSQL 16 and later';
COMMENT ON COLUMN mighead.expected_set.server_version_num IS 'server_version_num of the server that was captured';
COMMENT ON COLUMN mighead.expected_set.checksum IS 'SHA-256 of the structure of all objects, in hex. It tells the schemas of revisions apart';
COMMENT ON COLUMN mighead.expected_set.captured_at IS 'when the schema was captured';
COMMENT ON COLUMN mighead.expected_set.captured_by IS 'session user who captured it';

CREATE TABLE mighead.expected (
    project text NOT NULL,
    rows text[] NOT NULL,
    object_type text NOT NULL,
    object text NOT NULL,
    before text,
    checksum text,
    CONSTRAINT expected_pkey PRIMARY KEY (project, rows, object_type, object)
);
CREATE INDEX expected_before_idx ON mighead.expected (before);
CREATE INDEX expected_checksum_idx ON mighead.expected (checksum);
COMMENT ON TABLE mighead.expected IS 'objects in which a set of mighead.expected_set differs from the set at its previous_rows';
COMMENT ON COLUMN mighead.expected.project IS 'project of the set';
COMMENT ON COLUMN mighead.expected.rows IS 'rows of the set';
COMMENT ON COLUMN mighead.expected.object_type IS 'type of the object';
COMMENT ON COLUMN mighead.expected.object IS 'name of the object, as in mighead.definition';
COMMENT ON COLUMN mighead.expected.before IS 'checksum of the definition in the previous set. NULL: the object did not exist';
COMMENT ON COLUMN mighead.expected.checksum IS 'checksum of the definition in this set. NULL: the object no longer exists';

SELECT pg_catalog.pg_extension_config_dump('mighead.definition', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.expected_set', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.expected', '');

REVOKE ALL ON mighead.definition, mighead.expected_set, mighead.expected FROM PUBLIC;
GRANT SELECT ON mighead.definition, mighead.expected_set, mighead.expected TO PUBLIC;

/* What the definitions of relations were when somebody looked; for this database and server only, so not dumped. */
CREATE TABLE mighead.fingerprint (
    scope text NOT NULL,
    fingerprint bytea NOT NULL,
    epoch bytea NOT NULL,
    checksums bytea NOT NULL,
    origin text NOT NULL,
    CONSTRAINT fingerprint_pkey PRIMARY KEY (scope, fingerprint)
);
COMMENT ON TABLE mighead.fingerprint IS 'relations as mighead_capture() and mighead_check() read them, so that what has not changed need not be read again. It is valid in this database only, not dumped, and may be emptied at any time';
COMMENT ON COLUMN mighead.fingerprint.scope IS 'hash of the version schema, its owner, the schemas and the version tables. It begins with seal/ where the row is of the whole database';
COMMENT ON COLUMN mighead.fingerprint.fingerprint IS 'sum over the catalog rows of a relation and of what belongs to it. Of a seal: over all that is compared, with the expectations';
COMMENT ON COLUMN mighead.fingerprint.epoch IS 'sum over the catalog rows of everything that a definition may name';
COMMENT ON COLUMN mighead.fingerprint.checksums IS 'SHA-256 checksums of the definitions that were read, 32 bytes each. Of a seal: the checksum of their set, and how many relations were read';
COMMENT ON COLUMN mighead.fingerprint.origin IS 'cluster, database, server version, format and library that wrote the row';

REVOKE ALL ON mighead.fingerprint FROM PUBLIC;
GRANT SELECT ON mighead.fingerprint TO PUBLIC;

/* Accepted differences. */
CREATE TABLE mighead.ignored (
    project text NOT NULL,
    object text NOT NULL,
    attribute text NOT NULL DEFAULT '',
    reason text NOT NULL,
    until timestamptz,
    ignored_by text NOT NULL,
    ignored_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT ignored_pkey PRIMARY KEY (project, object, attribute),
    CONSTRAINT ignored_object_check CHECK (object <> ''),
    CONSTRAINT ignored_reason_check CHECK (reason <> '')
);
COMMENT ON TABLE mighead.ignored IS 'differences that somebody accepted with mighead_ignore(). A missing object is never accepted';
COMMENT ON COLUMN mighead.ignored.project IS 'project for which the difference is accepted';
COMMENT ON COLUMN mighead.ignored.object IS 'LIKE pattern for names as mighead_drift() shows them. $home stands for the schema of any version table';
COMMENT ON COLUMN mighead.ignored.attribute IS 'attribute, or code of a finding. Empty: all attributes';
COMMENT ON COLUMN mighead.ignored.reason IS 'why it is accepted';
COMMENT ON COLUMN mighead.ignored.until IS 'when the acceptance ends. NULL: never';
COMMENT ON COLUMN mighead.ignored.ignored_by IS 'session user who accepted it';
COMMENT ON COLUMN mighead.ignored.ignored_at IS 'when it was accepted';

SELECT pg_catalog.pg_extension_config_dump('mighead.ignored', '');

REVOKE ALL ON mighead.ignored FROM PUBLIC;
GRANT SELECT ON mighead.ignored TO PUBLIC;

/*
 * Changes of version tables.  Only C code writes the journal, as the owner of the table.
 * A role needs SELECT to read it.
 */
CREATE TABLE mighead.journal (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    version_table_schema text NOT NULL,
    version_table_name text NOT NULL,
    project text NOT NULL,
    action text NOT NULL,
    old_rows text[] NOT NULL,
    new_rows text[] NOT NULL,
    session_user_name text NOT NULL,
    current_user_name text NOT NULL,
    application_name text,
    client_addr inet,
    backend_pid integer NOT NULL,
    transaction_id xid8 NOT NULL,
    ran_ddl boolean,
    reason text,
    skipped_guards text[] NOT NULL DEFAULT '{}',
    undoes bigint,
    catalog_changes integer,
    origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
        (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database()),
    CONSTRAINT journal_pkey PRIMARY KEY (id, origin),
    CONSTRAINT journal_action_check CHECK (action IN ('upgrade', 'downgrade', 'stamp', 'manual',
        'mighead_stamp', 'mighead_reset', 'mighead_undo'))
);
CREATE SEQUENCE mighead.journal_id_seq AS bigint OWNED BY mighead.journal.id;
ALTER TABLE mighead.journal ALTER COLUMN id SET DEFAULT pg_catalog.nextval('mighead.journal_id_seq');
CREATE INDEX journal_version_table_idx
    ON mighead.journal (version_table_schema, version_table_name, id);
COMMENT ON SEQUENCE mighead.journal_id_seq IS 'ids of mighead.journal';
COMMENT ON TABLE mighead.journal IS 'changes of watched version tables, and every write by mighead itself';
COMMENT ON COLUMN mighead.journal.id IS 'number of the entry';
COMMENT ON COLUMN mighead.journal.at IS 'time of the write, not the start of the transaction';
COMMENT ON COLUMN mighead.journal.version_table_schema IS 'schema of the version table';
COMMENT ON COLUMN mighead.journal.version_table_name IS 'name of the version table';
COMMENT ON COLUMN mighead.journal.project IS 'project of the version table';
COMMENT ON COLUMN mighead.journal.action IS 'what changed the rows: an Alembic command, "manual", or a function of mighead';
COMMENT ON COLUMN mighead.journal.old_rows IS 'rows of the version table before. A row that is NULL is left out';
COMMENT ON COLUMN mighead.journal.new_rows IS 'rows of the version table after. A row that is NULL is left out';
COMMENT ON COLUMN mighead.journal.session_user_name IS 'session user';
COMMENT ON COLUMN mighead.journal.current_user_name IS 'current user';
COMMENT ON COLUMN mighead.journal.application_name IS 'application_name of the session';
COMMENT ON COLUMN mighead.journal.client_addr IS 'address of the client. NULL: a Unix-domain socket';
COMMENT ON COLUMN mighead.journal.backend_pid IS 'process id of the session';
COMMENT ON COLUMN mighead.journal.transaction_id IS 'id of the transaction';
COMMENT ON COLUMN mighead.journal.ran_ddl IS 'whether the transaction did DDL for this step. NULL: not known';
COMMENT ON COLUMN mighead.journal.reason IS 'argument reason of a function of mighead';
COMMENT ON COLUMN mighead.journal.skipped_guards IS 'guards that a function of mighead skipped';
COMMENT ON COLUMN mighead.journal.undoes IS 'id of the entry that mighead_undo() took back';
COMMENT ON COLUMN mighead.journal.catalog_changes IS 'number of changes of the system catalogs in the transaction so far. The next entry of the transaction compares it to set ran_ddl. NULL: not counted';
COMMENT ON COLUMN mighead.journal.origin IS 'cluster and database that wrote the row. A subscription brings rows of other databases, whose ids may be the same';

SELECT pg_catalog.pg_extension_config_dump('mighead.journal', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.journal_id_seq', '');

REVOKE ALL ON mighead.journal, mighead.journal_id_seq FROM PUBLIC;
GRANT SELECT ON mighead.journal, mighead.journal_id_seq TO pg_database_owner;

CREATE TABLE mighead.watch (
    version_table_schema text NOT NULL,
    version_table_name text NOT NULL,
    capture boolean NOT NULL,
    since timestamptz NOT NULL DEFAULT pg_catalog.now(),
    watched_by text NOT NULL,
    CONSTRAINT watch_pkey PRIMARY KEY (version_table_schema, version_table_name)
);
COMMENT ON TABLE mighead.watch IS 'version tables whose changes triggers write to mighead.journal';
COMMENT ON COLUMN mighead.watch.version_table_schema IS 'schema of the version table';
COMMENT ON COLUMN mighead.watch.version_table_name IS 'name of the version table';
COMMENT ON COLUMN mighead.watch.capture IS 'whether each single upgrade step is captured too';
COMMENT ON COLUMN mighead.watch.since IS 'when mighead_watch() was first called';
COMMENT ON COLUMN mighead.watch.watched_by IS 'session user who called it';

SELECT pg_catalog.pg_extension_config_dump('mighead.watch', '');

REVOKE ALL ON mighead.watch FROM PUBLIC;
GRANT SELECT ON mighead.watch TO PUBLIC;

/*
 * What each captured step ran.  Only C code writes it, as the owner of the table.  A role needs
 * SELECT to read it, because statements of a migration may hold data.
 */
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
COMMENT ON TABLE mighead.statement IS 'statements that each captured upgrade step ran on the database that captured it';
COMMENT ON COLUMN mighead.statement.project IS 'project of the revision';
COMMENT ON COLUMN mighead.statement.revision IS 'revision whose upgrade ran the statement';
COMMENT ON COLUMN mighead.statement.ordinal IS 'position in the step, from 1. 0: a row that says something of the whole step';
COMMENT ON COLUMN mighead.statement.statement IS 'text with the values of its parameters, and without passwords. NULL: the row says something of the step';
COMMENT ON COLUMN mighead.statement.in_transaction IS 'whether it ran in a transaction block';
COMMENT ON COLUMN mighead.statement.role IS 'current role';
COMMENT ON COLUMN mighead.statement.search_path IS 'search_path';
COMMENT ON COLUMN mighead.statement.state IS 'recorded; reads: it reads tables that are empty in CI, where rows may make the script run more; copy: data of COPY is not recorded; cut: too long, or too many; incomplete: the beginning of the step was not seen; empty: the step ran nothing; unrecordable: an error kept the recorder from the statement';
COMMENT ON COLUMN mighead.statement.checksum IS 'checksum of the script when it ran. NULL: not known';

SELECT pg_catalog.pg_extension_config_dump('mighead.statement', '');

REVOKE ALL ON mighead.statement FROM PUBLIC;
GRANT SELECT ON mighead.statement TO pg_database_owner;

/*
 * DDL that the optional event triggers saw.  It is not complete: it misses direct changes of
 * the catalogs, and DDL while the triggers are disabled.  Only C code writes the log, as the
 * owner of the table.  A role needs SELECT to read it.
 */
CREATE TABLE mighead.ddl_log (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    transaction_id xid8 NOT NULL,
    session_user_name text NOT NULL,
    current_user_name text NOT NULL,
    application_name text,
    client_addr inet,
    backend_pid integer NOT NULL,
    command_tag text NOT NULL,
    is_drop boolean NOT NULL,
    object_type text,
    object text,
    statement text,
    origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
        (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database()),
    CONSTRAINT ddl_log_pkey PRIMARY KEY (id, origin)
);
CREATE SEQUENCE mighead.ddl_log_id_seq AS bigint OWNED BY mighead.ddl_log.id;
ALTER TABLE mighead.ddl_log ALTER COLUMN id SET DEFAULT pg_catalog.nextval('mighead.ddl_log_id_seq');
COMMENT ON TABLE mighead.ddl_log IS 'DDL that ran while mighead_watch_ddl() was in effect';
COMMENT ON COLUMN mighead.ddl_log.id IS 'number of the row';
COMMENT ON COLUMN mighead.ddl_log.at IS 'time of the command';
COMMENT ON COLUMN mighead.ddl_log.transaction_id IS 'id of the transaction, as in mighead.journal';
COMMENT ON COLUMN mighead.ddl_log.session_user_name IS 'session user';
COMMENT ON COLUMN mighead.ddl_log.current_user_name IS 'current user';
COMMENT ON COLUMN mighead.ddl_log.application_name IS 'application_name of the session';
COMMENT ON COLUMN mighead.ddl_log.client_addr IS 'address of the client. NULL: a Unix-domain socket';
COMMENT ON COLUMN mighead.ddl_log.backend_pid IS 'process id of the session';
COMMENT ON COLUMN mighead.ddl_log.command_tag IS 'the command, such as ALTER TABLE. It may have dropped the object along with another one';
COMMENT ON COLUMN mighead.ddl_log.is_drop IS 'whether the object was dropped';
COMMENT ON COLUMN mighead.ddl_log.object_type IS 'type, as in pg_identify_object()';
COMMENT ON COLUMN mighead.ddl_log.object IS 'identity, as in pg_identify_object(). NULL: the command does not tell it, for example GRANT';
COMMENT ON COLUMN mighead.ddl_log.statement IS 'text of the statement. Only after mighead_watch_ddl(statements => true), and never of commands that may hold a password';
COMMENT ON COLUMN mighead.ddl_log.origin IS 'cluster and database that wrote the row. A subscription brings rows of other databases, whose ids may be the same';
COMMENT ON SEQUENCE mighead.ddl_log_id_seq IS 'ids of mighead.ddl_log, in the order of the commands';

SELECT pg_catalog.pg_extension_config_dump('mighead.ddl_log', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.ddl_log_id_seq', '');

REVOKE ALL ON mighead.ddl_log, mighead.ddl_log_id_seq FROM PUBLIC;
GRANT SELECT ON mighead.ddl_log, mighead.ddl_log_id_seq TO pg_database_owner;

/*
 * Results of mighead_check: the last 1,000 checks, and for each finding when it was first and
 * last seen.
 */
CREATE TABLE mighead.check_result (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    version_table text,
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
    CONSTRAINT check_result_pkey PRIMARY KEY (id, origin)
);
CREATE SEQUENCE mighead.check_result_id_seq AS bigint OWNED BY mighead.check_result.id;
ALTER TABLE mighead.check_result ALTER COLUMN id SET DEFAULT pg_catalog.nextval('mighead.check_result_id_seq');
COMMENT ON TABLE mighead.check_result IS 'the last 1,000 checks, one row each';
COMMENT ON COLUMN mighead.check_result.id IS 'number of the check';
COMMENT ON COLUMN mighead.check_result.at IS 'time of the check';
COMMENT ON COLUMN mighead.check_result.version_table IS 'argument version_table of the check. NULL: all version tables';
COMMENT ON COLUMN mighead.check_result.state IS 'worst state';
COMMENT ON COLUMN mighead.check_result.severity IS 'severity of the worst state';
COMMENT ON COLUMN mighead.check_result.sqlstate IS 'SQLSTATE of the worst state';
COMMENT ON COLUMN mighead.check_result.detail IS 'detail of the worst state';
COMMENT ON COLUMN mighead.check_result.hint IS 'hint of the worst state';
COMMENT ON COLUMN mighead.check_result.version_tables IS 'number of version tables that were checked';
COMMENT ON COLUMN mighead.check_result.not_ok IS 'states of the version tables that were not ok';
COMMENT ON COLUMN mighead.check_result.changed IS 'whether a state differs from the check before';
COMMENT ON COLUMN mighead.check_result.origin IS 'cluster and database that wrote the row. A subscription brings rows of other databases, whose ids may be the same';
COMMENT ON SEQUENCE mighead.check_result_id_seq IS 'ids of mighead.check_result';

CREATE TABLE mighead.check_finding (
    version_table text NOT NULL,
    code text NOT NULL,
    object text NOT NULL,
    severity integer NOT NULL,
    detail text,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    origin text NOT NULL DEFAULT pg_catalog.concat_ws('/',
        (pg_catalog.pg_control_system()).system_identifier, pg_catalog.current_database()),
    CONSTRAINT check_finding_pkey PRIMARY KEY (version_table, code, object, origin)
);
CREATE INDEX check_finding_last_seen_idx ON mighead.check_finding (last_seen);
COMMENT ON TABLE mighead.check_finding IS 'the last 10,000 findings that checks saw';
COMMENT ON COLUMN mighead.check_finding.version_table IS 'version table of the finding';
COMMENT ON COLUMN mighead.check_finding.code IS 'code of the finding';
COMMENT ON COLUMN mighead.check_finding.object IS 'object of the finding. Empty: it has none';
COMMENT ON COLUMN mighead.check_finding.severity IS 'severity at the last check that saw it';
COMMENT ON COLUMN mighead.check_finding.detail IS 'detail at the last check that saw it';
COMMENT ON COLUMN mighead.check_finding.first_seen IS 'first check of the unbroken series of checks that saw it';
COMMENT ON COLUMN mighead.check_finding.last_seen IS 'last check that saw it. If it is older than the last check, the finding is gone';
COMMENT ON COLUMN mighead.check_finding.origin IS 'cluster and database that wrote the row. A subscription brings rows of other databases, whose ids may be the same';

SELECT pg_catalog.pg_extension_config_dump('mighead.check_result', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.check_result_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.check_finding', '');

REVOKE ALL ON mighead.check_result, mighead.check_result_id_seq, mighead.check_finding FROM PUBLIC;
GRANT SELECT ON mighead.check_result, mighead.check_result_id_seq, mighead.check_finding
    TO pg_database_owner;

/*
 * Results of mighead_fleet_check: the last 1,000 checks of databases elsewhere, and for each finding
 * when it was first and last seen.
 */
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
COMMENT ON TABLE mighead.fleet_result IS 'the last 1,000 checks of databases elsewhere, one row each';
COMMENT ON COLUMN mighead.fleet_result.id IS 'number of the check';
COMMENT ON COLUMN mighead.fleet_result.at IS 'time of the check';
COMMENT ON COLUMN mighead.fleet_result.servers IS 'argument servers of the check';
COMMENT ON COLUMN mighead.fleet_result.state IS 'worst state';
COMMENT ON COLUMN mighead.fleet_result.severity IS 'severity of the worst state';
COMMENT ON COLUMN mighead.fleet_result.sqlstate IS 'SQLSTATE of the worst state';
COMMENT ON COLUMN mighead.fleet_result.detail IS 'detail of the worst state';
COMMENT ON COLUMN mighead.fleet_result.hint IS 'hint of the worst state';
COMMENT ON COLUMN mighead.fleet_result.version_tables IS 'number of version tables that were checked, and of databases without one';
COMMENT ON COLUMN mighead.fleet_result.not_ok IS 'states of the servers and version tables that were not ok';
COMMENT ON COLUMN mighead.fleet_result.changed IS 'whether a state differs from the check before';
COMMENT ON COLUMN mighead.fleet_result.origin IS 'cluster and database that wrote the row. A subscription brings rows of other databases, whose ids may be the same';
COMMENT ON SEQUENCE mighead.fleet_result_id_seq IS 'ids of mighead.fleet_result';

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
COMMENT ON TABLE mighead.fleet_finding IS 'the last 10,000 findings that checks of databases elsewhere saw';
COMMENT ON COLUMN mighead.fleet_finding.server IS 'foreign server of the database';
COMMENT ON COLUMN mighead.fleet_finding.version_table IS 'version table of the finding. Empty: the database as a whole';
COMMENT ON COLUMN mighead.fleet_finding.code IS 'code of the finding';
COMMENT ON COLUMN mighead.fleet_finding.object IS 'object of the finding. Empty: it has none';
COMMENT ON COLUMN mighead.fleet_finding.severity IS 'severity at the last check that saw it';
COMMENT ON COLUMN mighead.fleet_finding.detail IS 'detail at the last check that saw it';
COMMENT ON COLUMN mighead.fleet_finding.first_seen IS 'first check of the unbroken series of checks that saw it';
COMMENT ON COLUMN mighead.fleet_finding.last_seen IS 'last check that saw it. If it is older than the last check, the finding is gone';
COMMENT ON COLUMN mighead.fleet_finding.origin IS 'cluster and database that wrote the row. A subscription brings rows of other databases, whose ids may be the same';

SELECT pg_catalog.pg_extension_config_dump('mighead.fleet_result', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.fleet_result_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('mighead.fleet_finding', '');

REVOKE ALL ON mighead.fleet_result, mighead.fleet_result_id_seq, mighead.fleet_finding FROM PUBLIC;
GRANT SELECT ON mighead.fleet_result, mighead.fleet_result_id_seq, mighead.fleet_finding
    TO pg_database_owner;

/*
 * Readers.  None writes, waits for a lock, or raises an error because the state is bad.
 *
 * Functions that read tables are PARALLEL UNSAFE: they use subtransactions in order not to wait
 * for locks, and a parallel worker cannot start one.
 */
CREATE FUNCTION mighead_version() RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mighead_version() IS 'returns the version of the loaded library';

/* An older library raises an error here. */
SELECT CASE WHEN pg_catalog.string_to_array(mighead_version(), '.')::integer[] < '{0,2,0}'
    THEN ('The library of mighead is ' || mighead_version()
        || ' and older than this script. Install the new one and connect again.')::integer END;

CREATE FUNCTION mighead_parse_script(source text,
    OUT revision text, OUT down_revision text[], OUT depends_on text[],
    OUT branch_labels text[], OUT message text, OUT create_date timestamp)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mighead_parse_script(text) IS 'shows what the header of a migration script says';

CREATE FUNCTION mighead_version_rows(
    OUT version_table regclass, OUT project text, OUT revision text, OUT known boolean,
    OUT is_head boolean, OUT implied_by text, OUT message text,
    OUT changed_at timestamptz, OUT changed_by text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION mighead_version_rows() IS 'shows the rows of every version table, for the view mighead_versions';

CREATE VIEW mighead_versions AS SELECT * FROM mighead_version_rows();
COMMENT ON VIEW mighead_versions IS 'one row per row of each version table';
GRANT SELECT ON mighead_versions TO PUBLIC;

CREATE FUNCTION mighead_status(version_table regclass DEFAULT NULL,
    OUT version_table regclass, OUT project text, OUT state text, OUT severity integer,
    OUT current text[], OUT heads text[], OUT unknown text[],
    OUT applied integer, OUT pending integer, OUT drift integer, OUT findings integer,
    OUT changed_at timestamptz, OUT changed_by text, OUT detail text, OUT hint text, OUT compared boolean)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION mighead_status(regclass) IS 'shows the migration state, one row per version table';

CREATE FUNCTION mighead_report(version_table regclass DEFAULT NULL) RETURNS SETOF text
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 20;
COMMENT ON FUNCTION mighead_report(regclass) IS 'the migration state on one screen; the last line is the next command';

CREATE FUNCTION mighead_findings(version_table regclass DEFAULT NULL, min_severity integer DEFAULT 1,
    OUT severity integer, OUT code text, OUT sqlstate text, OUT version_table regclass,
    OUT object text, OUT detail text, OUT evidence jsonb, OUT hint text, OUT fix text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 5;
COMMENT ON FUNCTION mighead_findings(regclass, integer) IS 'lists the problems of the migration state, worst first';

/* Short names that psql completes after TABLE and SELECT ... FROM. */
CREATE VIEW mighead_state AS SELECT * FROM mighead_status();
COMMENT ON VIEW mighead_state IS 'the migration state, one row per version table: TABLE mighead_state';
GRANT SELECT ON mighead_state TO PUBLIC;

CREATE VIEW mighead_problems AS SELECT * FROM mighead_findings();
COMMENT ON VIEW mighead_problems IS 'the problems of the migration state, worst first: TABLE mighead_problems';
GRANT SELECT ON mighead_problems TO PUBLIC;

CREATE FUNCTION mighead_current(version_table regclass DEFAULT NULL,
    OUT version_table regclass, OUT revision text, OUT is_head boolean, OUT message text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 2;
COMMENT ON FUNCTION mighead_current(regclass) IS 'shows what "alembic current" shows';

CREATE FUNCTION mighead_heads(project text DEFAULT NULL,
    OUT revision text, OUT branch_labels text[], OUT message text,
    OUT is_effective boolean, OUT applied boolean)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 2;
COMMENT ON FUNCTION mighead_heads(text) IS 'shows what "alembic heads" shows';

CREATE FUNCTION mighead_branches(project text DEFAULT NULL,
    OUT revision text, OUT children text[], OUT message text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION mighead_branches(text) IS 'shows what "alembic branches" shows';

CREATE FUNCTION mighead_history(range text DEFAULT NULL, project text DEFAULT NULL,
    version_table regclass DEFAULT NULL,
    OUT revision text, OUT down_revision text[], OUT depends_on text[], OUT branch_labels text[],
    OUT message text, OUT is_head boolean, OUT is_base boolean, OUT is_branch_point boolean,
    OUT is_merge_point boolean, OUT is_current boolean, OUT applied boolean,
    OUT create_date timestamp, OUT applied_at timestamptz)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION mighead_history(text, text, regclass) IS 'shows what "alembic history -r RANGE" shows, newest first';

CREATE FUNCTION mighead_show(identifier text, project text DEFAULT NULL,
    OUT revision text, OUT down_revision text[], OUT depends_on text[], OUT branch_labels text[],
    OUT message text, OUT is_head boolean, OUT is_base boolean, OUT is_branch_point boolean,
    OUT is_merge_point boolean, OUT is_current boolean, OUT applied boolean,
    OUT create_date timestamp, OUT applied_at timestamptz,
    OUT branches_into text[], OUT file_name text, OUT checksum text,
    OUT first_release text, OUT last_release text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION mighead_show(text, text) IS 'shows everything about the revisions that an identifier names';

CREATE FUNCTION mighead_resolve(identifier text, project text DEFAULT NULL) RETURNS text[]
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_resolve(text, text) IS 'returns the full ids that an identifier names; {} for base';

CREATE FUNCTION mighead_upgrade_plan(target text DEFAULT 'heads', version_table regclass DEFAULT NULL,
    current text DEFAULT NULL, project text DEFAULT NULL,
    OUT step integer, OUT revision text, OUT down_revision text[], OUT message text,
    OUT rows_after text[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION mighead_upgrade_plan(text, regclass, text, text) IS 'lists the steps of "alembic upgrade TARGET", in its order';

CREATE FUNCTION mighead_downgrade_plan(target text, version_table regclass DEFAULT NULL,
    current text DEFAULT NULL, project text DEFAULT NULL,
    OUT step integer, OUT revision text, OUT down_revision text[], OUT message text,
    OUT rows_after text[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION mighead_downgrade_plan(text, regclass, text, text) IS 'lists the steps of "alembic downgrade TARGET", in its order';

CREATE FUNCTION mighead_pending(version_table regclass DEFAULT NULL,
    OUT step integer, OUT revision text, OUT down_revision text[], OUT message text,
    OUT rows_after text[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION mighead_pending(regclass) IS 'lists the steps of "alembic upgrade heads", in its order';

CREATE FUNCTION mighead_stamp_plan(target text, version_table regclass DEFAULT NULL,
    current text DEFAULT NULL, purge boolean DEFAULT false, project text DEFAULT NULL,
    OUT step integer, OUT action text, OUT from_revision text, OUT to_revision text,
    OUT rows_after text[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 2;
COMMENT ON FUNCTION mighead_stamp_plan(text, regclass, text, boolean, text) IS 'lists what a stamp would change in the rows';

CREATE FUNCTION mighead_graph(format text DEFAULT 'text', range text DEFAULT NULL,
    version_table regclass DEFAULT NULL, project text DEFAULT NULL, around integer DEFAULT NULL)
    RETURNS SETOF text
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION mighead_graph(text, text, regclass, text, integer) IS 'draws the history as text, dot or mermaid, newest first';

CREATE FUNCTION mighead_merge_script(revisions text DEFAULT 'heads', message text DEFAULT NULL,
    revision text DEFAULT NULL, project text DEFAULT NULL) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_merge_script(text, text, text, text) IS 'returns the source of a migration file that merges the heads';

CREATE FUNCTION mighead_at_head(heads text DEFAULT NULL, version_table regclass DEFAULT NULL) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_at_head(text, regclass) IS 'says whether everything is applied. With the argument heads no scripts are needed';

CREATE FUNCTION mighead_require_head(heads text DEFAULT NULL, version_table regclass DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_require_head(text, regclass) IS 'raises an error unless everything is applied, MH001 if revisions are pending';

CREATE FUNCTION mighead_export(project text DEFAULT NULL, expectations boolean DEFAULT true) RETURNS jsonb
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_export(text, boolean) IS 'returns graph, releases and expectations of a project as one versioned document';

/* Readers of expectations: drift, verify, locate, definitions. */
CREATE FUNCTION mighead_drift(version_table regclass DEFAULT NULL, relation regclass DEFAULT NULL,
    revision text DEFAULT NULL, min_severity integer DEFAULT 1,
    OUT object_type text, OUT object text, OUT kind text, OUT attribute text,
    OUT expected text, OUT actual text, OUT severity integer, OUT since_revision text,
    OUT changed_at timestamptz, OUT changed_by text, OUT fix text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION mighead_drift(regclass, regclass, text, integer) IS 'shows how the live schema differs from what is expected';

CREATE FUNCTION mighead_verify(target text, version_table regclass DEFAULT NULL) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_verify(text, regclass) IS 'says whether the live schema satisfies what is expected at these rows. NULL: not known';

CREATE FUNCTION mighead_locate(version_table regclass DEFAULT NULL, max_results integer DEFAULT 5,
    OUT rank integer, OUT rows text[], OUT revision text, OUT same_as text[],
    OUT matching integer, OUT missing integer, OUT extra integer, OUT changed integer,
    OUT is_exact boolean, OUT is_current boolean, OUT message text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 5;
COMMENT ON FUNCTION mighead_locate(regclass, integer) IS 'finds the revisions whose schema is nearest to the live schema, best first';

CREATE FUNCTION mighead_definitions(version_table regclass DEFAULT NULL, schemas text[] DEFAULT NULL,
    relation regclass DEFAULT NULL,
    OUT object_type text, OUT object text, OUT parent text, OUT attribute text, OUT value text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_definitions(regclass, text[], regclass) IS 'shows the live schema as mighead compares it, one row per attribute';

/* Readers of the journal. */
CREATE FUNCTION mighead_log(since interval DEFAULT NULL, version_table regclass DEFAULT NULL,
    OUT id bigint, OUT at timestamptz, OUT version_table text, OUT action text,
    OUT old_rows text[], OUT new_rows text[], OUT session_user_name text,
    OUT current_user_name text, OUT application_name text, OUT client_addr inet,
    OUT backend_pid integer, OUT transaction_id xid8, OUT ran_ddl boolean,
    OUT reason text, OUT skipped_guards text[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION mighead_log(interval, regclass) IS 'shows changes of version tables, newest first. Needs SELECT on mighead.journal';

CREATE FUNCTION mighead_ddl(since interval DEFAULT NULL,
    OUT object text, OUT object_type text, OUT command_tag text, OUT is_drop boolean,
    OUT at timestamptz, OUT in_migration boolean, OUT session_user_name text,
    OUT current_user_name text, OUT application_name text, OUT client_addr inet,
    OUT backend_pid integer, OUT transaction_id xid8, OUT statement text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION mighead_ddl(interval) IS 'shows the newest DDL on each object and who ran it, while mighead_watch_ddl() was in effect. Needs SELECT on mighead.ddl_log';

CREATE FUNCTION mighead_lock_key(project text DEFAULT NULL) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_lock_key(text) IS 'returns the key of the advisory lock that lets one migration of a project run at a time';

/* Troubleshooting: locks, leftovers, and what stops a migration. */
CREATE FUNCTION mighead_locks(
    OUT pid integer, OUT role text, OUT state text, OUT application_name text, OUT user_name text,
    OUT since timestamptz, OUT lock_mode text, OUT relation text, OUT blocked_by integer[],
    OUT query text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 5;
COMMENT ON FUNCTION mighead_locks() IS 'lists sessions that migrate, hold up a migration, or wait for one';

CREATE FUNCTION mighead_leftovers(
    OUT kind text, OUT object text, OUT detail text, OUT fix text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 5;
COMMENT ON FUNCTION mighead_leftovers() IS 'lists what half-finished migrations leave behind';

CREATE FUNCTION mighead_orphans(child regclass, child_columns text[], parent regclass,
    parent_columns text[], max_samples integer DEFAULT 10,
    OUT orphan_rows bigint, OUT sample jsonb, OUT delete_sql text)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_orphans(regclass, text[], regclass, text[], integer) IS 'finds rows that would violate a new foreign key';

CREATE FUNCTION mighead_orphans(child regclass, child_columns text, parent regclass,
    parent_columns text, max_samples integer DEFAULT 10,
    OUT orphan_rows bigint, OUT sample jsonb, OUT delete_sql text)
    RETURNS record
    AS 'MODULE_PATHNAME', 'mighead_orphans_text' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_orphans(regclass, text, regclass, text, integer) IS 'finds rows that would violate a new foreign key. Columns: one name, or several as an array literal';

CREATE FUNCTION mighead_castable(relation regclass, column_name text, new_type text,
    max_samples integer DEFAULT 10, whole_table boolean DEFAULT false,
    OUT total_rows bigint, OUT failing_rows bigint, OUT null_rows bigint, OUT sample jsonb,
    OUT rewrites_table boolean, OUT dependents text[], OUT is_sample boolean)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_castable(regclass, text, text, integer, boolean) IS 'finds values that would fail a change of the column''s type. is_sample: not all rows were read';

CREATE FUNCTION mighead_review(sql text DEFAULT NULL, version_table regclass DEFAULT NULL,
    target text DEFAULT 'heads', check_data boolean DEFAULT true, role_name name DEFAULT NULL,
    OUT statement integer, OUT line integer, OUT revision text, OUT command text,
    OUT object text, OUT lock_mode text, OUT blocks text, OUT rewrites boolean,
    OUT scans boolean, OUT table_rows bigint, OUT table_bytes bigint, OUT severity integer,
    OUT code text, OUT sqlstate text, OUT detail text, OUT hint text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE COST 10000 ROWS 50;
COMMENT ON FUNCTION mighead_review(text, regclass, text, boolean, name) IS 'reviews a migration script before it runs: locks, rewrites, scans, what fails, and who is in the way';

/*
 * Databases elsewhere, by foreign servers.  They connect as the user mapping of the caller, who
 * needs USAGE on the server.  What they read can change from one call to the next.
 */
CREATE FUNCTION mighead_fleet(servers text DEFAULT '%', timeout interval DEFAULT '10 s',
    OUT server text, OUT database text, OUT server_version text, OUT reachable boolean, OUT took interval,
    OUT version_table text, OUT project text, OUT state text, OUT severity integer,
    OUT current text[], OUT heads text[], OUT unknown text[],
    OUT applied integer, OUT pending integer, OUT drift integer, OUT findings integer,
    OUT changed_at timestamptz, OUT changed_by text, OUT detail text, OUT hint text, OUT compared boolean)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION mighead_fleet(text, interval) IS 'shows the migration state of the databases of foreign servers, one row per version table, worst first';

CREATE FUNCTION mighead_remote_status(server text, version_table text DEFAULT NULL,
    OUT server text, OUT database text, OUT server_version text, OUT reachable boolean, OUT took interval,
    OUT version_table text, OUT project text, OUT state text, OUT severity integer,
    OUT current text[], OUT heads text[], OUT unknown text[],
    OUT applied integer, OUT pending integer, OUT drift integer, OUT findings integer,
    OUT changed_at timestamptz, OUT changed_by text, OUT detail text, OUT hint text, OUT compared boolean)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1;
COMMENT ON FUNCTION mighead_remote_status(text, text) IS 'shows the migration state of the database of a foreign server, one row per version table';

CREATE FUNCTION mighead_remote_findings(server text, version_table text DEFAULT NULL,
    min_severity integer DEFAULT 1,
    OUT severity integer, OUT code text, OUT sqlstate text, OUT version_table text,
    OUT object text, OUT detail text, OUT evidence jsonb, OUT hint text, OUT fix text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 5;
COMMENT ON FUNCTION mighead_remote_findings(text, text, integer) IS 'lists the problems of the migration state of the database of a foreign server, worst first';

CREATE FUNCTION mighead_fleet_metrics(
    OUT server text, OUT version_table text, OUT project text, OUT database text,
    OUT reachable float8, OUT took_seconds float8,
    OUT severity float8, OUT rows float8, OUT heads float8, OUT unknown float8,
    OUT applied float8, OUT pending float8, OUT drift float8,
    OUT findings float8, OUT critical_findings float8, OUT sessions float8, OUT compared float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION mighead_fleet_metrics() IS 'shows the migration state of the databases of foreign servers in numbers, for exporters';

CREATE FUNCTION mighead_fleet_servers(server text) RETURNS SETOF text
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 20;
COMMENT ON FUNCTION mighead_fleet_servers(text) IS 'prints CREATE SERVER and CREATE USER MAPPING for each other database of a foreign server, for \gexec';

CREATE FUNCTION mighead_remote_definitions(server text, version_table text DEFAULT NULL,
    schemas text[] DEFAULT NULL,
    OUT object_type text, OUT object text, OUT parent text, OUT attribute text, OUT value text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION mighead_remote_definitions(text, text, text[]) IS 'shows the schema of the database of a foreign server as mighead compares it, one row per attribute';
CREATE FUNCTION mighead_remote_drift(server text, version_table text DEFAULT NULL,
    relation text DEFAULT NULL, revision text DEFAULT NULL, min_severity integer DEFAULT 1,
    OUT object_type text, OUT object text, OUT kind text, OUT attribute text, OUT expected text,
    OUT actual text, OUT severity integer, OUT since_revision text, OUT changed_at timestamptz,
    OUT changed_by text, OUT fix text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION mighead_remote_drift(text, text, text, text, integer) IS 'compares the schema of the database of a foreign server with what is expected here';
CREATE FUNCTION mighead_remote_locate(server text, version_table text DEFAULT NULL,
    max_results integer DEFAULT 5,
    OUT rank integer, OUT rows text[], OUT revision text, OUT same_as text[], OUT matching integer,
    OUT missing integer, OUT extra integer, OUT changed integer, OUT is_exact boolean,
    OUT is_current boolean, OUT message text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 5;
COMMENT ON FUNCTION mighead_remote_locate(text, text, integer) IS 'finds the revision whose expected schema the database of a foreign server fits best';
CREATE FUNCTION mighead_remote_review(server text, sql text DEFAULT NULL,
    version_table text DEFAULT NULL, target text DEFAULT 'heads', check_data boolean DEFAULT true,
    role_name text DEFAULT NULL,
    OUT statement integer, OUT line integer, OUT revision text, OUT command text,
    OUT object text, OUT lock_mode text, OUT blocks text, OUT rewrites boolean,
    OUT scans boolean, OUT table_rows bigint, OUT table_bytes bigint, OUT severity integer,
    OUT code text, OUT sqlstate text, OUT detail text, OUT hint text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 50;
COMMENT ON FUNCTION mighead_remote_review(text, text, text, text, boolean, text) IS 'reviews a migration script for the database of a foreign server before it runs';

/*
 * Loading.  These functions write the tables above as their owner.  A loading role needs
 * EXECUTE and nothing else.
 */
CREATE FUNCTION mighead_project(name text, version_table_name text DEFAULT 'alembic_version',
    version_table_schema text DEFAULT NULL, manages text[] DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_project(text, text, text, text[]) IS 'registers or changes a project, which is an Alembic environment';

CREATE FUNCTION mighead_load_scripts(directory text, project text DEFAULT 'default',
    release text DEFAULT NULL, recursive boolean DEFAULT true,
    allow_empty boolean DEFAULT false,
    OUT scripts integer, OUT added integer, OUT changed integer, OUT retired integer,
    OUT heads text[], OUT warnings text[])
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_load_scripts(text, text, text, boolean, boolean) IS 'reads migration files on the server and makes them the current release';

CREATE FUNCTION mighead_load_archive(archive bytea, project text DEFAULT 'default',
    release text DEFAULT NULL, allow_empty boolean DEFAULT false,
    OUT scripts integer, OUT added integer, OUT changed integer, OUT retired integer,
    OUT heads text[], OUT warnings text[])
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_load_archive(bytea, text, text, boolean) IS 'reads migration files from a tar archive and makes them the current release. mighead-load calls it';

/* Where the program mighead sends scripts, for mighead_load_archive('') in the same transaction. */
CREATE FUNCTION mighead_incoming_trigger() RETURNS trigger
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_incoming_trigger() IS 'parses what is inserted into the view mighead.incoming';
CREATE VIEW mighead.incoming AS SELECT ''::pg_catalog.bytea AS scripts WHERE false;
COMMENT ON VIEW mighead.incoming IS 'takes the scripts that the program mighead loads; they are kept until the transaction ends. Nothing can be read from it';
CREATE TRIGGER incoming INSTEAD OF INSERT ON mighead.incoming
    FOR EACH ROW EXECUTE FUNCTION mighead_incoming_trigger();
GRANT INSERT ON mighead.incoming TO PUBLIC;

CREATE FUNCTION mighead_add_revision(revision text, down_revision text[] DEFAULT NULL,
    depends_on text[] DEFAULT NULL, branch_labels text[] DEFAULT NULL,
    message text DEFAULT NULL, project text DEFAULT 'default') RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_add_revision(text, text[], text[], text[], text, text) IS 'registers one revision, for scripts that cannot be read statically';

CREATE FUNCTION mighead_remove_revision(revision text, project text DEFAULT 'default') RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_remove_revision(text, text) IS 'removes a revision that mighead_add_revision() registered';

CREATE FUNCTION mighead_remove_project(project text) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_remove_project(text) IS 'removes a project with its scripts, expectations and accepted differences';

CREATE FUNCTION mighead_import(document jsonb, release text DEFAULT NULL,
    OUT scripts integer, OUT added integer, OUT changed integer, OUT retired integer,
    OUT heads text[], OUT warnings text[])
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_import(jsonb, text) IS 'loads a document that mighead_export() returned';

CREATE FUNCTION mighead_ensure_version(version_table text DEFAULT 'alembic_version') RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_ensure_version(text) IS 'creates the version table as Alembic does, unless it exists';

CREATE FUNCTION mighead_environment(label text, protected boolean DEFAULT false,
    confirm text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_environment(text, boolean, text, text) IS 'labels this database, and protects it from stamps without confirmation';

REVOKE ALL ON FUNCTION
    mighead_project(text, text, text, text[]),
    mighead_environment(text, boolean, text, text),
    mighead_load_scripts(text, text, text, boolean, boolean),
    mighead_load_archive(bytea, text, text, boolean),
    mighead_incoming_trigger(),
    mighead_add_revision(text, text[], text[], text[], text, text),
    mighead_remove_revision(text, text),
    mighead_remove_project(text),
    mighead_import(jsonb, text),
    mighead_ensure_version(text)
    FROM PUBLIC;

/* Expectations: capture, ignore. */
CREATE FUNCTION mighead_capture(target text DEFAULT NULL, version_table regclass DEFAULT NULL,
    schemas text[] DEFAULT NULL, replace boolean DEFAULT false,
    OUT tables integer, OUT objects integer, OUT stored integer)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_capture(text, regclass, text[], boolean) IS 'stores the live schema as what is expected at these rows';
CREATE FUNCTION mighead_remote_capture(server text, target text DEFAULT NULL,
    version_table text DEFAULT NULL, schemas text[] DEFAULT NULL, replace boolean DEFAULT false,
    OUT tables integer, OUT objects integer, OUT stored integer)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION mighead_remote_capture(text, text, text, text[], boolean) IS 'records the schema of the database of a foreign server as the expectation at some rows';

CREATE FUNCTION mighead_ignore(object text, reason text, attribute text DEFAULT NULL,
    until timestamptz DEFAULT NULL, project text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_ignore(text, text, text, timestamptz, text) IS 'accepts differences of an object, but never that it is missing';

CREATE FUNCTION mighead_unignore(object text, attribute text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_unignore(text, text, text) IS 'removes what mighead_ignore() stored';

CREATE FUNCTION mighead_prune(keep interval, project text DEFAULT NULL,
    OUT journal bigint, OUT ddl_log bigint, OUT checks bigint, OUT releases bigint,
    OUT revisions bigint, OUT expectations bigint, OUT definitions bigint)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_prune(interval, text) IS 'deletes older history, and definitions that nothing refers to';

REVOKE ALL ON FUNCTION
    mighead_capture(text, regclass, text[], boolean),
    mighead_remote_capture(text, text, text, text[], boolean),
    mighead_ignore(text, text, text, timestamptz, text),
    mighead_unignore(text, text, text),
    mighead_prune(interval, text)
    FROM PUBLIC;

/*
 * Watching version tables.  The trigger function has no arguments.  EXECUTE is needed to create
 * a trigger with it, not to fire it.
 */
CREATE FUNCTION mighead_watch_trigger() RETURNS trigger
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_watch_trigger() IS 'trigger function that writes changes of a watched version table to mighead.journal';

CREATE FUNCTION mighead_watch(version_table regclass, capture boolean DEFAULT false) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_watch(regclass, boolean) IS 'creates the triggers on a version table that write its changes to mighead.journal';

CREATE FUNCTION mighead_unwatch(version_table regclass) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_unwatch(regclass) IS 'drops the triggers of mighead_watch(). The journal stays';

REVOKE ALL ON FUNCTION
    mighead_watch_trigger(),
    mighead_watch(regclass, boolean),
    mighead_unwatch(regclass)
    FROM PUBLIC;

/* Watching DDL. */
CREATE FUNCTION mighead_log_ddl() RETURNS event_trigger
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_log_ddl() IS 'event trigger function that writes DDL to mighead.ddl_log';

CREATE FUNCTION mighead_log_ddl_statement() RETURNS event_trigger
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_log_ddl_statement() IS 'event trigger function that writes DDL to mighead.ddl_log, with statements that cannot hold a password';

CREATE FUNCTION mighead_watch_ddl(statements boolean DEFAULT false) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_watch_ddl(boolean) IS 'creates the event triggers that write DDL to mighead.ddl_log. Superusers only';

CREATE FUNCTION mighead_unwatch_ddl() RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mighead_unwatch_ddl() IS 'drops the event triggers of mighead_watch_ddl(). The log stays';

REVOKE ALL ON FUNCTION
    mighead_log_ddl(),
    mighead_log_ddl_statement(),
    mighead_watch_ddl(boolean),
    mighead_unwatch_ddl()
    FROM PUBLIC;

/*
 * Guarded writers.  They change a version table within the caller's transaction and with the
 * caller's privileges, or refuse.
 */
CREATE FUNCTION mighead_stamp(target text, expect text, reason text,
    version_table regclass DEFAULT NULL, purge boolean DEFAULT false, confirm text DEFAULT NULL,
    skip_guards text[] DEFAULT '{}', project text DEFAULT NULL,
    OUT step integer, OUT action text, OUT from_revision text, OUT to_revision text,
    OUT rows_after text[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 2;
COMMENT ON FUNCTION mighead_stamp(text, text, text, regclass, boolean, text, text[], text) IS 'does what "alembic stamp" does, after guards have passed';

CREATE FUNCTION mighead_reset(expect text, reason text,
    version_table regclass DEFAULT NULL, confirm text DEFAULT NULL,
    skip_guards text[] DEFAULT '{}', project text DEFAULT NULL,
    OUT step integer, OUT action text, OUT from_revision text, OUT to_revision text,
    OUT rows_after text[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 2;
COMMENT ON FUNCTION mighead_reset(text, text, regclass, text, text[], text) IS 'deletes all rows of the version table, after guards have passed';

CREATE FUNCTION mighead_undo(journal_id bigint, expect text, reason text,
    confirm text DEFAULT NULL, skip_guards text[] DEFAULT '{}',
    OUT step integer, OUT action text, OUT from_revision text, OUT to_revision text,
    OUT rows_after text[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 2;
COMMENT ON FUNCTION mighead_undo(bigint, text, text, text, text[]) IS 'restores the rows from before a journal entry, after guards have passed';

REVOKE ALL ON FUNCTION
    mighead_stamp(text, text, text, regclass, boolean, text, text[], text),
    mighead_reset(text, text, regclass, text, text[], text),
    mighead_undo(bigint, text, text, text, text[])
    FROM PUBLIC;

/* Scheduled checks and metrics. */
CREATE PROCEDURE mighead_check(min_severity integer DEFAULT 2, version_table regclass DEFAULT NULL)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE mighead_check(integer, regclass) IS 'stores the migration state, notifies if it changed, and raises an error if it is bad';
REVOKE ALL ON PROCEDURE mighead_check(integer, regclass) FROM PUBLIC;

CREATE PROCEDURE mighead_fleet_check(min_severity integer DEFAULT 2, servers text DEFAULT '%')
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE mighead_fleet_check(integer, text) IS 'stores the migration state of the databases of foreign servers, notifies if it changed, and raises an error if it is bad';
REVOKE ALL ON PROCEDURE mighead_fleet_check(integer, text) FROM PUBLIC;

CREATE FUNCTION mighead_metrics(
    OUT version_table text, OUT project text, OUT database text,
    OUT severity float8, OUT rows float8, OUT heads float8, OUT unknown float8,
    OUT applied float8, OUT pending float8, OUT drift float8,
    OUT findings float8, OUT critical_findings float8, OUT sessions float8,
    OUT change_age_seconds float8, OUT check_age_seconds float8, OUT compared float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION mighead_metrics() IS 'shows the migration state in numbers, one row per version table, for exporters';
