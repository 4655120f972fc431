#!/bin/sh
# Makes a device look empty, in seconds: a new file system covers the old one's metadata, and then
# every signature goes. Data blocks may stay readable.
set -eu
device=${LOCAL_PV_BLKDEVICE:?names no block device to clean}
mkfs -F "$device"
wipefs --all "$device"
