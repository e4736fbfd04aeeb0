"""What the rules look at: the repository's text files, its libraries, and what CMake builds."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

TEXT_SUFFIXES = {".cc", ".h", ".py", ".sh", ".cmake", ".md", ".txt", ".json", ".toml", ".yml", ".yaml", ""}
MAX_TEXT_BYTES = 2 << 20


@dataclass
class Target:
    name: str
    folder: str
    sources: list
    links: list  # our own libraries among what it links, as names below libs/


@dataclass
class Tree:
    files: dict  # path -> text, of every text file that git knows or would add
    targets: list = field(default_factory=list)

    @staticmethod
    def from_disk(root, targets_file):
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                cwd=root, check=True, capture_output=True, text=True).stdout
        files = {}
        for path in listed.split("\0"):
            full = Path(root, path)
            if path and full.is_file() and is_text(full):
                files[path] = full.read_bytes().decode("utf-8", "replace")
        return Tree(files, parse_targets(Path(targets_file).read_text()))

    def cxx(self):
        return [path for path in self.files if path.endswith((".cc", ".h"))]

    def libraries(self):
        """The folders under libs/."""
        return sorted({path.split("/")[1] for path in self.files if re.match(r"libs/[^/]+/", path)})

    def depends(self, library):
        """The libraries that `library` declares, not those it reaches through them."""
        declared = next((t.links for t in self.targets if t.name == f"slipway_{library}"), [])
        return sorted(declared)

    def reach(self, libraries):
        """`libraries` and all they depend on."""
        seen, pending = set(), list(libraries)
        while pending:
            library = pending.pop()
            if library not in seen:
                seen.add(library)
                pending += self.depends(library)
        return seen

    def includes(self, path):
        """(line number, text between the quotes) of every quoted include."""
        for number, line in enumerate(self.files[path].splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if match:
                yield number, match.group(1)

    def resolve(self, path, include):
        """The file of ours that `include` names in `path`, or None."""
        beside = str(PurePosixPath(path).parent / include)
        for candidate in (f"libs/{include}", f"include/{include}", f"apps/{include}", beside):
            if candidate in self.files:
                return candidate
        return None


def is_text(path):
    if path.suffix not in TEXT_SUFFIXES or path.stat().st_size > MAX_TEXT_BYTES:
        return False
    with open(path, "rb") as file:
        return b"\0" not in file.read(4096)


def parse_targets(text):
    targets = []
    for line in text.splitlines():
        name, folder, sources, links = line.split("\t")
        own = sorted({link[len("slipway_"):] for link in links.split(";") if link.startswith("slipway_")})
        targets.append(Target(name, folder, [s for s in sources.split(";") if s], own))
    return targets
