"""Texts that an agent or a downstream can write, and that must do nothing in a browser but be read."""

from __future__ import annotations

from typing import Final

SCRIPTS: Final = (
    "<script>document.title = 'taken'</script>",
    "<img src=x onerror=\"document.title = 'taken'\">",
    "<svg onload=\"document.title = 'taken'\">",
    "\"><body onload=document.title='taken'>",
    "' autofocus onfocus=document.title='taken' x='",
    "</textarea></pre></code></template><script>document.title='taken'</script>",
    "javascript:document.title='taken'",
    "[a link](javascript:document.title='taken')",
    "<a href=\"javascript:document.title='taken'\">Approve</a>",
    "<iframe srcdoc=\"<script>parent.document.title='taken'</script>\"></iframe>",
    "<meta http-equiv=refresh content=\"0;url=javascript:document.title='taken'\">",
    "<base href=//elsewhere.invalid/>",
    "<form action=//elsewhere.invalid><button>Approve</button></form>",
    "<style>body{display:none}</style>",
    "<div hx-get=/console/sign-out hx-trigger=load>loading</div>",
    "<div hx-on::load=\"document.title='taken'\" data-hx-on:load=\"document.title='taken'\"></div>",
    "<!-- <b>--> ]]> {{ 7 * 7 }} {% raw %} ${7*7} #{7*7}",
    "&lt;script&gt;document.title='taken'&lt;/script&gt; &amp;amp; &#x3c;b&#x3e;",
    "\n\n]]></svg><script>document.title='taken'</script>",
)
"""Each would set the title, ask elsewhere, hide the page or decide, where it was taken for more than a text."""

UNSEEN: Final = (
    "Pay to \u202eDAB ton si sihT\u202c today",
    "\u2066left\u2069 \u2067right\u2069 \u200fmark",
    "approve\u200b\u200c\u200d\u2060\ufeffd",
    "a\x01b\x02c\x1b[31mred\x1b[0m\x7f",
    "line\u2028separator\u2029paragraph",
    "\u0430\u0440\u0440rove (not approve)",
    "\u00advisible\u3164filler",
    "tag\U000e0041\U000e0042\U000e0043s",
    "e\u0301" + "\u0336\u0315\u0300" * 40,
)
"""Directions that turn, characters that are not seen, letters that look like others."""

LONG: Final = (
    "W" * 1200,
    "https://example.com/" + "a/" * 300,
    "word " * 240,
    "0123456789" * 30,
    "\n".join(f"line {number}" for number in range(80)),
)
"""Values that would make a page wider than its window, or longer than anybody reads."""

HOSTILE: Final = (*SCRIPTS, *UNSEEN, *LONG)
