# The scripts with which reviews are compared: statements of test/fixtures, alone and put together.
package ReviewScripts;

use strict;
use warnings;

use Exporter qw(import);
use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT_OK = qw(literal make_scripts read_scripts review_all);

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

# Reviews each script in a transaction. call: the function up to its SQL. check_data: whether rows are read. Returns for each script, for
# each of its statements, these columns of its rows.
sub review_all
{
	my ($node, $database, $columns, $call, $check_data, @scripts) = @_;
	my $text = "\\pset format unaligned\n\\pset tuples_only on\n\\pset fieldsep '|'\nSET client_min_messages = error;\n";
	foreach my $script (@scripts)
	{
		my $sql = literal(join(";\n", 'BEGIN', @$script, 'ROLLBACK'));
		$text .= "\\echo script\nSELECT statement, translate(row($columns)::text, E'\n|', '  ') FROM $call$sql, check_data => $check_data);\n";
	}
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-Xq', '-d', $node->connstr($database), '-f', '-' ], '<', \$text, '>', \$out, '2>', \$err);
	is($err, '', "no review raises: $call");
	my @results;
	foreach (split /\n/, $out)
	{
		if ($_ eq 'script') { push @results, []; next }
		my ($statement, $row) = split /\|/, $_, 2;
		$results[-1][$statement] .= "$row\n";
	}
	return @results;
}

1;
