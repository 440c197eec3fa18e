//===- Machine.h - An emulator with buffers, for tests ----------*- C++ -*-===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_TEST_MACHINE_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_TEST_MACHINE_H

#include "test/lowering/nvptx/emulator/Emulator.h"
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace moe::emulator {

/// A module around the body of one kernel `k` with so many 64-bit parameters p0, p1, ...; its
/// registers are %p, %h, %r, %d (64 bits) and %q (128).
std::string kernelText(const std::string &body, int parameters = 1, const std::string &globals = "",
                       const std::string &directives = "");

/// An emulator whose errors fail the test.
class Machine {
public:
  Machine() : emulator(uint64_t(1) << 30) {}

  const Kernel *load(const std::string &text);
  template <class T> uint64_t upload(const std::vector<T> &values) {
    uint64_t at = emulator.allocate(values.size() * sizeof(T));
    EXPECT_TRUE(emulator.copyIn(at, values.data(), values.size() * sizeof(T)));
    return at;
  }
  template <class T> std::vector<T> download(uint64_t at, size_t count) {
    std::vector<T> values(count);
    EXPECT_TRUE(emulator.copyOut(values.data(), at, count * sizeof(T)));
    return values;
  }
  /// Empty: it ran to its end.
  std::string launch(const Kernel *kernel, Dimensions grid, Dimensions threads,
                     const std::vector<uint64_t> &arguments, uint32_t shared = 0);
  /// Loads and launches one block.
  std::string run(const std::string &text, uint32_t threads, const std::vector<uint64_t> &arguments,
                  uint32_t shared = 0);

  Emulator emulator;
};

/// Does one instruction in each thread: $0 is the result, $1 and so on are the operands.
template <class R, class... A> class OneInstruction {
public:
  explicit OneInstruction(std::string text) : text(std::move(text)) {}

  std::vector<R> operator()(const std::vector<A> &...operands) {
    size_t count = std::get<0>(std::forward_as_tuple(operands...)).size();
    Machine machine;
    std::vector<uint64_t> arguments{machine.emulator.allocate(count * sizeof(R))};
    (arguments.push_back(machine.upload(operands)), ...);
    EXPECT_EQ(machine.run(kernel(), static_cast<uint32_t>(count), arguments), "") << text;
    return machine.download<R>(arguments[0], count);
  }

private:
  template <class T> static std::string reg(int index) {
    return (sizeof(T) == 2 ? "%h" : sizeof(T) == 4 ? "%r" : "%d") + std::to_string(10 + index);
  }
  template <class T> static std::string access(int index) {
    std::string i = std::to_string(index);
    return "mul.wide.u32 %d1, %r0, " + std::to_string(sizeof(T)) + ";\n  ld.param.b64 %d2, [p" + i +
           "];\n  add.s64 %d2, %d2, %d1;\n  ";
  }
  template <class T> static std::string load(int index) {
    return access<T>(index) + "ld.global.b" + std::to_string(8 * sizeof(T)) + " " + reg<T>(index) +
           ", [%d2];\n  ";
  }
  std::string kernel() const {
    std::string body = "mov.u32 %r0, %tid.x;\n  ";
    std::vector<std::string> registers{reg<R>(0)};
    int index = 1;
    ((body += load<A>(index), registers.push_back(reg<A>(index)), ++index), ...);
    body += text;
    for (size_t i = 0; i < registers.size(); ++i) {
      std::string name = "$" + std::to_string(i);
      for (size_t at; (at = body.find(name)) != body.npos;)
        body.replace(at, name.size(), registers[i]);
    }
    body += "\n  " + access<R>(0) + "st.global.b" + std::to_string(8 * sizeof(R)) + " [%d2], " +
            reg<R>(0) + ";\n  ret;";
    return kernelText(body, 1 + sizeof...(A));
  }
  std::string text;
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_TEST_MACHINE_H
