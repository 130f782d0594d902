/* Inside the reading of rows: row.c reads one, row_files.c names its files. */
#ifndef PROVIDER_ROW_H
#define PROVIDER_ROW_H

#include "provider/spec.h"

/* The files that the row has in its state. */
int row_list_files(const struct collection *collection, const struct doc *node, struct row *out);

#endif
