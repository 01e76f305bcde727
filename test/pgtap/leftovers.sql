-- What half-finished migrations leave: each kind found, what only looks like one not, and
-- every fix carried out until nothing is left.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

CREATE FUNCTION pg_temp.found() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(kind || ':' || object, ' ' ORDER BY kind, object), '') FROM mighead_leftovers() $$;
-- A statement that cannot run in a transaction is done without the word that says so.
CREATE FUNCTION pg_temp.repair() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    statement text;
    n int := 0;
BEGIN
    FOR statement IN SELECT coalesce(fix, CASE kind WHEN 'unused_enum' THEN 'DROP TYPE ' || object END) AS fix
        FROM mighead_leftovers() WHERE fix IS NOT NULL OR kind = 'unused_enum' LOOP
        EXECUTE replace(statement, ' CONCURRENTLY', '');
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;

SELECT is(pg_temp.found(), '', 'nothing is left in a new database');

-- 1. Indexes.  An interrupted CREATE INDEX CONCURRENTLY is told in test/t.
CREATE SCHEMA "odd $schema";
CREATE TABLE "odd $schema"."odd table" (id int PRIMARY KEY, name text);
CREATE INDEX "odd index" ON "odd $schema"."odd table" (lower(name));
SELECT is(pg_temp.found(), '', 'a valid index');
UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"odd $schema"."odd index"'::regclass;
SELECT is(pg_temp.found(), 'invalid_index:"odd $schema"."odd index"', 'an index that is not valid');
SELECT is((SELECT fix FROM mighead_leftovers()), NULL, 'has no fix where nothing tells who made it');
SELECT is((SELECT hint FROM mighead_findings() WHERE code = 'leftovers'),
    'REINDEX INDEX CONCURRENTLY "odd $schema"."odd index"; -- or, where its migration has still to run: DROP INDEX CONCURRENTLY "odd $schema"."odd index";',
    'but a hint with both ways');
UPDATE pg_index SET indisvalid = true WHERE indexrelid = '"odd $schema"."odd index"'::regclass;
-- Unique ones, each as if its building had met duplicates.
CREATE FUNCTION pg_temp.unready(index_name text, ready boolean) RETURNS void LANGUAGE sql AS
$$UPDATE pg_index SET indisvalid = ready, indisready = ready WHERE indexrelid = index_name::regclass$$;
CREATE FUNCTION pg_temp.advice(OUT fix text, OUT hint text) LANGUAGE sql AS $$SELECT fix, hint FROM mighead_findings() WHERE code = 'leftovers'$$;
-- the rows that the query in the hint finds
CREATE FUNCTION pg_temp.found_rows() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    EXECUTE 'SELECT count(*) FROM (' || (SELECT regexp_replace(hint, ';[^;]*;[^;]*;$', '') FROM pg_temp.advice()) || ') q' INTO n;
    RETURN n;
END$$;
SELECT pg_temp.unready('"odd $schema"."odd table_pkey"', false);
INSERT INTO "odd $schema"."odd table" VALUES (1, 'a'), (1, 'b');
SELECT row_eq('SELECT * FROM pg_temp.advice()', ROW (NULL::text,
    'SELECT id, pg_catalog.count(*) FROM ONLY "odd $schema"."odd table" WHERE id IS NOT NULL GROUP BY 1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1; -- rows that are in the way; without any: REINDEX INDEX CONCURRENTLY "odd $schema"."odd table_pkey";'::text),
    'duplicates stop it: they are named, and there is no fix');
