#!/bin/bash
# Carries out docker/Dockerfile without a container engine, on a Debian machine with Swift, as root.
#
#   docker/prove.sh [--keep FOLDER]
#
# Each stage becomes a folder that debootstrap fills (or that starts empty, for `FROM scratch`), and each RUN, COPY, USER
# and WORKDIR is done in it, from a clean `git archive` of HEAD. Swift's image cannot be had that way, so its toolchain is
# the machine's own, mounted read-only. Then every image that has an ENTRYPOINT is tried as its user, without a network:
# `--version` and `doctor`. The first build takes 10 to 20 minutes on two cores. With --keep, FOLDER is left for a look, and
# the next call with it goes on from what Swift had compiled.
set -eu

fail() { printf 'prove.sh: %s\n' "$*" >&2; exit 1; }
step() { printf '\n== %s\n' "$*"; }

[ "$(id -u)" -eq 0 ] || fail "chroot and debootstrap need root"
for tool in debootstrap git swift unshare; do
    command -v "$tool" >/dev/null || fail "there is no $tool here (apt-get install debootstrap git util-linux; swift.org)"
done
# Mounts are made in a namespace of their own, so none is left behind however this ends.
[ -n "${PROVE_IN_NAMESPACE:-}" ] || PROVE_IN_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"

root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
dockerfile=$root/docker/Dockerfile
keep=
if [ "${1:-}" = --keep ]; then keep=${2:?--keep takes a folder}; fi
work=${keep:-$(mktemp -d)}
mkdir -p "$work/stages"

# Removes what was made, once nothing is mounted in it any more.
tidy() {
    awk -v work="$work/" 'index($5, work) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r point; do
        umount "$point" || exit 1
    done || fail "something is still mounted below $work, which is left as it is"
    [ -n "$keep" ] || rm -rf --one-file-system -- "$work"
}
trap tidy EXIT

# The release of Debian that the images are, and where its packages come from here.
suite=bookworm
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)

# What Swift's image brings beside the toolchain: what it needs to link, and to fetch packages.
swift_image_packages="binutils ca-certificates g++ git libc6-dev libcurl4 libedit2 libncurses6 libpython3.11 libsqlite3-0
    libxml2 libz3-4 tzdata uuid-runtime"

base_root() {
    if [ ! -e "$work/base/.complete" ]; then
        step "debootstrap $suite"
        rm -rf -- "$work/base"
        debootstrap --variant=minbase "$suite" "$work/base" ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1 ||
            fail "debootstrap failed; its output: $work/debootstrap.log"
        # As in Debian's own images: no translations of package descriptions.
        echo 'Acquire::Languages "none";' >"$work/base/etc/apt/apt.conf.d/docker-no-languages"
        touch "$work/base/.complete"
    fi
    cp -a "$work/base" "$1"
}

# The toolchain of this machine and, where git takes packages from a folder instead of the network, that folder.
add_swift() { # STAGE_ROOT
    toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
    case $toolchain in /usr) fail "the toolchain lies in /usr itself; unpack one to a folder of its own" ;; esac
    in_stage apt-get update -q
    # shellcheck disable=SC2086 # a list of words
    in_stage apt-get install -y -q --no-install-recommends $swift_image_packages
    mkdir -p "$1/toolchain"
    mount --bind -o ro "$toolchain" "$1/toolchain"
    path=/toolchain/bin:$path
    { git config --system --get-regexp '^url\..*\.insteadof$' || true; } | while read -r key prefix; do
        folder=${key#url.}
        folder=${folder%.insteadof}
        [ -d "$folder" ] || continue
        mkdir -p "$1$folder"
        mountpoint -q "$1$folder" || mount --bind -o ro "$folder" "$1$folder"
        chroot "$1" git config --system --add "url.$folder.insteadOf" "$prefix"
    done
}

# Runs a command in the current stage as its user, in its folder and with its environment.
in_stage() {
    # shellcheck disable=SC2086 # $environment is a list of words
    nice -n 19 unshare --root="$stage" --wd="$workdir" --setuid="${user%%:*}" --setgid="${user##*:}" \
        env -i PATH="$path" DEBIAN_FRONTEND=noninteractive HOME=/root $environment "$@"
}

