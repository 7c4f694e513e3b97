/* Thirty ordinary ways to read a file, and the ways to change one: each prints what it found, or why not. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <wordexp.h>

extern char **environ;
static char folder[4096], name[4096];

static int print(int fd) {
    char text[256];
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (got < 0) return 1;
    fwrite(text, 1, got, stdout);
    return 0;
}
static int stream(FILE *from) {
    char text[256];
    if (!from || !fgets(text, sizeof text, from)) return 1;
    fputs(text, stdout);
    return 0;
}
static int found(int result) { if (result) return 1; puts("mapped"); return 0; }
static int listed(DIR *in) {
    struct dirent *entry;
    while (in && (entry = readdir(in))) if (!strcmp(entry->d_name, name)) return found(0);
    return 1;
}
static int seen;
static int visit(const char *path, const struct stat *about, int kind, struct FTW *at) {
    (void)about; (void)kind;
    if (!strcmp(path + at->base, name)) seen = 1;
    return 0;
}
static int child(const char *program, char *const arguments[], int spawn) {
    int status = 1;
    pid_t pid;
    fflush(stdout);
    if (spawn) { if (posix_spawn(&pid, program, 0, 0, arguments, environ)) return 1; }
    else if (!(pid = fork())) { char *none[] = {0}; execve(program, arguments, none); _exit(1); }
    waitpid(pid, &status, 0);
    return status != 0;
}
static void *in_thread(void *path) { return (void *)(long)print(open(path, O_RDONLY)); }
static int threaded(char *path) {
    pthread_t threads[4];
    long bad = 0;
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, in_thread, path);
    for (int i = 0; i < 4; i++) { void *result; pthread_join(threads[i], &result); bad |= (long)result; }
    return bad != 0;
}

int main(int count, char **words) {
    if (count < 3) return 2;
    char *way = words[1], *path = words[2], *other = count > 3 ? words[3] : path;
    struct stat about;
    strcpy(folder, path);
    char *slash = strrchr(folder, '/');
    if (slash) { strcpy(name, slash + 1); *slash = 0; }
    int into = -1;
#define WAY(this) if (!strcmp(way, this))
    WAY("open") return print(open(path, O_RDONLY));
    WAY("open64") return print(open64(path, O_RDONLY));
    WAY("openat") return print(openat(AT_FDCWD, path, O_RDONLY));
    WAY("openat-folder") { into = open(folder, O_PATH); return print(openat(into, name, O_RDONLY)); }
    WAY("fopen") return stream(fopen(path, "r"));
    WAY("fopen64") return stream(fopen64(path, "rb"));
    WAY("freopen") return stream(freopen(path, "r", stdin));
    WAY("access") return found(access(path, R_OK));
    WAY("faccessat") return found(faccessat(AT_FDCWD, path, R_OK, AT_EACCESS));
    WAY("stat") return found(stat(path, &about));
    WAY("lstat") return found(lstat(path, &about));
    WAY("fstatat") return found(fstatat(AT_FDCWD, path, &about, 0));
    WAY("statx") { struct statx more; return found(statx(AT_FDCWD, path, 0, STATX_SIZE, &more)); }
    WAY("statvfs") { struct statvfs more; return found(statvfs(path, &more)); }
    WAY("opendir") return listed(opendir(folder));
    WAY("scandir") { struct dirent **all; return found(scandir(folder, &all, 0, alphasort) < 3); }
    WAY("nftw") { return found(nftw(folder, visit, 4, 0) || !seen); }
    WAY("glob") {
        glob_t all; strcat(folder, "/*.txt");
        if (glob(folder, 0, 0, &all) || !all.gl_pathc) return 1;
        puts(all.gl_pathv[0]); return 0;
    }
    WAY("realpath") { char *real = realpath(path, 0); if (!real) return 1; puts(real); return 0; }
    WAY("readlink") { char to[99]; ssize_t got = readlink(path, to, 98); if (got < 0) return 1; to[got] = 0; puts(to); return 0; }
    WAY("chdir") { if (chdir(folder)) return 1; return print(open(name, O_RDONLY)); }
    WAY("getcwd") { char here[4096]; if (chdir(folder) || !getcwd(here, sizeof here)) return 1; puts(here); return 0; }
    WAY("mmap") {
        int fd = open(path, O_RDONLY); if (fd < 0) return 1;
        char *text = mmap(0, 7, PROT_READ, MAP_PRIVATE, fd, 0); fwrite(text, 1, 7, stdout); return 0;
    }
    WAY("fork") {
        int status; fflush(stdout);
        if (!fork()) { int bad = print(open(path, O_RDONLY)); fflush(stdout); _exit(bad); }
        wait(&status); return status != 0;
    }
    WAY("exec") { char *words[] = {"cat", path, 0}; return child("/bin/cat", words, 0); }
    WAY("spawn") { char *words[] = {"cat", path, 0}; return child("/bin/cat", words, 1); }
    WAY("system") { char line[4200]; snprintf(line, sizeof line, "cat '%s'", path); return system(line) != 0; }
    WAY("popen") { char line[4200]; snprintf(line, sizeof line, "cat '%s'", path); return stream(popen(line, "r")); }
    WAY("syscall") return print(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
    WAY("openat2") { struct open_how how = {.flags = O_RDONLY}; return print(syscall(437, AT_FDCWD, path, &how, sizeof how)); }
    WAY("getxattr") { char to[9]; return found(getxattr(path, "user.none", to, 9) < 0 && errno == ENOENT); }
    WAY("threads") return threaded(path);
    WAY("raw") {
        long got;
        asm volatile("syscall" : "=a"(got) : "a"(SYS_open), "D"(path), "S"(O_RDONLY), "d"(0) : "rcx", "r11", "memory");
        return print((int)got);
    }

    WAY("make") { int fd = open(path, O_WRONLY | O_CREAT, 0640); return fd < 0 || write(fd, "made\n", 5) != 5; }
    WAY("creat") { int fd = creat(path, 0600); return fd < 0 || write(fd, "made\n", 5) != 5; }
    WAY("fopen-w") { FILE *to = fopen(path, "w"); return !to || fputs("made\n", to) < 0 || fclose(to); }
    WAY("fopen-a") { FILE *to = fopen(path, "a"); return !to || fputs("made\n", to) < 0 || fclose(to); }
    WAY("mkdir") return mkdir(path, 0755) != 0;
    WAY("rmdir") return rmdir(path) != 0;
    WAY("link") return link(path, other) != 0;
    WAY("symlink") return symlink("target", path) != 0;
    WAY("rename") return rename(path, other) != 0;
    WAY("unlink") return unlink(path) != 0;
    WAY("truncate") return truncate(path, 3) != 0;
    WAY("mkstemp") { int fd = mkstemp(path); if (fd < 0) return 1; puts(path); return 0; }
    WAY("mkdtemp") { char *made = mkdtemp(path); if (!made) return 1; puts(made); return made != path; }
    WAY("errno") { errno = 77; access(path, F_OK); return errno != 77; }
    WAY("why") { if (open(path, O_RDONLY) < 0) puts(strerror(errno)); return 0; }
    return 2;
}
