/*-------------------------------------------------------------------------
 *
 * schema.h
 *	  Definitions of schema objects as canonical text: the form in which mighead reads the
 *	  live schema, stores expectations and compares them.
 *
 * Texts are deparsed with search_path = pg_catalog, so that every name outside pg_catalog is
 * qualified, and are then made relative.  $home stands for the version schema, which is the schema
 * of the project's version table (see relative_names.h).  $owner stands for the role that owns the
 * version table.  So one definition serves a thousand tenants.  A text holds no OID, no attribute
 * number and nothing else that a dump and restore changes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCHEMA_SCHEMA_H
#define MIGHEAD_CORE_SCHEMA_SCHEMA_H

#include "core/base/base.h"

/* Version of the canonical form.  Definitions with different versions are not comparable. */
#define MH_CANONICAL_FORMAT 1

/* Class of servers that deparse views and rules to the same text: 15 alone, and 16 to 18. */
typedef enum MhDeparser
{
	MH_DEPARSER_15 = 15,
	MH_DEPARSER_16 = 16
} MhDeparser;

/*
 * One attribute of an object.  An attribute with its default value (no comment, no options, not NOT
 * NULL) is left out, so that a later format can add attributes.  doc/internals/canonical-form.md
 * lists the exceptions.
 */
typedef struct MhAttribute
{
	const char *name; /* static */
	char *value;      /* UTF-8, relative; never NULL */
} MhAttribute;

/* Size of a SHA-256 checksum in hex, with its NUL */
#define MH_CHECKSUM_SIZE 65

typedef struct MhDefinition
{
	const char *type; /* "table", "column", "index" ...; see attributes.c */
	char *name;       /* as SQL, relative: $home.orders, $home.orders.id */
	char *parent;     /* name of the relation to which it belongs; NULL: none */
	int n;
	MhAttribute *attributes; /* ordered by name */
	/* SHA-256, in hex, of type, name and all attributes; "" before mh_definition_finish */
	char checksum[MH_CHECKSUM_SIZE];
	/* the same, of the structural attributes only: those with severity 2, so not the owner */
	char structure[MH_CHECKSUM_SIZE];
	/* of a live column: one was dropped just before it, whose place it may have taken */
	bool follows_dropped;
} MhDefinition;

/* An object that exists but could not be read, or is of a kind that mighead does not compare. */
typedef struct MhUnread
{
	const char *kind; /* "busy", "unreadable" or "unmodelled" */
	const char *type;
	char *name;   /* relative */
	char *reason; /* a sentence; NULL: none */
} MhUnread;

/* A set of objects without duplicates, ordered by type and name (strcmp). */
typedef struct MhDefinitions
{
	int n;
	int allocated;
	MhDefinition *v;
	int n_unread;
	MhUnread *unread;
	bool is_busy; /* no object could be read, because a catalog was locked */
	MhDeparser deparser;
} MhDefinitions;

/*
 * Appends an object.  Add its attributes with mh_attribute_add, then call mh_definition_finish.
 * The pointer is valid until the next object is added.  type is static; name and parent are stored,
 * not copied.
 */
extern MhDefinition *mh_definition_add(MhDefinitions *set, const char *type, char *name,
									   char *parent);

/* Appends a deep copy of a finished object; only static strings are shared. */
extern void mh_definition_copy(MhDefinitions *set, const MhDefinition *definition);

/* Adds an attribute, unless value is NULL.  name is static; value is stored, not copied. */
extern void mh_attribute_add(MhDefinition *definition, const char *name, char *value);

/* Returns the attribute's value, or NULL. */
extern const char *mh_attribute(const MhDefinition *definition, const char *name);

/*
 * Orders the attributes and computes both checksums.  Returns false if the SHA-256 library fails
 * (out of memory, or a policy of the machine).
 */
extern bool mh_definition_finish(MhDefinition *definition);

extern void mh_unread_add(MhDefinitions *set, const char *kind, const char *type, char *name,
						  char *reason);

/* Orders the objects and the unread ones.  Call it when all have been added. */
extern void mh_definitions_sort(MhDefinitions *set);

/* Compares two definitions by type and name, as strcmp does. */
extern int mh_definition_compare(const MhDefinition *left, const MhDefinition *right);

/* Returns whether the object counts when revisions are told apart. */
extern bool mh_definition_is_structural(const MhDefinition *definition);

/*
 * Returns the object with this type and name, or NULL.  The set must be ordered; name NULL finds
 * nothing.
 */
extern MhDefinition *mh_definitions_find(const MhDefinitions *set, const char *type,
										 const char *name);

/*
 * Returns the last part of a name, quoted as it is: c for $home.t.c, f(integer) for
 * $home.f(integer).
 */
