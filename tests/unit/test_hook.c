/* Who sent a webhook: signatures against the vectors of their RFCs and against keys made here, each
 * with every way of being nearly right. Where the hook may listen, and who has to leave. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "hook/guests.h"
#include "hook/hook.h"
#include "hook/sign.h"

/* ---- secrets */

/* RFC 4231, test cases 1, 2 and 6. */
static void hmac_is_that_of_the_rfc(void **state)
{
	static const char first[] =
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
	static const char second[] =
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
	static const char sixth[] =
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
	static const char question[] = "what do ya want for nothing?";
	static const char large[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	char key[132] = {0};

	(void)state;
	memset(key, 0x0b, 20);
	assert_true(sign_is_hmac_sha256(key, "Hi There", 8, first));
	assert_true(sign_is_hmac_sha256("Jefe", question, strlen(question), second));
	memset(key, 0xaa, 131);
	assert_true(sign_is_hmac_sha256(key, large, strlen(large), sixth));

	assert_false(sign_is_hmac_sha256("jefe", question, strlen(question), second));
	assert_false(sign_is_hmac_sha256("Jefe", question, strlen(question) - 1, second));
	assert_false(sign_is_hmac_sha256("Jefe", question, strlen(question), first));
}

static void digits_are_read_strictly(void **state)
{
	static const char good[] =
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
	static const char question[] = "what do ya want for nothing?";
	char text[sizeof(good) + 1];

	(void)state;
	for (size_t i = 0; i < strlen(good); i++) {
		snprintf(text, sizeof(text), "%s", good);
		text[i] = text[i] == '0' ? '1' : '0';
		assert_false(sign_is_hmac_sha256("Jefe", question, strlen(question), text));
		text[i] = 'g';
		assert_false(sign_is_hmac_sha256("Jefe", question, strlen(question), text));
		text[i] = '\0';
		assert_false(sign_is_hmac_sha256("Jefe", question, strlen(question), text));
	}
	snprintf(text, sizeof(text), "%s0", good);
	assert_false(sign_is_hmac_sha256("Jefe", question, strlen(question), text));
}

static void a_shared_secret_is_all_of_it(void **state)
{
	(void)state;
	assert_true(sign_is_secret("hush hush", "hush hush"));
	assert_false(sign_is_secret("hush hush", "hush hus"));
	assert_false(sign_is_secret("hush hush", "hush hush "));
	assert_false(sign_is_secret("hush hush", "Hush hush"));
	assert_false(sign_is_secret("hush hush", ""));
}

/* ---- signatures with a key */

/* RFC 7515, appendix A.2; its payload stands outside, as appendix F has it. */
static const char rfc_modulus[] =
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt"
	"0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"
	"ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5"
	"IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
static const char rfc_text[] =
	"eyJhbGciOiJSUzI1NiJ9.."
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W"
	"2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS"
	"jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv"
	"Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
static const char rfc_body[] = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
			       "\"http://example.com/is_root\":true}";

static void jws_is_that_of_the_rfc(void **state)
{
	struct sign_key *key = NULL;
	struct sign_jws jws;

	(void)state;
	assert_int_equal(sign_key_create(rfc_modulus, "AQAB", &key), 0);
	assert_int_equal(sign_jws_read(rfc_text, &jws), 0);
	assert_string_equal(jws.header, "{\"alg\":\"RS256\"}");
	assert_true(sign_jws_holds(&jws, key, true, rfc_body, strlen(rfc_body)));
	assert_false(sign_jws_holds(&jws, key, false, rfc_body, strlen(rfc_body)));
	assert_false(sign_jws_holds(&jws, key, true, rfc_body, strlen(rfc_body) - 1));
	jws.protected_length--;
	assert_false(sign_jws_holds(&jws, key, true, rfc_body, strlen(rfc_body)));
	jws.protected_length++;
	for (size_t i = 0; i < jws.signature_length; i += 17) {
		jws.signature[i] ^= 1;
		assert_false(sign_jws_holds(&jws, key, true, rfc_body, strlen(rfc_body)));
		jws.signature[i] ^= 1;
	}
	jws.signature_length--;
	assert_false(sign_jws_holds(&jws, key, true, rfc_body, strlen(rfc_body)));
	sign_jws_finish(&jws);
	sign_key_destroy(key);
}

static void what_is_no_jws_is_refused(void **state)
{
	static const char *const bad[] = {
		"",          ".",           "..",      "a..",      "e30",     "e30.",
		"e30.x.QQ",  "e30..Q",      "e3..QQ",  "e30..QR",  "e30..Q=", "e30..Q+",
		"e30..QQ==", "e30..QQ..QQ", "e3 ..QQ", " e30..QQ",
	};
	static char large[20000];
	struct sign_jws jws;

	(void)state;
	assert_int_equal(sign_jws_read("e30..QQ", &jws), 0);
	assert_int_equal(jws.signature_length, 1);
	assert_string_equal(jws.header, "{}");
	sign_jws_finish(&jws);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool empty = strcmp(bad[i], "..") == 0;
		int r = sign_jws_read(bad[i], &jws);
		if (r != (empty ? 0 : -EBADMSG)) {
			fail_msg("'%s' is %d", bad[i], r);
		}
		sign_jws_finish(&jws);
	}
	memset(large, 'A', sizeof(large) - 1);
	memcpy(large + 4, "..", 2);
	assert_int_equal(sign_jws_read(large, &jws), -EBADMSG);
}

