/* Secrets that both sides know; see sign.h. */
#include "hook/sign.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

bool sign_is_secret(const char *secret, const char *given)
{
	unsigned char wanted[SHA256_DIGEST_LENGTH];
	unsigned char found[SHA256_DIGEST_LENGTH];

	/* Digests are of one length, so the secret's own is not told either. */
	SHA256((const unsigned char *)secret, strlen(secret), wanted);
	SHA256((const unsigned char *)given, strlen(given), found);
	bool same = CRYPTO_memcmp(wanted, found, sizeof(wanted)) == 0;
	OPENSSL_cleanse(wanted, sizeof(wanted));
	return same;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What was sent is no secret: this may take what time it likes. */
static bool read_digits(const char *text, unsigned char out[SHA256_DIGEST_LENGTH])
{
	if (strlen(text) != SHA256_DIGEST_LENGTH * 2) {
		return false;
	}
	for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
		int high = digit(text[2 * i]);
		int low = digit(text[2 * i + 1]);
		if (high < 0 || low < 0) {
			return false;
		}
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool sign_is_hmac_sha256(const char *secret, const void *body, size_t length, const char *given)
{
	unsigned char wanted[SHA256_DIGEST_LENGTH];
	unsigned char found[SHA256_DIGEST_LENGTH];
	unsigned size = 0;
	size_t key_length = strlen(secret);

	if (!read_digits(given, found) || key_length > INT_MAX ||
	    !HMAC(EVP_sha256(), secret, (int)key_length, body, length, wanted, &size)) {
		return false;
	}
	bool same = size == sizeof(wanted) && CRYPTO_memcmp(wanted, found, sizeof(wanted)) == 0;
	OPENSSL_cleanse(wanted, sizeof(wanted));
	return same;
}
