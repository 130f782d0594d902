/* SHA-256; see sha256.h. The constants are the first bits of the fractional parts of the cube roots
 * (of square roots, for the start) of the first primes. */
#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t start[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t turn(uint32_t x, int bits)
{
	return x >> bits | x << (32 - bits);
}

static void spread(const unsigned char *block, uint32_t words[64])
{
	for (int i = 0; i < 16; i++) {
		const unsigned char *b = block + 4 * i;
		words[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	}
	for (int i = 16; i < 64; i++) {
		uint32_t a = words[i - 15];
		uint32_t b = words[i - 2];
		words[i] = words[i - 16] + words[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
			   (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
	}
}

/* One of 64 steps: the words keep their places, and it is told which one plays which part. */
static inline void step(uint32_t s[8], int i, uint32_t input)
{
	uint32_t a = s[(64 - i) & 7];
	uint32_t b = s[(65 - i) & 7];
	uint32_t c = s[(66 - i) & 7];
	uint32_t e = s[(68 - i) & 7];
	uint32_t f = s[(69 - i) & 7];
	uint32_t g = s[(70 - i) & 7];
	uint32_t *h = &s[(71 - i) & 7];
	uint32_t sum = *h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g))) + input;

	s[(67 - i) & 7] += sum;
	*h = sum + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) | (c & (a | b)));
}

static void mix(uint32_t state[8], const unsigned char *block)
{
	uint32_t words[64];
	uint32_t s[8];

	spread(block, words);
	memcpy(s, state, sizeof(s));
	/* Eight at a time, so that a compiler knows the places and keeps the words in registers. */
	for (int i = 0; i < 64; i += 8) {
		step(s, 0, constants[i] + words[i]);
		step(s, 1, constants[i + 1] + words[i + 1]);
		step(s, 2, constants[i + 2] + words[i + 2]);
		step(s, 3, constants[i + 3] + words[i + 3]);
		step(s, 4, constants[i + 4] + words[i + 4]);
		step(s, 5, constants[i + 5] + words[i + 5]);
		step(s, 6, constants[i + 6] + words[i + 6]);
		step(s, 7, constants[i + 7] + words[i + 7]);
	}
	for (int i = 0; i < 8; i++) {
		state[i] += s[i];
	}
}

void sha256_init(struct sha256 *hash)
{
	*hash = (struct sha256){0};
	memcpy(hash->state, start, sizeof(start));
}

void sha256_add(struct sha256 *hash, const void *data, size_t length)
{
	const unsigned char *bytes = data;
	size_t have = hash->length % sizeof(hash->block);

	hash->length += length;
	while (length > 0) {
		size_t n = sizeof(hash->block) - have;
		if (have == 0 && length >= sizeof(hash->block)) {
			mix(hash->state, bytes);
		} else {
			n = n < length ? n : length;
			memcpy(hash->block + have, bytes, n);
			if (have + n == sizeof(hash->block)) {
				mix(hash->state, hash->block);
			}
			have = (have + n) % sizeof(hash->block);
		}
		bytes += n;
		length -= n;
	}
}

void sha256_end(struct sha256 *hash, unsigned char out[SHA256_BYTES])
{
	static const unsigned char padding[64] = {0x80};
	uint64_t bits = hash->length * 8;
	unsigned char tail[8];

	for (int i = 0; i < 8; i++) {
		tail[i] = (unsigned char)(bits >> (56 - 8 * i));
	}
	/* Up to 8 bytes before the end of a block. */
	sha256_add(hash, padding, 1 + (119 - hash->length % 64) % 64);
	sha256_add(hash, tail, sizeof(tail));
	for (int i = 0; i < SHA256_BYTES; i++) {
		out[i] = (unsigned char)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
	}
}

const char *sha256_print(struct sha256 *hash, char out[SHA256_TEXT_BYTES])
{
	unsigned char bytes[SHA256_BYTES];

	sha256_end(hash, bytes);
	for (int i = 0; i < SHA256_BYTES; i++) {
		snprintf(out + (size_t)(2 * i), 3, "%02x", bytes[i]);
	}
	return out;
}
