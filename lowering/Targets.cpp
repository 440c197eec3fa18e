//===- Targets.cpp - What the compiler can compile for --------------------===//

#include "lowering/Targets.h"
#include "lowering/cpu/Codegen.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace moe;

static constexpr llvm::StringLiteral kTargetsAttr = "moe.targets";
static constexpr llvm::StringLiteral kCpuAttr = "moe.cpu";
static constexpr llvm::StringLiteral kPrecisionAttr = "moe.precision";

ArrayRef<Target> moe::targets() {
  // Eight rows: the height of the CPU's register tile (lowering/cpu/TileChoice.cpp). Sixteen: what
  // one instruction of a tensor core takes (lowering/nvptx).
  static const Target table[] = {
      {"cpu", "x86-64 CPUs, a code variant for each instruction set", 8, 0},
      {"sm_80", "NVIDIA GPUs from Ampere on: PTX, and cubin for 8.0", 16, 80},
      {"sm_90", "the same code, assembled for Hopper", 16, 90},
  };
  return table;
}

const Target *moe::findTarget(llvm::StringRef name) {
  const Target *row = llvm::find_if(targets(), [&](const Target &t) { return t.name == name; });
  return row == targets().end() ? nullptr : row;
}

int64_t moe::commonTile(ArrayRef<std::string> names) {
  int64_t tile = 1;
  for (const std::string &name : names)
    if (const Target *target = findTarget(name))
      tile = std::max(tile, target->tileRows);
  return tile;
}

bool TargetChoice::hasCpu() const { return llvm::is_contained(targets, "cpu"); }

SmallVector<unsigned> TargetChoice::architectures() const {
  SmallVector<unsigned> found;
  for (const Target &target : llvm::reverse(moe::targets()))
    if (target.architecture && llvm::is_contained(targets, target.name))
      found.push_back(target.architecture);
  return found;
}

static std::string known(llvm::ArrayRef<std::string> names) {
  return "known are " + llvm::join(names, ", ");
}

bool moe::parseTargetChoice(llvm::StringRef targetList, llvm::StringRef cpuList,
                            llvm::StringRef precision, TargetChoice &choice, std::string &message) {
  std::vector<std::string> targetNames, cpuNames;
  for (const Target &target : targets())
    targetNames.push_back(target.name.str());
  for (const CpuVariant &variant : cpuVariants())
    cpuNames.push_back(std::string(variant.name));

  auto parse = [&](llvm::StringRef list, llvm::StringRef option, ArrayRef<std::string> names,
                   SmallVector<std::string> &into) {
    SmallVector<llvm::StringRef> parts;
    list.split(parts, ',');
    for (llvm::StringRef part : parts) {
      if (!llvm::is_contained(names, part)) {
        message = ("--" + option + ": unknown name '" + part + "'; ").str() + known(names);
        return false;
      }
      if (!llvm::is_contained(into, part))
        into.push_back(part.str());
    }
    return true;
  };
  choice = {};
  SmallVector<std::string> precisions;
  if (!parse(targetList, "target", targetNames, choice.targets) ||
      !parse(precision, "precision", {"f32", "tf32"}, precisions))
    return false;
  choice.precision = precisions.front();
  if (cpuList == "all") {
    choice.cpu.assign(cpuNames.begin(), cpuNames.end());
    return true;
  }
  if (cpuList == "native") {
    for (const CpuVariant &variant : cpuVariants())
      if (hostRuns(variant)) {
        choice.cpu.push_back(std::string(variant.name));
        return true;
      }
    message = "--cpu=native: this machine runs none of the variants; " + known(cpuNames);
    return false;
  }
  SmallVector<std::string> listed;
  if (!parse(cpuList, "cpu", cpuNames, listed))
    return false;
  // Best first, whatever order the user wrote.
  for (const std::string &name : cpuNames)
    if (llvm::is_contained(listed, name))
      choice.cpu.push_back(name);
  return true;
}

static ArrayAttr strings(MLIRContext *context, ArrayRef<std::string> names) {
  SmallVector<Attribute> attrs;
  for (const std::string &name : names)
    attrs.push_back(StringAttr::get(context, name));
  return ArrayAttr::get(context, attrs);
}

void moe::setTargetChoice(ModuleOp module, const TargetChoice &choice) {
  module->setAttr(kTargetsAttr, strings(module.getContext(), choice.targets));
  module->setAttr(kCpuAttr, strings(module.getContext(), choice.cpu));
  if (choice.precision != TargetChoice().precision)
    module->setAttr(kPrecisionAttr, StringAttr::get(module.getContext(), choice.precision));
}

TargetChoice moe::getTargetChoice(ModuleOp module) {
  TargetChoice choice;
  auto read = [&](llvm::StringRef name, SmallVector<std::string> &into) {
    if (auto list = module->getAttrOfType<ArrayAttr>(name))
      for (auto entry : list.getAsRange<StringAttr>())
        into.push_back(entry.str());
  };
  read(kTargetsAttr, choice.targets);
  read(kCpuAttr, choice.cpu);
  if (auto precision = module->getAttrOfType<StringAttr>(kPrecisionAttr))
    choice.precision = precision.str();
  if (choice.targets.empty())
    choice.targets = {"cpu"};
  if (choice.cpu.empty())
    for (const CpuVariant &variant : cpuVariants())
      choice.cpu.push_back(std::string(variant.name));
  return choice;
}
