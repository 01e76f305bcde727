/*-------------------------------------------------------------------------
 *
 * pack.c
 *	  Scripts as a tar archive, in memory.
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

typedef struct Archive
{
	char *data;
	size_t size;
	size_t room;
} Archive;

static char *
add_room(Archive *archive, size_t size)
{
	char *start;

	if (archive->room - archive->size < size)
	{
		while (archive->room - archive->size < size)
			archive->room *= 2;
		archive->data = repalloc(archive->data, archive->room);
	}
	start = archive->data + archive->size;
	archive->size += size;
	return start;
}

static void
add_padded(Archive *archive, const char *data, size_t size)
{
	size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
	char *start = add_room(archive, padded);

	if (size > 0)
		memcpy(start, data, size);
	memset(start + size, 0, padded - size);
}

static void
add_header(Archive *archive, const char *name, char type, size_t size)
{
	char *header = add_room(archive, BLOCK);
	unsigned int sum = 0;

	memset(header, 0, BLOCK);
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
}

char *
mh_pack_tree(const MhTree *tree, size_t *size)
{
	Archive archive = {palloc(BLOCK * 64), 0, (size_t) BLOCK * 64};

	for (int i = 0; i < tree->files.n; i++)
	{
		const MhScriptFile *file = &tree->files.v[i];
		char *name = psprintf("%06d/%s", file->location, file->path);

		if (strlen(name) > NAME_LENGTH)
		{
			add_header(&archive, "././@LongLink", TYPE_LONG_NAME, strlen(name) + 1);
			add_padded(&archive, name, strlen(name) + 1);
		}
		add_header(&archive, name, TYPE_FILE, file->size);
		add_padded(&archive, file->data, file->size);
		pfree(name);
	}
	memset(add_room(&archive, 2 * BLOCK), 0, 2 * BLOCK);
	*size = archive.size;
	return archive.data;
}
