# Acts as an operator who runs every fix. SQL functions of the session make a change, run the
# fixes of drift and findings in their order, one by one, and report what was lost or is weaker
# than before. Everything is rolled back.
#
# pg_temp.harm(version_table, ddl, role): {"errors": [...], "lost": [...], "again": [...], "fixes": n}.
# role NULL: the session's. pg_temp.harm_facts() returns the facts that are compared: every fact
# from before the fixes must still be true after them.
package Harm;

use strict;
use warnings;

use Exporter 'import';
our @EXPORT_OK = qw(harm_functions);

sub harm_functions { return <<'SQL' }
CREATE FUNCTION pg_temp.harm_rows() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    kept record;
    digest text;
BEGIN
    FOR kept IN SELECT c.oid, a.attnum, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE relkind IN ('r', 'm') AND relispopulated AND attnum > 0 AND NOT attisdropped
        AND relnamespace::regnamespace::text !~ '^(pg_|information_schema|mighead$)' LOOP
        EXECUTE format('SELECT count(*) || '' '' || coalesce(sum(hashtextextended(%I::text, 0)), 0) FROM ONLY %s',
            kept.attname, kept.oid::regclass) INTO digest;
        RETURN NEXT format('values of %s%s, column %s: %s', CASE WHEN kept.attname = 'version_num' THEN 'version ' ELSE '' END, kept.oid, kept.attnum, digest);
    END LOOP;
END$$;
-- Sequences that would give a value again that the column holds.
CREATE FUNCTION pg_temp.harm_sequences() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    kept record;
    is_behind boolean;
BEGIN
    FOR kept IN SELECT d.objid, d.refobjid, a.attname FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid JOIN pg_sequence q ON q.seqrelid = s.oid
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND seqincrement > 0 LOOP
        EXECUTE format('SELECT (SELECT last_value FROM %s) < (SELECT max(%I) FROM %s)', kept.objid::regclass, kept.attname,
            kept.refobjid::regclass) INTO is_behind;
        IF is_behind THEN
            RETURN NEXT format('sequence of %s %s is behind', kept.refobjid::regclass, kept.attname);
        END IF;
    END LOOP;
END$$;
-- The rows of a version table; NULL: it is not there.
CREATE FUNCTION pg_temp.harm_version(of text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF to_regclass(of) IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT string_agg(DISTINCT t::text, '','' ORDER BY t::text) FROM %s t', to_regclass(of)) INTO found;
    RETURN found;
END$$;
CREATE FUNCTION pg_temp.harm_facts() RETURNS SETOF text LANGUAGE sql AS $$
SELECT * FROM pg_temp.harm_rows() r WHERE r !~ '^values of version '
UNION ALL SELECT format('relation %s, %s may %s', c.oid, x.grantee, x.privilege_type) FROM pg_class c,
    aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) x
    WHERE c.oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
UNION ALL SELECT format('column %s %s, %s may %s', attrelid, attnum, x.grantee, x.privilege_type)
    FROM pg_attribute, aclexplode(attacl) x WHERE attrelid >= 16384
UNION ALL SELECT format('function %s, %s may %s', p.oid, x.grantee, x.privilege_type) FROM pg_proc p,
    aclexplode(coalesce(proacl, acldefault('f', proowner))) x WHERE p.oid >= 16384
UNION ALL SELECT format('schema %s, %s may %s', n.oid, x.grantee, x.privilege_type) FROM pg_namespace n,
    aclexplode(coalesce(nspacl, acldefault('n', nspowner))) x WHERE nspname !~ '^pg_'
UNION ALL SELECT format('type %s, %s may %s', t.oid, x.grantee, x.privilege_type) FROM pg_type t,
    aclexplode(coalesce(typacl, acldefault('T', typowner))) x WHERE t.oid >= 16384
UNION ALL SELECT format('%s belongs to %s', oid, relowner) FROM pg_class WHERE oid >= 16384 AND relkind NOT IN ('t', 'i', 'I')
UNION ALL SELECT format('constraint of %s %s: %s %s %s %s %s', conrelid, contypid, contype, conkey, confrelid, confkey, md5(pg_get_expr(conbin, conrelid)))
    FROM pg_constraint WHERE oid >= 16384
UNION ALL SELECT format('valid constraint of %s %s: %s %s', conrelid, contypid, contype, conkey)
    FROM pg_constraint WHERE oid >= 16384 AND convalidated
UNION ALL SELECT format('default of %s %s', adrelid, adnum) FROM pg_attrdef
UNION ALL SELECT format('not null: %s %s', attrelid, attnum) FROM pg_attribute WHERE attnotnull AND attrelid >= 16384 AND attnum > 0
UNION ALL SELECT format('identity: %s %s', attrelid, attnum) FROM pg_attribute WHERE attidentity <> '' AND attrelid >= 16384
UNION ALL SELECT format('always: %s %s', attrelid, attnum) FROM pg_attribute WHERE attidentity = 'a' AND attrelid >= 16384
UNION ALL SELECT format('index of %s: %s %s %s %s', indrelid, indisunique, indkey, md5(indexprs::text), md5(indpred::text))
    FROM pg_index WHERE indexrelid >= 16384 AND indisvalid
