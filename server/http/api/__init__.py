"""The JSON API below `/api`: what people, scripts and the command line ask of a server, and decide there.

`endpoints` declares every endpoint once: routes and the OpenAPI document are both made of that. `parameters`,
`bodies` and `shapes` are what is asked and answered, as models; `reading` holds requests to them. What is answered
comes from `server.inquiry`, which judges `access`.
"""
