/*-------------------------------------------------------------------------
 *
 * python_codec.h
 *	  Python's names for encodings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_PYTHON_CODEC_H
#define MIGHEAD_CORE_SCRIPT_PYTHON_CODEC_H

#include "core/base/base.h"

/* Beside the values of pg_enc: */
#define MH_CODEC_UNKNOWN (-1)
#define MH_CODEC_ASCII (-2) /* PostgreSQL's SQL_ASCII takes any byte, this does not */

/*
 * PostgreSQL's encoding for the codec that Python would decode a source file with
 * whose PEP 263 comment has this name.  MH_CODEC_UNKNOWN for codecs that Python does
 * not know, or PostgreSQL has no equal for.
 */
extern int mh_python_codec(const char *name);

#endif /* MIGHEAD_CORE_SCRIPT_PYTHON_CODEC_H */
