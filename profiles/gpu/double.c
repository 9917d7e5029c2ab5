/* Doubles numbers on a GPU through the driver's own interface, so that nothing of a CUDA toolkit is needed: the driver is
 * loaded by name, as every CUDA program does in the end, and compiles the kernel below, which exercises its libraries.
 *
 * Reads a whole number from /input/number.json, writes the sum of a million doubled copies to /output/sum.json and the
 * device's name to /output/device.json. A number below 0 asks for more memory than any device has. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT 1000000

static const char kernel[] =
    ".version 6.0\n.target sm_50\n.address_size 64\n"
    ".visible .entry twice(.param .u64 cells, .param .u32 count) {\n"
    "  .reg .pred %p; .reg .b32 %r<6>; .reg .b64 %d<4>;\n"
    "  mov.u32 %r0, %ctaid.x; mov.u32 %r1, %ntid.x; mov.u32 %r2, %tid.x;\n"
    "  mad.lo.u32 %r3, %r0, %r1, %r2;\n"
    "  ld.param.u32 %r4, [count];\n"
    "  setp.ge.u32 %p, %r3, %r4;\n"
    "  @%p ret;\n"
    "  ld.param.u64 %d0, [cells];\n"
    "  cvta.to.global.u64 %d1, %d0;\n"
    "  mul.wide.u32 %d2, %r3, 4;\n"
    "  add.u64 %d3, %d1, %d2;\n"
    "  ld.global.u32 %r5, [%d3];\n"
    "  add.u32 %r5, %r5, %r5;\n"
    "  st.global.u32 [%d3], %r5;\n"
    "  ret;\n"
    "}\n";

typedef int (*call)();

static void *driver;

static call named(const char *name) {
    call found = (call)dlsym(driver, name);
    if (!found) {
        fprintf(stderr, "the driver has no `%s`\n", name);
        exit(3);
    }
    return found;
}

static void must(const char *what, int code) {
    const char *words = "no description";
    if (code == 0) return;
    named("cuGetErrorString")(code, &words);
    fprintf(stderr, "CUDA error: %s (%s, code %d)\n", words, what, code);
    exit(4);
}

static FILE *opened(const char *path, const char *mode) {
    FILE *file = fopen(path, mode);
    if (!file) {
        perror(path);
        exit(5);
    }
    return file;
}

int main(void) {
    int number, device, devices = 0;
    char name[256] = "";
    void *context, *module, *function;
    unsigned long long cells;
    unsigned count = COUNT;
    unsigned *host = malloc(COUNT * sizeof *host);
    void *arguments[] = {&cells, &count};
    unsigned long long sum = 0;
    FILE *file = opened("/input/number.json", "r");

    if (fscanf(file, "%d", &number) != 1) return 6;
    fclose(file);
    driver = dlopen("libcuda.so.1", RTLD_NOW);
    if (!driver) {
        fprintf(stderr, "no GPU: %s\n", dlerror());
        return 2;
    }
    must("cuInit", named("cuInit")(0));
    must("cuDeviceGetCount", named("cuDeviceGetCount")(&devices));
    must("cuDeviceGet", named("cuDeviceGet")(&device, 0));
    must("cuDeviceGetName", named("cuDeviceGetName")(name, sizeof name, device));
    printf("%d device, the first is %s\n", devices, name);
    must("cuDevicePrimaryCtxRetain", named("cuDevicePrimaryCtxRetain")(&context, device));
    must("cuCtxSetCurrent", named("cuCtxSetCurrent")(context));
    if (number < 0) must("cuMemAlloc_v2", named("cuMemAlloc_v2")(&cells, (size_t)1 << 45));
    must("cuModuleLoadData", named("cuModuleLoadData")(&module, kernel));
    must("cuModuleGetFunction", named("cuModuleGetFunction")(&function, module, "twice"));
    must("cuMemAlloc_v2", named("cuMemAlloc_v2")(&cells, COUNT * sizeof *host));
    for (int cell = 0; cell < COUNT; cell++) host[cell] = (unsigned)number;
    must("cuMemcpyHtoD_v2", named("cuMemcpyHtoD_v2")(cells, host, COUNT * sizeof *host));
    must("cuLaunchKernel", named("cuLaunchKernel")(function, (COUNT + 255) / 256, 1, 1, 256, 1, 1, 0, NULL, arguments, NULL));
    must("cuCtxSynchronize", named("cuCtxSynchronize")());
    must("cuMemcpyDtoH_v2", named("cuMemcpyDtoH_v2")(host, cells, COUNT * sizeof *host));
    for (int cell = 0; cell < COUNT; cell++) sum += host[cell];

    file = opened("/output/sum.json", "w");
    fprintf(file, "%llu\n", sum);
    fclose(file);
    file = opened("/output/device.json", "w");
    fprintf(file, "\"%s\"\n", name);
    fclose(file);
    return 0;
}
