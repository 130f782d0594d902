/* `orderfs wait`: until an item is in a state, for scripts.
 *
 * It opens the item's `status`, reads the word, and sleeps in poll(2) until the mount says that
 * there is another one; the mount asks the API, at its own pace. Only when a `status` cannot be
 * opened, since the API gives no answer, is there nothing to sleep on: then it is tried again,
 * less and less often. */
#include "app/app.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "app/wait.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "orderfs/state.h"

enum { FIRST_NAP_MS = 500, LONGEST_NAP_MS = 15000 };

struct wait {
	struct wait_item item;
	struct wait_for until;
	int64_t ends_at; /* clock_ms() time, or INT64_MAX */
	bool failed;     /* the API gave no answer, and that was said */
	bool idle;       /* nothing was started, and that was said */
	int64_t nap_ms;
};

static void say(const struct wait *w, const char *words)
{
	fprintf(stderr, "orderfs: %s: %s\n", w->item.path, words);
}

static int fail(const struct wait *w, const char *words)
{
	say(w, words);
	return EXIT_FAILED;
}

/* ---- what comes of it */

static int tell_end(const struct wait *w, int code, const char *words, const char *file)
{
	char line[256];

	if (w->item.state >= 0) {
		puts(state_word((enum state)w->item.state));
	}
	if (words) {
		wait_item_line(&w->item, file, line, sizeof(line));
		bool fine = !line[0] || strcmp(line, "ok") == 0;
		fprintf(stderr, "orderfs: %s: %s%s%s\n", w->item.path, words, fine ? "" : ": ",
			fine ? "" : line);
	}
	return code;
}

static int tell_timeout(const struct wait *w)
{
	char words[64];

	/* What is read now is not to be cut short. */
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	snprintf(words, sizeof(words), "%s when the time was up",
		 w->item.state < 0 ? "no answer" : state_word((enum state)w->item.state));
	return tell_end(w, EXIT_TIMEOUT, words, "../../status");
}

/* An exit code, or -1: there is something to wait for. */
static int judge(struct wait *w)
{
	enum state state = (enum state)w->item.state;
	char words[64];

	if (w->until.states & (1u << state)) {
		return tell_end(w, EXIT_OK, NULL, NULL);
	}
	/* All that is over can expire. */
	bool can_come = w->until.states & (1u << STATE_EXPIRED) && state != STATE_EXPIRED;
	if (state_is_final(state) && !can_come) {
		snprintf(words, sizeof(words), "%s, and stays so", state_word(state));
		return tell_end(w, EXIT_OTHER, words, "error");
	}
	if (state == STATE_NONE && !w->idle) {
		w->idle = true;
		say(w, "none: nothing was started for it yet; waiting");
	}
	return -1;
}

/* Whether the API gave no answer, which may be another one later. */
static bool may_pass(const struct wait *w, int r)
{
	switch (-r) {
	case EAGAIN:
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ECONNREFUSED:
	case EREMOTEIO:
	case EBADMSG:
	case EINTR:
		return true;
	case EACCES:
	case EPERM:
		return w->item.place >= 0; /* a name that may not be looked at is another matter */
	default:
		return false;
	}
}

static int judge_failure(const struct wait *w, int r, const char *why)
{
	switch (why ? 0 : -r) {
	case 0:
		return fail(w, why);
	case ENOTCONN:
	case ECONNABORTED:
	case ENODEV:
		return fail(w, "the mount has ended");
	case ENOENT:
		if (w->item.place >= 0) {
			say(w, "gone: the API has it no more");
			return EXIT_GONE;
		}
		break;
	case EILSEQ:
		return fail(w, "not an item: its status is none of an item's words");
	}
	return fail(w, strerror(-r));
}

/* ---- sleeping */

static int left_ms(const struct wait *w)
{
	int64_t left = w->ends_at - clock_ms();

	return left > INT_MAX ? INT_MAX : left < 0 ? 0 : (int)left;
}

static bool time_is_up(const struct wait *w)
{
	return w->ends_at != INT64_MAX && left_ms(w) == 0;
}

static void sleep_on_status(const struct wait *w)
{
	struct pollfd news = {w->item.status, POLLPRI, 0};

	poll(&news, 1, w->ends_at == INT64_MAX ? -1 : left_ms(w));
}

static void nap(struct wait *w, int r)
{
	char words[128];

	if (r == -EINTR) {
		return;
	}
	if (!w->failed) {
		w->failed = true;
		snprintf(words, sizeof(words), "%s: %s; still waiting", error_name(r),
			 error_words(r));
		say(w, words);
	}
	int left = left_ms(w);
	poll(NULL, 0, left < w->nap_ms ? left : (int)w->nap_ms);
	w->nap_ms = w->nap_ms * 2 > LONGEST_NAP_MS ? LONGEST_NAP_MS : w->nap_ms * 2;
}

static int wait_on(struct wait *w)
{
	for (;;) {
		const char *why = NULL;
		int r = w->item.place < 0 ? wait_item_find(&w->item, &why) : 0;
		r = r == 0 ? wait_item_look(&w->item) : r;
		if (r < 0 && !may_pass(w, r)) {
			return judge_failure(w, r, why);
		}
		if (r == 0 && !w->item.fresh && state_is_final((enum state)w->item.state)) {
			/* Who opens it and reads that it is ready finds its files. */
			wait_item_close(&w->item);
			continue;
		}
		int code = r == 0 ? judge(w) : -1;
		if (code >= 0) {
			return code;
		}
		if (time_is_up(w)) {
			return tell_timeout(w);
		}
		if (r < 0) {
			nap(w, r);
		} else {
			w->item.fresh = false;
			w->nap_ms = FIRST_NAP_MS;
			sleep_on_status(w);
		}
	}
}

static void wake(int number)
{
	(void)number;
}

/* Breaks off calls that wait for the API, again and again: one that begins just then too. */
static void set_alarm(int64_t ms)
{
	const struct sigaction action = {.sa_handler = wake};
	const struct itimerval timer = {
		.it_interval = {.tv_usec = 100000},
		.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000},
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

int run_wait(const struct cli *cli)
{
	struct wait w = {
		.item = {.path = cli->arguments[0], .place = -1, .status = -1, .state = -1},
		.ends_at = INT64_MAX,
		.nap_ms = FIRST_NAP_MS,
	};

	int code = wait_for_parse(cli, &w.until);
	if (code != EXIT_OK) {
		return code;
	}
	if (w.until.timeout_ms >= 0) {
		w.ends_at = clock_ms() + w.until.timeout_ms;
	}
	if (w.until.timeout_ms > 0) {
		set_alarm(w.until.timeout_ms);
	}
	code = wait_on(&w);
	wait_item_close(&w.item);
	cleanup_fd(&w.item.place);
	if (fflush(stdout) != 0 && code == EXIT_OK) {
		code = fail(&w, strerror(errno));
	}
	return code;
}
