//===- ProcAddress.cpp - Entry points by name -----------------------------===//
//
// A name is that of the newest version of an entry point: "cuMemAlloc" is cuMemAlloc_v2.
//
//===----------------------------------------------------------------------===//

#include "Driver.h"
#include <dlfcn.h>
#include <string>

using namespace moe::emulator;

namespace {

/// This library, however it was loaded.
void *self() {
  Dl_info info;
  return dladdr(reinterpret_cast<void *>(&self), &info)
             ? dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD)
             : nullptr;
}

void *entryPoint(const std::string &name) {
  static void *library = self();
  if (!library || name.compare(0, 2, "cu"))
    return nullptr;
  if (name.size() > 3 && name.compare(name.size() - 3, 2, "_v") == 0)
    return nullptr;
  for (const char *version : {"_v2", ""})
    if (void *found = dlsym(library, (name + version).c_str()))
      return found;
  return nullptr;
}

CUresult find(const char *name, void **function, int *status) {
  if (!name || !function)
    return CUDA_ERROR_INVALID_VALUE;
  *function = entryPoint(name);
  if (status)
    *status = *function ? 0 : 1; // found, or no such symbol
  return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

} // namespace

MOE_CUDA_EXPORT CUresult cuGetProcAddress_v2(const char *name, void **function, int, uint64_t,
                                             int *status) {
  return enter("cuGetProcAddress_v2", Needs::Nothing,
               [&](Driver &, CUctx_st *) { return find(name, function, status); });
}

MOE_CUDA_EXPORT CUresult cuGetProcAddress(const char *name, void **function, int, uint64_t) {
  return enter("cuGetProcAddress", Needs::Nothing,
               [&](Driver &, CUctx_st *) { return find(name, function, nullptr); });
}
