#!/bin/sh
# ansible-test sanity in environments of its own, offline but for PyPI.
# Its first step wants to download pip; the same file answered by ensurepip does as well (its name follows ansible-test's pip).
set -eu
tree=$1
python=$2
export HOME="${XDG_CACHE_HOME:-$HOME/.cache}/cairn-storage/ansible-test"
mkdir -p "$HOME/.ansible/test/cache"
pip=$(python3 -c 'from ansible_test._internal.python_requirements import get_venv_packages as g
import types, sys
print(g(types.SimpleNamespace(version=sys.argv[1]))["pip"])' "$python")
cat >"$HOME/.ansible/test/cache/get_pip_$(echo "$pip" | tr . _).py" <<'PY'
import ensurepip
ensurepip.bootstrap()
PY
cd "$tree"
exec ansible-test sanity --venv --python "$python" --junit --color no
