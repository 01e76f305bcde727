/*-------------------------------------------------------------------------
 *
 * client_connection.c
 *	  Finds connections whose client is gone, as far as the kernel tells.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "storage/fd.h"

/* TCP_CLOSE_WAIT of Linux's tcp_states.h. */
#define CLOSE_WAIT 8

#define END_SIZE 48

/*
 * Adds the clients of one address family that have closed their connection to this server.  The
 * file exists on Linux only.
 */
static void
read_connections(MhClients *clients, const char *path)
{
	FILE *file = AllocateFile(path, PG_BINARY_R);
	char line[512];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		char end[END_SIZE];
		unsigned int port;
		unsigned int state;

		CHECK_FOR_INTERRUPTS();
		if (sscanf(line, " %*d: %*[0-9A-F]:%X %47[0-9A-F:] %X", &port, end, &state) == 3 &&
			port == (unsigned int) PostPortNumber && state == CLOSE_WAIT)
			mh_strings_add(&clients->ends, end);
	}
	FreeFile(file);
}

MhClients *
mh_clients_gone(void)
{
	MhClients *clients = palloc0(sizeof(MhClients));

	read_connections(clients, "/proc/net/tcp");
	read_connections(clients, "/proc/net/tcp6");
	return clients;
}

/* Writes an address as the kernel does: as 32-bit words in this machine's byte order. */
static void
write_end(char *end, const uint32 *words, int n, int port)
{
	for (int i = 0; i < n; i++)
		end += sprintf(end, "%08X", words[i]);
	sprintf(end, ":%04X", port);
}

bool
mh_client_is_gone(const MhClients *clients, const char *address, int port)
{
	uint32 words[4];
	char end[END_SIZE];

	if (inet_pton(AF_INET, address, words) == 1)
		write_end(end, words, 1, port);
	else if (inet_pton(AF_INET6, address, words) == 1)
		write_end(end, words, 4, port);
	else
		return false;
	return mh_strings_contain(&clients->ends, end);
}
