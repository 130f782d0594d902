/* Open files: text made at opening, content by offset, and commands written to triggers. */
#include "view/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/news.h"

struct handle {
	struct opened opened;
	struct view *view;
	struct address address;
	struct content *content; /* of a file that is not in the store; NULL for text */
	int64_t base;            /* where in the content the file begins … */
	int64_t size;            /* … and how long it is; -1: to the end */
	struct roll *roll;       /* a long text; NULL: it is in `text` */
	pthread_mutex_t
		mutex; /* protects what follows: one handle may be read and written at once */
	char *text;
	size_t length;
	/* After a command the text is its answer. It is read from where the write left the file's
	 * position, or from the start by those who seek. */
	bool answered;
	bool based;
	off_t written_to;
	off_t answer_base;
	enum state state; /* the text says so, of a status */
	int64_t opened_ms;
};

static int set_text(struct handle *handle, struct buf *text)
{
	size_t length = text->length;
	char *data = buf_take(text);

	if (!data) {
		return -ENOMEM;
	}
	free(handle->text);
	handle->text = data;
	handle->length = length;
	return 0;
}

/* The live file: the API is asked, then the store is read as for any other. */
static int ask(struct view *view, struct address address, struct waiter *waiter)
{
	struct account *account = view_account(view, address.account);
	struct problem why = {0};

	int r = account_ask(account, address.row, waiter, &why);
	if (r < 0 && r != -EINTR) {
		log_info("%s: status: %s: %s", account_name(account), error_name(r),
			 problem_words(&why, r));
	}
	problem_finish(&why);
	return r;
}

static int open_text(struct handle *handle, struct waiter *waiter)
{
	struct view *view = handle->view;
	struct address address = handle->address;
	struct item item = {0};
	struct buf text = {0};
	bool of_item = address.kind == ADDRESS_ITEM && address.row;
	int r = 0;

	if (address.kind == ADDRESS_CTRL && address.leaf == LEAF_FILES) {
		r = roll_get(view, &handle->roll);
		return r < 0 ? log_error(r, "files: cannot be listed in the cache folder: %s",
					 strerror(-r))
			     : 0;
	}
	if (of_item && address.leaf == LEAF_STATUS) {
		r = ask(view, address, waiter);
		/* Who reads that it is ready finds its files. */
		if (r == 0) {
			news_wait(view->options.store, address.account, address.row, waiter);
		}
	}
	if (r == 0 && of_item) {
		r = item_by_row(view->options.store, address.row, &item);
	}
	if (r == 0 && !leaf_exists(view, address, of_item ? &item : NULL)) {
		r = -ENOENT;
	}
	if (r == 0) {
		r = leaf_text(view, address, of_item ? &item : NULL, &text);
	}
	if (r == 0) {
		r = set_text(handle, &text);
		handle->state = item.state;
	}
	buf_finish(&text);
	item_finish(&item);
	return r;
}

static bool is_status(const struct handle *handle)
{
	return handle->address.kind == ADDRESS_ITEM && handle->address.leaf == LEAF_STATUS;
}

/* Its word is another one now, in *text; or there is none any more. */
static int look_again(struct handle *handle, enum state *state, struct buf *text)
{
	struct item item = {0};
	int r = item_by_row(handle->view->options.store, handle->address.row, &item);

	if (r == 0 && item.state != handle->state) {
		*state = item.state;
		r = leaf_text(handle->view, handle->address, &item, text);
	}
	item_finish(&item);
	return r;
}

bool handle_has_news(struct handle *handle)
{
	auto_finish(buf_finish) struct buf text = {0};
	enum state state;

	if (!handle || !is_status(handle)) {
		return false;
	}
	pthread_mutex_lock(&handle->mutex);
	int r = look_again(handle, &state, &text);
	pthread_mutex_unlock(&handle->mutex);
	return r < 0 || text.length > 0;
}

int handle_renew(struct handle *handle)
{
	auto_finish(buf_finish) struct buf text = {0};

	if (!is_status(handle)) {
		return 0;
	}
	pthread_mutex_lock(&handle->mutex);
	int r = look_again(handle, &handle->state, &text);
	if (r == 0 && text.length > 0) {
		r = set_text(handle, &text);
	}
	pthread_mutex_unlock(&handle->mutex);
	return r;
}

