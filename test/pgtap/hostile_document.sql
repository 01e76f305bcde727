-- Whatever a document says that a live schema could not have said is refused: fixes print it.
BEGIN;
SELECT no_plan();
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE t (id integer DEFAULT 1 PRIMARY KEY, n text CHECK (n <> ';--'));
COMMENT ON TABLE t IS 'any text; DROP it -- really';
SELECT mighead_add_revision('aaa');
INSERT INTO alembic_version VALUES ('aaa');
SELECT stored > 0 AS stored FROM mighead_capture();
SELECT lives_ok($$SELECT mighead_import(mighead_export())$$, 'what mighead_export() writes is taken');

-- the SHA-256 of type, object and attributes in order, each with its NUL
CREATE FUNCTION pg_temp.forged(type text, object text, attribute text, value text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_set(mighead_export(), '{expectations}', jsonb_build_object('sets', '[]'::jsonb, 'definitions', jsonb_build_array(
        jsonb_build_object('type', type, 'object', object, 'parent', null, 'attributes', jsonb_build_object(attribute, value),
            'checksum', encode(sha256(convert_to(type, 'UTF8') || '\x00' || convert_to(object, 'UTF8') || '\x00' ||
                convert_to(attribute, 'UTF8') || '\x00' || convert_to(value, 'UTF8') || '\x00'), 'hex')))));
$$;
SELECT lives_ok($$SELECT mighead_import(pg_temp.forged('table', '$home.t', 'owner', 'postgres'))$$, 'a checksum can be made');
SELECT throws_ok(format('SELECT mighead_import(pg_temp.forged(%L, %L, %L, %L))', type, object, attribute, value), 'MH222', NULL,
    format('%s %s: %s', type, attribute, value))
FROM (VALUES
    ('table', '$home.t', 'owner', 'postgres; SELECT public.pwn()'),
    ('table', '$home.t', 'owner', 'a, ALTER COLUMN b TYPE text USING public.pwn()'),
    ('extension', 'citext', 'schema', 'public; SELECT public.pwn()'),
    ('table', '$home.t; SELECT public.pwn()', 'owner', 'a'),
    ('column', '$home.t.id', 'type', 'integer USING public.pwn()'),
    ('column', '$home.t.id', 'type', 'integer, DROP COLUMN n'),
    ('column', '$home.t.id', 'default', '1, DROP COLUMN n'),
    ('column', '$home.t.id', 'default', '1; SELECT public.pwn()'),
    ('column', '$home.t.id', 'default', '''open'),
    ('column', '$home.t.id', 'default', '(1'),
    ('column', '$home.t.id', 'default', '1) ; SELECT (1'),
    ('column', '$home.t.id', 'default', '1 -- comment'),
    ('column', '$home.t.id', 'default', '1 \! id'),
    ('constraint', '$home.t.c', 'definition', 'CHECK (true), DROP COLUMN n'),
    ('constraint', '$home.t.c', 'definition', 'DROP COLUMN n'),
    ('trigger', '$home.t.x', 'definition', 'DROP TABLE t'),
    ('rule', '$home.t.x', 'definition', 'CREATE RULE x AS ON INSERT TO t DO NOTHING; SELECT public.pwn()'),
    ('view', '$home.v', 'definition', 'DELETE FROM t'),
    ('function', '$home.f()', 'sql_body', 'BEGIN ATOMIC SELECT 1; END; SELECT public.pwn()'),
    ('function', '$home.f()', 'configuration', 'a TO b; SELECT public.pwn() = 1'),
    ('table', '$home.t', 'partition_bound', 'FOR VALUES IN (public.pwn())'),
    ('table', '$home.t', 'privileges', 'a=r/b, PUBLIC; SELECT public.pwn()'),
    ('table', '$home.t', 'inherits', '$home.a) ; SELECT public.pwn()')
) AS v(type, object, attribute, value);
SELECT * FROM finish();
ROLLBACK;
