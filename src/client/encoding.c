/*-------------------------------------------------------------------------
 *
 * encoding.c
 *	  Sources of scripts as UTF-8.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <iconv.h>

#include "mb/pg_wchar.h"

/* iconv's names. */
static const struct
{
	int encoding;
	const char *name;
} encodings[] = {
	{PG_EUC_JP, "EUC-JP"},
	{PG_EUC_CN, "EUC-CN"},
	{PG_EUC_KR, "EUC-KR"},
	{PG_EUC_TW, "EUC-TW"},
	{PG_EUC_JIS_2004, "EUC-JISX0213"},
	{PG_LATIN1, "ISO-8859-1"},
	{PG_LATIN2, "ISO-8859-2"},
	{PG_LATIN3, "ISO-8859-3"},
	{PG_LATIN4, "ISO-8859-4"},
	{PG_LATIN5, "ISO-8859-9"},
	{PG_LATIN6, "ISO-8859-10"},
	{PG_LATIN7, "ISO-8859-13"},
	{PG_LATIN8, "ISO-8859-14"},
	{PG_LATIN9, "ISO-8859-15"},
	{PG_LATIN10, "ISO-8859-16"},
	{PG_WIN1250, "CP1250"},
	{PG_WIN1251, "CP1251"},
	{PG_WIN1252, "CP1252"},
	{PG_WIN1253, "CP1253"},
	{PG_WIN1254, "CP1254"},
	{PG_WIN1255, "CP1255"},
	{PG_WIN1256, "CP1256"},
	{PG_WIN1257, "CP1257"},
	{PG_WIN1258, "CP1258"},
	{PG_WIN866, "CP866"},
	{PG_WIN874, "CP874"},
	{PG_KOI8R, "KOI8-R"},
	{PG_KOI8U, "KOI8-U"},
	{PG_ISO_8859_5, "ISO-8859-5"},
	{PG_ISO_8859_6, "ISO-8859-6"},
	{PG_ISO_8859_7, "ISO-8859-7"},
	{PG_ISO_8859_8, "ISO-8859-8"},
	{PG_SJIS, "CP932"},
	{PG_BIG5, "BIG5"},
	{PG_GBK, "GBK"},
	{PG_UHC, "UHC"},
	{PG_GB18030, "GB18030"},
	{PG_JOHAB, "JOHAB"},
	{PG_SHIFT_JIS_2004, "SHIFT_JISX0213"},
};

/* UTF-8 has at most so many bytes for one of these encodings. */
#define GROWTH 4

static int
line_of(const char *data, size_t size, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += data[i] == '\n' || (data[i] == '\r' && (i + 1 >= size || data[i + 1] != '\n'));
	return line;
}

static bool
fail_bytes(const char *data, size_t size, size_t at, const char *shown, const char *encoding,
		   MhError *err)
{
	return mh_fail(err, MHERR_SCRIPT,
				   "script \"%s\", line %d: invalid byte sequence for encoding %s", shown,
				   line_of(data, size, at), encoding);
}

static bool
convert(const char *data, size_t size, const char *name, const char *shown, char **text,
		size_t *text_size, MhError *err)
{
	iconv_t conversion = iconv_open("UTF-8", name);
	size_t room = size * GROWTH + 1;
	char *input = unconstify(char *, data);
	size_t input_left = size;
	char *output = palloc(room);
	size_t output_left = room;
	size_t done;

	*text = output;
	if (conversion == (iconv_t) -1)
		return mh_fail(err, MHERR_SCRIPT, "script \"%s\": this system has no conversion from %s",
					   shown, name);
	done = iconv(conversion, &input, &input_left, &output, &output_left);
	/* some encodings keep a character back, to see whether the next one joins it */
	if (done != (size_t) -1)
		done = iconv(conversion, NULL, NULL, &output, &output_left);
	iconv_close(conversion);
	if (done == (size_t) -1 || input_left > 0)
		return fail_bytes(data, size, size - input_left, shown, name, err);
	*text_size = (size_t) (output - *text);
	if (memchr(*text, '\0', *text_size) != NULL)
		return mh_fail(err, MHERR_SCRIPT, "script \"%s\": null byte", shown);
	return true;
}

static bool
check_ascii(const char *data, size_t size, const char *shown, MhError *err)
{
	for (size_t i = 0; i < size; i++)
		if (IS_HIGHBIT_SET(data[i]))
			return fail_bytes(data, size, i, shown, "ASCII", err);
	return true;
}

bool
mh_source_decode(const char *data, size_t size, const char *shown, char **text, size_t *text_size,
				 MhError *err)
{
	char *name = mh_script_encoding(data, size);
	int encoding = name == NULL ? PG_UTF8 : mh_python_codec(name);

	*text = unconstify(char *, data);
	*text_size = size;
	if (encoding == PG_UTF8)
		return true; /* the parser looks at each byte anyway */
	if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
		return mh_fail(err, MHERR_SCRIPT,
					   "script \"%s\", line 1: encoding \"%s\" is declared, but the file begins "
					   "with the byte order mark of UTF-8",
					   shown, name);
	if (encoding == MH_CODEC_ASCII)
		return check_ascii(data, size, shown, err);
	for (size_t i = 0; i < lengthof(encodings); i++)
		if (encodings[i].encoding == encoding)
			return convert(data, size, encodings[i].name, shown, text, text_size, err);
	mh_fail(err, MHERR_SCRIPT, "script \"%s\": unknown encoding \"%s\"", shown, name);
	mh_fail_hint(err, "Save the file in UTF-8.");
	return false;
}
