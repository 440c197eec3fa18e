//===- model.h - A loaded artifact ------------------------------*- C++ -*-===//

#ifndef MOE_RUNTIME_MODEL_H
#define MOE_RUNTIME_MODEL_H

#include "code.h"
#include "device.h"
#include "memory.h"
#include "moe_format.h"
#include "moe_meta_generated.h"

#include <atomic>

namespace moe::cuda {
struct Model;
struct Session;
} // namespace moe::cuda

/// Everything in it but `references` stays as it was loaded.
struct moe_rt_model {
  moe::rt::Allocator allocator = {};
  /// The caller's handle and each session hold one.
  std::atomic<uint32_t> references{1};

  const uint8_t *data = nullptr;
  size_t size = 0;
  /// Whether `data` is a mapping of ours, or the caller's memory.
  bool mapped = false;

  const moe_file_header *header = nullptr;
  const moe_file_section *sections = nullptr;
  const moe::meta::Model *meta = nullptr;
  /// Null where the model has none.
  const uint8_t *weights = nullptr;
  /// The chosen variant; SIZE_MAX where there is none.
  size_t variant = SIZE_MAX;
  moe::rt::Code code;

  const moe::rt::Backend *backend = &moe::rt::cpuBackend;
  /// The GPU's side; null on the CPU.
  moe::cuda::Model *cuda = nullptr;
};

namespace moe::rt {

/// What the checks of one load have in common.
struct Loading {
  moe_rt_model &model;
  const char *name; // of the artifact, in messages
  moe_rt_error *error;
};

/// The number of elements of a FlatBuffers vector, which is null where the file has none.
template <typename T> size_t sizeOf(const T *vector) { return vector ? vector->size() : 0; }

/// Null where the model has no section of the kind (and, for code, ptx and cubin, variant).
const moe_file_section *findSection(const moe_rt_model &model, uint32_t kind, size_t variant = 0);

/// Checks header, section table and checksums; fills header, sections and weights.
moe_rt_status checkFile(Loading &loading, bool checkWeights);
/// Checks the metadata section against the sections and the runtime's limits; fills meta.
moe_rt_status checkMetadata(Loading &loading);
/// Checks the variants against the sections and the runtime's limits.
moe_rt_status checkVariants(Loading &loading);

/// Lists the features that the CPU lacks; false when it lacks none.
bool listMissing(const meta::Variant &variant, Line &line);

moe_rt_tensor_info describeTensor(const meta::Tensor *tensor);

void retain(moe_rt_model *model);
void release(moe_rt_model *model);

} // namespace moe::rt

#endif // MOE_RUNTIME_MODEL_H
