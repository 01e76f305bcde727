/*-------------------------------------------------------------------------
 *
 * expression.h
 *	  The text of expressions on the columns of one table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_EXPRESSION_H
#define MIGHEAD_SERVER_DEFINITIONS_EXPRESSION_H

#include "server/definitions/relations.h"

/*
 * Returns a column of a row that has a tree (pg_node_tree as text), or from elsewhere its text
 * already, as pg_get_expr writes it, in the form of mh_row_canonical.  The columns of the relation
 * must have been read.
 */
extern char *mh_row_expression(const MhCatalogRow *row, int column, const MhRelation *relation);

/*
 * Returns the text of a key of an index here, as pg_get_indexdef writes it, in the database's
 * encoding.  key: from 1.  NULL: the index is being dropped.
 */
extern char *mh_index_key_text(const MhRelation *relation, MhCatalogOid index, int key,
							   Node *expression);

#endif /* MIGHEAD_SERVER_DEFINITIONS_EXPRESSION_H */
