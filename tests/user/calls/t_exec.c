// SPDX-License-Identifier: MIT
/*
 * execve must replace the program, hand over exactly what it should, follow #! lines, and change nothing on failure.
 *
 * The program runs itself with words as arguments: "print" writes what it got to its output, others check one thing.
 */
#include "tests/user/calls/tap.h"

static char self[512];

/* The part that runs after execve. */
static int second(int argc, char **argv)
{
    int i;

    if (strcmp(argv[1], "print") == 0) {
        for (i = 0; i < argc; i++)
            printf("%s|", argv[i]);
        for (i = 0; environ[i] != NULL; i++)
            printf("%s|", environ[i]);
        return 0;
    }
    if (strcmp(argv[1], "count") == 0) {
        size_t bytes = 0;

        for (i = 0; i < argc; i++)
            bytes += strlen(argv[i]);
        printf("%d %lu", argc, (unsigned long)bytes);
        return 0;
    }
    if (strcmp(argv[1], "closed") == 0)
        return fcntl(30, F_GETFD) == -1 && fcntl(31, F_GETFD) == 0 ? 0 : 1;
    if (strcmp(argv[1], "signals") == 0) {
        struct sigaction one, two;
        sigset_t mask, pending;

        sigaction(SIGUSR1, NULL, &one);
        sigaction(SIGUSR2, NULL, &two);
        sigprocmask(SIG_BLOCK, NULL, &mask);
        sigpending(&pending);
        return one.sa_handler == SIG_DFL && two.sa_handler == SIG_IGN && sigismember(&mask, SIGHUP) &&
                       sigismember(&pending, SIGHUP)
                   ? 0
                   : 1;
    }
    if (strcmp(argv[1], "kept") == 0) {
        char folder[256];

        return atoi(argv[2]) == getpid() && umask(0) == 027 && getcwd(folder, sizeof folder) != NULL &&
                       strcmp(folder, argv[3]) == 0
                   ? 0
                   : 1;
    }
    return 99;
}

/* Runs the program with these arguments and environment; its output, with its status when that is not 0. */
static const char *run(const char *path, char *const *argv, char *const *envp)
{
    static char out[2048];
    size_t have = 0;
    ssize_t n;
    int ends[2], status;
    pid_t child;

    tap_pipe(ends);
    child = tap_fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execve(path, argv, envp);
        _exit(100 + errno);
    }
    close(ends[1]);
    while (have < sizeof out - 32 && (n = read(ends[0], out + have, sizeof out - 32 - have)) > 0)
        have += (size_t)n;
    close(ends[0]);
    status = tap_wait(child);
    if (status == 0)
        out[have] = '\0';
    else if (WIFEXITED(status))
        snprintf(out, sizeof out, "status %d", WEXITSTATUS(status));
    else
        snprintf(out, sizeof out, "signal %d", WTERMSIG(status));
    return out;
}

static bool prints(const char *got, const char *wanted, const char *name)
{
    if (!ok(strcmp(got, wanted) == 0, name))
        printf("# got \"%s\" instead of \"%s\"\n", got, wanted);
    return strcmp(got, wanted) == 0;
}

static void arguments(void)
{
    char *argv[] = {"zero", "print", "", "two words", NULL}, *envp[] = {"A=1", "B=", NULL}, *none[] = {NULL};

    prints(run(self, argv, envp), "zero|print||two words|A=1|B=|", "arguments and environment arrive");
    prints(run(self, argv, none), "zero|print||two words|", "also an empty environment");
}

static void large(void)
{
    enum { COUNT = 2000 };
    static char *argv[COUNT + 1], *envp[] = {NULL};
    static char long_word[20000];
    char wanted[32];
    int i;

    argv[0] = "x";
    argv[1] = "count";
    for (i = 2; i < COUNT; i++)
        argv[i] = "some argument";
    snprintf(wanted, sizeof wanted, "%d %d", COUNT, 1 + 5 + (COUNT - 2) * 13);
    prints(run(self, argv, envp), wanted, "2,000 arguments");
    memset(long_word, 'l', sizeof long_word - 1);
    argv[2] = long_word;
    argv[3] = NULL;
    prints(run(self, argv, envp), "3 20005", "an argument of 20,000 bytes");
}

static int too_large(void)
{
    static char word[140000];
    char *argv[] = {"x", "count", word, NULL}, *envp[] = {NULL};

    memset(word, 'w', sizeof word - 1);
    execve(self, argv, envp);
    NEED(errno == E2BIG);
    return 0;
}

static void missing(void)
{
    char *argv[] = {"x", "print", NULL}, *envp[] = {NULL};

    put("plain", "text without a first line\n");
    put("empty", "");
    chmod("plain", 0755);
    chmod("empty", 0755);
    put("noexec", "#!/bin/none\n");
    fails(execve("none", argv, envp), ENOENT, "a missing program");
    fails(execve("plain/x", argv, envp), ENOTDIR, "a path through a file");
    fails(execve(".", argv, envp), EACCES, "a folder");
    fails(execve("noexec", argv, envp), EACCES, "a file without permission, also for root");
    fails(execve("plain", argv, envp), ENOEXEC, "a file that is no program");
    fails(execve("empty", argv, envp), ENOEXEC, "an empty file");
    fails(execve("", argv, envp), ENOENT, "the empty path");
    fails(execve("/dev/null", argv, envp), EACCES, "a device");
}

