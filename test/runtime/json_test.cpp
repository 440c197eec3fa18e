//===- json_test.cpp - Written JSON is JSON -------------------------------===//

#include "tools/run/json.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace moe::run;

TEST(Json, Structure) {
  Json json;
  json.beginObject().key("a").integer(-1).key("b").beginArray().number(0.5).boolean(true).null();
  json.beginObject().endObject().endArray().key("c").text("d").endObject();
  EXPECT_EQ(json.str(), R"({"a": -1, "b": [0.5, true, null, {}], "c": "d"})");
}

TEST(Json, NumbersThatJsonLacks) {
  Json json;
  json.beginArray().number(NAN).number(INFINITY).number(1e-300).endArray();
  EXPECT_EQ(json.str(), "[null, null, 1e-300]");
}

TEST(Json, Strings) {
  struct {
    const char *text, *json;
  } rows[] = {
      {"a\"b\\c", R"("a\"b\\c")"},
      {"a\nb\x1f", R"("a\u000ab\u001f")"},
      {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
      // No UTF-8: a lone byte, a cut character, an overlong one, a surrogate, beyond the last.
      {"\x80", R"("\ufffd")"},
      {"\xe2\x82", R"("\ufffd\ufffd")"},
      {"\xc0\x80", R"("\ufffd\ufffd")"},
      {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
      {"\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
  };
  for (const auto &row : rows)
    EXPECT_EQ(Json().text(row.text).str(), row.json);
}
