#!/bin/bash
# Shows what orderfs does, without an account: builds it, starts the sandbox (five vendors' APIs on
# loopback), mounts them all, and takes a short tour.
#
#     contrib/demo.sh [--end] [DIR]
#
# All but the build lives in DIR (by default a new temporary folder): the mount in DIR/shops, the
# accounts file, the state and the cache. The mount stays, to be explored, unless --end is
# given or CI=true. The same DIR again starts anew.
set -u
top=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$top/contrib/packages.sh"

die() {
	echo "demo: $*" >&2
	exit 1
}

end=no
dir=""
for argument; do
	case $argument in
	--end) end=yes ;;
	-*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
	*) dir=$argument ;;
	esac
done
[ "${CI-}" != true ] || end=yes

# Only a folder that the demo made is emptied by it.
choose_folder() {
	if [ -z "$dir" ]; then
		dir=$(mktemp -d "${TMPDIR:-/tmp}/orderfs-demo.XXXXXX") || die "no temporary folder"
	elif [ -e "$dir" ] && [ ! -e "$dir/.orderfs-demo" ] && [ -n "$(ls -A "$dir")" ]; then
		die "$dir is not empty, and no demo made it: choose another folder"
	fi
	if ! { mkdir -p "$dir" && dir=$(cd "$dir" && pwd -P) && touch "$dir/.orderfs-demo"; }; then
		die "cannot use $dir"
	fi
	echo "The demo lives in $dir"
}

mounted() { grep -qF " $dir/shops fuse" /proc/self/mounts; }

# Ends what an earlier run with the same folder, or this one, left running.
take_down() {
	local pid
	if mounted; then
		fusermount3 -u "$dir/shops" || fusermount3 -uz "$dir/shops"
	fi
	pid=$(cat "$dir/sandbox.pid" 2>/dev/null) &&
		grep -q sandbox.py "/proc/$pid/cmdline" 2>/dev/null && kill "$pid"
	rm -f "$dir/sandbox.pid"
}

build() {
	local log
	log=$(mktemp)
	echo "Building in $top/build"
	if ! { { [ -e "$top/build/build.ninja" ] || meson setup "$top/build" "$top"; } &&
		ninja -C "$top/build" orderfs; } >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		die "it does not build"
	fi
	rm -f "$log"
}

start_sandbox() {
	setsid /usr/bin/python3 "$top/contrib/sandbox/sandbox.py" --listen 127.0.0.1:0 \
		--config-out "$dir/sandbox.yaml" --orders 6 --url-seconds 600 \
		>"$dir/sandbox.out" 2>"$dir/sandbox.err" </dev/null &
	echo $! >"$dir/sandbox.pid"
	for _ in {1..100}; do
		! grep -q '^listening on' "$dir/sandbox.out" || return 0
		kill -0 "$(cat "$dir/sandbox.pid")" 2>/dev/null || break
		sleep 0.1
	done
	cat "$dir/sandbox.err" >&2
	die "the sandbox does not start"
}

