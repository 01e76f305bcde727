/*-------------------------------------------------------------------------
 *
 * index_text.h
 *	  Keys of an index as the deparser of a database elsewhere writes them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_INDEX_TEXT_H
#define MIGHEAD_SERVER_DEFINITIONS_INDEX_TEXT_H

#include "server/definitions/definitions_private.h"

/* Returns the keys that begin a text, up to the parenthesis behind them, in canonical form. */
extern char *mh_index_keys_there(const MhReading *reading, const char *text);

/* Returns options of an operator class, name=value each, as the deparser writes them. */
extern char *mh_deparsed_options(const MhStrings *options);

/* Returns keys with such options replaced by others. */
extern char *mh_replace_options(char *keys, const char *deparsed, const char *options);

#endif /* MIGHEAD_SERVER_DEFINITIONS_INDEX_TEXT_H */
