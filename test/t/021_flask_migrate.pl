# A project made by Flask-Migrate, whose revisions come from autogenerate, works
# the same; and autogenerate does not take mighead's own tables for the
# application's.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(url_of);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $project = AlembicProject->with_server('flask', [qw(flask_migrate flask_sqlalchemy)], 'db');
my ($node, $directory) = @$project{qw(node directory)};
my $url = url_of($node, 'postgres');

# The application with a model of these columns.
sub write_application
{
	my (@columns) = @_;

	unlink "$directory/app.py";
	append_to_file("$directory/app.py", <<"EOF_APP" . join('', map { "    $_ = db.Column(db.Text)\n" } @columns));
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "$url"
db = SQLAlchemy(app)
Migrate(app, db)


class Account(db.Model):
    id = db.Column(db.Integer, primary_key=True)
EOF_APP
	return;
}

write_application();
$project->output('init');
$project->output('migrate', '-m', 'create account', '--rev-id', 'f1');
$project->compare('first revision');
$project->migrate('upgrade', 'head');
$project->compare('first upgrade');

write_application('email');
$project->output('migrate', '-m', 'add e-mail', '--rev-id', 'f2');
my ($file) = glob("$project->{versions}/f2_*.py");
my $source = slurp_file($file);
like($source, qr/add_column\(.*'email'/, 'autogenerate sees the new column');
unlike($source, qr/drop_table/, 'and does not want to drop the tables of mighead');

$project->output('revision', '-m', 'another line', '--rev-id', 'g2', '--head', 'f1', '--splice');
$project->compare('two heads');
$project->refuse('upgrade', 'head');
$project->migrate('upgrade', 'heads');
$project->compare('all heads');

append_to_file("$project->{versions}/h3_merge.py",
	$node->safe_psql('postgres', q{SELECT mighead_merge_script(revision => 'h3')}) . "\n");
is_deeply([ $project->output('heads') ], ['h3 (head)'], 'one head after the merge');
$project->compare('merged');
$project->migrate('upgrade', 'head');
$project->migrate('downgrade', 'f1');
$project->compare('taken back');

done_testing();
