//===- CpuVariants.cpp - The instruction sets that code is generated for --===//
//
// One row an instruction set. The runtime takes the first of an artifact's variants whose required
// features the machine has, so the rows stand best first.
//
//===----------------------------------------------------------------------===//

#include "lowering/host/HostCode.h"
#include "runtime/moe_rt.h"
#include "llvm/ADT/STLExtras.h"

using namespace moe;

static const llvm::StringRef kAvx2[] = {"avx2", "fma", "f16c", "bmi1", "bmi2", "movbe"};
static const llvm::StringRef kAvx512[] = {"avx2",     "fma",      "f16c",    "bmi1",
                                          "bmi2",     "movbe",    "avx512f", "avx512bw",
                                          "avx512cd", "avx512dq", "avx512vl"};

static const CpuVariant kVariants[] = {
    {"avx512", "x86-64-v4", "", 512, kAvx512},
    {"avx2", "x86-64-v3", "", 256, kAvx2},
};

llvm::ArrayRef<CpuVariant> moe::cpuVariants() { return kVariants; }

const CpuVariant *moe::findCpuVariant(llvm::StringRef name) {
  const auto *row = llvm::find_if(kVariants, [&](const CpuVariant &v) { return v.name == name; });
  return row == std::end(kVariants) ? nullptr : row;
}

bool moe::hostRuns(const CpuVariant &variant) {
  return llvm::all_of(variant.required, [](llvm::StringRef feature) {
    return moe_rt_cpu_has(feature.str().c_str()) != 0;
  });
}
