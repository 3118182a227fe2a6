#!/bin/sh
# FedAvg of 100 updates of a million values: ours beside Flower's, from memory and from the wire, taking turns in one run.
#
#   Simulations/benchmarks/aggregation.sh [--turns N]
set -eu
# shellcheck source-path=SCRIPTDIR source=environment.sh
. "$(dirname -- "$0")/environment.sh"

turns=3
if [ "${1:-}" = --turns ] && [ $# -eq 2 ]; then
    turns=$2
elif [ $# -gt 0 ]; then
    echo "usage: aggregation.sh [--turns N]" >&2
    exit 64
fi

build_ours
environment flower flwr==1.41.0 numpy
FLWR_TELEMETRY_ENABLED=0
OPENBLAS_NUM_THREADS=2
export FLWR_TELEMETRY_ENABLED OPENBLAS_NUM_THREADS
flower="$(quoted "$python") $(quoted "$here/flower_aggregate.py")"
echo "GB of update bytes a second:"
exec python3 "$here/paired.py" --turns "$turns" --unit "GB/s" --larger-is-better \
    --side "ours" data.gb_per_s "$(quoted "$tributary") bench aggregation --json" \
    --side "Flower, from memory" gb_per_s "$flower memory" \
    --side "Flower, from the wire" gb_per_s "$flower wire"
