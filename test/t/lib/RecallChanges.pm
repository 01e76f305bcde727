# The changes of the recall suite, test/fixtures/recall_changes.sql. A change is its label, a line of
# DDL, and the rows that it leads to, a | between the columns: type, object, kind, attribute, expected,
# actual, severity, and whether there is a fix. ~ is null, * any text (which depends on the version).
# A label may begin with the version from which on the server can do it.
package RecallChanges;

use strict;
use warnings;

use Exporter qw(import);
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(recall_changes);

# What a server of this version can do; citext is the schema of that extension.
sub recall_changes
{
	my ($version, $citext) = @_;
	my (@changes, $label);

	foreach my $line (split /\n/, slurp_file('test/fixtures/recall_changes.sql'))
	{
		$line =~ s/%citext%/$citext/;
		if ($line =~ s/^--> //) { push @{ $changes[-1]{rows} }, $line }
		elsif ($line =~ /^-- (.*)/) { $label = $1 }
		else { push @changes, { label => $label, ddl => $line, rows => [] } }
	}
	return grep { $_->{label} !~ /^(\d\d) / || $1 <= $version } @changes;
}

1;
