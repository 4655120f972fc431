#!/bin/sh
# Tells the device to forget all its blocks.
set -eu
device=${LOCAL_PV_BLKDEVICE:?names no block device to clean}
blkdiscard "$device"
