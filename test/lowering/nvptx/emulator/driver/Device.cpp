//===- Device.cpp - Entry points: devices and contexts --------------------===//

#include "Driver.h"
#include <algorithm>
#include <cstdio>

using namespace moe::emulator;

namespace {

struct Shape {
  uint32_t arch;
  int processors, sharedOptin, sharedPerProcessor, threadsPerProcessor, l2Bytes;
};

/// Figures of a well-known GPU of each kind.
const Shape kShapes[] = {
    {75, 40, 65536, 65536, 1024, 4 << 20},     {80, 108, 166912, 167936, 2048, 40 << 20},
    {86, 84, 101376, 102400, 1536, 6 << 20},   {89, 128, 101376, 102400, 1536, 72 << 20},
    {90, 132, 232448, 233472, 2048, 50 << 20},
};

/// The newest that is not newer.
const Shape &shapeOf(uint32_t arch) {
  const Shape *best = kShapes;
  for (const Shape &shape : kShapes)
    if (shape.arch <= arch)
      best = &shape;
  return *best;
}

/// -1: unknown.
int64_t attribute(const Driver &driver, CUdevice_attribute which) {
  const Shape &shape = shapeOf(driver.arch);
  const struct {
    int which;
    int64_t value;
  } values[] = {
      {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, 64},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 0x7FFFFFFF},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, 65535},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, 65535},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 49152},
      {CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY, 65536},
      {CU_DEVICE_ATTRIBUTE_WARP_SIZE, kWarpSize},
      {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, 65536},
      {CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 1410000},
      {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, shape.processors},
      {CU_DEVICE_ATTRIBUTE_INTEGRATED, 0},
      {CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY, 0},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, 0},
      {CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS, 1},
      {CU_DEVICE_ATTRIBUTE_ECC_ENABLED, 0},
      {CU_DEVICE_ATTRIBUTE_PCI_BUS_ID, 0},
      {CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID, 0},
      {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 1215000},
      {CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, 5120},
      {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, shape.l2Bytes},
      {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, shape.threadsPerProcessor},
      {CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT, 1},
      {CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, driver.arch / 10},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, driver.arch % 10},
      {CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED, 1},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, shape.sharedPerProcessor},
      {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, 65536},
      {CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, 0},
      {CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 0},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, shape.sharedOptin},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, 32},
      {CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK, 1024},
      {CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, 0},
  };
  for (const auto &row : values)
    if (row.which == which)
      return row.value;
  return -1;
}

bool exists(const Driver &driver, CUdevice device) {
  return device >= 0 && static_cast<size_t>(device) < driver.devices.size();
}

} // namespace

int moe::emulator::mostSharedOf(uint32_t arch) { return shapeOf(arch).sharedOptin; }

