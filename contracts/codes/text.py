"""PM1: the text of a file, before any key is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .rule import Rule, snippet

TEXT: Final[Mapping[str, Rule]] = {
    "PM101": Rule(
        title="The file is no readable text",
        meaning="The file is not UTF-8, or it holds a character that cannot stand in it: a control character, half of a"
        " character, or one that shows a reader another text than is there (it turns the direction of reading, breaks"
        " lines or hides). Nothing is read of it.",
        matters="Such characters hide in editors and steer terminals. A reviewer of the file must see all that is"
        " in it.",
        wrong="title: Expenses\x07\n",
        right="title: Expenses\n",
    ),
    "PM102": Rule(
        title="The file is no YAML",
        meaning="The file cannot be read as one YAML 1.2 document. The place is where reading stopped; the cause often"
        " stands just before it. Frequent ones: a tab as indentation, a plain value with `: ` in it, a bracket or a"
        " quote that is not closed, a second document behind `---`.",
        matters="What cannot be read to its end is not used at all: no part of a workflow is in force without the"
        " rest.",
        wrong="title: Expenses: who pays\n",
        right='title: "Expenses: who pays"\n',
    ),
    "PM103": Rule(
        title="A key stands twice in one mapping",
        meaning="Two entries of one mapping have the same key.",
        matters="YAML readers disagree on which of the two counts. A state that is written twice would be another one"
        " than the author reads.",
        wrong=snippet("""
            states:
              begin: {actor: system, next: paid}
              begin: {actor: system, next: begin}
        """),
        right=snippet("""
            states:
              begin: {actor: system, next: paid}
        """),
    ),
    "PM104": Rule(
        title="Anchors, aliases and tags are not allowed",
        meaning="A plain value that begins with `&`, `*` or `!` is an anchor, an alias or a tag to YAML. The same is"
        " said of directives other than `%YAML 1.2`.",
        matters="Aliases let a small file grow to gigabytes, and tags let a file choose how it is read. Mostly neither"
        " was meant: an expression that begins with `!` needs quotes.",
        wrong=snippet("""
            start: {requires: [amount, approved]}
            states:
              begin:
                actor: system
                next:
                  - to: paid
                    when: !record.approved
                  - to: paid
        """),
        right=snippet("""
            start: {requires: [amount, approved]}
            states:
              begin:
                actor: system
                next:
                  - to: paid
                    when: '!record.approved'
                  - to: paid
        """),
    ),
    "PM105": Rule(
        title="The file is too large, too deep or has too many nodes",
        meaning="A workflow file has at most 1 MB, 50,000 lines, 50,000 nodes (keys and values), and 64 levels.",
        matters="The bounds keep reading quick whatever a file holds. A workflow that people can review is far below"
        " them; data belongs into the tools' own stores.",
        wrong="goal: " + "[" * 70 + "]" * 70 + "\n",
        right="goal: Pay what was approved.\n",
    ),
    "PM106": Rule(
        title="The file begins with a byte order mark",
        severity="warning",
        meaning="The first character is U+FEFF, which some editors write in front of UTF-8. It is passed over.",
        matters="Other programs take it for part of the first key.",
        wrong="\ufefftitle: Expenses\n",
        right="title: Expenses\n",
    ),
    "PM107": Rule(
        title="A value that JSON does not have",
        meaning="A number is infinite, not a number or larger than a double can be (`.inf`, `.nan`, `1e999`), or a key"
        " is a list or a mapping.",
        matters="Records, arguments and the audit are JSON, in which such a value cannot be written down.",
        wrong=snippet("""
            record:
              amount: {type: number, maximum: .inf}
              purpose: {type: string}
        """),
        right=snippet("""
            record:
              amount: {type: number, maximum: 10000}
              purpose: {type: string}
        """),
        also=("PM801",),
    ),
    "PM108": Rule(
        title="YAML ended an expression early",
        meaning="Between brackets a plain value ends at `,` `]` `}`, and anywhere ` #` begins a comment. What is left"
        " of this expression does not compile.",
        matters="The rest of the guard is silently lost, or read as further keys. Quote the expression, or write it"
        " in block style.",
        wrong=snippet("""
            states:
              begin:
                actor: system
                next:
                  - to: paid
                    when: record.purpose == 'order #1'
                  - to: refused
              refused: {final: stopped}
        """),
        right=snippet("""
            states:
              begin:
                actor: system
                next:
                  - to: paid
                    when: "record.purpose == 'order #1'"
                  - to: refused
              refused: {final: stopped}
        """),
    ),
}
