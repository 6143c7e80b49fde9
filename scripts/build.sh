# shellcheck shell=bash
# Builds the page, the app and packages. Nothing is built again that has not changed.

# One sum over all that the page is made of, or over what was made of it.
page_sources() { find ui -type f -not -path 'ui/node_modules/*' -not -path 'ui/dist/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum; }
page_built() { find ui/dist -type f -print0 2>/dev/null | sort -z | xargs -0 sha256sum | sha256sum; }

build_page() {
  [ -f ui/package.json ] || fail "ui/package.json is missing: this is no whole copy of the sources."
  need_node
  install_modules ui
  if is_stamped page "$(page_sources)$(page_built)"; then return; fi
  step "Build the page"
  (cd ui && npm run --silent build >&2) || fail "The page could not be built: see above."
  keep_stamp page "$(page_sources)$(page_built)"
}

# The app, the server and the examples, chosen so that cargo can use what it builds here for the tests as well.
build_programs() {
  step "Build the app"
  cargo build --locked --workspace --bins --examples || fail "The app could not be built: see above."
}

bundle_app() {
  local kinds
  case "$(uname -s)" in
    Linux) kinds=deb,rpm ;;
    Darwin) kinds=app,dmg ;;
    *) kinds=msi,nsis ;;
  esac
  step "Make packages ($kinds)"
  scripts/bundle/node_modules/.bin/tauri build --ci --bundles "$kinds" -- --locked
  find "$target/release/bundle" -maxdepth 2 -type f \( -name '*.deb' -o -name '*.rpm' -o -name '*.dmg' -o -name '*.msi' -o -name '*.exe' \) \
    -exec du -h {} + >&2
}
