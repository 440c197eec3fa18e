//===- load_test.cpp - Which files are taken, and what is said of others --===//

#include "demo_artifact.h"
#include "loaded.h"

#include <functional>
#include <gtest/gtest.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace moe::test;

static const std::string &demo() {
  static const std::string artifact = writeArtifact(demoSections());
  return artifact;
}

/// Sections of the demo, in the order that demoSections gives them.
enum { kMetadata, kCode, kReference, kWeights };

/// The message for a damaged copy of the demo whose table checksum is right.
static std::string refuse(moe_rt_status expected,
                          const std::function<void(std::string &)> &damage) {
  std::string artifact = demo();
  damage(artifact);
  seal(artifact);
  Loaded loaded(artifact);
  EXPECT_EQ(loaded.status, expected) << loaded.message();
  EXPECT_FALSE(loaded.model);
  return loaded.message();
}

static std::string malformed(const std::function<void(std::string &)> &damage) {
  return refuse(MOE_RT_MALFORMED, damage);
}

TEST(Load, TakesAGoodFile) {
  Loaded loaded(demo());
  ASSERT_EQ(loaded.status, MOE_RT_OK) << loaded.message();
  moe_rt_model_info info = MOE_RT_INIT(moe_rt_model_info);
  ASSERT_EQ(moe_rt_model_describe(loaded.model.get(), &info), MOE_RT_OK);
  EXPECT_STREQ(info.producer, "demo 1");
  EXPECT_EQ(info.file_size, demo().size());
  EXPECT_EQ(info.inputs, 2u);
  EXPECT_EQ(info.variant, 0u);
  moe_rt_section_info weights = MOE_RT_INIT(moe_rt_section_info);
  ASSERT_EQ(moe_rt_model_section(loaded.model.get(), kWeights, &weights), MOE_RT_OK);
  EXPECT_EQ(weights.bytes, 16u);
  EXPECT_EQ(static_cast<const float *>(weights.data)[3], 4.0f);
}

TEST(Load, DescribesInputsAndLayers) {
  Loaded loaded(demo());
  moe_rt_tensor_info x = MOE_RT_INIT(moe_rt_tensor_info);
  ASSERT_EQ(moe_rt_model_input(loaded.model.get(), 0, &x), MOE_RT_OK);
  EXPECT_STREQ(x.name, "x");
  EXPECT_EQ(x.rank, 2u);
  EXPECT_EQ(x.dims[0], -1);
  EXPECT_STREQ(x.symbols[0], "tokens");
  EXPECT_EQ(x.dims[1], 4);
  moe_rt_layer_info layer = MOE_RT_INIT(moe_rt_layer_info);
  ASSERT_EQ(moe_rt_model_layer(loaded.model.get(), 0, &layer), MOE_RT_OK);
  EXPECT_STREQ(layer.name, "layer/0");
  EXPECT_EQ(layer.intermediate, 8);
  moe_rt_observation_info experts = MOE_RT_INIT(moe_rt_observation_info);
  ASSERT_EQ(moe_rt_model_observation(loaded.model.get(), 2, &experts), MOE_RT_OK);
  EXPECT_EQ(experts.role, static_cast<uint32_t>(MOE_RT_EXPERTS));
  EXPECT_EQ(experts.type, static_cast<uint32_t>(MOE_RT_INT32));
}

