"""The rules: each takes a Tree and yields its problems, as lines that name the file, the reason and the way out."""

import re

MAX_LINES = 500
LONG_FILE_REASON = "longer than 500 lines because "
SPELLED_APART = ("Man" "ager", "Hel" "per", "Ut" "ils", "Impl" "2")
UNFINISHED = ("TO" "DO", "FIX" "ME")
CHECKED_LENGTH = (".cc", ".h", ".py", ".sh", ".cmake")


def forbidden_includes(tree):
    """A library includes only itself and what it declares, directly or through what it declares."""
    for path in tree.cxx():
        allowed = None
        for number, include in tree.includes(path):
            found = tree.resolve(path, include)
            if found is None:
                yield (f"{path}:{number}: includes \"{include}\", which is not in the repository: "
                       "write <...> for a system header, or the path below libs/")
                continue
            if not found.startswith("libs/"):
                continue
            if allowed is None:
                allowed = libraries_visible_to(tree, path)
            library = found.split("/")[1]
            if library not in allowed:
                yield (f"{path}:{number}: may not include \"{include}\": {owner_of(tree, path)} does not depend on "
                       f"{library}; declare it in the CMakeLists.txt if the layers allow it, or move the code")


def owner_of(tree, path):
    match = re.match(r"libs/([^/]+)/", path)
    if match:
        return f"libs/{match.group(1)}"
    owners = [target.name for target in tree.targets if path in target.sources]
    return owners[0] if owners else path.rsplit("/", 1)[0]


def libraries_visible_to(tree, path):
    match = re.match(r"libs/([^/]+)/", path)
    if match:
        library = match.group(1)
        return {library} | tree.reach(tree.depends(library))
    if path.startswith("python/src/"):  # its target is the wheel's alone, and has all there is
        return set(tree.libraries())
    folder = path.rsplit("/", 1)[0]
    building = [t for t in tree.targets if path in t.sources]
    if not building:  # a header: what the targets of its folder may use
        building = [t for t in tree.targets if any(s.rsplit("/", 1)[0] == folder for s in t.sources)]
    return tree.reach({link for target in building for link in target.links})


def include_cycles(tree):
    state, stack = {}, []

    def visit(path):
        state[path] = "open"
        stack.append(path)
        for _, include in tree.includes(path):
            found = tree.resolve(path, include)
            if found and state.get(found) == "open":
                cycle = stack[stack.index(found):] + [found]
                yield f"{path}: include cycle: {' -> '.join(cycle)}; split out what both need"
            elif found and found not in state:
                yield from visit(found)
        stack.pop()
        state[path] = "done"

    for path in sorted(tree.cxx()):
        if path not in state:
            yield from visit(path)


def sources_no_target_builds(tree):
    built = {source for target in tree.targets for source in target.sources}
    for path in tree.cxx():
        if path.startswith("python/src/"):  # pyproject.toml builds them: python/CMakeLists.txt takes the whole folder
            continue
        if path.endswith(".cc") and path not in built:
            yield f"{path}: no target builds it: add it to one in a CMakeLists.txt, or remove it"


def long_files(tree):
    for path, text in tree.files.items():
        lines = text.splitlines()
        if not path.endswith(CHECKED_LENGTH) or len(lines) <= MAX_LINES:
            continue
        if not any(LONG_FILE_REASON in line.lower() for line in lines[:10]):
            yield (f"{path}: {len(lines)} lines: split it, or say at its top "
                   f"'{LONG_FILE_REASON.capitalize()}...'")


def try_behind_an_element(tree):
    """g++ 12 leaks what a braced list already holds when a TRY in it returns."""
    braced = re.compile(r"(?:push_back\(|emplace_back\(|\breturn(?: \w+)?|=(?: \w+)?)\s*\{(?:[^{}();]|\([^()]*\))*,\s*TRY\(")
    for path in tree.cxx():
        text = tree.files[path]
        for found in braced.finditer(text):
            number = text.count("\n", 0, found.end()) + 1
            yield (f"{path}:{number}: TRY behind an element of a braced list: when it returns, g++ 12 leaks that "
                   "element; give it a statement of its own before the list")


def banned_words(tree):
    name = re.compile(r"\b\w*(?:%s)(?:[A-Z_]\w*)?\b" % "|".join(SPELLED_APART))
    file_name = re.compile(r"(?:^|_)(?:%s)s?[_.]" % "|".join(word.lower() for word in SPELLED_APART))
    unfinished = re.compile(r"\b(?:%s)\b" % "|".join(UNFINISHED))
    for path, text in tree.files.items():
        if not path.endswith(CHECKED_LENGTH):
            continue
        if file_name.search(path.rsplit("/", 1)[-1]):
            yield f"{path}: the file's name explains nothing: name it for what it does"
        for number, line in enumerate(text.splitlines(), 1):
            found = unfinished.search(line)
            if found:
                yield f"{path}:{number}: '{found.group()}': finish it, or take it out"
            found = name.search(line)
            if found:
                yield f"{path}:{number}: the name '{found.group()}' explains nothing: name it for what it does"


def white_space(tree):
    for path, text in tree.files.items():
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line:
                yield f"{path}:{number}: a tab: use spaces"
            if line != line.rstrip():
                yield f"{path}:{number}: white space at the end of the line"
        if text and not text.endswith("\n"):
            yield f"{path}: no newline at the end of the file"


def readme_per_library(tree):
    for library in tree.libraries():
        if f"libs/{library}/README.md" not in tree.files:
            yield f"libs/{library}: has no README.md: say its purpose, what it may use, how to add to it"


def architecture_map(tree):
    """ARCHITECTURE.md has one row `| libs/NAME | purpose | a, b |` per library, with what it declares."""
    rows = {}
    for line in tree.files.get("ARCHITECTURE.md", "").splitlines():
        match = re.match(r"\|\s*`libs/([a-z_]+)`\s*\|.*\|\s*([^|]*?)\s*\|$", line)
        if match:
            rows[match.group(1)] = sorted(re.findall(r"[a-z_]+", match.group(2)))
    for library in tree.libraries():
        if library not in rows:
            yield f"ARCHITECTURE.md: its map has no row for libs/{library}"
        elif rows[library] != tree.depends(library):
            yield (f"ARCHITECTURE.md: the map says libs/{library} uses '{' '.join(rows[library])}', "
                   f"its CMakeLists.txt says '{' '.join(tree.depends(library))}'")
    for library in sorted(set(rows) - set(tree.libraries())):
        yield f"ARCHITECTURE.md: its map has a row for libs/{library}, which is not there"


RULES = (forbidden_includes, include_cycles, sources_no_target_builds, long_files, try_behind_an_element,
         banned_words, white_space, readme_per_library, architecture_map)