# The sandbox's accounts, with state and cache kept here.
write_accounts() {
	local quoted=${dir//\\/\\\\}
	quoted=${quoted//\"/\\\"}
	(umask 077 && {
		printf 'state: "%s/state"\n' "$quoted"
		printf 'cache:\n  dir: "%s/cache"\n' "$quoted"
		cat "$dir/sandbox.yaml"
	} >"$dir/accounts.yaml") || die "cannot write $dir/accounts.yaml"
}

say() { printf '\n# %s\n' "$*"; }

# show COMMAND: print it as typed, and run it in the demo's folder.
show() {
	printf '$ %s\n' "$1"
	(cd "$dir" && timeout 60 bash -c "set -o pipefail; $1") || die "this failed: $1"
}

# refuse COMMAND: one that must fail.
refuse() {
	printf '$ %s\n' "$1"
	if (cd "$dir" && timeout 60 bash -c "$1" 2>&1); then
		die "this should have failed: $1"
	fi
}

# choose COMMAND: the item whose path the command prints, as $item for those that follow.
choose() {
	local found
	found=$(cd "$dir" && timeout 60 bash -c "$1" | head -n 1)
	export item=${found%/}
	if [ -z "$item" ] || [ ! -d "$dir/$item" ]; then
		die "there is no such item: $1"
	fi
	printf '$ item=%s\n' "$item"
}

# shellcheck disable=SC2016
wait_until_ready() {
	show 'until state=$(cat $item/status) && echo $state && [ $state = ready ]; do sleep 0.5; done'
}

# shellcheck disable=SC2016
tour_of_jobs() {
	local jobs=shops/elasticpath/jobs
	say "This file is there once every account was listed."
	show "until [ -e shops/.orderfs/ready ]; do sleep 0.1; done"
	say "Each account is a folder; in it, each export job or order is one too."
	show "ls shops"
	show "tail -n 1 shops/*/status"
	show "ls -l $jobs"
	say "Reading a trigger tells what can be written to it."
	show "cat $jobs/trigger"
	say "Export the orders of March. Every command is remembered, with what came of it."
	show "echo 'filter=gt(created_at,2026-03-01):lt(created_at,2026-04-01)' > $jobs/trigger"
	show "tail -n 1 shops/.orderfs/history"
	choose "sed 's,.*\t\([0-9a-f-]\{36\}\)\t.*,$jobs/\1,' shops/.orderfs/history | tail -n 1"
	say "Its state is one word, asked from the API when you read it. Wait for it."
	wait_until_ready
	say "The file is there from that moment, with its real size."
	show 'ls -l $item'
	show 'sed 3q $item/orders.csv | cut -c 1-100'
}

# shellcheck disable=SC2016
tour_of_exports() {
	say "Saleor: three kinds of export, each with its fields."
	show "cat shops/saleor/exports/trigger"
	show "echo kind=products fields=NAME,VARIANT_SKU > shops/saleor/exports/trigger"
	choose "ls -dt shops/saleor/exports/*/"
	wait_until_ready
	show 'ls -l $item'
	say "Next Commerce: thirteen kinds. A day is as good as a moment."
	show "head -n 8 shops/next/types.json"
	show "echo type=order_list date_from=2026-07-01 date_to=2026-07-31 > shops/next/exports/trigger"
	choose "ls -dt shops/next/exports/*/"
	wait_until_ready
	show 'head -n 2 $item/order_list.csv | cut -c 1-100'
}

# shellcheck disable=SC2016
tour_of_keys() {
	say "Eneba: every order has a trigger of its own, which packs its keys."
	choose "grep -lx none shops/eneba/orders/*/status | sed 's,/status,,'"
	show 'echo > $item/trigger'
	wait_until_ready
	show 'ls -l $item'
	say "The archive is a folder as well: each key is read out of it alone, unpacked and deciphered."
	show 'find $item/keys -type f'
	show 'find $item/keys -name "*.txt" -exec cat {} + | sed -n 1,3p'
	say "Whatever is finished, in one folder: the one to make copies of."
	show "ls -l shops/eneba/completed"
	say "World of CD Keys: reading keys there counts as taking delivery. So nothing does, but the trigger."
	choose "grep -lx ready shops/wock/orders/*/status | sed 's,/status,,'"
	show 'ls $item'
	show 'echo action=fetch > $item/trigger'
	say "What came is on this disk for good, also when the API forgets it."
	show 'find $item -type f | head -n 12'
	say "Money is only spent where the accounts file says so."
	refuse "echo productId=1 quantity=1 unitPrice=1 > shops/wock/orders/trigger"
}

tour() {
	tour_of_jobs
	tour_of_exports
	tour_of_keys
}

choose_folder
# shellcheck disable=SC2086
install_missing $build_packages || die "the packages cannot be installed"
fuse_usable || exit 1
take_down
rm -rf --one-file-system "$dir/state" "$dir/cache" "$dir"/sandbox.* "$dir/accounts.yaml"
build
trap take_down EXIT
start_sandbox
write_accounts
mkdir -p "$dir/shops"
say "The accounts file names the shops; one command mounts them all."
printf '$ %s\n' "orderfs -c accounts.yaml shops"
"$top/build/orderfs" -c "$dir/accounts.yaml" "$dir/shops" || die "it cannot be mounted"
tour
if [ "$end" = yes ]; then
	say "Unmounted, and the sandbox stopped."
	exit 0
fi
trap - EXIT
say "The mount stays: look around in $dir/shops. When you have seen enough:"
printf '$ fusermount3 -u %q; kill %d\n' "$dir/shops" "$(cat "$dir/sandbox.pid")"
