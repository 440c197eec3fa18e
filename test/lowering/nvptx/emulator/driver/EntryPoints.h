//===- EntryPoints.h - What the library exports ------------------*- C++ -*-===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_DRIVER_ENTRYPOINTS_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_DRIVER_ENTRYPOINTS_H

#include "CudaApi.h"

#define MOE_CUDA_EXPORT extern "C" __attribute__((visibility("default")))

// Device.cpp
MOE_CUDA_EXPORT CUresult cuInit(unsigned flags);
MOE_CUDA_EXPORT CUresult cuDriverGetVersion(int *version);
MOE_CUDA_EXPORT CUresult cuDeviceGetCount(int *count);
MOE_CUDA_EXPORT CUresult cuDeviceGet(CUdevice *device, int ordinal);
MOE_CUDA_EXPORT CUresult cuDeviceGetName(char *name, int length, CUdevice device);
MOE_CUDA_EXPORT CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device);
MOE_CUDA_EXPORT CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute which,
                                              CUdevice device);
MOE_CUDA_EXPORT CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device);
MOE_CUDA_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device);
MOE_CUDA_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device);
MOE_CUDA_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context);
MOE_CUDA_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext *context);
MOE_CUDA_EXPORT CUresult cuCtxSetCurrent(CUcontext context);
MOE_CUDA_EXPORT CUresult cuCtxGetCurrent(CUcontext *context);
MOE_CUDA_EXPORT CUresult cuCtxGetDevice(CUdevice *device);
MOE_CUDA_EXPORT CUresult cuCtxSynchronize();

// Errors.cpp
MOE_CUDA_EXPORT CUresult cuGetErrorName(CUresult error, const char **name);
MOE_CUDA_EXPORT CUresult cuGetErrorString(CUresult error, const char **text);

// Graphs.cpp
MOE_CUDA_EXPORT CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode);
MOE_CUDA_EXPORT CUresult cuStreamEndCapture(CUstream handle, CUgraph *graph);
MOE_CUDA_EXPORT CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus *status);
MOE_CUDA_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph,
                                                     unsigned long long);
MOE_CUDA_EXPORT CUresult cuGraphInstantiate_v2(CUgraphExec *executable, CUgraph graph,
                                               CUgraphNode *, char *, size_t);
MOE_CUDA_EXPORT CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream);
MOE_CUDA_EXPORT CUresult cuGraphExecDestroy(CUgraphExec executable);
MOE_CUDA_EXPORT CUresult cuGraphDestroy(CUgraph graph);
MOE_CUDA_EXPORT CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode *nodes, size_t *count);

// MemoryEntries.cpp
MOE_CUDA_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *pointer, size_t bytes);
MOE_CUDA_EXPORT CUresult cuMemFree_v2(CUdeviceptr pointer);
MOE_CUDA_EXPORT CUresult cuMemGetInfo_v2(size_t *free, size_t *total);
MOE_CUDA_EXPORT CUresult cuMemAllocHost_v2(void **pointer, size_t bytes);
MOE_CUDA_EXPORT CUresult cuMemHostAlloc(void **pointer, size_t bytes, unsigned);
MOE_CUDA_EXPORT CUresult cuMemFreeHost(void *pointer);
MOE_CUDA_EXPORT CUresult cuMemHostRegister_v2(void *pointer, size_t bytes, unsigned);
MOE_CUDA_EXPORT CUresult cuMemHostUnregister(void *pointer);
MOE_CUDA_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes);
MOE_CUDA_EXPORT CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes);
MOE_CUDA_EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes);
MOE_CUDA_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes,
                                              CUstream stream);
MOE_CUDA_EXPORT CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes,
                                              CUstream stream);
MOE_CUDA_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                              CUstream stream);
MOE_CUDA_EXPORT CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes);
MOE_CUDA_EXPORT CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                       CUstream stream);
MOE_CUDA_EXPORT CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count);
MOE_CUDA_EXPORT CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count);
MOE_CUDA_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count,
                                         CUstream stream);
MOE_CUDA_EXPORT CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count,
                                          CUstream stream);
MOE_CUDA_EXPORT CUresult cuPointerGetAttribute(void *data, CUpointer_attribute which,
                                               CUdeviceptr pointer);

// Modules.cpp
MOE_CUDA_EXPORT CUresult cuModuleLoadData(CUmodule *module, const void *image);
MOE_CUDA_EXPORT CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count,
                                            CUjit_option *options, void **values);
MOE_CUDA_EXPORT CUresult cuModuleUnload(CUmodule module);
MOE_CUDA_EXPORT CUresult cuModuleGetFunction(CUfunction *function, CUmodule module,
                                             const char *name);
MOE_CUDA_EXPORT CUresult cuModuleGetGlobal_v2(CUdeviceptr *address, size_t *bytes, CUmodule module,
                                              const char *name);
MOE_CUDA_EXPORT CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute which,
                                            int value);
MOE_CUDA_EXPORT CUresult cuFuncGetAttribute(int *value, CUfunction_attribute which,
                                            CUfunction function);
MOE_CUDA_EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY,
                                        unsigned gridZ, unsigned blockX, unsigned blockY,
                                        unsigned blockZ, unsigned shared, CUstream stream,
                                        void **parameters, void **extra);
MOE_CUDA_EXPORT CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function,
                                          void **parameters, void **extra);
MOE_CUDA_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks,
                                                                     CUfunction function,
                                                                     int threads, size_t);

// ProcAddress.cpp
MOE_CUDA_EXPORT CUresult cuGetProcAddress_v2(const char *name, void **function, int, uint64_t,
                                             int *status);
MOE_CUDA_EXPORT CUresult cuGetProcAddress(const char *name, void **function, int, uint64_t);

// Streams.cpp
MOE_CUDA_EXPORT CUresult cuStreamCreate(CUstream *stream, unsigned);
MOE_CUDA_EXPORT CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned, int);
MOE_CUDA_EXPORT CUresult cuStreamDestroy_v2(CUstream stream);
MOE_CUDA_EXPORT CUresult cuStreamSynchronize(CUstream stream);
MOE_CUDA_EXPORT CUresult cuStreamQuery(CUstream stream);
MOE_CUDA_EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned);
MOE_CUDA_EXPORT CUresult cuStreamGetCtx(CUstream stream, CUcontext *owner);
MOE_CUDA_EXPORT CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void *data);
MOE_CUDA_EXPORT CUresult cuEventCreate(CUevent *event, unsigned);
MOE_CUDA_EXPORT CUresult cuEventDestroy_v2(CUevent event);
MOE_CUDA_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream);
MOE_CUDA_EXPORT CUresult cuEventSynchronize(CUevent event);
MOE_CUDA_EXPORT CUresult cuEventQuery(CUevent event);
MOE_CUDA_EXPORT CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end);
MOE_CUDA_EXPORT CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent start, CUevent end);

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_DRIVER_ENTRYPOINTS_H
