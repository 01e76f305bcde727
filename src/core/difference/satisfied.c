/*-------------------------------------------------------------------------
 *
 * satisfied.c
 *	  Whether a schema satisfies its expectation.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference/difference.h"

MhHindrance
mh_hindrance_of(const MhDifference *difference)
{
	bool is_critical = difference->severity >= MH_CRITICAL;

	switch (difference->kind)
	{
		case MH_MISSING:
			return is_critical ? MH_HINDRANCE_MISSING : MH_HINDRANCE_NONE;
		case MH_CHANGED:
		case MH_RENAMED:
		case MH_INVALID:
			return is_critical ? MH_HINDRANCE_DIFFERENT : MH_HINDRANCE_NONE;
		case MH_EXTRA:
			return is_critical ? MH_HINDRANCE_EXTRA : MH_HINDRANCE_NONE;
		case MH_BUSY:
		case MH_UNREADABLE:
		case MH_NOT_COMPARABLE:
			return MH_HINDRANCE_UNREAD;
		case MH_UNMODELLED:
			break;
	}
	return MH_HINDRANCE_NONE;
}

bool
mh_are_satisfied(const MhDifferences *differences, bool *known)
{
	*known = true;
	for (int i = 0; i < differences->n; i++)
	{
		MhHindrance hindrance = mh_hindrance_of(&differences->v[i]);

		MH_CHECK_INTERRUPTS();
		if (hindrance == MH_HINDRANCE_MISSING || hindrance == MH_HINDRANCE_DIFFERENT)
		{
			*known = true;
			return false;
		}
		if (hindrance == MH_HINDRANCE_UNREAD)
			*known = false;
	}
	return true;
}
