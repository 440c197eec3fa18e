//===- DriverTest.cpp - The driver's entry points, through dlopen ---------===//
//
// As a runtime uses them. What depends on the environment runs in a process of its own: the driver
// reads it once.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/nvptx/emulator/driver/CudaApi.h"
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

/// p0[i] = i + p1, or a fault beyond the end of p0.
const char *const kPtx = R"(
.version 8.0
.target sm_80
.address_size 64
.global .align 4 .b8 answer[4] = {42, 0, 0, 0};
.extern .shared .align 16 .b8 scratch[];
.visible .entry fill(.param .u64 fill_param_0, .param .u32 fill_param_1)
{
  .reg .b32 %r<4>;
  .reg .b64 %d<4>;
  mov.u32 %r1, %tid.x;
  ld.param.b32 %r2, [fill_param_1];
  add.s32 %r2, %r2, %r1;
  ld.param.b64 %d1, [fill_param_0];
  mul.wide.u32 %d2, %r1, 4;
  add.s64 %d1, %d1, %d2;
  st.global.b32 [%d1], %r2;
  ret;
}
.visible .entry stop()
{
  trap;
})";

class Driver : public testing::Test {
protected:
  Driver() {
    library = dlopen(MOE_FAKE_CUDA, RTLD_NOW | RTLD_LOCAL);
    EXPECT_TRUE(library) << dlerror();
  }
  template <class... A> CUresult call(const char *name, A... arguments) {
    auto *entry = reinterpret_cast<CUresult (*)(A...)>(dlsym(library, name));
    EXPECT_TRUE(entry) << name;
    return entry ? entry(arguments...) : CUDA_ERROR_NOT_FOUND;
  }
  /// A context, a module, its kernel `fill`, and 32 words of device memory.
  void begin() {
    ASSERT_EQ(call("cuInit", 0u), CUDA_SUCCESS);
    ASSERT_EQ(call("cuDevicePrimaryCtxRetain", &context, 0), CUDA_SUCCESS);
    ASSERT_EQ(call("cuCtxPushCurrent_v2", context), CUDA_SUCCESS);
    ASSERT_EQ(call("cuModuleLoadData", &module, static_cast<const void *>(kPtx)), CUDA_SUCCESS);
    ASSERT_EQ(call("cuModuleGetFunction", &fill, module, "fill"), CUDA_SUCCESS);
    ASSERT_EQ(call("cuMemAlloc_v2", &buffer, size_t(128)), CUDA_SUCCESS);
    ASSERT_EQ(call("cuStreamCreate", &stream, 1u), CUDA_SUCCESS);
  }
  CUresult launch(unsigned threads, unsigned first, unsigned shared = 0) {
    void *parameters[] = {&buffer, &first};
    return call("cuLaunchKernel", fill, 1u, 1u, 1u, threads, 1u, 1u, shared, stream,
                static_cast<void **>(parameters), static_cast<void **>(nullptr));
  }
  std::vector<unsigned> words() {
    std::vector<unsigned> host(32);
    EXPECT_EQ(call("cuMemcpyDtoH_v2", static_cast<void *>(host.data()), buffer, size_t(128)),
              CUDA_SUCCESS);
    return host;
  }

  void *library = nullptr;
  CUcontext context = nullptr;
  CUmodule module = nullptr;
  CUfunction fill = nullptr;
  CUstream stream = nullptr;
  CUdeviceptr buffer = 0;
};

