# The rules that keep the sources a house where things are found; src/README.md says them.
#
# Needs neither a server nor objects: who uses what is read from the sources.  Where all objects
# are there ("make unit" after "make", "make lint"), it is read from them too, with nm.
use strict;
use warnings;

use File::Basename qw(basename dirname);
use File::Compare qw(compare);
use File::Find;
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

my $limit = 900;

# Toolboxes: each of their headers may be included from outside.
my %is_toolbox = ('core/base' => 1, 'server/base' => 1);

# What the server side shares lies in src itself.
my %folder_of_shared = ('mighead.h' => 'server/base', 'compat.h' => 'server/base');

my $top = "$FindBin::RealBin/../..";
chdir $top or die "cannot enter $top: $!";

sub slurp
{
	my ($path) = @_;
	open my $file, '<', $path or die "cannot read $path: $!";
	local $/;
	return scalar <$file>;
}

sub files_below
{
	my ($folder, $pattern) = @_;
	my @found;
	find({ no_chdir => 1, wanted => sub { push @found, $_ if -f && /$pattern/ } }, $folder);
	return sort @found;
}

sub folder_of
{
	my ($path) = @_;
	$path =~ s{^src/}{};
	return $folder_of_shared{$path} // dirname($path);
}

sub none_ok
{
	my ($name, @faults) = @_;
	ok(!@faults, $name) or diag(map { "  $_\n" } @faults);
	return;
}