static void script(const char *path, const char *interpreter, const char *rest)
{
    char line[600];

    snprintf(line, sizeof line, "#!%s%s", interpreter, rest);
    unlink(path);
    put(path, line);
    chmod(path, 0755);
}

static void scripts(void)
{
    char *argv[] = {"name", "given", NULL}, *envp[] = {NULL}, *print[] = {"x", "print", NULL};
    char wanted[600];

    script("s1", self, " print\nanything");
    snprintf(wanted, sizeof wanted, "%s|print|./s1|given|", self);
    prints(run("./s1", argv, envp), wanted, "#! with an argument");
    script("s2", self, "\t  print  two  \n");
    prints(run("./s2", argv, envp), "status 99", "all after the first space is one argument");
    script("print", self, "\n");
    snprintf(wanted, sizeof wanted, "%s|print|print|", self);
    prints(run("print", print, envp), wanted, "#! without an argument");
    script("print", self, "");
    prints(run("print", print, envp), wanted, "a #! line may end with the file");
    script("s3", "./s1", " inner\n");
    snprintf(wanted, sizeof wanted, "%s|print|./s1|inner|./s3|given|", self);
    prints(run("./s3", argv, envp), wanted, "a script may be an interpreter");
    script("s4", "/no/such/program", "\n");
    fails(execve("./s4", argv, envp), ENOENT, "a missing interpreter");
    script("s5", "", "\n");
    fails(execve("./s5", argv, envp), ENOEXEC, "no interpreter");
    script("s6", "./plain", "\n");
    fails(execve("./s6", argv, envp), ENOEXEC, "an interpreter that is no program");
}

static void script_loops(void)
{
    char *argv[] = {"name", NULL}, *envp[] = {NULL};
    char path[16], next[16];
    int i;

    script("loop", "./loop", "\n");
    fails(execve("./loop", argv, envp), ELOOP, "a script that is its own interpreter");
    script("ping", "./pong", "\n");
    script("pong", "./ping", "\n");
    fails(execve("./ping", argv, envp), ELOOP, "two that are each other's");
    script("chain0", self, " print\n");
    for (i = 1; i <= 6; i++) {
        snprintf(path, sizeof path, "chain%d", i);
        snprintf(next, sizeof next, "./chain%d", i - 1);
        script(path, next, "\n");
    }
    ok(strncmp(run("./chain4", argv, envp), self, strlen(self)) == 0, "five scripts in a row");
    fails(execve("./chain6", argv, envp), ELOOP, "but not seven");
}

static void handler(int number)
{
    (void)number;
}

static int keeps_signals(void)
{
    char *argv[] = {"x", "signals", NULL}, *envp[] = {NULL};
    sigset_t hup;

    signal(SIGUSR1, handler);
    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&hup);
    sigaddset(&hup, SIGHUP);
    sigprocmask(SIG_BLOCK, &hup, NULL);
    raise(SIGHUP);
    execve(self, argv, envp);
    return 98;
}

static int closes(void)
{
    char *argv[] = {"x", "closed", NULL}, *envp[] = {NULL};
    int fd = open("plain", O_RDONLY);

    NEED(dup3(fd, 30, O_CLOEXEC) == 30 && dup2(fd, 31) == 31);
    execve(self, argv, envp);
    return 98;
}

static int keeps_process(void)
{
    char number[16], folder[256];
    char *argv[] = {"x", "kept", number, folder, NULL}, *envp[] = {NULL};

    snprintf(number, sizeof number, "%d", (int)getpid());
    NEED(getcwd(folder, sizeof folder) != NULL);
    umask(027);
    execve(self, argv, envp);
    return 98;
}

static int failure_changes_nothing(void)
{
    static char data[5000];
    char *argv[] = {"x", NULL}, *envp[] = {NULL};
    int fd = open("plain", O_RDONLY | O_CLOEXEC);

    memset(data, 'd', sizeof data);
    signal(SIGUSR1, handler);
    NEED(execve("plain", argv, envp) == -1 && errno == ENOEXEC);
    NEED(data[4999] == 'd' && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    NEED(raise(SIGUSR1) == 0);
    return 0;
}

static int from_vfork(void)
{
    char *argv[] = {"x", "nothing", NULL}, *envp[] = {NULL};
    int status;
    pid_t child = vfork();

    if (child == 0) {
        execve(self, argv, envp);
        _exit(98);
    }
    NEED(child > 0);
    NEED(waitpid(child, &status, 0) == child && status == 99 << 8);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return second(argc, argv);
    if (argv[0][0] != '/' && getcwd(self, sizeof self - 100) != NULL)
        strcat(self, "/");
    strcat(self, argv[0]);
    tap_begin("exec");
    arguments();
    large();
    child_ok(too_large, "an argument of more than 128 KiB is E2BIG");
    missing();
    scripts();
    script_loops();
    child_ok(keeps_signals, "caught signals go to default, ignored, blocked and pending ones stay");
    child_ok(closes, "descriptors with FD_CLOEXEC are closed, others stay");
    child_ok(keeps_process, "number, mask and folder stay");
    child_ok(failure_changes_nothing, "a failed execve changes nothing");
    child_ok(from_vfork, "vfork and execve");
    return tap_end();
}
