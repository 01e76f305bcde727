# The scripts with which reviews are compared: statements of test/fixtures, alone and put together.
package ReviewScripts;

use strict;
use warnings;

use Exporter qw(import);
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(literal make_scripts read_scripts);

# A script is a list of statements.
sub read_scripts
{
	my ($file) = @_;
	my @scripts;
	for my $line (split /\n/, PostgreSQL::Test::Utils::slurp_file("test/fixtures/$file.sql"))
	{
		next if $line =~ /^(--.*)?$/;
		push @scripts, [ split /;;\s*/, $line ];
	}
	return @scripts;
}

# Statements that fit each other or not, put together at random, the same each time.
sub make_scripts
{
	my ($n, @scripts) = @_;
	my @single = map { $_->[0] } grep { @$_ == 1 && $_->[0] !~ /CONCURRENTLY|VACUUM/ } @scripts;
	my $seed = 42;
	my $random = sub { $seed = ($seed * 1103515245 + 12345) % 2**31; return int($seed / 65536) % $_[0] };
	my @made;
	for (1 .. $n)
	{
		my $length = 3 + $random->(13);
		push @made, [ map { $single[ $random->(scalar @single) ] } 1 .. $length ];
	}
	return @made;
}

sub literal
{
	my ($text) = @_;
	return q{'} . ($text =~ s/'/''/gr) . q{'};
}

1;
