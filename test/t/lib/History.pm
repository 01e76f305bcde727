# A history that the real Alembic walks. The expectations are captured on a scratch database.
# At each revision, other databases are asked which revision their schema is and whether it
# drifts.
package History;

use strict;
use warnings;

use AlembicProject qw(interpreter_of url_of);
use Exporter       qw(import);
use File::Path     qw(make_path);
use FindBin;
use IPC::Run qw(run);
use JSON::PP qw(decode_json encode_json);
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT_OK = qw(write_environment);

# The relevant parts of env.py from Alembic's template.
sub write_environment
{
	my ($directory) = @_;

	make_path("$directory/versions");
	append_to_file("$directory/env.py", <<'PYTHON');
import os

from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
PYTHON
	return;
}

# node, alembic; scripts: folder of env.py; versions: folders of migration files where they are
# elsewhere; stubs: modules that they want; last: how far, if not to the heads.
sub new
{
	my ($class, %settings) = @_;

	return bless {%settings}, $class;
}

sub create_database
{
	my ($self, $database, $sql) = @_;

	$self->{node}->safe_psql('postgres', "CREATE DATABASE $database");
	return $self->{node}->safe_psql($database, "CREATE EXTENSION mighead; $sql");
}

# Returns the answers of alembic_steps.py, a hash for each target.
sub upgrade
{
	my ($self, $database, $targets, %questions) = @_;
	my ($out, $err) = ('', '');
	my $request = encode_json({
		url      => url_of($self->{node}, $database),
		scripts  => $self->{scripts},
		versions => $self->{versions} // [],
		stubs    => $self->{stubs}    // [],
		upgrade  => $targets,
		%questions
	});

	run [ interpreter_of($self->{alembic}), '-B', "$FindBin::RealBin/lib/alembic_steps.py" ], '<', \$request, '>', \$out,
	  '2>', \$err
	  or die "alembic_steps.py: $err";
	return map { decode_json($_) } split /\n/, $out;
}