/* base64url of bytes; the caller's. */
static char *encode(const unsigned char *bytes, size_t length)
{
	char *text = calloc(length / 3 + 2, 4);
	size_t size = (size_t)EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);

	for (size_t i = 0; i < size; i++) {
		text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
	}
	text[strcspn(text, "=")] = '\0';
	return text;
}

static struct sign_key *public_of(EVP_PKEY *pair, int expected)
{
	unsigned char bytes[2048];
	struct sign_key *key = NULL;
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	char *modulus = encode(bytes, (size_t)BN_bn2bin(n, bytes));
	assert_int_equal(sign_key_create(modulus, "AQAB", &key), expected);
	free(modulus);
	BN_free(n);
	return key;
}

static void sign(EVP_PKEY *pair, const char *text, size_t length, struct sign_jws *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	out->signature_length = 512;
	out->signature = malloc(out->signature_length);
	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pair), 1);
	assert_int_equal(EVP_DigestSign(context, out->signature, &out->signature_length,
					(const unsigned char *)text, length),
			 1);
	EVP_MD_CTX_free(context);
}

/* What stands behind the dot is the body as it is, any bytes. */
static void bodies_are_signed_as_they_are(void **state)
{
	static const char signed_text[] = "HEAD.a\0b\xff";
	EVP_PKEY *pair = EVP_RSA_gen(2048);
	EVP_PKEY *other = EVP_RSA_gen(2048);
	struct sign_key *key = public_of(pair, 0);
	struct sign_key *others = public_of(other, 0);
	struct sign_jws jws = {.protected = "HEAD", .protected_length = 4};

	(void)state;
	sign(pair, signed_text, sizeof(signed_text) - 1, &jws);
	assert_true(sign_jws_holds(&jws, key, false, signed_text + 5, 4));
	assert_false(sign_jws_holds(&jws, key, true, signed_text + 5, 4));
	assert_false(sign_jws_holds(&jws, key, false, signed_text + 5, 3));
	assert_false(sign_jws_holds(&jws, others, false, signed_text + 5, 4));
	sign_jws_finish(&jws);
	sign_key_destroy(key);
	sign_key_destroy(others);
	EVP_PKEY_free(pair);
	EVP_PKEY_free(other);
}

static void weak_and_broken_keys_are_refused(void **state)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024);
	static char long_number[12000];
	struct sign_key *key = NULL;

	(void)state;
	assert_null(public_of(weak, -EBADMSG));
	EVP_PKEY_free(weak);
	memset(long_number, 'B', sizeof(long_number) - 1);
	assert_int_equal(sign_key_create(NULL, "AQAB", &key), -EBADMSG);
	assert_int_equal(sign_key_create(rfc_modulus, NULL, &key), -EBADMSG);
	assert_int_equal(sign_key_create(rfc_modulus, "", &key), -EBADMSG);
	assert_int_equal(sign_key_create(rfc_modulus, "AQ", &key), -EBADMSG); /* 1 */
	assert_int_equal(sign_key_create(rfc_modulus, "AQAA", &key), -EBADMSG);
	assert_int_equal(sign_key_create(rfc_modulus, rfc_modulus, &key), -EBADMSG);
	assert_int_equal(sign_key_create(rfc_modulus + 8, "AQ?B", &key), -EBADMSG);
	assert_int_equal(sign_key_create(long_number, "AQAB", &key), -EBADMSG);
	assert_null(key);
}

