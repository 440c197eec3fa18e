//===- demo_artifact.cpp - A writer of the format, for tests --------------===//
//
// Shares only moe_format.h and moe_meta.fbs with the compiler's writer, so that tests of the reader
// do not rest on it.
//
//===----------------------------------------------------------------------===//

#include "demo_artifact.h"

#include "runtime/moe_meta_generated.h"

#include <cstdio>
#include <cstdlib>
#include <elf.h>
#include <fstream>
#include <sstream>

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace moe;
using namespace moe::test;

std::string test::readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file) {
    fprintf(stderr, "cannot read %s\n", path.c_str());
    exit(1);
  }
  return bytes.str();
}

void test::writeFile(const std::string &path, const std::string &bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) {
    fprintf(stderr, "cannot write %s\n", path.c_str());
    exit(1);
  }
}

namespace {
/// The tables of the metadata, built from C++ values.
struct MetaBuilder {
  flatbuffers::FlatBufferBuilder builder;

  auto tensor(const char *name, meta::ElementType type, const std::vector<int64_t> &sizes) {
    std::vector<flatbuffers::Offset<meta::Dimension>> dimensions;
    for (int64_t size : sizes)
      dimensions.push_back(meta::CreateDimensionDirect(builder, size, size < 0 ? "tokens" : ""));
    return meta::CreateTensorDirect(builder, name, type, &dimensions);
  }

  auto variant(const std::string &name, const std::vector<std::string> &features) {
    return meta::CreateVariant(builder, builder.CreateString(name), builder.CreateString("cpu"),
                               builder.CreateVectorOfStrings(features));
  }

  auto gpu(const DemoGpu &gpu) {
    std::vector<flatbuffers::Offset<meta::Kernel>> kernels;
    for (const DemoKernel &kernel : gpu.kernels)
      kernels.push_back(
          meta::CreateKernelDirect(builder, kernel.name.c_str(), kernel.threads, kernel.shared));
    std::vector<flatbuffers::Offset<meta::Launches>> launches = {
        meta::CreateLaunchesDirect(builder, gpu.launchedLayer, &gpu.launches)};
    auto features = builder.CreateVectorOfStrings(gpu.features);
    auto name = builder.CreateString(gpu.target);
    return meta::CreateVariant(builder, name, name, features, gpu.architecture, gpu.deviceBytes,
                               builder.CreateVector(kernels), builder.CreateVector(launches));
  }
};
} // namespace

static std::string demoMetadata(const DemoOptions &options) {
  using meta::ElementType;
  MetaBuilder b;
  std::vector<flatbuffers::Offset<meta::Tensor>> inputs = {
      b.tensor("x", static_cast<ElementType>(options.inputType), options.inputSizes),
      b.tensor("keep/this", ElementType::int64, {-1})};
  std::vector<flatbuffers::Offset<meta::Tensor>> outputs = {
      b.tensor("y", ElementType::float32, options.outputSizes),
      b.tensor("kept/this", ElementType::int64, {-1})};
  std::vector<flatbuffers::Offset<meta::Layer>> layers = {
      meta::CreateLayerDirect(b.builder, options.layer.c_str(), options.experts, 2, 4, 8,
                              "topk_softmax", "loop", "/moe/TopK")};
  struct Row {
    meta::Role role;
    ElementType type;
    int64_t columns;
  };
  std::vector<flatbuffers::Offset<meta::Observation>> observations;
  for (Row row : {Row{meta::Role::logits, ElementType::float32, 4},
                  Row{meta::Role::tokens, ElementType::float32, 4},
                  Row{meta::Role::experts, ElementType::int32, 2},
                  Row{meta::Role::weights, ElementType::float32, 2},
                  Row{meta::Role::output, ElementType::float32, 4}})
    observations.push_back(
        meta::CreateObservation(b.builder, options.observedLayer, row.role,
                                b.tensor("observed", row.type, {-1, row.columns})));
  std::vector<flatbuffers::Offset<meta::Variant>> variants;
  for (size_t i = 0; i < options.features.size(); ++i)
    variants.push_back(b.variant("demo" + std::to_string(i), options.features[i]));
  for (const DemoGpu &gpu : options.gpus)
    variants.push_back(b.gpu(gpu));
  meta::FinishModelBuffer(b.builder,
                          meta::CreateModelDirect(b.builder, "demo 1", "demo.onnx", &inputs,
                                                  &outputs, &layers, &observations, &variants));
  return std::string(reinterpret_cast<char *>(b.builder.GetBufferPointer()), b.builder.GetSize());
}

