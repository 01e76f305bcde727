/*-------------------------------------------------------------------------
 *
 * schema.h
 *	  What a schema object is, as canonical text: the form in which the live
 *	  schema is read, stored as an expectation, and compared.
 *
 * Texts are as the server deparses them with search_path = pg_catalog, so that
 * every name outside of pg_catalog is qualified, and then made relative: the version
 * schema, the one that the version table of the project is in, is written $home
 * (see relative_names.h), and the role that owns the version table $owner.  So one
 * definition serves a thousand tenants.  No OID, no attribute number, nothing that a
 * dump and restore changes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCHEMA_SCHEMA_H
#define MIGHEAD_CORE_SCHEMA_SCHEMA_H

#include "core/base/base.h"

/* Raised when the canonical form changes: definitions of another are not comparable. */
#define MH_CANONICAL_FORMAT 1

/* Of the texts that views and rules are deparsed to: 15 is one class, 16 to 18 another. */
typedef enum MhDeparser
{
	MH_DEPARSER_15 = 15,
	MH_DEPARSER_16 = 16
} MhDeparser;

/*
 * One attribute of an object.  An attribute that is at its default (no comment, no
 * options, not NOT NULL) is left out, except where doc/internals/canonical-form.md says otherwise, so that
 * a later format can add some.
 */
typedef struct MhAttribute
{
	const char *name; /* static */
	char *value;      /* UTF-8, relative; never NULL */
} MhAttribute;

/* sizeof a SHA-256 in hex, with its NUL */
#define MH_CHECKSUM_SIZE 65

typedef struct MhDefinition
{
	const char *type; /* "table", "column", "index" ...: see attributes.c */
	char *name;       /* as SQL, relative: $home.orders, $home.orders.id */
	char *parent;     /* name of the relation that it goes away with; NULL: none */
	int n;
	MhAttribute *attributes; /* ordered by name */
	/* SHA-256, in hex, of type, name and all attributes; "" until mh_definition_finish */
	char checksum[MH_CHECKSUM_SIZE];
	/* the same of what tells one revision from another: severity 2, no owner ... */
	char structure[MH_CHECKSUM_SIZE];
	/* of a live column: one was dropped just before it, whose place it may have taken */
	bool follows_dropped;
} MhDefinition;

/* An object that is there but could not be read, or is of a kind that is not compared. */
typedef struct MhUnread
{
	const char *kind; /* "busy", "unreadable" or "unmodelled" */
	const char *type;
	char *name;   /* relative */
	char *reason; /* a sentence; NULL: nothing to add */
} MhUnread;

/* A set of objects, ordered by type and name (strcmp), without duplicates. */
typedef struct MhDefinitions
{
	int n;
	int allocated;
	MhDefinition *v;
	int n_unread;
	MhUnread *unread;
	MhDeparser deparser;
} MhDefinitions;

/*
 * Appends an object, to be filled with mh_attribute_add and then finished.  The pointer
 * is good until the next one is added.  type is static, name and parent are kept.
 */
extern MhDefinition *mh_definition_add(MhDefinitions *set, const char *type, char *name,
									   char *parent);

/* Appends a copy of a finished object, which shares only what is static. */
extern void mh_definition_copy(MhDefinitions *set, const MhDefinition *definition);

/* value NULL: left out. */
extern void mh_attribute_add(MhDefinition *definition, const char *name, char *value);

/* The attribute's value, or NULL. */
extern const char *mh_attribute(const MhDefinition *definition, const char *name);

/*
 * Orders the attributes and computes both checksums.  False where the library for
 * SHA-256 refuses (out of memory, or a policy of the machine's).
 */
extern bool mh_definition_finish(MhDefinition *definition);

extern void mh_unread_add(MhDefinitions *set, const char *kind, const char *type, char *name,
						  char *reason);

/* Orders the objects, and the unread ones; call it once all are there. */
extern void mh_definitions_sort(MhDefinitions *set);

/* By type and name, as strcmp. */
extern int mh_definition_compare(const MhDefinition *left, const MhDefinition *right);

/* Is it one of those that tell one revision from another? */
extern bool mh_definition_is_structural(const MhDefinition *definition);

/* By type and name (NULL: of none), in an ordered set; NULL: not there. */
extern MhDefinition *mh_definitions_find(const MhDefinitions *set, const char *type,
										 const char *name);

/*
 * The last part of a name, quoted as it is: of $home.t.c it is c, of
 * $home.f(integer) it is f(integer).
 */
extern const char *mh_local_name(const char *name);

/* Is it a table, or a foreign one, that is a partition? */
extern bool mh_is_partition(const MhDefinition *definition);

