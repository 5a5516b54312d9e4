# What Pointsman uses of cel-expr-python, which ships stubs but no py.typed.