begin_stage() { # IMAGE NAME
    stage=$work/stages/$2
    workdir=/ user=0:0 entry='' environment='' path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    if [ -n "$keep" ] && [ -d "$stage/source/.build" ]; then
        rm -rf -- "$work/compiled"
        mv "$stage/source/.build" "$work/compiled"
    fi
    rm -rf --one-file-system -- "$stage"
    case $1 in
    scratch) mkdir -p "$stage" ;;
    swift:* | debian:*) base_root "$stage" ;;
    *) fail "FROM $1: only swift, debian and scratch are known here" ;;
    esac
    mkdir -p "$stage/proc" "$stage/dev"
    mount -t proc proc "$stage/proc"
    mount --rbind /dev "$stage/dev"
    case $1 in
    swift:*) cp /etc/resolv.conf "$stage/etc/resolv.conf"; add_swift "$stage" ;;
    debian:*) cp /etc/resolv.conf "$stage/etc/resolv.conf" ;;
    esac
}

copy() { # [--from=STAGE] SOURCE TARGET
    source=$work/context
    case $1 in
    --from=*) source=$work/stages/${1#--from=}; shift ;;
    esac
    case $2 in /*) target=$stage$2 ;; *) target=$stage$workdir/$2 ;; esac
    if [ -d "$source/$1" ]; then
        mkdir -p "$target"
        cp -a "$source/$1/." "$target/"
    else
        mkdir -p "$(dirname "$target")"
        cp -a "$source/$1" "$target"
    fi
}

# Runs the finished image's program as a container would, without a network, and from nothing but its own files.
try() {
    step "$name: ${entry} as $user"
    in_image() {
        # shellcheck disable=SC2086 # $environment is a list of words
        env -i PATH="$PATH" $environment \
            unshare --net --root="$stage" --wd="$workdir" --setuid="${user%%:*}" --setgid="${user##*:}" "$entry" "$@"
    }
    in_image --version || fail "$name: --version failed"
    in_image doctor || fail "$name: doctor failed"
    case $name in
    agent)
        for shell in bin/sh usr/bin/sh bin/bash bin/busybox; do
            [ ! -e "$stage/$shell" ] || fail "the agent's image has a shell: /$shell"
        done
        ;;
    esac
    printf 'program %s bytes, image %s\n' "$(stat -c %s "$stage$entry")" \
        "$(du -sh --one-file-system --exclude=./proc --exclude=./dev "$stage" | cut -f 1)"
}

end_stage() { [ -z "${entry:-}" ] || try; }

step "a clean tree of $(git -C "$root" rev-parse --short HEAD)"
rm -rf -- "$work/context"
mkdir -p "$work/context"
git -C "$root" archive HEAD | tar -x -C "$work/context"

entry=
name=
while IFS= read -r line <&3; do
    word=${line%% *}
    rest=${line#"$word"}
    rest=${rest# }
    case $word in
    FROM)
        end_stage
        name=${rest##* }
        step "$line"
        begin_stage "${rest%% *}" "$name"
        ;;
    RUN)
        step "$line"
        in_stage /bin/sh -c "$rest" || fail "$name: this step failed: $line"
        ;;
    COPY)
        step "$line"
        # shellcheck disable=SC2086 # its words
        copy $rest
        ;;
    WORKDIR)
        workdir=$rest
        mkdir -p "$stage$workdir"
        if [ "$workdir" = /source ] && [ -d "$work/compiled" ]; then mv "$work/compiled" "$stage/source/.build"; fi
        ;;
    USER) user=$rest ;;
    ENV) environment="$environment $rest" ;;
    ENTRYPOINT) entry=$(printf '%s' "$rest" | tr -d '[]"') ;;
    CMD) ;;
    *) fail "the Dockerfile has a line that is not known here: $line" ;;
    esac
done 3< <(awk '/^[[:space:]]*#/ { next } { sub(/^[[:space:]]+/, joined ? "" : "&") }
    /\\$/ { sub(/\\$/, ""); printf "%s", $0; joined = 1; next } NF { print; joined = 0 }' "$dockerfile")
end_stage

step "proved: every line of docker/Dockerfile was carried out, and each image's program runs as its user"
