/*-------------------------------------------------------------------------
 *
 * script_source.c
 *	  Turns the bytes of a migration file into what is stored of it.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/script_source.h"

#include "catalog/namespace.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "core/base/iso_time.h"
#include "core/script/script.h"
#include "mb/pg_wchar.h"
#include "server/base/progress.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* The source of one script: its bytes, and the same as UTF-8. */
typedef struct Source
{
	const MhScriptFile *file;
	const char *data;
	size_t size;
	const char *text;
	size_t text_size;
} Source;

bool
mh_create_date(const char *text, Timestamp *create_date)
{
	MhIsoTime time;

	if (text == NULL || !mh_iso_time_parse(text, &time))
		return false;
	*create_date = time.local;
	return true;
}

/* ---------- encodings ---------- */

static int
line_of(const char *data, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += data[i] == '\n' || (data[i] == '\r' && data[i + 1] != '\n');
	return line;
}

static bool
fail_bytes(const Source *source, size_t at, const char *encoding, MhError *err)
{
	return mh_fail(err, MHERR_SCRIPT,
				   "script \"%s\", line %d: invalid byte sequence for encoding %s",
				   source->file->shown, line_of(source->data, at), encoding);
}

static bool
check_ascii(Source *source, MhError *err)
{
	for (size_t i = 0; i < source->size; i++)
		if (IS_HIGHBIT_SET(source->data[i]))
			return fail_bytes(source, i, "ASCII", err);
	return true;
}

/* Converts the source to UTF-8.  PostgreSQL's conversions would raise errors that name no file. */
static bool
convert(Source *source, int encoding, MhError *err)
{
	size_t room = source->size * MAX_CONVERSION_GROWTH + 1;
	char *text = MemoryContextAllocHuge(CurrentMemoryContext, room);
	Oid conversion = FindDefaultConversionProc(encoding, PG_UTF8);
	size_t converted;

	if (!OidIsValid(conversion))
		return mh_fail(err, MHERR_SCRIPT, "script \"%s\": the database has no conversion from %s",
					   source->file->shown, pg_encoding_to_char(encoding));
	text[0] = '\0';
	converted = pg_do_encoding_conversion_buf(
		conversion, encoding, PG_UTF8, (unsigned char *) unconstify(char *, source->data),
		(int) source->size, (unsigned char *) text, (int) room, true);
	if (converted < source->size)
		return fail_bytes(source, converted, pg_encoding_to_char(encoding), err);
	source->text = text;
	source->text_size = strlen(text);
	return true;
}

static bool
decode(Source *source, MhError *err)
{
	char *name = mh_script_encoding(source->data, source->size);
	int encoding = name == NULL ? PG_UTF8 : mh_python_codec(name);
	bool marked = source->size >= strlen(byte_order_mark) &&
				  memcmp(source->data, byte_order_mark, strlen(byte_order_mark)) == 0;

	source->text = source->data;
	source->text_size = source->size;
	if (encoding == PG_UTF8)
		return true; /* the parser looks at each byte anyway */
	if (marked)
		return mh_fail(err, MHERR_SCRIPT,
					   "script \"%s\", line 1: encoding \"%s\" is declared, but the file begins "
					   "with the byte order mark of UTF-8",
					   source->file->shown, name);
	if (encoding == MH_CODEC_ASCII)
		return check_ascii(source, err);
	if (encoding != MH_CODEC_UNKNOWN)
		return convert(source, encoding, err);
	mh_fail(err, MHERR_SCRIPT, "script \"%s\": unknown encoding \"%s\"", source->file->shown, name);
	mh_fail_hint(err, "Save the file in UTF-8.");
	return false;
}

/* ---------- checksums ---------- */

static void
checksum_failed(pg_cryptohash_ctx *hash)
{
	ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
					errmsg("could not compute SHA-256: %s", pg_cryptohash_error(hash))));
}

static void
begin_checksum(pg_cryptohash_ctx *hash)
{
	if (pg_cryptohash_init(hash) < 0)
		checksum_failed(hash);
}

static void
add_to_checksum(pg_cryptohash_ctx *hash, const char *data, size_t size)
{
	if (pg_cryptohash_update(hash, (const uint8 *) data, size) < 0)
		checksum_failed(hash);
}

