//===- metadata.cpp - Checks of the metadata ------------------------------===//
//
// The FlatBuffers verifier proves that reading the metadata stays inside of it; what it says is
// checked here, so that queries and runs need not.
//
//===----------------------------------------------------------------------===//

#include "model.h"

#include "moe_abi.h"

#include <inttypes.h>

using namespace moe::rt;
namespace meta = moe::meta;

static const char *text(const flatbuffers::String *string) { return string ? string->c_str() : ""; }

moe_rt_tensor_info moe::rt::describeTensor(const meta::Tensor *tensor) {
  moe_rt_tensor_info info = {};
  info.size = sizeof(info);
  info.name = tensor->name()->c_str();
  info.type = static_cast<uint32_t>(tensor->type());
  info.rank = static_cast<uint32_t>(sizeOf(tensor->dimensions()));
  for (uint32_t i = 0; i < MOE_RT_MAX_RANK; ++i)
    info.symbols[i] = "";
  for (uint32_t i = 0; i < info.rank; ++i) {
    const meta::Dimension *dimension = tensor->dimensions()->Get(i);
    info.dims[i] = dimension->size();
    info.symbols[i] = text(dimension->symbol());
  }
  return info;
}

static moe_rt_status checkTensor(Loading &loading, const meta::Tensor *tensor, const char *what) {
  if (!moe_rt_type_size(static_cast<uint32_t>(tensor->type())))
    return report(loading.error, MOE_RT_UNSUPPORTED, "%s: unsupported: %s '%s' has element type %u",
                  loading.name, what, tensor->name()->c_str(),
                  static_cast<unsigned>(tensor->type()));
  if (sizeOf(tensor->dimensions()) > MOE_MAX_RANK)
    return report(loading.error, MOE_RT_UNSUPPORTED,
                  "%s: unsupported: %s '%s' has %zu dimensions, at most %d are possible",
                  loading.name, what, tensor->name()->c_str(), sizeOf(tensor->dimensions()),
                  MOE_MAX_RANK);
  for (size_t i = 0; i < sizeOf(tensor->dimensions()); ++i) {
    int64_t size = tensor->dimensions()->Get(static_cast<uint32_t>(i))->size();
    if (size < -1)
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: dimension %zu of %s '%s' is %" PRId64, loading.name, i, what,
                    tensor->name()->c_str(), size);
  }
  return MOE_RT_OK;
}

static moe_rt_status checkTensors(Loading &loading) {
  const meta::Model &model = *loading.model.meta;
  for (uint32_t i = 0; i < sizeOf(model.inputs()); ++i)
    if (moe_rt_status status = checkTensor(loading, model.inputs()->Get(i), "input"))
      return status;
  for (uint32_t i = 0; i < sizeOf(model.outputs()); ++i)
    if (moe_rt_status status = checkTensor(loading, model.outputs()->Get(i), "output"))
      return status;
  for (uint32_t i = 0; i < sizeOf(model.observations()); ++i) {
    const meta::Observation *observation = model.observations()->Get(i);
    if (observation->layer() >= sizeOf(model.layers()))
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: observation %u is of layer %u, there are %zu layers",
                    loading.name, i, observation->layer(), sizeOf(model.layers()));
    if (!observation->tensor())
      return report(loading.error, MOE_RT_MALFORMED, "%s: malformed: observation %u has no tensor",
                    loading.name, i);
    if (moe_rt_status status = checkTensor(loading, observation->tensor(), "observation"))
      return status;
  }
  return MOE_RT_OK;
}

moe_rt_status moe::rt::checkMetadata(Loading &loading) {
  moe_rt_model &model = loading.model;
  const moe_file_section *section = findSection(model, MOE_SECTION_METADATA);
  constexpr uint64_t limit = uint64_t(1) << 30; // FlatBuffers' own is 2^31
  if (section->size > limit)
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: metadata of %" PRIu64 " bytes, at most %" PRIu64 " are possible",
                  loading.name, section->size, limit);
  const uint8_t *bytes = model.data + section->offset;
  flatbuffers::Verifier verifier(bytes, static_cast<size_t>(section->size));
  if (!meta::VerifyModelBuffer(verifier))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: the metadata section does not follow its schema (moe_meta.fbs)",
                  loading.name);
  model.meta = meta::GetModel(bytes);
  if (moe_rt_status status = checkTensors(loading))
    return status;
  return checkVariants(loading);
}
