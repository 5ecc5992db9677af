package watch

import "golang.org/x/sys/unix"

// remote are file systems whose files other machines or programs change without this kernel's knowledge, by
// the type that statfs tells.
var remote = map[uint32]string{
	unix.NFS_SUPER_MAGIC: "NFS", unix.SMB_SUPER_MAGIC: "SMB", unix.CIFS_SUPER_MAGIC: "CIFS",
	unix.SMB2_SUPER_MAGIC: "SMB", unix.FUSE_SUPER_MAGIC: "FUSE", unix.V9FS_MAGIC: "9p",
	unix.CEPH_SUPER_MAGIC: "Ceph", unix.AFS_SUPER_MAGIC: "AFS", unix.AFS_FS_MAGIC: "AFS",
	unix.CODA_SUPER_MAGIC: "Coda", unix.NCP_SUPER_MAGIC: "NCP",
	0x0bd00bd0: "Lustre", 0x47504653: "GPFS", 0x786f4256: "VirtualBox", 0xbacbacbc: "VMware",
	0x01161970: "GFS2", 0x7461636f: "OCFS2", 0x19830326: "BeeGFS",
}

// remoteSystem names the file system of a folder if changes may go unnoticed there, else "".
func remoteSystem(folder string) string {
	var stat unix.Statfs_t
	if unix.Statfs(folder, &stat) != nil {
		return ""
	}
	return remote[uint32(stat.Type)]
}
