-- Definitions of relations and what belongs to them: each attribute, one object that has
-- it and one that has not, and the catalogs and the server's own deparser as oracles.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

-- 1. The objects, and what is of a session only.
CREATE ROLE mighead_app;
CREATE ROLE mighead_reader;
CREATE ROLE "mighead Quoted";
\ir ../fixtures/everything_relations.sql
CREATE TEMPORARY TABLE passing (a int);

CREATE TEMPORARY TABLE found AS
    SELECT * FROM mighead_definitions('"My Home".alembic_version');
CREATE TEMPORARY VIEW shown AS
    SELECT object_type, object, attribute, value FROM found
    WHERE object_type IN ('table', 'foreign table', 'column', 'constraint', 'index', 'trigger', 'rule', 'policy',
                          'view', 'materialized view', 'sequence');

-- 2. Each attribute: where it is, and nowhere else.
CREATE FUNCTION pg_temp.having(wanted_type text, wanted text) RETURNS SETOF text LANGUAGE sql AS
$$SELECT replace(object, '$home.', '') || ': ' || value FROM shown
  WHERE object_type = wanted_type AND attribute = wanted$$;

SELECT set_eq(format('SELECT pg_temp.having(%L, %L)', split_part(k, '.', 1), split_part(k, '.', 2)), v, k)
FROM (VALUES
('table.persistence', ARRAY['kept_out: unlogged']),
('table.options', ARRAY['tuned: autovacuum_enabled=off, fillfactor=70']),
('table.toast_options', ARRAY['tuned: autovacuum_enabled=off']),
('table.row_security', ARRAY['secured: true']),
('table.force_row_security', ARRAY['secured: true']),
('table.replica_identity', ARRAY['replicated_full: full', 'replicated_not: nothing', 'replicated_by: using index "Replicated By"']),
('table.inherits', ARRAY['heir: $home.first_parent, $home."Second Parent"', 'constraints_heir: $home.constraints']),
('table.of_type', ARRAY['shaped: $home.shape']),
('table.partition_key', ARRAY['measured: RANGE (at, lower(kind))']),
('table.partition_of', ARRAY['measured_1: $home.measured', 'measured_2: $home.measured', 'measured_3: $home.measured']),
('table.partition_bound', ARRAY['measured_1: FOR VALUES FROM (''2024-01-01'', MINVALUE) TO (''2025-01-01'', ''q'')',
    'measured_2: DEFAULT', 'measured_3: FOR VALUES FROM (''2025-01-01'', ''q'') TO (''2026-01-01'', ''q'')']),
('table.comment', ARRAY['remarked: a table with a past']),
('foreign table.server', ARRAY['remote: mighead_far']),
('foreign table.foreign_options', ARRAY['remote: also=b, path=/']),
('column.foreign_options', ARRAY['remote.a: x=y']),
('column.identity', ARRAY['columns.numbered: always', 'columns.numbered_so: by default']),
('column.identity_options', ARRAY['columns.numbered_so: START 5 INCREMENT -2 MINVALUE -100 MAXVALUE 50 CACHE 3 CYCLE']),
('column.generated', ARRAY['columns.computed: stored']),
('column.collation', ARRAY['columns.sorted: $home.mine', 'indexed.c: "C"']),
('column.storage', ARRAY['columns.stored: external']),
('column.compression', ARRAY['columns.compressed: pglz']),
('column.options', ARRAY['columns.estimated: n_distinct=5, n_distinct_inherited=-1']),
('column.statistics', ARRAY['columns.sampled: 50', 'm.t: 10']),
('column.comment', ARRAY['remarked.b: a column''s comment', 'v_more.sorted: sorted so']),
('column.default', ARRAY['columns.defaulted: ''2020-01-01 12:00:00+00''::timestamp with time zone',
    'columns.counted: nextval(''$home.columns_counted_seq''::regclass)', 'columns.computed: (needed + 1)',
    'columns.of_mood: ''ok''::$home.mood', 'measured.kind: ''x''::text', 'measured_2.n: 7', 'v_more.n: 3']),
('column.inherited', ARRAY['heir.a: true', 'heir.b: true', 'heir.c: true', 'constraints_heir.a: true',
    'constraints_heir.b: true', 'constraints_heir.c: true', 'constraints_heir.d: true']),
('constraint.deferrable', ARRAY['constraints.once_deferred: initially deferred', 'constraints.once_deferrable: true',
    'constraints.refers: true', 'constraints.refers_unproven: initially deferred']),
('constraint.validated', ARRAY['constraints.unproven: false', 'constraints.refers_unproven: false']),
('constraint.no_inherit', ARRAY['constraints.alone: true']),
('constraint.index_options', ARRAY['constraints."The Key": fillfactor=60']),
('constraint.clustered', ARRAY['constraints."The Key": true']),
('constraint.comment', ARRAY['constraints.remarked: why not']),
('index.unique', ARRAY['"Replicated By": true', 'i_unique: true', 'i_nulls: true', 'm_n: true']),
('index.nulls_not_distinct', ARRAY['i_nulls: true']),
('index.include', ARRAY['i_expression: d']),
('index.options', ARRAY['i_expression: fillfactor=50', 'i_gin: fastupdate=off']),
('index.incomplete', ARRAY['i_half: true']),
('index.clustered', ARRAY['i_clustered: true']),
('index.statistics', ARRAY['i_expression: column 2: 321']),
('index.comment', ARRAY['i_plain: as plain as it gets']),
('index.valid', ARRAY[]::text[]),
('trigger.enabled', ARRAY['watched.off: disabled', 'watched."On Replica": replica', 'watched.always: always',
    'measured_1.of_all: disabled']),
('trigger.comment', ARRAY['watched.plain: touches']),
('rule.enabled', ARRAY['watched.silent: disabled']),
('rule.comment', ARRAY['watched.silent: hushed']),
('policy.command', ARRAY['secured.everything: all', 'secured.chosen: update']),
('policy.permissive', ARRAY['secured.chosen: false']),
('policy.roles', ARRAY['secured.everything: PUBLIC', 'secured.chosen: "mighead Quoted", $owner, mighead_reader']),
('policy.with_check', ARRAY['secured.chosen: (a > 1)']),
('policy.comment', ARRAY['secured.chosen: not all']),
('view.options', ARRAY['v_more: check_option=local, security_barrier=true']),
('view.columns', ARRAY['v_plain: a integer', 'v_more: n integer, sorted text COLLATE $home.mine, of_mood $home.mood']),
('materialized view.columns', ARRAY['m: n bigint, t text']),
('sequence.data_type', ARRAY['columns_counted_seq: integer', 's_more: integer', 's_down: smallint']),
('sequence.start', ARRAY['s_more: 15']),
('sequence.increment', ARRAY['s_more: 10', 's_down: -1']),
('sequence.minimum', ARRAY['s_more: 5']),
('sequence.maximum', ARRAY['s_more: 1000']),
('sequence.cache', ARRAY['s_more: 20']),
('sequence.cycle', ARRAY['s_more: true']),
('sequence.owned_by', ARRAY['columns_counted_seq: $home.columns.counted', 's_owned: $home.plain.a']),
('sequence.comment', ARRAY['s_plain: one, two'])
) AS e(k, v);
SELECT set_eq(
    $$SELECT DISTINCT value FROM shown WHERE object_type = 'policy' AND attribute = 'using'$$,
    ARRAY[E'(a IN ( SELECT plain.a\n   FROM $home.plain))'], 'policy.using');

