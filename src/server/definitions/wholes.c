/*-------------------------------------------------------------------------
 *
 * wholes.c
 *	  Definitions of objects that are compared as a whole: by one text.
 *
 * Few migrations make such objects, and no fix writes DDL for them; but what of them changes or goes
 * must be seen.  The text has names instead of OIDs, so that a dump and restore does not change it.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"

#include "catalog/pg_am.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "catalog/pg_type.h"

/* clang-format off */
/* The name of an object of a catalog, with arguments; NULL: there is none. */
#define NAME(class, oid) \
	"(SELECT x.identity FROM pg_catalog.pg_identify_object('pg_catalog." class \
	"'::pg_catalog.regclass, " oid ", 0) x)"
#define FUNCTION(oid) NAME("pg_proc", oid)

/* With the word, because a schema before nothing but an operator does not look like one. */
#define OPERATOR(oid) \
	"(SELECT pg_catalog.concat('OPERATOR(', pg_catalog.quote_ident(n.nspname), '.', p.oprname, ')('," \
	"  CASE p.oprleft WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(p.oprleft, NULL) END, ','," \
	"  CASE p.oprright WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(p.oprright, NULL) END, ')')" \
	" FROM pg_catalog.pg_operator p JOIN pg_catalog.pg_namespace n ON n.oid = p.oprnamespace" \
	" WHERE p.oid = " oid ")"

/* "WORD name" where there is one. */
#define CLAUSE(word, name) ", '" word " ' || " name

/* $1: OIDs of a catalog o.  The name is the server's own for the object. */
#define WHOLE(class, owner, privileges, ...) \
	WHOLE_OF(class, NAME(class, "o.oid"), owner, privileges, __VA_ARGS__)
#define WHOLE_OF(class, name, owner, privileges, ...) \
	"SELECT NULL::text, NULL::text, " name ", " owner ", " privileges ", " \
	MH_SQL_COMMENT(class, "o.oid") ", pg_catalog.concat_ws(', '" __VA_ARGS__ ")" \
	" FROM pg_catalog." class " o WHERE o.oid = ANY ($1)"

#define OPERATORS_OF_FAMILY \
	"(SELECT pg_catalog.string_agg(pg_catalog.concat('OPERATOR ', m.amopstrategy, ' '," \
	OPERATOR("m.amopopr") ", ' ORDER BY ' || " NAME("pg_opfamily", "m.amopsortfamily") "), ', '" \
	"  ORDER BY m.amopstrategy, " OPERATOR("m.amopopr") ")" \
	" FROM pg_catalog.pg_amop m WHERE m.amopfamily = o.oid)"
#define FUNCTIONS_OF_FAMILY \
	"(SELECT pg_catalog.string_agg(pg_catalog.concat('FUNCTION ', m.amprocnum, ' ('," \
	"  pg_catalog.format_type(m.amproclefttype, NULL), ',', pg_catalog.format_type(m.amprocrighttype, NULL), ') '," \
	FUNCTION("m.amproc") "), ', ' ORDER BY m.amprocnum, pg_catalog.format_type(m.amproclefttype, NULL)," \
	"  pg_catalog.format_type(m.amprocrighttype, NULL))" \
	" FROM pg_catalog.pg_amproc m WHERE m.amprocfamily = o.oid)"

/* By the numbers of the parser's token types: their names would run the parser. */
#define MAPPINGS \
	"(SELECT pg_catalog.string_agg(pg_catalog.concat('MAPPING ', t.token, ' ', t.dictionaries), ', ' ORDER BY t.token)" \
	" FROM (SELECT m.maptokentype AS token, pg_catalog.string_agg(" NAME("pg_ts_dict", "m.mapdict") ", ' '" \
	"   ORDER BY m.mapseqno) AS dictionaries" \
	"  FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = o.oid GROUP BY m.maptokentype) t)"

