// SPDX-License-Identifier: MIT
/*
 * boot.c - the boot words
 *
 *     root=hda1 init=/bin/prog ama=off peek=off recycle=off window=off tight=1 short=SCOPE:CLASS policy=retry inject=0.5 seed=7
 *     floor=FRAMES stack=KIB dma=off trace=calls quiet ro -- program arguments
 *
 * A word that is not known is an error that names it: a misspelt experiment must not run as something else.
 */
#include "kernel/boot.h"
#include "kernel/inject.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "mm/reserve_core.h"

struct boot_words boot = {.root = "hda1", .init = "/bin/init", .policy = POLICY_FAIL};
bool ata_pio_only;

static void bad(const char *word, const char *why)
{
    kprintf("ante: boot word \"%s\": %s\n", word, why);
    kprintf("ante: known words: root init ama peek recycle window tight short policy inject seed floor stack dma trace quiet ro, then -- arguments\n");
    console_flush();
    arch_poweroff(126);
}

static bool on_off(const char *word, const char *value)
{
    if (!strcmp(value, "on") || !strcmp(value, "1"))
        return true;
    if (strcmp(value, "off") && strcmp(value, "0"))
        bad(word, "takes on or off");
    return false;
}

static u64 number(const char *word, const char *value)
{
    u64 n = 0;
    const char *end;
    if (!parse_u64(value, &n, &end) || *end)
        bad(word, "takes a number");
    return n;
}

static void text(const char *word, const char *value, char *dst, size_t size)
{
    if (!*value || strlcpy(dst, value, size) >= size)
        bad(word, "is empty or too long");
}

static enum ama_policy policy(const char *word, const char *value)
{
    static const char *const names[] = {"fail", "retry", "backoff"};
    for (u32 i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(value, names[i]))
            return i;
    bad(word, "takes fail, retry or backoff");
    return POLICY_FAIL;
}

static bool mode_word(const char *word, const char *key, const char *v)
{
    if (!strcmp(key, "ama"))
        memory_off = !on_off(word, v);
    else if (!strcmp(key, "peek"))
        memory_peek_off = !on_off(word, v);
    else if (!strcmp(key, "recycle"))
        memory_recycle_off = !on_off(word, v);
    else if (!strcmp(key, "window"))
        memory_window_off = !on_off(word, v);
    else if (!strcmp(key, "tight"))
        memory_tight = on_off(word, v);
    else if (!strcmp(key, "dma"))
        ata_pio_only = boot.dma_off = !on_off(word, v);
    else
        return false;
    return true;
}

static void value_word(const char *word, const char *key, const char *v)
{
    if (mode_word(word, key, v))
        return;
    if (!strcmp(key, "root"))
        text(word, v, boot.root, sizeof(boot.root));
    else if (!strcmp(key, "init"))
        text(word, v, boot.init, sizeof(boot.init));
    else if (!strcmp(key, "policy"))
        boot.policy = policy(word, v);
    else if (!strcmp(key, "seed"))
        boot.seed = number(word, v);
    else if (!strcmp(key, "floor"))
        boot.floor = number(word, v);
    else if (!strcmp(key, "stack"))
        boot.stack_max = number(word, v) << 10;
    else if (!strcmp(key, "short")) {
        if (inject_set_short(v))
            bad(word, "takes SCOPE:CLASS");
    } else if (!strcmp(key, "inject")) {
        if (inject_set(v))
            bad(word, "takes a probability from 0 to 1, what:probability or what:nth=N");
        boot.injected = true;
    } else if (!strcmp(key, "trace")) {
        if (strcmp(v, "calls"))
            bad(word, "takes calls");
        boot.trace_calls = true;
    } else {
        bad(word, "is not known");
    }
}

static void one_word(char *word)
{
    char key[16];
    char *eq = strchr(word, '=');
    if (!strcmp(word, "quiet"))
        boot.quiet = true;
    else if (!strcmp(word, "ro"))
        boot.read_only = true;
    else if (!eq || eq - word >= (long)sizeof(key))
        bad(word, "is not known");
    else {
        strlcpy(key, word, eq - word + 1);
        value_word(word, key, eq + 1);
    }
}

/* Cuts the next word off *at; double quotes keep blanks together, a backslash keeps the next character as it is: the form in
 * which GRUB hands words on.  NULL at the end. */
static char *next_word(char **at)
{
    char *s = *at, *out;
    bool quoted = false;
    while (*s == ' ')
        s++;
    if (!*s)
        return NULL;
    char *word = out = s;
    for (; *s && (quoted || *s != ' '); s++) {
        if (*s == '"') {
            quoted = !quoted;
            continue;
        }
        if (*s == '\\' && s[1])
            s++;
        *out++ = *s;
    }
    *at = *s ? s + 1 : s;
    *out = 0;
    return word;
}

void boot_words_parse(void)
{
    static char words[sizeof(boot_info.words)];
    char *at = words, *w;
    strlcpy(words, boot_info.words, sizeof(words));
    while ((w = next_word(&at)) && strcmp(w, "--"))
        one_word(w);
    boot.args[0] = boot.init;
    boot.arg_count = 1;
    while (w && (w = next_word(&at))) {
        if (boot.arg_count > BOOT_ARGS)
            bad(w, "is one program argument too many");
        boot.args[boot.arg_count++] = w;
    }
    inject_seed(boot.seed);
    if (boot.quiet)
        klog_quiet(true);
}