-- privileges: none where they are what a new object has, however that is stored
SELECT set_eq(
    $$SELECT object_type, object FROM shown WHERE attribute = 'privileges'$$,
    $$VALUES ('table', '$home.granted'), ('column', '$home.granted.b'), ('column', '$home.v_more.of_mood'),
        ('sequence', '$home.s_owned')$$, 'privileges that are not the default');
SELECT is(
    (SELECT string_agg(regexp_replace(granted, '/.*', ''), '|' ORDER BY granted COLLATE "C")
     FROM shown, regexp_split_to_table(value, ', ') AS granted
     WHERE object = '$home.granted' AND attribute = 'privileges' AND granted NOT LIKE current_user || '=%'),
    '"mighead Quoted"=r|PUBLIC=r|mighead_reader=a*r*', 'privileges of each role');
SELECT set_eq(
    $$SELECT object FROM shown WHERE attribute = 'owner' AND value = '$owner'$$, ARRAY['$home.owned_by_all'],
    'the role that owns the version table');
SELECT set_eq(
    $$SELECT DISTINCT value FROM shown WHERE attribute = 'owner' AND object <> '$home.owned_by_all'$$,
    ARRAY[quote_ident(current_user::text)], 'any other owner by name');

-- 3. What is there at all, by the catalogs.
CREATE TEMPORARY VIEW relation AS
    SELECT c.oid, c.relname, c.relkind, c.relispartition, '$home.' || quote_ident(c.relname) AS name FROM pg_class c
    WHERE relnamespace = '"My Home"'::regnamespace AND relname <> 'alembic_version';
