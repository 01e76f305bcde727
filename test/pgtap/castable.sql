-- Values that would refuse a change of type.  The oracle is ALTER TABLE ... ALTER COLUMN ... TYPE
-- itself: it fails exactly where there are failing rows, and the table gets another file exactly
-- where rewrites_table says so.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE other_mood AS ENUM ('sad', 'ok');
CREATE DOMAIN word AS text;
CREATE DOMAIN short_word AS varchar(3);
CREATE DOMAIN some_word AS text NOT NULL;
CREATE DOMAIN lower_word AS text CHECK (value = lower(value));
CREATE DOMAIN small_number AS int CHECK (value < 10);
CREATE DOMAIN any_number AS int;
CREATE TYPE pair AS (a int, b text);
-- a cast that is somebody's function, in SQL and in PL/pgSQL, with an error of its own
CREATE TYPE weight AS (grams numeric);
CREATE FUNCTION weight_of(text) RETURNS weight LANGUAGE sql AS $$ SELECT ROW (regexp_replace($1, ' ?g$', '')::numeric)::weight $$;
CREATE CAST (text AS weight) WITH FUNCTION weight_of(text) AS ASSIGNMENT;
CREATE TYPE colour AS (name text);
CREATE FUNCTION colour_of(integer) RETURNS colour LANGUAGE plpgsql AS $$
BEGIN
    IF $1 NOT IN (1, 2) THEN
        RAISE EXCEPTION 'no colour %', $1;
    END IF;
    RETURN ROW ((ARRAY['red', 'green'])[$1])::colour;
END $$;
CREATE CAST (integer AS colour) WITH FUNCTION colour_of(integer) AS ASSIGNMENT;

