"""Proposals for ai.onnx.ml, what scikit-learn pipelines turn into."""

from draft import Node, Refused

POST_TRANSFORMS = ("NONE", "NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO")
KERNELS = ("LINEAR", "POLY", "RBF", "SIGMOID")
BRANCHES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")


def table(g, row, low=None):
    """A value [rows, columns]."""
    return g.pick(row.types, low_rank=2, high_rank=2, low=low)


def floats(g, count, low=-1.0, high=1.0):
    return [g.uniform(low, high) for _ in range(count)]


def post_transform(g, targets):
    """Not with a single target, which the reference leaves as it is, whatever is asked."""
    return {"post_transform": g.choose(POST_TRANSFORMS)} if targets > 1 and g.chance(0.6) else {}


def scaler(g, row):
    x = table(g, row)
    columns = g.choose([1, x.shape[1]])
    return Node([x], {"offset": floats(g, columns), "scale": floats(g, columns, 0.2, 2)})


def normalizer(g, row):
    return Node([table(g, row)], {"norm": g.choose(["MAX", "L1", "L2"])})


def binarizer(g, row):
    return Node([table(g, row)], {"threshold": g.uniform(-1, 1)})


def imputer(g, row):
    x = table(g, row)
    replaced = x.array.reshape(-1)[g.integer(0, x.array.size - 1)].item()
    columns = g.choose([1, x.shape[1]])
    if x.type == "int64":
        return Node([x], {"imputed_value_int64s": [g.integer(0, 9) for _ in range(columns)],
                          "replaced_value_int64": replaced})
    return Node([x], {"imputed_value_floats": floats(g, columns), "replaced_value_float": replaced})


def array_feature_extractor(g, row):
    x = table(g, row)
    return Node([x, g.weight("int64", (g.integer(1, 4),), 0, x.shape[1] - 1)])


def one_hot_encoder(g, row):
    return Node([g.pick(row.types, low_rank=1, high_rank=2, low=-9, high=12)],
                {"cats_int64s": list(range(g.integer(-3, 0), g.integer(1, 5))), "zeros": 1})


def label_encoder(g, row):
    x = g.pick(row.types, low=-9, high=12)
    if x.type == "int64":
        keys = list(range(-2, 4))
        return Node([x], {"keys_int64s": keys, "values_floats": floats(g, len(keys)), "default_float": -7.5})
    keys = sorted(set(x.array.reshape(-1)[:3].tolist()))
    return Node([x], {"keys_floats": keys, "values_int64s": list(range(len(keys))), "default_int64": -1})


def feature_vectorizer(g, row):
    x = table(g, row)
    others = [g.fresh(x.type, (x.shape[0], g.integer(1, 3))) for _ in range(g.integer(0, 2))]
    return Node([x, *others], {"inputdimensions": [value.shape[1] for value in (x, *others)]})


def linear_regressor(g, row):
    x, targets = table(g, row), g.integer(1, 3)
    attributes = {"coefficients": floats(g, targets * x.shape[1]), "intercepts": floats(g, targets), "targets": targets}
    return Node([x], {**attributes, **post_transform(g, targets)})


def linear_classifier(g, row):
    x, classes = table(g, row), g.integer(3, 4)
    return Node([x], {"coefficients": floats(g, classes * x.shape[1]), "intercepts": floats(g, classes),
                      "classlabels_ints": list(range(5, 5 + classes)), "multi_class": g.integer(0, 1),
                      "post_transform": g.choose(POST_TRANSFORMS)}, outputs=2)


def kernel(g):
    return {"kernel_type": g.choose(KERNELS), "kernel_params": [g.uniform(0.05, 0.3), g.uniform(-0.5, 0.5), 2.0]}


def svm_regressor(g, row):
    x, supports = table(g, row), g.integer(1, 4)
    attributes = {"coefficients": floats(g, supports), "support_vectors": floats(g, supports * x.shape[1]),
                  "n_supports": supports, "rho": floats(g, 1), **kernel(g)}
    if g.chance(0.2):
        attributes["one_class"] = 1
    return Node([x], attributes)


