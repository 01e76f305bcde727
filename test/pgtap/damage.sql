-- What is damaged in the tables of mighead (by a fault, a restore or by hand) is one bad row: the
-- other projects are judged as before.
BEGIN;
-- counted here, because what pgTAP counts is rolled back with each savepoint
SELECT plan(111);
SET LOCAL client_min_messages = warning;

INSERT INTO mighead.project (name, version_table_schema) VALUES ('bad', 'bad'), ('good', 'good');
INSERT INTO mighead.release (project, release, heads, loaded_by) SELECT p, 1, '{b}', 'test' FROM unnest('{bad,good}'::text[]) AS p;
INSERT INTO mighead.revision (project, revision, load_order, down_revision, file_name, first_release)
SELECT p, r, n, CASE WHEN n > 0 THEN '{a}' ELSE '{}' END::text[], r || '.py', 1
FROM unnest('{bad,good}'::text[]) AS p, unnest('{a,b}'::text[], '{0,1}'::int[]) AS r (r, n);
CREATE SCHEMA bad;
CREATE SCHEMA good;
CREATE TABLE bad.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE good.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE bad.t (i int, j int);
CREATE TABLE good.t (i int);
INSERT INTO bad.alembic_version VALUES ('b');
INSERT INTO good.alembic_version VALUES ('b');
SELECT count(*) FROM mighead_capture('b', version_table => 'bad.alembic_version') \g /dev/null
CREATE TYPE good.left_over AS ENUM ('x');
SELECT count(*) FROM mighead_capture('a', version_table => 'good.alembic_version') \g /dev/null
DROP TYPE good.left_over;
SELECT count(*) FROM mighead_capture('b', version_table => 'good.alembic_version') \g /dev/null

CREATE FUNCTION pg_temp.states() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT project || ' ' || state || ' ' || severity FROM mighead_status() ORDER BY project
$$;
SELECT set_eq('SELECT pg_temp.states()', ARRAY['bad ok 0', 'good ok 0'], 'both are well');
CREATE TYPE good.left_over AS ENUM ('x');
SELECT is((SELECT array_agg(fix) FROM mighead_leftovers()), '{DROP TYPE good.left_over}', 'what only an earlier revision expects is left over');
DROP TYPE good.left_over;

