"""Who shows a token, and what it opens.

`port` is what a server asks of whoever knows tokens. `minted` knows those that were made here; `issuer` knows
those of an OIDC issuer, by what `oidc_settings` says of it: `jwts` reads them, `issuer_keys` and `key_set` have
its keys, which it publishes in `issuer_documents`, `claims` judges what they say. `both` takes either. `code_flow`
signs people in with an issuer, in a browser. Nothing in here says what an actor may do: that is the workflow's to say.
"""
