"""What is run: (name of the golden, arguments, exit code)."""

OK, BAD, USAGE = 0, 1, 2

ROWS = [
    ("no_command", [], USAGE),
    ("help", ["help"], OK),
    ("help_inspect", ["help", "inspect"], OK),
    ("help_check", ["check", "--help"], OK),
    ("help_run", ["run", "--help"], OK),
    ("help_completions", ["completions", "-h"], OK),
    ("help_ops", ["ops", "--help"], OK),
    ("help_unknown", ["help", "dance"], USAGE),
    ("unknown_command", ["inspekt", "tiny.onnx"], USAGE),
    ("unlike_any_command", ["frobnicate"], USAGE),
    ("unknown_option", ["inspect", "--jsno", "tiny.onnx"], USAGE),
    ("model_not_given", ["check"], USAGE),
    ("two_models", ["check", "tiny.onnx", "two.onnx"], USAGE),
    ("completions_of_no_shell", ["completions", "tcsh"], USAGE),

    ("inspect", ["inspect", "tiny.onnx"], OK),
    ("inspect_set", ["inspect", "tiny.onnx", "--set", "batch=8"], OK),
    ("inspect_set_unknown", ["inspect", "tiny.onnx", "--set", "bach=8"], USAGE),
    ("inspect_set_no_number", ["inspect", "tiny.onnx", "--set", "batch=many"], USAGE),
    ("inspect_set_no_value", ["inspect", "tiny.onnx", "--set", "batch"], USAGE),
    ("inspect_layers", ["inspect", "--layers", "tiny.onnx"], OK),
    ("inspect_json", ["inspect", "--json", "tiny.onnx"], OK),
    ("inspect_two_forms", ["inspect", "--json", "--layers", "tiny.onnx"], USAGE),
    ("inspect_unsupported", ["inspect", "unknown.onnx"], OK),
    ("inspect_terminal_codes", ["inspect", "terminal.onnx"], OK),
    ("inspect_enormous_input", ["inspect", "enormous_input.onnx"], OK),

    ("check", ["check", "tiny.onnx"], OK),
    ("check_json", ["check", "--json", "type_clash.onnx"], BAD),
    ("check_terminal_codes", ["check", "terminal.onnx"], BAD),

    ("ops_one", ["ops", "Reshape"], OK),
    ("ops_unknown", ["ops", "Rehsape"], USAGE),

    ("run", ["run", "tiny.onnx", "--input", "x.npy"], OK),
    ("run_named", ["run", "tiny.onnx", "--input", "x=x.npy"], OK),
    ("run_json", ["run", "--json", "tiny.onnx", "--input", "x.npy"], OK),
    ("run_to_npy", ["run", "tiny.onnx", "--input", "x.npy", "--output", "y.npy"], OK),
    ("run_to_npz", ["run", "two.onnx", "--input", "row.npy", "--input", "three.npy", "--output", "all.npz"], OK),
    ("run_one_of_two", ["run", "two.onnx", "--input", "b=row.npy", "--input", "three.npy", "--output", "gap=gap.npy"],
     OK),
    ("run_many", ["run", "tiny.onnx", "--input", "many.npy"], OK),
    ("run_no_input", ["run", "tiny.onnx"], USAGE),
    ("run_unknown_input", ["run", "two.onnx", "--input", "aa=row.npy"], USAGE),
    ("run_twice_the_same", ["run", "two.onnx", "--input", "a=row.npy", "--input", "a=three.npy"], USAGE),
    ("run_too_many", ["run", "tiny.onnx", "--input", "x.npy", "--input", "row.npy"], USAGE),
    ("run_two_outputs_one_npy", ["run", "two.onnx", "--input", "row.npy", "--input", "three.npy", "--output", "y.npy"],
     USAGE),
    ("run_unknown_output", ["run", "two.onnx", "--output", "gab=y.npy"], USAGE),
    ("run_output_extension", ["run", "tiny.onnx", "--input", "x.npy", "--output", "y.csv"], USAGE),
    ("run_output_nowhere", ["run", "tiny.onnx", "--input", "x.npy", "--output", "no/such/folder/y.npy"], BAD),
    ("run_seed_no_number", ["run", "tiny.onnx", "--seed", "soon"], USAGE),
    ("run_wrong_dtype", ["run", "tiny.onnx", "--input", "double.npy"], BAD),
    ("run_wrong_rank", ["run", "tiny.onnx", "--input", "row.npy"], BAD),
    ("run_wrong_extent", ["run", "tiny.onnx", "--input", "four.npy"], BAD),
    ("run_extents_differ", ["run", "two.onnx", "--input", "row.npy", "--input", "four.npy"], BAD),
    ("run_absent_data", ["run", "tiny.onnx", "--input", "absent.npy"], BAD),
    ("run_data_extension", ["run", "tiny.onnx", "--input", "data.csv"], USAGE),
    ("run_no_npy", ["run", "tiny.onnx", "--input", "not.npy"], BAD),
    ("run_cut_npy", ["run", "tiny.onnx", "--input", "cut.npy"], BAD),
    ("run_huge_npy", ["run", "tiny.onnx", "--input", "huge.npy"], BAD),
    ("run_bad_model", ["run", "unknown.onnx", "--input", "x.npy"], BAD),
]

# Each is given to check, and to inspect and run too, which must not crash on it either.
BAD_MODELS = [
    "absent", "folder", "empty", "text", "zip", "truncated", "no_graph", "bomb", "cycle", "missing", "duplicate",
    "no_output", "no_opset", "new_opset", "type_clash", "rank_clash", "shape_clash", "input_type", "arity",
    "attribute", "unknown", "unknown_domain", "too_early", "negative_dim", "enormous_dim", "wrapping_dim",
    "short_data", "nested_deep", "outside", "absolute", "no_data", "short_external",
]
ROWS += [(f"bad_{name}", ["check", f"{name}.onnx"], BAD) for name in BAD_MODELS]
