"""Records golden/gradients/: the loss of small models, every gradient, and the weights after
AdamW, as PyTorch's autograd and optimiser compute them in float64.

    pip install torch safetensors
    python golden/record-gradients.py

The decoder is written from its equations; norms, attention, activations, loss, clipping and AdamW
are PyTorch's own. README.md in that folder describes the files.
"""

import hashlib
import json
import math
import platform
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
FOLDER = Path(__file__).parent / "gradients"
IGNORED = -100

PLAIN = dict(
    norm="rmsnorm", norm_eps=1e-5, final_norm=True, qk_norm=False, positions="rope",
    rope_theta=10000, rope_layout="half-split", partial_rotary_factor=1, rope_scaling=None,
    sliding_window=None, feed_forward="swiglu", attention_bias=False, attention_output_bias=False,
    mlp_bias=False, lm_head_bias=False, tie_word_embeddings=False,
)  # fmt: skip


def sizes(V, D, inner, L, N, K, H, P):
    return dict(
        vocab_size=V, hidden_size=D, intermediate_size=inner, num_hidden_layers=L,
        num_attention_heads=N, num_key_value_heads=K, head_dim=H, max_position_embeddings=P,
    )  # fmt: skip


LLAMA3 = dict(
    rope_type="llama3", factor=4, low_freq_factor=1, high_freq_factor=4,
    original_max_position_embeddings=32,
)  # fmt: skip

MODELS = {
    "llama": PLAIN | sizes(19, 10, 14, 2, 4, 2, 6, 40)
    | dict(tie_word_embeddings=True, rope_theta=100, rope_scaling=LLAMA3),
    "gpt": PLAIN | sizes(17, 12, 15, 2, 3, 3, 4, 20)
    | dict(norm="layernorm", positions="learned", feed_forward="gelu_tanh", attention_bias=True,
           attention_output_bias=True, mlp_bias=True, lm_head_bias=True),
    "window": PLAIN | sizes(13, 9, 11, 3, 3, 1, 8, 22)
    | dict(sliding_window=3, qk_norm=True, partial_rotary_factor=0.5, rope_layout="interleaved",
           feed_forward="gelu", attention_bias=True),
}  # fmt: skip

OPTIMISER = dict(
    betas=[0.9, 0.95], eps=1e-8, weight_decay=0.1, max_norm=2.0,
    learning_rates=[0.001, 0.002, 0.003, 0.004, 0.004, 0.0037, 0.003, 0.002, 0.001, 0.0005],
)  # fmt: skip


