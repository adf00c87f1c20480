#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""abi.py - every number and layout in Ante's C headers is that of Linux: compares them with the host's headers

All object-like macros of our headers, the sizes of the types that go into calls, and where their members lie, are
printed by two programs from one source: one built by ante-cc, one by the host's compiler.  What only one of the two
has is left out, and so are the limits that Ante chooses itself.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[3]
FOLDERS = [TREE / "user/newlib/include/sys", TREE / "user/libante/include", TREE / "user/libante/include/sys"]
HEADERS = """errno fcntl sys/stat signal sys/wait sys/resource sys/select dirent termios sys/file utime limits sys/mman
    sys/ioctl poll sys/utsname sys/statfs sys/statvfs sys/uio sys/mount sys/sysinfo sys/random sys/auxv sys/prctl
    sys/reboot sys/syscall ucontext ftw glob time sys/time sys/times unistd stddef stdio""".split()
OURS = """COLL_WEIGHTS_MAX MINSIGSTKSZ SIGSTKSZ NCCS NGROUPS_MAX O_LARGEFILE RE_DUP_MAX SIGRTMIN MNTTAB MOUNTED""".split()
EXTRA = """CLOCK_REALTIME CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID CLOCK_MONOTONIC_RAW CLOCK_BOOTTIME TIMER_ABSTIME
    CLOCKS_PER_SEC ITIMER_REAL ITIMER_PROF FTW_F FTW_D FTW_DNR FTW_NS FTW_SL FTW_DP FTW_SLN REG_R8 REG_RIP REG_CR2
    P_ALL P_PID P_PGID F_LOCK F_TEST SEEK_END R_OK X_OK""".split()
TYPES = """dev_t ino_t nlink_t mode_t uid_t gid_t off_t pid_t time_t clock_t clockid_t blksize_t blkcnt_t fsblkcnt_t
    ssize_t fd_set siginfo_t stack_t nfds_t rlim_t speed_t""".split()
MEMBERS = {
    "struct stat": "st_dev st_ino st_nlink st_mode st_uid st_gid st_rdev st_size st_blksize st_blocks st_atim st_mtim"
                   " st_ctim",
    "struct statfs": "f_type f_bsize f_blocks f_bfree f_bavail f_files f_ffree f_fsid f_namelen f_frsize f_flags",
    "struct dirent": "d_ino d_off d_reclen d_type d_name",
    "struct flock": "l_type l_whence l_start l_len l_pid",
    "struct rusage": "ru_utime ru_stime ru_maxrss ru_minflt ru_majflt ru_inblock ru_nvcsw ru_nivcsw",
    "struct rlimit": "rlim_cur rlim_max",
    "struct timespec": "tv_sec tv_nsec",
    "struct timeval": "tv_sec tv_usec",
    "struct itimerval": "it_interval it_value",
    "struct tms": "tms_utime tms_stime tms_cutime tms_cstime",
    "struct iovec": "iov_base iov_len",
    "struct utsname": "sysname nodename release version machine",
    "struct sysinfo": "uptime loads totalram freeram procs totalhigh freehigh mem_unit",
    "struct winsize": "ws_row ws_col",
    "struct pollfd": "fd events revents",
    "struct sigevent": "sigev_value sigev_signo sigev_notify",
    "siginfo_t": "si_signo si_errno si_code si_pid si_uid si_value si_status si_utime si_stime si_addr",
    "stack_t": "ss_sp ss_flags ss_size",
    "ucontext_t": "uc_flags uc_link uc_stack uc_mcontext uc_sigmask",
}


def expressions():
    """Returns what to compare, as C expressions."""
    names = set(EXTRA)
    for header in (h for folder in FOLDERS for h in folder.glob("*.h")):
        names |= set(re.findall(r"^#define ([A-Z]\w*) ", header.read_text(), re.M))
    sizes = [f"sizeof({t})" for t in TYPES + list(MEMBERS) if t != "ucontext_t"]
    places = [f"offsetof({s}, {m})" for s, members in MEMBERS.items() for m in members.split()]
    return sorted(names - set(OURS)) + sizes + places


def source(wanted):
    lines = ["#define _GNU_SOURCE"] + [f"#include <{h}.h>" for h in HEADERS] + ["int main(void) {"]
    first = len(lines) + 1
    lines += [f'printf("{e}\\t%ld\\n", (long)({e}));' for e in wanted]
    return "\n".join(lines + ["return 0; }", ""]), first


def values(compiler, wanted, folder):
    """Builds and runs the program, leaving out the lines that do not compile; returns {expression: value}."""
    for _ in range(4):
        text, first = source(wanted)
        (folder / "abi.c").write_text(text)
        build = subprocess.run([compiler, "-w", "abi.c", "-o", "abi"], cwd=folder, capture_output=True, text=True)
        if build.returncode == 0:
            break
        bad = {int(line) - first for line in re.findall(r"abi\.c:(\d+):\d+: error", build.stderr)}
        wanted = [e for i, e in enumerate(wanted) if i not in bad]
    out = subprocess.run([folder / "abi"], capture_output=True, text=True, check=True).stdout
    return dict(line.split("\t") for line in out.splitlines())


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        wanted = expressions()
        ante = values(TREE / "user/newlib/ante-cc", wanted, folder)
        host = values("gcc", wanted, folder)
    both = [e for e in wanted if e in ante and e in host]
    for e in both:
        if ante[e] != host[e]:
            print(f"# {e}: {ante[e]}, on Linux {host[e]}")
    same = all(ante[e] == host[e] for e in both)
    print("ok" if len(both) > 900 else "not ok", f"1 - {len(both)} numbers and places can be compared")
    print("ok" if same else "not ok", "2 - all are as on Linux")
    print("1..2")
    return not same


if __name__ == "__main__":
    sys.exit(main())
