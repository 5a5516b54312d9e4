# What Pointsman uses of ruamel.yaml, whose own annotations are mostly Any.