TEST(Load, QueriesBeyondTheCountAreRefused) {
  Loaded loaded(demo());
  const moe_rt_model *model = loaded.model.get();
  moe_rt_tensor_info tensor = MOE_RT_INIT(moe_rt_tensor_info);
  EXPECT_EQ(moe_rt_model_input(model, 2, &tensor), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(moe_rt_model_output(model, SIZE_MAX, &tensor), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(moe_rt_model_input(nullptr, 0, &tensor), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(moe_rt_model_input(model, 0, nullptr), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(moe_rt_model_variant_feature(model, 0, 0), nullptr);
  EXPECT_EQ(moe_rt_model_variant_feature(model, 9, 0), nullptr);
}

// A caller compiled against an older header has shorter structs.
TEST(Load, FillsNoMoreThanTheCallersStruct) {
  Loaded loaded(demo());
  moe_rt_model_info info;
  memset(&info, 0x5a, sizeof(info));
  info.size = offsetof(moe_rt_model_info, producer);
  ASSERT_EQ(moe_rt_model_describe(loaded.model.get(), &info), MOE_RT_OK);
  EXPECT_EQ(info.format_major, 1u);
  EXPECT_EQ(info.size, offsetof(moe_rt_model_info, producer));
  EXPECT_EQ(reinterpret_cast<const unsigned char *>(&info)[offsetof(moe_rt_model_info, producer)],
            0x5a);
}

TEST(Load, EveryTruncationIsRefused) {
  // Each border of a section, a byte less, and a byte more.
  std::vector<size_t> sizes = {0, 1, 63, 64, 65, 319, 320};
  std::string artifact = demo();
  for (size_t i = 0; i <= kWeights; ++i)
    for (size_t border : {sectionOf(artifact, i).offset,
                          sectionOf(artifact, i).offset + sectionOf(artifact, i).size})
      sizes.insert(sizes.end(), {border - 1, border, border + 1});
  for (size_t size : sizes) {
    std::string cut = demo();
    cut.resize(size);
    Loaded loaded(cut);
    EXPECT_EQ(loaded.status == MOE_RT_OK, size == demo().size()) << size;
    // The header's size set right: the sections do not fit.
    if (size < sizeof(moe_file_header) || size >= demo().size())
      continue;
    headerOf(cut).file_size = size;
    seal(cut);
    EXPECT_EQ(Loaded(cut).status, MOE_RT_MALFORMED) << size;
  }
}

TEST(Load, EveryFlippedBitIsFoundOrHarmless) {
  // All of header, table and metadata; a byte in each 64 of the rest.
  std::string artifact = demo();
  for (size_t i = 0; i < artifact.size(); i += i < 1536 ? 1 : 64)
    for (int bit = 0; bit < 8; bit += i < 1536 ? 1 : 7) {
      artifact[i] ^= static_cast<char>(1 << bit);
      Loaded loaded(artifact, MOE_RT_LOAD_INSPECT | MOE_RT_LOAD_CHECK_WEIGHTS);
      EXPECT_NE(loaded.status, MOE_RT_OK) << "byte " << i << " bit " << bit;
      artifact[i] ^= static_cast<char>(1 << bit);
    }
}

TEST(Load, HeaderFields) {
  EXPECT_STREQ("demo.moe: malformed: does not begin as an artifact does (magic number)",
               malformed([](std::string &a) { a[3] = '?'; }).c_str());
  EXPECT_STREQ("demo.moe: malformed: expected 1 to 1024 sections, found 0",
               malformed([](std::string &a) { headerOf(a).sections = 0; }).c_str());
  EXPECT_STREQ("demo.moe: malformed: expected 1 to 1024 sections, found 1025",
               malformed([](std::string &a) { headerOf(a).sections = 1025; }).c_str());
  EXPECT_EQ("demo.moe: malformed: the header says 1 bytes, the file has " +
                std::to_string(demo().size()),
            malformed([](std::string &a) { headerOf(a).file_size = 1; }));
  EXPECT_STREQ("demo.moe: malformed: reserved bytes of the header are not zero",
               malformed([](std::string &a) { headerOf(a).reserved[31] = 1; }).c_str());
  std::string artifact = demo();
  headerOf(artifact).table_hash ^= 1;
  EXPECT_STREQ("demo.moe: malformed: the checksum of header and section table differs",
               Loaded(artifact).message());
}

TEST(Load, Versions) {
  EXPECT_STREQ("demo.moe: unsupported: format version 2.1, this runtime reads up to 1.x; use a "
               "newer runtime or compile the model again",
               refuse(MOE_RT_UNSUPPORTED, [](std::string &a) { headerOf(a).major = 2; }).c_str());
  EXPECT_STREQ("demo.moe: unsupported: format version 0.1, this runtime reads from 1.0 on; compile "
               "the model again",
               refuse(MOE_RT_UNSUPPORTED, [](std::string &a) { headerOf(a).major = 0; }).c_str());
  // A newer minor version may use reserved bytes and further kinds of sections.
  std::string newer = demo();
  headerOf(newer).minor = 9;
  headerOf(newer).reserved[0] = 1;
  sectionOf(newer, kReference).kind = 77;
  sectionOf(newer, kReference).reserved[0] = 1;
  seal(newer);
  Loaded loaded(newer);
  EXPECT_EQ(loaded.status, MOE_RT_OK) << loaded.message();
}

TEST(Load, SectionFields) {
  EXPECT_STREQ("demo.moe: malformed: section 3 (weights) begins at 16448, no multiple of 4096",
               malformed([](std::string &a) { sectionOf(a, kWeights).offset += 64; }).c_str());
  EXPECT_STREQ("demo.moe: malformed: section 0 (metadata) begins at 321, no multiple of 64",
               malformed([](std::string &a) { sectionOf(a, kMetadata).offset += 1; }).c_str());
  EXPECT_STREQ("demo.moe: malformed: section 0 (metadata) begins at 0, before the end of what "
               "stands before it, 320",
               malformed([](std::string &a) { sectionOf(a, kMetadata).offset = 0; }).c_str());
  EXPECT_NE(malformed([](std::string &a) {
              sectionOf(a, kMetadata).size = sectionOf(a, kCode).offset;
              sectionOf(a, kMetadata).hash = XXH3_64bits(a.data() + sectionOf(a, kMetadata).offset,
                                                         sectionOf(a, kMetadata).size);
            }).find("section 1 (code) begins at"),
            std::string::npos);
  // Where offset + size wraps around.
  for (uint64_t size : {UINT64_MAX, UINT64_MAX - 319, uint64_t(1) << 40})
    EXPECT_NE(malformed([&](std::string &a) {
                sectionOf(a, kMetadata).size = size;
              }).find("ends beyond the"),
              std::string::npos);
  EXPECT_STREQ("demo.moe: malformed: reserved bytes of section 2 (reference) are not zero",
               malformed([](std::string &a) { sectionOf(a, kReference).reserved[5] = 1; }).c_str());
  EXPECT_STREQ("demo.moe: malformed: the checksum of section 2 (reference) differs; the file is "
               "damaged",
               malformed([](std::string &a) { sectionOf(a, kReference).hash ^= 1; }).c_str());
  EXPECT_STREQ("demo.moe: malformed: the gap before section 3 (weights) is not zero",
               malformed([](std::string &a) { a[sectionOf(a, kWeights).offset - 1] = 1; }).c_str());
}

TEST(Load, KindsOfSections) {
  EXPECT_STREQ("demo.moe: malformed: has no metadata section",
               malformed([](std::string &a) { sectionOf(a, kMetadata).kind = 99; }).c_str());
  EXPECT_STREQ("demo.moe: malformed: section 2 (metadata) is there twice",
               malformed([](std::string &a) { sectionOf(a, kReference).kind = 1; }).c_str());
  EXPECT_STREQ("demo.moe: malformed: section 1 (code) is of variant 7, there are 1 variants",
               malformed([](std::string &a) { sectionOf(a, kCode).variant = 7; }).c_str());
  EXPECT_STREQ("demo.moe: malformed: variant 'demo0' has no code section",
               malformed([](std::string &a) { sectionOf(a, kCode).kind = 99; }).c_str());
}

TEST(Load, ChecksTheWeightsOnRequestOnly) {
  std::string artifact = demo();
  artifact[artifact.size() - 1] ^= 1;
  EXPECT_EQ(Loaded(artifact).status, MOE_RT_OK);
  Loaded loaded(artifact, MOE_RT_LOAD_CHECK_WEIGHTS);
  EXPECT_STREQ("demo.moe: malformed: the checksum of section 3 (weights) differs; the file is "
               "damaged",
               loaded.message());
}

TEST(Load, CodeThatIsNoSharedObject) {
  std::vector<Section> sections = demoSections();
  sections[kCode].bytes = "MZ";
  EXPECT_STREQ("demo.moe: code of variant 'demo0': malformed: is no ELF shared object for x86-64",
               Loaded(writeArtifact(sections)).message());
  sections = demoSections();
  sections[kMetadata].bytes.resize(100);
  EXPECT_STREQ("demo.moe: malformed: the metadata section does not follow its schema "
               "(moe_meta.fbs)",
               Loaded(writeArtifact(sections)).message());
}

TEST(Load, MetadataBeyondTheLimits) {
  auto message = [](const DemoOptions &options) {
    return std::string(Loaded(writeArtifact(demoSections(options))).message());
  };
  DemoOptions type, rank, size, layer;
  type.inputType = 200;
  EXPECT_EQ(message(type), "demo.moe: unsupported: input 'x' has element type 200");
  rank.inputSizes = std::vector<int64_t>(9, 1);
  EXPECT_EQ(message(rank),
            "demo.moe: unsupported: input 'x' has 9 dimensions, at most 8 are possible");
  size.inputSizes = {-2, 4};
  EXPECT_EQ(message(size), "demo.moe: malformed: dimension 0 of input 'x' is -2");
  layer.observedLayer = 1;
  EXPECT_EQ(message(layer), "demo.moe: malformed: observation 0 is of layer 1, there are 1 layers");
}

TEST(Load, ChoosesTheFirstVariantThatTheCpuRuns) {
  DemoOptions options;
  options.features = {{"amx_from_tomorrow"}, {}, {}};
  std::string artifact = writeArtifact(demoSections(options));
  moe_rt_model_info info = MOE_RT_INIT(moe_rt_model_info);
  Loaded best(artifact);
  ASSERT_EQ(moe_rt_model_describe(best.model.get(), &info), MOE_RT_OK);
  EXPECT_EQ(info.variant, 1u);
  Loaded wanted(artifact, 0, "demo2");
  ASSERT_EQ(moe_rt_model_describe(wanted.model.get(), &info), MOE_RT_OK);
  EXPECT_EQ(info.variant, 2u);
  EXPECT_STREQ("demo.moe: has no code variant 'demo3', only 'demo0', 'demo1', 'demo2'",
               Loaded(artifact, 0, "demo3").message());
  EXPECT_STREQ("demo.moe: unsupported: this CPU runs no code variant: 'demo0' lacks "
               "amx_from_tomorrow; compile with --cpu=all, or on this machine with --cpu=native",
               Loaded(artifact, 0, "demo0").message());
}

TEST(Load, NamesWhatTheCpuLacks) {
  DemoOptions options;
  options.features = {{"feature_a", "feature_b"}, {"feature_c"}};
  std::string artifact = writeArtifact(demoSections(options));
  Loaded loaded(artifact);
  EXPECT_EQ(loaded.status, MOE_RT_UNSUPPORTED);
  EXPECT_STREQ(
      "demo.moe: unsupported: this CPU runs no code variant: 'demo0' lacks feature_a, "
      "feature_b; 'demo1' lacks feature_c; compile with --cpu=all, or on this machine with "
      "--cpu=native",
      loaded.message());
  // Inspection works on any CPU, and runs nothing.
  Loaded inspected(artifact, MOE_RT_LOAD_INSPECT);
  ASSERT_EQ(inspected.status, MOE_RT_OK) << inspected.message();
  moe_rt_variant_info variant = MOE_RT_INIT(moe_rt_variant_info);
  ASSERT_EQ(moe_rt_model_variant(inspected.model.get(), 0, &variant), MOE_RT_OK);
  EXPECT_FALSE(variant.runnable);
  EXPECT_STREQ(moe_rt_model_variant_feature(inspected.model.get(), 0, 1), "feature_b");
  moe_rt_session *session = nullptr;
  EXPECT_EQ(moe_rt_session_create(inspected.model.get(), nullptr, &session, nullptr),
            MOE_RT_INVALID_ARGUMENT);
}

TEST(Load, Arguments) {
  moe_rt_model *model = nullptr;
  EXPECT_EQ(moe_rt_model_load(nullptr, nullptr, &model, nullptr), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(moe_rt_model_load("/nonexistent", nullptr, &model, nullptr), MOE_RT_IO);
  EXPECT_EQ(moe_rt_model_load("/", nullptr, &model, nullptr), MOE_RT_IO);
  Memory memory(demo());
  EXPECT_EQ(moe_rt_model_load_memory(static_cast<char *>(memory.block.get()) + 64, 64, nullptr,
                                     &model, nullptr),
            MOE_RT_INVALID_ARGUMENT);
  moe_rt_load_options options = MOE_RT_INIT(moe_rt_load_options);
  options.flags = 1u << 31;
  EXPECT_EQ(moe_rt_model_load_memory(memory.block.get(), demo().size(), &options, &model, nullptr),
            MOE_RT_INVALID_ARGUMENT);
  // Options of a newer header that ask for something this runtime lacks.
  struct {
    moe_rt_load_options known;
    uint64_t more;
  } newer = {MOE_RT_INIT(moe_rt_load_options), 1};
  newer.known.size = sizeof(newer);
  EXPECT_EQ(
      moe_rt_model_load_memory(memory.block.get(), demo().size(), &newer.known, &model, nullptr),
      MOE_RT_INVALID_ARGUMENT);
  moe_rt_model_free(nullptr);
}

// Messages are cut to what the caller's error object holds.
TEST(Load, ShortErrorObjects) {
  struct {
    moe_rt_error error;
  } holder = {MOE_RT_INIT(moe_rt_error)};
  holder.error.size = offsetof(moe_rt_error, message) + 8;
  memset(holder.error.message, '#', sizeof(holder.error.message));
  moe_rt_model *model = nullptr;
  EXPECT_EQ(moe_rt_model_load("/nonexistent", nullptr, &model, &holder.error), MOE_RT_IO);
  EXPECT_STREQ(holder.error.message, "/nonexi");
  EXPECT_EQ(holder.error.message[8], '#');
}

TEST(Cpu, Features) {
  EXPECT_TRUE(moe_rt_cpu_has("sse4_2"));
  EXPECT_FALSE(moe_rt_cpu_has("amx_from_tomorrow"));
  EXPECT_FALSE(moe_rt_cpu_has(""));
  EXPECT_FALSE(moe_rt_cpu_has(nullptr));
  EXPECT_GE(moe_rt_cpu_count(), 1u);
}

// The kernel's list is another reading of the same registers.
TEST(Cpu, AgreesWithTheKernel) {
  std::string text = readFile("/proc/cpuinfo");
  size_t begin = text.find("\nflags");
  std::string flags = text.substr(begin, text.find('\n', begin + 1) - begin) + " ";
  for (const char *feature : {"avx",         "avx2",          "fma",
                              "f16c",        "bmi2",          "abm",
                              "movbe",       "gfni",          "avx512f",
                              "avx512bw",    "avx512vl",      "avx512dq",
                              "avx512cd",    "avx512_bf16",   "avx512_vnni",
                              "avx512_fp16", "avx512vbmi",    "avx512_vbmi2",
                              "avx512ifma",  "avx512_bitalg", "avx512_vpopcntdq",
                              "avx_vnni",    "vaes",          "vpclmulqdq",
                              "amx_tile",    "amx_bf16",      "amx_int8"})
    EXPECT_EQ(moe_rt_cpu_has(feature) != 0,
              flags.find(" " + std::string(feature) + " ") != std::string::npos)
        << feature;
}
