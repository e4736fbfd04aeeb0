"""Bundles as folders, made of bytes."""

import hashlib
import json


def make_bundle(folder, version, files, name="autopilot"):
    """Writes files (bytes by path) and their manifest; the first path is what runs."""
    entries = []
    for path, content in sorted(files.items()):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        entries.append({"path": path, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)})
    target = {"name": "default", "precision": "f32", "file": next(iter(files)), "threads": 1, "options": {},
              "parts": {}, "needs": {}}
    manifest = {"format": 1, "name": name, "version": version, "inputs": [], "outputs": [], "targets": [target],
                "files": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, separators=(",", ":")))
    return folder


def strays(store):
    """What lies in a store that no installed version accounts for. The store is at rest and nothing is staged."""
    wanted = set()
    for manifest in store.glob("versions/*/*/bundle/manifest.json"):
        wanted |= {entry["sha256"] for entry in json.loads(manifest.read_text())["files"]}
    left = [str(path) for path in store.glob("objects/*") if path.name not in wanted]
    left += [str(path) for path in store.rglob("*.new")]
    left += [str(path) for folder in ("staging", "trash") for path in (store / folder).iterdir()]
    for name in store.glob("active/*"):
        active = json.loads((name / "now").read_text().splitlines()[0])["active"]
        left += [str(path) for path in name.iterdir() if path.name not in ("now", f"back@{active}")]
    return left
