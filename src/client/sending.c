/*-------------------------------------------------------------------------
 *
 * sending.c
 *	  Sends much to the server, by COPY: scripts, or the bytes of an archive or document.
 *
 * Not as a parameter of a function: parameters of slow statements end up in the server's log.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <unistd.h>

#include "libpq-fe.h"

/* What is shown: of less it would be gone before anybody has read it. */
#define MANY_BYTES (1024 * 1024)
#define MANY_SCRIPTS 1000

struct MhSending
{
	MhConnection *session;
	size_t size;    /* how much there is: of bytes, or scripts */
	size_t done;    /* how much of it was sent */
	size_t waiting; /* how much of it is in the next row */
	int number;     /* of the next row */
	bool is_shown;  /* how far it is */
	bool failed;
	StringInfoData row; /* the next one, with what COPY has in front of its fields */
};

static void
show_progress(const MhSending *sending)
{
	int before = (int) (sending->done * 100 / sending->size);
	int percent = (int) ((sending->done + sending->waiting) * 100 / sending->size);

	if (percent == before || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\rsending %3d %%", percent);
	if (percent == 100)
		fputs("\r             \r", stderr);
}

/* COPY BINARY: how numbers stand in it, and everything else that is sent. */
static void
write_number(char *at, uint32 number)
{
	at[0] = (char) (number >> 24);
	at[1] = (char) (number >> 16);
	at[2] = (char) (number >> 8);
	at[3] = (char) number;
}

static void
append_number(StringInfo text, uint32 number)
{
	char bytes[4];

	write_number(bytes, number);
	appendBinaryStringInfo(text, bytes, sizeof(bytes));
}

/* copy: the statement. */
static MhSending *
begin_sending(MhConnection *session, const char *copy, size_t size, bool is_shown)
{
	static const char signature[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
	PGresult *result = PQexec(session->connection, copy);
	MhSending *sending;

	if (PQresultStatus(result) != PGRES_COPY_IN)
	{
		mh_session_complain(session, result);
		PQclear(result);
		return NULL;
	}
	PQclear(result);
	sending = palloc0(sizeof(MhSending));
	sending->session = session;
	sending->size = size;
	sending->is_shown = is_shown;
	sending->failed = PQputCopyData(session->connection, signature, sizeof(signature)) != 1;
	initStringInfo(&sending->row);
	return sending;
}

static void
send_row(MhSending *sending)
{
	sending->failed = sending->failed || PQputCopyData(sending->session->connection,
													   sending->row.data, sending->row.len) != 1;
	if (sending->is_shown)
		show_progress(sending);
	sending->done += sending->waiting;
	sending->waiting = 0;
	sending->number++;
	resetStringInfo(&sending->row);
}

static bool
end_sending(MhSending *sending)
{
	MhConnection *session = sending->session;
	PGresult *result;
	bool done = !sending->failed && PQputCopyData(session->connection, "\377\377", 2) == 1 &&
				PQputCopyEnd(session->connection, NULL) == 1;

	pfree(sending->row.data);
	pfree(sending);
	result = PQgetResult(session->connection);
	done = done && PQresultStatus(result) == PGRES_COMMAND_OK;
	if (!done)
		mh_session_complain(session, result);
	PQclear(result);
	if (done)
		PQclear(PQgetResult(session->connection)); /* the NULL that ends it */
	return done;
}

/* ---------- bytes ---------- */

/* A row that fits a page, which the server neither compresses nor stores apart. */
#define CHUNK 8000
#define LARGEST_SORT ((size_t) 64 * 1024 * 1024)

/* Two fields: the number of the row, and bytes, whose length is known later. */
#define CHUNK_HEAD 14
#define CHUNK_LENGTH_AT 10

static void
send_chunk(MhSending *sending)
{
	size_t size = (size_t) sending->row.len - CHUNK_HEAD;

	write_number(sending->row.data + CHUNK_LENGTH_AT, (uint32) size);
	send_row(sending);
}

void
mh_send_some(MhSending *sending, const char *data, size_t size)
{
	StringInfo row = &sending->row;

	while (size > 0)
	{
		size_t part;

		if (row->len == 0)
		{
			appendBinaryStringInfo(row, "\0\2\0\0\0\4", 6);
			append_number(row, (uint32) sending->number);
			append_number(row, 0);
		}
		part = Min(size, CHUNK_HEAD + CHUNK - (size_t) row->len);
		appendBinaryStringInfo(row, data, (int) part);
		sending->waiting += part;
		data += part;
		size -= part;
		if (row->len == CHUNK_HEAD + CHUNK)
			send_chunk(sending);
	}
}

/*
 * In kB.  Rows that are put in order on a disk are written and read once more; what is larger than
 * the limit shall cost the server no more memory than it allows.
 */
static int
memory_to_sort(size_t size)
{
	return (int) (Min(size, LARGEST_SORT) / 1024 * 5 / 4) + 4096;
}

MhSending *
mh_send_begin(MhConnection *session, size_t size)
{
	if (!mh_tell(session,
				 psprintf("CREATE TEMPORARY TABLE pg_temp.mighead_archive"
						  " (n pg_catalog.int4, bytes pg_catalog.bytea) ON COMMIT DROP;"
						  "ALTER TABLE pg_temp.mighead_archive ALTER bytes SET STORAGE PLAIN;"
						  "SET LOCAL work_mem = %d",
						  memory_to_sort(size))))
		return NULL;
	return begin_sending(session, "COPY pg_temp.mighead_archive FROM STDIN (FORMAT binary)", size,
						 size >= MANY_BYTES);
}

const char *
mh_send_end(MhSending *sending)
{
	if (sending->row.len > 0)
		send_chunk(sending);
	return end_sending(sending) ? "pg_temp.mighead_archive" : NULL;
}

/* ---------- scripts ---------- */

/* A row has as many as fit, but one at the least. */
#define BUNDLE (24 * 1024)

/* One field, whose length is known later. */
#define BUNDLE_HEAD 6
#define BUNDLE_LENGTH_AT 2

static void
send_bundle(MhSending *sending)
{
	size_t size = (size_t) sending->row.len - BUNDLE_HEAD;

	write_number(sending->row.data + BUNDLE_LENGTH_AT, (uint32) size);
	send_row(sending);
}

static void
send_script(MhSending *sending, const MhScriptFile *file)
{
	StringInfo row = &sending->row;
	size_t length = strlen(file->path);

	if (row->len > 0 && (size_t) row->len + MH_BUNDLE_HEAD + length + file->size > BUNDLE)
		send_bundle(sending);
	if (row->len == 0)
		appendBinaryStringInfo(row, "\0\1\0\0\0\0", BUNDLE_HEAD);
	append_number(row, (uint32) file->location);
	append_number(row, (uint32) length);
	append_number(row, (uint32) file->size);
	appendBinaryStringInfo(row, file->path, (int) length);
	appendBinaryStringInfo(row, file->data, (int) file->size);
	sending->waiting++;
}

/* Where triggers rest, as those of a replica do, nobody would take them in. */
bool
mh_can_send_scripts(MhConnection *session, bool *can)
{
	PGresult *result = mh_ask(session,
							  "SELECT 1 FROM pg_catalog.pg_class AS c"
							  " WHERE c.relname OPERATOR(pg_catalog.=) 'incoming'"
							  " AND c.relkind OPERATOR(pg_catalog.=) 'v'"
							  " AND c.relnamespace OPERATOR(pg_catalog.=) ("
							  "SELECT n.oid FROM pg_catalog.pg_namespace AS n"
							  " WHERE n.nspname OPERATOR(pg_catalog.=) 'mighead')"
							  " AND pg_catalog.has_table_privilege(c.oid, 'INSERT')"
							  " AND pg_catalog.current_setting('session_replication_role')"
							  " OPERATOR(pg_catalog.<>) 'replica'",
							  0, NULL, 1);

	*can = result != NULL && PQntuples(result) > 0;
	PQclear(result);
	return result != NULL;
}

static bool
send_files(MhSending *sending, const MhTree *tree)
{
	MhTreeReader *reader = mh_tree_reader_begin(tree);
	MhScriptFile file;
	MhError err = MH_NO_ERROR;
	bool done = true;

	for (int i = 0; i < tree->files.n && done; i++)
	{
		done = mh_tree_reader_file(reader, i, &file, &err);
		if (done)
			send_script(sending, &file);
	}
	mh_tree_reader_end(reader);
	if (!done)
		mh_complain_error(&err);
	return done;
}

/* Ends what shall not be complete. */
static void
give_up_sending(MhSending *sending)
{
	PGconn *connection = sending->session->connection;
	PGresult *result;

	(void) PQputCopyEnd(connection, "a script could not be read");
	while ((result = PQgetResult(connection)) != NULL)
		PQclear(result);
	pfree(sending->row.data);
	pfree(sending);
}

bool
mh_send_scripts(MhConnection *session, const MhTree *tree, bool *unread)
{
	MhSending *sending = begin_sending(session, "COPY mighead.incoming FROM STDIN (FORMAT binary)",
									   (size_t) tree->files.n, tree->files.n >= MANY_SCRIPTS);

	*unread = false;
	if (sending == NULL)
		return false;
	if (!send_files(sending, tree))
	{
		*unread = true;
		give_up_sending(sending);
		return false;
	}
	if (sending->row.len > 0)
		send_bundle(sending);
	return end_sending(sending);
}
