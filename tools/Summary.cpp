//===- Summary.cpp - moe-compile --summary --------------------------------===//

#include "tools/Summary.h"
#include "dialect/Moe.h"
#include "dialect/Onnx.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace moe;
using namespace moe::tool;

using Counts = std::map<std::string, unsigned>;

Summary::Summary(ModuleOp imported) {
  imported.walk([&](onnx::NodeOp node) { ++before[node.qualifiedName()]; });
}

/// The columns of the table of layers: the title, and what it is called in `moe.layers`.
static constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> columns[] = {
    {"layer", "name"},      {"form", "form"},
    {"experts", "experts"}, {"k", "top_k"},
    {"hidden", "hidden"},   {"intermediate", "intermediate"},
    {"gate", "gate"},       {"quantised", "quantisation"},
    {"shared", "shared"},
};

static std::string textOf(Attribute value) {
  if (auto text = dyn_cast_or_null<StringAttr>(value))
    return text.getValue().empty() ? "-" : text.str();
  if (auto number = dyn_cast_or_null<IntegerAttr>(value))
    return std::to_string(number.getInt());
  return "-";
}

/// Rows of words, each column as wide as its widest word.
static void printTable(ArrayRef<SmallVector<std::string>> rows, llvm::raw_ostream &out) {
  SmallVector<size_t> widths(rows.front().size());
  for (const auto &row : rows)
    for (auto [width, word] : llvm::zip_equal(widths, row))
      width = std::max(width, word.size());
  for (const auto &row : rows) {
    std::string line;
    for (auto [width, word] : llvm::zip_equal(widths, row))
      line += word + std::string(width - word.size() + 2, ' ');
    out << "  " << llvm::StringRef(line).rtrim() << "\n";
  }
}

static void printLayers(ModuleOp module, llvm::raw_ostream &out) {
  auto layers = module->getAttrOfType<ArrayAttr>(kLayersAttr);
  size_t count = layers ? layers.size() : 0;
  out << "MoE layers: " << count << "\n";
  if (!count)
    return;
  SmallVector<SmallVector<std::string>> rows(1);
  for (auto [title, key] : columns)
    rows.front().push_back(title.str());
  for (auto layer : layers.getAsRange<DictionaryAttr>()) {
    SmallVector<std::string> &row = rows.emplace_back();
    for (auto [title, key] : columns)
      row.push_back(textOf(layer.get(key)));
  }
  printTable(rows, out);
}

/// "3 Add, 2 MatMul, ...", the most frequent first.
static void printCounts(llvm::StringRef title, const Counts &counts, llvm::raw_ostream &out) {
  SmallVector<std::pair<unsigned, llvm::StringRef>> sorted;
  unsigned total = 0;
  for (const auto &[name, count] : counts) {
    sorted.push_back({count, name});
    total += count;
  }
  llvm::sort(sorted, [](auto &a, auto &b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  out << title << ": " << total << "\n";
  for (auto [count, name] : sorted)
    out << llvm::formatv("  {0,8} {1}\n", count, name);
}

void Summary::print(ModuleOp compiled, llvm::raw_ostream &out) const {
  Counts after;
  compiled->walk<WalkOrder::PreOrder>([&](Operation *op) {
    // The kept copy of the layers is no code, and constants do nothing.
    if (isa<ModuleOp>(op) && op != compiled)
      return WalkResult::skip();
    bool isFrame = op == compiled || op->hasTrait<OpTrait::IsTerminator>() ||
                   op->hasTrait<OpTrait::ConstantLike>() ||
                   op->getName().getStringRef() == "func.func";
    if (!isFrame && !isa<WeightOp, ObserveOp>(op))
      ++after[op->getName().getStringRef().str()];
    // What a body holds is counted with its operation.
    bool isBody = !isFrame && op->getNumRegions() != 0;
    return isBody ? WalkResult::skip() : WalkResult::advance();
  });
  printLayers(compiled, out);
  printCounts("ONNX operators in the file", before, out);
  printCounts("operations after raising", after, out);
}
