/* The accounts file: what is mounted, with which settings, and where things are kept.
 *
 * Pure but for reading the files and running the commands it names. One thread, at start. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "provider/provider.h"

struct setting {
	char *name;
	char *value; /* secrets resolved; secret ones are masked in the log */
};

struct account_config {
	char *name;                /* the folder: a plain file name, not starting with a dot */
	struct provider *provider; /* owned by the config; shared by accounts of one provider */
	struct setting *settings;  /* every setting of the provider, defaults filled in */
	int setting_count;
	struct limits limits; /* the provider's, or what the account says instead */
	bool insecure;        /* http to loopback is allowed */
	bool spend;
	bool cancel;
	bool keep; /* what was downloaded whole stays on disk for good */
};

struct config {
	char *file;      /* where it was read from */
	char *state_dir; /* absolute; $XDG_STATE_HOME/orderfs by default */
	char *cache_dir; /* absolute; $XDG_CACHE_HOME/orderfs by default */
	int64_t cache_bytes;
	char *listen;        /* where webhooks are taken, see hook_address(); NULL: nowhere */
	int64_t deadline_ms; /* how long a call waits for an API; 10 s by default */
	int64_t connect_ms;
	int64_t stall_ms;
	int64_t answer_bytes; /* the largest answer of an API that is taken; 64 MiB by default */
	struct account_config *accounts;
	int account_count;
};

/* file NULL: $XDG_CONFIG_HOME/orderfs/orderfs.yaml, ~/.config by default. Provider descriptions are
 * looked up as NAME.yaml in `providers` beside the accounts file, then in the installed folder,
 * then (for a build that was not installed) in the source's. With secrets false no secret is read
 * and no command is run (for checks). -EINVAL: the findings say what to write instead, one line
 * each, all of them. */
int config_load(const char *file, bool secrets, struct findings *findings, struct config **out);
void config_destroy(struct config *config);

/* Loads one description by name, searched as above, or by path when it holds a '/'. */
int config_load_provider(const char *config_dir, const char *name, struct findings *findings,
			 struct provider **out);

#endif
