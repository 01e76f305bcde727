/*-------------------------------------------------------------------------
 *
 * pack.c
 *	  Scripts as a tar archive, which is sent piece by piece: memory of its size would be dearer
 *	  than all else that is done here.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#define BLOCK 512

/* Where the fields of a header are. */
#define NAME_LENGTH 100
#define MODE_AT 100
#define OWNER_AT 108
#define GROUP_AT 116
#define SIZE_AT 124
#define TIME_AT 136
#define CHECKSUM_AT 148
#define TYPE_AT 156
#define MAGIC_AT 257

#define TYPE_FILE '0'
#define TYPE_LONG_NAME 'L' /* GNU's: the data is the name of the next member */

static size_t
padded(size_t size)
{
	return (size + BLOCK - 1) / BLOCK * BLOCK;
}

static void
send_padded(MhSending *sending, const char *data, size_t size)
{
	static const char zeros[BLOCK];

	mh_send_some(sending, data, size);
	mh_send_some(sending, zeros, padded(size) - size);
}

static void
send_header(MhSending *sending, const char *name, char type, size_t size)
{
	char header[BLOCK] = {0};
	unsigned int sum = 0;

	strncpy(header, name, NAME_LENGTH); /* one that fills the field has no end */
	memcpy(header + MODE_AT, "0000644", 8);
	memcpy(header + OWNER_AT, "0000000", 8);
	memcpy(header + GROUP_AT, "0000000", 8);
	snprintf(header + SIZE_AT, 12, "%011zo", size);
	memcpy(header + TIME_AT, "00000000000", 12);
	header[TYPE_AT] = type;
	memcpy(header + MAGIC_AT, "ustar  ", 8); /* GNU's, as the long name is */
	memset(header + CHECKSUM_AT, ' ', 8);
	for (int i = 0; i < BLOCK; i++)
		sum += (unsigned char) header[i];
	snprintf(header + CHECKSUM_AT, 8, "%06o", sum);
	header[CHECKSUM_AT + 7] = ' ';
	mh_send_some(sending, header, BLOCK);
}

static char *
name_of(const MhScriptFile *file)
{
	return psprintf("%06d/%s", file->location, file->path);
}

size_t
mh_packed_size(const MhTree *tree)
{
	size_t size = 2 * BLOCK;

	for (int i = 0; i < tree->files.n; i++)
	{
		const MhScriptFile *file = &tree->files.v[i];
		char *name = name_of(file);

		if (strlen(name) > NAME_LENGTH)
			size += BLOCK + padded(strlen(name) + 1);
		size += BLOCK + padded(file->size);
		pfree(name);
	}
	return size;
}

void
mh_pack_tree(const MhTree *tree, MhSending *sending)
{
	static const char end[2 * BLOCK];

	for (int i = 0; i < tree->files.n; i++)
	{
		const MhScriptFile *file = &tree->files.v[i];
		char *name = name_of(file);

		if (strlen(name) > NAME_LENGTH)
		{
			send_header(sending, "././@LongLink", TYPE_LONG_NAME, strlen(name) + 1);
			send_padded(sending, name, strlen(name) + 1);
		}
		send_header(sending, name, TYPE_FILE, file->size);
		send_padded(sending, file->data, file->size);
		pfree(name);
	}
	mh_send_some(sending, end, sizeof(end));
}
