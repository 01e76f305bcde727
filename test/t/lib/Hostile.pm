# Traps that a role without privileges can put into a database for a superuser: the set-ups of
# 031_hostile_suite.pl, one entry each.
#
# An entry is [ name, SQL ] or [ name, SQL, later ]. The SQL runs as mallory with her schema of
# the entry's name first in the search_path, where canaries wait: t(...) gives a text, b(...) a
# truth value, i(...) an integer, tr() is for triggers. Each writes to the server's log who ran
# it. "later" runs after the superuser captured the schema, and removes what he expects.
package Hostile;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(version_tables version_rows application planted heavy payloads);

my $plain = 'CREATE TABLE alembic_version (version_num varchar(32))';
my $long_name = 'n' x 63;

# Payloads that try to break out of a name or a text.
sub payloads
{
	my ($call) = @_;
	return (
		"'; SELECT $call; --",
		"\"; SELECT $call; --",
		"x); SELECT $call; --",
		"\$\$; SELECT $call; --",
		"\$x\$; SELECT $call; \$x\$",
		"\\'; SELECT $call; --",
		"*/ SELECT $call; /*",
		"a\n; SELECT $call; --",
		"a\n\\! touch FILE\n",
		"%s%n%1\$s; SELECT $call",
		":'x' :\"y\" :z; SELECT $call",
		"\$(touch FILE)`touch FILE`");
}

