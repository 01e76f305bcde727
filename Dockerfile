# mighead on the official image of PostgreSQL:
#   docker build --build-arg PG_MAJOR=17 -t mighead .
ARG PG_MAJOR=17

FROM postgres:${PG_MAJOR} AS build
ARG PG_MAJOR
RUN apt-get update && \
	apt-get install -y --no-install-recommends gcc libc6-dev make postgresql-server-dev-${PG_MAJOR}
COPY . /src/mighead
WORKDIR /src/mighead
# Without bitcode: it needs clang, and nothing here gains from inlining.
RUN make with_llvm=no PG_CONFIG=/usr/lib/postgresql/${PG_MAJOR}/bin/pg_config && \
	make with_llvm=no PG_CONFIG=/usr/lib/postgresql/${PG_MAJOR}/bin/pg_config DESTDIR=/mighead install

FROM postgres:${PG_MAJOR}
COPY --from=build /mighead /
