//===- MemoryEntries.cpp - Entry points: memory and copies ----------------===//

#include "Driver.h"
#include <algorithm>

using namespace moe::emulator;

namespace {

// The parts of a copy are checked when it is enqueued and when it runs: in between memory can be
// freed.

CUresult copyIn(CUctx_st &context, CUstream stream, CUdeviceptr to, const void *from,
                size_t bytes) {
  if (!bytes)
    return CUDA_SUCCESS;
  if (!from || !context.emulator.memory.validRange(to, bytes))
    return CUDA_ERROR_INVALID_VALUE;
  return context.enqueue(stream, [=](CUctx_st &c) {
    if (!c.emulator.copyIn(to, from, bytes))
      c.fail({FaultKind::IllegalAddress, "a copy to device memory that was freed"});
  });
}

CUresult copyOut(CUctx_st &context, CUstream stream, void *to, CUdeviceptr from, size_t bytes) {
  if (!bytes)
    return CUDA_SUCCESS;
  if (!to || !context.emulator.memory.validRange(from, bytes))
    return CUDA_ERROR_INVALID_VALUE;
  return context.enqueue(stream, [=](CUctx_st &c) {
    if (!c.emulator.copyOut(to, from, bytes))
      c.fail({FaultKind::IllegalAddress, "a copy from device memory that was freed"});
  });
}

CUresult copyWithin(CUctx_st &context, CUstream stream, CUdeviceptr to, CUdeviceptr from,
                    size_t bytes) {
  const DeviceMemory &memory = context.emulator.memory;
  if (!bytes)
    return CUDA_SUCCESS;
  if (!memory.validRange(to, bytes) || !memory.validRange(from, bytes))
    return CUDA_ERROR_INVALID_VALUE;
  return context.enqueue(stream, [=](CUctx_st &c) {
    const DeviceMemory &memory = c.emulator.memory;
    if (memory.validRange(to, bytes) && memory.validRange(from, bytes))
      memmove(memory.host(to), memory.host(from), bytes);
    else
      c.fail({FaultKind::IllegalAddress, "a copy of device memory that was freed"});
  });
}

/// Each side is a device address, or the host's.
CUresult copyAny(CUctx_st &context, CUstream stream, CUdeviceptr to, CUdeviceptr from,
                 size_t bytes) {
  const DeviceMemory &memory = context.emulator.memory;
  if (memory.owns(to) && memory.owns(from))
    return copyWithin(context, stream, to, from, bytes);
  if (memory.owns(to))
    return copyIn(context, stream, to, reinterpret_cast<const void *>(from), bytes);
  if (memory.owns(from))
    return copyOut(context, stream, reinterpret_cast<void *>(to), from, bytes);
  return context.enqueue(stream, [=](CUctx_st &) {
    memmove(reinterpret_cast<void *>(to), reinterpret_cast<const void *>(from), bytes);
  });
}

template <class T>
CUresult fill(CUctx_st &context, CUstream stream, CUdeviceptr to, T value, size_t count) {
  if (!count)
    return CUDA_SUCCESS;
  if (to % sizeof(T) || count > SIZE_MAX / sizeof(T) ||
      !context.emulator.memory.validRange(to, count * sizeof(T)))
    return CUDA_ERROR_INVALID_VALUE;
  return context.enqueue(stream, [=](CUctx_st &c) {
    if (c.emulator.memory.validRange(to, count * sizeof(T)))
      std::fill_n(reinterpret_cast<T *>(c.emulator.memory.host(to)), count, value);
    else
      c.fail({FaultKind::IllegalAddress, "a fill of device memory that was freed"});
  });
}

CUresult allocateHost(CUctx_st &context, void **pointer, size_t bytes) {
  if (!pointer || !bytes)
    return CUDA_ERROR_INVALID_VALUE;
  auto *memory = static_cast<char *>(malloc(bytes));
  if (!memory)
    return CUDA_ERROR_OUT_OF_MEMORY;
  context.hostMemory[memory] = bytes;
  *pointer = memory;
  return CUDA_SUCCESS;
}

} // namespace

MOE_CUDA_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *pointer, size_t bytes) {
  return enter("cuMemAlloc_v2", Needs::Unsafe, [&](Driver &, CUctx_st *context) {
    if (!pointer || !bytes)
      return CUDA_ERROR_INVALID_VALUE;
    *pointer = context->emulator.allocate(bytes);
    return *pointer ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
  });
}

MOE_CUDA_EXPORT CUresult cuMemFree_v2(CUdeviceptr pointer) {
  return enter("cuMemFree_v2", Needs::Unsafe, [&](Driver &, CUctx_st *context) {
    if (!pointer)
      return CUDA_SUCCESS;
    return context->emulator.release(pointer) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  });
}

