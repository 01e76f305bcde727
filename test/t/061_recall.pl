# Recall: in one database with every kind of object, one change for each attribute that is
# compared.  Each is reported once, for the right object, with both values; what is given as fix
# ends the difference and loses no row.  That there was a change at all is told by pg_dump: of a
# dozen chosen by chance, with MIGHEAD_LONG of all of them.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use EveryObject qw(make_server);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RecallChanges qw(recall_changes);
use Test::More;

my ($node, $citext, $version) = make_server();
$node->safe_psql('one', <<'SQL');
ALTER DATABASE one OWNER TO mighead_app;
SELECT mighead_capture(NULL, '"My Home".alembic_version', '{My Home,mighead_beside,mighead_hollow,app,Other one}');
SQL

my @changes = recall_changes($version, $citext);
cmp_ok(scalar @changes, '>=', 130, 'changes: ' . @changes);

# Makes the change, asks, does what is proposed, asks again; and takes it all back.
my $functions = <<'SQL';
SET client_min_messages = error;
SET search_path = "My Home", app, public;
CREATE FUNCTION pg_temp.count_rows() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    held oid;
    n bigint;
    counts jsonb := '{}';
BEGIN
    FOREACH held IN ARRAY ARRAY(SELECT c.oid FROM pg_class c JOIN pg_namespace s ON s.oid = relnamespace
        WHERE relkind IN ('r', 'm') AND relispopulated AND nspname IN ('My Home', 'app', 'Other one')) LOOP
        EXECUTE format('SELECT count(*) FROM ONLY %s', held::regclass) INTO n;
        counts := counts || jsonb_build_object(held, n);
    END LOOP;
    RETURN counts;
