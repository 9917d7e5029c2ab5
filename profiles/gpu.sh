#!/usr/bin/env bash
# Runs a small CUDA program in the sandbox on this machine's NVIDIA GPU, and sees that the GPU is there when the job was
# given it and not when it was not. `./dev test --profile gpu` calls this; it needs root, a driver, and no CUDA toolkit.
# Without a CDI specification of the machine's own it writes one for the test, and takes it away.
#
# GANTRY         the program to test (default target/debug/gantry)
# GANTRY_PAGES   a folder that keeps the pages of the server's jobs
# GANTRY_DOUBLE  the program of the container, built from gpu/double.c (default: built here with cc)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

gantry=$(realpath "${GANTRY:-target/debug/gantry}")
work=$(mktemp -d "${TMPDIR:-/tmp}/gantry-gpu.XXXXXX")
spec=/var/run/cdi/gantry-test.json
made_spec=
export GANTRY_HOME=$work/home

server=
clean() {
    [[ -z $server ]] || kill "$server" 2>/dev/null || true
    [[ -z $made_spec ]] || rm -f "$spec"
    rm -rf "$work"
}
trap clean EXIT

say() { printf '\033[1m== %s\033[0m\n' "$*"; }

fail() {
    printf 'gpu: %s\n' "$*" >&2
    exit 1
}

# run NAME WANTED-STATUS ARGUMENT...: a job of the program, its whole output in $work/NAME.log
run() {
    local name=$1 wanted=$2 status=0
    shift 2
    "$gantry" run "$work/algorithm" -o "$work/$name" --overwrite "$@" >"$work/$name.log" 2>&1 || status=$?
    if [[ $status != "$wanted" ]]; then
        cat "$work/$name.log" >&2
        fail "$name: exit status $status, expected $wanted"
    fi
}

# holds NAME TEXT: what the job printed
holds() {
    grep -qF -- "$2" "$work/$1.log" && return
    cat "$work/$1.log" >&2
    fail "$1: expected \`$2\` in what it printed"
}

((EUID == 0)) || fail "this test needs root, for devices in the sandbox"
[[ -e /dev/nvidiactl ]] || fail "no NVIDIA driver on this machine: there is no /dev/nvidiactl"

say "the GPU that this machine has"
if ! compgen -G '/etc/cdi/*' >/dev/null && ! compgen -G '/var/run/cdi/*' >/dev/null; then
    made_spec=yes
    python3 profiles/gpu/describe.py "$spec"
    echo "no CDI specification here: $spec is written for this test"
fi
mkdir "$work/algorithm"
cp profiles/gpu/algorithm.toml "$work/algorithm/"
if [[ -n ${GANTRY_DOUBLE:-} ]]; then
    cp "$GANTRY_DOUBLE" "$work/double"
else
    cc -O1 -o "$work/double" profiles/gpu/double.c -ldl
fi
python3 profiles/gpu/archive.py "$work/double" "$work/algorithm/double.tar"

say "a job that is given a GPU"
run given 0 -i number=21
[[ $(<"$work/given/output/sum.json") == 42000000 ]] || fail "the sum is $(<"$work/given/output/sum.json"), expected 42000000"
echo "a million numbers doubled on $(<"$work/given/output/device.json")"
cat "$work/given.log"

say "a job that names the GPU, and one that names a GPU that is not there"
run named 0 -i number=1 --gpu nvidia.com/gpu=0
run absent 15 -i number=1 --gpu nvidia.com/gpu=77
holds absent 'nvidia.com/gpu=77'
grep -E '^(error|hint):' "$work/absent.log"

say "a job that is given none"
run without 10 -i number=21 --gpu none
holds without 'hint: the job was given no GPU'
grep -E '^(error|hint):' "$work/without.log"

say "a job that asks for more of the GPU's memory than there is"
run greedy 13 -i number=-1
holds greedy '(gpu_memory)'
grep -E '^(error|hint):' "$work/greedy.log"

say "two jobs of a server, one after the other on one GPU"
"$gantry" serve --listen 127.0.0.1:0 >"$work/serve.out" 2>"$work/serve.err" &
server=$!
for _ in {1..100}; do
    grep -q 'listens on' "$work/serve.out" && break
    sleep 0.1
done
address=$(sed -n 's/.*listens on \(https[^ ]*\).*/\1/p' "$work/serve.out")
password=$(sed -n 's/.*the password `\([^`]*\)`.*/\1/p' "$work/serve.out" "$work/serve.err")
[[ $address && $password ]] || fail "no server: $(cat "$work/serve.err")"
export HOME=$work
client() { "$gantry" "$@" 2>>"$work/client.err" || fail "gantry $1 $2: $(tail -n 5 "$work/client.err")"; }
client login "$address" --user admin --ca "$GANTRY_HOME/tls/ca.pem" <<<"$password"
client algorithm create "$work/algorithm"
client algorithm push double "$work/algorithm/double.tar"
client submit double -i number=2 --wait >"$work/first" &
first=$!
client submit double -i number=3 --wait >"$work/second"
wait "$first"
cat "$work/first" "$work/second"
"$gantry" submit double -i number=-1 --wait >"$work/third" 2>"$work/third.log" && fail "the third job succeeded, expected gpu_memory"
client jobs

say "the pages of these jobs"
pages=${GANTRY_PAGES:-$work/pages}
mkdir -p "$pages"
client jobs --json >"$work/jobs.json"
python3 profiles/gpu/pages.py "$address" "$GANTRY_HOME/tls/ca.pem" "$password" "$pages" \
    $(python3 -c 'import json, sys; print(*(job["id"] for job in json.load(open(sys.argv[1]))["results"]))' "$work/jobs.json")

[[ $(grep -lF "GPU for it alone: nvidia.com/gpu=" "$pages"/*.html | wc -l) == 3 ]] || fail "not every page of a job names its GPU"
[[ $(grep -lF gpu_memory "$pages"/*.html | wc -l) == 1 ]] || fail "no page says that the GPU's memory was too small"

say "the GPU works"
