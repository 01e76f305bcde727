EXTENSION = mighead
MODULE_big = mighead

# The rules of the client stand before those of PGXS.
.DEFAULT_GOAL := all

# Sources are looked for beside this file, so that a build in another folder
# (make -f /path/to/Makefile) finds them; PGXS wants names relative to here.
srcdir := $(or $(VPATH),$(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST)))))
in_tree = $(patsubst $(srcdir)/%,%,$(wildcard $(addprefix $(srcdir)/,$(1))))

EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" '$(srcdir)/mighead.control')

CORE_SOURCES := $(call in_tree,src/core/*/*.c)
SOURCES := $(CORE_SOURCES) $(call in_tree,src/*.c src/server/*/*.c src/entry/*.c)
OBJS = $(SOURCES:.c=.o)

# ":=" from here on because PGXS asks with ifdef, which an empty but deferred
# list would pass.
#
# Update scripts are made from the tables' part, written by hand, and the two install scripts.
DATA_built := $(subst update-,mighead--,$(call in_tree,sql/update-*--*.sql))
DATA := $(filter-out $(DATA_built),$(call in_tree,sql/mighead--*.sql))
# The folder of documents is shared with other extensions.
DOCUMENTS := README.md $(call in_tree,doc/*.md)
REGRESS := $(patsubst test/sql/%.sql,%,$(call in_tree,test/sql/*.sql))
REGRESS_OPTS = --inputdir='$(srcdir)/test'
ISOLATION := $(patsubst test/specs/%.spec,%,$(call in_tree,test/specs/*.spec))
ISOLATION_OPTS = --inputdir='$(srcdir)/test' --load-extension=$(EXTENSION)
PROVE_TESTS ?= $(call in_tree,test/t/*.pl)
TAP_TESTS := $(if $(call in_tree,test/t/*.pl),1)

# Warnings are errors for developers and in CI only: a compiler of next year
# must not break a packager's build.
STRICT_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers

PG_CPPFLAGS = -I$(srcdir:/=)/src -DMIGHEAD_VERSION='"$(EXTVERSION)"' -I$(libpq_srcdir)
# Databases elsewhere are read with libpq. PGXS says later where it is.
SHLIB_LINK_INTERNAL = $(libpq)
# "override": header dependencies are also kept where PG_CFLAGS is given by hand.
override PG_CFLAGS += -MMD -MP $(if $(WERROR),$(STRICT_CFLAGS))
override autodepend =

EXTRA_CLEAN = $(OBJS:.o=.d) build/server build/documents build/dist build/sanitized build/asan build/unit build/fuzz build/strict build/log build/client

PG_CONFIG ?= pg_config
# PGXS cannot handle a space in a path.
ifneq ($(words $(PG_CONFIG)),1)
override PG_CONFIG := $(shell '$(srcdir)/test/lib/pg_config.sh' '$(PG_CONFIG)')
endif
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

# ---------- the client ----------
#
# It is built with libpq alone: src/client/portable has what the cores use of PostgreSQL's
# libraries. "make client" works where no server is installed; MIGHEAD_CLIENT=no leaves it out.

CLIENT = build/client/mighead
CLIENT_FILES = $(CLIENT) build/client/mighead.1 build/client/mighead.bash build/client/_mighead
CLIENT_SOURCES := $(call in_tree,src/client/*.c src/client/portable/*.c) \
	$(call in_tree,$(patsubst %,src/core/%/*.c,base graph plan script draw))
CLIENT_OBJS = $(CLIENT_SOURCES:src/%.c=build/client/%.o)
LIBPQ_CFLAGS ?= $(shell i=$$($(PG_CONFIG) --includedir 2>/dev/null) && echo "-I$$i" || pkg-config --cflags libpq)
LIBPQ_LIBS ?= $(shell l=$$($(PG_CONFIG) --libdir 2>/dev/null) && echo "-L$$l -lpq" || pkg-config --libs libpq)
CLIENT_CFLAGS = -std=gnu99 -g -O2 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers \
	$(if $(WERROR),-Werror) -DFRONTEND -DMIGHEAD_VERSION='"$(EXTVERSION)"' -Ibuild/client/include -I$(srcdir:/=)/src
# Distributions' hardening; PGXS would set CFLAGS to what the server was built with.
CLIENT_HARDENING ?= -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CLIENT_LDFLAGS ?= -pie

CLIENT_STUBS = $(addprefix build/client/include/,postgres_fe.h lib/stringinfo.h lib/simplehash.h mb/pg_wchar.h \
	common/hashfn.h common/logging.h common/unicode_norm.h)
$(CLIENT_STUBS):
	@mkdir -p $(@D)
	@echo '#include "client/portable/$(if $(filter %simplehash.h,$@),hash_template,portable).h"' >$@

CLIENT_KEY = $(CC) $(CLIENT_CFLAGS) $(CLIENT_HARDENING) $(LIBPQ_CFLAGS) $(LIBPQ_LIBS) $(CLIENT_LDFLAGS)
build/client/flags: FORCE
	@mkdir -p $(@D)
	@echo "$(subst ",\",$(CLIENT_KEY))" | cmp -s - $@ || echo "$(subst ",\",$(CLIENT_KEY))" >$@

$(CLIENT_OBJS): build/client/%.o: src/%.c build/client/flags | $(CLIENT_STUBS)
	@mkdir -p $(@D)
	$(CC) $(CLIENT_CFLAGS) $(CLIENT_HARDENING) $(LIBPQ_CFLAGS) -MMD -MP -c -o $@ $<

$(CLIENT): $(CLIENT_OBJS)
	$(CC) $(CLIENT_HARDENING) -o $@ $(CLIENT_OBJS) $(CLIENT_LDFLAGS) $(LIBPQ_LIBS)
	@ln -sf mighead build/client/mighead-load

build/client/mighead.1: $(CLIENT)
	./$(CLIENT) --manual >$@.new && mv $@.new $@
build/client/mighead.bash: $(CLIENT)
	./$(CLIENT) --completion bash >$@.new && mv $@.new $@
build/client/_mighead: $(CLIENT)
	./$(CLIENT) --completion zsh >$@.new && mv $@.new $@

client: $(CLIENT_FILES)

-include $(wildcard build/client/*/*.d build/client/*/*/*.d)

