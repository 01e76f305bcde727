# A server that lies: lying_server.pl FOLDER SOCKET DATABASE
#
# Listens on FOLDER/.s.PGSQL.5432 and hands everything on to the real server at SOCKET, whose DATABASE it is. Which
# answers it changes, and how, is in the name of the database that is asked for: "KIND N" changes the Nth answer,
# or every one if N is 0, and "random N" many of them, the same each time. Ends when its standard input does.
use strict;
use warnings;

use FindBin;
use IO::Select;
use IO::Socket::UNIX;
use lib $FindBin::RealBin;
use Socket qw(SOCK_STREAM);
use Wire qw(answer_all description message read_message read_startup row send_all);

my ($folder, $real, $real_database) = @ARGV;

# What is put in the place of values.
my @nonsense = (
	undef, '', '0', '-1', '1', '7', '2147483647', '-2147483648', '4294967295', '99999999999999999999', '1e308', 'NaN', 't', 'f', 'r', 'p', 'i', 'S', 'x',
	'{}', '{NULL,NULL}', '{{1,2},{3,4}}', '{1,2', '[5:4]={}', '{"a","b\\"}', '{' . join(',', 1 .. 2000) . '}', '0 0 0', '1 2 3', '-1 -1',
	'public.evil()', 'public.evil() IS NOT NULL', 'CHECK (public.evil())', q{'x'; SELECT public.evil(); --}, '(SELECT public.evil()) IS NOT NULL', '((' x 5000,
	'(' x 300 . 'id IS NOT NULL' . ')' x 300, 'id IS NOT NULL AND name IS NOT NULL', 'pg_catalog', 'public', 'pg_temp', 'orders', 'customers', 'id', 'pg_class', 'int4', 'record', 'trigger', '"', "'", '\\', '%s%n', '$home',
	"\xc3\xa9" x 60, "a\nb", 'x' x 70, 'x' x 100_000, '16384', '1259', '23', '2205', '2147483600');

sub values_of
{
	my ($body) = @_;
	my @values;
	my $at = 2;

	foreach (1 .. unpack 'n', $body)
	{
		my $length = unpack 'N', substr $body, $at, 4;
		push @values, $length == 0xffffffff ? undef : substr $body, $at + 4, $length;
		$at += 4 + ($length == 0xffffffff ? 0 : $length);
	}
	return @values;
}

sub every { my ($value) = @_; return sub { my ($kind, $body) = @_; return $kind eq 'D' ? row(map { $value } values_of($body)) : message($kind, $body) } }

# What becomes of a message of the answer. undef: the connection is closed.
sub when { my ($which, $change) = @_; return sub { my ($kind, $body) = @_; return $kind eq $which ? $change->($body) : message($kind, $body) } }

my $end = "\0";
my %kinds = (
	nulls => every(undef),
	nothing => every(''),
	zeros => every('0'),
	negative => every('-1'),
	numbers => every('99999999999999999999'),
	infinite => every('Infinity'),
	true => every('t'),
	arrays => every('{NULL,"{",NULL}'),
	code => every('public.evil() IS NOT NULL'),
	depth => every('(' x 20_000),
	long => every('x' x 1_000_000),
	encoding => every("\xff\xfe"),
	nul => every("a\0b"),
	none => when(D => sub { '' }),
	twice => when(D => sub { message('D', $_[0]) x 2 }),
	many => when(D => sub { message('D', $_[0]) x 1_000 }),
	error => when(T => sub { message('E', "SERROR${end}VERROR${end}C42501${end}Mno \e[31mway$end$end") }),
	internal => when(T => sub { message('E', "SPANIC${end}VPANIC${end}CXX000${end}Mpanic$end$end") }),
	odd => when(T => sub { message('E', "SERROR${end}C\e[31m$end$end") }),
	fewer => sub { my ($kind, $body) = @_; return $kind eq 'T' ? description(unpack('n', $body) - 1, 0) : $kind eq 'D' ? row((values_of($body))[ 1 .. unpack('n', $body) - 1 ]) : message($kind, $body) },
	more => sub { my ($kind, $body) = @_; return $kind eq 'T' ? description(unpack('n', $body) + 1, 0) : $kind eq 'D' ? row(values_of($body), 'x') : message($kind, $body) },
	nocolumns => sub { my ($kind, $body) = @_; return $kind eq 'T' ? description(0, 0) : $kind eq 'D' ? row() x 1000 : message($kind, $body) },
	binary => when(T => sub { description(unpack('n', $_[0]), 1) }),
	copy => when(T => sub { message('G', pack('Cn', 0, 0)) }),
	commits => when(Z => sub { message('Z', 'I') }),
	closes => when(T => sub { undef }));

