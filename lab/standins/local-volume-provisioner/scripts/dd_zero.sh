#!/bin/sh
# Writes zeros over the whole device, as often as the first argument says (default 1).
set -eu
device=${LOCAL_PV_BLKDEVICE:?names no block device to clean}
rounds=${1:-1}
bytes=$(blockdev --getsize64 "$device")
while [ "$rounds" -gt 0 ]; do
    dd if=/dev/zero of="$device" bs=1M count="$bytes" iflag=count_bytes conv=fsync
    rounds=$((rounds - 1))
done