/// Runs a body in a child process with an environment; its failures are ours.
void inChild(const std::vector<std::pair<const char *, const char *>> &environment,
             const std::function<void()> &body) {
  pid_t child = fork();
  if (!child) {
    for (const auto &[name, value] : environment)
      setenv(name, value, 1);
    body();
    exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

std::vector<unsigned> counting(unsigned first, unsigned written, unsigned rest) {
  std::vector<unsigned> words(32, rest);
  for (unsigned i = 0; i < written; ++i)
    words[i] = first + i;
  return words;
}

TEST_F(Driver, RunsAKernel) {
  inChild({}, [&] {
    begin();
    EXPECT_EQ(words(), std::vector<unsigned>(32, ~0u)) << "fresh memory is filled with 0xFF";
    EXPECT_EQ(launch(32, 5), CUDA_SUCCESS);
    EXPECT_EQ(call("cuStreamSynchronize", stream), CUDA_SUCCESS);
    EXPECT_EQ(words(), counting(5, 32, 0));
    CUdeviceptr answer = 0;
    size_t bytes = 0;
    unsigned value = 0;
    EXPECT_EQ(call("cuModuleGetGlobal_v2", &answer, &bytes, module, "answer"), CUDA_SUCCESS);
    EXPECT_EQ(call("cuMemcpyDtoH_v2", static_cast<void *>(&value), answer, bytes), CUDA_SUCCESS);
    EXPECT_EQ(value, 42u);
  });
}

TEST_F(Driver, NeedsToBeInitialised) {
  inChild({}, [&] {
    int count = 0;
    EXPECT_EQ(call("cuDeviceGetCount", &count), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_EQ(call("cuMemAlloc_v2", &buffer, size_t(8)), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_EQ(call("cuInit", 0u), CUDA_SUCCESS);
    EXPECT_EQ(call("cuMemAlloc_v2", &buffer, size_t(8)), CUDA_ERROR_INVALID_CONTEXT);
  });
}

TEST_F(Driver, DescribesTheDevicesThatTheEnvironmentAsksFor) {
  inChild({{"MOE_FAKE_CUDA_DEVICES", "2"},
           {"MOE_FAKE_CUDA_ARCH", "90"},
           {"MOE_FAKE_CUDA_MEMORY", "1000000"}},
          [&] {
            EXPECT_EQ(call("cuInit", 0u), CUDA_SUCCESS);
            int value = 0;
            size_t bytes = 0;
            CUdevice device = -1;
            EXPECT_EQ(call("cuDeviceGetCount", &value), CUDA_SUCCESS);
            EXPECT_EQ(value, 2);
            EXPECT_EQ(call("cuDeviceGet", &device, 1), CUDA_SUCCESS);
            EXPECT_EQ(call("cuDeviceGet", &device, 2), CUDA_ERROR_INVALID_DEVICE);
            call("cuDeviceGetAttribute", &value, int(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                 0);
            EXPECT_EQ(value, 9);
            call("cuDeviceGetAttribute", &value,
                 int(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN), 0);
            EXPECT_EQ(value, 232448);
            EXPECT_EQ(call("cuDeviceTotalMem_v2", &bytes, 1), CUDA_SUCCESS);
            EXPECT_EQ(bytes, 1000000u);
            char name[64];
            EXPECT_EQ(call("cuDeviceGetName", static_cast<char *>(name), 64, 0), CUDA_SUCCESS);
            EXPECT_STREQ(name, "emulated GPU (sm_90)");
          });
  inChild({{"MOE_FAKE_CUDA_DEVICES", "0"}},
          [&] { EXPECT_EQ(call("cuInit", 0u), CUDA_ERROR_NO_DEVICE); });
}

TEST_F(Driver, MemoryEnds) {
  inChild({{"MOE_FAKE_CUDA_MEMORY", "100000"}}, [&] {
    begin();
    CUdeviceptr large = 0, rest = 0;
    size_t free = 0, total = 0;
    EXPECT_EQ(call("cuMemAlloc_v2", &large, size_t(100001)), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(call("cuMemAlloc_v2", &large, size_t(90000)), CUDA_SUCCESS);
    EXPECT_EQ(call("cuMemAlloc_v2", &rest, size_t(20000)), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(call("cuMemGetInfo_v2", &free, &total), CUDA_SUCCESS);
    EXPECT_EQ(total, 100000u);
    EXPECT_LE(free, 10000u);
    EXPECT_EQ(call("cuMemFree_v2", large), CUDA_SUCCESS);
    EXPECT_EQ(call("cuMemFree_v2", large), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(call("cuMemAlloc_v2", &rest, size_t(20000)), CUDA_SUCCESS);
  });
}

TEST_F(Driver, CopiesStayWithinAllocations) {
  inChild({}, [&] {
    begin();
    char host[256] = {};
    EXPECT_EQ(call("cuMemcpyHtoD_v2", buffer, static_cast<const void *>(host), size_t(129)),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(call("cuMemcpyDtoH_v2", static_cast<void *>(host), buffer + 64, size_t(65)),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(call("cuMemsetD32_v2", buffer, 7u, size_t(33)), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(call("cuMemsetD32_v2", buffer, 7u, size_t(31)), CUDA_SUCCESS);
    EXPECT_EQ(call("cuMemcpyDtoDAsync_v2", buffer + 124, buffer, size_t(4), stream), CUDA_SUCCESS);
    EXPECT_EQ(words(), std::vector<unsigned>(32, 7));
    EXPECT_EQ(
        call("cuMemcpyAsync", buffer, reinterpret_cast<CUdeviceptr>(host), size_t(128), stream),
        CUDA_SUCCESS);
    EXPECT_EQ(words(), std::vector<unsigned>(32, 0));
  });
}

TEST_F(Driver, DeviceMemoryIsNoHostMemory) {
  inChild({}, [&] {
    begin();
    EXPECT_DEATH(*reinterpret_cast<volatile int *>(buffer) = 1, "");
  });
}

TEST_F(Driver, AFaultIsToldByTheNextCallThatWaitsAndStays) {
  std::string log = testing::TempDir() + "moe-fake-cuda.log";
  unlink(log.c_str());
  inChild({{"MOE_EMULATOR_LOG", log.c_str()}}, [&] {
    begin();
    EXPECT_EQ(launch(64, 5), CUDA_SUCCESS);
    EXPECT_EQ(launch(32, 5), CUDA_SUCCESS) << "an enqueued kernel that will not run";
    EXPECT_EQ(call("cuStreamSynchronize", stream), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(launch(32, 5), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(call("cuMemFree_v2", buffer), CUDA_ERROR_ILLEGAL_ADDRESS);
    // A new context is well.
    EXPECT_EQ(call("cuDevicePrimaryCtxRelease_v2", 0), CUDA_SUCCESS);
    EXPECT_EQ(call("cuMemAlloc_v2", &buffer, size_t(8)), CUDA_ERROR_INVALID_CONTEXT);
    begin();
    EXPECT_EQ(launch(32, 5), CUDA_SUCCESS);
    EXPECT_EQ(call("cuCtxSynchronize"), CUDA_SUCCESS);
  });
  std::stringstream text;
  text << std::ifstream(log).rdbuf();
  EXPECT_NE(text.str().find("kernel fill, line 17, block (0,0,0), thread 32: 4 bytes at"),
            std::string::npos)
      << text.str();
}

TEST_F(Driver, ATrapIsALaunchFailure) {
  inChild({}, [&] {
    begin();
    CUfunction stop = nullptr;
    EXPECT_EQ(call("cuModuleGetFunction", &stop, module, "stop"), CUDA_SUCCESS);
    EXPECT_EQ(call("cuLaunchKernel", stop, 1u, 1u, 1u, 1u, 1u, 1u, 0u, stream,
                   static_cast<void **>(nullptr), static_cast<void **>(nullptr)),
              CUDA_SUCCESS);
    CUevent event = nullptr;
    EXPECT_EQ(call("cuEventCreate", &event, 0u), CUDA_SUCCESS);
    EXPECT_EQ(call("cuEventSynchronize", event), CUDA_ERROR_LAUNCH_FAILED);
  });
}

TEST_F(Driver, WrongLaunchesAreRefusedAtOnce) {
  inChild({}, [&] {
    begin();
    EXPECT_EQ(launch(0, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(launch(1025, 1), CUDA_ERROR_INVALID_VALUE);
    // More than 48 KiB of shared memory are asked for first.
    EXPECT_EQ(launch(32, 1, 49153), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(call("cuFuncSetAttribute", fill, int(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES),
                   166913),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(call("cuFuncSetAttribute", fill, int(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES),
                   100000),
              CUDA_SUCCESS);
    EXPECT_EQ(launch(32, 1, 100000), CUDA_SUCCESS);
    EXPECT_EQ(call("cuStreamSynchronize", stream), CUDA_SUCCESS);
    EXPECT_EQ(call("cuStreamSynchronize", reinterpret_cast<CUstream>(&buffer)),
              CUDA_ERROR_INVALID_HANDLE);
  });
}

TEST_F(Driver, ModulesThatAreNotLoaded) {
  inChild({{"MOE_FAKE_CUDA_ARCH", "75"}}, [&] {
    EXPECT_EQ(call("cuInit", 0u), CUDA_SUCCESS);
    EXPECT_EQ(call("cuDevicePrimaryCtxRetain", &context, 0), CUDA_SUCCESS);
    EXPECT_EQ(call("cuCtxSetCurrent", context), CUDA_SUCCESS);
    const char cubin[64] = "\x7f"
                           "ELF";
    EXPECT_EQ(call("cuModuleLoadData", &module, static_cast<const void *>(cubin)),
              CUDA_ERROR_NO_BINARY_FOR_GPU);
    char log[128] = {};
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
    auto load = [&](const char *text) {
      values[1] = reinterpret_cast<void *>(sizeof log);
      return call("cuModuleLoadDataEx", &module, static_cast<const void *>(text), 2u,
                  static_cast<CUjit_option *>(options), static_cast<void **>(values));
    };
    EXPECT_EQ(load(kPtx), CUDA_ERROR_INVALID_PTX);
    EXPECT_STREQ(log, ".target sm_80 is newer than the device, sm_75");
    EXPECT_EQ(load(".version 8.0 .target sm_70 .address_size 64 .visible .entry k() { frob; }"),
              CUDA_ERROR_INVALID_PTX);
    EXPECT_STREQ(log, "line 1: unknown instruction 'frob'");
    EXPECT_EQ(load("no PTX"), CUDA_ERROR_INVALID_PTX);
  });
}

TEST_F(Driver, GraphsRepeatWhatWasCaptured) {
  inChild({}, [&] {
    begin();
    CUgraph graph = nullptr;
    CUgraphExec executable = nullptr;
    CUstreamCaptureStatus status = -1;
    EXPECT_EQ(call("cuStreamBeginCapture_v2", stream, int(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)),
              CUDA_SUCCESS);
    EXPECT_EQ(launch(16, 100), CUDA_SUCCESS);
    EXPECT_EQ(
        call("cuMemsetD8Async", buffer + 64, static_cast<unsigned char>(0), size_t(64), stream),
        CUDA_SUCCESS);
    EXPECT_EQ(call("cuStreamIsCapturing", stream, &status), CUDA_SUCCESS);
    EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
    EXPECT_EQ(call("cuStreamEndCapture", stream, &graph), CUDA_SUCCESS);
    EXPECT_EQ(words(), std::vector<unsigned>(32, ~0u)) << "captured work does not run";
    EXPECT_EQ(call("cuGraphInstantiateWithFlags", &executable, graph, 0ull), CUDA_SUCCESS);
    EXPECT_EQ(call("cuGraphDestroy", graph), CUDA_SUCCESS);
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(call("cuMemsetD32_v2", buffer, 1u, size_t(32)), CUDA_SUCCESS);
      EXPECT_EQ(call("cuGraphLaunch", executable, stream), CUDA_SUCCESS);
      EXPECT_EQ(call("cuStreamSynchronize", stream), CUDA_SUCCESS);
      EXPECT_EQ(words(), counting(100, 16, 0));
    }
    EXPECT_EQ(call("cuGraphExecDestroy", executable), CUDA_SUCCESS);
    EXPECT_EQ(call("cuGraphLaunch", executable, stream), CUDA_ERROR_INVALID_HANDLE);
  });
}

TEST_F(Driver, WhatACaptureForbidsEndsIt) {
  inChild({}, [&] {
    begin();
    CUgraph graph = nullptr;
    CUdeviceptr more = 0;
    auto capture = [&](int mode) { return call("cuStreamBeginCapture_v2", stream, mode); };
    EXPECT_EQ(capture(CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_SUCCESS);
    EXPECT_EQ(call("cuMemAlloc_v2", &more, size_t(8)), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(call("cuStreamEndCapture", stream, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(graph, nullptr);
    EXPECT_EQ(capture(CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_SUCCESS);
    EXPECT_EQ(call("cuStreamSynchronize", stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(call("cuStreamEndCapture", stream, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(capture(CU_STREAM_CAPTURE_MODE_RELAXED), CUDA_SUCCESS);
    EXPECT_EQ(call("cuMemAlloc_v2", &more, size_t(8)), CUDA_SUCCESS);
    EXPECT_EQ(call("cuStreamEndCapture", stream, &graph), CUDA_SUCCESS);
    EXPECT_EQ(call("cuStreamEndCapture", stream, &graph), CUDA_ERROR_ILLEGAL_STATE);
  });
}

TEST_F(Driver, EventsMeasure) {
  inChild({}, [&] {
    begin();
    CUevent start = nullptr, end = nullptr;
    float milliseconds = -1;
    EXPECT_EQ(call("cuEventCreate", &start, 0u), CUDA_SUCCESS);
    EXPECT_EQ(call("cuEventCreate", &end, 0u), CUDA_SUCCESS);
    EXPECT_EQ(call("cuEventRecord", start, stream), CUDA_SUCCESS);
    EXPECT_EQ(call("cuEventElapsedTime", &milliseconds, start, end), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(launch(32, 1), CUDA_SUCCESS);
    EXPECT_EQ(call("cuEventRecord", end, stream), CUDA_SUCCESS);
    EXPECT_EQ(call("cuStreamWaitEvent", stream, end, 0u), CUDA_SUCCESS);
    EXPECT_EQ(call("cuEventElapsedTime", &milliseconds, start, end), CUDA_SUCCESS);
    EXPECT_GE(milliseconds, 0.0f);
    EXPECT_EQ(call("cuEventDestroy_v2", end), CUDA_SUCCESS);
    EXPECT_EQ(call("cuEventDestroy_v2", end), CUDA_ERROR_INVALID_HANDLE);
  });
}

TEST_F(Driver, CallsFailWhenTheyAreAskedTo) {
  inChild({{"MOE_FAKE_CUDA_FAIL", "cuMemAlloc_v2:2=2"}}, [&] {
    begin();
    CUdeviceptr more = 0;
    EXPECT_EQ(call("cuMemAlloc_v2", &more, size_t(8)), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(call("cuMemAlloc_v2", &more, size_t(8)), CUDA_SUCCESS);
  });
  inChild({{"MOE_FAKE_CUDA_FAIL", "*:3=999"}}, [&] {
    int version = 0;
    EXPECT_EQ(call("cuInit", 0u), CUDA_SUCCESS);
    EXPECT_EQ(call("cuDriverGetVersion", &version), CUDA_SUCCESS);
    EXPECT_EQ(call("cuDriverGetVersion", &version), CUDA_ERROR_UNKNOWN);
    EXPECT_EQ(call("cuDriverGetVersion", &version), CUDA_SUCCESS);
  });
}

TEST_F(Driver, EntryPointsByName) {
  inChild({}, [&] {
    void *entry = nullptr;
    int status = -1;
    auto find = [&](const char *name) {
      return call("cuGetProcAddress_v2", name, &entry, 12000, uint64_t(0), &status);
    };
    EXPECT_EQ(find("cuMemAlloc"), CUDA_SUCCESS);
    EXPECT_EQ(entry, dlsym(library, "cuMemAlloc_v2"));
    EXPECT_EQ(status, 0);
    EXPECT_EQ(find("cuInit"), CUDA_SUCCESS);
    EXPECT_EQ(entry, dlsym(library, "cuInit"));
    EXPECT_EQ(find("cuNothing"), CUDA_ERROR_NOT_FOUND);
    EXPECT_EQ(find("malloc"), CUDA_ERROR_NOT_FOUND);
  });
}

TEST_F(Driver, ErrorsHaveNames) {
  const char *text = nullptr;
  EXPECT_EQ(call("cuGetErrorName", CUDA_ERROR_ILLEGAL_ADDRESS, &text), CUDA_SUCCESS);
  EXPECT_STREQ(text, "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT_EQ(call("cuGetErrorString", CUDA_ERROR_OUT_OF_MEMORY, &text), CUDA_SUCCESS);
  EXPECT_STREQ(text, "out of memory");
  EXPECT_EQ(call("cuGetErrorName", static_cast<CUresult>(12345), &text), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(text, nullptr);
}

TEST_F(Driver, CountersAreWrittenAtTheEnd) {
  std::string file = testing::TempDir() + "moe-fake-cuda.json";
  unlink(file.c_str());
  inChild({{"MOE_EMULATOR_COUNTERS", file.c_str()}}, [&] {
    begin();
    EXPECT_EQ(launch(32, 5), CUDA_SUCCESS);
    // Contexts that are gone count too.
    EXPECT_EQ(call("cuDevicePrimaryCtxRelease_v2", 0), CUDA_SUCCESS);
    begin();
    EXPECT_EQ(launch(32, 5), CUDA_SUCCESS);
  });
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_NE(text.str().find(
                "{\"launches\": 2, \"kernels\": {\n  \"fill\": {\"launches\": 2, \"blocks\": 2"),
            std::string::npos)
      << text.str();
}

} // namespace
