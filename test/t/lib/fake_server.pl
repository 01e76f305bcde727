# A server that misbehaves: fake_server.pl FOLDER
#
# Listens on FOLDER/.s.PGSQL.5432, lets everybody in, and answers the first query after the
# transaction has begun as the name of the database says; as "begin", already the statements that begin
# it, and as "login" nothing but the login. Ends when its standard input does.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Wire qw(answer_all description message read_message read_startup row send_all);

my ($folder) = @ARGV;

sub ready { return message('Z', $_[0]) }

sub notice { return message('N', "SNOTICE\0VNOTICE\0C00000\0M" . 'spam ' x 100 . "\0\0") }

# What comes before the rows, where the query has parameters.
my $prepared = message('1', '') . message('2', '');
my $began = '';
# Columns that are asked for: by the query for ordinary version tables, or by the one for all.
my $n = 33;

# Each gets a function that sends, and returns when it wants to wait for ever.
my %behaviours = (
	columns => sub { $_[0]->($began . description(3) . row('a', 'b', 'c') . message('C', "SELECT 1\0") . ready('T')) },
	encoding => sub { $_[0]->($began . description($n) . row("\xff\xfe", ('x') x ($n - 1)) . message('C', "SELECT 1\0") . ready('T')) },
	nul => sub { $_[0]->($began . description($n) . row("a\0b", ('x') x ($n - 1)) . message('C', "SELECT 1\0") . ready('T')) },
	values => sub { $_[0]->($began . description($n) . row('db', '15', "r\e[2Jole", 'oid', ('nonsense') x ($n - 4)) . row((undef) x $n) . row((99999999999999999999) x $n) . message('C', "SELECT 1\0") . ready('T')) },
	closes => sub { $_[0]->($began . description($n) . substr(row(('x') x $n), 0, 20)); exit },
	huge => sub { $_[0]->($began . description($n) . 'D' . pack('N', 1_500_000_000) . pack('n', $n)); 1 while $_[0]->('x' x 65536) },
	flood => sub { $_[0]->($began . description($n)); 1 while $_[0]->(row('db', '15', 'role', undef, ('x' x 10000) x ($n - 4)) x 20) },
	notices => sub { $_[0]->($began); 1 while $_[0]->(notice() x 100) },
	copy => sub { $_[0]->(message('G', pack('Cn', 0, 0))) },
	commits => sub { $_[0]->($began . description($n) . row(('x') x $n) . message('C', "SELECT 1\0") . ready('I')) },
	garbage => sub { $_[0]->(join '', map { chr int rand 256 } 1 .. 500) },
	commands => sub { 1 while $_[0]->(message('C', "SELECT 1\0") x 1000) },
	parameters => sub { my $i = 0; 1 while $_[0]->(join '', map { message('S', "p$_\0" . 'v' x 100 . "\0") } $i .. ($i += 1000)) },
	notifications => sub { $_[0]->($began); 1 while $_[0]->(message('A', pack('N', 1) . "channel\0" . 'x' x 7000 . "\0") x 100) },
	errors => sub { $_[0]->($began); 1 while $_[0]->(message('E', "SERROR\0VERROR\0C42501\0M" . 'x' x 20000 . "\0\0") x 20) },
	error => sub { $_[0]->(message('E', "SERROR\0VERROR\0C42501\0Mno \e[31mway\nSELECT 1\0\0") . ready('E')) },
);

sub serve
{
	my ($client) = @_;
	my $send = sub { return send_all($client, $_[0]) };
	my ($database) = read_startup($client) =~ /database\0([^\0]*)\0/;
	sleep 600 if $database eq 'silent';
	$send->(message('R', pack('N', 0)));
	if ($database eq 'login')
	{
		$send->('N' . pack('N', 1_500_000_000));
		1 while $send->('x' x 65536);
	}
	$send->(message('S', "server_version\00015.4\0") . message('S', "client_encoding\0UTF8\0")
		  . message('K', pack('NN', 1, 2)) . ready('I'));
	while (1)
	{
		my ($kind, $body) = read_message($client);

		exit if $kind eq 'X';
		if ($kind eq 'Q')
		{
			if ($database eq 'begin')
			{
				$send->(description($n));
				1 while $send->(row(('x' x 1000) x $n) x 20);
			}
			if ($body !~ /(?:^|; )SELECT/)
			{
				$send->(message('C', "BEGIN\0") . ready('T'));
				next;
			}
			# what begins the transaction comes with the query
			$send->(join '', map { message('C', "SET\0") } 2 .. split /;/, $body) if $body =~ /^BEGIN/;
			($n, $began) = (15, '');
		}
		($n, $began) = (33, $prepared) if $kind eq 'P';
		next if $kind !~ /[QS]/;
		$behaviours{$database}->($send);
	}
	return;
}

answer_all($folder, \&serve);
