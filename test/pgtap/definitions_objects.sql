-- Definitions of what is not a relation: every attribute of every kind, by one change
-- for each; what is not compared; who may look.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT no_plan();

CREATE ROLE mighead_app;
CREATE ROLE mighead_reader;
CREATE ROLE "Mighead other";
\ir ../fixtures/everything_objects.sql
CREATE FUNCTION "Other one".on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
GRANT USAGE ON SCHEMA app TO mighead_reader;
CREATE TABLE app.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
ALTER TABLE app.alembic_version OWNER TO mighead_app;

CREATE FUNCTION pg_temp.read(OUT object_type text, OUT object text, OUT parent text, OUT attribute text, OUT value text)
    RETURNS SETOF record LANGUAGE sql AS
    $$SELECT * FROM public.mighead_definitions('app.alembic_version', '{app,"Other one"}')$$;
CREATE TEMPORARY TABLE before AS SELECT * FROM pg_temp.read();
GRANT SELECT ON before TO PUBLIC;

-- 1. What is not at its default is told, what is at it is left out.
SELECT results_eq(
    $$SELECT object_type, count(DISTINCT object) FROM before
      WHERE object_type NOT IN ('table', 'column', 'index', 'extension', 'event trigger', 'publication')
          AND attribute IS DISTINCT FROM 'unmodelled'
          AND NOT (object_type = 'constraint' AND object ~ 'pkey$|not_null$')
      GROUP BY 1 ORDER BY 1$$,
    $$VALUES ('access method', 1::bigint), ('aggregate', 4), ('cast', 2), ('collation', 3), ('composite type', 2), ('constraint', 3),
        ('conversion', 1), ('default privileges', 3), ('domain', 4), ('enum', 2), ('foreign-data wrapper', 1), ('function', 12),
        ('operator', 1), ('operator class', 1), ('operator family', 1), ('procedure', 2), ('range type', 2), ('schema', 2),
        ('server', 2), ('statistics', 3), ('text search configuration', 1), ('text search dictionary', 1), ('type', 1),
        ('user mapping', 2)$$,
    'each object of the fixture once, and none that the server made for another');
SELECT set_eq(
    $$SELECT object FROM before WHERE object_type = 'extension' AND object <> 'plpgsql' AND attribute = 'schema'
          AND object IN ('citext', 'hstore', 'file_fdw', 'mighead')$$,
    ARRAY['citext', 'hstore', 'file_fdw'], 'extensions, but not the one that looks');
SELECT is_empty(
    $$SELECT * FROM before WHERE object LIKE '%hstore%' AND object_type NOT IN ('extension', 'extension privileges')$$,
    'nothing of an extension''s members');
SELECT is_empty(
    $$SELECT * FROM before WHERE value ~ '\m(app|postgres)\.' AND attribute NOT IN ('body')$$,
    'the home schema is not named');
SELECT is_empty(
    $$SELECT * FROM before b WHERE value ~ '(^|[^[:alnum:].])[1-9][0-9]{4,}' AND attribute <> 'version'$$,
    'no OID');
SELECT is_empty($$SELECT * FROM before WHERE value LIKE '%not to be seen%'$$, 'no password');

-- 2. One change for each attribute: just that attribute differs, and has this value.
--    An attribute of NULL is the object as a whole.
CREATE TEMPORARY TABLE change (
    id int GENERATED ALWAYS AS IDENTITY, ddl text, object_type text, object text, attribute text, value text);
INSERT INTO change (ddl, object_type, object, attribute, value) VALUES
('ALTER SCHEMA app OWNER TO "Mighead other"', 'schema', '$home', 'owner', '@"Mighead other"; schema $home privileges: '),
('ALTER SCHEMA app OWNER TO mighead_app', 'schema', '$home', 'owner', '@$owner; schema $home privileges: '),
('GRANT CREATE ON SCHEMA app TO "Mighead other"', 'schema', '$home', 'privileges', '@"Mighead other"=C/'),
('COMMENT ON SCHEMA "Other one" IS NULL', 'schema', '"Other one"', 'comment', NULL),
('CREATE SCHEMA IF NOT EXISTS app', NULL, NULL, NULL, NULL),

