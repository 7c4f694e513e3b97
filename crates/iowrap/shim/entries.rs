//! The functions whose paths are replaced and nothing else. What the C library itself calls inside does not
//! pass here, so that each way in has its own line.

use crate::real::{FAILED, NULL, stand_in};

// A third argument of `open` that was not given is a register nobody looks at: both machines that we know
// pass the arguments of such functions like those of any other.
stand_in! { FAILED;
    open(path, flags, mode): path = opened(flags);
    open64(path, flags, mode): path = opened(flags);
    __open_2(path, flags): path = opened(flags);
    __open64_2(path, flags): path = opened(flags);
    openat(from, path, flags, mode): path = opened_at(from, flags);
    openat64(from, path, flags, mode): path = opened_at(from, flags);
    __openat_2(from, path, flags): path = opened_at(from, flags);
    __openat64_2(from, path, flags): path = opened_at(from, flags);
    creat(path, mode): path = made();
    creat64(path, mode): path = made();

    access(path, mode): path = there();
    eaccess(path, mode): path = there();
    euidaccess(path, mode): path = there();
    faccessat(from, path, mode, flags): path = seen_at(from, flags);

    stat(path, to): path = there();
    stat64(path, to): path = there();
    lstat(path, to): path = link();
    lstat64(path, to): path = link();
    fstatat(from, path, to, flags): path = seen_at(from, flags);
    fstatat64(from, path, to, flags): path = seen_at(from, flags);
    statx(from, path, flags, mask, to): path = seen_at(from, flags);
    __xstat(version, path, to): path = there();
    __xstat64(version, path, to): path = there();
    __lxstat(version, path, to): path = link();
    __lxstat64(version, path, to): path = link();
    __fxstatat(version, from, path, to, flags): path = seen_at(from, flags);
    __fxstatat64(version, from, path, to, flags): path = seen_at(from, flags);
    statfs(path, to): path = there();
    statfs64(path, to): path = there();
    statvfs(path, to): path = there();
    statvfs64(path, to): path = there();
    pathconf(path, name): path = there();

    link(path, new): path = link(), new = made();
    linkat(from, path, to, new, flags): path = link_at(from), new = made_at(to);
    symlink(target, new): new = made();
    symlinkat(target, to, new): new = made_at(to);
    unlink(path): path = link();
    unlinkat(from, path, flags): path = link_at(from);
    remove(path): path = link();
    rename(path, new): path = link(), new = made();
    renameat(from, path, to, new): path = link_at(from), new = made_at(to);
    renameat2(from, path, to, new, flags): path = link_at(from), new = made_at(to);

    mkdir(path, mode): path = made();
    mkdirat(from, path, mode): path = made_at(from);
    rmdir(path): path = link();
    mkfifo(path, mode): path = made();
    mkfifoat(from, path, mode): path = made_at(from);
    mknod(path, mode, device): path = made();
    mknodat(from, path, mode, device): path = made_at(from);
    __xmknod(version, path, mode, device): path = made();
    __xmknodat(version, from, path, mode, device): path = made_at(from);

    chdir(path): path = there();
    truncate(path, length): path = there();
    truncate64(path, length): path = there();
    chmod(path, mode): path = there();
    lchmod(path, mode): path = link();
    fchmodat(from, path, mode, flags): path = seen_at(from, flags);
    chown(path, owner, group): path = there();
    lchown(path, owner, group): path = link();
    fchownat(from, path, owner, group, flags): path = seen_at(from, flags);
    utime(path, times): path = there();
    utimes(path, times): path = there();
    lutimes(path, times): path = link();
    futimesat(from, path, times): path = there_at(from);
    utimensat(from, path, times, flags): path = seen_at(from, flags);

    getxattr(path, name, to, size): path = there();
    lgetxattr(path, name, to, size): path = link();
    setxattr(path, name, value, size, flags): path = there();
    lsetxattr(path, name, value, size, flags): path = link();
    listxattr(path, to, size): path = there();
    llistxattr(path, to, size): path = link();
    removexattr(path, name): path = there();
    lremovexattr(path, name): path = link();

    scandir(path, to, chosen, order): path = there();
    scandir64(path, to, chosen, order): path = there();
    scandirat(from, path, to, chosen, order): path = there_at(from);
    scandirat64(from, path, to, chosen, order): path = there_at(from);
    ftw(path, each, open): path = there();
    ftw64(path, each, open): path = there();
    nftw(path, each, open, flags): path = there();
    nftw64(path, each, open, flags): path = there();

    inotify_add_watch(queue, path, mask): path = there();
    fanotify_mark(queue, flags, mask, from, path): path = there_at(from);
    name_to_handle_at(from, path, handle, mount, flags): path = seen_at(from, flags);
}

stand_in! { NULL;
    fopen(path, mode): path = streamed(mode);
    fopen64(path, mode): path = streamed(mode);
    freopen(path, mode, stream): path = streamed(mode);
    freopen64(path, mode, stream): path = streamed(mode);
    opendir(path): path = there();
    bindtextdomain(domain, path): path = there();
}
