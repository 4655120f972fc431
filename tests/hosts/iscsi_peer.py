"""An iSCSI target made by hand in configfs, without the code under test, and the node that logs in to it."""

from __future__ import annotations

from host_play import nodes, own_node

NODE, PEER = own_node(), nodes()[0]
TARGET, CLOSED = "iqn.2026-01.com.example:initiator-tests", "iqn.2026-01.com.example:closed"
NAME, OTHER_NAME = "iqn.2026-01.com.example:tested-initiator", "iqn.2026-01.com.example:renamed"
HERE, ADDRESS = "iqn.2026-01.com.example:own", f"10.90.1.{10 + int(NODE[len('node'):])}"
FIRST, SECOND = "10.90.1.11", "10.90.2.11"
SECRET, REPLY, ASKED = "a-secret-of-the-initiator", "a-secret-of-the-target", "a-secret-for-discovery"
CHAP = {"user": "tested", "password": SECRET, "mutual_user": "peer", "mutual_password": REPLY}
DISCOVERY = {"user": "asker", "password": ASKED}
LUNS = ["/dev/disk/by-id/wwn-0x60014055ca1ab1eeeee00a0000000000", "/dev/disk/by-id/wwn-0x60014055ca1ab1eeeee00a1000000000"]
OWN_LUN = "/dev/disk/by-id/wwn-0x60014055ca1ab1eeeee00a2000000000"
DATA = "/mnt/initiator-tests"
NAME_FILE, KEPT = "/etc/iscsi/initiatorname.iscsi", "/var/tmp/initiator-tests.name"
MIB = 1024**2

