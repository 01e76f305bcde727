/*-------------------------------------------------------------------------
 *
 * keyed_hash.c
 *	  A hash that nobody can compute, or steer, who does not know its key.
 *
 * SipHash with one round for each word and three at the end, as in the hash tables of Python and Rust:
 * as strong as the one of two and four where nobody sees what comes of it, and nearly as fast as a
 * hash without a key.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/keyed_hash.h"

#define WORD sizeof(uint64)
#define ROUNDS_AT_END 3

typedef struct State
{
	uint64 v0;
	uint64 v1;
	uint64 v2;
	uint64 v3;
} State;

static inline uint64
rotated(uint64 value, int by)
{
	return (value << by) | (value >> (64 - by));
}

static inline void
do_round(State *state)
{
	state->v0 += state->v1;
	state->v1 = rotated(state->v1, 13) ^ state->v0;
	state->v0 = rotated(state->v0, 32);
	state->v2 += state->v3;
	state->v3 = rotated(state->v3, 16) ^ state->v2;
	state->v0 += state->v3;
	state->v3 = rotated(state->v3, 21) ^ state->v0;
	state->v2 += state->v1;
	state->v1 = rotated(state->v1, 17) ^ state->v2;
	state->v2 = rotated(state->v2, 32);
}

static inline void
take_word(State *state, uint64 word)
{
	state->v3 ^= word;
	do_round(state);
	state->v0 ^= word;
}

static inline uint64
finished(State *state)
{
	for (int i = 0; i < ROUNDS_AT_END; i++)
		do_round(state);
	return state->v0 ^ state->v1 ^ state->v2 ^ state->v3;
}

/* The lowest byte first on every machine; compilers make one instruction of it. */
static inline uint64
word_at(const unsigned char *at)
{
	return (uint64) at[0] | (uint64) at[1] << 8 | (uint64) at[2] << 16 | (uint64) at[3] << 24 |
		   (uint64) at[4] << 32 | (uint64) at[5] << 40 | (uint64) at[6] << 48 |
		   (uint64) at[7] << 56;
}

void
mh_keyed_hash(const MhHashKey *key, uint64 number, const void *bytes, size_t n, uint64 hash[2])
{
	const unsigned char *at = bytes;
	const unsigned char *end = at + n / WORD * WORD;
	uint64 last = (uint64) (n + WORD) << 56;
	State state = {key->first ^ UINT64CONST(0x736f6d6570736575),
				   key->second ^ UINT64CONST(0x646f72616e646f6d) ^ 0xee,
				   key->first ^ UINT64CONST(0x6c7967656e657261),
				   key->second ^ UINT64CONST(0x7465646279746573)};

	take_word(&state, number);
	for (; at < end; at += WORD)
		take_word(&state, word_at(at));
	for (size_t i = 0; i < n % WORD; i++)
		last |= (uint64) at[i] << (8 * i);
	take_word(&state, last);
	state.v2 ^= 0xee;
	hash[0] = finished(&state);
	state.v1 ^= 0xdd;
	hash[1] = finished(&state);
}
