//===- cuda_api.h - What the runtime uses of the CUDA driver ----*- C++ -*-===//
//
// Types, constants and functions of the driver's interface, as far as they are needed, so that the
// runtime builds without a CUDA toolkit. Names and numbers are the driver's own.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_RUNTIME_CUDA_API_H
#define MOE_RUNTIME_CUDA_API_H

#include <stddef.h>
#include <stdint.h>

namespace moe::cuda {

using Result = int;
using Device = int;
using DevicePtr = unsigned long long;
using Context = struct ContextObject *;
using Module = struct ModuleObject *;
using Function = struct FunctionObject *;
using Stream = struct StreamObject *;
using Event = struct EventObject *;
using Graph = struct GraphObject *;
using GraphExec = struct GraphExecObject *;

/// CUresult; an open set, newer drivers have more.
enum : Result {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kNotInitialized = 3,
  kDeinitialized = 4,
  kNoDevice = 100,
  kInvalidDevice = 101,
  kInvalidImage = 200,
  kInvalidContext = 201,
  kNoBinaryForGpu = 209,
  kEccUncorrectable = 214,
  kInvalidPtx = 218,
  kUnsupportedPtxVersion = 222,
  kInvalidHandle = 400,
  kNotFound = 500,
  kNotReady = 600,
  kIllegalAddress = 700,
  kLaunchOutOfResources = 701,
  kLaunchTimeout = 702,
  kAssert = 710,
  kHardwareStackError = 714,
  kIllegalInstruction = 715,
  kMisalignedAddress = 716,
  kInvalidAddressSpace = 717,
  kInvalidPc = 718,
  kLaunchFailed = 719,
  kStreamCaptureUnsupported = 900,
  kStreamCaptureInvalidated = 901,
  kUnknown = 999,
};

/// CUdevice_attribute.
enum : int { kComputeCapabilityMajor = 75, kComputeCapabilityMinor = 76 };
/// CUfunction_attribute.
enum : int { kMaxDynamicSharedSizeBytes = 8 };
/// CUjit_option.
enum : int { kJitErrorLogBuffer = 5, kJitErrorLogBufferSizeBytes = 6 };
/// CUstream_flags and CUevent_flags.
enum : unsigned { kStreamNonBlocking = 1, kEventDefault = 0, kEventDisableTiming = 2 };
/// CUstreamCaptureMode.
enum : int { kCaptureModeThreadLocal = 1, kCaptureModeRelaxed = 2 };
/// CUstreamCaptureStatus.
enum : int { kCaptureStatusNone = 0, kCaptureStatusActive = 1 };

/// The functions: ROW(name, symbol, parameters). `name` is what cuGetProcAddress calls one,
/// `symbol` what the library exports. All return a Result.
#define MOE_CUDA_FUNCTIONS(ROW)                                                                    \
  ROW(cuInit, "cuInit", (unsigned flags))                                                          \
  ROW(cuDriverGetVersion, "cuDriverGetVersion", (int *version))                                    \
  ROW(cuGetErrorName, "cuGetErrorName", (Result error, const char **text))                         \
  ROW(cuGetErrorString, "cuGetErrorString", (Result error, const char **text))                     \
  ROW(cuDeviceGetCount, "cuDeviceGetCount", (int *count))                                          \
  ROW(cuDeviceGet, "cuDeviceGet", (Device * device, int ordinal))                                  \
  ROW(cuDeviceGetName, "cuDeviceGetName", (char *name, int size, Device device))                   \
  ROW(cuDeviceGetAttribute, "cuDeviceGetAttribute", (int *value, int attribute, Device device))    \
  ROW(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", (Context * context, Device device))    \
  ROW(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (Device device))                  \
  ROW(cuCtxPushCurrent, "cuCtxPushCurrent_v2", (Context context))                                  \
  ROW(cuCtxPopCurrent, "cuCtxPopCurrent_v2", (Context * context))                                  \
  ROW(cuModuleLoadDataEx, "cuModuleLoadDataEx",                                                    \
      (Module * module, const void *image, unsigned count, int *options, void **values))           \
  ROW(cuModuleUnload, "cuModuleUnload", (Module module))                                           \
  ROW(cuModuleGetFunction, "cuModuleGetFunction",                                                  \
      (Function * function, Module module, const char *name))                                      \
  ROW(cuFuncSetAttribute, "cuFuncSetAttribute", (Function function, int attribute, int value))     \
  ROW(cuMemAlloc, "cuMemAlloc_v2", (DevicePtr * address, size_t bytes))                            \
  ROW(cuMemFree, "cuMemFree_v2", (DevicePtr address))                                              \
  ROW(cuMemGetInfo, "cuMemGetInfo_v2", (size_t *free, size_t *total))                              \
  ROW(cuMemHostAlloc, "cuMemHostAlloc", (void **memory, size_t bytes, unsigned flags))             \
  ROW(cuMemFreeHost, "cuMemFreeHost", (void *memory))                                              \
  ROW(cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2",                                                   \
      (DevicePtr to, const void *from, size_t bytes, Stream stream))                               \
  ROW(cuMemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2",                                                   \
      (void *to, DevicePtr from, size_t bytes, Stream stream))                                     \
  ROW(cuMemcpyDtoDAsync, "cuMemcpyDtoDAsync_v2",                                                   \
      (DevicePtr to, DevicePtr from, size_t bytes, Stream stream))                                 \
  ROW(cuStreamCreate, "cuStreamCreate", (Stream * stream, unsigned flags))                         \
  ROW(cuStreamDestroy, "cuStreamDestroy_v2", (Stream stream))                                      \
  ROW(cuStreamSynchronize, "cuStreamSynchronize", (Stream stream))                                 \
  ROW(cuEventCreate, "cuEventCreate", (Event * event, unsigned flags))                             \
  ROW(cuEventDestroy, "cuEventDestroy_v2", (Event event))                                          \
  ROW(cuEventRecord, "cuEventRecord", (Event event, Stream stream))                                \
  ROW(cuEventSynchronize, "cuEventSynchronize", (Event event))                                     \
  ROW(cuEventElapsedTime, "cuEventElapsedTime", (float *milliseconds, Event begin, Event end))     \
  ROW(cuLaunchKernel, "cuLaunchKernel",                                                            \
      (Function function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,         \
       unsigned blockY, unsigned blockZ, unsigned shared, Stream stream, void **parameters,        \
       void **extra))

/// Those for graphs; a driver without them launches kernels one by one.
#define MOE_CUDA_GRAPH_FUNCTIONS(ROW)                                                              \
  ROW(cuStreamIsCapturing, "cuStreamIsCapturing", (Stream stream, int *status))                    \
  ROW(cuStreamBeginCapture, "cuStreamBeginCapture_v2", (Stream stream, int mode))                  \
  ROW(cuStreamEndCapture, "cuStreamEndCapture", (Stream stream, Graph * graph))                    \
  ROW(cuGraphInstantiateWithFlags, "cuGraphInstantiateWithFlags",                                  \
      (GraphExec * exec, Graph graph, unsigned long long flags))                                   \
  ROW(cuGraphLaunch, "cuGraphLaunch", (GraphExec exec, Stream stream))                             \
  ROW(cuGraphExecDestroy, "cuGraphExecDestroy", (GraphExec exec))                                  \
  ROW(cuGraphDestroy, "cuGraphDestroy", (Graph graph))

/// Those that are of use where they are there.
#define MOE_CUDA_EXTRA_FUNCTIONS(ROW)                                                              \
  ROW(cuThreadExchangeStreamCaptureMode, "cuThreadExchangeStreamCaptureMode", (int *mode))

/// cuGetProcAddress_v2, through which the others are asked for; `version` is the interface's.
using GetProcAddress = Result (*)(const char *name, void **function, int version, uint64_t flags,
                                  int *found);

} // namespace moe::cuda

#endif // MOE_RUNTIME_CUDA_API_H