/* ---- the listener */

static void it_listens_on_this_machine_alone(void **state)
{
	static const char *const good[] = {"127.0.0.1:8787", "127.1.2.3:0", "[::1]:65535"};
	static const char *const bad[] = {
		"",
		"8787",
		":8787",
		"127.0.0.1",
		"127.0.0.1:",
		"0.0.0.0:80",
		"10.0.0.1:80",
		"localhost:80",
		"::1:80",
		"[::]:80",
		"[::1]",
		"127.0.0.1:-1",
		"127.0.0.1:+80",
		"127.0.0.1: 80",
		"127.0.0.1:65536",
		"[::1",
		"127.1:80",
		"127.0.0.1:80 ",
		"127.0.0.1:99999999999999999999",
	};
	struct sockaddr_storage address;
	socklen_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(hook_address(good[i], &address, &length, NULL), 0);
		char *text = hook_address_print(&address);
		assert_string_equal(text, good[i]);
		free(text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct problem why = {0};
		if (hook_address(bad[i], &address, &length, &why) != -EINVAL) {
			fail_msg("'%s' is an address", bad[i]);
		}
		assert_non_null(strstr(problem_words(&why, 0), "127.0.0.1:PORT"));
		problem_finish(&why);
	}
}

static bool is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0;
}

static void guests_leave_in_time(void **state)
{
	struct guests guests;
	int first[2];
	int second[2];

	(void)state;
	guests_init(&guests);
	assert_int_equal(guests_next_ms(&guests), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, first), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, second), 0);
	struct guest *one = guests_add(&guests, first[0], 5000);
	struct guest *two = guests_add(&guests, second[0], 6000);
	assert_int_equal(guests_next_ms(&guests), 5000 + GUEST_MS);
	guests_send_away(&guests, 5000 + GUEST_MS - 1);
	assert_true(is_open(first[1]));
	guests_send_away(&guests, 5000 + GUEST_MS);
	assert_false(is_open(first[1]));
	assert_true(is_open(second[1]));
	assert_int_equal(guests_next_ms(&guests), 6000 + GUEST_MS);
	guests_remove(one);
	guests_remove(two);
	guests_remove(NULL);
	assert_int_equal(guests_next_ms(&guests), 0);
	for (int i = 0; i < 2; i++) {
		close(first[i]);
		close(second[i]);
	}
}

/* Of a crowd the one that came first leaves, though its time is not over. */
static void a_crowd_makes_room(void **state)
{
	struct guests guests;
	int ends[GUESTS_CROWD + 1][2];

	(void)state;
	guests_init(&guests);
	for (int i = 0; i <= GUESTS_CROWD; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
		assert_non_null(guests_add(&guests, ends[i][0], 1000 + (i + 50) % GUESTS_CROWD));
		guests_send_away(&guests, 2000);
	}
	for (int i = 0; i <= GUESTS_CROWD; i++) {
		assert_int_equal(is_open(ends[i][1]), i != GUESTS_CROWD - 50);
		close(ends[i][0]);
		close(ends[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_is_that_of_the_rfc),
		cmocka_unit_test(digits_are_read_strictly),
		cmocka_unit_test(a_shared_secret_is_all_of_it),
		cmocka_unit_test(jws_is_that_of_the_rfc),
		cmocka_unit_test(what_is_no_jws_is_refused),
		cmocka_unit_test(bodies_are_signed_as_they_are),
		cmocka_unit_test(weak_and_broken_keys_are_refused),
		cmocka_unit_test(it_listens_on_this_machine_alone),
		cmocka_unit_test(guests_leave_in_time),
		cmocka_unit_test(a_crowd_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
