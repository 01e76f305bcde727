-- mighead_review: the cutting of scripts, the columns of its rows, and that it judges against the schema as the script leaves
-- it.  What PostgreSQL really does is compared in test/t/140_review_oracle.pl.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();

CREATE SCHEMA rv;
SET LOCAL search_path = rv, public;
CREATE TABLE account (id serial PRIMARY KEY, name text, age integer);
INSERT INTO account (name, age) SELECT 'n' || i, i % 3 FROM generate_series(1, 10) AS i;
INSERT INTO account (name) VALUES (NULL);
ANALYZE account;

CREATE FUNCTION pg_temp.codes(sql text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(statement || ' ' || code || coalesce(' ' || sqlstate, ''), ', ' ORDER BY ordinality)
    FROM mighead_review(sql) WITH ORDINALITY
    WHERE code IN ('ok', 'will_fail', 'not_known', 'wrong_start', 'data_loss')
$$;

SELECT is(pg_temp.codes('ALTER TABLE account ALTER name SET NOT NULL'), '1 will_fail 23502', 'rows decide');
SELECT is(pg_temp.codes('ALTER TABLE account ADD UNIQUE (age)'), '1 will_fail 23505', 'duplicates');
SELECT is(pg_temp.codes('BEGIN; CREATE INDEX CONCURRENTLY x ON account (age)'), '1 ok, 2 will_fail 25001', 'transactions');
SELECT is(pg_temp.codes('ALTER TABLE account ADD c text; UPDATE account SET c = coalesce(name, $$$$); ALTER TABLE account ALTER c SET NOT NULL') ~ 'will_fail|not_known', false,
    'a column that is filled is no failure');
SELECT matches(pg_temp.codes('ALTER TABLE account ADD c text; UPDATE account SET c = name; ALTER TABLE account ALTER c SET NOT NULL'), '3 will_fail 23502',
    'one that is filled with NULLs is');
SELECT is(pg_temp.codes('DROP TABLE account; ALTER TABLE account ADD c text'), '1 data_loss, 2 will_fail 42P01', 'the model');
SELECT is(pg_temp.codes(E'SELEC 1; ALTER TABLE account ADD c text'), '1 will_fail 42601', 'a syntax error does not end the review');
SELECT is(pg_temp.codes(''), NULL, 'nothing to review');

SELECT results_eq($$SELECT statement, line, revision, command, object, lock_mode, blocks, rewrites, scans, table_rows, severity, code
    FROM mighead_review(E'\uFEFF-- Running upgrade a1 -> b2\r\n\r\nSET lock_timeout = 1000;\r\nALTER TABLE account ADD c integer;')$$,
    $$VALUES (1, 3, 'b2', 'SET', NULL, NULL, NULL, NULL::boolean, NULL::boolean, NULL::bigint, 0, 'ok'),
    (2, 4, 'b2', 'ALTER TABLE', 'rv.account', 'AccessExclusiveLock', 'reads and writes', false, false, 11::bigint, 0, 'ok')$$,
    'a byte order mark, CRLF, lines and markers');
SELECT is((SELECT string_agg(statement || code, ' ') FROM mighead_review(E'\\set x 1\nCREATE TABLE n (a int);\nCOPY n FROM stdin;\n1;2\n''\n\\.\nSELECT :x;\nSET lock_timeout = 1;')),
    '1not_known 2ok 3not_known 4not_known 5ok', 'commands, data and variables of psql');
SELECT results_eq($$SELECT severity, code, detail FROM mighead_review(E'-- mighead: allow no_lock_timeout nobody uses it yet\nALTER TABLE account ADD c integer')$$,
    $$VALUES (0, 'no_lock_timeout', 'waits for rv.account without a limit, and others queue behind it; allowed: nobody uses it yet')$$,
    'an accepted finding');
SELECT is(pg_temp.codes($$CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END; SET lock_timeout = 1$$),
    '1 ok, 2 ok', 'a body with semicolons is one statement');
SELECT is(pg_temp.codes($$SET standard_conforming_strings = off; COMMENT ON TABLE account IS 'a\'; b'; SET lock_timeout = 1$$),
    '1 ok, 2 ok, 3 ok', 'standard_conforming_strings');

SELECT throws_ok($$SELECT mighead_review('SELECT 1', check_data => NULL)$$, '22004', NULL, 'check_data must not be NULL');
SELECT throws_ok($$SELECT mighead_review('SELECT 1', role_name => 'no such role')$$, '42704', NULL, 'a role that does not exist');
SELECT is((SELECT count(*) FROM mighead_review('ALTER TABLE account ALTER name SET NOT NULL', check_data => false) WHERE code = 'not_known'), 1::bigint,
    'check_data => false');
SELECT is((SELECT array_agg(column_name::text) FROM information_schema.columns WHERE table_schema = 'rv' AND table_name = 'account'), '{id,name,age}',
    'nothing was run');


-- what the rows are asked for an UPDATE and for keys runs nothing volatile, and a quoted name of two rights is none
SELECT isnt(pg_temp.codes($$UPDATE account SET age = nextval('account_id_seq')$$), '1 ok', 'a volatile value is not computed');
SELECT isnt(pg_temp.codes($$UPDATE account SET age = 1 WHERE nextval('account_id_seq') > 0$$), '1 ok', 'nor a volatile condition');
SELECT is((SELECT last_value FROM account_id_seq), 11::bigint, 'and the sequence stays where it is');
SELECT is(pg_temp.codes('GRANT "select insert" ON account TO PUBLIC'), '1 not_known', 'no right has a blank in its name');
SELECT is(pg_temp.codes(format('GRANT SELECT (%s) ON %s TO PUBLIC', repeat('age, ', 5000) || 'age', repeat('account, ', 5000) || 'account')), '1 not_known',
    'columns times relations are not looked up without end');

CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
SELECT mighead_watch('alembic_version');
SELECT is(pg_temp.codes($$UPDATE alembic_version SET version_num = 'b2' WHERE alembic_version.version_num = 'a1'$$), '1 ok',
    'triggers of mighead let the rows change');
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$;
CREATE TRIGGER refuse BEFORE UPDATE ON alembic_version EXECUTE FUNCTION refuse();
SELECT is(pg_temp.codes($$UPDATE alembic_version SET version_num = 'b2' WHERE alembic_version.version_num = 'a1'$$), '1 not_known',
    'those of others may not');

SELECT * FROM finish();
ROLLBACK;
