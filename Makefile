EXTENSION = mighead
MODULE_big = mighead
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" mighead.control)

CORE_SOURCES := $(wildcard src/core/*/*.c)
SOURCES := $(CORE_SOURCES) $(wildcard src/*.c src/server/*/*.c src/entry/*.c)
OBJS = $(SOURCES:.c=.o)

# ":=" from here on because PGXS asks with ifdef, which an empty but deferred
# list would pass.
DATA := $(wildcard sql/mighead--*.sql)
DOCS := $(wildcard doc/*.md)
SCRIPTS := $(wildcard src/bin/mighead-load)
REGRESS := $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql))
REGRESS_OPTS = --inputdir=test
ISOLATION := $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec))
ISOLATION_OPTS = --inputdir=test --load-extension=$(EXTENSION)
PROVE_TESTS ?= $(wildcard test/t/*.pl)
TAP_TESTS := $(if $(wildcard test/t/*.pl),1)

# Warnings are errors for developers and in CI only: a compiler of next year
# must not break a packager's build.
STRICT_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers

PG_CPPFLAGS = -I$(srcdir)/src -DMIGHEAD_VERSION='"$(EXTVERSION)"'
# "override": header dependencies are also kept where PG_CFLAGS is given by hand.
override PG_CFLAGS += -MMD -MP $(if $(WERROR),$(STRICT_CFLAGS))
override autodepend =

EXTRA_CLEAN = $(OBJS:.o=.d) build/server build/server-flags build/asan build/unit build/fuzz build/strict build/log

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

ifneq ($(wildcard $(PGXS)),)

# A server built with JIT wants its own clang; without it the bitcode is left out.
LLVM_TOOLS := $(shell sed -n 's/^CLANG *= *//p; s/^LLVM_BINPATH *= *\(.*\)/\1\/llvm-lto/p' $(dir $(PGXS))../Makefile.global)
ifneq ($(words $(LLVM_TOOLS)),$(words $(foreach tool,$(LLVM_TOOLS),$(shell command -v $(tool)))))
override with_llvm = no
endif

include $(PGXS)

# Objects are only good for the server, the minor release even, that they were
# built for: another PG_CONFIG or other flags rebuild them.
BUILD_KEY = $(VERSION) $(includedir_server) $(EXTVERSION) $(CC) $(PG_CFLAGS)
build/server: FORCE
	@mkdir -p build
	@echo '$(BUILD_KEY)' | cmp -s - $@ || echo '$(BUILD_KEY)' >$@
$(OBJS): build/server
# The bitcode has no dependency file of its own.
$(OBJS:.o=.bc): %.bc: %.o

uninstall: uninstall-scripts
uninstall-scripts:
	rm -f $(addprefix '$(DESTDIR)$(bindir)'/,$(notdir $(SCRIPTS)))

# The pure cores outside the server: unit tests and fuzzers link them with
# PostgreSQL's own frontend libraries.
# Since 16 libpgcommon has the multibyte functions under their private names only.
# A server built with OpenSSL takes SHA-256 from there, and so does its libpgcommon.
FRONTEND_LIBS = -L$(pkglibdir) -L$(libdir) -lpgcommon -lpgport $(filter -lcrypto,$(LIBS)) -lm
FRONTEND_CFLAGS = -g -O1 -Wall -Wextra $(if $(WERROR),-Werror) -DFRONTEND -DUSE_PRIVATE_ENCODING_FUNCS -I$(srcdir)/src -I$(includedir_server)
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

strict: $(STRICT_OBJS) $(STRICT_TESTS)

# What clang-tidy and other tools that parse the sources need to know.
print-cppflags:
	@:$(info $(CPPFLAGS))

lint: strict
	test/lib/lint.sh

-include $(OBJS:.o=.d) $(ASAN_OBJS:.o=.d) $(FUZZ_OBJS:.o=.d) $(STRICT_OBJS:.o=.d) $(STRICT_TESTS:.o=.d)
-include $(wildcard build/unit/*.d build/fuzz/*.d)

else

# Without the server's headers there is nothing to build; "make demo" and
# "make test" get here first and install them.
all install installcheck unit unit-programs fuzz fuzz-programs strict lint clean:
	@echo 'The build files of a PostgreSQL server (PGXS) were not found with PG_CONFIG=$(PG_CONFIG).' >&2
	@test/lib/deps.sh --explain build >&2
	@exit 1

endif

deps:
	@test/lib/deps.sh test

demo:
	@test/demo/run.sh

demo-stop:
	@test/demo/run.sh stop

test:
	@test/run.sh

test-long: export MIGHEAD_LONG = 1
test-long:
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

.PHONY: FORCE unit unit-programs fuzz fuzz-programs strict lint print-cppflags deps demo demo-stop test test-long coverage \
	test-versions bench distclean uninstall-scripts