/* The names of those. */
extern MhStrings mh_partitions_of(const MhDefinitions *set);

/* The objects of a set that have a parent, ordered by it, then by type and name. */
typedef struct MhChildren
{
	int n;
	const MhDefinition **v;
} MhChildren;

extern void mh_children_order(MhChildren *children, const MhDefinitions *set);

/* Those of one parent and type (NULL: all types); a part of children. */
extern MhChildren mh_children_of(const MhChildren *children, const char *parent, const char *type);

/*
 * Was a table a partition, and kept when it was detached?  It has the columns of a partitioned
 * table of the set and a name that begins with the name of that.  children: of the set.
 */
extern bool mh_is_retired_partition(const MhDefinitions *set, const MhChildren *children,
									const MhDefinition *table);

/*
 * SHA-256, in hex, over what tells a revision from another: (type, name, structure) of
 * every object whose type counts (see attributes.c), in order.  Database-wide
 * objects (those that belong to no schema) are left out, because they are not a
 * tenant's.  False as mh_definition_finish.
 */
extern bool mh_definitions_checksum(const MhDefinitions *set, char *checksum);

/* privileges.c: lists of privileges */

/* One "grantee=letters/grantor", a letter followed by * with the grant option. */
typedef struct MhPrivilege
{
	const char *grantee;
	const char *letters;
	const char *grantor;
} MhPrivilege;

typedef struct MhPrivileges
{
	int n;
	MhPrivilege *v;
} MhPrivileges;

/* The privileges of a text, as definitions have it.  False where it is none. */
extern bool mh_privileges_parse(const char *text, MhPrivileges *privileges);

/* 0: not granted; 1: granted; 2: with the grant option */
extern int mh_privilege_level(const MhPrivileges *privileges, const char *grantee,
							  const char *grantor, char letter);

/*
 * Do two lists of privileges differ in nothing but the name of the owner?
 * False where one of them is the default of its type.
 */
extern bool mh_same_privileges(const char *expected, const char *expected_owner, const char *actual,
							   const char *actual_owner);

/*
 * attributes.c: the vocabulary.  The severity at most, as in mighead_status: 2 for what an
 * application or the next migration can break on, 1 for owner and privileges, 0 for what
 * operators set: storage, statistics targets, comments, publications.  Only what has 2 tells one
 * revision from another.  mh_judge says how severe a difference is.
 */
extern int mh_attribute_severity(const char *type, const char *attribute);

/*
 * Does it count in the checksum of a set although it tells no revision from another?  So
 * documents of 0.1.0, which told revisions by storage parameters too, keep their checksums.
 */
extern bool mh_attribute_is_recorded(const char *type, const char *attribute);

/* Of an object of this type that is missing or extra. */
extern int mh_type_severity(const char *type);

/*
 * What the migrations of a project may answer for beyond the structure.  By default operators
 * do, and a difference has severity 0.
 */
typedef enum MhManages
{
	MH_MANAGES_PRIVILEGES = 1 << 0,
	MH_MANAGES_OWNERS = 1 << 1,
	MH_MANAGES_STORAGE = 1 << 2,
	MH_MANAGES_EXTENSIONS = 1 << 3,
	MH_MANAGES_PARTITIONS = 1 << 4,
	MH_MANAGES_PUBLICATIONS = 1 << 5,
	MH_MANAGES_COMMENTS = 1 << 6
} MhManages;

/* The area that an object's attribute (NULL: the object itself) belongs to; 0: none. */
extern int mh_area_of(const char *type, const char *attribute);

/* The area of a word of mighead_project(manages), and of all these words; 0: unknown. */
extern int mh_area_of_word(const char *word);
extern int mh_areas_of_words(const MhStrings *words);

/* Does it belong to the database rather than to a schema? */
extern bool mh_type_is_global(const char *type);

/* Is the attribute's text the deparser's, of the kind that 15 writes differently from 16? */
extern bool mh_attribute_depends_on_deparser(const char *type, const char *attribute);

/* validate.c: what stands between the settings of a function, name=value; a value may hold it. */
#define MH_SETTING_SEPARATOR "; "

/* Of the first of the settings; what follows the separator begins another, if it has a name. */
extern size_t mh_setting_length(const char *text);

/*
 * validate.c: could the reader of live schemas have written the definition?  NULL: yes,
 * each value is what its attribute holds, and closed in itself.  Otherwise what is wrong:
 * "type", "object", "parent", or the attribute's name.
 */
extern const char *mh_definition_problem(const MhDefinition *definition);

#endif /* MIGHEAD_CORE_SCHEMA_SCHEMA_H */
