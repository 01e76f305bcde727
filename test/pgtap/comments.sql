-- Comments are read for what is read, whoever has made comments on anything else: a role with TEMP alone
-- can make as many and as large ones as it likes.  What counts is how many rows of pg_description and of
-- its TOAST table one call reads.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

CREATE SCHEMA tenant;
CREATE TABLE tenant.t (id int PRIMARY KEY, a text, b text);
CREATE INDEX t_a ON tenant.t (a);
COMMENT ON TABLE tenant.t IS 'a table';
COMMENT ON COLUMN tenant.t.b IS 'a column';
COMMENT ON INDEX tenant.t_a IS 'an index';
COMMENT ON CONSTRAINT t_pkey ON tenant.t IS 'a key';
CREATE TEMPORARY TABLE large (a int);
DO $$BEGIN
  FOR i IN 1..500 LOOP
    EXECUTE format('ALTER TABLE large ADD COLUMN c%s int', i);
    EXECUTE format('COMMENT ON COLUMN large.c%s IS %L', i, 'one of many');
  END LOOP;
  EXECUTE format('COMMENT ON COLUMN large.a IS %L', (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 30000) i));
END$$;

CREATE FUNCTION pg_temp.rows_read() RETURNS bigint LANGUAGE sql AS
$$SELECT sum(pg_stat_get_xact_tuples_returned(r) + pg_stat_get_xact_tuples_fetched(r))::bigint
  FROM (SELECT d.oid FROM pg_class d WHERE d.oid = 'pg_description'::regclass
        UNION ALL SELECT d.reltoastrelid FROM pg_class d WHERE d.oid = 'pg_description'::regclass
        UNION ALL SELECT i.indexrelid FROM pg_class d, pg_index i
          WHERE d.oid = 'pg_description'::regclass AND i.indrelid IN (d.oid, d.reltoastrelid)) AS x (r)$$;

SELECT pg_temp.rows_read() AS before \gset
SELECT results_eq($$SELECT object, value FROM mighead_definitions(schemas => '{tenant}')
    WHERE attribute = 'comment' ORDER BY object COLLATE "C"$$,
  $$VALUES ('tenant.t', 'a table'), ('tenant.t.b', 'a column'), ('tenant.t.t_pkey', 'a key'), ('tenant.t_a', 'an index')$$,
  'the comments of a schema');
SELECT cmp_ok(pg_temp.rows_read() - :before, '<', 50::bigint, 'without those of others');
SELECT results_eq($$SELECT object, value FROM mighead_definitions(relation => 'tenant.t')
    WHERE attribute = 'comment' ORDER BY object COLLATE "C"$$,
  $$VALUES ('tenant.t', 'a table'), ('tenant.t.b', 'a column'), ('tenant.t.t_pkey', 'a key'), ('tenant.t_a', 'an index')$$,
  'and of a table alone');

SELECT * FROM finish();
ROLLBACK;