#: The other side: two disks, a target with CHAP that lets the node in, and one that does not.
EXPORT = f"""
set -e
modprobe -a loop iscsi_target_mod target_core_iblock
cd /sys/kernel/config/target
mkdir -p iscsi core/iblock_77
for n in 0 1; do
  truncate -s 64M /var/tmp/initiator-tests.$n
  losetup /dev/loop7$n 2>/dev/null || losetup /dev/loop7$n /var/tmp/initiator-tests.$n
  mkdir -p core/iblock_77/it$n
  echo udev_path=/dev/loop7$n > core/iblock_77/it$n/control
  echo 1 > core/iblock_77/it$n/enable
  echo 5ca1ab1eeeee00a$n > core/iblock_77/it$n/wwn/vpd_unit_serial
done
for target in {TARGET} {CLOSED}; do
  mkdir -p iscsi/$target/tpgt_1
  cd iscsi/$target/tpgt_1
  for portal in {FIRST} {SECOND}; do mkdir np/$portal:3260; done
  echo 1 > attrib/authentication
  mkdir lun/lun_0; ln -s /sys/kernel/config/target/core/iblock_77/it0 lun/lun_0/it0
  echo 1 > enable
  cd ../../..
done
cd iscsi/{TARGET}/tpgt_1
for name in {NAME} {OTHER_NAME}; do
  mkdir acls/$name acls/$name/lun_0
  ln -s /sys/kernel/config/target/iscsi/{TARGET}/tpgt_1/lun/lun_0 acls/$name/lun_0/it0
  echo -n tested > acls/$name/auth/userid; echo -n {SECRET} > acls/$name/auth/password
  echo -n peer > acls/$name/auth/userid_mutual; echo -n {REPLY} > acls/$name/auth/password_mutual
done
cd ../../discovery_auth
echo -n asker > userid; echo -n {ASKED} > password; echo 1 > enforce_discovery_auth
"""
#: The first disk grows, and the second one is let in.
GROW = f"""
set -e
truncate -s 96M /var/tmp/initiator-tests.0
losetup -c /dev/loop70
cd /sys/kernel/config/target/iscsi/{TARGET}/tpgt_1
mkdir lun/lun_1; ln -s /sys/kernel/config/target/core/iblock_77/it1 lun/lun_1/it1
mkdir acls/{NAME}/lun_1; ln -s /sys/kernel/config/target/iscsi/{TARGET}/tpgt_1/lun/lun_1 acls/{NAME}/lun_1/it1
"""
#: A target of the node's own, which a reboot takes away.
OWN = f"""
set -e
modprobe -a iscsi_target_mod target_core_file
cd /sys/kernel/config/target
mkdir -p iscsi core/fileio_78/own
truncate -s 64M /var/tmp/initiator-tests.own
echo fd_dev_name=/var/tmp/initiator-tests.own,fd_dev_size={64 * 1024**2} > core/fileio_78/own/control
echo 1 > core/fileio_78/own/enable
echo 5ca1ab1eeeee00a2 > core/fileio_78/own/wwn/vpd_unit_serial
mkdir -p iscsi/{HERE}/tpgt_1/np/{ADDRESS}:3260
cd iscsi/{HERE}/tpgt_1
echo 1 > attrib/generate_node_acls; echo 0 > attrib/demo_mode_write_protect; echo 0 > attrib/authentication
mkdir lun/lun_0; ln -s /sys/kernel/config/target/core/fileio_78/own lun/lun_0/own
echo 1 > enable
"""
#: Takes all of that away again, in whatever state it is.
WITHDRAW = f"""
cd /sys/kernel/config/target 2>/dev/null || exit 0
for target in {TARGET} {CLOSED} {HERE}; do
  tpg=iscsi/$target/tpgt_1
  [ -d $tpg ] || continue
  echo 0 > $tpg/enable
  for acl in $tpg/acls/*; do [ -d $acl ] || continue; for lun in $acl/lun_*; do [ -d $lun ] || continue; find $lun -maxdepth 1 -type l -delete; rmdir $lun; done; rmdir $acl; done
  for lun in $tpg/lun/lun_*; do [ -d $lun ] || continue; find $lun -maxdepth 1 -type l -delete; rmdir $lun; done
  for portal in $tpg/np/*; do [ -d $portal ] && rmdir $portal; done
  rmdir $tpg iscsi/$target
done
for each in userid password; do echo -n NULL > iscsi/discovery_auth/$each; done 2>/dev/null
echo 0 > iscsi/discovery_auth/enforce_discovery_auth 2>/dev/null
for n in 0 1; do rmdir core/iblock_77/it$n 2>/dev/null; losetup -d /dev/loop7$n 2>/dev/null; rm -f /var/tmp/initiator-tests.$n; done
rmdir core/iblock_77 core/fileio_78/own core/fileio_78 2>/dev/null
true
"""
#: Nothing of ours on the node.
CLEAN = f"""
umount -q {DATA} 2>/dev/null; dmsetup remove --force initiator-tests-holder 2>/dev/null
sed -i '\\,{DATA},d' /etc/fstab
umount -q {DATA}.own 2>/dev/null
for session in /sys/class/iscsi_session/session*; do
  grep -qs -e {TARGET} -e {CLOSED} -e {HERE} $session/targetname && iscsiadm -m session -r ${{session##*session}} --logout
done >/dev/null 2>&1
rm -rf /var/lib/iscsi/nodes/{TARGET} /var/lib/iscsi/nodes/{CLOSED} /var/lib/iscsi/nodes/{HERE}
if [ -e {KEPT} ]; then mv {KEPT} {NAME_FILE}; systemctl try-restart iscsid.service; fi
systemctl disable --now -q cairn-iscsi-login.service 2>/dev/null
rm -rf {DATA} {DATA}.own /var/tmp/initiator-tests.own /etc/multipath/conf.d/cairn-iscsi.conf /etc/systemd/system/cairn-iscsi-login.service /etc/systemd/system/{{iscsi,open-iscsi}}.service.d
multipath -F 2>/dev/null
systemctl daemon-reload
true
"""
#: All that a check run must leave as it was, and a refusal.
STATE = """
for session in /sys/class/iscsi_session/session*; do
  [ -d $session ] && for each in targetname state recovery_tmo ifacename; do echo $each $(cat $session/$each); done
done
find /etc/iscsi /var/lib/iscsi -type f -printf '%p %m %T@\\n' -exec sha256sum {} +
find /dev/disk/by-id -printf '%f %l\\n' | sort; cat /proc/mounts /etc/fstab
find /etc/systemd/system /etc/multipath* -printf '%p %T@\\n' 2>/dev/null || true
"""