-- One bad row, with the damage in words, and every overview answers.
CREATE FUNCTION pg_temp.is_one_bad_row(what text, state text, words text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEXT set_eq('SELECT pg_temp.states()', ARRAY['bad ' || state || ' 3', 'good ok 0'], what || ': the states');
    RETURN NEXT ok((SELECT bool_and(detail ~ words) FROM mighead_status() WHERE project = 'bad'), what || ': says what is damaged');
    RETURN NEXT ok(EXISTS (SELECT FROM mighead_findings() f WHERE f.version_table = 'bad.alembic_version'::regclass
        AND f.severity = 3 AND f.detail ~ words), what || ': a finding');
    RETURN NEXT is((SELECT count(*) FROM mighead_metrics()), 2::bigint, what || ': metrics of both');
    RETURN NEXT is((SELECT count(*) FROM mighead_versions), 2::bigint, what || ': versions of both');
    RETURN NEXT is((SELECT count(*) FROM mighead_current()), 2::bigint, what || ': the current rows of both');
    CREATE TYPE good.left_over AS ENUM ('x');
    RETURN NEXT is((SELECT array_agg(fix) FROM mighead_leftovers()), '{NULL}', what || ': leftovers, which the damaged one may expect');
    RETURN NEXT is((SELECT count(*) FROM mighead_status()), 2::bigint, what || ': status beside them');
    DROP TYPE good.left_over;
    RETURN NEXT ok(mighead_at_head(version_table => 'good.alembic_version'), what || ': the other is at head');
    RETURN NEXT lives_ok('SELECT * FROM mighead_drift()', what || ': drift');
END $$;

SAVEPOINT whole;
UPDATE mighead.revision SET down_revision = '{b}' WHERE project = 'bad' AND revision = 'a';
SELECT pg_temp.is_one_bad_row('a cycle', 'no_scripts', 'Cycle');
SELECT throws_ok($$SELECT mighead_at_head(version_table => 'bad.alembic_version')$$, NULL, NULL, 'who asks for it is told');
ROLLBACK TO whole;
UPDATE mighead.revision SET down_revision = '{nowhere}' WHERE project = 'bad' AND revision = 'a';
SELECT pg_temp.is_one_bad_row('a missing parent', 'no_scripts', 'nowhere');
ROLLBACK TO whole;
UPDATE mighead.revision SET down_revision = '{a,NULL}' WHERE project = 'bad' AND revision = 'b';
SELECT pg_temp.is_one_bad_row('a NULL in down_revision', 'no_scripts', 'null');
ROLLBACK TO whole;
UPDATE mighead.revision SET branch_labels = '{NULL}' WHERE project = 'bad' AND revision = 'b';
SELECT pg_temp.is_one_bad_row('a NULL in branch_labels', 'no_scripts', 'revision "b"');
ROLLBACK TO whole;

SELECT mighead_export('bad') AS document \gset
-- Definitions; of those that the schema still fits the checksum is proof, so it is another one.
ALTER TABLE bad.t DROP COLUMN j;
SELECT is((SELECT kind FROM mighead_drift('bad.alembic_version')), 'missing', 'drift');
SAVEPOINT drifted;
UPDATE mighead.definition SET attributes = attributes || '{"type": "bigint"}' WHERE object ~ 't\.j$' OR (object = 'j' AND parent ~ '\.t$');
SELECT pg_temp.is_one_bad_row('a damaged definition', 'unreadable', 'not the one');
SELECT is((SELECT kind FROM mighead_drift('bad.alembic_version')), 'not_comparable', 'no drift, no fix');
SELECT throws_ok($$SELECT mighead_export('bad')$$, 'XX001', NULL, 'nor a document');
SELECT count(*) FROM mighead_import(:'document') \g /dev/null
SELECT is(mighead_export('bad')->'expectations', :'document'::jsonb->'expectations', 'until it is imported again');
ROLLBACK TO drifted;
UPDATE mighead.definition SET attributes = '[1]' WHERE object ~ 't\.j$' OR (object = 'j' AND parent ~ '\.t$');
SELECT pg_temp.is_one_bad_row('attributes of another kind', 'unreadable', 'not the one');
ROLLBACK TO drifted;
DELETE FROM mighead.definition WHERE object ~ 't\.j$' OR (object = 'j' AND parent ~ '\.t$');
SELECT pg_temp.is_one_bad_row('a definition that is gone', 'unreadable', 'is not in mighead.definition');
ROLLBACK TO drifted;
UPDATE mighead.definition SET checksum = repeat('0', 64) WHERE object ~ 't\.j$' OR (object = 'j' AND parent ~ '\.t$');
SELECT pg_temp.is_one_bad_row('another checksum', 'unreadable', 'is not in mighead.definition');
ROLLBACK TO drifted;
UPDATE mighead.expected_set SET previous_rows = '{nowhere}' WHERE project = 'bad';
SELECT pg_temp.is_one_bad_row('a set that builds on none', 'unreadable', 'build on');
ROLLBACK TO drifted;
UPDATE mighead.expected_set SET schemas = '{$home,NULL}' WHERE project = 'bad';
SELECT lives_ok('SELECT * FROM mighead_status()', 'a NULL among schemas');
ROLLBACK TO drifted;
DELETE FROM mighead.expected WHERE project = 'bad' AND checksum IN
    (SELECT checksum FROM mighead.definition WHERE object ~ 't\.j$' OR (object = 'j' AND parent ~ '\.t$'));
SELECT pg_temp.is_one_bad_row('a set that lost an object', 'unreadable', 'is not what its checksum is of');
SELECT is((SELECT kind FROM mighead_drift('bad.alembic_version')), 'not_comparable', 'and no drift is made up');
SELECT is_empty($$SELECT rows FROM mighead_locate('bad.alembic_version')$$, 'nor is the schema, which lacks the object too, located there');
SELECT throws_ok($$SELECT mighead_export('bad')$$, 'XX001', NULL, 'and no document is written that nobody can import');
ROLLBACK TO drifted;
SELECT * FROM finish();
ROLLBACK;
