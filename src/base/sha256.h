/* SHA-256 (FIPS 180-4). */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	unsigned char block[64];
};

enum { SHA256_BYTES = 32, SHA256_TEXT_BYTES = 65 };

void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, size_t length);
void sha256_end(struct sha256 *hash, unsigned char out[SHA256_BYTES]);
/* … in lower-case hexadecimal digits. Returns out. */
const char *sha256_print(struct sha256 *hash, char out[SHA256_TEXT_BYTES]);

#endif