# Comments and strings blanked, so that only code is left.
sub code_of
{
	my ($text) = @_;
	$text =~ s{/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'}{ }gs;
	return $text;
}

# The sets of several nodes that reach each other.
sub circles_of
{
	my ($edges) = @_;
	my (%index, %low, %on_stack, @stack, @circles);
	my $next = 0;
	my $visit;
	$visit = sub {
		my ($node) = @_;
		$index{$node} = $low{$node} = $next++;
		push @stack, $node;
		$on_stack{$node} = 1;
		for my $other (sort keys %{ $edges->{$node} // {} })
		{
			if (!exists $index{$other})
			{
				$visit->($other);
				$low{$node} = $low{$other} if $low{$other} < $low{$node};
			}
			elsif ($on_stack{$other})
			{
				$low{$node} = $index{$other} if $index{$other} < $low{$node};
			}
		}
		return if $low{$node} != $index{$node};
		my @circle;
		do
		{
			push @circle, pop @stack;
			$on_stack{ $circle[-1] } = 0;
		} while $circle[-1] ne $node;
		push @circles, join(' ', sort @circle) if @circle > 1;
	};
	for my $node (sort keys %$edges)
	{
		$visit->($node) unless exists $index{$node};
	}
	return @circles;
}

# ---------- the order of the folders, as the map has it ----------

my @sources = files_below('src', qr/\.[ch]$/);
my ($order) = slurp('src/README.md') =~ /^```text folders\n(.*?)^```$/ms;
my %rank;
my $lines = 0;
for my $line (split /\n/, $order // '')
{
	$rank{$_} = $lines for $line =~ m{[a-z_]+(?:/[a-z_]+)?}g;
	$lines++;
}

my %folders = map { folder_of($_) => 1 } grep { $_ ne 'src/mighead.c' } @sources;
cmp_ok(scalar keys %folders, '>', 15, 'folders are found');
none_ok('src/README.md names each folder', grep { !defined $rank{$_} } sort keys %folders);
none_ok('src/README.md names no other folder', grep { !$folders{$_} } sort keys %rank);

sub may_use
{
	my ($from, $to) = @_;
	return $from eq $to || ($rank{$to} // 99) < ($rank{$from} // 99);
}

# ---------- includes ----------

my (@wrong_order, @not_faces, @absent, %include_edges);
for my $path (@sources)
{
	for my $included (slurp($path) =~ /^#include "([^"]+)"/mg)
	{
		if (!-e "src/$included")
		{
			push @absent, "$path: $included" if $included =~ m{^(?:core|server|entry)/};
			next;
		}
		my ($from, $to) = (folder_of($path), folder_of("src/$included"));
		$include_edges{$path}{"src/$included"} = 1;
		next if $path eq 'src/mighead.c' || $from eq $to;
		push @wrong_order, "$path includes $included" unless may_use($from, $to);
		push @not_faces, "$path includes $included"
		  unless $is_toolbox{$to} || $included eq "$to/" . basename($to) . '.h';
	}
}
none_ok('included files are there', @absent);
none_ok('includes keep the order of the folders', @wrong_order);
none_ok('from outside a folder only its face is included', @not_faces);
none_ok('no circle of includes', circles_of(\%include_edges));

# ---------- symbols ----------

# Who defines which function, and which functions of others a file names.
sub symbols_of_sources
{
	my (%defined, %named);
	my %code = map { $_ => code_of(slurp($_)) } grep { /\.c$/ } @sources;
	for my $path (keys %code)
	{
		while ($code{$path} =~ /^([^\n]*)\n(mh_\w+)\([^;{}]*\)\n\{/mg)
		{
			$defined{$2} = $path unless $1 =~ /^static\b/;
		}
	}
	for my $path (keys %code)
	{
		$named{$path}{$_} = 1 for $code{$path} =~ /\b(mh_\w+)\b/g;
	}
	return (\%defined, \%named);
}

# The same from objects; nothing where one is absent or older than its source.
sub symbols_of_objects
{
	my (%defined, %named, %source_of);
	for my $path (grep { /\.c$/ } @sources)
	{
		my ($stem) = $path =~ m{^src/(.*)\.c$};
		my ($object) = grep { -e && -M $_ <= -M $path } "src/$stem.o", "build/strict/$stem.o",
		  "build/client/$stem.o";
		return unless defined $object;
		$source_of{$object} = $path;
	}
	open my $nm, '-|', 'nm', '-A', '-P', sort keys %source_of or return;
	while (<$nm>)
	{
		my ($object, $symbol, $type) = /^(.*?):? +(mh_\w+) +(\w)/ or next;
		my $path = $source_of{$object} or next;
		$defined{$symbol} = $path if $type =~ /[TDBRC]/;
		$named{$path}{$symbol} = 1 if $type eq 'U';
	}
	close $nm or return;
	return (\%defined, \%named);
}

sub check_symbols
{
	my ($what, $defined, $named) = @_;
	my (%edges, @against_order, %used);
	cmp_ok(scalar keys %$defined, '>', 300, "$what: functions are found");
	for my $path (sort keys %$named)
	{
		for my $symbol (sort keys %{ $named->{$path} })
		{
			my $other = $defined->{$symbol};
			next if !defined $other || $other eq $path;
			$used{$symbol} = 1;
			$edges{$path}{$other} = 1;
			push @against_order, "$path uses $symbol of $other"
			  unless may_use(folder_of($path), folder_of($other));
		}
	}
	none_ok("$what: functions keep the order of the folders", @against_order);
	none_ok("$what: no circle of files", circles_of(\%edges));
	my $tests = join "\n", map { slurp($_) } files_below('test', qr/\.[ch]$/);
	none_ok(
		"$what: each exported function is used in another file",
		map { "$_ of $defined->{$_}" }
		grep { !$used{$_} && $tests !~ /\b$_\b/ } sort keys %$defined);
	return;
}

check_symbols('sources', symbols_of_sources());
SKIP:
{
	my ($defined, $named) = symbols_of_objects();
	skip 'not all objects are there', 4 unless defined $defined;
	check_symbols('objects', $defined, $named);
}

# ---------- words ----------

# The vocabulary by kind: STATE => { busy => 'MH_STATE_BUSY', ... }.
my (%words, %constant_of, %constants_of);
my $words_text = slurp('src/core/base/words.h');
while ($words_text =~ /^#define MH_?(STATE|CODE|DRIFT|LEFTOVER|ACTION|STEP|GUARD_NAME|ROLE|AREA|TYPE|ATTR|CONSTRAINT|ERR)_(\w+) (MH_OWN_PREFIX )?"([^"]+)"$/mg)
{
	my ($kind, $rest, $prefix, $word) = ($1, $2, $3, $4);
	my $name = $kind eq 'ERR' ? "MHERR_$rest" : "MH_${kind}_$rest";
	$word = "mighead_$word" if defined $prefix;
	$words{$kind}{$word} = $name;
	$constant_of{$word} = $name;
	$constants_of{$name} = $word;
}
cmp_ok(scalar keys %{ $words{$_} }, '>', 2, "words of kind $_") for qw(STATE DRIFT ACTION AREA TYPE ATTR ERR);

# Names in JSON, in SQL, of arguments and of evidence may be the same words.
my $names_others = qr/\b(?:MH_NAMES|mh_own_table_\w+|mh_json_\w+|mh_extension_\w+|set_text|set_datum|mh_own_rows|mh_may_read
	|mh_has_column|mh_call_add|mh_require_argument|mh_evidence_\w+|mh_strings_from_array|mh_row_set
	|mh_target_rows|get_relname_relid|relation_of|required_text|append_member|push_text)\(/x;

# And so may what these files have from elsewhere, or put into a sentence.
my %is_of_other_meaning = (
	'client/commands.c' => 'check|drift|expect',                   # commands
	'client/fleet.c' => 'server|pending',                     # titles
	'client/load.c' => 'default',                           # the name of a project
	'client/dump.c' => 'function|procedure',                # keywords of SQL
	'client/expect.c' => 'default',                         # the name of a project
	'client/offline.c' => 'default',                        # the name of a project
	'client/options.c' => 'version|project|expect',                # options
	'client/print.c' => 'ok',                               # a severity
	'client/project.c' => 'cycle',                          # a problem of scripts
	'client/readers.c' => 'pending|rows|missing|extra|changed',    # titles
	'client/restorable.c' => 'start|tablespace|security label',    # keywords of SQL
	'client/review_print.c' => 'rows',                      # a title
	'server/review/facts_objects.c' => 'tablespace',        # an option of REINDEX
	'server/review/plpgsql.c' => 'using|insert',             # words of PL/pgSQL, here and below
	'server/review/plpgsql_declare.c' => 'type|default',
	'server/review/plpgsql_leaves.c' => 'using|column|constraint|table|schema|strict',
	'server/review/plpgsql_sql.c' => 'function|procedure|insert|strict',
	'server/review/plpgsql_tokens.c' => 'strict|using|column|constraint|default|insert|schema|table|type',
	'server/review/stored.c' => 'default',                  # a keyword of SQL
	'server/scripts/cache.c' => 'project',                  # a column
	'server/scripts/bulk_insert.c' => 'project',            # a column
	'core/base/call.c' => 'default',                        # the name of a project
	'core/base/secrets.c' => 'insert|update|delete|comment|server|subscription',    # keywords of SQL
	'core/draw/report.c' => 'table|rows|schema|changed|tables',    # labels
	'core/diagnosis/edited.c' => 'labels|body',             # what of a script was changed
	'core/fix/whole_statements.c' => 'function|procedure',  # keywords of SQL
	'core/schema/validate.c' => 'default|type',             # a keyword; a member of a document
	'core/script/statements.c' => 'type',                   # a keyword of Python
	'entry/capture.c' => 'schemas',                         # an argument
	'entry/document.c' => 'project',                        # members of a document
	'entry/document_expectations.c' => 'rows',
	'entry/watch_trigger.c' => 'schema',                    # what could not be recorded
	'server/definitions/default_privileges.c' => 'tables|schemas|default',    # values
	'server/definitions/global.c' => 'function|insert|update|delete',
	'server/definitions/rules.c' => 'insert|update|delete',
	'server/definitions/types.c' => 'default',
	# types of event triggers
	'server/journal/ddl_log.c' =>
	  'table|view|materialized view|foreign table|trigger|policy|rule|function|procedure|aggregate',
	'server/remote/server.c' => 'options',                  # an option of libpq
	'server/review/cut.c' => 'function|procedure',          # keywords of SQL
	'server/review/facts.c' => 'owned_by|cycle|increment|start|cache',    # options of CREATE SEQUENCE
	'server/review/objects.c' => 'insert|update|delete|trigger',    # privileges
	'server/scripts/scripts.h' => 'default',                # the name of a project
);

# Literals of a source that are words, and literals of SQL within them.
sub words_in
{
	my ($path) = @_;
	my $text = slurp($path) =~ s{/\*.*?\*/}{}gsr =~ s{'"'}{}gr =~ s/^#include.*$//mgr;
	my %may = map { $_ => 1 } split /\|/, $is_of_other_meaning{ $path =~ s{^src/}{}r } // '';
	my @found;
	while ($text =~ /"((?:[^"\\\n]|\\.)*)"/g)
	{
		my ($literal, $before) = ($1, substr $text, 0, $-[0]);
		$before =~ s/.*[;{}]//s;
		next if $before =~ /$names_others(?:[^()]|\([^()]*\))*$/;
		push @found, grep { $constant_of{$_} && !$may{$_} } $literal, $literal =~ /'(\w[\w ]*)'/g;
	}
	return @found;
}

my @literals;
for my $path (grep { $_ ne 'src/core/base/words.h' } @sources)
{
	push @literals, "$path: \"$_\" is $constant_of{$_}" for words_in($path);
}
none_ok('words of the vocabulary are no literals', @literals);

my $all_sources = join "\n", map { slurp($_) } grep { $_ ne 'src/core/base/words.h' } @sources;
none_ok('each word is used', grep { $all_sources !~ /\b$_\b/ } sort keys %constants_of);

# The words in the first column of the tables of a section of a document.
sub first_column
{
	my ($path, $from, $to) = @_;
	my ($section) = slurp($path) =~ /^\Q$from\E\n(.*?)^\Q$to\E/ms or die "no section $from in $path";
	return [ sort $section =~ /^\| `([^`]+)` \|/mg ];
}

sub same_words
{
	my ($name, $found, @kinds) = @_;
	is_deeply($found, [ sort map { keys %{ $words{$_} } } @kinds ], $name);
	return;
}

my $reference = 'doc/reference.md';
same_words('the reference has all states and codes', first_column($reference, '## States', '## Loading'),
	'STATE', 'CODE');
same_words('the reference has all kinds of drift', first_column($reference, '| kind | meaning |', '['), 'DRIFT');
same_words('the reference has all leftovers', first_column($reference, '| `kind` | object |', 'A type'),
	'LEFTOVER');
same_words('the reference has all guards', first_column($reference, '| guard | code | refuses if | can be skipped |', '*'),
	'GUARD_NAME');
same_words('the reference has all roles of sessions', first_column($reference, '| `role` | the session |', '*'),
	'ROLE');

my ($errors) = slurp($reference) =~ /^## Error codes\n(.*?)^## /ms;
my (%codes_of_states, %states_of_document);
my $table_of_states = slurp('src/core/diagnosis/finding.c');
while ($table_of_states =~ /\{(MH_STATE_\w+), (MHERR_\w+)\}/g)
{
	$codes_of_states{ $constants_of{$1} } = $constants_of{$2} if $constants_of{$2} ne '00000';
}
while ($errors =~ /^\| (MH\d+) \| (`.*`) \|$/mg)
{
	my ($code, $states) = ($1, $2);
	$states_of_document{$_} = $code for grep { $words{STATE}{$_} } $states =~ /`(\w+)`/g;
}
is_deeply(\%states_of_document, \%codes_of_states, 'the reference has the SQLSTATE of each state');
my %documented = map { $_ => 1 } slurp($reference) =~ /^\|.*?\b(MH\d{3})\b.*\|$/mg;
none_ok('the reference has each SQLSTATE', grep { /^MH/ && !$documented{$_} } sort keys %{ $words{ERR} });
none_ok('and no other', grep { !$words{ERR}{$_} } sort keys %documented);

my ($script) = sort { $b cmp $a } grep { !/--.*--/ } glob 'sql/mighead--*.sql';
my ($actions) = slurp($script) =~ /CHECK \(action IN \(([^)]*)\)/;
same_words('the script allows each action', [ sort $actions =~ /'(\w+)'/g ], 'ACTION');
my ($areas) = slurp($script) =~ /CHECK \(manages <@ '\{([^}]*)\}'/;
same_words('the script allows each area', [ sort split /,/, $areas ], 'AREA');

# ---------- names, sizes, references ----------

my %type_of;
for my $path (@sources)
{
	push @{ $type_of{$_} }, $path for slurp($path) =~ /^\} (Mh\w+);/mg;
}
none_ok('one meaning per type name',
	map { "$_: @{ $type_of{$_} }" } grep { @{ $type_of{$_} } > 1 } sort keys %type_of);

# It builds on 15, whose names they are, and stops building on 18.
none_ok('no macro that 18 does not have', grep { slurp($_) =~ /pg_attribute_noreturn/ } @sources);

none_ok("no source over $limit lines", grep { (() = slurp($_) =~ /\n/g) > $limit } @sources);

# What a comment or the map refers to by name is in the repository, but for these of others.
my %is_of_others = map { $_ => 1 } qw(env.py tcp_states.h postgres.h tablecmds.c ri_triggers.c),
  qw(x.py __init__2.py public.t.c X_private.h VERSION.sql);
my %exists = map { s{^\./}{}r => 1 } files_below('.', qr/\.(?:[chd]|md|pl|pm|py|sql|sh|spec)$/);
$exists{ basename($_) } = 1 for keys %exists;
my @dead_references;
for my $path (@sources, 'src/README.md', files_below('doc/internals', qr/\.md$/))
{
	my $text = slurp($path);
	my @texts = $path =~ /\.md$/ ? ($text) : $text =~ m{/\*.*?\*/}gs;
	for my $name (map { m{(?<![\w/.*%\$])([\w./-]*\w\.(?:c|h|md|pl|py|sql|spec))(?![\w*%.])}g } @texts)
	{
		my $known = $exists{$name} || $exists{"src/$name"} || $exists{ basename($name) } && $name !~ m{/};
		push @dead_references, "$path: $name" unless $known || $is_of_others{ basename($name) };
	}
}
none_ok('files that comments refer to are there', @dead_references);

# ---------- the Makefile ----------

# As the README says: "make" builds, as oneself, what "sudo make install" copies.
like(scalar qx{make -npq 2>/dev/null}, qr/^\.DEFAULT_GOAL := all$/m, 'make alone builds everything');

# ---------- the archives of a release ----------

# In two clones, by two people: with other umasks, time zones and times of the checkout.
SKIP:
{
	skip 'no clone of the repository', 2
	  unless -e '.git' && system('git rev-parse --quiet --verify HEAD >/dev/null 2>&1') == 0;
	my $folder = tempdir(CLEANUP => 1);
	my %zone_of = ('022' => 'UTC', '077' => 'Asia/Tokyo');
	for my $umask (sort keys %zone_of)
	{
		system("umask $umask && git clone --quiet . $folder/$umask && "
			  . "TZ=$zone_of{$umask} make --silent -C $folder/$umask dist >/dev/null") == 0
		  or diag("make dist failed with umask $umask");
	}
	for my $kind ('zip', 'tar.gz')
	{
		my @archives = map { glob "$folder/$_/build/dist/*.$kind" } sort keys %zone_of;
		ok(@archives == 2 && compare(@archives) == 0, "make dist: the same $kind each time");
	}
}

done_testing();
