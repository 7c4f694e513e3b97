# Shared by the scripts here (sourced, not run): talk, and what they need installed.
# shellcheck shell=bash

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' amber=$'\e[33m' plain=$'\e[0m'
else
    bold='' dim='' green='' red='' amber='' plain=''
fi

# Everything a script has to say goes to stderr; stdout is for data.
step() { printf '%s\n' "${amber}▸${plain} ${bold}$*${plain}" >&2; }
note() { printf '%s\n' "  ${dim}$*${plain}" >&2; }
done_() { printf '%s\n' "${green}✔${plain} $*" >&2; }
fail() {
    printf '%s\n' "${red}✘ $1${plain}" >&2
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
    exit 1
}

# need_debian PROGRAM PACKAGE...: installs Debian packages where PROGRAM (a command, or a path) is missing.
need_debian() {
    local program=$1
    shift
    case $program in
        /*) [ -e "$program" ] && return ;;
        *) command -v "$program" >/dev/null 2>&1 && return ;;
    esac
    command -v apt-get >/dev/null 2>&1 ||
        fail "$program is missing" "Here is no apt-get to install it with. Install $* in your system's way, then run this again."
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 ||
            fail "$program is missing" "As root, run: apt-get install $*"
        as_root=(sudo)
    fi
    step "Installing $*"
    local log
    log=$(mktemp)
    if ! install_packages "$@" >"$log" 2>&1; then
        # Without package lists, or with old ones, the first try cannot find them.
        if ! { "${as_root[@]}" apt-get update && install_packages "$@"; } >>"$log" 2>&1; then
            tail -n 15 "$log" >&2
            rm -f "$log"
            fail "could not install $*" "The last lines of apt-get are above. Network? Disk space? Another apt-get at work?"
        fi
    fi
    rm -f "$log"
}

install_packages() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Rust itself is not installed for you; a C compiler, which Rust links with, is.
need_rust() {
    command -v cargo >/dev/null 2>&1 ||
        fail "cargo is missing" "Install Rust from https://rustup.rs, then run this again." \
            "The right version comes by itself (rust-toolchain.toml)."
    need_debian cc gcc libc6-dev
}

need_povray() {
    need_debian povray povray povray-includes
    need_debian /usr/share/povray-3.7/include/transforms.inc povray-includes
}

# Where cargo puts what it builds.
target_folder() {
    cargo metadata --format-version 1 --no-deps --offline 2>/dev/null |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}
