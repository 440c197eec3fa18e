//===- Write.cpp - The artifact file --------------------------------------===//
//
// Sizes are known before the first byte is written: the table comes first in the file, its hashes
// are filled in at the end. The file is written aside, loaded by the runtime's own reader, and only
// then renamed.
//
//===----------------------------------------------------------------------===//

#include "lowering/artifact/Write.h"
#include "dialect/Moe.h"
#include "lowering/artifact/WriteWeights.h"
#include "lowering/cpu/Pack.h"
#include "runtime/moe_format.h"
#include "runtime/moe_rt.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace mlir;
using namespace moe;

namespace {

/// One section on its way into the file.
struct Section {
  moe_section_kind kind;
  uint32_t variant;
  llvm::ArrayRef<char> bytes; ///< empty for the weights, which are packed as they are written
  uint64_t size;
};

/// Header and table of a file with these sections; hashes still zero.
struct Table {
  moe_file_header header = {};
  std::vector<moe_file_section> entries;
};

} // namespace

static Table layOut(llvm::ArrayRef<Section> sections) {
  Table table;
  memcpy(table.header.magic, MOE_FILE_MAGIC, sizeof table.header.magic);
  table.header.major = MOE_FORMAT_MAJOR;
  table.header.minor = MOE_FORMAT_MINOR;
  table.header.sections = sections.size();
  uint64_t position = sizeof(moe_file_header) + sections.size() * sizeof(moe_file_section);
  for (const Section &section : sections) {
    bool weights = section.kind == MOE_SECTION_WEIGHTS;
    position = llvm::alignTo(position, weights ? MOE_WEIGHT_ALIGNMENT : MOE_SECTION_ALIGNMENT);
    moe_file_section entry = {};
    entry.kind = section.kind;
    entry.variant = section.variant;
    entry.offset = position;
    entry.size = section.size;
    table.entries.push_back(entry);
    position += section.size;
  }
  table.header.file_size = position;
  return table;
}

/// Writes a section to its place and gives its entry the hash.
static LogicalResult writeSection(ModuleOp planned, const Section &section, int file,
                                  moe_file_section &entry,
                                  llvm::function_ref<void(uint64_t, uint64_t)> progress,
                                  std::error_code &error) {
  if (section.kind != MOE_SECTION_WEIGHTS) {
    entry.hash = XXH3_64bits(section.bytes.data(), section.bytes.size());
    error = writeAt(file, section.bytes, entry.offset);
    return failure(static_cast<bool>(error));
  }
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  auto hash = [&](llvm::ArrayRef<char> bytes) {
    XXH3_64bits_update(&state, bytes.data(), bytes.size());
  };
  if (failed(writeWeights(planned, {file, entry.offset, entry.size}, hash, progress, error)))
    return failure();
  entry.hash = XXH3_64bits_digest(&state);
  return success();
}

/// Writes all of an artifact. Errors of the file come back in `error`, others are reported.
static LogicalResult writeSections(ModuleOp planned, llvm::ArrayRef<Section> sections, int file,
                                   llvm::function_ref<void(uint64_t, uint64_t)> progress,
                                   std::error_code &error) {
  Table table = layOut(sections);
  // What is not written is zero.
  if ((error = llvm::sys::fs::resize_file_sparse(file, table.header.file_size)))
    return failure();
  for (auto [section, entry] : llvm::zip_equal(sections, table.entries))
    if (failed(writeSection(planned, section, file, entry, progress, error)))
      return failure();
  std::string front(reinterpret_cast<const char *>(&table.header), sizeof table.header);
  front.append(reinterpret_cast<const char *>(table.entries.data()),
               table.entries.size() * sizeof(moe_file_section));
  table.header.table_hash = XXH3_64bits(front.data(), front.size());
  memcpy(front.data(), &table.header, sizeof table.header);
  error = writeAt(file, {front.data(), front.size()}, 0);
  return failure(static_cast<bool>(error));
}

/// What is left on disk was read by the reader that users have.
static LogicalResult readBack(ModuleOp module, const std::string &file, llvm::StringRef path) {
  auto options = MOE_RT_INIT(moe_rt_load_options);
  options.flags = MOE_RT_LOAD_CHECK_WEIGHTS | MOE_RT_LOAD_INSPECT;
  auto error = MOE_RT_INIT(moe_rt_error);
  moe_rt_model *model = nullptr;
  if (moe_rt_model_load(file.c_str(), &options, &model, &error) != MOE_RT_OK)
    return module.emitError("internal: '") << path << "' did not read back: " << error.message;
  moe_rt_model_free(model);
  return success();
}

static LogicalResult writeFile(ModuleOp planned, llvm::ArrayRef<Section> sections,
                               llvm::StringRef path,
                               llvm::function_ref<void(uint64_t, uint64_t)> progress) {
  auto cannot = [&](const llvm::Twine &why) {
    return planned.emitError("cannot write '") << path << "': " << why.str();
  };
  auto temporary = llvm::sys::fs::TempFile::create(path + ".tmp-%%%%%%", 0644);
  if (!temporary)
    return cannot(llvm::toString(temporary.takeError()));
  std::error_code error;
  LogicalResult result = writeSections(planned, sections, temporary->FD, progress, error);
  if (error)
    result = cannot(error.message());
  if (succeeded(result))
    result = readBack(planned, temporary->TmpName, path);
  if (failed(result)) {
    llvm::consumeError(temporary->discard());
    return failure();
  }
  if (llvm::Error kept = temporary->keep(path))
    return cannot(llvm::toString(std::move(kept)));
  return success();
}

LogicalResult moe::writeArtifact(ModuleOp planned, ArrayRef<ArtifactCode> codes,
                                 llvm::StringRef path,
                                 llvm::function_ref<void(uint64_t, uint64_t)> progress) {
  auto metadata = buildMetadata(planned, codes);
  auto reference = buildReference(planned);
  if (failed(metadata) || failed(reference))
    return failure();
  std::vector<Section> sections;
  auto add = [&](moe_section_kind kind, uint32_t variant, llvm::ArrayRef<char> bytes) {
    sections.push_back({kind, variant, bytes, bytes.size()});
  };
  add(MOE_SECTION_METADATA, 0,
      {reinterpret_cast<const char *>(metadata->data()), metadata->size()});
  for (auto [index, code] : llvm::enumerate(codes))
    add(MOE_SECTION_CODE, index, code.object);
  for (auto [index, code] : llvm::enumerate(codes)) {
    if (!code.ptx.empty())
      add(MOE_SECTION_PTX, index, {code.ptx.data(), code.ptx.size()});
    if (!code.cubin.empty())
      add(MOE_SECTION_CUBIN, index, code.cubin);
  }
  if (!reference->empty())
    add(MOE_SECTION_REFERENCE, 0, {reference->data(), reference->size()});
  auto bytes = planned->getAttrOfType<IntegerAttr>(kWeightBytesAttr);
  if (bytes && bytes.getInt() > 0)
    sections.push_back({MOE_SECTION_WEIGHTS, 0, {}, static_cast<uint64_t>(bytes.getInt())});
  return writeFile(planned, sections, path, progress);
}