DELETE FROM "odd $schema"."odd table";
SELECT is((SELECT fix FROM mighead_leftovers()), 'REINDEX INDEX CONCURRENTLY "odd $schema"."odd table_pkey"', 'without duplicates there is');
SELECT pg_temp.unready('"odd $schema"."odd table_pkey"', true);
CREATE TABLE twice (a int, b text);
CREATE UNIQUE INDEX plain ON twice (a);
SELECT pg_temp.unready('plain', false);
INSERT INTO twice VALUES (NULL, 'B'), (NULL, 'b'), (1, 'c');
SELECT matches((SELECT hint FROM pg_temp.advice()), '^REINDEX INDEX CONCURRENTLY public.plain; -- or', 'NULLs are distinct');
DROP INDEX plain;
TRUNCATE twice;
CREATE UNIQUE INDEX none ON twice (a) NULLS NOT DISTINCT WHERE b < 'd';
SELECT pg_temp.unready('none', false);
INSERT INTO twice VALUES (NULL, 'B'), (NULL, 'b'), (1, 'c');
SELECT is(pg_temp.found_rows(), 1::bigint, 'unless the index says that they are not');
DROP INDEX none;
TRUNCATE twice;
CREATE UNIQUE INDEX expressed ON twice ((a + 0), lower(b)) NULLS NOT DISTINCT WHERE b <> 'c';
SELECT pg_temp.unready('expressed', false);
INSERT INTO twice VALUES (NULL, 'B'), (NULL, 'b'), (1, 'c'), (1, 'c');
SELECT is(pg_temp.found_rows(), 1::bigint, 'expressions and predicate count');
SELECT matches((SELECT hint FROM pg_temp.advice()), '^SELECT \(\(a \+ 0\)\), lower\(b\), .* WHERE \(\(b <> ''c''::text\)\) GROUP BY 1, 2', 'as the index has them');
UPDATE twice SET b = 'C' WHERE b = 'B';
SELECT matches((SELECT hint FROM pg_temp.advice()), '^REINDEX', 'what the predicate leaves out does not');
DROP TABLE twice;
CREATE TABLE parted (id int, at int) PARTITION BY RANGE (at);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE INDEX parted_id ON ONLY parted (id);
SELECT row_eq('SELECT kind, object, fix FROM mighead_leftovers()',
    ROW ('invalid_index'::text, 'public.parted_id'::text, NULL::text), 'a partitioned index without its parts has no fix');
CREATE INDEX parted_1_id ON parted_1 (id);
ALTER INDEX parted_id ATTACH PARTITION parted_1_id;
SELECT is(pg_temp.found(), '', 'until they are attached');
-- ones of TOAST tables count for the table
CREATE INDEX toasted ON "odd $schema"."odd table" (id);
UPDATE pg_index SET indisvalid = false
WHERE indrelid = (SELECT reltoastrelid FROM pg_class WHERE oid = '"odd $schema"."odd table"'::regclass);
SELECT matches(pg_temp.found(), '^invalid_index:pg_toast\.pg_toast_\d+_index$', 'index of a TOAST table');
UPDATE pg_index SET indisvalid = true
WHERE indrelid = (SELECT reltoastrelid FROM pg_class WHERE oid = '"odd $schema"."odd table"'::regclass);

-- 2. Constraints.
ALTER TABLE parted ADD PRIMARY KEY (id, at);
CREATE TABLE child (id int CONSTRAINT small CHECK (id < 100), parent int);
CREATE TABLE heir () INHERITS (child);
SELECT is(pg_temp.found(), '', 'constraints that are valid');
ALTER TABLE child ADD CONSTRAINT "odd key" FOREIGN KEY (parent) REFERENCES "odd $schema"."odd table" NOT VALID;
ALTER TABLE child ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
CREATE DOMAIN "odd domain" AS int;
ALTER DOMAIN "odd domain" ADD CONSTRAINT "odd check" CHECK (value > 0) NOT VALID;
SELECT is(pg_temp.found(),
    'not_valid_constraint:"odd check" on public."odd domain" not_valid_constraint:"odd key" on public.child not_valid_constraint:positive on public.child',
    'NOT VALID: of tables and domains, an inherited one only once');
INSERT INTO "odd $schema"."odd table" VALUES (1);
ALTER TABLE child DISABLE TRIGGER ALL;
INSERT INTO child VALUES (1, 7), (2, 7);
ALTER TABLE child ENABLE TRIGGER ALL;
SELECT is((SELECT fix FROM mighead_leftovers() WHERE object ~ 'odd key'), NULL, 'no fix while rows violate it');
DELETE FROM child;
ALTER TABLE child DROP CONSTRAINT positive;
INSERT INTO child VALUES (-1, 1);
ALTER TABLE child ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
SELECT is((SELECT hint FROM mighead_findings() WHERE object = 'positive on public.child'),
    'SELECT * FROM public.child WHERE NOT ((id > 0)); -- rows that are in the way; without any: ALTER TABLE public.child VALIDATE CONSTRAINT positive;', 'but the query that finds them');
UPDATE child SET id = 1;
SELECT is(pg_temp.repair(), 3, 'the fixes can be carried out');
SELECT is_empty($$SELECT conname FROM pg_constraint WHERE NOT convalidated AND coalesce(to_jsonb(pg_constraint) ->> 'conenforced', 'true') = 'true'$$,
    'and leave no constraint that is not valid');
