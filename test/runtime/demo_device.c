/* demo_device.c - Generated code for a GPU, written by hand.
 *
 * The model of demo_code.c, as host code that launches kernels (those of fake_driver.cpp). Some
 * numbers of tokens have a meaning, so that tests come by every callback and every mistake.
 */
#include "runtime/moe_abi.h"

enum { kHidden = 4, kExperts = 4, kTopK = 2 };
enum { kLogits, kTokens, kChosen, kWeights, kOutput };
enum { kCopy, kRoute, kScale };
/* The numbers of tokens. */
enum {
  kUploads = 5,
  kObservesTwice = 6,
  kFetches = 7,
  kNoSuchKernel = 11,
  kNegativeGrid = 12,
  kLargeGrid = 13,
  kForeignBlock = 14,
  kNegativeBytes = 15,
  kTooMuch = 16
};

static void launch(moe_context *context, int32_t number, int64_t blocks, void *const *params) {
  const int64_t grid[3] = {blocks, 1, 1};
  context->launch(context, number, grid, params);
}

static void copy(moe_context *context, void *to, void *from, int64_t count) {
  void *params[] = {&to, &from, &count};
  launch(context, kCopy, 1, params);
}

/* By way of a staging block, as for weights whose layout a kernel changes. */
__attribute__((visibility("default"))) void moe_prepare(moe_context *context) {
  void *staging = context->alloc(context, 16);
  context->upload(context, staging, context->section, 16);
  copy(context, (void *)context->weights, staging, kExperts);
  context->free(context, staging);
}

static void observe(moe_context *context, int32_t number, void *data, int64_t rows,
                    int64_t columns) {
  moe_abi_tensor value;
  value.data = data;
  value.rank = 2;
  value.shape[0] = rows;
  value.shape[1] = columns;
  if (context->observed[number])
    context->observe(context, number, &value);
}

/* Breaks a rule, where the number of tokens says so. */
static void misbehave(moe_context *context, int64_t tokens, void *data) {
  void *params[] = {&data, &data, &tokens};
  if (tokens == kNoSuchKernel)
    launch(context, 3, 1, params);
  if (tokens == kNegativeGrid)
    launch(context, kCopy, -1, params);
  if (tokens == kLargeGrid)
    launch(context, kCopy, (int64_t)1 << 31, params);
  if (tokens == kForeignBlock)
    context->free(context, data);
  if (tokens == kNegativeBytes)
    context->alloc(context, -1);
  if (tokens == kTooMuch)
    context->alloc(context, (int64_t)1 << 40);
}

/* What depends on more than shapes. */
static void visitHost(moe_context *context, int64_t tokens, void *x) {
  float first = 0;
  if (tokens != kFetches)
    return;
  context->fetch(context, &first, x, 4);
  if (first >= 1000)
    context->fail(context, "the first number must be below 1000");
}

/* The scales, twice as large, in a block that other steps use too; the host's array does not last.
 */
static void *uploadScales(moe_context *context) {
  float scales[kExperts] = {2, 4, 6, 8};
  void *block = context->alloc(context, sizeof(scales));
  context->upload(context, block, scales, sizeof(scales));
  for (int i = 0; i < kExperts; ++i)
    ((volatile float *)scales)[i] = 0;
  return block;
}

__attribute__((visibility("default"))) void
moe_entry(moe_context *context, const moe_abi_tensor *inputs, moe_abi_tensor *outputs) {
  int64_t tokens = inputs[0].shape[0];
  void *x = inputs[0].data, *scale = (void *)context->weights;
  misbehave(context, tokens, (char *)x + 1);
  visitHost(context, tokens, x);
  if (tokens == kUploads)
    scale = uploadScales(context);
  void *y = context->alloc(context, tokens * kHidden * 4);
  void *experts = context->alloc(context, tokens * kTopK * 4);
  void *weights = context->alloc(context, tokens * kTopK * 4);
  void *route[] = {&x, &experts, &weights, &tokens};
  launch(context, kRoute, tokens, route);
  void *apply[] = {&x, &experts, &weights, &scale, &y, &tokens};
  launch(context, kScale, tokens, apply);
  if (tokens == kUploads) {
    int64_t count = kExperts;
    void *params[] = {&scale, &x, &count};
    launch(context, kCopy, 1, params);
  }
  observe(context, kLogits, x, tokens, kExperts);
  observe(context, kTokens, x, tokens, kHidden);
  observe(context, kChosen, experts, tokens, kTopK);
  observe(context, kWeights, weights, tokens, kTopK);
  observe(context, kOutput, y, tokens, kHidden);
  if (tokens == kObservesTwice)
    observe(context, kOutput, x, tokens, kHidden);
  context->free(context, experts);
  outputs[0].data = y;
  outputs[0].rank = 2;
  outputs[0].shape[0] = tokens;
  outputs[0].shape[1] = kHidden;
  outputs[1] = inputs[1];
}
