//===- device_load_test.cpp - Which GPU, which variant, and what is said --===//

#include "fake_device.h"

#include <functional>

using namespace moe;
using namespace moe::test;

static std::string refuse(moe_rt_status status, const std::string &artifact,
                          const char *device = "cuda", const char *variant = nullptr) {
  LoadedOnDevice loaded(artifact, device, variant);
  EXPECT_EQ(loaded.status, status) << loaded.message();
  EXPECT_FALSE(loaded.model);
  return loaded.message();
}

static size_t chosen(const Loaded &loaded) {
  moe_rt_model_info info = MOE_RT_INIT(moe_rt_model_info);
  EXPECT_EQ(loaded.status, MOE_RT_OK) << loaded.message();
  moe_rt_model_describe(loaded.model.get(), &info);
  return info.variant;
}

static DemoGpu gpu(const char *target, uint32_t architecture) {
  DemoGpu result;
  result.target = target;
  result.architecture = architecture;
  return result;
}

TEST(DeviceLoad, SaysWhatItIs) {
  FakeDevice device;
  device->devices = 2;
  LoadedOnDevice loaded(gpuArtifact(), "cuda:1");
  ASSERT_EQ(loaded.status, MOE_RT_OK) << loaded.message();
  moe_rt_model_info info = MOE_RT_INIT(moe_rt_model_info);
  ASSERT_EQ(moe_rt_model_describe(loaded.model.get(), &info), MOE_RT_OK);
  EXPECT_STREQ(info.device, "cuda:1");
  EXPECT_STREQ(info.device_name, "Fake GPU");
  EXPECT_EQ(info.variant, 1u);
  moe_rt_variant_info variant = MOE_RT_INIT(moe_rt_variant_info);
  ASSERT_EQ(moe_rt_model_variant(loaded.model.get(), 1, &variant), MOE_RT_OK);
  EXPECT_EQ(variant.architecture, 80u);
  EXPECT_EQ(variant.device_bytes, 16u);
  EXPECT_GT(variant.ptx_size, 1000u);
  EXPECT_EQ(variant.cubin_size, 64u);
  EXPECT_EQ(variant.kernels, 3u);
  EXPECT_EQ(variant.launches, 1u);
  EXPECT_TRUE(variant.runnable);
  moe_rt_kernel_info kernel = MOE_RT_INIT(moe_rt_kernel_info);
  ASSERT_EQ(moe_rt_model_kernel(loaded.model.get(), 1, 2, &kernel), MOE_RT_OK);
  EXPECT_STREQ(kernel.name, "demo_scale");
  EXPECT_EQ(kernel.threads, 128u);
  EXPECT_EQ(kernel.shared, 65536u);
  EXPECT_EQ(moe_rt_model_kernel(loaded.model.get(), 1, 3, &kernel), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(moe_rt_model_kernel(loaded.model.get(), 0, 0, &kernel), MOE_RT_INVALID_ARGUMENT);
  moe_rt_launches_info launches = MOE_RT_INIT(moe_rt_launches_info);
  ASSERT_EQ(moe_rt_model_launches(loaded.model.get(), 1, 0, &launches), MOE_RT_OK);
  EXPECT_EQ(launches.layer, 0u);
  EXPECT_EQ(std::vector<uint32_t>(launches.kernels, launches.kernels + launches.count),
            (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(moe_rt_model_launches(loaded.model.get(), 1, 1, &launches), MOE_RT_INVALID_ARGUMENT);
}

// The same file on the CPU opens no driver: the one named here is not there.
TEST(DeviceLoad, TheCpuNeedsNoDriver) {
  setenv("MOE_CUDA_DRIVER", "/nonexistent/libcuda.so.1", 1);
  std::string artifact = gpuArtifact();
  Loaded loaded(artifact);
  EXPECT_EQ(chosen(loaded), 0u);
  moe_rt_variant_info variant = MOE_RT_INIT(moe_rt_variant_info);
  ASSERT_EQ(moe_rt_model_variant(loaded.model.get(), 1, &variant), MOE_RT_OK);
  EXPECT_FALSE(variant.runnable);
  std::string message = refuse(MOE_RT_DEVICE, artifact);
  EXPECT_EQ(message.find("demo.moe: cannot load the CUDA driver: /nonexistent/libcuda.so.1: "), 0u)
      << message;
  EXPECT_NE(message.find("; install NVIDIA's driver, or run with --device cpu"), std::string::npos);
  unsetenv("MOE_CUDA_DRIVER");
}

TEST(DeviceLoad, NoGpuCodeNeedsNoDriver) {
  std::string cpuOnly = writeArtifact(demoSections());
  EXPECT_EQ(refuse(MOE_RT_UNSUPPORTED, cpuOnly),
            "demo.moe: unsupported: has no code for a GPU; compile it with --target=cpu,sm_80, or "
            "run it with --device cpu");
  EXPECT_EQ(refuse(MOE_RT_INVALID_ARGUMENT, gpuArtifact(), "cuda", "demo0"),
            "demo.moe: has no code variant 'demo0' for a GPU, only 'sm_80'");
  for (const char *name : {"gpu", "cuda:", "cuda:x", "cuda:12345", "cuda1", ""})
    EXPECT_EQ(refuse(MOE_RT_INVALID_ARGUMENT, gpuArtifact(), name),
              "demo.moe: expected the device cpu, cuda or cuda:N, found '" + std::string(name) +
                  "'");
}

TEST(DeviceLoad, WhatIsWrongWithTheDriver) {
  FakeDevice device;
  std::string artifact = gpuArtifact();
  device->version = 11080;
  EXPECT_EQ(refuse(MOE_RT_UNSUPPORTED, artifact),
            "demo.moe: unsupported: the CUDA driver is for CUDA 11.8, expected 12.0 or later; "
            "install a newer driver, or run with --device cpu");
  device.renew();
  device->devices = 0;
  EXPECT_EQ(refuse(MOE_RT_DEVICE, artifact),
            "demo.moe: the CUDA driver does not start: cuInit: CUDA_ERROR_NO_DEVICE (100, as "
            "scripted); see whether nvidia-smi works, or run with --device cpu");
  device.renew();
  EXPECT_EQ(refuse(MOE_RT_INVALID_ARGUMENT, artifact, "cuda:1"),
            "demo.moe: device cuda:1: the CUDA driver finds 1, cuda:0 to cuda:0");
  device->major = 7;
  device->minor = 5;
  EXPECT_EQ(refuse(MOE_RT_UNSUPPORTED, artifact),
            "demo.moe: unsupported: device cuda:0 (Fake GPU, compute capability 7.5) runs no code "
            "variant: 'sm_80' needs 8.0; compile for an older --target, or run with --device cpu");
  // What was mended works, in the same process.
  device.renew();
  EXPECT_EQ(chosen(LoadedOnDevice(artifact)), 1u);
}

// A library that is no driver.
TEST(DeviceLoad, MissingSymbols) {
  setenv("MOE_CUDA_DRIVER", "libc.so.6", 1);
  EXPECT_EQ(refuse(MOE_RT_DEVICE, gpuArtifact()),
            "demo.moe: the CUDA driver 'libc.so.6' has no function 'cuInit'; install NVIDIA's "
            "driver for CUDA 12.0 or later, or run with --device cpu");
  unsetenv("MOE_CUDA_DRIVER");
}

TEST(DeviceLoad, OldNamesAreNotCalled) {
  FakeDevice device("libmoe_fake_old_driver.so");
  EXPECT_EQ(chosen(LoadedOnDevice(gpuArtifact())), 1u);
}

TEST(DeviceLoad, ChoosesTheHighestArchitectureThatRuns) {
  FakeDevice device;
  std::string artifact = gpuArtifact({gpu("sm_80", 80), gpu("sm_90", 90), gpu("sm_90a", 90),
                                      gpu("sm_89", 89), gpu("sm_100f", 100)});
  struct Row {
    int major, minor;
    size_t variant; // the first is the CPU's
  };
  for (Row row : {Row{8, 0, 1}, Row{8, 6, 1}, Row{8, 9, 4}, Row{9, 0, 2}, Row{10, 0, 5},
                  Row{10, 3, 5}, Row{12, 0, 2}}) {
    device->major = row.major;
    device->minor = row.minor;
    EXPECT_EQ(chosen(LoadedOnDevice(artifact)), row.variant) << row.major << "." << row.minor;
  }
  EXPECT_EQ(refuse(MOE_RT_UNSUPPORTED, artifact, "cuda", "sm_90a"),
            "demo.moe: unsupported: device cuda:0 (Fake GPU, compute capability 12.0) runs no code "
            "variant: 'sm_90a' needs 9.0 and no later; compile for an older --target, or run with "
            "--device cpu");
  EXPECT_EQ(chosen(LoadedOnDevice(artifact, "cuda:0", "sm_80")), 1u);
  DemoGpu picky;
  picky.features = {"amx_from_tomorrow"};
  EXPECT_EQ(refuse(MOE_RT_UNSUPPORTED, gpuArtifact({picky})),
            "demo.moe: unsupported: device cuda:0 (Fake GPU, compute capability 12.0) runs no code "
            "variant: 'sm_80' needs amx_from_tomorrow of the CPU; compile for an older --target, "
            "or run with --device cpu");
}

// A cubin runs on its own major architecture only, PTX on all later ones.
TEST(DeviceLoad, CubinWhereItFitsElsePtx) {
  FakeDevice device;
  auto loads = [&](const std::string &artifact) {
    device->textLoads = device->binaryLoads = 0;
    EXPECT_EQ(chosen(LoadedOnDevice(artifact)), 1u);
    return std::pair<int64_t, int64_t>(device->binaryLoads, device->textLoads);
  };
  using Loads = std::pair<int64_t, int64_t>;
  DemoGpu textOnly, cubinOnly;
  textOnly.cubin = cubinOnly.ptx = false;
  EXPECT_EQ(loads(gpuArtifact()), Loads(1, 0));
  EXPECT_EQ(loads(gpuArtifact({textOnly})), Loads(0, 1));
  device->minor = 6;
  EXPECT_EQ(loads(gpuArtifact()), Loads(1, 0));
  EXPECT_EQ(loads(gpuArtifact({cubinOnly})), Loads(1, 0));
  device->major = 9;
  EXPECT_EQ(loads(gpuArtifact()), Loads(0, 1));
  // A driver that does not take the cubin takes the PTX.
  device->major = 8;
  for (cuda::Result refusal : {cuda::kNoBinaryForGpu, cuda::kInvalidImage}) {
    device.fail("cuModuleLoadDataEx", 0, refusal);
    EXPECT_EQ(loads(gpuArtifact()), Loads(0, 1));
    device.fail("cuModuleLoadDataEx", 0, refusal);
    EXPECT_EQ(LoadedOnDevice(gpuArtifact({cubinOnly})).status,
              refusal == cuda::kNoBinaryForGpu ? MOE_RT_UNSUPPORTED : MOE_RT_DEVICE);
  }
}

TEST(DeviceLoad, ModulesThatDoNotLoad) {
  FakeDevice device;
  std::vector<Section> sections;
  DemoOptions options;
  options.gpus = {DemoGpu()};
  options.gpus[0].cubin = false;
  sections = demoSections(options);
  for (Section &section : sections)
    if (section.kind == MOE_SECTION_PTX)
      section.bytes = "nonsense";
  device->log = "ptxas fatal: line 1\n  no .version here\n\n";
  EXPECT_EQ(refuse(MOE_RT_INTERNAL, writeArtifact(sections)),
            "demo.moe: device cuda:0 (Fake GPU): the kernels of variant 'sm_80' do not load: "
            "cuModuleLoadDataEx: an unknown error (218, as scripted): ptxas fatal: line 1   no "
            ".version here");
  device.fail("cuModuleLoadDataEx", 0, cuda::kUnsupportedPtxVersion);
  device->log = "";
  EXPECT_EQ(refuse(MOE_RT_UNSUPPORTED, gpuArtifact(options.gpus)),
            "demo.moe: device cuda:0 (Fake GPU): the kernels of variant 'sm_80' do not load: "
            "cuModuleLoadDataEx: an unknown error (222, as scripted); install a newer driver, or "
            "run with --device cpu");
  options.gpus[0].kernels[1].name = "demo_rout";
  EXPECT_EQ(refuse(MOE_RT_MALFORMED, gpuArtifact(options.gpus)),
            "demo.moe: device cuda:0 (Fake GPU): kernel 'demo_rout' (0 bytes of shared memory) "
            "cannot be used: cuModuleGetFunction: an unknown error (500, as scripted)");
  options.gpus[0].kernels[1] = {"demo_route", 32, 200 << 10};
  EXPECT_EQ(refuse(MOE_RT_DEVICE, gpuArtifact(options.gpus)),
            "demo.moe: device cuda:0 (Fake GPU): kernel 'demo_route' (204800 bytes of shared "
            "memory) cannot be used: cuFuncSetAttribute: an unknown error (1, as scripted)");
}

TEST(DeviceLoad, WeightsThatDoNotFit) {
  FakeDevice device;
  DemoGpu large;
  large.deviceBytes = uint64_t(2) << 30;
  EXPECT_EQ(refuse(MOE_RT_OUT_OF_MEMORY, gpuArtifact({large})),
            "demo.moe: device cuda:0 (Fake GPU): weights: out of memory, 2147483648 bytes asked "
            "for, 1073741824 of 1073741824 bytes free; use smaller inputs, free the device, or run "
            "with --device cpu");
}

TEST(DeviceLoad, CodeWithoutPrepare) {
  FakeDevice device;
  DemoOptions options;
  options.gpus = {DemoGpu()};
  std::vector<Section> sections = demoSections(options);
  for (Section &section : sections)
    if (section.kind == MOE_SECTION_CODE && section.variant == 1)
      section.bytes = sections[1].bytes; // the CPU's
  EXPECT_EQ(refuse(MOE_RT_MALFORMED, writeArtifact(sections)),
            "demo.moe: malformed: the code has no symbol 'moe_prepare'");
}

// Inspection asks which variant would run, and takes nothing from the device.
TEST(DeviceLoad, Inspection) {
  FakeDevice device;
  std::string artifact = gpuArtifact();
  LoadedOnDevice loaded(artifact, "cuda", nullptr, MOE_RT_LOAD_INSPECT);
  EXPECT_EQ(chosen(loaded), 1u);
  EXPECT_EQ(device->alive(), 0);
  device->devices = 0;
  EXPECT_EQ(chosen(LoadedOnDevice(artifact, "cuda", nullptr, MOE_RT_LOAD_INSPECT)), SIZE_MAX);
}

/// The message for metadata and sections that break a rule, on the CPU as well.
static std::string malformed(const std::function<void(DemoGpu &)> &damage) {
  DemoGpu broken;
  damage(broken);
  Loaded loaded(gpuArtifact({broken}));
  EXPECT_EQ(loaded.status, MOE_RT_MALFORMED) << loaded.message();
  return loaded.message();
}

TEST(DeviceMetadata, Rules) {
  EXPECT_EQ(malformed([](DemoGpu &g) { g.architecture = 90; }),
            "demo.moe: malformed: variant 'sm_80' has target 'sm_80' and architecture 90");
  EXPECT_EQ(malformed([](DemoGpu &g) { g.target = "sm_80x"; }),
            "demo.moe: malformed: variant 'sm_80x' has target 'sm_80x' and architecture 80");
  EXPECT_EQ(malformed([](DemoGpu &g) { g.target = "cpu"; }),
            "demo.moe: malformed: variant 'cpu' has target 'cpu' and architecture 80");
  EXPECT_EQ(malformed([](DemoGpu &g) {
              g.target = "sm_4";
              g.architecture = 4;
            }),
            "demo.moe: malformed: variant 'sm_4' has target 'sm_4' and architecture 4");
  EXPECT_EQ(malformed([](DemoGpu &g) {
              g.target = "cpu";
              g.architecture = 0;
            }),
            "demo.moe: malformed: section 3 (ptx) is of variant 'cpu', which is not for a GPU");
  EXPECT_EQ(malformed([](DemoGpu &g) { g.ptx = g.cubin = false; }),
            "demo.moe: malformed: variant 'sm_80' has kernels, but neither a ptx nor a cubin "
            "section");
  EXPECT_EQ(malformed([](DemoGpu &g) { g.launchedLayer = 1; }),
            "demo.moe: malformed: launches 0 of variant 'sm_80' are of layer 1, there are 1 "
            "layers");
  EXPECT_EQ(malformed([](DemoGpu &g) { g.launches = {0, 3}; }),
            "demo.moe: malformed: launches 0 of variant 'sm_80' are of kernel 3, there are 3 "
            "kernels");
  for (uint32_t threads : {0u, 1025u})
    EXPECT_EQ(malformed([&](DemoGpu &g) { g.kernels[0].threads = threads; }),
              "demo.moe: malformed: kernel 'demo_copy' of variant 'sm_80' has " +
                  std::to_string(threads) +
                  " threads and 0 bytes of shared memory, possible are 1 to 1024 and up to "
                  "1048576");
  EXPECT_EQ(malformed([](DemoGpu &g) { g.kernels[0].shared = 1 << 21; }),
            "demo.moe: malformed: kernel 'demo_copy' of variant 'sm_80' has 32 threads and 2097152 "
            "bytes of shared memory, possible are 1 to 1024 and up to 1048576");
  EXPECT_EQ(malformed([](DemoGpu &g) { g.deviceBytes = uint64_t(1) << 47; }),
            "demo.moe: malformed: variant 'sm_80' has weights of 140737488355328 bytes, at most "
            "70368744177664 are possible");
}

TEST(DeviceMetadata, Sections) {
  DemoOptions options;
  options.gpus = {DemoGpu()};
  auto message = [&](const std::function<void(std::vector<Section> &)> &damage) {
    std::vector<Section> sections = demoSections(options);
    damage(sections);
    return std::string(Loaded(writeArtifact(sections)).message());
  };
  enum { kPtx = 3, kCubin = 4 };
  for (const char *text : {"", "\n"})
    EXPECT_EQ(message([&](auto &s) { s[kPtx].bytes = text; }),
              "demo.moe: malformed: the ptx of variant 'sm_80' is empty or no text");
  EXPECT_EQ(message([](auto &s) { s[kPtx].bytes[5] = 0; }),
            "demo.moe: malformed: the ptx of variant 'sm_80' is empty or no text");
  EXPECT_EQ(message([](auto &s) { s[kPtx].bytes += '\0'; }), "");
  EXPECT_EQ(message([](auto &s) { s[kCubin].bytes.resize(63); }),
            "demo.moe: malformed: the cubin of variant 'sm_80' is no ELF file for a GPU");
  EXPECT_EQ(message([](auto &s) { s[kCubin].bytes = s[1].bytes; }),
            "demo.moe: malformed: the cubin of variant 'sm_80' is no ELF file for a GPU");
  EXPECT_EQ(message([](auto &s) { s[kCubin].kind = MOE_SECTION_PTX; }),
            "demo.moe: malformed: section 4 (ptx) is there twice");
  EXPECT_EQ(message([](auto &s) { s[kPtx].variant = 2; }),
            "demo.moe: malformed: section 3 (ptx) is of variant 2, there are 2 variants");
}
