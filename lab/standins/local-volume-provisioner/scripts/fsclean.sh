#!/bin/sh
# Deletes all that is in the folder LOCAL_PV_FILESYSTEM, but not the folder.
set -eu
folder=${LOCAL_PV_FILESYSTEM:?names no folder: set it to the mount point to empty}
find "$folder" -mindepth 1 -delete
