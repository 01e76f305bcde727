/*-------------------------------------------------------------------------
 *
 * portable.h
 *	  What the pure cores use of PostgreSQL's C library, for the client.
 *
 * The client has to build where only libpq is installed, which comes without
 * libpgcommon, libpgport and most headers.  So it never uses these: there is one
 * client, not two that differ by what was found.  The Makefile makes headers of
 * the names of PostgreSQL's that include this
 * one.  Only what the cores use is here, and it does what PostgreSQL's own does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CLIENT_PORTABLE_PORTABLE_H
#define MIGHEAD_CLIENT_PORTABLE_PORTABLE_H

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---------- basics ---------- */

typedef int8_t int8;
typedef int16_t int16;
typedef int32_t int32;
typedef int64_t int64;
typedef uint8_t uint8;
typedef uint16_t uint16;
typedef uint32_t uint32;
typedef uint64_t uint64;
typedef size_t Size;

#define INT64_FORMAT "%" PRId64
#define INT64CONST(x) INT64_C(x)
#define UINT64CONST(x) UINT64_C(x)
#define PG_UINT64_MAX UINT64_MAX

#define pg_attribute_printf(f, a) __attribute__((format(printf, f, a)))
#define pg_noreturn_function __attribute__((noreturn))
#define Min(x, y) ((x) < (y) ? (x) : (y))
#define Max(x, y) ((x) > (y) ? (x) : (y))
#define Assert(condition) assert(condition)
#define lengthof(array) (sizeof(array) / sizeof((array)[0]))
#define unconstify(type, expression) ((type) (expression))
#define IS_HIGHBIT_SET(c) ((unsigned char) (c) &0x80)

/* ---------- memory: what cannot be had ends the program ---------- */

extern void *palloc(size_t size);
extern void *palloc0(size_t size);
extern void *repalloc(void *pointer, size_t size);
extern char *pstrdup(const char *text);
extern char *pnstrdup(const char *text, size_t length);
extern void pfree(void *pointer);
extern char *psprintf(const char *fmt, ...) pg_attribute_printf(1, 2);

/* ---------- growing strings ---------- */

typedef struct StringInfoData
{
	char *data;
	int len;
	int maxlen;
	int cursor;
} StringInfoData;

typedef StringInfoData *StringInfo;

extern void initStringInfo(StringInfo text);
extern void resetStringInfo(StringInfo text);
extern void enlargeStringInfo(StringInfo text, int needed);
extern void appendStringInfo(StringInfo text, const char *fmt, ...) pg_attribute_printf(2, 3);
extern int appendStringInfoVA(StringInfo text, const char *fmt, va_list args)
	pg_attribute_printf(2, 0);
extern void appendStringInfoString(StringInfo text, const char *added);
extern void appendStringInfoChar(StringInfo text, char c);
extern void appendBinaryStringInfo(StringInfo text, const void *data, int length);

/* ---------- letters and sorting ---------- */

extern unsigned char pg_ascii_tolower(unsigned char c);
extern int pg_strcasecmp(const char *a, const char *b);
extern void qsort_arg(void *base, size_t count, size_t size,
					  int (*compare)(const void *, const void *, void *), void *argument);

/* ---------- hashing, giving up ---------- */

extern uint32 hash_bytes(const unsigned char *bytes, int length);
extern void pg_fatal(const char *fmt, ...) pg_attribute_printf(1, 2) pg_noreturn_function;

/* ---------- encodings ---------- */

typedef unsigned int pg_wchar;

/* Only the names count here; client/encoding.c knows what iconv calls them. */
typedef enum pg_enc
{
	PG_SQL_ASCII,
	PG_EUC_JP,
	PG_EUC_CN,
	PG_EUC_KR,
	PG_EUC_TW,
	PG_EUC_JIS_2004,
	PG_UTF8,
	PG_MULE_INTERNAL,
	PG_LATIN1,
	PG_LATIN2,
	PG_LATIN3,
	PG_LATIN4,
	PG_LATIN5,
	PG_LATIN6,
	PG_LATIN7,
	PG_LATIN8,
	PG_LATIN9,
	PG_LATIN10,
	PG_WIN1256,
	PG_WIN1258,
	PG_WIN866,
	PG_WIN874,
	PG_KOI8R,
	PG_WIN1251,
	PG_WIN1252,
	PG_ISO_8859_5,
	PG_ISO_8859_6,
	PG_ISO_8859_7,
	PG_ISO_8859_8,
	PG_WIN1250,
	PG_WIN1253,
	PG_WIN1254,
	PG_WIN1255,
	PG_WIN1257,
	PG_KOI8U,
	PG_SJIS,
	PG_BIG5,
	PG_GBK,
	PG_UHC,
	PG_GB18030,
	PG_JOHAB,
	PG_SHIFT_JIS_2004
} pg_enc;

/* The encoding is PG_UTF8 in all of these. */
extern int pg_encoding_mblen(int encoding, const char *text);
extern int pg_encoding_dsplen(int encoding, const char *text);
extern int pg_encoding_verifymbstr(int encoding, const char *text, int length);

extern int pg_utf_mblen(const unsigned char *text);
extern bool pg_utf8_islegal(const unsigned char *text, int length);
extern pg_wchar utf8_to_unicode(const unsigned char *text);
extern unsigned char *unicode_to_utf8(pg_wchar code, unsigned char *text);

/* ---------- normal forms ---------- */

typedef enum UnicodeNormalizationForm
{
	UNICODE_NFKD = 3
} UnicodeNormalizationForm;

/*
 * Decomposes what decomposes to ASCII letters, digits and "_" alone, such as fullwidth and
 * mathematical letters; the rest stays.  From malloc.
 */
extern pg_wchar *unicode_normalize(UnicodeNormalizationForm form, const pg_wchar *text);

#endif /* MIGHEAD_CLIENT_PORTABLE_PORTABLE_H */
