/* Steps the machine's clock for one process: by the milliseconds that stand in the file named by STEP_FILE. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *found) {
    long result = syscall(SYS_clock_gettime, clock, found);
    const char *name = getenv("STEP_FILE");
    if (result == 0 && clock == CLOCK_REALTIME && name != NULL) {
        FILE *file = fopen(name, "r");
        long long by_ms = 0;
        if (file != NULL) {
            if (fscanf(file, "%lld", &by_ms) != 1)
                by_ms = 0;
            fclose(file);
        }
        found->tv_sec += by_ms / 1000;
    }
    return (int)result;
}
