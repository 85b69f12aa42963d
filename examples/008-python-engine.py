"""A decoder in Python, from the standard library alone: a model of Llama's kind with a KV cache.

008-python-engine.js starts this program; the laws run there. Requests come as lines of JSON on the
standard input. Every answer is a line of JSON on the standard output, and after that of `append`
come the logits as float64. Errors go to the standard error.
"""

import array
import json
import math
import os
import struct
import sys


def read_safetensors(path):
    """Returns every tensor as a list of rows; a vector is one row."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F64", f"{name}: dtype must be F64, got {entry['dtype']}"
        begin, end = entry["data_offsets"]
        numbers = array.array("d", data[begin:end]).tolist()
        width = entry["shape"][-1]
        tensors[name] = [numbers[i : i + width] for i in range(0, len(numbers), width)]
    return tensors


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def times(matrix, x):
    return [dot(row, x) for row in matrix]


def plus(a, b):
    return [x + y for x, y in zip(a, b)]


def rms_norm(x, gain, eps):
    scale = 1 / math.sqrt(dot(x, x) / len(x) + eps)
    return [value * scale * weight for value, weight in zip(x, gain[0])]


def silu(x):
    return x / (1 + math.exp(-x)) if x > -700 else 0.0


def softmax(scores):
    largest = max(scores)
    powers = [math.exp(score - largest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


class Model:
    """The weights of a folder, as Hugging Face writes it, and one step over them."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            self.config = json.load(file)
        self.tensors = read_safetensors(os.path.join(folder, "model.safetensors"))
        self.layers = range(self.config["num_hidden_layers"])

    def step(self, token, caches):
        """Computes one token: its keys and values join the caches. Returns its logits."""
        tensors, eps = self.tensors, self.config["rms_norm_eps"]
        position = len(caches[0][0])
        x = tensors["model.embed_tokens.weight"][token]
        for layer, (keys, values) in zip(self.layers, caches):
            block = f"model.layers.{layer}."
            normed = rms_norm(x, tensors[block + "input_layernorm.weight"], eps)
            query, key, value = (
                times(tensors[f"{block}self_attn.{name}_proj.weight"], normed) for name in "qkv"
            )
            keys.append(self.heads(key, position))
            values.append(self.heads(value))
            mixed = self.attention(self.heads(query, position), keys, values)
            x = plus(x, times(tensors[block + "self_attn.o_proj.weight"], mixed))
            normed = rms_norm(x, tensors[block + "post_attention_layernorm.weight"], eps)
            gate = times(tensors[block + "mlp.gate_proj.weight"], normed)
            up = times(tensors[block + "mlp.up_proj.weight"], normed)
            inner = [silu(g) * u for g, u in zip(gate, up)]
            x = plus(x, times(tensors[block + "mlp.down_proj.weight"], inner))
        head = tensors.get("lm_head.weight", tensors["model.embed_tokens.weight"])
        return times(head, rms_norm(x, tensors["model.norm.weight"], eps))

    def heads(self, row, position=None):
        """Splits a row into heads, rotated by RoPE if there is a position."""
        size = self.config["head_dim"]
        heads = [row[i : i + size] for i in range(0, len(row), size)]
        return heads if position is None else [self.rope(head, position) for head in heads]

    def rope(self, head, position):
        """Rotates entries i and i + H/2 together."""
        half = len(head) // 2
        rotated = list(head)
        for i in range(half):
            angle = position * self.config["rope_theta"] ** (-i / half)
            a, b = head[i], head[i + half]
            rotated[i] = a * math.cos(angle) - b * math.sin(angle)
            rotated[i + half] = a * math.sin(angle) + b * math.cos(angle)
        return rotated

    def attention(self, query, keys, values):
        """Every query head over all cached tokens; several share a key-value head."""
        mixed = []
        for n, head in enumerate(query):
            group = n * len(keys[0]) // len(query)
            scores = [dot(head, key[group]) / math.sqrt(len(head)) for key in keys]
            probs = softmax(scores)
            columns = zip(*(value[group] for value in values))
            mixed += [dot(probs, column) for column in columns]
        return mixed


class Sequence:
    """Tokens that the model has read, as the keys and values of each layer."""

    def __init__(self, model):
        self.model = model
        self.caches = [([], []) for _ in model.layers]

    def __len__(self):
        return len(self.caches[0][0])

    def append(self, tokens):
        """Returns the logits after each token."""
        return [self.model.step(token, self.caches) for token in tokens]

    def rewind(self, length):
        for rows in (rows for cache in self.caches for rows in cache):
            del rows[length:]


models = {}
sequences = {}


def answer(request):
    """Returns the fields of the answer, and rows of logits."""
    kind = request["do"]
    if kind == "load":
        model = models[request["model"]] = Model(request["path"])
        sizes = ("vocab_size", "max_position_embeddings")
        return {size: model.config[size] for size in sizes}, []
    if kind == "unload":
        del models[request["model"]]
        return {}, []
    number = request["sequence"]
    if kind == "stop":
        del sequences[number]
        return {"length": 0}, []
    if kind == "start":
        sequences[number] = Sequence(models[request["model"]])
    sequence = sequences[number]
    if kind == "append":
        rows = request["rows"]
        logits = sequence.append(request["tokens"])[-rows:]
        return {"length": len(sequence), "rows": rows}, logits
    if kind == "rewind":
        sequence.rewind(request["length"])
    return {"length": len(sequence)}, []


def send(header, rows=()):
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n")
    for row in rows:
        sys.stdout.buffer.write(struct.pack(f"<{len(row)}d", *row))
    sys.stdout.buffer.flush()


capabilities = ["all-rows", "rewind", "load"]
send({"protocol": "causalgate 1", "dtype": "float64", "capabilities": capabilities})
for line in sys.stdin:
    request = json.loads(line)
    try:
        fields, rows = answer(request)
        send({"id": request["id"], **fields}, rows)
    except Exception as error:  # a request that fails changes nothing else
        send({"id": request["id"], "error": f"{type(error).__name__}: {error}"})
