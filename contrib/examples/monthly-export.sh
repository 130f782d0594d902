#!/bin/bash
# Mails last month's orders of every store that is named, each a folder of Next Commerce:
#
#     monthly-export.sh accounts@example.org ~/shops/store ...
set -u -o pipefail
to=$1
shift
first=$(date -d "$(date +%Y-%m-01) -1 month" +%Y-%m-%d)
last=$(date -d "$first +1 month -1 day" +%Y-%m-%d)
status=0

for store; do
	# Whoever writes to a trigger can read from the same descriptor what came of it.
	{ echo "type=order_list date_from=$first date_to=$last" >&3 &&
		item=$store/$(sed 's/.*"path":"\([^"]*\)".*/\1/' <&3) &&
		state=$(orderfs wait --timeout 1h "$item"); } 3<>"$store/exports/trigger" &&
		if [ "$state" = ready ]; then
			cat "$item"/*.csv | mail -s "${store##*/}: orders from $first to $last" "$to"
		fi || status=1
done
exit $status
