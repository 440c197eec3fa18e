//===- device_session.h - Sessions on a GPU, for tests ----------*- C++ -*-===//

#ifndef MOE_TEST_RUNTIME_DEVICE_SESSION_H
#define MOE_TEST_RUNTIME_DEVICE_SESSION_H

#include "fake_device.h"

namespace moe::test {

/// A session of the demo model on the GPU, and the values it is tried with.
struct OnDevice {
  explicit OnDevice(moe_rt_model *model, uint32_t flags = 0, void *stream = nullptr) {
    moe_rt_session_options options = MOE_RT_INIT(moe_rt_session_options);
    options.flags = flags;
    options.stream = stream;
    moe_rt_session *created = nullptr;
    EXPECT_EQ(moe_rt_session_create(model, &options, &created, &error), MOE_RT_OK) << error.message;
    session.reset(created);
  }
  moe_rt_status bind(size_t input, const moe_rt_tensor &tensor) {
    return moe_rt_session_bind(session.get(), input, &tensor, &error);
  }
  moe_rt_status run() { return moe_rt_session_run(session.get(), &error); }
  /// Runs over copies that are gone afterwards: a GPU has read its inputs when run returns.
  moe_rt_status run(const std::vector<float> &x) {
    std::vector<float> rows = x;
    int64_t tokens = static_cast<int64_t>(rows.size() / 4);
    std::vector<int64_t> keep(static_cast<size_t>(tokens), 7);
    bind(0, makeTensor(MOE_RT_FLOAT32, rows.data(), {tokens, 4}));
    bind(1, makeTensor(MOE_RT_INT64, keep.data(), {tokens}));
    moe_rt_status status = run();
    std::fill(rows.begin(), rows.end(), -1.0f);
    return status;
  }
  moe_rt_tensor output(size_t index) {
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    EXPECT_EQ(moe_rt_session_output(session.get(), index, &tensor), MOE_RT_OK);
    return tensor;
  }
  moe_rt_tensor observation(size_t index) {
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    EXPECT_EQ(moe_rt_session_observation(session.get(), index, &tensor), MOE_RT_OK);
    return tensor;
  }
  moe_rt_stats stats() {
    moe_rt_stats stats = MOE_RT_INIT(moe_rt_stats);
    EXPECT_EQ(moe_rt_session_stats(session.get(), &stats), MOE_RT_OK);
    return stats;
  }

  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  std::unique_ptr<moe_rt_session, Free> session;
};

inline std::vector<float> floats(const moe_rt_tensor &tensor) {
  EXPECT_EQ(tensor.memory, static_cast<uint32_t>(MOE_RT_HOST));
  const float *data = static_cast<const float *>(tensor.data);
  return std::vector<float>(data, data + tensor.shape[0] * tensor.shape[1]);
}

inline const std::vector<float> twoRows = {1, 2, 3, 4, -1, 5, 0, 0};
inline const std::vector<float> twoResults = {3.75, 7.5, 11.25, 15, -1.5, 7.5, 0, 0};

/// Rows without a pattern, and what the CPU makes of them.
inline std::vector<float> makeRows(size_t tokens, uint32_t state = 1) {
  std::vector<float> x(tokens * 4);
  for (float &value : x)
    value = static_cast<float>((state = state * 1664525 + 1013904223) >> 16) / 128 - 200;
  return x;
}

inline std::vector<float> onCpu(const std::vector<float> &x) {
  static Loaded loaded(gpuArtifact());
  OnDevice cpu(loaded.model.get());
  EXPECT_EQ(cpu.run(x), MOE_RT_OK);
  return floats(cpu.output(0));
}
/// The address as the API has it.
inline const void *pointer(cuda::DevicePtr address) {
  return reinterpret_cast<const void *>(address);
}

inline moe_rt_tensor onDevice(moe_rt_type type, cuda::DevicePtr address,
                              std::vector<int64_t> shape) {
  moe_rt_tensor tensor = makeTensor(type, pointer(address), std::move(shape));
  tensor.memory = MOE_RT_DEVICE_MEMORY;
  return tensor;
}

} // namespace moe::test

#endif // MOE_TEST_RUNTIME_DEVICE_SESSION_H
