/* Preloaded into FRR, which asks for CAP_SYS_ADMIN (for network namespaces that a lab router has not): asks for the rest. */
#define _GNU_SOURCE
#include <dlfcn.h>

enum { CAP_SYS_ADMIN = 21, CAPABILITIES = 64 };

typedef int set_flag(void *caps, int flag, int count, const int *values, int value);

int cap_set_flag(void *caps, int flag, int count, const int *values, int value)
{
    set_flag *real = (set_flag *)dlsym(RTLD_NEXT, "cap_set_flag");
    int kept[CAPABILITIES];
    int n = 0;

    for (int i = 0; i < count && n < CAPABILITIES; i++)
        if (values[i] != CAP_SYS_ADMIN)
            kept[n++] = values[i];
    return n ? real(caps, flag, n, kept, value) : 0;
}