-- What the two say: NULL where they agree.
CREATE FUNCTION pg_temp.disagreement(old_type text, new_type text, words text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found record;
    refused text := '00000';
    before oid;
    rewritten boolean;
    answer text;
BEGIN
    EXECUTE format('CREATE TABLE changed (c %s)', old_type);
    EXECUTE format('INSERT INTO changed SELECT w::%s FROM unnest($1) AS u (w)', old_type) USING words;
    SELECT * INTO found FROM mighead_castable('changed', 'c', new_type);
    before := pg_relation_filenode('changed');
    BEGIN
        BEGIN
            EXECUTE format('ALTER TABLE changed ALTER c TYPE %s', new_type);
        EXCEPTION WHEN datatype_mismatch THEN
            -- then it is what USING has to do
            EXECUTE format('ALTER TABLE changed ALTER c TYPE %1$s USING c::%1$s', new_type);
        END;
        rewritten := pg_relation_filenode('changed') <> before;
    EXCEPTION WHEN OTHERS THEN
        refused := SQLSTATE;
    END;
    answer := concat_ws('; ',
        CASE WHEN (refused <> '00000') <> (found.failing_rows > 0) THEN format('%s rows fail, and it gave %s', found.failing_rows, refused) END,
        CASE WHEN rewritten <> found.rewrites_table THEN format('rewrites: %s, did: %s', found.rewrites_table, rewritten) END,
        CASE WHEN found.total_rows <> cardinality(words) THEN 'total ' || found.total_rows END,
        CASE WHEN found.null_rows <> cardinality(array_positions(words, NULL)) THEN 'null ' || found.null_rows END,
        CASE WHEN refused <> '00000' AND NOT found.sample @> jsonb_build_array(jsonb_build_object('sqlstate', refused))
            THEN format('refused with %s, not %s', refused, found.sample) END,
        CASE WHEN found.failing_rows <> (SELECT coalesce(sum((s ->> 'rows')::int), 0) FROM jsonb_array_elements(found.sample) AS s)
            THEN format('%s fail, but %s', found.failing_rows, found.sample) END);
    RAISE EXCEPTION 'done' USING ERRCODE = 'ZZ000';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN NULLIF(answer, '');
END $$;

CREATE TEMPORARY TABLE change (id serial, old_type text, new_type text, words text[]);
INSERT INTO change (old_type, new_type, words) VALUES
    -- to and between numbers
    ('int', 'bigint', '{1,-1,NULL}'), ('bigint', 'int', '{1,2147483647}'), ('bigint', 'int', '{1,2147483648,-2147483649,NULL}'),
    ('int', 'smallint', '{1,32767}'), ('int', 'smallint', '{40000,1,40000}'), ('int', 'numeric', '{1,2}'), ('numeric', 'int', '{1.5,2.4}'),
    ('numeric', 'int', '{1e10}'), ('numeric', 'numeric(4,2)', '{1.555,99.99}'), ('numeric', 'numeric(4,2)', '{100,99.999}'),
    ('numeric(6,2)', 'numeric(8,2)', '{1.25}'), ('numeric(6,2)', 'numeric(8,3)', '{1.25}'), ('numeric(6,2)', 'numeric', '{1.25}'),
    ('numeric(8,2)', 'numeric(6,2)', '{12345.25}'), ('float8', 'real', '{1.5}'), ('float8', 'real', '{1e300}'), ('float8', 'int', '{NaN}'),
    ('float8', 'numeric', '{NaN,Infinity}'), ('numeric', 'float8', '{1.1}'), ('real', 'float8', '{1.1}'), ('int', 'oid', '{1}'), ('oid', 'int', '{1}'),
    ('int', 'boolean', '{0,1}'), ('boolean', 'int', '{t,f,NULL}'), ('int', 'text', '{1,2}'), ('int', 'varchar(2)', '{1,99}'),
    ('int', 'varchar(2)', '{100}'), ('int', 'any_number', '{100}'), ('int', 'small_number', '{1,9}'), ('int', 'small_number', '{1,10,NULL}'),
    ('small_number', 'int', '{1}'), ('small_number', 'bigint', '{1}'), ('money', 'numeric', '{1.5}'), ('numeric', 'money', '{1.5}'),
    -- between strings
    ('varchar(10)', 'varchar(20)', '{abc}'), ('varchar(10)', 'varchar', '{abc}'), ('varchar(10)', 'text', '{abc}'), ('text', 'varchar', '{abc}'),
    ('varchar(10)', 'varchar(3)', '{abc,NULL}'), ('varchar(10)', 'varchar(3)', '{abc,abcd}'), ('varchar(10)', 'varchar(3)', '{"abc   "}'),
    ('text', 'varchar(3)', '{abc,äöü}'), ('text', 'varchar(3)', '{abcd,abcd,äöüß}'), ('text', 'char(3)', '{abcd}'), ('text', 'char(3)', '{"a    "}'),
    ('char(3)', 'char(5)', '{ab}'), ('char(3)', 'text', '{ab}'), ('char(3)', 'varchar(2)', '{ab}'), ('text', 'name', '{abc}'), ('name', 'text', '{abc}'),
    ('text', 'word', '{abc}'), ('text', 'lower_word', '{abc}'), ('text', 'lower_word', '{abc,Abc}'), ('text', 'some_word', '{a}'), ('text', 'some_word', '{a,NULL,NULL}'),
    ('text', 'short_word', '{abc}'), ('text', 'short_word', '{abcd}'), ('word', 'varchar(3)', '{abcd}'), ('short_word', 'varchar(5)', '{abc}'), ('lower_word', 'text', '{abc}'),
    ('text', 'bytea', '{abc}'), ('text', 'bytea', '{"\\\\x0"}'),
    -- from strings: USING does it
    ('text', 'int', '{1," 2 ",NULL}'), ('text', 'int', '{1,x,"",2,x,99999999999}'), ('varchar(5)', 'bigint', '{1,1.5}'), ('char(4)', 'int', '{1}'), ('char(4)', 'int', '{x}'),
    ('text', 'numeric(4,2)', '{1,99.99}'), ('text', 'numeric(4,2)', '{x,100,1}'), ('text', 'boolean', '{yes,no,t,1}'), ('text', 'boolean', '{maybe}'),
    ('text', 'date', '{2001-01-01}'), ('text', 'date', '{2001-02-30,tomorrow}'), ('text', 'timestamp(0)', '{2001-01-01 01:02:03.5}'), ('text', 'timestamptz', '{x}'),
    ('text', 'uuid', '{00000000-0000-0000-0000-000000000001}'), ('text', 'uuid', '{1}'), ('text', 'json', '{"{}","[1]"}'), ('text', 'jsonb', '{"{","[1]"}'),
    ('text', 'mood', '{sad,ok}'), ('text', 'mood', '{sad,Sad,ok}'), ('text', 'int[]', '{"{1,2}"}'), ('text', 'int[]', '{"{1,x}","{"}'), ('text', 'inet', '{10.0.0.1,x}'),
    ('word', 'int', '{1,x}'), ('text', 'small_number', '{1,10,x}'), ('text', 'any_number', '{1,10,x}'), ('text', 'interval', '{1 day,x}'), ('text', 'xid', '{1}'),
    ('text', 'int4range', '{"[1,2]"}'), ('text', 'int4range', '{"[2,1]"}'), ('text', 'pair', '{"(1,a)"}'), ('text', 'pair', '{"(x,a)"}'), ('text', 'point', '{"(1,2)"}'),
    -- times
    ('timestamp', 'date', '{2001-01-01 01:00}'), ('date', 'timestamp', '{2001-01-01}'), ('timestamp', 'timestamp(0)', '{2001-01-01 01:00:00.5}'),
    ('timestamp(0)', 'timestamp', '{2001-01-01}'), ('timestamp(0)', 'timestamp(3)', '{2001-01-01}'), ('timestamp', 'time', '{2001-01-01 01:00}'),
    ('date', 'timestamp', '{infinity}'), ('date', 'timestamp', '{300000-01-01}'), ('interval', 'time', '{25:00}'), ('time', 'interval', '{01:00}'),
    ('interval', 'interval day to second', '{1 day}'), ('timestamptz', 'date', '{2001-01-01 00:00+00}'),
    -- enums, arrays, documents, bits, addresses
    ('mood', 'text', '{sad}'), ('mood', 'varchar(2)', '{ok}'), ('mood', 'varchar(2)', '{sad}'), ('mood', 'mood', '{sad}'),
    ('int[]', 'bigint[]', '{"{1}"}'), ('bigint[]', 'int[]', '{"{1}","{3000000000}"}'), ('varchar(5)[]', 'varchar(9)[]', '{"{abc}"}'),
    ('varchar(9)[]', 'varchar(5)[]', '{"{abc}","{abcdefgh}"}'), ('text[]', 'varchar[]', '{"{abc}"}'), ('text[]', 'int[]', '{"{1}","{x}"}'),
    ('int[]', 'text', '{"{1}"}'), ('json', 'jsonb', '{"{}"}'), ('json', 'jsonb', '{"{\"a\": \"\\\\u0000\"}"}'), ('jsonb', 'json', '{1}'), ('jsonb', 'int', '{1}'),
    ('jsonb', 'int', '{1,"[1]","\"1\""}'), ('bit(3)', 'bit(4)', '{101}'), ('bit(3)', 'varbit', '{101}'), ('varbit', 'bit(3)', '{101}'), ('varbit', 'bit(3)', '{10}'),
    ('varbit', 'varbit(2)', '{101}'), ('cidr', 'inet', '{10.0.0.0/8}'), ('inet', 'cidr', '{10.0.0.1/8}'), ('xml', 'text', '{a}'), ('pair', 'text', '{"(1,a)"}'),
    ('int4range', 'text', '{"[1,2)"}'), ('macaddr', 'macaddr8', '{08:00:2b:01:02:03}'), ('int', 'int', '{}'), ('text', 'int', '{}'), ('text', 'date', '{NULL}');
SELECT cmp_ok((SELECT count(*) FROM change), '>=', 60::bigint, 'pairs of types');
SELECT is_empty('SELECT id, old_type, new_type, words, pg_temp.disagreement(old_type, new_type, words) AS answer FROM change
    WHERE pg_temp.disagreement(old_type, new_type, words) IS NOT NULL', 'each as ALTER TABLE does it');

-- No code of a role is run, not even that of who asks.
CREATE TABLE cast_by_code (i int, t text);
SELECT throws_ok(format('SELECT mighead_castable(%L, %L, %L)', 'cast_by_code', c, type), '42501', 'the check would run code that is not built in', 'a cast to ' || type)
FROM (VALUES ('i', 'colour'), ('t', 'weight')) AS v (c, type);

-- The time zone decides whether a table is rewritten.
CREATE FUNCTION pg_temp.zone_answers(zone text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('TimeZone', zone, true);
    RETURN NEXT pg_temp.disagreement('timestamp', 'timestamptz', '{2001-01-01 01:00}');
    RETURN NEXT pg_temp.disagreement('timestamptz', 'timestamp', '{2001-01-01 01:00}');
    RETURN NEXT pg_temp.disagreement('timestamptz', 'timestamp(0)', '{2001-01-01 01:00}');
END $$;
SELECT results_eq(format('SELECT pg_temp.zone_answers(%L)', zone), 'SELECT NULL::text FROM generate_series(1, 3)', 'times in ' || zone)
FROM unnest(ARRAY['UTC', 'Etc/GMT', 'Europe/Berlin', 'America/New_York']) AS zone;
SET LOCAL timezone = 'UTC';

-- 2. The sample: every value once, with how many rows hold it; as many values as were asked for.
CREATE TABLE sampled (c text);
INSERT INTO sampled SELECT 'word ' || g % 3 FROM generate_series(1, 3000) AS g;
INSERT INTO sampled SELECT g FROM generate_series(1, 2500) AS g;
SELECT row_eq($$SELECT * FROM mighead_castable('sampled', 'c', 'int', 2)$$, ROW (5500::bigint, 3000::bigint, 0::bigint,
    '[{"value": "word 1", "rows": 1000, "sqlstate": "22P02", "error": "invalid input syntax for type integer: \"word 1\""},
      {"value": "word 2", "rows": 1000, "sqlstate": "22P02", "error": "invalid input syntax for type integer: \"word 2\""}]'::jsonb,
    true, '{}'::text[], false), 'values and their rows');
SELECT results_eq($$SELECT failing_rows, sample FROM mighead_castable('sampled', 'c', 'int', 0)$$, $$VALUES (3000::bigint, '[]'::jsonb)$$, 'no sample');
INSERT INTO sampled VALUES (repeat('ä', 5000));
SELECT cmp_ok((SELECT max(length(s ->> 'value')) FROM mighead_castable('sampled', 'c', 'int'), jsonb_array_elements(sample) AS s), '<', 210, 'long values are cut');

-- 3. What depends on the column, first what forbids the change.
CREATE TABLE used (c varchar(20) DEFAULT 'x' CONSTRAINT not_y CHECK (c <> 'y'), d int PRIMARY KEY, g text GENERATED ALWAYS AS (c || '!') STORED);
CREATE UNIQUE INDEX used_lower ON used (lower(c));
ALTER TABLE used ADD CONSTRAINT used_c_key UNIQUE (c);
CREATE TABLE refers (c varchar(20) REFERENCES used (c));
CREATE VIEW seen AS SELECT c FROM used;
CREATE MATERIALIZED VIEW kept AS SELECT c FROM used;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER told AFTER UPDATE OF c ON used FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE POLICY own ON used USING (c = current_user);
CREATE STATISTICS of_used ON c, d FROM used;
CREATE RULE once AS ON INSERT TO used WHERE new.c = 'once' DO INSTEAD NOTHING;
CREATE FUNCTION of_used() RETURNS text BEGIN ATOMIC SELECT max(c) FROM used; END;
SELECT is(dependents, '{"function public.of_used()","generated column g of table public.used","materialized view public.kept","policy own on table public.used",'
    '"rule once on table public.used","trigger told on table public.used","view public.seen",'
    '"constraint not_y on table public.used","constraint refers_c_fkey on table public.refers","constraint used_c_key on table public.used",'
    '"index public.used_lower","statistics object public.of_used"}'::text[], 'dependents')
FROM mighead_castable('used', 'c', 'text');
SELECT is(dependents, '{"constraint used_pkey on table public.used","statistics object public.of_used"}'::text[], 'those of another column')
FROM mighead_castable('used', 'd', 'bigint');
-- as long as one of them is there that forbids it, the change is refused
CREATE FUNCTION pg_temp.forbidden() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY['DROP FUNCTION of_used()', 'ALTER TABLE used DROP g', 'DROP MATERIALIZED VIEW kept', 'DROP POLICY own ON used',
        'DROP RULE once ON used', 'DROP TRIGGER told ON used', 'DROP VIEW seen'] LOOP
        BEGIN
            ALTER TABLE used ALTER c TYPE text;
            RETURN NEXT 'before ' || statement;
        EXCEPTION WHEN feature_not_supported THEN
            NULL;
        END;
        EXECUTE statement;
    END LOOP;
    ALTER TABLE used ALTER c TYPE text;
END $$;
SELECT is_empty('SELECT pg_temp.forbidden()', 'they forbid the change, the rest does not');
SELECT is(dependents[1], 'default value for column c of table public.used', 'a default that does not follow')
FROM mighead_castable('used', 'c', 'int');
SELECT throws_ok('ALTER TABLE used ALTER c TYPE int USING 1', '42804', NULL, 'stops it indeed');

-- 4. Partitions and heirs are changed with the table.
CREATE TABLE parted (c text, k int) PARTITION BY LIST (k);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2) PARTITION BY LIST (k);
CREATE TABLE parted_2_2 PARTITION OF parted_2 DEFAULT;
CREATE INDEX ON parted (c);
CREATE VIEW of_partition AS SELECT c FROM parted_2_2;
INSERT INTO parted VALUES ('1', 1), ('x', 2);
SELECT row_eq($$SELECT total_rows, failing_rows, dependents FROM mighead_castable('parted', 'c', 'int')$$,
    ROW (2::bigint, 1::bigint, '{"view public.of_partition","index public.parted_c_idx"}'::text[]), 'partitions');
SELECT is(dependents, '{"partition key of table public.parted","partition key of table public.parted_2"}'::text[], 'a partition key')
FROM mighead_castable('parted', 'k', 'bigint');
SELECT throws_ok('ALTER TABLE parted ALTER k TYPE bigint', '42P16', NULL, 'forbids it');
SELECT throws_ok($$SELECT mighead_castable('parted_1', 'c', 'int')$$, '42P16', NULL, 'the column of a partition');

-- 5. Only the one table is asked, under the names that the caller knows; nothing is left behind.
CREATE SCHEMA "odd ""schema";
CREATE TABLE "odd ""schema"."odd table" ("the ""c" text);
INSERT INTO "odd ""schema"."odd table" VALUES ('a'), ('b');
CREATE TYPE "odd ""schema"."odd type" AS ENUM ('a');
SET LOCAL search_path = "odd ""schema", public;
SELECT is((SELECT failing_rows FROM mighead_castable('"odd table"', 'the "c', '"odd type"')), 1::bigint, 'names are found as the caller would write them');
RESET search_path;
SELECT is(current_setting('lock_timeout'), '0', 'the setting is the caller''s again');

-- 6. Errors.
CREATE VIEW no_table AS SELECT 1 AS c;
SELECT throws_ok(sql, code, NULL, code || ': ' || sql)
FROM (VALUES
    ('22004', $$SELECT mighead_castable(NULL, 'c', 'int')$$), ('22004', $$SELECT mighead_castable('sampled', NULL, 'int')$$),
    ('22004', $$SELECT mighead_castable('sampled', 'c', NULL)$$), ('22004', $$SELECT mighead_castable('sampled', 'c', 'int', NULL)$$),
    ('22023', $$SELECT mighead_castable('sampled', 'c', 'int', -1)$$),
    ('42704', $$SELECT mighead_castable('sampled', 'c', 'no_such_type')$$),
    ('42601', $$SELECT mighead_castable('sampled', 'c', 'int; DROP TABLE sampled')$$),
    ('42P16', $$SELECT mighead_castable('sampled', 'c', 'anyelement')$$),
    ('42846', $$SELECT mighead_castable('used', 'd', 'date')$$),
    ('42703', $$SELECT mighead_castable('sampled', 'nothing', 'int')$$),
    ('0A000', $$SELECT mighead_castable('sampled', 'ctid', 'text')$$),
    ('42809', $$SELECT mighead_castable('no_table', 'c', 'text')$$),
    ('42P01', $$SELECT mighead_castable(2147483647::regclass, 'c', 'text')$$)) AS v (code, sql);

-- 7. With the rights of the caller, in a transaction that only reads, within statement_timeout.
CREATE ROLE mighead_test_reader;
SET LOCAL ROLE mighead_test_reader;
SELECT throws_ok($$SELECT mighead_castable('sampled', 'c', 'int')$$, '42501', NULL, 'not without the right to read');
RESET ROLE;
GRANT SELECT ON sampled TO mighead_test_reader;
SET LOCAL ROLE mighead_test_reader;
SELECT is((SELECT failing_rows FROM mighead_castable('sampled', 'c', 'int')), 3001::bigint, 'with the right to read');
RESET ROLE;
ALTER TABLE sampled ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON sampled USING (c LIKE 'word 1');
SET LOCAL ROLE mighead_test_reader;
SELECT is((SELECT failing_rows FROM mighead_castable('sampled', 'c', 'int')), 1000::bigint, 'row security hides rows');
RESET ROLE;
CREATE FUNCTION pg_temp.is_canceled(question text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE question;
    RETURN false;
EXCEPTION WHEN query_canceled THEN
    RETURN true;
END $$;
CREATE TABLE large AS SELECT 'x'::text AS c FROM generate_series(1, 200000) AS g;
SET LOCAL statement_timeout = '20ms';
SELECT pg_temp.is_canceled($$SELECT mighead_castable('large', 'c', 'int')$$) AS canceled \gset
RESET statement_timeout;
SELECT ok(:'canceled', 'statement_timeout ends it, and is no failing value');

-- 8. Of more than a million rows, as the planner counts them, a sample of pages; the same each time.
ANALYZE large;
UPDATE pg_class SET reltuples = 10000000 WHERE oid = 'large'::regclass;
SELECT cmp_ok((SELECT total_rows FROM mighead_castable('large', 'c', 'int')), '<', 60000::bigint, 'a sample of a large table');
SELECT results_eq($$SELECT total_rows = failing_rows AND total_rows > 0, total_rows FROM mighead_castable('large', 'c', 'int')$$,
    $$SELECT true, total_rows FROM mighead_castable('large', 'c', 'text')$$, 'which says how many rows it was');

-- Whether all rows were looked at is a column, and all can be asked for.
CREATE TABLE many (v int);
INSERT INTO many VALUES (1), (70000);
UPDATE pg_class SET reltuples = 1e9, relpages = 1 WHERE oid = 'many'::regclass;
SELECT is((SELECT is_sample FROM mighead_castable('many', 'v', 'smallint')), true, 'a sample is called one');
SELECT is((SELECT (is_sample, total_rows, failing_rows)::text FROM mighead_castable('many', 'v', 'smallint', whole_table => true)), '(f,2,1)', 'the whole table');

SELECT * FROM finish();
ROLLBACK;
