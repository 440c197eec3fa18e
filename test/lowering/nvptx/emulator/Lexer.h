//===- Lexer.h - PTX text as words --------------------------------*- C++ -*-===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_LEXER_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_LEXER_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moe::emulator {

/// A word (names, numbers and dotted opcodes), a string, or one sign.
struct Token {
  std::string_view text;
  uint32_t line = 0;
};

/// Comments go; the last token is empty and stands on the last line.
std::vector<Token> tokenize(std::string_view text);

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_LEXER_H