('ALTER TYPE app.status RENAME VALUE ''paid'' TO ''settled''', 'enum', '$home.status', 'labels', E'\'new\', \'open\', \'settled\', \'it\'\'s off\''),
('ALTER TYPE app.status OWNER TO mighead_app', 'enum', '$home.status', 'owner', '@$owner'),
('GRANT USAGE ON TYPE app.nothing TO "Mighead other"', 'enum', '$home.nothing', 'privileges', '@"Mighead other"=U/$owner'),
('REVOKE USAGE ON TYPE app.nothing FROM PUBLIC', 'enum', '$home.nothing', 'privileges', '$owner=U/$owner'),
('REVOKE ALL ON TYPE app.nothing FROM PUBLIC, mighead_app', 'enum', '$home.nothing', 'privileges', 'none'),
('GRANT USAGE ON TYPE app.nothing TO PUBLIC', NULL, NULL, NULL, NULL),
('COMMENT ON TYPE app.nothing IS ''x''', 'enum', '$home.nothing', 'comment', 'x'),
('DROP TYPE app.nothing', 'enum', '$home.nothing', NULL, NULL),

('ALTER DOMAIN app.plain SET NOT NULL', 'domain', '$home.plain', 'not_null', 'true'),
('ALTER DOMAIN app.email DROP NOT NULL', 'domain', '$home.email', 'not_null', NULL),
('ALTER DOMAIN app.plain SET DEFAULT 5', 'domain', '$home.plain', 'default', '5'),
('ALTER DOMAIN app.email DROP DEFAULT', 'domain', '$home.email', 'default', NULL),
('ALTER DOMAIN app.plain OWNER TO "Mighead other"', 'domain', '$home.plain', 'owner', '"Mighead other"'),
('GRANT USAGE ON DOMAIN app.colour TO PUBLIC', 'domain', '$home.colour', 'privileges', NULL),
('COMMENT ON DOMAIN app.colour IS NULL', 'domain', '$home.colour', 'comment', NULL),
('DROP DOMAIN app.plain; CREATE DOMAIN app.plain AS app.status[]; ALTER DOMAIN app.plain OWNER TO mighead_app', 'domain', '$home.plain', 'type', '$home.status[]'),
('DROP DOMAIN app.plain; CREATE DOMAIN app.plain AS text COLLATE "C"; ALTER DOMAIN app.plain OWNER TO mighead_app', 'domain', '$home.plain', 'collation', '"C"; domain $home.plain type: text'),
('DROP DOMAIN app.plain; CREATE DOMAIN app.plain AS integer; ALTER DOMAIN app.plain OWNER TO mighead_app', NULL, NULL, NULL, NULL),
('ALTER DOMAIN app.email VALIDATE CONSTRAINT email_length', 'constraint', '$home.email.email_length', 'validated', NULL),
('COMMENT ON CONSTRAINT email_check ON DOMAIN app.email IS ''y''', 'constraint', '$home.email.email_check', 'comment', 'y'),
('ALTER DOMAIN app.email DROP CONSTRAINT email_length; ALTER DOMAIN app.email ADD CONSTRAINT email_length CHECK (length(VALUE) > 4) NOT VALID',
 'constraint', '$home.email.email_length', 'definition', 'CHECK ((length((VALUE)::text) > 4))'),
('ALTER DOMAIN app.email DROP CONSTRAINT email_length', 'constraint', '$home.email.email_length', NULL, NULL),

('ALTER TYPE app.address ADD ATTRIBUTE town text', 'composite type', '$home.address', 'columns', '@, town text'),
('ALTER TYPE app.empty ADD ATTRIBUTE place app.address', 'composite type', '$home.empty', 'columns', 'place $home.address'),
('COMMENT ON COLUMN app.address."post code" IS ''it''''s''', 'composite type', '$home.address', 'column_comments', E'street \'with number\', "post code" \'it\'\'s\''),
('ALTER TYPE app.address OWNER TO mighead_app', 'composite type', '$home.address', 'owner', '@$owner'),
('REVOKE USAGE ON TYPE app.address FROM mighead_reader', 'composite type', '$home.address', 'privileges', NULL),
('COMMENT ON TYPE app.empty IS ''none''', 'composite type', '$home.empty', 'comment', 'none'),

('COMMENT ON TYPE app.floats IS ''numbers''', 'range type', '$home.floats', 'comment', 'numbers'),
('ALTER TYPE app.floats OWNER TO mighead_app', 'range type', '$home.floats', 'owner', '@$owner'),
('GRANT USAGE ON TYPE app.floats TO PUBLIC', 'range type', '$home.floats', 'privileges', NULL),
('DROP TYPE app.floats; CREATE TYPE app.floats AS RANGE (subtype = float8, multirange_type_name = app.many_floats); REVOKE USAGE ON TYPE app.floats FROM PUBLIC',
 'range type', '$home.floats', 'subtype_diff', NULL),