def svm_classifier(g, row):
    x, classes = table(g, row), g.integer(2, 4)
    per_class = [g.integer(1, 2) for _ in range(classes)]
    supports, pairs = sum(per_class), classes * (classes - 1) // 2
    attributes = {"coefficients": floats(g, (classes - 1) * supports),
                  "support_vectors": floats(g, supports * x.shape[1]), "vectors_per_class": per_class,
                  "rho": floats(g, pairs), "classlabels_ints": list(range(classes)), **kernel(g)}
    if g.chance(0.4):
        attributes.update(prob_a=floats(g, pairs, -2, -0.5), prob_b=floats(g, pairs))
    return Node([x], attributes, outputs=2)


class Forest:
    """The columns of a tree ensemble's attributes."""

    def __init__(self, g, columns, leaf):
        self.g, self.columns, self.leaf = g, columns, leaf
        self.mode = g.choose(BRANCHES[:4])
        self.nodes = {name: [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids",
                                            "falsenodeids", "missing_value_tracks_true")}
        for tree in range(g.integer(1, 4)):
            self.next_id = 0
            self.grow(tree, g.integer(0, 3))

    def grow(self, tree, depth):
        """Adds a subtree, root first, and returns the id of its root."""
        own, self.next_id = self.next_id, self.next_id + 1
        place = len(self.nodes["treeids"])
        split = depth > 0 and (own == 0 or self.g.chance(0.8))
        row = {"treeids": tree, "nodeids": own, "featureids": self.g.integer(0, self.columns - 1) if split else 0,
               "values": self.g.uniform(-2, 2) if split else 0.0, "modes": self.mode if split else "LEAF",
               "truenodeids": 0, "falsenodeids": 0,
               "missing_value_tracks_true": self.g.integer(0, 1) if split else 0}
        for name, value in row.items():
            self.nodes[name].append(value)
        if split:
            self.nodes["truenodeids"][place] = self.grow(tree, depth - 1)
            self.nodes["falsenodeids"][place] = self.grow(tree, depth - 1)
        else:
            self.leaf(tree, own)
        return own

    def attributes(self):
        return {f"nodes_{name}": values for name, values in self.nodes.items()}


def leaves(g, prefix, ids, at_least=1):
    """A function that gives a leaf weights for some of `ids`, and the attributes that it fills."""
    columns = {f"{prefix}_{name}": [] for name in ("treeids", "nodeids", "ids", "weights")}

    def leaf(tree, node):
        for target in sorted(g.rng.permutation(ids)[: g.integer(at_least, ids)].tolist()):
            for name, value in zip(columns, (tree, node, target, g.uniform(-1, 1))):
                columns[name].append(value)
    return leaf, columns


def tree_regressor(g, row):
    x, targets = table(g, row), g.integer(1, 3)
    aggregate = g.choose(["SUM", "SUM", "AVERAGE", "MIN", "MAX"])
    with_base = g.chance(0.4)
    # The least of no weights is not defined, and the reference forgets the base value where there is no weight.
    every = with_base or aggregate in ("MIN", "MAX")
    leaf, weights = leaves(g, "target", targets, at_least=targets if every else 1)
    attributes = {**Forest(g, x.shape[1], leaf).attributes(), **weights, "n_targets": targets,
                  "aggregate_function": aggregate}
    if with_base:
        attributes["base_values"] = floats(g, targets)
    return Node([x], {**attributes, **post_transform(g, targets)})


def tree_classifier(g, row):
    x, classes = table(g, row), g.integer(3, 4)
    leaf, weights = leaves(g, "class", classes)
    attributes = {**Forest(g, x.shape[1], leaf).attributes(), **weights,
                  "classlabels_int64s": list(range(2, 2 + classes))}
    if len(set(weights["class_ids"])) < classes:
        raise Refused("a class without a leaf")
    if g.chance(0.4):
        attributes["base_values"] = floats(g, classes)
    if g.chance(0.5):
        attributes["post_transform"] = g.choose(POST_TRANSFORMS)
    return Node([x], attributes, outputs=2)
