/* JSON web signatures without their body; see sign.h. Their header is taken apart by who knows
 * JSON. */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "hook/key.h"
#include "hook/sign.h"

enum { TEXT_MOST = 8 * 1024 };

/* The last character of a text holds bits that no byte has: they must be zero, or two texts would
 * mean the same. */
static bool ends_well(char last, size_t length)
{
	return length % 4 == 0 || (length % 4 == 2 && strchr("AQgw", last)) ||
	       (length % 4 == 3 && strchr("AEIMQUYcgkosw048", last));
}

int sign_decode(const char *text, size_t length, unsigned char **out, size_t *out_length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_";
	unsigned char *bytes;
	unsigned bits = 0;
	size_t count = 0;

	if (length % 4 == 1 || (length > 0 && !ends_well(text[length - 1], length))) {
		return -EBADMSG;
	}
	bytes = malloc(length / 4 * 3 + 4);
	if (!bytes) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < length; i++) {
		const char *at = text[i] ? strchr(digits, text[i]) : NULL;
		if (!at) {
			free(bytes);
			return -EBADMSG;
		}
		bits = bits << 6 | (unsigned)(at - digits);
		if (i % 4) {
			bytes[count++] = (unsigned char)(bits >> (6 - i % 4 * 2));
		}
	}
	bytes[count] = '\0';
	*out = bytes;
	*out_length = count;
	return 0;
}

int sign_jws_read(const char *text, struct sign_jws *out)
{
	const char *dots = strstr(text, "..");
	unsigned char *header = NULL;
	int r = -EBADMSG;

	*out = (struct sign_jws){.protected = text};
	if (!dots || strlen(text) > TEXT_MOST) {
		return r;
	}
	out->protected_length = (size_t)(dots - text);
	r = sign_decode(text, out->protected_length, &header, &out->header_length);
	out->header = (char *)header;
	if (r == 0) {
		r = sign_decode(dots + 2, strlen(dots + 2), &out->signature,
				&out->signature_length);
	}
	if (r < 0) {
		sign_jws_finish(out);
	}
	return r;
}

void sign_jws_finish(struct sign_jws *jws)
{
	free(jws->header);
	free(jws->signature);
	*jws = (struct sign_jws){0};
}

/* Adds the body's base64url to what is verified, a piece at a time. */
static bool add_encoded(EVP_MD_CTX *context, const unsigned char *body, size_t length)
{
	enum { PIECE = 3 * 256 };
	unsigned char text[PIECE / 3 * 4 + 1];
	bool good = true;

	for (size_t done = 0; done < length && good; done += PIECE) {
		size_t piece = length - done < PIECE ? length - done : PIECE;
		size_t size = (size_t)EVP_EncodeBlock(text, body + done, (int)piece);

		for (size_t i = 0; i < size; i++) {
			text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
		}
		while (size > 0 && text[size - 1] == '=') {
			size--;
		}
		good = EVP_DigestVerifyUpdate(context, text, size) == 1;
	}
	return good;
}

bool sign_jws_holds(const struct sign_jws *jws, const struct sign_key *key, bool encoded,
		    const void *body, size_t length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context &&
		    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
		    EVP_DigestVerifyUpdate(context, jws->protected, jws->protected_length) == 1 &&
		    EVP_DigestVerifyUpdate(context, ".", 1) == 1 &&
		    (encoded ? add_encoded(context, body, length)
			     : EVP_DigestVerifyUpdate(context, body, length) == 1) &&
		    EVP_DigestVerifyFinal(context, jws->signature, jws->signature_length) == 1;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good;
}
