//===- loaded.h - Artifacts and models in memory, for tests -----*- C++ -*-===//

#ifndef MOE_TEST_RUNTIME_LOADED_H
#define MOE_TEST_RUNTIME_LOADED_H

#include "runtime/moe_rt.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace moe::test {

struct Free {
  void operator()(void *block) const { free(block); }
  void operator()(moe_rt_model *model) const { moe_rt_model_free(model); }
  void operator()(moe_rt_session *session) const { moe_rt_session_free(session); }
};

/// An artifact where moe_rt_model_load_memory wants it.
struct Memory {
  explicit Memory(const std::string &bytes)
      : block(aligned_alloc(4096, (bytes.size() + 4096) / 4096 * 4096)) {
    memcpy(block.get(), bytes.data(), bytes.size());
  }
  std::unique_ptr<void, Free> block;
};

/// What came of a load.
struct Loaded {
  explicit Loaded(const std::string &bytes, uint32_t flags = 0, const char *variant = nullptr,
                  const moe_rt_allocator *allocator = nullptr, const char *device = nullptr)
      : memory(bytes) {
    moe_rt_load_options options = MOE_RT_INIT(moe_rt_load_options);
    options.flags = flags;
    options.name = "demo.moe";
    options.variant = variant;
    options.allocator = allocator;
    options.device = device;
    moe_rt_model *loaded = nullptr;
    status = moe_rt_model_load_memory(memory.block.get(), bytes.size(), &options, &loaded, &error);
    model.reset(loaded);
  }
  const char *message() const { return error.message; }

  Memory memory;
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  moe_rt_status status;
  std::unique_ptr<moe_rt_model, Free> model;
};

/// A tensor over the caller's data.
inline moe_rt_tensor makeTensor(moe_rt_type type, const void *data, std::vector<int64_t> shape) {
  moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
  tensor.data = data;
  tensor.type = type;
  tensor.rank = static_cast<uint32_t>(shape.size());
  for (size_t i = 0; i < shape.size(); ++i)
    tensor.shape[i] = shape[i];
  return tensor;
}

} // namespace moe::test

#endif // MOE_TEST_RUNTIME_LOADED_H
