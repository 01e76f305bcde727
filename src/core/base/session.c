/*-------------------------------------------------------------------------
 *
 * session.c
 *	  Describes another session of the server in a message.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/session.h"

char *
mh_session_text(const MhSession *session)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "pid %d", session->pid);
	if (session->application != NULL && session->application[0] != '\0')
		appendStringInfo(&buf, " (%s)", session->application);
	if (session->state != NULL)
		appendStringInfo(&buf, ", %s", session->state);
	if (session->is_client_gone)
		appendStringInfoString(&buf, " (client gone)");
	if (session->seconds >= 0)
		appendStringInfo(&buf, ", for %.0f s", session->seconds);
	return buf.data;
}
