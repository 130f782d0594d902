/* Foreign words made fit for a sentence of ours; see words.h. Pure. */
#include "provider/words.h"

#include <stdbool.h>
#include <string.h>

#include "base/name.h"

/* ASCII controls and blanks, DEL, and the controls U+0080 to U+009F. */
static bool is_gap(const char *text, size_t sequence)
{
	unsigned char c = (unsigned char)text[0];

	return c <= ' ' || c == 0x7f ||
	       (sequence == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0);
}

void words_add(struct buf *out, const char *text, size_t length, size_t most)
{
	size_t used = 0;
	bool gap = false;

	for (size_t i = 0; i < length;) {
		size_t sequence = utf8_length(text + i, length - i);
		size_t step = sequence ? sequence : 1;

		if (!sequence || is_gap(text + i, sequence)) {
			gap = gap || sequence;
			i += step;
			continue;
		}
		if (used + step + 1 > most) {
			buf_puts(out, "…");
			return;
		}
		if (gap && used) {
			buf_putc(out, ' ');
			used++;
		}
		gap = false;
		buf_add(out, text + i, step);
		used += step;
		i += step;
	}
}

char *words_mask(const char *text, const char *secret)
{
	struct buf out = {0};
	size_t length = strlen(secret);
	const char *found;

	while (length && (found = strstr(text, secret))) {
		buf_add(&out, text, (size_t)(found - text));
		buf_puts(&out, "***");
		text = found + length;
	}
	buf_puts(&out, text);
	return buf_take(&out);
}
