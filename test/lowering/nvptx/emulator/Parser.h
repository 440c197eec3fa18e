//===- Parser.h - The parser's own state ------------------------*- C++ -*-===//
//
// Parser.cpp reads modules, ParseBody.cpp what stands in a function's braces.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_PARSER_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_PARSER_H

#include "Fault.h"
#include "Lexer.h"
#include "Syntax.h"

namespace moe::emulator {

class Parser {
public:
  explicit Parser(std::vector<Token> tokens) : tokens(std::move(tokens)) {}
  SyntaxModule run();

private:
  std::string_view peek(size_t ahead = 0) const {
    return tokens[std::min(at + ahead, tokens.size() - 1)].text;
  }
  uint32_t line() const { return tokens[at].line; }
  const Token &next();
  bool take(std::string_view text);
  void expect(std::string_view text);
  [[noreturn]] void fail(const std::string &text) const;

  static bool isNumber(std::string_view word);
  uint64_t number();
  uint32_t smallNumber();
  uint32_t typeBytes();
  void initialiser(Variable &variable);
  Variable variable(Space space);
  std::vector<Variable> parameters();
  void dimensions(std::array<uint32_t, 3> &sizes);
  void function(bool entry);
  void skipSection();
  void topLevel();
  void header();

  void parseBody(SyntaxFunction &function);
  bool parseDirective(Statement &statement);
  void parseRegisters(Statement &statement);
  void parseDeclaration(Statement &statement, Space space);
  void parseInstruction(Statement &statement);
  SyntaxOperand operand();
  SyntaxOperand address();
  SyntaxOperand list(const char *close, SyntaxOperand::Kind kind);

  std::vector<Token> tokens;
  size_t at = 0;
  SyntaxModule module;
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_PARSER_H
