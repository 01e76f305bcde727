EXTENSION = mighead
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" mighead.control)
MODULE_big = mighead
CORE_OBJS = $(patsubst %.c,%.o,$(wildcard src/core/*.c))
OBJS = $(CORE_OBJS) $(patsubst %.c,%.o,$(wildcard src/*.c src/catalog/*.c src/entry/*.c))
DATA = $(wildcard sql/mighead--*.sql)
PG_CPPFLAGS = -I$(srcdir)/src -DMIGHEAD_VERSION='"$(EXTVERSION)"'

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# The pure cores outside the server: unit tests and fuzzers link them with
# PostgreSQL's own frontend libraries.
FRONTEND_LIBS = -L$(pkglibdir) -L$(libdir) -L$(shell $(PG_CONFIG) --pkglibdir) -L$(shell $(PG_CONFIG) --libdir) -lpgcommon -lpgport -lm
UNIT_CFLAGS = -g -O1 -Wall -Wextra -DFRONTEND -I$(srcdir)/src -I$(shell $(PG_CONFIG) --includedir-server)
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CORE_SOURCES = $(wildcard src/core/*.c)

build/unit/%: test/unit/%.c $(CORE_SOURCES) $(wildcard src/core/*.h test/unit/*.h)
	@mkdir -p build/unit
	$(CC) $(UNIT_CFLAGS) $(SANITIZE) -o $@ $< $(CORE_SOURCES) $(FRONTEND_LIBS)

build/fuzz/%: test/fuzz/%.c $(CORE_SOURCES) $(wildcard src/core/*.h)
	@mkdir -p build/fuzz
	clang $(UNIT_CFLAGS) $(SANITIZE) -fsanitize=fuzzer -o $@ $< $(CORE_SOURCES) $(FRONTEND_LIBS)

UNIT_TESTS = $(patsubst test/unit/%.c,build/unit/%,$(wildcard test/unit/*_test.c))

unit: $(UNIT_TESTS)
	ASAN_OPTIONS=detect_leaks=0 prove --exec '' $(UNIT_TESTS)

.PHONY: unit
