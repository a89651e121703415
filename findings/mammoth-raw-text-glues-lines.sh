#!/usr/bin/env bash
# What was found: mammoth 1.13.0's extract_raw_text leaves a line break inside a paragraph out altogether, so that the last word
# of a line and the first of the next become one: "come home." and "Your Ilse" are "home.Your". Its HTML has <br />
# there, and python-docx 1.2.0 and docx2python 3.7.1 give a line end.
# Why it matters: verse, letters, signs and text messages in a novel are set with such breaks. The text is wrong and, where words
# are parted by white space, each break costs one word: programs that count a DOCX by way of raw text count less than
# the word processor does, and a search for a word at a line's end does not find it.
# Seen with: mammoth 1.13.0, python-docx 1.2.0, docx2python 3.7.1 (PyPI), Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/pip install --quiet mammoth==1.13.0 python-docx==1.2.0 docx2python==3.7.1
cat >look.py <<'PYTHON'
import sys
import docx, mammoth
from docx2python import docx2python

document = docx.Document()
paragraph = document.add_paragraph("Dear Mara,")
for line in ("come home.", "Your Ilse"):
    paragraph.add_run().add_break()
    paragraph.add_run(line)
document.save("letter.docx")

with open("letter.docx", "rb") as file:
    raw = mammoth.extract_raw_text(file).value
with open("letter.docx", "rb") as file:
    html = mammoth.convert_to_html(file).value
texts = {
    "mammoth, raw": raw,
    "mammoth, HTML": html.replace("<p>", "").replace("</p>", "").replace("<br />", "\n"),
    "python-docx": "\n".join(paragraph.text for paragraph in docx.Document("letter.docx").paragraphs),
    "docx2python": docx2python("letter.docx").text,
}
words = {reader: len(text.split()) for reader, text in texts.items()}
for reader, text in texts.items():
    print(f"{reader}: {words[reader]} words, {text.strip()!r}")
expected = {"mammoth, raw": 4, "mammoth, HTML": 6, "python-docx": 6, "docx2python": 6}
sys.exit(words != expected)
PYTHON
tools/bin/python look.py
echo "as seen: six words of three lines became four"
