/* Trying the accounts out: all at the same time, each in a thread and for as long as a call may
 * wait.
 *
 * The state that an account needs is made in a folder of its own and removed again, so nothing of
 * a mount is touched, and none is in the way. The main thread waits for the others, or for ^C,
 * which lets them all go. */
#include "app/check.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account/account.h"
#include "app/app.h"
#include "base/cleanup.h"
#include "http/http.h"
#include "store/store.h"

struct trials;

struct trial {
	struct trials *trials;
	struct account *account;
	struct waiter waiter;
	struct buf said;
	int result;
	pthread_t thread;
	bool started;
};

struct trials {
	const struct config *config;
	char *dir;
	struct store *store;
	struct http *http;
	struct account_shared shared;
	struct trial *list;
	int count;
	pthread_t main;
	atomic_int running;
};

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

static void *try_account(void *context)
{
	struct trial *trial = context;
	struct trials *trials = trial->trials;

	trial->result = account_probe(trial->account, &trial->waiter, &trial->said);
	atomic_fetch_sub(&trials->running, 1);
	pthread_kill(trials->main, SIGUSR1);
	return NULL;
}

/* A folder that nobody else can look into. */
static int make_dir(struct trials *trials, struct problem *why)
{
	const char *parent = getenv("TMPDIR");

	parent = parent && *parent == '/' ? parent : "/tmp";
	if (asprintf(&trials->dir, "%s/orderfs-check-XXXXXX", parent) < 0) {
		trials->dir = NULL;
		return -ENOMEM;
	}
	if (!mkdtemp(trials->dir)) {
		int r = problem_set(why, -errno, "%s: %s", parent, strerror(errno));
		free(trials->dir);
		trials->dir = NULL;
		return r;
	}
	return 0;
}

static void remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			unlinkat(dirfd(dir), entry->d_name, 0);
		}
	}
	if (dir) {
		closedir(dir);
	}
	rmdir(path);
}

static int build(struct trials *trials, struct problem *why)
{
	const struct config *config = trials->config;
	int r = make_dir(trials, why);

	if (r == 0) {
		r = store_open(trials->dir, &trials->store, why);
	}
	if (r == 0) {
		r = http_create(&trials->http);
	}
	trials->shared = (struct account_shared){
		.config = config,
		.store = trials->store,
		.http = trials->http,
		.kept_dir = trials->dir,
	};
	trials->list = calloc((size_t)config->account_count + 1, sizeof(*trials->list));
	r = trials->list ? r : -ENOMEM;
	for (int i = 0; i < config->account_count && r == 0; i++) {
		struct trial *trial = &trials->list[i];
		trial->trials = trials;
		r = account_create(&trials->shared, &config->accounts[i], &trial->account, why);
		trials->count += r == 0;
	}
	return r;
}

static void take_down(struct trials *trials)
{
	http_destroy(trials->http);
	for (int i = 0; i < trials->count; i++) {
		account_destroy(trials->list[i].account);
		buf_finish(&trials->list[i].said);
	}
	free(trials->list);
	store_close(trials->store);
	if (trials->dir) {
		remove_dir(trials->dir);
	}
	free(trials->dir);
}

static int start(struct trials *trials)
{
	int r = 0;

	for (int i = 0; i < trials->count && r == 0; i++) {
		struct trial *trial = &trials->list[i];
		waiter_init(&trial->waiter, trials->config->deadline_ms);
		atomic_fetch_add(&trials->running, 1);
		r = pthread_create(&trial->thread, NULL, try_account, trial);
		trial->started = r == 0;
		if (r != 0) {
			waiter_finish(&trial->waiter);
			atomic_fetch_sub(&trials->running, 1);
		}
	}
	return -r;
}

/* What the last threads sent is still to come when nobody waits for it any more. */
static void forget_wakes(void)
{
	const struct timespec now = {0, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	while (sigtimedwait(&set, NULL, &now) > 0) {
	}
}

/* Every thread that ends sends a signal, and so does a person. */
static void wait_all(struct trials *trials, const sigset_t *set)
{
	while (atomic_load(&trials->running) > 0) {
		int signal = sigwaitinfo(set, NULL);
		for (int i = 0; i < trials->count && signal > 0 && signal != SIGUSR1; i++) {
			if (trials->list[i].started) {
				waiter_interrupt(&trials->list[i].waiter);
			}
		}
	}
	for (int i = 0; i < trials->count && trials->list[i].started; i++) {
		pthread_join(trials->list[i].thread, NULL);
		waiter_finish(&trials->list[i].waiter);
	}
	forget_wakes();
}

static int exit_code(int r)
{
	switch (-r) {
	case 0:
		return EXIT_OK;
	case EACCES:
	case EPERM:
		return EXIT_REFUSED;
	case EHOSTUNREACH:
	case ECONNREFUSED:
	case ETIMEDOUT:
		return EXIT_UNREACHABLE;
	case EBADMSG:
	case EREMOTEIO:
		return EXIT_NONSENSE;
	default:
		return EXIT_FAILED;
	}
}

static int report(const struct trials *trials)
{
	int code = EXIT_OK;

	for (int i = 0; i < trials->count; i++) {
		const struct trial *trial = &trials->list[i];
		const char *said = trial->said.data ? trial->said.data : error_words(trial->result);
		printf("%s: %s: %s\n", account_name(trial->account),
		       trial->result < 0 ? error_name(trial->result) : "ok", said);
		code = code ? code : exit_code(trial->result);
	}
	return code;
}

/* With the signals held back, here and in every thread that is started. */
static int run(struct trials *trials, const sigset_t *set)
{
	struct problem why = {0};
	int r = build(trials, &why);
	int code = EXIT_FAILED;

	if (r == 0) {
		r = start(trials);
		wait_all(trials, set);
	}
	if (r < 0) {
		fprintf(stderr, "orderfs: %s\n", problem_words(&why, r));
	} else {
		code = report(trials);
	}
	take_down(trials);
	problem_finish(&why);
	return code;
}

int check_accounts(const struct config *config)
{
	struct trials trials = {.config = config, .main = pthread_self()};
	sigset_t before;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&set, signals[i]);
	}
	pthread_sigmask(SIG_BLOCK, &set, &before);
	int code = run(&trials, &set);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}