/* Returns the checksum; the hash can begin another one. */
static char *
end_checksum(pg_cryptohash_ctx *hash)
{
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	char *hex = palloc(PG_SHA256_DIGEST_LENGTH * 2 + 1);

	if (pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		checksum_failed(hash);
	hex_encode((const char *) digest, sizeof(digest), hex);
	hex[PG_SHA256_DIGEST_LENGTH * 2] = '\0';
	return hex;
}

static char *
checksum_of(pg_cryptohash_ctx *hash, const char *data, size_t size)
{
	begin_checksum(hash);
	add_to_checksum(hash, data, size);
	return end_checksum(hash);
}

/*
 * Returns the checksum of the text without its own id, which stays the same if a script only gets
 * another id.
 */
static char *
body_checksum_of(pg_cryptohash_ctx *hash, const Source *source, const char *revision)
{
	size_t length = strlen(revision);
	const char *rest = source->text;
	const char *at = rest;
	const char *end = source->text + source->text_size;

	begin_checksum(hash);
	while (length > 0 && (at = memchr(at, revision[0], end - at)) != NULL)
	{
		if ((size_t) (end - at) < length)
			break;
		if (memcmp(at, revision, length) != 0)
		{
			at++;
			continue;
		}
		add_to_checksum(hash, rest, at - rest);
		at += length;
		rest = at;
	}
	add_to_checksum(hash, rest, end - rest);
	return end_checksum(hash);
}

static void
add_code(void *hash, const char *data, size_t size)
{
	add_to_checksum(hash, data, size);
}

/* Reads the source.  facts->code_checksum is set if that succeeds. */
static void
parse(const Source *source, pg_cryptohash_ctx *hash, MhScript *script, MhRevisionFacts *facts,
	  MhError *refusal)
{
	begin_checksum(hash);
	if (mh_script_parse_code(source->text, source->text_size, source->file->shown, add_code, hash,
							 script, refusal))
		facts->code_checksum = end_checksum(hash);
}

static void
read_source(Source *source, pg_cryptohash_ctx *hash, MhScript *script, MhRevisionFacts *facts,
			MhError *refusal)
{
	if (source->size > MH_SCRIPT_LIMIT)
		mh_fail(refusal, MHERR_SCRIPT, "script \"%s\" is larger than %d MB", source->file->shown,
				MH_SCRIPT_LIMIT / (1024 * 1024));
	else if (decode(source, refusal))
		parse(source, hash, script, facts, refusal);
	facts->has_create_date = mh_create_date(script->create_date, &facts->create_date);
	facts->checksum = checksum_of(hash, source->data, source->size);
	if (script->revision != NULL)
		facts->body_checksum = body_checksum_of(hash, source, script->revision);
}

/* ---------- what is kept ---------- */

static char *
copy_text(const char *text)
{
	return text == NULL ? NULL : pstrdup(text);
}

static MhStrings
copy_strings(const MhStrings *strings)
{
	MhStrings copy = {0, NULL};

	for (int i = 0; i < strings->n; i++)
		mh_strings_add(&copy, strings->v[i]);
	return copy;
}

static void
add_copy(MhIncoming *incoming, const MhScript *script, const MhRevisionFacts *facts,
		 const MhError *refusal)
{
	MhScript script_copy;
	MhRevisionFacts facts_copy = *facts;
	MhError refusal_copy = MH_NO_ERROR;

	script_copy.revision = copy_text(script->revision);
	script_copy.down_revision = copy_strings(&script->down_revision);
	script_copy.depends_on = copy_strings(&script->depends_on);
	script_copy.branch_labels = copy_strings(&script->branch_labels);
	script_copy.message = copy_text(script->message);
	script_copy.create_date = NULL; /* is among the facts now */
	script_copy.file_name = copy_text(script->file_name);
	facts_copy.checksum = copy_text(facts->checksum);
	facts_copy.body_checksum = copy_text(facts->body_checksum);
	facts_copy.code_checksum = copy_text(facts->code_checksum);
	if (refusal->sqlstate != NULL)
	{
		refusal_copy.sqlstate = refusal->sqlstate;
		refusal_copy.message = copy_text(refusal->message);
		refusal_copy.detail = copy_text(refusal->detail);
		refusal_copy.hint = copy_text(refusal->hint);
	}
	mh_incoming_add(incoming, &script_copy, &facts_copy, &refusal_copy);
}

void
mh_script_source_add(MhIncoming *incoming, const MhScriptFile *file, const char *data, size_t size)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "mighead script", ALLOCSET_DEFAULT_SIZES);
	Source source = {file, data, size, NULL, 0};
	MhScript script = {0};
	MhRevisionFacts facts = {0};
	MhError refusal = MH_NO_ERROR;

	MemoryContextSwitchTo(context);
	/* one for all checksums: making it costs as much as what it does for a short file */
	if (incoming->hash == NULL)
		incoming->hash = pg_cryptohash_create(PG_SHA256);
	read_source(&source, incoming->hash, &script, &facts, &refusal);
	script.file_name = file->path;

	MemoryContextSwitchTo(caller);
	add_copy(incoming, &script, &facts, &refusal);
	MemoryContextDelete(context);
	mh_progress("scripts were read", incoming->n, 0);
}

void
mh_script_source_end(MhIncoming *incoming)
{
	if (incoming->hash != NULL)
		pg_cryptohash_free(incoming->hash);
	incoming->hash = NULL;
}

void
mh_script_source_refuse(MhIncoming *incoming, const MhScriptFile *file, const MhError *refusal)
{
	MhScript script = {0};
	MhRevisionFacts facts = {0};

	script.file_name = file->path;
	add_copy(incoming, &script, &facts, refusal);
}
