# Noise: what changes nothing for a person changes no definition.  A schema with every
# kind of object is dumped and restored, rewritten, renamed there and back, and made in
# another way; the definitions must stay what they are, byte by byte.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
# the fixtures and Alembic's texts are not of one language
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE mighead_app;
CREATE ROLE mighead_reader;
CREATE ROLE "mighead Quoted";
CREATE ROLE "Mighead other";
CREATE ROLE visitor LOGIN;
SQL

# Definitions as text, a line for each attribute.
sub definitions
{
	my ($database, %how) = @_;
	my $home = $how{home} // '"My Home"';
	my $schemas = $how{schemas} ? "'$how{schemas}'" : 'NULL';
	my $text = $node->safe_psql(
		$database,
		($how{before} // '')
		  . "SELECT object_type, object, parent, attribute, value
			 FROM public.mighead_definitions('$home.alembic_version', $schemas)",
		extra_params => [ '-U', $how{role} // $node->psql_user ]);

	return $text;
}

sub PostgreSQL::Test::Cluster::psql_user
{
	my ($self) = @_;

	return $self->safe_psql('postgres', 'SELECT current_user');
}

sub is_same
{
	my ($got, $expected, $name) = @_;
	my %expected = map { $_ => 1 } split /\n/, $expected;
	my %got = map { $_ => 1 } split /\n/, $got;

	ok($got eq $expected, $name) and return;
	diag("lost: $_") for grep { !$got{$_} } sort keys %expected;
	diag("new:  $_") for grep { !$expected{$_} } sort keys %got;
}

sub dump_and_restore
{
	my ($from, $to, @options) = @_;
	my $file = $node->data_dir . "/$to.dump";

	$node->command_ok([ 'pg_dump', '-Fc', '-f', $file, @options, $node->connstr($from) ], "dump of $from");
	$node->safe_psql('postgres', "CREATE DATABASE $to");
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr($to), $file ], "restore into $to");
}

# 1. Dump and restore, twice: the second finds what only the first straightens out.
$node->safe_psql('postgres', 'CREATE DATABASE one');
$node->safe_psql('one', 'CREATE EXTENSION mighead');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('one'), '-f', $_ ], $_)
  for 'test/fixtures/everything_relations.sql', 'test/fixtures/everything_objects.sql';
$node->safe_psql('one', <<'SQL');
SET search_path = "My Home";
-- the server deparses these one way, and what it made of that text another
CREATE TABLE folded (status varchar(10) DEFAULT (ARRAY['a'::varchar, 'b'])[1], kind "char",
    CHECK (status IN ('new', 'it''s', 'ol,d]')), CHECK (status NOT IN ('x', 'y') OR kind IN ('a', 'b')));
CREATE INDEX folded_index ON folded (status) WHERE status IN ('new', 'old');
CREATE INDEX folded_expression ON folded ((status IN ('new', 'old')));
CREATE VIEW folded_view AS SELECT status, status = ANY (ARRAY['a'::varchar, NULL]) AS is_a FROM folded
    WHERE status IN ('new', 'old');
CREATE POLICY folded_policy ON folded USING (status IN ('new', 'old'));
CREATE TRIGGER folded_trigger BEFORE INSERT ON folded FOR EACH ROW WHEN (NEW.status IN ('new', 'old')) EXECUTE FUNCTION touch();
CREATE RULE folded_rule AS ON DELETE TO folded WHERE OLD.status IN ('new', 'old') DO INSTEAD NOTHING;
CREATE TABLE long_lists (a text, b numeric(5,1), CHECK (b IN (1, 2.5, -3)), CHECK (a::varchar(3) IN ('abc', 'de')),
    CHECK (a::name IN ('x'::name, 'y')), CHECK (b::float8 IN (0.1, 1e100)));
