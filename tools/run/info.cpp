//===- info.cpp - moe-run --info ------------------------------------------===//
//
// Describes an artifact without executing any of it, on any CPU.
//
//===----------------------------------------------------------------------===//

#include "runtime/moe_format.h"
#include "steps.h"

#include <cinttypes>
#include <cstdio>

using namespace moe;
using namespace moe::run;

static const char *roleName(uint32_t role) {
  static const char *const names[] = {"logits", "tokens", "experts", "weights", "output"};
  return role < 5 ? names[role] : "unknown";
}

static std::string featureList(const moe_rt_model *model, size_t variant) {
  std::string list;
  for (size_t i = 0; const char *feature = moe_rt_model_variant_feature(model, variant, i); ++i)
    list += (i ? ", " : "") + std::string(feature);
  return list;
}

static void printTensors(const char *title, const moe_rt_model *model, size_t count,
                         moe_rt_tensor_info (*get)(const moe_rt_model *, size_t)) {
  printf("%s\n", title);
  for (size_t i = 0; i < count; ++i) {
    moe_rt_tensor_info tensor = get(model, i);
    printf("  %-24s %s\n", tensor.name, typeText(tensor).c_str());
  }
}

static void printLayer(const moe_rt_layer_info &layer) {
  printf("  %-24s %" PRId64 " experts, top %" PRId64 ", hidden %" PRId64 ", intermediate %" PRId64
         ", gate %s, form %s%s%s, node '%s'\n",
         layer.name, layer.experts, layer.top_k, layer.hidden, layer.intermediate, layer.gate,
         layer.form, *layer.quantisation ? ", weights " : "", layer.quantisation, layer.node);
}

static void printText(const moe_rt_model *model, const std::string &path) {
  moe_rt_model_info info = describe(model);
  printf("%s: format %u.%u, %" PRIu64 " bytes, from '%s' by %s\n", path.c_str(), info.format_major,
         info.format_minor, info.file_size, info.source, info.producer);
  printTensors("inputs", model, info.inputs, inputInfo);
  printTensors("outputs", model, info.outputs, outputInfo);
  printf("MoE layers\n");
  for (size_t i = 0; i < info.layers; ++i)
    printLayer(layerInfo(model, i));
  printf("code variants (* runs here)\n");
  for (size_t i = 0; i < info.variants; ++i) {
    moe_rt_variant_info variant = variantInfo(model, i);
    printf("%c %-24s %s, %" PRIu64 " bytes, needs %s\n", i == info.variant ? '*' : ' ',
           variant.name, variant.target, variant.code_size,
           variant.features ? featureList(model, i).c_str() : "nothing");
    if (variant.architecture)
      printKernels(model, i, nullptr);
  }
  printf("sections\n");
  for (size_t i = 0; i < info.sections; ++i) {
    moe_rt_section_info section = sectionInfo(model, i);
    printf("  %-24s %" PRIu64 " bytes at %" PRIu64 "\n", moe_section_name(section.kind),
           section.bytes, section.offset);
  }
}

static void writeTensors(Json &json, const char *key, const moe_rt_model *model, size_t count,
                         moe_rt_tensor_info (*get)(const moe_rt_model *, size_t)) {
  json.key(key).beginArray();
  for (size_t i = 0; i < count; ++i) {
    moe_rt_tensor_info tensor = get(model, i);
    json.beginObject().key("name").text(tensor.name);
    json.key("type").text(moe_rt_type_name(tensor.type)).key("shape").beginArray();
    for (uint32_t j = 0; j < tensor.rank; ++j)
      if (tensor.dims[j] >= 0)
        json.integer(tensor.dims[j]);
      else if (*tensor.symbols[j])
        json.text(tensor.symbols[j]);
      else
        json.null();
    json.endArray().endObject();
  }
  json.endArray();
}

static void writeLayers(Json &json, const moe_rt_model *model, const moe_rt_model_info &info) {
  json.key("moe_layers").beginArray();
  for (size_t i = 0; i < info.layers; ++i) {
    moe_rt_layer_info layer = layerInfo(model, i);
    json.beginObject().key("name").text(layer.name);
    json.key("experts").integer(layer.experts).key("top_k").integer(layer.top_k);
    json.key("hidden").integer(layer.hidden).key("intermediate").integer(layer.intermediate);
    json.key("gate").text(layer.gate).key("form").text(layer.form).key("node").text(layer.node);
    if (*layer.quantisation)
      json.key("quantisation").text(layer.quantisation);
    json.endObject();
  }
  json.endArray().key("observations").beginArray();
  for (size_t i = 0; i < info.observations; ++i) {
    moe_rt_observation_info observation = observationInfo(model, i);
    json.beginObject().key("layer").text(layerInfo(model, observation.layer).name);
    json.key("role").text(roleName(observation.role));
    json.key("type").text(moe_rt_type_name(observation.type)).endObject();
  }
  json.endArray();
}

static void writeVariants(Json &json, const moe_rt_model *model, const moe_rt_model_info &info) {
  json.key("variants").beginArray();
  for (size_t i = 0; i < info.variants; ++i) {
    moe_rt_variant_info variant = variantInfo(model, i);
    json.beginObject().key("name").text(variant.name).key("target").text(variant.target);
    json.key("features").beginArray();
    for (size_t j = 0; j < variant.features; ++j)
      json.text(moe_rt_model_variant_feature(model, i, j));
    json.endArray().key("code_bytes").integer(static_cast<int64_t>(variant.code_size));
    json.key("runnable").boolean(variant.runnable);
    if (variant.architecture)
      printKernels(model, i, &json);
    json.endObject();
  }
  json.endArray().key("chosen_variant");
  if (info.variant < info.variants)
    json.text(variantInfo(model, info.variant).name);
  else
    json.null();
}

static void printJson(const moe_rt_model *model) {
  moe_rt_model_info info = describe(model);
  Json json;
  json.beginObject().key("format").text(format("%u.%u", info.format_major, info.format_minor));
  json.key("producer").text(info.producer).key("source").text(info.source);
  json.key("file_bytes").integer(static_cast<int64_t>(info.file_size));
  writeTensors(json, "inputs", model, info.inputs, inputInfo);
  writeTensors(json, "outputs", model, info.outputs, outputInfo);
  writeLayers(json, model, info);
  writeVariants(json, model, info);
  json.key("sections").beginArray();
  for (size_t i = 0; i < info.sections; ++i) {
    moe_rt_section_info section = sectionInfo(model, i);
    json.beginObject().key("kind").text(moe_section_name(section.kind));
    json.key("offset").integer(static_cast<int64_t>(section.offset));
    json.key("bytes").integer(static_cast<int64_t>(section.bytes)).endObject();
  }
  json.endArray().endObject();
  printf("%s\n", json.str().c_str());
}

void run::printInfo(const moe_rt_model *model, const std::string &path, bool json) {
  if (json)
    printJson(model);
  else
    printText(model, path);
}