SELECT set_eq(
    $$SELECT object_type, object FROM shown
      WHERE object_type IN ('table', 'foreign table', 'view', 'materialized view', 'sequence')$$,
    $$SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
        WHEN 'f' THEN 'foreign table' ELSE 'table' END, name FROM relation
      WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND relname !~ '^columns_numbered.*_seq$'$$,
    'all relations, no sequence of an identity column');
SELECT set_eq(
    $$SELECT object, value FROM shown WHERE object_type = 'column' AND attribute = 'type'
        AND object !~ '^.home.measured_'$$,
    $$SELECT name || '.' || quote_ident(attname), replace(format_type(atttypid, atttypmod), 'mood', '$home.mood')
      FROM relation JOIN pg_attribute ON attrelid = oid WHERE relkind IN ('r', 'p', 'f') AND NOT relispartition
        AND attnum > 0 AND NOT attisdropped$$,
    'types of columns');
SELECT set_eq(
    $$SELECT object FROM shown WHERE object_type = 'column' AND attribute = 'not_null'$$,
    $$SELECT name || '.' || quote_ident(attname)
      FROM relation JOIN pg_attribute ON attrelid = oid WHERE relkind IN ('r', 'p', 'f') AND NOT relispartition
        AND attnum > 0 AND NOT attisdropped AND attnotnull$$,
    'columns that are not null');
SELECT set_eq(
    $$SELECT DISTINCT object FROM shown WHERE object LIKE '$home.measured\__.%'$$,
    ARRAY['$home.measured_2.n', '$home.measured_1.of_all'],
    'of a partition only what differs from its parent, however it was made');
SELECT is_empty(
    $$SELECT * FROM found WHERE object LIKE '%alembic_version%' OR object LIKE '%outside%' OR object LIKE '%passing%'$$,
    'nothing of the version table, another schema or a session');

CREATE TEMPORARY VIEW home_text AS -- texts of the server, under the same search_path
    SELECT '$home' AS home;
SET LOCAL search_path = pg_catalog;
CREATE TEMPORARY TABLE deparsed_constraint AS
    SELECT conrelid, conname, replace(regexp_replace(pg_get_constraintdef(oid),
        '( NO INHERIT)?( DEFERRABLE)?( INITIALLY DEFERRED)?( NOT VALID)?$', ''), '"My Home"', '$home') AS text
    FROM pg_constraint WHERE connamespace = '"My Home"'::regnamespace AND contype NOT IN ('n', 't')
        AND conislocal AND conparentid = 0;