# Beside psql, and where that is a folder that no PATH has, as on Debian, with links in /usr/local/bin.
ifneq ($(wildcard $(PGXS)),)
CLIENT_BINDIR ?= $(shell $(PG_CONFIG) --bindir)
CLIENT_PREFIX ?= $(shell echo '$(CLIENT_BINDIR)' | sed -E 's,/(lib/postgresql/[^/]*|pgsql-[^/]*)/bin$$,/local,; s,/bin$$,,')
else
CLIENT_PREFIX ?= /usr/local
CLIENT_BINDIR ?= $(CLIENT_PREFIX)/bin
endif
CLIENT_SHARE = $(DESTDIR)$(CLIENT_PREFIX)/share
CLIENT_ZSHDIR ?= $(CLIENT_PREFIX)/share/zsh/site-functions
CLIENT_NAMES = mighead mighead-load

install-client: client
	install -d '$(DESTDIR)$(CLIENT_BINDIR)'
	install -m 755 $(CLIENT) '$(DESTDIR)$(CLIENT_BINDIR)/mighead'
	ln -sf mighead '$(DESTDIR)$(CLIENT_BINDIR)/mighead-load'
ifneq ($(CLIENT_BINDIR),$(CLIENT_PREFIX)/bin)
	install -d '$(DESTDIR)$(CLIENT_PREFIX)/bin'
	for name in $(CLIENT_NAMES); do ln -sf "$(CLIENT_BINDIR)/$$name" '$(DESTDIR)$(CLIENT_PREFIX)/bin/'; done
endif
	install -d '$(CLIENT_SHARE)/man/man1' '$(CLIENT_SHARE)/bash-completion/completions' '$(DESTDIR)$(CLIENT_ZSHDIR)'
	install -m 644 build/client/mighead.1 '$(CLIENT_SHARE)/man/man1/mighead.1'
	ln -sf mighead.1 '$(CLIENT_SHARE)/man/man1/mighead-load.1'
	install -m 644 build/client/mighead.bash '$(CLIENT_SHARE)/bash-completion/completions/mighead'
	install -m 644 build/client/_mighead '$(DESTDIR)$(CLIENT_ZSHDIR)/_mighead'

# Links are ours where they lead to what is uninstalled: another major may have made them since.
uninstall-client:
	for name in $(CLIENT_NAMES); do \
		link='$(DESTDIR)$(CLIENT_PREFIX)/bin/'$$name; \
		[ "$$(readlink "$$link")" != "$(CLIENT_BINDIR)/$$name" ] || rm -f "$$link"; \
		rm -f '$(DESTDIR)$(CLIENT_BINDIR)/'$$name; \
	done
	[ -e '$(DESTDIR)$(CLIENT_PREFIX)/bin/mighead' ] || rm -f '$(CLIENT_SHARE)/man/man1/mighead.1' \
		'$(CLIENT_SHARE)/man/man1/mighead-load.1' '$(CLIENT_SHARE)/bash-completion/completions/mighead' \
		'$(DESTDIR)$(CLIENT_ZSHDIR)/_mighead'

# ---------- the extension ----------

ifneq ($(wildcard $(PGXS)),)

