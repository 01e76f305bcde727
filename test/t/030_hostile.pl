# Discovery looks at tables that anybody may have made, often as a superuser: none
# of a stranger's code may run, whatever is planted.  What cannot be read without
# running it is listed as unreadable, and read only where the caller names it.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

# PUBLIC may create in schema public, as in databases that began before PostgreSQL
# 15: names there can capture what is not qualified.
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
GRANT CREATE ON SCHEMA public TO PUBLIC;
CREATE ROLE mallory LOGIN;
CREATE ROLE monitor LOGIN;
GRANT pg_read_all_data TO monitor;
GRANT CREATE ON DATABASE postgres TO mallory;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
GRANT USAGE ON FOREIGN SERVER nowhere TO mallory;
SELECT mighead_add_revision('a1', message => 'one');
SELECT mighead_add_revision('a2', ARRAY['a1'], message => 'two');
CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO public.alembic_version VALUES ('a1');
SQL

# Databases elsewhere: this one, as a superuser and as a role that monitors.
my ($host, $port) = ($node->host, $node->port);
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION postgres_fdw;
CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
GRANT USAGE ON FOREIGN SERVER itself TO monitor;
CREATE USER MAPPING FOR postgres SERVER itself OPTIONS (user 'postgres');
CREATE USER MAPPING FOR monitor SERVER itself OPTIONS (user 'monitor', password_required 'false');
SQL

# A sequence keeps count even where the transaction of who fell into the trap is
# rolled back.
$node->safe_psql('postgres', <<'SQL', extra_params => [ '-U', 'mallory' ]);
CREATE SCHEMA evil;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
CREATE SEQUENCE evil.fired;
GRANT USAGE ON SEQUENCE evil.fired TO PUBLIC;
CREATE FUNCTION evil.trap() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM nextval('evil.fired');
    BEGIN
        ALTER ROLE mallory SUPERUSER;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    RETURN 'a2';
