/* Public keys out of their two numbers; see sign.h. */
#include "hook/key.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "hook/sign.h"

/* Shorter ones can be broken; longer ones cost time that a stranger could spend. */
enum { BITS_LEAST = 2048, BITS_MOST = 8192, EXPONENT_BITS_MOST = 64 };

static BIGNUM *read_number(const char *text)
{
	unsigned char *bytes = NULL;
	size_t length = 0;
	BIGNUM *number = NULL;

	if (text && strlen(text) < BITS_MOST &&
	    sign_decode(text, strlen(text), &bytes, &length) == 0) {
		number = BN_bin2bn(bytes, (int)length, NULL);
	}
	free(bytes);
	return number;
}

static bool is_usable(const BIGNUM *modulus, const BIGNUM *exponent)
{
	return modulus && exponent && BN_num_bits(modulus) >= BITS_LEAST &&
	       BN_num_bits(modulus) <= BITS_MOST && BN_is_odd(modulus) && BN_is_odd(exponent) &&
	       !BN_is_one(exponent) && BN_num_bits(exponent) <= EXPONENT_BITS_MOST;
}

static EVP_PKEY *build(const BIGNUM *modulus, const BIGNUM *exponent)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (builder && maker && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) &&
	    (params = OSSL_PARAM_BLD_to_param(builder)) && EVP_PKEY_fromdata_init(maker) > 0 &&
	    EVP_PKEY_fromdata(maker, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0) {
		pkey = NULL;
	}
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(maker);
	ERR_clear_error();
	return pkey;
}

int sign_key_create(const char *modulus, const char *exponent, struct sign_key **out)
{
	BIGNUM *n = read_number(modulus);
	BIGNUM *e = read_number(exponent);
	bool usable = is_usable(n, e);
	struct sign_key *key = usable ? calloc(1, sizeof(*key)) : NULL;

	if (key) {
		key->pkey = build(n, e);
	}
	BN_free(n);
	BN_free(e);
	if (!key || !key->pkey) {
		sign_key_destroy(key);
		return usable ? -ENOMEM : -EBADMSG;
	}
	*out = key;
	return 0;
}

void sign_key_destroy(struct sign_key *key)
{
	if (key) {
		EVP_PKEY_free(key->pkey);
	}
	free(key);
}
