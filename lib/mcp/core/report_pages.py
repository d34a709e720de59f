"""A report as a document: headings, paragraphs, lists and tables, written out as Markdown and as one HTML page.

Texts are inline Markdown as answers make it (responder.py): names escaped, what others wrote as code, nothing else but
bold. The page needs nothing from outside, runs nothing and is fit to print.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_INLINE = re.compile(r"\\([\\`*_\[\]<>|~#])|`([^`\n]*)`|\*\*((?:\\.|[^*\n\\])+)\*\*")
_BARE_PIPE = re.compile(r"(?<!\\)\|")
_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 52rem; padding: 2rem 1.25rem; background: #fff; color: #1b1f24;
  font: 15px/1.6 system-ui, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.lead { color: #57606a; margin: 0 0 1rem; } p, ul { margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .92em; }
th, td { border-bottom: 1px solid #d0d7de; padding: .35rem .5rem; text-align: left; vertical-align: top; }
th { background: #f6f8fa; } code { background: #f6f8fa; padding: 0 .25em; border-radius: 3px; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } h2 { break-after: avoid; }
  tr, li { break-inside: avoid; } }
@page { margin: 18mm 15mm; }
"""
# Saved and opened from a disk it has no headers: it says itself that it loads and runs nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` is heading, text, list or table; of a table the first row is its head."""

    kind: str
    rows: Sequence[Sequence[str]]


@dataclass(slots=True)
class Pages:
    """`lead` stands under the title: which time, which servers, as of when."""

    title: str
    lead: str
    language: str
    blocks: list[Block] = field(default_factory=list)

    def heading(self, text: str) -> None:
        self.blocks.append(Block("heading", [[text]]))

    def text(self, text: str) -> None:
        self.blocks.append(Block("text", [[text]]))

    def items(self, texts: Sequence[str]) -> None:
        self.blocks.append(Block("list", [[text] for text in texts]))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.blocks.append(Block("table", [head, *rows]))

    def document(self) -> dict[str, str]:
        """`{title, markdown, html}`; the title is plain text."""
        return {"title": plain(self.title), "markdown": self.markdown(), "html": self.html()}

    def markdown(self) -> str:
        parts = [f"# {self.title}", self.lead]
        for block in self.blocks:
            match block.kind:
                case "heading":
                    parts.append(f"## {block.rows[0][0]}")
                case "text":
                    parts.append(block.rows[0][0])
                case "list":
                    parts.append("\n".join(f"- {row[0]}" for row in block.rows))
                case _:
                    head, *rows = ([_cell(text) for text in row] for row in block.rows)
                    lines = [head, ["---"] * len(head), *rows]
                    parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        body = "\n".join(_block(block) for block in self.blocks)
        return (
            f'<!doctype html>\n<html lang="{html.escape(self.language)}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{html.escape(plain(self.title))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f'<h1>{inline(self.title)}</h1>\n<p class="lead">{inline(self.lead)}</p>\n{body}\n</body>\n</html>\n'
        )


def _block(block: Block) -> str:
    match block.kind:
        case "heading":
            return f"<h2>{inline(block.rows[0][0])}</h2>"
        case "text":
            return f"<p>{inline(block.rows[0][0])}</p>"
        case "list":
            return "<ul>" + "".join(f"<li>{inline(row[0])}</li>" for row in block.rows) + "</ul>"
        case _:
            head, *rows = block.rows
            above = "".join(f'<th scope="col">{inline(text)}</th>' for text in head)
            below = "".join("<tr>" + "".join(f"<td>{inline(text)}</td>" for text in row) + "</tr>" for row in rows)
            return f"<table><thead><tr>{above}</tr></thead><tbody>{below}</tbody></table>"


def inline(text: str) -> str:
    """Inline Markdown as HTML. Everything but bold and code is text, whatever it looks like."""
    made, place = [], 0
    for found in _INLINE.finditer(text):
        made.append(html.escape(text[place : found.start()]))
        sign, code, bold = found.groups()
        if sign is not None:
            made.append(html.escape(sign))
        elif code is not None:
            made.append(f"<code>{html.escape(code)}</code>")
        else:
            made.append(f"<strong>{inline(bold)}</strong>")
        place = found.end()
    return "".join([*made, html.escape(text[place:])])


def plain(text: str) -> str:
    """Without markup."""

    def shown(found: re.Match[str]) -> str:
        sign, code, bold = found.groups()
        return plain(bold) if bold is not None else sign or code or ""

    return _INLINE.sub(shown, text)


def _cell(text: str) -> str:
    return _BARE_PIPE.sub(r"\\|", text)
