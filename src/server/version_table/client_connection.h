/*-------------------------------------------------------------------------
 *
 * client_connection.h
 *	  Connections whose client is gone, as far as the kernel tells.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_VERSION_TABLE_CLIENT_CONNECTION_H
#define MIGHEAD_SERVER_VERSION_TABLE_CLIENT_CONNECTION_H

#include "mighead.h"

/* Far ends that have closed their connection with this server. */
typedef struct MhClients
{
	MhStrings ends; /* as the kernel writes them */
} MhClients;

/*
 * A backend that works on a long statement does not notice that its client has gone
 * (client_connection_check_interval is off by default), but the connection is in the
 * state CLOSE_WAIT.  Linux shows that to everybody; elsewhere, through a Unix socket, and
 * where the client's machine went without a word, nothing is known and none are found.
 */
extern MhClients *mh_clients_gone(void);

/* address: as host(inet) writes it. */
extern bool mh_client_is_gone(const MhClients *clients, const char *address, int port);

#endif /* MIGHEAD_SERVER_VERSION_TABLE_CLIENT_CONNECTION_H */
