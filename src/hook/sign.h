/* Signatures: whether a body comes from who it says. Pure; any thread. What is compared is
 * compared in a time that does not tell how much of it was right. */
#ifndef HOOK_SIGN_H
#define HOOK_SIGN_H

#include <stdbool.h>
#include <stddef.h>

/* The secret itself was sent along. */
bool sign_is_secret(const char *secret, const char *given);
/* given: HMAC-SHA256 of the body in hexadecimal digits. */
bool sign_is_hmac_sha256(const char *secret, const void *body, size_t length, const char *given);

/* ---- key.c: a public key, of RSA. */
struct sign_key;
/* Modulus and exponent in base64url. -EBADMSG: no key, or one that is too short or too long to be
 * used; -ENOMEM. */
int sign_key_create(const char *modulus, const char *exponent, struct sign_key **out);
void sign_key_destroy(struct sign_key *key);

/* ---- jws.c: a JSON web signature without its body: HEADER..SIGNATURE (RFC 7515, appendix F). */
struct sign_jws {
	char *header; /* JSON text, not yet believed */
	size_t header_length;
	const char *protected; /* the same as it was sent; borrowed */
	size_t protected_length;
	unsigned char *signature;
	size_t signature_length;
};
/* -EBADMSG when it is none, -ENOMEM. */
int sign_jws_read(const char *text, struct sign_jws *out);
void sign_jws_finish(struct sign_jws *jws);
/* RS256. encoded: what was signed is the base64url of the body, not the body (RFC 7797). */
bool sign_jws_holds(const struct sign_jws *jws, const struct sign_key *key, bool encoded,
		    const void *body, size_t length);

/* base64url without padding (RFC 4648, section 5); *out is the caller's and has a NUL behind its
 * end. -EBADMSG, -ENOMEM. */
int sign_decode(const char *text, size_t length, unsigned char **out, size_t *out_length);

#endif
