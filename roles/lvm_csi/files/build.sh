#!/bin/sh
# Builds the driver's image and saves it as an archive that containerd loads: build.sh IMAGE ARCHIVE PROTO BASE.
# PROTO is csi.proto of the specification, BASE an image with apt. Says `built`, or nothing if ARCHIVE was made from the same.
set -eu
image=$1 archive=$2 proto=$3 base=$4
here=$(dirname "$(readlink -f "$0")")
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

package=$context/ansible_collections/cairn/storage/plugins
mkdir -p "$package"
cp -r "$here/Containerfile" "$here/cairn_csi" "$context"
cp -r "$here/../../../plugins/module_utils" "$package"
cp "$proto" "$context/csi.proto"
find "$context" -name __pycache__ -prune -exec rm -r {} +
origin=$({ echo "$image $base"; cd "$context"; find . -type f | LC_ALL=C sort | xargs sha256sum; } | sha256sum)
if [ -e "$archive" ] && [ "$(cat "$archive.origin" 2>/dev/null)" = "$origin" ]; then
    exit
fi

tool=$(command -v buildah || command -v podman || command -v docker) || { echo "build.sh: neither buildah nor podman nor docker is installed" >&2; exit 1; }
"$tool" build --tag "$image" --build-arg "BASE=$base" "$context" >&2
# What an interrupted run leaves is not taken for the archive.
rm -f "$archive.origin" "$archive.new"
case $tool in
    */buildah) buildah push --quiet "$image" "docker-archive:$archive.new:$image" >&2 ;;
    *) "$tool" save --output "$archive.new" "$image" >&2 ;;
esac
mv "$archive.new" "$archive"
echo "$origin" >"$archive.origin"
echo built