MOE_CUDA_EXPORT CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
  return enter("cuMemGetInfo_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!free || !total)
      return CUDA_ERROR_INVALID_VALUE;
    const DeviceMemory &memory = context->emulator.memory;
    *free = memory.limit() - memory.used();
    *total = memory.limit();
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuMemAllocHost_v2(void **pointer, size_t bytes) {
  return enter("cuMemAllocHost_v2", Needs::Context,
               [&](Driver &, CUctx_st *context) { return allocateHost(*context, pointer, bytes); });
}

MOE_CUDA_EXPORT CUresult cuMemHostAlloc(void **pointer, size_t bytes, unsigned) {
  return enter("cuMemHostAlloc", Needs::Context,
               [&](Driver &, CUctx_st *context) { return allocateHost(*context, pointer, bytes); });
}

MOE_CUDA_EXPORT CUresult cuMemFreeHost(void *pointer) {
  return enter("cuMemFreeHost", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!context->hostMemory.erase(static_cast<char *>(pointer)))
      return CUDA_ERROR_INVALID_VALUE;
    free(pointer);
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuMemHostRegister_v2(void *pointer, size_t bytes, unsigned) {
  return enter("cuMemHostRegister_v2", Needs::Context, [&](Driver &, CUctx_st *) {
    return pointer && bytes ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  });
}

MOE_CUDA_EXPORT CUresult cuMemHostUnregister(void *pointer) {
  return enter("cuMemHostUnregister", Needs::Context, [&](Driver &, CUctx_st *) {
    return pointer ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  });
}

MOE_CUDA_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  return enter("cuMemcpyHtoD_v2", Needs::Unsafe, [&](Driver &, CUctx_st *context) {
    return copyIn(*context, nullptr, to, from, bytes);
  });
}

MOE_CUDA_EXPORT CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  return enter("cuMemcpyDtoH_v2", Needs::Unsafe, [&](Driver &, CUctx_st *context) {
    return copyOut(*context, nullptr, to, from, bytes);
  });
}

MOE_CUDA_EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return enter("cuMemcpyDtoD_v2", Needs::Unsafe, [&](Driver &, CUctx_st *context) {
    return copyWithin(*context, nullptr, to, from, bytes);
  });
}

MOE_CUDA_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes,
                                              CUstream stream) {
  return enter("cuMemcpyHtoDAsync_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    return copyIn(*context, stream, to, from, bytes);
  });
}

MOE_CUDA_EXPORT CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes,
                                              CUstream stream) {
  return enter("cuMemcpyDtoHAsync_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    return copyOut(*context, stream, to, from, bytes);
  });
}

MOE_CUDA_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                              CUstream stream) {
  return enter("cuMemcpyDtoDAsync_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    return copyWithin(*context, stream, to, from, bytes);
  });
}

MOE_CUDA_EXPORT CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return enter("cuMemcpy", Needs::Unsafe, [&](Driver &, CUctx_st *context) {
    return copyAny(*context, nullptr, to, from, bytes);
  });
}

MOE_CUDA_EXPORT CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                       CUstream stream) {
  return enter("cuMemcpyAsync", Needs::Context, [&](Driver &, CUctx_st *context) {
    return copyAny(*context, stream, to, from, bytes);
  });
}

MOE_CUDA_EXPORT CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  return enter("cuMemsetD8_v2", Needs::Unsafe, [&](Driver &, CUctx_st *context) {
    return fill<uint8_t>(*context, nullptr, to, value, count);
  });
}

MOE_CUDA_EXPORT CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
  return enter("cuMemsetD32_v2", Needs::Unsafe, [&](Driver &, CUctx_st *context) {
    return fill<uint32_t>(*context, nullptr, to, value, count);
  });
}

MOE_CUDA_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count,
                                         CUstream stream) {
  return enter("cuMemsetD8Async", Needs::Context, [&](Driver &, CUctx_st *context) {
    return fill<uint8_t>(*context, stream, to, value, count);
  });
}

MOE_CUDA_EXPORT CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count,
                                          CUstream stream) {
  return enter("cuMemsetD32Async", Needs::Context, [&](Driver &, CUctx_st *context) {
    return fill<uint32_t>(*context, stream, to, value, count);
  });
}

MOE_CUDA_EXPORT CUresult cuPointerGetAttribute(void *data, CUpointer_attribute which,
                                               CUdeviceptr pointer) {
  return enter("cuPointerGetAttribute", Needs::Context, [&](Driver &, CUctx_st *context) {
    uint64_t bytes = 0;
    uint64_t start = context->emulator.memory.allocationOf(pointer, &bytes);
    if (!data || !start)
      return CUDA_ERROR_INVALID_VALUE;
    auto write = [&](auto value) {
      memcpy(data, &value, sizeof value);
      return CUDA_SUCCESS;
    };
    switch (which) {
    case CU_POINTER_ATTRIBUTE_CONTEXT:
      return write(reinterpret_cast<uint64_t>(context));
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
      return write(static_cast<unsigned>(CU_MEMORYTYPE_DEVICE));
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
      return write(pointer);
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
      return write(context->device);
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
      return write(start);
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
      return write(bytes);
    }
    return CUDA_ERROR_INVALID_VALUE;
  });
}
