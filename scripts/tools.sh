# shellcheck shell=bash
# Rust and Node: found, or a sentence about what to do.

# Whether version $1 is at least version $2.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# A cargo that rustup put somewhere finds its toolchain beside it even when HOME is another.
find_cargo() {
  has cargo || { [ -x "$HOME/.cargo/bin/cargo" ] && PATH=$HOME/.cargo/bin:$PATH; }
  has cargo || return 1
  local home
  home=$(dirname "$(dirname "$(dirname "$(command -v cargo)")")")
  if ! cargo --version >/dev/null 2>&1 && [ -d "$home/.rustup" ]; then
    export RUSTUP_HOME=$home/.rustup
  fi
  cargo --version >/dev/null 2>&1
}

need_rust() {
  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
  find_cargo ||
    fail "Rust is missing. Install Rust $wanted or newer with rustup (rust-lang.org, Install), then run this again."
  found=$(rustc --version | cut -d ' ' -f 2)
  at_least "$found" "$wanted" || fail "Rust $found is too old; Visavis needs $wanted or newer: rustup update"
}

# Without it the H264 codec is built all the same, silently, and takes more than twice the time for each picture.
need_nasm() {
  has nasm ||
    fail "nasm is missing: without it pictures would be coded two to three times as slowly. Install nasm, then run this again."
}

need_node() {
  local found
  has node || fail "Node is missing. Install Node 20.19 or newer with npm, then run this again."
  found=$(node --version)
  at_least "${found#v}" 20.19 ||
    fail "Node ${found#v} is too old; Visavis needs 20.19 or newer. Debian 12's own package is Node 18: take a newer one from nodejs.org, or from Debian 13."
  has npm || fail "npm is missing. Install it (Debian: npm), then run this again."
}

sum_of() { sha256sum "$@" | sha256sum | cut -d ' ' -f 1; }

# Whether stamp $1 says $2; keep_stamp makes it say so.
is_stamped() { [ -f "$target/stamps/$1" ] && [ "$(cat "$target/stamps/$1")" = "$2" ]; }
keep_stamp() { printf '%s\n' "$2" >"$target/stamps/$1"; }

# Installs the modules that a folder's lock file names, unless they are there already. Not by npm ci: it also
# insists on the parts for every other system, and fails where one of them can't be had; this takes the locked
# versions just the same, and writes nothing back.
install_modules() {
  local folder=$1 sum
  sum=$(sum_of "$folder/package-lock.json")-$(node --version)
  if [ "$(cat "$folder/node_modules/.visavis" 2>/dev/null)" = "$sum" ]; then return; fi
  step "Install the modules of $folder"
  rm -rf "$folder/node_modules"
  (cd "$folder" && npm install --no-save --no-audit --no-fund --prefer-offline --loglevel=error >&2) ||
    fail "The modules of $folder could not be installed: see above."
  mkdir -p "$folder/node_modules"
  printf '%s\n' "$sum" >"$folder/node_modules/.visavis"
}

WORMHOLE="magic-wormhole==0.24.0 magic-wormhole-mailbox-server==0.8.0 magic-wormhole-transit-relay==0.5.0"

# Puts magic-wormhole and its server into an environment of their own beside what is built.
install_wormhole() {
  local home=$target/wormhole
  if is_stamped wormhole "$WORMHOLE"; then return; fi
  step "Install magic-wormhole"
  # shellcheck disable=SC2086 # These are several words.
  { python3 -m venv "$home" && "$home/bin/pip" install --quiet $WORMHOLE >&2; } ||
    fail "magic-wormhole could not be installed: see above."
  keep_stamp wormhole "$WORMHOLE"
}