# A server built with JIT wants its own clang; without it the bitcode is left out.
LLVM_TOOLS := $(shell sed -n 's/^CLANG *= *//p; s/^LLVM_BINPATH *= *\(.*\)/\1\/llvm-lto/p' $(dir $(PGXS))../Makefile.global)
ifneq ($(words $(LLVM_TOOLS)),$(words $(foreach tool,$(LLVM_TOOLS),$(shell command -v $(tool)))))
override with_llvm = no
endif

include $(PGXS)

$(DATA_built): sql/mighead--%.sql: sql/update-%.sql sql/update.awk $(call in_tree,sql/mighead--?.?.?.sql)
	@mkdir -p $(@D)
	awk -f '$(srcdir)/sql/update.awk' $(patsubst %,'$(srcdir)/sql/mighead--%.sql',$(subst --, ,$*)) '$(srcdir)/sql/update-$*.sql' >$@.new
	mv $@.new $@

# Objects are only good for the server, the minor release even, that they were
# built for: another PG_CONFIG or other flags rebuild them.
BUILD_KEY = $(VERSION) $(includedir_server) $(EXTVERSION) $(CC) $(PG_CFLAGS)
build/server: FORCE
	@mkdir -p build
	@echo '$(BUILD_KEY)' | cmp -s - $@ || echo '$(BUILD_KEY)' >$@
$(OBJS): build/server
# The bitcode has no dependency file of its own.
$(OBJS:.o=.bc): %.bc: %.o

# A build in another folder has none of the source folders. Absolute names,
# because make would find the others beside the sources.
BUILD_FOLDERS = $(addprefix $(CURDIR)/,$(sort $(dir $(OBJS))))
$(OBJS) $(OBJS:.o=.bc): | $(BUILD_FOLDERS)
$(BUILD_FOLDERS):
	@mkdir -p $@

# PGXS installs documents under their own names, and "reference.md" says
# nothing in a folder that all extensions share.
document = build/documents/mighead-$(notdir $(1))
INSTALLED_DOCUMENTS = $(foreach file,$(DOCUMENTS),$(call document,$(file)))
define document_rule
$(call document,$(1)): $(1)
	@mkdir -p $$(@D)
	sed -E 's,\]\((\.\./|doc/)?([A-Za-z_-]+\.md),](mighead-\2,g' $$< >$$@
endef
$(foreach file,$(DOCUMENTS),$(eval $(call document_rule,$(file))))

all: $(INSTALLED_DOCUMENTS)
ifneq ($(MIGHEAD_CLIENT),no)
all: client
install: install-client
uninstall: uninstall-client
endif
ifdef docdir
install: install-documents
install-documents: $(INSTALLED_DOCUMENTS)
	$(MKDIR_P) '$(DESTDIR)$(docdir)/$(docmoduledir)'
	$(INSTALL_DATA) $(INSTALLED_DOCUMENTS) '$(DESTDIR)$(docdir)/$(docmoduledir)/'
endif

# Names that PGXS leaves behind because they differ from their sources.
uninstall: uninstall-rest
uninstall-rest:
	rm -f $(addprefix '$(DESTDIR)$(docdir)/$(docmoduledir)'/,$(notdir $(INSTALLED_DOCUMENTS)))

# The pure cores outside the server: unit tests and fuzzers link them with
# PostgreSQL's own frontend libraries.
# Since 16 libpgcommon has the multibyte functions under their private names only.
# A server built with OpenSSL takes SHA-256 from there, and so does its libpgcommon.
FRONTEND_LIBS = -L$(pkglibdir) -L$(libdir) -lpgcommon -lpgport $(filter -lcrypto,$(LIBS)) -lm
FRONTEND_CFLAGS = -g -O1 -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers $(if $(WERROR),-Werror) -DFRONTEND -DUSE_PRIVATE_ENCODING_FUNCS -I$(srcdir:/=)/src -I$(includedir_server)
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_CC ?= clang -Wno-ignored-attributes

