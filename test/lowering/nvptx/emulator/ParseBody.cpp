//===- ParseBody.cpp - Statements between a function's braces -------------===//

#include "Parser.h"

using namespace moe::emulator;

/// `[base+offset]`; the base may be a number.
SyntaxOperand Parser::address() {
  SyntaxOperand operand;
  operand.kind = SyntaxOperand::Address;
  expect("[");
  if (!isNumber(peek()))
    operand.word = next().text;
  else
    operand.value = number();
  while (take("+"))
    operand.value += number();
  if (peek() == "-")
    operand.value += number();
  expect("]");
  return operand;
}

SyntaxOperand Parser::list(const char *close, SyntaxOperand::Kind kind) {
  SyntaxOperand operand;
  operand.kind = kind;
  next();
  while (!take(close)) {
    operand.elements.push_back(this->operand());
    take(",");
  }
  return operand;
}

SyntaxOperand Parser::operand() {
  if (peek() == "[")
    return address();
  if (peek() == "{")
    return list("}", SyntaxOperand::Vector);
  if (peek() == "(")
    return list(")", SyntaxOperand::List);
  SyntaxOperand operand;
  if (isNumber(peek()) || peek() == "-") {
    operand.kind = SyntaxOperand::Number;
    operand.value = number();
    return operand;
  }
  operand.negated = take("!");
  operand.word = next().text;
  if (take("|"))
    operand.second = next().text;
  if (take("+"))
    operand.value = number();
  return operand;
}

void Parser::parseInstruction(Statement &statement) {
  if (take("@")) {
    statement.guardNegated = take("!");
    statement.guard = next().text;
  }
  statement.word = next().text;
  if (statement.word[0] == '.' || isNumber(statement.word))
    fail("expected an instruction, found '" + statement.word + "'");
  while (!take(";")) {
    statement.operands.push_back(operand());
    take(",");
  }
}

void Parser::parseRegisters(Statement &statement) {
  statement.kind = Statement::Registers;
  uint32_t bytes = typeBytes();
  do {
    RegisterRange range;
    range.bytes = bytes;
    range.name = next().text;
    if (take("<")) {
      range.count = smallNumber();
      expect(">");
    }
    statement.registers.push_back(range);
  } while (take(","));
  expect(";");
}

void Parser::parseDeclaration(Statement &statement, Space space) {
  statement.kind = Statement::Declaration;
  statement.variables.push_back(variable(space));
  expect(";");
}

/// False: nothing to keep.
bool Parser::parseDirective(Statement &statement) {
  if (take(".reg"))
    return parseRegisters(statement), true;
  if (take(".local"))
    return parseDeclaration(statement, Space::Local), true;
  if (take(".param"))
    return parseDeclaration(statement, Space::Param), true;
  if (take(".shared"))
    return parseDeclaration(statement, Space::Shared), true;
  if (take(".branchtargets")) {
    statement.kind = Statement::BranchTargets;
    do
      statement.labels.emplace_back(next().text);
    while (take(","));
    expect(";");
    return true;
  }
  if (peek() != ".loc" && peek() != ".pragma")
    fail("unknown directive '" + std::string(peek()) + "'");
  // A line of debug information has no sign at its end.
  uint32_t start = line();
  if (next().text == ".pragma") {
    while (!take(";"))
      next();
  } else {
    while (line() == start)
      next();
  }
  return false;
}

void Parser::parseBody(SyntaxFunction &function) {
  expect("{");
  int depth = 1;
  std::string label;
  while (depth) {
    Statement statement;
    statement.line = line();
    if (peek().empty())
      fail("the function '" + function.name + "' has no end");
    if (take("{")) {
      statement.kind = Statement::Open;
      ++depth;
    } else if (take("}")) {
      statement.kind = Statement::Close;
      --depth;
    } else if (peek(1) == ":") {
      statement.kind = Statement::Label;
      statement.word = label = next().text;
      next();
    } else if (peek()[0] == '.') {
      if (!parseDirective(statement))
        continue;
      if (statement.kind == Statement::BranchTargets)
        statement.word = label;
    } else if (take(";")) {
      continue;
    } else {
      parseInstruction(statement);
    }
    function.body.push_back(std::move(statement));
  }
}
