# A server for tests on a socket of its own, that speaks the messages of libpq's protocol as bytes.
package Wire;

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);

our @EXPORT_OK = qw(answer_all description message read_message read_startup row send_all);

sub message { my ($kind, $body) = @_; return $kind . pack('N', 4 + length $body) . $body }

# A row of data; undef is NULL.
sub row { return message('D', pack('n', scalar @_) . join '', map { defined ? pack('N/a*', $_) : pack('N', 0xffffffff) } @_) }

# n columns of text. format: 0 text, 1 binary
sub description
{
	my ($n, $format) = @_;

	return message('T', pack('n', $n) . ("x\0" . pack('NnNnNn', 0, 0, 25, 0xffff, 0xffffffff, $format // 0)) x $n);
}

# The process ends where the other side does: each connection has a process of its own.
sub read_exactly
{
	my ($from, $n) = @_;
	my $data = '';

	while (length $data < $n)
	{
		sysread($from, $data, $n - length $data, length $data) or exit;
	}
	return $data;
}

sub read_message
{
	my ($from) = @_;
	my $kind = read_exactly($from, 1);

	return ($kind, read_exactly($from, unpack('N', read_exactly($from, 4)) - 4));
}

# The parameters of a connection, after TLS or GSSAPI was refused.
sub read_startup
{
	my ($client) = @_;
	my $startup = read_exactly($client, unpack('N', read_exactly($client, 4)) - 4);

	return $startup if length $startup > 4;
	send_all($client, 'N');
	return read_exactly($client, unpack('N', read_exactly($client, 4)) - 4);
}

sub send_all
{
	my ($to, $data) = @_;
	my $sent = 0;

	while ($sent < length $data)
	{
		my $n = syswrite($to, $data, length($data) - $sent, $sent);
		exit unless $n;
		$sent += $n;
	}
	return 1;
}

# Says "ready", and gives each connection to FOLDER/.s.PGSQL.5432 to a process that calls serve, until the standard
# input ends.
sub answer_all
{
	my ($folder, $serve) = @_;
	my $path = "$folder/.s.PGSQL.5432";
	my $listener = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path, Listen => 64)
	  or die "cannot listen on $path: $!";
	my $select = IO::Select->new($listener, \*STDIN);

	$SIG{CHLD} = 'IGNORE';
	$SIG{PIPE} = 'IGNORE';
	print "ready\n";
	close STDOUT;
	while (1)
	{
		my @ready = $select->can_read;
		last if grep { $_ != $listener } @ready;
		my $client = $listener->accept or next;
		my $pid = fork // die "cannot fork: $!";
		if ($pid == 0)
		{
			close $listener;
			close STDIN;
			$serve->($client);
			exit;
		}
		close $client;
	}
	unlink $path;
	return;
}

1;
