//===- Write.cpp - The artifact file --------------------------------------===//
//
// Sizes are known before the first byte is written: the table comes first in the file, its hashes
// are filled in at the end. The file is written aside, loaded by the runtime's own reader, and only
// then renamed.
//
//===----------------------------------------------------------------------===//

#include "lowering/artifact/Write.h"
#include "dialect/Moe.h"
#include "lowering/cpu/Pack.h"
#include "runtime/moe_format.h"
#include "runtime/moe_rt.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace mlir;
using namespace moe;

namespace {

/// One section on its way into the file.
struct Section {
  moe_section_kind kind;
  uint32_t variant;
  llvm::ArrayRef<char> bytes; ///< empty for the weights, which are streamed
  uint64_t size;
};

/// Writes bytes in order, and hashes what lies in the current section.
class HashedStream {
public:
  explicit HashedStream(llvm::raw_fd_ostream &out) : out(out) {}

  void begin() { XXH3_64bits_reset(&state); }
  void write(llvm::ArrayRef<char> bytes) {
    XXH3_64bits_update(&state, bytes.data(), bytes.size());
    out.write(bytes.data(), bytes.size());
  }
  void zeros(uint64_t count) {
    static const char zero[4096] = {};
    for (; count; count -= std::min<uint64_t>(count, sizeof zero))
      write({zero, static_cast<size_t>(std::min<uint64_t>(count, sizeof zero))});
  }
  uint64_t end() { return XXH3_64bits_digest(&state); }

private:
  llvm::raw_fd_ostream &out;
  XXH3_state_t state;
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

/// Pages of the model's files are given back after so many bytes: what is mapped counts as memory.
static constexpr uint64_t kWindow = uint64_t(128) << 20;

/// The weights, each once, by their places.
static std::map<int64_t, WeightOp> weightsByPlace(ModuleOp planned) {
  std::map<int64_t, WeightOp> byPlace;
  for (auto function : planned.getOps<func::FuncOp>())
    function.walk(
        [&](WeightOp weight) { byPlace.emplace(weight.getOffset().value_or(0), weight); });
  return byPlace;
}

static LogicalResult writeWeights(ModuleOp planned, uint64_t size, HashedStream &stream,
                                  llvm::function_ref<void(uint64_t, uint64_t)> progress) {
  uint64_t position = 0, forgotten = 0;
  WeightFiles files;
  for (auto &[offset, weight] : weightsByPlace(planned)) {
    stream.zeros(offset - position);
    position = offset;
    auto sink = [&](llvm::ArrayRef<char> bytes) {
      stream.write(bytes);
      position += bytes.size();
      progress(position, size);
      if (position - forgotten >= kWindow) {
        forgotten = position;
        files.forget();
      }
      return success();
    };
    if (failed(packWeight(weight, files, sink)))
      return failure();
  }
  stream.zeros(size - position);
  return success();
}

static LogicalResult writeSections(ModuleOp planned, llvm::ArrayRef<Section> sections,
                                   llvm::raw_fd_ostream &out,
                                   llvm::function_ref<void(uint64_t, uint64_t)> progress) {
  Table table = layOut(sections);
  HashedStream stream(out);
  uint64_t position = sizeof(moe_file_header) + sections.size() * sizeof(moe_file_section);
  stream.begin();
  stream.zeros(position);
  for (auto [section, entry] : llvm::zip_equal(sections, table.entries)) {
    stream.zeros(entry.offset - position);
    stream.begin();
    if (section.kind != MOE_SECTION_WEIGHTS)
      stream.write(section.bytes);
    else if (failed(writeWeights(planned, section.size, stream, progress)))
      return failure();
    entry.hash = stream.end();
    position = entry.offset + entry.size;
  }
  std::string front(reinterpret_cast<const char *>(&table.header), sizeof table.header);
  front.append(reinterpret_cast<const char *>(table.entries.data()),
               table.entries.size() * sizeof(moe_file_section));
  table.header.table_hash = XXH3_64bits(front.data(), front.size());
  memcpy(front.data(), &table.header, sizeof table.header);
  out.seek(0);
  out << front;
  out.flush();
  return success();
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
  LogicalResult result = failure();
  {
    llvm::raw_fd_ostream out(temporary->FD, /*shouldClose=*/false);
    result = writeSections(planned, sections, out, progress);
    if (out.has_error()) {
      result = cannot(out.error().message());
      out.clear_error();
    }
  }
  if (succeeded(result))
    result = readBack(planned, temporary->TmpName, path);
  if (failed(result)) {
    llvm::consumeError(temporary->discard());
    return failure();
  }
  if (llvm::Error error = temporary->keep(path))
    return cannot(llvm::toString(std::move(error)));
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
  if (!reference->empty())
    add(MOE_SECTION_REFERENCE, 0, {reference->data(), reference->size()});
  auto bytes = planned->getAttrOfType<IntegerAttr>(kWeightBytesAttr);
  if (bytes && bytes.getInt() > 0)
    sections.push_back({MOE_SECTION_WEIGHTS, 0, {}, static_cast<uint64_t>(bytes.getInt())});
  return writeFile(planned, sections, path, progress);
}
