-- A version table as Alembic makes it is read without being opened.  It must be read as any other:
-- each table below is asked twice, as it is and with a CHECK, with which it is opened.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

SELECT FROM mighead_add_revision('one');
SELECT FROM mighead_add_revision('two', '{one}');
CREATE ROLE plain_reader;
CREATE ROLE plain_columns;

-- Every table is plain until it has a CHECK, but for those whose schema begins with "other".
CREATE FUNCTION pg_temp.make(schema text, definition text, VARIADIC statements text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    EXECUTE format('CREATE SCHEMA %I', schema);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO plain_reader, plain_columns', schema);
    EXECUTE format('CREATE TABLE %I.alembic_version (%s)', schema, definition);
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE replace(statement, '@', format('%I.alembic_version', schema));
    END LOOP;
END $$;

SELECT FROM pg_temp.make('as_alembic', 'version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY', 'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('empty_table', 'version_num varchar(32) PRIMARY KEY');
SELECT FROM pg_temp.make('of_text', 'version_num text', 'INSERT INTO @ VALUES (''one''), (''two''), (NULL)');
SELECT FROM pg_temp.make('of_char', 'version_num char(12) NOT NULL', 'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('with_nulls', 'version_num varchar(32)', 'INSERT INTO @ VALUES (NULL), (''two''), (NULL), (''x'')');
SELECT FROM pg_temp.make('updated', 'version_num varchar(32) PRIMARY KEY', 'INSERT INTO @ VALUES (''zero'')',
    'UPDATE @ SET version_num = ''one''', 'UPDATE @ SET version_num = ''two''');
SELECT FROM pg_temp.make('emptied', 'version_num varchar(32) PRIMARY KEY', 'INSERT INTO @ VALUES (''one'')', 'DELETE FROM @');
SELECT FROM pg_temp.make('truncated', 'version_num varchar(32) PRIMARY KEY', 'INSERT INTO @ VALUES (''zero'')', 'TRUNCATE @',
    'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('clustered', 'version_num varchar(32) PRIMARY KEY', 'INSERT INTO @ VALUES (''one''), (''two'')',
    'CLUSTER @ USING alembic_version_pkey');
SELECT FROM pg_temp.make('short_rows', 'version_num text', 'INSERT INTO @ SELECT ''r'' || i FROM generate_series(1, 600) AS i');
SELECT FROM pg_temp.make('too_many', 'version_num text', 'INSERT INTO @ SELECT ''r'' || i FROM generate_series(1, 1001) AS i');
SELECT FROM pg_temp.make('just_so_many', 'version_num text', 'INSERT INTO @ SELECT ''r'' || i FROM generate_series(1, 1000) AS i');
SELECT FROM pg_temp.make('pages', 'version_num text', 'INSERT INTO @ SELECT repeat(i::text, 300) FROM generate_series(101, 120) AS i');
SELECT FROM pg_temp.make('many_pages', 'version_num text', 'INSERT INTO @ SELECT repeat(i::text, 300) FROM generate_series(101, 180) AS i');
SELECT FROM pg_temp.make('long_row', 'version_num text', 'INSERT INTO @ VALUES (repeat(''x'', 1001)), (repeat(''y'', 1000))');
SELECT FROM pg_temp.make('one_letter', 'version_num text', 'INSERT INTO @ VALUES (repeat(''x'', 500000))');
SELECT FROM pg_temp.make('out_of_line', 'version_num text', 'ALTER TABLE @ ALTER version_num SET STORAGE EXTERNAL',
    'INSERT INTO @ VALUES (repeat(''x'', 5000))');
SELECT FROM pg_temp.make('without_key', 'version_num varchar(32) NOT NULL', 'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('with_index', 'version_num varchar(32) NOT NULL', 'CREATE INDEX ON @ (version_num)',
    'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('unique_index', 'version_num varchar(32) NOT NULL', 'CREATE UNIQUE INDEX ON @ (version_num)',
    'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('short_column', 'version_num varchar(2) PRIMARY KEY', 'INSERT INTO @ VALUES (''x'')');
SELECT FROM pg_temp.make('of_columns', 'version_num varchar(32) PRIMARY KEY', 'INSERT INTO @ VALUES (''two'')',
    'GRANT SELECT (version_num) ON @ TO plain_columns');
SELECT FROM pg_temp.make('of_reader', 'version_num varchar(32) PRIMARY KEY', 'INSERT INTO @ VALUES (''two'')',
    'GRANT SELECT ON @ TO plain_reader');
SELECT FROM pg_temp.make('closed', 'version_num varchar(32) PRIMARY KEY', 'INSERT INTO @ VALUES (''two'')',
    'REVOKE USAGE ON SCHEMA closed FROM plain_reader', 'GRANT SELECT ON @ TO plain_reader');
SELECT FROM pg_temp.make('was_wider', 'version_num varchar(32)', 'INSERT INTO @ VALUES (''one'')',
    'ALTER TABLE @ ALTER version_num TYPE text USING version_num || ''''');
SELECT FROM pg_temp.make('watched', 'version_num varchar(32) PRIMARY KEY', 'INSERT INTO @ VALUES (''two'')');
SELECT FROM mighead_watch('watched.alembic_version');
-- These have another form from the beginning.
SELECT FROM pg_temp.make('other_column', 'version_num varchar(32) PRIMARY KEY, note text', 'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('other_dropped', 'note text, version_num varchar(32) PRIMARY KEY', 'ALTER TABLE @ DROP note',
    'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('other_name', 'version_num name', 'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('other_default', 'version_num text DEFAULT ''one''', 'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('other_added', '', 'INSERT INTO @ DEFAULT VALUES', 'ALTER TABLE @ ADD version_num text DEFAULT ''two''');
SELECT FROM pg_temp.make('other_late', '', 'INSERT INTO @ DEFAULT VALUES', 'ALTER TABLE @ ADD version_num text');
SELECT FROM pg_temp.make('other_partial', 'version_num text', 'CREATE UNIQUE INDEX ON @ (version_num) WHERE version_num <> ''''',
    'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('other_unlogged', 'version_num text', 'ALTER TABLE @ SET UNLOGGED', 'INSERT INTO @ VALUES (''two'')');
SELECT FROM pg_temp.make('other_parent', 'version_num text', 'INSERT INTO @ VALUES (''one'')',
    'CREATE TABLE other_parent.child () INHERITS (@)', 'INSERT INTO other_parent.child VALUES (''two'')');
SELECT FROM pg_temp.make('other_secured', 'version_num text', 'INSERT INTO @ VALUES (''two'')', 'ALTER TABLE @ ENABLE ROW LEVEL SECURITY',
    'GRANT SELECT ON @ TO plain_reader');

CREATE TEMPORARY TABLE answers (turn text, role text, relation text, answer text);
GRANT ALL ON answers TO PUBLIC;
CREATE FUNCTION pg_temp.ask(turn text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO answers SELECT turn, current_user, s.version_table::oid::text, 'status ' || to_jsonb(s)::text FROM mighead_status() AS s;
    INSERT INTO answers SELECT turn, current_user, f.version_table::oid::text, 'finding ' || to_jsonb(f)::text FROM mighead_findings(min_severity => 0) AS f;
    INSERT INTO answers SELECT turn, current_user, v.version_table::oid::text, 'row ' || to_jsonb(v)::text FROM mighead_versions AS v;
END $$;
CREATE FUNCTION pg_temp.ask_all(turn text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.ask(turn);
    SET LOCAL ROLE plain_reader;
    PERFORM pg_temp.ask(turn);
    SET LOCAL ROLE plain_columns;
    PERFORM pg_temp.ask(turn);
    RESET ROLE;
END $$;

SELECT FROM pg_temp.ask_all('plain');
-- What the server says of the rows.
CREATE FUNCTION pg_temp.truth(relation oid) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    rows text[];
BEGIN
    EXECUTE format('SELECT array_agg(format(''%%s'', version_num)) FROM (SELECT version_num FROM %s '
                   'WHERE version_num IS NOT NULL LIMIT 1000) AS s WHERE length(version_num) <= 1000', relation::regclass) INTO rows;
    RETURN rows;
END $$;
SELECT is((SELECT array_agg(v.revision) FROM mighead_versions AS v WHERE v.version_table = c.oid), pg_temp.truth(c.oid),
          c.oid::regclass || ': the rows are those that the server finds')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = 'alembic_version' AND n.nspname NOT IN ('out_of_line', 'one_letter') ORDER BY n.nspname;

-- With a CHECK they are opened.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN SELECT oid FROM pg_class WHERE relname = 'alembic_version' AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s ADD CHECK (true) NO INHERIT', relation);
    END LOOP;
END $$;
SELECT FROM pg_temp.ask_all('opened');
SELECT cmp_ok((SELECT count(*) FROM answers WHERE turn = 'plain'), '>', 2000::bigint, 'there is something to compare');
SELECT is((SELECT count(DISTINCT role) FROM answers), 3::bigint, 'three roles have asked');
SELECT is_empty($$ SELECT relation::oid::regclass, role, answer FROM answers WHERE turn = 'plain'
    EXCEPT ALL SELECT relation::oid::regclass, role, answer FROM answers WHERE turn = 'opened' $$, 'nothing is said only of plain tables');
SELECT is_empty($$ SELECT relation::oid::regclass, role, answer FROM answers WHERE turn = 'opened'
    EXCEPT ALL SELECT relation::oid::regclass, role, answer FROM answers WHERE turn = 'plain' $$, 'nothing is said only of opened tables');

-- Rows that a snapshot does not see, in the page that another one sees.
ALTER TABLE as_alembic.alembic_version DROP CONSTRAINT alembic_version_check;
SELECT is((SELECT current FROM mighead_status('as_alembic.alembic_version')), '{two}', 'before a savepoint');
SAVEPOINT changed;
UPDATE as_alembic.alembic_version SET version_num = 'one';
SELECT is((SELECT current FROM mighead_status('as_alembic.alembic_version')), '{one}', 'what this transaction wrote is seen');
ROLLBACK TO changed;
SELECT is((SELECT current FROM mighead_status('as_alembic.alembic_version')), '{two}', 'what was rolled back is not');

SELECT * FROM finish();
ROLLBACK;
