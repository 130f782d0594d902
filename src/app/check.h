/* The parts of `orderfs check`. */
#ifndef APP_CHECK_H
#define APP_CHECK_H

#include "config/config.h"

/* ---- check_accounts.c */
/* Tries all accounts at the same time, and prints a line for each. The exit code: that of the first
 * that fails. */
int check_accounts(const struct config *config);

/* ---- check_answers.c */
/* Reads the recorded answers in dir as the description says, and compares with what
 * dir/expect.yaml says must come out. *count: how many cases there were. -EINVAL: the findings
 * say what differs, or is wrong with the folder. */
int check_answers(const struct provider *provider, const char *dir, struct findings *findings,
		  int *count);

#endif
