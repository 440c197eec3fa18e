//===- Cubin.cpp - What an assembled kernel is made of --------------------===//

#include "test/lowering/nvptx/Cubin.h"
#include <cstdio>
#include <cstring>
#include <elf.h>
#include <sstream>

using namespace moe::test;

static constexpr char kText[] = ".text.";
static constexpr size_t kInstructionBytes = 16;

/// The `index`-th structure of a table in `bytes`, if it lies within.
template <class T>
static bool readAt(const std::vector<char> &bytes, uint64_t offset, uint64_t index, T &into) {
  if (offset > bytes.size() || (bytes.size() - offset) / sizeof(T) <= index)
    return false;
  std::memcpy(&into, bytes.data() + offset + index * sizeof(T), sizeof(T));
  return true;
}

std::map<std::string, std::map<uint32_t, int>>
moe::test::countSass(const std::vector<char> &cubin) {
  std::map<std::string, std::map<uint32_t, int>> kernels;
  Elf64_Ehdr header;
  Elf64_Shdr names, section;
  if (!readAt(cubin, 0, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      !readAt(cubin, header.e_shoff, header.e_shstrndx, names))
    return kernels;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    if (!readAt(cubin, header.e_shoff, i, section) || section.sh_type != SHT_PROGBITS)
      continue;
    std::string name = cubin.data() + names.sh_offset + section.sh_name;
    if (name.rfind(kText, 0) != 0)
      continue;
    std::map<uint32_t, int> &counts = kernels[name.substr(sizeof(kText) - 1)];
    uint64_t low;
    for (uint64_t at = 0; at < section.sh_size; at += kInstructionBytes)
      if (readAt(cubin, section.sh_offset + at, 0, low))
        ++counts[low & 0xFFF];
  }
  return kernels;
}

std::map<std::string, AssemblerNote> moe::test::readAssemblerLog(const std::string &log) {
  std::map<std::string, AssemblerNote> notes;
  std::istringstream lines(log);
  std::string line, kernel;
  while (std::getline(lines, line)) {
    char name[256];
    int stack, stores, loads, registers;
    size_t used = line.find("Used "), quoted = line.find("Compiling entry function '");
    if (quoted != std::string::npos &&
        std::sscanf(line.c_str() + quoted, "Compiling entry function '%255[^']'", name) == 1)
      kernel = name;
    else if (std::sscanf(line.c_str(), " %d bytes stack frame, %d bytes spill stores, %d", &stack,
                         &stores, &loads) == 3)
      notes[kernel].spilledBytes = stores + loads;
    else if (used != std::string::npos &&
             std::sscanf(line.c_str() + used, "Used %d registers", &registers) == 1)
      notes[kernel].registers = registers;
  }
  return notes;
}
