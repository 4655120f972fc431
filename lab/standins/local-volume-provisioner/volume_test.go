package main

import "testing"

// The FNV authors' published vector for "foobar" shows that the parts are joined as file, node,
// class with nothing between.
func TestVolumeName(t *testing.T) {
	if name := volumeName("fo", "ob", "ar"); name != "local-pv-bf9cf968" {
		t.Error(name)
	}
}

func TestRoundCapacity(t *testing.T) {
	const mib, gib = 1 << 20, 1 << 30
	for bytes, wanted := range map[int64]int64{
		10*gib - 1:   10239 * mib,
		10 * gib:     10 * gib,
		12*gib + 1:   12 * gib,
		10*mib - 1:   10*mib - 1,
		10 * mib:     10 * mib,
		11*mib - 512: 10 * mib,
		4096:         4096,
	} {
		if rounded := roundCapacity(bytes); rounded != wanted {
			t.Errorf("%d: %d, not %d", bytes, rounded, wanted)
		}
	}
}

func TestCapacityStep(t *testing.T) {
	for bytes, wanted := range map[int64]string{0: "0G", 1: "500G", 500 << 30: "500G", 500<<30 + 1: "1000G"} {
		if step := capacityStep(bytes); step != wanted {
			t.Errorf("%d: %s, not %s", bytes, step, wanted)
		}
	}
}
