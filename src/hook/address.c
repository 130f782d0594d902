/* Where the hook listens: an address of this machine alone, and a port. Pure. */
#include "hook/hook.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_BYTES = 64, PORT_MOST = 65535 };

/* The port behind the last colon, or -1. */
static long port_of(const char *text)
{
	char *end;
	long port;

	if (!*text || text[strspn(text, "0123456789")]) {
		return -1;
	}
	errno = 0;
	port = strtol(text, &end, 10);
	return errno || port > PORT_MOST ? -1 : port;
}

int hook_address(const char *text, struct sockaddr_storage *out, socklen_t *length,
		 struct problem *why)
{
	const char *colon = strrchr(text, ':');
	size_t size = colon ? (size_t)(colon - text) : HOST_BYTES;
	long port = colon ? port_of(colon + 1) : -1;
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	char host[HOST_BYTES] = "";

	if (size < sizeof(host)) {
		memcpy(host, text, size);
	}
	*out = (struct sockaddr_storage){0};
	if (port >= 0 && strcmp(host, "[::1]") == 0) {
		six->sin6_family = AF_INET6;
		six->sin6_addr = in6addr_loopback;
		six->sin6_port = htons((uint16_t)port);
		*length = sizeof(*six);
		return 0;
	}
	if (port >= 0 && inet_pton(AF_INET, host, &four->sin_addr) == 1 &&
	    ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)port);
		*length = sizeof(*four);
		return 0;
	}
	return problem_set(why, -EINVAL,
			   "it is 127.0.0.1:PORT or \"[::1]:PORT\", for this machine alone: others "
			   "come through a proxy of yours, which has the certificate");
}

char *hook_address_print(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	char host[HOST_BYTES];
	char *text;
	int length;

	if (address->ss_family == AF_INET6) {
		length = asprintf(&text, "[::1]:%u", ntohs(six->sin6_port));
	} else {
		inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
		length = asprintf(&text, "%s:%u", host, ntohs(four->sin_port));
	}
	return length < 0 ? NULL : text;
}
