#!/bin/sh
# Rounds over loopback with real processes: ours with TLS beside Flower's SuperLink and SuperNodes without, taking turns
# in one run; nobody trains. First the floor: what this machine's TLS and SHA-256 do.
#
#   Simulations/benchmarks/network_round.sh [--turns N] [--agents "2 4"] [--rounds N] [--without-flower] [--memory]
#
# --memory adds the coordinator's peak memory with 4 and 16 agents, and an idle agent's.
set -eu
# shellcheck source-path=SCRIPTDIR source=environment.sh
. "$(dirname -- "$0")/environment.sh"

turns=3
agents="2 4"
rounds=6
flower=yes
memory=no
while [ $# -gt 0 ]; do
    case $1 in
    --turns) turns=$2; shift ;;
    --agents) agents=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --without-flower) flower=no ;;
    --memory) memory=yes ;;
    *)
        echo "usage: network_round.sh [--turns N] [--agents \"2 4\"] [--rounds N] [--without-flower] [--memory]" >&2
        exit 64
        ;;
    esac
    shift
done
hidden=4096,6000
values=24908250

build_ours
if [ "$flower" = yes ]; then
    # Where Flower cannot be had the rest is measured all the same.
    (environment flower flwr==1.41.0 numpy) || { echo "Flower is not there, so ours is measured alone." >&2; flower=no; }
    python=$peers/flower/bin/python
fi
# A network namespace of its own counts nobody else's bytes.
alone=
if [ "$(id -u)" -eq 0 ] && command -v ip >/dev/null && unshare -n true 2>/dev/null; then
    alone="unshare -n sh -c 'ip link set lo up; exec \"\$@\"' sh"
else
    echo "No network namespace: bytes over lo are those of everything on this machine." >&2
fi
ours="$alone python3 $(quoted "$here/network_ours.py") $(quoted "$tributary")"
theirs="$alone $(quoted "$python") $(quoted "$here/network_flower.py")"

echo "The floor: SHA-256 and AES-128-GCM, one core, pieces of 16 KiB (GB/s = the figure in k / 1e6)"
openssl speed -seconds 1 -bytes 16384 -evp sha256 2>/dev/null | tail -n 1
openssl speed -seconds 1 -bytes 16384 -evp aes-128-gcm 2>/dev/null | tail -n 1

# Ours and Flower's in turn.
compare() { # NUMBER OF AGENTS, WIDTHS, VALUES, OUR ROUNDS, FLOWER'S ROUNDS
    mine="$ours --agents $1 --rounds $4 ${2:+--hidden $2}"
    set -- --side "ours, TLS" round_s "$mine" --side "Flower, no TLS" round_s \
        "$theirs --agents $1 --values $3 --rounds $5"
    [ "$flower" = yes ] || set -- --side "$2" "$3" "$4"
    python3 "$here/paired.py" --turns "$turns" --unit "s a round" --also round_p95_s,loopback_mb,ideal_mb,server_peak_mib "$@"
}

echo
echo "Idle rounds: 2 agents, 650 parameters"
compare 2 "" 650 300 5
for count in $agents; do
    echo
    echo "$count agents, $values parameters (100 MB)"
    compare "$count" "$hidden" "$values" "$rounds" 4
done
if [ "$memory" = yes ]; then
    echo
    echo "Peak memory of the coordinator, in models of 100 MB; memory of an idle agent"
    for count in 4 16; do
        eval "$ours --agents $count --rounds 3 --hidden $hidden --idle 5"
    done
fi