def random_weights(c, seed):
    """Returns weights without neutral values: gains around 1, biases around 0, matrices about 1 / sqrt(in)."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}

    def tensor(name, *shape):
        numbers = torch.randn(*shape, generator=generator)
        if len(shape) == 2:
            weights[name] = numbers / math.sqrt(shape[1])
        else:
            weights[name] = numbers / 4 + (0 if name.endswith(".bias") else 1)

    def linear(name, out, inner, bias):
        tensor(f"{name}.weight", out, inner)
        if bias:
            tensor(f"{name}.bias", out)

    def norm(name, width):
        tensor(f"{name}.weight", width)
        if c["norm"] == "layernorm":
            tensor(f"{name}.bias", width)

    D, inner, H = c["hidden_size"], c["intermediate_size"], c["head_dim"]
    query, kv = c["num_attention_heads"] * H, c["num_key_value_heads"] * H
    tensor("model.embed_tokens.weight", c["vocab_size"], D)
    if c["positions"] == "learned":
        tensor("model.embed_positions.weight", c["max_position_embeddings"], D)
    for l in range(c["num_hidden_layers"]):
        layer = f"model.layers.{l}"
        norm(f"{layer}.input_layernorm", D)
        linear(f"{layer}.self_attn.q_proj", query, D, c["attention_bias"])
        linear(f"{layer}.self_attn.k_proj", kv, D, c["attention_bias"])
        linear(f"{layer}.self_attn.v_proj", kv, D, c["attention_bias"])
        linear(f"{layer}.self_attn.o_proj", D, query, c["attention_output_bias"])
        if c["qk_norm"]:
            tensor(f"{layer}.self_attn.q_norm.weight", H)
            tensor(f"{layer}.self_attn.k_norm.weight", H)
        norm(f"{layer}.post_attention_layernorm", D)
        if c["feed_forward"] == "swiglu":
            linear(f"{layer}.mlp.gate_proj", inner, D, c["mlp_bias"])
        linear(f"{layer}.mlp.up_proj", inner, D, c["mlp_bias"])
        linear(f"{layer}.mlp.down_proj", D, inner, c["mlp_bias"])
    norm("model.norm", D)
    if not c["tie_word_embeddings"]:
        tensor("lm_head.weight", c["vocab_size"], D)
    if c["lm_head_bias"]:
        tensor("lm_head.bias", c["vocab_size"])
    return weights


def rope(c, x):
    """Su et al. 2021, equation 34, on the first entries of every head; x is [heads, T, H]."""
    R = int(c["head_dim"] * c["partial_rotary_factor"])
    frequency = c["rope_theta"] ** (-torch.arange(0, R, 2) / R)
    scaling = c["rope_scaling"]
    if scaling is not None:
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        turns = scaling["original_max_position_embeddings"] * frequency / (2 * math.pi)
        kept = ((turns - low) / (high - low)).clamp(0, 1)
        frequency = kept * frequency + (1 - kept) * frequency / scaling["factor"]
    angle = torch.arange(x.shape[1])[:, None] * frequency
    half = c["rope_layout"] == "half-split"
    a, b = (x[..., : R // 2], x[..., R // 2 : R]) if half else (x[..., 0:R:2], x[..., 1:R:2])
    first = a * angle.cos() - b * angle.sin()
    second = a * angle.sin() + b * angle.cos()
    pairs = torch.cat([first, second], -1) if half else torch.stack([first, second], -1).flatten(-2)
    return torch.cat([pairs, x[..., R:]], -1)


def logits(c, w, tokens):
    """Returns logits [T, V] of one row of tokens."""
    T, D, H = len(tokens), c["hidden_size"], c["head_dim"]

    def linear(name, x):
        return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))

    def norm(name, x):
        weight, bias = w[f"{name}.weight"], w.get(f"{name}.bias")
        if bias is None:
            return F.rms_norm(x, [len(weight)], weight, c["norm_eps"])
        return F.layer_norm(x, [len(weight)], weight, bias, c["norm_eps"])

    def attention(name, x):
        def split(projection):
            return linear(f"{name}.{projection}_proj", x).view(T, -1, H).transpose(0, 1)

        query, key, value = split("q"), split("k"), split("v")
        if c["qk_norm"]:
            query, key = norm(f"{name}.q_norm", query), norm(f"{name}.k_norm", key)
        if c["positions"] == "rope":
            query, key = rope(c, query), rope(c, key)
        back = torch.arange(T)[:, None] - torch.arange(T)
        seen = (back >= 0) & (back < (c["sliding_window"] or T))
        mixed = F.scaled_dot_product_attention(
            query[None], key[None], value[None], attn_mask=seen, enable_gqa=True
        )[0]
        return linear(f"{name}.o_proj", mixed.transpose(0, 1).reshape(T, -1))

    def feed_forward(name, x):
        up = linear(f"{name}.up_proj", x)
        if c["feed_forward"] == "swiglu":
            inner = F.silu(linear(f"{name}.gate_proj", x)) * up
        else:
            inner = F.gelu(up, approximate="tanh" if c["feed_forward"] == "gelu_tanh" else "none")
        return linear(f"{name}.down_proj", inner)

    x = w["model.embed_tokens.weight"][tokens]
    if c["positions"] == "learned":
        x = x + w["model.embed_positions.weight"][:T]
    for l in range(c["num_hidden_layers"]):
        layer = f"model.layers.{l}"
        x = x + attention(f"{layer}.self_attn", norm(f"{layer}.input_layernorm", x))
        x = x + feed_forward(f"{layer}.mlp", norm(f"{layer}.post_attention_layernorm", x))
    head = "model.embed_tokens.weight" if c["tie_word_embeddings"] else "lm_head.weight"
    return F.linear(norm("model.norm", x), w[head], w.get("lm_head.bias"))


def random_examples(c, seed):
    """Rows of different lengths; in each but the first some labels are ignored."""
    generator = torch.Generator().manual_seed(seed)
    examples = []
    for row, length in enumerate([9, 12, 2, 6]):
        tokens = torch.randint(c["vocab_size"], [length], generator=generator).tolist()
        ignored = torch.rand([length], generator=generator) < (0.4 if row else 0)
        labels = [IGNORED if i else token for token, i in zip(tokens, ignored.tolist())]
        examples.append(dict(tokens=tokens, labels=labels))
    return examples


def loss_of(c, weights, examples):
    rows = torch.cat([logits(c, weights, example["tokens"])[:-1] for example in examples])
    targets = torch.cat([torch.tensor(example["labels"][1:]) for example in examples])
    return F.cross_entropy(rows, targets, ignore_index=IGNORED)


def record(name, c, seed):
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.requires_grad_() for key, value in random_weights(c, seed).items()}
    examples = random_examples(c, seed)

    def save(file, tensors):
        save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, folder / file)

    save("weights.safetensors", weights)
    matrices = [value for value in weights.values() if value.ndim == 2]
    vectors = [value for value in weights.values() if value.ndim == 1]
    optimiser = torch.optim.AdamW(
        [dict(params=matrices), dict(params=vectors, weight_decay=0.0)],
        betas=OPTIMISER["betas"], eps=OPTIMISER["eps"], weight_decay=OPTIMISER["weight_decay"],
    )  # fmt: skip
    losses, norms = [], []
    for step, learning_rate in enumerate(OPTIMISER["learning_rates"], 1):
        optimiser.zero_grad()
        loss = loss_of(c, weights, examples)
        loss.backward()
        if step == 1:
            save("gradients.safetensors", {key: value.grad for key, value in weights.items()})
        norm = torch.nn.utils.clip_grad_norm_(weights.values(), OPTIMISER["max_norm"])
        for group in optimiser.param_groups:
            group["lr"] = learning_rate
        optimiser.step()
        losses.append(loss.item())
        norms.append(norm.item())
        if step in (1, 10):
            save(f"after-{step}.safetensors", weights)
    write(folder / "config.json", c)
    counted = sum(label != IGNORED for example in examples for label in example["labels"][1:])
    write(folder / "batch.json", dict(examples=examples, counted=counted, loss=losses[0]))
    steps = dict(losses=losses, gradient_norms=norms)
    decayed = [key for key, value in weights.items() if value.ndim == 2]
    write(folder / "optimiser.json", OPTIMISER | steps | dict(decayed=decayed))
    files = sorted(file for file in folder.iterdir() if file.name != "manifest.json")
    manifest = dict(
        by="torch",
        versions=dict(torch=torch.__version__.split("+")[0], python=platform.python_version()),
        command="python golden/record-gradients.py",
        seed=seed,
        sha256={file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
    )
    write(folder / "manifest.json", manifest)
    print(name, sum(value.numel() for value in weights.values()), losses[0], norms)


def write(file, value):
    file.write_text(json.dumps(value, indent=1) + "\n")


for seed, (name, config) in enumerate(MODELS.items()):
    record(name, config, seed)
