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

# A version table, as the query for ordinary ones finds it: the column's number, type and modifier, and unique keys.
sub table
{
	my ($schema, $column, $keys, $oid) = @_;

	return row('db', 'owner', '15.4', 'owner', $oid // 20_000, $schema, 'alembic_version', 'r', 't', 6171, 'owner', $column // '1 25 -1', $keys // '{1}', '{}', 't');
}

sub absurd_counts
{
	my @numbers = qw(-1 0 1601 32768 65536 2147483647 -2147483648 4294967295 99999999999999999999);

	return (map({ "$_ 25 -1" } @numbers), map({ "1 $_ -1" } @numbers), map({ ("1 1043 $_", "1 1042 $_") } @numbers), '1', '1 25', '', 'x y z', '{' x 100_000);
}

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
	results => sub { 1 while $_[0]->((description($n) . row(('x') x $n) . message('C', "SELECT 1\0")) x 100) },
	wide => sub { $_[0]->($began . description(65_535) . row(('x') x 65_535) . message('C', "SELECT 1\0") . ready('T')) },
	names => sub { $_[0]->($began . description($n) . row(('x' x 1_000_000) x $n) . message('C', "SELECT 1\0") . ready('T')) },
	out => sub { $_[0]->(message('H', pack('Cn', 0, 0))); 1 while $_[0]->(message('d', 'x' x 10_000) x 20) },
	both => sub { $_[0]->(message('W', pack('Cn', 0, 0))); 1 while $_[0]->(message('d', 'x' x 10_000) x 20) },
	function => sub { $_[0]->(message('V', pack('N', 4) . 'abcd') . ready('T')) },
	nothing => sub { $_[0]->(message('I', '') . ready('T')) },
	lengths => sub { $_[0]->($began . description($n) . 'D' . pack('N', 3) . 'xx') },
	values_too_long => sub { $_[0]->($began . description($n) . message('D', pack('n', $n) . pack('N', 1_000_000) . 'x') . message('C', "SELECT 1\0") . ready('E')) },
	ready => sub { 1 while $_[0]->(ready('T') x 1000) },
	version99 => sub { $_[0]->($began . description($n) . row(('x') x $n) . message('C', "SELECT 1\0") . ready('T')) },
	klingon => sub { $_[0]->($began . description($n) . row(('x') x $n) . message('C', "SELECT 1\0") . ready('T')) },
	million => sub { $_[0]->($began . description($n)); $_[0]->(join '', map { table("s$_") } $_ * 1000 .. $_ * 1000 + 999) foreach 0 .. 999; $_[0]->(message('C', "SELECT 1000000\0") . ready('T')) },
	tables => sub { $_[0]->($began . description($n) . join('', map { table("s$_") } 1 .. 10_000) . message('C', "SELECT 10000\0") . ready('T')) if $n == 15; sleep 600 },
	counts => sub { $_[0]->($began . description($n) . join('', map { (table('s', $_), table('s', '1 25 -1', $_), table('s', '1 25 -1', '{' x 5000 . $_ . '}' x 5000), table('s', undef, undef, $_)) } absurd_counts()) . message('C', "SELECT 1\0") . ready('T')) if $n == 15; sleep 600 },
	error => sub { $_[0]->(message('E', "SERROR\0VERROR\0C42501\0Mno \e[31mway\nSELECT 1\0\0") . ready('E')) },
);

sub authentication { my ($kind, $body) = @_; return message('R', pack('N', $kind) . ($body // '')) }

# The client's nonce, and a salt.
sub challenge
{
	my ($client, $nonce) = @_;
	my (undef, $first) = read_message($client);

	$nonce //= $first =~ /r=([^,\0]+)/ ? $1 : '';
	return authentication(11, "r=${nonce}abc,s=QUJDREVGRw==,i=4096");
}

# How they let nobody in. Each sends, and returns when it wants to wait for ever.
my %logins = (
	cleartext => sub { $_[0]->(authentication(3)) },
	md5 => sub { $_[0]->(authentication(5, 'salt')) },
	md5_short => sub { $_[0]->(authentication(5)) },
	gss => sub { $_[0]->(authentication(7)) },
	sspi => sub { $_[0]->(authentication(9)) },
	kerberos => sub { $_[0]->(authentication(2)) },
	method99 => sub { $_[0]->(authentication(99)) },
	sasl_unknown => sub { $_[0]->(authentication(10, "NONSENSE\0\0")) },
	sasl_none => sub { $_[0]->(authentication(10, "\0")) },
	sasl_open => sub { $_[0]->(authentication(10, 'SCRAM-SHA-256' x 100)) },
	scram_early => sub { $_[0]->(authentication(11, 'r=a,s=b,i=1')) },
	scram_nonce => sub { $_[0]->(authentication(10, "SCRAM-SHA-256\0\0")); $_[0]->(challenge($_[1], 'mine')) },
	scram_again => sub { $_[0]->(authentication(10, "SCRAM-SHA-256\0\0")); my $challenge = challenge($_[1]); 1 while $_[0]->($challenge) },
	scram_final => sub { $_[0]->(authentication(10, "SCRAM-SHA-256\0\0")); $_[0]->(challenge($_[1])); read_message($_[1]); $_[0]->(authentication(12, 'v=' . 'A' x 43 . '=')) },
	scram_silent => sub { $_[0]->(authentication(10, "SCRAM-SHA-256\0\0")); $_[0]->(challenge($_[1])) },
	scram_trusts => sub { $_[0]->(authentication(10, "SCRAM-SHA-256\0\0")); $_[0]->(challenge($_[1])); $_[0]->(authentication(0)) },
	negotiates => sub { $_[0]->(message('v', pack('NN', 196_608, 1) . "_pq_.x\0")) },
	refuses => sub { $_[0]->(message('E', "SFATAL\0VFATAL\0C28000\0Mno \e[31mway\0\0")) },
	old_error => sub { $_[0]->("Eno way\0") },
	http => sub { $_[0]->("HTTP/1.1 400 Bad Request\r\n\r\n") },
	version91 => sub { $_[0]->(authentication(0) . message('S', "server_version\x009.1.24\0") . message('S', "client_encoding\0UTF8\0") . ready('I')) },
	no_version => sub { $_[0]->(authentication(0) . message('S', "server_version\0none\0") . ready('I')) },
	in_transaction => sub { $_[0]->(authentication(0) . message('S', "server_version\00015.4\0") . ready('T')) },
	key => sub { $_[0]->(authentication(0) . message('K', 'x')) });

sub serve
{
	my ($client) = @_;
	my $send = sub { return send_all($client, $_[0]) };
	my ($database) = read_startup($client) =~ /database\0([^\0]*)\0/;
	sleep 600 if $database eq 'silent';
	if (my $login = $logins{$database})
	{
		$login->($send, $client);
		# it does not answer, and does not hang up
		read_message($client) while 1;
	}
	$send->(message('R', pack('N', 0)));
	if ($database eq 'login')
	{
		$send->('N' . pack('N', 1_500_000_000));
		1 while $send->('x' x 65536);
	}
	my $version = $database eq 'version99' ? '99.9' : '15.4';
	my $encoding = $database eq 'klingon' ? 'KLINGON' : 'UTF8';
	$send->(message('S', "server_version\0$version\0") . message('S', "client_encoding\0$encoding\0")
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