('DROP TYPE app.floats; CREATE TYPE app.floats AS RANGE (subtype = float8, subtype_diff = app.float8_distance); REVOKE USAGE ON TYPE app.floats FROM PUBLIC',
 'range type', '$home.floats', 'multirange', '$home.floats_multirange'),
('DROP TYPE app.words; CREATE TYPE app.words AS RANGE (subtype = text, subtype_opclass = text_pattern_ops, collation = app.german); COMMENT ON TYPE app.words IS ''from a to z''; ALTER TYPE app.words OWNER TO mighead_app',
 'range type', '$home.words', 'collation', '$home.german'),
('DROP TYPE app.words; CREATE TYPE app.words AS RANGE (subtype = text, collation = "C"); COMMENT ON TYPE app.words IS ''from a to z''; ALTER TYPE app.words OWNER TO mighead_app',
 'range type', '$home.words', 'operator_class', NULL),

('COMMENT ON COLLATION app.german IS ''g''', 'collation', '$home.german', 'comment', 'g'),
('ALTER COLLATION app.loose OWNER TO mighead_app', 'collation', '$home.loose', 'owner', '$owner'),
('DROP COLLATION "Other one".posix; CREATE COLLATION "Other one".posix (provider = libc, lc_collate = ''POSIX'', lc_ctype = ''C'')',
 'collation', '"Other one".posix', 'lc_collate', 'POSIX'),
('DROP COLLATION "Other one".posix; CREATE COLLATION "Other one".posix (provider = libc, lc_collate = ''C'', lc_ctype = ''POSIX'')',
 'collation', '"Other one".posix', 'lc_ctype', 'POSIX'),
('DROP COLLATION app.loose; CREATE COLLATION app.loose (provider = icu, locale = ''und-u-ks-level2''); COMMENT ON COLLATION app.loose IS ''upper and lower case are the same''',
 'collation', '$home.loose', 'deterministic', NULL),
('DROP COLLATION app.loose; CREATE COLLATION app.loose (provider = icu, locale = ''und-u-ks-level1'', deterministic = false); COMMENT ON COLLATION app.loose IS ''upper and lower case are the same''',
 'collation', '$home.loose', 'locale', 'und-u-ks-level1'),

('ALTER FUNCTION app.plain() IMMUTABLE', 'function', '$home.plain()', 'volatility', 'immutable'),
('ALTER FUNCTION app.standard(integer) VOLATILE', 'function', '$home.standard(integer)', 'volatility', NULL),
('ALTER FUNCTION app.plain() STRICT', 'function', '$home.plain()', 'strict', 'true'),
('ALTER FUNCTION app.plain() SECURITY DEFINER', 'function', '$home.plain()', 'security', 'definer'),
('ALTER FUNCTION app.plain() LEAKPROOF', 'function', '$home.plain()', 'leakproof', 'true'),
('ALTER FUNCTION app.plain() PARALLEL SAFE', 'function', '$home.plain()', 'parallel', 'safe'),
('ALTER FUNCTION app.plain() COST 99', 'function', '$home.plain()', 'cost', '99'),
('ALTER FUNCTION app.touch() COST 100', NULL, NULL, NULL, NULL),
('ALTER FUNCTION app.columns() ROWS 7', 'function', '$home.columns()', 'rows', '7'),
('ALTER FUNCTION app.plain() SUPPORT pg_catalog.textlike_support', 'function', '$home.plain()', 'support', 'textlike_support'),
('ALTER FUNCTION app.plain() SET search_path = app, pg_temp', 'function', '$home.plain()', 'configuration', 'search_path=$home, pg_temp'),
('ALTER FUNCTION app.everything(integer, app.status, text[]) RESET work_mem', 'function', '$home.everything(integer, $home.status, text[])', 'configuration', 'search_path=$home, "Other one", pg_temp'),
('ALTER FUNCTION app.plain() OWNER TO "Mighead other"', 'function', '$home.plain()', 'owner', '"Mighead other"'),
('GRANT EXECUTE ON FUNCTION app.plain() TO mighead_reader WITH GRANT OPTION', 'function', '$home.plain()', 'privileges', '$owner=X/$owner, PUBLIC=X/$owner, mighead_reader=X*/$owner'),
('COMMENT ON FUNCTION app.plain() IS ''p''', 'function', '$home.plain()', 'comment', 'p'),
('CREATE OR REPLACE FUNCTION app.plain() RETURNS integer LANGUAGE sql AS ''SELECT count(*)::integer FROM app.thing''', 'function', '$home.plain()', 'body', 'SELECT count(*)::integer FROM $home.thing'),
('CREATE OR REPLACE FUNCTION app.standard(lowest integer) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE RETURN lowest + 2', 'function', '$home.standard(integer)', 'sql_body', 'RETURN (lowest + 2)'),
('CREATE OR REPLACE FUNCTION app.standard(lowest integer DEFAULT 4) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE BEGIN ATOMIC SELECT count(*) FROM app.thing t WHERE t.id > standard.lowest; END',
 'function', '$home.standard(integer)', 'arguments', 'lowest integer DEFAULT 4'),