static const MhKind operators = {
	MH_TYPE_OPERATOR,
	MH_NO_PRIVILEGES,
	WHOLE_OF("pg_operator", OPERATOR("o.oid"), MH_SQL_ROLE("o.oprowner"), "NULL",
		CLAUSE("FUNCTION", FUNCTION("o.oprcode"))
		CLAUSE("COMMUTATOR", OPERATOR("o.oprcom"))
		CLAUSE("NEGATOR", OPERATOR("o.oprnegate"))
		CLAUSE("RESTRICT", FUNCTION("o.oprrest"))
		CLAUSE("JOIN", FUNCTION("o.oprjoin"))
		", CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END"),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind operator_classes = {
	MH_TYPE_OPERATOR_CLASS,
	MH_NO_PRIVILEGES,
	WHOLE("pg_opclass", MH_SQL_ROLE("o.opcowner"), "NULL",
		", CASE WHEN o.opcdefault THEN 'DEFAULT' END"
		CLAUSE("FOR TYPE", "pg_catalog.format_type(o.opcintype, NULL)")
		CLAUSE("STORAGE", "pg_catalog.format_type(CASE WHEN o.opckeytype <> 0 THEN o.opckeytype END, NULL)")
		CLAUSE("FAMILY", NAME("pg_opfamily", "o.opcfamily"))),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind operator_families = {
	MH_TYPE_OPERATOR_FAMILY,
	MH_NO_PRIVILEGES,
	WHOLE("pg_opfamily", MH_SQL_ROLE("o.opfowner"), "NULL", ", " OPERATORS_OF_FAMILY ", " FUNCTIONS_OF_FAMILY),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind configurations = {
	MH_TYPE_TEXT_SEARCH_CONFIGURATION,
	MH_NO_PRIVILEGES,
	WHOLE("pg_ts_config", MH_SQL_ROLE("o.cfgowner"), "NULL", CLAUSE("PARSER", NAME("pg_ts_parser", "o.cfgparser")) ", " MAPPINGS),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind dictionaries = {
	MH_TYPE_TEXT_SEARCH_DICTIONARY,
	MH_NO_PRIVILEGES,
	WHOLE("pg_ts_dict", MH_SQL_ROLE("o.dictowner"), "NULL",
		CLAUSE("TEMPLATE", NAME("pg_ts_template", "o.dicttemplate")) ", o.dictinitoption"),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind parsers = {
	MH_TYPE_TEXT_SEARCH_PARSER,
	MH_NO_PRIVILEGES,
	WHOLE("pg_ts_parser", "NULL::oid", "NULL",
		CLAUSE("START", FUNCTION("o.prsstart"))
		CLAUSE("GETTOKEN", FUNCTION("o.prstoken"))
		CLAUSE("END", FUNCTION("o.prsend"))
		CLAUSE("HEADLINE", FUNCTION("o.prsheadline"))
		CLAUSE("LEXTYPES", FUNCTION("o.prslextype"))),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind templates = {
	MH_TYPE_TEXT_SEARCH_TEMPLATE,
	MH_NO_PRIVILEGES,
	WHOLE("pg_ts_template", "NULL::oid", "NULL",
		CLAUSE("INIT", FUNCTION("o.tmplinit"))
		CLAUSE("LEXIZE", FUNCTION("o.tmpllexize"))),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind conversions = {
	MH_TYPE_CONVERSION,
	MH_NO_PRIVILEGES,
	WHOLE("pg_conversion", MH_SQL_ROLE("o.conowner"), "NULL",
		", CASE WHEN o.condefault THEN 'DEFAULT' END"
		CLAUSE("FOR", "pg_catalog.pg_encoding_to_char(o.conforencoding)")
		CLAUSE("TO", "pg_catalog.pg_encoding_to_char(o.contoencoding)")
		CLAUSE("FROM", FUNCTION("o.conproc"))),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind base_types = {
	MH_TYPE_BASE_TYPE,
	OBJECT_TYPE,
	WHOLE("pg_type", MH_SQL_ROLE("o.typowner"), MH_SQL_PRIVILEGES("o.typacl", "'T'", "o.typowner"),
		", CASE WHEN NOT o.typisdefined THEN 'only declared' END"
		CLAUSE("INPUT", FUNCTION("o.typinput"))
		CLAUSE("OUTPUT", FUNCTION("o.typoutput"))
		CLAUSE("RECEIVE", FUNCTION("o.typreceive"))
		CLAUSE("SEND", FUNCTION("o.typsend"))
		CLAUSE("TYPMOD_IN", FUNCTION("o.typmodin"))
		CLAUSE("TYPMOD_OUT", FUNCTION("o.typmodout"))
		CLAUSE("ANALYZE", FUNCTION("o.typanalyze"))
		CLAUSE("INTERNALLENGTH", "o.typlen")
		", CASE WHEN o.typbyval THEN 'PASSEDBYVALUE' END"
		CLAUSE("ALIGNMENT", "o.typalign::text")
		CLAUSE("STORAGE", "o.typstorage::text")
		CLAUSE("CATEGORY", "o.typcategory::text")
		", CASE WHEN o.typispreferred THEN 'PREFERRED' END"
		CLAUSE("DEFAULT", "pg_catalog.quote_literal(o.typdefault)")
		CLAUSE("DELIMITER", "pg_catalog.quote_literal(o.typdelim::text)")),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind access_methods = {
	MH_TYPE_ACCESS_METHOD,
	MH_NO_PRIVILEGES,
	WHOLE("pg_am", "NULL::oid", "NULL",
		", CASE o.amtype WHEN 't' THEN 'TYPE TABLE' ELSE 'TYPE INDEX' END" CLAUSE("HANDLER", FUNCTION("o.amhandler"))),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

static const MhKind languages = {
	MH_TYPE_LANGUAGE,
	OBJECT_LANGUAGE,
	WHOLE("pg_language", MH_SQL_ROLE("o.lanowner"), MH_SQL_PRIVILEGES("o.lanacl", "'l'", "o.lanowner"),
		", CASE WHEN o.lanpltrusted THEN 'TRUSTED' END"
		CLAUSE("HANDLER", FUNCTION("o.lanplcallfoid"))
		CLAUSE("INLINE", FUNCTION("o.laninline"))
		CLAUSE("VALIDATOR", FUNCTION("o.lanvalidator"))),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

/* The server's own name for it has another word on 15. */
#define NAME_OF_TRANSFORM \
	"(SELECT pg_catalog.concat('for ', pg_catalog.format_type(o.trftype, NULL), ' language '," \
	"  pg_catalog.quote_ident(l.lanname)) FROM pg_catalog.pg_language l WHERE l.oid = o.trflang)"

static const MhKind transforms = {
	MH_TYPE_TRANSFORM,
	MH_NO_PRIVILEGES,
	WHOLE_OF("pg_transform", NAME_OF_TRANSFORM, "NULL::oid", "NULL",
		CLAUSE("FROM SQL WITH", FUNCTION("o.trffromsql"))
		CLAUSE("TO SQL WITH", FUNCTION("o.trftosql"))),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};

/* Whether it is enabled is a state, and where it connects to may hold a password. */
static const MhKind subscriptions = {
	MH_TYPE_SUBSCRIPTION,
	MH_NO_PRIVILEGES,
	WHOLE("pg_subscription", MH_SQL_ROLE("o.subowner"), "NULL",
		CLAUSE("PUBLICATION", "pg_catalog.array_to_string(o.subpublications, ', ')")
		CLAUSE("SLOT", "pg_catalog.quote_literal(o.subslotname)")
		", CASE WHEN o.subbinary THEN 'BINARY' END"),
	{{MH_ATTR_DEFINITION, mh_row_canonical}}};
/* clang-format on */

/* By the catalog that has them. */
static const struct
{
	Oid class;
	const MhKind *kind;
} kinds[] = {
	{OperatorRelationId, &operators},
	{OperatorClassRelationId, &operator_classes},
	{OperatorFamilyRelationId, &operator_families},
	{TSConfigRelationId, &configurations},
	{TSDictionaryRelationId, &dictionaries},
	{TSParserRelationId, &parsers},
	{TSTemplateRelationId, &templates},
	{ConversionRelationId, &conversions},
	{TypeRelationId, &base_types},
	{AccessMethodRelationId, &access_methods},
	{LanguageRelationId, &languages},
	{TransformRelationId, &transforms},
	{SubscriptionRelationId, &subscriptions},
};

StaticAssertDecl(lengthof(kinds) == MH_WHOLE_KINDS, "MH_WHOLE_KINDS is wrong");

bool
mh_note_whole(MhWholes *wholes, Oid class, MhCatalogOid object)
{
	for (int i = 0; i < MH_WHOLE_KINDS; i++)
		if (kinds[i].class == class)
		{
			wholes->oids[i] = lappend_oid(wholes->oids[i], object.value);
			return true;
		}
	return false;
}

void
mh_read_wholes(MhReading *reading, const MhWholes *wholes)
{
	for (int i = 0; i < MH_WHOLE_KINDS; i++)
		if (wholes->oids[i] != NIL)
			mh_read_kind_of(reading, kinds[i].kind, mh_oids_of_list(wholes->oids[i]));
}