extern const char *mh_local_name(const char *name);

/* Returns whether the object is a table or foreign table that is a partition. */
extern bool mh_is_partition(const MhDefinition *definition);

/* Returns the names of all partitions of the set. */
extern MhStrings mh_partitions_of(const MhDefinitions *set);

/* The objects of a set that have a parent, ordered by parent, then by type and name. */
typedef struct MhChildren
{
	int n;
	const MhDefinition **v;
} MhChildren;

extern void mh_children_order(MhChildren *children, const MhDefinitions *set);

/* Returns the children of one parent and type (type NULL: of all types), as a slice of children. */
extern MhChildren mh_children_of(const MhChildren *children, const char *parent, const char *type);

/*
 * Returns whether a table looks like a partition that was detached and kept.  It has the columns of
 * a partitioned table of the set, its name is that table's name with a suffix after "_", and it has
 * its owner: a stranger may have made a table of that name.
 * children are those of the set.
 */
extern bool mh_is_retired_partition(const MhDefinitions *set, const MhChildren *children,
									const MhDefinition *table);

/*
 * Computes the checksum that tells one revision's schema from another: SHA-256, in hex, over type,
 * name and structure of every object whose type counts (see attributes.c), in order.  Database-wide
 * objects are left out because they do not belong to one tenant.  Returns false as
 * mh_definition_finish does.
 */
extern bool mh_definitions_checksum(const MhDefinitions *set, char *checksum);

/* privileges.c: lists of privileges. */

/* One "grantee=letters/grantor".  A "*" after a letter means the grant option. */
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

/* Parses the privileges of a definition's text.  Returns false if the text is malformed. */
extern bool mh_privileges_parse(const char *text, MhPrivileges *privileges);

/*
 * Returns whether grantor granted the privilege letter to grantee: 0 (no), 1 (yes) or 2 (with the
 * grant option).
 */
extern int mh_privilege_level(const MhPrivileges *privileges, const char *grantee,
							  const char *grantor, char letter);

/*
 * Returns whether two lists of privileges differ only in the name of the owner.  Returns false if
 * one of them is the default of its type (NULL).
 */
extern bool mh_same_privileges(const char *expected, const char *expected_owner, const char *actual,
							   const char *actual_owner);

/*
 * attributes.c: the vocabulary.
 *
 * Returns the highest severity that a difference of the attribute can have, as in mighead_status: 2
 * if it can break an application or the next migration, 1 for owner and privileges, 0 for what
 * operators set (storage, statistics targets, comments, publications).  Only attributes with 2 tell
 * one revision from another.  mh_judge sets the severity of each difference.
 */
extern int mh_attribute_severity(const char *type, const char *attribute);

/*
 * Returns whether the attribute counts in the checksum of a set although it tells no revision from
 * another.  Version 0.1.0 told revisions apart by storage parameters too; this keeps the checksums
 * of its documents valid.
 */
extern bool mh_attribute_is_recorded(const char *type, const char *attribute);

/* Returns the severity of a missing or extra object of this type. */
extern int mh_type_severity(const char *type);

/*
 * Areas that the migrations of a project may manage beyond the structure.  By default operators
 * manage them, and a difference has severity 0.
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

/* Returns the area of an object's attribute (NULL: of the object itself); 0: none. */
extern int mh_area_of(const char *type, const char *attribute);

/*
 * Return the area of a word of mighead_project(manages), and all areas of a list of words; 0:
 * unknown.
 */
extern int mh_area_of_word(const char *word);
extern int mh_areas_of_words(const MhStrings *words);

/* Returns whether objects of this type belong to the database rather than to a schema. */
extern bool mh_type_is_global(const char *type);

/*
 * Returns whether objects of this type are compared as a whole: by one text that no fix prints.  An
 * extra one has severity 0.
 */
extern bool mh_type_is_whole(const char *type);

/* Returns whether the attribute's text is deparsed differently by 15 and 16. */
extern bool mh_attribute_depends_on_deparser(const char *type, const char *attribute);

/* validate.c: separates the settings (name=value) of a function.  A value may contain it. */
#define MH_SETTING_SEPARATOR "; "

/*
 * Returns the length of the first setting.  A separator ends it only if a setting's name follows.
 */
extern size_t mh_setting_length(const char *text);

/*
 * validate.c: checks whether the reader of live schemas could have written the definition: each
 * value fits its attribute and is complete.  Returns NULL if so, otherwise what is wrong: "type",
 * "object", "parent" or the attribute's name.
 */
extern const char *mh_definition_problem(const MhDefinition *definition);

#endif /* MIGHEAD_CORE_SCHEMA_SCHEMA_H */
