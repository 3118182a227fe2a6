#!/bin/sh
# Makes a Debian package of the agent: the program, its systemd unit, a user of its own and a folder for it.
#
#   docker/build-deb.sh PROGRAM [FOLDER]
#
# PROGRAM is a built `tributary` (a release build with the Swift runtime linked in runs on machines without Swift:
# swift build -c release --static-swift-stdlib --product tributary). The package goes to FOLDER, here by default. It
# depends on the packages of the shared libraries that the program was linked with, so build it on the release of Debian
# that it is for. Needs dpkg-dev; if lintian is there, it has a look.
set -eu

fail() { printf 'build-deb.sh: %s\n' "$*" >&2; exit 1; }

case $# in 1 | 2) ;; *) fail "usage: docker/build-deb.sh PROGRAM [FOLDER]" ;; esac
program=$1
target=$(CDPATH='' cd -- "${2:-.}" && pwd -P)
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
[ -x "$program" ] || fail "$program is no program; build it first"
for tool in dpkg-deb dpkg-shlibdeps gzip install strip; do
    command -v "$tool" >/dev/null || fail "there is no $tool here (apt-get install dpkg-dev binutils)"
done

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
tree=$work/tree
version=${TRIBUTARY_VERSION:-$("$program" --version | sed -n 's/[^0-9]*\([0-9][0-9A-Za-z.+~]*\).*/\1/p' | head -n 1)}
[ -n "$version" ] || fail "$program --version names no version; set TRIBUTARY_VERSION"
architecture=$(dpkg --print-architecture)
maintainer=$(git -C "$root" log -1 --format='%an <%ae>' 2>/dev/null || true)
# The same sources give the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
umask 022

documents=$tree/usr/share/doc/tributary-agent
mkdir -p "$tree/DEBIAN" "$documents"
install -D -m 755 "$program" "$tree/usr/bin/tributary"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$tree/usr/bin/tributary"
if ldd "$tree/usr/bin/tributary" | grep -q 'libswift'; then
    printf '%s\n' "build-deb.sh: $program needs Swift's shared libraries; build it with --static-swift-stdlib" >&2
    [ -n "${ALLOW_SHARED_SWIFT:-}" ] || exit 1