END$$;
CREATE FUNCTION pg_temp.drift() RETURNS jsonb LANGUAGE sql AS $$
SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM mighead_drift('alembic_version', min_severity => 0) d$$;
CREATE FUNCTION pg_temp.try(ddl text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
    after jsonb;
    counts jsonb;
    fix text;
BEGIN
    EXECUTE ddl;
    before := pg_temp.drift();
    counts := pg_temp.count_rows();
    FOREACH fix IN ARRAY ARRAY(SELECT d->>'fix' FROM jsonb_array_elements(before) d WHERE d->>'fix' IS NOT NULL) LOOP
        -- which is not for a transaction that is taken back
        EXECUTE replace(fix, ' CONCURRENTLY', '');
        after := '[]';
    END LOOP;
    IF after IS NOT NULL THEN
        after := pg_temp.drift();
    END IF;
    RAISE SQLSTATE 'XX999' USING MESSAGE = jsonb_build_object('before', before, 'after', after,
        'rows_kept', pg_temp.count_rows() @> counts);
EXCEPTION
    WHEN SQLSTATE 'XX999' THEN RETURN sqlerrm::jsonb;
    WHEN OTHERS THEN RETURN jsonb_build_object('error', format('%s (fix: %s)', sqlerrm, fix));
END$$;
SQL

sub row
{
	my ($got, $expected) = @_;
	my @wanted = split /\|/, $expected // '', -1;
	my @values = map { defined $_ ? s/\n/\\n/gr : '~' } @$got{qw(object_type object kind attribute expected actual severity)};

	for my $i (4, 5)
	{
		$values[$i] = '*' if ($wanted[$i] // '') eq '*' && $values[$i] ne '~';
	}
	return join '|', @values, defined $got->{fix} ? 'fix' : 'no fix';
}

# The place of a column that was dropped and is there again is the last one.
sub is_left
{
	my ($change, $row) = @_;

	return 0 if ($row->{attribute} // '') eq 'column_order' && grep { /\|missing\|/ } @{ $change->{rows} };
	return !grep { $_->{object} eq $row->{object} && $_->{kind} eq $row->{kind} && !defined $_->{fix} }
	  @{ $change->{answer}{before} };
}

my $unsafe = qr/\b(?:DROP\s+(?:TABLE|COLUMN|MATERIALIZED|FOREIGN|SEQUENCE|TYPE|DOMAIN|SCHEMA|EXTENSION|SERVER|IDENTITY|EXPRESSION)
	|DROP\s+ATTRIBUTE|(?<!DELETE\ )(?<!UPDATE\ )CASCADE|TRUNCATE\s+\w|DELETE\s+FROM|UPDATE\s+\w+\s+SET)/x;

sub check
{
	my ($change) = @_;
	my $answer = $change->{answer};
	my @before = @{ $answer->{before} // [] };
	my @fixes = grep { defined } map { $_->{fix} } @before;

	return fail("$change->{label}: $answer->{error}") if $answer->{error};
	is(join("\n", map { row($before[$_], $change->{rows}[$_]) } 0 .. $#before), join("\n", @{ $change->{rows} }), $change->{label});
	return if !@fixes;
	is(join("\n", map { row($_) } grep { is_left($change, $_) } @{ $answer->{after} }), '', "$change->{label}: put right");
	ok($answer->{rows_kept}, "$change->{label}: no row lost");
	unlike($_, $unsafe, "$change->{label}: $_") for @fixes;
}

my $script = $functions . join '', map { "SELECT pg_temp.try(\$change\$$_->{ddl}\$change\$);\n" } @changes;
my @answers = split /\n/, $node->safe_psql('one', $script);
is(scalar @answers, scalar @changes, 'as many answers as changes');
foreach my $change (@changes)
{
	$change->{answer} = decode_json(shift @answers);
	check($change);
}

# A session keeps what it read, and reads only what may have changed: all of the above did. It must
# tell the same as one that forgets before each reading, because another home was read meanwhile.
sub texts
{
	my ($forget, @ddl) = @_;

	return split /\n/, $node->safe_psql('one', <<'SQL' . join '', map { "SELECT pg_temp.text(\$change\$$_\$change\$, $forget);\n" } @ddl);
SET client_min_messages = error;
SET search_path = "My Home", app, public;
CREATE SCHEMA IF NOT EXISTS mighead_elsewhere;
CREATE TABLE IF NOT EXISTS mighead_elsewhere.alembic_version (version_num varchar(32));
CREATE FUNCTION pg_temp.text(ddl text, forget boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    of_changed text;
BEGIN
    EXECUTE ddl;
    IF forget THEN
        PERFORM mighead_definitions('mighead_elsewhere.alembic_version');
    END IF;
    SELECT md5(string_agg(d::text, E'\n' ORDER BY d::text COLLATE "C")) INTO of_changed
    FROM mighead_definitions('"My Home".alembic_version', '{My Home,mighead_beside,mighead_hollow,app,Other one}') d;
    RAISE SQLSTATE 'XX999' USING MESSAGE = of_changed;
EXCEPTION
    WHEN SQLSTATE 'XX999' THEN RETURN sqlerrm;
END$$;
SQL
}

my $seed = $ENV{MIGHEAD_SEED} // time;
note("MIGHEAD_SEED=$seed");
srand $seed;

# In a random order, so that each is read over what others have left.
my @ddl = map { $_->{ddl} } @changes;
@ddl = map { splice @ddl, int rand @ddl, 1 } 1 .. @ddl;
my @kept = texts('false', ('SELECT') x 2, @ddl, 'SELECT');
my @fresh = texts('true', ('SELECT') x 2, @ddl, 'SELECT');
is($kept[$_ + 2], $fresh[$_ + 2], "kept and read anew: $ddl[$_]") for 0 .. $#ddl;
is($kept[-1], $fresh[0], 'kept and read anew: after all of them');
cmp_ok(scalar(keys %{ { map { $_ => 1 } @fresh } }), '>', @ddl * 0.9, 'and they are different texts');

# The independent witness.
sub dump_of
{
	my ($database) = @_;
	my ($out, $err);

	$node->run_log([ 'pg_dump', '-s', $node->connstr($database) ], '>', \$out, '2>', \$err) or die "pg_dump: $err";
	# a word by chance in every dump of later minor versions
	return $out =~ s/^\\(?:un)?restrict .*$//mgr;
}

my @chosen = grep { $_->{label} !~ /^not in a dump/ } @changes;
@chosen = map { splice @chosen, int rand @chosen, 1 } 1 .. 12 if !$ENV{MIGHEAD_LONG};
my $unchanged = dump_of('one');
foreach my $change (@chosen)
{
	$node->safe_psql('postgres', 'CREATE DATABASE changed TEMPLATE one');
	$node->safe_psql('changed', qq{SET search_path = "My Home", app, public; $change->{ddl}});
	isnt(dump_of('changed'), $unchanged, "pg_dump: $change->{label}");
	$node->safe_psql('postgres', 'DROP DATABASE changed');
}

done_testing();
