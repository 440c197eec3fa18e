//===- Lexer.cpp - PTX text as words --------------------------------------===//

#include "Lexer.h"
#include "Fault.h"
#include <cctype>

using namespace moe::emulator;

namespace {

class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) {}
  std::vector<Token> run();

private:
  void skipBlanks();
  size_t wordEnd() const;
  size_t tokenEnd() const;
  bool startsWith(const char *sign) const { return text.substr(at, 2) == sign; }

  std::string_view text;
  size_t at = 0;
  uint32_t line = 1;
};

bool isWord(char c) {
  return isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' || c == '.';
}

} // namespace

void Lexer::skipBlanks() {
  while (at < text.size()) {
    if (startsWith("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (startsWith("/*")) {
      size_t end = text.find("*/", at + 2);
      if (end == text.npos)
        throw ParseError(line, "comment without an end");
      for (; at < end + 2; ++at)
        line += text[at] == '\n';
    } else if (isspace(static_cast<unsigned char>(text[at]))) {
      line += text[at++] == '\n';
    } else {
      return;
    }
  }
}

/// `shared::cta` is one word, the colon behind a label is none of it.
size_t Lexer::wordEnd() const {
  size_t end = at;
  while (end < text.size()) {
    if (isWord(text[end]))
      ++end;
    else if (text.substr(end, 2) == "::")
      end += 2;
    else
      break;
  }
  return end;
}

size_t Lexer::tokenEnd() const {
  if (text[at] == '"') {
    size_t end = text.find('"', at + 1);
    if (end == text.npos)
      throw ParseError(line, "string without an end");
    return end + 1;
  }
  return isWord(text[at]) ? wordEnd() : at + 1;
}

std::vector<Token> Lexer::run() {
  std::vector<Token> tokens;
  for (skipBlanks(); at < text.size(); skipBlanks()) {
    size_t end = tokenEnd();
    tokens.push_back({text.substr(at, end - at), line});
    at = end;
  }
  tokens.push_back({{}, line});
  return tokens;
}

std::vector<Token> moe::emulator::tokenize(std::string_view text) { return Lexer(text).run(); }
