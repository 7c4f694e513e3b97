# The web page (sourced, not run): Node, its packages, and building.
# shellcheck shell=bash

# What Debian 12 has; nothing in web/ui may want more.
node_least=18

need_node() {
    need_debian node nodejs
    need_debian npm npm
    local has
    has=$(node --version)
    has=${has#v}
    [ "${has%%.*}" -ge "$node_least" ] ||
        fail "Node $has is too old" "The page needs Node $node_least or later, such as Debian 12 has."
}

# The packages that the lock names, and no others; npm's own note says which lock they are of.
need_node_packages() {
    need_node
    local lock=web/ui/package-lock.json have=web/ui/node_modules/.lock
    if ! cmp -s "$lock" "$have"; then
        step "Installing the Node packages of web/ui"
        npm ci --prefix web/ui --no-audit --no-fund --loglevel=error >&2 ||
            fail "npm could not install the packages of web/ui" "What it said is above. Is there a network?"
        cp "$lock" "$have"
    fi
}

# Builds the page where something of it is newer than what was built.
need_page() {
    need_node_packages
    local built=web/ui/dist/index.html
    if [ -e "$built" ] && [ -z "$(find web/ui -path web/ui/node_modules -prune -o -path web/ui/dist -prune \
        -o -path web/ui/e2e -prune -o -type f -newer "$built" -print -quit)" ]; then
        return
    fi
    step "Building the web page"
    npm run --silent --prefix web/ui build >&2 || fail "the page was not built" "What it said is above."
}