# The expectations of the whole history as one document, from a database on which Alembic ran
# just once.
sub capture
{
	my ($self, $database) = @_;
	my @folders = $self->{versions} ? @{ $self->{versions} } : "$self->{scripts}/versions";

	$self->create_database($database, join ';', map { "SELECT mighead_load_scripts('$_')" } @folders);
	$self->{node}->safe_psql($database, q{SELECT mighead_ensure_version(); SELECT mighead_watch('alembic_version', capture => true)});
	$self->upgrade($database, [ $self->{last} // 'heads' ]);
	return $self->{node}->safe_psql($database, 'SELECT mighead_export()');
}

# Returns rows as the key of a set of expectations.
sub key
{
	return join ',', sort @_;
}

my $located = q{SELECT array_to_json(l.rows), array_to_json(l.same_as), is_exact, missing, extra, changed
	FROM mighead_locate(max_results => 1) l};
my %ask = (
	rows    => 'SELECT version_num FROM alembic_version',
	located => $located,
	codes   => 'SELECT code FROM mighead_findings()',
	# constraints that are expected to be NOT VALID are not left over
	leftovers => q{SELECT FROM pg_type t
		WHERE typtype = 'e' AND NOT EXISTS (SELECT FROM pg_attribute WHERE atttypid IN (t.oid, t.typarray))},
	captured => q{SELECT FROM mighead.expected_set WHERE
		(SELECT array_agg(r ORDER BY r) FROM unnest(rows) r) = (SELECT array_agg(version_num::text ORDER BY version_num) FROM alembic_version)},
	drift   => 'SELECT object_type, object, kind, attribute, expected, actual FROM mighead_drift(min_severity => 0)',
);

# What somebody does by hand to one object, which one is decided by the revision, with how many
# objects are then missing, extra and changed.
my $which = q{ORDER BY hashtext(%s || (SELECT string_agg(version_num, '' ORDER BY version_num) FROM alembic_version)), 1 LIMIT 1};
my $tables = q{pg_class c WHERE relkind = 'r' AND NOT relispartition AND relnamespace = 'public'::regnamespace
	AND relname <> 'alembic_version' } . sprintf $which, 'relname';
my %changes = (
	'a column more' => [ "SELECT format('ALTER TABLE %s ADD by_hand int', c.oid::regclass) FROM $tables", 0, 1, 0 ],
	'an index more' => [ "SELECT format('CREATE INDEX by_hand ON %s ((1))', c.oid::regclass) FROM $tables", 0, 1, 0 ],
	'another default' => [
		q{SELECT format('ALTER TABLE %s ALTER %I SET DEFAULT ''z''', attrelid::regclass, attname)
			FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid WHERE relkind = 'r' AND NOT relispartition
			AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' AND atttypid IN ('text'::regtype, 'varchar'::regtype)
			AND attnum > 0 AND NOT attisdropped AND attgenerated = '' } . sprintf($which, 'relname || attname'), 0, 0, 1 ],
	'an index less' => [
		q{SELECT format('DROP INDEX %s', i.indexrelid::regclass) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
			WHERE relkind = 'i' AND NOT relispartition AND relnamespace = 'public'::regnamespace
			AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid) } . sprintf($which, 'relname'), 1, 0, 0 ],
	'a constraint less' => [
		q{SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
			WHERE contype IN ('f', 'c') AND conrelid <> 0 AND connamespace = 'public'::regnamespace AND coninhcount = 0 AND conparentid = 0 }
		  . sprintf($which, 'conname'), 1, 0, 0 ],
	'a trigger that is off' => [
		q{SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger
			WHERE NOT tgisinternal AND tgenabled = 'O' AND tgrelid::regclass::text NOT LIKE '%alembic_version'
			AND tgrelid IN (SELECT oid FROM pg_class WHERE relkind <> 'v') } . sprintf($which, 'tgname'), 0, 0, 1 ],
	'no row' => [ q{SELECT 'DELETE FROM alembic_version'}, 0, 0, 0 ],
);

sub trials
{
	my %trials = map {
		$_ => { change => $changes{$_}[0], then => $located =~ s/FROM/, (SELECT count(*) FROM mighead_drift()) FROM/r }
	} keys %changes;

	$trials{'no row'}{then} = $located;
	return \%trials;
}

# Returns why an answer is wrong.
sub complaints
{
	my ($step, $is_last) = @_;
	my @rows = map { $_->[0] } @{ $step->{ask}{rows} };
	my $here = key(@rows);
	my @complaints;
	my %expected_codes = map { $_ => 1 } (@rows > 1 ? 'multiple_rows' : ()), ($is_last ? () : 'pending'),
	  (@{ $step->{ask}{leftovers} } ? 'leftovers' : ());
	my $codes = join ' ', sort map { $_->[0] } @{ $step->{ask}{codes} };
	my $judge = sub {
		my ($what, $row, $distance) = @_;
		my ($rows, $same_as, $is_exact, @counts) = @$row;
		my %names = map { $_ => 1 } key(@$rows), map { key(split /,/, s/[{}]//gr) } @$same_as;
		my $found = "@{$rows}" . ($is_exact ? ' exactly' : " (@counts)");

		# without what a revision brought it is as it was before
		push @complaints, "$what: located at $found"
		  unless $names{$here} ? "@counts[0..2]" eq $distance : $is_exact && $distance eq '1 0 0';
		push @complaints, "$what: $counts[3] rows of drift" if defined $counts[3] && $counts[3] != 1;
	};

	$judge->('untouched', $step->{ask}{located}[0], '0 0 0');
	push @complaints, "findings: $codes" if $codes ne join ' ', sort keys %expected_codes;
	push @complaints, "drift: " . join ' ', map { $_ // '' } @$_ foreach @{ $step->{ask}{drift} };
	foreach my $name (sort keys %{ $step->{try} // {} })
	{
		my $trial = $step->{try}{$name};

		# rows that were never captured together are looked for only where they are recorded
		next if !defined $trial->{change} || $name eq 'no row' && @rows > 1 && !@{ $step->{ask}{captured} };
		$judge->("$name ($trial->{change})", $trial->{rows}[0], join ' ', @{ $changes{$name} }[ 1 .. 3 ]);
	}
	return @complaints;
}

# Goes through the targets in a database that has only the document.  changes: how many are tried
# at each, undef for all.
sub check
{
	my ($self, $database, $document, $targets, %how) = @_;
	my @steps;
	my $tried = 0;

	$self->create_database($database, "SELECT mighead_import(\$document\$$document\$document\$)");
	@steps = $self->upgrade($database, $targets, ask => \%ask, try => trials(), at_most => $how{changes});
	is(scalar(@steps), scalar(@$targets), "$database: " . @steps . ' steps');
	foreach my $i (0 .. $#steps)
	{
		my @complaints = complaints($steps[$i], $i == $#steps && ($self->{last} // 'heads') eq 'heads');

		$tried += grep { defined $_->{change} } values %{ $steps[$i]{try} };
		ok(!@complaints, "$database at " . key(map { $_->[0] } @{ $steps[$i]{ask}{rows} })) or diag(join "\n", @complaints);
	}
	cmp_ok($tried, '>', @steps / 2, "$database: $tried changes by hand");
	return;
}

1;
