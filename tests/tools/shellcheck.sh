#!/bin/sh
# Every tracked file that is a shell script, by its first line.
set -eu
git grep -lIE '^#!/(bin/sh|usr/bin/env bash|bin/bash)' -- ':!*.md' ':!*.py' | while read -r file; do
    head -n 1 "$file" | grep -qE '^#!.*(sh|bash)$' && echo "$file"
done | xargs shellcheck