UNION ALL SELECT format('policy of %s: %s %s %s %s %s', polrelid, polcmd, polpermissive, polroles, md5(polqual::text), md5(polwithcheck::text))
    FROM pg_policy
UNION ALL SELECT format('row security of %s', oid) FROM pg_class WHERE relrowsecurity
UNION ALL SELECT format('forced row security of %s', oid) FROM pg_class WHERE relforcerowsecurity
UNION ALL SELECT format('trigger on %s fires: %s', tgrelid, oid) FROM pg_trigger WHERE tgenabled <> 'D' AND NOT tgisinternal
UNION ALL SELECT format('foreign keys of %s act', tgrelid) FROM pg_trigger WHERE tgisinternal AND tgconstraint <> 0 GROUP BY tgrelid HAVING bool_and(tgenabled = 'O')
UNION ALL SELECT format('%s is a partition or heir of %s', inhrelid, inhparent) FROM pg_inherits
UNION ALL SELECT format('options of %s: %s', oid, o) FROM pg_class, unnest(reloptions) o WHERE oid >= 16384
UNION ALL SELECT format('replica identity of %s: %s', oid, relreplident) FROM pg_class WHERE oid >= 16384 AND relkind = 'r'$$;
CREATE FUNCTION pg_temp.harm_fixes(of text) RETURNS text[] LANGUAGE sql AS $$
SELECT ARRAY(SELECT fix FROM mighead_findings(to_regclass(of), 0) WHERE fix IS NOT NULL)
    || ARRAY(SELECT fix FROM mighead_drift(to_regclass(of), min_severity => 0) WHERE fix IS NOT NULL)
    || ARRAY(SELECT fix FROM mighead_leftovers() WHERE fix IS NOT NULL
        EXCEPT SELECT fix FROM mighead_findings(to_regclass(of), 0))$$;
CREATE FUNCTION pg_temp.harm(of text, ddl text, role text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    facts text[];
    fixes text[];
    fix text;
    errors text[] := '{}';
    behind text[];
    version text;
BEGIN
    EXECUTE ddl;
    -- ALTER DOMAIN ... DROP CONSTRAINT leaves an invalidation message to the next command that writes; a
    -- subtransaction that begins before raises an error (PostgreSQL's own, where its commands are alone).
    CREATE TEMPORARY TABLE harm_command ();
    DROP TABLE harm_command;
    facts := ARRAY(SELECT pg_temp.harm_facts());
    behind := ARRAY(SELECT pg_temp.harm_sequences());
    version := pg_temp.harm_version(of);
    PERFORM set_config('role', coalesce(role, 'none'), true);
    fixes := pg_temp.harm_fixes(of);
    FOREACH fix IN ARRAY fixes LOOP
        IF fix ~ E';\n' AND fix !~ '^DO |BEGIN ATOMIC' THEN
            errors := errors || format('several statements: %s', fix);
        END IF;
        BEGIN
            EXECUTE replace(fix, ' CONCURRENTLY', ''); -- which no transaction can take back
        EXCEPTION WHEN OTHERS THEN
            errors := errors || format('%s: %s', fix, sqlerrm);
        END;
    END LOOP;
    ddl := to_jsonb(pg_temp.harm_fixes(of))::text;
    PERFORM set_config('role', 'none', true);
    RAISE SQLSTATE 'XX999' USING MESSAGE = jsonb_build_object('errors', errors, 'again', ddl::jsonb, 'fixes', cardinality(fixes),
        'lost', ARRAY(SELECT unnest(facts) EXCEPT SELECT pg_temp.harm_facts())
            || ARRAY(SELECT pg_temp.harm_sequences() EXCEPT SELECT unnest(behind))
            || CASE WHEN pg_temp.harm_version(of) IS DISTINCT FROM version AND NOT coalesce((SELECT l.is_exact AND
                (l.is_current OR format('(%s)', l.revision) = version) -- the same under another id
                FROM mighead_locate(to_regclass(of)) l WHERE rank = 1), false) AND pg_temp.harm_version(of) IS NOT NULL
                THEN ARRAY[format('rows of %s, now %s, where the schema is not', version, pg_temp.harm_version(of))] ELSE '{}' END);
EXCEPTION
    WHEN SQLSTATE 'XX999' THEN RETURN sqlerrm::jsonb;
    WHEN OTHERS THEN RETURN jsonb_build_object('errors', ARRAY[sqlerrm], 'again', '[]'::jsonb, 'lost', '[]'::jsonb, 'fixes', 0);
END$$;
SQL

1;
