# shellcheck shell=bash
# The tests and checks. What is a test by its nature is run by the tests; here is what is not.

test_page() {
  need_node
  install_modules ui
  step "Check the page"
  (cd ui && npm run --silent check && npm test --silent)
}

# The long look at every situation in a browser depends on the page alone: once passed, it passes until the
# page changes. It goes on while the crates are built, and is waited for before what they do is timed.
begin_audit() {
  audit='' audited=$(page_sources)
  if is_stamped audit "$audited"; then return; fi
  audit_said=$target/audit.log
  (cd ui && exec npm run --silent audit) >"$audit_said" 2>&1 &
  audit=$!
  trap 'kill "$audit" 2>/dev/null || true' EXIT
}

end_audit() {
  [ -n "$audit" ] || return 0
  step "Look at every situation of the page"
  local passed=1
  wait "$audit" || passed=''
  trap - EXIT
  cat "$audit_said" >&2
  [ -n "$passed" ] || fail "The page has faults: see above."
  keep_stamp audit "$audited"
}

test_crates() {
  step "Test the crates and the windows"
  # Together, so that the programs that the tests start are built with the tests and only once.
  cargo build --locked --workspace --all-targets
  end_audit
  if has cargo-nextest; then
    cargo nextest run --locked --workspace
  else
    cargo test --locked --workspace --lib --bins --tests
  fi
  step "Test the examples in the documentation"
  cargo test --locked --workspace --doc
}

check_all() {
  step "Format"
  cargo fmt --all --check || fail "Run cargo fmt --all."
  step "Scripts"
  shellcheck --external-sources --check-sourced dev .ci/run scripts/icons
  step "Lints"
  cargo clippy --locked --workspace --all-targets -- -D warnings
  step "Documentation"
  RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
  step "The protocol without the server"
  cargo build --locked -p visavis-signaling --no-default-features
  step "Rules of the house, supply, types"
  cargo test --locked --workspace --test house --test supply --test types
  check_supply
}

# tests/supply.rs looks at licences and sources; cargo-deny, where it is installed, also at duplicates and bans.
check_supply() {
  if has cargo-deny; then
    cargo deny --offline --all-features check bans licenses sources
  fi
}

# With the compiler that is there: what libFuzzer needs to be told is what cargo-fuzz tells it, without the sanitizers
# that only a nightly compiler has. What was found interesting is kept for the next time.
fuzz_target() {
  local host seen
  host=$(rustc -vV | sed -n 's/^host: //p')
  seen="$target/fuzz/seen/$1"
  mkdir -p "$seen"
  step "Build the fuzzer"
  RUSTFLAGS="--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares" \
    cargo build --release --locked --manifest-path tests/fuzz/Cargo.toml \
    --target "$host" --target-dir "$target/fuzz" --bin "$1"
  step "Throw odd input at $1 for $2 s"
  "$target/fuzz/$host/release/$1" "$seen" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$target/fuzz/"
}
