#!/bin/bash
# Runs every test there is:      contrib/test.sh
# or some of those over a mount: contrib/test.sh -k p07    (arguments of pytest)
#
# Installs what is missing, builds with gcc and with clang, then: the floors; the unit tests
# plain, under ASan+UBSan and under TSan; all of tests/ with the plain program, most of what
# mounts with the ASan+UBSan one, and what is marked `threads` with the TSan one. The last line
# says `N passed, N failed`. The build folders build, build-clang, build-asan, build-tsan are kept.
# JOBS says how many tests run at a time: 6, since they mostly wait. In such a crowd one may run out of
# time: up to five that fail are tried once more, one at a time, and count as failed if they fail again.
set -u
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
. contrib/packages.sh

python=/usr/bin/python3
passed=0
failed=0
declare -A builds
scratch=$(mktemp -d)
trap 'rm -rf --one-file-system "$scratch"' EXIT
# Nothing is left in the tree, and a sandbox that starts a thousand times is compiled once.
export PYTHONPYCACHEPREFIX=$scratch/pycache
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=second_deadlock_stack=1

heading() { printf '\n== %s\n' "$*"; }

# count PASSED FAILED
count() {
	passed=$((passed + $1))
	failed=$((failed + $2))
}

finish() {
	printf '\n%d passed, %d failed\n' "$passed" "$failed"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
	exit
}

give_up() {
	echo "$*"
	count 0 1
	finish
}

# begin FOLDER COMPILER [MESON-OPTION...]: a build, behind all else that is to be done.
begin() {
	local folder=$1 compiler=$2 again=""
	shift 2
	[ -e "$folder/build.ninja" ] && again=--reconfigure
	# shellcheck disable=SC2086
	{ CC=$compiler meson setup $again "$folder" -Dwerror=true "$@" &&
		nice -n 19 meson compile -C "$folder"; } >"$scratch/$folder.log" 2>&1 &
	builds[$folder]=$!
}

# built FOLDER: wait for it; quiet unless it fails.
built() {
	heading "build in $1"
	if wait "${builds[$1]}"; then
		echo "done"
		return 0
	fi
	cat "$scratch/$1.log"
	count 0 1
	return 1
}

# unit FOLDER: the C tests. cmocka's own figures; a test program that crashed has none, so
# that meson's count of failed programs stands in.
unit() {
	local log=$1/meson-logs/testlog.txt status good bad
	heading "unit tests in $1"
	rm -f "$log"
	$without_aslr meson test -C "$1" --no-rebuild --timeout-multiplier 3 >"$scratch/log" 2>&1
	status=$?
	good=$(sum '\[  PASSED  \] [0-9]+ test' "$log")
	bad=$(sum '\[  FAILED  \] [0-9]+ test' "$log")
	if [ "$status" != 0 ]; then
		failures "$log"
		tail -n 20 "$scratch/log"
		[ "$bad" != 0 ] || bad=$(sum '^(Fail|Timeout): *[0-9]+' "$scratch/log")
		[ "$bad" != 0 ] || bad=1
	fi
	echo "$good passed, $bad failed here"
	count "$good" "$bad"
}

# failures LOG: of meson's log, what belongs to programs that failed.
failures() {
	awk '/^=+ [0-9]+\/[0-9]+ =+$/ { text = ""; bad = 1; inside = 1 }
		/^result: *exit status 0$/ { bad = 0 }
		{ text = text $0 "\n" }
		/^=+$/ && inside { if (bad) printf "%s", text; inside = 0 }' "$1"
}

# sum PATTERN FILE: the numbers in what matches, added up.
sum() {
	grep -oE "$1" "$2" 2>/dev/null | grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }'
}

# attempt FOLDER TESTS [PYTEST-ARGUMENT...]: the tests in Python, against that build; their number as
# $good and $bad.
attempt() {
	local folder=$1 report=$scratch/report.xml status figures
	shift
	rm -f "$report"
	# The tests read what a sanitizer says; a leak's exit status would hide which one it is.
	ASAN_OPTIONS=$ASAN_OPTIONS:exitcode=0 ORDERFS=$PWD/$folder/orderfs $without_aslr $python -m pytest -q -rfEs \
		-o addopts=--strict-markers -o cache_dir="$scratch/cache" \
		--basetemp "$scratch/pytest" --junitxml "$report" "$@" </dev/null
	status=$?
	good=0 bad=0
	# 5: none of the tests was chosen.
	[ "$status" != 5 ] || return 0
	figures=$($python - "$report" <<-'END'
		import sys, xml.etree.ElementTree as tree
		suites = tree.parse(sys.argv[1]).getroot().iter("testsuite")
		number = lambda suite, name: int(suite.get(name, 0))
		rows = [[number(suite, name) for name in ("tests", "failures", "errors", "skipped")]
		        for suite in suites]
		tests, failures, errors, skipped = map(sum, zip(*rows))
		print(tests - failures - errors - skipped, failures + errors)
	END
	) || figures="0 0"
	# shellcheck disable=SC2086
	set -- $figures
	# A run that broke off has failed, whatever its figures.
	[ "$status" = 0 ] || [ "$2" != 0 ] || set -- "$1" 1
	good=$1 bad=$2
}

# mounted FOLDER TESTS [PYTEST-ARGUMENT...]: see attempt.
mounted() {
	local good bad before
	heading "tests over a mount with $1${3:+ (${*:2})}"
	rm -rf "$scratch/cache"
	attempt "$@" -n "${JOBS:-6}"
	if [ "$bad" -gt 0 ] && [ "$bad" -le 5 ]; then
		heading "once more, one at a time"
		before=$good
		attempt "$@" --last-failed
		good=$((good + before))
	fi
	count "$good" "$bad"
}

floors() {
	heading "floors"
	if $python tests/check_floors.py; then
		echo "every arrow points down"
		count 1 0
	else
		count 0 1
	fi
}

heading "packages"
# shellcheck disable=SC2086
install_missing $test_packages || give_up "The packages cannot be installed."
fuse_usable || give_up "Nothing can be mounted here."

# ThreadSanitizer's memory map and a kernel's wide randomisation do not go together.
without_aslr=""
address=(-Db_sanitize="address,undefined" -Db_lundef=false -Doptimization=1)
thread=(-Db_sanitize=thread -Db_lundef=false -Doptimization=1)

begin build gcc
if [ $# -gt 0 ]; then
	begin build-asan gcc "${address[@]}"
	built build && mounted build tests "$@"
	built build-asan && mounted build-asan tests/mount "$@"
	finish
fi

floors
built build
usable=$?
# While the first is tested, since tests mostly wait. All that clang is asked for is its warnings.
begin build-clang clang -Doptimization=0
begin build-asan gcc "${address[@]}"
begin build-tsan gcc "${thread[@]}"
[ "$usable" = 0 ] && unit build && mounted build tests
built build-clang
built build-asan && unit build-asan && mounted build-asan tests/mount -m "not plain"
setarch -R true 2>/dev/null && without_aslr="setarch -R"
built build-tsan && unit build-tsan && mounted build-tsan tests/mount -m threads
finish