/* Its bytes are in the store: no network is asked. */
static int open_body(struct handle *handle)
{
	auto_finish(buf_finish) struct buf bytes = {0};
	int r = file_body(handle->view->options.store, handle->address.row, &bytes);

	if (r == -ENOENT) {
		r = -ESTALE; /* replaced meanwhile: as below */
	}
	return r < 0 ? r : set_text(handle, &bytes);
}

static int open_content(struct handle *handle, struct waiter *waiter)
{
	struct view *view = handle->view;
	struct account *account = view_account(view, handle->address.account);
	struct file file = {0};
	struct problem why = {0};

	int r = account_learn(account, handle->address.row, waiter, &why);
	if (r == 0) {
		r = file_by_row(view->options.store, handle->address.row, &file);
	}
	if (r == 0 && !file.current) {
		r = -ESTALE; /* the kernel looks the name up again, and finds the version that has it */
	}
	if (r == 0) {
		r = content_open(account, &file, &handle->content);
	}
	if (r < 0 && r != -EINTR) {
		log_debug("%s: %s", account_name(account), problem_words(&why, r));
	}
	problem_finish(&why);
	file_finish(&file);
	return r;
}

static int open_file(struct handle *handle, struct waiter *waiter)
{
	struct file file = {0};

	int r = file_by_row(handle->view->options.store, handle->address.row, &file);
	enum file_kind kind = file.kind;
	file_finish(&file);
	if (r < 0) {
		return r;
	}
	if (kind == FILE_FOLDER) {
		return -EISDIR;
	}
	return kind == FILE_BODY ? open_body(handle) : open_content(handle, waiter);
}

static void close_opened(struct opened *opened)
{
	handle_close((struct handle *)opened);
}

int view_open(struct view *view, uint64_t ino, bool reading, bool writing, struct waiter *waiter,
	      struct handle **out)
{
	struct address address = address_unpack(ino);
	int r = 0;

	if (address.account && !view_account(view, address.account)) {
		return -ENOENT;
	}
	if (writing && !address_takes_commands(address)) {
		return -EPERM;
	}
	struct handle *handle = calloc(1, sizeof(*handle));
	if (!handle) {
		return -ENOMEM;
	}
	handle->view = view;
	handle->address = address;
	handle->opened_ms = clock_ms();
	pthread_mutex_init(&handle->mutex, NULL);
	handle->size = -1;
	if (address.kind == ADDRESS_FILE) {
		r = open_file(handle, waiter);
	} else if (address.kind == ADDRESS_ENTRY) {
		r = archive_open_content(view, address, waiter, &handle->content, &handle->base,
					 &handle->size);
	} else if (reading) {
		r = open_text(handle, waiter);
	}
	if (r < 0) {
		handle_close(handle);
		return r;
	}
	opened_add(view, &handle->opened, close_opened);
	*out = handle;
	return 0;
}

bool handle_is_text(const struct handle *handle)
{
	return handle->content == NULL;
}

bool handle_is_live(const struct handle *handle)
{
	return handle->address.kind != ADDRESS_FILE && handle->address.kind != ADDRESS_ENTRY;
}

ssize_t handle_content(struct handle *handle, off_t offset, size_t length, struct waiter *waiter,
		       struct piece *out)
{
	struct problem why = {0};

	if (handle->size >= 0 && offset >= handle->size) {
		return 0;
	}
	if (handle->size >= 0 && (int64_t)length > handle->size - offset) {
		length = (size_t)(handle->size - offset);
	}
	offset += handle->base;
	if (content_was_late(handle->content, offset, length, handle->opened_ms)) {
		waiter->deadline_ms = 0; /* what is there can be read all the same */
	}
	ssize_t n = content_read(handle->content, offset, length, waiter, &why);
	if (n > 0) {
		*out = (struct piece){content_fd(handle->content), offset, (size_t)n,
				      handle->content};
	}
	problem_finish(&why);
	return n;
}

void piece_done(const struct piece *piece)
{
	content_done(piece->content, piece->offset, piece->length);
}