sub quoted { return '"' . ($_[0] =~ s/"/""/gr) . '"'; }
sub literal { return q{'} . ($_[0] =~ s/'/''/gr) . q{'}; }

# Tables called alembic_version, and objects that look like one.
sub version_tables
{
	my @named;
	my $n = 0;

	# The schema and the columns around it are called so.
	foreach my $payload (payloads('trap.t()'))
	{
		my $schema = quoted(substr($payload, 0, 60));
		push @named, [ 'named_' . ++$n, "CREATE SCHEMA $schema; GRANT USAGE ON SCHEMA $schema TO PUBLIC;
			CREATE TABLE $schema.alembic_version (version_num varchar(4), $schema text CONSTRAINT $schema CHECK (true));
			INSERT INTO $schema.alembic_version VALUES ('a1'), ('zz')" ];
	}
	return (
		[ 'a_view', 'CREATE VIEW alembic_version AS SELECT t() AS version_num' ],
		[ 'barrier_view', 'CREATE VIEW alembic_version WITH (security_barrier) AS SELECT t() AS version_num' ],
		[ 'invoker_view', 'CREATE VIEW alembic_version WITH (security_invoker) AS SELECT t() AS version_num' ],
		[ 'select_rule', q{CREATE VIEW alembic_version AS SELECT ''::text AS version_num;
			CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO alembic_version DO INSTEAD SELECT t() AS version_num} ],
		[ 'materialized', q{CREATE MATERIALIZED VIEW alembic_version AS SELECT t('a2') AS version_num;
			CREATE INDEX ON alembic_version (version_num) WHERE version_num > t()} ],
		[ 'empty_materialized', q{CREATE MATERIALIZED VIEW alembic_version AS SELECT t('a2') AS version_num WITH NO DATA} ],
		[ 'partial_index', "$plain; CREATE INDEX ON alembic_version (version_num) WHERE version_num > t()" ],
		[ 'partial_key', "$plain; CREATE UNIQUE INDEX ON alembic_version (version_num) WHERE b(version_num)" ],
		[ 'expression_index', "$plain; CREATE INDEX ON alembic_version ((version_num || t()))" ],
		[ 'unique_expression', "$plain; CREATE UNIQUE INDEX ON alembic_version (t(version_num))" ],
		[ 'brin_expression', "$plain; CREATE INDEX ON alembic_version USING brin (t(version_num))" ],
		[ 'hash_expression', "$plain; CREATE INDEX ON alembic_version USING hash (t(version_num))" ],
		[ 'exclusion', "$plain; ALTER TABLE alembic_version ADD EXCLUDE USING hash (t(version_num) WITH =)" ],
		[ 'statistics', "$plain; CREATE STATISTICS s ON (version_num || t()), (version_num || 'x') FROM alembic_version" ],
		[ 'gathered_statistics', "$plain; INSERT INTO alembic_version SELECT 'a' || g FROM generate_series(1, 500) g;
			CREATE STATISTICS s ON (t(version_num)) FROM alembic_version; ANALYZE alembic_version" ],
		[ 'partition_key', 'CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY LIST (t(version_num));
			CREATE TABLE part PARTITION OF alembic_version DEFAULT' ],
		[ 'range_partition_key', 'CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY RANGE ((version_num || t()));
			CREATE TABLE part PARTITION OF alembic_version DEFAULT' ],
		[ 'partition_index', 'CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY LIST (version_num);
			CREATE TABLE part PARTITION OF alembic_version DEFAULT; CREATE INDEX ON part (version_num) WHERE b(version_num)' ],
		[ 'partition_check', 'CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY LIST (version_num);
			CREATE TABLE part PARTITION OF alembic_version (CHECK (b(version_num))) DEFAULT' ],
		[ 'foreign_partition', 'CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY LIST (version_num);
			CREATE FOREIGN TABLE part PARTITION OF alembic_version DEFAULT SERVER nowhere' ],
		[ 'no_partition', 'CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY HASH (version_num)' ],
		[ 'deep_partitions', 'CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY LIST (version_num);
			CREATE TABLE p1 PARTITION OF alembic_version DEFAULT PARTITION BY LIST (version_num);
			CREATE TABLE p2 PARTITION OF p1 DEFAULT PARTITION BY LIST (t(version_num)); CREATE TABLE p3 PARTITION OF p2 DEFAULT' ],
		[ 'heir_index', "$plain; CREATE TABLE heir () INHERITS (alembic_version); CREATE INDEX ON heir (version_num) WHERE b(version_num)" ],
		[ 'heir_check', "$plain; CREATE TABLE heir (CHECK (b(version_num))) INHERITS (alembic_version)" ],
		[ 'heir_statistics', "$plain; CREATE TABLE heir () INHERITS (alembic_version); CREATE STATISTICS s ON (t(version_num)) FROM heir" ],
		[ 'heir_policy', "$plain; CREATE TABLE heir () INHERITS (alembic_version); ALTER TABLE heir ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
			CREATE POLICY p ON heir USING (b(version_num))" ],
		[ 'foreign_heir', "$plain; CREATE FOREIGN TABLE heir () INHERITS (alembic_version) SERVER nowhere" ],
		[ 'foreign_table', 'CREATE FOREIGN TABLE alembic_version (version_num varchar(32)) SERVER nowhere' ],
		[ 'checked', "CREATE TABLE alembic_version (version_num varchar(32) CHECK (b(version_num)))" ],
		[ 'unvalidated', "$plain; INSERT INTO alembic_version VALUES ('a1'); ALTER TABLE alembic_version ADD CONSTRAINT c CHECK (b(version_num)) NOT VALID" ],
		[ 'generated', 'CREATE TABLE alembic_version (id int, version_num text GENERATED ALWAYS AS (t(id::text)) STORED); INSERT INTO alembic_version VALUES (1)' ],
		[ 'default', 'CREATE TABLE alembic_version (version_num varchar(32) DEFAULT t()); INSERT INTO alembic_version DEFAULT VALUES' ],
		[ 'row_trigger', "$plain; INSERT INTO alembic_version VALUES ('a1');
			CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON alembic_version FOR EACH ROW EXECUTE FUNCTION tr()" ],
		[ 'statement_trigger', "$plain; INSERT INTO alembic_version VALUES ('a1');
			CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON alembic_version EXECUTE FUNCTION tr()" ],
		[ 'trigger_condition', "$plain; INSERT INTO alembic_version VALUES ('a1'); CREATE FUNCTION ok() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
			CREATE TRIGGER t AFTER UPDATE ON alembic_version FOR EACH ROW WHEN (b(NEW.version_num)) EXECUTE FUNCTION ok()" ],
		[ 'deferred_trigger', "$plain; INSERT INTO alembic_version VALUES ('a1');
			CREATE CONSTRAINT TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON alembic_version DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tr()" ],
		[ 'rules', "$plain; INSERT INTO alembic_version VALUES ('a1');
			CREATE RULE i AS ON INSERT TO alembic_version DO ALSO SELECT t();
			CREATE RULE u AS ON UPDATE TO alembic_version DO INSTEAD SELECT t(); CREATE RULE d AS ON DELETE TO alembic_version DO INSTEAD SELECT t()" ],
		[ 'domain', 'CREATE DOMAIN d AS text CHECK (b(VALUE)); CREATE TABLE alembic_version (version_num d)' ],
		[ 'domain_of_domain', 'CREATE DOMAIN d1 AS varchar(32) CHECK (b(VALUE)); CREATE DOMAIN d AS d1 DEFAULT t(); CREATE TABLE alembic_version (version_num d)' ],
		[ 'composite', 'CREATE DOMAIN d AS text CHECK (b(VALUE)); CREATE TYPE c AS (part d); CREATE TABLE alembic_version (version_num c)' ],
		[ 'array', "CREATE TABLE alembic_version (version_num text[]); INSERT INTO alembic_version VALUES ('{a1}')" ],
		[ 'domain_array', "CREATE DOMAIN d AS text CHECK (b(VALUE)); CREATE TABLE alembic_version (version_num d[]); INSERT INTO alembic_version VALUES ('{a1}')" ],
		[ 'enum', q{CREATE TYPE e AS ENUM ('a1', '''; SELECT trap.t(); --'); CREATE TABLE alembic_version (version_num e); INSERT INTO alembic_version VALUES ('a1')} ],
		[ 'cast_enum', q{CREATE TYPE e AS ENUM ('a1'); CREATE FUNCTION e_text(e) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT t()';
			CREATE CAST (e AS text) WITH FUNCTION e_text(e) AS IMPLICIT; CREATE TABLE alembic_version (version_num e); INSERT INTO alembic_version VALUES ('a1')} ],
		[ 'range_type', q{CREATE TYPE r AS RANGE (subtype = text); CREATE TABLE alembic_version (version_num r); INSERT INTO alembic_version VALUES ('[a,b]')} ],
		[ 'collation', q{CREATE COLLATION c (locale = 'C'); CREATE TABLE alembic_version (version_num text COLLATE c PRIMARY KEY)} ],
		[ 'typed', 'CREATE TYPE c AS (version_num text); CREATE TABLE alembic_version OF c (version_num DEFAULT t())' ],
		[ 'another_type', 'CREATE TABLE alembic_version (version_num bytea, CHECK (b(version_num::text)))' ],
		[ 'no_column', 'CREATE TABLE alembic_version (version text DEFAULT t())' ],
		[ 'many_columns', q{DO $$BEGIN EXECUTE 'CREATE TABLE alembic_version (version_num text,' ||
			(SELECT string_agg('c' || g || ' int', ',') FROM generate_series(1, 1590) g) || ')'; END$$} ],
		[ 'dropped_column', "CREATE TABLE alembic_version (gone text DEFAULT t(), version_num text); ALTER TABLE alembic_version DROP COLUMN gone" ],
		[ 'row_security', "$plain; INSERT INTO alembic_version VALUES ('a1'); ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON alembic_version USING (b(version_num))" ],
		[ 'forced_row_security', "$plain; INSERT INTO alembic_version VALUES ('a1'); ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
			CREATE POLICY p ON alembic_version USING (b(version_num)) WITH CHECK (b(version_num)); CREATE POLICY q ON alembic_version AS RESTRICTIVE USING (b(version_num))" ],
		[ 'reference', "CREATE TABLE other (id varchar(32) PRIMARY KEY CHECK (b(id))); CREATE INDEX ON other (id) WHERE b(id);
			CREATE TABLE alembic_version (version_num varchar(32) REFERENCES other ON UPDATE CASCADE ON DELETE CASCADE)" ],
		[ 'referenced', "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
			CREATE TABLE other (id varchar(32) REFERENCES alembic_version ON UPDATE CASCADE ON DELETE CASCADE, CHECK (b(id)));
			CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON other FOR EACH ROW EXECUTE FUNCTION tr();
			INSERT INTO alembic_version VALUES ('a1'); INSERT INTO other VALUES ('a1')" ],
		[ 'commented', qq{$plain; COMMENT ON TABLE alembic_version IS '''; SELECT trap.t(); --'; COMMENT ON COLUMN alembic_version.version_num IS '\$\$; SELECT trap.t(); --'} ],
		[ 'long_name', "CREATE SCHEMA $long_name; GRANT USAGE ON SCHEMA $long_name TO PUBLIC; CREATE TABLE $long_name.alembic_version ($long_name text, version_num text DEFAULT t())" ],
		@named);
}

# Rows of an ordinary version table.
sub version_rows
{
	my @odd = (
		"''", "' '", "E' a1'", "E'a1 '", "E'\\t'", "E'a\\nb'", "E'\\x01\\x02'", "chr(127)", "chr(8238) || 'a1'", "'a'", "'head'", "'heads'",
		"'base'", "'+1'", "'-1'", "'a1+1'", "'x\@head'", "'a1:a2'", "'*'", "'%'", "'A1'", "'a1,a2'", "'{a1}'", "'NULL'", "'null'",
		"repeat('x', 1000)", "repeat(chr(1), 30000)", "repeat('y', 1000000)", "'''; SELECT trap.t(); --'", "'\"; SELECT trap.t(); --'", "'\$\$; SELECT trap.t(); --'",
		"E'\\\\'; SELECT trap.t(); --'" =~ s/'; S/''; S/r, "'%s%n'");
	my $create = 'CREATE TABLE alembic_version (version_num text)';

	return (
		[ 'null_rows', "$create; INSERT INTO alembic_version SELECT NULL FROM generate_series(1, 3)" ],
		[ 'odd_rows', "$create; INSERT INTO alembic_version VALUES " . join(', ', map { "($_)" } @odd) ],
		(map { [ "odd_row_$_", "$create; INSERT INTO alembic_version VALUES ($odd[$_])" ] } grep { $_ % 3 == 0 || $odd[$_] =~ /SELECT/ } 0 .. $#odd),
		[ 'narrow', "CREATE TABLE alembic_version (version_num varchar(1)); INSERT INTO alembic_version VALUES ('a')" ],
		[ 'redundant', "$create; INSERT INTO alembic_version VALUES ('a1'), ('a2'), ('a2')" ]);
}

# Objects that a superuser captures and that are changed afterwards.  The schema app is trusted, mallory may
# create there.
sub application
{
	my @named;
	my $n = 0;

	foreach my $payload (payloads('trap.t()'))
	{
		my $name = quoted(substr($payload, 0, 60));
		my $text = literal($payload);
		$n++;
		push @named, [ "called_$n", "CREATE TABLE app.$name ($name text DEFAULT $text CONSTRAINT $name CHECK ($name <> $text)); GRANT ALL ON app.$name TO PUBLIC;
			CREATE INDEX ON app.$name ($name) WHERE $name <> $text; COMMENT ON TABLE app.$name IS $text; COMMENT ON COLUMN app.$name.$name IS $text;
			CREATE TYPE app.e_$n AS ENUM (" . literal(substr($payload, 0, 60)) . ");
			CREATE VIEW app.v_$n AS SELECT $name, $text AS x FROM app.$name;
			CREATE POLICY $name ON app.$name USING ($name <> $text);
			CREATE RULE $name AS ON UPDATE TO app.$name WHERE NEW.$name = $text DO ALSO NOTHING;
			CREATE FUNCTION app.f_$n($name text DEFAULT $text) RETURNS text LANGUAGE sql AS " . literal("SELECT $text") . ";
			CREATE TRIGGER $name AFTER UPDATE ON app.$name FOR EACH ROW WHEN (OLD.$name <> $text) EXECUTE FUNCTION tr($text)",
			$n % 3 == 0 ? "DROP VIEW app.v_$n; DROP TABLE app.$name; DROP TYPE app.e_$n; DROP FUNCTION app.f_$n" :
			$n % 3 == 1 ? "DROP VIEW app.v_$n; ALTER TABLE app.$name DROP CONSTRAINT $name, ALTER $name DROP DEFAULT" 			: "ALTER TABLE app.$name RENAME TO renamed_$n; DROP POLICY $name ON app.renamed_$n; DROP RULE $name ON app.renamed_$n; DROP TRIGGER $name ON app.renamed_$n" ];
	}
	return (
		[ 'column_default', 'CREATE TABLE app.d1 (a int DEFAULT i(1), b text DEFAULT t()); INSERT INTO app.d1 DEFAULT VALUES', 'ALTER TABLE app.d1 DROP COLUMN a, ALTER b DROP DEFAULT' ],
		[ 'lost_default_table', 'CREATE TABLE app.d2 (a int DEFAULT i(1)); INSERT INTO app.d2 DEFAULT VALUES', 'DROP TABLE app.d2' ],
		[ 'generated_column', 'CREATE TABLE app.g1 (a int, b int GENERATED ALWAYS AS (i(a)) STORED); INSERT INTO app.g1 VALUES (1)', 'ALTER TABLE app.g1 DROP COLUMN b' ],
		[ 'generated_expression', 'CREATE TABLE app.g2 (a int, b int GENERATED ALWAYS AS (i(a)) STORED); INSERT INTO app.g2 VALUES (1)', 'ALTER TABLE app.g2 ALTER b DROP EXPRESSION' ],
		[ 'check', 'CREATE TABLE app.c1 (a text CONSTRAINT c CHECK (b(a))); INSERT INTO app.c1 VALUES (1)', 'ALTER TABLE app.c1 DROP CONSTRAINT c' ],
		[ 'check_not_valid', 'CREATE TABLE app.c2 (a text CONSTRAINT c CHECK (b(a))); INSERT INTO app.c2 VALUES (1)',
			'ALTER TABLE app.c2 DROP CONSTRAINT c; ALTER TABLE app.c2 ADD CONSTRAINT c CHECK (b(a)) NOT VALID' ],
		[ 'not_null', 'CREATE TABLE app.c3 (a text NOT NULL); CREATE INDEX ON app.c3 (a) WHERE b(a); INSERT INTO app.c3 VALUES (1)', 'ALTER TABLE app.c3 ALTER a DROP NOT NULL' ],
		[ 'wider_type', 'CREATE TABLE app.c4 (a bigint, b varchar(20)); CREATE INDEX ON app.c4 (i(a::int)); INSERT INTO app.c4 VALUES (1, 2)', 'ALTER TABLE app.c4 ALTER a TYPE int, ALTER b TYPE varchar(10)' ],
		[ 'domain_column', 'CREATE DOMAIN app.dom AS text CHECK (b(VALUE)); CREATE TABLE app.c5 (a app.dom DEFAULT 1); INSERT INTO app.c5 DEFAULT VALUES', 'ALTER TABLE app.c5 DROP COLUMN a' ],
		[ 'domain_check', 'CREATE DOMAIN app.dom2 AS text CONSTRAINT c CHECK (b(VALUE)); CREATE TABLE app.c6 (a app.dom2); INSERT INTO app.c6 VALUES (1)', 'ALTER DOMAIN app.dom2 DROP CONSTRAINT c' ],
		[ 'domain_unvalidated', 'CREATE DOMAIN app.dom3 AS text CONSTRAINT c CHECK (b(VALUE)); CREATE TABLE app.c7 (a app.dom3); INSERT INTO app.c7 VALUES (1)',
			'ALTER DOMAIN app.dom3 DROP CONSTRAINT c; ALTER DOMAIN app.dom3 ADD CONSTRAINT c CHECK (b(VALUE)) NOT VALID' ],
		[ 'index_predicate', 'CREATE TABLE app.i1 (a text); INSERT INTO app.i1 VALUES (1); CREATE INDEX i1_a ON app.i1 (a) WHERE b(a)', 'DROP INDEX app.i1_a' ],
		[ 'index_expression', 'CREATE TABLE app.i2 (a text); INSERT INTO app.i2 VALUES (1); CREATE UNIQUE INDEX i2_a ON app.i2 (t(a))', 'DROP INDEX app.i2_a; CREATE INDEX i2_b ON app.i2 (t(a))' ],
		[ 'index_of_other', 'CREATE TABLE app.i3 (a text, z text); INSERT INTO app.i3 VALUES (1, 1); CREATE INDEX i3_a ON app.i3 (a); CREATE INDEX i3_z ON app.i3 (z) WHERE b(z)', 'DROP INDEX app.i3_a' ],
		[ 'invalid_index', 'CREATE TABLE app.i4 (a text); INSERT INTO app.i4 VALUES (1), (1)', 'CREATE UNIQUE INDEX CONCURRENTLY i4_a ON app.i4 (t(a))' ],
		[ 'statistics_lost', 'CREATE TABLE app.s1 (a text, b text); CREATE STATISTICS app.s1_s ON (t(a)), b FROM app.s1; INSERT INTO app.s1 VALUES (1, 1); ANALYZE app.s1', 'DROP STATISTICS app.s1_s' ],
		[ 'statistics_kept', 'CREATE TABLE app.s2 (a text NOT NULL, b text); CREATE STATISTICS app.s2_s ON (t(a)), b FROM app.s2; INSERT INTO app.s2 VALUES (1, 1); ANALYZE app.s2', 'ALTER TABLE app.s2 ALTER a DROP NOT NULL' ],
		[ 'view', 'CREATE VIEW app.v1 AS SELECT t() AS a', 'DROP VIEW app.v1' ],
		[ 'changed_view', 'CREATE VIEW app.v2 AS SELECT t() AS a', "CREATE OR REPLACE VIEW app.v2 AS SELECT ''::text AS a" ],
		[ 'view_default', 'CREATE VIEW app.v3 AS SELECT 1 AS a; ALTER VIEW app.v3 ALTER a SET DEFAULT i(1)', 'ALTER VIEW app.v3 ALTER a DROP DEFAULT' ],
		[ 'lost_materialized', 'CREATE MATERIALIZED VIEW app.m1 AS SELECT t() AS a', 'DROP MATERIALIZED VIEW app.m1' ],
		[ 'unpopulated', 'CREATE MATERIALIZED VIEW app.m2 AS SELECT t() AS a; CREATE UNIQUE INDEX ON app.m2 (a)', 'REFRESH MATERIALIZED VIEW app.m2 WITH NO DATA' ],
		[ 'index_of_materialized', 'CREATE MATERIALIZED VIEW app.m3 AS SELECT t() AS a; CREATE INDEX m3_a ON app.m3 (t(a))', 'DROP INDEX app.m3_a' ],
		[ 'policy', 'CREATE TABLE app.p1 (a text); ALTER TABLE app.p1 ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON app.p1 USING (b(a)) WITH CHECK (b(a))', 'DROP POLICY p ON app.p1' ],
		[ 'unforced', 'CREATE TABLE app.p2 (a text); ALTER TABLE app.p2 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON app.p2 USING (b(a))', 'ALTER TABLE app.p2 NO FORCE ROW LEVEL SECURITY' ],
		[ 'rule', 'CREATE TABLE app.r1 (a text); CREATE RULE r AS ON UPDATE TO app.r1 DO ALSO SELECT t()', 'DROP RULE r ON app.r1' ],
		[ 'trigger', 'CREATE TABLE app.t1 (a text); CREATE TRIGGER t BEFORE UPDATE ON app.t1 FOR EACH ROW WHEN (b(NEW.a)) EXECUTE FUNCTION tr()', 'DROP TRIGGER t ON app.t1' ],
		[ 'disabled_trigger', 'CREATE TABLE app.t2 (a text); CREATE TRIGGER t BEFORE UPDATE ON app.t2 FOR EACH ROW EXECUTE FUNCTION tr()', 'ALTER TABLE app.t2 DISABLE TRIGGER t' ],
		[ 'trigger_of_others', 'CREATE TRIGGER mine AFTER INSERT OR UPDATE OR DELETE ON app.account FOR EACH STATEMENT EXECUTE FUNCTION tr()', undef ],
		[ 'reference', 'CREATE TABLE app.f1 (a int PRIMARY KEY, b int CONSTRAINT f REFERENCES app.account); CREATE INDEX ON app.f1 (b) WHERE i(b) > 0; INSERT INTO app.f1 VALUES (1, NULL)', 'ALTER TABLE app.f1 DROP CONSTRAINT f' ],
		[ 'reference_not_valid', 'CREATE TABLE app.f2 (a int PRIMARY KEY, b int CONSTRAINT f REFERENCES app.account); CREATE INDEX ON app.f2 (b) WHERE i(b) > 0; INSERT INTO app.f2 VALUES (1, NULL)',
			'ALTER TABLE app.f2 DROP CONSTRAINT f; ALTER TABLE app.f2 ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES app.account NOT VALID' ],
		[ 'partitioned', 'CREATE TABLE app.q1 (a text, b int DEFAULT i(1)) PARTITION BY LIST (t(a)); CREATE TABLE app.q1_d PARTITION OF app.q1 DEFAULT; INSERT INTO app.q1 VALUES (1)', 'ALTER TABLE app.q1 DETACH PARTITION app.q1_d' ],
		[ 'partition_lost', 'CREATE TABLE app.q2 (a text CHECK (b(a))) PARTITION BY LIST (a); CREATE TABLE app.q2_d PARTITION OF app.q2 DEFAULT; INSERT INTO app.q2 VALUES (1)', 'DROP TABLE app.q2_d' ],
		[ 'inherited', 'CREATE TABLE app.h1 (a text CHECK (b(a))); CREATE TABLE app.h2 () INHERITS (app.h1); INSERT INTO app.h2 VALUES (1)', 'ALTER TABLE app.h2 NO INHERIT app.h1' ],
		[ 'function_default', 'CREATE FUNCTION app.fd(a text DEFAULT t()) RETURNS text LANGUAGE sql AS $$SELECT $1$$' , 'DROP FUNCTION app.fd' ],
		[ 'function_body', 'CREATE FUNCTION app.fb() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT t(); END', 'DROP FUNCTION app.fb' ],
		[ 'function_setting', q{CREATE FUNCTION app.fs() RETURNS text LANGUAGE plpgsql SET search_path TO "x; SELECT trap.t()" SET application_name TO '''; SELECT trap.t(); --' AS 'BEGIN RETURN 1; END'}, 'DROP FUNCTION app.fs' ],
		[ 'aggregate', q{CREATE AGGREGATE app.ag(text) (SFUNC = textcat, STYPE = text, INITCOND = '''; SELECT trap.t(); --')}, 'DROP AGGREGATE app.ag(text)' ],
		[ 'operator', 'CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN b(); END$$; CREATE OPERATOR app.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = same)', 'DROP OPERATOR app.=== (text, text)' ],
		[ 'cast', q{CREATE TYPE app.ce AS ENUM ('x'); CREATE FUNCTION ce_int(app.ce) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i()'; CREATE CAST (app.ce AS int) WITH FUNCTION ce_int(app.ce) AS IMPLICIT;
			CREATE TABLE app.ct (a app.ce, b bigint DEFAULT 1); INSERT INTO app.ct VALUES ('x')}, 'ALTER TABLE app.ct DROP COLUMN b' ],
		[ 'range_type', 'CREATE FUNCTION diff(text, text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$SELECT i()::float8$$; CREATE TYPE app.rt AS RANGE (subtype = text, subtype_diff = diff); CREATE TABLE app.rtt (a app.rt DEFAULT NULL)', 'DROP TABLE app.rtt; DROP TYPE app.rt' ],
		[ 'enum_label', q{CREATE TYPE app.el AS ENUM ('a', 'b'); CREATE TABLE app.elt (a app.el DEFAULT 'a')}, q{ALTER TYPE app.el ADD VALUE '''; SELECT trap.t(); --'} ],
		[ 'composite_type', 'CREATE DOMAIN app.cd AS text CHECK (b(VALUE)); CREATE TYPE app.cc AS (a app.cd, b int)', 'ALTER TYPE app.cc DROP ATTRIBUTE b' ],
		[ 'sequence', 'CREATE SEQUENCE app.sq INCREMENT 7 OWNED BY NONE; CREATE TABLE app.sqt (a bigint DEFAULT nextval($$app.sq$$))', 'ALTER TABLE app.sqt ALTER a DROP DEFAULT; ALTER SEQUENCE app.sq INCREMENT 1' ],
		[ 'privileges', 'CREATE TABLE app.pr (a text DEFAULT t()); GRANT ALL ON app.pr TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC', 'REVOKE ALL ON app.pr FROM PUBLIC' ],
		[ 'server_options', q{CREATE SERVER mine FOREIGN DATA WRAPPER nowhere OPTIONS (a '''; SELECT trap.t(); --'); CREATE FOREIGN TABLE app.ft (a text DEFAULT t()) SERVER mine OPTIONS ("; x" '''; SELECT trap.t(); --')}, 'DROP FOREIGN TABLE app.ft' ],
		[ 'publication', 'CREATE TABLE app.pu (a int PRIMARY KEY); CREATE PUBLICATION "p; SELECT trap.t()" FOR TABLE app.pu WHERE (a > 1)', 'DROP PUBLICATION "p; SELECT trap.t()"' ],
		[ 'text_search', q{CREATE TEXT SEARCH DICTIONARY app.ts (TEMPLATE = pg_catalog.simple, accept = 'true'); CREATE TEXT SEARCH CONFIGURATION app.tc (COPY = pg_catalog.simple)}, 'DROP TEXT SEARCH DICTIONARY app.ts' ],
		[ 'left_over', q{CREATE TABLE app."_alembic_tmp_x'; SELECT trap.t(); --" (a text DEFAULT t() CHECK (b(a)), b int GENERATED ALWAYS AS (i(1)) STORED); CREATE TYPE app."u; SELECT trap.t()" AS ENUM ('x')}, undef ],
		@named);
}

# Names in a writable schema ("here") that shadow the objects that a person or mighead means.
sub planted
{
	return (
		# In place of every function, with the same arguments, and in place of the variadic and polymorphic with texts.
		[ 'functions', q{DO $do$
			DECLARE f record;
			BEGIN
				FOR f IN SELECT DISTINCT proname, pg_get_function_identity_arguments(oid) AS args FROM pg_proc
					WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND pronargs BETWEEN 1 AND 4
					AND proname !~ '^(RI_|bt|hash|gin|gist|spg|brin|.*(in|out|send|recv)$|float|int[248]|bpchar|numeric_|interval_|timestamp|cash|uuid|mac|tid|xid|box|circle|poly|point|lseg|path|inet|network|bit|enum|range|multirange|dsimple|dispell|thesaurus|prsd|ts|tsm|binary_upgrade)'
				LOOP
					BEGIN
						EXECUTE format('CREATE FUNCTION here.%I(%s) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN TRAP; END$$', f.proname, f.args);
					EXCEPTION WHEN OTHERS THEN NULL;
					END;
				END LOOP;
			END $do$} ],
		[ 'texts', q{DO $do$
			DECLARE f text; n int;
			BEGIN
				FOREACH f IN ARRAY '{format,unnest,array_agg,concat,concat_ws,to_jsonb,to_json,jsonb_build_object,jsonb_agg,string_agg,count,coalesce,quote_ident,quote_literal,array_to_string,array_length,cardinality,lower,upper,length,min,max,sum,now,pg_notify,set_config,current_setting,has_table_privilege,pg_get_viewdef,jsonb_array_elements,jsonb_each_text,generate_series,row_to_json,starts_with,array_append,array_cat,nullif,regexp_replace,substr,to_regclass,obj_description}'::text[] LOOP
					FOR n IN 0 .. 8 LOOP
						BEGIN
							EXECUTE format('CREATE FUNCTION here.%I(%s) RETURNS text LANGUAGE plpgsql AS $$BEGIN RETURN TRAP; END$$', f, array_to_string(array_fill('text'::text, ARRAY[n]), ','));
						EXCEPTION WHEN OTHERS THEN NULL;
						END;
					END LOOP;
					EXECUTE format('CREATE FUNCTION here.%I(text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$BEGIN RETURN NEXT TRAP; END$$', f);
				END LOOP;
			EXCEPTION WHEN OTHERS THEN RAISE NOTICE '% %', f, SQLERRM;
			END $do$} ],
		[ 'namesakes', q{DO $do$
			DECLARE f record; type text;
			BEGIN
				FOR f IN SELECT proname, pronargs, prokind, n FROM pg_proc JOIN pg_depend ON objid = pg_proc.oid AND deptype = 'e' AND refclassid = 'pg_extension'::regclass
					JOIN pg_extension e ON e.oid = refobjid AND extname = 'mighead', generate_series(0, pronargs) n LOOP
					FOREACH type IN ARRAY '{text,name,oid,unknown,varchar,anyelement}'::text[] LOOP
						BEGIN
							EXECUTE format('CREATE %s here.%I(%s) %s LANGUAGE plpgsql AS $$BEGIN PERFORM TRAP; END$$', CASE WHEN f.prokind = 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
								f.proname, array_to_string(array_fill(type, ARRAY[f.n]), ','), CASE WHEN f.prokind = 'p' THEN '' ELSE 'RETURNS void' END);
						EXCEPTION WHEN OTHERS THEN NULL;
						END;
					END LOOP;
				END LOOP;
			END $do$} ],
		[ 'operators', q{DO $do$
			DECLARE o record;
			BEGIN
				FOR o IN SELECT DISTINCT oprname, format_type(t.oid, NULL) AS t FROM pg_operator,
					unnest('{text,name,oid,int4,int8,bool,"char",regclass,timestamptz,text[],name[],jsonb,varchar,float8}'::regtype[]) t
					WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprname IN ('=', '<>', '<', '>', '<=', '>=', '||', '~', '!~', '~~', '!~~', '->', '->>', '@>', '<@', '&&', '+', '-', '&', '*', '/', '%', '~*', '#>>', '?') LOOP
					BEGIN
						EXECUTE format('CREATE FUNCTION here.o(%1$s, %1$s) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN PERFORM TRAP; RETURN true; END$$', o.t);
					EXCEPTION WHEN duplicate_function THEN NULL;
					END;
					EXECUTE format('CREATE OPERATOR here.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = here.o)', o.oprname, o.t);
				END LOOP;
			END $do$} ],
		[ 'types', q{DO $do$
			DECLARE type text;
			BEGIN
				FOREACH type IN ARRAY '{text,name,oid,regclass,int4,int8,bool,bytea,timestamptz,jsonb,varchar,float8,regtype,regproc,regnamespace,regrole,pg_lsn,xid8,inet}'::text[] LOOP
					EXECUTE format('CREATE DOMAIN here.%I AS pg_catalog.%1$I CHECK (TRAP IS NOT NULL)', type);
				END LOOP;
			END $do$} ],
		[ 'catalogs', q{DO $do$
			DECLARE c text;
			BEGIN
				FOR c IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') LOOP
					BEGIN
						EXECUTE format('CREATE VIEW here.%I AS SELECT * FROM pg_catalog.%1$I WHERE TRAP IS NOT NULL', c);
					EXCEPTION WHEN OTHERS THEN NULL;
					END;
				END LOOP;
			END $do$} ],
		[ 'tables', q{DO $do$
			DECLARE c text;
			BEGIN
				FOR c IN SELECT relname FROM pg_class WHERE relnamespace = 'mighead'::regnamespace AND relkind = 'r' UNION VALUES ('mighead_versions_'), ('part'), ('mighead_load'), ('archive') LOOP
					BEGIN
						EXECUTE format('CREATE VIEW here.%I AS SELECT TRAP AS part', c);
					EXCEPTION WHEN OTHERS THEN NULL;
					END;
				END LOOP;
			END $do$} ],
		[ 'casts', q{CREATE TYPE here.ce AS ENUM ('a1'); CREATE FUNCTION here.ce_text(here.ce) RETURNS text LANGUAGE sql AS 'SELECT TRAP';
			CREATE CAST (here.ce AS text) WITH FUNCTION here.ce_text(here.ce) AS IMPLICIT} ],
		[ 'aggregates', q{CREATE FUNCTION here.step(text[], name) RETURNS text[] LANGUAGE plpgsql AS 'BEGIN PERFORM TRAP; RETURN $1; END';
			CREATE AGGREGATE here.array_agg(name) (SFUNC = here.step, STYPE = text[], INITCOND = '{}'); CREATE AGGREGATE here.max(name) (SFUNC = here.step, STYPE = text[], INITCOND = '{}')} ]);
}

# Objects that cost time and memory, each in a database of its own.
sub heavy
{
	my $create = 'CREATE TABLE alembic_version (version_num text); ALTER TABLE alembic_version ALTER version_num SET STORAGE MAIN';
	return (
		[ 'equal_rows', "$create; INSERT INTO alembic_version SELECT 'a1' FROM generate_series(1, 100000)" ],
		[ 'blank_rows', "$create; INSERT INTO alembic_version SELECT ' ' || g FROM generate_series(1, 100000) g" ],
		[ 'compressed_rows', "$create; INSERT INTO alembic_version SELECT repeat(chr(97 + g % 26), 160000) FROM generate_series(1, 2000) g" ],
		[ 'large_rows', "$create; INSERT INTO alembic_version SELECT repeat(md5(g::text), 30000) FROM generate_series(1, 200) g" ],
		[ 'many_version_tables', q{DO $$BEGIN FOR i IN 1 .. 300 LOOP EXECUTE format('CREATE SCHEMA s%s; CREATE TABLE s%1$s.alembic_version (version_num varchar(32) PRIMARY KEY)', i);
			EXECUTE format('INSERT INTO s%s.alembic_version VALUES (%L)', i, 'a' || i % 4); END LOOP; END$$} ],
		[ 'many_leftovers', q{DO $$BEGIN FOR i IN 1 .. 1000 LOOP EXECUTE format('CREATE TABLE "_alembic_tmp_%s" (a text CONSTRAINT c CHECK (b(a)))', i); EXECUTE format('CREATE TYPE e%s AS ENUM (%L)', i, i); END LOOP; END$$} ],
		[ 'deep_view', q{CREATE TABLE app.w0 (a int); DO $$BEGIN FOR i IN 1 .. 200 LOOP EXECUTE format('CREATE VIEW app.w%s AS SELECT a + 1 AS a FROM app.w%s', i, i - 1); END LOOP; END$$} ],
		[ 'long_expression', q{DO $$BEGIN EXECUTE 'CREATE TABLE app.le (a int, CHECK (a > 0' || repeat(' AND a > 0', 20000) || '))'; EXECUTE 'CREATE VIEW app.lv AS SELECT 1' || repeat('+1', 1000) || ' AS a'; END$$} ],
		[ 'long_texts', q{CREATE TABLE app.lt (a text); COMMENT ON TABLE app.lt IS 'x'; DO $$BEGIN EXECUTE format('COMMENT ON TABLE app.lt IS %L', repeat('x', 5000000)); EXECUTE format('CREATE FUNCTION app.lf() RETURNS text LANGUAGE sql AS %L', 'SELECT ' || quote_literal(repeat('y', 5000000))); END$$} ]);
}

1;
