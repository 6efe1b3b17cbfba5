#!/usr/bin/env bash
# Runs every fuzz target that go test lists, one after another, FUZZ minutes each, so
# that none is forgotten. What makes a target fail is kept by go test in its testdata
# and is a case of every later run.
set -eu
cd "$(dirname "$0")/.."
minutes=${FUZZ:-2}
targets=0
for package in $(go list ./...); do
  for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
    targets=$((targets + 1))
    echo "$target of $package, $minutes min"
    log=$(mktemp)
    if ! go test "$package" -run '^$' \
      -fuzz "^$target\$" -fuzztime "${minutes}m" -fuzzminimizetime 10s >"$log" 2>&1; then
      # Where the time is up in the middle of an input, go test may call that a failure:
      # https://github.com/golang/go/issues/75804. A true one names the input it keeps.
      if grep -q 'Failing input\|panic\|fatal error\|build failed' "$log" || ! grep -q '^ *context deadline exceeded$' "$log"; then
        cat "$log"
        rm "$log"
        exit 1
      fi
    fi
    grep 'execs' "$log" | tail -n 1 || true
    rm "$log"
  done
done
test "$targets" -gt 0 || { echo "no fuzz target was found"; exit 1; }
echo "$targets fuzz targets ran for $minutes min each, and none failed"
