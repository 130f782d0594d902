/* What reading the accounts file carries along. */
#ifndef CONFIG_LOADING_H
#define CONFIG_LOADING_H

#include "config/config.h"
#include "doc/reader.h"

struct loading {
	struct reader reader;
	struct config *config;
	const char *dir; /* of the accounts file: where relative paths begin */
	bool secrets;    /* read them, do not only check where they are */
	bool is_shared;  /* the accounts file can be read by others */
};

void load_account(struct loading *l, const struct doc *accounts, int index);

/* ---- find.c */
/* As config_load_provider(), but -ENOENT with words where there is no such description. */
int find_provider(const char *config_dir, const char *name, struct findings *findings,
		  struct provider **out, struct problem *why);

#endif
