// Calls of Linux that the C library shows to GNU sources only, which Swift's Glibc module is not.
#pragma once

// fallocate(2): takes room for a range of a file.
int fallocate(int descriptor, int mode, long offset, long length);

// sync_file_range(2), with SYNC_FILE_RANGE_WRITE: begins to write a range to the disk, and does not wait.
int sync_file_range(int descriptor, long offset, long length, unsigned int flags);

static const unsigned int tributary_sync_file_range_write = 2;

// mallopt(3) with M_ARENA_MAX: how many pools of free memory there may be.
int mallopt(int parameter, int value);

static const int tributary_arena_max = -8;

#include <sys/timex.h>

// adjtimex(2) without changes: TIME_ERROR where the clock is not synchronised, else another state of the clock.
static inline int tributary_clock_state(void) {
    struct timex state = {0};
    return adjtimex(&state);
}

static const int tributary_clock_unsynchronised = TIME_ERROR;
