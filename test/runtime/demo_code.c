/* demo_code.c - Generated code, written by hand.
 *
 * A model with one MoE layer of 4 experts on rows of 4 numbers, so that the runtime is tested
 * without the compiler: logits are the row itself, the best two experts are taken with the weights
 * 0.75 and 0.25, and expert e multiplies the row by scale[e], from the weight section. A row whose
 * first number is negative goes to one expert only; the other slot is dropped (-1). A first row
 * that begins with 1000 or more ends the run.
 */
#include "runtime/moe_abi.h"

enum { kHidden = 4, kExperts = 4, kTopK = 2 };
enum { kLogits, kTokens, kChosen, kWeights, kOutput };

typedef struct closure {
  const float *x, *scale;
  float *y, *weights;
  int32_t *experts;
} closure;

/* The largest number but `skip`, lower index first. */
static int32_t best(const float *row, int32_t skip) {
  int32_t result = skip == 0 ? 1 : 0;
  for (int32_t e = 0; e < kExperts; ++e)
    if (e != skip && row[e] > row[result])
      result = e;
  return result;
}

static void runRows(void *argument, int64_t begin, int64_t end) {
  const closure *c = argument;
  for (int64_t t = begin; t < end; ++t) {
    const float *row = c->x + t * kHidden;
    int32_t *experts = c->experts + t * kTopK;
    float *weights = c->weights + t * kTopK;
    experts[0] = best(row, -1);
    experts[1] = row[0] < 0 ? -1 : best(row, experts[0]);
    weights[0] = 0.75f;
    weights[1] = experts[1] < 0 ? 0.0f : 0.25f;
    float scale = weights[0] * c->scale[experts[0]];
    if (experts[1] >= 0)
      scale += weights[1] * c->scale[experts[1]];
    for (int j = 0; j < kHidden; ++j)
      c->y[t * kHidden + j] = scale * row[j];
  }
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

__attribute__((visibility("default"))) void
moe_entry(moe_context *context, const moe_abi_tensor *inputs, moe_abi_tensor *outputs) {
  int64_t tokens = inputs[0].shape[0];
  closure c;
  c.x = inputs[0].data;
  c.scale = (const float *)context->weights;
  if (tokens && c.x[0] >= 1000)
    context->fail(context, "the first number must be below 1000");
  c.y = context->alloc(context, tokens * kHidden * 4);
  c.experts = context->alloc(context, tokens * kTopK * 4);
  c.weights = context->alloc(context, tokens * kTopK * 4);
  context->parallel_for(context, tokens, 16, runRows, &c);
  observe(context, kLogits, (void *)c.x, tokens, kExperts);
  observe(context, kTokens, (void *)c.x, tokens, kHidden);
  observe(context, kChosen, c.experts, tokens, kTopK);
  observe(context, kWeights, c.weights, tokens, kTopK);
  observe(context, kOutput, c.y, tokens, kHidden);
  context->free(context, c.experts);
  /* c.weights is left to the runtime. */
  outputs[0].data = c.y;
  outputs[0].rank = 2;
  outputs[0].shape[0] = tokens;
  outputs[0].shape[1] = kHidden;
  /* The second output is an input's own data. */
  outputs[1] = inputs[1];
}
