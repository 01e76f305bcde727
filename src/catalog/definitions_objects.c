#include "catalog/definitions_private.h"

void
mh_read_objects(MhReading *reading)
{
}