CREATE TEMPORARY TABLE deparsed_index AS
    SELECT c.relname, i.indisunique, replace(pg_get_indexdef(i.indexrelid), '"My Home"', '$home') AS text
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = '"My Home"'::regnamespace AND NOT c.relispartition
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'));
CREATE TEMPORARY TABLE deparsed_trigger AS
    SELECT tgrelid, tgname, replace(pg_get_triggerdef(t.oid), '"My Home"', '$home') AS text
    FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
    WHERE c.relnamespace = '"My Home"'::regnamespace AND NOT tgisinternal AND (tgparentid = 0 OR tgenabled = 'D');
CREATE TEMPORARY TABLE deparsed_view AS
    SELECT relname, replace(ltrim(rtrim(pg_get_viewdef(oid), ';')), '"My Home"', '$home') AS text
    FROM pg_class WHERE relnamespace = '"My Home"'::regnamespace AND relkind IN ('v', 'm');
SET LOCAL search_path = "My Home", public;
SELECT set_eq(
    $$SELECT object, value FROM shown WHERE object_type = 'constraint' AND attribute = 'definition'$$,
    $$SELECT name || '.' || quote_ident(conname), text FROM deparsed_constraint JOIN relation ON oid = conrelid
      WHERE relname <> 'alembic_version'$$,
    'bodies of constraints');
-- an index, put together from its attributes, is what the server writes
SELECT set_eq(
    $$SELECT format('CREATE %sINDEX %s ON %s%s USING %s (%s)%s%s%s%s',
        CASE WHEN i ? 'unique' THEN 'UNIQUE ' END, substr(object, 7),
        CASE WHEN EXISTS (SELECT FROM relation WHERE name = i ->> 'table' AND relkind = 'p') THEN 'ONLY ' END, i ->> 'table',
        i ->> 'method', regexp_replace(i ->> 'columns', '=(\d+)\)', '=''\1'')'), ' INCLUDE (' || (i ->> 'include') || ')',
        CASE WHEN i ? 'nulls_not_distinct' THEN ' NULLS NOT DISTINCT' END,
        ' WITH (' || regexp_replace(i ->> 'options', '=(\d+)', '=''\1''') || ')', ' WHERE ' || (i ->> 'predicate'))
      FROM (SELECT object, jsonb_object_agg(attribute, value) AS i FROM shown WHERE object_type = 'index' GROUP BY 1) x$$,
    $$SELECT text FROM deparsed_index$$,
    'indexes');
SELECT set_eq(
    $$SELECT object, value FROM shown WHERE object_type = 'trigger' AND attribute = 'definition'$$,
    $$SELECT name || '.' || quote_ident(tgname), text FROM deparsed_trigger JOIN relation ON oid = tgrelid$$,
    'triggers, of partitions only those that are switched otherwise than the parent''s');
SELECT set_eq(
    $$SELECT object, value FROM shown WHERE object_type LIKE '%view' AND attribute = 'definition'$$,
    $$SELECT '$home.' || relname, text FROM deparsed_view$$,
    'queries of views');
SELECT set_eq(
    $$SELECT object, value FROM shown WHERE object_type = 'rule' AND attribute = 'definition'$$,
    $$VALUES ('$home.watched.rerouted', E'CREATE RULE rerouted AS\n    ON DELETE TO $home.watched DO INSTEAD  INSERT INTO $home.plain (a)\n  VALUES (old.a)'),
        ('$home.watched.silent', E'CREATE RULE silent AS\n    ON UPDATE TO $home.watched DO INSTEAD NOTHING')$$,
    'rules');

-- 4. Arguments.
SELECT set_eq(
    $$SELECT DISTINCT object_type, object FROM mighead_definitions('"My Home".alembic_version', relation => 'plain')
      WHERE object_type NOT IN ('extension', 'foreign-data wrapper', 'server')$$,
    $$VALUES ('table', '$home.plain'), ('column', '$home.plain.a'), ('sequence', '$home.s_owned')$$,
    'one relation and what belongs to it');
