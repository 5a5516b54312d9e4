import datetime
from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeAlias

class CelExtensionBase: ...

class Type:
    BOOL: ClassVar[Type]
    DOUBLE: ClassVar[Type]
    DYN: ClassVar[Type]
    ERROR: ClassVar[Type]
    INT: ClassVar[Type]
    STRING: ClassVar[Type]
    @staticmethod
    def List(element_type: Type) -> Type: ...  # noqa: N802
    @staticmethod
    def Map(key_type: Type, element_type: Type) -> Type: ...  # noqa: N802
    def name(self) -> str: ...

PlainKey: TypeAlias = bool | int | str
PlainValue: TypeAlias = (
    bool
    | int
    | float
    | str
    | bytearray
    | datetime.datetime
    | datetime.timedelta
    | Type
    | list[PlainValue]
    | dict[PlainKey, PlainValue]
    | None
)

class Value:
    def plain_value(self) -> PlainValue: ...
    def type(self) -> Type: ...
    def value(self) -> object: ...

class Expression:
    def eval(self, *, data: Mapping[str, object]) -> Value: ...
    def serialize(self) -> bytes: ...

class Env:
    def compile(self, expression: str) -> Expression: ...

def NewEnv(  # noqa: N802
    *, variables: Mapping[str, Type], extensions: Sequence[CelExtensionBase]
) -> Env: ...
