# A server that answers a request for TLS as it should not: tls_server.pl KIND PORT ...
#
# Listens on each port of 127.0.0.1 and answers as the kind says. Ends when its standard input does.
use strict;
use warnings;

use FindBin;
use IO::Select;
use IO::Socket::INET;
use lib $FindBin::RealBin;
use Wire qw(message send_all);

my $error = message('E', "SFATAL\0VFATAL\0C28000\0Mno \e[31mway\0\0");
my %answers = (
	garbage => 'S' . join('', map { chr int rand 256 } 1 .. 500),
	record => "S\x15\x03\x03\xff\xff" . 'x' x 70_000,
	flood => 'S' . "\x16\x03\x03\x40\x00" . ('x' x 16_384) x 1000,
	silent => 'S',
	early => 'S' . message('R', pack('N', 0)) . message('Z', 'I'),
	error => $error,
	text => "Eno \e[31mway\0",
	open => 'E' . 'x' x 100_000,
	letter => 'X',
	refuses => 'N',
	closes => '');

my %kinds;
my $select = IO::Select->new(\*STDIN);
while (my ($kind, $port) = splice @ARGV, 0, 2)
{
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "cannot listen on $port: $!";
	$kinds{$listener} = $kind;
	$select->add($listener);
}
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
print "ready\n";
close STDOUT;
while (1)
{
	foreach my $ready ($select->can_read)
	{
		exit if $ready == \*STDIN;
		my $client = $ready->accept or next;
		my $pid = fork // die "cannot fork: $!";
		next if $pid != 0;
		close STDIN;
		sysread $client, my $request, 8;
		send_all($client, $answers{ $kinds{$ready} });
		exit if $kinds{$ready} eq 'closes';
		# it does not hang up
		1 while sysread $client, my $more, 1000;
		exit;
	}
}
