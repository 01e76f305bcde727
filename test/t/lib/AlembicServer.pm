# Alembic's commands without the half second that each takes to import itself: a process that has
# imported it starts one for each of them (alembic_server.py).
package AlembicServer;

use strict;
use warnings;

use Cwd        qw(getcwd);
use Exporter   qw(import);
use File::Temp qw(tempfile);
use FindBin;
use IPC::Open2 qw(open2);
use JSON::PP;
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(run_alembic);

my ($server, $requests, $answers);

# It ends when this test does, which closes its input.
sub start_server
{
	my ($interpreter) = @_;

	local $ENV{PYTHONHASHSEED} = 0;
	$server = open2($answers, $requests, $interpreter, "$FindBin::RealBin/lib/alembic_server.py");
	return;
}

# run_alembic(interpreter, folder, arguments): whether it succeeded, its standard output, its standard error.
sub run_alembic
{
	my ($interpreter, $folder, @arguments) = @_;
	my (undef, $out) = tempfile(UNLINK => 1);
	my (undef, $err) = tempfile(UNLINK => 1);
	my $status;

	start_server($interpreter) unless $server;
	print $requests JSON::PP->new->ascii->encode(
		{ argv => \@arguments, cwd => $folder // getcwd(), env => {%ENV}, stdout => $out, stderr => $err }), "\n";
	$requests->flush;
	$status = <$answers>;
	die "the server of Alembic has ended\n" unless defined $status;
	return ($status == 0, slurp_file($out), slurp_file($err));
}

END
{
	my $status = $?;

	if ($server)
	{
		close $requests;
		waitpid $server, 0;
	}
	$? = $status;
}

1;