# These never end.
my %endless = (
	silent => sub { read_message($_[2]) while 1 },
	notices => sub { my ($send) = @_; 1 while $send->(message('N', "SNOTICE${end}VNOTICE${end}C00000${end}Mspam$end$end") x 100) },
	huge => sub { my ($send) = @_; $send->('D' . pack('N', 1_500_000_000) . pack('n', 3)); 1 while $send->('x' x 65_536) },
	flood => sub { my ($send, $body) = @_; 1 while $send->(message('D', $body) x 1000) },
	empty => sub { my ($send) = @_; $send->(description(0, 0)); 1 while $send->(row() x 1000) });

sub random_lies
{
	my ($seed) = @_;
	my $random = sub { $seed = ($seed * 1103515245 + 12345) % 2**31; return int($seed / 65536) % $_[0] };
	$random->(2) for 1 .. 5;
	my $rate = 2 + $random->(60);
	my @before;

	return sub {
		my ($kind, $body) = @_;
		return message($kind, $body) if $kind ne 'D';
		my @values = values_of($body);
		my @changed = map { $random->($rate) ? $_ : $random->(3) || !@before ? $nonsense[ $random->(scalar @nonsense) ] : $before[ $random->(scalar @before) ] } @values;
		@before = @values;
		return $random->(40) ? row(@changed) : row(@changed) x $random->(4);
	};
}

sub serve
{
	my ($client) = @_;
	my $startup = read_startup($client);
	$startup =~ s/\0database\0(\w+) (\d+)\0/\0database\0$real_database\0/ or exit;
	my ($kind, $which) = ($1, $2);
	my $server = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $real) or exit;
	send_all($server, pack('N', 4 + length $startup) . $startup);
	my $change = $kind eq 'random' ? random_lies($which) : $kinds{$kind};
	my (%number, $asked);
	my $both = IO::Select->new($client, $server);
	while (1)
	{
		foreach my $ready ($both->can_read)
		{
			my ($letter, $body) = read_message($ready);
			if ($ready == $client)
			{
				my $is_query = $letter eq 'P' || ($letter eq 'Q' && $body =~ /^(?:SELECT|COPY)|; SELECT pg_catalog\.current_database/);
				if ($is_query)
				{
					my $next = 1 + keys %number;
					$asked = $number{$body} //= $next;
				}
				if ($kind eq 'hook' && $is_query && $asked == $which)
				{
					local $SIG{CHLD} = 'DEFAULT';
					system('sh', "$folder/hook") == 0 or exit;
				}
				send_all($server, message($letter, $body));
				next;
			}
			my $is_changed = $asked && ($which == 0 || $kind eq 'random' || $asked == $which);
			if ($is_changed && $letter =~ /[TD]/ && $endless{$kind})
			{
				send_all($client, message($letter, $body)) if $letter eq 'T' && $kind ne 'empty';
				next if $letter eq 'T' && $kind eq 'flood';
				$endless{$kind}->(sub { send_all($client, $_[0]) }, $body, $client);
			}
			my $said = $is_changed && $change ? $change->($letter, $body) : message($letter, $body);
			exit if !defined $said;
			send_all($client, $said);
		}
	}
	return;
}

answer_all($folder, \&serve);
