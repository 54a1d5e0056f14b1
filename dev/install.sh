#!/bin/sh
# sh dev/install.sh FOLDER
#
# Makes in FOLDER the virtual environment that the image and a plain host run: the locked dependencies, and the wheel of
# this source. Nothing of the source itself, no tests and no pip. PYTHON names another Python than python3.
set -eu

folder=$1
source=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

if [ -e "$folder" ]; then
    echo "$folder is there already: remove it, or choose another folder" >&2
    exit 1
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed; PYTHON=/path/to/python3.11 sh $0 $folder" >&2
    exit 1
}
"$python" -c '
import pathlib, sys
path = pathlib.Path(sys.executable).resolve()
private = [folder for folder in path.parents if not folder.stat().st_mode & 0o001]
if private:
    print(f"warning: {path} is below {private[-1]}, which other users cannot enter, so only you can run what is")
    print("made here; name another Python: PYTHON=/usr/bin/python3")
' >&2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -m venv "$scratch/pip"
"$scratch/pip/bin/pip" wheel -q --no-deps -w "$scratch" "$source"
"$python" -m venv --without-pip "$folder"
"$scratch/pip/bin/pip" --python "$folder/bin/python" install -q --require-hashes -r "$source/requirements.lock"
"$scratch/pip/bin/pip" --python "$folder/bin/python" install -q --no-deps "$scratch"/sk2siem-*.whl
"$folder/bin/sk2siem" version
