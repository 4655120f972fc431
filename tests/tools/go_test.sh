#!/bin/sh
# Vet and test the small Go programs of the lab. The Kubernetes binaries are upstream's and are only built.
set -eu
for module in lab/standins/*/; do
    echo "== $module"
    (cd "$module" && go vet ./... && go test ./...)
done
