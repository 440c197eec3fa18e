//===- Machine.cpp - An emulator with buffers, for tests ------------------===//

#include "Machine.h"

using namespace moe::emulator;

std::string moe::emulator::kernelText(const std::string &body, int parameters,
                                      const std::string &globals, const std::string &directives) {
  std::string list;
  for (int i = 0; i < parameters; ++i)
    list += (i ? ", " : "") + (".param .u64 p" + std::to_string(i));
  return ".version 8.0\n.target sm_80\n.address_size 64\n" + globals + "\n.visible .entry k(" +
         list + ") " + directives +
         "\n{\n  .reg .pred %p<50>; .reg .b16 %h<50>; .reg .b32 %r<50>; .reg .b64 %d<50>;\n"
         "  .reg .b128 %q<9>;\n  " +
         body + "\n}\n";
}

const Kernel *Machine::load(const std::string &text) {
  std::string error;
  Module *module = emulator.load(text, error);
  EXPECT_TRUE(module) << error << "\n" << text;
  return module ? module->kernel("k") : nullptr;
}

std::string Machine::launch(const Kernel *kernel, Dimensions grid, Dimensions threads,
                            const std::vector<uint64_t> &arguments, uint32_t shared) {
  if (!kernel)
    return "not loaded";
  Arguments values;
  for (uint64_t argument : arguments)
    values.add(argument);
  auto error = emulator.launch(*kernel, grid, threads, shared, values);
  return error ? error->message : "";
}

std::string Machine::run(const std::string &text, uint32_t threads,
                         const std::vector<uint64_t> &arguments, uint32_t shared) {
  return launch(load(text), {}, {threads, 1, 1}, arguments, shared);
}
