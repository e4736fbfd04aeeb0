#include "keys_command.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/str.h"
#include "console.h"
#include "passphrase.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"--kind", "KIND", "of new keys: ed25519, ecdsa (P-256) or rsa (3072 bits) (ed25519)"},
    {"--roots", "N", "new: how many keys root has (1)"},
    {"--threshold", "M", "new: how many of them have to sign a new root (1)"},
    {"--repository", "R",
     "the repository's folder: whose root is changed; list tells what it says"},
    {"--key", "FILE", "rotate: which key of the role, by its file or the beginning of its id"},
    {"--lost", "", "rotate: the old key is gone; root's keys alone replace it"},
    {"--draft", "FILE",
     "write the new root there, for other holders to sign: publish --root takes it"},
    {"--show", "", "sign-root: only tell what the new root changes, and who signed it"},
    {"--expires", "TIME", "of the root that is signed: 365d, 52w (365d)"},
    kPassphraseFileOption,
    kNoPassphraseOption,
    {"--json", "", "print the keys as JSON"},
};

struct Verb {
  std::string_view name;
  std::string_view usage;
  std::vector<std::string_view> options;  // besides those of all
  std::size_t operands;
  Result<int> (*run)(const Arguments& arguments);
};

std::span<const Verb> verbs() {
  static const std::vector<Verb> kVerbs = {
      {"new",
       "slipway keys new DIR",
       {"--kind", "--roots", "--threshold", "--expires"},
       1,
       run_keys_new},
      {"list", "slipway keys list DIR [--repository R]", {"--repository"}, 1, run_keys_list},
      {"rotate",
       "slipway keys rotate ROLE DIR --repository R",
       {"--kind", "--repository", "--key", "--lost", "--expires", "--draft"},
       2,
       run_keys_rotate},
      {"make", "slipway keys make ROLE DIR", {"--kind"}, 2, run_keys_make},
      {"add",
       "slipway keys add ROLE PUBLIC DIR --repository R",
       {"--repository", "--expires", "--draft"},
       3,
       run_keys_add},
      {"remove",
       "slipway keys remove ROLE KEY DIR --repository R",
       {"--repository", "--expires", "--draft"},
       3,
       run_keys_remove},
      {"threshold",
       "slipway keys threshold ROLE N DIR --repository R",
       {"--repository", "--expires", "--draft"},
       3,
       run_keys_threshold},
      {"renew",
       "slipway keys renew DIR --repository R",
       {"--repository", "--expires", "--draft"},
       1,
       run_keys_renew},
      {"sign-root",
       "slipway keys sign-root FILE DIR [--repository R]",
       {"--repository", "--show"},
       2,
       run_keys_sign_root},
  };
  return kVerbs;
}

Result<int> run_keys(const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.positional();
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) names.emplace_back(verb.name);
  if (words.empty()) {
    return Error{Code::kUsage, str("say what to do with keys: ", join(names),
                                   " (slipway keys --help tells more)")};
  }
  const auto verb = std::ranges::find(verbs(), words[0], &Verb::name);
  if (verb == verbs().end()) {
    const std::string suggestion = nearest(words[0], names);
    return Error{Code::kUsage, str("slipway keys has no '", shorten(words[0]), "': ",
                                   suggestion.empty() ? str(join(names), " are there")
                                                      : str("did you mean '", suggestion, "'?"))};
  }
  for (const Option& option : kOptions) {
    const bool is_everywhere = option.name == kPassphraseFileOption.name ||
                               option.name == kNoPassphraseOption.name || option.name == "--json";
    if (is_everywhere || !arguments.has(option.name)) continue;
    if (std::ranges::find(verb->options, option.name) == verb->options.end())
      return Error{Code::kUsage, str(option.name, " makes no sense here: ", verb->usage)};
  }
  if (words.size() != verb->operands + 1)
    return Error{Code::kUsage, str("slipway keys ", verb->name, " takes ", verb->operands,
                                   verb->operands == 1 ? " operand, not " : " operands, not ",
                                   words.size() - 1, ": ", verb->usage)};
  return verb->run(arguments);
}

}  // namespace

Result<trust::KeyKind> key_kind(const Arguments& arguments, trust::KeyKind otherwise) {
  if (!arguments.has("--kind")) return otherwise;
  const std::string name = arguments.value("--kind");
  if (name == "ed25519") return trust::KeyKind::kEd25519;
  if (name == "ecdsa") return trust::KeyKind::kEcdsa;
  if (name == "rsa") return trust::KeyKind::kRsa;
  return Error{Code::kUsage,
               str("--kind ", shorten(name), " is not one of ed25519, ecdsa and rsa")};
}

const Command kKeysCommand = {
    .name = "keys",
    .summary = "make, list, replace, add, remove and renew the keys that sign a repository",
    .operands = "new|list|rotate|make|add|remove|threshold|renew|sign-root [ROLE|FILE] ... DIR",
    .options = kOptions,
    .about =
        "The keys of a repository, a file for each role in the folder DIR, encrypted under a "
        "passphrase:\n"
        "  root.pem       says which keys there are. Only new, rotate and renew need it: keep it "
        "offline\n"
        "  targets.pem    signs which files are published; snapshot.pem, which versions belong "
        "together\n"
        "  timestamp.pem  signs every few days that this is still the newest\n"
        "\n"
        "new     makes them, and root.json, the root that they sign and that devices begin with\n"
        "list    shows them: kind, id, encrypted or not, whether the root names them, what expires "
        "when\n"
        "rotate  replaces the key of ROLE, in the repository, too; devices follow by themselves\n"
        "renew   signs the root again, good for longer\n"
        "\n"
        "make ROLE DIR           makes one key, for a new holder, and its public part ROLE.pub to "
        "hand on\n"
        "add ROLE PUBLIC DIR     names that key for ROLE: PUBLIC is ROLE.pub, or a public key in "
        "PEM\n"
        "remove ROLE KEY DIR     names it no longer: KEY is its file, or the beginning of its id\n"
        "threshold ROLE N DIR    N of the keys of ROLE have to sign\n"
        "Each of these three makes a new root, signed by as many keys as the present one takes, "
        "and as it takes itself.\n"
        "\n"
        "Where a root takes several keys (new --roots 3 --threshold 2) whose holders sit apart: "
        "one "
        "of them runs\n"
        "rotate, add, remove, threshold or renew with --draft FILE, hands the file on, and the "
        "others add their "
        "signatures:\n"
        "sign-root FILE DIR  tells what the new root changes, and signs it by the keys of root in "
        "DIR\n"
        "slipway publish --root FILE takes it into the repository, and refuses until enough have "
        "signed.",
    .example =
        "slipway keys new keys\n"
        "slipway keys list keys --repository repository\n"
        "slipway keys rotate timestamp keys --repository repository\n"
        "slipway keys make targets anna\n"
        "slipway keys add targets anna/targets.pub keys --repository repository\n"
        "slipway keys remove targets anna/targets.pub keys --repository repository\n"
        "slipway keys threshold targets 2 keys --repository repository\n"
        "slipway keys renew keys --repository repository --expires 365d\n"
        "slipway keys rotate root keys --repository repository --draft next.json\n"
        "slipway keys sign-root next.json anna",
    .run = run_keys,
};

}  // namespace slipway