('DROP FUNCTION app.plain(); CREATE FUNCTION app.plain() RETURNS SETOF integer LANGUAGE sql AS ''SELECT 1''; ALTER FUNCTION app.plain() OWNER TO mighead_app',
 'function', '$home.plain()', 'result', 'SETOF integer'),
('DROP FUNCTION app.touch(); CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END''', NULL, NULL, NULL, NULL),
('CREATE OR REPLACE FUNCTION app.supported(text, text) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT SUPPORT textlike_support AS ''textnlike''', 'function', '$home.supported(text, text)', 'body', 'textnlike'),
('CREATE FUNCTION app.plain(app.status) RETURNS integer LANGUAGE sql AS ''SELECT 1''', 'function', '$home.plain($home.status)', NULL, NULL),
('ALTER PROCEDURE app.work(integer) SECURITY INVOKER', 'procedure', '$home.work(integer)', 'security', NULL),
('COMMENT ON PROCEDURE app.work(integer) IS ''works''', 'procedure', '$home.work(integer)', 'comment', 'works'),
('REVOKE EXECUTE ON PROCEDURE app."Quoted, name"() FROM PUBLIC', 'procedure', '$home."Quoted, name"()', 'privileges', '@=X/'),
('CREATE OR REPLACE PROCEDURE app."Quoted, name"() LANGUAGE sql AS ''SELECT 1''', 'procedure', '$home."Quoted, name"()', 'body', 'SELECT 1'),

('ALTER AGGREGATE app.total(numeric) OWNER TO mighead_app', 'aggregate', '$home.total(numeric)', 'owner', '$owner'),
('COMMENT ON AGGREGATE app.number_of(*) IS ''n''', 'aggregate', '$home.number_of(*)', 'comment', 'n'),
('REVOKE EXECUTE ON FUNCTION app.number_of() FROM PUBLIC', 'aggregate', '$home.number_of(*)', 'privileges', '$owner=X/$owner'),
('CREATE OR REPLACE AGGREGATE app.lowest(integer) (SFUNC = int4smaller, STYPE = integer, SORTOP = <, COMBINEFUNC = int4smaller)', 'aggregate', '$home.lowest(integer)', 'options', 'SFUNC = int4smaller, STYPE = integer, COMBINEFUNC = int4smaller, SORTOP = OPERATOR(pg_catalog.<)'),
('CREATE OR REPLACE AGGREGATE app.lowest(integer) (SFUNC = int4smaller, STYPE = integer, SORTOP = <, PARALLEL = SAFE)', 'aggregate', '$home.lowest(integer)', 'parallel', 'safe'),

('ALTER STATISTICS app.thing_all SET STATISTICS 100', 'statistics', '$home.thing_all', 'statistics', '100'),
('ALTER STATISTICS app.thing_some SET STATISTICS -1', 'statistics', '$home.thing_some', 'statistics', NULL),
('ALTER STATISTICS app.thing_all OWNER TO "Mighead other"', 'statistics', '$home.thing_all', 'owner', '"Mighead other"'),
('COMMENT ON STATISTICS app.thing_all IS NULL', 'statistics', '$home.thing_all', 'comment', NULL),
('DROP STATISTICS app.thing_some; CREATE STATISTICS app.thing_some (ndistinct) ON a, (lower(b)) FROM app.thing; ALTER STATISTICS app.thing_some SET STATISTICS 250',
 'statistics', '$home.thing_some', 'definition', '(ndistinct) ON a, lower(b) FROM $home.thing'),

('ALTER EXTENSION hstore SET SCHEMA "Other one"', 'extension', 'hstore', 'schema', '"Other one"'),
('CREATE EXTENSION seg', 'extension', 'seg', NULL, NULL),
('REVOKE EXECUTE ON FUNCTION app.hstore(text, text) FROM PUBLIC', 'extension privileges', 'function $home.hstore(pg_catalog.text,pg_catalog.text)', NULL, NULL),
('GRANT EXECUTE ON FUNCTION app.hstore(text, text) TO PUBLIC', NULL, NULL, NULL, NULL),

