#!/bin/sh
# Generates Sources/Ledger/Generated from tributary/v1/ledger.proto and Sources/Wire/Generated from transport.proto.
#
#   Protocols/generate.sh            writes the files, and the digests of contract and files: Protocols/generated.sha256
#   Protocols/generate.sh --check    fails where contract or files are not those of the last generation; at once
#   Protocols/generate.sh --compare  generates anew and compares; minutes, since it builds the plugin
#
# Generating needs protoc (Debian: protobuf-compiler) and a resolved package, whose swift-protobuf checkout builds the
# plugin. PACKAGE_FOLDER names the folder that holds .build, if it is not the repository; PROTOC_GEN_SWIFT a plugin built
# before.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
package=${PACKAGE_FOLDER:-$root}
contracts="ledger transport"
folder=Protocols/tributary/v1
digests=Protocols/generated.sha256
cd "$root"

case "${1:-}" in
"" | --compare) ;;
--check)
    sha256sum --check --quiet --strict "$digests" >&2 || {
        echo "the generated files are not what $folder gave when they were last generated: run Protocols/generate.sh" >&2
        exit 1
    }
    exit 0
    ;;
*)
    echo "usage: generate.sh [--check | --compare]" >&2
    exit 64
    ;;
esac

plugin=${PROTOC_GEN_SWIFT:-}
if [ -z "$plugin" ]; then
    echo "Building protoc-gen-swift (some minutes) ..." >&2
    swift build --package-path "$package" -c release --product protoc-gen-swift >&2
    plugin=$(swift build --package-path "$package" -c release --show-bin-path)/protoc-gen-swift
fi

# The folder that the code of a contract goes to.
target() { # CONTRACT
    case $1 in
    ledger) echo Sources/Ledger/Generated ;;
    transport) echo Sources/Wire/Generated ;;
    esac
}

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
[ "${1:-}" = --compare ] || : >"$digests"
for contract in $contracts; do
    mkdir -p "$output/$contract"
    protoc --proto_path="$folder" --plugin=protoc-gen-swift="$plugin" \
        --swift_opt=Visibility=Package --swift_opt=UseAccessLevelOnImports=true --swift_opt=FileNaming=DropPath \
        --swift_out="$output/$contract" "$folder/$contract.proto"
    target=$(target "$contract")
    if [ "${1:-}" = --compare ]; then
        diff -ru "$output/$contract" "$target" >&2 || {
            echo "$target is out of date: run Protocols/generate.sh" >&2
            exit 1
        }
    else
        mkdir -p "$target"
        cp "$output/$contract"/*.swift "$target"/
        sha256sum "$folder/$contract.proto" "$target"/*.swift >>"$digests"
    fi
done
