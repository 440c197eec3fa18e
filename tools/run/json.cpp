//===- json.cpp - Writing JSON --------------------------------------------===//
//
// moe-run only writes JSON, so a string that grows is all it takes. Names come from files: bytes
// that are no UTF-8 are replaced, or no reader would take the document.
//
//===----------------------------------------------------------------------===//

#include "json.h"

#include <cmath>
#include <cstdio>

using namespace moe::run;

void Json::separate() {
  if (needsComma)
    out += ", ";
  needsComma = true;
}

Json &Json::open(char bracket) {
  separate();
  out += bracket;
  needsComma = false;
  return *this;
}

Json &Json::close(char bracket) {
  out += bracket;
  needsComma = true;
  return *this;
}

Json &Json::key(const std::string &name) {
  separate();
  quote(name);
  out += ": ";
  needsComma = false;
  return *this;
}

Json &Json::text(const std::string &value) {
  separate();
  quote(value);
  return *this;
}

Json &Json::integer(int64_t value) {
  separate();
  out += std::to_string(value);
  return *this;
}

Json &Json::number(double value) {
  if (!std::isfinite(value))
    return null();
  separate();
  char buffer[32];
  snprintf(buffer, sizeof(buffer), "%.9g", value);
  out += buffer;
  return *this;
}

Json &Json::boolean(bool value) {
  separate();
  out += value ? "true" : "false";
  return *this;
}

Json &Json::null() {
  separate();
  out += "null";
  return *this;
}

/// The length of the UTF-8 character at `i`, or 0 where there is none.
static size_t utf8Length(const std::string &text, size_t i) {
  unsigned char lead = static_cast<unsigned char>(text[i]);
  size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead > 0xf4 || length == 0 || length > text.size() - i)
    return 0;
  for (size_t j = 1; j < length; ++j)
    if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80)
      return 0;
  unsigned char second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
  bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  bool beyond = (lead == 0xed && second >= 0xa0) || (lead == 0xf4 && second >= 0x90);
  return overlong || beyond ? 0 : length;
}

void Json::quote(const std::string &value) {
  out += '"';
  for (size_t i = 0; i < value.size();) {
    size_t length = utf8Length(value, i);
    char c = value[i];
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < ' ') {
      char buffer[8];
      snprintf(buffer, sizeof(buffer), "\\u%04x", static_cast<unsigned>(c));
      out += buffer;
    } else {
      out.append(value, i, length);
    }
    i += length ? length : 1;
  }
  out += '"';
}