('ALTER PUBLICATION app_some SET (publish_via_partition_root = false)', 'publication', 'app_some', 'via_root', NULL),
('ALTER PUBLICATION app_some SET (publish = ''insert, truncate'')', 'publication', 'app_some', 'operations', 'insert, truncate'),
('ALTER PUBLICATION app_some SET TABLE app.published WHERE (id > 6)', 'publication', 'app_some', 'tables', '$home.published WHERE ((id > 6))'),
('ALTER PUBLICATION app_schema ADD TABLES IN SCHEMA "Other one"', 'publication', 'app_schema', 'schemas', '"Other one", $home'),
('ALTER PUBLICATION app_some OWNER TO CURRENT_USER', NULL, NULL, NULL, NULL),
('COMMENT ON PUBLICATION app_some IS NULL', 'publication', 'app_some', 'comment', NULL),
('DROP PUBLICATION app_everything', 'publication', 'app_everything', NULL, NULL),

('ALTER EVENT TRIGGER app_off ENABLE ALWAYS', 'event trigger', 'app_off', 'enabled', 'always'),
('ALTER EVENT TRIGGER app_off ENABLE', 'event trigger', 'app_off', 'enabled', NULL),
('COMMENT ON EVENT TRIGGER app_ddl IS NULL', 'event trigger', 'app_ddl', 'comment', NULL),
('DROP EVENT TRIGGER app_ddl; CREATE EVENT TRIGGER app_ddl ON ddl_command_end WHEN TAG IN (''ALTER TABLE'') EXECUTE FUNCTION app.on_ddl(); COMMENT ON EVENT TRIGGER app_ddl IS ''watches''',
 'event trigger', 'app_ddl', 'tags', 'ALTER TABLE'),
('DROP EVENT TRIGGER app_off; CREATE EVENT TRIGGER app_off ON ddl_command_start EXECUTE FUNCTION app.on_ddl(); ALTER EVENT TRIGGER app_off DISABLE',
 'event trigger', 'app_off', 'event', 'ddl_command_start'),
('DROP EVENT TRIGGER app_off; CREATE EVENT TRIGGER app_off ON sql_drop EXECUTE FUNCTION "Other one".on_ddl(); ALTER EVENT TRIGGER app_off DISABLE',
 'event trigger', 'app_off', 'function', '"Other one".on_ddl()'),

('ALTER FOREIGN DATA WRAPPER app_wrapper OPTIONS (SET debug ''false'')', 'foreign-data wrapper', 'app_wrapper', 'options', E'"A" \'it\'\'s\', debug \'false\''),
('ALTER FOREIGN DATA WRAPPER app_wrapper HANDLER app.file_fdw_handler', 'foreign-data wrapper', 'app_wrapper', 'handler', '$home.file_fdw_handler'),
('ALTER FOREIGN DATA WRAPPER app_wrapper VALIDATOR postgresql_fdw_validator OPTIONS (DROP debug, DROP "A")', 'foreign-data wrapper', 'app_wrapper', 'options', '-; foreign-data wrapper app_wrapper validator: postgresql_fdw_validator'),
('REVOKE USAGE ON FOREIGN DATA WRAPPER app_wrapper FROM mighead_reader', 'foreign-data wrapper', 'app_wrapper', 'privileges', NULL),
('COMMENT ON FOREIGN DATA WRAPPER app_wrapper IS ''w''', 'foreign-data wrapper', 'app_wrapper', 'comment', 'w'),
('ALTER SERVER app_server VERSION ''2''', 'server', 'app_server', 'version', '2'),
('ALTER SERVER app_server OPTIONS (SET host ''i'')', 'server', 'app_server', 'options', E'host \'i\', port \'1\''),
('ALTER SERVER app_server OPTIONS (ADD password ''pw'')', 'server', 'app_server', 'options', E'host \'h\', password, port \'1\''),
('ALTER SERVER app_server OWNER TO mighead_app', 'server', 'app_server', 'owner', '@$owner'),
('GRANT USAGE ON FOREIGN SERVER app_files TO PUBLIC', 'server', 'app_files', 'privileges', '$owner=U/$owner, PUBLIC=U/$owner'),
('COMMENT ON SERVER app_files IS ''f''', 'server', 'app_files', 'comment', 'f'),
('DROP SERVER app_files; CREATE SERVER app_files TYPE ''t'' FOREIGN DATA WRAPPER file_fdw; ALTER SERVER app_files OWNER TO mighead_app', 'server', 'app_files', 'type', 't'),
('DROP SERVER app_files; CREATE SERVER app_files FOREIGN DATA WRAPPER app_wrapper; ALTER SERVER app_files OWNER TO mighead_app', 'server', 'app_files', 'wrapper', 'app_wrapper'),
('ALTER USER MAPPING FOR mighead_reader SERVER app_server OPTIONS (SET password ''other'')', NULL, NULL, NULL, NULL),
('ALTER USER MAPPING FOR mighead_reader SERVER app_server OPTIONS (DROP password)', 'user mapping', 'app_server for mighead_reader', 'options', 'user'),
('CREATE USER MAPPING FOR "Mighead other" SERVER app_files', 'user mapping', 'app_files for "Mighead other"', NULL, NULL),
('DROP USER MAPPING FOR PUBLIC SERVER app_server', 'user mapping', 'app_server for PUBLIC', NULL, NULL),

