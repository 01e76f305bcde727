/*-------------------------------------------------------------------------
 *
 * secrets.h
 *	  Finds passwords in the text of SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_SECRETS_H
#define MIGHEAD_CORE_BASE_SECRETS_H

#include "core/base/base.h"

/*
 * Returns a copy of the text in which asterisks replace what follows the word "password" (also as
 * the end of a longer word) as a literal or in a connection string, and the password of a URL.  It
 * looks into literals and the bodies of functions too.  A literal that is no password but is
 * compared with a column of that name is replaced as well.
 */
extern char *mh_blank_secrets(const char *sql);

#endif /* MIGHEAD_CORE_BASE_SECRETS_H */
