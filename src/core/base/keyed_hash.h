/*-------------------------------------------------------------------------
 *
 * keyed_hash.h
 *	  A hash that nobody can compute, or steer, who does not know its key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_KEYED_HASH_H
#define MIGHEAD_CORE_BASE_KEYED_HASH_H

#include "core/base/base.h"

typedef struct MhHashKey
{
	uint64 first;
	uint64 second;
} MhHashKey;

/*
 * Hashes a number and the bytes behind it, to 128 bits: SipHash-1-3 of the number's eight bytes, the
 * lowest first, and the others.
 */
extern void mh_keyed_hash(const MhHashKey *key, uint64 number, const void *bytes, size_t n,
						  uint64 hash[2]);

#endif /* MIGHEAD_CORE_BASE_KEYED_HASH_H */