('COMMENT ON CAST (integer AS app.status) IS NULL', 'cast', '(integer AS $home.status)', 'comment', NULL),
('DROP CAST (app.address AS text); CREATE CAST (app.address AS text) WITH INOUT', 'cast', '($home.address AS text)', 'context', NULL),
('DROP CAST (integer AS app.status); CREATE CAST (integer AS app.status) WITHOUT FUNCTION', NULL, NULL, NULL, 'refused'),

('ALTER DEFAULT PRIVILEGES FOR ROLE mighead_app IN SCHEMA app GRANT INSERT ON TABLES TO mighead_reader', 'default privileges', '$owner in $home: tables', 'privileges', 'mighead_reader=ar/$owner'),
('ALTER DEFAULT PRIVILEGES FOR ROLE mighead_app IN SCHEMA "Other one" GRANT USAGE ON SEQUENCES TO mighead_reader', 'default privileges', '$owner in "Other one": sequences', NULL, NULL),
('ALTER DEFAULT PRIVILEGES FOR ROLE mighead_app IN SCHEMA app REVOKE USAGE ON TYPES FROM mighead_reader', 'default privileges', '$owner in $home: types', NULL, NULL),
('ALTER DEFAULT PRIVILEGES FOR ROLE "Mighead other" GRANT USAGE ON SCHEMAS TO PUBLIC', 'default privileges', '"Mighead other": schemas', NULL, NULL),

('ALTER OPERATOR app.=== (app.address, app.address) SET (RESTRICT = eqsel)', 'operator', 'OPERATOR($home.===)($home.address,$home.address)', 'definition',
    'FUNCTION $home.same($home.address,$home.address), RESTRICT pg_catalog.eqsel(pg_catalog.internal,pg_catalog.oid,pg_catalog.internal,integer)'),
('ALTER OPERATOR app.=== (app.address, app.address) OWNER TO mighead_app', 'operator', 'OPERATOR($home.===)($home.address,$home.address)', 'owner', '$owner'),
('COMMENT ON OPERATOR app.=== (app.address, app.address) IS ''same''', 'operator', 'OPERATOR($home.===)($home.address,$home.address)', 'comment', 'same'),
('DROP OPERATOR app.=== (app.address, app.address)', 'operator', 'OPERATOR($home.===)($home.address,$home.address)', NULL, NULL),
('CREATE OPERATOR app.<> (LEFTARG = app.address, RIGHTARG = app.address, FUNCTION = app.same, NEGATOR = OPERATOR(app.===))', 'operator',
    'OPERATOR($home.<>)($home.address,$home.address)', NULL, '@; operator OPERATOR($home.===)($home.address,$home.address) definition: FUNCTION $home.same($home.address,$home.address), NEGATOR OPERATOR($home.<>)($home.address,$home.address)'),
('ALTER OPERATOR FAMILY app.family USING btree ADD OPERATOR 1 < (integer, integer), FUNCTION 2 (integer, integer) btint4sortsupport(internal)', 'operator family',
    '$home.family USING btree', 'definition', 'OPERATOR 1 OPERATOR(pg_catalog.<)(integer,integer), FUNCTION 1 (integer,integer) pg_catalog.btint4cmp(integer,integer),'
    ' FUNCTION 2 (integer,integer) pg_catalog.btint4sortsupport(pg_catalog.internal)'),
('DROP OPERATOR CLASS app.class USING btree; CREATE OPERATOR CLASS app.class FOR TYPE bigint USING btree FAMILY app.family AS FUNCTION 1 btint8cmp(bigint, bigint)',
    'operator class', '$home.class USING btree', 'definition', '@FOR TYPE bigint, FAMILY $home.family USING btree; operator family'),
('ALTER TEXT SEARCH CONFIGURATION app.search ALTER MAPPING FOR asciiword WITH app.dictionary, english_stem', 'text search configuration', '$home.search', 'definition',
    '@PARSER pg_catalog."default", MAPPING 1 $home.dictionary pg_catalog.english_stem, MAPPING 2 pg_catalog.simple,'),
