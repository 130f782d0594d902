/* The inside of a key, for who verifies with it. */
#ifndef HOOK_KEY_H
#define HOOK_KEY_H

#include <openssl/evp.h>

struct sign_key {
	EVP_PKEY *pkey;
};

#endif
