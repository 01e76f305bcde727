/*-------------------------------------------------------------------------
 *
 * python_codec.c
 *	  Python's names for encodings.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/script.h"

#include "mb/pg_wchar.h"

typedef struct Codec
{
	const char *name;
	int encoding;
} Codec;

/*
 * Python's standard codecs that PostgreSQL has, under all their names
 * (encodings.aliases), sorted.  Python's shift_jis is a subset of cp932, which is what
 * PostgreSQL calls SJIS.
 */
static const Codec codecs[] = {
	/* clang-format off */
	{"1250", PG_WIN1250},
	{"1251", PG_WIN1251},
	{"1252", PG_WIN1252},
	{"1253", PG_WIN1253},
	{"1254", PG_WIN1254},
	{"1255", PG_WIN1255},
	{"1256", PG_WIN1256},
	{"1257", PG_WIN1257},
	{"1258", PG_WIN1258},
	{"646", MH_CODEC_ASCII},
	{"866", PG_WIN866},
	{"8859", PG_LATIN1},
	{"932", PG_SJIS},
	{"936", PG_GBK},
	{"949", PG_UHC},
	{"950", PG_BIG5},
	{"ansi_x3.4_1968", MH_CODEC_ASCII},
	{"ansi_x3.4_1986", MH_CODEC_ASCII},
	{"ansi_x3_4_1968", MH_CODEC_ASCII},
	{"arabic", PG_ISO_8859_6},
	{"ascii", MH_CODEC_ASCII},
	{"asmo_708", PG_ISO_8859_6},
	{"big5", PG_BIG5},
	{"big5_tw", PG_BIG5},
	{"chinese", PG_EUC_CN},
	{"cp1250", PG_WIN1250},
	{"cp1251", PG_WIN1251},
	{"cp1252", PG_WIN1252},
	{"cp1253", PG_WIN1253},
	{"cp1254", PG_WIN1254},
	{"cp1255", PG_WIN1255},
	{"cp1256", PG_WIN1256},
	{"cp1257", PG_WIN1257},
	{"cp1258", PG_WIN1258},
	{"cp1361", PG_JOHAB},
	{"cp367", MH_CODEC_ASCII},
	{"cp65001", PG_UTF8},
	{"cp819", PG_LATIN1},
	{"cp866", PG_WIN866},
	{"cp874", PG_WIN874},
	{"cp932", PG_SJIS},
	{"cp936", PG_GBK},
	{"cp949", PG_UHC},
	{"cp950", PG_BIG5},
	{"csascii", MH_CODEC_ASCII},
	{"csbig5", PG_BIG5},
	{"csibm866", PG_WIN866},
	{"csiso58gb231280", PG_EUC_CN},
	{"csisolatin1", PG_LATIN1},
	{"csisolatin2", PG_LATIN2},
	{"csisolatin3", PG_LATIN3},
	{"csisolatin4", PG_LATIN4},
	{"csisolatin5", PG_LATIN5},
	{"csisolatin6", PG_LATIN6},
	{"csisolatinarabic", PG_ISO_8859_6},
	{"csisolatincyrillic", PG_ISO_8859_5},
	{"csisolatingreek", PG_ISO_8859_7},
	{"csisolatinhebrew", PG_ISO_8859_8},
	{"cskoi8r", PG_KOI8R},
	{"csshiftjis", PG_SJIS},
	{"cyrillic", PG_ISO_8859_5},
	{"ecma_114", PG_ISO_8859_6},
	{"ecma_118", PG_ISO_8859_7},
	{"elot_928", PG_ISO_8859_7},
	{"euc_cn", PG_EUC_CN},
	{"euc_jis2004", PG_EUC_JIS_2004},
	{"euc_jis_2004", PG_EUC_JIS_2004},
	{"euc_jp", PG_EUC_JP},
	{"euc_kr", PG_EUC_KR},
	{"euccn", PG_EUC_CN},
	{"eucgb2312_cn", PG_EUC_CN},
	{"eucjis2004", PG_EUC_JIS_2004},
	{"eucjp", PG_EUC_JP},
	{"euckr", PG_EUC_KR},
	{"gb18030", PG_GB18030},
	{"gb18030_2000", PG_GB18030},
	{"gb2312", PG_EUC_CN},
	{"gb2312_1980", PG_EUC_CN},
	{"gb2312_80", PG_EUC_CN},
	{"gbk", PG_GBK},
	{"greek", PG_ISO_8859_7},
	{"greek8", PG_ISO_8859_7},
	{"hebrew", PG_ISO_8859_8},
	{"ibm367", MH_CODEC_ASCII},
	{"ibm819", PG_LATIN1},
	{"ibm866", PG_WIN866},
	{"iso646_us", MH_CODEC_ASCII},
	{"iso8859", PG_LATIN1},
	{"iso8859_1", PG_LATIN1},
	{"iso8859_10", PG_LATIN6},
	{"iso8859_13", PG_LATIN7},
	{"iso8859_14", PG_LATIN8},
	{"iso8859_15", PG_LATIN9},
	{"iso8859_16", PG_LATIN10},
	{"iso8859_2", PG_LATIN2},
	{"iso8859_3", PG_LATIN3},
	{"iso8859_4", PG_LATIN4},
	{"iso8859_5", PG_ISO_8859_5},
	{"iso8859_6", PG_ISO_8859_6},
	{"iso8859_7", PG_ISO_8859_7},
	{"iso8859_8", PG_ISO_8859_8},
	{"iso8859_9", PG_LATIN5},
	{"iso_646.irv_1991", MH_CODEC_ASCII},
	{"iso_8859_1", PG_LATIN1},
	{"iso_8859_10", PG_LATIN6},
	{"iso_8859_10_1992", PG_LATIN6},
	{"iso_8859_13", PG_LATIN7},
	{"iso_8859_14", PG_LATIN8},
	{"iso_8859_14_1998", PG_LATIN8},
	{"iso_8859_15", PG_LATIN9},
	{"iso_8859_16", PG_LATIN10},
	{"iso_8859_16_2001", PG_LATIN10},
	{"iso_8859_1_1987", PG_LATIN1},
	{"iso_8859_2", PG_LATIN2},
	{"iso_8859_2_1987", PG_LATIN2},
	{"iso_8859_3", PG_LATIN3},
	{"iso_8859_3_1988", PG_LATIN3},
	{"iso_8859_4", PG_LATIN4},
	{"iso_8859_4_1988", PG_LATIN4},
	{"iso_8859_5", PG_ISO_8859_5},
	{"iso_8859_5_1988", PG_ISO_8859_5},
	{"iso_8859_6", PG_ISO_8859_6},
	{"iso_8859_6_1987", PG_ISO_8859_6},
	{"iso_8859_7", PG_ISO_8859_7},
	{"iso_8859_7_1987", PG_ISO_8859_7},
	{"iso_8859_8", PG_ISO_8859_8},
	{"iso_8859_8_1988", PG_ISO_8859_8},
	{"iso_8859_9", PG_LATIN5},
	{"iso_8859_9_1989", PG_LATIN5},
	{"iso_celtic", PG_LATIN8},
	{"iso_ir_100", PG_LATIN1},
	{"iso_ir_101", PG_LATIN2},
	{"iso_ir_109", PG_LATIN3},
	{"iso_ir_110", PG_LATIN4},
	{"iso_ir_126", PG_ISO_8859_7},
	{"iso_ir_127", PG_ISO_8859_6},
	{"iso_ir_138", PG_ISO_8859_8},
	{"iso_ir_144", PG_ISO_8859_5},
	{"iso_ir_148", PG_LATIN5},
	{"iso_ir_157", PG_LATIN6},
	{"iso_ir_199", PG_LATIN8},
	{"iso_ir_226", PG_LATIN10},
	{"iso_ir_58", PG_EUC_CN},
	{"iso_ir_6", MH_CODEC_ASCII},
	{"jisx0213", PG_EUC_JIS_2004},
	{"johab", PG_JOHAB},
	{"koi8_r", PG_KOI8R},
	{"koi8_u", PG_KOI8U},
	{"korean", PG_EUC_KR},
	{"ks_c_5601", PG_EUC_KR},
	{"ks_c_5601_1987", PG_EUC_KR},
	{"ks_x_1001", PG_EUC_KR},
	{"ksc5601", PG_EUC_KR},
	{"ksx1001", PG_EUC_KR},
	{"l1", PG_LATIN1},
	{"l10", PG_LATIN10},
	{"l2", PG_LATIN2},
	{"l3", PG_LATIN3},
	{"l4", PG_LATIN4},
	{"l5", PG_LATIN5},
	{"l6", PG_LATIN6},
	{"l7", PG_LATIN7},
	{"l8", PG_LATIN8},
	{"l9", PG_LATIN9},
	{"latin", PG_LATIN1},
	{"latin1", PG_LATIN1},
	{"latin10", PG_LATIN10},
	{"latin2", PG_LATIN2},
	{"latin3", PG_LATIN3},
	{"latin4", PG_LATIN4},
	{"latin5", PG_LATIN5},
	{"latin6", PG_LATIN6},
	{"latin7", PG_LATIN7},
	{"latin8", PG_LATIN8},
	{"latin9", PG_LATIN9},
	{"latin_1", PG_LATIN1},
	{"ms1361", PG_JOHAB},
	{"ms932", PG_SJIS},
	{"ms936", PG_GBK},
	{"ms949", PG_UHC},
	{"ms950", PG_BIG5},
	{"ms_kanji", PG_SJIS},
	{"mskanji", PG_SJIS},
	{"s_jis", PG_SJIS},
	{"s_jis_2004", PG_SHIFT_JIS_2004},
	{"shift_jis", PG_SJIS},
	{"shift_jis_2004", PG_SHIFT_JIS_2004},
	{"shiftjis", PG_SJIS},
	{"shiftjis2004", PG_SHIFT_JIS_2004},
	{"sjis", PG_SJIS},
	{"sjis_2004", PG_SHIFT_JIS_2004},
	{"u8", PG_UTF8},
	{"u_jis", PG_EUC_JP},
	{"uhc", PG_UHC},
	{"ujis", PG_EUC_JP},
	{"us", MH_CODEC_ASCII},
	{"us_ascii", MH_CODEC_ASCII},
	{"utf", PG_UTF8},
	{"utf8", PG_UTF8},
	{"utf8_ucs2", PG_UTF8},
	{"utf8_ucs4", PG_UTF8},
	{"utf_8", PG_UTF8},
	{"utf_8_sig", PG_UTF8},
	{"windows_1250", PG_WIN1250},
	{"windows_1251", PG_WIN1251},
	{"windows_1252", PG_WIN1252},
	{"windows_1253", PG_WIN1253},
	{"windows_1254", PG_WIN1254},
	{"windows_1255", PG_WIN1255},
	{"windows_1256", PG_WIN1256},
	{"windows_1257", PG_WIN1257},
	{"windows_1258", PG_WIN1258},
	{"x_mac_japanese", PG_SJIS},
	{"x_mac_korean", PG_EUC_KR},
	{"x_mac_simp_chinese", PG_EUC_CN},
	{"x_mac_trad_chinese", PG_BIG5},
	/* clang-format on */
};

