"""One server for many, over HTTP: MCP, and beside it what is there for programs that are no MCP clients.

A request comes in through these: `address` says where is served; `protocol` speaks HTTP on each of the `connections`,
and refuses `heads` that nothing serves; `boundary` turns away what comes from elsewhere; every route is a door of
`doors`, which knows whose token it is, holds them to their `rates`, and notes them for `callers`.

Then it is answered: `mcp` is the Streamable HTTP of MCP, `api` the JSON API, `outside` what starts and moves sessions
from elsewhere (`hooks` answers its webhooks), `health` the probes, and `resource_metadata` says who issues tokens.
`bodies` reads what is sent, within bounds: `json_bodies` as JSON alone, `deliveries` also as the forms that webhooks
send. `refusals` writes what is refused, in one form.

`wiring` puts a `site` together for a governor, and `serving` runs it under uvicorn. Nothing in here decides
what a caller may do. Imported only when it is asked for: a server of one client on stdio must start fast.
"""
