"""slipway delta, zstd --patch-from, xdelta3 and bsdiff between the same pairs of files."""

import argparse
import json
import pathlib
import subprocess
import sys

from entropy import bound_bytes

HERE = pathlib.Path(__file__).resolve().parent
MAKES = {
    "zstd": ["zstd", "-q", "-f", "-19", "--ultra", "--long=27", "--patch-from={old}", "{new}", "-o", "{delta}"],
    "xdelta3": ["xdelta3", "-f", "-9", "-B", "268435456", "-e", "-s", "{old}", "{new}", "{delta}"],
    "bsdiff": ["bsdiff", "{old}", "{new}", "{delta}"],
    "slipway": ["{slipway}", "delta", "{old}", "{new}", "-o", "{delta}", "--always"],
}
APPLIES = {
    "zstd": ["zstd", "-q", "-f", "-d", "--long=27", "--patch-from={old}", "{delta}", "-o", "{made}"],
    "xdelta3": ["xdelta3", "-f", "-B", "268435456", "-d", "-s", "{old}", "{delta}", "{made}"],
    "bsdiff": ["bspatch", "{old}", "{made}", "{delta}"],
    "slipway": ["{slipway}", "patch", "{old}", "{delta}", "-o", "{made}", "--json"],
}
ROWS = [  # name, old, new
    ("fine-tune, AdamW 1e-5", "base.onnx", "adam.onnx"),
    ("fine-tune, AdamW 1e-5, plan", "base.plan", "adam.plan"),
    ("fine-tune, AdamW 1e-5, fp16", "base.fp16.onnx", "adam.fp16.onnx"),
    ("fine-tune, AdamW 1e-5, bf16", "base.bf16.onnx", "adam.bf16.onnx"),
    ("fine-tune, AdamW 1e-5, frozen norms", "base.onnx", "adam_frozen.onnx"),
    ("fine-tune, AdamW 1e-4", "base.onnx", "adam_fast.onnx"),
    ("fine-tune, SGD 1e-3", "base.onnx", "sgd.onnx"),
    ("head only", "base.onnx", "head.onnx"),
    ("head only, plan", "base.plan", "head.plan"),
    ("int8 calibrated again", "base.int8.onnx", "base_again.int8.onnx"),
    ("int8 calibrated again, plan", "base.int8.plan", "base_again.int8.plan"),
    ("int8 of the fine-tuned", "base.int8.onnx", "adam.int8.onnx"),
    ("int8 of the fine-tuned, plan", "base.int8.plan", "adam.int8.plan"),
    ("int8 weights of the fine-tuned", "base.int8w.onnx", "adam.int8w.onnx"),
    ("new recipe, same weights", "recipe_1.onnx", "recipe_2.onnx"),
    ("new recipe, same weights, plan", "recipe_1.plan", "recipe_2.plan"),
]


def run(command, **names):
    """Processor seconds and peak KiB of a process, and the seconds that it says it took without starting. GNU time is
    its parent, so that no larger one counts."""
    words = [word.format(**names) for word in command]
    done = subprocess.run(["/usr/bin/time", "-f", "%U %S %M", *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stderr}")
    user, system, peak = done.stderr.strip().splitlines()[-1].split()
    said = json.loads(done.stdout)["processor_s"] if "--json" in words else float(user) + float(system)
    return float(user) + float(system), int(peak), said


def with_recipe(model, text):
    """The model with one more entry in metadata_props, field 14 of ModelProto."""

    def field(number, value):
        size, head = len(value), bytearray([number << 3 | 2])
        while size >= 128:
            head.append(size & 127 | 128)
            size >>= 7
        return bytes(head) + bytes([size]) + value

    return model + field(14, field(1, b"recipe") + field(2, text.encode()))


def recipe(version):
    return (f'name = "digits"\nversion = "1.{version}.0"\n[budget]\nlatency_ms = {3 + version}\nmemory_mb = 64\n'
            f'max_drop = "{version}.5%"\n[[output]]\nname = "scores"\nclamp = [-40, 40]\n' + "# notes\n" * 20)


def make_files(folder, slipway, quick):
    if (folder / "made").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-B", HERE / "make_models.py", folder, *(["--quick"] if quick else [])], check=True)

    def tool(*words):
        subprocess.run([slipway, *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    for name in ("base", "adam"):
        for to, ending in (("fp16", "fp16"), ("bf16", "bf16"), ("int8-weights", "int8w")):
            tool("quantize", folder / f"{name}.onnx", "--to", to, "-o", folder / f"{name}.{ending}.onnx")
    for name, model, samples in (("base", "base", "a"), ("base_again", "base", "b"), ("adam", "adam", "b")):
        tool("quantize", folder / f"{model}.onnx", "--to", "int8", "--samples", folder / f"samples_{samples}.npz",
             "-o", folder / f"{name}.int8.onnx")
    for version in (1, 2):
        (folder / f"recipe_{version}.onnx").write_bytes(
            with_recipe((folder / "base.onnx").read_bytes(), recipe(version)))
    for name in {pathlib.Path(file).stem for row in ROWS for file in row[1:] if file.endswith(".plan")}:
        tool("compile", folder / f"{name}.onnx", "-o", folder / f"{name}.plan")
    (folder / "made").touch()


def measure(slipway, folder, old, new, times):
    row = {"new_bytes": new.stat().st_size}
    for name in MAKES:
        names = {"slipway": slipway, "old": old, "new": new, "delta": folder / f"{name}.delta", "made": folder / "made_file"}
        row[f"{name}_make_s"] = run(MAKES[name], **names)[0]
        seconds, peaks, said = zip(*(run(APPLIES[name], **names) for _ in range(times)), strict=True)
        if (folder / "made_file").read_bytes() != new.read_bytes():
            sys.exit(f"{name}: the file it made is not {new}")
        row[f"{name}_bytes"] = (folder / f"{name}.delta").stat().st_size
        row[f"{name}_apply_s"] = min(seconds)
        row[f"{name}_peak_kib"] = max(peaks)
    row["apply_mb_per_s"] = row["new_bytes"] / 1e6 / min(said)  # of the last one, slipway
    row["ratio"] = min(row[f"{name}_bytes"] for name in MAKES if name != "slipway") / row["slipway_bytes"]
    if old.suffix == ".onnx" and len(old.suffixes) == 1:
        row["bound_bytes"] = bound_bytes(old, new)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slipway")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    slipway = str(pathlib.Path(options.slipway).resolve())
    folder = pathlib.Path("build/bench/delta-quick" if options.quick else "build/bench/delta")
    make_files(folder, slipway, options.quick)
    print(f"{'':36} {'new':>10} {'zstd':>9} {'xdelta3':>9} {'bsdiff':>9} {'slipway':>9} {'ratio':>6} {'bound':>9} "
          f"{'make':>7} {'apply':>9} {'peak':>6}")
    rows = []
    for name, old, new in ROWS:
        if options.only not in name:
            continue
        row = {"row": name, **measure(slipway, folder, folder / old, folder / new, 2 if options.quick else 4)}
        rows.append(row)
        print(f"{name:36} {row['new_bytes']:10} {row['zstd_bytes']:9} {row['xdelta3_bytes']:9} {row['bsdiff_bytes']:9} "
              f"{row['slipway_bytes']:9} {row['ratio']:6.2f} {row.get('bound_bytes', '-'):>9} "
              f"{row['slipway_make_s']:5.1f} s {row['apply_mb_per_s']:4.0f} MB/s {row['slipway_peak_kib'] / 1024:3.0f} MB",
              flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
