-- The first load of a project writes its rows page by page.  The oracle is INSERT: rows that it wrote
-- are exported and imported as another project, and come out the same.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

INSERT INTO mighead.project (name) VALUES ('inserted');
INSERT INTO mighead.release (project, release, heads, loaded_by) VALUES ('inserted', 1, '{}', 'test');
INSERT INTO mighead.revision (project, revision, load_order, down_revision, depends_on, branch_labels, message,
    create_date, file_name, checksum, first_checksum, body_checksum, by_hand, first_release, code_checksum)
VALUES
    ('inserted', 'a', 0, '{}', '{}', '{}', '', NULL, NULL, NULL, NULL, NULL, true, 1, NULL),
    ('inserted', E'b\\N', 1, '{a}', '{}', ARRAY['NULL', 'a,b', 'q"\{}', E't\tab', '1'], E'tab\t, line\n\\. \\N\r\n "end"\\',
        '2031-02-03 04:05:06.000007', E'fi\\le\t.py', 'c1', 'c2', 'c3', false, 1, 'c4'),
    ('inserted', '\.', 2, ARRAY[E'b\\N', 'a'], '{a}', '{}', '\N', '0099-12-31', 'd.py', 'd', 'd', 'd', false, 1, NULL);

CREATE FUNCTION pg_temp.rows_of(of_project text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT (to_jsonb(r) - 'project')::text FROM mighead.revision r WHERE r.project = of_project ORDER BY load_order
$$;
CREATE FUNCTION pg_temp.load_as(name text) RETURNS int LANGUAGE sql AS $$
    SELECT scripts FROM mighead_import(replace(mighead_export('inserted')::text, '"inserted"', to_jsonb(name)::text)::jsonb)
$$;
CREATE FUNCTION pg_temp.loads_the_same(what text, name text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEXT is(pg_temp.load_as(name), 3, what);
    RETURN NEXT results_eq(format('SELECT pg_temp.rows_of(%L)', name), $q$SELECT pg_temp.rows_of('inserted')$q$, what || ', with all values');
END $$;

-- 1. Values that mean something in COPY, in arrays or in dates.
SELECT pg_temp.loads_the_same('rows are loaded', 'copied');
SET LOCAL datestyle = 'SQL, DMY';
SELECT pg_temp.loads_the_same('with another DateStyle', 'copied in DMY');
SET LOCAL datestyle = 'German';
SELECT pg_temp.loads_the_same('with the German one', 'copied in German');
SET LOCAL datestyle = 'Postgres, MDY';
SELECT pg_temp.loads_the_same('with that of PostgreSQL', 'copied in MDY');
RESET datestyle;

-- 2. Triggers and constraints apply.
CREATE TABLE seen (revision text);
CREATE FUNCTION pg_temp.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (new.revision); RETURN new; END $$;
CREATE TRIGGER note BEFORE INSERT ON mighead.revision FOR EACH ROW EXECUTE FUNCTION pg_temp.note();
GRANT INSERT ON seen TO PUBLIC;
SELECT pg_temp.loads_the_same('with a trigger', 'triggered');
SELECT results_eq('SELECT revision FROM seen', $$VALUES ('a'), (E'b\\N'), ('\.')$$, 'the trigger sees each row');
DROP TRIGGER note ON mighead.revision;
ALTER TABLE mighead.revision ADD CONSTRAINT short CHECK (message <> '\N') NOT VALID;
SELECT throws_ok($$SELECT pg_temp.load_as('refused')$$, '23514', NULL, 'a constraint refuses a row');
SELECT is_empty($$SELECT FROM mighead.revision WHERE project = 'refused'$$, 'and nothing is stored');
ALTER TABLE mighead.revision DROP CONSTRAINT short;
DELETE FROM mighead.revision WHERE project NOT IN ('inserted', 'copied');
CREATE UNIQUE INDEX once ON mighead.revision (revision) WHERE project <> 'copied';
SELECT throws_ok($$SELECT pg_temp.load_as('refused')$$, '23505', NULL, 'an index refuses a row');
SELECT is_empty($$SELECT FROM mighead.revision WHERE project = 'refused'$$, 'and nothing is stored');
DROP INDEX mighead.once;
CREATE INDEX long ON mighead.revision (length(revision || message)) WHERE load_order > 0;
SELECT pg_temp.loads_the_same('with an index on an expression', 'indexed');
SET LOCAL enable_seqscan = off;
SELECT results_eq($$SELECT revision FROM mighead.revision WHERE length(revision || message) = 4 AND load_order > 0 AND project = 'indexed'$$,
    $$VALUES ('\.')$$, 'the index has the rows');
RESET enable_seqscan;
DROP INDEX mighead.long;

-- 3. What only INSERT does is left to it.
ALTER TABLE mighead.revision ADD COLUMN note text NOT NULL DEFAULT 'of a default';
SELECT pg_temp.loads_the_same('with a column more', 'annotated');
ALTER TABLE mighead.revision DROP COLUMN note;
SELECT pg_temp.loads_the_same('with a dropped column', 'bare');
CREATE RULE note AS ON INSERT TO mighead.revision DO ALSO INSERT INTO public.seen VALUES (new.revision);
TRUNCATE seen;
SELECT pg_temp.loads_the_same('with a rule', 'ruled');
SELECT is((SELECT count(*) FROM seen), 3::bigint, 'the rule sees each row');
DROP RULE note ON mighead.revision;

SELECT * FROM finish();
ROLLBACK;
