/*
 * bytes.h
 *	  What fuzzers make of their input: one choice a byte.
 */
#ifndef MIGHEAD_TEST_BYTES_H
#define MIGHEAD_TEST_BYTES_H

typedef struct Bytes
{
	const unsigned char *data;
	size_t left;
} Bytes;

static unsigned
next_byte(Bytes *bytes)
{
	if (bytes->left == 0)
		return 0;
	bytes->left--;
	return *bytes->data++;
}

static unsigned
choose(Bytes *bytes, unsigned n)
{
	return n == 0 ? 0 : next_byte(bytes) % n;
}

#endif /* MIGHEAD_TEST_BYTES_H */