SQL
my %wide = (schemas => '{My Home,mighead_beside,app,Other one}');
my $expected = definitions('one', %wide);
cmp_ok(length $expected, '>', 20_000, 'there is something to compare');
like($expected, qr/ANY \(ARRAY\[\('new'::character varying\)::text/, 'coercions are where a restore puts them');

dump_and_restore('one', 'two');
is_same(definitions('two', %wide), $expected, 'dump and restore');
dump_and_restore('two', 'three');
is_same(definitions('three', %wide), $expected, 'dump and restore, once more');
dump_and_restore('one', 'quoted', '--quote-all-identifiers');
is_same(definitions('quoted', %wide), $expected, 'dump with --quote-all-identifiers');

# 2. Work on the data and its files; statements that take each other back.
$node->safe_psql('two', $_) for 'VACUUM FULL', 'ANALYZE', 'REINDEX SCHEMA "My Home"', 'REINDEX DATABASE two';
is_same(definitions('two', %wide), $expected, 'VACUUM FULL, ANALYZE, REINDEX');
$node->safe_psql('two', <<'SQL');
SET search_path = "My Home";
INSERT INTO plain SELECT i FROM generate_series(1, 100) i;
SELECT nextval('s_plain');
REFRESH MATERIALIZED VIEW m;
ALTER TABLE plain RENAME TO fancy;
ALTER TABLE fancy RENAME a TO z;
ALTER TABLE fancy RENAME z TO a;
ALTER TABLE fancy RENAME TO plain;
ALTER SCHEMA "My Home" RENAME TO elsewhere;
ALTER SCHEMA elsewhere RENAME TO "My Home";
ALTER TYPE mood RENAME TO temper;
ALTER TYPE temper RENAME TO mood;
GRANT ALL ON plain TO mighead_reader;
REVOKE ALL ON plain FROM mighead_reader;
GRANT UPDATE (a) ON plain TO mighead_reader;
REVOKE UPDATE (a) ON plain FROM mighead_reader;
COMMENT ON TABLE plain IS 'x';
COMMENT ON TABLE plain IS NULL;
ALTER TABLE plain ALTER a SET DEFAULT 1, ALTER a SET STATISTICS 7;
ALTER TABLE plain ALTER a DROP DEFAULT;
ALTER TABLE plain ALTER a SET STATISTICS -1;
ALTER TABLE plain SET (fillfactor = 50);
ALTER TABLE plain RESET (fillfactor);
ALTER TABLE plain SET UNLOGGED;
ALTER TABLE plain SET LOGGED;
ALTER TABLE measured DETACH PARTITION measured_1;
ALTER TABLE measured ATTACH PARTITION measured_1 FOR VALUES FROM ('2024-01-01', MINVALUE) TO ('2025-01-01', 'q');
ALTER TABLE measured_1 DISABLE TRIGGER of_all;
DROP INDEX i_partial;
CREATE INDEX i_partial ON indexed (a) WHERE b <> 'x' AND a > 0;
CREATE OR REPLACE VIEW v_plain AS SELECT a FROM plain;
SQL
is_same(definitions('two', %wide), $expected, 'changes that are taken back');

# 3. Whoever asks, with whatever settings.
$node->safe_psql('one', 'GRANT USAGE ON SCHEMA "My Home" TO visitor; GRANT SELECT ON "My Home".alembic_version TO visitor;
	REVOKE USAGE ON SCHEMA "My Home" FROM visitor; GRANT USAGE ON SCHEMA "My Home" TO visitor');
# whose options of user mappings only some may see
sub for_everybody
{
	return join "\n", grep { !/^user mapping\|/ } split /\n/, definitions('one', %wide, @_);
}
my $granted = for_everybody();
# 19 has no other literals
my $conforming = $node->safe_psql('postgres', 'SHOW server_version_num') < 190000 ? 'off' : 'on';
is_same(for_everybody(role => 'visitor', before => "SET $_;"), $granted, "as another role, with $_")
  for q{search_path = ''}, 'search_path = "My Home", app, pg_catalog', 'quote_all_identifiers = on', q{DateStyle = 'SQL, DMY'},
  q{TimeZone = 'America/New_York'}, "standard_conforming_strings = $conforming", 'extra_float_digits = -15', q{IntervalStyle = 'sql_standard'},
  'enable_indexscan = off';

# 4. Another home: a schema of another name is the same schema.
$node->safe_psql('three', 'ALTER SCHEMA "My Home" RENAME TO tenant_7');
is_same(definitions('three', home => 'tenant_7', schemas => '{tenant_7,mighead_beside,app,Other one}'), $expected, 'another home');

# 5. The same schema made in two ways.
my %made = (
	at_once => <<'SQL',
CREATE TABLE a (
    id int GENERATED ALWAYS AS IDENTITY (CACHE 5) PRIMARY KEY,
    name varchar(20) COLLATE "C" DEFAULT 'x' NOT NULL CONSTRAINT short CHECK (length(name) < 10),
    parent int CONSTRAINT up REFERENCES a ON DELETE CASCADE DEFERRABLE, twice int GENERATED ALWAYS AS (parent * 2) STORED,
    CONSTRAINT once UNIQUE (name, parent)) WITH (fillfactor = 80);
CREATE TABLE p (k int NOT NULL DEFAULT 3, v text STORAGE_EXTERNAL, CHECK (k > 0), PRIMARY KEY (k)) PARTITION BY LIST (k);
CREATE INDEX p_v ON p (v);
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION t();
ALTER TABLE p ADD CONSTRAINT refers FOREIGN KEY (k) REFERENCES a;
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1, 2);
CREATE SEQUENCE s START 5 OWNED BY a.id;
SQL
	in_steps => <<'SQL',
CREATE TABLE a (gone text, id bigint, parent int, name text);
ALTER TABLE a DROP gone, ALTER id TYPE int, ALTER name TYPE varchar(20) COLLATE "C", ALTER name SET DEFAULT 'x';
ALTER TABLE a ALTER name SET NOT NULL, ADD CONSTRAINT short CHECK (length(name) < 10) NOT VALID, ALTER id SET NOT NULL;
ALTER TABLE a ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;
ALTER TABLE a ALTER id SET GENERATED ALWAYS SET CACHE 5, SET (fillfactor = 80);
ALTER TABLE a ADD twice int GENERATED ALWAYS AS (parent * 2) STORED;
CREATE UNIQUE INDEX by_id ON a (id);
ALTER TABLE a ADD CONSTRAINT a_pkey PRIMARY KEY USING INDEX by_id;
ALTER TABLE a VALIDATE CONSTRAINT short;
CREATE UNIQUE INDEX once ON a (name, parent);
ALTER TABLE a ADD CONSTRAINT once UNIQUE USING INDEX once;
ALTER TABLE a ADD CONSTRAINT up FOREIGN KEY (parent) REFERENCES a ON DELETE CASCADE NOT VALID;
ALTER TABLE a VALIDATE CONSTRAINT up;
ALTER TABLE a ALTER CONSTRAINT up DEFERRABLE;
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE p (k int, v text) PARTITION BY LIST (k);
CREATE TABLE p1 (v text STORAGE_EXTERNAL, k int NOT NULL DEFAULT 3 CONSTRAINT p_k_check CHECK (k > 0));
ALTER TABLE p ALTER k SET DEFAULT 3, ALTER k SET NOT NULL, ALTER v SET STORAGE EXTERNAL;
ALTER TABLE p ADD CONSTRAINT p_k_check CHECK (k > 0);
CREATE INDEX p1_by_hand ON p1 (v);
ALTER TABLE p1 ADD CONSTRAINT p1_key PRIMARY KEY (k);
ALTER TABLE p1 ADD CONSTRAINT refers_by_hand FOREIGN KEY (k) REFERENCES a;
ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1, 2);
ALTER TABLE p ADD PRIMARY KEY (k);
ALTER TABLE p ADD CONSTRAINT refers FOREIGN KEY (k) REFERENCES a;
CREATE INDEX p_v ON p (v);
CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION t();
CREATE SEQUENCE s;
ALTER SEQUENCE s START 5;
ALTER SEQUENCE s OWNED BY a.id;
SQL
);
$node->safe_psql('postgres', 'CREATE DATABASE ways');
$node->safe_psql('ways', 'CREATE EXTENSION mighead');
foreach my $way (sort keys %made)
{
	# CREATE TABLE takes STORAGE since 16 only
	my $later = $made{$way} =~ s/ STORAGE_EXTERNAL//r;
	my ($table) = $way eq 'at_once' ? 'p' : 'p1';

	$later =~ s/(CREATE TABLE $table \(.*\n)/$1ALTER TABLE $table ALTER v SET STORAGE EXTERNAL;\n/;
	$node->safe_psql('ways', "CREATE SCHEMA $way; SET search_path = $way;
		CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); $later");
}
# that columns stand in another order is told, and apart from all else
my ($at_once, $in_steps) = map { join "\n", grep { !/\|column_order\|/ } split /\n/, definitions('ways', home => $_) } sort keys %made;
is_same($in_steps, $at_once, 'CREATE and ALTER, PARTITION OF and ATTACH');

done_testing();