fi
install -D -m 644 "$root/docker/agent.service" "$tree/lib/systemd/system/tributary-agent.service"
install -m 644 "$root/docs/participant.md" "$root/Protocols/trainer.md" "$documents/"
install -D -m 644 -t "$documents/examples" "$root"/Simulations/trainers/*.py

# agent.yaml as `join` would write it, so that it is there to be read before.
install -d "$tree/etc/tributary"
cat >"$tree/etc/tributary/agent.yaml" <<'TEXT'
# How this agent uses its machine. Remove the # before a line to set it; all of them are explained in
# /usr/share/doc/tributary-agent/participant.md.

# What to train on: a folder, a file, or digits (the data set that is compiled in).
# data: /srv/mydata
# A program that trains, in place of the built-in trainer.
# trainer: "python3 /usr/share/doc/tributary-agent/examples/train_pytorch.py"
# How long that program may take for a round, and how large a file it may write.
# trainer_minutes: 60
# trainer_file_mb: 8000
# threads: 2
# Memory of a trainer (of each process of a program); tasks that need more are declined.
# memory_mb: 2000
# bandwidth_mbps: { up: 5, down: 20 }
# When it may train, in local time.
# hours: "22:00-06:00"
# any, ac, or battery_above_40
# power: ac
TEXT
echo /etc/tributary/agent.yaml >"$tree/DEBIAN/conffiles"

{
    echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    echo "Upstream-Name: Tributary"
    echo
    echo "Files: *"
    echo "Copyright: the authors of Tributary"
    echo "License: Apache-2.0"
    sed 's/^$/./; s/^/ /' "$root/NOTICE"
    echo " ."
    echo " On Debian systems the licence is in /usr/share/common-licenses/Apache-2.0."
} >"$documents/copyright"
{
    echo "tributary-agent ($version) unstable; urgency=medium"
    echo
    echo "  * Built from $(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo 'an unpacked tree')."
    echo
    echo " -- ${maintainer:-nobody <nobody@localhost>}  $(date -R -u -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$documents/changelog.gz"

# Swift packages bring these in source form and link them in; Debian's own cannot be put in their place.
install -d "$tree/usr/share/lintian/overrides"
printf 'tributary-agent: embedded-library %s\n' 'libyaml [usr/bin/tributary]' 'zlib [usr/bin/tributary]' \
    >"$tree/usr/share/lintian/overrides/tributary-agent"

install -d "$tree/usr/share/man/man1"
gzip -9n >"$tree/usr/share/man/man1/tributary.1.gz" <<'TEXT'
.TH TRIBUTARY 1
.SH NAME
tributary \- federated learning that pays
.SH SYNOPSIS
.B tributary
.I COMMAND
.RI [ ARGUMENT ...]
.SH DESCRIPTION
Trains here, on data that stay here, for the tasks of a coordinator, and keeps proof of what was paid for it.
.B tributary \-\-help
names the commands, and
.B tributary help
.I COMMAND
explains one.
.SH FILES
.I /var/lib/tributary\-agent
has the agent's key and receipts,
.I /etc/tributary/agent.yaml
says how it may use the machine.
.I /usr/share/doc/tributary\-agent/participant.md
is the guide.
TEXT

cat >"$tree/DEBIAN/postinst" <<'TEXT'
#!/bin/sh
set -e
case "$1" in
configure)
    home=/var/lib/tributary-agent
    if ! getent passwd tributary >/dev/null; then
        adduser --quiet --system --group --home "$home" --no-create-home --gecos "Tributary agent" tributary
    fi
    if [ ! -d "$home" ]; then install -d -o tributary -g tributary -m 700 "$home"; fi
    if [ ! -e "$home/agent.yaml" ]; then ln -s /etc/tributary/agent.yaml "$home/agent.yaml"; fi
    if [ -d /run/systemd/system ]; then
        systemctl --system daemon-reload >/dev/null || true
        if [ -n "$2" ]; then deb-systemd-invoke try-restart tributary-agent.service >/dev/null || true; fi
    fi
    ;;
esac
TEXT
cat >"$tree/DEBIAN/prerm" <<'TEXT'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    deb-systemd-invoke stop tributary-agent.service >/dev/null || true
fi
TEXT
# The folder has the participant's key, and with it the tokens: a purge leaves it, and says so.
cat >"$tree/DEBIAN/postrm" <<'TEXT'
#!/bin/sh
set -e
if [ "$1" = purge ]; then
    rm -f /etc/systemd/system/multi-user.target.wants/tributary-agent.service
    if [ -L /var/lib/tributary-agent/agent.yaml ]; then rm -f /var/lib/tributary-agent/agent.yaml; fi
    if [ -d /var/lib/tributary-agent ]; then
        echo "/var/lib/tributary-agent has the agent's key and receipts and is left; remove it if nothing is owed to it." >&2
    fi
fi
if [ -d /run/systemd/system ]; then systemctl --system daemon-reload >/dev/null || true; fi
TEXT
chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm" "$tree/DEBIAN/postrm"

# dpkg-shlibdeps wants a source package's control file beside it.
mkdir -p "$work/debian"
printf 'Source: tributary-agent\n\nPackage: tributary-agent\nArchitecture: any\n' >"$work/debian/control"
libraries=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info tree/usr/bin/tributary 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
[ -n "$libraries" ] || fail "dpkg-shlibdeps found no package for the libraries of $program"

cat >"$tree/DEBIAN/control" <<TEXT
Package: tributary-agent
Version: $version
Architecture: $architecture
Maintainer: ${maintainer:-nobody <nobody@localhost>}
Installed-Size: $(du -sk --exclude=DEBIAN "$tree" | cut -f 1)
Depends: adduser, $libraries
Suggests: python3-numpy
Section: science
Priority: optional
Description: agent for federated learning that is paid
 Takes part in the training tasks of a Tributary coordinator: trains on data
 that stay on this machine, sends the model's change, and keeps proof of what
 it was paid for. Runs as a service of its own user.
TEXT
(cd "$tree" && find usr lib -type f -exec md5sum {} +) | LC_ALL=C sort -k 2 >"$tree/DEBIAN/md5sums"

package=$target/tributary-agent_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$tree" "$package" >/dev/null
printf '%s\n' "$package"
if command -v lintian >/dev/null; then lintian --no-tag-display-limit "$package" >&2 || true; fi
