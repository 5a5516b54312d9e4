"""Finds the packages to install; everything else about the build stands in pyproject.toml.

The folders at the root of the repository are installed under the namespace `pointsman`, and setuptools' own discovery
cannot rename what it finds. So this file does the finding: every directory below a folder belongs to the installation,
with or without `__init__.py`, so that a new sub-package or a directory of data needs no entry anywhere.
"""

from setuptools import find_namespace_packages, setup

FOLDERS = ("contracts", "fsm", "tools", "server", "gallery")
NOT_PACKAGES = ("__pycache__", "*.__pycache__")


def installed_packages() -> list[str]:
    """Return the dotted name of every package that is installed, `pointsman.server.store` for `server/store`."""
    return [
        f"pointsman.{package}"
        for folder in FOLDERS
        for package in [folder, *(f"{folder}.{below}" for below in find_namespace_packages(folder, NOT_PACKAGES))]
    ]


setup(packages=installed_packages())