static int
compare_name(const void *name, const void *codec)
{
	return strcmp(name, ((const Codec *) codec)->name);
}

/*
 * encodings.normalize_encoding: runs of anything but letters, digits and dots are
 * one underscore.
 */
static char *
normalize(const char *name)
{
	StringInfoData buf;
	bool gap = false;

	initStringInfo(&buf);
	for (; *name != '\0'; name++)
	{
		char c = pg_ascii_tolower((unsigned char) *name);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'))
		{
			gap = true;
			continue;
		}
		if (gap && buf.len > 0)
			appendStringInfoChar(&buf, '_');
		gap = false;
		appendStringInfoChar(&buf, c);
	}
	return buf.data;
}

static bool
is_or_begins(const char *name, const char *word)
{
	size_t length = strlen(word);

	return strncmp(name, word, length) == 0 && (name[length] == '\0' || name[length] == '_');
}

int
mh_python_codec(const char *name)
{
	char *normal = normalize(name);
	const Codec *found = bsearch(normal, codecs, lengthof(codecs), sizeof(Codec), compare_name);
	int encoding = MH_CODEC_UNKNOWN;

	/* the tokenizer's own rule, which takes what Emacs writes: "utf-8-unix" */
	if (is_or_begins(normal, "utf_8"))
		encoding = PG_UTF8;
	else if (is_or_begins(normal, "latin_1") || is_or_begins(normal, "iso_8859_1") ||
			 is_or_begins(normal, "iso_latin_1"))
		encoding = PG_LATIN1;
	else if (found != NULL)
		encoding = found->encoding;
	pfree(normal);
	return encoding;
}
