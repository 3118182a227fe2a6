#!/bin/sh
# One round of FedAvg of McMahan's 2NN on MNIST (C = 0.1, E = 1, B = 10): ours, a numpy loop, and PyTorch with
# --with-torch (a download of some hundred MB), taking turns in one run.
#
#   Simulations/benchmarks/mnist_round.sh [--data FOLDER] [--turns N] [--rounds N] [--with-torch]
set -eu
# shellcheck source-path=SCRIPTDIR source=environment.sh
. "$(dirname -- "$0")/environment.sh"

data=$root/../shared/data/mnist
turns=5
rounds=10
with_torch=no
while [ $# -gt 0 ]; do
    case $1 in
    --data) data=$2; shift ;;
    --turns) turns=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --with-torch) with_torch=yes ;;
    *) echo "usage: mnist_round.sh [--data FOLDER] [--turns N] [--rounds N] [--with-torch]" >&2; exit 64 ;;
    esac
    shift
done
data=$(CDPATH='' cd -- "$data" && pwd -P) || { echo "no folder of MNIST's IDX files; name one with --data" >&2; exit 66; }

build_ours
environment numpy numpy
numpy_python=$python
ours="$(quoted "$tributary") bench training --data $(quoted "$data") --rounds $rounds --json"
figure=data.seconds_per_round
loop="$(quoted "$numpy_python") $(quoted "$here/numpy_fedavg.py") --data $(quoted "$data") --rounds $rounds"
set -- --side "ours, 1 thread" $figure "$ours --threads 1" \
    --side "ours, 2 threads" $figure "$ours --threads 2" \
    --side "numpy, 1 thread" seconds_per_round "env OPENBLAS_NUM_THREADS=1 $loop"
if [ "$with_torch" = yes ]; then
    environment torch torch numpy
    loop="$(quoted "$python") $(quoted "$here/torch_fedavg.py") --data $(quoted "$data") --rounds $rounds"
    set -- "$@" --side "torch, 1 thread" seconds_per_round "$loop --threads 1"
fi
echo "Seconds a round, $rounds rounds a turn:"
exec python3 "$here/paired.py" --turns "$turns" --unit "s a round" "$@"
