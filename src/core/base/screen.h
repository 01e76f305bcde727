/*-------------------------------------------------------------------------
 * screen.h
 *	  Characters on a terminal: how wide they are, and which could harm it.
 *
 * All text is UTF-8.  Bytes that are no UTF-8 are text in a database without an encoding:
 * each counts as a character one column wide.
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_SCREEN_H
#define MIGHEAD_CORE_BASE_SCREEN_H

#include "core/base/base.h"

/* The result of mh_decode_char for a byte that begins no valid UTF-8 sequence. */
#define MH_INVALID_BYTE 0xFFFFFFFFU

/*
 * Decodes the character at string, which must be before end.  *code becomes its code point, or
 * MH_INVALID_BYTE.  Returns its length in bytes (1 for an invalid byte), so that a walk always
 * moves on and never reads past end.
 */
extern int mh_decode_char(const char *string, const char *end, uint32 *code);

/* Returns whether this character would end a line, steer a terminal or turn text around. */
extern bool mh_is_unsafe_char(uint32 code);

/* Returns the number of columns that a string takes on a terminal. */
extern int mh_char_width(const char *string, uint32 code);
extern int mh_display_width(const char *string);

/*
 * Returns the number of bytes that fit into this many columns and end before a line feed: up to a
 * blank if there is one.  At least one character, unless the text is empty or begins with a line
 * feed.
 */
extern size_t mh_fitting_bytes(const char *text, int columns);

/* Returns the word for a severity: "ok", "warning", "critical", "unknown". */
extern const char *mh_severity_word(int severity);

#endif /* MIGHEAD_CORE_BASE_SCREEN_H */
