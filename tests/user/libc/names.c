// SPDX-License-Identifier: MIT
/*
 * names.c - folders and the names in them: reading, walking, making absolute, matching
 */
#include "tap.h"
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <regex.h>

#define FILES 300

static void make(const char *name)
{
    close(open(name, O_CREAT | O_WRONLY, 0600));
}

static void for_files(const char *format, void (*act)(const char *))
{
    char name[64];
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, format, i);
        act(name);
    }
}

static void remove_name(const char *name)
{
    unlink(name);
}

static void test_reading(void)
{
    int count = 0, dots = 0;
    long middle = 0;
    char behind[NAME_MAX + 1] = "";
    struct dirent *entry;
    DIR *dir = opendir("d");

    ok(dir != NULL, "opendir");
    while ((entry = readdir(dir)) != NULL) {
        count++;
        dots += entry->d_name[0] == '.';
        if (count == 101)
            strcpy(behind, entry->d_name);
        if (count == 100)
            middle = telldir(dir);
    }
    is(count, FILES + 2, "readdir gives every name");
    is(dots, 2, "and . and ..");
    seekdir(dir, middle);
    entry = readdir(dir);
    ok(entry && strcmp(entry->d_name, behind) == 0, "seekdir goes back to where telldir was");
    rewinddir(dir);
    for (count = 0; readdir(dir); count++)
        ;
    is(count, FILES + 2, "rewinddir starts again");
    is(closedir(dir), 0, "closedir");
    ok(!opendir("d/f7") && errno == ENOTDIR, "a file is no folder");
}

static int only_sevens(const struct dirent *entry)
{
    return entry->d_name[strlen(entry->d_name) - 1] == '7';
}

static void test_scandir(void)
{
    struct dirent **list;
    int count = scandir("d", &list, only_sevens, alphasort);
    int sorted = 1;

    is(count, FILES / 10, "scandir chooses");
    for (int i = 1; i < count; i++)
        sorted &= strcmp(list[i - 1]->d_name, list[i]->d_name) < 0;
    ok(sorted, "and sorts");
    for (int i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

static int visited[8];
static int deepest;

static int visit(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    visited[type]++;
    if (where->level > deepest)
        deepest = where->level;
    return strcmp(path + where->base, "stop") == 0 ? 99 : 0;
}

static void test_walk(void)
{
    mkdir("d/sub", 0700);
    mkdir("d/sub/sub", 0700);
    symlink("nowhere", "d/sub/sub/link");
    is(nftw("d", visit, 10, FTW_PHYS), 0, "nftw walks to the end");
    ok(visited[FTW_D] == 3 && visited[FTW_F] == FILES && visited[FTW_SL] == 1, "and visits all");
    is(deepest, 3, "down to the deepest");
    is(nftw("d", visit, 10, FTW_DEPTH), 0, "nftw from below");
    ok(visited[FTW_DP] == 3 && visited[FTW_SLN] == 1, "visits folders last, and the link to nowhere");
    make("d/sub/stop");
    is(nftw("d", visit, 10, FTW_PHYS), 99, "a visit can stop the walk");
    unlink("d/sub/stop");
    unlink("d/sub/sub/link");
    rmdir("d/sub/sub");
    rmdir("d/sub");
}

static void test_paths(void)
{
    char cwd[PATH_MAX], wanted[PATH_MAX + 8], *real;
    char path[] = "/usr//lib///", plain_path[] = "file", deep[] = "a/b//c";

    ok(getcwd(cwd, sizeof cwd) == cwd && cwd[0] == '/', "getcwd");
    ok(!getcwd(cwd, 2) && errno == ERANGE, "getcwd into too little answers ERANGE");
    getcwd(cwd, sizeof cwd);
    symlink("d/../d", "link");
    snprintf(wanted, sizeof wanted, "%s/d/f7", cwd);
    real = realpath("./link//../d/./f7", NULL);
    ok(real && strcmp(real, wanted) == 0, "realpath follows links, . and ..");
    free(real);
    unlink("link");
    symlink("loop", "loop");
    ok(!realpath("loop/x", cwd) && errno == ELOOP, "realpath finds loops");
    unlink("loop");
    ok(!realpath("d/f7/..", cwd) && errno == ENOTDIR, "realpath does not leave a file by ..");
    ok(!realpath("d/f7/", cwd) && errno == ENOTDIR, "nor end it with a slash");
    ok(!realpath("none", cwd) && errno == ENOENT, "realpath of nothing");
    ok(strcmp(realpath("/..//", cwd), "/") == 0, "realpath of the root");
    ok(strcmp(basename(path), "lib") == 0, "basename cuts slashes");
    ok(strcmp(dirname(path), "/usr") == 0 && strcmp(dirname(plain_path), ".") == 0, "dirname");
    ok(strcmp(dirname(deep), "a/b") == 0, "dirname cuts double slashes");
}

static void test_patterns(void)
{
    glob_t found;
    regex_t regex;
    regmatch_t match[2];

    ok(glob("d/f1?", 0, NULL, &found) == 0 && found.gl_pathc == 10, "glob finds ten names");
    ok(strcmp(found.gl_pathv[3], "d/f13") == 0, "in order");
    globfree(&found);
    is(glob("none*", 0, NULL, &found), GLOB_NOMATCH, "or none");
    is(fnmatch("*.[ch]", "main.c", 0), 0, "fnmatch fits");
    is(fnmatch("*", "a/b", FNM_PATHNAME), FNM_NOMATCH, "but not across a slash");
    is(regcomp(&regex, "^([a-z]+)[0-9]{2,3}$", REG_EXTENDED), 0, "regcomp");
    ok(regexec(&regex, "abc123", 2, match, 0) == 0 && match[1].rm_eo == 3, "regexec matches a group");
    is(regexec(&regex, "abc1", 0, NULL, 0), REG_NOMATCH, "and does not match another text");
    regfree(&regex);
}

static void test_changes(void)
{
    fails(rmdir("d"), ENOTEMPTY, "a folder with names is not removed");
    is(rename("d/f0", "d/moved"), 0, "rename");
    is(link("d/moved", "d/f0"), 0, "link");
    struct stat a, b;
    ok(stat("d/f0", &a) == 0 && stat("d/moved", &b) == 0 && a.st_ino == b.st_ino && a.st_nlink == 2,
       "both names are one file");
    is(unlinkat(AT_FDCWD, "d/moved", 0), 0, "unlinkat");
    fails(unlink("d"), EISDIR, "unlink is not for folders");
    fails(mkdir("d", 0700), EEXIST, "mkdir of what is there");
}

int main(void)
{
    scratch();
    is(mkdir("d", 0700), 0, "mkdir");
    for_files("d/f%d", make);
    test_reading();
    test_scandir();
    test_walk();
    test_paths();
    test_patterns();
    test_changes();
    for_files("d/f%d", remove_name);
    is(rmdir("d"), 0, "rmdir of an empty folder");
    scratch_end();
    return done();
}
