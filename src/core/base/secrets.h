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
 * Returns a copy of the text in which asterisks replace what follows "password", "passwd", "pwd",
 * "secret", "access_key" or "token" (also as the end of a longer word) as a literal, within a
 * literal as a literal or after "=" or ":", and the password of a URL.  Every literal is replaced in
 * statements about servers, user mappings and subscriptions, and in those that name a password
 * beside CREATE or ALTER and a role, also in the body of a function.  A literal that is no password
 * but is compared with a column of that name is replaced as well.
 *
 * Nothing but the inside of literals and comments is changed: what could be parsed still can be.
 */
extern char *mh_blank_secrets(const char *sql);

#endif /* MIGHEAD_CORE_BASE_SECRETS_H */