MOE_CUDA_EXPORT CUresult cuInit(unsigned flags) {
  return enter("cuInit", Needs::Nothing, [&](Driver &driver, CUctx_st *) {
    if (flags)
      return CUDA_ERROR_INVALID_VALUE;
    if (driver.devices.empty())
      return CUDA_ERROR_NO_DEVICE;
    driver.initialised = true;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuDriverGetVersion(int *version) {
  return enter("cuDriverGetVersion", Needs::Nothing, [&](Driver &, CUctx_st *) {
    if (!version)
      return CUDA_ERROR_INVALID_VALUE;
    *version = 12080;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuDeviceGetCount(int *count) {
  return enter("cuDeviceGetCount", Needs::Init, [&](Driver &driver, CUctx_st *) {
    if (!count)
      return CUDA_ERROR_INVALID_VALUE;
    *count = static_cast<int>(driver.devices.size());
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  return enter("cuDeviceGet", Needs::Init, [&](Driver &driver, CUctx_st *) {
    if (!device)
      return CUDA_ERROR_INVALID_VALUE;
    if (!exists(driver, ordinal))
      return CUDA_ERROR_INVALID_DEVICE;
    *device = ordinal;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  return enter("cuDeviceGetName", Needs::Init, [&](Driver &driver, CUctx_st *) {
    if (!name || length <= 0)
      return CUDA_ERROR_INVALID_VALUE;
    if (!exists(driver, device))
      return CUDA_ERROR_INVALID_DEVICE;
    snprintf(name, length, "emulated GPU (sm_%u)", driver.arch);
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device) {
  return enter("cuDeviceGetUuid_v2", Needs::Init, [&](Driver &driver, CUctx_st *) {
    if (!uuid)
      return CUDA_ERROR_INVALID_VALUE;
    if (!exists(driver, device))
      return CUDA_ERROR_INVALID_DEVICE;
    *uuid = {};
    uuid->bytes[15] = static_cast<char>(device);
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute which,
                                              CUdevice device) {
  return enter("cuDeviceGetAttribute", Needs::Init, [&](Driver &driver, CUctx_st *) {
    int64_t found = attribute(driver, which);
    if (!value || found < 0)
      return CUDA_ERROR_INVALID_VALUE;
    if (!exists(driver, device))
      return CUDA_ERROR_INVALID_DEVICE;
    *value = static_cast<int>(found);
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  return enter("cuDeviceTotalMem_v2", Needs::Init, [&](Driver &driver, CUctx_st *) {
    if (!bytes)
      return CUDA_ERROR_INVALID_VALUE;
    if (!exists(driver, device))
      return CUDA_ERROR_INVALID_DEVICE;
    *bytes = driver.memoryBytes;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  return enter("cuDevicePrimaryCtxRetain", Needs::Init, [&](Driver &driver, CUctx_st *) {
    if (!context)
      return CUDA_ERROR_INVALID_VALUE;
    if (!exists(driver, device))
      return CUDA_ERROR_INVALID_DEVICE;
    Device &chosen = driver.devices[device];
    if (!chosen.primary)
      chosen.primary = std::make_unique<CUctx_st>(device, driver.memoryBytes);
    ++chosen.retained;
    *context = chosen.primary.get();
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return enter("cuDevicePrimaryCtxRelease_v2", Needs::Init, [&](Driver &driver, CUctx_st *) {
    if (!exists(driver, device))
      return CUDA_ERROR_INVALID_DEVICE;
    Device &chosen = driver.devices[device];
    if (!chosen.retained)
      return CUDA_ERROR_INVALID_CONTEXT;
    if (--chosen.retained == 0) {
      driver.collect(*chosen.primary);
      chosen.primary.reset();
    }
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return enter("cuCtxPushCurrent_v2", Needs::Init, [&](Driver &, CUctx_st *) {
    if (!context)
      return CUDA_ERROR_INVALID_CONTEXT;
    contextStack().push_back(context);
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  return enter("cuCtxPopCurrent_v2", Needs::Init, [&](Driver &, CUctx_st *) {
    if (contextStack().empty())
      return CUDA_ERROR_INVALID_CONTEXT;
    if (context)
      *context = contextStack().back();
    contextStack().pop_back();
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuCtxSetCurrent(CUcontext context) {
  return enter("cuCtxSetCurrent", Needs::Init, [&](Driver &, CUctx_st *) {
    if (!contextStack().empty())
      contextStack().pop_back();
    if (context)
      contextStack().push_back(context);
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuCtxGetCurrent(CUcontext *context) {
  return enter("cuCtxGetCurrent", Needs::Init, [&](Driver &, CUctx_st *) {
    if (!context)
      return CUDA_ERROR_INVALID_VALUE;
    *context = contextStack().empty() ? nullptr : contextStack().back();
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuCtxGetDevice(CUdevice *device) {
  return enter("cuCtxGetDevice", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!device)
      return CUDA_ERROR_INVALID_VALUE;
    *device = context->device;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuCtxSynchronize() {
  return enter("cuCtxSynchronize", Needs::Unsafe,
               [&](Driver &, CUctx_st *) { return CUDA_SUCCESS; });
}
