#!/usr/bin/env bash
# What was found: a DOCX that pandoc 3.9 wrote, read by mammoth 1.13.0 as markdown, has no heading and no scene break left.
# Pandoc puts a bookmark into each heading; mammoth writes it before the mark (`<a id="one"></a># One`), which makes a
# paragraph of the line for every reader of CommonMark. A scene break (`* * *`) is a drawn line in such a DOCX: mammoth leaves it
# out, in HTML and in markdown, and says nothing of it among its messages. Pandoc itself reads both back.
# Why it matters: chapters and scenes are all the structure that a novel has. An importer that takes DOCX by way of mammoth's
# markdown makes one chapter of a book; it has to take the HTML for the headings, and the file's XML for the breaks.
# Seen with: pandoc 3.9 (pypandoc_binary 1.17) and mammoth 1.13.0 (PyPI), Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/pip install --quiet pypandoc_binary==1.17 mammoth==1.13.0
cat >look.py <<'PYTHON'
import re, sys
import mammoth, pypandoc

story = "# One\n\nThe lamp went out.\n\n* * *\n\nMorning came.\n\n# Two\n\nThe boat was gone.\n"
pypandoc.convert_text(story, "docx", format="markdown", outputfile="story.docx")

def structure(html):
    return len(re.findall("<h1", html)), len(re.findall("<hr", html))

with open("story.docx", "rb") as file:
    as_markdown = mammoth.convert_to_markdown(file)
with open("story.docx", "rb") as file:
    as_html = mammoth.convert_to_html(file)
told = [message.message for message in as_html.messages]
seen = {
    "pandoc": structure(pypandoc.convert_file("story.docx", "html")),
    "mammoth, HTML": structure(as_html.value),
    "mammoth, markdown": structure(pypandoc.convert_text(as_markdown.value, "html", format="commonmark")),
}
for reader, (headings, breaks) in seen.items():
    print(f"{reader}: {headings} headings, {breaks} scene breaks")
print("messages:", told)
expected = {"pandoc": (2, 1), "mammoth, HTML": (2, 0), "mammoth, markdown": (0, 0)}
sys.exit(seen != expected or any("style" not in message for message in told))
PYTHON
tools/bin/python look.py
echo "as seen: two headings and a scene break became none"
