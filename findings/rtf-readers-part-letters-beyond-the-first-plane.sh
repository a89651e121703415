#!/usr/bin/env bash
# What was found: RTF counts a letter beyond U+FFFF as two halves, each a signed number of 16 bits. pandoc 3.9 writes them
# unsigned (`\u55362 ?\u57271 ?`), and neither reader here makes one letter of them: pandoc itself gives two U+FFFD,
# striprtf 0.0.35 a text with two lone surrogates that Python can't encode.
# Why it matters: names are written with such letters (𠮷野, not 吉野). An importer that takes text from these readers has to look for
# lone halves and for U+FFFD before it writes a file, or it fails at the last step or puts a wrong name into a book.
# Seen with: pandoc 3.9 (pypandoc_binary 1.17), striprtf 0.0.35 (PyPI), Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/pip install --quiet pypandoc_binary==1.17 striprtf==0.0.35
cat >look.py <<'PYTHON'
import sys
import pypandoc
from striprtf.striprtf import rtf_to_text

rtf = pypandoc.convert_text("𠮷野", "rtf", format="markdown", extra_args=["--standalone"])
own = pypandoc.convert_text(rtf, "plain", format="rtf").strip()
other = rtf_to_text(rtf).strip()
print("pandoc:  ", ascii(own))
print("striprtf:", ascii(other))
sys.exit((own, other) != ("\ufffd\ufffd野", "\ud842\udfb7野"))
PYTHON
tools/bin/python look.py
echo "as seen: one name, two readings, neither of them right"