('ALTER TEXT SEARCH CONFIGURATION app.search DROP MAPPING FOR asciiword', 'text search configuration', '$home.search', 'definition',
    '@PARSER pg_catalog."default", MAPPING 2 pg_catalog.simple,'),
('ALTER TEXT SEARCH DICTIONARY app.dictionary (accept = false)', 'text search dictionary', '$home.dictionary', 'definition', 'TEMPLATE pg_catalog.simple, accept = ''false'''),
('CREATE TEXT SEARCH PARSER app.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)', 'text search parser', '$home.parser', NULL, NULL),
('CREATE TEXT SEARCH TEMPLATE app.template (LEXIZE = dsimple_lexize)', 'text search template', '$home.template', NULL, NULL),
('DROP CONVERSION app.conversion', 'conversion', '$home.conversion', NULL, NULL),
('DROP CONVERSION app.conversion; CREATE DEFAULT CONVERSION app.conversion FOR ''LATIN1'' TO ''UTF8'' FROM iso8859_1_to_utf8', 'conversion', '$home.conversion', 'definition',
    '@DEFAULT, FOR LATIN1, TO UTF8, FROM pg_catalog.iso8859_1_to_utf8('),
('DROP ACCESS METHOD app_heap', 'access method', 'app_heap', NULL, NULL),
('CREATE LANGUAGE other HANDLER plpgsql_call_handler', 'language', 'other', NULL, NULL),
('CREATE SUBSCRIPTION s CONNECTION ''dbname=x password=not'' PUBLICATION p, q WITH (connect = false, slot_name = NONE)', 'subscription', 's', NULL, NULL),
('DROP TYPE app.shell', 'type', '$home.shell', NULL, NULL),
('CREATE FUNCTION app.transform(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS ''hashint4''; CREATE TRANSFORM FOR app.status LANGUAGE plpgsql (FROM SQL WITH FUNCTION app.transform(internal))',
    'function', '$home.transform(internal)', NULL, '@; transform for $home.status language plpgsql'),
('CREATE TYPE app.shell (INPUT = app.shell_in, OUTPUT = app.shell_out)', NULL, NULL, NULL, 'refused');

