#!/bin/bash
# Copies each finished file of an account as soon as it is there, and first those that are:
#
#     follow.sh ~/shops/shop ~/exports
#
# It ends with the mount.
set -u
from=$1/completed
to=$2

# inotifywait says when it has begun to watch, then names a file a line. Whatever it says, all that is
# new is copied: what was there before, and what could not be copied the last time.
trap 'kill $! 2>/dev/null' EXIT
while read -r; do
	while read -r -t 0.2; do :; done # what is finished together is copied together
	rsync -a "$from/" "$to/"
	[ -d "$from" ] || exit 1
done < <(exec inotifywait -m -e close_write,unmount --format %f "$from" 2>&1)