SELECT is(pg_temp.found(), '', 'nor any leftover');
SELECT CASE WHEN current_setting('server_version_num')::int >= 180000
    THEN 'ALTER TABLE child ADD CONSTRAINT never CHECK (id > 0) NOT ENFORCED' ELSE 'SELECT' END AS statement \gset
:statement;
SELECT is(pg_temp.found(), '', 'not enforced is not left over');

-- 3. Tables of batch mode.
CREATE TABLE _alembic_tmp_child (id int);
CREATE TABLE "_alembic_tmp_Gone" (id int);
CREATE TABLE _alembic_tmpx (id int);
CREATE TEMPORARY TABLE _alembic_tmp_mine (id int);
SELECT results_eq('SELECT kind, object, fix FROM mighead_leftovers()',
    $$VALUES ('batch_table', 'public."_alembic_tmp_Gone"', NULL), ('batch_table', 'public._alembic_tmp_child', NULL)$$,
    'tables of batch mode, never with a fix');
SELECT results_eq($$SELECT detail ~ 'only rows' FROM mighead_leftovers()$$, ARRAY[true, false],
    'which tells where the rows may be nowhere else');
DROP TABLE _alembic_tmp_child, "_alembic_tmp_Gone";

-- 4. Enum types.
CREATE TYPE "Odd enum" AS ENUM ('a');
CREATE TYPE by_column AS ENUM ('a');
CREATE TYPE by_array AS ENUM ('a');
CREATE TYPE by_domain AS ENUM ('a');
CREATE TYPE by_composite AS ENUM ('a');
CREATE TYPE by_function AS ENUM ('a');
CREATE TYPE by_view AS ENUM ('a');
CREATE TYPE by_default AS ENUM ('a');
CREATE TYPE by_range AS ENUM ('a', 'b');
SELECT is((SELECT count(*) FROM mighead_leftovers() WHERE kind = 'unused_enum'), 9::bigint, 'enum types that nothing uses');
CREATE TABLE of_enums (one by_column, many by_array[], word text DEFAULT 'a'::by_default::text);
CREATE DOMAIN of_enum AS by_domain;
CREATE TYPE of_composite AS (one by_composite);
CREATE FUNCTION of_function(by_function) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW of_view AS SELECT 'a'::by_view::text AS word;
CREATE TYPE of_range AS RANGE (subtype = by_range);
SELECT is(pg_temp.found(), 'unused_enum:public."Odd enum"', 'by a column, array, domain, composite, function, view, default or range they are used');
SELECT is(pg_temp.repair(), 1, 'the fix can be carried out');
SELECT is(pg_temp.found(), '', 'and then it is gone');

-- 5. What belongs to an extension is the extension's.
CREATE TYPE of_extension AS ENUM ('a');
CREATE TABLE _alembic_tmp_extension (id int);
ALTER EXTENSION mighead ADD TYPE of_extension;
ALTER EXTENSION mighead ADD TABLE _alembic_tmp_extension;
SELECT is(pg_temp.found(), '', 'members of extensions are left out');
ALTER EXTENSION mighead DROP TYPE of_extension;
ALTER EXTENSION mighead DROP TABLE _alembic_tmp_extension;
DROP TYPE of_extension;
DROP TABLE _alembic_tmp_extension;

-- 6. A stranger's object is told, but nobody is asked to run a stranger's code.
CREATE ROLE mighead_test_stranger;
CREATE TABLE strange (id int);
ALTER TABLE strange ADD CONSTRAINT strange_check CHECK (id > 0) NOT VALID;
ALTER TABLE strange OWNER TO mighead_test_stranger;
SELECT results_eq('SELECT object, fix IS NULL FROM mighead_leftovers()',
    $$VALUES ('strange_check on public.strange', true)$$, 'a stranger''s constraint has no fix');
SET LOCAL ROLE mighead_test_stranger;
SELECT fix AS own_fix FROM mighead_leftovers() \gset
RESET ROLE;
SELECT is(:'own_fix'::text, 'ALTER TABLE public.strange VALIDATE CONSTRAINT strange_check', 'but for the stranger it has');
DROP TABLE strange;