SELECT set_eq(
    $$SELECT object FROM mighead_definitions('"My Home".alembic_version', ARRAY['mighead_beside', 'no such schema'])
      WHERE object_type = 'table'$$,
    ARRAY['mighead_beside.outside'], 'other schemas, those that are not there left out');
SELECT is_empty(
    $$SELECT object FROM mighead_definitions('"My Home".alembic_version',
        ARRAY['pg_catalog', 'information_schema', 'pg_toast', 'mighead']) WHERE object_type IN ('table', 'view')$$,
    'never those of the system and our own');
SELECT throws_ok($$SELECT mighead_definitions('"My Home".alembic_version', ARRAY[NULL])$$, '22004', NULL, 'a schema that is NULL');
SELECT throws_ok($$SELECT mighead_definitions('"My Home".alembic_version', relation => 1)$$, '42P01', NULL, 'no such relation');
SELECT results_eq(
    $$SELECT * FROM mighead_definitions('"My Home".alembic_version')$$,
    $$SELECT * FROM found$$, 'the same once more, in the same order');

-- 5. Size: as many columns as there can be, and a long expression.
DO $$
BEGIN
    EXECUTE format('CREATE TABLE wide (%s)', (SELECT string_agg(format('c%s int DEFAULT %s', i, i), ', ') FROM generate_series(1, 1600) i));
    EXECUTE format('CREATE TABLE wordy (a text DEFAULT %L CHECK (a NOT IN (%s)))', repeat('x', 100000),
        (SELECT string_agg(quote_literal(repeat('y', 100) || i), ', ') FROM generate_series(1, 1000) i));
END $$;
SELECT is((SELECT count(*) FROM mighead_definitions('"My Home".alembic_version', relation => 'wide')
           WHERE object_type = 'column' AND attribute = 'default'), 1600::bigint, '1,600 columns');
SELECT is((SELECT length(value) FROM mighead_definitions('"My Home".alembic_version', relation => 'wordy')
           WHERE attribute = 'default'), 100008, 'a default of 100 kB');
SELECT cmp_ok((SELECT length(value) FROM mighead_definitions('"My Home".alembic_version', relation => 'wordy')
               WHERE object_type = 'constraint' AND attribute = 'definition'), '>', 100000, 'a check of 100 kB');

-- 6. Settings of the caller change nothing; who may not read the tables reads their definitions.
SET LOCAL DateStyle = 'German';
SET LOCAL TimeZone = 'Asia/Kathmandu';
SET LOCAL IntervalStyle = 'iso_8601';
SET LOCAL quote_all_identifiers = on;
-- 19 has no other literals
SELECT set_config('standard_conforming_strings', CASE WHEN current_setting('server_version_num')::int < 190000 THEN 'off' ELSE 'on' END, true) \g /dev/null
SET LOCAL extra_float_digits = -5;
SET LOCAL search_path = public;
DROP TABLE "My Home".wide, "My Home".wordy;
GRANT USAGE ON SCHEMA "My Home" TO mighead_reader;
GRANT SELECT ON "My Home".alembic_version TO mighead_reader;
GRANT SELECT ON found TO mighead_reader;
CREATE TEMPORARY TABLE found_by_reader AS SELECT * FROM found WHERE false;
GRANT INSERT ON found_by_reader TO mighead_reader;
SET LOCAL ROLE mighead_reader;
INSERT INTO found_by_reader SELECT * FROM mighead_definitions('"My Home".alembic_version');
RESET ROLE;
SET LOCAL quote_all_identifiers = off;
SELECT is(current_setting('DateStyle'), 'German, DMY', 'the settings of the caller are put back');
SELECT set_eq(
    $$SELECT * FROM found_by_reader WHERE object_type <> 'schema'$$, $$SELECT * FROM found WHERE object_type <> 'schema'$$,
    'the same for another role with other settings');

SELECT * FROM finish();
ROLLBACK;