static void addGpu(std::vector<Section> &sections, const DemoGpu &gpu, uint32_t variant) {
  sections.push_back({MOE_SECTION_CODE, variant, readFile(MOE_DEMO_DEVICE)});
  if (gpu.ptx)
    sections.push_back({MOE_SECTION_PTX, variant, readFile(MOE_DEMO_KERNELS)});
  Elf64_Ehdr header = {};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_machine = 190; // EM_CUDA
  if (gpu.cubin)
    sections.push_back(
        {MOE_SECTION_CUBIN, variant, {reinterpret_cast<char *>(&header), sizeof(header)}});
}

std::vector<Section> test::demoSections(const DemoOptions &options) {
  const float scale[] = {1, 2, 3, 4};
  std::string code = readFile(MOE_DEMO_CODE);
  std::vector<Section> sections = {{MOE_SECTION_METADATA, 0, demoMetadata(options)}};
  for (size_t i = 0; i < options.features.size(); ++i)
    sections.push_back({MOE_SECTION_CODE, static_cast<uint32_t>(i), code});
  for (size_t i = 0; i < options.gpus.size(); ++i)
    addGpu(sections, options.gpus[i], static_cast<uint32_t>(options.features.size() + i));
  sections.push_back({MOE_SECTION_REFERENCE, 0, "reference"});
  sections.push_back(
      {MOE_SECTION_WEIGHTS, 0, std::string(reinterpret_cast<const char *>(scale), sizeof(scale))});
  return sections;
}

moe_file_header &test::headerOf(std::string &artifact) {
  return *reinterpret_cast<moe_file_header *>(artifact.data());
}

moe_file_section &test::sectionOf(std::string &artifact, size_t index) {
  return reinterpret_cast<moe_file_section *>(artifact.data() + sizeof(moe_file_header))[index];
}

void test::seal(std::string &artifact) {
  moe_file_header &header = headerOf(artifact);
  header.table_hash = 0;
  size_t table = sizeof(header) + header.sections * sizeof(moe_file_section);
  header.table_hash = XXH3_64bits(artifact.data(), std::min(table, artifact.size()));
}

std::string test::writeArtifact(const std::vector<Section> &sections) {
  std::string artifact(sizeof(moe_file_header) + sections.size() * sizeof(moe_file_section), '\0');
  for (size_t i = 0; i < sections.size(); ++i) {
    const Section &section = sections[i];
    size_t alignment =
        section.kind == MOE_SECTION_WEIGHTS ? MOE_WEIGHT_ALIGNMENT : MOE_SECTION_ALIGNMENT;
    artifact.resize((artifact.size() + alignment - 1) / alignment * alignment, '\0');
    moe_file_section &entry = sectionOf(artifact, i);
    entry.kind = section.kind;
    entry.variant = section.variant;
    entry.offset = artifact.size();
    entry.size = section.bytes.size();
    entry.hash = XXH3_64bits(section.bytes.data(), section.bytes.size());
    artifact += section.bytes;
  }
  moe_file_header &header = headerOf(artifact);
  memcpy(header.magic, MOE_FILE_MAGIC, sizeof(header.magic));
  header.major = MOE_FORMAT_MAJOR;
  header.minor = MOE_FORMAT_MINOR;
  header.sections = static_cast<uint32_t>(sections.size());
  header.file_size = artifact.size();
  seal(artifact);
  return artifact;
}
