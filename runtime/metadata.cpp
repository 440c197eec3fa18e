//===- metadata.cpp - Checks of the metadata, and the choice of a variant -===//
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

/// Each code section belongs to a variant, and each variant has one.
static moe_rt_status checkVariants(Loading &loading) {
  const moe_rt_model &model = loading.model;
  size_t variants = sizeOf(model.meta->variants());
  for (uint32_t i = 0; i < model.header->sections; ++i)
    if (model.sections[i].kind == MOE_SECTION_CODE && model.sections[i].variant >= variants)
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: section %u (code) is of variant %u, there are %zu variants",
                    loading.name, i, model.sections[i].variant, variants);
  for (uint32_t i = 0; i < variants; ++i)
    if (!findSection(model, MOE_SECTION_CODE, i))
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: variant '%s' has no code section", loading.name,
                    model.meta->variants()->Get(i)->name()->c_str());
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

/// Lists the features that the CPU lacks; false when it lacks none.
static bool listMissing(const meta::Variant *variant, Line &line) {
  bool missing = false;
  for (uint32_t i = 0; i < sizeOf(variant->features()); ++i) {
    const char *feature = variant->features()->Get(i)->c_str();
    if (moe_rt_cpu_has(feature))
      continue;
    line.append("%s%s", missing ? ", " : "", feature);
    missing = true;
  }
  return missing;
}

moe_rt_status moe::rt::chooseVariant(Loading &loading, const char *wanted) {
  const auto *variants = loading.model.meta->variants();
  Line reasons, names;
  bool found = false;
  for (uint32_t i = 0; i < sizeOf(variants); ++i) {
    const meta::Variant *variant = variants->Get(i);
    if (variant->target()->string_view() != "cpu")
      continue;
    names.append("%s'%s'", *names.text() ? ", " : "", variant->name()->c_str());
    if (wanted && variant->name()->string_view() != wanted)
      continue;
    found = true;
    Line missing;
    if (!listMissing(variant, missing)) {
      loading.model.variant = i;
      return MOE_RT_OK;
    }
    reasons.append("%s'%s' lacks %s", *reasons.text() ? "; " : "", variant->name()->c_str(),
                   missing.text());
  }
  if (wanted && !found)
    return report(loading.error, MOE_RT_INVALID_ARGUMENT, "%s: has no code variant '%s', only %s",
                  loading.name, wanted, *names.text() ? names.text() : "none for a CPU");
  if (!found)
    return report(loading.error, MOE_RT_UNSUPPORTED,
                  "%s: unsupported: has no code for a CPU; compile it with --target=cpu",
                  loading.name);
  return report(loading.error, MOE_RT_UNSUPPORTED,
                "%s: unsupported: this CPU runs no code variant: %s; compile with --cpu=all, or on "
                "this machine with --cpu=native",
                loading.name, reasons.text());
}
