"""Holds Slipway's operator table to the official schemas of the `onnx` package: every operator, every version.

usage: schemas_test.py build/bin/slipway

For each version of each official operator it compares the arity, the attributes with their kinds and which are
required, and that every official element type of an input is allowed. Prints each difference; exit status 1
when there is one.
"""

import json
import subprocess
import sys

import onnx

# Operators that Slipway leaves out, with the reason that docs/operators.md gives.
LEFT_OUT = {
    ("ai.onnx.preview.training", "Gradient"): "differentiates a graph: a matter of training",
}

# Attributes of old versions that Slipway accepts in more versions than ONNX does.
LENIENT_ATTRIBUTES = {"consumed_inputs"}

KINDS = {"type_proto": "type", "type_protos": "types"}


def our_table(slipway):
    rows = json.loads(subprocess.run([slipway, "ops", "--json"], check=True, capture_output=True).stdout)
    return {(row["domain"], row["name"]): row for row in rows}


def version_at(row, version):
    if row["removed"] and version >= row["removed"]:
        return None
    found = [form for form in row["versions"] if form["since"] <= version]
    return found[-1] if found else None


def arity(parameters):
    """(least, most) as ONNX counts them; most is None when variadic."""
    least = most = 0
    for position, parameter in enumerate(parameters, start=1):
        option = str(parameter.option).rsplit(".", maxsplit=1)[-1]
        if option == "Variadic":
            return max(least, position - 1 + parameter.min_arity if parameter.min_arity else least), None
        most = position
        if option == "Single":
            least = position
    return least, most


def official_types(schema, parameter):
    constraints = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
    return {text.replace(" ", "") for text in constraints.get(parameter.type_str, [parameter.type_str])}


def differences(schema, form):
    for side, parameters in (("inputs", schema.inputs), ("outputs", schema.outputs)):
        official, ours = arity(parameters), (form[f"min_{side}"], form[f"max_{side}"])
        if official != ours:
            yield f"takes {official} {side}, ours {ours}"
    ours = {attribute["name"]: attribute for attribute in form["attributes"]}
    for name, attribute in schema.attributes.items():
        kind = str(attribute.type).rsplit(".", maxsplit=1)[-1].lower()
        kind = KINDS.get(kind, kind)
        if name not in ours:
            if name not in LENIENT_ATTRIBUTES:
                yield f"attribute {name} is not known"
        elif (ours[name]["kind"], ours[name]["required"]) != (kind, attribute.required):
            yield f"attribute {name} is {kind}, required {attribute.required}, ours {ours[name]}"
    for name in sorted(ours.keys() - schema.attributes.keys() - LENIENT_ATTRIBUTES):
        yield f"attribute {name} does not exist"
    for parameter, our_input in zip(schema.inputs, form["inputs"]):
        missing = official_types(schema, parameter) - set(our_input["types"])
        tensors = sorted(text for text in missing if text.startswith("tensor("))
        if tensors:
            yield f"input {parameter.name} does not allow {', '.join(tensors)}"


def main():
    table = our_table(sys.argv[1])
    found = []
    schemas = onnx.defs.get_all_schemas_with_history()
    for schema in schemas:
        key = (schema.domain or "ai.onnx", schema.name)
        label = f"{key[0]} {schema.name} version {schema.since_version}"
        if key in LEFT_OUT or schema.deprecated:
            continue
        if key not in table:
            found.append(f"{label}: no such operator")
            continue
        form = version_at(table[key], schema.since_version)
        if form is None:
            found.append(f"{label}: no such version")
            continue
        found += [f"{label}: {difference}" for difference in differences(schema, form)]
    for difference in sorted(found):
        print(difference)
    print(f"{len(schemas)} official versions of {len(table)} operators compared, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
