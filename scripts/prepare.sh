#!/bin/sh
# Installs what this checkout needs from the system. `prepare.sh setup`: a Python for the workspace.
# `prepare.sh test`: also the programs that the tests start, a Secret Service among them.
# As root through apt; for an ordinary user the tests get unpacked packages under .cache/debian (see test-tools.mjs).
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-setup}
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

packages=''
# program, package: the package is wanted when the program is not there.
want() { command -v "$1" >/dev/null 2>&1 || packages="$packages $2"; }
python_fits() { python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }

if [ "$purpose" = test ]; then
  want bash bash
  want git git
  want openssl openssl
  want setpriv util-linux
  want strace strace
  want dbus-daemon dbus
  want dbus-monitor dbus-bin
  want gnome-keyring-daemon gnome-keyring
  want secret-tool libsecret-tools
  want zsh zsh
  want fish fish
  want direnv direnv
  want rsync rsync
  ! is_root || want debootstrap debootstrap
fi
if ! python_fits; then
  if is_root; then
    packages="$packages python3"
  elif [ "$purpose" = setup ]; then
    echo "There is no Python 3.11 or newer here; uv will try to fetch one. If it cannot, ask root to install python3." >&2
  fi
fi
root=$PWD/.cache/debian
if [ -z "$packages" ]; then
  [ "$purpose" = setup ] || rm -rf "$root"
  exit 0
fi

give_up() {
  echo "These packages are missing and could not be $1:$packages" >&2
  echo "As root: apt-get install --no-install-recommends$packages" >&2
  exit 1
}
command -v apt-get >/dev/null 2>&1 || give_up 'installed, because there is no apt-get here'

mkdir -p .cache
if is_root; then
  echo "Installing with apt:$packages" >&2
  for try in 1 2 3; do
    # Another apt may hold the lock, or a list may be half fetched: tried again after a while.
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages; } >.cache/apt.log 2>&1 </dev/null; then
      exit 0
    fi
    [ "$try" = 3 ] || sleep 5
  done
  tail -n 20 .cache/apt.log >&2
  give_up installed
fi

# Package lists of our own: the machine's may be missing, and only root can fetch those.
[ "$(cat "$root/.complete" 2>/dev/null)" != "$packages" ] || exit 0
echo "Unpacking into .cache/debian:$packages" >&2
rm -rf "$root"
mkdir -p "$root/lists/partial" "$root/archives/partial"
# A container's image may empty its apt folders after each update, which only root can do.
echo '#clear APT::Update::Post-Invoke;' >"$root/apt.conf"
apt() { apt-get -qq -c "$root/apt.conf" -o Dir::State::Lists="$root/lists" -o Dir::Cache="$root/archives" -o Debug::NoLocking=1 "$@"; }
apt update >&2 || give_up 'unpacked, because the package lists cannot be fetched'
needed=$(apt install --simulate --no-install-recommends $packages | sed -n 's/^Inst \([^ ]*\).*/\1/p')
[ -n "$needed" ] || give_up unpacked
(cd "$root/archives" && apt download $needed >&2) || give_up 'fetched'
for archive in "$root"/archives/*.deb; do dpkg -x "$archive" "$root"; done
rm -rf "$root/lists" "$root/archives"

# fish takes its own files for those that belong to it only with both of them below one folder.
if [ -d "$root/etc/fish" ]; then
  mkdir -p "$root/usr/etc"
  ln -s ../../etc/fish "$root/usr/etc/fish"
fi

# A wrapper for each program, so that it finds its libraries and nothing else gets to see them.
libraries=''
for folder in lib usr/lib; do
  for triple in "$root/$folder"/*-linux-*; do
    [ ! -d "$triple" ] || libraries="$libraries:\$root/$folder/${triple##*/}"
  done
done
mkdir -p "$root/run"
for program in "$root"/bin/* "$root"/usr/bin/*; do
  [ -x "$program" ] || continue
  options=''
  variables=''
  case ${program##*/} in
    git) variables='export GIT_EXEC_PATH="$root/usr/lib/git-core" GIT_TEMPLATE_DIR="$root/usr/share/git-core/templates"' ;;
    # What strace watches must not see the variable either.
    strace) options='-E LD_LIBRARY_PATH ' ;;
  esac
  cat >"$root/run/${program##*/}" <<END
#!/bin/sh
root=\${0%/*}/..
export LD_LIBRARY_PATH="${libraries#:}"
$variables
exec "\$root${program#"$root"}" $options"\$@"
END
  chmod +x "$root/run/${program##*/}"
done
echo "$packages" >"$root/.complete"
