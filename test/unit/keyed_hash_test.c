/* Unit tests of src/core/base/keyed_hash.c.  The hashes expected are OpenSSL's:
   openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:16 -macopt c-rounds:1
   -macopt d-rounds:3 -in FILE SIPHASH, where FILE has the bytes 0, 1, 2 ... */
#include "core/base/keyed_hash.h"
#include "tap.h"

static const MhHashKey key = {UINT64CONST(0x0706050403020100), UINT64CONST(0x0f0e0d0c0b0a0908)};

/* As OpenSSL prints it. */
static const char *
hash_of(const MhHashKey *with, int n)
{
	static char text[2 * 16 + 1];
	unsigned char bytes[512];
	uint64 hash[2];

	for (int i = 0; i < (int) sizeof(bytes); i++)
		bytes[i] = (unsigned char) i;
	mh_keyed_hash(with, UINT64CONST(0x0706050403020100), bytes + 8, n - 8, hash);
	for (int i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02X", (unsigned) (hash[i / 8] >> (8 * (i % 8)) & 0xff));
	return text;
}

int
main(void)
{
	static const struct
	{
		int n;
		const char *hash;
	} cases[] = {
		{8, "AA12FEE1D5E3DAB4724F16AB35F9C799"},   {9, "81DDB8042CF33994F4720E0094137C42"},
		{15, "C17E5505B2BD526C2921CDEC1E7E0109"},  {16, "D0A8D95715518EEBB513B0F83D9E1793"},
		{17, "234126F93FBB668D975112E8FEBDF7EC"},  {33, "C5F57BAE1320FCF4B4E868E71D56C66B"},
		{300, "3165EAD62761C51719819DCF73CD572B"},
	};
	MhHashKey other = key;

	for (int i = 0; i < (int) lengthof(cases); i++)
		is(hash_of(&key, cases[i].n), cases[i].hash, cases[i].hash);
	for (int bit = 0; bit < 128; bit++)
	{
		uint64 *half = bit < 64 ? &other.first : &other.second;

		*half ^= UINT64CONST(1) << bit % 64;
		ok(strcmp(hash_of(&other, 33), "C5F57BAE1320FCF4B4E868E71D56C66B") != 0,
		   "every bit of the key counts");
		*half ^= UINT64CONST(1) << bit % 64;
	}
	return done_testing();
}
