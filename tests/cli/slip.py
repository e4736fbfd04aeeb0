"""The bundle's bytes as docs/formats/bundle.md states them: written and read without Slipway."""

import hashlib
import json
import struct

MAGIC = b"\x89SLP\r\n\x1a\n"
ALIGNMENT = 4096


def canonical(document):
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def file_entry(path, content):
    return {"bytes": len(content), "path": path, "sha256": sha256(content)}


def manifest_of(contents, **more):
    """contents: by path. The first one is what runs."""
    first = next(iter(contents))
    target = {"file": first, "name": "default", "needs": {}, "options": {}, "parts": {}, "precision": "f32", "threads": 1}
    document = {"files": [file_entry(path, contents[path]) for path in sorted(contents)], "format": 1,
                "inputs": [{"dims": ["batch", 3], "dtype": "float", "name": "x"}], "name": "boat",
                "outputs": [{"dims": [1], "dtype": "float", "name": "y"}], "targets": [target], "version": "1.2.0"}
    document.update(more)
    return document


def artifacts_report(runs, onnx, golden_inputs, golden_outputs, recipe, **more):
    """report.json of a build that chose one form of a model, as far as packing reads it."""
    report = {"format": 1, "model": {"name": "boat", "version": "1.2.0", "inputs": [{"name": "x", "type": "float[n,3]"}],
                                     "outputs": [{"name": "y", "type": "float"}]},
              "target": "", "chosen": 0, "candidates": [{"engine": "native", "precision": "f32", "threads": 1}],
              "needs": {"architecture": "x86-64"},
              "artifacts": {"runs": runs, "onnx": onnx, "golden_inputs": golden_inputs, "golden_outputs": golden_outputs,
                            "recipe": recipe}}
    report.update(more)
    return {"report.json": json.dumps(report).encode()}


def header(manifest):
    return MAGIC + struct.pack("<II", 1, len(manifest)) + hashlib.sha256(manifest).digest() + bytes(16)


def offsets(manifest):
    """Where each object lies in an archive, by its hash; and the archive's size."""
    sizes = {entry["sha256"]: entry["bytes"] for entry in json.loads(manifest)["files"]}
    found, at = {}, 64 + len(manifest)
    for digest, size in sorted(sizes.items()):
        at += -at % ALIGNMENT if size else 0
        found[digest] = at
        at += size
    return found, at


def archive(manifest, contents):
    """A .slip file of a manifest's bytes and the contents of its files."""
    out = header(manifest) + manifest
    for _, content in sorted({sha256(content): content for content in contents}.items()):
        if content:
            out += bytes(-len(out) % ALIGNMENT) + content
    return out


def parts(slip):
    """The manifest's bytes, and every object by its hash: what lies behind them is checked to be nothing."""
    magic, version, size, digest, rest = struct.unpack_from("<8sII32s16s", slip)
    assert (magic, version, rest) == (MAGIC, 1, bytes(16))
    manifest = slip[64:64 + size]
    assert hashlib.sha256(manifest).digest() == digest
    sizes = {entry["sha256"]: entry["bytes"] for entry in json.loads(manifest)["files"]}
    places, end = offsets(manifest)
    assert end == len(slip)
    objects, at = {}, 64 + size
    for digest, start in places.items():
        assert not any(slip[at:start])
        at = start + sizes[digest]
        objects[digest] = slip[start:at]
        assert sha256(objects[digest]) == digest
    return manifest, objects