-- Runs the DDL, reads, takes it back: what differs, as "type object attribute: value".
CREATE FUNCTION pg_temp.effect(ddl text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    EXECUTE ddl;
    SELECT string_agg(DISTINCT concat_ws(' ', a.object_type, a.object,
            CASE WHEN a.whole THEN '' ELSE a.attribute || ': ' || coalesce(a.value, '-') END), '; ')
    INTO found
    FROM (
        SELECT coalesce(n.object_type, o.object_type) AS object_type, coalesce(n.object, o.object) AS object,
            coalesce(n.attribute, o.attribute) AS attribute, n.value,
            coalesce(n.attribute, o.attribute) IS DISTINCT FROM 'unmodelled'
                AND (NOT EXISTS (SELECT FROM before x WHERE (x.object_type, x.object) = (n.object_type, n.object))
                AND o.object IS NULL
                OR NOT EXISTS (SELECT FROM pg_temp.read() x WHERE (x.object_type, x.object) = (o.object_type, o.object))
                AND n.object IS NULL) AS whole
        FROM pg_temp.read() n FULL JOIN before o
            ON (n.object_type, n.object) = (o.object_type, o.object) AND n.attribute IS NOT DISTINCT FROM o.attribute
        WHERE n.object IS NULL OR o.object IS NULL OR n.value IS DISTINCT FROM o.value
    ) a;
    RAISE EXCEPTION USING ERRCODE = 'ZZ001', MESSAGE = coalesce(found, 'nothing');
EXCEPTION
    WHEN SQLSTATE 'ZZ001' THEN RETURN SQLERRM;
    WHEN others THEN RETURN 'refused';
END $$;

SELECT CASE WHEN value LIKE '@%'
    THEN matches(pg_temp.effect(ddl), '^' || regexp_replace(concat_ws(' ', object_type, object, attribute || ': '), '([][$^.*+?(){}|\\])', '\\\1', 'g')
        || '.*' || regexp_replace(substr(value, 2), '([][$^.*+?(){}|\\])', '\\\1', 'g'), left(ddl, 100))
    ELSE is(pg_temp.effect(ddl),
        CASE WHEN object_type IS NOT NULL THEN concat_ws(' ', object_type, object, coalesce(attribute || ': ' || coalesce(value, '-'), ''))
            ELSE coalesce(value, 'nothing') END, left(ddl, 100)) END
FROM change ORDER BY id;

-- 3. Nothing is passed over: what depends on a schema is defined, part of something that is,
--    or a member of an extension.
CREATE TEMPORARY VIEW listed AS
    SELECT object_type, replace(object, '$home', 'app') AS object FROM before;
SELECT is_empty(
    $$SELECT i.type, i.identity
      FROM pg_depend d, pg_identify_object(d.classid, d.objid, 0) i
      WHERE d.refclassid = 'pg_namespace'::regclass
          AND d.refobjid IN ('app'::regnamespace, '"Other one"'::regnamespace)
          AND NOT EXISTS (SELECT FROM pg_depend e WHERE (e.classid, e.objid) = (d.classid, d.objid) AND e.deptype = 'e')
          -- made by the server together with another object
          AND NOT EXISTS (SELECT FROM pg_depend p WHERE (p.classid, p.objid) = (d.classid, d.objid) AND p.deptype = 'i')
          AND i.type NOT IN ('default acl', 'publication namespace')
          AND i.identity <> 'app.alembic_version'
          AND i.identity NOT LIKE '%\_pkey'
          AND NOT EXISTS (SELECT FROM listed l
              WHERE l.object = i.identity
                 OR regexp_replace(replace(replace(l.object, ' ', ''), '(*)', '()'), '^OPERATOR\((\S+?)\)\(', '\1(') = replace(replace(i.identity, 'pg_catalog.', ''), ' ', ''))$$,
    'every object of the schemas is defined or listed');
SELECT is_empty($$SELECT * FROM before WHERE attribute = 'unmodelled'$$, 'and each is compared');

-- 4. Who looks, and with which settings, makes no difference.
CREATE TEMPORARY VIEW seen AS
    SELECT * FROM mighead_definitions('app.alembic_version', '{app,"Other one"}');
GRANT SELECT ON seen TO PUBLIC;
SET LOCAL ROLE mighead_reader;
SET LOCAL search_path = app, "Other one", public;
SET LOCAL quote_all_identifiers = on;
SET LOCAL datestyle = 'SQL, DMY';
SELECT results_eq(
    $$SELECT * FROM mighead_definitions('alembic_version', '{app,"Other one"}') EXCEPT SELECT * FROM before$$,
    $$VALUES ('user mapping', 'app_server for PUBLIC', NULL, 'unreadable', 'Role "mighead_reader" may not see its options.')$$,
    'a role without rights is told what it cannot see');
SELECT results_eq(
    $$SELECT object_type, object, attribute FROM (SELECT * FROM before EXCEPT
        SELECT * FROM mighead_definitions('alembic_version', '{app,"Other one"}')) x$$,
    $$VALUES ('user mapping', 'app_server for PUBLIC', NULL)$$,
    'and sees all the rest');
RESET ROLE;
RESET quote_all_identifiers;

-- What decides whether types and functions of a schema are asked for: each depends on the schema, a
-- type made of columns through its relation.
SELECT is_empty($$
    SELECT t.oid::regtype::text FROM pg_type t WHERE t.typtype IN ('e', 'd', 'r', 'c') AND t.typnamespace IN ('app'::regnamespace, '"Other one"'::regnamespace)
    AND (t.typrelid = 0 OR (SELECT relkind FROM pg_class c WHERE c.oid = t.typrelid) = 'c')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = t.typnamespace AND (
        (d.classid = 'pg_type'::regclass AND d.objid = t.oid) OR (d.classid = 'pg_class'::regclass AND d.objid = t.typrelid)))
    UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace IN ('app'::regnamespace, '"Other one"'::regnamespace)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = p.pronamespace
        AND d.classid = 'pg_proc'::regclass AND d.objid = p.oid)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
    UNION ALL SELECT c.collname FROM pg_collation c WHERE c.collnamespace IN ('app'::regnamespace, '"Other one"'::regnamespace)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = c.collnamespace
        AND d.classid = 'pg_collation'::regclass AND d.objid = c.oid)
    $$, 'every type, function and collation depends on its schema');

-- 5. Only one relation: its statistics, and nothing else of these kinds.
SELECT set_eq(
    $$SELECT object_type || ' ' || object FROM public.mighead_definitions('app.alembic_version', NULL, 'app.thing')
      WHERE object_type NOT IN ('table', 'column')$$,
    ARRAY['statistics $home.thing_all', 'statistics $home.thing_some', 'statistics "Other one".thing_expression'],
    'what belongs to a relation');

SELECT * FROM finish();
ROLLBACK;
