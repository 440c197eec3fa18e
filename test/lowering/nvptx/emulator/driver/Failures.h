//===- Failures.h - Calls that are to fail ----------------------*- C++ -*-===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_DRIVER_FAILURES_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_DRIVER_FAILURES_H

#include "CudaApi.h"
#include <cstdint>
#include <string>

namespace moe::emulator {

/// MOE_FAKE_CUDA_FAIL=NAME:N=ERROR, as in cuMemAlloc_v2:3=2; NAME is `*` for any entry point, N
/// counts from 1.
class Failures {
public:
  Failures();
  /// What this call is to return; CUDA_SUCCESS: its own result.
  CUresult next(const char *entry);

private:
  std::string name;
  uint64_t number = 0, calls = 0;
  CUresult error = CUDA_SUCCESS;
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_DRIVER_FAILURES_H
