//===- load_fuzz.cpp - Artifacts of arbitrary bytes, with right checksums -===//
//
// libFuzzer's entry. Checksums are made right first, or nothing would get past them; then the file
// is loaded for inspection (fuzzed code must not be executed) and asked everything.
//
// ninja runtime-load-fuzz, then runtime-load-fuzz CORPUS with a demo.moe and a gpu.moe in the
// corpus.
//
//===----------------------------------------------------------------------===//

#include "demo_artifact.h"
#include "loaded.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace moe::test;

static void makeChecksumsRight(std::string &artifact) {
  moe_file_header &header = headerOf(artifact);
  header.file_size = artifact.size();
  size_t room = (artifact.size() - sizeof(header)) / sizeof(moe_file_section);
  for (size_t i = 0; i < header.sections && i < room; ++i) {
    moe_file_section &section = sectionOf(artifact, i);
    if (section.offset <= artifact.size() && section.size <= artifact.size() - section.offset)
      section.hash = XXH3_64bits(artifact.data() + section.offset, section.size);
  }
  seal(artifact);
}

/// Those of a GPU variant. Numbers that the checks let through must be those of something.
static size_t askKernels(const moe_rt_model *model, size_t variant) {
  size_t sum = 0;
  moe_rt_kernel_info kernel = MOE_RT_INIT(moe_rt_kernel_info);
  for (size_t i = 0; !moe_rt_model_kernel(model, variant, i, &kernel); ++i)
    sum += strlen(kernel.name);
  moe_rt_launches_info launches = MOE_RT_INIT(moe_rt_launches_info);
  moe_rt_layer_info layer = MOE_RT_INIT(moe_rt_layer_info);
  for (size_t i = 0; !moe_rt_model_launches(model, variant, i, &launches); ++i) {
    if (moe_rt_model_layer(model, launches.layer, &layer))
      abort();
    for (size_t j = 0; j < launches.count; ++j)
      if (moe_rt_model_kernel(model, variant, launches.kernels[j], &kernel))
        abort();
  }
  return sum;
}

/// The sum of what strings hold, so that reading them is not optimised away.
static size_t askEverything(const moe_rt_model *model) {
  size_t sum = 0;
  moe_rt_tensor_info tensor = MOE_RT_INIT(moe_rt_tensor_info);
  auto read = [&] {
    sum += strlen(tensor.name);
    for (uint32_t i = 0; i < tensor.rank; ++i)
      sum += strlen(tensor.symbols[i]);
  };
  for (size_t i = 0; !moe_rt_model_input(model, i, &tensor); ++i)
    read();
  for (size_t i = 0; !moe_rt_model_output(model, i, &tensor); ++i)
    read();
  moe_rt_layer_info layer = MOE_RT_INIT(moe_rt_layer_info);
  for (size_t i = 0; !moe_rt_model_layer(model, i, &layer); ++i)
    sum += strlen(layer.name) + strlen(layer.gate) + strlen(layer.form) + strlen(layer.node);
  moe_rt_observation_info observation = MOE_RT_INIT(moe_rt_observation_info);
  for (size_t i = 0; !moe_rt_model_observation(model, i, &observation); ++i)
    if (moe_rt_model_layer(model, observation.layer, &layer))
      abort();
  moe_rt_variant_info variant = MOE_RT_INIT(moe_rt_variant_info);
  for (size_t i = 0; !moe_rt_model_variant(model, i, &variant); ++i) {
    for (size_t j = 0; const char *feature = moe_rt_model_variant_feature(model, i, j); ++j)
      sum += strlen(feature);
    sum += askKernels(model, i);
  }
  moe_rt_section_info section = MOE_RT_INIT(moe_rt_section_info);
  for (size_t i = 0; !moe_rt_model_section(model, i, &section); ++i)
    sum += section.bytes ? static_cast<const uint8_t *>(section.data)[section.bytes - 1] : 0;
  return sum;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string artifact(reinterpret_cast<const char *>(data), size);
  if (size >= sizeof(moe_file_header))
    makeChecksumsRight(artifact);
  Loaded loaded(artifact, MOE_RT_LOAD_INSPECT | MOE_RT_LOAD_CHECK_WEIGHTS);
  if (loaded.status ? bool(loaded.model) || !*loaded.message()
                    : askEverything(loaded.model.get()) == 0)
    return -1;
  return 0;
}
