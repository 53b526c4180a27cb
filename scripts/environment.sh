# The Python environment of a clone, for the programs beside it: made when it is absent, brought up to date when the
# lists of packages change, left alone otherwise. To be sourced; `root` is the clone. Prints to standard error only.

venv=$root/.venv

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# install_packages WHY PACKAGE...: from the distribution, as root or with sudo.
install_packages() {
    local why=$1 as_root=()
    shift
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || return 1
        as_root=(sudo)
    fi
    command -v apt-get >/dev/null || return 1
    say "Installing $* ($why) ..."
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2; then
        "${as_root[@]}" apt-get update -q >&2 || return 1
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
    fi
}

# A Python of 3.11 or later; the newest version that is called python3 first.
find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    local python
    python=$(find_python) || {
        install_packages "Python" python3 || true
        python=$(find_python) || die "Python 3.11 or later is missing. As root: apt-get install python3"
    }
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages "Python environments" python3-venv || true
    fi
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv --clear "$venv" >&2
    elif "$python" -c 'import pip, venv' 2>/dev/null; then
        "$python" -m venv --clear --without-pip "$venv" >&2
        printf '%s\n' "$python" >"$venv/pip-of"
    else
        die "Python's venv is missing. As root: apt-get install python3-venv"
    fi
}

run_pip() {
    if [ -f "$venv/pip-of" ]; then
        "$(cat "$venv/pip-of")" -m pip --python "$venv/bin/python" "$@"
    else
        "$venv/bin/python" -m pip "$@"
    fi
}

# ensure_environment LIST: the packages of a list are in the environment, and the clone is on its path.
ensure_environment() {
    local list=$1 stamp wanted
    stamp=$venv/$list.stamp
    wanted=$(cd "$root" && { printf '%s\n' "$root"; cat requirements.txt "$list"; } | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && [ -x "$venv/bin/python" ]; then
        return
    fi
    exec 9>"$root/.venv.lock"
    flock 9
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        if ! "$venv/bin/python" -c '' 2>/dev/null; then
            say "Making a Python environment in $venv ..."
            make_venv
        fi
        say "Installing the Python packages of $list (a minute or two) ..."
        run_pip install --disable-pip-version-check --progress-bar off -r "$root/$list" >&2
        "$venv/bin/python" - "$source" <<'PYTHON'
import sys, sysconfig
from pathlib import Path

Path(sysconfig.get_path("purelib"), "groundcloud-clone.pth").write_text(sys.argv[1] + "\n")
PYTHON
        "$venv/bin/python" -m compileall -q "$source/groundcloud" >&2 || true
        printf '%s' "$wanted" >"$stamp"
    fi
    exec 9>&-
}

# The folder that the package is in.
source=$root/src
