# Sourced by the benchmark scripts: where things are, and a virtual environment for the peers.
# shellcheck shell=sh disable=SC2034 # what is set here is used where it is sourced

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(CDPATH='' cd -- "$here/../.." && pwd -P)
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
peers=${XDG_CACHE_HOME:-$HOME/.cache}/tributary-peers

# Makes the virtual environment $1 with the packages that follow, once; sets `python` to its interpreter.
environment() {
    python=$peers/$1/bin/python
    folder=$peers/$1
    shift
    if [ -f "$folder/.complete" ] && [ "$(cat "$folder/.complete")" = "$*" ]; then return 0; fi
    command -v python3 >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv" >&2; exit 69; }
    echo "Installing $* into $folder ..." >&2
    mkdir -p "$peers"
    python3 -m venv "$folder" >&2 || { echo "is python3-venv installed?" >&2; exit 69; }
    "$python" -m pip install --quiet --disable-pip-version-check "$@" >&2 || exit 69
    printf '%s\n' "$*" >"$folder/.complete"
}

# Builds ours and sets `tributary` to the program.
build_ours() {
    tributary=$("$root/run" build)
}

# A path as one word of a command line that paired.py splits.
quoted() {
    printf "'%s'" "$1"
}
