/* Paths and small files of the configuration. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stddef.h>
#include <sys/stat.h>

/* The whole of a regular file of at most max bytes, NUL-terminated, the caller's. st may be NULL.
 * -ENOENT and so on; -EINVAL when it is no regular file, -EFBIG when it is larger. */
int file_read(const char *path, size_t max, char **text, size_t *length, struct stat *st);
/* A path as a person writes it: ~ is the home folder, a relative one begins at dir. NULL without
 * memory. */
char *file_expand(const char *dir, const char *path);
/* dir/name; NULL without memory. */
char *file_join(const char *dir, const char *name);
/* The folder a path is in, made absolute; NULL without memory. */
char *file_folder(const char *path);
/* `variable` when it holds an absolute path, else home/otherwise. NULL without memory or home. */
char *file_base(const char *variable, const char *otherwise);

#endif
