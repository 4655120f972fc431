#!/bin/sh
# Writes random data over the whole device, as often as the first argument says (default 3), and
# zeros last.
set -eu
device=${LOCAL_PV_BLKDEVICE:?names no block device to clean}
shred --verbose --force --zero --iterations="${1:-3}" "$device"
