#!/usr/bin/env bash
# What was found: pandoc 3.9 can't read the RTF that it writes. An opening quotation mark goes out as `\u8220"`, with a plain mark
# behind it for old readers; its own reader takes that and one character more away. "No" comes back as “o”, and the spaces behind
# the closing mark and the dash are gone. The note of a footnote is gone as well. striprtf 0.0.35 reads the same file right, but for the note.
# Why it matters: dialogue is most of many novels, and each line of it loses its first letter without a word of warning, in an RTF
# that pandoc made (word processors write a space or nothing there). A text that came by RTF through pandoc has to be
# compared word for word with another reading before it is trusted.
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

story = 'She said "No" — and left.[^1]\n\n[^1]: A note.\n'
rtf = pypandoc.convert_text(story, "rtf", format="markdown", extra_args=["--standalone"])
own = pypandoc.convert_text(rtf, "plain", format="rtf").strip()
other = rtf_to_text(rtf).strip()
print("pandoc:  ", own)
print("striprtf:", other)
expected = "She said “o” —and left.", "She said “No” — and left."
sys.exit((own, other) != expected)
PYTHON
tools/bin/python look.py
echo "as seen: a letter, two spaces and a note lost"
