//===- Emulator.cpp - A GPU that runs PTX text ----------------------------===//

#include "Emulator.h"
#include "Decode.h"
#include <algorithm>

using namespace moe::emulator;

Arguments &Arguments::addMemref(uint64_t pointer, const std::vector<int64_t> &sizes,
                                const std::vector<int64_t> &strides) {
  add(pointer).add(pointer).add(int64_t(0));
  for (int64_t size : sizes)
    add(size);
  for (int64_t stride : strides)
    add(stride);
  return *this;
}

namespace {

/// Writes what the module says a variable holds; the rest of it is zeros.
void initialise(const Variable &variable, unsigned char *bytes, const Symbols &symbols) {
  std::fill_n(bytes, variable.bytes, 0);
  size_t at = 0;
  for (const Initial &initial : variable.initial) {
    uint64_t value = initial.value;
    if (!initial.symbol.empty()) {
      auto found = symbols.addresses.find(initial.symbol);
      if (found == symbols.addresses.end())
        throw ParseError(0, "'" + variable.name + "' holds the address of the unknown '" +
                                initial.symbol + "'");
      value += found->second;
    }
    if (at + variable.elementBytes > variable.bytes)
      throw ParseError(0, "'" + variable.name + "' has more values than elements");
    memcpy(bytes + at, &value, std::min<size_t>(variable.elementBytes, sizeof value));
    at += variable.elementBytes;
  }
}

} // namespace

void Emulator::placeVariables(const SyntaxModule &syntax, Module &module, Symbols &symbols) {
  for (const Variable &variable : syntax.variables) {
    if (variable.space == Space::Shared) {
      symbols.shared[variable.name] = &variable;
      continue;
    }
    uint64_t address = memory.allocate(std::max<uint64_t>(variable.bytes, 1));
    if (!address)
      throw ParseError(0, "out of device memory for '" + variable.name + "'");
    symbols.addresses[variable.name] = address;
    module.variables[variable.name] = {address, variable.bytes};
  }
  for (const Variable &variable : syntax.variables)
    if (variable.space != Space::Shared)
      initialise(variable, memory.host(symbols.addresses[variable.name]), symbols);
}

Module *Emulator::load(std::string_view text, std::string &error) {
  modules.emplace_back();
  Module &module = modules.back();
  try {
    SyntaxModule syntax = parseModule(text);
    module.arch = syntax.target.compare(0, 3, "sm_")
                      ? 0
                      : static_cast<uint32_t>(strtoul(syntax.target.c_str() + 3, nullptr, 10));
    Symbols symbols;
    placeVariables(syntax, module, symbols);
    for (const SyntaxFunction &function : syntax.functions)
      if (!function.entry)
        symbols.functions[function.name] = &function;
    for (const SyntaxFunction &function : syntax.functions)
      if (function.entry)
        module.kernels.emplace(function.name, decode(function, symbols));
    return &module;
  } catch (const ParseError &e) {
    error = e.what();
  }
  unload(&module);
  return nullptr;
}

void Emulator::unload(Module *module) {
  for (const auto &[name, variable] : module->variables)
    memory.release(variable.first);
  modules.remove_if([&](const Module &each) { return &each == module; });
}

bool Emulator::copyIn(uint64_t to, const void *from, uint64_t bytes) {
  if (!memory.validRange(to, bytes))
    return false;
  memcpy(memory.host(to), from, bytes);
  return true;
}

bool Emulator::copyOut(void *to, uint64_t from, uint64_t bytes) {
  if (!memory.validRange(from, bytes))
    return false;
  memcpy(to, memory.host(from), bytes);
  return true;
}
