"""The same layer in PyTorch: what ours is timed against. All take and give [tokens, hidden] on the device."""
import functools


class Weights:
    """Stacked as torch.nn.Linear has them: [experts, out, in]."""

    def __init__(self, torch, shape, kind, device):
        def make(*dims):
            return torch.randn(*dims, device=device, dtype=kind) * 0.03
        self.up = make(shape.experts, shape.up_columns(), shape.hidden)
        self.down = make(shape.experts, shape.hidden, shape.inter)
        self.router = make(shape.hidden, shape.experts)
        biased = shape.act == "clamped"
        self.up_bias = make(shape.experts, shape.up_columns()) if biased else None
        self.down_bias = make(shape.experts, shape.hidden) if biased else None
        if shape.shared:
            self.shared_up, self.shared_down = make(2 * shape.shared, shape.hidden), make(shape.hidden, shape.shared)


def activate(torch, shape, h):
    """Gate columns first, then up columns."""
    if shape.act == "relu":
        return torch.relu(h)
    gate, up = h.chunk(2, dim=-1)
    if shape.act == "swiglu":
        return torch.nn.functional.silu(gate) * up
    gate, up = gate.clamp(max=7.0), up.clamp(-7.0, 7.0)
    return gate * torch.sigmoid(1.702 * gate) * (up + 1)


def route(torch, shape, weights, x):
    """(weights, experts), both [tokens, k]."""
    scores, experts = torch.softmax((x @ weights.router).float(), dim=-1).topk(shape.k, dim=-1)
    if shape.k > 1:
        scores = scores / scores.sum(dim=-1, keepdim=True)
    return scores.to(x.dtype), experts


def add_shared(torch, shape, weights, x, y):
    if not shape.shared:
        return y
    gate, up = (x @ weights.shared_up.t()).chunk(2, dim=-1)
    return y + (torch.nn.functional.silu(gate) * up) @ weights.shared_down.t()


def loop(torch, shape, weights, x):
    """An expert after the other, products by cuBLAS: what most model code does."""
    scores, experts = route(torch, shape, weights, x)
    y = torch.zeros_like(x)
    for e in torch.unique(experts).tolist():
        token, slot = torch.where(experts == e)
        h = x[token] @ weights.up[e].t()
        h = h if weights.up_bias is None else h + weights.up_bias[e]
        out = activate(torch, shape, h) @ weights.down[e].t()
        out = out if weights.down_bias is None else out + weights.down_bias[e]
        y.index_add_(0, token, out * scores[token, slot, None])
    return add_shared(torch, shape, weights, x, y)


def grouped(torch, shape, weights, x):
    """Rows sorted by expert, then two grouped products; nothing is read back by the host."""
    scores, experts = route(torch, shape, weights, x)
    order = experts.flatten().argsort(stable=True)
    of_row = experts.flatten()[order]
    counts = torch.zeros(shape.experts, device=x.device, dtype=torch.int32)
    counts.scatter_add_(0, of_row, torch.ones_like(of_row, dtype=torch.int32))
    ends = counts.cumsum(0).to(torch.int32)
    h = torch._grouped_mm(x[order // shape.k], weights.up.transpose(-2, -1), offs=ends)
    h = h if weights.up_bias is None else h + weights.up_bias[of_row]
    out = torch._grouped_mm(activate(torch, shape, h), weights.down.transpose(-2, -1), offs=ends)
    out = out if weights.down_bias is None else out + weights.down_bias[of_row]
    out = out * scores.flatten()[order, None]
    y = torch.empty_like(out).index_copy_(0, order, out).view(x.shape[0], shape.k, -1).sum(dim=1)
    return add_shared(torch, shape, weights, x, y)


def transformers_block(torch, shape, weights, kind, device):
    """Qwen3-MoE's block with grouped experts, for the shapes that it has."""
    if shape.act != "swiglu" or shape.shared or shape.k == 1:
        raise NotImplementedError("no block of this shape is taken from it")
    from transformers.models.qwen3_moe.configuration_qwen3_moe import Qwen3MoeConfig
    from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeSparseMoeBlock
    config = Qwen3MoeConfig(hidden_size=shape.hidden, moe_intermediate_size=shape.inter, num_experts=shape.experts,
                            num_experts_per_tok=shape.k, norm_topk_prob=True)
    config._experts_implementation = "grouped_mm"
    with torch.device("meta"):
        block = Qwen3MoeSparseMoeBlock(config).to(kind).eval()
    named = {"gate.weight": weights.router.t().contiguous(), "experts.gate_up_proj": weights.up, "experts.down_proj": weights.down}
    if set(named) != set(block.state_dict()):
        raise NotImplementedError("its weights have other names; transformers 5 is expected")
    block.load_state_dict(named, assign=True)

    def call(x):
        y = block(x[None])
        return (y[0] if isinstance(y, tuple) else y)[0]
    return call


def make(torch, shape, kind, device):
    """Names and functions of x, and why others are not among them: tried out on a few rows against the loop."""
    weights = Weights(torch, shape, kind, device)
    makers = {"torch loop": lambda: functools.partial(loop, torch, shape, weights),
              "torch grouped_mm": lambda: functools.partial(grouped, torch, shape, weights),
              "transformers grouped_mm": lambda: transformers_block(torch, shape, weights, kind, device)}
    x = torch.randn(16, shape.hidden, device=device, dtype=kind)
    want = loop(torch, shape, weights, x).float()
    found, skipped = {}, {}
    for name, maker in makers.items():
        try:
            call = maker()
            error = (call(x).float() - want).norm() / want.norm()
            if not error < 0.05:
                raise ValueError(f"its result is another: relative error {error:.3g}")
            found[name] = call
        except Exception as error:  # of all that may be missing or refuse
            skipped[name] = f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"
    return found, skipped