END $$;
CREATE FUNCTION evil.constant(int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    PERFORM nextval('evil.fired');
    RETURN 'a2';
END $$;
SQL

# What is planted in each schema, and whether an ordinary SELECT by a superuser
# springs it.  Statements run as mallory, with the schema as the search_path.
my @plants = (
	{
		schema => 'a_view',
		sql => 'CREATE VIEW alembic_version AS SELECT evil.trap() AS version_num',
		springs => 1,
		safe => 0
	},
	{
		schema => 'materialized_view',
		sql => q{CREATE MATERIALIZED VIEW alembic_version AS SELECT 'a2'::text AS version_num;
			CREATE INDEX ON alembic_version (version_num) WHERE version_num > evil.constant(1)},
		springs => 1,
		safe => 0
	},
	{
		schema => 'select_rule',
		sql => q{CREATE VIEW alembic_version AS SELECT ''::text AS version_num;
			CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO alembic_version DO INSTEAD SELECT evil.trap() AS version_num},
		springs => 1,
		safe => 0
	},
	{
		schema => 'partial_index',
		sql => q{CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
			CREATE INDEX ON alembic_version (version_num) WHERE version_num > evil.constant(1)},
		springs => 1,
		safe => 1
	},
	{
		schema => 'expression_index',
		sql => q{CREATE TABLE alembic_version (version_num varchar(32));
			CREATE UNIQUE INDEX ON alembic_version ((version_num || evil.constant(1)))},
		springs => 1,
		safe => 1
	},
	{
		schema => 'extended_statistics',
		sql => q{CREATE TABLE alembic_version (version_num varchar(32));
			CREATE STATISTICS s ON (version_num || evil.constant(1)), (version_num || 'x') FROM alembic_version},
		springs => 1,
		safe => 1
	},
	{
		schema => 'partition_key',
		sql => q{CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY LIST ((version_num || evil.constant(1)));
			CREATE TABLE part PARTITION OF alembic_version DEFAULT},
		springs => 1,
		safe => 1
	},
	{
		schema => 'index_of_a_partition',
		sql => q{CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY LIST (version_num);
			CREATE TABLE part PARTITION OF alembic_version DEFAULT;
			CREATE INDEX ON part (version_num) WHERE version_num > evil.constant(1)},
		springs => 1,
		safe => 1
	},
	{
		schema => 'index_of_a_child',
		sql => q{CREATE TABLE alembic_version (version_num varchar(32));
			CREATE TABLE child () INHERITS (alembic_version);
			CREATE INDEX ON child (version_num) WHERE version_num > evil.constant(1)},
		springs => 1,
		safe => 1
	},
	{
		schema => 'foreign_child',
		sql => q{CREATE TABLE alembic_version (version_num varchar(32));
			CREATE FOREIGN TABLE child () INHERITS (alembic_version) SERVER nowhere},
		springs => 0,
		safe => 0
	},
	{
		schema => 'foreign_table',
		sql => 'CREATE FOREIGN TABLE alembic_version (version_num varchar(32)) SERVER nowhere',
		springs => 0,
		safe => 0
	},
	{
		schema => 'checked',
		sql => q{CREATE TABLE alembic_version (version_num varchar(32) CHECK (version_num <> evil.constant(1)))},
		springs => 0,
		safe => 1
	},
	{
		schema => 'generated',
		sql => q{CREATE TABLE alembic_version (id int, version_num text GENERATED ALWAYS AS (evil.constant(id)) STORED)},
		springs => 0,
		safe => 1
	},
	{
		schema => 'ruled',
		sql => q{CREATE TABLE alembic_version (version_num varchar(32));
			CREATE RULE r AS ON UPDATE TO alembic_version DO ALSO SELECT evil.trap();
			CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM evil.trap(); RETURN NULL; END';
			CREATE TRIGGER t AFTER UPDATE OR DELETE OR TRUNCATE ON alembic_version EXECUTE FUNCTION fire()},
		springs => 0,
		safe => 1
	},
	{
		schema => 'domain_type',
		sql => q{CREATE DOMAIN id AS text CHECK (VALUE <> evil.constant(1));
			CREATE TABLE alembic_version (version_num id)},
		springs => 0,
		safe => 0
	},
	{
		schema => 'composite_type',
		sql => q{CREATE TYPE id AS (part text); CREATE TABLE alembic_version (version_num id)},
		springs => 0,
		safe => 0
	},
	{
		schema => 'array_type',
		sql => q{CREATE TABLE alembic_version (version_num text[])},
		springs => 0,
		safe => 0
	},
	{
		schema => q{x"'; SELECT evil.trap(); --},
		sql => 'CREATE TABLE alembic_version (version_num varchar(1))',
		springs => 0,
		safe => 1
	});

sub quoted { return '"' . ($_[0] =~ s/"/""/gr) . '"'; }
sub literal { return q{'} . ($_[0] =~ s/'/''/gr) . q{'}; }

foreach my $plant (@plants)
{
	my $schema = quoted($plant->{schema});

	$plant->{table} = "$schema.alembic_version";
	$node->safe_psql(
		'postgres',
		"CREATE SCHEMA $schema; GRANT USAGE ON SCHEMA $schema TO PUBLIC; SET search_path = $schema; $plant->{sql};",
		extra_params => [ '-U', 'mallory' ]);
}

# Rows that row security hides; mallory, who owns the table, is no exception.
$node->safe_psql('postgres', <<'SQL', extra_params => [ '-U', 'mallory' ]);
CREATE SCHEMA row_security;
GRANT USAGE ON SCHEMA row_security TO PUBLIC;
CREATE TABLE row_security.alembic_version (version_num varchar(32));
INSERT INTO row_security.alembic_version VALUES ('a2');
ALTER TABLE row_security.alembic_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON row_security.alembic_version USING (evil.trap() IS NOT NULL);
SQL

# Functions and operators in public that take the place of those of pg_catalog for
# whoever forgets to pin the search_path.
$node->safe_psql('postgres', <<'SQL', extra_params => [ '-U', 'mallory' ]);
DO $do$
DECLARE
    type text;
    operator text;
BEGIN
    FOREACH type IN ARRAY ARRAY['oid', 'text', 'name', 'int4', 'bool', '"char"', 'timestamptz'] LOOP
        EXECUTE format('CREATE FUNCTION public.never(%1$s, %1$s) RETURNS boolean LANGUAGE plpgsql
            AS $$BEGIN PERFORM evil.trap(); RETURN false; END$$', type);
        FOREACH operator IN ARRAY ARRAY['=', '<>', '<', '>'] LOOP
            EXECUTE format('CREATE OPERATOR public.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = public.never)',
                operator, type);
        END LOOP;
    END LOOP;
END $do$;
CREATE OPERATOR public.!~ (LEFTARG = text, RIGHTARG = text, FUNCTION = public.never);
CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT evil.trap()';
SQL

# How often a trap was sprung, and whether mallory got what she is after.
sub damage
{
	return $node->safe_psql('postgres',
		q{SELECT CASE WHEN is_called THEN last_value ELSE 0 END, (SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory')
			FROM evil.fired});
}

sub fired { return (split /\|/, damage())[0]; }

sub disarm
{
	$node->safe_psql('postgres', q{SELECT setval('evil.fired', 1, false); ALTER ROLE mallory NOSUPERUSER});
	return;
}

# The traps are live: a test that looks at harmless ones would prove nothing.
foreach my $plant (grep { $_->{springs} } @plants)
{
	disarm();
	$node->safe_psql('postgres', "BEGIN; SELECT version_num FROM $plant->{table}; ROLLBACK;");
	cmp_ok(fired(), '>', 0, "$plant->{schema}: an ordinary SELECT springs the trap");
}
disarm();
$node->safe_psql('postgres', 'SELECT FROM row_security.alembic_version', extra_params => [ '-U', 'monitor' ]);
cmp_ok(fired(), '>', 0, 'row security makes who looks run the policy');
disarm();
$node->psql('postgres', q{SET search_path = public, pg_catalog; SELECT 'a'::text = 'b'::text});
cmp_ok(fired(), '>', 0, 'operators of schema public are captured where it stands first');

disarm();

# Every reader, with nothing named but what belongs to somebody trusted.
my @readers = (
	'SELECT * FROM mighead_versions',
	'SELECT version_table, project, state, severity, current, detail, hint FROM mighead_status(NULL)',
	'SELECT * FROM mighead_findings(NULL, 0)',
	'SELECT * FROM mighead_locks()',
	q{SELECT * FROM mighead_review('ALTER TABLE alembic_version ADD CHECK (version_num > $$a$$); UPDATE alembic_version SET version_num = $$a2$$')},
	'SELECT * FROM mighead_review()',
	q{SELECT version_table, state, current, detail, hint FROM mighead_fleet()},
	q{SELECT * FROM mighead_fleet_metrics()},
	q{SELECT mighead_fleet_servers('itself')},
	q{SELECT version_table, state, current, detail, hint FROM mighead_remote_status('itself')},
	q{SELECT * FROM mighead_remote_findings('itself', min_severity => 0)},
	map({ "SELECT * FROM mighead_remote_$_" } q{definitions('itself', 'public.alembic_version')}, q{definitions('itself', 'public.alembic_version', '{public,evil}')},
		q{drift('itself')}, q{drift('itself', 'public.alembic_version', revision => 'a1')}, q{locate('itself', 'public.alembic_version')},
		q{review('itself')},
		q{review('itself', 'ALTER TABLE alembic_version ADD CHECK (version_num > $$a$$); UPDATE alembic_version SET version_num = $$a2$$')}),
	'SELECT * FROM mighead_leftovers()',
	'SELECT * FROM mighead_current()',
	'SELECT * FROM mighead_heads()',
	'SELECT * FROM mighead_branches()',
	'SELECT * FROM mighead_history()',
	q{SELECT * FROM mighead_history(':current')},
	q{SELECT * FROM mighead_show('a1')},
	q{SELECT mighead_resolve('head')},
	'SELECT * FROM mighead_upgrade_plan()',
	q{SELECT * FROM mighead_downgrade_plan('base')},
	'SELECT * FROM mighead_pending()',
	q{SELECT * FROM mighead_stamp_plan('head')},
	'SELECT * FROM mighead_graph()',
	q{SELECT mighead_merge_script('{a2,a1}')},
	'SELECT mighead_at_head()',
	'SELECT mighead_require_head()',
	'SELECT mighead_export()',
	# the same where it does not matter that there are several
	map { s/version_table/version_table => 'public.alembic_version'/r } (
		'SELECT * FROM mighead_current(version_table)',
		'SELECT * FROM mighead_history(version_table)',
		q{SELECT * FROM mighead_history(':current', version_table)},
		'SELECT * FROM mighead_upgrade_plan(version_table)',
		q{SELECT * FROM mighead_downgrade_plan('base', version_table)},
		'SELECT * FROM mighead_pending(version_table)',
		q{SELECT * FROM mighead_stamp_plan('head', version_table)},
		'SELECT * FROM mighead_graph(version_table)',
		'SELECT mighead_at_head(version_table)',
		'SELECT mighead_require_head(version_table)',
		'SELECT * FROM mighead_status(version_table)',
		'SELECT * FROM mighead_findings(version_table)'));

foreach my $search_path (q{"$user", public}, 'public, pg_catalog', '')
{
	foreach my $user ('monitor', 'postgres')
	{
		foreach my $query (@readers)
		{
			my $qualified = $query =~ s/\b(mighead_\w+)/public.$1/gr;

			$node->psql('postgres', "SELECT pg_catalog.set_config('search_path', '$search_path', false); $qualified",
				extra_params => [ '-U', $user ]);
			is(damage(), '0|f', "nothing was run: $user, search_path $search_path, $query");
		}
	}
}

# What discovery says of each.
foreach my $plant (@plants)
{
	my $found = $node->safe_psql('postgres',
		q{SELECT state || coalesce(' ' || current::text, '') FROM mighead_status(NULL) WHERE version_table = }
		  . literal($plant->{table}) . '::regclass');

	# a trusted one exists, so that none of these is judged
	if ($plant->{safe})
	{
		like($found, qr/^untrusted_table \{/, "$plant->{schema}: read");
	}
	else
	{
		is($found, 'untrusted_table', "$plant->{schema}: listed, not read");
	}
}
is( $node->safe_psql('postgres',
		q{SELECT state, current IS NULL FROM mighead_status(NULL) WHERE version_table = 'row_security.alembic_version'::regclass},
		extra_params => [ '-U', 'monitor' ]),
	'untrusted_table|t',
	'row security that applies to the caller: listed, not read');
is( $node->safe_psql('postgres',
		q{SELECT current FROM mighead_status(NULL) WHERE version_table = 'row_security.alembic_version'::regclass}),
	'{a2}',
	'row security that does not apply to a superuser: read');

# Nothing of a stranger's is offered to \gexec, and hints can be pasted as they are.
is($node->safe_psql('postgres', q{SELECT count(*) FROM mighead_findings(NULL, 0) WHERE fix IS NOT NULL}), '0',
	'no fix for tables of a stranger');

# Named, they are read as an ordinary query would: the caller has asked for it.
foreach my $plant (grep { $_->{schema} =~ /view|select_rule/ } @plants)
{
	is( $node->safe_psql('postgres',
			"BEGIN; SELECT current FROM mighead_status('$plant->{table}'); ROLLBACK;"),
		'{a2}',
		"$plant->{schema}: read when named");
}
disarm();

# A role that owns a version table of its own has its fix.
$node->safe_psql('postgres', 'INSERT INTO ' . quoted(q{x"'; SELECT evil.trap(); --}) . q{.alembic_version VALUES ('a')});
is( $node->safe_psql('postgres',
		'SELECT count(*) FROM mighead_findings(' . literal(quoted(q{x"'; SELECT evil.trap(); --}) . '.alembic_version')
		  . q{) WHERE code = 'narrow_column' AND fix IS NOT NULL},
		extra_params => [ '-U', 'mallory' ]),
	'1',
	'the owner is offered the fix');

done_testing();
