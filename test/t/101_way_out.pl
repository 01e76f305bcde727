# The ways out: whoever follows the hints alone, word for word, from whatever state a database is
# in, comes to "ok" or to a sentence that says what a person has to decide; never twice to
# the same place.  How a hint is put together is in doc/internals/findings.md.
#
# At a decision the command that it offers first is carried out too, so that it is known to work,
# and the way goes on from there.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program url_of);
use File::Basename qw(dirname);
use File::Path     qw(make_path);
use IPC::Run       qw(run timeout);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use States;
use Test::More;

my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic;

$node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "deadlock_timeout = 100ms\n");
$node->start;
prepare_states($node, $alembic);

# The PATH of an ordinary user: what is installed for everybody, and nothing of the server's own.
my $bindir = $node->config_data('--bindir');
my $path   = "$directory/bin";
make_path($path);
symlink "$bindir/psql", "$path/psql";
symlink $alembic, "$path/alembic";
if (-x "$bindir/mighead")
{
	symlink "$bindir/mighead", "$path/mighead";
}
else
{
	append_to_file("$path/mighead", "#!/bin/sh\n[ \"\$1\" = load ] || exit 64\nshift\nexec '$bindir/mighead-load' \"\$\@\"\n");
	chmod 0755, "$path/mighead";
}

# ---------- what a hint says ----------

# [kind, text] of the commands that are to be run without asking; what a person has to decide,
# or undef; and the commands that the decision offers.
sub read_hint
{
	my ($hint) = @_;
	my @parts = split / (?:--|#) /, $hint;
	my $first = command_of('then' . ($parts[0] =~ /^in a shell: / ? ", $parts[0]" : ": $parts[0]"));
	my @steps;
	my ($decision, @offers);

	if ($hint =~ /^Decide /)
	{
		return { steps => [], decision => $hint, offers => [] };
	}
	foreach my $part (@parts[ 1 .. $#parts ])
	{
		my $step = command_of($part);

		if (defined $decision or $part =~ /\bdecide\b|^if it fails/)
		{
			$decision = defined $decision ? "$decision -- $part" : $part;
			push @offers, [ 'sql', $1 ] while $part =~ /: ((?:SELECT|DROP|ALTER|DELETE|REINDEX|GRANT)\b[^;]*;)/g;
		}
		elsif ($step)
		{
			push @steps, $step;
		}
	}
	if (defined $decision && $decision =~ /^decide first/)
	{
		return { steps => [], decision => $decision, offers => [ $first ? $first : () ] };
	}
	return { broken => "no command at its beginning: $hint" } unless $first;
	return { steps => [ $first, @steps ], decision => $decision, offers => \@offers };
}

sub command_of
{
	my ($part) = @_;

	return [ 'shell', $1 ] if $part =~ /^then, in a shell: (.+)$/;
	return [ 'sql', "SET ROLE $1; $2" ] if $part =~ /^then: As role (\S+): (.*;)$/;
	return [ 'sql', $1 ] if $part =~ /^then: ([A-Z].*;)$/;
	return undef;
}

sub carry_out
{
	my ($release, $step) = @_;
	my ($kind, $text) = @$step;
	my ($out, $err) = ('', '');
	my %environment = (
		PATH => "$path:/usr/local/bin:/usr/bin:/bin",
		HOME => $directory,
		LC_ALL => 'C.UTF-8',
		PYTHONDONTWRITEBYTECODE => 1,
		PGHOST => $node->host,
		PGPORT => $node->port,
		PGDATABASE => $database,
		DATABASE_URL => url_of($node, $database));
	local %ENV = %environment;
	my @command = $kind eq 'shell' ? ('sh', '-c', $text) : ('psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', '-');
	my $ok = run \@command, '<', $kind eq 'shell' ? \undef : \"$text\n", '>', \$out, '2>', \$err,
	  'init', sub { chdir "$directory/$release" or die $! }, timeout(180);

	note(($kind eq 'shell' ? '$ ' : '=> ') . $text);
	return ($ok, "$out$err");
}

# ---------- the way ----------

sub look
{
	my ($row) = split /\x1e/, sql(q{SELECT state || E'\x1f' || severity || E'\x1f' || coalesce(hint, '') || E'\x1e' FROM mighead_status()
		ORDER BY array_position('{2,3,1,0}', severity), state = 'ok', version_table LIMIT 1});

	return split /\x1f/, $row;
}

# What became of it: 'ok', 'decision: ...', or what is wrong.
sub follow
{
	my ($release) = @_;
	my %seen;
	my $taken = 0;

	foreach (1 .. 12)
	{
		my ($state, $severity, $hint) = look();
		my $read;

		return 'ok' if $severity eq '0' && $state ne 'empty_database';
		return "$state without a hint" if $hint eq '';
		note("$state: $hint");
		$read = read_hint($hint);
		return "$state: $read->{broken}" if $read->{broken};
		return $taken ? 'ok' : "a circle at $state: $hint" if $seen{"$state $hint"}++ && !defined $read->{decision};
		return "decision: $read->{decision}" if $seen{"$state $hint"} > 1;
		foreach my $step (@{ $read->{steps} })
		{
			my ($ok, $output) = carry_out($release, $step);

			next if $ok;
			return "decision: $read->{decision}" if defined $read->{decision} && $read->{decision} =~ /^if it fails/;
			return "$state: $step->[1]\n$output";
		}
		next if (look())[0] ne $state || (look())[2] ne $hint;

		# here a person has to choose; what is offered has to work, or to be refused by a guard
		return "a circle at $state: $hint" unless defined $read->{decision};
		return "decision: $read->{decision}" unless @{ $read->{offers} };
		$taken++;
		my ($ok, $output) = carry_out($release, $read->{offers}[0]);
		return "$state, offered: $read->{offers}[0][1]\n$output" unless $ok || $output =~ /skip_guards/;
		$node->poll_query_until($database, 'SELECT count(*) = 0 FROM mighead_locks()') if $read->{offers}[0][1] =~ /_backend\(/;
	}
	return 'there is no end';
}

# what looks bad, and is not
my %healthy = map { $_ => 1 } ('equal in another way', 'a script was edited after it was applied');

my @names = @ARGV ? @ARGV : split(/\n/, $ENV{MIGHEAD_STATES} // '');
@names = sort keys %happenings unless @names;
foreach my $name (@names)
{
	my $result;

	happen($name);
	is((look())[0] eq 'ok', exists $healthy{$name}, "$name: there is something to end");
	$result = follow($happenings{$name}[2] // 'release');
	like($result, qr/^(?:ok|decision: .*)$/, $name) or diag("$name: $result");
	note($result);
	leave();
}

$node->stop;
done_testing();
