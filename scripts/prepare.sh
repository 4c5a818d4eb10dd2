#!/bin/sh
# Installs what this checkout needs from the system. `prepare.sh setup`: a Python for the workspace.
# `prepare.sh test`: also git, a Secret Service and its command line, for the tests.
# As root through apt; as an ordinary user tests get unpacked packages under .cache/debian.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-setup}
python_fits() { python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
lacks() { ! command -v "$1" >/dev/null 2>&1; }

packages=''
python_fits || packages="$packages python3"
if [ "$purpose" = test ]; then
  lacks git && packages="$packages git"
  lacks strace && packages="$packages strace"
  lacks dbus-daemon && packages="$packages dbus dbus-bin dbus-daemon"
  lacks gnome-keyring-daemon && packages="$packages gnome-keyring"
  lacks secret-tool && packages="$packages libsecret-tools"
fi
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && ! lacks apt-get; then
  echo "Installing with apt:$packages" >&2
  export DEBIAN_FRONTEND=noninteractive
  for try in 1 2 3; do
    # Another apt may hold the lock, or a list may be half fetched: tried again after a while.
    if apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends $packages >&2; then exit 0; fi
    [ "$try" = 3 ] || sleep 5
  done
  echo "These packages could not be installed:$packages" >&2
  exit 1
fi

if [ "$purpose" = setup ]; then
  echo "There is no Python 3.11 or newer here; uv will try to fetch one. If it cannot, ask for the package python3." >&2
  exit 0
fi

if lacks apt-get || lacks dpkg; then
  echo "The tests need these programs, and only root can install them here:$packages" >&2
  exit 1
fi
# Unpacked packages: nothing is installed, and the tests find them through HOTPASS_TEST_ROOT.
root=$PWD/.cache/debian
if [ ! -e "$root/.complete" ]; then
  mkdir -p "$root/archives"
  wanted=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances $packages 2>/dev/null |
    grep -E '^[a-z0-9]' | sort -u || true)
  missing=''
  for package in $wanted; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  if ! (cd "$root/archives" && apt-get download -qq $missing >&2); then
    echo "The tests need these programs; ask root to run: apt-get install --no-install-recommends$packages" >&2
    exit 1
  fi
  for archive in "$root"/archives/*.deb; do dpkg -x "$archive" "$root"; done
  touch "$root/.complete"
fi
