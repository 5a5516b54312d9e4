from cel_expr_python import cel

class ExtStrings(cel.CelExtensionBase):
    def __init__(self) -> None: ...
