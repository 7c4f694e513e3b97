//! What is mounted where: `/proc/self/mountinfo`, and which of it are folders shared over a network.

use std::path::PathBuf;

use model::ShareInfo;

/// File systems that several hosts see alike. Those of FUSE are named after `fuse.`.
const SHARED: [&str; 31] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "lustre",
    "gpfs",
    "beegfs",
    "beegfs_nodev",
    "9p",
    "virtiofs",
    "glusterfs",
    "gfs2",
    "ocfs2",
    "orangefs",
    "pvfs2",
    "afs",
    "auristorfs",
    "panfs",
    "wekafs",
    "acfs",
    "vboxsf",
    "vmhgfs",
    "prl_fs",
    "coda",
    "cvfs",
    "stornext",
    "quobyte",
    "davfs",
    "ncpfs",
];
/// The same, for programs behind FUSE.
const SHARED_FUSE: [&str; 19] = [
    "sshfs",
    "glusterfs",
    "ceph",
    "ceph-fuse",
    "s3fs",
    "rclone",
    "juicefs",
    "moosefs",
    "mfs",
    "lizardfs",
    "seaweedfs",
    "weed",
    "gcsfuse",
    "goofys",
    "vmhgfs-fuse",
    "davfs",
    "davfs2",
    "quobyte",
    "cunofs",
];

/// A line of mountinfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Which part of the file system is seen there.
    pub(super) root: PathBuf,
    pub(super) point: PathBuf,
    pub(super) kind: String,
    pub(super) source: String,
    /// Options of the file system itself.
    pub(super) options: String,
}

pub(super) fn read(mountinfo: &str) -> Vec<Mount> {
    mountinfo.lines().filter_map(mount).collect()
}

fn mount(line: &str) -> Option<Mount> {
    let (before, after) = line.split_once(" - ")?;
    let mut fields = before.split(' ').skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    let mut fields = after.split(' ');
    let (kind, source) = (fields.next()?.to_owned(), plain(fields.next()?));
    let options = fields.next().unwrap_or_default().to_owned();
    Some(Mount { root: plain(root).into(), point: plain(point).into(), kind, source, options })
}

/// Blanks, tabs, newlines and backslashes stand as `\` and three octal digits.
fn plain(text: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(text.to_owned(), |text, (code, letter)| text.replace(code, letter))
}

/// Shared folders by path. Of several mounted over one another the last is what is seen.
pub(super) fn shares(mounts: &[Mount]) -> Vec<ShareInfo> {
    let shared = |mount: &&Mount| match mount.kind.strip_prefix("fuse.") {
        Some(program) => SHARED_FUSE.contains(&program),
        None => SHARED.contains(&mount.kind.as_str()),
    };
    let hidden = |at: usize, mount: &Mount| mounts[at + 1..].iter().any(|later| later.point == mount.point);
    let seen = mounts.iter().enumerate().filter(|(at, mount)| !hidden(*at, mount)).map(|(_, mount)| mount);
    let mut shares: Vec<ShareInfo> = seen
        .filter(shared)
        .map(|mount| ShareInfo {
            path: mount.point.display().to_string(),
            source: without_secret(&mount.source),
            kind: mount.kind.clone(),
        })
        .collect();
    shares.sort();
    shares
}

/// A source without the password that some put in front of the server.
fn without_secret(source: &str) -> String {
    let Some((before, after)) = source.rsplit_once('@') else { return source.to_owned() };
    let (scheme, user) = before.rsplit_once("//").map_or(("", before), |(scheme, user)| (scheme, user));
    let named = user.split_once(':').filter(|(name, secret)| !name.contains('@') && !secret.starts_with('/'));
    let Some((name, _secret)) = named else { return source.to_owned() };
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}//") };
    format!("{scheme}{name}@{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(path: &str, source: &str, kind: &str) -> ShareInfo {
        ShareInfo { path: path.into(), source: source.into(), kind: kind.into() }
    }

    #[test]
    fn shared_folders_are_told_from_others() {
        let text = "\
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
            30 22 0:40 / /mnt/shows rw,relatime shared:7 - nfs4 nas:/export/shows rw,vers=4.2,addr=10.0.0.9\n\
            31 22 0:41 / /mnt/my\\040tex rw - cifs //nas/tex rw,username=render,password=hunter2\n\
            32 22 0:42 / /home/ada/far rw - fuse.sshfs ada@far:/srv rw,user_id=1000\n\
            33 22 0:43 / /run/user/1000/doc rw - fuse.portal portal rw\n\
            34 22 0:44 / /mnt/dav rw - fuse.davfs2 https://ada:hunter2@dav.example.com/x rw\n\
            35 22 0:45 / /mnt/auto rw - autofs systemd-1 rw,fd=50\n\
            36 22 0:46 / /mnt/over rw - nfs nas:/old rw\n\
            37 36 0:47 / /mnt/over rw - tmpfs tmpfs rw\n\
            broken line\n";
        let expected = [
            share("/home/ada/far", "ada@far:/srv", "fuse.sshfs"),
            share("/mnt/dav", "https://ada@dav.example.com/x", "fuse.davfs2"),
            share("/mnt/my tex", "//nas/tex", "cifs"),
            share("/mnt/shows", "nas:/export/shows", "nfs4"),
        ];
        assert_eq!(shares(&read(text)), expected);
    }

    #[test]
    fn a_password_in_a_source_stays_here() {
        for (source, expected) in [
            ("nas:/export", "nas:/export"),
            ("ada@far:/srv", "ada@far:/srv"),
            ("ada:x@far:/srv", "ada@far:/srv"),
            ("smb://w;ada:p@ss@nas/x", "smb://w;ada@nas/x"),
            ("nas:/export/a@b", "nas:/export/a@b"),
            ("10.0.0.1@tcp:10.0.0.2@tcp:/lustre", "10.0.0.1@tcp:10.0.0.2@tcp:/lustre"),
        ] {
            assert_eq!(without_secret(source), expected);
        }
    }
}