-- 7. Findings: to each version table those of its schema, the rest to the first one.
CREATE TYPE of_public AS ENUM ('a');
CREATE TYPE "odd $schema".of_odd AS ENUM ('a');
CREATE SCHEMA bare;
CREATE TYPE bare.of_bare AS ENUM ('a');
CREATE TABLE _alembic_tmp_child (id int);
CREATE FUNCTION pg_temp.findings(named regclass DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', version_table, severity, sqlstate, object, fix IS NOT NULL), ', ' ORDER BY version_table::text, object)
    FROM mighead_findings(named) WHERE code = 'leftovers' $$;
SELECT is(pg_temp.findings(),
    '1 MH006 "odd $schema".of_odd f, 1 MH006 bare.of_bare f, 1 MH006 public._alembic_tmp_child f, 1 MH006 public.of_public f',
    'without a version table all are told');
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
SELECT is(pg_temp.findings(),
    'alembic_version 1 MH006 "odd $schema".of_odd f, alembic_version 1 MH006 bare.of_bare f, alembic_version 1 MH006 public._alembic_tmp_child f, alembic_version 1 MH006 public.of_public f',
    'the only version table answers for all');
CREATE TABLE "odd $schema".alembic_version (version_num varchar(32) PRIMARY KEY);
SELECT is(pg_temp.findings(),
    '"odd $schema".alembic_version 1 MH006 "odd $schema".of_odd f, "odd $schema".alembic_version 1 MH006 bare.of_bare f, alembic_version 1 MH006 public._alembic_tmp_child f, alembic_version 1 MH006 public.of_public f',
    'of several each answers for its schema');
SELECT is(pg_temp.findings('alembic_version'),
    'alembic_version 1 MH006 public._alembic_tmp_child f, alembic_version 1 MH006 public.of_public f', 'named or not');
INSERT INTO alembic_version VALUES ('a1');
SELECT mighead_add_revision('a1');
SELECT row_eq($$SELECT state, severity, detail, hint FROM mighead_status('alembic_version')$$,
    ROW ('leftovers'::text, 1,
        'public._alembic_tmp_child: Batch mode left this copy of public.child, which is still there.'::text,
        'SELECT * FROM public.mighead_leftovers(); -- decide whether it is still needed'::text), 'state is leftovers when nothing worse is there');
SELECT is(pg_temp.repair(), 3, 'fixes');
DROP TABLE _alembic_tmp_child;
SELECT is((SELECT state FROM mighead_status('alembic_version')), 'ok', 'when all is put away the state is ok');


-- 8. What the recorded revision made is not left over; what another made is, with a fix.
CREATE TYPE of_a1 AS ENUM ('a');
CREATE TABLE indexed (id int, name text);
CREATE INDEX indexed_id ON indexed (id);
CREATE UNIQUE INDEX indexed_name ON indexed (name);
DROP TABLE "odd $schema".alembic_version;
ALTER TABLE indexed ADD CONSTRAINT later CHECK (id > 0) NOT VALID;
SELECT mighead_capture(version_table => 'alembic_version');
SELECT is(pg_temp.found(), '', 'an enum type that is expected is not left over, nor a constraint that is expected to be NOT VALID');
UPDATE pg_index SET indisvalid = false WHERE indrelid = 'indexed'::regclass;
SELECT results_eq('SELECT object, fix FROM mighead_leftovers()',
    $$VALUES ('public.indexed_id', 'REINDEX INDEX CONCURRENTLY public.indexed_id'), ('public.indexed_name', 'REINDEX INDEX CONCURRENTLY public.indexed_name')$$,
    'an expected index is built again');
UPDATE pg_index SET indisvalid = true WHERE indrelid = 'indexed'::regclass;
SELECT mighead_add_revision('b2', '{a1}');
UPDATE alembic_version SET version_num = 'b2';
CREATE TYPE of_b2 AS ENUM ('a');
CREATE INDEX indexed_both ON indexed (id, name);
SELECT mighead_capture(version_table => 'alembic_version');
UPDATE alembic_version SET version_num = 'a1';
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'indexed_both'::regclass;
SELECT results_eq('SELECT object, fix FROM mighead_leftovers()',
    $$VALUES ('public.indexed_both', 'DROP INDEX CONCURRENTLY public.indexed_both'), ('public.of_b2', 'DROP TYPE public.of_b2')$$,
    'what a pending revision makes is dropped');
DROP TYPE of_b2;
DROP INDEX indexed_both;
CREATE INDEX indexed_id_ccnew ON indexed (id);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'indexed_id_ccnew'::regclass;
SELECT results_eq('SELECT object, fix FROM mighead_leftovers()',
    $$VALUES ('public.indexed_id_ccnew', 'DROP INDEX CONCURRENTLY public.indexed_id_ccnew')$$,
    'what a failed REINDEX CONCURRENTLY left is dropped');

SELECT * FROM finish();
ROLLBACK;
