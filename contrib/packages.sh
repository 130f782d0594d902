# shellcheck shell=bash disable=SC2034
# What orderfs needs from Debian, in one place: sourced by demo.sh and test.sh.

# To build it (the C tests are part of that), to mount, and to run the sandbox.
build_packages="gcc libc6-dev meson ninja-build pkg-config libfuse3-dev fuse3 libcurl4-openssl-dev
	libsqlite3-dev libjson-c-dev libyaml-dev libzip-dev libarchive-dev zlib1g-dev libmicrohttpd-dev
	libssl-dev libcmocka-dev python3 python3-graphql-core"
# To test it as well.
test_packages="$build_packages clang curl groff-base inotify-tools jq rsync python3-pytest
	python3-pytest-xdist systemd unzip util-linux zip"

# install_missing PACKAGE...: quick and silent when all are there. Elsewhere than on Debian and
# its children the names are only told when the build stops for want of something.
install_missing() {
	command -v dpkg-query >/dev/null || return 0
	local package missing="" as_root="" log
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "Missing:$missing" >&2
			echo "Neither root nor sudo here; as root: apt-get install$missing" >&2
			return 1
		}
		as_root="sudo"
	fi
	echo "Installing:$missing"
	log=$(mktemp)
	# shellcheck disable=SC2086
	if ! { $as_root apt-get update &&
		$as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

# fuse_usable: an explanation and failure where nothing can be mounted.
fuse_usable() {
	command -v fusermount3 >/dev/null || {
		echo "fusermount3 is missing: it is in the package fuse3." >&2
		return 1
	}
	if [ "$(id -u)" = 0 ] && [ ! -e /dev/fuse ]; then
		# A container without the device: root can make it, if it may.
		{ modprobe fuse || mknod /dev/fuse c 10 229; } 2>/dev/null || true
	fi
	# udev gives the device to everybody. In CI there is often no udev: then root has to, so
	# that what is tried as an ordinary user can mount too. Never on a person's own machine.
	if [ "$(id -u)" = 0 ] && [ "${CI-}" = true ] && [ -c /dev/fuse ]; then
		chmod 666 /dev/fuse 2>/dev/null || true
		# Nor has a bare root the table that fusermount3 looks into for an ordinary user.
		[ -e /etc/mtab ] || ln -s ../proc/self/mounts /etc/mtab
	fi
	if ! { : <>/dev/fuse; } 2>/dev/null; then
		echo "/dev/fuse cannot be opened: is the module loaded (modprobe fuse), and does this" >&2
		echo "container have the device (docker run --device /dev/fuse --cap-add SYS_ADMIN)?" >&2
		return 1
	fi
}
