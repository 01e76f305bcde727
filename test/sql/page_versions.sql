-- What a session knows of the scripts is right after each change of mighead.revision, and after each VACUUM.
CREATE EXTENSION mighead;
SET client_min_messages = warning;
-- VACUUM marks only pages of which the commits are on disk
SET synchronous_commit = on;
SELECT count(mighead_add_revision('r' || i, CASE WHEN i > 1 THEN ARRAY['r' || (i - 1)] END, message => 'message ' || i))
FROM generate_series(1, 300) AS i;
-- What is shown is what a query of the table shows.
CREATE FUNCTION is_right() RETURNS boolean LANGUAGE sql AS $$
    SELECT (SELECT array_agg(row(revision, message)::text ORDER BY revision) FROM mighead_history())
        IS NOT DISTINCT FROM (SELECT array_agg(row(revision, message)::text ORDER BY revision) FROM mighead.revision)
$$;
SELECT is_right(), pg_relation_size('mighead.revision') / current_setting('block_size')::bigint > 3 AS has_pages;
VACUUM mighead.revision;
-- without marks nothing would be shown here
SELECT relallvisible = relpages AS is_marked FROM pg_class WHERE oid = 'mighead.revision'::regclass;
SELECT is_right();
SELECT is_right();
UPDATE mighead.revision SET message = 'changed' WHERE revision = 'r7';
SELECT is_right();
VACUUM mighead.revision;
SELECT is_right();
-- the mark of the page is taken away and set again between two looks
UPDATE mighead.revision SET message = 'changed again' WHERE revision = 'r7';
VACUUM mighead.revision;
SELECT is_right(), (SELECT message FROM mighead_history() WHERE revision = 'r7');
BEGIN;
UPDATE mighead.revision SET message = 'for a moment' WHERE revision IN ('r7', 'r150', 'r299');
SELECT is_right(), (SELECT message FROM mighead_history() WHERE revision = 'r150');
SAVEPOINT one;
UPDATE mighead.revision SET message = 'for a shorter moment' WHERE revision = 'r150';
SELECT is_right(), (SELECT message FROM mighead_history() WHERE revision = 'r150');
ROLLBACK TO one;
SELECT is_right(), (SELECT message FROM mighead_history() WHERE revision = 'r150');
ROLLBACK;
SELECT is_right(), (SELECT message FROM mighead_history() WHERE revision = 'r150');
VACUUM mighead.revision;
SELECT is_right();
-- rows go and others take their places
DELETE FROM mighead.revision WHERE substr(revision, 2)::integer > 200;
SELECT is_right(), (SELECT count(*) FROM mighead_history());
VACUUM mighead.revision;
SELECT is_right();
SELECT count(mighead_add_revision('r' || i, ARRAY['r' || (i - 1)], message => 'message ' || i)) FROM generate_series(201, 260) AS i;
SELECT is_right(), (SELECT count(*) FROM mighead_history());
VACUUM (FREEZE) mighead.revision;
SELECT is_right();
-- another file
VACUUM FULL mighead.revision;
SELECT is_right();
BEGIN;
CREATE TEMPORARY TABLE kept AS TABLE mighead.revision;
TRUNCATE mighead.revision;
SELECT is_right(), (SELECT count(*) FROM mighead_history());
INSERT INTO mighead.revision TABLE kept;
UPDATE mighead.revision SET message = 'after TRUNCATE' WHERE revision = 'r3';
SELECT is_right(), (SELECT message FROM mighead_history() WHERE revision = 'r3');
ROLLBACK;
SELECT is_right(), (SELECT message FROM mighead_history() WHERE revision = 'r3');
VACUUM mighead.revision;
SELECT is_right();
-- a transaction that is serializable, which looks at the rows
BEGIN ISOLATION LEVEL SERIALIZABLE;
UPDATE mighead.revision SET message = 'serializable' WHERE revision = 'r3';
SELECT is_right(), (SELECT message FROM mighead_history() WHERE revision = 'r3');
COMMIT;
SELECT is_right(), (SELECT message FROM mighead_history() WHERE revision = 'r3');
DROP FUNCTION is_right();
DROP EXTENSION mighead;
