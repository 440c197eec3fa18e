//===- query.cpp - What a model says about itself -------------------------===//
//
// Straight reads of the checked metadata, in the structs of the C API.
//
//===----------------------------------------------------------------------===//

#include "model.h"

using namespace moe::rt;
namespace meta = moe::meta;

static const char *text(const flatbuffers::String *string) { return string ? string->c_str() : ""; }

/// Element `index` of a vector, or null.
template <typename T>
static const T *at(const flatbuffers::Vector<flatbuffers::Offset<T>> *vector, size_t index) {
  return index < sizeOf(vector) ? vector->Get(static_cast<uint32_t>(index)) : nullptr;
}

moe_rt_status moe_rt_model_describe(const moe_rt_model *model, moe_rt_model_info *result) {
  if (!model)
    return MOE_RT_INVALID_ARGUMENT;
  moe_rt_model_info info = {};
  info.format_major = model->header->major;
  info.format_minor = model->header->minor;
  info.producer = text(model->meta->producer());
  info.source = text(model->meta->source());
  info.file_size = model->size;
  info.inputs = sizeOf(model->meta->inputs());
  info.outputs = sizeOf(model->meta->outputs());
  info.layers = sizeOf(model->meta->layers());
  info.observations = sizeOf(model->meta->observations());
  info.variants = sizeOf(model->meta->variants());
  info.sections = model->header->sections;
  info.variant = model->variant;
  model->backend->describe(*model, info);
  return give(info, result);
}

moe_rt_status moe_rt_model_input(const moe_rt_model *model, size_t index,
                                 moe_rt_tensor_info *result) {
  const meta::Tensor *tensor = model ? at(model->meta->inputs(), index) : nullptr;
  return tensor ? give(describeTensor(tensor), result) : MOE_RT_INVALID_ARGUMENT;
}

moe_rt_status moe_rt_model_output(const moe_rt_model *model, size_t index,
                                  moe_rt_tensor_info *result) {
  const meta::Tensor *tensor = model ? at(model->meta->outputs(), index) : nullptr;
  return tensor ? give(describeTensor(tensor), result) : MOE_RT_INVALID_ARGUMENT;
}

moe_rt_status moe_rt_model_layer(const moe_rt_model *model, size_t index,
                                 moe_rt_layer_info *result) {
  const meta::Layer *layer = model ? at(model->meta->layers(), index) : nullptr;
  if (!layer)
    return MOE_RT_INVALID_ARGUMENT;
  moe_rt_layer_info info = {};
  info.name = layer->name()->c_str();
  info.experts = layer->experts();
  info.top_k = layer->top_k();
  info.hidden = layer->hidden();
  info.intermediate = layer->intermediate();
  info.gate = text(layer->gate());
  info.form = text(layer->form());
  info.node = text(layer->node());
  info.quantisation = text(layer->quantisation());
  return give(info, result);
}

moe_rt_status moe_rt_model_observation(const moe_rt_model *model, size_t index,
                                       moe_rt_observation_info *result) {
  const meta::Observation *observation = model ? at(model->meta->observations(), index) : nullptr;
  if (!observation)
    return MOE_RT_INVALID_ARGUMENT;
  moe_rt_observation_info info = {};
  info.layer = observation->layer();
  info.role = static_cast<uint32_t>(observation->role());
  info.type = static_cast<uint32_t>(observation->tensor()->type());
  return give(info, result);
}

const char *moe_rt_model_variant_feature(const moe_rt_model *model, size_t variant, size_t index) {
  const meta::Variant *found = model ? at(model->meta->variants(), variant) : nullptr;
  const auto *feature = found ? at(found->features(), index) : nullptr;
  return feature ? feature->c_str() : nullptr;
}

/// 0 where there is none.
static uint64_t sectionSize(const moe_rt_model &model, uint32_t kind, size_t variant) {
  const moe_file_section *section = findSection(model, kind, variant);
  return section ? section->size : 0;
}

moe_rt_status moe_rt_model_variant(const moe_rt_model *model, size_t index,
                                   moe_rt_variant_info *result) {
  const meta::Variant *variant = model ? at(model->meta->variants(), index) : nullptr;
  if (!variant)
    return MOE_RT_INVALID_ARGUMENT;
  moe_rt_variant_info info = {};
  info.name = variant->name()->c_str();
  info.target = variant->target()->c_str();
  info.features = sizeOf(variant->features());
  info.code_size = findSection(*model, MOE_SECTION_CODE, index)->size;
  info.runnable = model->backend->runs(*model, *variant);
  info.architecture = variant->architecture();
  info.device_bytes = variant->device_bytes();
  info.ptx_size = sectionSize(*model, MOE_SECTION_PTX, index);
  info.cubin_size = sectionSize(*model, MOE_SECTION_CUBIN, index);
  info.kernels = sizeOf(variant->kernels());
  info.launches = sizeOf(variant->launches());
  return give(info, result);
}

moe_rt_status moe_rt_model_kernel(const moe_rt_model *model, size_t variant, size_t index,
                                  moe_rt_kernel_info *result) {
  const meta::Variant *found = model ? at(model->meta->variants(), variant) : nullptr;
  const meta::Kernel *kernel = found ? at(found->kernels(), index) : nullptr;
  if (!kernel)
    return MOE_RT_INVALID_ARGUMENT;
  moe_rt_kernel_info info = {};
  info.name = kernel->name()->c_str();
  info.threads = kernel->threads();
  info.shared = kernel->shared();
  return give(info, result);
}

moe_rt_status moe_rt_model_launches(const moe_rt_model *model, size_t variant, size_t index,
                                    moe_rt_launches_info *result) {
  const meta::Variant *found = model ? at(model->meta->variants(), variant) : nullptr;
  const meta::Launches *launches = found ? at(found->launches(), index) : nullptr;
  if (!launches)
    return MOE_RT_INVALID_ARGUMENT;
  moe_rt_launches_info info = {};
  info.layer = launches->layer();
  info.count = sizeOf(launches->kernels());
  info.kernels = info.count ? launches->kernels()->data() : nullptr;
  return give(info, result);
}

moe_rt_status moe_rt_model_section(const moe_rt_model *model, size_t index,
                                   moe_rt_section_info *result) {
  if (!model || index >= model->header->sections)
    return MOE_RT_INVALID_ARGUMENT;
  const moe_file_section &section = model->sections[index];
  moe_rt_section_info info = {};
  info.kind = section.kind;
  info.variant = section.variant;
  info.offset = section.offset;
  info.bytes = section.size;
  info.data = model->data + section.offset;
  return give(info, result);
}
