from collections.abc import Iterator

from ruamel.yaml.events import Event

class YAML:
    def __init__(self, *, typ: str, pure: bool) -> None: ...
    def parse(self, stream: str) -> Iterator[Event]: ...
