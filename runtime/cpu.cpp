//===- cpu.cpp - What this CPU and system can do --------------------------===//
//
// A code variant runs only where the CPU has its instructions *and* the system saves their
// registers: CPUID alone is not enough, XCR0 says the rest, and AMX tiles have to be asked for.
//
//===----------------------------------------------------------------------===//

#include "moe_rt.h"

#include <string.h>

#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

uint32_t moe_rt_cpu_count(void) {
  // Larger than cpu_set_t for systems with more than 1024 cores.
  cpu_set_t sets[16];
  int size = static_cast<int>(sizeof(sets));
  if (sched_getaffinity(0, static_cast<size_t>(size), sets))
    return 1;
  int count = CPU_COUNT_S(static_cast<size_t>(size), sets);
  return count > 0 ? static_cast<uint32_t>(count) : 1;
}

#if defined(__x86_64__)
#include <cpuid.h>

namespace {
enum Register : uint8_t { Eax, Ebx, Ecx, Edx };

/// Register state that the system has to save (bits of XCR0).
enum State : uint32_t { None = 0, Avx = 0x6, Avx512 = 0xe6, Amx = 0x60006 };

struct Feature {
  const char *name; // as /proc/cpuinfo spells it
  uint32_t leaf, subleaf;
  Register reg;
  uint8_t bit;
  State state;
};
} // namespace

static const Feature features[] = {
    {"sse4_1", 1, 0, Ecx, 19, None},
    {"sse4_2", 1, 0, Ecx, 20, None},
    {"movbe", 1, 0, Ecx, 22, None},
    {"popcnt", 1, 0, Ecx, 23, None},
    {"abm", 0x80000001, 0, Ecx, 5, None},
    {"bmi1", 7, 0, Ebx, 3, None},
    {"bmi2", 7, 0, Ebx, 8, None},
    {"avx", 1, 0, Ecx, 28, Avx},
    {"f16c", 1, 0, Ecx, 29, Avx},
    {"fma", 1, 0, Ecx, 12, Avx},
    {"avx2", 7, 0, Ebx, 5, Avx},
    {"avx_vnni", 7, 1, Eax, 4, Avx},
    {"vaes", 7, 0, Ecx, 9, Avx},
    {"vpclmulqdq", 7, 0, Ecx, 10, Avx},
    {"gfni", 7, 0, Ecx, 8, None},
    {"avx512f", 7, 0, Ebx, 16, Avx512},
    {"avx512dq", 7, 0, Ebx, 17, Avx512},
    {"avx512ifma", 7, 0, Ebx, 21, Avx512},
    {"avx512cd", 7, 0, Ebx, 28, Avx512},
    {"avx512bw", 7, 0, Ebx, 30, Avx512},
    {"avx512vl", 7, 0, Ebx, 31, Avx512},
    {"avx512vbmi", 7, 0, Ecx, 1, Avx512},
    {"avx512_vbmi2", 7, 0, Ecx, 6, Avx512},
    {"avx512_vnni", 7, 0, Ecx, 11, Avx512},
    {"avx512_bitalg", 7, 0, Ecx, 12, Avx512},
    {"avx512_vpopcntdq", 7, 0, Ecx, 14, Avx512},
    {"avx512_fp16", 7, 0, Edx, 23, Avx512},
    {"avx512_bf16", 7, 1, Eax, 5, Avx512},
    {"amx_bf16", 7, 0, Edx, 22, Amx},
    {"amx_tile", 7, 0, Edx, 24, Amx},
    {"amx_int8", 7, 0, Edx, 25, Amx},
};

/// The register states that the system saves; 0 where it has none to offer.
static uint64_t enabledStates() {
  unsigned registers[4];
  if (!__get_cpuid(1, &registers[0], &registers[1], &registers[2], &registers[3]))
    return 0;
  if (!(registers[Ecx] & 1u << 27)) // OSXSAVE
    return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

/// Linux gives the large tile registers only to processes that ask.
static bool askForTiles() {
  constexpr int request = 0x1023, tileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request, tileData) == 0;
}

int moe_rt_cpu_has(const char *name) {
  if (!name)
    return 0;
  for (const Feature &feature : features) {
    if (strcmp(feature.name, name))
      continue;
    unsigned registers[4];
    if (!__get_cpuid_count(feature.leaf, feature.subleaf, &registers[0], &registers[1],
                           &registers[2], &registers[3]))
      return 0;
    if (!(registers[feature.reg] & 1u << feature.bit))
      return 0;
    if ((enabledStates() & feature.state) != feature.state)
      return 0;
    return feature.state != Amx || askForTiles();
  }
  return 0;
}

#else

int moe_rt_cpu_has(const char *) { return 0; }

#endif