size_t handle_text(struct handle *handle, off_t offset, char *out, size_t length)
{
	size_t n = 0;

	if (handle->roll) {
		return roll_read(handle->roll, offset, out, length);
	}
	pthread_mutex_lock(&handle->mutex);
	if (handle->answered && !handle->based) {
		handle->based = true;
		handle->answer_base = offset >= handle->written_to ? handle->written_to : 0;
	}
	off_t at = offset - handle->answer_base;
	if (at >= 0 && (size_t)at < handle->length) {
		n = handle->length - (size_t)at;
		n = n < length ? n : length;
		memcpy(out, handle->text + at, n);
	}
	pthread_mutex_unlock(&handle->mutex);
	return n;
}

/* The account that is named; NULL when it is none's name. */
static struct account *named_account(struct view *view, const char *data, size_t length)
{
	while (length > 0 && (data[length - 1] == '\n' || data[length - 1] == '\r')) {
		length--;
	}
	for (int i = 0; i < view->options.account_count; i++) {
		const char *name = account_name(view->options.accounts[i]);
		if (strlen(name) == length && memcmp(name, data, length) == 0) {
			return view->options.accounts[i];
		}
	}
	return NULL;
}

/* Lists the account that is named, or every one, again. */
static int refresh(struct handle *handle, const char *data, size_t length, struct waiter *waiter,
		   struct buf *answer)
{
	struct view *view = handle->view;
	const struct account *only = named_account(view, data, length);
	int result = 0;

	for (int i = 0; i < view->options.account_count; i++) {
		struct account *account = view->options.accounts[i];
		struct problem why = {0};
		if (only && only != account) {
			continue;
		}
		int r = account_refresh(account, waiter, &why);
		if (r == 0) {
			news_wait(view->options.store, account_number(account), 0, waiter);
		}
		result = result ? result : r;
		buf_printf(answer, "%s: %s\n", account_name(account),
			   r == 0 ? "listed" : problem_words(&why, r));
		problem_finish(&why);
	}
	return result;
}

static int command(struct handle *handle, const char *data, size_t length, struct waiter *waiter,
		   struct buf *answer)
{
	struct account *account = view_account(handle->view, handle->address.account);
	auto_free char *text = NULL;
	struct problem why = {0};

	int r = account_trigger(account, handle->address.collection, handle->address.row, data,
				length, waiter, &text, &why);
	if (r == 0 && text) {
		buf_printf(answer, "%s\n", text);
	}
	/* What the command made is there when the write returns. */
	if (r == 0) {
		news_wait(handle->view->options.store, handle->address.account, handle->address.row,
			  waiter);
	}
	problem_finish(&why);
	return r;
}

/* bash writes every line of a text by itself, and an empty one after a text that ends in a newline:
 * that is no second command. */
static bool is_trailing_blank(struct handle *handle, const char *data, size_t length)
{
	pthread_mutex_lock(&handle->mutex);
	bool answered = handle->answered;
	pthread_mutex_unlock(&handle->mutex);
	for (size_t i = 0; i < length && answered; i++) {
		answered = memchr(" \t\r\n", data[i], 4) != NULL;
	}
	return answered;
}

int handle_write(struct handle *handle, const char *data, size_t length, off_t offset,
		 struct waiter *waiter)
{
	if (handle->address.leaf == LEAF_TRIGGER && is_trailing_blank(handle, data, length)) {
		return 0;
	}
	struct buf answer = {0};
	int r = handle->address.leaf == LEAF_REFRESH
			? refresh(handle, data, length, waiter, &answer)
			: command(handle, data, length, waiter, &answer);

	if (r == 0) {
		pthread_mutex_lock(&handle->mutex);
		r = set_text(handle, &answer);
		handle->answered = true;
		handle->based = false;
		handle->written_to = offset + (off_t)length;
		pthread_mutex_unlock(&handle->mutex);
	}
	buf_finish(&answer);
	return r;
}

void handle_close(struct handle *handle)
{
	if (!handle) {
		return;
	}
	opened_remove(handle->view, &handle->opened);
	if (handle->content) {
		content_close(handle->content);
	}
	if (handle->roll) {
		roll_put(handle->view, handle->roll, true);
	}
	pthread_mutex_destroy(&handle->mutex);
	free(handle->text);
	free(handle);
}