ASAN_OBJS = $(CORE_SOURCES:src/%.c=build/asan/%.o)
FUZZ_OBJS = $(CORE_SOURCES:src/%.c=build/fuzz/%.o)
UNIT_TESTS = $(patsubst test/%.c,build/%,$(wildcard test/unit/*_test.c))
UNIT_DRIVERS = $(patsubst test/%.c,build/%,$(wildcard test/unit/*_cli.c))
FUZZERS = $(patsubst test/%.c,build/%,$(wildcard test/fuzz/*.c))

$(ASAN_OBJS): build/asan/%.o: src/%.c build/server
	@mkdir -p $(@D)
	$(CC) $(FRONTEND_CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

$(UNIT_TESTS) $(UNIT_DRIVERS): build/unit/%: test/unit/%.c $(ASAN_OBJS)
	@mkdir -p $(@D)
	$(CC) $(FRONTEND_CFLAGS) $(SANITIZE) -MMD -MP -MT $@ -MF $@.d -o $@ $< $(ASAN_OBJS) $(FRONTEND_LIBS)

$(FUZZ_OBJS): build/fuzz/%.o: src/%.c build/server
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FRONTEND_CFLAGS) $(SANITIZE) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(FUZZERS): build/fuzz/%: test/fuzz/%.c $(FUZZ_OBJS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FRONTEND_CFLAGS) $(SANITIZE) -fsanitize=fuzzer -MMD -MP -MT $@ -MF $@.d -o $@ $< $(FUZZ_OBJS) $(FRONTEND_LIBS)

unit-programs: $(UNIT_TESTS) $(UNIT_DRIVERS)

unit: unit-programs
	$(if $(UNIT_TESTS),ASAN_OPTIONS=detect_leaks=0 $(PROVE) --exec '' $(UNIT_TESTS),@echo 'no unit tests')
	$(PROVE) test/t/005_house.pl

fuzz-programs: $(FUZZERS)

fuzz: fuzz-programs
	test/lib/fuzz.sh $(FUZZERS)

# Everything once more in a folder of its own, so that checking does not
# disturb the objects of a normal build.
STRICT_OBJS = $(SOURCES:src/%.c=build/strict/%.o)
$(STRICT_OBJS): build/strict/%.o: src/%.c build/server
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(STRICT_CFLAGS) $(CPPFLAGS) $(CFLAGS_SL) -MF $(@:.o=.d) -c -o $@ $<
STRICT_TESTS = $(patsubst test/%.c,build/strict/%.o,$(wildcard test/unit/*.c test/fuzz/*.c))
$(STRICT_TESTS): build/strict/%.o: test/%.c build/server
	@mkdir -p $(@D)
	$(if $(filter build/strict/fuzz/%,$@),$(FUZZ_CC),$(CC)) $(FRONTEND_CFLAGS) -Werror -MMD -MP -c -o $@ $<

strict: $(STRICT_OBJS) $(STRICT_TESTS) client

# What clang-tidy and other tools that parse the sources need to know.
print-cppflags:
	@:$(info $(CPPFLAGS))

print-client-cppflags: | $(CLIENT_STUBS)
	@:$(info $(filter -D% -I%,$(CLIENT_CFLAGS)) $(LIBPQ_CFLAGS))

lint: strict
	test/lib/lint.sh

-include $(OBJS:.o=.d) $(ASAN_OBJS:.o=.d) $(FUZZ_OBJS:.o=.d) $(STRICT_OBJS:.o=.d) $(STRICT_TESTS:.o=.d)
-include $(wildcard build/unit/*.d build/fuzz/*.d)

else

# Without the server's headers there is nothing to build; "make demo" and
# "make test" get here first and install them.
all install installcheck unit unit-programs fuzz fuzz-programs strict lint clean:
	@echo 'Only "make client" works here.' >&2
	@echo 'The build files of a PostgreSQL server (PGXS) were not found with PG_CONFIG=$(PG_CONFIG).' >&2
	@test/lib/deps.sh --explain build >&2
	@exit 1

endif

deps:
	@test/lib/deps.sh test

# What PGXN and packagers get: the committed tree, the same bytes each time.
DIST = mighead-$(EXTVERSION)
dist:
	@mkdir -p build/dist
	TZ=UTC git archive --format=zip --prefix=$(DIST)/ -o build/dist/$(DIST).zip HEAD
	git archive --format=tar --prefix=$(DIST)/ HEAD | gzip -9n >build/dist/$(DIST).tar.gz

demo:
	@test/demo/run.sh

demo-stop:
	@test/demo/run.sh stop

test:
	@test/run.sh

# Under a minute: what to run before each commit.
check-fast: export SUITES = unit regress pgtap
check-fast:
	@test/run.sh

test-long: export MIGHEAD_LONG = 1
test-long:
	@test/run.sh

# The suites that need a server, with sanitizers in the library.
test-asan: export SANITIZE = 1
test-asan: export SUITES ?= regress isolation pgtap tap
test-asan:
	@test/run.sh

coverage: export COVERAGE = 1
coverage: export SUITES = regress isolation pgtap tap
coverage:
	@test/run.sh

test-versions:
	@test/versions.sh

bench:
	@test/bench/run.sh

distclean: clean
	rm -rf build

FORCE:

.PHONY: FORCE client install-client uninstall-client dist check-fast test-asan install-documents unit unit-programs fuzz fuzz-programs strict lint print-cppflags print-client-cppflags deps demo demo-stop test test-long coverage \
	test-versions bench distclean uninstall-rest
