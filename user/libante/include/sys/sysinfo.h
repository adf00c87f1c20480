// SPDX-License-Identifier: MIT
/*
 * sys/sysinfo.h - memory and load of the machine
 */
#ifndef _SYS_SYSINFO_H
#define _SYS_SYSINFO_H

struct sysinfo {
    long uptime;
    unsigned long loads[3]; /* times 65536 */
    unsigned long totalram; /* this and the next five in units of mem_unit bytes */
    unsigned long freeram;
    unsigned long sharedram;
    unsigned long bufferram;
    unsigned long totalswap;
    unsigned long freeswap;
    unsigned short procs;
    unsigned short __pad;
    unsigned long totalhigh;
    unsigned long freehigh;
    unsigned int mem_unit;
};

#ifdef __cplusplus
extern "C" {
#endif
int sysinfo(struct sysinfo *info);
int get_nprocs(void);
int get_nprocs_conf(void);
#ifdef __cplusplus
}
#endif

#endif
