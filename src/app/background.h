/* Going to the background: the starting process waits until the other says that it is ready. */
#ifndef APP_BACKGROUND_H
#define APP_BACKGROUND_H

#include <stdbool.h>

/* Forks. Returns in the child alone, with where to report; the parent exits with 0 once the child
 * calls background_ready(), or with the child's exit code when it ends before that. -errno when
 * it cannot. */
int background_start(int *report);
/* Lets the parent go and cuts the terminal off. From any thread, once. */
void background_ready(int report);

#endif
