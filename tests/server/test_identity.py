from __future__ import annotations

import os
import sys

import pytest

from pointsman.server.identity import local_principal


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX has a user database")
def test_the_environment_does_not_make_somebody_else_of_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Design, section 7: on stdio the principal is the OS user; `exclude` means people."""
    import pwd

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "maria")
    assert local_principal() == f"local:{pwd.getpwuid(os.getuid()).pw_name}"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX has a user database")
def test_a_user_without_a_name_is_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    assert local_principal() == "local:987654"
